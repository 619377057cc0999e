/* The demo workspace: what it holds, that it adds up, that it is the same each time, that its names and numbers are what they should
 * be, and that every cell fits the field it is for. */
#include "base/date.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/suite.h"
#include "channel/app_files.h"
#include "channel/demo.h"
#include "channel/demo_places.h"
#include "meta/uscc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

enum { MODULES = 40, RECORDS = 200000, TODAY_YEAR = 2025 };

static struct arena *mem, *work;      /* work: given to the generator */

/* ---- the application, for looking up fields ------------------------------------------------------------------------- */

static struct { const char *name; const struct json *def, *more; } modules[MODULES];
static int nmodules;

static int module_at(const char *name)
{
    for (int i = 0; i < nmodules; i++)
        if (strcmp(modules[i].name, name) == 0)
            return i;
    return -1;
}

static void application_read(void)
{
    size_t                 n;
    const struct app_file *files = app_files(&n);
    struct err             e;
    err_init(&e, mem, LANG_EN);
    for (size_t i = 0; i < n; i++) {
        struct json *def;
        assert_true(json_parse(mem, files[i].text, &def, &e));
        if (json_get(def, "name") && !json_bool(def, "extend", false)) {
            modules[nmodules].name = str_z(mem, json_str(def, "name"));
            modules[nmodules++].def = def;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct json *def;
        assert_true(json_parse(mem, files[i].text, &def, &e));
        if (json_bool(def, "extend", false))
            modules[module_at(str_z(mem, json_str(def, "name")))].more = def;
    }
}

static const struct json *field_in(const struct json *def, str name)
{
    const struct json *fields = def ? json_get(def, "fields") : NULL;
    for (const struct json *f = fields ? fields->first : NULL; f; f = f->next)
        if (str_eq(json_str(f, "name"), name))
            return f;
    return NULL;
}

static const struct json *field_of(int module, const char *name)
{
    const struct json *f = field_in(modules[module].def, str_of(name));
    return f ? f : field_in(modules[module].more, str_of(name));
}

/* ---- what comes out ------------------------------------------------------------------------------------------------- */

struct sums {
    int64_t  count[MODULES], records, stop_at;      /* stop_at: the put that fails; 0 none */
    uint64_t hash;
    uint8_t  module_of[RECORDS + 1];                /* by id */
    bool     check;
    int64_t  today;
    /* orders */
    int64_t  order_of_line, line_fen, month_fen[64], first_day;
    bool     cancelled;
    int64_t  sales_of_partner[RECORDS + 1], partner_of_order, returns;
    /* targets by month */
    int64_t  by_partner[64], by_region[64], by_salesperson[64], by_company[64], plan_of[RECORDS + 1], south_west[2], south_west_id;
    int64_t  order_partner[RECORDS + 1], partner_region[RECORDS + 1];
    str      names[DEMO_PARTNERS], usccs[DEMO_PARTNERS], mobiles[4 * DEMO_PARTNERS]; size_t nnames, nusccs, nmobiles;
    int64_t  parent[RECORDS + 1], agreement_from[RECORDS + 1], agreement_to[RECORDS + 1];
    uint8_t  is_exclusive[RECORDS + 1];
    struct { int64_t agreement, region, line; } scopes[RECORDS / 100]; size_t nscopes;
    int      lapsing, exclusive;
    int64_t  under_agreement;
};

static const struct value *cell(const struct demo_cell *c, size_t n, const char *field)
{
    static const struct value none;
    for (size_t i = 0; i < n; i++)
        if (strcmp(c[i].field, field) == 0)
            return &c[i].value;
    return &none;
}

static int64_t fen(const struct value *v)
{
    int64_t u = 0;
    if (v->type != V_NULL)
        assert_true(dec_exact_units(v_number(v), 2, &u));
    return u;
}

static bool is(const struct value *v, const char *code) { return v->type == V_TEXT && str_eqz(v->u.s, code); }

static int month(const struct sums *s, int64_t day)
{
    struct civil a = civil_of_day(s->first_day), b = civil_of_day(day);
    return (b.year - a.year) * 12 + b.month - a.month;
}

static bool has_option(const struct json *field, str code)
{
    const struct json *options = json_get(field, "options");
    for (const struct json *o = options ? options->first : NULL; o; o = o->next)
        if (str_eq(json_str(o, "code"), code))
            return true;
    return false;
}

static void fits(const struct sums *s, int module, const struct demo_cell *c)
{
    char               name[64];
    const char        *dot = strchr(c->field, '.');
    const struct value *v = &c->value;
    snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - c->field) : 60, c->field);
    if (strcmp(name, "owner") == 0) {
        assert_int_equal(s->module_of[v->u.i], module_at("user"));
        return;
    }
    if (strcmp(name, "record_type") == 0)
        return;
    const struct json *f = field_of(module, name);
    if (!f)
        fail_msg("%s has no field %s", modules[module].name, c->field);
    str type = json_str(f, "type"), target = json_str(f, "module");
    if (str_eqz(type, "address")) {
        assert_non_null(dot);
        if (strcmp(dot, ".region") == 0)
            assert_int_equal(s->module_of[v->u.i], module_at("region"));
    } else if (str_eqz(type, "choice")) {
        if (v->type != V_TEXT || !has_option(f, v->u.s))
            fail_msg("%s.%s: no option", modules[module].name, name);
    } else if (str_eqz(type, "choices")) {
        assert_int_equal(v->type, V_LIST);
        for (size_t i = 0; i < v->u.l.n && strcmp(name, "roles") != 0; i++)
            assert_true(has_option(f, v->u.l.v[i].u.s));
    } else if (str_eqz(type, "relation") || str_eqz(type, "person")) {
        assert_int_equal(v->type, V_REF);
        assert_in_range(v->u.i, 1, s->records);
        assert_int_equal(s->module_of[v->u.i], module_at(str_eqz(type, "person") ? "user" : str_z(mem, target)));
    } else if (str_eqz(type, "relations")) {
        for (size_t i = 0; i < v->u.l.n; i++)
            assert_int_equal(s->module_of[v->u.l.v[i].u.i], module_at(str_z(mem, target)));
    } else if (str_eqz(type, "date")) {
        assert_int_equal(v->type, V_DATE);
    } else if (str_eqz(type, "boolean")) {
        assert_int_equal(v->type, V_BOOL);
    } else if (str_eqz(type, "integer")) {
        assert_int_equal(v->type, V_INT);
    } else if (str_eqz(type, "money") || str_eqz(type, "decimal") || str_eqz(type, "percent")) {
        int64_t units, scale = 2;
        json_i64(f, "scale", &scale);
        assert_true(v_is_number(v) && dec_exact_units(v_number(v), (int)scale + (str_eqz(type, "percent") ? 2 : 0), &units));
    } else {
        int64_t most = 255;
        json_i64(f, "max_length", &most);
        if (v->type != V_TEXT || str_eqz(type, "formula") || str_eqz(type, "rollup") || str_eqz(type, "lines"))
            fail_msg("%s.%s cannot take this", modules[module].name, name);
        assert_true(str_eqz(type, "long_text") || (int64_t)v->u.s.n <= most * 3);
    }
}

