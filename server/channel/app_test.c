/* The shipped application: that its files are in the program, that it says everything in both languages, that it loads, and that what
 * views, roles, dashboards and mappings name is there. */
#include "base/json.h"
#include "base/suite.h"
#include "channel/app_files.h"
#include "meta/calendars.h"
#include "db/testing.h"
#include "exchange/csv.h"
#include "meta/design.h"
#include "meta/schema.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena         *mem;
static struct store         *store;
static struct catalogs      *catalogs;
static const struct catalog *cat;       /* the application, loaded */
static int                   wrong;

static void complain(const char *file, str at, const char *what)
{
    print_error("%s: " STR_FMT ": %s\n", file, STR_ARG(at), what);
    wrong++;
}

static const struct json *file_read(const char *path)
{
    size_t                 n;
    const struct app_file *f = app_files(&n);
    struct json           *j;
    struct err             e;
    err_init(&e, mem, LANG_EN);
    for (size_t i = 0; i < n; i++)
        if (strcmp(f[i].path, path) == 0) {
            if (!json_parse(mem, f[i].text, &j, &e))
                fail_msg("%s: " STR_FMT, path, STR_ARG(e.message));
            return j;
        }
    fail_msg("no file %s", path);
    return NULL;
}

static bool is_module(const char *path) { return (strncmp(path, "core/", 5) == 0 && strcmp(path, "core/calendars.json") != 0) || strstr(path, "/modules/"); }

/* ---- the files themselves ------------------------------------------------------------------------------------------- */

static char app_root[1024];
static int  on_disk;

static int see_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)ftw;
    size_t                 n;
    const struct app_file *f = app_files(&n);
    str                    text;
    if (kind != FTW_F || !str_ends(str_of(path), S(".json")))
        return 0;
    on_disk++;
    for (size_t i = 0; i < n; i++)
        if (strcmp(f[i].path, path + strlen(app_root) + 1) == 0) {
            if (!suite_read_file(mem, path, &text) || !str_eq(text, f[i].text))
                complain(path, S("text"), "differs from what is in the program");
            return 0;
        }
    complain(path, S("app_json"), "not listed in server/channel/meson.build");
    return 0;
}

