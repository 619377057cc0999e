/* statements: prepared statements of one connection by their text, the least recently used dropped first.
 * One connection is used by one thread at a time, so there is no lock. */
#include "db/engine.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* Eight bytes at a time: SQL texts are long and every call looks one up. */
static uint64_t hash_text(str s)
{
    const uint64_t k = 0x9E3779B97F4A7C15u;
    uint64_t       h = s.n * k, word;
    size_t         i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&word, s.p + i, 8);
        h = (h ^ word) * k;
        h ^= h >> 29;
    }
    if (i < s.n) {
        word = 0;
        memcpy(&word, s.p + i, s.n - i);
        h = (h ^ word) * k;
    }
    return h ^ h >> 32;
}

void statements_init(struct statements *t, int max, void (*drop)(void *, struct prepared *), void *connection)
{
    *t = (struct statements){ .max = max, .drop = drop, .connection = connection };
}

static struct prepared **bucket_of(struct statements *t, uint64_t hash)
{
    return &t->bucket[hash % STATEMENT_BUCKETS];
}

static void unlink_age(struct statements *t, struct prepared *p)
{
    *(p->newer ? &p->newer->older : &t->newest) = p->older;
    *(p->older ? &p->older->newer : &t->oldest) = p->newer;
}

static void link_newest(struct statements *t, struct prepared *p)
{
    p->newer = NULL;
    p->older = t->newest;
    *(t->newest ? &t->newest->newer : &t->oldest) = p;
    t->newest = p;
}

static void drop(struct statements *t, struct prepared *p)
{
    free(p->text);
    t->drop(t->connection, p);
}

static void take_out(struct statements *t, struct prepared *p)
{
    struct prepared **at = bucket_of(t, p->hash);
    while (*at != p)
        at = &(*at)->chain;
    *at = p->chain;
    unlink_age(t, p);
    t->n--;
    p->kept = false;
}

static void remove_kept(struct statements *t, struct prepared *p)
{
    take_out(t, p);
    drop(t, p);
}

void statements_forget(struct statements *t, struct prepared *p)
{
    CHECK(p->in_use);
    if (p->kept)
        take_out(t, p);
}

static struct prepared *lookup(struct statements *t, str text, uint64_t hash)
{
    for (struct prepared *p = *bucket_of(t, hash); p; p = p->chain)
        if (p->hash == hash && p->n == text.n && memcmp(p->text, text.p, text.n) == 0)
            return p;
    return NULL;
}

struct prepared *statements_find(struct statements *t, str text)
{
    struct prepared *p = lookup(t, text, hash_text(text));
    if (!p || p->in_use)
        return NULL;
    p->in_use = true;
    if (t->newest != p) {
        unlink_age(t, p);
        link_newest(t, p);
    }
    return p;
}

void statements_add(struct statements *t, struct prepared *p, str text)
{
    p->hash = hash_text(text);
    p->n = text.n;
    p->in_use = true;
    if (lookup(t, text, p->hash)) {         /* the kept one is in use: a cursor runs the same text */
        p->text = NULL;
        p->kept = false;
        return;
    }
    p->text = malloc(text.n + 1);
    CHECK(p->text != NULL);
    memcpy(p->text, text.p, text.n);
    p->kept = true;
    p->chain = *bucket_of(t, p->hash);
    *bucket_of(t, p->hash) = p;
    link_newest(t, p);
    t->n++;
    for (struct prepared *old = t->oldest; t->n > t->max && old;) {
        struct prepared *newer = old->newer;
        if (!old->in_use)
            remove_kept(t, old);
        old = newer;
    }
}

void statements_done(struct statements *t, struct prepared *p)
{
    CHECK(p->in_use);
    p->in_use = false;
    if (!p->kept)
        drop(t, p);
}

void statements_clear(struct statements *t)
{
    for (struct prepared *p = t->oldest; p;) {
        struct prepared *newer = p->newer;
        if (!p->in_use)
            remove_kept(t, p);
        p = newer;
    }
}
