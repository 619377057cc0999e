/* sql_pg: values and conditions on PostgreSQL, where numeric is exact but not of 34 digits: what may have more is rounded to 34
 * digits at the same places as dec does, and what cannot be shown to agree is refused.
 *
 * A piece carries bounds, |value| < 10^whole with at most `frac` decimals, so that most sums and products are known to be exact.
 * A null is an error or empty; a piece where it may be both is fit only for what treats both alike. */
#include "base/check.h"
#include "formula/sql.h"

#include <string.h>

enum kind { NUM, TRUTH, TEXT, DAY, INSTANT, LINK };

struct piece {
    str       sql;
    enum kind kind;
    bool      empty, error;         /* what a null would mean */
    int       whole, frac;          /* of NUM */
};

enum { DIGITS = DEC_DIGITS, UNITS = 19, MOST_DECIMALS = 60 };

static bool make(struct sqlc *, const struct node *, struct piece *);

/* ---- columns and constants ------------------------------------------------------------------------------------- */

static bool of_column(struct sqlc *c, const struct sql_value *v, struct piece *p)
{
    const struct sql_column *col = &v->col;
    *p = (struct piece){ .sql = col->sql, .empty = v->may_be_empty, .error = v->may_fail };
    switch (col->type) {
    case V_INT:
        p->sql = str_printf(c->mem, "(" STR_FMT ")::numeric", STR_ARG(col->sql));
        p->whole = UNITS;
        return true;
    case V_DEC:
        if (col->scale < 0) {
            p->whole = v->whole;
            p->frac = v->frac;
        } else {
            p->sql = str_printf(c->mem, "((" STR_FMT ")::numeric * 1e-%d)", STR_ARG(col->sql), col->scale);
            p->whole = UNITS - col->scale > 0 ? UNITS - col->scale : 1;
            p->frac = col->scale;
        }
        return true;
    case V_BOOL:
        p->kind = TRUTH;
        p->sql = str_printf(c->mem, "((" STR_FMT ") <> 0)", STR_ARG(col->sql));
        return true;
    case V_TEXT: p->kind = TEXT; return true;
    case V_DATE: p->kind = DAY; return true;
    case V_TIME: p->kind = INSTANT; return true;
    case V_REF:  p->kind = LINK; return true;
    case V_LIST: case V_NULL: case V_ERROR: break;
    }
    return false;
}

static bool of_constant(struct sqlc *c, struct value v, struct piece *p)
{
    memset(p, 0, sizeof *p);
    switch (v.type) {
    case V_INT: case V_DEC: {
        dec d = dec_trim(v_number(&v));
        p->whole = d.exp + dec_digits(d) > 0 ? d.exp + dec_digits(d) : 1;
        p->frac = d.exp < 0 ? -d.exp : 0;
        p->sql = str_cat(c->mem, sql_bind(c, v_dec(d)), S("::numeric"));
        return p->whole <= DIGITS && p->frac <= MOST_DECIMALS;
    }
    case V_BOOL: p->kind = TRUTH; p->sql = v.u.b ? S("true") : S("false"); return true;
    case V_TEXT: p->kind = TEXT; p->sql = str_cat(c->mem, sql_bind(c, v), S("::text")); return true;
    case V_DATE: p->kind = DAY; break;
    case V_TIME: p->kind = INSTANT; break;
    case V_REF:  p->kind = LINK; break;
    default: return false;
    }
    p->sql = str_cat(c->mem, sql_bind(c, v_int(v.u.i)), S("::bigint"));
    return true;
}

/* ---- 34 digits ------------------------------------------------------------------------------------------------- */

