/* catalog: reading definitions and linking them.  Three passes: make modules and fields, link names to
 * things, compile formulas; then the order in which computed fields depend on each other. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "meta/catalog.h"
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

/* ---- reading definitions -------------------------------------------------------------------------------------- */

struct loading {
    struct catalog *cat;
    struct arena   *mem;
    struct err     *e;
};

static struct label read_label(const struct json *j)
{
    return (struct label){ json_str(j, "en"), json_str(j, "zh-CN") };
}

static void system_field(struct module *m, int slot, const char *name, const char *column, const char *type,
                         const char *en, const char *zh)
{
    struct field *f = &m->fields[slot];
    *f = (struct field){ .name = str_of(name), .column = str_of(column), .label = { str_of(en), str_of(zh) }, .module = m,
                         .type = fieldtype_find(str_of(type)), .slot = slot, .system = true, .readonly = slot != SLOT_OWNER };
    f->vtype = f->type->vtype;
}

static void system_fields(struct module *m)
{
    system_field(m, SLOT_ID, "id", "id", "integer", "ID", "编号");
    system_field(m, SLOT_VERSION, "version", "version", "integer", "Version", "版本");
    system_field(m, SLOT_CREATED_AT, "created_at", "created_at", "datetime", "Created at", "创建时间");
    system_field(m, SLOT_CREATED_BY, "created_by", "created_by", "person", "Created by", "创建人");
    system_field(m, SLOT_UPDATED_AT, "updated_at", "updated_at", "datetime", "Changed at", "修改时间");
    system_field(m, SLOT_UPDATED_BY, "updated_by", "updated_by", "person", "Changed by", "修改人");
    system_field(m, SLOT_OWNER, "owner", "owner", "person", "Owner", "负责人");
    system_field(m, SLOT_DELETED_AT, "deleted_at", "deleted_at", "datetime", "Deleted at", "删除时间");
    system_field(m, SLOT_RECORD_TYPE, "record_type", "record_type", "choice", "Record type", "记录类型");
    m->fields[SLOT_ID].vtype = V_REF;
    m->fields[SLOT_RECORD_TYPE].readonly = false;
    m->fields[SLOT_OWNER].index = m->fields[SLOT_RECORD_TYPE].index = false;
}

static void read_options(struct loading *l, struct field *f, const struct json *a)
{
    if (!a || a->type != JSON_ARRAY)
        return;
    struct option *o = NEWV(l->mem, struct option, a->n);
    f->options = o;
    for (const struct json *j = a->first; j; j = j->next, o++) {
        o->code = json_str(j, "code");
        o->label = read_label(json_get(j, "labels"));
        const struct json *when = json_get(j, "when");
        if (when && when->type == JSON_ARRAY) {
            str *w = NEWV(l->mem, str, when->n);
            o->when = w;
            for (const struct json *c = when->first; c; c = c->next)
                w[o->nwhen++] = c->s;
        }
        f->noptions++;
    }
}

static bool read_pattern(struct loading *l, struct field *f, str text)
{
    int        code;
    PCRE2_SIZE at;
    if (!text.n)
        return true;
    f->pattern_text = text;
    f->pattern = pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    return f->pattern || err_problem(l->e, f->name, "pattern", "The pattern is wrong at character %zu", (size_t)at);
}

static bool read_limits(struct loading *l, struct field *f, const struct json *def)
{
    static const struct { const char *key; } ends[] = { { "min" }, { "max" } };
    for (int i = 0; i < 2; i++) {
        const struct json *j = json_get(def, ends[i].key);
        dec                d;
        int64_t            day;
        if (!j || j->type == JSON_NULL)
            continue;
        if (f->vtype == V_DATE && j->type == JSON_STRING && day_parse(j->s, &day))
            d = dec_of_i64(day);
        else if (!json_dec(j, &d))
            return err_problem(l->e, f->name, "limit", "min and max must be numbers or days");
        *(i ? &f->max : &f->min) = d;
        *(i ? &f->has_max : &f->has_min) = true;
    }
    return true;
}

static enum on_delete read_on_delete(str s)
{
    return str_eqz(s, "clear") ? ON_DELETE_CLEAR : str_eqz(s, "cascade") ? ON_DELETE_CASCADE : ON_DELETE_RESTRICT;
}

