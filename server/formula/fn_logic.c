/* fn_logic: conditions, choices, errors caught, and what the desk knows (ME, TODAY is with the dates). */
#include "formula/fn.h"

/* ---- one argument of several --------------------------------------------------------------------------------- */

static struct value condition(struct ev *ev, const struct node *n)
{
    struct value v = ev_node(ev, n);
    return v.type == V_BOOL ? v : to_bool(ev, &v);
}

static struct value missing_is_zero(struct ev *ev, const struct node *n)
{
    return n->kind == NODE_MISSING ? v_int(0) : ev_node(ev, n);
}

static struct value lazy_if(struct ev *ev, const struct node *n)
{
    struct value c = condition(ev, n->arg[0]);
    if (c.type == V_ERROR)
        return c;
    if (c.u.b)
        return n->n > 1 ? missing_is_zero(ev, n->arg[1]) : v_bool(true);
    return n->n > 2 ? missing_is_zero(ev, n->arg[2]) : v_bool(false);
}

static struct value lazy_ifs(struct ev *ev, const struct node *n)
{
    for (int i = 0; i + 1 < n->n; i += 2) {
        struct value c = condition(ev, n->arg[i]);
        if (c.type == V_ERROR)
            return c;
        if (c.u.b)
            return missing_is_zero(ev, n->arg[i + 1]);
    }
    return v_error(VE_NA);
}

static struct value lazy_switch(struct ev *ev, const struct node *n)
{
    struct value key = ev_node(ev, n->arg[0]);
    if (key.type == V_ERROR)
        return key;
    int i = 1;
    for (; i + 1 < n->n; i += 2) {
        struct value v = ev_node(ev, n->arg[i]);
        if (v.type == V_ERROR)
            return v;
        if (value_equal(ev, &key, &v))
            return missing_is_zero(ev, n->arg[i + 1]);
    }
    return i < n->n ? missing_is_zero(ev, n->arg[i]) : v_error(VE_NA);
}

static struct value lazy_choose(struct ev *ev, const struct node *n)
{
    struct value which = ev_node(ev, n->arg[0]);
    which = to_number(ev, &which);
    if (which.type == V_ERROR)
        return which;
    int64_t i;
    if (!dec_to_i64(dec_round(v_number(&which), 0, DEC_DOWN), &i) || i < 1 || i >= n->n)
        return v_error(VE_VALUE);
    return missing_is_zero(ev, n->arg[i]);
}

static struct value lazy_iferror(struct ev *ev, const struct node *n)
{
    struct value v = missing_is_zero(ev, n->arg[0]);
    return v.type == V_ERROR && ev->steps > 0 ? missing_is_zero(ev, n->arg[1]) : v;
}

static struct value lazy_ifna(struct ev *ev, const struct node *n)
{
    struct value v = missing_is_zero(ev, n->arg[0]);
    return v.type == V_ERROR && v.u.e == VE_NA ? missing_is_zero(ev, n->arg[1]) : v;
}

static struct value lazy_coalesce(struct ev *ev, const struct node *n)
{
    for (int i = 0; i < n->n; i++) {
        struct value v = ev_node(ev, n->arg[i]);
        if (v.type != V_NULL && !(v.type == V_TEXT && v.u.s.n == 0) && !(v.type == V_LIST && v.u.l.n == 0))
            return v;
    }
    return V_NONE;
}

/* The type that holds the values of several branches: theirs if they agree, a decimal for mixed numbers, else unknown. */
static void unify(struct node *n, const struct node *branch)
{
    if (branch->kind == NODE_MISSING || (branch->kind == NODE_CONST && branch->v.type == V_ERROR))
        return;
    if (n->type == V_ERROR) {       /* stands for “none seen yet” */
        n->type = branch->type;
        n->scale = branch->scale;
        n->target = branch->target;
        return;
    }
    bool numbers = (n->type == V_INT || n->type == V_DEC) && (branch->type == V_INT || branch->type == V_DEC);
    if (numbers) {
        n->type = n->type == V_INT && branch->type == V_INT ? V_INT : V_DEC;
        n->scale = n->scale < 0 || branch->scale < 0 ? -1 : n->scale > branch->scale ? n->scale : branch->scale;
    } else if (n->type != branch->type) {
        n->type = V_NULL;
        n->scale = -1;
    }
    if (n->target != branch->target)
        n->target = NULL;
}

static void unify_from(struct node *n, int first, int step, bool last_too)
{
    n->type = V_ERROR;
    n->scale = -1;
    for (int i = first; i < n->n; i += step)
        unify(n, n->arg[i]);
    if (last_too)
        unify(n, n->arg[n->n - 1]);
    if (n->type == V_ERROR)
        n->type = V_NULL;
}

static void type_if(struct node *n)
{
    if (n->n < 3) {             /* IF(c, x) is FALSE otherwise */
        n->type = n->n == 2 && n->arg[1]->type != V_BOOL ? V_NULL : V_BOOL;
        n->scale = -1;
        return;
    }
    unify_from(n, 1, 1, false);
}
static void type_ifs(struct node *n)    { unify_from(n, 1, 2, false); }
static void type_switch(struct node *n) { unify_from(n, 2, 2, n->n % 2 == 0); }
static void type_rest(struct node *n)   { unify_from(n, 1, 1, false); }
static void type_all(struct node *n)    { unify_from(n, 0, 1, false); }

