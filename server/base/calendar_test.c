/* Working days: the Chinese calendar of 2004-2026 with its moved weekends, and random calendars against counting day by day. */
#include "base/date.h"
#include "base/suite.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static struct arena *mem;

static int64_t day_of(str s)
{
    int64_t day;
    if (!day_parse(s, &day))
        fail_msg("not a day: " STR_FMT, STR_ARG(s));
    return day;
}

#define DAY(z) day_of(S(z))

static bool china(struct calendar *c)
{
    str text, line, day, kind;
    if (!suite_read(mem, "suites/chinese/cn_holidays_2004_2026.csv", &text))
        return false;
    int64_t *holidays = NEWV(mem, int64_t, 1000), *workdays = NEWV(mem, int64_t, 1000);
    *c = calendar_plain;
    c->holidays = holidays;
    c->workdays = workdays;
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line) && str_cut(&line, ',', &day) && str_cut(&line, ',', &kind)) {
        if (str_eqz(kind, "holiday"))
            holidays[c->nholidays++] = day_of(day);
        else if (str_eqz(kind, "workday"))
            workdays[c->nworkdays++] = day_of(day);
        else
            fail_msg("kind " STR_FMT, STR_ARG(kind));
    }
    assert_true(c->nholidays > 500 && c->nworkdays > 100);
    return true;
}

static void working_days_per_month_as_published(void **state)
{
    (void)state;
    struct calendar c;
    str text, line, month, works, off;
    int rows = 0;
    if (!china(&c) || !suite_read(mem, "suites/chinese/cn_working_days_per_month.csv", &text))
        skip();
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line) && str_cut(&line, ',', &month) && str_cut(&line, ',', &works) && str_cut(&line, ',', &off)) {
        int64_t first = day_of(str_cat(mem, month, S("-01"))), last = period_next(PERIOD_MONTH, first, (struct fiscal){ 1, false }) - 1;
        int64_t want = 0, rest = 0;
        assert_true(str_to_i64(works, &want) && str_to_i64(off, &rest));
        if (calendar_count(&c, first, last) != want)
            fail_msg(STR_FMT ": %lld, published %lld", STR_ARG(month), (long long)calendar_count(&c, first, last), (long long)want);
        assert_int_equal(last - first + 1 - want, rest);
        assert_int_equal(calendar_count(&c, last, first), -want);
        rows++;
    }
    assert_int_equal(rows, 108);
}

static void due_dates_as_published(void **state)
{
    (void)state;
    struct calendar c;
    str text, line, from, n, due;
    int rows = 0;
    if (!china(&c) || !suite_read(mem, "suites/chinese/cn_due_dates.csv", &text))
        skip();
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line) && str_cut(&line, ',', &from) && str_cut(&line, ',', &n) && str_cut(&line, ',', &due)) {
        int64_t days, got;
        assert_true(str_to_i64(n, &days));
        got = calendar_add(&c, day_of(from), days);
        if (got != day_of(due))
            fail_msg(STR_FMT " + " STR_FMT ": " STR_FMT ", published " STR_FMT, STR_ARG(from), STR_ARG(n), STR_ARG(day_text(mem, got)), STR_ARG(due));
        rows++;
    }
    assert_int_equal(rows, 114);
}

static uint64_t seed = 20260131;
static uint64_t rnd(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t any_days(int64_t *days, size_t max, unsigned step)
{
    size_t n = rnd() % (max + 1);
    int64_t day = 20000;
    for (size_t i = 0; i < n; i++)
        days[i] = day += (int64_t)(rnd() % step);           /* a step of 0: the same day twice is no harm */
    return n;
}

static void any_calendar_counts_as_fingers_do(void **state)
{
    (void)state;
    static int64_t holidays[200], workdays[200];
    for (int i = 0; i < 2000; i++) {
        struct calendar c = { .weekend = (uint8_t)(i % 3 ? 0x60 : rnd() & 0xff), .holidays = holidays, .workdays = workdays };
        c.nholidays = any_days(holidays, 200, i % 2 ? 3 : 9);
        c.nworkdays = any_days(workdays, 200, 9);
        int64_t from = 19900 + (int64_t)(rnd() % 1200), works = 0;
        for (int64_t to = from; to < from + 300; to++) {
            bool w = !(c.weekend >> day_weekday(to) & 1), listed = false;
            for (size_t k = 0; k < c.nholidays; k++)
                w = w && holidays[k] != to;
            for (size_t k = 0; k < c.nworkdays; k++)
                listed = listed || workdays[k] == to;
            w = w || listed;
            assert_int_equal(calendar_works(&c, to), w);
            works += w;
            assert_int_equal(calendar_count(&c, from, to), works);
            assert_int_equal(calendar_count(&c, to, from), from == to ? works : -works);
            if (w && to > from)
                assert_int_equal(calendar_add(&c, from, works - calendar_works(&c, from)), to);
            if (w)
                assert_int_equal(calendar_add(&c, to + 1, -1), to);
        }
        if (calendar_works(&c, from))
            assert_int_equal(calendar_add(&c, from + 300, -works), from);
    }
}

static void edges_of_calendars(void **state)
{
    (void)state;
    struct calendar closed = { .weekend = 0x7f }, once = { .weekend = 0x7f, .workdays = (const int64_t[]){ 100 }, .nworkdays = 1 };
    assert_int_equal(calendar_add(&closed, 0, 1), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&closed, 0, 0), 0);
    assert_int_equal(calendar_add(&once, 0, 1), 100);
    assert_int_equal(calendar_add(&once, 200, -1), 100);
    assert_int_equal(calendar_add(&once, 100, 1), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&once, 0, 2), CALENDAR_NEVER);
    assert_int_equal(calendar_count(&closed, -1000, 1000), 0);
    assert_int_equal(calendar_add(&calendar_plain, 0, INT64_MAX), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&calendar_plain, 0, INT64_MIN), CALENDAR_NEVER);
    assert_int_equal(calendar_add(&calendar_plain, DAY("2026-01-30"), 1), DAY("2026-02-02"));
    assert_int_equal(calendar_add(&calendar_plain, DAY("2026-01-31"), -1), DAY("2026-01-30"));
    assert_int_equal(calendar_add(&calendar_plain, DAY("2026-01-30"), 5000000), DAY("2026-01-30") + 7000000);
}

static int set_up(void **state)    { (void)state; mem = arena_new(0); return 0; }
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(working_days_per_month_as_published),
        cmocka_unit_test(due_dates_as_published),
        cmocka_unit_test(any_calendar_counts_as_fingers_do),
        cmocka_unit_test(edges_of_calendars),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
