/* parse: see parse.h.  One pass: bytes are classed by table until a line is complete, then the line is judged. */
#include "http/parse.h"
#include "base/text.h"
#include "base/check.h"

#include <arpa/inet.h>
#include <string.h>

const char *const method_names[METHODS] = {
    [METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_POST] = "POST", [METHOD_PATCH] = "PATCH",
    [METHOD_PUT] = "PUT", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS",
};

/* What a byte may be.  TEXT: inside a line; TOKEN: in a method or the name of a field; PATH, QUERY: in the target; HOST: in a
 * name of a host.  Browsers leave a few more characters of a query alone than RFC 3986 lists; in a path they escape them, and
 * so must everybody. */
enum { TEXT = 1, TOKEN = 2, PATH = 4, QUERY = 8, HOST = 16, ALL = TEXT | TOKEN | PATH | QUERY };
#define TWO(i, x)     [i] = (x), [(i) + 1] = (x)
#define EIGHT(i, x)   TWO(i, x), TWO((i) + 2, x), TWO((i) + 4, x), TWO((i) + 6, x)
#define SIXTEEN(i, x) EIGHT(i, x), EIGHT((i) + 8, x)
#define LETTERS(i, x) SIXTEEN(i, x), EIGHT((i) + 16, x), TWO((i) + 24, x)
static const uint8_t class[256] = {
    ['\t'] = TEXT, [' '] = TEXT, SIXTEEN(0x80, TEXT), SIXTEEN(0x90, TEXT), SIXTEEN(0xa0, TEXT), SIXTEEN(0xb0, TEXT),
    SIXTEEN(0xc0, TEXT), SIXTEEN(0xd0, TEXT), SIXTEEN(0xe0, TEXT), SIXTEEN(0xf0, TEXT),
    EIGHT('0', ALL | HOST), TWO('8', ALL | HOST), LETTERS('A', ALL | HOST), LETTERS('a', ALL | HOST), ['-'] = ALL | HOST, ['_'] = ALL | HOST,
    ['.'] = ALL, ['~'] = ALL, ['!'] = ALL, ['$'] = ALL, ['&'] = ALL, ['\''] = ALL, ['*'] = ALL, ['+'] = ALL, ['%'] = ALL,
    ['('] = ALL - TOKEN, [')'] = ALL - TOKEN, [','] = ALL - TOKEN, [';'] = ALL - TOKEN, ['='] = ALL - TOKEN,
    [':'] = ALL - TOKEN, ['@'] = ALL - TOKEN, ['/'] = ALL - TOKEN,
    ['^'] = ALL - PATH, ['`'] = ALL - PATH, ['|'] = ALL - PATH, ['#'] = TEXT | TOKEN,
    ['?'] = TEXT | QUERY, ['['] = TEXT | QUERY, [']'] = TEXT | QUERY, ['{'] = TEXT | QUERY, ['}'] = TEXT | QUERY,
    ['\\'] = TEXT | QUERY, ['"'] = TEXT, ['<'] = TEXT, ['>'] = TEXT,
};

static bool is(char c, int what) { return (class[(unsigned char)c] & what) != 0; }

static size_t span(const char *p, size_t n, int what)
{
    size_t i = 0;
    while (i < n && is(p[i], what))
        i++;
    return i;
}

static enum parse refuse(struct head *h, int status, const char *why)
{
    h->status = status;
    h->why = why;
    return PARSE_REFUSED;
}

void head_init(struct head *h, size_t limit)
{
    CHECK(limit > 0 && limit <= HEAD_MAX);
    memset(h, 0, offsetof(struct head, field));     /* the fields are counted, not cleared */
    h->limit = limit;
}

static bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool escapes_valid(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '%' && (n - i < 3 || !is_hex(p[i + 1]) || !is_hex(p[i + 2])))
            return false;
    return true;
}

static enum parse read_target(struct head *h, const char *buf, size_t from, size_t n)
{
    const char *p = buf + from;
    if (p[0] != '/')
        return refuse(h, 400, "target is not a path");      /* absolute, authority and asterisk forms */
    size_t path_n = span(p, n, PATH);
    h->path = (uint16_t)from;
    h->path_n = (uint16_t)path_n;
    h->query = (uint16_t)(from + path_n);
    h->query_n = 0;
    if (path_n < n) {
        if (p[path_n] != '?')
            return refuse(h, 400, "character in path");
        h->query++;
        h->query_n = (uint16_t)(n - path_n - 1);
        if (span(p + path_n + 1, h->query_n, QUERY) != h->query_n)
            return refuse(h, 400, "character in query");
    }
    if (!escapes_valid(p, n))
        return refuse(h, 400, "percent escape");
    return PARSE_MORE;
}

