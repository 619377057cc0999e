/* query: see query.h. */
#include "report/query.h"
#include "base/dict.h"
#include "base/text.h"
#include "record/compose.h"
#include "report/plan.h"

#include <stdlib.h>
#include <time.h>

enum { DEADLINE_MS = 10000, TITLES_AT_ONCE = 200 };

/* ---- titles of records ------------------------------------------------------------------------------------------ */

struct titles { struct dict ids; struct value *v; bool wanted; };     /* v: by number in ids */

static bool load_titles(struct ctx *c, const struct module *m, struct titles *t)
{
    struct access a = access_of(c, m);
    t->v = NEWV(c->mem, struct value, (size_t)t->ids.n + 1);
    if (!access_any(&a, ACT_READ) || !m->title || !access_field(&a, m->title, FIELD_READ))
        return true;
    for (uint32_t from = 0; from < t->ids.n; from += TITLES_AT_ONCE) {
        struct compose   *co = NEW(c->mem, struct compose);
        struct sql_column title;
        struct rows       r;
        struct buf        in;
        compose_init(co, c, m, true);
        if (!compose_field(co, 0, m->title, &title))
            return true;
        str seen = compose_seen(co, 0);
        buf_init(&in, c->mem);
        for (uint32_t i = 0; i < TITLES_AT_ONCE; i++) {     /* always as many, so that the statement is the same */
            uint32_t at = from + i < t->ids.n ? from + i : from;
            buf_printf(&in, "%s$%d", i ? ", " : "", compose_bind(co, v_int(t->ids.v[at].u.i)));
        }
        str from_sql = compose_from(co);
        str sql = str_printf(c->mem, "SELECT t0.id, " STR_FMT STR_FMT " WHERE t0.id IN (" STR_FMT ")%s" STR_FMT, STR_ARG(title.sql),
                             STR_ARG(from_sql), STR_ARG(buf_str(&in)), seen.n ? " AND " : "", STR_ARG(seen));
        if (co->overflow)
            return err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
        if (!db_run(c->db, sql, co->args, (size_t)co->nargs, c->mem, &r, &c->err))
            return false;
        for (size_t i = 0; i < r.nrows; i++) {
            struct value id = v_ref(CELL(&r, i, 0)->u.i);
            uint32_t     at = dict_find(&t->ids, &id);
            if (at != DICT_NONE)
                t->v[at] = sql_column_value(&title, CELL(&r, i, 1), c->mem);
        }
    }
    return true;
}

/* The titles of what the rows point at, for one column. */
static bool find_titles(struct ctx *c, const struct plan *p, const struct table *t, size_t col, struct value *const *rows, size_t n, struct titles *out)
{
    dict_init(&out->ids, c->mem);
    out->wanted = true;
    for (size_t i = 0; i < n; i++)
        if (rows[i][col].type == V_REF)
            dict_put(&out->ids, &rows[i][col]);
    if (t->totals && t->totals[col].type == V_REF)
        dict_put(&out->ids, &t->totals[col]);
    return load_titles(c, p->cols[col].target, out);
}

static const struct value *title_of(const struct titles *t, const struct value *id)
{
    static const struct value none = { .type = V_NULL };
    uint32_t at = t->wanted && id->type == V_REF ? dict_find(&t->ids, id) : DICT_NONE;
    return at == DICT_NONE ? &none : &t->v[at];
}

/* ---- order -------------------------------------------------------------------------------------------------------- */

/* Empty first, then numbers, truth, days, instants, records, texts as people order them. */
static int rank(const struct value *v)
{
    switch (v->type) {
    case V_NULL: case V_ERROR: return 0;
    case V_INT: case V_DEC: return 1;
    case V_BOOL: return 2;
    case V_DATE: return 3;
    case V_TIME: return 4;
    case V_REF:  return 5;
    case V_TEXT: return 6;
    case V_LIST: break;
    }
    return 7;
}

static int compare(const struct value *a, const struct value *b)
{
    int ra = rank(a), rb = rank(b), d = 0;
    if (ra != rb)
        return ra < rb ? -1 : 1;
    switch (ra) {
    case 0: return 0;
    case 1: return dec_cmp(v_number(a), v_number(b));
    case 2: return (int)a->u.b - (int)b->u.b;
    case 6: return text_collate(a->u.s, b->u.s);
    case 7:
        for (size_t i = 0; !d && i < a->u.l.n && i < b->u.l.n; i++)
            d = compare(&a->u.l.v[i], &b->u.l.v[i]);
        return d ? d : (a->u.l.n > b->u.l.n) - (a->u.l.n < b->u.l.n);
    default: return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    }
}

struct order { const struct plan *p; const struct titles *titles; };

static int by_order(const void *x, const void *y, void *arg)
{
    const struct order *o = arg;
    const struct value *a = *(struct value *const *)x, *b = *(struct value *const *)y;
    for (int i = 0; i < o->p->nsort; i++) {
        int col = o->p->sort[i].col, d;
        d = compare(title_of(&o->titles[col], &a[col]), title_of(&o->titles[col], &b[col]));
        if (!d)
            d = compare(&a[col], &b[col]);
        if (d)
            return o->p->sort[i].down ? -d : d;
    }
    return a < b ? -1 : a > b;
}

/* ---- the answer ----------------------------------------------------------------------------------------------------- */

