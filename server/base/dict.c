/* dict: see dict.h. */
#include "base/dict.h"
#include "base/hash.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

/* Equal values have equal hashes: 1 and 1.0 too. */
static uint64_t hash_of(const struct value *v)
{
    int64_t  i;
    uint64_t h;
    dec      d;
    switch (v->type) {
    case V_NULL:  return 1;
    case V_BOOL:  return mix(2 + v->u.b);
    case V_ERROR: return mix(8 + (uint64_t)v->u.e);
    case V_TEXT:  return hash_keyed(v->u.s);
    case V_DEC:
        if (dec_to_i64(v->u.d, &i))
            return mix((uint64_t)i ^ ((uint64_t)V_INT << 56));
        d = dec_trim(v->u.d);
        return mix(d.lo ^ mix(d.hi ^ ((uint64_t)(uint32_t)d.exp << 1) ^ d.neg));
    case V_LIST:
        h = v->u.l.n;
        for (size_t k = 0; k < v->u.l.n; k++)
            h = mix(h * 31 + hash_of(&v->u.l.v[k]));
        return h;
    case V_INT: case V_DATE: case V_TIME: case V_REF: break;
    }
    return mix((uint64_t)v->u.i ^ ((uint64_t)v->type << 56));
}

struct value value_copy(struct arena *mem, struct value v)
{
    if (v.type == V_TEXT)
        v.u.s = str_dup(mem, v.u.s);
    if (v.type == V_LIST) {
        struct value *l = NEWV(mem, struct value, v.u.l.n + 1);
        for (size_t i = 0; i < v.u.l.n; i++)
            l[i] = value_copy(mem, v.u.l.v[i]);
        v.u.l.v = l;
    }
    return v;
}

void dict_init(struct dict *d, struct arena *mem)
{
    *d = (struct dict){ .mem = mem, .cap = 64, .room = 256 };
    d->v = NEWV(mem, struct value, d->cap);
    d->hash = NEWV(mem, uint64_t, d->cap);
    d->table = NEWV(mem, uint32_t, d->room);
}

static void *twice(struct arena *mem, const void *old, size_t size, size_t n)
{
    void *p = arena_alloc_n(mem, size, n * 2);
    memcpy(p, old, size * n);
    return p;
}

static void dict_grow(struct dict *d)
{
    d->v = twice(d->mem, d->v, sizeof *d->v, d->cap);
    d->hash = twice(d->mem, d->hash, sizeof *d->hash, d->cap);
    d->cap *= 2;
    d->room *= 2;
    d->table = NEWV(d->mem, uint32_t, d->room);
    for (uint32_t i = 0; i < d->n; i++) {
        size_t at = d->hash[i] & (d->room - 1);
        while (d->table[at])
            at = (at + 1) & (d->room - 1);
        d->table[at] = i + 1;
    }
}

static uint32_t find(const struct dict *d, const struct value *v, uint64_t h, size_t *at)
{
    for (*at = h & (d->room - 1); d->table[*at]; *at = (*at + 1) & (d->room - 1)) {
        uint32_t i = d->table[*at] - 1;
        if (d->hash[i] == h && v_same(&d->v[i], v))
            return i;
    }
    return DICT_NONE;
}

uint32_t dict_find(const struct dict *d, const struct value *v)
{
    size_t at;
    return find(d, v, hash_of(v), &at);
}

uint32_t dict_put(struct dict *d, const struct value *v)
{
    size_t   at;
    uint64_t h = hash_of(v);
    uint32_t i = find(d, v, h, &at);
    if (i != DICT_NONE)
        return i;
    if (d->n == d->cap) {
        dict_grow(d);
        find(d, v, h, &at);
    }
    d->v[d->n] = value_copy(d->mem, *v);
    d->hash[d->n] = h;
    d->table[at] = d->n + 1;
    return d->n++;
}