/* ---- truth --------------------------------------------------------------------------------------------------- */

static struct value fn_and(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    bool all = true;
    for (int i = 0; i < n; i++)
        all = all && a[i].u.b;
    return v_bool(all);
}

static struct value fn_or(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    bool any = false;
    for (int i = 0; i < n; i++)
        any = any || a[i].u.b;
    return v_bool(any);
}

static struct value fn_xor(struct ev *ev, const struct value *a, int n)
{
    (void)ev;
    bool odd = false;
    for (int i = 0; i < n; i++)
        odd = odd != a[i].u.b;
    return v_bool(odd);
}

static struct value fn_not(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)n;
    return v_bool(!a[0].u.b);
}

static struct value fn_true(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)a, (void)n;
    return v_bool(true);
}

static struct value fn_false(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)a, (void)n;
    return v_bool(false);
}

static struct value fn_na(struct ev *ev, const struct value *a, int n)
{
    (void)ev, (void)a, (void)n;
    return v_error(VE_NA);
}

static struct value fn_me(struct ev *ev, const struct value *a, int n)
{
    (void)a, (void)n;
    return ev->env->me;
}

static struct value fn_mypartner(struct ev *ev, const struct value *a, int n)
{
    (void)a, (void)n;
    return ev->env->my_partner;
}

static struct value fn_mydepartment(struct ev *ev, const struct value *a, int n)
{
    (void)a, (void)n;
    return ev->env->my_department;
}

static struct value fn_mydepartments(struct ev *ev, const struct value *a, int n)
{
    (void)a, (void)n;
    return ev->env->my_departments.type == V_LIST ? ev->env->my_departments : (struct value){ V_LIST, { .l = { NULL, 0 } } };
}

static const struct expr_fn rows[] = {
    { "IF", "bv?v?", 'v', NULL, "condition, then, [else]", "One value when the condition is true, another when not.",
      "条件成立时返回一个值，否则返回另一个值。", .flags = FN_LAZY, .lazy = lazy_if, .type = type_if },
    { "IFS", "bv+", 'v', NULL, "condition1, value1, …", "The value of the first condition that is true; #N/A if none is.",
      "返回第一个成立的条件所对应的值；都不成立时为 #N/A。", .flags = FN_LAZY, .lazy = lazy_ifs, .type = type_ifs },
    { "SWITCH", "vvv+", 'v', NULL, "value, case1, result1, …, [otherwise]", "The result of the case that equals the value.",
      "返回与该值相等的情形所对应的结果。", .flags = FN_LAZY, .lazy = lazy_switch, .type = type_switch },
    { "CHOOSE", "iv+", 'v', NULL, "number, value1, value2, …", "The value with this number.", "按序号返回其中一个值。",
      .flags = FN_LAZY, .lazy = lazy_choose, .type = type_rest },
    { "IFERROR", "ee", 'v', NULL, "value, otherwise", "The value, or the other one when it is an error.",
      "返回该值；出错时返回另一个值。", .flags = FN_LAZY, .lazy = lazy_iferror, .type = type_all },
    { "IFNA", "ee", 'v', NULL, "value, otherwise", "The value, or the other one when it is #N/A.",
      "返回该值；为 #N/A 时返回另一个值。", .flags = FN_LAZY, .lazy = lazy_ifna, .type = type_all },
    { "COALESCE", "v+", 'v', NULL, "value1, value2, …", "The first value that is not empty.", "返回第一个非空的值。",
      .flags = FN_LAZY, .lazy = lazy_coalesce, .type = type_all },
    { "AND", "b+", 'b', fn_and, "condition1, …", "True when all conditions are true.", "所有条件都成立时为真。" },
    { "OR", "b+", 'b', fn_or, "condition1, …", "True when at least one condition is true.", "至少一个条件成立时为真。" },
    { "XOR", "b+", 'b', fn_xor, "condition1, …", "True when an odd number of conditions are true.", "成立的条件数为奇数时为真。" },
    { "NOT", "b", 'b', fn_not, "condition", "True when the condition is false.", "条件不成立时为真。" },
    { "TRUE", "", 'b', fn_true, "", "The value true.", "逻辑值“真”。" },
    { "FALSE", "", 'b', fn_false, "", "The value false.", "逻辑值“假”。" },
    { "NA", "", 'v', fn_na, "", "The error #N/A.", "错误值 #N/A。" },
    { "ME", "", 'r', fn_me, "", "The user who asks.", "当前用户。", .flags = FN_ME },
    { "MYPARTNER", "", 'r', fn_mypartner, "", "The partner that the user who asks belongs to.", "当前用户所属的渠道伙伴。", .flags = FN_ME },
    { "MYDEPARTMENT", "", 'r', fn_mydepartment, "", "The department of the user who asks.", "当前用户所属的部门。", .flags = FN_ME },
    { "MYDEPARTMENTS", "", 'l', fn_mydepartments, "", "The department of the user who asks and all below it, for “department in MYDEPARTMENTS()”.",
      "当前用户所属的部门及其所有下级部门，用法：department in MYDEPARTMENTS()。", .flags = FN_ME },
};

const struct fn_family fn_logic = { "logic", rows, sizeof rows / sizeof rows[0] };
