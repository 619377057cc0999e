/* fn_math: arithmetic beyond the operators.  Rounding and everything rational is exact decimal; logarithms, powers with
 * fractional exponents and angles go through long double and come back with 15 digits, as in spreadsheets. */
#include "base/check.h"
#include "formula/fn.h"

#include <math.h>

static dec num(const struct value *v) { return v_number(v); }

static int sign(dec d) { return dec_is_zero(d) ? 0 : d.neg ? -1 : 1; }

static struct value of_long(long double x) { return number_of_double((double)x); }

/* ---- rounding ------------------------------------------------------------------------------------------------ */

static struct value round_to(const struct value *a, int n, enum dec_round how)
{
    enum { FAR = 6200 };        /* beyond any exponent */
    int64_t digits = n > 1 ? a[1].u.i : 0;
    digits = digits > FAR ? FAR : digits < -FAR ? -FAR : digits;
    if (a[0].type == V_INT && digits >= 0)
        return a[0];
    return number_of_dec(dec_round(num(&a[0]), (int)digits, how));
}

static struct value fn_round(struct ev *ev, const struct value *a, int n)     { (void)ev; return round_to(a, n, DEC_HALF_UP); }
static struct value fn_roundup(struct ev *ev, const struct value *a, int n)   { (void)ev; return round_to(a, n, DEC_UP); }
static struct value fn_rounddown(struct ev *ev, const struct value *a, int n) { (void)ev; return round_to(a, n, DEC_DOWN); }
static struct value fn_roundeven(struct ev *ev, const struct value *a, int n) { (void)ev; return round_to(a, n, DEC_HALF_EVEN); }
static struct value fn_int(struct ev *ev, const struct value *a, int n)       { (void)ev, (void)n; return round_to(a, 1, DEC_FLOOR); }

/* x rounded to a multiple of step (not 0), in the given way */
static struct value multiple(dec x, dec step, enum dec_round how)
{
    dec q, r;
    if (!dec_divint(x, step, &q) || !dec_rem(x, step, &r))
        return v_error(VE_NUM);
    if (dec_is_zero(r))
        return number_of_dec(x);
    /* the exact quotient lies strictly between whole numbers, so a half more says on which side */
    dec twice = dec_mul(dec_abs(r), dec_of_i64(2));
    int half = dec_cmp(twice, dec_abs(step));
    bool negative = sign(x) * sign(step) < 0;
    dec  fraction = dec_of_units(half < 0 ? 25 : half == 0 ? 50 : 75, 2);
    dec  about = dec_add(q, negative ? dec_neg(fraction) : fraction);
    return number_of_dec(dec_mul(dec_round(about, 0, how), step));
}

static struct value fn_mround(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    dec x = num(&a[0]), step = num(&a[1]);
    if (dec_is_zero(x) || dec_is_zero(step))
        return v_int(0);
    return sign(x) != sign(step) ? v_error(VE_NUM) : multiple(x, step, DEC_HALF_UP);
}

/* CEILING and FLOOR: the multiples of a negative step count away from zero, a positive number has none */
static struct value ceiling_floor(const struct value *a, int n, bool up)
{
    dec x = num(&a[0]), step = n > 1 ? num(&a[1]) : dec_of_i64(1);
    if (dec_is_zero(x))
        return v_int(0);
    if (dec_is_zero(step))
        return up ? v_int(0) : v_error(VE_DIV0);
    if (sign(x) > 0 && sign(step) < 0)
        return v_error(VE_NUM);
    return multiple(x, step, up ? DEC_CEILING : DEC_FLOOR);
}
static struct value fn_ceiling(struct ev *ev, const struct value *a, int n) { (void)ev; return ceiling_floor(a, n, true); }
static struct value fn_floor(struct ev *ev, const struct value *a, int n)   { (void)ev; return ceiling_floor(a, n, false); }

/* CEILING.MATH and FLOOR.MATH: the sign of the step says nothing; a mode other than 0 turns negative numbers round */
static struct value ceiling_floor_math(const struct value *a, int n, bool up)
{
    dec x = num(&a[0]), step = n > 1 ? dec_abs(num(&a[1])) : dec_of_i64(1);
    if (n == 2 && dec_is_zero(x) && dec_is_zero(step))
        return v_int(0);
    if (dec_is_zero(step))
        return v_int(0);
    bool turned = n > 2 && !dec_is_zero(num(&a[2])) && sign(x) < 0;
    return multiple(x, step, up != turned ? DEC_CEILING : DEC_FLOOR);
}
static struct value fn_ceiling_math(struct ev *ev, const struct value *a, int n) { (void)ev; return ceiling_floor_math(a, n, true); }
static struct value fn_floor_math(struct ev *ev, const struct value *a, int n)   { (void)ev; return ceiling_floor_math(a, n, false); }

