/* sql: see expr.h for what is promised and sql.h for the files.  Conditions are composed two-valued: for each node the question
 * is “is it true” or “is it false”, so that not, empty columns and errors need no third value, and a comparison of a column with
 * a constant stays a bare comparison that an index serves. */
#include "formula/sql.h"
#include "base/check.h"

#include <string.h>

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

bool sql_constant(const struct node *n)
{
    if (n->kind == NODE_PATH || n->kind == NODE_ROW || n->kind == NODE_LIST || n->kind == NODE_GROUP)
        return false;
    for (int i = 0; i < n->n; i++)
        if (!sql_constant(n->arg[i]))
            return false;
    return true;
}

struct value sql_compute(struct sqlc *c, const struct node *n)
{
    c->ev.steps = 200000;
    return ev_node(&c->ev, n);
}

str sql_bind(struct sqlc *c, struct value v)
{
    if ((c->nbound & (c->nbound - 1)) == 0) {           /* room is a power of two */
        struct value *more = NEWV(c->mem, struct value, c->nbound < 2 ? 2 : (size_t)c->nbound * 2);
        if (c->nbound)
            memcpy(more, c->bound, (size_t)c->nbound * sizeof *more);
        c->bound = more;
    }
    c->bound[c->nbound] = v;
    return str_printf(c->mem, "%c%d\2", SQL_MARK, c->nbound++);
}

/* The text with its marks made parameters of the statement, each bound once. */
static str bind_marks(struct sqlc *c, str sql)
{
    struct buf b;
    int       *number = NEWV(c->mem, int, (size_t)c->nbound + 1);
    buf_init(&b, c->mem);
    for (;;) {
        ptrdiff_t at = str_chr(sql, SQL_MARK);
        buf_put(&b, str_sub(sql, 0, at < 0 ? sql.n : (size_t)at));
        if (at < 0)
            return buf_str(&b);
        ptrdiff_t end = str_chr(sql, '\2');
        int64_t   i;
        CHECK(end > at && str_to_i64(str_sub(sql, (size_t)at + 1, (size_t)end), &i) && i >= 0 && i < c->nbound);
        if (!number[i])
            number[i] = c->t->bind(c->t->arg, c->bound[i]);
        buf_printf(&b, "$%d", number[i]);
        sql = str_sub(sql, (size_t)end + 1, sql.n);
    }
}

bool sql_path(struct sqlc *c, const struct node *n, struct sql_column *out)
{
    if (n->kind == NODE_PATH)
        return c->t->column(c->t->arg, NULL, &c->x->paths[n->slot], out);
    return c->list && c->t->column(c->t->arg, c->list, &c->x->lists[n->list].paths[n->slot], out);
}

static void always(struct buf *b, bool truth) { buf_putz(b, truth ? "1=1" : "1=0"); }

/* ---- errors that cannot be ------------------------------------------------------------------------------------- */

static bool plain(enum vtype t) { return t == V_INT || t == V_DEC || t == V_BOOL; }

static bool divisor_is_safe(const struct node *n)
{
    return n->kind == NODE_CONST && v_is_number(&n->v) && !dec_is_zero(v_number(&n->v));
}

/* Whether the function can be relied on with these arguments; text where a number is needed may not be one. */
static bool call_never_fails(const struct node *n)
{
    static const char *const total[] = { "ABS", "SIGN", "ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC", "INT", "SUM", "MIN", "MAX", "IF",
                                         "AND", "OR", "XOR", "ISBLANK", "COALESCE", "EXACT", "CONTAINS", "STARTSWITH", "ENDSWITH",
                                         "LEN", "YEAR", "MONTH", "DAY", "QUARTER" };
    bool known = false;
    for (size_t i = 0; i < sizeof total / sizeof total[0]; i++)
        known = known || strcmp(n->fn->name, total[i]) == 0;
    for (int i = 0; i < n->n && known; i++) {
        const struct node *a = n->arg[i];
        char letter = fn_param(n->fn, i);
        if (letter == 'i' && a->kind != NODE_CONST)
            return false;
        if (strchr("nib", letter) && !plain(a->type))
            return false;
        if (strchr("ad", letter) && !plain(a->type) && a->type != V_DATE)
            return false;
        if (letter == 't' && a->type == V_NULL)
            return false;
    }
    return known;
}

