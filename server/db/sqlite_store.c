/* sqlite_store: one SQLite file: many readers, one writer, and writers that share a commit.
 *
 * A reader takes a connection of its own for its transaction; WAL lets it read beside the writer.
 *
 * Writers queue for the one writing connection, first come, first served.  Who has it works inside an outer transaction, the
 * group; from the second on inside a savepoint of it.  When its work is done and others wait, it hands the connection on at once and sleeps until
 * the group is committed; the one behind whom nobody waits, or who makes the group full or old, runs COMMIT for all. While
 * that writes to disk the next ones queue up, so the busier it is, the more share one write to disk.
 *
 * Work that is rolled back in an open group sleeps until the group is committed too: it may have seen what the others wrote
 * (a newer version, a taken number), and its refusal is not to be heard before that is on disk.
 *
 * When COMMIT fails, or an error makes SQLite end the outer transaction (disk full, I/O error, a stopped
 * statement), everybody of the group is told that nothing was kept. */
#include "db/sqlite.h"
#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READERS_LEAST = 4, READERS_MOST = 16, GROUP_MOST = 64, GROUP_MS = 20 };

/* Work that is done and waits for one COMMIT.
 *   1. members counts those whose work is done and kept in the open outer transaction.
 *   2. users counts threads that still look at it, and one for the open transaction; the last one frees it. */
struct group {
    int            members, users;
    bool           done;
    int64_t        since_ms;
    struct failure result;          /* TROUBLE_NONE: on disk */
    pthread_cond_t finished;
};

struct ticket { struct ticket *next; bool granted; pthread_cond_t turn; };

struct sqlite_store {
    struct store       store;       /* first */
    char              *path;
    struct slots       readers;
    struct sqlite_conn writer;      /* belongs to who has the lock */
    struct group      *group;       /* the open outer transaction; belongs to who has the lock */
    bool               alone;       /* so is this: who has the lock is the first of the group and needs no savepoint */
    pthread_mutex_t    mutex;       /* of all below, and of groups */
    bool               held;
    const char        *holder;      /* what it does, for messages */
    int64_t            held_since_ms;
    struct ticket     *first, *last;
};

/* ---- the writer's lock ------------------------------------------------------------------------------------------- */

static void now_held_by(struct sqlite_store *s, const char *who)
{
    s->held = true;
    s->holder = who;
    s->held_since_ms = now_ms();
}

static void leave_queue(struct sqlite_store *s, struct ticket *t)
{
    struct ticket **at = &s->first, *before = NULL;
    while (*at != t)
        before = *at, at = &(*at)->next;
    *at = t->next;
    if (s->last == t)
        s->last = before;
}

static bool wait_turn(struct sqlite_store *s)
{
    struct ticket   t = { NULL, false, PTHREAD_COND_INITIALIZER };
    struct timespec until;
    cond_init_monotonic(&t.turn);
    deadline_spec(&until, now_ms() + s->store.busy_timeout_ms);
    *(s->last ? &s->last->next : &s->first) = &t;
    s->last = &t;
    int rc = 0;
    while (!t.granted && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&t.turn, &s->mutex, &until);
    if (!t.granted)
        leave_queue(s, &t);
    pthread_cond_destroy(&t.turn);
    return t.granted;
}

static bool writer_lock(struct sqlite_store *s, const char *who, struct failure *f)
{
    pthread_mutex_lock(&s->mutex);
    bool        mine = !s->held || wait_turn(s);
    const char *holder = s->holder;
    int64_t     since = s->held_since_ms;
    if (mine)
        now_held_by(s, who);
    pthread_mutex_unlock(&s->mutex);
    return mine || failure_set(f, TROUBLE_LOCKED, "waited %d ms to write; %s writes since %lld ms", s->store.busy_timeout_ms,
                               holder, (long long)(now_ms() - since));
}