/* Pass 1 for a field: all that needs no other field. */
static bool read_field(struct loading *l, struct field *f, int64_t id, const struct json *def)
{
    str     type = json_str(def, "type"), result = json_str(def, "result");
    int64_t n;
    f->id = id;
    f->name = json_str(def, "name");
    f->def = def;
    f->type = fieldtype_find(type);
    if (!f->type)
        return err_problem(l->e, f->name, "type", "There is no kind of field “" STR_FMT "”", STR_ARG(type));
    f->column = str_printf(l->mem, "f%lld", (long long)id);
    f->label = read_label(json_get(def, "labels"));
    f->vtype = f->type->vtype;
    const struct fieldtype *r = result.n ? fieldtype_find(result) : NULL;
    if ((f->type->flags & FT_COMPUTED) && result.n) {
        if (!r || r->vtype == V_LIST || r->vtype == V_NULL)
            return err_problem(l->e, f->name, "result", "A formula cannot have the result “" STR_FMT "”", STR_ARG(result));
        f->vtype = r->vtype;
    }
    bool percent = str_eqz(type, "percent") || str_eqz(result, "percent");
    f->scale = f->vtype == V_DEC ? (r ? r->scale : f->type->scale) : 0;
    if (json_i64(def, "scale", &n)) {
        if (n < 0 || n > 9)
            return err_problem(l->e, f->name, "scale", "scale must be 0 to 9");
        f->scale = f->vtype == V_DEC ? (int)n : 0;
    }
    if (percent)
        f->scale += 2;
    f->required = json_bool(def, "required", false);
    f->unique = json_bool(def, "unique", false);
    f->readonly = json_bool(def, "readonly", false) || (f->type->flags & (FT_COMPUTED | FT_READ));
    f->search = json_bool(def, "search", (f->type->flags & FT_TEXT) != 0) && (f->type->flags & FT_TEXT);
    f->index = json_bool(def, "index", (f->type->flags & FT_ONE) != 0);
    f->follow = json_bool(def, "follow", false);
    f->round = json_bool(def, "round", false);
    f->gap_none = str_eqz(json_str(def, "gap"), "none");
    f->on_delete = read_on_delete(json_str(def, "on_delete"));
    f->related = json_str(def, "related");
    f->max_length = str_eqz(type, "text") ? 255 : str_eqz(type, "long_text") ? 20000 : (f->type->flags & FT_TEXT) ? 500 : 0;
    if (json_i64(def, "max_length", &n) && n > 0)
        f->max_length = (size_t)n;
    str form = json_str(def, "format");
    f->form = textform_find(form.n ? form : type);
    if (form.n && !f->form)
        return err_problem(l->e, f->name, "format", "There is no form of text “" STR_FMT "”", STR_ARG(form));
    if (str_eqz(type, "auto_number"))
        f->number_pattern = json_str(def, "pattern");
    else if (!read_pattern(l, f, json_str(def, "pattern")))
        return false;
    f->pattern_message = read_label(json_get(def, "pattern_message"));
    read_options(l, f, json_get(def, "options"));
    return read_limits(l, f, def);
}

static const char *const part_names[] = { "region", "detail", "postcode" };

/* The parts of an address are fields of their own, with columns f<id>_0 … */
static void add_parts(struct loading *l, struct module *m, struct field *address)
{
    struct module *parts = NEW(l->mem, struct module);
    *parts = (struct module){ .name = address->name, .table = m->table, .parts_of = address };
    address->parts = parts;
    for (int i = 0; i < 3; i++) {
        struct field *f = &m->fields[m->nfields];
        *f = (struct field){ .name = str_of(part_names[i]), .module = m, .slot = m->nfields++, .part_of = address,
                             .type = fieldtype_find(i ? S("text") : S("relation")), .max_length = i == 2 ? 20 : 500,
                             .search = i == 1, .id = 0, .label = address->label,
                             .column = str_printf(l->mem, STR_FMT "_%d", STR_ARG(address->column), i) };
        f->vtype = f->type->vtype;
        f->index = i == 0;
    }
    parts->fields = &m->fields[m->nfields - 3];
    parts->nfields = 3;
}

