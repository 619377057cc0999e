/* fn_finance: payments, interest, depreciation; see fn.h for how a row is written. */
#include "formula/fn.h"

static const struct expr_fn rows[] = {
    { "SLN", "nnn", 'n', NULL, "cost, salvage, life", "Straight-line depreciation of one period.", "直线法计算一期的折旧。" },
};

const struct fn_family fn_finance = { "finance", rows, 0 };
