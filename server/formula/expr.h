/* expr: the formula language of docs/api.md: text -> checked tree -> value, or SQL, or text again.
 *
 * Pure and total: no loops, no side effects, bounded in length, depth and time; what cannot be computed is an error
 * value (#DIV/0! …).  A compiled expr is read-only, so every thread may evaluate it at once.  The room knows no
 * modules and no database: names mean what the scope says, and values come through the env.
 * Also built as WebAssembly, so nothing here needs a file, a lock or a clock.
 *
 * Empty (V_NULL) is as in spreadsheets: 0 in arithmetic, "" in text, false in logic; compared it takes the zero of the other
 * side's type (0, "", false, 1899-12-30), and equals "" and empty.  Only what is computed from an empty date (day + 30, due - day,
 * YEAR(day)) is empty itself.  Text equality is exact (EXACT, case-sensitive), text
 * order is text_collate.  A date or instant compared with text reads the text as a date.  `and`, `or` are Kleene's: false and
 * error is false; AND() and OR() pass errors on, as spreadsheets do. */
#ifndef FORMULA_EXPR_H
#define FORMULA_EXPR_H
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/value.h"

enum { EXPR_MAX_BYTES = 65536, EXPR_MAX_DEPTH = 100 };

/* ---- what names mean ------------------------------------------------------------------------------------------ */

/* What one name of a path is. */
struct expr_name {
    const void *field;          /* opaque to this room: compared, kept, given back */
    const void *target;         /* module at the other end when the path may go on (relation, list, address), else NULL */
    bool        list;           /* many: a related list (lines, agreements) or a field with many relations */
    bool        grouped;        /* with scope.groups: a group column, so it may stand outside aggregates */
    enum vtype  type;           /* of its value: V_REF for relations, V_LIST for choices, V_INT/V_DEC/…; V_NULL: varies */
    int         scale;          /* decimals of V_DEC fields */
};
struct scope {
    const void *root;           /* the module that names start in; NULL: no names at all */
    /* Looks name up in `of` (a module; the root for the first name).  False: no such name that the asker may use, whichever of the two. */
    bool (*name)(const struct scope *, const void *of, str name, struct expr_name *out);
    /* The current name of a field, for printing: renames are followed because trees hold fields, not names. */
    str  (*print)(const struct scope *, const void *of, const void *field);
    /* A query: SUM(x) of a plain x sums over the rows of the group; its second argument is a condition per row. A name outside
     * aggregates is an error unless it is .grouped.  `having` and the like compile without groups, in a scope whose names
     * are the select columns. */
    bool groups;
};

enum { PATH_MAX_STEPS = 8 };
struct path {
    int              nsteps;
    struct expr_name step[PATH_MAX_STEPS];
    const void      *of[PATH_MAX_STEPS];    /* the module each step was looked up in */
};
#define PATH_LAST(p) (&(p)->step[(p)->nsteps - 1])

/* A list that aggregates run over: SUM(lines.amount * lines.rate, lines.status = "ok"), COUNT(agreements, status = "active").
 * Inside it names are looked up first in the list's module, then in the root.  Aggregates over the same list share one. */
struct expr_list {
    struct path  path;          /* from the root; its last step is the list; earlier steps are relations to one */
    struct path *paths; int npaths;   /* what is read of each row, by slot; they start in the list's module */
};
/* One aggregate over the rows of a group (scope.groups). */
struct expr_agg {
    const struct expr_fn *fn;   /* see expr_agg_name */
    const struct expr    *arg;  /* per row; NULL for COUNT().  Its slots, and those of when, are those of the whole */
    const struct expr    *when; /* per row; NULL: all rows */
};

struct expr {                   /* compiled; lives in the arena it was compiled into */
    const struct node *root;
    enum vtype         type;    /* V_INT and V_DEC: a number, maybe of the other kind; V_NULL: not known before evaluation */
    int                scale;   /* of V_DEC where it follows from the fields (sums, products, ROUND), else -1 */
    const void        *target;  /* of V_REF: the module, where known */
    struct path       *paths;  int npaths;     /* distinct paths read of the record, by slot */
    struct expr_list  *lists;  int nlists;
    struct expr_agg   *aggs;   int naggs;
    bool               uses_now, uses_me, uses_calendar;  /* its value moves with the clock, with who asks, or with the working calendars */
};

/* ---- compile and print ---------------------------------------------------------------------------------------- */

/* ERR_INVALID with message, and e->problems[0].field = the byte offset of the error as decimal text, code = "syntax", "name",
 * "type" or "limit".  scope may be NULL: constants only. */
bool expr_compile(str text, const struct scope *, struct arena *, const struct expr **out, struct err *);
/* That its value is of the type (V_DEC takes V_INT and back, V_TIME takes V_DATE, unknown passes); else a "type" problem at 0. */
bool expr_must_be(const struct expr *, enum vtype, struct err *);
str  expr_print(const struct expr *, const struct scope *, struct arena *);    /* canonical text; parses to the same tree */
bool expr_uses(const struct expr *, const void *field);                        /* anywhere in it, lists included */
bool expr_is_path(const struct expr *, int *slot);                             /* nothing but the value of one path */
bool expr_is_count(const struct expr *);                                       /* nothing but the number of rows of a list */
bool expr_is_constant(const struct expr *);                                    /* reads no path, list, clock or person */
const char *expr_agg_name(const struct expr_agg *);     /* "SUM", "COUNT", "COUNTDISTINCT", "AVERAGE", "MIN", "MAX", "MEDIAN", … */

