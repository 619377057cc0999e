/* What only PostgreSQL has: connections that break, other servers, conflicts between serializable transactions. */
#include "db/testing.h"
#include "base/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *mem;
static struct err    e;
static struct store *s;

static void must(bool ok)
{
    if (!ok)
        fail_msg("%.*s: %.*s", STR_ARG(e.message), STR_ARG(e.detail));
}

static struct db *begin(struct store *store, enum tx_mode mode)
{
    struct db *db;
    must(db_begin(store, mode, "test", &db, &e));
    return db;
}

static void write_one(struct store *store, const char *sql)
{
    struct db *db = begin(store, TX_WRITE);
    must(db_exec(db, str_of(sql), NULL, 0, NULL, &e));
    must(db_commit(db, &e));
}

static int64_t read_in(struct db *db, const char *sql)
{
    struct rows r;
    must(db_run(db, str_of(sql), NULL, 0, mem, &r, &e));
    assert_int_equal(r.cells[0].type, V_INT);
    return r.cells[0].u.i;
}

static int64_t number(struct store *store, const char *sql)
{
    struct db *db = begin(store, TX_READ);
    int64_t    n = read_in(db, sql);
    must(db_commit(db, &e));
    return n;
}

/* From a connection of another store: ends that server process, as an administrator or a crash would. */
static void kill_backend(struct store *killer, int64_t pid)
{
    struct value arg = v_int(pid);
    struct rows  r;
    struct db   *db = begin(killer, TX_WRITE);
    must(db_run(db, S("SELECT pg_terminate_backend(CAST($1 AS INTEGER))"), &arg, 1, mem, &r, &e));
    must(db_commit(db, &e));
    usleep(50000);
}

static void a_connection_that_died_idle_is_replaced(void **state)
{
    (void)state;
    struct store *killer = test_store_second(s);
    for (int mode = TX_READ; mode <= TX_WRITE; mode++) {
        int64_t pid = number(s, "SELECT pg_backend_pid()");
        kill_backend(killer, pid);
        struct db *db = begin(s, (enum tx_mode)mode);
        assert_true(read_in(db, "SELECT pg_backend_pid()") != pid);     /* a prepared statement, prepared anew */
        must(db_commit(db, &e));
        pid = number(s, "SELECT pg_backend_pid()");
        kill_backend(killer, pid);
        db = begin(s, TX_WRITE);
        must(db_save(db, &e));                                          /* BEGIN by itself */
        must(db_release(db, &e));
        must(db_commit(db, &e));
    }
    store_close(killer);
}

