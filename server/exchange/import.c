/* import: see import.h. */
#include "exchange/import.h"
#include "base/check.h"
#include "exchange/lookup.h"
#include "exchange/mapping.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TRIES = 20, WORK_BYTES = 1 << 30 };

enum outcome { CREATED, UPDATED, UNCHANGED, REJECTED };

struct row {
    int64_t       line;
    str          *cells; size_t n; bool *quoted;
    struct value *v;                    /* by mapped column; for what points at records the key, or a list of keys */
    uint32_t      key;                  /* number in the key's lookup; DICT_NONE: no key */
    enum outcome  outcome;
    bool          unreadable;           /* rejected before the database was asked */
    int64_t       id, before, version;
    str           column, reason;
};

struct import {
    struct import_options o;
    import_next          *next; void *next_arg;
    struct arena         *mem;          /* lives as long as the import: header, mapping */
    struct arena         *chunk;        /* rows and what became of them */
    struct arena         *work;         /* the desk of the rows; given back row by row */
    str                  *header; size_t nheader;
    struct row           *rows; size_t nrows, cap;
    const struct catalog *cat;          /* the mapping was made for it */
    const struct module  *m;
    struct mapping        map;
    struct lookup        *lookups;      /* by mapped column, where it points; and the key's behind them */
    struct import_totals  totals;
    struct arena         *out; struct csv_writer csv; struct buf text;      /* rows as CSV */
    str                   header_text;
    struct import_chunk   done;         /* of this chunk */
    bool                  ended, reject_begun, careful;     /* careful: a row of this chunk was refused, so each gets a savepoint */
};

static bool into_text(void *arg, str s)
{
    buf_put(&((struct import *)arg)->text, s);
    return true;
}

struct import *import_new(const struct import_options *o, import_next *next, void *arg)
{
    struct import *im = calloc(1, sizeof *im);
    CHECK(im != NULL);
    *im = (struct import){ .o = *o, .next = next, .next_arg = arg, .mem = arena_new(0), .chunk = arena_new(o->memory), .work = arena_new(WORK_BYTES), .out = arena_new(0) };
    arena_under(im->mem, o->above);
    arena_under(im->chunk, o->above);
    arena_under(im->work, o->above);
    arena_under(im->out, o->above);
    im->o.module = str_dup(im->mem, o->module);
    im->o.key = str_trim(str_dup(im->mem, o->key));
    im->o.map = str_trim(str_dup(im->mem, o->map));
    im->o.chunk = o->chunk ? o->chunk : IMPORT_CHUNK_ROWS;
    im->cap = im->o.chunk;
    im->rows = NEWV(im->mem, struct row, im->cap);
    csv_writer_init(&im->csv, im->out, into_text, im);
    return im;
}

void import_free(struct import *im)
{
    if (!im)
        return;
    arena_free(im->chunk);
    arena_free(im->work);
    arena_free(im->out);
    arena_free(im->mem);
    free(im);
}

const struct import_totals *import_totals(const struct import *im) { return &im->totals; }

bool import_next_csv(void *reader, struct csv_row *row, bool *end, struct err *e) { return csv_next(reader, row, end, e); }

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static str *copy_cells(struct arena *mem, const struct csv_row *from, bool **quoted, size_t *bytes)
{
    str *cells = NEWV(mem, str, from->n + 1);
    *quoted = NEWV(mem, bool, from->n + 1);
    for (size_t i = 0; i < from->n; i++) {
        cells[i] = str_dup(mem, from->cells[i]);
        (*quoted)[i] = from->quoted && from->quoted[i];
        *bytes += from->cells[i].n + sizeof *cells;     /* many empty cells are much, too */
    }
    return cells;
}

