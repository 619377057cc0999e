/* date: civil days and instants.  A day is a count of days since 1970-01-01 in the proleptic Gregorian
 * calendar, years 1..9999; it has no time zone and never moves.  An instant is microseconds UTC. */
#ifndef BASE_DATE_H
#define BASE_DATE_H
#include "base/arena.h"

struct civil { int year, month, day; };             /* month 1..12 */
#define US_PER_S    INT64_C(1000000)
#define US_PER_DAY  (INT64_C(86400) * US_PER_S)

int64_t      day_of_civil(int year, int month, int day);  /* month and day may overflow, as in DATE(2024,14,-3) */
struct civil civil_of_day(int64_t day);
bool         day_valid(int year, int month, int day);
int          month_length(int year, int month);
int          day_weekday(int64_t day);              /* 0 Monday .. 6 Sunday */
int64_t      day_add_months(int64_t day, int months);   /* 31 Jan + 1 month = 28/29 Feb */
int64_t      day_iso_week_year(int64_t day, int *week); /* ISO 8601 year; *week 1..53 */

bool         day_parse(str, int64_t *day);          /* YYYY-MM-DD only */
str          day_text(struct arena *, int64_t day);
/* 2026-01-31T08:00:00Z, fraction up to 6 digits, offset or Z required; a bare date is refused */
bool         instant_parse(str, int64_t *us);
str          instant_text(struct arena *, int64_t us); /* seconds, or as many of 3 or 6 decimals as needed; Z */
int64_t      instant_now(void);                     /* the clock: called at the start of a request or job, by nobody else */

/* Time zones by IANA name, through ICU.  The business day of an instant. */
struct zone;
const struct zone *zone_find(str name);             /* NULL: no such zone.  Cached for the life of the process; any thread */
int64_t zone_day(const struct zone *, int64_t us);  /* civil day there */
int64_t zone_offset_us(const struct zone *, int64_t us);
int64_t zone_local_us(const struct zone *, int64_t us);   /* us + offset */
int64_t zone_instant(const struct zone *, int64_t day, int64_t us_of_day);
    /* of a local time; one in a gap is moved on by the length of the gap (02:30 -> 03:30), of two the earlier */

/* Periods of a calendar.  fiscal_start: first month of the fiscal year, 1..12; 1 gives the calendar year.
 * A fiscal year is named after the calendar year it ends in unless named_by_start. */
enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_HALF, PERIOD_YEAR };
struct fiscal { int start_month; bool named_by_start; };
int64_t period_first(enum period, int64_t day, struct fiscal);  /* first day of the period of day; weeks begin on Monday */
int64_t period_next(enum period, int64_t first, struct fiscal); /* first day of the next one */
str     period_label(struct arena *, enum period, int64_t day, struct fiscal); /* 2026-01-31, 2026-W05, 2026-01, 2026-Q1, 2026-H1, 2026; fiscal FY2026-Q1 */

/* Business calendars: weekend days, holidays, and working days that fall on weekends (调休). */
struct calendar {
    uint8_t        weekend;             /* bit 0 Monday .. bit 6 Sunday */
    const int64_t *holidays; size_t nholidays;   /* sorted days off */
    const int64_t *workdays; size_t nworkdays;   /* sorted make-up working days; they win */
};
struct named_calendar { str name; struct calendar calendar; };
extern const struct calendar calendar_plain;        /* Saturday and Sunday off, no holidays */
bool    calendar_works(const struct calendar *, int64_t day);
/* WORKDAY: n working days after (before) day; 0 is the day itself.  CALENDAR_NEVER when n is beyond +-CALENDAR_MAX
 * or a calendar whose weekend is the whole week has no such day. */
#define CALENDAR_NEVER INT64_MIN
#define CALENDAR_MAX   INT64_C(10000000)
int64_t calendar_add(const struct calendar *, int64_t day, int64_t n);
int64_t calendar_count(const struct calendar *, int64_t from, int64_t to); /* NETWORKDAYS, both ends included, signed */
#endif
