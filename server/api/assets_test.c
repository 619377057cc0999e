/* The web client inside the program: routes, caching, codings, headers, on a table made here and on the one that is packed. */
#include "api/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

static struct arena *mem;

#define TAG "0123"
static const struct asset list[] = {
    { S_INIT("/assets/app-1a2b.js"), S_INIT("text/javascript; charset=utf-8"), S_INIT(TAG), S_INIT("let a"), S_INIT("GZ"), S_INIT("BR") },
    { S_INIT("/assets/logo.png"), S_INIT("image/png"), S_INIT(TAG), S_INIT("PNG"), { 0 }, { 0 } },
    { S_INIT("/favicon.svg"), S_INIT("image/svg+xml"), S_INIT(TAG), S_INIT("<svg/>"), S_INIT("GZ"), { 0 } },
    { S_INIT("/index.html"), S_INIT("text/html; charset=utf-8"), S_INIT(TAG), S_INIT("<!doctype html>"), { 0 }, S_INIT("BR") },
};
static const struct assets some = { list, sizeof list / sizeof list[0] }, none = { 0 };

static struct reply rp;

static bool ask(const struct assets *set, const char *method, const char *path, const char *accept, const char *tag)
{
    struct http_header *h = NEWV(mem, struct http_header, 2);
    struct request     *r = NEW(mem, struct request);
    size_t              n = 0;
    if (accept)
        h[n++] = (struct http_header){ S("accept-encoding"), str_of(accept) };
    if (tag)
        h[n++] = (struct http_header){ S("if-none-match"), str_of(tag) };
    *r = (struct request){ .mem = mem, .method = str_of(method), .path = str_of(path), .headers = h, .nheaders = n };
    rp = (struct reply){ 0 };
    return assets_answer(set, r, &rp);
}

static str header(const char *name)
{
    str found = STR_NONE;
    for (size_t i = 0; i < rp.nheaders; i++)
        if (str_eqz(rp.headers[i].name, name)) {
            if (found.p)
                fail_msg("%s twice", name);
            found = rp.headers[i].value;
        }
    return found;
}

