/* fit: whether values go together: fields with the record's type, choices with what they depend on, picked records with the
 * relation's filter. */
#include "record/record.h"

const struct record_type *fit_type(const struct record *r)
{
    for (size_t i = 0; i < r->m->ntypes; i++)
        if (r->v[SLOT_RECORD_TYPE].type == V_TEXT && str_eq(r->m->types[i].code, r->v[SLOT_RECORD_TYPE].u.s))
            return &r->m->types[i];
    return NULL;
}

void fit_leave_type(struct record *r, const struct value *old)
{
    const struct record_type *t = fit_type(r);
    if (v_same(&old[SLOT_RECORD_TYPE], &r->v[SLOT_RECORD_TYPE]))
        return;
    for (int i = SLOT_FIRST; i < r->m->nfields; i++) {
        const struct field *f = &r->m->fields[i];
        if (!r->set[i] && r->v[i].type != V_NULL && !(f->type->flags & FT_COMPUTED) && !type_has(t, f->part_of ? f->part_of : f)) {
            r->v[i] = V_NONE;
            r->set[i] = 1;
        }
    }
}

void fit_fields(struct ctx *c, const struct record *r)
{
    const struct record_type *t = fit_type(r);
    for (int i = SLOT_FIRST; i < r->m->nfields && r->m->ntypes; i++) {
        const struct field *f = &r->m->fields[i];
        bool                given = r->lines[i].given && r->lines[i].n > 0;
        for (int k = i; k <= i + (f->parts ? f->parts->nfields : 0); k++)
            given |= r->set[k] && r->v[k].type != V_NULL;
        if (given && !f->part_of && !type_has(t, f))
            err_problem(&c->err, f->name, "record_type", "Records of this type do not have this field");
    }
}

static bool goes_with(const struct option *o, const struct value *on)
{
    if (o->nwhen == 0)
        return true;
    for (size_t k = 0; k < o->nwhen; k++) {
        if (on->type == V_TEXT && str_eq(o->when[k], on->u.s))
            return true;
        for (size_t i = 0; on->type == V_LIST && i < on->u.l.n; i++)
            if (str_eq(o->when[k], on->u.l.v[i].u.s))
                return true;
    }
    return false;
}

static bool option_fits(const struct record *r, const struct field *f, const struct json *narrow, str code)
{
    for (size_t i = 0; f->depends_on && i < f->noptions; i++)
        if (str_eq(f->options[i].code, code) && !goes_with(&f->options[i], &r->v[f->depends_on->slot]))
            return false;
    if (!narrow)
        return true;
    for (const struct json *j = narrow->first; j; j = j->next)
        if (str_eq(j->s, code))
            return true;
    return false;
}

bool fit_options(const struct record *r, const struct field *f)
{
    const struct record_type *t = fit_type(r);
    const struct json        *narrow = t && t->options ? json_get_str(t->options, f->name) : NULL;
    const struct value       *v = &r->v[f->slot];
    if (v->type == V_TEXT)
        return option_fits(r, f, narrow, v->u.s);
    for (size_t i = 0; v->type == V_LIST && i < v->u.l.n; i++)
        if (!option_fits(r, f, narrow, v->u.l.v[i].u.s))
            return false;
    return true;
}

static bool had(const struct value *old, int64_t id)
{
    if (old && old->type == V_REF)
        return old->u.i == id;
    for (size_t i = 0; old && old->type == V_LIST && i < old->u.l.n; i++)
        if (old->u.l.v[i].u.i == id)
            return true;
    return false;
}

/* What was picked before stays, even when it would not be offered any more. */
bool fit_picker(struct ctx *c, const struct record *r, const struct field *f, const struct value *old)
{
    const struct value *v = &r->v[f->slot];
    size_t              n = v->type == V_REF ? 1 : v->type == V_LIST ? v->u.l.n : 0;
    for (size_t i = 0; i < n; i++) {
        int64_t      id = v->type == V_REF ? v->u.i : v->u.l.v[i].u.i;
        struct find  q = { .m = f->target, .where = f->where, .ids = &id, .nids = 1, .limit = 1, .trusted = true };
        struct found offered;
        if (had(old ? &old[f->slot] : NULL, id))
            continue;
        struct err before = c->err;         /* problems of other fields are no trouble of this question */
        err_init(&c->err, c->mem, before.lang);
        if (!rec_find(c, &q, &offered))
            return false;
        c->err = before;
        if (!offered.nrows) {
            err_problem(&c->err, f->name, "where", "This record cannot be chosen here");
            break;
        }
    }
    return true;
}
