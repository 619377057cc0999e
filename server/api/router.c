/* router: from a request to the row of its route, and from the row to actor, transaction, catalog, handler, commit; busy
 * work is run again.  The only place where transactions of requests begin and end. */
#include "api/api.h"
#include "api/assets.h"
#include "api/entry.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"
#include "record/turn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 40, PAUSE_US = 2000, PAUSE_DOUBLINGS = 6, DEADLINE_MS = 30000, FORM_BYTES = 64 * 1024 };
#define API_PREFIX "/api/v1"

/* ---- small helpers of handlers ---------------------------------------------------------------------------------- */

const struct module *call_module(struct call *k, str name)
{
    const struct module *m = catalog_module(k->c.cat, name);
    struct access        a;
    if (m) {
        a = access_of(&k->c, m);
        if (a.everything || a.nroles || access_any(&a, ACT_CREATE))
            return m;
    }
    err_set(&k->c.err, ERR_NOT_FOUND, "There is no module “" STR_FMT "”", STR_ARG(name));
    return NULL;
}

bool call_id(struct call *k, str text, int64_t *id)
{
    return (str_to_i64(text, id) && *id > 0) || err_set(&k->c.err, ERR_NOT_FOUND, "There is no such record");
}

str call_param(struct call *k, const char *name)
{
    str s;
    return request_param(k->rq, name, &s) ? s : S("");
}

bool call_flag(struct call *k, const char *name, bool *out)
{
    str s = call_param(k, name);
    *out = str_eqz(s, "true");
    return !s.n || *out || str_eqz(s, "false") || err_problem(&k->c.err, str_of(name), "type", "This must be true or false");
}

bool call_int(struct call *k, const char *name, int64_t otherwise, int64_t min, int64_t max, int64_t *out)
{
    str s = call_param(k, name);
    *out = otherwise;
    if (!s.n)
        return true;
    if (!str_to_i64(s, out) || *out < min || *out > max)
        return err_problem(&k->c.err, str_of(name), "range", "A whole number from %lld to %lld is needed", (long long)min, (long long)max);
    return true;
}

void call_status(struct call *k, int status) { k->rp->status = status; }

void call_header(struct call *k, const char *name, str value) { reply_header(k->rq, k->rp, name, value); }

bool call_body(struct call *k)
{
    return (k->body && k->body->type == JSON_OBJECT) || err_set(&k->c.err, ERR_MALFORMED, "The body must be a JSON object");
}

bool call_members(struct call *k, const char *const *names)
{
    for (const struct json *j = k->body->first; j; j = j->next) {
        bool known = false;
        for (size_t i = 0; names[i]; i++)
            known |= str_eqz(j->key, names[i]);
        if (!known)
            err_problem(&k->c.err, j->key, "unknown", "There is no field “" STR_FMT "”", STR_ARG(j->key));
    }
    return k->c.err.kind == ERR_NONE;
}

/* ---- problems --------------------------------------------------------------------------------------------------- */

void problem_json(struct buf *b, const struct err *e, str trace, str current)
{
    struct jw w;
    jw_init(&w, b);
    jw_obj(&w);
    jw_key(&w, "type");
    jw_strz(&w, "about:blank");
    jw_key(&w, "title");
    jw_str(&w, e->message);
    jw_key(&w, "status");
    jw_int(&w, err_status(e->kind));
    jw_key(&w, "detail");
    jw_str(&w, e->message);
    jw_key(&w, "trace");
    jw_str(&w, trace);
    if (e->nproblems) {
        jw_key(&w, "problems");
        jw_arr(&w);
        for (size_t i = 0; i < e->nproblems; i++) {
            jw_obj(&w);
            jw_key(&w, "field");
            jw_str(&w, e->problems[i].field);
            jw_key(&w, "code");
            jw_str(&w, e->problems[i].code);
            jw_key(&w, "message");
            jw_str(&w, e->problems[i].message);
            if (e->problems[i].place) {
                jw_key(&w, "position");
                jw_int(&w, e->problems[i].place - 1);
            }
            jw_end_obj(&w);
        }
        jw_end_arr(&w);
    }
    if (current.n) {
        jw_key(&w, "current");
        jw_raw(&w, current);
    }
    jw_end_obj(&w);
}

