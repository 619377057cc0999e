/* attempt: how often somebody may guess.  Wrong passwords slow the guesser down; nobody is locked out for good, and
 * strangers cannot lock out an account's owner.
 *
 * Counted are the failures of (1) an account from an address, (2) an address with any account, (3) an account from addresses that
 * never signed in to it.  An address that has signed in to an account is familiar to it for 90 days.
 *   pair      5 failures are free; then each must wait twice as long, up to 15 minutes, or 5 seconds when familiar.
 *   address   20 are free, then the same up to 1 minute; familiar pairs do not feel it.
 *   account   after 20, each stranger's address has 1 free failure instead of 5; its first try is always looked at.
 * So the owner gets in from a familiar address within seconds whatever strangers do, and from a new address at once, while a thousand addresses get
 * a thousand guesses in a quarter of an hour, not more.  Failures are forgotten 15 minutes after the last.
 *
 * A try is counted as failed before the password is looked at, in a transaction of its own, and struck off when it was right: so a
 * hundred tries at the same time are a hundred tries.  An account is known by its e-mail, whether it exists or not. */
#ifndef AUTH_ATTEMPT_H
#define AUTH_ATTEMPT_H
#include "db/db.h"

struct attempt_row { str key; int64_t failed, at, until, signed_in_at; };
enum { ATTEMPT_PAIR, ATTEMPT_ADDRESS, ATTEMPT_ACCOUNT, ATTEMPT_ROWS };
struct attempt { struct attempt_row was[ATTEMPT_ROWS], now[ATTEMPT_ROWS]; bool familiar; int64_t instant; };

/* The rule, without a database: what the rows become when one more try is made.  Returns the seconds to wait before a
 * try is looked at at all; 0: it may be made, and ->now holds the rows as they must be stored. */
int  attempt_calc(struct attempt *);

/* address: as http gives it; of IPv6 the first 64 bits count.  *wait_s > 0: refused, nothing was counted. */
bool attempt_begin(struct db *, struct arena *, str email, str address, int64_t now, struct attempt *, int *wait_s, struct err *);
/* The same without counting: a cheap look in a read transaction. */
bool attempt_wait(struct db *, struct arena *, str email, str address, int64_t now, int *wait_s, struct err *);
/* The password was right: strikes the try off and makes the address familiar. */
bool attempt_succeeded(struct db *, const struct attempt *, struct err *);
bool attempt_sweep(struct db *, int64_t now, struct err *);     /* deletes rows that mean nothing any more */
str  attempt_network(struct arena *, str address);              /* 1.2.3.4, or 2001:db8:0:1::/64; anything else as it is */
#endif
