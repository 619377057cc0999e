/* sqlite: what the files of the SQLite engine share.
 *
 * sqlite.c            connections, statements, errors
 * sqlite_store.c      the store: readers, the writer's lock, group commit
 * sqlite_functions.c  functions and collations that SQL lacks here */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H
#include "db/engine.h"

#include <sqlite3.h>

enum sqlite_role { SQLITE_WRITER, SQLITE_READER };

/* Invariants
 *   1. h is NULL or an open connection with all functions and settings.
 *   2. Between transactions h is in autocommit, except the writer while a group is open.
 *   3. suspect: the connection saw an I/O error; it is opened anew before its next use. */
struct sqlite_conn {
    struct db          db;              /* first: a struct db * of this engine is one of these */
    sqlite3           *h;
    struct statements  statements;
    struct sqlite_stmt_entry *running;  /* statements in use, to be reset when a transaction ends early */
    struct slot       *slot;            /* of a reader */
    struct arena      *scratch;         /* of the functions */
    bool               suspect;
};

bool sqlite_conn_open(struct sqlite_conn *, const char *path, enum sqlite_role, bool read_only, int busy_timeout_ms, struct failure *);
void sqlite_conn_close(struct sqlite_conn *);
bool sqlite_word(struct sqlite_conn *, const char *sql, struct failure *);  /* BEGIN, SAVEPOINT …: cached, no rows */
bool sqlite_failed(struct sqlite_conn *, int rc, struct failure *);         /* classifies; false */
void sqlite_reset_running(struct sqlite_conn *);
bool sqlite_alive(const struct sqlite_conn *);  /* a transaction is open: no error has ended it */

bool sqlite_run(struct db *, str sql, const struct value *args, size_t nargs, struct row_sink *, int64_t *changed);
bool sqlite_cursor_open(struct db *, str sql, const struct value *args, size_t nargs, struct cursor **);
bool sqlite_cursor_step(struct cursor *, const struct value **cells);
void sqlite_cursor_close(struct cursor *);
bool sqlite_script(struct db *, const char *sql);

bool sqlite_functions_add(struct sqlite_conn *, struct failure *);
#endif
