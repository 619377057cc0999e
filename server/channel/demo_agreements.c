/* demo_agreements: incentive policies, cooperation models, and the agreements made after them. */
#include "base/check.h"
#include "channel/demo_goods.h"
#include "channel/demo_world.h"

#include <string.h>

static const char us[] = "浙江澄泉净水科技股份有限公司";

/* ---- incentive policies ------------------------------------------------------------------------------------------- */

struct band { int64_t from_yuan, to_yuan; int rate_e4; };   /* to 0: no limit */
struct policy {
    const char *code, *name, *kind, *method, *measure, *basis, *period, *kinds, *form, *text;
    int growth_threshold_e4, growth_rate_e4;
    struct band bands[4];
};
enum { P_DISTRIBUTION, P_YEAR, P_AGENCY, P_PLATFORM, P_MARKETING, P_REFERRAL, POLICIES };

static const struct policy policies[POLICIES] = {
    { "FL-JD", "季度提货返利", "rebate", "marginal", "sales_amount", "order", "quarter", "distributor dealer retailer", "credit_note",
        "按季度净提货额分段累进计算返利，冲抵下季度货款；与去年同期相比增长达到 20% 的，另奖 1%。", 2000, 100,
        { { 0, 200000, 100 }, { 200000, 800000, 250 }, { 800000, 2000000, 350 }, { 2000000, 0, 450 } } },
    { "FL-ND", "年度达标返利", "rebate", "retroactive", "sales_amount", "order", "year", "distributor", "account",
        "全年净提货额达到相应档位后，全部提货额按该档比例返利，计入返利账户。", 0, 0, { { 1000000, 3000000, 50 }, { 3000000, 8000000, 100 }, { 8000000, 0, 150 } } },
    { "YJ-DL", "代理项目佣金", "commission", "marginal", "collection", "collection", "month", "agent", "cash",
        "按项目回款额计提佣金，客户退货时按原比例扣回。", 0, 0, { { 0, 500000, 500 }, { 500000, 0, 700 } } },
    { "FL-PT", "平台店铺返点", "rebate", "retroactive", "sales_amount", "order", "month", "platform", "credit_note",
        "月度销售额达标后按全额返点。", 0, 0, { { 300000, 1000000, 100 }, { 1000000, 0, 200 } } },
    { "SC-JJ", "联合市场基金", "market_fund", "per_unit", "sales_amount", "invoice", "quarter", "distributor dealer alliance", "credit_note",
        "活动须事先申请，凭活动资料报销，我方承担约定比例。", 0, 0, { { 0, 0, 150 } } },
    { "YJ-TJ", "联盟推荐奖励", "commission", "marginal", "collection", "collection", "quarter", "alliance", "cash",
        "推荐客户成交并回款后按比例奖励。", 0, 0, { { 0, 0, 400 } } },
};

static void policy(struct demo_world *w, int i)
{
    const struct policy *p = &policies[i];
    struct row           r;
    int                  year = civil_of_day(w->today).year;
    row_begin(&r, w, "incentive_policy");
    row_z(&r, "code", p->code);
    row_z(&r, "name", p->name);
    row_z(&r, "kind", p->kind);
    row_z(&r, "status", "active");
    row_date(&r, "start_date", day_of_civil(year, 1, 1));
    row_date(&r, "end_date", day_of_civil(year, 12, 31));
    row_list(&r, "partner_kinds", p->kinds);
    row_z(&r, "description", p->text);
    row_z(&r, "measure", p->measure);
    row_z(&r, "date_basis", p->basis);
    row_z(&r, "period", p->period);
    row_z(&r, "method", p->method);
    row_ref(&r, "currency", w->cny);
    if (p->growth_threshold_e4) {
        row_dec(&r, "growth_threshold", p->growth_threshold_e4, 4);
        row_dec(&r, "growth_rate", p->growth_rate_e4, 4);
    }
    row_z(&r, "payment_form", p->form);
    row_int(&r, "pay_days", 30);
    w->policies[i] = row_put(&r);
    for (int b = 0; b < 4 && p->bands[b].rate_e4; b++) {
        row_begin(&r, w, "incentive_tier");
        row_ref(&r, "policy", w->policies[i]);
        row_dec(&r, "from_value", p->bands[b].from_yuan, 0);
        if (p->bands[b].to_yuan)
            row_dec(&r, "to_value", p->bands[b].to_yuan, 0);
        row_dec(&r, "rate", p->bands[b].rate_e4, 4);
        row_put(&r);
    }
}

