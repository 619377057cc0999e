/* demo_places: the regions of the demo workspace: sales territories, the provinces of China and their cities, by GB/T 2260 code. */
#ifndef CHANNEL_DEMO_PLACES_H
#define CHANNEL_DEMO_PLACES_H
#include <stddef.h>

struct demo_territory { const char *code, *zh, *en; };
extern const struct demo_territory demo_territories[];
extern const size_t                demo_nterritories;

struct demo_province {
    const char *code;           /* two digits */
    const char *zh, *en;
    const char *territory;      /* code of a demo_territory, "" for none */
    /* "01石家庄 02唐山 31恩施土家族苗族自治州": two digits and the name of each prefecture, without the final 市. */
    const char *cities;
};
extern const struct demo_province demo_provinces[];
extern const size_t               demo_nprovinces;

/* Where partners are: cities of commerce, with telephone area code, postcode and how many of the partners. */
struct demo_city { const char *code, *name, *area_code, *postcode; int weight; };
extern const struct demo_city demo_cities[];
extern const size_t           demo_ncities;
#endif
