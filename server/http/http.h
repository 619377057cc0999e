/* http: requests and replies as plain data.  A strict subset of RFC 9112: whatever is ambiguous is refused and
 * closed.  Handlers never see a socket; the front never waits for anything but sockets.  Refusals of the front itself are
 * problem documents (RFC 9457), in Chinese when Accept-Language begins with zh.  Every reply carries Date, X-Request-Id (the
 * trace) and X-Content-Type-Options: nosniff; other security headers are the application's. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include "base/buf.h"
#include "base/err.h"

struct http_header { str name, value; };        /* name in lower case */

struct request {
    struct arena *mem;              /* the desk of this request */
    str     method, path, query;    /* path: decoded once, normalised, starts with "/", no "..", no NUL; query raw */
    str     body;                   /* in memory; or */
    int     body_file;              /* an unlinked temporary file, -1 when in memory */
    size_t  body_size;
    const struct http_header *headers; size_t nheaders;
    str     peer;                   /* address, after trusted proxies */
    bool    https;                  /* as a trusted proxy said */
    str     trace;                  /* id of this request: in the log and in error replies */
    int64_t now;                    /* the instant it was complete, µs UTC */
    bool  (*gone)(const struct request *); /* has the client hung up, or half closed? for long work; a system call */
    void   *conn;
};

struct stream;                      /* an answer without end: an event stream */
struct reply {
    int     status;                 /* 0: the handler gives no answer, 500 */
    str     type;                   /* Content-Type */
    str     body;
    bool    body_static;            /* lives as long as the process, as everything a reply points at must live until it is sent: on the
                                       desk, or for ever */
    struct http_header *headers; size_t nheaders;   /* more of them; reply_header adds */
    bool    no_compress;            /* else gzip or brotli when asked for, the type is worth it and the body is over 1 KiB; pulled bodies never */
    /* A streamed body: pull fills out (up to max bytes), returns bytes, 0 at the end, -1 to break off. Called by workers, may block,
     * not always the same thread but one at a time. done is called once, whatever happens. The request and its desk stay until then. */
    ptrdiff_t (*pull)(void *state, char *out, size_t max);
    uint64_t    pull_size;          /* bytes that pull will give in all, for Content-Length; 0: not known, the body is chunked */
    void      (*done)(void *state);
    void     *state;
    /* An event stream: the connection is handed to the front, and the handler ends; the desk is reset, so state lives elsewhere.
     * opened gets the stream. closed is called exactly once, by a thread of the front that holds no lock, whoever ended the stream
     * (client gone, too slow, stream_close, http_stop), and also when it never was opened (no room: the client gets 503; HEAD). The stream
     * is valid from opened until stream_close is called or closed has returned. Several threads may send if a lock of
     * the owner, which closed also takes, keeps them from using it later. closed must be short and must not wait for a sender. A silent text/event-stream gets a comment line each 15 s. */
    void      (*opened)(void *state, struct stream *);
    void      (*closed)(void *state);
};

void reply_header(struct request *, struct reply *, const char *name, str value); /* cut at the first CR, LF or NUL */
/* The body is that file from its beginning, as it is now; fd is closed when it is sent, or at once when it cannot be read (false). */
bool reply_file(struct request *, struct reply *, int fd);
str  request_header(const struct request *, const char *lower_name);   /* STR_NONE when absent; several lines joined by ", " */
/* The coding that the client likes best of those we speak (brotli before gzip), for bodies that are kept coded. */
enum coding { CODING_NONE, CODING_GZIP, CODING_BROTLI };
enum coding request_coding(const struct request *);
/* The whole body as one view, valid until the reply is sent: as it is, or the file mapped. false: it cannot be mapped. */
bool request_body(struct request *, str *out);
/* Parameters: percent-decoded, + is a space, valid UTF-8 without NUL; the first of several. false: absent or not decodable. */
bool request_param(const struct request *, const char *name, str *out);        /* of the query */
bool url_param(struct arena *, str pairs, const char *name, str *out);         /* of any a=1&b=2, as an urlencoded form */
bool url_decode(struct arena *, str in, bool plus_is_space, str *out);
str  url_encode(struct arena *, str in);

/* multipart/form-data (RFC 7578), parts in order, data as views of the body; filename.p is NULL for plain fields.
 * ERR_MALFORMED, ERR_LIMIT above 1,000 parts. */
struct part { str name, filename, type, data; };
bool multipart_parse(struct arena *, str content_type, str body, struct part **out, size_t *n, struct err *);

/* Streams: writing never blocks, from any thread; false when the client is gone or reads too slowly (more than 256 KiB behind: it is
 * cut off). What was sent before stream_close is still delivered. */
bool stream_send(struct stream *, str bytes);
void stream_close(struct stream *);

typedef void http_handler(void *app, struct request *, struct reply *);

struct http_limits {
    int    workers;                 /* threads that run handlers: more than cores, because writers wait for the disk together */
    bool   reads_wait;              /* GET and HEAD wait for others too (a database server), not only writes: other workers are woken at once */
    int    connections, streams;    /* of all; more are answered 503 */
    int    per_address;             /* connections of one address (IPv6: of one /64); loopback and trusted proxies are not counted */
    size_t head_bytes, body_bytes, body_memory;     /* above body_memory the body goes to a file */
    int    head_ms, body_ms, idle_ms, write_ms;     /* total deadlines, not pauses */
    size_t slowest;                 /* bytes/s: a body or reply of n bytes may take n / slowest longer */
    size_t desk_bytes;              /* arena limit of one request */
    const char *body_dir;           /* where unlinked body files are made; NULL: TMPDIR or /tmp */
    const char *trusted_proxies;    /* comma-separated addresses or networks whose X-Forwarded-For and -Proto count; NULL or "": none */
};
extern const struct http_limits http_limits_default;

struct http_server;
/* The body limit of one request that has a body: called when its head is complete, before the body is read; NULL: body_bytes for all.
 * A status other than 0 refuses at once with that status. Must not block. */
typedef size_t http_body_limit(void *app, const struct request *, int *status);

/* ERR_INVALID when listen or trusted_proxies is not understood or the address is taken. */
bool http_start(const char *listen, const struct http_limits *, http_handler *, http_body_limit *, void *app,
                struct http_server **out, struct err *);       /* "127.0.0.1:8090", "[::1]:0", ":8090" */
int  http_port(const struct http_server *);
void http_stop(struct http_server *, int grace_ms);            /* finishes what runs, refuses new, joins all threads, frees */
struct http_stats { int64_t requests, connections, streams, refused, bytes_in, bytes_out; };
void http_stats(const struct http_server *, struct http_stats *);
#endif
