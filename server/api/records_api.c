/* records_api: finding and changing records over HTTP. */
#include "api/api.h"
#include "base/text.h"
#include "record/feed.h"

#include <stdio.h>

static bool read_ids(struct call *k, str text, const int64_t **out, size_t *n)
{
    int64_t *ids = NEWV(k->c.mem, int64_t, text.n + 1);
    str      rest = text.n ? text : STR_NONE, part;
    *out = ids;
    *n = 0;
    while (str_cut(&rest, ',', &part)) {
        if (!str_to_i64(str_trim(part), &ids[*n]) || *n >= 300)
            return err_problem(&k->c.err, S("ids"), "type", "A list of at most %d record ids is needed", 300);
        ++*n;
    }
    return true;
}

bool records_find(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    struct find          q = { .m = m };
    struct found         f;
    int64_t              limit;
    str                  where = call_param(k, "where");
    if (!m || !call_int(k, "limit", 50, 1, 1000, &limit))
        return false;
    q.limit = (int)limit;
    q.q = call_param(k, "q");
    if (!call_flag(k, "deleted", &q.deleted) || !call_flag(k, "count", &q.count))
        return false;
    q.cursor = call_param(k, "cursor");
    if (where.n && !rec_where(&k->c, m, where, &q.where))
        return false;
    if (!read_ids(k, call_param(k, "ids"), &q.ids, &q.nids) || !rec_sort(&k->c, m, call_param(k, "sort"), &q.sort, &q.nsort) ||
        !rec_columns(&k->c, m, call_param(k, "fields"), false, &q.cols, &q.ncols) || !rec_find(&k->c, &q, &f))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "records");
    jw_arr(&k->w);
    for (size_t i = 0; i < f.nrows; i++)
        found_json(&k->c, &f, i, &k->w);
    jw_end_arr(&k->w);
    jw_key(&k->w, "next");
    if (f.next.n)
        jw_str(&k->w, f.next);
    else
        jw_null(&k->w);
    if (q.count) {
        jw_key(&k->w, "total");
        jw_int(&k->w, f.total);
    }
    jw_end_obj(&k->w);
    return true;
}

static bool write_one(struct call *k, const struct module *m, int64_t id, bool deleted, struct jw *w)
{
    struct found f;
    if (!rec_get(&k->c, m, id, deleted, &f))
        return false;
    found_json(&k->c, &f, 0, w);
    call_header(k, "ETag", str_printf(k->c.mem, "\"%lld\"", (long long)f.versions[0]));
    return true;
}

/* What a writer gets back: the record, or only its id where the actor may write but not read it. */
static bool write_written(struct call *k, const struct module *m, int64_t id)
{
    struct access a = access_of(&k->c, m);
    if (access_any(&a, ACT_READ)) {
        if (write_one(k, m, id, false, &k->w))
            return true;
        if (k->c.err.kind != ERR_NOT_FOUND)
            return false;
        err_clear(&k->c.err);
        buf_init(&k->out, k->c.mem);
        jw_init(&k->w, &k->out);
    }
    jw_obj(&k->w);
    jw_key(&k->w, "id");
    jw_int(&k->w, id);
    jw_end_obj(&k->w);
    return true;
}

static bool answer_written(struct call *k, const struct module *m, int64_t id) { return rec_flush(&k->c) && write_written(k, m, id); }

struct created { int64_t module, id; };

static bool write_created(struct call *k, void *arg)
{
    const struct created *at = arg;
    const struct module  *m = catalog_module_id(k->c.cat, at->module);
    return m ? write_written(k, m, at->id) : err_set(&k->c.err, ERR_NOT_FOUND, "There is no such record");
}

/* On PostgreSQL a new record that is read in its own transaction is a page of an index read, and whoever adds to that page
 * meanwhile is in conflict with it: so the answer is read after the commit, unless it is kept with an Idempotency-Key. */
