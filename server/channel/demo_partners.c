/* demo_partners: the 300 partners of the demo workspace with their people and some end customers. */
#include "base/check.h"
#include "base/text.h"
#include "channel/demo_goods.h"
#include "channel/demo_names.h"
#include "channel/demo_world.h"

#include <string.h>

enum { BEING_RECRUITED = 24, ON_WATCH = 14, SUSPENDED = 6, TERMINATED = 10 };

/* A permutation of 0 .. n-1. */
static void shuffled(struct demo_rand *rand, int *v, int n)
{
    for (int i = 0; i < n; i++)
        v[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)demo_between(rand, 0, i), t = v[i];
        v[i] = v[k];
        v[k] = t;
    }
}

static enum demo_kind kind_of(int i)
{
    static const int upto[DEMO_KINDS] = { 96, 144, 228, 270, 282, 300 };
    int              k = 0;
    while (i >= upto[k])
        k++;
    return (enum demo_kind)k;
}

static int place_pick(const struct demo_world *w, struct demo_rand *rand)
{
    int total = 0, i = 0;
    for (int k = 0; k < w->nplaces; k++)
        total += w->places[k].weight;
    for (int at = (int)demo_between(rand, 0, total - 1); at >= w->places[i].weight; i++)
        at -= w->places[i].weight;
    return i;
}

/* A representative of the territory, or of e-commerce for platforms; managers (the first of a team) look after nobody. */
static int seller_pick(const struct demo_world *w, struct demo_rand *rand, const struct demo_partner *p)
{
    int team = p->kind == PLATFORM ? TEAM_ONLINE : TEAM_FIRST_TERRITORY + w->places[p->place].territory, from = -1, n = 0;
    if (p->kind == AGENT && demo_chance(rand, 20))
        team = TEAM_KEY;
    for (int i = 0; i < w->nsellers; i++)
        if (w->sellers[i].team == team) {
            from = from < 0 ? i : from;
            n++;
        }
    CHECK(n > 1);
    return from + (int)demo_between(rand, 1, n - 1);
}

static int main_line_pick(struct demo_rand *rand, enum demo_kind kind)
{
    static const char *const lines[DEMO_KINDS] = { "HOME-RO HOME-WHOLE HOME-DISP CARE-HOME", "BIZ-DISP BIZ-RO BIZ-BOIL", "HOME-RO HOME-WHOLE CARE-HOME",
        "HOME-DISP HOME-RO HOME-UF", "HOME-ONLINE", "HOME-WHOLE HOME-RO BIZ-DISP" };
    str rest = str_of(lines[kind]), part, list[4] = { STR_NONE };
    int n = 0;
    while (str_cut(&rest, ' ', &part))
        list[n++] = part;
    part = list[demo_between(rand, 0, n - 1)];
    for (size_t i = 0; i < demo_nlines; i++)
        if (str_eqz(part, demo_lines[i].code))
            return (int)i;
    CHECK(0 && "a product line that is not there");
    return 0;
}

/* Sizes fall like those of real networks: a few large ones, a long tail. rank: 0 the largest. */
static int size_of(enum demo_kind kind, int rank)
{
    static const int factor[DEMO_KINDS] = { 16, 8, 10, 9, 20, 5 };
    return (40000 / (rank + 12) + 200) * factor[kind] / 10;
}

static enum demo_tier tier_of(int rank)
{
    return rank < 15 ? STRATEGIC : rank < 60 ? GOLD : rank < 150 ? SILVER : AUTHORIZED;
}

static const char *status_of(int i)
{
    static const char *const recruited[] = { "prospect", "applied", "vetted", "onboarding" };
    if (i < BEING_RECRUITED)
        return recruited[i % 4];
    i -= BEING_RECRUITED;
    return i < ON_WATCH ? "watch" : i < ON_WATCH + SUSPENDED ? "suspended" : i < ON_WATCH + SUSPENDED + TERMINATED ? "terminated" : "active";
}

