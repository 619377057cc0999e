/* groups: rows in, groups out.  Each distinct key value gets a small number (a dictionary per group column), and a group is
 * a tuple of those, so that a row costs a few integer look-ups and one step per aggregate.
 *
 * All memory is the desk's.  A row's intermediate values are given back as soon as nothing that must stay was made after
 * them, which is told by the arena standing still. */
#ifndef REPORT_GROUPS_H
#define REPORT_GROUPS_H
#include "report/plan.h"

enum { GROUPS_MAX = 1000000 };

struct groups;
struct groups *groups_new(struct ctx *, const struct plan *);
/* One row, by plan->reads.  False: too many groups.  May give back what the row's values lie in when the mark from before
 * they were made is given. */
bool groups_row(struct groups *, const struct value *row, arena_mark);
/* Groups that meet `having`.  *again: totals need the rows once more, in the same way, and then groups_totals. */
bool groups_finish(struct groups *, struct table *out, bool *again);
void groups_totals(struct groups *, struct table *out);
#endif
