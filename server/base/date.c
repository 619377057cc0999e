/* date: civil days and instants (date.h).  No zones and no clock here (zone.c), so that the browser build can have it.
 *
 * The count of days is that of Howard Hinnant's "chrono-compatible low-level date algorithms": years begin in
 * March, so that the leap day is the last one, and 400 years (an era) are always 146,097 days. */
#include "base/date.h"

#include <string.h>

enum { ERA_DAYS = 146097, ERA_SHIFT = 719468 };     /* 0000-03-01 to 1970-01-01 */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t day_of_civil(int year, int month, int day)
{
    int64_t months = (int64_t)month - 1;
    int64_t y = year + floor_div(months, 12);
    int64_t m = months - floor_div(months, 12) * 12;        /* 0 January */
    y -= m < 2;
    int64_t era = floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (m + (m < 2 ? 10 : -2)) + 2) / 5 + (int64_t)day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - ERA_SHIFT;
}

struct civil civil_of_day(int64_t day)
{
    day += ERA_SHIFT;
    int64_t era = floor_div(day, ERA_DAYS), of_era = day - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t m = (5 * of_year + 2) / 153;                    /* 0 March */
    int month = (int)(m < 10 ? m + 3 : m - 9);
    return (struct civil){ (int)(era * 400 + year + (month <= 2)), month, (int)(of_year - (153 * m + 2) / 5 + 1) };
}

static bool leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int month_length(int year, int month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (month == 2 && leap(year));
}

bool day_valid(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && day >= 1 && day <= month_length(year, month);
}

int day_weekday(int64_t day)
{
    int64_t w = (day + 3) % 7;                              /* 1970-01-01 was a Thursday */
    return (int)(w < 0 ? w + 7 : w);
}

int64_t day_add_months(int64_t day, int months)
{
    struct civil c = civil_of_day(day);
    int64_t count = (int64_t)c.year * 12 + c.month - 1 + months;
    int year = (int)floor_div(count, 12), month = (int)(count - (int64_t)year * 12) + 1;
    int last = month_length(year, month);
    return day_of_civil(year, month, c.day < last ? c.day : last);
}

int64_t day_iso_week_year(int64_t day, int *week)
{
    int64_t thursday = day - day_weekday(day) + 3;          /* it decides to which year a week belongs */
    int year = civil_of_day(thursday).year;
    *week = (int)((thursday - day_of_civil(year, 1, 1)) / 7) + 1;
    return year;
}

/* ---- text ----------------------------------------------------------------------------------------- */

/* Exactly n digits at the front of *s. */
static bool digits(str *s, size_t n, int *out)
{
    int x = 0;
    if (s->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        x = x * 10 + (s->p[i] - '0');
    }
    *out = x;
    s->p += n;
    s->n -= n;
    return true;
}

static bool mark(str *s, char c)
{
    if (s->n == 0 || (s->p[0] != c && (c < 'A' || s->p[0] != (c | 0x20))))      /* T or t, Z or z */
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool front_day(str *s, int64_t *day)
{
    int y, m, d;
    if (!digits(s, 4, &y) || !mark(s, '-') || !digits(s, 2, &m) || !mark(s, '-') || !digits(s, 2, &d) || !day_valid(y, m, d))
        return false;
    *day = day_of_civil(y, m, d);
    return true;
}

bool day_parse(str s, int64_t *day)
{
    return s.n == 10 && front_day(&s, day);
}

static bool front_fraction(str *s, int64_t *us)
{
    int64_t unit = US_PER_S;
    int digit;
    *us = 0;
    if (s->n == 0 || s->p[0] != '.')
        return true;
    s->p++;
    s->n--;
    while (digits(s, 1, &digit)) {
        unit /= 10;
        if (unit == 0)
            return false;
        *us += digit * unit;
    }
    return unit < US_PER_S;
}

static bool front_offset(str *s, int64_t *minutes)
{
    int h, m;
    *minutes = 0;
    if (mark(s, 'Z'))
        return true;
    if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
        return false;
    bool west = s->p[0] == '-';
    s->p++;
    s->n--;
    if (!digits(s, 2, &h) || !mark(s, ':') || !digits(s, 2, &m) || h > 23 || m > 59)
        return false;
    *minutes = west ? -(h * 60 + m) : h * 60 + m;
    return true;
}

bool instant_parse(str s, int64_t *us)
{
    int64_t day, fraction, offset;
    int h, m, sec;
    if (!front_day(&s, &day) || !mark(&s, 'T'))
        return false;
    if (!digits(&s, 2, &h) || !mark(&s, ':') || !digits(&s, 2, &m) || !mark(&s, ':') || !digits(&s, 2, &sec))
        return false;
    if (h > 23 || m > 59 || sec > 59)
        return false;
    if (!front_fraction(&s, &fraction) || !front_offset(&s, &offset) || s.n != 0)
        return false;
    int64_t t = day * US_PER_DAY + ((h * 60 + m - offset) * 60 + sec) * US_PER_S + fraction;
    if (t < day_of_civil(1, 1, 1) * US_PER_DAY || t >= day_of_civil(10000, 1, 1) * US_PER_DAY)
        return false;
    *us = t;
    return true;
}

static char *put(char *p, int64_t x, int width)
{
    for (int i = width - 1; i >= 0; i--, x /= 10)
        p[i] = (char)('0' + x % 10);
    return p + width;
}

/* Years outside 1..9999 are no dates, but they are shown rather than hidden: -0044-03-15, 12026-01-01. */
static char *put_day(char *p, int64_t day)
{
    struct civil c = civil_of_day(day);
    int64_t year = c.year;
    int width = 4;
    if (year < 0) {
        *p++ = '-';
        year = -year;
    }
    for (int64_t limit = 10000; year >= limit; limit *= 10)
        width++;
    p = put(p, year, width);
    *p++ = '-';
    p = put(p, c.month, 2);
    *p++ = '-';
    return put(p, c.day, 2);
}

str day_text(struct arena *a, int64_t day)
{
    char out[32];
    return str_dup(a, (str){ out, (size_t)(put_day(out, day) - out) });
}

str instant_text(struct arena *a, int64_t us)
{
    char out[48], *p;
    int64_t day = floor_div(us, US_PER_DAY), rest = us - day * US_PER_DAY;
    int64_t fraction = rest % US_PER_S, sec = rest / US_PER_S;
    p = put_day(out, day);
    *p++ = 'T';
    p = put(p, sec / 3600, 2);
    *p++ = ':';
    p = put(p, sec / 60 % 60, 2);
    *p++ = ':';
    p = put(p, sec % 60, 2);
    if (fraction) {
        *p++ = '.';
        p = fraction % 1000 ? put(p, fraction, 6) : put(p, fraction / 1000, 3);
    }
    *p++ = 'Z';
    return str_dup(a, (str){ out, (size_t)(p - out) });
}
