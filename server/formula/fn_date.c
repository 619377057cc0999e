/* fn_date: days, months, working days, times of day; see fn.h for how a row is written.  Spans between dates are in
 * fn_span.c, reading of dates in date_text.c.  A time of day is a fraction of a day, exact to 34 digits. */
#include "base/check.h"
#include "formula/fn.h"
#include "formula/fn_span.h"

#define EVAL(name) static struct value name(struct ev *ev, const struct value *a, int n)
#define UNUSED     ((void)ev, (void)a, (void)n)

/* Days and months that formulas add: far beyond any date, near enough for 64 bits. */
static bool small(int64_t x) { return x > -100000000 && x < 100000000; }

/* ---- the parts of a date --------------------------------------------------------------------------------------- */

EVAL(fn_year)  { UNUSED; return v_int(civil_of_day(a[0].u.i).year); }
EVAL(fn_month) { UNUSED; return v_int(civil_of_day(a[0].u.i).month); }
EVAL(fn_day)   { UNUSED; return v_int(civil_of_day(a[0].u.i).day); }
EVAL(fn_quarter) { UNUSED; return v_int((civil_of_day(a[0].u.i).month + 2) / 3); }

EVAL(fn_isoweeknum)
{
    UNUSED;
    int week;
    day_iso_week_year(a[0].u.i, &week);
    return v_int(week);
}

/* The day that weeks begin on, 0 Monday, for the types 1, 2 and 11 to 17; -1 for others. */
static int first_weekday(int64_t type)
{
    return type == 1 ? 6 : type == 2 ? 0 : type >= 11 && type <= 17 ? (int)type - 11 : -1;
}

EVAL(fn_weekday)
{
    (void)ev;
    int64_t type = n > 1 ? a[1].u.i : 1;
    int first = first_weekday(type), weekday = day_weekday(a[0].u.i);
    if (type == 3)
        return v_int(weekday);
    return first < 0 ? v_error(VE_NUM) : v_int((weekday - first + 7) % 7 + 1);
}

/* Week 1 has the first of January, except type 21: ISO 8601. */
EVAL(fn_weeknum)
{
    int64_t type = n > 1 ? a[1].u.i : 1, day = a[0].u.i;
    int first = first_weekday(type);
    if (type == 21)
        return fn_isoweeknum(ev, a, 1);
    if (first < 0)
        return v_error(VE_NUM);
    int64_t january = day_of_civil(civil_of_day(day).year, 1, 1);
    return v_int((day - january + (day_weekday(january) - first + 7) % 7) / 7 + 1);
}

/* ---- dates from other things ----------------------------------------------------------------------------------- */

EVAL(fn_date_of)
{
    UNUSED;
    int64_t y = a[0].u.i, m = a[1].u.i, d = a[2].u.i;
    if (y < 0 || y > 9999 || !small(m) || !small(d))
        return v_error(VE_NUM);
    return day_value(day_of_civil((int)(y < 1900 ? y + 1900 : y), (int)m, (int)d));
}

EVAL(fn_today)
{
    UNUSED;
    struct value now = v_time(ev->env->now);
    return to_day(ev, &now);
}
EVAL(fn_now) { UNUSED; return v_time(ev->env->now); }

EVAL(fn_datevalue)
{
    UNUSED;
    dec d;
    if (a[0].type == V_DATE || a[0].type == V_TIME)
        return to_day(ev, &a[0]);
    if (a[0].type != V_TEXT || !text_serial(a[0].u.s, &d) || (d.neg && !dec_is_zero(d)))
        return v_error(VE_VALUE);
    struct value serial = number_of_dec(d);
    return to_day(ev, &serial);
}

EVAL(fn_edate)
{
    UNUSED;
    return small(a[1].u.i) ? day_value(day_add_months(a[0].u.i, (int)a[1].u.i)) : v_error(VE_NUM);
}

