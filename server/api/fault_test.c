/* fault_test: requests of a workspace's life, each sent again and again while the first, second, third … database call of it
 * fails, until it gets through; on both databases.  After each failure the answer is a problem in words and the database is to the last
 * cell what it was before.  After each success everything that is stored twice agrees with what it is made from. */
#include "api/api.h"
#include "api/import_jobs.h"
#include "api/workspace.h"
#include "auth/auth.h"
#include "auth/token.h"
#include "base/hash.h"
#include "db/testing.h"
#include "exchange/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct house {
    struct store    *store;
    struct app       app;
    struct arena    *mem, *desk;
    char             token[128];
    struct reply     answer;            /* on the desk */
    int64_t          faults;
};

/* ---- the whole database as text ------------------------------------------------------------------------------------ */

static struct rows all(struct db *db, struct arena *mem, const char *sql)
{
    struct rows r;
    struct err  e;
    err_init(&e, mem, LANG_EN);
    if (!db_run(db, str_of(sql), NULL, 0, mem, &r, &e))
        fail_msg("%s: " STR_FMT, sql, STR_ARG(e.detail));
    return r;
}

static bool is_sqlite(const struct house *h) { return !strcmp(store_dialect(h->store)->name, "sqlite"); }

/* Tables with an expression that is a whole row as text. */
static const char tables_sqlite[] =
    "SELECT m.name, (SELECT group_concat('quote(\"' || p.name || '\")', '||'',''||') FROM pragma_table_info(m.name) p)"
    " FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY 1";
static const char tables_postgres[] =
    "SELECT CAST(table_name AS TEXT), 'CAST(t AS TEXT)' FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1";
static const char shape_sqlite[] = "SELECT name || ' ' || COALESCE(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY 1";
static const char shape_postgres[] =
    "SELECT CAST(table_name || '.' || column_name || ' ' || data_type AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema()"
    " UNION ALL SELECT CAST(indexdef AS TEXT) FROM pg_indexes WHERE schemaname = current_schema()"
    " UNION ALL SELECT CAST(viewname || definition AS TEXT) FROM pg_views WHERE schemaname = current_schema() ORDER BY 1";

/* only: LIKE pattern of tables. */
static str dump(struct house *h, struct db *db, struct arena *mem, const char *only)
{
    struct buf  b;
    struct rows shape = all(db, mem, is_sqlite(h) ? shape_sqlite : shape_postgres);
    struct rows tables = all(db, mem, is_sqlite(h) ? tables_sqlite : tables_postgres);
    buf_init(&b, mem);
    for (size_t i = 0; i < shape.nrows; i++)
        buf_printf(&b, STR_FMT "\n", STR_ARG(CELL(&shape, i, 0)->u.s));
    for (size_t i = 0; i < tables.nrows; i++) {
        str         name = CELL(&tables, i, 0)->u.s;
        struct rows r = all(db, mem, str_printf(mem, "SELECT " STR_FMT " FROM \"" STR_FMT "\" t WHERE '" STR_FMT "' LIKE '%s' ORDER BY 1",
                                                   STR_ARG(CELL(&tables, i, 1)->u.s), STR_ARG(name), STR_ARG(name), only).p);
        for (size_t k = 0; k < r.nrows; k++)
            buf_printf(&b, STR_FMT ": " STR_FMT "\n", STR_ARG(name), STR_ARG(CELL(&r, k, 0)->u.s));
    }
    return buf_str(&b);
}

static void assert_same(const char *when, str was, str is)
{
    str a, b;
    while (str_cut(&was, '\n', &a)) {
        if (!str_cut(&is, '\n', &b))
            b = S("(nothing)");
        if (!str_eq(a, b))
            fail_msg("%s:\nwas " STR_FMT "\nis  " STR_FMT, when, STR_ARG(a), STR_ARG(b));
    }
    assert_int_equal(is.n, 0);
}

