/* Whatever the reader accepts is valid UTF-8 without NUL, has the same cells however the bytes are cut, and is read again from what
 * the writer makes of it. */
#include "base/check.h"
#include "base/text.h"
#include "exchange/csv.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct bytes { str all; size_t at, most; };

static ptrdiff_t feed(void *arg, char *buf, size_t cap)
{
    struct bytes *b = arg;
    size_t k = b->all.n - b->at < b->most ? b->all.n - b->at : b->most;
    k = k < cap ? k : cap;
    if (k)
        memcpy(buf, b->all.p + b->at, k);
    b->at += k;
    return (ptrdiff_t)k;
}

static bool keep(void *arg, str s)
{
    buf_put(arg, s);
    return true;
}

/* Reads all and writes it again; false when it was refused. */
static bool copy(struct arena *mem, struct bytes from, char delimiter, bool guarded, struct buf *out)
{
    struct csv_reader *r = csv_reader_new(feed, &from, NULL, delimiter);
    struct csv_writer  w;
    struct csv_row     row;
    struct err         e;
    bool               end = false, ok;
    err_init(&e, mem, LANG_EN);
    csv_writer_init(&w, mem, keep, out);
    while ((ok = csv_next(r, &row, &end, &e)) && !end) {
        for (size_t i = 0; i < row.n; i++) {
            CHECK(text_valid(row.cells[i]));
            csv_text(&w, guarded ? csv_unguard(row.cells[i]) : row.cells[i]);
        }
        csv_end_row(&w);
    }
    CHECK(csv_end(&w));
    csv_reader_free(r);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *mem = arena_new((size_t)256 << 20);
    struct buf    a, b, c;
    buf_init(&a, mem);
    buf_init(&b, mem);
    buf_init(&c, mem);
    str  text = { (const char *)data, n };
    bool one = copy(mem, (struct bytes){ text, 0, 1 << 20 }, 0, false, &a), two = copy(mem, (struct bytes){ text, 0, 3 }, 0, false, &b);
    CHECK(one == two && str_eq(buf_str(&a), buf_str(&b)));
    if (one) {
        CHECK(copy(mem, (struct bytes){ buf_str(&a), 0, 1000 }, ',', true, &c));
        CHECK(str_eq(buf_str(&a), buf_str(&c)));
    }
    arena_free(mem);
    return 0;
}
