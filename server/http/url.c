/* url: see url.h and http.h. */
#include "http/url.h"
#include "base/text.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct arena *mem, str in, bool plus_is_space, str *out)
{
    char *p = arena_alloc(mem, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '%') {
            int high = in.n - i > 2 ? hex_digit(in.p[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(in.p[i + 2]);
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        p[n++] = c;
    }
    *out = (str){ p, n };
    return true;
}

bool url_decode(struct arena *mem, str in, bool plus_is_space, str *out)
{
    return decode(mem, in, plus_is_space, out) && text_valid(*out);
}

bool url_path(struct arena *mem, str raw, str *out)
{
    bool escaped = str_chr(raw, '%') >= 0;
    str rest = raw, segment;
    if (raw.n == 0 || raw.p[0] != '/')
        return false;
    rest = str_sub(raw, 1, raw.n);
    while (str_cut(&rest, '/', &segment)) {
        str plain = segment;
        if (escaped && !decode(mem, segment, false, &plain))
            return false;
        if ((plain.n == 0 && rest.p) || str_eq(plain, S(".")) || str_eq(plain, S("..")))
            return false;
        for (size_t i = 0; i < plain.n; i++)
            if ((unsigned char)plain.p[i] < ' ' || plain.p[i] == 0x7f || plain.p[i] == '/')
                return false;
    }
    *out = raw;
    return escaped ? url_decode(mem, raw, false, out) : text_valid(raw);
}

str url_encode(struct arena *mem, str in)
{
    static const char digit[] = "0123456789ABCDEF";
    char *p = arena_alloc(mem, in.n * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && memchr("-._~", c, 4));
        if (!plain) {
            p[n++] = '%';
            p[n++] = digit[c >> 4];
            c = (unsigned char)digit[c & 15];
        }
        p[n++] = (char)c;
    }
    return (str){ p, n };
}

bool url_param(struct arena *mem, str pairs, const char *name, str *out)
{
    str pair, want = str_of(name);
    while (str_cut(&pairs, '&', &pair)) {
        ptrdiff_t eq = str_chr(pair, '=');
        str key = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
        str value = eq < 0 ? str_sub(pair, pair.n, pair.n) : str_sub(pair, (size_t)eq + 1, pair.n);
        bool same = str_eq(key, want);
        if (!same && key.n >= want.n && (str_chr(key, '%') >= 0 || str_chr(key, '+') >= 0)) {
            arena_mark mark = arena_here(mem);
            str plain;
            same = decode(mem, key, true, &plain) && str_eq(plain, want);
            arena_back(mem, mark);
        }
        if (same)
            return url_decode(mem, value, true, out);
    }
    return false;
}

bool request_param(const struct request *r, const char *name, str *out) { return url_param(r->mem, r->query, name, out); }