static void given(int module, const struct demo_cell *c, size_t n)
{
    const struct json *fields = json_get(modules[module].def, "fields");
    for (const struct json *f = fields->first; f; f = f->next)
        if (json_bool(f, "required", false) && !json_get(f, "default") && cell(c, n, str_z(mem, json_str(f, "name")))->type == V_NULL)
            fail_msg("%s without " STR_FMT, modules[module].name, STR_ARG(json_str(f, "name")));
}

static void see_partner(struct sums *s, int64_t id, const struct demo_cell *c, size_t n)
{
    str name = cell(c, n, "name")->u.s, code = cell(c, n, "uscc")->u.s, phone = cell(c, n, "phone")->u.s;
    s->names[s->nnames++] = str_dup(mem, name);
    s->usccs[s->nusccs++] = str_dup(mem, code);
    assert_true(uscc_valid(code, NULL));
    char organisation[8];
    memcpy(organisation, code.p + 8, 8);
    assert_int_equal(code.p[16], uscc_organisation_check(organisation));
    assert_true(str_ends(name, S("有限公司")));
    bool city = false;
    for (size_t i = 0; i < demo_ncities; i++)
        city |= str_starts(name, str_of(demo_cities[i].name)) && memcmp(code.p + 2, demo_cities[i].code, 6) == 0;
    assert_true(city);
    ptrdiff_t dash = str_chr(phone, '-');
    assert_true((dash == 3 || dash == 4) && phone.p[0] == '0' && (phone.n - dash - 1 == 8 || phone.n - dash - 1 == 7));
    assert_true(str_ends(cell(c, n, "email")->u.s, S(".example")));
    s->partner_region[id] = cell(c, n, "territory")->u.i;
}