static struct value fn_even(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return multiple(num(&a[0]), dec_of_i64(2), DEC_UP);
}

static struct value fn_odd(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    dec x = num(&a[0]), one = dec_of_i64(1), two = dec_of_i64(2);
    if (dec_cmp(dec_abs(x), one) <= 0)
        return v_int(x.neg && !dec_is_zero(x) ? -1 : 1);
    struct value even = multiple(dec_sub(dec_abs(x), one), two, DEC_UP);
    if (even.type == V_ERROR)
        return even;
    dec odd = dec_add(num(&even), one);
    return number_of_dec(x.neg ? dec_neg(odd) : odd);
}

/* ---- signs, remainders, divisors ----------------------------------------------------------------------------- */

static struct value fn_abs(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return number_of_dec(dec_abs(num(&a[0])));
}

static struct value fn_sign(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_int(sign(num(&a[0])));
}

static struct value fn_mod(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    dec x = num(&a[0]), y = num(&a[1]), r;
    if (dec_is_zero(y))
        return v_error(VE_DIV0);
    if (!dec_rem(x, y, &r))
        return v_error(VE_NUM);
    return number_of_dec(sign(r) * sign(y) < 0 ? dec_add(r, y) : r);
}

static struct value fn_quotient(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    dec q;
    if (dec_is_zero(num(&a[1])))
        return v_error(VE_DIV0);
    return dec_divint(num(&a[0]), num(&a[1]), &q) ? number_of_dec(q) : v_error(VE_NUM);
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static struct value fn_gcd(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    int64_t g = 0;
    for (int i = 0; i < n; i++) {
        if (a[i].u.i < 0)
            return v_error(VE_NUM);
        g = gcd(g, a[i].u.i);
    }
    return v_int(g);
}

static struct value fn_lcm(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    int64_t l = 1;
    for (int i = 0; i < n; i++)
        if (a[i].u.i < 0)
            return v_error(VE_NUM);
    for (int i = 0; i < n; i++) {
        if (a[i].u.i == 0)
            return v_int(0);
        if (__builtin_mul_overflow(l / gcd(l, a[i].u.i), a[i].u.i, &l))
            return v_error(VE_NUM);
    }
    return v_int(l);
}

/* ---- powers and logarithms ----------------------------------------------------------------------------------- */

struct value number_power(dec x, dec y)
{
    const dec largest = { .lo = 1, .exp = 308 };    /* as far as spreadsheets go */
    int64_t   k;
    dec       r;
    if (dec_is_zero(x))
        return sign(y) > 0 ? v_int(0) : v_error(sign(y) < 0 ? VE_DIV0 : VE_NUM);
    if (dec_to_i64(y, &k))
        return dec_pow_i(x, k, &r) && dec_cmp(dec_abs(r), largest) < 0 ? number_of_dec(r) : v_error(VE_NUM);
    if (x.neg)
        return v_error(VE_NUM);
    return of_long(powl((long double)dec_to_double(x), (long double)dec_to_double(y)));
}

static struct value fn_power(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return number_power(num(&a[0]), num(&a[1]));
}

static struct value fn_sqrt(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    dec r;
    return dec_sqrt(num(&a[0]), &r) ? number_of_dec(r) : v_error(VE_NUM);
}

static struct value fn_exp(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return of_long(expl(number_double(&a[0])));
}

static struct value logarithm(const struct value *x, long double base)
{
    dec d = num(x);
    if (sign(d) <= 0)
        return v_error(VE_NUM);
    long double l = logl((long double)dec_to_double(d));
    return of_long(base == 0 ? l : l / logl(base));
}

static struct value fn_ln(struct ev *ev, const struct value *a, int n)    { (void)ev, (void)n; return logarithm(&a[0], 0); }
static struct value fn_log10(struct ev *ev, const struct value *a, int n) { (void)ev, (void)n; return logarithm(&a[0], 10); }

static struct value fn_log(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    long double base = n > 1 ? (long double)number_double(&a[1]) : 10;
    if (n > 1 && sign(num(&a[1])) <= 0)
        return v_error(VE_NUM);
    if (base == 1)
        return sign(num(&a[0])) <= 0 ? v_error(VE_NUM) : v_error(VE_DIV0);
    return logarithm(&a[0], base);
}

/* ---- angles -------------------------------------------------------------------------------------------------- */

static const long double pi = 3.14159265358979323846264338327950288L;

static struct value fn_pi(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)a, (void)n;
    return of_long(pi);
}