EVAL(fn_eomonth)
{
    UNUSED;
    if (!small(a[1].u.i))
        return v_error(VE_NUM);
    struct civil c = civil_of_day(day_add_months(a[0].u.i, (int)a[1].u.i));
    return day_value(day_of_civil(c.year, c.month, month_length(c.year, c.month)));
}

static const struct fiscal calendar_year = { 1, false };

EVAL(fn_weekstart)    { UNUSED; return day_value(period_first(PERIOD_WEEK, a[0].u.i, calendar_year)); }
EVAL(fn_monthstart)   { UNUSED; return day_value(period_first(PERIOD_MONTH, a[0].u.i, calendar_year)); }
EVAL(fn_quarterstart) { UNUSED; return day_value(period_first(PERIOD_QUARTER, a[0].u.i, calendar_year)); }
EVAL(fn_yearstart)    { UNUSED; return day_value(period_first(PERIOD_YEAR, a[0].u.i, calendar_year)); }

/* ---- periods and fiscal years ---------------------------------------------------------------------------------- */

static struct fiscal fiscal_year(const struct ev *ev)
{
    return ev->env->fiscal.start_month ? ev->env->fiscal : calendar_year;
}

EVAL(fn_period)
{
    UNUSED;
    static const struct { const char *name; enum period period; bool fiscal; } units[] = {
        { "day", PERIOD_DAY, false }, { "week", PERIOD_WEEK, false }, { "month", PERIOD_MONTH, false },
        { "quarter", PERIOD_QUARTER, false }, { "half", PERIOD_HALF, false }, { "year", PERIOD_YEAR, false },
        { "fiscalquarter", PERIOD_QUARTER, true }, { "fiscalhalf", PERIOD_HALF, true }, { "fiscalyear", PERIOD_YEAR, true },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eq_nocase(a[1].u.s, str_of(units[i].name))) {
            struct fiscal f = units[i].fiscal ? fiscal_year(ev) : calendar_year;
            return ev_spend(ev, 1) ? v_text(period_label(ev->env->mem, units[i].period, a[0].u.i, f)) : v_error(VE_NUM);
        }
    return v_error(VE_VALUE);
}

/* Months since the fiscal year began, 0 to 11. */
static int fiscal_month(const struct ev *ev, int64_t day)
{
    return (civil_of_day(day).month - fiscal_year(ev).start_month + 12) % 12;
}

EVAL(fn_fiscalyear)
{
    UNUSED;
    struct fiscal f = fiscal_year(ev);
    struct civil  c = civil_of_day(a[0].u.i);
    return v_int(c.year - (c.month < f.start_month) + (f.start_month != 1 && !f.named_by_start));
}
EVAL(fn_fiscalquarter) { UNUSED; return v_int(fiscal_month(ev, a[0].u.i) / 3 + 1); }
EVAL(fn_fiscalmonth)   { UNUSED; return v_int(fiscal_month(ev, a[0].u.i) + 1); }

/* ---- working days ---------------------------------------------------------------------------------------------- */

/* Days of the list with the n in a put in their places, in memory of the desk. */
static const int64_t *with_days(struct ev *ev, const int64_t *days, size_t ndays, const struct value *a, int n)
{
    int64_t *all = NEWV(ev->env->mem, int64_t, ndays + (size_t)n);
    size_t   k = ndays;
    for (size_t i = 0; i < ndays; i++)
        all[i] = days[i];
    for (int i = 0; i < n; i++, k++) {
        size_t at = k;
        for (; at > 0 && all[at - 1] > a[i].u.i; at--)
            all[at] = all[at - 1];
        all[at] = a[i].u.i;
    }
    return all;
}

/* The calendar of the desk; the formula may name other weekend days (weekend >= 0) and more days off, which count
 * even where the calendar moved work to them.  False: out of steps. */
