/* import_log: see import_log.h. */
#include "exchange/import_log.h"

#include <string.h>

enum { SHOWN = 50, PAGE = 500, ROWS_AT_ONCE = 100 };
#define KEPT_US (30 * US_PER_DAY)

#define COLUMNS "id, actor, at, lang, module, name, options, dry_run, spool, state, server, beat, finished, nrows, created, updated, unchanged, rejected," \
                " header, message, problems, undone, remaining"

bool import_log_new(struct ctx *c, const struct import_order *o, int64_t *id)
{
    struct buf  b;
    struct jw   w;
    struct rows r;
    const struct { const char *name; str value; } options[] = { { "key", o->key }, { "map", o->map }, { "encoding", o->encoding }, { "sheet", o->sheet } };
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_obj(&w);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        jw_key(&w, options[i].name);
        jw_str(&w, options[i].value);
    }
    jw_end_obj(&w);
    struct value a[] = { v_int(o->user), v_int(c->now), v_int(o->lang), v_int(o->m->id), v_text(o->name), v_text(buf_str(&b)), v_bool(o->dry_run),
                         v_text(o->spool), v_text(o->server) };
    if (!db_run(c->db, S("INSERT INTO q_import(actor, at, lang, module, name, options, dry_run, spool, state, server, beat, nrows, created, updated, unchanged,"
                         " rejected, header, message, problems, undone, remaining)"
                         " VALUES($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $2, 0, 0, 0, 0, 0, '', '', '[]', 0, 0) RETURNING id"),
                a, 9, c->mem, &r, &c->err))
        return false;
    *id = CELL(&r, 0, 0)->u.i;
    return true;
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static bool read_entry(struct ctx *c, const struct rows *r, size_t row, struct import_entry *e)
{
    const struct value *v = CELL(r, row, 0);
    struct json        *j;
    *e = (struct import_entry){ .id = v[0].u.i, .user = v[1].u.i, .at = v[2].u.i, .lang = v[3].u.i ? LANG_ZH : LANG_EN, .module = v[4].u.i, .name = v[5].u.s,
                                .dry_run = v[7].u.i != 0, .spool = v[8].u.s, .state = v[9].u.s, .server = v[10].u.s, .beat = v[11].u.i,
                                .finished = v[12].type == V_NULL ? 0 : v[12].u.i,
                                .totals = { v[13].u.i, v[14].u.i, v[15].u.i, v[16].u.i, v[17].u.i },
                                .header = v[18].u.s, .message = v[19].u.s, .problems = v[20].u.s, .undone = v[21].u.i, .remaining = v[22].u.i };
    if (!json_parse(c->mem, v[6].u.s, &j, &c->err))
        return err_internal(&c->err, "options of import %lld", (long long)e->id);
    e->key = json_str(j, "key");
    e->map = json_str(j, "map");
    e->encoding = json_str(j, "encoding");
    e->sheet = json_str(j, "sheet");
    return true;
}

bool import_log_get(struct ctx *c, int64_t id, int64_t user, struct import_entry *out)
{
    struct rows  r;
    struct value a[] = { v_int(id), v_int(user) };
    if (!db_run(c->db, S("SELECT " COLUMNS " FROM q_import WHERE id = $1 AND (actor = $2 OR $2 = 0)"), a, 2, c->mem, &r, &c->err))
        return false;
    if (!r.nrows)
        return err_set(&c->err, ERR_NOT_FOUND, "There is no such import");
    return read_entry(c, &r, 0, out);
}

bool import_log_list(struct ctx *c, int64_t user, int64_t before, int limit, struct import_entry **out, size_t *n)
{
    struct rows  r;
    struct value a[] = { v_int(user), v_int(before ? before : INT64_MAX), v_int(limit) };
    *n = 0;
    if (!db_run(c->db, S("SELECT " COLUMNS " FROM q_import WHERE actor = $1 AND id < $2 ORDER BY id DESC LIMIT $3"), a, 3, c->mem, &r, &c->err))
        return false;
    *out = NEWV(c->mem, struct import_entry, r.nrows + 1);
    for (; *n < r.nrows; ++*n)
        if (!read_entry(c, &r, *n, &(*out)[*n]))
            return false;
    return true;
}

static void member(struct jw *w, const char *name, int64_t i)
{
    jw_key(w, name);
    jw_int(w, i);
}

static void text_member(struct jw *w, const char *name, str s)
{
    jw_key(w, name);
    if (s.n)
        jw_str(w, s);
    else
        jw_null(w);
}

