/* design: see design.h.  Every change writes q_config and its history, alters tables, raises the catalog's version
 * and loads the result once as a check. */
#include "meta/design.h"
#include "base/check.h"
#include "base/text.h"
#include "meta/definition.h"

#include <string.h>

static str show(struct arena *mem, const struct json *j)
{
    struct buf b;
    struct jw  w;
    buf_init(&b, mem);
    jw_init(&w, &b);
    jw_json(&w, j);
    return buf_str(&b);
}

bool name_valid(str name)
{
    static const char *const reserved[] = { "id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner", "record_type",
                                            "deleted_at", "and", "or", "not", "in", "true", "false" };
    size_t at = 0;
    if (name.n == 0 || name.n > 60 || !text_valid(name))
        return false;
    while (at < name.n) {
        bool    first = at == 0;
        int32_t cp = text_next(name, &at);
        bool    digit = cp >= '0' && cp <= '9';
        bool    letter = cp == '_' || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
                      (cp >= 0x00c0 && cp != 0xd7 && cp != 0xf7 && !(cp >= 0x2000 && cp <= 0x2bff) && !(cp >= 0x3000 && cp <= 0x3004) &&
                       !(cp >= 0x3008 && cp <= 0x3020) && !(cp >= 0xff00 && cp <= 0xff20) && !(cp >= 0xe000 && cp <= 0xf8ff) && cp < 0x30000);
        if (!letter && !(digit && !first))
            return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (str_eq_nocase(name, str_of(reserved[i])))
            return false;
    return true;
}

static bool check_name(struct design *d, str name, struct err *e)
{
    if (name_valid(name) && str_eq(text_nfc(d->mem, name), name))
        return true;
    return err_problem(e, S("name"), "name", "A name is a letter followed by letters, digits or _, at most 60 bytes, and no reserved word");
}

/* ---- rows of q_config ----------------------------------------------------------------------------------------- */

static bool next_id(struct design *d, int64_t *id, struct err *e)
{
    struct rows r;
    if (!db_run(d->db, S("INSERT INTO q_counter(name, value) VALUES('config', 1) ON CONFLICT(name) DO UPDATE SET value = q_counter.value + 1 RETURNING value"),
                NULL, 0, d->mem, &r, e))
        return false;
    *id = CELL(&r, 0, 0)->u.i;
    return true;
}

static bool remember(struct design *d, int64_t id, const char *kind, const char *op, str def, struct err *e)
{
    struct value a[] = { v_int(id), v_int(d->now), d->actor ? v_int(d->actor) : V_NONE, v_text(str_of(op)), v_text(str_of(kind)), v_text(def) };
    return db_exec(d->db, S("INSERT INTO q_config_history(config, at, actor, op, kind, def) VALUES($1, $2, $3, $4, $5, $6)"), a, 6, NULL, e);
}

static bool insert_row(struct design *d, const char *kind, int64_t parent, str name, str def, int64_t *id, struct err *e)
{
    if (!next_id(d, id, e))
        return false;
    struct value a[] = { v_int(*id), v_text(str_of(kind)), v_int(parent), v_text(name), v_text(def) };
    return db_exec(d->db, S("INSERT INTO q_config(id, kind, parent, name, def, position) VALUES($1, $2, $3, $4, $5, $1)"), a, 5, NULL, e) &&
           remember(d, *id, kind, "create", def, e);
}

static bool update_row(struct design *d, const char *kind, int64_t id, str name, str def, struct err *e)
{
    struct value a[] = { v_int(id), v_text(name), v_text(def) };
    return db_exec(d->db, S("UPDATE q_config SET name = $2, def = $3 WHERE id = $1"), a, 3, NULL, e) && remember(d, id, kind, "update", def, e);
}

static bool delete_row(struct design *d, const char *kind, int64_t id, struct err *e)
{
    struct value a[] = { v_int(id) };
    return db_exec(d->db, S("DELETE FROM q_config WHERE id = $1"), a, 1, NULL, e) && remember(d, id, kind, "delete", S("{}"), e);
}

/* The new state must be a whole catalog; it is thrown away, since it is published by its version. */
static bool finish(struct design *d, struct catalog **keep, struct err *e)
{
    struct catalog *after;
    if (!db_exec(d->db, S("UPDATE q_version SET value = value + 1 WHERE name = 'catalog'"), NULL, 0, NULL, e) ||
        !catalog_load(d->db, d->cat ? d->cat->version + 1 : 2, &after, e))
        return false;
    if (keep)
        *keep = after;
    else
        catalog_free(after);
    return true;
}

/* A copy of an object with members of changes in place of its own; null removes. */
static struct json *merged(struct arena *mem, const struct json *old, const struct json *changes)
{
    struct json *out = NEW(mem, struct json), **tail = &out->first;
    out->type = JSON_OBJECT;
    for (int pass = 0; pass < 2; pass++)
        for (const struct json *j = (pass ? changes : old)->first; j; j = j->next) {
            const struct json *over = pass ? (json_get_str(old, j->key) ? j : NULL) : json_get_str(changes, j->key);
            const struct json *take = pass ? j : over ? over : j;
            if ((pass && over) || take->type == JSON_NULL)
                continue;
            *tail = NEW(mem, struct json);
            **tail = *take;
            (*tail)->next = NULL;
            tail = &(*tail)->next;
            out->n++;
        }
    return out;
}

const struct json *design_merged(struct design *d, const struct json *old, const struct json *changes) { return merged(d->mem, old, changes); }

static struct json *without(struct arena *mem, const struct json *old, const char *key)
{
    struct json gone = { .type = JSON_NULL, .key = str_of(key) }, changes = { .type = JSON_OBJECT, .first = &gone, .n = 1 };
    return merged(mem, old, &changes);
}

/* ---- tables --------------------------------------------------------------------------------------------------- */

static bool ddl(struct design *d, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#include <stdarg.h>
#include <stdio.h>
static bool ddl(struct design *d, struct err *e, const char *fmt, ...)
{
    char    sql[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    CHECK(n > 0 && (size_t)n < sizeof sql);
    return db_exec(d->db, str_dup(d->mem, (str){ sql, (size_t)n }), NULL, 0, NULL, e);
}

static bool create_table(struct design *d, const struct module *m, struct err *e)
{
    return ddl(d, e, "CREATE TABLE " STR_FMT "(id %s, version BIGINT NOT NULL, created_at BIGINT NOT NULL, created_by BIGINT,"
                     " updated_at BIGINT NOT NULL, updated_by BIGINT, owner BIGINT, deleted_at BIGINT, record_type TEXT)",
               STR_ARG(m->table), db_dialect(d->db)->primary_key);
}

static bool in_text(const struct field *f) { return f->vtype == V_TEXT || f->vtype == V_LIST || f->vtype == V_NULL; }
static const char *column_type(const struct field *f) { return in_text(f) ? "TEXT" : "BIGINT"; }

static bool add_index(struct design *d, const struct field *f, struct err *e)
{
    const char *order = f->type->flags & FT_TEXT ? db_dialect(d->db)->text_order : "";
    str         c = f->column;
    if (f->parts)       /* an address: all of it */
        return !f->unique || ddl(d, e, "CREATE UNIQUE INDEX u_" STR_FMT " ON " STR_FMT "(COALESCE(" STR_FMT "_0, 0), COALESCE(" STR_FMT "_1, ''), COALESCE(" STR_FMT "_2, ''))"
                                 " WHERE deleted_at IS NULL AND (" STR_FMT "_0 IS NOT NULL OR " STR_FMT "_1 IS NOT NULL OR " STR_FMT "_2 IS NOT NULL)",
                                 STR_ARG(c), STR_ARG(f->module->table), STR_ARG(c), STR_ARG(c), STR_ARG(c), STR_ARG(c), STR_ARG(c), STR_ARG(c));
    bool        some = (f->type->flags & FT_ONE) != 0;      /* who points nowhere is asked for by no index */
    if (f->unique)
        return ddl(d, e, "CREATE UNIQUE INDEX u_" STR_FMT " ON " STR_FMT "(" STR_FMT ") WHERE deleted_at IS NULL",
                   STR_ARG(f->column), STR_ARG(f->module->table), STR_ARG(f->column));
    if (f->index)
        return ddl(d, e, "CREATE INDEX i_" STR_FMT " ON " STR_FMT "(" STR_FMT "%s%s)%s" STR_FMT "%s", STR_ARG(f->column),
                   STR_ARG(f->module->table), STR_ARG(f->column), *order ? " COLLATE " : "", order, some ? " WHERE " : "",
                   STR_ARG(some ? f->column : STR_NONE), some ? " IS NOT NULL" : "");
    return true;
}

static bool add_column(struct design *d, const struct field *f, struct err *e)
{
    if (f->parts) {
        for (int i = 0; i < f->parts->nfields; i++)
            if (!add_column(d, &f->parts->fields[i], e))
                return false;
        return add_index(d, f, e);
    }
    if (!(f->type->flags & FT_COLUMN))
        return true;
    return ddl(d, e, "ALTER TABLE " STR_FMT " ADD COLUMN " STR_FMT " %s", STR_ARG(f->module->table), STR_ARG(f->column), column_type(f)) &&
           add_index(d, f, e);
}

static bool drop_column(struct design *d, const struct field *f, struct err *e)
{
    if (f->parts) {
        if (!ddl(d, e, "DROP INDEX IF EXISTS u_" STR_FMT, STR_ARG(f->column)))
            return false;
        for (int i = 0; i < f->parts->nfields; i++)
            if (!drop_column(d, &f->parts->fields[i], e))
                return false;
        return true;
    }
    if (f->type->flags & FT_MANY)
        return ddl(d, e, "DELETE FROM q_link WHERE field = %lld", (long long)f->id);
    if (!(f->type->flags & FT_COLUMN))
        return true;
    return ddl(d, e, "DROP INDEX IF EXISTS u_" STR_FMT, STR_ARG(f->column)) &&
           ddl(d, e, "DROP INDEX IF EXISTS i_" STR_FMT, STR_ARG(f->column)) &&
           ddl(d, e, "ALTER TABLE " STR_FMT " DROP COLUMN " STR_FMT, STR_ARG(f->module->table), STR_ARG(f->column));
}

/* v_<module>: what a BI tool reads.  Decimals and days as people write them. */
static void view_column(struct buf *b, const struct field *f, bool numeric)
{
    if (f->vtype == V_DEC && f->scale)
        buf_printf(b, numeric ? "t." STR_FMT " * 1e-%d::numeric" : "t." STR_FMT " / 1e%d", STR_ARG(f->column), f->scale);
    else if (f->vtype == V_DATE)
        buf_printf(b, numeric ? "DATE '1970-01-01' + t." STR_FMT "::integer" : "date(t." STR_FMT " * 86400, 'unixepoch')", STR_ARG(f->column));
    else if (f->vtype == V_TIME)
        buf_printf(b, numeric ? "to_timestamp(t." STR_FMT " / 1000000.0)" : "datetime(t." STR_FMT " / 1000000, 'unixepoch')", STR_ARG(f->column));
    else
        buf_printf(b, "t." STR_FMT, STR_ARG(f->column));
}

static bool make_view(struct design *d, const struct module *m, struct err *e)
{
    struct buf b;
    bool       first = true;
    bool       numeric = db_dialect(d->db)->has_numeric;
    buf_init(&b, d->mem);
    buf_printf(&b, "CREATE VIEW \"v_" STR_FMT "\" AS SELECT ", STR_ARG(m->name));
    for (int i = 0; i < m->nfields; i++) {
        const struct field *f = &m->fields[i];
        if (!(f->type->flags & FT_COLUMN) || i == SLOT_DELETED_AT)
            continue;
        buf_putz(&b, first ? "" : ", ");
        view_column(&b, f, numeric);
        if (f->part_of)
            buf_printf(&b, " AS \"" STR_FMT "_" STR_FMT "\"", STR_ARG(f->part_of->name), STR_ARG(f->name));
        else
            buf_printf(&b, " AS \"" STR_FMT "\"", STR_ARG(f->name));
        first = false;
    }
    buf_printf(&b, " FROM " STR_FMT " t WHERE t.deleted_at IS NULL", STR_ARG(m->table));
    return db_exec(d->db, buf_str(&b), NULL, 0, NULL, e);
}

static bool drop_view(struct design *d, const struct module *m, struct err *e)
{
    return ddl(d, e, "DROP VIEW IF EXISTS \"v_" STR_FMT "\"", STR_ARG(m->name));
}

/* Views are named after modules, and databases may not tell A from a. */
static bool free_name(struct design *d, const struct module *own, str name, struct err *e)
{
    for (size_t i = 0; d->cat && i < d->cat->nmodules; i++)
        if (&d->cat->modules[i] != own && str_eq_nocase(d->cat->modules[i].name, name))
            return err_set(e, ERR_CONFLICT, "There is a module “" STR_FMT "” already", STR_ARG(d->cat->modules[i].name));
    return true;
}

/* ---- modules -------------------------------------------------------------------------------------------------- */

static bool create_rows(struct design *d, const struct json *def, int64_t *id, struct err *e)
{
    str name = json_str(def, "name");
    if (!check_name(d, name, e))
        return false;
    if (!free_name(d, NULL, name, e))
        return false;
    const struct json *fields = json_get(def, "fields");
    if (fields && (fields->type != JSON_ARRAY || fields->n > MODULE_FIELDS_MAX))
        return err_problem(e, S("fields"), "type", "This must be a list");
    if (!insert_row(d, "module", 0, name, show(d->mem, without(d->mem, def, "fields")), id, e))
        return false;
    for (const struct json *f = fields ? fields->first : NULL; f; f = f->next) {
        int64_t fid;
        str     fname = json_str(f, "name");
        if (!check_name(d, fname, e))
            return false;
        for (const struct json *g = fields->first; g != f; g = g->next)
            if (str_eq(json_str(g, "name"), fname))
                return err_problem(e, S("name"), "name", "There is a field “" STR_FMT "” already", STR_ARG(fname));
        if (!insert_row(d, "field", *id, fname, show(d->mem, f), &fid, e))
            return false;
    }
    return true;
}

static bool create_tables(struct design *d, const struct module *m, struct err *e)
{
    if (!create_table(d, m, e))
        return false;
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (!m->fields[i].part_of && !add_column(d, &m->fields[i], e))
            return false;
    return make_view(d, m, e);
}

/* {"name":"user","extend":true,"fields":[…]}: fields for a module that another definition makes. */
static bool extend_rows(struct design *d, const struct json *def, struct err *e)
{
    struct rows  r;
    struct value a[] = { v_text(json_str(def, "name")) };
    int64_t      fid;
    if (!db_run(d->db, S("SELECT id FROM q_config WHERE kind = 'module' AND name = $1"), a, 1, d->mem, &r, e))
        return false;
    if (!r.nrows)
        return err_problem(e, S("name"), "name", "There is no module “" STR_FMT "”", STR_ARG(a[0].u.s));
    const struct json *fields = json_get(def, "fields");
    for (const struct json *f = fields ? fields->first : NULL; f; f = f->next)
        if (!check_name(d, json_str(f, "name"), e) ||
            !insert_row(d, "field", CELL(&r, 0, 0)->u.i, json_str(f, "name"), show(d->mem, f), &fid, e))
            return false;
    return true;
}

bool design_load(struct design *d, const struct json *const *modules, size_t n, struct err *e)
{
    struct catalog *after;
    int64_t        *ids = NEWV(d->mem, int64_t, n + 1);
    size_t          made = 0;
    for (size_t i = 0; i < n; i++)
        if (!json_bool(modules[i], "extend", false) && !create_rows(d, modules[i], &ids[made++], e))
            return false;
    for (size_t i = 0; i < n; i++)
        if (json_bool(modules[i], "extend", false) && !extend_rows(d, modules[i], e))
            return false;
    n = made;
    if (!finish(d, &after, e))
        return false;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = create_tables(d, catalog_module_id(after, ids[i]), e);
    catalog_free(after);
    return ok;
}

bool design_module_create(struct design *d, const struct json *def, int64_t *id, struct err *e)
{
    if (def->type != JSON_OBJECT)
        return err_set(e, ERR_MALFORMED, "The body must be a JSON object");
    if (!check_name(d, json_str(def, "name"), e) || !definition_module(def, NULL, e) || !design_load(d, &def, 1, e))
        return false;
    struct rows  r;
    struct value a[] = { v_text(json_str(def, "name")) };
    if (!db_run(d->db, S("SELECT id FROM q_config WHERE kind = 'module' AND name = $1"), a, 1, d->mem, &r, e))
        return false;
    *id = CELL(&r, 0, 0)->u.i;
    return true;
}

/* ---- who uses a thing ----------------------------------------------------------------------------------------- */

static bool used_by(const struct expr *x, const struct field *f) { return x && expr_uses(x, f); }

/* "partner.score, rule of partner": everything whose definition reads the field, in other modules than `but`; STR_NONE when nothing does. */
static str users_of_field(struct design *d, const struct field *f, const struct module *but, enum lang lang)
{
    bool       zh = lang == LANG_ZH;
    struct buf b;
    buf_init(&b, d->mem);
#define SAY(...) (buf_putz(&b, b.n ? ", " : ""), buf_printf(&b, __VA_ARGS__))
    for (size_t i = 0; i < d->cat->nmodules; i++) {
        const struct module *m = &d->cat->modules[i];
        for (int k = SLOT_FIRST; k < m->nfields && m != but; k++) {
            const struct field *g = &m->fields[k];
            if (g == f || g->part_of)
                continue;
            if (used_by(g->formula, f) || used_by(g->lookup, f) || used_by(g->required_when, f) || used_by(g->visible_when, f) ||
                used_by(g->default_expr, f) || used_by(g->where, f) || g->depends_on == f || g->via == f)
                SAY(STR_FMT "." STR_FMT, STR_ARG(m->name), STR_ARG(g->name));
        }
        for (size_t k = 0; k < m->nlists; k++)      /* formulas over the related list that this relation makes */
            if (m->lists[k].via == f)
                for (size_t x = 0; x < d->cat->nmodules; x++)
                    for (int y = SLOT_FIRST; y < d->cat->modules[x].nfields; y++)
                        if (&d->cat->modules[x] != but && used_by(d->cat->modules[x].fields[y].formula, &m->lists[k]))
                            SAY(STR_FMT "." STR_FMT, STR_ARG(d->cat->modules[x].name), STR_ARG(d->cat->modules[x].fields[y].name));
        for (size_t k = 0; k < m->nrules && m != but; k++)
            if (used_by(m->rules[k].when, f) || m->rules[k].at == f)
                SAY(zh ? STR_FMT " 的校验规则" : "rule of " STR_FMT, STR_ARG(m->name));
        if (m->title == f && m != but)
            SAY(zh ? STR_FMT " 的标题" : "title of " STR_FMT, STR_ARG(m->name));
    }
    for (size_t i = 0; i < d->cat->nroles; i++)
        for (size_t k = 0; k < d->cat->roles[i].nmodules; k++) {
            const struct role_module *rm = &d->cat->roles[i].modules[k];
            if (used_by(rm->read.when, f) || used_by(rm->create.when, f) || used_by(rm->update.when, f) || used_by(rm->del.when, f))
                SAY(zh ? "角色 " STR_FMT : "role " STR_FMT, STR_ARG(d->cat->roles[i].name));
        }
#undef SAY
    return b.n ? buf_str(&b) : STR_NONE;
}

/* ---- renaming: formulas are written again with the new name ---------------------------------------------------- */

static bool is_formula_key(str key)
{
    static const char *const keys[] = { "formula", "visible_when", "required_when", "where", "when", "path", "read", "create", "update", "delete", "having" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (str_eqz(key, keys[i]))
            return true;
    return false;
}

/* f: a field or a list; or module: it and the lists that have its name because their relations give them none. */
struct renaming { struct design *d; const struct field *f; str new_name; bool changed; const struct module *module; };

static bool uses_renamed(const struct renaming *r, const struct expr *x)
{
    if (r->f)
        return expr_uses(x, r->f);
    for (size_t i = 0; i < r->d->cat->nmodules; i++)
        for (size_t k = 0; k < r->d->cat->modules[i].nlists; k++) {
            const struct field *l = &r->d->cat->modules[i].lists[k];
            if (l->via->module == r->module && !l->via->related.n && expr_uses(x, l))
                return true;
        }
    return false;
}

static str rename_formula(struct renaming *r, const struct module *m, str text)
{
    struct meta_scope  s;
    struct err         e;
    const struct expr *x;
    meta_scope_init(&s, r->d->cat, m);
    err_init(&e, r->d->mem, LANG_EN);
    if (!m || !expr_compile(text, &s.s, r->d->mem, &x, &e) || !uses_renamed(r, x))
        return text;
    s.renamed = r->f;
    s.renamed_lists = r->module;
    s.new_name = r->new_name;
    r->changed = true;
    str out = expr_print(x, &s.s, r->d->mem);
    return str_starts(text, S("=")) ? str_cat(r->d->mem, S("="), out) : out;
}

/* Names of columns and sort keys: paths with an optional minus. */
static str rename_path(struct renaming *r, const struct module *m, str text)
{
    bool minus = str_starts(text, S("-"));
    str  out = rename_formula(r, m, minus ? str_sub(text, 1, text.n) : text);
    return minus ? str_cat(r->d->mem, S("-"), out) : out;
}

static str rename_sort(struct renaming *r, const struct module *m, str text)
{
    struct buf b;
    str        rest = text, part;
    buf_init(&b, r->d->mem);
    while (str_cut(&rest, ',', &part)) {
        buf_putz(&b, b.n ? "," : "");
        buf_put(&b, rename_path(r, m, str_trim(part)));
    }
    return buf_str(&b);
}

/* Of a relation's definition: where its filter finds its names. */
static const struct module *picked_from(struct design *d, const struct json *field)
{
    str type = json_str(field, "type");
    if (str_eqz(type, "person"))
        return catalog_module(d->cat, S("user"));
    if (str_eqz(type, "department"))
        return catalog_module(d->cat, S("department"));
    return str_eqz(type, "relation") || str_eqz(type, "relations") ? catalog_module(d->cat, json_str(field, "module")) : NULL;
}

static struct json *rename_json(struct renaming *r, const struct module *m, const struct json *j, str list_of)
{
    struct json *out = NEW(r->d->mem, struct json), **tail = &out->first;
    *out = *j;
    out->first = NULL;
    const struct module *here = m;
    if (j->type == JSON_OBJECT && json_str(j, "from").n && catalog_module(r->d->cat, json_str(j, "from")))
        here = catalog_module(r->d->cat, json_str(j, "from"));
    if (j->type == JSON_STRING) {
        if (is_formula_key(j->key) || (str_eqz(j->key, "default") && str_starts(j->s, S("="))))
            out->s = rename_formula(r, here, j->s);
        else if (str_eqz(j->key, "sort"))
            out->s = rename_sort(r, here, j->s);
        else if (str_eqz(list_of, "columns"))
            out->s = rename_path(r, here, j->s);
        else if (str_eqz(list_of, "group") || str_eqz(list_of, "select"))
            out->s = rename_formula(r, here, j->s);
        else if (r->module) {
            if ((str_eqz(j->key, "module") || str_eqz(j->key, "from")) && str_eq(j->s, r->module->name)) {
                out->s = r->new_name;
                r->changed = true;
            }
        } else if (m == r->f->module && (str_eqz(j->key, "title") || str_eqz(j->key, "subtitle") || str_eqz(j->key, "depends_on") ||
                                       str_eqz(j->key, "field") || str_eqz(list_of, "required") || str_eqz(list_of, "fields")) &&
                 str_eq(j->s, r->f->name)) {
            out->s = r->new_name;
            r->changed = true;
        } else if (str_eqz(j->key, "via") && m == r->f->target && str_eq(j->s, r->f->name)) {
            out->s = r->new_name;
            r->changed = true;
        }
    }
    for (const struct json *c = j->first; c; c = c->next) {
        const struct module *inner = here;
        if (str_eqz(list_of, "modules") && catalog_module(r->d->cat, j->key))       /* a role's part for a module */
            inner = catalog_module(r->d->cat, j->key);
        if (str_eqz(c->key, "where") && picked_from(r->d, j))
            inner = picked_from(r->d, j);
        struct json *copy = rename_json(r, inner, c, j->key.n ? j->key : list_of);
        if (r->module && str_eqz(j->key, "modules") && str_eq(c->key, r->module->name)) {
            copy->key = r->new_name;
            r->changed = true;
        }
        bool named = str_eqz(j->key, "fields") || str_eqz(j->key, "options");     /* a role's fields, a record type's choices */
        if (r->f && named && j->type == JSON_OBJECT && inner == r->f->module && str_eq(c->key, r->f->name)) {
            copy->key = r->new_name;
            r->changed = true;
        }
        *tail = copy;
        tail = &copy->next;
    }
    return out;
}

static bool rewrite(struct renaming *r, const char *kind, int64_t id, str name, const struct module *m, const struct json *def, struct err *e)
{
    r->changed = false;
    struct json *after = rename_json(r, m, def, STR_NONE);
    return !r->changed || update_row(r->d, kind, id, name, show(r->d->mem, after), e);
}

static bool rewrite_all(struct design *d, const struct field *f, const struct module *module, str new_name, struct err *e)
{
    struct renaming r = { d, f, new_name, false, module };
    for (size_t i = 0; i < d->cat->nmodules; i++) {
        const struct module *m = &d->cat->modules[i];
        if (!rewrite(&r, "module", m->id, m->name, m, m->def, e))
            return false;
        for (int k = SLOT_FIRST; k < m->nfields; k++)
            if (!m->fields[k].part_of && &m->fields[k] != f &&
                !rewrite(&r, "field", m->fields[k].id, m->fields[k].name, m, m->fields[k].def, e))
                return false;
    }
    for (size_t i = 0; i < d->cat->nroles; i++)
        if (!rewrite(&r, "role", d->cat->roles[i].id, d->cat->roles[i].name, NULL, d->cat->roles[i].def, e))
            return false;
    for (size_t i = 0; i < d->cat->nitems; i++) {
        char kind[32];
        snprintf(kind, sizeof kind, STR_FMT, STR_ARG(d->cat->items[i].kind));
        if (!rewrite(&r, kind, d->cat->items[i].id, d->cat->items[i].name, d->cat->items[i].module, d->cat->items[i].def, e))
            return false;
    }
    return true;
}

/* ---- changes of modules and fields ---------------------------------------------------------------------------- */

static bool refresh_view(struct design *d, int64_t module, struct err *e)
{
    struct catalog *after;
    if (!finish(d, &after, e))
        return false;
    bool ok = make_view(d, catalog_module_id(after, module), e);
    catalog_free(after);
    return ok;
}

bool design_module_update(struct design *d, const struct module *m, const struct json *changes, struct err *e)
{
    str name = json_get(changes, "name") ? json_str(changes, "name") : m->name;
    if (json_get(changes, "fields") || json_get(changes, "id"))
        return err_problem(e, S("fields"), "readonly", "Fields have calls of their own");
    if (!definition_module(changes, m, e))
        return false;
    if (!str_eq(name, m->name)) {
        if (m->system)
            return err_set(e, ERR_CONFLICT, "“" STR_FMT "” belongs to the system and keeps its name", STR_ARG(m->name));
        if (!check_name(d, name, e))
            return false;
        if (!free_name(d, m, name, e))
            return false;
        if (!rewrite_all(d, NULL, m, name, e))
            return false;
    }
    struct renaming r = { d, NULL, name, false, m };
    struct json    *def = rename_json(&r, m, merged(d->mem, m->def, changes), STR_NONE);
    return drop_view(d, m, e) && update_row(d, "module", m->id, name, show(d->mem, def), e) && refresh_view(d, m->id, e);
}

bool design_module_delete(struct design *d, const struct module *m, struct err *e)
{
    struct rows r;
    if (m->system)
        return err_set(e, ERR_CONFLICT, "“" STR_FMT "” belongs to the system", STR_ARG(m->name));
    for (size_t i = 0; i < d->cat->nmodules; i++)
        for (int k = SLOT_FIRST; k < d->cat->modules[i].nfields; k++)
            if (d->cat->modules[i].fields[k].target == m && &d->cat->modules[i] != m)
                return err_set(e, ERR_CONFLICT, "“" STR_FMT "” is used by the field " STR_FMT "." STR_FMT, STR_ARG(m->name),
                               STR_ARG(d->cat->modules[i].name), STR_ARG(d->cat->modules[i].fields[k].name));
    for (size_t i = 0; i < d->cat->nroles; i++)
        if (json_get_str(json_get(d->cat->roles[i].def, "modules"), m->name))
            return err_set(e, ERR_CONFLICT, "“" STR_FMT "” is used by: " STR_FMT, STR_ARG(m->name),
                           STR_ARG(str_cat(d->mem, e->lang == LANG_ZH ? S("角色 ") : S("role "), d->cat->roles[i].name)));
    for (int k = SLOT_FIRST; k < m->nfields; k++) {     /* what others make of its records */
        str users = m->fields[k].part_of ? STR_NONE : users_of_field(d, &m->fields[k], m, e->lang);
        if (users.n)
            return err_set(e, ERR_CONFLICT, "“" STR_FMT "” is used by: " STR_FMT, STR_ARG(m->name), STR_ARG(users));
    }
    if (!db_run(d->db, str_printf(d->mem, "SELECT 1 FROM " STR_FMT " WHERE deleted_at IS NULL LIMIT 1", STR_ARG(m->table)), NULL, 0, d->mem, &r, e))
        return false;
    if (r.nrows)
        return err_set(e, ERR_CONFLICT, "“" STR_FMT "” still has records; delete them first", STR_ARG(m->name));
    for (int i = SLOT_FIRST; i < m->nfields; i++)
        if (!m->fields[i].part_of && !delete_row(d, "field", m->fields[i].id, e))
            return false;
    for (size_t i = 0; i < d->cat->nitems; i++)
        if (d->cat->items[i].module == m && !delete_row(d, "view", d->cat->items[i].id, e))
            return false;
    return drop_view(d, m, e) && ddl(d, e, "DROP TABLE " STR_FMT, STR_ARG(m->table)) &&
           ddl(d, e, "DELETE FROM q_search WHERE module = %lld", (long long)m->id) && delete_row(d, "module", m->id, e) && finish(d, NULL, e);
}

bool design_field_create(struct design *d, const struct module *m, const struct json *def, int64_t *id, struct err *e)
{
    struct catalog *after;
    str             name = json_str(def, "name");
    if (def->type != JSON_OBJECT)
        return err_set(e, ERR_MALFORMED, "The body must be a JSON object");
    if (!check_name(d, name, e))
        return false;
    if (module_field(m, name))
        return err_set(e, ERR_CONFLICT, "There is a field “" STR_FMT "” already", STR_ARG(name));
    if (m->nfields >= MODULE_FIELDS_MAX)
        return err_set(e, ERR_LIMIT, "A module has at most %d fields", MODULE_FIELDS_MAX);
    if (!definition_field(def, e) || !insert_row(d, "field", m->id, name, show(d->mem, def), id, e) || !finish(d, &after, e))
        return false;
    const struct module *now = catalog_module_id(after, m->id);
    const struct field  *f = module_field(now, name);
    bool ok = drop_view(d, m, e) && add_column(d, f, e) && make_view(d, now, e);
    catalog_free(after);
    return ok;
}

/* The program itself reads these of users and departments. */
static bool is_core(const struct field *f)
{
    static const char *const names[] = { "name", "email", "roles", "department", "locale", "active", "partner", "code", "parent", "manager" };
    for (size_t i = 0; f->module->system && i < sizeof names / sizeof names[0]; i++)
        if (str_eqz(f->name, names[i]))
            return true;
    return false;
}

/* The list on the other side gets another name: formulas over it are written again. */
static bool rename_related(struct design *d, const struct field *f, const struct json *changes, struct err *e)
{
    const struct json *j = json_get(changes, "related");
    str                now = j && j->type == JSON_STRING && j->s.n ? j->s : f->module->name;
    if (!j || !(f->type->flags & FT_ONE) || !f->target)
        return true;
    if (json_get(changes, "name") && !str_eq(json_str(changes, "name"), f->name))
        return err_problem(e, S("related"), "readonly", "The name of a relation and of its list change one after the other");
    if (j->type == JSON_STRING && j->s.n && !check_name(d, now, e))
        return false;
    for (size_t i = 0; i < f->target->nlists; i++) {
        const struct field *l = &f->target->lists[i];
        if (l->via == f && !str_eq(l->name, now))
            return rewrite_all(d, l, NULL, now, e);
    }
    return true;
}

static bool links_unique(struct design *d, const struct field *f, struct err *e)
{
    struct rows r;
    str sql = str_printf(d->mem, "SELECT k.target FROM q_link k JOIN " STR_FMT " t ON t.id = k.record WHERE k.field = %lld AND t.deleted_at IS NULL"
                                 " GROUP BY k.target HAVING COUNT(*) > 1 LIMIT 1", STR_ARG(f->module->table), (long long)f->id);
    if (!db_run(d->db, sql, NULL, 0, d->mem, &r, e))
        return false;
    return !r.nrows || err_set(e, ERR_CONFLICT, "Another record has this value already");
}

/* A choice that records have made stays on offer. */
static bool options_free(struct design *d, const struct field *f, const struct json *def, struct err *e)
{
    const struct json *list = json_get(def, "options");
    struct rows        r;
    if (!(f->type->flags & FT_OPTIONS) || !list || list->type != JSON_ARRAY)
        return true;
    for (size_t i = 0; i < f->noptions; i++) {
        str          code = f->options[i].code;
        bool         kept = false, many = f->vtype == V_LIST;
        struct value a[] = { v_text(many ? str_printf(d->mem, "," STR_FMT ",", STR_ARG(code)) : code) };
        for (const struct json *o = list->first; o; o = o->next)
            kept |= str_eq(json_str(o, "code"), code);
        if (kept)
            continue;
        str sql = many ? str_printf(d->mem, "SELECT 1 FROM " STR_FMT " WHERE REPLACE(" STR_FMT ", $1, '') <> " STR_FMT " LIMIT 1", STR_ARG(f->module->table),
                                    STR_ARG(f->column), STR_ARG(f->column))
                       : str_printf(d->mem, "SELECT 1 FROM " STR_FMT " WHERE " STR_FMT " = $1 LIMIT 1", STR_ARG(f->module->table), STR_ARG(f->column));
        if (!db_run(d->db, sql, a, 1, d->mem, &r, e))
            return false;
        if (r.nrows)
            return err_set(e, ERR_CONFLICT, "The option “" STR_FMT "” is used by records", STR_ARG(code));
    }
    return true;
}

/* What a formula gives decides its column, and that of formulas over it that state no result. */
static bool kinds_stay(struct design *d, const struct catalog *after, struct err *e)
{
    for (size_t i = 0; i < d->cat->nmodules; i++) {
        const struct module *m = &d->cat->modules[i], *now = catalog_module_id(after, m->id);
        for (int k = SLOT_FIRST; k < m->nfields; k++)       /* neither more nor fewer fields, in the same order */
            if ((m->fields[k].type->flags & FT_COMPUTED) && in_text(&m->fields[k]) != in_text(&now->fields[k]))
                return err_problem(e, m->fields[k].name, "readonly", "The kind of a field cannot change; make a new field");
    }
    return true;
}

bool design_field_update(struct design *d, const struct field *f, const struct json *changes, struct err *e)
{
    str name = json_get(changes, "name") ? json_str(changes, "name") : f->name;
    if (f->system)
        return err_set(e, ERR_CONFLICT, "“" STR_FMT "” belongs to the system", STR_ARG(f->name));
    const struct json *type = json_get(changes, "type"), *scale = json_get(changes, "scale"), *module = json_get(changes, "module");
    if ((type && !str_eqz(type->s, f->type->name)) || (module && f->target && !str_eq(module->s, f->target->name)))
        return err_problem(e, type ? S("type") : S("module"), "readonly", "The kind of a field cannot change; make a new field");
    if (scale && f->vtype == V_DEC) {
        const struct json *was = json_get(f->def, "scale");
        if (!was || !str_eq(was->s, scale->s))
            return err_problem(e, S("scale"), "readonly", "The decimals of a field cannot change; make a new field");
    }
    if (!str_eq(name, f->name)) {
        if (is_core(f))
            return err_set(e, ERR_CONFLICT, "“" STR_FMT "” belongs to the system", STR_ARG(f->name));
        if (!check_name(d, name, e))
            return false;
        if (module_field(f->module, name))
            return err_set(e, ERR_CONFLICT, "There is a field “" STR_FMT "” already", STR_ARG(name));
        if (!rewrite_all(d, f, NULL, name, e))
            return false;
    }
    if (!rename_related(d, f, changes, e))
        return false;
    struct renaming r = { d, f, name, false, NULL };
    struct json    *def = rename_json(&r, f->module, merged(d->mem, f->def, changes), STR_NONE);
    struct catalog *after;
    if (!definition_field(def, e) || !options_free(d, f, def, e) || !drop_view(d, f->module, e) || !update_row(d, "field", f->id, name, show(d->mem, def), e) || !finish(d, &after, e))
        return false;
    const struct module *now = catalog_module_id(after, f->module->id);
    const struct field  *g = module_field(now, name);
    bool                 ok = kinds_stay(d, after, e) && make_view(d, now, e);
    if (ok && (g->type->flags & FT_MANY) && g->unique && !f->unique)
        ok = links_unique(d, g, e);
    if (ok && ((g->type->flags & FT_COLUMN) || g->parts) && (g->unique != f->unique || g->index != f->index))
        ok = ddl(d, e, "DROP INDEX IF EXISTS u_" STR_FMT, STR_ARG(f->column)) && ddl(d, e, "DROP INDEX IF EXISTS i_" STR_FMT, STR_ARG(f->column)) &&
             add_index(d, g, e);
    catalog_free(after);
    return ok;
}

bool design_field_delete(struct design *d, const struct field *f, struct err *e)
{
    if (f->system || is_core(f))
        return err_set(e, ERR_CONFLICT, "“" STR_FMT "” belongs to the system", STR_ARG(f->name));
    str users = users_of_field(d, f, NULL, e->lang);
    if (users.n)
        return err_set(e, ERR_CONFLICT, "“" STR_FMT "” is used by: " STR_FMT, STR_ARG(f->name), STR_ARG(users));
    return drop_view(d, f->module, e) && delete_row(d, "field", f->id, e) && drop_column(d, f, e) &&
           ddl(d, e, "DELETE FROM q_search WHERE module = %lld AND field = %lld", (long long)f->module->id, (long long)f->id) && refresh_view(d, f->module->id, e);
}

bool design_item_put(struct design *d, const char *kind, str name, const struct json *def, int64_t *id, struct err *e)
{
    struct rows  r;
    struct value a[] = { v_text(str_of(kind)), v_text(name) };
    if (!name.n || name.n > 60 || !text_valid(name))
        return err_problem(e, S("name"), "name", "A name is needed");
    if (!db_run(d->db, S("SELECT id FROM q_config WHERE kind = $1 AND name = $2 AND parent = 0"), a, 2, d->mem, &r, e))
        return false;
    if (r.nrows) {
        *id = CELL(&r, 0, 0)->u.i;
        return update_row(d, kind, *id, name, show(d->mem, def), e) && finish(d, NULL, e);
    }
    return insert_row(d, kind, 0, name, show(d->mem, def), id, e) && finish(d, NULL, e);
}

bool design_item_delete(struct design *d, const char *kind, int64_t id, struct err *e)
{
    struct value a[] = { v_int(id), v_text(str_of(kind)) };
    int64_t      n;
    if (!db_exec(d->db, S("DELETE FROM q_config WHERE id = $1 AND kind = $2"), a, 2, &n, e))
        return false;
    return n ? remember(d, id, kind, "delete", S("{}"), e) && finish(d, NULL, e) : err_set(e, ERR_NOT_FOUND, "This does not exist");
}
