/* compute: stored formulas and roll-ups.  Those of the record being written are computed with it; those of other records are
 * noted while writing and computed once each at rec_flush, in rounds, because a computed field may be read by another. */
#include "record/record.h"
#include "base/check.h"
#include "record/compose.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 12, DIRTY_MAX = 500000 };

/* ---- the values a formula reads -------------------------------------------------------------------------------- */

/* Throughout, levels: per slot, what the actor may do with the record's fields; then all that is read, there and beyond, is what the
 * actor sees of it.  NULL: the engine itself reads. */

/* The values at the ends of paths that start in the record `id` of module m; by one statement. */
static bool load_paths(struct ctx *c, const struct module *m, int64_t id, const struct path *paths, const int *which, int n, bool rights, struct value *out)
{
    struct compose    *co = NEW(c->mem, struct compose);
    struct sql_column *form = NEWV(c->mem, struct sql_column, (size_t)n);
    struct buf         b;
    struct rows        r;
    compose_init(co, c, m, rights);
    buf_init(&b, c->mem);
    for (int i = 0; i < n; i++) {
        bool ok = compose_path(co, &paths[i], &form[i]);
        buf_printf(&b, "%s" STR_FMT, i ? ", " : "SELECT ", STR_ARG(ok ? form[i].sql : S("NULL")));
    }
    str seen = compose_seen(co, 0), from = compose_from(co);
    buf_printf(&b, STR_FMT " WHERE t0.id = $%d", STR_ARG(from), compose_bind(co, v_int(id)));
    if (seen.n)
        buf_printf(&b, " AND (" STR_FMT ")", STR_ARG(seen));
    if (!db_run(c->db, buf_str(&b), co->args, (size_t)co->nargs, c->mem, &r, &c->err))
        return false;
    for (int i = 0; i < n; i++)
        out[which[i]] = r.nrows ? sql_column_value(&form[i], CELL(&r, 0, i), c->mem) : V_NONE;
    return true;
}

static struct path rest_of(const struct path *p, int from)
{
    struct path out = { .nsteps = p->nsteps - from };
    for (int i = 0; i < out.nsteps; i++) {
        out.step[i] = p->step[i + from];
        out.of[i] = p->of[i + from];
    }
    return out;
}

/* One path from a record in memory: its own value, or through its relation.  *next is the related record to ask, 0 if none. */
static struct value own_value(const struct path *p, const struct value *v, const struct field **through, struct path *rest)
{
    const struct field *f = p->step[0].field;
    int                 at = 0;
    *through = NULL;
    if (f->parts && p->nsteps > 1)
        f = p->step[at = 1].field;
    if (at + 1 == p->nsteps)
        return f->slot >= 0 && !f->parts ? v[f->slot] : V_NONE;
    *through = f;
    *rest = rest_of(p, at + 1);
    return f->slot >= 0 ? v[f->slot] : V_NONE;
}

static struct path without_lookups(const struct path *p)
{
    struct path         q = *p;
    const struct field *f = p->step[0].field;
    int                 slot;
    while ((f->type->flags & FT_READ) && f->lookup && expr_is_path(f->lookup, &slot)) {
        struct path whole = f->lookup->paths[slot];
        for (int i = 1; i < q.nsteps && whole.nsteps < PATH_MAX_STEPS; i++) {
            whole.of[whole.nsteps] = q.of[i];
            whole.step[whole.nsteps++] = q.step[i];
        }
        q = whole;
        f = q.step[0].field;
    }
    return q;
}

static bool hides(const uint8_t *levels, const struct path *p)
{
    const struct field *f = p->step[0].field;
    return levels && f->slot >= 0 && levels[f->slot] < FIELD_READ;
}

static bool load_slots(struct ctx *c, const struct value *v, const uint8_t *levels, const struct path *paths, int npaths, struct value *slots)
{
    const struct field **through = NEWV(c->mem, const struct field *, (size_t)npaths + 1);
    struct path         *rest = NEWV(c->mem, struct path, (size_t)npaths + 1), *ask = NEWV(c->mem, struct path, (size_t)npaths + 1);
    int                 *which = NEWV(c->mem, int, (size_t)npaths + 1);
    for (int i = 0; i < npaths; i++) {
        struct path p = without_lookups(&paths[i]);
        slots[i] = own_value(&p, v, &through[i], &rest[i]);
        if (hides(levels, &paths[i]) || hides(levels, &p)) {
            slots[i] = V_NONE;
            through[i] = NULL;
        }
    }
    for (int i = 0; i < npaths; i++) {      /* all paths through the same relation by one statement */
        const struct field *f = through[i];
        int64_t             id = f && slots[i].type == V_REF ? slots[i].u.i : 0;
        int                 n = 0;
        if (!f)
            continue;
        for (int k = i; k < npaths; k++)
            if (through[k] == f) {
                ask[n] = rest[k];
                which[n++] = k;
                slots[k] = V_NONE;
                through[k] = NULL;
            }
        if (id && !load_paths(c, f->target, id, ask, which, n, levels != NULL, slots))
            return false;
    }
    return true;
}

