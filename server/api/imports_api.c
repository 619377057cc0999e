/* imports_api: files of records over HTTP: sending one, asking how far it is, taking it back. */
#include "api/form.h"
#include "api/import_jobs.h"
#include "base/file.h"
#include "base/text.h"
#include "exchange/mapping.h"
#include "exchange/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 1500 };

/* ---- sending ---------------------------------------------------------------------------------------------------------------- */

static bool write_spool(struct call *k, const char *path, str data)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set(&k->c.err, ERR_FULL, "The file cannot be stored");
        return err_detail(&k->c.err, "open %s: %s", path, strerror(errno));
    }
    bool ok = file_write(fd, data);
    if (close(fd) == 0 && ok)
        return true;
    unlink(path);
    return err_set(&k->c.err, ERR_FULL, "The file cannot be stored");
}

/* The first row, before anything is promised.  Without a transaction: unpacking a workbook may take long. */
static bool read_header(struct call *k, const char *path, const struct import_order *o, str **header, size_t *n)
{
    struct table_options to = { .encoding = o->encoding, .sheet = o->sheet };
    struct table        *t;
    struct csv_row       row;
    bool                 end = false;
    if (!table_open(path, &to, &t, &k->c.err))
        return false;
    bool ok = table_next(t, &row, &end, &k->c.err);
    if (ok && end)
        ok = err_set(&k->c.err, ERR_INVALID, "The file is empty");
    *n = ok ? row.n : 0;
    *header = NEWV(k->c.mem, str, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*header)[i] = str_dup(k->c.mem, row.cells[i]);
    table_close(t);
    return ok;
}

static bool is_open(const struct import_entry *e) { return str_eqz(e->state, "waiting") || str_eqz(e->state, "running") || str_eqz(e->state, "undoing"); }

static bool show(struct call *k, const struct import_entry *e)
{
    struct import_entry  now = *e;
    struct import_totals t;
    int                  permille = 0;
    bool                 here = import_jobs_live(k->app->imports, e->id, &t, &permille);
    bool                 open = is_open(e);
    struct buf           b;
    struct jw            w;
    if (here && str_eqz(e->state, "running"))
        now.totals = t;
    if (open && !here && !import_server_alive(e->server, e->beat, k->c.now))
        now.state = S("interrupted");
    buf_init(&b, k->c.mem);
    jw_init(&w, &b);
    if (!import_log_json(&k->c, &now, true, &w))
        return false;
    /* one member more than what is kept */
    buf_put(&k->out, str_sub(buf_str(&b), 0, b.n - 1));
    buf_printf(&k->out, ",\"progress\":%d}", open && str_eq(now.state, e->state) ? permille * 99 / 1000 : 100);
    return true;
}

static bool show_again(struct call *k, void *id)
{
    struct import_entry e;
    return import_log_get(&k->c, *(int64_t *)id, 0, &e) && show(k, &e);
}

/* Short work is answered when it is done. */
static void wait_for(struct call *k, int64_t undo_by)
{
    import_jobs_add(k->app->imports, k->number, undo_by);
    if (!import_jobs_wait(k->app->imports, k->number, WAIT_MS))
        k->rp->status = 202;
}

static void run_it(struct call *k) { wait_for(k, 0); }
static void take_it_back(struct call *k) { wait_for(k, k->actor.user); }

static void then(struct call *k, int64_t id, void (*committed)(struct call *))
{
    k->number = id;
    k->committed = committed;
    k->after = show_again;
    k->after_arg = &k->number;
}

struct sending { struct form form; struct import_order order; str module, *header; size_t nheader; };

static bool read_order(struct call *k, struct sending *s)
{
    const struct form   *f = &s->form;
    struct import_order *o = &s->order;
    str                  mapping;
    if (!form_text(k, f, "module", &s->module) || !form_text(k, f, "key", &o->key) || !form_text(k, f, "map", &o->map) || !form_text(k, f, "mapping", &mapping) ||
        !form_text(k, f, "encoding", &o->encoding) || !form_text(k, f, "sheet", &o->sheet) || !form_flag(k, f, "dry_run", &o->dry_run))
        return false;
    o->map = o->map.n ? o->map : mapping;
    return s->module.n || err_problem(&k->c.err, S("module"), "required", "This is needed");
}

static bool may_import(struct call *k, str module, struct import_order *o)
{
    struct access a;
    o->m = call_module(k, module);
    if (!o->m)
        return false;
    a = access_of(&k->c, o->m);
    if (!access_any(&a, ACT_CREATE) && !access_any(&a, ACT_UPDATE))
        return err_set(&k->c.err, ERR_DENIED, "You may neither create nor change records here");
    return true;
}

