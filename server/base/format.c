/* format: see format.h. */
#include "base/format.h"
#include "base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sink { char *p; size_t cap, n; };        /* n counts on past cap */

static void put(struct sink *s, const char *from, size_t n)
{
    if (s->n < s->cap)
        memcpy(s->p + s->n, from, n < s->cap - s->n ? n : s->cap - s->n);
    s->n += n;
}

static void put_number(struct sink *s, uint64_t u, int negative)
{
    char   d[21];
    size_t i = sizeof d;
    do
        d[--i] = (char)('0' + u % 10);
    while (u /= 10);
    if (negative)
        d[--i] = '-';
    put(s, d + i, sizeof d - i);
}

static void put_signed(struct sink *s, int64_t v) { put_number(s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0); }

/* One conversion after its %; its length, 0 if it is not one of ours. */
static size_t convert(struct sink *s, const char *f, va_list *ap)
{
    char c;
    switch (f[0]) {
    case 's': {
        const char *z = va_arg(*ap, const char *);
        put(s, z, strlen(z));
        return 1;
    }
    case 'd': put_signed(s, va_arg(*ap, int)); return 1;
    case 'c':
        c = (char)va_arg(*ap, int);
        put(s, &c, 1);
        return 1;
    case '%': put(s, "%", 1); return 1;
    case '.':
        if (f[1] == '*' && f[2] == 's') {
            int         n = va_arg(*ap, int);
            const char *p = va_arg(*ap, const char *);
            if (n > 0)
                put(s, p, strnlen(p, (size_t)n));
            return 3;
        }
        return 0;
    case 'z':
        if (f[1] != 'u')
            return 0;
        put_number(s, va_arg(*ap, size_t), 0);
        return 2;
    case 'l':
        if (f[1] != 'l' || f[2] != 'd')
            return 0;
        put_signed(s, va_arg(*ap, long long));
        return 3;
    default: return 0;
    }
}

size_t format(char *out, size_t cap, const char *fmt, va_list given)
{
    struct sink s = { out, cap, 0 };
    va_list     ap;
    va_copy(ap, given);
    for (const char *f = fmt; *f;) {
        const char *next = strchrnul(f, '%');
        put(&s, f, (size_t)(next - f));
        if (!*next)
            break;
        size_t used = convert(&s, next + 1, &ap);
        if (!used) {
            va_end(ap);
            va_copy(ap, given);
            int n = vsnprintf(out, cap, fmt, ap);
            va_end(ap);
            CHECK(n >= 0);
            return (size_t)n;
        }
        f = next + 1 + used;
    }
    va_end(ap);
    if (cap)
        out[s.n < cap ? s.n : cap - 1] = 0;
    return s.n;
}