/* METHOD SP target SP HTTP/1.x, single spaces. */
static enum parse read_request_line(struct head *h, const char *buf, size_t from, size_t n)
{
    const char *p = buf + from;
    const char *space = memchr(p, ' ', n);
    size_t method_n = space ? (size_t)(space - p) : n;
    if (!space || method_n == 0)
        return refuse(h, 400, "request line");
    size_t target = method_n + 1;
    space = memchr(p + target, ' ', n - target);
    size_t target_n = space ? (size_t)(space - (p + target)) : 0;
    if (target_n == 0)
        return refuse(h, 400, "request line");
    str version = { space + 1, n - target - target_n - 1 };
    if (!str_starts(version, S("HTTP/")) || str_chr(version, ' ') >= 0)
        return refuse(h, 400, "request line");
    if (span(p, method_n, TOKEN) != method_n)
        return refuse(h, 400, "method");
    if (!str_eq(version, S("HTTP/1.1")) && !str_eq(version, S("HTTP/1.0")))
        return refuse(h, 505, "version");
    h->minor = version.p[7] - '0';
    h->method = METHODS;
    for (int m = 0; m < METHODS; m++)
        if (str_eqz((str){ p, method_n }, method_names[m]))
            h->method = (enum method)m;
    if (h->method == METHODS)
        return refuse(h, 501, "method");
    return read_target(h, buf, from + target, target_n);
}

/* ---- fields ---- */

static bool all_digits(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static bool is_ipv4(str s)
{
    char z[16];
    struct in_addr a;
    if (s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    return inet_pton(AF_INET, z, &a) == 1;
}

static bool is_ipv6(str s)
{
    char z[46];
    struct in6_addr a;
    if (s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    return inet_pton(AF_INET6, z, &a) == 1;
}

static bool is_port(str s)
{
    uint64_t port;
    return s.n <= 5 && all_digits(s) && str_to_u64(s, &port) && port > 0 && port < 65536;
}

/* Labels of letters, digits, - and _; a name whose last label is a number must be an IPv4 address. */
static bool is_host_name(str s)
{
    if (s.n == 0 || s.n > 255)
        return false;
    if (s.p[s.n - 1] == '.')
        s.n--;
    str rest = s, label = STR_NONE;
    while (str_cut(&rest, '.', &label))
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-' || span(label.p, label.n, HOST) != label.n)
            return false;
    return label.n && (!all_digits(label) || is_ipv4(s));
}

bool host_valid(str s)
{
    str name = s, port = STR_NONE;
    if (s.n && s.p[0] == '[') {
        ptrdiff_t end = str_chr(s, ']');
        if (end < 0 || !is_ipv6(str_sub(s, 1, (size_t)end)))
            return false;
        if ((size_t)end + 1 == s.n)
            return true;
        return s.p[end + 1] == ':' && is_port(str_sub(s, (size_t)end + 2, s.n));
    }
    ptrdiff_t colon = str_chr(s, ':');
    if (colon >= 0) {
        name = str_sub(s, 0, (size_t)colon);
        port = str_sub(s, (size_t)colon + 1, s.n);
        if (!is_port(port))
            return false;
    }
    return is_host_name(name);
}

static enum parse read_length(struct head *h, str v)
{
    if (v.n > 18 || !all_digits(v) || !str_to_u64(v, &h->length))
        return refuse(h, 400, "content-length");
    h->has_length = true;
    return PARSE_MORE;
}

static enum parse read_coding(struct head *h, str v)
{
    if (h->minor == 0 || !str_eq_nocase(v, S("chunked")))
        return refuse(h, 400, "transfer-encoding");
    h->chunked = true;
    return PARSE_MORE;
}

static enum parse read_host(struct head *h, str v)
{
    return host_valid(v) ? PARSE_MORE : refuse(h, 400, "host");
}

static enum parse read_expect(struct head *h, str v)
{
    if (!str_eq_nocase(v, S("100-continue")))
        return refuse(h, 417, "expect");
    h->expect = h->minor == 1;      /* RFC 9110 10.1.1: ignored from HTTP/1.0 */
    return PARSE_MORE;
}

static enum parse read_connection(struct head *h, str v)
{
    str token;
    while (str_cut(&v, ',', &token))
        if (str_eq_nocase(str_trim(token), S("close")))
            h->close = true;
    return PARSE_MORE;
}

/* Fields that may stand only once, because a second one would be read by one program and not by the other, and the one list
 * field that the front reads itself. */
static const struct { str name; bool once; enum parse (*read)(struct head *, str); } known[] = {
    { S_INIT("host"), true, read_host },
    { S_INIT("content-length"), true, read_length },
    { S_INIT("transfer-encoding"), true, read_coding },
    { S_INIT("connection"), false, read_connection },
    { S_INIT("expect"), true, read_expect },
    { S_INIT("content-type"), true, NULL },
    { S_INIT("content-encoding"), true, NULL },
    { S_INIT("authorization"), true, NULL },
    { S_INIT("cookie"), true, NULL },
    { S_INIT("origin"), true, NULL },
    { S_INIT("referer"), true, NULL },
    { S_INIT("sec-fetch-site"), true, NULL },
    { S_INIT("idempotency-key"), true, NULL },
    { S_INIT("if-modified-since"), true, NULL },
    { S_INIT("if-unmodified-since"), true, NULL },
    { S_INIT("last-event-id"), true, NULL },
    { S_INIT("user-agent"), true, NULL },
    { S_INIT("x-forwarded-proto"), true, NULL },
    { S_INIT("x-forwarded-host"), true, NULL },
};
_Static_assert(sizeof known / sizeof known[0] <= 32, "one bit of head.seen each");

static enum parse judge_field(struct head *h, str name, str value)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].name.n != name.n || memcmp(known[i].name.p, name.p, name.n) != 0)
            continue;
        if (known[i].once && h->seen & 1u << i)
            return refuse(h, 400, "field given twice");
        h->seen |= 1u << i;
        return known[i].read ? known[i].read(h, value) : PARSE_MORE;
    }
    return PARSE_MORE;
}

