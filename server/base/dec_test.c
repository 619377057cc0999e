/* Decimals: the decimal suite, worked examples, laws that must hold for any numbers. */
#include "base/dec.h"
#include "base/suite.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct arena *mem;

static dec D(const char *z)
{
    dec d;
    if (!dec_parse(str_of(z), &d))
        fail_msg("not a number: %s", z);
    return d;
}

static void assert_dec(dec got, const char *want)
{
    str text = dec_text_scientific(mem, got);
    if (!str_eqz(text, want))
        fail_msg("got " STR_FMT ", want %s", STR_ARG(text), want);
}

/* ---- the suite ------------------------------------------------------------------------------------ */

static bool round_of(str name, enum dec_round *out)
{
    static const char *const names[] = {
        [DEC_HALF_UP] = "half_up", [DEC_HALF_EVEN] = "half_even", [DEC_HALF_DOWN] = "half_down", [DEC_UP] = "up",
        [DEC_DOWN] = "down", [DEC_CEILING] = "ceiling", [DEC_FLOOR] = "floor", [DEC_05UP] = "05up",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eqz(name, names[i])) {
            *out = (enum dec_round)i;
            return true;
        }
    return false;
}

/* max and min of the standard: equal numbers are ordered by sign, then by exponent. */
static dec pick(dec a, dec b, bool max, struct dec_how how)
{
    int order = dec_cmp(a, b);
    if (order == 0)
        order = a.neg != b.neg ? (a.neg ? -1 : 1) : a.neg ? (a.exp < b.exp ? 1 : -1) : (a.exp < b.exp ? -1 : 1);
    dec d = (order < 0) == max ? b : a;
    bool neg = d.neg;
    d = dec_plus_how(d, how);
    d.neg = neg;
    return d;
}

static bool suite_op(str op, dec a, dec b, struct dec_how how, dec *out)
{
    dec zero = DEC_ZERO, minus = a;
    minus.neg = !a.neg;
    zero.exp = a.exp;
    if (str_eqz(op, "add"))         *out = dec_add_how(a, b, how);
    else if (str_eqz(op, "subtract")) *out = dec_sub_how(a, b, how);
    else if (str_eqz(op, "multiply")) *out = dec_mul_how(a, b, how);
    else if (str_eqz(op, "divide"))   return dec_div_how(a, b, how, out);
    else if (str_eqz(op, "divideint")) return dec_divint_how(a, b, how, out);
    else if (str_eqz(op, "remainder")) return dec_rem_how(a, b, how, out);
    else if (str_eqz(op, "compare"))  *out = dec_of_i64(dec_cmp(a, b));
    else if (str_eqz(op, "plus"))     *out = dec_plus_how(a, how);
    else if (str_eqz(op, "minus"))    *out = dec_sub_how(zero, a, how);
    else if (str_eqz(op, "abs"))      *out = a.neg ? dec_plus_how(minus, how) : dec_plus_how(a, how);
    else if (str_eqz(op, "quantize")) *out = dec_quantize(a, b.exp, how.round);
    else if (str_eqz(op, "tointegral") || str_eqz(op, "tointegralx"))
        *out = a.exp >= 0 ? a : dec_quantize(a, 0, how.round);
    else if (str_eqz(op, "max"))      *out = pick(a, b, true, how);
    else if (str_eqz(op, "min"))      *out = pick(a, b, false, how);
    else return false;
    return true;
}

static str unquoted(str s)
{
    return s.n >= 2 && (s.p[0] == '\'' || s.p[0] == '"') ? str_sub(s, 1, s.n - 1) : s;
}

static void the_decimal_suite_passes(void **state)
{
    (void)state;
    str text, line, cell[8];
    int rows = 0, wrong = 0;
    if (!suite_read(mem, "suites/decimal/decimal_core.tsv", &text))
        skip();
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line) && line.n) {
        str rest = line;
        for (int i = 0; i < 8; i++)
            if (!str_cut(&rest, '\t', &cell[i]))
                cell[i] = S("");
        struct dec_how how;
        int64_t precision;
        dec a, b = DEC_ZERO, got;
        rows++;
        bool ok = str_to_i64(cell[2], &precision) && round_of(cell[3], &how.round)
               && dec_parse(unquoted(cell[4]), &a) && (cell[5].n == 0 || dec_parse(unquoted(cell[5]), &b));
        how.precision = (int)precision;
        ok = ok && suite_op(cell[1], a, b, how, &got) && str_eq(dec_text_scientific(mem, got), unquoted(cell[6]));
        if (!ok && ++wrong <= 20)
            print_error(STR_FMT " got " STR_FMT "\n", STR_ARG(line), STR_ARG(dec_text_scientific(mem, got)));
    }
    print_message("%d rows\n", rows);
    assert_int_equal(rows, 4414);
    assert_int_equal(wrong, 0);
}

