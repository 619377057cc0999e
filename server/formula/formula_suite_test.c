/* The 832 formulas of the public suite: what a constant formula prints.  Numbers agree to 1e-9, everything else exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/suite.h"
#include "formula/expr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static str printed(struct arena *mem, str formula)
{
    const struct expr *x;
    struct err         e;
    struct env         env = { .mem = mem };
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(formula, NULL, mem, &x, &e))
        return str_printf(mem, "#ERROR: " STR_FMT, STR_ARG(e.message));
    struct value v = expr_eval(x, &env);
    return expr_value_text(mem, &v, EXPR_SERIAL, NULL);
}

static bool same(struct arena *mem, const struct json *want, str got)
{
    dec a, b;
    if (want->type == JSON_STRING)
        return str_eq(want->s, got);
    if (want->type == JSON_BOOL)
        return str_eq(got, want->b ? S("true") : S("false"));
    (void)mem;
    if (!dec_parse(want->s, &a) || !dec_parse(got, &b))
        return false;
    if (a.exp <= -9 && dec_cmp(dec_round(b, -a.exp, DEC_HALF_UP), a) == 0)      /* printed to nine decimals or more */
        return true;
    double x = dec_to_double(a), y = dec_to_double(b);
    return fabs(x - y) <= 1e-9 * fmax(fabs(x), fabs(y)) || fabs(x - y) < 1e-15;
}

static void test_formula_suite(void **state)
{
    (void)state;
    struct arena *mem = arena_new(0);
    str text, line, part[4];
    int n = 0, wrong = 0;
    if (!suite_read(mem, "suites/formula/cases.tsv", &text))
        skip();
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line)) {
        struct json *want;
        struct err   e;
        err_init(&e, mem, LANG_EN);
        if (line.n == 0)
            continue;
        for (int i = 0; i < 3; i++)
            assert_true(str_cut(&line, '\t', &part[i]));
        part[3] = line;
        assert_true(json_parse(mem, part[3], &want, &e));
        str got = printed(mem, part[2]);
        n++;
        if (!same(mem, want, got)) {
            wrong++;
            print_error("%.*s gives %.*s, expected %.*s\n", (int)(part[2].n < 100 ? part[2].n : 100), part[2].p,
                        (int)(got.n < 80 ? got.n : 80), got.p, (int)(part[3].n < 80 ? part[3].n : 80), part[3].p);
        }
    }
    print_message("%d formulas, %d wrong\n", n, wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(n, 832);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_formula_suite) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
