/* demo_orders: two years of orders with seasons, growth, promotions and returns, and the targets they are measured by.
 *
 * How many lines a partner orders in a month follows from weights, split so that the total is exact.  What it earns follows from
 * chance.  Targets are made backwards: the plan is what the partner sold, spread by season as planned, divided by how well it does. */
#include "base/check.h"
#include "channel/demo_world.h"

#include <stdlib.h>
#include <string.h>

/* ---- how much is ordered, and when -------------------------------------------------------------------------------- */

int64_t demo_weight(const struct demo_world *w, const struct demo_partner *p, int month, bool full)
{
    static const int season[12] = { 70, 50, 88, 92, 98, 106, 87, 84, 87, 84, 110, 86 };
    int64_t first = demo_month_first(w, month), next = demo_month_first(w, month + 1), from = first, to = next;
    if (!p->orders)
        return 0;
    if (p->joined > from)
        from = p->joined;
    if (p->left && p->left < to)
        to = p->left;
    if (!full && w->today + 1 < to)
        to = w->today + 1;
    if (to <= from)
        return 0;
    int64_t growth = 100 + month * 5 / 4;
    return (int64_t)p->size * season[civil_of_day(first).month - 1] * growth / 100 * (to - from) / (next - first);
}

/* One order to be: sorted by day, then partner, then as they were made. */
struct stub { int64_t day; int partner, nlines, nth; bool returns; };

static int by_day(const void *a, const void *b)
{
    const struct stub *x = a, *y = b;
    return x->day != y->day ? (x->day < y->day ? -1 : 1) : x->nth < y->nth ? -1 : x->nth > y->nth;
}

static int64_t order_day(const struct demo_world *w, struct demo_rand *rand, const struct demo_partner *p, int month)
{
    int64_t from = demo_month_first(w, month), to = demo_month_first(w, month + 1) - 1;
    if (p->joined > from)
        from = p->joined;
    if (p->left && p->left - 1 < to)
        to = p->left - 1;
    if (w->today < to)
        to = w->today;
    int64_t day = demo_between(rand, from, to);
    if (day_weekday(day) == 6 && p->kind != PLATFORM && day < to)
        day++;
    return day;
}

static size_t stubs_make(struct demo_world *w, struct stub *stubs)
{
    struct demo_rand rand = demo_rand_of(w->seed, "orders");
    size_t           cells = (size_t)DEMO_PARTNERS * (size_t)w->months_sold, n = 0;
    dec             *weights = NEWV(w->mem, dec, cells);
    int64_t         *lines = NEWV(w->mem, int64_t, cells);
    for (size_t i = 0; i < cells; i++)
        weights[i] = dec_of_i64(demo_weight(w, &w->partners[i / (size_t)w->months_sold], (int)(i % (size_t)w->months_sold), false));
    CHECK(dec_allocate(DEMO_ORDER_LINES, weights, cells, lines));
    for (size_t i = 0; i < cells; i++) {
        const struct demo_partner *p = &w->partners[i / (size_t)w->months_sold];
        for (int64_t left = lines[i]; left > 0;) {
            bool    returns = demo_chance(&rand, 3);
            int64_t k = returns ? demo_between(&rand, 1, 3) : p->kind == PLATFORM ? demo_between(&rand, 3, 12) : demo_between(&rand, 2, 8);
            k = k > left ? left : k;
            stubs[n] = (struct stub){ order_day(w, &rand, p, (int)(i % (size_t)w->months_sold)), (int)(i / (size_t)w->months_sold), (int)k, (int)n, returns };
            n++;
            left -= k;
        }
    }
    qsort(stubs, n, sizeof *stubs, by_day);
    return n;
}

/* ---- one order ---------------------------------------------------------------------------------------------------- */

enum { MOST_LINES = 12 };
struct sold { int product; int64_t quantity, price_fen; int basis_points; int64_t promotion; };
/* The last order a partner may return goods of. */
struct last { int64_t id; int n; struct sold lines[MOST_LINES]; };
struct shop {
    struct demo_world *w;
    struct demo_rand   rand;
    struct last       *last;        /* by partner */
    int               *odds[DEMO_KINDS][12];    /* cumulative popularity of the products by kind of partner and month of the year */
    int64_t            day, year_price_from;
    int                of_day;      /* orders of the day so far */
};

