/* reply: composing answers and sending them.
 *
 * Head and a small body go out in one send.  What the socket does not take at once waits on the desk, which therefore stays with
 * the connection until the last byte is out; the worker goes on with somebody else. */
#include "http/front.h"
#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <time.h>

enum { SMALL_BODY = 8 * 1024, COMPRESS_FROM = 1024, COMPRESS_TO = 16 * 1024 * 1024, PULL_BYTES = 32 * 1024, PULL_FRAME = 16, PULLS = 16 };

static const struct phrase { int status; const char *phrase, *zh; } phrases[] = {      /* zh: of what the front itself refuses */
    { 200, "OK", NULL },
    { 201, "Created", NULL },
    { 202, "Accepted", NULL },
    { 204, "No Content", NULL },
    { 206, "Partial Content", NULL },
    { 301, "Moved Permanently", NULL },
    { 302, "Found", NULL },
    { 303, "See Other", NULL },
    { 304, "Not Modified", NULL },
    { 307, "Temporary Redirect", NULL },
    { 308, "Permanent Redirect", NULL },
    { 400, "Bad Request", "无法理解的请求" },
    { 401, "Unauthorized", "尚未登录" },
    { 403, "Forbidden", "没有权限" },
    { 404, "Not Found", "没有找到" },
    { 405, "Method Not Allowed", "不支持的请求方法" },
    { 406, "Not Acceptable", "无法提供所要求的格式" },
    { 408, "Request Timeout", "请求超时" },
    { 409, "Conflict", "内容有冲突" },
    { 410, "Gone", "已不存在" },
    { 411, "Length Required", "缺少内容长度" },
    { 412, "Precondition Failed", "前提条件不成立" },
    { 413, "Content Too Large", "内容过大" },
    { 414, "URI Too Long", "地址过长" },
    { 415, "Unsupported Media Type", "不支持的内容类型" },
    { 416, "Range Not Satisfiable", "请求的范围无效" },
    { 417, "Expectation Failed", "无法满足 Expect 的要求" },
    { 422, "Unprocessable Content", "内容有误" },
    { 428, "Precondition Required", "缺少前提条件" },
    { 429, "Too Many Requests", "请求过于频繁" },
    { 431, "Request Header Fields Too Large", "请求头过大" },
    { 500, "Internal Server Error", "系统内部出错" },
    { 501, "Not Implemented", "不支持该功能" },
    { 503, "Service Unavailable", "服务繁忙，请稍后再试" },
    { 505, "HTTP Version Not Supported", "不支持的 HTTP 版本" },
    { 507, "Insufficient Storage", "存储空间不足" },
};

static const struct phrase *phrase(int status)
{
    static const struct phrase other = { 0, "Status", NULL };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return &phrases[i];
    return &other;
}

/* Up to the first byte that could begin another header. */
static str one_line(str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n' && s.p[n] != 0)
        n++;
    return str_sub(s, 0, n);
}

void reply_header(struct request *r, struct reply *reply, const char *name, str value)
{
    size_t n = reply->nheaders;
    if ((n & (n - 1)) == 0) {       /* at 0, 1, 2, 4, 8 …: room for as many again */
        struct http_header *more = NEWV(r->mem, struct http_header, n ? n * 2 : 1);
        if (n)
            memcpy(more, reply->headers, n * sizeof *more);
        reply->headers = more;
    }
    reply->headers[reply->nheaders++] = (struct http_header){ str_of(name), one_line(value) };
}

str request_header(const struct request *r, const char *lower_name)
{
    str name = str_of(lower_name), value = STR_NONE;
    for (size_t i = 0; i < r->nheaders; i++) {
        const struct http_header *h = &r->headers[i];
        if (h->name.n != name.n || memcmp(h->name.p, name.p, name.n) != 0)
            continue;
        value = value.p ? str_cat(r->mem, str_cat(r->mem, value, S(", ")), h->value) : h->value;
    }
    return value;
}

