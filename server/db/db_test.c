/* The door of db.h, the same scenarios on both engines. */
#include "db/testing.h"
#include "base/check.h"
#include "base/text.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct ctx { struct store *s; struct arena *mem; struct err e; struct db *db; };

static void must(struct ctx *c, bool ok)
{
    if (!ok)
        fail_msg("%.*s: %.*s", STR_ARG(c->e.message), STR_ARG(c->e.detail));
}

static void begin(struct ctx *c, enum tx_mode mode) { must(c, db_begin(c->s, mode, "test", &c->db, &c->e)); }
static void commit(struct ctx *c) { must(c, db_commit(c->db, &c->e)); }

static void exec(struct ctx *c, const char *sql, size_t n, const struct value *args)
{
    must(c, db_exec(c->db, str_of(sql), args, n, NULL, &c->e));
}

static void write_one(struct ctx *c, const char *sql, size_t n, const struct value *args)
{
    begin(c, TX_WRITE);
    exec(c, sql, n, args);
    commit(c);
}

static struct rows run(struct ctx *c, const char *sql, size_t n, const struct value *args)
{
    struct rows r;
    must(c, db_run(c->db, str_of(sql), args, n, c->mem, &r, &c->e));
    return r;
}

static int64_t number(struct ctx *c, const char *sql)
{
    begin(c, TX_READ);
    struct rows r = run(c, sql, 0, NULL);
    assert_int_equal(r.nrows, 1);
    assert_int_equal(r.cells[0].type, V_INT);
    commit(c);
    return r.cells[0].u.i;
}

static bool refused(struct ctx *c, enum err_kind kind, const char *sql, size_t n, const struct value *args)
{
    assert_false(db_exec(c->db, str_of(sql), args, n, NULL, &c->e));
    assert_int_equal(c->e.kind, kind);
    assert_true(c->e.message.n > 0);
    assert_true(c->e.detail.n > 0);
    return true;
}

static void make_table(struct ctx *c)
{
    char sql[300];
    snprintf(sql, sizeof sql, "CREATE TABLE t (id %s, code TEXT, n BIGINT, note TEXT)", store_dialect(c->s)->primary_key);
    write_one(c, sql, 0, NULL);
    write_one(c, "CREATE UNIQUE INDEX t_code ON t (code)", 0, NULL);
}

/* ---- scenarios --------------------------------------------------------------------------------------------------- */

static void values_come_back(struct ctx *c)
{
    make_table(c);
    dec   price;
    char  text[] = "渠道 \"x\" 'y' \\ %_ 🙂";
    assert_true(dec_parse(S("12.50"), &price));
    struct value args[] = { v_text(str_of(text)), v_int(INT64_MIN), v_text(S("")), v_bool(true), V_NONE, v_date(-3), v_time(INT64_MAX) };
    begin(c, TX_WRITE);
    struct rows r = run(c, "INSERT INTO t (code, n, note) VALUES ($1, $2, $3) RETURNING id, n", 3, args);
    assert_int_equal(r.nrows, 1);
    assert_int_equal(CELL(&r, 0, 0)->u.i, 1);
    assert_true(CELL(&r, 0, 1)->u.i == INT64_MIN);
    run(c, "INSERT INTO t (code, n, note) VALUES ($2, $3, $1)", 3, (struct value[]){ args[4], args[4], args[6] });
    int64_t changed = -1;
    must(c, db_exec(c->db, S("UPDATE t SET n = coalesce(n, 0)"), NULL, 0, &changed, &c->e));
    assert_int_equal(changed, 2);
    must(c, db_exec(c->db, S("UPDATE t SET n = $1 WHERE id = $2"), (struct value[]){ args[5], v_int(99) }, 2, &changed, &c->e));
    assert_int_equal(changed, 0);
    commit(c);
    begin(c, TX_READ);
    r = run(c, "SELECT code, n, note FROM t ORDER BY id", 0, NULL);
    assert_int_equal(r.nrows, 2);
    assert_int_equal(r.ncols, 3);
    assert_true(str_eqz(CELL(&r, 0, 0)->u.s, text));
    assert_true(CELL(&r, 0, 1)->u.i == INT64_MIN);
    assert_int_equal(CELL(&r, 0, 2)->type, V_TEXT);
    assert_int_equal(CELL(&r, 0, 2)->u.s.n, 0);
    assert_int_equal(CELL(&r, 1, 0)->type, V_NULL);
    assert_true(CELL(&r, 1, 1)->u.i == INT64_MAX);
    r = run(c, "SELECT id FROM t WHERE id = 12345", 0, NULL);
    assert_int_equal(r.nrows, 0);
    assert_int_equal(r.ncols, 1);
    r = run(c, "SELECT sum(n) FROM t WHERE id > 5", 0, NULL);
    assert_int_equal(r.cells[0].type, V_NULL);
    r = run(c, "SELECT count(*) FILTER (WHERE n > 0), max(n) FROM t", 0, NULL);
    assert_int_equal(r.cells[0].u.i, 1);
    commit(c);
}

