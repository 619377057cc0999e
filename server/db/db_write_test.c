/* Many threads at one database, on both engines, and what belongs to each engine's way of writing. */
#include "db/testing.h"
#include "base/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct desk { struct store *s; struct arena *mem; struct err e; struct db *db; };

static void desk_init(struct desk *d, struct store *s)
{
    *d = (struct desk){ .s = s, .mem = arena_new(0) };
    err_init(&d->e, d->mem, LANG_EN);
}

static void desk_clean(struct desk *d)
{
    arena_reset(d->mem);
    err_init(&d->e, d->mem, LANG_EN);
}

/* In threads too, so no cmocka here. */
static void must(struct desk *d, bool ok)
{
    if (!ok) {
        fprintf(stderr, STR_FMT ": " STR_FMT "\n", STR_ARG(d->e.message), STR_ARG(d->e.detail));
        abort();
    }
}

static void write_one(struct desk *d, const char *sql)
{
    must(d, db_begin(d->s, TX_WRITE, "test", &d->db, &d->e));
    must(d, db_exec(d->db, str_of(sql), NULL, 0, NULL, &d->e));
    must(d, db_commit(d->db, &d->e));
}

static int64_t number(struct desk *d, const char *sql)
{
    struct rows r;
    must(d, db_begin(d->s, TX_READ, "test", &d->db, &d->e));
    must(d, db_run(d->db, str_of(sql), NULL, 0, d->mem, &r, &d->e));
    must(d, db_commit(d->db, &d->e));
    CHECK(r.nrows == 1 && r.cells[0].type == V_INT);
    return r.cells[0].u.i;
}

enum { THREADS = 16 };

static void run_threads(void *(*fn)(void *), void *args, size_t size)
{
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&t[i], NULL, fn, (char *)args + (size_t)i * size) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
}

struct job { struct store *s; int id, rounds; int64_t done, again; };

static void make_jobs(struct job *jobs, struct store *s, int rounds)
{
    for (int i = 0; i < THREADS; i++)
        jobs[i] = (struct job){ .s = s, .id = i, .rounds = rounds };
}

/* ---- no lost update ---------------------------------------------------------------------------------------------- */

static bool count_up(struct desk *d, int id)
{
    struct rows  r;
    struct value args[] = { v_int(id % 3 + 1), V_NONE };
    if (!db_begin(d->s, TX_WRITE, "count", &d->db, &d->e))
        return false;
    if (db_run(d->db, S("SELECT n FROM c WHERE id = $1"), args, 1, d->mem, &r, &d->e)) {
        args[1] = v_int(r.cells[0].u.i + 1);
        if (db_exec(d->db, S("UPDATE c SET n = $2 WHERE id = $1"), args, 2, NULL, &d->e))
            return db_commit(d->db, &d->e);
    }
    db_rollback(d->db);
    return false;
}

static void *counting(void *arg)
{
    struct job *j = arg;
    struct desk d;
    desk_init(&d, j->s);
    while (j->done < j->rounds) {
        if (count_up(&d, j->id))
            j->done++;
        else if (d.e.kind == ERR_BUSY)
            j->again++;
        else
            must(&d, false);
        desk_clean(&d);
    }
    arena_free(d.mem);
    return NULL;
}

static void counters_lose_no_update(struct desk *d)
{
    struct job jobs[THREADS];
    int64_t    again = 0;
    write_one(d, "CREATE TABLE c (id BIGINT PRIMARY KEY, n BIGINT)");
    write_one(d, "INSERT INTO c VALUES (1, 0), (2, 0), (3, 0)");
    make_jobs(jobs, d->s, 50);
    run_threads(counting, jobs, sizeof jobs[0]);
    for (int i = 0; i < THREADS; i++)
        again += jobs[i].again;
    print_message("%d updates, %lld run again\n", THREADS * 50, (long long)again);
    assert_int_equal(number(d, "SELECT sum(n) FROM c"), THREADS * 50);
}

/* ---- some roll back ---------------------------------------------------------------------------------------------- */

