/* Workbooks from outside: whatever the bytes, the reader gives rows of valid text or words.  The bytes are taken as the archive, and
 * again as the sheet of a workbook that is whole otherwise, since few random archives are one. */
#include "base/check.h"
#include "base/text.h"
#include "exchange/xlsx_read.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void read_all(str bytes)
{
    struct arena       *mem = arena_new(0);
    struct err          e;
    struct xlsx_reader *x;
    struct csv_row      row;
    bool                end = false;
    int64_t             last = 0;
    err_init(&e, mem, LANG_EN);
    if (!xlsx_open_bytes(bytes, S(""), &x, &e)) {
        CHECK(e.kind != ERR_NONE && e.message.n);
        arena_free(mem);
        return;
    }
    for (int rows = 0; rows < 10000 && xlsx_next(x, &row, &end, &e) && !end; rows++) {
        CHECK(row.n > 0 && row.n <= CSV_CELLS_MAX && row.line > last);
        last = row.line;
        for (size_t i = 0; i < row.n; i++)
            CHECK(text_valid(row.cells[i]));
    }
    CHECK(end || e.kind != ERR_NONE || last);
    xlsx_close(x);
    arena_free(mem);
}

static bool add(zip_t *z, const char *name, const void *p, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, p, n, 0);
    zip_int64_t   at = zip_file_add(z, name, s, 0);
    return at >= 0 && zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0;
}

#define RELS "<Relationships>"
static const char rels[] = RELS "<Relationship Id=\"a\" Type=\"x/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char book[] = "<workbook><sheets><sheet name=\"S\" r:id=\"s\"/></sheets></workbook>";
static const char book_rels[] = RELS "<Relationship Id=\"s\" Type=\"x/worksheet\" Target=\"s.xml\"/><Relationship Id=\"t\" Type=\"x/sharedStrings\" Target=\"t.xml\"/>"
                                     "<Relationship Id=\"y\" Type=\"x/styles\" Target=\"y.xml\"/></Relationships>";
static const char styles[] = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy/m/d h:mm\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>"
                             "<xf numFmtId=\"20\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
static const char strings[] = "<sst><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r><rPh><t>x</t></rPh></si></sst>";

static void read_as_sheet(const uint8_t *data, size_t n)
{
    zip_error_t   why;
    zip_stat_t    st;
    zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_error_init(&why);
    zip_source_keep(out);
    zip_t *z = zip_open_from_source(out, ZIP_TRUNCATE, &why);
    CHECK(z && add(z, "_rels/.rels", rels, sizeof rels - 1) && add(z, "xl/workbook.xml", book, sizeof book - 1) &&
          add(z, "xl/_rels/workbook.xml.rels", book_rels, sizeof book_rels - 1) && add(z, "xl/y.xml", styles, sizeof styles - 1) &&
          add(z, "xl/t.xml", strings, sizeof strings - 1) && add(z, "xl/s.xml", data, n) && zip_close(z) == 0);
    CHECK(zip_source_stat(out, &st) == 0 && zip_source_open(out) == 0);
    char *bytes = malloc(st.size);
    CHECK(bytes && zip_source_read(out, bytes, st.size) == (zip_int64_t)st.size);
    zip_source_close(out);
    zip_source_free(out);
    read_all((str){ bytes, st.size });
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *mem = arena_new(0);
    str           bytes = { (const char *)data, n };
    read_all(bytes);
    read_as_sheet(data, n);
    if (text_valid(bytes)) {
        xlsx_format_kind(bytes);
        str t = xlsx_number_text(mem, bytes);
        CHECK(!t.p || text_valid(t));
        xlsx_moment_text(mem, bytes, n & 1, n & 2 ? XLSX_DATE : XLSX_CLOCK);
    }
    arena_free(mem);
    return 0;
}
