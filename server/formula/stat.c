/* stat: see stat.h.  Called by eval.c for lists and groups, and by fn_stat.c for plain arguments. */
#include "formula/stat.h"
#include "base/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void agg_init(struct agg_state *s, enum fn_agg kind, struct arena *mem)
{
    *s = (struct agg_state){ .kind = kind, .mem = mem, .best = V_NONE };
    if (kind == AGG_PRODUCT)
        s->sum = dec_of_i64(1);
}

/* ---- what each keeps ------------------------------------------------------------------------------------------ */

static void keep(struct agg_state *s, dec d)
{
    if (s->nall == s->room) {
        size_t room = s->room ? s->room * 2 : 8;
        dec   *more = NEWV(s->mem, dec, room);
        if (s->nall)
            memcpy(more, s->all, s->nall * sizeof *more);
        s->all = more;
        s->room = room;
    }
    s->all[s->nall++] = d;
}

static uint64_t hash_value(const struct value *v)
{
    if (v->type == V_TEXT)
        return str_hash(v->u.s);
    if (v_is_number(v)) {
        struct value n = number_of_dec(v_number(v));
        return n.type == V_INT ? (uint64_t)n.u.i * UINT64_C(0x9E3779B97F4A7C15)
                               : (n.u.d.lo ^ n.u.d.hi ^ (uint64_t)n.u.d.exp ^ n.u.d.neg) * UINT64_C(0x9E3779B97F4A7C15);
    }
    return ((v->type == V_BOOL ? v->u.b : (uint64_t)v->u.i) ^ ((uint64_t)v->type << 56)) * UINT64_C(0x9E3779B97F4A7C15);
}

static bool place(struct value *table, size_t room, const struct value *v)
{
    size_t at = (size_t)(hash_value(v) >> 20) & (room - 1);
    for (; table[at].type != V_NULL; at = (at + 1) & (room - 1))
        if (v_same(&table[at], v))
            return false;
    table[at] = *v;
    return true;
}

static void count_distinct(struct agg_state *s, const struct value *v)
{
    if (s->nseen * 2 >= s->seen_room) {
        size_t        room = s->seen_room ? s->seen_room * 2 : 16;
        struct value *table = NEWV(s->mem, struct value, room);
        for (size_t i = 0; i < s->seen_room; i++)
            if (s->seen[i].type != V_NULL)
                place(table, room, &s->seen[i]);
        s->seen = table;
        s->seen_room = room;
    }
    struct value own = *v;
    size_t at = (size_t)(hash_value(v) >> 20) & (s->seen_room - 1);
    for (; s->seen[at].type != V_NULL; at = (at + 1) & (s->seen_room - 1))
        if (v_same(&s->seen[at], v))
            return;
    if (v->type == V_TEXT)
        own.u.s = str_dup(s->mem, v->u.s);
    s->seen[at] = own;
    s->nseen++;
}

static void best(struct agg_state *s, const struct value *v)
{
    static const struct env nowhere;
    struct ev ev = { .env = &nowhere, .steps = 1000 };
    int c = s->best.type == V_NULL ? 0 : value_order(&ev, v, &s->best);
    if (s->best.type == V_NULL || (s->kind == AGG_MIN ? c < 0 : c == 1)) {
        s->best = *v;
        if (v->type == V_TEXT)
            s->best.u.s = str_dup(s->mem, v->u.s);
    }
}

static void add(struct agg_state *s, const struct value *v)
{
    int64_t small;
    if (v->type == V_INT && !__builtin_add_overflow(s->small, v->u.i, &small)) {
        s->small = small;
        return;
    }
    s->sum = dec_add(s->sum, v_number(v));
}

static void deviate(struct agg_state *s, dec d)
{
    if (s->n == 1)
        s->first = d;
    dec off = dec_sub(d, s->first);
    s->sum = dec_add(s->sum, off);
    s->squares = dec_add(s->squares, dec_mul(off, off));
}

static void fail(struct agg_state *s, enum verror e)
{
    if (s->best.type != V_ERROR)
        s->best = v_error(e);
}

static void mean(struct agg_state *s, dec d)
{
    dec inverse;
    if (d.neg || dec_is_zero(d))
        fail(s, VE_NUM);
    else if (s->kind == AGG_GEOMEAN)
        s->logs += logl((long double)dec_to_double(d));
    else if (dec_div(dec_of_i64(1), d, &inverse))
        s->sum = dec_add(s->sum, inverse);
}

static void put_number(struct agg_state *s, const struct value *v)
{
    dec d = v_number(v);
    switch (s->kind) {
    case AGG_SUM: case AGG_AVERAGE: add(s, v); break;
    case AGG_PRODUCT: s->sum = dec_mul(s->sum, d); break;
    case AGG_SUMSQ:   s->sum = dec_add(s->sum, dec_mul(d, d)); break;
    case AGG_MEDIAN:  keep(s, d); break;
    case AGG_GEOMEAN: case AGG_HARMEAN: mean(s, d); break;
    default: deviate(s, d); break;
    }
}