bool import_read(struct import *im, bool *end, struct err *e)
{
    struct csv_row from;
    bool          *quoted, done = false;
    size_t         bytes = 0;
    *end = false;
    arena_reset(im->chunk);
    im->nrows = 0;
    if (!im->header) {
        if (!im->next(im->next_arg, &from, &done, e))
            return false;
        if (done)
            return err_set(e, ERR_INVALID, "The file is empty");
        im->header = copy_cells(im->mem, &from, &quoted, &bytes);
        im->nheader = from.n;
    }
    while (im->nrows < im->o.chunk && bytes < IMPORT_CHUNK_BYTES && !im->ended) {
        if (!im->next(im->next_arg, &from, &im->ended, e))
            return false;
        if (im->ended)
            break;
        struct row *r = &im->rows[im->nrows++];
        *r = (struct row){ .line = from.line, .n = from.n };
        r->cells = copy_cells(im->chunk, &from, &r->quoted, &bytes);
    }
    *end = im->nrows == 0 && im->totals.rows > 0;
    if (im->nrows == 0 && im->totals.rows == 0)     /* a header alone: the mapping is still checked, once */
        *end = im->cat != NULL;
    return true;
}

/* ---- cells to values --------------------------------------------------------------------------------------------- */

static void reject(struct import *im, struct row *r, str column, str reason)
{
    r->outcome = REJECTED;
    r->column = str_dup(im->chunk, column);
    r->reason = str_dup(im->chunk, reason);
}

static bool read_key(const struct mapped *col, str text, struct arena *mem, struct value *out, struct err *e)
{
    int64_t id;
    if (col->unique)
        return field_read_text(col->unique, text, mem, out, e);
    if (!str_to_i64(str_trim(text), &id) || id < 1)
        return err_set(e, ERR_INVALID, "This must be the number of a record");
    *out = v_ref(id);
    return true;
}

static bool read_keys(const struct mapped *col, str text, struct arena *mem, struct value *out, struct err *e)
{
    struct value *v = NEWV(mem, struct value, text.n + 1);
    size_t        n = 0;
    str           rest = text, part;
    while (str_cut(&rest, ';', &part))
        if (str_trim(part).n && !read_key(col, str_trim(part), mem, &v[n++], e))
            return false;
    *out = n ? (struct value){ V_LIST, { .l = { v, n } } } : V_NONE;
    return true;
}

/* 2026-01-31 08:00, with / or ., with seconds, or without a time of day: in the workspace's zone. */
static bool local_instant(str text, const struct zone *zone, struct arena *mem, int64_t *us)
{
    const char *z = str_z(mem, text);
    int         y, mo, d, h = 0, mi = 0, s = 0, at = 0, to = 0;
    if (text.n > 40 || sscanf(z, "%4d%*1[-/.]%2d%*1[-/.]%2d%n", &y, &mo, &d, &at) != 3 || !at || !day_valid(y, mo, d))
        return false;
    if (z[at] && (sscanf(z + at, "%*1[ T]%2d:%2d%n", &h, &mi, &to) != 2 || !to))
        return false;
    at += to;
    to = 0;
    if (z[at] && (sscanf(z + at, ":%2d%n", &s, &to) != 1 || !to))
        return false;
    at += to;
    if (z[at] == '.')       /* what is less than a second is left out */
        at += 1 + (int)strspn(z + at + 1, "0123456789");
    if (z[at] || h > 23 || mi > 59 || s > 59 || h < 0 || mi < 0 || s < 0)
        return false;
    *us = zone_instant(zone, day_of_civil(y, mo, d), ((int64_t)h * 3600 + mi * 60 + s) * US_PER_S);
    return true;
}

static bool read_cell(const struct mapped *col, str text, const struct zone *zone, struct arena *mem, struct value *out, struct err *e)
{
    int64_t us;
    struct json *j;
    *out = V_NONE;
    if (!text.n)
        return true;
    if (col->points)
        return col->f->type->flags & FT_MANY ? read_keys(col, text, mem, out, e) : read_key(col, text, mem, out, e);
    if (col->f->slot == SLOT_ID)
        return read_key(col, text, mem, out, e);
    if (col->f->type->flags & FT_JSON)
        return json_parse(mem, text, &j, e) && col->f->type->read(col->f, j, mem, out, e);
    if (col->f->vtype == V_TIME && local_instant(str_trim(text), zone, mem, &us))
        return *out = v_time(us), true;
    return field_read_text(col->f, text, mem, out, e);
}

static void want(struct lookup *l, const struct value *v)
{
    for (size_t k = 0; v->type == V_LIST && k < v->u.l.n; k++)
        lookup_want(l, &v->u.l.v[k]);
    if (v->type != V_LIST && v->type != V_NULL)
        lookup_want(l, v);
}

