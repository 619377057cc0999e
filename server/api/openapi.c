/* openapi: the OpenAPI 3.1 document, from the routes and the catalog as the caller may see it: modules that administrators have
 * made are described like the shipped ones.  What the bodies of other calls hold stands in the tables below. */
#include "api/api.h"

#include <stdio.h>
#include <string.h>

#ifndef QUDAO_VERSION
#define QUDAO_VERSION "0"
#endif

/* ---- shapes that are the same in every workspace ------------------------------------------------------------------- */

#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define NEEDS(required, properties) "{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define LIST(items) "{\"type\":\"array\",\"items\":" items "}"
#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define OR_NULL(schema) "{\"anyOf\":[" schema ",{\"type\":\"null\"}]}"
#define TEXT "{\"type\":\"string\"}"
#define TEXTS LIST(TEXT)
#define FLAG "{\"type\":\"boolean\"}"
#define WHOLE "{\"type\":\"integer\"}"
#define NUMBER "{\"type\":\"integer\",\"format\":\"int64\"}"
#define DAY     "{\"type\":\"string\",\"format\":\"date\"}"
#define INSTANT "{\"type\":\"string\",\"format\":\"date-time\"}"
#define ANY "{}"
#define BYTES "{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"}"
#define CURSOR "\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"The cursor of the next page; null at the end\"}"
#define FORMULA "{\"type\":\"string\",\"description\":\"A formula\"}"
#define FORMULAS "{\"type\":\"object\",\"additionalProperties\":" FORMULA "}"
#define RIGHT "{\"type\":[\"boolean\",\"string\"],\"description\":\"true, false or a formula over the row\"}"

