/* text_format: see text_format.h.  A format is cut into sections; a section that names parts of dates is a date format, else it
 * is for numbers.  What is not understood is copied, as spreadsheets do. */
#include "formula/text_format.h"
#include "base/check.h"
#include "base/text.h"

#include <string.h>

enum { MAX_FORMAT = 255 };

/* ---- cutting -------------------------------------------------------------------------------------------------- */

/* Length of the piece at f: a quoted text, an escaped character, a bracket, or one character. */
static size_t piece(str f)
{
    if (f.p[0] == '"') {
        ptrdiff_t end = str_chr(str_sub(f, 1, f.n), '"');
        return end < 0 ? f.n : (size_t)end + 2;
    }
    if (f.p[0] == '[') {
        ptrdiff_t end = str_chr(f, ']');
        return end < 0 ? f.n : (size_t)end + 1;
    }
    if ((f.p[0] == '\\' || f.p[0] == '_' || f.p[0] == '*') && f.n > 1)
        return 1 + text_offset(str_sub(f, 1, f.n), 1);
    return text_offset(f, 1);
}

static int sections(str f, str out[4])
{
    int    n = 0;
    size_t from = 0, at = 0;
    while (at < f.n && n < 3) {
        if (f.p[at] == ';') {
            out[n++] = str_sub(f, from, at);
            from = ++at;
            continue;
        }
        at += piece(str_sub(f, at, f.n));
    }
    out[n++] = str_sub(f, from, f.n);
    return n;
}

/* What a piece writes when it is only text; false: it means something. */
static bool literal(struct buf *b, str p)
{
    switch (p.p[0]) {
    case '"':
        buf_put(b, str_sub(p, 1, p.n > 1 && p.p[p.n - 1] == '"' ? p.n - 1 : p.n));
        return true;
    case '\\':
        buf_put(b, str_sub(p, 1, p.n));
        return true;
    case '_':
        buf_putc(b, ' ');
        return true;
    case '*': return true;
    case '[': {
        str in = str_sub(p, 1, p.n - 1);
        if (in.n && strchr("hHmMsS", in.p[0]))
            return false;
        if (in.n > 1 && in.p[0] == '$') {           /* [$¥-804] */
            ptrdiff_t dash = str_chr(in, '-');
            buf_put(b, str_sub(in, 1, dash < 0 ? in.n : (size_t)dash));
        }
        return true;
    }
    default: return false;
    }
}

static bool is_date_format(str f)
{
    for (size_t at = 0; at < f.n;) {
        str p = str_sub(f, at, at + piece(str_sub(f, at, f.n)));
        if (p.n == 1 && strchr("yYmMdDhHsSaA", p.p[0]))
            return true;
        if (p.p[0] == '[' && p.n > 2 && strchr("hHmMsS", p.p[1]))
            return true;
        if (p.n == 1 && strchr("0#?", p.p[0]))
            return false;
        at += p.n;
    }
    return false;
}

/* ---- numbers -------------------------------------------------------------------------------------------------- */

struct picture {
    int  zeros, places, decimals, least;    /* 0 before the point; 0 # before it; after it; 0 after it */
    int  percent, thousands;
    bool commas, point, exponent;
    int  exponent_digits;
    bool exponent_plus;
};

static struct picture look(str f)
{
    struct picture k = { 0 };
    bool digit = false;
    int  trailing = 0;
    for (size_t at = 0; at < f.n;) {
        str  p = str_sub(f, at, at + piece(str_sub(f, at, f.n)));
        char c = p.n == 1 ? p.p[0] : 0;
        at += p.n;
        if (c == '%')
            k.percent++;
        else if (c == '.' && !k.point)
            k.point = true;
        else if (c == ',' && digit)
            trailing++;
        else if ((c == 'E' || c == 'e') && digit && at < f.n && (f.p[at] == '+' || f.p[at] == '-')) {
            k.exponent = true;
            k.exponent_plus = f.p[at++] == '+';
            while (at < f.n && (f.p[at] == '0' || f.p[at] == '#')) {
                k.exponent_digits++;
                at++;
            }
        } else if (c == '0' || c == '#' || c == '?') {
            k.commas = k.commas || (trailing > 0 && !k.point);
            trailing = 0;
            digit = true;
            k.places += !k.point;
            k.zeros += !k.point && c == '0';
            k.decimals += k.point;
            if (k.point && c == '0')
                k.least = k.decimals;
        }
    }
    k.thousands = trailing;
    return k;
}

