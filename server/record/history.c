/* history: who changed what.  Entries hold stored forms by field id, so renames do not touch them; they are shown
 * through the rights of today.  The values a record was created with follow from its present ones and the later changes. */
#include "record/record.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool change_write(struct ctx *c, const struct module *m, int64_t id, int64_t version, const char *op, str changes)
{
    struct value a[] = { v_int(c->now), v_int(m->id), v_int(id), v_int(version), v_text(str_of(op)),
                         c->actor->user ? v_int(c->actor->user) : V_NONE, v_text(str_of(c->way)), changes.n ? v_text(changes) : V_NONE };
    return db_exec(c->db, S("INSERT INTO q_change(at, module, record, version, op, actor, way, changes) VALUES($1, $2, $3, $4, $5, $6, $7, $8)"),
                   a, 8, NULL, &c->err);
}

str change_describe(struct ctx *c, const struct module *m, const struct value *old, const struct value *now, bool *any)
{
    struct buf b;
    struct jw  w;
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_obj(&w);
    *any = false;
    for (int i = SLOT_OWNER; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        char                key[32];
        if (i == SLOT_DELETED_AT || !(f->type->flags & (FT_COLUMN | FT_MANY)) || v_same(&old[i], &now[i]))
            continue;
        bool computed = (f->type->flags & FT_COMPUTED) != 0;
        *any |= !computed;
        if (f->part_of)
            snprintf(key, sizeof key, "%lld.%d", (long long)f->part_of->id, (int)(f - f->part_of) - 1);
        else if (f->system)
            snprintf(key, sizeof key, "%s", f->name.p);
        else
            snprintf(key, sizeof key, "%lld", (long long)f->id);
        jw_key(&w, key);
        jw_arr(&w);
        for (int k = 0; k < 2 && !computed; k++) {
            const struct value *v = k ? &now[i] : &old[i];
            struct value        cell = f->type->flags & FT_MANY ? *v : field_to_cell(f, v, c->mem);
            jw_value(&w, &cell);
        }
        jw_end_arr(&w);
    }
    jw_end_obj(&w);
    return buf_str(&b);
}

static const struct field *field_of_key(const struct module *m, str key)
{
    ptrdiff_t dot = str_chr(key, '.');
    int64_t   id;
    for (int i = 0; i < m->nfields; i++)
        if (m->fields[i].system && str_eq(m->fields[i].name, key))
            return &m->fields[i];
    if (!str_to_i64(dot < 0 ? key : str_sub(key, 0, (size_t)dot), &id))
        return NULL;
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (m->fields[i].id == id && !m->fields[i].part_of)
            return dot < 0 || !m->fields[i].parts ? &m->fields[i] : &m->fields[i].parts->fields[key.p[dot + 1] - '0'];
    return NULL;
}

static struct value cell_of(struct ctx *c, const struct field *f, const struct json *j)
{
    int64_t i;
    if (j->type == JSON_ARRAY) {
        struct value *v = NEWV(c->mem, struct value, j->n + 1);
        size_t        n = 0;
        for (const struct json *x = j->first; x; x = x->next)
            if (str_to_i64(x->s, &i))
                v[n++] = v_ref(i);
        return (struct value){ V_LIST, { .l = { v, n } } };
    }
    struct value cell = V_NONE;
    if (j->type == JSON_STRING)
        cell = v_text(j->s);
    else if (j->type == JSON_BOOL)
        cell = v_int(j->b);
    else if (j->type == JSON_NUMBER && str_to_i64(j->s, &i))
        cell = v_int(i);
    if (j->type == JSON_STRING && f->vtype == V_DATE && day_parse(j->s, &i))
        return v_date(i);
    if (j->type == JSON_STRING && f->vtype == V_TIME && instant_parse(j->s, &i))
        return v_time(i);
    return field_of_cell(f, &cell, c->mem);
}

