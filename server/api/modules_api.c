/* modules_api: the catalog as callers may see it, and its changes by administrators. */
#include "api/api.h"
#include "meta/calendars.h"
#include "meta/definition.h"
#include "meta/design.h"

static void put_json(struct jw *w, const char *key, const struct json *j)
{
    if (!j)
        return;
    jw_key(w, key);
    jw_json(w, j);
}

static const char *level_name(int level) { return level == FIELD_WRITE ? "write" : level == FIELD_READ ? "read" : "none"; }

static int best_level(const struct access *a, const struct field *f)
{
    int best = a->everything ? FIELD_WRITE : FIELD_NONE;
    for (size_t i = 0; i < a->nroles; i++)
        if (a->roles[i]->fields[f->slot] > best)
            best = a->roles[i]->fields[f->slot];
    return best;
}

static const char *result_name(const struct field *f)
{
    static const char *const names[] = { [V_BOOL] = "boolean", [V_INT] = "integer", [V_DEC] = "decimal", [V_TEXT] = "text",
                                         [V_DATE] = "date", [V_TIME] = "datetime", [V_REF] = "relation", [V_LIST] = "choices" };
    return names[f->vtype] ? names[f->vtype] : "text";
}

static void options_json(struct jw *w, const struct field *f)
{
    jw_key(w, "options");
    jw_arr(w);
    for (size_t i = 0; i < f->noptions; i++) {
        jw_obj(w);
        jw_key(w, "code");
        jw_str(w, f->options[i].code);
        jw_key(w, "labels");
        jw_obj(w);
        jw_key(w, "en");
        jw_str(w, f->options[i].label.en);
        jw_key(w, "zh-CN");
        jw_str(w, f->options[i].label.zh);
        jw_end_obj(w);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

/* The definition as it was given, with what follows from it. */
static void field_json(struct call *k, const struct field *f, const struct access *a)
{
    struct jw *w = &k->w;
    (void)a;
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, f->id);
    jw_key(w, "module_id");
    jw_int(w, f->module->id);
    bool roles = f->module->system && str_eqz(f->name, "roles");
    for (const struct json *j = f->def->first; j; j = j->next)
        if (!str_eqz(j->key, "result") && !str_eqz(j->key, "scale") && !str_eqz(j->key, "id") && !str_eqz(j->key, "module_id") &&
            !(roles && str_eqz(j->key, "options"))) {
            jw_key_str(w, j->key);
            jw_json(w, j);
        }
    if (roles)
        options_json(w, f);
    if (f->type->flags & (FT_COMPUTED | FT_READ)) {
        const struct json *r = json_get(f->def, "result");
        jw_key(w, "result");
        if (r)
            jw_str(w, r->s);
        else
            jw_strz(w, result_name(f));
        if (f->target) {
            jw_key(w, "module");
            jw_str(w, f->target->name);
        }
    }
    if (f->vtype == V_DEC) {
        const struct json *r = json_get(f->def, "result");
        bool percent = str_eqz(str_of(f->type->name), "percent") || (r && str_eqz(r->s, "percent"));
        jw_key(w, "scale");
        jw_int(w, f->scale - (percent ? 2 : 0));
    }
    jw_end_obj(w);
}

static void rights_json(struct call *k, const struct module *m, const struct access *a)
{
    struct jw *w = &k->w;
    jw_key(w, "rights");
    jw_obj(w);
    jw_key(w, "create");
    jw_bool(w, access_any(a, ACT_CREATE));
    jw_key(w, "update");
    jw_bool(w, access_any(a, ACT_UPDATE));
    jw_key(w, "delete");
    jw_bool(w, access_any(a, ACT_DELETE));
    jw_key(w, "fields");
    jw_obj(w);
    for (int i = SLOT_OWNER; i < m->nfields; i++) {
        int level = best_level(a, &m->fields[i]);
        if (i == SLOT_DELETED_AT || (i == SLOT_RECORD_TYPE && !m->ntypes) || m->fields[i].part_of || level == FIELD_NONE)
            continue;
        jw_key_str(w, m->fields[i].name);
        jw_strz(w, m->fields[i].readonly ? "read" : level_name(level));
    }
    jw_end_obj(w);
    jw_end_obj(w);
}

static void related_json(struct call *k, const struct module *m)
{
    struct jw *w = &k->w;
    jw_key(w, "related");
    jw_arr(w);
    for (size_t i = 0; i < m->nlists; i++) {
        const struct field *l = &m->lists[i];
        struct access       a = access_of(&k->c, l->target);
        if (!access_any(&a, ACT_READ) || !access_field(&a, l->via, FIELD_READ))
            continue;
        jw_obj(w);
        jw_key(w, "name");
        jw_str(w, l->name);
        jw_key(w, "labels");
        jw_obj(w);
        jw_key(w, "en");
        jw_str(w, l->label.en);
        jw_key(w, "zh-CN");
        jw_str(w, l->label.zh);
        jw_end_obj(w);
        jw_key(w, "module");
        jw_str(w, l->target->name);
        jw_key(w, "via");
        jw_str(w, l->via->name);
        jw_end_obj(w);
    }
    jw_end_arr(w);
}

static void module_json(struct call *k, const struct module *m)
{
    struct jw    *w = &k->w;
    struct access a = access_of(&k->c, m);
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, m->id);
    for (const struct json *j = m->def->first; j; j = j->next)
        if (!str_eqz(j->key, "id") && !str_eqz(j->key, "title") && !str_eqz(j->key, "rules")) {
            jw_key_str(w, j->key);
            jw_json(w, j);
        }
    if (ctx_is_admin(&k->c))
        put_json(w, "rules", json_get(m->def, "rules"));
    jw_key(w, "title");
    jw_str(w, m->title->name);
    jw_key(w, "fields");
    jw_arr(w);
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (!m->fields[i].part_of && best_level(&a, &m->fields[i]) != FIELD_NONE)
            field_json(k, &m->fields[i], &a);
    jw_end_arr(w);
    related_json(k, m);
    rights_json(k, m, &a);
    jw_end_obj(w);
}

