/* arena: see arena.h.  Chunks of doubling size in a list, newest first. */
#include "base/arena.h"
#include "base/check.h"
#include "base/format.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 8 * 1024, LARGEST_CHUNK = 1024 * 1024, ALIGN = 16 };

struct chunk {
    struct chunk *older;
    size_t        size, used;
    _Alignas(ALIGN) char data[];
};

struct arena {
    struct chunk *top;
    size_t        total, limit;
    jmp_buf      *guard;
    const struct arena *above;
};

struct arena *arena_new(size_t limit)
{
    struct arena *a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->limit = limit ? limit : (size_t)1 << 30;
    return a;
}

jmp_buf *arena_guard(struct arena *a, jmp_buf *guard)
{
    jmp_buf *before = a->guard;
    a->guard = guard;
    return before;
}

void arena_under(struct arena *a, const struct arena *above) { a->above = above; }

void arena_limit(struct arena *a, size_t limit) { a->limit = limit; }

size_t arena_total(const struct arena *a) { return a->total; }

static void pop_chunk(struct arena *a)
{
    struct chunk *c = a->top;
    a->top = c->older;
    a->total -= c->size;
    free(c);
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    while (a->top)
        pop_chunk(a);
    free(a);
}

void arena_reset(struct arena *a)
{
    while (a->top && a->top->older)
        pop_chunk(a);
    if (a->top && a->top->size > LARGEST_CHUNK)
        pop_chunk(a);
    if (a->top)
        a->top->used = 0;
    a->guard = NULL;
}

static _Noreturn void out_of_memory(const struct arena *a)
{
    for (; a; a = a->above)
        if (a->guard)
            longjmp(*a->guard, 1);
    check_failed("memory limit of an arena without a guard", __FILE__, __LINE__);
}

static void push_chunk(struct arena *a, size_t need)
{
    size_t size = a->top ? a->top->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    if (size < need)
        size = need;
    if (size > a->limit - (a->total < a->limit ? a->total : a->limit))
        out_of_memory(a);
    struct chunk *c = malloc(sizeof *c + size);
    if (!c)
        out_of_memory(a);
    c->older = a->top;
    c->size  = size;
    c->used  = 0;
    a->top   = c;
    a->total += size;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        out_of_memory(a);
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (n == 0)
        n = ALIGN;
    if (!a->top || n > a->top->size - a->top->used)
        push_chunk(a, n);
    void *p = a->top->data + a->top->used;
    a->top->used += n;
    return memset(p, 0, n);
}

void *arena_alloc_n(struct arena *a, size_t size, size_t n)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, n, &bytes))
        out_of_memory(a);
    return arena_alloc(a, bytes);
}

arena_mark arena_here(struct arena *a) { return (arena_mark){ a->top, a->top ? a->top->used : 0 }; }

void arena_back(struct arena *a, arena_mark m)
{
    if (!m.chunk) {     /* marked before the first chunk existed: keep that first chunk, empty */
        while (a->top && a->top->older)
            pop_chunk(a);
        if (a->top)
            a->top->used = 0;
        return;
    }
    while (a->top != m.chunk)
        pop_chunk(a);
    CHECK(m.used <= a->top->used);
    a->top->used = m.used;
}

str str_printf(struct arena *a, const char *fmt, ...)
{
    char    some[256];
    va_list ap;
    va_start(ap, fmt);
    size_t n = format(some, sizeof some, fmt, ap);
    char  *p = arena_alloc(a, n + 1);
    if (n < sizeof some)
        memcpy(p, some, n);
    else
        format(p, n + 1, fmt, ap);
    va_end(ap);
    return (str){ p, n };
}

char *str_z(struct arena *a, str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

str str_dup(struct arena *a, str s) { return (str){ str_z(a, s), s.n }; }

str str_cat(struct arena *a, str x, str y)
{
    char *p = arena_alloc(a, x.n + y.n + 1);
    if (x.n)
        memcpy(p, x.p, x.n);
    if (y.n)
        memcpy(p + x.n, y.p, y.n);
    return (str){ p, x.n + y.n };
}
