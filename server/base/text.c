/* text: Unicode text, see text.h; pinyin is in text_pinyin.c, encodings of files in text_encoding.c.
 *
 * Most text of this house is ASCII or common Han characters, for which normalising and folding do nothing or next
 * to nothing; each function looks for that first and asks ICU only for the rest.  ICU works on UTF-16, so asking costs two conversions. */
#include "base/text.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/utf8.h"

#include <pthread.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

bool text_valid(str s)
{
    size_t i = 0;
    while (i < s.n) {
        if (s.n - i >= 8) {
            uint64_t w = utf8_word(s.p + i);
            if (!((w & UTF8_HIGHS) | utf8_any_below(w, 1))) {
                i += 8;
                continue;
            }
        }
        int n = (unsigned char)s.p[i] < 0x80 ? s.p[i] != 0 : utf8_sequence(s.p + i, s.n - i);
        if (n <= 0)
            return false;
        i += (size_t)n;
    }
    return true;
}

static bool starts_character(char c) { return ((unsigned char)c & 0xc0) != 0x80; }

size_t text_length(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += starts_character(s.p[i]);
    return n;
}

size_t text_offset(str s, size_t codepoints)
{
    size_t i = 0;
    for (; i < s.n; i++)
        if (starts_character(s.p[i]) && codepoints-- == 0)
            break;
    return i;
}

int32_t text_next(str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;
    CHECK(*at < s.n);
    int n = *p < 0x80 ? 1 : utf8_sequence((const char *)p, s.n - *at);
    CHECK(n > 0);
    *at += (size_t)n;
    switch (n) {
    case 1:  return p[0];
    case 2:  return (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    case 3:  return (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    default: return (p[0] & 0x07) << 18 | (p[1] & 0x3f) << 12 | (p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    }
}

size_t text_encode(int32_t cp, char out[4])
{
    CHECK(cp >= 0 && cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff));
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    int n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    static const int lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(lead[n] | cp);
    return (size_t)n;
}

/* UTF-16 on the arena. */
struct wide { UChar *p; int32_t n; };

static struct wide to_wide(struct arena *mem, str s)
{
    UErrorCode  e = U_ZERO_ERROR;
    struct wide w;
    CHECK(s.n < INT32_MAX / 4);
    w.p = NEWV(mem, UChar, s.n + 1);
    u_strFromUTF8(w.p, (int32_t)s.n + 1, &w.n, s.p, (int32_t)s.n, &e);
    CHECK(U_SUCCESS(e));
    return w;
}

static str from_wide(struct arena *mem, struct wide w)
{
    UErrorCode e = U_ZERO_ERROR;
    int32_t    n;
    char      *p = arena_alloc_n(mem, 3, (size_t)w.n + 1);
    u_strToUTF8(p, 3 * w.n + 1, &n, w.p, w.n, &e);
    CHECK(U_SUCCESS(e));
    return (str){ p, (size_t)n };
}

static struct wide normalize(struct arena *mem, const UNormalizer2 *form, struct wide in)
{
    UErrorCode  e = U_ZERO_ERROR;
    int32_t     room = in.n + in.n / 2 + 16;
    struct wide out = { NEWV(mem, UChar, (size_t)room), 0 };
    out.n = unorm2_normalize(form, in.p, in.n, out.p, room, &e);
    if (e == U_BUFFER_OVERFLOW_ERROR) {
        e = U_ZERO_ERROR;
        room = out.n + 1;
        out.p = NEWV(mem, UChar, (size_t)room);
        out.n = unorm2_normalize(form, in.p, in.n, out.p, room, &e);
    }
    CHECK(U_SUCCESS(e));
    return out;
}

static const UNormalizer2 *form(const UNormalizer2 *(*get)(UErrorCode *))
{
    UErrorCode          e = U_ZERO_ERROR;
    const UNormalizer2 *f = get(&e);
    CHECK(U_SUCCESS(e));
    return f;
}

/* Only characters that no normal form changes and that combine with nothing: below U+0300, U+4000..9FFF, full-width
 * forms, and CJK punctuation but the tone marks U+302A..302F. */
static bool plainly_nfc(str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n; i++) {
        if (p[i] < 0xcc || (p[i] >= 0xe4 && p[i] <= 0xe9))
            continue;
        if (p[i] == 0xef && i + 2 < s.n && (p[i + 1] == 0xbc || p[i + 1] == 0xbd))
            continue;
        if (p[i] == 0xe3 && i + 2 < s.n && p[i + 1] == 0x80 && (p[i + 2] < 0xaa || p[i + 2] > 0xaf))
            continue;
        return false;
    }
    return true;
}

str text_nfc(struct arena *mem, str s)
{
    if (plainly_nfc(s))
        return s;
    UErrorCode          e = U_ZERO_ERROR;
    const UNormalizer2 *nfc = form(unorm2_getNFCInstance);
    arena_mark          here = arena_here(mem);
    struct wide         w = to_wide(mem, s);
    if (unorm2_isNormalized(nfc, w.p, w.n, &e) && U_SUCCESS(e)) {
        arena_back(mem, here);
        return s;
    }
    return from_wide(mem, normalize(mem, nfc, w));
}

/* ASCII, and Han characters between U+4000 and U+9FFF: folding does nothing to them but lower-casing. */
static bool plainly_folded(str s, bool *has_upper)
{
    bool upper = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0xe4 && c <= 0xe9) {
            i += 2;
            continue;
        }
        if (c >= 0x80)
            return false;
        upper |= c >= 'A' && c <= 'Z';
    }
    *has_upper = upper;
    return true;
}

