/* conn: one connection, from accept to close.
 *
 * A connection goes through phases; each step does what the bytes at hand allow and says what to wait for.  Nothing here blocks
 * but the handler (and files of large bodies).  Deadlines are totals: a client that drips one byte each half second meets the
 * same end as a silent one. */
#include "http/front.h"
#include "http/url.h"
#include "base/check.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, OWNED = 2, AGAIN = 4, HANGUP = 8, FLAGS = 8 };     /* state: generation << FLAGS | these */
enum { TURNS = 32, LINGER_MS = 2000, LINGER_BYTES = 64 * 1024 * 1024 };

/* ---- whose it is ---- */

uint64_t conn_generation(const struct conn *c) { return atomic_load(&c->state) >> FLAGS; }

bool conn_take(struct conn *c, uint64_t generation, bool hangup)
{
    uint64_t s = atomic_load(&c->state);
    for (;;) {
        if (s >> FLAGS != generation || !(s & OPEN))
            return false;
        if (atomic_compare_exchange_weak(&c->state, &s, s | (s & OWNED ? AGAIN : OWNED) | (hangup ? HANGUP : 0)))
            return !(s & OWNED);
    }
}

/* false: something happened meanwhile, look again; it is still yours. */
static bool release(struct conn *c)
{
    uint64_t s = atomic_load(&c->state);
    for (;;) {
        CHECK(s & OWNED);
        uint64_t to = s & AGAIN ? s & ~(uint64_t)AGAIN : s & ~(uint64_t)OWNED;
        if (atomic_compare_exchange_weak(&c->state, &s, to))
            return !(s & AGAIN);
    }
}

/* To the workers, behind everybody else; ownership goes with it. */
static void hand_over(struct conn *c)
{
    struct http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    c->next = NULL;
    *s->hand_last = c;
    s->hand_last = &c->next;
    pthread_mutex_unlock(&s->lock);
    uint64_t one = 1;
    CHECK(write(s->hand_fd, &one, sizeof one) == sizeof one);
}

/* ---- beginning and end ---- */

static size_t count_same(const struct http_server *s, const struct address *a)
{
    size_t n = 0;
    for (const struct conn *c = s->bucket[address_hash(a) % s->nbuckets]; c; c = c->same)
        n += address_same(&c->from, a);
    return n;
}

/* With the lock: a slot for a connection, entered under its address. refuse is set when there is only room to say no. */
static struct conn *take_slot(struct http_server *s, const struct address *a, bool *refuse)
{
    bool counted = !address_loopback(a) && !networks_have(&s->proxies, a);
    if (atomic_load(&s->open) - s->refusing >= s->limit.connections || (counted && count_same(s, a) >= (size_t)s->limit.per_address))
        *refuse = true;
    struct conn *c = s->free;
    if (!c || (*refuse && s->refusing >= s->nconns - s->limit.connections))
        return NULL;
    s->free = c->next;
    s->refusing += *refuse;
    atomic_fetch_add(&s->open, 1);
    c->from = *a;
    c->same_at = NULL;
    if (counted && !*refuse) {
        c->same_at = &s->bucket[address_hash(a) % s->nbuckets];
        c->same = *c->same_at;
        if (c->same)
            c->same->same_at = &c->same;
        *c->same_at = c;
    }
    return c;
}

static void give_slot(struct conn *c)
{
    struct http_server *s = c->server;
    uint64_t generation = conn_generation(c);
    pthread_mutex_lock(&s->lock);
    if (c->same_at) {
        *c->same_at = c->same;
        if (c->same)
            c->same->same_at = c->same_at;
    }
    s->refusing -= c->refused;
    atomic_store(&c->deadline, 0);
    atomic_store(&c->state, (generation + 1) << FLAGS);
    c->next = s->free;
    s->free = c;
    atomic_fetch_sub(&s->open, 1);
    pthread_mutex_unlock(&s->lock);
}

