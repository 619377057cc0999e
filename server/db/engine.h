/* engine: what db.c and the two engines share; nobody outside this room includes it.
 *
 * An engine is one struct of functions.  db.c checks what is the same for both (order of calls, faults, arguments,
 * what may follow a failure) and then calls the engine, so an engine may trust its caller.
 *
 * Every failure is a row of DB_TROUBLES plus a detail in the engine's own words.  It is kept in the db, because after it all
 * further calls must give the same answer.  Nothing that allocates from an arena runs while a lock is held or a
 * structure is half changed: an arena may jump out (see arena.h), and then only db_rollback is called. */
#ifndef DB_ENGINE_H
#define DB_ENGINE_H
#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

/* err_test: argument 3 of TROUBLE is a format */
#define DB_TROUBLES(TROUBLE)                                                                                          \
    TROUBLE(LOCKED,    BUSY,     "The data is in use by others at the moment; please try again")                       \
    TROUBLE(SERIAL,    BUSY,     "Others changed the same data at the same time; please try again")                    \
    TROUBLE(LOST,      BUSY,     "The connection to the database was lost; please try again")                          \
    TROUBLE(FULL,      FULL,     "There is no space left to store this; existing data can still be read")              \
    TROUBLE(READ_ONLY, FULL,     "The storage is read-only at the moment, so nothing can be changed")                  \
    TROUBLE(DISK,      INTERNAL, "The storage reported an error; nothing was changed")                                 \
    TROUBLE(DAMAGED,   INTERNAL, "The database is damaged; please tell the administrator")                             \
    TROUBLE(UNKNOWN,   INTERNAL, "The connection to the database was lost while saving; please check whether the change was kept") \
    TROUBLE(UNIQUE,    CONFLICT, "Another entry already has this value")                                               \
    TROUBLE(DEADLINE,  LIMIT,    "This took too long and was stopped")                                                 \
    TROUBLE(TOO_BIG,   LIMIT,    "This is more than the database can hold")                                            \
    TROUBLE(TEXT,      INVALID,  "The text contains a character that cannot be stored")                                \
    TROUBLE(NUMBER,    INVALID,  "A number is too large")                                                              \
    TROUBLE(BUG,       INTERNAL, "Something went wrong on our side")

enum trouble {
    TROUBLE_NONE,
#define TROUBLE(name, kind, words) TROUBLE_##name,
    DB_TROUBLES(TROUBLE)
#undef TROUBLE
};

enum { DETAIL_MAX = 400 };
struct failure { enum trouble what; char detail[DETAIL_MAX]; };

bool failure_set(struct failure *, enum trouble, const char *fmt, ...) __attribute__((format(printf, 3, 4)));  /* false */
bool failure_say(const struct failure *, struct err *);     /* into an err; false */

/* ---- slots: connections taken for a transaction by one thread --------------------------------------------------- */

/* A thread gets the slot that it had before when that is free, so caches stay warm and, with no more threads than
 * slots, nobody touches a shared line but the slot's own. */
struct slot { _Alignas(64) _Atomic int taken; void *connection; };
struct slots {
    struct slot    *slot;
    int             n;
    _Atomic int     waiting;
    pthread_mutex_t mutex;
    pthread_cond_t  freed;
};
void slots_init(struct slots *, int n);
void slots_free(struct slots *);
struct slot *slots_take(struct slots *, int timeout_ms);    /* NULL: none became free in time */
void slots_give(struct slots *, struct slot *);

/* ---- statements: what was prepared, by its text ---------------------------------------------------------------- */

