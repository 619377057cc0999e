/* file: attached files as the engine sees them: rows of q_file, and the fields that hold them.  Where the bytes lie is the
 * business of exchange/blob.h.
 *
 * A field holds [{"id","name","size","type"}, …] as text; the row of a file never changes, so the field may keep these.  A file
 * follows the rights of what holds it: who may read one record's field with it may read it; while no field holds it, only its
 * sender may.  q_file_use remembers which fields have ever held it; whether one still does is asked of the record. */
#ifndef RECORD_FILE_H
#define RECORD_FILE_H
#include "record/record.h"

enum { FILES_MAX = 100 };       /* in one field */

struct file { int64_t id, size, actor; str hash, name, type; };
bool file_new(struct ctx *, const struct file *, int64_t *id);
bool file_get(struct ctx *, int64_t id, struct file *out);      /* ERR_NOT_FOUND also when the actor may not read it */
void file_json(const struct file *, struct jw *);
/* Within the room: what was given for file fields becomes what is stored; files that the actor may not have are problems. */
bool file_settle(struct ctx *, struct record *, const struct value *old);
bool file_note_uses(struct ctx *, const struct record *, const struct value *old);     /* after the row was written */
#endif