/* Under the mutex: the next in the queue has the lock now, or nobody. */
static void pass_on(struct sqlite_store *s)
{
    struct ticket *t = s->first;
    s->held = t != NULL;
    if (!t)
        return;
    s->first = t->next;
    if (!s->first)
        s->last = NULL;
    t->granted = true;
    pthread_cond_signal(&t->turn);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static struct group *group_new(void)
{
    struct group *g = calloc(1, sizeof *g);
    CHECK(g != NULL);
    cond_init_monotonic(&g->finished);
    g->since_ms = now_ms();
    g->users = 1;
    return g;
}

/* Under the mutex. */
static void group_leave(struct group *g)
{
    if (--g->users > 0)
        return;
    pthread_cond_destroy(&g->finished);
    free(g);
}

static void writer_reopen_if_suspect(struct sqlite_store *s, struct failure *f)
{
    struct sqlite_conn *c = &s->writer;
    if (c->h && c->suspect)
        sqlite_conn_close(c);
    if (!c->h)
        sqlite_conn_open(c, s->path, SQLITE_WRITER, s->store.read_only, s->store.busy_timeout_ms, f);
}

/* The caller has the lock: an outer transaction, and a savepoint of its own in it unless there is nothing yet that its rollback must
 * spare.  A savepoint costs a copy of every page that is changed after it. */
static bool open_savepoint(struct sqlite_store *s, struct failure *f)
{
    struct sqlite_conn *c = &s->writer;
    if (!s->group) {
        writer_reopen_if_suspect(s, f);
        if (f->what != TROUBLE_NONE || !sqlite_word(c, "BEGIN IMMEDIATE", f))
            return false;
        s->group = group_new();
    }
    s->alone = s->group->members == 0;
    return s->alone || sqlite_word(c, "SAVEPOINT work", f);
}

static bool release_savepoint(struct sqlite_store *s, struct failure *f) { return s->alone || sqlite_word(&s->writer, "RELEASE work", f); }

/* Undoes what the caller did; the outer transaction is open as before. */
static bool undo_savepoint(struct sqlite_store *s, struct failure *f)
{
    struct sqlite_conn *c = &s->writer;
    return s->alone ? sqlite_word(c, "ROLLBACK", f) && sqlite_word(c, "BEGIN IMMEDIATE", f)
                    : sqlite_word(c, "ROLLBACK TO work", f) && sqlite_word(c, "RELEASE work", f);
}

/* The caller has the lock: ends the outer transaction.  Nothing of it is open afterwards, whatever happened. */
static void end_outer(struct sqlite_store *s, bool fail_it, struct failure *f)
{
    struct sqlite_conn *c = &s->writer;
    struct failure      ignored = { TROUBLE_NONE, "" };
    if (f->what == TROUBLE_NONE && fail_it)
        failure_set(f, TROUBLE_DISK, "fault injected by a test");
    if (f->what == TROUBLE_NONE && sqlite_word(c, s->group->members ? "COMMIT" : "ROLLBACK", f)) {
        if (s->group->members)
            store_committed(&s->store);
    } else if (sqlite_alive(c) && !sqlite_word(c, "ROLLBACK", &ignored)) {
        sqlite_conn_close(c);       /* closing rolls back */
    }
}

/* The caller has the lock and its savepoint is gone: commits the group, or hands the connection on so that others
 * join it first.  f holds what went wrong with the whole outer transaction so far, or nothing. */
static void finish(struct sqlite_store *s, bool member, bool fail_it, struct failure *f)
{
    struct group *g = s->group;
    pthread_mutex_lock(&s->mutex);
    g->members += member;
    g->users++;
    if (f->what == TROUBLE_NONE && !fail_it && s->first && g->members < GROUP_MOST && now_ms() - g->since_ms < GROUP_MS) {
        pass_on(s);
        while ((member || g->members) && !g->done)
            pthread_cond_wait(&g->finished, &s->mutex);
        if (member)
            *f = g->result;
    } else {
        pthread_mutex_unlock(&s->mutex);
        end_outer(s, fail_it, f);
        pthread_mutex_lock(&s->mutex);
        s->group = NULL;
        g->users--;
        g->result = *f;
        g->done = true;
        pthread_cond_broadcast(&g->finished);
        pass_on(s);
    }
    group_leave(g);
    pthread_mutex_unlock(&s->mutex);
}

static bool write_begin(struct sqlite_store *s, const char *who, struct db **out, struct failure *f)
{
    if (!writer_lock(s, who, f))
        return false;
    if (open_savepoint(s, f)) {
        db_opened(&s->writer.db, &s->store, TX_WRITE, who);
        *out = &s->writer.db;
        return true;
    }
    if (s->group) {                     /* the savepoint failed: so does the group */
        struct failure why = *f;
        finish(s, false, false, &why);
    } else {
        pthread_mutex_lock(&s->mutex);
        pass_on(s);
        pthread_mutex_unlock(&s->mutex);
    }
    return false;
}

static bool write_commit(struct sqlite_store *s, bool fail_it, struct failure *f)
{
    struct sqlite_conn *c = &s->writer;
    c->db.mode = TX_NONE;
    release_savepoint(s, f);
    finish(s, true, fail_it, f);
    return f->what == TROUBLE_NONE;
}

static void write_rollback(struct sqlite_store *s)
{
    struct sqlite_conn *c = &s->writer;
    struct failure      why = { TROUBLE_NONE, "" };
    sqlite_reset_running(c);
    c->db.mode = TX_NONE;
    if (!sqlite_alive(c))               /* an error has ended the outer transaction */
        why = c->db.failed.what == TROUBLE_DEADLINE
            ? (struct failure){ TROUBLE_LOCKED, "other work in the same commit was stopped" } : c->db.failed;
    else
        undo_savepoint(s, &why);
    finish(s, false, false, &why);
}

/* ---- readers ----------------------------------------------------------------------------------------------------- */

static bool read_begin(struct sqlite_store *s, const char *who, struct db **out, struct failure *f)
{
    struct slot *slot = slots_take(&s->readers, s->store.busy_timeout_ms);
    if (!slot)
        return failure_set(f, TROUBLE_LOCKED, "waited %d ms for one of %d readers", s->store.busy_timeout_ms, s->readers.n);
    struct sqlite_conn *c = slot->connection;
    if (!c) {
        slot->connection = c = calloc(1, sizeof *c);
        CHECK(c != NULL);
        c->slot = slot;
    }
    if (c->h && c->suspect)
        sqlite_conn_close(c);
    if ((c->h || sqlite_conn_open(c, s->path, SQLITE_READER, s->store.read_only, s->store.busy_timeout_ms, f)) &&
        sqlite_word(c, "BEGIN", f)) {
        db_opened(&c->db, &s->store, TX_READ, who);
        *out = &c->db;
        return true;
    }
    slots_give(&s->readers, slot);
    return false;
}

static void read_end(struct sqlite_store *s, struct sqlite_conn *c)
{
    struct failure ignored = { TROUBLE_NONE, "" };
    sqlite_reset_running(c);
    c->db.mode = TX_NONE;
    if (sqlite_alive(c) && !sqlite_word(c, "COMMIT", &ignored))
        c->suspect = true;              /* closing ends it */
    slots_give(&s->readers, c->slot);
}

/* ---- the engine -------------------------------------------------------------------------------------------------- */

static bool sqlite_begin(struct store *store, enum tx_mode mode, const char *who, struct db **out, struct failure *f)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    return mode == TX_WRITE ? write_begin(s, who, out, f) : read_begin(s, who, out, f);
}

