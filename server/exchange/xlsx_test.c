/* xlsx_test: workbooks read and written, whole ones and those that mean harm. */
#include "exchange/import.h"
#include "exchange/table.h"
#include "exchange/xlsx_read.h"
#include "exchange/xlsx_write.h"
#include "base/rand.h"
#include "record/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

static struct arena *mem;

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

/* ---- the words of cells ------------------------------------------------------------------------------------------------ */

static void test_numbers_are_what_was_written(void **state)
{
    (void)state;
    static const struct { const char *in, *out; } cases[] = {
        { "0", "0" }, { "-0", "0" }, { "42", "42" }, { "007", "7" }, { "1234.50", "1234.5" }, { "-5", "-5" }, { "1E3", "1000" }, { "1.5E-3", "0.0015" },
        { "1.23E+20", "123000000000000000000" }, { "0.1", "0.1" }, { "123456789012345678", "123456789012345678" }, { "99999999.99", "99999999.99" },
        { "19.989999999999998", "19.99" }, { "0.30000000000000004", "0.3" }, { "1234.5600000000001", "1234.56" }, { "3.1415926535897931", "3.1415926535897931" },
        { "999999999.99999994", "1000000000" }, { "99.999999999999986", "100" }, { "1.0000000000000002", "1" },
        { ".5", "0.5" }, { "5.", "5" }, { "-1e-7", "-0.0000001" }, { "9.9499999999999993", "9.95" }, { "99999999999.99001", "99999999999.99" }, { "123456789.1234567", "123456789.1234567" },
        { "123456789.123456701", "123456789.123456701" },
        { "", NULL }, { "-", NULL }, { ".", NULL }, { "1e", NULL }, { "1e999", NULL }, { "0x10", NULL }, { "1,5", NULL }, { "NaN", NULL }, { "1 2", NULL }, { "--1", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str got = xlsx_number_text(mem, str_of(cases[i].in));
        if (cases[i].out ? !str_eqz(got, cases[i].out) : got.p != NULL)
            fail_msg("%s gave " STR_FMT, cases[i].in, STR_ARG(got));
    }
}

static void test_formats_say_what_is_a_date(void **state)
{
    (void)state;
    static const struct { const char *code; enum xlsx_moment kind; } cases[] = {
        { "General", XLSX_NUMBER }, { "0.00", XLSX_NUMBER }, { "#,##0.00_);[Red](#,##0.00)", XLSX_NUMBER }, { "0.00E+00", XLSX_NUMBER }, { "@", XLSX_NUMBER },
        { "\"day\" 0", XLSX_NUMBER }, { "0\\d", XLSX_NUMBER }, { "[$-804]0", XLSX_NUMBER }, { "yyyy-mm-dd", XLSX_DATE }, { "d/m/yy", XLSX_DATE },
        { "yyyy\"年\"m\"月\"d\"日\"", XLSX_DATE }, { "[$-804]yyyy/m/d h:mm", XLSX_DATE }, { "h:mm:ss", XLSX_CLOCK }, { "mm:ss", XLSX_CLOCK }, { "[h]:mm", XLSX_CLOCK },
        { "mmm", XLSX_DATE }, { "h:mm AM/PM", XLSX_CLOCK }, { "0;yyyy", XLSX_NUMBER }, { "\"unclosed d", XLSX_NUMBER }, { "[unclosed d", XLSX_NUMBER }, { "", XLSX_NUMBER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (xlsx_format_kind(str_of(cases[i].code)) != cases[i].kind)
            fail_msg("%s is %d", cases[i].code, xlsx_format_kind(str_of(cases[i].code)));
}

static void test_days_of_both_systems(void **state)
{
    (void)state;
    static const struct { const char *number; bool old; enum xlsx_moment kind; const char *out; } cases[] = {
        { "1", false, XLSX_DATE, "1900-01-01" }, { "59", false, XLSX_DATE, "1900-02-28" }, { "60", false, XLSX_DATE, NULL }, { "61", false, XLSX_DATE, "1900-03-01" },
        { "46053", false, XLSX_DATE, "2026-01-31" }, { "46053.333333333336", false, XLSX_DATE, "2026-01-31 08:00:00" }, { "46053.99999999999", false, XLSX_DATE, "2026-02-01" },
        { "44591", true, XLSX_DATE, "2026-01-31" }, { "0", true, XLSX_DATE, "1904-01-01" }, { "0.5", false, XLSX_CLOCK, "12:00:00" }, { "0", false, XLSX_CLOCK, "00:00:00" },
        { "0.000011574074074074", false, XLSX_CLOCK, "00:00:01" }, { "46053.5", false, XLSX_CLOCK, "2026-01-31 12:00:00" }, { "2958465", false, XLSX_DATE, "9999-12-31" },
        { "2958466", false, XLSX_DATE, NULL }, { "-1", false, XLSX_DATE, NULL }, { "1e300", false, XLSX_DATE, NULL }, { "x", false, XLSX_DATE, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str got = xlsx_moment_text(mem, str_of(cases[i].number), cases[i].old, cases[i].kind);
        if (cases[i].out ? !str_eqz(got, cases[i].out) : got.p != NULL)
            fail_msg("%s gave " STR_FMT, cases[i].number, STR_ARG(got));
    }
}

/* ---- workbooks by hand ------------------------------------------------------------------------------------------------- */

struct file { const char *name; str text; };
#define END { NULL, { NULL, 0 } }
#define RELATION(ID, TYPE, TARGET) "<Relationship Id=\"" ID "\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/" TYPE "\" Target=\"" TARGET "\"/>"
#define ROOT { "_rels/.rels", S_INIT("<Relationships>" RELATION("r1", "officeDocument", "xl/workbook.xml") "</Relationships>") }
#define BOOK { "xl/workbook.xml", S_INIT("<workbook><sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/><sheet name=\"二\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>") }
#define BOOK_RELS { "xl/_rels/workbook.xml.rels", S_INIT("<Relationships>" RELATION("r1", "worksheet", "worksheets/sheet1.xml") RELATION("r2", "worksheet", "/xl/worksheets/sheet2.xml") \
    RELATION("r3", "sharedStrings", "sharedStrings.xml") RELATION("r4", "styles", "./styles.xml") "</Relationships>") }

static str zipped(const struct file *files)
{
    zip_error_t   why;
    zip_stat_t    st;
    zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_error_init(&why);
    zip_source_keep(out);
    zip_t *z = zip_open_from_source(out, ZIP_TRUNCATE, &why);
    assert_non_null(z);
    for (const struct file *f = files; f->name; f++)
        assert_true(zip_file_add(z, f->name, zip_source_buffer(z, f->text.p, f->text.n, 0), 0) >= 0);
    assert_int_equal(zip_close(z), 0);
    assert_int_equal(zip_source_stat(out, &st), 0);
    assert_int_equal(zip_source_open(out), 0);
    char *p = arena_alloc(mem, st.size);
    assert_int_equal(zip_source_read(out, p, st.size), (zip_int64_t)st.size);
    zip_source_close(out);
    zip_source_free(out);
    return (str){ p, st.size };
}

/* The rows as text, "line:a|b|c" each on its line, or ! and the words. */
static str rows_of(str bytes, const char *sheet)
{
    struct xlsx_reader *x;
    struct csv_row      row;
    struct buf          b;
    struct err          e;
    bool                end = false;
    err_init(&e, mem, LANG_EN);
    buf_init(&b, mem);
    if (!xlsx_open_bytes(bytes, str_of(sheet), &x, &e))
        return str_printf(mem, "!%d " STR_FMT, err_status(e.kind), STR_ARG(e.message));
    while (xlsx_next(x, &row, &end, &e) && !end) {
        buf_i64(&b, row.line);
        for (size_t i = 0; i < row.n; i++) {
            buf_putc(&b, i ? '|' : ':');
            buf_put(&b, row.cells[i]);
        }
        buf_putc(&b, '\n');
    }
    if (e.kind)
        buf_printf(&b, "!%d " STR_FMT, err_status(e.kind), STR_ARG(e.message));
    xlsx_close(x);
    return buf_str(&b);
}

static const struct file whole[] = {
    ROOT, BOOK, BOOK_RELS,
    { "xl/sharedStrings.xml", S_INIT("<sst><si><t>name</t></si><si><r><t>江</t></r><r><t xml:space=\"preserve\"> 苏</t></r><rPh sb=\"0\"><t>jiang</t></rPh></si><si><t>=1+1</t></si></sst>") },
    { "xl/styles.xml", S_INIT("<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy/m/d h:mm\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
                              "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"2\"/></cellXfs></styleSheet>") },
    { "xl/worksheets/sheet1.xml", S_INIT("<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>in</t><t>line</t></is></c></row>"
        "<row r=\"2\"><c r=\"A2\" s=\"1\"/><c r=\"XFD2\" s=\"1\"/></row>"
        "<row r=\"4\"><c r=\"A4\" t=\"s\"><v>1</v></c><c r=\"B4\"><v>0.10000000000000001</v></c><c r=\"D4\" s=\"1\"><v>46053</v></c><c r=\"E4\" s=\"2\"><v>46053.5</v></c>"
        "<c r=\"F4\" t=\"b\"><v>1</v></c><c r=\"G4\" t=\"e\"><v>#N/A</v></c><c r=\"H4\" t=\"str\"><f>A1&amp;\"x\"</f><v>-done</v></c><c r=\"I4\" t=\"s\"><v>2</v></c><c r=\"J4\" s=\"3\"><v>1E3</v></c></row>"
        "<row><c><v>7</v></c><c t=\"d\"><v>2026-01-31T00:00:00</v></c></row></sheetData></worksheet>") },
    { "xl/worksheets/sheet2.xml", S_INIT("<x:worksheet xmlns:x=\"u\"><x:sheetData><x:row><x:c><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>") },
    END,
};

static void test_cells_become_text(void **state)
{
    (void)state;
    str got = rows_of(zipped(whole), "");
    assert_true(str_eqz(got, "1:name||inline\n4:江 苏|0.1||2026-01-31|2026-01-31 12:00:00|true|#N/A|'-done|'=1+1|1000\n5:7|2026-01-31T00:00:00\n") || (fprintf(stderr, STR_FMT, STR_ARG(got)), false));
    assert_true(str_eqz(rows_of(zipped(whole), "二"), "1:2\n"));
    assert_true(str_eqz(rows_of(zipped(whole), "Three"), "!422 There is no sheet “Three”; there are One, 二") ||
                str_starts(rows_of(zipped(whole), "Three"), S("!422")));
}

/* The same workbook with other text in one part. */
static str with(const char *name, str text)
{
    struct file files[16];
    size_t      n = 0;
    for (; whole[n].name; n++) {
        files[n] = whole[n];
        if (!strcmp(name, files[n].name))
            files[n].text = text;
    }
    files[n] = (struct file)END;
    return rows_of(zipped(files), "");
}

#define SHEET "xl/worksheets/sheet1.xml"

static void test_what_means_harm_is_refused(void **state)
{
    (void)state;
    static const char *const parts[] = { "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml", SHEET };
    static const char *const harms[] = {
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "<!DOCTYPE a PUBLIC \"p\" \"http://127.0.0.1/\"><a/>",
        "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]><l>&c;</l>",
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>", "<?xml version=\"1.0\" encoding=\"UCS-4\"?><a/>", "<?xml version=\"1.0\" encoding=\"ISO-2022-JP\"?><a/>",
        "<a>&undeclared;</a>", "<a", "<a></b>", "", "not XML", "<a>\xff\xfe</a>", "\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0",
    };
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++)
        for (size_t i = 0; i < sizeof harms / sizeof harms[0]; i++) {
            str got = with(parts[p], i + 1 == sizeof harms / sizeof harms[0] ? (str){ harms[i], 26 } : str_of(harms[i]));
            if (!str_starts(got, S("!422")))
                fail_msg("%s in %s gave " STR_FMT, harms[i], parts[p], STR_ARG(got));
        }
}

static str many(const char *begin, const char *piece, size_t n, const char *end)
{
    size_t len = strlen(piece), at = strlen(begin);
    char  *p = arena_alloc(mem, at + n * len + strlen(end) + 1);
    memcpy(p, begin, at);
    for (size_t i = 0; i < n; i++, at += len)
        memcpy(p + at, piece, len);
    memcpy(p + at, end, strlen(end));
    return (str){ p, at + strlen(end) };
}

static void assert_refused(str got, const char *status)
{
    ptrdiff_t at = str_find(got, str_of(status));
    if (at < 0)
        fail_msg("no %s: %.*s", status, got.n > 200 ? 200 : (int)got.n, got.p);
}

static void test_what_is_too_much_is_refused(void **state)
{
    (void)state;
    assert_refused(with(SHEET, many("", "<a>", 200000, "")), "!422");
    assert_refused(with(SHEET, many("<worksheet><sheetData>", "          ", 12000000, "</sheetData></worksheet>")), "!413");      /* 120 MB in 120 kB */
    assert_refused(with("xl/sharedStrings.xml", many("<sst>", "<si><t>x</t></si>", 8000000, "</sst>")), "!413");
    assert_refused(with("xl/sharedStrings.xml", many("<sst><si><t>", "0123456789", 20000, "</t></si></sst>")), "!413");
    assert_refused(with(SHEET, many("<worksheet a=\"", "0123456789", 300000, "\"/>")), "!422");      /* a token without end */
    assert_refused(with(SHEET, S("<worksheet><sheetData><row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row></sheetData></worksheet>")), "!413");
    assert_refused(with(SHEET, S("<worksheet><sheetData><row r=\"1\"><c r=\"AAAAA1\"><v>1</v></c></row></sheetData></worksheet>")), "!422");
    assert_refused(with(SHEET, S("<worksheet><sheetData><row r=\"2\"/><row r=\"1\"/></sheetData></worksheet>")), "!422");
    assert_refused(with(SHEET, S("<worksheet><sheetData><row r=\"1048577\"/></sheetData></worksheet>")), "!422");
    assert_refused(with(SHEET, S("<worksheet><sheetData><row><c t=\"s\"><v>99</v></c></row></sheetData></worksheet>")), "!422");
    assert_refused(with(SHEET, S("<worksheet><sheetData><row><c t=\"s\"><v>-1</v></c></row></sheetData></worksheet>")), "!422");
    assert_refused(with("xl/_rels/workbook.xml.rels", S("<Relationships>" RELATION("r1", "worksheet", "../../../../etc/passwd") "</Relationships>")), "!422");
    assert_refused(with("xl/_rels/workbook.xml.rels", S("<Relationships><Relationship Id=\"r1\" Type=\"worksheet\" TargetMode=\"External\" Target=\"http://127.0.0.1/\"/></Relationships>")), "!422");
    struct file lots[10002];
    for (size_t i = 0; i < 10001; i++)
        lots[i] = (struct file){ str_printf(mem, "part%zu", i).p, S("x") };
    lots[10001] = (struct file)END;
    assert_refused(rows_of(zipped(lots), ""), "!413");
    assert_refused(rows_of(S("PK\3\4"), ""), "!422");
}

/* In an archive large enough for what it unpacks to. */
static str blank_then_row(size_t mib)
{
    enum { BALLAST = 1 << 20 };
    struct file files[16];
    size_t      n = 0;
    char       *ballast = arena_alloc(mem, BALLAST);
    rand_bytes(ballast, BALLAST);
    for (; whole[n].name; n++) {
        files[n] = whole[n];
        if (!strcmp(SHEET, files[n].name))
            files[n].text = many("<worksheet><sheetData>", "                                ", mib << 15, "<row><c><v>1</v></c></row></sheetData></worksheet>");
    }
    files[n++] = (struct file){ "ballast", { ballast, BALLAST } };
    files[n] = (struct file)END;
    return rows_of(zipped(files), "");
}

static void test_a_long_nothing_is_refused(void **state)
{
    (void)state;
    assert_string_equal(str_z(mem, blank_then_row(48)), "1:1\n");
    assert_refused(blank_then_row(80), "!413");
}

static void test_any_cut_or_spoilt_archive_is_refused_or_read(void **state)
{
    (void)state;
    str all = zipped(whole);
    for (size_t n = 0; n < all.n; n += 7)
        assert_refused(rows_of(str_sub(all, 0, n), ""), "!422");
    char *copy = arena_alloc(mem, all.n);
    for (size_t i = 0; i < all.n; i += 3) {
        arena_mark m = arena_here(mem);
        memcpy(copy, all.p, all.n);
        copy[i] ^= 0x55;
        rows_of((str){ copy, all.n }, "");      /* what matters is seen by the sanitizers */
        arena_back(mem, m);
    }
}

/* Many rows in many pieces: none is lost where two pieces meet. */
static void test_rows_that_are_cut_by_pieces(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, mem);
    buf_putz(&b, "<worksheet><sheetData>");
    for (int i = 1; i <= 20000; i++)
        buf_printf(&b, "<row r=\"%d\"><c t=\"inlineStr\"><is><t>text of row %d</t></is></c><c><v>%d.25</v></c></row>", i, i, i);
    buf_putz(&b, "</sheetData></worksheet>");
    str got = with(SHEET, buf_str(&b)), line;
    int n = 0;
    while (got.n && str_cut(&got, '\n', &line)) {
        n++;
        str want = str_printf(mem, "%d:text of row %d|%d.25", n, n, n);
        if (!str_eq(line, want))
            fail_msg(STR_FMT, STR_ARG(line));
    }
    assert_int_equal(n, 20000);
}

