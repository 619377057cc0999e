/* The well-known classes of JSON parsing cases (RFC 8259 section by section, as the public suites sort them) as one table: what
 * must be read, what must be refused, and at which place. */
#include "base/json.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static struct arena *mem;
static struct err    err;

static bool parse(str text, struct json **out)
{
    err_init(&err, mem, LANG_EN);
    return json_parse(mem, text, out, &err);
}

struct sample { const char *p; size_t n; };
#define T(lit) { lit, sizeof(lit) - 1 }

static const struct sample accepted[] = {
    /* structure */
    T("[]"), T("{}"), T("[[]]"), T("[{}]"), T("{\"a\":[]}"), T(" [] "), T("\t\r\n [ \t\r\n ] \n"), T("null"), T("true"), T("false"),
    T("0"), T("\"\""), T("\"a\""), T("[null]"), T("[1,2]"), T("[1\n]"), T(" [1]"), T("[1,null,null,null,2]"), T("[2] "),
    T("{\"a\":\"b\",\"c\":\"d\"}"), T("{\"a\":1,\"b\":1}"), T("{\"\":0}"), T("{\"a\":[{\"a\":1},{\"a\":2}]}"), T("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
    T("{\"\\u0061\":1,\"b\":2}"), T("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"), T("{\"a\":{\"b\":{\"c\":{}}}}"), T("[{\"a\":null}]"),
    /* numbers */
    T("[123e65]"), T("[0e+1]"), T("[0e1]"), T("[ 4]"), T("[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]"),
    T("[20e1]"), T("[-0]"), T("[-123]"), T("[-1]"), T("[1E22]"), T("[1E-2]"), T("[1E+2]"), T("[123e45]"), T("[123.456e78]"), T("[1e-2]"), T("[1e+2]"),
    T("[123]"), T("[123.456789]"), T("-0"), T("-0.0"), T("0.1"), T("1e999999"), T("123456789012345678901234567890123456789012345678901234567890"),
    T("[0.0000001]"), T("[100000000000000000000]"), T("[-237462374673276894279832749832423479823246327846]"), T("[1.5e+9999]"),
    /* strings */
    T("[\"\\u0060\\u012a\\u12AB\"]"), T("[\"\\uD801\\udc37\"]"), T("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"), T("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), T("[\"\\\\u0000\"]"),
    T("[\"\\\"\"]"), T("[\"a/*b*/c/*d//e\"]"), T("[\"\\\\a\"]"), T("[\"\\\\n\"]"), T("[\"\\u0012\"]"), T("[\"\\uFFFF\"]"), T("[\"asd\"]"), T("[ \"asd\"]"),
    T("[\"\\uDBFF\\uDFFF\"]"), T("[\"new\\u00A0line\"]"), T("[\"\xf4\x8f\xbf\xbf\"]"), T("[\"\xef\xbf\xbf\"]"), T("[\",\"]"), T("[\"\xcf\x80\"]"), T("[\"\xf0\x9b\xbf\xbf\"]"),
    T("[\"asd \"]"), T("\" \""), T("[\"\\uD834\\uDd1e\"]"), T("[\"\\u0821\"]"), T("[\"\\u0123\"]"), T("[\"\xe2\x80\xa8\"]"), T("[\"\xe2\x80\xa9\"]"), T("[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
    T("[\"new\\u000Aline\"]"), T("[\"\x7f\"]"), T("[\"\\uA66D\"]"), T("[\"\\u005C\"]"), T("[\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"]"), T("[\"\\u200B\"]"), T("[\"\\u2064\"]"),
    T("[\"\\uFDD0\"]"), T("[\"\\uFFFE\"]"), T("[\"\\u0022\"]"), T("[\"a\x7f" "a\"]"), T("\"\xe6\xb8\xa0\xe9\x81\x93\""),
};

static const struct sample refused[] = {
    /* structure */
    T(""), T(" "), T("["), T("]"), T("{"), T("}"), T("[]]"), T("{}}"), T("[1]x"), T("[][]"), T("[1 true]"), T("[\"\": 1]"), T("[\"\"],"), T("[,1]"), T("[1,,2]"), T("[\"x\",,]"),
    T("[\"x\"]]"), T("[\"\",]"), T("[\"x\""), T("[x"), T("[3[4]]"), T("[1:2]"), T("[,]"), T("[-]"), T("[   , \"\"]"), T("[\"a\",\n4\n,1,"), T("[1,]"), T("[1,,]"), T("[\"\v" "a\"\\f]"), T("[*]"), T("[\"\""),
    T("[1,"), T("[1,\n1\n,1"), T("[{}"), T("[fals]"), T("[nul]"), T("[tru]"), T("[True]"), T("[TRUE]"), T("nulL"), T("[a]"), T("a"), T("<null>"), T("[<null>]"), T("[\xef\xbb\xbf]"),
    T("{]"), T("[}"), T("[1}"), T("{\"a\":1]"), T("{\"a\"}"), T("{\"a\":}"), T("{\"a\":1,}"), T("{\"a\":1,,}"), T("{,\"a\":1}"), T("{\"a\" \"b\"}"), T("{\"a\",\"b\"}"), T("{a:1}"), T("{'a':0}"), T("{1:1}"),
    T("{9999E9999:1}"), T("{null:null,null:null}"), T("{\"id\":0,,,,,}"), T("{\"a\":\"a\" 123}"), T("{key: 'value'}"), T("{\"a\":\"b\"}/**/"), T("{\"a\":\"b\"}#"), T("{\"a\":\"b\"}//"), T("{\"a\":\"b\",,\"c\":\"d\"}"),
    T("{\"a\":true} \"x\""), T("{[: \"x\"}\n"), T("{\"x\", null}"), T("{\"x\"::\"b\"}"), T("\xf0\x9f\x87\xa8\xf0\x9f\x87\xad"), T("{\"a\":\"a"), T("{\"a\""), T("{\"a\":"), T("[\"a\"\n"), T("[1]//"), T("/**/[]"), T("[1]\x0c"),
    T("[\x0c]"), T("\xe2\x81\xa0[]"), T("[\xc2\xa0]"), T("\xef\xbb\xbf{}"), T("[][\""), T("{\"\":"), T("{\"a\":/*comment*/\"b\"}"), T("*"), T("\"\"x"), T("{}\0"), T("[]\0"), T("\0[]"), T("[\0]"), T("[1\0]"),
    T("\xff\xfe[\0]\0"), T("[\"asd]"), T("aå"), T("[undefined]"), T("[null,undefined]"),
    /* numbers */
    T("[++1234]"), T("[+1]"), T("[+Inf]"), T("[-01]"), T("[-1.0.]"), T("[-2.]"), T("[-NaN]"), T("[.-1]"), T("[.2e-3]"), T("[.5]"), T("[0.1.2]"), T("[0.3e+]"), T("[0.3e]"), T("[0.e1]"), T("[0E]"), T("[0E+]"), T("[0e+-1]"),
    T("[1.0e+]"), T("[1.0e-]"), T("[1.0e]"), T("[1 000.0]"), T("[1eE2]"), T("[2.e+3]"), T("[2.e-3]"), T("[2.e3]"), T("[9.e+]"), T("[Inf]"), T("[NaN]"), T("[\xef\xbc\x91]"), T("[1+2]"), T("[0x1]"), T("[0x42]"), T("[Infinity]"),
    T("[0e+]"), T("[-Infinity]"), T("[-foo]"), T("[- 1]"), T("[-012]"), T("[-.123]"), T("[-1x]"), T("[1ea]"), T("[1a]"), T("[1.]"), T("[1.8011670033376514H-308]"), T("[1.2a-3]"), T("[012]"), T("[00]"), T("01"), T("1_000"), T("--1"), T("1e1.5"),
    T("0x"), T("1e"), T("-"), T("00.1"), T("[1\xe5]"), T("[0e\xe5]"), T("1,2"), T("1 2"),
    /* strings */
    T("[\"\\uD800\\\"]"), T("[\"\\uD800\\u\"]"), T("[\"\\uD800\\u1\"]"), T("[\"\\uD800\\u1x\"]"), T("[\"\\ud800\"]"), T("[\"\\ud800abc\"]"), T("[\"\\uDd1e\\uD834\"]"), T("[\"\\uDFAA\"]"), T("[\"\\uD888\\u1234\"]"), T("[\"\\uD800\\uD800\\uDC00\"]"),
    T("[\"\\u0000\"]"), T("[\"a\\u0000b\"]"), T("[\"\0\"]"), T("[\"\\\0\"]"), T("[\xc3\xa9]"), T("[\"\\x00\"]"), T("[\"\\\\\\\"]"), T("[\"\\\t\"]"), T("[\"\\\xf0\x9f\x8c\x80\"]"), T("[\"\\\"]"), T("[\"\\u00A\"]"), T("[\"\\uD834\\uDd\"]"),
    T("[\"\\a\"]"), T("[\"\\uqqqq\"]"), T("[\"\\\xe5\"]"), T("[\\u0020\"asd\"]"), T("[\\n]"), T("\""), T("['single quote']"), T("abc"), T("[\"\\"), T("[\"a\nb\"]"), T("[\"\t\"]"), T("[\"\x1f\"]"), T("\"\\UA66D\""), T("[\"\\u\"]"), T("\"\\u12"), T("\"\\'\""), T("\"\\0\""),
    /* UTF-8 */
    T("[\"\xff\"]"), T("[\"\xc0\xaf\"]"), T("[\"\x81\"]"), T("[\"\xe9\"]"), T("[\"\xc3\"]"), T("[\"\xe6\x97\xa5\xd1\x88\xfa\"]"), T("[\"\xed\xa0\x80\"]"), T("[\"\xed\xbf\xbf\"]"), T("[\"\xf4\x90\x80\x80\"]"), T("[\"\xf4\xbf\xbf\xbf\"]"), T("[\"\xe0\x80\x80\"]"),
    T("[\"\xe0\xff\"]"), T("[\"\xf0\x80\x80\x80\"]"), T("[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"), T("[\"\xf8\x88\x80\x80\x80\"]"), T("[\"\xf0\x9f\x98\"]"), T("[\"\xc2\"]"), T("\"\xe6\xb8"), T("{\"\xff\":1}"), T("[\xff]"), T("\xff"),
    /* the same name twice, also when spelled with an escape */
    T("{\"a\":1,\"a\":1}"), T("{\"a\":1,\"\\u0061\":2}"), T("{\"\":1,\"\":1}"), T("[{\"b\":{\"x\":1,\"y\":2,\"x\":3}}]"),
    T("{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0,\"11\":0,\"12\":0,\"13\":0,\"14\":0,\"7\":1}"),
};

/* Each text lies at the very end of a heap block, so that a sanitizer sees a read too far. */
static bool parse_tight(struct sample s, struct json **out)
{
    char *copy = test_malloc(s.n + 1);
    memcpy(copy + 1, s.p, s.n);
    bool ok = parse((str){ copy + 1, s.n }, out);
    test_free(copy);
    return ok;
}

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        struct json *j;
        if (!parse_tight(accepted[i], &j))
            fail_msg("refused: %s: %.*s", accepted[i].p, STR_ARG(err.message));
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct json *j;
        if (parse_tight(refused[i], &j))
            fail_msg("accepted: %s", refused[i].p);
        assert_int_equal(err.kind, ERR_MALFORMED);
        assert_true(err.message.n > 10 && text_valid(err.message));
    }
}

/* Every beginning of a text is refused, never read past, and never takes the rest for granted. */
static void test_every_prefix(void **state)
{
    static const char text[] = "{\"a\":[1,-2.5e+3,true,false,null,{\"b\":\"\\ud83d\\ude39\xe6\xb8\xa0\"}],\"c\":{},\"d\":[]}";
    struct json      *j;
    (void)state;
    assert_true(parse_tight((struct sample){ text, sizeof text - 1 }, &j));
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_false(parse_tight((struct sample){ text, n }, &j));
}

static void test_places(void **state)
{
    static const struct { const char *text; const char *en, *zh; } t[] = {
        { "{\"a\":1,\n  \"b\" 2}", "JSON, line 2, column 7: a colon is expected here", "JSON 第 2 行第 7 列：此处应为冒号" },
        { "[\"渠道\",x]", "JSON, line 1, column 7: a value is expected here", "JSON 第 1 行第 7 列：此处应为一个值" },
        { "[1,2", "JSON, line 1, column 5: the text ends too early", "JSON 第 1 行第 5 列：内容不完整" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "JSON, line 1, column 14: this name occurs twice", "JSON 第 1 行第 14 列：名称重复" },
        { "[\"\\ud800\"]", "JSON, line 1, column 3: half of a surrogate pair", "JSON 第 1 行第 3 列：代理对不完整" },
        { "[01]", "JSON, line 1, column 3: this is not a number", "JSON 第 1 行第 3 列：数字格式不正确" },
    };
    struct json *j;
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        err_init(&err, mem, LANG_EN);
        assert_false(json_parse(mem, str_of(t[i].text), &j, &err));
        assert_string_equal(err.message.p, t[i].en);
        err_init(&err, mem, LANG_ZH);
        assert_false(json_parse(mem, str_of(t[i].text), &j, &err));
        assert_string_equal(err.message.p, t[i].zh);
    }
}

