/* Signing in, sessions, tokens and passwords, the same scenarios on both engines. */
#include "auth/auth.h"
#include "auth/attempt.h"
#include "auth/schema.h"
#include "auth/session.h"
#include "auth/token.h"
#include "base/date.h"
#include "base/log.h"
#include "db/testing.h"

#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static const struct migration steps[] = {
    { 1, "versions", "CREATE TABLE q_version(name TEXT PRIMARY KEY, value BIGINT NOT NULL); INSERT INTO q_version(name, value) VALUES('auth', 1);", NULL },
    { 2, "sign-ins", auth_schema_sql, NULL },
};

enum { LINA = 7, WEI = 8 };
static const str right = S_INIT("correct horse battery"), wrong = S_INIT("wrong horse battery");

struct ctx { struct store *s; struct auth *a; struct arena *mem; struct err e; int64_t now; };

static void must(struct ctx *c, bool ok)
{
    if (!ok)
        fail_msg("%.*s | %.*s", STR_ARG(c->e.message), STR_ARG(c->e.detail));
}

static struct db *begin(struct ctx *c, enum tx_mode mode)
{
    struct db *db;
    must(c, db_begin(c->s, mode, "test", &db, &c->e));
    return db;
}

static void commit(struct ctx *c, struct db *db) { must(c, db_commit(db, &c->e)); }

static void give_password(struct ctx *c, int64_t user, const char *email, str password)
{
    struct db *db = begin(c, TX_WRITE);
    must(c, auth_set_password(c->a, db, c->mem, user, str_of(email), password, c->now, &c->e));
    commit(c, db);
}

static bool sign_in_from(struct ctx *c, const char *address, int64_t user, const char *email, str password, struct signed_in *out)
{
    const struct sign_in in = { user, true, str_of(email), password, str_of(address), S("Mozilla/5.0"), S(""), c->now };
    err_init(&c->e, c->mem, LANG_EN);
    return auth_sign_in(c->a, c->mem, &in, out, &c->e);
}

static str sign_in(struct ctx *c, int64_t user, const char *email)
{
    struct signed_in out;
    must(c, sign_in_from(c, "10.0.0.1", user, email, right, &out));
    return out.secret;
}

static bool resolve_with(struct ctx *c, struct store *s, struct auth *a, enum auth_way way, str secret, struct auth_who *who)
{
    struct db *db;
    int64_t    version;
    err_init(&c->e, c->mem, LANG_EN);
    must(c, db_begin(s, TX_READ, "test", &db, &c->e));
    must(c, auth_version(db, &version, &c->e));
    bool ok = auth_resolve(a, db, version, way, secret, c->now, who, &c->e);
    db_rollback(db);
    if (!ok)
        assert_int_equal(c->e.kind, ERR_SIGN_IN);
    return ok;
}

static bool resolve(struct ctx *c, enum auth_way way, str secret, struct auth_who *who) { return resolve_with(c, c->s, c->a, way, secret, who); }

static bool is_in(struct ctx *c, str cookie)
{
    struct auth_who who;
    return resolve(c, AUTH_COOKIE, cookie, &who);
}

static str new_token(struct ctx *c, int64_t user, int64_t expires_at, int64_t *id)
{
    str        secret;
    struct db *db = begin(c, TX_WRITE);
    must(c, token_new(db, c->mem, user, S("对接"), c->now, expires_at, &secret, id, &c->e));
    commit(c, db);
    return secret;
}

static int64_t count(struct ctx *c, const char *sql)
{
    struct rows r;
    struct db  *db = begin(c, TX_READ);
    must(c, db_run(db, str_of(sql), NULL, 0, c->mem, &r, &c->e));
    db_rollback(db);
    return r.cells[0].u.i;
}

/* ---- signing in ------------------------------------------------------------------------------------------------- */