static str change_ascii(struct arena *mem, str s, char from, char to)
{
    str out = str_dup(mem, s);
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] >= from && out.p[i] <= to)
            ((char *)out.p)[i] ^= 0x20;
    return out;
}

/* The marks of Latin, Greek and Cyrillic.  Not the voicing marks of kana or the vowel signs of Indic scripts: those
 * make other letters, not accents. */
static bool is_accent(UChar c)
{
    return (c >= 0x0300 && c <= 0x036f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

/* Letters with a stroke that Unicode does not decompose, as people type them. */
static const char *without_stroke(UChar c)
{
    switch (c) {
    case 0x00e6: return "ae";
    case 0x00f0: return "d";
    case 0x00f8: return "o";
    case 0x00fe: return "th";
    case 0x0111: return "d";
    case 0x0127: return "h";
    case 0x0131: return "i";
    case 0x0142: return "l";
    case 0x0153: return "oe";
    case 0x0167: return "t";
    default:     return NULL;
    }
}

str text_fold(struct arena *mem, str s)
{
    bool upper;
    if (plainly_folded(s, &upper))
        return upper ? change_ascii(mem, s, 'A', 'Z') : s;
    struct wide w = normalize(mem, form(unorm2_getNFKCCasefoldInstance), to_wide(mem, s));
    w = normalize(mem, form(unorm2_getNFDInstance), w);
    struct wide out = { NEWV(mem, UChar, 2 * (size_t)w.n + 1), 0 };
    for (int32_t i = 0; i < w.n; i++) {
        const char *z = without_stroke(w.p[i]);
        if (z)
            while (*z)
                out.p[out.n++] = (UChar)*z++;
        else if (!is_accent(w.p[i]))
            out.p[out.n++] = w.p[i];
    }
    return from_wide(mem, normalize(mem, form(unorm2_getNFCInstance), out));
}

static bool is_ascii(str s)
{
    size_t i = 0;
    for (; s.n - i >= 8; i += 8)
        if (utf8_word(s.p + i) & UTF8_HIGHS)
            return false;
    for (; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static UCaseMap      *case_map;
static UCollator     *collator;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* Both are only read afterwards, which ICU allows from many threads at once. */
static void open_tables(void)
{
    UErrorCode e = U_ZERO_ERROR;
    case_map = ucasemap_open("", 0, &e);
    collator = ucol_open("zh@collation=pinyin", &e);
    CHECK(U_SUCCESS(e));
}

typedef int32_t change_case(const UCaseMap *, char *, int32_t, const char *, int32_t, UErrorCode *);

static str with_case(struct arena *mem, str s, change_case *change)
{
    UErrorCode e = U_ZERO_ERROR;
    CHECK(s.n < INT32_MAX / 4);
    pthread_once(&tables_once, open_tables);
    int32_t room = (int32_t)(s.n + s.n / 2 + 16);
    char   *p = arena_alloc(mem, (size_t)room);
    int32_t n = change(case_map, p, room, s.p, (int32_t)s.n, &e);
    if (e == U_BUFFER_OVERFLOW_ERROR) {
        e = U_ZERO_ERROR;
        room = n + 1;
        p = arena_alloc(mem, (size_t)room);
        n = change(case_map, p, room, s.p, (int32_t)s.n, &e);
    }
    CHECK(U_SUCCESS(e));
    return (str){ p, (size_t)n };
}

str text_upper(struct arena *mem, str s)
{
    return is_ascii(s) ? change_ascii(mem, s, 'a', 'z') : with_case(mem, s, ucasemap_utf8ToUpper);
}

str text_lower(struct arena *mem, str s)
{
    return is_ascii(s) ? change_ascii(mem, s, 'A', 'Z') : with_case(mem, s, ucasemap_utf8ToLower);
}

/* As PROPER of OpenFormula: a letter is a first letter when no letter stands before it. */
str text_title(struct arena *mem, str s)
{
    struct buf b;
    bool       inside = false;
    buf_init(&b, mem);
    for (size_t at = 0; at < s.n;) {
        int32_t c = text_next(s, &at);
        bool    letter = u_isalpha(c), mark = u_charType(c) == U_NON_SPACING_MARK;
        char   *to = buf_grow(&b, 4);
        b.n += text_encode(!letter ? c : inside ? u_tolower(c) : u_totitle(c), to);
        inside = letter || (mark && inside);
    }
    return buf_str(&b);
}

int text_collate(str a, str b)
{
    if (str_eq(a, b))
        return 0;
    UErrorCode e = U_ZERO_ERROR;
    CHECK(a.n < INT32_MAX && b.n < INT32_MAX);
    pthread_once(&tables_once, open_tables);
    UCollationResult r = ucol_strcollUTF8(collator, a.n ? a.p : "", (int32_t)a.n, b.n ? b.p : "", (int32_t)b.n, &e);
    CHECK(U_SUCCESS(e));
    return r == UCOL_LESS ? -1 : r == UCOL_GREATER ? 1 : str_cmp(a, b);
}
