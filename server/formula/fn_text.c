/* fn_text: parts of text, searching, changing.  Positions count characters (code points) from 1. */
#include "base/text.h"
#include "formula/fn.h"
#include "formula/text_format.h"

#include <string.h>

static struct value bad(void) { return v_error(VE_VALUE); }

/* n characters of text from the first one on, as a view */
static str chars(str s, size_t from, size_t n)
{
    size_t at = text_offset(s, from);
    str    rest = str_sub(s, at, s.n);
    return str_sub(rest, 0, text_offset(rest, n));
}

static bool charge(struct ev *ev, str s) { return ev_spend(ev, s.n / 64 + 1); }

/* ---- parts ---------------------------------------------------------------------------------------------------- */

static struct value fn_left(struct ev *ev, const struct value *a, int n)
{
    int64_t count = n > 1 ? a[1].u.i : 1;
    return count < 0 || !charge(ev, a[0].u.s) ? bad() : v_text(chars(a[0].u.s, 0, (size_t)count));
}

static struct value fn_right(struct ev *ev, const struct value *a, int n)
{
    int64_t count = n > 1 ? a[1].u.i : 1;
    if (count < 0 || !charge(ev, a[0].u.s))
        return bad();
    size_t length = text_length(a[0].u.s);
    return v_text(chars(a[0].u.s, (size_t)count >= length ? 0 : length - (size_t)count, length));
}

static struct value fn_mid(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    if (a[1].u.i < 1 || a[2].u.i < 0 || !charge(ev, a[0].u.s))
        return bad();
    return v_text(chars(a[0].u.s, (size_t)a[1].u.i - 1, (size_t)a[2].u.i));
}

static struct value fn_len(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return charge(ev, a[0].u.s) ? v_int((int64_t)text_length(a[0].u.s)) : bad();
}

/* ---- searching ------------------------------------------------------------------------------------------------ */

static struct value fn_find_part(struct ev *ev, const struct value *a, int n)
{
    str     part = a[0].u.s, text = a[1].u.s;
    int64_t start = n > 2 ? a[2].u.i : 1;
    if (start < 1 || !charge(ev, text) || start > (int64_t)text_length(text) + 1)
        return bad();
    size_t    from = text_offset(text, (size_t)start - 1);
    ptrdiff_t at = str_find(str_sub(text, from, text.n), part);
    return at < 0 ? bad() : v_int(start + (int64_t)text_length(str_sub(text, from, from + (size_t)at)));
}

/* Whether the pattern with ? * ~ matches at the beginning of s.  Greedy with one point to come back to, so O(n·m). */
static bool matches(struct ev *ev, str pattern, str s)
{
    size_t p = 0, at = 0, star = SIZE_MAX, back = 0;
    while (p < pattern.n) {
        if (!ev_spend(ev, 1))
            return false;
        if (pattern.p[p] == '*') {
            star = ++p;
            back = at;
            continue;
        }
        size_t  pn = p, sn = at;
        int32_t want = text_next(pattern, &pn);
        bool    any = want == '?', fits = false;
        if (want == '~' && pn < pattern.n && strchr("?*~", pattern.p[pn])) {
            want = pattern.p[pn++];
            any = false;
        }
        if (at < s.n)
            fits = text_next(s, &sn) == want || any;
        if (fits) {
            p = pn;
            at = sn;
        } else if (star != SIZE_MAX && back < s.n) {
            text_next(s, &back);
            p = star;
            at = back;
        } else
            return false;
    }
    return true;
}

