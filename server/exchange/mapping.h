/* mapping: which cells of a table go into which fields.
 *
 *     Source=target, …     Source: Column | "text" | A+B+"text" (joined by -, empty when a column in it is empty)
 *                          target: field | relation.unique_field | address.region.code | address.detail | address.postcode
 *
 * or as JSON: {"Column":"field", …}, for columns with any name.  Without a mapping the header names the targets: by the same words, or by the label in either language.  A relation without
 * a field behind it is read by mapping_unique of what it points at, else by number; export writes the same. */
#ifndef EXCHANGE_MAPPING_H
#define EXCHANGE_MAPPING_H
#include "exchange/csv.h"
#include "record/record.h"

struct mapping_source { bool literal; str text; size_t column; };
struct mapped {
    struct mapping_source *from; size_t nfrom;
    const struct field    *f;           /* a part, for addresses */
    const struct field    *unique;      /* relations: the field of the target that the cell holds; NULL: its number */
    str                    name;        /* as the file calls it */
    bool                   points;      /* f points at records */
};
struct mapping { struct mapped *cols; size_t n; ptrdiff_t key; };   /* key: index in cols, -1 none */

/* header, map, key: in mem or longer-lived.  All problems at once in c->err. */
bool mapping_read(struct ctx *, const struct module *, const str *header, size_t nheader, str map, str key, struct arena *, struct mapping *out);
/* By which field people name records of a module: its title when unique, else its first unique field that the actor may read. */
const struct field *mapping_unique(struct ctx *, const struct module *);
/* The text that a row has for a mapped column. */
str mapping_text(const struct mapped *, const str *cells, const bool *quoted, size_t ncells, struct arena *);
#endif
