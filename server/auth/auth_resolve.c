/* auth_resolve: whose cookie or token is this?  See auth.h.
 *
 * The cache is a table of fixed size, four places a row, found by the digest of the secret; a digest cannot be aimed at by who does
 * not know a valid secret, and only valid ones are put in.  An entry is believed while the auth version is the one at which
 * it was read; rows share a few locks, held for a few instructions. */
#include "auth/auth_inner.h"
#include "auth/token.h"
#include "base/check.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1024, PLACES = 4, LOCKS = 32, SECRET_MAX = 100 };
#define STALE_US (INT64_C(3600) * US_PER_S)

struct entry { struct hash256 digest; struct auth_who who; int64_t seen_at, version; };
struct auth_cache {
    pthread_mutex_t lock[LOCKS];
    struct entry    row[ROWS][PLACES];      /* version 0: empty */
    unsigned char   next[ROWS];             /* the place that is overwritten next */
};

struct auth_cache *auth_cache_new(void)
{
    struct auth_cache *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&c->lock[i], NULL);
    return c;
}

void auth_cache_free(struct auth_cache *c)
{
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&c->lock[i]);
    free(c);
}

static size_t row_of(const struct hash256 *h) { return (size_t)(h->b[0] | h->b[1] << 8) % ROWS; }

/* Over an hour unseen: the one who is told will note it, so the others need not. */
static void take(struct entry *x, int64_t now, struct auth_who *who)
{
    *who = x->who;
    who->stale = now - x->seen_at > STALE_US;
    if (who->stale)
        x->seen_at = now;
}

static bool cache_find(struct auth_cache *c, const struct hash256 *h, int64_t version, int64_t now, struct auth_who *who)
{
    size_t r = row_of(h);
    bool   hit = false;
    pthread_mutex_lock(&c->lock[r % LOCKS]);
    for (int i = 0; i < PLACES && !hit; i++) {
        struct entry *x = &c->row[r][i];
        hit = x->version == version && hash256_eq(&x->digest, h) && (!x->who.expires_at || x->who.expires_at > now);
        if (hit)
            take(x, now, who);
    }
    pthread_mutex_unlock(&c->lock[r % LOCKS]);
    return hit;
}

/* Over an older entry of the same secret, else over one that is no longer believed, else in turn. */
static void cache_put(struct auth_cache *c, const struct hash256 *h, int64_t version, int64_t seen_at, int64_t now, struct auth_who *who)
{
    size_t r = row_of(h);
    pthread_mutex_lock(&c->lock[r % LOCKS]);
    int place = -1;
    for (int i = 0; i < PLACES; i++)
        if (hash256_eq(&c->row[r][i].digest, h)) {
            place = i;
            break;
        } else if (place < 0 && c->row[r][i].version != version) {
            place = i;
        }
    if (place < 0)
        place = c->next[r]++ % PLACES;
    struct entry *x = &c->row[r][place];
    *x = (struct entry){ *h, *who, seen_at, version };
    take(x, now, who);
    pthread_mutex_unlock(&c->lock[r % LOCKS]);
}

static bool find_session(struct db *db, struct arena *mem, const struct value *args, struct auth_who *who, int64_t *seen_at, bool *found, struct err *e)
{
    struct rows r;
    if (!db_run(db, S("SELECT id, user_id, expires_at, seen_at FROM q_session WHERE token_hash = $1 AND expires_at > $2"), args, 2, mem, &r, e))
        return false;
    *found = r.nrows == 1;
    if (*found) {
        *who = (struct auth_who){ .session = CELL(&r, 0, 0)->u.i, .user = CELL(&r, 0, 1)->u.i, .expires_at = CELL(&r, 0, 2)->u.i };
        *seen_at = CELL(&r, 0, 3)->u.i;
    }
    return true;
}

static bool find_token(struct db *db, struct arena *mem, const struct value *args, struct auth_who *who, int64_t *seen_at, bool *found, struct err *e)
{
    struct rows r;
    if (!db_run(db, S("SELECT id, user_id, expires_at, COALESCE(last_used_at, 0) FROM q_token"
                      " WHERE token_hash = $1 AND (expires_at = 0 OR expires_at > $2) AND revoked_at IS NULL"), args, 2, mem, &r, e))
        return false;
    *found = r.nrows == 1;
    if (*found) {
        *who = (struct auth_who){ .token = CELL(&r, 0, 0)->u.i, .user = CELL(&r, 0, 1)->u.i, .expires_at = CELL(&r, 0, 2)->u.i };
        *seen_at = CELL(&r, 0, 3)->u.i;
    }
    return true;
}

bool auth_resolve(struct auth *a, struct db *db, int64_t version, enum auth_way way, str secret, int64_t now, struct auth_who *who, struct err *e)
{
    if (secret.n == 0)
        return err_set(e, ERR_SIGN_IN, "Please sign in");
    bool found = secret.n <= SECRET_MAX && str_starts(secret, S(TOKEN_PREFIX)) == (way == AUTH_BEARER);
    if (found) {
        struct hash256 h = hash256(secret);
        int64_t        seen_at = 0;
        if (cache_find(a->cache, &h, version, now, who))
            return true;
        arena_mark         here = arena_here(e->mem);
        const struct value args[] = { v_text(hash_hex(e->mem, h.b, sizeof h.b)), v_int(now) };
        if (!(way == AUTH_BEARER ? find_token : find_session)(db, e->mem, args, who, &seen_at, &found, e))
            return false;
        arena_back(e->mem, here);
        if (found)
            cache_put(a->cache, &h, version, seen_at, now, who);
    }
    if (!found)
        return way == AUTH_COOKIE ? err_set(e, ERR_SIGN_IN, "The sign-in has ended; please sign in again")
                                  : err_set(e, ERR_SIGN_IN, "The token is not valid, or no longer");
    return true;
}

struct touch { const struct auth_who *who; int64_t now, expires_at; };

static bool touch_work(struct db *db, void *arg, struct err *e)
{
    const struct touch *t = arg;
    const struct value  session[] = { v_int(t->who->session), v_int(t->now), v_int(t->expires_at) }, token[] = { v_int(t->who->token), v_int(t->now) };
    if (t->who->session)
        return db_exec(db, S("UPDATE q_session SET seen_at = $2, expires_at = $3 WHERE id = $1 AND expires_at > $2"), session, 3, NULL, e);
    return db_exec(db, S("UPDATE q_token SET last_used_at = $2 WHERE id = $1"), token, 2, NULL, e);
}

void auth_touch(struct auth *a, const struct auth_who *who, int64_t now)
{
    struct touch  t = { who, now, now + a->options.session_days * US_PER_DAY };
    struct arena *mem = arena_new(1 << 20);
    struct err    e;
    err_init(&e, mem, LANG_EN);
    if (!auth_run(a, TX_WRITE, "auth touch", touch_work, &t, &e))
        log_event(LOG_WARN, "auth_touch", "session=%lld token=%lld error=%s", (long long)who->session, (long long)who->token, log_q(mem, e.detail));
    arena_free(mem);
}
