/* Limits of the front: deadlines are totals, caps are kept, resets harm nobody, stopping is orderly. */
#include "http/http.h"
#include "http/front.h"
#include "http/test_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>

static struct arena       *mem;
static struct http_server *server;
static int                 port, descriptors;
static _Atomic int         running, gone_seen, done_calls;

static void sleep_ms(int64_t ms) { nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL); }

/* ---- the application ---- */

static ptrdiff_t pull_for_ever(void *state, char *out, size_t max)
{
    (void)state;
    memset(out, 'p', max);
    return (ptrdiff_t)max;
}

static void pull_done(void *state)
{
    (void)state;
    done_calls++;
}

static void handle(void *app, struct request *r, struct reply *reply)
{
    (void)app;
    *reply = (struct reply){ .status = 200, .type = S("text/plain"), .body = S("ok\n") };
    running++;
    if (str_eqz(r->path, "/long")) {
        char *p = arena_alloc(r->mem, 8 * 1024 * 1024);
        reply->body = (str){ p, 8 * 1024 * 1024 };
        reply->no_compress = true;
    } else if (str_eqz(r->path, "/pull")) {
        reply->pull = pull_for_ever;
        reply->done = pull_done;
    } else if (str_eqz(r->path, "/sleep")) {
        sleep_ms(300);
    } else if (str_eqz(r->path, "/gone")) {
        int i = 0;
        while (i++ < 3000 && !r->gone(r))
            sleep_ms(1);
        gone_seen += r->gone(r);
    }
    running--;
}

static struct http_limits limits(void)
{
    struct http_limits l = http_limits_default;
    l.workers = 16;
    l.connections = 300;
    l.head_ms = l.body_ms = l.write_ms = 300;
    l.idle_ms = 400;
    l.slowest = 1024 * 1024;
    return l;
}

static int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    closedir(d);
    return n;
}

static void start(const struct http_limits *l)
{
    struct err e;
    err_init(&e, mem, LANG_EN);
    if (!http_start("127.0.0.1:0", l, handle, NULL, NULL, &server, &e))
        fail_msg(STR_FMT, STR_ARG(e.message));
    port = http_port(server);
}

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    descriptors = open_descriptors();
    gone_seen = done_calls = 0;
    struct http_limits l = limits();
    start(&l);
    return 0;
}

/* Nothing may be left: no descriptor, no callback that was not called. */
static int teardown(void **state)
{
    (void)state;
    if (server)
        http_stop(server, 1000);
    server = NULL;
    arena_free(mem);
    if (open_descriptors() != descriptors)
        fail_msg("%d descriptors left", open_descriptors() - descriptors);
    return 0;
}

#define HOST "Host: a\r\n"
#define PLAIN "GET / HTTP/1.1\r\n" HOST "\r\n"

/* How long until a quick request is answered, in ms. */
static int64_t quick(void)
{
    struct answer a = { 0 };
    int64_t from = client_ms();
    if (!client_once(mem, port, PLAIN, &a) || a.status != 200)
        fail_msg("no answer to a quick request: %d", a.status);
    return client_ms() - from;
}

/* Says one byte of what each step_ms until the other side closes; how long that took, and what it said. */
static int64_t drip(const char *first, const char *rest, int step_ms, str *heard)
{
    struct buf b;
    int64_t from = client_ms();
    int fd = client_dial(port);
    buf_init(&b, mem);
    client_say(fd, str_of(first));
    for (size_t i = 0;; i = rest[i + 1] ? i + 1 : i) {
        int r = client_more(fd, &b, step_ms);
        if (r == 0 || client_ms() - from > 5000)
            break;
        client_say(fd, (str){ rest + i, 1 });
    }
    close(fd);
    *heard = buf_str(&b);
    return client_ms() - from;
}

/* ---- deadlines ---- */

