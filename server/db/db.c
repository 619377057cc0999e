/* db: the door of db.h, as far as both engines are the same: the order of calls, what may follow a failure, the check of
 * arguments, faults for tests, and waking who waits for a commit. */
#include "db/engine.h"
#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONG_WRITE_MS = 2000, LONG_READ_MS = 60000 };

/* ---- failures ---------------------------------------------------------------------------------------------------- */

bool failure_set(struct failure *f, enum trouble what, const char *fmt, ...)
{
    if (f->what != TROUBLE_NONE)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->detail, sizeof f->detail, fmt, ap);
    va_end(ap);
    f->what = what;
    return false;
}

bool failure_say(const struct failure *f, struct err *e)
{
    switch (f->what) {
    case TROUBLE_NONE: CHECK(f->what != TROUBLE_NONE); break;
#define TROUBLE(name, kind, words) case TROUBLE_##name: err_set(e, ERR_##kind, words); break;
    DB_TROUBLES(TROUBLE)
#undef TROUBLE
    }
    return err_detail(e, "%s", f->detail);
}

/* The detail of TROUBLE_UNIQUE is "name: words of the engine". */
str db_conflict_name(const struct err *e)
{
    ptrdiff_t colon = e->kind == ERR_CONFLICT ? str_find(e->detail, S(": ")) : -1;
    return colon < 0 ? STR_NONE : str_sub(e->detail, 0, (size_t)colon);
}

static bool fail(struct db *db, struct err *e) { return failure_say(&db->failed, e); }

/* Counts a call; true when it is the one that a test wants to fail. */
static bool fault_due(struct store *s)
{
    int64_t n = atomic_fetch_add_explicit(&s->calls, 1, memory_order_relaxed) + 1;
    return n == atomic_load_explicit(&s->fail_at, memory_order_relaxed);
}

static bool fault_here(struct db *db)
{
    if (!fault_due(db->store))
        return false;
    db->store->engine->cut(db);
    failure_set(&db->failed, TROUBLE_DISK, "fault injected by a test");
    return true;
}

/* True when the call may go on. */
static bool may_call(struct db *db, struct err *e)
{
    CHECK(db->mode != TX_NONE);
    if (db->failed.what != TROUBLE_NONE)
        return failure_say(&db->failed, e);
    return !fault_here(db) || fail(db, e);
}

void store_fail_at(struct store *s, int64_t nth)
{
    atomic_store(&s->fail_at, nth ? atomic_load(&s->calls) + nth : 0);
}

int64_t store_calls(const struct store *s) { return atomic_load(&s->calls); }

/* ---- store ------------------------------------------------------------------------------------------------------- */

void store_init(struct store *s, const struct engine *engine, const struct store_options *o)
{
    s->engine = engine;
    s->busy_timeout_ms = o->busy_timeout_ms ? o->busy_timeout_ms : 10000;
    s->read_only = o->read_only;
    pthread_mutex_init(&s->watch_mutex, NULL);
    cond_init_monotonic(&s->committed);
}

void store_done(struct store *s)
{
    CHECK(atomic_load(&s->watching) == 0);
    pthread_mutex_destroy(&s->watch_mutex);
    pthread_cond_destroy(&s->committed);
}

bool store_open(const struct store_options *o, struct store **out, struct err *e)
{
    CHECK(!o->sqlite_path != !o->postgres_url);
    return o->sqlite_path ? sqlite_open(o, out, e) : postgres_open(o, out, e);
}

void store_close(struct store *s)
{
    if (s)
        s->engine->close(s);
}

const struct dialect *store_dialect(const struct store *s) { return &s->engine->dialect; }
const struct dialect *db_dialect(const struct db *db) { return &db->store->engine->dialect; }
enum tx_mode db_mode(const struct db *db) { return db->mode; }

void store_committed(struct store *s)
{
    atomic_fetch_add(&s->commits, 1);
    if (atomic_load(&s->watching)) {
        pthread_mutex_lock(&s->watch_mutex);
        pthread_cond_broadcast(&s->committed);
        pthread_mutex_unlock(&s->watch_mutex);
    }
}

int store_readers(const struct store *s) { return s->readers; }

int64_t db_last_commit(const struct store *s) { return atomic_load(&s->commits); }

bool db_wait_commit(struct store *s, int64_t seen, int timeout_ms)
{
    struct timespec until;
    deadline_spec(&until, now_ms() + timeout_ms);
    pthread_mutex_lock(&s->watch_mutex);
    atomic_fetch_add(&s->watching, 1);
    int rc = 0;
    while (atomic_load(&s->commits) <= seen && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&s->committed, &s->watch_mutex, &until);
    atomic_fetch_sub(&s->watching, 1);
    pthread_mutex_unlock(&s->watch_mutex);
    return atomic_load(&s->commits) > seen;
}

/* ---- transactions ------------------------------------------------------------------------------------------------ */

void db_opened(struct db *db, struct store *s, enum tx_mode mode, const char *opened_by)
{
    CHECK(db->mode == TX_NONE && !db->cursors);
    db->store = s;
    db->mode = mode;
    db->opened_by = opened_by;
    db->opened_ms = now_ms();
    db->saves = 0;
    db->failed.what = TROUBLE_NONE;
    atomic_store_explicit(&db->deadline_ms, 0, memory_order_relaxed);
}

