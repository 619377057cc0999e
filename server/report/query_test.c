/* query_test: questions over a small channel whose sums can be checked by hand, on both databases. */
#include "record/fixture.h"
#include "report/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"partner\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\",\"required\":true},"
    " {\"name\":\"region\",\"type\":\"text\"},{\"name\":\"secret\",\"type\":\"integer\"}]},"
    "{\"name\":\"sale\",\"title\":\"code\",\"fields\":[{\"name\":\"code\",\"type\":\"text\"},"
    " {\"name\":\"partner\",\"type\":\"relation\",\"module\":\"partner\"},{\"name\":\"day\",\"type\":\"date\"},"
    " {\"name\":\"status\",\"type\":\"choice\",\"options\":[{\"code\":\"open\",\"labels\":{\"en\":\"Open\"}},{\"code\":\"won\",\"labels\":{\"en\":\"Won\"}}]},"
    " {\"name\":\"amount\",\"type\":\"money\"},{\"name\":\"cost\",\"type\":\"money\"},{\"name\":\"pieces\",\"type\":\"integer\"}]}]";

static void seed(struct fixture *f)
{
    fixture_begin(f, TX_WRITE);
    int64_t p[3];
    p[0] = fixture_create(f, "partner", "{\"name\":\"上海贸易\",\"region\":\"East\",\"secret\":7}");
    p[1] = fixture_create(f, "partner", "{\"name\":\"北京科技\",\"region\":\"North\",\"secret\":8}");
    p[2] = fixture_create(f, "partner", "{\"name\":\"Acme\",\"region\":\"East\",\"secret\":9}");
    static const struct { int p; const char *rest; } rows[] = {
        { 0, "\"code\":\"a\",\"day\":\"2026-01-05\",\"status\":\"won\",\"amount\":\"100.10\",\"cost\":\"50.05\",\"pieces\":1" },
        { 0, "\"code\":\"b\",\"day\":\"2026-04-06\",\"status\":\"won\",\"amount\":\"200.20\",\"cost\":\"300.00\",\"pieces\":2" },
        { 1, "\"code\":\"c\",\"day\":\"2026-01-31\",\"status\":\"open\",\"amount\":\"0.01\",\"cost\":\"0.01\",\"pieces\":3" },
        { 2, "\"code\":\"d\",\"day\":\"2026-02-28\",\"status\":\"won\",\"amount\":\"10.00\",\"pieces\":4" },
        { -1, "\"code\":\"e\",\"amount\":\"5.00\",\"status\":\"open\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[400], ref[32] = "null";
        if (rows[i].p >= 0)
            snprintf(ref, sizeof ref, "%lld", (long long)p[rows[i].p]);
        snprintf(text, sizeof text, "{\"partner\":%s,%s}", ref, rows[i].rest);
        fixture_create(f, "sale", text);
    }
    fixture_commit(f);
}

/* The answer without its time; or "kind field: message" of the first problem. */
static const char *ask(struct fixture *f, const char *question)
{
    struct json *body;
    struct buf   b;
    struct jw    w;
    fixture_begin(f, TX_READ);
    buf_init(&b, f->mem);
    jw_init(&w, &b);
    assert_true(json_parse(f->mem, str_of(question), &body, &f->c.err));
    bool ok = query_run(&f->c, body, &w);
    db_rollback(f->c.db);
    if (!ok && f->c.err.nproblems)
        return str_z(f->mem, str_printf(f->mem, "%d " STR_FMT ": " STR_FMT, err_status(f->c.err.kind), STR_ARG(f->c.err.problems[0].field),
                                        STR_ARG(f->c.err.problems[0].message)));
    if (!ok)
        return str_z(f->mem, str_printf(f->mem, "%d " STR_FMT " " STR_FMT, err_status(f->c.err.kind), STR_ARG(f->c.err.message), STR_ARG(f->c.err.detail)));
    str       all = buf_str(&b);
    ptrdiff_t from = str_find(all, S("\"rows\":")), to = str_find(all, S(",\"took_ms\""));
    assert_true(from > 0 && to > from);
    return str_z(f->mem, str_sub(all, (size_t)from + 7, (size_t)to));
}

static const struct { const char *question, *answer; } cases[] = {
    { "{\"from\":\"sale\",\"select\":{\"n\":\"COUNT()\",\"s\":\"SUM(amount)\"}}", "[[5,\"315.31\"]]" },
    { "{\"from\":\"sale\",\"where\":\"amount > 1000\",\"select\":{\"n\":\"COUNT()\",\"s\":\"SUM(amount)\"}}", "[[0,\"0.00\"]]" },
    { "{\"from\":\"sale\",\"where\":\"amount > 1000\",\"group\":{\"status\":\"status\"},\"select\":{\"n\":\"COUNT()\"}}", "[]" },
    /* groups in the order of people, empty first */
    { "{\"from\":\"sale\",\"group\":{\"who\":\"partner\"},\"select\":{\"s\":\"SUM(amount)\"}}",
      "[[null,\"5.00\"],[{\"id\":2,\"title\":\"北京科技\"},\"0.01\"],[{\"id\":1,\"title\":\"上海贸易\"},\"300.30\"],[{\"id\":3,\"title\":\"Acme\"},\"10.00\"]]" },
    { "{\"from\":\"sale\",\"group\":{\"region\":\"partner.region\",\"q\":\"QUARTER(day)\"},\"select\":{\"s\":\"SUM(amount)\",\"m\":\"SUM(amount - cost)\"},\"where\":\"partner <> 0\"}",
      "[[\"East\",1,\"110.10\",\"60.05\"],[\"East\",2,\"200.20\",\"-99.80\"],[\"North\",1,\"0.01\",\"0.00\"]]" },
    /* descending, then the group column; the limit */
    { "{\"from\":\"sale\",\"group\":{\"region\":\"partner.region\"},\"select\":{\"n\":\"COUNT()\"},\"sort\":\"-n\",\"limit\":2}", "[[\"East\",3],[null,1]]" },
    /* ratios are ratios of sums */
    { "{\"from\":\"sale\",\"where\":\"partner.region = \\\"East\\\"\",\"select\":{\"r\":\"ROUND(SUM(cost) / SUM(amount), 4)\",\"distinct\":\"COUNTDISTINCT(partner)\"}}", "[[\"1.1281\",2]]" },
    { "{\"from\":\"sale\",\"group\":{\"status\":\"status\"},\"select\":{\"s\":\"SUM(amount)\",\"x\":\"SUM(amount) / SUM(pieces)\"},\"having\":\"s > 6\"}", "[[\"won\",\"310.30\",\"44.32857142857142857142857142857143\"]]" },
    /* conditions per row */
    { "{\"from\":\"sale\",\"select\":{\"a\":\"SUM(amount, status = \\\"won\\\")\",\"b\":\"COUNT(code, day < \\\"2026-02-01\\\")\"}}", "[[\"310.30\",3]]" },
    /* a group column's name inside and outside aggregates */
    { "{\"from\":\"sale\",\"group\":{\"half\":\"IF(MONTH(day) < 3, \\\"x\\\", \\\"y\\\")\"},\"where\":\"day > 0\",\"select\":{\"l\":\"half & COUNT()\",\"k\":\"SUM(pieces, half = \\\"x\\\")\"}}",
      "[[\"x\",\"x3\",8],[\"y\",\"y1\",0]]" },
    /* division by zero is empty, and sorts as empty */
    { "{\"from\":\"sale\",\"group\":{\"code\":\"code\"},\"select\":{\"r\":\"SUM(amount) / SUM(pieces)\"},\"sort\":\"r\",\"limit\":2}", "[[\"e\",null],[\"c\",\"0.003333333333333333333333333333333333\"]]" },
    /* totals: of what is shown, distinct counts and ratios made from rows */
    { "{\"from\":\"sale\",\"group\":{\"status\":\"status\"},\"select\":{\"s\":\"SUM(amount)\",\"p\":\"COUNTDISTINCT(partner)\"},\"totals\":true}",
      "[[\"open\",\"5.01\",1],[\"won\",\"310.30\",2]],\"totals\":[null,\"315.31\",3]" },
    { "{\"from\":\"sale\",\"group\":{\"status\":\"status\"},\"select\":{\"s\":\"SUM(amount)\"},\"having\":\"s > 100\",\"totals\":true}",
      "[[\"won\",\"310.30\"]],\"totals\":[null,\"310.30\"]" },
    /* days and texts */
    { "{\"from\":\"sale\",\"select\":{\"a\":\"MIN(day)\",\"b\":\"MAX(day)\"}}", "[[\"2026-01-05\",\"2026-04-06\"]]" },
    { "{\"from\":\"sale\",\"group\":{\"m\":\"PERIOD(day, \\\"month\\\")\"},\"where\":\"day > 0\"}", "[[\"2026-01\"],[\"2026-02\"],[\"2026-04\"]]" },
    /* refusals */
    { "{\"from\":\"sale\",\"select\":{\"s\":\"SUM(amount)\"},\"order\":1}", "422 order: A question has no part “order”" },
    { "{\"from\":\"nothing\",\"select\":{\"s\":\"COUNT()\"}}", "422 from: There is no module “nothing”" },
    { "{\"from\":\"sale\",\"select\":{\"s\":\"COUNT()\"},\"sort\":\"z\"}", "422 sort: There is no column “z”" },
    { "{\"from\":\"sale\",\"select\":{\"s\":\"COUNT()\"},\"limit\":0}", "422 limit: This must be a whole number from 1 to 100000" },
    { "{\"from\":\"sale\",\"select\":{}}", "422 select: This is needed" },
};

static void questions(struct fixture *f)
{
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = ask(f, cases[i].question);
        if (strcmp(got, cases[i].answer)) {
            print_error("%s\n  want %s\n  got  %s\n", cases[i].question, cases[i].answer, got);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    const char *got = ask(f, "{\"from\":\"sale\",\"select\":{\"s\":\"amount\"}}");
    assert_memory_equal(got, "422 select.s: ", 14);
}

static void rights(struct fixture *f)
{
    static const str role[] = { S_INIT("east") };
    fixture_role(f, "east", "{\"name\":\"east\",\"labels\":{\"en\":\"East\"},\"modules\":{\"partner\":{\"read\":\"region = \\\"East\\\"\",\"fields\":{\"secret\":\"none\"}},"
                            "\"sale\":{\"read\":\"status = \\\"won\\\" or partner = 2\"}}}");
    f->actor = (struct actor){ .user = 1, .roles = role, .nroles = 1, .active = true };
    assert_string_equal(ask(f, "{\"from\":\"sale\",\"group\":{\"who\":\"partner\"},\"select\":{\"s\":\"SUM(amount)\"}}"),
                        "[[{\"id\":2},\"0.01\"],[{\"id\":1,\"title\":\"上海贸易\"},\"300.30\"],[{\"id\":3,\"title\":\"Acme\"},\"10.00\"]]");
    assert_string_equal(ask(f, "{\"from\":\"sale\",\"group\":{\"region\":\"partner.region\"},\"select\":{\"s\":\"COUNT()\"}}"), "[[null,1],[\"East\",3]]");
    assert_memory_equal(ask(f, "{\"from\":\"sale\",\"group\":{\"x\":\"partner.secret\"},\"select\":{\"s\":\"COUNT()\"}}"), "422 group.x: ", 13);
    assert_memory_equal(ask(f, "{\"from\":\"sale\",\"where\":\"partner.secret > 0\",\"select\":{\"s\":\"COUNT()\"}}"), "422 where: ", 11);
    assert_memory_equal(ask(f, "{\"from\":\"user\",\"select\":{\"s\":\"COUNT()\"}}"), "403", 3);
    f->actor = (struct actor){ .system = true, .active = true };
}

/* 100,000 rows by region and month; how long it takes is printed, and asserted only far above what is meant (150 ms). */
static void many(struct fixture *f)
{
    fixture_begin(f, TX_WRITE);
    str          sql = str_printf(f->mem, "INSERT INTO " STR_FMT "(version, created_at, updated_at, " STR_FMT ", " STR_FMT ", " STR_FMT ") VALUES(1, 0, 0, $1, $2, $3)",
                         STR_ARG(fixture_module(f, "sale")->table), STR_ARG(module_field(fixture_module(f, "sale"), S("partner"))->column),
                         STR_ARG(module_field(fixture_module(f, "sale"), S("day"))->column), STR_ARG(module_field(fixture_module(f, "sale"), S("amount"))->column));
    for (int i = 0; i < 100000; i++) {
        struct value a[] = { v_int(1 + i % 3), v_int(20454 + i % 365), v_int(i) };
        if (!db_exec(f->c.db, sql, a, 3, NULL, &f->c.err))
            fixture_fail(f, "insert");
    }
    fixture_commit(f);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    const char *got = ask(f, "{\"from\":\"sale\",\"where\":\"day >= DATE(2026,1,1)\",\"group\":{\"region\":\"partner.region\",\"month\":\"MONTHSTART(day)\"},\"select\":{\"s\":\"SUM(amount)\",\"n\":\"COUNT()\",\"p\":\"COUNTDISTINCT(partner)\"}}");
    clock_gettime(CLOCK_MONOTONIC, &to);
    long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    print_message("100,000 rows by region and month: %ld ms\n", ms);
    assert_true(ms < 5000);
    assert_memory_equal(got, "[[\"East\",\"2026-01-01\",\"", 23);
}

static void on(enum test_engine e)
{
    struct fixture f;
    if (!fixture_open(&f, e, modules))
        skip();
    seed(&f);
    questions(&f);
    rights(&f);
    many(&f);
    fixture_close(&f);
}

static void test_sqlite(void **state) { (void)state; on(TEST_SQLITE); }
static void test_postgres(void **state) { (void)state; on(TEST_POSTGRES); }

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sqlite), cmocka_unit_test(test_postgres) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