static struct value fn_search(struct ev *ev, const struct value *a, int n)
{
    int64_t start = n > 2 ? a[2].u.i : 1;
    if (!ev_spend(ev, (a[0].u.s.n + a[1].u.s.n) / 16 + 1))
        return bad();
    str part = text_lower(ev->env->mem, a[0].u.s), text = text_lower(ev->env->mem, a[1].u.s);
    if (start < 1 || start > (int64_t)text_length(text) + 1)
        return bad();
    size_t at = text_offset(text, (size_t)start - 1);
    bool   plain = !memchr(part.p ? part.p : "", '?', part.n) && !memchr(part.p ? part.p : "", '*', part.n) &&
                   !memchr(part.p ? part.p : "", '~', part.n);
    if (plain) {
        ptrdiff_t hit = str_find(str_sub(text, at, text.n), part);
        return hit < 0 ? bad() : v_int(start + (int64_t)text_length(str_sub(text, at, at + (size_t)hit)));
    }
    for (int64_t place = start;; place++) {
        if (matches(ev, part, str_sub(text, at, text.n)))
            return v_int(place);
        if (at >= text.n || ev->steps <= 0)
            return bad();
        text_next(text, &at);
    }
}

static struct value fn_contains(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return charge(ev, a[0].u.s) ? v_bool(str_find(a[0].u.s, a[1].u.s) >= 0) : bad();
}

static struct value fn_startswith(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(str_starts(a[0].u.s, a[1].u.s));
}

static struct value fn_endswith(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(str_ends(a[0].u.s, a[1].u.s));
}

static struct value fn_exact(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(str_eq(a[0].u.s, a[1].u.s));
}

/* ---- changing ------------------------------------------------------------------------------------------------- */

static struct value join(struct ev *ev, const str *parts, size_t n)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n;
    char *out = ev_text(ev, total);
    if (!out)
        return bad();
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n)
            memcpy(out + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return v_text((str){ out, total });
}

static struct value fn_replace(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    str s = a[0].u.s;
    if (a[1].u.i < 1 || a[2].u.i < 0 || !charge(ev, s))
        return bad();
    size_t from = text_offset(s, (size_t)a[1].u.i - 1);
    size_t gone = chars(str_sub(s, from, s.n), 0, (size_t)a[2].u.i).n;
    str    parts[3] = { str_sub(s, 0, from), a[3].u.s, str_sub(s, from + gone, s.n) };
    return join(ev, parts, 3);
}

static struct value fn_substitute(struct ev *ev, const struct value *a, int n)
{
    str     s = a[0].u.s, old = a[1].u.s, new = a[2].u.s;
    int64_t which = n > 3 ? a[3].u.i : 0, seen = 0;
    if (n > 3 && which < 1)
        return bad();
    if (old.n == 0 || !charge(ev, s))
        return old.n ? bad() : a[0];
    size_t    hits = 0, at = 0;
    ptrdiff_t hit;
    for (str rest = s; (hit = str_find(rest, old)) >= 0; rest = str_sub(rest, (size_t)hit + old.n, rest.n))
        hits++;
    size_t longest = s.n + (new.n > old.n ? hits * (new.n - old.n) : 0);
    char  *out = ev_text(ev, longest);
    if (!out || !ev_spend(ev, hits))
        return bad();
    for (str rest = s;;) {
        hit = str_find(rest, old);
        size_t keep = hit < 0 ? rest.n : (size_t)hit;
        if (keep)
            memcpy(out + at, rest.p, keep);
        at += keep;
        if (hit < 0)
            return v_text((str){ out, at });
        seen++;
        str put = which == 0 || seen == which ? new : old;
        if (put.n)
            memcpy(out + at, put.p, put.n);
        at += put.n;
        rest = str_sub(rest, keep + old.n, rest.n);
    }
}

static struct value fn_rept(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    str    s = a[0].u.s;
    size_t total;
    if (a[1].u.i < 0 || __builtin_mul_overflow((size_t)a[1].u.i, s.n, &total))
        return bad();
    char *out = ev_text(ev, total);
    if (!out)
        return bad();
    for (size_t at = 0; at < total; at += s.n)
        memcpy(out + at, s.p, s.n);
    return v_text((str){ out, total });
}

static struct value fn_trim(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    str    s = a[0].u.s;
    size_t k = 0;
    char  *out = ev_text(ev, s.n);
    if (!out)
        return bad();
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' || (k && out[k - 1] != ' '))
            out[k++] = s.p[i];
    if (k && out[k - 1] == ' ')
        k--;
    return v_text((str){ out, k });
}