static void every_file_is_in_the_program(void **state)
{
    (void)state;
    size_t n;
    app_files(&n);
    snprintf(app_root, sizeof app_root, "%s/app", suite_root());
    wrong = 0;
    assert_int_equal(nftw(app_root, see_file, 16, FTW_PHYS), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(on_disk, n);
}

/* ---- both languages, known keys ------------------------------------------------------------------------------------- */

static bool has_han(str s)
{
    for (size_t i = 0; i + 2 < s.n; i++)
        if ((unsigned char)s.p[i] >= 0xe4 && (unsigned char)s.p[i] <= 0xe9)
            return true;
    return false;
}

/* Names of people and companies aside, only codes and abbreviations are the same in both. */
static bool same_in_both(str s) { return s.n <= 3; }

static void check_words(const char *file, const struct json *j)
{
    str en = json_str(j, "en"), zh = json_str(j, "zh-CN");
    if (!en.n || !zh.n || j->n != 2)
        complain(file, j->key, "needs en and zh-CN");
    else if (!has_han(zh) && !(str_eq(en, zh) && same_in_both(en)))
        complain(file, zh, "not Chinese");
    else if (has_han(en) && !str_ends(en, S("(八五折).")))
        complain(file, en, "not English");
}

static void check_labels(const char *file, const struct json *j)
{
    static const char *const texts[] = { "labels", "plural", "help", "message", "group", "related_labels", "pattern_message" };
    for (const struct json *c = j->first; c; c = c->next) {
        bool text = false;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            text |= str_eqz(c->key, texts[i]) && c->type == JSON_OBJECT && (json_get(c, "en") || json_get(c, "zh-CN"));
        for (const struct json *x = str_eqz(c->key, "names") && c->type == JSON_OBJECT ? c->first : NULL; x; x = x->next)
            check_words(file, x);       /* labels of a tile's columns */
        if (text)
            check_words(file, c);
        else
            check_labels(file, c);
    }
}

static void only_keys(const char *file, const struct json *j, const char *allowed)
{
    for (const struct json *c = j->first; c; c = c->next) {
        char key[80];
        snprintf(key, sizeof key, " " STR_FMT " ", STR_ARG(c->key));
        if (!strstr(allowed, key))
            complain(file, c->key, "unknown key");
    }
}

static void check_field(const char *file, const struct json *f)
{
    static const char colors[] = " gray red orange yellow green teal blue violet pink ";
    only_keys(file, f, " name type labels help required unique default search index readonly visible_when required_when group max_length format pattern"
                       " pattern_message min max scale currency currency_field options depends_on stage module related related_labels on_delete where"
                       " via gap formula result path multiple follow round ");
    if (!json_get(f, "labels"))
        complain(file, json_str(f, "name"), "no labels");
    const struct json *options = json_get(f, "options");
    for (const struct json *o = options ? options->first : NULL; o; o = o->next) {
        str  color = json_str(o, "color");
        char word[40];
        only_keys(file, o, " code labels color when ");
        snprintf(word, sizeof word, " " STR_FMT " ", STR_ARG(color));
        if (!json_get(o, "labels") || !json_str(o, "code").n || (color.n && !strstr(colors, word)))
            complain(file, json_str(f, "name"), "option without code, labels or known colour");
        for (const struct json *p = options->first; p != o; p = p->next)
            if (str_eq(json_str(p, "code"), json_str(o, "code")))
                complain(file, json_str(o, "code"), "option twice");
    }
}

static void everything_is_said_in_both_languages(void **state)
{
    (void)state;
    size_t                 n;
    const struct app_file *f = app_files(&n);
    wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct json *j = file_read(f[i].path);
        check_labels(f[i].path, j);
        if (!is_module(f[i].path))
            continue;
        only_keys(f[i].path, j, " name extend labels plural icon group title subtitle help search line system order fields record_types rules ");
        if (!json_bool(j, "extend", false) && (!json_get(j, "labels") || !json_get(j, "plural") || !json_str(j, "icon").n || !json_str(j, "title").n))
            complain(f[i].path, json_str(j, "name"), "needs labels, plural, icon and title");
        for (const struct json *x = json_get(j, "fields")->first; x; x = x->next)
            check_field(f[i].path, x);
        const struct json *rules = json_get(j, "rules"), *types = json_get(j, "record_types");
        for (const struct json *x = rules ? rules->first : NULL; x; x = x->next) {
            only_keys(f[i].path, x, " name when message field ");
            if (!json_get(x, "message"))
                complain(f[i].path, json_str(x, "name"), "rule without message");
        }
        for (const struct json *x = types ? types->first : NULL; x; x = x->next)
            only_keys(f[i].path, x, " code labels fields required options ");
    }
    assert_int_equal(wrong, 0);
}

/* The calendar that is shipped, day by day against the days that the State Council announced. */
static void public_holidays_as_announced(void **state)
{
    (void)state;
    struct named_calendar c;
    struct err            e;
    str                   text, line, date, kind;
    int64_t               day, listed[2] = { 0, 0 };
    const struct json    *def = json_get(file_read("core/calendars.json"), "calendars")->first;
    if (!suite_read(mem, "suites/chinese/cn_holidays_2004_2026.csv", &text))
        skip();
    err_init(&e, mem, LANG_EN);
    assert_true(calendar_define(S("CN"), def, mem, &c, &e));
    str_cut(&text, '\n', &line);
    while (str_cut(&text, '\n', &line) && str_cut(&line, ',', &date) && str_cut(&line, ',', &kind)) {
        assert_true(day_parse(date, &day));
        if (civil_of_day(day).year < 2024)
            continue;
        assert_int_equal(calendar_works(&c.calendar, day), str_eqz(kind, "workday"));
        listed[str_eqz(kind, "workday")]++;
    }
    assert_true(listed[0] > 80 && listed[1] > 15);
    assert_int_equal(c.calendar.nholidays, listed[0]);
    assert_int_equal(c.calendar.nworkdays, listed[1]);
}

/* ---- it loads ------------------------------------------------------------------------------------------------------- */

static bool put_items(struct design *d, const char *path, const char *list, const char *kind, struct err *e)
{
    int64_t id;
    for (const struct json *x = json_get(file_read(path), list)->first; x; x = x->next) {
        str name = json_str(x, "name");
        if (strcmp(kind, "view") == 0)
            name = str_printf(mem, STR_FMT "." STR_FMT, STR_ARG(json_str(x, "module")), STR_ARG(name));
        if (!design_item_put(d, kind, name, x, &id, e))
            return false;
    }
    return true;
}