static bool answer_created(struct call *k, const struct module *m, int64_t id)
{
    if (!db_dialect(k->c.db)->for_update[0] || request_header(k->rq, "idempotency-key").n)
        return answer_written(k, m, id);
    struct created *at = NEW(k->c.mem, struct created);
    *at = (struct created){ m->id, id };
    k->after = write_created;
    k->after_arg = at;
    jw_obj(&k->w);      /* what is answered should that fail */
    jw_key(&k->w, "id");
    jw_int(&k->w, id);
    jw_end_obj(&k->w);
    return true;
}

bool records_get(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    int64_t              id;
    return m && call_id(k, k->params[1], &id) && write_one(k, m, id, true, &k->w);
}

/* A record that is to be made: refused with all that is wrong and all that is missing. */
static bool read_new(struct ctx *c, const struct module *m, const struct json *j, struct record **out)
{
    if (record_read_json(c, m, j, out))
        return true;
    if (c->err.kind == ERR_INVALID)
        record_missing(c, *out, NULL);
    return false;
}

bool records_create(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    struct record       *r;
    if (!m || !call_body(k) || !read_new(&k->c, m, k->body, &r) || !rec_create(&k->c, r))
        return false;
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/records/" STR_FMT "/%lld", STR_ARG(url_encode(k->c.mem, m->name)), (long long)r->id));
    return answer_created(k, m, r->id);
}

/* If-Match: "7" or 7; * and absent: whatever it is. */
static bool wanted_version(struct call *k, int64_t *version)
{
    str h = str_trim(request_header(k->rq, "if-match"));
    *version = 0;
    if (!h.n || str_eqz(h, "*"))
        return true;
    if (str_starts(h, S("W/")))
        h = str_sub(h, 2, h.n);
    if (h.n > 2 && h.p[0] == '"' && h.p[h.n - 1] == '"')
        h = str_sub(h, 1, h.n - 1);
    return (str_to_i64(h, version) && *version > 0) || err_set(&k->c.err, ERR_MALFORMED, "If-Match must hold the version of the record");
}

bool records_update(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    struct record       *r;
    int64_t              id, version;
    if (!m || !call_id(k, k->params[1], &id) || !wanted_version(k, &version) || !call_body(k) || !record_read_json(&k->c, m, k->body, &r))
        return false;
    r->id = id;
    if (version)
        r->version = version;
    return rec_update(&k->c, r) && answer_written(k, m, id);
}

bool records_delete(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    int64_t              id, version;
    if (!m || !call_id(k, k->params[1], &id) || !wanted_version(k, &version) || !rec_delete(&k->c, m, id, version))
        return false;
    call_status(k, 204);
    return true;
}

bool records_restore(struct call *k)
{
    const struct module *m = call_module(k, k->params[0]);
    int64_t              id;
    return m && call_id(k, k->params[1], &id) && rec_restore(&k->c, m, id) && answer_written(k, m, id);
}

/* ---- history ----------------------------------------------------------------------------------------------------- */

static void history_value(struct call *k, const struct field *f, const struct value *v, const struct value *title)
{
    if (v->type == V_REF) {
        jw_obj(&k->w);
        jw_key(&k->w, "id");
        jw_int(&k->w, v->u.i);
        if (title->type != V_NULL) {
            jw_key(&k->w, "title");
            jw_str(&k->w, value_title(k->c.mem, title));
        }
        jw_end_obj(&k->w);
    } else if (v->type == V_DEC)
        jw_str(&k->w, dec_text_fixed(k->c.mem, v->u.d, f->scale));
    else if (v->type == V_TEXT && (f->type->flags & FT_JSON))
        jw_raw(&k->w, v->u.s);
    else
        jw_value(&k->w, v);
}

