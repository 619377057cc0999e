/* utf8: the two loops that everything that reads text from outside shares: skip plain ASCII in bulk, and check one
 * multi-byte sequence.  Well-formed is Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing
 * above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UTF8_ONES  UINT64_C(0x0101010101010101)
#define UTF8_HIGHS UINT64_C(0x8080808080808080)

/* Length (2..4) of the well-formed sequence at p that does not start with an ASCII byte, 0 when it is malformed,
 * -1 when the left bytes are the beginning of one and more are needed. */
static inline int utf8_sequence(const char *at, size_t left)
{
    const unsigned char *p = (const unsigned char *)at;
    unsigned char low = 0x80, high = 0xbf;
    int n;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (left < 2)
        return -1;
    if (p[1] < low || p[1] > high)
        return 0;
    for (int i = 2; i < n; i++) {
        if ((size_t)i >= left)
            return -1;
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

/* Non-zero when one of the eight bytes is below n (n <= 128); bytes above 127 never count. */
static inline uint64_t utf8_any_below(uint64_t w, unsigned n) { return (w - UTF8_ONES * n) & ~w & UTF8_HIGHS; }

/* Non-zero when one of the eight bytes is c. */
static inline uint64_t utf8_any_equal(uint64_t w, unsigned char c) { return utf8_any_below(w ^ (UTF8_ONES * c), 1); }

static inline uint64_t utf8_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}
#endif
