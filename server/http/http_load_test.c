/* Many at once: 128, 256 and 1,000 busy connections beside 500 event streams.  Other servers stall at exactly 128 or 256; here
 * every connection must get its turn, every answer must be right, and a plain request must not wait long. */
#include "http/http.h"
#include "http/test_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { STREAMS = 500, PROBES = 400, ROUND_MS = 1500 };

struct listener { struct listener *next; struct stream *stream; };

static struct arena       *mem;
static struct http_server *server;
static int                 port;
static pthread_mutex_t     lock = PTHREAD_MUTEX_INITIALIZER;
static struct listener    *listeners;
static _Atomic int         opened, closed;
static _Atomic bool        running;

static void sleep_ms(int64_t ms) { nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL); }

static void on_opened(void *state, struct stream *t)
{
    struct listener *l = state;
    pthread_mutex_lock(&lock);
    l->stream = t;
    l->next = listeners;
    listeners = l;
    pthread_mutex_unlock(&lock);
    opened++;
}

static void on_closed(void *state)
{
    struct listener *l = state;
    pthread_mutex_lock(&lock);
    for (struct listener **p = &listeners; *p; p = &(*p)->next)
        if (*p == l) {
            *p = l->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    free(l);
    closed++;
}

/* Every tenth request waits 1 ms, as one that writes. */
static void handle(void *app, struct request *r, struct reply *reply)
{
    (void)app;
    *reply = (struct reply){ .status = 200, .type = S("text/plain"), .body = r->path };
    if (str_eqz(r->path, "/events")) {
        *reply = (struct reply){ .status = 200, .type = S("text/event-stream"), .opened = on_opened, .closed = on_closed,
                                 .state = calloc(1, sizeof(struct listener)) };
    } else if (str_eqz(r->method, "POST")) {
        sleep_ms(1);
    }
}

/* ---- the crowd: one thread with an epoll of its own ---- */

struct busy { int fd; int64_t answers; uint32_t n; };
struct crowd { struct busy *list; int n; int epoll; _Atomic int64_t wrong; };

static void busy_ask(struct crowd *k, struct busy *b)
{
    char request[128];
    int index = (int)(b - k->list), n = snprintf(request, sizeof request, "%s /c%d HTTP/1.1\r\nHost: a\r\n%s\r\n", b->n % 10 == 9 ? "POST" : "GET", index,
                                                 b->n % 10 == 9 ? "Content-Length: 0\r\n" : "");
    b->n++;
    if (send(b->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        k->wrong++;
}

static void *crowd_run(void *arg)
{
    struct crowd *k = arg;
    struct epoll_event list[64];
    for (int i = 0; i < k->n; i++)
        busy_ask(k, &k->list[i]);
    while (running) {
        int n = epoll_wait(k->epoll, list, 64, 50);
        for (int i = 0; i < n; i++) {
            struct busy *b = list[i].data.ptr;
            char in[1024], want[16];
            ssize_t got = recv(b->fd, in, sizeof in, MSG_DONTWAIT);
            str answer = { in, got > 0 ? (size_t)got : 0 };
            snprintf(want, sizeof want, "\r\n/c%d", (int)(b - k->list));
            if (!str_starts(answer, S("HTTP/1.1 200 ")) || !str_ends(answer, str_of(want)))
                k->wrong++;
            b->answers++;
            busy_ask(k, b);
        }
    }
    return NULL;
}

static void crowd_open(struct crowd *k, int n)
{
    *k = (struct crowd){ .n = n, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    k->list = NEWV(mem, struct busy, (size_t)n);
    for (int i = 0; i < n; i++) {
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = &k->list[i] };
        k->list[i].fd = client_dial(port);
        assert_true(k->list[i].fd >= 0);
        assert_int_equal(epoll_ctl(k->epoll, EPOLL_CTL_ADD, k->list[i].fd, &e), 0);
    }
}

static void crowd_close(struct crowd *k)
{
    for (int i = 0; i < k->n; i++)
        close(k->list[i].fd);
    close(k->epoll);
}

/* ---- what a bystander feels ---- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The 99th percentile of plain requests, in µs; at least PROBES of them and for at least ms. */
static int64_t probe(int ms, int64_t *median)
{
    static int64_t took[PROBES * 64];
    size_t n = 0;
    int fd = client_dial(port);
    assert_true(fd >= 0);
    for (int64_t from = client_ms(); n < PROBES * 64 && (n < PROBES || client_ms() - from < ms); n++) {
        arena_mark mark = arena_here(mem);
        struct answer a;
        int64_t t = now_us();
        assert_true(client_ask(mem, fd, S("GET /probe HTTP/1.1\r\nHost: a\r\n\r\n"), &a) && a.status == 200);
        took[n] = now_us() - t;
        arena_back(mem, mark);
        usleep(500);
    }
    close(fd);
    qsort(took, n, sizeof took[0], compare);
    *median = took[n / 2];
    return took[n * 99 / 100];
}

static void *announce(void *arg)
{
    _Atomic int64_t *sent = arg;
    while (running) {
        pthread_mutex_lock(&lock);
        for (struct listener *l = listeners; l; l = l->next)
            *sent += stream_send(l->stream, S("event: change\ndata: {\"seq\":1,\"module\":\"partner\",\"id\":42}\n\n"));
        pthread_mutex_unlock(&lock);
        sleep_ms(20);
    }
    return NULL;
}

static int streams[STREAMS];
static _Atomic int64_t stream_bytes;

/* Reads all streams, as 500 browsers would. */
static void *hear_streams(void *arg)
{
    (void)arg;
    static char in[65536];
    while (running) {
        for (int i = 0; i < STREAMS; i++) {
            ssize_t n = recv(streams[i], in, sizeof in, MSG_DONTWAIT);
            stream_bytes += n > 0 ? n : 0;
        }
        sleep_ms(20);
    }
    return NULL;
}

static void under_load(int connections, int64_t alone)
{
    struct crowd k;
    pthread_t t[3];
    _Atomic int64_t sent = 0;
    int64_t median, total = 0, least = INT64_MAX, most = 0, bytes = stream_bytes;
    crowd_open(&k, connections);
    running = true;
    pthread_create(&t[0], NULL, crowd_run, &k);
    pthread_create(&t[1], NULL, announce, (void *)&sent);
    pthread_create(&t[2], NULL, hear_streams, NULL);
    int64_t from = client_ms(), p99 = probe(ROUND_MS, &median), ms = client_ms() - from;
    running = false;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    for (int i = 0; i < connections; i++) {
        total += k.list[i].answers;
        least = k.list[i].answers < least ? k.list[i].answers : least;
        most = k.list[i].answers > most ? k.list[i].answers : most;
    }
    printf("%d busy connections and %d streams: %lld answers/s (each %lld to %lld), %lld events/s; a plain request: median %lld us, p99 %lld us, alone p99 %lld us\n",
           connections, STREAMS, (long long)(total * 1000 / ms), (long long)least, (long long)most, (long long)(sent * 1000 / ms), (long long)median,
           (long long)p99, (long long)alone);
    crowd_close(&k);
    assert_int_equal(k.wrong, 0);
    assert_true(least > 0);                     /* everybody got a turn */
    assert_int_equal(closed, 0);                /* no stream was lost */
    assert_true(stream_bytes > bytes);
    assert_true(p99 < 1000000);
}

static void test_busy_connections_beside_streams(void **state)
{
    (void)state;
    static const int sizes[] = { 128, 256, 1000 };
    struct rlimit files;
    struct err e;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < 4096) {
        fprintf(stderr, "skipped: only %lu descriptors may be opened\n", (unsigned long)files.rlim_max);
        skip();
    }
    files.rlim_cur = 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    mem = arena_new(0);
    err_init(&e, mem, LANG_EN);
    assert_true(http_start("127.0.0.1:0", NULL, handle, NULL, NULL, &server, &e));
    port = http_port(server);
    int64_t median, alone = probe(500, &median);
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = client_dial(port);
        assert_true(streams[i] >= 0 && client_say(streams[i], S("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")));
    }
    for (int i = 0; i < 10000 && opened < STREAMS; i++)
        sleep_ms(1);
    assert_int_equal(opened, STREAMS);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        under_load(sizes[i], alone);
    http_stop(server, 1000);
    for (int i = 0; i < STREAMS; i++)
        close(streams[i]);
    assert_int_equal(closed, STREAMS);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_busy_connections_beside_streams) };
    return cmocka_run_group_tests_name("http_load", tests, NULL, NULL);
}
