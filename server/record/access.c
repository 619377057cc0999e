/* access: see access.h. */
#include "record/access.h"

bool ctx_is_admin(const struct ctx *c)
{
    if (c->actor->system)
        return true;
    for (size_t i = 0; i < c->actor->nroles; i++) {
        const struct role *r = catalog_role(c->cat, c->actor->roles[i]);
        if (r && r->admin)
            return true;
    }
    return false;
}

struct env ctx_env(const struct ctx *c)
{
    return (struct env){ .now = c->now, .zone = c->cat->zone, .calendar = &c->cat->calendar,
                         .calendars = c->cat->calendars, .ncalendars = c->cat->ncalendars, .fiscal = c->cat->fiscal, .mem = c->mem,
                         .me = c->actor->user ? v_ref(c->actor->user) : V_NONE,
                         .my_partner = c->actor->partner ? v_ref(c->actor->partner) : V_NONE,
                         .my_department = c->actor->department ? v_ref(c->actor->department) : V_NONE, .my_departments = c->actor->departments };
}

static bool granted(const struct right *r) { return r->all || r->when; }

struct access access_of(const struct ctx *c, const struct module *m)
{
    struct access a = { .m = m, .everything = ctx_is_admin(c) };
    size_t        at = module_index(c->cat, m);
    for (size_t i = 0; i < c->actor->nroles && a.nroles < ACCESS_ROLES_MAX && !a.everything; i++) {
        const struct role *r = catalog_role(c->cat, c->actor->roles[i]);
        if (r && granted(&r->modules[at].read))
            a.roles[a.nroles++] = &r->modules[at];
    }
    return a;
}

static const struct right *right_of(const struct role_module *r, enum action act)
{
    switch (act) {
    case ACT_CREATE: return &r->create;
    case ACT_UPDATE: return &r->update;
    case ACT_DELETE: return &r->del;
    case ACT_READ:   break;
    }
    return &r->read;
}

bool access_any(const struct access *a, enum action act)
{
    for (size_t i = 0; i < a->nroles; i++)
        if (granted(right_of(a->roles[i], act)))
            return true;
    return a->everything;
}

bool access_every_row(const struct access *a)
{
    for (size_t i = 0; i < a->nroles; i++)
        if (a->roles[i]->read.all)
            return true;
    return a->everything;
}

bool access_field(const struct access *a, const struct field *f, int level)
{
    if (f->slot < 0)        /* a related list: its module is asked when it is read */
        return a->everything || a->nroles;
    for (size_t i = 0; i < a->nroles; i++)
        if (a->roles[i]->fields[f->slot] >= level)
            return true;
    return a->everything;
}

bool access_field_always(const struct access *a, const struct field *f)
{
    bool shown_by_all = true, shown_everywhere = false;
    if (a->everything || f->slot < 0)
        return true;
    for (size_t i = 0; i < a->nroles; i++) {
        bool shows = a->roles[i]->fields[f->slot] >= FIELD_READ;
        shown_by_all &= shows;
        shown_everywhere |= shows && a->roles[i]->read.all;
    }
    return shown_by_all || shown_everywhere;
}
