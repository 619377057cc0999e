/* catalogs: the snapshots that a process holds; see catalog.h. */
#include "meta/catalog.h"
#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

struct catalogs {
    pthread_mutex_t lock;
    struct catalog *newest;         /* list by version, newest first; those without pins but the newest are freed */
};

struct catalogs *catalogs_new(void)
{
    struct catalogs *cs = calloc(1, sizeof *cs);
    CHECK(cs != NULL);
    pthread_mutex_init(&cs->lock, NULL);
    return cs;
}

void catalogs_free(struct catalogs *cs)
{
    while (cs->newest) {
        struct catalog *c = cs->newest;
        CHECK(c->pins == 0);
        cs->newest = c->next;
        catalog_free(c);
    }
    pthread_mutex_destroy(&cs->lock);
    free(cs);
}

static void drop_unused(struct catalogs *cs)
{
    if (!cs->newest)
        return;
    for (struct catalog **p = &cs->newest->next; *p;) {
        struct catalog *c = *p;
        if (c->pins) {
            p = &c->next;
            continue;
        }
        *p = c->next;
        catalog_free(c);
    }
}

bool catalog_pin(struct catalogs *cs, struct db *db, int64_t version, const struct catalog **out, struct err *e)
{
    pthread_mutex_lock(&cs->lock);
    for (struct catalog *c = cs->newest; c; c = c->next)
        if (c->version == version) {
            c->pins++;
            *out = c;
            pthread_mutex_unlock(&cs->lock);
            return true;
        }
    pthread_mutex_unlock(&cs->lock);
    struct catalog *fresh;
    if (!catalog_load(db, version, &fresh, e))
        return false;
    pthread_mutex_lock(&cs->lock);
    struct catalog **p = &cs->newest;       /* two threads may have loaded the same: both live until unpinned */
    while (*p && (*p)->version > version)
        p = &(*p)->next;
    fresh->next = *p;
    *p = fresh;
    fresh->pins = 1;
    *out = fresh;
    drop_unused(cs);
    pthread_mutex_unlock(&cs->lock);
    return true;
}

void catalog_unpin(struct catalogs *cs, const struct catalog *cat)
{
    pthread_mutex_lock(&cs->lock);
    struct catalog *c = (struct catalog *)cat;
    CHECK(c->pins > 0);
    if (--c->pins == 0 && c != cs->newest)
        drop_unused(cs);
    pthread_mutex_unlock(&cs->lock);
}