bool compute_list(struct ctx *c, const struct expr_list *list, int64_t owner, bool rights, struct expr_rows *out)
{
    const struct field *last = PATH_LAST(&list->path)->field;
    struct compose     *co = NEW(c->mem, struct compose);
    struct sql_column  *form = NEWV(c->mem, struct sql_column, (size_t)list->npaths + 1);
    struct sql_column   via = { 0 };
    struct buf          b;
    struct rows         r;
    compose_init(co, c, last->target, rights);
    buf_init(&b, c->mem);
    buf_putz(&b, "SELECT t0.id");
    for (int i = 0; i < list->npaths; i++) {
        bool ok = compose_path(co, &list->paths[i], &form[i]);
        buf_printf(&b, ", " STR_FMT, STR_ARG(ok ? form[i].sql : S("NULL")));
    }
    if (!(last->type->flags & FT_MANY) && !compose_field(co, 0, last->via, &via))
        return true;
    str seen = compose_seen(co, 0), from = compose_from(co);
    int at = compose_bind(co, v_int(owner));
    if (last->type->flags & FT_MANY)
        buf_printf(&b, STR_FMT " JOIN q_link k ON k.target = t0.id WHERE k.field = %lld AND k.record = $%d", STR_ARG(from), (long long)last->id, at);
    else
        buf_printf(&b, STR_FMT " WHERE " STR_FMT " = $%d", STR_ARG(from), STR_ARG(via.sql), at);
    if (seen.n)
        buf_printf(&b, " AND (" STR_FMT ")", STR_ARG(seen));
    buf_putz(&b, " AND t0.deleted_at IS NULL ORDER BY t0.id");
    if (!db_run(c->db, buf_str(&b), co->args, (size_t)co->nargs, c->mem, &r, &c->err))
        return false;
    const struct value **rows = NEWV(c->mem, const struct value *, r.nrows + 1);
    for (size_t i = 0; i < r.nrows; i++) {
        struct value *v = NEWV(c->mem, struct value, (size_t)list->npaths + 1);
        for (int k = 0; k < list->npaths; k++)
            v[k] = sql_column_value(&form[k], CELL(&r, i, k + 1), c->mem);
        rows[i] = v;
    }
    *out = (struct expr_rows){ rows, r.nrows };
    return true;
}

struct path compute_list_owner(const struct module *m, const struct expr_list *list)
{
    struct path p = list->path;
    p.nsteps--;
    if (!p.nsteps) {
        p.nsteps = 1;
        p.step[0] = (struct expr_name){ .field = &m->fields[SLOT_ID] };
    }
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
        for (size_t k = 0; k < l->n; k++) {
            struct value *v = NEWV(c->mem, struct value, (size_t)list->npaths + 1);
            bool          changed;
            if (!compute_own(c, f->target, l->rows[k]->id, l->rows[k]->v, &changed) ||
                !load_slots(c, l->rows[k]->v, levels, list->paths, list->npaths, v))
                return false;
            rows[k] = v;
        }
        *out = (struct expr_rows){ rows, l->n };
        *given = true;
    }
    return true;
}

static bool load_lists(struct ctx *c, int64_t id, const struct value *v, const uint8_t *levels, const struct record *form, const struct expr *x,
                       struct expr_rows *lists)
{
    for (int i = 0; i < x->nlists; i++) {
        struct path before = x->lists[i].path;
        int64_t     owner = id;
        bool        given;
        if (!form_list(c, form, &x->lists[i], &lists[i], &given))
            return false;
        if (given || hides(levels, &before))
            continue;
        if (before.nsteps > 1) {
            const struct field *through;
            struct path         rest;
            struct value        at;
            before.nsteps--;
            before = without_lookups(&before);
            at = own_value(&before, v, &through, &rest);
            if (through && at.type == V_REF) {
                int which = 0;
                if (!load_paths(c, through->target, at.u.i, &rest, &which, 1, levels != NULL, &at))
                    return false;
            }
            owner = at.type == V_REF ? at.u.i : 0;
        }
        if (owner && !compute_list(c, &x->lists[i], owner, levels != NULL, &lists[i]))
            return false;
    }
    return true;
}

