/* read: finding records.  One statement per page, further ones for many-valued columns; a condition that the database cannot
 * ask exactly is asked in C, row by row. */
#include "record/record.h"
#include "base/check.h"
#include "base/text.h"
#include "record/compose.h"

#include <string.h>

/* SORTED_LENGTH: long texts are in order by their beginnings, so that a cursor, which holds what was sorted by, fits into an address. */
enum { FIND_LIMIT_MAX = 1000, SORTED_LENGTH = 255 };

static bool may_name(void *arg, const struct module *m, const struct field *f)
{
    struct ctx *c = arg;
    if (m->parts_of)
        return true;        /* the address itself was asked */
    struct access a = access_of(c, m);
    if (f->slot < 0) {
        struct access b = access_of(c, f->target);
        return access_any(&a, ACT_READ) && access_any(&b, ACT_READ) && access_field(&b, f->via, FIELD_READ);
    }
    if (f->type->flags & FT_LINES) {
        struct access b = access_of(c, f->target);
        if (!access_any(&b, ACT_READ))
            return false;
    }
    return access_field(&a, f, FIELD_READ);
}

void rec_scope(struct ctx *c, const struct module *m, struct meta_scope *s)
{
    meta_scope_init(s, c->cat, m);
    s->may = may_name;
    s->arg = c;
}

bool rec_where(struct ctx *c, const struct module *m, str formula, const struct expr **out)
{
    struct meta_scope s;
    rec_scope(c, m, &s);
    return expr_compile(formula, &s.s, c->mem, out, &c->err);
}

static bool one_path(struct ctx *c, const struct module *m, str name, struct path *out, const char *what)
{
    struct meta_scope  s;
    const struct expr *x;
    struct err         e;
    int                slot;
    err_init(&e, c->mem, c->err.lang);
    rec_scope(c, m, &s);
    if (expr_compile(name, &s.s, c->mem, &x, &e) && expr_is_path(x, &slot)) {
        *out = x->paths[slot];
        return true;
    }
    /* a list alone is no formula, but it may be a column */
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (str_eq(m->fields[i].name, name) && !m->fields[i].part_of && may_name(c, m, &m->fields[i])) {
            *out = (struct path){ .nsteps = 1, .of = { m } };
            out->step[0] = (struct expr_name){ .field = &m->fields[i], .type = m->fields[i].vtype };
            return true;
        }
    return err_problem(&c->err, str_of(what), "name", "There is no field “" STR_FMT "”", STR_ARG(name));
}

bool rec_sort(struct ctx *c, const struct module *m, str sort, const struct sort_key **out, size_t *n)
{
    struct sort_key *k = NEWV(c->mem, struct sort_key, sort.n + 1);
    str              rest = sort.n ? sort : STR_NONE, part;
    *n = 0;
    *out = k;
    while (str_cut(&rest, ',', &part)) {
        part = str_trim(part);
        k[*n].down = str_starts(part, S("-"));
        if (!one_path(c, m, k[*n].down ? str_sub(part, 1, part.n) : part, &k[*n].path, "sort"))
            return false;
        const struct field *f = k[*n].f = PATH_LAST(&k[*n].path)->field;
        if (f->type->flags & (FT_MANY | FT_LINES | FT_JSON) || f->parts)
            return err_problem(&c->err, S("sort"), "type", "“" STR_FMT "” has no order", STR_ARG(part));
        if (++*n > 8)
            return err_problem(&c->err, S("sort"), "limit", "At most %d sort keys", 8);
    }
    return true;
}

static void column_init(struct column *col, const struct field *f, str name)
{
    col->name = name;
    col->f = f;
    col->path = (struct path){ .nsteps = 1, .of = { f->module } };
    col->path.step[0] = (struct expr_name){ .field = f, .target = f->target, .type = f->vtype };
    col->many = (f->type->flags & FT_MANY) != 0;
    col->lines = (f->type->flags & FT_LINES) != 0;
}

static bool has_column(const struct column *cols, size_t n, str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(cols[i].name, name))
            return true;
    return false;
}