static const struct { const char *name, *schema; } shapes[] = {
    { "Decimal", "{\"description\":\"An exact decimal: a string in answers, a string or a number in requests\",\"type\":[\"string\",\"number\"]}" },
    { "Reference", NEEDS("\"id\"", "\"id\":" NUMBER ",\"title\":" TEXT) },
    { "Relation", "{\"description\":\"42, {\\\"id\\\":42} or {\\\"code\\\":\\\"P-001\\\"} by any unique field\",\"anyOf\":[" NUMBER ",{\"type\":\"object\"}]}" },
    { "Address", OBJECT("\"region\":" OR_NULL(REF("Reference")) ",\"detail\":{\"type\":[\"string\",\"null\"]},\"postcode\":{\"type\":[\"string\",\"null\"]}") },
    { "AddressInput", OBJECT("\"region\":" OR_NULL(REF("Relation")) ",\"detail\":{\"type\":[\"string\",\"null\"]},\"postcode\":{\"type\":[\"string\",\"null\"]}") },
    { "Problem", NEEDS("\"type\",\"title\",\"status\"", "\"type\":" TEXT ",\"title\":" TEXT ",\"status\":" WHOLE ",\"detail\":" TEXT ",\"trace\":" TEXT
                       ",\"problems\":" LIST(OBJECT("\"field\":" TEXT ",\"code\":" TEXT ",\"message\":" TEXT ",\"position\":" WHOLE))
                       ",\"current\":{\"type\":\"object\",\"description\":\"With 409 of a stale change: the record as it is now\"}") },
    { "Labels", OBJECT("\"en\":" TEXT ",\"zh-CN\":" TEXT) },
    { "Field", NEEDS("\"name\",\"type\"", "\"id\":" NUMBER ",\"name\":" TEXT ",\"type\":{\"type\":\"string\",\"enum\":[\"text\",\"long_text\",\"integer\",\"decimal\","
                     "\"money\",\"percent\",\"boolean\",\"date\",\"datetime\",\"choice\",\"choices\",\"relation\",\"relations\",\"lines\",\"email\",\"phone\",\"url\","
                     "\"address\",\"auto_number\",\"formula\",\"lookup\",\"rollup\",\"person\",\"department\",\"file\",\"json\"]},"
                     "\"labels\":" REF("Labels") ",\"help\":" REF("Labels") ",\"required\":" FLAG ",\"unique\":" FLAG ",\"default\":" ANY ",\"scale\":" WHOLE
                     ",\"min\":" ANY ",\"max\":" ANY ",\"options\":" LIST(NEEDS("\"code\"", "\"code\":" TEXT ",\"labels\":" REF("Labels") ",\"color\":" TEXT ",\"when\":" TEXTS))
                     ",\"module\":" TEXT ",\"related\":" TEXT ",\"via\":" TEXT ",\"pattern\":" TEXT ",\"format\":{\"type\":\"string\",\"enum\":[\"email\",\"phone\",\"url\",\"uscc\"]},\"where\":" FORMULA ",\"formula\":" FORMULA ",\"result\":" TEXT ",\"path\":" TEXT
                     ",\"visible_when\":" FORMULA ",\"required_when\":" FORMULA ",\"on_delete\":{\"type\":\"string\",\"enum\":[\"restrict\",\"clear\",\"cascade\"]}") },
    { "FieldChange", "{\"type\":\"object\",\"description\":\"Members of a field that change; null removes one\"}" },
    { "Module", NEEDS("\"name\"", "\"id\":" NUMBER ",\"name\":" TEXT ",\"labels\":" REF("Labels") ",\"plural\":" REF("Labels") ",\"title\":" TEXT ",\"fields\":" LIST(REF("Field"))
                      ",\"record_types\":" LIST("{\"type\":\"object\"}") ",\"rules\":" LIST("{\"type\":\"object\"}") ",\"related\":" LIST("{\"type\":\"object\"}")
                      ",\"rights\":{\"type\":\"object\"}") },
    { "ModuleChange", "{\"type\":\"object\",\"description\":\"Members of a module that change, fields excepted; null removes one\"}" },
    { "Modules", NEEDS("\"modules\",\"version\"", "\"version\":" NUMBER ",\"modules\":" LIST(REF("Module"))) },
    { "Batch", OBJECT("\"create\":" LIST("{\"type\":\"object\"}") ",\"update\":" LIST("{\"type\":\"object\"}") ",\"delete\":" LIST(ANY)
                      ",\"key\":{\"type\":\"string\",\"description\":\"A unique field: create changes the record that has its value already\"},\"atomic\":{\"type\":\"boolean\",\"default\":true}") },
    { "BatchAnswer", OBJECT("\"create\":" REF("BatchResults") ",\"update\":" REF("BatchResults") ",\"delete\":" REF("BatchResults")) },
    { "BatchResults", LIST(NEEDS("\"index\"", "\"index\":" WHOLE ",\"id\":" NUMBER ",\"status\":{\"type\":\"string\",\"enum\":[\"created\",\"updated\",\"deleted\"]},\"error\":" REF("Problem"))) },
    { "Query", NEEDS("\"from\"", "\"from\":" TEXT ",\"where\":" FORMULA ",\"group\":" FORMULAS ",\"select\":" FORMULAS ",\"having\":" FORMULA ",\"sort\":" TEXT
                     ",\"limit\":" WHOLE ",\"totals\":" FLAG) },
    { "QueryAnswer", NEEDS("\"columns\",\"rows\"", "\"columns\":" LIST(NEEDS("\"name\",\"type\"", "\"name\":" TEXT ",\"type\":" TEXT ",\"label\":" TEXT ",\"scale\":" WHOLE))
                           ",\"rows\":" LIST(LIST(ANY)) ",\"totals\":" LIST(ANY) ",\"took_ms\":{\"type\":\"number\"},\"engine\":{\"type\":\"string\",\"enum\":[\"columns\",\"sql\"]}") },
    { "Formula", NEEDS("\"formula\"", "\"formula\":" FORMULA ",\"module\":" TEXT ",\"id\":" NUMBER ",\"record\":{\"type\":\"object\"}") },
    { "FormulaAnswer", NEEDS("\"value\",\"type\"", "\"value\":" ANY ",\"type\":{\"type\":\"string\",\"enum\":[\"empty\",\"boolean\",\"integer\",\"decimal\",\"text\",\"date\",\"datetime\",\"relation\",\"list\",\"error\"]}") },
    { "Hits", NEEDS("\"hits\"", "\"hits\":" LIST(NEEDS("\"module\",\"id\",\"title\"", "\"module\":" TEXT ",\"id\":" NUMBER ",\"title\":{\"type\":[\"string\",\"null\"]},\"field\":{\"type\":[\"string\",\"null\"]},\"text\":" TEXT))) },
    { "Changes", NEEDS("\"changes\",\"next\"", "\"changes\":" LIST(OBJECT("\"seq\":" NUMBER ",\"at\":" INSTANT ",\"module\":" TEXT ",\"id\":" NUMBER ",\"op\":" TEXT ",\"version\":" NUMBER
                       ",\"record\":{\"type\":[\"object\",\"null\"]}")) ",\"next\":" TEXT) },
    { "History", NEEDS("\"history\"", "\"history\":" LIST(OBJECT("\"seq\":" NUMBER ",\"at\":" INSTANT ",\"actor\":" OR_NULL(REF("Reference")) ",\"way\":" TEXT ",\"op\":" TEXT ",\"version\":" NUMBER
                       ",\"changes\":" LIST(OBJECT("\"field\":" TEXT ",\"from\":" ANY ",\"to\":" ANY)))) "," CURSOR) },
    { "SignIn", NEEDS("\"email\",\"password\"", "\"email\":" TEXT ",\"password\":" TEXT) },
    { "Me", NEEDS("\"user\",\"workspace\"", "\"user\":{\"type\":\"object\"},\"workspace\":{\"type\":\"object\"}") },
    { "MeChange", OBJECT("\"name\":" TEXT ",\"locale\":{\"type\":\"string\",\"enum\":[\"zh-CN\",\"en\"]}") },
    { "PasswordChange", NEEDS("\"old\",\"new\"", "\"old\":" TEXT ",\"new\":" TEXT) },
    { "User", NEEDS("\"id\",\"email\"", "\"id\":" NUMBER ",\"version\":" NUMBER ",\"email\":" TEXT ",\"name\":" TEXT ",\"roles\":" TEXTS ",\"partner\":" OR_NULL(REF("Reference"))
                    ",\"active\":" FLAG ",\"locale\":" TEXT) },
    { "UserInput", OBJECT("\"email\":" TEXT ",\"name\":" TEXT ",\"password\":" TEXT ",\"roles\":" TEXTS ",\"partner\":" OR_NULL(REF("Relation")) ",\"department\":" OR_NULL(REF("Relation"))
                          ",\"active\":" FLAG ",\"locale\":" TEXT ",\"version\":" NUMBER) },
    { "Users", NEEDS("\"users\"", "\"users\":" LIST(REF("User")) "," CURSOR) },
    { "Role", NEEDS("\"name\"", "\"id\":" NUMBER ",\"name\":" TEXT ",\"labels\":" REF("Labels") ",\"admin\":" FLAG
                    ",\"modules\":{\"type\":\"object\",\"additionalProperties\":" OBJECT("\"read\":" RIGHT ",\"create\":" RIGHT ",\"update\":" RIGHT ",\"delete\":" RIGHT
                    ",\"fields\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\",\"enum\":[\"none\",\"read\",\"write\"]}}") "}") },
    { "RoleChange", "{\"type\":\"object\",\"description\":\"Members of a role that change; null removes one\"}" },
    { "Roles", NEEDS("\"roles\"", "\"roles\":" LIST(REF("Role"))) },
    { "View", OBJECT("\"id\":" NUMBER ",\"name\":" TEXT ",\"module\":" TEXT ",\"labels\":" REF("Labels") ",\"columns\":" TEXTS ",\"where\":" FORMULA ",\"sort\":" TEXT ",\"type\":" TEXT
                     ",\"shared\":" FLAG ",\"default\":" FLAG) },
    { "Views", NEEDS("\"views\"", "\"views\":" LIST(REF("View"))) },
    { "Calendar", OBJECT("\"id\":" NUMBER ",\"name\":" TEXT ",\"labels\":" REF("Labels") ",\"default\":{\"type\":\"boolean\",\"description\":\"Used where a formula names none\"}"
                         ",\"weekend\":" LIST("{\"type\":\"integer\",\"minimum\":1,\"maximum\":7}") ",\"holidays\":" LIST(REF("CalendarDays")) ",\"workdays\":" LIST(REF("CalendarDays"))) },
    { "CalendarDays", NEEDS("\"from\"", "\"from\":" DAY ",\"to\":" DAY ",\"labels\":" REF("Labels")) },
    { "Calendars", NEEDS("\"calendars\"", "\"calendars\":" LIST(REF("Calendar"))) },
    { "Dashboards", NEEDS("\"dashboards\"", "\"dashboards\":" LIST("{\"type\":\"object\"}")) },
    { "File", NEEDS("\"id\"", "\"id\":" NUMBER ",\"name\":" TEXT ",\"size\":" NUMBER ",\"type\":" TEXT) },
    { "FileForm", NEEDS("\"file\"", "\"file\":" BYTES) },
    { "ImportForm", NEEDS("\"file\",\"module\"", "\"file\":" BYTES ",\"module\":" TEXT ",\"key\":{\"type\":\"string\",\"description\":\"Unique field by which records are found and changed\"}"
                          ",\"map\":{\"type\":\"string\",\"description\":\"Column=field,A+B=field or JSON {\\\"Column\\\":\\\"field\\\"}; without it the header names the fields\"}"
                          ",\"dry_run\":" FLAG ",\"encoding\":" TEXT ",\"sheet\":" TEXT) },
    { "Import", NEEDS("\"id\",\"state\"", "\"id\":" NUMBER ",\"module\":{\"type\":[\"string\",\"null\"]},\"file\":" TEXT
                      ",\"state\":{\"type\":\"string\",\"enum\":[\"waiting\",\"running\",\"done\",\"failed\",\"interrupted\",\"undoing\",\"undone\"]},\"dry_run\":" FLAG
                      ",\"key\":{\"type\":[\"string\",\"null\"]},\"created_at\":" INSTANT ",\"finished_at\":{\"type\":[\"string\",\"null\"]},\"rows\":" NUMBER ",\"created\":" NUMBER
                      ",\"updated\":" NUMBER ",\"unchanged\":" NUMBER ",\"rejected\":" NUMBER ",\"progress\":{\"type\":\"integer\",\"description\":\"Percent\"}"
                      ",\"message\":{\"type\":[\"string\",\"null\"]},\"rejected_file\":{\"type\":[\"string\",\"null\"]}"
                      ",\"problems\":" LIST(OBJECT("\"line\":" NUMBER ",\"column\":{\"type\":[\"string\",\"null\"]},\"message\":" TEXT))
                      ",\"undo\":" OR_NULL(OBJECT("\"undone\":" NUMBER ",\"left_alone\":" NUMBER ",\"left\":" LIST(OBJECT("\"id\":" NUMBER ",\"message\":" TEXT))))) },
    { "Imports", NEEDS("\"imports\"", "\"imports\":" LIST(REF("Import")) "," CURSOR) },
    { "Health", NEEDS("\"status\"", "\"status\":" TEXT ",\"version\":" TEXT ",\"database\":" TEXT) },
};