static void see_line(struct sums *s, const struct demo_cell *c, size_t n)
{
    int64_t quantity = 0, amount = fen(cell(c, n, "amount")), discount_e4 = 0;
    assert_int_equal(cell(c, n, "order")->u.i, s->order_of_line);
    assert_true(dec_to_units(v_number(cell(c, n, "quantity")), 0, &quantity));
    assert_true(dec_exact_units(v_number(cell(c, n, "discount")), 4, &discount_e4));
    int64_t gross = quantity * fen(cell(c, n, "unit_price")), off = fen(cell(c, n, "discount_amount"));
    assert_int_not_equal(quantity, 0);
    assert_int_equal(amount, gross - off);
    assert_in_range(off * 10000 - gross * discount_e4 + 5000, 0, 10000);
    assert_in_range(fen(cell(c, n, "tax")) * 100 - amount * 13 + 50, 0, 100);
    assert_int_equal(fen(cell(c, n, "cost")), quantity * fen(cell(c, n, "unit_cost")));
    s->line_fen += amount;
    if (!s->cancelled)
        s->sales_of_partner[s->partner_of_order] += amount;
}

static void see_order(struct sums *s, int64_t id, const struct demo_cell *c, size_t n)
{
    int64_t day = cell(c, n, "order_date")->u.i;
    assert_in_range(day, s->first_day, s->today);
    assert_true(cell(c, n, "ship_date")->type == V_NULL || (cell(c, n, "ship_date")->u.i >= day && cell(c, n, "ship_date")->u.i <= s->today));
    s->order_of_line = id;
    int64_t agreement = cell(c, n, "agreement")->u.i;
    if (agreement) {
        s->under_agreement++;
        assert_in_range(day, s->agreement_from[agreement], s->agreement_to[agreement]);
    }
    s->cancelled = is(cell(c, n, "status"), "cancelled");
    s->partner_of_order = cell(c, n, "partner")->u.i;
    s->order_partner[id] = s->partner_of_order;
    if (is(cell(c, n, "kind"), "return")) {
        s->returns++;
        assert_int_equal(s->order_partner[cell(c, n, "return_of")->u.i], s->partner_of_order);
    }
}

static void see_target(struct sums *s, const struct demo_cell *c, size_t n)
{
    int64_t amount = fen(cell(c, n, "amount")), day = cell(c, n, "start_date")->u.i;
    int     m = month(s, day);
    assert_int_equal(civil_of_day(day).day, 1);
    assert_in_range(m, 0, 40);
    if (!is(cell(c, n, "level"), "base"))
        return;
    const struct value *dimension = cell(c, n, "dimension");
    if (is(dimension, "partner")) {
        s->by_partner[m] += amount;
        if (day <= s->today)
            s->plan_of[cell(c, n, "partner")->u.i] += amount;
    } else if (is(dimension, "region")) {
        s->by_region[m] += amount;
    } else if (is(dimension, "salesperson")) {
        s->by_salesperson[m] += amount;
    } else {
        s->by_company[m] += amount;
    }
}