static bool add_row(struct desk *d, int id, int round, bool keep)
{
    struct value args[] = { v_int(id), v_int(round) };
    if (!db_begin(d->s, TX_WRITE, "add", &d->db, &d->e))
        return false;
    if (db_exec(d->db, S("INSERT INTO t (who, n) VALUES ($1, $2)"), args, 2, NULL, &d->e) && keep)
        return db_commit(d->db, &d->e);
    bool ok = d->e.kind == ERR_NONE;
    db_rollback(d->db);
    return ok;
}

static void *adding(void *arg)
{
    struct job *j = arg;
    struct desk d;
    desk_init(&d, j->s);
    for (int i = 0; i < j->rounds; desk_clean(&d))
        if (add_row(&d, j->id, i, (i + j->id) % 3 != 0))
            i++;
        else if (d.e.kind != ERR_BUSY)
            must(&d, false);
    arena_free(d.mem);
    return NULL;
}

static void rollbacks_touch_nobody_else(struct desk *d)
{
    struct job jobs[THREADS];
    write_one(d, "CREATE TABLE t (who BIGINT, n BIGINT)");
    make_jobs(jobs, d->s, 90);
    run_threads(adding, jobs, sizeof jobs[0]);
    assert_int_equal(number(d, "SELECT count(*) FROM t WHERE (who + n) % 3 = 0"), 0);
    assert_int_equal(number(d, "SELECT count(*) FROM t"), THREADS * 60);
}

/* ---- readers among writers --------------------------------------------------------------------------------------- */

/* Money moves between accounts; every look must see the same sum. */
static void *moving(void *arg)
{
    struct job *j = arg;
    struct desk d;
    struct rows r;
    desk_init(&d, j->s);
    for (int i = 0; i < j->rounds; desk_clean(&d)) {
        if (j->id % 2) {
            must(&d, db_begin(d.s, TX_READ, "look", &d.db, &d.e));
            must(&d, db_run(d.db, S("SELECT sum(n) FROM c"), NULL, 0, d.mem, &r, &d.e));
            CHECK(r.cells[0].u.i == 0);
            must(&d, db_run(d.db, S("SELECT sum(n) FROM c WHERE id > 0"), NULL, 0, d.mem, &r, &d.e));
            CHECK(r.cells[0].u.i == 0);
            must(&d, db_commit(d.db, &d.e));
            i++;
            continue;
        }
        struct value args[] = { v_int(i % 8 + 1), v_int((i + j->id + 1) % 8 + 1) };
        must(&d, db_begin(d.s, TX_WRITE, "move", &d.db, &d.e));
        if (!db_exec(d.db, S("UPDATE c SET n = n - 1 WHERE id = $1"), args, 1, NULL, &d.e) ||
            !db_exec(d.db, S("UPDATE c SET n = n + 1 WHERE id = $1"), args + 1, 1, NULL, &d.e))
            db_rollback(d.db);
        else if (db_commit(d.db, &d.e))
            i++;
        CHECK(d.e.kind == ERR_NONE || d.e.kind == ERR_BUSY);
    }
    arena_free(d.mem);
    return NULL;
}

static void readers_see_whole_transactions(struct desk *d)
{
    struct job jobs[THREADS];
    write_one(d, "CREATE TABLE c (id BIGINT PRIMARY KEY, n BIGINT)");
    write_one(d, "INSERT INTO c VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0)");
    make_jobs(jobs, d->s, 60);
    run_threads(moving, jobs, sizeof jobs[0]);
}

/* ---- a commit that fails fails for all of its group -------------------------------------------------------------- */

static void *add_once(void *arg)
{
    struct job *j = arg;
    struct desk d;
    desk_init(&d, j->s);
    j->done = add_row(&d, j->id, 1, true);
    j->again = d.e.kind;
    arena_free(d.mem);
    return NULL;
}

