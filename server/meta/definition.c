/* definition: see definition.h.  One table says which members there are and of what kind. */
#include "meta/definition.h"
#include "base/text.h"
#include "meta/design.h"

#include <string.h>

enum kind { K_ANY, K_TEXT, K_BOOL, K_WHOLE, K_LABELS, K_LIST, K_OBJECT, K_LIMIT };
struct member { const char *name; enum kind kind; const char *types; };     /* types: of fields that have it; NULL: all */

static const struct member field_members[] = {
    { "id", K_ANY, NULL }, { "module_id", K_ANY, NULL }, { "name", K_TEXT, NULL }, { "type", K_TEXT, NULL }, { "labels", K_LABELS, NULL },
    { "help", K_LABELS, NULL }, { "group", K_LABELS, NULL }, { "required", K_BOOL, NULL }, { "unique", K_BOOL, NULL }, { "default", K_ANY, NULL },
    { "search", K_BOOL, NULL }, { "index", K_BOOL, NULL }, { "readonly", K_BOOL, NULL }, { "follow", K_BOOL, NULL },
    { "visible_when", K_TEXT, NULL }, { "required_when", K_TEXT, NULL },
    { "max_length", K_WHOLE, " text long_text email phone url " }, { "pattern", K_TEXT, " text long_text email phone url auto_number " },
    { "pattern_message", K_LABELS, " text long_text email phone url " }, { "format", K_TEXT, " text " },
    { "min", K_LIMIT, " integer decimal money percent date datetime " }, { "max", K_LIMIT, " integer decimal money percent date datetime " },
    { "scale", K_WHOLE, " decimal money percent formula rollup lookup " }, { "round", K_BOOL, " decimal money percent " },
    { "currency", K_TEXT, " money formula rollup " }, { "currency_field", K_TEXT, " money formula rollup " },
    { "options", K_LIST, " choice choices " }, { "depends_on", K_TEXT, " choice choices " }, { "stage", K_BOOL, " choice " },
    { "module", K_TEXT, " relation relations lines person department lookup formula " },
    { "related", K_TEXT, " relation relations person department " }, { "related_labels", K_LABELS, " relation relations person department " },
    { "on_delete", K_TEXT, " relation person department " }, { "where", K_TEXT, " relation relations person department " },
    { "via", K_TEXT, " lines " }, { "gap", K_TEXT, " auto_number " }, { "formula", K_TEXT, " formula rollup " },
    { "result", K_TEXT, " formula rollup lookup " }, { "path", K_TEXT, " lookup " }, { "multiple", K_BOOL, " file " }, { 0 },
};
static const struct member module_members[] = {
    { "name", K_TEXT, NULL }, { "labels", K_LABELS, NULL }, { "plural", K_LABELS, NULL }, { "help", K_LABELS, NULL }, { "icon", K_TEXT, NULL },
    { "group", K_TEXT, NULL }, { "title", K_TEXT, NULL }, { "subtitle", K_TEXT, NULL }, { "search", K_BOOL, NULL }, { "line", K_BOOL, NULL },
    { "order", K_WHOLE, NULL }, { "fields", K_LIST, NULL }, { "record_types", K_LIST, NULL }, { "rules", K_LIST, NULL }, { 0 },
};
static const struct member option_members[] = {
    { "code", K_TEXT, NULL }, { "labels", K_LABELS, NULL }, { "color", K_TEXT, NULL }, { "when", K_LIST, NULL }, { 0 },
};
static const struct member type_members[] = {
    { "code", K_TEXT, NULL }, { "labels", K_LABELS, NULL }, { "fields", K_LIST, NULL }, { "required", K_LIST, NULL }, { "options", K_OBJECT, NULL }, { 0 },
};
static const struct member rule_members[] = {
    { "name", K_TEXT, NULL }, { "when", K_TEXT, NULL }, { "labels", K_LABELS, NULL }, { "message", K_LABELS, NULL }, { "field", K_TEXT, NULL }, { 0 },
};
static const struct member role_members[] = {
    { "id", K_ANY, NULL }, { "owner", K_ANY, NULL }, { "name", K_TEXT, NULL }, { "labels", K_LABELS, NULL }, { "help", K_LABELS, NULL },
    { "admin", K_BOOL, NULL }, { "modules", K_OBJECT, NULL }, { 0 },
};
static const struct member right_members[] = {
    { "read", K_ANY, NULL }, { "create", K_ANY, NULL }, { "update", K_ANY, NULL }, { "delete", K_ANY, NULL }, { "fields", K_OBJECT, NULL }, { 0 },
};

