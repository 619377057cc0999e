/* period: days, weeks, months, quarters, halves and years, of the calendar or of a fiscal year (date.h). */
#include "base/check.h"
#include "base/date.h"

#include <string.h>

static int months_of(enum period p)
{
    return p == PERIOD_MONTH ? 1 : p == PERIOD_QUARTER ? 3 : p == PERIOD_HALF ? 6 : 12;
}

/* Months since the fiscal year of the day began, 0..11; *c is its date. */
static int month_in_year(int64_t day, struct fiscal f, struct civil *c)
{
    CHECK(f.start_month >= 1 && f.start_month <= 12);
    *c = civil_of_day(day);
    return (c->month - f.start_month + 12) % 12;
}

int64_t period_first(enum period p, int64_t day, struct fiscal f)
{
    if (p == PERIOD_DAY)
        return day;
    if (p == PERIOD_WEEK)
        return day - day_weekday(day);
    struct civil c;
    int back = month_in_year(day, f, &c) % months_of(p);
    return day_of_civil(c.year, c.month - back, 1);
}

int64_t period_next(enum period p, int64_t first, struct fiscal f)
{
    if (p == PERIOD_DAY)
        return first + 1;
    first = period_first(p, first, f);
    return p == PERIOD_WEEK ? first + 7 : day_add_months(first, months_of(p));
}

static void put_number(char **p, int64_t x, int width)
{
    for (int64_t limit = 10000; x >= limit && width >= 4; limit *= 10)
        width++;
    *p += width;
    for (char *q = *p; width-- > 0; x /= 10)
        *--q = (char)('0' + x % 10);
}

static void put_text(char **p, const char *z)
{
    size_t n = strlen(z);
    memcpy(*p, z, n);
    *p += n;
}

str period_label(struct arena *a, enum period p, int64_t day, struct fiscal f)
{
    if (p == PERIOD_DAY)
        return day_text(a, day);
    if (p == PERIOD_MONTH)
        return str_sub(day_text(a, day), 0, day_text(a, day).n - 3);
    char out[48], *q = out;
    if (p == PERIOD_WEEK) {
        int week;
        put_number(&q, day_iso_week_year(day, &week), 4);
        put_text(&q, "-W");
        put_number(&q, week, 2);
        return str_dup(a, (str){ out, (size_t)(q - out) });
    }
    struct civil c;
    int month = month_in_year(day, f, &c);
    int year = c.year - (c.month < f.start_month);          /* the year it starts in */
    if (f.start_month != 1) {
        year += !f.named_by_start;
        put_text(&q, "FY");
    }
    put_number(&q, year, 4);
    if (p != PERIOD_YEAR) {
        put_text(&q, p == PERIOD_QUARTER ? "-Q" : "-H");
        put_number(&q, month / months_of(p) + 1, 1);
    }
    return str_dup(a, (str){ out, (size_t)(q - out) });
}
