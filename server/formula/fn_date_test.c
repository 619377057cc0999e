/* Dates in formulas beyond the public suite: what people write as a date, periods, working days of a calendar, zones, and
 * laws that hold between the functions for any dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "formula/expr.h"

#include <stdio.h>

static struct arena *mem;
static struct env    env;

static str eval(str formula)
{
    const struct expr *x;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(formula, NULL, mem, &x, &e))
        fail_msg(STR_FMT ": " STR_FMT, STR_ARG(formula), STR_ARG(e.message));
    struct value v = expr_eval(x, &env);
    return expr_value_text(mem, &v, EXPR_ISO, env.zone);
}

static void gives(const char *formula, const char *want)
{
    str got = eval(str_of(formula));
    if (!str_eqz(got, want))
        fail_msg("%s gives " STR_FMT ", not %s", formula, STR_ARG(got), want);
}

static void check_all(const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        gives(rows[i][0], rows[i][1]);
}
#define CHECK_ALL(rows) check_all(rows, sizeof rows / sizeof *rows)

static void dates_are_read_as_written(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "DATEVALUE(\"2026-01-31\")", "2026-01-31" }, { "DATEVALUE(\"2026/1/31\")", "2026-01-31" },
        { "DATEVALUE(\"2026.1.31\")", "2026-01-31" }, { "DATEVALUE(\"2026年1月31日\")", "2026-01-31" },
        { "DATEVALUE(\"2026年01月31号\")", "2026-01-31" }, { "DATEVALUE(\"1/31/2026\")", "2026-01-31" },
        { "DATEVALUE(\"31-Jan-2026\")", "2026-01-31" }, { "DATEVALUE(\"31 january 26\")", "2026-01-31" },
        { "DATEVALUE(\"31Jan1930\")", "1930-01-31" }, { "DATEVALUE(\"1-sept-99\")", "1999-09-01" },
        { "DATEVALUE(\"Jan 31, 2026\")", "2026-01-31" }, { "DATEVALUE(\"May 3 2026\")", "2026-05-03" },
        { "DATEVALUE(\" 2026-01-31 08:00 \")", "2026-01-31" }, { "DATEVALUE(\"2026-01-31T23:59:59.999\")", "2026-01-31" },
        { "DATEVALUE(\"1/2/03\")", "#VALUE!" }, { "DATEVALUE(\"31/1/2026\")", "#VALUE!" }, { "DATEVALUE(\"2026-1/31\")", "#VALUE!" },
        { "DATEVALUE(\"2026-02-29\")", "#VALUE!" }, { "DATEVALUE(\"2026-01-31x\")", "#VALUE!" }, { "DATEVALUE(\"2026-01-31 25:00\")", "#VALUE!" },
        { "DATEVALUE(\"31-Janu-2026\")", "#VALUE!" }, { "DATEVALUE(\"Ma 3 2026\")", "#VALUE!" }, { "DATEVALUE(\"2026年13月1日\")", "#VALUE!" },
        { "DATEVALUE(\"1.31.2026\")", "#VALUE!" }, { "DATEVALUE(\"\")", "#VALUE!" }, { "DATEVALUE(1)", "#VALUE!" },
        { "DATEVALUE(DATE(2026,1,31))", "2026-01-31" },
        { "TIMEVALUE(\"6 pm\")", "0.75" }, { "TIMEVALUE(\"12:00 AM\")", "0" }, { "TIMEVALUE(\"36:00\")", "0.5" },
        { "TIMEVALUE(\"2026-01-31 06:00\")", "0.25" }, { "TIMEVALUE(\"0 am\")", "#VALUE!" }, { "TIMEVALUE(\"8\")", "#VALUE!" },
        { "TIMEVALUE(\"8:60\")", "#VALUE!" }, { "TIMEVALUE(\"8:00:00.\")", "#VALUE!" },
        { "HOUR(\"8:30:59.5 pm\")", "20" }, { "SECOND(\"8:30:59.9\")", "59" }, { "HOUR(TIME(23,59,59))", "23" },
        { "SECOND(TIME(23,59,59))", "59" }, { "MINUTE(TIME(1,120,0))", "0" }, { "HOUR(TIME(25,0,0))", "1" },
    };
    CHECK_ALL(rows);
}

static void periods_have_starts_and_names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "QUARTER(\"2026-03-31\")", "1" }, { "QUARTER(\"2026-04-01\")", "2" }, { "WEEKSTART(\"2026-02-01\")", "2026-01-26" },
        { "MONTHSTART(\"2026-02-28\")", "2026-02-01" }, { "QUARTERSTART(\"2026-12-31\")", "2026-10-01" }, { "YEARSTART(\"2026-12-31\")", "2026-01-01" },
        { "PERIOD(\"2026-01-31\",\"day\")", "2026-01-31" }, { "PERIOD(\"2027-01-01\",\"week\")", "2026-W53" },
        { "PERIOD(\"2026-01-31\",\"MONTH\")", "2026-01" }, { "PERIOD(\"2026-01-31\",\"quarter\")", "2026-Q1" },
        { "PERIOD(\"2026-07-31\",\"half\")", "2026-H2" }, { "PERIOD(\"2026-01-31\",\"year\")", "2026" },
        { "PERIOD(\"2026-01-31\",\"decade\")", "#VALUE!" }, { "FISCALYEAR(\"2026-04-01\")", "2026" },
        { "PERIOD(\"2026-04-01\",\"fiscalquarter\")", "2026-Q2" },
    };
    static const char *const april[][2] = {
        { "FISCALYEAR(\"2026-03-31\")", "2026" }, { "FISCALYEAR(\"2026-04-01\")", "2027" }, { "FISCALQUARTER(\"2026-03-31\")", "4" },
        { "FISCALMONTH(\"2026-03-31\")", "12" }, { "FISCALMONTH(\"2026-04-01\")", "1" }, { "PERIOD(\"2026-04-01\",\"fiscalquarter\")", "FY2027-Q1" },
        { "PERIOD(\"2026-04-01\",\"quarter\")", "2026-Q2" }, { "QUARTER(\"2026-04-01\")", "2" },
    };
    CHECK_ALL(rows);
    env.fiscal = (struct fiscal){ 4, false };
    CHECK_ALL(april);
    env.fiscal.named_by_start = true;
    gives("FISCALYEAR(\"2026-04-01\")", "2026");
    gives("PERIOD(\"2026-03-31\",\"fiscalyear\")", "FY2025");
}

static void working_days_follow_the_calendar(void **state)
{
    (void)state;
    /* Spring Festival 2026: off 15 to 23 February, work moved to Saturdays 14 and 28 February */
    static int64_t off[9], work[2];
    struct calendar spring = { .weekend = 0x60, .holidays = off, .nholidays = 9, .workdays = work, .nworkdays = 2 };
    for (int i = 0; i < 9; i++)
        off[i] = day_of_civil(2026, 2, 15 + i);
    work[0] = day_of_civil(2026, 2, 14);
    work[1] = day_of_civil(2026, 2, 28);
    static const char *const plain[][2] = {
        { "NETWORKDAYS(\"2026-02-01\",\"2026-02-28\")", "20" }, { "WORKDAY(\"2026-02-13\",1)", "2026-02-16" },
        { "NETWORKDAYS(\"2026-02-28\",\"2026-02-01\")", "-20" }, { "NETWORKDAYS(\"2026-02-02\",\"2026-02-06\",\"2026-02-03\",\"2026-02-07\")", "4" },
        { "WORKDAY(\"2026-02-02\",1,\"2026-02-03\",\"2026-02-04\")", "2026-02-05" }, { "WORKDAY.INTL(\"2026-02-06\",1,11)", "2026-02-07" },
        { "WORKDAY.INTL(\"2026-02-06\",1,\"0000011\")", "2026-02-09" }, { "NETWORKDAYS.INTL(\"2026-02-01\",\"2026-02-28\",17)", "24" },
        { "NETWORKDAYS.INTL(\"2026-02-01\",\"2026-02-28\",,\"2026-02-02\")", "19" }, { "NETWORKDAYS.INTL(\"2026-02-01\",\"2026-02-28\",8)", "#NUM!" },
        { "NETWORKDAYS.INTL(\"2026-02-01\",\"2026-02-28\",\"0000012\")", "#VALUE!" }, { "WORKDAY.INTL(\"2026-02-06\",1,\"1111111\")", "#VALUE!" },
        { "NETWORKDAYS.INTL(\"2026-02-01\",\"2026-02-28\",\"1111111\")", "0" }, { "WORKDAY(\"2026-02-06\",100000000)", "#NUM!" },
        { "WORKDAY(\"2026-02-06\",5000000)", "#NUM!" },
    };
    static const char *const china[][2] = {
        { "NETWORKDAYS(\"2026-02-01\",\"2026-02-28\")", "16" }, { "WORKDAY(\"2026-02-13\",1)", "2026-02-14" },
        { "WORKDAY(\"2026-02-14\",1)", "2026-02-24" }, { "WORKDAY(\"2026-02-24\",-1)", "2026-02-14" },
        { "WORKDAY(\"2026-02-13\",1,\"2026-02-14\")", "2026-02-24" }, { "NETWORKDAYS(\"2026-02-01\",\"2026-02-28\",\"2026-02-14\")", "15" },
    };
    CHECK_ALL(plain);
    env.calendar = &spring;
    CHECK_ALL(china);
}