static bool note_import(struct call *k, void *arg)
{
    struct sending      *s = arg;
    struct import_entry  e;
    struct mapping       map;
    int64_t              id;
    if (!may_import(k, s->module, &s->order) ||
        !mapping_read(&k->c, s->order.m, s->header, s->nheader, s->order.map, s->order.key, k->c.mem, &map) || !import_log_new(&k->c, &s->order, &id) ||
        !import_log_get(&k->c, id, s->order.user, &e) || !show(k, &e))
        return false;
    then(k, id, run_it);
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/imports/%lld", (long long)id));
    return true;
}

static bool may_at_all(struct call *k, void *arg)
{
    struct sending *s = arg;
    return may_import(k, s->module, &s->order);
}

/* The file is stored and looked into before the writing transaction begins, which others wait for. */
bool imports_create(struct call *k)
{
    struct sending s = { .order = { .user = k->actor.user, .lang = k->c.err.lang, .server = import_jobs_server(k->app->imports) } };
    if (!form_read(k, true, &s.form) || !read_order(k, &s) || !call_desk(k, TX_READ, may_at_all, &s))
        return false;
    s.order.name = form_file_name(k, s.form.file->filename);
    s.order.spool = str_printf(k->c.mem, "import-" STR_FMT, STR_ARG(k->rq->trace));
    const char *path = str_z(k->c.mem, import_spool_path(k->c.mem, k->app, s.order.spool));
    if (!write_spool(k, path, s.form.file->data))
        return false;
    bool ok = read_header(k, path, &s.order, &s.header, &s.nheader) && call_write(k, note_import, &s);
    if (!ok || !k->committed)       /* refused, or a repeat of one that has its own */
        unlink(path);
    return ok;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------ */

static bool find_own(struct call *k, struct import_entry *e)
{
    int64_t id;
    if (!str_to_i64(k->params[0], &id) || id < 1)
        return err_set(&k->c.err, ERR_NOT_FOUND, "There is no such import");
    return import_log_get(&k->c, id, ctx_is_admin(&k->c) ? 0 : k->actor.user, e);
}

bool imports_get(struct call *k)
{
    struct import_entry e;
    return find_own(k, &e) && show(k, &e);
}

bool imports_list(struct call *k)
{
    struct import_entry *e;
    int64_t              limit, before;
    size_t               n;
    if (!call_int(k, "limit", 50, 1, 500, &limit) || !call_int(k, "cursor", 0, 0, INT64_MAX, &before) ||
        !import_log_list(&k->c, k->actor.user, before, (int)limit, &e, &n))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "imports");
    jw_arr(&k->w);
    for (size_t i = 0; i < n; i++)
        if (!import_log_json(&k->c, &e[i], false, &k->w))
            return false;
    jw_end_arr(&k->w);
    jw_key(&k->w, "next");
    if (n == (size_t)limit)
        jw_str(&k->w, str_printf(k->c.mem, "%lld", (long long)e[n - 1].id));
    else
        jw_null(&k->w);
    jw_end_obj(&k->w);
    return true;
}

static bool put_out(void *f, str s) { return fwrite(s.p, 1, s.n, f) == s.n; }

static bool make_rejected(struct call *k, FILE *f, void *e) { return import_log_rejected(&k->c, e, put_out, f); }

bool imports_rejected(struct call *k)
{
    struct import_entry e;
    return find_own(k, &e) &&
           call_download(k, S("text/csv; charset=utf-8"), str_printf(k->c.mem, "rejected-%lld.csv", (long long)e.id), make_rejected, &e);
}

/* ---- taking back ---------------------------------------------------------------------------------------------------------------- */

bool imports_undo(struct call *k)
{
    struct import_entry e;
    if (!find_own(k, &e))
        return false;
    if (e.dry_run)
        return err_set(&k->c.err, ERR_CONFLICT, "A dry run has changed nothing");
    if (str_eqz(e.state, "undone"))
        return err_set(&k->c.err, ERR_CONFLICT, "This import has been taken back already");
    if (is_open(&e) && import_server_alive(e.server, e.beat, k->c.now))
        return err_set(&k->c.err, ERR_CONFLICT, "This import is still at work");
    if (!import_log_begin(&k->c, e.id, "undoing", import_jobs_server(k->app->imports)) || !import_log_get(&k->c, e.id, 0, &e) || !show(k, &e))
        return false;
    then(k, e.id, take_it_back);
    return true;
}
