/* workspace: see workspace.h. */
#include "api/workspace.h"
#include "auth/auth.h"
#include "auth/schema.h"
#include "base/check.h"
#include "channel/app_files.h"
#include "meta/design.h"
#include "meta/schema.h"
#include "record/turn.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool workspace_migrate(struct store *st, struct err *e)
{
    struct migration steps[8];
    size_t           n = 0;
    steps[n++] = meta_migrations[0];
    steps[n++] = (struct migration){ 2, "who may come in", auth_schema_sql, NULL };
    for (size_t i = 1; i < meta_nmigrations; i++)
        steps[n++] = meta_migrations[i];
    return store_migrate(st, steps, n, e);
}

bool workspace_open(const struct workspace_options *o, struct store **out, struct err *e)
{
    char                 path[4096];
    struct store_options so = { .readers = o->readers };
    if (o->database && *o->database) {
        so.postgres_url = o->database;
        so.schema = o->schema && *o->schema ? o->schema : "qudao";
    } else {
        mkdir(o->data, 0700);
        CHECK(snprintf(path, sizeof path, "%s/qudao.db", o->data) < (int)sizeof path);
        so.sqlite_path = path;
    }
    if (!store_open(&so, out, e))
        return false;
    if (workspace_migrate(*out, e))
        return true;
    store_close(*out);
    return false;
}

/* ---- desks of the program itself ----------------------------------------------------------------------------------- */

static int64_t catalog_version(struct ctx *c)
{
    struct rows r;
    if (!db_run(c->db, S("SELECT value FROM q_version WHERE name = 'catalog'"), NULL, 0, c->mem, &r, &c->err))
        return -1;
    return r.nrows ? CELL(&r, 0, 0)->u.i : -1;
}

bool desk_run(struct store *st, struct catalogs *cs, enum tx_mode mode, const char *way, struct arena *mem, desk_work *work, void *arg, struct err *e)
{
    static const struct actor program = { .system = true, .active = true };
    for (int i = 0;; i++) {
        struct ctx c = { .mem = mem, .actor = &program, .now = instant_now(), .way = way };
        err_init(&c.err, mem, e->lang);
        bool ok = db_begin(st, mode, way, &c.db, &c.err);
        if (ok) {
            int64_t version = turn_take(c.db, turn_of_try(i), &c.err) ? catalog_version(&c) : -1;
            ok = version >= 0 && catalog_pin(cs, c.db, version, &c.cat, &c.err);
            ok = ok && work(&c, arg) && rec_flush(&c);
            if (c.cat)
                catalog_unpin(cs, c.cat);
            if (ok)
                ok = db_commit(c.db, &c.err);
            else
                db_rollback(c.db);
        }
        if (ok)
            return true;
        if (c.err.kind != ERR_BUSY || i >= 10)
            return err_take(e, &c.err);
    }
}

static bool sit_down(struct desk *d)
{
    struct ctx *c = &d->c;
    int64_t     version = catalog_version(c);
    if (version < 0 || !catalog_pin(d->catalogs, c->db, version, &c->cat, &c->err))
        return false;
    if (!d->user)
        d->actor = (struct actor){ .system = true, .active = true };
    else if (!actor_load(c, d->user, &d->actor))
        return c->err.kind ? false : err_set(&c->err, ERR_DENIED, "Whoever asked for this may no longer sign in");
    return true;
}

bool desk_open(struct desk *d, enum tx_mode mode, struct ctx **out, struct err *e)
{
    arena_reset(d->mem);
    d->c = (struct ctx){ .mem = d->mem, .actor = &d->actor, .now = instant_now(), .way = d->way };
    err_init(&d->c.err, d->mem, d->lang);
    *out = &d->c;
    if (!db_begin(d->store, mode, d->way, &d->c.db, e))
        return false;
    if (turn_take(d->c.db, d->spoilt ? TURN_ALONE : TURN_BESIDE, &d->c.err) && sit_down(d))
        return true;
    err_take(e, &d->c.err);
    desk_rollback(d);
    return false;
}

static void desk_leave(struct desk *d)
{
    if (d->c.cat)
        catalog_unpin(d->catalogs, d->c.cat);
    d->c.cat = NULL;
}