static bool calendar_of(struct ev *ev, int weekend, const struct value *off, int n, struct calendar *c)
{
    *c = ev->env->calendar ? *ev->env->calendar : calendar_plain;
    if (weekend >= 0)
        c->weekend = (uint8_t)weekend;
    if (n <= 0)
        return true;
    if (!ev_spend(ev, (c->nholidays + c->nworkdays) / 2 + (size_t)n * (size_t)n))
        return false;
    c->holidays = with_days(ev, c->holidays, c->nholidays, off, n);
    c->nholidays += (size_t)n;
    int64_t *work = NEWV(ev->env->mem, int64_t, c->nworkdays + 1);
    size_t   k = 0;
    for (size_t i = 0; i < c->nworkdays; i++) {
        bool named = false;
        for (int j = 0; j < n; j++)
            named = named || off[j].u.i == c->workdays[i];
        if (!named)
            work[k++] = c->workdays[i];
    }
    c->workdays = work;
    c->nworkdays = k;
    return true;
}

/* Weekend days of the .INTL functions as bits from Monday on: 1 Saturday and Sunday, 2 Sunday and Monday … 7; 11 Sunday only …
 * 17 Saturday only; or seven characters from Monday on, 1 for a day off.  -1: neither. */
static int weekend_of(const struct value *v)
{
    int64_t i;
    if (v->type == V_TEXT && v->u.s.n == 7) {
        int bits = 0;
        for (int d = 0; d < 7; d++) {
            if (v->u.s.p[d] != '0' && v->u.s.p[d] != '1')
                return -1;
            bits |= (v->u.s.p[d] == '1') << d;
        }
        return bits;
    }
    if (!v_is_number(v) || !dec_to_i64(dec_round(v_number(v), 0, DEC_DOWN), &i))
        return -1;
    if (i >= 1 && i <= 7)
        return 1 << (i + 4) % 7 | 1 << (i + 5) % 7;
    return i >= 11 && i <= 17 ? 1 << (i - 5) % 7 : -1;
}

static struct value workday(struct ev *ev, const struct value *a, int weekend, const struct value *off, int n)
{
    struct calendar c;
    if (!calendar_of(ev, weekend, off, n, &c))
        return v_error(VE_NUM);
    if (weekend == 0x7f)
        return v_error(VE_VALUE);
    int64_t day = calendar_add(&c, a[0].u.i, a[1].u.i);
    return day == CALENDAR_NEVER ? v_error(VE_NUM) : day_value(day);
}

static struct value networkdays(struct ev *ev, const struct value *a, int weekend, const struct value *off, int n)
{
    struct calendar c;
    return calendar_of(ev, weekend, off, n, &c) ? v_int(calendar_count(&c, a[0].u.i, a[1].u.i)) : v_error(VE_NUM);
}

/* A calendar of the workspace by its name; #N/A when there is none. */
static const struct calendar *calendar_named(const struct ev *ev, str name)
{
    for (size_t i = 0; i < ev->env->ncalendars; i++)
        if (str_eq(ev->env->calendars[i].name, name))
            return &ev->env->calendars[i].calendar;
    return NULL;
}

EVAL(fn_workday_cal)
{
    const struct calendar *c = calendar_named(ev, a[2].u.s);
    (void)n;
    if (!c)
        return v_error(VE_NA);
    int64_t day = calendar_add(c, a[0].u.i, a[1].u.i);
    return day == CALENDAR_NEVER ? v_error(VE_NUM) : day_value(day);
}

EVAL(fn_networkdays_cal)
{
    const struct calendar *c = calendar_named(ev, a[2].u.s);
    (void)n;
    return c ? v_int(calendar_count(c, a[0].u.i, a[1].u.i)) : v_error(VE_NA);
}

EVAL(fn_isworkday)
{
    const struct calendar *c = n > 1 ? calendar_named(ev, a[1].u.s) : ev->env->calendar ? ev->env->calendar : &calendar_plain;
    return c ? v_bool(calendar_works(c, a[0].u.i)) : v_error(VE_NA);
}

EVAL(fn_workday)     { return workday(ev, a, -1, a + 2, n - 2); }
EVAL(fn_networkdays) { return networkdays(ev, a, -1, a + 2, n - 2); }