/* The digits of a number that is not negative: whole and fraction apart. */
static void split_digits(struct ev *ev, dec d, const struct picture *k, str *whole, str *fraction)
{
    str       s = dec_text_fixed(ev->env->mem, d, k->decimals);
    ptrdiff_t point = str_chr(s, '.');
    *whole = point < 0 ? s : str_sub(s, 0, (size_t)point);
    *fraction = point < 0 ? S("") : str_sub(s, (size_t)point + 1, s.n);
    if (whole->n == 1 && whole->p[0] == '0')
        *whole = S("");
    while (fraction->n > (size_t)k->least && fraction->p[fraction->n - 1] == '0')
        fraction->n--;
}

static void put_whole(struct buf *b, str digits, const struct picture *k)
{
    size_t width = digits.n > (size_t)k->zeros ? digits.n : (size_t)k->zeros;
    for (size_t i = 0; i < width; i++) {
        size_t left = width - i;
        buf_putc(b, left > digits.n ? '0' : digits.p[digits.n - left]);
        if (k->commas && left > 1 && left % 3 == 1)
            buf_putc(b, ',');
    }
}

static int take_exponent(dec *d, const struct picture *k)
{
    if (dec_is_zero(*d))
        return 0;
    int before = k->places ? k->places : 1;
    int e = d->exp + dec_digits(*d) - before;
    d->exp -= e;
    dec limit = { .lo = 1, .exp = before };
    if (dec_cmp(dec_round(*d, k->decimals, DEC_HALF_UP), limit) >= 0) {
        d->exp--;
        e++;
    }
    return e;
}

static void format_number(struct ev *ev, struct buf *b, dec d, str f)
{
    struct picture k = look(f);
    d.exp += 2 * k.percent - 3 * k.thousands;
    int exponent = k.exponent ? take_exponent(&d, &k) : 0;
    str whole, fraction;
    bool done = false, seen_point = false;
    split_digits(ev, d, &k, &whole, &fraction);
    for (size_t at = 0; at < f.n;) {
        str  p = str_sub(f, at, at + piece(str_sub(f, at, f.n)));
        char c = p.n == 1 ? p.p[0] : 0;
        at += p.n;
        if (literal(b, p))
            continue;
        if (c == '0' || c == '#' || c == '?') {
            if (!done && !seen_point)
                put_whole(b, whole, &k);
            done = done || !seen_point;
        } else if (c == '.' && !seen_point) {
            if (!done)
                put_whole(b, whole, &k);
            done = seen_point = true;
            buf_putc(b, '.');
            buf_put(b, fraction);
        } else if (c == ',' && done)
            continue;
        else if ((c == 'E' || c == 'e') && k.exponent) {
            buf_putc(b, c);
            if (exponent < 0 || k.exponent_plus)
                buf_putc(b, exponent < 0 ? '-' : '+');
            buf_printf(b, "%0*d", k.exponent_digits, exponent < 0 ? -exponent : exponent);
            at += 1 + (size_t)k.exponent_digits;
        } else
            buf_put(b, p);
    }
}

/* ---- dates ---------------------------------------------------------------------------------------------------- */

struct moment { int64_t day, second; struct civil civil; };

static size_t run(str f, size_t at)
{
    size_t n = 1;
    while (at + n < f.n && (f.p[at + n] | 0x20) == (f.p[at] | 0x20))
        n++;
    return n;
}

/* Whether m at `at` means minutes: behind h, or before s. */
static bool is_minute(str f, size_t at, size_t n)
{
    for (size_t i = at; i-- > 0;)
        if (strchr("hH", f.p[i]))
            return true;
        else if (strchr("yYdDsS\"", f.p[i]))
            break;
    for (size_t i = at + n; i < f.n; i++)
        if (strchr("sS", f.p[i]))
            return true;
        else if (strchr("yYmMdDhH\"", f.p[i]))
            break;
    return false;
}