static bool sqlite_commit(struct db *db, bool fail_it, struct failure *f)
{
    struct sqlite_store *s = (struct sqlite_store *)db->store;
    atomic_store_explicit(&db->deadline_ms, 0, memory_order_relaxed);
    if (db->mode == TX_WRITE)
        return write_commit(s, fail_it, f);
    read_end(s, (struct sqlite_conn *)db);
    return !fail_it || failure_set(f, TROUBLE_DISK, "fault injected by a test");
}

static void sqlite_rollback(struct db *db)
{
    struct sqlite_store *s = (struct sqlite_store *)db->store;
    atomic_store_explicit(&db->deadline_ms, 0, memory_order_relaxed);
    if (db->mode == TX_WRITE)
        write_rollback(s);
    else
        read_end(s, (struct sqlite_conn *)db);
}

static void sqlite_cut(struct db *db) { (void)db; }

static bool sqlite_save(struct db *db) { return sqlite_word((struct sqlite_conn *)db, "SAVEPOINT part", &db->failed); }
static bool sqlite_release(struct db *db) { return sqlite_word((struct sqlite_conn *)db, "RELEASE part", &db->failed); }

static bool sqlite_undo(struct db *db)
{
    struct sqlite_conn *c = (struct sqlite_conn *)db;
    if (!sqlite_alive(c))
        return failure_set(&db->failed, TROUBLE_DISK, "the transaction had ended");
    return sqlite_word(c, "ROLLBACK TO part", &db->failed) && sqlite_word(c, "RELEASE part", &db->failed);
}

static void sqlite_close(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    CHECK(!s->held && !s->group);
    for (int i = 0; i < s->readers.n; i++) {
        struct sqlite_conn *c = s->readers.slot[i].connection;
        if (c)
            sqlite_conn_close(c);
        free(c);
    }
    slots_free(&s->readers);
    sqlite_conn_close(&s->writer);
    pthread_mutex_destroy(&s->mutex);
    store_done(&s->store);
    free(s->path);
    free(s);
}

/* ---- copies and checks ------------------------------------------------------------------------------------------- */