static struct value international(struct ev *ev, const struct value *a, int n,
                                  struct value (*f)(struct ev *, const struct value *, int, const struct value *, int))
{
    if (n < 3 || a[2].type == V_NULL)
        return f(ev, a, -1, a + 3, n - 3);
    int weekend = weekend_of(&a[2]);
    if (weekend < 0)
        return v_error(a[2].type == V_TEXT ? VE_VALUE : VE_NUM);
    return f(ev, a, weekend, a + 3, n - 3);
}
EVAL(fn_workday_intl)     { return international(ev, a, n, workday); }
EVAL(fn_networkdays_intl) { return international(ev, a, n, networkdays); }

/* ---- times of day ---------------------------------------------------------------------------------------------- */

/* Milliseconds of the day, to the nearest: fractions that a spreadsheet cut to ten digits are whole seconds again. */
static bool ms_of_day(const struct value *serial, int64_t *ms)
{
    dec d = v_number(serial);
    if (d.neg && !dec_is_zero(d))
        return false;
    d = dec_sub(d, dec_round(d, 0, DEC_FLOOR));
    if (!dec_to_i64(dec_round(dec_mul(d, dec_of_i64(86400000)), 0, DEC_HALF_UP), ms))
        return false;
    *ms %= 86400000;
    return true;
}

static struct value part_of_day(const struct value *serial, int64_t unit, int64_t modulo)
{
    int64_t ms;
    return ms_of_day(serial, &ms) ? v_int(ms / unit % modulo) : v_error(VE_NUM);
}
EVAL(fn_hour)   { UNUSED; return part_of_day(&a[0], 3600000, 24); }
EVAL(fn_minute) { UNUSED; return part_of_day(&a[0], 60000, 60); }
EVAL(fn_second) { UNUSED; return part_of_day(&a[0], 1000, 60); }

EVAL(fn_time)
{
    UNUSED;
    dec d;
    for (int i = 0; i < 3; i++)
        if (!small(a[i].u.i))
            return v_error(VE_NUM);
    int64_t s = (a[0].u.i * 60 + a[1].u.i) * 60 + a[2].u.i;
    if (s < 0)
        return v_error(VE_NUM);
    CHECK(dec_div(dec_of_i64(s % 86400), dec_of_i64(86400), &d));
    return number_of_dec(d);
}

