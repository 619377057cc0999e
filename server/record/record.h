/* record: the verbs.  One write path and one read path; there is no other way to change or see a record.
 *
 * Writing, in this order: access, coercion (by who reads the request), defaults, numbers, formulas, validation, write, lines,
 * history, search text, effects on computed fields of other records (at rec_flush, once per record and transaction).
 * Reading knows row and field rights in everything: columns, conditions, order, counts, titles, search, history.
 *
 * All functions: false means ctx->err is set and the transaction must be rolled back. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H
#include "record/access.h"

struct record {
    const struct module *m;
    int64_t              id, version;       /* version: what the caller saw; 0: does not care */
    struct value        *v;                 /* m->nfields values, by slot; FT_MANY: V_LIST of V_REF */
    uint8_t             *set;               /* one byte per slot: given by the caller */
    struct record_lines *lines;             /* by slot of FT_LINES fields, NULL where not given */
    bool                 moved;             /* the write has changed something */
};
struct record_lines { struct record **rows; size_t n; bool given, moved; };

struct record *record_new(struct ctx *, const struct module *);
/* The record of a request.  Unknown fields, wrong types and unknown related records are problems, all of them at once. */
bool record_read_json(struct ctx *, const struct module *, const struct json *, struct record **out);
/* After a refusal of a record that was to be made: what is missing is said as well.  but: given by the caller itself, or NULL. */
void record_missing(struct ctx *, const struct record *, const struct field *but);
/* One relation out of a text or JSON: 42, {"id":42}, {"code":"P-001"}. */
bool record_read_relation(struct ctx *, const struct field *, const struct json *, struct value *out, struct err *);
/* By a unique field; *id 0 when there is none that the actor sees. */
bool rec_lookup(struct ctx *, const struct field *unique, const struct value *, int64_t *id);

bool rec_create(struct ctx *, struct record *);             /* fills id and version */
bool rec_update(struct ctx *, struct record *);             /* only what is set; ERR_CONFLICT when stale */
bool rec_delete(struct ctx *, const struct module *, int64_t id, int64_t version);
bool rec_restore(struct ctx *, const struct module *, int64_t id);
/* Computes what writes of this transaction have made stale.  Call before commit. */
bool rec_flush(struct ctx *);

/* All records of a module: after one of its formulas has changed. */
bool rec_recompute(struct ctx *, const struct module *);
/* What is found of a module's records: after it has changed which of its fields are searched. */
bool rec_index(struct ctx *, const struct module *);

/* ---- reading -------------------------------------------------------------------------------------------------- */

struct column {
    str                 name;       /* as in the answer: "amount", "partner.region" */
    const struct field *f;          /* the last of the path */
    struct path         path;
    bool                many, lines;/* filled by further statements */
};
struct sort_key { struct path path; const struct field *f; bool down; };
struct find {
    const struct module   *m;
    const struct expr     *where;
    str                    q;               /* search within the module */
    bool                   deleted;         /* the recycle bin instead of the living */
    const int64_t         *ids; size_t nids;
    const struct sort_key *sort; size_t nsort;
    const struct column   *cols; size_t ncols;
    int                    limit;           /* 1..1000 */
    str                    cursor;
    bool                   count;
    bool                   trusted;         /* without rights: for the engine itself */
};
struct found {
    const struct column *cols; size_t ncols;
    size_t               nrows;
    int64_t             *ids, *versions;
    struct value        *cells, *titles;    /* nrows * ncols; titles of relations, null where hidden */
    struct found       **lines;             /* nrows * ncols, for columns of lines, else NULL */
    str                  next;              /* "" at the end */
    struct found        *more;              /* of lines: the next page */
    int64_t              total;
};
bool rec_find(struct ctx *, const struct find *, struct found *out);
bool rec_get(struct ctx *, const struct module *, int64_t id, bool deleted_too, struct found *out);   /* one row, all columns, lines included */
/* Columns: all that the actor may read (lines only when asked), or the comma-separated names and paths. */
bool rec_columns(struct ctx *, const struct module *, str fields, bool lines, const struct column **out, size_t *n);
bool rec_sort(struct ctx *, const struct module *, str sort, const struct sort_key **out, size_t *n);
bool rec_where(struct ctx *, const struct module *, str formula, const struct expr **out);
/* Names that the actor may use in formulas. */
void rec_scope(struct ctx *, const struct module *, struct meta_scope *);
/* A formula over a record as the actor sees it: the stored one where id is given, with the values of `given` (may be NULL), which
 * the actor has brought, in place of its own.  What is hidden is empty; ERR_NOT_FOUND when the record is. */