static void spans_by_the_book(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "DAYS360(\"2008-02-29\",\"2008-03-31\")", "30" }, { "DAYS360(\"2007-02-28\",\"2008-02-29\")", "359" },
        { "DAYS360(\"2007-01-30\",\"2007-02-28\")", "28" }, { "DAYS360(\"2007-01-29\",\"2007-03-31\")", "62" },
        { "DAYS360(\"2007-01-29\",\"2007-03-31\",TRUE)", "61" }, { "YEARFRAC(\"2007-02-28\",\"2008-02-29\")", "1" },
        { "DATEDIF(\"2024-01-31\",\"2024-03-01\",\"MD\")", "1" }, { "DATEDIF(\"2024-01-31\",\"2024-02-29\",\"M\")", "0" },
        { "DATEDIF(\"2024-02-29\",\"2025-02-28\",\"Y\")", "0" }, { "DATEDIF(\"2024-02-29\",\"2025-03-01\",\"y\")", "1" },
        { "DATEDIF(\"2024-02-01\",\"2024-01-31\",\"D\")", "#NUM!" }, { "DATEDIF(\"2024-01-01\",\"2024-01-31\",\"X\")", "#NUM!" },
        { "YEARFRAC(\"2024-01-01\",\"2024-01-31\",5)", "#NUM!" }, { "EDATE(\"2024-01-31\",1)", "2024-02-29" },
        { "EDATE(\"2024-01-31\",TRUE)", "#VALUE!" }, { "EDATE(\"9999-12-31\",1)", "#NUM!" }, { "EOMONTH(\"2024-01-31\",-11)", "2023-02-28" },
        { "DATE(10000,1,1)", "#NUM!" }, { "DATE(2024,1,1000000000000)", "#NUM!" }, { "DATE(-1,1,1)", "#NUM!" }, { "DATE(9999,13,1)", "#NUM!" },
        { "WEEKDAY(\"2026-01-31\",11)", "6" }, { "WEEKDAY(\"2026-01-31\",16)", "1" }, { "WEEKDAY(\"2026-01-31\",18)", "#NUM!" },
    };
    CHECK_ALL(rows);
}