static void many_rows_in_one_result(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    for (int i = 0; i < 1000; i++)
        exec(c, "INSERT INTO t (code, n) VALUES ($1, $2)", 2,
             (struct value[]){ v_text(str_printf(c->mem, "code %d", i)), v_int(i) });
    commit(c);
    begin(c, TX_READ);
    struct rows r = run(c, "SELECT n, code FROM t WHERE n >= $1 ORDER BY n", 1, (struct value[]){ v_int(0) });
    assert_int_equal(r.nrows, 1000);
    for (size_t i = 0; i < r.nrows; i++) {
        assert_int_equal(CELL(&r, i, 0)->u.i, i);
        assert_true(str_eq(CELL(&r, i, 1)->u.s, str_printf(c->mem, "code %zu", i)));
    }
    commit(c);
}

/* The same text first with null, then with other types: what a null was taken for must not stick. */
static void types_of_arguments_may_change(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    const char *sql = "INSERT INTO t (code, n) VALUES ($1, coalesce($2, 7)) RETURNING n";
    struct rows r = run(c, sql, 2, (struct value[]){ v_text(S("a")), V_NONE });
    assert_int_equal(r.cells[0].u.i, 7);
    r = run(c, sql, 2, (struct value[]){ V_NONE, v_int(5000000000) });
    assert_int_equal(r.cells[0].u.i, 5000000000);
    r = run(c, sql, 2, (struct value[]){ v_text(S("b")), v_int(-1) });
    assert_int_equal(r.cells[0].u.i, -1);
    r = run(c, "SELECT count(*) FROM t WHERE CAST($1 AS BIGINT) IS NULL OR n = $1", 1, (struct value[]){ V_NONE });
    assert_int_equal(r.cells[0].u.i, 3);
    r = run(c, "SELECT count(*) FROM t WHERE CAST($1 AS BIGINT) IS NULL OR n = $1", 1, (struct value[]){ v_int(-1) });
    assert_int_equal(r.cells[0].u.i, 1);
    r = run(c, "SELECT count(*) FROM t WHERE code = $2 AND n = $1", 2, (struct value[]){ v_int(-1), v_text(S("b")) });
    assert_int_equal(r.cells[0].u.i, 1);
    commit(c);
}

static void rollback_leaves_no_trace(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    exec(c, "INSERT INTO t (code) VALUES ('x')", 0, NULL);
    db_rollback(c->db);
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 0);
}

static void unique_names_the_index(struct ctx *c)
{
    make_table(c);
    write_one(c, "CREATE UNIQUE INDEX t_pair ON t (n, note)", 0, NULL);
    write_one(c, "CREATE UNIQUE INDEX t_low ON t (lower(note)) WHERE n > 100", 0, NULL);
    write_one(c, "INSERT INTO t (code, n, note) VALUES ('a', 1, 'x'), ('b', 200, 'Y')", 0, NULL);
    static const struct { const char *sql, *name; } rows[] = {
        { "INSERT INTO t (code) VALUES ('a')", "t_code" },
        { "UPDATE t SET code = 'a' WHERE code = 'b'", "t_code" },
        { "INSERT INTO t (n, note) VALUES (1, 'x')", "t_pair" },
        { "INSERT INTO t (n, note) VALUES (300, 'y')", "t_low" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(c, TX_WRITE);
        refused(c, ERR_CONFLICT, rows[i].sql, 0, NULL);
        assert_true(str_eqz(db_conflict_name(&c->e), rows[i].name));
        db_rollback(c->db);
        err_clear(&c->e);
    }
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 2);
}