static bool rejects_json(struct ctx *c, const struct import_entry *e, struct jw *w)
{
    struct rows  r;
    struct value a[] = { v_int(e->id), v_int(SHOWN) };
    if (!db_run(c->db, S("SELECT line, place, reason FROM q_import_reject WHERE import = $1 ORDER BY line LIMIT $2"), a, 2, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++) {
        jw_obj(w);
        member(w, "line", CELL(&r, i, 0)->u.i);
        text_member(w, "column", CELL(&r, i, 1)->u.s);
        jw_key(w, "message");
        jw_str(w, CELL(&r, i, 2)->u.s);
        jw_end_obj(w);
    }
    return true;
}

static bool left_json(struct ctx *c, const struct import_entry *e, struct jw *w)
{
    struct rows  r;
    struct value a[] = { v_int(e->id), v_int(SHOWN) };
    if (!db_run(c->db, S("SELECT record, reason FROM q_import_record WHERE import = $1 AND undone = 2 ORDER BY record LIMIT $2"), a, 2, c->mem, &r, &c->err))
        return false;
    jw_key(w, "left");
    jw_arr(w);
    for (size_t i = 0; i < r.nrows; i++) {
        jw_obj(w);
        member(w, "id", CELL(&r, i, 0)->u.i);
        jw_key(w, "message");
        jw_str(w, CELL(&r, i, 1)->type == V_TEXT ? CELL(&r, i, 1)->u.s : S(""));
        jw_end_obj(w);
    }
    jw_end_arr(w);
    return true;
}

static bool details(struct ctx *c, const struct import_entry *e, struct jw *w)
{
    jw_key(w, "problems");
    if (!strcmp("[]", str_z(c->mem, e->problems))) {
        jw_arr(w);
        if (!rejects_json(c, e, w))
            return false;
        jw_end_arr(w);
    } else
        jw_raw(w, e->problems);
    jw_key(w, "undo");
    if (!e->undone && !e->remaining && !str_starts(e->state, S("und"))) {
        jw_null(w);
        return true;
    }
    jw_obj(w);
    member(w, "undone", e->undone);
    member(w, "left_alone", e->remaining);
    if (!left_json(c, e, w))
        return false;
    jw_end_obj(w);
    return true;
}

bool import_log_json(struct ctx *c, const struct import_entry *e, bool whole, struct jw *w)
{
    const struct module *m = catalog_module_id(c->cat, e->module);
    jw_obj(w);
    member(w, "id", e->id);
    text_member(w, "module", m ? m->name : STR_NONE);
    jw_key(w, "file");
    jw_str(w, e->name);
    jw_key(w, "state");
    jw_str(w, e->state);
    jw_key(w, "dry_run");
    jw_bool(w, e->dry_run);
    text_member(w, "key", e->key);
    text_member(w, "created_at", instant_text(c->mem, e->at));
    text_member(w, "finished_at", e->finished ? instant_text(c->mem, e->finished) : STR_NONE);
    member(w, "rows", e->totals.rows);
    member(w, "created", e->totals.created);
    member(w, "updated", e->totals.updated);
    member(w, "unchanged", e->totals.unchanged);
    member(w, "rejected", e->totals.rejected);
    text_member(w, "message", e->message);
    text_member(w, "rejected_file", e->totals.rejected ? str_printf(c->mem, "/api/v1/imports/%lld/rejected", (long long)e->id) : STR_NONE);
    if (whole && !details(c, e, w))
        return false;
    jw_end_obj(w);
    return true;
}

bool import_log_rejected(struct ctx *c, const struct import_entry *e, bool (*write)(void *, str), void *arg)
{
    int64_t after = INT64_MIN;
    bool    first = true;
    for (;;) {
        arena_mark   m = arena_here(c->mem);
        struct rows  r;
        struct buf   b;
        struct value a[] = { v_int(e->id), v_int(after), v_int(PAGE) };
        if (!db_run(c->db, S("SELECT line, place, reason, cells FROM q_import_reject WHERE import = $1 AND line > $2 ORDER BY line LIMIT $3"), a, 3, c->mem, &r, &c->err))
            return false;
        buf_init(&b, c->mem);
        if (first)
            import_reject_header(&b, c->err.lang, e->header.n ? e->header : S("\n"));
        first = false;
        for (size_t i = 0; i < r.nrows; i++)
            import_reject_row(&b, CELL(&r, i, 0)->u.i, CELL(&r, i, 1)->u.s, CELL(&r, i, 2)->u.s, CELL(&r, i, 3)->u.s);
        if (r.nrows)
            after = CELL(&r, r.nrows - 1, 0)->u.i;
        if (b.n && !write(arg, buf_str(&b)))
            return err_set(&c->err, ERR_FULL, "The file cannot be written");
        size_t n = r.nrows;
        arena_back(c->mem, m);
        if (n < PAGE)
            return true;
    }
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

bool import_log_begin(struct ctx *c, int64_t id, const char *state, str server)
{
    struct value a[] = { v_int(id), v_text(str_of(state)), v_text(server), v_int(c->now) };
    return db_exec(c->db, S("UPDATE q_import SET state = $2, server = $3, beat = $4, finished = NULL, message = '' WHERE id = $1"), a, 4, NULL, &c->err);
}

bool import_log_totals(struct ctx *c, int64_t id, const struct import_totals *t, str header)
{
    struct value a[] = { v_int(id), v_int(t->rows), v_int(t->created), v_int(t->updated), v_int(t->unchanged), v_int(t->rejected), v_text(header), v_int(c->now) };
    return db_exec(c->db, S("UPDATE q_import SET nrows = $2, created = $3, updated = $4, unchanged = $5, rejected = $6, header = $7, beat = $8 WHERE id = $1"), a, 8,
                   NULL, &c->err);
}

bool import_log_reject(struct ctx *c, int64_t id, const struct import_row *r)
{
    struct value a[] = { v_int(id), v_int(r->line), v_text(r->column), v_text(r->reason), v_text(r->cells) };
    return db_exec(c->db, S("INSERT INTO q_import_reject(import, line, place, reason, cells) VALUES($1, $2, $3, $4, $5)"), a, 5, NULL, &c->err);
}

/* n is ROWS_AT_ONCE or 1, so that there are two statements.  One record may come twice, but not in one statement. */
static bool put_records(struct ctx *c, int64_t id, const struct import_row *const *rows, size_t n)
{
    struct buf   b;
    struct value a[1 + 3 * ROWS_AT_ONCE];
    size_t       na = 0;
    buf_init(&b, c->mem);
    buf_putz(&b, "INSERT INTO q_import_record(import, record, before, version, undone) VALUES");
    a[na++] = v_int(id);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s($1, $%zu, $%zu, $%zu, 0)", i ? ", " : "", na + 1, na + 2, na + 3);
        a[na++] = v_int(rows[i]->id);
        a[na++] = v_int(rows[i]->before);
        a[na++] = v_int(rows[i]->version);
    }
    buf_putz(&b, " ON CONFLICT(import, record) DO UPDATE SET version = excluded.version");
    return db_exec(c->db, buf_str(&b), a, na, NULL, &c->err);
}

bool import_log_chunk(struct ctx *c, int64_t id, const struct import_chunk *chunk)
{
    const struct import_row *fresh[ROWS_AT_ONCE];
    size_t                   n = 0;
    for (size_t i = 0; i < chunk->n; i++) {
        const struct import_row *r = &chunk->rows[i];
        arena_mark               m = arena_here(c->mem);
        bool                     ok = true;
        if (r->rejected)
            ok = import_log_reject(c, id, r);
        else if (!r->before) {      /* new ones differ from each other */
            fresh[n++] = r;
            if (n == ROWS_AT_ONCE) {
                ok = put_records(c, id, fresh, n);
                n = 0;
            }
        }
        arena_back(c->mem, m);
        if (!ok)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (!put_records(c, id, &fresh[i], 1))
            return false;
    for (size_t i = 0; i < chunk->n; i++) {
        const struct import_row *r = &chunk->rows[i];
        if (!r->rejected && r->before && !put_records(c, id, &r, 1))
            return false;
    }
    return import_log_totals(c, id, &chunk->totals, chunk->header);
}

bool import_log_end(struct ctx *c, int64_t id, const char *state, const struct err *why)
{
    struct buf b;
    struct jw  w;
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; why && i < why->nproblems; i++) {
        jw_obj(&w);
        text_member(&w, "column", why->problems[i].field);
        jw_key(&w, "message");
        jw_str(&w, why->problems[i].message);
        jw_end_obj(&w);
    }
    jw_end_arr(&w);
    struct value a[] = { v_int(id), v_text(str_of(state)), v_int(c->now), v_text(why ? why->message : S("")), v_text(buf_str(&b)) };
    return db_exec(c->db, S("UPDATE q_import SET state = $2, finished = $3, message = $4, problems = $5, spool = '' WHERE id = $1"), a, 5, NULL, &c->err);
}

bool import_log_sweep(struct ctx *c, bool (*alive)(str, int64_t, int64_t), void (*ended)(str, void *), void *arg)
{
    struct rows  r;
    struct value old[] = { v_int(c->now - KEPT_US) };
    if (!db_run(c->db, S("SELECT id, server, beat, spool FROM q_import WHERE state IN ('waiting', 'running', 'undoing')"), NULL, 0, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++) {
        if (alive(CELL(&r, i, 1)->u.s, CELL(&r, i, 2)->u.i, c->now))
            continue;
        struct err why;
        err_init(&why, c->mem, c->err.lang);
        err_set(&why, ERR_INTERNAL, "The server ended before the import did; what is counted here was done");
        ended(CELL(&r, i, 3)->u.s, arg);
        if (!import_log_end(c, CELL(&r, i, 0)->u.i, "interrupted", &why))
            return false;
    }
    return db_exec(c->db, S("DELETE FROM q_import_reject WHERE import IN (SELECT id FROM q_import WHERE at < $1)"), old, 1, NULL, &c->err) &&
           db_exec(c->db, S("DELETE FROM q_import_record WHERE import IN (SELECT id FROM q_import WHERE at < $1)"), old, 1, NULL, &c->err);
}
