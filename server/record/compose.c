/* compose: see compose.h. */
#include "record/compose.h"
#include "base/check.h"
#include "base/log.h"

#include <string.h>

void compose_init(struct compose *co, struct ctx *c, const struct module *root, bool rights)
{
    *co = (struct compose){ .c = c, .root = root, .rights = rights && !ctx_is_admin(c), .njoins = 1, .joins_cap = 8 };
    co->joins = NEWV(c->mem, struct join, (size_t)co->joins_cap);
    co->joins[0] = (struct join){ .parent = -1, .m = root };
}

/* Room for one more of n elements, at most most. */
static void *roomier(struct arena *mem, void *had, int n, int *cap, int first, int most, size_t size)
{
    if (n < *cap)
        return had;
    *cap = *cap ? *cap * 2 : first;
    if (*cap > most)
        *cap = most;
    void *more = arena_alloc_n(mem, size, (size_t)*cap);
    if (n)
        memcpy(more, had, size * (size_t)n);
    return more;
}

int compose_bind(struct compose *co, struct value v)
{
    if (co->nargs == COMPOSE_ARGS_MAX) {
        co->overflow = true;
        return 1;
    }
    co->args = roomier(co->c->mem, co->args, co->nargs, &co->args_cap, 8, COMPOSE_ARGS_MAX, sizeof *co->args);
    co->args[co->nargs++] = v;
    return co->nargs;
}

int compose_join(struct compose *co, int alias, const struct field *via)
{
    for (int i = 1; i < co->njoins; i++)
        if (co->joins[i].parent == alias && co->joins[i].via == via)
            return i;
    if (co->njoins == COMPOSE_JOINS_MAX) {
        co->overflow = true;
        return -1;
    }
    co->joins = roomier(co->c->mem, co->joins, co->njoins, &co->joins_cap, 8, COMPOSE_JOINS_MAX, sizeof *co->joins);
    co->joins[co->njoins] = (struct join){ .parent = alias, .via = via, .m = via->target, .scope = co->joins[alias].scope };
    return co->njoins++;
}

static void put_joins(struct compose *co, int scope, struct buf *b)
{
    for (int i = 1; i < co->njoins; i++)
        if (co->joins[i].scope == scope && co->joins[i].via)
            buf_printf(b, " LEFT JOIN " STR_FMT " t%d ON t%d.id = t%d." STR_FMT, STR_ARG(co->joins[i].m->table), i, i,
                       co->joins[i].parent, STR_ARG(co->joins[i].via->column));
}

str compose_from(struct compose *co)
{
    struct buf b;
    buf_init(&b, co->c->mem);
    buf_printf(&b, " FROM " STR_FMT " t0", STR_ARG(co->root->table));
    put_joins(co, 0, &b);
    return buf_str(&b);
}

/* ---- formulas over an alias ----------------------------------------------------------------------------------- */

struct place { struct compose *co; int alias; bool rights; };

static bool walk(struct compose *co, int alias, const struct path *p, int from, bool rights, struct sql_column *out);

static struct compose_list *list_of(struct place *at, const struct expr_list *list);

static bool place_column(void *arg, const struct expr_list *list, const struct path *p, struct sql_column *out)
{
    struct place              *at = arg;
    const struct compose_list *l = list ? list_of(at, list) : NULL;
    return list ? l && walk(at->co, l->row, p, 0, at->rights, out) : walk(at->co, at->alias, p, 0, at->rights, out);
}

static bool place_list(void *arg, const struct expr_list *list, str select, str when, str *out);

static int place_bind(void *arg, struct value v) { return compose_bind(((struct place *)arg)->co, v); }

_Static_assert(COMPOSE_JOINS_MAX <= 64, "a bit for each join");

static uint64_t seen_known(const struct compose *co)
{
    uint64_t known = 0;
    for (int i = 0; i < co->njoins; i++)
        known |= (uint64_t)co->joins[i].seen_known << i;
    return known;
}

static bool condition_at(struct compose *co, int alias, const struct expr *x, bool rights, str *out)
{
    struct place      at = { co, alias, rights };
    struct env        env = ctx_env(co->c);
    struct sql_target t = { .dialect = db_dialect(co->c->db), .column = place_column, .list = place_list, .bind = place_bind, .arg = &at, .env = &env,
                            .mem = co->c->mem };
    int      nargs = co->nargs, njoins = co->njoins, nlists = co->nlists;
    uint64_t known = seen_known(co);
    co->particular = true;
    if (expr_sql_condition(x, &t, out))
        return true;
    co->nargs = nargs;          /* what a failed try has bound or joined goes with it, and so do conditions that name it */
    co->njoins = njoins;
    co->nlists = nlists;
    for (int i = 0; i < njoins; i++)
        co->joins[i].seen_known = known >> i & 1;
    return false;
}

bool compose_condition(struct compose *co, const struct expr *x, str *out) { return condition_at(co, 0, x, co->rights, out); }

