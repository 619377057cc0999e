/* write: create, update, delete, restore.  See record.h for the order; every refusal happens before the first statement
 * that writes, so a refused write leaves no trace even within its transaction. */
#include "record/file.h"
#include "base/check.h"
#include "base/text.h"
#include "record/inputs.h"

#include <stdio.h>
#include <string.h>

/* ---- rights to one row ----------------------------------------------------------------------------------------- */

static bool holds(struct ctx *c, int64_t id, const struct value *v, const struct right *r, bool *out)
{
    struct value x;
    *out = r->all;
    if (r->all || !r->when)
        return true;
    if (!compute_eval(c, id, v, r->when, &x))
        return false;
    *out = (x.type == V_BOOL && x.u.b) || (v_is_number(&x) && !dec_is_zero(v_number(&x)));
    return true;
}

/* levels: per slot, what the actor may do with that field of this row; *seen: may read it at all, *may: the action. */
static bool row_rights(struct ctx *c, const struct module *m, int64_t id, const struct value *v, enum action act, uint8_t *levels, bool *seen, bool *may)
{
    struct access a = access_of(c, m);
    memset(levels, a.everything ? FIELD_WRITE : FIELD_NONE, (size_t)m->nfields);
    *seen = *may = a.everything;
    for (size_t i = 0; i < a.nroles; i++) {
        const struct role_module *r = a.roles[i];
        const struct right       *right = act == ACT_CREATE ? &r->create : act == ACT_UPDATE ? &r->update : act == ACT_DELETE ? &r->del : &r->read;
        bool                      reads, does;
        if (!holds(c, id, v, &r->read, &reads) || !holds(c, id, v, right, &does))
            return false;
        *seen |= reads;
        *may |= reads && does;
        for (int k = 0; reads && k < m->nfields; k++) {
            uint8_t level = r->fields[k] == FIELD_WRITE && !does ? FIELD_READ : r->fields[k];
            if (level > levels[k])
                levels[k] = level;
        }
    }
    return true;
}

bool row_levels(struct ctx *c, const struct module *m, int64_t id, uint8_t *levels, bool *seen)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    bool          found, may;
    *seen = false;
    memset(levels, FIELD_NONE, (size_t)m->nfields);
    return row_load(c, m, id, v, &found) && (!found || row_rights(c, m, id, v, ACT_READ, levels, seen, &may));
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

bool row_load(struct ctx *c, const struct module *m, int64_t id, struct value *v, bool *found)
{
    struct rows  r;
    int          n = 0;
    struct value a[] = { v_int(id) };
    if (!db_run(c->db, row_sql(c, m), a, 1, c->mem, &r, &c->err))
        return false;
    *found = r.nrows > 0;
    for (int i = 0; i < m->nfields && *found; i++) {
        const struct field *f = &m->fields[i];
        v[i] = f->type->flags & FT_COLUMN ? field_of_cell(f, CELL(&r, 0, n++), c->mem) : V_NONE;
        if (f->type->flags & FT_MANY) {
            struct value l[] = { v_int(f->id), v_int(id) };
            struct rows  k;
            if (!db_run(c->db, S("SELECT target FROM q_link WHERE field = $1 AND record = $2 ORDER BY target"), l, 2, c->mem, &k, &c->err))
                return false;
            struct value *ids = NEWV(c->mem, struct value, k.nrows + 1);
            for (size_t x = 0; x < k.nrows; x++)
                ids[x] = v_ref(CELL(&k, x, 0)->u.i);
            if (k.nrows)
                v[i] = (struct value){ V_LIST, { .l = { ids, k.nrows } } };
        }
    }
    return true;
}

/* ---- defaults --------------------------------------------------------------------------------------------------- */

static bool take_default(struct ctx *c, struct record *r, const struct field *f)
{
    struct value x;
    int64_t      units;
    if (!compute_eval(c, r->id, r->v, f->default_expr, &x))
        return false;
    if (f->vtype == V_DEC && v_is_number(&x))
        x = dec_to_units(v_number(&x), f->scale, &units) ? v_dec(dec_of_units(units, f->scale)) : V_NONE;
    if (f->vtype == V_INT && v_is_number(&x))
        x = dec_to_units(v_number(&x), 0, &units) ? v_int(units) : V_NONE;
    if (f->form && x.type == V_TEXT) {      /* what has no such form is refused with the rest */
        struct err e;
        str        normal;
        err_init(&e, c->mem, c->err.lang);
        if (f->form->normal(x.u.s, c->mem, &normal, &e))
            x.u.s = normal;
    }
    if (x.type == f->vtype || (x.type == V_NULL && r->v[f->slot].type != V_NULL))
        r->v[f->slot] = x;
    return true;
}

