/* err: what went wrong, for two readers.  message and problems are shown to the
 * user, in their language; detail goes to the log only.  A function that can fail
 * returns bool and fills *e if and only if it returns false.  err_set always
 * returns false, so
 *     return err_set(e, ERR_CONFLICT, "The agreement was changed by %s", who);
 * is the whole error path.
 *
 * The English format is the key; base/zh/<room>.def holds its Chinese twin (arguments may be
 * reordered with %1$s; an str is passed as STR_FMT/STR_ARG and cannot be reordered).  A unit
 * test fails when a format in the source has no twin.  Validation collects: err_problem may be
 * called many times and also returns false. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/arena.h"

#define ERR_KINDS(K)                                                        \
    K(INVALID,   422, "the input is wrong; problems say where")             \
    K(MALFORMED, 400, "the request cannot be read at all")                  \
    K(SIGN_IN,   401, "nobody is signed in, or no longer")                  \
    K(DENIED,    403, "the actor may not do this")                          \
    K(NOT_FOUND, 404, "absent, or the actor may not know it exists")        \
    K(METHOD,    405, "the address is there, but not for this method")      \
    K(CONFLICT,  409, "stale version, broken uniqueness, or in use")        \
    K(LIMIT,     413, "more than we agreed to handle")                      \
    K(MEDIA,     415, "the body is of a kind that is not read here")        \
    K(TOO_MANY,  429, "too often; later it works again")                    \
    K(INTERNAL,  500, "our fault; detail says what")                        \
    K(BUSY,      503, "try again; the caller may retry by itself")          \
    K(FULL,      507, "no space to store it; reads go on")

enum err_kind {
    ERR_NONE,
#define K(name, status, doc) ERR_##name,
    ERR_KINDS(K)
#undef K
};

enum lang { LANG_EN, LANG_ZH };

struct problem { str field, code, message; int place; };   /* place: where in the text that field names it is, from 1; 0: unknown */
struct err {
    enum err_kind   kind;
    enum lang       lang;           /* of message and problems */
    struct arena   *mem;
    str             message, detail;
    struct problem *problems;
    size_t          nproblems;
};

void err_init(struct err *, struct arena *, enum lang);
void err_clear(struct err *);
bool err_set(struct err *, enum err_kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* One wrong field; sets kind INVALID and a general message when none is set yet. code is stable, for programs. */
bool err_problem(struct err *, str field, const char *code, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* For the log: keeps the first detail.  Returns false, so `return err_detail(e, ...)` after err_set is fine. */
bool err_detail(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool err_internal(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* kind INTERNAL, fmt is detail */
/* All of another err's words, copied into this one's memory: for the end of the other's.  Returns false. */
bool err_take(struct err *, const struct err *from);
int  err_status(enum err_kind);     /* HTTP status */
const char *err_zh(const char *fmt);/* the Chinese twin of an English format, or NULL */
#endif