struct prepared {                   /* first member of the engine's own struct */
    uint64_t         hash;
    char            *text; size_t n;
    struct prepared *chain, *newer, *older;
    bool             in_use;        /* never dropped, never found again meanwhile */
    bool             kept;          /* in the table; else its user drops it */
};
enum { STATEMENT_BUCKETS = 256, STATEMENTS_KEPT = 200 };
struct statements {
    struct prepared *bucket[STATEMENT_BUCKETS], *newest, *oldest;
    int              n, max;
    void           (*drop)(void *connection, struct prepared *);    /* frees it, text is ours */
    void            *connection;
};
void statements_init(struct statements *, int max, void (*drop)(void *, struct prepared *), void *connection);
struct prepared *statements_find(struct statements *, str text);        /* marks in_use; NULL: absent or in use */
void statements_add(struct statements *, struct prepared *, str text);  /* marks in_use; drops the oldest past max */
void statements_done(struct statements *, struct prepared *);           /* back, or dropped when it was not kept */
void statements_forget(struct statements *, struct prepared *);         /* one in use: will be dropped by statements_done */
void statements_clear(struct statements *);                             /* drops all that are not in use */

/* ---- store, db, cursor: the common heads ------------------------------------------------------------------------ */

struct engine;
struct store {
    const struct engine *engine;
    int                  busy_timeout_ms;
    bool                 read_only;
    _Atomic int64_t      calls, fail_at;
    _Atomic int64_t      commits;
    _Atomic int          watching;          /* threads in db_wait_commit */
    pthread_mutex_t      watch_mutex;
    pthread_cond_t       committed;
    int                   readers;      /* transactions that may read at once */
};

/* Invariants
 *   1. mode is TX_NONE exactly while nobody has it.
 *   2. saves is the number of db_save without db_release or db_undo.
 *   3. failed.what is set once by the first failure and cleared only by db_undo or a new db_begin. */
struct db {
    struct store    *store;
    enum tx_mode     mode;
    const char      *opened_by;
    int64_t          opened_ms;
    int              saves;
    struct failure   failed;
    _Atomic int64_t  deadline_ms;           /* of now_ms; 0: none */
    struct cursor   *cursors;               /* open ones */
};
struct cursor {
    struct db       *db;
    struct cursor   *next;
    bool             ended;
};

/* Collects the rows of db_run. */
struct row_sink { struct arena *mem; struct rows *out; size_t cap; };
struct value *sink_row(struct row_sink *, size_t expect);   /* room for one more row; out->ncols is set; expect: rows known to come, 0 unknown */

/* On failure every function sets db->failed and returns false. */
struct engine {
    struct dialect dialect;
    void (*close)(struct store *);
    bool (*begin)(struct store *, enum tx_mode, const char *opened_by, struct db **out, struct failure *);
    /* After both, the db is no longer the caller's.  commit with fail_it set must fail as if the disk or connection had. */
    bool (*commit)(struct db *, bool fail_it, struct failure *);
    void (*rollback)(struct db *);
    void (*cut)(struct db *);               /* a fault was injected: PostgreSQL drops the connection */
    bool (*save)(struct db *);
    bool (*release)(struct db *);
    bool (*undo)(struct db *);
    bool (*run)(struct db *, str sql, const struct value *args, size_t nargs, struct row_sink *, int64_t *changed);
    bool (*open)(struct db *, str sql, const struct value *args, size_t nargs, struct cursor **out);
    bool (*step)(struct cursor *, const struct value **cells);  /* false at the end and on failure */
    void (*close_cursor)(struct cursor *);
    bool (*script)(struct db *, const char *sql);               /* many statements, no arguments, no rows */
    const char *(*file)(const struct store *);  /* of the database; NULL: it is not a file here */
    bool (*backup)(struct store *, const char *file, struct failure *);    /* NULL: cannot */
    bool (*check)(struct store *, void (*say)(void *, str), void *arg, struct failure *);
};

void store_init(struct store *, const struct engine *, const struct store_options *);
void store_done(struct store *);
void store_committed(struct store *);                       /* counts a commit and wakes who waits for one */
void db_opened(struct db *, struct store *, enum tx_mode, const char *opened_by);
bool db_script(struct db *, const char *sql, struct err *);
void cursor_forget(struct cursor *);                        /* takes it off its db; first thing in close_cursor */

bool sqlite_open(const struct store_options *, struct store **, struct err *);
bool postgres_open(const struct store_options *, struct store **, struct err *);

int64_t now_ms(void);               /* monotonic */
void    deadline_spec(struct timespec *, int64_t at_ms);
void    cond_init_monotonic(pthread_cond_t *);
#endif
