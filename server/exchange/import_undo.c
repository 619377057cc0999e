/* import_undo: see import_undo.h. */
#include "exchange/import_undo.h"

enum { AT_ONCE = 200, VERSIONS_MAX = 200 };

/* The values that versions after `before` up to `version` replaced.  History is read as the system, so that nothing is missing
 * because the person may not see all of it; writing asks for the person's rights. */
static bool earlier_values(struct ctx *c, const struct module *m, int64_t id, int64_t before, int64_t version, struct record *r)
{
    static const struct actor program = { .system = true, .active = true };
    const struct actor       *person = c->actor;
    struct history_entry     *h;
    size_t                    n;
    bool                      whole = false;
    c->actor = &program;
    bool ok = rec_history(c, m, id, 0, VERSIONS_MAX, &h, &n);
    c->actor = person;
    if (!ok)
        return false;
    for (size_t i = 0; i < n; i++) {        /* newest first, so the oldest word is the last */
        if (h[i].version <= before) {
            whole = true;
            break;
        }
        if (h[i].version > version)
            continue;
        for (size_t k = 0; k < h[i].nchanges; k++) {
            const struct history_change *x = &h[i].changes[k];
            r->v[x->f->slot] = x->from;
            r->set[x->f->slot] = 1;
        }
    }
    return whole || err_set(&c->err, ERR_LIMIT, "Too many changes were made to this record since");
}

/* The record is again as an earlier import left it: that one may take it back too. */
static bool know_again(struct ctx *c, const struct module *m, int64_t id, int64_t before, int64_t version)
{
    struct value a[] = { v_int(id), v_int(before), v_int(version), v_int(m->id) };
    return db_exec(c->db, S("UPDATE q_import_record SET version = $3 WHERE record = $1 AND version = $2 AND undone = 0"
                            " AND import IN (SELECT id FROM q_import WHERE module = $4)"), a, 4, NULL, &c->err);
}

static bool take_back(struct ctx *c, const struct module *m, int64_t id, int64_t before, int64_t version)
{
    struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
    bool          found;
    if (!row_load(c, m, id, v, &found))
        return false;
    if (found && v[SLOT_VERSION].u.i != version)
        return err_set(&c->err, ERR_CONFLICT, "The record was changed after the import");
    if (!before)
        return rec_delete(c, m, id, version);
    struct record *r = record_new(c, m);
    if (!earlier_values(c, m, id, before, version, r))
        return false;
    r->id = id;
    r->version = version;
    return rec_update(c, r) && know_again(c, m, id, before, r->version);
}

static bool note(struct ctx *c, int64_t import, int64_t record, int what, str reason)
{
    struct value a[] = { v_int(import), v_int(record), v_int(what), what == 2 ? v_text(reason) : V_NONE };
    return db_exec(c->db, S("UPDATE q_import_record SET undone = $3, reason = $4 WHERE import = $1 AND record = $2"), a, 4, NULL, &c->err);
}

static bool is_records_fault(enum err_kind k)
{
    return k == ERR_INVALID || k == ERR_MALFORMED || k == ERR_DENIED || k == ERR_NOT_FOUND || k == ERR_CONFLICT || k == ERR_LIMIT;
}

static str words_of(struct ctx *c, const struct err *e)
{
    if (!e->nproblems)
        return e->message;
    return str_printf(c->mem, STR_FMT ": " STR_FMT, STR_ARG(e->problems[0].field), STR_ARG(e->problems[0].message));
}

static bool one(struct ctx *c, const struct import_entry *e, const struct module *m, const struct value *row, int64_t *undone, int64_t *left)
{
    size_t    ndirty = c->ndirty;
    enum lang lang = c->err.lang;
    if (!db_save(c->db, &c->err))
        return false;
    if (take_back(c, m, row[0].u.i, row[1].u.i, row[2].u.i)) {
        ++*undone;
        return db_release(c->db, &c->err) && note(c, e->id, row[0].u.i, 1, STR_NONE);
    }
    if (!is_records_fault(c->err.kind))
        return false;
    struct err why = c->err;
    db_undo(c->db);
    c->ndirty = ndirty;
    err_init(&c->err, c->mem, lang);
    ++*left;
    return note(c, e->id, row[0].u.i, 2, words_of(c, &why));
}

bool import_undo_some(struct ctx *c, const struct import_entry *e, bool *more)
{
    const struct module *m = catalog_module_id(c->cat, e->module);
    struct rows          r;
    struct value         a[] = { v_int(e->id), v_int(AT_ONCE) };
    int64_t              undone = 0, left = 0;
    if (!m)
        return err_set(&c->err, ERR_NOT_FOUND, "The module of this import is gone");
    if (!db_run(c->db, S("SELECT record, before, version FROM q_import_record WHERE import = $1 AND undone = 0 ORDER BY record DESC LIMIT $2"), a, 2, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++) {
        struct respite here = rec_here(c);
        if (!one(c, e, m, CELL(&r, i, 0), &undone, &left))
            return false;
        rec_back(c, here);
    }
    *more = r.nrows == AT_ONCE;
    struct value sum[] = { v_int(e->id), v_int(undone), v_int(left), v_int(c->now) };
    return db_exec(c->db, S("UPDATE q_import SET undone = undone + $2, remaining = remaining + $3, beat = $4 WHERE id = $1"), sum, 4, NULL, &c->err) && rec_flush(c);
}