/* What a call takes and gives; calls that stand not here take and give some object. */
static const struct about { const char *method, *path, *takes, *gives; } abouts[] = {
    { "POST", "/session", "SignIn", "Me" },
    { "GET", "/me", NULL, "Me" },
    { "PATCH", "/me", "MeChange", "Me" },
    { "POST", "/me/password", "PasswordChange", "" },
    { "POST", "/records/{m}/batch", "Batch", "BatchAnswer" },
    { "GET", "/records/{m}/{id}/history", NULL, "History" },
    { "GET", "/search", NULL, "Hits" },
    { "GET", "/changes", NULL, "Changes" },
    { "POST", "/query", "Query", "QueryAnswer" },
    { "POST", "/formula", "Formula", "FormulaAnswer" },
    { "GET", "/modules", NULL, "Modules" },
    { "POST", "/modules", "Module", "Module" },
    { "GET", "/modules/{m}", NULL, "Module" },
    { "PATCH", "/modules/{m}", "ModuleChange", "Module" },
    { "POST", "/modules/{m}/fields", "Field", "Field" },
    { "GET", "/modules/{m}/fields/{f}", NULL, "Field" },
    { "PATCH", "/modules/{m}/fields/{f}", "FieldChange", "Field" },
    { "GET", "/views", NULL, "Views" },
    { "POST", "/views", "View", "View" },
    { "PATCH", "/views/{id}", "View", "View" },
    { "GET", "/dashboards", NULL, "Dashboards" },
    { "GET", "/calendars", NULL, "Calendars" },
    { "GET", "/calendars/{name}", NULL, "Calendar" },
    { "PUT", "/calendars/{name}", "Calendar", "Calendar" },
    { "GET", "/roles", NULL, "Roles" },
    { "POST", "/roles", "Role", "Role" },
    { "GET", "/roles/{name}", NULL, "Role" },
    { "PATCH", "/roles/{name}", "RoleChange", "Role" },
    { "GET", "/users", NULL, "Users" },
    { "POST", "/users", "UserInput", "User" },
    { "GET", "/users/{id}", NULL, "User" },
    { "PATCH", "/users/{id}", "UserInput", "User" },
    { "POST", "/files", "FileForm", "File" },
    { "POST", "/imports", "ImportForm", "Import" },
    { "GET", "/imports", NULL, "Imports" },
    { "GET", "/imports/{id}", NULL, "Import" },
    { "POST", "/imports/{id}/undo", NULL, "Import" },
    { "GET", "/health", NULL, "Health" },
};

