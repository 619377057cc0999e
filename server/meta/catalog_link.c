/* catalog_link: names to things, formulas compiled, and who depends on whom. */
#include "meta/catalog_inner.h"
#include "base/check.h"

#include <string.h>

/* ---- names to things ----------------------------------------------------------------------------------------- */

static bool link_target(struct loading *l, struct field *f)
{
    str name = json_str(f->def, "module");
    if (str_eqz(str_of(f->type->name), "person"))
        name = S("user");
    if (str_eqz(str_of(f->type->name), "department"))
        name = S("department");
    f->target = catalog_module(l->cat, name);
    return f->target || err_problem(l->e, f->name, "module", "There is no module “" STR_FMT "”", STR_ARG(name));
}

static bool link_field(struct loading *l, struct field *f)
{
    const struct module *user = catalog_module(l->cat, S("user"));
    if (f->system) {
        if (f->type->flags & FT_ONE)
            f->target = user;
        return true;
    }
    if (f->part_of) {
        if (f->type->flags & FT_ONE)
            f->target = catalog_module(l->cat, S("region"));
        return true;
    }
    if ((f->type->flags & (FT_ONE | FT_MANY | FT_LINES)) && !link_target(l, f))
        return false;
    str on = json_str(f->def, "depends_on");
    if (on.n && !(f->depends_on = module_field(f->module, on)))
        return err_problem(l->e, f->name, "depends_on", "There is no field “" STR_FMT "”", STR_ARG(on));
    return true;
}

/* After every relation has its target. */
static bool link_lines(struct loading *l, struct field *f)
{
    if (!(f->type->flags & FT_LINES))
        return true;
    f->via = module_field(f->target, json_str(f->def, "via"));
    return (f->via && f->via->target == f->module) || err_problem(l->e, f->name, "via", "via must be the line's relation back to this module");
}

static void add_list(struct loading *l, struct module *m, const struct field *via)
{
    struct field *lists = NEWV(l->mem, struct field, m->nlists + 1), *f;
    if (m->nlists)
        memcpy(lists, m->lists, m->nlists * sizeof *lists);
    m->lists = lists;
    f = &lists[m->nlists++];
    *f = (struct field){ .name = via->related.n ? via->related : via->module->name, .module = m, .target = via->module, .via = via,
                         .type = fieldtype_find(S("lines")), .vtype = V_LIST, .slot = -1 };
    f->label = read_label(json_get(via->def, "related_labels"));
    if (!f->label.en.n && !f->label.zh.n)
        f->label = via->module->plural.en.n ? via->module->plural : via->module->label;
}

static void link_lists(struct loading *l)
{
    for (size_t i = 0; i < l->cat->nmodules; i++)
        for (int k = SLOT_FIRST; k < l->cat->modules[i].nfields; k++) {
            struct field *f = &l->cat->modules[i].fields[k];
            if ((f->type->flags & FT_ONE) && !f->part_of && f->target)
                add_list(l, (struct module *)f->target, f);
        }
}

static const struct field *module_field_in(const struct module *parts, str name)
{
    for (int i = 0; i < parts->nfields; i++)
        if (str_eq(parts->fields[i].name, name))
            return &parts->fields[i];
    return NULL;
}

/* ---- formulas ------------------------------------------------------------------------------------------------ */

bool compile(struct loading *l, const struct module *m, str owner, const char *what, str text, const struct expr **out)
{
    struct meta_scope s;
    struct err        e;
    if (!text.n)
        return true;
    meta_scope_init(&s, l->cat, m);
    err_init(&e, l->e->mem, l->e->lang);
    if (expr_compile(text, &s.s, l->mem, out, &e))
        return true;
    return err_problem(l->e, owner, what, STR_FMT ": " STR_FMT, STR_ARG(text), STR_ARG(e.message));
}

static bool id_of(const struct json *j, struct value *out)
{
    int64_t id;
    bool    ok = (j->type == JSON_NUMBER && str_to_i64(j->s, &id)) || json_i64(j, "id", &id);
    *out = ok ? v_ref(id) : V_NONE;
    return ok;
}