/* ---- money ---------------------------------------------------------------------------------------- */

/* The numbers of the array or the single number after "key": in text; 0 when the key is not there. */
static size_t numbers_after(str *text, const char *key, dec *out, size_t max)
{
    str quoted = str_printf(mem, "\"%s\":", key);
    ptrdiff_t at = str_find(*text, quoted);
    size_t n = 0;
    if (at < 0)
        return 0;
    *text = str_sub(*text, (size_t)at + quoted.n, text->n);
    bool many = str_trim(*text).p[0] == '[';
    size_t end = (size_t)str_chr(*text, many ? ']' : '\n');
    str list = str_sub(*text, 0, end), item;
    *text = str_sub(*text, end, text->n);
    while (n < max && str_cut(&list, ',', &item)) {
        item = str_trim(item);
        if (item.n && item.p[0] == '[')
            item = str_trim(str_sub(item, 1, item.n));
        if (item.n == 0)
            continue;
        assert_true(dec_parse(item, &out[n]));
        n++;
    }
    return n;
}

static void money_is_allocated_as_published(void **state)
{
    (void)state;
    str text, all;
    dec amount, ratio[16], want[16];
    int64_t parts[16], units;
    int cases = 0;
    if (!suite_read(mem, "suites/money/moneyphp.json", &all))
        skip();
    ptrdiff_t end = str_find(all, S("\"allocate_to_n\""));
    text = str_sub(all, 0, (size_t)end);
    while (numbers_after(&text, "amount", &amount, 1)) {
        size_t n = numbers_after(&text, "ratios", ratio, 16);
        assert_int_equal(numbers_after(&text, "largest_remainder_gives", want, 16), n);
        assert_true(dec_to_i64(amount, &units));
        assert_true(dec_allocate(units, ratio, n, parts));
        for (size_t i = 0; i < n; i++)
            assert_int_equal(dec_cmp(dec_of_i64(parts[i]), want[i]), 0);
        cases++;
    }
    assert_int_equal(cases, 17);
    text = str_sub(all, (size_t)end, all.n);
    end = str_find(text, S("\"allocate_errors\""));
    str to_n = str_sub(text, 0, (size_t)end);
    while (numbers_after(&to_n, "amount", &amount, 1)) {
        dec count;
        int64_t n;
        assert_int_equal(numbers_after(&to_n, "parts", &count, 1), 1);
        assert_true(dec_to_i64(count, &n) && n <= 16 && dec_to_i64(amount, &units));
        for (int64_t i = 0; i < n; i++)
            ratio[i] = dec_of_i64(1);
        assert_int_equal(numbers_after(&to_n, "expected", want, 16), (size_t)n);
        assert_true(dec_allocate(units, ratio, (size_t)n, parts));
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(dec_cmp(dec_of_i64(parts[i]), want[i]), 0);
        cases++;
    }
    assert_int_equal(cases, 21);
    text = str_sub(text, (size_t)end, (size_t)str_find(text, S("\"round_to_integer\"")));
    while (numbers_after(&text, "amount", &amount, 1)) {
        size_t n = numbers_after(&text, "ratios", ratio, 16);
        assert_false(dec_allocate(100, ratio, n, parts));
        cases++;
    }
    assert_int_equal(cases, 23);
}

static void splits_sum_exactly(void **state)
{
    (void)state;
    int64_t parts[4];
    dec even[4] = { D("1"), D("1"), D("1"), D("1") };
    assert_true(dec_allocate(9999, (dec[]){ D("75"), D("25") }, 2, parts));
    assert_int_equal(parts[0], 7499);
    assert_int_equal(parts[1], 2500);
    assert_true(dec_allocate(3334, even, 4, parts));
    assert_int_equal(parts[0], 834);
    assert_int_equal(parts[2], 833);
    assert_int_equal(parts[3], 833);
    assert_true(dec_allocate(5, (dec[]){ D("0.7"), D("0.3") }, 2, parts));
    assert_int_equal(parts[0], 4);
    assert_true(dec_allocate(INT64_MIN, (dec[]){ D("1e30"), D("1e-30"), D("1e30") }, 3, parts));
    assert_int_equal(parts[0], INT64_MIN / 2);
    assert_int_equal(parts[1], 0);
    assert_false(dec_allocate(1, even, 0, parts));
}

