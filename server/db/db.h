/* db: the only door to a database, and the only room that knows there are two.
 *
 * SQL here is the subset both engines run unchanged: $1 parameters, RETURNING, ON CONFLICT, FILTER, window functions,
 * row values, NULLS FIRST.  The few words that differ are asked of the dialect.  Whole numbers travel as BIGINT, decimals as scaled BIGINT, days
 * and instants as BIGINT, booleans as BIGINT 0/1, text as TEXT; a NUL in text is refused on both.
 *
 * What to mind so that one text means the same on both:
 *   - columns are named, never SELECT *: PostgreSQL refuses a prepared * after the table got a column (ERR_BUSY then);
 *   - an argument that may be null and stands where nothing says its type is cast: CAST($1 AS BIGINT) IS NULL;
 *   - conditions are conditions: WHERE flag = 1, not WHERE flag; results of conditions arrive as V_INT 0 or 1;
 *   - LIKE knows case on both and always has ESCAPE; text functions of SQL fold ASCII only on SQLite;
 *   - sums of BIGINT stay exact on both (V_DEC past 64 bits on PostgreSQL, ERR_INVALID on SQLite); AVG is not exact on SQLite.
 *
 * A store is one database: a SQLite file, or a schema of a PostgreSQL database.  A db is a connection with an open
 * transaction, borrowed from the store by one thread for one piece of work.
 *
 * Reading never waits for writing.  On SQLite there is one writer at a time behind an in-process lock; each write is
 * a savepoint, and writers that wait share one commit (group commit): db_commit returns when the commit that holds the work is on disk.
 * On PostgreSQL transactions are serialisable; ERR_BUSY means: run the work again from db_begin.
 *
 * Invariants
 *   1. db_begin is followed by exactly one db_commit or db_rollback, in the thread that began.
 *   2. After a failed call within a transaction only db_rollback is allowed (others return the same error), or db_undo when
 *      the call came after a db_save.
 *   3. db_commit returning false means nothing of the work is kept.  The one exception: when the connection to
 *      PostgreSQL breaks while COMMIT runs, nobody knows; that is ERR_INTERNAL with a message that says so.
 *   4. All cursors are closed and all db_save ended before db_commit; db_rollback ends them itself, so it may follow a
 *      jump out of an arena. */
#ifndef DB_DB_H
#define DB_DB_H
#include "base/err.h"
#include "base/value.h"

struct store;
struct db;
enum tx_mode { TX_NONE, TX_READ, TX_WRITE };

struct rows { struct value *cells; size_t ncols, nrows; };     /* row by row */
#define CELL(rows, r, c) (&(rows)->cells[(r) * (rows)->ncols + (c)])

struct store_options {
    const char *sqlite_path;        /* or */
    const char *postgres_url;       /* postgresql://…; with schema */
    const char *schema;             /* PostgreSQL: the workspace; created when absent */
    int         readers;            /* most connections that read at once; 0: a sensible number */
    int         busy_timeout_ms;    /* waiting for a lock or connection; 0: 10,000 */
    bool        read_only;
};

bool store_open(const struct store_options *, struct store **out, struct err *);
void store_close(struct store *);

/* opened_by: a literal that names the work ("POST /records"), kept for messages about transactions that stay open too long. */
bool db_begin(struct store *, enum tx_mode, const char *opened_by, struct db **out, struct err *);
bool db_commit(struct db *, struct err *);
void db_rollback(struct db *);
/* A savepoint inside a write: for rows of a batch that may fail alone. */
bool db_save(struct db *, struct err *);
bool db_release(struct db *, struct err *);
void db_undo(struct db *);          /* back to the last db_save, which ends */

/* Runs one statement.  sql is kept in the statement cache by its text, so it must have few shapes. Result cells are
 * copied into mem; integers come as V_INT, text as V_TEXT, PostgreSQL numerics as V_DEC or V_INT, null as V_NULL.
 * args of type V_BOOL, V_INT, V_DATE, V_TIME, V_REF bind as integers, V_TEXT as text, V_DEC as numeric text. out may be NULL. */