static bool all(const struct node *n, bool (*good)(enum vtype))
{
    for (int i = 0; i < n->n; i++)
        if (!good(n->arg[i]->type))
            return false;
    return true;
}

static bool known(enum vtype t) { return t != V_NULL; }

bool sql_never_fails(const struct node *n)
{
    for (int i = 0; i < n->n; i++)
        if (!sql_never_fails(n->arg[i]))
            return false;
    switch (n->kind) {
    case NODE_CONST: return n->v.type != V_ERROR;
    case NODE_PATH: case NODE_ROW: case NODE_MISSING: return true;
    case NODE_LIST:  return n->fn->agg <= AGG_COUNTDISTINCT || n->fn->agg == AGG_MIN || n->fn->agg == AGG_MAX;
    case NODE_DIV: return all(n, plain) && divisor_is_safe(n->arg[1]);
    case NODE_ADD: case NODE_SUB: case NODE_MUL: case NODE_NEG: case NODE_PERCENT:
    case NODE_NOT: case NODE_AND: case NODE_OR: return all(n, plain);
    case NODE_EQ: case NODE_NE: case NODE_IN: case NODE_IN_LIST: return true;
    case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE: case NODE_CONCAT: return all(n, known);
    case NODE_CALL: return call_never_fails(n);
    default: return false;
    }
}

/* ---- a column against a constant ------------------------------------------------------------------------------- */

enum test { EQ, NE, LT, LE, GT, GE };

static const char *const spelled[] = { "=", "<>", "<", "<=", ">", ">=" };

static enum test opposite(enum test t)
{
    static const enum test table[] = { [EQ] = NE, [NE] = EQ, [LT] = GE, [LE] = GT, [GT] = LE, [GE] = LT };
    return table[t];
}

static enum test mirrored(enum test t)
{
    static const enum test table[] = { [EQ] = EQ, [NE] = NE, [LT] = GT, [LE] = GE, [GT] = LT, [GE] = LE };
    return table[t];
}

static bool holds(enum test t, int order)
{
    switch (t) {
    case EQ: return order == 0;
    case NE: return order != 0;
    case LT: return order < 0;
    case LE: return order <= 0;
    case GT: return order > 0;
    default: return order >= 0;
    }
}

static int order_of(struct sqlc *c, struct value a, struct value b)
{
    c->ev.steps = 200000;
    return value_order(&c->ev, &a, &b);
}

/* A test of a column: for rows where it has a value, SQL or a truth; and the truth for rows where it is empty. */
struct answer { str sql; bool truth, empty; };

static void write_answer(const struct sql_value *v, struct answer a, struct buf *out)
{
    if (!a.sql.n && (a.truth == a.empty || !v->may_be_empty)) {
        always(out, a.truth);
        return;
    }
    const char *null = a.empty ? " IS NULL" : " IS NOT NULL", *word = a.empty ? " OR " : " AND ";
    if (!a.sql.n)
        buf_printf(out, "(" STR_FMT "%s)", STR_ARG(v->col.sql), null);
    else if (!v->may_be_empty)
        buf_printf(out, "(" STR_FMT ")", STR_ARG(a.sql));
    else
        buf_printf(out, "(" STR_FMT "%s" STR_FMT "%s)", STR_ARG(a.sql), word, STR_ARG(v->col.sql), null);
}

/* column test k where the column holds whole numbers u and the value is u * 10^-scale + shift */
/* column = parameter.  STR_ARG names its argument twice, so nothing that binds may stand in it. */
static str compared(struct sqlc *c, const struct sql_value *v, enum test t, struct value k)
{
    str bound = sql_bind(c, k);
    return str_printf(c->mem, STR_FMT " %s " STR_FMT, STR_ARG(v->col.sql), spelled[t], STR_ARG(bound));
}

