/* The front from outside, by raw bytes on a socket: what is answered, what is refused and closed, and when. */
#include "http/http.h"
#include "http/test_client.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdatomic.h>

static struct arena       *mem;
static struct http_server *server;
static int                 port;
static _Atomic int         handled, gone_seen, done_calls;

/* ---- the application ---- */

struct pulling { int64_t left; bool breaks; };

static ptrdiff_t pull_digits(void *state, char *out, size_t max)
{
    struct pulling *p = state;
    size_t n = p->left < (int64_t)max ? (size_t)p->left : max;
    if (n == 0 && p->breaks)
        return -1;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('0' + (p->left - (int64_t)i) % 10);
    p->left -= (int64_t)n;
    return (ptrdiff_t)n;
}

static void pull_done(void *state)
{
    (void)state;
    done_calls++;
}

static int64_t number(struct request *r, const char *name, int64_t otherwise)
{
    str s;
    int64_t v;
    return request_param(r, name, &s) && str_to_i64(s, &v) ? v : otherwise;
}

static void echo(struct request *r, struct reply *reply)
{
    struct buf b;
    str body;
    buf_init(&b, r->mem);
    assert_true(request_body(r, &body));
    buf_printf(&b, STR_FMT " " STR_FMT " ? " STR_FMT " %zu %d\n", STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query), r->body_size, r->body_file >= 0);
    buf_put(&b, body);
    reply->body = buf_str(&b);
}

static void letters(struct request *r, struct reply *reply)
{
    size_t n = (size_t)number(r, "n", 0);
    char *p = arena_alloc(r->mem, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + i * i % 26);
    reply->body = (str){ p, n };
}

static void sleep_ms(int64_t ms) { nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL); }

static void handle(void *app, struct request *r, struct reply *reply)
{
    (void)app;
    handled++;
    *reply = (struct reply){ .status = 200, .type = S("text/plain"), .no_compress = true };
    if (str_eqz(r->path, "/letters") || str_eqz(r->path, "/coded")) {
        letters(r, reply);
        reply->no_compress = str_eqz(r->path, "/letters");
    } else if (str_eqz(r->path, "/pull")) {
        struct pulling *p = NEW(r->mem, struct pulling);
        *p = (struct pulling){ number(r, "n", 0), number(r, "break", 0) != 0 };
        reply->pull = pull_digits;
        reply->done = pull_done;
        reply->state = p;
        reply->pull_size = (uint64_t)number(r, "size", 0);
    } else if (str_eqz(r->path, "/file")) {
        char name[] = "/tmp/qudao-reply-XXXXXX";
        int fd = mkstemp(name);
        unlink(name);
        for (int64_t n = number(r, "n", 0); n > 0; n--)
            if (write(fd, "x", 1) != 1)
                break;
        if (!reply_file(r, reply, fd))
            reply->status = 500;
    } else if (str_eqz(r->path, "/slow")) {
        sleep_ms(number(r, "ms", 0));
        reply->body = S("late");
    } else if (str_eqz(r->path, "/gone")) {
        for (int i = 0; i < 2000 && !r->gone(r); i++)
            sleep_ms(1);
        gone_seen += r->gone(r);
    } else if (str_eqz(r->path, "/silent")) {
        reply->status = 0;
    } else if (str_eqz(r->path, "/greedy")) {
        for (;;)
            arena_alloc(r->mem, 4096);
    } else if (str_eqz(r->path, "/status")) {
        reply->status = (int)number(r, "s", 200);
    } else if (str_eqz(r->path, "/inject")) {
        str evil;
        reply->type = str_cat(r->mem, S("text/plain"), S("\r\nX-Evil: 1"));
        assert_true(url_decode(r->mem, S("a%0d%0aX-Evil: 2"), false, &evil));
        reply_header(r, reply, "X-Name", evil);
        reply_header(r, reply, "X-Other", S("b\nX-Evil: 3"));
        reply_header(r, reply, "X-Third", S("c"));
    } else if (str_eqz(r->path, "/peer")) {
        reply->body = str_printf(r->mem, STR_FMT " %d " STR_FMT, STR_ARG(r->peer), r->https, STR_ARG(request_header(r, "x-forwarded-for")));
    } else {
        echo(r, reply);
    }
}

