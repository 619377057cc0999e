/* json: the reader, see json.h.
 *
 * The text is copied once, with zeros behind it, and strings are decoded in place in that copy (an escape is never
 * shorter than what it stands for), so the tree owns all it needs and a string costs no allocation of its own.  The zero behind the end
 * is an illegal byte everywhere, so no loop needs to look at the length.  Objects are closed by a search for
 * duplicate keys: pairwise for small ones, through a keyed hash table for large ones. */
#include "base/json.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

enum { DEPTH = 64, PAIRWISE = 12, PADDING = 16 };

enum fault {
    FAULT_VALUE, FAULT_END, FAULT_AFTER, FAULT_DEPTH, FAULT_KEY, FAULT_COLON, FAULT_COMMA_ARRAY, FAULT_COMMA_OBJECT,
    FAULT_NUMBER, FAULT_CONTROL, FAULT_ESCAPE, FAULT_SURROGATE, FAULT_NUL, FAULT_UTF8, FAULT_DUPLICATE,
};

struct reader {
    struct arena *mem;
    char         *start, *end, *p;  /* the copy; *end is zero */
    str           text;             /* the original, for the place of a fault */
    struct err   *err;
};

/* One case a fault: each message is a literal, so each has its Chinese twin. */
static bool say(struct err *e, enum fault f, int line, int column)
{
    switch (f) {
    case FAULT_VALUE:        return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a value is expected here", line, column);
    case FAULT_END:          return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: the text ends too early", line, column);
    case FAULT_AFTER:        return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: something follows after the end of the value", line, column);
    case FAULT_DEPTH:        return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: nested more than 64 deep", line, column);
    case FAULT_KEY:          return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a name in double quotes is expected here", line, column);
    case FAULT_COLON:        return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a colon is expected here", line, column);
    case FAULT_COMMA_ARRAY:  return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a comma or ] is expected here", line, column);
    case FAULT_COMMA_OBJECT: return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a comma or } is expected here", line, column);
    case FAULT_NUMBER:       return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: this is not a number", line, column);
    case FAULT_CONTROL:      return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: a control character in a text must be escaped", line, column);
    case FAULT_ESCAPE:       return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: no such escape", line, column);
    case FAULT_SURROGATE:    return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: half of a surrogate pair", line, column);
    case FAULT_NUL:          return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: the character NUL is not allowed", line, column);
    case FAULT_UTF8:         return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: not valid UTF-8", line, column);
    case FAULT_DUPLICATE:    return err_set(e, ERR_MALFORMED, "JSON, line %d, column %d: this name occurs twice", line, column);
    }
    check_failed("a fault without a message", __FILE__, __LINE__);
}