/* Query parameters by address. */
static const struct param { const char *path, *name, *schema, *doc; } params[] = {
    { "/records/{m}", "where", TEXT, "A formula: which records" },
    { "/records/{m}", "sort", TEXT, "-order_date,name: fields and paths, minus for descending" },
    { "/records/{m}", "fields", TEXT, "Names and paths, with commas; all without" },
    { "/records/{m}", "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":50}", "Records of a page" },
    { "/records/{m}", "cursor", TEXT, "next of the page before, with the same sort" },
    { "/records/{m}", "count", FLAG, "true adds total" },
    { "/records/{m}", "q", TEXT, "Search within the module" },
    { "/records/{m}", "deleted", FLAG, "true: the recycle bin" },
    { "/records/{m}", "ids", TEXT, "1,2,3: only these" },
    { "/records/{m}/{id}/history", "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}", "Entries of a page" },
    { "/records/{m}/{id}/history", "cursor", TEXT, "next of the page before" },
    { "/search", "q", TEXT, "Text, any part of it; pinyin initials too" },
    { "/search", "modules", TEXT, "Names with commas; all without" },
    { "/search", "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20}", "Most hits" },
    { "/changes", "since", TEXT, "next of the answer before; from the beginning without" },
    { "/changes", "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}", "Most changes" },
    { "/exports/{m}", "where", TEXT, "A formula: which records" },
    { "/exports/{m}", "sort", TEXT, "-order_date,name: fields and paths, minus for descending" },
    { "/exports/{m}", "q", TEXT, "Search within the module" },
    { "/exports/{m}", "fields", TEXT, "Names and paths, with commas; all without" },
    { "/exports/{m}", "format", "{\"type\":\"string\",\"enum\":[\"csv\",\"xlsx\"],\"default\":\"csv\"}", "Kind of file" },
    { "/exports/{m}", "header", "{\"type\":\"string\",\"enum\":[\"labels\",\"names\"],\"default\":\"labels\"}", "What the first row says; with names, choices are codes" },
    { "/exports/{m}", "encoding", "{\"type\":\"string\",\"enum\":[\"utf-8\",\"utf-8-bom\",\"utf-16le\",\"gb18030\"],\"default\":\"utf-8\"}", "Of CSV" },
    { "/imports", "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":500,\"default\":50}", "Imports of a page" },
    { "/imports", "cursor", TEXT, "next of the page before" },
    { "/files/{id}", "download", FLAG, "true: to be kept, not shown" },
    { "/views", "module", TEXT, "Of this module only" },
    { "/users", "cursor", TEXT, "next of the page before" },
};