/* A copy as of one moment while writers go on: the source is read in one transaction, in one step. */
static bool copy_to(sqlite3 *from, sqlite3 *to, struct failure *f)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int             rc = b ? sqlite3_backup_step(b, -1) : sqlite3_errcode(to);
    if (b)
        sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE)
        return failure_set(f, (rc & 0xFF) == SQLITE_FULL ? TROUBLE_FULL : TROUBLE_DISK, "copy: sqlite %d: %s", rc, sqlite3_errmsg(to));
    return true;
}

/* Into FILE.part first, so that FILE is always a whole copy. */
static bool sqlite_backup(struct store *store, const char *file, struct failure *f)
{
    struct db *db;
    sqlite3   *to = NULL;
    char       part[4096];
    if (snprintf(part, sizeof part, "%s.part", file) >= (int)sizeof part)
        return failure_set(f, TROUBLE_BUG, "the name of the copy is too long");
    if (!sqlite_begin(store, TX_READ, "backup", &db, f))
        return false;
    unlink(part);
    int  rc = sqlite3_open_v2(part, &to, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    bool ok = rc == SQLITE_OK || failure_set(f, TROUBLE_DISK, "%s: %s", part, to ? sqlite3_errmsg(to) : "no memory");
    ok = ok && copy_to(((struct sqlite_conn *)db)->h, to, f);
    /* The copy is one plain file: out of WAL mode, so that no -wal lies beside it. */
    if (ok && sqlite3_exec(to, "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
        ok = failure_set(f, TROUBLE_DISK, "%s: %s", part, sqlite3_errmsg(to));
    sqlite3_close(to);
    sqlite_rollback(db);
    if (ok && rename(part, file) != 0)
        ok = failure_set(f, TROUBLE_DISK, "%s: %s", file, strerror(errno));
    if (!ok)
        unlink(part);
    return ok;
}

static bool sqlite_check(struct store *store, void (*say)(void *, str), void *arg, struct failure *f)
{
    struct db           *db;
    const struct value  *cells;
    struct cursor       *c;
    bool                 sound = true;
    if (!sqlite_begin(store, TX_READ, "check", &db, f))
        return false;
    if (!sqlite_cursor_open(db, S("PRAGMA integrity_check"), NULL, 0, &c)) {
        *f = db->failed;
        sqlite_rollback(db);
        return false;
    }
    c->db = db;
    db->cursors = c;
    while (sqlite_cursor_step(c, &cells))
        if (cells[0].type != V_TEXT || !str_eqz(cells[0].u.s, "ok")) {
            sound = false;
            if (cells[0].type == V_TEXT)
                say(arg, cells[0].u.s);
        }
    sqlite_cursor_close(c);
    *f = db->failed;
    sqlite_rollback(db);
    if (!sound)
        failure_set(f, TROUBLE_DAMAGED, "integrity_check found errors");
    return f->what == TROUBLE_NONE;
}

static const char *sqlite_file(const struct store *store) { return ((const struct sqlite_store *)store)->path; }

static const struct engine sqlite_engine = {
    .dialect = {
        .name = "sqlite",
        .primary_key = "INTEGER PRIMARY KEY AUTOINCREMENT",
        .text_order = "q_people",
        .byte_order = "BINARY",
        .for_update = "",
        .has_numeric = false,
    },
    .close = sqlite_close, .begin = sqlite_begin, .commit = sqlite_commit, .rollback = sqlite_rollback, .cut = sqlite_cut,
    .save = sqlite_save, .release = sqlite_release, .undo = sqlite_undo, .run = sqlite_run,
    .open = sqlite_cursor_open, .step = sqlite_cursor_step, .close_cursor = sqlite_cursor_close,
    .script = sqlite_script, .file = sqlite_file, .backup = sqlite_backup, .check = sqlite_check,
};

/* Readers compute more than they wait, and each has a cache of its own. */
static int readers_that_fit(void)
{
    long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);
    return n < READERS_LEAST ? READERS_LEAST : n > READERS_MOST ? READERS_MOST : (int)n;
}

bool sqlite_open(const struct store_options *o, struct store **out, struct err *e)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    struct failure       why = { TROUBLE_NONE, "" };
    CHECK(s != NULL);
    store_init(&s->store, &sqlite_engine, o);
    s->path = strdup(o->sqlite_path);
    CHECK(s->path != NULL);
    slots_init(&s->readers, o->readers > 0 ? o->readers : readers_that_fit());
    s->store.readers = s->readers.n;
    pthread_mutex_init(&s->mutex, NULL);
    if (sqlite_conn_open(&s->writer, s->path, SQLITE_WRITER, s->store.read_only, s->store.busy_timeout_ms, &why)) {
        *out = &s->store;
        return true;
    }
    sqlite_close(&s->store);
    return failure_say(&why, e);
}
