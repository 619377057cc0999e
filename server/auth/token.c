/* token: see token.h. */
#include "auth/token.h"
#include "auth/auth.h"
#include "base/rand.h"

bool token_new(struct db *db, struct arena *mem, int64_t user, str name, int64_t now, int64_t expires_at, str *secret, int64_t *id, struct err *e)
{
    *secret = str_cat(mem, S(TOKEN_PREFIX), rand_token(mem, AUTH_SECRET_BYTES));
    *id = auth_new_id();
    const struct value args[] = { v_int(*id), v_text(name.p ? name : S("")), v_text(auth_digest(mem, *secret)), v_int(user), v_int(now), v_int(expires_at) };
    return db_exec(db, S("INSERT INTO q_token(id, name, token_hash, user_id, created_at, expires_at) VALUES($1, $2, $3, $4, $5, $6)"), args, 6, NULL, e);
}

static int64_t or_never(const struct value *v) { return v->type == V_NULL ? 0 : v->u.i; }

bool token_list(struct db *db, struct arena *mem, int64_t user, struct token **out, size_t *n, struct err *e)
{
    const struct value args[] = { v_int(user) };
    struct rows        r;
    if (!db_run(db, S("SELECT id, user_id, name, created_at, expires_at, last_used_at, revoked_at FROM q_token"
                      " WHERE user_id = $1 OR $1 = 0 ORDER BY created_at DESC, id"), args, 1, mem, &r, e))
        return false;
    *out = NEWV(mem, struct token, r.nrows);
    *n = r.nrows;
    for (size_t i = 0; i < r.nrows; i++)
        (*out)[i] = (struct token){ CELL(&r, i, 0)->u.i, CELL(&r, i, 1)->u.i, CELL(&r, i, 2)->u.s, CELL(&r, i, 3)->u.i, CELL(&r, i, 4)->u.i,
                                    or_never(CELL(&r, i, 5)), or_never(CELL(&r, i, 6)) };
    return true;
}

bool token_revoke(struct db *db, int64_t id, int64_t user, int64_t now, bool *found, struct err *e)
{
    const struct value args[] = { v_int(id), v_int(user), v_int(now) };
    int64_t            n;
    if (!db_exec(db, S("UPDATE q_token SET revoked_at = $3 WHERE id = $1 AND (user_id = $2 OR $2 = 0) AND revoked_at IS NULL"), args, 3, &n, e))
        return false;
    *found = n > 0;
    return n == 0 || auth_bump(db, e);
}

bool token_revoke_all(struct db *db, int64_t user, int64_t now, struct err *e)
{
    const struct value args[] = { v_int(user), v_int(now) };
    int64_t            n;
    return db_exec(db, S("UPDATE q_token SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL"), args, 2, &n, e) && (n == 0 || auth_bump(db, e));
}