static bool load(struct store *s, struct err *e)
{
    size_t                 n, m = 0;
    const struct app_file *f = app_files(&n);
    const struct json    **defs = NEWV(mem, const struct json *, n);
    struct db             *db;
    struct rows            r;
    const struct catalog  *before;
    if (!store_migrate(s, meta_migrations, meta_nmigrations, e) || !db_begin(s, TX_WRITE, "test", &db, e) || !catalog_pin(catalogs, db, 1, &before, e))
        return false;
    /* In an order as bad as can be: what is referred to comes last. */
    for (size_t i = n; i-- > 0;)
        if (is_module(f[i].path))
            defs[m++] = file_read(f[i].path);
    struct design d = { .db = db, .mem = mem, .cat = before, .now = 1 };
    bool          ok = design_load(&d, defs, m, e) && put_items(&d, "channel/roles.json", "roles", "role", e) &&
              put_items(&d, "channel/dashboards.json", "dashboards", "dashboard", e) &&
              db_run(db, S("SELECT value FROM q_version WHERE name = 'catalog'"), NULL, 0, mem, &r, e) && db_commit(db, e);
    catalog_unpin(catalogs, before);
    if (!ok)
        return false;
    if (!db_begin(s, TX_READ, "test", &db, e))
        return false;
    ok = catalog_pin(catalogs, db, CELL(&r, 0, 0)->u.i, &cat, e);
    db_rollback(db);
    return ok;
}

static void loads_on(enum test_engine on)
{
    struct err e;
    store = test_store(on);
    if (!store)
        skip();
    err_init(&e, mem, LANG_EN);
    catalogs = catalogs_new();
    if (!load(store, &e)) {
        for (size_t i = 0; i < e.nproblems; i++)
            print_error(STR_FMT ": " STR_FMT "\n", STR_ARG(e.problems[i].field), STR_ARG(e.problems[i].message));
        fail_msg(STR_FMT " (" STR_FMT ")", STR_ARG(e.message), STR_ARG(e.detail));
    }
    assert_int_equal(cat->nmodules, 27);
    assert_int_equal(cat->nroles, 5);
}

static void unload(void)
{
    catalog_unpin(catalogs, cat);
    catalogs_free(catalogs);
    test_store_drop(store);
    cat = NULL;
}

static void loads_on_postgres(void **state)
{
    (void)state;
    loads_on(TEST_POSTGRES);
    unload();
}

static void loads_on_sqlite(void **state)
{
    (void)state;
    loads_on(TEST_SQLITE);      /* and stays for the tests that follow */
}

/* Roll-ups lost the scale that their definition gives: amounts of orders came out in whole yuan. */
static void sums_keep_their_decimals(void **state)
{
    (void)state;
    static const struct { const char *module, *field; enum vtype type; int scale; } table[] = { { "order", "amount", V_DEC, 4 }, { "order", "total", V_DEC, 4 },
        { "order", "margin_rate", V_DEC, 4 }, { "order", "line_count", V_INT, 0 }, { "partner", "last_order_date", V_DATE, 0 }, { "agreement", "share_total", V_DEC, 6 },
        { "order_line", "amount", V_DEC, 4 }, { "order_line", "discount", V_DEC, 4 }, { "exchange_rate", "average_rate", V_DEC, 9 } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct field *f = module_field(catalog_module(cat, str_of(table[i].module)), str_of(table[i].field));
        if (!f || f->vtype != table[i].type || f->scale != table[i].scale)
            fail_msg("%s.%s: type %d, scale %d", table[i].module, table[i].field, f ? (int)f->vtype : -1, f ? f->scale : -1);
    }
}

