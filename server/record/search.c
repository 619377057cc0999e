/* search: any substring of any text field, Chinese of one character, pinyin initials.
 *
 * q_search holds one row per record and searched field: the folded text, then the initials behind a mark.  LIKE over it
 * is a scan of a narrow table; rights are asked of the rows and fields it finds, by the read path. */
#include "record/record.h"
#include "base/text.h"
#include "record/compose.h"

#include <string.h>

static const char MARK = '\x1f';    /* between the text and its initials */

str search_pattern(struct arena *mem, str q)
{
    struct buf b;
    str        f = text_fold(mem, q);
    buf_init(&b, mem);
    buf_putc(&b, '%');
    for (size_t i = 0; i < f.n; i++) {
        if (f.p[i] == '%' || f.p[i] == '_' || f.p[i] == '\\')
            buf_putc(&b, '\\');
        buf_putc(&b, f.p[i]);
    }
    buf_putc(&b, '%');
    return buf_str(&b);
}

static bool ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static str body_of(struct arena *mem, str text)
{
    struct buf b;
    buf_init(&b, mem);
    buf_put(&b, text_fold(mem, text));
    if (!ascii(text)) {
        buf_putc(&b, MARK);
        buf_put(&b, text_pinyin_initials(mem, text));
    }
    return buf_str(&b);
}

bool search_write(struct ctx *c, const struct module *m, int64_t id, const struct value *old, const struct value *now)
{
    for (size_t i = 0; i < m->nsearched; i++) {
        const struct field *f = m->searched[i];
        int64_t             key = f->part_of ? f->part_of->id : f->id;
        const struct value *v = &now[f->slot];
        struct value        a[] = { v_int(m->id), v_int(id), v_int(key), V_NONE };
        if (old ? v_same(&old[f->slot], v) : v->type != V_TEXT)
            continue;
        bool ok;
        if (v->type != V_TEXT)
            ok = db_exec(c->db, S("DELETE FROM q_search WHERE module = $1 AND record = $2 AND field = $3"), a, 3, NULL, &c->err);
        else {
            a[3] = v_text(body_of(c->mem, v->u.s));
            ok = db_exec(c->db, S("INSERT INTO q_search(module, record, field, body) VALUES($1, $2, $3, $4)"
                                  " ON CONFLICT(module, record, field) DO UPDATE SET body = excluded.body"), a, 4, NULL, &c->err);
        }
        if (!ok)
            return false;
    }
    return true;
}

bool rec_index(struct ctx *c, const struct module *m)
{
    enum { AT_ONCE = 1000 };
    str          sql = str_printf(c->mem, "SELECT id FROM " STR_FMT " WHERE id > $1 ORDER BY id LIMIT %d", STR_ARG(m->table), AT_ONCE);
    struct value after[] = { v_int(0) }, module[] = { v_int(m->id) };
    struct rows  r = { .nrows = AT_ONCE };
    if (!db_exec(c->db, S("DELETE FROM q_search WHERE module = $1"), module, 1, NULL, &c->err))
        return false;
    while (m->nsearched && r.nrows == AT_ONCE) {
        struct respite here = rec_here(c);
        if (!db_run(c->db, sql, after, 1, c->mem, &r, &c->err))
            return false;
        for (size_t i = 0; i < r.nrows; i++) {
            struct value *v = NEWV(c->mem, struct value, (size_t)m->nfields);
            bool          found;
            after[0].u.i = CELL(&r, i, 0)->u.i;
            if (!row_load(c, m, after[0].u.i, v, &found) || !search_write(c, m, after[0].u.i, NULL, v))
                return false;
        }
        rec_back(c, here);
    }
    return true;
}

static const struct field *field_of_key(const struct module *m, int64_t key)
{
    for (size_t i = 0; i < m->nsearched; i++)
        if ((m->searched[i]->part_of ? m->searched[i]->part_of->id : m->searched[i]->id) == key)
            return m->searched[i]->part_of ? m->searched[i]->part_of : m->searched[i];
    return NULL;
}

/* The field that was hit, for showing: the first whose text holds the words and that the actor may read. */
static bool describe_hit(struct ctx *c, const struct module *m, int64_t id, str pattern, struct hit *h)
{
    struct access a = access_of(c, m);
    struct rows   r;
    struct value  v[] = { v_int(m->id), v_int(id), v_text(pattern) };
    if (!db_run(c->db, S("SELECT field, body FROM q_search WHERE module = $1 AND record = $2 AND body LIKE $3 ESCAPE '\\'"), v, 3, c->mem, &r, &c->err))
        return false;
    for (size_t i = 0; i < r.nrows; i++) {
        const struct field *f = field_of_key(m, CELL(&r, i, 0)->u.i);
        if (!f || !access_field(&a, f, FIELD_READ) || !access_field_always(&a, f))
            continue;
        str       body = CELL(&r, i, 1)->u.s;
        ptrdiff_t mark = str_chr(body, MARK);
        h->f = f;
        h->text = mark >= 0 ? str_sub(body, 0, (size_t)mark) : body;
        return true;
    }
    return true;
}

bool rec_search(struct ctx *c, str q, const struct module *const *modules, size_t nmodules, int limit, struct hit **out, size_t *n)
{
    struct hit *hits = NEWV(c->mem, struct hit, (size_t)limit + 1);
    str         pattern = search_pattern(c->mem, q);
    *out = hits;
    *n = 0;
    for (size_t i = 0; i < nmodules && *n < (size_t)limit; i++) {
        const struct module *m = modules[i];
        struct access        a = access_of(c, m);
        struct find          f = { .m = m, .q = q, .limit = limit - (int)*n };
        struct found         found;
        struct column       *title = NEW(c->mem, struct column);
        if (!access_any(&a, ACT_READ) || m->line || !m->nsearched)
            continue;
        if (access_field(&a, m->title, FIELD_READ)) {
            const struct column *cols;
            size_t               ncols;
            if (!rec_columns(c, m, m->title->name, false, &cols, &ncols))
                return false;
            *title = cols[0];
            f.cols = title;
            f.ncols = ncols;
        }
        if (!rec_find(c, &f, &found))
            return false;
        for (size_t r = 0; r < found.nrows; r++) {
            struct hit *h = &hits[(*n)++];
            *h = (struct hit){ .m = m, .id = found.ids[r], .title = f.ncols ? value_title(c->mem, &found.cells[r * found.ncols]) : S("") };
            if (!describe_hit(c, m, h->id, pattern, h))
                return false;
        }
    }
    return true;
}
