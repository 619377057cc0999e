/* export: see export.h. */
#include "exchange/export.h"
#include "exchange/csv.h"
#include "exchange/mapping.h"

#include <string.h>

enum { PAGE = 250, CURSOR_MAX = 8192 };

struct sheet {
    struct ctx               *c;
    enum export_header        names;
    const struct export_sink *out;
    struct buf                fields;       /* of rec_columns, one for each column of the sheet */
    str                      *header; size_t n, cap;
};

static void add(struct sheet *s, str field, str header)
{
    buf_putz(&s->fields, s->fields.n ? "," : "");
    buf_put(&s->fields, field);
    s->header[s->n++] = header;
}

/* One field or path, with what a table needs behind it. */
static void add_column(struct sheet *s, const struct column *col)
{
    struct arena       *mem = s->c->mem;
    const struct field *f = col->f;
    enum lang           lang = s->c->err.lang;
    str                 called = col->name;
    if (col->lines || s->n + 3 > s->cap)
        return;
    if (s->names == EXPORT_LABELS) {
        struct buf b;
        buf_init(&b, mem);
        for (int i = 0; i < col->path.nsteps; i++) {
            const struct field *step = col->path.step[i].field;
            str                 label = label_in(&step->label, lang);
            buf_putz(&b, i ? "." : "");
            buf_put(&b, label.n && str_chr(label, '.') < 0 ? label : step->name);
        }
        called = buf_str(&b);
    }
    if (f->parts) {
        const struct field *region = &f->parts->fields[0], *unique = region->target ? mapping_unique(s->c, region->target) : NULL;
        for (int i = 0; i < f->parts->nfields; i++) {
            str part = f->parts->fields[i].name, more = i == 0 && unique ? str_printf(mem, "." STR_FMT, STR_ARG(unique->name)) : S("");
            add(s, str_printf(mem, STR_FMT "." STR_FMT STR_FMT, STR_ARG(col->name), STR_ARG(part), STR_ARG(more)),
                str_printf(mem, STR_FMT "." STR_FMT STR_FMT, STR_ARG(called), STR_ARG(part), STR_ARG(more)));
        }
        return;
    }
    const struct field *unique = f->target && (f->type->flags & (FT_ONE | FT_MANY)) ? mapping_unique(s->c, f->target) : NULL;
    if (unique && (f->type->flags & FT_ONE))
        add(s, str_printf(mem, STR_FMT "." STR_FMT, STR_ARG(col->name), STR_ARG(unique->name)), called);
    else if (unique && unique != f->target->title)      /* numbers: they are named so */
        add(s, col->name, str_cat(mem, called, S(".id")));
    else
        add(s, col->name, called);
}

/* The label, when reading it gives this choice again. */
static str choice_text(const struct sheet *s, const struct field *f, str code)
{
    const struct option *o = NULL;
    for (size_t i = 0; i < f->noptions; i++)
        if (str_eq(f->options[i].code, code))
            o = &f->options[i];
    if (!o || s->names == EXPORT_NAMES)
        return code;
    str label = label_in(&o->label, s->c->err.lang);
    for (size_t i = 0; i < f->noptions; i++) {
        const struct option *p = &f->options[i];
        if (p != o && (str_eq(p->code, label) || str_eq_nocase(p->label.en, label) || str_eq(p->label.zh, label)))
            return code;
    }
    return label.n ? label : code;
}

static void write_many(struct sheet *s, const struct column *col, const struct value *v, const struct value *titles)
{
    struct buf b;
    bool       by_title = col->many && mapping_unique(s->c, col->f->target) == col->f->target->title;
    buf_init(&b, s->c->mem);
    for (size_t i = 0; i < v->u.l.n; i++) {
        const struct value *one = by_title && titles->type == V_LIST ? &titles->u.l.v[i] : &v->u.l.v[i];
        buf_putz(&b, i ? ";" : "");
        buf_put(&b, expr_value_text(s->c->mem, one, EXPR_ISO, NULL));
    }
    s->out->text(s->out->arg, buf_str(&b));
}

