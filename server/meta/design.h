/* design: changing what administrators define.  Each call checks the whole new catalog before it is kept, in the
 * caller's write transaction: a definition that does not link, compile or fit is refused and nothing changes. */
#ifndef META_DESIGN_H
#define META_DESIGN_H
#include "meta/catalog.h"

struct design {
    struct db            *db;       /* write transaction */
    struct arena         *mem;
    const struct catalog *cat;      /* as it is before the change */
    int64_t               actor, now;
};

/* def: the JSON of api.md; a module's "fields" are made with it. *id: of the new row. */
bool design_module_create(struct design *, const struct json *def, int64_t *id, struct err *);
bool design_module_update(struct design *, const struct module *, const struct json *changes, struct err *);
bool design_module_delete(struct design *, const struct module *, struct err *);   /* refused while it is used or has records */
bool design_field_create(struct design *, const struct module *, const struct json *def, int64_t *id, struct err *);
bool design_field_update(struct design *, const struct field *, const struct json *changes, struct err *);  /* renames rewrite formulas */
bool design_field_delete(struct design *, const struct field *, struct err *);     /* refused while used; says by what */
/* Views, roles, dashboards, settings. */
bool design_item_put(struct design *, const char *kind, str name, const struct json *def, int64_t *id, struct err *);
bool design_item_delete(struct design *, const char *kind, int64_t id, struct err *);

/* Many modules and items at once, in any order of reference: for applications.  Existing names are left alone. */
bool design_load(struct design *, const struct json *const *modules, size_t n, struct err *);

/* A definition with members of changes in place of its own; null removes. */
const struct json *design_merged(struct design *, const struct json *old, const struct json *changes);
bool name_valid(str name);          /* a name of the language that is not reserved */
#endif
