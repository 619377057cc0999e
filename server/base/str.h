/* str: a length-counted view of UTF-8 text.  It owns nothing and is not
 * NUL-terminated; the arena (or a literal) behind it decides how long it lives. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const char *p; size_t n; } str;

#define S(lit)      ((str){ (lit), sizeof(lit) - 1 })
#define S_INIT(lit) { (lit), sizeof(lit) - 1 }      /* for static initialisers */
#define STR_FMT     "%.*s"
/* Evaluates s twice: no calls in it that do something. */
#define STR_ARG(s)  (int)(s).n, (s).p
#define STR_NONE    ((str){ NULL, 0 })

str  str_of(const char *z);                  /* view of a NUL-terminated string; NULL gives STR_NONE */
bool str_eq(str a, str b);
bool str_eqz(str a, const char *z);
bool str_eq_nocase(str a, str b);            /* ASCII only: headers, keywords, never user text */
int  str_cmp(str a, str b);                  /* bytes, then length: <0, 0, >0 */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
ptrdiff_t str_find(str s, str needle);       /* byte offset or -1 */
ptrdiff_t str_chr(str s, char c);            /* byte offset or -1 */
str  str_sub(str s, size_t from, size_t to); /* [from, to), clamped */
str  str_trim(str s);                        /* without ASCII space, tab, CR, LF at both ends */
/* Cuts the part before the first sep off *rest; false when nothing is left.
 *     while (str_cut(&rest, ',', &part)) ... */
bool str_cut(str *rest, char sep, str *part);
uint64_t str_hash(str s);                    /* FNV-1a; for tables inside the process only */

/* Whole-string conversions: false if anything is left over or out of range. */
bool str_to_i64(str s, int64_t *out);
bool str_to_u64(str s, uint64_t *out);
#endif