static size_t limit_of(void *app, const struct request *r, int *status)
{
    (void)app;
    if (str_eqz(r->path, "/closed"))
        *status = 401;
    return str_starts(r->path, S("/small")) ? 10 : 8 * 1024 * 1024;
}

static struct http_limits limits(void)
{
    struct http_limits l = http_limits_default;
    l.workers = 8;
    l.connections = 64;
    l.desk_bytes = 16 * 1024 * 1024;
    return l;
}

static void start(const struct http_limits *l)
{
    struct err e;
    err_init(&e, mem, LANG_EN);
    if (!http_start("127.0.0.1:0", l, handle, limit_of, NULL, &server, &e))
        fail_msg(STR_FMT, STR_ARG(e.message));
    port = http_port(server);
    handled = 0;
}

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    struct http_limits l = limits();
    start(&l);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_stop(server, 1000);
    arena_free(mem);
    return 0;
}

/* For tests that need other limits than setup gave. */
static void restart(const struct http_limits *l)
{
    http_stop(server, 100);
    start(l);
}

static struct answer ask(const char *request)
{
    struct answer a = { 0 };
    if (!client_once(mem, port, request, &a))
        fail_msg("no answer: %s", request);
    return a;
}

#define HOST "Host: a\r\n"

/* ---- plain exchanges ---- */

