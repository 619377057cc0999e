/* memo: what is worked out once from a catalog and then shared by all who read it: composed SQL and the like.
 *
 * A thing is found again by the address of what it was made from and a word that tells apart the things made from it; both belong
 * to the catalog, so a thing is right as long as its catalog lives, and is freed with it.  What depends on more than these two
 * (who asks, when, what is in the records) must not be kept. */
#ifndef META_MEMO_H
#define META_MEMO_H
#include "base/arena.h"

struct memo;
struct memo *memo_new(void);
void memo_free(struct memo *);

/* NULL: not made yet. */
const void *memo_find(struct memo *, const void *of, const void *word);

/* Makes it in the memory given, which lives as long as the memo.  When another thread was first, that one's is returned; NULL when
 * the memo is full. */
typedef void *memo_maker(struct arena *, void *arg);
const void *memo_keep(struct memo *, const void *of, const void *word, memo_maker *, void *arg);
#endif