static struct answer whole_test(struct sqlc *c, const struct sql_value *v, int scale, int64_t shift, enum test t, dec k)
{
    struct answer a = { 0 };
    dec exact = dec_sub(k, dec_of_i64(shift));
    exact.exp += scale;
    dec     low = dec_round(exact, 0, DEC_FLOOR);
    bool    whole = dec_cmp(low, exact) == 0;
    int64_t u;
    if (!dec_to_i64(low, &u)) {
        a.truth = holds(t, low.neg ? 1 : -1);
        return a;
    }
    if (!whole && (t == EQ || t == NE)) {
        a.truth = t == NE;
        return a;
    }
    if (!whole)
        t = t == LT ? LE : t == GE ? GT : t;
    a.sql = compared(c, v, t, v_int(u));
    return a;
}

/* A numeric (PostgreSQL) or decimal text (SQLite) against a number. */
static struct answer loose_test(struct sqlc *c, const struct sql_value *v, enum test t, dec k)
{
    struct answer a = { 0 };
    str b = sql_bind(c, v_dec(k));
    if (c->t->dialect->has_numeric)
        a.sql = str_printf(c->mem, STR_FMT " %s " STR_FMT "::numeric", STR_ARG(v->col.sql), spelled[t], STR_ARG(b));
    else
        a.sql = str_printf(c->mem, "q_cmp(" STR_FMT ", " STR_FMT ") %s 0", STR_ARG(v->col.sql), STR_ARG(b), spelled[t]);
    return a;
}

/* The instant at which a local day begins, if clocks there do not change within a day of it. */
static bool quiet_midnight(struct sqlc *c, int64_t day, int64_t *us)
{
    const struct zone *z = c->env.zone;
    if (day < DAY_MIN + 2 || day > DAY_MAX - 2)
        return false;
    if (!z) {
        *us = day * US_PER_DAY;
        return true;
    }
    *us = zone_instant(z, day, 0);
    for (int h = -30; h <= 30; h++)
        if (zone_offset_us(z, *us + h * 3600 * US_PER_S) != zone_offset_us(z, *us))
            return false;
    return true;
}

/* Brings an instant's constant to an instant; false: not exactly. */
static bool as_instant(struct sqlc *c, struct value *k)
{
    dec     serial;
    int64_t day, us;
    if (k->type == V_TEXT) {
        if (instant_parse(k->u.s, &us)) {
            *k = v_time(us);
            return true;
        }
        if (!text_serial(k->u.s, &serial))
            return false;
        *k = dec_to_i64(serial, &day) ? day_value(day + SERIAL_EPOCH) : instant_at(&c->ev, serial);
    }
    if (k->type == V_DATE && quiet_midnight(c, k->u.i, &us)) {
        *k = v_time(us);
        return true;
    }
    return k->type == V_TIME;
}

static bool time_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    dec none;
    if (k.type == V_BOOL || (k.type == V_TEXT && !text_serial(k.u.s, &none) && !instant_parse(k.u.s, &(int64_t){ 0 }))) {
        a->truth = holds(t, -1);
        return true;
    }
    if (!as_instant(c, &k))
        return false;
    *a = (struct answer){ compared(c, v, t, v_int(k.u.i)), false, false };
    return true;
}

static bool date_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    dec serial;
    if (k.type == V_TEXT && text_serial(k.u.s, &serial))
        k = v_dec(serial);
    if (k.type == V_TEXT || k.type == V_BOOL)
        a->truth = holds(t, -1);
    else if (k.type == V_DATE)
        *a = whole_test(c, v, 0, 0, t, dec_of_i64(k.u.i));
    else if (k.type == V_TIME) {
        dec half = dec_of_units(5, 1);
        struct value day = to_day(&c->ev, &k), midnight;
        if (day.type != V_DATE)
            return false;
        midnight = day;
        bool exact = order_of(c, midnight, k) == 0;         /* else the instant lies within that day */
        *a = whole_test(c, v, 0, 0, t, exact ? dec_of_i64(day.u.i) : dec_add(dec_of_i64(day.u.i), half));
    } else if (v_is_number(&k))
        *a = whole_test(c, v, 0, -SERIAL_EPOCH, t, v_number(&k));
    else
        return false;
    return true;
}