bool desk_commit(struct desk *d, struct err *e)
{
    desk_leave(d);
    d->spoilt = !db_commit(d->c.db, e);
    d->c.db = NULL;
    return !d->spoilt;
}

void desk_rollback(struct desk *d)
{
    desk_leave(d);
    d->spoilt = db_mode(d->c.db) == TX_WRITE;
    db_rollback(d->c.db);
    d->c.db = NULL;
}

bool user_by_email(struct ctx *c, str email, int64_t *id)
{
    const struct module *m = catalog_module(c->cat, S("user"));
    const struct field  *f = m ? module_field(m, S("email")) : NULL;
    struct rows          r;
    struct value         a[] = { v_text(email) };
    *id = 0;
    if (!f)
        return true;
    str sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE LOWER(" STR_FMT ") = LOWER($1) AND deleted_at IS NULL", STR_ARG(m->table), STR_ARG(f->column));
    if (!db_run(c->db, sql, a, 1, c->mem, &r, &c->err))
        return false;
    if (r.nrows)
        *id = CELL(&r, 0, 0)->u.i;
    return true;
}

/* ---- a new workspace ------------------------------------------------------------------------------------------------ */

struct init { const struct workspace_new *o; bool exists; };

static bool find_module(struct ctx *c, void *arg)
{
    *(bool *)arg = catalog_module(c->cat, S("user")) != NULL;
    return true;
}

bool workspace_exists(struct store *st, bool *out, struct err *e)
{
    struct catalogs *cs = catalogs_new();
    struct arena    *mem = arena_new(0);
    bool             ok = desk_run(st, cs, TX_READ, "system", mem, find_module, out, e);
    catalogs_free(cs);
    arena_free(mem);
    return ok;
}

static bool starts(const char *path, const char *dir) { return strncmp(path, dir, strlen(dir)) == 0; }

static bool belongs(const char *path, str app)
{
    return starts(path, "core/") || (strlen(path) > app.n && !strncmp(path, app.p, app.n) && path[app.n] == '/');
}

static bool parse_file(struct ctx *c, const struct app_file *f, struct json **out)
{
    return json_parse(c->mem, f->text, out, &c->err) || err_detail(&c->err, "app file %s", f->path);
}

static bool load_modules(struct ctx *c, struct design *d, str app)
{
    size_t                n, m = 0;
    const struct app_file *f = app_files(&n);
    const struct json    **defs = NEWV(c->mem, const struct json *, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct json *j;
        bool         module = belongs(f[i].path, app) && (starts(f[i].path, "core/") || strstr(f[i].path, "/modules/"));
        if (!module || !strstr(f[i].path, ".json"))
            continue;
        if (!parse_file(c, &f[i], &j))
            return false;
        if (json_str(j, "name").n)
            defs[m++] = j;
    }
    return design_load(d, defs, m, &c->err);
}

/* roles.json, views.json, dashboards.json, calendars.json: {"roles":[{"name",…},…]} */
static bool load_items(struct ctx *c, struct design *d, str app)
{
    static const struct { const char *file, *list, *kind; } kinds[] = {
        { "/roles.json", "roles", "role" }, { "/views.json", "views", "view" }, { "/dashboards.json", "dashboards", "dashboard" }, { "/calendars.json", "calendars", "calendar" },
    };
    size_t                 n;
    const struct app_file *f = app_files(&n);
    int64_t                id;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            struct json *j;
            if (!belongs(f[i].path, app) || !str_ends(str_of(f[i].path), str_of(kinds[k].file)))
                continue;
            if (!parse_file(c, &f[i], &j))
                return false;
            const struct json *list = json_get(j, kinds[k].list);
            for (const struct json *x = list ? list->first : NULL; x; x = x->next) {
                str name = json_str(x, "name");
                if (!strcmp(kinds[k].kind, "view"))
                    name = str_printf(c->mem, STR_FMT "." STR_FMT, STR_ARG(json_str(x, "module")), STR_ARG(name));
                if (!design_item_put(d, kinds[k].kind, name, x, &id, &c->err))
                    return false;
            }
        }
    return true;
}