static bool labels(const struct json *j)
{
    for (const struct json *l = j->first; l; l = l->next)
        if ((!str_eqz(l->key, "en") && !str_eqz(l->key, "zh-CN")) || l->type != JSON_STRING)
            return false;
    return j->type == JSON_OBJECT;
}

static bool of_kind(enum kind k, const struct json *j)
{
    int64_t n;
    switch (k) {
    case K_TEXT:   return j->type == JSON_STRING;
    case K_BOOL:   return j->type == JSON_BOOL;
    case K_WHOLE:  return j->type == JSON_NUMBER && str_to_i64(j->s, &n);
    case K_LABELS: return labels(j);
    case K_LIST:   return j->type == JSON_ARRAY;
    case K_OBJECT: return j->type == JSON_OBJECT;
    case K_LIMIT:  return j->type == JSON_NUMBER || j->type == JSON_STRING;
    default:       return true;
    }
}

/* at: whose member it is, "" for the thing itself. */
static bool kind_problem(struct err *e, str at, enum kind k, const struct json *j)
{
    str         field = at.n ? at : j->key;
    const char *code = str_z(e->mem, j->key);
    switch (k) {
    case K_TEXT:   return err_problem(e, field, code, "“" STR_FMT "” must be text", STR_ARG(j->key));
    case K_BOOL:   return err_problem(e, field, code, "“" STR_FMT "” must be true or false", STR_ARG(j->key));
    case K_WHOLE:  return err_problem(e, field, code, "“" STR_FMT "” must be a whole number", STR_ARG(j->key));
    case K_LABELS: return err_problem(e, field, code, "“" STR_FMT "” must be an object of texts: {\"en\":…,\"zh-CN\":…}", STR_ARG(j->key));
    case K_LIST:   return err_problem(e, field, code, "“" STR_FMT "” must be a list", STR_ARG(j->key));
    case K_OBJECT: return err_problem(e, field, code, "“" STR_FMT "” must be an object", STR_ARG(j->key));
    default:       return err_problem(e, field, code, "“" STR_FMT "” must be a number or a day", STR_ARG(j->key));
    }
}

/* type: of a field, or NULL. */
static void members(const struct json *o, const struct member *table, const char *type, str at, struct err *e)
{
    for (const struct json *j = o->first; j; j = j->next) {
        const struct member *m = table;
        while (m->name && !str_eqz(j->key, m->name))
            m++;
        if (!m->name || (type && m->types && !strstr(m->types, str_z(e->mem, str_printf(e->mem, " %s ", type)))))
            err_problem(e, at.n ? at : j->key, "unknown", "“" STR_FMT "” is nothing that can be said here", STR_ARG(j->key));
        else if (j->type != JSON_NULL && !of_kind(m->kind, j))
            kind_problem(e, at, m->kind, j);
    }
}

static bool one_of(const struct json *j, const char *words) /* " a b " */
{
    str rest = str_of(words), word;
    while (j && j->type == JSON_STRING && str_cut(&rest, ' ', &word))
        if (word.n && str_eq(word, j->s))
            return true;
    return !j || j->type != JSON_STRING;
}

static void check_word(const struct json *def, const char *name, const char *words, str at, struct err *e)
{
    const struct json *j = json_get(def, name);
    if (!one_of(j, words))
        err_problem(e, at, name, "“" STR_FMT "” must be one of:%s", STR_ARG(j->key), words);
}

