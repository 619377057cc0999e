/* plan: see plan.h. */
#include "report/plan.h"
#include "base/check.h"

/* ---- names ---------------------------------------------------------------------------------------------------- */

/* Names of selected formulas: fields of the module, and group columns.  Where both have the name it is the field, which may
 * stand outside aggregates when it is what the column is grouped by. */
struct group_scope { struct scope s; struct meta_scope fields; struct plan *p; };

static bool group_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    const struct group_scope *g = (const struct group_scope *)s;
    bool                      field = g->fields.s.name(&g->fields.s, of, name, out);
    if (of != s->root)
        return field;
    for (int i = 0; i < g->p->ngroups; i++) {
        const struct plan_column *k = &g->p->cols[i];
        if (field && k->slot >= 0 && k->x->paths[k->slot].nsteps == 1 && k->x->paths[k->slot].step[0].field == out->field)
            out->grouped = true;
        if (!field && str_eq(k->name, name)) {
            *out = (struct expr_name){ .field = k, .grouped = true, .type = k->x->type, .scale = k->x->scale };
            return true;
        }
    }
    return field;
}

static str group_print(const struct scope *s, const void *of, const void *field)
{
    const struct group_scope *g = (const struct group_scope *)s;
    for (int i = 0; i < g->p->ngroups; i++)
        if (field == &g->p->cols[i])
            return g->p->cols[i].name;
    return g->fields.s.print(&g->fields.s, of, field);
}

/* Names of `having`: the columns. */
struct column_scope { struct scope s; struct plan *p; };

static bool column_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    const struct column_scope *c = (const struct column_scope *)s;
    for (int i = 0; i < c->p->ncols && of == s->root; i++)
        if (str_eq(c->p->cols[i].name, name)) {
            const struct expr *x = c->p->cols[i].x;
            *out = (struct expr_name){ .field = &c->p->cols[i], .type = x->type, .scale = x->scale };
            return true;
        }
    return false;
}

static str column_print(const struct scope *s, const void *of, const void *field)
{
    (void)s, (void)of;
    return ((const struct plan_column *)field)->name;
}

/* ---- formulas -------------------------------------------------------------------------------------------------- */

/* The compiler says where in the text; the answer must say in which of the texts. */
static bool compile(struct ctx *c, str text, str where, const struct scope *s, const struct expr **out)
{
    struct err e;
    err_init(&e, c->mem, c->err.lang);
    if (expr_compile(text, s, c->mem, out, &e))
        return true;
    if (e.kind != ERR_INVALID) {
        c->err = e;
        return false;
    }
    str         message = e.nproblems ? e.problems[0].message : e.message;
    const char *code = e.nproblems ? str_z(c->mem, e.problems[0].code) : "syntax";
    int64_t     place;
    err_problem(&c->err, where, code, STR_FMT, STR_ARG(message));
    if (e.nproblems && str_to_i64(e.problems[0].field, &place))
        c->err.problems[c->err.nproblems - 1].place = (int)place + 1;
    return false;
}

static bool same_path(const struct path *a, const struct path *b)
{
    bool same = a->nsteps == b->nsteps;
    for (int i = 0; same && i < a->nsteps; i++)
        same = a->step[i].field == b->step[i].field;
    return same;
}

int plan_path(struct plan *p, const struct path *path)
{
    for (int i = 0; i < p->nreads; i++)
        if (same_path(&p->reads[i], path))
            return i;
    if (p->nreads == PLAN_READS_MAX)
        return -1;
    p->reads[p->nreads] = *path;
    return p->nreads++;
}

static bool not_for_reports(struct ctx *c, str at) { return err_problem(&c->err, at, "type", "This formula cannot be used in a report"); }

