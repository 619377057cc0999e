/* mapping: see mapping.h. */
#include "exchange/mapping.h"
#include "base/text.h"

const struct field *mapping_unique(struct ctx *c, const struct module *m)
{
    struct access       a = access_of(c, m);
    const struct field *first = NULL;
    for (int i = SLOT_FIRST; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        if (!f->unique || !f->type->read || f->part_of || !(f->type->flags & FT_COLUMN) || !access_field(&a, f, FIELD_READ))
            continue;
        if (f == m->title)
            return f;
        first = first ? first : f;
    }
    return first;
}

/* ---- targets ------------------------------------------------------------------------------------------------------ */

static const struct field *field_called(struct ctx *c, const struct module *m, str name)
{
    struct access       a = access_of(c, m);
    const struct field *f = module_field(m, name);
    if (f && !f->part_of && access_field(&a, f, FIELD_READ))
        return f;
    for (int i = SLOT_FIRST; i < m->nfields; i++) {
        f = &m->fields[i];
        if (!f->part_of && (str_eq(f->label.zh, name) || str_eq_nocase(f->label.en, name)) && name.n && access_field(&a, f, FIELD_READ))
            return f;
    }
    return NULL;
}

static bool unknown(struct ctx *c, str at, str name) { return err_problem(&c->err, at, "name", "There is no field “" STR_FMT "”", STR_ARG(name)); }

/* target: "field", "relation.unique", "address.part", "address.region.unique". */
static bool find_target(struct ctx *c, const struct module *m, str target, str at, struct mapped *out)
{
    str                 rest = target, part;
    const struct field *f;
    if (!str_cut(&rest, '.', &part) || !(f = field_called(c, m, str_trim(part))))
        return unknown(c, at, target);
    if (f->parts) {
        const struct field *of = NULL;
        part = str_cut(&rest, '.', &part) ? str_trim(part) : S("");
        for (int i = 0; i < f->parts->nfields; i++)
            if (str_eq(f->parts->fields[i].name, part))
                of = &f->parts->fields[i];
        if (!of)
            return err_problem(&c->err, at, "name", "Of the address “" STR_FMT "” name a part: region, detail or postcode", STR_ARG(f->name));
        f = of;
    }
    out->f = f;
    out->points = f->target && (f->type->flags & (FT_ONE | FT_MANY));
    if (out->points && str_cut(&rest, '.', &part)) {
        part = str_trim(part);
        out->unique = str_eq(part, S("id")) ? NULL : field_called(c, f->target, part);
        if (!str_eq(part, S("id")) && (!out->unique || !out->unique->unique || !out->unique->type->read))
            return err_problem(&c->err, at, "name", "“" STR_FMT "” is no unique field of “" STR_FMT "”", STR_ARG(part), STR_ARG(f->target->name));
    } else if (out->points)
        out->unique = mapping_unique(c, f->target);
    if (str_cut(&rest, '.', &part))
        return unknown(c, at, target);
    return true;
}

static bool may_be_given(const struct mapped *col, str key)
{
    const struct field *f = col->f;
    if (f->slot == SLOT_ID)
        return str_eq(key, S("id"));
    return !f->readonly && !(f->type->flags & (FT_LINES | FT_COMPUTED | FT_READ));
}

/* ---- sources -------------------------------------------------------------------------------------------------------- */

/* Cuts at sep outside quotes. */
static bool cut_quoted(str *rest, char sep, str *part)
{
    bool in = false;
    if (!rest->p)
        return false;
    for (size_t i = 0; i < rest->n; i++) {
        in ^= rest->p[i] == '"';
        if (!in && rest->p[i] == sep) {
            *part = str_sub(*rest, 0, i);
            *rest = str_sub(*rest, i + 1, rest->n);
            return true;
        }
    }
    *part = *rest;
    *rest = STR_NONE;
    return true;
}

static bool find_column(const str *header, size_t n, str name, size_t *out)
{
    for (int loose = 0; loose < 2; loose++)
        for (*out = 0; *out < n; ++*out)
            if (loose ? str_eq_nocase(str_trim(header[*out]), name) : str_eq(str_trim(header[*out]), name))
                return true;
    return false;
}

static bool read_sources(struct ctx *c, str text, const str *header, size_t n, struct arena *mem, struct mapped *out)
{
    str rest = text, part;
    out->from = NEWV(mem, struct mapping_source, text.n + 1);
    while (cut_quoted(&rest, '+', &part)) {
        struct mapping_source *s = &out->from[out->nfrom++];
        part = str_trim(part);
        s->literal = part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"';
        s->text = s->literal ? str_sub(part, 1, part.n - 1) : part;
        if (!s->literal && !find_column(header, n, part, &s->column))
            return err_problem(&c->err, S("map"), "name", "The file has no column “" STR_FMT "”", STR_ARG(part));
    }
    return true;
}

/* One source and its target; name: as the file calls it. */
static bool add_mapped(struct ctx *c, const struct module *m, str source, str target, const str *header, size_t n, str key, struct arena *mem, struct mapping *out)
{
    struct mapped *col = &out->cols[out->n];
    *col = (struct mapped){ .name = source };
    if (!read_sources(c, source, header, n, mem, col) || !find_target(c, m, target, S("map"), col))
        return false;
    out->n++;
    return may_be_given(col, key) || err_problem(&c->err, S("map"), "readonly", "The system itself fills “" STR_FMT "”", STR_ARG(target));
}

