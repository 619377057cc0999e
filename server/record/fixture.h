/* fixture: a workspace for tests: a fresh database with the modules that the test describes, and a desk to work at.
 * Linked into unit tests only.
 *
 *     struct fixture f;
 *     if (!fixture_open(&f, TEST_SQLITE, "[{\"name\":\"partner\", …}]")) skip();
 *     fixture_begin(&f, TX_WRITE);
 *     … rec_create(&f.c, …) …
 *     fixture_commit(&f);
 *     fixture_close(&f);
 *
 * What fails says why on stderr and ends the test program. */
#ifndef RECORD_FIXTURE_H
#define RECORD_FIXTURE_H
#include "db/testing.h"
#include "record/record.h"

struct fixture {
    struct store         *store;
    struct catalogs      *catalogs;
    const struct catalog *cat;
    struct arena         *mem;
    struct actor          actor;        /* the system until the test says otherwise */
    struct ctx            c;            /* while a transaction is open */
};
bool fixture_open(struct fixture *, enum test_engine, const char *modules);    /* false: no such engine here */
void fixture_close(struct fixture *);
void fixture_role(struct fixture *, const char *name, const char *def);        /* then the catalog is the new one */
void fixture_begin(struct fixture *, enum tx_mode);                            /* a fresh desk */
void fixture_commit(struct fixture *);                                         /* rec_flush and commit */
void fixture_rollback(struct fixture *);
const struct module *fixture_module(const struct fixture *, const char *name);
int64_t fixture_create(struct fixture *, const char *module, const char *record);      /* JSON; within a transaction */
str fixture_text(struct fixture *, const char *module, int64_t id);            /* the record as JSON */
_Noreturn void fixture_fail(const struct fixture *, const char *what);
#endif