/* Of an address, and of several relations. */
static bool read_default_parts(struct loading *l, struct field *f, const struct json *d)
{
    bool ok = d->type == (f->parts ? JSON_OBJECT : JSON_ARRAY);
    if (!f->parts && ok) {
        struct value *v = NEWV(l->mem, struct value, d->n + 1);
        size_t        n = 0;
        for (const struct json *j = d->first; j && ok; j = j->next)
            ok = id_of(j, &v[n++]);
        f->otherwise = n ? (struct value){ V_LIST, { .l = { v, n } } } : V_NONE;
    }
    for (const struct json *j = f->parts && ok ? d->first : NULL; j && ok; j = j->next) {
        struct field *part = (struct field *)module_field_in(f->parts, j->key);
        ok = part && (j->type == JSON_NULL || (part->target ? id_of(j, &part->otherwise) : j->type == JSON_STRING));
        if (ok && !part->target && j->type == JSON_STRING)
            part->otherwise = v_text(j->s);
    }
    return ok || err_problem(l->e, f->name, "default", "The default must be given as the value itself is, records by their ids");
}

static bool read_default(struct loading *l, struct field *f)
{
    const struct json *d = json_get(f->def, "default");
    if (!d || d->type == JSON_NULL)
        return true;
    struct err e;
    int64_t    id;
    err_init(&e, l->e->mem, l->e->lang);
    if (d->type == JSON_STRING && str_starts(d->s, S("=")))
        return compile(l, f->module, f->name, "default", d->s, &f->default_expr) &&
               (f->vtype == V_LIST || expr_must_be(f->default_expr, f->vtype, &e) ||
                err_problem(l->e, f->name, "default", "The default is wrong: " STR_FMT, STR_ARG(e.message)));
    if (f->parts || (f->type->flags & FT_MANY))
        return read_default_parts(l, f, d);
    if (f->type->flags & FT_ONE) {      /* that it exists is asked when it is used: records go, definitions stay */
        if ((d->type == JSON_NUMBER && str_to_i64(d->s, &id)) || json_i64(d, "id", &id))
            return f->otherwise = v_ref(id), true;
        return err_problem(l->e, f->name, "default", "The default of a relation is the id of a record or a formula such as =ME()");
    }
    if (!f->type->read)
        return err_problem(l->e, f->name, "default", "A field of the kind “%s” has no default", f->type->name);
    if (f->type->read && f->type->read(f, d, l->mem, &f->otherwise, &e) && field_check(f, &f->otherwise, &e))
        return true;
    return err_problem(l->e, f->name, "default", "The default is wrong: " STR_FMT, STR_ARG(e.message));
}

/* A lookup has the type of what it reads; that may be a lookup itself, so it is asked for when needed. */
static bool compile_lookup(struct loading *l, struct field *f, int depth)
{
    str path = json_str(f->def, "path");
    if (f->lookup || !path.n)
        return f->lookup || err_problem(l->e, f->name, "path", "A lookup needs a path such as partner.region");
    if (depth > 8)
        return err_problem(l->e, f->name, "path", "Lookups go round in a circle");
    if (!compile(l, f->module, f->name, "path", path, &f->lookup))
        return false;
    int slot;
    if (!expr_is_path(f->lookup, &slot))
        return err_problem(l->e, f->name, "path", "A lookup needs a path such as partner.region");
    const struct expr_name *last = PATH_LAST(&f->lookup->paths[slot]);
    struct field           *read = (struct field *)last->field;
    if ((read->type->flags & FT_READ) && !compile_lookup(l, read, depth + 1))
        return false;
    f->vtype = read->vtype;
    f->scale = read->scale;
    f->target = read->target;
    f->options = read->options;
    f->noptions = read->noptions;
    if (f->vtype == V_LIST && !(read->type->flags & FT_OPTIONS))
        return err_problem(l->e, f->name, "path", "A lookup reads one value, not a list");
    return true;
}

/* Of its formula, where no result is stated. */
static void take_type(struct field *f)
{
    const struct expr *x = f->formula;
    int64_t            given;
    f->vtype = x->type == V_NULL ? V_TEXT : x->type == V_INT && !expr_is_count(x) ? V_DEC : x->type;
    if (f->vtype == V_DEC && json_i64(f->def, "scale", &given))
        f->scale = (int)given;
    else if (f->vtype == V_DEC)
        f->scale = x->scale >= 0 && x->scale <= 9 ? x->scale : f->type->scale;
}

