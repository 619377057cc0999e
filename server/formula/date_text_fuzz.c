/* Whatever is read as a date or time lies within the years and hours that can be written, and reads the same from its own text. */
#include "base/check.h"
#include "formula/fn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dec     serial, again;
    int64_t day;
    if (!text_serial((str){ (const char *)data, n }, &serial))
        return 0;
    struct arena *mem = arena_new((size_t)1 << 20);
    dec whole = dec_round(serial, 0, DEC_FLOOR), part = dec_sub(serial, whole);
    CHECK(dec_to_i64(whole, &day));
    day += SERIAL_EPOCH;
    CHECK(day >= DAY_MIN && day <= DAY_MAX);
    CHECK(!part.neg && dec_cmp(part, dec_of_i64(1)) < 0);
    dec us = dec_round(dec_mul(part, dec_of_i64(US_PER_DAY)), 0, DEC_HALF_UP);
    int64_t all;
    CHECK(dec_to_i64(us, &all) && all < US_PER_DAY);
    str time = str_sub(instant_text(mem, all), 11, 26);         /* 1970-01-01T08:00:00.5Z */
    if (str_ends(time, S("Z")))
        time.n--;
    CHECK(text_serial(str_printf(mem, STR_FMT " " STR_FMT, STR_ARG(day_text(mem, day)), STR_ARG(time)), &again));
    CHECK(dec_cmp(serial, again) == 0);
    arena_free(mem);
    return 0;
}