static void odds_make(struct shop *s)
{
    static const char letters[DEMO_KINDS] = { 'd', 'a', 'e', 'r', 'p', 'l' };
    static const int  summer[12] = { 80, 80, 95, 105, 120, 130, 125, 115, 100, 90, 95, 80 }, winter[12] = { 110, 95, 90, 85, 85, 80, 80, 85, 105, 120, 130, 125 };
    const struct demo_world *w = s->w;
    for (int k = 0; k < DEMO_KINDS; k++)
        for (int m = 0; m < 12; m++) {
            int sum = 0;
            s->odds[k][m] = NEWV(w->mem, int, w->nproducts);
            for (int i = 0; i < w->nproducts; i++) {
                const struct demo_product *p = &w->products[i];
                if (strchr(p->for_kinds, letters[k]))
                    sum += p->popularity * (p->season == 1 ? summer[m] : p->season == 2 ? winter[m] : 100);
                s->odds[k][m][i] = sum;
            }
        }
}

static int product_pick(struct shop *s, const struct demo_partner *p, const struct sold *chosen, int n)
{
    struct demo_world *w = s->w;
    const int         *odds = s->odds[p->kind][civil_of_day(s->day).month - 1];
    bool               favourite = demo_chance(&s->rand, 35);
    int                i = 0;
    for (int try = 0; try < 24; try++) {
        int  at = (int)demo_between(&s->rand, 0, odds[w->nproducts - 1] - 1), low = 0, high = w->nproducts - 1;
        bool again = false;
        while (low < high) {
            int middle = (low + high) / 2;
            if (odds[middle] > at)
                high = middle;
            else
                low = middle + 1;
        }
        i = low;
        for (int k = 0; k < n; k++)
            again |= chosen[k].product == i;
        again |= w->products[i].start_day > s->day || (favourite && try < 6 && w->products[i].line != p->main_line);
        if (!again)
            break;
    }
    return i;
}

static int64_t promotion_find(const struct demo_world *w, int64_t day, int *basis_points)
{
    for (int i = 0; i < w->npromotions; i++)
        if (w->promotions[i].from <= day && day <= w->promotions[i].to) {
            *basis_points += w->promotions[i].basis_points;
            return w->promotions[i].id;
        }
    return 0;
}

static struct sold line_make(struct shop *s, const struct demo_partner *p, const struct sold *chosen, int n)
{
    static const int           by_tier[] = { 800, 500, 300, 0 };
    struct sold                l = { .product = product_pick(s, p, chosen, n), .basis_points = by_tier[p->tier] };
    const struct demo_product *g = &s->w->products[l.product];
    int64_t                    scale = 55 + (p->size > 4000 ? 120 : p->size / 34);
    l.quantity = (g->usual * scale * demo_between(&s->rand, 40, 170) + 5000) / 10000;
    if (l.quantity < 1)
        l.quantity = 1;
    if (l.quantity > g->pack)
        l.quantity -= l.quantity % g->pack;
    l.price_fen = g->price_fen;
    if (s->day < s->year_price_from)        /* prices went up by 3 % with this year */
        l.price_fen = (l.price_fen * 100 + 51) / 103;
    if (demo_chance(&s->rand, 60))
        l.promotion = promotion_find(s->w, s->day, &l.basis_points);
    return l;
}

static void line_put(struct shop *s, int64_t order, int nth, const struct sold *l, int64_t freight_fen, int64_t *amount_fen)
{
    struct demo_world         *w = s->w;
    const struct demo_product *g = &w->products[l->product];
    struct row                 r;
    int64_t                    gross = l->quantity * l->price_fen, off = demo_rounded(gross, l->basis_points), amount = gross - off;
    row_begin(&r, w, "order_line");
    row_ref(&r, "order", order);
    row_int(&r, "line_no", nth);
    row_ref(&r, "product", g->id);
    row_text(&r, "description", g->name);
    row_ref(&r, "promotion", l->promotion);
    row_dec(&r, "quantity", l->quantity, 0);
    row_money(&r, "unit_price", l->price_fen);
    row_dec(&r, "discount", l->basis_points, 4);
    row_money(&r, "discount_amount", off);
    row_money(&r, "amount", amount);
    row_dec(&r, "tax_rate", 1300, 4);
    row_money(&r, "tax", demo_rounded(amount, 1300));
    row_money(&r, "freight", freight_fen);
    row_money(&r, "unit_cost", g->cost_fen);
    row_money(&r, "cost", l->quantity * g->cost_fen);
    row_put(&r);
    w->sum.lines++;
    w->sum.sales_fen += amount;
    *amount_fen += amount;
}

