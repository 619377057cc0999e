/* session_api: signing in and out, the own person, users. */
#include "api/entry.h"
#include "api/workspace.h"
#include "auth/auth.h"
#include "auth/session.h"

static bool partner_json(struct call *k, int64_t id)
{
    const struct module *user = catalog_module(k->c.cat, S("user"));
    const struct field  *f = user ? module_field(user, S("partner")) : NULL;
    struct value         title = V_NONE;
    if (f && f->target && !rec_title(&k->c, f->target, id, &title))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "id");
    jw_int(&k->w, id);
    jw_key(&k->w, "title");
    if (title.type == V_NULL)
        jw_null(&k->w);
    else
        jw_str(&k->w, value_title(k->c.mem, &title));
    jw_end_obj(&k->w);
    return true;
}

static bool me_json(struct call *k)
{
    const struct catalog *cat = k->c.cat;
    const struct actor   *a = &k->actor;
    struct jw            *w = &k->w;
    jw_obj(w);
    jw_key(w, "user");
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, a->user);
    jw_key(w, "name");
    jw_str(w, a->name);
    jw_key(w, "email");
    jw_str(w, a->email);
    jw_key(w, "locale");
    jw_strz(w, a->lang == LANG_EN ? "en" : "zh-CN");
    jw_key(w, "roles");
    jw_arr(w);
    for (size_t i = 0; i < a->nroles; i++)
        jw_str(w, a->roles[i]);
    jw_end_arr(w);
    jw_key(w, "partner");
    if (!a->partner)
        jw_null(w);
    else if (!partner_json(k, a->partner))
        return false;
    jw_key(w, "admin");
    jw_bool(w, ctx_is_admin(&k->c));
    jw_end_obj(w);
    jw_key(w, "workspace");
    jw_obj(w);
    jw_key(w, "name");
    jw_str(w, cat->workspace);
    jw_key(w, "zone");
    jw_str(w, cat->zone_name);
    jw_key(w, "currency");
    jw_str(w, cat->currency);
    jw_key(w, "locale");
    jw_str(w, cat->locale);
    jw_key(w, "fiscal_start");
    jw_int(w, cat->fiscal.start_month);
    jw_end_obj(w);
    jw_end_obj(w);
    return true;
}

bool me_get(struct call *k)
{
    return me_json(k);
}

static bool find_user(struct call *k, void *arg)
{
    struct sign_in *in = arg;
    struct actor    who;
    if (!user_by_email(&k->c, in->email, &in->user))
        return false;
    in->active = in->user && actor_load(&k->c, in->user, &who);
    return k->c.err.kind == ERR_NONE;
}

static bool welcome(struct call *k, void *arg)
{
    if (!actor_load(&k->c, *(int64_t *)arg, &k->actor))
        return err_set(&k->c.err, ERR_SIGN_IN, "Please sign in");
    return me_json(k);
}

bool session_create(struct call *k)
{
    struct sign_in   in = { .address = k->rq->peer, .agent = request_header(k->rq, "user-agent"), .now = k->c.now,
                            .replaces = k->by_cookie ? k->token : STR_NONE };
    struct signed_in out = { 0 };
    if (!call_same_origin(k))
        return err_set(&k->c.err, ERR_DENIED, "This request came from another site");
    if (!call_body(k))
        return false;
    in.email = json_str(k->body, "email");
    in.password = json_str(k->body, "password");
    if (!in.email.n)
        err_problem(&k->c.err, S("email"), "required", "This is needed");
    if (!in.password.n)
        err_problem(&k->c.err, S("password"), "required", "This is needed");
    if (k->c.err.kind)
        return false;
    if (!call_desk(k, TX_READ, find_user, &in))
        return false;
    if (!auth_sign_in(k->app->auth, k->rq->mem, &in, &out, &k->c.err)) {
        k->wait_s = out.wait_s;
        return false;
    }
    k->set_cookie = session_cookie(k->rq->mem, out.secret, out.days, k->rq->https);
    return call_desk(k, TX_READ, welcome, &in.user);
}

bool session_delete(struct call *k)
{
    bool found;
    if (k->session && !session_end(k->c.db, k->session, k->actor.user, &found, &k->c.err))
        return false;
    k->set_cookie = session_cookie(k->rq->mem, STR_NONE, 0, k->rq->https);
    call_status(k, 204);
    return true;
}