static void read_row(struct import *im, struct row *r)
{
    struct arena *mem = im->chunk;
    r->v = NEWV(mem, struct value, im->map.n);
    r->key = DICT_NONE;
    r->unreadable = false;
    r->outcome = UNCHANGED;
    if (r->n > im->nheader) {
        struct err e;
        err_init(&e, im->work, im->o.lang);
        err_set(&e, ERR_INVALID, "The row has %zu cells, the header %zu", r->n, im->nheader);
        reject(im, r, STR_NONE, e.message);
        r->unreadable = true;
        return;
    }
    for (size_t i = 0; i < im->map.n; i++) {
        const struct mapped *col = &im->map.cols[i];
        struct err           e;
        err_init(&e, im->work, im->o.lang);
        if (!read_cell(col, mapping_text(col, r->cells, r->quoted, r->n, mem), im->cat->zone, mem, &r->v[i], &e)) {
            reject(im, r, col->name, e.message);
            r->unreadable = true;
            return;
        }
        if (col->points)
            want(&im->lookups[i], &r->v[i]);
    }
    if (im->map.key >= 0 && r->v[im->map.key].type != V_NULL)
        r->key = lookup_want(&im->lookups[im->map.n], &r->v[im->map.key]);
}

static bool prepare(struct import *im, struct ctx *c)
{
    if (im->cat != c->cat) {            /* definitions may have changed between two chunks */
        im->m = catalog_module(c->cat, im->o.module);
        if (!im->m)
            return err_problem(&c->err, S("module"), "name", "There is no module “" STR_FMT "”", STR_ARG(im->o.module));
        if (!mapping_read(c, im->m, im->header, im->nheader, im->o.map, im->o.key, im->mem, &im->map))
            return false;
        im->cat = c->cat;
    }
    im->lookups = NEWV(im->chunk, struct lookup, im->map.n + 1);
    for (size_t i = 0; i < im->map.n; i++) {
        const struct mapped *col = &im->map.cols[i];
        if (col->points)
            lookup_init(&im->lookups[i], col->f->target, col->unique ? col->unique : &col->f->target->fields[SLOT_ID], im->chunk);
    }
    if (im->map.key >= 0)
        lookup_init(&im->lookups[im->map.n], im->m, im->map.cols[im->map.key].f, im->chunk);
    for (size_t i = 0; i < im->nrows; i++) {
        arena_mark m = arena_here(im->work);
        read_row(im, &im->rows[i]);
        arena_back(im->work, m);
    }
    return true;
}

static bool find_records(struct import *im, struct ctx *c)
{
    for (size_t i = 0; i < im->map.n; i++)
        if (im->map.cols[i].points && !lookup_load(&im->lookups[i], c))
            return false;
    return im->map.key < 0 || lookup_load(&im->lookups[im->map.n], c);
}

/* ---- one row ------------------------------------------------------------------------------------------------------- */

/* The record that a cell names.  One made earlier in this chunk is asked for singly. */
static bool resolve(struct import *im, struct ctx *c, size_t i, const struct value *key, struct value *out)
{
    const struct mapped *col = &im->map.cols[i];
    struct lookup       *l = &im->lookups[i];
    uint32_t             at = dict_find(&l->values, key);
    int64_t              id = l->hits[at].id;
    if (id == 0 && col->f->target == im->m && col->unique) {
        if (!rec_lookup(c, col->unique, key, &id))
            return false;
        if (id)
            lookup_know(l, at, id, 0);
    }
    if (id <= 0) {
        struct value shown = col->unique ? *key : v_int(key->u.i);
        str          text = expr_value_text(c->mem, &shown, EXPR_ISO, NULL), name = col->f->target->name;
        return err_problem(&c->err, col->f->part_of ? col->f->part_of->name : col->f->name, "relation",
                           "There is no “" STR_FMT "” with “" STR_FMT "”", STR_ARG(name), STR_ARG(text));
    }
    *out = v_ref(id);
    return true;
}

