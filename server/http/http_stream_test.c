/* Event streams: delivered in order, cut when too slow, closed exactly once, and nothing left behind. */
#include "http/front.h"
#include "http/test_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>

/* The owner of streams as an application has it: a list under a lock, which closed also takes. */
struct listener { struct listener *next; struct stream *stream; };

static struct arena       *mem;
static struct http_server *server;
static int                 port, descriptors;
static pthread_mutex_t     lock = PTHREAD_MUTEX_INITIALIZER;
static struct listener    *listeners;
static _Atomic int         made, opened, closed;

static void sleep_ms(int64_t ms) { nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL); }

static void on_opened(void *state, struct stream *t)
{
    struct listener *l = state;
    pthread_mutex_lock(&lock);
    l->stream = t;
    l->next = listeners;
    listeners = l;
    stream_send(t, S(": hello\n\n"));
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

/* Sends to all; how many took it. */
static int send_all(str s)
{
    int n = 0;
    pthread_mutex_lock(&lock);
    for (struct listener *l = listeners; l; l = l->next)
        n += stream_send(l->stream, s);
    pthread_mutex_unlock(&lock);
    return n;
}

static void close_all(void)
{
    pthread_mutex_lock(&lock);
    for (struct listener *l = listeners; l; l = l->next)
        stream_close(l->stream);
    listeners = NULL;       /* not to be used any more; closed frees each */
    pthread_mutex_unlock(&lock);
}

static void handle(void *app, struct request *r, struct reply *reply)
{
    (void)app;
    *reply = (struct reply){ .status = 200, .type = S("text/plain"), .body = S("ok\n") };
    if (!str_starts(r->path, S("/events")))
        return;
    reply->type = S("text/event-stream");
    reply->opened = on_opened;
    reply->closed = on_closed;
    reply->state = calloc(1, sizeof(struct listener));
    reply_header(r, reply, "Cache-Control", S("no-store"));
    made++;
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

static int setup_streams(int streams)
{
    struct http_limits l = http_limits_default;
    struct err e;
    mem = arena_new(0);
    err_init(&e, mem, LANG_EN);
    descriptors = open_descriptors();
    made = opened = closed = 0;
    l.workers = 16;
    l.streams = streams;
    l.write_ms = 1000;
    if (!http_start("127.0.0.1:0", &l, handle, NULL, NULL, &server, &e))
        fail_msg(STR_FMT, STR_ARG(e.message));
    port = http_port(server);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_streams(1000);
}

static int setup_few(void **state)
{
    (void)state;
    return setup_streams(3);
}

static int teardown(void **state)
{
    (void)state;
    http_stop(server, 100);
    arena_free(mem);
    assert_null(listeners);
    assert_int_equal(made, closed);
    assert_int_equal(open_descriptors(), descriptors);
    return 0;
}

static void until(_Atomic int *n, int want)
{
    for (int i = 0; i < 10000 && *n < want; i++)
        sleep_ms(1);
    assert_int_equal(*n, want);
}

#define HOST "Host: a\r\n"
#define EVENTS "GET /events HTTP/1.1\r\n" HOST "\r\n"

static int listen_to_events(void)
{
    int fd = client_dial(port), before = opened;
    assert_true(fd >= 0 && client_say(fd, S(EVENTS)));
    until(&opened, before + 1);
    return fd;
}

/* Hears until the bytes end with the given ones. */
static str hear_until(int fd, const char *end)
{
    struct buf b;
    buf_init(&b, mem);
    while (!str_ends(buf_str(&b), str_of(end)))
        if (client_more(fd, &b, 5000) <= 0)
            fail_msg("ended after %zu bytes", b.n);
    return buf_str(&b);
}

static void test_events_arrive_in_order(void **state)
{
    (void)state;
    struct buf want;
    int fd = listen_to_events();
    buf_init(&want, mem);
    buf_putz(&want, ": hello\n\n");
    for (int i = 0; i < 5000; i++) {
        str event = str_printf(mem, "id: %d\ndata: x\n\n", i);
        buf_put(&want, event);
        assert_int_equal(send_all(event), 1);
        if (i % 500 == 0)
            sleep_ms(2);        /* lest it fall behind */
    }
    str all = hear_until(fd, "id: 4999\ndata: x\n\n");
    ptrdiff_t head = str_find(all, S("\r\n\r\n"));
    assert_true(head > 0 && str_eq(str_sub(all, (size_t)head + 4, all.n), buf_str(&want)));
    struct answer a = { .head = str_sub(all, 0, (size_t)head + 2) };
    assert_true(str_eqz(client_header(&a, "content-type"), "text/event-stream") && str_eqz(client_header(&a, "cache-control"), "no-store"));
    assert_true(client_header(&a, "content-length").p == NULL && str_eqz(client_header(&a, "connection"), "close"));
    close(fd);
    until(&closed, 1);
}

static void *sender(void *arg)
{
    char c = *(char *)arg;
    for (int i = 0; i < 2000; i++) {
        char event[64];
        int n = snprintf(event, sizeof event, "%c%04d\n", c, i);
        send_all((str){ event, (size_t)n });
        if (i % 100 == 0)
            sleep_ms(1);
    }
    return NULL;
}

static void test_many_senders(void **state)
{
    (void)state;
    int fds[5];
    pthread_t t[4];
    char names[] = "abcd";
    for (int i = 0; i < 5; i++)
        fds[i] = listen_to_events();
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, sender, &names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(send_all(S("end\n")), 5);
    for (int i = 0; i < 5; i++) {
        str rest = hear_until(fds[i], "end\n"), line;
        int next[4] = { 0 };
        while (str_cut(&rest, '\n', &line))
            if (line.n == 5 && line.p[0] >= 'a' && line.p[0] <= 'd')
                assert_int_equal(atoi(str_z(mem, str_sub(line, 1, 5))), next[line.p[0] - 'a']++);
        for (int k = 0; k < 4; k++)
            assert_int_equal(next[k], 2000);
        close(fds[i]);
    }
}

static void test_close_delivers_what_was_sent(void **state)
{
    (void)state;
    bool ended;
    int fd = listen_to_events();
    char *big = arena_alloc(mem, 200000);
    memset(big, 'b', 200000);
    assert_int_equal(send_all((str){ big, 200000 }), 1);
    close_all();
    str all = client_all(mem, fd, 5000, &ended);
    assert_true(ended && all.n > 200000 && str_ends(all, (str){ big, 200000 }));
    close(fd);
    until(&closed, 1);
}

/* A client that reads nothing loses its stream after 256 KiB, and the others do not notice. */
static void test_slow_reader_is_cut_off(void **state)
{
    (void)state;
    int slow = client_dial(port), small = 4096;
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_true(client_say(slow, S(EVENTS)));
    until(&opened, 1);
    int good = listen_to_events();
    char *block = arena_alloc(mem, 16384);
    memset(block, '.', 16384);
    struct buf b;
    buf_init(&b, mem);
    size_t sent = 0;
    while (send_all((str){ block, 16384 }) == 2 && sent < 64u << 20) {
        sent += 16384;
        buf_init(&b, mem);
        while (b.n < 16384 && client_more(good, &b, 5000) > 0)
            continue;
        arena_back(mem, (arena_mark){ 0 });
        block = arena_alloc(mem, 16384);
        memset(block, '.', 16384);
    }
    assert_true(sent >= 256 * 1024 && sent < 64u << 20);
    until(&closed, 1);
    assert_int_equal(send_all(S("x")), 1);
    close(slow);
    close(good);
}

static void test_one_event_too_large(void **state)
{
    (void)state;
    int fd = listen_to_events();
    char *big = arena_alloc(mem, 300000);
    assert_int_equal(send_all((str){ big, 300000 }), 0);
    until(&closed, 1);
    close(fd);
}

static void test_no_room_and_head(void **state)
{
    (void)state;
    int fds[3];
    struct answer a;
    for (int i = 0; i < 3; i++)
        fds[i] = listen_to_events();
    assert_true(client_once(mem, port, EVENTS, &a));
    assert_int_equal(a.status, 503);
    until(&closed, 1);
    assert_int_equal(opened, 3);
    close(fds[0]);
    until(&closed, 2);
    fds[0] = listen_to_events();
    assert_true(client_once(mem, port, "HEAD /events HTTP/1.1\r\n" HOST "\r\n", &a) && a.status == 200);
    until(&closed, 3);
    assert_int_equal(opened, 4);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void test_clients_that_leave_are_noticed(void **state)
{
    (void)state;
    struct linger now = { .l_onoff = 1 };
    int a = listen_to_events(), b = listen_to_events(), c = listen_to_events();
    close(a);
    until(&closed, 1);
    setsockopt(b, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(b);
    until(&closed, 2);
    shutdown(c, SHUT_WR);
    until(&closed, 3);
    close(c);
}

/* The 15 s of silence are made shorter by moving the deadline. */
static void test_silence_is_broken_by_a_comment(void **state)
{
    (void)state;
    int fd = listen_to_events();
    struct conn *c = NULL;
    hear_until(fd, ": hello\n\n");
    sleep_ms(50);
    for (int i = 0; i < server->nconns; i++)
        if (server->conns[i].fd >= 0)
            c = &server->conns[i];
    assert_non_null(c);
    int64_t left = atomic_load(&c->deadline) - monotonic_us();
    assert_true(left > 10 * 1000000 && left <= 15 * 1000000);
    atomic_store(&c->deadline, 1);
    hear_until(fd, ":\n\n");
    for (int i = 0; i < 10000 && atomic_load(&c->deadline) <= 1; i++)
        sleep_ms(1);                        /* the bytes may be here before their sender has set the next one */
    assert_true(atomic_load(&c->deadline) > monotonic_us() + INT64_C(5) * 1000000);
    close(fd);
}

static _Atomic bool sending;

static void *keep_sending(void *arg)
{
    (void)arg;
    while (sending) {
        send_all(S("event: change\ndata: {\"seq\":1,\"module\":\"partner\",\"id\":42}\n\n"));
        sleep_ms(1);
    }
    return NULL;
}

/* 500 clients come and go in every way while events are sent; afterwards nothing is left (teardown looks). */
static void test_500_aborted_streams(void **state)
{
    (void)state;
    static int fds[500];
    struct linger now = { .l_onoff = 1 };
    pthread_t t[2];
    uint32_t seed = 1;
    sending = true;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, keep_sending, NULL);
    for (int i = 0; i < 500; i++) {
        fds[i] = client_dial(port);
        assert_true(fds[i] >= 0 && client_say(fds[i], S(EVENTS)));
    }
    until(&opened, 500);
    for (int i = 0; i < 500; i++) {
        char some[512];
        seed = seed * 1664525 + 1013904223;
        if (seed >> 16 & 1)
            recv(fds[i], some, sizeof some, MSG_DONTWAIT);
        if (seed >> 17 & 1)
            setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        if (seed >> 18 & 1)
            client_say(fds[i], S("GET / HTTP/1.1\r\n" HOST "\r\n"));
        if (seed >> 19 & 1)
            shutdown(fds[i], SHUT_WR);
        if (i % 50 == 0)
            sleep_ms(1);
        close(fds[i]);
    }
    until(&closed, 500);
    for (int i = 0; i < 300; i++) {         /* and some that do not even wait for the head */
        int fd = client_dial(port);
        client_say(fd, S(EVENTS));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        if (i % 2)
            sleep_ms(1);
        close(fd);
    }
    sending = false;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    struct http_stats st;
    for (int i = 0; i < 5000; i++, sleep_ms(1)) {
        http_stats(server, &st);
        if (st.streams == 0 && st.connections == 0)
            break;
    }
    assert_true(st.streams == 0 && st.connections == 0);
    assert_int_equal(made, closed);
}

static void test_closing_while_sending(void **state)
{
    (void)state;
    pthread_t t;
    sending = true;
    pthread_create(&t, NULL, keep_sending, NULL);
    for (int round = 0; round < 20; round++) {
        int fds[10];
        for (int i = 0; i < 10; i++)
            fds[i] = listen_to_events();
        if (round % 2)
            close_all();
        for (int i = 0; i < 10; i++)
            close(fds[i]);
        until(&closed, round * 10 + 10);
    }
    sending = false;
    pthread_join(t, NULL);
}

static void test_stop_ends_streams(void **state)
{
    (void)state;
    int fds[20];
    for (int i = 0; i < 20; i++)
        fds[i] = listen_to_events();
    int64_t from = client_ms();
    http_stop(server, 5000);
    assert_true(client_ms() - from < 2000);
    assert_int_equal(closed, 20);
    for (int i = 0; i < 20; i++) {
        bool ended;
        client_all(mem, fds[i], 1000, &ended);
        assert_true(ended);
        close(fds[i]);
    }
    arena_free(mem);
    setup_streams(1);       /* for teardown */
}

int main(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_events_arrive_in_order), TEST(test_many_senders), TEST(test_close_delivers_what_was_sent), TEST(test_slow_reader_is_cut_off),
        TEST(test_one_event_too_large), cmocka_unit_test_setup_teardown(test_no_room_and_head, setup_few, teardown),
        TEST(test_clients_that_leave_are_noticed), TEST(test_silence_is_broken_by_a_comment), TEST(test_500_aborted_streams),
        TEST(test_closing_while_sending), TEST(test_stop_ends_streams),
    };
    return cmocka_run_group_tests_name("http_stream", tests, NULL, NULL);
}