/* Rounds to 34 significant digits, half away from zero.  What is below the first limit has no more. */
static void round_digits(struct sqlc *c, struct piece *p)
{
    if (p->whole + p->frac <= DIGITS)
        return;
    str limit = p->frac < DIGITS ? str_printf(c->mem, "WHEN abs(v) < 1e%d THEN v ", DIGITS - p->frac) : S("");
    p->sql = str_printf(c->mem,
        "(SELECT CASE " STR_FMT "WHEN v = 0 THEN v "
        "WHEN abs(v) >= 1 THEN round(v, %d - length(trunc(abs(v))::text)) "
        "ELSE round(v, %d + scale(v) - length(ltrim(split_part(v::text, '.', 2), '0'))) END FROM (SELECT " STR_FMT ") AS q(v))",
        STR_ARG(limit), DIGITS, DIGITS, STR_ARG(p->sql));
}

/* Empty is 0; what may be an error stays null. */
static bool number(struct sqlc *c, struct piece *p)
{
    if (p->empty && p->error)
        return false;
    switch (p->kind) {
    case NUM: break;
    case TRUTH: p->sql = str_printf(c->mem, "(" STR_FMT ")::int::numeric", STR_ARG(p->sql)); p->whole = 1; p->frac = 0; break;
    case DAY:   p->sql = str_printf(c->mem, "(" STR_FMT " + 25569)::numeric", STR_ARG(p->sql)); p->whole = 7; p->frac = 0; break;
    case TEXT: case INSTANT: case LINK: return false;
    }
    if (p->empty)
        p->sql = str_printf(c->mem, "COALESCE(" STR_FMT ", 0)", STR_ARG(p->sql));
    p->kind = NUM;
    p->empty = false;
    return true;
}

static bool fits(const struct piece *p) { return p->frac <= MOST_DECIMALS && p->whole <= 200; }

static int larger(int a, int b) { return a > b ? a : b; }

static bool sum(struct sqlc *c, const struct piece *a, const struct piece *b, char sign, struct piece *p)
{
    *p = (struct piece){ str_printf(c->mem, "(" STR_FMT " %c " STR_FMT ")", STR_ARG(a->sql), sign, STR_ARG(b->sql)), NUM, false,
                         a->error || b->error, larger(a->whole, b->whole) + 1, larger(a->frac, b->frac) };
    round_digits(c, p);
    return fits(p);
}

static bool product(struct sqlc *c, const struct piece *a, const struct piece *b, struct piece *p)
{
    *p = (struct piece){ str_printf(c->mem, "(" STR_FMT " * " STR_FMT ")", STR_ARG(a->sql), STR_ARG(b->sql)), NUM, false,
                         a->error || b->error, a->whole + b->whole, a->frac + b->frac };
    round_digits(c, p);
    return fits(p);
}

/* a / b.  numeric divides to as many decimals as its arguments show, so a shows enough of them that rounding there and then to
 * 34 digits is the same as rounding once: with coefficients of at most 34 digits the quotient is a tie at the 35th digit, or
 * at least 10^-(69 + zeros + frac) away from one, where zeros are those behind the point. */
static bool quotient(struct sqlc *c, const struct piece *a, const struct piece *b, struct piece *p)
{
    int zeros = a->frac + b->whole, decimals = 72 + zeros + a->frac;
    *p = (struct piece){ str_printf(c->mem, "(round(" STR_FMT ", %d) / NULLIF(" STR_FMT ", 0))", STR_ARG(a->sql), decimals, STR_ARG(b->sql)),
                         NUM, false, true, a->whole + b->frac, decimals };
    if (a->whole > DIGITS || b->whole > DIGITS || a->frac > 30 || b->frac > 30)
        return false;
    round_digits(c, p);
    p->frac = DIGITS + zeros;
    return true;
}

/* ---- operators ------------------------------------------------------------------------------------------------- */

static bool is_number(enum vtype t) { return t == V_INT || t == V_DEC || t == V_BOOL; }

