/* suite: where tests find real data and reference cases, and the project's own files.  For *_test.c only.
 *
 *     str text;
 *     if (!suite_read(mem, "suites/csv/README", &text)) skip();
 *
 * The data lies in $QUDAO_SHARED/data, or beside the project (../shared/data); it is not part of the project, so a test that
 * does not find it says so and is skipped. */
#ifndef BASE_SUITE_H
#define BASE_SUITE_H
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

static inline const char *suite_root(void)
{
    const char *root = getenv("QUDAO_ROOT");
    return root ? root : ".";
}

static inline bool suite_read_file(struct arena *mem, const char *path, str *out)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    fseek(f, 0, SEEK_END);
    long  size = ftell(f);
    char *p = arena_alloc(mem, (size_t)size + 1);
    rewind(f);
    *out = (str){ p, fread(p, 1, (size_t)size, f) };
    fclose(f);
    return out->n == (size_t)size;
}

/* name: below data/, for example "suites/chinese/areas.csv".  False, and a line on stderr, when it is not there. */
static inline bool suite_read(struct arena *mem, const char *name, str *out)
{
    const char *shared = getenv("QUDAO_SHARED");
    char        path[1024];
    if (shared)
        snprintf(path, sizeof path, "%s/data/%s", shared, name);
    else
        snprintf(path, sizeof path, "%s/../shared/data/%s", suite_root(), name);
    if (suite_read_file(mem, path, out))
        return true;
    fprintf(stderr, "skipped: no %s (set QUDAO_SHARED to the folder that holds data/)\n", path);
    return false;
}
#endif
