/* backup: a workspace of the data folder as one file.  Without attached files that is the copy of the database; with files it is a
 * tar archive (POSIX ustar, for any tar) of qudao.db and of files/…, which blob.h names by their hash. */
#ifndef API_BACKUP_H
#define API_BACKUP_H
#include "db/db.h"

bool backup_write(struct store *, str data_dir, const char *file, struct err *);
/* Makes DIR/qudao.db, which must not be there, and the files, each checked by its hash. */
bool backup_read(const char *file, const char *data_dir, struct err *);
/* Are all files that the database knows in the folder, as they were sent?  Each that is not is said. */
bool backup_check_files(struct store *, str data_dir, void (*say)(void *, str), void *arg, struct err *);
#endif