static void roll_up_keeps_its_scale_without_a_result(void **state)
{
    (void)state;
    static const char    text[] = "[{\"name\":\"sheet\",\"fields\":[{\"name\":\"n\",\"type\":\"text\"},"
                                  "{\"name\":\"given\",\"type\":\"rollup\",\"formula\":\"SUM(rows.x)\",\"scale\":3},"
                                  "{\"name\":\"open\",\"type\":\"rollup\",\"formula\":\"SUM(rows.x)\"}]},"
                                  "{\"name\":\"row\",\"fields\":[{\"name\":\"x\",\"type\":\"decimal\",\"scale\":4},"
                                  "{\"name\":\"sheet\",\"type\":\"relation\",\"module\":\"sheet\",\"related\":\"rows\"}]}]";
    struct store         *s = test_store(TEST_SQLITE);
    struct catalogs      *own = catalogs_new();
    const struct catalog *before = NULL, *after = NULL;
    struct json          *j;
    struct db            *db = NULL;
    struct err            e;
    err_init(&e, mem, LANG_EN);
    assert_true(json_parse(mem, S(text), &j, &e));
    const struct json *defs[] = { j->first, j->first->next };
    assert_true(store_migrate(s, meta_migrations, meta_nmigrations, &e) && db_begin(s, TX_WRITE, "test", &db, &e) && catalog_pin(own, db, 1, &before, &e));
    struct design d = { .db = db, .mem = mem, .cat = before, .now = 1 };
    assert_true(design_load(&d, defs, 2, &e) && db_commit(db, &e) && db_begin(s, TX_READ, "test", &db, &e) && catalog_pin(own, db, 2, &after, &e));
    const struct module *m = catalog_module(after, S("sheet"));
    assert_non_null(m);
    assert_int_equal(module_field(m, S("given"))->scale, 3);
    assert_int_equal(module_field(m, S("open"))->scale, 4);
    db_rollback(db);
    catalog_unpin(own, before);
    catalog_unpin(own, after);
    catalogs_free(own);
    test_store_drop(s);
}

/* ---- what is named is there ----------------------------------------------------------------------------------------- */

static const struct expr *compiles(const char *file, const struct module *m, str text, bool groups)
{
    struct meta_scope  s;
    const struct expr *x;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    meta_scope_init(&s, cat, m);
    s.s.groups = groups;
    if (expr_compile(text, &s.s, mem, &x, &e))
        return x;
    complain(file, text, str_z(mem, e.message));
    return NULL;
}

static void views_name_what_is_there(void **state)
{
    (void)state;
    int defaults[64] = { 0 };
    wrong = 0;
    for (const struct json *v = json_get(file_read("channel/views.json"), "views")->first; v; v = v->next) {
        const struct module *m = catalog_module(cat, json_str(v, "module"));
        str                  sort = json_str(v, "sort"), part, name = json_str(v, "name");
        only_keys("views", v, " name module labels type shared default columns where sort ");
        if (!m) {
            complain("views", json_str(v, "module"), "no such module");
            continue;
        }
        defaults[module_index(cat, m)] += json_bool(v, "default", false);
        for (const struct json *c = json_get(v, "columns")->first; c; c = c->next)
            compiles(str_z(mem, name), m, c->s, false);
        while (sort.n && str_cut(&sort, ',', &part))
            compiles(str_z(mem, name), m, part.p[0] == '-' ? str_sub(part, 1, part.n) : part, false);
        if (json_str(v, "where").n)
            compiles(str_z(mem, name), m, json_str(v, "where"), false);
    }
    for (size_t i = 0; i < cat->nmodules; i++)
        if (defaults[i] != 1 && !(defaults[i] == 0 && cat->modules[i].line))
            complain("views", cat->modules[i].name, "needs one default view");
    assert_int_equal(wrong, 0);
}

static void dashboards_ask_what_can_be_answered(void **state)
{
    (void)state;
    wrong = 0;
    for (const struct json *d = json_get(file_read("channel/dashboards.json"), "dashboards")->first; d; d = d->next)
        for (const struct json *t = json_get(d, "tiles")->first; t; t = t->next) {
            const char *tile = str_z(mem, json_str(t, "name"));
            str         by = json_str(t, "by");
            only_keys(tile, t, " name type labels queries by show names types sort limit view width height ");
            for (const struct json *q = json_get(t, "queries")->first; q; q = q->next) {
                const struct module *m = catalog_module(cat, json_str(q, "from"));
                const struct json   *group = json_get(q, "group"), *select = json_get(q, "select");
                assert_non_null(m);
                compiles(tile, m, json_str(q, "where"), false);
                for (const struct json *g = group ? group->first : NULL; g; g = g->next)
                    compiles(tile, m, g->s, false);
                for (const struct json *s = select->first; s; s = s->next)
                    compiles(tile, m, s->s, true);
                if (by.n && !json_get_str(group, by))
                    complain(tile, by, "not a group column of each query");
            }
        }
    assert_int_equal(wrong, 0);
}

