/* Whatever the reader accepts is valid UTF-8 without NUL, is written and read again to the same text, and is never deeper than 64. */
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look(const struct json *j, int depth)
{
    size_t n = 0;
    CHECK(depth <= 65);
    CHECK(text_valid(j->s) && text_valid(j->key));
    for (const struct json *m = j->first; m; m = m->next, n++)
        look(m, depth + 1);
    CHECK(n == j->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *mem = arena_new((size_t)256 << 20);
    struct err    e;
    struct json  *first, *again;
    struct buf    a, b;
    struct jw     w;
    err_init(&e, mem, n % 2 ? LANG_ZH : LANG_EN);
    if (json_parse(mem, (str){ (const char *)data, n }, &first, &e)) {
        look(first, 1);
        buf_init(&a, mem);
        jw_init(&w, &a);
        jw_json(&w, first);
        CHECK(json_parse(mem, buf_str(&a), &again, &e));
        buf_init(&b, mem);
        jw_init(&w, &b);
        jw_json(&w, again);
        CHECK(str_eq(buf_str(&a), buf_str(&b)));
    } else {
        CHECK(e.kind == ERR_MALFORMED && e.message.n && text_valid(e.message));
    }
    arena_free(mem);
    return 0;
}
