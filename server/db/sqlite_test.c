/* What only SQLite has: the q_* functions, copies of files, and files that are damaged, read-only or on a full disk. */
#include "db/testing.h"
#include "base/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *mem;
static struct err    e;

static void must(bool ok)
{
    if (!ok)
        fail_msg("%.*s: %.*s", STR_ARG(e.message), STR_ARG(e.detail));
}

static bool write_one(struct store *s, const char *sql)
{
    struct db *db;
    err_clear(&e);
    if (!db_begin(s, TX_WRITE, "test", &db, &e))
        return false;
    if (db_exec(db, str_of(sql), NULL, 0, NULL, &e))
        return db_commit(db, &e);
    db_rollback(db);
    return false;
}

static bool ask(struct store *s, const char *sql, struct value *out)
{
    struct db  *db;
    struct rows r;
    err_clear(&e);
    if (!db_begin(s, TX_READ, "test", &db, &e))
        return false;
    bool ok = db_run(db, str_of(sql), NULL, 0, mem, &r, &e);
    if (ok)
        *out = r.cells[0];
    db_rollback(db);
    return ok;
}

static int64_t number(struct store *s, const char *sql)
{
    struct value v;
    must(ask(s, sql, &v));
    assert_int_equal(v.type, V_INT);
    return v.u.i;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static void functions_are_exact(void **state)
{
    static const struct { const char *sql, *result; } rows[] = {        /* NULL: null */
        { "q_dec(1250, 2)", "12.50" },
        { "q_dec(-5, 3)", "-0.005" },
        { "q_dec(NULL, 2)", NULL },
        { "q_add('0.1', '0.2')", "0.3" },
        { "q_add(1, '0.25')", "1.25" },
        { "q_sub('1', '0.9')", "0.1" },
        { "q_mul('1.10', '3')", "3.30" },
        { "q_mul('123456789012345678', '1000000')", "123456789012345678000000" },
        { "q_div('1', '8')", "0.125" },
        { "q_div('1', '3')", "0.3333333333333333333333333333333333" },
        { "q_div('1', '0')", NULL },
        { "q_rem('7.5', '2')", "1.5" },
        { "q_neg('2.5')", "-2.5" },
        { "q_abs('-2.5')", "2.5" },
        { "q_round('2.345', 2)", "2.35" },
        { "q_round('-2.345', 2)", "-2.35" },
        { "q_cmp('1.0', 1)", "1=" },
        { "q_cmp('0.1', '0.09')", "1>" },
        { "q_cmp('-1', '0')", "1<" },
        { "q_add('x', '1')", NULL },
        { "q_add(NULL, '1')", NULL },
        { "q_fold('ÄpFel')", "apfel" },
        { "q_fold('ＡＢＣ公司')", "abc公司" },
        { "q_fold(NULL)", NULL },
        { "CAST(q_units('12.345', 2) AS TEXT)", "1235" },
        { "CAST(q_units('99999999999999999999', 2) AS TEXT)", NULL },
        { "CAST(q_contains('Müller GmbH', 'MULLER') AS TEXT)", "1" },
        { "CAST(q_contains('Müller GmbH', 'x') AS TEXT)", "0" },
        { "(SELECT q_sum(x) FROM (SELECT '0.1' x UNION ALL SELECT '0.2' UNION ALL SELECT NULL))", "0.3" },
        { "(SELECT q_sum(x) FROM (SELECT '0.1' x) WHERE x = 'no')", NULL },
        { "(SELECT q_min(x) FROM (SELECT '10' x UNION ALL SELECT '9.5'))", "9.5" },
        { "(SELECT q_max(x) FROM (SELECT '10' x UNION ALL SELECT '9.5'))", "10" },
    };
    struct store *s = test_store(TEST_SQLITE);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct value v;
        must(ask(s, str_z(mem, str_printf(mem, "SELECT %s", rows[i].sql)), &v));
        if (!rows[i].result)
            assert_int_equal(v.type, V_NULL);
        else if (v.type == V_INT)
            assert_int_equal(v.u.i, rows[i].result[1] == '=' ? 0 : rows[i].result[1] == '>' ? 1 : -1);
        else if (v.type != V_TEXT || !str_eqz(v.u.s, rows[i].result))
            fail_msg("%s gives %.*s", rows[i].sql, STR_ARG(v.u.s));
    }
    test_store_drop(s);
}