static str nested(char open, char close, const char *inner, int depth)
{
    struct buf b;
    buf_init(&b, mem);
    for (int i = 0; i < depth; i++)
        open == '{' ? buf_putz(&b, "{\"k\":") : buf_putc(&b, open);
    buf_putz(&b, inner);
    for (int i = 0; i < depth; i++)
        buf_putc(&b, close);
    return buf_str(&b);
}

static void test_depth(void **state)
{
    struct json *j;
    (void)state;
    assert_true(parse(nested('[', ']', "", 64), &j));
    assert_false(parse(nested('[', ']', "", 65), &j));
    assert_true(parse(nested('{', '}', "1", 64), &j));
    assert_false(parse(nested('{', '}', "1", 65), &j));
    assert_false(parse(nested('[', ']', "", 100000), &j));
    assert_non_null(strstr(err.message.p, "column 65: nested more than 64 deep"));
    assert_false(parse(nested('[', ' ', "", 500000), &j));
}

static void test_tree(void **state)
{
    struct json *j;
    int64_t      i = 0;
    dec          d;
    (void)state;
    assert_true(parse(S("{\"name\":\"\\u6e20\xe9\x81\x93\\n\",\"n\":42,\"big\":9007199254740993,\"e\":1.20e2,\"f\":1.5,\"t\":true,\"none\":null,"
                        "\"list\":[1,[],{\"x\":\"y\"}],\"amount\":\"1234.50\",\"empty\":\"\"}"), &j));
    assert_int_equal(j->type, JSON_OBJECT);
    assert_int_equal(j->n, 10);
    assert_true(str_eqz(json_str(j, "name"), "渠道\n"));
    assert_true(json_i64(j, "n", &i) && i == 42);
    assert_true(json_i64(j, "big", &i) && i == 9007199254740993);
    assert_true(json_i64(j, "e", &i) && i == 120);
    assert_false(json_i64(j, "f", &i));
    assert_false(json_i64(j, "amount", &i));
    assert_false(json_i64(j, "absent", &i));
    assert_true(json_bool(j, "t", false));
    assert_true(json_bool(j, "none", true));
    assert_int_equal(json_get(j, "none")->type, JSON_NULL);
    assert_null(json_get(j, "absent"));
    assert_null(json_get(json_get(j, "list"), "x"));
    assert_null(json_str(j, "n").p);
    assert_non_null(json_str(j, "empty").p);
    assert_true(str_eqz(json_get(j, "e")->s, "1.20e2"));
    assert_true(json_dec(json_get(j, "amount"), &d) && dec_cmp(d, dec_of_units(123450, 2)) == 0);
    assert_true(json_dec(json_get(j, "f"), &d) && dec_cmp(d, dec_of_units(15, 1)) == 0);
    assert_false(json_dec(json_get(j, "name"), &d));
    assert_false(json_dec(NULL, &d));
    const struct json *list = json_get(j, "list");
    assert_int_equal(list->n, 3);
    assert_true(str_eqz(json_str(list->first->next->next, "x"), "y"));
    assert_null(list->first->key.p);
}