bool request_body(struct request *r, str *out)
{
    struct conn *c = r->conn;
    *out = r->body;
    if (r->body_file < 0 || r->body_size == 0)
        return true;
    if (!c->mapped) {
        void *p = mmap(NULL, r->body_size, PROT_READ, MAP_PRIVATE, r->body_file, 0);
        if (p == MAP_FAILED)
            return false;
        c->mapped = p;
        c->mapped_n = r->body_size;
    }
    *out = (str){ c->mapped, c->mapped_n };
    return true;
}

/* ---- composing ---- */

static void put(char **p, const char *s, size_t n)
{
    memcpy(*p, s, n);
    *p += n;
}
#define PUT(p, lit) put((p), (lit), sizeof(lit) - 1)

static void put_number(char **p, uint64_t v)
{
    char d[20];
    size_t i = sizeof d;
    do
        d[--i] = (char)('0' + v % 10);
    while (v /= 10);
    put(p, d + i, sizeof d - i);
}

static void put_date(struct worker *w, char **p, int64_t now)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t s = (time_t)(now / 1000000);
    if (s != w->date_s) {
        struct tm t;
        gmtime_r(&s, &t);
        snprintf(w->date, sizeof w->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
                 (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min, t.tm_sec);
        w->date_s = s;
    }
    put(p, w->date, 29);
}

enum length { LENGTH_NONE, LENGTH_KNOWN, LENGTH_CHUNKED, LENGTH_CLOSE };
struct shape { enum length length; size_t body_n; enum coding coding; bool vary; };

static size_t head_room(const struct conn *c)
{
    size_t n = 512 + c->reply.type.n;
    for (size_t i = 0; i < c->reply.nheaders; i++)
        n += c->reply.headers[i].name.n + c->reply.headers[i].value.n + 4;
    return n;
}

static void put_head(struct worker *w, struct conn *c, const struct shape *shape, char **p)
{
    const struct reply *r = &c->reply;
    const char *words = phrase(r->status)->phrase;
    PUT(p, "HTTP/1.1 ");
    put_number(p, (uint64_t)r->status);
    PUT(p, " ");
    put(p, words, strlen(words));
    PUT(p, "\r\nDate: ");
    put_date(w, p, c->req.now);
    if (r->type.n) {
        PUT(p, "\r\nContent-Type: ");
        str type = one_line(r->type);
        put(p, type.p, type.n);
    }
    if (shape->length == LENGTH_KNOWN) {
        PUT(p, "\r\nContent-Length: ");
        put_number(p, shape->body_n);
    } else if (shape->length == LENGTH_CHUNKED) {
        PUT(p, "\r\nTransfer-Encoding: chunked");
    }
    if (shape->vary)
        PUT(p, "\r\nVary: Accept-Encoding");
    if (shape->coding == CODING_GZIP)
        PUT(p, "\r\nContent-Encoding: gzip");
    else if (shape->coding == CODING_BROTLI)
        PUT(p, "\r\nContent-Encoding: br");
    PUT(p, "\r\nX-Request-Id: ");
    put(p, c->req.trace.p, c->req.trace.n);
    PUT(p, "\r\nX-Content-Type-Options: nosniff\r\n");
    for (size_t i = 0; i < r->nheaders; i++) {
        put(p, r->headers[i].name.p, r->headers[i].name.n);
        PUT(p, ": ");
        str value = one_line(r->headers[i].value);      /* whoever filled headers without reply_header */
        put(p, value.p, value.n);
        PUT(p, "\r\n");
    }
    if (!c->keep)
        PUT(p, "Connection: close\r\n");
    PUT(p, "\r\n");
}

/* Chooses the coding of a body in memory and codes it. */
static void compress(struct worker *w, struct conn *c, struct shape *shape)
{
    struct reply *r = &c->reply;
    if (r->no_compress || r->body.n < COMPRESS_FROM || r->body.n > COMPRESS_TO || !compress_worth(r->type) ||
        arena_total(c->desk) + r->body.n > w->server->limit.desk_bytes / 2)
        return;
    shape->vary = true;
    enum coding coding = request_coding(&c->req);
    if (coding != CODING_NONE && compress_body(w->server->packers, coding, c->desk, r->body, &r->body))
        shape->coding = coding;
}