static void after_a_failure_only_rollback(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    exec(c, "INSERT INTO t (code) VALUES ('a')", 0, NULL);
    refused(c, ERR_CONFLICT, "INSERT INTO t (code) VALUES ('a')", 0, NULL);
    str first = c->e.message;
    err_clear(&c->e);
    refused(c, ERR_CONFLICT, "INSERT INTO t (code) VALUES ('b')", 0, NULL);
    assert_true(str_eq(first, c->e.message));
    err_clear(&c->e);
    assert_false(db_save(c->db, &c->e));
    err_clear(&c->e);
    assert_false(db_commit(c->db, &c->e));
    assert_int_equal(c->e.kind, ERR_CONFLICT);
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 0);
}

static void one_row_of_a_batch_may_fail(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    for (int i = 0; i < 10; i++) {
        must(c, db_save(c->db, &c->e));
        struct value code = v_text(str_printf(c->mem, "%d", i % 7));
        exec(c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
        if (db_exec(c->db, S("INSERT INTO t (code, n) VALUES ($1, 2)"), &code, 1, NULL, &c->e))
            must(c, db_release(c->db, &c->e));
        else
            db_undo(c->db);
    }
    must(c, db_save(c->db, &c->e));             /* nested */
    exec(c, "INSERT INTO t (n) VALUES (3)", 0, NULL);
    must(c, db_save(c->db, &c->e));
    exec(c, "INSERT INTO t (n) VALUES (4)", 0, NULL);
    db_undo(c->db);
    must(c, db_release(c->db, &c->e));
    commit(c);
    assert_int_equal(number(c, "SELECT count(*) FROM t WHERE n = 1"), 7);
    assert_int_equal(number(c, "SELECT count(*) FROM t WHERE n = 2"), 7);
    assert_int_equal(number(c, "SELECT count(*) FROM t WHERE n > 2"), 1);
}

static void bad_text_is_refused_alike(struct ctx *c)
{
    static const str bad[] = { S_INIT("a\0b"), S_INIT("\0"), S_INIT("longer than eight \0"), S_INIT("\xC0\xAF"),
                               S_INIT("abc\xED\xA0\x80"), S_INIT("\xF5\x80\x80\x80"), S_INIT("12345678\xFF") };
    make_table(c);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct value v = v_text(bad[i]);
        begin(c, TX_WRITE);
        refused(c, ERR_INVALID, "INSERT INTO t (code) VALUES ($1)", 1, &v);
        db_rollback(c->db);
        err_clear(&c->e);
    }
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 0);
}

static void bad_sql_is_our_fault(struct ctx *c)
{
    static const char *const bad[] = { "SELEC 1", "SELECT * FROM nowhere", "SELECT 1; SELECT 2", "SELECT $1", "" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(c, TX_WRITE);
        refused(c, ERR_INTERNAL, bad[i], 0, NULL);
        db_rollback(c->db);
        err_clear(&c->e);
    }
}

static void readers_do_not_write(struct ctx *c)
{
    make_table(c);
    begin(c, TX_READ);
    assert_false(db_exec(c->db, S("INSERT INTO t (code) VALUES ('a')"), NULL, 0, NULL, &c->e));
    db_rollback(c->db);
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 0);
}

static void a_reader_sees_one_moment(struct ctx *c)
{
    make_table(c);
    write_one(c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    struct ctx r = *c;
    begin(&r, TX_READ);
    assert_int_equal(run(&r, "SELECT count(*) FROM t", 0, NULL).cells[0].u.i, 1);
    write_one(c, "INSERT INTO t (n) VALUES (2)", 0, NULL);
    assert_int_equal(run(&r, "SELECT count(*) FROM t", 0, NULL).cells[0].u.i, 1);
    commit(&r);
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 2);
}

