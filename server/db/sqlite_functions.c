/* sqlite_functions: what SQL lacks on SQLite: exact decimals, folded text, and the order of people.
 *
 * Decimals travel as TEXT in plain notation ("-12.50"); integers are taken as they are.  Nothing is ever computed in binary
 * fractions.  An argument that is null, or no number, makes the result null, as does a division by zero: that is how
 * errors of formulas look in SQL.  To add a function: one row in the table below. */
#include "db/sqlite.h"
#include "base/check.h"
#include "base/text.h"

#include <string.h>

static str text_arg(sqlite3_value *v)
{
    const char *p = (const char *)sqlite3_value_text(v);
    return (str){ p ? p : "", (size_t)sqlite3_value_bytes(v) };
}

static bool dec_arg(sqlite3_value *v, dec *out)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: *out = dec_of_i64(sqlite3_value_int64(v)); return true;
    case SQLITE_TEXT:    return dec_parse(text_arg(v), out);
    case SQLITE_FLOAT:   return dec_of_double(sqlite3_value_double(v), out);
    default:             return false;
    }
}

static void dec_result(sqlite3_context *x, dec d)
{
    char text[DEC_TEXT_MAX];
    int  n = dec_text_into(text, d);
    sqlite3_result_text(x, text, n, SQLITE_TRANSIENT);
}

typedef bool dec_fn(dec, dec, dec *);

static bool add(dec a, dec b, dec *out) { *out = dec_add(a, b); return true; }
static bool sub(dec a, dec b, dec *out) { *out = dec_sub(a, b); return true; }
static bool mul(dec a, dec b, dec *out) { *out = dec_mul(a, b); return true; }

static void two_decs(sqlite3_context *x, sqlite3_value **v, dec_fn *fn)
{
    dec a, b, out;
    if (dec_arg(v[0], &a) && dec_arg(v[1], &b) && fn(a, b, &out))
        dec_result(x, out);
}

static void q_add(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; two_decs(x, v, add); }
static void q_sub(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; two_decs(x, v, sub); }
static void q_mul(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; two_decs(x, v, mul); }
static void q_div(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; two_decs(x, v, dec_div); }
static void q_rem(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; two_decs(x, v, dec_rem); }

static void q_dec(sqlite3_context *x, int n, sqlite3_value **v)
{
    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_INTEGER)
        dec_result(x, dec_of_units(sqlite3_value_int64(v[0]), sqlite3_value_int(v[1])));
}

static void q_units(sqlite3_context *x, int n, sqlite3_value **v)
{
    dec     d;
    int64_t units;
    (void)n;
    if (dec_arg(v[0], &d) && dec_to_units(d, sqlite3_value_int(v[1]), &units))
        sqlite3_result_int64(x, units);
}

static void q_cmp(sqlite3_context *x, int n, sqlite3_value **v)
{
    dec a, b;
    (void)n;
    if (dec_arg(v[0], &a) && dec_arg(v[1], &b))
        sqlite3_result_int(x, dec_cmp(a, b));
}

static void q_neg(sqlite3_context *x, int n, sqlite3_value **v)
{
    dec a;
    (void)n;
    if (dec_arg(v[0], &a))
        dec_result(x, dec_neg(a));
}

static void q_abs(sqlite3_context *x, int n, sqlite3_value **v)
{
    dec a;
    (void)n;
    if (dec_arg(v[0], &a))
        dec_result(x, dec_abs(a));
}

static void q_round(sqlite3_context *x, int n, sqlite3_value **v)
{
    dec a;
    (void)n;
    if (dec_arg(v[0], &a) && sqlite3_value_type(v[1]) == SQLITE_INTEGER)
        dec_result(x, dec_round(a, sqlite3_value_int(v[1]), DEC_HALF_UP));
}

static void q_fold(sqlite3_context *x, int n, sqlite3_value **v)
{
    struct arena *mem = sqlite3_user_data(x);
    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL)
        return;
    str s = text_fold(mem, text_arg(v[0]));
    sqlite3_result_text64(x, s.p ? s.p : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    arena_reset(mem);
}

static void q_contains(sqlite3_context *x, int n, sqlite3_value **v)
{
    struct arena *mem = sqlite3_user_data(x);
    (void)n;
    if (sqlite3_value_type(v[0]) == SQLITE_NULL || sqlite3_value_type(v[1]) == SQLITE_NULL)
        return;
    sqlite3_result_int(x, str_find(text_fold(mem, text_arg(v[0])), text_fold(mem, text_arg(v[1]))) >= 0);
    arena_reset(mem);
}

/* ---- aggregates -------------------------------------------------------------------------------------------------- */

struct sum { dec d; bool any; };

static void sum_step(sqlite3_context *x, int n, sqlite3_value **v)
{
    struct sum *s = sqlite3_aggregate_context(x, sizeof *s);
    dec         d;
    (void)n;
    if (s && dec_arg(v[0], &d)) {
        s->d = s->any ? dec_add(s->d, d) : d;
        s->any = true;
    }
}

static void sum_final(sqlite3_context *x)
{
    struct sum *s = sqlite3_aggregate_context(x, 0);
    if (s && s->any)
        dec_result(x, s->d);
}

