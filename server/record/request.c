/* request: a record out of JSON.  Collects every problem; what the actor may not know about is as if it did not exist. */
#include "record/record.h"
#include "base/check.h"

#include <string.h>

struct record *record_new(struct ctx *c, const struct module *m)
{
    struct record *r = NEW(c->mem, struct record);
    r->m = m;
    r->v = NEWV(c->mem, struct value, (size_t)m->nfields);
    r->set = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    r->lines = NEWV(c->mem, struct record_lines, (size_t)m->nfields);
    return r;
}

bool rec_lookup(struct ctx *c, const struct field *f, const struct value *v, int64_t *id)
{
    struct find       q = { .m = f->module, .limit = 1 };
    struct found      found;
    struct rows       r;
    struct value      a[] = { field_to_cell(f, v, c->mem) };
    str sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE " STR_FMT " = $1 AND deleted_at IS NULL LIMIT 1", STR_ARG(f->module->table), STR_ARG(f->column));
    *id = 0;
    if (a[0].type == V_NULL)
        return true;
    if (!db_run(c->db, sql, a, 1, c->mem, &r, &c->err))
        return false;
    if (!r.nrows)
        return true;
    int64_t hit = CELL(&r, 0, 0)->u.i;
    if (!ctx_is_admin(c)) {
        struct access acc = access_of(c, f->module);
        if (!access_any(&acc, ACT_READ) || !access_field(&acc, f, FIELD_READ))
            return true;
        q.ids = &hit;
        q.nids = 1;
        if (!rec_find(c, &q, &found))
            return false;
        if (!found.nrows)
            return true;
    }
    *id = hit;
    return true;
}

static bool exists(struct ctx *c, const struct module *m, int64_t id, bool *out)
{
    struct find   q = { .m = m, .ids = &id, .nids = 1, .limit = 1 };
    struct access a = access_of(c, m);
    struct found  f;
    struct rows   r;
    *out = false;
    if (a.everything) {
        struct value v[] = { v_int(id) };
        str sql = str_printf(c->mem, "SELECT 1 FROM " STR_FMT " WHERE id = $1 AND deleted_at IS NULL", STR_ARG(m->table));
        if (!db_run(c->db, sql, v, 1, c->mem, &r, &c->err))
            return false;
        *out = r.nrows > 0;
        return true;
    }
    if (!access_any(&a, ACT_READ))
        return true;
    if (!rec_find(c, &q, &f))
        return false;
    *out = f.nrows > 0;
    return true;
}

static bool no_such(struct err *e) { return err_set(e, ERR_INVALID, "There is no such record"); }

bool record_read_relation(struct ctx *c, const struct field *f, const struct json *j, struct value *out, struct err *e)
{
    int64_t id = 0;
    bool    there = false;
    *out = V_NONE;
    if (j->type == JSON_OBJECT && json_get(j, "id"))
        j = json_get(j, "id");
    if (j->type == JSON_NULL)
        return true;
    if (j->type == JSON_NUMBER) {
        if (!str_to_i64(j->s, &id))
            return no_such(e);
    } else if (j->type == JSON_OBJECT && j->n == 1) {
        const struct field *key = module_field(f->target, j->first->key);
        struct access       a = access_of(c, f->target);
        struct value        v;
        if (!key || !key->unique || !key->type->read || !access_field(&a, key, FIELD_READ))
            return err_set(e, ERR_INVALID, "“" STR_FMT "” is no unique field of “" STR_FMT "”", STR_ARG(j->first->key), STR_ARG(f->target->name));
        if (!key->type->read(key, j->first, c->mem, &v, e))
            return false;
        if (!rec_lookup(c, key, &v, &id))
            return err_set(e, c->err.kind, STR_FMT, STR_ARG(c->err.message));
        if (!id)
            return no_such(e);
    } else
        return err_set(e, ERR_INVALID, "This must be a record: 42, {\"id\":42} or {\"code\":\"P-001\"}");
    if (!exists(c, f->target, id, &there))
        return err_set(e, c->err.kind, STR_FMT, STR_ARG(c->err.message));
    if (!there)
        return no_such(e);
    *out = v_ref(id);
    return true;
}

static bool read_many(struct ctx *c, const struct field *f, const struct json *j, struct value *out, struct err *e)
{
    struct value *v = NEWV(c->mem, struct value, j->n + 1);
    size_t        n = 0;
    if (j->type != JSON_ARRAY)
        return err_set(e, ERR_INVALID, "This must be a list");
    for (const struct json *i = j->first; i; i = i->next)
        if (!record_read_relation(c, f, i, &v[n++], e))
            return false;
    *out = n ? (struct value){ V_LIST, { .l = { v, n } } } : V_NONE;
    return true;
}