/* A default may name a record that is gone by now. */
static bool still_there(struct ctx *c, const struct field *f, struct value *v)
{
    struct value *all = v->type == V_LIST ? NEWV(c->mem, struct value, v->u.l.n) : v;
    size_t        n = v->type == V_LIST ? v->u.l.n : v->type == V_REF, kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct rows  r;
        struct value one = v->type == V_LIST ? v->u.l.v[i] : *v, a[] = { v_int(one.u.i) };
        if (!db_run(c->db, str_printf(c->mem, "SELECT 1 FROM " STR_FMT " WHERE id = $1 AND deleted_at IS NULL", STR_ARG(f->target->table)), a, 1, c->mem, &r, &c->err))
            return false;
        if (r.nrows)
            all[kept++] = one;
    }
    if (!kept)
        *v = V_NONE;
    else if (v->type == V_LIST)
        *v = (struct value){ V_LIST, { .l = { all, kept } } };
    return true;
}

/* Constants first, because formulas may read them. */
static bool set_defaults(struct ctx *c, struct record *r)
{
    const struct module      *m = r->m;
    const struct record_type *t = fit_type(r);
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (!r->set[i] && r->v[i].type == V_NULL && !m->fields[i].default_expr && type_has(t, &m->fields[i])) {
            r->v[i] = m->fields[i].otherwise;
            if ((r->v[i].type == V_REF || (m->fields[i].type->flags & FT_MANY)) && !still_there(c, &m->fields[i], &r->v[i]))
                return false;
        }
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (!r->set[i] && r->v[i].type == V_NULL && m->fields[i].default_expr && type_has(t, &m->fields[i]) && !take_default(c, r, &m->fields[i]))
            return false;
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (str_eqz(str_of(m->fields[i].type->name), "auto_number") && r->v[i].type == V_NULL && type_has(t, &m->fields[i]) &&
            !number_next(c, &m->fields[i], &r->v[i]))
            return false;
    return true;
}

/* Defaults that follow what they read, where the caller gave no value of its own. */
static bool follow_defaults(struct ctx *c, struct record *r, const struct value *old)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        bool                moved = false;
        if (!f->follow || !f->default_expr || r->set[i] || !type_has(fit_type(r), f))
            continue;
        for (int k = 0; k < f->default_expr->npaths; k++) {
            const struct field *on = f->default_expr->paths[k].step[0].field;
            moved |= on->slot >= 0 && !v_same(&old[on->slot], &r->v[on->slot]);
        }
        if (moved && !take_default(c, r, f))
            return false;
    }
    return true;
}

/* ---- validation ------------------------------------------------------------------------------------------------ */

static bool condition(struct ctx *c, const struct record *r, const struct expr *x, bool *out)
{
    struct value v;
    *out = false;
    if (!compute_eval(c, r->id, r->v, x, &v))
        return false;
    *out = (v.type == V_BOOL && v.u.b) || (v_is_number(&v) && !dec_is_zero(v_number(&v)));
    return true;
}

static bool has_value(const struct record *r, int i)
{
    const struct field *f = &r->m->fields[i];
    if (f->type->flags & FT_LINES)
        return r->lines[i].n > 0;
    if (f->parts)
        return r->v[i + 1].type != V_NULL || r->v[i + 2].type != V_NULL;
    return r->v[i].type != V_NULL;
}

static bool check_required(struct ctx *c, const struct record *r, const struct field *f)
{
    const struct record_type *t = fit_type(r);
    bool                      needed = f->required, shown = true;
    if (!type_has(t, f))
        return true;
    for (size_t k = 0; t && k < t->nrequired; k++)
        needed |= t->required[k] == f;
    if (!needed && f->required_when && !condition(c, r, f->required_when, &needed))
        return false;
    if (!needed || has_value(r, f->slot) || (f->type->flags & (FT_COMPUTED | FT_READ)) ||
        ((f->type->flags & FT_LINES) && r->id && !r->lines[f->slot].given))
        return true;
    if (f->visible_when && !condition(c, r, f->visible_when, &shown))
        return false;
    if (shown)
        err_problem(&c->err, f->name, "required", "This is needed");
    return true;
}

