/* fn_span: see fn_span.h.  Day counts as in ISDA's conventions and OpenFormula 4.11.7; for actual/actual the spreadsheets'
 * own rule: the length of the year is 365 or 366 within a year, else the mean of the years touched. */
#include "base/check.h"
#include "formula/fn_span.h"

struct value fn_days(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_int(a[0].u.i - a[1].u.i);
}

static bool last_of_february(struct civil c) { return c.month == 2 && c.day == month_length(c.year, 2); }

/* Days between, all months having 30.  nasd: the American rule, else the European; february: from the end of one February to
 * that of another are whole years (YEARFRAC, but not DAYS360). */
static int64_t days_360(int64_t from, int64_t to, bool nasd, bool february)
{
    struct civil a = civil_of_day(from), b = civil_of_day(to);
    if (nasd) {
        if (last_of_february(a)) {
            if (february && last_of_february(b))
                b.day = 30;
            a.day = 30;
        }
        if (b.day == 31 && a.day >= 30)
            b.day = 30;
    } else if (b.day == 31) {
        b.day = 30;
    }
    if (a.day == 31)
        a.day = 30;
    return (int64_t)(b.year - a.year) * 360 + (b.month - a.month) * 30 + (b.day - a.day);
}

struct value fn_days360(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    return v_int(days_360(a[0].u.i, a[1].u.i, n < 3 || !a[2].u.b, false));
}

/* ---- DATEDIF --------------------------------------------------------------------------------------------------- */

/* Whole months from one day to a later one; the day of the month counts, or the end of a shorter month. */
static int whole_months(int64_t from, int64_t to)
{
    struct civil a = civil_of_day(from), b = civil_of_day(to);
    return (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day);
}

struct value fn_datedif(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    int64_t from = a[0].u.i, to = a[1].u.i;
    str     unit = a[2].u.s;
    if (from > to)
        return v_error(VE_NUM);
    int months = whole_months(from, to);
    if (str_eq_nocase(unit, S("D")))
        return v_int(to - from);
    if (str_eq_nocase(unit, S("M")))
        return v_int(months);
    if (str_eq_nocase(unit, S("Y")))
        return v_int(months / 12);
    if (str_eq_nocase(unit, S("YM")))
        return v_int(months % 12);
    if (str_eq_nocase(unit, S("MD")))
        return v_int(to - day_add_months(from, months));
    if (str_eq_nocase(unit, S("YD")))
        return v_int(to - day_add_months(from, months - months % 12));
    return v_error(VE_NUM);
}

/* ---- YEARFRAC -------------------------------------------------------------------------------------------------- */

static int year_length(int year) { return 337 + month_length(year, 2); }

/* days / length of the year, actual/actual */
static void actual(int64_t from, int64_t to, int64_t *days, dec *year)
{
    struct civil a = civil_of_day(from), b = civil_of_day(to);
    *days = to - from;
    if (to <= day_add_months(from, 12)) {
        int64_t leap = day_of_civil(year_length(b.year) == 366 ? b.year : a.year, 2, 29);
        bool has = a.year == b.year ? year_length(a.year) == 366
                                    : (year_length(a.year) == 366 || year_length(b.year) == 366) && leap >= from && leap <= to;
        *year = dec_of_i64(has ? 366 : 365);
        return;
    }
    int64_t all = day_of_civil(b.year + 1, 1, 1) - day_of_civil(a.year, 1, 1);
    CHECK(dec_div(dec_of_i64(all), dec_of_i64(b.year - a.year + 1), year));
}

struct value fn_yearfrac(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    int64_t from = a[0].u.i, to = a[1].u.i, basis = n > 2 ? a[2].u.i : 0, days = to - from;
    dec     year = dec_of_i64(360), d;
    if (from > to) {
        int64_t t = from;
        from = to;
        to = t;
        days = -days;
    }
    switch (basis) {
    case 0: days = days_360(from, to, true, true); break;
    case 1: actual(from, to, &days, &year); break;
    case 2: break;
    case 3: year = dec_of_i64(365); break;
    case 4: days = days_360(from, to, false, false); break;
    default: return v_error(VE_NUM);
    }
    CHECK(dec_div(dec_of_i64(days), year, &d));
    return number_of_dec(d);
}