static const char *status_of(struct shop *s, const struct stub *b)
{
    int64_t age = s->w->today - b->day;
    if (!b->returns && demo_chance(&s->rand, 1))
        return "cancelled";
    return age > 25 ? "completed" : age > 7 ? "shipped" : age > 2 ? "confirmed" : "submitted";
}

static int64_t order_put(struct shop *s, const struct stub *b, const char *status)
{
    struct demo_world   *w = s->w;
    struct demo_partner *p = &w->partners[b->partner];
    struct demo_seller  *seller = &w->sellers[p->seller];
    struct civil         c = civil_of_day(b->day);
    int64_t              ship = b->day + demo_between(&s->rand, 1, 6);
    bool                 shipped = (status[0] == 's' && status[1] == 'h') || strcmp(status, "completed") == 0;
    struct row           r;
    row_begin(&r, w, "order");
    row_text(&r, "number", str_printf(w->mem, "SO%02d%02d%02d-%04d", c.year % 100, c.month, c.day, ++s->of_day));
    row_z(&r, "kind", b->returns ? "return" : "sale");
    row_z(&r, "status", status);
    row_ref(&r, "partner", p->id);
    row_ref(&r, "agreement", demo_agreement_on(p, b->day));
    row_ref(&r, "salesperson", seller->id);
    row_ref(&r, "owner", seller->user ? seller->user : w->users[U_MANAGER]);
    row_ref(&r, "team", w->teams[seller->team]);
    row_ref(&r, "territory", w->territories[w->places[p->place].territory]);
    row_ref(&r, "region", w->places[p->place].id);
    row_date(&r, "order_date", b->day);
    row_date(&r, "due_date", b->day + demo_between(&s->rand, 5, 15));
    if (shipped && ship <= w->today) {
        row_date(&r, "ship_date", ship);
        if (!b->returns)
            row_text(&r, "tracking_number", str_printf(w->mem, "CQ%012u", (unsigned)(demo_next(&s->rand) % 4000000000u)));
    }
    if (demo_chance(&s->rand, 40))
        row_text(&r, "po_number", str_printf(w->mem, "PO%02d%02d%05d", c.year % 100, c.month, (int)demo_between(&s->rand, 1, 99999)));
    row_ref(&r, "currency", w->cny);
    if (b->returns)
        row_ref(&r, "return_of", s->last[b->partner].id);
    w->sum.orders++;
    return row_put(&r);
}

static void order(struct shop *s, struct stub *b)
{
    struct demo_world   *w = s->w;
    struct demo_partner *p = &w->partners[b->partner];
    struct last         *last = &s->last[b->partner];
    struct sold          lines[MOST_LINES];
    int64_t              amount = 0;
    if (b->day != s->day)
        s->of_day = 0;
    s->day = b->day;
    b->returns = b->returns && last->id && last->n >= b->nlines;
    CHECK(b->nlines <= MOST_LINES);
    for (int i = 0; i < b->nlines; i++) {
        if (b->returns) {
            lines[i] = last->lines[i];
            lines[i].quantity = -1 - lines[i].quantity * demo_between(&s->rand, 5, 30) / 100;
        } else {
            lines[i] = line_make(s, p, lines, i);
        }
    }
    const char *status = status_of(s, b);
    int64_t     id = order_put(s, b, status);
    for (int i = 0; i < b->nlines; i++)
        line_put(s, id, i + 1, &lines[i], i == 0 && b->nlines < 4 && !b->returns ? 12000 : 0, &amount);
    bool cancelled = strcmp(status, "cancelled") == 0;
    if (!cancelled)
        p->actual_fen[demo_month_of(w, b->day)] += amount;
    if (b->returns)
        last->id = 0;                       /* goods come back once */
    else if (!cancelled) {
        last->id = id;
        last->n = b->nlines;
        memcpy(last->lines, lines, sizeof lines);
    }
}