static void test_dripped_head_is_closed_in_time(void **state)
{
    (void)state;
    str heard;
    int64_t ms = drip("", "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20, &heard);
    assert_true(ms >= 250 && ms < 1000);
    assert_true(str_starts(heard, S("HTTP/1.1 408 ")));
}

static void test_dripped_body_is_closed_in_time(void **state)
{
    (void)state;
    str heard;
    int64_t ms = drip("POST / HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20, &heard);
    assert_true(ms >= 250 && ms < 1000);
    assert_true(str_starts(heard, S("HTTP/1.1 408 ")));
    ms = drip("POST / HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20, &heard);
    assert_true(ms >= 250 && ms < 1000);
    ms = drip("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfff\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 20, &heard);
    assert_true(ms >= 250 && ms < 1000);
}

static void test_idle_connections_are_closed(void **state)
{
    (void)state;
    struct answer a;
    struct buf b;
    buf_init(&b, mem);
    int64_t from = client_ms();
    int silent = client_dial(port), used = client_dial(port);
    assert_true(client_ask(mem, used, S(PLAIN), &a));
    assert_int_equal(client_more(silent, &b, 3000), 0);
    int64_t first = client_ms() - from;
    assert_int_equal(client_more(used, &b, 3000), 0);
    int64_t second = client_ms() - from;
    assert_true(first >= 250 && first < 1000 && second >= 350 && second < 1200);
    assert_int_equal(b.n, 0);
    close(silent);
    close(used);
}

/* Each request begins anew: a connection in use outlives all deadlines. */
static void test_busy_connection_is_kept(void **state)
{
    (void)state;
    struct answer a;
    int fd = client_dial(port);
    for (int64_t from = client_ms(); client_ms() - from < 1000; sleep_ms(100))
        assert_true(client_ask(mem, fd, S(PLAIN), &a) && a.status == 200);
    close(fd);
}

static void test_client_that_does_not_read_is_cut(void **state)
{
    (void)state;
    static const char *const requests[] = { "GET /long HTTP/1.1\r\n" HOST "\r\n", "GET /pull HTTP/1.1\r\n" HOST "\r\n" };
    for (int i = 0; i < 2; i++) {
        struct http_stats st;
        int fd = client_dial(port);
        int64_t from = client_ms();
        assert_true(client_say(fd, str_of(requests[i])));
        do {
            sleep_ms(10);
            http_stats(server, &st);
        } while (st.connections > 0 && client_ms() - from < 12000);
        int64_t ms = client_ms() - from;
        assert_true(ms >= 250 && ms < 11000);
        close(fd);
    }
    assert_int_equal(done_calls, 1);
}

static void *drip_thread(void *arg)
{
    int *fds = arg;
    for (int round = 0; round < 12; round++, sleep_ms(50))
        for (int i = 0; i < 200; i++)
            client_say(fds[i], i % 2 ? S("a") : S("0"));
    return NULL;
}

/* 200 clients that drip heads and bodies hold nobody else up, and all are gone after the deadline. */
static void test_200_dripping_clients(void **state)
{
    (void)state;
    static int fds[200];
    pthread_t t;
    struct http_stats st;
    for (int i = 0; i < 200; i++) {
        fds[i] = client_dial(port);
        assert_true(client_say(fds[i], i % 2 ? S("GET /") : S("POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n")));
    }
    pthread_create(&t, NULL, drip_thread, fds);
    int64_t worst = 0;
    for (int i = 0; i < 20; i++, sleep_ms(20)) {
        int64_t ms = quick();
        worst = ms > worst ? ms : worst;
    }
    pthread_join(t, NULL);
    http_stats(server, &st);
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    assert_true(worst < 1000);
    assert_true(st.refused >= 200 && st.connections <= 200);    /* those refused linger until they, too, close */
}

/* ---- caps ---- */

static void test_one_too_many_is_told_so(void **state)
{
    (void)state;
    struct http_limits l = limits();
    static int fds[40];
    struct answer a;
    l.connections = 40;
    l.head_ms = l.idle_ms = 5000;
    http_stop(server, 0);
    start(&l);
    for (int i = 0; i < 40; i++) {
        fds[i] = client_dial(port);
        assert_true(client_ask(mem, fds[i], S(PLAIN), &a) && a.status == 200);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(client_once(mem, port, PLAIN, &a));
        assert_int_equal(a.status, 503);
        assert_true(str_eqz(client_header(&a, "retry-after"), "1"));
    }
    close(fds[7]);
    int64_t from = client_ms();
    do
        assert_true(client_once(mem, port, PLAIN, &a));
    while (a.status != 200 && client_ms() - from < 3000);
    assert_int_equal(a.status, 200);
    for (int i = 0; i < 40; i++)
        if (i != 7)
            close(fds[i]);
}

/* Loopback is not counted, so a client from elsewhere is made up by handing a socket in. */
static void test_cap_of_one_address(void **state)
{
    (void)state;
    struct http_limits l = limits();
    struct worker w = { 0 };
    struct address elsewhere, other;
    int pairs[6][2];
    l.per_address = 3;
    http_stop(server, 0);
    start(&l);
    w.server = server;
    w.now = monotonic_us();
    assert_true(address_parse(S("203.0.113.7"), &elsewhere) && address_parse(S("203.0.113.8"), &other));
    for (int i = 0; i < 6; i++) {
        struct answer a;
        struct http_stats st = { .connections = 99 };
        if (i == 5) {       /* one leaves, so there is room for another */
            close(pairs[0][0]);
            close(pairs[3][0]);
            for (int k = 0; k < 3000 && st.connections > 3; k++, sleep_ms(1))
                http_stats(server, &st);
        }
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]), 0);
        assert_true(conn_open(&w, pairs[i][1], i == 4 ? &other : &elsewhere));
        assert_true(client_ask(mem, pairs[i][0], S(PLAIN), &a));
        assert_int_equal(a.status, i == 3 ? 503 : 200);
    }
    for (int i = 1; i < 6; i++)
        if (i != 3)
            close(pairs[i][0]);
}

/* ---- clients that go ---- */

static void test_handler_learns_that_the_client_is_gone(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        int fd = client_dial(port);
        struct linger now = { .l_onoff = 1 };
        assert_true(client_say(fd, S("POST /gone HTTP/1.1\r\n" HOST "\r\n")));
        sleep_ms(20);
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);    /* a reset */
        close(fd);
    }
    for (int i = 0; i < 2000 && gone_seen < 10; i++)
        sleep_ms(1);
    assert_int_equal(gone_seen, 10);
}

