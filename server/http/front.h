/* front: the inside of the HTTP front, shared by its files and nobody else.
 *
 * One epoll, edge triggered, each connection registered once for everything.  Workers take events one at a time and run the whole
 * way inline: read, parse, handler, write.  A connection belongs to one thread at a time: whoever takes it (conn_take)
 * may touch it until it lets go (conn_release); an event for a connection that is taken is noted and its owner looks again.
 *
 * How many workers wait on the epoll at once is the crew's business (crew.h).  One more thread, the ticker, enforces deadlines,
 * flushes event streams and stops the front; it never runs a handler.
 *
 *   server.c   start, stop, accept, the threads         conn.c    one connection: reading, phases, end
 *   crew.c     who is awake                             reply.c   composing and sending answers
 *   address.c  addresses, proxies                       stream.c  event streams
 *   compress.c gzip and brotli
 *
 * Why so, measured on two cores with wrk -t2 on the same two cores, a fixed answer, answers/s (16 / 128 connections):
 *   bare epoll loop, one thread       186,000 / 204,000
 *   poll thread, queue, 64 workers     98,000 / 106,000      64 workers on one epoll    98,000 / 109,000
 *   poll thread, queue, 2 workers     165,000 / 226,000       2 workers on one epoll   197,000 / 228,000
 * and with 10 µs of work in each request:
 *   bare epoll loop, one thread        68,000 /  68,000
 *   poll thread, queue, 64 workers     65,000 /  66,000      64 workers on one epoll    73,000 /  73,000
 *   poll thread, queue, 2 workers      74,000 /  75,000       2 workers on one epoll    80,000 /  78,000
 * So the hand-over costs little, waking threads costs half: few must be awake, and then the thread that reads may as well
 * answer.  EPOLLONESHOT with a MOD for each request is a tenth of a microsecond slower than edge triggering with an owner. */
#ifndef HTTP_FRONT_H
#define HTTP_FRONT_H
#include "http/body.h"
#include "http/http.h"
#include "http/parse.h"
#include "http/address.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdatomic.h>

enum { SLOT_BITS = 24, SCRATCH = 64 * 1024, IN_FIRST = 7 * 1024, IN_WINDOW = 16 * 1024, INLINE_BODY = 32 * 1024 };

/* Who is awake: see crew.c. */
struct crew {
    pthread_mutex_t lock;
    struct worker  *parked;             /* last parked first */
    int             seats;
    bool            stopped;
    _Atomic int     seated, polling;    /* may wait on the epoll; waiting on it now */
};

struct worker {
    struct http_server *server;
    pthread_t      thread;
    int            index;
    int64_t        now;                 /* monotonic µs, read once for each event */
    struct arena  *desk;                /* a spare one */
    jmp_buf        guard;
    char          *scratch;             /* SCRATCH bytes, good until the next call */
    uint64_t       traces;
    int64_t        date_s;              /* the second that date spells */
    char           date[32];
    /* of the crew */
    sem_t          wake;
    struct worker *next;
    _Atomic bool   seat;
    _Atomic int64_t busy_since;         /* monotonic µs when it began to run a handler, 0 not in one */
    /* written by this thread only */
    _Atomic int64_t requests, refused, bytes_in, bytes_out;
};

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_REPLY, PHASE_STREAM, PHASE_LINGER };

/* Invariants
 *   1. state is generation << 8 | flags. All else but deadline is touched by the owner only.
 *   2. in[0..used) belongs to the current request, in[used..n) is not looked at yet; in does not move from the end of
 *      the head to the end of the reply, because the request is views of it.
 *   3. desk is set from the end of the head (or a refusal) to the end of the reply.
 *   4. reply.done and reply.closed are called and cleared together with the reply. */
struct conn {
    _Atomic uint64_t    state;
    _Atomic int64_t     deadline;       /* monotonic µs; 0: none */
    struct http_server *server;
    uint32_t            slot;
    int                 fd;
    struct address      from;
    char                peer[ADDRESS_TEXT];     /* the same as text */
    struct conn        *same, **same_at;/* others of the hash bucket of its address; NULL when it is not counted */
    struct conn        *next;           /* free list, or hand-over list */
    struct conn        *next_kick;
    _Atomic bool        kicked;         /* it is in the list of kicks */
    enum phase          phase;
    bool                refused;        /* too many: it only gets a 503 */
    bool                readable, eof;  /* recv may give something; it gave the end */
    bool                keep;           /* another request may follow */
    struct arena       *mem;            /* of in */
    char               *in;
    size_t              n, used, cap;
    int64_t             since;          /* when the head, body or reply began; 0: not yet */
    struct head         head;
    /* the request */
    struct arena       *desk;
    struct request      req;
    struct chunked      chunked;
    struct body         body;
    size_t              body_limit;
    void               *mapped; size_t mapped_n;
    /* the reply */
    struct reply        reply;
    str                 out[2];         /* still to be sent: head, then body */
    uint64_t            sent;
    uint64_t            to_pull;        /* bytes of a pulled body of known size that are still to come */
    bool                chunks, headless;   /* the pulled body is chunked; the request was HEAD */
    char               *pulled;
    unsigned            turns;          /* without letting others go first */
    size_t              discarded;
    struct stream      *stream;
};