static bool has_lines(const struct record *r)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++)
        if (r->lines[i].given)
            return true;
    return false;
}

static bool check_rules(struct ctx *c, const struct record *r)
{
    const struct module *m = r->m;
    for (size_t i = 0; i < m->nrules; i++) {
        bool wrong;
        if (!condition(c, r, m->rules[i].when, &wrong))
            return false;
        str text = label_in(&m->rules[i].message, c->err.lang);
        if (wrong)
            err_problem(&c->err, m->rules[i].at ? m->rules[i].at->name : S(""), "rule", STR_FMT, STR_ARG(text));
    }
    return c->err.kind == ERR_NONE;
}

/* Rules may be about what comes of the lines, so they wait for them. */
static bool check_rules_with_lines(struct ctx *c, const struct record *r)
{
    struct record now = *r;
    bool          changed;
    if (!has_lines(r) || !r->m->nrules)
        return true;
    now.v = NEWV(c->mem, struct value, (size_t)r->m->nfields);
    memcpy(now.v, r->v, (size_t)r->m->nfields * sizeof *now.v);
    return compute_own(c, r->m, r->id, now.v, &changed) && check_rules(c, &now);
}

/* old: NULL for a new record. */
static bool validate(struct ctx *c, const struct record *r, const struct value *old)
{
    const struct module *m = r->m;
    struct err           e;
    fit_fields(c, r);
    for (int i = SLOT_RECORD_TYPE; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        str                 name = f->part_of ? f->part_of->name : f->name;
        if (f->part_of == NULL && i >= SLOT_FIRST && !check_required(c, r, f))
            return false;
        if (!(f->type->flags & (FT_COLUMN | FT_MANY)))
            continue;
        err_init(&e, c->mem, c->err.lang);
        if (!field_check(f, &r->v[i], &e))
            err_problem(&c->err, name, "value", STR_FMT, STR_ARG(e.message));
        else if ((f->type->flags & FT_OPTIONS) && !fit_options(r, f))
            err_problem(&c->err, name, "value", "This choice does not go with the others");
        else if (f->where && !fit_picker(c, r, f, old))
            return false;
    }
    if (m->ntypes && r->v[SLOT_RECORD_TYPE].type == V_NULL)
        err_problem(&c->err, S("record_type"), "required", "This is needed");
    return (has_lines(r) || check_rules(c, r)) && c->err.kind == ERR_NONE;
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

/* A broken unique index, in words: the column's name says which field it was. */
static bool unique_problem(struct ctx *c, const struct module *m)
{
    if (c->err.kind != ERR_CONFLICT)
        return false;
    str detail = c->err.detail;
    for (int i = SLOT_FIRST; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        ptrdiff_t           at = f->unique ? str_find(detail, f->column) : -1;
        if (at < 0)
            continue;
        size_t end = (size_t)at + f->column.n;
        if (end < detail.n && detail.p[end] >= '0' && detail.p[end] <= '9')
            continue;
        err_problem(&c->err, f->name, "unique", "Another record has this value already");
        return err_set(&c->err, ERR_CONFLICT, "Another record has this value already");
    }
    return false;
}

/* Unique relations: a record is chosen by one at most. */
static bool link_free(struct ctx *c, const struct field *f, const struct value a[3])
{
    struct rows r;
    str sql = str_printf(c->mem, "SELECT 1 FROM q_link k JOIN " STR_FMT " t ON t.id = k.record WHERE k.field = $1 AND k.record <> $2 AND k.target = $3"
                                 " AND t.deleted_at IS NULL LIMIT 1", STR_ARG(f->module->table));
    if (!db_run(c->db, sql, a, 3, c->mem, &r, &c->err))
        return false;
    if (!r.nrows)
        return true;
    err_problem(&c->err, f->name, "unique", "Another record has this value already");
    return err_set(&c->err, ERR_CONFLICT, "Another record has this value already");
}

static bool write_links(struct ctx *c, const struct record *r, bool fresh)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        if (!(f->type->flags & FT_MANY) || (!fresh && !r->set[i]))
            continue;
        struct value a[] = { v_int(f->id), v_int(r->id), V_NONE };
        if (!fresh && !db_exec(c->db, S("DELETE FROM q_link WHERE field = $1 AND record = $2"), a, 2, NULL, &c->err))
            return false;
        for (size_t k = 0; r->v[i].type == V_LIST && k < r->v[i].u.l.n; k++) {
            a[2] = v_int(r->v[i].u.l.v[k].u.i);
            if (f->unique && !link_free(c, f, a))
                return false;
            if (!db_exec(c->db, S("INSERT INTO q_link(field, record, target) VALUES($1, $2, $3) ON CONFLICT DO NOTHING"), a, 3, NULL, &c->err))
                return false;
        }
    }
    return true;
}