bool modules_list(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "version");
    jw_int(&k->w, k->c.cat->version);
    jw_key(&k->w, "modules");
    jw_arr(&k->w);
    for (size_t i = 0; i < k->c.cat->nmodules; i++) {
        struct access a = access_of(&k->c, &k->c.cat->modules[i]);
        if (a.everything || a.nroles)
            module_json(k, &k->c.cat->modules[i]);
    }
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

bool modules_get(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    if (m)
        module_json(k, m);
    return m != NULL;
}

static struct design designer(struct call *k)
{
    return (struct design){ .db = k->c.db, .mem = k->c.mem, .cat = k->c.cat, .actor = k->c.actor->user, .now = k->c.now };
}

/* A formula without a stated result has the decimals of what it reads; stored values count in them. */
static bool rescaled(const struct catalog *was, const struct module *m)
{
    const struct module *old = catalog_module_id(was, m->id);
    for (size_t i = 0; old && i < m->ncomputed; i++)
        for (int k = SLOT_FIRST; k < old->nfields; k++)
            if (!old->fields[k].part_of && old->fields[k].id == m->computed[i]->id && old->fields[k].scale != m->computed[i]->scale)
                return true;
    return false;
}

static bool recompute(struct call *k, const struct catalog *was, const struct module *m)
{
    for (size_t i = 0; i < k->c.cat->nmodules; i++) {
        const struct module *other = &k->c.cat->modules[i];
        if ((other == m || rescaled(was, other)) && !rec_recompute(&k->c, other))
            return false;
    }
    return true;
}

/* Whether fields that there were before are searched now and were not, or the other way round. */
static bool searched_otherwise(const struct catalog *was, const struct module *m)
{
    const struct module *old = catalog_module_id(was, m->id);
    for (int i = SLOT_FIRST; old && i < m->nfields; i++)
        for (int k = SLOT_FIRST; k < old->nfields; k++) {
            const struct field *f = &m->fields[i], *g = &old->fields[k];
            if (str_eq(f->column, g->column) && (f->search && m->search) != (g->search && old->search))
                return true;
        }
    return false;
}

