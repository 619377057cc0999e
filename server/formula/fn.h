/* fn: how a function of the language is written.  One row in the array of its family (fn_math.c, fn_date.c …), which
 * functions.c joins.  Arguments arrive counted, converted and free of errors, so an implementation is only the sum.
 *
 * params, one letter an argument; ? after it: may be left out; + after the last: one or more of it
 *   n number   V_INT or V_DEC        N the same, but a boolean is #VALUE!
 *   i integer  V_INT, truncated      I the same, but a boolean is #VALUE!
 *   t text     V_TEXT                b boolean  V_BOOL
 *   d day      V_DATE, of a date, an instant in env->zone, a serial number >= 0 (#NUM! below) or text that is a date
 *   s serial   V_INT or V_DEC: the date and time as days since 1899-12-30
 *   a of an aggregate: number, V_DATE, V_TIME, or V_NULL to be passed over; text of a field is passed over, other text converted
 *   v any value but an error, as it is       e any value, errors too
 * An argument that is left out at the end has V_NULL and lies at or beyond n; one that is given but empty (F(1,,2), or a
 * field without value) is converted: 0, "", FALSE.  So `n > 2 ? … : default`.  But a date field without value (d, s) makes the
 * whole result empty, without a call.
 *
 * result: n (V_DEC), i (V_INT), t, b, d (V_DATE), T (V_TIME), r (V_REF), v (unknown), 1 (type of the first argument).
 * A number function may return V_INT or V_DEC as it likes. */
#ifndef FORMULA_FN_H
#define FORMULA_FN_H
#include "formula/expr.h"
#include "formula/node.h"

struct ev {                         /* one evaluation under way */
    const struct env     *env;
    const struct value   *row;      /* of the list an aggregate runs over */
    const struct expr    *expr;
    const struct expr_fn *fn;       /* the function that is being called */
    int                   steps;    /* left */
};

enum fn_flag {
    FN_LAZY   = 1,      /* evaluates its own arguments: lazy, not eval */
    FN_NOW    = 2,      /* its value moves with the clock */
    FN_ME     = 4,      /* … with who asks */
    FN_ENV    = 8,      /* reads the fiscal year of the env, which goes into SQL with the formula */
    FN_CALENDAR = 64,   /* reads the working calendar of the env, which cannot, so it is not computed inside SQL */
    FN_ZONE   = 16,     /* reads the zone where an argument is an instant; then it is not computed inside SQL either */
    FN_ZERO   = 32,     /* an argument left out counts as 0 (aggregates always do so) */
};
enum fn_agg {           /* what an aggregate keeps; see stat.c */
    AGG_NONE, AGG_SUM, AGG_COUNT, AGG_COUNTA, AGG_COUNTDISTINCT, AGG_AVERAGE, AGG_MIN, AGG_MAX, AGG_MEDIAN,
    AGG_STDEV, AGG_STDEVP, AGG_VAR, AGG_VARP, AGG_PRODUCT, AGG_SUMSQ, AGG_GEOMEAN, AGG_HARMEAN,
};

struct expr_fn {
    const char *name, *params;
    char        result;
    struct value (*eval)(struct ev *, const struct value *a, int n);
    const char *arguments, *en, *zh;    /* documentation: "number, [digits]", one sentence each */
    const char *pg;                     /* PostgreSQL: $1 … with arguments converted and never null; NULL: not in SQL */
    int         flags;
    enum fn_agg agg;
    struct value (*lazy)(struct ev *, const struct node *);
    void       (*type)(struct node *);  /* sets type and scale where `result` cannot say it */
    const char *group;                  /* NULL: that of the family */
};
struct fn_family { const char *group; const struct expr_fn *fn; size_t n; };
extern const struct fn_family fn_logic, fn_info, fn_math, fn_stat, fn_text, fn_date, fn_finance;

const struct expr_fn *fn_find(str name);            /* ignores case; NULL: none */
const char *fn_nearest(str name);                   /* for “did you mean”; NULL: nothing like it */
int  fn_min_args(const struct expr_fn *);
int  fn_max_args(const struct expr_fn *);           /* NODE_MAX_ARGS for + */
char fn_param(const struct expr_fn *, int i);       /* letter of argument i */

/* ---- for implementations -------------------------------------------------------------------------------------- */

struct value ev_node(struct ev *, const struct node *);                 /* evaluates an argument of a lazy function */
bool ev_spend(struct ev *, size_t work);            /* charges work (16 bytes of text, or one turn of a loop, = 1); false: give up with #NUM! */
char *ev_text(struct ev *, size_t n);               /* n bytes for a result, charged; NULL: too long or out of steps, answer #VALUE! */
#define EV_TEXT_MAX ((size_t)1 << 20)

/* Conversions as the language makes them; the result is of the kind asked for or V_ERROR. */
struct value to_number(struct ev *, const struct value *);
struct value to_text(struct ev *, const struct value *);
struct value to_bool(struct ev *, const struct value *);
struct value to_day(struct ev *, const struct value *);
struct value to_serial(struct ev *, const struct value *);
/* For aggregates: text of a field is passed over (V_NULL), text in the formula counts as the number it spells. */
struct value to_item(struct ev *, const struct node *from, const struct value *);
struct value number_of_dec(dec);                    /* V_INT when it is a whole number of 64 bits, else V_DEC, trimmed */
struct value number_power(dec base, dec exponent);  /* fn_math.c: also the operator ^ */
struct value number_of_double(double);              /* 15 digits; #NUM! for NaN and infinities */
static inline double number_double(const struct value *v) { return v->type == V_INT ? (double)v->u.i : dec_to_double(v->u.d); }
bool text_number(str, dec *);                       /* "1,234.5", " 2 ", "5%", "1e3" */
/* date_text.c: text of a date, a time or both, as people write them, as a serial number: "2026-01-31", "15-Mar-2007", "11:59 PM". */
bool text_serial(str, dec *serial);

enum { SERIAL_EPOCH = -25569 };                     /* day of serial 0, 1899-12-30; serial = day - SERIAL_EPOCH */
#define DAY_MIN INT64_C(-719162)                    /* 0001-01-01 */
#define DAY_MAX INT64_C(2932896)                    /* 9999-12-31 */
struct value day_value(int64_t day);                /* V_DATE, #NUM! outside the years 1 … 9999 */
dec serial_of_time(struct ev *, int64_t us);
struct value instant_at(struct ev *, dec serial);   /* V_TIME of a local date and time; #NUM! out of range */

/* -1, 0, 1 as < and = see them: numbers and dates < text < booleans, empty as the other side's zero; 2: not comparable (lists) */
int value_order(struct ev *, const struct value *, const struct value *);
bool value_equal(struct ev *, const struct value *, const struct value *);

/* stat.c */
struct value agg_call(struct ev *, const struct value *a, int n);       /* eval of every aggregate over its arguments */
#endif
