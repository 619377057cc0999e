/* catalog: finding things in a snapshot, roles, and making the whole of it; see catalog_inner.h for the passes. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "meta/catalog_inner.h"
#include "meta/calendars.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

str label_in(const struct label *l, enum lang lang)
{
    str first = lang == LANG_ZH ? l->zh : l->en, second = lang == LANG_ZH ? l->en : l->zh;
    return first.n ? first : second;
}

const struct module *catalog_module(const struct catalog *c, str name)
{
    for (size_t i = 0; i < c->nmodules; i++)
        if (str_eq(c->modules[i].name, name))
            return &c->modules[i];
    return NULL;
}

const struct module *catalog_module_id(const struct catalog *c, int64_t id)
{
    for (size_t i = 0; i < c->nmodules; i++)
        if (c->modules[i].id == id)
            return &c->modules[i];
    return NULL;
}

const struct field *module_field(const struct module *m, str name)
{
    for (int i = 0; i < m->nfields; i++)
        if (!m->fields[i].part_of && str_eq(m->fields[i].name, name))
            return &m->fields[i];
    return NULL;
}

const struct role *catalog_role(const struct catalog *c, str name)
{
    for (size_t i = 0; i < c->nroles; i++)
        if (str_eq(c->roles[i].name, name))
            return &c->roles[i];
    return NULL;
}

size_t module_index(const struct catalog *c, const struct module *m)
{
    CHECK(m >= c->modules && m < c->modules + c->nmodules);
    return (size_t)(m - c->modules);
}

/* ---- names in formulas ---------------------------------------------------------------------------------------- */

static const struct field *named(const struct module *m, str name)
{
    for (int i = 0; i < m->nfields; i++)
        if ((m->parts_of != NULL || !m->fields[i].part_of) && str_eq(m->fields[i].name, name))
            return &m->fields[i];
    for (size_t i = 0; i < m->nlists; i++)
        if (str_eq(m->lists[i].name, name))
            return &m->lists[i];
    return NULL;
}

static bool scope_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    const struct meta_scope *ms = (const struct meta_scope *)s;
    const struct module     *m = of;
    const struct field      *f = named(m, name);
    if (!f || (ms->may && !ms->may(ms->arg, m, f)))
        return false;
    const void *target = f->parts ? (const void *)f->parts : f->target;
    *out = (struct expr_name){ .field = f, .target = target, .type = f->vtype, .scale = f->scale,
                               .list = (f->type->flags & (FT_LINES | FT_MANY)) != 0 };
    return true;
}

static str scope_print(const struct scope *s, const void *of, const void *field)
{
    const struct meta_scope *ms = (const struct meta_scope *)s;
    const struct field      *f = field;
    (void)of;
    bool list = ms->renamed_lists && f->slot < 0 && f->via && f->via->module == ms->renamed_lists && !f->via->related.n;
    return list || ms->renamed == f ? ms->new_name : f->name;
}

void meta_scope_init(struct meta_scope *ms, const struct catalog *cat, const struct module *root)
{
    *ms = (struct meta_scope){ .s = { .root = root, .name = scope_name, .print = scope_print }, .cat = cat };
}

/* ---- roles ---------------------------------------------------------------------------------------------------- */

static bool read_right(struct loading *l, const struct module *m, str role, const struct json *j, struct right *out)
{
    if (!j || j->type == JSON_NULL || (j->type == JSON_BOOL && !j->b))
        return true;
    if (j->type == JSON_BOOL)
        return out->all = true;
    if (j->type != JSON_STRING)
        return err_problem(l->e, role, "right", "A right is true, false or a formula");
    return compile(l, m, role, "right", j->s, &out->when);
}

static uint8_t read_level(const struct json *j) { return str_eqz(j->s, "write") ? FIELD_WRITE : str_eqz(j->s, "read") ? FIELD_READ : FIELD_NONE; }

static bool read_role_module(struct loading *l, struct role *r, const struct module *m, const struct json *def, struct role_module *out)
{
    uint8_t *f = NEWV(l->mem, uint8_t, (size_t)m->nfields);
    out->module = m;
    out->fields = f;
    memset(f, r->admin || def ? FIELD_WRITE : FIELD_NONE, (size_t)m->nfields);
    if (r->admin) {
        out->read.all = out->create.all = out->update.all = out->del.all = true;
        return true;
    }
    if (!def)
        return true;
    const struct json *fields = json_get(def, "fields"), *rest = fields ? json_get(fields, "*") : NULL;
    if (rest)       /* all that are not named, wherever it stands */
        memset(f + SLOT_FIRST, read_level(rest), (size_t)(m->nfields - SLOT_FIRST));
    for (const struct json *j = fields ? fields->first : NULL; j; j = j->next) {
        const struct field *at = module_field(m, j->key);
        if (at)
            f[at->slot] = read_level(j);
        else if (j != rest)
            return err_problem(l->e, r->name, "field", "There is no field “" STR_FMT "”", STR_ARG(j->key));
    }
    for (int i = 0; i < m->nfields; i++)
        if (m->fields[i].part_of)
            f[i] = f[m->fields[i].part_of->slot];
    return read_right(l, m, r->name, json_get(def, "read"), &out->read) &&
           read_right(l, m, r->name, json_get(def, "create"), &out->create) &&
           read_right(l, m, r->name, json_get(def, "update"), &out->update) &&
           read_right(l, m, r->name, json_get(def, "delete"), &out->del);
}