static bool days(struct sqlc *c, const struct node *n, const struct piece *a, const struct piece *b, struct piece *p)
{
    const char sign = n->kind == NODE_ADD ? '+' : '-';
    if (a->kind == DAY && b->kind == DAY && n->kind == NODE_SUB) {
        *p = (struct piece){ str_printf(c->mem, "(" STR_FMT " - " STR_FMT ")::numeric", STR_ARG(a->sql), STR_ARG(b->sql)), NUM,
                             a->empty || b->empty, a->error || b->error, 8, 0 };
        return true;
    }
    const struct piece *day = a->kind == DAY ? a : b, *by = a->kind == DAY ? b : a;
    if (day->kind != DAY || by->kind != NUM || by->frac != 0 || (b->kind == DAY && sign == '-') || n->type != V_DATE)
        return false;
    struct piece shift = *by;
    if (!number(c, &shift))
        return false;
    *p = (struct piece){ .kind = DAY, .error = true, .empty = day->empty };
    p->sql = str_printf(c->mem, "(SELECT CASE WHEN v BETWEEN %lld AND %lld THEN v::bigint END FROM (SELECT " STR_FMT " %c " STR_FMT ") AS q(v))",
                        (long long)DAY_MIN, (long long)DAY_MAX, STR_ARG(day->sql), sign, STR_ARG(shift.sql));
    return true;
}

static bool arithmetic(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct piece a, b;
    if (!make(c, n->arg[0], &a) || !make(c, n->arg[1], &b))
        return false;
    if (n->kind <= NODE_SUB && (a.kind == DAY || b.kind == DAY))
        return days(c, n, &a, &b, p);
    if (!number(c, &a) || !number(c, &b))
        return false;
    switch (n->kind) {
    case NODE_ADD: return sum(c, &a, &b, '+', p);
    case NODE_SUB: return sum(c, &a, &b, '-', p);
    case NODE_MUL: return product(c, &a, &b, p);
    case NODE_DIV: return quotient(c, &a, &b, p);
    default: return false;
    }
}

static bool signed_number(struct sqlc *c, const struct node *n, struct piece *p)
{
    if (!make(c, n->arg[0], p))
        return false;
    if (n->kind == NODE_PLUS)
        return true;
    if (!number(c, p))
        return false;
    if (n->kind == NODE_PERCENT) {
        struct piece hundredth = { .sql = S("0.01"), .kind = NUM, .whole = 1, .frac = 2 }, a = *p;
        return product(c, &a, &hundredth, p);
    }
    p->sql = str_printf(c->mem, "(-" STR_FMT ")", STR_ARG(p->sql));
    return true;
}

/* As `&` writes it: numbers without trailing zeros, days as 2026-01-31, TRUE and FALSE. */
static bool text(struct sqlc *c, struct piece *p)
{
    if (p->empty && p->error)
        return false;
    switch (p->kind) {
    case TEXT: break;
    case NUM:
        if (p->whole + p->frac > DIGITS)
            return false;
        p->sql = str_printf(c->mem, "trim_scale(" STR_FMT ")::text", STR_ARG(p->sql));
        break;
    case TRUTH: p->sql = str_printf(c->mem, "CASE " STR_FMT " WHEN true THEN 'TRUE' WHEN false THEN 'FALSE' END", STR_ARG(p->sql)); break;
    case DAY: p->sql = str_printf(c->mem, "to_char(date '1970-01-01' + (" STR_FMT ")::int, 'YYYY-MM-DD')", STR_ARG(p->sql)); break;
    case INSTANT: case LINK: return false;
    }
    p->sql = p->empty ? str_printf(c->mem, "COALESCE(" STR_FMT ", '')", STR_ARG(p->sql)) : str_printf(c->mem, "(" STR_FMT ")", STR_ARG(p->sql));
    p->kind = TEXT;
    p->empty = false;
    return true;
}

