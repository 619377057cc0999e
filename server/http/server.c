/* server: start and stop, accepting, the workers and the ticker.  See front.h for how they work together. */
#include "http/front.h"
#include "base/check.h"
#include "base/log.h"
#include "base/rand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOT_LISTENER = 0xfffffd, SLOT_HAND = 0xfffffe, SLOT_STOP = 0xffffff, SLOT_MASK = 0xffffff };
enum { REFUSING = 64, STACK = 1024 * 1024, DESK_LEAST = 64 * 1024, CONNECTIONS_MOST = 1000000 };
enum { FAST_MS = 1, SLOW_MS = 100, CALM_TICKS = 50 };

const struct http_limits http_limits_default = {
    .workers = 64, .connections = 2000, .streams = 1000, .per_address = 256,
    .head_bytes = 16 * 1024, .body_bytes = 32 * 1024 * 1024, .body_memory = 1024 * 1024,
    .head_ms = 10 * 1000, .body_ms = 30 * 1000, .idle_ms = 60 * 1000, .write_ms = 30 * 1000,
    .slowest = 32 * 1024, .desk_bytes = 256 * 1024 * 1024,
};

int64_t monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void ring(int eventfd)
{
    uint64_t one = 1;
    while (write(eventfd, &one, sizeof one) < 0 && errno == EINTR)
        continue;       /* EAGAIN: it rings already */
}

static void hush(int eventfd)
{
    uint64_t n;
    while (read(eventfd, &n, sizeof n) < 0 && errno == EINTR)
        continue;
}

void server_wake_ticker(struct http_server *s) { ring(s->tick_fd); }

/* ---- desks ---- */

struct arena *desk_take(struct worker *w)
{
    struct http_server *s = w->server;
    struct arena *desk = w->desk;
    w->desk = NULL;
    if (!desk) {
        pthread_mutex_lock(&s->lock);
        if (s->ndesks)
            desk = s->desks[--s->ndesks];
        pthread_mutex_unlock(&s->lock);
    }
    if (!desk)
        desk = arena_new(s->limit.desk_bytes);
    arena_guard(desk, &w->guard);
    return desk;
}