static void test_an_answer(void **state)
{
    (void)state;
    struct answer a = ask("GET /x%20y/%E4%B8%8A?a=1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(a.status, 200);
    assert_true(str_eqz(a.body, "GET /x y/上 ? a=1 0 0\n"));
    assert_true(str_eqz(client_header(&a, "x-content-type-options"), "nosniff"));
    assert_int_equal(client_header(&a, "x-request-id").n, 16);
    assert_int_equal(client_header(&a, "date").n, 29);
    assert_true(str_eqz(client_header(&a, "content-type"), "text/plain"));
    assert_null(client_header(&a, "connection").p);
    struct answer b = ask("GET / HTTP/1.1\r\n" HOST "\r\n");
    assert_false(str_eq(client_header(&a, "x-request-id"), client_header(&b, "x-request-id")));
}

static void test_methods(void **state)
{
    (void)state;
    static const char *const with_body[] = { "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
    for (size_t i = 0; i < 5; i++) {
        str want = str_printf(mem, "%s / ?  5 0\nhello", with_body[i]);
        struct answer a = ask(str_z(mem, str_printf(mem, "%s / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", with_body[i])));
        assert_true(str_eq(a.body, want));
        a = ask(str_z(mem, str_printf(mem, "%s / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", with_body[i])));
        assert_true(str_eq(a.body, want));
    }
}

static void test_head_has_no_body(void **state)
{
    (void)state;
    struct answer get = ask("GET /letters?n=100 HTTP/1.1\r\n" HOST "\r\n");
    int fd = client_dial(port);
    bool closed;
    assert_true(client_say(fd, S("HEAD /letters?n=100 HTTP/1.1\r\n" HOST "\r\nHEAD /letters?n=100000 HTTP/1.1\r\n" HOST "\r\n"
                                 "HEAD /pull?n=5 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n")));
    str all = client_all(mem, fd, 2000, &closed);
    close(fd);
    struct answer a, b, c;
    assert_true(closed && client_cut(mem, &all, true, &a) == 1 && client_cut(mem, &all, true, &b) == 1 && client_cut(mem, &all, true, &c) == 1);
    assert_int_equal(all.n, 0);
    assert_true(str_eqz(client_header(&a, "content-length"), "100") && str_eqz(client_header(&b, "content-length"), "100000"));
    assert_true(get.body.n == 100 && str_eqz(client_header(&c, "transfer-encoding"), "chunked"));
}

static void test_pipelined_in_order(void **state)
{
    (void)state;
    struct buf b;
    bool closed;
    buf_init(&b, mem);
    for (int i = 0; i < 200; i++) {
        if (i % 3 == 0)
            buf_printf(&b, "GET /g%d HTTP/1.1\r\n" HOST "\r\n", i);
        else if (i % 3 == 1)
            buf_printf(&b, "POST /p%d HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", i);
        else
            buf_printf(&b, "POST /c%d HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", i);
    }
    buf_putz(&b, "GET /last HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /never HTTP/1.1\r\n" HOST "\r\n");
    int fd = client_dial(port);
    assert_true(client_say(fd, buf_str(&b)));
    str all = client_all(mem, fd, 3000, &closed);
    close(fd);
    assert_true(closed);
    for (int i = 0; i <= 200; i++) {
        struct answer a;
        char path[16];
        assert_int_equal(client_cut(mem, &all, false, &a), 1);
        snprintf(path, sizeof path, i == 200 ? "/last " : "/%c%d ", "gpc"[i % 3], i);
        assert_true(str_find(a.body, str_of(path)) > 0);
        assert_true(i % 3 == 0 || i == 200 || str_ends(a.body, S("\nabc")));
    }
    assert_int_equal(all.n, 0);
}

static void test_http_1_0_is_answered_and_closed(void **state)
{
    (void)state;
    bool closed;
    int fd = client_dial(port);
    assert_true(client_say(fd, S("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n")));
    str all = client_all(mem, fd, 3000, &closed);
    close(fd);
    struct answer a;
    assert_true(closed && client_cut(mem, &all, false, &a) == 1 && a.status == 200 && all.n == 0);
    assert_true(str_eqz(client_header(&a, "connection"), "close"));
    a = ask("GET /pull?n=100000 HTTP/1.0\r\n\r\n");
    assert_null(client_header(&a, "transfer-encoding").p);
    assert_int_equal(a.body.n, 100000);
}

static void test_half_closed_client_gets_its_answer(void **state)
{
    (void)state;
    bool closed;
    for (int i = 0; i < 20; i++) {
        int fd = client_dial(port);
        assert_true(client_say(fd, S("GET /a HTTP/1.1\r\n" HOST "\r\nPOST /b HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx")));
        shutdown(fd, SHUT_WR);
        str all = client_all(mem, fd, 3000, &closed);
        close(fd);
        struct answer a, b;
        assert_true(closed && client_cut(mem, &all, false, &a) == 1 && client_cut(mem, &all, false, &b) == 1 && all.n == 0);
    }
}

static void test_split_at_every_byte_on_the_wire(void **state)
{
    (void)state;
    static const char in[] = "POST /w?q HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb\r\n wide world\r\n00\r\n\r\n";
    for (size_t cut = 1; cut < sizeof in - 1; cut++) {
        struct answer a;
        int fd = client_dial(port);
        assert_true(client_say(fd, (str){ in, cut }));
        if (cut % 7 == 0)
            sleep_ms(2);
        assert_true(client_ask(mem, fd, (str){ in + cut, sizeof in - 1 - cut }, &a));
        close(fd);
        assert_true(a.status == 200 && str_ends(a.body, S(" 16 0\nhello wide world")));
    }
}

static void test_expect_continue(void **state)
{
    (void)state;
    struct answer a;
    int fd = client_dial(port);
    assert_true(client_ask(mem, fd, S("POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"), &a));
    assert_int_equal(a.status, 100);
    assert_true(client_ask(mem, fd, S("hello"), &a));
    assert_true(a.status == 200 && str_ends(a.body, S("hello")));
    assert_true(client_ask(mem, fd, S("POST /small HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 50\r\n\r\n"), &a));
    assert_int_equal(a.status, 413);        /* without a 100 before */
    close(fd);
    a = ask("POST / HTTP/1.1\r\n" HOST "Expect: tea\r\nContent-Length: 5\r\n\r\n");
    assert_int_equal(a.status, 417);
}

/* ---- bodies ---- */

static str post(size_t n, bool chunked)
{
    struct buf b;
    buf_init(&b, mem);
    buf_putz(&b, "POST /up HTTP/1.1\r\n" HOST "Connection: close\r\n");
    if (chunked)
        buf_putz(&b, "Transfer-Encoding: chunked\r\n\r\n");
    else
        buf_printf(&b, "Content-Length: %zu\r\n\r\n", n);
    for (size_t at = 0; at < n;) {
        size_t piece = chunked ? 1 + at * 7 % 9000 : n;
        piece = piece < n - at ? piece : n - at;
        if (chunked)
            buf_printf(&b, "%zX\r\n", piece);
        for (size_t i = 0; i < piece; i++, at++)
            buf_putc(&b, (char)('A' + at % 23));
        if (chunked)
            buf_putz(&b, "\r\n");
    }
    if (chunked)
        buf_putz(&b, "0\r\n\r\n");
    return buf_str(&b);
}

static void test_bodies_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 100, 7000, 7168, 32768, 32769, 100000, 1048576, 1048577, 3000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            arena_mark mark = arena_here(mem);
            struct answer a;
            int fd = client_dial(port);
            bool ok = client_ask(mem, fd, post(sizes[i], chunked != 0), &a);
            close(fd);
            str want = str_printf(mem, "POST /up ?  %zu %d\n", sizes[i], sizes[i] > 1024 * 1024);
            if (!ok || a.status != 200 || !str_starts(a.body, want) || a.body.n != want.n + sizes[i])
                fail_msg("size %zu chunked %d: %d " STR_FMT, sizes[i], chunked, a.status, STR_ARG(str_sub(a.body, 0, 40)));
            for (size_t at = 0; at < sizes[i]; at++)
                if (a.body.p[want.n + at] != (char)('A' + at % 23))
                    fail_msg("size %zu: byte %zu is wrong", sizes[i], at);
            arena_back(mem, mark);
        }
}

