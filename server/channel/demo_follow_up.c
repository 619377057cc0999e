/* demo_follow_up: the tasks of the agreements, visits, and what partners report to have in stock. */
#include "base/check.h"
#include "channel/demo_world.h"

#include <string.h>

/* What has become of a task that is due on the day. */
static const char *status_of(struct demo_rand *rand, int64_t due, int64_t today)
{
    int64_t draw = demo_between(rand, 1, 100);
    if (due < today - 20)
        return draw <= 90 ? "accepted" : draw <= 94 ? "waived" : "open";
    if (due <= today)
        return draw <= 50 ? "accepted" : draw <= 75 ? "submitted" : draw <= 95 ? "open" : "rejected";
    return due <= today + 30 ? "open" : "planned";
}

struct job { const char *title, *kind, *evidence; int64_t start, due, agreement, assignee; int partner, weight; bool ours; };

static void task(struct demo_world *w, struct demo_rand *rand, const struct job *j)
{
    const struct demo_partner *p = &w->partners[j->partner];
    const char                *status = status_of(rand, j->due, w->today);
    bool                       over = strcmp(status, "accepted") == 0 || strcmp(status, "submitted") == 0;
    int64_t                    done = j->due - demo_between(rand, -4, 12);
    struct row                 r;
    row_begin(&r, w, "task");
    row_text(&r, "title", str_printf(w->mem, "%s — " STR_FMT, j->title, STR_ARG(p->short_name)));
    row_z(&r, "kind", j->kind);
    row_ref(&r, "agreement", j->agreement);
    row_ref(&r, "partner", p->id);
    row_z(&r, "side", j->ours ? "ours" : "partner");
    row_ref(&r, "assignee", j->assignee);
    row_ref(&r, "owner", j->assignee);
    row_ref(&r, "contact", p->contact);
    row_z(&r, "status", status);
    row_z(&r, "priority", demo_chance(rand, 15) ? "high" : demo_chance(rand, 70) ? "normal" : "low");
    row_date(&r, "start_date", j->start);
    row_date(&r, "due_date", j->due);
    if (over)
        row_date(&r, "completed_on", done > w->today ? w->today : done < j->start ? j->start : done);
    if (j->weight)
        row_dec(&r, "weight", j->weight, 2);
    if (j->evidence)
        row_text(&r, "description", str_printf(w->mem, "验收依据：%s", j->evidence));
    if (strcmp(status, "accepted") == 0)
        row_z(&r, "result", "已按要求完成");
    if (strcmp(status, "rejected") == 0)
        row_z(&r, "reject_reason", "资料不完整，请补充后重新提交");
    if (strcmp(status, "waived") == 0)
        row_z(&r, "reject_reason", "经渠道管理者批准豁免");
    row_put(&r);
}

void demo_tasks_of(struct demo_world *w, struct demo_rand *rand, const struct demo_agreement *a)
{
    for (int t = 0; demo_plans[a->mode][t].title; t++) {
        const struct demo_plan *p = &demo_plans[a->mode][t];
        struct job              j = { p->title, p->kind, p->evidence, a->start, a->start + p->due_days, a->id, a->user, a->partner, p->weight, p->ours };
        if (j.due >= w->today - 400 && j.due <= a->end)
            task(w, rand, &j);
    }
}

static void visits(struct demo_world *w)
{
    struct demo_rand rand = demo_rand_of(w->seed, "visits");
    for (int i = 0; i < DEMO_PARTNERS && !w->failed; i++) {
        const struct demo_partner *p = &w->partners[i];
        int64_t                    user = w->sellers[p->seller].user, due = w->today + demo_between(&rand, -15, 30);
        struct job j = { "季度拜访与库存盘点", "visit", NULL, due - 10, due, p->now.agreement, user ? user : w->users[U_MANAGER], i, 0, true };
        if (p->orders && !p->left && (user || demo_chance(&rand, 25)))
            task(w, &rand, &j);
    }
}

/* The larger distributors report their stock at the end of each of the last three months. */
static void stock(struct demo_world *w)
{
    enum { REPORTING = 40, PRODUCTS = 8, MONTHS = 3 };
    struct demo_rand rand = demo_rand_of(w->seed, "stock");
    int              reporting = 0;
    for (int i = 0; i < DEMO_PARTNERS && reporting < REPORTING && !w->failed; i++) {
        const struct demo_partner *p = &w->partners[i];
        if (!p->orders || p->left || p->kind != DISTRIBUTOR || p->joined > w->today - 120)
            continue;
        reporting++;
        for (int k = 0; k < PRODUCTS; k++) {
            int64_t which = demo_between(&rand, 0, w->nproducts / PRODUCTS - 1) * PRODUCTS + k, balance = demo_between(&rand, 10, 90);
            for (int m = MONTHS; m > 0; m--) {
                const struct demo_product *g = &w->products[which];
                int64_t    in = demo_between(&rand, 0, 6) * g->usual, out = demo_between(&rand, 0, 100) * (balance + in) / 100, day = demo_month_first(w, w->months_sold - m) - 1;
                struct row r;
                if (g->start_day > day)
                    continue;
                balance += in - out;
                row_begin(&r, w, "stock");
                row_text(&r, "code", str_printf(w->mem, "KC-%d-%lld-%lld", m, (long long)p->id, (long long)g->id));
                row_ref(&r, "product", g->id);
                row_ref(&r, "partner", p->id);
                row_z(&r, "location", "伙伴仓库");
                row_date(&r, "stock_date", day);
                row_dec(&r, "units_in", in, 0);
                row_dec(&r, "units_out", out, 0);
                row_dec(&r, "balance", balance, 0);
                row_z(&r, "source", "reported");
                row_put(&r);
            }
        }
    }
}

void demo_follow_up(struct demo_world *w)
{
    visits(w);
    stock(w);
}
