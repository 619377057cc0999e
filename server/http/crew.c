/* crew: which workers are awake.
 *
 * Workers are many because writers wait for the disk together; yet only as many should wait on the epoll as there are cores, or
 * each event wakes one more sleeper and half the time goes into switching (figures in front.h).  So there are seats.  Who has
 * a seat waits on the epoll and runs what comes; the others are parked, last parked first woken, because its caches are warm.
 *
 *   - Before work that is expected to wait (a writing method, a pulled body) a worker leaves its seat; when nobody is polling then,
 *     a parked one is woken into it.
 *   - Who takes an event and finds that nobody else is polling although seats are free wakes one, too.
 *   - Work that was expected to be quick and is not: the ticker looks each millisecond while nobody polls and takes the seat
 *     away from whoever has been in one handler for longer than that.
 *
 * Dekker's argument holds the first two together: leaving writes seated, then reads polling; taking an event writes polling, then
 * reads seated; all sequentially consistent, so at least one of the two sees the other and wakes. */
#include "http/front.h"
#include "base/check.h"

enum { LATE_US = 1000 };

void crew_init(struct crew *k, int seats)
{
    pthread_mutex_init(&k->lock, NULL);
    k->seats = seats;
}

/* Wakes one parked worker into a free seat, if there are both. */
static void call(struct crew *k)
{
    pthread_mutex_lock(&k->lock);
    struct worker *w = NULL;
    if (!k->stopped && k->parked && atomic_load(&k->seated) < k->seats) {
        w = k->parked;
        k->parked = w->next;
        atomic_store(&w->seat, true);
        atomic_fetch_add(&k->seated, 1);
    }
    pthread_mutex_unlock(&k->lock);
    if (w)
        sem_post(&w->wake);
}

bool crew_sit(struct crew *k, struct worker *w)
{
    if (atomic_load_explicit(&w->seat, memory_order_relaxed))
        return true;
    pthread_mutex_lock(&k->lock);
    bool wait = !k->stopped && atomic_load(&k->seated) >= k->seats, stopped = k->stopped;
    if (wait) {
        w->next = k->parked;
        k->parked = w;
    } else if (!stopped) {
        atomic_store(&w->seat, true);
        atomic_fetch_add(&k->seated, 1);
    }
    pthread_mutex_unlock(&k->lock);
    while (wait && sem_wait(&w->wake) != 0)
        continue;       /* EINTR */
    return atomic_load(&w->seat);
}

/* Both the worker itself and the ticker may try; one succeeds. */
static bool lose_seat(struct crew *k, struct worker *w)
{
    bool had = true;
    if (!atomic_compare_exchange_strong(&w->seat, &had, false))
        return false;
    CHECK(atomic_fetch_sub(&k->seated, 1) > 0);
    return true;
}

void crew_leave(struct crew *k, struct worker *w)
{
    if (lose_seat(k, w) && atomic_load(&k->polling) == 0)
        call(k);
}

void crew_poll_begin(struct crew *k) { atomic_fetch_add(&k->polling, 1); }

void crew_poll_end(struct http_server *s)
{
    struct crew *k = &s->crew;
    if (atomic_fetch_sub(&k->polling, 1) > 1)
        return;
    if (atomic_load(&k->seated) < k->seats)
        call(k);
    else if (atomic_load_explicit(&s->slow_tick, memory_order_relaxed) && atomic_exchange(&s->slow_tick, false))
        server_wake_ticker(s);
}

void crew_watch(struct http_server *s, int64_t now)
{
    struct crew *k = &s->crew;
    for (int i = 0; i < s->nworkers && atomic_load(&k->polling) == 0; i++) {
        struct worker *w = &s->workers[i];
        int64_t since = atomic_load_explicit(&w->busy_since, memory_order_relaxed);
        if (since && now - since > LATE_US)
            lose_seat(k, w);
        if (atomic_load(&k->seated) < k->seats)
            call(k);
    }
}

void crew_dismiss(struct crew *k)
{
    pthread_mutex_lock(&k->lock);
    k->stopped = true;
    struct worker *w = k->parked;
    k->parked = NULL;
    pthread_mutex_unlock(&k->lock);
    while (w) {
        struct worker *next = w->next;      /* before it is woken: then w is its own again */
        sem_post(&w->wake);
        w = next;
    }
}
