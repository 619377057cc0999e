/* xlsx_number: numbers of cells as text, by their digits: what a spreadsheet wrote is never made a binary fraction again. */
#include "exchange/xlsx_read.h"
#include "base/buf.h"
#include "base/date.h"

#include <ctype.h>
#include <string.h>

enum { DIGITS_MAX = 400, EXPONENT_MAX = 400, SHOWN_DIGITS = 15, NOISE = 16 };

/* A number is 0.d1d2d3… times ten to the point. */
struct digits { char d[DIGITS_MAX]; int n, point; bool negative; };

static bool scan(str s, struct digits *out)
{
    size_t i = 0;
    bool   any = false, fraction = false;
    *out = (struct digits){ 0 };
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
        out->negative = s.p[i++] == '-';
    for (; i < s.n && (isdigit((unsigned char)s.p[i]) || (s.p[i] == '.' && !fraction)); i++) {
        if (s.p[i] == '.') {
            fraction = true;
            continue;
        }
        any = true;
        if (out->n == DIGITS_MAX)
            return false;
        if (s.p[i] == '0' && !out->n) {
            out->point -= fraction;
            continue;
        }
        out->d[out->n++] = s.p[i];
        out->point += !fraction;
    }
    if (any && i < s.n && (s.p[i] | 32) == 'e') {
        int64_t e;
        str     rest = str_sub(s, i + 1, s.n);
        if (rest.n > 1 && rest.p[0] == '+')
            rest = str_sub(rest, 1, rest.n);
        if (!str_to_i64(rest, &e) || e > EXPONENT_MAX || e < -EXPONENT_MAX)
            return false;
        out->point += (int)e;
        i = s.n;
    }
    while (out->n && out->d[out->n - 1] == '0')
        out->n--;
    if (!out->n)
        out->point = 0;
    return any && i == s.n;
}

/* Programs write a binary fraction with up to seventeen digits and show fifteen: 19.989999999999998 was 19.99.  A number of
 * fifteen digits is at most half a unit of the 53rd bit away from its binary fraction, that is 11 in the seventeenth digit, and
 * 5 more where sixteen are written; what is further away was meant. */
static void without_noise(struct digits *x)
{
    struct digits r = *x;
    if (x->n <= SHOWN_DIGITS || x->n > 17 || x->point >= x->n)
        return;
    int last = (x->d[SHOWN_DIGITS] - '0') * 10 + (x->n > SHOWN_DIGITS + 1 ? x->d[SHOWN_DIGITS + 1] - '0' : 0);
    if (last > NOISE && last < 100 - NOISE)
        return;
    r.n = SHOWN_DIGITS;
    if (x->d[SHOWN_DIGITS] >= '5') {
        int i = SHOWN_DIGITS - 1;
        while (i >= 0 && r.d[i] == '9')
            r.d[i--] = '0';
        if (i >= 0)
            r.d[i]++;
        else {
            r.d[0] = '1';
            r.point++;
        }
    }
    while (r.n && r.d[r.n - 1] == '0')
        r.n--;
    *x = r;
}

static str plain(struct arena *mem, const struct digits *x)
{
    struct buf b;
    buf_init(&b, mem);
    if (x->negative && x->n)
        buf_putc(&b, '-');
    if (x->point <= 0)
        buf_putc(&b, '0');
    for (int i = 0; i < x->point; i++)
        buf_putc(&b, i < x->n ? x->d[i] : '0');
    if (x->n > x->point) {
        buf_putc(&b, '.');
        for (int i = x->point; i < x->n; i++)
            buf_putc(&b, i < 0 ? '0' : x->d[i]);
    }
    return buf_str(&b);
}

str xlsx_number_text(struct arena *mem, str written)
{
    struct digits x;
    if (!scan(str_trim(written), &x))
        return STR_NONE;
    without_noise(&x);
    return plain(mem, &x);
}

/* ---- days and times -------------------------------------------------------------------------------------------------- */

enum xlsx_moment xlsx_format_kind(str code)
{
    bool day = false, clock = false;
    for (size_t i = 0; i < code.n; i++) {
        char c = (char)tolower((unsigned char)code.p[i]);
        if (c == ';')
            break;              /* negative numbers and the rest */
        if (c == '"') {
            while (++i < code.n && code.p[i] != '"')
                ;
        } else if (c == '\\' || c == '_' || c == '*')
            i++;
        else if (c == '[') {    /* a colour, a condition, a language, or hours past 24 */
            size_t from = ++i;
            while (i < code.n && code.p[i] != ']')
                i++;
            str in = str_sub(code, from, i);
            clock |= in.n && in.n <= 2 && strchr("hms", in.p[0] | 32) != NULL;
        } else if (c == 'y' || c == 'd')
            day = true;
        else if (c == 'h' || c == 's')
            clock = true;
        else if (c == 'm')      /* a month, or minutes beside hours or seconds; both decide */
            day |= !clock && !memchr(code.p + i, 's', code.n - i);
    }
    return day ? XLSX_DATE : clock ? XLSX_CLOCK : XLSX_NUMBER;
}

static void put_clock(struct buf *b, int64_t ms)
{
    buf_printf(b, "%02d:%02d:%02d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
    if (ms % 1000)
        buf_printf(b, ".%03d", (int)(ms % 1000));
}

str xlsx_moment_text(struct arena *mem, str number, bool from_1904, enum xlsx_moment kind)
{
    struct digits x;
    struct buf    b;
    int64_t       day = 0, part = 0, unit = 1, first = from_1904 ? day_of_civil(1904, 1, 1) : day_of_civil(1899, 12, 30);
    if (!scan(str_trim(number), &x) || x.negative || x.point > 7)
        return STR_NONE;
    for (int i = 0; i < x.point; i++)
        day = day * 10 + (i < x.n ? x.d[i] - '0' : 0);
    for (int i = x.point; i < x.n && i < x.point + 10; i++) {
        part = part * 10 + (i < 0 ? 0 : x.d[i] - '0');
        unit *= 10;
    }
    int64_t ms = (part * 86400000 * 2 / unit + 1) / 2;
    if (ms == 86400000) {
        day++;
        ms = 0;
    }
    buf_init(&b, mem);
    if (kind == XLSX_CLOCK && day == 0) {
        put_clock(&b, ms);
        return buf_str(&b);
    }
    if (!from_1904 && day < 61) {       /* the year 1900 has a 29 February there */
        if (day == 60 || day == 0)
            return STR_NONE;
        day++;
    }
    if (day + first > day_of_civil(9999, 12, 31))
        return STR_NONE;
    buf_put(&b, day_text(mem, first + day));
    if (ms) {
        buf_putc(&b, ' ');
        put_clock(&b, ms);
    }
    return buf_str(&b);
}