/* Lines that the actor does not see are not among those it sends back, and stay. */
static bool line_seen(struct ctx *c, const struct module *m, int64_t id, bool *seen)
{
    *seen = ctx_is_admin(c);
    return *seen || row_levels(c, m, id, NEWV(c->mem, uint8_t, (size_t)m->nfields), seen);
}

static bool write_lines(struct ctx *c, struct record *r)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        if (!(f->type->flags & FT_LINES) || !r->lines[i].given)
            continue;
        struct rows  had;
        struct value a[] = { v_int(r->id) };
        str sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE " STR_FMT " = $1 AND deleted_at IS NULL", STR_ARG(f->target->table), STR_ARG(f->via->column));
        if (!db_run(c->db, sql, a, 1, c->mem, &had, &c->err))
            return false;
        for (size_t h = 0; h < had.nrows; h++) {
            bool kept = false, seen = true;
            for (size_t k = 0; k < r->lines[i].n; k++)
                kept |= r->lines[i].rows[k]->id == CELL(&had, h, 0)->u.i;
            if (!kept && !line_seen(c, f->target, CELL(&had, h, 0)->u.i, &seen))
                return false;
            kept |= !seen;
            r->lines[i].moved |= !kept;
            if (!kept && !rec_delete(c, f->target, CELL(&had, h, 0)->u.i, 0))
                return false;
        }
        for (size_t k = 0; k < r->lines[i].n; k++) {
            struct record *line = r->lines[i].rows[k];
            bool           own = line->id == 0;
            for (size_t h = 0; h < had.nrows && !own; h++)
                own = CELL(&had, h, 0)->u.i == line->id;
            if (!own)
                return err_problem(&c->err, f->name, "line", "Line %zu does not belong to this record", k + 1);
            line->v[f->via->slot] = v_ref(r->id);
            line->set[f->via->slot] = 1;
            struct respite here = rec_here(c);
            if (!(line->id ? rec_update(c, line) : rec_create(c, line)))
                return false;
            r->lines[i].moved |= line->moved;
            rec_back(c, here);
        }
        r->moved |= r->lines[i].moved;
    }
    return true;
}

static bool insert(struct ctx *c, struct record *r)
{
    struct value *a = NEWV(c->mem, struct value, (size_t)r->m->nfields);
    struct rows   out;
    size_t        n = 0;
    for (int i = SLOT_VERSION; i < r->m->nfields; i++)
        if (r->m->fields[i].type->flags & FT_COLUMN)
            a[n++] = field_to_cell(&r->m->fields[i], &r->v[i], c->mem);
    if (!db_run(c->db, r->m->insert_sql, a, n, c->mem, &out, &c->err))
        return unique_problem(c, r->m);
    r->id = CELL(&out, 0, 0)->u.i;
    r->v[SLOT_ID] = v_ref(r->id);
    return true;
}

static void stamp(struct ctx *c, struct record *r, bool fresh)
{
    struct value who = c->actor->user ? v_ref(c->actor->user) : V_NONE;
    if (fresh) {
        r->v[SLOT_VERSION] = v_int(1);
        r->v[SLOT_CREATED_AT] = v_time(c->now);
        r->v[SLOT_CREATED_BY] = who;
        if (r->v[SLOT_OWNER].type == V_NULL && !r->set[SLOT_OWNER])
            r->v[SLOT_OWNER] = who;
    }
    r->v[SLOT_UPDATED_AT] = v_time(c->now);
    r->v[SLOT_UPDATED_BY] = who;
}

