/* migrate: brings the system tables of a store to the version that this program knows, and copies and checks for
 * the command line.
 *
 * All missing steps run in one transaction, so an interrupted upgrade leaves the old version.  On SQLite a copy of the file
 * as it was is kept beside it first.  A database that a newer program has written is refused unchanged. */
#include "db/engine.h"
#include "base/check.h"
#include "base/date.h"

#include <stdio.h>
#include <string.h>

static const char table[] =
    "CREATE TABLE IF NOT EXISTS q_schema (version BIGINT PRIMARY KEY, what TEXT NOT NULL, at BIGINT NOT NULL)";

/* 0: nothing was ever applied. */
static bool version_now(struct db *db, struct arena *mem, int64_t *version, struct err *e)
{
    struct rows rows;
    if (!db_run(db, S("SELECT coalesce(max(version), 0) FROM q_schema"), NULL, 0, mem, &rows, e))
        return false;
    *version = CELL(&rows, 0, 0)->u.i;
    return true;
}

static bool refuse_newer(int64_t have, int64_t know, struct err *e)
{
    err_set(e, ERR_CONFLICT, "This database was written by a newer version of Qudao. Please use that version");
    return err_detail(e, "the database has version %lld, this program knows %lld", (long long)have, (long long)know);
}

static bool apply(struct db *db, const struct migration *m, struct err *e)
{
    bool          sqlite = strcmp(db_dialect(db)->name, "sqlite") == 0;
    struct value  args[] = { v_int(m->version), v_text(str_of(m->what)), v_time(instant_now()) };
    return db_script(db, sqlite || !m->postgres ? m->sqlite : m->postgres, e) &&
           db_exec(db, S("INSERT INTO q_schema (version, what, at) VALUES ($1, $2, $3)"), args, 3, NULL, e);
}

/* On SQLite a writer is alone anyway. */
static bool lock_out_others(struct db *db, struct err *e)
{
    return strcmp(db_dialect(db)->name, "sqlite") == 0 ||
           db_script(db, "SELECT pg_advisory_xact_lock(hashtext('qudao migrate ' || current_schema()))", e);
}

static bool apply_missing(struct db *db, struct arena *mem, const struct migration *steps, size_t n, struct err *e)
{
    int64_t have;
    if (!lock_out_others(db, e) || !db_script(db, table, e) || !version_now(db, mem, &have, e))
        return false;
    if (have > steps[n - 1].version)
        return refuse_newer(have, steps[n - 1].version, e);
    for (size_t i = 0; i < n; i++)
        if (steps[i].version > have && !apply(db, &steps[i], e))
            return false;
    return true;
}

/* The version before anything is touched; -1: no table yet. */
static bool version_before(struct store *s, struct arena *mem, int64_t *version, struct err *e)
{
    static const char there[] = "SELECT count(*) FROM sqlite_master WHERE name = 'q_schema'";
    static const char there_pg[] = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'q_schema'";
    struct db  *db;
    struct rows rows;
    bool        sqlite = strcmp(store_dialect(s)->name, "sqlite") == 0;
    if (!db_begin(s, TX_READ, "migrate", &db, e))
        return false;
    bool ok = db_run(db, str_of(sqlite ? there : there_pg), NULL, 0, mem, &rows, e);
    if (ok && CELL(&rows, 0, 0)->u.i == 0)
        *version = -1;
    else
        ok = ok && version_now(db, mem, version, e);
    db_rollback(db);
    return ok;
}

/* FILE.before-7: the copy of version 7 that an upgrade leaves. */
static bool keep_copy(struct store *s, int64_t version, struct err *e)
{
    const char *file = s->engine->file ? s->engine->file(s) : NULL;
    if (!file)
        return true;
    char name[4096];
    CHECK(snprintf(name, sizeof name, "%s.before-%lld", file, (long long)version) < (int)sizeof name);
    return store_backup(s, name, e);
}

/* Servers that start at once: one does the work, the others find it done and may have stumbled over it. */
static bool done_by_another(struct store *s, struct arena *mem, int64_t version, struct err *e)
{
    struct err other;
    int64_t    now;
    err_init(&other, mem, e->lang);
    if (!version_before(s, mem, &now, &other) || now != version)
        return false;
    err_clear(e);
    return true;
}

bool store_migrate(struct store *s, const struct migration *steps, size_t n, struct err *e)
{
    struct arena *mem = e->mem;
    struct db    *db;
    int64_t       before;
    CHECK(n > 0);
    for (size_t i = 1; i < n; i++)
        CHECK(steps[i].version > steps[i - 1].version);
    if (!version_before(s, mem, &before, e))
        return false;
    if (before == steps[n - 1].version)
        return true;
    if (before > steps[n - 1].version)
        return refuse_newer(before, steps[n - 1].version, e);
    if (before > 0 && !keep_copy(s, before, e))
        return false;
    if (!db_begin(s, TX_WRITE, "migrate", &db, e))
        return false;
    bool ok = apply_missing(db, mem, steps, n, e);
    if (ok)
        ok = db_commit(db, e);
    else
        db_rollback(db);
    return ok || done_by_another(s, mem, steps[n - 1].version, e);
}

bool store_backup(struct store *s, const char *file, struct err *e)
{
    struct failure why = { TROUBLE_NONE, "" };
    if (!s->engine->backup) {
        err_set(e, ERR_INVALID, "A PostgreSQL database is copied with pg_dump, not by Qudao");
        return err_detail(e, "pg_dump --schema=... --format=custom --file=%s", file);
    }
    return s->engine->backup(s, file, &why) || failure_say(&why, e);
}

static void say_nothing(void *arg, str line) { (void)arg; (void)line; }

bool store_check(struct store *s, void (*say)(void *, str), void *arg, struct err *e)
{
    struct failure why = { TROUBLE_NONE, "" };
    return s->engine->check(s, say ? say : say_nothing, arg, &why) || failure_say(&why, e);
}