static struct db *open_db(struct house *h, enum tx_mode mode)
{
    struct err e;
    struct db *db;
    err_init(&e, h->mem, LANG_EN);
    if (!db_begin(h->store, mode, "test", &db, &e))
        fail_msg("begin: " STR_FMT, STR_ARG(e.detail));
    return db;
}

static str state_now(struct house *h, struct arena *mem)
{
    struct db *db = open_db(h, TX_READ);
    str        s = dump(h, db, mem, "%");
    db_rollback(db);
    return s;
}

/* ---- what is stored twice ------------------------------------------------------------------------------------------ */

static void rebuild(struct ctx *c, const struct module *m)
{
    struct rows r = all(c->db, c->mem, str_printf(c->mem, "SELECT id, version FROM " STR_FMT, STR_ARG(m->table)).p);
    for (size_t i = 0; i < r.nrows; i++) {
        int64_t       id = CELL(&r, i, 0)->u.i;
        struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
        bool          found;
        assert_true(row_load(c, m, id, v, &found) && found && search_write(c, m, id, NULL, v));
        struct rows last = all(c->db, c->mem, str_printf(c->mem, "SELECT MAX(version), SUM(CASE WHEN op = 'create' THEN 1 ELSE 0 END)"
                                                                    " FROM q_change WHERE module = %lld AND record = %lld", (long long)m->id, (long long)id).p);
        if (CELL(&last, 0, 0)->u.i != CELL(&r, i, 1)->u.i || CELL(&last, 0, 1)->u.i != 1)
            fail_msg(STR_FMT " %lld: version %lld, history says %lld", STR_ARG(m->name), (long long)id, (long long)CELL(&r, i, 1)->u.i,
                     (long long)CELL(&last, 0, 0)->u.i);
    }
    assert_true(rec_recompute(c, m));
}