static bool read_module(struct loading *l, struct module *m, int64_t id, const struct json *def)
{
    m->id = id;
    m->name = json_str(def, "name");
    m->def = def;
    m->table = str_printf(l->mem, "m%lld", (long long)id);
    m->label = read_label(json_get(def, "labels"));
    m->plural = read_label(json_get(def, "plural"));
    m->line = json_bool(def, "line", false);
    m->system = json_bool(def, "system", false);
    m->search = json_bool(def, "search", true);
    system_fields(m);
    m->nfields = SLOT_FIRST;
    return true;
}

/* ---- pass 2: names to things ---------------------------------------------------------------------------------- */

static bool link_target(struct loading *l, struct field *f)
{
    str name = json_str(f->def, "module");
    if (str_eqz(str_of(f->type->name), "person"))
        name = S("user");
    if (str_eqz(str_of(f->type->name), "department"))
        name = S("department");
    f->target = catalog_module(l->cat, name);
    return f->target || err_problem(l->e, f->name, "module", "There is no module “" STR_FMT "”", STR_ARG(name));
}

static bool link_field(struct loading *l, struct field *f)
{
    const struct module *user = catalog_module(l->cat, S("user"));
    if (f->system) {
        if (f->type->flags & FT_ONE)
            f->target = user;
        return true;
    }
    if (f->part_of) {
        if (f->type->flags & FT_ONE)
            f->target = catalog_module(l->cat, S("region"));
        return true;
    }
    if ((f->type->flags & (FT_ONE | FT_MANY | FT_LINES)) && !link_target(l, f))
        return false;
    str on = json_str(f->def, "depends_on");
    if (on.n && !(f->depends_on = module_field(f->module, on)))
        return err_problem(l->e, f->name, "depends_on", "There is no field “" STR_FMT "”", STR_ARG(on));
    return true;
}

/* After every relation has its target. */
static bool link_lines(struct loading *l, struct field *f)
{
    if (!(f->type->flags & FT_LINES))
        return true;
    f->via = module_field(f->target, json_str(f->def, "via"));
    return (f->via && f->via->target == f->module) || err_problem(l->e, f->name, "via", "via must be the line's relation back to this module");
}

static void add_list(struct loading *l, struct module *m, const struct field *via)
{
    struct field *lists = NEWV(l->mem, struct field, m->nlists + 1), *f;
    if (m->nlists)
        memcpy(lists, m->lists, m->nlists * sizeof *lists);
    m->lists = lists;
    f = &lists[m->nlists++];
    *f = (struct field){ .name = via->related.n ? via->related : via->module->name, .module = m, .target = via->module, .via = via,
                         .type = fieldtype_find(S("lines")), .vtype = V_LIST, .slot = -1 };
    f->label = read_label(json_get(via->def, "related_labels"));
    if (!f->label.en.n && !f->label.zh.n)
        f->label = via->module->plural.en.n ? via->module->plural : via->module->label;
}

static void link_lists(struct loading *l)
{
    for (size_t i = 0; i < l->cat->nmodules; i++)
        for (int k = SLOT_FIRST; k < l->cat->modules[i].nfields; k++) {
            struct field *f = &l->cat->modules[i].fields[k];
            if ((f->type->flags & FT_ONE) && !f->part_of && f->target)
                add_list(l, (struct module *)f->target, f);
        }
}

static const struct field *module_field_in(const struct module *parts, str name)
{
    for (int i = 0; i < parts->nfields; i++)
        if (str_eq(parts->fields[i].name, name))
            return &parts->fields[i];
    return NULL;
}

/* ---- pass 3: formulas ----------------------------------------------------------------------------------------- */

static bool compile(struct loading *l, const struct module *m, str owner, const char *what, str text, const struct expr **out)
{
    struct meta_scope s;
    struct err        e;
    if (!text.n)
        return true;
    meta_scope_init(&s, l->cat, m);
    err_init(&e, l->e->mem, l->e->lang);
    if (expr_compile(text, &s.s, l->mem, out, &e))
        return true;
    return err_problem(l->e, owner, what, STR_FMT ": " STR_FMT, STR_ARG(text), STR_ARG(e.message));
}

static bool id_of(const struct json *j, struct value *out)
{
    int64_t id;
    bool    ok = (j->type == JSON_NUMBER && str_to_i64(j->s, &id)) || json_i64(j, "id", &id);
    *out = ok ? v_ref(id) : V_NONE;
    return ok;
}

