/* textform: named forms of text, one row each: what is understood, and in which normal form it is stored.  The types email, phone
 * and url have theirs; a text field chooses one with "format". */
#ifndef META_TEXTFORM_H
#define META_TEXTFORM_H
#include "base/err.h"

struct textform {
    const char *name;
    bool      (*normal)(str, struct arena *, str *out, struct err *);   /* false: what is wrong, as ERR_INVALID */
    const char *doc;
};
const struct textform *textform_find(str name);     /* NULL: no such form */
#endif
