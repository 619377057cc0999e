/* Chunks give the same payload however they are cut, and what is accepted is what a naive reader of the whole text reads. */
#include "base/check.h"
#include "http/body.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MOST = 4096 };
struct result { enum chunk end; size_t used, n; char text[MOST]; };

static void decode(const char *in, size_t n, uint32_t seed, bool whole, struct result *out)
{
    struct chunked k = { 0 };
    size_t         shown = whole ? n : 0, at = 0;
    out->n = 0;
    for (;;) {
        size_t used;
        str    data = STR_NONE;
        out->end = chunked_next(&k, in + at, shown - at, &used, &data);
        CHECK(used <= shown - at);
        at += used;
        if (out->end == CHUNK_DATA) {
            CHECK(data.n > 0 && data.p >= in && data.p + data.n <= in + shown);
            memcpy(out->text + out->n, data.p, data.n);
            out->n += data.n;
        } else if (out->end == CHUNK_MORE) {
            CHECK(at == shown);
            if (shown == n)
                break;
            seed = seed * 1664525 + 1013904223;
            shown += 1 + (seed >> 16) % 11;
            shown = shown < n ? shown : n;
        } else {
            break;
        }
    }
    out->used = at;
}

/* The accepted text once more, chunk by chunk, with strtoull. */
static void check_naively(const struct result *r, const char *in)
{
    size_t at = 0, n = 0;
    for (;;) {
        char              *end;
        char               digits[20] = "";
        const char        *cr = memchr(in + at, '\r', r->used - at);
        CHECK(cr && cr - (in + at) <= 15);
        memcpy(digits, in + at, (size_t)(cr - (in + at)));
        unsigned long long size = strtoull(digits, &end, 16);
        CHECK(*end == 0 && cr[1] == '\n');
        at = (size_t)(cr - in) + 2;
        if (size == 0)
            break;
        CHECK(size <= r->n - n && memcmp(in + at, r->text + n, size) == 0 && memcmp(in + at + size, "\r\n", 2) == 0);
        n += size;
        at += size + 2;
    }
    CHECK(n == r->n && at + 2 == r->used && memcmp(in + at, "\r\n", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct result whole, split;
    if (n < 2 || n > MOST)
        return 0;
    char *in = malloc(n - 1);       /* of its own, so that the sanitizer sees a read past its end */
    CHECK(in != NULL);
    memcpy(in, data + 1, n - 1);
    decode(in, n - 1, 0, true, &whole);
    decode(in, n - 1, data[0], false, &split);
    CHECK(whole.end == split.end && whole.used == split.used && whole.n == split.n && memcmp(whole.text, split.text, whole.n) == 0);
    if (whole.end == CHUNK_END)
        check_naively(&whole, in);
    free(in);
    return 0;
}