/* The main thread holds the writer until all others queue; then the last call of all, the last commit, is made to fail. */
static int fail_a_group(struct desk *d)
{
    struct job jobs[THREADS];
    pthread_t  t[THREADS];
    int        failed = 0, kept = 0;
    make_jobs(jobs, d->s, 1);
    must(d, db_begin(d->s, TX_WRITE, "hold", &d->db, &d->e));
    int64_t calls = store_calls(d->s);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&t[i], NULL, add_once, &jobs[i]) == 0);
    while (store_calls(d->s) < calls + THREADS)
        usleep(1000);
    usleep(20000);
    store_fail_at(d->s, 1 + 2 * THREADS);
    db_commit(d->db, &d->e);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM t WHERE who = %d", i);
        assert_int_equal(number(d, sql), jobs[i].done);
        assert_true(jobs[i].done || jobs[i].again == ERR_INTERNAL);
        failed += !jobs[i].done;
        kept += (int)jobs[i].done;
    }
    assert_int_equal(failed + kept, THREADS);
    store_fail_at(d->s, 0);
    desk_clean(d);
    write_one(d, "DELETE FROM t");
    return failed;
}

static void a_failed_commit_fails_for_its_group(struct desk *d)
{
    int most = 0;
    write_one(d, "CREATE TABLE t (who BIGINT, n BIGINT)");
    for (int i = 0; i < 50 && most < THREADS; i++) {        /* a slow machine may split the group: then again */
        int failed = fail_a_group(d);
        assert_true(failed >= 1);
        most = failed > most ? failed : most;
    }
    print_message("%d of %d were told\n", most, THREADS);
    assert_true(most > 1);
}

/* A statement that fails in a way that ends the outer transaction (here: the file may not grow) fails for the members too. */
static void *add_big(void *arg)
{
    struct job *j = arg;
    struct desk d;
    desk_init(&d, j->s);
    must(&d, db_begin(d.s, TX_WRITE, "big", &d.db, &d.e));
    bool ok = db_exec(d.db, S("INSERT INTO t (who, n) SELECT 99, zeroblob(1000) FROM t a, t b, t c, t d"), NULL, 0, NULL, &d.e);
    CHECK(!ok && d.e.kind == ERR_FULL);
    db_rollback(d.db);
    arena_free(d.mem);
    return NULL;
}