/* The tree owns its text: the reader's input may be overwritten. */
static void test_input_may_go(void **state)
{
    char         text[] = "{\"key\":[\"one\",12]}";
    struct json *j;
    (void)state;
    assert_true(parse(str_of(text), &j));
    memset(text, '#', sizeof text);
    assert_true(str_eqz(json_get(j, "key")->first->s, "one"));
    assert_true(str_eqz(json_get(j, "key")->first->next->s, "12"));
}

/* Strings of all lengths with something special at every place, so the eight-bytes-at-a-time loop meets all its edges. */
static void test_string_edges(void **state)
{
    static const struct { const char *json, *means; } special[] = {
        { "\\n", "\n" }, { "\\\"", "\"" }, { "\\\\", "\\" }, { "\xe6\xb8\xa0", "\xe6\xb8\xa0" }, { "\\u00e9", "\xc3\xa9" }, { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof special / sizeof special[0]; k++)
        for (int before = 0; before < 20; before++)
            for (int after = 0; after < 20; after++) {
                arena_mark   here = arena_here(mem);
                static const char fill[] = "abcdefghijklmnopqrstuvwxyz";
                str          text = str_printf(mem, "[\"%.*s%s%.*s\",\"%.*s\"]", before, fill, special[k].json, after, fill, after, fill);
                str          want = str_printf(mem, "%.*s%s%.*s", before, fill, special[k].means, after, fill);
                struct json *j;
                assert_true(parse_tight((struct sample){ text.p, text.n }, &j));
                assert_true(str_eq(j->first->s, want));
                assert_int_equal(j->first->next->s.n, after);
                arena_back(mem, here);
            }
}

static str many_keys(int n, int twice)
{
    struct buf b;
    buf_init(&b, mem);
    buf_putc(&b, '{');
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s\"key%d\":%d", i ? "," : "", i == n - 1 && twice >= 0 ? twice : i, i);
    buf_putc(&b, '}');
    return buf_str(&b);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double time_of(str text)
{
    struct json *j;
    double       t = seconds();
    assert_true(parse(text, &j));
    return seconds() - t;
}

/* 100,000 names in one object must cost about as much as 10 objects of 10,000: a quadratic search would take ten times that. */
static void test_many_keys_are_linear(void **state)
{
    struct json *j;
    double       small = 0, large = 1e9;
    (void)state;
    for (int n = 2; n < 40; n++) {
        assert_true(parse(many_keys(n, -1), &j));
        for (int k = 0; k < n - 1; k++)
            assert_false(parse(many_keys(n, k), &j));
    }
    str text = many_keys(100000, -1), tenth = many_keys(10000, -1);
    for (int i = 0; i < 3; i++) {
        double t = time_of(text);
        large = t < large ? t : large;
        for (t = 0; t < 1e-9;)
            for (int k = 0; k < 10; k++)
                t += time_of(tenth);
        small = small == 0 || t < small ? t : small;
    }
    assert_true(large < 4 * small + 0.02);
    assert_false(parse(many_keys(100000, 500), &j));
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
        cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_prefix, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_may_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_string_edges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_keys_are_linear, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
