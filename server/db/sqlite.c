/* sqlite: one connection: how it is opened, how statements run on it, and what its errors mean.
 *
 * Statements are prepared once per connection and kept by their text.  "$1" is a name to SQLite, so its place is looked
 * up when the statement is prepared. */
#include "db/sqlite.h"
#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READER_CACHE_KIB = 2048, WRITER_CACHE_KIB = 8192, DEADLINE_OPS = 2000, CHECKPOINT_PAGES = 1000,
       JOURNAL_KEPT_BYTES = 16 << 20 };

struct sqlite_stmt_entry {
    struct prepared prepared;           /* first */
    sqlite3_stmt   *stmt;
    int             nargs;              /* highest $n */
    int            *place;              /* place[n - 1]: index of $n for binding, 0: not used */
    struct sqlite_stmt_entry *next;     /* in conn->running */
};

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static enum trouble of_os_error(sqlite3 *h, enum trouble otherwise)
{
    switch (sqlite3_system_errno(h)) {
    case ENOSPC: case EDQUOT: case EFBIG: return TROUBLE_FULL;
    case EROFS:               return TROUBLE_READ_ONLY;
    }
    /* The file could only be opened for reading, and then what lies beside it could not be made. */
    return otherwise == TROUBLE_DISK && sqlite3_db_readonly(h, "main") == 1 ? TROUBLE_READ_ONLY : otherwise;
}

static enum trouble classify(sqlite3 *h, int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE: case SQLITE_CONSTRAINT_PRIMARYKEY: case SQLITE_CONSTRAINT_ROWID:
        return TROUBLE_UNIQUE;
    case SQLITE_READONLY_DBMOVED: case SQLITE_IOERR_NOMEM:
        return TROUBLE_DISK;
    }
    switch (rc & 0xFF) {
    case SQLITE_BUSY: case SQLITE_LOCKED:     return TROUBLE_LOCKED;
    case SQLITE_FULL:                         return TROUBLE_FULL;
    case SQLITE_READONLY:                     return TROUBLE_READ_ONLY;
    case SQLITE_CANTOPEN: case SQLITE_PERM: case SQLITE_AUTH:
    case SQLITE_PROTOCOL: case SQLITE_IOERR:  return of_os_error(h, TROUBLE_DISK);
    case SQLITE_CORRUPT: case SQLITE_NOTADB:  return TROUBLE_DAMAGED;
    case SQLITE_INTERRUPT:                    return TROUBLE_DEADLINE;
    case SQLITE_TOOBIG: case SQLITE_NOMEM:    return TROUBLE_TOO_BIG;
    default:                                  return TROUBLE_BUG;
    }
}

/* "UNIQUE constraint failed: partner.code, partner.year" names columns; callers want the index, as on PostgreSQL. */
static void name_of_index(sqlite3 *h, const char *words, char *out, size_t size)
{
    static const char sql[] =
        "SELECT l.name FROM pragma_index_list(?1) l WHERE l.\"unique\" AND "
        "(SELECT group_concat(?1 || '.' || i.name, ', ') FROM pragma_index_info(l.name) i) = ?2";
    const char   *list = strstr(words, "failed: ");
    const char   *dot = list ? strchr(list, '.') : NULL;
    sqlite3_stmt *st = NULL;
    snprintf(out, size, "%.*s", (int)size - 1, list ? list + 8 : words);
    if (list && strncmp(list + 8, "index '", 7) == 0) {         /* an index on expressions is named at once */
        snprintf(out, size, "%.*s", (int)strcspn(list + 15, "'"), list + 15);
    } else if (dot && sqlite3_prepare_v2(h, sql, -1, &st, NULL) == SQLITE_OK) {
        list += 8;
        sqlite3_bind_text(st, 1, list, (int)(dot - list), SQLITE_STATIC);
        sqlite3_bind_text(st, 2, list, -1, SQLITE_STATIC);
        if (sqlite3_step(st) == SQLITE_ROW)
            snprintf(out, size, "%s", (const char *)sqlite3_column_text(st, 0));
    }
    sqlite3_finalize(st);
}