static bool fill(struct import *im, struct ctx *c, const struct row *r, struct record *rec)
{
    for (size_t i = 0; i < im->map.n; i++) {
        const struct mapped *col = &im->map.cols[i];
        struct value         v = r->v[i];
        if (col->f->slot == SLOT_ID)
            continue;
        if (col->points && v.type == V_LIST) {
            struct value *ids = NEWV(c->mem, struct value, v.u.l.n);
            for (size_t k = 0; k < v.u.l.n; k++)
                if (!resolve(im, c, i, &v.u.l.v[k], &ids[k]))
                    return false;
            v.u.l.v = ids;
        } else if (col->points && v.type != V_NULL && !resolve(im, c, i, &v, &v))
            return false;
        rec->v[col->f->slot] = v;
        rec->set[col->f->slot] = 1;
    }
    return true;
}

static bool write_row(struct import *im, struct ctx *c, struct row *r)
{
    struct record    *rec = record_new(c, im->m);
    struct lookup    *keys = &im->lookups[im->map.n];
    struct lookup_hit hit = r->key != DICT_NONE ? keys->hits[r->key] : (struct lookup_hit){ 0 };
    if (!fill(im, c, r, rec))
        return false;
    if (hit.id < 0)
        return err_problem(&c->err, im->map.cols[im->map.key].f->name, "key", "Several records have this key");
    if (!hit.id && r->key != DICT_NONE && im->map.cols[im->map.key].f->slot == SLOT_ID)
        return err_set(&c->err, ERR_NOT_FOUND, "There is no such record");
    if (hit.id) {
        rec->id = hit.id;
        rec->set[im->map.cols[im->map.key].f->slot] = 0;        /* it has the key already */
        if (!rec_update(c, rec))
            return false;
        r->before = hit.version;
        r->outcome = rec->version == hit.version ? UNCHANGED : UPDATED;
    } else {
        if (!rec_create(c, rec))
            return false;
        r->before = 0;
        r->outcome = CREATED;
    }
    r->id = rec->id;
    r->version = rec->version;
    if (r->key != DICT_NONE)
        lookup_know(keys, r->key, r->id, r->version);
    return true;
}

/* What the verbs say names fields; the file's reader knows columns. */
static void reject_by(struct import *im, struct row *r, const struct err *e)
{
    struct buf b;
    str        column = STR_NONE;
    buf_init(&b, im->chunk);
    for (size_t i = 0; i < e->nproblems; i++) {
        str name = e->problems[i].field;
        for (size_t k = 0; k < im->map.n; k++) {
            const struct field *f = im->map.cols[k].f;
            if (str_eq((f->part_of ? f->part_of : f)->name, name)) {
                name = im->map.cols[k].name;
                break;
            }
        }
        if (i == 0)
            column = name;
        else
            buf_printf(&b, "; " STR_FMT ": ", STR_ARG(name));
        buf_put(&b, e->problems[i].message);
    }
    if (!e->nproblems)
        buf_put(&b, e->message);
    reject(im, r, column, buf_str(&b));
}

/* ---- what has happened -------------------------------------------------------------------------------------------------- */

void import_reject_header(struct buf *b, enum lang lang, str header)
{
    buf_putz(b, lang == LANG_ZH ? "行,列,原因," : "line,column,reason,");
    buf_put(b, header);
}

void import_reject_row(struct buf *b, int64_t line, str column, str reason, str cells)
{
    buf_i64(b, line);
    buf_putc(b, ',');
    csv_cell(b, column);
    buf_putc(b, ',');
    csv_cell(b, reason);
    buf_putc(b, ',');
    buf_put(b, cells);
}

static str csv_of(struct import *im, const str *cells, size_t n)
{
    buf_init(&im->text, im->chunk);
    for (size_t i = 0; i < n; i++)
        csv_text(&im->csv, csv_unguard(cells[i]));
    csv_end_row(&im->csv);
    csv_end(&im->csv);
    return buf_str(&im->text);
}