/* Of an address, and of several relations. */
static bool read_default_parts(struct loading *l, struct field *f, const struct json *d)
{
    bool ok = d->type == (f->parts ? JSON_OBJECT : JSON_ARRAY);
    if (!f->parts && ok) {
        struct value *v = NEWV(l->mem, struct value, d->n + 1);
        size_t        n = 0;
        for (const struct json *j = d->first; j && ok; j = j->next)
            ok = id_of(j, &v[n++]);
        f->otherwise = n ? (struct value){ V_LIST, { .l = { v, n } } } : V_NONE;
    }
    for (const struct json *j = f->parts && ok ? d->first : NULL; j && ok; j = j->next) {
        struct field *part = (struct field *)module_field_in(f->parts, j->key);
        ok = part && (j->type == JSON_NULL || (part->target ? id_of(j, &part->otherwise) : j->type == JSON_STRING));
        if (ok && !part->target && j->type == JSON_STRING)
            part->otherwise = v_text(j->s);
    }
    return ok || err_problem(l->e, f->name, "default", "The default must be given as the value itself is, records by their ids");
}

static bool read_default(struct loading *l, struct field *f)
{
    const struct json *d = json_get(f->def, "default");
    if (!d || d->type == JSON_NULL)
        return true;
    struct err e;
    int64_t    id;
    err_init(&e, l->e->mem, l->e->lang);
    if (d->type == JSON_STRING && str_starts(d->s, S("=")))
        return compile(l, f->module, f->name, "default", d->s, &f->default_expr) &&
               (f->vtype == V_LIST || expr_must_be(f->default_expr, f->vtype, &e) ||
                err_problem(l->e, f->name, "default", "The default is wrong: " STR_FMT, STR_ARG(e.message)));
    if (f->parts || (f->type->flags & FT_MANY))
        return read_default_parts(l, f, d);
    if (f->type->flags & FT_ONE) {      /* that it exists is asked when it is used: records go, definitions stay */
        if ((d->type == JSON_NUMBER && str_to_i64(d->s, &id)) || json_i64(d, "id", &id))
            return f->otherwise = v_ref(id), true;
        return err_problem(l->e, f->name, "default", "The default of a relation is the id of a record or a formula such as =ME()");
    }
    if (!f->type->read)
        return err_problem(l->e, f->name, "default", "A field of the kind “%s” has no default", f->type->name);
    if (f->type->read && f->type->read(f, d, l->mem, &f->otherwise, &e) && field_check(f, &f->otherwise, &e))
        return true;
    return err_problem(l->e, f->name, "default", "The default is wrong: " STR_FMT, STR_ARG(e.message));
}

/* A lookup has the type of what it reads; that may be a lookup itself, so it is asked for when needed. */
static bool compile_lookup(struct loading *l, struct field *f, int depth)
{
    str path = json_str(f->def, "path");
    if (f->lookup || !path.n)
        return f->lookup || err_problem(l->e, f->name, "path", "A lookup needs a path such as partner.region");
    if (depth > 8)
        return err_problem(l->e, f->name, "path", "Lookups go round in a circle");
    if (!compile(l, f->module, f->name, "path", path, &f->lookup))
        return false;
    int slot;
    if (!expr_is_path(f->lookup, &slot))
        return err_problem(l->e, f->name, "path", "A lookup needs a path such as partner.region");
    const struct expr_name *last = PATH_LAST(&f->lookup->paths[slot]);
    struct field           *read = (struct field *)last->field;
    if ((read->type->flags & FT_READ) && !compile_lookup(l, read, depth + 1))
        return false;
    f->vtype = read->vtype;
    f->scale = read->scale;
    f->target = read->target;
    f->options = read->options;
    f->noptions = read->noptions;
    if (f->vtype == V_LIST && !(read->type->flags & FT_OPTIONS))
        return err_problem(l->e, f->name, "path", "A lookup reads one value, not a list");
    return true;
}

