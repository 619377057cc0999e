/* sql_list: aggregates over lists as sub-queries: SUM, COUNT, COUNTA, COUNTDISTINCT, AVERAGE, MIN, MAX.  The others, and arguments that
 * might be errors, are left to C: an error of one row must be the error of the whole, and SQL aggregates pass nulls over.
 * A sum that leaves 34 digits depends on the order of its rows, here as in C. */
#include "formula/sql.h"

enum { ROWS_DIGITS = 15 };      /* no list has 10^15 rows */

/* What is aggregated, and in which form. */
static bool argument(struct sqlc *c, const struct node *n, struct sql_value *v)
{
    if (n->kind == NODE_ROW || n->kind == NODE_PATH) {
        *v = (struct sql_value){ .may_be_empty = true };
        return sql_path(c, n, &v->col);
    }
    if (!sql_never_fails(n) || n->kind == NODE_LIST)
        return false;
    return c->t->dialect->has_numeric ? pg_value(c, n, v) : sqlite_value(c, n, v);
}

static bool is_number(enum vtype t) { return t == V_INT || t == V_DEC; }

/* SUM of a column of units is the sum of the units, scaled once at the end. */
static bool sum(struct sqlc *c, const struct sql_value *v, str *select, struct sql_value *out)
{
    bool        pg = c->t->dialect->has_numeric;
    int         scale = v->col.type == V_DEC && v->col.scale > 0 ? v->col.scale : 0;
    const char *fn = pg ? "SUM" : "q_sum";
    if (!is_number(v->col.type) && v->col.type != V_BOOL)
        return false;
    if (scale == 0)
        *select = str_printf(c->mem, "COALESCE(%s(" STR_FMT "), 0)", fn, STR_ARG(v->col.sql));
    else if (pg)
        *select = str_printf(c->mem, "COALESCE(SUM(" STR_FMT ") * 1e-%d, 0)", STR_ARG(v->col.sql), scale);
    else
        *select = str_printf(c->mem, "COALESCE(q_mul(q_sum(" STR_FMT "), '1e-%d'), 0)", STR_ARG(v->col.sql), scale);
    out->col.type = V_DEC;
    out->col.scale = -1;
    out->frac = v->col.type == V_DEC && v->col.scale < 0 ? v->frac : scale;
    out->whole = (v->col.type == V_DEC && v->col.scale < 0 ? v->whole : 19 - scale) + ROWS_DIGITS;
    return true;
}

static bool extreme(struct sqlc *c, const struct node *n, const struct sql_value *v, str *select, struct sql_value *out)
{
    bool min = n->fn->agg == AGG_MIN, loose = v->col.type == V_DEC && v->col.scale < 0 && !c->t->dialect->has_numeric;
    if (!is_number(v->col.type) && v->col.type != V_DATE && v->col.type != V_TIME)
        return false;
    *select = str_printf(c->mem, "%s%s(" STR_FMT ")", loose ? "q_" : "", min ? loose ? "min" : "MIN" : loose ? "max" : "MAX",
                         STR_ARG(v->col.sql));
    out->col.type = v->col.type;
    out->col.scale = v->col.scale;
    out->whole = v->whole;
    out->frac = v->frac;
    out->may_be_empty = true;
    return true;
}

static bool count(struct sqlc *c, const struct node *n, const struct sql_value *v, str *select, struct sql_value *out)
{
    bool distinct = n->fn->agg == AGG_COUNTDISTINCT, loose = v && v->col.type == V_DEC && v->col.scale < 0;
    if (v && (v->col.type == V_LIST || (distinct && loose)))
        return false;
    if (!v)
        *select = S("COUNT(*)");
    else if (distinct && v->col.type == V_TEXT)
        *select = str_printf(c->mem, "COUNT(DISTINCT " STR_FMT " COLLATE %s)", STR_ARG(v->col.sql), c->t->dialect->byte_order);
    else
        *select = str_printf(c->mem, "COUNT(%s" STR_FMT ")", distinct ? "DISTINCT " : "", STR_ARG(v->col.sql));
    out->col.type = V_INT;
    out->col.scale = 0;
    return true;
}

static bool select_of(struct sqlc *c, const struct node *n, enum fn_agg kind, str *select, struct sql_value *out)
{
    struct sql_value v;
    *out = (struct sql_value){ 0 };
    if (n->n == 0)
        return count(c, n, NULL, select, out);
    if (!argument(c, n->arg[0], &v) || v.may_fail)
        return false;
    switch (kind) {
    case AGG_COUNT: case AGG_COUNTA: case AGG_COUNTDISTINCT: return count(c, n, &v, select, out);
    case AGG_SUM: return sum(c, &v, select, out);
    case AGG_MIN: case AGG_MAX: return extreme(c, n, &v, select, out);
    default: return false;
    }
}

static bool one(struct sqlc *c, const struct node *n, enum fn_agg kind, struct sql_value *out)
{
    struct buf when;
    str        select;
    bool       ok;
    buf_init(&when, c->mem);
    c->list = &c->x->lists[n->list];
    ok = select_of(c, n, kind, &select, out) && (!n->when || sql_condition(c, n->when, true, &when)) &&
         c->t->list(c->t->arg, c->list, select, buf_str(&when), &out->col.sql);
    c->list = NULL;
    return ok;
}

bool sql_list(struct sqlc *c, const struct node *n, struct sql_value *out)
{
    struct sql_value total, rows;
    if (!c->t->list || c->list)
        return false;
    if (n->fn->agg == AGG_SUM)
        return one(c, n, AGG_SUM, out) && (!c->t->dialect->has_numeric || pg_total(c, out));
    if (n->fn->agg != AGG_AVERAGE)
        return one(c, n, n->fn->agg, out);
    if (!one(c, n, AGG_SUM, &total) || !one(c, n, AGG_COUNT, &rows))
        return false;
    if (c->t->dialect->has_numeric)
        return pg_quotient(c, &total, &rows, out);
    *out = (struct sql_value){ { str_printf(c->mem, "q_div(" STR_FMT ", " STR_FMT ")", STR_ARG(total.col.sql), STR_ARG(rows.col.sql)),
                                 V_DEC, -1 }, .may_fail = true };
    return true;
}
