/* The feed under stress: whoever follows it by number sees every committed change once, in one order, whatever writers do at the
 * same time: short and long work, parts that are undone, work that is thrown away or spoilt by others. */
#include "base/check.h"
#include "base/rand.h"
#include "db/testing.h"
#include "meta/schema.h"
#include "record/feed.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { WRITERS = 8, READERS = 3, WORKS = 60, MOST_ROWS = 5, KEPT_MAX = WRITERS * WORKS * MOST_ROWS, LONG_MS = 300 };

struct stress {
    struct store  *store;
    _Atomic int    writing;
    _Atomic int    kept[KEPT_MAX + 1];      /* by the number in `record`: 1 when its commit was answered */
    _Atomic int    spoilt;
};
struct writer { struct stress *s; int nr; unsigned seed; pthread_t thread; };
struct reader { struct stress *s; int64_t *seqs, *records; size_t n; bool in_order; pthread_t thread; };

static unsigned draw(struct writer *w) { return (w->seed = w->seed * 1103515245 + 12345) >> 16 & 0x7fff; }

static bool add(struct db *db, int64_t record, struct err *e)
{
    struct value a[] = { v_int(record) };
    return db_exec(db, S("INSERT INTO q_change(at, module, record, version, op, way) VALUES(0, 1, $1, 1, 'create', 'test')"), a, 1, NULL, e);
}

/* A row that all writers change, so that on PostgreSQL some are refused and begin again. */
static bool meet(struct db *db, struct err *e)
{
    return db_exec(db, S("INSERT INTO q_counter(name, value) VALUES('met', 1) ON CONFLICT(name) DO UPDATE SET value = q_counter.value + 1"), NULL, 0, NULL, e);
}

/* One piece of work: rows, some within a savepoint that may be undone; the first `*n` numbers of `made` are those that stay. */
static bool work(struct writer *w, struct db *db, int64_t base, int64_t *made, size_t *n, struct err *e)
{
    int rows = 1 + (int)(draw(w) % MOST_ROWS);
    *n = 0;
    for (int i = 0; i < rows; i++) {
        bool part = draw(w) % 3 == 0, undo = part && draw(w) % 2;
        if (part && !db_save(db, e))
            return false;
        if (!add(db, base + i, e))
            return false;
        if (undo)
            db_undo(db);
        else if (part && !db_release(db, e))
            return false;
        if (!undo)
            made[(*n)++] = base + i;
        if (draw(w) % 4 == 0)
            usleep(draw(w) % 2000);
    }
    if (w->nr == 0 && draw(w) % 16 == 0)        /* one that others overtake many times */
        usleep(LONG_MS * 1000);
    return draw(w) % 8 || meet(db, e);
}

static void *write_loop(void *arg)
{
    struct writer *w = arg;
    struct arena  *mem = arena_new(0);
    for (int i = 0; i < WORKS;) {
        int64_t    base = 1 + ((int64_t)w->nr * WORKS + i) * MOST_ROWS, made[MOST_ROWS];
        size_t     n;
        struct err e;
        struct db *db;
        arena_reset(mem);
        err_init(&e, mem, LANG_EN);
        if (!db_begin(w->s->store, TX_WRITE, "stress", &db, &e)) {
            CHECK(e.kind == ERR_BUSY);
            continue;
        }
        bool ok = work(w, db, base, made, &n, &e), drop = ok && draw(w) % 6 == 0;
        if (!ok || drop)
            db_rollback(db);
        else
            ok = db_commit(db, &e);
        if (!ok) {
            CHECK(e.kind == ERR_BUSY);
            atomic_fetch_add(&w->s->spoilt, 1);
            continue;
        }
        for (size_t k = 0; k < n && !drop; k++)
            atomic_store(&w->s->kept[made[k]], 1);
        i++;
    }
    atomic_fetch_sub(&w->s->writing, 1);
    arena_free(mem);
    return NULL;
}

static void *read_loop(void *arg)
{
    struct reader *r = arg;
    struct arena  *mem = arena_new(0);
    int64_t        since = 0, upto;
    bool           last;
    do {
        struct err         e;
        struct db         *db;
        struct feed_entry *got;
        size_t             n;
        arena_reset(mem);
        err_init(&e, mem, LANG_EN);
        last = atomic_load(&r->s->writing) == 0;
        CHECK(db_begin(r->s->store, TX_READ, "stress", &db, &e) && feed_settled(db, mem, &upto, &e));
        db_rollback(db);
        CHECK(db_begin(r->s->store, TX_READ, "stress", &db, &e) && feed_read(db, mem, since, upto, 7, &got, &n, &e));
        db_rollback(db);
        for (size_t i = 0; i < n && r->n < KEPT_MAX; i++) {
            r->in_order &= got[i].seq > since;
            since = got[i].seq;
            r->seqs[r->n] = since;
            r->records[r->n++] = got[i].record;
        }
        last &= n == 0;
    } while (!last);
    arena_free(mem);
    return NULL;
}