static bool concat(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct buf b;
    bool       error = false;
    buf_init(&b, c->mem);
    for (int i = 0; i < n->n; i++) {
        if (!make(c, n->arg[i], p) || !text(c, p))
            return false;
        error = error || p->error;
        buf_printf(&b, "%s" STR_FMT, i ? " || " : "(", STR_ARG(p->sql));
    }
    buf_putc(&b, ')');
    *p = (struct piece){ .sql = buf_str(&b), .kind = TEXT, .error = error };
    return true;
}

/* ---- truth ----------------------------------------------------------------------------------------------------- */

static bool truth(struct sqlc *c, struct piece *p)
{
    if (p->kind == NUM)
        p->sql = str_printf(c->mem, "(" STR_FMT " <> 0)", STR_ARG(p->sql));
    else if (p->kind != TRUTH)
        return false;
    if (p->empty && p->error)
        return false;
    if (p->empty)
        p->sql = str_printf(c->mem, "COALESCE(" STR_FMT ", false)", STR_ARG(p->sql));
    p->kind = TRUTH;
    p->empty = false;
    return true;
}

static bool same_kind(struct sqlc *c, struct piece *a, struct piece *b)
{
    if ((a->kind == DAY && b->kind == NUM) || (a->kind == NUM && b->kind == DAY))
        return number(c, a) && number(c, b);
    return a->kind == b->kind;
}

static bool fill(struct sqlc *c, struct piece *p)
{
    static const char *const zero[] = { [NUM] = "0", [TRUTH] = "false", [TEXT] = "''", [DAY] = "-25569", [INSTANT] = "-2209161600000000",
                                        [LINK] = "0" };
    if (p->empty)
        p->sql = str_printf(c->mem, "COALESCE(" STR_FMT ", %s)", STR_ARG(p->sql), zero[p->kind]);
    return !(p->empty && p->error);
}

static bool comparison(struct sqlc *c, const struct node *n, struct piece *p)
{
    static const char *const sign[] = { "=", "<>", "<", "<=", ">", ">=" };
    struct piece a, b;
    if (!make(c, n->arg[0], &a) || !make(c, n->arg[1], &b) || !same_kind(c, &a, &b))
        return false;
    bool order = n->kind != NODE_EQ && n->kind != NODE_NE;
    if (!fill(c, &a) || !fill(c, &b))
        return false;
    *p = (struct piece){ .kind = TRUTH, .error = a.error || b.error };
    p->sql = str_printf(c->mem, "(" STR_FMT " %s " STR_FMT "%s%s)", STR_ARG(a.sql), sign[n->kind - NODE_EQ], STR_ARG(b.sql),
                        order && a.kind == TEXT ? " COLLATE " : "", order && a.kind == TEXT ? c->t->dialect->text_order : "");
    return !(order && a.kind == LINK);
}

/* The two-valued question of sql.c as a value: true, false, or null for an error. */
static bool asked(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct buf yes, no;
    buf_init(&yes, c->mem);
    buf_init(&no, c->mem);
    if (!sql_condition(c, n, true, &yes))
        return false;
    *p = (struct piece){ .kind = TRUTH, .sql = buf_str(&yes), .error = !sql_never_fails(n) };
    if (!p->error)
        return true;
    if (!sql_condition(c, n, false, &no))
        return false;
    p->sql = str_printf(c->mem, "(CASE WHEN " STR_FMT " THEN true WHEN " STR_FMT " THEN false END)", STR_ARG(p->sql), STR_ARG(buf_str(&no)));
    return true;
}

/* ---- functions ------------------------------------------------------------------------------------------------- */

/* Two pieces of one kind, for the branches of IF. */
static bool alike(struct piece *a, const struct piece *b)
{
    if (a->kind != b->kind)
        return false;
    a->whole = larger(a->whole, b->whole);
    a->frac = larger(a->frac, b->frac);
    return true;
}

