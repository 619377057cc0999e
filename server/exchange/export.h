/* export: records as a table, as the actor may see them, in the words that import reads again.
 *
 * A relation is written by mapping_unique of what it points at, else by number; an address as its parts; many-valued cells with ;
 * between.  Choices are labels in the actor's language where the label is no other choice's, else codes. */
#ifndef EXCHANGE_EXPORT_H
#define EXCHANGE_EXPORT_H
#include "record/record.h"

enum export_header { EXPORT_LABELS, EXPORT_NAMES };     /* what the first row says; with names, choices are codes */

/* Where a table goes: CSV, or a sheet. */
struct export_sink {
    void (*text)(void *arg, str);                       /* of people */
    void (*plain)(void *arg, str, enum vtype);          /* of the system: numbers, days, codes */
    bool (*end_row)(void *arg);                         /* false: writing has failed */
    void  *arg;
};
struct export_question {
    str                where, sort, q;          /* as rec_find has them; may be empty */
    str                fields;                  /* names and paths with commas, empty for all that the actor may read */
    enum export_header names;
};
bool export_records(struct ctx *, const struct module *, const struct export_question *, const struct export_sink *);
bool export_csv(struct ctx *, const struct module *, const struct export_question *, bool (*write)(void *, str), void *arg);
#endif
