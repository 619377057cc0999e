/* auth: see auth.h; finding out whose cookie it is is in auth_resolve.c. */
#include "auth/auth.h"
#include "auth/attempt.h"
#include "auth/auth_inner.h"
#include "auth/session.h"
#include "auth/token.h"
#include "base/check.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/rand.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 10 };
#define SWEEP_US (INT64_C(600) * US_PER_S)

struct auth *auth_new(struct store *store, const struct auth_options *options)
{
    struct auth *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    if (options)
        a->options = *options;
    a->options.session_days = a->options.session_days ? a->options.session_days : 30;
    a->options.hashes = a->options.hashes ? a->options.hashes : 2;
    a->options.waiting = a->options.waiting ? a->options.waiting : 6;
    a->store = store;
    a->cache = auth_cache_new();
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->turn, NULL);
    return a;
}

void auth_free(struct auth *a)
{
    if (!a)
        return;
    auth_cache_free(a->cache);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->turn);
    free(a);
}

str auth_digest(struct arena *mem, str secret)
{
    struct hash256 h = hash256(secret);
    return hash_hex(mem, h.b, sizeof h.b);
}

int64_t auth_new_id(void)
{
    int64_t id = 0;
    while (id == 0) {
        rand_bytes(&id, sizeof id);
        id &= (INT64_C(1) << 53) - 1;
    }
    return id;
}

bool auth_version(struct db *db, int64_t *version, struct err *e)
{
    arena_mark  here = arena_here(e->mem);
    struct rows r;
    if (!db_run(db, S("SELECT value FROM q_version WHERE name = 'auth'"), NULL, 0, e->mem, &r, e))
        return false;
    CHECK(r.nrows == 1);
    *version = r.cells[0].u.i;
    arena_back(e->mem, here);
    return true;
}

bool auth_bump(struct db *db, struct err *e)
{
    return db_exec(db, S("UPDATE q_version SET value = value + 1 WHERE name = 'auth'"), NULL, 0, NULL, e);
}

static void pause_before(int run)
{
    unsigned char random;
    rand_bytes(&random, 1);
    const struct timespec t = { 0, (run * 2 * 1000 + random * 8) * 1000L };
    nanosleep(&t, NULL);
}

bool auth_run(struct auth *a, enum tx_mode mode, const char *opened_by, auth_work *work, void *arg, struct err *e)
{
    for (int run = 0; run < RUNS; run++) {
        struct db *db;
        bool       ok = false;
        if (run)
            pause_before(run);
        err_clear(e);
        if (db_begin(a->store, mode, opened_by, &db, e)) {
            ok = work(db, arg, e);
            if (ok)
                ok = db_commit(db, e);
            else
                db_rollback(db);
        }
        if (ok || e->kind != ERR_BUSY)
            return ok;
    }
    return false;
}

/* ---- a few at a time -------------------------------------------------------------------------------------------- */

static bool turn_take(struct auth *a, struct err *e)
{
    pthread_mutex_lock(&a->lock);
    bool full = a->running >= a->options.hashes && a->waiting >= a->options.waiting;
    if (!full) {
        a->waiting++;
        while (a->running >= a->options.hashes)
            pthread_cond_wait(&a->turn, &a->lock);
        a->waiting--;
        a->running++;
    }
    pthread_mutex_unlock(&a->lock);
    return !full || err_set(e, ERR_TOO_MANY, "Too many people are signing in at this moment; please try again");
}

static void turn_give(struct auth *a)
{
    pthread_mutex_lock(&a->lock);
    a->running--;
    pthread_cond_signal(&a->turn);
    pthread_mutex_unlock(&a->lock);
}

static bool matches(struct auth *a, struct arena *mem, const char *hash, str password, bool *out, struct err *e)
{
    if (!turn_take(a, e))
        return false;
    *out = password_matches(mem, hash, password);
    turn_give(a);
    return true;
}

static bool hash_new(struct auth *a, struct arena *mem, str password, char hash[PASSWORD_HASH_SIZE], struct err *e)
{
    if (!turn_take(a, e))
        return false;
    password_hash(mem, password, hash);
    turn_give(a);
    return true;
}

/* ---- the stored password ---------------------------------------------------------------------------------------- */

/* *hash NULL: none. */
static bool credential_load(struct db *db, struct arena *mem, int64_t user, const char **hash, struct err *e)
{
    const struct value args[] = { v_int(user) };
    struct rows        r;
    if (!db_run(db, S("SELECT hash FROM q_credential WHERE user_id = $1"), args, 1, mem, &r, e))
        return false;
    *hash = r.nrows ? str_z(mem, r.cells[0].u.s) : NULL;
    return true;
}

