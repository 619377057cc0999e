/* Days and instants: every day of 800 years against a walk through the calendar and against ICU; text; periods. */
#include "base/date.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <unicode/ucal.h>

static struct arena *mem;

static int64_t day_of(const char *z)
{
    int64_t day;
    if (!day_parse(str_of(z), &day))
        fail_msg("not a day: %s", z);
    return day;
}

#define assert_text(got, want) assert_string_equal(str_z(mem, (got)), (want))

static bool slow_leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

static void every_day_from_1600_to_2400(void **state)
{
    (void)state;
    static const int lengths[] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t day = -135140;              /* 1600-01-01, a Saturday */
    int y = 1600, m = 1, d = 1, weekday = 5, walked = 0;
    while (y <= 2400) {
        struct civil c = civil_of_day(day);
        if (c.year != y || c.month != m || c.day != d)
            fail_msg("day %lld is %d-%d-%d, should be %d-%d-%d", (long long)day, c.year, c.month, c.day, y, m, d);
        assert_int_equal(day_of_civil(y, m, d), day);
        assert_int_equal(day_weekday(day), weekday);
        assert_true(day_valid(y, m, d));
        int length = lengths[m] + (m == 2 && slow_leap(y));
        assert_int_equal(month_length(y, m), length);
        day++;
        walked++;
        weekday = (weekday + 1) % 7;
        if (++d > length) {
            assert_false(day_valid(y, m, d));
            d = 1;
            if (++m > 12) {
                m = 1;
                y++;
            }
        }
    }
    assert_int_equal(walked, 292560);
}

/* ICU in the proleptic Gregorian calendar, UTC, weeks as in ISO 8601. */
static void iso_weeks_agree_with_icu(void **state)
{
    (void)state;
    static const UChar utc[] = { 'U', 'T', 'C', 0 };
    UErrorCode code = U_ZERO_ERROR;
    UCalendar *cal = ucal_open(utc, -1, "en", UCAL_GREGORIAN, &code);
    ucal_setGregorianChange(cal, -1e18, &code);
    ucal_setAttribute(cal, UCAL_FIRST_DAY_OF_WEEK, UCAL_MONDAY);
    ucal_setAttribute(cal, UCAL_MINIMAL_DAYS_IN_FIRST_WEEK, 4);
    for (int64_t day = day_of("1600-01-01"); day <= day_of("2400-12-31"); day++) {
        int week;
        ucal_setMillis(cal, (double)day * 86400e3, &code);
        int64_t year = day_iso_week_year(day, &week);
        if (year != ucal_get(cal, UCAL_YEAR_WOY, &code) || week != ucal_get(cal, UCAL_WEEK_OF_YEAR, &code))
            fail_msg(STR_FMT " is in %lld-W%d", STR_ARG(day_text(mem, day)), (long long)year, week);
        struct civil c = civil_of_day(day);
        assert_int_equal(c.year, ucal_get(cal, UCAL_YEAR, &code));
        assert_int_equal(c.month, ucal_get(cal, UCAL_MONTH, &code) + 1);
        assert_int_equal(c.day, ucal_get(cal, UCAL_DATE, &code));
    }
    assert_true(U_SUCCESS(code));
    ucal_close(cal);
}

static void months_and_days_may_overflow(void **state)
{
    (void)state;
    assert_int_equal(day_of_civil(2024, 14, -3), day_of("2025-01-28"));
    assert_int_equal(day_of_civil(2024, 0, 1), day_of("2023-12-01"));
    assert_int_equal(day_of_civil(2024, -11, 1), day_of("2023-01-01"));
    assert_int_equal(day_of_civil(2024, -12, 1), day_of("2022-12-01"));
    assert_int_equal(day_of_civil(2024, 3, 0), day_of("2024-02-29"));
    assert_int_equal(day_of_civil(2023, 2, 29), day_of("2023-03-01"));
    assert_int_equal(day_of_civil(2024, 1, 1000000), day_of("2024-01-01") + 999999);
    assert_int_equal(day_of_civil(1, 1, 1), -719162);
    assert_int_equal(day_add_months(day_of("2024-01-31"), 1), day_of("2024-02-29"));
    assert_int_equal(day_add_months(day_of("2023-01-31"), 1), day_of("2023-02-28"));
    assert_int_equal(day_add_months(day_of("2024-02-29"), 12), day_of("2025-02-28"));
    assert_int_equal(day_add_months(day_of("2024-03-31"), -1), day_of("2024-02-29"));
    assert_int_equal(day_add_months(day_of("2024-03-31"), -15), day_of("2022-12-31"));
    /* wild arguments give wild days, nothing worse */
    day_of_civil(INT32_MAX, INT32_MAX, INT32_MAX);
    day_of_civil(INT32_MIN, INT32_MIN, INT32_MIN);
}

