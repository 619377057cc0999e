/* dec: see dec.h.  The arithmetic; text is in dec_text.c, powers and doubles in dec_math.c, splitting in dec_split.c.
 *
 * Numbers of business have few digits, so every operation first tries 64 and 128 bits; the general way is the
 * one of the standard: compute more digits than asked for, remember whether anything was lost (sticky), round once. */
#include "base/dec_inner.h"
#include "base/check.h"

static dec at_limit(bool neg, u128 c, int64_t exp)
{
    if (c == 0)
        return dec_raw(neg, 0, exp < 0 ? -DEC_EXP_MAX : DEC_EXP_MAX);
    if (exp < 0)
        return dec_raw(neg, 0, -DEC_EXP_MAX);
    return dec_raw(neg, DEC_LIMIT - 1, DEC_EXP_MAX);
}

/* Whether the cut digits lift q away from zero.  half: they are less than (-1), exactly (0), more than (1) a half. */
static bool lifts(u128 q, int half, bool neg, enum dec_round round)
{
    switch (round) {
    case DEC_HALF_UP:   return half >= 0;
    case DEC_HALF_DOWN: return half > 0;
    case DEC_HALF_EVEN: return half > 0 || (half == 0 && ((uint64_t)q & 1));
    case DEC_UP:        return true;
    case DEC_DOWN:      return false;
    case DEC_CEILING:   return !neg;
    case DEC_FLOOR:     return neg;
    case DEC_05UP:
        break;
    }
    u128 last;
    wide_divmod(q, 5, &last);
    return last == 0;
}

u128 dec_cut(u128 c, int64_t k, bool sticky, bool neg, enum dec_round round)
{
    u128 q, rem;
    int half;
    if (k <= 0)
        return c;
    if (!(c >> 64) && k < 20) {
        uint64_t d = wide_pow10_64[k], q64 = (uint64_t)c / d, r64 = (uint64_t)c - q64 * d, up = d - r64;
        if (r64 == 0 && !sticky)
            return q64;
        half = r64 < up ? -1 : r64 > up || sticky ? 1 : 0;
        return q64 + lifts(q64, half, neg, round);
    }
    if (k >= WIDE_POW10S) {                         /* c < 2^128 is less than half of 10^39 */
        q = 0;
        rem = c;
        half = -1;
    } else {
        q = wide_divmod(c, wide_pow10[k], &rem);
        u128 middle = wide_pow10[k] >> 1;
        half = rem < middle ? -1 : rem > middle || sticky ? 1 : 0;
    }
    if (rem == 0 && !sticky)
        return q;
    return q + lifts(q, half, neg, round);
}

dec dec_finish(bool neg, u128 c, bool sticky, int64_t exp, struct dec_how how)
{
    CHECK(how.precision >= 1 && how.precision <= DEC_DIGITS);
    if (c >= wide_pow10[how.precision]) {
        int k = wide_digits(c) - how.precision;
        c = dec_cut(c, k, sticky, neg, how.round);
        exp += k;
        if (c == wide_pow10[how.precision]) {       /* 9.99 became 10.0 */
            c = wide_pow10[how.precision - 1];
            exp++;
        }
    } else {
        CHECK(!sticky);
    }
    if (exp > DEC_EXP_MAX || exp < -DEC_EXP_MAX)
        return at_limit(neg, c, exp);
    return dec_raw(neg, c, (int32_t)exp);
}

void dec_strip(u128 *c, int64_t *exp, int64_t ideal)
{
    static const int steps[] = { 16, 8, 4, 2, 1 };
    if (*c == 0 || *exp >= ideal)
        return;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        u128 rem, q;
        while (*exp + steps[i] <= ideal && ((uint64_t)*c & (((uint64_t)1 << steps[i]) - 1)) == 0
               && (q = wide_divmod(*c, wide_pow10[steps[i]], &rem), rem == 0)) {
            *c = q;
            *exp += steps[i];
        }
    }
}

/* ---- whole numbers and units --------------------------------------------------------------------- */

static uint64_t size_of(int64_t i) { return i < 0 ? -(uint64_t)i : (uint64_t)i; }

dec dec_of_i64(int64_t i) { return (dec){ .lo = size_of(i), .neg = i < 0 }; }

dec dec_of_units(int64_t units, int scale) { return (dec){ .lo = size_of(units), .exp = -scale, .neg = units < 0 }; }