/* Makes search rows and computed fields again, out of the records alone: nothing may change. */
static void assert_agrees(struct house *h, const char *when)
{
    struct arena *mem = arena_new(0);
    struct actor  system = { .system = true, .active = true };
    struct db    *db = open_db(h, TX_WRITE);
    str           before = dump(h, db, mem, "%");
    struct ctx    c = { .mem = mem, .db = db, .actor = &system, .now = instant_now(), .way = "test" };
    err_init(&c.err, mem, LANG_EN);
    struct rows version = all(db, mem, "SELECT value FROM q_version WHERE name = 'catalog'");
    assert_true(catalog_pin(h->app.catalogs, db, CELL(&version, 0, 0)->u.i, &c.cat, &c.err));
    all(db, mem, "DELETE FROM q_search");
    for (size_t i = 0; i < c.cat->nmodules; i++)
        rebuild(&c, &c.cat->modules[i]);
    assert_same(when, before, dump(h, db, mem, "%"));
    assert_int_equal(all(db, mem, "SELECT 1 FROM q_link WHERE field NOT IN (SELECT id FROM q_config)").nrows, 0);
    catalog_unpin(h->app.catalogs, c.cat);
    db_rollback(db);
    arena_free(mem);
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

struct step { const char *method, *path, *body, *key; int status; };

/* <bill.2> becomes the id of the second bill: ids have gaps where work was rolled back. */
static str with_ids(struct house *h, struct arena *mem, const char *text)
{
    struct buf b;
    str        rest = str_of(text ? text : ""), name, at, before;
    int64_t    nth;
    buf_init(&b, mem);
    while (str_chr(rest, '<') >= 0) {
        str_cut(&rest, '<', &before);
        assert_true(str_cut(&rest, '.', &name) && str_cut(&rest, '>', &at) && str_to_i64(at, &nth));
        struct db  *db = open_db(h, TX_READ);
        struct rows m = all(db, mem, str_printf(mem, "SELECT id FROM q_config WHERE kind = 'module' AND name = '" STR_FMT "'", STR_ARG(name)).p);
        struct rows r = all(db, mem, str_printf(mem, "SELECT id FROM m%lld ORDER BY id", (long long)CELL(&m, 0, 0)->u.i).p);
        db_rollback(db);
        assert_true((size_t)nth <= r.nrows);
        buf_printf(&b, STR_FMT "%lld", STR_ARG(before), (long long)CELL(&r, (size_t)nth - 1, 0)->u.i);
    }
    buf_put(&b, rest);
    return buf_str(&b);
}

static int request(struct house *h, const struct step *s, str path, str body)
{
    struct http_header headers[] = {
        { S("authorization"), str_of(h->token) }, { S("content-type"), S("application/json") }, { S("idempotency-key"), str_of(s->key ? s->key : "") },
    };
    str query = STR_NONE;
    if (str_chr(path, '?') >= 0) {
        query = str_sub(path, (size_t)str_chr(path, '?') + 1, path.n);
        path = str_sub(path, 0, (size_t)str_chr(path, '?'));
    }
    arena_reset(h->desk);
    struct request rq = {
        .mem = h->desk, .method = str_of(s->method), .path = str_cat(h->desk, S("/api/v1"), path), .query = query, .body = body, .body_file = -1, .body_size = body.n, .headers = headers, .nheaders = s->key ? 3 : 2, .trace = S("t"), .now = instant_now(),
    };
    h->answer = (struct reply){ 0 };
    api_handle(&h->app, &rq, &h->answer);
    return h->answer.status;
}

static void assert_words(const struct house *h, const struct step *s, int64_t n)
{
    struct json *j;
    struct err   e;
    err_init(&e, h->desk, LANG_EN);
    if (h->answer.status < 500 || h->answer.status > 507 || !str_eqz(h->answer.type, "application/problem+json"))
        fail_msg("%s %s, call %lld: %d " STR_FMT, s->method, s->path, (long long)n, h->answer.status, STR_ARG(h->answer.body));
    assert_true(json_parse(h->desk, h->answer.body, &j, &e));
    assert_true(json_str(j, "title").n > 20);
    assert_true(str_find(h->answer.body, S("injected")) < 0);      /* that is for the log */
}

/* Kept, and only reading it for the answer failed: then the answer is the id alone. */
static bool answer_lost(const struct house *h, const struct step *s)
{
    return h->answer.status == s->status && s->status == 201 && str_starts(h->answer.body, S("{\"id\":")) && h->answer.body.n < 20;
}

/* Until it gets through. */
static void insist(struct house *h, const struct step *s)
{
    struct arena *mem = arena_new(0);
    str           before = state_now(h, mem), path = with_ids(h, mem, s->path), body = with_ids(h, mem, s->body);
    for (int64_t n = 1;; n++) {
        store_fail_at(h->store, n);
        int64_t called = store_calls(h->store);
        int     status = request(h, s, path, body);
        bool    hit = store_calls(h->store) - called >= n;
        store_fail_at(h->store, 0);
        if (!hit && status != s->status)
            fail_msg("%s %s: %d " STR_FMT, s->method, s->path, status, STR_ARG(h->answer.body));
        h->faults += hit;
        if (!hit || answer_lost(h, s))
            break;
        assert_words(h, s, n);
        arena_mark here = arena_here(mem);
        char       when[200];
        snprintf(when, sizeof when, "%s %s after the failure of call %lld", s->method, s->path, (long long)n);
        assert_same(when, before, state_now(h, mem));
        arena_back(mem, here);
    }
    arena_free(mem);
    if (strcmp(s->method, "GET") != 0)
        assert_agrees(h, s->path);
}

static const struct step life[] = {
    { "POST", "/modules", "{\"name\":\"client\",\"title\":\"name\",\"fields\":[{\"name\":\"code\",\"type\":\"text\",\"unique\":true},{\"name\":\"name\",\"type\":\"text\"},"
      "{\"name\":\"friends\",\"type\":\"relations\",\"module\":\"client\"}]}", NULL, 201 },
    { "POST", "/modules", "{\"name\":\"bill\",\"title\":\"number\",\"fields\":[{\"name\":\"number\",\"type\":\"auto_number\",\"pattern\":\"B-{0000}\"},"
      "{\"name\":\"client\",\"type\":\"relation\",\"module\":\"client\",\"related\":\"bills\"},{\"name\":\"note\",\"type\":\"long_text\"},"
      "{\"name\":\"where_name\",\"type\":\"lookup\",\"path\":\"client.name\"}]}", NULL, 201 },
    { "POST", "/modules", "{\"name\":\"bill_line\",\"title\":\"thing\",\"fields\":[{\"name\":\"thing\",\"type\":\"text\"},{\"name\":\"qty\",\"type\":\"integer\"},"
      "{\"name\":\"price\",\"type\":\"decimal\",\"scale\":2},{\"name\":\"amount\",\"type\":\"formula\",\"formula\":\"qty * price\",\"result\":\"decimal\",\"scale\":2},"
      "{\"name\":\"bill\",\"type\":\"relation\",\"module\":\"bill\",\"related\":\"rows\",\"required\":true,\"on_delete\":\"cascade\"}]}", NULL, 201 },
    { "POST", "/modules/bill/fields", "{\"name\":\"lines\",\"type\":\"lines\",\"module\":\"bill_line\",\"via\":\"bill\"}", NULL, 201 },
    { "POST", "/modules/bill/fields", "{\"name\":\"total\",\"type\":\"rollup\",\"formula\":\"SUM(rows.amount)\",\"result\":\"decimal\",\"scale\":2}", NULL, 201 },
    { "POST", "/modules/client/fields", "{\"name\":\"turnover\",\"type\":\"rollup\",\"formula\":\"SUM(bills.total)\",\"result\":\"decimal\",\"scale\":2}", NULL, 201 },
    { "POST", "/records/client/batch", "{\"create\":[{\"code\":\"A\",\"name\":\"上海贸易\"},{\"code\":\"B\",\"name\":\"Acme\",\"friends\":[{\"code\":\"A\"}]}]}", NULL, 200 },
    { "POST", "/records/bill", "{\"client\":{\"code\":\"A\"},\"note\":\"first\",\"lines\":[{\"thing\":\"滤芯\",\"qty\":2,\"price\":\"10.50\"},{\"thing\":\"cup\",\"qty\":1,\"price\":\"3\"}]}",
      "key-1", 201 },
    { "POST", "/records/bill", "{\"client\":{\"code\":\"B\"},\"lines\":[{\"thing\":\"tap\",\"qty\":5,\"price\":\"1\"}]}", NULL, 201 },
    { "PATCH", "/records/bill/<bill.1>", "{\"client\":{\"code\":\"B\"},\"lines\":[{\"thing\":\"滤芯\",\"qty\":3,\"price\":\"10.50\"}]}", "key-2", 200 },
    { "PATCH", "/records/client/<client.2>", "{\"name\":\"Acme 北京\",\"friends\":[<client.1>,<client.2>]}", NULL, 200 },
    { "POST", "/records/client/batch", "{\"key\":\"code\",\"create\":[{\"code\":\"B\",\"name\":\"Acme 2\"},{\"code\":\"C\",\"name\":\"new\"}],\"update\":[{\"id\":<client.1>,\"name\":\"上海\"}]}", NULL, 200 },
    { "POST", "/records/client/batch", "{\"atomic\":false,\"create\":[{\"code\":\"B\",\"name\":\"twice\"},{\"code\":\"D\",\"name\":\"fourth\"}],\"delete\":[<client.3>]}", NULL, 200 },
    { "DELETE", "/records/bill/<bill.1>", NULL, NULL, 204 },
    { "POST", "/records/bill/<bill.1>/restore", NULL, NULL, 200 },
    { "GET", "/records/bill?q=%E6%BB%A4&sort=-total&count=true", NULL, NULL, 200 },
    { "GET", "/records/client?where=turnover%20%3E%201&sort=name", NULL, NULL, 200 },
    { "GET", "/records/bill/<bill.1>/history", NULL, NULL, 200 },
    { "GET", "/changes?since=0", NULL, NULL, 200 },
    { "GET", "/search?q=acme", NULL, NULL, 200 },
    { "POST", "/query", "{\"from\":\"bill\",\"select\":{\"t\":\"SUM(total)\"},\"group\":{\"who\":\"client.name\"}}", NULL, 200 },
    { "PATCH", "/modules/bill_line/fields/qty", "{\"name\":\"pieces\"}", NULL, 200 },
    { "PATCH", "/modules/bill_line/fields/amount", "{\"formula\":\"pieces * price * 2\"}", NULL, 200 },
    { "PATCH", "/modules/client", "{\"name\":\"buyer\"}", NULL, 200 },
    { "DELETE", "/modules/bill/fields/note", NULL, NULL, 204 },
    { "POST", "/views", "{\"module\":\"buyer\",\"name\":\"mine\",\"shared\":true,\"columns\":[\"name\"]}", NULL, 201 },
    { "POST", "/roles", "{\"name\":\"clerk\",\"modules\":{\"buyer\":{\"read\":true,\"create\":true}}}", NULL, 201 },
    { "POST", "/users", "{\"email\":\"a@example.com\",\"name\":\"a\",\"password\":\"another-horse-8\",\"roles\":[\"clerk\"],\"active\":true}", NULL, 201 },
    { "PATCH", "/users/<user.2>", "{\"active\":false}", NULL, 200 },
    { "POST", "/modules", "{\"name\":\"visit\",\"title\":\"topic\",\"fields\":[{\"name\":\"topic\",\"type\":\"text\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"place\",\"type\":\"address\"},"
      "{\"name\":\"report\",\"type\":\"formula\",\"formula\":\"WORKDAY(day, 1)\",\"result\":\"date\"}]}", NULL, 201 },
    { "POST", "/records/visit/batch", "{\"create\":[{\"topic\":\"a\",\"day\":\"2026-01-30\"},{\"topic\":\"b\",\"day\":\"2026-01-31\",\"place\":{\"detail\":\"长安街 1 号\"}}]}", NULL, 200 },
    { "PUT", "/calendars/own", "{\"labels\":{\"en\":\"Own\",\"zh-CN\":\"自有\"},\"weekend\":[7],\"holidays\":[{\"from\":\"2026-02-02\"}],\"default\":true}", NULL, 201 },
    { "PUT", "/calendars/own", "{\"labels\":{\"en\":\"Own\",\"zh-CN\":\"自有\"},\"weekend\":[6,7],\"default\":true}", NULL, 200 },
    { "PATCH", "/roles/clerk", "{\"modules\":{\"buyer\":{\"read\":\"owner = ME()\"}}}", NULL, 200 },
    { "PATCH", "/me", "{\"locale\":\"zh-CN\"}", NULL, 200 },
    { "DELETE", "/modules/bill", NULL, NULL, 409 },
};

/* ---- an import of one chunk ------------------------------------------------------------------------------------------ */

struct gate { struct house *h; struct ctx c; struct actor actor; struct arena *mem; };

static bool gate_begin(void *arg, struct ctx **out, struct err *e)
{
    struct gate *g = arg;
    struct rows  r;
    arena_reset(g->mem);
    g->c = (struct ctx){ .mem = g->mem, .actor = &g->actor, .now = instant_now(), .way = "import" };
    err_init(&g->c.err, g->mem, LANG_EN);
    *out = &g->c;
    if (!db_begin(g->h->store, TX_WRITE, "import", &g->c.db, e))
        return false;
    if (db_run(g->c.db, S("SELECT value FROM q_version WHERE name = 'catalog'"), NULL, 0, g->mem, &r, e) &&
        catalog_pin(g->h->app.catalogs, g->c.db, CELL(&r, 0, 0)->u.i, &g->c.cat, e))
        return true;
    db_rollback(g->c.db);
    return false;
}

static bool gate_commit(void *arg, struct err *e)
{
    struct gate *g = arg;
    catalog_unpin(g->h->app.catalogs, g->c.cat);
    return db_commit(g->c.db, e);
}

static void gate_rollback(void *arg)
{
    struct gate *g = arg;
    catalog_unpin(g->h->app.catalogs, g->c.cat);
    db_rollback(g->c.db);
}

static ptrdiff_t feed(void *arg, char *buf, size_t cap)
{
    str   *left = arg;
    size_t n = left->n < cap ? left->n : cap;
    memcpy(buf, left->p, n);
    *left = str_sub(*left, n, left->n);
    return (ptrdiff_t)n;
}

static const char file[] = "code,name,friends\nA,上海二,\nE,fifth,A\nF,\"six\nth\",A;B\nB,Acme 2,A;B\n,no code,\n";

static bool import_once(struct house *h, struct import_totals *t, struct err *e)
{
    struct gate           g = { .h = h, .actor = { .system = true, .active = true }, .mem = arena_new(0) };
    str                   left = S(file);
    struct csv_reader    *reader = csv_reader_new(feed, &left, NULL, 0);
    struct import_options o = { .module = S("buyer"), .key = S("code") };
    struct import_door    door = { gate_begin, gate_commit, gate_rollback, &g };
    struct import        *im = import_new(&o, import_next_csv, reader);
    bool                  ok = import_run(im, &door, e);
    *t = *import_totals(im);
    import_free(im);
    csv_reader_free(reader);
    arena_free(g.mem);
    return ok;
}

static void insist_on_import(struct house *h)
{
    struct arena        *mem = arena_new(0);
    str                  before = state_now(h, mem);
    struct import_totals t;
    for (int64_t n = 1;; n++) {
        arena_mark here = arena_here(mem);
        struct err e;
        err_init(&e, mem, LANG_EN);
        store_fail_at(h->store, n);
        int64_t called = store_calls(h->store);
        bool    ok = import_once(h, &t, &e), hit = store_calls(h->store) - called >= n;
        store_fail_at(h->store, 0);
        if (!hit)
            assert_true(ok);
        if (ok)
            break;
        h->faults++;
        if (e.kind != ERR_INTERNAL || e.message.n < 20)
            fail_msg("import, call %lld: %d " STR_FMT, (long long)n, err_status(e.kind), STR_ARG(e.message));
        assert_int_equal(t.created + t.updated, 0);
        assert_same("an import whose call failed", before, state_now(h, mem));
        arena_back(mem, here);
    }
    assert_int_equal(t.created, 3);     /* E, F and the one without a code */
    assert_int_equal(t.updated, 1);
    assert_int_equal(t.unchanged, 1);
    arena_free(mem);
    assert_agrees(h, "import");
}

/* ---- a job: whatever call of it fails, it ends and leaves no file ------------------------------------------------------- */

struct order { struct import_order o; int64_t id; str state; };

static bool put_order(struct ctx *c, void *arg)
{
    struct order *x = arg;
    x->o.m = catalog_module(c->cat, S("buyer"));
    return user_by_email(c, S("admin@example.com"), &x->o.user) && import_log_new(c, &x->o, &x->id);
}

static bool get_order(struct ctx *c, void *arg)
{
    struct order       *x = arg;
    struct import_entry e;
    if (!import_log_get(c, x->id, 0, &e))
        return false;
    x->state = e.state;
    return true;
}

static void one_job(struct house *h, struct import_jobs *jobs, struct arena *mem, int64_t nth, struct order *x)
{
    struct err  e;
    const char *path = str_z(mem, import_spool_path(mem, &h->app, S("import-fault")));
    FILE       *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(file, 1, sizeof file - 1, f), sizeof file - 1);
    assert_int_equal(fclose(f), 0);
    *x = (struct order){ .o = { .name = S("fault.csv"), .key = S("code"), .spool = S("import-fault"), .server = import_jobs_server(jobs) } };
    err_init(&e, mem, LANG_EN);
    assert_true(desk_run(h->store, h->app.catalogs, TX_WRITE, "test", mem, put_order, x, &e));
    store_fail_at(h->store, nth);
    import_jobs_add(jobs, x->id, 0);
    while (!import_jobs_wait(jobs, x->id, 1000))
        ;
    store_fail_at(h->store, 0);
    assert_true(desk_run(h->store, h->app.catalogs, TX_READ, "test", mem, get_order, x, &e));
    if (access(path, F_OK) == 0)
        fail_msg("call %lld: the file of a job that ended as " STR_FMT " is still there", (long long)nth, STR_ARG(x->state));
}