static bool text_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    if (k.type == V_DATE || k.type == V_TIME || k.type == V_REF || k.type == V_LIST)
        return false;
    if (k.type != V_TEXT) {
        a->truth = holds(t, k.type == V_BOOL ? -1 : 1);
        return true;
    }
    bool equality = t == EQ || t == NE;
    a->sql = compared(c, v, t, k);
    if (!equality)
        a->sql = str_printf(c->mem, STR_FMT " COLLATE %s", STR_ARG(a->sql), c->t->dialect->text_order);
    return true;
}

static bool number_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    bool loose = v->col.type == V_DEC && v->col.scale < 0;
    if (k.type == V_TEXT || k.type == V_BOOL) {
        a->truth = holds(t, -1);
        return true;
    }
    if (k.type == V_REF && v->col.type == V_INT)
        k = v_int(k.u.i);
    else if (k.type == V_DATE)
        k = v_int(k.u.i - SERIAL_EPOCH);
    if (!v_is_number(&k))
        return false;
    *a = loose ? loose_test(c, v, t, v_number(&k)) : whole_test(c, v, v->col.type == V_DEC ? v->col.scale : 0, 0, t, v_number(&k));
    return true;
}

static bool bool_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    if (k.type == V_BOOL)
        *a = whole_test(c, v, 0, 0, t, dec_of_i64(k.u.b));
    else if (v_is_number(&k) || k.type == V_DATE || k.type == V_TIME || k.type == V_TEXT)
        a->truth = holds(t, 1);
    else
        return false;
    return true;
}

static bool ref_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    if (k.type == V_REF || k.type == V_INT)
        *a = whole_test(c, v, 0, 0, t, dec_of_i64(k.u.i));
    else if (k.type == V_TEXT || k.type == V_DEC || k.type == V_BOOL)
        a->truth = holds(t, 1);
    else
        return false;
    return true;
}

static struct value zero_of(enum vtype t)
{
    switch (t) {
    case V_TEXT: return v_text(S(""));
    case V_BOOL: return v_bool(false);
    case V_REF:  return v_ref(0);
    default:     return v_int(0);
    }
}

static bool column_test(struct sqlc *c, const struct sql_value *v, enum test t, struct value k, struct answer *a)
{
    memset(a, 0, sizeof *a);
    int order = order_of(c, V_NONE, k);
    if (order == 2)
        return false;
    bool empty = holds(t, order);
    if (k.type == V_NULL)
        k = zero_of(v->col.type);
    bool ok = false;
    switch (v->col.type) {
    case V_INT: case V_DEC: ok = number_test(c, v, t, k, a); break;
    case V_DATE: ok = date_test(c, v, t, k, a); break;
    case V_TIME: ok = time_test(c, v, t, k, a); break;
    case V_TEXT: ok = text_test(c, v, t, k, a); break;
    case V_BOOL: ok = bool_test(c, v, t, k, a); break;
    case V_REF:  ok = ref_test(c, v, t, k, a); break;
    case V_LIST: case V_NULL: case V_ERROR: break;
    }
    a->empty = empty;
    return ok;
}

/* ---- what is as good as a column ------------------------------------------------------------------------------- */

static bool column_like(struct sqlc *c, const struct node *n, struct sql_value *v)
{
    if (n->kind == NODE_PATH || n->kind == NODE_ROW) {
        *v = (struct sql_value){ .may_be_empty = true };
        return sql_path(c, n, &v->col);
    }
    return n->kind == NODE_LIST && sql_list(c, n, v) && !v->may_fail;
}