static bool has_untyped(const struct path *p, int n)
{
    for (int i = 0; i < n; i++)
        if (((const struct field *)PATH_LAST(&p[i])->field)->vtype == V_NULL)
            return true;
    return false;
}

static bool reads_untyped(const struct expr *x)
{
    for (int i = 0; i < x->nlists; i++)
        if (has_untyped(x->lists[i].paths, x->lists[i].npaths))
            return true;
    return has_untyped(x->paths, x->npaths);
}

/* Tries to give a formula without a stated result its type: it must compile, and all that it reads must have theirs. */
static bool settle_type(struct loading *l, struct field *f)
{
    struct err     quiet;
    struct loading try = { l->cat, l->mem, &quiet };
    err_init(&quiet, l->e->mem, l->e->lang);
    if (f->system || !(f->type->flags & FT_COMPUTED) || f->vtype != V_NULL ||
        !compile(&try, f->module, f->name, "formula", json_str(f->def, "formula"), &f->formula) || !f->formula || reads_untyped(f->formula))
        return false;
    take_type(f);
    return true;
}

static void settle_types(struct loading *l)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < l->cat->nmodules; i++)
            for (int k = 0; k < l->cat->modules[i].nfields; k++)
                moved |= settle_type(l, &l->cat->modules[i].fields[k]);
    }
}

static bool compile_field(struct loading *l, struct field *f)
{
    str text = json_str(f->def, "formula");
    if (f->system || f->part_of)
        return true;
    if ((f->type->flags & FT_COMPUTED)) {
        if (!text.n)
            return err_problem(l->e, f->name, "formula", "A formula is needed");
        if (!compile(l, f->module, f->name, "formula", text, &f->formula))
            return false;
        if (f->vtype == V_NULL)
            take_type(f);
        struct err e;
        err_init(&e, l->e->mem, l->e->lang);
        if (f->vtype != V_TEXT && f->vtype != V_BOOL && f->vtype != V_LIST && !expr_must_be(f->formula, f->vtype, &e))
            return err_problem(l->e, f->name, "result", STR_FMT, STR_ARG(e.message));
        if (f->formula->uses_me || f->formula->uses_now)
            return err_problem(l->e, f->name, "formula", "A stored formula cannot use ME(), TODAY() or NOW(): its value would move by itself");
    }
    if (f->target && !(f->type->flags & (FT_READ | FT_LINES)) && !compile(l, f->target, f->name, "where", json_str(f->def, "where"), &f->where))
        return false;
    return compile(l, f->module, f->name, "required_when", json_str(f->def, "required_when"), &f->required_when) &&
           compile(l, f->module, f->name, "visible_when", json_str(f->def, "visible_when"), &f->visible_when) && read_default(l, f);
}

static bool compile_rules(struct loading *l, struct module *m)
{
    const struct json *rules = json_get(m->def, "rules");
    if (!rules || rules->type != JSON_ARRAY)
        return true;
    m->rules = NEWV(l->mem, struct rule, rules->n);
    for (const struct json *j = rules->first; j; j = j->next) {
        struct rule *r = &m->rules[m->nrules++];
        r->message = read_label(json_get(j, json_get(j, "message") ? "message" : "labels"));
        r->at = module_field(m, json_str(j, "field"));
        if (!compile(l, m, json_str(j, "name"), "when", json_str(j, "when"), &r->when) || !r->when)
            return r->when || err_problem(l->e, json_str(j, "name"), "when", "A rule needs a formula");
    }
    return true;
}

static bool name_list(struct loading *l, const struct module *m, const struct json *a, const struct field *const **out, size_t *n)
{
    if (!a || a->type != JSON_ARRAY)
        return true;
    const struct field **f = NEWV(l->mem, const struct field *, a->n);
    *out = f;
    for (const struct json *j = a->first; j; j = j->next)
        if (!(f[(*n)++] = module_field(m, j->s)))
            return err_problem(l->e, m->name, "record_types", "There is no field “" STR_FMT "”", STR_ARG(j->s));
    return true;
}