/* ---- examples ------------------------------------------------------------------------------------- */

static void plain_examples(void **state)
{
    (void)state;
    dec d;
    assert_dec(dec_add(D("0.1"), D("0.2")), "0.3");
    assert_dec(dec_add(D("1e10"), D("0.01")), "10000000000.01");
    assert_dec(dec_sub(D("1.00"), D("1")), "0.00");
    assert_dec(dec_sub(D("-1"), D("-1.0")), "0.0");
    assert_dec(dec_mul(D("-0.5"), D("0")), "0.0");
    assert_dec(dec_mul(D("9999999999999999999999999999999999"), D("9999999999999999999999999999999999")),
               "9.999999999999999999999999999999998E+67");
    assert_dec(dec_add(D("9999999999999999999999999999999999"), D("0.5")), "1.000000000000000000000000000000000E+34");
    assert_dec(dec_sub(D("1e34"), D("1e-40")), "1.000000000000000000000000000000000E+34");
    assert_dec(dec_sub(D("1e34"), D("6e-1")), "9999999999999999999999999999999999");
    assert_true(dec_div(D("1"), D("3"), &d));
    assert_dec(d, "0.3333333333333333333333333333333333");
    assert_true(dec_div(D("1"), D("8"), &d));
    assert_dec(d, "0.125");
    assert_true(dec_div(D("2.40"), D("2"), &d));
    assert_dec(d, "1.20");
    assert_true(dec_div(D("1"), D("9999999999999999999999999999999999"), &d));
    assert_dec(d, "1.000000000000000000000000000000000E-34");
    assert_false(dec_div(D("1"), D("0"), &d));
    assert_true(dec_rem(D("1e100"), D("7"), &d));
    assert_dec(d, "4");                         /* 10^6 = 1 and 10^4 = 4 modulo 7 */
    assert_true(dec_rem(D("-7.5"), D("2"), &d));
    assert_dec(d, "-1.5");
    assert_true(dec_divint(D("-7.5"), D("2"), &d));
    assert_dec(d, "-3");
    assert_true(dec_divint(D("1e50"), D("3"), &d));
    assert_dec(d, "3.333333333333333333333333333333333E+49");
    assert_dec(dec_round(D("2.345"), 2, DEC_HALF_UP), "2.35");
    assert_dec(dec_round(D("-2.345"), 2, DEC_HALF_UP), "-2.35");
    assert_dec(dec_round(D("-0.004"), 2, DEC_HALF_UP), "0.00");
    assert_dec(dec_round(D("1250"), -2, DEC_HALF_UP), "1.3E+3");
    assert_dec(dec_round(D("1.5"), 4, DEC_HALF_UP), "1.5");
    assert_dec(dec_trim(D("1.500")), "1.5");
    assert_dec(dec_trim(D("100")), "100");
    assert_dec(dec_trim(D("1e3")), "1000");
    assert_dec(dec_trim(D("100e40")), "1E+42");
    assert_dec(dec_trim(D("0.000")), "0");
    assert_true(dec_is_int(D("100.00")) && dec_is_int(D("1e5")) && !dec_is_int(D("1e-50")) && dec_is_int(D("0e-50")));
}

