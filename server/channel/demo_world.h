/* demo_world: what the parts of the demo generator share; for demo*.c only.  One part fills it, later parts read it. */
#ifndef CHANNEL_DEMO_WORLD_H
#define CHANNEL_DEMO_WORLD_H
#include "base/date.h"
#include "channel/demo.h"
#include "channel/demo_rand.h"

enum {
    DEMO_TERRITORIES = 7,
    DEMO_MAX_CELLS = 48, DEMO_MAX_LINES = 20, DEMO_MAX_PRODUCTS = 160, DEMO_MAX_PEOPLE = 64, DEMO_MAX_CITIES = 80, DEMO_MAX_PROMOTIONS = 16,
    DEMO_MAX_MONTHS = 40,           /* 24, the running one, and those up to the end of the year */
};
enum demo_kind { DISTRIBUTOR, AGENT, DEALER, RETAILER, PLATFORM, ALLIANCE, DEMO_KINDS };
enum demo_tier { STRATEGIC, GOLD, SILVER, AUTHORIZED };
enum demo_mode { M_DISTRIBUTION, M_AGENCY, M_PARTNER_SELLING, M_PLATFORM, M_JOINT_MARKETING, M_CROSS_SELLING, M_REVENUE_SHARE, DEMO_MODES };
enum { U_ADMIN, U_MANAGER, U_SALES, U_FINANCE, U_PARTNER };

struct demo_place { int64_t id, province; int territory; const char *code, *name, *area_code, *postcode; int weight; };
struct demo_seller { int64_t id, user; int team; str name; };
struct demo_product {
    int64_t     id, start_day;
    str         name;
    int64_t     price_fen, cost_fen;    /* dealer price and standard cost of today */
    int         line, pack, popularity, usual, season;
    const char *for_kinds;
};
/* The days, both included, on which an agreement is in force. */
struct demo_term { int64_t agreement, from, to; };
struct demo_partner {
    int64_t        id, salesperson_id, contact, joined, left;   /* left: the last day with orders */
    struct demo_term now, before;       /* its main agreement, and the one before */
    str            name, short_name, person;
    enum demo_kind kind;
    enum demo_tier tier;
    const char    *status;
    int            place, seller, main_line, size, performance;   /* size: weight of its sales; performance: percent of plan */
    bool           orders;
    int64_t       *actual_fen;          /* sales by month, cancelled orders left out */
};
struct demo_promotion { int64_t id, from, to; int basis_points; };

struct demo_world {
    struct arena    *mem;               /* lives as long as the work */
    uint64_t         seed;
    int64_t          today, first_day;  /* first_day: first of the month 24 months ago */
    int              nmonths, months_sold;  /* months up to the end of this year; of them with orders */
    demo_put        *put;
    void            *arg;
    bool             failed;
    struct demo_sum  sum;

    int64_t            users[DEMO_USERS], country, territories[DEMO_TERRITORIES], cny;
    struct demo_place  places[DEMO_MAX_CITIES]; int nplaces;
    int64_t            teams[16];       /* 0 the sales centre, then the territories, then e-commerce and key accounts */
    struct demo_seller sellers[DEMO_MAX_PEOPLE]; int nsellers;
    int64_t            lines[DEMO_MAX_LINES];   /* ids of demo_lines */
    struct demo_product products[DEMO_MAX_PRODUCTS]; int nproducts;
    struct demo_promotion promotions[DEMO_MAX_PROMOTIONS]; int npromotions;
    struct demo_partner partners[DEMO_PARTNERS];
    int64_t            models[DEMO_MODES], policies[8];
};
enum { TEAM_CENTRE, TEAM_FIRST_TERRITORY = 1, TEAM_ONLINE = TEAM_FIRST_TERRITORY + DEMO_TERRITORIES, TEAM_KEY, DEMO_TEAMS };

/* ---- one record being written ---- */
struct row { struct demo_world *w; const char *module; struct demo_cell cells[DEMO_MAX_CELLS]; size_t n; arena_mark mark; };
void    row_begin(struct row *, struct demo_world *, const char *module);   /* what is allocated until row_put goes with it */
void    row_value(struct row *, const char *field, struct value);
void    row_text(struct row *, const char *field, str);         /* the empty text is left out */
void    row_z(struct row *, const char *field, const char *);
void    row_int(struct row *, const char *field, int64_t);
void    row_bool(struct row *, const char *field, bool);
void    row_date(struct row *, const char *field, int64_t day); /* 0 is left out */
void    row_ref(struct row *, const char *field, int64_t id);   /* 0 is left out */
void    row_money(struct row *, const char *field, int64_t fen);
void    row_dec(struct row *, const char *field, int64_t units, int scale);
void    row_list(struct row *, const char *field, const char *codes);       /* codes with a blank between */
void    row_refs(struct row *, const char *field, const int64_t *ids, size_t n);
int64_t row_put(struct row *);                                  /* the id; 0 when it failed or something failed before */

int64_t demo_month_first(const struct demo_world *, int month); /* first day of the month-th month */
int64_t demo_agreement_on(const struct demo_partner *, int64_t day);   /* 0: none that day */
int     demo_month_of(const struct demo_world *, int64_t day);
int64_t demo_rounded(int64_t amount, int64_t percent_e4);       /* amount * x / 10000, half away from zero */
extern const char *const demo_kind_codes[DEMO_KINDS], *const demo_tier_codes[], *const demo_mode_codes[DEMO_MODES];

/* ---- the parts, in order ---- */
void demo_organisation(struct demo_world *);    /* departments, users, currencies, rates, regions, teams, salespeople */
void demo_range(struct demo_world *);           /* brands, product lines, products, promotions */
void demo_partners(struct demo_world *);        /* partners, contacts, customers, the partner's user */
void demo_agreements(struct demo_world *);      /* policies, models, agreements */
void demo_orders(struct demo_world *);
void demo_targets(struct demo_world *);
void demo_follow_up(struct demo_world *);       /* tasks, stock at partners */

/* Weight of a partner's month among all sales: size, season and growth; 0 when it did not order.  full: as if the running month
 * were over and the future known. */
int64_t demo_weight(const struct demo_world *, const struct demo_partner *, int month, bool full);
/* One task of a cooperation model's plan; NULL-terminated by title. */
struct demo_plan { const char *title; bool ours; int due_days, weight; const char *kind, *evidence; };
extern const struct demo_plan demo_plans[DEMO_MODES][6];
struct demo_agreement { int64_t id, start, end, user; int partner; enum demo_mode mode; bool current; };
void demo_tasks_of(struct demo_world *, struct demo_rand *, const struct demo_agreement *);
#endif