static bool read_lines(struct ctx *c, const struct field *f, const struct json *j, struct record_lines *out)
{
    if (j->type != JSON_ARRAY && j->type != JSON_NULL)
        return err_problem(&c->err, f->name, "type", "This must be a list");
    out->rows = NEWV(c->mem, struct record *, j->n + 1);
    out->given = true;
    size_t at_line = 0;
    for (const struct json *i = j->first; i; i = i->next, at_line++) {
        struct err     outer = c->err;
        struct record *line;
        int64_t        id = 0;
        if (i->type != JSON_OBJECT)
            return err_problem(&c->err, f->name, "type", "This must be a list of objects");
        err_init(&c->err, c->mem, outer.lang);
        bool        ok = record_read_json(c, f->target, i, &line);
        if (!ok && c->err.kind == ERR_INVALID && !json_get(i, "id"))
            record_missing(c, line, f->via);
        struct err  inner = c->err;
        c->err = outer;
        for (size_t k = 0; k < inner.nproblems; k++) {
            str at = str_printf(c->mem, STR_FMT "[%zu]." STR_FMT, STR_ARG(f->name), at_line, STR_ARG(inner.problems[k].field));
            err_problem(&c->err, at, inner.problems[k].code.p, STR_FMT, STR_ARG(inner.problems[k].message));
        }
        if (!ok && !inner.nproblems) {
            c->err = inner;
            return false;
        }
        if (!ok)
            continue;
        json_i64(i, "id", &id);
        line->id = id;
        out->rows[out->n++] = line;
    }
    return c->err.kind == ERR_NONE;
}

static bool read_address(struct ctx *c, const struct field *f, const struct json *j, struct record *r, struct err *e)
{
    for (int i = 0; i < f->parts->nfields; i++) {
        const struct field *part = &f->parts->fields[i];
        const struct json  *p = j->type == JSON_OBJECT ? json_get_str(j, part->name) : NULL;
        r->set[part->slot] = 1;
        r->v[part->slot] = V_NONE;
        if (!p || p->type == JSON_NULL)
            continue;
        if (part->target ? !record_read_relation(c, part, p, &r->v[part->slot], e) : !part->type->read(part, p, c->mem, &r->v[part->slot], e))
            return false;
    }
    return j->type == JSON_OBJECT || j->type == JSON_NULL || err_set(e, ERR_INVALID, "This must be an address: {\"region\":…,\"detail\":…,\"postcode\":…}");
}

static bool read_field(struct ctx *c, const struct field *f, const struct json *j, struct record *r)
{
    struct err e;
    bool       ok;
    err_init(&e, c->mem, c->err.lang);
    if (f->type->flags & FT_LINES)
        return read_lines(c, f, j, &r->lines[f->slot]);
    r->set[f->slot] = 1;
    if (f->parts)
        ok = read_address(c, f, j, r, &e);
    else if (j->type == JSON_NULL)
        ok = true;
    else if (f->type->flags & FT_ONE)
        ok = record_read_relation(c, f, j, &r->v[f->slot], &e);
    else if (f->type->flags & FT_MANY)
        ok = read_many(c, f, j, &r->v[f->slot], &e);
    else
        ok = f->type->read(f, j, c->mem, &r->v[f->slot], &e);
    if (!ok && e.kind != ERR_INVALID) {     /* not the value's fault */
        c->err = e;
        return false;
    }
    return ok || err_problem(&c->err, f->name, "type", STR_FMT, STR_ARG(e.message));
}

static bool has_problem(const struct err *e, str field)
{
    for (size_t i = 0; i < e->nproblems; i++)
        if (str_eq(e->problems[i].field, field))
            return true;
    return false;
}

/* A refused request is told all that is wrong with it, the values that could be read included. */
static void check_given(struct ctx *c, const struct record *r)
{
    struct err e;
    for (int i = SLOT_OWNER; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        if (!r->set[i] || f->part_of || f->parts || has_problem(&c->err, f->name))
            continue;
        err_init(&e, c->mem, c->err.lang);
        if (r->v[i].type == V_NULL && f->required)
            err_problem(&c->err, f->name, "required", "This is needed");
        else if (!field_check(f, &r->v[i], &e))
            err_problem(&c->err, f->name, "value", STR_FMT, STR_ARG(e.message));
    }
}

void record_missing(struct ctx *c, const struct record *r, const struct field *but)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        bool                given = f->type->flags & FT_LINES ? r->lines[i].given : r->set[i];
        bool                filled = f->otherwise.type != V_NULL || f->default_expr || f->readonly || str_eqz(str_of(f->type->name), "auto_number");
        if (f->required && f != but && !f->part_of && !f->typed && !f->visible_when && !given && !filled && !has_problem(&c->err, f->name))
            err_problem(&c->err, f->name, "required", "This is needed");
    }
}

static bool read_version(struct ctx *c, const struct json *j, struct record *r)
{
    if (j->type == JSON_NULL)
        return true;
    return (j->type == JSON_NUMBER && str_to_i64(j->s, &r->version) && r->version > 0) ||
           err_problem(&c->err, j->key, "type", "This must be a whole number above 0");
}

bool record_read_json(struct ctx *c, const struct module *m, const struct json *j, struct record **out)
{
    struct record *r = record_new(c, m);
    struct access  a = access_of(c, m);
    *out = r;
    if (j->type != JSON_OBJECT)
        return err_set(&c->err, ERR_MALFORMED, "The body must be a JSON object");
    for (const struct json *f = j->first; f; f = f->next) {
        const struct field *field = module_field(m, f->key);
        if (!field || !access_field(&a, field, FIELD_READ)) {
            err_problem(&c->err, f->key, "unknown", "There is no field “" STR_FMT "”", STR_ARG(f->key));
            continue;
        }
        if (field->slot == SLOT_VERSION)
            read_version(c, f, r);
        if (field->readonly || (field->slot == SLOT_RECORD_TYPE && !m->ntypes))     /* what the server says is said back */
            continue;
        if (!read_field(c, field, f, r) && c->err.kind != ERR_INVALID)
            return false;
    }
    if (c->err.kind == ERR_INVALID)
        check_given(c, r);
    return c->err.kind == ERR_NONE;
}