static void put_date_part(struct buf *b, const struct moment *t, char c, size_t n, bool minute, bool half)
{
    static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August",
                                          "September", "October", "November", "December" };
    static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
    static const char *const chinese[] = { "一", "二", "三", "四", "五", "六", "日" };
    int hour = (int)(t->second / 3600), width = n > 1 ? 2 : 1;
    switch (c) {
    case 'y':
        buf_printf(b, n > 2 ? "%04d" : "%02d", n > 2 ? t->civil.year : t->civil.year % 100);
        return;
    case 'd':
        if (n <= 2)
            buf_printf(b, "%0*d", width, t->civil.day);
        else
            buf_printf(b, "%.*s", n == 3 ? 3 : 9, days[day_weekday(t->day)]);
        return;
    case 'a':
        buf_printf(b, "%s%s", n > 3 ? "星期" : "", chinese[day_weekday(t->day)]);
        return;
    case 'h':
        buf_printf(b, "%0*d", width, half ? (hour + 11) % 12 + 1 : hour);
        return;
    case 's':
        buf_printf(b, "%0*d", width, (int)(t->second % 60));
        return;
    default: break;
    }
    if (minute)
        buf_printf(b, "%0*d", width, (int)(t->second / 60 % 60));
    else if (n <= 2)
        buf_printf(b, "%0*d", width, t->civil.month);
    else
        buf_printf(b, "%.*s", n == 3 ? 3 : n == 5 ? 1 : 9, months[t->civil.month - 1]);
}

