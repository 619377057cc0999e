/* lookup: finding many records by one field at once, as the actor sees them. */
#ifndef EXCHANGE_LOOKUP_H
#define EXCHANGE_LOOKUP_H
#include "base/dict.h"
#include "record/record.h"

struct lookup {
    const struct module *m;
    const struct field  *by;        /* a field with a column, or the id */
    struct dict          values;    /* what is looked for */
    struct lookup_hit { int64_t id, version; } *hits; uint32_t cap;   /* by number; id 0: none, -1: several */
};
void     lookup_init(struct lookup *, const struct module *, const struct field *by, struct arena *);
uint32_t lookup_want(struct lookup *, const struct value *);        /* number of the value */
bool     lookup_load(struct lookup *, struct ctx *);                /* asks for all that are wanted */
void     lookup_know(struct lookup *, uint32_t number, int64_t id, int64_t version);   /* made or changed since */
#endif
