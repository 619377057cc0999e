#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "level=fatal event=check_failed file=%s line=%d check=\"%s\"\n", file, line, what);
    abort();
}