static void a_connection_that_dies_at_work_is_told(void **state)
{
    (void)state;
    struct store *killer = test_store_second(s);
    write_one(s, "CREATE TABLE t (n BIGINT)");
    struct db *db = begin(s, TX_WRITE);
    must(db_exec(db, S("INSERT INTO t VALUES (1)"), NULL, 0, NULL, &e));
    kill_backend(killer, read_in(db, "SELECT pg_backend_pid()"));
    assert_false(db_exec(db, S("INSERT INTO t VALUES (2)"), NULL, 0, NULL, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    db_rollback(db);
    err_clear(&e);
    db = begin(s, TX_WRITE);
    must(db_exec(db, S("INSERT INTO t VALUES (3)"), NULL, 0, NULL, &e));
    kill_backend(killer, read_in(db, "SELECT pg_backend_pid()"));
    assert_false(db_commit(db, &e));                    /* the server had said good-bye before: surely not kept */
    assert_int_equal(e.kind, ERR_BUSY);
    err_clear(&e);
    db = begin(s, TX_WRITE);
    must(db_save(db, &e));
    kill_backend(killer, read_in(db, "SELECT pg_backend_pid()"));
    assert_false(db_exec(db, S("INSERT INTO t VALUES (4)"), NULL, 0, NULL, &e));
    db_undo(db);                                        /* cannot heal: the whole transaction is gone */
    assert_false(db_exec(db, S("INSERT INTO t VALUES (5)"), NULL, 0, NULL, &e));
    db_rollback(db);
    assert_int_equal(number(s, "SELECT count(*) FROM t"), 0);
    store_close(killer);
}

/* A server process that hangs does not even hear that it should stop; the deadline holds all the same. */
static void a_server_that_hangs_does_not_hold_us(void **state)
{
    (void)state;
    struct db *db = begin(s, TX_WRITE);
    pid_t      pid = (pid_t)read_in(db, "SELECT pg_backend_pid()");
    if (kill(pid, SIGSTOP) != 0) {
        db_rollback(db);
        skip();
    }
    db_deadline(db, 100);
    assert_false(db_exec(db, S("SELECT 1"), NULL, 0, NULL, &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    db_rollback(db);
    kill(pid, SIGCONT);
    assert_int_equal(number(s, "SELECT 5"), 5);
}

static void *add_soon(void *arg)
{
    struct arena *own = arena_new(0);
    struct err    err;
    struct db    *db;
    err_init(&err, own, LANG_EN);
    usleep(30000);
    if (!db_begin(arg, TX_WRITE, "add", &db, &err) || !db_exec(db, S("INSERT INTO t VALUES (1)"), NULL, 0, NULL, &err) || !db_commit(db, &err))
        abort();
    arena_free(own);
    return NULL;
}

static void commits_of_other_servers_are_heard(void **state)
{
    (void)state;
    struct store *other = test_store_second(s), *stranger = test_store(TEST_POSTGRES);
    pthread_t     t;
    write_one(s, "CREATE TABLE t (n BIGINT)");
    write_one(stranger, "CREATE TABLE t (n BIGINT)");
    usleep(100000);
    for (int i = 0; i < 3; i++) {
        int64_t seen = db_last_commit(s);
        assert_false(db_wait_commit(s, seen, 20));      /* our own message does not come back */
        pthread_create(&t, NULL, add_soon, other);
        assert_true(db_wait_commit(s, seen, 5000));
        pthread_join(t, NULL);
    }
    usleep(100000);
    int64_t seen = db_last_commit(s);
    write_one(stranger, "INSERT INTO t VALUES (1)");    /* another workspace */
    assert_false(db_wait_commit(s, seen, 200));
    static const char listeners[] = "SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE backend_start < now() - interval '50 milliseconds'"
                                    " AND (query = 'LISTEN \"qudao_' || current_schema() || '\"' OR query = 'NOTIFY \"qudao_' || current_schema() || '\"')";
    int killed = 0;
    for (int64_t listener; killed < 2 && (listener = number(other, listeners)) != 0; killed++)
        kill_backend(other, listener);                  /* both listeners die, and come back */
    assert_int_equal(killed, 2);
    usleep(1200000);
    seen = db_last_commit(s);
    pthread_create(&t, NULL, add_soon, other);
    assert_true(db_wait_commit(s, seen, 5000));
    pthread_join(t, NULL);
    store_close(other);
    test_store_drop(stranger);
}

/* Two doctors on call: each sees the other and leaves.  Serializable lets only one. */
static void what_was_read_still_holds_at_commit(void **state)
{
    (void)state;
    write_one(s, "CREATE TABLE on_call (who BIGINT PRIMARY KEY, here BIGINT)");
    write_one(s, "INSERT INTO on_call VALUES (1, 1), (2, 1)");
    struct db *a = begin(s, TX_WRITE), *b = begin(s, TX_WRITE);
    assert_int_equal(read_in(a, "SELECT sum(here) FROM on_call"), 2);
    assert_int_equal(read_in(b, "SELECT sum(here) FROM on_call"), 2);
    must(db_exec(a, S("UPDATE on_call SET here = 0 WHERE who = 1"), NULL, 0, NULL, &e));
    must(db_commit(a, &e));
    bool ok = db_exec(b, S("UPDATE on_call SET here = 0 WHERE who = 2"), NULL, 0, NULL, &e);
    if (ok)
        ok = db_commit(b, &e);
    else
        db_rollback(b);
    assert_false(ok);
    assert_int_equal(e.kind, ERR_BUSY);
    assert_int_equal(number(s, "SELECT sum(here) FROM on_call"), 1);
}

static void servers_may_start_at_once(void **state)
{
    (void)state;
    struct store *more[6];
    for (int i = 0; i < 6; i++)
        more[i] = test_store_second(s);
    for (int i = 0; i < 6; i++)
        store_close(more[i]);
}

static void no_server_is_an_answer(void **state)
{
    (void)state;
    struct store *none;
    assert_false(store_open(&(struct store_options){ .postgres_url = "postgresql://x@/x?host=/nonexistent", .schema = "x" }, &none, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    assert_false(store_open(&(struct store_options){ .postgres_url = test_postgres_url(), .schema = "a\"b" }, &none, &e));
    assert_int_equal(e.kind, ERR_INTERNAL);
    err_clear(&e);
    assert_false(store_backup(s, "/tmp/never", &e));
    assert_int_equal(e.kind, ERR_INVALID);
}

static void numbers_beyond_64_bits_are_decimals(void **state)
{
    (void)state;
    struct rows r;
    struct db  *db = begin(s, TX_READ);
    dec         d;
    must(db_run(db, S("SELECT sum(x), 1.50, 3 / 2, true, 0.5::float8, count(*) FROM (VALUES (9223372036854775807), (9223372036854775807)) t (x)"),
                NULL, 0, mem, &r, &e));
    assert_true(dec_parse(S("18446744073709551614"), &d));
    assert_int_equal(r.cells[0].type, V_DEC);
    assert_int_equal(dec_cmp(r.cells[0].u.d, d), 0);
    assert_true(str_eqz(dec_text(mem, r.cells[1].u.d), "1.50"));
    assert_int_equal(r.cells[2].u.i, 1);
    assert_int_equal(r.cells[3].u.i, 1);
    assert_true(str_eqz(dec_text(mem, r.cells[4].u.d), "0.5"));
    must(db_commit(db, &e));
}

static int set_up(void **state)
{
    (void)state;
    s = test_store_with(TEST_POSTGRES, (struct store_options){ .readers = 4 });
    mem = arena_new(0);
    err_init(&e, mem, LANG_EN);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    test_store_drop(s);
    arena_free(mem);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_connection_that_died_idle_is_replaced), T(a_connection_that_dies_at_work_is_told), T(a_server_that_hangs_does_not_hold_us), T(commits_of_other_servers_are_heard),
        T(what_was_read_still_holds_at_commit), T(servers_may_start_at_once), T(no_server_is_an_answer),
        T(numbers_beyond_64_bits_are_decimals),
    };
    if (!test_postgres_url())
        return 77;                  /* skipped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