/* ---- records ------------------------------------------------------------------------------------------------------------- */

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"shop\",\"title\":\"name\",\"labels\":{\"en\":\"Shop: a/b\",\"zh-CN\":\"门店\"},\"fields\":[{\"name\":\"code\",\"type\":\"text\",\"unique\":true},"
    " {\"name\":\"name\",\"type\":\"text\"},{\"name\":\"note\",\"type\":\"long_text\",\"max_length\":40000},{\"name\":\"amount\",\"type\":\"money\"},{\"name\":\"big\",\"type\":\"decimal\",\"scale\":9},"
    " {\"name\":\"n\",\"type\":\"integer\"},{\"name\":\"rate\",\"type\":\"percent\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"datetime\"},{\"name\":\"yes\",\"type\":\"boolean\"}]}]";

static const char *const shops[] = {
    "{\"code\":\"1\",\"name\":\"=1+1\",\"note\":\"a\\nb\",\"amount\":\"-5.10\",\"big\":\"123456789.123456789\",\"n\":9007199254740993,\"rate\":\"0.1234\",\"day\":\"2026-01-31\",\"at\":\"2026-01-31T08:00:01Z\",\"yes\":true}",
    "{\"code\":\"2\",\"name\":\"'=guarded\",\"amount\":\"9.95\",\"big\":\"0.1\",\"n\":-1,\"day\":\"1899-12-31\",\"at\":\"1850-01-01T00:00:00Z\",\"yes\":false}",
    "{\"code\":\"3\",\"name\":\" 空 格 \",\"note\":\"𠮷\\u0001\",\"amount\":\"99999999999.99\",\"day\":\"9999-12-31\"}",
    "{\"code\":\"4\"}",
};