/* How it does against its plan, in percent: the south-west is behind, the east ahead. */
static int performance_of(const struct demo_world *w, struct demo_rand *rand, const struct demo_partner *p)
{
    static const int bias[DEMO_TERRITORIES] = { 6, 2, 0, -2, -6, -19, -4 };
    int              percent = 100 + bias[w->places[p->place].territory] + (int)demo_around(rand, 18);
    if (strcmp(p->status, "watch") == 0)
        percent -= 22;
    return percent < 45 ? 45 : percent;
}

static void invent(struct demo_world *w, struct demo_rand *rand)
{
    int place[DEMO_PARTNERS], rank[DEMO_PARTNERS], standing[DEMO_PARTNERS];
    shuffled(rand, place, DEMO_PARTNERS);
    shuffled(rand, rank, DEMO_PARTNERS);
    shuffled(rand, standing, DEMO_PARTNERS);
    for (int i = 0; i < DEMO_PARTNERS; i++) {
        struct demo_partner *p = &w->partners[i];
        bool                 woman;
        p->kind = kind_of(place[i]);
        p->place = place_pick(w, rand);
        p->seller = seller_pick(w, rand, p);
        p->salesperson_id = w->sellers[p->seller].id;
        p->main_line = main_line_pick(rand, p->kind);
        p->status = status_of(standing[i]);
        if (rank[i] < 3)
            p->status = "active";
        p->tier = tier_of(rank[i]);
        p->size = size_of(p->kind, rank[i]);
        p->performance = performance_of(w, rand, p);
        p->orders = standing[i] >= BEING_RECRUITED || rank[i] < 3;
        p->joined = w->first_day - demo_between(rand, 30, 3000);
        if (demo_chance(rand, 18) && rank[i] > 30)
            p->joined = w->first_day + demo_between(rand, 20, 560);
        if (!p->orders)
            p->joined = 0;
        if (strcmp(p->status, "terminated") == 0 || strcmp(p->status, "suspended") == 0)
            p->left = w->today - demo_between(rand, 20, 100);
        p->short_name = str_cat(w->mem, str_of(w->places[p->place].name), demo_trade_name((size_t)i, w->mem));
        p->name = str_cat(w->mem, p->short_name, demo_company_suffix(rand, demo_kind_codes[p->kind]));
        p->person = demo_person(rand, w->mem, &woman);
        p->actual_fen = NEWV(w->mem, int64_t, DEMO_MAX_MONTHS);
    }
}

static void company_facts(struct row *r, struct demo_rand *rand, const struct demo_partner *p, int i)
{
    static const char *const industry[DEMO_KINDS] = { "wholesale", "services", "wholesale", "retail", "ecommerce", "construction" };
    static const char *const terms[] = { "net45", "net30", "net30", "prepaid" };
    struct demo_world *w = r->w;
    const struct demo_place *place = &w->places[p->place];
    int64_t staff = demo_between(rand, 4, 20) + p->size / 60, year = demo_between(rand, 1996, 2021);
    row_text(r, "uscc", demo_uscc(rand, place->code, (size_t)i, w->mem));
    row_text(r, "legal_representative", p->person);
    row_money(r, "registered_capital", demo_between(rand, 1, 20) * 50000000);
    row_z(r, "industry", industry[p->kind]);
    row_int(r, "year_opened", year);
    row_int(r, "employees", staff);
    row_int(r, "sales_staff", staff / 3 + 1);
    row_money(r, "annual_sales", (int64_t)p->size * demo_between(rand, 90, 260) * 10000);
    row_z(r, "tax_type", p->size > 400 ? "general" : "small");
    row_text(r, "invoice_title", p->name);
    row_text(r, "bank_name", demo_bank(rand));
    row_text(r, "bank_account", str_printf(w->mem, "6%03d%08d%04d", (int)demo_between(rand, 200, 299), (int)demo_between(rand, 0, 99999999), i));
    row_z(r, "payment_terms", terms[p->tier]);
    row_money(r, "credit_limit", p->tier == AUTHORIZED ? 0 : (int64_t)p->size * 100000);
    row_ref(r, "currency", w->cny);
    if (p->orders)
        row_z(r, "credit_rating", p->left ? "D" : p->tier == STRATEGIC ? "A" : demo_chance(rand, 60) ? "B" : "C");
}

