/* calendar: working days, with holidays and with working days that were moved to weekends (date.h).
 *
 * Counting is whole weeks plus a look at the exceptions in between, so a span of years costs no more than its holidays. */
#include "base/date.h"

enum { WEEK = 0x7f };

const struct calendar calendar_plain = { .weekend = 1 << 5 | 1 << 6 };

/* Index of the first entry >= day. */
static size_t lower(const int64_t *days, size_t n, int64_t day)
{
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (days[lo + half] < day) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return lo;
}

static bool listed(const int64_t *days, size_t n, int64_t day)
{
    size_t i = lower(days, n, day);
    return i < n && days[i] == day;
}

static bool weekend(const struct calendar *c, int64_t day) { return c->weekend >> day_weekday(day) & 1; }

bool calendar_works(const struct calendar *c, int64_t day)
{
    if (listed(c->workdays, c->nworkdays, day))
        return true;
    return !weekend(c, day) && !listed(c->holidays, c->nholidays, day);
}

/* Working days of from..to, from <= to. */
static int64_t count(const struct calendar *c, int64_t from, int64_t to)
{
    int64_t days = to - from + 1;
    int64_t n = days / 7 * (7 - __builtin_popcount(c->weekend & WEEK));
    for (int64_t d = to - days % 7 + 1; d <= to; d++)
        n += !weekend(c, d);
    for (size_t i = lower(c->holidays, c->nholidays, from); i < c->nholidays && c->holidays[i] <= to; i++) {
        int64_t d = c->holidays[i];
        if (i > 0 && c->holidays[i - 1] == d)
            continue;
        n -= !weekend(c, d) && !listed(c->workdays, c->nworkdays, d);
    }
    for (size_t i = lower(c->workdays, c->nworkdays, from); i < c->nworkdays && c->workdays[i] <= to; i++) {
        int64_t d = c->workdays[i];
        if (i > 0 && c->workdays[i - 1] == d)
            continue;
        n += weekend(c, d);
    }
    return n;
}

int64_t calendar_count(const struct calendar *c, int64_t from, int64_t to)
{
    return from <= to ? count(c, from, to) : -count(c, to, from);
}

int64_t calendar_add(const struct calendar *c, int64_t day, int64_t n)
{
    int step = n < 0 ? -1 : 1;
    int per_week = 7 - __builtin_popcount(c->weekend & WEEK);
    if (n > CALENDAR_MAX || n < -CALENDAR_MAX)
        return CALENDAR_NEVER;
    int64_t left = n * step;
    /* Whole weeks first: from `day` to `to` lie at most `left` working days, else the jump is halved. */
    for (int64_t weeks = per_week ? left / per_week : 0; weeks > 0 && left > 5;) {
        int64_t to = day + step * weeks * 7;
        int64_t passed = step > 0 ? count(c, day + 1, to) : count(c, to, day - 1);
        if (passed >= left) {
            weeks /= 2;
            continue;
        }
        day = to;
        left -= passed;
        if (left / per_week < weeks)
            weeks = left / per_week;
    }
    while (left > 0) {
        if (per_week == 0) {                        /* only the listed days are left */
            size_t i = lower(c->workdays, c->nworkdays, step > 0 ? day + 1 : day);
            if (step > 0 ? i == c->nworkdays : i == 0)
                return CALENDAR_NEVER;
            day = c->workdays[step > 0 ? i : i - 1];
            left--;
            continue;
        }
        day += step;
        left -= calendar_works(c, day);
    }
    return day;
}
