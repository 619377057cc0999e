/* csv_test: the public cases of csv-spectrum, the ways in which people's files differ, what is refused, and that whatever is
 * written is read again, however the bytes are cut. */
#include "base/json.h"
#include "base/suite.h"
#include "exchange/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct bytes { str all; size_t at, most; };

static ptrdiff_t feed(void *arg, char *buf, size_t cap)
{
    struct bytes *b = arg;
    size_t n = b->all.n - b->at < b->most ? b->all.n - b->at : b->most;
    if (n > cap)
        n = cap;
    if (n)
        memcpy(buf, b->all.p + b->at, n);
    b->at += n;
    return (ptrdiff_t)n;
}

/* All rows as text: cells between |, rows ended by /; or the message. */
static const char *show(struct arena *mem, str text, size_t most)
{
    struct bytes       b = { text, 0, most };
    struct csv_reader *r = csv_reader_new(feed, &b, NULL, 0);
    struct csv_row     row;
    struct buf         out;
    struct err         e;
    bool               end;
    err_init(&e, mem, LANG_EN);
    buf_init(&out, mem);
    while (csv_next(r, &row, &end, &e) && !end) {
        for (size_t i = 0; i < row.n; i++) {
            buf_putz(&out, i ? "|" : "");
            buf_put(&out, row.cells[i]);
        }
        buf_putc(&out, '/');
    }
    csv_reader_free(r);
    if (e.kind)
        buf_put(&out, e.message);
    return str_z(mem, buf_str(&out));
}

static void test_forms(void **state)
{
    static const struct { const char *text, *rows; } cases[] = {
        { "", "" }, { "\n\n", "" }, { "a", "a/" }, { "a,b\n1,2\n", "a|b/1|2/" }, { "a,b\r\n1,2\r\n", "a|b/1|2/" }, { "a,b\r1,2", "a|b/1|2/" },
        { "\xef\xbb\xbf" "a,b\n1,2", "a|b/1|2/" }, { "a;b\n1,5;2", "a|b/1,5|2/" }, { "a\tb\n1\t2", "a|b/1|2/" },
        { "\"a,x\";b\n1;2", "a,x|b/1|2/" }, { "a,b\n\n1,\n,2\n", "a|b/1|/|2/" }, { "a,b\n\"x\ny\",\"\"\"q\"\"\"\n", "a|b/x\ny|\"q\"/" },
        { "a\n\"\"\n", "a//" }, { "a,b\n1 \"x\" 2,5'6\"", "a|b/1 \"x\" 2|5'6\"/" }, { "a,b\n\"1\",\"\"", "a|b/1|/" },
        { "a\n\"\"\"\"", "a/\"/" },
        { "a,b\n1,\"x\n2,3\n", "a|b/Line 2: a quote is opened and never closed" },
        { "a,b\n\"x\ny\"z,3\n", "a|b/Line 2: there is text behind a closing quote" },
        { "\"a\n\nb\",c\n\"x\"y", "a\n\nb|c/Line 4: there is text behind a closing quote" },
    };
    struct arena *mem = arena_new(0);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t most = 1; most < 9; most++)
            assert_string_equal(show(mem, str_of(cases[i].text), most), cases[i].rows);
    static const char nul[] = "a\n1\00022\0003\n";
    assert_string_equal(show(mem, (str){ nul, sizeof nul - 1 }, 100), "After line 1: this is not text");
    static const char gbk[] = "\xb1\xe0\xba\xc5,\xc3\xfb\xb3\xc6\n1,\xc9\xcf\xba\xa3\n";     /* GB 18030 */
    assert_string_equal(show(mem, (str){ gbk, sizeof gbk - 1 }, 3), "编号|名称/1|上海/");
    arena_free(mem);
}

static void same_as_json(struct arena *mem, str text, const struct json *want)
{
    struct bytes       b = { text, 0, 5 };
    struct csv_reader *r = csv_reader_new(feed, &b, NULL, 0);
    struct csv_row     row;
    struct err         e;
    bool               end;
    str                names[16];
    size_t             n;
    err_init(&e, mem, LANG_EN);
    assert_true(csv_next(r, &row, &end, &e) && !end);
    for (n = 0; n < row.n; n++)
        names[n] = str_dup(mem, row.cells[n]);
    for (const struct json *j = want->type == JSON_OBJECT ? want : want->first; j; j = j->next) {
        assert_true(csv_next(r, &row, &end, &e) && !end);
        assert_int_equal(row.n, n);
        for (size_t i = 0; i < n; i++)
            if (!str_eqz(names[i], "Contact Phone Number"))       /* differs within the suite itself */
                assert_true(str_eq(json_get_str(j, names[i])->s, row.cells[i]));
    }
    assert_true(csv_next(r, &row, &end, &e) && end);
    csv_reader_free(r);
}