/* ---- schemas of records ---------------------------------------------------------------------------------------------- */

/* Names in the document are plain letters; a module of another script goes by its number. */
static str plain_name(struct call *k, const struct module *m)
{
    for (size_t i = 0; i < m->name.n; i++)
        if ((unsigned char)m->name.p[i] >= 0x80)
            return str_printf(k->c.mem, "module-%lld", (long long)m->id);
    return m->name;
}

static str record_name(struct call *k, const struct module *m, bool input)
{
    return str_printf(k->c.mem, "record_" STR_FMT "%s", STR_ARG(plain_name(k, m)), input ? "-input" : "");
}

static void ref(struct jw *w, str name)
{
    jw_obj(w);
    jw_key(w, "$ref");
    jw_str(w, str_printf(w->b->mem, "#/components/schemas/" STR_FMT, STR_ARG(name)));
    jw_end_obj(w);
}

static void choice_schema(struct jw *w, const struct field *f)
{
    jw_obj(w);
    jw_key(w, "type");
    jw_strz(w, "string");
    if (f->noptions) {
        jw_key(w, "enum");
        jw_arr(w);
        for (size_t i = 0; i < f->noptions; i++)
            jw_str(w, f->options[i].code);
        jw_end_arr(w);
    }
    jw_end_obj(w);
}

static void list_schema(struct call *k, const struct field *f, bool input)
{
    struct jw *w = &k->w;
    jw_obj(w);
    jw_key(w, "type");
    jw_strz(w, "array");
    jw_key(w, "items");
    if (f->type->flags & FT_LINES)
        ref(w, record_name(k, f->target, input));
    else if (f->type->flags & FT_MANY)
        ref(w, input ? S("Relation") : S("Reference"));
    else
        choice_schema(w, f);
    jw_end_obj(w);
}

static void value_schema(struct call *k, const struct field *f, bool input)
{
    struct jw *w = &k->w;
    if (f->parts)
        ref(w, input ? S("AddressInput") : S("Address"));
    else if (f->vtype == V_LIST || (f->type->flags & (FT_LINES | FT_MANY)))
        list_schema(k, f, input);
    else if (f->vtype == V_TEXT && f->noptions)
        choice_schema(w, f);
    else
        switch (f->vtype) {
        case V_REF:  ref(w, input ? S("Relation") : S("Reference")); break;
        case V_BOOL: jw_raw(w, S(FLAG)); break;
        case V_INT:  jw_raw(w, S(NUMBER)); break;
        case V_DEC:  ref(w, S("Decimal")); break;
        case V_DATE: jw_raw(w, S("{\"type\":\"string\",\"format\":\"date\"}")); break;
        case V_TIME: jw_raw(w, S(INSTANT)); break;
        default:     jw_raw(w, S(TEXT));
        }
}