static void begin_head(struct worker *w, struct conn *c, int ms)
{
    head_init(&c->head, w->server->limit.head_bytes);
    c->phase = PHASE_HEAD;
    c->since = 0;
    conn_wait(c, w->now, ms, 0);
}

bool conn_open(struct worker *w, int fd, const struct address *from)
{
    struct http_server *s = w->server;
    bool refuse = false;
    pthread_mutex_lock(&s->lock);
    struct conn *c = take_slot(s, from, &refuse);
    pthread_mutex_unlock(&s->lock);
    if (!c) {
        close(fd);
        return false;
    }
    if (!c->mem)
        c->mem = arena_new(0);
    c->fd = fd;
    c->refused = refuse;
    c->eof = false;
    c->n = c->used = 0;
    c->turns = 0;
    c->discarded = 0;
    c->body.file = -1;
    address_write(from, c->peer);
    begin_head(w, c, s->limit.head_ms);
    uint64_t generation = conn_generation(c);
    atomic_store(&c->state, generation << FLAGS | OPEN | OWNED);
    struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u64 = generation << SLOT_BITS | c->slot };
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
        conn_close(w, c);
        return false;
    }
    if (!release(c))        /* it is writable, so there is an event for it at once */
        hand_over(c);
    return true;
}

void conn_end_request(struct worker *w, struct conn *c)
{
    reply_drop(c);
    body_drop(&c->body);
    if (c->mapped)
        munmap(c->mapped, c->mapped_n);
    c->mapped = NULL;
    if (c->desk)
        desk_give(w, c->desk);
    c->desk = NULL;
    c->out[0] = c->out[1] = STR_NONE;
    c->pulled = NULL;
}

static void drop_buffer(struct conn *c)
{
    arena_reset(c->mem);
    c->in = NULL;
    c->cap = 0;
}

