/* compose: SELECT statements over a module and what it points at.  The only place, beside design.c, that writes SQL from
 * the catalog.  With rights, every column is what the actor may see of it: null where a role hides the row or the field. */
#ifndef RECORD_COMPOSE_H
#define RECORD_COMPOSE_H
#include "record/access.h"

enum { COMPOSE_JOINS_MAX = 48, COMPOSE_ARGS_MAX = 400, COMPOSE_LISTS_MAX = 16 };
/* scope: the statement that the join belongs to; 0 the whole, else a sub-query over a list. */
struct join { int parent; const struct field *via; const struct module *m; bool rights; str seen; bool seen_known; int scope; };
struct compose_list { const struct expr_list *list; int from, owner, row; };   /* aliases: where the path begins, whose list it is, its rows */
struct compose {
    struct ctx          *c;
    const struct module *root;
    bool                 rights;
    struct join         *joins; int njoins, joins_cap;          /* [0] is the root, t0 */
    struct value        *args; int nargs, args_cap;
    bool                 overflow;      /* too many joins or parameters: the statement must not be run */
    bool                 particular;    /* it holds a formula, so it may depend on who asks, and when */
    struct compose_list *lists; int nlists, lists_cap;
};
void compose_init(struct compose *, struct ctx *, const struct module *root, bool rights);
int  compose_bind(struct compose *, struct value);
/* Where a path lives; false when it is a list or has no column. */
bool compose_path(struct compose *, const struct path *, struct sql_column *out);
bool compose_field(struct compose *, int alias, const struct field *, struct sql_column *out);
int  compose_join(struct compose *, int alias, const struct field *via);    /* alias number; -1 when too many */
/* A formula as condition; false: not in SQL here. */
bool compose_condition(struct compose *, const struct expr *, str *out);
/* Which rows of an alias the actor sees: "" for all. */
str  compose_seen(struct compose *, int alias);
/* Which of its rows show the actor the field: "" for all. */
str  compose_shown(struct compose *, int alias, const struct field *);
str  compose_from(struct compose *);    /* FROM … with the joins, to be written last */
/* The title of the record at the end of a relation. */
bool compose_title(struct compose *, int alias, const struct field *relation, struct sql_column *out);
#endif