/* Any field may be empty but those that the system fills. */
static void field_schema(struct call *k, const struct field *f, bool input)
{
    struct jw *w = &k->w;
    str        label = label_in(&f->label, k->c.err.lang), help = json_str(json_get(f->def, "help"), k->c.err.lang == LANG_ZH ? "zh-CN" : "en");
    bool       always = f->slot == SLOT_ID || f->slot == SLOT_VERSION;
    jw_obj(w);
    if (label.n) {
        jw_key(w, "title");
        jw_str(w, label);
    }
    if (help.n) {
        jw_key(w, "description");
        jw_str(w, help);
    }
    if (always) {
        jw_key(w, "type");
        jw_strz(w, "integer");
    } else if (!(f->type->flags & FT_JSON)) {       /* that may be anything */
        jw_key(w, "anyOf");
        jw_arr(w);
        value_schema(k, f, input);
        jw_raw(w, S("{\"type\":\"null\"}"));
        jw_end_arr(w);
    }
    jw_end_obj(w);
}

static bool visible(struct call *k, const struct module *m, struct access *a)
{
    *a = access_of(&k->c, m);
    return a->everything || a->nroles;
}

static void record_schema(struct call *k, const struct module *m, const struct access *a, bool input)
{
    struct jw *w = &k->w;
    jw_key_str(w, record_name(k, m, input));
    jw_obj(w);
    jw_key(w, "type");
    jw_strz(w, "object");
    jw_key(w, "title");
    jw_str(w, label_in(&m->label, k->c.err.lang).n ? label_in(&m->label, k->c.err.lang) : m->name);
    jw_key(w, "properties");
    jw_obj(w);
    for (int s = 0; s < m->nfields; s++) {
        const struct field *f = &m->fields[s];
        if (f->part_of || s == SLOT_DELETED_AT || (s == SLOT_RECORD_TYPE && !m->ntypes) || !access_field(a, f, input ? FIELD_WRITE : FIELD_READ))
            continue;
        if (input && f->readonly && s != SLOT_VERSION)
            continue;
        jw_key_str(w, f->name);
        field_schema(k, f, input);
    }
    jw_end_obj(w);
    jw_end_obj(w);
}

static void page_schema(struct call *k, const struct module *m)
{
    struct jw *w = &k->w;
    jw_key_str(w, str_printf(k->c.mem, "page_" STR_FMT, STR_ARG(plain_name(k, m))));
    jw_raw(w, str_printf(k->c.mem, NEEDS("\"records\",\"next\"", "\"records\":" LIST("{\"$ref\":\"#/components/schemas/" STR_FMT "\"}") "," CURSOR ",\"total\":" NUMBER),
                         STR_ARG(record_name(k, m, false))));
}

static void schemas(struct call *k)
{
    struct access a;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        jw_key(&k->w, shapes[i].name);
        jw_raw(&k->w, str_of(shapes[i].schema));
    }
    for (size_t i = 0; i < k->c.cat->nmodules; i++) {
        const struct module *m = &k->c.cat->modules[i];
        if (!visible(k, m, &a))
            continue;
        record_schema(k, m, &a, false);
        record_schema(k, m, &a, true);
        page_schema(k, m);
    }
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */

static void parameter(struct jw *w, str name, const char *in, const char *schema, const char *doc)
{
    jw_obj(w);
    jw_key(w, "name");
    jw_str(w, name);
    jw_key(w, "in");
    jw_strz(w, in);
    if (!strcmp(in, "path")) {
        jw_key(w, "required");
        jw_bool(w, true);
    }
    if (doc) {
        jw_key(w, "description");
        jw_strz(w, doc);
    }
    jw_key(w, "schema");
    jw_raw(w, str_of(schema));
    jw_end_obj(w);
}