static void powers_and_roots(void **state)
{
    (void)state;
    dec d;
    assert_true(dec_pow_i(D("1.10"), 2, &d));
    assert_dec(d, "1.21");
    assert_true(dec_pow_i(D("2"), 100, &d));
    assert_dec(d, "1267650600228229401496703205376");
    assert_true(dec_pow_i(D("-2"), -3, &d));
    assert_dec(d, "-0.125");
    assert_true(dec_pow_i(D("10"), 30, &d));
    assert_dec(d, "1000000000000000000000000000000");
    assert_true(dec_pow_i(D("1.05"), 360, &d));         /* by Python's decimal, 60 digits */
    assert_dec(dec_round(d, 20, DEC_HALF_UP), "42476396.40868002039560415895");
    assert_true(dec_pow_i(D("0"), 0, &d));
    assert_dec(d, "1");
    assert_false(dec_pow_i(D("0"), -1, &d));
    assert_false(dec_pow_i(D("10"), 6145, &d));
    assert_true(dec_pow_i(D("10"), 6144, &d));
    assert_false(dec_pow_i(D("1.0000001"), INT64_MAX, &d));
    assert_false(dec_pow_i(D("0.5"), INT64_MIN, &d));
    assert_true(dec_pow_i(D("0.5"), INT64_MAX, &d));
    assert_true(dec_is_zero(d));
    assert_true(dec_pow_i(D("-1"), INT64_MAX, &d));
    assert_dec(d, "-1");
    assert_true(dec_sqrt(D("2"), &d));
    assert_dec(d, "1.414213562373095048801688724209698");
    assert_true(dec_sqrt(D("2.25"), &d));
    assert_dec(d, "1.5");
    assert_true(dec_sqrt(D("1e6"), &d));
    assert_dec(d, "1E+3");
    assert_true(dec_sqrt(D("1e-7"), &d));
    assert_dec(d, "0.0003162277660168379331998893544432719");
    assert_true(dec_sqrt(D("9999999999999999999999999999999999"), &d));     /* just below a tie */
    assert_dec(d, "99999999999999999.99999999999999999");
    assert_false(dec_sqrt(D("-1"), &d));
}

static void text_is_strict_both_ways(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "+", "-", ".", "1e", "1e+", "e5", "1.2.3", " 1", "1 ", "1,000", "0x1", "nan", "inf",
        "--1", "1e5.0", "12345678901234567890123456789012345", "1e6145", "1e-6145", "1e99999999999999999999", "١" };
    static const char *const plain[][2] = {
        { "1.50", "1.50" }, { "-0", "-0" }, { "0e5", "0" }, { "0e-3", "0.000" }, { "15e1", "150" }, { ".5", "0.5" },
        { "5.", "5" }, { "+7", "7" }, { "0000000000000000000000000000000000000000012", "12" },
        { "1000000000000000000000000000000000000000.00", "1000000000000000000000000000000000000000" },
        { "1e39", "1000000000000000000000000000000000000000" }, { "1e40", "1E+40" },
        { "1e-39", "0.000000000000000000000000000000000000001" }, { "1e-40", "1E-40" }, { "12.5e-41", "1.25E-40" },
        { "1234567890123456789012345678901234", "1234567890123456789012345678901234" },
        { "-9.999999999999999999999999999999999e-6111", "-9.999999999999999999999999999999999E-6111" },
        { "100000000000000000000", "100000000000000000000" }, { "18446744073709551616", "18446744073709551616" },
    };
    dec d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (dec_parse(str_of(bad[i]), &d))
            fail_msg("read as a number: %s", bad[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        str text = dec_text(mem, D(plain[i][0]));
        if (!str_eqz(text, plain[i][1]))
            fail_msg("%s became " STR_FMT, plain[i][0], STR_ARG(text));
    }
    assert_true(str_eqz(dec_text_fixed(mem, D("2.345"), 2), "2.35"));
    assert_true(str_eqz(dec_text_fixed(mem, D("-0.001"), 2), "0.00"));
    assert_true(str_eqz(dec_text_fixed(mem, D("7"), 2), "7.00"));
    assert_true(str_eqz(dec_text_fixed(mem, D("1e3"), 1), "1000.0"));
    assert_true(str_eqz(dec_text_fixed(mem, D("-0.05"), 3), "-0.050"));
    assert_true(str_eqz(dec_text_fixed(mem, D("12.5"), 0), "13"));
}

static void units_hold_columns(void **state)
{
    (void)state;
    int64_t u;
    assert_dec(dec_of_units(-12345, 2), "-123.45");
    assert_true(dec_to_units(D("123.455"), 2, &u) && u == 12346);
    assert_true(dec_to_units(D("-123.455"), 2, &u) && u == -12346);
    assert_true(dec_to_units(D("1e-100"), 2, &u) && u == 0);
    assert_false(dec_exact_units(D("1.001"), 2, &u));
    assert_true(dec_exact_units(D("1.100"), 2, &u) && u == 110);
    assert_true(dec_exact_units(D("0e-100"), 2, &u) && u == 0);
    assert_false(dec_to_units(D("1e30"), 2, &u));
    assert_true(dec_to_i64(D("9223372036854775807"), &u) && u == INT64_MAX);
    assert_true(dec_to_i64(D("-9223372036854775808"), &u) && u == INT64_MIN);
    assert_false(dec_to_i64(D("9223372036854775808"), &u));
    assert_false(dec_to_i64(D("0.5"), &u));
    assert_true(dec_to_i64(D("12e2"), &u) && u == 1200);
    assert_true(dec_to_units(D("9223372036854775807.4"), 0, &u) && u == INT64_MAX);
    assert_false(dec_to_units(D("9223372036854775807.5"), 0, &u));
    assert_dec(dec_of_i64(INT64_MIN), "-9223372036854775808");
}