static void no_space_is_told_to_the_group(struct desk *d)
{
    struct job job[2] = { { .s = d->s, .id = 1 }, { .s = d->s, .id = 2 } };
    pthread_t  t[2];
    write_one(d, "CREATE TABLE t (who BIGINT, n BIGINT)");
    write_one(d, "INSERT INTO t (who) WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 30) SELECT 0 FROM k");
    must(d, db_begin(d->s, TX_WRITE, "hold", &d->db, &d->e));
    must(d, db_exec(d->db, S("PRAGMA max_page_count = 200"), NULL, 0, NULL, &d->e));
    int64_t calls = store_calls(d->s);
    CHECK(pthread_create(&t[0], NULL, add_once, &job[0]) == 0);
    while (store_calls(d->s) < calls + 1)
        usleep(1000);
    usleep(20000);
    CHECK(pthread_create(&t[1], NULL, add_big, &job[1]) == 0);
    while (store_calls(d->s) < calls + 2)
        usleep(1000);
    usleep(20000);
    must(d, db_exec(d->db, S("INSERT INTO t (who) VALUES (77)"), NULL, 0, NULL, &d->e));
    bool ok = db_commit(d->db, &d->e);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    assert_int_equal(number(d, "SELECT count(*) FROM t WHERE who = 77"), ok);
    assert_int_equal(number(d, "SELECT count(*) FROM t WHERE who = 1"), job[0].done);
    assert_int_equal(number(d, "SELECT count(*) FROM t WHERE who = 99"), 0);
    assert_true(ok || d->e.kind == ERR_FULL);
    assert_true(job[0].done || job[0].again == ERR_FULL);
    desk_clean(d);
    must(d, db_begin(d->s, TX_WRITE, "heal", &d->db, &d->e));
    must(d, db_exec(d->db, S("PRAGMA max_page_count = 1000000"), NULL, 0, NULL, &d->e));
    must(d, db_commit(d->db, &d->e));
    write_one(d, "INSERT INTO t (who, n) SELECT 99, 1 FROM t a, t b");
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void who_waits_too_long_is_told_for_whom(struct desk *d)
{
    struct job  job = { .s = test_store_with(TEST_SQLITE, (struct store_options){ .readers = 1, .busy_timeout_ms = 60 }) };
    struct desk w;
    desk_init(&w, job.s);
    write_one(&w, "CREATE TABLE t (who BIGINT, n BIGINT)");
    must(&w, db_begin(w.s, TX_WRITE, "POST /slow", &w.db, &w.e));
    pthread_t t;
    pthread_create(&t, NULL, add_once, &job);
    pthread_join(t, NULL);
    assert_false(job.done);
    assert_int_equal(job.again, ERR_BUSY);
    struct db *other;
    assert_false(db_begin(w.s, TX_WRITE, "second", &other, &d->e));
    assert_int_equal(d->e.kind, ERR_BUSY);
    assert_true(str_find(d->e.detail, S("POST /slow")) >= 0);
    must(&w, db_commit(w.db, &w.e));
    desk_clean(d);
    must(&w, db_begin(w.s, TX_READ, "reader", &w.db, &w.e));
    assert_false(db_begin(w.s, TX_READ, "second", &other, &d->e));      /* one reader only */
    assert_int_equal(d->e.kind, ERR_BUSY);
    must(&w, db_commit(w.db, &w.e));
    assert_int_equal(number(&w, "SELECT count(*) FROM t"), 0);
    test_store_drop(w.s);
    arena_free(w.mem);
}

static void another_process_may_write(struct desk *d)
{
    struct store_options here = { .busy_timeout_ms = 80 };
    struct store        *s = test_store(TEST_SQLITE), *second;
    struct desk          a, b;
    test_store_where(s, &here);
    must(d, store_open(&here, &second, &d->e));
    desk_init(&a, s);
    desk_init(&b, second);
    write_one(&a, "CREATE TABLE t (who BIGINT, n BIGINT)");
    must(&a, db_begin(a.s, TX_WRITE, "first", &a.db, &a.e));
    assert_false(db_begin(b.s, TX_WRITE, "second", &b.db, &b.e));
    assert_int_equal(b.e.kind, ERR_BUSY);
    must(&a, db_commit(a.db, &a.e));
    desk_clean(&b);
    write_one(&b, "INSERT INTO t VALUES (1, 1)");
    assert_int_equal(number(&a, "SELECT count(*) FROM t"), 1);
    store_close(second);
    test_store_drop(s);
    arena_free(a.mem);
    arena_free(b.mem);
}

/* ---- killed in the middle ---------------------------------------------------------------------------------------- */

struct answered { int fd; struct store *s; int id; };

static void *write_and_answer(void *arg)
{
    struct answered *a = arg;
    struct desk      d;
    desk_init(&d, a->s);
    for (int i = 0;; i++, desk_clean(&d))
        if (add_row(&d, a->id, i, true)) {
            int64_t what[2] = { a->id, i };
            if (write(a->fd, what, sizeof what) != sizeof what)
                abort();
        }
    return NULL;
}

/* The child: this program again, with where and whom to answer. */
static int write_until_killed(char **arg)
{
    struct store_options where = { .sqlite_path = arg[0][0] ? arg[0] : NULL, .postgres_url = arg[0][0] ? NULL : arg[1], .schema = arg[2] };
    struct arena        *mem = arena_new(0);
    struct err           e;
    struct store        *s;
    struct answered      a[4];
    pthread_t            t;
    err_init(&e, mem, LANG_EN);
    if (!store_open(&where, &s, &e))
        return 1;
    for (int i = 0; i < 4; i++) {
        a[i] = (struct answered){ atoi(arg[3]), s, atoi(arg[4]) * 10 + i };
        if (pthread_create(&t, NULL, write_and_answer, &a[i]) != 0)
            return 1;
    }
    for (;;)
        pause();
}

static pid_t start_child(const struct store_options *where, int fd, int round)
{
    char fd_text[16], round_text[16];
    snprintf(fd_text, sizeof fd_text, "%d", fd);
    snprintf(round_text, sizeof round_text, "%d", round);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "child", where->sqlite_path ? where->sqlite_path : "", where->postgres_url ? where->postgres_url : "",
              where->schema ? where->schema : "", fd_text, round_text, (char *)NULL);
        _exit(1);
    }
    return child;
}