/* Two columns of the same kind; empty as the zero that expr_eval takes. */
static bool two_columns(struct sqlc *c, const struct sql_value *a, const struct sql_value *b, enum test t, struct buf *out)
{
    bool same = a->col.type == b->col.type && (a->col.type != V_DEC || (a->col.scale == b->col.scale && a->col.scale >= 0));
    if (!same || a->col.type == V_LIST || a->col.type == V_NULL)
        return false;
    bool        order = a->col.type == V_TEXT && t != EQ && t != NE;
    const char *zero = a->col.type == V_TEXT ? "''" : a->col.type == V_DATE ? "-25569" : a->col.type == V_TIME ? "-2209161600000000" : "0";
    buf_printf(out, "(COALESCE(" STR_FMT ", %s) %s COALESCE(" STR_FMT ", %s)%s%s)", STR_ARG(a->col.sql), zero, spelled[t],
               STR_ARG(b->col.sql), zero, order ? " COLLATE " : "", order ? c->t->dialect->text_order : "");
    return true;
}

static bool compare(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    enum test t = (enum test)(n->kind - NODE_EQ);
    const struct node *a = n->arg[0], *b = n->arg[1];
    struct sql_value   v, w;
    struct answer      answer;
    if (!want)
        t = opposite(t);
    if (sql_constant(a)) {
        const struct node *swap = a;
        a = b;
        b = swap;
        t = mirrored(t);
    }
    if (!column_like(c, a, &v))
        return false;
    if (!sql_constant(b))
        return column_like(c, b, &w) && two_columns(c, &v, &w, t, out);
    struct value k = sql_compute(c, b);
    if (k.type == V_ERROR) {
        always(out, false);
        return true;
    }
    if (!column_test(c, &v, t, k, &answer))
        return false;
    write_answer(&v, answer, out);
    return true;
}

/* ---- in -------------------------------------------------------------------------------------------------------- */

/* x in values that are known now: one IN where all of them are compared in the column's own form. */
static bool in_values(struct sqlc *c, const struct node *x, const struct value *k, size_t n, bool want, struct buf *out)
{
    struct sql_value v;
    struct answer    one;
    struct buf       b;
    bool             empty = false;
    int              some = 0;
    if (!column_like(c, x, &v) || v.col.type == V_LIST || (v.col.type == V_DEC && v.col.scale < 0))
        return false;
    buf_init(&b, c->mem);
    for (size_t i = 0; i < n; i++) {
        if (k[i].type == V_ERROR || !column_test(c, &v, EQ, k[i], &one))
            return false;
        empty = empty || one.empty;
        if (!one.sql.n && one.truth)
            return false;
        if (!one.sql.n)
            continue;
        ptrdiff_t bound = str_find(one.sql, S(" = \1"));
        CHECK(bound > 0);
        buf_putz(&b, some++ ? ", " : "");
        buf_put(&b, str_sub(one.sql, (size_t)bound + 3, one.sql.n));
    }
    struct answer all = { .truth = !want, .empty = empty == want };
    if (some)
        all.sql = str_printf(c->mem, STR_FMT " %sIN (" STR_FMT ")", STR_ARG(v.col.sql), want ? "" : "NOT ", STR_ARG(buf_str(&b)));
    write_answer(&v, all, out);
    return true;
}

static bool in_constants(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    struct value *k = NEWV(c->mem, struct value, (size_t)n->n);
    for (int i = 1; i < n->n; i++)
        k[i - 1] = sql_constant(n->arg[i]) ? sql_compute(c, n->arg[i]) : v_error(VE_NA);
    return in_values(c, n->arg[0], k, (size_t)n->n - 1, want, out);
}

