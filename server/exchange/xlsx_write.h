/* xlsx_write: a table as a workbook with one sheet, row by row; memory does not grow with the rows.
 *
 * Numbers become number cells when a spreadsheet keeps all their digits (fifteen), else text; days and instants become
 * dates, the instants in the zone that is given.  Texts are texts whatever they begin with.  The header is bold and stays in sight. */
#ifndef EXCHANGE_XLSX_WRITE_H
#define EXCHANGE_XLSX_WRITE_H
#include "exchange/export.h"

/* dir: for what is under way. The file at path is made when it is all there. */
bool export_xlsx(struct ctx *, const struct module *, const struct export_question *, const char *path, const char *dir);
#endif
