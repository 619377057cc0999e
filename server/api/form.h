/* form: what came as multipart/form-data: files, and members by whatever way they were given. */
#ifndef API_FORM_H
#define API_FORM_H
#include "api/api.h"

struct form { const struct part *parts; size_t n; const struct part *file; const struct json *options; };  /* file: the first */
/* options: members may come as a JSON part too. */
bool form_read(struct call *, bool options, struct form *);
/* From the JSON part, a field of the form, or the address; "" when absent.  Objects come as JSON text. */
bool form_text(struct call *, const struct form *, const char *name, str *out);
bool form_flag(struct call *, const struct form *, const char *name, bool *out);
/* What the sender calls a file, for people: the last part of a path, without what cannot be shown. */
str  form_file_name(struct call *, str filename);
#endif