bool rec_title(struct ctx *c, const struct module *m, int64_t id, struct value *out)
{
    const struct column *cols;
    size_t               n;
    struct found         found;
    struct access        a = access_of(c, m);
    *out = V_NONE;
    if (!access_any(&a, ACT_READ) || !access_field(&a, m->title, FIELD_READ))
        return true;
    if (!rec_columns(c, m, m->title->name, false, &cols, &n))
        return false;
    struct find q = { .m = m, .ids = &id, .nids = 1, .limit = 1, .cols = cols, .ncols = n };
    if (!rec_find(c, &q, &found))
        return false;
    if (found.nrows)
        *out = found.cells[0];
    return true;
}

static bool title_of(struct ctx *c, const struct field *f, struct value v, struct value *out)
{
    *out = V_NONE;
    return v.type != V_REF || !f->target || rec_title(c, f->target, v.u.i, out);
}

static bool add_change(struct ctx *c, struct history_change *h, const struct field *f, struct value from, struct value to)
{
    *h = (struct history_change){ .f = f, .from = from, .to = to };
    return title_of(c, f, from, &h->from_title) && title_of(c, f, to, &h->to_title);
}

static bool may_show(const struct access *a, const struct field *f)
{
    const struct field *whole = f->part_of ? f->part_of : f;
    return access_field(a, whole, FIELD_READ) && access_field_always(a, whole);
}

/* ---- whether it is told at all ----------------------------------------------------------------------------------- */

static bool never_shown(const struct access *a, const struct field *f, struct ctx *c)
{
    const struct field *whole = f->part_of ? f->part_of : f;
    if (f->type->flags & FT_LINES) {
        struct access rows = access_of(c, f->target);
        if (!access_any(&rows, ACT_READ))
            return true;
    }
    return !access_field(a, whole, FIELD_READ);
}

/* levels: of the row, loaded when roles differ about it. */
static bool shown_in_row(struct ctx *c, const struct access *a, int64_t id, const struct field *f, uint8_t **levels, bool *shown)
{
    const struct field *whole = f->part_of ? f->part_of : f;
    bool                seen;
    *shown = !never_shown(a, f, c);
    if (!*shown || access_field_always(a, whole))
        return true;
    if (!*levels) {
        *levels = NEWV(c->mem, uint8_t, (size_t)a->m->nfields);
        if (!row_levels(c, a->m, id, *levels, &seen))
            return false;
    }
    *shown = (*levels)[whole->slot] >= FIELD_READ;
    return true;
}

/* An entry without names is of a time when changes of computed fields and of lines were kept without. */
static bool told_of(struct ctx *c, const struct access *a, int64_t id, str changes, bool *told)
{
    uint8_t     *levels = NULL;
    struct json *j = NULL;
    *told = false;
    if (changes.n && !json_parse(c->mem, changes, &j, &c->err))
        return false;
    for (const struct json *x = j ? j->first : NULL; x && !*told; x = x->next) {
        const struct field *f = field_of_key(a->m, x->key);
        if (f && !shown_in_row(c, a, id, f, &levels, told))
            return false;
    }
    for (int i = SLOT_FIRST; (!j || !j->first) && i < a->m->nfields && !*told; i++)
        if ((a->m->fields[i].type->flags & (FT_COMPUTED | FT_LINES)) && !shown_in_row(c, a, id, &a->m->fields[i], &levels, told))
            return false;
    return true;
}

static bool hides_fields(struct ctx *c, const struct access *a)
{
    for (int i = SLOT_OWNER; i < a->m->nfields && !a->everything; i++)
        if (never_shown(a, &a->m->fields[i], c) || !may_show(a, &a->m->fields[i]))
            return true;
    return false;
}

bool rec_told(struct ctx *c, const struct module *m, int64_t id, int64_t seq, str op, bool *told)
{
    struct access a = access_of(c, m);
    arena_mark    here = arena_here(c->mem);
    struct value  arg[] = { v_int(seq) };
    struct rows   r;
    *told = true;
    if (!(str_eqz(op, "update") || str_eqz(op, "compute")) || !hides_fields(c, &a))
        return true;
    if (!db_run(c->db, S("SELECT changes FROM q_change WHERE seq = $1"), arg, 1, c->mem, &r, &c->err))
        return false;
    str changes = r.nrows && CELL(&r, 0, 0)->type == V_TEXT ? CELL(&r, 0, 0)->u.s : STR_NONE;
    if (!told_of(c, &a, id, changes, told))
        return false;
    arena_back(c->mem, here);
    return true;
}

