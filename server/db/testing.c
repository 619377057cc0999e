/* testing: see testing.h. */
#include "db/testing.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 64 };
static struct place { struct store *store; char where[200], schema[64]; } places[PLACES];

const char *test_engine_name(enum test_engine e) { return e == TEST_SQLITE ? "sqlite" : "postgresql"; }

static struct place *place_of(const struct store *s)
{
    int i = 0;
    while (i < PLACES && places[i].store != s)
        i++;
    CHECK(i < PLACES);
    return &places[i];
}

void test_store_where(const struct store *s, struct store_options *o)
{
    struct place *p = place_of(s);
    if (p->schema[0]) {
        o->postgres_url = p->where;
        o->schema = p->schema;
    } else {
        o->sqlite_path = p->where;
    }
}

static struct store *open_at(struct place *p, struct store_options o)
{
    struct arena *mem = arena_new(0);
    struct err    e;
    err_init(&e, mem, LANG_EN);
    p->store = NULL;
    o.sqlite_path = p->schema[0] ? NULL : p->where;
    o.postgres_url = p->schema[0] ? p->where : NULL;
    o.schema = p->schema[0] ? p->schema : NULL;
    if (!store_open(&o, &p->store, &e)) {
        fprintf(stderr, "cannot open a database for tests: " STR_FMT " (" STR_FMT ")\n", STR_ARG(e.message), STR_ARG(e.detail));
        abort();
    }
    arena_free(mem);
    return p->store;
}

struct store *test_store_with(enum test_engine which, struct store_options o)
{
    static int    count;
    struct place *p = place_of(NULL);
    *p = (struct place){ 0 };
    count++;
    if (which == TEST_SQLITE) {
        const char *dir = getenv("TMPDIR");
        snprintf(p->where, sizeof p->where, "%.150s/qudao-test-%d-%d.db", dir ? dir : "/tmp", (int)getpid(), count);
    } else {
        const char *url = test_postgres_url();
        if (!url)
            return NULL;
        snprintf(p->where, sizeof p->where, "%s", url);
        snprintf(p->schema, sizeof p->schema, "t_%d_%d", (int)getpid(), count);
    }
    return open_at(p, o);
}

struct store *test_store(enum test_engine which) { return test_store_with(which, (struct store_options){ 0 }); }

struct store *test_store_second(const struct store *s)
{
    struct place copy = *place_of(s);
    return open_at(&copy, (struct store_options){ 0 });
}

static void delete_file(const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char name[256];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void delete_schema(struct store *s, const char *schema)
{
    struct arena *mem = arena_new(0);
    struct err    e;
    struct db    *db;
    err_init(&e, mem, LANG_EN);
    if (db_begin(s, TX_WRITE, "drop", &db, &e)) {
        if (db_exec(db, str_printf(mem, "DROP SCHEMA %s CASCADE", schema), NULL, 0, NULL, &e))
            db_commit(db, &e);
        else
            db_rollback(db);
    }
    arena_free(mem);
}

void test_store_drop(struct store *s)
{
    struct place *p = place_of(s);
    store_fail_at(s, 0);
    if (p->schema[0])
        delete_schema(s, p->schema);
    store_close(s);
    if (!p->schema[0])
        delete_file(p->where);
    *p = (struct place){ 0 };
}