static bool resolve(struct ctx *c, struct plan *p, struct plan_column *col, str at)
{
    const struct expr *x = col->x;
    col->read = NEWV(c->mem, int, (size_t)x->npaths + 1);
    col->grouped = NEWV(c->mem, int, (size_t)x->npaths + 1);
    if (x->nlists)
        return not_for_reports(c, at);
    for (int i = 0; i < x->npaths; i++) {
        col->read[i] = col->grouped[i] = -1;
        for (int g = 0; !col->group && g < p->ngroups; g++) {
            const struct plan_column *k = &p->cols[g];
            if (x->paths[i].step[0].field == k || (k->slot >= 0 && same_path(&x->paths[i], &k->x->paths[k->slot])))
                col->grouped[i] = g;
        }
        if (col->grouped[i] >= 0 && x->paths[i].step[0].field == &p->cols[col->grouped[i]])
            continue;
        if ((col->read[i] = plan_path(p, &x->paths[i])) < 0)
            return err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
    }
    return true;
}

static bool add_column(struct ctx *c, struct plan *p, const struct json *j, const char *part, const struct scope *s, bool group)
{
    struct plan_column *col = &p->cols[p->ncols];
    str                 at = str_printf(c->mem, "%s." STR_FMT, part, STR_ARG(j->key));
    if (j->type != JSON_STRING)
        return err_problem(&c->err, at, "type", "This must be a formula");
    if (!j->key.n || str_chr(j->key, ',') >= 0 || j->key.p[0] == '-')
        return err_problem(&c->err, at, "name", "This is no name for a column");
    for (int i = 0; i < p->ncols; i++)
        if (str_eq(p->cols[i].name, j->key))
            return err_problem(&c->err, at, "name", "There are two columns of the name “" STR_FMT "”", STR_ARG(j->key));
    if (p->ncols == PLAN_COLUMNS_MAX || (group && p->ngroups == PLAN_GROUPS_MAX))
        return err_problem(&c->err, str_of(part), "limit", "At most %d columns", group ? PLAN_GROUPS_MAX : PLAN_COLUMNS_MAX);
    *col = (struct plan_column){ .name = j->key, .group = group, .slot = -1 };
    if (!compile(c, j->s, at, s, &col->x))
        return false;
    if (!expr_is_path(col->x, &col->slot))
        col->slot = -1;
    if (group && col->slot >= 0)
        col->f = PATH_LAST(&col->x->paths[col->slot])->field;
    if (col->x->type == V_REF)
        col->target = col->x->target ? col->x->target : col->f ? col->f->target : NULL;
    if (!resolve(c, p, col, at))
        return false;
    p->ncols++;
    p->ngroups += group;
    return true;
}

/* ---- the parts of a question ------------------------------------------------------------------------------------ */

static bool each_column(struct ctx *c, struct plan *p, const struct json *body, const char *part, const struct scope *s, bool group)
{
    const struct json *o = json_get(body, part);
    if (!o || o->type == JSON_NULL)
        return true;
    if (o->type != JSON_OBJECT)
        return err_problem(&c->err, str_of(part), "type", "This must be an object of formulas by name");
    for (const struct json *j = o->first; j; j = j->next)
        if (!add_column(c, p, j, part, s, group) && c->err.kind != ERR_INVALID)
            return false;
    return c->err.kind == ERR_NONE;
}

static bool read_text(struct ctx *c, const struct json *body, const char *part, str *out)
{
    const struct json *j = json_get(body, part);
    *out = STR_NONE;
    if (j && j->type != JSON_NULL && j->type != JSON_STRING)
        return err_problem(&c->err, str_of(part), "type", "This must be text");
    if (j && j->type == JSON_STRING)
        *out = str_trim(j->s);
    return true;
}

static bool read_having(struct ctx *c, struct plan *p, const struct json *body)
{
    struct column_scope s = { .s = { .root = p, .name = column_name, .print = column_print }, .p = p };
    str                 text;
    if (!read_text(c, body, "having", &text) || !text.n)
        return c->err.kind == ERR_NONE;
    if (!compile(c, text, S("having"), &s.s, &p->having))
        return false;
    if (p->having->nlists)
        return not_for_reports(c, S("having"));
    p->having_col = NEWV(c->mem, int, (size_t)p->having->npaths + 1);
    for (int i = 0; i < p->having->npaths; i++)
        p->having_col[i] = (int)((const struct plan_column *)p->having->paths[i].step[0].field - p->cols);
    return true;
}