void desk_give(struct worker *w, struct arena *desk)
{
    struct http_server *s = w->server;
    arena_reset(desk);
    if (!w->desk) {
        w->desk = desk;
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (s->ndesks < (int)(sizeof s->desks / sizeof s->desks[0])) {
        s->desks[s->ndesks++] = desk;
        desk = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    arena_free(desk);
}

/* ---- accepting ---- */

static void accept_all(struct worker *w)
{
    struct http_server *s = w->server;
    while (!atomic_load(&s->stopping)) {
        struct sockaddr_storage sa;
        socklen_t n = sizeof sa;
        struct address from = { 0 };
        int fd = accept4(s->listener, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            atomic_fetch_add(&s->accepted, 1);
            if (address_of(&sa, &from))
                conn_open(w, fd, &from);
            else
                close(fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            log_event(LOG_WARN, "accept_failed", "error=%d", errno);
            atomic_store(&s->accept_again, true);       /* the edge is spent: the ticker tries again */
            return;
        } else if (errno == EAGAIN || errno == EINVAL || errno == EBADF) {
            return;
        }                                               /* else that one client went away: the next */
    }
}

/* ---- workers ---- */

static void run_handed(struct worker *w)
{
    struct http_server *s = w->server;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        struct conn *c = s->hand_first;
        if (c) {
            s->hand_first = c->next;
            if (!s->hand_first)
                s->hand_last = &s->hand_first;
        }
        bool more = s->hand_first != NULL;
        pthread_mutex_unlock(&s->lock);
        if (!c)
            return;
        if (more)
            ring(s->hand_fd);       /* one for each worker that has time */
        conn_work(w, c);
        if (more)
            return;
    }
}

static void take_event(struct worker *w, const struct epoll_event *e)
{
    struct http_server *s = w->server;
    uint32_t slot = (uint32_t)e->data.u64 & SLOT_MASK;
    if (slot == SLOT_LISTENER)
        accept_all(w);
    else if (slot == SLOT_HAND)
        run_handed(w);
    else if (slot != SLOT_STOP) {
        CHECK(slot < (uint32_t)s->nconns);
        struct conn *c = &s->conns[slot];
        if (conn_take(c, e->data.u64 >> SLOT_BITS, (e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0))
            conn_work(w, c);
    }
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct http_server *s = w->server;
    while (crew_sit(&s->crew, w) && !atomic_load(&s->stopped)) {
        struct epoll_event e;
        crew_poll_begin(&s->crew);
        int n = epoll_wait(s->epoll, &e, 1, -1);
        crew_poll_end(s);
        w->now = monotonic_us();
        if (n == 1)
            take_event(w, &e);
        else
            CHECK(errno == EINTR);
    }
    return NULL;
}

/* ---- the ticker ---- */

static void flush_streams(struct worker *w)
{
    struct http_server *s = w->server;
    pthread_mutex_lock(&s->lock);
    struct conn *c = s->kicks;
    s->kicks = NULL;
    pthread_mutex_unlock(&s->lock);
    while (c) {
        struct conn *next = c->next_kick;
        atomic_store(&c->kicked, false);    /* first: what is sent from now on kicks again, and may change next_kick */
        if (conn_take(c, conn_generation(c), false))
            conn_work(w, c);
        c = next;
    }
}

static void enforce_deadlines(struct worker *w)
{
    struct http_server *s = w->server;
    for (int i = 0; i < s->nconns; i++) {
        struct conn *c = &s->conns[i];
        int64_t at = atomic_load_explicit(&c->deadline, memory_order_relaxed);
        if (at && at <= w->now && conn_take(c, conn_generation(c), false))
            conn_expire(w, c);
    }
}

static void dismiss_all(struct worker *w)
{
    struct http_server *s = w->server;
    for (int i = 0; i < s->nconns; i++)
        if (conn_take(&s->conns[i], conn_generation(&s->conns[i]), false))
            conn_dismiss(w, &s->conns[i]);
}

/* How often deadlines are looked at: a tenth of the shortest, within reason. */
static int64_t deadline_step(const struct http_limits *l)
{
    int least = l->head_ms < l->body_ms ? l->head_ms : l->body_ms;
    least = l->idle_ms < least ? l->idle_ms : least;
    least = l->write_ms < least ? l->write_ms : least;
    return (least / 10 < 5 ? 5 : least / 10 > SLOW_MS ? SLOW_MS : least / 10) * INT64_C(1000);
}

static void *tick(void *arg)
{
    struct worker *w = arg;
    struct http_server *s = w->server;
    int64_t step = deadline_step(&s->limit), next = 0;
    int calm = 0;
    while (!atomic_load(&s->stopped)) {
        struct pollfd p = { .fd = s->tick_fd, .events = POLLIN };
        bool slow = calm >= CALM_TICKS;
        atomic_store(&s->slow_tick, slow);
        if (poll(&p, 1, slow ? (int)(step / 1000) : FAST_MS) > 0)
            hush(s->tick_fd);
        w->now = monotonic_us();
        calm = atomic_load(&s->crew.polling) ? calm + 1 : 0;
        if (slow && !atomic_load(&s->slow_tick))
            calm = 0;
        flush_streams(w);
        crew_watch(s, w->now);
        if (w->now < next)
            continue;
        next = w->now + step;
        enforce_deadlines(w);
        if (atomic_exchange(&s->accept_again, false))
            accept_all(w);
        if (atomic_load(&s->stopping))
            dismiss_all(w);
    }
    return NULL;
}

/* ---- start ---- */

static void init_worker(struct http_server *s, struct worker *w, int index)
{
    w->server = s;
    w->index = index;
    w->scratch = malloc(SCRATCH);
    CHECK(w->scratch != NULL);
    w->now = monotonic_us();
    w->date_s = -1;
    sem_init(&w->wake, 0, 0);
}

static struct http_server *new_server(const struct http_limits *l)
{
    struct arena *mem = arena_new(0);
    struct http_server *s = NEW(mem, struct http_server);
    s->mem = mem;
    s->limit = *l;
    CHECK(l->workers > 0 && l->connections > 0 && l->connections <= CONNECTIONS_MOST && l->slowest > 0);
    if (s->limit.desk_bytes < DESK_LEAST)
        s->limit.desk_bytes = DESK_LEAST;
    s->epoll = s->listener = s->hand_fd = s->tick_fd = -1;
    s->hand_last = &s->hand_first;
    s->packers = packers_new();
    pthread_mutex_init(&s->lock, NULL);
    rand_bytes(&s->seed, sizeof s->seed);
    s->nconns = l->connections + REFUSING;
    s->conns = NEWV(mem, struct conn, (size_t)s->nconns);
    for (int i = s->nconns - 1; i >= 0; i--) {
        struct conn *c = &s->conns[i];
        c->server = s;
        c->slot = (uint32_t)i;
        c->fd = -1;
        c->next = s->free;
        s->free = c;
    }
    s->nbuckets = (size_t)s->nconns;
    s->bucket = NEWV(mem, struct conn *, s->nbuckets);
    s->workers = NEWV(mem, struct worker, (size_t)l->workers);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    crew_init(&s->crew, cores < 1 ? 1 : (int)cores);
    init_worker(s, &s->ticker, 0);
    return s;
}

static bool watch(struct http_server *s, int fd, uint32_t slot, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.u64 = slot };
    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* Threads block all signals: those are the main thread's. */
static bool start_threads(struct http_server *s)
{
    pthread_attr_t attr;
    sigset_t all, before;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = true;
    for (; ok && s->nworkers < s->limit.workers; s->nworkers += ok) {
        init_worker(s, &s->workers[s->nworkers], s->nworkers + 1);
        ok = pthread_create(&s->workers[s->nworkers].thread, &attr, work, &s->workers[s->nworkers]) == 0;
    }
    s->ticking = ok && pthread_create(&s->ticker.thread, &attr, tick, &s->ticker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return s->ticking;
}

bool http_start(const char *listen, const struct http_limits *l, http_handler *handler, http_body_limit *body_limit, void *app,
                struct http_server **out, struct err *e)
{
    struct http_server *s = new_server(l ? l : &http_limits_default);
    s->handler = handler;
    s->body_limit = body_limit;
    s->app = app;
    bool ok = networks_parse(s->mem, s->limit.trusted_proxies, &s->proxies, e) && (s->listener = address_listen(listen, &s->port, e)) >= 0;
    if (ok) {
        s->epoll = epoll_create1(EPOLL_CLOEXEC);
        s->hand_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        s->tick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        ok = s->epoll >= 0 && s->hand_fd >= 0 && s->tick_fd >= 0 && watch(s, s->hand_fd, SLOT_HAND, EPOLLIN | EPOLLET) && start_threads(s) &&
             watch(s, s->listener, SLOT_LISTENER, EPOLLIN | EPOLLET);
        if (!ok)
            err_internal(e, "http_start: %s", strerror(errno));
    }
    if (!ok) {
        http_stop(s, 0);
        return false;
    }
    *out = s;
    return true;
}

int http_port(const struct http_server *s) { return s->port; }

/* ---- stop ---- */

/* Waits until the last connection is gone, at most until the given instant (0: for ever). */
static void await_end(struct http_server *s, int64_t until)
{
    while (atomic_load(&s->open) > 0 && (!until || monotonic_us() < until)) {
        server_wake_ticker(s);
        struct timespec ms = { .tv_nsec = 1000000 };
        nanosleep(&ms, NULL);
    }
}

static void free_worker(struct worker *w)
{
    arena_free(w->desk);
    free(w->scratch);
    sem_destroy(&w->wake);
}

static void free_server(struct http_server *s)
{
    for (int i = 0; i < s->nconns; i++)
        arena_free(s->conns[i].mem);
    while (s->ndesks)
        arena_free(s->desks[--s->ndesks]);
    for (int i = 0; i < s->limit.workers; i++)
        if (s->workers[i].server)
            free_worker(&s->workers[i]);
    free_worker(&s->ticker);
    packers_free(s->packers);
    int fds[] = { s->listener, s->epoll, s->hand_fd, s->tick_fd };
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->crew.lock);
    arena_free(s->mem);
}

void http_stop(struct http_server *s, int grace_ms)
{
    atomic_store(&s->stopping, true);
    if (s->listener >= 0)
        shutdown(s->listener, SHUT_RDWR);       /* new ones are refused by the kernel from here on */
    if (s->ticking) {
        await_end(s, monotonic_us() + (int64_t)grace_ms * 1000);
        atomic_store(&s->forced, true);
        await_end(s, 0);
    }
    atomic_store(&s->stopped, true);
    crew_dismiss(&s->crew);
    int bell = eventfd(1, EFD_CLOEXEC);         /* level triggered: wakes whoever polls, again and again */
    if (s->nworkers)
        CHECK(bell >= 0 && watch(s, bell, SLOT_STOP, EPOLLIN));
    for (int i = 0; i < s->nworkers; i++)
        pthread_join(s->workers[i].thread, NULL);
    if (s->ticking)
        pthread_join(s->ticker.thread, NULL);
    if (bell >= 0)
        close(bell);
    free_server(s);
}

void http_stats(const struct http_server *s, struct http_stats *out)
{
    *out = (struct http_stats){ .connections = atomic_load(&s->open), .streams = atomic_load(&s->streams) };
    for (int i = 0; i <= s->nworkers; i++) {
        const struct worker *w = i < s->nworkers ? &s->workers[i] : &s->ticker;
        out->requests += atomic_load_explicit(&w->requests, memory_order_relaxed);
        out->refused += atomic_load_explicit(&w->refused, memory_order_relaxed);
        out->bytes_in += atomic_load_explicit(&w->bytes_in, memory_order_relaxed);
        out->bytes_out += atomic_load_explicit(&w->bytes_out, memory_order_relaxed);
    }
}
