/* eval: walks a checked tree.  Every value is computed when it is asked for; errors travel up until IFERROR or the like takes
 * them.  Work is counted (ev->steps) and recursion is bounded by the height of the tree, so evaluation always ends. */
#include "base/check.h"
#include "base/text.h"
#include "formula/fn.h"
#include "formula/stat.h"

#include <string.h>

enum { DEFAULT_STEPS = 200000 };

static bool failed(const struct value *v) { return v->type == V_ERROR; }

/* ---- arithmetic ----------------------------------------------------------------------------------------------- */

static struct value add_numbers(const struct value *a, const struct value *b, bool minus)
{
    int64_t r;
    if (a->type == V_INT && b->type == V_INT &&
        !(minus ? __builtin_sub_overflow(a->u.i, b->u.i, &r) : __builtin_add_overflow(a->u.i, b->u.i, &r)))
        return v_int(r);
    dec x = v_number(a), y = v_number(b);
    return v_dec(minus ? dec_sub(x, y) : dec_add(x, y));
}

static struct value multiply(const struct value *a, const struct value *b)
{
    int64_t r;
    if (a->type == V_INT && b->type == V_INT && !__builtin_mul_overflow(a->u.i, b->u.i, &r))
        return v_int(r);
    return v_dec(dec_mul(v_number(a), v_number(b)));
}

static struct value divide(const struct value *a, const struct value *b)
{
    dec q;
    if (a->type == V_INT && b->type == V_INT && b->u.i > 0 && a->u.i % b->u.i == 0)
        return v_int(a->u.i / b->u.i);
    return dec_div(v_number(a), v_number(b), &q) ? v_dec(q) : v_error(VE_DIV0);
}

static struct value shift_day(struct ev *ev, int64_t day, const struct value *by, bool minus)
{
    dec     d = minus ? dec_neg(v_number(by)) : v_number(by);
    int64_t n;
    if (dec_to_i64(d, &n))
        return n > DAY_MAX - DAY_MIN || n < DAY_MIN - DAY_MAX ? v_error(VE_NUM) : day_value(day + n);
    return instant_at(ev, dec_add(dec_of_i64(day - SERIAL_EPOCH), d));
}

static struct value shift_time(int64_t us, const struct value *by, bool minus)
{
    int64_t d, r;
    dec     part = dec_mul(v_number(by), dec_of_i64(US_PER_DAY));
    if (!dec_to_i64(dec_round(part, 0, DEC_HALF_UP), &d) ||
        (minus ? __builtin_sub_overflow(us, d, &r) : __builtin_add_overflow(us, d, &r)) ||
        r < DAY_MIN * US_PER_DAY || r >= (DAY_MAX + 1) * US_PER_DAY)
        return v_error(VE_NUM);
    return v_time(r);
}

static struct value difference(struct ev *ev, const struct value *a, const struct value *b)
{
    if (a->type == V_DATE && b->type == V_DATE)
        return v_int(a->u.i - b->u.i);
    if (a->type == V_TIME && b->type == V_TIME) {
        dec q;
        CHECK(dec_div(dec_sub(dec_of_i64(a->u.i), dec_of_i64(b->u.i)), dec_of_i64(US_PER_DAY), &q));
        return number_of_dec(q);
    }
    struct value x = to_number(ev, a), y = to_number(ev, b);
    return add_numbers(&x, &y, true);
}

static bool is_day_type(enum vtype t) { return t == V_DATE || t == V_TIME; }
static bool is_day(const struct value *v) { return is_day_type(v->type); }

/* Text beside a date in + or -: a date where it reads as one, else a number. */
static struct value day_or_number(struct ev *ev, const struct value *v)
{
    dec d;
    if (v->type == V_TEXT && !text_number(v->u.s, &d) && text_serial(v->u.s, &d))
        return to_day(ev, v);
    return to_number(ev, v);
}

static struct value add_days(struct ev *ev, const struct value *a, const struct value *b, bool minus)
{
    struct value x = is_day(a) ? *a : day_or_number(ev, a), y = is_day(b) ? *b : day_or_number(ev, b);
    if (failed(&x))
        return x;
    if (failed(&y))
        return y;
    if (is_day(&x) && is_day(&y))
        return minus ? difference(ev, &x, &y) : v_error(VE_VALUE);
    if (is_day(&y) && minus)
        return difference(ev, &x, &y);
    const struct value *day = is_day(&x) ? &x : &y, *by = is_day(&x) ? &y : &x;
    return day->type == V_DATE ? shift_day(ev, day->u.i, by, minus) : shift_time(day->u.i, by, minus);
}

