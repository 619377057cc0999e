/* answer: records that were found, as JSON. */
#include "record/record.h"

str value_title(struct arena *mem, const struct value *v)
{
    if (v->type == V_TEXT)
        return v->u.s;
    return v->type == V_NULL ? S("") : expr_value_text(mem, v, EXPR_ISO, NULL);
}

static void reference_json(struct ctx *c, struct jw *w, const struct value *id, const struct value *title)
{
    if (id->type == V_NULL) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, id->u.i);
    if (title && title->type != V_NULL) {
        jw_key(w, "title");
        jw_str(w, value_title(c->mem, title));
    }
    jw_end_obj(w);
}

static void address_json(struct ctx *c, struct jw *w, const struct value *v, const struct value *region)
{
    static const char *const keys[] = { "region", "detail", "postcode" };
    if (v->type != V_LIST) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    for (int k = 0; k < 3; k++) {
        jw_key(w, keys[k]);
        if (k == 0)
            reference_json(c, w, &v->u.l.v[0], region);
        else
            jw_value(w, &v->u.l.v[k]);
    }
    jw_end_obj(w);
}

static void cell_json(struct ctx *c, const struct found *f, size_t at, const struct column *col, struct jw *w)
{
    const struct value *v = &f->cells[at], *t = &f->titles[at];
    if (col->lines) {
        jw_arr(w);
        for (const struct found *page = f->lines[at]; page; page = page->more)
            for (size_t i = 0; i < page->nrows; i++)
                found_json(c, page, i, w);
        jw_end_arr(w);
    } else if (col->many) {
        jw_arr(w);
        for (size_t i = 0; v->type == V_LIST && i < v->u.l.n; i++)
            reference_json(c, w, &v->u.l.v[i], &t->u.l.v[i]);
        jw_end_arr(w);
    } else if (col->f->parts)
        address_json(c, w, v, t);
    else if (v->type == V_REF)
        reference_json(c, w, v, t);
    else if (v->type == V_NULL && col->f->vtype == V_LIST) {
        jw_arr(w);
        jw_end_arr(w);
    } else if (v->type == V_TEXT && (col->f->type->flags & FT_JSON))
        jw_raw(w, v->u.s);
    else if (v->type == V_DEC)
        jw_str(w, dec_text_fixed(c->mem, v->u.d, col->f->scale));
    else
        jw_value(w, v);
}

void found_json(struct ctx *c, const struct found *f, size_t row, struct jw *w)
{
    jw_obj(w);
    jw_key(w, "id");
    jw_int(w, f->ids[row]);
    jw_key(w, "version");
    jw_int(w, f->versions[row]);
    for (size_t i = 0; i < f->ncols; i++) {
        jw_key_str(w, f->cols[i].name);
        cell_json(c, f, row * f->ncols + i, &f->cols[i], w);
    }
    jw_end_obj(w);
}
