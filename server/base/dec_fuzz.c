/* Whatever is read as a number, a day or an instant is written and read again to the same value, and arithmetic on any two
 * numbers that were read keeps its laws. */
#include "base/check.h"
#include "base/date.h"
#include "base/dec.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same(dec a, dec b) { CHECK(dec_cmp(a, b) == 0); }

static void number(struct arena *mem, dec d)
{
    dec back;
    char out[DEC_TEXT_MAX];
    int len = dec_text_into(out, d);
    CHECK(len > 0 && len <= DEC_TEXT_MAX && dec_parse((str){ out, (size_t)len }, &back));
    same(d, back);
    CHECK(dec_parse(dec_text_scientific(mem, d), &back) && back.exp == d.exp);
    same(d, back);
    same(d, dec_trim(d));
    same(dec_trim(d), dec_add(d, DEC_ZERO));
    CHECK(dec_is_zero(dec_sub(d, d)));
    int64_t units;
    for (int scale = 0; scale <= 6; scale += 2)
        if (dec_to_units(d, scale, &units))
            same(dec_of_units(units, scale), dec_round(d, scale, DEC_HALF_UP));
    double x = dec_to_double(d);
    if (isfinite(x))
        CHECK(dec_of_double(x, &back));
    if (!d.neg && dec_sqrt(d, &back))
        CHECK(!back.neg);
    dec_pow_i(d, 7, &back);
    dec_pow_i(d, -300, &back);
    dec_text_fixed(mem, d, 4);
}

static void pair(dec a, dec b)
{
    dec q, r;
    same(dec_add(a, b), dec_add(b, a));
    same(dec_mul(a, b), dec_mul(b, a));
    CHECK(dec_cmp(a, b) == -dec_cmp(b, a));
    if (dec_is_zero(b)) {
        CHECK(!dec_div(a, b, &q) && !dec_rem(a, b, &r) && !dec_divint(a, b, &q));
        return;
    }
    CHECK(dec_div(a, b, &q) && dec_divint(a, b, &q) && dec_rem(a, b, &r));
    CHECK(dec_is_int(q) && dec_cmp(dec_abs(r), dec_abs(b)) < 0 && (dec_is_zero(r) || r.neg == a.neg));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *mem = arena_new((size_t)16 << 20);
    str text = { (const char *)data, n }, part;
    dec a = DEC_ZERO, b;
    int64_t day, us, back;
    while (str_cut(&text, '\n', &part)) {
        if (dec_parse(part, &b)) {
            number(mem, b);
            pair(a, b);
            a = b;
        }
        if (day_parse(part, &day))
            CHECK(str_eq(day_text(mem, day), part));
        if (instant_parse(part, &us))
            CHECK(instant_parse(instant_text(mem, us), &back) && back == us);
    }
    arena_free(mem);
    return 0;
}