static void answer_problem(struct call *k)
{
    struct err *e = &k->c.err;
    struct buf  b;
    CHECK(e->kind != ERR_NONE);
    if (e->kind == ERR_INTERNAL || e->detail.n)
        log_event(e->kind == ERR_INTERNAL ? LOG_ERROR : LOG_DEBUG, "request_failed", "trace=" STR_FMT " status=%d detail=%s",
                  STR_ARG(k->rq->trace), err_status(e->kind), log_q(k->c.mem, e->detail));
    buf_init(&b, k->rq->mem);
    problem_json(&b, e, k->rq->trace, k->current);
    k->rp->status = err_status(e->kind);
    k->rp->type = S("application/problem+json");
    k->rp->body = buf_str(&b);
    if (e->kind == ERR_SIGN_IN)
        reply_header(k->rq, k->rp, "WWW-Authenticate", S("Bearer"));
    if (e->kind == ERR_TOO_MANY)
        reply_header(k->rq, k->rp, "Retry-After", str_printf(k->rq->mem, "%d", k->wait_s > 0 ? k->wait_s : 30));
    if (e->kind == ERR_BUSY)
        reply_header(k->rq, k->rp, "Retry-After", S("1"));
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static bool match(const char *pattern, str path, str params[PARAMS_MAX])
{
    str    want = str_of(pattern), a, b;
    size_t n = 0;
    while (str_cut(&want, '/', &a)) {
        if (!str_cut(&path, '/', &b))
            return false;
        if (a.n && a.p[0] == '{') {
            if (!b.n)
                return false;
            params[n++] = b;
        } else if (!str_eq(a, b))
            return false;
    }
    return !path.p;
}

static const struct route *find_route(struct call *k, str path, bool *other_method)
{
    *other_method = false;
    for (const struct route *r = routes; r->method; r++) {
        if (!match(r->path, path, k->params))
            continue;
        if (str_eqz(k->rq->method, r->method) || (str_eqz(k->rq->method, "HEAD") && !strcmp(r->method, "GET")))
            return r;
        *other_method = true;
    }
    return NULL;
}

static str allowed_methods(struct call *k, str path)
{
    struct buf b;
    buf_init(&b, k->rq->mem);
    for (const struct route *r = routes; r->method; r++)
        if (match(r->path, path, k->params))
            buf_printf(&b, "%s%s%s", b.n ? ", " : "", r->method, strcmp(r->method, "GET") ? "" : ", HEAD");
    return buf_str(&b);
}

static bool parse_body(struct call *k, const struct route *r)
{
    str          body, type = request_header(k->rq, "content-type");
    struct json *j;
    if ((r->flags & ROUTE_RAW) || !k->rq->body_size)
        return true;
    if (!str_starts(type, S("application/json")))       /* also keeps forms of other sites away */
        return err_set(&k->c.err, ERR_MEDIA, "The body must be JSON: Content-Type application/json");
    if (!request_body(k->rq, &body))
        return err_internal(&k->c.err, "body cannot be mapped");
    if (!json_parse(k->rq->mem, body, &j, &k->c.err))
        return false;
    k->body = j;
    return true;
}

/* ---- one try ------------------------------------------------------------------------------------------------------ */

static bool read_versions(struct call *k, enum turn turn)
{
    struct rows r;
    if (!db_run(k->c.db, turn_versions(k->c.db, turn), NULL, 0, k->c.mem, &r, &k->c.err))
        return false;
    for (size_t i = 0; i < r.nrows; i++) {
        str name = CELL(&r, i, 0)->u.s;
        if (str_eqz(name, "catalog"))
            k->catalog_version = CELL(&r, i, 1)->u.i;
        if (str_eqz(name, "auth"))
            k->auth_version = CELL(&r, i, 1)->u.i;
    }
    return true;
}

static bool sign_in_needed(struct call *k) { return err_set(&k->c.err, ERR_SIGN_IN, "Please sign in"); }

/* Accept-Language: the one of ours that is liked best; false: none is named, or any will do. */
static bool asked_language(str header, enum lang *out)
{
    int64_t best = 0, q;
    str     rest = header, part;
    while (rest.n && str_cut(&rest, ',', &part)) {
        ptrdiff_t at = str_find(part, S("q="));
        str       name = str_trim(part), after = at < 0 ? S("1") : str_trim(str_sub(part, (size_t)at + 2, part.n));
        bool      zh = name.n >= 2 && str_eq_nocase(str_sub(name, 0, 2), S("zh")), en = name.n >= 2 && str_eq_nocase(str_sub(name, 0, 2), S("en"));
        ptrdiff_t dot = str_chr(after, '.');
        q = str_starts(after, S("0")) ? 0 : 1000;
        for (size_t i = 0; q < 1000 && dot == 1 && i < 3; i++)      /* 0.8, 0.85, 0.850 */
            q = q * 10 + (i + 2 < after.n && after.p[i + 2] >= '0' && after.p[i + 2] <= '9' ? after.p[i + 2] - '0' : 0);
        if ((zh || en) && q > best) {
            best = q;
            *out = zh ? LANG_ZH : LANG_EN;
        }
    }
    return best > 0;
}

static bool may_enter(struct call *k, const struct route *r)
{
    int64_t user = 0;
    if (k->token.n && call_resolve(k, &user) && user && actor_load(&k->c, user, &k->actor)) {
        enum lang asked;
        if (!asked_language(request_header(k->rq, "accept-language"), &asked))
            k->c.err.lang = k->actor.lang;
    } else if (k->c.err.kind != ERR_NONE && k->c.err.kind != ERR_SIGN_IN)
        return false;
    else
        k->actor = (struct actor){ 0 };
    err_clear(&k->c.err);
    if (r->flags & ROUTE_OPEN)
        return true;
    if (!k->actor.user)
        return sign_in_needed(k);
    if (k->by_cookie && !call_same_origin(k))
        return err_set(&k->c.err, ERR_DENIED, "This request came from another site");
    if ((r->flags & ROUTE_ADMIN) && !ctx_is_admin(&k->c))
        return err_set(&k->c.err, ERR_DENIED, "Only administrators may do this");
    return true;
}

/* A form by its parts: whoever sends it again draws another boundary. */
static bool put_parts(struct buf *b, struct arena *mem, str type, str body)
{
    struct part *parts;
    size_t       n;
    struct err   e;
    err_init(&e, mem, LANG_EN);
    if (!str_starts(type, S("multipart/")) || !multipart_parse(mem, type, body, &parts, &n, &e))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct hash256 h = hash256(parts[i].data);
        buf_printf(b, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(parts[i].name), STR_ARG(parts[i].filename), STR_ARG(hash_hex(mem, &h, sizeof h)));
    }
    return true;
}

