/* catalog_inner: what the catalog*.c files share; nobody else includes it.
 *
 * A catalog is made in three passes: catalog_read.c makes modules and fields of what is written about them; catalog_link.c turns
 * names into things, compiles formulas and finds out who depends on whom; catalog.c does the rest and holds the three together. */
#ifndef META_CATALOG_INNER_H
#define META_CATALOG_INNER_H
#include "meta/catalog.h"

struct loading {
    struct catalog *cat;
    struct arena   *mem;
    struct err     *e;
};

/* Rows of q_config: id, kind, parent, name, def. */
static inline bool is_kind(const struct rows *rows, size_t i, const char *kind) { return str_eqz(CELL(rows, i, 1)->u.s, kind); }

struct label read_label(const struct json *);
bool read_modules(struct loading *, const struct rows *, const struct json **defs);
bool link_all(struct loading *);
/* A formula over m that the member `what` of `owner` holds; *out stays NULL when it is empty. */
bool compile(struct loading *, const struct module *m, str owner, const char *what, str text, const struct expr **out);
#endif
