/* The social credit code against published codes, and every single mistyped character and swap of neighbours. */
#include "base/json.h"
#include "base/suite.h"
#include "meta/uscc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena *mem;

static void published_codes(void **state)
{
    (void)state;
    str          text;
    struct json *suite;
    struct err   e;
    if (!suite_read(mem, "suites/chinese/uscc_cases.json", &text))
        skip();
    err_init(&e, mem, LANG_EN);
    assert_true(json_parse(mem, text, &suite, &e));
    const struct json *cases = json_get(suite, "cases");
    int                good = 0, bad = 0;
    for (const struct json *c = cases->first; c; c = c->next) {
        str         code = json_str(c, "code");
        bool        valid = json_bool(c, "valid", false);
        const char *why = "";
        if (uscc_valid(code, &why) != valid)
            fail_msg(STR_FMT " should be %s (%s)", STR_ARG(code), valid ? "valid" : "invalid", why);
        if (str_eqz(json_str(c, "error"), "InvalidLength"))
            assert_string_equal(why, "length");
        if (str_eqz(json_str(c, "error"), "InvalidChecksum"))
            assert_string_equal(why, "checksum");
        valid ? good++ : bad++;
    }
    assert_int_equal(good, 15);
    assert_int_equal(bad, 18);
}

/* What a modulus of 31 with weights 3^i promises: no single wrong character and no swap of neighbours passes. */
static void mistyped(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const char       *good = "91350100M000100Y43";
    for (int i = 0; i < USCC_LENGTH; i++)
        for (const char *c = alphabet; *c; c++) {
            char code[USCC_LENGTH + 1];
            strcpy(code, good);
            code[i] = *c;
            assert_int_equal(uscc_valid(str_of(code), NULL), *c == good[i]);
        }
    for (int i = 0; i + 1 < USCC_LENGTH; i++) {
        char code[USCC_LENGTH + 1];
        strcpy(code, good);
        code[i] = good[i + 1], code[i + 1] = good[i];
        assert_int_equal(uscc_valid(str_of(code), NULL), good[i] == good[i + 1]);
    }
}

static void normal_form(void **state)
{
    (void)state;
    char out[USCC_LENGTH];
    assert_true(uscc_normal(S(" 9135-0100 m000100y43 "), out, NULL));
    assert_memory_equal(out, "91350100M000100Y43", USCC_LENGTH);
    assert_false(uscc_normal(S("９１350100M000100Y43"), out, NULL));
    assert_int_equal(uscc_check_character("91350100M000100Y4"), '3');
    assert_int_equal(uscc_check_character("91350100M000100I4"), 0);
    assert_int_equal(uscc_organisation_check("D2143569"), 'X');     /* the example of GB 11714-1997 */
    assert_int_equal(uscc_organisation_check("60003734"), '1');
    assert_int_equal(uscc_organisation_check("6000373-"), 0);
}

static void words_in_both_languages(void **state)
{
    (void)state;
    struct err e;
    str        out;
    err_init(&e, mem, LANG_ZH);
    assert_true(uscc_form(S("91350100-m000100y43"), mem, &out, &e));
    assert_true(str_eqz(out, "91350100M000100Y43"));
    assert_int_equal(e.kind, ERR_NONE);
    assert_false(uscc_form(S("91350100M000100Y44"), mem, &out, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    assert_true(str_starts(e.message, S("统一社会信用代码的校验码")));
    err_init(&e, mem, LANG_EN);
    assert_false(uscc_form(S("9135"), mem, &out, &e));
    assert_true(str_ends(e.message, S("has 18 characters")));
    err_init(&e, mem, LANG_EN);
    assert_false(uscc_form(S("91350100M0O0100Y44"), mem, &out, &e));
    assert_true(str_find(e.message, S("without I, O")) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(published_codes), cmocka_unit_test(mistyped), cmocka_unit_test(normal_form),
        cmocka_unit_test(words_in_both_languages) };
    mem = arena_new(0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(mem);
    return failed;
}