static str request_hash(struct call *k)
{
    str        body = STR_NONE;
    struct buf b;
    buf_init(&b, k->c.mem);
    if (k->rq->body_size)
        request_body(k->rq, &body);
    buf_printf(&b, STR_FMT " " STR_FMT "?" STR_FMT "\n", STR_ARG(k->rq->method), STR_ARG(k->rq->path), STR_ARG(k->rq->query));
    if (!put_parts(&b, k->c.mem, request_header(k->rq, "content-type"), body)) {
        struct hash256 of_body = hash256(body);
        buf_put(&b, hash_hex(k->c.mem, &of_body, sizeof of_body));
    }
    struct hash256 h = hash256(buf_str(&b));
    return hash_hex(k->c.mem, &h, sizeof h);
}

static void note_hash(struct call *k)
{
    if (request_header(k->rq, "idempotency-key").n)
        k->hash = request_hash(k);
}

/* A repeat with the same key gets the first answer; with another request it is refused. */
static bool recall(struct call *k, str key, str hash, bool *done)
{
    struct rows  r;
    struct value a[] = { v_int(k->actor.user), v_text(key) };
    *done = false;
    if (key.n > 255 || !text_valid(key))
        return err_set(&k->c.err, ERR_MALFORMED, "The Idempotency-Key is too long");
    if (!db_run(k->c.db, S("SELECT request, status, body, location FROM q_idempotency WHERE actor = $1 AND key = $2"), a, 2, k->c.mem, &r, &k->c.err))
        return false;
    if (!r.nrows)
        return true;
    if (!str_eq(CELL(&r, 0, 0)->u.s, hash))
        return err_set(&k->c.err, ERR_CONFLICT, "This Idempotency-Key was used for another request");
    *done = true;
    k->rp->status = (int)CELL(&r, 0, 1)->u.i;
    buf_put(&k->out, CELL(&r, 0, 2)->u.s);
    if (CELL(&r, 0, 3)->type == V_TEXT)
        call_header(k, "Location", CELL(&r, 0, 3)->u.s);
    return true;
}

