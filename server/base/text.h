/* text: everything about user text that needs Unicode, through ICU.  Nothing else in the house calls ICU. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/arena.h"

bool   text_valid(str);                         /* valid UTF-8 without NUL, surrogates, overlong forms */
size_t text_length(str);                        /* in code points */
size_t text_offset(str, size_t codepoints);     /* byte offset of the n-th code point, clamped */
int32_t text_next(str, size_t *at);             /* decodes one code point of valid UTF-8, advances *at */
size_t text_encode(int32_t cp, char out[4]);
str    text_nfc(struct arena *, str);           /* the same view when it already is NFC */
str    text_upper(struct arena *, str);
str    text_lower(struct arena *, str);
str    text_title(struct arena *, str);         /* PROPER: first letter of each word upper */
/* For search: NFKC, case folded, without accents and with full-width made half. */
str    text_fold(struct arena *, str);
/* First letters of the pinyin of Han characters, other letters and digits kept (folded), all else dropped: 上海分公司 -> shfgs,
 * A股 -> ag.  The first reading of each character; the first call costs about 80 ms, a new page of 256 characters 3 ms. */
str    text_pinyin_initials(struct arena *, str);
str    text_pinyin(struct arena *, str);        /* whole syllables without tones: 上海 -> shanghai, 女 -> nv */
/* Order of people: digits, Han by pinyin, then other letters by Unicode (locale zh, collation pinyin), bytes as the last word.
 * Thread-safe. */
int    text_collate(str, str);
/* Encodings of files.  name: "utf-8", "utf-16le", "utf-16be", "gbk", "gb18030" */
const char *text_detect(str head, bool whole);  /* of the first bytes (64 KiB are plenty); byte order marks are recognised; never NULL.
                                                 * The GB family is called gb18030, which reads GBK and GB 2312 too */
/* Streaming, to UTF-8 without byte order mark; malformed input is reported, not replaced.  NUL passes: who keeps the text asks
 * text_valid of each piece. */
struct text_decoder;
struct text_decoder *text_decoder_new(const char *name);   /* NULL: unknown */
bool   text_decode(struct text_decoder *, str in, bool last, struct arena *, str *out); /* false: not that encoding */
void   text_decoder_free(struct text_decoder *);
/* The other way, of valid text; gbk is written as gb18030, which has all characters.  false: unknown name. */
bool   text_to_encoding(struct arena *, const char *name, str, str *out);
#endif