static bool signed_64(bool neg, u128 c, int64_t *out)
{
    if (c > (u128)INT64_MAX + neg)
        return false;
    *out = neg ? (int64_t)-(uint64_t)c : (int64_t)c;
    return true;
}

static bool to_units(dec d, int scale, bool exact, int64_t *units)
{
    int64_t shift = (int64_t)d.exp + scale;
    u128 c = dec_coef(d);
    if (shift == 0 || c == 0)
        return signed_64(d.neg, c, units);
    if (shift > 0)
        return !d.hi && shift < 20 && signed_64(d.neg, c * wide_pow10_64[shift], units);
    if (exact) {
        u128 rem = 0;
        if (-shift >= WIDE_POW10S || (c = wide_divmod(c, wide_pow10[-shift], &rem), rem != 0))
            return false;
        return signed_64(d.neg, c, units);
    }
    return signed_64(d.neg, dec_cut(c, -shift, false, d.neg, DEC_HALF_UP), units);
}

bool dec_to_units(dec d, int scale, int64_t *units)    { return to_units(d, scale, false, units); }
bool dec_exact_units(dec d, int scale, int64_t *units) { return to_units(d, scale, true, units); }
bool dec_to_i64(dec d, int64_t *out)                   { return to_units(d, 0, true, out); }

/* ---- looks ---------------------------------------------------------------------------------------- */

bool dec_is_zero(dec d) { return !(d.lo | d.hi); }

bool dec_is_int(dec d)
{
    u128 rem;
    if (d.exp >= 0 || dec_is_zero(d))
        return true;
    if (-(int64_t)d.exp >= WIDE_POW10S)
        return false;
    wide_divmod(dec_coef(d), wide_pow10[-d.exp], &rem);
    return rem == 0;
}

int dec_digits(dec d) { return wide_digits(dec_coef(d)); }

bool dec_in_range(dec d) { return dec_is_zero(d) || (int64_t)d.exp + dec_digits(d) <= 6145; }

dec dec_neg(dec d)
{
    d.neg = !d.neg && !dec_is_zero(d);
    return d;
}

dec dec_abs(dec d)
{
    d.neg = false;
    return d;
}

dec dec_trim(dec d)
{
    u128 c = dec_coef(d);
    int64_t exp = d.exp;
    if (c == 0)
        return DEC_ZERO;
    if (exp == 0)
        return d;
    dec_strip(&c, &exp, exp < 0 ? 0 : INT64_MAX);
    if (exp > 0 && exp + wide_digits(c) <= DEC_DIGITS) {
        c *= wide_pow10[exp];
        exp = 0;
    }
    return dec_raw(d.neg, c, (int32_t)exp);
}

/* |a| against |b|, neither of them zero */
static int cmp_size(dec a, dec b)
{
    u128 x = dec_coef(a), y = dec_coef(b);
    if (a.exp != b.exp) {
        int64_t top_a = (int64_t)a.exp + wide_digits(x), top_b = (int64_t)b.exp + wide_digits(y);
        if (top_a != top_b)
            return top_a < top_b ? -1 : 1;
        if (a.exp > b.exp)                          /* equally high, so the longer one has up to 34 digits */
            x *= wide_pow10[(int64_t)a.exp - b.exp];
        else
            y *= wide_pow10[(int64_t)b.exp - a.exp];
    }
    return x < y ? -1 : x > y;
}

int dec_cmp(dec a, dec b)
{
    bool za = dec_is_zero(a), zb = dec_is_zero(b);
    if (za | zb)
        return za ? (zb ? 0 : b.neg ? 1 : -1) : a.neg ? -1 : 1;
    if (a.neg != b.neg)
        return a.neg ? -1 : 1;
    return a.neg ? cmp_size(b, a) : cmp_size(a, b);
}

/* ---- sums and products ---------------------------------------------------------------------------- */

/* a + b of coefficients at one exponent.  sticky: b is a bit larger than given, and a has 38 digits. */
static dec sum_at(bool na, u128 a, bool nb, u128 b, bool sticky, int64_t exp, struct dec_how how)
{
    if (na == nb)
        return dec_finish(na, a + b, sticky, exp, how);
    if (a == b && !sticky)                          /* the sign of a zero difference: the standard's rule */
        return dec_finish(how.round == DEC_FLOOR, 0, false, exp, how);
    if (a > b)
        return dec_finish(na, a - b - sticky, sticky, exp, how);
    return dec_finish(nb, b - a, sticky, exp, how);
}