#define ANGLE(name, expression)                                                  \
    static struct value name(struct ev *ev, const struct value *a, int n)        \
    {                                                                            \
        (void)ev, (void)n;                                                       \
        long double x = number_double(&a[0]);                                    \
        return of_long(expression);                                              \
    }
ANGLE(fn_sin, sinl(x))
ANGLE(fn_cos, cosl(x))
ANGLE(fn_tan, tanl(x))
ANGLE(fn_asin, asinl(x))
ANGLE(fn_acos, acosl(x))
ANGLE(fn_atan, atanl(x))
ANGLE(fn_degrees, x * 180 / pi)
ANGLE(fn_radians, x * pi / 180)
#undef ANGLE

static struct value fn_atan2(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    long double x = number_double(&a[0]), y = number_double(&a[1]);
    return x == 0 && y == 0 ? v_error(VE_DIV0) : of_long(atan2l(y, x));
}

/* ---- counting ways ------------------------------------------------------------------------------------------- */

/* from * (from - 1) * … over `count` factors, divided by count! when choose */
static struct value falling(struct ev *ev, int64_t from, int64_t count, bool choose)
{
    dec product = dec_of_i64(1);
    dec huge = { .lo = 1, .exp = 308 };
    for (int64_t i = 0; i < count; i++) {
        if (!ev_spend(ev, 1) || dec_cmp(product, huge) > 0)
            return v_error(VE_NUM);
        product = dec_mul(product, dec_of_i64(from - i));
        if (choose)
            CHECK(dec_div(product, dec_of_i64(i + 1), &product));
    }
    return number_of_dec(choose ? dec_round(product, 0, DEC_HALF_UP) : product);
}

static struct value fn_fact(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return a[0].u.i < 0 || a[0].u.i > 170 ? v_error(VE_NUM) : falling(ev, a[0].u.i, a[0].u.i, false);
}

static struct value fn_combin(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    int64_t of = a[0].u.i, k = a[1].u.i;
    if (of < 0 || k < 0 || k > of)
        return v_error(VE_NUM);
    return falling(ev, of, k > of - k ? of - k : k, true);
}

static struct value fn_permut(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    int64_t of = a[0].u.i, k = a[1].u.i;
    return of < 0 || k < 0 || k > of ? v_error(VE_NUM) : falling(ev, of, k, false);
}

/* ---- types --------------------------------------------------------------------------------------------------- */

static void type_round(struct node *n)
{
    const struct node *digits = n->n > 1 ? n->arg[1] : NULL;
    if (!digits)
        n->scale = 0;
    else if (digits->kind == NODE_CONST && digits->v.type == V_INT && digits->v.u.i <= 30)
        n->scale = digits->v.u.i < 0 ? 0 : (int)digits->v.u.i;
    n->type = n->scale == 0 ? V_INT : V_DEC;
    if (n->type == V_DEC && n->arg[0]->type == V_INT)
        n->type = V_INT;
}

static void type_like_first(struct node *n)
{
    bool number = n->arg[0]->type == V_INT || n->arg[0]->type == V_DEC;
    n->type = number ? n->arg[0]->type : V_DEC;
    n->scale = number ? n->arg[0]->scale : -1;
}

