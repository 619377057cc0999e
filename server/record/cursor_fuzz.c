/* Any cursor, raw or as the hexadecimal digits that ours are made of, for lists sorted in many ways: refused as none of ours, or a page. */
#include "base/check.h"
#include "record/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"thing\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"amount\",\"type\":\"decimal\",\"scale\":2},"
    "{\"name\":\"ok\",\"type\":\"boolean\"},{\"name\":\"of\",\"type\":\"relation\",\"module\":\"thing\"}]}]";
static const char *const sorts[] = { "", "name", "-name", "day,-amount", "-of.name,ok", "amount,name,day,ok", "-id", "updated_at" };

static struct fixture f;

static void set_up(void)
{
    static const char *const rows[] = { "{\"name\":\"上海\",\"day\":\"2026-01-31\",\"amount\":\"1.50\",\"ok\":true}", "{\"name\":\"b\",\"amount\":\"-3\"}", "{}", "{\"name\":\"zz\",\"ok\":false}" };
    CHECK(fixture_open(&f, TEST_SQLITE, modules));
    fixture_begin(&f, TX_WRITE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fixture_create(&f, "thing", rows[i]);
    fixture_commit(&f);
}

static str hex(str s)
{
    struct buf b;
    buf_init(&b, f.mem);
    for (size_t i = 0; i < s.n; i++)
        buf_printf(&b, "%02x", (unsigned char)s.p[i]);
    return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct find  q = { .limit = 2 };
    struct found out;
    if (!f.store)
        set_up();
    if (n < 2)
        return -1;
    str text = { (const char *)data + 1, n - 1 };
    fixture_begin(&f, TX_READ);
    arena_mark here = arena_here(f.mem);
    q.m = fixture_module(&f, "thing");
    q.cursor = data[0] & 128 ? text : hex(text);
    CHECK(rec_sort(&f.c, q.m, str_of(sorts[data[0] % 8]), &q.sort, &q.nsort) && rec_columns(&f.c, q.m, S("name"), false, &q.cols, &q.ncols));
    if (rec_find(&f.c, &q, &out))
        CHECK(out.nrows <= 2);
    else
        CHECK(f.c.err.kind == ERR_MALFORMED);
    fixture_rollback(&f);
    arena_back(f.mem, here);
    return 0;
}