static void see(struct sums *s, const char *module, int64_t id, const struct demo_cell *c, size_t n)
{
    if (strcmp(module, "partner") == 0)
        see_partner(s, id, c, n);
    if (strcmp(module, "order") == 0)
        see_order(s, id, c, n);
    if (strcmp(module, "order_line") == 0)
        see_line(s, c, n);
    if (strcmp(module, "target") == 0)
        see_target(s, c, n);
    if (strcmp(module, "region") == 0 && is(cell(c, n, "code"), "XN"))
        s->south_west_id = id;
    if (strcmp(module, "contact") == 0 || strcmp(module, "salesperson") == 0) {
        str mobile = cell(c, n, "mobile")->u.s;
        assert_true(mobile.n == 11 && mobile.p[0] == '1' && mobile.p[1] >= '3');
        s->mobiles[s->nmobiles++] = str_dup(mem, mobile);
    }
    if (strcmp(module, "region") == 0)
        s->parent[id] = cell(c, n, "parent")->u.i;
    if (strcmp(module, "agreement_scope") == 0 && s->is_exclusive[cell(c, n, "agreement")->u.i]) {
        s->scopes[s->nscopes].agreement = cell(c, n, "agreement")->u.i;
        s->scopes[s->nscopes].region = cell(c, n, "region")->u.i;
        s->scopes[s->nscopes++].line = cell(c, n, "product_line")->u.i;
    }
    if (strcmp(module, "agreement") == 0) {
        s->agreement_from[id] = cell(c, n, "start_date")->u.i;
        s->agreement_to[id] = cell(c, n, "end_date")->u.i;
        assert_true(s->agreement_from[id] < s->agreement_to[id]);
    }
    if (strcmp(module, "agreement") == 0 && is(cell(c, n, "status"), "active") && is(cell(c, n, "exclusivity"), "exclusive")) {
        s->exclusive++;
        s->is_exclusive[id] = 1;
        int64_t left = cell(c, n, "end_date")->u.i - s->today;
        s->lapsing += left > 0 && left <= 21;
    }
}

static uint64_t mix(uint64_t h, uint64_t x) { return (h ^ x) * UINT64_C(0x100000001b3) + (h >> 29); }

static uint64_t hash_value(uint64_t h, const struct value *v)
{
    h = mix(h, v->type);
    switch (v->type) {
    case V_TEXT: return mix(h, str_hash(v->u.s));
    case V_BOOL: return mix(h, v->u.b);
    case V_DEC: return mix(mix(mix(h, v->u.d.lo), v->u.d.hi), (uint64_t)v->u.d.exp * 2 + v->u.d.neg);
    case V_LIST:
        for (size_t i = 0; i < v->u.l.n; i++)
            h = hash_value(h, &v->u.l.v[i]);
        return h;
    default: return mix(h, (uint64_t)v->u.i);
    }
}

static bool take(void *arg, const char *module, const struct demo_cell *cells, size_t n, int64_t *id)
{
    struct sums *s = arg;
    if (s->stop_at && s->records + 1 == s->stop_at)
        return false;
    int m = module_at(module);
    if (m < 0)
        fail_msg("no module %s", module);
    *id = ++s->records;
    assert_in_range(*id, 1, RECORDS);
    s->module_of[*id] = (uint8_t)m;
    s->count[m]++;
    s->hash = mix(s->hash, str_hash(str_of(module)));
    for (size_t i = 0; i < n; i++)
        s->hash = hash_value(mix(s->hash, str_hash(str_of(cells[i].field))), &cells[i].value);
    if (s->check) {
        arena_mark mark = arena_here(mem);
        for (size_t i = 0; i < n; i++)
            fits(s, m, &cells[i]);
        given(m, cells, n);
        arena_back(mem, mark);
        see(s, module, *id, cells, n);
    }
    return true;
}

static struct sums *sums_new(int64_t today)
{
    struct sums *s = NEW(mem, struct sums);
    struct civil c = civil_of_day(today);
    s->today = today;
    s->first_day = day_add_months(day_of_civil(c.year, c.month, 1), -DEMO_MONTHS);
    return s;
}

/* ---- the tests ------------------------------------------------------------------------------------------------------ */

static int64_t count(const struct sums *s, const char *module) { return s->count[module_at(module)]; }

