/* blob: the bytes of attached files, in DIR/files/ab/cdef… by their BLAKE2b-256.  Names of people never become names of
 * files.  The same bytes are stored once.  Written beside and renamed, so what is there is whole. */
#ifndef EXCHANGE_BLOB_H
#define EXCHANGE_BLOB_H
#include "base/err.h"

bool blob_put(struct arena *, str data_dir, str bytes, str *hash, struct err *);   /* on disk when it returns */
int  blob_open(struct arena *, str data_dir, str hash);                            /* to read; -1: not there */
/* What the bytes are, by their beginning, else by the ending of the name.  shown: a browser may show it in its place. */
str  blob_type(str bytes, str name, bool *shown);
bool blob_may_show(str type);
#endif