static void sum_up(struct import *im)
{
    struct import_row    *rows = NEWV(im->chunk, struct import_row, im->nrows + 1);
    struct import_totals *t = &im->done.totals;
    if (!im->header_text.p)
        im->header_text = str_dup(im->mem, csv_of(im, im->header, im->nheader));
    im->done = (struct import_chunk){ .rows = rows, .header = im->header_text, .totals = im->totals };
    for (size_t i = 0; i < im->nrows; i++) {
        const struct row *r = &im->rows[i];
        t->rows++;
        t->created += r->outcome == CREATED;
        t->updated += r->outcome == UPDATED;
        t->unchanged += r->outcome == UNCHANGED;
        t->rejected += r->outcome == REJECTED;
        if (r->outcome == REJECTED)
            rows[im->done.n++] = (struct import_row){ .line = r->line, .rejected = true, .column = r->column, .reason = r->reason,
                                                      .cells = csv_of(im, r->cells, r->n) };
        else if (r->outcome != UNCHANGED)
            rows[im->done.n++] = (struct import_row){ .line = r->line, .id = r->id, .before = r->before, .version = r->version };
    }
}

static bool told(struct import *im, struct ctx *c)
{
    sum_up(im);
    return !im->o.within || im->o.within(im->o.arg, c, &im->done);
}

/* ---- a chunk --------------------------------------------------------------------------------------------------------- */

static bool is_rows_fault(enum err_kind k)
{
    return k == ERR_INVALID || k == ERR_MALFORMED || k == ERR_DENIED || k == ERR_NOT_FOUND || k == ERR_CONFLICT || k == ERR_LIMIT;
}

/* Memory of a row goes back unless the notes about other records grew into it. */
static bool try_row(struct import *im, struct ctx *c, struct row *r)
{
    arena_mark          m = arena_here(im->work);
    const struct dirty *notes = c->dirty;
    err_init(&c->err, im->work, im->o.lang);
    if (!write_row(im, c, r))
        return false;
    if (c->dirty == notes)
        arena_back(im->work, m);
    return true;
}

/* All rows without savepoints.  *refused: one was refused, so nothing of the chunk may be kept as it is. */
static bool run_fast(struct import *im, struct ctx *c, bool *refused)
{
    *refused = false;
    for (size_t i = 0; i < im->nrows && !*refused; i++)
        if (!im->rows[i].unreadable && !try_row(im, c, &im->rows[i])) {
            if (!is_rows_fault(c->err.kind))
                return false;
            *refused = true;
        }
    return true;
}

static bool run_careful(struct import *im, struct ctx *c)
{
    for (size_t i = 0; i < im->nrows; i++) {
        struct row *r = &im->rows[i];
        size_t      ndirty = c->ndirty;
        if (r->unreadable)
            continue;
        err_init(&c->err, im->work, im->o.lang);
        if (!db_save(c->db, &c->err))
            return false;
        if (try_row(im, c, r)) {
            if (!db_release(c->db, &c->err))
                return false;
            continue;
        }
        if (!is_rows_fault(c->err.kind))
            return false;
        reject_by(im, r, &c->err);
        db_undo(c->db);
        c->ndirty = ndirty;
    }
    return true;
}

/* Begins the chunk again, row by row. */
static bool begin_carefully(struct import *im, struct ctx *c)
{
    err_init(&c->err, im->work, im->o.lang);
    c->dirty = NULL;
    c->ndirty = c->dirty_cap = 0;
    return find_records(im, c) && run_careful(im, c) && (err_clear(&c->err), rec_flush(c)) && told(im, c);
}

/* First without savepoints, which cost a copy of every page; when a row is refused, again with one for each row.  A dry run is one
 * transaction for all chunks, so it needs a savepoint to come back to; otherwise the chunk is the transaction. */
static bool run_chunk(struct import *im, struct ctx *c)
{
    bool refused;
    if (!prepare(im, c))
        return false;
    if (im->careful)
        return begin_carefully(im, c);
    if (!find_records(im, c) || (im->o.dry_run && !db_save(c->db, &c->err)) || !run_fast(im, c, &refused))
        return false;
    if (!refused) {
        err_init(&c->err, im->work, im->o.lang);
        return (!im->o.dry_run || db_release(c->db, &c->err)) && rec_flush(c) && told(im, c);
    }
    if (im->o.dry_run) {
        db_undo(c->db);
        return begin_carefully(im, c);
    }
    im->careful = true;
    return err_set(&c->err, ERR_BUSY, "The server is busy; try again");
}