/* ---- rights --------------------------------------------------------------------------------------------------- */

/* Some role among those chosen lets the row be read.  A condition that this database cannot ask hides the row. */
static str roles_condition(struct compose *co, int alias, const struct access *a, const struct field *f)
{
    struct buf b;
    buf_init(&b, co->c->mem);
    for (size_t i = 0; i < a->nroles; i++) {
        str one;
        if (f && a->roles[i]->fields[f->slot] < FIELD_READ)
            continue;
        if (a->roles[i]->read.all)
            return S("");
        if (!condition_at(co, alias, a->roles[i]->read.when, false, &one)) {
            log_event(LOG_WARN, "right_not_in_sql", "module=" STR_FMT, STR_ARG(a->m->name));
            continue;
        }
        buf_putz(&b, b.n ? " OR " : "");
        buf_printf(&b, "(" STR_FMT ")", STR_ARG(one));
    }
    return b.n ? str_printf(co->c->mem, "(" STR_FMT ")", STR_ARG(buf_str(&b))) : S("1=0");
}

str compose_seen(struct compose *co, int alias)
{
    struct join *j = &co->joins[alias];
    if (!co->rights)
        return S("");
    if (!j->seen_known) {
        struct access a = access_of(co->c, j->m);
        j->seen_known = true;       /* before asking: a condition may come back to this alias */
        j->seen = S("");
        str seen = a.everything ? S("") : roles_condition(co, alias, &a, NULL);
        co->joins[alias].seen = seen;
    }
    return co->joins[alias].seen;
}

static void guard(struct compose *co, str condition, struct sql_column *out)
{
    if (condition.n)
        out->sql = str_printf(co->c->mem, "CASE WHEN " STR_FMT " THEN " STR_FMT " END", STR_ARG(condition), STR_ARG(out->sql));
}

static str shown(struct compose *co, int alias, const struct field *f)
{
    struct access a = access_of(co->c, co->joins[alias].m);
    return access_field_always(&a, f) ? S("") : roles_condition(co, alias, &a, f);
}

str compose_shown(struct compose *co, int alias, const struct field *f) { return co->rights ? shown(co, alias, f) : S(""); }

bool compose_field(struct compose *co, int alias, const struct field *f, struct sql_column *out)
{
    struct path p = { .nsteps = 1 };
    p.step[0] = (struct expr_name){ .field = f };
    return walk(co, alias, &p, 0, co->rights, out);
}

/* The column of one field of an alias, as the actor sees it. */
static bool column_of(struct compose *co, int alias, const struct field *f, bool rights, struct sql_column *out)
{
    if (f->type->flags & FT_READ) {
        int slot;
        if (!f->lookup || !expr_is_path(f->lookup, &slot) || !walk(co, alias, &f->lookup->paths[slot], 0, rights, out))
            return false;
    } else {
        if (!(f->type->flags & FT_COLUMN))
            return false;
        *out = (struct sql_column){ str_printf(co->c->mem, "t%d." STR_FMT, alias, STR_ARG(f->column)), f->vtype, f->scale };
    }
    if (!rights)
        return true;
    if (alias)      /* the root's rows are filtered by WHERE */
        guard(co, compose_seen(co, alias), out);
    guard(co, shown(co, alias, f), out);
    return true;
}

static bool walk(struct compose *co, int alias, const struct path *p, int from, bool rights, struct sql_column *out)
{
    for (int i = from; i < p->nsteps; i++) {
        const struct field *f = p->step[i].field;
        if (f->parts && i + 1 < p->nsteps)      /* an address: its parts are columns of the same row */
            continue;
        if (i + 1 == p->nsteps)
            return column_of(co, alias, f, rights, out);
        if ((f->type->flags & FT_READ) && f->lookup) {      /* a lookup that leads on: walk what it reads, then go on from there */
            int slot;
            if (!expr_is_path(f->lookup, &slot))
                return false;
            struct path        whole = f->lookup->paths[slot];
            const struct path *rest = p;
            for (int k = i + 1; k < rest->nsteps && whole.nsteps < PATH_MAX_STEPS; k++) {
                whole.of[whole.nsteps] = rest->of[k];
                whole.step[whole.nsteps++] = rest->step[k];
            }
            return walk(co, alias, &whole, 0, rights, out);
        }
        if (!(f->type->flags & FT_ONE))
            return false;
        if (rights) {       /* neither a hidden relation nor a hidden record leads anywhere */
            str row = alias ? compose_seen(co, alias) : S(""), relation = shown(co, alias, f);
            if (row.n || relation.n) {
                int next = compose_join(co, alias, f);
                if (next < 0 || !walk(co, next, p, i + 1, rights, out))
                    return false;
                guard(co, row, out);
                guard(co, relation, out);
                return true;
            }
        }
        alias = compose_join(co, alias, f);
        if (alias < 0)
            return false;
    }
    return false;
}

/* ---- lists: sub-queries over the rows that point back, or that are linked --------------------------------------- */

