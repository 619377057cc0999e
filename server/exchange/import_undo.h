/* import_undo: taking back what an import wrote.  New records go to the recycle bin, changed ones get the values they had
 * before; through the verbs of record.h, with the rights of who asks.  A record that somebody has changed since is left alone,
 * and so is one that may not be taken back; both are noted with the reason. */
#ifndef EXCHANGE_IMPORT_UNDO_H
#define EXCHANGE_IMPORT_UNDO_H
#include "exchange/import_log.h"

/* The next records, newest first, in the open transaction; *more is false when nothing is left.  May be run again. */
bool import_undo_some(struct ctx *, const struct import_entry *, bool *more);
#endif