static bool check_written_fields(struct ctx *c, const struct record *r, const uint8_t *levels)
{
    for (int i = SLOT_OWNER; i < r->m->nfields; i++)
        if ((r->set[i] || r->lines[i].given) && levels[i] < FIELD_WRITE) {
            const struct field *f = r->m->fields[i].part_of ? r->m->fields[i].part_of : &r->m->fields[i];
            err_problem(&c->err, f->name, "denied", "You may not change this field");
        }
    return c->err.kind == ERR_NONE || err_set(&c->err, ERR_DENIED, "You may not change these fields");
}

/* ---- users ----------------------------------------------------------------------------------------------------- */

static bool is_user_module(const struct module *m) { return m->system && str_eqz(m->name, "user"); }

bool rec_administrator_remains(struct ctx *c, const struct role *but)
{
    const struct module *m = catalog_module(c->cat, S("user"));
    const struct field  *active = m ? module_field(m, S("active")) : NULL, *roles = m ? module_field(m, S("roles")) : NULL;
    struct buf           b;
    struct rows          r;
    struct value        *a = NEWV(c->mem, struct value, c->cat->nroles + 1);
    size_t               n = 0;
    if (!active || !roles)
        return true;
    buf_init(&b, c->mem);
    buf_printf(&b, "SELECT 1 FROM " STR_FMT " WHERE deleted_at IS NULL AND " STR_FMT " = 1 AND (1=0", STR_ARG(m->table), STR_ARG(active->column));
    for (size_t i = 0; i < c->cat->nroles; i++) {
        const struct role *x = &c->cat->roles[i];
        if (!x->admin || x == but)
            continue;
        buf_printf(&b, " OR REPLACE(" STR_FMT ", $%zu, '') <> " STR_FMT, STR_ARG(roles->column), n + 1, STR_ARG(roles->column));
        a[n++] = v_text(str_printf(c->mem, "," STR_FMT ",", STR_ARG(x->name)));
    }
    buf_putz(&b, ") LIMIT 1");
    return db_run(c->db, buf_str(&b), a, n, c->mem, &r, &c->err) &&
           (r.nrows || err_set(&c->err, ERR_CONFLICT, "An administrator who can sign in must remain"));
}

/* People sign in with their address however it is written. */
static bool own_address(struct ctx *c, const struct module *m, int64_t id, const struct value *v)
{
    const struct field *f = module_field(m, S("email"));
    struct rows         r;
    if (!f || v[f->slot].type != V_TEXT)
        return true;
    struct value a[] = { v[f->slot], v_int(id) };
    if (!db_run(c->db, str_printf(c->mem, "SELECT 1 FROM " STR_FMT " WHERE LOWER(" STR_FMT ") = LOWER($1) AND id <> $2 AND deleted_at IS NULL LIMIT 1",
                                  STR_ARG(m->table), STR_ARG(f->column)), a, 2, c->mem, &r, &c->err))
        return false;
    if (!r.nrows)
        return true;
    err_problem(&c->err, f->name, "unique", "Another record has this value already");
    return err_set(&c->err, ERR_CONFLICT, "Another record has this value already");
}

bool rec_create(struct ctx *c, struct record *r)
{
    const struct module *m = r->m;
    struct access        a = access_of(c, m);
    uint8_t             *levels = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    bool                 seen, may, changed;
    if (!access_any(&a, ACT_CREATE))
        return err_set(&c->err, ERR_DENIED, "You may not create records here");
    stamp(c, r, true);
    if (m->ntypes == 1 && r->v[SLOT_RECORD_TYPE].type == V_NULL)
        r->v[SLOT_RECORD_TYPE] = v_text(m->types[0].code);
    if (!file_settle(c, r, NULL) || !set_defaults(c, r) || !compute_own(c, m, 0, r->v, &changed))
        return false;
    if (!a.everything) {        /* the record as it would be must be one that a role lets the actor make */
        if (!row_rights(c, m, 0, r->v, ACT_CREATE, levels, &seen, &may))
            return false;
        if (!may)
            return err_set(&c->err, ERR_DENIED, "You may not create such a record");
        if (!check_written_fields(c, r, levels))
            return false;
    }
    if (!validate(c, r, NULL) || (is_user_module(m) && !own_address(c, m, 0, r->v)) || !insert(c, r) || !file_note_uses(c, r, NULL) || !write_links(c, r, true) || !write_lines(c, r) || !check_rules_with_lines(c, r))
        return false;
    r->version = 1;
    r->moved = true;
    if (!search_write(c, m, r->id, NULL, r->v) || !change_write(c, m, r->id, 1, "create", STR_NONE) || !compute_mark(c, m, r->id, NULL, r->v))
        return false;
    return true;
}

