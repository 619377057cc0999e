/* Text from outside: whatever the bytes, the decoders give valid UTF-8 or refuse, cut into pieces they give the same, and what is
 * made of valid text is valid text. */
#include "base/check.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool decode(struct arena *mem, const char *name, str in, size_t piece, str *all)
{
    struct text_decoder *d = text_decoder_new(name);
    bool                 ok = true;
    *all = S("");
    for (size_t at = 0; ok && at < in.n; at += piece) {
        str part;
        ok = text_decode(d, str_sub(in, at, at + piece), at + piece >= in.n, mem, &part);
        if (ok)
            *all = str_cat(mem, *all, part);
    }
    text_decoder_free(d);
    return ok;
}

/* Valid but for NULs, which pass. */
static bool valid_with_nul(str s)
{
    str part;
    while (str_cut(&s, 0, &part))
        if (!text_valid(part))
            return false;
    return true;
}

static void use(struct arena *mem, str s)
{
    size_t at = 0, n = 0;
    for (; at < s.n; n++)
        text_next(s, &at);
    CHECK(n == text_length(s) && text_offset(s, n) == s.n);
    str nfc = text_nfc(mem, s), fold = text_fold(mem, s);
    CHECK(text_valid(nfc) && text_valid(fold));
    CHECK(str_eq(text_nfc(mem, nfc), nfc));
    CHECK(text_valid(text_upper(mem, s)) && text_valid(text_lower(mem, s)) && text_valid(text_title(mem, s)));
    CHECK(text_valid(text_pinyin(mem, s)) && text_valid(text_pinyin_initials(mem, s)));
    str half = str_sub(s, 0, text_offset(s, n / 2));
    CHECK(text_collate(half, s) == -text_collate(s, half));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = { "utf-8", "utf-16le", "utf-16be", "gbk", "gb18030" };
    struct arena            *mem = arena_new((size_t)256 << 20);
    if (n < 1)
        goto out;
    str in = { (const char *)data + 1, n - 1 }, whole, cut;
    CHECK(text_detect(in, true) && text_detect(in, false));
    const char *name = names[data[0] % 5];
    bool        ok = decode(mem, name, in, in.n + 1, &whole);
    CHECK(decode(mem, name, in, 1 + data[0] / 5 % 7, &cut) == ok);
    if (ok) {
        CHECK(str_eq(whole, cut) && valid_with_nul(whole));
        if (text_valid(whole))
            use(mem, whole);
    }
out:
    arena_free(mem);
    return 0;
}
