/* fn_span: time between two dates, as the functions of fn_date.c; see fn.h for their arguments. */
#ifndef FORMULA_FN_SPAN_H
#define FORMULA_FN_SPAN_H
#include "formula/fn.h"

struct value fn_days(struct ev *, const struct value *a, int n);
struct value fn_days360(struct ev *, const struct value *a, int n);
struct value fn_datedif(struct ev *, const struct value *a, int n);
struct value fn_yearfrac(struct ev *, const struct value *a, int n);
#endif