static void parameters(struct jw *w, const struct route *r, bool fixed)
{
    str  rest = str_of(r->path), part;
    bool writes = r->tx == TX_WRITE || (r->flags & ROUTE_RAW);
    bool one = !strcmp(r->path, "/records/{m}/{id}") && writes;
    jw_key(w, "parameters");
    jw_arr(w);
    while (str_cut(&rest, '/', &part))
        if (part.n && part.p[0] == '{' && !(fixed && str_eqz(part, "{m}")))
            parameter(w, str_sub(part, 1, part.n - 1), "path", str_eqz(part, "{id}") ? WHOLE : TEXT, NULL);
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        if (!strcmp(r->method, "GET") && !strcmp(params[i].path, r->path))
            parameter(w, str_of(params[i].name), "query", params[i].schema, params[i].doc);
    if (one)
        parameter(w, S("If-Match"), "header", TEXT, "\"version\": refused with 409 and the record as it is when another change came first");
    if (writes)
        parameter(w, S("Idempotency-Key"), "header", TEXT, "A repeat with the same key gets the first answer");
    jw_end_arr(w);
}

static void content(struct jw *w, const char *type, str schema)
{
    jw_key(w, "content");
    jw_obj(w);
    jw_key(w, type);
    jw_obj(w);
    jw_key(w, "schema");
    if (schema.n)
        ref(w, schema);
    else
        jw_raw(w, strcmp(type, "application/json") && strcmp(type, "multipart/form-data") ? S(TEXT) : S("{\"type\":\"object\"}"));
    jw_end_obj(w);
    jw_end_obj(w);
}

static str lower(struct arena *mem, const char *method)
{
    char *p = (char *)str_printf(mem, "%s", method).p;
    for (char *c = p; *c; c++)
        *c = (char)(*c | 32);
    return str_of(p);
}

static const struct about *about(const struct route *r)
{
    for (size_t i = 0; i < sizeof abouts / sizeof abouts[0]; i++)
        if (!strcmp(abouts[i].method, r->method) && !strcmp(abouts[i].path, r->path))
            return &abouts[i];
    return NULL;
}

static bool is(const struct route *r, const char *method, const char *path) { return !strcmp(r->method, method) && !strcmp(r->path, path); }

