/* catalog_read: modules and fields out of their definitions; names stay names. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "meta/catalog_inner.h"

#include <string.h>

struct label read_label(const struct json *j)
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

bool read_modules(struct loading *l, const struct rows *rows, const struct json **defs)
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
