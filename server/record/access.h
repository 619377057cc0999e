/* access: what the actor may do with a module, from all of the actor's roles.
 *
 * Roles add up row by row: a row is visible when one role's condition holds, and shows the fields of those roles whose
 * condition holds for it.  The same decision is made in SQL (reading) and in C (writing). */
#ifndef RECORD_ACCESS_H
#define RECORD_ACCESS_H
#include "record/ctx.h"

enum action { ACT_READ, ACT_CREATE, ACT_UPDATE, ACT_DELETE };

enum { ACCESS_ROLES_MAX = 16 };
struct access {
    const struct module      *m;
    bool                      everything;               /* administrators and the system */
    const struct role_module *roles[ACCESS_ROLES_MAX];  /* that may read at least some rows */
    size_t                    nroles;
};
struct access access_of(const struct ctx *, const struct module *);
bool access_any(const struct access *, enum action);                    /* may it be done to any record at all */
bool access_field(const struct access *, const struct field *, int level); /* by at least one role on some rows */
bool access_every_row(const struct access *);                           /* no row is hidden */
/* The roles that show the field; true when they do so on every row that the actor sees. */
bool access_field_always(const struct access *, const struct field *);
#endif