/* ---- laws ----------------------------------------------------------------------------------------- */

static uint64_t seed = 20260131;
static uint64_t rnd(void)      /* splitmix64 */
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Any number of 1..max digits; lengths, runs of 0 and 9, and exponents near zero are favoured. */
static dec any_dec(int max, int exps)
{
    char text[64], *p = text;
    int n = 1 + (int)(rnd() % (unsigned)max);
    uint64_t kind = rnd() % 4;
    if (rnd() & 1)
        *p++ = '-';
    for (int i = 0; i < n; i++)
        *p++ = kind == 0 ? '9' : kind == 1 && i ? '0' : (char)('0' + rnd() % 10);
    p += sprintf(p, "e%d", (int)(rnd() % (unsigned)(2 * exps + 1)) - exps);
    dec d;
    assert_true(dec_parse((str){ text, (size_t)(p - text) }, &d));
    return d;
}

static void sums_come_apart_again(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        dec a = any_dec(15, 8), b = any_dec(15, 8), sum = dec_add(a, b);       /* at most 32 digits: exact */
        assert_int_equal(dec_cmp(dec_sub(sum, b), a), 0);
        assert_int_equal(dec_cmp(dec_add(b, a), sum), 0);
        assert_int_equal(dec_cmp(a, b), dec_sub(a, b).neg ? -1 : !dec_is_zero(dec_sub(a, b)));
        assert_int_equal(dec_cmp(b, a), -dec_cmp(a, b));
        assert_int_equal(dec_cmp(dec_mul(a, dec_add(b, b)), dec_add(dec_mul(a, b), dec_mul(a, b))), 0);
    }
}

static void quotient_and_remainder_make_the_dividend(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        dec a = any_dec(16, 6), b = any_dec(16, 6), q = DEC_ZERO, r = DEC_ZERO, back;
        if (dec_is_zero(b)) {
            assert_false(dec_rem(a, b, &r));
            continue;
        }
        assert_true(dec_divint(a, b, &q) && dec_rem(a, b, &r));
        assert_true(dec_is_int(q));
        assert_true(dec_cmp(dec_abs(r), dec_abs(b)) < 0);
        assert_true(dec_is_zero(r) || r.neg == a.neg);
        if (dec_digits(q) + dec_digits(b) <= 34)
            assert_int_equal(dec_cmp(dec_add(dec_mul(q, b), r), a), 0);
        assert_true(dec_div(dec_mul(a, b), b, &back));          /* the product is exact */
        assert_int_equal(dec_cmp(back, a), 0);
        /* |a/b * b - a| is at most half a unit of the 34th digit of a/b, times b, and what the product loses. */
        assert_true(dec_div(a, b, &q));
        dec slip = dec_abs(dec_sub(dec_mul(q, b), a)), bound = dec_abs(a);
        bound.exp -= 33;
        assert_true(dec_cmp(slip, bound) <= 0);
    }
}

static void text_round_trips(void **state)
{
    (void)state;
    char out[DEC_TEXT_MAX];
    for (int i = 0; i < 200000; i++) {
        dec a = any_dec(34, i % 2 ? 40 : 6000), b;
        int n = dec_text_into(out, a);
        assert_in_range(n, 1, DEC_TEXT_MAX);
        if (!dec_parse((str){ out, (size_t)n }, &b))
            fail_msg("not read back: %.*s", n, out);
        assert_int_equal(dec_cmp(a, b), 0);
        arena_mark m = arena_here(mem);
        assert_true(dec_parse(dec_text_scientific(mem, a), &b));
        assert_true(a.lo == b.lo && a.hi == b.hi && a.exp == b.exp && a.neg == b.neg);
        b = dec_trim(a);
        assert_int_equal(dec_cmp(a, b), 0);
        assert_true(b.exp == 0 || dec_digits(b) <= dec_digits(a));
        arena_back(mem, m);
    }
}