static void test_routes(void **state)
{
    (void)state;
    static const struct { const char *path, *body; } cases[] = {
        { "/", "<!doctype html>" }, { "/index.html", "<!doctype html>" }, { "/partner/42", "<!doctype html>" }, { "/设置", "<!doctype html>" },
        { "/a.b/c", "<!doctype html>" }, { "/apix", "<!doctype html>" }, { "/favicon.svg", "<svg/>" }, { "/assets/logo.png", "PNG" },
        { "/assets/app-1a2b.js", "let a" }, { "/api", NULL }, { "/api/", NULL }, { "/api/v1/partner", NULL }, { "/assets/app-0000.js", NULL },
        { "/robots.txt", NULL }, { "/a/b.php", NULL }, { "/assets", "<!doctype html>" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool ok = ask(&some, i % 2 ? "HEAD" : "GET", cases[i].path, NULL, NULL);
        if (ok != (cases[i].body != NULL) || (ok && !str_eqz(rp.body, cases[i].body)))
            fail_msg("%s", cases[i].path);
    }
    assert_false(ask(&some, "POST", "/", NULL, NULL) || ask(&some, "DELETE", "/favicon.svg", NULL, NULL) || ask(&some, "OPTIONS", "/", NULL, NULL));
}

static void test_caching(void **state)
{
    (void)state;
    static const struct { const char *path, *accept, *tag; int status; } cases[] = {
        { "/assets/app-1a2b.js", NULL, "\"0123\"", 304 }, { "/assets/app-1a2b.js", NULL, "W/\"0123\"", 304 }, { "/assets/app-1a2b.js", NULL, "\"x\", \"0123\"", 304 },
        { "/assets/app-1a2b.js", NULL, "*", 304 }, { "/assets/app-1a2b.js", NULL, "\"012\"", 200 }, { "/assets/app-1a2b.js", NULL, "0123", 200 },
        { "/assets/app-1a2b.js", "br", "\"0123\"", 200 }, { "/assets/app-1a2b.js", "br", "\"0123-br\"", 304 },
        { "/assets/app-1a2b.js", "gzip", "\"0123-gz\"", 304 }, { "/partner/1", NULL, "\"0123\"", 304 },
    };
    assert_true(ask(&some, "GET", "/assets/app-1a2b.js", NULL, NULL));
    assert_true(str_eqz(header("Cache-Control"), "public, max-age=31536000, immutable") && str_eqz(header("ETag"), "\"0123\""));
    assert_true(ask(&some, "GET", "/partner/1", NULL, NULL) && str_eqz(header("Cache-Control"), "no-cache"));
    assert_true(ask(&some, "GET", "/favicon.svg", NULL, NULL) && str_eqz(header("Cache-Control"), "no-cache"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(ask(&some, "GET", cases[i].path, cases[i].accept, cases[i].tag));
        if (rp.status != cases[i].status)
            fail_msg("%s with %s: %d", cases[i].path, cases[i].tag, rp.status);
        assert_true(header("ETag").n && header("Cache-Control").n && str_eqz(header("Vary"), "Accept-Encoding"));
        assert_true(rp.status == 200 || (rp.body.n == 0 && rp.type.n == 0 && header("Content-Encoding").n == 0));
    }
}

static void test_codings(void **state)
{
    (void)state;
    static const struct { const char *path, *accept, *body, *coding, *tag; } cases[] = {
        { "/assets/app-1a2b.js", "gzip, deflate, br", "BR", "br", "\"0123-br\"" }, { "/assets/app-1a2b.js", "gzip", "GZ", "gzip", "\"0123-gz\"" },
        { "/assets/app-1a2b.js", "deflate", "let a", NULL, "\"0123\"" }, { "/assets/app-1a2b.js", "br;q=0, gzip;q=0.5", "GZ", "gzip", "\"0123-gz\"" },
        { "/assets/logo.png", "gzip, br", "PNG", NULL, "\"0123\"" }, { "/favicon.svg", "br, gzip", "GZ", "gzip", "\"0123-gz\"" },
        { "/favicon.svg", "identity", "<svg/>", NULL, "\"0123\"" }, { "/", "gzip", "<!doctype html>", NULL, "\"0123\"" },
        { "/", "br", "BR", "br", "\"0123-br\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(ask(&some, "GET", cases[i].path, cases[i].accept, NULL));
        if (!str_eqz(rp.body, cases[i].body) || !str_eq(header("Content-Encoding"), str_of(cases[i].coding)) || !str_eqz(header("ETag"), cases[i].tag))
            fail_msg("%s for %s", cases[i].path, cases[i].accept);
        assert_true(rp.no_compress && rp.body_static && str_eqz(header("Vary"), "Accept-Encoding"));
    }
}

static void test_security_headers(void **state)
{
    (void)state;
    static const char *const paths[] = { "/", "/assets/app-1a2b.js" };
    for (size_t i = 0; i < 2; i++) {
        assert_true(ask(i ? &some : &none, "GET", "/", NULL, NULL) && ask(&some, "GET", paths[i], NULL, NULL));
        str csp = header("Content-Security-Policy");
        assert_true(str_starts(csp, S("default-src 'self'; ")) && str_find(csp, S("script-src 'self' 'wasm-unsafe-eval';")) > 0 &&
                    str_find(csp, S("frame-ancestors 'none'")) > 0 && str_find(csp, S("object-src 'none'")) > 0 && str_find(csp, S("base-uri 'none'")) > 0);
        assert_true(str_find(csp, S("script-src 'self' 'unsafe")) < 0 && str_find(csp, S("*")) < 0 && str_find(csp, S("http")) < 0);
        assert_true(str_eqz(header("X-Frame-Options"), "DENY") && header("Referrer-Policy").n && header("Permissions-Policy").n &&
                    str_eqz(header("Cross-Origin-Opener-Policy"), "same-origin"));
    }
}

static void test_without_a_client(void **state)
{
    (void)state;
    assert_true(ask(&none, "GET", "/", "gzip, br", NULL));
    assert_true(rp.status == 200 && str_eqz(rp.type, "text/html; charset=utf-8") && str_find(rp.body, S("网页客户端")) > 0 && str_find(rp.body, S("web client")) > 0);
    assert_true(header("Content-Security-Policy").n > 0 && str_eqz(header("Cache-Control"), "no-cache"));
    assert_false(ask(&none, "GET", "/partner/1", NULL, NULL) || ask(&none, "GET", "/favicon.svg", NULL, NULL));
}

/* What the build packed, if there was a client to pack: found by its own paths, gzip gives the same bytes back. */
static void test_what_was_packed(void **state)
{
    (void)state;
    if (assets_web.n == 0) {
        fprintf(stderr, "skipped: the web client is not built\n");
        skip();
    }
    for (size_t i = 0; i < assets_web.n; i++) {
        const struct asset *a = &assets_web.list[i];
        arena_mark          mark = arena_here(mem);
        assert_true(i == 0 || str_cmp(assets_web.list[i - 1].path, a->path) < 0);
        assert_true(ask(&assets_web, "GET", str_z(mem, a->path), NULL, NULL) && str_eq(rp.body, a->body) && rp.body.p == a->body.p);
        assert_true(ask(&assets_web, "GET", str_z(mem, a->path), "gzip", NULL));
        if (a->gzip.n) {
            char    *out = arena_alloc(mem, a->body.n + 1);
            z_stream z = { .next_in = (Bytef *)(uintptr_t)a->gzip.p, .avail_in = (uInt)a->gzip.n, .next_out = (Bytef *)out, .avail_out = (uInt)a->body.n + 1 };
            assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
            assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
            assert_true(z.total_out == a->body.n && memcmp(out, a->body.p, a->body.n) == 0);
            inflateEnd(&z);
            assert_true(a->gzip.n < a->body.n && (a->brotli.n == 0 || a->brotli.n < a->body.n));
        }
        arena_back(mem, mark);
    }
    assert_true(ask(&assets_web, "GET", "/", NULL, NULL) && str_starts(rp.type, S("text/html")));
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
        cmocka_unit_test(test_routes), cmocka_unit_test(test_caching), cmocka_unit_test(test_codings), cmocka_unit_test(test_security_headers),
        cmocka_unit_test(test_without_a_client), cmocka_unit_test(test_what_was_packed),
    };
    return cmocka_run_group_tests_name("assets", tests, setup, teardown);
}
