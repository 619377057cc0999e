/* buf: text that grows, in an arena.  For replies, SQL and messages; the arena's
 * limit bounds it.  Always valid UTF-8 if only valid UTF-8 is put in. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/arena.h"

struct buf { struct arena *mem; char *p; size_t n, cap; };

void buf_init(struct buf *, struct arena *);
void buf_put(struct buf *, str);
void buf_putz(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_i64(struct buf *, int64_t);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *buf_grow(struct buf *, size_t n);      /* room for n more bytes; then add to ->n yourself */
static inline str buf_str(const struct buf *b) { return (str){ b->p, b->n }; }
#endif