/* ---- what it says ------------------------------------------------------------------------------------------------ */

static bool read_changes(struct ctx *c, const struct module *m, const struct access *a, str text, struct value *current, struct history_entry *e)
{
    struct json *j;
    if (!text.n)
        return true;
    if (!json_parse(c->mem, text, &j, &c->err))
        return false;
    struct history_change *h = NEWV(c->mem, struct history_change, j->n + 1);
    e->changes = h;
    for (const struct json *x = j->first; x; x = x->next) {
        const struct field *f = field_of_key(m, x->key);
        if (!f || x->n != 2)
            continue;       /* the field is gone */
        struct value from = cell_of(c, f, x->first), to = cell_of(c, f, x->first->next);
        if (current)
            current[f->slot] = from;        /* going back in time */
        if (may_show(a, f) && !add_change(c, &h[e->nchanges++], f, from, to))
            return false;
    }
    return true;
}

static bool creation(struct ctx *c, const struct module *m, const struct access *a, const struct value *v, struct history_entry *e)
{
    struct history_change *h = NEWV(c->mem, struct history_change, (size_t)m->nfields);
    e->changes = h;
    for (int i = SLOT_OWNER; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        if (i != SLOT_DELETED_AT && (f->type->flags & (FT_COLUMN | FT_MANY)) && !(f->type->flags & FT_COMPUTED) && v[i].type != V_NULL && may_show(a, f) &&
            !add_change(c, &h[e->nchanges++], f, V_NONE, v[i]))
            return false;
    }
    return true;
}

bool rec_history(struct ctx *c, const struct module *m, int64_t id, int64_t before, int limit, struct history_entry **out, size_t *n)
{
    struct access a = access_of(c, m);
    struct found  seen;
    struct rows   r;
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    struct value  args[] = { v_int(m->id), v_int(id) };
    bool          found;
    if (!rec_get(c, m, id, true, &seen) || !row_load(c, m, id, v, &found))     /* who may not see the record sees no history */
        return false;
    if (!db_run(c->db, S("SELECT seq, at, actor, version, way, op, changes FROM q_change WHERE module = $1 AND record = $2 AND op <> 'compute' ORDER BY seq DESC"),
                args, 2, c->mem, &r, &c->err))
        return false;
    *out = NEWV(c->mem, struct history_entry, (size_t)limit + 1);
    *n = 0;
    for (size_t i = 0; i < r.nrows; i++) {
        struct history_entry e = { .seq = CELL(&r, i, 0)->u.i, .at = CELL(&r, i, 1)->u.i, .version = CELL(&r, i, 3)->u.i,
                                   .way = CELL(&r, i, 4)->u.s, .op = CELL(&r, i, 5)->u.s };
        const struct value *who = CELL(&r, i, 2), *text = CELL(&r, i, 6);
        str                 changes = text->type == V_TEXT ? text->u.s : STR_NONE;
        bool                told = true;
        e.actor = who->type == V_NULL ? 0 : who->u.i;
        if (!read_changes(c, m, &a, changes, v, &e))
            return false;
        if (before && e.seq >= before)
            continue;
        if (str_eqz(e.op, "update") && !e.nchanges && !a.everything && !told_of(c, &a, id, changes, &told))
            return false;
        if (!told)
            continue;
        if (*n == (size_t)limit + 1)
            break;
        if (str_eqz(e.op, "create") && !creation(c, m, &a, v, &e))
            return false;
        if (e.actor) {
            struct value t;
            if (!title_of(c, &m->fields[SLOT_CREATED_BY], v_ref(e.actor), &t))
                return false;
            e.actor_name = value_title(c->mem, &t);
        }
        (*out)[(*n)++] = e;
    }
    return true;
}