static bool credential_save(struct db *db, int64_t user, const char *hash, int64_t now, struct err *e)
{
    const struct value args[] = { v_int(user), v_text(str_of(hash)), v_int(now) };
    return db_exec(db, S("INSERT INTO q_credential(user_id, hash, changed_at) VALUES($1, $2, $3)"
                         " ON CONFLICT(user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at"), args, 3, NULL, e);
}

/* Between looking at the password and letting in lies time in which it may have been changed. */
static bool credential_unchanged(struct db *db, struct arena *mem, int64_t user, const char *seen, bool *out, struct err *e)
{
    const char *hash;
    if (!credential_load(db, mem, user, &hash, e))
        return false;
    *out = hash && strcmp(hash, seen) == 0;
    return true;
}

bool auth_has_password(struct db *db, int64_t user, bool *out, struct err *e)
{
    const char *hash;
    if (!credential_load(db, e->mem, user, &hash, e))
        return false;
    *out = hash != NULL;
    return true;
}

/* ---- one try at a password, as signing in and changing it have in common ------------------------------------------ */

struct try {
    struct auth    *auth;
    struct arena   *mem;
    int64_t         user, now;
    str             email, address, password;
    struct attempt  attempt;
    int             wait_s;
    const char     *hash;       /* NULL: none */
};

static bool look_work(struct db *db, void *arg, struct err *e)
{
    struct try *t = arg;
    return attempt_wait(db, t->mem, t->email, t->address, t->now, &t->wait_s, e);
}

static bool count_work(struct db *db, void *arg, struct err *e)
{
    struct try *t = arg;
    return attempt_begin(db, t->mem, t->email, t->address, t->now, &t->attempt, &t->wait_s, e) &&
           credential_load(db, t->mem, t->user, &t->hash, e);
}

static bool sweep_work(struct db *db, void *arg, struct err *e) { return auth_sweep(db, *(int64_t *)arg, e); }

/* By itself and seldom: a sweep beside other sign-ins would make PostgreSQL repeat them. Its failure is nobody's concern. */
static void sweep_now_and_then(struct try *t)
{
    int64_t    last = t->auth->swept_at;
    struct err e;
    err_init(&e, t->mem, LANG_EN);
    if (t->now - last > SWEEP_US && atomic_compare_exchange_strong(&t->auth->swept_at, &last, t->now))
        auth_run(t->auth, TX_WRITE, "sweep sign-ins", sweep_work, &t->now, &e);
}

/* Counts the try and looks at the password.  False: too often, or the database failed; else *right says. */
static bool try_password(struct try *t, bool *right, struct err *e)
{
    if (!auth_run(t->auth, TX_READ, "look at attempts", look_work, t, e))
        return false;
    if (!t->wait_s && !auth_run(t->auth, TX_WRITE, "count an attempt", count_work, t, e))
        return false;
    if (t->wait_s) {
        log_event(LOG_WARN, "sign_in_throttled", "address=%s wait_s=%d", log_q(t->mem, t->address), t->wait_s);
        return err_set(e, ERR_TOO_MANY, "Too many wrong passwords; please try again in %d seconds", t->wait_s);
    }
    sweep_now_and_then(t);
    return matches(t->auth, t->mem, t->hash, t->password, right, e);
}

/* ---- signing in ------------------------------------------------------------------------------------------------- */

struct letting_in {
    const struct sign_in *in;
    struct signed_in     *out;
    struct try            try;
    char                  rehashed[PASSWORD_HASH_SIZE];     /* "" : as it is */
    bool                  changed;
};

static bool end_replaced(struct db *db, const struct letting_in *l, struct err *e)
{
    if (!l->in->replaces.n)
        return true;
    const struct value args[] = { v_text(auth_digest(l->try.mem, l->in->replaces)) };
    int64_t            n;
    return db_exec(db, S("DELETE FROM q_session WHERE token_hash = $1"), args, 1, &n, e) && (n == 0 || auth_bump(db, e));
}

static bool let_in_work(struct db *db, void *arg, struct err *e)
{
    struct letting_in    *l = arg;
    const struct sign_in *in = l->in;
    bool                  unchanged;
    if (!credential_unchanged(db, l->try.mem, in->user, l->try.hash, &unchanged, e))
        return false;
    l->changed = !unchanged;
    if (l->changed)
        return true;
    if (l->rehashed[0] && !credential_save(db, in->user, l->rehashed, in->now, e))
        return false;
    l->out->days = l->try.auth->options.session_days;
    return attempt_succeeded(db, &l->try.attempt, e) && end_replaced(db, l, e) &&
           session_new(db, l->try.mem, in->user, in->address, in->agent, in->now, l->out->days, &l->out->secret, &l->out->session, e);
}

