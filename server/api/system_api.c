/* system_api: health, figures, the OpenAPI document, questions to reports. */
#include "api/api.h"
#include "report/query.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef QUDAO_VERSION
#define QUDAO_VERSION "0"
#endif

bool health_get(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "status");
    jw_strz(&k->w, "ok");
    jw_key(&k->w, "version");
    jw_strz(&k->w, QUDAO_VERSION);
    jw_key(&k->w, "database");
    jw_strz(&k->w, db_dialect(k->c.db)->name);
    jw_end_obj(&k->w);
    return true;
}

static long resident_kib(void)
{
    long  pages = 0, all;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

bool metrics_get(struct call *k)
{
    struct http_stats s = { 0 };
    if (k->app->server)
        http_stats(k->app->server, &s);
    const struct { const char *name, *type, *help; int64_t value; } rows[] = {
        { "qudao_requests_total", "counter", "Requests answered", s.requests },
        { "qudao_connections", "gauge", "Open connections", s.connections },
        { "qudao_event_streams", "gauge", "Open event streams", s.streams },
        { "qudao_refused_total", "counter", "Requests refused by the front", s.refused },
        { "qudao_received_bytes_total", "counter", "Bytes received", s.bytes_in },
        { "qudao_sent_bytes_total", "counter", "Bytes sent", s.bytes_out },
        { "qudao_commits_total", "counter", "Commits of this process", db_last_commit(k->app->store) },
        { "qudao_resident_bytes", "gauge", "Resident memory", (int64_t)resident_kib() * 1024 },
        { "qudao_uptime_seconds", "gauge", "Seconds since start", (k->c.now - k->app->started) / US_PER_S },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_printf(&k->out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", rows[i].name, rows[i].help, rows[i].name, rows[i].type, rows[i].name,
                   (long long)rows[i].value);
    k->rp->type = S("text/plain; version=0.0.4; charset=utf-8");
    return true;
}

bool query_post(struct call *k) { return call_body(k) && query_run(&k->c, k->body, &k->w); }

/* ---- OpenAPI 3.1, from the routes and the catalog ------------------------------------------------------------------ */

static void schema_ref(struct jw *w, const char *name)
{
    jw_obj(w);
    jw_key(w, "$ref");
    jw_str(w, str_printf(w->b->mem, "#/components/schemas/%s", name));
    jw_end_obj(w);
}

static void type_schema(struct jw *w, const char *type, const char *format)
{
    jw_obj(w);
    jw_key(w, "type");
    jw_strz(w, type);
    if (format) {
        jw_key(w, "format");
        jw_strz(w, format);
    }
    jw_end_obj(w);
}

static void field_schema(struct jw *w, const struct field *f)
{
    if (f->parts || (f->type->flags & FT_JSON)) {
        jw_obj(w);
        jw_end_obj(w);
        return;
    }
    if (f->type->flags & (FT_LINES | FT_MANY)) {
        jw_obj(w);
        jw_key(w, "type");
        jw_strz(w, "array");
        jw_key(w, "items");
        if (f->type->flags & FT_LINES)
            schema_ref(w, str_z(w->b->mem, str_cat(w->b->mem, S("record_"), f->target->name)));
        else
            schema_ref(w, "Reference");
        jw_end_obj(w);
        return;
    }
    switch (f->vtype) {
    case V_REF:  schema_ref(w, "Reference"); break;
    case V_BOOL: type_schema(w, "boolean", NULL); break;
    case V_INT:  type_schema(w, "integer", "int64"); break;
    case V_DEC:  schema_ref(w, "Decimal"); break;
    case V_DATE: type_schema(w, "string", "date"); break;
    case V_TIME: type_schema(w, "string", "date-time"); break;
    case V_LIST:
        jw_obj(w);
        jw_key(w, "type");
        jw_strz(w, "array");
        jw_key(w, "items");
        type_schema(w, "string", NULL);
        jw_end_obj(w);
        break;
    default: type_schema(w, "string", NULL);
    }
}

static bool visible(struct call *k, const struct module *m, struct access *a)
{
    *a = access_of(&k->c, m);
    return a->everything || a->nroles;
}

static void schemas(struct call *k)
{
    struct jw    *w = &k->w;
    struct access a;
    jw_key(w, "Decimal");
    jw_raw(w, S("{\"description\":\"An exact decimal: a string in answers, a string or a number in requests\",\"type\":[\"string\",\"number\"]}"));
    jw_key(w, "Reference");
    jw_raw(w, S("{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"integer\",\"format\":\"int64\"},\"title\":{\"type\":\"string\"}}}"));
    jw_key(w, "Problem");
    jw_raw(w, S("{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\"],\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
                "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},\"trace\":{\"type\":\"string\"},\"problems\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
                "\"properties\":{\"field\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}}}}}}"));
    for (size_t i = 0; i < k->c.cat->nmodules; i++) {
        const struct module *m = &k->c.cat->modules[i];
        if (!visible(k, m, &a))
            continue;
        jw_key_str(w, str_cat(k->c.mem, S("record_"), m->name));
        jw_obj(w);
        jw_key(w, "type");
        jw_strz(w, "object");
        jw_key(w, "properties");
        jw_obj(w);
        for (int s = 0; s < m->nfields; s++) {
            const struct field *f = &m->fields[s];
            if (f->part_of || s == SLOT_DELETED_AT || (s == SLOT_RECORD_TYPE && !m->ntypes) || !access_field(&a, f, FIELD_READ))
                continue;
            jw_key_str(w, f->name);
            if (s == SLOT_ID)
                type_schema(w, "integer", "int64");
            else
                field_schema(w, f);
        }
        jw_end_obj(w);
        jw_end_obj(w);
    }
}

static void parameters(struct jw *w, const char *path, str fixed)
{
    str rest = str_of(path), part;
    jw_key(w, "parameters");
    jw_arr(w);
    while (str_cut(&rest, '/', &part)) {
        if (!part.n || part.p[0] != '{' || (fixed.n && str_eqz(part, "{m}")))
            continue;
        jw_obj(w);
        jw_key(w, "name");
        jw_str(w, str_sub(part, 1, part.n - 1));
        jw_key(w, "in");
        jw_strz(w, "path");
        jw_key(w, "required");
        jw_bool(w, true);
        jw_key(w, "schema");
        type_schema(w, str_eqz(part, "{id}") ? "integer" : "string", NULL);
        jw_end_obj(w);
    }
    if (str_ends(str_of(path), S("/records/{m}"))) {
        static const char *const q[] = { "where", "sort", "fields", "limit", "cursor", "count", "q", "deleted", "ids" };
        for (size_t i = 0; i < sizeof q / sizeof q[0]; i++) {
            jw_obj(w);
            jw_key(w, "name");
            jw_strz(w, q[i]);
            jw_key(w, "in");
            jw_strz(w, "query");
            jw_key(w, "schema");
            type_schema(w, "string", NULL);
            jw_end_obj(w);
        }
    }
    jw_end_arr(w);
}

static void json_content(struct jw *w, str schema)
{
    jw_key(w, "content");
    jw_obj(w);
    jw_key(w, "application/json");
    jw_obj(w);
    jw_key(w, "schema");
    if (schema.n)
        schema_ref(w, str_z(w->b->mem, schema));
    else
        type_schema(w, "object", NULL);
    jw_end_obj(w);
    jw_end_obj(w);
}

static void operation(struct call *k, const struct route *r, str module)
{
    struct jw *w = &k->w;
    bool       writes = !strcmp(r->method, "POST") || !strcmp(r->method, "PATCH");
    bool       record = module.n && (strstr(r->path, "/records/{m}/{id}") == r->path || !strcmp(r->path, "/records/{m}"));
    str        schema = record && !strstr(r->path, "history") ? str_cat(k->c.mem, S("record_"), module) : STR_NONE;
    struct buf id;
    buf_init(&id, k->c.mem);
    buf_printf(&id, "%s", r->method);
    for (const char *p = r->path; *p; p++)
        if (*p != '{' && *p != '}')
            buf_putc(&id, *p == '/' || *p == '.' ? '_' : *p);
    if (module.n)
        buf_printf(&id, "_" STR_FMT, STR_ARG(module));
    for (size_t i = 0; i < str_of(r->method).n; i++)
        id.p[i] = (char)(id.p[i] | 32);
    char method[8] = { 0 };
    for (size_t i = 0; i < 7 && r->method[i]; i++)
        method[i] = (char)(r->method[i] | 32);
    jw_key(w, method);
    jw_obj(w);
    jw_key(w, "summary");
    jw_strz(w, r->doc);
    jw_key(w, "operationId");
    jw_str(w, buf_str(&id));
    jw_key(w, "tags");
    jw_arr(w);
    str tag = str_of(r->path + 1), first;
    str_cut(&tag, '/', &first);
    jw_str(w, first);
    jw_end_arr(w);
    if (r->flags & ROUTE_OPEN) {
        jw_key(w, "security");
        jw_raw(w, S("[{}]"));
    }
    parameters(w, r->path, module);
    if (writes && !strstr(r->path, "restore")) {
        jw_key(w, "requestBody");
        jw_obj(w);
        json_content(w, schema);
        jw_end_obj(w);
    }
    jw_key(w, "responses");
    jw_obj(w);
    bool created = !strcmp(r->method, "POST") && (!strcmp(r->path, "/records/{m}") || strstr(r->path, "/modules") == r->path || !strcmp(r->path, "/views") ||
                                                  !strcmp(r->path, "/roles") || !strcmp(r->path, "/users"));
    bool nothing = !strcmp(r->method, "DELETE");
    jw_key(w, nothing ? "204" : created ? "201" : "200");
    jw_obj(w);
    jw_key(w, "description");
    jw_strz(w, nothing ? "Done" : created ? "Created" : "The answer");
    bool list = !strcmp(r->method, "GET") && !strcmp(r->path, "/records/{m}");
    if (!nothing && strcmp(r->path, "/metrics") && strcmp(r->path, "/events"))
        json_content(w, list ? STR_NONE : schema);
    jw_end_obj(w);
    jw_key(w, "4XX");
    jw_raw(w, S("{\"description\":\"Refused, with the reason\",\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}"));
    jw_end_obj(w);
    jw_end_obj(w);
}

/* The operations of one address; records once for each module, with its own schema. */
static void address(struct call *k, const struct route *first, str module)
{
    struct jw *w = &k->w;
    str        path = str_of(first->path);
    ptrdiff_t  at = module.n ? str_find(path, S("{m}")) : -1;
    if (at >= 0)
        path = str_cat(k->c.mem, str_cat(k->c.mem, str_sub(path, 0, (size_t)at), url_encode(k->c.mem, module)), str_sub(path, (size_t)at + 3, path.n));
    jw_key_str(w, path);
    jw_obj(w);
    for (const struct route *r = first; r->method; r++)
        if (!strcmp(r->path, first->path))
            operation(k, r, module);
    jw_end_obj(w);
}

bool openapi_get(struct call *k)
{
    struct jw    *w = &k->w;
    struct access a;
    jw_obj(w);
    jw_key(w, "openapi");
    jw_strz(w, "3.1.0");
    jw_key(w, "info");
    jw_obj(w);
    jw_key(w, "title");
    jw_strz(w, "Qudao");
    jw_key(w, "version");
    jw_strz(w, QUDAO_VERSION);
    jw_key(w, "description");
    jw_strz(w, "Channel-partner CRM: records, agreements, reports. Modules made by administrators are described like the shipped ones.");
    jw_key(w, "license");
    jw_raw(w, S("{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}"));
    jw_end_obj(w);
    jw_key(w, "servers");
    jw_raw(w, S("[{\"url\":\"/api/v1\"}]"));
    jw_key(w, "security");
    jw_raw(w, S("[{\"bearer\":[]},{\"cookie\":[]}]"));
    jw_key(w, "paths");
    jw_obj(w);
    for (const struct route *r = routes; r->method; r++) {
        bool seen = false;
        for (const struct route *before = routes; before < r; before++)
            seen |= !strcmp(before->path, r->path);
        if (seen)
            continue;
        if (strstr(r->path, "/records/{m}") != r->path) {
            address(k, r, STR_NONE);
            continue;
        }
        for (size_t i = 0; i < k->c.cat->nmodules; i++)
            if (visible(k, &k->c.cat->modules[i], &a))
                address(k, r, k->c.cat->modules[i].name);
    }
    jw_end_obj(w);
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