/* The user's own record, changed by the program: only the named members of the body, or all but the password. */
static bool change_user(struct call *k, int64_t id, const struct json *body, const char *const *names)
{
    const struct module      *m = catalog_module(k->c.cat, S("user"));
    static const struct actor program = { .system = true, .active = true };
    const struct actor       *was = k->c.actor;
    struct actor              as = program;
    struct record            *r;
    struct buf                b;
    struct jw                 w;
    struct json              *j;
    as.user = was->user;
    buf_init(&b, k->c.mem);
    jw_init(&w, &b);
    jw_obj(&w);
    for (const struct json *x = body->first; x; x = x->next) {
        bool taken = !str_eqz(x->key, "password") && !str_eqz(x->key, "id");
        for (size_t i = 0; names && taken && !str_eqz(x->key, names[i]); i++)
            taken = names[i + 1] != NULL;
        if (!taken)
            continue;
        jw_key_str(&w, x->key);
        jw_json(&w, x);
    }
    jw_end_obj(&w);
    k->c.actor = &as;
    bool ok = json_parse(k->c.mem, buf_str(&b), &j, &k->c.err) && record_read_json(&k->c, m, j, &r);
    if (ok) {
        r->id = id;
        ok = rec_update(&k->c, r);
    }
    k->c.actor = was;
    return ok;
}

bool me_patch(struct call *k)
{
    static const char *const own[] = { "name", "locale", NULL };
    if (!call_body(k) || !call_members(k, own) || !change_user(k, k->actor.user, k->body, own) || !actor_load(&k->c, k->actor.user, &k->actor))
        return false;
    return me_json(k);
}

bool me_password(struct call *k)
{
    struct password_change p = { .user = k->actor.user, .session = k->session, .email = k->actor.email, .address = k->rq->peer, .now = k->c.now };
    if (!call_body(k))
        return false;
    p.old = json_str(k->body, "old");
    p.new = json_str(k->body, "new");
    if (!auth_change_password(k->app->auth, k->rq->mem, &p, &k->wait_s, &k->c.err))
        return false;
    call_status(k, 204);
    return true;
}

/* ---- users, by administrators ------------------------------------------------------------------------------------------ */


static bool answer_user(struct call *k, int64_t id)
{
    struct found f;
    if (!rec_flush(&k->c) || !rec_get(&k->c, catalog_module(k->c.cat, S("user")), id, false, &f))
        return false;
    found_json(&k->c, &f, 0, &k->w);
    return true;
}

bool users_list(struct call *k)
{
    const struct module *m = call_module(k, S("user"));
    struct find          q = { .m = m, .limit = 1000, .cursor = call_param(k, "cursor") };
    struct found         f;
    if (!m || !rec_columns(&k->c, m, STR_NONE, false, &q.cols, &q.ncols) || !rec_find(&k->c, &q, &f))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "users");
    jw_arr(&k->w);
    for (size_t i = 0; i < f.nrows; i++)
        found_json(&k->c, &f, i, &k->w);
    jw_end_arr(&k->w);
    jw_key(&k->w, "next");
    if (f.next.n)
        jw_str(&k->w, f.next);
    else
        jw_null(&k->w);
    jw_end_obj(&k->w);
    return true;
}

bool users_get(struct call *k)
{
    int64_t id;
    return call_id(k, k->params[0], &id) && answer_user(k, id);
}

static bool set_password(struct call *k, int64_t id, str email)
{
    const struct json *p = json_get(k->body, "password");
    if (!p || p->type == JSON_NULL)
        return true;
    return auth_set_password(k->app->auth, k->c.db, k->c.mem, id, email, p->s, k->c.now, &k->c.err);
}

bool users_create(struct call *k)
{
    const struct module *m = call_module(k, S("user"));
    struct record       *r;
    struct json          body, *last = NULL, *copy;
    if (!m || !call_body(k))
        return false;
    body = *k->body;        /* the record is the body without the password */
    body.first = NULL;
    body.n = 0;
    for (const struct json *j = k->body->first; j; j = j->next) {
        if (str_eqz(j->key, "password"))
            continue;
        copy = NEW(k->c.mem, struct json);
        *copy = *j;
        copy->next = NULL;
        if (last)
            last->next = copy;
        else
            body.first = copy;
        last = copy;
        body.n++;
    }
    if (!record_read_json(&k->c, m, &body, &r)) {
        if (k->c.err.kind == ERR_INVALID)
            record_missing(&k->c, r, NULL);
        return false;
    }
    if (!rec_create(&k->c, r) || !set_password(k, r->id, json_str(k->body, "email")))
        return false;
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/users/%lld", (long long)r->id));
    return answer_user(k, r->id);
}

bool users_update(struct call *k)
{
    const struct module *m = call_module(k, S("user"));
    int64_t              id;
    struct found         f;
    if (!m || !call_id(k, k->params[0], &id) || !call_body(k) || !rec_get(&k->c, m, id, false, &f))
        return false;
    str email = json_str(k->body, "email");
    for (size_t i = 0; i < f.ncols && !email.n; i++)
        if (str_eqz(f.cols[i].name, "email") && f.cells[i].type == V_TEXT)
            email = f.cells[i].u.s;
    if (!change_user(k, id, k->body, NULL) || !set_password(k, id, email) || !auth_bump(k->c.db, &k->c.err))
        return false;
    const struct json *active = json_get(k->body, "active");
    if (active && active->type == JSON_BOOL && !active->b && !auth_shut_out(k->c.db, id, true, k->c.now, &k->c.err))
        return false;
    return answer_user(k, id);
}
