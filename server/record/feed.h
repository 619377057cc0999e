/* feed: the changes of all records, in the order of their numbers, for whoever follows them: events, integrators.
 *
 * Invariants
 *   1. What was read once up to a number never gets another change at or below that number: readers that remember the last
 *      number they were given see every committed change exactly once.
 *   2. All readers see the same order.
 *
 * A write that stays open holds the feed back at what was drawn before it began, so imports commit in pieces.
 * On PostgreSQL see FEED_POSTGRES in meta/schema.c for why this needs no lock among writers. */
#ifndef RECORD_FEED_H
#define RECORD_FEED_H
#include "db/db.h"

struct feed_entry { int64_t seq, at, module, record, version; str op; };

/* Up to which number the feed is settled, asked in this transaction.  The rows up to there are complete in transactions that
 * begin afterwards, not in this one. */
bool feed_settled(struct db *, struct arena *, int64_t *upto, struct err *);
/* after < seq <= upto, at most limit. */
bool feed_read(struct db *, struct arena *, int64_t after, int64_t upto, int limit, struct feed_entry **out, size_t *n, struct err *);
#endif
