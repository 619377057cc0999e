/* stream: answers without end.
 *
 * stream_send only adds bytes to a buffer and asks the ticker to flush, so it never blocks and 500 streams cost the sender 500
 * copies, not 500 system calls.  Only the owner of the connection touches the socket.
 *
 * Two buffers: senders fill one under the lock, the owner sends the other.  Each is an arena that is reset when it is empty. */
#include "http/front.h"
#include "base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BEHIND_MAX = 256 * 1024, BEAT_MS = 15 * 1000 };

/* Invariants
 *   1. behind = fill.n + out.n, and is at most BEHIND_MAX (and the head of the reply) unless cut.
 *   2. queued: the ticker or the owner is about to look; else a sender must ask.
 *   3. dead is set once, by the owner, before closed is called. */
struct stream {
    pthread_mutex_t lock;
    struct conn    *conn;
    /* under the lock */
    struct arena   *fill_mem;
    struct buf      fill;
    size_t          behind;
    bool            queued, cut, closing, dead;
    /* the owner's */
    struct arena   *out_mem;
    str             out;                /* being sent */
    bool            events;             /* text/event-stream: comment lines keep it alive */
    void          (*closed)(void *);
    void           *state;
};

/* c is not owned and may serve another client by now: then the ticker finds nothing to flush. */
static void ask_flush(struct conn *c)
{
    struct http_server *s = c->server;
    if (atomic_exchange(&c->kicked, true))
        return;
    pthread_mutex_lock(&s->lock);
    bool first = s->kicks == NULL;
    c->next_kick = s->kicks;
    s->kicks = c;
    pthread_mutex_unlock(&s->lock);
    if (first)
        server_wake_ticker(s);
}

/* With the lock. */
static bool add(struct stream *t, str bytes)
{
    if (t->dead || t->cut || t->closing)
        return false;
    if (bytes.n > BEHIND_MAX || t->behind > BEHIND_MAX - bytes.n) {
        t->cut = true;
        return false;
    }
    buf_put(&t->fill, bytes);
    t->behind += bytes.n;
    return true;
}

/* With the lock; true: the caller must ask, after it let go. */
static bool must_ask(struct stream *t)
{
    bool ask = !t->queued && !t->dead;
    t->queued = true;
    return ask;
}

bool stream_send(struct stream *t, str bytes)
{
    pthread_mutex_lock(&t->lock);
    bool usable = !t->cut && !t->closing, ok = add(t, bytes), ask = usable && must_ask(t);
    struct conn *c = t->conn;
    pthread_mutex_unlock(&t->lock);
    if (ask)
        ask_flush(c);
    return ok;
}

void stream_close(struct stream *t)
{
    pthread_mutex_lock(&t->lock);
    t->closing = true;
    bool ask = must_ask(t);
    struct conn *c = t->conn;
    pthread_mutex_unlock(&t->lock);     /* from here on it may be gone */
    if (ask)
        ask_flush(c);
}

bool stream_open(struct worker *w, struct conn *c, str head)
{
    struct http_server *s = w->server;
    if (atomic_fetch_add(&s->streams, 1) >= s->limit.streams || atomic_load(&s->stopping)) {
        atomic_fetch_sub(&s->streams, 1);
        return false;
    }
    struct stream *t = calloc(1, sizeof *t);
    CHECK(t != NULL);
    pthread_mutex_init(&t->lock, NULL);
    t->conn = c;
    t->fill_mem = arena_new(0);
    t->out_mem = arena_new(0);
    buf_init(&t->fill, t->fill_mem);
    buf_put(&t->fill, head);
    t->behind = head.n;
    t->queued = true;
    t->events = str_starts(c->reply.type, S("text/event-stream"));
    t->closed = c->reply.closed;
    t->state = c->reply.state;
    void (*opened)(void *, struct stream *) = c->reply.opened;
    c->reply = (struct reply){ 0 };
    c->stream = t;
    c->phase = PHASE_STREAM;
    opened(t->state, t);
    return true;
}

/* ---- the owner's side ---- */

/* What senders added becomes what is sent.  false: it was cut off. */
static bool swap(struct stream *t, bool *closing)
{
    pthread_mutex_lock(&t->lock);
    t->queued = false;
    if (t->out.n == 0) {
        struct arena *empty = t->out_mem;
        arena_reset(empty);
        t->out = buf_str(&t->fill);
        t->out_mem = t->fill_mem;
        t->fill_mem = empty;
        buf_init(&t->fill, empty);
    }
    CHECK(t->cut || t->behind == t->out.n + t->fill.n);
    bool cut = t->cut;
    *closing = t->closing;
    pthread_mutex_unlock(&t->lock);
    return !cut;
}

/* Does the client still listen?  What it sends is dropped, and it should not send much. */
static bool listening(struct worker *w, struct conn *c)
{
    while (c->readable) {
        ssize_t n = recv(c->fd, w->scratch, SCRATCH, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            c->readable = false;
        else if (n <= 0 || (c->discarded += (size_t)n) > SCRATCH)
            return false;
    }
    return true;
}

enum next stream_step(struct worker *w, struct conn *c)
{
    struct stream *t = c->stream;
    bool closing, whole;
    if (!listening(w, c))
        return NEXT_GONE;
    while ((whole = swap(t, &closing)) && t->out.n) {
        ssize_t n = send(c->fd, t->out.p, t->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (!c->since)
                c->since = w->now;
            conn_wait(c, c->since, w->server->limit.write_ms, 0);
            return NEXT_WAIT;
        }
        if (n < 0)
            return NEXT_GONE;
        c->since = 0;
        count(&w->bytes_out, n);
        t->out = str_sub(t->out, (size_t)n, t->out.n);
        pthread_mutex_lock(&t->lock);
        t->behind -= (size_t)n;
        pthread_mutex_unlock(&t->lock);
    }
    if (!whole || closing || atomic_load(&w->server->stopping))
        return NEXT_GONE;       /* cut off, or everything is said */
    conn_wait(c, t->events ? w->now : 0, BEAT_MS, 0);
    return NEXT_WAIT;
}

bool stream_expire(struct conn *c)
{
    struct stream *t = c->stream;
    if (t->out.n)
        return false;       /* it took nothing for as long as a reply may take */
    pthread_mutex_lock(&t->lock);
    bool ok = add(t, S(":\n\n"));
    t->queued = true;
    pthread_mutex_unlock(&t->lock);
    return ok;
}

void stream_end(struct conn *c)
{
    struct stream *t = c->stream;
    c->stream = NULL;
    atomic_fetch_sub(&c->server->streams, 1);
    pthread_mutex_lock(&t->lock);
    t->dead = true;
    pthread_mutex_unlock(&t->lock);
    if (t->closed)
        t->closed(t->state);
    pthread_mutex_destroy(&t->lock);
    arena_free(t->fill_mem);
    arena_free(t->out_mem);
    free(t);
}
