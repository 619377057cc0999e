/* table: a file with rows of cells, whatever its kind: CSV, or a sheet of a workbook.  The kind is found in its bytes, not in
 * its name. */
#ifndef EXCHANGE_TABLE_H
#define EXCHANGE_TABLE_H
#include "exchange/csv.h"

struct table_options {
    str  encoding;          /* CSV: utf-8, utf-16le, utf-16be, gbk, gb18030; empty: found out */
    char delimiter;         /* CSV: 0: found out */
    str  sheet;             /* workbook: name of the sheet; empty: the first */
};
struct table;
/* ERR_INVALID for a file that is neither, ERR_NOT_FOUND when there is no such file. */
bool table_open(const char *path, const struct table_options *, struct table **out, struct err *);
bool table_next(void *table, struct csv_row *, bool *end, struct err *);       /* as csv_next; an import_next */
int  table_permille(const struct table *);                                     /* how much of it has been read */
void table_close(struct table *);                                              /* NULL is fine */
#endif
