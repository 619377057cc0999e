/* router_test: a desk that runs out of memory inside its transaction, on both databases. */
#include "api/api.h"
#include "record/fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"thing\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]}]";

struct visit {
    struct fixture f;
    struct app     app;
    struct call    k;
    struct request rq;
    struct reply   rp;
    struct arena  *desk;
};

static void visit_begin(struct visit *v)
{
    v->desk = arena_new((size_t)1 << 20);
    v->app = (struct app){ .store = v->f.store, .catalogs = v->f.catalogs };
    v->rq = (struct request){ .mem = v->desk, .now = instant_now(), .trace = S("t") };
    v->rp = (struct reply){ 0 };
    v->k = (struct call){ .app = &v->app, .rq = &v->rq, .rp = &v->rp, .actor = v->f.actor };
    v->k.c = (struct ctx){ .mem = v->desk, .now = v->rq.now, .way = "api", .actor = &v->k.actor };
    err_init(&v->k.c.err, v->desk, LANG_EN);
    buf_init(&v->k.out, v->desk);
}

static bool create(struct call *k, const char *record)
{
    struct json   *j;
    struct record *r;
    return json_parse(k->c.mem, str_of(record), &j, &k->c.err) &&
           record_read_json(&k->c, catalog_module(k->c.cat, S("thing")), j, &r) && rec_create(&k->c, r) && rec_flush(&k->c);
}

/* Writes, begins an answer, asks for more than the desk has. */
static bool greedy(struct call *k, void *steps)
{
    if (!create(k, "{\"name\":\"half\"}"))
        return false;
    call_header(k, "Location", str_dup(k->c.mem, S("/records/thing/1")));
    for (int i = 0; i < 1000; i++) {
        buf_put(&k->out, S("an answer that grows"));
        arena_alloc(k->c.mem, 64 * 1024);
        ++*(int *)steps;
    }
    return true;
}

static bool modest(struct call *k, void *unused)
{
    (void)unused;
    return create(k, "{\"name\":\"whole\"}");
}

static size_t things(struct visit *v)
{
    struct rows r;
    fixture_begin(&v->f, TX_READ);
    assert_true(db_run(v->f.c.db, S("SELECT 1 FROM q_change UNION ALL SELECT 1 FROM q_search"), NULL, 0, v->f.mem, &r, &v->f.c.err));
    fixture_rollback(&v->f);
    return r.nrows;
}

static void overflow(enum test_engine on)
{
    struct visit v;
    jmp_buf      front;
    int          steps = 0;
    if (!fixture_open(&v.f, on, modules))
        skip();
    visit_begin(&v);
    arena_guard(v.desk, &front);
    if (setjmp(front))
        fail_msg("the jump went past the router, which would leave the transaction open");
    size_t before = things(&v);

    assert_false(call_desk(&v.k, TX_WRITE, greedy, &steps));
    assert_in_range(steps, 1, 999);
    assert_int_equal(v.k.c.err.kind, ERR_LIMIT);
    assert_true(v.k.c.err.message.n > 20);
    assert_int_equal(v.rp.nheaders, 0);
    assert_int_equal(v.k.out.n, 0);
    assert_null(v.k.c.cat);
    assert_int_equal(things(&v), before);
    assert_ptr_equal(arena_guard(v.desk, &front), &front);

    /* Nobody holds the writer's lock, and the desk has room again. */
    err_clear(&v.k.c.err);
    assert_true(call_desk(&v.k, TX_WRITE, modest, NULL));
    assert_true(things(&v) > before);
    arena_free(v.desk);
    fixture_close(&v.f);
}

/* Exports leave readers to others: one that finds no seat is sent away, and begins no transaction. */
static void exports_have_seats(void **state)
{
    struct visit v;
    (void)state;
    assert_true(fixture_open(&v.f, TEST_SQLITE, modules));
    visit_begin(&v);
    v.k.params[0] = S("thing");
    v.app.exporting = store_readers(v.f.store);
    assert_true(store_readers(v.f.store) > 0);
    assert_false(exports_get(&v.k));
    assert_int_equal(v.k.c.err.kind, ERR_TOO_MANY);
    assert_true(v.k.wait_s > 0);
    assert_null(v.k.c.db);
    assert_int_equal(v.app.exporting, store_readers(v.f.store));
    /* With a seat it goes on to the work, which is refused here, and the seat is free again. */
    v.app.exporting = 0;
    v.k.params[0] = S("nothing");
    err_clear(&v.k.c.err);
    assert_false(exports_get(&v.k));
    assert_int_equal(v.k.c.err.kind, ERR_NOT_FOUND);
    assert_int_equal(v.app.exporting, 0);
    arena_free(v.desk);
    fixture_close(&v.f);
}

static void full_desk_on_sqlite(void **state) { (void)state; overflow(TEST_SQLITE); }
static void full_desk_on_postgres(void **state) { (void)state; overflow(TEST_POSTGRES); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_desk_on_sqlite),
        cmocka_unit_test(full_desk_on_postgres),
        cmocka_unit_test(exports_have_seats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