static void begin_pull(struct conn *c, struct shape *shape)
{
    c->to_pull = c->reply.pull_size;
    c->chunks = c->head.minor == 1 && !c->to_pull;
    shape->length = c->to_pull ? LENGTH_KNOWN : c->chunks ? LENGTH_CHUNKED : LENGTH_CLOSE;
    c->pulled = arena_alloc(c->desk, PULL_FRAME + PULL_BYTES + 2);
}

/* The connection becomes a stream; its head is the first thing the stream sends. */
static enum next begin_stream(struct worker *w, struct conn *c)
{
    struct shape shape = { .length = LENGTH_CLOSE };
    c->keep = false;
    char *head = arena_alloc(c->desk, head_room(c)), *p = head;
    put_head(w, c, &shape, &p);
    if (!c->headless) {
        if (!stream_open(w, c, (str){ head, (size_t)(p - head) }))
            return reply_refuse(w, c, 503);
        c->since = 0;
        conn_end_request(w, c);
        return NEXT_GO;
    }
    c->out[0] = (str){ head, (size_t)(p - head) };
    c->phase = PHASE_REPLY;
    return NEXT_GO;
}

enum next reply_begin(struct worker *w, struct conn *c)
{
    struct reply *r = &c->reply;
    struct shape shape = { .length = LENGTH_KNOWN };
    c->headless = c->head.begun && c->head.method == METHOD_HEAD;
    c->sent = 0;
    c->since = w->now;
    if (r->opened)
        return begin_stream(w, c);
    if (r->pull)
        begin_pull(c, &shape);
    else if (r->status == 204 || r->status == 304)
        shape.length = LENGTH_NONE, r->body = STR_NONE;
    else
        compress(w, c, &shape);
    c->keep = c->keep && shape.length != LENGTH_CLOSE;
    shape.body_n = r->pull ? r->pull_size : r->body.n;
    bool small = r->body.n <= SMALL_BODY && !c->headless;
    char *head = arena_alloc(c->desk, head_room(c) + (small ? r->body.n : 0)), *p = head;
    put_head(w, c, &shape, &p);
    if (small && r->body.n)
        put(&p, r->body.p, r->body.n);
    c->out[0] = (str){ head, (size_t)(p - head) };
    c->out[1] = small || c->headless ? STR_NONE : r->body;
    if (c->headless)
        r->pull = NULL;
    c->phase = PHASE_REPLY;
    return NEXT_GO;
}

struct file_body { int fd; off_t at; };

static ptrdiff_t pull_file(void *state, char *out, size_t max)
{
    struct file_body *b = state;
    ssize_t           n = pread(b->fd, out, max, b->at);
    b->at += n > 0 ? n : 0;
    return n;
}

static void done_file(void *state) { close(((struct file_body *)state)->fd); }

bool reply_file(struct request *rq, struct reply *rp, int fd)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return false;
    }
    if (!st.st_size) {
        rp->body = S("");
        return close(fd) == 0;
    }
    struct file_body *b = NEW(rq->mem, struct file_body);
    *b = (struct file_body){ .fd = fd };
    rp->pull = pull_file;
    rp->done = done_file;
    rp->state = b;
    rp->pull_size = (uint64_t)st.st_size;
    return true;
}

void reply_drop(struct conn *c)
{
    struct reply r = c->reply;
    c->reply = (struct reply){ 0 };
    if (r.done)
        r.done(r.state);
    if (r.closed)
        r.closed(r.state);
}