/* ---- cooperation models ------------------------------------------------------------------------------------------- */

static const struct {
    const char *code, *name, *kinds, *text, *roles, *goals, *papers;
    int policy;
} models[DEMO_MODES] = {
    { "FX", "区域分销", "distributor dealer retailer", "伙伴买断产品，在授权区域内建设分销网络并销售。", "我方：供货、培训、市场支持；伙伴：建网、备货、销售、服务。", "年度提货额、网点数量、库存天数。",
        "营业执照、开户许可、经营场所证明", P_DISTRIBUTION },
    { "DL", "区域代理", "agent", "伙伴在授权区域或行业内推荐成交，不持有货权，按回款计佣。", "我方：签约、发货、开票；伙伴：开发客户、跟进项目。", "年度回款额、项目报备数。", "营业执照、代理人员名单", P_AGENCY },
    { "HB", "伙伴联合销售", "alliance agent", "双方共同开发重点客户，联合方案、联合报价。", "双方各自指定客户负责人，按商机来源归属业绩。", "联合商机数、成交金额。", "营业执照、成功案例", P_REFERRAL },
    { "PT", "平台合作", "platform", "通过电商或本地生活平台开店销售，平台按约定扣点。", "我方：供货、定价、售后；平台方：流量、交易、结算。", "月度销售额、店铺评分、退货率。", "营业执照、平台资质", P_PLATFORM },
    { "YX", "联合营销", "distributor dealer alliance", "双方共同出资开展市场活动，按约定分摊费用。", "我方：方案与物料；伙伴：场地与执行。", "活动场次、到场客户数、带动销售额。", "活动申请表、活动总结", P_MARKETING },
    { "JC", "交叉销售", "alliance", "双方在各自客户群中推荐对方产品，成交后付推荐费。", "双方互荐线索，各自签约履约。", "互荐线索数、转化率。", "营业执照", P_REFERRAL },
    { "FC", "渠道分成", "alliance platform", "双方按约定比例对销售收入或毛利分成。", "我方：产品与服务；伙伴：场景与客户。", "分成收入、设备台数。", "营业执照、分成确认单", P_REFERRAL },
};

const struct demo_plan demo_plans[DEMO_MODES][6] = {
    { { "签约资料归档", true, 10, 10, "report", "盖章协议与资质扫描件" }, { "首批备货", false, 20, 25, "stock_check", "首单发货单" }, { "销售与安装培训", true, 30, 15, "training", "签到表与考核成绩" },
        { "门店形象与陈列验收", false, 60, 20, "display", "陈列照片" }, { "半年经营复盘", true, 180, 30, "visit", "复盘纪要" } },
    { { "代理区域与客户报备", false, 15, 20, "report", "客户报备表" }, { "产品方案培训", true, 30, 20, "training", "签到表" }, { "首个项目立项", false, 90, 30, "report", "项目立项单" },
        { "季度项目会审", true, 120, 30, "visit", "会审纪要" } },
    { { "联合客户计划", true, 20, 40, "report", "双方确认的计划" }, { "联合拜访重点客户", true, 60, 30, "visit", "拜访记录" }, { "联合方案评审", false, 90, 30, "report", "方案文档" } },
    { { "店铺上线", false, 20, 40, "display", "店铺链接" }, { "客服与售后培训", true, 30, 20, "training", "考核成绩" }, { "大促备货计划", true, 100, 40, "stock_check", "备货计划表" } },
    { { "活动方案确认", true, 10, 30, "report", "活动方案" }, { "活动执行", false, 45, 40, "display", "现场照片" }, { "费用结算资料", false, 60, 30, "payment", "发票与总结" } },
    { { "互荐流程培训", true, 20, 40, "training", "签到表" }, { "首批互荐线索", false, 45, 60, "report", "线索清单" } },
    { { "设备投放", true, 30, 40, "display", "投放清单" }, { "首期分成对账", false, 75, 60, "payment", "对账确认单" } },
};

