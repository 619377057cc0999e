/* testing: see testing.h. */
#include "db/testing.h"
#include "base/check.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
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

/* With everything that lies beside it: -wal, -shm, copies of upgrades. */
static void delete_file(const char *path)
{
    glob_t g;
    char   pattern[256];
    snprintf(pattern, sizeof pattern, "%s*", path);
    if (glob(pattern, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            unlink(g.gl_pathv[i]);
    globfree(&g);
}

static const char *temporary_folder(void)
{
    const char *dir = getenv("TMPDIR");
    return dir ? dir : "/tmp";
}

/* Files of tests that ended before they could delete them. */
static void delete_orphans(void)
{
    glob_t g;
    char   pattern[256];
    int    pid;
    snprintf(pattern, sizeof pattern, "%.150s/qudao-test-*-*.db*", temporary_folder());
    if (glob(pattern, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            if (sscanf(strrchr(g.gl_pathv[i], '/'), "/qudao-test-%d-", &pid) == 1 && kill(pid, 0) != 0 && errno == ESRCH)
                unlink(g.gl_pathv[i]);
    globfree(&g);
}

struct store *test_store_with(enum test_engine which, struct store_options o)
{
    static int    count;
    struct place *p = place_of(NULL);
    *p = (struct place){ 0 };
    if (count++ == 0)
        delete_orphans();
    if (which == TEST_SQLITE) {
        snprintf(p->where, sizeof p->where, "%.150s/qudao-test-%d-%d.db", temporary_folder(), (int)getpid(), count);
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