bool import_apply(struct import *im, struct ctx *c)
{
    jmp_buf       full;
    struct arena *mem = c->mem;
    struct err    outer = c->err;
    CHECK(c->ndirty == 0);
    c->dirty = NULL;
    c->dirty_cap = 0;
    arena_reset(im->work);
    c->mem = im->work;
    err_init(&c->err, im->work, im->o.lang);
    bool ok = false;
    if (setjmp(full) == 0) {
        arena_guard(im->work, &full);
        ok = run_chunk(im, c);
    } else {
        arena_reset(im->work);
        err_init(&c->err, im->work, im->o.lang);
        err_set(&c->err, ERR_LIMIT, "This change touches too many other records at once");
    }
    arena_guard(im->work, NULL);
    struct err inner = c->err;
    c->mem = mem;
    c->err = outer;
    c->dirty = NULL;
    c->ndirty = c->dirty_cap = 0;
    if (ok)
        return true;
    err_init(&c->err, mem, outer.lang);
    for (size_t i = 0; i < inner.nproblems; i++) {
        str field = str_dup(mem, inner.problems[i].field);
        err_problem(&c->err, field, str_z(mem, inner.problems[i].code), STR_FMT, STR_ARG(inner.problems[i].message));
    }
    if (!inner.nproblems)
        err_set(&c->err, inner.kind ? inner.kind : ERR_INTERNAL, STR_FMT, STR_ARG(inner.message));
    c->err.kind = inner.kind ? inner.kind : ERR_INTERNAL;
    return inner.detail.n ? err_detail(&c->err, STR_FMT, STR_ARG(inner.detail)) : false;
}

bool import_keep(struct import *im, struct err *e)
{
    struct buf b;
    im->totals = im->done.totals;
    buf_init(&b, im->chunk);
    for (size_t i = 0; im->o.reject && i < im->done.n; i++) {
        const struct import_row *r = &im->done.rows[i];
        if (!r->rejected)
            continue;
        if (!im->reject_begun)
            import_reject_header(&b, im->o.lang, im->done.header);
        im->reject_begun = true;
        import_reject_row(&b, r->line, r->column, r->reason, r->cells);
    }
    if (b.n && !im->o.reject(im->o.arg, buf_str(&b)))
        return err_set(e, ERR_FULL, "The rejected rows cannot be written");
    if (im->o.progress)
        im->o.progress(im->o.arg, &im->totals);
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------ */

static bool copy_err(struct err *to, const struct err *from)
{
    struct arena *mem = to->mem;
    if (to == from)
        return false;
    err_init(to, mem, from->lang);
    for (size_t i = 0; i < from->nproblems; i++)
        err_problem(to, str_dup(mem, from->problems[i].field), str_z(mem, from->problems[i].code), STR_FMT, STR_ARG(from->problems[i].message));
    if (!from->nproblems)
        err_set(to, from->kind, STR_FMT, STR_ARG(from->message));
    to->kind = from->kind;
    return from->detail.n ? err_detail(to, STR_FMT, STR_ARG(from->detail)) : false;
}

static bool run_dry(struct import *im, const struct import_door *d, struct err *e)
{
    struct ctx *c;
    bool        end = false, ok;
    if (!d->begin(d->arg, &c, e))
        return false;
    while ((ok = import_read(im, &end, e)) && !end) {
        if (!(ok = import_apply(im, c))) {
            copy_err(e, &c->err);
            break;
        }
        if (!(ok = import_keep(im, e)))
            break;
    }
    d->rollback(d->arg);
    return ok;
}

/* One chunk, again from the beginning while the database says that another was faster, or when it must be done carefully. */
static bool run_one(struct import *im, const struct import_door *d, struct err *e)
{
    im->careful = false;
    for (int i = 0;; i++) {
        struct ctx *c;
        err_clear(e);
        if (!d->begin(d->arg, &c, e))
            return false;
        if (import_apply(im, c)) {
            if (d->commit(d->arg, e))
                return true;
        } else {
            copy_err(e, &c->err);
            d->rollback(d->arg);
        }
        if (e->kind != ERR_BUSY || i == BUSY_TRIES)
            return false;
    }
}

bool import_run(struct import *im, const struct import_door *d, struct err *e)
{
    bool end;
    if (im->o.dry_run)
        return run_dry(im, d, e);
    for (;;) {
        if (!import_read(im, &end, e))
            return false;
        if (end)
            return true;
        if (!run_one(im, d, e) || !import_keep(im, e))
            return false;
    }
}
