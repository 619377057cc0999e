/* memo: see memo.h.  A table with open addressing that doubles; things are never taken out. */
#include "meta/memo.h"
#include "base/check.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64, FULL_BYTES = 16 << 20 };

struct entry { const void *of, *word, *made; };
struct memo {
    pthread_rwlock_t lock;
    struct arena    *mem;
    struct entry    *slot; size_t nslots, n;        /* nslots is a power of two, n at most half of it */
};

struct memo *memo_new(void)
{
    struct memo *m = calloc(1, sizeof *m);
    CHECK(m != NULL);
    pthread_rwlock_init(&m->lock, NULL);
    m->mem = arena_new(0);
    m->nslots = FIRST_SLOTS;
    m->slot = NEWV(m->mem, struct entry, m->nslots);
    return m;
}

void memo_free(struct memo *m)
{
    if (!m)
        return;
    pthread_rwlock_destroy(&m->lock);
    arena_free(m->mem);
    free(m);
}

static struct entry *place(struct entry *slot, size_t nslots, const void *of, const void *word)
{
    uint64_t h = ((uint64_t)(uintptr_t)of * 31 + (uint64_t)(uintptr_t)word) * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = (size_t)(h >> 32);; i++) {
        struct entry *e = &slot[i & (nslots - 1)];
        if (!e->made || (e->of == of && e->word == word))
            return e;
    }
}

const void *memo_find(struct memo *m, const void *of, const void *word)
{
    pthread_rwlock_rdlock(&m->lock);
    const void *made = place(m->slot, m->nslots, of, word)->made;
    pthread_rwlock_unlock(&m->lock);
    return made;
}

static void grow(struct memo *m)
{
    size_t        n = m->nslots * 2;
    struct entry *slot = NEWV(m->mem, struct entry, n);
    for (size_t i = 0; i < m->nslots; i++)
        if (m->slot[i].made)
            *place(slot, n, m->slot[i].of, m->slot[i].word) = m->slot[i];
    m->slot = slot;
    m->nslots = n;
}

const void *memo_keep(struct memo *m, const void *of, const void *word, memo_maker *make, void *arg)
{
    pthread_rwlock_wrlock(&m->lock);
    struct entry *e = place(m->slot, m->nslots, of, word);
    const void   *made = e->made;
    if (!made && arena_total(m->mem) < FULL_BYTES) {
        made = make(m->mem, arg);
        CHECK(made != NULL);
        *e = (struct entry){ of, word, made };
        if (++m->n * 2 > m->nslots)
            grow(m);
    }
    pthread_rwlock_unlock(&m->lock);
    return made;
}