static bool pg_if(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct piece when, a, b;
    if (n->n != 3 || n->arg[1]->kind == NODE_MISSING || n->arg[2]->kind == NODE_MISSING)
        return false;
    if (!make(c, n->arg[0], &when) || !truth(c, &when) || !make(c, n->arg[1], &a) || !make(c, n->arg[2], &b) || !alike(&a, &b))
        return false;
    *p = a;
    p->empty = a.empty || b.empty;
    p->error = a.error || b.error || when.error;
    p->sql = str_printf(c->mem, "(CASE " STR_FMT " WHEN true THEN " STR_FMT " WHEN false THEN " STR_FMT " END)", STR_ARG(when.sql),
                        STR_ARG(a.sql), STR_ARG(b.sql));
    return true;
}

static bool pg_iferror(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct piece a, b;
    if (n->arg[0]->kind == NODE_MISSING || n->arg[1]->kind == NODE_MISSING || !make(c, n->arg[0], &a))
        return false;
    if (!a.error) {
        *p = a;
        return true;
    }
    if (a.empty || !make(c, n->arg[1], &b) || a.kind != b.kind)
        return false;
    *p = b;
    p->whole = larger(a.whole, b.whole);
    p->frac = larger(a.frac, b.frac);
    p->sql = str_printf(c->mem, "COALESCE(" STR_FMT ", " STR_FMT ")", STR_ARG(a.sql), STR_ARG(b.sql));
    return true;
}

/* ROUND, ROUNDDOWN, TRUNC with digits that are known */
static bool pg_round(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct value digits = n->n > 1 ? n->arg[1]->v : v_int(0);
    bool         half = strcmp(n->fn->name, "ROUND") == 0;
    if ((n->n > 1 && n->arg[1]->kind != NODE_CONST) || digits.type != V_INT || digits.u.i < 0 || digits.u.i > 30)
        return false;
    if (!make(c, n->arg[0], p) || !number(c, p))
        return false;
    p->sql = str_printf(c->mem, "%s(" STR_FMT ", %d)", half ? "round" : "trunc", STR_ARG(p->sql), (int)digits.u.i);
    p->whole += half;
    p->frac = digits.u.i < p->frac ? (int)digits.u.i : p->frac;
    return true;
}

/* MIN and MAX of plain arguments pass empty over, as LEAST and GREATEST do. */
static bool pg_extreme(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct buf b;
    bool       empty = true;
    buf_init(&b, c->mem);
    for (int i = 0; i < n->n; i++) {
        struct piece a;
        if (!make(c, n->arg[i], &a) || (a.kind != NUM && a.kind != DAY) || a.error || (i && a.kind != p->kind))
            return false;
        if (i == 0)
            *p = a;
        empty = empty && a.empty;
        p->whole = larger(p->whole, a.whole);
        p->frac = larger(p->frac, a.frac);
        buf_printf(&b, "%s" STR_FMT, i ? ", " : n->fn->agg == AGG_MIN ? "LEAST(" : "GREATEST(", STR_ARG(a.sql));
    }
    buf_putc(&b, ')');
    p->sql = buf_str(&b);
    p->empty = empty;
    return true;
}

static bool pg_sum(struct sqlc *c, const struct node *n, struct piece *p)
{
    *p = (struct piece){ .sql = S("0::numeric"), .whole = 1 };
    for (int i = 0; i < n->n; i++) {
        struct piece a, before = *p;
        if (!is_number(n->arg[i]->type) || !make(c, n->arg[i], &a) || !number(c, &a) || !sum(c, &before, &a, '+', p))
            return false;
        if (p->whole + p->frac > DIGITS)        /* rounded in another order */
            return false;
    }
    return true;
}

static bool pg_coalesce(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct buf b;
    bool       empty = true;
    buf_init(&b, c->mem);
    for (int i = 0; i < n->n; i++) {
        struct piece a;
        if (!make(c, n->arg[i], &a) || a.error || (i && a.kind != p->kind))
            return false;
        if (i == 0)
            *p = a;
        p->whole = larger(p->whole, a.whole);
        p->frac = larger(p->frac, a.frac);
        empty = empty && (a.empty || a.kind == TEXT);
        buf_printf(&b, a.kind == TEXT ? "%sNULLIF(" STR_FMT ", '')" : "%s" STR_FMT, i ? ", " : "COALESCE(", STR_ARG(a.sql));
    }
    buf_putc(&b, ')');
    p->sql = buf_str(&b);
    p->empty = empty;
    return true;
}

