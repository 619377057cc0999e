/* The writer: commas, escapes, and values as docs/api.md spells them. */
#include "base/date.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena *mem;
static struct buf    b;
static struct jw     w;

static void start(void)
{
    buf_init(&b, mem);
    jw_init(&w, &b);
}

static void is(const char *want)
{
    buf_putc(&b, 0);
    assert_string_equal(b.p, want);
}

static void test_commas(void **state)
{
    (void)state;
    start();
    jw_obj(&w);
    jw_key(&w, "id");
    jw_int(&w, -7);
    jw_key(&w, "list");
    jw_arr(&w);
    jw_int(&w, 1);
    jw_null(&w);
    jw_arr(&w);
    jw_end_arr(&w);
    jw_obj(&w);
    jw_end_obj(&w);
    jw_bool(&w, true);
    jw_end_arr(&w);
    jw_key_str(&w, S("名\"称"));
    jw_strz(&w, "x");
    jw_key(&w, "raw");
    jw_raw(&w, S("[1,2]"));
    jw_end_obj(&w);
    is("{\"id\":-7,\"list\":[1,null,[],{},true],\"名\\\"称\":\"x\",\"raw\":[1,2]}");
}

static void test_escape(void **state)
{
    (void)state;
    start();
    json_escape(&b, S("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f 渠道 \xf0\x9f\x98\x80"));
    is("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f 渠道 \xf0\x9f\x98\x80\"");
    start();
    json_escape(&b, STR_NONE);
    is("\"\"");
}

static void one(struct value v, const char *want)
{
    start();
    jw_value(&w, &v);
    is(want);
}

static void test_values(void **state)
{
    const struct value codes[] = { v_text(S("a")), v_text(S("b")) }, ids[] = { v_ref(3), v_ref(4) };
    (void)state;
    one(V_NONE, "null");
    one(v_bool(false), "false");
    one(v_int(INT64_MIN), "-9223372036854775808");
    one(v_dec(dec_of_units(123450, 2)), "\"1234.50\"");
    one(v_text(S("甲")), "\"甲\"");
    one(v_text(S("")), "\"\"");
    one(v_date(day_of_civil(2026, 1, 31)), "\"2026-01-31\"");
    one(v_time(day_of_civil(2026, 1, 31) * US_PER_DAY + 8 * 3600 * US_PER_S), "\"2026-01-31T08:00:00Z\"");
    one(v_ref(42), "42");
    one((struct value){ V_LIST, { .l = { codes, 2 } } }, "[\"a\",\"b\"]");
    one((struct value){ V_LIST, { .l = { ids, 2 } } }, "[3,4]");
    one((struct value){ V_LIST, { .l = { NULL, 0 } } }, "[]");
    one(v_error(VE_DIV0), "\"#DIV/0!\"");
    start();
    jw_arr(&w);
    jw_number(&w, dec_of_units(-15, 1));
    jw_dec(&w, dec_of_units(-15, 1));
    jw_end_arr(&w);
    is("[-1.5,\"-1.5\"]");
}

static void test_what_is_read_is_written(void **state)
{
    static const char text[] = "{\"a\":[1,2.50,-1E+5,\"x\\ny\",null,true,false,{}],\"渠\":{\"b\":[]}}";
    struct err        e;
    struct json      *j;
    (void)state;
    err_init(&e, mem, LANG_EN);
    assert_true(json_parse(mem, str_of(text), &j, &e));
    start();
    jw_json(&w, j);
    is(text);
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
        cmocka_unit_test(test_commas), cmocka_unit_test(test_escape), cmocka_unit_test(test_values), cmocka_unit_test(test_what_is_read_is_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