static void names_are_not_texts(void **state)
{
    struct store *s = test_store(TEST_SQLITE);
    struct value  v;
    (void)state;
    assert_false(ask(s, "SELECT \"no such column\"", &v));
    assert_int_equal(e.kind, ERR_INTERNAL);
    test_store_drop(s);
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

struct mover { struct store *s; _Atomic int stop; int moves; };

static void *move_money(void *arg)
{
    struct mover *m = arg;
    struct arena *own = arena_new(0);
    struct err    err;
    while (!atomic_load(&m->stop)) {
        struct db *db;
        arena_reset(own);
        err_init(&err, own, LANG_EN);
        struct value args[] = { v_int(m->moves % 100), v_int((m->moves + 37) % 100) };
        if (!db_begin(m->s, TX_WRITE, "move", &db, &err) ||
            !db_exec(db, S("UPDATE c SET n = n - 5 WHERE id = $1"), args, 1, NULL, &err) ||
            !db_exec(db, S("UPDATE c SET n = n + 5 WHERE id = $1"), args + 1, 1, NULL, &err) || !db_commit(db, &err))
            abort();
        m->moves++;
    }
    arena_free(own);
    return NULL;
}

static void copies_are_of_one_moment(void **state)
{
    struct mover         m = { .s = test_store(TEST_SQLITE) };
    struct store_options where = { 0 };
    struct store        *copy;
    pthread_t            t;
    (void)state;
    test_store_where(m.s, &where);
    char *file = str_z(mem, str_printf(mem, "%s.copy", where.sqlite_path));
    must(write_one(m.s, "CREATE TABLE c (id BIGINT PRIMARY KEY, n BIGINT, pad TEXT)"));
    must(write_one(m.s, "INSERT INTO c WITH RECURSIVE k (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 3000) "
                        "SELECT i, 0, hex(zeroblob(500)) FROM k"));
    pthread_create(&t, NULL, move_money, &m);
    for (int i = 0; i < 5; i++) {
        usleep(20000);
        err_clear(&e);
        must(store_backup(m.s, file, &e));
        must(store_open(&(struct store_options){ .sqlite_path = file }, &copy, &e));
        assert_int_equal(number(copy, "SELECT sum(n) FROM c"), 0);
        assert_int_equal(number(copy, "SELECT count(*) FROM c"), 3001);
        must(store_check(copy, NULL, NULL, &e));
        store_close(copy);
        assert_int_equal(access(str_z(mem, str_printf(mem, "%s.part", file)), F_OK), -1);
    }
    atomic_store(&m.stop, 1);
    pthread_join(t, NULL);
    assert_true(m.moves > 5);
    unlink(file);
    assert_false(store_backup(m.s, "/nonexistent/folder/copy", &e));
    assert_int_equal(e.kind, ERR_INTERNAL);
    test_store_drop(m.s);
}

static void an_upgrade_keeps_a_copy(void **state)
{
    static const struct migration steps[] = { { 1, "one", "CREATE TABLE a (x BIGINT)", NULL }, { 2, "two", "DROP TABLE a", NULL } };
    struct store        *s = test_store(TEST_SQLITE), *old;
    struct store_options where = { 0 };
    (void)state;
    test_store_where(s, &where);
    char *copy = str_z(mem, str_printf(mem, "%s.before-1", where.sqlite_path));
    must(store_migrate(s, steps, 1, &e));
    assert_int_equal(access(copy, F_OK), -1);
    must(write_one(s, "INSERT INTO a VALUES (42)"));
    must(store_migrate(s, steps, 2, &e));
    must(store_open(&(struct store_options){ .sqlite_path = copy }, &old, &e));
    assert_int_equal(number(old, "SELECT x FROM a"), 42);
    store_close(old);
    unlink(copy);
    test_store_drop(s);
}

/* ---- bad files --------------------------------------------------------------------------------------------------- */

static int  said;
static void count_words(void *arg, str line) { (void)arg; said += line.n > 0; }

static void damage_is_noticed_and_named(void **state)
{
    struct store        *s = test_store(TEST_SQLITE);
    struct store_options where = { 0 };
    struct store        *again;
    struct value         v;
    char                 junk[4096];
    (void)state;
    test_store_where(s, &where);
    must(write_one(s, "CREATE TABLE t (n BIGINT, pad TEXT)"));
    must(write_one(s, "INSERT INTO t WITH RECURSIVE k (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM k WHERE i < 3000) "
                      "SELECT i, hex(zeroblob(200)) FROM k"));
    char *copy = str_z(mem, str_printf(mem, "%s.bad", where.sqlite_path));
    must(store_backup(s, copy, &e));
    int fd = open(copy, O_WRONLY);
    memset(junk, 0x5A, sizeof junk);
    for (int page = 5; page < 60; page += 3)
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), sizeof junk);
    close(fd);
    must(store_open(&(struct store_options){ .sqlite_path = copy }, &again, &e));
    assert_false(ask(again, "SELECT count(pad) FROM t", &v));
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_true(str_find(e.message, S("damaged")) >= 0);
    err_clear(&e);
    assert_false(store_check(again, count_words, NULL, &e));
    assert_true(said > 0);
    store_close(again);
    fd = open(copy, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    err_clear(&e);
    assert_false(store_open(&(struct store_options){ .sqlite_path = copy }, &again, &e));
    assert_true(str_find(e.message, S("damaged")) >= 0);
    unlink(copy);
    test_store_drop(s);
}

