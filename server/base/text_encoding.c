/* text_encoding: files in the encodings that Chinese offices send, see text.h.
 *
 * Detection is by rule, not by statistics: a byte order mark; zero bytes on one side of each pair; well-formed UTF-8; else the GB
 * family.  GB 18030 contains GBK and reads it to the same text, so it is the answer unless the one byte is met that
 * only GBK as Windows writes it has (80, the euro sign).  Guessing between GBK and the Western or Japanese code pages is left to
 * the user, who sees a preview: short columns of names defeat statistics. */
#include "base/buf.h"
#include "base/check.h"
#include "base/text.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

static const struct { const char *name; const char *bytes; size_t n; } marks[] = {
    { "utf-8", "\xef\xbb\xbf", 3 },
    { "utf-16le", "\xff\xfe", 2 },
    { "utf-16be", "\xfe\xff", 2 },
    { "gb18030", "\x84\x31\x95\x33", 4 },
};

static bool is_utf8(str s, bool whole)
{
    for (size_t i = 0; i < s.n;) {
        int n = (unsigned char)s.p[i] < 0x80 ? 1 : utf8_sequence(s.p + i, s.n - i);
        if (n < 0)
            return !whole;
        if (n == 0)
            return false;
        i += (size_t)n;
    }
    return true;
}

/* Zero bytes: ASCII characters of UTF-16 have theirs always on the same side. */
static const char *utf16_by_zeros(str s)
{
    size_t zeros[2] = { 0, 0 };
    for (size_t i = 0; i < s.n; i++)
        zeros[i & 1] += s.p[i] == 0;
    if (zeros[1] > 8 * zeros[0])
        return "utf-16le";
    if (zeros[0] > 8 * zeros[1])
        return "utf-16be";
    return NULL;
}

static bool has_windows_euro(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] == 0x80)
            return true;
        if (p[i] > 0x80)
            i += i + 1 < s.n && p[i + 1] >= 0x30 && p[i + 1] <= 0x39 ? 3 : 1;
    }
    return false;
}

const char *text_detect(str head, bool whole)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (str_starts(head, (str){ marks[i].bytes, marks[i].n }))
            return marks[i].name;
    const char *wide = utf16_by_zeros(head);
    if (wide)
        return wide;
    if (is_utf8(head, whole))
        return "utf-8";
    return has_windows_euro(head) ? "gbk" : "gb18030";
}

struct text_decoder {
    UConverter *icu;            /* NULL: UTF-8, which only needs checking */
    char        rest[4];        /* UTF-8: the beginning of a sequence that the last piece broke off */
    size_t      nrest;
    UChar       high;           /* UTF-16 out of ICU: a pair that its buffer broke in two */
    bool        begun, broken;
};

static const struct { const char *name, *icu; } encodings[] = {
    { "utf-8", NULL }, { "utf-16le", "UTF-16LE" }, { "utf-16be", "UTF-16BE" }, { "gbk", "GBK" }, { "gb18030", "GB18030" },
};

struct text_decoder *text_decoder_new(const char *name)
{
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        if (strcmp(encodings[i].name, name) != 0)
            continue;
        struct text_decoder *d = calloc(1, sizeof *d);
        CHECK(d != NULL);
        if (encodings[i].icu) {
            UErrorCode e = U_ZERO_ERROR;
            d->icu = ucnv_open(encodings[i].icu, &e);
            ucnv_setToUCallBack(d->icu, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
            CHECK(U_SUCCESS(e));
        }
        return d;
    }
    return NULL;
}

bool text_to_encoding(struct arena *mem, const char *name, str in, str *out)
{
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        UErrorCode  e = U_ZERO_ERROR;
        const char *icu = strcmp(name, "gbk") ? encodings[i].icu : "GB18030";
        if (strcmp(encodings[i].name, name) != 0)
            continue;
        *out = in;
        if (!icu || !in.n)
            return true;
        int32_t     n = 0;
        UChar      *wide = NEWV(mem, UChar, in.n + 1);
        UConverter *c = ucnv_open(icu, &e);
        u_strFromUTF8(wide, (int32_t)in.n + 1, &n, in.p, (int32_t)in.n, &e);
        int32_t     room = UCNV_GET_MAX_BYTES_FOR_STRING(n, ucnv_getMaxCharSize(c));
        char       *p = arena_alloc(mem, (size_t)room);
        int32_t     made = ucnv_fromUChars(c, p, room, wide, n, &e);
        ucnv_close(c);
        CHECK(U_SUCCESS(e));
        *out = (str){ p, (size_t)made };
        return true;
    }
    return false;
}

void text_decoder_free(struct text_decoder *d)
{
    if (d && d->icu)
        ucnv_close(d->icu);
    free(d);
}

/* Puts the well-formed part of s into b and keeps a broken-off end for the next piece. */
static bool take_utf8(struct text_decoder *d, str s, struct buf *b)
{
    size_t i = 0;
    while (i < s.n) {
        int n = (unsigned char)s.p[i] < 0x80 ? 1 : utf8_sequence(s.p + i, s.n - i);
        if (n == 0)
            return false;
        if (n < 0)
            break;
        i += (size_t)n;
    }
    buf_put(b, str_sub(s, 0, i));
    d->nrest = s.n - i;
    CHECK(d->nrest < sizeof d->rest);
    if (d->nrest)
        memcpy(d->rest, s.p + i, d->nrest);
    return true;
}

static bool decode_utf8(struct text_decoder *d, str in, bool last, struct buf *b)
{
    while (d->nrest && in.n) {      /* complete what was broken off, byte by byte: at most three */
        char   joined[5];
        size_t n = d->nrest;
        memcpy(joined, d->rest, n);
        joined[n++] = *in.p++;
        in.n--;
        if (!take_utf8(d, (str){ joined, n }, b))
            return false;
    }
    return (in.n == 0 || take_utf8(d, in, b)) && !(last && d->nrest);
}

static void put_wide(struct text_decoder *d, const UChar *p, size_t n, struct buf *b)
{
    for (size_t i = 0; i < n; i++) {
        int32_t c = p[i];
        if (U16_IS_LEAD(c)) {
            d->high = p[i];
            continue;
        }
        if (U16_IS_TRAIL(c))
            c = U16_GET_SUPPLEMENTARY(d->high, c);
        b->n += text_encode(c, buf_grow(b, 4));
    }
}

static bool decode_icu(struct text_decoder *d, str in, bool last, struct buf *b)
{
    const char *p = in.n ? in.p : "", *end = p + in.n;
    for (;;) {
        UChar      wide[2048], *to = wide;
        UErrorCode e = U_ZERO_ERROR;
        ucnv_toUnicode(d->icu, &to, wide + 2048, &p, end, NULL, last, &e);
        put_wide(d, wide, (size_t)(to - wide), b);
        if (e != U_BUFFER_OVERFLOW_ERROR)
            return U_SUCCESS(e);
    }
}

bool text_decode(struct text_decoder *d, str in, bool last, struct arena *mem, str *out)
{
    static const str mark = S_INIT("\xef\xbb\xbf");
    struct buf       b;
    buf_init(&b, mem);
    d->broken = d->broken || !(d->icu ? decode_icu(d, in, last, &b) : decode_utf8(d, in, last, &b));
    if (d->broken)
        return false;
    *out = buf_str(&b);
    if (!d->begun && out->n) {
        d->begun = true;
        if (str_starts(*out, mark))
            *out = str_sub(*out, mark.n, out->n);
    }
    return true;
}
