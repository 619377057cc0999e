/* jw: the writer of JSON, see json.h.  Everything goes straight into the reply's buffer; numbers and dates are
 * spelled in a few bytes on the stack or the buffer's arena. */
#include "base/check.h"
#include "base/date.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void jw_init(struct jw *w, struct buf *b) { *w = (struct jw){ .b = b }; }

static void before(struct jw *w)
{
    if (w->comma)
        buf_putc(w->b, ',');
    w->comma = true;
}

static void put(struct jw *w, const char *p, size_t n)
{
    before(w);
    buf_put(w->b, (str){ p, n });
}

void jw_obj(struct jw *w)
{
    put(w, "{", 1);
    w->comma = false;
}

void jw_end_obj(struct jw *w)
{
    buf_putc(w->b, '}');
    w->comma = true;
}

void jw_arr(struct jw *w)
{
    put(w, "[", 1);
    w->comma = false;
}

void jw_end_arr(struct jw *w)
{
    buf_putc(w->b, ']');
    w->comma = true;
}

void jw_key_str(struct jw *w, str key)
{
    before(w);
    json_escape(w->b, key);
    buf_putc(w->b, ':');
    w->comma = false;
}

void jw_key(struct jw *w, const char *key) { jw_key_str(w, str_of(key)); }

void jw_str(struct jw *w, str s)
{
    before(w);
    json_escape(w->b, s);
}

void jw_strz(struct jw *w, const char *z) { jw_str(w, str_of(z)); }

void jw_int(struct jw *w, int64_t i)
{
    before(w);
    buf_i64(w->b, i);
}

void jw_dec(struct jw *w, dec d)
{
    char text[DEC_TEXT_MAX + 2];
    int  n = dec_text_into(text + 1, d);
    text[0] = text[n + 1] = '"';
    put(w, text, (size_t)n + 2);
}

void jw_number(struct jw *w, dec d)
{
    char text[DEC_TEXT_MAX];
    int  n = dec_text_into(text, d);
    put(w, text, (size_t)n);
}

void jw_bool(struct jw *w, bool b) { put(w, b ? "true" : "false", b ? 4 : 5); }

void jw_null(struct jw *w) { put(w, "null", 4); }

void jw_raw(struct jw *w, str value) { put(w, value.p, value.n); }

/* Depth is bounded by whoever made the tree: the reader stops at 64. */
void jw_json(struct jw *w, const struct json *v)
{
    switch (v->type) {
    case JSON_NULL:   jw_null(w); return;
    case JSON_BOOL:   jw_bool(w, v->b); return;
    case JSON_NUMBER: jw_raw(w, v->s); return;
    case JSON_STRING: jw_str(w, v->s); return;
    case JSON_ARRAY:  jw_arr(w); break;
    case JSON_OBJECT: jw_obj(w); break;
    }
    for (const struct json *m = v->first; m; m = m->next) {
        if (v->type == JSON_OBJECT)
            jw_key_str(w, m->key);
        jw_json(w, m);
    }
    if (v->type == JSON_OBJECT)
        jw_end_obj(w);
    else
        jw_end_arr(w);
}

void jw_value(struct jw *w, const struct value *v)
{
    switch (v->type) {
    case V_NULL:  jw_null(w); return;
    case V_BOOL:  jw_bool(w, v->u.b); return;
    case V_INT:
    case V_REF:   jw_int(w, v->u.i); return;
    case V_DEC:   jw_dec(w, v->u.d); return;
    case V_TEXT:  jw_str(w, v->u.s); return;
    case V_DATE:  jw_str(w, day_text(w->b->mem, v->u.i)); return;
    case V_TIME:  jw_str(w, instant_text(w->b->mem, v->u.i)); return;
    case V_ERROR: jw_strz(w, verror_text(v->u.e)); return;
    case V_LIST:  break;
    }
    jw_arr(w);
    for (size_t i = 0; i < v->u.l.n; i++)
        jw_value(w, &v->u.l.v[i]);
    jw_end_arr(w);
}

static bool needs_escape(char c) { return (unsigned char)c < 0x20 || c == '"' || c == '\\'; }

/* The first byte from p that cannot stand as it is, or end. */
static const char *skip_safe(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t w = utf8_word(p);
        if (utf8_any_below(w, 0x20) | utf8_any_equal(w, '"') | utf8_any_equal(w, '\\'))
            break;
        p += 8;
    }
    while (p < end && !needs_escape(*p))
        p++;
    return p;
}

static void escape_char(struct buf *b, char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char       *hit = c ? strchr(plain, c) : NULL;
    char              text[8];
    if (hit) {
        buf_putc(b, '\\');
        buf_putc(b, letter[hit - plain]);
    } else {
        int n = snprintf(text, sizeof text, "\\u%04x", (unsigned)(unsigned char)c);
        buf_put(b, (str){ text, (size_t)n });
    }
}

void json_escape(struct buf *b, str s)
{
    const char *p = s.p, *end = s.n ? s.p + s.n : s.p;
    buf_putc(b, '"');
    while (s.n) {
        const char *stop = skip_safe(p, end);
        buf_put(b, (str){ p, (size_t)(stop - p) });
        if (stop == end)
            break;
        escape_char(b, *stop);
        p = stop + 1;
    }
    buf_putc(b, '"');
}