static bool in_list(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    struct sql_value v;
    if (sql_constant(n->arg[1]) && !sql_constant(n->arg[0])) {      /* department in MYDEPARTMENTS() */
        struct value known = sql_compute(c, n->arg[1]);
        return known.type == V_LIST && in_values(c, n->arg[0], known.u.l.v, known.u.l.n, want, out);
    }
    if (!sql_constant(n->arg[0]) || !column_like(c, n->arg[1], &v) || v.col.type != V_LIST)
        return false;
    struct value k = sql_compute(c, n->arg[0]);
    if (k.type == V_ERROR) {
        always(out, false);
        return true;
    }
    struct answer a = { .truth = !want, .empty = !want };
    if (k.type == V_TEXT && k.u.s.n && str_chr(k.u.s, ',') < 0) {
        str framed = sql_bind(c, v_text(str_printf(c->mem, "," STR_FMT ",", STR_ARG(k.u.s))));
        a.sql = str_printf(c->mem, "%s(" STR_FMT ", " STR_FMT ") %s 0", c->t->dialect->has_numeric ? "strpos" : "instr",
                           STR_ARG(v.col.sql), STR_ARG(framed), want ? ">" : "=");
    } else if (k.type != V_TEXT)
        return false;
    write_answer(&v, a, out);
    return true;
}

/* ---- truth ----------------------------------------------------------------------------------------------------- */

static bool chain(struct sqlc *c, const struct node *n, bool want, const char *word, struct buf *out)
{
    buf_putc(out, '(');
    for (int i = 0; i < n->n; i++) {
        buf_putz(out, i ? word : "");
        if (!sql_condition(c, n->arg[i], want, out))
            return false;
    }
    buf_putc(out, ')');
    return true;
}

/* AND() and OR() pass errors on where `and` and `or` would decide: the same only where there are none, or where all must agree. */
static bool strict_chain(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    bool and = strcmp(n->fn->name, "AND") == 0;
    if (and != want)
        for (int i = 0; i < n->n; i++)
            if (!sql_never_fails(n->arg[i]) || !plain(n->arg[i]->type))
                return false;
    return chain(c, n, want, and == want ? " AND " : " OR ", out);
}

static bool if_then(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    if (n->n != 3 || n->arg[1]->kind == NODE_MISSING || n->arg[2]->kind == NODE_MISSING)
        return false;
    buf_putz(out, "((");
    if (!sql_condition(c, n->arg[0], true, out))
        return false;
    buf_putz(out, " AND ");
    if (!sql_condition(c, n->arg[1], want, out))
        return false;
    buf_putz(out, ") OR (");
    if (!sql_condition(c, n->arg[0], false, out))
        return false;
    buf_putz(out, " AND ");
    if (!sql_condition(c, n->arg[2], want, out))
        return false;
    buf_putz(out, "))");
    return true;
}

static bool is_blank(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    struct sql_column col;
    if ((n->arg[0]->kind != NODE_PATH && n->arg[0]->kind != NODE_ROW) || !sql_path(c, n->arg[0], &col))
        return false;
    buf_printf(out, "(" STR_FMT "%s)", STR_ARG(col.sql), want ? " IS NULL" : " IS NOT NULL");
    return true;
}

static bool call(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    const char *name = n->fn->name;
    if (strcmp(name, "AND") == 0 || strcmp(name, "OR") == 0)
        return strict_chain(c, n, want, out);
    if (strcmp(name, "IF") == 0)
        return if_then(c, n, want, out);
    return strcmp(name, "ISBLANK") == 0 && is_blank(c, n, want, out);
}

/* What has an exact and plain form here; false leaves rubbish in out. */
static bool native(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    struct sql_value v;
    struct answer    a;
    switch (n->kind) {
    case NODE_NOT: return sql_condition(c, n->arg[0], !want, out);
    case NODE_AND: return chain(c, n, want, want ? " AND " : " OR ", out);
    case NODE_OR:  return chain(c, n, want, want ? " OR " : " AND ", out);
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE:
        return compare(c, n, want, out);
    case NODE_IN:      return in_constants(c, n, want, out);
    case NODE_IN_LIST: return in_list(c, n, want, out);
    case NODE_CALL:    return call(c, n, want, out);
    case NODE_PATH: case NODE_ROW: case NODE_LIST:
        if (!column_like(c, n, &v) || !plain(v.col.type))
            return false;
        if (!column_test(c, &v, v.col.type == V_BOOL || !want ? EQ : NE, v.col.type == V_BOOL ? v_bool(want) : v_int(0), &a))
            return false;
        write_answer(&v, a, out);
        return true;
    default: return false;
    }
}

