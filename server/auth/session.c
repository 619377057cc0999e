/* session: see session.h. */
#include "auth/session.h"
#include "auth/auth.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/text.h"

enum { AGENT_MAX = 200 };

static str shorten(str agent)
{
    if (!text_valid(agent))
        return S("");
    if (agent.n > AGENT_MAX)
        for (agent.n = AGENT_MAX; ((unsigned char)agent.p[agent.n] & 0xc0) == 0x80;)
            agent.n--;
    return agent;
}

bool session_new(struct db *db, struct arena *mem, int64_t user, str address, str agent, int64_t now, int days,
                 str *secret, int64_t *id, struct err *e)
{
    *secret = rand_token(mem, AUTH_SECRET_BYTES);
    *id = auth_new_id();
    const struct value args[] = { v_int(*id), v_text(auth_digest(mem, *secret)), v_int(user), v_int(now), v_int(now + days * US_PER_DAY),
                                  v_text(address.p ? address : S("")), v_text(shorten(agent)) };
    return db_exec(db, S("INSERT INTO q_session(id, token_hash, user_id, created_at, seen_at, expires_at, address, agent)"
                         " VALUES($1, $2, $3, $4, $4, $5, $6, $7)"), args, 7, NULL, e);
}

bool session_list(struct db *db, struct arena *mem, int64_t user, int64_t now, struct session **out, size_t *n, struct err *e)
{
    const struct value args[] = { v_int(user), v_int(now) };
    struct rows        r;
    if (!db_run(db, S("SELECT id, created_at, seen_at, expires_at, address, agent FROM q_session WHERE user_id = $1 AND expires_at > $2"
                      " ORDER BY seen_at DESC, id"), args, 2, mem, &r, e))
        return false;
    *out = NEWV(mem, struct session, r.nrows);
    *n = r.nrows;
    for (size_t i = 0; i < r.nrows; i++)
        (*out)[i] = (struct session){ CELL(&r, i, 0)->u.i, user, CELL(&r, i, 1)->u.i, CELL(&r, i, 2)->u.i, CELL(&r, i, 3)->u.i,
                                      CELL(&r, i, 4)->u.s, CELL(&r, i, 5)->u.s };
    return true;
}

bool session_end(struct db *db, int64_t id, int64_t user, bool *found, struct err *e)
{
    const struct value args[] = { v_int(id), v_int(user) };
    int64_t            n;
    if (!db_exec(db, S("DELETE FROM q_session WHERE id = $1 AND (user_id = $2 OR $2 = 0)"), args, 2, &n, e))
        return false;
    *found = n > 0;
    return n == 0 || auth_bump(db, e);
}

bool session_end_all(struct db *db, int64_t user, int64_t but, struct err *e)
{
    const struct value args[] = { v_int(user), v_int(but) };
    int64_t            n;
    return db_exec(db, S("DELETE FROM q_session WHERE user_id = $1 AND id <> $2"), args, 2, &n, e) && (n == 0 || auth_bump(db, e));
}

str session_cookie(struct arena *mem, str secret, int days, bool https)
{
    return str_printf(mem, SESSION_COOKIE "=" STR_FMT "; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", STR_ARG(secret), days * 86400, https ? "; Secure" : "");
}

str session_cookie_read(str header)
{
    str part;
    while (str_cut(&header, ';', &part)) {
        part = str_trim(part);
        if (str_starts(part, S(SESSION_COOKIE "=")))
            return str_sub(part, sizeof SESSION_COOKIE, part.n);
    }
    return STR_NONE;
}
