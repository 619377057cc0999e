/* compute: stored formulas and roll-ups.  Those of the record being written are computed with it; those of other records are
 * noted while writing and computed once each at rec_flush, in rounds, because a computed field may be read by another. */
#include "record/record.h"
#include "base/check.h"
#include "record/inputs.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 64, DIRTY_MAX = 500000, RECOMPUTE_AT_ONCE = 10000 };

static bool eval(struct ctx *c, const struct inputs *in, int64_t id, const struct value *v, struct rows_seen **seen, const struct expr *x,
                 struct expr_rows *lists, struct value *out)
{
    struct env    env = ctx_env(c);
    struct value *slots = NEWV(c->mem, struct value, (size_t)x->npaths + 1);
    if (!inputs_load(c, in, id, v, seen, slots, lists))
        return false;
    env.slots = slots;
    env.lists = lists;
    *out = expr_eval(x, &env);
    return true;
}

static struct expr_rows *lists_for(struct ctx *c, const struct expr *x) { return NEWV(c->mem, struct expr_rows, (size_t)x->nlists + 1); }

bool compute_eval(struct ctx *c, int64_t id, const struct value *v, const struct expr *x, struct value *out)
{
    return eval(c, inputs_of(c, x), id, v, NULL, x, lists_for(c, x), out);
}

struct path compute_list_owner(const struct module *m, const struct expr_list *list)
{
    struct path p = list->path;
    const struct field *before = p.nsteps > 1 ? p.step[p.nsteps - 2].field : NULL;
    PATH_LAST(&p)->field = &(before ? before->target : m)->fields[SLOT_ID];     /* not the relation: its record may be hidden */
    return p;
}

/* The lines of a form, as far as they are filled in. */
static bool form_list(struct ctx *c, const struct record *form, const struct expr_list *list, struct expr_rows *out, bool *given)
{
    const struct field *last = PATH_LAST(&list->path)->field;
    *given = false;
    for (int i = SLOT_FIRST; form && list->path.nsteps == 1 && i < form->m->nfields; i++) {
        const struct field        *f = &form->m->fields[i];
        const struct record_lines *l = &form->lines[i];
        if (!l->given || !last->via || f->via != last->via)
            continue;
        const struct value **rows = NEWV(c->mem, const struct value *, l->n + 1);
        uint8_t             *levels = NEWV(c->mem, uint8_t, (size_t)f->target->nfields);
        memset(levels, FIELD_READ, (size_t)f->target->nfields);     /* what somebody types in is no secret to them */
        const struct inputs *in = inputs_of_paths(c, list->paths, list->npaths, levels);
        for (size_t k = 0; k < l->n; k++) {
            struct value *v = NEWV(c->mem, struct value, (size_t)list->npaths + 1);
            bool          changed;
            if (!compute_own(c, f->target, l->rows[k]->id, l->rows[k]->v, &changed) || !inputs_load(c, in, l->rows[k]->id, l->rows[k]->v, NULL, v, NULL))
                return false;
            rows[k] = v;
        }
        *out = (struct expr_rows){ rows, l->n };
        *given = true;
    }
    return true;
}

bool compute_eval_seen(struct ctx *c, int64_t id, const struct value *v, const uint8_t *levels, const struct record *form, const struct expr *x,
                       struct value *out)
{
    struct inputs    *in = inputs_seen(c, x, levels);
    struct expr_rows *lists = lists_for(c, x);
    for (int i = 0; i < x->nlists; i++) {
        bool given;
        if (!form_list(c, form, &x->lists[i], &lists[i], &given))
            return false;
        if (given)
            in->lists[i].rows = NULL;
    }
    return eval(c, in, id, v, NULL, x, lists, out);
}

/* What a formula gave, as its field keeps it: decimals rounded to the scale, errors empty. */
static struct value kept(struct ctx *c, const struct field *f, struct value v)
{
    int64_t units;
    if (v.type == V_ERROR || v.type == V_NULL)
        return V_NONE;
    switch (f->vtype) {
    case V_DEC:
        return v_is_number(&v) && dec_to_units(v_number(&v), f->scale, &units) ? v_dec(dec_of_units(units, f->scale)) : V_NONE;
    case V_INT:
        return v_is_number(&v) && dec_to_units(v_number(&v), 0, &units) ? v_int(units) : V_NONE;
    case V_TEXT: return v.type == V_TEXT ? v : v_text(expr_value_text(c->mem, &v, EXPR_ISO, c->cat->zone));
    case V_BOOL: return v.type == V_BOOL ? v : v_is_number(&v) ? v_bool(!dec_is_zero(v_number(&v))) : V_NONE;
    case V_TIME: return v.type == V_DATE ? v_time(zone_instant(c->cat->zone, v.u.i, 0)) : v.type == V_TIME ? v : V_NONE;
    case V_DATE: return v.type == V_TIME ? v_date(zone_day(c->cat->zone, v.u.i)) : v.type == V_DATE ? v : V_NONE;
    default:     return v.type == f->vtype ? v : V_NONE;
    }
}

