/* file: see file.h. */
#include "record/file.h"

/* The ids in the text of a file field: [1,2] or [{"id":1,…}, …]. */
static size_t ids_of(struct ctx *c, const struct value *v, int64_t out[FILES_MAX])
{
    struct json *j;
    struct err   e;
    size_t       n = 0;
    err_init(&e, c->mem, c->err.lang);
    if (v->type != V_TEXT || !json_parse(c->mem, v->u.s, &j, &e))
        return 0;
    for (const struct json *x = j->first; x && n < FILES_MAX; x = x->next)
        if (x->type == JSON_OBJECT ? json_i64(x, "id", &out[n]) : str_to_i64(x->s, &out[n]))
            n++;
    return n;
}

static bool holds(struct ctx *c, const struct value *v, int64_t file)
{
    int64_t ids[FILES_MAX];
    size_t  n = ids_of(c, v, ids);
    for (size_t i = 0; i < n; i++)
        if (ids[i] == file)
            return true;
    return false;
}

static bool load(struct ctx *c, int64_t id, struct file *out, bool *found)
{
    struct rows  r;
    struct value a[] = { v_int(id) };
    if (!db_run(c->db, S("SELECT id, hash, name, type, size, actor FROM q_file WHERE id = $1"), a, 1, c->mem, &r, &c->err))
        return false;
    *found = r.nrows > 0;
    if (*found) {
        const struct value *v = CELL(&r, 0, 0);
        *out = (struct file){ .id = v[0].u.i, .hash = v[1].u.s, .name = v[2].u.s, .type = v[3].u.s, .size = v[4].u.i, .actor = v[5].type == V_NULL ? 0 : v[5].u.i };
    }
    return true;
}

/* Does that field of that record, living or in the recycle bin, hold the file, as that actor sees it? */
static bool held_there(struct ctx *c, const struct actor *as, const struct module *m, int64_t record, const struct field *f, int64_t file, bool *out)
{
    const struct actor *actor = c->actor;
    struct find         q = { .m = m, .ids = &record, .nids = 1, .limit = 1 };
    struct found        found;
    c->actor = as;
    bool ok = rec_columns(c, m, f->name, false, &q.cols, &q.ncols);
    for (int deleted = 0; deleted < 2 && ok && !*out; deleted++) {
        q.deleted = deleted;
        ok = rec_find(c, &q, &found);
        *out = ok && found.nrows && holds(c, &found.cells[0], file);
    }
    c->actor = actor;
    return ok;
}

static bool may_read(struct ctx *c, const struct file *file, bool *may)
{
    static const struct actor program = { .system = true, .active = true };
    struct rows               r;
    struct value              a[] = { v_int(file->id) };
    bool                      held = false;
    *may = false;
    if (!db_run(c->db, S("SELECT module, record, field FROM q_file_use WHERE file = $1 ORDER BY module, record, field"), a, 1, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows && !*may; i++) {
        const struct module *m = catalog_module_id(c->cat, CELL(&r, i, 0)->u.i);
        const struct field  *f = NULL;
        struct access        seen;
        for (int s = SLOT_FIRST; m && s < m->nfields; s++)
            if (m->fields[s].id == CELL(&r, i, 2)->u.i && (m->fields[s].type->flags & FT_FILES))
                f = &m->fields[s];
        if (!f)
            continue;
        if (!held_there(c, &program, m, CELL(&r, i, 1)->u.i, f, file->id, &held))
            return false;
        seen = access_of(c, m);
        if (held && access_any(&seen, ACT_READ) && access_field(&seen, f, FIELD_READ) &&
            !held_there(c, c->actor, m, CELL(&r, i, 1)->u.i, f, file->id, may))
            return false;
    }
    *may = *may || c->actor->system || (!held && file->actor && file->actor == c->actor->user);
    return true;
}

static bool none(struct ctx *c) { return err_set(&c->err, ERR_NOT_FOUND, "There is no such file"); }

bool file_get(struct ctx *c, int64_t id, struct file *out)
{
    bool found, may = false;
    if (!load(c, id, out, &found) || (found && !may_read(c, out, &may)))
        return false;
    return may || none(c);
}

bool file_new(struct ctx *c, const struct file *f, int64_t *id)
{
    struct rows  r;
    struct value a[] = { v_text(f->hash), v_text(f->name), v_text(f->type), v_int(f->size), f->actor ? v_int(f->actor) : V_NONE, v_int(c->now) };
    if (!db_run(c->db, S("INSERT INTO q_file(hash, name, type, size, actor, at) VALUES($1, $2, $3, $4, $5, $6) RETURNING id"), a, 6, c->mem, &r, &c->err))
        return false;
    *id = CELL(&r, 0, 0)->u.i;
    return true;
}

void file_json(const struct file *f, struct jw *w)
{
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, f->id);
    jw_key(w, "name");
    jw_str(w, f->name);
    jw_key(w, "size");
    jw_int(w, f->size);
    jw_key(w, "type");
    jw_str(w, f->type);
    jw_end_obj(w);
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static bool was_there(const int64_t *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* What the field held before may stay; one's own files and those that one may read elsewhere may come. */
static bool settle_one(struct ctx *c, const struct field *f, struct value *v, const struct value *old)
{
    int64_t    ids[FILES_MAX], before[FILES_MAX];
    size_t     n = ids_of(c, v, ids), nbefore = old ? ids_of(c, old, before) : 0;
    struct buf b;
    struct jw  w;
    if (n > 1 && !json_bool(f->def, "multiple", true))
        return err_problem(&c->err, f->name, "limit", "Only one file fits here");
    buf_init(&b, c->mem);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        struct file file;
        bool        found, may = true;
        if (!load(c, ids[i], &file, &found))
            return false;
        if (found && !was_there(before, nbefore, ids[i]) && file.actor != c->actor->user && !may_read(c, &file, &may))
            return false;
        if (!found || !may)
            return err_problem(&c->err, f->name, "relation", "There is no such file");
        file_json(&file, &w);
    }
    jw_end_arr(&w);
    *v = n ? v_text(buf_str(&b)) : V_NONE;
    return true;
}

bool file_settle(struct ctx *c, struct record *r, const struct value *old)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        if (!(f->type->flags & FT_FILES) || !r->set[i] || r->v[i].type != V_TEXT)
            continue;
        if (!settle_one(c, f, &r->v[i], old ? &old[i] : NULL) && !c->err.nproblems)
            return false;
    }
    return c->err.kind == ERR_NONE;
}

bool file_note_uses(struct ctx *c, const struct record *r, const struct value *old)
{
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        int64_t             ids[FILES_MAX];
        if (!(f->type->flags & FT_FILES) || (old && v_same(&old[i], &r->v[i])))
            continue;
        size_t n = ids_of(c, &r->v[i], ids);
        for (size_t k = 0; k < n; k++) {
            struct value a[] = { v_int(ids[k]), v_int(r->m->id), v_int(r->id), v_int(f->id) };
            if (!db_exec(c->db, S("INSERT INTO q_file_use(file, module, record, field) VALUES($1, $2, $3, $4) ON CONFLICT(file, module, record, field) DO NOTHING"), a, 4,
                         NULL, &c->err))
                return false;
        }
    }
    return true;
}