static struct fixture fx;

static bool begin(void *arg, struct ctx **c, struct err *e)
{
    (void)arg;
    fx.c = (struct ctx){ .mem = fx.mem, .cat = fx.cat, .actor = &fx.actor, .now = instant_now(), .way = "import" };
    err_init(&fx.c.err, fx.mem, LANG_EN);
    *c = &fx.c;
    return db_begin(fx.store, TX_WRITE, "test", &fx.c.db, e);
}
static bool commit(void *arg, struct err *e) { (void)arg; return db_commit(fx.c.db, e); }
static void rollback(void *arg) { (void)arg; db_rollback(fx.c.db); }

static bool say(void *arg, str rejected)
{
    (void)arg;
    fprintf(stderr, STR_FMT, STR_ARG(rejected));
    return true;
}

static void export_and_back(enum test_engine on)
{
    char          dir[] = "/tmp/qudao-xlsx-XXXXXX";
    struct err    e;
    struct table *t;
    if (!fixture_open(&fx, on, modules))
        return;
    assert_non_null(mkdtemp(dir));
    const char *path = str_printf(mem, "%s/a.xlsx", dir).p;
    fixture_begin(&fx, TX_WRITE);
    for (size_t i = 0; i < sizeof shops / sizeof shops[0]; i++)
        fixture_create(&fx, "shop", shops[i]);
    fixture_commit(&fx);
    fixture_begin(&fx, TX_READ);
    struct export_question ask = { .names = EXPORT_NAMES, .sort = S("code"), .fields = S("code,name,note,amount,big,n,rate,day,at,yes") };
    if (!export_xlsx(&fx.c, fixture_module(&fx, "shop"), &ask, path, dir))
        fixture_fail(&fx, "export");
    fixture_rollback(&fx);
    err_init(&e, mem, LANG_EN);
    struct table_options  to = { .sheet = STR_NONE };
    struct import_options o = { .module = S("shop"), .key = S("code"), .reject = say };
    struct import_door    door = { begin, commit, rollback, NULL };
    if (!table_open(path, &to, &t, &e))
        fail_msg(STR_FMT, STR_ARG(e.message));
    struct import *im = import_new(&o, table_next, t);
    if (!import_run(im, &door, &e))
        fail_msg(STR_FMT, STR_ARG(e.message));
    assert_int_equal(import_totals(im)->rows, 4);
    assert_int_equal(import_totals(im)->rejected, 0);
    assert_int_equal(import_totals(im)->unchanged, 4);
    assert_int_equal(table_permille(t), 1000);
    import_free(im);
    table_close(t);
    unlink(path);
    rmdir(dir);
    fixture_close(&fx);
}

static void test_an_export_read_again_changes_nothing(void **state)
{
    (void)state;
    export_and_back(TEST_SQLITE);
    export_and_back(TEST_POSTGRES);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_are_what_was_written), TEST(test_formats_say_what_is_a_date), TEST(test_days_of_both_systems), TEST(test_cells_become_text),
        TEST(test_what_means_harm_is_refused), TEST(test_what_is_too_much_is_refused), TEST(test_a_long_nothing_is_refused),
        TEST(test_any_cut_or_spoilt_archive_is_refused_or_read),
        TEST(test_rows_that_are_cut_by_pieces), TEST(test_an_export_read_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