bool rec_eval(struct ctx *, const struct module *, int64_t id, const struct record *given, const struct expr *, struct value *out);
/* One row as JSON (an object), and a title as text. */
void found_json(struct ctx *, const struct found *, size_t row, struct jw *);
str  value_title(struct arena *, const struct value *);
/* The title of a record, empty when the actor does not see it. */
bool rec_title(struct ctx *, const struct module *, int64_t id, struct value *out);

/* That some user who may sign in has an administrator's role other than `but`. */
bool rec_administrator_remains(struct ctx *, const struct role *but);

struct history_entry { int64_t seq, at, actor, version; str way, op, actor_name; const struct history_change *changes; size_t nchanges; };
struct history_change { const struct field *f; struct value from, to, from_title, to_title; };
bool rec_history(struct ctx *, const struct module *, int64_t id, int64_t before_seq, int limit, struct history_entry **out, size_t *n);

/* Whether the actor is told of a change to a record that it sees: one that touched only what is hidden from it is silent.
 * Asked of the feed's entry seq. */
bool rec_told(struct ctx *, const struct module *, int64_t id, int64_t seq, str op, bool *told);

struct hit { const struct module *m; int64_t id; str title, text; const struct field *f; };
bool rec_search(struct ctx *, str q, const struct module *const *modules, size_t nmodules, int limit, struct hit **out, size_t *n);

/* ---- within the room ------------------------------------------------------------------------------------------ */

bool search_write(struct ctx *, const struct module *, int64_t id, const struct value *old, const struct value *now);
str  search_pattern(struct arena *, str q);     /* folded, for LIKE … ESCAPE '\' */
/* A formula that the catalog owns, over a record and what it is related to; no rights. */
bool compute_eval(struct ctx *, int64_t id, const struct value *v, const struct expr *, struct value *out);
/* Any formula, as the actor sees all that it reads; levels: FIELD_NONE … per slot of the record; form: one that is being filled in, with its lines, or NULL. */
bool compute_eval_seen(struct ctx *, int64_t id, const struct value *v, const uint8_t *levels, const struct record *form, const struct expr *,
                       struct value *out);
/* Rows of a list of the record `owner`; with rights, those and that of them which the actor sees. */
bool compute_list(struct ctx *, const struct expr_list *, int64_t owner, bool rights, struct expr_rows *out);
struct path compute_list_owner(const struct module *, const struct expr_list *);       /* the path to that record */
/* Memory of one record among many: given back when nothing that stays was made since. */
struct respite { arena_mark mark; const struct dirty *dirty; size_t cap; };
struct respite rec_here(struct ctx *);
void rec_back(struct ctx *, struct respite);
bool compute_own(struct ctx *, const struct module *, int64_t id, struct value *v, bool *changed);    /* all computed fields, in order */
/* Notes the records whose computed fields read what has changed. old NULL: created or restored; now NULL: deleted. */
bool compute_mark(struct ctx *, const struct module *, int64_t id, const struct value *old, const struct value *now);
bool compute_mark_self(struct ctx *, const struct module *, int64_t id);
/* Whether values go together; problems in ctx->err. */
const struct record_type *fit_type(const struct record *);      /* NULL: none */
void fit_leave_type(struct record *, const struct value *old);  /* empties what its new type does not have */
void fit_fields(struct ctx *, const struct record *);           /* what is given must exist in its type */
bool fit_options(const struct record *, const struct field *);
bool fit_picker(struct ctx *, const struct record *, const struct field *, const struct value *old);    /* false: the database failed */
bool number_next(struct ctx *, const struct field *, struct value *out);      /* of an automatic number */
/* {"17":[from,to],"18":[]} by field id, in stored form.  Of computed fields and lines, which follow from others, it is only
 * said that they have changed; *any: something else has, too. */
str  change_describe(struct ctx *, const struct module *, const struct value *old, const struct value *now, bool *any);
bool change_write(struct ctx *, const struct module *, int64_t id, int64_t version, const char *op, str changes);
/* Stored values of one row, by slot; FT_MANY lists too.  *found false when there is none. */
bool row_load(struct ctx *, const struct module *, int64_t id, struct value *v, bool *found);
/* What the actor may see of a row: a level per slot. */
bool row_levels(struct ctx *, const struct module *, int64_t id, uint8_t *levels, bool *seen);
#endif