bool db_run(struct db *, str sql, const struct value *args, size_t nargs,
            struct arena *mem, struct rows *out, struct err *);
/* The same for statements without result; *changed (may be NULL) is the number of rows touched. */
bool db_exec(struct db *, str sql, const struct value *args, size_t nargs, int64_t *changed, struct err *);

/* Many rows, one at a time: for exports and reports.  cells are valid until the next step.
 *     struct cursor *c;
 *     if (!db_open(db, sql, args, n, &c, e)) ...
 *     while (db_step(c, &cells)) ...
 *     if (!db_close(c, e)) ...                 (says whether all rows came)
 * On PostgreSQL rows come in pieces, never all in memory.  One cursor at a time per statement text. */
struct cursor;
bool db_open(struct db *, str sql, const struct value *args, size_t nargs, struct cursor **out, struct err *);
bool db_step(struct cursor *, const struct value **cells);
bool db_close(struct cursor *, struct err *);
/* Stops a running statement from another thread or by deadline (now + ms); 0 removes it. ERR_LIMIT then.  It ends with the
 * transaction.  On SQLite a stopped write ends the work of others that shared its commit too; they are told ERR_BUSY. */
void db_deadline(struct db *, int ms);

/* Of an ERR_CONFLICT from a statement: the name of the unique index or constraint that refused. */
str          db_conflict_name(const struct err *);
enum tx_mode db_mode(const struct db *);
int          store_readers(const struct store *);        /* how many transactions may read at once */
int64_t      db_last_commit(const struct store *);      /* grows with each commit of this process: to wake readers of the feed */
bool         db_wait_commit(struct store *, int64_t seen, int timeout_ms); /* true when newer than seen; PostgreSQL: other servers' commits too */

struct dialect {
    const char *name;               /* "sqlite", "postgresql" */
    const char *primary_key;        /* column type of an id that counts up and is never used again */
    const char *text_order;         /* collation of people: pinyin; the same order as text_collate */
    const char *byte_order;         /* collation of bytes */
    const char *for_update;         /* "" or " FOR UPDATE" */
    bool        has_numeric;        /* exact arithmetic in SQL itself; else the q_* functions of db/sqlite_functions.c */
};
const struct dialect *db_dialect(const struct db *);
const struct dialect *store_dialect(const struct store *);

/* Scalar functions that other rooms give to SQLite (PostgreSQL never asks for them): known to every connection that is opened
 * afterwards, so they are added when the program starts.  call sees the cells (integers and text) and answers a value; V_ERROR
 * and V_NULL are null, V_DEC becomes decimal text.  What it keeps in *memo lasts while the first argument of a statement stays the
 * same and ends with forget.  mem is reset after the call. */
struct db_function {
    const char *name;
    struct value (*call)(void **memo, const struct value *args, size_t n, struct arena *mem);
    void       (*forget)(void *memo);
};
void db_function_add(const struct db_function *);

/* System tables, in steps that are applied once each, in one transaction, with a backup copy before on SQLite; a
 * newer database than the program is refused politely. */
struct migration { int version; const char *what; const char *sqlite; const char *postgres; /* NULL: the same as sqlite */ };
bool store_migrate(struct store *, const struct migration *, size_t n, struct err *);

bool store_backup(struct store *, const char *file, struct err *);      /* SQLite: consistent copy while running */
bool store_check(struct store *, void (*say)(void *, str), void *arg, struct err *); /* integrity */

/* Tests only (helpers: db/testing.h): the n-th database call from now on fails once as if the disk or connection had failed; 0 switches off.
 * Counts every call of every connection except db_step, db_undo and db_rollback; store_calls says how many were made. */
void    store_fail_at(struct store *, int64_t nth);
int64_t store_calls(const struct store *);
#endif