static void cursors_give_all_rows(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    exec(c, "INSERT INTO t (n, note) WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 5000) "
            "SELECT i, 'note ' || i FROM k", 0, NULL);
    commit(c);
    const struct value *cells;
    struct cursor      *k, *k2;
    int64_t             next = 11;
    struct value        from = v_int(10);
    begin(c, TX_READ);
    must(c, db_open(c->db, S("SELECT n, note FROM t WHERE n > $1 ORDER BY n"), &from, 1, &k, &c->e));
    from = v_int(4990);                 /* arguments were copied */
    while (db_step(k, &cells)) {
        assert_int_equal(cells[0].u.i, next++);
        if (next == 100) {              /* another cursor and other statements beside it */
            must(c, db_open(c->db, S("SELECT n FROM t WHERE n > $1"), &from, 1, &k2, &c->e));
            int n = 0;
            while (db_step(k2, &cells))
                n++;
            assert_false(db_step(k2, &cells));
            must(c, db_close(k2, &c->e));
            assert_int_equal(n, 10);
            assert_int_equal(run(c, "SELECT count(*) FROM t", 0, NULL).cells[0].u.i, 5000);
        }
    }
    must(c, db_close(k, &c->e));
    assert_int_equal(next, 5001);
    must(c, db_open(c->db, S("SELECT n, note FROM t WHERE n > $1 ORDER BY n"), &from, 1, &k, &c->e));
    assert_true(db_step(k, &cells));
    must(c, db_close(k, &c->e));        /* given up half-way */
    must(c, db_open(c->db, S("SELECT n, note FROM t WHERE n > $1 ORDER BY n"), &from, 1, &k, &c->e));
    assert_true(db_step(k, &cells));
    db_rollback(c->db);                 /* closes it */
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 5000);
}

static void a_cursor_that_fails_says_so(struct ctx *c)
{
    make_table(c);
    write_one(c, "INSERT INTO t (n) VALUES (1), (-2), (-9223372036854775807 - 1)", 0, NULL);
    const struct value *cells;
    struct cursor      *k;
    begin(c, TX_READ);
    must(c, db_open(c->db, S("SELECT abs(n) FROM t ORDER BY id"), NULL, 0, &k, &c->e));
    while (db_step(k, &cells))
        continue;
    assert_false(db_close(k, &c->e));
    assert_int_equal(c->e.kind, ERR_INVALID);
    db_rollback(c->db);
}

/* A jump out of an arena while rows arrive: only db_rollback is called afterwards. */
static void an_arena_may_jump_out(struct ctx *c)
{
    make_table(c);
    begin(c, TX_WRITE);
    for (int i = 0; i < 300; i++)
        exec(c, "INSERT INTO t (n, note) VALUES ($1, 'a note of some length to fill the memory of a small arena')", 1, (struct value[]){ v_int(i) });
    commit(c);
    for (int write = 0; write < 2; write++) {
        struct arena *volatile small = arena_new(32 * 1024);
        jmp_buf       guard;
        begin(c, write ? TX_WRITE : TX_READ);
        if (setjmp(guard) == 0) {
            struct rows r;
            arena_guard(small, &guard);
            db_run(c->db, S("SELECT * FROM t"), NULL, 0, small, &r, &c->e);
            fail_msg("the arena did not jump");
        }
        db_rollback(c->db);
        arena_free(small);
        assert_int_equal(number(c, "SELECT count(*) FROM t"), 300);
    }
    write_one(c, "DELETE FROM t", 0, NULL);
}

static const char endless[] = "WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 1000000000) SELECT count(*) FROM k";

static void deadlines_stop_statements(struct ctx *c)
{
    make_table(c);
    for (int write = 0; write < 2; write++) {
        struct rows r;
        begin(c, write ? TX_WRITE : TX_READ);
        db_deadline(c->db, 50);
        assert_false(db_run(c->db, str_of(endless), NULL, 0, c->mem, &r, &c->e));
        assert_int_equal(c->e.kind, ERR_LIMIT);
        db_rollback(c->db);
        err_clear(&c->e);
    }
    begin(c, TX_READ);
    db_deadline(c->db, 5000);
    run(c, "SELECT count(*) FROM t", 0, NULL);
    db_deadline(c->db, 0);
    commit(c);
}