static void model(struct demo_world *w, int i)
{
    struct row r;
    row_begin(&r, w, "cooperation_model");
    row_z(&r, "code", models[i].code);
    row_z(&r, "name", models[i].name);
    row_z(&r, "mode", demo_mode_codes[i]);
    row_z(&r, "status", "published");
    row_list(&r, "partner_kinds", models[i].kinds);
    row_z(&r, "description", models[i].text);
    row_z(&r, "party_roles", models[i].roles);
    row_z(&r, "goals", models[i].goals);
    row_z(&r, "required_papers", models[i].papers);
    row_ref(&r, "incentive_policy", w->policies[models[i].policy]);
    w->models[i] = row_put(&r);
    for (int t = 0; demo_plans[i][t].title; t++) {
        const struct demo_plan *p = &demo_plans[i][t];
        row_begin(&r, w, "model_task");
        row_ref(&r, "model", w->models[i]);
        row_int(&r, "position", t + 1);
        row_z(&r, "title", p->title);
        row_z(&r, "side", p->ours ? "ours" : "partner");
        row_int(&r, "due_days", p->due_days);
        row_dec(&r, "weight", p->weight, 2);
        row_z(&r, "evidence", p->evidence);
        row_put(&r);
    }
}

/* ---- agreements --------------------------------------------------------------------------------------------------- */

struct draft {
    int            partner, line;
    enum demo_mode mode;
    const char    *status, *exclusivity;
    int64_t        start, end, previous;
    bool           whole_province;
};
struct book {
    struct demo_world *w;
    struct demo_rand   rand;
    int                taken[DEMO_MAX_CITIES][DEMO_MAX_LINES];  /* exclusive or sole there */
    int                of_year[64], overlaps, lapsing;
};

static void mode_terms(struct row *r, struct demo_rand *rand, const struct demo_partner *p, enum demo_mode mode, int64_t target_fen)
{
    static const int discount[] = { 800, 500, 300, 0 };
    switch (mode) {
    case M_DISTRIBUTION:
        row_dec(r, "discount", 4400 + discount[p->tier], 4);
        row_money(r, "minimum_purchase", target_fen / 10 * 8);
        row_int(r, "stock_days", 30);
        row_bool(r, "price_protection", p->tier <= GOLD);
        break;
    case M_AGENCY:
        row_dec(r, "commission_rate", demo_between(rand, 8, 14) * 50, 4);
        row_z(r, "commission_basis", "collection");
        row_int(r, "tail_months", 6);
        break;
    case M_PARTNER_SELLING:
        row_z(r, "attribution", demo_chance(rand, 50) ? "sourced" : "shared");
        row_z(r, "joint_plan", "每季度共同梳理重点客户名单，联合拜访并共享商机。");
        break;
    case M_PLATFORM:
        row_z(r, "platform_name", demo_chance(rand, 60) ? "综合电商平台" : "本地生活平台");
        row_text(r, "shop_name", str_printf(r->w->mem, "澄泉官方旗舰店（" STR_FMT "）", STR_ARG(p->short_name)));
        row_dec(r, "platform_fee", demo_between(rand, 6, 16) * 50, 4);
        break;
    case M_JOINT_MARKETING:
        row_z(r, "campaign", demo_chance(rand, 50) ? "净水进万家社区巡展" : "开门红联合促销");
        row_money(r, "campaign_budget", demo_between(rand, 3, 20) * 1000000);
        row_dec(r, "our_cost_share", 50, 2);
        break;
    case M_CROSS_SELLING:
        row_z(r, "their_products", "全屋装修与智能家居");
        row_dec(r, "referral_fee", demo_between(rand, 2, 6) * 100, 4);
        break;
    default:
        row_z(r, "share_basis", "gross_profit");
        row_dec(r, "our_share", 60, 2);
        row_money(r, "guarantee", demo_between(rand, 2, 10) * 1000000);
    }
}

static void parties(struct book *b, const struct draft *d, int64_t agreement, int64_t signed_on)
{
    struct demo_world         *w = b->w;
    const struct demo_partner *p = &w->partners[d->partner];
    struct row                 r;
    for (int k = 0; k < 2; k++) {
        row_begin(&r, w, "agreement_party");
        row_ref(&r, "agreement", agreement);
        row_text(&r, "name", k == 0 ? str_of(us) : p->name);
        row_z(&r, "role", k == 0 ? "lead" : "partner");
        if (k == 1) {
            row_ref(&r, "partner", p->id);
            row_ref(&r, "contact", p->contact);
        }
        if (d->mode == M_REVENUE_SHARE)
            row_dec(&r, "share", k == 0 ? 60 : 40, 2);
        row_z(&r, "signing", signed_on ? "signed" : "pending");
        row_date(&r, "signed_on", signed_on);
        row_date(&r, "joined_on", d->start);
        row_put(&r);
    }
}

