/* entry: who a request comes from: the secret it carries, the user behind it, the record of that user. */
#include "api/entry.h"
#include "auth/auth.h"
#include "auth/origin.h"
#include "auth/session.h"

void call_token(struct call *k)
{
    str h = request_header(k->rq, "authorization");
    if (h.n > 7 && str_eq_nocase(str_sub(h, 0, 7), S("Bearer "))) {
        k->token = str_trim(str_sub(h, 7, h.n));
        return;
    }
    k->token = session_cookie_read(request_header(k->rq, "cookie"));
    k->by_cookie = k->token.n > 0;
}

bool call_resolve(struct call *k, int64_t *user)
{
    struct auth_who who;
    *user = 0;
    if (!k->token.n)
        return true;
    if (!auth_resolve(k->app->auth, k->c.db, k->auth_version, k->by_cookie ? AUTH_COOKIE : AUTH_BEARER, k->token, k->c.now, &who, &k->c.err))
        return false;
    *user = who.user;
    k->session = who.session;
    if (who.stale)
        k->touch = who.session ? who.session : -who.token;
    return true;
}

void call_touch(struct call *k)
{
    struct auth_who who = { .user = k->actor.user, .session = k->touch > 0 ? k->touch : 0, .token = k->touch < 0 ? -k->touch : 0 };
    if (k->touch)
        auth_touch(k->app->auth, &who, k->c.now);
}

bool call_same_origin(const struct call *k)
{
    struct origin_facts f = {
        .method = k->rq->method, .origin = request_header(k->rq, "origin"), .sec_fetch_site = request_header(k->rq, "sec-fetch-site"),
        .host = request_header(k->rq, "host"), .type = request_header(k->rq, "content-type"), .base_url = k->app->base_url, .https = k->rq->https,
    };
    return auth_same_origin(&f);
}

void call_cookie(struct call *k)
{
    if (k->set_cookie.n)
        reply_header(k->rq, k->rp, "Set-Cookie", k->set_cookie);
}

static struct value at(const struct module *m, const struct value *v, const char *name)
{
    const struct field *f = module_field(m, str_of(name));
    return f ? v[f->slot] : V_NONE;
}

/* The department and all below it.  UNION, not UNION ALL: a circle ends. */
static bool departments_below(struct ctx *c, int64_t top, struct value *out)
{
    const struct module *m = catalog_module(c->cat, S("department"));
    const struct field  *parent = m ? module_field(m, S("parent")) : NULL;
    struct value         id = v_int(top), *list;
    struct rows          r = { 0 };
    if (parent && !db_run(c->db, str_printf(c->mem, "WITH RECURSIVE below(id) AS (SELECT CAST($1 AS BIGINT) UNION SELECT d.id FROM " STR_FMT
                                            " d JOIN below b ON d." STR_FMT " = b.id WHERE d.deleted_at IS NULL) SELECT id FROM below ORDER BY id",
                                            STR_ARG(m->table), STR_ARG(parent->column)), &id, 1, c->mem, &r, &c->err))
        return false;
    list = NEWV(c->mem, struct value, r.nrows + 1);
    for (size_t i = 0; i < r.nrows; i++)
        list[i] = v_ref(CELL(&r, i, 0)->u.i);
    *out = (struct value){ V_LIST, { .l = { list, r.nrows } } };
    return true;
}

/* The columns of the user's record that say what it may do: one statement by id, without rights. */
bool actor_load(struct ctx *c, int64_t user, struct actor *out)
{
    static const char *const names[] = { "name", "email", "locale", "department", "partner", "active", "roles" };
    const struct module     *m = catalog_module(c->cat, S("user"));
    struct value             id = v_int(user), *v;
    struct rows              r;
    struct buf               b;
    const struct field      *read[8];
    size_t                   n = 0;
    *out = (struct actor){ 0 };
    if (!m)
        return false;
    buf_init(&b, c->mem);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((read[n] = module_field(m, str_of(names[i]))) != NULL) {
            buf_printf(&b, "%s" STR_FMT, n ? ", " : "SELECT ", STR_ARG(read[n]->column));
            n++;
        }
    buf_printf(&b, " FROM " STR_FMT " WHERE id = $1 AND deleted_at IS NULL", STR_ARG(m->table));
    if (!db_run(c->db, buf_str(&b), &id, 1, c->mem, &r, &c->err))
        return false;
    if (!r.nrows)
        return false;
    v = NEWV(c->mem, struct value, (size_t)m->nfields);
    for (size_t i = 0; i < n; i++)
        v[read[i]->slot] = field_of_cell(read[i], CELL(&r, 0, i), c->mem);
    struct value name = at(m, v, "name"), email = at(m, v, "email"), locale = at(m, v, "locale"), active = at(m, v, "active"),
                 partner = at(m, v, "partner"), department = at(m, v, "department"), roles = at(m, v, "roles");
    if (active.type != V_BOOL || !active.u.b)
        return false;
    *out = (struct actor){ .user = user, .active = true, .partner = partner.type == V_REF ? partner.u.i : 0,
                           .department = department.type == V_REF ? department.u.i : 0, .name = name.type == V_TEXT ? name.u.s : S(""),
                           .email = email.type == V_TEXT ? email.u.s : S(""),
                           .lang = locale.type == V_TEXT && str_eqz(locale.u.s, "en") ? LANG_EN : LANG_ZH };
    if (out->department && !departments_below(c, out->department, &out->departments))
        return false;
    if (roles.type == V_LIST) {
        str *names_out = NEWV(c->mem, str, roles.u.l.n + 1);
        for (size_t i = 0; i < roles.u.l.n; i++)
            names_out[i] = roles.u.l.v[i].u.s;
        out->roles = names_out;
        out->nroles = roles.u.l.n;
    }
    return true;
}
