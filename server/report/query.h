/* query: POST /query.  Reads the question (plan.h), lets an engine group the rows, then orders, limits, names and answers.
 *
 * Answer: {"columns":[{"name","type","label", …}],"rows":[[…]],"totals":[…]?,"took_ms","engine"}.  Beside name, type and label a
 * column may have "scale" (decimals), "module" (records) and "field" {"module","name"} (grouped by nothing but that field).
 * Rights are those of reading records: hidden rows do not count, hidden cells are empty, hidden fields do not exist. */
#ifndef REPORT_QUERY_H
#define REPORT_QUERY_H
#include "record/record.h"

/* The transaction needs to be open, for reading.  Sets and removes the database's deadline (10 s). */
bool query_run(struct ctx *, const struct json *body, struct jw *out);
#endif