bool rec_columns(struct ctx *c, const struct module *m, str fields, bool lines, const struct column **out, size_t *n)
{
    struct access  a = access_of(c, m);
    struct column *cols = NEWV(c->mem, struct column, (size_t)m->nfields + fields.n + 4);
    *out = cols;
    *n = 0;
    if (fields.n) {
        str rest = fields, part;
        while (str_cut(&rest, ',', &part)) {
            struct path p;
            part = str_trim(part);
            if (str_eq(part, S("id")) || str_eq(part, S("version")) || !part.n || has_column(cols, *n, part))
                continue;
            if (!one_path(c, m, part, &p, "fields")) {
                if (c->err.kind != ERR_INVALID)
                    return false;
                continue;       /* all that are wrong are named */
            }
            column_init(&cols[*n], PATH_LAST(&p)->field, part);
            cols[*n].path = p;
            if (p.nsteps > 1 && (cols[*n].many || cols[*n].lines))
                return err_problem(&c->err, S("fields"), "type", "“" STR_FMT "” has no order", STR_ARG(part));
            ++*n;
        }
        return c->err.kind == ERR_NONE;
    }
    for (int i = SLOT_CREATED_AT; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        if (i == SLOT_DELETED_AT || f->part_of || (i == SLOT_RECORD_TYPE && !m->ntypes) || (!lines && (f->type->flags & FT_LINES)) ||
            !may_name(c, m, f) || !access_field(&a, f, FIELD_READ))
            continue;
        column_init(&cols[(*n)++], f, f->name);
    }
    return true;
}

/* ---- the statement -------------------------------------------------------------------------------------------- */

struct plan {
    struct ctx        *c;
    const struct find *q;
    struct compose     co;
    struct buf         select, where;
    int               *value_at, *title_at;         /* per column: index of its cell, -1 none */
    struct sql_column *form;                        /* per column */
    int                ncells;
    int               *sort_at; struct sql_column *sort_form;
    int               *slot_at; struct sql_column *slot_form;  /* residual condition */
    const struct expr *residual;
    int               *owner_at;        /* whose lists the residual condition reads */
    str                sql;             /* all of it */
};

static int add_cell(struct plan *p, str sql)
{
    buf_putz(&p->select, ", ");
    buf_put(&p->select, sql);
    return p->ncells++;
}

static void add_where(struct plan *p, str condition)
{
    if (!condition.n)
        return;
    buf_putz(&p->where, p->where.n ? " AND " : " WHERE ");
    buf_printf(&p->where, "(" STR_FMT ")", STR_ARG(condition));
}

/* What the record at the end of a path is called, if the actor may know; -1: nothing. */
static int add_title(struct plan *p, const struct path *to, const struct module *m)
{
    struct path       t = *to;
    struct sql_column s;
    struct access     a = access_of(p->c, m);
    if (t.nsteps == PATH_MAX_STEPS || !access_any(&a, ACT_READ) || !access_field(&a, m->title, FIELD_READ))
        return -1;
    t.step[t.nsteps++] = (struct expr_name){ .field = m->title };
    return compose_path(&p->co, &t, &s) ? add_cell(p, s.sql) : -1;
}

static bool select_columns(struct plan *p)
{
    size_t n = p->q->ncols + 1;
    p->value_at = NEWV(p->c->mem, int, n);
    p->title_at = NEWV(p->c->mem, int, n);
    p->form = NEWV(p->c->mem, struct sql_column, n);
    for (size_t i = 0; i < p->q->ncols; i++) {
        const struct column *col = &p->q->cols[i];
        p->value_at[i] = p->title_at[i] = -1;
        if (col->many || col->lines) {      /* what is there comes later, for those rows that show it */
            str shown = compose_shown(&p->co, 0, col->f);
            if (shown.n)
                p->value_at[i] = add_cell(p, str_printf(p->c->mem, "CASE WHEN " STR_FMT " THEN 1 END", STR_ARG(shown)));
            continue;
        }
        if (col->f->parts) {        /* an address: three cells in a row, the region's title after them */
            struct path part = col->path;
            if (part.nsteps == PATH_MAX_STEPS)
                continue;
            part.nsteps++;
            for (int k = 0; k < 3; k++) {
                struct sql_column s;
                PATH_LAST(&part)->field = &col->f->parts->fields[k];
                part.of[part.nsteps - 1] = col->f->parts;
                bool ok = compose_path(&p->co, &part, &s);
                int  at = add_cell(p, ok ? s.sql : S("NULL"));
                if (!k)
                    p->value_at[i] = at;
            }
            const struct field *region = PATH_LAST(&part)->field = &col->f->parts->fields[0];
            if (region->target)
                p->title_at[i] = add_title(p, &part, region->target);
            continue;
        }
        if (!compose_path(&p->co, &col->path, &p->form[i]))
            continue;
        p->value_at[i] = add_cell(p, p->form[i].sql);
        if (col->f->vtype == V_REF && col->f->target && col->f->slot != SLOT_ID) {
            struct sql_column s;
            if (col->path.nsteps > 1)
                p->title_at[i] = add_title(p, &col->path, col->f->target);
            else if (compose_title(&p->co, 0, col->f, &s))
                p->title_at[i] = add_cell(p, s.sql);
        }
    }
    return true;
}

