/* auth_inner: what auth.c and auth_resolve.c share. */
#ifndef AUTH_AUTH_INNER_H
#define AUTH_AUTH_INNER_H
#include "auth/auth.h"

#include <pthread.h>

struct auth_cache;
struct auth {
    struct store      *store;
    struct auth_options options;
    struct auth_cache *cache;
    pthread_mutex_t    lock;            /* of the two counts */
    pthread_cond_t     turn;
    int                running, waiting;
    _Atomic int64_t    swept_at;
};

struct auth_cache *auth_cache_new(void);
void               auth_cache_free(struct auth_cache *);

/* Runs work in a transaction of its own, again when the database asks for it (ERR_BUSY), at most ten times. */
typedef bool auth_work(struct db *, void *arg, struct err *);
bool auth_run(struct auth *, enum tx_mode, const char *opened_by, auth_work *, void *arg, struct err *);
#endif