struct http_server {
    struct arena       *mem;            /* all that lives as long as the server */
    struct http_limits  limit;
    http_handler       *handler;
    http_body_limit    *body_limit;
    void               *app;
    int                 epoll, listener, port;
    int                 hand_fd, tick_fd;       /* eventfds: hand-over list has something; the ticker shall look */
    struct networks     proxies;
    uint64_t            seed;           /* of traces */
    struct crew         crew;
    struct worker      *workers, ticker;
    int                 nworkers;       /* started */
    bool                ticking;
    struct conn        *conns; int nconns;      /* also a few to refuse with */
    struct conn       **bucket; size_t nbuckets;
    pthread_mutex_t     lock;           /* of the following, and of the lists of conns */
    struct conn        *free, *hand_first, **hand_last;
    struct arena       *desks[16]; int ndesks;
    struct conn        *kicks;          /* streams to flush */
    int                 refusing;
    _Atomic int         open, streams;
    _Atomic int64_t     accepted;
    _Atomic bool        stopping, forced, stopped, slow_tick, accept_again;
    struct packers     *packers;
};

/* server.c */
int64_t monotonic_us(void);
void    server_wake_ticker(struct http_server *);
struct arena *desk_take(struct worker *);
void    desk_give(struct worker *, struct arena *);
static inline void count(_Atomic int64_t *n, int64_t more)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + more, memory_order_relaxed);
}

/* crew.c */
void crew_init(struct crew *, int seats);
bool crew_sit(struct crew *, struct worker *);      /* waits for a seat; false: the crew is dismissed */
void crew_leave(struct crew *, struct worker *);    /* before work that may take long */
void crew_poll_begin(struct crew *);
void crew_poll_end(struct http_server *);
void crew_watch(struct http_server *, int64_t now); /* the ticker: who is late loses the seat */
void crew_dismiss(struct crew *);

/* What a step says: go on; wait for an event; behind the others, please; it is to be closed. */
enum next { NEXT_GO, NEXT_WAIT, NEXT_YIELD, NEXT_GONE };

/* conn.c */
bool conn_open(struct worker *, int fd, const struct address *);    /* false: no room, fd is closed */
/* true: it is yours; false: gone, or its owner will look again */
bool conn_take(struct conn *, uint64_t generation, bool hangup);
uint64_t conn_generation(const struct conn *);
void conn_work(struct worker *, struct conn *);     /* yours: does all there is to do and lets go */
void conn_expire(struct worker *, struct conn *);   /* yours: its deadline has passed; lets go */
void conn_dismiss(struct worker *, struct conn *);  /* yours: the server stops; lets go */

void conn_wait(struct conn *, int64_t since, int ms, uint64_t bytes);   /* sets the deadline; since 0: none */
void conn_close(struct worker *, struct conn *);
enum next conn_next_request(struct worker *, struct conn *);
void conn_end_request(struct worker *, struct conn *);    /* what belongs to one request */
str  conn_trace(struct worker *, struct arena *);         /* a new id */

/* reply.c */
enum next reply_begin(struct worker *, struct conn *);
enum next reply_step(struct worker *, struct conn *);
enum next reply_refuse(struct worker *, struct conn *, int status);
void      reply_drop(struct conn *);                /* calls done and closed when they are due */

/* stream.c */
bool      stream_open(struct worker *, struct conn *, str head);
enum next stream_step(struct worker *, struct conn *);
void      stream_end(struct conn *);
bool      stream_expire(struct conn *);             /* false: it is to be closed */

/* compress.c */
struct packers *packers_new(void);
void        packers_free(struct packers *);
bool        compress_worth(str type);
bool        compress_body(struct packers *, enum coding, struct arena *, str in, str *out);    /* false: it did not get smaller */
#endif