static bool read_types(struct loading *l, struct module *m)
{
    const struct json *a = json_get(m->def, "record_types");
    if (!a || a->type != JSON_ARRAY || !a->n)
        return true;
    struct option *o = NEWV(l->mem, struct option, a->n);
    m->types = NEWV(l->mem, struct record_type, a->n);
    for (const struct json *j = a->first; j; j = j->next) {
        struct record_type *t = &m->types[m->ntypes];
        *t = (struct record_type){ .code = json_str(j, "code"), .label = read_label(json_get(j, "labels")), .options = json_get(j, "options") };
        o[m->ntypes++] = (struct option){ t->code, t->label, NULL, 0 };
        if (!name_list(l, m, json_get(j, "fields"), &t->fields, &t->nfields) ||
            !name_list(l, m, json_get(j, "required"), &t->required, &t->nrequired))
            return false;
        for (size_t i = 0; i < t->nfields; i++)
            ((struct field *)t->fields[i])->typed = true;
    }
    m->fields[SLOT_RECORD_TYPE].options = o;
    m->fields[SLOT_RECORD_TYPE].noptions = m->ntypes;
    return true;
}

bool type_has(const struct record_type *t, const struct field *f)
{
    for (size_t i = 0; f->typed && t && i < t->nfields; i++)
        if (t->fields[i] == f)
            return true;
    return !f->typed;
}

/* Computed fields of a module in the order that each comes after those of the same record that it reads. */
static bool order_computed(struct loading *l, struct module *m)
{
    const struct field **done = NEWV(l->mem, const struct field *, (size_t)m->nfields);
    size_t               n = 0, total = 0;
    uint8_t             *placed = NEWV(l->mem, uint8_t, (size_t)m->nfields);
    for (int i = 0; i < m->nfields; i++)
        total += (m->fields[i].type->flags & FT_COMPUTED) != 0;
    for (bool moved = true; moved && n < total;) {
        moved = false;
        for (int i = 0; i < m->nfields; i++) {
            const struct field *f = &m->fields[i];
            if (!(f->type->flags & FT_COMPUTED) || placed[i])
                continue;
            bool ready = true;
            for (int k = 0; k < f->formula->npaths && ready; k++) {
                const struct field *r = f->formula->paths[k].step[0].field;
                ready = r->module != m || r->slot < 0 || !(r->type->flags & FT_COMPUTED) || placed[r->slot];
            }
            if (ready) {
                done[n++] = f;
                placed[i] = 1;
                moved = true;
            }
        }
    }
    m->computed = done;
    m->ncomputed = n;
    if (n == total)
        return true;
    for (int i = 0; i < m->nfields; i++)
        if ((m->fields[i].type->flags & FT_COMPUTED) && !placed[i])
            return err_problem(l->e, m->fields[i].name, "formula", "This formula depends on itself");
    return true;
}

static void link_searched(struct loading *l, struct module *m)
{
    const struct field **f = NEWV(l->mem, const struct field *, (size_t)m->nfields);
    for (int i = 0; i < m->nfields && m->search; i++)
        if (m->fields[i].search)
            f[m->nsearched++] = &m->fields[i];
    m->searched = f;
}

/* ---- what depends on what ------------------------------------------------------------------------------------- */

static void add_dependent(struct loading *l, const struct field *computed, const struct field *watch, const struct expr_list *list,
                          const struct path *path, int step)
{
    struct module *m = (struct module *)watch->module;
    if (m->ndependents % 16 == 0) {
        struct dependent *d = NEWV(l->mem, struct dependent, m->ndependents + 16);
        if (m->ndependents)
            memcpy(d, m->dependents, m->ndependents * sizeof *d);
        m->dependents = d;
    }
    m->dependents[m->ndependents++] = (struct dependent){ computed, watch, list, path ? *path : (struct path){ 0 }, step };
}

