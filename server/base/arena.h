/* arena: memory with one owner and one end of life.
 *
 * Three lifetimes exist in this program and each is an arena:
 *   process   settings, tables, statements    never freed
 *   snapshot  one catalog version             freed when its last pin is dropped
 *   desk      one request or one job          reset when the reply is written
 *
 * An arena has a limit.  Past it arena_alloc does not return: it jumps to the
 * arena's guard when one is set (the desk answers 413), else the process ends,
 * because code that is not under a guard has no way to give work back.  Arenas of
 * one piece of work are put under one of them, whose guard is then theirs.
 *
 * Invariants
 *   1. used <= size in every chunk; every pointer handed out is 16-byte aligned.
 *   2. total is the sum of the sizes of all chunks and never exceeds limit.
 *   3. Chunks newer than a mark are freed by arena_back; the mark's chunk is kept. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/str.h"

#include <setjmp.h>

struct arena;
typedef struct { void *chunk; size_t used; } arena_mark;

struct arena *arena_new(size_t limit);                      /* limit in bytes; 0: 1 GiB */
void          arena_free(struct arena *);                   /* NULL is fine */
void          arena_reset(struct arena *);                  /* keeps the first chunk */
void         *arena_alloc(struct arena *, size_t);          /* zeroed, aligned; never NULL */
arena_mark    arena_here(struct arena *);
void          arena_back(struct arena *, arena_mark);
size_t        arena_total(const struct arena *);            /* bytes held */
jmp_buf      *arena_guard(struct arena *, jmp_buf *);       /* NULL removes it; returns the one before, to put it back */
void          arena_under(struct arena *, const struct arena *above);     /* without a guard of its own it has that of above, which lives longer */
void          arena_limit(struct arena *, size_t limit);    /* changes the limit from now on */

str   str_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
str   str_dup(struct arena *, str);
char *str_z(struct arena *, str);                           /* NUL-terminated copy, for libraries */
str   str_cat(struct arena *, str a, str b);

#define NEW(a, type)        ((type *)arena_alloc((a), sizeof(type)))
#define NEWV(a, type, n)    ((type *)arena_alloc_n((a), sizeof(type), (n)))
void *arena_alloc_n(struct arena *, size_t size, size_t n); /* checks size * n for overflow */
#endif
