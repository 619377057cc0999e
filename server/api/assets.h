/* assets: the web client inside the program.  tools/web_pack.c packs web/dist into the table at build time, each file as it is and
 * coded by gzip and brotli; without a built client the table is empty and the program serves the API alone. */
#ifndef API_ASSETS_H
#define API_ASSETS_H
#include "http/http.h"

/* etag: a digest of the content, without quotes; gzip and brotli are empty when they would not be smaller. */
struct asset { str path, type, etag, body, gzip, brotli; };
struct assets { const struct asset *list; size_t n; };         /* sorted by path */

extern const struct assets assets_web;                          /* written by the build */

/* Answers GET and HEAD of files and of the client's own routes (any path without an extension gets index.html); false: not one of
 * these, the caller goes on, in particular for everything below /api/. */
bool assets_answer(const struct assets *, struct request *, struct reply *);
#endif