static void test_spectrum(void **state)
{
    static const char *const names[] = { "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates", "newlines",
                                         "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8" };
    struct arena *mem = arena_new(0);
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err   e;
        struct json *j;
        str          text = STR_NONE, json = STR_NONE;
        err_init(&e, mem, LANG_EN);
        if (!suite_read(mem, str_z(mem, str_printf(mem, "suites/csv/csvs/%s.csv", names[i])), &text) ||
            !suite_read(mem, str_z(mem, str_printf(mem, "suites/csv/json/%s.json", names[i])), &json))
            skip();
        if (!json_parse(mem, json, &j, &e))
            fail_msg("%s: " STR_FMT, names[i], STR_ARG(e.message));
        same_as_json(mem, text, j);
    }
    arena_free(mem);
}

static bool keep(void *arg, str s)
{
    buf_put(arg, s);
    return true;
}

/* A file is read in pieces of 64 KiB; a cell in quotes that goes on in the next piece is not one that is never closed. */
static void test_quotes_across_pieces(void **state)
{
    (void)state;
    enum { ROWS = 9000 };
    struct arena *mem = arena_new(0);
    struct buf    b;
    buf_init(&b, mem);
    for (int i = 0; i < ROWS; i++)
        buf_printf(&b, "%d,\"a, \"\"b\"\" and %d\nmore\",x\n", i, i * 7);
    struct bytes       bytes = { buf_str(&b), 0, SIZE_MAX };
    struct csv_reader *r = csv_reader_new(feed, &bytes, NULL, 0);
    struct csv_row     row;
    struct err         e;
    bool               end = false;
    int                n = 0;
    err_init(&e, mem, LANG_EN);
    for (; csv_next(r, &row, &end, &e) && !end; n++) {
        assert_int_equal(row.n, 3);
        assert_true(str_eq(row.cells[1], str_printf(mem, "a, \"b\" and %d\nmore", n * 7)));
    }
    if (e.kind)
        fail_msg(STR_FMT, STR_ARG(e.message));
    assert_int_equal(n, ROWS);
    csv_reader_free(r);
    arena_free(mem);
}

static void test_written_is_read(void **state)
{
    static const char *const texts[] = { "", "plain", "a,b", "\"", "two\nlines", "cr\rlf\r\n", " lead", "trail ", "=1+1", "+86 10", "-5", "@x", "\tx", "\rx", "'",
                                         "'=x", "''=x", "' '-1", "  =x", "　=x", "＝x", "'plain", "a=b", "中文;", "\n=x" };
    struct arena *mem = arena_new(0);
    size_t        n = sizeof texts / sizeof texts[0];
    (void)state;
    for (size_t width = 1; width <= 3; width++) {
        struct buf        out;
        struct csv_writer w;
        buf_init(&out, mem);
        csv_writer_init(&w, mem, keep, &out);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < width; k++)
                csv_text(&w, str_of(texts[(i + k) % n]));
            assert_true(csv_end_row(&w));
        }
        assert_true(csv_end(&w));
        struct bytes       b = { buf_str(&out), 0, 7 };
        struct csv_reader *r = csv_reader_new(feed, &b, NULL, ',');
        struct csv_row     row;
        struct err         e;
        bool               end;
        err_init(&e, mem, LANG_EN);
        for (size_t i = 0; i < n; i++) {
            assert_true(csv_next(r, &row, &end, &e) && !end);
            assert_int_equal(row.n, width);
            for (size_t k = 0; k < width; k++) {
                const char *want = texts[(i + k) % n];
                assert_true(str_eqz(csv_unguard(row.cells[k]), want));
                bool runs = csv_is_formula(row.cells[k]) && row.cells[k].p[0] != '\'';
                assert_false(runs);
            }
        }
        assert_true(csv_next(r, &row, &end, &e) && end);
        csv_reader_free(r);
    }
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_forms), cmocka_unit_test(test_spectrum),
        cmocka_unit_test(test_quotes_across_pieces), cmocka_unit_test(test_written_is_read) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
