/* definition: the shape of what administrators send: known members of the right kinds, before the catalog links and compiles them.
 * A member that is misspelt would otherwise be kept and do nothing. */
#ifndef META_DEFINITION_H
#define META_DEFINITION_H
#include "meta/catalog.h"

/* A new module with its fields; was NULL.  Changes to a module: was is the module as it is. */
bool definition_module(const struct json *, const struct module *was, struct err *);
bool definition_field(const struct json *, struct err *);       /* whole, also after changes */
bool definition_role(const struct json *, struct err *);
#endif
