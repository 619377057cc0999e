/* import_jobs: the threads that run imports and take them back.  A request leaves a row of q_import and a file in the spool
 * folder; a thread does the rest, chunk by chunk, with the rights that the sender has at the time of each chunk.
 *
 * When the server ends, what runs stops between two chunks and is noted as interrupted; after a crash the next start notes it.
 * An undo may be asked for again, it goes on where it was.  Once a day they forget the rows of old imports and files left behind. */
#ifndef API_IMPORT_JOBS_H
#define API_IMPORT_JOBS_H
#include "api/api.h"
#include "exchange/import_log.h"

struct import_jobs *import_jobs_start(struct app *);
void import_jobs_stop(struct import_jobs *);            /* waits for the chunks that run */
str  import_jobs_server(const struct import_jobs *);    /* who this server is, for import_log_new */
/* After the row was committed.  undo_by: 0 to run it, else who takes it back. */
void import_jobs_add(struct import_jobs *, int64_t id, int64_t undo_by);
bool import_jobs_wait(struct import_jobs *, int64_t id, int ms);        /* true: it has ended */
/* How far a job of this server is; false: it has none. */
bool import_jobs_live(struct import_jobs *, int64_t id, struct import_totals *, int *permille);
/* Is that server at work?  Another machine's is taken for gone when it was silent for ten minutes. */
bool import_server_alive(str server, int64_t beat, int64_t now);
str  import_spool_path(struct arena *, const struct app *, str spool);
#endif
