/* plan: a question of POST /query, understood: names resolved, formulas compiled, what must be read of each row known.
 *
 * A plan is made once and then executed by an engine; what engines share (grouping, `having`, totals) is groups.h, and what
 * comes after them (order, limit, titles, the answer) is query.c.  An engine only brings rows.
 *
 * Invariants
 *   1. cols[0..ngroups) are the group columns in the order asked, the rest the selected ones; names are distinct.
 *   2. read[] of a column has one entry per path of its formula: the index in reads, or -1 where the path is the name
 *      of a group column; grouped[] has the group column that a path stands for outside aggregates, or -1. */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H
#include "record/record.h"

enum { PLAN_GROUPS_MAX = 16, PLAN_COLUMNS_MAX = 64, PLAN_ROWS_DEFAULT = 1000, PLAN_ROWS_MAX = 100000, PLAN_READS_MAX = 200 };

struct plan_column {
    str                  name;
    bool                 group;
    const struct expr   *x;
    const struct field  *f;         /* grouped by nothing but this field */
    int                  slot;      /* of x, when it is nothing but one path; else -1 */
    int                 *read, *grouped;
    const struct module *target;    /* its values are records of this module */
};
struct plan_sort { int col; bool down; };

struct plan {
    const struct module *from;
    const struct expr   *where;
    struct plan_column  *cols; int ngroups, ncols;
    const struct expr   *having; int *having_col;       /* per path of having: the column it is */
    struct plan_sort    *sort; int nsort;               /* the group columns come last in it, so that no tie is left */
    int64_t              limit;
    bool                 totals;
    struct path         *reads; int nreads;             /* distinct paths that groups and selected columns read of a row */
};

bool plan_read(struct ctx *, const struct json *body, struct plan **out);
/* Index in reads, added when it is not there; -1: too many. */
int  plan_path(struct plan *, const struct path *);

/* What an engine makes of it: groups that meet `having`, in no particular order. */
struct table {
    size_t        nrows;
    struct value *cells;        /* nrows * ncols; errors are errors */
    struct value *totals;       /* ncols; NULL unless asked for */
};
struct engine { const char *name; bool (*run)(struct ctx *, const struct plan *, struct table *out); };
extern const struct engine engine_sql;
#endif
