/* xlsx_read: see xlsx_read.h.
 *
 * _rels/.rels names the workbook, the workbook's relations name the sheets, the shared strings and the styles.  Those small parts
 * are read whole when the file is opened, the sheet itself as its rows are asked for. */
#include "exchange/xlsx_read.h"
#include "exchange/package.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_PART = 16 << 20, STRINGS_MAX = 4000000, SHEETS_MAX = 1000, STYLES_MAX = 65536, FORMATS_MAX = 10000, TEXT_MAX = 128 * 1024, NAME_LENGTH_MAX = 512 };
#define STRINGS_PART (UINT64_C(1) << 30)
#define STRINGS_BYTES ((size_t)192 << 20)
#define SHEET_PART (UINT64_C(8) << 30)
#define MEMORY ((size_t)768 << 20)
/* Of a sheet without a row with something in it: in front of the first, where somebody waits, and later. */
#define BLANK_FIRST (UINT64_C(64) << 20)
#define BLANK_LATER (UINT64_C(1) << 30)

struct sheet { str name, relation; };
struct relation { str id, type, target; };
struct format { int64_t id; enum xlsx_moment kind; };

struct xlsx_reader {
    struct package     *package;
    struct arena       *mem;            /* as long as the reader: strings, styles */
    struct arena       *row_mem, *spare;/* rows that were read and not yet asked for; and for the half-read one */
    struct err         *e;              /* of the call that is running */
    struct part_reader *part;           /* the sheet */
    struct part_reader *now;            /* being read: who may stop it */
    bool                ended, from_1904, any;      /* any: there was a row */
    uint64_t            row_at;         /* bytes of the sheet read when the last rows were asked for */
    /* of the small parts */
    str                 workbook, want;
    struct relation    *relations; size_t nrelations, relations_cap;
    struct sheet       *sheets; size_t nsheets;
    struct format      *formats; size_t nformats;
    uint8_t            *styles; size_t nstyles; bool in_xfs;
    str                *strings; size_t nstrings, strings_cap, string_bytes;
    /* what is being read */
    struct buf          text;
    bool                in_text, in_item, phonetic;
    /* the row */
    struct csv_row     *rows; size_t nrows, at, rows_cap;       /* finished */
    str                *cells; size_t ncells, row_bytes;
    int64_t             row, cells_read;
    size_t              column;
    char                type;           /* of the cell: n s b e d t (text) */
    size_t              style;
};

static bool stop(struct xlsx_reader *x)
{
    part_stop(x->now);
    return false;
}

static bool broken(struct xlsx_reader *x)
{
    err_set(x->e, ERR_INVALID, "This workbook cannot be read; it is damaged");
    return stop(x);
}

static bool too_large(struct xlsx_reader *x)
{
    err_set(x->e, ERR_LIMIT, "This workbook is too large when it is unpacked");
    return stop(x);
}

static str kept(struct xlsx_reader *x, const char *z) { return z ? str_dup(x->mem, str_of(z)) : S(""); }

static int64_t number_of(const char *z, int64_t otherwise)
{
    int64_t i;
    return z && str_to_i64(str_of(z), &i) ? i : otherwise;
}

/* A small part, read whole. */
static bool read_part(struct xlsx_reader *x, str name, uint64_t limit, const struct part_words *words, bool *absent)
{
    bool end = false, ok;
    x->now = part_open(x->package, name, limit, words, x, absent, x->e);
    ok = x->now != NULL;
    while (ok && !end)
        ok = part_some(x->now, &end, x->e);
    part_close(x->now);
    x->now = NULL;
    return ok;
}

static bool no_workbook(struct xlsx_reader *x) { return err_set(x->e, ERR_INVALID, "This is no workbook (.xlsx)"); }

/* ---- relations ---------------------------------------------------------------------------------------------------------- */