/* {"Column":"field", …}: columns by their names, whatever is in them, else sources; null leaves a column out. */
static bool read_map_json(struct ctx *c, const struct module *m, str map, const str *header, size_t n, str key, struct arena *mem, struct mapping *out)
{
    struct json *j;
    if (!json_parse(mem, map, &j, &c->err))
        return false;
    for (const struct json *x = j->first; x; x = x->next) {
        struct mapped *col = &out->cols[out->n];
        size_t         at;
        if (x->type == JSON_NULL || (x->type == JSON_STRING && !x->s.n))
            continue;
        if (x->type != JSON_STRING) {
            err_problem(&c->err, S("map"), "type", "The target of “" STR_FMT "” must be a text", STR_ARG(x->key));
            continue;
        }
        if (!find_column(header, n, str_trim(x->key), &at)) {
            add_mapped(c, m, x->key, str_trim(x->s), header, n, key, mem, out);
            continue;
        }
        *col = (struct mapped){ .name = x->key, .nfrom = 1, .from = NEW(mem, struct mapping_source) };
        col->from->column = at;
        if (!find_target(c, m, str_trim(x->s), S("map"), col))
            continue;
        out->n++;
        if (!may_be_given(col, key))
            err_problem(&c->err, S("map"), "readonly", "The system itself fills “" STR_FMT "”", STR_ARG(x->s));
    }
    return c->err.kind == ERR_NONE;
}

static bool read_map(struct ctx *c, const struct module *m, str map, const str *header, size_t n, str key, struct arena *mem, struct mapping *out)
{
    str rest = map, part;
    while (cut_quoted(&rest, ',', &part)) {
        ptrdiff_t eq = -1;
        for (size_t i = 0; i < part.n; i++)
            if (part.p[i] == '=')
                eq = (ptrdiff_t)i;
        if (!str_trim(part).n)
            continue;
        if (eq < 1) {
            err_problem(&c->err, S("map"), "syntax", "“" STR_FMT "” is not of the form Column=field", STR_ARG(part));
            continue;
        }
        add_mapped(c, m, str_trim(str_sub(part, 0, (size_t)eq)), str_trim(str_sub(part, (size_t)eq + 1, part.n)), header, n, key, mem, out);
    }
    return c->err.kind == ERR_NONE;
}

static bool read_header(struct ctx *c, const struct module *m, const str *header, size_t n, str key, struct arena *mem, struct mapping *out)
{
    for (size_t i = 0; i < n; i++) {
        struct mapped *col = &out->cols[out->n];
        str            name = str_trim(header[i]);
        *col = (struct mapped){ .name = name, .nfrom = 1 };
        if (!name.n)
            continue;
        if (!find_target(c, m, name, name, col))
            continue;
        if (!may_be_given(col, key))        /* an export has these too */
            continue;
        col->from = NEW(mem, struct mapping_source);
        col->from->column = i;
        out->n++;
    }
    return c->err.kind == ERR_NONE;
}

bool mapping_read(struct ctx *c, const struct module *m, const str *header, size_t n, str map, str key, struct arena *mem, struct mapping *out)
{
    *out = (struct mapping){ .key = -1, .cols = NEWV(mem, struct mapped, n + map.n + 1) };
    if (!(str_starts(map, S("{")) ? read_map_json(c, m, map, header, n, key, mem, out)
          : map.n                 ? read_map(c, m, map, header, n, key, mem, out)
                                  : read_header(c, m, header, n, key, mem, out)))
        return false;
    for (size_t i = 0; i < out->n; i++) {
        const struct field *f = out->cols[i].f;
        for (size_t k = 0; k < i; k++)
            if (out->cols[k].f == f)
                return err_problem(&c->err, out->cols[i].name, "name", "Two columns go into “" STR_FMT "”", STR_ARG(f->name));
        if (key.n && !f->part_of && str_eq(f->name, key))
            out->key = (ptrdiff_t)i;
    }
    if (key.n && out->key < 0)
        return err_problem(&c->err, S("key"), "name", "No column goes into the key “" STR_FMT "”", STR_ARG(key));
    if (key.n && out->cols[out->key].f->slot != SLOT_ID && (out->cols[out->key].points || !(out->cols[out->key].f->type->flags & FT_COLUMN)))
        return err_problem(&c->err, S("key"), "type", "“" STR_FMT "” cannot be a key", STR_ARG(key));
    if (!out->n)
        return err_problem(&c->err, S("map"), "required", "No column of the file goes into a field");
    return true;
}

static str cell_text(const struct mapping_source *s, const str *cells, const bool *quoted, size_t n, bool exact)
{
    if (s->literal)
        return s->text;
    if (s->column >= n)
        return S("");
    str cell = csv_unguard(cells[s->column]);
    return exact && quoted && quoted[s->column] ? cell : str_trim(cell);
}

str mapping_text(const struct mapped *col, const str *cells, const bool *quoted, size_t n, struct arena *mem)
{
    struct buf b;
    if (col->nfrom == 1)
        return cell_text(col->from, cells, quoted, n, true);
    buf_init(&b, mem);
    for (size_t i = 0; i < col->nfrom; i++) {
        str t = cell_text(&col->from[i], cells, quoted, n, false);
        if (!t.n && !col->from[i].literal)
            return S("");
        buf_putz(&b, i ? "-" : "");
        buf_put(&b, t);
    }
    return buf_str(&b);
}