static bool convert(struct sqlc *c, char letter, struct piece *a)
{
    switch (letter) {
    case 'n': return number(c, a);
    case 'b': return truth(c, a);
    case 't': return text(c, a);
    case 'd': return a->kind == DAY;        /* empty makes the result empty */
    default: return false;
    }
}

/* A function whose row says how PostgreSQL writes it. */
static bool pg_template(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct piece a[4];
    bool         error = false, empty = false;
    if (!n->fn->pg || n->n > 4 || n->n != fn_max_args(n->fn))
        return false;
    for (int i = 0; i < n->n; i++) {
        char letter = fn_param(n->fn, i);
        if (letter == 'i') {            /* counts of characters: only those that are known and not negative */
            const struct node *k = n->arg[i];
            if (k->kind != NODE_CONST || k->v.type != V_INT || k->v.u.i < 0 || k->v.u.i > 1000000)
                return false;
            a[i] = (struct piece){ .sql = str_printf(c->mem, "%d", (int)k->v.u.i) };
        } else if (n->arg[i]->kind == NODE_MISSING || !make(c, n->arg[i], &a[i]) || !convert(c, letter, &a[i]))
            return false;
        error = error || a[i].error;
        empty = empty || (letter == 'd' && a[i].empty);
    }
    struct buf b;
    buf_init(&b, c->mem);
    for (const char *t = n->fn->pg; *t; t++) {
        if (*t != '$') {
            buf_putc(&b, *t);
            continue;
        }
        int i = *++t - '1';
        CHECK(i >= 0 && i < n->n);
        buf_printf(&b, "(" STR_FMT ")", STR_ARG(a[i].sql));
    }
    static const struct { char letter; enum kind kind; } kinds[] = { { 'n', NUM }, { 'i', NUM }, { 'b', TRUTH }, { 't', TEXT }, { 'd', DAY } };
    *p = (struct piece){ .sql = buf_str(&b), .error = error, .empty = empty, .whole = n->n && a[0].kind == NUM ? a[0].whole + 1 : 10,
                         .frac = n->n && a[0].kind == NUM && n->fn->result == 'n' ? a[0].frac : 0 };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].letter == n->fn->result) {
            p->kind = kinds[i].kind;
            if (p->kind == NUM)
                p->sql = str_printf(c->mem, "(" STR_FMT ")::numeric", STR_ARG(p->sql));
            return true;
        }
    return false;
}

static bool iserror(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct piece a;
    if (n->arg[0]->kind == NODE_MISSING || !make(c, n->arg[0], &a) || (a.error && a.empty))
        return false;
    *p = (struct piece){ .kind = TRUTH, .sql = a.error ? str_printf(c->mem, "(" STR_FMT " IS NULL)", STR_ARG(a.sql)) : S("false") };
    return true;
}

