/* session: a sign-in that lasts, known by a cookie.  The cookie's value is random and is stored only as a digest; a session
 * ends when it is ended, when its user's password changes, or after some days without use. */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H
#include "db/db.h"

#define SESSION_COOKIE "qudao_session"

struct session { int64_t id, user, created_at, seen_at, expires_at; str address, agent; };

/* secret: the cookie's value, seen only here.  agent: header User-Agent, may be anything. */
bool session_new(struct db *, struct arena *, int64_t user, str address, str agent, int64_t now, int days,
                 str *secret, int64_t *id, struct err *);
bool session_list(struct db *, struct arena *, int64_t user, int64_t now, struct session **out, size_t *n, struct err *);   /* latest first */
/* These end something that was valid, so they move the auth version on (auth.h). */
bool session_end(struct db *, int64_t id, int64_t user, bool *found, struct err *);     /* user 0: anybody's */
bool session_end_all(struct db *, int64_t user, int64_t but, struct err *);             /* but: a session that stays; 0: none */

/* Header values.  days 0 with an empty secret: the cookie is taken away. */
str  session_cookie(struct arena *, str secret, int days, bool https);
str  session_cookie_read(str cookie_header);        /* STR_NONE: no such cookie */
#endif