static void scope(struct book *b, const struct draft *d, int64_t agreement)
{
    struct demo_world       *w = b->w;
    const struct demo_place *place = &w->places[w->partners[d->partner].place];
    struct row               r;
    row_begin(&r, w, "agreement_scope");
    row_ref(&r, "agreement", agreement);
    row_z(&r, "effect", "include");
    if (d->mode != M_PLATFORM)
        row_ref(&r, "region", d->whole_province ? place->province : place->id);
    row_ref(&r, "product_line", w->lines[d->line]);
    if (d->mode == M_AGENCY)
        row_list(&r, "segments", demo_chance(&b->rand, 50) ? "school hospital" : "office hotel");
    row_list(&r, "channels", d->mode == M_PLATFORM ? "online" : d->mode == M_AGENCY ? "project" : "store wholesale");
    row_date(&r, "valid_from", d->start);
    row_date(&r, "valid_to", d->end);
    row_put(&r);
}

static int64_t agreement(struct book *b, const struct draft *d)
{
    struct demo_world         *w = b->w;
    const struct demo_partner *p = &w->partners[d->partner];
    struct civil               c = civil_of_day(d->start);
    bool                       open = strcmp(d->status, "draft") == 0 || strcmp(d->status, "review") == 0 || strcmp(d->status, "signing") == 0;
    int64_t                    user = w->sellers[p->seller].user, owner = user ? user : w->users[U_MANAGER];
    int64_t                    signed_on = open ? 0 : d->start - demo_between(&b->rand, 3, 25), target_fen = (int64_t)p->size * 100000;
    int                       *nth = &b->of_year[c.year % 64];
    struct row                 r;
    row_begin(&r, w, "agreement");
    row_value(&r, "record_type", v_text(str_of(demo_mode_codes[d->mode])));
    row_text(&r, "number", str_printf(w->mem, "CQ-%s-%d-%03d", models[d->mode].code, c.year, ++*nth));
    row_text(&r, "name", str_printf(w->mem, STR_FMT "%s协议（%d）", STR_ARG(p->short_name), models[d->mode].name, c.year));
    row_ref(&r, "model", w->models[d->mode]);
    row_ref(&r, "partner", p->id);
    row_z(&r, "our_company", us);
    row_z(&r, "status", d->status);
    row_z(&r, "exclusivity", d->exclusivity);
    row_ref(&r, "owner", owner);
    row_date(&r, "sign_date", signed_on);
    row_date(&r, "start_date", d->start);
    row_date(&r, "end_date", d->end);
    row_z(&r, "renewal", demo_chance(&b->rand, 30) ? "auto" : "manual");
    row_int(&r, "notice_days", 30);
    row_ref(&r, "previous", d->previous);
    if (p->left && strcmp(d->status, "expired") != 0) {
        row_date(&r, "terminated_on", p->left);
        row_z(&r, "termination_reason", "双方协商终止");
    }
    row_ref(&r, "currency", w->cny);
    row_money(&r, "annual_target", target_fen);
    if (d->mode == M_DISTRIBUTION)
        row_money(&r, "deposit", p->tier == AUTHORIZED ? 1000000 : 5000000);
    row_z(&r, "settlement_cycle", d->mode == M_AGENCY || d->mode == M_PLATFORM ? "month" : "quarter");
    row_ref(&r, "incentive_policy", w->policies[models[d->mode].policy]);
    mode_terms(&r, &b->rand, p, d->mode, target_fen);
    if (strcmp(d->status, "active") == 0)
        row_z(&r, "health", p->performance < 75 ? "red" : p->performance < 90 ? "yellow" : "green");
    int64_t id = row_put(&r);
    parties(b, d, id, signed_on);
    scope(b, d, id);
    struct demo_agreement made = { id, d->start, d->end, owner, d->partner, d->mode, strcmp(d->status, "active") == 0 };
    if (made.current && d->end >= w->today)
        demo_tasks_of(w, &b->rand, &made);
    return id;
}

/* Exclusive for some of the larger distributors, once per city and product line; one runs out in eighteen days, and one is
 * crossed by a later agreement for the whole province. */