/* Costs, margins and notes of ours never reach a partner, whatever module has them. */
static void partners_see_no_costs(void **state)
{
    (void)state;
    static const char *const secret[] = { "cost", "unit_cost", "standard_cost", "margin", "margin_rate", "internal_note", "credit_rating", "health",
        "potential", "safety_stock" };
    const struct role *r = catalog_role(cat, S("partner"));
    int                hidden = 0;
    assert_non_null(r);
    assert_false(r->admin);
    for (size_t i = 0; i < cat->nmodules; i++) {
        const struct module      *m = &cat->modules[i];
        const struct role_module *rm = &r->modules[i];
        if (!rm->read.all && !rm->read.when)
            continue;
        assert_false(rm->read.all);     /* every row is asked for */
        for (size_t k = 0; k < sizeof secret / sizeof *secret; k++) {
            const struct field *f = module_field(m, str_of(secret[k]));
            if (f && rm->fields[f->slot] != FIELD_NONE)
                fail_msg("a partner sees " STR_FMT ".%s", STR_ARG(m->name), secret[k]);
            hidden += f != NULL;
        }
    }
    assert_in_range(hidden, 10, 40);
    const char *const closed[] = { "salesperson", "user", "team", "customer", "exchange_rate", "department" };
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        const struct role_module *rm = &r->modules[module_index(cat, catalog_module(cat, str_of(closed[i])))];
        assert_false(rm->read.all || rm->read.when || rm->create.all || rm->update.all || rm->del.all);
    }
}

/* ---- mappings of public data sets ----------------------------------------------------------------------------------- */

static str header_of(str text, const char *key)
{
    str  line, mark = str_printf(mem, "# %s: ", key);
    while (str_cut(&text, '\n', &line))
        if (str_starts(line, mark))
            return str_sub(line, mark.n, line.n);
    return STR_NONE;
}

/* One `Source=target` of a mapping: columns by number, -1 for quoted text. */
enum { PARTS = 8, ITEMS = 60 };
struct mapped { str target, text[PARTS]; int column[PARTS], n; const struct field *f; };

static int column_of(const struct csv_row *head, str name)
{
    for (size_t i = 0; i < head->n; i++)
        if (str_eq(str_trim(head->cells[i]), name))
            return (int)i;
    return -1;
}

/* The value of a row: parts joined by "-"; empty when a column in it is. */
static str joined(const struct mapped *it, const struct csv_row *row)
{
    struct buf b;
    buf_init(&b, mem);
    for (int i = 0; i < it->n; i++) {
        str part = it->column[i] < 0 ? it->text[i] : str_trim(row->cells[it->column[i]]);
        if (!part.n)
            return STR_NONE;
        if (i)
            buf_putc(&b, '-');
        buf_put(&b, part);
    }
    return buf_str(&b);
}

static ptrdiff_t read_str(void *arg, char *to, size_t cap)
{
    str   *left = arg;
    size_t n = left->n < cap ? left->n : cap;
    memcpy(to, left->p, n);
    *left = str_sub(*left, n, left->n);
    return (ptrdiff_t)n;
}

/* Every cell of the file can be the value of its field. */
static void check_values(const char *map, struct csv_reader *r, const struct mapped *items, int n)
{
    struct csv_row row;
    struct err     e;
    bool           end;
    for (;;) {
        arena_mark mark = arena_here(mem);
        err_init(&e, mem, LANG_EN);
        if (!csv_next(r, &row, &end, &e))
            fail_msg("%s: " STR_FMT, map, STR_ARG(e.message));
        if (end)
            return;
        for (int i = 0; i < n; i++) {
            struct value v;
            str          text = items[i].f ? joined(&items[i], &row) : STR_NONE;
            if (items[i].f && (!field_read_text(items[i].f, text, mem, &v, &e) || !field_check(items[i].f, &v, &e)))
                complain(map, items[i].target, str_z(mem, str_printf(mem, "line %lld: “" STR_FMT "”: " STR_FMT, (long long)row.line, STR_ARG(text), STR_ARG(e.message))));
        }
        arena_back(mem, mark);
    }
}