static void extreme_step(sqlite3_context *x, sqlite3_value **v, int sign)
{
    struct sum *s = sqlite3_aggregate_context(x, sizeof *s);
    dec         d;
    if (s && dec_arg(v[0], &d) && (!s->any || dec_cmp(d, s->d) * sign > 0)) {
        s->d = d;
        s->any = true;
    }
}

static void min_step(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; extreme_step(x, v, -1); }
static void max_step(sqlite3_context *x, int n, sqlite3_value **v) { (void)n; extreme_step(x, v, 1); }

/* ---- functions of other rooms ------------------------------------------------------------------------------------ */

enum { MOST_GUESTS = 8, MOST_CELLS = 127 };
static const struct db_function *guests[MOST_GUESTS];
static int                       nguests;

void db_function_add(const struct db_function *fn)
{
    CHECK(nguests < MOST_GUESTS);
    guests[nguests++] = fn;
}

static struct value cell(sqlite3_value *v)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return v_int(sqlite3_value_int64(v));
    case SQLITE_TEXT:    return v_text(text_arg(v));
    default:             return V_NONE;
    }
}

static void answer(sqlite3_context *x, const struct value *v)
{
    switch (v->type) {
    case V_BOOL: sqlite3_result_int(x, v->u.b); return;
    case V_DEC:  dec_result(x, v->u.d); return;
    case V_TEXT: sqlite3_result_text64(x, v->u.s.p ? v->u.s.p : "", v->u.s.n, SQLITE_TRANSIENT, SQLITE_UTF8); return;
    case V_INT: case V_DATE: case V_TIME: case V_REF: sqlite3_result_int64(x, v->u.i); return;
    case V_NULL: case V_LIST: case V_ERROR: return;
    }
}

struct guest { const struct db_function *fn; struct arena *scratch; };

static void q_guest(sqlite3_context *x, int n, sqlite3_value **v)
{
    const struct guest *g = sqlite3_user_data(x);
    struct value        args[MOST_CELLS];
    void               *memo = sqlite3_get_auxdata(x, 0), *before = memo;
    CHECK(n <= MOST_CELLS);
    for (int i = 0; i < n; i++)
        args[i] = cell(v[i]);
    struct value out = g->fn->call(&memo, args, (size_t)n, g->scratch);
    answer(x, &out);
    arena_reset(g->scratch);
    if (memo != before)
        sqlite3_set_auxdata(x, 0, memo, g->fn->forget);
}

static int add_guests(struct sqlite_conn *c, int flags)
{
    int rc = SQLITE_OK;
    for (int i = 0; i < nguests && rc == SQLITE_OK; i++) {
        struct guest *g = sqlite3_malloc(sizeof *g);
        if (!g)
            return SQLITE_NOMEM;
        *g = (struct guest){ guests[i], c->scratch };
        rc = sqlite3_create_function_v2(c->h, guests[i]->name, -1, flags, g, q_guest, NULL, NULL, sqlite3_free);
    }
    return rc;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int         nargs;
    void      (*fn)(sqlite3_context *, int, sqlite3_value **);      /* NULL: an aggregate */
    void      (*step)(sqlite3_context *, int, sqlite3_value **);
    const char *doc;
} functions[] = {
    { "q_dec",      2, q_dec,      NULL,     "units, scale -> decimal" },
    { "q_units",    2, q_units,    NULL,     "decimal, scale -> units, rounded half away; null past 64 bits" },
    { "q_add",      2, q_add,      NULL,     "a + b" },
    { "q_sub",      2, q_sub,      NULL,     "a - b" },
    { "q_mul",      2, q_mul,      NULL,     "a * b" },
    { "q_div",      2, q_div,      NULL,     "a / b to 34 digits; null when b is 0" },
    { "q_rem",      2, q_rem,      NULL,     "a - b * truncated(a / b); null when b is 0" },
    { "q_neg",      1, q_neg,      NULL,     "-a" },
    { "q_abs",      1, q_abs,      NULL,     "|a|" },
    { "q_cmp",      2, q_cmp,      NULL,     "-1, 0 or 1, by value" },
    { "q_round",    2, q_round,    NULL,     "a to so many decimals, half away from zero" },
    { "q_fold",     1, q_fold,     NULL,     "text as search sees it" },
    { "q_contains", 2, q_contains, NULL,     "1 when the folded first text contains the folded second" },
    { "q_sum",      1, NULL,       sum_step, "exact sum of decimals; null of nothing" },
    { "q_min",      1, NULL,       min_step, "least decimal" },
    { "q_max",      1, NULL,       max_step, "greatest decimal" },
};

static int people(void *arg, int an, const void *a, int bn, const void *b)
{
    (void)arg;
    return text_collate((str){ a, (size_t)an }, (str){ b, (size_t)bn });
}

bool sqlite_functions_add(struct sqlite_conn *c, struct failure *f)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int       rc = sqlite3_create_collation_v2(c->h, "q_people", SQLITE_UTF8, NULL, people, NULL);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(c->h, functions[i].name, functions[i].nargs, flags, c->scratch, functions[i].fn,
                                        functions[i].step, functions[i].step ? sum_final : NULL, NULL);
    if (rc == SQLITE_OK)
        rc = add_guests(c, flags);
    return rc == SQLITE_OK || sqlite_failed(c, rc, f);
}