static bool compile_field(struct loading *l, struct field *f)
{
    str text = json_str(f->def, "formula");
    if (f->system || f->part_of)
        return true;
    if ((f->type->flags & FT_COMPUTED)) {
        if (!text.n)
            return err_problem(l->e, f->name, "formula", "A formula is needed");
        if (!compile(l, f->module, f->name, "formula", text, &f->formula))
            return false;
        if (f->vtype == V_NULL) {
            f->vtype = f->formula->type == V_NULL ? V_TEXT : f->formula->type == V_INT && !expr_is_count(f->formula) ? V_DEC : f->formula->type;
            int64_t given;
            if (f->vtype == V_DEC && json_i64(f->def, "scale", &given))
                f->scale = (int)given;
            else if (f->vtype == V_DEC)
                f->scale = f->formula->scale >= 0 && f->formula->scale <= 9 ? f->formula->scale : f->type->scale;
        }
        struct err e;
        err_init(&e, l->e->mem, l->e->lang);
        if (f->vtype != V_TEXT && f->vtype != V_BOOL && f->vtype != V_LIST && !expr_must_be(f->formula, f->vtype, &e))
            return err_problem(l->e, f->name, "result", STR_FMT, STR_ARG(e.message));
        if (f->formula->uses_me || f->formula->uses_now)
            return err_problem(l->e, f->name, "formula", "A stored formula cannot use ME(), TODAY() or NOW(): its value would move by itself");
    }
    if (f->target && !(f->type->flags & (FT_READ | FT_LINES)) && !compile(l, f->target, f->name, "where", json_str(f->def, "where"), &f->where))
        return false;
    return compile(l, f->module, f->name, "required_when", json_str(f->def, "required_when"), &f->required_when) &&
           compile(l, f->module, f->name, "visible_when", json_str(f->def, "visible_when"), &f->visible_when) && read_default(l, f);
}

static bool compile_rules(struct loading *l, struct module *m)
{
    const struct json *rules = json_get(m->def, "rules");
    if (!rules || rules->type != JSON_ARRAY)
        return true;
    m->rules = NEWV(l->mem, struct rule, rules->n);
    for (const struct json *j = rules->first; j; j = j->next) {
        struct rule *r = &m->rules[m->nrules++];
        r->message = read_label(json_get(j, json_get(j, "message") ? "message" : "labels"));
        r->at = module_field(m, json_str(j, "field"));
        if (!compile(l, m, json_str(j, "name"), "when", json_str(j, "when"), &r->when) || !r->when)
            return r->when || err_problem(l->e, json_str(j, "name"), "when", "A rule needs a formula");
    }
    return true;
}

static bool name_list(struct loading *l, const struct module *m, const struct json *a, const struct field *const **out, size_t *n)
{
    if (!a || a->type != JSON_ARRAY)
        return true;
    const struct field **f = NEWV(l->mem, const struct field *, a->n);
    *out = f;
    for (const struct json *j = a->first; j; j = j->next)
        if (!(f[(*n)++] = module_field(m, j->s)))
            return err_problem(l->e, m->name, "record_types", "There is no field “" STR_FMT "”", STR_ARG(j->s));
    return true;
}

static bool read_types(struct loading *l, struct module *m)
{
    const struct json *a = json_get(m->def, "record_types");
    if (!a || a->type != JSON_ARRAY || !a->n)
        return true;
    struct option *o = NEWV(l->mem, struct option, a->n);
    m->types = NEWV(l->mem, struct record_type, a->n);
    for (const struct json *j = a->first; j; j = j->next) {
        struct record_type *t = &m->types[m->ntypes];
        *t = (struct record_type){ .code = json_str(j, "code"), .label = read_label(json_get(j, "labels")), .options = json_get(j, "options") };
        o[m->ntypes++] = (struct option){ t->code, t->label, NULL, 0 };
        if (!name_list(l, m, json_get(j, "fields"), &t->fields, &t->nfields) ||
            !name_list(l, m, json_get(j, "required"), &t->required, &t->nrequired))
            return false;
        for (size_t i = 0; i < t->nfields; i++)
            ((struct field *)t->fields[i])->typed = true;
    }
    m->fields[SLOT_RECORD_TYPE].options = o;
    m->fields[SLOT_RECORD_TYPE].noptions = m->ntypes;
    return true;
}

bool type_has(const struct record_type *t, const struct field *f)
{
    for (size_t i = 0; f->typed && t && i < t->nfields; i++)
        if (t->fields[i] == f)
            return true;
    return !f->typed;
}