static void relation_start(void *arg, const char *name, const char **a)
{
    struct xlsx_reader *x = arg;
    const char         *mode = part_attribute(a, "TargetMode");
    if (strcmp(name, "Relationship") || (mode && !strcmp(mode, "External")))
        return;
    if (x->nrelations == x->relations_cap) {
        broken(x);
        return;
    }
    x->relations[x->nrelations++] = (struct relation){ kept(x, part_attribute(a, "Id")), kept(x, part_attribute(a, "Type")), kept(x, part_attribute(a, "Target")) };
}

static bool read_relations(struct xlsx_reader *x, str part)
{
    static const struct part_words words = { .start = relation_start };
    bool                           absent;
    x->relations_cap = SHEETS_MAX + 100;
    x->relations = NEWV(x->mem, struct relation, x->relations_cap);
    x->nrelations = 0;
    return read_part(x, part, SMALL_PART, &words, &absent) || (absent && no_workbook(x));
}

/* A target is relative to the folder of its part, or begins with / */
static str resolve(struct xlsx_reader *x, str from, str target)
{
    struct buf b;
    str        rest, part;
    if (str_starts(target, S("/")))
        return str_sub(target, 1, target.n);
    size_t at = from.n;
    while (at && from.p[at - 1] != '/')
        at--;
    buf_init(&b, x->mem);
    buf_put(&b, str_sub(from, 0, at));
    rest = target;
    while (rest.n && str_cut(&rest, '/', &part)) {
        if (str_eqz(part, ".."))
            for (b.n -= b.n > 0; b.n && b.p[b.n - 1] != '/';)
                b.n--;
        else if (part.n && !str_eqz(part, ".")) {
            buf_put(&b, part);
            if (rest.p)
                buf_putc(&b, '/');
        }
    }
    return buf_str(&b);
}

static str relation_by_type(struct xlsx_reader *x, const char *type, str from)
{
    for (size_t i = 0; i < x->nrelations; i++)
        if (str_ends(x->relations[i].type, str_of(type)))
            return resolve(x, from, x->relations[i].target);
    return STR_NONE;
}

/* ---- workbook ------------------------------------------------------------------------------------------------------------- */

static void workbook_start(void *arg, const char *name, const char **a)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "workbookPr")) {
        const char *old = part_attribute(a, "date1904");
        x->from_1904 = old && (!strcmp(old, "1") || !strcmp(old, "true"));
    }
    if (strcmp(name, "sheet"))
        return;
    if (x->nsheets == SHEETS_MAX) {
        broken(x);
        return;
    }
    x->sheets[x->nsheets++] = (struct sheet){ kept(x, part_attribute(a, "name")), kept(x, part_attribute(a, "id")) };
}

static const struct sheet *chosen(struct xlsx_reader *x)
{
    struct buf b;
    buf_init(&b, x->mem);
    for (size_t i = 0; i < x->nsheets; i++) {
        if (!x->want.n || str_eq_nocase(x->sheets[i].name, x->want))
            return &x->sheets[i];
        buf_putz(&b, i ? ", " : "");
        buf_put(&b, x->sheets[i].name);
    }
    if (x->nsheets)
        err_problem(x->e, S("sheet"), "choice", "There is no sheet “" STR_FMT "”; there are " STR_FMT, STR_ARG(x->want), STR_ARG(buf_str(&b)));
    else
        no_workbook(x);
    return NULL;
}

/* ---- styles --------------------------------------------------------------------------------------------------------------- */

static enum xlsx_moment built_in(int64_t id)
{
    if (id >= 45 && id <= 47)
        return XLSX_CLOCK;
    if (id >= 18 && id <= 21)
        return XLSX_CLOCK;
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58) ? XLSX_DATE : XLSX_NUMBER;
}