static void check_options(const struct json *def, str at, struct err *e)
{
    const struct json *list = json_get(def, "options");
    if (!list || (list->type == JSON_ARRAY && !list->n)) {
        err_problem(e, at, "options", "A choice needs options: [{\"code\":…,\"labels\":{…}}]");
        return;
    }
    for (const struct json *o = list->type == JSON_ARRAY ? list->first : NULL; o; o = o->next) {
        str code = json_str(o, "code");
        if (o->type != JSON_OBJECT || !code.n || code.n > 100 || str_chr(code, ',') >= 0) {
            err_problem(e, at, "options", "Each option needs a code without commas");
            continue;
        }
        members(o, option_members, NULL, at, e);
        check_word(o, "color", " gray red orange yellow green teal blue violet pink ", at, e);
        for (const struct json *b = list->first; b != o; b = b->next)
            if (str_eq(json_str(b, "code"), code))
                err_problem(e, at, "options", "There are two options “" STR_FMT "”", STR_ARG(code));
    }
}

/* {yyyy}{yy}{mm}{dd} and one counter {0000}. */
static void check_number_pattern(const struct json *def, str at, struct err *e)
{
    str p = json_str(def, "pattern");
    int counters = 0;
    for (size_t i = 0; i < p.n; i++) {
        if (p.p[i] != '{')
            continue;
        ptrdiff_t close = str_chr(str_sub(p, i, p.n), '}');
        str       in = close > 0 ? str_sub(p, i + 1, i + (size_t)close) : STR_NONE;
        bool      zeros = in.n > 0;
        for (size_t k = 0; k < in.n; k++)
            zeros &= in.p[k] == '0';
        counters += zeros;
        if (!zeros && !str_eqz(in, "yyyy") && !str_eqz(in, "yy") && !str_eqz(in, "mm") && !str_eqz(in, "dd"))
            counters = 2;
        if (close > 0)
            i += (size_t)close;
    }
    if (p.n && counters != 1)
        err_problem(e, at, "pattern", "A pattern is text with {yyyy}, {yy}, {mm}, {dd} and one counter such as {0000}");
}

static void check_limits(const struct json *def, str at, struct err *e)
{
    const struct json *min = json_get(def, "min"), *max = json_get(def, "max");
    dec                a, b;
    if (min && max && ((json_dec(min, &a) && json_dec(max, &b) && dec_cmp(a, b) > 0) ||
                       (min->type == JSON_STRING && max->type == JSON_STRING && !json_dec(min, &a) && !json_dec(max, &b) && str_cmp(min->s, max->s) > 0)))
        err_problem(e, at, "min", "min is above max");
}

static void check_field(const struct json *def, str at, struct err *e)
{
    str                     type = json_str(def, "type");
    const struct fieldtype *t = fieldtype_find(type);
    const struct json      *max = json_get(def, "max_length");
    int64_t                 n;
    if (!t) {
        err_problem(e, at, "type", "There is no kind of field “" STR_FMT "”", STR_ARG(type));
        return;
    }
    members(def, field_members, t->name, at, e);
    if (t->flags & FT_OPTIONS)
        check_options(def, at, e);
    check_word(def, "on_delete", " restrict clear cascade ", at, e);
    check_word(def, "gap", " none allowed ", at, e);
    check_limits(def, at, e);
    if (str_eqz(type, "auto_number"))
        check_number_pattern(def, at, e);
    if (max && json_i64(def, "max_length", &n) && (n < 1 || n > 1000000))
        err_problem(e, at, "max_length", "max_length must be 1 to 1000000");
    if (json_bool(def, "unique", false) && (t->flags & FT_READ))
        err_problem(e, at, "unique", "A field of the kind “%s” cannot be unique", t->name);
    str currency = json_str(def, "currency");
    bool known = currency.n == 3;
    for (size_t i = 0; i < currency.n; i++)
        known &= currency.p[i] >= 'A' && currency.p[i] <= 'Z';
    if (currency.n && !known)
        err_problem(e, at, "currency", "A currency is three capital letters such as CNY");
}