static void test_resets_anywhere(void **state)
{
    (void)state;
    static const char in[] = "POST /long HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhelloGET /pull HTTP/1.1\r\n" HOST "\r\n";
    uint32_t seed = 7;
    for (int i = 0; i < 600; i++) {
        int fd = client_dial(port);
        struct linger now = { .l_onoff = 1 };
        size_t n = (seed = seed * 1664525 + 1013904223) % sizeof in;
        client_say(fd, (str){ in, n });
        if (i % 3 == 0)
            usleep((seed >> 16) % 2000);
        if (i % 5 == 0) {
            char some[1000];
            recv(fd, some, sizeof some, MSG_DONTWAIT);
        }
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(fd);
    }
    struct http_stats st;
    for (int i = 0; i < 3000; i++, sleep_ms(1)) {
        http_stats(server, &st);
        if (st.connections == 0)
            break;
    }
    assert_int_equal(st.connections, 0);
    assert_true(quick() < 1000);
}

/* ---- stopping ---- */

static void *stop_thread(void *arg)
{
    http_stop(server, *(int *)arg);
    return NULL;
}

static void test_stop_lets_requests_finish(void **state)
{
    (void)state;
    int grace = 2000, old = port;
    pthread_t t;
    struct answer a = { 0 };
    int idle = client_dial(port), busy = client_dial(port);
    assert_true(client_ask(mem, idle, S(PLAIN), &a));
    assert_true(client_say(busy, S("POST /sleep HTTP/1.1\r\n" HOST "\r\n")));
    while (running == 0)
        sleep_ms(1);
    int64_t from = client_ms();
    pthread_create(&t, NULL, stop_thread, &grace);
    assert_true(client_ask(mem, busy, S(""), &a));
    assert_int_equal(a.status, 200);
    assert_true(str_eqz(client_header(&a, "connection"), "close"));
    close(busy);
    pthread_join(t, NULL);
    server = NULL;
    assert_true(client_ms() - from < 1500);
    struct buf b;
    buf_init(&b, mem);
    assert_int_equal(client_more(idle, &b, 1000), 0);
    close(idle);
    int late = client_dial(old);
    assert_true(late < 0);
}

static void test_stop_does_not_wait_for_the_slow(void **state)
{
    (void)state;
    int grace = 100;
    pthread_t t;
    struct http_limits l = limits();
    http_stop(server, 0);
    l.head_ms = l.body_ms = l.write_ms = 60000;
    start(&l);
    int head = client_dial(port), body = client_dial(port), reader = client_dial(port), waiter = client_dial(port);
    assert_true(client_say(head, S("GET /")) && client_say(body, S("POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n")) &&
                client_say(reader, S("GET /pull HTTP/1.1\r\n" HOST "\r\n")) && client_say(waiter, S("POST /gone HTTP/1.1\r\n" HOST "\r\n")));
    sleep_ms(100);
    int64_t from = client_ms();
    pthread_create(&t, NULL, stop_thread, &grace);
    pthread_join(t, NULL);
    server = NULL;
    assert_true(client_ms() - from < 1500);
    assert_int_equal(gone_seen, 1);         /* the handler that asked was told to give up */
    assert_int_equal(done_calls, 1);
    close(head);
    close(body);
    close(reader);
    close(waiter);
}

static void test_start_and_stop_again_and_again(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct http_limits l = limits();
        http_stop(server, 0);
        start(&l);
        if (i % 2)
            assert_true(quick() < 1000);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_dripped_head_is_closed_in_time), TEST(test_dripped_body_is_closed_in_time), TEST(test_idle_connections_are_closed),
        TEST(test_busy_connection_is_kept), TEST(test_client_that_does_not_read_is_cut), TEST(test_200_dripping_clients),
        TEST(test_one_too_many_is_told_so), TEST(test_cap_of_one_address), TEST(test_handler_learns_that_the_client_is_gone),
        TEST(test_resets_anywhere), TEST(test_stop_lets_requests_finish), TEST(test_stop_does_not_wait_for_the_slow),
        TEST(test_start_and_stop_again_and_again),
    };
    return cmocka_run_group_tests_name("http_limits", tests, NULL, NULL);
}
