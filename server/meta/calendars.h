/* calendars: the business calendars of a workspace, out of what administrators define:
 *
 *     {"name":"CN","labels":{…},"default":true,"weekend":[6,7],
 *      "holidays":[{"from":"2026-02-15","to":"2026-02-23","labels":{…}}, …],     days off; without "to" one day
 *      "workdays":[{"from":"2026-02-14"}, …]}                                     working days that were moved to weekends (调休)
 *
 * weekend counts from Monday = 1.  WORKDAY, NETWORKDAYS and the like use the default one, or the one that they name. */
#ifndef META_CALENDARS_H
#define META_CALENDARS_H
#include "base/date.h"
#include "base/err.h"
#include "base/json.h"

/* All that is wrong, as problems. */
bool calendar_define(str name, const struct json *def, struct arena *, struct named_calendar *out, struct err *);
#endif
