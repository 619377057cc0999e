/* value: the one coin of the house.  Database cells, formula results, record
 * slots and JSON scalars are all struct value, so no room converts for another. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H
#include "base/dec.h"
#include "base/str.h"

enum vtype {
    V_NULL,
    V_BOOL,
    V_INT,      /* i */
    V_DEC,      /* d; V_INT and V_DEC are both “number”, and compare as numbers */
    V_TEXT,     /* s, valid UTF-8 in NFC; the empty text and null are different values */
    V_DATE,     /* i: civil days since 1970-01-01 */
    V_TIME,     /* i: microseconds UTC since 1970 */
    V_REF,      /* i: record id */
    V_LIST,     /* l: of TEXT (choices) or REF (relations, files) */
    V_ERROR,    /* e: a formula error; never stored */
};

enum verror { VE_VALUE, VE_DIV0, VE_NA, VE_NUM, VE_NAME, VE_REF };

struct value;
struct vlist { const struct value *v; size_t n; };

struct value {
    enum vtype type;
    union {
        bool         b;
        int64_t      i;
        dec          d;
        str          s;
        struct vlist l;
        enum verror  e;
    } u;
};

#define V_NONE      ((struct value){ .type = V_NULL })
static inline struct value v_bool(bool b)      { return (struct value){ V_BOOL, { .b = b } }; }
static inline struct value v_int(int64_t i)    { return (struct value){ V_INT, { .i = i } }; }
static inline struct value v_dec(dec d)        { return (struct value){ V_DEC, { .d = d } }; }
static inline struct value v_text(str s)       { return (struct value){ V_TEXT, { .s = s } }; }
static inline struct value v_date(int64_t day) { return (struct value){ V_DATE, { .i = day } }; }
static inline struct value v_time(int64_t us)  { return (struct value){ V_TIME, { .i = us } }; }
static inline struct value v_ref(int64_t id)   { return (struct value){ V_REF, { .i = id } }; }
static inline struct value v_error(enum verror e) { return (struct value){ V_ERROR, { .e = e } }; }

const char *verror_text(enum verror);           /* "#DIV/0!" */
bool v_is_number(const struct value *);
dec  v_number(const struct value *);            /* of V_INT or V_DEC */
bool v_same(const struct value *, const struct value *);  /* same value: 1 and 1.0 are, null and "" are not */
#endif
