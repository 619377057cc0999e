/* import_log: what imports did, in q_import: who sent which file, how far it got, which records it wrote, which rows it refused
 * and why.  What a chunk did is written in the chunk's transaction; so after a crash the log is as true as the records.
 *
 * state: waiting → running → done | failed | interrupted; then undoing → undone, or back to interrupted when the server ends. */
#ifndef EXCHANGE_IMPORT_LOG_H
#define EXCHANGE_IMPORT_LOG_H
#include "exchange/import.h"

struct import_order {
    int64_t              user;
    enum lang            lang;
    const struct module *m;
    str                  name;              /* of the file, as the sender calls it */
    str                  key, map, encoding, sheet;
    bool                 dry_run;
    str                  spool, server;     /* name of the file on this server; who works on it */
};
bool import_log_new(struct ctx *, const struct import_order *, int64_t *id);

struct import_entry {
    int64_t              id, user, at, module, finished, beat;
    enum lang            lang;
    str                  name, spool, state, server, header, message, problems;
    str                  key, map, encoding, sheet;
    bool                 dry_run;
    struct import_totals totals;
    int64_t              undone, remaining;
};
/* Of one user (0: of everybody). ERR_NOT_FOUND. */
bool import_log_get(struct ctx *, int64_t id, int64_t user, struct import_entry *out);
/* The newest before that id (0: of all). */
bool import_log_list(struct ctx *, int64_t user, int64_t before, int limit, struct import_entry **out, size_t *n);
/* With the problems of a list, the undo that is possible and what an undo left alone when whole is true. */
bool import_log_json(struct ctx *, const struct import_entry *, bool whole, struct jw *);
/* The rejected rows as a file: pieces go to write. */
bool import_log_rejected(struct ctx *, const struct import_entry *, bool (*write)(void *, str), void *arg);

bool import_log_begin(struct ctx *, int64_t id, const char *state, str server);     /* running or undoing */
bool import_log_chunk(struct ctx *, int64_t id, const struct import_chunk *);
bool import_log_reject(struct ctx *, int64_t id, const struct import_row *);
bool import_log_totals(struct ctx *, int64_t id, const struct import_totals *, str header);
bool import_log_end(struct ctx *, int64_t id, const char *state, const struct err *why);   /* why: NULL when all went well */
/* Ends what servers that are gone were working on, and forgets rows of imports older than a month.  alive: is that server still there? */
bool import_log_sweep(struct ctx *, bool (*alive)(str server, int64_t beat, int64_t now), void (*ended)(str spool, void *), void *arg);
#endif