static const struct expr_fn rows[] = {
    { "ROUND", "ni?", 'n', fn_round, "number, [digits]", "Rounded to so many decimals, halves away from zero.",
      "四舍五入到指定小数位数。", .type = type_round },
    { "ROUNDUP", "ni?", 'n', fn_roundup, "number, [digits]", "Rounded away from zero.", "向远离零的方向舍入。", .type = type_round },
    { "ROUNDDOWN", "ni?", 'n', fn_rounddown, "number, [digits]", "Rounded towards zero.", "向零的方向舍入（去尾）。", .type = type_round },
    { "ROUNDEVEN", "ni?", 'n', fn_roundeven, "number, [digits]", "Rounded, halves to the even digit.", "四舍六入五成双。", .type = type_round },
    { "TRUNC", "ni?", 'n', fn_rounddown, "number, [digits]", "Cut off after so many decimals.", "截去指定位数之后的小数。", .type = type_round },
    { "INT", "n", 'i', fn_int, "number", "The next whole number below.", "向下取整。", .pg = "floor($1)" },
    { "MROUND", "nn", 'n', fn_mround, "number, multiple", "The nearest multiple.", "舍入到最接近的倍数。" },
    { "CEILING", "nn?", 'n', fn_ceiling, "number, [multiple]", "The next multiple above.", "向上舍入到倍数。" },
    { "FLOOR", "nn?", 'n', fn_floor, "number, [multiple]", "The next multiple below.", "向下舍入到倍数。" },
    { "CEILING.MATH", "nn?n?", 'n', fn_ceiling_math, "number, [multiple], [mode]",
      "The next multiple above; with mode 1 away from zero.", "向上舍入到倍数；方式为 1 时负数向远离零的方向。" },
    { "FLOOR.MATH", "nn?n?", 'n', fn_floor_math, "number, [multiple], [mode]",
      "The next multiple below; with mode 1 towards zero.", "向下舍入到倍数；方式为 1 时负数向零的方向。" },
    { "EVEN", "n", 'i', fn_even, "number", "The next even number away from zero.", "向远离零的方向取最近的偶数。" },
    { "ODD", "n", 'i', fn_odd, "number", "The next odd number away from zero.", "向远离零的方向取最近的奇数。" },
    { "ABS", "n", 'n', fn_abs, "number", "Without its sign.", "绝对值。", .pg = "abs($1)", .type = type_like_first },
    { "SIGN", "n", 'i', fn_sign, "number", "-1, 0 or 1.", "符号：-1、0 或 1。", .pg = "sign($1)" },
    { "MOD", "nn", 'n', fn_mod, "number, divisor", "The remainder, with the sign of the divisor.", "余数，符号与除数相同。" },
    { "QUOTIENT", "nn", 'i', fn_quotient, "number, divisor", "The whole part of a division.", "商的整数部分。" },
    { "GCD", "i+", 'i', fn_gcd, "number1, …", "The greatest common divisor.", "最大公约数。" },
    { "LCM", "i+", 'i', fn_lcm, "number1, …", "The least common multiple.", "最小公倍数。" },
    { "POWER", "nn", 'n', fn_power, "number, exponent", "A number raised to a power.", "乘幂。" },
    { "SQRT", "n", 'n', fn_sqrt, "number", "The square root.", "平方根。" },
    { "EXP", "n", 'n', fn_exp, "number", "e raised to a power.", "e 的乘幂。" },
    { "LN", "n", 'n', fn_ln, "number", "The natural logarithm.", "自然对数。" },
    { "LOG", "nn?", 'n', fn_log, "number, [base]", "The logarithm, to base 10 if none is named.", "对数，默认以 10 为底。" },
    { "LOG10", "n", 'n', fn_log10, "number", "The logarithm to base 10.", "以 10 为底的对数。" },
    { "PI", "", 'n', fn_pi, "", "3.14159265358979.", "圆周率。" },
    { "SIN", "n", 'n', fn_sin, "angle", "The sine of an angle in radians.", "正弦（弧度）。" },
    { "COS", "n", 'n', fn_cos, "angle", "The cosine of an angle in radians.", "余弦（弧度）。" },
    { "TAN", "n", 'n', fn_tan, "angle", "The tangent of an angle in radians.", "正切（弧度）。" },
    { "ASIN", "n", 'n', fn_asin, "number", "The angle with this sine.", "反正弦。" },
    { "ACOS", "n", 'n', fn_acos, "number", "The angle with this cosine.", "反余弦。" },
    { "ATAN", "n", 'n', fn_atan, "number", "The angle with this tangent.", "反正切。" },
    { "ATAN2", "nn", 'n', fn_atan2, "x, y", "The angle of a point.", "由坐标求角度。" },
    { "DEGREES", "n", 'n', fn_degrees, "angle", "Radians as degrees.", "弧度转为角度。" },
    { "RADIANS", "n", 'n', fn_radians, "angle", "Degrees as radians.", "角度转为弧度。" },
    { "FACT", "i", 'n', fn_fact, "number", "The factorial.", "阶乘。" },
    { "COMBIN", "ii", 'n', fn_combin, "number, chosen", "Ways to choose, order aside.", "组合数。" },
    { "PERMUT", "ii", 'n', fn_permut, "number, chosen", "Ways to choose in order.", "排列数。" },
};

const struct fn_family fn_math = { "maths", rows, sizeof rows / sizeof rows[0] };
