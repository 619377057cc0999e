/* url: percent escapes, paths, parameters.  The public functions are in http.h; this is what the front itself needs. */
#ifndef HTTP_URL_H
#define HTTP_URL_H
#include "http/http.h"

/* The path of a request from its spelling: decoded once, into the arena when anything was escaped.  false when a decoded byte is NUL,
 * a control character or a slash, a segment is empty (but the last), "." or "..", or the whole is not UTF-8: such
 * paths mean one thing to a proxy's rules and another to ours. */
bool url_path(struct arena *, str raw, str *out);
#endif
