/* fn_info: what kind of value it is. */
#include "formula/fn.h"

static struct value fn_isblank(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(a[0].type == V_NULL || (a[0].type == V_LIST && a[0].u.l.n == 0));
}

#define IS(name, expression)                                                     \
    static struct value name(struct ev *ev, const struct value *a, int n)        \
    {                                                                            \
        (void)ev, (void)n;                                                       \
        const struct value *v = a;                                               \
        return v_bool(expression);                                               \
    }
IS(fn_iserror, v->type == V_ERROR)
IS(fn_iserr, v->type == V_ERROR && v->u.e != VE_NA)
IS(fn_isna, v->type == V_ERROR && v->u.e == VE_NA)
IS(fn_istext, v->type == V_TEXT)
IS(fn_isnontext, v->type != V_TEXT)
IS(fn_islogical, v->type == V_BOOL)
IS(fn_isnumber, v_is_number(v) || v->type == V_DATE || v->type == V_TIME)
IS(fn_isdate, v->type == V_DATE || v->type == V_TIME)
#undef IS

static bool is_even(const struct value *v)
{
    dec r, whole = dec_round(v_number(v), 0, DEC_DOWN);
    return dec_rem(whole, dec_of_i64(2), &r) && dec_is_zero(r);
}

static struct value fn_iseven(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(is_even(&a[0]));
}

static struct value fn_isodd(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(!is_even(&a[0]));
}

static struct value fn_n(struct ev *ev, const struct value *a, int n)
{
    (void)n;
    if (a[0].type == V_TEXT || a[0].type == V_LIST || a[0].type == V_REF)
        return v_int(0);
    return to_number(ev, &a[0]);
}

static struct value fn_error_type(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    static const int number[] = { [VE_VALUE] = 3, [VE_DIV0] = 2, [VE_NA] = 7, [VE_NUM] = 6, [VE_NAME] = 5, [VE_REF] = 4 };
    return a[0].type == V_ERROR ? v_int(number[a[0].u.e]) : v_error(VE_NA);
}

static struct value fn_id(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return a[0].type == V_REF ? v_int(a[0].u.i) : a[0].type == V_NULL ? V_NONE : v_error(VE_VALUE);
}

static const struct expr_fn rows[] = {
    { "ISBLANK", "e", 'b', fn_isblank, "value", "True when there is no value.", "没有值时为真。" },
    { "ISERROR", "e", 'b', fn_iserror, "value", "True for every error.", "任何错误值都为真。" },
    { "ISERR", "e", 'b', fn_iserr, "value", "True for every error but #N/A.", "除 #N/A 以外的错误值为真。" },
    { "ISNA", "e", 'b', fn_isna, "value", "True for #N/A.", "为 #N/A 时为真。" },
    { "ISTEXT", "e", 'b', fn_istext, "value", "True for text.", "是文本时为真。" },
    { "ISNONTEXT", "e", 'b', fn_isnontext, "value", "True for anything but text.", "不是文本时为真。" },
    { "ISLOGICAL", "e", 'b', fn_islogical, "value", "True for true and false.", "是逻辑值时为真。" },
    { "ISNUMBER", "e", 'b', fn_isnumber, "value", "True for numbers and dates.", "是数字或日期时为真。" },
    { "ISDATE", "e", 'b', fn_isdate, "value", "True for dates and instants.", "是日期或时间时为真。" },
    { "ISEVEN", "n", 'b', fn_iseven, "number", "True for even numbers, decimals cut off.", "是偶数时为真（忽略小数）。" },
    { "ISODD", "n", 'b', fn_isodd, "number", "True for odd numbers, decimals cut off.", "是奇数时为真（忽略小数）。" },
    { "N", "v", 'n', fn_n, "value", "The value as a number; 0 for text.", "转为数字；文本为 0。" },
    { "ERROR.TYPE", "e", 'i', fn_error_type, "value", "The number of an error: 2 #DIV/0!, 3 #VALUE!, 6 #NUM!, 7 #N/A.",
      "错误的编号：2 #DIV/0!，3 #VALUE!，6 #NUM!，7 #N/A。" },
    { "ID", "v", 'i', fn_id, "relation", "The id of the related record.", "关联记录的编号。" },
};

const struct fn_family fn_info = { "information", rows, sizeof rows / sizeof rows[0] };