void conn_close(struct worker *w, struct conn *c)
{
    if (c->stream)
        stream_end(c);
    if (c->phase == PHASE_REPLY) {      /* half an answer must not look like a whole one: reset */
        struct linger now = { .l_onoff = 1 };
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    conn_end_request(w, c);
    close(c->fd);
    c->fd = -1;
    if (c->cap > IN_FIRST)
        drop_buffer(c);
    give_slot(c);
}

void conn_wait(struct conn *c, int64_t since, int ms, uint64_t bytes)
{
    int64_t at = 0;
    if (since)
        at = since + (int64_t)ms * 1000 + (int64_t)(bytes / c->server->limit.slowest) * 1000000;
    atomic_store_explicit(&c->deadline, at, memory_order_relaxed);
}

/* ---- reading ---- */

/* Room for at least need bytes in all; never while a request is views of it. */
static void make_room(struct conn *c, size_t need)
{
    if (c->cap >= need)
        return;
    size_t cap = c->cap ? c->cap * 2 : IN_FIRST;
    while (cap < need)
        cap *= 2;
    char *p = arena_alloc(c->mem, cap);
    if (c->n)
        memcpy(p, c->in, c->n);
    c->in = p;
    c->cap = cap;
}

/* One recv of at most most bytes; 0: nothing now, or never again (eof), -1: broken. */
static ssize_t take_bytes(struct worker *w, struct conn *c, char *to, size_t most)
{
    CHECK(most > 0);
    while (c->readable && !c->eof) {
        ssize_t n = recv(c->fd, to, most, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return -1;
        if (n == 0)
            c->eof = true;
        /* Less than there was room for: the socket is empty. What comes later is a new event, so is an end that has not been announced. */
        if (n < (ssize_t)most && !(n > 0 && atomic_load(&c->state) & HANGUP))
            c->readable = false;
        if (n > 0)
            count(&w->bytes_in, n);
        return n < 0 ? 0 : n;
    }
    return 0;
}

/* ---- the request ---- */

static bool client_gone(const struct request *r)
{
    const struct conn *c = r->conn;
    struct pollfd p = { .fd = c->fd, .events = POLLRDHUP };
    return atomic_load(&c->server->forced) || (poll(&p, 1, 0) > 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static str view(const struct conn *c, uint16_t at, uint16_t n) { return (str){ c->in + at, n }; }

str conn_trace(struct worker *w, struct arena *mem)
{
    static const char digit[] = "0123456789abcdef";
    uint64_t x = w->server->seed + ((uint64_t)w->index << 48 | ++w->traces) * UINT64_C(0x9e3779b97f4a7c15);   /* splitmix64: one to one */
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    char *p = arena_alloc(mem, 17);
    for (int i = 0; i < 16; i++)
        p[i] = digit[x >> (60 - 4 * i) & 15];
    return (str){ p, 16 };
}

static void tell_peer(struct http_server *s, struct conn *c, struct request *r)
{
    r->peer = str_of(c->peer);
    if (s->proxies.n == 0 || !networks_have(&s->proxies, &c->from))
        return;
    struct address peer = address_behind(&s->proxies, c->from, request_header(r, "x-forwarded-for"));
    char *text = arena_alloc(r->mem, ADDRESS_TEXT);
    address_write(&peer, text);
    r->peer = str_of(text);
    r->https = str_eq_nocase(request_header(r, "x-forwarded-proto"), S("https"));
}

/* All of the request but its body. false: the path is refused. */
static bool fill_request(struct worker *w, struct conn *c)
{
    const struct head *h = &c->head;
    struct request *r = &c->req;
    *r = (struct request){ .mem = c->desk, .body_file = -1, .gone = client_gone, .conn = c, .trace = conn_trace(w, c->desk) };
    struct http_header *list = NEWV(c->desk, struct http_header, h->nfields + 1);
    for (size_t i = 0; i < h->nfields; i++)
        list[i] = (struct http_header){ view(c, h->field[i].name, h->field[i].name_n), view(c, h->field[i].value, h->field[i].value_n) };
    r->headers = list;
    r->nheaders = h->nfields;
    r->method = str_of(method_names[h->method]);
    r->query = view(c, h->query, h->query_n);
    tell_peer(w->server, c, r);
    return url_path(c->desk, view(c, h->path, h->path_n), &r->path);
}

static enum next run_handler(struct worker *, struct conn *);

static enum next begin_body(struct worker *w, struct conn *c)
{
    const struct http_limits *l = &w->server->limit;
    const struct head *h = &c->head;
    int status = 0;
    c->body_limit = w->server->body_limit ? w->server->body_limit(w->server->app, &c->req, &status) : l->body_bytes;
    if (status)
        return reply_refuse(w, c, status);
    if (h->length > c->body_limit)
        return reply_refuse(w, c, 413);
    if (h->expect && c->n == h->end) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (send(c->fd, go_on, sizeof go_on - 1, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof go_on - 1)
            return NEXT_GONE;       /* nothing else was on its way, so there was room */
    }
    c->phase = PHASE_BODY;
    c->since = w->now;
    c->chunked = (struct chunked){ 0 };
    body_init(&c->body, c->desk, h->length > l->body_memory ? 0 : l->body_memory, l->body_dir);
    return NEXT_GO;
}

static enum next begin_request(struct worker *w, struct conn *c)
{
    const struct head *h = &c->head;
    bool has_body = h->chunked || h->length > 0;
    c->desk = desk_take(w);
    c->used = h->end;
    if (has_body)
        make_room(c, h->end + (h->chunked || h->length > INLINE_BODY ? IN_WINDOW : h->length));
    if (!fill_request(w, c))
        return reply_refuse(w, c, 400);
    return has_body ? begin_body(w, c) : run_handler(w, c);
}

/* Waits for more of the body, or it is too late for that. */
static enum next more_body(struct worker *w, struct conn *c, ssize_t n)
{
    if (n < 0 || c->eof)
        return NEXT_GONE;
    conn_wait(c, c->since, w->server->limit.body_ms, c->body.size + (c->n - c->head.end));
    return NEXT_WAIT;
}

/* Small and of known length: it stays where it is, behind the head. */
static enum next inline_body(struct worker *w, struct conn *c)
{
    const struct head *h = &c->head;
    while (c->n - h->end < h->length) {
        ssize_t n = take_bytes(w, c, c->in + c->n, c->cap - c->n);
        if (n <= 0)
            return more_body(w, c, n);
        c->n += (size_t)n;
    }
    c->used = h->end + h->length;
    c->req.body = (str){ c->in + h->end, h->length };
    c->req.body_size = h->length;
    return run_handler(w, c);
}

static enum next collected(struct worker *w, struct conn *c)
{
    if (c->body.file >= 0)
        lseek(c->body.file, 0, SEEK_SET);
    else
        c->req.body = buf_str(&c->body.text);
    c->req.body_file = c->body.file;
    c->req.body_size = c->body.size;
    return run_handler(w, c);
}

static enum next long_body(struct worker *w, struct conn *c)
{
    const struct head *h = &c->head;
    if (c->body.size == 0) {
        size_t here = c->n - h->end < h->length ? c->n - h->end : (size_t)h->length;
        if (!body_add(&c->body, (str){ c->in + h->end, here }))
            return reply_refuse(w, c, 507);
        c->used = h->end + here;
    }
    while (c->body.size < h->length) {
        uint64_t left = h->length - c->body.size;
        ssize_t n = take_bytes(w, c, w->scratch, left < SCRATCH ? (size_t)left : SCRATCH);
        if (n <= 0)
            return more_body(w, c, n);
        if (!body_add(&c->body, (str){ w->scratch, (size_t)n }))
            return reply_refuse(w, c, 507);
    }
    return collected(w, c);
}

static enum next chunked_body(struct worker *w, struct conn *c)
{
    for (;;) {
        size_t used;
        str data;
        enum chunk k = chunked_next(&c->chunked, c->in + c->used, c->n - c->used, &used, &data);
        c->used += used;
        if (k == CHUNK_BAD)
            return reply_refuse(w, c, 400);
        if (k == CHUNK_END)
            return collected(w, c);
        if ((k == CHUNK_DATA ? data.n : 0) + c->chunked.left > c->body_limit - c->body.size)
            return reply_refuse(w, c, 413);     /* as soon as the size is announced */
        if (k == CHUNK_DATA) {
            if (!body_add(&c->body, data))
                return reply_refuse(w, c, 507);
            continue;
        }
        c->n = c->used = c->head.end;       /* the window is empty */
        ssize_t n = take_bytes(w, c, c->in + c->n, c->cap - c->n);
        if (n <= 0)
            return more_body(w, c, n);
        c->n += (size_t)n;
    }
}

static enum next step_body(struct worker *w, struct conn *c)
{
    return c->head.chunked ? chunked_body(w, c) : c->head.length <= INLINE_BODY ? inline_body(w, c) : long_body(w, c);
}

static enum next run_handler(struct worker *w, struct conn *c)
{
    struct http_server *s = w->server;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    c->req.now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    c->reply = (struct reply){ 0 };
    c->keep = !c->head.close;
    conn_wait(c, 0, 0, 0);
    if (s->limit.reads_wait || (c->head.method != METHOD_GET && c->head.method != METHOD_HEAD))
        crew_leave(&s->crew, w);
    atomic_store_explicit(&w->busy_since, w->now, memory_order_relaxed);
    s->handler(s->app, &c->req, &c->reply);
    atomic_store_explicit(&w->busy_since, 0, memory_order_relaxed);
    count(&w->requests, 1);
    w->now = monotonic_us();
    if (atomic_load_explicit(&s->stopping, memory_order_relaxed))
        c->keep = false;
    return c->reply.status ? reply_begin(w, c) : reply_refuse(w, c, 500);
}

static enum next step_head(struct worker *w, struct conn *c)
{
    if (c->refused)
        return reply_refuse(w, c, 503);
    for (;;) {
        if (c->n) {
            if (!c->since)
                c->since = w->now;
            enum parse r = head_feed(&c->head, c->in, c->n);
            if (r == PARSE_DONE)
                return begin_request(w, c);
            if (r == PARSE_REFUSED)
                return reply_refuse(w, c, c->head.status);
        }
        if (c->n == c->cap)
            make_room(c, c->n + 1);
        ssize_t n = take_bytes(w, c, c->in + c->n, c->cap - c->n);
        if (n < 0 || (n == 0 && c->eof))
            return NEXT_GONE;
        c->n += (size_t)n;
        if (n == 0) {
            if (c->since)
                conn_wait(c, c->since, w->server->limit.head_ms, 0);
            return c->n == 0 && atomic_load(&w->server->stopping) ? NEXT_GONE : NEXT_WAIT;
        }
    }
}

/* ---- after the reply ---- */

enum next conn_next_request(struct worker *w, struct conn *c)
{
    struct http_server *s = w->server;
    conn_end_request(w, c);
    if (!c->keep) {
        shutdown(c->fd, SHUT_WR);
        c->phase = PHASE_LINGER;        /* a close with bytes unread would destroy the reply on its way */
        conn_wait(c, w->now, LINGER_MS, 0);
        return NEXT_GO;
    }
    c->n -= c->used;
    if (c->n)
        memmove(c->in, c->in + c->used, c->n);
    else if (c->cap > IN_FIRST)
        drop_buffer(c);
    c->used = 0;
    begin_head(w, c, s->limit.idle_ms);
    return c->n && ++c->turns % TURNS == 0 ? NEXT_YIELD : NEXT_GO;
}

static enum next step_linger(struct worker *w, struct conn *c)
{
    for (;;) {
        ssize_t n = take_bytes(w, c, w->scratch, SCRATCH);
        if (n < 0 || c->eof || (c->discarded += (size_t)n) > LINGER_BYTES)
            return NEXT_GONE;
        if (n == 0)
            return NEXT_WAIT;
    }
}

/* ---- work ---- */

static enum next step(struct worker *w, struct conn *c)
{
    switch (c->phase) {
    case PHASE_HEAD: return step_head(w, c);
    case PHASE_BODY: return step_body(w, c);
    case PHASE_REPLY: return reply_step(w, c);
    case PHASE_STREAM: return stream_step(w, c);
    case PHASE_LINGER: return step_linger(w, c);
    }
    return NEXT_GONE;
}

/* The request took more memory than a desk has. */
static enum next overflow(struct worker *w, struct conn *c)
{
    atomic_store_explicit(&w->busy_since, 0, memory_order_relaxed);
    return c->phase == PHASE_REPLY ? NEXT_GONE : reply_refuse(w, c, 413);
}

static enum next run(struct worker *w, struct conn *c)
{
    if (c->desk)
        arena_guard(c->desk, &w->guard);
    enum next r;
    if (setjmp(w->guard))
        r = overflow(w, c);
    else
        r = NEXT_GO;
    while (r == NEXT_GO)
        r = step(w, c);
    return r;
}

void conn_work(struct worker *w, struct conn *c)
{
    for (;;) {
        if (w == &w->server->ticker && c->phase < PHASE_STREAM) {
            hand_over(c);
            return;
        }
        c->readable = true;
        switch (run(w, c)) {
        case NEXT_GONE: conn_close(w, c); return;
        case NEXT_YIELD: hand_over(c); return;
        default: break;
        }
        if (release(c))
            return;
    }
}

void conn_expire(struct worker *w, struct conn *c)
{
    int64_t at = atomic_load(&c->deadline);
    bool late = at && at <= w->now, close_it = false;
    if (late && c->phase == PHASE_STREAM)
        close_it = !stream_expire(c);
    else if (late && (c->phase == PHASE_BODY || (c->phase == PHASE_HEAD && c->n)))
        close_it = reply_refuse(w, c, 408) == NEXT_GONE;
    else
        close_it = late;
    if (close_it)
        conn_close(w, c);
    else
        conn_work(w, c);
}

void conn_dismiss(struct worker *w, struct conn *c)
{
    if (c->phase == PHASE_LINGER || atomic_load(&w->server->forced))
        conn_close(w, c);
    else
        conn_work(w, c);
}