static bool read_sort(struct ctx *c, struct plan *p, const struct json *body)
{
    str rest, part;
    if (!read_text(c, body, "sort", &rest))
        return false;
    p->sort = NEWV(c->mem, struct plan_sort, rest.n + PLAN_GROUPS_MAX + 1);
    while (rest.n && str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        bool down = str_starts(part, S("-"));
        part = down ? str_sub(part, 1, part.n) : part;
        int col = -1;
        for (int i = 0; i < p->ncols; i++)
            if (str_eq(p->cols[i].name, part))
                col = i;
        if (col < 0)
            return err_problem(&c->err, S("sort"), "name", "There is no column “" STR_FMT "”", STR_ARG(part));
        p->sort[p->nsort++] = (struct plan_sort){ col, down };
    }
    for (int i = 0; i < p->ngroups; i++)
        p->sort[p->nsort++] = (struct plan_sort){ i, false };
    return true;
}

static bool read_rest(struct ctx *c, struct plan *p, const struct json *body)
{
    const struct json *limit = json_get(body, "limit"), *totals = json_get(body, "totals");
    p->limit = PLAN_ROWS_DEFAULT;
    if (limit && limit->type != JSON_NULL && (!json_i64(body, "limit", &p->limit) || p->limit < 1 || p->limit > PLAN_ROWS_MAX))
        return err_problem(&c->err, S("limit"), "value", "This must be a whole number from 1 to %d", PLAN_ROWS_MAX);
    if (totals && totals->type != JSON_NULL && totals->type != JSON_BOOL)
        return err_problem(&c->err, S("totals"), "type", "This must be true or false");
    p->totals = totals && totals->type == JSON_BOOL && totals->b;
    return true;
}

static bool read_from(struct ctx *c, struct plan *p, const struct json *body)
{
    const struct json *j = json_get(body, "from");
    if (!j || j->type != JSON_STRING)
        return err_problem(&c->err, S("from"), "required", "This is needed");
    p->from = catalog_module(c->cat, j->s);
    if (!p->from)
        return err_problem(&c->err, S("from"), "name", "There is no module “" STR_FMT "”", STR_ARG(j->s));
    struct access a = access_of(c, p->from);
    return access_any(&a, ACT_READ) || err_set(&c->err, ERR_DENIED, "You may not see these records");
}

static bool known_parts(struct ctx *c, const struct json *body)
{
    static const char *const parts[] = { "from", "where", "group", "select", "having", "sort", "limit", "totals" };
    if (body->type != JSON_OBJECT)
        return err_set(&c->err, ERR_MALFORMED, "The body must be a JSON object");
    for (const struct json *j = body->first; j; j = j->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            known |= str_eqz(j->key, parts[i]);
        if (!known)
            err_problem(&c->err, j->key, "unknown", "A question has no part “" STR_FMT "”", STR_ARG(j->key));
    }
    return c->err.kind == ERR_NONE;
}

bool plan_read(struct ctx *c, const struct json *body, struct plan **out)
{
    struct plan       *p = *out = NEW(c->mem, struct plan);
    struct group_scope g = { .p = p };
    str                where;
    if (!known_parts(c, body) || !read_from(c, p, body) || !read_text(c, body, "where", &where))
        return false;
    p->cols = NEWV(c->mem, struct plan_column, PLAN_COLUMNS_MAX);
    p->reads = NEWV(c->mem, struct path, PLAN_READS_MAX);
    rec_scope(c, p->from, &g.fields);
    g.s = (struct scope){ .root = g.fields.s.root, .name = group_name, .print = group_print, .groups = true };
    if (where.n && !compile(c, where, S("where"), &g.fields.s, &p->where))
        return false;
    if (!each_column(c, p, body, "group", &g.fields.s, true) || !each_column(c, p, body, "select", &g.s, false))
        return false;
    if (!p->ncols)
        return err_problem(&c->err, S("select"), "required", "This is needed");
    return read_having(c, p, body) && read_sort(c, p, body) && read_rest(c, p, body);
}