static void write_cell(struct sheet *s, const struct column *col, const struct value *v, const struct value *title)
{
    const struct field *f = col->f;
    struct arena       *mem = s->c->mem;
    void               *arg = s->out->arg;
    switch (v->type) {
    case V_NULL: case V_ERROR:
        s->out->plain(arg, S(""), V_NULL);
        return;
    case V_TEXT:
        s->out->text(arg, f->type->flags & FT_OPTIONS ? choice_text(s, f, v->u.s) : v->u.s);
        return;
    case V_LIST:
        write_many(s, col, v, title);
        return;
    case V_DEC:
        s->out->plain(arg, dec_text_fixed(mem, v->u.d, f->scale), V_DEC);
        return;
    case V_REF:
        if ((f->type->flags & FT_READ) && title->type != V_NULL) {
            s->out->text(arg, value_title(mem, title));
            return;
        }
        s->out->plain(arg, str_printf(mem, "%lld", (long long)v->u.i), V_INT);
        return;
    case V_BOOL: case V_INT: case V_DATE: case V_TIME: break;
    }
    s->out->plain(arg, expr_value_text(mem, v, EXPR_ISO, NULL), v->type);
}

static bool write_failed(struct ctx *c) { return err_set(&c->err, ERR_FULL, "The file cannot be written"); }

static bool each_page(struct sheet *s, struct find *q)
{
    struct ctx *c = s->c;
    char        cursor[CURSOR_MAX];
    for (;;) {
        arena_mark   m = arena_here(c->mem);
        struct found found;
        if (!rec_find(c, q, &found))
            return false;
        for (size_t r = 0; r < found.nrows; r++) {
            for (size_t i = 0; i < q->ncols; i++)
                write_cell(s, &q->cols[i], &found.cells[r * q->ncols + i], &found.titles[r * q->ncols + i]);
            if (!s->out->end_row(s->out->arg))
                return write_failed(c);
        }
        size_t n = found.next.n < CURSOR_MAX ? found.next.n : 0;
        if (n)
            memcpy(cursor, found.next.p, n);
        arena_back(c->mem, m);
        if (!n)
            return true;
        q->cursor = (str){ cursor, n };
    }
}

/* A page of very long texts may fill the memory: an error like others, so that callers close their files. */
static bool write_pages(struct sheet *s, struct find *q)
{
    struct arena    *mem = s->c->mem;
    const arena_mark here = arena_here(mem);
    jmp_buf          full, *const outer = arena_guard(mem, &full);
    bool             ok;
    if (setjmp(full) == 0)
        ok = each_page(s, q);
    else {
        arena_back(mem, here);
        ok = err_set(&s->c->err, ERR_LIMIT, "This takes more memory than one request may use; please ask for less at once");
    }
    arena_guard(mem, outer);
    return ok;
}

bool export_records(struct ctx *c, const struct module *m, const struct export_question *ask, const struct export_sink *out)
{
    const struct column *cols;
    size_t               n;
    struct sheet         s = { .c = c, .names = ask->names, .out = out };
    struct find          q = { .m = m, .limit = PAGE, .q = ask->q };
    buf_init(&s.fields, c->mem);
    if (!rec_columns(c, m, ask->fields, false, &cols, &n) || (ask->where.n && !rec_where(c, m, ask->where, &q.where)) ||
        !rec_sort(c, m, ask->sort, &q.sort, &q.nsort))
        return false;
    s.cap = n * 3 + 3;
    s.header = NEWV(c->mem, str, s.cap);
    for (size_t i = 0; i < n; i++)
        add_column(&s, &cols[i]);
    if (!s.n)
        return err_problem(&c->err, S("fields"), "required", "No field to write");
    if (!rec_columns(c, m, buf_str(&s.fields), false, &q.cols, &q.ncols))
        return false;
    for (size_t i = 0; i < s.n; i++)
        out->text(out->arg, s.header[i]);
    return out->end_row(out->arg) ? write_pages(&s, &q) : write_failed(c);
}

static void to_text(void *arg, str s) { csv_text(arg, s); }

static void to_plain(void *arg, str s, enum vtype type)
{
    (void)type;
    csv_plain(arg, s);
}

static bool to_end_row(void *arg) { return csv_end_row(arg); }

/* The writer's buffer lives before the pages, whose memory is given back. */
bool export_csv(struct ctx *c, const struct module *m, const struct export_question *ask, bool (*write)(void *, str), void *arg)
{
    struct arena     *own = arena_new(0);
    struct csv_writer w;
    csv_writer_init(&w, own, write, arg);
    struct export_sink sink = { to_text, to_plain, to_end_row, &w };
    bool               ok = export_records(c, m, ask, &sink);
    if (ok && !csv_end(&w))
        ok = write_failed(c);
    arena_free(own);
    return ok;
}