static struct value plain_number(const struct value *v)
{
    static const struct env nowhere;
    struct ev ev = { .env = &nowhere, .steps = 1000 };
    return to_number(&ev, v);
}

void stat_put(struct agg_state *s, const struct value *v)
{
    if (v->type == V_NULL || s->best.type == V_ERROR)
        return;
    if (v->type == V_ERROR) {
        fail(s, v->u.e);
        return;
    }
    if (v->type == V_LIST) {
        for (size_t i = 0; i < v->u.l.n; i++)
            stat_put(s, &v->u.l.v[i]);
        return;
    }
    s->n++;
    switch (s->kind) {
    case AGG_COUNT: case AGG_COUNTA: return;
    case AGG_COUNTDISTINCT: count_distinct(s, v); return;
    case AGG_MIN: case AGG_MAX: best(s, v); return;
    default: break;
    }
    struct value n = v_is_number(v) ? *v : plain_number(v);
    if (n.type == V_ERROR)
        fail(s, n.u.e);
    else
        put_number(s, &n);
}

void stat_row(struct ev *ev, struct agg_state *s, const struct node *arg, const struct node *when)
{
    if (s->best.type == V_ERROR)
        return;
    if (when) {
        struct value w = ev_node(ev, when);
        w = to_bool(ev, &w);
        if (w.type != V_BOOL || !w.u.b)
            return;
    }
    if (!arg) {
        s->n++;
        return;
    }
    struct value v = ev_node(ev, arg);
    bool counts = s->kind == AGG_COUNT || s->kind == AGG_COUNTA || s->kind == AGG_COUNTDISTINCT;
    if (!counts && v.type != V_ERROR)
        v = to_item(ev, arg, &v);
    stat_put(s, &v);
}

/* ---- what each says ------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) { return dec_cmp(*(const dec *)a, *(const dec *)b); }

static struct value median(const struct agg_state *s, struct arena *mem)
{
    dec *sorted = NEWV(mem, dec, s->nall + 1), middle;
    memcpy(sorted, s->all, s->nall * sizeof *sorted);
    qsort(sorted, s->nall, sizeof *sorted, by_size);
    if (s->nall % 2)
        return number_of_dec(sorted[s->nall / 2]);
    dec sum = dec_add(sorted[s->nall / 2 - 1], sorted[s->nall / 2]);
    CHECK(dec_div(sum, dec_of_i64(2), &middle));
    return number_of_dec(middle);
}

static struct value deviation(const struct agg_state *s)
{
    bool    sample = s->kind == AGG_VAR || s->kind == AGG_STDEV, root = s->kind == AGG_STDEV || s->kind == AGG_STDEVP;
    int64_t n = (int64_t)s->n;
    dec     part, variance, r;
    if (n < (sample ? 2 : 1))
        return v_error(VE_DIV0);
    CHECK(dec_div(dec_mul(s->sum, s->sum), dec_of_i64(n), &part));
    dec off = dec_sub(s->squares, part);
    if (off.neg)                        /* rounding at the 34th digit */
        off = DEC_ZERO;
    CHECK(dec_div(off, dec_of_i64(sample ? n - 1 : n), &variance));
    if (!root)
        return number_of_dec(variance);
    CHECK(dec_sqrt(variance, &r));
    return number_of_dec(r);
}

struct value stat_value(const struct agg_state *s, struct arena *mem)
{
    dec     q, n = dec_of_i64((int64_t)s->n);
    dec     sum = dec_add(s->sum, dec_of_i64(s->small));
    if (s->best.type == V_ERROR)
        return s->best;
    switch (s->kind) {
    case AGG_COUNT: case AGG_COUNTA: return v_int((int64_t)s->n);
    case AGG_COUNTDISTINCT: return v_int((int64_t)s->nseen);
    case AGG_MIN: case AGG_MAX: return s->best;
    case AGG_SUM: case AGG_SUMSQ: return number_of_dec(sum);
    case AGG_PRODUCT: return s->n ? number_of_dec(s->sum) : v_int(0);
    case AGG_AVERAGE: return dec_div(sum, n, &q) ? number_of_dec(q) : v_error(VE_DIV0);
    case AGG_MEDIAN:  return s->nall ? median(s, mem) : v_error(VE_NUM);
    case AGG_HARMEAN: return s->n && dec_div(n, sum, &q) ? number_of_dec(q) : v_error(VE_NUM);
    case AGG_GEOMEAN: return s->n ? number_of_double((double)expl(s->logs / (long double)s->n)) : v_error(VE_NUM);
    case AGG_STDEV: case AGG_STDEVP: case AGG_VAR: case AGG_VARP: return deviation(s);
    case AGG_NONE: break;
    }
    CHECK(s->kind != AGG_NONE);
    return V_NONE;
}
