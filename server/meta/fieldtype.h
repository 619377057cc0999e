/* fieldtype: the kinds of field, one row each.  A kind says how a value looks in JSON, in a column and in formulas;
 * nothing else in the server asks for a kind by name. */
#ifndef META_FIELDTYPE_H
#define META_FIELDTYPE_H
#include "base/err.h"
#include "base/json.h"
#include "base/value.h"

enum {
    FT_COLUMN   = 1 << 0,   /* has a column in the module's table */
    FT_COMPUTED = 1 << 1,   /* its value is made by the engine: formula, roll-up */
    FT_READ     = 1 << 2,   /* computed while reading: lookup */
    FT_ONE      = 1 << 3,   /* points at one record */
    FT_MANY     = 1 << 4,   /* points at many records, kept in q_link */
    FT_LINES    = 1 << 5,   /* child records edited with their parent */
    FT_TEXT     = 1 << 6,   /* text of people: searched, compared in the order of people */
    FT_SCALED   = 1 << 7,   /* a decimal with a scale */
    FT_OPTIONS  = 1 << 8,   /* codes out of a list */
    FT_JSON     = 1 << 9,   /* structured text */
    FT_FILES    = 1 << 10,  /* attached files: see record/file.h */
};

struct field;
struct fieldtype {
    const char *name;
    enum vtype  vtype;      /* of the value in formulas; V_NULL: as the field's result says */
    unsigned    flags;
    int         scale;      /* default scale of FT_SCALED */
    /* Reads a scalar from a request: false with a message in err (no problem set; the caller names the field). */
    bool      (*read)(const struct field *, const struct json *, struct arena *, struct value *out, struct err *);
    const char *doc;
};

const struct fieldtype *fieldtype_find(str name);       /* NULL: no such kind */
const struct fieldtype *fieldtype_all(size_t *n);

/* Between value and column.  Decimals are units of the field's scale, choices text ",a,b,". */
struct value field_to_cell(const struct field *, const struct value *, struct arena *);
struct value field_of_cell(const struct field *, const struct value *cell, struct arena *);
/* A text (a CSV cell) as the JSON that a request would carry; days also as 2026/1/31, booleans as 是/否, choices by label. */
bool field_read_text(const struct field *, str text, struct arena *, struct value *out, struct err *);
/* Checks of one value against the field's own limits: length, range, pattern, options. */
bool field_check(const struct field *, const struct value *, struct err *);
#endif
