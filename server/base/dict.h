/* dict: a set of values, numbered from 0 in the order they came.  For grouping, and for looking many things up at once.
 * 1 and 1.0 are the same value, null and "" are not (as v_same says).  Texts are hashed with the process's key, so that
 * nobody outside can aim at one slot. */
#ifndef BASE_DICT_H
#define BASE_DICT_H
#include "base/arena.h"
#include "base/value.h"

#define DICT_NONE UINT32_MAX

struct dict {
    struct arena *mem;
    struct value *v; uint64_t *hash; uint32_t n, cap;   /* v[number] */
    uint32_t     *table; size_t room;                   /* open addressing: number + 1 */
};
void         dict_init(struct dict *, struct arena *);
uint32_t     dict_find(const struct dict *, const struct value *);      /* DICT_NONE: not there */
uint32_t     dict_put(struct dict *, const struct value *);             /* copied when new, texts and lists too */
struct value value_copy(struct arena *, struct value);                  /* with texts and lists of its own */
#endif