/* Who may come in depends on the records of users: what is remembered of it elsewhere is stale now. */
static bool note_user(struct ctx *c, const struct module *m)
{
    return !is_user_module(m) ||
           (rec_administrator_remains(c, NULL) &&
            db_exec(c->db, S("UPDATE q_version SET value = value + 1 WHERE name = 'auth'"), NULL, 0, NULL, &c->err));
}

static bool update_row(struct ctx *c, const struct record *r, const struct value *old, const struct value *now)
{
    struct buf    b;
    struct value *a = NEWV(c->mem, struct value, (size_t)r->m->nfields + 2);
    size_t        n = 0;
    int64_t       hit;
    buf_init(&b, c->mem);
    buf_printf(&b, "UPDATE " STR_FMT " SET ", STR_ARG(r->m->table));
    for (int i = SLOT_VERSION; i < r->m->nfields; i++)
        if ((r->m->fields[i].type->flags & FT_COLUMN) && (i <= SLOT_UPDATED_BY || !v_same(&old[i], &now[i]))) {
            buf_printf(&b, "%s" STR_FMT " = $%zu", n ? ", " : "", STR_ARG(r->m->fields[i].column), n + 1);
            a[n++] = field_to_cell(&r->m->fields[i], &now[i], c->mem);
        }
    buf_printf(&b, " WHERE id = $%zu AND version = $%zu", n + 1, n + 2);
    a[n] = v_int(r->id);
    a[n + 1] = old[SLOT_VERSION];
    if (!db_exec(c->db, buf_str(&b), a, n + 2, &hit, &c->err))
        return unique_problem(c, r->m);
    return hit == 1 || err_set(&c->err, ERR_BUSY, "The record is being changed; try again");
}

static bool stale(struct ctx *c) { return err_set(&c->err, ERR_CONFLICT, "Somebody else has changed this record since you opened it"); }

/* Loads the row, and answers as if it did not exist when the actor may not see it. */
static bool load_seen(struct ctx *c, const struct module *m, int64_t id, bool deleted, enum action act, struct value *v, uint8_t *levels, bool *may)
{
    bool found, seen = false;
    if (!row_load(c, m, id, v, &found))
        return false;
    if (found && (v[SLOT_DELETED_AT].type != V_NULL) == deleted && !row_rights(c, m, id, v, act, levels, &seen, may))
        return false;
    return seen || err_set(&c->err, ERR_NOT_FOUND, "There is no such record");
}

bool rec_eval(struct ctx *c, const struct module *m, int64_t id, const struct record *given, const struct expr *x, struct value *out)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    uint8_t      *levels = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    bool          may, changed;
    memset(levels, FIELD_READ, (size_t)m->nfields);
    if (id && !load_seen(c, m, id, false, ACT_READ, v, levels, &may))
        return false;
    for (int i = 0; given && i < m->nfields; i++)
        if (given->set[i]) {
            v[i] = given->v[i];
            levels[i] = FIELD_READ;
        }
    return (!given || compute_own(c, m, id, v, &changed)) && compute_eval_seen(c, id, v, levels, given, x, out);
}

/* Lines are part of their record: whoever changes them has changed it, and whoever has seen others is stale. */
static bool count_lines(struct ctx *c, struct record *r, const struct value *old)
{
    r->v[SLOT_VERSION] = v_int(old[SLOT_VERSION].u.i + 1);
    stamp(c, r, false);
    return update_row(c, r, old, r->v);
}

/* The changes of a record, and which of its lists of lines have changed. */
static str with_lines(struct ctx *c, const struct record *r, str changes)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++)
        if (r->lines[i].moved) {
            str rest = str_sub(changes, 0, changes.n - 1);
            changes = str_printf(c->mem, STR_FMT "%s\"%lld\":[]}", STR_ARG(rest), rest.n > 1 ? "," : "", (long long)r->m->fields[i].id);
        }
    return changes;
}

