/* Zones: the gaps and overlaps that history holds, and every hour around every change against ICU itself. */
#include "base/date.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

static struct arena *mem;

static int64_t at(const char *z)
{
    int64_t us;
    if (!instant_parse(str_of(z), &us))
        fail_msg("not an instant: %s", z);
    return us;
}

static int64_t day_of(const char *z)
{
    int64_t day;
    assert_true(day_parse(str_of(z), &day));
    return day;
}

static const struct zone *zone(const char *name)
{
    const struct zone *z = zone_find(str_of(name));
    if (!z)
        fail_msg("no zone %s", name);
    return z;
}

#define HOUR (3600 * US_PER_S)
#define assert_instant(us, want) assert_string_equal(str_z(mem, instant_text(mem, (us))), (want))

static void names_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "Mars/Olympus", "GMT+8", "Etc/Unknown", "Asia/Shanghai ", "亚洲/上海", "asia shanghai",
        "Asia/ShanghaiAsia/ShanghaiAsia/ShanghaiAsia/ShanghaiAsia/ShanghaiAsia/Shanghai" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (zone_find(str_of(bad[i])))
            fail_msg("found: %s", bad[i]);
    assert_null(zone_find(STR_NONE));
    assert_null(zone_find((str){ "Asia/Shang\0hai", 14 }));
    assert_ptr_equal(zone("Asia/Shanghai"), zone("Asia/Shanghai"));
    assert_non_null(zone("UTC"));
    assert_non_null(zone("Etc/GMT-8"));
}

static void shanghai_had_summer_time(void **state)
{
    (void)state;
    const struct zone *z = zone("Asia/Shanghai");
    assert_int_equal(zone_offset_us(z, at("2026-01-31T08:00:00Z")), 8 * HOUR);
    assert_int_equal(zone_offset_us(z, at("1988-07-01T00:00:00Z")), 9 * HOUR);
    assert_int_equal(zone_day(z, at("2026-01-31T15:59:59.999999Z")), day_of("2026-01-31"));
    assert_int_equal(zone_day(z, at("2026-01-31T16:00:00Z")), day_of("2026-02-01"));
    /* 1988-04-17 02:00 -> 03:00, 1988-09-11 02:00 -> 01:00 */
    assert_instant(zone_instant(z, day_of("1988-04-17"), 2 * HOUR + HOUR / 2), "1988-04-16T18:30:00Z");
    assert_instant(zone_instant(z, day_of("1988-04-17"), 2 * HOUR - 1), "1988-04-16T17:59:59.999999Z");
    assert_instant(zone_instant(z, day_of("1988-04-17"), 3 * HOUR), "1988-04-16T18:00:00Z");
    assert_instant(zone_instant(z, day_of("1988-09-11"), HOUR), "1988-09-10T16:00:00Z");
    assert_instant(zone_instant(z, day_of("1988-09-11"), 2 * HOUR), "1988-09-10T18:00:00Z");
    assert_instant(zone_instant(z, day_of("2026-01-31"), 0), "2026-01-30T16:00:00Z");
}

static void sao_paulo_lost_midnights(void **state)
{
    (void)state;
    const struct zone *z = zone("America/Sao_Paulo");
    /* 2018-11-04 began at 01:00; its day is still found from its midnight */
    int64_t begin = zone_instant(z, day_of("2018-11-04"), 0);
    assert_instant(begin, "2018-11-04T03:00:00Z");
    assert_int_equal(zone_day(z, begin), day_of("2018-11-04"));
    assert_int_equal(zone_day(z, begin - 1), day_of("2018-11-03"));
    /* 2018-02-18 00:00 -> 2018-02-17 23:00: that hour came twice, the earlier one is meant */
    assert_instant(zone_instant(z, day_of("2018-02-17"), 23 * HOUR + HOUR / 2), "2018-02-18T01:30:00Z");
    assert_instant(zone_instant(z, day_of("2018-02-18"), 0), "2018-02-18T03:00:00Z");
}

static void apia_skipped_a_day(void **state)
{
    (void)state;
    const struct zone *z = zone("Pacific/Apia");
    assert_instant(zone_instant(z, day_of("2011-12-29"), 12 * HOUR), "2011-12-29T22:00:00Z");
    assert_instant(zone_instant(z, day_of("2011-12-31"), 0), "2011-12-30T10:00:00Z");
    assert_instant(zone_instant(z, day_of("2011-12-30"), 0), "2011-12-30T10:00:00Z");
    assert_instant(zone_instant(z, day_of("2011-12-30"), 12 * HOUR), "2011-12-30T22:00:00Z");
    assert_int_equal(zone_day(z, at("2011-12-30T09:59:59Z")), day_of("2011-12-29"));
    assert_int_equal(zone_day(z, at("2011-12-30T10:00:00Z")), day_of("2011-12-31"));
}

static UCalendar *icu(const char *name)
{
    UChar id[64];
    UErrorCode code = U_ZERO_ERROR;
    u_uastrcpy(id, name);
    UCalendar *cal = ucal_open(id, -1, "en", UCAL_GREGORIAN, &code);
    assert_true(U_SUCCESS(code));
    return cal;
}