bool compute_eval_seen(struct ctx *c, int64_t id, const struct value *v, const uint8_t *levels, const struct record *form, const struct expr *x,
                       struct value *out)
{
    struct env        env = ctx_env(c);
    struct value     *slots = NEWV(c->mem, struct value, (size_t)x->npaths + 1);
    struct expr_rows *lists = NEWV(c->mem, struct expr_rows, (size_t)x->nlists + 1);
    if (!load_slots(c, v, levels, x->paths, x->npaths, slots) || !load_lists(c, id, v, levels, form, x, lists))
        return false;
    env.slots = slots;
    env.lists = lists;
    *out = expr_eval(x, &env);
    return true;
}

bool compute_eval(struct ctx *c, const struct module *m, int64_t id, const struct value *v, const struct expr *x, struct value *out)
{
    (void)m;
    return compute_eval_seen(c, id, v, NULL, NULL, x, out);
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
    *changed = false;
    for (size_t i = 0; i < m->ncomputed; i++) {
        const struct field *f = m->computed[i];
        struct value        now;
        if (!compute_eval(c, m, id, v, f->formula, &now))
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
    struct path       prefix;
    struct sql_column col;
    struct rows       r;
    if (n == 0)
        return mark(c, m, id);
    struct compose *co = NEW(c->mem, struct compose);
    prefix = *p;
    prefix.nsteps = n;
    compose_init(co, c, m, false);
    if (!compose_path(co, &prefix, &col))
        return true;
    str from = compose_from(co);
    int at = compose_bind(co, v_int(id));
    str sql = str_printf(c->mem, "SELECT t0.id" STR_FMT " WHERE " STR_FMT " = $%d", STR_ARG(from), STR_ARG(col.sql), at);
    if (!db_run(c->db, sql, co->args, (size_t)co->nargs, c->mem, &r, &c->err))
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
    const struct field *last = PATH_LAST(&d->list->path)->field;
    struct compose     *co = NEW(c->mem, struct compose);
    struct path         prefix = d->path;
    struct sql_column   col;
    struct rows         r;
    prefix.nsteps = d->step;
    compose_init(co, c, last->target, false);
    if (!compose_path(co, &prefix, &col))
        return true;
    str from = compose_from(co);
    int at = compose_bind(co, v_int(id));
    str sql = str_printf(c->mem, "SELECT t0.id" STR_FMT " WHERE " STR_FMT " = $%d", STR_ARG(from), STR_ARG(col.sql), at);
    if (!db_run(c->db, sql, co->args, (size_t)co->nargs, c->mem, &r, &c->err))
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
    struct buf    b;
    struct value *a = NEWV(c->mem, struct value, m->ncomputed + 1);
    buf_init(&b, c->mem);
    buf_printf(&b, "UPDATE " STR_FMT " SET ", STR_ARG(m->table));
    for (size_t i = 0; i < m->ncomputed; i++) {
        buf_printf(&b, "%s" STR_FMT " = $%zu", i ? ", " : "", STR_ARG(m->computed[i]->column), i + 1);
        a[i] = field_to_cell(m->computed[i], &v[m->computed[i]->slot], c->mem);
    }
    buf_printf(&b, " WHERE id = $%zu", m->ncomputed + 1);
    a[m->ncomputed] = v_int(id);
    return db_exec(c->db, buf_str(&b), a, m->ncomputed + 1, NULL, &c->err);
}

static bool recompute(struct ctx *c, const struct module *m, int64_t id)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields), *old = NEWV(c->mem, struct value, (size_t)m->nfields);
    bool          found, changed;
    if (!row_load(c, m, id, v, &found))
        return false;
    if (!found)
        return true;
    memcpy(old, v, (size_t)m->nfields * sizeof *v);
    if (!compute_own(c, m, id, v, &changed))
        return false;
    return !changed || (store_computed(c, m, id, v) && search_write(c, m, id, old, v) &&
                        change_write(c, m, id, v[SLOT_VERSION].u.i, "compute", STR_NONE) && compute_mark(c, m, id, old, v));
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
        for (size_t i = 0; i < n; i++)
            if ((i == 0 || by_record(&d[i - 1], &d[i]) != 0) && !recompute(c, d[i].m, d[i].id))
                return false;
    }
    return true;
}

bool rec_recompute(struct ctx *c, const struct module *m)
{
    struct rows r;
    if (!m->ncomputed)
        return true;
    if (!db_run(c->db, str_printf(c->mem, "SELECT id FROM " STR_FMT, STR_ARG(m->table)), NULL, 0, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++)
        if (!mark(c, m, CELL(&r, i, 0)->u.i))
            return false;
    return rec_flush(c);
}