static struct value arithmetic(struct ev *ev, enum node_kind kind, const struct value *a, const struct value *b)
{
    struct value x = *a, y = *b;
    if (kind <= NODE_SUB && (is_day(a) || is_day(b)))
        return add_days(ev, a, b, kind == NODE_SUB);
    if (!v_is_number(a) && (x = to_number(ev, a), failed(&x)))
        return x;
    if (!v_is_number(b) && (y = to_number(ev, b), failed(&y)))
        return y;
    switch (kind) {
    case NODE_ADD: return add_numbers(&x, &y, false);
    case NODE_SUB: return add_numbers(&x, &y, true);
    case NODE_MUL: return multiply(&x, &y);
    case NODE_DIV: return divide(&x, &y);
    default:       return number_power(v_number(&x), v_number(&y));
    }
}

static struct value ev_binary(struct ev *ev, const struct node *n)
{
    struct value a = ev_node(ev, n->arg[0]);
    if (failed(&a))
        return a;
    struct value b = ev_node(ev, n->arg[1]);
    if (failed(&b))
        return b;
    if (n->kind <= NODE_SUB && ((a.type == V_NULL && is_day_type(n->arg[0]->type)) || (b.type == V_NULL && is_day_type(n->arg[1]->type))))
        return V_NONE;          /* no date, no date later */
    return arithmetic(ev, n->kind, &a, &b);
}

static struct value ev_unary(struct ev *ev, const struct node *n)
{
    struct value a = ev_node(ev, n->arg[0]);
    if (n->kind == NODE_PLUS || failed(&a))
        return a;
    a = to_number(ev, &a);
    if (failed(&a))
        return a;
    if (n->kind == NODE_PERCENT)
        return number_of_dec(dec_mul(v_number(&a), dec_of_units(1, 2)));
    if (a.type == V_INT && a.u.i != INT64_MIN)
        return v_int(-a.u.i);
    return v_dec(dec_neg(v_number(&a)));
}

static struct value ev_concat(struct ev *ev, const struct node *n)
{
    struct buf b;
    buf_init(&b, ev->env->mem);
    for (int i = 0; i < n->n; i++) {
        struct value v = ev_node(ev, n->arg[i]);
        v = to_text(ev, &v);
        if (failed(&v))
            return v;
        if (b.n + v.u.s.n > EV_TEXT_MAX || !ev_spend(ev, v.u.s.n / 16 + 1))
            return v_error(VE_VALUE);
        buf_put(&b, v.u.s);
    }
    return v_text(buf_str(&b));
}

/* ---- logic ---------------------------------------------------------------------------------------------------- */

/* Kleene: what decides (false for and, true for or) decides whatever the others are; else the first error. */
static struct value ev_and_or(struct ev *ev, const struct node *n)
{
    bool         decides = n->kind == NODE_OR;
    struct value error = V_NONE;
    for (int i = 0; i < n->n; i++) {
        struct value v = ev_node(ev, n->arg[i]);
        v = to_bool(ev, &v);
        if (failed(&v)) {
            if (error.type == V_NULL)
                error = v;
        } else if (v.u.b == decides)
            return v;
    }
    return failed(&error) ? error : v_bool(!decides);
}

static struct value ev_not(struct ev *ev, const struct node *n)
{
    struct value v = ev_node(ev, n->arg[0]);
    v = to_bool(ev, &v);
    return failed(&v) ? v : v_bool(!v.u.b);
}

static struct value ev_compare(struct ev *ev, const struct node *n)
{
    struct value a = ev_node(ev, n->arg[0]);
    if (failed(&a))
        return a;
    struct value b = ev_node(ev, n->arg[1]);
    if (failed(&b))
        return b;
    if (n->kind == NODE_EQ || n->kind == NODE_NE)
        return v_bool(value_equal(ev, &a, &b) == (n->kind == NODE_EQ));
    int c = value_order(ev, &a, &b);
    if (c == 2)
        return v_error(VE_VALUE);
    switch (n->kind) {
    case NODE_LT: return v_bool(c < 0);
    case NODE_LE: return v_bool(c <= 0);
    case NODE_GT: return v_bool(c > 0);
    default:      return v_bool(c >= 0);
    }
}

