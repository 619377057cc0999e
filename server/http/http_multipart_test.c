/* Forms with files: as browsers write them, and what must not be read as one. */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct arena *mem;
static struct err e;
static struct part *parts;
static size_t n;

static bool parse(const char *type, str body)
{
    err_init(&e, mem, LANG_EN);
    return multipart_parse(mem, str_of(type), body, &parts, &n, &e);
}

#define TYPE "multipart/form-data; boundary=----B1"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

static void test_a_form_of_a_browser(void **state)
{
    (void)state;
    static const char body[] = "------B1\r\n" FIELD("mapping") "\r\n{\"a\":1}\r\n"
                               "------B1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"渠道 %22A%22.csv\"\r\nContent-Type: text/csv\r\n\r\n"
                               "a,b\r\n1,\0\r\n----\r\n------B\r\n\r\n"
                               "------B1\r\n" FIELD("empty") "\r\n\r\n"
                               "------B1--\r\n";
    assert_true(parse(TYPE, (str){ body, sizeof body - 1 }));
    assert_int_equal(n, 3);
    assert_true(str_eqz(parts[0].name, "mapping") && str_eqz(parts[0].data, "{\"a\":1}") && parts[0].filename.p == NULL && parts[0].type.p == NULL);
    assert_true(str_eqz(parts[1].name, "file") && str_eqz(parts[1].filename, "渠道 \"A\".csv") && str_eqz(parts[1].type, "text/csv"));
    assert_true(str_eq(parts[1].data, S("a,b\r\n1,\0\r\n----\r\n------B\r\n")));
    assert_true(str_eqz(parts[2].name, "empty") && parts[2].data.n == 0);
    assert_true(parse("Multipart/Form-Data; charset=utf-8; boundary=\"----B1\"", (str){ body, sizeof body - 1 }) && n == 3);
    assert_true(parse(TYPE, (str){ body, sizeof body - 3 }) && n == 3);     /* without the last line end */
    assert_true(parse(TYPE, S("------B1--\r\n")) && n == 0);
}

static void test_types_without_a_boundary(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
                                       "multipart/mixed; boundary=a", "multipart/form-data; boundary=a; boundary=a", "multipart/form-data; boundary=a\\b",
                                       "multipart/form-data; boundary=\"a \"",
                                       "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i], S("--a--")) || e.kind != ERR_MALFORMED)
            fail_msg("%s", bad[i]);
    char *type = arena_alloc(mem, 6000);
    memset(type, 'a', 5999);
    memcpy(type, "multipart/form-data; boundary=", 30);
    assert_false(parse(type, S("--a--")));
}

static void test_what_is_no_form(void **state)
{
    (void)state;
    static const str bad[] = {
        S_INIT(""), S_INIT("--"), S_INIT("------B1"), S_INIT("------B1\r\n"), S_INIT("x------B1--"), S_INIT("preamble\r\n------B1--"),
        S_INIT("------B1 --"), S_INIT("------B1\n" FIELD("a") "\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") "\r\nb"),                                          /* never closed */
        S_INIT("------B1\r\n" FIELD("a") "\r\nb\r\n------B1"), S_INIT("------B1\r\n" FIELD("a") "\r\nb\r\n------B1-"),
        S_INIT("------B1\r\n" FIELD("a") "\r\nb\r\n------B1--rest"), S_INIT("------B1\r\n" FIELD("a") "\r\nb\r\n------B1--\r\nrest"),
        S_INIT("------B1\r\n\r\nb\r\n------B1--"),                                         /* a part without a name */
        S_INIT("------B1\r\nContent-Type: a/b\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition: form-data\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") FIELD("b") "\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") " folded\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a\xff") "\r\nb\r\n------B1--"), S_INIT("------B1\r\n" FIELD("a\0b") "\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") "X: a\nb\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") "Content-Transfer-Encoding: base64\r\n\r\nb\r\n------B1--"),
        S_INIT("------B1\r\n" FIELD("a") "\r\nb\n------B1--"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(TYPE, bad[i]) || e.kind != ERR_MALFORMED)
            fail_msg("case %zu: " STR_FMT, i, STR_ARG(bad[i]));
}

static void test_many_parts(void **state)
{
    (void)state;
    for (int want = 999; want <= 1001; want++) {
        struct buf b;
        buf_init(&b, mem);
        for (int i = 0; i < want; i++)
            buf_printf(&b, "------B1\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\n%d\r\n", i, i);
        buf_putz(&b, "------B1--");
        bool ok = parse(TYPE, buf_str(&b));
        assert_true(ok == (want <= 1000) && (ok || e.kind == ERR_LIMIT));
        for (int i = 0; ok && i < want; i++)
            assert_true(str_eq(parts[i].data, str_printf(mem, "%d", i)) && str_eq(parts[i].name, str_printf(mem, "f%d", i)));
    }
    struct buf b;
    buf_init(&b, mem);
    buf_putz(&b, "------B1\r\n" FIELD("a"));
    for (int i = 0; i < 20; i++)
        buf_putz(&b, "X: y\r\n");
    buf_putz(&b, "\r\nb\r\n------B1--");
    assert_false(parse(TYPE, buf_str(&b)));
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
        cmocka_unit_test(test_a_form_of_a_browser), cmocka_unit_test(test_types_without_a_boundary),
        cmocka_unit_test(test_what_is_no_form), cmocka_unit_test(test_many_parts),
    };
    return cmocka_run_group_tests_name("http_multipart", tests, setup, teardown);
}