void demo_orders(struct demo_world *w)
{
    struct stub *stubs = NEWV(w->mem, struct stub, DEMO_ORDER_LINES);
    size_t       n = stubs_make(w, stubs);
    struct shop  s = { .w = w, .rand = demo_rand_of(w->seed, "lines"), .last = NEWV(w->mem, struct last, DEMO_PARTNERS) };
    s.year_price_from = day_of_civil(civil_of_day(w->today).year, 1, 1);
    odds_make(&s);
    for (size_t i = 0; i < n && !w->failed; i++)
        order(&s, &stubs[i]);
}

/* ---- targets ------------------------------------------------------------------------------------------------------ */

static void target(struct demo_world *w, const char *dimension, int64_t ref, str name, const char *level, int month, int64_t fen)
{
    struct row   r;
    struct civil c = civil_of_day(demo_month_first(w, month));
    bool         company = strcmp(dimension, "company") == 0;
    row_begin(&r, w, "target");
    row_text(&r, "code", str_printf(w->mem, "MB%02d%02d-%c%c%lld", c.year % 100, c.month, dimension[0] - 32, level[0] - 32, (long long)ref));
    row_text(&r, "name", str_printf(w->mem, STR_FMT " %d-%02d", STR_ARG(name), c.year, c.month));
    row_z(&r, "measure", "sales_amount");
    row_z(&r, "level", level);
    row_z(&r, "dimension", dimension);
    if (!company)
        row_ref(&r, dimension, ref);
    row_z(&r, "period", "month");
    row_date(&r, "start_date", demo_month_first(w, month));
    row_money(&r, "amount", fen);
    row_z(&r, "status", month < w->months_sold ? "locked" : "approved");
    row_put(&r);
}

/* The plan of the partner's month in fen, whole hundreds of yuan. */
static int64_t plan_of(const struct demo_world *w, const struct demo_partner *p, int month)
{
    enum { HUNDRED_YUAN = 10000 };
    int64_t sold = 0, weight = 0, full = demo_weight(w, p, month, true);
    for (int m = 0; m < w->months_sold; m++) {
        sold += p->actual_fen[m];
        weight += demo_weight(w, p, m, false);
    }
    if (!full || !weight || sold <= 0)
        return 0;
    /* In steps that stay far below 2^63: weights are below 2^24, sales below 2^40. */
    int64_t plan = sold / 100 * full / weight * 100 * 100 / p->performance;
    plan = (plan + HUNDRED_YUAN / 2) / HUNDRED_YUAN * HUNDRED_YUAN;
    return plan > HUNDRED_YUAN ? plan : HUNDRED_YUAN;
}

void demo_targets(struct demo_world *w)
{
    static const char *const names[DEMO_TERRITORIES] = { "华东大区", "华南大区", "华中大区", "华北大区", "东北大区", "西南大区", "西北大区" };
    for (int month = 0; month < w->nmonths && !w->failed; month++) {
        int64_t company = 0, territory[DEMO_TERRITORIES] = { 0 }, seller[DEMO_MAX_PEOPLE] = { 0 };
        for (int i = 0; i < DEMO_PARTNERS; i++) {
            const struct demo_partner *p = &w->partners[i];
            int64_t                    plan = plan_of(w, p, month);
            if (!plan)
                continue;
            target(w, "partner", p->id, p->short_name, "base", month, plan);
            company += plan;
            territory[w->places[p->place].territory] += plan;
            seller[p->seller] += plan;
        }
        for (int i = 0; i < DEMO_TERRITORIES; i++) {
            target(w, "region", w->territories[i], str_of(names[i]), "base", month, territory[i]);
            target(w, "region", w->territories[i], str_of(names[i]), "stretch", month, territory[i] / 1000000 * 1100000);
        }
        for (int i = 0; i < w->nsellers; i++)
            if (seller[i])
                target(w, "salesperson", w->sellers[i].id, w->sellers[i].name, "base", month, seller[i]);
        target(w, "company", 0, S("全公司"), "base", month, company);
        w->sum.partner_targets_fen += company;
    }
}
