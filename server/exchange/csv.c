/* csv: see csv.h. */
#include "exchange/csv.h"
#include "base/check.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 * 1024 };

struct csv_reader {
    ptrdiff_t          (*read)(void *, char *, size_t);
    void                *arg;
    const char          *encoding;
    char                 delimiter;
    struct text_decoder *decoder;
    struct arena        *piece;         /* what the decoder gives, until it is moved into text */
    char                *text; size_t from, n, cap;     /* decoded, not yet given out: [from, n) */
    char                *raw;
    bool                 ended;         /* text has all there is */
    bool                 failed;
    int64_t              line;          /* of text[from] */
    str                 *cells; bool *quoted; size_t room;
};

struct csv_reader *csv_reader_new(ptrdiff_t (*read)(void *, char *, size_t), void *arg, const char *encoding, char delimiter)
{
    struct csv_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    *r = (struct csv_reader){ .read = read, .arg = arg, .encoding = encoding, .delimiter = delimiter, .line = 1, .cap = 4 * PIECE, .room = 64 };
    r->text = malloc(r->cap);
    r->raw = malloc(PIECE);
    r->cells = calloc(r->room, sizeof *r->cells);
    r->quoted = calloc(r->room, sizeof *r->quoted);
    CHECK(r->text && r->raw && r->cells && r->quoted);
    r->piece = arena_new((size_t)64 << 20);
    return r;
}

void csv_reader_free(struct csv_reader *r)
{
    if (!r)
        return;
    text_decoder_free(r->decoder);
    arena_free(r->piece);
    free(r->text);
    free(r->raw);
    free(r->cells);
    free(r->quoted);
    free(r);
}

/* err_test: argument 3 of REFUSE is a format */
#define REFUSE(r, e, what, line) ((r)->failed = true, err_set((e), ERR_MALFORMED, what, (long long)(line)))

/* ---- bytes to text ---------------------------------------------------------------------------------------------- */

static bool read_raw(struct csv_reader *r, size_t *n, bool *last, struct err *e)
{
    for (*n = 0, *last = false; *n < PIECE && !*last;) {
        ptrdiff_t got = r->read(r->arg, r->raw + *n, PIECE - *n);
        if (got < 0) {
            r->failed = true;
            return err_set(e, ERR_MALFORMED, "The file cannot be read");
        }
        *last = got == 0;
        *n += (size_t)got;
    }
    return true;
}

static bool make_room(struct csv_reader *r, size_t more, struct err *e)
{
    memmove(r->text, r->text + r->from, r->n - r->from);
    r->n -= r->from;
    r->from = 0;
    if (r->n > CSV_ROW_MAX)
        return REFUSE(r, e, "Line %lld: the row is too long; a quote may be missing", r->line);
    while (r->n + more > r->cap) {
        char *bigger = realloc(r->text, r->cap * 2);
        CHECK(bigger != NULL);
        r->text = bigger;
        r->cap *= 2;
    }
    return true;
}

