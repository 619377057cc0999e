/* demo_organisation: our own side of the demo workspace: people, teams, regions, money, and what is sold. */
#include "base/buf.h"
#include "base/check.h"
#include "channel/demo_goods.h"
#include "channel/demo_names.h"
#include "channel/demo_places.h"
#include "channel/demo_world.h"

#include <stdlib.h>
#include <string.h>

/* ---- users and money ---------------------------------------------------------------------------------------------- */

static void users(struct demo_world *w)
{
    static const struct { const char *code, *name; } departments[] = { { "IT", "信息部" }, { "SALES", "销售中心" }, { "SALES-HD", "华东销售部" }, { "FIN", "财务部" } };
    int64_t id[4];
    for (int i = 0; i < 4; i++) {
        struct row r;
        row_begin(&r, w, "department");
        row_z(&r, "code", departments[i].code);
        row_z(&r, "name", departments[i].name);
        if (i == 2)
            row_ref(&r, "parent", id[1]);
        id[i] = row_put(&r);
    }
    for (int i = 0; i < U_PARTNER; i++) {
        struct row r;
        row_begin(&r, w, "user");
        row_z(&r, "name", demo_users[i].name);
        row_z(&r, "email", demo_users[i].email);
        row_list(&r, "roles", demo_users[i].role);
        row_z(&r, "locale", "zh-CN");
        row_ref(&r, "department", id[i]);
        w->users[i] = row_put(&r);
    }
}

static void money(struct demo_world *w)
{
    static const struct { const char *code, *name, *symbol; int rate_e4; } table[] = { { "CNY", "人民币", "¥", 10000 }, { "USD", "美元", "$", 71500 },
        { "EUR", "欧元", "€", 78200 }, { "HKD", "港元", "HK$", 9150 } };
    struct demo_rand rand = demo_rand_of(w->seed, "rates");
    for (int i = 0; i < 4; i++) {
        struct row r;
        row_begin(&r, w, "currency");
        row_z(&r, "code", table[i].code);
        row_z(&r, "name", table[i].name);
        row_z(&r, "symbol", table[i].symbol);
        int64_t id = row_put(&r), rate = table[i].rate_e4;
        if (i == 0) {
            w->cny = id;
            continue;
        }
        for (int m = 0; m < w->months_sold; m++) {
            rate += demo_around(&rand, table[i].rate_e4 / 150);
            row_begin(&r, w, "exchange_rate");
            row_ref(&r, "currency", id);
            row_date(&r, "rate_date", demo_month_first(w, m));
            row_dec(&r, "average_rate", rate, 4);
            row_dec(&r, "end_of_day_rate", rate + demo_around(&rand, table[i].rate_e4 / 800), 4);
            row_z(&r, "source", "中国外汇交易中心");
            row_put(&r);
        }
    }
}

/* ---- regions ------------------------------------------------------------------------------------------------------ */

static int64_t region(struct demo_world *w, str code, str name, const char *other, const char *kind, int64_t parent, int64_t territory)
{
    struct row r;
    row_begin(&r, w, "region");
    row_text(&r, "code", code);
    row_text(&r, "name", name);
    row_z(&r, "other_names", other);
    row_z(&r, "kind", kind);
    row_ref(&r, "parent", parent);
    row_ref(&r, "territory", territory);
    if (strcmp(kind, "territory") == 0)
        row_ref(&r, "manager", w->users[U_MANAGER]);
    return row_put(&r);
}

static struct demo_place *place_find(struct demo_world *w, str code)
{
    for (int i = 0; i < w->nplaces; i++)
        if (str_eqz(code, w->places[i].code))
            return &w->places[i];
    return NULL;
}

static int territory_index(const char *code)
{
    for (int i = 0; i < DEMO_TERRITORIES; i++)
        if (strcmp(demo_territories[i].code, code) == 0)
            return i;
    return -1;
}

static void place_set(struct demo_world *w, str code, int64_t id, int64_t province, int territory)
{
    struct demo_place *p = place_find(w, code);
    if (!p)
        return;
    p->id = id;
    p->province = province;
    p->territory = territory;
}