/* A path without lookups: each is replaced by what it reads. */
static struct path expanded(const struct path *p)
{
    struct path out = { 0 };
    for (int i = 0; i < p->nsteps && out.nsteps < PATH_MAX_STEPS; i++) {
        const struct field *f = p->step[i].field;
        int                 slot;
        if ((f->type->flags & FT_READ) && f->lookup && expr_is_path(f->lookup, &slot)) {
            struct path in = expanded(&f->lookup->paths[slot]);
            for (int k = 0; k < in.nsteps && out.nsteps < PATH_MAX_STEPS; k++) {
                out.of[out.nsteps] = in.of[k];
                out.step[out.nsteps++] = in.step[k];
            }
            continue;
        }
        out.of[out.nsteps] = p->of[i];
        out.step[out.nsteps++] = p->step[i];
    }
    return out;
}

static void watch_path(struct loading *l, const struct field *computed, const struct path *raw, const struct expr_list *list)
{
    struct path p = expanded(raw);
    for (int i = list ? 0 : 1; i < p.nsteps; i++) {
        const struct field *f = p.step[i].field;
        const struct field *before = i ? p.step[i - 1].field : NULL;
        if (f->slot < 0 || (before && before->parts && !list && i == 1))   /* part of an own address: computed with the record */
            continue;
        add_dependent(l, computed, f, list, &p, i);
    }
}

static void link_dependents(struct loading *l)
{
    for (size_t i = 0; i < l->cat->nmodules; i++)
        for (size_t k = 0; k < l->cat->modules[i].ncomputed; k++) {
            const struct field *f = l->cat->modules[i].computed[k];
            const struct expr  *x = f->formula;
            for (int n = 0; n < x->npaths; n++)
                watch_path(l, f, &x->paths[n], NULL);
            for (int n = 0; n < x->nlists; n++) {
                const struct expr_list *list = &x->lists[n];
                const struct field     *last = PATH_LAST(&list->path)->field;
                struct path              way = list->path;
                if (last->via)
                    add_dependent(l, f, last->via, list, NULL, 0);
                else {      /* the links, and the coming and going of what they lead to */
                    add_dependent(l, f, last, NULL, &list->path, list->path.nsteps - 1);
                    add_dependent(l, f, &last->target->fields[SLOT_DELETED_AT], list, NULL, 0);
                }
                way.nsteps--;
                watch_path(l, f, &way, NULL);       /* relations on the way to the list */
                for (int r = 0; r < list->npaths; r++)
                    watch_path(l, f, &list->paths[r], list);
            }
        }
}

static void make_insert(struct loading *l, struct module *m)
{
    struct buf b, v;
    int        n = 0;
    buf_init(&b, l->mem);
    buf_init(&v, l->mem);
    buf_printf(&b, "INSERT INTO " STR_FMT "(", STR_ARG(m->table));
    for (int i = SLOT_VERSION; i < m->nfields; i++) {
        if (!(m->fields[i].type->flags & FT_COLUMN))
            continue;
        buf_printf(&b, "%s" STR_FMT, n ? ", " : "", STR_ARG(m->fields[i].column));
        buf_printf(&v, "%s$%d", n ? ", " : "", n + 1);
        n++;
    }
    buf_printf(&b, ") VALUES(" STR_FMT ") RETURNING id", STR_ARG(buf_str(&v)));
    m->insert_sql = buf_str(&b);
}

bool link_all(struct loading *l)
{
    struct catalog *cat = l->cat;
#define EACH_FIELD(call)                                                \
    for (size_t i = 0; i < cat->nmodules; i++)                          \
        for (int k = 0; k < cat->modules[i].nfields; k++) {             \
            struct field *f = &cat->modules[i].fields[k];               \
            if (!(call))                                                \
                return false;                                           \
        }
    EACH_FIELD(link_field(l, f))
    EACH_FIELD(link_lines(l, f))
    link_lists(l);
    EACH_FIELD(!(f->type->flags & FT_READ) || compile_lookup(l, f, 0))
    settle_types(l);
    EACH_FIELD(compile_field(l, f))
#undef EACH_FIELD
    for (size_t i = 0; i < cat->nmodules; i++) {
        struct module *m = &cat->modules[i];
        if (!read_types(l, m) || !compile_rules(l, m) || !order_computed(l, m))
            return false;
        link_searched(l, m);
        make_insert(l, m);
    }
    link_dependents(l);
    return true;
}