static void history_entry(struct call *k, const struct history_entry *h)
{
    jw_obj(&k->w);
    jw_key(&k->w, "seq");
    jw_int(&k->w, h->seq);
    jw_key(&k->w, "at");
    jw_str(&k->w, instant_text(k->c.mem, h->at));
    jw_key(&k->w, "actor");
    if (h->actor) {
        jw_obj(&k->w);
        jw_key(&k->w, "id");
        jw_int(&k->w, h->actor);
        if (h->actor_name.n) {
            jw_key(&k->w, "title");
            jw_str(&k->w, h->actor_name);
        }
        jw_end_obj(&k->w);
    } else
        jw_null(&k->w);
    jw_key(&k->w, "way");
    jw_str(&k->w, h->way);
    jw_key(&k->w, "op");
    jw_str(&k->w, h->op);
    jw_key(&k->w, "version");
    jw_int(&k->w, h->version);
    jw_key(&k->w, "changes");
    jw_arr(&k->w);
    for (size_t i = 0; i < h->nchanges; i++) {
        const struct history_change *x = &h->changes[i];
        jw_obj(&k->w);
        jw_key(&k->w, "field");
        jw_str(&k->w, x->f->part_of ? str_printf(k->c.mem, STR_FMT "." STR_FMT, STR_ARG(x->f->part_of->name), STR_ARG(x->f->name)) : x->f->name);
        jw_key(&k->w, "from");
        history_value(k, x->f, &x->from, &x->from_title);
        jw_key(&k->w, "to");
        history_value(k, x->f, &x->to, &x->to_title);
        jw_end_obj(&k->w);
    }
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
}

bool records_history(struct call *k)
{
    const struct module  *m = call_module(k, k->params[0]);
    struct history_entry *h;
    int64_t               id, limit, before;
    size_t                n;
    if (!m || !call_id(k, k->params[1], &id) || !call_int(k, "limit", 50, 1, 500, &limit) || !call_int(k, "cursor", 0, 0, INT64_MAX, &before) ||
        !rec_history(&k->c, m, id, before, (int)limit, &h, &n))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "history");
    jw_arr(&k->w);
    for (size_t i = 0; i < n && i < (size_t)limit; i++)
        history_entry(k, &h[i]);
    jw_end_arr(&k->w);
    jw_key(&k->w, "next");
    if (n > (size_t)limit)
        jw_str(&k->w, str_printf(k->c.mem, "%lld", (long long)h[limit - 1].seq));
    else
        jw_null(&k->w);
    jw_end_obj(&k->w);
    return true;
}

/* ---- batch ------------------------------------------------------------------------------------------------------- */

struct batch { struct call *k; const struct module *m; const struct field *key; bool atomic; struct err wrong; };
enum { PROBLEMS_MAX = 200 };

static bool batch_create(struct batch *b, const struct json *j, int64_t *id, const char **what)
{
    struct record *r;
    struct ctx    *c = &b->k->c;
    *what = "created";
    if (b->key ? !record_read_json(c, b->m, j, &r) : !read_new(c, b->m, j, &r))
        return false;
    if (b->key) {
        if (r->v[b->key->slot].type == V_NULL)
            return err_problem(&c->err, b->key->name, "required", "This is needed");
        if (!rec_lookup(c, b->key, &r->v[b->key->slot], id))
            return false;
        if (*id) {
            *what = "updated";
            r->id = *id;
            return rec_update(c, r);
        }
    }
    if (!rec_create(c, r))
        return false;
    *id = r->id;
    return true;
}

static bool batch_update(struct batch *b, const struct json *j, int64_t *id, const char **what)
{
    struct record *r;
    *what = "updated";
    if (!json_i64(j, "id", id))
        return err_problem(&b->k->c.err, S("id"), "required", "This is needed");
    if (!record_read_json(&b->k->c, b->m, j, &r))
        return false;
    r->id = *id;
    return rec_update(&b->k->c, r);
}