static void test_body_limits(void **state)
{
    (void)state;
    assert_int_equal(ask("POST /small HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789").status, 200);
    assert_int_equal(ask("POST /small HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n01234567890").status, 413);
    assert_int_equal(ask("POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n").status, 200);
    assert_int_equal(ask("POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\n0\r\n0\r\n\r\n").status, 413);
    assert_int_equal(ask("POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n").status, 413);
    int before = handled;
    assert_int_equal(ask("POST /closed HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello").status, 401);
    assert_int_equal(handled, before);
    struct answer a = ask("POST / HTTP/1.1\r\n" HOST "Accept-Language: zh-CN,zh;q=0.9\r\nContent-Length: 999999999\r\n\r\n");
    assert_int_equal(a.status, 413);
    assert_true(str_eqz(client_header(&a, "content-type"), "application/problem+json"));
    assert_true(str_eqz(a.body, "{\"type\":\"about:blank\",\"title\":\"内容过大\",\"status\":413,\"detail\":\"内容过大\"}"));
}

/* A client that is refused in the middle of its upload hears why, instead of a reset. */
static void test_refused_uploads_hear_why(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct answer a;
        struct buf b;
        str in;
        buf_init(&b, mem);
        int fd = client_dial(port);
        assert_true(client_say(fd, S("POST / HTTP/1.1\r\n" HOST "Content-Length: 9000000\r\n\r\n")));
        char *junk = arena_alloc(mem, 1000000);
        for (int k = 0; k < 3; k++)
            client_say(fd, (str){ junk, 1000000 });
        do
            in = buf_str(&b);
        while (client_cut(mem, &in, false, &a) != 1 && client_more(fd, &b, 3000) > 0);
        assert_int_equal(a.status, 413);
        close(fd);
    }
}

/* ---- replies ---- */

static void test_long_replies(void **state)
{
    (void)state;
    static const int sizes[] = { 0, 1, 8192, 8193, 100000, 5000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        arena_mark mark = arena_here(mem);
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /letters?n=%d HTTP/1.1\r\n" HOST "\r\n", sizes[i])));
        assert_int_equal(a.body.n, sizes[i]);
        for (size_t at = 0; at < a.body.n; at++)
            if (a.body.p[at] != (char)('a' + at * at % 26))
                fail_msg("byte %zu", at);
        arena_back(mem, mark);
    }
}

static void test_pulled_replies(void **state)
{
    (void)state;
    int before = done_calls;
    static const int sizes[] = { 0, 1, 32768, 32769, 5000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        arena_mark mark = arena_here(mem);
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /pull?n=%d HTTP/1.1\r\n" HOST "\r\n", sizes[i])));
        assert_true(str_eqz(client_header(&a, "transfer-encoding"), "chunked"));
        assert_int_equal(a.body.n, sizes[i]);
        for (size_t at = 0; at < a.body.n; at++)
            if (a.body.p[at] != (char)('0' + (a.body.n - at) % 10))
                fail_msg("byte %zu", at);
        arena_back(mem, mark);
    }
    for (int i = 0; i < 2000 && done_calls != before + 5; i++)
        sleep_ms(1);
    assert_int_equal(done_calls, before + 5);
}