static void *stop_soon(void *db)
{
    usleep(50000);
    db_deadline(db, 1);
    return NULL;
}

static void another_thread_stops_a_statement(struct ctx *c)
{
    pthread_t   t;
    struct rows r;
    begin(c, TX_READ);
    pthread_create(&t, NULL, stop_soon, c->db);
    assert_false(db_run(c->db, str_of(endless), NULL, 0, c->mem, &r, &c->e));
    assert_int_equal(c->e.kind, ERR_LIMIT);
    pthread_join(t, NULL);
    db_rollback(c->db);
}

/* More texts than are kept: each still gives its own answer, old ones again after new ones. */
static void statements_are_forgotten_safely(struct ctx *c)
{
    begin(c, TX_READ);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 450; i++) {
            char sql[64];
            snprintf(sql, sizeof sql, "SELECT %d + $1", i);
            struct rows r = run(c, sql, 1, (struct value[]){ v_int(round) });
            assert_int_equal(r.cells[0].u.i, i + round);
        }
    commit(c);
}

static void statements_survive_new_columns(struct ctx *c)
{
    make_table(c);
    write_one(c, "INSERT INTO t (code, n) VALUES ('a', 1)", 0, NULL);
    for (int i = 0; i < 4; i++) {
        begin(c, TX_WRITE);
        struct rows r = run(c, "SELECT * FROM t WHERE code = $1", 1, (struct value[]){ v_text(S("a")) });
        assert_int_equal(r.ncols, 4 + i);
        commit(c);
        begin(c, TX_READ);
        r = run(c, "SELECT * FROM t WHERE code = $1", 1, (struct value[]){ v_text(S("a")) });
        assert_int_equal(r.ncols, 4 + i);
        commit(c);
        char sql[64];
        snprintf(sql, sizeof sql, "ALTER TABLE t ADD COLUMN c%d BIGINT", i);
        write_one(c, sql, 0, NULL);
    }
}

static void ids_are_never_used_again(struct ctx *c)
{
    make_table(c);
    for (int i = 1; i <= 3; i++) {
        begin(c, TX_WRITE);
        assert_int_equal(run(c, "INSERT INTO t (n) VALUES (1) RETURNING id", 0, NULL).cells[0].u.i, i);
        exec(c, "DELETE FROM t", 0, NULL);
        commit(c);
    }
}

static void like_knows_case(struct ctx *c)
{
    begin(c, TX_READ);
    assert_int_equal(run(c, "SELECT CASE WHEN 'abc' LIKE 'a%' THEN 1 ELSE 0 END", 0, NULL).cells[0].u.i, 1);
    assert_int_equal(run(c, "SELECT CASE WHEN 'abc' LIKE 'A%' THEN 1 ELSE 0 END", 0, NULL).cells[0].u.i, 0);
    assert_int_equal(run(c, "SELECT CASE WHEN 'a%c' LIKE 'a~%c' ESCAPE '~' THEN 1 ELSE 0 END", 0, NULL).cells[0].u.i, 1);
    commit(c);
}

static int by_people(const void *a, const void *b) { return text_collate(*(const str *)a, *(const str *)b); }