static void styles_start(void *arg, const char *name, const char **a)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "cellXfs"))
        x->in_xfs = true;
    else if (!strcmp(name, "numFmt")) {
        const char *code = part_attribute(a, "formatCode");
        if (x->nformats < FORMATS_MAX && code)
            x->formats[x->nformats++] = (struct format){ number_of(part_attribute(a, "numFmtId"), -1), xlsx_format_kind(str_of(code)) };
    } else if (x->in_xfs && !strcmp(name, "xf")) {
        int64_t          id = number_of(part_attribute(a, "numFmtId"), 0);
        enum xlsx_moment kind = built_in(id);
        for (size_t i = 0; i < x->nformats; i++)
            if (x->formats[i].id == id)
                kind = x->formats[i].kind;
        if (x->nstyles < STYLES_MAX)
            x->styles[x->nstyles++] = (uint8_t)kind;
    }
}

static void styles_end(void *arg, const char *name)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "cellXfs"))
        x->in_xfs = false;
}

/* ---- shared strings --------------------------------------------------------------------------------------------------------- */

/* A string is its <t>, or those of its runs; <rPh> says how to pronounce it. */
static void add_text(void *arg, str s)
{
    struct xlsx_reader *x = arg;
    if (!x->in_text)
        return;
    if (x->text.n + s.n > TEXT_MAX)
        too_large(x);
    else
        buf_put(&x->text, s);
}

static void item_start(struct xlsx_reader *x, const char *name)
{
    if (!strcmp(name, "rPh"))
        x->phonetic = true;
    else if (!strcmp(name, "t"))
        x->in_text = x->in_item && !x->phonetic;
}

static void item_end(struct xlsx_reader *x, const char *name)
{
    if (!strcmp(name, "rPh"))
        x->phonetic = false;
    else if (!strcmp(name, "t"))
        x->in_text = false;
}

static void strings_start(void *arg, const char *name, const char **a)
{
    struct xlsx_reader *x = arg;
    (void)a;
    if (!strcmp(name, "si")) {
        x->in_item = true;
        x->text.n = 0;
    } else
        item_start(x, name);
}

/* _x000D_ stands for a character that XML cannot hold, _x005F_ for the _ of a text that looks so. */
static str unescaped(struct arena *mem, str s)
{
    struct buf b;
    size_t     from = 0;
    ptrdiff_t  at = str_find(s, S("_x"));
    if (at < 0)
        return s;
    buf_init(&b, mem);
    buf_grow(&b, s.n);      /* once, because what a buffer grows out of stays in the arena */
    for (size_t i = (size_t)at; i + 7 <= s.n; i++) {
        unsigned char byte[2];
        char          out[4];
        if (s.p[i] != '_' || s.p[i + 1] != 'x' || s.p[i + 6] != '_' || !hash_from_hex(str_sub(s, i + 2, i + 6), byte, 2))
            continue;
        int32_t cp = byte[0] << 8 | byte[1];
        if (!cp || (cp >= 0xd800 && cp < 0xe000))
            continue;
        buf_put(&b, str_sub(s, from, i));
        buf_put(&b, (str){ out, text_encode(cp, out) });
        from = i + 7;
        i += 6;
    }
    buf_put(&b, str_sub(s, from, s.n));
    return buf_str(&b);
}

static void keep_string(struct xlsx_reader *x)
{
    if (x->nstrings == STRINGS_MAX || (x->string_bytes += x->text.n + 32) > STRINGS_BYTES) {
        too_large(x);
        return;
    }
    if (x->nstrings == x->strings_cap) {
        str *more = NEWV(x->mem, str, x->strings_cap ? x->strings_cap * 2 : 1024);
        if (x->nstrings)
            memcpy(more, x->strings, x->nstrings * sizeof *more);
        x->strings = more;
        x->strings_cap = x->strings_cap ? x->strings_cap * 2 : 1024;
    }
    str s = buf_str(&x->text), plain = unescaped(x->mem, s);
    x->strings[x->nstrings++] = plain.p == s.p ? str_dup(x->mem, s) : plain;
}

