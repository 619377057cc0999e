/* err: see err.h.  The Chinese twins are a sorted table, searched only when something went wrong. */
#include "base/err.h"
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PROBLEMS_STEP = 16 };

static const struct { const char *en, *zh; } twins[] = {
#include "base/zh/all.def"
};

const char *err_zh(const char *fmt)
{
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++)
        if (strcmp(twins[i].en, fmt) == 0)
            return twins[i].zh;
    return NULL;
}

void err_init(struct err *e, struct arena *mem, enum lang lang)
{
    *e = (struct err){ .mem = mem, .lang = lang };
}

void err_clear(struct err *e) { err_init(e, e->mem, e->lang); }

static str format(struct err *e, const char *fmt, va_list ap)
{
    const char *own = e->lang == LANG_ZH ? err_zh(fmt) : NULL;
    va_list     again;
    va_copy(again, ap);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int n = vsnprintf(NULL, 0, own ? own : fmt, ap);
    CHECK(n >= 0);
    char *p = arena_alloc(e->mem, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, own ? own : fmt, again);
#pragma GCC diagnostic pop
    va_end(again);
    return (str){ p, (size_t)n };
}

bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    e->kind = kind;
    e->message = format(e, fmt, ap);
    va_end(ap);
    return false;
}

bool err_problem(struct err *e, str field, const char *code, const char *fmt, ...)
{
    if (e->nproblems % PROBLEMS_STEP == 0) {
        struct problem *p = NEWV(e->mem, struct problem, e->nproblems + PROBLEMS_STEP);
        if (e->nproblems)
            memcpy(p, e->problems, e->nproblems * sizeof *p);
        e->problems = p;
    }
    va_list ap;
    va_start(ap, fmt);
    str message = format(e, fmt, ap);
    va_end(ap);
    e->problems[e->nproblems++] = (struct problem){ str_dup(e->mem, field), str_of(code), message, 0 };
    if (e->kind == ERR_NONE)
        err_set(e, ERR_INVALID, "Some fields are not right");
    return false;
}

bool err_detail(struct err *e, const char *fmt, ...)
{
    if (e->detail.n)
        return false;
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    CHECK(n >= 0);
    char *p = arena_alloc(e->mem, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    e->detail = (str){ p, (size_t)n };
    return false;
}

bool err_take(struct err *e, const struct err *from)
{
    e->kind = from->kind;
    e->message = str_dup(e->mem, from->message);
    e->detail = str_dup(e->mem, from->detail);
    e->nproblems = from->nproblems;
    e->problems = NEWV(e->mem, struct problem, from->nproblems + PROBLEMS_STEP);
    for (size_t i = 0; i < from->nproblems; i++)
        e->problems[i] = (struct problem){ str_dup(e->mem, from->problems[i].field), str_dup(e->mem, from->problems[i].code),
                                           str_dup(e->mem, from->problems[i].message), from->problems[i].place };
    return false;
}

bool err_internal(struct err *e, const char *fmt, ...)
{
    err_set(e, ERR_INTERNAL, "Something went wrong on our side");
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    CHECK(n >= 0);
    char *p = arena_alloc(e->mem, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    if (!e->detail.n)
        e->detail = (str){ p, (size_t)n };
    return false;
}

int err_status(enum err_kind k)
{
    static const int status[] = {
        [ERR_NONE] = 200,
#define K(name, s, doc) [ERR_##name] = s,
        ERR_KINDS(K)
#undef K
    };
    CHECK((size_t)k < sizeof status / sizeof status[0]);
    return status[k];
}