bool rec_update(struct ctx *c, struct record *r)
{
    const struct module *m = r->m;
    struct value        *old = NEWV(c->mem, struct value, (size_t)m->nfields);
    uint8_t             *levels = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    bool                 may, changed, any, seen, lines = false;
    if (!load_seen(c, m, r->id, false, ACT_UPDATE, old, levels, &may))
        return false;
    if (!may)
        return err_set(&c->err, ERR_DENIED, "You may not change this record");
    if (r->version && r->version != old[SLOT_VERSION].u.i)
        return stale(c);
    if (!check_written_fields(c, r, levels))
        return false;
    for (int i = 0; i < m->nfields; i++) {
        lines |= r->lines[i].given;
        if (!r->set[i])
            r->v[i] = old[i];
    }
    fit_leave_type(r, old);
    if (!file_settle(c, r, old) || !follow_defaults(c, r, old) || !compute_own(c, m, r->id, r->v, &changed) || !validate(c, r, old))
        return false;
    str changes = change_describe(c, m, old, r->v, &any);
    if (any || changed) {
        r->v[SLOT_VERSION] = v_int(old[SLOT_VERSION].u.i + 1);
        stamp(c, r, false);
        if (!ctx_is_admin(c)) {     /* nobody gives away what they may not have */
            if (!row_rights(c, m, r->id, r->v, ACT_UPDATE, levels, &seen, &may))
                return false;
            if (!may)
                return err_set(&c->err, ERR_DENIED, "You may not change the record in this way");
        }
        if ((is_user_module(m) && !own_address(c, m, r->id, r->v)) || !update_row(c, r, old, r->v) || !note_user(c, m) || !file_note_uses(c, r, old) || !write_links(c, r, false) || !search_write(c, m, r->id, old, r->v) ||
            !compute_mark(c, m, r->id, old, r->v))
            return false;
    }
    r->moved = any || changed;
    bool counted = r->moved;
    if (lines && (!write_lines(c, r) || !check_rules_with_lines(c, r)))
        return false;
    if (r->moved && !counted && !count_lines(c, r, old))
        return false;
    if (r->moved && !change_write(c, m, r->id, r->v[SLOT_VERSION].u.i, "update", with_lines(c, r, changes)))
        return false;
    r->version = r->v[SLOT_VERSION].u.i;
    return true;
}

/* ---- delete and restore ---------------------------------------------------------------------------------------- */

static bool set_deleted(struct ctx *c, const struct module *m, int64_t id, struct value *v, struct value at, const char *op)
{
    struct value *old = NEWV(c->mem, struct value, (size_t)m->nfields);
    memcpy(old, v, (size_t)m->nfields * sizeof *v);
    v[SLOT_VERSION].u.i++;
    v[SLOT_DELETED_AT] = at;
    struct value a[] = { at.type == V_NULL ? V_NONE : v_int(at.u.i), v_int(id), v[SLOT_VERSION], v_int(c->now),
                         c->actor->user ? v_int(c->actor->user) : V_NONE };
    str sql = str_printf(c->mem, "UPDATE " STR_FMT " SET deleted_at = $1, version = $3, updated_at = $4, updated_by = $5 WHERE id = $2", STR_ARG(m->table));
    bool gone = at.type != V_NULL;
    if (!db_exec(c->db, sql, a, 5, NULL, &c->err))
        return unique_problem(c, m);
    return note_user(c, m) && change_write(c, m, id, v[SLOT_VERSION].u.i, op, STR_NONE) && compute_mark(c, m, id, gone ? old : NULL, gone ? NULL : v);
}

static bool delete_tree(struct ctx *c, const struct module *m, int64_t id, struct value *v, int depth);