static void compare(struct stress *s, struct reader *r)
{
    size_t kept = 0;
    int   *seen = test_calloc(KEPT_MAX + 1, sizeof *seen);
    for (int i = 0; i <= KEPT_MAX; i++)
        kept += (size_t)atomic_load(&s->kept[i]);
    assert_true(kept > WRITERS * WORKS);
    for (int k = 0; k < READERS; k++) {
        assert_true(r[k].in_order);
        assert_int_equal(r[k].n, kept);
        assert_memory_equal(r[k].seqs, r[0].seqs, kept * sizeof *r[k].seqs);
        assert_memory_equal(r[k].records, r[0].records, kept * sizeof *r[k].records);
    }
    for (size_t i = 0; i < r[0].n; i++)
        seen[r[0].records[i]]++;
    for (int i = 0; i <= KEPT_MAX; i++)
        assert_int_equal(seen[i], atomic_load(&s->kept[i]));
    test_free(seen);
}

static void followed_while_written(enum test_engine on)
{
    struct stress *s = test_calloc(1, sizeof *s);
    struct writer  w[WRITERS];
    struct reader  r[READERS];
    struct arena  *mem = arena_new(0);
    struct err     e;
    err_init(&e, mem, LANG_EN);
    s->store = test_store(on);
    if (!s->store)
        skip();
    assert_true(store_migrate(s->store, meta_migrations, meta_nmigrations, &e));
    atomic_store(&s->writing, WRITERS);
    for (int i = 0; i < READERS; i++) {
        r[i] = (struct reader){ .s = s, .in_order = true, .seqs = test_calloc(KEPT_MAX, sizeof(int64_t)), .records = test_calloc(KEPT_MAX, sizeof(int64_t)) };
        assert_int_equal(pthread_create(&r[i].thread, NULL, read_loop, &r[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){ .s = s, .nr = i, .seed = (unsigned)(i * 7919 + 17) };
        assert_int_equal(pthread_create(&w[i].thread, NULL, write_loop, &w[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(w[i].thread, NULL);
    for (int i = 0; i < READERS; i++)
        pthread_join(r[i].thread, NULL);
    compare(s, r);
    printf("%s: %zu changes, %d works begun again\n", test_engine_name(on), r[0].n, atomic_load(&s->spoilt));
    for (int i = 0; i < READERS; i++) {
        test_free(r[i].seqs);
        test_free(r[i].records);
    }
    test_store_drop(s->store);
    arena_free(mem);
    test_free(s);
}

/* A write that is open holds back what is numbered above its beginning, and nothing below; with its end all is told. */
static void open_write_holds_back(enum test_engine on)
{
    struct arena *mem = arena_new(0);
    struct store *s = test_store(on);
    struct db    *first, *second, *db;
    struct err    e;
    int64_t       upto = -1;
    err_init(&e, mem, LANG_EN);
    if (!s)
        skip();
    assert_true(store_migrate(s, meta_migrations, meta_nmigrations, &e));
    assert_true(db_begin(s, TX_WRITE, "before", &db, &e) && add(db, 1, &e) && db_commit(db, &e));
    assert_true(db_begin(s, TX_WRITE, "first", &first, &e) && add(first, 2, &e));
    if (on == TEST_POSTGRES)        /* SQLite has one writer at a time */
        assert_true(db_begin(s, TX_WRITE, "second", &second, &e) && add(second, 3, &e) && db_commit(second, &e));
    assert_true(db_begin(s, TX_READ, "look", &db, &e) && feed_settled(db, mem, &upto, &e));
    db_rollback(db);
    assert_int_equal(upto, 1);
    assert_true(db_commit(first, &e));
    assert_true(db_begin(s, TX_READ, "look", &db, &e) && feed_settled(db, mem, &upto, &e));
    db_rollback(db);
    assert_int_equal(upto, on == TEST_POSTGRES ? 3 : 2);
    test_store_drop(s);
    arena_free(mem);
}

#define BOTH(test) \
    static void test##_sqlite(void **state) { (void)state; test(TEST_SQLITE); } \
    static void test##_postgres(void **state) { (void)state; test(TEST_POSTGRES); }
BOTH(followed_while_written)
BOTH(open_write_holds_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_write_holds_back_sqlite), cmocka_unit_test(open_write_holds_back_postgres),
        cmocka_unit_test(followed_while_written_sqlite), cmocka_unit_test(followed_while_written_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