/* Chinese by pinyin, Latin with and without accents, digits, signs, scripts: ORDER BY says the same as text_collate. */
static void people_order_alike(struct ctx *c)
{
    static const char *const words[] = {
        "上海分公司", "北京分公司", "重庆", "长沙", "长春", "阿里", "安徽", "张三", "张四", "李四", "单于", "曾经", "赵", "钱", "孙", "行", "银行",
        "apple", "Apple", "APPLE", "äpfel", "Äpfel", "apfel", "résumé", "resume", "Resume", "zebra", "Zebra", "ß", "ss", "œuvre", "oeuvre",
        "1", "2", "10", "010", "A1", "A10", "A2", "Ａ股", "A股", "a-b", "ab", "a b", "a_b", "", " ", "-", "%", "中文 abc", "中文abc", "中文ABC",
        "пример", "Пример", "ひらがな", "カタカナ", "한국", "🙂", "𠀀", "㐀", "（有限）", "(有限)", "е", "e", "e\xCC\x81", "\xC3\xA9",
    };
    enum { N = sizeof words / sizeof words[0] };
    char sql[200];
    str  sorted[N];
    make_table(c);
    begin(c, TX_WRITE);
    for (size_t i = 0; i < N; i++) {
        sorted[i] = str_of(words[i]);
        exec(c, "INSERT INTO t (note) VALUES ($1)", 1, (struct value[]){ v_text(sorted[i]) });
    }
    commit(c);
    qsort(sorted, N, sizeof sorted[0], by_people);
    snprintf(sql, sizeof sql, "SELECT note FROM t ORDER BY note COLLATE %s, id", store_dialect(c->s)->text_order);
    begin(c, TX_READ);
    struct rows r = run(c, sql, 0, NULL);
    assert_int_equal(r.nrows, N);
    for (size_t i = 0; i < N; i++)
        if (!str_eq(r.cells[i].u.s, sorted[i]))
            fail_msg("place %zu: %.*s, text_collate has %.*s", i, STR_ARG(r.cells[i].u.s), STR_ARG(sorted[i]));
    snprintf(sql, sizeof sql, "SELECT note FROM t ORDER BY note COLLATE %s", store_dialect(c->s)->byte_order);
    r = run(c, sql, 0, NULL);
    for (size_t i = 1; i < N; i++)
        assert_true(str_cmp(r.cells[i - 1].u.s, r.cells[i].u.s) < 0);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM t WHERE note COLLATE %s = 'resume'", store_dialect(c->s)->text_order);
    assert_int_equal(run(c, sql, 0, NULL).cells[0].u.i, 1);     /* equal means the same bytes */
    commit(c);
}

static void faults_strike_once(struct ctx *c)
{
    make_table(c);
    int64_t calls = store_calls(c->s);
    write_one(c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    assert_int_equal(store_calls(c->s) - calls, 3);
    for (int n = 1;; n++) {                     /* the house's way: fail the n-th call until all is well */
        store_fail_at(c->s, n);
        err_clear(&c->e);
        bool ok = db_begin(c->s, TX_WRITE, "test", &c->db, &c->e);
        if (ok) {
            ok = db_save(c->db, &c->e) && db_exec(c->db, S("INSERT INTO t (n) VALUES (2)"), NULL, 0, NULL, &c->e) &&
                 db_release(c->db, &c->e);
            if (ok)
                ok = db_commit(c->db, &c->e);
            else {
                if (n == 3)
                    db_undo(c->db);
                db_rollback(c->db);
            }
        }
        store_fail_at(c->s, 0);
        if (ok) {
            assert_int_equal(n, 6);
            break;
        }
        assert_int_equal(c->e.kind, ERR_INTERNAL);
        assert_int_equal(number(c, "SELECT count(*) FROM t"), 1);
    }
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 2);
    begin(c, TX_READ);
    struct cursor      *k;
    const struct value *cells;
    must(c, db_open(c->db, S("SELECT n FROM t"), NULL, 0, &k, &c->e));
    store_fail_at(c->s, 1);
    while (db_step(k, &cells))
        continue;
    assert_false(db_close(k, &c->e));
    db_rollback(c->db);
}