static void test_pulled_replies_of_known_size(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 32768, 32769, 300000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /pull?n=%d&size=%d HTTP/1.1\r\n" HOST "\r\n", sizes[i], sizes[i])));
        assert_true(str_eq(client_header(&a, "content-length"), str_printf(mem, "%d", sizes[i])));
        assert_int_equal(a.body.n, sizes[i]);
    }
    struct answer head = ask("HEAD /pull?n=5&size=5 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_true(str_eqz(client_header(&head, "content-length"), "5"));
}

static void test_replies_from_files(void **state)
{
    (void)state;
    static const int sizes[] = { 0, 1, 70000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /file?n=%d HTTP/1.1\r\n" HOST "\r\n", sizes[i])));
        assert_int_equal(a.status, 200);
        assert_true(str_eq(client_header(&a, "content-length"), str_printf(mem, "%d", sizes[i])));
        assert_int_equal(a.body.n, sizes[i]);
    }
}

/* Shorter or longer than was said: the client must not take it for whole, nor the rest for the next answer. */
static void test_pulled_reply_that_breaks_its_word(void **state)
{
    (void)state;
    static const char *const requests[] = { "GET /pull?n=100000&size=100001 HTTP/1.1\r\n" HOST "\r\n", "GET /pull?n=100000&size=99999 HTTP/1.1\r\n" HOST "\r\n" };
    for (int i = 0; i < 2; i++) {
        int fd = client_dial(port);
        assert_true(client_say(fd, str_of(requests[i])));
        char b[4096];
        ssize_t n;
        size_t all = 0;
        while ((n = recv(fd, b, sizeof b, 0)) > 0)
            all += (size_t)n;
        assert_true(all < 100000 + (i ? 0 : 2000));
        close(fd);
    }
}

static void test_broken_off_reply_does_not_look_whole(void **state)
{
    (void)state;
    static const char *const requests[] = { "GET /pull?n=100000&break=1 HTTP/1.1\r\n" HOST "\r\n", "GET /pull?n=100000&break=1 HTTP/1.0\r\n\r\n" };
    for (int i = 0; i < 2; i++) {
        int fd = client_dial(port);
        assert_true(client_say(fd, str_of(requests[i])));
        char b[4096];
        ssize_t n;
        size_t all = 0;
        while ((n = recv(fd, b, sizeof b, 0)) > 0)
            all += (size_t)n;
        if (i == 1 || all < 100000)
            assert_true(n < 0 && errno == ECONNRESET);
        close(fd);
    }
}

static void test_statuses(void **state)
{
    (void)state;
    for (int status = 200; status < 600; status += status == 204 ? 100 : 4) {
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /status?s=%d HTTP/1.1\r\n" HOST "\r\n", status)));
        assert_int_equal(a.status, status);
        assert_true((client_header(&a, "content-length").p == NULL) == (status == 204 || status == 304));
    }
}

static void test_handler_without_answer(void **state)
{
    (void)state;
    struct answer a = ask("GET /silent HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(a.status, 500);
    assert_true(str_eqz(a.body, "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"Internal Server Error\"}"));
}

static void test_handler_beyond_its_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct answer a = ask("GET /greedy HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(a.status, 413);
        assert_true(str_eqz(client_header(&a, "connection"), "close"));
    }
    assert_int_equal(ask("GET / HTTP/1.1\r\n" HOST "\r\n").status, 200);
}

static void test_no_header_injection(void **state)
{
    (void)state;
    struct answer a = ask("GET /inject HTTP/1.1\r\n" HOST "\r\n");
    assert_null(client_header(&a, "x-evil").p);
    assert_true(str_eqz(client_header(&a, "x-name"), "a") && str_eqz(client_header(&a, "x-other"), "b") && str_eqz(client_header(&a, "x-third"), "c"));
    assert_true(str_eqz(client_header(&a, "content-type"), "text/plain"));
}