static void province(struct demo_world *w, const struct demo_province *p)
{
    char        code[8];
    str         rest = str_of(p->cities), city;
    const int   t = territory_index(p->territory);
    int64_t     territory = t < 0 ? 0 : w->territories[t];
    memcpy(code, p->code, 2);
    memcpy(code + 2, "0000", 5);
    int64_t id = region(w, (str){ code, 6 }, str_of(p->zh), p->en, "province", territory ? territory : w->country, territory);
    place_set(w, (str){ code, 6 }, id, id, t);
    while (rest.n && str_cut(&rest, ' ', &city)) {
        arena_mark mark = arena_here(w->mem);
        str        name = str_sub(city, 2, city.n);
        bool       whole = str_ends(name, S("自治州")) || str_ends(name, S("盟")) || str_ends(name, S("地区"));
        memcpy(code + 2, city.p, 2);
        memcpy(code + 4, "00", 3);
        int64_t c = region(w, (str){ code, 6 }, whole ? name : str_cat(w->mem, name, S("市")), "", "city", id, territory);
        place_set(w, (str){ code, 6 }, c, id, t);
        arena_back(w->mem, mark);
    }
}

static void regions(struct demo_world *w)
{
    CHECK(demo_nterritories == DEMO_TERRITORIES && demo_ncities <= DEMO_MAX_CITIES);
    for (size_t i = 0; i < demo_ncities; i++) {
        const struct demo_city *c = &demo_cities[i];
        w->places[w->nplaces++] = (struct demo_place){ .code = c->code, .name = c->name, .area_code = c->area_code, .postcode = c->postcode, .weight = c->weight };
    }
    w->country = region(w, S("CN"), S("中国"), "China", "country", 0, 0);
    for (int i = 0; i < DEMO_TERRITORIES; i++)
        w->territories[i] = region(w, str_of(demo_territories[i].code), str_of(demo_territories[i].zh), demo_territories[i].en, "territory", w->country, 0);
    for (size_t i = 0; i < demo_nprovinces; i++)
        province(w, &demo_provinces[i]);
    for (int i = 0; i < w->nplaces; i++)
        CHECK(w->failed || (w->places[i].id && w->places[i].territory >= 0));
}

/* ---- salespeople -------------------------------------------------------------------------------------------------- */

static int64_t salesperson(struct demo_world *w, struct demo_rand *rand, const char *title, int64_t manager, int team, int user)
{
    struct row          r;
    bool                woman;
    struct demo_seller *s = &w->sellers[w->nsellers];
    CHECK(w->nsellers < DEMO_MAX_PEOPLE);
    str name = demo_person(rand, w->mem, &woman);
    s->name = user < 0 ? name : str_of(demo_users[user].name);
    s->team = team;
    s->user = user < 0 ? 0 : w->users[user];
    row_begin(&r, w, "salesperson");
    row_text(&r, "code", str_printf(w->mem, "S%03d", ++w->nsellers));
    row_text(&r, "name", s->name);
    row_z(&r, "title", title);
    row_ref(&r, "manager", manager);
    row_ref(&r, "team", w->teams[team]);
    if (team >= TEAM_FIRST_TERRITORY && team < TEAM_ONLINE)
        row_ref(&r, "territory", w->territories[team - TEAM_FIRST_TERRITORY]);
    row_ref(&r, "user", s->user);
    row_text(&r, "mobile", demo_mobile((size_t)w->nsellers, w->mem));
    row_text(&r, "email", str_printf(w->mem, "s%03d@chengquan.example", w->nsellers));
    row_z(&r, "gender", user == U_SALES ? "F" : user == U_MANAGER ? "M" : woman ? "F" : "M");
    row_date(&r, "hire_date", w->first_day - demo_between(rand, 60, 4000));
    return s->id = row_put(&r);
}