static struct value ev_in(struct ev *ev, const struct node *n)
{
    struct value x = ev_node(ev, n->arg[0]);
    if (failed(&x))
        return x;
    for (int i = 1; i < n->n; i++) {
        struct value v = ev_node(ev, n->arg[i]);
        if (failed(&v))
            return v;
        if (!ev_spend(ev, 1))
            return v_error(VE_NUM);
        if (value_equal(ev, &x, &v))
            return v_bool(true);
    }
    return v_bool(false);
}

static struct value ev_in_list(struct ev *ev, const struct node *n)
{
    struct value x = ev_node(ev, n->arg[0]);
    if (failed(&x))
        return x;
    struct value l = ev_node(ev, n->arg[1]);
    if (failed(&l))
        return l;
    if (l.type != V_LIST)
        return l.type == V_NULL ? v_bool(false) : v_error(VE_VALUE);
    for (size_t i = 0; i < l.u.l.n; i++) {
        if (!ev_spend(ev, 1))
            return v_error(VE_NUM);
        if (value_equal(ev, &x, &l.u.l.v[i]))
            return v_bool(true);
    }
    return v_bool(false);
}

/* ---- calls ---------------------------------------------------------------------------------------------------- */

static struct value as_integer(struct ev *ev, const struct value *v)
{
    struct value n = to_number(ev, v);
    int64_t      i;
    if (n.type != V_DEC)
        return n;
    return dec_to_i64(dec_round(n.u.d, 0, DEC_DOWN), &i) ? v_int(i) : v_error(VE_NUM);
}

static struct value convert(struct ev *ev, char letter, const struct node *from, const struct value *v)
{
    switch (letter) {
    case 'N': case 'I':
        if (v->type == V_BOOL)
            return v_error(VE_VALUE);
        return letter == 'N' ? to_number(ev, v) : as_integer(ev, v);
    case 'n': return v_is_number(v) ? *v : to_number(ev, v);
    case 'i': return as_integer(ev, v);
    case 't': return to_text(ev, v);
    case 'b': return to_bool(ev, v);
    case 'd': return to_day(ev, v);
    case 's': return to_serial(ev, v);
    case 'a': return to_item(ev, from, v);
    default:  return *v;
    }
}

static struct value ev_call(struct ev *ev, const struct node *n)
{
    enum { FEW = 6 };
    const struct expr_fn *fn = n->fn;
    if (fn->flags & FN_LAZY)
        return fn->lazy(ev, n);
    struct value  few[FEW], *a = few;
    int           room = fn_max_args(fn) == NODE_MAX_ARGS ? n->n : fn_max_args(fn);
    if (room > FEW)
        a = NEWV(ev->env->mem, struct value, (size_t)room);
    for (int i = 0; i < n->n; i++) {
        char letter = fn_param(fn, i);
        a[i] = (fn->agg || fn->flags & FN_ZERO) && n->arg[i]->kind == NODE_MISSING ? v_int(0) : ev_node(ev, n->arg[i]);
        if (failed(&a[i]) && letter != 'e')
            return a[i];
        if (a[i].type == V_NULL && (letter == 'd' || letter == 's') && n->arg[i]->kind != NODE_MISSING)
            return V_NONE;      /* what is said of a date is not said of no date */
        a[i] = convert(ev, letter, n->arg[i], &a[i]);
        if (failed(&a[i]) && letter != 'e')
            return a[i];
    }
    for (int i = n->n; i < room; i++)
        a[i] = V_NONE;
    ev->fn = fn;
    return fn->eval(ev, a, n->n);
}

static struct value ev_list(struct ev *ev, const struct node *n)
{
    if (!ev->env->lists)
        return v_error(VE_REF);
    const struct expr_rows *rows = &ev->env->lists[n->list];
    const struct value     *outer = ev->row;
    struct agg_state        state;
    struct value            result;
    agg_init(&state, n->fn->agg, ev->env->mem);
    for (size_t i = 0; i < rows->n; i++) {
        if (!ev_spend(ev, 1)) {
            ev->row = outer;
            return v_error(VE_NUM);
        }
        ev->row = rows->row[i];
        stat_row(ev, &state, n->n ? n->arg[0] : NULL, n->when);
    }
    ev->row = outer;
    result = stat_value(&state, ev->env->mem);
    return result;
}

