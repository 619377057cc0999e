/* workspace: opening a store, making a new workspace out of the shipped application, and working on it from the command
 * line.  A workspace is a SQLite file in the data folder, or a schema of PostgreSQL. */
#ifndef API_WORKSPACE_H
#define API_WORKSPACE_H
#include "api/api.h"

struct workspace_options { const char *data, *database, *schema; int readers; };

/* Opens and migrates. */
bool workspace_open(const struct workspace_options *, struct store **out, struct err *);
bool workspace_migrate(struct store *, struct err *);
bool workspace_exists(struct store *, bool *out, struct err *);

struct workspace_new { str application, email, password, name, locale; };
/* Modules, roles, views, dashboards and the first administrator (none without an e-mail); a second run changes nothing. */
bool workspace_init(struct store *, const struct workspace_new *, struct err *);

/* A piece of work by the program itself, in one transaction; run again when busy. */
typedef bool desk_work(struct ctx *, void *arg);
bool desk_run(struct store *, struct catalogs *, enum tx_mode, const char *way, struct arena *, desk_work *, void *arg, struct err *);

/* A desk of the program that is opened again and again, for long work in many transactions: the program's own, or a person's,
 * whose rights are read again each time. */
struct desk {
    struct store    *store;
    struct catalogs *catalogs;
    struct arena    *mem;       /* reset when the desk is opened */
    const char      *way;
    int64_t          user;      /* 0: the program */
    enum lang        lang;
    struct actor     actor;
    bool             spoilt;    /* what was written before was not kept */
    struct ctx       c;         /* while it is open */
};
bool desk_open(struct desk *, enum tx_mode, struct ctx **out, struct err *);
bool desk_commit(struct desk *, struct err *);
void desk_rollback(struct desk *);
/* The user with that e-mail; *id 0: none. */
bool user_by_email(struct ctx *, str email, int64_t *id);
#endif
