/* demo_rand: repeatable numbers for the demo workspace (splitmix64).  Each part of the generator has a stream of its own, so that
 * a change in one part leaves the others as they were. */
#ifndef CHANNEL_DEMO_RAND_H
#define CHANNEL_DEMO_RAND_H
#include "base/str.h"

struct demo_rand { uint64_t state; };

static inline struct demo_rand demo_rand_of(uint64_t seed, const char *stream)
{
    return (struct demo_rand){ seed * UINT64_C(0x9E3779B97F4A7C15) ^ str_hash(str_of(stream)) };
}

static inline uint64_t demo_next(struct demo_rand *r)
{
    uint64_t z = (r->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* from .. to, both included; the bias of the remainder is of no matter here. */
static inline int64_t demo_between(struct demo_rand *r, int64_t from, int64_t to)
{
    return from + (int64_t)(demo_next(r) % (uint64_t)(to - from + 1));
}

static inline bool demo_chance(struct demo_rand *r, int percent) { return demo_between(r, 1, 100) <= percent; }

/* Around 0, mostly within +-spread: the mean of three even draws. */
static inline int64_t demo_around(struct demo_rand *r, int64_t spread)
{
    return (demo_between(r, -spread, spread) + demo_between(r, -spread, spread) + demo_between(r, -spread, spread)) / 2;
}
#endif
