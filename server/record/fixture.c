/* fixture: see fixture.h. */
#include "record/fixture.h"
#include "meta/design.h"
#include "meta/schema.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void fail(const char *what, const struct err *e)
{
    fprintf(stderr, "%s: " STR_FMT " (" STR_FMT ")\n", what, STR_ARG(e->message), STR_ARG(e->detail));
    for (size_t i = 0; i < e->nproblems; i++)
        fprintf(stderr, "  " STR_FMT ": " STR_FMT "\n", STR_ARG(e->problems[i].field), STR_ARG(e->problems[i].message));
    abort();
}

void fixture_fail(const struct fixture *f, const char *what) { fail(what, &f->c.err); }

static void pin(struct fixture *f)
{
    struct db   *db;
    struct rows  r;
    struct err   e;
    err_init(&e, f->mem, LANG_EN);
    if (f->cat)
        catalog_unpin(f->catalogs, f->cat);
    if (!db_begin(f->store, TX_READ, "test", &db, &e) ||
        !db_run(db, S("SELECT value FROM q_version WHERE name = 'catalog'"), NULL, 0, f->mem, &r, &e) ||
        !catalog_pin(f->catalogs, db, CELL(&r, 0, 0)->u.i, &f->cat, &e))
        fail("catalog", &e);
    db_rollback(db);
}

bool fixture_open(struct fixture *f, enum test_engine on, const char *modules)
{
    struct json *j;
    struct db   *db;
    struct err   e;
    *f = (struct fixture){ .store = test_store(on), .actor = { .system = true, .active = true } };
    if (!f->store)
        return false;
    f->mem = arena_new(0);
    f->catalogs = catalogs_new();
    err_init(&e, f->mem, LANG_EN);
    if (!store_migrate(f->store, meta_migrations, meta_nmigrations, &e) || !json_parse(f->mem, str_of(modules), &j, &e))
        fail("schema", &e);
    pin(f);
    const struct json **defs = NEWV(f->mem, const struct json *, j->n + 1);
    size_t              n = 0;
    for (const struct json *m = j->first; m; m = m->next)
        defs[n++] = m;
    if (!db_begin(f->store, TX_WRITE, "test", &db, &e))
        fail("begin", &e);
    struct design d = { .db = db, .mem = f->mem, .cat = f->cat, .now = instant_now() };
    if (!design_load(&d, defs, n, &e) || !db_commit(db, &e))
        fail("modules", &e);
    pin(f);
    return true;
}

void fixture_close(struct fixture *f)
{
    catalog_unpin(f->catalogs, f->cat);
    catalogs_free(f->catalogs);
    test_store_drop(f->store);
    arena_free(f->mem);
}

void fixture_role(struct fixture *f, const char *name, const char *def)
{
    struct json *j;
    struct db   *db;
    struct err   e;
    int64_t      id;
    err_init(&e, f->mem, LANG_EN);
    if (!json_parse(f->mem, str_of(def), &j, &e) || !db_begin(f->store, TX_WRITE, "test", &db, &e))
        fail("role", &e);
    struct design d = { .db = db, .mem = f->mem, .cat = f->cat, .now = instant_now() };
    if (!design_item_put(&d, "role", str_of(name), j, &id, &e) || !db_commit(db, &e))
        fail("role", &e);
    pin(f);
}

void fixture_begin(struct fixture *f, enum tx_mode mode)
{
    f->c = (struct ctx){ .mem = f->mem, .cat = f->cat, .actor = &f->actor, .now = instant_now(), .way = "api" };
    err_init(&f->c.err, f->mem, f->actor.lang);
    if (!db_begin(f->store, mode, "test", &f->c.db, &f->c.err))
        fixture_fail(f, "begin");
}

void fixture_commit(struct fixture *f)
{
    if (!rec_flush(&f->c) || !db_commit(f->c.db, &f->c.err))
        fixture_fail(f, "commit");
}

void fixture_rollback(struct fixture *f) { db_rollback(f->c.db); }

const struct module *fixture_module(const struct fixture *f, const char *name)
{
    const struct module *m = catalog_module(f->cat, str_of(name));
    if (!m)
        fixture_fail(f, name);
    return m;
}

int64_t fixture_create(struct fixture *f, const char *module, const char *record)
{
    struct json   *j;
    struct record *r;
    if (!json_parse(f->mem, str_of(record), &j, &f->c.err) || !record_read_json(&f->c, fixture_module(f, module), j, &r) || !rec_create(&f->c, r))
        fixture_fail(f, record);
    return r->id;
}

str fixture_text(struct fixture *f, const char *module, int64_t id)
{
    struct found found;
    struct buf   b;
    struct jw    w;
    if (!rec_get(&f->c, fixture_module(f, module), id, false, &found))
        fixture_fail(f, module);
    buf_init(&b, f->mem);
    jw_init(&w, &b);
    found_json(&f->c, &found, 0, &w);
    return buf_str(&b);
}