/* The answer is written from the new catalog, which this transaction has made and nobody else sees yet. */
static bool answer_new(struct call *k, int64_t module, str field)
{
    struct catalog       *after;
    const struct catalog *was = k->c.cat;
    if (!catalog_load(k->c.db, was->version + 1, &after, &k->c.err))
        return false;
    const struct module *m = catalog_module_id(after, module);
    k->c.cat = after;
    bool ok = !field.n || !(module_field(m, field)->type->flags & FT_COMPUTED) || recompute(k, was, m);
    ok = ok && (!searched_otherwise(was, m) || rec_index(&k->c, m));
    if (field.n) {
        struct access a = access_of(&k->c, m);
        field_json(k, module_field(m, field), &a);
    } else
        module_json(k, m);
    k->c.cat = was;
    k->c.dirty = NULL;      /* it was of the catalog that goes now */
    k->c.ndirty = k->c.dirty_cap = 0;
    catalog_free(after);
    return ok;
}

bool modules_create(struct call *k)
{
    struct design d = designer(k);
    int64_t       id;
    if (!call_body(k) || !design_module_create(&d, k->body, &id, &k->c.err))
        return false;
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/modules/" STR_FMT, STR_ARG(url_encode(k->c.mem, json_str(k->body, "name")))));
    return answer_new(k, id, STR_NONE);
}

bool modules_update(struct call *k)
{
    struct design        d = designer(k);
    const struct module *m = call_module(k, k->params[0]);
    return m && call_body(k) && design_module_update(&d, m, k->body, &k->c.err) && answer_new(k, m->id, STR_NONE);
}

bool modules_delete(struct call *k)
{
    struct design        d = designer(k);
    const struct module *m = call_module(k, k->params[0]);
    if (!m || !design_module_delete(&d, m, &k->c.err))
        return false;
    call_status(k, 204);
    return true;
}

static const struct field *call_field(struct call *k, const struct module *m)
{
    const struct field *f = module_field(m, k->params[1]);
    if (!f)
        err_set(&k->c.err, ERR_NOT_FOUND, "There is no field “" STR_FMT "”", STR_ARG(k->params[1]));
    return f;
}

bool fields_create(struct call *k)
{
    struct design        d = designer(k);
    const struct module *m = call_module(k, k->params[0]);
    int64_t              id;
    if (!m || !call_body(k) || !design_field_create(&d, m, k->body, &id, &k->c.err))
        return false;
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/modules/" STR_FMT "/fields/" STR_FMT, STR_ARG(url_encode(k->c.mem, m->name)),
                                          STR_ARG(url_encode(k->c.mem, json_str(k->body, "name")))));
    return answer_new(k, m->id, json_str(k->body, "name"));
}

bool fields_get(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    const struct field  *f = m ? call_field(k, m) : NULL;
    struct access        a;
    if (!f)
        return false;
    a = access_of(&k->c, m);
    if (best_level(&a, f) == FIELD_NONE || !f->def)
        return err_set(&k->c.err, ERR_NOT_FOUND, "There is no field “" STR_FMT "”", STR_ARG(k->params[1]));
    field_json(k, f, &a);
    return true;
}

bool fields_update(struct call *k)
{
    struct design        d = designer(k);
    const struct module *m = call_module(k, k->params[0]);
    const struct field  *f = m ? call_field(k, m) : NULL;
    if (!f || !call_body(k) || !design_field_update(&d, f, k->body, &k->c.err))
        return false;
    return answer_new(k, m->id, json_get(k->body, "name") ? json_str(k->body, "name") : f->name);
}

bool fields_delete(struct call *k)
{
    struct design        d = designer(k);
    const struct module *m = call_module(k, k->params[0]);
    const struct field  *f = m ? call_field(k, m) : NULL;
    if (!f || !design_field_delete(&d, f, &k->c.err))
        return false;
    call_status(k, 204);
    return true;
}

/* ---- views, dashboards ------------------------------------------------------------------------------------------ */

static void item_json(struct jw *w, int64_t id, const struct json *def)
{
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, id);
    for (const struct json *j = def->first; j; j = j->next)
        if (!str_eqz(j->key, "id")) {
            jw_key_str(w, j->key);
            jw_json(w, j);
        }
    jw_end_obj(w);
}