bool compute_own(struct ctx *c, const struct module *m, int64_t id, struct value *v, bool *changed)
{
    const struct inputs *in = m->ncomputed ? inputs_of_computed(c, m) : NULL;
    struct rows_seen    *seen = NULL;
    *changed = false;
    for (size_t i = 0; i < m->ncomputed; i++) {
        const struct field *f = m->computed[i];
        struct value        now;
        if (!eval(c, &in[i], id, v, &seen, f->formula, lists_for(c, f->formula), &now))
            return false;
        now = kept(c, f, now);
        *changed |= !v_same(&now, &v[f->slot]);
        v[f->slot] = now;
    }
    return true;
}

/* ---- other records --------------------------------------------------------------------------------------------- */

static bool mark(struct ctx *c, const struct module *m, int64_t id)
{
    for (size_t i = c->ndirty; i > 0 && i + 8 > c->ndirty; i--)
        if (c->dirty[i - 1].m == m && c->dirty[i - 1].id == id)
            return true;
    if (c->ndirty == c->dirty_cap) {
        size_t        cap = c->dirty_cap ? c->dirty_cap * 2 : 64;
        struct dirty *d = NEWV(c->mem, struct dirty, cap);
        if (c->ndirty >= DIRTY_MAX)
            return err_set(&c->err, ERR_LIMIT, "This change touches too many other records at once");
        if (c->ndirty)
            memcpy(d, c->dirty, c->ndirty * sizeof *d);
        c->dirty = d;
        c->dirty_cap = cap;
    }
    c->dirty[c->ndirty++] = (struct dirty){ m, id };
    return true;
}

bool compute_mark_self(struct ctx *c, const struct module *m, int64_t id) { return m->ncomputed == 0 || mark(c, m, id); }