/* Cities whose telephone numbers have seven digits still. */
static bool seven_digits(const char *area_code)
{
    static const char list[] = " 0553 0710 0717 0772 0816 0917 0951 0971 0734 0797 0991 0471 0931 0351 0771 0315 0312 0756 0752 0535 0536 0539 0592 ";
    const char       *at = strstr(list, area_code);
    return at && strlen(area_code) == 4 && at[-1] == ' ' && at[4] == ' ';
}

static void reach(struct row *r, struct demo_rand *rand, const struct demo_partner *p)
{
    struct demo_world       *w = r->w;
    const struct demo_place *place = &w->places[p->place];
    int                      local = seven_digits(place->area_code) ? 7 : 8;
    str                      latin = text_pinyin(w->mem, p->short_name);
    row_text(r, "phone", str_printf(w->mem, "%s-8%0*d", place->area_code, local - 1, (int)demo_between(rand, 0, local == 8 ? 9999999 : 999999)));
    row_text(r, "email", str_printf(w->mem, "info@" STR_FMT ".example", STR_ARG(latin)));
    row_text(r, "website", str_printf(w->mem, "https://www." STR_FMT ".example", STR_ARG(latin)));
    row_ref(r, "address.region", place->id);
    row_text(r, "address.detail", demo_street(rand, w->mem));
    row_z(r, "address.postcode", place->postcode);
}

static void partner(struct demo_world *w, struct demo_rand *rand, int i)
{
    static const char *const reasons[] = { "连续两个季度未达最低提货额", "回款逾期超过 60 天", "跨区域销售整改中", "渠道调整，双方协商" };
    struct demo_partner *p = &w->partners[i];
    struct row           r;
    int64_t              seller_user = w->sellers[p->seller].user;
    /* A second kind for some: a distributor that also sells projects as an agent. */
    bool                 two = p->kind == DISTRIBUTOR && demo_chance(rand, 15);
    row_begin(&r, w, "partner");
    row_text(&r, "name", p->name);
    row_text(&r, "short_name", p->short_name);
    row_list(&r, "kinds", two ? "distributor agent" : demo_kind_codes[p->kind]);
    row_z(&r, "status", p->status);
    if (p->orders)
        row_z(&r, "tier", demo_tier_codes[p->tier]);
    row_ref(&r, "region", w->places[p->place].id);
    row_ref(&r, "territory", w->territories[w->places[p->place].territory]);
    row_ref(&r, "salesperson", p->salesperson_id);
    row_ref(&r, "owner", seller_user ? seller_user : w->users[U_MANAGER]);
    row_ref(&r, "main_product_line", w->lines[p->main_line]);
    row_refs(&r, "product_lines", &w->lines[p->main_line], 1);
    company_facts(&r, rand, p, i);
    reach(&r, rand, p);
    row_date(&r, "joined_on", p->joined);
    if (strcmp(p->status, "terminated") == 0)
        row_date(&r, "left_on", p->left);
    if (p->left || strcmp(p->status, "watch") == 0)
        row_z(&r, "status_reason", reasons[demo_between(rand, 0, 3)]);
    p->id = row_put(&r);
}

