/* Finance beyond the public suite: exact results, refusals, and laws between the functions for any loan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "formula/expr.h"

#include <stdio.h>

static struct arena *mem;
static struct env    env;

static str eval(str formula)
{
    const struct expr *x;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(formula, NULL, mem, &x, &e))
        fail_msg(STR_FMT ": " STR_FMT, STR_ARG(formula), STR_ARG(e.message));
    struct value v = expr_eval(x, &env);
    return expr_value_text(mem, &v, EXPR_ISO, NULL);
}

static void gives(const char *formula, const char *want)
{
    str got = eval(str_of(formula));
    if (!str_eqz(got, want))
        fail_msg("%s gives " STR_FMT ", not %s", formula, STR_ARG(got), want);
}

static void rational_results_are_exact(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "FV(0.1,2,-100)", "210" }, { "FV(0.1,2,-100,0,1)", "231" }, { "PV(0,12,-100)", "1200" }, { "PMT(0,10,1000)", "-100" },
        { "FV(5%,3,0,-1000)", "1157.625" }, { "NPV(25%,125,-25)", "84" }, { "NPV(0.25,\"125\",-25)", "84" },
        { "EFFECT(0.2,2)", "0.21" }, { "SLN(1000,100,9)", "100" }, { "SYD(1000,100,2,1)", "600" },
        { "IPMT(0.1,1,2,2100)", "-210" }, { "PPMT(0.1,1,2,2100)", "-1000" }, { "PPMT(0.1,2,2,2100)", "-1100" },
        { "CUMIPMT(0.1,2,2100,1,2,0)", "-320" }, { "CUMPRINC(0.1,2,2100,1,2,0)", "-2100" }, { "RRI(2,100,121)", "0.1" },
        { "NPER(0,-100,1000)", "10" }, { "FV(1e-30,12,-100)", "1200" }, { "FV(-1,3,-100)", "100" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        gives(rows[i][0], rows[i][1]);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "PMT(0.1,0,1000)", "#NUM!" }, { "PMT(0,0,1000)", "#NUM!" }, { "PV(-1,3,-100)", "#NUM!" }, { "IPMT(0.1,0,12,1000)", "#NUM!" },
        { "IPMT(0.1,13,12,1000)", "#NUM!" }, { "NPV(-1,100)", "#DIV/0!" }, { "SLN(1,1,0)", "#DIV/0!" }, { "DDB(1000,100,5,6)", "#NUM!" },
        { "DB(1000,100,5,6)", "#NUM!" }, { "DB(1000,100,5,1,13)", "#NUM!" }, { "EFFECT(0,1)", "#NUM!" }, { "NOMINAL(0.1,0)", "#NUM!" },
        { "RATE(12,100,1000)", "#NUM!" }, { "CUMIPMT(0.1,12,1000,5,4,0)", "#NUM!" }, { "CUMIPMT(0.1,1000000,1000,1,1000000,0)", "#NUM!" },
        { "FV(9,1000000,-1)", "#NUM!" }, { "RRI(0,1,2)", "#NUM!" }, { "RRI(2,-1,2)", "#NUM!" }, { "NPER(-2,100,100,100)", "#NUM!" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        gives(rows[i][0], rows[i][1]);
}

static uint64_t seed = 20260131;
static unsigned any(unsigned from, unsigned to)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return from + (unsigned)((z ^ z >> 31) % (to - from + 1));
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void holds(const char *law, const char *rate, const char *n, const char *amount, const char *k, unsigned due)
{
    char text[1024], type[2] = { (char)('0' + due), 0 };
    snprintf(text, sizeof text, law, rate, n, amount, k, type);
    gives(text, "true");
}
#pragma GCC diagnostic pop

/* %1 rate, %2 periods, %3 amount, %4 a period, %5 due */
static void laws_hold_for_any_loan(void **state)
{
    (void)state;
    static const char *const laws[] = {
        "ABS(FV(%1$s,%2$s,PMT(%1$s,%2$s,%3$s,0,%5$s),%3$s,%5$s)) < 1e-14",
        "ABS(PV(%1$s,%2$s,PMT(%1$s,%2$s,%3$s,0,%5$s),0,%5$s) - %3$s) < 1e-18",
        "ABS(IPMT(%1$s,%4$s,%2$s,%3$s,0,%5$s) + PPMT(%1$s,%4$s,%2$s,%3$s,0,%5$s) - PMT(%1$s,%2$s,%3$s,0,%5$s)) < 1e-18",
        "ABS(CUMPRINC(%1$s,%2$s,%3$s,1,%2$s,%5$s) + %3$s) < 1e-14",
        "ABS(CUMIPMT(%1$s,%2$s,%3$s,1,%4$s,%5$s) + CUMPRINC(%1$s,%2$s,%3$s,1,%4$s,%5$s) - %4$s*PMT(%1$s,%2$s,%3$s,0,%5$s)) < 1e-14",
        "ABS(NPER(%1$s,PMT(%1$s,%2$s,%3$s,0,%5$s),%3$s,0,%5$s) - %2$s) < 1e-9",
        "ABS(RATE(%2$s,PMT(%1$s,%2$s,%3$s,0,%5$s),%3$s,0,%5$s) - %1$s) < 1e-11",
        "ABS(EFFECT(NOMINAL(%1$s,%2$s),%2$s) - %1$s) < 1e-13",
        "ABS(RRI(%2$s,%3$s,-FV(%1$s,%2$s,0,%3$s)) - %1$s) < 1e-14",
        "SYD(%3$s,0,%2$s,1) >= SYD(%3$s,0,%2$s,%4$s)",
        "DDB(%3$s,0,%2$s,%4$s) <= %3$s",
    };
    for (int i = 0; i < 1500; i++) {
        char rate[16], n[8], amount[16], k[8];
        unsigned periods = any(2, 120), due = any(0, 1);
        arena_mark m = arena_here(mem);
        snprintf(rate, sizeof rate, "0.%04u", any(1, 2000));
        snprintf(n, sizeof n, "%u", periods);
        snprintf(amount, sizeof amount, "%u.%02u", any(1, 10000000), any(0, 99));
        snprintf(k, sizeof k, "%u", any(1, periods));
        for (size_t j = 0; j < sizeof laws / sizeof *laws; j++)
            holds(laws[j], rate, n, amount, k, due);
        arena_back(mem, m);
    }
}

static int set_up(void **state)
{
    (void)state;
    mem = arena_new(0);
    env = (struct env){ .mem = mem };
    return 0;
}
static int tear_down(void **state) { (void)state; arena_free(mem); return 0; }

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rational_results_are_exact), TEST(what_cannot_be_is_refused), TEST(laws_hold_for_any_loan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