EVAL(fn_timevalue)
{
    UNUSED;
    dec d;
    if (a[0].type == V_TIME)
        d = serial_of_time(ev, a[0].u.i);
    else if (a[0].type != V_TEXT || !text_serial(a[0].u.s, &d))
        return v_error(VE_VALUE);
    return number_of_dec(dec_sub(d, dec_round(d, 0, DEC_FLOOR)));
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

#define PG_DATE "(DATE '1970-01-01' + ($1)::int)"
#define PG_PART(part) "(EXTRACT(" part " FROM " PG_DATE "))::bigint"
#define PG_FIRST(unit) "(date_trunc('" unit "', " PG_DATE "::timestamp)::date - DATE '1970-01-01')"

static const struct expr_fn rows[] = {
    { "TODAY", "", 'd', fn_today, "", "The day it is.", "今天的日期。", .flags = FN_NOW },
    { "NOW", "", 'T', fn_now, "", "The date and time it is.", "当前日期和时间。", .flags = FN_NOW },
    { "DATE", "iii", 'd', fn_date_of, "year, month, day", "A date from its parts; months and days may run over.",
      "由年、月、日组成日期，月和日可以超出范围。" },
    { "DATEVALUE", "v", 'd', fn_datevalue, "text", "The date that the text spells, or the day of an instant.",
      "将文本转为日期，或取日期时间的日期部分。", .flags = FN_ZONE },
    { "YEAR", "d", 'i', fn_year, "date", "The year.", "年份。", .pg = PG_PART("YEAR"), .flags = FN_ZONE },
    { "QUARTER", "d", 'i', fn_quarter, "date", "The quarter of the calendar year, 1 to 4.", "日历年的季度（1 到 4）。",
      .pg = PG_PART("QUARTER"), .flags = FN_ZONE },
    { "MONTH", "d", 'i', fn_month, "date", "The month, 1 to 12.", "月份（1 到 12）。", .pg = PG_PART("MONTH"), .flags = FN_ZONE },
    { "DAY", "d", 'i', fn_day, "date", "The day of the month, 1 to 31.", "日期在当月的第几天（1 到 31）。",
      .pg = PG_PART("DAY"), .flags = FN_ZONE },
    { "WEEKDAY", "di?", 'i', fn_weekday, "date, [type]", "The day of the week; 1 is Sunday, with type 2 Monday.",
      "星期几：默认 1 为星期日，类型为 2 时 1 为星期一。", .flags = FN_ZONE },
    { "WEEKNUM", "di?", 'i', fn_weeknum, "date, [type]", "The week of the year, the first being that of 1 January; type 21 is ISO 8601.",
      "一年中的第几周，1 月 1 日所在周为第 1 周；类型 21 为 ISO 8601。", .flags = FN_ZONE },
    { "ISOWEEKNUM", "d", 'i', fn_isoweeknum, "date", "The week of the year by ISO 8601.", "按 ISO 8601 计算的周数。",
      .pg = PG_PART("WEEK"), .flags = FN_ZONE },
    { "WEEKSTART", "d", 'd', fn_weekstart, "date", "The Monday of its week.", "所在周的星期一。", .pg = PG_FIRST("week"), .flags = FN_ZONE },
    { "MONTHSTART", "d", 'd', fn_monthstart, "date", "The first day of its month.", "所在月的第一天。",
      .pg = PG_FIRST("month"), .flags = FN_ZONE },
    { "QUARTERSTART", "d", 'd', fn_quarterstart, "date", "The first day of its quarter.", "所在季度的第一天。",
      .pg = PG_FIRST("quarter"), .flags = FN_ZONE },
    { "YEARSTART", "d", 'd', fn_yearstart, "date", "The first day of its year.", "所在年的第一天。",
      .pg = PG_FIRST("year"), .flags = FN_ZONE },
    { "PERIOD", "dt", 't', fn_period, "date, unit",
      "The name of its \"day\", \"week\", \"month\", \"quarter\", \"half\", \"year\", \"fiscalquarter\", \"fiscalhalf\" or \"fiscalyear\", as 2026-Q1.",
      "所在期间的名称，如 2026-Q1；单位可为 day、week、month、quarter、half、year、fiscalquarter、fiscalhalf、fiscalyear。", .flags = FN_ENV | FN_ZONE },
    { "FISCALYEAR", "d", 'i', fn_fiscalyear, "date", "The fiscal year.", "财年。", .flags = FN_ENV | FN_ZONE },
    { "FISCALQUARTER", "d", 'i', fn_fiscalquarter, "date", "The quarter of the fiscal year, 1 to 4.", "财年的季度（1 到 4）。",
      .flags = FN_ENV | FN_ZONE },
    { "FISCALMONTH", "d", 'i', fn_fiscalmonth, "date", "The month of the fiscal year, 1 to 12.", "财年的月份（1 到 12）。",
      .flags = FN_ENV | FN_ZONE },
    { "EDATE", "dI", 'd', fn_edate, "date, months", "The date so many months later; the end of a shorter month is kept to.",
      "若干个月之后的日期，遇较短月份取月末。", .flags = FN_ZONE },
    { "EOMONTH", "dI", 'd', fn_eomonth, "date, months", "The last day of the month so many months later.", "若干个月之后的月末。",
      .flags = FN_ZONE },
    { "WORKDAY", "did?+", 'd', fn_workday, "date, days, [holiday1], …", "The date so many working days later, by the calendar of the workspace.",
      "若干个工作日之后的日期，按企业日历（含调休）。", .flags = FN_CALENDAR | FN_ZONE },
    { "NETWORKDAYS", "ddd?+", 'i', fn_networkdays, "from, to, [holiday1], …", "Working days of a span, both ends counted.",
      "两个日期之间的工作日天数，含首尾，按企业日历（含调休）。", .flags = FN_CALENDAR | FN_ZONE },
    { "WORKDAY.CAL", "dit", 'd', fn_workday_cal, "date, days, calendar", "WORKDAY by a calendar of the workspace, such as \"CN\".",
      "按指定日历（如 \"CN\"）计算的 WORKDAY。", .flags = FN_CALENDAR | FN_ZONE },
    { "NETWORKDAYS.CAL", "ddt", 'i', fn_networkdays_cal, "from, to, calendar", "NETWORKDAYS by a calendar of the workspace, such as \"CN\".",
      "按指定日历（如 \"CN\"）计算的 NETWORKDAYS。", .flags = FN_CALENDAR | FN_ZONE },
    { "ISWORKDAY", "dt?", 'b', fn_isworkday, "date, [calendar]", "Whether people work on that day, by the default or the named calendar.",
      "该日期是否为工作日，按默认日历或指定的日历。", .flags = FN_CALENDAR | FN_ZONE },
    { "WORKDAY.INTL", "div?d?+", 'd', fn_workday_intl, "date, days, [weekend], [holiday1], …", "WORKDAY with other weekend days.",
      "可指定周末的 WORKDAY。", .flags = FN_CALENDAR | FN_ZONE },
    { "NETWORKDAYS.INTL", "ddv?d?+", 'i', fn_networkdays_intl, "from, to, [weekend], [holiday1], …", "NETWORKDAYS with other weekend days.",
      "可指定周末的 NETWORKDAYS。", .flags = FN_CALENDAR | FN_ZONE },
    { "DAYS", "dd", 'i', fn_days, "end, start", "Days from one date to another.", "两个日期之间的天数。", .pg = "($1 - $2)", .flags = FN_ZONE },
    { "DAYS360", "ddb?", 'i', fn_days360, "start, end, [european]", "Days in a year of twelve months of 30 days.",
      "按每月 30 天、每年 360 天计算的天数。", .flags = FN_ZONE },
    { "DATEDIF", "ddt", 'i', fn_datedif, "start, end, unit", "Whole \"Y\", \"M\" or \"D\" between dates; \"YM\", \"MD\", \"YD\" are what is left over.",
      "两个日期相差的整年 \"Y\"、整月 \"M\"、天数 \"D\"；\"YM\"、\"MD\"、\"YD\" 为余数。", .flags = FN_ZONE },
    { "YEARFRAC", "ddi?", 'n', fn_yearfrac, "start, end, [basis]", "Years between dates: 0 30/360, 1 actual, 2 actual/360, 3 actual/365, 4 European.",
      "两个日期相差的年数，基准：0 为 30/360，1 为实际天数，2 为实际/360，3 为实际/365，4 为欧洲 30/360。", .flags = FN_ZONE },
    { "TIME", "iii", 'n', fn_time, "hour, minute, second", "A time of day as a part of a day.", "一天中的时间，以天的小数表示。" },
    { "TIMEVALUE", "v", 'n', fn_timevalue, "text", "The time of day that the text spells.", "将文本转为一天中的时间。", .flags = FN_ZONE },
    { "HOUR", "s", 'i', fn_hour, "time", "The hour, 0 to 23.", "小时（0 到 23）。", .flags = FN_ZONE },
    { "MINUTE", "s", 'i', fn_minute, "time", "The minute, 0 to 59.", "分钟（0 到 59）。", .flags = FN_ZONE },
    { "SECOND", "s", 'i', fn_second, "time", "The second, 0 to 59.", "秒（0 到 59）。", .flags = FN_ZONE },
};

const struct fn_family fn_date = { "date", rows, sizeof rows / sizeof *rows };
