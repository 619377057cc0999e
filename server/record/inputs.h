/* inputs: the statements of the write path, each worked out once: where the values come from that a formula over one record reads: its own fields, fields of records it points at, rows of
 * its lists.  Worked out once for each formula of the catalog; the record then costs one statement for each relation and list. */
#ifndef RECORD_INPUTS_H
#define RECORD_INPUTS_H
#include "record/ctx.h"

/* A statement whose first parameter is a record's id. */
struct ask { str sql; struct sql_column *form; int n; const struct value *args; int nargs; };

/* Where paths with the same first relation end. */
struct related_input { int slot; struct ask ask; int *to; };
/* Rows of a list of the record itself (slot -1) or of the one that slot points at, perhaps further on (owner). */
struct list_input { int slot; struct ask owner; const struct ask *rows; int *at, n; };      /* rows NULL: none are read */
struct inputs {
    int                  *own; int npaths;      /* by path: the slot that holds it, -1: see related */
    struct related_input *related; int nrelated;
    struct list_input    *lists; int nlists;
};

/* Rows read once for all formulas of a record.  Start with { 0 }. */
struct rows_seen { const struct ask *ask; int64_t owner; struct rows rows; struct rows_seen *next; };

/* For a formula that the catalog owns, as the engine itself reads. */
const struct inputs *inputs_of(struct ctx *, const struct expr *);
/* For a formula of this request: there and beyond, what the actor sees.  levels: what it may do with the fields of the record, by slot. */
struct inputs *inputs_seen(struct ctx *, const struct expr *, const uint8_t *levels);
const struct inputs *inputs_of_paths(struct ctx *, const struct path *, int npaths, const uint8_t *levels);
/* For all computed fields of a module, in their order; they share the rows of their lists. */
const struct inputs *inputs_of_computed(struct ctx *, const struct module *);

/* Fills slots, and those lists that are read, as expr_eval wants them.  v: the record's values; seen may be NULL. */
bool inputs_load(struct ctx *, const struct inputs *, int64_t id, const struct value *v, struct rows_seen **seen, struct value *slots,
                 struct expr_rows *lists);

/* The records of m whose first n steps of the path lead to a record; kept for as long as the catalog, so p must belong to it. NULL: such
 * a path has no column. */
const struct ask *leading_ask(struct ctx *, const struct module *m, const struct path *p, int n);

/* The statement that loads a row's columns in slot order, and the one that stores its computed columns and then takes the id. */
str row_sql(struct ctx *, const struct module *);
str store_sql(struct ctx *, const struct module *);
#endif
