/* groups: see groups.h. */
#include "report/groups.h"
#include "base/dict.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

static void *twice(struct arena *mem, const void *old, size_t size, size_t n)
{
    void *p = arena_alloc_n(mem, size, n * 2);
    memcpy(p, old, size * n);
    return p;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

enum { REMEMBERED_MAX = 65536 };

/* One group column.  A formula of one field is evaluated once per distinct value of the field. */
struct key { struct dict values, raw; uint32_t *of_raw; bool remembers; };

struct aggregate {
    const struct plan_column *col;
    const struct expr_agg    *agg;
    int                       read;     /* its argument is this cell as it is, without condition; else -1 */
};

struct groups {
    struct ctx        *c;
    const struct plan *p;
    struct env         env;
    struct value      *slots;
    struct key         keys[PLAN_GROUPS_MAX];
    struct aggregate  *aggs; int naggs; int *first_agg;     /* per column: its first aggregate */
    uint32_t          *tuples; struct agg_state **states; uint32_t n, cap;
    uint32_t          *table; size_t room;                  /* group + 1 */
    struct agg_state **totals;
    uint8_t           *passed;          /* second time: per group, whether it met `having` */
};

static bool counts(const struct expr_agg *a) { return strncmp(expr_agg_name(a), "COUNT", 5) == 0; }

static void find_aggregates(struct groups *g)
{
    const struct plan *p = g->p;
    int                n = 0;
    for (int i = 0; i < p->ncols; i++)
        n += p->cols[i].x->naggs;
    g->aggs = NEWV(g->c->mem, struct aggregate, (size_t)n + 1);
    g->first_agg = NEWV(g->c->mem, int, (size_t)p->ncols + 1);
    for (int i = 0; i < p->ncols; i++) {
        const struct plan_column *col = &p->cols[i];
        g->first_agg[i] = g->naggs;
        for (int k = 0; k < col->x->naggs; k++) {
            const struct expr_agg *a = &col->x->aggs[k];
            struct aggregate      *out = &g->aggs[g->naggs++];
            int                    slot;
            *out = (struct aggregate){ col, a, -1 };
            if (!a->arg || a->when || !expr_is_path(a->arg, &slot) || col->read[slot] < 0)
                continue;
            enum vtype t = PATH_LAST(&col->x->paths[slot])->type;
            if (t == V_INT || t == V_DEC || counts(a))
                out->read = col->read[slot];
        }
    }
}

static struct agg_state **new_states(struct groups *g, struct agg_state **at)
{
    for (int i = 0; i < g->naggs; i++)
        at[i] = agg_new(g->aggs[i].agg, g->c->mem);
    return at;
}

static uint32_t add_group(struct groups *g, const uint32_t *tuple)
{
    struct arena *mem = g->c->mem;
    size_t        k = (size_t)g->p->ngroups, a = (size_t)g->naggs;
    if (g->n == g->cap) {
        g->tuples = twice(mem, g->tuples, (k + 1) * sizeof *g->tuples, g->cap);
        g->states = twice(mem, g->states, (a + 1) * sizeof *g->states, g->cap);
        g->cap *= 2;
    }
    memcpy(&g->tuples[g->n * (k + 1)], tuple, k * sizeof *tuple);
    new_states(g, &g->states[g->n * (a + 1)]);
    return g->n++;
}

struct groups *groups_new(struct ctx *c, const struct plan *p)
{
    struct groups *g = NEW(c->mem, struct groups);
    int            most = 1;
    *g = (struct groups){ .c = c, .p = p, .env = ctx_env(c), .cap = 256, .room = 1024 };
    for (int i = 0; i < p->ncols; i++)
        most = p->cols[i].x->npaths > most ? p->cols[i].x->npaths : most;
    if (p->having && p->having->npaths > most)
        most = p->having->npaths;
    g->slots = NEWV(c->mem, struct value, (size_t)most);
    g->env.slots = g->slots;
    find_aggregates(g);
    for (int i = 0; i < p->ngroups; i++) {
        struct key *k = &g->keys[i];
        dict_init(&k->values, c->mem);
        k->remembers = p->cols[i].slot < 0 && p->cols[i].x->npaths == 1;
        if (k->remembers) {
            dict_init(&k->raw, c->mem);
            k->of_raw = NEWV(c->mem, uint32_t, REMEMBERED_MAX);
        }
    }
    g->tuples = NEWV(c->mem, uint32_t, (size_t)g->cap * (size_t)(p->ngroups + 1));
    g->states = NEWV(c->mem, struct agg_state *, (size_t)g->cap * (size_t)(g->naggs + 1));
    g->table = NEWV(c->mem, uint32_t, g->room);
    if (p->totals)
        g->totals = new_states(g, NEWV(c->mem, struct agg_state *, (size_t)g->naggs + 1));
    if (!p->ngroups)            /* all rows are one group, even none */
        add_group(g, (const uint32_t[]){ 0 });
    return g;
}

/* The slots of a column's formula: cells of the row, or, where it names a group column, what the row's group has there. */
static void fill(struct groups *g, const struct plan_column *col, const struct value *row, const uint32_t *tuple)
{
    for (int i = 0; i < col->x->npaths; i++)
        g->slots[i] = col->read[i] >= 0 ? row[col->read[i]]
                      : tuple && col->grouped[i] >= 0 ? g->keys[col->grouped[i]].values.v[tuple[col->grouped[i]]] : V_NONE;
}

/* Empty text is empty; an error is empty, as in SQL. */
static uint32_t key_number(struct key *k, struct value v)
{
    if (v.type == V_ERROR || (v.type == V_TEXT && !v.u.s.n))
        v = V_NONE;
    return dict_put(&k->values, &v);
}

static uint32_t key_of(struct groups *g, int i, const struct value *row)
{
    struct key               *k = &g->keys[i];
    const struct plan_column *col = &g->p->cols[i];
    if (col->slot >= 0)
        return key_number(k, row[col->read[col->slot]]);
    if (!k->remembers) {
        fill(g, col, row, NULL);
        return key_number(k, expr_eval(col->x, &g->env));
    }
    const struct value *raw = &row[col->read[0]];
    uint32_t            at = dict_find(&k->raw, raw);
    if (at != DICT_NONE)
        return k->of_raw[at];
    fill(g, col, row, NULL);
    uint32_t number = key_number(k, expr_eval(col->x, &g->env));
    if (k->raw.n < REMEMBERED_MAX) {
        at = dict_put(&k->raw, raw);
        k->of_raw[at] = number;
    }
    return number;
}

static uint64_t hash_tuple(const uint32_t *tuple, int n)
{
    uint64_t h = 0;
    for (int i = 0; i < n; i++)
        h = mix(h ^ (tuple[i] + UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(i + 1)));
    return h;
}

static void grow_table(struct groups *g)
{
    int k = g->p->ngroups;
    g->room *= 4;
    g->table = NEWV(g->c->mem, uint32_t, g->room);
    for (uint32_t i = 0; i < g->n; i++) {
        size_t at = hash_tuple(&g->tuples[i * (size_t)(k + 1)], k) & (g->room - 1);
        while (g->table[at])
            at = (at + 1) & (g->room - 1);
        g->table[at] = i + 1;
    }
}

static uint32_t group_of(struct groups *g, const struct value *row)
{
    uint32_t tuple[PLAN_GROUPS_MAX];
    int      k = g->p->ngroups;
    if (!k)
        return 0;
    for (int i = 0; i < k; i++)
        tuple[i] = key_of(g, i, row);
    size_t at = hash_tuple(tuple, k) & (g->room - 1);
    for (; g->table[at]; at = (at + 1) & (g->room - 1))
        if (!memcmp(&g->tuples[(g->table[at] - 1) * (size_t)(k + 1)], tuple, (size_t)k * sizeof *tuple))
            return g->table[at] - 1;
    uint32_t n = add_group(g, tuple);
    g->table[at] = n + 1;
    if ((size_t)g->n * 2 > g->room)
        grow_table(g);
    return n;
}

static void take(struct groups *g, const struct value *row, const uint32_t *tuple, struct agg_state **states, struct agg_state **totals)
{
    const struct plan_column *filled = NULL;
    for (int i = 0; i < g->naggs; i++) {
        const struct aggregate *a = &g->aggs[i];
        if (a->read >= 0) {
            if (states)
                agg_put(states[i], &row[a->read]);
            if (totals)
                agg_put(totals[i], &row[a->read]);
            continue;
        }
        if (filled != a->col)
            fill(g, filled = a->col, row, tuple);
        if (states)
            agg_row(states[i], a->agg, &g->env);
        if (totals)
            agg_row(totals[i], a->agg, &g->env);
    }
}

bool groups_row(struct groups *g, const struct value *row, arena_mark before)
{
    arena_mark made = arena_here(g->c->mem);
    uint32_t   at = group_of(g, row);
    if (g->n > GROUPS_MAX)
        return err_set(&g->c->err, ERR_LIMIT, "This report has more than %d groups; narrow it down", GROUPS_MAX);
    const uint32_t *tuple = &g->tuples[at * (size_t)(g->p->ngroups + 1)];
    bool            later = g->totals && g->p->having;     /* totals count the groups that are shown, known only at the end */
    if (g->passed) {
        if (g->passed[at])
            take(g, row, tuple, NULL, g->totals);
    } else
        take(g, row, tuple, &g->states[at * (size_t)(g->naggs + 1)], later ? NULL : g->totals);
    arena_mark now = arena_here(g->c->mem);
    if (now.chunk == made.chunk && now.used == made.used)
        arena_back(g->c->mem, before);
    return true;
}

/* ---- the end ------------------------------------------------------------------------------------------------------ */

static void finish_row(struct groups *g, struct agg_state *const *states, bool keys, struct value *cells)
{
    const struct plan *p = g->p;
    struct value      *aggs = NEWV(g->c->mem, struct value, (size_t)g->naggs + 1);
    for (int i = p->ngroups; i < p->ncols; i++) {
        const struct plan_column *col = &p->cols[i];
        for (int k = 0; k < col->x->npaths; k++)
            g->slots[k] = keys && col->grouped[k] >= 0 ? cells[col->grouped[k]] : V_NONE;
        for (int k = 0; k < col->x->naggs; k++)
            aggs[k] = agg_value(states[g->first_agg[i] + k], g->c->mem);
        g->env.aggs = aggs;
        cells[i] = expr_eval(col->x, &g->env);
        if (cells[i].type == V_TEXT || cells[i].type == V_LIST)
            cells[i] = value_copy(g->c->mem, cells[i]);
        g->env.aggs = NULL;
    }
}

static bool meets_having(struct groups *g, const struct value *cells)
{
    if (!g->p->having)
        return true;
    for (int i = 0; i < g->p->having->npaths; i++)
        g->slots[i] = cells[g->p->having_col[i]];
    return expr_test(g->p->having, &g->env);
}

bool groups_finish(struct groups *g, struct table *out, bool *again)
{
    size_t k = (size_t)g->p->ngroups, ncols = (size_t)g->p->ncols;
    *out = (struct table){ .cells = NEWV(g->c->mem, struct value, (size_t)g->n * ncols + 1) };
    *again = g->totals && g->p->having;
    uint8_t *passed = NEWV(g->c->mem, uint8_t, (size_t)g->n + 1);
    for (uint32_t i = 0; i < g->n; i++) {
        struct value *cells = &out->cells[out->nrows * ncols];
        for (size_t c = 0; c < k; c++)
            cells[c] = g->keys[c].values.v[g->tuples[i * (k + 1) + c]];
        finish_row(g, &g->states[i * (size_t)(g->naggs + 1)], true, cells);
        passed[i] = meets_having(g, cells);
        out->nrows += passed[i];
    }
    if (*again)
        g->passed = passed;
    else if (g->totals)
        groups_totals(g, out);
    return true;
}

void groups_totals(struct groups *g, struct table *out)
{
    out->totals = NEWV(g->c->mem, struct value, (size_t)g->p->ncols);
    finish_row(g, g->totals, false, out->totals);
}