/* The field that takes the text itself; NULL when it is a relation, found by a field of the other module. */
static const struct field *check_target(const char *map, const struct module *m, str target)
{
    str                 rest = target, first, second;
    str_cut(&rest, '.', &first);
    const struct field *f = module_field(m, first);
    if (!f || f->type->flags & (FT_COMPUTED | FT_READ)) {
        complain(map, target, "no field that can be written");
        return NULL;
    }
    bool related = false;
    while (f && rest.n && str_cut(&rest, '.', &second)) {
        const struct module *in = f->parts ? f->parts : f->target;
        const struct field  *next = NULL;
        for (int i = 0; in && i < in->nfields; i++)
            if (str_eq(in->fields[i].name, second))
                next = &in->fields[i];
        if (!next || (!f->parts && !next->unique))
            complain(map, target, "no unique field at the end");
        related |= !f->parts;
        f = next;
    }
    return related ? NULL : f;
}

static void check_map(const char *set, const char *name)
{
    char path[1200];
    str  text, data, line;
    snprintf(path, sizeof path, "%s/app/channel/import/%s/%s", suite_root(), set, name);
    assert_true(suite_read_file(mem, path, &text));
    const struct module *m = catalog_module(cat, header_of(text, "module"));
    str                  key = header_of(text, "key"), file = header_of(text, "file");
    bool                 keyed = false;
    char                 own[1200];
    snprintf(own, sizeof own, "%s/app/channel/import/%s/" STR_FMT, suite_root(), set, STR_ARG(file));
    if (!suite_read_file(mem, own, &data) && !suite_read(mem, str_z(mem, str_printf(mem, "%s/" STR_FMT, set, STR_ARG(file))), &data))
        skip();
    struct csv_reader *reader = csv_reader_new(read_str, &data, NULL, 0);
    struct csv_row     head;
    struct mapped        items[ITEMS] = { 0 };
    struct err         e;
    int                n = 0;
    bool               end;
    err_init(&e, mem, LANG_EN);
    assert_true(csv_next(reader, &head, &end, &e) && !end);
    assert_non_null(m);
    const struct field *k = module_field(m, key);
    if (!k || !k->unique)
        complain(name, key, "the key is not a unique field");
    while (str_cut(&text, '\n', &line)) {
        str source, part;
        if (str_starts(line, S("#")) || !line.n)
            continue;
        struct mapped *it = &items[n++];
        assert_in_range(n, 1, ITEMS);
        it->target = line.p[line.n - 1] == ',' ? str_sub(line, 0, line.n - 1) : line;
        str_cut(&it->target, '=', &source);
        it->f = check_target(name, m, it->target);
        keyed |= str_eq(it->target, key);
        for (; str_cut(&source, '+', &part); it->n++) {
            assert_in_range(it->n, 0, PARTS - 1);
            it->column[it->n] = part.p[0] == '"' ? -1 : column_of(&head, part);
            it->text[it->n] = part.p[0] == '"' ? str_sub(part, 1, part.n - 1) : STR_NONE;
            if (part.p[0] != '"' && it->column[it->n] < 0)
                complain(name, part, "no such column");
        }
    }
    check_values(name, reader, items, n);
    csv_reader_free(reader);
    if (!keyed)
        complain(name, key, "the key is not mapped");
}

static void mappings_fit_files_and_fields(void **state)
{
    (void)state;
    static const char *const sets[] = { "adventureworksdw", "adventureworks", "northwind" };
    int                      seen = 0;
    wrong = 0;
    for (int i = 0; i < 3; i++) {
        char path[1200];
        snprintf(path, sizeof path, "%s/app/channel/import/%s", suite_root(), sets[i]);
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *x; (x = readdir(dir));)
            if (str_ends(str_of(x->d_name), S(".map"))) {
                check_map(sets[i], x->d_name);
                seen++;
            }
        closedir(dir);
    }
    assert_int_equal(wrong, 0);
    assert_in_range(seen, 40, 60);
}

static int finish(void **state)
{
    (void)state;
    if (cat)
        unload();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_file_is_in_the_program), cmocka_unit_test(everything_is_said_in_both_languages), cmocka_unit_test(public_holidays_as_announced),
        cmocka_unit_test(loads_on_postgres), cmocka_unit_test(loads_on_sqlite), cmocka_unit_test(sums_keep_their_decimals),
        cmocka_unit_test(roll_up_keeps_its_scale_without_a_result),
        cmocka_unit_test(views_name_what_is_there),
        cmocka_unit_test(dashboards_ask_what_can_be_answered), cmocka_unit_test(partners_see_no_costs), cmocka_unit_test(mappings_fit_files_and_fields) };
    mem = arena_new(0);
    int failed = cmocka_run_group_tests(tests, NULL, finish);
    arena_free(mem);
    return failed;
}
