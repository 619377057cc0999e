/* text_pinyin: Han characters by their sound, see text.h.
 *
 * The readings are those of ICU's transliteration Han-Latin (Unihan's first reading), but one transliteration costs
 * tens of microseconds, so ICU is asked once for a page of 256 characters, when the first of them is met, and its answers are
 * kept as two bytes a character: the number of a syllable, of which there are about 430.  ü is written v, as on a keyboard. */
#include "base/buf.h"
#include "base/check.h"
#include "base/text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { SYLLABLES = 1024, PAGE = 256, FIRST = 0x3400, LAST = 0x9fff, FIRST_RARE = 0x20000, LAST_RARE = 0x323af };

/* A page is complete before its pointer is stored, and never changes or goes away afterwards; so are the syllables that it names.
 * Number 0 is "no reading known".  The lock is for those who fill. */
static char              syllables[SYLLABLES][8];
static int               nsyllables = 1;
static uint16_t *_Atomic pages[LAST_RARE / PAGE + 1];
static pthread_mutex_t   filling = PTHREAD_MUTEX_INITIALIZER;

static uint16_t syllable_number(const char *text)
{
    for (int i = 1; i < nsyllables; i++)
        if (strcmp(syllables[i], text) == 0)
            return (uint16_t)i;
    CHECK(nsyllables < SYLLABLES && strlen(text) < sizeof syllables[0]);
    strcpy(syllables[nsyllables], text);
    return (uint16_t)nsyllables++;
}

/* One line of transliterated text in NFD: its letters without tones; "" when it is not all Latin. */
static void plain_syllable(const UChar *p, int32_t n, char out[8])
{
    size_t k = 0;
    for (int32_t i = 0; i < n; i++) {
        if (p[i] >= 'a' && p[i] <= 'z' && k < 7)
            out[k++] = (char)p[i];
        else if (p[i] == 0x0308 && k && out[k - 1] == 'u')
            out[k - 1] = 'v';
        else if (p[i] < 0x0300 || p[i] > 0x036f)
            k = 0, n = 0;
    }
    out[k] = 0;
}

static void fill(uint16_t *page, int32_t first)
{
    static const UChar id[] = u"Han-Latin";
    UChar              text[PAGE * 16], plain[PAGE * 32];
    int32_t            n = 0;
    for (int32_t c = first; c < first + PAGE; c++) {
        U16_APPEND_UNSAFE(text, n, c);
        text[n++] = '\n';
    }
    UErrorCode          e = U_ZERO_ERROR;
    int32_t             limit = n;
    UTransliterator    *t = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &e);
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&e);
    CHECK(U_SUCCESS(e));
    utrans_transUChars(t, text, &n, PAGE * 16, 0, &limit, &e);
    n = unorm2_normalize(nfd, text, n, plain, PAGE * 32, &e);
    CHECK(U_SUCCESS(e));
    utrans_close(t);
    const UChar *p = plain, *end = plain + n;
    for (int i = 0; i < PAGE; i++) {
        char         s[8];
        const UChar *eol = u_memchr(p, '\n', (int32_t)(end - p));
        CHECK(eol != NULL);
        plain_syllable(p, (int32_t)(eol - p), s);
        page[i] = s[0] ? syllable_number(s) : 0;
        p = eol + 1;
    }
}

static const uint16_t *page_get(int32_t c)
{
    uint16_t *page = atomic_load_explicit(&pages[c / PAGE], memory_order_acquire);
    if (page)
        return page;
    pthread_mutex_lock(&filling);
    page = atomic_load(&pages[c / PAGE]);
    if (!page) {
        page = calloc(PAGE, sizeof *page);
        CHECK(page != NULL);
        fill(page, c / PAGE * PAGE);
        atomic_store_explicit(&pages[c / PAGE], page, memory_order_release);
    }
    pthread_mutex_unlock(&filling);
    return page;
}

/* NULL: not Han, or without a known reading. */
static const char *reading(int32_t c)
{
    if (c == 0x3007)    /* the zero 〇, a letter number outside the blocks */
        return "ling";
    if (c < FIRST || (c > LAST && c < FIRST_RARE) || c > LAST_RARE)
        return NULL;
    uint16_t n = page_get(c)[c % PAGE];
    return n ? syllables[n] : NULL;
}

static str spell(struct arena *mem, str s, bool initials)
{
    struct buf b;
    str        folded = text_fold(mem, s);
    buf_init(&b, mem);
    for (size_t at = 0; at < folded.n;) {
        size_t      from = at;
        int32_t     c = text_next(folded, &at);
        const char *sound = reading(c);
        if (sound)
            buf_put(&b, (str){ sound, initials ? 1 : strlen(sound) });
        else if (c < 0x80 ? (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') : u_isalnum(c))
            buf_put(&b, str_sub(folded, from, at));
    }
    return buf_str(&b);
}

str text_pinyin_initials(struct arena *mem, str s) { return spell(mem, s, true); }
str text_pinyin(struct arena *mem, str s) { return spell(mem, s, false); }