static void no_duplicates(const str *v, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (str_eq(v[i], v[k]))
                fail_msg("%s twice: " STR_FMT, what, STR_ARG(v[i]));
}

static int64_t percent(int64_t part, int64_t whole) { return whole ? part * 100 / whole : 0; }

/* Pairs of exclusive agreements for one product line, of which one's region holds the other's. */
static int exclusive_overlaps(const struct sums *s)
{
    int found = 0;
    for (size_t i = 0; i < s->nscopes; i++)
        for (size_t k = 0; k < s->nscopes; k++) {
            int64_t a = s->scopes[i].agreement, b = s->scopes[k].agreement;
            if (i == k || s->scopes[i].line != s->scopes[k].line || s->agreement_from[a] > s->agreement_to[b] || s->agreement_from[b] > s->agreement_to[a])
                continue;
            for (int64_t r = s->scopes[i].region; r; r = s->parent[r])
                found += r == s->scopes[k].region;
        }
    return found;
}

static void holds_what_it_should(void **state)
{
    (void)state;
    int64_t         today = day_of_civil(TODAY_YEAR, 11, 23), ahead = 0, behind = 0, sales = 0, plan = 0;
    struct sums    *s = sums_new(today);
    struct demo_sum sum;
    s->check = true;
    assert_true(demo_make(DEMO_SEED, today, take, s, work, &sum));
    for (int i = 0; i < nmodules; i++)
        print_message("%-20s %6lld\n", modules[i].name, (long long)s->count[i]);
    assert_int_equal(count(s, "partner"), DEMO_PARTNERS);
    assert_int_equal(count(s, "order_line"), DEMO_ORDER_LINES);
    assert_int_equal(sum.lines, DEMO_ORDER_LINES);
    assert_int_equal(sum.orders, count(s, "order"));
    assert_int_equal(sum.records, s->records);
    assert_int_equal(sum.sales_fen, s->line_fen);
    assert_int_equal(count(s, "user"), DEMO_USERS);
    assert_in_range(count(s, "order"), 9000, 18000);
    assert_in_range(s->returns, 100, 600);
    /* Some hundred million yuan a year: a manufacturer of that many partners. */
    assert_in_range(s->line_fen / 100, 200000000, 900000000);

    int64_t targets = 0;
    for (int m = 0; m < 64; m++) {
        targets += s->by_partner[m];
        assert_int_equal(s->by_partner[m], s->by_region[m]);
        assert_int_equal(s->by_partner[m], s->by_salesperson[m]);
        assert_int_equal(s->by_partner[m], s->by_company[m]);
        assert_true((s->by_partner[m] > 0) == (m <= DEMO_MONTHS + 1));    /* to December */
    }
    assert_int_equal(targets, sum.partner_targets_fen);
    for (int64_t id = 1; id <= s->records; id++)
        if (s->plan_of[id]) {
            int64_t p = percent(s->sales_of_partner[id], s->plan_of[id]);
            ahead += p >= 105;
            behind += p < 90;
            sales += s->sales_of_partner[id];
            plan += s->plan_of[id];
            if (s->partner_region[id] == s->south_west_id) {
                s->south_west[0] += s->sales_of_partner[id];
                s->south_west[1] += s->plan_of[id];
            }
        }
    print_message("sales %lld yuan, %lld %% of plan; the south-west %lld %%; partners ahead %lld, behind %lld\n", (long long)(sales / 100),
        (long long)percent(sales, plan), (long long)percent(s->south_west[0], s->south_west[1]), (long long)ahead, (long long)behind);
    assert_in_range(percent(sales, plan), 90, 108);
    assert_in_range(percent(s->south_west[0], s->south_west[1]), 60, 88);
    assert_in_range(ahead, 30, 200);
    assert_in_range(behind, 30, 200);
    assert_int_equal(s->lapsing, 1);
    assert_in_range(s->exclusive, 8, 60);
    assert_in_range(exclusive_overlaps(s), 1, 3);
    assert_in_range(percent(s->under_agreement, sum.orders), 60, 100);
    no_duplicates(s->names, s->nnames, "name");
    no_duplicates(s->usccs, s->nusccs, "credit code");
    no_duplicates(s->mobiles, s->nmobiles, "mobile");
}

