/* engine_sql: the rows of a question by one statement, grouped here.  The statement brings only what the formulas read, as the
 * actor may see it; the condition is asked of the database where it can ask it exactly, else row by row. */
#include "record/compose.h"
#include "report/groups.h"

struct source {
    struct ctx         *c;
    const struct plan  *p;
    struct compose      co;
    struct path         reads[2 * PLAN_READS_MAX];
    struct sql_column   form[2 * PLAN_READS_MAX];
    int                 nreads;
    const struct expr  *residual; int *residual_read, *owner_read;
    str                 sql;
    struct value       *row;
};

static bool wrong_path(struct ctx *c, const struct path *p)
{
    const struct field *f = PATH_LAST(p)->field;
    return err_problem(&c->err, S("select"), "type", "“" STR_FMT "” cannot be used in a report", STR_ARG(f->name));
}

/* The condition's own cells come after those of the columns, so that the columns' numbers stay. */
static bool add_residual(struct source *s)
{
    const struct expr *x = s->residual = s->p->where;
    if (s->nreads + x->npaths + x->nlists > 2 * PLAN_READS_MAX)
        return err_problem(&s->c->err, S("where"), "type", "This condition cannot be used as a filter");
    s->residual_read = NEWV(s->c->mem, int, (size_t)x->npaths + 1);
    for (int i = 0; i < x->npaths; i++) {
        s->residual_read[i] = s->nreads;
        s->reads[s->nreads++] = x->paths[i];
    }
    s->owner_read = NEWV(s->c->mem, int, (size_t)x->nlists + 1);
    for (int i = 0; i < x->nlists; i++) {
        s->owner_read[i] = s->nreads;
        s->reads[s->nreads++] = compute_list_owner(s->p->from, &x->lists[i]);
    }
    return true;
}

static bool make_statement(struct source *s)
{
    struct ctx *c = s->c;
    struct buf  select, where;
    str         sql;
    buf_init(&select, c->mem);
    buf_init(&where, c->mem);
    compose_init(&s->co, c, s->p->from, true);
    buf_putz(&where, " WHERE t0.deleted_at IS NULL");
    str seen = compose_seen(&s->co, 0);
    if (seen.n)
        buf_printf(&where, " AND (" STR_FMT ")", STR_ARG(seen));
    for (s->nreads = 0; s->nreads < s->p->nreads; s->nreads++)
        s->reads[s->nreads] = s->p->reads[s->nreads];
    if (s->p->where && compose_condition(&s->co, s->p->where, &sql))
        buf_printf(&where, " AND (" STR_FMT ")", STR_ARG(sql));
    else if (s->p->where && !add_residual(s))
        return false;
    for (int i = 0; i < s->nreads; i++) {
        if (!compose_path(&s->co, &s->reads[i], &s->form[i]))
            return s->co.overflow ? err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once")
                                  : wrong_path(c, &s->reads[i]);
        buf_printf(&select, "%s" STR_FMT, i ? ", " : "", STR_ARG(s->form[i].sql));
    }
    if (s->co.overflow)
        return err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
    str from = compose_from(&s->co), cells = s->nreads ? buf_str(&select) : S("1");
    s->sql = str_printf(c->mem, "SELECT " STR_FMT STR_FMT STR_FMT, STR_ARG(cells), STR_ARG(from), STR_ARG(buf_str(&where)));
    return true;
}

static bool row_fits(struct source *s, struct env *env, struct value *slots)
{
    if (!s->residual)
        return true;
    for (int i = 0; i < s->residual->npaths; i++)
        slots[i] = s->row[s->residual_read[i]];
    struct expr_rows *lists = NEWV(s->c->mem, struct expr_rows, (size_t)s->residual->nlists + 1);
    for (int i = 0; i < s->residual->nlists; i++) {
        const struct value *owner = &s->row[s->owner_read[i]];
        if (owner->type == V_REF && !compute_list(s->c, &s->residual->lists[i], owner->u.i, true, &lists[i]))
            return false;
    }
    env->slots = slots;
    env->lists = lists;
    return expr_test(s->residual, env);
}

static bool scan(struct source *s, struct groups *g)
{
    struct cursor      *cur;
    const struct value *cells;
    struct ctx         *c = s->c;
    struct env          env = ctx_env(c);
    struct value       *slots = NEWV(c->mem, struct value, (size_t)(s->residual ? s->residual->npaths : 0) + 1);
    bool                ok = true;
    if (!db_open(c->db, s->sql, s->co.args, (size_t)s->co.nargs, &cur, &c->err))
        return false;
    while (ok && db_step(cur, &cells)) {
        arena_mark before = arena_here(c->mem);
        for (int i = 0; i < s->nreads; i++)
            s->row[i] = sql_column_value(&s->form[i], &cells[i], c->mem);
        if (row_fits(s, &env, slots))
            ok = groups_row(g, s->row, before);
        else if (c->err.kind)
            ok = false;
        else
            arena_back(c->mem, before);
    }
    if (ok)
        return db_close(cur, &c->err);
    struct err ignored;
    err_init(&ignored, c->mem, c->err.lang);
    db_close(cur, &ignored);
    return false;
}

static bool run(struct ctx *c, const struct plan *p, struct table *out)
{
    struct source *s = NEW(c->mem, struct source);
    struct groups *g;
    bool           again;
    s->c = c;
    s->p = p;
    if (!make_statement(s))
        return false;
    s->row = NEWV(c->mem, struct value, (size_t)s->nreads + 1);
    g = groups_new(c, p);
    if (!scan(s, g) || !groups_finish(g, out, &again))
        return false;
    if (again) {
        if (!scan(s, g))
            return false;
        groups_totals(g, out);
    }
    return true;
}

const struct engine engine_sql = { "sql", run };