static bool creates(const struct route *r)
{
    static const char *const paths[] = { "/records/{m}", "/modules", "/modules/{m}/fields", "/views", "/roles", "/users", "/files", "/imports" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (is(r, "POST", paths[i]))
            return true;
    return false;
}

/* Calls for one record or a page of them have the schemas of their module. */
static str shape(struct call *k, const struct route *r, const struct module *m, bool input)
{
    const struct about *x = about(r);
    const char         *name = x ? input ? x->takes : x->gives : NULL;
    if (x || !m)
        return name ? str_of(name) : STR_NONE;
    return is(r, "GET", "/records/{m}") ? str_cat(k->c.mem, S("page_"), plain_name(k, m)) : record_name(k, m, input);
}

static void takes(struct call *k, const struct route *r, const struct module *m)
{
    bool writes = !strcmp(r->method, "POST") || !strcmp(r->method, "PATCH") || !strcmp(r->method, "PUT");
    if (!writes || strstr(r->path, "/restore") || strstr(r->path, "/undo"))
        return;
    jw_key(&k->w, "requestBody");
    jw_obj(&k->w);
    jw_key(&k->w, "required");
    jw_bool(&k->w, true);
    content(&k->w, r->flags & ROUTE_RAW ? "multipart/form-data" : "application/json", shape(k, r, m, true));
    jw_end_obj(&k->w);
}

static const char *media(const struct route *r)
{
    if (!strcmp(r->path, "/metrics"))
        return "text/plain";
    if (!strcmp(r->path, "/events"))
        return "text/event-stream";
    return strstr(r->path, "/rejected") || strstr(r->path, "/exports") || is(r, "GET", "/files/{id}") ? "application/octet-stream" : "application/json";
}

static void gives(struct call *k, const struct route *r, const struct module *m)
{
    struct jw *w = &k->w;
    str        schema = shape(k, r, m, false);
    bool       nothing = !strcmp(r->method, "DELETE") || is(r, "POST", "/me/password");
    jw_key(w, "responses");
    jw_obj(w);
    for (int fresh = 0; fresh < 2; fresh++) {       /* PUT makes or replaces */
        if (fresh ? !strcmp(r->method, "PUT") || creates(r) : !creates(r)) {
            jw_key(w, nothing ? "204" : fresh ? "201" : "200");
            jw_obj(w);
            jw_key(w, "description");
            jw_strz(w, nothing ? "Done" : fresh ? "Created" : "The answer");
            if (!nothing)
                content(w, media(r), strcmp(media(r), "application/json") ? STR_NONE : schema);
            jw_end_obj(w);
        }
    }
    jw_key(w, "4XX");
    jw_raw(w, S("{\"description\":\"Refused, with the reason\",\"content\":{\"application/problem+json\":{\"schema\":" REF("Problem") "}}}"));
    jw_end_obj(w);
}

static str operation_id(struct call *k, const struct route *r, const struct module *m)
{
    struct buf b;
    buf_init(&b, k->c.mem);
    buf_put(&b, lower(k->c.mem, r->method));
    for (const char *p = r->path; *p; p++)
        if (*p != '{' && *p != '}')
            buf_putc(&b, *p == '/' || *p == '.' ? '_' : *p);
    if (m)
        buf_printf(&b, "_" STR_FMT, STR_ARG(plain_name(k, m)));
    return buf_str(&b);
}

static void operation(struct call *k, const struct route *r, const struct module *m)
{
    struct jw *w = &k->w;
    str        tag = str_of(r->path + 1), first;
    jw_key_str(w, lower(k->c.mem, r->method));
    jw_obj(w);
    jw_key(w, "summary");
    jw_strz(w, r->doc);
    jw_key(w, "operationId");
    jw_str(w, operation_id(k, r, m));
    jw_key(w, "tags");
    jw_arr(w);
    str_cut(&tag, '/', &first);
    jw_str(w, first);
    jw_end_arr(w);
    if (r->flags & ROUTE_OPEN) {
        jw_key(w, "security");
        jw_raw(w, S("[{}]"));
    }
    parameters(w, r, m != NULL);
    takes(k, r, m);
    gives(k, r, m);
    jw_end_obj(w);
}

/* The operations of one address; records once for each module, with its own schema. */
static void address(struct call *k, const struct route *first, const struct module *m)
{
    struct jw *w = &k->w;
    str        path = str_of(first->path);
    ptrdiff_t  at = m ? str_find(path, S("{m}")) : -1;
    if (at >= 0)
        path = str_cat(k->c.mem, str_cat(k->c.mem, str_sub(path, 0, (size_t)at), url_encode(k->c.mem, m->name)), str_sub(path, (size_t)at + 3, path.n));
    jw_key_str(w, path);
    jw_obj(w);
    for (const struct route *r = first; r->method; r++)
        if (!strcmp(r->path, first->path))
            operation(k, r, m);
    jw_end_obj(w);
}

static bool first_of_path(const struct route *r)
{
    for (const struct route *before = routes; before < r; before++)
        if (!strcmp(before->path, r->path))
            return false;
    return true;
}

static void paths(struct call *k)
{
    struct access a;
    jw_key(&k->w, "paths");
    jw_obj(&k->w);
    for (const struct route *r = routes; r->method; r++) {
        if (!first_of_path(r))
            continue;
        if (strstr(r->path, "/records/{m}") != r->path) {
            address(k, r, NULL);
            continue;
        }
        for (size_t i = 0; i < k->c.cat->nmodules; i++)
            if (visible(k, &k->c.cat->modules[i], &a))
                address(k, r, &k->c.cat->modules[i]);
    }
    jw_end_obj(&k->w);
}

static void tags(struct call *k)
{
    struct jw *w = &k->w;
    str        seen[32];
    size_t     n = 0;
    jw_key(w, "tags");
    jw_arr(w);
    for (const struct route *r = routes; r->method; r++) {
        str  rest = str_of(r->path + 1), first;
        bool known = false;
        str_cut(&rest, '/', &first);
        for (size_t i = 0; i < n; i++)
            known |= str_eq(seen[i], first);
        if (known || n == sizeof seen / sizeof seen[0])
            continue;
        seen[n++] = first;
        jw_obj(w);
        jw_key(w, "name");
        jw_str(w, first);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

bool openapi_get(struct call *k)
{
    struct jw *w = &k->w;
    jw_obj(w);
    jw_key(w, "openapi");
    jw_strz(w, "3.1.0");
    jw_key(w, "info");
    jw_raw(w, S("{\"title\":\"Qudao\",\"version\":\"" QUDAO_VERSION "\",\"description\":\"Channel-partner CRM: records, agreements, reports. Modules made by "
                "administrators are described like the shipped ones.\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}"));
    jw_key(w, "servers");
    jw_raw(w, S("[{\"url\":\"/api/v1\"}]"));
    jw_key(w, "security");
    jw_raw(w, S("[{\"bearer\":[]},{\"cookie\":[]}]"));
    tags(k);
    paths(k);
    jw_key(w, "components");
    jw_obj(w);
    jw_key(w, "securitySchemes");
    jw_raw(w, S("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"qudao_session\"}}"));
    jw_key(w, "schemas");
    jw_obj(w);
    schemas(k);
    jw_end_obj(w);
    jw_end_obj(w);
    jw_end_obj(w);
    return true;
}