static void contacts(struct demo_world *w, struct demo_rand *rand, int i)
{
    static const struct { const char *title, *role; int percent; } table[] = { { "总经理", "owner", 100 }, { "采购经理", "purchasing", 70 }, { "财务主管", "finance", 40 } };
    struct demo_partner *p = &w->partners[i];
    for (int k = 0; k < 3; k++) {
        struct row r;
        bool       woman;
        row_begin(&r, w, "contact");
        str name = k == 0 ? p->person : demo_person(rand, w->mem, &woman);
        if (!demo_chance(rand, table[k].percent)) {
            arena_back(w->mem, r.mark);
            continue;
        }
        row_text(&r, "name", name);
        row_ref(&r, "partner", p->id);
        row_z(&r, "title", table[k].title);
        row_z(&r, "role", table[k].role);
        row_bool(&r, "primary_contact", k == 0);
        row_text(&r, "mobile", demo_mobile((size_t)(1000 + i * 3 + k), w->mem));
        if (k == 0)
            row_text(&r, "email", str_printf(w->mem, "gm@" STR_FMT ".example", STR_ARG(text_pinyin(w->mem, p->short_name))));
        int64_t id = row_put(&r);
        if (k == 0)
            p->contact = id;
    }
}

/* End customers that agents and key-account people brought in. */
static void customers(struct demo_world *w, struct demo_rand *rand)
{
    static const struct { const char *name, *industry; } sorts[] = { { "实验学校", "教育" }, { "职业技术学院", "教育" }, { "康复医院", "医疗" }, { "国际酒店", "酒店餐饮" },
        { "餐饮管理有限公司", "酒店餐饮" }, { "科技园管理有限公司", "办公" }, { "电子厂", "制造业" }, { "食品有限公司", "制造业" } };
    int made = 0;
    for (int i = 0; i < DEMO_PARTNERS; i++) {
        const struct demo_partner *p = &w->partners[i];
        if (p->kind != AGENT || !p->orders)
            continue;
        for (int64_t n = demo_between(rand, 1, 4); n > 0; n--) {
            struct row               r;
            const struct demo_place *place = &w->places[p->place];
            int64_t                  sort = demo_between(rand, 0, 7);
            row_begin(&r, w, "customer");
            str trade = demo_trade_name((size_t)(DEMO_PARTNERS + made), w->mem);
            row_text(&r, "name", str_printf(w->mem, "%s" STR_FMT "%s", place->name, STR_ARG(trade), sorts[sort].name));
            row_ref(&r, "partner", p->id);
            row_ref(&r, "salesperson", p->salesperson_id);
            row_z(&r, "industry", sorts[sort].industry);
            row_ref(&r, "region", place->id);
            row_text(&r, "uscc", demo_uscc(rand, place->code, (size_t)(DEMO_PARTNERS + made), w->mem));
            row_z(&r, "level", demo_chance(rand, 20) ? "key" : "normal");
            row_put(&r);
            made++;
        }
    }
}

/* The partner's person who can sign in: of the largest partner in the east. */
static void partner_user(struct demo_world *w)
{
    struct row r;
    int        best = -1;
    for (int i = 0; i < DEMO_PARTNERS; i++)
        if (w->places[w->partners[i].place].territory == 0 && w->partners[i].kind == DISTRIBUTOR && w->partners[i].orders && !w->partners[i].left
            && (best < 0 || w->partners[i].size > w->partners[best].size))
            best = i;
    CHECK(best >= 0);
    row_begin(&r, w, "user");
    row_z(&r, "name", demo_users[U_PARTNER].name);
    row_z(&r, "email", demo_users[U_PARTNER].email);
    row_list(&r, "roles", demo_users[U_PARTNER].role);
    row_z(&r, "locale", "zh-CN");
    row_ref(&r, "partner", w->partners[best].id);
    w->users[U_PARTNER] = row_put(&r);
}

void demo_partners(struct demo_world *w)
{
    struct demo_rand rand = demo_rand_of(w->seed, "partners"), facts = demo_rand_of(w->seed, "facts"), people = demo_rand_of(w->seed, "contacts"),
                     ends = demo_rand_of(w->seed, "customers");
    invent(w, &rand);
    for (int i = 0; i < DEMO_PARTNERS && !w->failed; i++) {
        partner(w, &facts, i);
        contacts(w, &people, i);
    }
    customers(w, &ends);
    if (!w->failed)
        partner_user(w);
}
