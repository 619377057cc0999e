/* zone: what date.c cannot know: time zones (through ICU) and the clock (date.h).
 *
 * A zone is its list of offsets from year 1 to 2500, taken from ICU once and read by all threads without a lock.  Rules
 * repeat with the calendar, every 400 years (146,097 days, whole weeks), so later instants are looked up 400 years
 * earlier as often as needed.  The list of zones only grows and is bounded by the names ICU knows. */
#include "base/check.h"
#include "base/date.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { FIRST_YEAR = 1, LAST_YEAR = 2500, NAME_MAX_BYTES = 64, ERA_DAYS = 146097 };
#define ERA_US (ERA_DAYS * US_PER_DAY)

struct span { int64_t from_us, offset_us; };        /* from this instant on */
struct zone {
    struct zone *next;
    char         name[NAME_MAX_BYTES];
    struct span *spans;                             /* sorted; the first begins before everything */
    size_t       nspans;
    int64_t      end_us;                            /* what the list covers: 400 years or more before this instant */
};

static struct zone    *zones;                       /* pushed at the front under the lock, never removed */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int64_t instant_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static bool known(const UChar *id)
{
    UChar canonical[NAME_MAX_BYTES];
    UBool is_system = 0;
    UErrorCode code = U_ZERO_ERROR;
    ucal_getCanonicalTimeZoneID(id, -1, canonical, NAME_MAX_BYTES, &is_system, &code);
    return U_SUCCESS(code) && is_system;
}

static bool add_span(struct zone *z, size_t *cap, int64_t from_us, int64_t offset_us)
{
    if (z->nspans && z->spans[z->nspans - 1].offset_us == offset_us)
        return true;                                /* only the name or the share of summer time changed */
    if (z->nspans == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        struct span *p = realloc(z->spans, more * sizeof *p);
        if (!p)
            return false;
        z->spans = p;
        *cap = more;
    }
    z->spans[z->nspans++] = (struct span){ from_us, offset_us };
    return true;
}

static int64_t icu_offset(UCalendar *cal, UErrorCode *code)
{
    return ((int64_t)ucal_get(cal, UCAL_ZONE_OFFSET, code) + ucal_get(cal, UCAL_DST_OFFSET, code)) * 1000;
}

static bool fill(struct zone *z, UCalendar *cal)
{
    UErrorCode code = U_ZERO_ERROR;
    UDate at = (UDate)(day_of_civil(FIRST_YEAR, 1, 1) - 366) * 86400e3;
    size_t cap = 0;
    z->end_us = day_of_civil(LAST_YEAR, 1, 1) * US_PER_DAY;
    ucal_setMillis(cal, at, &code);
    if (!add_span(z, &cap, INT64_MIN, icu_offset(cal, &code)))
        return false;
    /* Two years beyond the end, so that a local time near it finds both neighbours. */
    while (U_SUCCESS(code) && (int64_t)at * 1000 < z->end_us + 732 * US_PER_DAY
           && ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &at, &code)) {
        ucal_setMillis(cal, at, &code);
        if (!add_span(z, &cap, (int64_t)at * 1000, icu_offset(cal, &code)))
            return false;
    }
    return U_SUCCESS(code);
}

static struct zone *load(str name)
{
    UChar id[NAME_MAX_BYTES];
    UErrorCode code = U_ZERO_ERROR;
    struct zone *z = calloc(1, sizeof *z);
    if (!z)
        return NULL;
    memcpy(z->name, name.p, name.n);
    u_charsToUChars(z->name, id, (int32_t)name.n + 1);
    UCalendar *cal = known(id) ? ucal_open(id, -1, "en", UCAL_GREGORIAN, &code) : NULL;
    bool ok = cal && U_SUCCESS(code) && fill(z, cal);
    if (cal)
        ucal_close(cal);
    if (ok)
        return z;
    free(z->spans);
    free(z);
    return NULL;
}

/* Names of zones are ASCII; anything else never reaches ICU. */
static bool plausible(str name)
{
    if (name.n == 0 || name.n >= NAME_MAX_BYTES || str_eqz(name, "Etc/Unknown"))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("/_+-", c, 4)))
            return false;
    }
    return true;
}

const struct zone *zone_find(str name)
{
    struct zone *z;
    if (!plausible(name))
        return NULL;
    for (z = __atomic_load_n(&zones, __ATOMIC_ACQUIRE); z; z = z->next)
        if (str_eqz(name, z->name))
            return z;
    pthread_mutex_lock(&lock);
    for (z = zones; z && !str_eqz(name, z->name); z = z->next)
        ;
    if (!z && (z = load(name)) != NULL) {
        z->next = zones;
        __atomic_store_n(&zones, z, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return z;
}

/* What to subtract so that t lies in the list. */
static int64_t eras_past(const struct zone *z, int64_t t)
{
    return t < z->end_us ? 0 : (floor_div(t - z->end_us, ERA_US) + 1) * ERA_US;
}

static size_t span_at(const struct zone *z, int64_t us)
{
    size_t lo = 0, n = z->nspans;
    while (n > 1) {                                 /* spans[lo] begins at or before us */
        size_t half = n / 2;
        if (z->spans[lo + half].from_us <= us) {
            lo += half;
            n -= half;
        } else {
            n = half;
        }
    }
    return lo;
}

int64_t zone_offset_us(const struct zone *z, int64_t us)
{
    return z->spans[span_at(z, us - eras_past(z, us))].offset_us;
}

int64_t zone_local_us(const struct zone *z, int64_t us) { return us + zone_offset_us(z, us); }

int64_t zone_day(const struct zone *z, int64_t us) { return floor_div(zone_local_us(z, us), US_PER_DAY); }

int64_t zone_instant(const struct zone *z, int64_t day, int64_t us_of_day)
{
    int64_t local = day * US_PER_DAY + us_of_day, past = eras_past(z, local);
    local -= past;
    /* The first span that has not ended by then.  When it begins later than that, the local time fell into the gap
     * before it, and the offset of before moves it by the length of the gap. */
    size_t i = span_at(z, local - 2 * US_PER_DAY);
    while (i + 1 < z->nspans && local - z->spans[i].offset_us >= z->spans[i + 1].from_us)
        i++;
    int64_t us = local - z->spans[i].offset_us;
    if (i > 0 && us < z->spans[i].from_us)
        us = local - z->spans[i - 1].offset_us;
    return us + past;
}
