/* slots: who has which connection.  See engine.h.
 *
 * Taking is one exchange on the slot's own cache line.  Only when all are taken does a thread go to the mutex: it announces
 * itself in `waiting` before it looks again, and who gives looks at `waiting` after freeing, so no wake-up is lost. */
#include "db/engine.h"
#include "base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void deadline_spec(struct timespec *t, int64_t at_ms)
{
    *t = (struct timespec){ .tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000 };
}

void cond_init_monotonic(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    CHECK(pthread_cond_init(c, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

void slots_init(struct slots *s, int n)
{
    *s = (struct slots){ .n = n };
    s->slot = aligned_alloc(_Alignof(struct slot), (size_t)n * sizeof *s->slot);
    CHECK(s->slot != NULL);
    for (int i = 0; i < n; i++) {
        atomic_init(&s->slot[i].taken, 0);
        s->slot[i].connection = NULL;
    }
    pthread_mutex_init(&s->mutex, NULL);
    cond_init_monotonic(&s->freed);
}

void slots_free(struct slots *s)
{
    for (int i = 0; i < s->n; i++)
        CHECK(atomic_load(&s->slot[i].taken) == 0);
    free(s->slot);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->freed);
}

static struct slot *try_all(struct slots *s)
{
    static _Thread_local int last;
    for (int i = 0; i < s->n; i++) {
        int at = (last + i) % s->n;
        if (atomic_load(&s->slot[at].taken) == 0 &&
            atomic_exchange(&s->slot[at].taken, 1) == 0) {
            last = at;
            return &s->slot[at];
        }
    }
    return NULL;
}

struct slot *slots_take(struct slots *s, int timeout_ms)
{
    struct slot *got = try_all(s);
    if (got)
        return got;
    struct timespec until;
    deadline_spec(&until, now_ms() + timeout_ms);
    pthread_mutex_lock(&s->mutex);
    atomic_fetch_add(&s->waiting, 1);
    int rc = 0;
    while (!(got = try_all(s)) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&s->freed, &s->mutex, &until);
    atomic_fetch_sub(&s->waiting, 1);
    pthread_mutex_unlock(&s->mutex);
    return got;
}

void slots_give(struct slots *s, struct slot *slot)
{
    CHECK(atomic_exchange(&slot->taken, 0) == 1);
    if (atomic_load(&s->waiting)) {
        pthread_mutex_lock(&s->mutex);
        pthread_cond_signal(&s->freed);
        pthread_mutex_unlock(&s->mutex);
    }
}
