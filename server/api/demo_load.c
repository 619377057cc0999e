/* demo_load: see demo_load.h.  One transaction per STEP records, so that roll-ups are computed once per batch. */
#include "api/demo_load.h"
#include "api/workspace.h"
#include "auth/auth.h"
#include "base/check.h"
#include "channel/demo.h"

#include <string.h>

const char demo_email[] = "admin@demo.qudao", demo_password[] = "qudao-demo-2026";

enum { STEP = 5000 };

struct load {
    struct store    *store;
    struct catalogs *catalogs;
    struct auth     *auth;
    struct ctx       c;
    struct arena    *mem;
    struct err      *e;
    int              n;
    bool             open;
};

static const struct actor program = { .system = true, .active = true };

static bool begin(struct load *l)
{
    struct rows r;
    l->c = (struct ctx){ .mem = l->mem, .actor = &program, .now = instant_now(), .way = "system" };
    err_init(&l->c.err, l->mem, LANG_EN);
    if (!db_begin(l->store, TX_WRITE, "demo", &l->c.db, &l->c.err))
        return false;
    l->open = true;
    l->n = 0;
    return db_run(l->c.db, S("SELECT value FROM q_version WHERE name = 'catalog'"), NULL, 0, l->mem, &r, &l->c.err) &&
           catalog_pin(l->catalogs, l->c.db, CELL(&r, 0, 0)->u.i, &l->c.cat, &l->c.err);
}

static bool end(struct load *l, bool keep)
{
    bool ok = keep && rec_flush(&l->c);
    if (l->c.cat)
        catalog_unpin(l->catalogs, l->c.cat);
    l->c.cat = NULL;
    if (l->open && ok)
        ok = db_commit(l->c.db, &l->c.err);
    else if (l->open)
        db_rollback(l->c.db);
    l->open = false;
    if (!ok)
        err_take(l->e, &l->c.err);
    arena_reset(l->mem);
    return ok;
}

static bool set_cell(struct record *r, const struct demo_cell *cell)
{
    str                 name = str_of(cell->field), head;
    str                 rest = name;
    const struct field *f;
    str_cut(&rest, '.', &head);
    f = module_field(r->m, head);
    if (f && f->parts && rest.p)
        for (int i = 0; i < f->parts->nfields; i++)
            if (str_eq(f->parts->fields[i].name, rest)) {
                f = &f->parts->fields[i];
                break;
            }
    if (!f || f->slot < 0)
        return false;
    struct value v = cell->value;
    if (f->vtype == V_DEC && v.type == V_INT)
        v = v_dec(dec_of_i64(v.u.i));
    r->v[f->slot] = v;
    r->set[f->slot] = 1;
    return true;
}

/* Everybody of the demo signs in with the same password. */
static bool demo_sign_in(struct load *l, const struct record *r)
{
    const struct field *email = module_field(r->m, S("email"));
    return !str_eqz(r->m->name, "user") ||
           auth_set_password(l->auth, l->c.db, l->mem, r->id, r->v[email->slot].u.s, str_of(demo_password), l->c.now, &l->c.err);
}

static bool put(void *arg, const char *module, const struct demo_cell *cells, size_t n, int64_t *id)
{
    struct load         *l = arg;
    const struct module *m;
    if (l->open && l->n >= STEP && !end(l, true))
        return false;
    if (!l->open && !begin(l))
        return false;
    l->n++;
    m = catalog_module(l->c.cat, str_of(module));
    if (!m)
        return err_internal(&l->c.err, "demo: no module %s", module);
    struct record *r = record_new(&l->c, m);
    for (size_t i = 0; i < n; i++)
        if (!set_cell(r, &cells[i]))
            return err_internal(&l->c.err, "demo: no field %s.%s", module, cells[i].field);
    if (!rec_create(&l->c, r)) {
        err_detail(&l->c.err, "demo: %s", module);
        return false;
    }
    *id = r->id;
    return demo_sign_in(l, r);
}

bool demo_load(struct store *st, struct err *e)
{
    struct arena *mem = arena_new(0);
    struct load   l = { .store = st, .catalogs = catalogs_new(), .auth = auth_new(st, NULL), .mem = arena_new(0), .e = e };
    int64_t       today = zone_day(zone_find(S("Asia/Shanghai")), instant_now());
    bool          made = demo_make(DEMO_SEED, today, put, &l, mem, NULL);
    bool          ok = l.open || !made ? end(&l, made) : true;
    auth_free(l.auth);
    catalogs_free(l.catalogs);
    arena_free(l.mem);
    arena_free(mem);
    return ok;
}
