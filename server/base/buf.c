/* buf: see buf.h. */
#include "base/buf.h"
#include "base/check.h"
#include "base/format.h"

#include <stdarg.h>
#include <string.h>

void buf_init(struct buf *b, struct arena *mem) { *b = (struct buf){ .mem = mem }; }

char *buf_grow(struct buf *b, size_t n)
{
    if (n > b->cap - b->n) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        CHECK(n < SIZE_MAX / 4);
        if (cap < b->n + n)
            cap = b->n + n;
        char *p = arena_alloc(b->mem, cap);
        if (b->n)
            memcpy(p, b->p, b->n);
        b->p = p;
        b->cap = cap;
    }
    return b->p + b->n;
}

void buf_put(struct buf *b, str s)
{
    if (s.n == 0)
        return;
    memcpy(buf_grow(b, s.n), s.p, s.n);
    b->n += s.n;
}

void buf_putz(struct buf *b, const char *z) { buf_put(b, str_of(z)); }

void buf_putc(struct buf *b, char c)
{
    *buf_grow(b, 1) = c;
    b->n++;
}

void buf_i64(struct buf *b, int64_t v)
{
    char     d[20];
    size_t   i = sizeof d;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        d[--i] = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        buf_putc(b, '-');
    buf_put(b, (str){ d + i, sizeof d - i });
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = format(b->p ? b->p + b->n : NULL, b->cap - b->n, fmt, ap);
    if (n >= b->cap - b->n)
        format(buf_grow(b, n + 1), n + 1, fmt, ap);
    va_end(ap);
    b->n += n;
}