static enum parse read_field(struct head *h, char *buf, size_t from, size_t n)
{
    char *p = buf + from;
    size_t name_n = 0;
    uint8_t high = 0;
    if (h->nfields == HEAD_FIELDS)
        return refuse(h, 431, "too many fields");
    for (; name_n < n && is(p[name_n], TOKEN); name_n++)
        if (p[name_n] >= 'A' && p[name_n] <= 'Z')
            p[name_n] = (char)(p[name_n] + ('a' - 'A'));
    if (name_n == 0 || name_n == n || p[name_n] != ':')
        return refuse(h, 400, "name of a field");   /* also folded lines and space before the colon */
    str value = str_trim((str){ p + name_n + 1, n - name_n - 1 });
    for (size_t i = 0; i < value.n; i++)
        high |= (uint8_t)value.p[i];
    if (high & 0x80 && !text_valid(value))
        return refuse(h, 400, "field is not UTF-8");
    h->field[h->nfields++] = (struct head_field){ (uint16_t)from, (uint16_t)name_n, (uint16_t)(value.p - buf), (uint16_t)value.n };
    return judge_field(h, (str){ p, name_n }, value);
}

/* What only the whole head can tell. */
static enum parse finish(struct head *h)
{
    bool content = h->chunked || (h->has_length && h->length > 0);
    if (h->minor == 1 && !(h->seen & 1u))
        return refuse(h, 400, "no host");
    if (h->has_length && h->chunked)
        return refuse(h, 400, "length and chunked");
    if (content && (h->method == METHOD_GET || h->method == METHOD_HEAD))
        return refuse(h, 400, "GET with a body");
    if (h->minor == 0 && !h->has_length && (h->method == METHOD_POST || h->method == METHOD_PUT || h->method == METHOD_PATCH))
        return refuse(h, 411, "no length");
    if (h->minor == 0)
        h->close = true;
    h->end = h->at;
    h->done = true;
    return PARSE_DONE;
}

static enum parse read_line(struct head *h, char *buf, size_t from, size_t n)
{
    if (!h->begun) {
        if (n == 0 && from == 0)
            return PARSE_MORE;      /* RFC 9112 2.2: one empty line before the request is not held against it */
        h->begun = true;
        return read_request_line(h, buf, from, n);
    }
    return n == 0 ? finish(h) : read_field(h, buf, from, n);
}

enum parse head_feed(struct head *h, char *buf, size_t n)
{
    if (h->status)
        return PARSE_REFUSED;
    if (h->done)
        return PARSE_DONE;
    for (;;) {
        size_t limit = h->begun || h->line + HEAD_LINE > h->limit ? h->limit : h->line + HEAD_LINE;
        size_t end = n < limit ? n : limit;
        CHECK(h->line <= h->at && h->at <= end);
        h->at += span(buf + h->at, end - h->at, TEXT);
        if (h->at + 1 < end && buf[h->at] == '\r' && buf[h->at + 1] == '\n') {
            size_t line = h->line, line_n = h->at - h->line;
            h->at += 2;
            h->line = h->at;
            enum parse r = read_line(h, buf, line, line_n);
            if (r != PARSE_MORE)
                return r;
            continue;
        }
        bool cut = h->at == end || (h->at + 1 == end && buf[h->at] == '\r');
        if (!cut)
            return refuse(h, 400, "control byte");
        if (end < limit)
            return PARSE_MORE;
        return h->begun ? refuse(h, 431, "head too long") : refuse(h, 414, "request line too long");
    }
}
