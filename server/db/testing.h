/* testing: databases for tests.  Linked into unit tests only.
 *
 * Every scenario of the house runs on both engines:
 *     for (enum test_engine on = 0; on < TEST_ENGINES; on++) {
 *         struct store *s = test_store(on);
 *         if (!s) continue;                    (no PostgreSQL on this machine; said on stderr)
 *         ...
 *         test_store_drop(s);
 *     }
 * or one cmocka test per engine by way of test_both(). */
#ifndef DB_TESTING_H
#define DB_TESTING_H
#include "db/db.h"

enum test_engine { TEST_SQLITE, TEST_POSTGRES, TEST_ENGINES };

/* A fresh, empty database: a temporary file, or a schema of a server that is started for the tests and stopped
 * a few seconds after the last test process ended, however it ended.  NULL: PostgreSQL is not installed. */
struct store *test_store(enum test_engine);
struct store *test_store_with(enum test_engine, struct store_options);     /* the place is filled in; readers etc. are yours */
struct store *test_store_second(const struct store *);  /* another server's view of the same database; close with store_close */
void          test_store_drop(struct store *);          /* closes it and deletes the database */
void          test_store_where(const struct store *, struct store_options *out);    /* how to open it again */
const char   *test_engine_name(enum test_engine);
/* A PostgreSQL server's URL for tests that need one by itself; NULL: not installed. */
const char   *test_postgres_url(void);
#endif