bool sqlite_failed(struct sqlite_conn *c, int rc, struct failure *f)
{
    char words[DETAIL_MAX / 2], name[DETAIL_MAX / 4];
    int  ext = sqlite3_extended_errcode(c->h);
    if ((ext & 0xFF) != (rc & 0xFF))
        ext = rc;
    enum trouble what = classify(c->h, ext);
    snprintf(words, sizeof words, "%s", sqlite3_errmsg(c->h));
    if (what == TROUBLE_BUG && strcmp(words, "integer overflow") == 0)
        what = TROUBLE_NUMBER;
    if (what == TROUBLE_DISK || what == TROUBLE_DAMAGED)
        c->suspect = true;
    if (what == TROUBLE_UNIQUE) {
        name_of_index(c->h, words, name, sizeof name);
        return failure_set(f, what, "%s: %s", name, words);
    }
    return failure_set(f, what, "sqlite %d: %s", ext, words);
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void entry_drop(void *connection, struct prepared *p)
{
    struct sqlite_stmt_entry *s = (struct sqlite_stmt_entry *)p;
    (void)connection;
    sqlite3_finalize(s->stmt);
    free(s->place);
    free(s);
}

/* $1, $2 … to places.  A name that is no number is a mistake in the SQL. */
static bool place_args(struct sqlite_stmt_entry *s)
{
    int n = sqlite3_bind_parameter_count(s->stmt);
    for (int i = 1; i <= n; i++) {
        const char *name = sqlite3_bind_parameter_name(s->stmt, i);
        int         k = name && name[0] == '$' ? atoi(name + 1) : 0;
        if (k < 1 || k > 10000)
            return false;
        if (k > s->nargs)
            s->nargs = k;
    }
    s->place = calloc((size_t)s->nargs + 1, sizeof *s->place);
    CHECK(s->place != NULL);
    for (int i = 1; i <= n; i++)
        s->place[atoi(sqlite3_bind_parameter_name(s->stmt, i) + 1) - 1] = i;
    return true;
}

static struct sqlite_stmt_entry *entry_new(struct sqlite_conn *c, str sql, struct failure *f)
{
    struct sqlite_stmt_entry *s = calloc(1, sizeof *s);
    const char               *tail = NULL;
    CHECK(s != NULL);
    int rc = sqlite3_prepare_v3(c->h, sql.p, (int)sql.n, SQLITE_PREPARE_PERSISTENT, &s->stmt, &tail);
    if (rc != SQLITE_OK) {
        sqlite_failed(c, rc, f);
        if (f->what == TROUBLE_BUG)
            f->what = TROUBLE_NONE, failure_set(f, TROUBLE_BUG, "%s in: %.*s", sqlite3_errmsg(c->h), (int)sql.n, sql.p);
    } else if (!s->stmt || str_trim(str_sub(sql, (size_t)(tail - sql.p), sql.n)).n) {
        failure_set(f, TROUBLE_BUG, "not one statement: %.*s", (int)sql.n, sql.p);
    } else if (!place_args(s)) {
        failure_set(f, TROUBLE_BUG, "parameters are $1, $2 …: %.*s", (int)sql.n, sql.p);
    } else {
        statements_add(&c->statements, &s->prepared, sql);
        return s;
    }
    entry_drop(c, &s->prepared);
    return NULL;
}

static struct sqlite_stmt_entry *entry_take(struct sqlite_conn *c, str sql, struct failure *f)
{
    struct sqlite_stmt_entry *s = (struct sqlite_stmt_entry *)statements_find(&c->statements, sql);
    if (!s && !(s = entry_new(c, sql, f)))
        return NULL;
    s->next = c->running;
    c->running = s;
    return s;
}

static void entry_give(struct sqlite_conn *c, struct sqlite_stmt_entry *s)
{
    struct sqlite_stmt_entry **at = &c->running;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    sqlite3_reset(s->stmt);
    if (s->nargs)
        sqlite3_clear_bindings(s->stmt);
    statements_done(&c->statements, &s->prepared);
}

void sqlite_reset_running(struct sqlite_conn *c)
{
    while (c->running)
        entry_give(c, c->running);
}

static int bind_dec(sqlite3_stmt *st, int at, dec d)
{
    char text[DEC_TEXT_MAX];
    int  n = dec_text_into(text, d);
    return sqlite3_bind_text(st, at, text, n, SQLITE_TRANSIENT);
}

static bool bind_args(struct sqlite_conn *c, struct sqlite_stmt_entry *s, const struct value *args, size_t nargs,
                      sqlite3_destructor_type life, struct failure *f)
{
    if ((size_t)s->nargs > nargs)
        return failure_set(f, TROUBLE_BUG, "%zu arguments for: %s", nargs, sqlite3_sql(s->stmt));
    for (int i = 0; i < s->nargs; i++) {
        const struct value *v = &args[i];
        int                 at = s->place[i], rc = SQLITE_OK;
        if (at == 0)
            continue;
        switch (v->type) {
        case V_NULL: case V_LIST: case V_ERROR: break;
        case V_BOOL: rc = sqlite3_bind_int(s->stmt, at, v->u.b); break;
        case V_INT: case V_DATE: case V_TIME: case V_REF: rc = sqlite3_bind_int64(s->stmt, at, v->u.i); break;
        case V_DEC:  rc = bind_dec(s->stmt, at, v->u.d); break;
        case V_TEXT: rc = sqlite3_bind_text64(s->stmt, at, v->u.s.p ? v->u.s.p : "", v->u.s.n, life, SQLITE_UTF8); break;
        }
        if (rc != SQLITE_OK)
            return sqlite_failed(c, rc, f);
    }
    return true;
}

/* Text stays SQLite's own until the next step. */
static bool read_cell(sqlite3_stmt *st, int col, struct value *out, struct failure *f)
{
    dec d;
    switch (sqlite3_column_type(st, col)) {
    case SQLITE_NULL:    *out = V_NONE; return true;
    case SQLITE_INTEGER: *out = v_int(sqlite3_column_int64(st, col)); return true;
    case SQLITE_TEXT: {
        const char *p = (const char *)sqlite3_column_text(st, col);
        *out = v_text((str){ p, (size_t)sqlite3_column_bytes(st, col) });
        return p != NULL || failure_set(f, TROUBLE_TOO_BIG, "no memory for a text");
    }
    case SQLITE_FLOAT:
        if (dec_of_double(sqlite3_column_double(st, col), &d)) {
            *out = v_dec(d);
            return true;
        }
        return failure_set(f, TROUBLE_NUMBER, "column %d is not a finite number", col);
    default:
        return failure_set(f, TROUBLE_BUG, "column %d is a blob", col);
    }
}

static bool take_row(struct sqlite_stmt_entry *s, struct row_sink *sink, struct failure *f)
{
    sink->out->ncols = (size_t)sqlite3_column_count(s->stmt);
    struct value *cells = sink_row(sink, 0);
    for (int i = 0; i < (int)sink->out->ncols; i++) {
        if (!read_cell(s->stmt, i, &cells[i], f))
            return false;
        if (cells[i].type == V_TEXT)
            cells[i].u.s = str_dup(sink->mem, cells[i].u.s);
    }
    return true;
}

bool sqlite_run(struct db *db, str sql, const struct value *args, size_t nargs, struct row_sink *sink, int64_t *changed)
{
    struct sqlite_conn       *c = (struct sqlite_conn *)db;
    struct failure           *f = &db->failed;
    struct sqlite_stmt_entry *s = entry_take(c, sql, f);
    if (!s)
        return false;
    int  rc = SQLITE_DONE;
    bool ok = bind_args(c, s, args, nargs, SQLITE_STATIC, f);
    if (ok && sink)
        sink->out->ncols = (size_t)sqlite3_column_count(s->stmt);
    while (ok && (rc = sqlite3_step(s->stmt)) == SQLITE_ROW)
        ok = !sink || take_row(s, sink, f);
    if (ok && rc != SQLITE_DONE)
        ok = sqlite_failed(c, rc, f);
    if (ok && changed)
        *changed = sqlite3_stmt_readonly(s->stmt) ? 0 : sqlite3_changes64(c->h);
    entry_give(c, s);
    return ok;
}

bool sqlite_word(struct sqlite_conn *c, const char *sql, struct failure *f)
{
    struct sqlite_stmt_entry *s = entry_take(c, str_of(sql), f);
    if (!s)
        return false;
    int  rc = sqlite3_step(s->stmt);
    bool ok = rc == SQLITE_DONE || sqlite_failed(c, rc, f);
    entry_give(c, s);
    return ok;
}

bool sqlite_script(struct db *db, const char *sql)
{
    struct sqlite_conn *c = (struct sqlite_conn *)db;
    int                 rc = sqlite3_exec(c->h, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || sqlite_failed(c, rc, &db->failed);
}

/* ---- cursors ----------------------------------------------------------------------------------------------------- */

struct sqlite_cursor {
    struct cursor             cursor;
    struct sqlite_stmt_entry *s;
    int                       ncols;
    struct value              cells[];
};

bool sqlite_cursor_open(struct db *db, str sql, const struct value *args, size_t nargs, struct cursor **out)
{
    struct sqlite_conn       *c = (struct sqlite_conn *)db;
    struct sqlite_stmt_entry *s = entry_take(c, sql, &db->failed);
    if (!s)
        return false;
    if (!bind_args(c, s, args, nargs, SQLITE_TRANSIENT, &db->failed)) {
        entry_give(c, s);
        return false;
    }
    int                   n = sqlite3_column_count(s->stmt);
    struct sqlite_cursor *k = calloc(1, sizeof *k + (size_t)n * sizeof k->cells[0]);
    CHECK(k != NULL);
    k->s = s;
    k->ncols = n;
    *out = &k->cursor;
    return true;
}

bool sqlite_cursor_step(struct cursor *cursor, const struct value **cells)
{
    struct sqlite_cursor *k = (struct sqlite_cursor *)cursor;
    struct sqlite_conn   *c = (struct sqlite_conn *)cursor->db;
    int                   rc = sqlite3_step(k->s->stmt);
    *cells = k->cells;
    if (rc == SQLITE_DONE)
        return false;
    if (rc != SQLITE_ROW)
        return sqlite_failed(c, rc, &cursor->db->failed);
    for (int i = 0; i < k->ncols; i++)
        if (!read_cell(k->s->stmt, i, &k->cells[i], &cursor->db->failed))
            return false;
    return true;
}

void sqlite_cursor_close(struct cursor *cursor)
{
    struct sqlite_cursor *k = (struct sqlite_cursor *)cursor;
    cursor_forget(cursor);
    entry_give((struct sqlite_conn *)cursor->db, k->s);
    free(k);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static int past_deadline(void *arg)
{
    struct sqlite_conn *c = arg;
    int64_t             at = atomic_load_explicit(&c->db.deadline_ms, memory_order_relaxed);
    return at != 0 && now_ms() >= at;
}

/* Multi-thread mode: a connection is used by one thread at a time, and no statistics need a lock. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

static bool settings(struct sqlite_conn *c, enum sqlite_role role, bool read_only, struct failure *f)
{
    char sql[600];
    snprintf(sql, sizeof sql,
             "%s"                               /* the mode is kept in the file; a reader finds it there */
             "PRAGMA synchronous=FULL;"
             "PRAGMA foreign_keys=OFF;"
             "PRAGMA recursive_triggers=OFF;"
             "PRAGMA secure_delete=FAST;"
             "PRAGMA trusted_schema=OFF;"
             "PRAGMA case_sensitive_like=ON;"
             "PRAGMA mmap_size=0;"
             "PRAGMA cache_size=-%d;"
             "PRAGMA journal_size_limit=%d;"
             "PRAGMA wal_autocheckpoint=%d;"
             "PRAGMA query_only=%s;",
             role == SQLITE_WRITER && !read_only ? "PRAGMA journal_mode=WAL;" : "",
             role == SQLITE_WRITER ? WRITER_CACHE_KIB : READER_CACHE_KIB, JOURNAL_KEPT_BYTES, CHECKPOINT_PAGES,
             role == SQLITE_WRITER ? "OFF" : "ON");
    int rc = sqlite3_exec(c->h, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK || sqlite_failed(c, rc, f);
}

bool sqlite_conn_open(struct sqlite_conn *c, const char *path, enum sqlite_role role, bool read_only, int busy_timeout_ms,
                      struct failure *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                (role == SQLITE_WRITER && !read_only ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(path, &c->h, flags, NULL);
    if (rc != SQLITE_OK) {
        c->h ? sqlite_failed(c, rc, f) : failure_set(f, TROUBLE_DISK, "no memory for a connection");
        sqlite_conn_close(c);
        return false;
    }
    sqlite3_busy_timeout(c->h, busy_timeout_ms);
    sqlite3_db_config(c->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);  /* "x" is a name, never a text, as on PostgreSQL */
    sqlite3_db_config(c->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(c->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_progress_handler(c->h, DEADLINE_OPS, past_deadline, c);
    statements_init(&c->statements, STATEMENTS_KEPT, entry_drop, c);
    if (!c->scratch)
        c->scratch = arena_new(0);
    c->suspect = false;
    if (settings(c, role, read_only, f) && sqlite_functions_add(c, f))
        return true;
    sqlite_conn_close(c);
    return false;
}

void sqlite_conn_close(struct sqlite_conn *c)
{
    CHECK(!c->running);
    statements_clear(&c->statements);
    if (c->h)
        CHECK(sqlite3_close(c->h) == SQLITE_OK);
    c->h = NULL;
    arena_free(c->scratch);
    c->scratch = NULL;
}

bool sqlite_alive(const struct sqlite_conn *c) { return c->h && !sqlite3_get_autocommit(c->h); }