static void is_the_same_each_time(void **state)
{
    (void)state;
    int64_t      today = day_of_civil(TODAY_YEAR, 11, 23);
    clock_t      start = clock();
    struct sums *a = sums_new(today), *b = sums_new(today), *c = sums_new(today), *d = sums_new(today + 1);
    assert_true(demo_make(DEMO_SEED, today, take, a, work, NULL));
    print_message("%lld records in %.3f s\n", (long long)a->records, (double)(clock() - start) / CLOCKS_PER_SEC);
    assert_true(demo_make(DEMO_SEED, today, take, b, work, NULL));
    assert_true(demo_make(DEMO_SEED + 1, today, take, c, work, NULL));
    assert_true(demo_make(DEMO_SEED, today + 1, take, d, work, NULL));
    assert_int_equal(a->records, b->records);
    assert_true(a->hash == b->hash);
    assert_true(a->hash != c->hash);
    assert_true(a->hash != d->hash);
}

/* The first and last days of months and years, a leap day, and seeds at random: always whole and adding up. */
static void any_day_and_seed(void **state)
{
    (void)state;
    const int64_t days[] = { day_of_civil(2026, 1, 1), day_of_civil(2024, 2, 29), day_of_civil(2025, 12, 31), day_of_civil(2026, 8, 1) };
    for (int i = 0; i < 4; i++) {
        struct sums    *s = sums_new(days[i]);
        struct demo_sum sum;
        s->check = i < 2;
        assert_true(demo_make((uint64_t)i * 77 + 1, days[i], take, s, work, &sum));
        assert_int_equal(count(s, "order_line"), DEMO_ORDER_LINES);
        assert_int_equal(count(s, "partner"), DEMO_PARTNERS);
        for (int m = 0; m < 64 && s->check; m++) {
            assert_int_equal(s->by_partner[m], s->by_region[m]);
            assert_int_equal(s->by_partner[m], s->by_salesperson[m]);
        }
    }
}

static void stops_when_a_record_cannot_be_kept(void **state)
{
    (void)state;
    static const int64_t at[] = { 1, 2, 30, 400, 500, 900, 1500, 2500, 4000, 20000, 76000, 80000 };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct sums *s = sums_new(day_of_civil(TODAY_YEAR, 11, 23));
        s->stop_at = at[i];
        assert_false(demo_make(DEMO_SEED, s->today, take, s, work, NULL));
        assert_int_equal(s->records, at[i] - 1);
    }
}

/* The codes and names of provinces and cities are those of the public table. */
static void places_are_real(void **state)
{
    (void)state;
    str  cities, line;
    char want[128];
    int  known = 0;
    if (!suite_read(mem, "suites/chinese/cities.csv", &cities))
        skip();
    for (size_t i = 0; i < demo_nprovinces; i++) {
        str rest = str_of(demo_provinces[i].cities), city;
        while (rest.n && str_cut(&rest, ' ', &city)) {
            str name = str_sub(city, 2, city.n);
            snprintf(want, sizeof want, "\n%s%.2s,\"" STR_FMT, demo_provinces[i].code, city.p, STR_ARG(name));
            if (str_find(cities, str_of(want)) < 0)
                fail_msg("not in the table: %s", want + 1);
            known++;
        }
    }
    /* and none is missing, but for the collective entries of the table */
    str all = cities;
    str_cut(&all, '\n', &line);
    int listed = 0;
    while (str_cut(&all, '\n', &line))
        listed += line.n && str_find(line, S("市辖区")) < 0 && str_find(line, S("直辖")) < 0 && str_find(line, S(",\"县\"")) < 0;
    assert_int_equal(known, listed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(holds_what_it_should), cmocka_unit_test(is_the_same_each_time), cmocka_unit_test(any_day_and_seed),
        cmocka_unit_test(stops_when_a_record_cannot_be_kept), cmocka_unit_test(places_are_real) };
    mem = arena_new(0);
    work = arena_new(16u << 20);
    application_read();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(work);
    arena_free(mem);
    return failed;
}