/* The record whose list it is: at the end of the relations before it, which must be open to the actor as such. */
static int list_owner(struct place *at, const struct expr_list *list)
{
    int alias = at->alias;
    for (int i = 0; i + 1 < list->path.nsteps && alias >= 0; i++) {
        const struct field *f = list->path.step[i].field;
        struct access       a = access_of(at->co->c, at->co->joins[alias].m);
        if (!(f->type->flags & FT_ONE) || (f->type->flags & FT_READ) || f->part_of || (at->rights && !access_field_always(&a, f)))
            return -1;
        alias = compose_join(at->co, alias, f);
    }
    return alias;
}

static struct compose_list *list_of(struct place *at, const struct expr_list *list)
{
    struct compose     *co = at->co;
    const struct field *last = PATH_LAST(&list->path)->field;
    for (int i = 0; i < co->nlists; i++)
        if (co->lists[i].list == list && co->lists[i].from == at->alias)
            return &co->lists[i];
    int owner = list_owner(at, list);
    if (owner < 0)
        return NULL;
    struct access a = access_of(co->c, co->joins[owner].m);
    if (at->rights && last->slot >= 0 && !access_field_always(&a, last))
        return NULL;
    if (co->nlists == COMPOSE_LISTS_MAX || co->njoins == COMPOSE_JOINS_MAX) {
        co->overflow = true;
        return NULL;
    }
    co->joins = roomier(co->c->mem, co->joins, co->njoins, &co->joins_cap, 8, COMPOSE_JOINS_MAX, sizeof *co->joins);
    co->joins[co->njoins] = (struct join){ .parent = -1, .m = last->target, .scope = co->njoins };
    co->lists = roomier(co->c->mem, co->lists, co->nlists, &co->lists_cap, 2, COMPOSE_LISTS_MAX, sizeof *co->lists);
    co->lists[co->nlists] = (struct compose_list){ list, at->alias, owner, co->njoins++ };
    return &co->lists[co->nlists++];
}

static void add_and(struct buf *where, str condition)
{
    if (condition.n)
        buf_printf(where, " AND (" STR_FMT ")", STR_ARG(condition));
}

/* (SELECT … FROM the rows of the list that the actor sees [WHERE when]) */
static bool place_list(void *arg, const struct expr_list *list, str select, str when, str *out)
{
    struct place        *at = arg;
    struct compose      *co = at->co;
    struct compose_list *l = list_of(at, list);
    const struct field  *last = PATH_LAST(&list->path)->field;
    struct buf           b, where;
    if (!l)
        return false;
    buf_init(&b, co->c->mem);
    buf_init(&where, co->c->mem);
    int owner = l->owner, row = l->row;
    if (last->type->flags & FT_MANY)
        buf_printf(&where, " AND EXISTS (SELECT 1 FROM q_link k WHERE k.field = %lld AND k.record = t%d.id AND k.target = t%d.id)", (long long)last->id, owner, row);
    else
        buf_printf(&where, " AND t%d." STR_FMT " = t%d.id", row, STR_ARG(last->via->column), owner);
    if (at->rights) {
        struct access a = access_of(co->c, last->target);
        str           via = last->via && !access_field_always(&a, last->via) ? roles_condition(co, row, &a, last->via) : S("");
        add_and(&where, compose_seen(co, row));
        for (int way = owner; way != at->alias; way = co->joins[way].parent)
            add_and(&where, compose_seen(co, way));
        add_and(&where, via);
    }
    add_and(&where, when);
    buf_printf(&b, "(SELECT " STR_FMT " FROM " STR_FMT " t%d", STR_ARG(select), STR_ARG(last->target->table), row);
    put_joins(co, row, &b);
    buf_printf(&b, " WHERE t%d.deleted_at IS NULL" STR_FMT ")", row, STR_ARG(buf_str(&where)));
    *out = buf_str(&b);
    return true;
}

bool compose_path(struct compose *co, const struct path *p, struct sql_column *out) { return walk(co, 0, p, 0, co->rights, out); }

bool compose_title(struct compose *co, int alias, const struct field *relation, struct sql_column *out)
{
    if (relation->type->flags & FT_READ) {      /* a lookup of a relation: the title is at the end of its path */
        int slot;
        if (!expr_is_path(relation->lookup, &slot))
            return false;
        struct path p = relation->lookup->paths[slot];
        if (!relation->target || p.nsteps == PATH_MAX_STEPS)
            return false;
        p.step[p.nsteps++] = (struct expr_name){ .field = relation->target->title };
        return walk(co, alias, &p, 0, co->rights, out);
    }
    const struct field *title = relation->target->title;
    if (co->rights) {
        struct access a = access_of(co->c, relation->target);
        if (!access_any(&a, ACT_READ) || !access_field(&a, title, FIELD_READ))
            return false;
    }
    int at = compose_join(co, alias, relation);
    return at >= 0 && column_of(co, at, title, co->rights, out);
}