static bool batch_delete(struct batch *b, const struct json *j, int64_t *id, const char **what)
{
    int64_t version = 0;
    *what = "deleted";
    if (j->type == JSON_OBJECT) {
        json_i64(j, "version", &version);
        if (!json_i64(j, "id", id))
            return err_problem(&b->k->c.err, S("id"), "required", "This is needed");
    } else if (j->type != JSON_NUMBER || !str_to_i64(j->s, id))
        return err_problem(&b->k->c.err, S("id"), "required", "This is needed");
    return rec_delete(&b->k->c, b->m, *id, version);
}

/* Which one it was. */
static void name_problems(struct ctx *c, const char *name, size_t at)
{
    for (size_t i = 0; i < c->err.nproblems; i++) {
        str f = c->err.problems[i].field;
        c->err.problems[i].field = str_printf(c->mem, "%s[%zu]%s" STR_FMT, name, at, f.n ? "." : "", STR_ARG(f));
    }
    if (!c->err.nproblems) {
        struct err was = c->err;
        err_problem(&c->err, str_printf(c->mem, "%s[%zu]", name, at), "refused", STR_FMT, STR_ARG(was.message));
        c->err.kind = was.kind;
        c->err.message = was.message;
    }
}

/* What is wrong with one of them waits for what is wrong with the others. */
static void note_problems(struct batch *b, const char *name, size_t at)
{
    struct ctx *c = &b->k->c;
    name_problems(c, name, at);
    for (size_t i = 0; i < c->err.nproblems && b->wrong.nproblems < PROBLEMS_MAX; i++)
        err_problem(&b->wrong, c->err.problems[i].field, str_z(c->mem, c->err.problems[i].code), STR_FMT, STR_ARG(c->err.problems[i].message));
    err_clear(&c->err);
}

static bool batch_part(struct batch *b, const char *name, bool (*run)(struct batch *, const struct json *, int64_t *, const char **))
{
    struct ctx        *c = &b->k->c;
    struct jw         *w = &b->k->w;
    const struct json *list = json_get(b->k->body, name);
    if (list && (list->type != JSON_ARRAY || list->n > 10000))
        return err_problem(&c->err, str_of(name), "limit", "A list of at most %d is needed", 10000);
    jw_key(w, name);
    jw_arr(w);
    size_t at = 0;
    for (const struct json *j = list ? list->first : NULL; j; j = j->next, at++) {
        int64_t        id = 0;
        const char    *what = "";
        struct respite here = rec_here(c);
        struct buf     out = b->k->out;
        if (!b->atomic && !db_save(c->db, &c->err))
            return false;
        bool ok = (run == batch_delete || j->type == JSON_OBJECT || err_problem(&c->err, STR_NONE, "type", "This must be an object")) && run(b, j, &id, &what);
        if (!ok && b->atomic && c->err.kind == ERR_INVALID) {       /* go on, to say of all of them what is wrong */
            note_problems(b, name, at);
            continue;
        }
        jw_obj(w);
        jw_key(w, "index");
        jw_int(w, (int64_t)at);
        if (ok) {
            jw_key(w, "id");
            jw_int(w, id);
            jw_key(w, "status");
            jw_strz(w, what);
            if (!b->atomic && !db_release(c->db, &c->err))
                return false;
        } else {
            if (b->atomic) {        /* keep nothing */
                name_problems(c, name, at);
                return false;
            }
            if (c->err.kind == ERR_BUSY || c->err.kind == ERR_INTERNAL || c->err.kind == ERR_FULL)
                return false;
            db_undo(c->db);
            jw_key(w, "error");
            struct buf p;
            buf_init(&p, c->mem);
            problem_json(&p, &c->err, c->trace, STR_NONE);
            jw_raw(w, buf_str(&p));
            err_clear(&c->err);
        }
        jw_end_obj(w);
        if (b->k->out.p == out.p && b->k->out.cap == out.cap)       /* the answer did not move into what would be given back */
            rec_back(c, here);
    }
    jw_end_arr(w);
    return true;
}