static bool keep(struct call *k, str key, str hash)
{
    struct value location = V_NONE;
    for (size_t i = 0; i < k->rp->nheaders; i++)
        if (str_eqz(k->rp->headers[i].name, "Location") || str_eqz(k->rp->headers[i].name, "location"))
            location = v_text(k->rp->headers[i].value);
    struct value a[] = { v_int(k->actor.user), v_text(key), v_text(hash), v_int(k->rp->status), v_text(buf_str(&k->out)), location, v_int(k->c.now) };
    return db_exec(k->c.db, S("INSERT INTO q_idempotency(actor, key, request, status, body, location, at) VALUES($1, $2, $3, $4, $5, $6, $7)"), a, 7, NULL, &k->c.err);
}

/* For a stale write: what the record is now, in the transaction that met it, so that it is what the write was refused for. */
static str current_record(struct call *k, const struct route *r)
{
    struct buf           b;
    struct jw            w;
    struct found         f;
    int64_t              id;
    struct err           was = k->c.err;
    const struct module *m = catalog_module(k->c.cat, k->params[0]);
    if (was.kind != ERR_CONFLICT || strcmp(r->path, "/records/{m}/{id}") || was.nproblems || !m || !str_to_i64(k->params[1], &id))
        return STR_NONE;
    buf_init(&b, k->rq->mem);
    jw_init(&w, &b);
    err_init(&k->c.err, k->rq->mem, was.lang);
    if (rec_get(&k->c, m, id, false, &f))
        found_json(&k->c, &f, 0, &w);
    k->c.err = was;
    return buf_str(&b);
}

/* A write that is done once, however often it is asked for with the same key. */
static bool once(struct call *k, bool (*run)(struct call *, void *), void *arg)
{
    str  key = request_header(k->rq, "idempotency-key"), hash = STR_NONE;
    bool done = false;
    if (key.n && k->actor.user) {
        hash = k->hash;
        if (!recall(k, key, hash, &done))
            return false;
    }
    if (!done && (!run(k, arg) || !rec_flush(&k->c)))
        return false;
    return done || !hash.n || keep(k, key, hash);
}

static bool run_handler(struct call *k, void *route)
{
    const struct route *r = route;
    if (r->run(k) && rec_flush(&k->c))
        return true;
    k->current = current_record(k, r);
    return false;
}

static bool work(struct call *k, const struct route *r)
{
    if (!may_enter(k, r))
        return false;
    return r->tx == TX_WRITE ? once(k, run_handler, (void *)r) : run_handler(k, (void *)r);
}

static bool pinned(struct call *k, enum tx_mode mode, bool (*run)(struct call *, void *), void *arg)
{
    enum turn turn = turn_of_try(k->tries);
    if (mode == TX_WRITE && turn != TURN_BESIDE && !turn_take(k->c.db, turn, &k->c.err))
        return false;
    return read_versions(k, turn) && catalog_pin(k->app->catalogs, k->c.db, k->catalog_version, &k->c.cat, &k->c.err) && run(k, arg);
}

