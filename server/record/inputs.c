/* inputs: see inputs.h. */
#include "record/inputs.h"
#include "record/compose.h"
#include "record/record.h"

#include <string.h>

/* ---- paths ------------------------------------------------------------------------------------------------------- */

static bool same_path(const struct path *a, const struct path *b)
{
    if (a->nsteps != b->nsteps)
        return false;
    for (int i = 0; i < a->nsteps; i++)
        if (a->step[i].field != b->step[i].field)
            return false;
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

/* The slot of a record where a path begins; what is left of the path beyond it has no steps when it ends there. */
static int first_slot(const struct path *p, struct path *rest, const struct field **through)
{
    const struct field *f = p->step[0].field;
    int                 at = 0;
    if (f->parts && p->nsteps > 1)          /* an address: its parts are fields of the same record */
        f = p->step[at = 1].field;
    *rest = rest_of(p, at + 1);
    *through = f;
    return f->slot >= 0 && (rest->nsteps || !f->parts) ? f->slot : -1;
}

/* ---- making ------------------------------------------------------------------------------------------------------- */

struct rows_of { struct path list; struct path *paths; int n, cap; struct ask ask; struct rows_of *next; };
/* c: with the memory that what is made lives in.  rights: as the actor sees it; levels: see inputs_seen, NULL: all is shown. */
struct making { struct ctx c; struct rows_of *rows; bool rights; const uint8_t *levels; };

static struct making making_in(const struct ctx *c, struct arena *mem)
{
    struct making m = { .c = *c };
    m.c.mem = mem;
    return m;
}

static bool hides(const struct making *k, const struct path *p)
{
    const struct field *f = p->step[0].field;
    return k->levels && f->slot >= 0 && k->levels[f->slot] < FIELD_READ;
}

/* A SELECT of t0.id and what follows; its first parameter will be an id. */
static void begin(struct making *k, const struct module *m, struct compose *co, struct buf *b)
{
    compose_init(co, &k->c, m, k->rights);
    compose_bind(co, V_NONE);
    buf_init(b, k->c.mem);
    buf_putz(b, "SELECT t0.id");
}

static void end(struct compose *co, const struct buf *b, struct ask *ask)
{
    ask->sql = co->overflow ? STR_NONE : buf_str(b);
    ask->args = co->args;
    ask->nargs = co->nargs;
}

static void columns(struct compose *co, const struct path *paths, int n, struct ask *ask, struct buf *b)
{
    ask->n = n;
    ask->form = NEWV(co->c->mem, struct sql_column, (size_t)n + 1);
    for (int i = 0; i < n; i++) {
        bool ok = compose_path(co, &paths[i], &ask->form[i]);
        buf_printf(b, ", " STR_FMT, STR_ARG(ok ? ask->form[i].sql : S("NULL")));
    }
}

/* Values at the ends of paths that start in module m. */
static void ask_paths(struct making *k, const struct module *m, const struct path *paths, int n, struct ask *ask)
{
    struct compose co;
    struct buf     b;
    begin(k, m, &co, &b);
    columns(&co, paths, n, ask, &b);
    str seen = compose_seen(&co, 0), from = compose_from(&co);
    buf_printf(&b, STR_FMT " WHERE t0.id = $1", STR_ARG(from));
    if (seen.n)
        buf_printf(&b, " AND (" STR_FMT ")", STR_ARG(seen));
    end(&co, &b, ask);
}

static void ask_rows(struct making *k, struct rows_of *r)
{
    const struct field *last = PATH_LAST(&r->list)->field;
    struct compose      co;
    struct sql_column   via = { .sql = S("NULL") };
    struct buf          b;
    begin(k, last->target, &co, &b);
    columns(&co, r->paths, r->n, &r->ask, &b);
    if (!(last->type->flags & FT_MANY))
        compose_field(&co, 0, last->via, &via);
    str seen = compose_seen(&co, 0), from = compose_from(&co);
    if (last->type->flags & FT_MANY)
        buf_printf(&b, STR_FMT " JOIN q_link k ON k.target = t0.id WHERE k.field = %lld AND k.record = $1", STR_ARG(from), (long long)last->id);
    else
        buf_printf(&b, STR_FMT " WHERE " STR_FMT " = $1", STR_ARG(from), STR_ARG(via.sql));
    if (seen.n)
        buf_printf(&b, " AND (" STR_FMT ")", STR_ARG(seen));
    buf_putz(&b, " AND t0.deleted_at IS NULL ORDER BY t0.id");
    end(&co, &b, &r->ask);
}

static struct rows_of *rows_of(struct making *k, const struct path *list)
{
    struct rows_of **at = &k->rows;
    while (*at && !same_path(&(*at)->list, list))
        at = &(*at)->next;
    if (!*at) {
        *at = NEW(k->c.mem, struct rows_of);
        (*at)->list = *list;
    }
    return *at;
}

static int column_of(struct making *k, struct rows_of *r, const struct path *p)
{
    for (int i = 0; i < r->n; i++)
        if (same_path(&r->paths[i], p))
            return i;
    if (r->n == r->cap) {
        struct path *more = NEWV(k->c.mem, struct path, (size_t)(r->cap = r->cap ? r->cap * 2 : 4));
        if (r->n)
            memcpy(more, r->paths, (size_t)r->n * sizeof *more);
        r->paths = more;
    }
    r->paths[r->n] = *p;
    return r->n++;
}

static void make_related(struct making *k, const struct path *given, int npaths, struct inputs *in)
{
    size_t               n = (size_t)npaths + 1;
    const struct field **through = NEWV(k->c.mem, const struct field *, n);
    struct path         *rest = NEWV(k->c.mem, struct path, n), *paths = NEWV(k->c.mem, struct path, n);
    in->npaths = npaths;
    in->own = NEWV(k->c.mem, int, n);
    in->related = NEWV(k->c.mem, struct related_input, n);
    for (int i = 0; i < npaths; i++) {
        struct path p = without_lookups(&given[i]);
        int         slot = first_slot(&p, &rest[i], &through[i]);
        bool        hidden = hides(k, &given[i]) || hides(k, &p);
        in->own[i] = rest[i].nsteps || hidden ? -1 : slot;
        if (!rest[i].nsteps || slot < 0 || hidden)
            through[i] = NULL;
    }
    for (int i = 0; i < npaths; i++) {
        const struct field   *f = through[i];
        struct related_input *r = &in->related[in->nrelated];
        int                   m = 0;
        if (!f)
            continue;
        *r = (struct related_input){ .slot = f->slot, .to = NEWV(k->c.mem, int, n) };
        for (int j = i; j < npaths; j++)
            if (through[j] == f) {
                paths[m] = rest[j];
                r->to[m++] = j;
                through[j] = NULL;
            }
        ask_paths(k, f->target, paths, m, &r->ask);
        in->nrelated++;
    }
}

/* Links or lines that not every row of their module shows the actor are as if they were empty. */
static bool closed(const struct making *k, const struct path *list)
{
    const struct field *last = PATH_LAST(list)->field;
    if (!k->rights || last->slot < 0)
        return false;
    struct access a = access_of(&k->c, last->module);
    return !access_field_always(&a, last);
}

static void make_lists(struct making *k, const struct expr *x, struct inputs *in)
{
    in->nlists = x->nlists;
    in->lists = NEWV(k->c.mem, struct list_input, (size_t)x->nlists + 1);
    for (int i = 0; i < x->nlists; i++) {
        const struct expr_list *list = &x->lists[i];
        struct list_input      *l = &in->lists[i];
        struct rows_of         *r = rows_of(k, &list->path);
        *l = (struct list_input){ .slot = -1, .rows = &r->ask, .n = list->npaths, .at = NEWV(k->c.mem, int, (size_t)list->npaths + 1) };
        for (int j = 0; j < list->npaths; j++)
            l->at[j] = column_of(k, r, &list->paths[j]);
        if (list->path.nsteps > 1 ? closed(k, &list->path) : hides(k, &list->path))
            l->rows = NULL;             /* as if it were empty */
        if (list->path.nsteps > 1) {
            const struct field *through;
            struct path         before = list->path, rest;
            before.nsteps--;
            before = without_lookups(&before);
            l->slot = first_slot(&before, &rest, &through);
            if (l->slot < 0 || hides(k, &before))
                l->rows = NULL;
            else {
                const struct field *to = rest.nsteps ? PATH_LAST(&rest)->field : through;
                if (k->rights)      /* its record, which may be hidden where the relation is not */
                    rest.step[rest.nsteps++] = (struct expr_name){ .field = &to->target->fields[SLOT_ID] };
                if (rest.nsteps)
                    ask_paths(k, through->target, &rest, 1, &l->owner);
            }
        }
    }
}

static void make(struct making *k, const struct expr *x, struct inputs *in)
{
    make_related(k, x->paths, x->npaths, in);
    make_lists(k, x, in);
}

static void finish(struct making *k)
{
    for (struct rows_of *r = k->rows; r; r = r->next)
        ask_rows(k, r);
}

struct order { struct ctx *c; const struct expr *x; const struct module *m; const struct path *p; int n; const uint8_t *levels; };

static void *make_one(struct arena *mem, void *arg)
{
    struct order  *o = arg;
    struct making  k = making_in(o->c, mem);
    struct inputs *in = NEW(mem, struct inputs);
    k.levels = o->levels;
    k.rights = o->levels != NULL;
    make(&k, o->x, in);
    finish(&k);
    return in;
}

static void *make_computed(struct arena *mem, void *arg)
{
    struct order  *o = arg;
    struct making  k = making_in(o->c, mem);
    struct inputs *in = NEWV(mem, struct inputs, o->m->ncomputed + 1);
    for (size_t i = 0; i < o->m->ncomputed; i++)
        make(&k, o->m->computed[i]->formula, &in[i]);
    finish(&k);
    return in;
}

static void *make_leading(struct arena *mem, void *arg)
{
    struct order     *o = arg;
    struct making     k = making_in(o->c, mem);
    struct ask       *ask = NEW(mem, struct ask);
    struct path       prefix = *o->p;
    struct compose    co;
    struct sql_column col;
    prefix.nsteps = o->n;
    compose_init(&co, &k.c, o->m, false);
    if (compose_path(&co, &prefix, &col)) {
        str from = compose_from(&co);
        ask->sql = str_printf(mem, "SELECT t0.id" STR_FMT " WHERE " STR_FMT " = $1", STR_ARG(from), STR_ARG(col.sql));
    }
    return ask;
}

static void *make_row(struct arena *mem, void *arg)
{
    struct order *o = arg;
    struct buf    b;
    int           n = 0;
    buf_init(&b, mem);
    buf_putz(&b, "SELECT ");
    for (int i = 0; i < o->m->nfields; i++)
        if (o->m->fields[i].type->flags & FT_COLUMN)
            buf_printf(&b, "%s" STR_FMT, n++ ? ", " : "", STR_ARG(o->m->fields[i].column));
    buf_printf(&b, " FROM " STR_FMT " WHERE id = $1%s", STR_ARG(o->m->table), db_mode(o->c->db) == TX_WRITE ? db_dialect(o->c->db)->for_update : "");
    struct ask *ask = NEW(mem, struct ask);
    ask->sql = buf_str(&b);
    return ask;
}

static void *make_store(struct arena *mem, void *arg)
{
    struct order *o = arg;
    struct buf    b;
    buf_init(&b, mem);
    buf_printf(&b, "UPDATE " STR_FMT " SET ", STR_ARG(o->m->table));
    for (size_t i = 0; i < o->m->ncomputed; i++)
        buf_printf(&b, "%s" STR_FMT " = $%zu", i ? ", " : "", STR_ARG(o->m->computed[i]->column), i + 1);
    buf_printf(&b, " WHERE id = $%zu", o->m->ncomputed + 1);
    struct ask *ask = NEW(mem, struct ask);
    ask->sql = buf_str(&b);
    return ask;
}

/* ---- finding ------------------------------------------------------------------------------------------------------ */

/* What was made before, or is made now; in the request's own memory when the memo is full. */
static const void *kept(struct ctx *c, const void *of, const void *word, memo_maker *maker, struct order *o)
{
    const void *made = memo_find(c->cat->memo, of, word);
    if (!made)
        made = memo_keep(c->cat->memo, of, word, maker, o);
    return made ? made : maker(c->mem, o);
}

static const char one_word[1], computed_word[1], store_word[1], row_word[2], leading_word[PATH_MAX_STEPS + 1];

const struct inputs *inputs_of(struct ctx *c, const struct expr *x)
{
    struct order o = { .c = c, .x = x };
    return kept(c, x, one_word, make_one, &o);
}

struct inputs *inputs_seen(struct ctx *c, const struct expr *x, const uint8_t *levels)
{
    struct order o = { .c = c, .x = x, .levels = levels };
    return make_one(c->mem, &o);
}

const struct inputs *inputs_of_paths(struct ctx *c, const struct path *paths, int npaths, const uint8_t *levels)
{
    struct making  k = making_in(c, c->mem);
    struct inputs *in = NEW(c->mem, struct inputs);
    k.levels = levels;
    k.rights = levels != NULL;
    make_related(&k, paths, npaths, in);
    return in;
}

const struct inputs *inputs_of_computed(struct ctx *c, const struct module *m)
{
    struct order o = { .c = c, .m = m };
    return kept(c, m, computed_word, make_computed, &o);
}

const struct ask *leading_ask(struct ctx *c, const struct module *m, const struct path *p, int n)
{
    struct order      o = { .c = c, .m = m, .p = p, .n = n };
    const struct ask *ask = kept(c, p, &leading_word[n], make_leading, &o);
    return ask->sql.n ? ask : NULL;
}

str row_sql(struct ctx *c, const struct module *m)
{
    struct order o = { .c = c, .m = m };
    return ((const struct ask *)kept(c, m, &row_word[db_mode(c->db) == TX_WRITE], make_row, &o))->sql;
}

str store_sql(struct ctx *c, const struct module *m)
{
    struct order o = { .c = c, .m = m };
    return ((const struct ask *)kept(c, m, store_word, make_store, &o))->sql;
}

/* ---- loading ------------------------------------------------------------------------------------------------------ */

static bool run_ask(struct ctx *c, const struct ask *ask, int64_t id, struct rows *r)
{
    struct value *a = NEWV(c->mem, struct value, (size_t)ask->nargs + 1);
    if (!ask->sql.n)
        return err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
    memcpy(a, ask->args, (size_t)ask->nargs * sizeof *a);
    a[0] = v_int(id);
    return db_run(c->db, ask->sql, a, (size_t)ask->nargs, c->mem, r, &c->err);
}

static struct value asked(struct ctx *c, const struct ask *ask, const struct rows *r, size_t row, int i)
{
    return ask->form[i].sql.n ? sql_column_value(&ask->form[i], CELL(r, row, i + 1), c->mem) : V_NONE;
}

static bool load_related(struct ctx *c, const struct related_input *in, const struct value *v, struct value *slots)
{
    const struct value *at = &v[in->slot];
    struct rows         r = { 0 };
    if (at->type == V_REF && !run_ask(c, &in->ask, at->u.i, &r))
        return false;
    for (int i = 0; i < in->ask.n; i++)
        slots[in->to[i]] = r.nrows ? asked(c, &in->ask, &r, 0, i) : V_NONE;
    return true;
}

static bool owner_of(struct ctx *c, const struct list_input *in, int64_t id, const struct value *v, int64_t *owner)
{
    struct value at = in->slot < 0 ? v_ref(id) : v[in->slot];
    struct rows  r;
    if (in->owner.n && at.type == V_REF) {
        if (!run_ask(c, &in->owner, at.u.i, &r))
            return false;
        at = r.nrows ? asked(c, &in->owner, &r, 0, 0) : V_NONE;
    }
    *owner = at.type == V_REF ? at.u.i : 0;
    return true;
}

static bool rows_for(struct ctx *c, const struct ask *ask, int64_t owner, struct rows_seen **seen, struct rows *out)
{
    for (struct rows_seen *s = seen ? *seen : NULL; s; s = s->next)
        if (s->ask == ask && s->owner == owner) {
            *out = s->rows;
            return true;
        }
    if (!run_ask(c, ask, owner, out))
        return false;
    if (seen) {
        struct rows_seen *s = NEW(c->mem, struct rows_seen);
        *s = (struct rows_seen){ ask, owner, *out, *seen };
        *seen = s;
    }
    return true;
}

/* The rows as the formula wants them: of each the n columns at. */
static void pick(struct ctx *c, const struct ask *ask, const struct rows *r, const int *at, int n, struct expr_rows *out)
{
    const struct value **rows = NEWV(c->mem, const struct value *, r->nrows + 1);
    struct value        *cells = NEWV(c->mem, struct value, r->nrows * (size_t)n + 1);
    for (size_t i = 0; i < r->nrows; i++) {
        rows[i] = cells;
        for (int k = 0; k < n; k++)
            *cells++ = asked(c, ask, r, i, at[k]);
    }
    *out = (struct expr_rows){ rows, r->nrows };
}

static bool load_list(struct ctx *c, const struct list_input *in, int64_t id, const struct value *v, struct rows_seen **seen, struct expr_rows *out)
{
    int64_t     owner;
    struct rows r;
    if (!in->rows)
        return true;
    if (!owner_of(c, in, id, v, &owner))
        return false;
    if (!owner)
        return true;
    if (!rows_for(c, in->rows, owner, seen, &r))
        return false;
    pick(c, in->rows, &r, in->at, in->n, out);
    return true;
}

bool inputs_load(struct ctx *c, const struct inputs *in, int64_t id, const struct value *v, struct rows_seen **seen, struct value *slots,
                 struct expr_rows *lists)
{
    for (int i = 0; i < in->npaths; i++)
        slots[i] = in->own[i] >= 0 ? v[in->own[i]] : V_NONE;
    for (int i = 0; i < in->nrelated; i++)
        if (!load_related(c, &in->related[i], v, slots))
            return false;
    for (int i = 0; i < in->nlists; i++)
        if (!load_list(c, &in->lists[i], id, v, seen, &lists[i]))
            return false;
    return true;
}

bool compute_list(struct ctx *c, const struct expr_list *list, int64_t owner, bool rights, struct expr_rows *out)
{
    struct making   k = making_in(c, c->mem);
    struct rows_of *of = rows_of(&k, &list->path);
    int            *at = NEWV(c->mem, int, (size_t)list->npaths + 1);
    struct rows     r;
    k.rights = rights;
    if (closed(&k, &list->path))
        return true;
    for (int i = 0; i < list->npaths; i++)
        at[i] = column_of(&k, of, &list->paths[i]);
    ask_rows(&k, of);
    if (!run_ask(c, &of->ask, owner, &r))
        return false;
    pick(c, &of->ask, &r, at, list->npaths, out);
    return true;
}