static void exclusivity(struct book *b, struct draft *d, const struct demo_partner *p)
{
    int *taken = &b->taken[p->place][d->line];
    d->exclusivity = "ordinary";
    if (d->mode != M_DISTRIBUTION || p->kind != DISTRIBUTOR || p->tier == AUTHORIZED || strcmp(d->status, "active") != 0)
        return;
    if (*taken && !b->overlaps && p->tier <= GOLD) {
        b->overlaps++;
        d->whole_province = true;
        d->exclusivity = "exclusive";
    } else if (!*taken && demo_chance(&b->rand, 45)) {
        *taken = 1;
        d->exclusivity = demo_chance(&b->rand, 70) ? "exclusive" : "sole";
        if (!b->lapsing && d->exclusivity[0] == 'e') {
            b->lapsing++;
            d->end = b->w->today + 18;
            if (d->start > d->end - 300)
                d->start = d->end - 364;
        }
    }
}

static enum demo_mode mode_of(const struct demo_partner *p, struct demo_rand *rand)
{
    static const enum demo_mode alliance[] = { M_PARTNER_SELLING, M_CROSS_SELLING, M_REVENUE_SHARE };
    static const enum demo_mode modes[DEMO_KINDS] = { M_DISTRIBUTION, M_AGENCY, M_DISTRIBUTION, M_DISTRIBUTION, M_PLATFORM, M_PARTNER_SELLING };
    return p->kind == ALLIANCE ? alliance[demo_between(rand, 0, 2)] : modes[p->kind];
}

static void agreements_of(struct book *b, int i)
{
    struct demo_world   *w = b->w;
    struct demo_partner *p = &w->partners[i];
    int                  year = civil_of_day(w->today).year;
    int64_t              january = day_of_civil(year, 1, 1), december = day_of_civil(year, 12, 31);
    struct draft         d = { .partner = i, .line = p->main_line, .mode = mode_of(p, &b->rand), .status = "active", .start = january, .end = december };
    if (!p->orders) {
        if (strcmp(p->status, "prospect") == 0 || strcmp(p->status, "applied") == 0)
            return;
        d.status = strcmp(p->status, "onboarding") == 0 ? "signing" : demo_chance(&b->rand, 50) ? "review" : "draft";
        d.exclusivity = "ordinary";
        d.start = w->today + demo_between(&b->rand, 5, 30);
        d.end = day_add_months(d.start, 12) - 1;
        agreement(b, &d);
        return;
    }
    if (strcmp(p->status, "terminated") == 0)
        d.status = "terminated";
    if (strcmp(p->status, "suspended") == 0)
        d.status = "notice";
    if (demo_chance(&b->rand, 45) || p->joined > january) {    /* from the day it joined, or its anniversary, for two years */
        d.start = p->joined;
        while (day_add_months(d.start, 24) <= w->today)
            d.start = day_add_months(d.start, 24);
        d.end = day_add_months(d.start, 24) - 1;
    }
    if (p->left && d.start > p->left)
        d.start = p->left - 200;
    if (d.start == january && p->joined < january) {
        struct draft old = d;
        old.status = "expired";
        old.exclusivity = "ordinary";
        old.start = p->joined > day_of_civil(year - 1, 1, 1) ? p->joined : day_of_civil(year - 1, 1, 1);
        old.end = day_of_civil(year - 1, 12, 31);
        d.previous = agreement(b, &old);
        p->before = (struct demo_term){ d.previous, old.start, old.end };
    }
    exclusivity(b, &d, p);
    p->now = (struct demo_term){ agreement(b, &d), d.start, p->left ? p->left : d.end };
}

/* Beside the main agreement: joint marketing with some. */
static void campaigns(struct book *b)
{
    struct demo_world *w = b->w;
    int                made = 0;
    for (int i = 0; i < DEMO_PARTNERS && made < 24; i++) {
        const struct demo_partner *p = &w->partners[i];
        if (!p->orders || p->left || p->kind > RETAILER || p->kind == AGENT || p->tier > SILVER || p->joined > w->today - 120 || !demo_chance(&b->rand, 30))
            continue;
        int64_t      start = w->today - demo_between(&b->rand, 10, 100);
        struct draft d = { .partner = i, .line = p->main_line, .mode = M_JOINT_MARKETING, .status = "active", .exclusivity = "ordinary", .start = start,
            .end = start + 179 };
        agreement(b, &d);
        made++;
    }
}

void demo_agreements(struct demo_world *w)
{
    struct book *b = NEW(w->mem, struct book);
    b->w = w;
    b->rand = demo_rand_of(w->seed, "agreements");
    for (int i = 0; i < POLICIES; i++)
        policy(w, i);
    for (int i = 0; i < DEMO_MODES; i++)
        model(w, i);
    for (int i = 0; i < DEMO_PARTNERS && !w->failed; i++)
        agreements_of(b, i);
    campaigns(b);
}