static void a_right_password_opens_a_session(struct ctx *c)
{
    struct signed_in out;
    struct auth_who  who;
    must(c, sign_in_from(c, "10.0.0.1", LINA, "Li.Na@example.com", right, &out));
    assert_int_equal(out.secret.n, 43);
    assert_int_equal(out.days, 30);
    must(c, resolve(c, AUTH_COOKIE, out.secret, &who));
    assert_int_equal(who.user, LINA);
    assert_int_equal(who.session, out.session);
    assert_int_equal(who.token, 0);
    assert_int_equal(who.expires_at, c->now + 30 * US_PER_DAY);
    assert_false(who.stale);
    must(c, resolve(c, AUTH_COOKIE, out.secret, &who));     /* now from the cache */
    assert_int_equal(who.user, LINA);

    struct session *list;
    size_t          n;
    struct db      *db = begin(c, TX_READ);
    must(c, session_list(db, c->mem, LINA, c->now, &list, &n, &c->e));
    db_rollback(db);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].id, out.session);
    assert_true(str_eqz(list[0].address, "10.0.0.1") && str_eqz(list[0].agent, "Mozilla/5.0"));
}

static void all_refusals_are_alike(struct ctx *c)
{
    static const struct { int64_t user; const char *email; bool active; bool right; const char *message; } t[] = {
        { LINA, "li.na@example.com", true, false, "The e-mail or the password is wrong" },
        { 0, "nobody@example.com", true, true, "The e-mail or the password is wrong" },
        { 99, "has.none@example.com", true, true, "The e-mail or the password is wrong" },
        { 0, "\xff\xfe not even text", true, true, "The e-mail or the password is wrong" },
        { LINA, "li.na@example.com", false, false, "The e-mail or the password is wrong" },
        { LINA, "li.na@example.com", false, true, "This account is switched off; please ask your administrator" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct signed_in     out;
        const struct sign_in in = { t[i].user, t[i].active, str_of(t[i].email), t[i].right ? right : wrong, S("10.0.0.1"), S(""), S(""), c->now };
        err_init(&c->e, c->mem, LANG_EN);
        assert_false(auth_sign_in(c->a, c->mem, &in, &out, &c->e));
        assert_int_equal(c->e.kind, ERR_SIGN_IN);
        assert_string_equal(c->e.message.p, t[i].message);
        assert_int_equal(out.secret.n, 0);
    }
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_session"), 0);
}

static void sixty_tries_are_too_many(struct ctx *c)
{
    struct signed_in out;
    int              looked_at = 0, first = 0;
    must(c, sign_in_from(c, "10.0.0.9", LINA, "li.na@example.com", right, &out));
    for (int i = 1; i <= 60; i++) {
        assert_false(sign_in_from(c, "203.0.113.5", LINA, i % 2 ? "li.na@example.com" : "LI.NA@example.com", wrong, &out));
        looked_at += c->e.kind == ERR_SIGN_IN;
        if (c->e.kind == ERR_TOO_MANY && !first) {
            first = i;
            assert_int_equal(out.wait_s, 1);
            assert_string_equal(c->e.message.p, "Too many wrong passwords; please try again in 1 seconds");
        }
    }
    assert_int_equal(first, 7);
    assert_int_equal(looked_at, 6);
    /* that address has to wait, with the right one too; the owner's, and a new one, do not */
    assert_false(sign_in_from(c, "203.0.113.5", LINA, "li.na@example.com", right, &out));
    assert_int_equal(c->e.kind, ERR_TOO_MANY);
    must(c, sign_in_from(c, "10.0.0.9", LINA, "li.na@example.com", right, &out));
    must(c, sign_in_from(c, "198.51.100.77", LINA, "li.na@example.com", right, &out));
    c->now += 2 * US_PER_S;
    must(c, sign_in_from(c, "203.0.113.5", LINA, "li.na@example.com", right, &out));
}

static void an_unknown_account_is_throttled_alike(struct ctx *c)
{
    struct signed_in out;
    for (int i = 1; i <= 8; i++) {
        assert_false(sign_in_from(c, "203.0.113.6", 0, "nobody@example.com", wrong, &out));
        assert_int_equal(c->e.kind, i <= 6 ? ERR_SIGN_IN : ERR_TOO_MANY);
    }
}

struct guess { struct ctx *c; int looked_at, refused, other; };

static void *guess(void *arg)
{
    struct guess    *g = arg;
    struct ctx       own = *g->c;
    struct signed_in out;
    own.mem = arena_new(0);
    for (int i = 0; i < 4; i++) {
        bool ok = sign_in_from(&own, "203.0.113.7", LINA, "li.na@example.com", wrong, &out);
        *(!ok && own.e.kind == ERR_SIGN_IN ? &g->looked_at : !ok && own.e.kind == ERR_TOO_MANY ? &g->refused : &g->other) += 1;
    }
    arena_free(own.mem);
    return NULL;
}

/* Tries made at the same time are counted one by one: not more are looked at than one after the other. */
static void tries_at_the_same_time_are_counted(struct ctx *c)
{
    enum { THREADS = 16 };
    pthread_t    t[THREADS];
    struct guess g[THREADS];
    int          looked_at = 0, refused = 0;
    for (int i = 0; i < THREADS; i++) {
        g[i] = (struct guess){ .c = c };
        pthread_create(&t[i], NULL, guess, &g[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        looked_at += g[i].looked_at;
        refused += g[i].refused;
        assert_int_equal(g[i].other, 0);
    }
    assert_int_equal(looked_at + refused, 64);
    assert_in_range(looked_at, 1, 6);
}

static void each_sign_in_is_a_new_session(struct ctx *c)
{
    struct signed_in out;
    str              first = sign_in(c, LINA, "li.na@example.com");
    struct sign_in   in = { LINA, true, S("li.na@example.com"), right, S("10.0.0.1"), S(""), first, c->now };
    must(c, auth_sign_in(c->a, c->mem, &in, &out, &c->e));
    assert_false(str_eq(first, out.secret));
    assert_false(is_in(c, first));                          /* the same browser: the old cookie is worth nothing */
    assert_true(is_in(c, out.secret));
    in.replaces = S("made-up-before-sign-in");                  /* a planted cookie never becomes a session */
    must(c, auth_sign_in(c->a, c->mem, &in, &out, &c->e));
    assert_false(is_in(c, S("made-up-before-sign-in")));
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_session"), 2);
}

static void old_hashes_are_made_anew(struct ctx *c)
{
    char       old[crypto_pwhash_STRBYTES];
    struct db *db = begin(c, TX_WRITE);
    assert_int_equal(crypto_pwhash_str(old, right.p, right.n, 1, 8192 * 1024), 0);
    const struct value args[] = { v_int(WEI), v_text(str_of(old)) };
    must(c, db_exec(db, S("UPDATE q_credential SET hash = $2 WHERE user_id = $1"), args, 2, NULL, &c->e));
    commit(c, db);
    sign_in(c, WEI, "wei@example.com");
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_credential WHERE hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"), 2);
    sign_in(c, WEI, "wei@example.com");
}

/* ---- sessions --------------------------------------------------------------------------------------------------- */

static void sessions_slide_and_end(struct ctx *c)
{
    str             cookie = sign_in(c, LINA, "li.na@example.com");
    struct auth_who who, again;
    c->now += 2 * INT64_C(3600) * US_PER_S;
    must(c, resolve(c, AUTH_COOKIE, cookie, &who));
    assert_true(who.stale);
    must(c, resolve(c, AUTH_COOKIE, cookie, &again));
    assert_false(again.stale);                              /* one caller is enough */
    auth_touch(c->a, &who, c->now);
    assert_int_equal(count(c, "SELECT expires_at FROM q_session"), c->now + 30 * US_PER_DAY);
    c->now += 30 * US_PER_DAY - US_PER_S;                   /* longer than the cache knew */
    must(c, resolve(c, AUTH_COOKIE, cookie, &who));
    assert_true(who.stale);
    c->now += 2 * US_PER_S;                                 /* and nobody touched it */
    assert_false(is_in(c, cookie));
    assert_string_equal(c->e.message.p, "The sign-in has ended; please sign in again");
    auth_touch(c->a, &who, c->now);                         /* what has ended stays ended */
    assert_false(is_in(c, cookie));
}

static void signing_out_ends_one(struct ctx *c)
{
    str             one = sign_in(c, LINA, "li.na@example.com"), two = sign_in(c, LINA, "li.na@example.com");
    struct auth_who who;
    bool            found;
    must(c, resolve(c, AUTH_COOKIE, one, &who));
    struct db *db = begin(c, TX_WRITE);
    must(c, session_end(db, who.session, WEI, &found, &c->e));      /* not hers */
    assert_false(found);
    must(c, session_end(db, who.session, LINA, &found, &c->e));
    assert_true(found);
    commit(c, db);
    assert_false(is_in(c, one));
    assert_true(is_in(c, two));
}

static void a_refused_change_ends_nothing(struct ctx *c)
{
    str             one = sign_in(c, LINA, "li.na@example.com");
    struct auth_who who;
    bool            found;
    must(c, resolve(c, AUTH_COOKIE, one, &who));
    struct db *db = begin(c, TX_WRITE);
    must(c, session_end(db, who.session, LINA, &found, &c->e));
    db_rollback(db);
    assert_true(is_in(c, one));
}

static void cookies_are_not_tokens(struct ctx *c)
{
    int64_t         id;
    struct auth_who who;
    str             cookie = sign_in(c, LINA, "li.na@example.com"), token = new_token(c, LINA, 0, &id);
    char           *swapped = str_z(c->mem, token);
    swapped[10] ^= 0x20;
    must(c, resolve(c, AUTH_BEARER, token, &who));
    assert_int_equal(who.token, id);
    assert_false(resolve(c, AUTH_BEARER, cookie, &who));
    assert_string_equal(c->e.message.p, "The token is not valid, or no longer");
    assert_false(resolve(c, AUTH_COOKIE, token, &who));
    assert_false(resolve(c, AUTH_BEARER, str_of(swapped), &who));
    assert_false(resolve(c, AUTH_BEARER, str_sub(token, 0, token.n - 1), &who));
    assert_false(resolve(c, AUTH_BEARER, str_cat(c->mem, token, S("x")), &who));
    assert_false(resolve(c, AUTH_BEARER, str_printf(c->mem, "qd_%0*d", 100000, 1), &who));
    assert_false(resolve(c, AUTH_BEARER, S("qd_"), &who));
    assert_false(resolve(c, AUTH_COOKIE, S(""), &who));
    assert_string_equal(c->e.message.p, "Please sign in");
    assert_false(resolve(c, AUTH_COOKIE, S("x\xff\0y"), &who));
    must(c, resolve(c, AUTH_COOKIE, cookie, &who));
}

/* Nothing that lets somebody in can be read from the tables. */
static void tables_hold_no_secret(struct ctx *c)
{
    int64_t            id;
    str                cookie = sign_in(c, LINA, "li.na@example.com"), token = new_token(c, LINA, 0, &id);
    static const char *const columns[] = {
        "SELECT COUNT(*) FROM q_session WHERE token_hash LIKE $1 OR agent LIKE $1 OR address LIKE $1", "SELECT COUNT(*) FROM q_token WHERE token_hash LIKE $1 OR name LIKE $1",
        "SELECT COUNT(*) FROM q_credential WHERE hash LIKE $1", "SELECT COUNT(*) FROM q_attempt WHERE key LIKE $1",
    };
    const str secrets[] = { cookie, str_sub(token, 3, token.n), right };
    struct db *db = begin(c, TX_READ);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++) {
            struct rows        r;
            const struct value args[] = { v_text(str_printf(c->mem, "%%" STR_FMT "%%", STR_ARG(str_sub(secrets[k], 0, 12)))) };
            must(c, db_run(db, str_of(columns[i]), args, 1, c->mem, &r, &c->e));
            assert_int_equal(r.cells[0].u.i, 0);
        }
    db_rollback(db);
}

static void odd_agents_are_harmless(struct ctx *c)
{
    const str agents[] = { S_INIT(""), { NULL, 0 }, S_INIT("bad \xff bytes"), str_printf(c->mem, "%0199d渠道", 1), str_printf(c->mem, "%05000d", 1) };
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        struct signed_in     out;
        const struct sign_in in = { LINA, true, S("li.na@example.com"), right, STR_NONE, agents[i], STR_NONE, c->now };
        err_init(&c->e, c->mem, LANG_EN);
        must(c, auth_sign_in(c->a, c->mem, &in, &out, &c->e));
    }
    assert_int_equal(count(c, "SELECT MAX(LENGTH(agent)) FROM q_session"), 200);
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static void tokens_end(struct ctx *c)
{
    int64_t         forever_id, month_id;
    struct auth_who who;
    bool            found;
    str             forever = new_token(c, LINA, 0, &forever_id), month = new_token(c, LINA, c->now + 30 * US_PER_DAY, &month_id);
    must(c, resolve(c, AUTH_BEARER, month, &who));
    assert_true(who.stale);                                 /* never used before */
    auth_touch(c->a, &who, c->now);
    assert_int_equal(count(c, "SELECT MAX(last_used_at) FROM q_token"), c->now);
    c->now += 30 * US_PER_DAY + 1;
    assert_false(resolve(c, AUTH_BEARER, month, &who));
    must(c, resolve(c, AUTH_BEARER, forever, &who));
    assert_int_equal(who.expires_at, 0);

    struct db *db = begin(c, TX_WRITE);
    must(c, token_revoke(db, forever_id, WEI, c->now, &found, &c->e));
    assert_false(found);
    must(c, token_revoke(db, forever_id, LINA, c->now, &found, &c->e));
    assert_true(found);
    must(c, token_revoke(db, forever_id, LINA, c->now, &found, &c->e));
    assert_false(found);
    commit(c, db);
    assert_false(resolve(c, AUTH_BEARER, forever, &who));

    struct token *list;
    size_t        n;
    db = begin(c, TX_READ);
    must(c, token_list(db, c->mem, LINA, &list, &n, &c->e));
    db_rollback(db);
    assert_int_equal(n, 2);
    assert_true(str_eqz(list[0].name, "对接"));
    assert_true((list[0].id == forever_id) == (list[0].revoked_at == c->now));
}

/* Another server on the same database, with a cache of its own. */
static void other_servers_notice(struct ctx *c)
{
    struct store   *other = test_store_second(c->s);
    struct auth    *a = auth_new(other, NULL);
    int64_t         id;
    bool            found;
    struct auth_who who;
    str             token = new_token(c, LINA, 0, &id);
    must(c, resolve_with(c, other, a, AUTH_BEARER, token, &who));
    must(c, resolve_with(c, other, a, AUTH_BEARER, token, &who));
    struct db *db = begin(c, TX_WRITE);
    must(c, token_revoke(db, id, 0, c->now, &found, &c->e));
    commit(c, db);
    assert_false(resolve_with(c, other, a, AUTH_BEARER, token, &who));
    auth_free(a);
    store_close(other);
}

/* More secrets than the cache has room for: slower, never wrong. */
static void a_full_cache_mixes_nobody_up(struct ctx *c)
{
    enum { TOKENS = 6000 };
    str       *secret = NEWV(c->mem, str, TOKENS);
    struct db *db = begin(c, TX_WRITE);
    for (int i = 0; i < TOKENS; i++) {
        int64_t id;
        must(c, token_new(db, c->mem, 1000 + i, S("t"), c->now, 0, &secret[i], &id, &c->e));
    }
    commit(c, db);
    db = begin(c, TX_READ);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TOKENS; i++) {
            struct auth_who who;
            must(c, auth_resolve(c->a, db, 1, AUTH_BEARER, secret[i], c->now, &who, &c->e));
            assert_int_equal(who.user, 1000 + i);
        }
    db_rollback(db);
}

static void resolving_is_fast(struct ctx *c)
{
    enum { TIMES = 20000 };
    str             cookie = sign_in(c, LINA, "li.na@example.com");
    struct auth_who who;
    struct timespec a, b;
    struct db      *db = begin(c, TX_READ);
    must(c, auth_resolve(c->a, db, 1, AUTH_COOKIE, cookie, c->now, &who, &c->e));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    for (int i = 0; i < TIMES; i++)
        must(c, auth_resolve(c->a, db, 1, AUTH_COOKIE, cookie, c->now, &who, &c->e));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    db_rollback(db);
    double us = ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / TIMES;
    print_message("a known cookie: %.2f us\n", us);
    assert_true(us < 20);
}

/* ---- passwords -------------------------------------------------------------------------------------------------- */

static bool change(struct ctx *c, str old, str new, int64_t session, bool tokens)
{
    const struct password_change in = { LINA, session, S("li.na@example.com"), old, new, S("10.0.0.1"), tokens, c->now };
    int                          wait_s;
    err_init(&c->e, c->mem, LANG_EN);
    return auth_change_password(c->a, c->mem, &in, &wait_s, &c->e);
}

static void a_new_password_ends_other_sessions(struct ctx *c)
{
    int64_t         id;
    struct auth_who who;
    str here = sign_in(c, LINA, "li.na@example.com"), there = sign_in(c, LINA, "li.na@example.com"), wei = sign_in(c, WEI, "wei@example.com");
    str token = new_token(c, LINA, 0, &id);
    must(c, resolve(c, AUTH_COOKIE, here, &who));
    int64_t session = who.session;
    assert_true(is_in(c, there) && is_in(c, wei));

    assert_false(change(c, wrong, S("brand new horse"), session, false));
    assert_true(c->e.kind == ERR_INVALID && str_eqz(c->e.problems[0].field, "old"));
    assert_false(change(c, right, S("short"), session, false));
    assert_true(c->e.kind == ERR_INVALID && str_eqz(c->e.problems[0].field, "new"));
    assert_true(is_in(c, there));

    must(c, change(c, right, S("brand new horse"), session, false));
    assert_true(is_in(c, here) && is_in(c, wei));
    assert_false(is_in(c, there));
    assert_true(resolve(c, AUTH_BEARER, token, &who));
    struct signed_in out;
    assert_false(sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", right, &out));
    must(c, sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", S("brand new horse"), &out));

    must(c, change(c, S("brand new horse"), S("another new horse"), session, true));
    assert_false(resolve(c, AUTH_BEARER, token, &who));
}

/* A stolen session is no licence to guess the password. */
static void guessing_the_old_password_is_throttled(struct ctx *c)
{
    int refused = 0;
    for (int i = 0; i < 12; i++) {
        assert_false(change(c, wrong, S("brand new horse"), 0, false));
        refused += c->e.kind == ERR_TOO_MANY;
    }
    assert_int_equal(refused, 6);
}

struct changer { struct ctx *c; str new; bool ok; enum err_kind kind; };

static void *changer(void *arg)
{
    struct changer *x = arg;
    struct ctx      own = *x->c;
    own.mem = arena_new(0);
    x->ok = change(&own, right, x->new, 0, false);
    x->kind = own.e.kind;
    arena_free(own.mem);
    return NULL;
}

/* Two changes at once from the same old password: one wins, the other is told that it is no longer right. */
static void of_two_changes_one_wins(struct ctx *c)
{
    struct changer   x[2] = { { .c = c, .new = S("the first new one") }, { .c = c, .new = S("the second new one") } };
    pthread_t        t[2];
    struct signed_in out;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, changer, &x[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(x[0].ok + x[1].ok, 1);
    assert_int_equal(x[x[0].ok ? 1 : 0].kind, ERR_INVALID);
    must(c, sign_in_from(c, "10.0.0.3", LINA, "li.na@example.com", x[x[0].ok ? 0 : 1].new, &out));
}

static void who_is_switched_off_is_out(struct ctx *c)
{
    int64_t         id;
    struct auth_who who;
    str             lina = sign_in(c, LINA, "li.na@example.com"), wei = sign_in(c, WEI, "wei@example.com"), token = new_token(c, LINA, 0, &id);
    assert_true(is_in(c, lina) && is_in(c, wei));
    struct db *db = begin(c, TX_WRITE);
    must(c, auth_shut_out(db, LINA, true, c->now, &c->e));
    commit(c, db);
    assert_false(is_in(c, lina));
    assert_false(resolve(c, AUTH_BEARER, token, &who));
    assert_true(is_in(c, wei));
}

static void passwords_are_there_or_not(struct ctx *c)
{
    bool       has;
    struct db *db = begin(c, TX_READ);
    must(c, auth_has_password(db, LINA, &has, &c->e));
    assert_true(has);
    must(c, auth_has_password(db, 99, &has, &c->e));
    assert_false(has);
    db_rollback(db);
}

/* ---- the house is swept ------------------------------------------------------------------------------------------ */

static void what_has_expired_is_swept(struct ctx *c)
{
    struct signed_in out;
    sign_in(c, LINA, "li.na@example.com");
    for (int i = 0; i < 3; i++)
        sign_in_from(c, "203.0.113.5", 0, "nobody@example.com", wrong, &out);
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_attempt"), 6);
    c->now += 31 * US_PER_DAY;
    sign_in(c, WEI, "wei@example.com");
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_session"), 1);
    /* lina's address is still familiar; the stranger, and the counts of addresses and accounts, are gone but for today's */
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_attempt"), 4);
    c->now += 91 * US_PER_DAY;
    struct db *db = begin(c, TX_WRITE);
    must(c, auth_sweep(db, c->now, &c->e));
    commit(c, db);
    assert_int_equal(count(c, "SELECT COUNT(*) FROM q_attempt"), 0);
}

/* ---- when the database fails ------------------------------------------------------------------------------------- */

/* The n-th call fails, for each n: signing in either works or leaves no session. */
static void failing_calls_leave_no_session(struct ctx *c)
{
    struct signed_in out;
    int64_t          from = store_calls(c->s);
    int              failed = 0;
    must(c, sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", right, &out));
    int64_t calls = store_calls(c->s) - from;
    for (int64_t n = 1; n <= calls + 5; n++) {
        int64_t before = count(c, "SELECT COUNT(*) FROM q_session");
        c->now += INT64_C(1000) * US_PER_S;
        store_fail_at(c->s, n);
        bool ok = sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", right, &out);
        store_fail_at(c->s, 0);
        assert_int_equal(count(c, "SELECT COUNT(*) FROM q_session"), before + ok);
        assert_int_equal(out.secret.n, ok ? 43 : 0);
        assert_true(ok || c->e.kind != ERR_SIGN_IN);
        failed += !ok;
    }
    print_message("a sign-in makes %d calls of the database; %d of them, failing, failed it\n", (int)calls, failed);
    assert_true(failed > 10);
}

static void failing_calls_keep_the_old_password(struct ctx *c)
{
    struct signed_in out;
    int64_t          from = store_calls(c->s);
    str              old = right, new = S("brand new horse");
    must(c, change(c, old, new, 0, true));
    int64_t calls = store_calls(c->s) - from;
    for (int64_t n = 1; n <= calls + 5; n++) {
        str swap = old;
        old = new;
        new = swap;
        c->now += INT64_C(1000) * US_PER_S;
        must(c, sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", old, &out));
        str there = out.secret;
        store_fail_at(c->s, n);
        bool ok = change(c, old, new, 0, true);
        store_fail_at(c->s, 0);
        assert_int_equal(is_in(c, there), !ok);
        assert_int_equal(sign_in_from(c, "10.0.0.1", LINA, "li.na@example.com", new, &out), ok);
        if (!ok) {      /* as it was: swap back */
            swap = old;
            old = new;
            new = swap;
        }
    }
    assert_true(calls > 10);
}

/* -------------------------------------------------------------------------------------------------------------------- */

static void test_cookie(void **state)
{
    struct arena *mem = arena_new(0);
    (void)state;
    assert_string_equal(session_cookie(mem, S("abc"), 30, true).p, "qudao_session=abc; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure");
    assert_string_equal(session_cookie(mem, S(""), 0, false).p, "qudao_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    assert_true(str_eqz(session_cookie_read(S("a=b; qudao_session=xyz; c=d")), "xyz"));
    assert_true(str_eqz(session_cookie_read(S("qudao_session=xyz")), "xyz"));
    assert_null(session_cookie_read(S("xqudao_session=xyz; qudao_sessionx=1")).p);
    assert_null(session_cookie_read(STR_NONE).p);
    arena_free(mem);
}

#define SCENARIOS(X)                                                                                                                    \
    X(a_right_password_opens_a_session) X(all_refusals_are_alike) X(sixty_tries_are_too_many) X(an_unknown_account_is_throttled_alike)  \
    X(tries_at_the_same_time_are_counted) X(each_sign_in_is_a_new_session) X(old_hashes_are_made_anew) X(sessions_slide_and_end)        \
    X(signing_out_ends_one) X(a_refused_change_ends_nothing) X(cookies_are_not_tokens) X(tables_hold_no_secret) X(odd_agents_are_harmless) \
    X(tokens_end) X(other_servers_notice) X(a_full_cache_mixes_nobody_up) X(resolving_is_fast) X(a_new_password_ends_other_sessions)    \
    X(guessing_the_old_password_is_throttled) X(of_two_changes_one_wins) X(who_is_switched_off_is_out) X(passwords_are_there_or_not)    \
    X(what_has_expired_is_swept) X(failing_calls_leave_no_session) X(failing_calls_keep_the_old_password)

static void on(enum test_engine engine, void (*scenario)(struct ctx *))
{
    struct ctx c = { .s = test_store(engine), .now = INT64_C(1800000000) * US_PER_S };
    if (!c.s)
        skip();
    c.mem = arena_new(0);
    err_init(&c.e, c.mem, LANG_EN);
    must(&c, store_migrate(c.s, steps, 2, &c.e));
    c.a = auth_new(c.s, NULL);
    give_password(&c, LINA, "li.na@example.com", right);
    give_password(&c, WEI, "wei@example.com", right);
    scenario(&c);
    auth_free(c.a);
    test_store_drop(c.s);
    arena_free(c.mem);
}

#define X(name)                                                                                                                         \
    static void sqlite_##name(void **state) { (void)state; on(TEST_SQLITE, name); }                                                     \
    static void postgres_##name(void **state) { (void)state; on(TEST_POSTGRES, name); }
SCENARIOS(X)
#undef X

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie),
#define X(name) cmocka_unit_test(sqlite_##name),
        SCENARIOS(X)
#undef X
#define X(name) cmocka_unit_test(postgres_##name),
        SCENARIOS(X)
#undef X
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