static bool read_role(struct loading *l, struct role *r, int64_t id, const struct json *def)
{
    r->id = id;
    r->name = json_str(def, "name");
    r->label = read_label(json_get(def, "labels"));
    r->admin = json_bool(def, "admin", false);
    r->def = def;
    r->nmodules = l->cat->nmodules;
    r->modules = NEWV(l->mem, struct role_module, r->nmodules);
    const struct json *modules = json_get(def, "modules");
    for (const struct json *j = modules ? modules->first : NULL; j; j = j->next)
        if (!str_eqz(j->key, "*") && !catalog_module(l->cat, j->key))
            return err_problem(l->e, r->name, "module", "There is no module “" STR_FMT "”", STR_ARG(j->key));
    for (size_t i = 0; i < r->nmodules; i++) {
        const struct module *m = &l->cat->modules[i];
        const struct json   *d = modules ? json_get_str(modules, m->name) : NULL;
        if (!d && modules)
            d = json_get(modules, "*");
        if (!read_role_module(l, r, m, d, &r->modules[i]))
            return false;
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

static bool parse_defs(struct loading *l, const struct rows *rows, const struct json **defs)
{
    for (size_t i = 0; i < rows->nrows; i++) {
        struct json *j;
        if (!json_parse(l->mem, CELL(rows, i, 4)->u.s, &j, l->e))
            return err_detail(l->e, "definition %lld", (long long)CELL(rows, i, 0)->u.i);
        defs[i] = j;
    }
    return true;
}

/* A user's roles are chosen among the roles there are. */
static void offer_roles(struct loading *l)
{
    const struct module *user = catalog_module(l->cat, S("user"));
    struct field        *f = user ? (struct field *)module_field(user, S("roles")) : NULL;
    struct option       *o = NEWV(l->mem, struct option, l->cat->nroles + 1);
    if (!f || !l->cat->nroles)
        return;
    for (size_t i = 0; i < l->cat->nroles; i++)
        o[i] = (struct option){ l->cat->roles[i].name, l->cat->roles[i].label, NULL, 0 };
    f->options = o;
    f->noptions = l->cat->nroles;
}

static bool read_rest(struct loading *l, const struct rows *rows, const struct json **defs)
{
    struct catalog *cat = l->cat;
    cat->roles = NEWV(l->mem, struct role, rows->nrows + 1);
    cat->items = NEWV(l->mem, struct item, rows->nrows + 1);
    cat->calendars = NEWV(l->mem, struct named_calendar, rows->nrows + 1);
    cat->zone_name = S("Asia/Shanghai");
    cat->currency = S("CNY");
    cat->locale = S("zh-CN");
    cat->fiscal.start_month = 1;
    cat->calendar = calendar_plain;
    for (size_t i = 0; i < rows->nrows; i++) {
        if (is_kind(rows, i, "module") || is_kind(rows, i, "field"))
            continue;
        if (is_kind(rows, i, "role")) {
            if (!read_role(l, &cat->roles[cat->nroles++], CELL(rows, i, 0)->u.i, defs[i]))
                return false;
            continue;
        }
        if (is_kind(rows, i, "calendar")) {
            struct named_calendar *one = &cat->calendars[cat->ncalendars++];
            if (!calendar_define(CELL(rows, i, 3)->u.s, defs[i], l->mem, one, l->e))
                return false;
            if (json_bool(defs[i], "default", false))
                cat->calendar = one->calendar;
        }
        struct item *it = &cat->items[cat->nitems++];
        *it = (struct item){ CELL(rows, i, 0)->u.i, CELL(rows, i, 1)->u.s, CELL(rows, i, 3)->u.s,
                             catalog_module(cat, json_str(defs[i], "module")), defs[i] };
        if (is_kind(rows, i, "setting") && str_eqz(it->name, "workspace")) {
            int64_t month;
            cat->workspace = json_str(defs[i], "name");
            if (json_str(defs[i], "zone").n)
                cat->zone_name = json_str(defs[i], "zone");
            if (json_str(defs[i], "currency").n)
                cat->currency = json_str(defs[i], "currency");
            if (json_str(defs[i], "locale").n)
                cat->locale = json_str(defs[i], "locale");
            if (json_i64(defs[i], "fiscal_start", &month) && month >= 1 && month <= 12)
                cat->fiscal.start_month = (int)month;
        }
    }
    offer_roles(l);
    cat->zone = zone_find(cat->zone_name);
    return cat->zone || err_problem(l->e, S("zone"), "zone", "There is no time zone “" STR_FMT "”", STR_ARG(cat->zone_name));
}

bool catalog_load(struct db *db, int64_t version, struct catalog **out, struct err *e)
{
    struct arena   *mem = arena_new((size_t)256 << 20);
    struct catalog *cat = NEW(mem, struct catalog);
    struct loading  l = { cat, mem, e };
    struct rows     rows;
    cat->mem = mem;
    cat->memo = memo_new();
    cat->version = version;
    bool ok = db_run(db, S("SELECT id, kind, parent, name, def FROM q_config ORDER BY position, id"), NULL, 0, mem, &rows, e);
    if (ok) {
        const struct json **defs = NEWV(mem, const struct json *, rows.nrows + 1);
        ok = parse_defs(&l, &rows, defs) && read_modules(&l, &rows, defs) && link_all(&l) && read_rest(&l, &rows, defs);
    }
    if (!ok) {
        catalog_free(cat);
        return false;
    }
    *out = cat;
    return true;
}

void catalog_free(struct catalog *cat)
{
    for (size_t i = 0; i < cat->nmodules; i++)
        for (int k = 0; k < cat->modules[i].nfields; k++)
            if (cat->modules[i].fields[k].pattern)
                pcre2_code_free(cat->modules[i].fields[k].pattern);
    memo_free(cat->memo);
    arena_free(cat->mem);
}
