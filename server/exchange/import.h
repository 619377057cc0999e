/* import: rows of a file into records, in chunks that are transactions of their own.
 *
 *     struct import *im = import_new(&options, next, arg);
 *     ok = import_run(im, &door, &e);              (or by hand, as import_run does:)
 *     while (import_read(im, &end, &e) && !end)    the next rows, no transaction needed
 *         begin; import_apply(im, ctx); commit;    may be run again from begin when the database was busy
 *         import_keep(im, &e);                     what has happened counts now
 *     import_free(im);
 *
 * Every row goes through the verbs of record.h with the actor's rights; rows that are refused leave no trace and are
 * reported with their line, column and reason.  A chunk runs without savepoints; when a row is refused it is run again with
 * one per row.  A row that says nothing new writes nothing.  dry_run does all of it in one transaction and rolls back. */
#ifndef EXCHANGE_IMPORT_H
#define EXCHANGE_IMPORT_H
#include "exchange/csv.h"
#include "record/record.h"

enum { IMPORT_CHUNK_ROWS = 2000, IMPORT_CHUNK_BYTES = 8 << 20 };

struct import_totals { int64_t rows, created, updated, unchanged, rejected; };
/* A row that was written (before: the version that it found, 0 for a new record) or rejected (cells: the row as CSV). */
struct import_row { int64_t line, id, before, version; bool rejected; str column, reason, cells; };
struct import_chunk {
    const struct import_row *rows; size_t n;    /* without those that changed nothing */
    str                      header;            /* as CSV */
    struct import_totals     totals;            /* of the file up to here */
};
struct import_options {
    str       module, key, map;         /* key, map: may be empty, see mapping.h */
    bool      dry_run;
    enum lang lang;                     /* of reasons */
    size_t    chunk;                    /* rows; 0: IMPORT_CHUNK_ROWS */
    size_t    memory;                   /* bytes that a chunk may take; 0: as arena_new has it */
    const struct arena *above;          /* its guard ends an import that takes more (arena_under); NULL: the program ends */
    /* The rejected rows as CSV: line, column, reason, then the row as it came. NULL: only counted. */
    bool    (*reject)(void *arg, str csv);
    void    (*progress)(void *arg, const struct import_totals *);       /* after each chunk; may be NULL */
    /* What a chunk did, told in its transaction, so that what is written about it is as true as the records; may be NULL. */
    bool    (*within)(void *arg, struct ctx *, const struct import_chunk *);
    void     *arg;                      /* of all of them */
};
/* Lines of a file of rejected rows: its header and a row; mem is for their making. */
void import_reject_header(struct buf *, enum lang, str header);
void import_reject_row(struct buf *, int64_t line, str column, str reason, str cells);
/* Rows come from here, the header first: csv_next with a reader, or a sheet. */
typedef bool import_next(void *arg, struct csv_row *, bool *end, struct err *);

struct import;
struct import *import_new(const struct import_options *, import_next *, void *arg);
void           import_free(struct import *);            /* NULL is fine */
bool import_read(struct import *, bool *end, struct err *);
bool import_apply(struct import *, struct ctx *);       /* includes rec_flush */
bool import_keep(struct import *, struct err *);
const struct import_totals *import_totals(const struct import *);

struct import_door {
    bool (*begin)(void *arg, struct ctx **, struct err *);
    bool (*commit)(void *arg, struct err *);
    void (*rollback)(void *arg);
    void  *arg;
};
bool import_run(struct import *, const struct import_door *, struct err *);
/* csv_next as import_next; arg is the reader. */
bool import_next_csv(void *reader, struct csv_row *, bool *end, struct err *);
#endif