static struct value fn_clean(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    str    s = a[0].u.s;
    size_t k = 0;
    char  *out = ev_text(ev, s.n);
    if (!out)
        return bad();
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 32 && s.p[i] != 127)
            out[k++] = s.p[i];
    return v_text((str){ out, k });
}

#define BY_ICU(name, convert)                                                            \
    static struct value name(struct ev *ev, const struct value *a, int n)                \
    {                                                                                    \
        (void)n;                                                                         \
        return ev_spend(ev, a[0].u.s.n / 8 + 1) ? v_text(convert(ev->env->mem, a[0].u.s)) : bad(); \
    }
BY_ICU(fn_upper, text_upper)
BY_ICU(fn_lower, text_lower)
BY_ICU(fn_proper, text_title)
BY_ICU(fn_pinyin, text_pinyin)
BY_ICU(fn_initials, text_pinyin_initials)
#undef BY_ICU

static struct value fn_concat(struct ev *ev, const struct value *a, int n)
{
    str *parts = NEWV(ev->env->mem, str, (size_t)n);
    for (int i = 0; i < n; i++)
        parts[i] = a[i].u.s;
    return join(ev, parts, (size_t)n);
}

static struct value fn_textjoin(struct ev *ev, const struct value *a, int n)
{
    size_t room = 0, k = 0;
    bool   skip = a[1].u.b;
    for (int i = 2; i < n; i++)
        room += a[i].type == V_LIST ? a[i].u.l.n : 1;
    if (!ev_spend(ev, room))
        return bad();
    str *parts = NEWV(ev->env->mem, str, room * 2 + 1);
    for (int i = 2; i < n; i++) {
        size_t items = a[i].type == V_LIST ? a[i].u.l.n : 1;
        for (size_t j = 0; j < items; j++) {
            struct value v = to_text(ev, a[i].type == V_LIST ? &a[i].u.l.v[j] : &a[i]);
            if (v.type == V_ERROR)
                return v;
            if (v.u.s.n == 0 && skip)
                continue;
            if (k)
                parts[k++] = a[0].u.s;
            parts[k++] = v.u.s;
        }
    }
    return join(ev, parts, k);
}

/* ---- characters and numbers ----------------------------------------------------------------------------------- */