static void order_is_that_of_fixed_text(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        arena_mark m = arena_here(mem);
        dec a = dec_abs(any_dec(20, 20)), b = i % 4 ? dec_abs(any_dec(20, 20)) : dec_trim(a);
        str x = dec_text_fixed(mem, a, 20), y = dec_text_fixed(mem, b, 20);
        int want = x.n != y.n ? (x.n < y.n ? -1 : 1) : str_cmp(x, y);
        assert_int_equal(dec_cmp(a, b), (want > 0) - (want < 0));
        arena_back(mem, m);
    }
}

static void roots_squared_surround_the_number(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        dec a = dec_abs(any_dec(34, 50)), r, r2;
        assert_true(dec_sqrt(a, &r));
        dec whole = dec_abs(any_dec(17, 20));
        assert_true(dec_sqrt(dec_mul(whole, whole), &r2));
        assert_int_equal(dec_cmp(r2, whole), 0);
        if (dec_is_zero(a))
            continue;
        dec slip = dec_abs(dec_sub(dec_mul(r, r), a));
        dec bound = a;
        bound.exp -= 32;
        assert_true(dec_cmp(slip, bound) <= 0);
    }
}

static void doubles_convert_as_libc_does(void **state)
{
    (void)state;
    char text[64], want[64];
    for (int i = 0; i < 200000; i++) {
        dec d = any_dec(34, i % 3 ? 30 : 340), back;
        int n = dec_text_into(text, d);
        text[n] = 0;
        double x = dec_to_double(d), y = strtod(text, NULL);
        if (memcmp(&x, &y, sizeof x) != 0)
            fail_msg("%s: %.17g, libc says %.17g", text, x, y);
        if (i % 2) {
            uint64_t bits = rnd();
            memcpy(&x, &bits, sizeof x);
        }
        if (!isfinite(x)) {
            assert_false(dec_of_double(x, &back));
            continue;
        }
        assert_true(dec_of_double(x, &back));
        snprintf(want, sizeof want, "%.14e", x);
        if (dec_cmp(back, D(want)) != 0)
            fail_msg("%.17g became " STR_FMT, x, STR_ARG(dec_text(mem, back)));
    }
    dec d;
    assert_true(dec_of_double(0.1 + 0.2, &d));
    assert_dec(d, "0.3");
    assert_true(dec_of_double(1e20, &d));
    assert_dec(d, "100000000000000000000");
}

static void shares_are_fair(void **state)
{
    (void)state;
    dec weights[200];
    int64_t parts[200];
    for (int i = 0; i < 5000; i++) {
        size_t n = 1 + rnd() % (i % 10 ? 8 : 200);
        int64_t total = (int64_t)(rnd() >> rnd() % 63), given = 0;
        dec sum = DEC_ZERO, exact;
        if (i % 3 == 0)
            total = -total;
        for (size_t k = 0; k < n; k++)
            sum = dec_add(sum, weights[k] = dec_abs(any_dec(6, 3)));
        if (dec_is_zero(sum)) {
            assert_false(dec_allocate(total, weights, n, parts));
            continue;
        }
        assert_true(dec_allocate(total, weights, n, parts));
        for (size_t k = 0; k < n; k++) {
            given = (int64_t)((uint64_t)given + (uint64_t)parts[k]);
            assert_true(dec_div(dec_mul(dec_of_i64(total), weights[k]), sum, &exact));
            assert_true(dec_cmp(dec_abs(dec_sub(exact, dec_of_i64(parts[k]))), D("1")) < 0);
        }
        assert_int_equal(given, total);
    }
}

static int set_up(void **state)    { (void)state; mem = arena_new(0); return 0; }
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decimal_suite_passes),
        cmocka_unit_test(money_is_allocated_as_published),
        cmocka_unit_test(splits_sum_exactly),
        cmocka_unit_test(plain_examples),
        cmocka_unit_test(powers_and_roots),
        cmocka_unit_test(text_is_strict_both_ways),
        cmocka_unit_test(units_hold_columns),
        cmocka_unit_test(sums_come_apart_again),
        cmocka_unit_test(quotient_and_remainder_make_the_dividend),
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(order_is_that_of_fixed_text),
        cmocka_unit_test(roots_squared_surround_the_number),
        cmocka_unit_test(doubles_convert_as_libc_does),
        cmocka_unit_test(shares_are_fair),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
