/* schema: the system tables of a workspace, in steps.  Tables of modules are made by design.c. */
#ifndef META_SCHEMA_H
#define META_SCHEMA_H
#include "db/db.h"

extern const struct migration meta_migrations[];
extern const size_t           meta_nmigrations;
#endif
