/* fn_date: days, months, working days and periods; see fn.h for how a row is written. */
#include "formula/fn.h"

static const struct expr_fn rows[] = {
    { "DAY", "d", 'i', NULL, "date", "The day of the month, 1 to 31.", "日期在当月的第几天（1 到 31）。" },
};

const struct fn_family fn_date = { "date", rows, 0 };

bool text_serial(str s, dec *serial)
{
    int64_t day;
    if (!day_parse(str_trim(s), &day))
        return false;
    *serial = dec_of_i64(day - SERIAL_EPOCH);
    return true;
}