struct value ev_node(struct ev *ev, const struct node *n)
{
    if (--ev->steps <= 0) {
        ev->steps = 0;
        return v_error(VE_NUM);
    }
    switch (n->kind) {
    case NODE_CONST:   return n->v;
    case NODE_MISSING: return V_NONE;
    case NODE_PATH:    return ev->env->slots ? ev->env->slots[n->slot] : V_NONE;
    case NODE_ROW:     return ev->row ? ev->row[n->slot] : V_NONE;
    case NODE_GROUP:   return ev->env->aggs ? ev->env->aggs[n->slot] : V_NONE;
    case NODE_CALL:    return ev_call(ev, n);
    case NODE_LIST:    return ev_list(ev, n);
    case NODE_NOT:     return ev_not(ev, n);
    case NODE_AND: case NODE_OR: return ev_and_or(ev, n);
    case NODE_NEG: case NODE_PLUS: case NODE_PERCENT: return ev_unary(ev, n);
    case NODE_CONCAT:  return ev_concat(ev, n);
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE: return ev_compare(ev, n);
    case NODE_ADD: case NODE_SUB: case NODE_MUL: case NODE_DIV: case NODE_POW: return ev_binary(ev, n);
    case NODE_IN:      return ev_in(ev, n);
    case NODE_IN_LIST: return ev_in_list(ev, n);
    case NODE_NAME:    break;
    }
    CHECK(n->kind != NODE_NAME);        /* the tree is checked */
    return V_NONE;
}

/* ---- the doors ------------------------------------------------------------------------------------------------ */

static struct ev begin(const struct expr *x, const struct env *env)
{
    CHECK(env->mem);
    return (struct ev){ .env = env, .expr = x, .steps = env->steps > 0 ? env->steps : DEFAULT_STEPS };
}

struct value expr_eval(const struct expr *x, const struct env *env)
{
    struct ev ev = begin(x, env);
    return ev_node(&ev, x->root);
}

bool expr_test(const struct expr *x, const struct env *env)
{
    struct ev    ev = begin(x, env);
    struct value v = ev_node(&ev, x->root);
    v = to_bool(&ev, &v);
    return v.type == V_BOOL && v.u.b;
}

struct agg_state *agg_new(const struct expr_agg *agg, struct arena *mem)
{
    struct agg_state *s = NEW(mem, struct agg_state);
    agg_init(s, agg->fn->agg, mem);
    return s;
}

void agg_row(struct agg_state *s, const struct expr_agg *agg, const struct env *env)
{
    struct ev ev = begin(agg->arg ? agg->arg : agg->when, env);
    stat_row(&ev, s, agg->arg ? agg->arg->root : NULL, agg->when ? agg->when->root : NULL);
}

void agg_put(struct agg_state *s, const struct value *v) { stat_put(s, v); }

struct value agg_value(const struct agg_state *s, struct arena *mem) { return stat_value(s, mem); }

str expr_value_text(struct arena *mem, const struct value *v, enum expr_dates dates, const struct zone *zone)
{
    struct env   env = { .mem = mem, .zone = zone };
    struct ev    ev = { .env = &env, .steps = DEFAULT_STEPS };
    struct value shown = *v;
    if (is_day(v) && dates == EXPR_ISO)
        return v->type == V_DATE ? day_text(mem, v->u.i) : instant_text(mem, v->u.i);
    if (is_day(v))
        shown = to_number(&ev, v);
    switch (shown.type) {
    case V_BOOL:  return shown.u.b ? S("true") : S("false");
    case V_ERROR: return str_of(verror_text(shown.u.e));
    case V_REF:   return str_printf(mem, "%lld", (long long)shown.u.i);
    case V_TEXT:  return shown.u.s;
    case V_LIST: {
        struct buf b;
        buf_init(&b, mem);
        for (size_t i = 0; i < shown.u.l.n; i++) {
            buf_putz(&b, i ? ", " : "");
            buf_put(&b, expr_value_text(mem, &shown.u.l.v[i], dates, zone));
        }
        return buf_str(&b);
    }
    default:
        shown = to_text(&ev, &shown);
        return shown.type == V_TEXT ? shown.u.s : S("");
    }
}
