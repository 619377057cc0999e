/* calendars: see calendars.h. */
#include "meta/calendars.h"

#include <stdlib.h>

enum { DAYS_MAX = 20000, SPAN_MAX = 366 };

static int by_day(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool known_members(const struct json *j, const char *const *known, struct err *e)
{
    for (const struct json *m = j->first; m; m = m->next) {
        bool ok = false;
        for (size_t i = 0; known[i] && !ok; i++)
            ok = str_eqz(m->key, known[i]);
        if (!ok)
            err_problem(e, m->key, "unknown", "There is no field “" STR_FMT "”", STR_ARG(m->key));
    }
    return e->kind == ERR_NONE;
}

static bool read_weekend(const struct json *list, struct calendar *out, struct err *e)
{
    out->weekend = 0;
    if (!list) {
        out->weekend = calendar_plain.weekend;
        return true;
    }
    for (const struct json *d = list->first; list->type == JSON_ARRAY && d; d = d->next) {
        int64_t n = 0;
        if (d->type != JSON_NUMBER || !str_to_i64(d->s, &n) || n < 1 || n > 7)
            return err_problem(e, S("weekend"), "range", "Weekend days are numbers from 1, Monday, to 7, Sunday");
        out->weekend |= (uint8_t)(1 << (n - 1));
    }
    if (list->type != JSON_ARRAY)
        return err_problem(e, S("weekend"), "type", "This must be a list");
    return out->weekend != 0x7f || err_problem(e, S("weekend"), "range", "A week needs a working day");
}

/* {"from","to","labels"} as days, sorted. */
static bool read_days(const struct json *def, const char *key, struct arena *mem, const int64_t **out, size_t *n, struct err *e)
{
    static const char *const members[] = { "from", "to", "labels", NULL };
    const struct json       *list = json_get(def, key);
    int64_t                 *days = NEWV(mem, int64_t, DAYS_MAX + 1);
    size_t                   at = 0;
    *out = days;
    *n = 0;
    if (!list)
        return true;
    if (list->type != JSON_ARRAY)
        return err_problem(e, str_of(key), "type", "This must be a list");
    for (const struct json *d = list->first; d; d = d->next, at++) {
        str     field = str_printf(mem, "%s[%zu]", key, at);
        int64_t from, to;
        if (d->type != JSON_OBJECT || !day_parse(json_str(d, "from"), &from) || (json_get(d, "to") && !day_parse(json_str(d, "to"), &to))) {
            err_problem(e, field, "type", "This must be {\"from\":\"2026-02-15\",\"to\":\"2026-02-23\"}, with or without “to”");
            continue;
        }
        if (!json_get(d, "to"))
            to = from;
        if (to < from || to - from >= SPAN_MAX)
            err_problem(e, field, "range", "“to” must be a day from “from” on, within a year");
        else if (*n + (size_t)(to - from) >= DAYS_MAX)
            return err_problem(e, field, "limit", "A calendar holds at most %d days", DAYS_MAX);
        else if (known_members(d, members, e))
            for (int64_t day = from; day <= to; day++)
                days[(*n)++] = day;
    }
    qsort(days, *n, sizeof *days, by_day);
    return e->kind == ERR_NONE;
}

bool calendar_define(str name, const struct json *def, struct arena *mem, struct named_calendar *out, struct err *e)
{
    static const char *const members[] = { "id", "name", "labels", "default", "weekend", "holidays", "workdays", NULL };
    *out = (struct named_calendar){ .name = name };
    known_members(def, members, e);
    read_weekend(json_get(def, "weekend"), &out->calendar, e);
    read_days(def, "holidays", mem, &out->calendar.holidays, &out->calendar.nholidays, e);
    read_days(def, "workdays", mem, &out->calendar.workdays, &out->calendar.nworkdays, e);
    return e->kind == ERR_NONE;
}