bool records_batch(struct call *k)
{
    struct batch b = { .k = k, .m = call_module(k, k->params[0]) };
    if (!b.m || !call_body(k))
        return false;
    static const char *const members[] = { "create", "update", "delete", "key", "atomic", NULL };
    const struct json       *atomic = json_get(k->body, "atomic");
    str                      key = json_str(k->body, "key");
    if (!call_members(k, members))
        return false;
    if (atomic && atomic->type != JSON_BOOL && atomic->type != JSON_NULL)
        return err_problem(&k->c.err, S("atomic"), "type", "This must be true or false");
    b.atomic = json_bool(k->body, "atomic", true);
    err_init(&b.wrong, k->c.mem, k->c.err.lang);
    if (key.n) {
        struct access a = access_of(&k->c, b.m);
        b.key = module_field(b.m, key);
        if (!b.key || !b.key->unique || !access_field(&a, b.key, FIELD_READ))
            return err_problem(&k->c.err, S("key"), "name", "“" STR_FMT "” is no unique field of “" STR_FMT "”", STR_ARG(key), STR_ARG(b.m->name));
    }
    jw_obj(&k->w);
    if (!batch_part(&b, "create", batch_create) || !batch_part(&b, "update", batch_update) || !batch_part(&b, "delete", batch_delete))
        return false;
    if (b.wrong.nproblems) {
        k->c.err = b.wrong;
        return false;
    }
    jw_end_obj(&k->w);
    return true;
}

/* ---- search, changes, formula --------------------------------------------------------------------------------------- */

bool search_all(struct call *k)
{
    str                   q = str_trim(call_param(k, "q")), names = call_param(k, "modules");
    const struct module **m = NEWV(k->c.mem, const struct module *, k->c.cat->nmodules + names.n + 1);
    size_t                n = 0, nhits = 0;
    int64_t               limit;
    struct hit           *hits = NULL;
    if (!call_int(k, "limit", 20, 1, 100, &limit))
        return false;
    str rest = names.n ? names : STR_NONE, part;
    while (str_cut(&rest, ',', &part))
        if (!(m[n++] = call_module(k, str_trim(part))))
            return false;
    for (size_t i = 0; !names.n && i < k->c.cat->nmodules; i++)
        m[n++] = &k->c.cat->modules[i];
    if (q.n && !rec_search(&k->c, q, m, n, (int)limit, &hits, &nhits))
        return false;
    jw_obj(&k->w);
    jw_key(&k->w, "hits");
    jw_arr(&k->w);
    for (size_t i = 0; i < nhits; i++) {
        jw_obj(&k->w);
        jw_key(&k->w, "module");
        jw_str(&k->w, hits[i].m->name);
        jw_key(&k->w, "id");
        jw_int(&k->w, hits[i].id);
        jw_key(&k->w, "title");
        jw_str(&k->w, hits[i].title);
        jw_key(&k->w, "field");
        if (hits[i].f)
            jw_str(&k->w, hits[i].f->name);
        else
            jw_null(&k->w);
        jw_key(&k->w, "text");
        jw_str(&k->w, hits[i].text);
        jw_end_obj(&k->w);
    }
    jw_end_arr(&k->w);
    jw_end_obj(&k->w);
    return true;
}

static bool change_json(struct call *k, const struct feed_entry *e, const struct module *m)
{
    struct found f;
    bool         told;
    if (!rec_told(&k->c, m, e->record, e->seq, e->op, &told))
        return false;
    if (!told)
        return true;
    if (!rec_get(&k->c, m, e->record, true, &f)) {
        if (k->c.err.kind != ERR_NOT_FOUND && k->c.err.kind != ERR_DENIED)
            return false;
        err_clear(&k->c.err);       /* not for this reader */
        return true;
    }
    jw_obj(&k->w);
    jw_key(&k->w, "seq");
    jw_int(&k->w, e->seq);
    jw_key(&k->w, "at");
    jw_str(&k->w, instant_text(k->c.mem, e->at));
    jw_key(&k->w, "module");
    jw_str(&k->w, m->name);
    jw_key(&k->w, "id");
    jw_int(&k->w, e->record);
    jw_key(&k->w, "version");
    jw_int(&k->w, e->version);
    jw_key(&k->w, "op");
    jw_str(&k->w, str_eqz(e->op, "compute") ? S("update") : e->op);
    jw_key(&k->w, "record");
    if (str_eqz(e->op, "delete"))
        jw_null(&k->w);
    else
        found_json(&k->c, &f, 0, &k->w);
    jw_end_obj(&k->w);
    return true;
}

