/* file: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

enum { MOST = 1 << 24 };

bool file_write(int fd, str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n < MOST ? s.n : MOST);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_sub(s, (size_t)n, s.n);
    }
    return true;
}
