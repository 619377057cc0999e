/* Any mapping of any header onto a module: it is refused with problems in words, or each column has a field and gives valid text for any row.
 * The input: the mapping, a new line, the key, a new line, the names of the columns with tabs between them. */
#include "base/check.h"
#include "base/text.h"
#include "exchange/mapping.h"
#include "record/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { COLUMNS = 64 };

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"region\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"},{\"name\":\"code\",\"type\":\"text\",\"unique\":true}]},"
    "{\"name\":\"partner\",\"title\":\"name\",\"fields\":[{\"name\":\"code\",\"type\":\"text\",\"unique\":true,\"labels\":{\"en\":\"Code\",\"zh-CN\":\"编号\"}},"
    " {\"name\":\"name\",\"type\":\"text\",\"labels\":{\"en\":\"Name\",\"zh-CN\":\"名称\"}},{\"name\":\"region\",\"type\":\"relation\",\"module\":\"region\"},"
    " {\"name\":\"regions\",\"type\":\"relations\",\"module\":\"region\"},{\"name\":\"place\",\"type\":\"address\",\"labels\":{\"en\":\"Place\",\"zh-CN\":\"地址\"}},"
    " {\"name\":\"twice\",\"type\":\"formula\",\"formula\":\"LEN(name)\",\"result\":\"integer\"}]}]";

static struct fixture f;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str            rest = { (const char *)data, n }, map = STR_NONE, key = STR_NONE, header[COLUMNS], cells[COLUMNS];
    bool           quoted[COLUMNS];
    size_t         columns = 0;
    struct mapping m;
    if (!f.store && !fixture_open(&f, TEST_SQLITE, modules))
        return -1;
    if (!text_valid(rest))      /* so says the reader of tables, and the program for its options */
        return -1;
    fixture_begin(&f, TX_READ);
    arena_mark here = arena_here(f.mem);
    str_cut(&rest, '\n', &map);
    str_cut(&rest, '\n', &key);
    while (columns < COLUMNS && str_cut(&rest, '\t', &header[columns])) {
        quoted[columns] = columns % 3 == 1;
        cells[columns] = columns % 4 == 2 ? S("") : header[columns];
        columns++;
    }
    if (mapping_read(&f.c, fixture_module(&f, "partner"), header, columns, map, key, f.mem, &m)) {
        CHECK(m.key >= -1 && m.key < (ptrdiff_t)m.n);
        for (size_t i = 0; i < m.n; i++) {
            CHECK(m.cols[i].f && m.cols[i].name.n);
            for (size_t k = 0; k < m.cols[i].nfrom; k++)
                CHECK(m.cols[i].from[k].literal || m.cols[i].from[k].column < columns);
            for (size_t short_row = 0; short_row <= columns; short_row++)
                CHECK(text_valid(mapping_text(&m.cols[i], cells, quoted, short_row, f.mem)));
        }
    } else {
        CHECK(f.c.err.kind != ERR_NONE && f.c.err.kind != ERR_INTERNAL && f.c.err.message.n);
        for (size_t i = 0; i < f.c.err.nproblems; i++)
            CHECK(f.c.err.problems[i].message.n && text_valid(f.c.err.problems[i].message));
    }
    fixture_rollback(&f);
    arena_back(f.mem, here);
    return 0;
}