/* Work that fills the desk's memory jumps back here, so that its transaction ends like any other that failed and there is room
 * for the words.  Call and reply are then as they were before the work: what it put into them lies in memory that is gone. */
static bool guarded(struct call *k, enum tx_mode mode, bool (*run)(struct call *, void *), void *arg)
{
    const struct call  before = *k;
    const struct reply reply = *k->rp;
    const arena_mark   here = arena_here(k->c.mem);
    jmp_buf            full, *const outer = arena_guard(k->c.mem, &full);
    bool               ok;
    if (setjmp(full) == 0) {
        ok = pinned(k, mode, run, arg);
    } else {
        const struct catalog *cat = k->c.cat;
        *k = before;
        k->c.cat = cat;
        *k->rp = reply;
        arena_back(k->c.mem, here);
        ok = err_set(&k->c.err, ERR_LIMIT, "This takes more memory than one request may use; please ask for less at once");
    }
    arena_guard(k->c.mem, outer);
    return ok;
}

/* Begins, pins, works, commits; what is left is as if the work had never been when it fails. */
static bool desk(struct call *k, enum tx_mode mode, const char *name, bool (*run)(struct call *, void *), void *arg)
{
    k->c.cat = NULL;
    k->c.dirty = NULL;
    k->c.ndirty = k->c.dirty_cap = 0;
    if (!db_begin(k->app->store, mode, name, &k->c.db, &k->c.err))
        return false;
    db_deadline(k->c.db, DEADLINE_MS);
    bool ok = guarded(k, mode, run, arg);
    if (k->c.cat)
        catalog_unpin(k->app->catalogs, k->c.cat);
    k->c.cat = NULL;
    if (ok && !k->c.err.kind)
        return db_commit(k->c.db, &k->c.err);
    db_rollback(k->c.db);
    return false;
}

/* Before work that others have spoilt is run again.  Pauses grow and differ, so that those who met do not meet again. */
static void give_way(struct call *k, int tries)
{
    uint32_t r;
    k->tries = tries;
    if (tries < 2)
        return;
    rand_bytes(&r, sizeof r);
    usleep(r % ((uint32_t)PAUSE_US << (tries < PAUSE_DOUBLINGS ? tries : PAUSE_DOUBLINGS)));
}

bool call_desk(struct call *k, enum tx_mode mode, bool (*run)(struct call *, void *), void *arg)
{
    for (int i = 0; i < TRIES; i++) {
        give_way(k, i);
        if (desk(k, mode, "desk", run, arg))
            return true;
        if (k->c.err.kind != ERR_BUSY)
            return false;
        err_clear(&k->c.err);
    }
    return err_set(&k->c.err, ERR_BUSY, "The server is busy; try again");
}

struct writing { bool (*run)(struct call *, void *); void *arg; };

static bool write_once(struct call *k, void *arg)
{
    const struct writing *w = arg;
    buf_init(&k->out, k->rq->mem);
    jw_init(&k->w, &k->out);
    k->rp->nheaders = 0;
    return once(k, w->run, w->arg);
}

bool call_write(struct call *k, bool (*run)(struct call *, void *), void *arg)
{
    struct writing w = { run, arg };
    note_hash(k);
    return call_desk(k, TX_WRITE, write_once, &w);
}

static bool work_of(struct call *k, void *route) { return work(k, route); }
static bool enter(struct call *k, void *route) { return may_enter(k, route); }

static bool one_try(struct call *k, const struct route *r)
{
    k->actor = (struct actor){ 0 };
    k->c.actor = &k->actor;
    buf_init(&k->out, k->rq->mem);
    jw_init(&k->w, &k->out);
    k->rp->nheaders = 0;
    k->rp->status = 200;
    k->current = STR_NONE;
    k->after = NULL;
    k->committed = NULL;
    if (r->flags & ROUTE_OWN)
        return desk(k, TX_READ, r->path, enter, (void *)r) && r->run(k);
    return r->tx == TX_NONE ? r->run(k) : desk(k, r->tx, r->path, work_of, (void *)r);
}

