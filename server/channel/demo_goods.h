/* demo_goods: what the manufacturer of the demo workspace makes: water purifiers for homes and business, filters and parts. */
#ifndef CHANNEL_DEMO_GOODS_H
#define CHANNEL_DEMO_GOODS_H
#include <stddef.h>

struct demo_line { const char *code, *parent, *kind, *zh, *en, *brand; };
extern const struct demo_line demo_lines[];
extern const size_t           demo_nlines;

/* A family of products: one for each of the variants, which a blank separates. */
struct demo_family {
    const char *line;           /* code of a demo_line */
    const char *prefix;         /* of the product codes: CQ-RO */
    const char *zh, *en;
    const char *variants;       /* 400G 600G 800G */
    const char *unit;
    int         price;          /* list price of the first variant, yuan */
    int         step;           /* each further variant costs that many percent more */
    int         dealer, cost;   /* percent of the list price */
    int         pack;
    int         popularity;     /* how often it is ordered */
    int         usual;          /* pieces in a usual line */
    int         season;         /* 0 even, 1 summer, 2 autumn and winter (heating and renovation) */
    const char *for_kinds;      /* letters of the kinds that buy it: d a e r p l (distributor agent dealEr retailer platform aLliance) */
};
extern const struct demo_family demo_families[];
extern const size_t             demo_nfamilies;
#endif
