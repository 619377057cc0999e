/* postgres: what the files of the PostgreSQL engine share.
 *
 * postgres.c         one connection: statements, results, errors
 * postgres_store.c   the store: connections, transactions, cursors
 * postgres_listen.c  hearing of commits of other servers, and telling them of ours */
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H
#include "db/engine.h"

#include <libpq-fe.h>

/* Arguments of the running call, as libpq wants them. */
struct pg_args { size_t cap; const char **value; int *length, *format; Oid *type; char (*digits)[DEC_TEXT_MAX]; };

/* Invariants
 *   1. h is NULL or a connection that has the settings of the store.
 *   2. Between transactions nothing is expected from the server, except the answer to COMMIT of a reader (settling).
 *   3. begun says that the server has confirmed BEGIN; until then nothing of the transaction exists there. */
struct pg_conn {
    struct db          db;          /* first: a struct db * of this engine is one of these */
    PGconn            *h;
    struct slot       *slot;
    struct statements  statements;
    struct pg_stmt    *running;     /* taken by a call that an arena may have jumped out of */
    PGresult          *result;      /* the one being read */
    struct pg_args     args;
    bool               begun, settling, deadline_hit;
    bool               stale;       /* the prepared statements are to be dropped when the transaction has ended */
    unsigned           names;       /* of statements and cursors: counts up */
};

struct pg_store {
    struct store      store;        /* first */
    char             *url, *schema;
    struct slots      slots;
    struct pg_listen *listen;       /* NULL: read-only */
};

PGconn *pg_connect(const struct pg_store *, struct failure *);
bool    pg_failed(struct pg_conn *, const PGresult *, struct failure *);     /* classifies; false */
PGresult *pg_wait(struct pg_conn *);       /* next result, minding the deadline; NULL: no more, or lost */
PGresult *pg_answer(struct pg_conn *);     /* of all results of what was sent the last, of errors the first; NULL: lost */
bool    pg_simple(struct pg_conn *, const char *sql, const char *tag, struct failure *);    /* no arguments; tag: what must be answered, or NULL */
PGresult *pg_ask(struct pg_conn *, const char *sql, struct failure *);      /* the same, with rows */
bool    pg_declare(struct pg_conn *, str head, str sql, const struct value *args, size_t nargs);    /* head and sql, unprepared, with arguments */
void    pg_args_free(struct pg_conn *);
bool    pg_begin_now(struct pg_conn *);                                     /* BEGIN, when it was not sent yet */
bool    pg_run(struct db *, str sql, const struct value *args, size_t nargs, struct row_sink *, int64_t *changed);
bool    pg_fetch(struct pg_conn *, str sql, const struct value *args, size_t nargs);   /* into ->result, until pg_clear */
bool    pg_cell(const PGresult *, int row, int col, struct value *out, struct failure *);      /* text stays the result's */
void    pg_clear(struct pg_conn *);         /* result and statements in use */
void    pg_drop_connection(struct pg_conn *);
void    pg_settle(struct pg_conn *);        /* takes the answer to a reader's COMMIT */
bool    pg_forget_stale(struct pg_conn *);
void    pg_statements_init(struct pg_conn *);

bool    pg_listen_start(struct pg_store *, struct failure *);
void    pg_listen_tell(struct pg_store *);          /* a commit of ours */
void    pg_listen_stop(struct pg_store *);
#endif