static void test_compression(void **state)
{
    (void)state;
    static const struct { const char *accept, *coding; } cases[] = {
        { "gzip", "gzip" }, { "br", "br" }, { "gzip, deflate, br", "br" }, { "gzip;q=1.0, br;q=0.5", "gzip" }, { "br;q=0, gzip", "gzip" },
        { "*", "br" }, { "identity", NULL }, { "gzip;q=0", NULL }, { "gzip;q=2", NULL }, { "deflate", NULL }, { "*;q=0", NULL }, { "GZIP", "gzip" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ask(str_z(mem, str_printf(mem, "GET /coded?n=20000 HTTP/1.1\r\n" HOST "Accept-Encoding: %s\r\n\r\n", cases[i].accept)));
        assert_true(str_eqz(client_header(&a, "vary"), "Accept-Encoding"));
        if (!cases[i].coding) {
            assert_null(client_header(&a, "content-encoding").p);
            assert_int_equal(a.body.n, 20000);
        } else {
            if (!str_eqz(client_header(&a, "content-encoding"), cases[i].coding))
                fail_msg("%s", cases[i].accept);
            assert_true(a.body.n > 20 && a.body.n < 2000);
        }
    }
    struct answer a = ask("GET /coded?n=500 HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    assert_true(client_header(&a, "vary").p == NULL && a.body.n == 500);
    a = ask("GET /letters?n=20000 HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n");
    assert_true(client_header(&a, "content-encoding").p == NULL && a.body.n == 20000);
}

/* ---- refusals ---- */

/* What follows a refused or closed request must never be answered: these are the tricks of request smuggling. */
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
static const char *const smuggling[] = {
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length : 0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: +0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: -0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 0,0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\n" HOST "\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST "Content-Length: 36\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST HOST "\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n\r\n" SMUGGLED,
    "GET /%00 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED,
    "GET http://a/ HTTP/1.1\r\n" HOST "\r\n" SMUGGLED,
    "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED,
    "OPTIONS * HTTP/1.1\r\n" HOST "\r\n" SMUGGLED,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0;a=b\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\n\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n 0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0 \r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n00000000000000000000\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" SMUGGLED,
    "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\xef\xbc\x90\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" SMUGGLED,
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" SMUGGLED,
    "POST / HTTP/1.0\r\n" HOST "\r\n" SMUGGLED,
    "\x16\x03\x01\x02\x00" SMUGGLED,
};

static void test_no_second_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof smuggling / sizeof smuggling[0]; i++) {
        arena_mark mark = arena_here(mem);
        struct answer a;
        bool closed;
        int fd = client_dial(port);
        assert_true(client_say(fd, str_of(smuggling[i])));
        str all = client_all(mem, fd, 3000, &closed), rest = all;
        close(fd);
        if (!closed || client_cut(mem, &rest, false, &a) != 1 || rest.n || str_find(all, S("smuggled")) >= 0)
            fail_msg("case %zu closed %d: " STR_FMT " -> " STR_FMT, i, closed, STR_ARG(str_of(smuggling[i])), STR_ARG(all));
        assert_true(a.status >= 400 || str_find(str_of(smuggling[i]), S("close")) > 0 || str_find(str_of(smuggling[i]), S("HTTP/1.0")) > 0);
        arena_back(mem, mark);
    }
}

static void test_refusals_are_problem_documents(void **state)
{
    (void)state;
    static const struct { const char *in; int status; } cases[] = {
        { "GET / HTTP/1.1\r\n\r\n", 400 }, { "TRACE / HTTP/1.1\r\n" HOST "\r\n", 501 }, { "GET / HTTP/3.0\r\n" HOST "\r\n", 505 },
        { "POST / HTTP/1.0\r\n\r\n", 411 }, { "GET /%2e%2e/ HTTP/1.1\r\n" HOST "\r\n", 400 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a = ask(cases[i].in);
        struct json *doc;
        struct err e;
        int64_t status;
        err_init(&e, mem, LANG_EN);
        assert_int_equal(a.status, cases[i].status);
        assert_true(str_eqz(client_header(&a, "content-type"), "application/problem+json"));
        assert_true(json_parse(mem, a.body, &doc, &e) && json_i64(doc, "status", &status) && status == a.status);
        assert_true(str_eqz(json_str(doc, "type"), "about:blank") && json_str(doc, "title").n > 0);
    }
}

static void test_limits_of_the_head(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, mem);
    buf_putz(&b, "GET /");
    while (b.n < 65536)
        buf_putc(&b, 'x');
    assert_int_equal(ask(str_z(mem, buf_str(&b))).status, 414);
    buf_init(&b, mem);
    buf_putz(&b, "GET / HTTP/1.1\r\n" HOST "X: ");
    while (b.n < 65536)
        buf_putc(&b, 'x');
    assert_int_equal(ask(str_z(mem, buf_str(&b))).status, 431);
    buf_init(&b, mem);
    buf_putz(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 10000; i++)
        buf_putz(&b, "x: y\r\n");
    assert_int_equal(ask(str_z(mem, buf_str(&b))).status, 431);
}

