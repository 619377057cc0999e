/* csv: comma-separated values, as RFC 4180 and as people send them: any of , ; tab between cells, any of the three line ends,
 * line breaks inside quotes, a byte order mark, any encoding of text_detect.
 *
 * The reader is strict about what would silently shift cells: a quote that is never closed and text behind a closing quote are
 * errors with their line; a quote in the middle of an unquoted cell is a character.  Lines without anything are skipped.
 *
 * The writer marks text that a spreadsheet would run as a formula by one apostrophe in front; csv_unguard takes exactly that one
 * away again, so that csv_unguard(guarded(s)) = s for every s. */
#ifndef EXCHANGE_CSV_H
#define EXCHANGE_CSV_H
#include "base/buf.h"
#include "base/err.h"

enum { CSV_CELLS_MAX = 2000, CSV_ROW_MAX = 8 << 20 };

struct csv_row {
    str     *cells; size_t n;       /* valid until the next row is read; UTF-8 without NUL */
    bool    *quoted;                /* the cell stood in quotes: its blanks are meant */
    int64_t  line;                  /* of its beginning, from 1 */
};
struct csv_reader;
/* read: up to cap bytes into buf, 0 at the end, -1 on failure.  encoding NULL and delimiter 0: found out from the beginning. */
struct csv_reader *csv_reader_new(ptrdiff_t (*read)(void *arg, char *buf, size_t cap), void *arg, const char *encoding, char delimiter);
bool               csv_next(struct csv_reader *, struct csv_row *, bool *end, struct err *);
void               csv_reader_free(struct csv_reader *);        /* NULL is fine */

bool csv_is_formula(str);           /* would a spreadsheet take it for a formula, apostrophes and blanks in front aside */
str  csv_unguard(str);

struct csv_writer {
    bool     (*write)(void *arg, str);
    void      *arg;
    struct buf b;
    char       delimiter;
    size_t     cells;               /* in this row */
    bool       failed;
};
void csv_writer_init(struct csv_writer *, struct arena *, bool (*write)(void *, str), void *arg);
void csv_text(struct csv_writer *, str);        /* text of people: guarded */
void csv_plain(struct csv_writer *, str);       /* numbers, days, codes of the system */
void csv_cell(struct buf *, str);               /* one cell as csv_text writes it, with commas between cells, and nothing else */
bool csv_end_row(struct csv_writer *);          /* false: write has failed */
bool csv_end(struct csv_writer *);
#endif
