/* table: see table.h. */
#include "exchange/table.h"
#include "exchange/xlsx_read.h"
#include "base/check.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct table {
    struct arena      *mem;
    FILE              *f;
    int64_t            size, at;
    struct csv_reader  *csv;
    struct xlsx_reader *xlsx;
};

static ptrdiff_t read_some(void *arg, char *buf, size_t cap)
{
    struct table *t = arg;
    size_t        n = fread(buf, 1, cap, t->f);
    t->at += (int64_t)n;
    return n || !ferror(t->f) ? (ptrdiff_t)n : -1;
}

static bool open_csv(struct table *t, const struct table_options *o, struct err *e)
{
    const char          *encoding = o->encoding.n ? str_z(t->mem, text_lower(t->mem, o->encoding)) : NULL;
    struct text_decoder *known = encoding ? text_decoder_new(encoding) : NULL;
    if (encoding && !known)
        return err_problem(e, S("encoding"), "choice", "The encoding must be utf-8, utf-16le, utf-16be, gbk or gb18030");
    text_decoder_free(known);
    t->csv = csv_reader_new(read_some, t, encoding, o->delimiter);
    return true;
}

static bool open_any(struct table *t, const char *path, const struct table_options *o, struct err *e)
{
    static const unsigned char compound[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
    unsigned char head[8] = { 0 };
    struct stat   st;
    t->f = fopen(path, "rb");
    if (!t->f || fstat(fileno(t->f), &st) || !S_ISREG(st.st_mode)) {
        err_set(e, ERR_NOT_FOUND, "The file cannot be read");
        return err_detail(e, "%s: %s", path, strerror(errno));
    }
    t->size = st.st_size;
    size_t n = fread(head, 1, sizeof head, t->f);
    rewind(t->f);
    if (n == sizeof head && !memcmp(head, compound, sizeof head))
        return err_set(e, ERR_INVALID, "This is a workbook of the old kind (.xls) or one with a password; save it as .xlsx without a password");
    if (n >= 4 && !memcmp(head, "PK\3\4", 4))
        return xlsx_open(path, o->sheet, &t->xlsx, e);
    return open_csv(t, o, e);
}

bool table_open(const char *path, const struct table_options *o, struct table **out, struct err *e)
{
    struct table *t = calloc(1, sizeof *t);
    CHECK(t != NULL);
    t->mem = arena_new(0);
    *out = NULL;
    if (open_any(t, path, o, e)) {
        *out = t;
        return true;
    }
    table_close(t);
    return false;
}

bool table_next(void *table, struct csv_row *row, bool *end, struct err *e)
{
    struct table *t = table;
    return t->xlsx ? xlsx_next(t->xlsx, row, end, e) : csv_next(t->csv, row, end, e);
}

int table_permille(const struct table *t)
{
    if (t->xlsx)
        return xlsx_permille(t->xlsx);
    return t->size ? (int)(t->at * 1000 / t->size) : 1000;
}

void table_close(struct table *t)
{
    if (!t)
        return;
    csv_reader_free(t->csv);
    xlsx_close(t->xlsx);
    if (t->f)
        fclose(t->f);
    arena_free(t->mem);
    free(t);
}