/* ---- evaluate ------------------------------------------------------------------------------------------------- */

struct expr_rows { const struct value *const *row; size_t n; };    /* row[i][slot], slots of expr_list.paths */
struct env {
    const struct value      *slots;     /* by expr->paths */
    const struct expr_rows  *lists;     /* by expr->lists */
    const struct value      *aggs;      /* by expr->aggs, when a group is finished */
    int64_t                  now;       /* µs UTC: NOW() */
    const struct zone       *zone;      /* for TODAY() and dates of instants; NULL: UTC */
    struct value             me, my_partner, my_department;    /* ME(), MYPARTNER(), MYDEPARTMENT(): V_REF or V_NULL */
    struct value             my_departments;   /* MYDEPARTMENTS(): V_LIST of V_REF, that one and all below it */
    const struct calendar   *calendar;  /* for WORKDAY and NETWORKDAYS; NULL: calendar_plain */
    const struct named_calendar *calendars; size_t ncalendars;  /* for WORKDAY.CAL and the like */
    struct fiscal            fiscal;    /* of FISCALYEAR() and the like; all zero: the calendar year */
    struct arena            *mem;       /* results and intermediate text; the caller marks and resets */
    int                      steps;     /* bound of the work of one evaluation, #NUM! beyond; 0: the default of 200,000 */
};
struct value expr_eval(const struct expr *, const struct env *);
/* As a condition: true only for true (or a number other than 0); errors and empty are false. */
bool         expr_test(const struct expr *, const struct env *);

/* Aggregates of queries: one state per group and aggregate.  agg_row allocates in the state's arena only what the aggregate
 * must keep (MEDIAN, COUNTDISTINCT); env->mem may be reset after each row. */
struct agg_state;
struct agg_state *agg_new(const struct expr_agg *, struct arena *);
void              agg_row(struct agg_state *, const struct expr_agg *, const struct env *);   /* env->slots is the row */
void              agg_put(struct agg_state *, const struct value *);     /* the same for a value that was computed elsewhere */
struct value      agg_value(const struct agg_state *, struct arena *);

/* Text of a value as `qudao eval` prints it: numbers plain and without trailing zeros, TRUE/FALSE as true/false, errors by their
 * code, text as it is, empty as "".  EXPR_SERIAL: dates and instants (in zone) as spreadsheet serial numbers, days since
 * 1899-12-30; EXPR_ISO: 2026-01-31 and 2026-01-31T08:00:00Z. */
enum expr_dates { EXPR_SERIAL, EXPR_ISO };
str expr_value_text(struct arena *, const struct value *, enum expr_dates, const struct zone *);

/* ---- SQL ------------------------------------------------------------------------------------------------------ */

/* A value in SQL, in the form that columns have: V_INT, V_REF; V_DATE days; V_TIME µs; V_BOOL 0/1; V_TEXT; V_LIST of choices
 * ",a,b,"; V_DEC: units with .scale >= 0, or with .scale = -1 a numeric (PostgreSQL), decimal text (SQLite). */
struct sql_column {
    str        sql;             /* "t0.f12", or an expression */
    enum vtype type;
    int        scale;
};
struct dialect;                 /* of db/db.h */
struct sql_target {
    const struct dialect *dialect;
    /* Where a path lives in the statement being composed.  list NULL: path of the root; else of the rows of that list, within the
     * sub-query that is being composed.  False: not there; the caller evaluates in C. */
    bool (*column)(void *arg, const struct expr_list *, const struct path *, struct sql_column *out);
    /* An aggregate over a list, asked after the columns of its rows: writes (SELECT select FROM … WHERE … [AND when]); when may
     * be empty and is never null.  May be NULL (then such formulas are not for SQL). */
    bool (*list)(void *arg, const struct expr_list *, str select, str when, str *out);
    int  (*bind)(void *arg, struct value);      /* adds a parameter, returns its number (from 1) */
    void *arg;
    const struct env *env;      /* now, me, fiscal …: become constants */
    struct arena     *mem;
};
/* The formula as SQL with exactly the value that expr_eval gives; an error is null.  False (no err): this formula has no
 * exact SQL on this database; evaluate it in C.  A try that fails may have called bind and column. */
bool expr_sql(const struct expr *, const struct sql_target *, struct sql_column *out);
/* As a condition that agrees with expr_test and is never null, fit for WHERE; comparisons of columns with constants can use indexes. */
bool expr_sql_condition(const struct expr *, const struct sql_target *, str *out);
/* The value of a cell that came from such a column (decimals are read, booleans made). */
struct value sql_column_value(const struct sql_column *, const struct value *cell, struct arena *);

/* ---- the table of functions ----------------------------------------------------------------------------------- */

struct expr_fn_doc { const char *name, *group, *arguments, *en, *zh; };
const struct expr_fn_doc *expr_functions(struct arena *, size_t *n);   /* sorted by name; for help, completion and the reference page */
#endif
