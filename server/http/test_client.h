/* test_client: raw bytes to a server on 127.0.0.1 and what comes back, for *_test.c and the benches only.  It blocks, with time-outs. */
#ifndef HTTP_TEST_CLIENT_H
#define HTTP_TEST_CLIENT_H
#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct answer { int status; str head, body; };

static inline int64_t client_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline int client_dial(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* false: the other side has closed. */
static inline bool client_say(int fd, str s)
{
    while (s.n) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        s = str_sub(s, (size_t)n, s.n);
    }
    return true;
}

/* One recv into b; 1 bytes came, 0 end (also a reset), -1 nothing within ms. */
static inline int client_more(int fd, struct buf *b, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if (poll(&p, 1, ms) <= 0)
        return -1;
    ssize_t n = recv(fd, buf_grow(b, 65536), 65536, 0);
    if (n > 0)
        b->n += (size_t)n;
    return n > 0;
}

/* All bytes until the end; *closed is false when there was none within ms after the last byte. */
static inline str client_all(struct arena *mem, int fd, int ms, bool *closed)
{
    struct buf b;
    int r;
    buf_init(&b, mem);
    while ((r = client_more(fd, &b, ms)) > 0)
        continue;
    *closed = r == 0;
    return buf_str(&b);
}

static inline str client_header(const struct answer *a, const char *name)
{
    str rest = a->head, line;
    while (str_cut(&rest, '\n', &line)) {
        ptrdiff_t colon = str_chr(line, ':');
        if (colon > 0 && str_eq_nocase(str_sub(line, 0, (size_t)colon), str_of(name)))
            return str_trim(str_sub(line, (size_t)colon + 1, line.n));
    }
    return STR_NONE;
}

/* The chunked body at the start of *rest, decoded; false when it is not whole. */
static inline bool client_dechunk(struct arena *mem, str *rest, str *body)
{
    struct buf b;
    buf_init(&b, mem);
    for (;;) {
        ptrdiff_t end = str_find(*rest, S("\r\n"));
        if (end < 0)
            return false;
        char *stop;
        size_t n = strtoul(str_z(mem, str_sub(*rest, 0, (size_t)end)), &stop, 16), from = (size_t)end + 2;
        if (*stop || rest->n < from + n + 2)
            return false;
        buf_put(&b, str_sub(*rest, from, from + n));
        *rest = str_sub(*rest, from + n + 2, rest->n);
        if (n == 0) {
            *body = buf_str(&b);
            return true;
        }
    }
}

/* Cuts one answer off *in. 1: there it is; 0: more bytes are needed; -1: it lasts until the end. */
static inline int client_cut(struct arena *mem, str *in, bool head_only, struct answer *a)
{
    ptrdiff_t end = str_find(*in, S("\r\n\r\n"));
    if (end < 0 || in->n < 12)
        return 0;
    a->head = str_sub(*in, 0, (size_t)end + 2);
    a->status = atoi(str_z(mem, str_sub(*in, 9, 12)));
    str rest = str_sub(*in, (size_t)end + 4, in->n), length = client_header(a, "content-length");
    a->body = STR_NONE;
    if (head_only || a->status == 204 || a->status == 304 || a->status == 100) {
        *in = rest;
        return 1;
    }
    if (length.p) {
        uint64_t n;
        if (!str_to_u64(length, &n) || rest.n < n)
            return 0;
        a->body = str_sub(rest, 0, (size_t)n);
        *in = str_sub(rest, (size_t)n, rest.n);
        return 1;
    }
    if (str_eqz(client_header(a, "transfer-encoding"), "chunked")) {
        if (!client_dechunk(mem, &rest, &a->body))
            return 0;
        *in = rest;
        return 1;
    }
    a->body = rest;
    return -1;
}

/* Says request, hears one answer; false when none came whole within 5 s. */
static inline bool client_ask(struct arena *mem, int fd, str request, struct answer *a)
{
    struct buf b;
    buf_init(&b, mem);
    bool head_only = str_starts(request, S("HEAD "));
    if (!client_say(fd, request))
        return false;
    for (;;) {
        str in = buf_str(&b);
        int r = client_cut(mem, &in, head_only, a);
        if (r > 0)
            return true;
        int more = client_more(fd, &b, 5000);
        if (more <= 0)
            return more == 0 && r < 0;
    }
}

/* A whole exchange on a connection of its own. */
static inline bool client_once(struct arena *mem, int port, const char *request, struct answer *a)
{
    int fd = client_dial(port);
    bool ok = fd >= 0 && client_ask(mem, fd, str_of(request), a);
    if (fd >= 0)
        close(fd);
    return ok;
}
#endif
