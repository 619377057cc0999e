/* sql: what the files of the SQL back end share.
 *
 * sql.c         conditions: comparisons of columns with constants in the columns' own units, and, or, not, in
 * sql_list.c    aggregates over lists, as sub-queries
 * sql_pg.c      values on PostgreSQL, in numeric and text
 * sql_eval.c    values on SQLite: the formula itself goes into the statement as a parameter and a function evaluates it per row
 *
 * In SQL an error is null, and an empty column is null too; a piece says which of the two a null may be, and where both are
 * possible and differ the formula is refused, so that it is evaluated in C. */
#ifndef FORMULA_SQL_H
#define FORMULA_SQL_H
#include "formula/fn.h"

#include "db/db.h"

struct sqlc {                       /* one formula being composed */
    const struct expr       *x;
    const struct sql_target *t;
    struct arena            *mem;
    struct env               env;
    struct ev                ev;    /* for constants */
    const struct expr_list  *list;  /* whose sub-query is being composed, or NULL */
    struct value            *bound; /* parameters so far; a piece of SQL names them by a mark, and those that the final text still */
    int                      work;  /* nodes that may still be looked at: questions about IF double with each level */
    int                      nbound;/* names are given to the caller, so that what was tried in vain leaves nothing */
};

/* A column or what is as good as one; what its null would mean; and of numerics (V_DEC of scale -1) the bounds |value| < 10^whole,
 * at most frac decimals. */
struct sql_value { struct sql_column col; bool may_be_empty, may_fail; int whole, frac; };

bool sql_constant(const struct node *);             /* reads no row, so it is computed now */
struct value sql_compute(struct sqlc *, const struct node *);
str  sql_bind(struct sqlc *, struct value);         /* the mark of a parameter */
#define SQL_MARK '\1'                                /* \1 number \2 */
bool sql_path(struct sqlc *, const struct node *, struct sql_column *out);  /* of NODE_PATH and NODE_ROW */
bool sql_never_fails(const struct node *);          /* gives no error whatever the record holds */

/* The condition, never null, that the node's value is true (want) or false (not want). */
bool sql_condition(struct sqlc *, const struct node *, bool want, struct buf *out);
/* An aggregate over a list. */
bool sql_list(struct sqlc *, const struct node *, struct sql_value *out);

/* PostgreSQL: any value; and any node as a condition. */
bool pg_value(struct sqlc *, const struct node *, struct sql_value *out);
bool pg_condition(struct sqlc *, const struct node *, bool want, struct buf *out);
bool pg_total(struct sqlc *, struct sql_value *);       /* rounds a sum to 34 digits where its bounds say that it may have more */
/* The quotient of two values, as of AVERAGE: null when the divisor is 0. */
bool pg_quotient(struct sqlc *, const struct sql_value *, const struct sql_value *, struct sql_value *out);
/* SQLite: the same through the function that evaluates. */
bool sqlite_value(struct sqlc *, const struct node *, struct sql_value *out);
bool sqlite_condition(struct sqlc *, const struct node *, bool want, struct buf *out);
void sqlite_announce(void);         /* links the function in */
#endif
