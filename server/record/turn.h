/* turn: writers side by side on PostgreSQL, and what those do who lost against others.
 *
 * Serialisable work that meets other work on the same data is refused and begins again, and long work, a chunk of an import, would lose
 * against short work for ever.  So every writer says first how it wants to work; who waits, waits before it has read anything:
 *
 *   beside  with all others but who is alone: the first try
 *   next    one after the other among those who lost, so that they do not meet one another again
 *   alone   when it is so nobody else writes: it cannot lose
 *
 * They are locks of q_turn, a table of nothing, until the end of the transaction.  On SQLite there is one writer at a time anyway. */
#ifndef RECORD_TURN_H
#define RECORD_TURN_H
#include "db/db.h"

enum turn { TURN_BESIDE, TURN_NEXT, TURN_ALONE };
enum turn turn_of_try(int tries);       /* of short work that was begun so many times before */
/* First in a transaction that writes; nothing in others. */
bool turn_take(struct db *, enum turn, struct err *);
/* Reads name and value of q_version, which everybody does first anyway, and takes TURN_BESIDE with it in one call. */
str  turn_versions(struct db *, enum turn);
#endif
