/* functions: joins the families of functions into one table; see fn.h.  A new family is one name in the list below, a new
 * function is one row in its family. */
#include "base/check.h"
#include "formula/fn.h"

#include <stdlib.h>
#include <string.h>

static const struct fn_family *const families[] = {
    &fn_logic, &fn_info, &fn_math, &fn_stat, &fn_text, &fn_date, &fn_finance,
};
enum { NFAMILIES = sizeof families / sizeof families[0] };

static char upper(char c) { return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c); }

const struct expr_fn *fn_find(str name)
{
    for (size_t f = 0; f < NFAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++) {
            const struct expr_fn *fn = &families[f]->fn[i];
            if (upper(name.n ? name.p[0] : 0) == fn->name[0] && str_eq_nocase(name, str_of(fn->name)))
                return fn;
        }
    return NULL;
}

/* Edit distance (insert, delete, replace, swap of neighbours), given up beyond 2. */
static int distance(str a, const char *b)
{
    enum { MAX = 24 };
    size_t m = strlen(b);
    if (a.n > MAX || m > MAX)
        return 9;
    int d[MAX + 1][MAX + 1];
    for (size_t i = 0; i <= a.n; i++)
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (int)(i + j);
                continue;
            }
            int cost = upper(a.p[i - 1]) != b[j - 1];
            int best = d[i - 1][j - 1] + cost;
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && upper(a.p[i - 1]) == b[j - 2] && upper(a.p[i - 2]) == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[a.n][m];
}

const char *fn_nearest(str name)
{
    const char *best = NULL;
    int         limit = name.n <= 3 ? 2 : 3;     /* distance below this counts as like it */
    for (size_t f = 0; f < NFAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++) {
            int d = distance(name, families[f]->fn[i].name);
            if (d < limit) {
                limit = d;
                best = families[f]->fn[i].name;
            }
        }
    return best;
}

int fn_min_args(const struct expr_fn *fn)
{
    int n = 0;
    for (const char *p = fn->params; *p; p++)
        n += *p != '?' && *p != '+' && p[1] != '?';
    return n;
}

int fn_max_args(const struct expr_fn *fn)
{
    int n = 0;
    for (const char *p = fn->params; *p; p++) {
        if (*p == '+')
            return NODE_MAX_ARGS;
        n += *p != '?';
    }
    return n;
}

char fn_param(const struct expr_fn *fn, int i)
{
    char last = 'v';
    for (const char *p = fn->params; *p; p++) {
        if (*p == '?' || *p == '+')
            continue;
        last = *p;
        if (i-- == 0)
            break;
    }
    return last;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct expr_fn_doc *)a)->name, ((const struct expr_fn_doc *)b)->name);
}

const struct expr_fn_doc *expr_functions(struct arena *mem, size_t *n)
{
    size_t total = 0, k = 0;
    for (size_t f = 0; f < NFAMILIES; f++)
        total += families[f]->n;
    struct expr_fn_doc *doc = NEWV(mem, struct expr_fn_doc, total);
    for (size_t f = 0; f < NFAMILIES; f++)
        for (size_t i = 0; i < families[f]->n; i++) {
            const struct expr_fn *fn = &families[f]->fn[i];
            doc[k++] = (struct expr_fn_doc){ fn->name, fn->group ? fn->group : families[f]->group, fn->arguments, fn->en, fn->zh };
        }
    CHECK(k == total);
    qsort(doc, total, sizeof *doc, by_name);
    *n = total;
    return doc;
}