/* Computed fields of a module in the order that each comes after those of the same record that it reads. */
static bool order_computed(struct loading *l, struct module *m)
{
    const struct field **done = NEWV(l->mem, const struct field *, (size_t)m->nfields);
    size_t               n = 0, total = 0;
    uint8_t             *placed = NEWV(l->mem, uint8_t, (size_t)m->nfields);
    for (int i = 0; i < m->nfields; i++)
        total += (m->fields[i].type->flags & FT_COMPUTED) != 0;
    for (bool moved = true; moved && n < total;) {
        moved = false;
        for (int i = 0; i < m->nfields; i++) {
            const struct field *f = &m->fields[i];
            if (!(f->type->flags & FT_COMPUTED) || placed[i])
                continue;
            bool ready = true;
            for (int k = 0; k < f->formula->npaths && ready; k++) {
                const struct field *r = f->formula->paths[k].step[0].field;
                ready = r->module != m || r->slot < 0 || !(r->type->flags & FT_COMPUTED) || placed[r->slot];
            }
            if (ready) {
                done[n++] = f;
                placed[i] = 1;
                moved = true;
            }
        }
    }
    m->computed = done;
    m->ncomputed = n;
    if (n == total)
        return true;
    for (int i = 0; i < m->nfields; i++)
        if ((m->fields[i].type->flags & FT_COMPUTED) && !placed[i])
            return err_problem(l->e, m->fields[i].name, "formula", "This formula depends on itself");
    return true;
}

static void link_searched(struct loading *l, struct module *m)
{
    const struct field **f = NEWV(l->mem, const struct field *, (size_t)m->nfields);
    for (int i = 0; i < m->nfields && m->search; i++)
        if (m->fields[i].search)
            f[m->nsearched++] = &m->fields[i];
    m->searched = f;
}

/* ---- what depends on what ------------------------------------------------------------------------------------- */

static void add_dependent(struct loading *l, const struct field *computed, const struct field *watch, const struct expr_list *list,
                          const struct path *path, int step)
{
    struct module *m = (struct module *)watch->module;
    if (m->ndependents % 16 == 0) {
        struct dependent *d = NEWV(l->mem, struct dependent, m->ndependents + 16);
        if (m->ndependents)
            memcpy(d, m->dependents, m->ndependents * sizeof *d);
        m->dependents = d;
    }
    m->dependents[m->ndependents++] = (struct dependent){ computed, watch, list, path ? *path : (struct path){ 0 }, step };
}

/* A path without lookups: each is replaced by what it reads. */
static struct path expanded(const struct path *p)
{
    struct path out = { 0 };
    for (int i = 0; i < p->nsteps && out.nsteps < PATH_MAX_STEPS; i++) {
        const struct field *f = p->step[i].field;
        int                 slot;
        if ((f->type->flags & FT_READ) && f->lookup && expr_is_path(f->lookup, &slot)) {
            struct path in = expanded(&f->lookup->paths[slot]);
            for (int k = 0; k < in.nsteps && out.nsteps < PATH_MAX_STEPS; k++) {
                out.of[out.nsteps] = in.of[k];
                out.step[out.nsteps++] = in.step[k];
            }
            continue;
        }
        out.of[out.nsteps] = p->of[i];
        out.step[out.nsteps++] = p->step[i];
    }
    return out;
}

static void watch_path(struct loading *l, const struct field *computed, const struct path *raw, const struct expr_list *list)
{
    struct path p = expanded(raw);
    for (int i = list ? 0 : 1; i < p.nsteps; i++) {
        const struct field *f = p.step[i].field;
        const struct field *before = i ? p.step[i - 1].field : NULL;
        if (f->slot < 0 || (before && before->parts && !list && i == 1))   /* part of an own address: computed with the record */
            continue;
        add_dependent(l, computed, f, list, &p, i);
    }
}