static void insist_on_job(struct house *h)
{
    char                spool[] = "/tmp/qudao-fault-XXXXXX";
    struct arena       *mem = arena_new(0);
    struct order        x;
    int64_t             failed = 0;
    assert_non_null(mkdtemp(spool));
    h->app.spool = spool;
    struct import_jobs *jobs = import_jobs_start(&h->app);
    /* The end: so many jobs in a row were not touched by a failure, the last calls of a job are fewer. */
    for (int64_t n = 1, whole = 0; whole < 20; n++) {
        arena_mark here = arena_here(mem);
        one_job(h, jobs, mem, n, &x);
        bool done = str_eqz(x.state, "done");
        if (!done && !str_eqz(x.state, "failed"))
            fail_msg("call %lld: the job is " STR_FMT, (long long)n, STR_ARG(x.state));
        failed += !done;
        whole = done ? whole + 1 : 0;
        arena_back(mem, here);
    }
    assert_true(failed > 5);
    h->faults += failed;
    import_jobs_stop(jobs);
    rmdir(spool);
    arena_free(mem);
}

/* ---- the house ------------------------------------------------------------------------------------------------------- */

struct wish { str secret; };

static bool make_token(struct ctx *c, void *arg)
{
    struct wish *w = arg;
    int64_t      user, id;
    return user_by_email(c, S("admin@example.com"), &user) && token_new(c->db, c->mem, user, S("test"), c->now, 0, &w->secret, &id, &c->err);
}