/* Every workspace has it, whatever its application brings. */
static bool administrators(struct ctx *c, struct design *d)
{
    static const char def[] = "{\"name\":\"administrator\",\"labels\":{\"en\":\"Administrator\",\"zh-CN\":\"系统管理员\"},\"admin\":true}";
    struct json      *j;
    int64_t           id;
    return json_parse(c->mem, S(def), &j, &c->err) && design_item_put(d, "role", S("administrator"), j, &id, &c->err);
}

static bool has_app(str app)
{
    size_t                 n;
    const struct app_file *f = app_files(&n);
    for (size_t i = 0; i < n; i++)
        if (!starts(f[i].path, "core/") && belongs(f[i].path, app))
            return true;
    return str_eqz(app, "core");
}

static bool load_application(struct ctx *c, void *arg)
{
    struct init  *in = arg;
    struct design d = { .db = c->db, .mem = c->mem, .cat = c->cat, .now = c->now };
    struct buf    b;
    struct jw     w;
    struct json  *setting;
    int64_t       id;
    const struct module *user = catalog_module(c->cat, S("user"));
    struct rows          r = { 0 };
    if (user && !db_run(c->db, str_printf(c->mem, "SELECT 1 FROM " STR_FMT " LIMIT 1", STR_ARG(user->table)), NULL, 0, c->mem, &r, &c->err))
        return false;
    in->exists = r.nrows > 0;       /* without anybody the administrator was refused: another one may follow */
    if (user)
        return true;
    if (!has_app(in->o->application))
        return err_set(&c->err, ERR_INVALID, "The application “" STR_FMT "” does not come with this program", STR_ARG(in->o->application));
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "name");
    jw_str(&w, in->o->name);
    jw_key(&w, "zone");
    jw_strz(&w, "Asia/Shanghai");
    jw_key(&w, "currency");
    jw_strz(&w, "CNY");
    jw_key(&w, "locale");
    jw_str(&w, in->o->locale);
    jw_key(&w, "fiscal_start");
    jw_int(&w, 1);
    jw_end_obj(&w);
    return json_parse(c->mem, buf_str(&b), &setting, &c->err) && load_modules(c, &d, in->o->application) &&
           design_item_put(&d, "setting", S("workspace"), setting, &id, &c->err) && administrators(c, &d) && load_items(c, &d, in->o->application);
}

struct first_user { const struct workspace_new *o; struct auth *auth; };

static bool make_administrator(struct ctx *c, void *arg)
{
    const struct first_user    *in = arg;
    const struct workspace_new *o = in->o;
    const struct module        *m = catalog_module(c->cat, S("user"));
    struct record              *r;
    struct json                *j;
    struct buf                  b;
    struct jw                   w;
    int64_t                     id;
    if (!user_by_email(c, o->email, &id))
        return false;
    if (id)
        return true;
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "name");
    jw_str(&w, str_eqz(o->locale, "en") ? S("Administrator") : S("管理员"));
    jw_key(&w, "email");
    jw_str(&w, o->email);
    jw_key(&w, "locale");
    jw_str(&w, o->locale);
    jw_key(&w, "roles");
    jw_raw(&w, S("[\"administrator\"]"));
    jw_key(&w, "active");
    jw_bool(&w, true);
    jw_end_obj(&w);
    return json_parse(c->mem, buf_str(&b), &j, &c->err) && record_read_json(c, m, j, &r) && rec_create(c, r) &&
           auth_set_password(in->auth, c->db, c->mem, r->id, o->email, o->password, c->now, &c->err);
}

bool workspace_init(struct store *st, const struct workspace_new *o, struct err *e)
{
    struct catalogs *cs = catalogs_new();
    struct arena    *mem = arena_new(0);
    struct init      in = { .o = o };
    bool             ok = desk_run(st, cs, TX_WRITE, "system", mem, load_application, &in, e);
    if (ok && !in.exists && o->email.n) {
        struct first_user first = { o, auth_new(st, NULL) };
        ok = desk_run(st, cs, TX_WRITE, "system", mem, make_administrator, &first, e);
        auth_free(first.auth);
    }
    catalogs_free(cs);
    arena_free(mem);
    return ok;
}