/* A view is shown to everybody when shared, else to its maker; only for modules that the caller may read. */
static bool may_see_view(struct call *k, const struct item *it)
{
    int64_t       maker = 0;
    struct access a;
    if (!it->module)
        return false;
    a = access_of(&k->c, it->module);
    json_i64(it->def, "owner", &maker);
    return access_any(&a, ACT_READ) && (json_bool(it->def, "shared", true) || maker == k->c.actor->user);
}

bool views_list(struct call *k)
{
    str only = call_param(k, "module");
    jw_obj(&k->w);
    jw_key(&k->w, "views");
    jw_arr(&k->w);
    for (size_t i = 0; i < k->c.cat->nitems; i++) {
        const struct item *it = &k->c.cat->items[i];
        if (str_eqz(it->kind, "view") && may_see_view(k, it) && (!only.n || str_eq(it->module->name, only)))
            item_json(&k->w, it->id, it->def);
    }
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

static const struct item *find_item(struct call *k, const char *kind, str id_text)
{
    int64_t id;
    if (str_to_i64(id_text, &id))
        for (size_t i = 0; i < k->c.cat->nitems; i++)
            if (k->c.cat->items[i].id == id && str_eqz(k->c.cat->items[i].kind, kind))
                return &k->c.cat->items[i];
    err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
    return NULL;
}

/* The body with what the server decides: whose it is, and its name. */
static const struct json *view_def(struct call *k, const struct json *old, const struct json *body, str name)
{
    struct buf   b;
    struct jw    w;
    struct json *out;

    buf_init(&b, k->c.mem);
    jw_init(&w, &b);
    jw_obj(&w);
    for (const struct json *j = body->first; j; j = j->next)
        if (!str_eqz(j->key, "id") && !str_eqz(j->key, "owner") && !str_eqz(j->key, "name") &&
            !(str_eqz(j->key, "shared") && j->b && !ctx_is_admin(&k->c))) {
            jw_key_str(&w, j->key);
            jw_json(&w, j);
        }
    for (const struct json *j = old ? old->first : NULL; j; j = j->next)
        if (!json_get_str(body, j->key) && !str_eqz(j->key, "owner") && !str_eqz(j->key, "name")) {
            jw_key_str(&w, j->key);
            jw_json(&w, j);
        }
    if (!old && !ctx_is_admin(&k->c) && !(json_get(body, "shared") && !json_bool(body, "shared", true))) {
        jw_key(&w, "shared");
        jw_bool(&w, false);
    }
    jw_key(&w, "name");
    jw_str(&w, name);
    int64_t maker = k->c.actor->user;
    if (old)
        json_i64(old, "owner", &maker);
    jw_key(&w, "owner");
    jw_int(&w, maker);
    jw_end_obj(&w);
    return json_parse(k->c.mem, buf_str(&b), &out, &k->c.err) ? out : NULL;
}

/* What a view asks must be askable by its maker. */
static bool check_view(struct call *k, const struct json *def)
{
    const struct module   *m = call_module(k, json_str(def, "module"));
    const struct expr     *where;
    const struct sort_key *sort;
    const struct column   *cols;
    size_t                 n;
    if (!m)
        return false;
    if (json_str(def, "where").n && !rec_where(&k->c, m, json_str(def, "where"), &where))
        return false;
    if (!rec_sort(&k->c, m, json_str(def, "sort"), &sort, &n))
        return false;
    const struct json *list = json_get(def, "columns");
    for (const struct json *j = list ? list->first : NULL; j; j = j->next)
        if (!rec_columns(&k->c, m, j->s, false, &cols, &n))
            return false;
    return true;
}

bool views_create(struct call *k)
{
    struct design d = designer(k);
    int64_t       id;
    str           name;
    if (!call_body(k) || !check_view(k, k->body))
        return false;
    name = str_printf(k->c.mem, "v%lld_%lld", (long long)k->c.actor->user, (long long)k->c.now);
    const struct json *def = view_def(k, NULL, k->body, name);
    if (!def || !design_item_put(&d, "view", name, def, &id, &k->c.err))
        return false;
    call_status(k, 201);
    item_json(&k->w, id, def);
    return true;
}

static bool may_change_view(struct call *k, const struct item *it)
{
    int64_t maker = 0;
    json_i64(it->def, "owner", &maker);
    if (!may_see_view(k, it))
        return err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
    return ctx_is_admin(&k->c) || maker == k->c.actor->user || err_set(&k->c.err, ERR_DENIED, "Only its maker may change this view");
}

bool views_update(struct call *k)
{
    struct design      d = designer(k);
    const struct item *it = find_item(k, "view", k->params[0]);
    int64_t            id;
    if (!it || !may_change_view(k, it) || !call_body(k))
        return false;
    const struct json *def = view_def(k, it->def, k->body, it->name);
    if (!def || !check_view(k, def) || !design_item_put(&d, "view", it->name, def, &id, &k->c.err))
        return false;
    item_json(&k->w, id, def);
    return true;
}

bool views_delete(struct call *k)
{
    struct design      d = designer(k);
    const struct item *it = find_item(k, "view", k->params[0]);
    if (!it || !may_change_view(k, it) || !design_item_delete(&d, "view", it->id, &k->c.err))
        return false;
    call_status(k, 204);
    return true;
}

bool dashboards_list(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "dashboards");
    jw_arr(&k->w);
    for (size_t i = 0; i < k->c.cat->nitems; i++) {
        const struct item *it = &k->c.cat->items[i];
        if (!str_eqz(it->kind, "dashboard"))
            continue;
        jw_obj(&k->w);
        jw_key(&k->w, "name");
        jw_str(&k->w, it->name);
        put_json(&k->w, "labels", json_get(it->def, "labels"));
        put_json(&k->w, "default", json_get(it->def, "default"));
        jw_end_obj(&k->w);
    }
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

bool dashboards_get(struct call *k)
{
    for (size_t i = 0; i < k->c.cat->nitems; i++)
        if (str_eqz(k->c.cat->items[i].kind, "dashboard") && str_eq(k->c.cat->items[i].name, k->params[0])) {
            item_json(&k->w, k->c.cat->items[i].id, k->c.cat->items[i].def);
            return true;
        }
    return err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
}

/* ---- business calendars -------------------------------------------------------------------------------------------- */

static const struct item *calendar_item(struct call *k, str name)
{
    for (size_t i = 0; i < k->c.cat->nitems; i++)
        if (str_eqz(k->c.cat->items[i].kind, "calendar") && str_eq(k->c.cat->items[i].name, name))
            return &k->c.cat->items[i];
    return NULL;
}

bool calendars_list(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "calendars");
    jw_arr(&k->w);
    for (size_t i = 0; i < k->c.cat->nitems; i++)
        if (str_eqz(k->c.cat->items[i].kind, "calendar"))
            item_json(&k->w, k->c.cat->items[i].id, k->c.cat->items[i].def);
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

bool calendars_get(struct call *k)
{
    const struct item *it = calendar_item(k, k->params[0]);
    if (!it)
        return err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
    item_json(&k->w, it->id, it->def);
    return true;
}

static bool counts_days(const struct module *m)
{
    for (size_t i = 0; i < m->ncomputed; i++)
        if (m->computed[i]->formula && m->computed[i]->formula->uses_calendar)
            return true;
    return false;
}

/* Stored formulas that count working days count them anew. */
static bool recount(struct call *k)
{
    struct catalog       *after;
    const struct catalog *was = k->c.cat;
    bool                  ok = true;
    if (!catalog_load(k->c.db, was->version + 1, &after, &k->c.err))
        return false;
    k->c.cat = after;
    for (size_t i = 0; i < after->nmodules && ok; i++)
        ok = !counts_days(&after->modules[i]) || rec_recompute(&k->c, &after->modules[i]);
    k->c.cat = was;
    k->c.dirty = NULL;      /* it was of the catalog that goes now */
    k->c.ndirty = k->c.dirty_cap = 0;
    catalog_free(after);
    return ok;
}

/* A copy of the object with one member set; NULL takes it out. */
static const struct json *with_member(struct call *k, const struct json *def, const char *key, const struct json *value)
{
    struct json *out = NEW(k->c.mem, struct json), **tail = &out->first;
    *out = (struct json){ .type = JSON_OBJECT };
    for (int last = 0; last < 2; last++)
        for (const struct json *j = last ? value : def->first; j; j = last ? NULL : j->next) {
            if (!last && str_eqz(j->key, key))
                continue;
            *tail = NEW(k->c.mem, struct json);
            **tail = *j;
            if (last)
                (*tail)->key = str_of(key);
            (*tail)->next = NULL;
            tail = &(*tail)->next;
            out->n++;
        }
    return out;
}

/* There is one default calendar: who becomes it takes over. */
static bool step_down_others(struct call *k, struct design *d)
{
    int64_t id;
    for (size_t i = 0; i < k->c.cat->nitems; i++) {
        const struct item *it = &k->c.cat->items[i];
        if (str_eqz(it->kind, "calendar") && !str_eq(it->name, k->params[0]) && json_bool(it->def, "default", false) &&
            !design_item_put(d, "calendar", it->name, with_member(k, it->def, "default", NULL), &id, &k->c.err))
            return false;
    }
    return true;
}

bool calendars_put(struct call *k)
{
    struct design         d = designer(k);
    struct named_calendar checked;
    struct json           name = { .type = JSON_STRING, .s = k->params[0] };
    bool                  fresh = !calendar_item(k, k->params[0]);
    int64_t               id;
    if (!call_body(k) || !calendar_define(k->params[0], k->body, k->c.mem, &checked, &k->c.err))
        return false;
    const struct json *def = with_member(k, with_member(k, k->body, "id", NULL), "name", &name);
    if ((json_bool(def, "default", false) && !step_down_others(k, &d)) || !design_item_put(&d, "calendar", k->params[0], def, &id, &k->c.err) || !recount(k))
        return false;
    call_status(k, fresh ? 201 : 200);
    item_json(&k->w, id, def);
    return true;
}

bool calendars_delete(struct call *k)
{
    struct design      d = designer(k);
    const struct item *it = calendar_item(k, k->params[0]);
    if (!it)
        return err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
    if (!design_item_delete(&d, "calendar", it->id, &k->c.err) || !recount(k))
        return false;
    call_status(k, 204);
    return true;
}

/* ---- roles --------------------------------------------------------------------------------------------------------- */

bool roles_list(struct call *k)
{
    jw_obj(&k->w);
    jw_key(&k->w, "roles");
    jw_arr(&k->w);
    for (size_t i = 0; i < k->c.cat->nroles; i++)
        item_json(&k->w, k->c.cat->roles[i].id, k->c.cat->roles[i].def);
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

static const struct role *call_role(struct call *k)
{
    const struct role *r = catalog_role(k->c.cat, k->params[0]);
    if (!r)
        err_set(&k->c.err, ERR_NOT_FOUND, "This does not exist");
    return r;
}

bool roles_get(struct call *k)
{
    const struct role *r = call_role(k);
    if (r)
        item_json(&k->w, r->id, r->def);
    return r != NULL;
}

bool roles_create(struct call *k)
{
    struct design d = designer(k);
    int64_t       id;
    if (!call_body(k) || !definition_role(k->body, &k->c.err))
        return false;
    if (catalog_role(k->c.cat, json_str(k->body, "name")))
        return err_set(&k->c.err, ERR_CONFLICT, "There is a role “" STR_FMT "” already", STR_ARG(json_str(k->body, "name")));
    if (!design_item_put(&d, "role", json_str(k->body, "name"), k->body, &id, &k->c.err))
        return false;
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/roles/" STR_FMT, STR_ARG(url_encode(k->c.mem, json_str(k->body, "name")))));
    item_json(&k->w, id, k->body);
    return true;
}

bool roles_update(struct call *k)
{
    struct design      d = designer(k);
    const struct role *r = call_role(k);
    int64_t            id;
    if (!r || !call_body(k))
        return false;
    if (json_get(k->body, "name") && !str_eq(json_str(k->body, "name"), r->name))
        return err_problem(&k->c.err, S("name"), "readonly", "A role keeps its name: users carry it");
    const struct json *def = design_merged(&d, r->def, k->body);
    if (!definition_role(def, &k->c.err) || (r->admin && !json_bool(def, "admin", false) && !rec_administrator_remains(&k->c, r)) ||
        !design_item_put(&d, "role", r->name, def, &id, &k->c.err))
        return false;
    item_json(&k->w, id, def);
    return true;
}