static bool select_sort(struct plan *p)
{
    p->sort_at = NEWV(p->c->mem, int, p->q->nsort + 1);
    p->sort_form = NEWV(p->c->mem, struct sql_column, p->q->nsort + 1);
    for (size_t i = 0; i < p->q->nsort; i++) {
        struct path         path = p->q->sort[i].path;
        const struct field *f = p->q->sort[i].f;
        if (f->vtype == V_REF && f->target && f->slot != SLOT_ID && path.nsteps < PATH_MAX_STEPS && !(f->type->flags & FT_READ)) {
            path.step[path.nsteps++] = (struct expr_name){ .field = f->target->title };  /* people sort by names, not numbers */
            struct access a = access_of(p->c, f->target);
            if (!access_any(&a, ACT_READ) || !access_field(&a, f->target->title, FIELD_READ))
                path.nsteps--;
        }
        if (!compose_path(&p->co, &path, &p->sort_form[i]))
            return err_problem(&p->c->err, S("sort"), "type", "“" STR_FMT "” has no order", STR_ARG(f->name));
        const struct field *last = PATH_LAST(&path)->field;
        bool                any_length = last->max_length > SORTED_LENGTH || (last->type->flags & (FT_READ | FT_COMPUTED));
        if (p->sort_form[i].type == V_TEXT && any_length)
            p->sort_form[i].sql = str_printf(p->c->mem, "SUBSTR(" STR_FMT ", 1, %d)", STR_ARG(p->sort_form[i].sql), SORTED_LENGTH);
        p->sort_at[i] = add_cell(p, p->sort_form[i].sql);
    }
    return true;
}

static bool is_people_text(const struct plan *p, size_t i) { return p->sort_form[i].type == V_TEXT && !(p->q->sort[i].f->type->flags & FT_OPTIONS); }

static str collated(struct plan *p, size_t i)
{
    return is_people_text(p, i) ? str_printf(p->c->mem, STR_FMT " COLLATE %s", STR_ARG(p->sort_form[i].sql), db_dialect(p->c->db)->text_order)
                                : p->sort_form[i].sql;
}

/* Conditions of a residual formula are evaluated in C over its paths. */
static bool select_residual(struct plan *p, const struct expr *x)
{
    p->residual = x;
    p->owner_at = NEWV(p->c->mem, int, (size_t)x->nlists + 1);
    for (int i = 0; i < x->nlists; i++) {
        struct path       owner = compute_list_owner(p->q->m, &x->lists[i]);
        struct sql_column id;
        if (!compose_path(&p->co, &owner, &id))
            return err_problem(&p->c->err, S("where"), "type", "This condition cannot be used as a filter");
        p->owner_at[i] = add_cell(p, id.sql);
    }
    p->slot_at = NEWV(p->c->mem, int, (size_t)x->npaths + 1);
    p->slot_form = NEWV(p->c->mem, struct sql_column, (size_t)x->npaths + 1);
    for (int i = 0; i < x->npaths; i++) {
        if (!compose_path(&p->co, &x->paths[i], &p->slot_form[i]))
            return err_problem(&p->c->err, S("where"), "type", "This condition cannot be used as a filter");
        p->slot_at[i] = add_cell(p, p->slot_form[i].sql);
    }
    return true;
}