static bool wrong(const struct sign_in *in, struct arena *mem, struct err *e)
{
    log_event(LOG_INFO, "sign_in_failed", "user=%lld address=%s", (long long)in->user, log_q(mem, in->address));
    return err_set(e, ERR_SIGN_IN, "The e-mail or the password is wrong");
}

bool auth_sign_in(struct auth *a, struct arena *mem, const struct sign_in *in, struct signed_in *out, struct err *e)
{
    struct letting_in l = { .in = in, .out = out };
    bool              right;
    l.try = (struct try){ .auth = a, .mem = mem, .user = in->user, .now = in->now, .email = in->email, .address = in->address, .password = in->password };
    *out = (struct signed_in){ 0 };
    if (!try_password(&l.try, &right, e)) {
        out->wait_s = e->kind == ERR_TOO_MANY && !l.try.wait_s ? 1 : l.try.wait_s;
        return false;
    }
    if (!right)
        return wrong(in, mem, e);
    if (!in->active)
        return err_set(e, ERR_SIGN_IN, "This account is switched off; please ask your administrator");
    if (password_outdated(l.try.hash) && !hash_new(a, mem, in->password, l.rehashed, e))
        return false;
    bool done = auth_run(a, TX_WRITE, "sign in", let_in_work, &l, e);
    if (!done || l.changed)
        *out = (struct signed_in){ 0 };     /* what it wrote there has not come to be */
    if (!done)
        return false;
    if (l.changed)
        return wrong(in, mem, e);
    log_event(LOG_INFO, "signed_in", "user=%lld address=%s", (long long)in->user, log_q(mem, in->address));
    return true;
}

/* ---- changing a password ---------------------------------------------------------------------------------------- */

static bool store_password(struct db *db, int64_t user, const char *hash, int64_t but_session, bool tokens, int64_t now, struct err *e)
{
    return credential_save(db, user, hash, now, e) && session_end_all(db, user, but_session, e) &&
           (!tokens || token_revoke_all(db, user, now, e));
}

struct changing {
    const struct password_change *in;
    struct try                    try;
    char                          hash[PASSWORD_HASH_SIZE];
    bool                          changed;
};

static bool change_work(struct db *db, void *arg, struct err *e)
{
    struct changing              *c = arg;
    const struct password_change *in = c->in;
    bool                          unchanged;
    if (!credential_unchanged(db, c->try.mem, in->user, c->try.hash, &unchanged, e))
        return false;
    c->changed = !unchanged;
    return c->changed || (attempt_succeeded(db, &c->try.attempt, e) && store_password(db, in->user, c->hash, in->session, in->tokens, in->now, e));
}

bool auth_change_password(struct auth *a, struct arena *mem, const struct password_change *in, int *wait_s, struct err *e)
{
    struct changing c = { .in = in };
    bool            right;
    c.try = (struct try){ .auth = a, .mem = mem, .user = in->user, .now = in->now, .email = in->email, .address = in->address, .password = in->old };
    *wait_s = 0;
    if (!password_check(in->new, in->email, S("new"), e))
        return false;
    if (!try_password(&c.try, &right, e)) {
        *wait_s = e->kind == ERR_TOO_MANY && !c.try.wait_s ? 1 : c.try.wait_s;
        return false;
    }
    if (!right)
        return err_problem(e, S("old"), "wrong", "This is not the current password");
    if (!hash_new(a, mem, in->new, c.hash, e) || !auth_run(a, TX_WRITE, "change a password", change_work, &c, e))
        return false;
    if (c.changed)
        return err_problem(e, S("old"), "wrong", "This is not the current password");
    log_event(LOG_INFO, "password_changed", "user=%lld address=%s", (long long)in->user, log_q(mem, in->address));
    return true;
}

bool auth_set_password(struct auth *a, struct db *db, struct arena *mem, int64_t user, str email, str password, int64_t now, struct err *e)
{
    char hash[PASSWORD_HASH_SIZE];
    return password_check(password, email, S("password"), e) && hash_new(a, mem, password, hash, e) &&
           store_password(db, user, hash, 0, false, now, e);
}

bool auth_shut_out(struct db *db, int64_t user, bool tokens, int64_t now, struct err *e)
{
    return session_end_all(db, user, 0, e) && (!tokens || token_revoke_all(db, user, now, e)) && auth_bump(db, e);
}

bool auth_sweep(struct db *db, int64_t now, struct err *e)
{
    const struct value args[] = { v_int(now) };
    return db_exec(db, S("DELETE FROM q_session WHERE expires_at <= $1"), args, 1, NULL, e) && attempt_sweep(db, now, e);
}