dec dec_add_how(dec a, dec b, struct dec_how how)
{
    if (a.exp < b.exp) {
        dec t = a;
        a = b;
        b = t;
    }
    u128 x = dec_coef(a), y = dec_coef(b);
    int64_t shift = (int64_t)a.exp - b.exp, exp = b.exp;
    if (shift == 0)
        return sum_at(a.neg, x, b.neg, y, false, exp, how);
    if (x == 0) {
        if (y == 0)
            return dec_finish(a.neg == b.neg ? a.neg : how.round == DEC_FLOOR, 0, false, exp, how);
        return dec_finish(b.neg, y, false, exp, how);
    }
    int room = 38 - wide_digits(x);
    if (shift <= room)
        return sum_at(a.neg, x * wide_pow10[shift], b.neg, y, false, exp, how);
    /* a fills 38 digits, so what b has below them can only decide the rounding. */
    x *= wide_pow10[room];
    u128 rem = y;
    if (shift - room < WIDE_POW10S)
        y = wide_divmod(y, wide_pow10[shift - room], &rem);
    else
        y = 0;
    return sum_at(a.neg, x, b.neg, y, rem != 0, (int64_t)a.exp - room, how);
}

dec dec_sub_how(dec a, dec b, struct dec_how how)
{
    b.neg = !b.neg;
    return dec_add_how(a, b, how);
}

dec dec_plus_how(dec d, struct dec_how how)
{
    return dec_finish(dec_is_zero(d) ? how.round == DEC_FLOOR && d.neg : d.neg, dec_coef(d), false, d.exp, how);
}

dec dec_add(dec a, dec b)
{
    if (!(a.hi | b.hi)) {
        int64_t shift = (int64_t)a.exp - b.exp;
        u128 x = a.lo, y = b.lo;
        if (shift > 0 && shift < 19)                /* below 2^64 * 10^18 < 2^124 */
            x *= wide_pow10_64[shift];
        else if (shift < 0 && shift > -19)
            y *= wide_pow10_64[-shift];
        else if (shift != 0)
            goto general;
        u128 c = a.neg == b.neg ? x + y : x > y ? x - y : y - x;
        if (c < DEC_LIMIT)
            return dec_raw(c != 0 && (x > y ? a.neg : b.neg), c, shift > 0 ? b.exp : a.exp);
    }
general:
    return dec_unsigned_zero(dec_add_how(a, b, DEC_PLAIN));
}

dec dec_sub(dec a, dec b)
{
    b.neg = !b.neg;
    return dec_add(a, b);
}

dec dec_mul_how(dec a, dec b, struct dec_how how)
{
    int64_t exp = (int64_t)a.exp + b.exp;
    bool neg = a.neg != b.neg, lost = false;
    if (!(a.hi | b.hi))
        return dec_finish(neg, (u128)a.lo * b.lo, false, exp, how);
    int k;
    u128 c = wide_shrink(wide_mul(dec_coef(a), dec_coef(b)), &k, &lost);
    return dec_finish(neg, c, lost, exp + k, how);
}

dec dec_mul(dec a, dec b)
{
    return dec_unsigned_zero(dec_mul_how(a, b, DEC_PLAIN));
}

/* ---- quotients ------------------------------------------------------------------------------------ */

bool dec_div_how(dec a, dec b, struct dec_how how, dec *out)
{
    u128 x = dec_coef(a), y = dec_coef(b), rem, q;
    bool neg = a.neg != b.neg;
    int64_t ideal = (int64_t)a.exp - b.exp;
    if (y == 0)
        return false;
    q = wide_divmod(x, y, &rem);
    if (rem == 0) {                                 /* a whole quotient, often met */
        *out = dec_finish(neg, q, false, ideal, how);
        return true;
    }
    /* As many digits more as leave precision + 1 or + 2 in the quotient: at most 70, below 2^233. */
    int more = how.precision + 1 + wide_digits(y) - wide_digits(x);
    int64_t exp = ideal;
    if (more > 0) {
        q = wide_div(wide_scale(x, more), y, &rem);
        exp -= more;
    }
    if (rem == 0)
        dec_strip(&q, &exp, ideal);
    *out = dec_finish(neg, q, rem != 0, exp, how);
    return true;
}

