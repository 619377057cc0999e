/* ctx: the desk at which one request or one job is worked on.  It is all the state that work may touch; there
 * are no other globals above the base room. */
#ifndef RECORD_CTX_H
#define RECORD_CTX_H
#include "auth/actor.h"
#include "meta/catalog.h"

struct dirty { const struct module *m; int64_t id; };

struct ctx {
    struct arena         *mem;
    struct db            *db;           /* transaction open */
    const struct catalog *cat;          /* pinned */
    const struct actor   *actor;
    int64_t               now;          /* one instant for the whole request */
    const char           *way;          /* how it came in: api, form, import, cli, rule, system */
    str                   trace;
    struct err            err;
    struct dirty         *dirty; size_t ndirty, dirty_cap;  /* records whose computed fields must be made again: rec_flush */
};

bool ctx_is_admin(const struct ctx *);
/* The env of formulas: clock, person, calendar of the workspace. Slots are the caller's. */
struct env ctx_env(const struct ctx *);
#endif