bool db_begin(struct store *s, enum tx_mode mode, const char *opened_by, struct db **out, struct err *e)
{
    CHECK(mode == TX_READ || mode == TX_WRITE);
    struct failure why = { TROUBLE_NONE, "" };
    *out = NULL;
    if (fault_due(s))
        failure_set(&why, TROUBLE_DISK, "fault injected by a test");
    else if (mode == TX_WRITE && s->read_only)
        failure_set(&why, TROUBLE_READ_ONLY, "opened for reading only");
    else if (s->engine->begin(s, mode, opened_by, out, &why))
        return true;
    return failure_say(&why, e);
}

/* A write that stays open holds up all other writers on SQLite; a reader keeps old pages and rows alive. */
static void note_long(const struct db *db)
{
    int64_t ms = now_ms() - db->opened_ms;
    if (ms > (db->mode == TX_WRITE ? LONG_WRITE_MS : LONG_READ_MS))
        log_event(LOG_WARN, "long_transaction", "by=\"%s\" mode=%s ms=%lld", db->opened_by, db->mode == TX_WRITE ? "write" : "read", (long long)ms);
}

bool db_commit(struct db *db, struct err *e)
{
    CHECK(db->mode != TX_NONE && !db->cursors && db->saves == 0);
    note_long(db);
    const struct engine *engine = db->store->engine;
    bool                 fail_it = fault_due(db->store);
    struct failure       why = db->failed;
    if (why.what != TROUBLE_NONE)
        engine->rollback(db);
    else if (engine->commit(db, fail_it, &why))
        return true;
    return failure_say(&why, e);
}

void db_rollback(struct db *db)
{
    CHECK(db->mode != TX_NONE);
    note_long(db);
    while (db->cursors)                 /* left open by a jump out of an arena */
        db->store->engine->close_cursor(db->cursors);
    db->store->engine->rollback(db);
}

bool db_save(struct db *db, struct err *e)
{
    if (!may_call(db, e))
        return false;
    CHECK(db->mode == TX_WRITE);
    if (!db->store->engine->save(db))
        return fail(db, e);
    db->saves++;
    return true;
}

bool db_release(struct db *db, struct err *e)
{
    if (!may_call(db, e))
        return false;
    CHECK(db->saves > 0);
    if (!db->store->engine->release(db))
        return fail(db, e);
    db->saves--;
    return true;
}

void db_undo(struct db *db)
{
    CHECK(db->mode == TX_WRITE && db->saves > 0);
    struct failure before = db->failed;
    db->failed.what = TROUBLE_NONE;
    db->saves--;
    if (!db->store->engine->undo(db) && before.what != TROUBLE_NONE)
        db->failed = before;            /* the failure took the whole transaction with it */
}

void db_deadline(struct db *db, int ms)
{
    atomic_store(&db->deadline_ms, ms ? now_ms() + ms : 0);
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static bool args_storable(struct db *db, const struct value *args, size_t nargs)
{
    for (size_t i = 0; i < nargs; i++) {
        CHECK(args[i].type != V_LIST && args[i].type != V_ERROR);
        if (args[i].type == V_TEXT && !text_valid(args[i].u.s))
            return failure_set(&db->failed, TROUBLE_TEXT, "argument $%zu has a NUL or is not UTF-8", i + 1);
    }
    return true;
}

struct value *sink_row(struct row_sink *s, size_t expect)
{
    struct rows *r = s->out;
    if (r->nrows == s->cap) {
        size_t        cap = expect ? expect : s->cap ? s->cap * 2 : 4;
        struct value *cells = arena_alloc_n(s->mem, r->ncols * sizeof *cells, cap);
        if (r->nrows)
            memcpy(cells, r->cells, r->nrows * r->ncols * sizeof *cells);
        r->cells = cells;
        s->cap = cap;
    }
    return r->cells + r->nrows++ * r->ncols;
}

bool db_run(struct db *db, str sql, const struct value *args, size_t nargs,
            struct arena *mem, struct rows *out, struct err *e)
{
    struct rows     none;
    struct row_sink sink = { mem, out ? out : &none, 0 };
    *sink.out = (struct rows){ NULL, 0, 0 };
    if (!may_call(db, e))
        return false;
    if (!args_storable(db, args, nargs) || !db->store->engine->run(db, sql, args, nargs, out ? &sink : NULL, NULL))
        return fail(db, e);
    return true;
}

bool db_exec(struct db *db, str sql, const struct value *args, size_t nargs, int64_t *changed, struct err *e)
{
    if (changed)
        *changed = 0;
    if (!may_call(db, e))
        return false;
    if (!args_storable(db, args, nargs) || !db->store->engine->run(db, sql, args, nargs, NULL, changed))
        return fail(db, e);
    return true;
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
    if (!may_call(db, e))
        return false;
    return db->store->engine->script(db, sql) || fail(db, e);
}

/* ---- cursors ----------------------------------------------------------------------------------------------------- */

bool db_open(struct db *db, str sql, const struct value *args, size_t nargs, struct cursor **out, struct err *e)
{
    *out = NULL;
    if (!may_call(db, e))
        return false;
    if (!args_storable(db, args, nargs) || !db->store->engine->open(db, sql, args, nargs, out))
        return fail(db, e);
    (*out)->db = db;
    (*out)->ended = false;
    (*out)->next = db->cursors;
    db->cursors = *out;
    return true;
}

bool db_step(struct cursor *c, const struct value **cells)
{
    if (c->ended || c->db->failed.what != TROUBLE_NONE)
        return false;
    if (c->db->store->engine->step(c, cells))
        return true;
    c->ended = true;
    return false;
}

void cursor_forget(struct cursor *c)
{
    struct cursor **at = &c->db->cursors;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
}

bool db_close(struct cursor *c, struct err *e)
{
    struct db *db = c->db;
    db->store->engine->close_cursor(c);
    return may_call(db, e);
}