static void link_dependents(struct loading *l)
{
    for (size_t i = 0; i < l->cat->nmodules; i++)
        for (size_t k = 0; k < l->cat->modules[i].ncomputed; k++) {
            const struct field *f = l->cat->modules[i].computed[k];
            const struct expr  *x = f->formula;
            for (int n = 0; n < x->npaths; n++)
                watch_path(l, f, &x->paths[n], NULL);
            for (int n = 0; n < x->nlists; n++) {
                const struct expr_list *list = &x->lists[n];
                const struct field     *last = PATH_LAST(&list->path)->field;
                struct path              way = list->path;
                if (last->via)
                    add_dependent(l, f, last->via, list, NULL, 0);
                else {      /* the links, and the coming and going of what they lead to */
                    add_dependent(l, f, last, NULL, &list->path, list->path.nsteps - 1);
                    add_dependent(l, f, &last->target->fields[SLOT_DELETED_AT], list, NULL, 0);
                }
                way.nsteps--;
                watch_path(l, f, &way, NULL);       /* relations on the way to the list */
                for (int r = 0; r < list->npaths; r++)
                    watch_path(l, f, &list->paths[r], list);
            }
        }
}

static void make_insert(struct loading *l, struct module *m)
{
    struct buf b, v;
    int        n = 0;
    buf_init(&b, l->mem);
    buf_init(&v, l->mem);
    buf_printf(&b, "INSERT INTO " STR_FMT "(", STR_ARG(m->table));
    for (int i = SLOT_VERSION; i < m->nfields; i++) {
        if (!(m->fields[i].type->flags & FT_COLUMN))
            continue;
        buf_printf(&b, "%s" STR_FMT, n ? ", " : "", STR_ARG(m->fields[i].column));
        buf_printf(&v, "%s$%d", n ? ", " : "", n + 1);
        n++;
    }
    buf_printf(&b, ") VALUES(" STR_FMT ") RETURNING id", STR_ARG(buf_str(&v)));
    m->insert_sql = buf_str(&b);
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

static bool is_kind(const struct rows *rows, size_t i, const char *kind) { return str_eqz(CELL(rows, i, 1)->u.s, kind); }

static bool read_modules(struct loading *l, const struct rows *rows, const struct json **defs)
{
    struct catalog *cat = l->cat;
    cat->modules = NEWV(l->mem, struct module, rows->nrows + 1);
    for (size_t i = 0; i < rows->nrows; i++) {
        if (!is_kind(rows, i, "module"))
            continue;
        struct module *m = &cat->modules[cat->nmodules++];
        int64_t        id = CELL(rows, i, 0)->u.i;
        size_t         n = SLOT_FIRST;
        for (size_t k = 0; k < rows->nrows; k++)
            n += CELL(rows, k, 2)->u.i == id && is_kind(rows, k, "field") ? 4 : 0;      /* an address has three parts */
        m->fields = NEWV(l->mem, struct field, n);
        if (!read_module(l, m, id, defs[i]))
            return false;
        for (size_t k = 0; k < rows->nrows; k++) {
            if (CELL(rows, k, 2)->u.i != id || !is_kind(rows, k, "field"))
                continue;
            struct field *f = &m->fields[m->nfields];
            f->module = m;
            f->slot = m->nfields++;
            if (!read_field(l, f, CELL(rows, k, 0)->u.i, defs[k]))
                return false;
            if (str_eqz(str_of(f->type->name), "address"))
                add_parts(l, m, f);
        }
        m->title = module_field(m, json_str(m->def, "title"));
        if (!m->title)
            m->title = m->nfields > SLOT_FIRST ? &m->fields[SLOT_FIRST] : &m->fields[SLOT_ID];
    }
    return true;
}

static bool link_all(struct loading *l)
{
    struct catalog *cat = l->cat;
#define EACH_FIELD(call)                                                \
    for (size_t i = 0; i < cat->nmodules; i++)                          \
        for (int k = 0; k < cat->modules[i].nfields; k++) {             \
            struct field *f = &cat->modules[i].fields[k];               \
            if (!(call))                                                \
                return false;                                           \
        }
    EACH_FIELD(link_field(l, f))
    EACH_FIELD(link_lines(l, f))
    link_lists(l);
    EACH_FIELD(!(f->type->flags & FT_READ) || compile_lookup(l, f, 0))
    /* Types of formulas without a stated result follow from other formulas: those that read none first. */
    EACH_FIELD(compile_field(l, f))
#undef EACH_FIELD
    for (size_t i = 0; i < cat->nmodules; i++) {
        struct module *m = &cat->modules[i];
        if (!read_types(l, m) || !compile_rules(l, m) || !order_computed(l, m))
            return false;
        link_searched(l, m);
        make_insert(l, m);
    }
    link_dependents(l);
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