static void days_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "2026-1-31", "2026-01-32", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
        "0000-01-01", "26-01-31", "2026/01/31", "20260131", "2026-01-31 ", " 2026-01-31", "2026-01-31T", "2026\r01-31", "+026-01-31", "2026-01-3a", "２０２６-01-01" };
    int64_t day = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (day_parse(str_of(bad[i]), &day))
            fail_msg("read as a day: %s", bad[i]);
    assert_int_equal(day, 7);
    assert_int_equal(day_of("1970-01-01"), 0);
    assert_int_equal(day_of("9999-12-31"), 2932896);
    for (day = day_of("0001-01-01"); day <= day_of("9999-12-31"); day += 97) {
        int64_t back;
        arena_mark m = arena_here(mem);
        assert_true(day_parse(day_text(mem, day), &back) && back == day);
        arena_back(mem, m);
    }
    assert_text(day_text(mem, day_of("9999-12-31") + 1), "10000-01-01");
    assert_text(day_text(mem, day_of_civil(-43, 3, 15)), "-0043-03-15");
}

static void instants_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "2026-01-31", "2026-01-31T08:00:00", "2026-01-31T08:00Z", "2026-01-31 08:00:00Z",
        "2026-01-31T24:00:00Z", "2026-01-31T08:60:00Z", "2026-01-31T08:00:60Z", "2026-01-31T08:00:00.Z", "2026-01-31T08:00:00.1234567Z",
        "2026-01-31T08:00:00+8:00", "2026-01-31T08:00:00+0800", "2026-01-31T08:00:00+24:00", "2026-01-31T08:00:00+08:60",
        "2026-01-31T08:00:00Zz", "2026-02-29T08:00:00Z", "2026-01-31T08:00:00 Z", "2026-01-31T8:00:00Z", "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01", "2026-01-31T08\03200:00Z" };
    static const char *const same[][2] = {
        { "2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z" }, { "2026-01-31T08:00:00+08:00", "2026-01-31T00:00:00Z" },
        { "2026-01-31T08:00:00.5Z", "2026-01-31T08:00:00.500Z" }, { "2026-01-31T08:00:00.000001-03:30", "2026-01-31T11:30:00.000001Z" },
        { "2026-01-31t08:00:00.120z", "2026-01-31T08:00:00.120Z" }, { "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
        { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z" }, { "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
    };
    int64_t us;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (instant_parse(str_of(bad[i]), &us))
            fail_msg("read as an instant: %s", bad[i]);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (!instant_parse(str_of(same[i][0]), &us))
            fail_msg("not an instant: %s", same[i][0]);
        assert_text(instant_text(mem, us), same[i][1]);
    }
    assert_true(instant_parse(S("1970-01-01T00:00:01Z"), &us) && us == US_PER_S);
}

static void periods_tile_the_days(void **state)
{
    (void)state;
    for (int start = 1; start <= 12; start++)
        for (enum period p = PERIOD_DAY; p <= PERIOD_YEAR; p++) {
            struct fiscal f = { start, false };
            int64_t first = period_first(p, day_of("2019-01-01"), f), next = period_next(p, first, f);
            for (int64_t day = day_of("2019-01-01"); day < day_of("2025-01-01"); day++) {
                if (day == next) {
                    first = next;
                    next = period_next(p, first, f);
                    assert_true(next > first);
                }
                assert_int_equal(period_first(p, day, f), first);
            }
            struct civil c = civil_of_day(first);
            if (p >= PERIOD_MONTH)
                assert_int_equal(c.day, 1);
            if (p == PERIOD_YEAR)
                assert_int_equal(c.month, start);
            if (p == PERIOD_QUARTER)
                assert_int_equal((c.month - start + 12) % 3, 0);
        }
}

static void periods_are_named(void **state)
{
    (void)state;
    struct fiscal plain = { 1, false }, april = { 4, false }, april_start = { 4, true };
    int64_t day = day_of("2026-01-31");
    assert_text(period_label(mem, PERIOD_DAY, day, plain), "2026-01-31");
    assert_text(period_label(mem, PERIOD_WEEK, day, plain), "2026-W05");
    assert_text(period_label(mem, PERIOD_WEEK, day_of("2027-01-01"), plain), "2026-W53");
    assert_text(period_label(mem, PERIOD_MONTH, day, april), "2026-01");
    assert_text(period_label(mem, PERIOD_QUARTER, day, plain), "2026-Q1");
    assert_text(period_label(mem, PERIOD_HALF, day_of("2026-07-01"), plain), "2026-H2");
    assert_text(period_label(mem, PERIOD_YEAR, day, plain), "2026");
    assert_text(period_label(mem, PERIOD_QUARTER, day, april), "FY2026-Q4");
    assert_text(period_label(mem, PERIOD_QUARTER, day, april_start), "FY2025-Q4");
    assert_text(period_label(mem, PERIOD_HALF, day_of("2026-04-01"), april), "FY2027-H1");
    assert_text(period_label(mem, PERIOD_YEAR, day_of("2026-03-31"), april), "FY2026");
    assert_text(period_label(mem, PERIOD_YEAR, day_of("2026-04-01"), april_start), "FY2026");
}

static int set_up(void **state)    { (void)state; mem = arena_new(0); return 0; }
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_from_1600_to_2400),
        cmocka_unit_test(iso_weeks_agree_with_icu),
        cmocka_unit_test(months_and_days_may_overflow),
        cmocka_unit_test(days_are_read_strictly),
        cmocka_unit_test(instants_are_read_strictly),
        cmocka_unit_test(periods_tile_the_days),
        cmocka_unit_test(periods_are_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
