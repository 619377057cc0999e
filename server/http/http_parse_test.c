/* The head parser: our own table, the public cases with the places where we differ and why, and the promise that the answer does not
 * depend on how the bytes were cut. */
#include "http/parse.h"
#include "http/url.h"
#include "base/json.h"
#include "base/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { LIMIT = 16 * 1024 };

static struct arena *mem;

/* What a whole input gives: 0 accepted, a status, or -1 more is needed. */
static int judge(str in, struct head *h)
{
    char *copy = str_z(mem, in);
    head_init(h, LIMIT);
    enum parse r = head_feed(h, copy, in.n);
    str path;
    if (r == PARSE_DONE && !url_path(mem, (str){ copy + h->path, h->path_n }, &path))
        return 400;
    return r == PARSE_DONE ? 0 : r == PARSE_MORE ? -1 : h->status;
}

#define HOST "Host: a\r\n"
#define T(lit) { (lit), sizeof(lit) - 1 }
struct sample { const char *p; size_t n; };
static const struct { int status; struct sample in; } heads[] = {
    { 0, T("GET / HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("\r\nGET / HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("GET /a/b%20c/%E4%B8%8A?x=%00&y={}|[]^` HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("HEAD /a/ HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("POST / HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("PUT / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n") },
    { 0, T("PATCH / HTTP/1.1\r\n" HOST "Content-Length: 007\r\n\r\n") },
    { 0, T("DELETE / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n") },
    { 0, T("OPTIONS /x HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("GET / HTTP/1.0\r\n\r\n") },
    { 0, T("GET / HTTP/1.1\r\n" HOST "Empty:\r\nTab:\t a\tb \t\r\nX:  \xe4\xb8\x8a \r\n\r\n") },
    { 0, T("GET / HTTP/1.1\r\n" HOST "Accept: a\r\nAccept: b\r\n\r\n") },
    { 0, T("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n") },
    /* lines */
    { 400, T("GET / HTTP/1.1\n" HOST "\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost: a\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "\n") },
    { 400, T("GET / HTTP/1.1\r\rHost: a\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\x7f\r\n\r\n") },
    { 400, T("GET /\0 HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("\x16\x03\x01\x02") },                 /* the hello of TLS, at its first byte */
    { 400, T("\0\0\0\0") },
    { 505, T("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
    { 505, T("GET / HTTP/2.0\r\n" HOST "\r\n") },
    { 505, T("GET / HTTP/1.2\r\n" HOST "\r\n") },
    { 505, T("GET / HTTP/1.10\r\n" HOST "\r\n") },
    { 400, T("GET / http/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /\r\n" HOST "\r\n") },
    { 400, T("GET  / HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /  HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET / HTTP/1.1 \r\n" HOST "\r\n") },
    { 400, T("GET\t/\tHTTP/1.1\r\n" HOST "\r\n") },
    { 400, T(" GET / HTTP/1.1\r\n" HOST "\r\n") },
    /* methods */
    { 501, T("get / HTTP/1.1\r\n" HOST "\r\n") },
    { 501, T("TRACE / HTTP/1.1\r\n" HOST "\r\n") },
    { 501, T("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("G(T / HTTP/1.1\r\n" HOST "\r\n") },
    /* targets */
    { 400, T("GET http://a/ HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("OPTIONS * HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET a HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a#b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a?b#c HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a\\b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a|b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /\xe4\xb8\x8a HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /?\xe4\xb8\x8a HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /?a=\"b\" HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /% HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /%4 HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /%zz HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /?%u4e0a HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a%00b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a%0d%0ab HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a%7f HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /%ff HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /%c0%af HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /%ed%a0%80 HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /.. HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a/../b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a/./b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a/%2e%2e/b HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a/.%2e HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET //a HTTP/1.1\r\n" HOST "\r\n") },
    { 400, T("GET /a//b HTTP/1.1\r\n" HOST "\r\n") },
    { 0, T("GET /a/..b/c../... HTTP/1.1\r\n" HOST "\r\n") },
    /* fields */
    { 400, T("GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST " A: b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A\xc3\xa4: c\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: \xff\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "A: \xc0\xaf\r\n\r\n") },
    /* hosts */
    { 400, T("GET / HTTP/1.1\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST HOST "\r\n") },
    { 400, T("GET / HTTP/1.0\r\n" HOST HOST "\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost:\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n") },
    /* lengths */
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x10\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\x0b" "chunked\r\n\r\n") },
    { 400, T("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello") },
    { 400, T("HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n") },
    { 411, T("POST / HTTP/1.0\r\n" HOST "\r\n") },
    /* twice */
    { 400, T("GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "Cookie: a=1\r\nCookie: a=2\r\n\r\n") },
    { 400, T("GET / HTTP/1.1\r\n" HOST "Origin: null\r\nOrigin: http://a\r\n\r\n") },
    { 417, T("POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\nContent-Length: 5\r\n\r\n") },
    /* not yet */
    { -1, T("") }, { -1, T("G") }, { -1, T("GET / HTTP/1.1\r") }, { -1, T("GET / HTTP/1.1\r\n") }, { -1, T("GET / HTTP/1.1\r\n" HOST "\r") },
    { -1, T("ZZZZ") },      /* the line is judged when it is whole */
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct head h;
        int status = judge((str){ heads[i].in.p, heads[i].in.n }, &h);
        if (status != heads[i].status)
            fail_msg("%d instead of %d (%s): %.*s", status, heads[i].status, h.why ? h.why : "", (int)heads[i].in.n, heads[i].in.p);
    }
}

static void test_accepted_head_says_what_it_is(void **state)
{
    (void)state;
    struct head h;
    char in[] = "POST /a/b?c=d HTTP/1.1\r\nHOST: x:80\r\nConnection: foo, CLOSE\r\ncontent-LENGTH:  12 \r\nExpect: 100-continue\r\n\r\nrest";
    head_init(&h, LIMIT);
    assert_int_equal(head_feed(&h, in, sizeof in - 1), PARSE_DONE);
    assert_int_equal(h.method, METHOD_POST);
    assert_memory_equal(in + h.path, "/a/b", h.path_n);
    assert_int_equal(h.path_n, 4);
    assert_memory_equal(in + h.query, "c=d", h.query_n);
    assert_int_equal(h.query_n, 3);
    assert_true(h.minor == 1 && h.close && h.expect && h.has_length && !h.chunked && h.length == 12);
    assert_int_equal(h.end, sizeof in - 1 - 4);
    assert_int_equal(h.nfields, 4);
    assert_memory_equal(in + h.field[0].name, "host", 4);
    assert_memory_equal(in + h.field[2].value, "12", h.field[2].value_n);
    assert_int_equal(h.field[2].value_n, 2);
}

static void test_limits(void **state)
{
    (void)state;
    struct head h;
    struct buf b;
    buf_init(&b, mem);
    buf_putz(&b, "GET /");
    while (b.n < 20000)
        buf_putc(&b, 'a');
    assert_int_equal(judge((str){ b.p, HEAD_LINE - 1 }, &h), -1);
    assert_int_equal(judge((str){ b.p, HEAD_LINE }, &h), 414);
    assert_int_equal(judge(buf_str(&b), &h), 414);
    buf_init(&b, mem);
    buf_putz(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    while (b.n < 20000)
        buf_putc(&b, 'a');
    assert_int_equal(judge((str){ b.p, LIMIT - 1 }, &h), -1);
    assert_int_equal(judge((str){ b.p, LIMIT }, &h), 431);
    memcpy(b.p + LIMIT - 4, "\r\n\r\n", 4);
    assert_int_equal(judge(buf_str(&b), &h), 0);            /* exactly the limit */
    memcpy(b.p + LIMIT - 4, "aa\r\n\r\n", 6);
    assert_int_equal(judge(buf_str(&b), &h), 431);
    for (int fields = HEAD_FIELDS - 1; fields <= HEAD_FIELDS + 1; fields++) {
        buf_init(&b, mem);
        buf_putz(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < fields; i++)
            buf_printf(&b, "x%d: y\r\n", i);
        buf_putz(&b, "\r\n");
        assert_int_equal(judge(buf_str(&b), &h), fields > HEAD_FIELDS ? 431 : 0);
    }
}

static void test_hosts(void **state)
{
    (void)state;
    static const char *const good[] = { "a", "a.b", "a.b.", "A-b.c-1", "my_host", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8090", "a:1", "a:65535",
                                        "xn--fiqs8s.cn", "1a.2b", "[2001:db8::1]" };
    static const char *const bad[] = { "", ".", "..", ".a", "a..b", "-a", "a-", "a:", "a:0", "a:65536", "a:-1", "a:x", ":80", "a b", "a/b", "a%20b",
                                       "127.0.0.256", "127.1", "1.2.3.4.5", "a.1", "[::1", "[::1]x", "[::1]:", "[]", "[127.0.0.1]", "::1", "a:1:2", "u@a", "a,b",
                                       "a\"", "[::1%eth0]", "01.02.03.04", "a\t" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!host_valid(str_of(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (host_valid(str_of(bad[i])))
            fail_msg("accepted: %s", bad[i]);
    char label[70];
    memset(label, 'a', sizeof label);
    assert_true(host_valid((str){ label, 63 }));
    assert_false(host_valid((str){ label, 64 }));
}

/* ---- public cases ---- */

/* Where lighttpd's answer is its policy, not the protocol's, and ours is another. */
static const struct { const char *name; int ours; const char *why; } differ[] = {
    { "invalid request-line: method slash space proto", 400, "two words are no request line; we do not look at the method first" },
    { "invalid request-line: method slash space space proto", 400, "as above" },
    { "Content-Length is empty", 400, "a wrong length, not a missing one" },
    { "#1232 - duplicate headers with line-wrapping", 400, "folded lines are refused (RFC 9112 5.2)" },
    { "#1232 - duplicate headers with line-wrapping - test 2", 400, "as above" },
    { "#1232 - duplicate headers with line-wrapping - test 3", 400, "as above" },
    { "line-folding", 400, "as above" },
    { "absolute URI", 400, "we are no proxy: absolute form is refused, so Host is the only authority" },
    { "absolute-uri in request-line (without Host)", 400, "as above" },
    { "absolute-uri in request-line (with Host match)", 400, "as above" },
    { "ignore duplicated If-Modified-Since if matching", 400, "fields that may stand once may stand once" },
};

static int expected(str name, int status)
{
    for (size_t i = 0; i < sizeof differ / sizeof differ[0]; i++)
        if (str_eqz(name, differ[i].name))
            return differ[i].ours;
    return status;
}

static str decode64(str s)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *p = arena_alloc(mem, s.n);
    size_t n = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digit, s.p[i]) - digit);
        have += 6;
        if (have >= 8)
            p[n++] = (char)(bits >> (have -= 8));
    }
    return (str){ p, n };
}

static const struct json *load(const char *name)
{
    str text;
    struct json *root;
    struct err e;
    if (!suite_read(mem, name, &text))
        skip();
    char *p = str_z(mem, text);
    for (char *nul; (nul = strstr(p, "\\u0000"));)      /* our reader refuses NUL in strings; request_base64 has the truth */
        memcpy(nul, "      ", 6);
    err_init(&e, mem, LANG_EN);
    assert_true(json_parse(mem, (str){ p, text.n }, &root, &e));
    return json_get(root, "cases");
}

static void test_lighttpd_cases(void **state)
{
    (void)state;
    const struct json *cases = load("suites/http/lighttpd_request_cases.json");
    size_t n = 0, met = 0;
    assert_non_null(cases);
    for (const struct json *c = cases->first; c; c = c->next, n++) {
        struct head h;
        int64_t status = -2;
        str name = json_str(c, "name");
        assert_true(str_to_i64(json_get(c, "status")->s, &status));
        int ours = judge(decode64(json_str(c, "request_base64")), &h), wanted = expected(name, (int)status);
        met += wanted != (int)status;
        if (ours != wanted)
            fail_msg(STR_FMT ": %d instead of %d (%s)", STR_ARG(name), ours, wanted, h.why ? h.why : "");
    }
    assert_int_equal(n, 80);
    assert_int_equal(met, sizeof differ / sizeof differ[0]);
}

/* ---- cut anywhere ---- */

static bool same_head(const struct head *a, const char *in_a, const struct head *b, const char *in_b)
{
    if (a->status != b->status || a->done != b->done || a->begun != b->begun || a->nfields != b->nfields)
        return false;
    if (a->done && (a->end != b->end || a->length != b->length || a->chunked != b->chunked || a->close != b->close || a->path_n != b->path_n ||
                    a->query_n != b->query_n || a->seen != b->seen))
        return false;
    return memcmp(a->field, b->field, a->nfields * sizeof a->field[0]) == 0 && (!a->done || memcmp(in_a, in_b, a->end) == 0);
}

/* Feeds in two pieces, or byte by byte (cut == SIZE_MAX), from buffers that move; stops when it is decided, as conn.c does. */
static void check_cut(str in, size_t cut)
{
    struct head whole, split;
    char *a = str_z(mem, in);
    head_init(&whole, LIMIT);
    enum parse r1 = head_feed(&whole, a, in.n), r2 = PARSE_MORE;
    char *b = NULL;
    head_init(&split, LIMIT);
    for (size_t n = cut == SIZE_MAX ? 1 : cut; r2 == PARSE_MORE; n = cut == SIZE_MAX ? n + 1 : in.n) {
        char *moved = arena_alloc(mem, in.n + 1);
        memcpy(moved, in.p, n);
        if (b)
            memcpy(moved, b, split.at < n ? split.at : n);     /* what was read may have been changed in place */
        b = moved;
        r2 = head_feed(&split, b, n);
        if (n >= in.n)
            break;
    }
    if (r1 != r2 || !same_head(&whole, a, &split, b))
        fail_msg("cut at %zu: %d %d (%s) instead of %d %d (%s): " STR_FMT, cut, r2, split.status, split.why ? split.why : "", r1, whole.status,
                 whole.why ? whole.why : "", STR_ARG(in));
}

static void check_all_cuts(str in)
{
    for (size_t cut = 0; cut <= in.n; cut++) {
        arena_mark mark = arena_here(mem);
        check_cut(in, cut);
        arena_back(mem, mark);
    }
    arena_mark mark = arena_here(mem);
    if (in.n)
        check_cut(in, SIZE_MAX);
    arena_back(mem, mark);
}

static void test_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        check_all_cuts((str){ heads[i].in.p, heads[i].in.n });
}

static void test_split_public_cases(void **state)
{
    (void)state;
    static const char *const files[] = { "suites/http/http_parser_requests.json", "suites/http/lighttpd_request_cases.json" };
    size_t n = 0;
    for (size_t f = 0; f < 2; f++)
        for (const struct json *c = load(files[f])->first; c; c = c->next, n++)
            check_all_cuts(decode64(json_str(c, "request_base64")));
    assert_int_equal(n, 105);
}

static void test_random_splits(void **state)
{
    (void)state;
    uint32_t seed = 20260131;
    for (int round = 0; round < 20000; round++) {
        size_t i = (seed = seed * 1664525 + 1013904223) >> 8;
        str in = { heads[i % (sizeof heads / sizeof heads[0])].in.p, heads[i % (sizeof heads / sizeof heads[0])].in.n };
        arena_mark mark = arena_here(mem);
        struct head whole, split;
        char *a = str_z(mem, in), *b = str_z(mem, in);
        head_init(&whole, LIMIT);
        head_init(&split, LIMIT);
        enum parse r1 = head_feed(&whole, a, in.n), r2 = PARSE_MORE;
        for (size_t n = 0; r2 == PARSE_MORE && n < in.n;) {
            n += 1 + ((seed = seed * 1664525 + 1013904223) >> 8) % 7;
            n = n < in.n ? n : in.n;
            r2 = head_feed(&split, b, n);
        }
        assert_int_equal(r1, r2);
        assert_true(same_head(&whole, a, &split, b));
        arena_back(mem, mark);
    }
}

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_accepted_head_says_what_it_is),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_lighttpd_cases),
        cmocka_unit_test(test_split_at_every_byte),
        cmocka_unit_test(test_split_public_cases),
        cmocka_unit_test(test_random_splits),
    };
    return cmocka_run_group_tests_name("http_parse", tests, setup, teardown);
}