static void sales_force(struct demo_world *w)
{
    static const struct { const char *code, *name; int reps; } teams[DEMO_TEAMS] = { { "XS", "销售中心", 0 }, { "XS-HD", "华东销售部", 6 }, { "XS-HN", "华南销售部", 5 },
        { "XS-HZ", "华中销售部", 3 }, { "XS-HB", "华北销售部", 4 }, { "XS-DB", "东北销售部", 2 }, { "XS-XN", "西南销售部", 3 }, { "XS-XB", "西北销售部", 2 },
        { "XS-EC", "电商渠道部", 3 }, { "XS-KA", "大客户部", 2 } };
    struct demo_rand rand = demo_rand_of(w->seed, "people");
    for (int i = 0; i < DEMO_TEAMS; i++) {
        struct row r;
        row_begin(&r, w, "team");
        row_z(&r, "code", teams[i].code);
        row_z(&r, "name", teams[i].name);
        row_ref(&r, "parent", w->teams[TEAM_CENTRE]);
        if (i >= TEAM_FIRST_TERRITORY && i < TEAM_ONLINE)
            row_ref(&r, "territory", w->territories[i - TEAM_FIRST_TERRITORY]);
        w->teams[i] = row_put(&r);
    }
    int64_t director = salesperson(w, &rand, "销售总监", 0, TEAM_CENTRE, U_MANAGER);
    for (int i = 1; i < DEMO_TEAMS; i++) {
        int64_t head = salesperson(w, &rand, i < TEAM_ONLINE ? "大区经理" : "部门经理", director, i, -1);
        for (int k = 0; k < teams[i].reps; k++)
            salesperson(w, &rand, "渠道经理", head, i, i == TEAM_FIRST_TERRITORY && k == 0 ? U_SALES : -1);
    }
}

void demo_organisation(struct demo_world *w)
{
    users(w);
    money(w);
    regions(w);
    sales_force(w);
}

/* ---- what is sold ------------------------------------------------------------------------------------------------- */

static void product(struct demo_world *w, struct demo_rand *rand, const struct demo_family *f, int line, int64_t brand, str variant, int nth, int64_t list_fen)
{
    struct row           r;
    struct demo_product *p = &w->products[w->nproducts++];
    CHECK(w->nproducts <= DEMO_MAX_PRODUCTS);
    /* One in eight came out during the months shown. */
    int64_t age = demo_chance(rand, 12) ? -demo_between(rand, 60, 500) : demo_between(rand, 100, 1800);
    *p = (struct demo_product){ .start_day = w->first_day - age, .name = str_printf(w->mem, "%s " STR_FMT, f->zh, STR_ARG(variant)),
        .price_fen = list_fen * f->dealer / 100, .cost_fen = list_fen * f->cost / 100, .line = line, .pack = f->pack,
        .popularity = f->popularity - nth * f->popularity / 8, .usual = f->usual, .season = f->season, .for_kinds = f->for_kinds };
    str code = str_printf(w->mem, "%s-%02d", f->prefix, nth + 1);
    row_begin(&r, w, "product");
    row_text(&r, "code", code);
    row_text(&r, "sku", code);
    row_text(&r, "name", p->name);
    row_text(&r, "model", variant);
    row_ref(&r, "product_line", w->lines[line]);
    row_ref(&r, "brand", brand);
    row_z(&r, "status", nth == 0 && demo_chance(rand, 12) ? "phase_out" : "active");
    row_z(&r, "unit", f->unit);
    row_int(&r, "pack_size", f->pack);
    row_money(&r, "list_price", list_fen);
    row_money(&r, "dealer_price", p->price_fen);
    row_money(&r, "standard_cost", p->cost_fen);
    row_dec(&r, "tax_rate", 1300, 4);
    row_date(&r, "start_date", p->start_day);
    row_int(&r, "safety_stock", f->usual * 4);
    row_int(&r, "reorder_point", f->usual * 6);
    row_int(&r, "lead_days", demo_between(rand, 3, 20));
    p->id = row_put(&r);
    row_begin(&r, w, "product_text");
    row_ref(&r, "product", p->id);
    row_z(&r, "language", "en");
    row_text(&r, "text_key", str_printf(w->mem, STR_FMT "-en", STR_ARG(code)));
    if (variant.p[variant.n - 1] & 0x80)        /* a Chinese word */
        row_text(&r, "name", str_printf(w->mem, "%s " STR_FMT, f->en, STR_ARG(code)));
    else
        row_text(&r, "name", str_printf(w->mem, "%s " STR_FMT, f->en, STR_ARG(variant)));
    row_put(&r);
}

