/* body: the chunked coding (RFC 9112 7.1), decoded from pieces, and where a body is kept.
 *
 * The decoder is pure.  Refused: extensions and trailers (nobody needs them, and proxies disagree about where they
 * end), sizes with anything but hex digits or more than 15 of them, and every line end but CR LF. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H
#include "base/buf.h"

struct chunked { uint8_t state; uint8_t digits; uint64_t left; };   /* zero it to begin */
enum chunk { CHUNK_MORE, CHUNK_DATA, CHUNK_END, CHUNK_BAD };

/* Reads on in in[0..n): *used bytes are done with; with CHUNK_DATA *data is a view of the payload among them (never empty).
 * CHUNK_MORE: all n used, give more. CHUNK_END: the body is complete, what follows *used is not its. */
enum chunk chunked_next(struct chunked *, const char *in, size_t n, size_t *used, str *data);

/* A body as it is collected: in memory up to a limit, then in an unlinked file.  Invariant: size == text.n when file < 0. */
struct body { struct buf text; arena_mark mark; int file; size_t size, memory; const char *dir; };
void body_init(struct body *, struct arena *, size_t memory, const char *dir);
bool body_add(struct body *, str);      /* false: the disk refuses */
void body_drop(struct body *);          /* closes the file */
#endif
