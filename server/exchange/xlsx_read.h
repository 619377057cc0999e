/* xlsx_read: the rows of one sheet of a workbook (ECMA-376 part 1, SpreadsheetML), a piece of the file at a time.
 *
 * Cells are text as a CSV cell would be: numbers exactly as they are written, without an exponent and without the noise of
 * binary fractions behind the fifteenth digit; days 2026-01-31, times 2026-01-31 08:00:00 where the cell's format makes its number
 * one, in both date systems; true and false; of formulas the result that was kept.  What csv_unguard would take for a guard is
 * guarded, so that it gives every text back.  Empty rows are skipped, empty cells at the end of a row are not there. */
#ifndef EXCHANGE_XLSX_READ_H
#define EXCHANGE_XLSX_READ_H
#include "exchange/csv.h"

enum { XLSX_ROWS_MAX = 1048576, XLSX_CELLS_MAX = 20000000 };

struct xlsx_reader;
/* sheet: its name; empty: the first.  ERR_INVALID for what is no workbook or damaged, ERR_LIMIT for what is too large. */
bool xlsx_open(const char *path, str sheet, struct xlsx_reader **out, struct err *);
bool xlsx_open_bytes(str bytes, str sheet, struct xlsx_reader **out, struct err *);
bool xlsx_next(struct xlsx_reader *, struct csv_row *, bool *end, struct err *);    /* as csv_next; line: the row's number in the sheet */
int  xlsx_permille(const struct xlsx_reader *);
void xlsx_close(struct xlsx_reader *);                                              /* NULL is fine */

/* Pure, for tests. */
enum xlsx_moment { XLSX_NUMBER, XLSX_DATE, XLSX_CLOCK };
enum xlsx_moment xlsx_format_kind(str code);        /* of a number format such as yyyy/m/d h:mm */
str  xlsx_number_text(struct arena *, str written); /* STR_NONE: no number */
str  xlsx_moment_text(struct arena *, str number, bool from_1904, enum xlsx_moment);   /* STR_NONE: no moment */
#endif
