/* dec_text: decimals from text and to text (dec.h).  No libc, no locale: the same in every build. */
#include "base/check.h"
#include "base/dec_inner.h"

#include <string.h>

enum { MAX_EXP = 6144, PLAIN_DIGITS = 40 };

/* ---- reading -------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* The digits of a coefficient, with at most one point; *scale: how many are after it. */
static bool read_coef(const char **at, const char *end, u128 *c, int64_t *scale)
{
    const char *p = *at;
    uint64_t lo = 0, tail = 0;
    int n = 0, ntail = 0;               /* significant digits in lo (up to 19) and tail (up to 15 more) */
    bool any = false, point = false;
    *scale = 0;
    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(*p))
            break;
        uint64_t digit = (uint64_t)(*p - '0');
        any = true;
        *scale += point;
        if (n < 19) {
            lo = lo * 10 + digit;
            n += lo != 0;
        } else if (n + ntail < DEC_DIGITS) {
            tail = tail * 10 + digit;
            ntail++;
        } else if (digit == 0) {                    /* 1000000000000000000000000000000000000000 is 1e39 */
            *scale -= 1;
        } else {
            return false;
        }
    }
    *c = ntail ? (u128)lo * wide_pow10_64[ntail] + tail : lo;
    *at = p;
    return any;
}

static bool read_exponent(const char *p, const char *end, int64_t *exp)
{
    bool neg = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    int64_t e = 0;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return false;
        if (e < 100000000)
            e = e * 10 + (*p - '0');
    }
    *exp = neg ? -e : e;
    return true;
}

bool dec_parse(str s, dec *out)
{
    const char *p = s.p, *end = s.p + s.n;
    u128 c;
    int64_t scale, exp = 0;
    if (s.n == 0)
        return false;
    bool neg = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!read_coef(&p, end, &c, &scale))
        return false;
    if (p < end) {
        if (*p != 'e' && *p != 'E')
            return false;
        if (!read_exponent(p + 1, end, &exp))
            return false;
    }
    exp -= scale;
    if (exp > MAX_EXP || exp < -MAX_EXP)
        return false;
    *out = dec_raw(neg, c, (int32_t)exp);
    return true;
}

/* ---- writing -------------------------------------------------------------------------------------- */

static int put_u64(char *end, uint64_t x)       /* backwards from end; returns the count */
{
    char *p = end;
    while (x >= 100) {
        unsigned two = (unsigned)(x % 100);
        x /= 100;
        *--p = (char)('0' + two % 10);
        *--p = (char)('0' + two / 10);
    }
    if (x >= 10) {
        *--p = (char)('0' + x % 10);
        x /= 10;
    }
    *--p = (char)('0' + x);
    return (int)(end - p);
}

static int coef_text(char out[40], u128 c)
{
    char digits[40];
    int n;
    if (c >> 64) {
        u128 low;
        uint64_t high = (uint64_t)wide_divmod(c, wide_pow10[19], &low);
        int m = put_u64(digits + 40, (uint64_t)low);
        for (; m < 19; m++)
            digits[39 - m] = '0';
        n = 19 + put_u64(digits + 21, high);
    } else {
        n = put_u64(digits + 40, (uint64_t)c);
    }
    memcpy(out, digits + 40 - n, (size_t)n);
    return n;
}

/* Plain notation: integer digits, and zeros on either side of the coefficient as its exponent asks. */
static int plain_text(char *out, const char *digits, int n, int64_t exp)
{
    char *p = out;
    if (exp >= 0) {
        memcpy(p, digits, (size_t)n);
        p += n;
        memset(p, '0', (size_t)exp);
        p += exp;
    } else if (-exp < n) {
        size_t whole = (size_t)(n + exp);
        memcpy(p, digits, whole);
        p += whole;
        *p++ = '.';
        memcpy(p, digits + whole, (size_t)-exp);
        p += -exp;
    } else {
        *p++ = '0';
        *p++ = '.';
        memset(p, '0', (size_t)(-exp - n));
        p += -exp - n;
        memcpy(p, digits, (size_t)n);
        p += n;
    }
    return (int)(p - out);
}

static int exponent_text(char *out, const char *digits, int n, int64_t exp)
{
    char *p = out, number[24];
    *p++ = digits[0];
    if (n > 1) {
        *p++ = '.';
        memcpy(p, digits + 1, (size_t)n - 1);
        p += n - 1;
    }
    exp += n - 1;
    *p++ = 'E';
    *p++ = exp < 0 ? '-' : '+';
    int m = put_u64(number + sizeof number, (uint64_t)(exp < 0 ? -exp : exp));
    memcpy(p, number + sizeof number - m, (size_t)m);
    return (int)(p - out) + m;
}

int dec_text_into(char out[DEC_TEXT_MAX], dec d)
{
    char digits[40], *p = out;
    u128 c = dec_coef(d);
    CHECK(c < DEC_LIMIT);
    int n = coef_text(digits, c);
    int64_t exp = c == 0 && d.exp > 0 ? 0 : d.exp, size = exp >= 0 ? n + exp : -exp < n ? n : 1 - exp;
    if (d.neg)
        *p++ = '-';
    p += size <= PLAIN_DIGITS ? plain_text(p, digits, n, exp) : exponent_text(p, digits, n, exp);
    return (int)(p - out);
}

str dec_text(struct arena *a, dec d)
{
    char out[DEC_TEXT_MAX];
    int n = dec_text_into(out, d);
    return str_dup(a, (str){ out, (size_t)n });
}

str dec_text_scientific(struct arena *a, dec d)
{
    char digits[40], out[DEC_TEXT_MAX], *p = out;
    int n = coef_text(digits, dec_coef(d));
    if (d.neg)
        *p++ = '-';
    bool plain = d.exp <= 0 && (int64_t)d.exp + n - 1 >= -6;
    p += plain ? plain_text(p, digits, n, d.exp) : exponent_text(p, digits, n, d.exp);
    return str_dup(a, (str){ out, (size_t)(p - out) });
}

str dec_text_fixed(struct arena *a, dec d, int scale)
{
    char digits[40];
    if (scale < 0)
        scale = 0;
    d = dec_round(d, scale, DEC_HALF_UP);
    int n = coef_text(digits, dec_coef(d));
    int64_t exp = dec_is_zero(d) ? 0 : d.exp;
    int64_t decimals = exp < 0 ? -exp : 0;
    char *out = arena_alloc(a, (size_t)(n + (exp > 0 ? exp : decimals) + scale + 4)), *p = out;
    if (d.neg)
        *p++ = '-';
    p += plain_text(p, digits, n, exp);
    if (decimals == 0 && scale > 0)
        *p++ = '.';
    memset(p, '0', (size_t)(scale - decimals));
    p += scale - decimals;
    return (str){ out, (size_t)(p - out) };
}
