/* json: a strict reader (RFC 8259) into a tree in an arena, and a writer.
 *
 * Numbers stay text and are read as exact decimals by who needs them; strings are decoded, valid UTF-8,
 * without NUL (refused: no database here can hold it) and without lone surrogates.  Duplicate keys are
 * refused.  Depth at most 64, without recursion.  The tree owns all it points at: the text may go.  Our own because
 * exact decimals, counted strings and arenas need it; the classes of the public parsing cases are its tests. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool           b;
    str            s;           /* STRING: decoded text; NUMBER: its digits as written */
    str            key;         /* when it is a member of an object */
    struct json   *first, *next;/* children of ARRAY and OBJECT, in order */
    size_t         n;           /* number of children */
};

/* ERR_MALFORMED with line and column in the message. */
bool json_parse(struct arena *, str text, struct json **out, struct err *);
const struct json *json_get(const struct json *object, const char *key);     /* NULL when absent or not an object */
const struct json *json_get_str(const struct json *object, str key);
str     json_str(const struct json *object, const char *key);                /* STR_NONE unless a string */
bool    json_bool(const struct json *object, const char *key, bool otherwise);
bool    json_i64(const struct json *object, const char *key, int64_t *out);  /* false unless an integral number */
bool    json_dec(const struct json *number_or_string, dec *out);

/* Writer: commas are its business.
 *     struct jw w; jw_init(&w, &buf);  jw_obj(&w); jw_key(&w, "id"); jw_int(&w, 7); jw_end_obj(&w); */
struct jw { struct buf *b; bool comma; };
void jw_init(struct jw *, struct buf *);
void jw_obj(struct jw *);
void jw_end_obj(struct jw *);
void jw_arr(struct jw *);
void jw_end_arr(struct jw *);
void jw_key(struct jw *, const char *);
void jw_key_str(struct jw *, str);
void jw_str(struct jw *, str);
void jw_strz(struct jw *, const char *);
void jw_int(struct jw *, int64_t);
void jw_dec(struct jw *, dec);              /* as a JSON string, "1234.50" */
void jw_number(struct jw *, dec);           /* as a JSON number */
void jw_bool(struct jw *, bool);
void jw_null(struct jw *);
void jw_raw(struct jw *, str);              /* a whole JSON value, already valid */
void jw_json(struct jw *, const struct json *);
/* Scalars as api.md writes them: decimals as strings, days and instants as text, lists as arrays, references as numbers. */
void jw_value(struct jw *, const struct value *);
void json_escape(struct buf *, str);        /* with the quotes */
#endif