static void add_search(struct plan *p)
{
    const struct module *m = p->q->m;
    struct access        a = access_of(p->c, m);
    struct buf           b;
    int                  pattern = compose_bind(&p->co, v_text(search_pattern(p->c->mem, p->q->q)));
    buf_init(&b, p->c->mem);
    buf_printf(&b, "EXISTS (SELECT 1 FROM q_search s WHERE s.module = %lld AND s.record = t0.id AND s.body LIKE $%d ESCAPE '\\'",
               (long long)m->id, pattern);
    if (!p->q->trusted && !a.everything) {
        buf_putz(&b, " AND (1=0");
        for (size_t i = 0; i < m->nsearched; i++) {
            const struct field *f = m->searched[i]->part_of ? m->searched[i]->part_of : m->searched[i];
            struct sql_column   s;
            if (!access_field(&a, f, FIELD_READ))
                continue;
            buf_printf(&b, " OR (s.field = %lld", (long long)f->id);
            if (!access_field_always(&a, f) && compose_field(&p->co, 0, m->searched[i], &s))
                buf_printf(&b, " AND " STR_FMT " IS NOT NULL", STR_ARG(s.sql));
            buf_putc(&b, ')');
        }
        buf_putc(&b, ')');
    }
    buf_putc(&b, ')');
    add_where(p, buf_str(&b));
}

static bool make_where(struct plan *p)
{
    const struct find *q = p->q;
    add_where(p, q->deleted ? S("t0.deleted_at IS NOT NULL") : S("t0.deleted_at IS NULL"));
    if (!q->trusted)
        add_where(p, compose_seen(&p->co, 0));
    if (q->nids) {
        struct buf b;
        buf_init(&b, p->c->mem);
        buf_putz(&b, "t0.id IN (");
        for (size_t i = 0; i < q->nids; i++) {
            buf_putz(&b, i ? ", " : "");
            buf_printf(&b, "$%d", compose_bind(&p->co, v_int(q->ids[i])));
        }
        buf_putc(&b, ')');
        add_where(p, buf_str(&b));
    }
    if (q->q.n)
        add_search(p);
    if (q->where) {
        str sql;
        if (compose_condition(&p->co, q->where, &sql))
            add_where(p, sql);
        else if (!select_residual(p, q->where))
            return false;
    }
    return true;
}

/* ---- pages: after the last row, by the values it was sorted by ------------------------------------------------- */

static str cursor_write(struct plan *p, const struct value *cells, int64_t id)
{
    struct buf b, hex;
    struct jw  w;
    buf_init(&b, p->c->mem);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; i < p->q->nsort; i++)
        jw_value(&w, &cells[p->sort_at[i]]);
    jw_int(&w, id);
    jw_end_arr(&w);
    buf_init(&hex, p->c->mem);
    for (size_t i = 0; i < b.n; i++)
        buf_printf(&hex, "%02x", (unsigned char)b.p[i]);
    return buf_str(&hex);
}

static bool cursor_bad(struct plan *p) { return err_set(&p->c->err, ERR_MALFORMED, "The cursor is not one of ours"); }

