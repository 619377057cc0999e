/* token: a key that a program signs in with: Authorization: Bearer qd_…  It acts as its user, is shown once and stored as a digest. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H
#include "db/db.h"

#define TOKEN_PREFIX "qd_"

struct token { int64_t id, user; str name; int64_t created_at, expires_at, last_used_at, revoked_at; };    /* 0: never */

/* name: what its owner calls it, valid text; expires_at 0: never. */
bool token_new(struct db *, struct arena *, int64_t user, str name, int64_t now, int64_t expires_at, str *secret, int64_t *id, struct err *);
bool token_list(struct db *, struct arena *, int64_t user, struct token **out, size_t *n, struct err *);    /* user 0: all; latest first */
/* These end something that was valid, so they move the auth version on (auth.h). */
bool token_revoke(struct db *, int64_t id, int64_t user, int64_t now, bool *found, struct err *);    /* user 0: anybody's */
bool token_revoke_all(struct db *, int64_t user, int64_t now, struct err *);
#endif