/* What points at the record: refuse, clear or delete with it, as each relation says. */
static bool release_references(struct ctx *c, const struct module *m, int64_t id, int depth)
{
    for (size_t i = 0; i < m->nlists; i++) {
        const struct field *via = m->lists[i].via;
        struct rows         r;
        struct value        a[] = { v_int(id) };
        str sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE " STR_FMT " = $1 AND deleted_at IS NULL ORDER BY id", STR_ARG(via->module->table), STR_ARG(via->column));
        if (!db_run(c->db, sql, a, 1, c->mem, &r, &c->err))
            return false;
        if (r.nrows && via->on_delete == ON_DELETE_RESTRICT) {
            struct access theirs = access_of(c, via->module);
            if (!access_every_row(&theirs))
                return err_set(&c->err, ERR_CONFLICT, "Other records still refer to this one");
            str name = label_in(&via->module->label, c->err.lang);
            return err_set(&c->err, ERR_CONFLICT, "%zu records of “" STR_FMT "” still refer to this one", r.nrows, STR_ARG(name));
        }
        for (size_t k = 0; k < r.nrows; k++) {
            struct value *v = NEWV(c->mem, struct value, (size_t)via->module->nfields), *old = NEWV(c->mem, struct value, (size_t)via->module->nfields);
            int64_t       rid = CELL(&r, k, 0)->u.i;
            bool          found, any;
            if (!row_load(c, via->module, rid, v, &found))
                return false;
            if (via->on_delete == ON_DELETE_CASCADE) {
                if (!delete_tree(c, via->module, rid, v, depth + 1))
                    return false;
                continue;
            }
            struct record rec = { .m = via->module, .id = rid, .v = v };
            memcpy(old, v, (size_t)via->module->nfields * sizeof *v);
            v[via->slot] = V_NONE;
            v[SLOT_VERSION].u.i++;
            if (!update_row(c, &rec, old, v) ||
                !change_write(c, via->module, rid, v[SLOT_VERSION].u.i, "update", change_describe(c, via->module, old, v, &any)) ||
                !compute_mark(c, via->module, rid, old, v))
                return false;
        }
    }
    return true;
}

static bool delete_tree(struct ctx *c, const struct module *m, int64_t id, struct value *v, int depth)
{
    if (depth > 20)
        return err_set(&c->err, ERR_LIMIT, "Too many levels of records depend on this one");
    return release_references(c, m, id, depth) && set_deleted(c, m, id, v, v_time(c->now), "delete");
}

bool rec_delete(struct ctx *c, const struct module *m, int64_t id, int64_t version)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    uint8_t      *levels = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    bool          may;
    if (!load_seen(c, m, id, false, ACT_DELETE, v, levels, &may))
        return false;
    if (!may)
        return err_set(&c->err, ERR_DENIED, "You may not delete this record");
    if (version && version != v[SLOT_VERSION].u.i)
        return stale(c);
    return delete_tree(c, m, id, v, 0);
}

/* Children that went in the same act come back with it. */
static bool restore_tree(struct ctx *c, const struct module *m, int64_t id, struct value *v, int depth)
{
    struct value at = v[SLOT_DELETED_AT];
    if (depth > 20 || !set_deleted(c, m, id, v, V_NONE, "restore"))
        return false;
    for (size_t i = 0; i < m->nlists; i++) {
        const struct field *via = m->lists[i].via;
        struct rows         r;
        struct value        a[] = { v_int(id), v_int(at.u.i) };
        if (via->on_delete != ON_DELETE_CASCADE)
            continue;
        str sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE " STR_FMT " = $1 AND deleted_at = $2", STR_ARG(via->module->table), STR_ARG(via->column));
        if (!db_run(c->db, sql, a, 2, c->mem, &r, &c->err))
            return false;
        for (size_t k = 0; k < r.nrows; k++) {
            struct value *child = NEWV(c->mem, struct value, (size_t)via->module->nfields);
            bool          found;
            if (!row_load(c, via->module, CELL(&r, k, 0)->u.i, child, &found) ||
                !restore_tree(c, via->module, CELL(&r, k, 0)->u.i, child, depth + 1))
                return false;
        }
    }
    return compute_mark_self(c, m, id);     /* what its formulas read may have changed meanwhile */
}

bool rec_restore(struct ctx *c, const struct module *m, int64_t id)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    uint8_t      *levels = NEWV(c->mem, uint8_t, (size_t)m->nfields);
    bool          may;
    if (!load_seen(c, m, id, true, ACT_DELETE, v, levels, &may))
        return false;
    if (!may)
        return err_set(&c->err, ERR_DENIED, "You may not restore this record");
    return restore_tree(c, m, id, v, 0);
}