static bool house_open(struct house *h, enum test_engine on)
{
    struct workspace_new o = { S("core"), S("admin@example.com"), S("correct-horse-7"), S("Test"), S("en") };
    struct wish          w;
    struct err           e;
    *h = (struct house){ .store = test_store(on) };
    if (!h->store)
        return false;
    h->mem = arena_new(0);
    h->desk = arena_new((size_t)256 << 20);
    err_init(&e, h->mem, LANG_EN);
    h->app = (struct app){ .store = h->store, .catalogs = catalogs_new() };
    if (!workspace_migrate(h->store, &e) || !workspace_init(h->store, &o, &e) ||
        !desk_run(h->store, h->app.catalogs, TX_WRITE, "test", h->mem, make_token, &w, &e))
        fail_msg("workspace: " STR_FMT " " STR_FMT, STR_ARG(e.message), STR_ARG(e.detail));
    h->app.auth = auth_new(h->store, NULL);
    snprintf(h->token, sizeof h->token, "Bearer " STR_FMT, STR_ARG(w.secret));
    return true;
}

static void house_close(struct house *h)
{
    auth_free(h->app.auth);
    catalogs_free(h->app.catalogs);
    test_store_drop(h->store);
    arena_free(h->desk);
    arena_free(h->mem);
}

static void live(enum test_engine on)
{
    struct house h;
    if (!house_open(&h, on))
        skip();
    for (size_t i = 0; i < sizeof life / sizeof life[0]; i++)
        insist(&h, &life[i]);
    insist_on_import(&h);
    insist_on_job(&h);
    print_message("%s: %lld calls failed, one at a time\n", test_engine_name(on), (long long)h.faults);
    assert_true(h.faults > 500);
    house_close(&h);
}

static void failures_on_sqlite(void **state) { (void)state; live(TEST_SQLITE); }
static void failures_on_postgres(void **state) { (void)state; live(TEST_POSTGRES); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_on_sqlite),
        cmocka_unit_test(failures_on_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
