/* fn_stat: sums, means and counts.  The same rows serve plain arguments (SUM(a, b)), related lists (SUM(lines.amount, condition))
 * and the groups of queries; check.c tells them apart, stat.c computes all. */
#include "formula/stat.h"

struct value agg_call(struct ev *ev, const struct value *a, int n)
{
    struct agg_state s;
    agg_init(&s, ev->fn->agg, ev->env->mem);
    for (int i = 0; i < n; i++)
        stat_put(&s, &a[i]);
    return stat_value(&s, ev->env->mem);
}

/* Of plain arguments COUNT takes numbers and dates, as in spreadsheets. */
static struct value fn_count(struct ev *ev, const struct value *a, int n)
{
    dec     d;
    int64_t k = 0;
    (void)ev;
    for (int i = 0; i < n; i++)
        k += v_is_number(&a[i]) || a[i].type == V_DATE || a[i].type == V_TIME || a[i].type == V_BOOL ||
             (a[i].type == V_TEXT && text_number(a[i].u.s, &d));
    return v_int(k);
}

static struct value fn_counta(struct ev *ev, const struct value *a, int n)
{
    int64_t k = 0;
    (void)ev;
    for (int i = 0; i < n; i++)
        k += a[i].type == V_LIST ? (int64_t)a[i].u.l.n : a[i].type != V_NULL;
    return v_int(k);
}

static struct value fn_countblank(struct ev *ev, const struct value *a, int n)
{
    int64_t k = 0;
    (void)ev;
    for (int i = 0; i < n; i++)
        k += a[i].type == V_NULL || (a[i].type == V_TEXT && a[i].u.s.n == 0) || (a[i].type == V_LIST && a[i].u.l.n == 0);
    return v_int(k);
}

/* AVERAGEA, MINA, MAXA: text counts as 0 */
static struct value with_text(struct ev *ev, enum fn_agg kind, const struct value *a, int n)
{
    struct agg_state s;
    agg_init(&s, kind, ev->env->mem);
    for (int i = 0; i < n; i++) {
        struct value zero = v_int(0), truth = a[i].type == V_BOOL ? v_int(a[i].u.b) : V_NONE;
        stat_put(&s, a[i].type == V_TEXT ? &zero : a[i].type == V_BOOL ? &truth : &a[i]);
    }
    return stat_value(&s, ev->env->mem);
}
static struct value fn_averagea(struct ev *ev, const struct value *a, int n) { return with_text(ev, AGG_AVERAGE, a, n); }
static struct value fn_mina(struct ev *ev, const struct value *a, int n)     { return with_text(ev, AGG_MIN, a, n); }
static struct value fn_maxa(struct ev *ev, const struct value *a, int n)     { return with_text(ev, AGG_MAX, a, n); }

#define LIST "value1, … or list.field, [condition]"

static const struct expr_fn rows[] = {
    { "SUM", "a+", 'n', agg_call, LIST, "The sum.", "求和。", .agg = AGG_SUM },
    { "COUNT", "e+", 'i', fn_count, "value1, … or list, [condition]",
      "How many numbers; of a list or group how many rows, or how many values that are not empty.",
      "数字的个数；对列表或分组，为行数或非空值的个数。", .agg = AGG_COUNT },
    { "COUNTA", "e+", 'i', fn_counta, LIST, "How many values that are not empty.", "非空值的个数。", .agg = AGG_COUNTA },
    { "COUNTBLANK", "v+", 'i', fn_countblank, "value1, …", "How many values that are empty.", "空值的个数。" },
    { "COUNTDISTINCT", "v+", 'i', agg_call, LIST, "How many different values.", "不同值的个数（去重计数）。", .agg = AGG_COUNTDISTINCT },
    { "AVERAGE", "a+", 'n', agg_call, LIST, "The mean.", "平均值。", .agg = AGG_AVERAGE },
    { "MIN", "a+", 'n', agg_call, LIST, "The smallest.", "最小值。", .agg = AGG_MIN },
    { "MAX", "a+", 'n', agg_call, LIST, "The largest.", "最大值。", .agg = AGG_MAX },
    { "MEDIAN", "a+", 'n', agg_call, LIST, "The middle value.", "中位数。", .agg = AGG_MEDIAN },
    { "STDEV", "a+", 'n', agg_call, LIST, "The standard deviation of a sample.", "样本标准差。", .agg = AGG_STDEV },
    { "STDEVP", "a+", 'n', agg_call, LIST, "The standard deviation of a whole.", "总体标准差。", .agg = AGG_STDEVP },
    { "VAR", "a+", 'n', agg_call, LIST, "The variance of a sample.", "样本方差。", .agg = AGG_VAR },
    { "VARP", "a+", 'n', agg_call, LIST, "The variance of a whole.", "总体方差。", .agg = AGG_VARP },
    { "PRODUCT", "a+", 'n', agg_call, LIST, "The product.", "乘积。", .agg = AGG_PRODUCT },
    { "SUMSQ", "a+", 'n', agg_call, LIST, "The sum of the squares.", "平方和。", .agg = AGG_SUMSQ },
    { "GEOMEAN", "a+", 'n', agg_call, LIST, "The geometric mean.", "几何平均值。", .agg = AGG_GEOMEAN },
    { "HARMEAN", "a+", 'n', agg_call, LIST, "The harmonic mean.", "调和平均值。", .agg = AGG_HARMEAN },
    { "AVERAGEA", "v+", 'n', fn_averagea, "value1, …", "The mean, text counted as 0.", "平均值，文本按 0 计。", .flags = FN_ZERO },
    { "MINA", "v+", 'n', fn_mina, "value1, …", "The smallest, text counted as 0.", "最小值，文本按 0 计。", .flags = FN_ZERO },
    { "MAXA", "v+", 'n', fn_maxa, "value1, …", "The largest, text counted as 0.", "最大值，文本按 0 计。", .flags = FN_ZERO },
};

const struct fn_family fn_stat = { "statistics", rows, sizeof rows / sizeof rows[0] };
