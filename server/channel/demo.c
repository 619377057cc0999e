/* demo: see demo.h.  Here: the order of the parts, and how a record is put together. */
#include "channel/demo.h"

#include "base/check.h"
#include "channel/demo_world.h"

#include <string.h>

const struct demo_user demo_users[DEMO_USERS] = {
    { "admin@demo.qudao", "陈静", "administrator" },      { "manager@demo.qudao", "林志远", "channel_manager" },
    { "sales@demo.qudao", "王晓蕾", "sales" },            { "finance@demo.qudao", "周敏", "finance" },
    { "partner@demo.qudao", "吴建国", "partner" },
};
const char *const demo_kind_codes[DEMO_KINDS] = { "distributor", "agent", "dealer", "retailer", "platform", "alliance" };
const char *const demo_tier_codes[] = { "strategic", "gold", "silver", "authorized" };
const char *const demo_mode_codes[DEMO_MODES] = { "distribution", "agency", "partner_selling", "platform", "joint_marketing", "cross_selling",
    "revenue_share" };

/* ---- one record --------------------------------------------------------------------------------------------------- */

void row_begin(struct row *r, struct demo_world *w, const char *module)
{
    r->w = w;
    r->module = module;
    r->n = 0;
    r->mark = arena_here(w->mem);
}

void row_value(struct row *r, const char *field, struct value v)
{
    CHECK(r->n < DEMO_MAX_CELLS);
    r->cells[r->n++] = (struct demo_cell){ field, v };
}

void row_text(struct row *r, const char *field, str s)
{
    if (s.n)
        row_value(r, field, v_text(s));
}

void row_z(struct row *r, const char *field, const char *z) { row_text(r, field, str_of(z)); }
void row_int(struct row *r, const char *field, int64_t i) { row_value(r, field, v_int(i)); }
void row_bool(struct row *r, const char *field, bool b) { row_value(r, field, v_bool(b)); }

void row_date(struct row *r, const char *field, int64_t day)
{
    if (day)
        row_value(r, field, v_date(day));
}

void row_ref(struct row *r, const char *field, int64_t id)
{
    if (id)
        row_value(r, field, v_ref(id));
}

void row_dec(struct row *r, const char *field, int64_t units, int scale) { row_value(r, field, v_dec(dec_of_units(units, scale))); }
void row_money(struct row *r, const char *field, int64_t fen) { row_dec(r, field, fen, 2); }

void row_list(struct row *r, const char *field, const char *codes)
{
    enum { MOST = 8 };
    struct value *v = NEWV(r->w->mem, struct value, MOST);
    size_t        n = 0;
    str           rest = str_of(codes), part;
    while (str_cut(&rest, ' ', &part)) {
        CHECK(n < MOST);
        v[n++] = v_text(part);
    }
    if (n)
        row_value(r, field, (struct value){ V_LIST, { .l = { v, n } } });
}

void row_refs(struct row *r, const char *field, const int64_t *ids, size_t n)
{
    struct value *v = NEWV(r->w->mem, struct value, n ? n : 1);
    for (size_t i = 0; i < n; i++)
        v[i] = v_ref(ids[i]);
    if (n)
        row_value(r, field, (struct value){ V_LIST, { .l = { v, n } } });
}

int64_t row_put(struct row *r)
{
    struct demo_world *w = r->w;
    int64_t            id = 0;
    if (!w->failed && !w->put(w->arg, r->module, r->cells, r->n, &id))
        w->failed = true;
    CHECK(w->failed || id > 0);
    w->sum.records++;
    arena_back(w->mem, r->mark);
    return w->failed ? 0 : id;
}

/* ---- time and money ----------------------------------------------------------------------------------------------- */

int64_t demo_month_first(const struct demo_world *w, int month) { return day_add_months(w->first_day, month); }

int demo_month_of(const struct demo_world *w, int64_t day)
{
    struct civil a = civil_of_day(w->first_day), b = civil_of_day(day);
    return (b.year - a.year) * 12 + b.month - a.month;
}

int64_t demo_agreement_on(const struct demo_partner *p, int64_t day)
{
    if (p->now.from <= day && day <= p->now.to)
        return p->now.agreement;
    return p->before.from <= day && day <= p->before.to ? p->before.agreement : 0;
}

int64_t demo_rounded(int64_t amount, int64_t percent_e4)
{
    int64_t p = amount * percent_e4;
    return (p + (p < 0 ? -5000 : 5000)) / 10000;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

bool demo_make(uint64_t seed, int64_t today, demo_put *put, void *arg, struct arena *mem, struct demo_sum *sum)
{
    static void (*const parts[])(struct demo_world *) = { demo_organisation, demo_range, demo_partners, demo_agreements, demo_orders,
        demo_targets, demo_follow_up };
    arena_mark         start = arena_here(mem);
    struct demo_world *w = NEW(mem, struct demo_world);
    struct civil       now = civil_of_day(today);
    w->mem = mem;
    w->seed = seed;
    w->today = today;
    w->put = put;
    w->arg = arg;
    w->first_day = day_add_months(day_of_civil(now.year, now.month, 1), -DEMO_MONTHS);
    w->months_sold = demo_month_of(w, today) + 1;
    w->nmonths = demo_month_of(w, day_of_civil(now.year, 12, 1)) + 1;
    CHECK(w->nmonths <= DEMO_MAX_MONTHS);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !w->failed; i++)
        parts[i](w);
    if (sum)
        *sum = w->sum;
    bool done = !w->failed;
    arena_back(mem, start);
    return done;
}