/* What a failed try has prepared to follow the answer (a stream, a pulled body) never will: its maker frees it. */
static void drop_follow_up(struct reply *rp)
{
    if (rp->done)
        rp->done(rp->state);
    if (rp->closed)
        rp->closed(rp->state);
    rp->pull = NULL;
    rp->done = rp->closed = NULL;
    rp->opened = NULL;
    rp->state = NULL;
    rp->pull_size = 0;
    rp->type = STR_NONE;
}

/* What was written is kept: whatever happens now, the answer is that it was. */
static void answer_after(struct call *k)
{
    if (k->committed)
        k->committed(k);
    struct buf before = k->out;
    if (!k->after)
        return;
    buf_init(&k->out, k->rq->mem);
    jw_init(&k->w, &k->out);
    if (call_desk(k, TX_READ, k->after, k->after_arg))
        return;
    log_event(LOG_WARN, "answer_lost", "trace=" STR_FMT, STR_ARG(k->rq->trace));
    err_clear(&k->c.err);
    k->out = before;
}

static void common_headers(struct call *k)
{
    if (!k->rp->opened)
        reply_header(k->rq, k->rp, "Cache-Control", S("no-store"));
    reply_header(k->rq, k->rp, "Content-Security-Policy", S("default-src 'none'; frame-ancestors 'none'"));
    reply_header(k->rq, k->rp, "Referrer-Policy", S("no-referrer"));
}

static void run_route(struct call *k, const struct route *r)
{
    enum lang  lang = k->c.err.lang;
    bool       ok = false;
    if (!(r->flags & ROUTE_OWN))
        note_hash(k);
    for (int i = 0; i < TRIES && !ok; i++) {
        err_init(&k->c.err, k->rq->mem, lang);
        give_way(k, i);
        ok = one_try(k, r);
        if (!ok)
            drop_follow_up(k->rp);
        if (!ok && k->c.err.kind != ERR_BUSY)
            break;
    }
    if (ok) {
        answer_after(k);
        if (!k->rp->type.n)
            k->rp->type = S("application/json");
        if (!k->rp->body.n && !k->rp->pull)
            k->rp->body = buf_str(&k->out);
        call_cookie(k);
        call_touch(k);
    } else {
        k->rp->nheaders = 0;
        answer_problem(k);
    }
}

void api_handle(void *app, struct request *rq, struct reply *rp)
{
    struct call         *k = NEW(rq->mem, struct call);
    const struct route  *r;
    str                  path = rq->path;
    enum lang            lang = LANG_EN;
    bool                 other;
    *k = (struct call){ .app = app, .rq = rq, .rp = rp };
    k->c = (struct ctx){ .mem = rq->mem, .now = rq->now, .way = "api", .trace = rq->trace, .actor = &k->actor };
    asked_language(request_header(rq, "accept-language"), &lang);
    err_init(&k->c.err, rq->mem, lang);
    if (str_starts(path, S(API_PREFIX "/")))
        path = str_sub(path, sizeof API_PREFIX - 1, path.n);
    else if (!str_eqz(path, "/health") && !str_eqz(path, "/metrics") && assets_answer(&assets_web, rq, rp))
        return;
    call_token(k);
    if (str_eqz(request_header(rq, "x-qudao-way"), "form"))
        k->c.way = "form";
    r = find_route(k, path, &other);
    if (!r) {
        if (other) {
            err_set(&k->c.err, ERR_METHOD, "This address does not know the method " STR_FMT, STR_ARG(rq->method));
            reply_header(rq, rp, "Allow", allowed_methods(k, path));
        } else
            err_set(&k->c.err, ERR_NOT_FOUND, "There is no such address");
        answer_problem(k);
    } else if (!parse_body(k, r))
        answer_problem(k);
    else
        run_route(k, r);
    common_headers(k);
}

size_t api_body_limit(void *app, const struct request *rq, int *status)
{
    const struct app *a = app;
    bool              upload = str_eqz(rq->path, API_PREFIX "/imports") || str_eqz(rq->path, API_PREFIX "/files");
    (void)status;
    return upload ? a->max_upload + FORM_BYTES : a->max_body;
}