static int64_t icu_offset(UCalendar *cal, int64_t ms)
{
    UErrorCode code = U_ZERO_ERROR;
    ucal_setMillis(cal, (double)ms, &code);
    int64_t offset = ucal_get(cal, UCAL_ZONE_OFFSET, &code) + ucal_get(cal, UCAL_DST_OFFSET, &code);
    assert_true(U_SUCCESS(code));
    return offset;
}

static const char *const many[] = { "Asia/Shanghai", "America/Sao_Paulo", "Pacific/Apia", "Europe/Berlin", "America/New_York",
    "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Africa/Monrovia", "Antarctica/Troll", "Asia/Urumqi",
    "Asia/Pyongyang", "Europe/Dublin", "America/St_Johns", "Pacific/Kiritimati", "Asia/Gaza", "UTC" };

static void offsets_agree_with_icu(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        const struct zone *z = zone(many[i]);
        UCalendar *cal = icu(many[i]);
        uint64_t x = 20260131 + i;
        int64_t from = at("1850-01-01T00:00:00Z") / 1000, to = at("2110-01-01T00:00:00Z") / 1000;
        for (int64_t ms = from; ms < to; ms += (int64_t)(x % (3 * 86400000))) {
            if (zone_offset_us(z, ms * 1000) != icu_offset(cal, ms) * 1000)
                fail_msg("%s at " STR_FMT, many[i], STR_ARG(instant_text(mem, ms * 1000)));
            x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
            x ^= x >> 29;
        }
        /* far ahead, beyond the list of changes */
        for (int64_t day = day_of("2495-01-01"); day < day_of("2505-01-01"); day++)
            assert_int_equal(zone_offset_us(z, day * US_PER_DAY), icu_offset(cal, day * 86400000) * 1000);
        for (int64_t day = day_of("9000-01-01"); day < day_of("9002-01-01"); day++)
            assert_int_equal(zone_offset_us(z, day * US_PER_DAY), icu_offset(cal, day * 86400000) * 1000);
        ucal_close(cal);
    }
}

/* To the millisecond around every change of two centuries; and local times there and back. */
static void changes_are_exact(void **state)
{
    (void)state;
    int changes = 0;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        const struct zone *z = zone(many[i]);
        UCalendar *cal = icu(many[i]);
        UErrorCode code = U_ZERO_ERROR;
        UDate t = (double)(at("1880-01-01T00:00:00Z") / 1000);
        ucal_setMillis(cal, t, &code);
        while (ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &t, &code) && t < 4e12) {
            int64_t us = (int64_t)t * 1000, before = icu_offset(cal, (int64_t)t - 1) * 1000, after = icu_offset(cal, (int64_t)t) * 1000;
            assert_int_equal(zone_offset_us(z, us - 1), before);
            assert_int_equal(zone_offset_us(z, us), after);
            for (int64_t step = -30; step <= 30; step++) {
                int64_t u = us + step * HOUR / 4, local = zone_local_us(z, u), day = local >= 0 ? local / US_PER_DAY : -((-local + US_PER_DAY - 1) / US_PER_DAY);
                int64_t back = zone_instant(z, day, local - day * US_PER_DAY);
                if (back != u && !(back < u && zone_local_us(z, back) == local))
                    fail_msg("%s: " STR_FMT, many[i], STR_ARG(instant_text(mem, u)));
            }
            if (after > before)         /* the middle of a gap moves on by its length */
                assert_int_equal(zone_instant(z, 0, us + before + (after - before) / 2), us + (after - before) / 2);
            ucal_setMillis(cal, t, &code);
            changes++;
        }
        assert_true(U_SUCCESS(code));
        ucal_close(cal);
    }
    print_message("%d changes\n", changes);
    assert_true(changes > 2000);
}

static void *find_all(void *found)
{
    const struct zone **out = found;
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        out[i] = zone_find(str_of(many[i]));
    return NULL;
}

static void threads_find_the_same_zone(void **state)
{
    (void)state;
    enum { N = 8, M = sizeof many / sizeof *many };
    static const struct zone *found[N][M];
    pthread_t t[N];
    for (int i = 0; i < N; i++)
        assert_int_equal(pthread_create(&t[i], NULL, find_all, found[i]), 0);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < M; k++)
            assert_true(found[i][k] != NULL && found[i][k] == found[0][k]);
}

static void the_clock_runs(void **state)
{
    (void)state;
    int64_t a = instant_now(), b = instant_now();
    assert_true(a <= b);
    assert_true(a > at("2026-01-01T00:00:00Z"));
}

static int set_up(void **state)    { (void)state; mem = arena_new(0); return 0; }
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_find_the_same_zone),       /* first: before anything is cached */
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(shanghai_had_summer_time),
        cmocka_unit_test(sao_paulo_lost_midnights),
        cmocka_unit_test(apia_skipped_a_day),
        cmocka_unit_test(offsets_agree_with_icu),
        cmocka_unit_test(changes_are_exact),
        cmocka_unit_test(the_clock_runs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
