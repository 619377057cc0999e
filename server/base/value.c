/* value: see value.h. */
#include "base/value.h"
#include "base/check.h"

const char *verror_text(enum verror e)
{
    static const char *const text[] = {
        [VE_VALUE] = "#VALUE!", [VE_DIV0] = "#DIV/0!", [VE_NA] = "#N/A",
        [VE_NUM] = "#NUM!", [VE_NAME] = "#NAME?", [VE_REF] = "#REF!",
    };
    CHECK((size_t)e < sizeof text / sizeof text[0]);
    return text[e];
}

bool v_is_number(const struct value *v) { return v->type == V_INT || v->type == V_DEC; }

dec v_number(const struct value *v)
{
    CHECK(v_is_number(v));
    return v->type == V_INT ? dec_of_i64(v->u.i) : v->u.d;
}

static bool same_list(const struct vlist *a, const struct vlist *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!v_same(&a->v[i], &b->v[i]))
            return false;
    return true;
}

bool v_same(const struct value *a, const struct value *b)
{
    if (v_is_number(a) && v_is_number(b))
        return a->type == V_INT && b->type == V_INT ? a->u.i == b->u.i
                                                    : dec_cmp(v_number(a), v_number(b)) == 0;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case V_NULL:  return true;
    case V_BOOL:  return a->u.b == b->u.b;
    case V_TEXT:  return str_eq(a->u.s, b->u.s);
    case V_LIST:  return same_list(&a->u.l, &b->u.l);
    case V_ERROR: return a->u.e == b->u.e;
    case V_INT: case V_DEC: case V_DATE: case V_TIME: case V_REF: break;
    }
    return a->u.i == b->u.i;
}
