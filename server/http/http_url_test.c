/* Escapes, parameters, addresses and chunks: the pure parts around the head. */
#include "http/address.h"
#include "http/body.h"
#include "http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena *mem;
#define T(lit) { lit, sizeof(lit) - 1 }

static void test_decode(void **state)
{
    (void)state;
    static const struct { str in; bool plus; const char *out; } cases[] = {
        { T(""), false, "" }, { T("a+b"), false, "a+b" }, { T("a+b"), true, "a b" }, { T("%2B%20"), true, "+ " }, { T("%e4%B8%8A"), false, "上" },
        { T("上"), false, "上" }, { T("%"), false, NULL }, { T("%a"), false, NULL }, { T("%ag"), false, NULL }, { T("%ga"), false, NULL },
        { T("%00"), false, NULL }, { T("%ff"), false, NULL }, { T("%c0%80"), false, NULL }, { T("%ed%a0%80"), false, NULL }, { T("\xe4\xb8"), false, NULL },
        { T("%e4%b8"), false, NULL }, { T("%25"), false, "%" }, { T("%0a"), false, "\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str out;
        bool ok = url_decode(mem, cases[i].in, cases[i].plus, &out);
        if (ok != (cases[i].out != NULL) || (ok && !str_eqz(out, cases[i].out)))
            fail_msg("case %zu", i);
    }
}

static void test_encode_is_undone_by_decode(void **state)
{
    (void)state;
    char all[127];
    for (int i = 0; i < 127; i++)
        all[i] = (char)(i + 1);
    str in = str_cat(mem, (str){ all, 127 }, S("渠道 ü")), coded = url_encode(mem, in), out;
    for (size_t i = 0; i < coded.n; i++)
        assert_true((coded.p[i] >= '0' && coded.p[i] <= '9') || (coded.p[i] >= 'A' && coded.p[i] <= 'Z') || (coded.p[i] >= 'a' && coded.p[i] <= 'z') ||
                    strchr("-._~%", coded.p[i]));
    assert_true(url_decode(mem, coded, true, &out) && str_eq(in, out));
    assert_true(str_eqz(url_encode(mem, S("a/b c~上")), "a%2Fb%20c~%E4%B8%8A"));
}

static void test_params(void **state)
{
    (void)state;
    static const struct { const char *pairs, *name, *value; } cases[] = {
        { "a=1&b=2", "a", "1" }, { "a=1&b=2", "b", "2" }, { "a=1&b=2", "c", NULL }, { "", "a", NULL }, { "a", "a", "" }, { "a=", "a", "" },
        { "a=1&a=2", "a", "1" }, { "aa=1&a=2", "a", "2" }, { "a==1", "a", "=1" }, { "&&a=1", "a", "1" }, { "%61=1", "a", "1" }, { "a+b=1", "a b", "1" },
        { "w=a%26b%3D1", "w", "a&b=1" }, { "w=%E4%B8%8A+x", "w", "上 x" }, { "w=%zz", "w", NULL }, { "w=%00", "w", NULL }, { "%zz=1&w=2", "w", "2" },
        { "A=1", "a", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request r = { .mem = mem, .query = str_of(cases[i].pairs) };
        str out;
        bool ok = request_param(&r, cases[i].name, &out);
        if (ok != (cases[i].value != NULL) || (ok && !str_eqz(out, cases[i].value)))
            fail_msg("%s in %s", cases[i].name, cases[i].pairs);
    }
}

/* ---- addresses ---- */

static void test_networks(void **state)
{
    (void)state;
    static const struct { const char *list, *address; bool in; } cases[] = {
        { "10.0.0.0/8", "10.255.0.1", true }, { "10.0.0.0/8", "11.0.0.1", false }, { "10.0.0.0/9", "10.128.0.1", false }, { "10.0.0.1", "10.0.0.1", true },
        { "10.0.0.1", "10.0.0.2", false }, { "0.0.0.0/0", "1.2.3.4", true }, { "0.0.0.0/0", "::1", false }, { "::/0", "1.2.3.4", true },
        { "2001:db8::/33", "2001:db8:7fff::1", true }, { "2001:db8::/33", "2001:db8:8000::1", false }, { " ::1 , 127.0.0.1/32 ", "127.0.0.1", true },
        { "192.168.0.0/16", "::ffff:192.168.3.4", true }, { "", "127.0.0.1", false },
    };
    static const char *const bad[] = { "10.0.0.0/33", "::/129", "a", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8,", "10.0.0.256", "[::1]" };
    struct networks w;
    struct address a;
    struct err e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err_init(&e, mem, LANG_EN);
        assert_true(networks_parse(mem, cases[i].list, &w, &e) && address_parse(str_of(cases[i].address), &a));
        if (networks_have(&w, &a) != cases[i].in)
            fail_msg("%s in %s", cases[i].address, cases[i].list);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err_init(&e, mem, LANG_ZH);
        if (networks_parse(mem, bad[i], &w, &e))
            fail_msg("%s", bad[i]);
        assert_true(e.kind == ERR_INVALID && str_find(e.message, S("可信代理")) > 0);
    }
}

static void test_same_client(void **state)
{
    (void)state;
    struct address a, b, c, d;
    assert_true(address_parse(S("2001:db8::1"), &a) && address_parse(S("2001:db8::ffff:0:2"), &b));
    assert_true(address_parse(S("10.0.0.1"), &c) && address_parse(S("10.0.0.2"), &d));
    assert_true(address_same(&a, &b) && address_hash(&a) == address_hash(&b));
    assert_false(address_same(&c, &d) || address_same(&a, &c));
    assert_true(address_parse(S("127.8.0.1"), &a) && address_loopback(&a) && address_parse(S("::1"), &a) && address_loopback(&a));
    assert_false(address_loopback(&c));
}

/* ---- chunks ---- */

/* Decodes in pieces of the given size; what came before the end or the refusal. */
static enum chunk decode(str in, size_t piece, str *out, size_t *consumed)
{
    struct chunked k = { 0 };
    struct buf b;
    enum chunk r = CHUNK_MORE;
    buf_init(&b, mem);
    size_t at = 0, shown = 0;
    while (r != CHUNK_END && r != CHUNK_BAD) {
        size_t used;
        str data;
        r = chunked_next(&k, in.p + at, shown - at, &used, &data);
        at += used;
        if (r == CHUNK_DATA)
            buf_put(&b, data);
        if (r == CHUNK_MORE && shown == in.n)
            break;
        if (r == CHUNK_MORE)
            shown = shown + piece < in.n ? shown + piece : in.n;
    }
    *out = buf_str(&b);
    *consumed = at;
    return r;
}

static void test_chunks(void **state)
{
    (void)state;
    static const struct { str in; enum chunk end; const char *out; size_t rest; } cases[] = {
        { T("0\r\n\r\n"), CHUNK_END, "", 0 }, { T("000\r\n\r\nGET"), CHUNK_END, "", 3 }, { T("5\r\nhello\r\n0\r\n\r\n"), CHUNK_END, "hello", 0 },
        { T("1\r\na\r\n2\r\nbc\r\n0\r\n\r\nx"), CHUNK_END, "abc", 1 }, { T("0000000000000a\r\n0123456789\r\n0\r\n\r\n"), CHUNK_END, "0123456789", 0 },
        { T("A\r\n0\r\n\r\n5\r\n6\r\n\r\n0\r\n\r\n"), CHUNK_BAD, "0\r\n\r\n5\r\n6\r", 0 },
        { T("5\r\nhel"), CHUNK_MORE, "hel", 0 }, { T(""), CHUNK_MORE, "", 0 }, { T("5"), CHUNK_MORE, "", 0 }, { T("0\r\n"), CHUNK_MORE, "", 0 },
        { T("\r\n"), CHUNK_BAD, "", 0 }, { T("g\r\n"), CHUNK_BAD, "", 0 }, { T("5\nhello"), CHUNK_BAD, "", 0 }, { T("5 \r\nhello"), CHUNK_BAD, "", 0 },
        { T(" 5\r\nhello"), CHUNK_BAD, "", 0 }, { T("0x5\r\nhello"), CHUNK_BAD, "", 0 }, { T("-5\r\nhello"), CHUNK_BAD, "", 0 },
        { T("5;x=y\r\nhello"), CHUNK_BAD, "", 0 }, { T("5\r\rhello"), CHUNK_BAD, "", 0 }, { T("5\r\nhello\n0\r\n\r\n"), CHUNK_BAD, "hello", 0 },
        { T("5\r\nhello\rx"), CHUNK_BAD, "hello", 0 }, { T("5\r\nhelloworld"), CHUNK_BAD, "hello", 0 }, { T("0\r\nX: y\r\n\r\n"), CHUNK_BAD, "", 0 },
        { T("0\r\n\n"), CHUNK_BAD, "", 0 }, { T("0\r\n\rx"), CHUNK_BAD, "", 0 }, { T("0000000000000000\r\n\r\n"), CHUNK_BAD, "", 0 },
        { T("ffffffffffffffff\r\n"), CHUNK_BAD, "", 0 }, { T("fffffffffffffff\r\nab"), CHUNK_MORE, "ab", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 1; piece <= cases[i].in.n + 1; piece++) {
            str out;
            size_t at;
            enum chunk r = decode(cases[i].in, piece, &out, &at);
            if (r != cases[i].end || !str_eqz(out, cases[i].out) || (r == CHUNK_END && cases[i].in.n - at != cases[i].rest))
                fail_msg("case %zu in pieces of %zu: %d " STR_FMT, i, piece, r, STR_ARG(out));
        }
}

static void test_body_moves_to_a_file(void **state)
{
    (void)state;
    struct body b;
    char back[64];
    body_init(&b, mem, 10, NULL);
    assert_true(body_add(&b, S("01234")) && body_add(&b, S("56789")) && b.file < 0 && str_eqz(buf_str(&b.text), "0123456789"));
    assert_true(body_add(&b, S("abc")) && b.file >= 0 && body_add(&b, S("def")) && b.size == 16);
    assert_int_equal(pread(b.file, back, sizeof back, 0), 16);
    assert_memory_equal(back, "0123456789abcdef", 16);
    body_drop(&b);
    body_init(&b, mem, 0, "/nowhere/at/all");
    assert_false(body_add(&b, S("x")));
    body_drop(&b);
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
        cmocka_unit_test(test_decode), cmocka_unit_test(test_encode_is_undone_by_decode), cmocka_unit_test(test_params),
        cmocka_unit_test(test_networks), cmocka_unit_test(test_same_client), cmocka_unit_test(test_chunks), cmocka_unit_test(test_body_moves_to_a_file),
    };
    return cmocka_run_group_tests_name("http_url", tests, setup, teardown);
}