/* ---- proxies ---- */

static void test_trusted_proxies(void **state)
{
    (void)state;
    static const struct { const char *fields, *want; } cases[] = {
        { "", "127.0.0.1 0 " },
        { "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n", "203.0.113.7 1 203.0.113.7" },
        { "X-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n", "203.0.113.7 0 6.6.6.6, 203.0.113.7" },
        { "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7, 10.1.2.3\r\n", "203.0.113.7 0 6.6.6.6, 203.0.113.7, 10.1.2.3" },
        { "X-Forwarded-For: 6.6.6.6, unknown\r\n", "127.0.0.1 0 6.6.6.6, unknown" },
        { "X-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: http\r\n", "2001:db8::7 0 2001:db8::7" },
        { "X-Forwarded-For: ::ffff:203.0.113.7\r\n", "203.0.113.7 0 ::ffff:203.0.113.7" },
    };
    struct answer a = ask("GET /peer HTTP/1.1\r\n" HOST "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n");
    assert_true(str_eqz(a.body, "127.0.0.1 0 1.2.3.4"));
    struct http_limits l = limits();
    l.trusted_proxies = "127.0.0.0/8, 10.0.0.0/8,::1";
    restart(&l);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        a = ask(str_z(mem, str_printf(mem, "GET /peer HTTP/1.1\r\n" HOST "%s\r\n", cases[i].fields)));
        if (!str_eqz(a.body, cases[i].want))
            fail_msg("%s gives " STR_FMT, cases[i].fields, STR_ARG(a.body));
    }
}

static void test_wrong_settings_are_explained(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "8090", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "300.0.0.1:80", "example.org:80", "a b:1" };
    struct http_server *s;
    struct http_limits l = limits();
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err_init(&e, mem, i % 2 ? LANG_ZH : LANG_EN);
        if (http_start(bad[i], &l, handle, NULL, NULL, &s, &e))
            fail_msg("listens on %s", bad[i]);
        assert_int_equal(e.kind, ERR_INVALID);
    }
    err_init(&e, mem, LANG_EN);
    assert_false(http_start(str_z(mem, str_printf(mem, "127.0.0.1:%d", port)), &l, handle, NULL, NULL, &s, &e));
    assert_true(str_starts(e.message, S("Cannot listen on 127.0.0.1:")));
    l.trusted_proxies = "10.0.0.0/33";
    assert_false(http_start("127.0.0.1:0", &l, handle, NULL, NULL, &s, &e));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer), TEST(test_methods), TEST(test_head_has_no_body), TEST(test_pipelined_in_order),
        TEST(test_http_1_0_is_answered_and_closed), TEST(test_half_closed_client_gets_its_answer),
        TEST(test_split_at_every_byte_on_the_wire), TEST(test_expect_continue), TEST(test_bodies_of_all_sizes), TEST(test_body_limits),
        TEST(test_refused_uploads_hear_why), TEST(test_long_replies), TEST(test_pulled_replies), TEST(test_pulled_replies_of_known_size),
        TEST(test_replies_from_files), TEST(test_pulled_reply_that_breaks_its_word), TEST(test_broken_off_reply_does_not_look_whole),
        TEST(test_statuses), TEST(test_handler_without_answer), TEST(test_handler_beyond_its_memory), TEST(test_no_header_injection),
        TEST(test_compression), TEST(test_no_second_answer), TEST(test_refusals_are_problem_documents), TEST(test_limits_of_the_head),
        TEST(test_trusted_proxies), TEST(test_wrong_settings_are_explained),
    };
    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