static void strings_end(void *arg, const char *name)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "si") && x->in_item) {
        x->in_item = false;
        keep_string(x);
    } else
        item_end(x, name);
}

/* ---- the sheet ---------------------------------------------------------------------------------------------------------------- */

static char type_of(const char *t)
{
    static const struct { const char *name; char type; } types[] = { { "s", 's' }, { "b", 'b' }, { "e", 'e' }, { "d", 'd' }, { "str", 't' }, { "inlineStr", 't' } };
    for (size_t i = 0; t && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(t, types[i].name))
            return types[i].type;
    return 'n';
}

/* "BC17": the column from 0; the row is the row's business. */
static bool column_of(const char *r, size_t *out)
{
    size_t n = 0;
    int    letters = 0;
    for (; *r >= 'A' && *r <= 'Z' && letters < 4; r++, letters++)
        n = n * 26 + (size_t)(*r - 'A' + 1);
    *out = n - 1;
    return n > 0 && letters < 4;
}

static void cell_start(struct xlsx_reader *x, const char **a)
{
    const char *r = part_attribute(a, "r");
    int64_t     style = number_of(part_attribute(a, "s"), 0);
    if (r && !column_of(r, &x->column)) {
        broken(x);
        return;
    }
    x->type = type_of(part_attribute(a, "t"));
    x->style = style >= 0 && (size_t)style < x->nstyles ? (size_t)style : x->nstyles;
    x->in_item = true;
    x->text.n = 0;
    if (++x->cells_read > XLSX_CELLS_MAX)
        too_large(x);
}

static str cell_text(struct xlsx_reader *x)
{
    str              s = buf_str(&x->text), out;
    int64_t          i;
    enum xlsx_moment kind = x->style < x->nstyles ? x->styles[x->style] : XLSX_NUMBER;
    switch (x->type) {
    case 's':
        if (!str_to_i64(str_trim(s), &i) || i < 0 || (size_t)i >= x->nstrings) {
            broken(x);
            return S("");
        }
        s = x->strings[i];
        break;
    case 'b': return str_eqz(str_trim(s), "1") ? S("true") : S("false");
    case 'n':
        out = kind != XLSX_NUMBER ? xlsx_moment_text(x->row_mem, s, x->from_1904, kind) : STR_NONE;
        if (!out.p)
            out = xlsx_number_text(x->row_mem, s);
        if (out.p)
            return out;
        break;
    default: s = unescaped(x->row_mem, s);
    }
    if (csv_is_formula(s))
        return str_cat(x->row_mem, S("'"), s);
    return x->type == 's' ? s : str_dup(x->row_mem, s);
}

static void cell_end(struct xlsx_reader *x)
{
    x->in_item = false;
    if (x->text.n) {
        str s = cell_text(x);
        if (x->column >= CSV_CELLS_MAX) {
            err_set(x->e, ERR_LIMIT, "Line %lld: too many columns", (long long)x->row);
            stop(x);
            return;
        }
        if ((x->row_bytes += s.n) > CSV_ROW_MAX) {
            err_set(x->e, ERR_LIMIT, "Line %lld: the row is too long; a quote may be missing", (long long)x->row);
            stop(x);
            return;
        }
        while (x->ncells < x->column)
            x->cells[x->ncells++] = S("");
        if (x->column == x->ncells)
            x->ncells++;
        x->cells[x->column] = s;
    }
    x->column++;
}

static void row_start(struct xlsx_reader *x, const char **a)
{
    int64_t row = number_of(part_attribute(a, "r"), x->row + 1);
    if (row <= x->row || row > XLSX_ROWS_MAX) {
        broken(x);
        return;
    }
    x->row = row;
    x->ncells = x->column = x->row_bytes = 0;
}

