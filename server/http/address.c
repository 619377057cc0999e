/* address: see address.h. */
#include "http/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_ipv4(const struct address *a) { return memcmp(a->ip, mapped, sizeof mapped) == 0; }

bool address_parse(str s, struct address *a)
{
    char z[INET6_ADDRSTRLEN];
    if (s.n == 0 || s.n >= sizeof z || memchr(s.p, 0, s.n))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    memcpy(a->ip, mapped, sizeof mapped);
    return inet_pton(AF_INET, z, a->ip + 12) == 1 || inet_pton(AF_INET6, z, a->ip) == 1;
}

void address_write(const struct address *a, char out[ADDRESS_TEXT])
{
    if (is_ipv4(a))
        inet_ntop(AF_INET, a->ip + 12, out, ADDRESS_TEXT);
    else
        inet_ntop(AF_INET6, a->ip, out, ADDRESS_TEXT);
}

bool address_of(const struct sockaddr_storage *sa, struct address *a)
{
    if (sa->ss_family == AF_INET) {
        memcpy(a->ip, mapped, sizeof mapped);
        memcpy(a->ip + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
        return true;
    }
    if (sa->ss_family == AF_INET6)
        memcpy(a->ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
    return sa->ss_family == AF_INET6;
}

bool address_loopback(const struct address *a)
{
    static const struct address one = { .ip = { [15] = 1 } };
    return (is_ipv4(a) && a->ip[12] == 127) || memcmp(a, &one, sizeof one) == 0;
}

/* ---- networks ---- */

static bool network_parse(str s, struct network *w)
{
    ptrdiff_t slash = str_chr(s, '/');
    str ip = slash < 0 ? s : str_sub(s, 0, (size_t)slash);
    uint64_t bits;
    if (!address_parse(ip, &w->base))
        return false;
    w->bits = 128;
    if (slash < 0)
        return true;
    bool v4 = str_chr(ip, ':') < 0;
    if (!str_to_u64(str_sub(s, (size_t)slash + 1, s.n), &bits) || bits > (v4 ? 32 : 128))
        return false;
    w->bits = (int)bits + (v4 ? 96 : 0);
    return true;
}

bool networks_parse(struct arena *mem, const char *list, struct networks *out, struct err *e)
{
    str rest = str_of(list), item;
    *out = (struct networks){ 0 };
    if (str_trim(rest).n == 0)
        return true;
    size_t most = 1;
    for (size_t i = 0; i < rest.n; i++)
        most += rest.p[i] == ',';
    out->list = NEWV(mem, struct network, most);
    while (str_cut(&rest, ',', &item)) {
        item = str_trim(item);
        if (!network_parse(item, &out->list[out->n++]))
            return err_set(e, ERR_INVALID, "“" STR_FMT "” is not an address or network of a trusted proxy", STR_ARG(item));
    }
    return true;
}

bool networks_have(const struct networks *w, const struct address *a)
{
    for (size_t i = 0; i < w->n; i++) {
        int whole = w->list[i].bits / 8, left = w->list[i].bits % 8;
        const uint8_t *base = w->list[i].base.ip;
        if (memcmp(base, a->ip, (size_t)whole) == 0 && (left == 0 || ((base[whole] ^ a->ip[whole]) >> (8 - left)) == 0))
            return true;
    }
    return false;
}

struct address address_behind(const struct networks *proxies, struct address peer, str list)
{
    while (list.n && networks_have(proxies, &peer)) {
        size_t from = list.n;
        while (from > 0 && list.p[from - 1] != ',')
            from--;
        struct address before;
        if (!address_parse(str_trim(str_sub(list, from, list.n)), &before))
            break;
        peer = before;
        list.n = from ? from - 1 : 0;
    }
    return peer;
}

static size_t client_bytes(const struct address *a) { return is_ipv4(a) ? 16 : 8; }

uint64_t address_hash(const struct address *a) { return str_hash((str){ (const char *)a->ip, client_bytes(a) }); }

bool address_same(const struct address *a, const struct address *b)
{
    return client_bytes(a) == client_bytes(b) && memcmp(a->ip, b->ip, client_bytes(a)) == 0;
}

/* ---- listening ---- */

static bool listen_parse(const char *z, struct address *a, bool *any, int *port)
{
    str s = str_of(z);
    ptrdiff_t colon = -1;
    uint64_t number;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ':')
            colon = (ptrdiff_t)i;
    if (colon < 0 || !str_to_u64(str_sub(s, (size_t)colon + 1, s.n), &number) || number > 65535)
        return false;
    str host = str_sub(s, 0, (size_t)colon);
    *port = (int)number;
    *any = host.n == 0;
    if (*any)
        return true;
    if (str_eq(host, S("localhost")))
        host = S("127.0.0.1");
    else if (host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = str_sub(host, 1, host.n - 1);
    else if (str_chr(host, ':') >= 0)
        return false;
    return address_parse(host, a);
}

static int bind_listener(const struct address *a, bool any, int port)
{
    bool v4 = !any && is_ipv4(a);
    int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, off = 0;
    if (fd < 0 && any) {
        v4 = true;      /* a machine without IPv6 */
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (fd < 0)
        return -1;
    struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    if (!any) {
        memcpy(&in4.sin_addr, a->ip + 12, 4);
        memcpy(&in6.sin6_addr, a->ip, 16);
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);      /* accepted sockets inherit these */
    if (!v4)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    const struct sockaddr *sa = v4 ? (const struct sockaddr *)&in4 : (const struct sockaddr *)&in6;
    if (bind(fd, sa, v4 ? sizeof in4 : sizeof in6) == 0 && listen(fd, 4096) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int address_listen(const char *z, int *port, struct err *e)
{
    struct address a = { 0 };
    bool any;
    if (!listen_parse(z, &a, &any, port)) {
        err_set(e, ERR_INVALID, "“%s” is not an address to listen on; write 127.0.0.1:8090, [::1]:8090 or :8090", z);
        return -1;
    }
    int fd = bind_listener(&a, any, *port);
    if (fd < 0) {
        int why = errno;
        err_set(e, ERR_INVALID, "Cannot listen on %s: %s", z, strerror(why));
        return -1;
    }
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    if (getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
        *port = ntohs(sa.ss_family == AF_INET ? ((struct sockaddr_in *)&sa)->sin_port : ((struct sockaddr_in6 *)&sa)->sin6_port);
    return fd;
}
