/* demo_names: people and companies of the demo workspace, all invented. */
#ifndef CHANNEL_DEMO_NAMES_H
#define CHANNEL_DEMO_NAMES_H
#include "base/arena.h"
#include "channel/demo_rand.h"

str demo_person(struct demo_rand *, struct arena *, bool *woman);  /* 王晓蕾 */
/* The i-th trading name (字号) of two characters; different for different i below demo_trade_names(). */
str    demo_trade_name(size_t i, struct arena *);
size_t demo_trade_names(void);
/* What follows the trading name: 净水设备有限公司.  kind: code of a kind of partner. */
str demo_company_suffix(struct demo_rand *, const char *kind);
str demo_street(struct demo_rand *, struct arena *);    /* 建设路128号华茂大厦1203室 */
/* The i-th mobile number, of eleven digits with a prefix in use; different for different i below 10^8. */
str demo_mobile(size_t i, struct arena *);
str demo_bank(struct demo_rand *);
/* A valid code of a company registered in the region (six digits); different for different i below 31^3. */
str demo_uscc(struct demo_rand *, const char *region, size_t i, struct arena *);
#endif