/* The front's own answer, and the last one on this connection. */
enum next reply_refuse(struct worker *w, struct conn *c, int status)
{
    bool zh = c->head.done && c->desk && str_starts(request_header(&c->req, "accept-language"), S("zh"));
    const struct phrase *title = phrase(status);
    str trace = c->desk ? c->req.trace : STR_NONE;
    char kept[17] = "";
    memcpy(kept, trace.p ? trace.p : kept, trace.n < sizeof kept ? trace.n : 0);
    reply_drop(c);
    if (c->desk)
        arena_reset(c->desk);
    else
        c->desk = desk_take(w);
    arena_guard(c->desk, &w->guard);
    body_drop(&c->body);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    c->req = (struct request){ .mem = c->desk, .body_file = -1, .conn = c, .now = (int64_t)t.tv_sec * 1000000 };
    c->req.trace = trace.n ? str_dup(c->desk, (str){ kept, trace.n }) : conn_trace(w, c->desk);
    c->reply = (struct reply){ .status = status, .type = S("application/problem+json"), .no_compress = true };
    const char *words = zh && title->zh ? title->zh : title->phrase;
    c->reply.body = str_printf(c->desk, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"}", words, status, words);
    if (status == 503)
        reply_header(&c->req, &c->reply, "Retry-After", S("1"));
    c->keep = false;
    count(&w->refused, 1);
    log_event(LOG_DEBUG, "refused", "trace=" STR_FMT " peer=%s status=%d why=\"%s\"", STR_ARG(c->req.trace), c->peer, status,
              c->head.status ? c->head.why : "");
    return reply_begin(w, c);
}

/* ---- sending ---- */

/* Sends out[]. NEXT_GO: all of it is on its way. */
static enum next flush(struct worker *w, struct conn *c)
{
    while (c->out[0].n + c->out[1].n) {
        struct iovec v[2] = { { (void *)(uintptr_t)c->out[0].p, c->out[0].n }, { (void *)(uintptr_t)c->out[1].p, c->out[1].n } };
        struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
        ssize_t n = c->out[1].n ? sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL)
                                : send(c->fd, c->out[0].p, c->out[0].n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            conn_wait(c, c->since, w->server->limit.write_ms, c->sent);
            return NEXT_WAIT;
        }
        if (n < 0)
            return NEXT_GONE;
        count(&w->bytes_out, n);
        c->sent += (size_t)n;
        size_t first = (size_t)n < c->out[0].n ? (size_t)n : c->out[0].n;
        c->out[0] = str_sub(c->out[0], first, c->out[0].n);
        c->out[1] = str_sub(c->out[1], (size_t)n - first, c->out[1].n);
    }
    return NEXT_GO;
}

/* One more piece of a pulled body into out[0]; *more is false after the last. */
static enum next pull(struct worker *w, struct conn *c, bool *more)
{
    conn_wait(c, 0, 0, 0);
    crew_leave(&w->server->crew, w);
    int64_t before = monotonic_us();
    ptrdiff_t n = c->reply.pull(c->reply.state, c->pulled + PULL_FRAME, PULL_BYTES);
    w->now = monotonic_us();
    c->since += w->now - before;        /* its time is not the client's fault */
    CHECK(n <= PULL_BYTES);
    if (n < 0 || (c->reply.pull_size && (uint64_t)n > c->to_pull) || (n == 0 && c->to_pull))
        return NEXT_GONE;           /* what was promised cannot be kept */
    *more = n > 0 && !(c->reply.pull_size && (uint64_t)n == c->to_pull);
    c->to_pull -= c->to_pull ? (uint64_t)n : 0;
    if (!c->chunks) {
        c->out[0] = (str){ c->pulled + PULL_FRAME, (size_t)n };
        return NEXT_GO;
    }
    char size[PULL_FRAME];
    size_t size_n = (size_t)snprintf(size, sizeof size, "%zx\r\n", (size_t)n);
    char *at = c->pulled + PULL_FRAME - size_n;
    memcpy(at, size, size_n);
    memcpy(c->pulled + PULL_FRAME + n, "\r\n", 2);
    c->out[0] = (str){ at, size_n + (size_t)n + 2 };
    return NEXT_GO;
}

enum next reply_step(struct worker *w, struct conn *c)
{
    for (int pulls = 0;; pulls++) {
        enum next r = flush(w, c);
        if (r != NEXT_GO)
            return r;
        if (!c->reply.pull)
            return conn_next_request(w, c);
        if (pulls == PULLS)
            return NEXT_YIELD;
        bool more = false;
        r = pull(w, c, &more);
        if (r != NEXT_GO)
            return r;
        if (!more)
            c->reply.pull = NULL;
    }
}