static int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool cursor_read(struct plan *p, const struct json **out)
{
    struct json *j;
    struct err   e;
    str          hex = p->q->cursor;
    char        *text = arena_alloc(p->c->mem, hex.n / 2 + 1);
    if (hex.n % 2 || hex.n > 8192)
        return cursor_bad(p);
    for (size_t i = 0; i < hex.n / 2; i++) {
        int hi = hex_digit(hex.p[2 * i]), lo = hex_digit(hex.p[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return cursor_bad(p);
        text[i] = (char)(hi * 16 + lo);
    }
    err_init(&e, p->c->mem, p->c->err.lang);
    if (!json_parse(p->c->mem, (str){ text, hex.n / 2 }, &j, &e) || j->type != JSON_ARRAY || j->n != p->q->nsort + 1)
        return cursor_bad(p);
    *out = j;
    return true;
}

/* (a, b) after (x, y):  a > x  OR  a = x AND b > y, with nulls first and each key in its direction. */
static bool add_cursor(struct plan *p)
{
    const struct json *j = NULL, *v;
    struct buf         b, same;
    size_t             i = 0;
    if (!p->q->cursor.n)
        return true;
    if (!cursor_read(p, &j))
        return false;
    buf_init(&b, p->c->mem);
    buf_init(&same, p->c->mem);
    for (v = j->first; v; v = v->next, i++) {
        bool    last = i == p->q->nsort, down = last ? false : p->q->sort[i].down;
        bool    null = v->type == JSON_NULL, text = !last && p->sort_form[i].type == V_TEXT;
        str     col = last ? S("t0.id") : collated(p, i);
        int64_t n = 0;
        if (!null && (text ? v->type != JSON_STRING : v->type != JSON_NUMBER || !str_to_i64(v->s, &n)))
            return cursor_bad(p);
        if (last && null)
            return cursor_bad(p);
        int at = null ? 0 : compose_bind(&p->co, text ? v_text(v->s) : v_int(n));
        buf_putz(&b, b.n ? " OR " : "");
        buf_printf(&b, "(" STR_FMT, STR_ARG(buf_str(&same)));
        if (null)
            buf_printf(&b, down ? "1=0)" : STR_FMT " IS NOT NULL)", STR_ARG(col));
        else if (down)
            buf_printf(&b, "(" STR_FMT " < $%d OR " STR_FMT " IS NULL))", STR_ARG(col), at, STR_ARG(col));
        else
            buf_printf(&b, STR_FMT " > $%d)", STR_ARG(col), at);
        if (null)
            buf_printf(&same, STR_FMT " IS NULL AND ", STR_ARG(col));
        else
            buf_printf(&same, STR_FMT " = $%d AND ", STR_ARG(col), at);
    }
    add_where(p, buf_str(&b));
    return true;
}

static str order_by(struct plan *p)
{
    struct buf b;
    buf_init(&b, p->c->mem);
    buf_putz(&b, " ORDER BY ");
    for (size_t i = 0; i < p->q->nsort; i++)
        buf_printf(&b, STR_FMT " %s, ", STR_ARG(collated(p, i)), p->q->sort[i].down ? "DESC NULLS LAST" : "ASC NULLS FIRST");
    buf_putz(&b, "t0.id");
    return buf_str(&b);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static bool residual_test(struct plan *p, const struct value *cells)
{
    struct env    env = ctx_env(p->c);
    struct value *slots = NEWV(p->c->mem, struct value, (size_t)p->residual->npaths + 1);
    for (int i = 0; i < p->residual->npaths; i++)
        slots[i] = sql_column_value(&p->slot_form[i], &cells[p->slot_at[i]], p->c->mem);
    struct expr_rows *lists = NEWV(p->c->mem, struct expr_rows, (size_t)p->residual->nlists + 1);
    for (int i = 0; i < p->residual->nlists; i++) {
        const struct value *owner = &cells[p->owner_at[i]];
        if (owner->type != V_NULL && !compute_list(p->c, &p->residual->lists[i], owner->u.i, !p->q->trusted, &lists[i]))
            return false;
    }
    env.slots = slots;
    env.lists = lists;
    return expr_test(p->residual, &env);
}

static struct value copy_value(struct arena *mem, struct value v)
{
    if (v.type == V_TEXT)
        v.u.s = str_dup(mem, v.u.s);
    return v;
}

static struct value address_value(struct plan *p, const struct value *cells, int at)
{
    struct value *parts = NEWV(p->c->mem, struct value, 3);
    for (int k = 0; k < 3; k++)
        parts[k] = copy_value(p->c->mem, cells[at + k]);
    if (parts[0].type == V_NULL && parts[1].type == V_NULL && parts[2].type == V_NULL)
        return V_NONE;
    if (parts[0].type == V_INT)
        parts[0].type = V_REF;
    return (struct value){ V_LIST, { .l = { parts, 3 } } };
}

/* In the place of links or lines that the actor does not see. */
#define HIDDEN v_bool(false)
static bool is_hidden(const struct value *v) { return v->type == V_BOOL; }

static void take_row(struct plan *p, struct found *out, const struct value *cells, size_t cap)
{
    size_t r = out->nrows++;
    CHECK(r < cap);
    out->ids[r] = cells[0].u.i;
    out->versions[r] = cells[1].u.i;
    for (size_t i = 0; i < p->q->ncols; i++) {
        struct value *v = &out->cells[r * p->q->ncols + i];
        if (p->value_at[i] < 0)
            continue;
        if (p->q->cols[i].many || p->q->cols[i].lines) {
            *v = cells[p->value_at[i]].type == V_NULL ? HIDDEN : V_NONE;
            continue;
        }
        if (p->title_at[i] >= 0)
            out->titles[r * p->q->ncols + i] = copy_value(p->c->mem, cells[p->title_at[i]]);
        if (p->q->cols[i].f->parts) {
            *v = address_value(p, cells, p->value_at[i]);
            continue;
        }
        struct value cell = copy_value(p->c->mem, cells[p->value_at[i]]);
        *v = sql_column_value(&p->form[i], &cell, p->c->mem);
    }
}

static bool count_rows(struct plan *p, int64_t *total)
{
    struct rows r;
    str         sql = str_printf(p->c->mem, "SELECT COUNT(*)" STR_FMT STR_FMT, STR_ARG(compose_from(&p->co)), STR_ARG(buf_str(&p->where)));
    if (!db_run(p->c->db, sql, p->co.args, (size_t)p->co.nargs, p->c->mem, &r, &p->c->err))
        return false;
    *total = CELL(&r, 0, 0)->u.i;
    return true;
}

static bool count_residual(struct plan *p, int64_t *total)
{
    struct cursor      *cur;
    const struct value *cells;
    str sql = str_printf(p->c->mem, "SELECT t0.id, t0.version" STR_FMT STR_FMT STR_FMT, STR_ARG(buf_str(&p->select)),
                         STR_ARG(compose_from(&p->co)), STR_ARG(buf_str(&p->where)));
    if (!db_open(p->c->db, sql, p->co.args, (size_t)p->co.nargs, &cur, &p->c->err))
        return false;
    *total = 0;
    while (db_step(cur, &cells)) {
        arena_mark m = arena_here(p->c->mem);
        *total += residual_test(p, cells);
        if (p->c->err.kind)
            break;
        arena_back(p->c->mem, m);
    }
    return db_close(cur, &p->c->err) && !p->c->err.kind;
}

static bool write_sql(struct plan *p, int limit)
{
    struct buf sql;
    str        from = compose_from(&p->co);
    if (p->co.overflow)
        return err_set(&p->c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
    buf_init(&sql, p->c->mem);
    buf_printf(&sql, "SELECT t0.id, t0.version" STR_FMT STR_FMT STR_FMT STR_FMT, STR_ARG(buf_str(&p->select)), STR_ARG(from),
               STR_ARG(buf_str(&p->where)), STR_ARG(order_by(p)));
    if (!p->residual)
        buf_printf(&sql, " LIMIT $%d", compose_bind(&p->co, v_int(limit + 1)));
    p->sql = buf_str(&sql);
    return true;
}

static bool run(struct plan *p, struct found *out, int limit)
{
    struct cursor      *cur;
    const struct value *cells;
    size_t              cap = (size_t)limit + 1;
    int64_t             last = 0;
    if (!db_open(p->c->db, p->sql, p->co.args, (size_t)p->co.nargs, &cur, &p->c->err))
        return false;
    while (db_step(cur, &cells)) {
        if (p->residual) {
            arena_mark m = arena_here(p->c->mem);
            bool       yes = residual_test(p, cells);
            if (p->c->err.kind)
                break;
            arena_back(p->c->mem, m);
            if (!yes)
                continue;
        }
        if (out->nrows == (size_t)limit) {      /* one more: there is a next page, after the row before */
            last = 1;
            break;
        }
        take_row(p, out, cells, cap);
        if (out->nrows == (size_t)limit)
            out->next = cursor_write(p, cells, cells[0].u.i);
    }
    if (!db_close(cur, &p->c->err) || p->c->err.kind)
        return false;
    if (!last)
        out->next = S("");
    return true;
}

static bool read_many(struct ctx *c, struct found *out, size_t col)
{
    const struct field *f = out->cols[col].f;
    struct access       a = access_of(c, f->target);
    for (size_t r = 0; r < out->nrows; r++) {
        struct compose    co;
        struct sql_column title;
        struct rows       rows;
        if (is_hidden(&out->cells[r * out->ncols + col]))
            continue;
        compose_init(&co, c, f->target, true);
        str  seen = compose_seen(&co, 0);
        bool titled = access_any(&a, ACT_READ) && access_field(&a, f->target->title, FIELD_READ) &&
                      compose_field(&co, 0, f->target->title, &title);
        int  rec = compose_bind(&co, v_int(out->ids[r]));
        str  sql = str_printf(c->mem, "SELECT t0.id, " STR_FMT STR_FMT " JOIN q_link k ON k.target = t0.id WHERE k.field = %lld AND k.record = $%d%s" STR_FMT
                                      " ORDER BY t0.id",
                              STR_ARG(titled ? title.sql : S("NULL")), STR_ARG(compose_from(&co)), (long long)f->id, rec,
                              seen.n ? " AND " : "", STR_ARG(seen));
        if (!db_run(c->db, sql, co.args, (size_t)co.nargs, c->mem, &rows, &c->err))
            return false;
        struct value *ids = NEWV(c->mem, struct value, rows.nrows + 1), *titles = NEWV(c->mem, struct value, rows.nrows + 1);
        for (size_t i = 0; i < rows.nrows; i++) {
            ids[i] = v_ref(CELL(&rows, i, 0)->u.i);
            titles[i] = *CELL(&rows, i, 1);
        }
        if (rows.nrows) {
            out->cells[r * out->ncols + col] = (struct value){ V_LIST, { .l = { ids, rows.nrows } } };
            out->titles[r * out->ncols + col] = (struct value){ V_LIST, { .l = { titles, rows.nrows } } };
        }
    }
    return true;
}

static bool read_lines(struct ctx *c, struct found *out, size_t col)
{
    const struct field *f = out->cols[col].f;
    struct access       a = access_of(c, f->target);
    if (!access_any(&a, ACT_READ))
        return true;
    for (size_t r = 0; r < out->nrows; r++) {
        struct find q = { .m = f->target, .limit = FIND_LIMIT_MAX };
        str         where = str_printf(c->mem, STR_FMT " = %lld", STR_ARG(f->via->name), (long long)out->ids[r]);
        struct meta_scope s;
        struct found    **at = &out->lines[r * out->ncols + col];
        meta_scope_init(&s, c->cat, f->target);
        if (is_hidden(&out->cells[r * out->ncols + col]))
            continue;
        if (!expr_compile(where, &s.s, c->mem, &q.where, &c->err) || !rec_columns(c, f->target, STR_NONE, false, &q.cols, &q.ncols))
            return false;
        do {        /* all of them, page by page: what is sent back without a line deletes it */
            *at = NEW(c->mem, struct found);
            if (!rec_find(c, &q, *at))
                return false;
            q.cursor = (*at)->next;
            at = &(*at)->more;
        } while (q.cursor.n);
    }
    return true;
}

static int limit_of(const struct find *q) { return q->limit < 1 ? 50 : q->limit > FIND_LIMIT_MAX ? FIND_LIMIT_MAX : q->limit; }

static bool plan_make(struct plan *p, struct ctx *c, const struct find *q, int64_t *total)
{
    *p = (struct plan){ .c = c, .q = q, .ncells = 2 };
    compose_init(&p->co, c, q->m, !q->trusted);
    buf_init(&p->select, c->mem);
    buf_init(&p->where, c->mem);
    return make_where(p) && (!q->count || (p->residual ? count_residual(p, total) : count_rows(p, total))) && select_columns(p) &&
           select_sort(p) && add_cursor(p) && write_sql(p, limit_of(q));
}

static bool plan_run(struct plan *p, struct found *out)
{
    const struct find *q = p->q;
    size_t             rows = (size_t)limit_of(q) + 1, cells = rows * (q->ncols + 1);
    *out = (struct found){ .cols = q->cols, .ncols = q->ncols, .next = S(""), .total = out->total };
    out->ids = NEWV(p->c->mem, int64_t, rows);
    out->versions = NEWV(p->c->mem, int64_t, rows);
    out->cells = NEWV(p->c->mem, struct value, cells);
    out->titles = NEWV(p->c->mem, struct value, cells);
    out->lines = NEWV(p->c->mem, struct found *, cells);
    if (!run(p, out, limit_of(q)))
        return false;
    for (size_t i = 0; i < q->ncols; i++)
        if ((q->cols[i].many && !read_many(p->c, out, i)) || (q->cols[i].lines && !read_lines(p->c, out, i)))
            return false;
    return true;
}

bool rec_find(struct ctx *c, const struct find *q, struct found *out)
{
    struct plan   *p = NEW(c->mem, struct plan);
    struct access  a = access_of(c, q->m);
    if (!q->trusted && !access_any(&a, ACT_READ))
        return err_set(&c->err, ERR_DENIED, "You may not see these records");
    out->total = 0;
    return plan_make(p, c, q, &out->total) && plan_run(p, out);
}

/* ---- one record, the most frequent question --------------------------------------------------------------------- */

/* A plan for any record of a module, kept with the catalog; its parameters are the id and the limit. */
struct ready { struct find q; struct plan p; };

/* Whose plans are alike: administrators', and those of who has this one role; NULL: nobody else's. */
static const void *reader_of(const struct ctx *c)
{
    static const char everybody[1];
    if (ctx_is_admin(c))
        return everybody;
    return c->actor->nroles == 1 ? catalog_role(c->cat, c->actor->roles[0]) : NULL;
}

static void *copy_n(struct arena *mem, const void *from, size_t size, size_t n)
{
    void *to = arena_alloc_n(mem, size, n + 1);
    if (n)
        memcpy(to, from, size * n);
    return to;
}

static void *make_ready(struct arena *mem, void *arg)
{
    const struct plan *p = arg;
    size_t             n = p->q->ncols;
    struct ready      *r = NEW(mem, struct ready);
    r->q = (struct find){ .m = p->q->m, .nids = 1, .limit = 1, .ncols = n, .cols = copy_n(mem, p->q->cols, sizeof *p->q->cols, n) };
    r->p = (struct plan){ .ncells = p->ncells, .sql = str_dup(mem, p->sql) };
    r->p.value_at = copy_n(mem, p->value_at, sizeof *p->value_at, n);
    r->p.title_at = copy_n(mem, p->title_at, sizeof *p->title_at, n);
    struct sql_column *form = r->p.form = copy_n(mem, p->form, sizeof *p->form, n);
    for (size_t i = 0; i < n; i++)
        form[i].sql = STR_NONE;         /* belongs to the request, and has done its work */
    return r;
}

static bool get_living(struct ctx *c, struct find *q, struct found *out)
{
    const void         *reader = reader_of(c);
    const struct ready *r = reader ? memo_find(c->cat->memo, q->m, reader) : NULL;
    struct plan        *p = NEW(c->mem, struct plan);
    out->total = 0;
    if (r) {
        *p = r->p;
        p->c = c;
        p->q = q;
        q->cols = r->q.cols;
        q->ncols = r->q.ncols;
        p->co.args = NEWV(c->mem, struct value, 2);
        p->co.args[p->co.nargs++] = v_int(q->ids[0]);
        p->co.args[p->co.nargs++] = v_int(q->limit + 1);
        return plan_run(p, out);
    }
    if (!rec_columns(c, q->m, STR_NONE, true, &q->cols, &q->ncols) || !plan_make(p, c, q, &out->total))
        return false;
    if (reader && !p->co.particular && p->co.nargs == 2)
        memo_keep(c->cat->memo, q->m, reader, make_ready, p);
    return plan_run(p, out);
}

/* A record from the recycle bin says since when it is there; without it nobody could tell it from the others. */
static void with_deleted_at(struct ctx *c, struct find *q)
{
    const struct field *f = &q->m->fields[SLOT_DELETED_AT];
    struct column      *cols = NEWV(c->mem, struct column, q->ncols + 1);
    memcpy(cols, q->cols, q->ncols * sizeof *cols);
    column_init(&cols[q->ncols], f, f->name);
    q->cols = cols;
    q->ncols++;
}

bool rec_get(struct ctx *c, const struct module *m, int64_t id, bool deleted_too, struct found *out)
{
    struct find   q = { .m = m, .ids = &id, .nids = 1, .limit = 1 };
    struct access a = access_of(c, m);
    if (access_any(&a, ACT_READ)) {
        if (!get_living(c, &q, out))
            return false;
        if (out->nrows)
            return true;
        q.deleted = true;
        if (deleted_too)
            with_deleted_at(c, &q);
        if (deleted_too && !rec_find(c, &q, out))
            return false;
        if (out->nrows)
            return true;
    }
    return err_set(&c->err, ERR_NOT_FOUND, "There is no such record");
}