/* The separator that the first row has most of, outside quotes. */
static char find_delimiter(str s)
{
    static const char choice[] = { ',', ';', '\t' };
    size_t count[3] = { 0 }, best = 0;
    bool   in = false, full = false;
    for (size_t i = 0; i < s.n; i++) {
        in ^= s.p[i] == '"';
        if (!in && (s.p[i] == '\n' || s.p[i] == '\r')) {
            if (full)
                break;
            continue;
        }
        full = true;
        for (size_t k = 0; k < 3 && !in; k++)
            count[k] += s.p[i] == choice[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (count[k] > count[best])
            best = k;
    return choice[best];
}

static bool more_text(struct csv_reader *r, struct err *e)
{
    size_t n;
    bool   last;
    str    out;
    if (!read_raw(r, &n, &last, e))
        return false;
    bool first = r->decoder == NULL;
    if (first) {
        r->decoder = text_decoder_new(r->encoding ? r->encoding : text_detect((str){ r->raw, n }, last));
        if (!r->decoder)
            return REFUSE(r, e, "Line %lld: this encoding is not known", r->line);
    }
    arena_reset(r->piece);
    if (!text_decode(r->decoder, (str){ r->raw, n }, last, r->piece, &out))
        return REFUSE(r, e, "After line %lld: the file is not in the encoding that it began with", r->line);
    if (out.n && memchr(out.p, 0, out.n))
        return REFUSE(r, e, "After line %lld: this is not text", r->line);
    if (!make_room(r, out.n, e))
        return false;
    if (out.n)
        memcpy(r->text + r->n, out.p, out.n);
    r->n += out.n;
    r->ended = last;
    if (first && !r->delimiter)
        r->delimiter = find_delimiter((str){ r->text, r->n });
    return true;
}

/* ---- text to cells ---------------------------------------------------------------------------------------------- */

/* Whether the whole row is in the buffer.  *stop: behind its line end; *lines: how many lines it takes. */
static bool whole_row(const struct csv_reader *r, size_t *stop, int64_t *lines, bool *open)
{
    bool in = false, fresh = true;
    *lines = 0;
    for (size_t i = r->from; i < r->n; i++) {
        char c = r->text[i];
        if (in) {
            *lines += c == '\n';
            if (c == '"') {
                if (i + 1 == r->n && !r->ended)
                    return false;               /* a second quote may follow */
                if (i + 1 < r->n && r->text[i + 1] == '"')
                    i++;
                else
                    in = false;
            }
            continue;
        }
        if (c == '"' && fresh)
            in = true;
        fresh = c == r->delimiter;
        if (c == '\n' || c == '\r') {
            if (c == '\r' && i + 1 == r->n && !r->ended)
                return false;
            *stop = i + 1 + (c == '\r' && i + 1 < r->n && r->text[i + 1] == '\n');
            ++*lines;
            return true;
        }
    }
    *open = in && r->ended;
    *stop = r->n;
    return r->ended;
}

static void add_cell(struct csv_reader *r, struct csv_row *row, str cell, bool quoted)
{
    if (row->n == r->room) {
        r->room *= 2;
        r->cells = realloc(r->cells, r->room * sizeof *r->cells);
        r->quoted = realloc(r->quoted, r->room * sizeof *r->quoted);
        CHECK(r->cells && r->quoted);
    }
    r->cells[row->n] = cell;
    r->quoted[row->n++] = quoted;
}

/* Splits [from, stop), which has its line end; quotes are undone where they stand. */
static bool split(struct csv_reader *r, struct csv_row *row, size_t stop, struct err *e)
{
    char *p = r->text + r->from, *end = r->text + stop;
    while (end > p && (end[-1] == '\n' || end[-1] == '\r'))     /* a quote before them would have closed */
        end--;
    for (;;) {
        char *cell = p, *w = p;
        bool  quoted = p < end && *p == '"';
        if (quoted) {
            for (p++; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++) {
                p += *p == '"';
                *w++ = *p;
            }
            p++;                                /* the closing quote */
            if (p < end && *p != r->delimiter)
                return REFUSE(r, e, "Line %lld: there is text behind a closing quote", row->line);
        } else
            for (; p < end && *p != r->delimiter; p++)
                w++;
        if (row->n == CSV_CELLS_MAX)
            return REFUSE(r, e, "Line %lld: too many columns", row->line);
        add_cell(r, row, (str){ cell, (size_t)(w - cell) }, quoted);
        if (p >= end)
            return true;
        p++;                                    /* the separator; a cell follows, maybe empty */
    }
}

bool csv_next(struct csv_reader *r, struct csv_row *row, bool *end, struct err *e)
{
    *end = false;
    if (r->failed)
        return err_set(e, ERR_MALFORMED, "The file cannot be read");
    for (;;) {
        size_t  stop;
        int64_t lines;
        bool    open = false;
        while (!whole_row(r, &stop, &lines, &open))
            if (!more_text(r, e))
                return false;
        if (r->from == r->n) {
            *end = true;
            return true;
        }
        *row = (struct csv_row){ .line = r->line };
        if (open)
            return REFUSE(r, e, "Line %lld: a quote is opened and never closed", r->line);
        if (!split(r, row, stop, e))
            return false;
        r->from = stop;
        r->line += lines;
        row->cells = r->cells;
        row->quoted = r->quoted;
        if (row->n > 1 || row->cells[0].n || row->quoted[0])
            return true;
    }
}

/* ---- formulas of others ------------------------------------------------------------------------------------------- */

bool csv_is_formula(str s)
{
    static const str blanks[] = { S_INIT("'"), S_INIT(" "), S_INIT("\n"), S_INIT("\u00a0"), S_INIT("\u3000"), S_INIT("\ufeff"), S_INIT("\u200b") };
    static const str begins[] = { S_INIT("="), S_INIT("+"), S_INIT("-"), S_INIT("@"), S_INIT("\t"), S_INIT("\r"),
                                  S_INIT("＝"), S_INIT("＋"), S_INIT("－"), S_INIT("＠") };
    for (bool skipped = true; skipped;) {
        skipped = false;
        for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
            if (str_starts(s, blanks[i])) {
                s = str_sub(s, blanks[i].n, s.n);
                skipped = true;
            }
    }
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (str_starts(s, begins[i]))
            return true;
    return false;
}

str csv_unguard(str s)
{
    str rest = str_sub(s, 1, s.n);
    return s.n && s.p[0] == '\'' && csv_is_formula(rest) ? rest : s;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

void csv_writer_init(struct csv_writer *w, struct arena *mem, bool (*write)(void *, str), void *arg)
{
    *w = (struct csv_writer){ .write = write, .arg = arg, .delimiter = ',' };
    buf_init(&w->b, mem);
    buf_grow(&w->b, PIECE + 4096);      /* one piece of memory, used again and again */
}

static void flush(struct csv_writer *w)
{
    if (w->b.n && !w->failed)
        w->failed = !w->write(w->arg, buf_str(&w->b));
    w->b.n = 0;
}

static bool needs_quotes(char delimiter, str s)
{
    if (str_starts(s, S("\ufeff")))     /* at the beginning of the file it would be taken for its mark */
        return true;
    if (s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[0] == '\t' || s.p[s.n - 1] == '\t'))
        return true;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == delimiter || s.p[i] == ';' || s.p[i] == '\t')
            return true;
    return false;
}

static void put_cell(struct buf *b, char delimiter, str s, bool guard)
{
    bool quotes = guard || needs_quotes(delimiter, s);
    if (quotes)
        buf_putc(b, '"');
    if (guard)
        buf_putc(b, '\'');
    for (size_t i = 0, from = 0; i <= s.n; i++)
        if (i == s.n || s.p[i] == '"') {
            buf_put(b, str_sub(s, from, i + (i < s.n)));
            if (i < s.n)
                buf_putc(b, '"');
            from = i + 1;
        }
    if (quotes)
        buf_putc(b, '"');
}

static void put(struct csv_writer *w, str s, bool guard)
{
    if (w->cells++)
        buf_putc(&w->b, w->delimiter);
    put_cell(&w->b, w->delimiter, s, guard);
    if (w->b.n >= PIECE)
        flush(w);
}

void csv_cell(struct buf *b, str s) { put_cell(b, ',', s, csv_is_formula(s)); }
void csv_text(struct csv_writer *w, str s) { put(w, s, csv_is_formula(s)); }
void csv_plain(struct csv_writer *w, str s) { put(w, s, false); }

bool csv_end_row(struct csv_writer *w)
{
    if (w->cells == 1 && (w->b.n == 0 || w->b.p[w->b.n - 1] == '\n'))
        buf_putz(&w->b, "\"\"");        /* an empty line would be none */
    buf_putc(&w->b, '\n');
    w->cells = 0;
    return !w->failed;
}

bool csv_end(struct csv_writer *w)
{
    flush(w);
    return !w->failed;
}
