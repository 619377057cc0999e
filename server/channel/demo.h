/* demo: the workspace that shows what Qudao is for: 浙江澄泉净水科技股份有限公司, an invented maker of water purifiers in Hangzhou, with
 * 300 partners all over China, their agreements, targets and tasks, and 60,000 order lines of the last 24 months.
 *
 * Deterministic: the same seed and the same today give the same records in the same order.  The generator knows no database; it hands
 * out one record after the other and is told its id, which later records refer to.  Who calls it opens the transactions.
 *
 * There is a story in it: the south-west is behind its targets, the east ahead; an exclusive agreement runs out within three weeks;
 * two exclusive agreements overlap; some partners are on watch, suspended or gone; goods come back. */
#ifndef CHANNEL_DEMO_H
#define CHANNEL_DEMO_H
#include "base/arena.h"
#include "base/value.h"

/* Values: texts, choices (V_TEXT), V_LIST of texts or references, V_REF, V_DATE, V_BOOL, V_INT; decimals, money and percents as V_DEC
 * (a percent is its ratio).  Parts of an address come as cells "address.region", "address.detail", "address.postcode". "owner" is a user.
 * Fields that are not given take their defaults; formulas and roll-ups are never given. */
struct demo_cell { const char *field; struct value value; };

/* Stores one record and says its id.  The cells live until it returns.  False ends the work: demo_make returns false. */
typedef bool demo_put(void *arg, const char *module, const struct demo_cell *cells, size_t n, int64_t *id);

enum { DEMO_PARTNERS = 300, DEMO_ORDER_LINES = 60000, DEMO_MONTHS = 24, DEMO_SEED = 20250607 };

struct demo_sum {
    int64_t records, orders, lines;
    int64_t sales_fen;              /* amounts of all lines, cancelled orders included */
    int64_t partner_targets_fen;    /* base targets by partner; those by territory and by salesperson add up to the same */
};

/* today: the business day up to which orders are made.  mem: about 4 MB are taken from it.  sum may be NULL. */
bool demo_make(uint64_t seed, int64_t today, demo_put *, void *arg, struct arena *mem, struct demo_sum *sum);

/* Who can sign in; they are put as records of "user" in this order, the last one after its partner.  Passwords are the caller's. */
struct demo_user { const char *email, *name, *role; };
enum { DEMO_USERS = 5 };
extern const struct demo_user demo_users[DEMO_USERS];
#endif