/* Marks the records of m whose first n steps of the path lead to the record `id`. */
static bool mark_leading(struct ctx *c, const struct module *m, const struct path *p, int n, int64_t id)
{
    struct value      a[] = { v_int(id) };
    struct rows       r;
    const struct ask *ask;
    if (n == 0)
        return mark(c, m, id);
    if (!(ask = leading_ask(c, m, p, n)))
        return true;
    if (!db_run(c->db, ask->sql, a, 1, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++)
        if (!mark(c, m, CELL(&r, i, 0)->u.i))
            return false;
    return true;
}

/* The owners of a list row: by its relation back, or by links. */
static bool mark_owners(struct ctx *c, const struct dependent *d, int64_t row, const struct value *v)
{
    const struct field  *last = PATH_LAST(&d->list->path)->field;
    const struct module *m = d->computed->module;
    int                  before = d->list->path.nsteps - 1;
    struct rows          r;
    if (last->via && v)
        return v[last->via->slot].type != V_REF || mark_leading(c, m, &d->list->path, before, v[last->via->slot].u.i);
    struct value a[] = { v_int(last->id), v_int(row) };
    str          sql = last->via ? str_printf(c->mem, "SELECT " STR_FMT " FROM " STR_FMT " WHERE $1 >= 0 AND id = $2 AND " STR_FMT " IS NOT NULL",
                                              STR_ARG(last->via->column), STR_ARG(last->target->table), STR_ARG(last->via->column))
                                 : S("SELECT record FROM q_link WHERE field = $1 AND target = $2");
    if (!db_run(c->db, sql, a, 2, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++)
        if (!mark_leading(c, m, &d->list->path, before, CELL(&r, i, 0)->u.i))
            return false;
    return true;
}

/* A record further along a path of list rows has changed: the rows that lead to it, then their owners. */
static bool mark_through_rows(struct ctx *c, const struct dependent *d, int64_t id)
{
    const struct ask *ask = leading_ask(c, ((const struct field *)PATH_LAST(&d->list->path)->field)->target, &d->path, d->step);
    struct value      a[] = { v_int(id) };
    struct rows       r;
    if (!ask)
        return true;
    if (!db_run(c->db, ask->sql, a, 1, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++)
        if (!mark_owners(c, d, CELL(&r, i, 0)->u.i, NULL))
            return false;
    return true;
}

bool compute_mark(struct ctx *c, const struct module *m, int64_t id, const struct value *old, const struct value *now)
{
    for (size_t i = 0; i < m->ndependents; i++) {
        const struct dependent *d = &m->dependents[i];
        int                     slot = d->watch->slot;
        bool                    lived = old && now;
        if (lived && v_same(&old[slot], &now[slot]))
            continue;
        if (!d->list) {
            if (!mark_leading(c, d->computed->module, &d->path, d->step, id))
                return false;
        } else if (d->step > 0) {
            if (!mark_through_rows(c, d, id))
                return false;
        } else if ((old && !mark_owners(c, d, id, old)) || (now && !mark_owners(c, d, id, now)))
            return false;
    }
    return true;
}

static int by_record(const void *a, const void *b)
{
    const struct dirty *x = a, *y = b;
    return x->m != y->m ? (x->m < y->m ? -1 : 1) : x->id != y->id ? (x->id < y->id ? -1 : 1) : 0;
}

static bool store_computed(struct ctx *c, const struct module *m, int64_t id, const struct value *v)
{
    struct value *a = NEWV(c->mem, struct value, m->ncomputed + 1);
    for (size_t i = 0; i < m->ncomputed; i++)
        a[i] = field_to_cell(m->computed[i], &v[m->computed[i]->slot], c->mem);
    a[m->ncomputed] = v_int(id);
    return db_exec(c->db, store_sql(c, m), a, m->ncomputed + 1, NULL, &c->err);
}

static bool recompute(struct ctx *c, const struct module *m, int64_t id)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields), *old = NEWV(c->mem, struct value, (size_t)m->nfields);
    bool          found, changed, any;
    if (!row_load(c, m, id, v, &found))
        return false;
    if (!found)
        return true;
    memcpy(old, v, (size_t)m->nfields * sizeof *v);
    if (!compute_own(c, m, id, v, &changed))
        return false;
    return !changed || (store_computed(c, m, id, v) && search_write(c, m, id, old, v) &&
                        change_write(c, m, id, v[SLOT_VERSION].u.i, "compute", change_describe(c, m, old, v, &any)) && compute_mark(c, m, id, old, v));
}

struct respite rec_here(struct ctx *c) { return (struct respite){ arena_here(c->mem), c->dirty, c->dirty_cap }; }

void rec_back(struct ctx *c, struct respite r)
{
    if (c->dirty == r.dirty && c->dirty_cap == r.cap && c->err.kind == ERR_NONE)
        arena_back(c->mem, r.mark);
}

bool rec_flush(struct ctx *c)
{
    for (int round = 0; c->ndirty; round++) {
        struct dirty *d = c->dirty;
        size_t        n = c->ndirty;
        if (round == ROUNDS_MAX)
            return err_set(&c->err, ERR_CONFLICT, "Computed fields of several records depend on each other in a circle");
        c->dirty = NULL;
        c->ndirty = c->dirty_cap = 0;
        qsort(d, n, sizeof *d, by_record);
        for (size_t i = 0; i < n; i++) {
            struct respite here = rec_here(c);
            if ((i == 0 || by_record(&d[i - 1], &d[i]) != 0) && !recompute(c, d[i].m, d[i].id))
                return false;
            rec_back(c, here);
        }
    }
    return true;
}

bool rec_recompute(struct ctx *c, const struct module *m)
{
    str          sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE id > $1 ORDER BY id LIMIT %d", STR_ARG(m->table), RECOMPUTE_AT_ONCE);
    struct value after[] = { v_int(0) };
    struct rows  r = { .nrows = m->ncomputed ? RECOMPUTE_AT_ONCE : 0 };
    while (r.nrows == RECOMPUTE_AT_ONCE) {
        struct respite here = rec_here(c);
        if (!db_run(c->db, sql, after, 1, c->mem, &r, &c->err))
            return false;
        for (size_t i = 0; i < r.nrows; i++) {
            after[0].u.i = CELL(&r, i, 0)->u.i;
            if (!mark(c, m, after[0].u.i))
                return false;
        }
        if (!rec_flush(c))
            return false;
        rec_back(c, here);
    }
    return true;
}