static struct value fn_char(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    int64_t c = a[0].u.i;
    char   *out = ev_text(ev, 4);
    if (!out || c < 1 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return bad();
    return v_text((str){ out, text_encode((int32_t)c, out) });
}

static struct value fn_code(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    size_t at = 0;
    return a[0].u.s.n ? v_int(text_next(a[0].u.s, &at)) : bad();
}

static struct value fn_value(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return a[0].type == V_BOOL ? bad() : to_number(ev, &a[0]);
}

static struct value fn_t(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return a[0].type == V_TEXT ? a[0] : v_text(S(""));
}

static struct value fn_text_format(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return text_format(ev, &a[0], a[1].u.s);
}

static struct value fn_fixed(struct ev *ev, const struct value *a, int n)
{
    int64_t digits = n > 1 ? a[1].u.i : 2;
    bool    plain = n > 2 && a[2].u.b;
    if (digits > 127 || digits < -127)
        return bad();
    return text_fixed(ev, v_number(&a[0]), (int)digits, !plain);
}

static struct value fn_rmbupper(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    return text_rmb(ev, v_number(&a[0]));
}

static const struct expr_fn rows[] = {
    { "LEFT", "ti?", 't', fn_left, "text, [count]", "The first characters.", "从左边取若干字符。", .pg = "left($1, $2)" },
    { "RIGHT", "ti?", 't', fn_right, "text, [count]", "The last characters.", "从右边取若干字符。", .pg = "right($1, $2)" },
    { "MID", "tii", 't', fn_mid, "text, start, count", "Characters from a place on.", "从指定位置取若干字符。" },
    { "LEN", "t", 'i', fn_len, "text", "How many characters.", "字符个数。", .pg = "length($1)" },
    { "FIND", "tti?", 'i', fn_find_part, "part, text, [start]", "Where the part begins; capitals matter.", "查找文本的位置，区分大小写。" },
    { "SEARCH", "tti?", 'i', fn_search, "part, text, [start]", "Where the part begins; capitals do not matter, ? and * stand for anything.",
      "查找文本的位置，不区分大小写，可用通配符 ? 和 *。" },
    { "CONTAINS", "tt", 'b', fn_contains, "text, part", "True when the part is in the text.", "文本包含该部分时为真。",
      .pg = "(strpos($1, $2) > 0)" },
    { "STARTSWITH", "tt", 'b', fn_startswith, "text, part", "True when the text begins so.", "文本以该部分开头时为真。",
      .pg = "starts_with($1, $2)" },
    { "ENDSWITH", "tt", 'b', fn_endswith, "text, part", "True when the text ends so.", "文本以该部分结尾时为真。",
      .pg = "(right($1, length($2)) = $2)" },
    { "EXACT", "tt", 'b', fn_exact, "text1, text2", "True when both are the same.", "两段文本完全相同时为真。", .pg = "($1 = $2)" },
    { "REPLACE", "tiit", 't', fn_replace, "text, start, count, new", "Other text in the place of some characters.", "按位置替换文本。" },
    { "SUBSTITUTE", "ttti?", 't', fn_substitute, "text, old, new, [which]", "New text for old, everywhere or once.", "用新文本替换旧文本。" },
    { "REPT", "ti", 't', fn_rept, "text, times", "The text again and again.", "重复文本。" },
    { "TRIM", "t", 't', fn_trim, "text", "Without spaces at the ends and double ones inside.", "去除首尾及多余的空格。" },
    { "CLEAN", "t", 't', fn_clean, "text", "Without control characters.", "去除控制字符。" },
    { "UPPER", "t", 't', fn_upper, "text", "In capitals.", "转为大写。" },
    { "LOWER", "t", 't', fn_lower, "text", "In small letters.", "转为小写。" },
    { "PROPER", "t", 't', fn_proper, "text", "Each word with a capital.", "每个单词首字母大写。" },
    { "CONCAT", "t+", 't', fn_concat, "text1, …", "Texts one after another.", "连接文本。" },
    { "CONCATENATE", "t+", 't', fn_concat, "text1, …", "Texts one after another.", "连接文本。" },
    { "TEXTJOIN", "tbv+", 't', fn_textjoin, "between, skip_empty, text1, …", "Texts with something between them.", "用分隔符连接文本。" },
    { "CHAR", "i", 't', fn_char, "number", "The character with this number.", "编号对应的字符。" },
    { "UNICHAR", "i", 't', fn_char, "number", "The character with this Unicode number.", "Unicode 编号对应的字符。" },
    { "CODE", "t", 'i', fn_code, "text", "The number of the first character.", "首字符的编号。" },
    { "UNICODE", "t", 'i', fn_code, "text", "The Unicode number of the first character.", "首字符的 Unicode 编号。" },
    { "VALUE", "v", 'n', fn_value, "text", "The number that the text spells.", "将文本转为数字。" },
    { "T", "v", 't', fn_t, "value", "The value if it is text, else nothing.", "是文本则返回文本，否则为空。" },
    { "TEXT", "vt", 't', fn_text_format, "value, format", "A number or date written as the format says: \"0.00\", \"#,##0\", \"yyyy-mm-dd\".",
      "按格式显示数字或日期，如 \"0.00\"、\"#,##0\"、\"yyyy-mm-dd\"。", .flags = FN_ZONE },
    { "FIXED", "ni?b?", 't', fn_fixed, "number, [decimals], [no_commas]", "A number as text with so many decimals.",
      "将数字按固定小数位数转为文本。" },
    { "RMBUPPER", "n", 't', fn_rmbupper, "amount", "An amount in Chinese capital numerals, as on invoices.", "人民币大写金额。" },
    { "PINYIN", "t", 't', fn_pinyin, "text", "The pinyin of Chinese text.", "汉字的拼音。" },
    { "PINYININITIALS", "t", 't', fn_initials, "text", "The first letters of the pinyin.", "汉字拼音的首字母。" },
};

const struct fn_family fn_text = { "text", rows, sizeof rows / sizeof rows[0] };
