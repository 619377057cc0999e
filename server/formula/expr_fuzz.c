/* Any text: it is refused with an offset inside it, or it compiles; then it prints and reads back as itself, evaluates within its
 * bounds over odd records, and is written as SQL for both databases, with every parameter that the text names. */
#include "base/check.h"
#include "db/db.h"
#include "formula/expr.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const int root, child;
static const struct column { const char *name; enum vtype type; int scale; bool list, grouped; } columns[] = {
    { "b", V_BOOL, 0, false, false }, { "i", V_INT, 0, false, false }, { "d", V_DEC, 2, false, true }, { "t", V_TEXT, 0, false, false },
    { "day", V_DATE, 0, false, false }, { "at", V_TIME, 0, false, false }, { "r", V_REF, 0, false, false }, { "tags", V_LIST, 0, false, false },
    { "x", V_NULL, 0, false, false }, { "l", V_NULL, 0, true, false },
};
enum { COLUMNS = 10, ROWS = 4 };

static bool find_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    (void)s;
    for (int i = 0; i < COLUMNS; i++)
        if (str_eqz(name, columns[i].name)) {
            const struct column *c = &columns[i];
            *out = (struct expr_name){ c, c->list ? (const void *)&child : c->type == V_REF ? of : NULL, c->list, c->grouped, c->type, c->scale };
            return true;
        }
    return false;
}

static str name_of(const struct scope *s, const void *of, const void *field)
{
    (void)s, (void)of;
    return str_of(((const struct column *)field)->name);
}

static struct value cell(const struct path *p, int row)
{
    static const struct value tags[] = { { V_TEXT, { .s = S_INIT("a") } }, { V_TEXT, { .s = S_INIT("") } } };
    static const int64_t ints[] = { 0, INT64_MIN, INT64_MAX, 7 };
    const struct column *c = PATH_LAST(p)->field;
    if (row == 3)
        return V_NONE;
    switch (c->type) {
    case V_BOOL: return v_bool(row & 1);
    case V_INT:  return v_int(ints[row]);
    case V_DEC:  return v_dec(dec_of_units(ints[row], 2));
    case V_TEXT: return v_text(row == 0 ? S("") : row == 1 ? S("2026-01-31") : S("上海 5"));
    case V_DATE: return v_date(row == 0 ? -719162 : row == 1 ? 2932896 : 20484);
    case V_TIME: return v_time(row == 0 ? -719162 * US_PER_DAY : 20484 * US_PER_DAY + row);
    case V_REF:  return v_ref(row);
    case V_LIST: return (struct value){ V_LIST, { .l = { tags, (size_t)row % 3 } } };
    default:     return row ? v_text(S("x")) : v_ref(1);
    }
}

static void evaluate(struct arena *mem, const struct expr *x)
{
    for (int r = 0; r < ROWS; r++) {
        arena_mark        mark = arena_here(mem);
        struct value     *slots = NEWV(mem, struct value, (size_t)x->npaths + 1), *aggs = NEWV(mem, struct value, (size_t)x->naggs + 1);
        struct expr_rows *lists = NEWV(mem, struct expr_rows, (size_t)x->nlists + 1);
        for (int i = 0; i < x->npaths; i++)
            slots[i] = cell(&x->paths[i], r);
        for (int i = 0; i < x->nlists; i++) {
            const struct value **rows = NEWV(mem, const struct value *, ROWS);
            for (int k = 0; k < ROWS; k++) {
                struct value *row = NEWV(mem, struct value, (size_t)x->lists[i].npaths + 1);
                for (int j = 0; j < x->lists[i].npaths; j++)
                    row[j] = cell(&x->lists[i].paths[j], k);
                rows[k] = row;
            }
            lists[i] = (struct expr_rows){ rows, (size_t)r };
        }
        struct env env = { .slots = slots, .lists = lists, .aggs = aggs, .mem = mem, .me = v_ref(1), .now = 20484 * US_PER_DAY, .steps = 20000 };
        for (int i = 0; i < x->naggs; i++) {
            struct agg_state *s = agg_new(&x->aggs[i], mem);
            agg_row(s, &x->aggs[i], &env);
            agg_row(s, &x->aggs[i], &env);
            aggs[i] = agg_value(s, mem);
        }
        struct value v = expr_eval(x, &env);
        bool         truth = expr_test(x, &env);
        CHECK(!truth || v.type != V_ERROR);
        CHECK(v.type != V_DATE || (v.u.i >= -719162 && v.u.i <= 2932896));
        expr_value_text(mem, &v, r % 2 ? EXPR_ISO : EXPR_SERIAL, NULL);
        arena_back(mem, mark);
    }
}

struct binds { int n; };

static bool column(void *arg, const struct expr_list *list, const struct path *p, struct sql_column *out)
{
    const struct column *c = PATH_LAST(p)->field;
    (void)arg;
    *out = (struct sql_column){ list ? S("t1.f") : S("t0.f"), c->type, c->scale };
    return c->type != V_NULL;
}

static bool list(void *arg, const struct expr_list *l, str select, str when, str *out)
{
    (void)arg, (void)l, (void)when;
    *out = select;
    return true;
}

static int bind(void *arg, struct value v)
{
    (void)v;
    return ++((struct binds *)arg)->n;
}

static void sql(struct arena *mem, const struct expr *x)
{
    static const struct dialect dialects[] = { { .name = "sqlite", .text_order = "q_people", .byte_order = "BINARY" },
                                               { .name = "postgresql", .text_order = "q_people", .byte_order = "\"C\"", .has_numeric = true } };
    for (int i = 0; i < 2; i++) {
        arena_mark        mark = arena_here(mem);
        struct binds      b = { 0 };
        struct env        env = { .mem = mem, .me = v_ref(1) };
        struct sql_target t = { .dialect = &dialects[i], .column = column, .list = list, .bind = bind, .arg = &b, .env = &env, .mem = mem };
        struct sql_column col;
        str               condition;
        if (expr_sql_condition(x, &t, &condition)) {
            CHECK(str_chr(condition, '\1') < 0 && str_chr(condition, '"') < 0 && str_chr(condition, ';') < 0);
            if (b.n)
                CHECK(str_find(condition, str_printf(mem, "$%d", b.n)) >= 0);
        }
        expr_sql(x, &t, &col);
        arena_back(mem, mark);
    }
}

static void one(str text, bool groups)
{
    struct arena      *mem = arena_new((size_t)128 << 20);
    const struct scope scope = { &root, find_name, name_of, groups };
    const struct expr *x, *y;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(text, &scope, mem, &x, &e)) {
        int64_t at;
        CHECK(e.kind == ERR_INVALID && e.nproblems == 1 && str_to_i64(e.problems[0].field, &at) && at >= 0 && (size_t)at <= text.n);
    } else {
        str printed = expr_print(x, &scope, mem);
        CHECK(printed.n > EXPR_MAX_BYTES || expr_compile(printed, &scope, mem, &y, &e));
        if (printed.n <= EXPR_MAX_BYTES)
            CHECK(str_eq(printed, expr_print(y, &scope, mem)) && x->type == y->type && x->scale == y->scale);
        evaluate(mem, x);
        sql(mem, x);
    }
    arena_free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str text = { (const char *)data, n };
    one(text, false);
    one(text, true);
    return 0;
}
