/* parse: the head of a request, from bytes that arrive in pieces.  Pure: no socket, no clock, no memory of its own.
 *
 * What is accepted is a strict subset of RFC 9112.  A head that two programs could read in two ways is refused, whatever the
 * RFC lets a server be lenient about, because behind a reverse proxy the second reading is a smuggled request.
 *
 * The answer depends on the bytes only, never on how they were cut: feeding a prefix gives MORE exactly when the whole may
 * still be accepted or needs more bytes to be judged.  The fuzz target and the split-at-every-byte test hold it to that.
 *
 * Called by conn.c.  Not for the body (body.h) nor for the meaning of paths and queries (url.h). */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H
#include "base/str.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PATCH, METHOD_PUT, METHOD_DELETE, METHOD_OPTIONS, METHODS };

enum {
    HEAD_FIELDS = 100,          /* header lines; one more is 431 */
    HEAD_LINE = 8192,           /* bytes of the request line; more is 414 */
    HEAD_MAX = 60 * 1024,       /* largest limit that may be set: offsets are 16 bits */
};

/* Offsets into the buffer, because the buffer may move between two pieces. */
struct head_field { uint16_t name, name_n, value, value_n; };

/* Invariants
 *   1. line <= at <= limit; bytes before at are never looked at again.
 *   2. status is 0 until the head is refused; a refused head stays refused.
 *   3. In an accepted head at most one of has_length and chunked is set, and Host stands exactly once (HTTP/1.0: at most once). */
struct head {
    size_t      limit;          /* of the whole head, with the empty line; <= HEAD_MAX */
    size_t      at, line;       /* looked at up to; where the current line starts */
    bool        begun, done;    /* request line read; everything read */
    int         status;         /* why not: 400, 411, 414, 417, 431, 501, 505 */
    const char *why;            /* the same in English, for the log */
    /* of an accepted head */
    enum method method;
    uint16_t    path, path_n, query, query_n;   /* as sent; only characters of RFC 3986, escapes well formed */
    int         minor;          /* HTTP/1.minor, 0 or 1 */
    bool        has_length, chunked, close, expect;
    uint64_t    length;
    size_t      end;            /* bytes of the head */
    uint32_t    seen;           /* singletons met, by their row in the table */
    size_t      nfields;
    struct head_field field[HEAD_FIELDS];
};

enum parse { PARSE_MORE, PARSE_DONE, PARSE_REFUSED };

void       head_init(struct head *, size_t limit);
/* buf holds all n bytes since the head began (n grows from call to call); names of fields are made lower case in place. */
enum parse head_feed(struct head *, char *buf, size_t n);
extern const char *const method_names[METHODS];
/* Is this the value of a Host field: name, IPv4 or [IPv6], then perhaps a port? */
bool       host_valid(str);
#endif