static int line_index(const char *code)
{
    for (size_t i = 0; i < demo_nlines; i++)
        if (strcmp(demo_lines[i].code, code) == 0)
            return (int)i;
    CHECK(0 && "a family of a product line that is not there");
    return 0;
}

static void family(struct demo_world *w, struct demo_rand *rand, const struct demo_family *f, const int64_t *brands, const char *const *brand_codes)
{
    str     rest = str_of(f->variants), variant;
    int64_t list_fen = (int64_t)f->price * 100, brand = 0;
    int     line = line_index(f->line);
    for (int i = 0; i < 3; i++)
        if (strcmp(demo_lines[line].brand, brand_codes[i]) == 0)
            brand = brands[i];
    for (int nth = 0; str_cut(&rest, ' ', &variant); nth++) {
        product(w, rand, f, line, brand, variant, nth, list_fen);
        list_fen = list_fen * (100 + f->step) / 100;
        list_fen -= list_fen % (list_fen > 100000 ? 1000 : 100);    /* whole tens of yuan, or yuan */
    }
}

static void promotions(struct demo_world *w)
{
    static const struct { const char *name, *kind; int month, day, days, basis_points; } table[] = { { "315 品质服务季", "季节促销", 3, 1, 20, 300 },
        { "618 年中大促", "季节促销", 5, 20, 30, 600 }, { "双11 全渠道促销", "季节促销", 10, 25, 20, 800 }, { "年终冲刺", "提货奖励", 12, 10, 22, 500 } };
    int year = civil_of_day(w->first_day).year, last = civil_of_day(w->today).year;
    for (; year <= last; year++)
        for (int i = 0; i < 4; i++) {
            struct row             r;
            int64_t                from = day_of_civil(year, table[i].month, table[i].day), to = from + table[i].days - 1;
            struct demo_promotion *p = &w->promotions[w->npromotions];
            if (to < w->first_day || from > w->today + 60)
                continue;
            CHECK(w->npromotions++ < DEMO_MAX_PROMOTIONS);
            *p = (struct demo_promotion){ .from = from, .to = to, .basis_points = table[i].basis_points };
            row_begin(&r, w, "promotion");
            row_text(&r, "code", str_printf(w->mem, "CX%d%02d", year, i + 1));
            row_text(&r, "name", str_printf(w->mem, "%d %s", year, table[i].name));
            row_z(&r, "kind", table[i].kind);
            row_z(&r, "audience", "渠道伙伴");
            row_dec(&r, "discount", p->basis_points, 4);
            row_date(&r, "start_date", from);
            row_date(&r, "end_date", to);
            row_z(&r, "status", to < w->today ? "ended" : from > w->today ? "draft" : "active");
            row_refs(&r, "product_lines", w->lines, 2);
            p->id = row_put(&r);
        }
}

void demo_range(struct demo_world *w)
{
    static const char *const codes[] = { "CQ", "QX", "JB" }, *const names[] = { "澄泉", "泉选", "净邦" }, *const other[] = { "Chengquan", "QuanSelect", "Jingbang" };
    struct demo_rand rand = demo_rand_of(w->seed, "products");
    int64_t          brands[3];
    struct row       r;
    for (int i = 0; i < 3; i++) {
        row_begin(&r, w, "brand");
        row_z(&r, "code", codes[i]);
        row_z(&r, "name", names[i]);
        row_z(&r, "other_names", other[i]);
        brands[i] = row_put(&r);
    }
    CHECK(demo_nlines <= DEMO_MAX_LINES);
    for (size_t i = 0; i < demo_nlines; i++) {
        const struct demo_line *l = &demo_lines[i];
        row_begin(&r, w, "product_line");
        row_z(&r, "code", l->code);
        row_z(&r, "name", l->zh);
        row_z(&r, "other_names", l->en);
        row_z(&r, "kind", l->kind);
        if (*l->parent)
            row_ref(&r, "parent", w->lines[line_index(l->parent)]);
        for (int b = 0; b < 3; b++)
            if (strcmp(l->brand, codes[b]) == 0)
                row_ref(&r, "brand", brands[b]);
        w->lines[i] = row_put(&r);
    }
    for (size_t i = 0; i < demo_nfamilies; i++)
        family(w, &rand, &demo_families[i], brands, codes);
    promotions(w);
}