static const char *type_name(enum vtype t)
{
    switch (t) {
    case V_BOOL: return "boolean";
    case V_INT:  return "integer";
    case V_DEC:  return "decimal";
    case V_DATE: return "date";
    case V_TIME: return "datetime";
    case V_REF:  return "relation";
    case V_LIST: return "choices";
    case V_NULL: case V_TEXT: case V_ERROR: break;
    }
    return "text";
}

/* A column's type where the formula does not say it: that of its first value. */
static enum vtype type_of(const struct plan *p, size_t col, struct value *const *rows, size_t n)
{
    enum vtype t = p->cols[col].x->type;
    for (size_t i = 0; t == V_NULL && i < n; i++)
        if (rows[i][col].type != V_ERROR)
            t = rows[i][col].type;
    return t;
}

static void columns_json(struct ctx *c, const struct plan *p, const enum vtype *types, struct jw *w)
{
    jw_key(w, "columns");
    jw_arr(w);
    for (int i = 0; i < p->ncols; i++) {
        const struct plan_column *col = &p->cols[i];
        const struct field       *f = col->f;
        bool                      plain = f && !(f->type->flags & (FT_COMPUTED | FT_READ));
        jw_obj(w);
        jw_key(w, "name");
        jw_str(w, col->name);
        jw_key(w, "type");
        jw_strz(w, plain ? f->type->name : type_name(types[i]));
        jw_key(w, "label");
        jw_str(w, f && label_in(&f->label, c->err.lang).n ? label_in(&f->label, c->err.lang) : col->name);
        if (types[i] == V_DEC && col->x->scale >= 0) {
            jw_key(w, "scale");
            jw_int(w, col->x->scale);
        }
        if (types[i] == V_REF && col->target) {
            jw_key(w, "module");
            jw_str(w, col->target->name);
        }
        if (f && f->module && !f->part_of && !f->module->parts_of) {
            jw_key(w, "field");
            jw_obj(w);
            jw_key(w, "module");
            jw_str(w, f->module->name);
            jw_key(w, "name");
            jw_str(w, f->name);
            jw_end_obj(w);
        }
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void cell_json(struct ctx *c, const struct plan_column *col, enum vtype type, const struct titles *t, const struct value *v, struct jw *w)
{
    if (v->type == V_ERROR || v->type == V_NULL)
        jw_null(w);
    else if (v->type == V_REF && col->target) {
        const struct value *title = title_of(t, v);
        jw_obj(w);
        jw_key(w, "id");
        jw_int(w, v->u.i);
        if (title->type != V_NULL) {
            jw_key(w, "title");
            jw_str(w, value_title(c->mem, title));
        }
        jw_end_obj(w);
    } else if (type == V_DEC && v_is_number(v))
        jw_str(w, col->x->scale >= 0 ? dec_text_fixed(c->mem, v_number(v), col->x->scale) : dec_text(c->mem, dec_trim(v_number(v))));
    else
        jw_value(w, v);
}

static void row_json(struct ctx *c, const struct plan *p, const enum vtype *types, const struct titles *t, const struct value *cells, struct jw *w)
{
    jw_arr(w);
    for (int i = 0; i < p->ncols; i++)
        cell_json(c, &p->cols[i], types[i], &t[i], &cells[i], w);
    jw_end_arr(w);
}

static bool answer(struct ctx *c, const struct plan *p, struct table *t, struct jw *w)
{
    size_t         n = t->nrows, shown = n < (size_t)p->limit ? n : (size_t)p->limit;
    struct value **rows = NEWV(c->mem, struct value *, n + 1);
    struct titles *titles = NEWV(c->mem, struct titles, (size_t)p->ncols);
    enum vtype    *types = NEWV(c->mem, enum vtype, (size_t)p->ncols);
    for (size_t i = 0; i < n; i++)
        rows[i] = &t->cells[i * (size_t)p->ncols];
    for (size_t i = 0; i < (size_t)p->ncols; i++) {
        types[i] = type_of(p, i, rows, n);
        if (p->cols[i].target && !find_titles(c, p, t, i, rows, n, &titles[i]))
            return false;
    }
    struct order o = { p, titles };
    qsort_r(rows, n, sizeof *rows, by_order, &o);
    columns_json(c, p, types, w);
    jw_key(w, "rows");
    jw_arr(w);
    for (size_t i = 0; i < shown; i++)
        row_json(c, p, types, titles, rows[i], w);
    jw_end_arr(w);
    if (t->totals) {
        jw_key(w, "totals");
        row_json(c, p, types, titles, t->totals, w);
    }
    return true;
}

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One engine today; a store of columns would be chosen here, by what the plan reads. */
static const struct engine *engine_for(const struct plan *p) { (void)p; return &engine_sql; }

bool query_run(struct ctx *c, const struct json *body, struct jw *w)
{
    int64_t      began = clock_ms();
    struct plan *p;
    struct table t;
    if (!plan_read(c, body, &p))
        return false;
    const struct engine *engine = engine_for(p);
    db_deadline(c->db, DEADLINE_MS);
    bool ok = engine->run(c, p, &t);
    if (ok) {
        jw_obj(w);
        ok = answer(c, p, &t, w);
    }
    db_deadline(c->db, 0);
    if (!ok)
        return false;
    jw_key(w, "took_ms");
    jw_int(w, clock_ms() - began);
    jw_key(w, "engine");
    jw_strz(w, engine->name);
    jw_end_obj(w);
    return true;
}
