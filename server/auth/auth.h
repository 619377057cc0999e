/* auth: who may come in.  Signing in, changing a password, and finding out at each request whose cookie or token it is.
 *
 * What takes long (Argon2id, 20 ms and 19 MiB each) is done outside transactions, so that nobody who writes waits for it, and at
 * most a few at a time, so that memory is bounded and strangers cannot occupy all workers: who finds the queue full is told to come again
 * (ERR_TOO_MANY).  These functions therefore take the store and begin their own transactions; the route's mode is TX_NONE.
 *
 * The auth version is the row `auth` of q_version.  It moves on, in the same transaction, whenever something that let somebody
 * in no longer does: a session or token ended, a password changed, a user was switched off or given other roles (the latter two by whoever
 * writes the user's record: auth_bump).  What was cached at an older version is not believed.
 *
 * Invariants
 *   1. A secret (cookie, token, password) is in memory only; in tables and in the cache is a digest; in the log is neither.
 *   2. Unknown e-mail, wrong password and a user without password take the same steps, time and words. */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H
#include "auth/password.h"
#include "db/db.h"

struct auth;
struct auth_options { int session_days, hashes, waiting; };     /* 0: 30 days, 2 at once, 6 in the queue */
struct auth *auth_new(struct store *, const struct auth_options *);     /* options NULL: all 0; the store must outlive it */
void         auth_free(struct auth *);

bool auth_version(struct db *, int64_t *version, struct err *);
bool auth_bump(struct db *, struct err *);

/* ---- at each request -------------------------------------------------------------------------------------------- */

enum auth_way { AUTH_COOKIE, AUTH_BEARER };     /* a cookie's value is no token, and a token is no cookie's value */
struct auth_who {
    int64_t user;
    int64_t session, token;     /* one of them, the other 0 */
    int64_t expires_at;         /* 0: never */
    bool    stale;              /* last seen over an hour ago: call auth_touch when the request is done; told to one caller */
};
/* version: of this transaction.  ERR_SIGN_IN: unknown, ended or expired.  Whether the user is active is in the user's record: the
 * caller asks it.  Cached: costs a digest and a look into a table, about 1 us. */
bool auth_resolve(struct auth *, struct db *, int64_t version, enum auth_way, str secret, int64_t now, struct auth_who *, struct err *);
/* Notes that it was used and lets a session slide on.  In a transaction of its own; a failure is only logged. */
void auth_touch(struct auth *, const struct auth_who *, int64_t now);

/* ---- signing in ------------------------------------------------------------------------------------------------- */

struct sign_in {
    int64_t user;               /* 0: nobody has that e-mail; sign in all the same, for the time that it takes */
    bool    active;
    str     email, password;    /* as they were typed */
    str     address, agent;     /* of the browser */
    str     replaces;           /* the cookie that came along: that session ends; may be empty */
    int64_t now;
};
struct signed_in {
    str     secret;             /* for session_cookie */
    int64_t session;
    int     days;
    int     wait_s;             /* when refused with ERR_TOO_MANY: for Retry-After */
};
/* ERR_SIGN_IN: wrong; ERR_TOO_MANY: wrong too often (attempt.h), or the queue is full. */
bool auth_sign_in(struct auth *, struct arena *, const struct sign_in *, struct signed_in *, struct err *);

/* ---- passwords -------------------------------------------------------------------------------------------------- */

struct password_change {
    int64_t user, session;      /* the session that stays; 0: none */
    str     email, old, new;
    str     address;
    bool    tokens;             /* revoke the user's tokens too */
    int64_t now;
};
/* By the user: POST /me/password.  Problems are called "old" and "new".  *wait_s as in signed_in. */
bool auth_change_password(struct auth *, struct arena *, const struct password_change *, int *wait_s, struct err *);
/* By an administrator or the command line, within the caller's write: checks, hashes (so the write lasts 20 ms longer), stores,
 * ends the user's sessions.  Problems are called "password". */
bool auth_set_password(struct auth *, struct db *, struct arena *, int64_t user, str email, str password, int64_t now, struct err *);
bool auth_has_password(struct db *, int64_t user, bool *out, struct err *);
/* A user is switched off or deleted: ends the sessions, and the tokens too when asked (they work no longer either way, while
 * the user is not active). */
bool auth_shut_out(struct db *, int64_t user, bool tokens, int64_t now, struct err *);
bool auth_sweep(struct db *, int64_t now, struct err *);    /* deletes what has expired; signing in does it every ten minutes */

/* ---- for the other files of this room ---------------------------------------------------------------------------- */

enum { AUTH_SECRET_BYTES = 32 };
str     auth_digest(struct arena *, str secret);    /* as the tables hold it */
int64_t auth_new_id(void);                          /* random, positive, exact in JSON's doubles: ids here must not tell how many there are */
#endif
