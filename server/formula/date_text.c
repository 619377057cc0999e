/* date_text: dates and times as people write them (text_serial of fn.h).
 *
 *     2026-01-31  2026/1/31  2026.1.31  2026年1月31日      year first, four digits
 *     1/31/2026   1-31-2026                                month first, as in American spreadsheets; the year has four digits
 *     31-Jan-2026  31 January 26  Jan 31, 2026             months by English name; two digits of a year are 1930 to 2029
 *     8:00  8:00:59.5  8 am  8:00:59 PM                    a time of day, or hours up to 9999
 * and a date followed by a space or a T and a time.  What is ambiguous (1/2/03) or has anything left over is no date. */
#include "base/check.h"
#include "formula/fn.h"

#include <string.h>

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

static bool take(str *s, str what)
{
    if (!str_starts(*s, what))
        return false;
    *s = str_sub(*s, what.n, s->n);
    return true;
}

static bool take_char(str *s, char c) { return take(s, (str){ &c, 1 }); }

static void spaces(str *s)
{
    while (take_char(s, ' '))
        ;
}

/* Digits at the front: their value and how many, at most max. */
static int number(str *s, int max, int *out)
{
    int n = 0;
    *out = 0;
    while (n < max && (size_t)n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
        *out = *out * 10 + (s->p[n++] - '0');
    *s = str_sub(*s, (size_t)n, s->n);
    return n;
}

/* A word of ASCII letters: the month whose name it is or begins (at least three letters), or 0. */
static int month_name(str *s)
{
    static const char *const names[] = { "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december" };
    size_t n = 0;
    while (n < s->n && lower(s->p[n]) >= 'a' && lower(s->p[n]) <= 'z')
        n++;
    for (int m = 0; m < 12; m++) {
        size_t len = strlen(names[m]);
        bool same = (n == len || n == 3 || (m == 8 && n == 4)) && n <= len;
        for (size_t i = 0; same && i < n; i++)
            same = lower(s->p[i]) == names[m][i];
        if (same) {
            *s = str_sub(*s, n, s->n);
            return m + 1;
        }
    }
    return 0;
}

static bool year_of(int digits, int *year)
{
    if (digits == 2)
        *year += *year < 30 ? 2000 : 1900;
    return digits == 4 || digits == 2;
}

static bool valid(int y, int m, int d, int64_t *day)
{
    if (!day_valid(y, m, d))
        return false;
    *day = day_of_civil(y, m, d);
    return true;
}

/* 2026-1-31 and 1/31/2026; first and n are the number that was read already, and its digits. */
static bool day_of_numbers(str *s, int first, int n, int64_t *day)
{
    int b, c, nb, nc;
    if (s->n == 0 || !memchr("-/.", s->p[0], 3))
        return false;
    char sep = s->p[0];
    take_char(s, sep);
    nb = number(s, 2, &b);
    if (nb == 0 || !take_char(s, sep))
        return false;
    nc = number(s, 4, &c);
    if (n == 4)
        return nc >= 1 && nc <= 2 && valid(first, b, c, day);
    return n <= 2 && nc == 4 && sep != '.' && valid(c, first, b, day);
}

static bool chinese_day(str *s, int year, int64_t *day)
{
    int m, d;
    return number(s, 2, &m) && take(s, S("月")) && number(s, 2, &d) && (take(s, S("日")) || take(s, S("号"))) && valid(year, m, d, day);
}

/* 31-Jan-2026, 31 Jan 2026, 31Jan2026 */
static bool day_then_month(str *s, int d, int64_t *day)
{
    int y, m, n;
    char sep = s->n && memchr("-/ ", s->p[0], 3) ? s->p[0] : 0;
    if (sep)
        take_char(s, sep);
    m = month_name(s);
    if (!m || (sep && !take_char(s, sep)))
        return false;
    n = number(s, 4, &y);
    return year_of(n, &y) && valid(y, m, d, day);
}

/* Jan 31, 2026 */
static bool month_then_day(str *s, int64_t *day)
{
    int m = month_name(s), d, y, n;
    if (!m)
        return false;
    spaces(s);
    if (!number(s, 2, &d))
        return false;
    bool comma = take_char(s, ',');
    if (!comma && (s->n == 0 || s->p[0] != ' '))
        return false;
    spaces(s);
    n = number(s, 4, &y);
    return year_of(n, &y) && valid(y, m, d, day);
}

static bool front_day(str *s, int64_t *day)
{
    str rest = *s;
    int first, n = number(&rest, 4, &first);
    bool ok;
    if (n == 0)
        ok = month_then_day(&rest, day);
    else if (n == 4 && take(&rest, S("年")))
        ok = chinese_day(&rest, first, day);
    else {
        str again = rest;
        ok = day_of_numbers(&rest, first, n, day);
        if (!ok && n <= 2) {
            rest = again;
            ok = day_then_month(&rest, first, day);
        }
    }
    if (ok)
        *s = rest;
    return ok;
}

static bool front_fraction(str *s, int64_t *us)
{
    int digit;
    int64_t unit = US_PER_S;
    if (!take_char(s, '.'))
        return true;
    while (number(s, 1, &digit)) {
        unit /= 10;
        *us += digit * unit;            /* beyond microseconds nothing is added */
    }
    return unit < US_PER_S;
}

static bool half_of_day(str *s, int *half)      /* 0 none, 1 am, 2 pm */
{
    str rest = *s;
    spaces(&rest);
    *half = 0;
    if (rest.n < 2 || lower(rest.p[1]) != 'm' || (lower(rest.p[0]) != 'a' && lower(rest.p[0]) != 'p'))
        return false;
    *half = lower(rest.p[0]) == 'a' ? 1 : 2;
    *s = str_sub(rest, 2, rest.n);
    return true;
}

static bool front_time(str *s, int64_t *us)
{
    int h, m = 0, sec = 0, half;
    int64_t fraction = 0;
    if (!number(s, 4, &h))
        return false;
    bool minutes = take_char(s, ':');
    if (minutes) {
        int n = number(s, 2, &m);
        if (n == 0 || m > 59)
            return false;
        if (take_char(s, ':')) {
            n = number(s, 2, &sec);
            if (n == 0 || sec > 59 || !front_fraction(s, &fraction))
                return false;
        }
    }
    if (half_of_day(s, &half)) {
        if (h < 1 || h > 12)
            return false;
        h = h % 12 + (half == 2 ? 12 : 0);
    } else if (!minutes) {
        return false;
    }
    *us = ((int64_t)h * 3600 + m * 60 + sec) * US_PER_S + fraction;
    return true;
}

bool text_serial(str s, dec *serial)
{
    int64_t day = SERIAL_EPOCH, us = 0;
    dec     part = DEC_ZERO;
    s = str_trim(s);
    if (front_day(&s, &day)) {
        if (s.n) {
            if (!take_char(&s, ' ') && !take_char(&s, 'T'))
                return false;
            spaces(&s);
            if (!front_time(&s, &us) || us >= US_PER_DAY)
                return false;
        }
    } else if (!front_time(&s, &us)) {
        return false;
    }
    if (s.n)
        return false;
    day += us / US_PER_DAY;             /* as serial_of_time: one value for one time */
    us %= US_PER_DAY;
    if (us)
        CHECK(dec_div(dec_of_i64(us), dec_of_i64(US_PER_DAY), &part));
    *serial = dec_add(dec_of_i64(day - SERIAL_EPOCH), part);
    return true;
}