static void row_end(struct xlsx_reader *x)
{
    if (!x->ncells)
        return;
    if (x->nrows == x->rows_cap) {
        struct csv_row *more = NEWV(x->row_mem, struct csv_row, x->rows_cap ? x->rows_cap * 2 : 64);
        if (x->nrows)
            memcpy(more, x->rows, x->nrows * sizeof *more);
        x->rows = more;
        x->rows_cap = x->rows_cap ? x->rows_cap * 2 : 64;
    }
    struct csv_row *r = &x->rows[x->nrows++];
    *r = (struct csv_row){ .cells = NEWV(x->row_mem, str, x->ncells), .n = x->ncells, .line = x->row };
    r->quoted = NEWV(x->row_mem, bool, x->ncells);      /* blanks are as they were typed */
    memset(r->quoted, 1, x->ncells);
    memcpy(r->cells, x->cells, x->ncells * sizeof *r->cells);
    x->ncells = 0;
}

static void sheet_start(void *arg, const char *name, const char **a)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "row"))
        row_start(x, a);
    else if (!strcmp(name, "c"))
        cell_start(x, a);
    else if (!strcmp(name, "v"))
        x->in_text = x->in_item;
    else
        item_start(x, name);
}

static void sheet_end(void *arg, const char *name)
{
    struct xlsx_reader *x = arg;
    if (!strcmp(name, "row"))
        row_end(x);
    else if (!strcmp(name, "c")) {
        if (x->in_item)
            cell_end(x);
    } else if (!strcmp(name, "v"))
        x->in_text = false;
    else
        item_end(x, name);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------ */

static bool read_workbook(struct xlsx_reader *x)
{
    static const struct part_words words = { .start = workbook_start };
    bool                           absent;
    if (!read_relations(x, S("_rels/.rels")))
        return false;
    x->workbook = relation_by_type(x, "/officeDocument", S(""));
    x->sheets = NEWV(x->mem, struct sheet, SHEETS_MAX);
    if (!x->workbook.n)
        return no_workbook(x);
    return read_part(x, x->workbook, SMALL_PART, &words, &absent) || (absent && no_workbook(x));
}

static bool read_styles(struct xlsx_reader *x)
{
    static const struct part_words words = { .start = styles_start, .end = styles_end };
    str                            part = relation_by_type(x, "/styles", x->workbook);
    bool                           absent;
    x->formats = NEWV(x->mem, struct format, FORMATS_MAX);
    x->styles = NEWV(x->mem, uint8_t, STYLES_MAX);
    return !part.n || read_part(x, part, SMALL_PART, &words, &absent) || absent;
}

static bool read_strings(struct xlsx_reader *x)
{
    static const struct part_words words = { .start = strings_start, .end = strings_end, .text = add_text };
    str                            part = relation_by_type(x, "/sharedStrings", x->workbook);
    bool                           absent;
    return !part.n || read_part(x, part, STRINGS_PART, &words, &absent) || absent;
}

/* xl/workbook.xml -> xl/_rels/workbook.xml.rels */
static str relations_of(struct xlsx_reader *x, str part)
{
    size_t at = part.n;
    while (at && part.p[at - 1] != '/')
        at--;
    str folder = str_sub(part, 0, at), file = str_sub(part, at, part.n);
    return str_printf(x->mem, STR_FMT "_rels/" STR_FMT ".rels", STR_ARG(folder), STR_ARG(file));
}

static bool open_sheet(struct xlsx_reader *x)
{
    static const struct part_words words = { .start = sheet_start, .end = sheet_end, .text = add_text };
    const struct sheet            *s = chosen(x);
    bool                           absent;
    for (size_t i = 0; s && i < x->nrelations; i++)
        if (str_eq(x->relations[i].id, s->relation)) {
            x->part = part_open(x->package, resolve(x, x->workbook, x->relations[i].target), SHEET_PART, &words, x, &absent, x->e);
            return x->part || (absent && err_set(x->e, ERR_INVALID, "This workbook cannot be read; it is damaged"));
        }
    return s && err_set(x->e, ERR_INVALID, "This workbook cannot be read; it is damaged");
}

static bool open_all(struct xlsx_reader *x)
{
    buf_init(&x->text, x->mem);
    buf_grow(&x->text, TEXT_MAX);
    x->cells = NEWV(x->mem, str, CSV_CELLS_MAX);
    return read_workbook(x) && read_relations(x, relations_of(x, x->workbook)) && read_styles(x) && read_strings(x) && open_sheet(x);
}

/* What a reader may hold is the file's limit, not the caller's. */
static bool within_memory(struct xlsx_reader *x, bool (*work)(struct xlsx_reader *))
{
    jmp_buf full;
    bool    ok;
    arena_guard(x->mem, &full);
    if (setjmp(full) == 0) {
        ok = work(x);
    } else {
        if (x->now != x->part)      /* a small part */
            part_close(x->now);
        x->now = NULL;
        ok = err_set(x->e, ERR_LIMIT, "This workbook is too large when it is unpacked");
    }
    arena_guard(x->mem, NULL);
    return ok;
}

static bool open_package(struct package *p, str sheet, struct xlsx_reader **out, struct err *e)
{
    struct xlsx_reader *x = calloc(1, sizeof *x);
    CHECK(x != NULL);
    *x = (struct xlsx_reader){ .package = p, .mem = arena_new(MEMORY), .row_mem = arena_new(MEMORY), .spare = arena_new(MEMORY), .e = e };
    arena_under(x->row_mem, x->mem);
    arena_under(x->spare, x->mem);
    x->want = str_dup(x->mem, str_trim(sheet));
    if (within_memory(x, open_all)) {
        x->in_item = x->in_text = x->phonetic = false;
        *out = x;
        return true;
    }
    xlsx_close(x);
    return false;
}

bool xlsx_open(const char *path, str sheet, struct xlsx_reader **out, struct err *e)
{
    struct package *p;
    *out = NULL;
    return package_open(path, &p, e) && open_package(p, sheet, out, e);
}

bool xlsx_open_bytes(str bytes, str sheet, struct xlsx_reader **out, struct err *e)
{
    struct package *p;
    *out = NULL;
    return package_open_bytes(bytes, &p, e) && open_package(p, sheet, out, e);
}

/* Of a row that is half read the texts move on. */
static void forget_rows(struct xlsx_reader *x)
{
    struct arena *old = x->row_mem;
    for (size_t i = 0; i < x->ncells; i++)
        x->cells[i] = str_dup(x->spare, x->cells[i]);
    arena_reset(old);
    x->row_mem = x->spare;
    x->spare = old;
    x->at = x->nrows = x->rows_cap = 0;
}

static bool read_some(struct xlsx_reader *x) { return part_some(x->part, &x->ended, x->e); }

bool xlsx_next(struct xlsx_reader *x, struct csv_row *row, bool *end, struct err *e)
{
    *end = false;
    x->e = e;
    while (x->at == x->nrows) {
        if (x->ended) {
            *end = true;
            return true;
        }
        forget_rows(x);
        x->now = x->part;
        if (!within_memory(x, read_some))
            return false;
        if (part_read(x->part) - x->row_at > (x->any ? BLANK_LATER : BLANK_FIRST))
            return err_set(e, ERR_LIMIT, "This workbook is too large when it is unpacked");
    }
    x->any = true;
    x->row_at = part_read(x->part);
    *row = x->rows[x->at++];
    return true;
}

int xlsx_permille(const struct xlsx_reader *x) { return x->ended ? 1000 : part_permille(x->part); }

void xlsx_close(struct xlsx_reader *x)
{
    if (!x)
        return;
    part_close(x->part);
    package_close(x->package);
    arena_free(x->row_mem);
    arena_free(x->spare);
    arena_free(x->mem);
    free(x);
}