static void the_zone_decides_the_day(void **state)
{
    (void)state;
    int64_t us;
    assert_true(instant_parse(S("2026-01-31T16:30:00.250Z"), &us));
    env.now = us;
    gives("TODAY()", "2026-01-31");
    gives("NOW()", "2026-01-31T16:30:00.250Z");
    gives("HOUR(NOW())", "16");
    env.zone = zone_find(S("Asia/Shanghai"));
    gives("TODAY()", "2026-02-01");
    gives("MONTH(NOW())", "2");
    gives("DATEVALUE(NOW())", "2026-02-01");
    gives("HOUR(NOW())&\":\"&MINUTE(NOW())&\":\"&SECOND(NOW())", "0:30:0");
    gives("DAYS(TODAY(),\"2026-01-01\")", "31");
    gives("TODAY()-DATE(2026,1,31)", "1");
}

static uint64_t seed = 20260131;
static int64_t any_day(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return day_of_civil(1950, 1, 1) + (int64_t)((z ^ z >> 31) % 40000);
}

/* Each formula is true for any two dates a <= b. */
static void laws_hold_for_any_dates(void **state)
{
    (void)state;
    static const char *const laws[] = {
        "EDATE(%1$s, DATEDIF(%1$s,%2$s,\"M\")) + DATEDIF(%1$s,%2$s,\"MD\") = %2$s",
        "EDATE(%1$s, 12*DATEDIF(%1$s,%2$s,\"Y\")) + DATEDIF(%1$s,%2$s,\"YD\") = %2$s",
        "DATEDIF(%1$s,%2$s,\"M\") = 12*DATEDIF(%1$s,%2$s,\"Y\") + DATEDIF(%1$s,%2$s,\"YM\")",
        "DATEDIF(%1$s,%2$s,\"D\") = DAYS(%2$s,%1$s)",
        "DATE(YEAR(%1$s),MONTH(%1$s),DAY(%1$s)) = %1$s",
        "EOMONTH(%1$s,-1)+1 = MONTHSTART(%1$s)",
        "WEEKSTART(%1$s) + WEEKDAY(%1$s,2) - 1 = %1$s",
        "ISOWEEKNUM(%1$s) = WEEKNUM(%1$s,21)",
        "YEARFRAC(%1$s,%2$s,3)*365 - DAYS(%2$s,%1$s) < 0.0000000001",
        "YEARFRAC(%1$s,%2$s,1) = YEARFRAC(%2$s,%1$s,1)",
        "ABS(YEARFRAC(%1$s,%2$s,1) - YEARFRAC(%1$s,%2$s,0)) < 0.02",
        "WORKDAY(%1$s, NETWORKDAYS(%1$s+1,%2$s)) <= %2$s",
        "NETWORKDAYS(%1$s,%2$s) = NETWORKDAYS.INTL(%1$s,%2$s,\"0000011\")",
        "DATEVALUE(PERIOD(%1$s,\"day\")) = %1$s",
        "DATEVALUE(TEXT(%1$s,\"d mmm yyyy\")) = %1$s",
    };
    for (int i = 0; i < 1500; i++) {
        arena_mark m = arena_here(mem);
        int64_t a = any_day(), b = any_day(), t = a;
        a = a < b ? a : b;
        b = t < b ? b : t;
        char x[40], y[40];
        snprintf(x, sizeof x, "DATEVALUE(\"" STR_FMT "\")", STR_ARG(day_text(mem, a)));
        snprintf(y, sizeof y, "DATEVALUE(\"" STR_FMT "\")", STR_ARG(day_text(mem, b)));
        for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
            char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, laws[k], x, y);
#pragma GCC diagnostic pop
            gives(text, "true");
        }
        arena_back(mem, m);
    }
}

static int set_up(void **state)
{
    (void)state;
    mem = arena_new(0);
    env = (struct env){ .mem = mem };
    return 0;
}
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dates_are_read_as_written), TEST(periods_have_starts_and_names), TEST(working_days_follow_the_calendar),
        TEST(spans_by_the_book), TEST(the_zone_decides_the_day), TEST(laws_hold_for_any_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