bool definition_field(const struct json *def, struct err *e)
{
    check_field(def, json_str(def, "name"), e);
    return e->kind == ERR_NONE;
}

static bool has_field(const struct json *fields, const struct module *was, str name)
{
    for (const struct json *f = fields && fields->type == JSON_ARRAY ? fields->first : NULL; f; f = f->next)
        if (str_eq(json_str(f, "name"), name))
            return true;
    return str_eqz(name, "id") || (was && module_field(was, name));
}

static void check_parts(const struct json *def, const struct module *was, struct err *e)
{
    const struct json *fields = json_get(def, "fields"), *types = json_get(def, "record_types"), *rules = json_get(def, "rules");
    static const char *const names[] = { "title", "subtitle" };
    for (size_t i = 0; i < 2; i++) {
        const struct json *j = json_get(def, names[i]);
        if (j && j->type == JSON_STRING && !has_field(fields, was, j->s))
            err_problem(e, str_of(names[i]), "name", "There is no field “" STR_FMT "”", STR_ARG(j->s));
    }
    for (const struct json *t = types && types->type == JSON_ARRAY ? types->first : NULL; t; t = t->next) {
        members(t, type_members, NULL, S("record_types"), e);
        if (!json_str(t, "code").n || str_chr(json_str(t, "code"), ',') >= 0)
            err_problem(e, S("record_types"), "code", "Each record type needs a code without commas");
        for (const struct json *b = types->first; b != t; b = b->next)
            if (str_eq(json_str(b, "code"), json_str(t, "code")))
                err_problem(e, S("record_types"), "code", "There are two record types “" STR_FMT "”", STR_ARG(json_str(t, "code")));
    }
    for (const struct json *r = rules && rules->type == JSON_ARRAY ? rules->first : NULL; r; r = r->next) {
        members(r, rule_members, NULL, S("rules"), e);
        if (json_str(r, "field").n && !has_field(fields, was, json_str(r, "field")))
            err_problem(e, S("rules"), "field", "There is no field “" STR_FMT "”", STR_ARG(json_str(r, "field")));
    }
}

bool definition_module(const struct json *def, const struct module *was, struct err *e)
{
    const struct json *fields = json_get(def, "fields");
    members(def, module_members, NULL, STR_NONE, e);
    if (fields && fields->type == JSON_ARRAY)
        for (const struct json *f = fields->first; f; f = f->next) {
            str name = json_str(f, "name");
            if (f->type != JSON_OBJECT)
                err_problem(e, S("fields"), "type", "Each field must be an object");
            else
                check_field(f, name.n ? name : S("fields"), e);
        }
    check_parts(def, was, e);
    return e->kind == ERR_NONE;
}

bool definition_role(const struct json *def, struct err *e)
{
    const struct json *modules = json_get(def, "modules");
    if (!name_valid(json_str(def, "name")))
        err_problem(e, S("name"), "name", "A name is a letter followed by letters, digits or _, at most 60 bytes, and no reserved word");
    members(def, role_members, NULL, STR_NONE, e);
    for (const struct json *m = modules && modules->type == JSON_OBJECT ? modules->first : NULL; m; m = m->next) {
        str at = str_printf(e->mem, "modules." STR_FMT, STR_ARG(m->key));
        if (m->type != JSON_OBJECT) {
            kind_problem(e, at, K_OBJECT, m);
            continue;
        }
        members(m, right_members, NULL, at, e);
        const struct json *fields = json_get(m, "fields");
        for (const struct json *f = fields && fields->type == JSON_OBJECT ? fields->first : NULL; f; f = f->next)
            if (f->type != JSON_STRING || !one_of(f, " none read write "))
                err_problem(e, str_printf(e->mem, STR_FMT ".fields." STR_FMT, STR_ARG(at), STR_ARG(f->key)), "level", "“" STR_FMT "” must be one of:%s",
                            STR_ARG(f->key), " none read write ");
    }
    return e->kind == ERR_NONE;
}