bool sql_condition(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    size_t before = out->n;
    if (--c->work < 0)
        return false;
    if (sql_constant(n)) {
        struct value v = sql_compute(c, n);
        v = to_bool(&c->ev, &v);
        always(out, v.type == V_BOOL && v.u.b == want);
        return true;
    }
    if (native(c, n, want, out))
        return true;
    out->n = before;
    return c->t->dialect->has_numeric ? pg_condition(c, n, want, out) : sqlite_condition(c, n, want, out);
}

/* ---- the doors ------------------------------------------------------------------------------------------------- */

enum { MOST_WORK = 3000 };

static struct sqlc begin(const struct expr *x, const struct sql_target *t)
{
    struct sqlc c = { .x = x, .t = t, .mem = t->mem, .work = MOST_WORK };
    if (t->env)
        c.env = *t->env;
    c.env.mem = t->mem;
    c.env.slots = NULL;
    c.env.lists = NULL;
    c.env.aggs = NULL;
    return c;
}

bool expr_sql_condition(const struct expr *x, const struct sql_target *t, str *out)
{
    struct sqlc c = begin(x, t);
    struct buf  b;
    c.ev = (struct ev){ .env = &c.env, .expr = x };
    sqlite_announce();
    buf_init(&b, t->mem);
    if (!sql_condition(&c, x->root, true, &b)) {
        b.n = 0;
        c.work = MOST_WORK;
        if (t->dialect->has_numeric || !sqlite_condition(&c, x->root, true, &b))
            return false;
    }
    *out = bind_marks(&c, buf_str(&b));
    return true;
}

bool expr_sql(const struct expr *x, const struct sql_target *t, struct sql_column *out)
{
    struct sqlc      c = begin(x, t);
    struct sql_value v;
    c.ev = (struct ev){ .env = &c.env, .expr = x };
    sqlite_announce();
    if (x->root->kind == NODE_PATH)
        return sql_path(&c, x->root, out);
    if (!(x->root->kind == NODE_LIST && sql_list(&c, x->root, &v)) &&
        !(t->dialect->has_numeric ? pg_value(&c, x->root, &v) : sqlite_value(&c, x->root, &v)))
        return false;
    *out = v.col;
    out->sql = bind_marks(&c, out->sql);
    return true;
}

struct value sql_column_value(const struct sql_column *col, const struct value *cell, struct arena *mem)
{
    dec d;
    if (cell->type == V_NULL)
        return V_NONE;
    switch (col->type) {
    case V_BOOL: return cell->type == V_INT ? v_bool(cell->u.i != 0) : *cell;
    case V_DATE: return cell->type == V_INT ? v_date(cell->u.i) : *cell;
    case V_TIME: return cell->type == V_INT ? v_time(cell->u.i) : *cell;
    case V_REF:  return cell->type == V_INT ? v_ref(cell->u.i) : *cell;
    case V_DEC:
        if (cell->type == V_INT && col->scale >= 0)
            return v_dec(dec_of_units(cell->u.i, col->scale));
        return cell->type == V_TEXT && dec_parse(cell->u.s, &d) ? number_of_dec(d) : *cell;
    case V_INT:  return cell->type == V_TEXT && dec_parse(cell->u.s, &d) ? number_of_dec(d) : *cell;
    case V_LIST: {
        if (cell->type != V_TEXT)
            return *cell;
        size_t n = 0;
        for (size_t i = 0; i < cell->u.s.n; i++)
            n += cell->u.s.p[i] == ',';
        struct value *v = NEWV(mem, struct value, n + 1);
        str rest = cell->u.s, part;
        n = 0;
        while (str_cut(&rest, ',', &part))
            if (part.n)
                v[n++] = v_text(part);
        return (struct value){ V_LIST, { .l = { v, n } } };
    }
    case V_TEXT: case V_NULL: case V_ERROR: break;
    }
    return *cell;
}
