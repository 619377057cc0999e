/* A head gives the same result however it is cut, and what is accepted keeps its promises.  The first bytes choose the cuts. */
#include "base/check.h"
#include "base/text.h"
#include "http/parse.h"
#include "http/url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { LIMIT = 2048, MOST = 4096 };

static void promises(const struct head *h, const char *in, size_t n)
{
    unsigned hosts = 0, lengths = 0, codings = 0;
    CHECK(h->end <= n && h->end <= LIMIT && h->nfields <= HEAD_FIELDS && h->method < METHODS);
    CHECK(memcmp(in + h->end - 4, "\r\n\r\n", 4) == 0);
    CHECK(in[h->path] == '/' && h->path + h->path_n <= h->end && h->query + h->query_n <= h->end);
    for (size_t i = 0; i < h->nfields; i++) {
        str name = { in + h->field[i].name, h->field[i].name_n }, value = { in + h->field[i].value, h->field[i].value_n };
        CHECK(name.n && name.p + name.n < in + h->end && value.p + value.n < in + h->end);
        CHECK(text_valid(value) && str_chr(value, '\r') < 0 && str_chr(value, '\n') < 0 && str_eq(str_trim(value), value));
        for (size_t k = 0; k < name.n; k++)
            CHECK(name.p[k] > ' ' && name.p[k] < 127 && name.p[k] != ':' && !(name.p[k] >= 'A' && name.p[k] <= 'Z'));
        hosts += str_eqz(name, "host");
        lengths += str_eqz(name, "content-length");
        codings += str_eqz(name, "transfer-encoding");
    }
    CHECK(hosts <= 1 && (hosts == 1 || h->minor == 0) && lengths + codings <= 1 && h->has_length == (lengths == 1) && h->chunked == (codings == 1));
    CHECK(!(h->chunked && h->minor == 0));
}

static void path_promises(struct arena *mem, const struct head *h, const char *in)
{
    str path, raw = { in + h->path, h->path_n };
    if (!url_path(mem, raw, &path))
        return;
    CHECK(path.n && path.p[0] == '/' && text_valid(path) && path.n <= raw.n);
    CHECK(str_find(path, S("//")) < 0 && str_find(path, S("/../")) < 0 && str_find(path, S("/./")) < 0 && !str_ends(path, S("/..")) && !str_ends(path, S("/.")));
    for (size_t i = 0; i < path.n; i++)
        CHECK((unsigned char)path.p[i] >= ' ' && path.p[i] != 127);
}

static bool same(const struct head *a, const struct head *b)
{
    return a->status == b->status && a->done == b->done && a->begun == b->begun && a->nfields == b->nfields && a->end == b->end && a->length == b->length &&
           a->chunked == b->chunked && a->close == b->close && a->expect == b->expect && a->seen == b->seen && a->path_n == b->path_n &&
           a->query_n == b->query_n && a->method == b->method && memcmp(a->field, b->field, a->nfields * sizeof a->field[0]) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct head whole, split, prefix;
    static char        a[MOST], b[MOST], c[MOST];
    if (n < 4 || n > MOST)
        return 0;
    uint32_t seed = (uint32_t)data[0] << 8 | data[1];
    data += 2;
    n -= 2;
    memcpy(a, data, n);
    memcpy(b, data, n);
    memcpy(c, data, n);
    head_init(&whole, LIMIT);
    head_init(&split, LIMIT);
    head_init(&prefix, LIMIT);
    enum parse r1 = head_feed(&whole, a, n), r2 = PARSE_MORE;
    for (size_t shown = 0; r2 == PARSE_MORE && shown < n;) {
        seed = seed * 1664525 + 1013904223;
        shown += 1 + (seed >> 16) % 19;
        r2 = head_feed(&split, b, shown < n ? shown : n);
    }
    CHECK(r1 == r2 && same(&whole, &split));
    if (r1 == PARSE_MORE)
        return 0;
    size_t cut = n * (seed >> 24) / 256;        /* a prefix is accepted or refused only as the whole is */
    enum parse r3 = head_feed(&prefix, c, cut);
    CHECK(r3 == PARSE_MORE || (r3 == r1 && same(&whole, &prefix)));
    if (r1 == PARSE_DONE) {
        struct arena *mem = arena_new((size_t)1 << 20);
        promises(&whole, a, n);
        path_promises(mem, &whole, a);
        arena_free(mem);
    } else {
        CHECK(whole.status >= 400 && whole.status <= 505 && whole.why);
    }
    return 0;
}