static void *commit_soon(void *arg)
{
    struct ctx c = *(struct ctx *)arg;
    c.mem = arena_new(0);
    err_init(&c.e, c.mem, LANG_EN);
    usleep(50000);
    write_one(&c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    arena_free(c.mem);
    return NULL;
}

static void commits_wake_who_waits(struct ctx *c)
{
    make_table(c);
    pthread_t t;
    int64_t   seen = db_last_commit(c->s);
    assert_false(db_wait_commit(c->s, seen, 30));
    pthread_create(&t, NULL, commit_soon, c);
    assert_true(db_wait_commit(c->s, seen, 10000));
    pthread_join(t, NULL);
    assert_true(db_last_commit(c->s) > seen);
    seen = db_last_commit(c->s);
    number(c, "SELECT count(*) FROM t");
    begin(c, TX_WRITE);
    db_rollback(c->db);
    assert_int_equal(db_last_commit(c->s), seen);
}

static void migrations_apply_once(struct ctx *c)
{
    static const struct migration steps[] = {
        { 1, "one", "CREATE TABLE a (x BIGINT); CREATE INDEX a_x ON a (x); INSERT INTO a VALUES (1);", NULL },
        { 3, "three", "CREATE TABLE b (x TEXT COLLATE q_people)", NULL },
        { 4, "four", "INSERT INTO a VALUES (4); SELECT broken", NULL },
        { 4, "four", "INSERT INTO a VALUES (2)", NULL },
    };
    must(c, store_migrate(c->s, steps, 1, &c->e));
    must(c, store_migrate(c->s, steps, 1, &c->e));
    assert_int_equal(number(c, "SELECT count(*) FROM a"), 1);
    assert_false(store_migrate(c->s, steps, 3, &c->e));
    err_clear(&c->e);
    assert_int_equal(number(c, "SELECT count(*) FROM a"), 1);       /* nothing of the failed step */
    assert_int_equal(number(c, "SELECT max(version) FROM q_schema"), 1);
    struct migration good[] = { steps[0], steps[1], steps[3] };
    must(c, store_migrate(c->s, good, 3, &c->e));
    must(c, store_migrate(c->s, good, 3, &c->e));
    assert_int_equal(number(c, "SELECT count(*) FROM a"), 2);
    assert_int_equal(number(c, "SELECT count(*) FROM q_schema"), 3);
    assert_false(store_migrate(c->s, steps, 1, &c->e));             /* an older program */
    assert_int_equal(c->e.kind, ERR_CONFLICT);
    assert_int_equal(number(c, "SELECT max(version) FROM q_schema"), 4);
}

static void a_second_server_sees_the_same(struct ctx *c)
{
    make_table(c);
    struct ctx other = *c;
    other.s = test_store_second(c->s);
    write_one(&other, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    assert_int_equal(number(c, "SELECT count(*) FROM t"), 1);
    write_one(c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    assert_int_equal(number(&other, "SELECT count(*) FROM t"), 2);
    store_close(other.s);
}

static void say_nothing(void *arg, str line) { (void)arg; print_message("%.*s\n", STR_ARG(line)); }

static void a_sound_database_passes_the_check(struct ctx *c)
{
    make_table(c);
    write_one(c, "INSERT INTO t (n) VALUES (1)", 0, NULL);
    must(c, store_check(c->s, say_nothing, NULL, &c->e));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define SCENARIOS(X)                                                                                        \
    X(values_come_back) X(many_rows_in_one_result) X(types_of_arguments_may_change) X(rollback_leaves_no_trace) \
    X(unique_names_the_index) X(after_a_failure_only_rollback) X(one_row_of_a_batch_may_fail)                 \
    X(bad_text_is_refused_alike) X(bad_sql_is_our_fault) X(readers_do_not_write) X(a_reader_sees_one_moment)  \
    X(cursors_give_all_rows) X(a_cursor_that_fails_says_so) X(an_arena_may_jump_out) X(deadlines_stop_statements) \
    X(another_thread_stops_a_statement) X(statements_are_forgotten_safely) X(statements_survive_new_columns)  \
    X(ids_are_never_used_again) X(like_knows_case) X(people_order_alike) X(faults_strike_once) X(commits_wake_who_waits)            \
    X(migrations_apply_once) X(a_second_server_sees_the_same) X(a_sound_database_passes_the_check)

static void on(enum test_engine engine, void (*scenario)(struct ctx *))
{
    struct ctx c = { .s = test_store(engine) };
    if (!c.s)
        skip();
    c.mem = arena_new(0);
    err_init(&c.e, c.mem, LANG_EN);
    scenario(&c);
    test_store_drop(c.s);
    arena_free(c.mem);
}

#define X(name)                                                                                             \
    static void sqlite_##name(void **state) { (void)state; on(TEST_SQLITE, name); }                         \
    static void postgres_##name(void **state) { (void)state; on(TEST_POSTGRES, name); }
SCENARIOS(X)
#undef X

int main(void)
{
    const struct CMUnitTest tests[] = {
#define X(name) cmocka_unit_test(sqlite_##name),
        SCENARIOS(X)
#undef X
#define X(name) cmocka_unit_test(postgres_##name),
        SCENARIOS(X)
#undef X
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
