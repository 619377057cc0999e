/* body: see body.h. */
#include "http/body.h"
#include "base/check.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, LAST_CR, LAST_LF, ENDED, BROKEN };
enum { SIZE_DIGITS = 15 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte outside payload; false when it may not stand there. */
static bool frame_byte(struct chunked *k, char c)
{
    int digit = k->state == SIZE ? hex_digit(c) : -1;
    switch (k->state) {
    case SIZE:
        if (digit >= 0) {
            k->left = k->left * 16 + (uint64_t)digit;
            return ++k->digits <= SIZE_DIGITS;
        }
        k->state = SIZE_LF;
        return c == '\r' && k->digits > 0;
    case SIZE_LF:
        k->state = k->left ? DATA : LAST_CR;
        k->digits = 0;
        return c == '\n';
    case DATA_CR:
        k->state = DATA_LF;
        return c == '\r';
    case DATA_LF:
        k->state = SIZE;
        return c == '\n';
    case LAST_CR:
        k->state = LAST_LF;
        return c == '\r';
    case LAST_LF:
        k->state = ENDED;
        return c == '\n';
    }
    return false;
}

enum chunk chunked_next(struct chunked *k, const char *in, size_t n, size_t *used, str *data)
{
    for (*used = 0; *used < n;) {
        if (k->state == ENDED)
            break;
        if (k->state == DATA) {
            size_t left = n - *used;
            *data = (str){ in + *used, k->left < left ? (size_t)k->left : left };
            *used += data->n;
            k->left -= data->n;
            if (k->left == 0)
                k->state = DATA_CR;
            return CHUNK_DATA;
        }
        if (!frame_byte(k, in[(*used)++])) {
            k->state = BROKEN;
            return CHUNK_BAD;
        }
    }
    return k->state == ENDED ? CHUNK_END : k->state == BROKEN ? CHUNK_BAD : CHUNK_MORE;
}

/* ---- where it is kept ---- */

void body_init(struct body *b, struct arena *mem, size_t memory, const char *dir)
{
    *b = (struct body){ .file = -1, .memory = memory, .dir = dir, .mark = arena_here(mem) };
    buf_init(&b->text, mem);
}

static int open_unlinked(const char *dir)
{
    char path[512];
    if (!dir)
        dir = getenv("TMPDIR");
    if (!dir || !*dir)
        dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
        return fd;
    int n = snprintf(path, sizeof path, "%s/qudao-body-XXXXXX", dir);   /* a file system without O_TMPFILE */
    if (n < 0 || (size_t)n >= sizeof path)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

bool body_add(struct body *b, str s)
{
    CHECK(b->file >= 0 || b->size == b->text.n);
    b->size += s.n;
    if (b->file < 0 && b->size <= b->memory) {
        buf_put(&b->text, s);
        return true;
    }
    if (b->file < 0) {
        b->file = open_unlinked(b->dir);
        if (b->file < 0 || !file_write(b->file, buf_str(&b->text)))
            return false;
        struct arena *mem = b->text.mem;
        arena_back(mem, b->mark);       /* nothing else was taken from the desk since */
        buf_init(&b->text, mem);
    }
    return file_write(b->file, s);
}

void body_drop(struct body *b)
{
    if (b->file >= 0)
        close(b->file);
    b->file = -1;
}
