/* catalog: everything administrators define, as one immutable snapshot.
 *
 * Definitions live as JSON rows of q_config (kinds: module, field, view, role, dashboard, setting); a snapshot is made from
 * all of them at once.  A module's table is m<id>, a field's column f<id>: names change, those never do.
 *
 * Invariants
 *   1. A published catalog never changes; a change is a new snapshot with a higher version.
 *   2. Every expr in it compiled and type-checked before it was published.
 *   3. field->slot is dense per module: a record of m has m->nfields values; the system fields come first, by SLOT_*.
 *   4. Who uses it holds a pin; the last unpin of a replaced one frees its arena. */
#ifndef META_CATALOG_H
#define META_CATALOG_H
#include "db/db.h"
#include "formula/expr.h"
#include "meta/fieldtype.h"
#include "meta/memo.h"
#include "meta/textform.h"

enum { SLOT_ID, SLOT_VERSION, SLOT_CREATED_AT, SLOT_CREATED_BY, SLOT_UPDATED_AT, SLOT_UPDATED_BY, SLOT_OWNER, SLOT_DELETED_AT,
       SLOT_RECORD_TYPE, SLOT_FIRST };
enum { MODULE_FIELDS_MAX = 500 };

struct label { str en, zh; };
str label_in(const struct label *, enum lang);      /* the other language when one is missing */

enum on_delete { ON_DELETE_RESTRICT, ON_DELETE_CLEAR, ON_DELETE_CASCADE };
struct option { str code; struct label label; const str *when; size_t nwhen; };

struct field {
    int64_t                 id;             /* 0 for system fields */
    str                     name, column;
    struct label            label;
    const struct fieldtype *type;
    const struct module    *module, *target;/* target: relations, lines, person, department */
    const struct field     *via;            /* lines: the child's relation back */
    const struct field     *depends_on;     /* options depend on that choice */
    const struct field     *part_of;        /* a part of that address field: region, detail, postcode */
    struct module          *parts;          /* address: its parts, as a module without id */
    int                     slot, scale;
    enum vtype              vtype;          /* of its value */
    bool                    typed;          /* exists only in the record types that name it: type_has */
    bool                    required, unique, readonly, search, index, system, gap_none, follow, round;
    /* follow: the default is taken again when what it reads changes; round: more decimals are rounded, not refused */
    enum on_delete          on_delete;
    str                     related;        /* relations: name of the list seen from the other side */
    struct value            otherwise;      /* constant default */
    const struct expr      *default_expr, *formula, *required_when, *visible_when, *lookup, *where;
    bool                    has_min, has_max;
    dec                     min, max;
    size_t                  max_length;     /* code points */
    const struct textform  *form;           /* what the text must be, and how it is stored; NULL: any */
    void                   *pattern;        /* compiled regular expression */
    struct label            pattern_message;
    str                     pattern_text, number_pattern;
    const struct option    *options; size_t noptions;
    const struct json      *def;            /* as it was defined, for those who ask */
};

struct rule { struct label message; const struct expr *when; const struct field *at; };
struct record_type {
    str code; struct label label;
    const struct field *const *fields; size_t nfields;          /* that exist in this type only */
    const struct field *const *required; size_t nrequired;
    const struct json *options;             /* {"field":["code", …]}: narrower choices, or NULL */
};

/* `computed` of another record reads `watch` of this module's records.  Without list: through path, where watch is step number
 * `step`, or the links of a list at its end.  With list: watch is a field of the list's rows (step 0), its relation back, or at
 * path's later step. */
struct dependent { const struct field *computed, *watch; const struct expr_list *list; struct path path; int step; };

struct module {
    int64_t                   id;
    str                       name, table;
    struct label              label, plural;
    struct field             *fields; int nfields;
    const struct field       *title;
    struct rule              *rules; size_t nrules;
    struct record_type       *types; size_t ntypes;
    struct field             *lists; size_t nlists; /* related lists seen from here: kind lines, target and via set, no slot */
    const struct field       *parts_of;             /* not a module: the parts of that address field */
    const struct field *const*computed; size_t ncomputed;       /* formulas and roll-ups in the order to compute */
    const struct field *const*searched; size_t nsearched;
    struct dependent         *dependents; size_t ndependents;
    str                       insert_sql;       /* all columns but id, in slot order, RETURNING id */
    bool                      line, system, search;
    const struct json        *def;
};

struct right { bool all; const struct expr *when; };            /* neither: no right */
struct role_module {
    const struct module *module;
    struct right         read, create, update, del;
    const uint8_t       *fields;            /* per slot: FIELD_NONE, FIELD_READ, FIELD_WRITE */
};
enum { FIELD_NONE, FIELD_READ, FIELD_WRITE };
struct role {
    int64_t             id;
    str                 name;
    struct label        label;
    bool                admin;
    struct role_module *modules; size_t nmodules;   /* by module index: one for each module of the catalog */
    const struct json  *def;
};
struct item { int64_t id; str kind, name; const struct module *module; const struct json *def; };   /* views, dashboards, settings */

struct catalog {
    int64_t         version;
    struct arena   *mem;
    struct module  *modules; size_t nmodules;
    struct role    *roles; size_t nroles;
    struct item    *items; size_t nitems;
    const struct zone *zone;
    str             zone_name, currency, locale, workspace;
    struct fiscal   fiscal;
    struct calendar calendar;               /* the default one */
    struct named_calendar *calendars; size_t ncalendars;
    struct memo    *memo;                   /* what its readers have worked out from it */
    int             pins;                   /* under the cache's lock */
    struct catalog *next;
};

const struct module *catalog_module(const struct catalog *, str name);          /* NULL: none */
const struct module *catalog_module_id(const struct catalog *, int64_t id);
const struct field  *module_field(const struct module *, str name);             /* NULL: none */
bool                 type_has(const struct record_type *, const struct field *);    /* does the field exist in records of the type (NULL: of none) */
const struct role   *catalog_role(const struct catalog *, str name);
size_t               module_index(const struct catalog *, const struct module *);

/* Reads every definition and links it.  For design.c and the cache. */
bool catalog_load(struct db *, int64_t version, struct catalog **out, struct err *);
void catalog_free(struct catalog *);

/* The current snapshot of a process. */
struct catalogs;
struct catalogs *catalogs_new(void);
void catalogs_free(struct catalogs *);
/* The snapshot of that version (as q_version says in this transaction), loaded when it is not there yet; pinned. */
bool catalog_pin(struct catalogs *, struct db *, int64_t version, const struct catalog **out, struct err *);
void catalog_unpin(struct catalogs *, const struct catalog *);

/* Names in formulas.  may: asked for each field that is named (NULL: all); arg is its. */
struct meta_scope {
    struct scope          s;
    const struct catalog *cat;
    bool                (*may)(void *arg, const struct module *, const struct field *);
    void                 *arg;
    const struct field   *renamed; str new_name;        /* printing: this field already has its new name */
    const struct module  *renamed_lists;                /* so have the lists that are called like this module, which gets a new name */
};
void meta_scope_init(struct meta_scope *, const struct catalog *, const struct module *root);
#endif
