/* feed: see feed.h. */
#include "record/feed.h"

bool feed_settled(struct db *db, struct arena *mem, int64_t *upto, struct err *e)
{
    struct rows r;
    if (!db_run(db, S("SELECT settled FROM q_feed"), NULL, 0, mem, &r, e))
        return false;
    *upto = CELL(&r, 0, 0)->u.i;
    return true;
}

bool feed_read(struct db *db, struct arena *mem, int64_t after, int64_t upto, int limit, struct feed_entry **out, size_t *n, struct err *e)
{
    struct rows  r;
    struct value a[] = { v_int(after), v_int(upto), v_int(limit) };
    if (!db_run(db, S("SELECT seq, at, module, record, version, op FROM q_change WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"), a, 3, mem, &r, e))
        return false;
    *n = r.nrows;
    *out = NEWV(mem, struct feed_entry, r.nrows + 1);
    for (size_t i = 0; i < r.nrows; i++)
        (*out)[i] = (struct feed_entry){ .seq = CELL(&r, i, 0)->u.i, .at = CELL(&r, i, 1)->u.i, .module = CELL(&r, i, 2)->u.i,
                                         .record = CELL(&r, i, 3)->u.i, .version = CELL(&r, i, 4)->u.i, .op = CELL(&r, i, 5)->u.s };
    return true;
}