/* AM/PM, am/pm, A/P, 上午/下午 at f; its length, 0: none */
static size_t half_day(str f, bool morning, str *out)
{
    static const struct { str code, am, pm; } marks[] = {
        { S_INIT("AM/PM"), S_INIT("AM"), S_INIT("PM") }, { S_INIT("am/pm"), S_INIT("am"), S_INIT("pm") },
        { S_INIT("A/P"), S_INIT("A"), S_INIT("P") }, { S_INIT("上午/下午"), S_INIT("上午"), S_INIT("下午") },
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (str_starts(f, marks[i].code)) {
            *out = morning ? marks[i].am : marks[i].pm;
            return marks[i].code.n;
        }
    return 0;
}

static bool has_half_day(str f)
{
    str none;
    for (size_t at = 0; at < f.n; at += piece(str_sub(f, at, f.n)))
        if (half_day(str_sub(f, at, f.n), true, &none))
            return true;
    return false;
}

static void put_elapsed(struct buf *b, const struct moment *t, str p)
{
    int64_t seconds = (t->day - SERIAL_EPOCH) * 86400 + t->second;
    char    unit = (char)(p.p[1] | 0x20);
    int64_t n = unit == 'h' ? seconds / 3600 : unit == 'm' ? seconds / 60 : seconds;
    buf_printf(b, "%0*lld", (int)p.n - 2, (long long)n);
}

static void format_date(struct buf *b, const struct moment *t, str f)
{
    bool half = has_half_day(f);
    for (size_t at = 0; at < f.n;) {
        str    rest = str_sub(f, at, f.n), word, p = str_sub(rest, 0, piece(rest));
        size_t mark = half_day(rest, t->second < 43200, &word);
        if (mark) {
            buf_put(b, word);
            at += mark;
        } else if (p.p[0] == '[' && p.n > 2 && strchr("hHmMsS", p.p[1])) {
            put_elapsed(b, t, p);
            at += p.n;
        } else if (literal(b, p)) {
            at += p.n;
        } else if (p.n == 1 && strchr("yYmMdDhHsSaA", p.p[0])) {
            size_t n = run(f, at);
            char   c = (char)(p.p[0] | 0x20);
            put_date_part(b, t, c, n, c == 'm' && is_minute(f, at, n), half);
            at += n;
        } else {
            buf_put(b, p);
            at += p.n;
        }
    }
}

/* The day and second that a serial number names; seconds are rounded, as they are shown. */
static bool moment_of(dec serial, struct moment *t)
{
    dec     day = dec_round(serial, 0, DEC_FLOOR);
    int64_t n, s;
    if (!dec_to_i64(day, &n) || n < 0 || n > DAY_MAX - SERIAL_EPOCH)
        return false;
    if (!dec_to_i64(dec_round(dec_mul(dec_sub(serial, day), dec_of_i64(86400)), 0, DEC_HALF_UP), &s))
        return false;
    t->day = n + SERIAL_EPOCH + s / 86400;
    t->second = s % 86400;
    t->civil = civil_of_day(t->day);
    return t->day <= DAY_MAX;
}

/* ---- the doors ------------------------------------------------------------------------------------------------ */

static struct value finish(struct ev *ev, struct buf *b)
{
    return ev_spend(ev, b->n / 16 + 1) ? v_text(buf_str(b)) : v_error(VE_VALUE);
}

static struct value format_text(struct ev *ev, str s, str f)
{
    struct buf b;
    buf_init(&b, ev->env->mem);
    for (size_t at = 0; at < f.n;) {
        str p = str_sub(f, at, at + piece(str_sub(f, at, f.n)));
        at += p.n;
        if (p.n == 1 && p.p[0] == '@') {
            if (b.n + s.n > EV_TEXT_MAX || !ev_spend(ev, s.n / 16 + 1))
                return v_error(VE_VALUE);
            buf_put(&b, s);
        } else if (!literal(&b, p))
            buf_put(&b, p);
    }
    return finish(ev, &b);
}

static struct value format_serial(struct ev *ev, const struct value *v, dec d, str f)
{
    struct buf    b;
    struct moment t = { 0 };
    buf_init(&b, ev->env->mem);
    if (v->type == V_DATE) {                /* also before 1900 */
        t.day = v->u.i;
        t.civil = civil_of_day(t.day);
    } else if (!moment_of(d, &t))
        return v_error(VE_VALUE);
    format_date(&b, &t, f);
    return finish(ev, &b);
}

struct value text_format(struct ev *ev, const struct value *v, str format)
{
    str          part[4];
    struct value n = to_number(ev, v);
    if (v->type == V_BOOL || v->type == V_REF || v->type == V_LIST || format.n > MAX_FORMAT)
        return v->type == V_BOOL ? to_text(ev, v) : v_error(VE_VALUE);
    int count = sections(format, part);
    if (n.type == V_ERROR)                  /* text that is no number */
        return v->type == V_TEXT ? format_text(ev, v->u.s, count == 4 ? part[3] : str_chr(part[0], '@') >= 0 ? part[0] : S("@")) : n;
    dec d = v_number(&n);
    if (count == 1 && str_eq_nocase(part[0], S("General")))
        return to_text(ev, v);
    if (str_eqz(part[0], "@")) {
        struct value s = to_text(ev, v);
        return s.type == V_TEXT ? format_text(ev, s.u.s, part[0]) : s;
    }
    if (is_date_format(part[0]))
        return format_serial(ev, v, d, part[0]);
    if (d.exp > 300 || d.exp < -300)        /* would write pages of zeros */
        return v_error(VE_VALUE);
    struct picture k = look(part[0]);
    bool negative = d.neg && !dec_is_zero(d), zero = dec_is_zero(d);
    str  f = negative && count > 1 ? part[1] : zero && count > 2 ? part[2] : part[0];
    struct buf b;
    buf_init(&b, ev->env->mem);
    dec shown = dec_abs(d);
    shown.exp += 2 * k.percent - 3 * k.thousands;
    bool vanishes = !k.exponent && dec_is_zero(dec_round(shown, k.decimals, DEC_HALF_UP));
    if (negative && count == 1 && !vanishes)
        buf_putc(&b, '-');
    format_number(ev, &b, dec_abs(d), f);
    return finish(ev, &b);
}

struct value text_fixed(struct ev *ev, dec d, int digits, bool commas)
{
    if (d.exp > 300 || d.exp < -300)
        return v_error(VE_VALUE);
    d = dec_round(d, digits, DEC_HALF_UP);
    struct picture k = { .zeros = 1, .places = 1, .decimals = digits > 0 ? digits : 0, .least = digits > 0 ? digits : 0, .commas = commas };
    struct buf     b;
    str            whole, fraction;
    buf_init(&b, ev->env->mem);
    split_digits(ev, dec_abs(d), &k, &whole, &fraction);
    if (d.neg && !dec_is_zero(d))
        buf_putc(&b, '-');
    put_whole(&b, whole, &k);
    if (digits > 0) {
        buf_putc(&b, '.');
        buf_put(&b, fraction);
    }
    return finish(ev, &b);
}
