/* xlsx_write: see xlsx_write.h. */
#include "exchange/xlsx_write.h"
#include "base/text.h"
#include "exchange/csv.h"
#include "exchange/xlsx_read.h"

#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

enum { DIGITS = 15, SCALES = 13, TEXT_UNITS = 32767, WIDTH_MIN = 10, WIDTH_MAX = 40 };

struct book {
    struct ctx       *c;
    struct arena     *mem;              /* one cell */
    lxw_workbook     *wb;
    lxw_worksheet    *ws;
    lxw_format       *bold, *date, *time, *scales[SCALES];
    lxw_row_t         row;
    lxw_col_t         col;
    lxw_error         failed;
    bool              too_many, too_long;
};

static void check(struct book *b, lxw_error e)
{
    if (e != LXW_NO_ERROR && b->failed == LXW_NO_ERROR)
        b->failed = e;
}

/* As many as a spreadsheet counts: UTF-16. */
static size_t units(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n;)
        n += text_next(s, &i) > 0xffff ? 2 : 1;
    return n;
}

/* Control characters cannot stand in XML; Excel writes them as _x0001_, and so does the library. */
static void put_text(struct book *b, str s)
{
    if (s.n && units(s) > TEXT_UNITS)
        b->too_long = true;
    else if (s.n)
        check(b, worksheet_write_string(b->ws, b->row, b->col, str_z(b->mem, s), b->row ? NULL : b->bold));
}

static size_t digits_of(str s)
{
    size_t n = 0;
    bool   any = false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9' && (any || s.p[i] != '0')) {
            any = true;
            n++;
        }
    return n;
}

static lxw_format *scale_format(struct book *b, size_t decimals)
{
    static const char zeros[] = "0.000000000000";
    char              code[sizeof zeros];
    if (!decimals || decimals >= SCALES)
        return NULL;
    if (!b->scales[decimals]) {
        b->scales[decimals] = workbook_add_format(b->wb);
        memcpy(code, zeros, decimals + 2);
        code[decimals + 2] = 0;
        format_set_num_format(b->scales[decimals], code);
    }
    return b->scales[decimals];
}

static void put_number(struct book *b, str s)
{
    ptrdiff_t dot = str_chr(s, '.');
    if (digits_of(s) > DIGITS) {
        put_text(b, s);
        return;
    }
    check(b, worksheet_write_number(b->ws, b->row, b->col, strtod(str_z(b->mem, s), NULL), scale_format(b, dot < 0 ? 0 : s.n - (size_t)dot - 1)));
}

/* Before 1 March 1900 spreadsheets disagree about the day. */
static bool put_day(struct book *b, int64_t day, int64_t us, lxw_format *format)
{
    int64_t serial = day - day_of_civil(1899, 12, 30);
    if (serial < 61)
        return false;
    check(b, worksheet_write_number(b->ws, b->row, b->col, (double)serial + (double)(us / US_PER_S) / 86400.0, format));
    return true;
}

static bool put_moment(struct book *b, str s, enum vtype type)
{
    int64_t at, day;
    if (type == V_DATE)
        return day_parse(s, &at) && put_day(b, at, 0, b->date);
    if (!instant_parse(s, &at))
        return false;
    at = zone_local_us(b->c->cat->zone, at);
    day = at / US_PER_DAY - (at % US_PER_DAY < 0);
    return put_day(b, day, at - day * US_PER_DAY, b->time);
}

static void to_text(void *arg, str s)
{
    struct book *b = arg;
    arena_mark   m = arena_here(b->mem);
    if (!b->row)
        check(b, worksheet_set_column(b->ws, b->col, b->col, (double)(units(s) * 2 < WIDTH_MIN ? WIDTH_MIN : units(s) * 2 > WIDTH_MAX ? WIDTH_MAX : units(s) * 2), NULL));
    put_text(b, s);
    b->col++;
    arena_back(b->mem, m);
}

static void to_plain(void *arg, str s, enum vtype type)
{
    struct book *b = arg;
    arena_mark   m = arena_here(b->mem);
    switch (type) {
    case V_NULL: break;
    case V_INT: case V_DEC: put_number(b, s); break;
    case V_BOOL: check(b, worksheet_write_boolean(b->ws, b->row, b->col, s.n && (s.p[0] | 32) == 't', NULL)); break;
    case V_DATE: case V_TIME:
        if (!put_moment(b, s, type))
            put_text(b, s);
        break;
    default: put_text(b, s);
    }
    b->col++;
    arena_back(b->mem, m);
}

static bool end_row(void *arg)
{
    struct book *b = arg;
    b->row++;
    b->col = 0;
    b->too_many |= b->row > XLSX_ROWS_MAX;
    return b->failed == LXW_NO_ERROR && !b->too_many && !b->too_long;
}

static bool too_much(struct book *b)
{
    err_clear(&b->c->err);
    if (b->too_many)
        return err_set(&b->c->err, ERR_LIMIT, "A sheet holds at most %d rows; please ask for fewer or for CSV", XLSX_ROWS_MAX - 1);
    return err_set(&b->c->err, ERR_LIMIT, "A cell holds at most %d characters; please leave long texts out or ask for CSV", TEXT_UNITS);
}

static lxw_format *format(struct book *b, const char *code)
{
    lxw_format *f = workbook_add_format(b->wb);
    format_set_num_format(f, code);
    return f;
}

/* A sheet's name has no : \ / ? * [ ], no ' at its ends, and at most 31 characters. */
static const char *sheet_name(struct ctx *c, const struct module *m)
{
    str        label = label_in(&m->label, c->err.lang), s = label.n ? label : m->name;
    struct buf b;
    size_t     n = 0;
    buf_init(&b, c->mem);
    for (size_t i = 0; i < s.n && n < 31; n++) {
        size_t  from = i;
        int32_t cp = text_next(s, &i);
        if (cp < 0x20 || (cp < 0x80 && strchr(":\\/?*[]'", (int)cp)))
            buf_putc(&b, ' ');
        else
            buf_put(&b, str_sub(s, from, i));
    }
    return str_z(c->mem, buf_str(&b));
}

bool export_xlsx(struct ctx *c, const struct module *m, const struct export_question *ask, const char *path, const char *dir)
{
    lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = str_z(c->mem, str_of(dir)) };
    struct book          b = { .c = c, .mem = arena_new(0) };
    struct export_sink   sink = { to_text, to_plain, end_row, &b };
    b.wb = workbook_new_opt(path, &options);
    b.ws = b.wb ? workbook_add_worksheet(b.wb, sheet_name(c, m)) : NULL;
    if (!b.ws) {
        if (b.wb)
            workbook_close(b.wb);
        arena_free(b.mem);
        return err_set(&c->err, ERR_FULL, "The file cannot be written");
    }
    b.bold = workbook_add_format(b.wb);
    format_set_bold(b.bold);
    b.date = format(&b, "yyyy-mm-dd");
    b.time = format(&b, "yyyy-mm-dd hh:mm:ss");
    worksheet_freeze_panes(b.ws, 1, 0);
    bool ok = export_records(c, m, ask, &sink);
    if (!ok && (b.too_many || b.too_long))
        too_much(&b);
    if (workbook_close(b.wb) != LXW_NO_ERROR && ok)
        ok = err_set(&c->err, ERR_FULL, "The file cannot be written");
    arena_free(b.mem);
    return ok;
}