static void check_answered(struct desk *d, int fd)
{
    int64_t     what[2];
    struct rows r;
    int         n = 0;
    must(d, db_begin(d->s, TX_READ, "check", &d->db, &d->e));
    while (read(fd, what, sizeof what) == sizeof what) {
        struct value args[] = { v_int(what[0]), v_int(what[1]) };
        must(d, db_run(d->db, S("SELECT count(*) FROM t WHERE who = $1 AND n = $2"), args, 2, d->mem, &r, &d->e));
        assert_int_equal(r.cells[0].u.i, 1);
        n++;
    }
    must(d, db_commit(d->db, &d->e));
    print_message("%d answered\n", n);
}

static void what_was_answered_is_there(struct desk *d)
{
    struct store_options where = { 0 };
    write_one(d, "CREATE TABLE t (who BIGINT, n BIGINT)");
    write_one(d, "CREATE UNIQUE INDEX t_all ON t (who, n)");
    test_store_where(d->s, &where);
    for (int round = 0; round < 20; round++) {
        int ends[2], status;
        assert_int_equal(pipe(ends), 0);
        pid_t child = start_child(&where, ends[1], round);
        close(ends[1]);
        usleep((useconds_t)(20000 + rand() % 100000));
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        check_answered(d, ends[0]);
        close(ends[0]);
        write_one(d, "INSERT INTO t VALUES (-1, (SELECT count(*) FROM t))");
    }
    must(d, store_check(d->s, NULL, NULL, &d->e));
}

/* ---- servers that start at once ---------------------------------------------------------------------------------- */

static void *migrate_once(void *arg)
{
    static const struct migration steps[] = {
        { 1, "one", "CREATE TABLE m (x BIGINT); CREATE TABLE m2 (x BIGINT); INSERT INTO m VALUES (1)", NULL },
        { 2, "two", "INSERT INTO m VALUES (2); CREATE INDEX m_x ON m (x)", NULL },
    };
    struct job *j = arg;
    struct desk d;
    desk_init(&d, j->s);
    must(&d, store_migrate(d.s, steps, 2, &d.e));
    arena_free(d.mem);
    return NULL;
}

static void one_of_many_upgrades(struct desk *d)
{
    enum { SERVERS = 4 };
    struct store *more[SERVERS];
    struct job    jobs[THREADS];
    for (int i = 0; i < SERVERS; i++)
        more[i] = test_store_second(d->s);
    for (int i = 0; i < THREADS; i++)
        jobs[i] = (struct job){ .s = more[i % SERVERS] };
    run_threads(migrate_once, jobs, sizeof jobs[0]);
    assert_int_equal(number(d, "SELECT count(*) FROM m"), 2);
    assert_int_equal(number(d, "SELECT count(*) FROM q_schema"), 2);
    for (int i = 0; i < SERVERS; i++)
        store_close(more[i]);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void on(enum test_engine engine, void (*scenario)(struct desk *))
{
    struct store *s = test_store(engine);
    struct desk   d;
    if (!s)
        skip();
    desk_init(&d, s);
    scenario(&d);
    test_store_drop(s);
    arena_free(d.mem);
}

#define BOTH(X) X(counters_lose_no_update) X(rollbacks_touch_nobody_else) X(readers_see_whole_transactions) X(one_of_many_upgrades) X(what_was_answered_is_there)
#define SQLITE(X) X(a_failed_commit_fails_for_its_group) X(no_space_is_told_to_the_group) X(who_waits_too_long_is_told_for_whom) \
    X(another_process_may_write)

#define X(name) static void sqlite_##name(void **state) { (void)state; on(TEST_SQLITE, name); }
BOTH(X) SQLITE(X)
#undef X
#define X(name) static void postgres_##name(void **state) { (void)state; on(TEST_POSTGRES, name); }
BOTH(X)
#undef X

int main(int argc, char **argv)
{
    if (argc == 6)
        return write_until_killed(argv + 1);
    const struct CMUnitTest tests[] = {
#define X(name) cmocka_unit_test(sqlite_##name),
        BOTH(X) SQLITE(X)
#undef X
#define X(name) cmocka_unit_test(postgres_##name),
        BOTH(X)
#undef X
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