static bool call(struct sqlc *c, const struct node *n, struct piece *p)
{
    static const struct { const char *name; bool (*make)(struct sqlc *, const struct node *, struct piece *); } own[] = {
        { "IF", pg_if }, { "IFERROR", pg_iferror }, { "ROUND", pg_round }, { "ROUNDDOWN", pg_round }, { "TRUNC", pg_round },
        { "MIN", pg_extreme }, { "MAX", pg_extreme }, { "SUM", pg_sum }, { "COALESCE", pg_coalesce }, { "ISERROR", iserror },
    };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i].name, n->fn->name) == 0)
            return own[i].make(c, n, p);
    if (strcmp(n->fn->name, "AND") == 0 || strcmp(n->fn->name, "OR") == 0 || strcmp(n->fn->name, "ISBLANK") == 0)
        return asked(c, n, p);
    return pg_template(c, n, p);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static bool make(struct sqlc *c, const struct node *n, struct piece *p)
{
    struct sql_value v = { .may_be_empty = true };
    if (--c->work < 0)
        return false;
    if (sql_constant(n) && n->kind != NODE_MISSING)
        return of_constant(c, sql_compute(c, n), p);
    switch (n->kind) {
    case NODE_PATH: case NODE_ROW: return sql_path(c, n, &v.col) && of_column(c, &v, p);
    case NODE_LIST: return sql_list(c, n, &v) && of_column(c, &v, p);
    case NODE_CALL: return call(c, n, p);
    case NODE_NEG: case NODE_PLUS: case NODE_PERCENT: return signed_number(c, n, p);
    case NODE_CONCAT: return concat(c, n, p);
    case NODE_ADD: case NODE_SUB: case NODE_MUL: case NODE_DIV: return arithmetic(c, n, p);
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE: return comparison(c, n, p);
    case NODE_AND: case NODE_OR: case NODE_NOT: case NODE_IN: case NODE_IN_LIST: return asked(c, n, p);
    default: return false;
    }
}

static void as_column(struct sqlc *c, const struct piece *p, struct sql_value *out)
{
    *out = (struct sql_value){ .may_be_empty = p->empty, .may_fail = p->error, .whole = p->whole, .frac = p->frac };
    out->col.sql = p->sql;
    switch (p->kind) {
    case NUM:
        out->col.type = V_DEC;
        out->col.scale = -1;
        out->col.sql = str_printf(c->mem, "trim_scale(" STR_FMT ")", STR_ARG(p->sql));
        return;
    case TRUTH:
        out->col.type = V_BOOL;
        out->col.sql = str_printf(c->mem, "(" STR_FMT ")::int::bigint", STR_ARG(p->sql));
        return;
    case TEXT: out->col.type = V_TEXT; return;
    case DAY:
        out->col.type = V_DATE;
        out->col.sql = str_printf(c->mem, "(" STR_FMT ")::bigint", STR_ARG(p->sql));
        return;
    case INSTANT: out->col.type = V_TIME; return;
    case LINK:    out->col.type = V_REF; return;
    }
}

bool pg_value(struct sqlc *c, const struct node *n, struct sql_value *out)
{
    struct piece p;
    if (n->type == V_NULL || !make(c, n, &p))
        return false;
    as_column(c, &p, out);
    return true;
}

bool pg_condition(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    struct piece p;
    switch (n->kind) {                  /* whose value is made from these very questions */
    case NODE_AND: case NODE_OR: case NODE_NOT: case NODE_IN: case NODE_IN_LIST: return false;
    case NODE_CALL:
        if (strcmp(n->fn->name, "AND") == 0 || strcmp(n->fn->name, "OR") == 0 || strcmp(n->fn->name, "ISBLANK") == 0)
            return false;
        break;
    default: break;
    }
    if (!make(c, n, &p) || !truth(c, &p))
        return false;
    buf_printf(out, "COALESCE(%s" STR_FMT ", false)", want ? "" : "NOT ", STR_ARG(p.sql));
    return true;
}

bool pg_total(struct sqlc *c, struct sql_value *v)
{
    struct piece p = { .sql = v->col.sql, .whole = v->whole, .frac = v->frac };
    round_digits(c, &p);
    v->col.sql = p.sql;
    return fits(&p);
}

bool pg_quotient(struct sqlc *c, const struct sql_value *a, const struct sql_value *b, struct sql_value *out)
{
    struct piece x, y, q;
    if (!of_column(c, a, &x) || !of_column(c, b, &y) || !number(c, &x) || !number(c, &y) || !quotient(c, &x, &y, &q))
        return false;
    as_column(c, &q, out);
    return true;
}
