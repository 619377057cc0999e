/* expr: the formula language of docs/api.md: text -> checked tree -> value, or SQL, or text again.
 *
 * Pure and total: no loops, no side effects, bounded in length, depth and time; what cannot be computed is an error
 * value (#DIV/0! …).  A compiled expr is read-only, so every thread may evaluate it at once.  The room knows no
 * modules and no database: names mean what the scope says, and values come through the env.
 * Also built as WebAssembly, so nothing here needs a file, a lock or a clock. */
#ifndef FORMULA_EXPR_H
#define FORMULA_EXPR_H
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/value.h"

/* ---- what names mean ------------------------------------------------------------------------------------------ */

/* What one name of a path is.  `of` is the thing the name was looked up in (a module; the scope's root for the first). */
struct expr_name {
    const void *field;          /* opaque to this room: compared, kept, given back */
    const void *target;         /* module at the other end when it is a relation or related list, else NULL */
    bool        list;           /* many: a related list (lines, agreements) or a field with many relations */
    enum vtype  type;           /* of its value: V_REF for relations, V_LIST for choices, V_INT/V_DEC/… */
    int         scale;          /* decimals of V_DEC fields */
};
struct scope {
    const void *root;           /* the module that names start in; NULL: no names at all */
    /* Looks name up in `of` (a module).  False: no such name that the asker may use, whichever of the two. */
    bool (*name)(const struct scope *, const void *of, str name, struct expr_name *out);
    /* The current name of a field, for printing: renames are followed because trees hold fields, not names. */
    str  (*print)(const struct scope *, const void *of, const void *field);
    bool groups;                /* a query: SUM(x) of a plain x sums over the rows of the group */
};

enum { PATH_MAX_STEPS = 8 };
struct path {
    int              nsteps;
    struct expr_name step[PATH_MAX_STEPS];
    const void      *of[PATH_MAX_STEPS];    /* the module each step was looked up in */
};
/* A list that an aggregate runs over: SUM(lines.amount * lines.rate, lines.status = "ok"), COUNT(agreements, status = "active").
 * Inside it names are looked up first in the list's module, then in the root. */
struct expr_list {
    struct path  path;          /* its last step is the list; earlier steps are relations to one */
    struct path *paths; int npaths;   /* what is read of each row, by slot */
};
/* One aggregate over the rows of a group (scope.groups). */
struct expr_agg {
    const struct expr_fn *fn;   /* SUM, COUNT, AVERAGE, MIN, MAX, COUNTDISTINCT, MEDIAN, STDEV … */
    const struct node    *arg;  /* per row; NULL for COUNT() */
    const struct node    *when; /* per row; NULL: all rows */
};

struct expr {                   /* compiled; lives in the arena it was compiled into */
    const struct node *root;
    enum vtype         type;    /* V_NULL: not known before evaluation */
    int                scale;   /* of V_DEC where it follows from the fields, else -1 */
    const void        *target;  /* of V_REF: the module */
    struct path       *paths;  int npaths;     /* distinct paths read of the record, by slot */
    struct expr_list  *lists;  int nlists;
    struct expr_agg   *aggs;   int naggs;
    bool               uses_now, uses_me;      /* its value moves with the clock, or with who asks */
};

/* ---- compile and print ---------------------------------------------------------------------------------------- */

/* ERR_INVALID with message, and e->problems[0].field = the byte offset of the error as decimal text, code = "syntax", "name", "type" or "limit". */
bool expr_compile(str text, const struct scope *, struct arena *, const struct expr **out, struct err *);
str  expr_print(const struct expr *, const struct scope *, struct arena *);    /* canonical text; parses to the same tree */
bool expr_uses(const struct expr *, const void *field);                        /* anywhere in it, lists included */

/* ---- evaluate ------------------------------------------------------------------------------------------------- */

struct expr_rows { const struct value *const *row; size_t n; };    /* row[i][slot], slots of expr_list.paths */
struct env {
    const struct value      *slots;     /* by expr->paths */
    const struct expr_rows  *lists;     /* by expr->lists */
    const struct value      *aggs;      /* by expr->aggs, when a group is finished */
    int64_t                  now;       /* µs UTC: NOW() */
    const struct zone       *zone;      /* for TODAY() and dates of instants; NULL: UTC */
    struct value             me, my_partner;   /* ME(), MYPARTNER(): V_REF or V_NULL */
    const struct calendar   *calendar;  /* for WORKDAY and NETWORKDAYS; NULL: calendar_plain */
    struct fiscal            fiscal;    /* of FISCALYEAR() and the like */
    struct arena            *mem;       /* results and intermediate text; the caller marks and resets */
    int                      steps;     /* bound of work: counts down, error #NUM! at zero; 0: the default of 200,000 */
};
struct value expr_eval(const struct expr *, struct env *);
/* As a condition: true only for true (or a number other than 0); errors and empty are false. */
bool         expr_test(const struct expr *, struct env *);

/* Aggregates of queries: one state per group and aggregate. */
struct agg_state;
struct agg_state *agg_new(const struct expr_agg *, struct arena *);
void              agg_row(struct agg_state *, const struct expr_agg *, struct env *);   /* env->slots is the row */
struct value      agg_value(const struct agg_state *, struct arena *);

/* ---- SQL ------------------------------------------------------------------------------------------------------ */

/* Where a path lives in the statement being composed. */
struct sql_column {
    str        sql;             /* "t0.f12": an expression of the column's stored form */
    enum vtype type;            /* V_DEC is stored as units with .scale; V_BOOL as 0/1; V_LIST of choices as ",a,b," */
    int        scale;
};
struct sql_target {
    bool numeric;               /* dialect->has_numeric */
    bool (*column)(void *arg, const struct path *, struct sql_column *out);    /* false: not there; the caller evaluates in C */
    /* An aggregate over a list: writes a correlated sub-query; may be NULL (then such formulas are not for SQL) */
    bool (*list)(void *arg, const struct expr_list *, const char *aggregate, str value_sql, str when_sql, str *out);
    int  (*bind)(void *arg, struct value);      /* adds a parameter, returns its number (from 1) */
    void *arg;
    const struct env *env;      /* now, me, calendar: become constants */
};
/* Writes the formula as SQL with exactly the value that expr_eval gives; an error is null.  False (no err): this formula
 * has no exact SQL on this database; evaluate it in C.  as_condition: result is a SQL condition that is never null. */
bool expr_sql(const struct expr *, const struct sql_target *, bool as_condition, struct buf *out);

/* ---- the table of functions ----------------------------------------------------------------------------------- */

struct expr_fn_doc { const char *name, *group, *arguments, *en, *zh; };
const struct expr_fn_doc *expr_functions(size_t *n);        /* sorted by name; for help, completion and the reference page */
#endif
