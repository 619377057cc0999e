/* stat: what an aggregate keeps while rows go by, and what it says at the end.  Sums are exact to 34 digits; deviations are
 * computed from exact sums of squares of differences to the first value, so nothing cancels.
 *
 * Values that are empty or (for all but counting) text are passed over; the first error is the result. */
#ifndef FORMULA_STAT_H
#define FORMULA_STAT_H
#include "formula/fn.h"

struct agg_state {
    enum fn_agg   kind;
    struct arena *mem;
    uint64_t      n;            /* values taken */
    dec           sum, squares; /* of (x - first) for deviations; sum may be the product */
    dec           first;
    int64_t       small;        /* part of the sum that has not left 64 bits */
    struct value  best;         /* MIN, MAX; the first error */
    dec          *all; size_t nall, room;                   /* MEDIAN */
    struct value *seen; size_t nseen, seen_room;            /* COUNTDISTINCT: open addressing */
    long double   logs;         /* GEOMEAN */
};
void agg_init(struct agg_state *, enum fn_agg, struct arena *);
/* One row: nothing when `when` is not true; arg NULL counts the row. */
void stat_row(struct ev *, struct agg_state *, const struct node *arg, const struct node *when);
void stat_put(struct agg_state *, const struct value *);
struct value stat_value(const struct agg_state *, struct arena *);
#endif