/* at: in the copy.  The column counts characters from 1. */
static bool fault(struct reader *r, enum fault f, const char *at)
{
    int    line = 1, column = 1;
    size_t n = (size_t)(at - r->start);
    if (n >= r->text.n && f != FAULT_DUPLICATE)
        f = FAULT_END;
    for (size_t i = 0; i < n && i < r->text.n; i++) {
        if (r->text.p[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)r->text.p[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return say(r->err, f, line, column);
}

static void skip_space(struct reader *r)
{
    while (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t')
        r->p++;
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int  d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

/* r->p at the u of an escape; moves behind it (and behind the second half of a pair). */
static bool read_unicode_escape(struct reader *r, char **to)
{
    const char *at = r->p - 1;
    int         cp = hex4(r->p + 1);
    if (cp < 0)
        return fault(r, FAULT_ESCAPE, at);
    r->p += 5;
    if (cp >= 0xd800 && cp <= 0xdbff) {
        int low = r->p[0] == '\\' && r->p[1] == 'u' ? hex4(r->p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return fault(r, FAULT_SURROGATE, at);
        r->p += 6;
        cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
    } else if (cp >= 0xdc00 && cp <= 0xdfff) {
        return fault(r, FAULT_SURROGATE, at);
    } else if (cp == 0) {
        return fault(r, FAULT_NUL, at);
    }
    *to += text_encode(cp, *to);
    return true;
}

static bool read_escape(struct reader *r, char **to)
{
    static const char plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    char              c = *++r->p;
    if (c == 'u')
        return read_unicode_escape(r, to);
    const char *hit = c ? strchr(plain, c) : NULL;
    if (!hit)
        return fault(r, FAULT_ESCAPE, r->p - 1);
    *(*to)++ = means[hit - plain];
    r->p++;
    return true;
}

/* Skips ordinary ASCII: eight bytes at a time, then one by one up to the first byte that needs a look.
 * Reading up to seven bytes past the end stays within the padding. */
static char *skip_plain(char *p)
{
    for (;; p += 8) {
        uint64_t w = utf8_word(p);
        if ((w & UTF8_HIGHS) | utf8_any_below(w, 0x20) | utf8_any_equal(w, '"') | utf8_any_equal(w, '\\'))
            break;
    }
    while ((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* r->p at the opening quote; moves behind the closing one. */
static bool read_string(struct reader *r, str *out)
{
    char *from = ++r->p, *to = NULL;    /* to: NULL until the first escape, up to which nothing moves */
    char *begin = from;
    for (;;) {
        char *run = r->p;
        r->p = skip_plain(r->p);
        while ((unsigned char)*r->p >= 0x80) {
            int n = utf8_sequence(r->p, (size_t)(r->end - r->p));
            if (n <= 0)
                return fault(r, FAULT_UTF8, r->p);
            r->p += n;
        }
        if (to && r->p > run) {
            memmove(to, run, (size_t)(r->p - run));
            to += r->p - run;
        }
        if (*r->p == '"')
            break;
        if (*r->p == '\\') {
            if (!to)
                to = r->p;
            if (!read_escape(r, &to))
                return false;
        } else if ((unsigned char)*r->p < 0x20) {
            return fault(r, *r->p ? FAULT_CONTROL : FAULT_NUL, r->p);
        }
    }
    *out = (str){ begin, (size_t)((to ? to : r->p) - begin) };
    r->p++;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool read_number(struct reader *r, str *out)
{
    char *begin = r->p;
    if (*r->p == '-')
        r->p++;
    if (!is_digit(*r->p))
        return fault(r, FAULT_NUMBER, r->p);
    if (*r->p == '0')
        r->p++;
    else
        while (is_digit(*r->p))
            r->p++;
    if (*r->p == '.') {
        r->p++;
        if (!is_digit(*r->p))
            return fault(r, FAULT_NUMBER, r->p);
        while (is_digit(*r->p))
            r->p++;
    }
    if (*r->p == 'e' || *r->p == 'E') {
        r->p++;
        if (*r->p == '+' || *r->p == '-')
            r->p++;
        if (!is_digit(*r->p))
            return fault(r, FAULT_NUMBER, r->p);
        while (is_digit(*r->p))
            r->p++;
    }
    if (is_digit(*r->p))    /* a digit after a leading zero */
        return fault(r, FAULT_NUMBER, r->p);
    *out = (str){ begin, (size_t)(r->p - begin) };
    return true;
}

/* A key twice in a large object: a table of twice its size on the arena, given back at once. */
static const struct json *find_duplicate_hashed(struct arena *mem, const struct json *object)
{
    size_t slots = 64;
    while (slots < 2 * object->n)
        slots *= 2;
    arena_mark          here = arena_here(mem);
    const struct json **table = NEWV(mem, const struct json *, slots);
    const struct json  *twice = NULL;
    for (const struct json *m = object->first; m && !twice; m = m->next) {
        size_t i = hash_keyed(m->key) & (slots - 1);
        while (table[i] && !str_eq(table[i]->key, m->key))
            i = (i + 1) & (slots - 1);
        if (table[i])
            twice = m;
        table[i] = m;
    }
    arena_back(mem, here);
    return twice;
}

static const struct json *find_duplicate(struct arena *mem, const struct json *object)
{
    if (object->n > PAIRWISE)
        return find_duplicate_hashed(mem, object);
    for (const struct json *m = object->first; m; m = m->next)
        for (const struct json *o = object->first; o != m; o = o->next)
            if (str_eq(o->key, m->key))
                return m;
    return NULL;
}

static bool read_word(struct reader *r, struct json *out)
{
    static const struct { const char *word; size_t n; enum json_type type; bool b; } words[] = {
        { "true", 4, JSON_BOOL, true }, { "false", 5, JSON_BOOL, false }, { "null", 4, JSON_NULL, false },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(r->p, words[i].word, words[i].n) == 0) {
            out->type = words[i].type;
            out->b = words[i].b;
            r->p += words[i].n;
            return true;
        }
    return fault(r, FAULT_VALUE, r->p);
}

/* A value that is no container, or the opening bracket of one. */
static bool read_scalar_or_open(struct reader *r, struct json *out)
{
    switch (*r->p) {
    case '{':
    case '[':
        out->type = *r->p++ == '{' ? JSON_OBJECT : JSON_ARRAY;
        return true;
    case '"':
        out->type = JSON_STRING;
        return read_string(r, &out->s);
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        out->type = JSON_NUMBER;
        return read_number(r, &out->s);
    default:
        return read_word(r, out);
    }
}

static bool read_key(struct reader *r, str *key)
{
    if (*r->p != '"')
        return fault(r, FAULT_KEY, r->p);
    if (!read_string(r, key))
        return false;
    skip_space(r);
    if (*r->p != ':')
        return fault(r, FAULT_COLON, r->p);
    r->p++;
    skip_space(r);
    return true;
}

struct level { struct json *parent, *last; };

/* The containers that are open are a stack of fixed size, so depth costs no machine stack. */
static bool read_value(struct reader *r, struct json **out)
{
    struct level open[DEPTH];
    int          depth = 0;
    str          key = STR_NONE;
    for (;;) {
        struct json *v = NEW(r->mem, struct json);
        const char  *at = r->p;
        v->key = key;
        if (!read_scalar_or_open(r, v))
            return false;
        if (depth == 0) {
            *out = v;
        } else {
            struct level *up = &open[depth - 1];
            *(up->last ? &up->last->next : &up->parent->first) = v;
            up->last = v;
            up->parent->n++;
        }
        bool empty = false;
        if (v->type >= JSON_ARRAY) {
            if (depth == DEPTH)
                return fault(r, FAULT_DEPTH, at);
            open[depth++] = (struct level){ v, NULL };
            skip_space(r);
            empty = *r->p == (v->type == JSON_OBJECT ? '}' : ']');
        }
        bool opened = v->type >= JSON_ARRAY && !empty;
        /* after a value: close what ends here, until a comma announces the next one */
        while (!opened && depth) {
            struct json *in = open[depth - 1].parent;
            bool         object = in->type == JSON_OBJECT;
            skip_space(r);
            if (*r->p == ',') {
                r->p++;
                skip_space(r);
                break;
            }
            if (*r->p != (object ? '}' : ']'))
                return fault(r, object ? FAULT_COMMA_OBJECT : FAULT_COMMA_ARRAY, r->p);
            const struct json *twice = object ? find_duplicate(r->mem, in) : NULL;
            if (twice)
                return fault(r, FAULT_DUPLICATE, twice->key.p - 1);
            r->p++;
            depth--;
        }
        if (depth == 0)
            return true;
        key = STR_NONE;
        if (open[depth - 1].parent->type == JSON_OBJECT && !read_key(r, &key))
            return false;
    }
}

bool json_parse(struct arena *mem, str text, struct json **out, struct err *e)
{
    struct reader r = { .mem = mem, .text = text, .err = e };
    r.start = r.p = arena_alloc(mem, text.n + PADDING);     /* comes zeroed */
    r.end = r.start + text.n;
    if (text.n)
        memcpy(r.start, text.p, text.n);
    skip_space(&r);
    if (!read_value(&r, out))
        return false;
    skip_space(&r);
    return r.p == r.end || fault(&r, FAULT_AFTER, r.p);
}

const struct json *json_get_str(const struct json *object, str key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *m = object->first; m; m = m->next)
        if (str_eq(m->key, key))
            return m;
    return NULL;
}

const struct json *json_get(const struct json *object, const char *key) { return json_get_str(object, str_of(key)); }

str json_str(const struct json *object, const char *key)
{
    const struct json *m = json_get(object, key);
    return m && m->type == JSON_STRING ? m->s : STR_NONE;
}

bool json_bool(const struct json *object, const char *key, bool otherwise)
{
    const struct json *m = json_get(object, key);
    return m && m->type == JSON_BOOL ? m->b : otherwise;
}

bool json_i64(const struct json *object, const char *key, int64_t *out)
{
    const struct json *m = json_get(object, key);
    dec                d;
    if (!m || m->type != JSON_NUMBER)
        return false;
    return str_to_i64(m->s, out) || (dec_parse(m->s, &d) && dec_to_i64(d, out));
}

bool json_dec(const struct json *v, dec *out)
{
    return v && (v->type == JSON_NUMBER || v->type == JSON_STRING) && dec_parse(v->s, out);
}