bool dec_div(dec a, dec b, dec *out)
{
    if (!dec_div_how(a, b, DEC_PLAIN, out))
        return false;
    *out = dec_unsigned_zero(*out);
    return true;
}

/* x * 10^shift / y as whole numbers: *q begins the quotient (up to 38 digits), *left digits of it follow that
 * are not computed (all 0 when the remainder is 0).  The remainder is exact.  shift >= 0, y != 0. */
static u128 long_divide(u128 x, int64_t shift, u128 y, u128 *q, int64_t *left)
{
    u128 rem;
    *q = wide_divmod(x, y, &rem);
    while (shift > 0 && rem != 0 && wide_digits(*q) < 38) {
        int step = 38 - wide_digits(*q);
        if (step > shift)
            step = (int)shift;
        u128 part = wide_div(wide_mul(rem, wide_pow10[step]), y, &rem);
        *q = *q * wide_pow10[step] + part;
        shift -= step;
    }
    *left = shift;
    if (rem == 0)
        return 0;
    /* The rest of the quotient is not wanted: rem * 10^shift modulo y by squaring. */
    u128 power;
    wide_divmod(10, y, &power);
    for (; shift > 0; shift >>= 1) {
        if (shift & 1)
            wide_div(wide_mul(rem, power), y, &rem);
        wide_div(wide_mul(power, power), y, &power);
    }
    return rem;
}

/* The quotient as for long_divide, and the remainder at the lower exponent of the two. */
static bool divide_whole(dec a, dec b, u128 *q, int64_t *left, dec *rem)
{
    u128 x = dec_coef(a), y = dec_coef(b), r;
    int64_t shift = (int64_t)a.exp - b.exp;
    *left = 0;
    *q = 0;
    if (y == 0)
        return false;
    if (shift >= 0) {
        *rem = dec_raw(a.neg, long_divide(x, x ? shift : 0, y, q, left), b.exp);
        return true;
    }
    if (-shift + wide_digits(y) > 38) {             /* b is larger than any coefficient at a's exponent */
        *rem = a;
        return true;
    }
    *q = wide_divmod(x, y * wide_pow10[-shift], &r);
    *rem = dec_raw(a.neg, r, a.exp);
    return true;
}

bool dec_divint_how(dec a, dec b, struct dec_how how, dec *out)
{
    u128 q;
    int64_t left;
    dec rem;
    if (!divide_whole(a, b, &q, &left, &rem))
        return false;
    how.round = DEC_DOWN;
    int room = 38 - wide_digits(q);
    if (room > left)
        room = (int)left;
    *out = dec_finish(a.neg != b.neg, q * wide_pow10[room], false, q ? left - room : 0, how);
    return true;
}

bool dec_divint(dec a, dec b, dec *out)
{
    if (!dec_divint_how(a, b, DEC_PLAIN, out))
        return false;
    *out = dec_unsigned_zero(*out);
    return true;
}

bool dec_rem_how(dec a, dec b, struct dec_how how, dec *out)
{
    u128 q;
    int64_t left;
    if (!divide_whole(a, b, &q, &left, out))
        return false;
    *out = dec_finish(out->neg, dec_coef(*out), false, out->exp, how);
    return true;
}

bool dec_rem(dec a, dec b, dec *out)
{
    if (!dec_rem_how(a, b, DEC_PLAIN, out))
        return false;
    *out = dec_unsigned_zero(*out);
    return true;
}

/* ---- rounding ------------------------------------------------------------------------------------- */

dec dec_quantize(dec d, int32_t exp, enum dec_round round)
{
    u128 c = dec_coef(d);
    int64_t shift = (int64_t)exp - d.exp;
    if (shift >= 0)
        return dec_raw(d.neg, dec_cut(c, shift, false, d.neg, round), exp);
    if (c == 0)
        return dec_raw(d.neg, 0, exp);
    if (-shift + wide_digits(c) > DEC_DIGITS)
        return d;
    return dec_raw(d.neg, c * wide_pow10[-shift], exp);
}

dec dec_round(dec d, int scale, enum dec_round round)
{
    return dec_unsigned_zero(-(int64_t)d.exp > scale ? dec_quantize(d, -scale, round) : d);
}