static void read_only_refuses_writes(void **state)
{
    struct store        *s = test_store(TEST_SQLITE), *reader;
    struct store_options where = { .read_only = true };
    (void)state;
    must(write_one(s, "CREATE TABLE t (n BIGINT)"));
    test_store_where(s, &where);
    must(store_open(&where, &reader, &e));
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
    assert_false(write_one(reader, "INSERT INTO t VALUES (1)"));
    assert_int_equal(e.kind, ERR_FULL);
    must(write_one(s, "INSERT INTO t VALUES (1)"));
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    store_close(reader);
    test_store_drop(s);
}

/* A real full disk: writing says so, reading goes on, and when there is room again all is well, without a restart. */
static void a_full_disk_heals(void **state)
{
    char          dir[] = "/tmp/qudao-full-XXXXXX";
    struct store *s;
    (void)state;
    if (geteuid() != 0 || !mkdtemp(dir))
        skip();
    if (mount("tmpfs", dir, "tmpfs", 0, "size=4m") != 0) {
        rmdir(dir);
        print_message("no right to mount a small disk\n");
        skip();
    }
    char *file = str_z(mem, str_printf(mem, "%s/a.db", dir)), *ballast = str_z(mem, str_printf(mem, "%s/ballast", dir));
    must(store_open(&(struct store_options){ .sqlite_path = file }, &s, &e));
    must(write_one(s, "CREATE TABLE t (id INTEGER PRIMARY KEY, pad TEXT)"));
    must(write_one(s, "CREATE TABLE audit (id INTEGER PRIMARY KEY)"));
    char zeros[65536] = { 0 };
    int  fd = open(ballast, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 40; i++)
        assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
    close(fd);
    int64_t kept = 0;
    bool    full = false;
    for (int i = 0; i < 3000 && !full; i++) {
        struct db *db;
        err_clear(&e);
        bool ok = db_begin(s, TX_WRITE, "fill", &db, &e);
        if (ok && !(ok = db_exec(db, S("INSERT INTO t (pad) VALUES (hex(zeroblob(2000)))"), NULL, 0, NULL, &e) &&
                         db_exec(db, S("INSERT INTO audit DEFAULT VALUES"), NULL, 0, NULL, &e)))
            db_rollback(db);
        ok = ok && db_commit(db, &e);
        kept += ok;
        full = !ok;
    }
    assert_true(full);
    assert_int_equal(e.kind, ERR_FULL);
    assert_int_equal(number(s, "SELECT count(*) FROM t"), kept);
    assert_int_equal(number(s, "SELECT count(*) FROM audit"), kept);
    assert_false(write_one(s, "INSERT INTO t (pad) VALUES (hex(zeroblob(100000)))"));
    assert_int_equal(e.kind, ERR_FULL);
    unlink(ballast);
    must(write_one(s, "INSERT INTO t (pad) VALUES (hex(zeroblob(100000)))"));
    assert_int_equal(number(s, "SELECT count(*) FROM t"), kept + 1);
    must(store_check(s, NULL, NULL, &e));
    store_close(s);
    print_message("full after %lld rows\n", (long long)kept);
    assert_int_equal(umount(dir), 0);
    rmdir(dir);
}

static int set_up(void **state)
{
    (void)state;
    mem = arena_new(0);
    err_init(&e, mem, LANG_EN);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(functions_are_exact, set_up, clean_up),
        cmocka_unit_test_setup_teardown(names_are_not_texts, set_up, clean_up),
        cmocka_unit_test_setup_teardown(copies_are_of_one_moment, set_up, clean_up),
        cmocka_unit_test_setup_teardown(an_upgrade_keeps_a_copy, set_up, clean_up),
        cmocka_unit_test_setup_teardown(damage_is_noticed_and_named, set_up, clean_up),
        cmocka_unit_test_setup_teardown(read_only_refuses_writes, set_up, clean_up),
        cmocka_unit_test_setup_teardown(a_full_disk_heals, set_up, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