struct feed_page { int64_t since, limit, upto; };

static bool settled(struct call *k, void *arg)
{
    return feed_settled(k->c.db, k->c.mem, &((struct feed_page *)arg)->upto, &k->c.err);
}

static bool page_of_feed(struct call *k, void *arg)
{
    const struct feed_page *p = arg;
    struct feed_entry      *e;
    size_t                  n;
    if (!feed_read(k->c.db, k->c.mem, p->since, p->upto, (int)p->limit, &e, &n, &k->c.err))
        return false;
    buf_init(&k->out, k->rq->mem);
    jw_init(&k->w, &k->out);
    jw_obj(&k->w);
    jw_key(&k->w, "changes");
    jw_arr(&k->w);
    for (size_t i = 0; i < n; i++) {
        const struct module *m = catalog_module_id(k->c.cat, e[i].module);
        if (m && !change_json(k, &e[i], m))
            return false;
    }
    jw_end_arr(&k->w);
    jw_key(&k->w, "next");
    jw_str(&k->w, str_printf(k->c.mem, "%lld", (long long)(n ? e[n - 1].seq : p->since)));
    jw_end_obj(&k->w);
    return true;
}

bool changes_get(struct call *k)
{
    struct feed_page p = { 0 };
    return call_int(k, "since", 0, 0, INT64_MAX, &p.since) && call_int(k, "limit", 100, 1, 1000, &p.limit) &&
           call_desk(k, TX_READ, settled, &p) && call_desk(k, TX_READ, page_of_feed, &p);
}

/* A formula is tried on a saved record as the actor sees it, on values of a form, or on the one with some values of the other. */
static bool eval_on_record(struct call *k, const struct module *m, const struct expr *x, struct value *v)
{
    struct record     *r = NULL;
    int64_t            id = 0;
    const struct json *given = json_get(k->body, "record");
    json_i64(k->body, "id", &id);
    if (given && !record_read_json(&k->c, m, given, &r))
        err_clear(&k->c.err);       /* a form that is being filled in is wrong in places; what is right counts */
    return rec_eval(&k->c, m, id, r, x, v);
}

bool formula_eval(struct call *k)
{
    const struct expr   *x;
    const struct module *m = NULL;
    struct meta_scope    s;
    struct value         v;
    str                  name;
    if (!call_body(k))
        return false;
    const struct json *formula = json_get(k->body, "formula");
    if (formula && formula->type != JSON_STRING)
        return err_problem(&k->c.err, S("formula"), "type", "This must be text");
    name = json_str(k->body, "module");
    if (name.n) {
        if (!(m = call_module(k, name)))
            return false;
        rec_scope(&k->c, m, &s);
    }
    if (!expr_compile(json_str(k->body, "formula"), m ? &s.s : NULL, k->c.mem, &x, &k->c.err))
        return false;
    if (m && !eval_on_record(k, m, x, &v))
        return false;
    if (!m) {
        struct env env = ctx_env(&k->c);
        v = expr_eval(x, &env);
    }
    static const char *const types[] = { "empty", "boolean", "integer", "decimal", "text", "date", "datetime", "relation", "list", "error" };
    jw_obj(&k->w);
    jw_key(&k->w, "value");
    if (v.type == V_ERROR)
        jw_strz(&k->w, verror_text(v.u.e));
    else
        jw_value(&k->w, &v);
    jw_key(&k->w, "type");
    jw_strz(&k->w, types[v.type]);
    jw_end_obj(&k->w);
    return true;
}
