/* The language as people meet it: what formulas give, what is refused and where, lists and groups, printing, renames, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/suite.h"
#include "formula/fn.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- a small catalog ------------------------------------------------------------------------------------------- */

struct field { const void *of; const char *name; enum vtype type; int scale; const void *target; bool list, grouped; };
static const int order, line, partner, region, agreement;
static struct field fields[] = {
    { &order, "amount", V_DEC, 2, NULL, false, false },   { &order, "qty", V_INT, 0, NULL, false, false },
    { &order, "rate", V_DEC, 4, NULL, false, false },     { &order, "name", V_TEXT, 0, NULL, false, false },
    { &order, "status", V_TEXT, 0, NULL, false, true },   { &order, "paid", V_BOOL, 0, NULL, false, false },
    { &order, "order_date", V_DATE, 0, NULL, false, false }, { &order, "created_at", V_TIME, 0, NULL, false, false },
    { &order, "partner", V_REF, 0, &partner, false, false }, { &order, "tags", V_LIST, 0, NULL, false, false },
    { &order, "lines", V_NULL, 0, &line, true, false },   { &order, "单价", V_DEC, 2, NULL, false, false },
    { &order, "数量", V_INT, 0, NULL, false, false },     { &order, "owner", V_REF, 0, NULL, false, false },
    { &line, "amount", V_DEC, 2, NULL, false, false },    { &line, "qty", V_INT, 0, NULL, false, false },
    { &line, "status", V_TEXT, 0, NULL, false, false },   { &line, "product", V_REF, 0, &partner, false, false },
    { &line, "lines", V_INT, 0, NULL, false, false },     { &line, "parts", V_NULL, 0, &line, true, false },
    { &partner, "name", V_TEXT, 0, NULL, false, false },  { &partner, "region", V_REF, 0, &region, false, false },
    { &partner, "agreements", V_NULL, 0, &agreement, true, false },
    { &region, "name", V_TEXT, 0, NULL, false, false },
    { &agreement, "status", V_TEXT, 0, NULL, false, false }, { &agreement, "amount", V_DEC, 2, NULL, false, false },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static bool find_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    (void)s;
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].of == of && str_eqz(name, fields[i].name)) {
            const struct field *f = &fields[i];
            *out = (struct expr_name){ f, f->target, f->list, f->grouped, f->type, f->scale };
            return true;
        }
    return false;
}

static str name_of(const struct scope *s, const void *of, const void *field)
{
    (void)s, (void)of;
    return str_of(((const struct field *)field)->name);
}

static const struct scope plain_scope = { &order, find_name, name_of, false }, group_scope = { &order, find_name, name_of, true };

static const struct expr *compiled(struct arena *mem, const char *formula, const struct scope *scope)
{
    const struct expr *x;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(str_of(formula), scope, mem, &x, &e))
        fail_msg("%s: %.*s at %.*s", formula, STR_ARG(e.message), STR_ARG(e.problems[0].field));
    return x;
}

/* ---- values of a record ---------------------------------------------------------------------------------------- */

static struct value tag_values[] = { { V_TEXT, { .s = S_INIT("a") } }, { V_TEXT, { .s = S_INIT("b") } } };

static struct value cell_of(const struct field *f, int row)
{
    static const int64_t amounts[] = { 1050, 2000, -500 };
    static const int64_t quantities[] = { 2, 3, 4 };
    static const char *const states[] = { "ok", "ok", "cancelled" };
    if (f->of == &line || f->of == &agreement) {
        if (strcmp(f->name, "amount") == 0)
            return v_dec(dec_of_units(amounts[row], 2));
        if (strcmp(f->name, "status") == 0)
            return v_text(str_of(states[row]));
        return f->type == V_INT ? v_int(quantities[row]) : V_NONE;
    }
    if (f->of == &partner || f->of == &region)
        return f->type == V_TEXT ? v_text(f->of == &region ? S("华东") : S("Acme")) : v_ref(7);
    switch (f->type) {
    case V_DEC:  return v_dec(f->scale == 2 ? dec_of_units(12345, 2) : dec_of_units(1500, 4));
    case V_INT:  return v_int(3);
    case V_TEXT: return strcmp(f->name, "name") == 0 ? v_text(S("Order 1")) : V_NONE;
    case V_BOOL: return v_bool(true);
    case V_TIME: return v_time(20484 * US_PER_DAY + 20 * 3600 * US_PER_S);     /* 2026-01-31T20:00:00Z */
    case V_REF:  return v_ref(strcmp(f->name, "owner") == 0 ? 3 : 7);
    case V_LIST: return (struct value){ V_LIST, { .l = { tag_values, 2 } } };
    default:     return V_NONE;        /* order_date is empty */
    }
}

static struct value eval_with(struct arena *mem, const struct expr *x, const struct zone *zone)
{
    struct value     *slots = NEWV(mem, struct value, (size_t)x->npaths + 1);
    struct expr_rows *lists = NEWV(mem, struct expr_rows, (size_t)x->nlists + 1);
    for (int i = 0; i < x->npaths; i++)
        slots[i] = cell_of(PATH_LAST(&x->paths[i])->field, 0);
    for (int i = 0; i < x->nlists; i++) {
        const struct value **rows = NEWV(mem, const struct value *, 3);
        for (int r = 0; r < 3; r++) {
            struct value *row = NEWV(mem, struct value, (size_t)x->lists[i].npaths + 1);
            for (int k = 0; k < x->lists[i].npaths; k++)
                row[k] = cell_of(PATH_LAST(&x->lists[i].paths[k])->field, r);
            rows[r] = row;
        }
        lists[i] = (struct expr_rows){ rows, 3 };
    }
    static const struct value below[] = { { V_REF, { .i = 7 } }, { V_REF, { .i = 9 } } };
    struct env env = { .slots = slots, .lists = lists, .mem = mem, .me = v_ref(3), .my_partner = v_ref(7), .my_department = v_ref(7),
                       .my_departments = { V_LIST, { .l = { below, 2 } } }, .zone = zone,
                       .now = 20485 * US_PER_DAY - 3600 * US_PER_S };           /* 2026-01-31T23:00:00Z */
    return expr_eval(x, &env);
}

static str shown(struct arena *mem, const char *formula)
{
    struct value v = eval_with(mem, compiled(mem, formula, &plain_scope), zone_find(S("Asia/Shanghai")));
    return expr_value_text(mem, &v, EXPR_ISO, NULL);
}

struct sample { const char *formula, *gives; };

static void give(const struct sample *samples, size_t n)
{
    struct arena *mem = arena_new(0);
    int           wrong = 0;
    for (size_t i = 0; i < n; i++) {
        str got = shown(mem, samples[i].formula);
        if (!str_eqz(got, samples[i].gives)) {
            print_error("%s gives %.*s, expected %s\n", samples[i].formula, STR_ARG(got), samples[i].gives);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    arena_free(mem);
}
#define GIVE(samples) give(samples, sizeof(samples) / sizeof((samples)[0]))

static void test_operators(void **state)
{
    static const struct sample samples[] = {
        { "0.1 + 0.2", "0.3" }, { "= 0.1 + 0.2 = 0.3", "true" }, { "1/3", "0.3333333333333333333333333333333333" },
        { "2 + 3 * 4", "14" }, { "(2 + 3) * 4", "20" }, { "-2^2", "4" }, { "2^-1", "0.5" }, { "2^3^2", "64" }, { "5%", "0.05" },
        { "-5%", "-0.05" }, { "200 * 5% + 1", "11" }, { "\"a\" & \"b\" & 1", "ab1" }, { "1 & 2 + 3", "15" },
        { "\"say \"\"hi\"\"\"", "say \"hi\"" }, { "1 < 2 and 2 < 3", "true" }, { "not 1 > 2", "true" }, { "not true or true", "true" },
        { "1 = 1 and not 2 = 1", "true" }, { "true or false and false", "true" }, { "2 in (1, 2, 3)", "true" }, { "2 not in (1, 3)", "true" },
        { "\"b\" in (\"a\", \"b\")", "true" }, { "1 <> 2", "true" }, { "1 != 2", "true" }, { "1 == 1", "true" }, { "1 ≠ 2 and 1 ≤ 1", "true" },
        { "（1＋2）×3", "9" }, { "ROUND（2.345，2）", "2.35" }, { "8÷2", "4" }, { "sum(1,2)", "3" }, { "Sum (1, 2)", "3" },
        { "\"a\" = \"A\"", "false" }, { "\"a\" < \"B\"", "true" }, { "\"北京\" < \"上海\"", "true" }, { "1 < \"a\"", "true" },
        { "\"a\" < TRUE", "true" }, { "\"5\" + 1", "6" }, { "\"1,234.5\" * 2", "2469" }, { "\"x\" + 1", "#VALUE!" }, { "TRUE + 1", "2" },
        { "1/0", "#DIV/0!" }, { "IFERROR(1/0, \"none\")", "none" }, { "1e3", "1000" }, { "1.50", "1.5" }, { ".5 + 5.", "5.5" },
        { "9007199254740993 + 0", "9007199254740993" }, { "9223372036854775807 + 1", "9223372036854775808" },
        { "12345678901234567890 * 10", "123456789012345678900" }, { "#N/A", "#N/A" }, { "false and 1/0 = 1", "false" },
        { "1/0 = 1 and false", "false" }, { "AND(FALSE, 1/0 = 1)", "#DIV/0!" }, { "true or 1/0 = 1", "true" }, { "+5", "5" }, { "--5", "5" },
        { "10 - 4 - 3", "3" }, { "100 / 10 / 2", "5" }, { "IF(1 > 2, \"a\")", "false" }, { "IF(TRUE,,5)", "0" },
    };
    (void)state;
    GIVE(samples);
}

static void test_records(void **state)
{
    static const struct sample samples[] = {
        { "amount * qty", "370.35" }, { "单价 * 数量", "370.35" }, { "partner.region.name", "华东" }, { "partner.name & \"!\"", "Acme!" },
        { "amount > 100 and partner.region.name = \"华东\"", "true" }, { "owner = ME()", "true" }, { "partner = MYPARTNER()", "true" },
        { "partner in MYDEPARTMENTS()", "true" }, { "owner in MYDEPARTMENTS()", "false" }, { "partner = MYDEPARTMENT()", "true" },
        { "partner = 7", "true" }, { "partner in (1, 7)", "true" }, { "ID(partner) + 1", "8" }, { "paid", "true" }, { "not paid", "false" },
        { "paid = TRUE", "true" }, { "\"a\" in tags", "true" }, { "\"c\" in tags", "false" }, { "COUNTA(tags)", "2" }, { "TEXTJOIN(\"/\", TRUE, tags)", "a/b" },
        { "ROUND(amount * rate, 2)", "18.52" },
        /* empty */
        { "ISBLANK(order_date)", "true" }, { "ISBLANK(status)", "true" }, { "status = \"\"", "true" }, { "status & \"x\"", "x" },
        { "order_date = \"\"", "true" }, { "order_date < TODAY()", "true" }, { "order_date + 30", "" }, { "TODAY() - order_date", "" },
        { "YEAR(order_date)", "" }, { "COALESCE(status, name)", "Order 1" }, { "COUNTBLANK(status, name, order_date)", "2" },
        /* the clock, in Shanghai */
        { "TODAY()", "2026-02-01" }, { "created_at >= \"2026-02-01\"", "true" }, { "created_at < DATE(2026,2,1)", "false" },
        { "created_at = \"2026-01-31T20:00:00Z\"", "true" }, { "created_at = \"2026-02-01 04:00\"", "true" },
        { "DATE(2026,1,31) + 1", "2026-02-01" }, { "DATE(2026,3,1) - DATE(2026,2,1)", "28" }, { "DATE(2026,1,31) + TIME(12,0,0)", "2026-01-31T04:00:00Z" },
        { "DATE(2026,1,31) & \"\"", "2026-01-31" }, { "DATE(2026,1,31) = \"2026-01-31\"", "true" },
        { "TEXT(created_at, \"yyyy-mm-dd hh:mm\")", "2026-02-01 04:00" }, { "created_at & \"\"", "2026-02-01 04:00:00" }, { "NOW() - created_at", "0.125" },
    };
    (void)state;
    GIVE(samples);
}

static void test_lists(void **state)
{
    static const struct sample samples[] = {
        { "SUM(lines.amount)", "25.5" }, { "COUNT(lines)", "3" }, { "COUNT(lines, status = \"ok\")", "2" },
        { "SUM(lines.amount, lines.status = \"ok\")", "30.5" }, { "SUM(lines.amount * lines.qty)", "61" }, { "SUM(lines.amount * rate)", "3.825" },
        { "SUM(lines.amount, qty > 2 and amount > 0)", "20" }, { "MAX(lines.amount) - MIN(lines.amount)", "25" }, { "AVERAGE(lines.amount)", "8.5" },
        { "COUNTDISTINCT(lines.status)", "2" }, { "MEDIAN(lines.amount)", "10.5" }, { "COUNT(partner.agreements, status = \"ok\")", "2" },
        { "SUM(partner.agreements.amount)", "25.5" }, { "MAX(SUM(lines.amount), 100)", "100" }, { "SUM(MAX(lines.amount, 0))", "30.5" },
        { "MAX(lines.amount, status = \"none\")", "" }, { "SUM(lines.amount, FALSE) + 1", "1" }, { "SUM(lines.amount / lines.qty)", "10.66666666666666666666666666666667" },
        { "SUM(lines.lines)", "9" }, { "IF(COUNT(lines) = 0, \"none\", \"some\")", "some" }, { "AVERAGE(lines.amount, FALSE)", "#DIV/0!" },
        { "SUM(1 / (lines.qty - 2))", "#DIV/0!" }, { "SUM(lines.amount) / COUNT(lines)", "8.5" },
    };
    (void)state;
    GIVE(samples);
}

static void test_text_and_amounts(void **state)
{
    static const struct sample samples[] = {
        { "RMBUPPER(1234.5)", "壹仟贰佰叁拾肆元伍角整" }, { "RMBUPPER(0)", "零元整" }, { "RMBUPPER(10005.07)", "壹万零伍元零柒分" },
        { "RMBUPPER(-0.05)", "负伍分" }, { "RMBUPPER(100000000)", "壹亿元整" }, { "RMBUPPER(107000.53)", "壹拾万零柒仟元伍角叁分" },
        { "RMBUPPER(6007.14)", "陆仟零柒元壹角肆分" }, { "RMBUPPER(1680.32)", "壹仟陆佰捌拾元叁角贰分" }, { "RMBUPPER(16409.02)", "壹万陆仟肆佰零玖元零贰分" },
        { "RMBUPPER(325.04)", "叁佰贰拾伍元零肆分" }, { "RMBUPPER(1000000000000)", "壹万亿元整" }, { "RMBUPPER(100010000)", "壹亿零壹万元整" },
        { "RMBUPPER(0.999)", "壹元整" }, { "RMBUPPER(1e17)", "#NUM!" }, { "RMBUPPER(1001000)", "壹佰万零壹仟元整" },
        { "TEXT(1234.567, \"#,##0.00\")", "1,234.57" }, { "TEXT(0.256, \"0.0%\")", "25.6%" }, { "TEXT(5, \"000\")", "005" },
        { "TEXT(-5, \"0;(0)\")", "(5)" }, { "TEXT(0, \"0;-0;\"\"nil\"\"\")", "nil" }, { "TEXT(1234567, \"0.0,,\")", "1.2" }, { "TEXT(12345, \"0.00E+00\")", "1.23E+04" },
        { "TEXT(9.999, \"0.0\")", "10.0" }, { "TEXT(-0.001, \"0.0\")", "0.0" }, { "TEXT(0.5, \"#.##\")", ".5" }, { "TEXT(3, \"¥0.00 元\")", "¥3.00 元" },
        { "TEXT(DATE(2026,1,31), \"yyyy-mm-dd\")", "2026-01-31" }, { "TEXT(DATE(2026,1,5), \"yyyy年m月d日 aaaa\")", "2026年1月5日 星期一" },
        { "TEXT(DATE(2026,1,5), \"ddd, d mmm yy\")", "Mon, 5 Jan 26" }, { "TEXT(0.75, \"hh:mm AM/PM\")", "06:00 PM" }, { "TEXT(1.5, \"[h]:mm\")", "36:00" },
        { "TEXT(\"abc\", \"0.00\")", "abc" }, { "TEXT(\"abc\", \"<@>\")", "<abc>" }, { "TEXT(12, \"@\")", "12" }, { "TEXT(1e300, \"0\") = \"\"", "false" },
        { "FIXED(1234.567)", "1,234.57" }, { "FIXED(1234.567, -2, TRUE)", "1200" }, { "FIXED(-0.001, 2)", "0.00" },
        { "PINYIN(\"上海\")", "shanghai" }, { "PINYININITIALS(\"上海分公司\")", "shfgs" }, { "LEN(\"上海\")", "2" }, { "LEFT(\"上海市\", 2)", "上海" },
        { "MID(\"上海市\", 2, 5)", "海市" }, { "SUBSTITUTE(\"aaa\", \"a\", \"bb\")", "bbbbbb" }, { "SUBSTITUTE(\"aaa\", \"a\", \"bb\", 2)", "abba" },
        { "SEARCH(\"b?d\", \"abcd\")", "2" }, { "SEARCH(\"~?\", \"what?\")", "5" }, { "SEARCH(\"c*e\", \"abcde\")", "3" }, { "CONTAINS(\"abc\", \"b\")", "true" },
        { "STARTSWITH(\"abc\", \"ab\")", "true" }, { "ENDSWITH(\"abc\", \"ab\")", "false" }, { "TEXTJOIN(\", \", TRUE, \"a\", \"\", \"b\")", "a, b" },
        { "PROPER(\"john o\")", "John O" }, { "VALUE(\"12%\")", "0.12" }, { "REPT(\"ab\", 3)", "ababab" }, { "UNICHAR(19978)", "上" },
        { "COMBIN(5, 2)", "10" }, { "FACT(5)", "120" }, { "ROUNDEVEN(2.5)", "2" }, { "MOD(-3, 2)", "1" }, { "QUOTIENT(-7, 2)", "-3" },
    };
    (void)state;
    GIVE(samples);
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

struct refusal { const char *formula; int at; const char *code; };

static bool has_han(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0xE4 && (unsigned char)s.p[i] <= 0xE9)
            return true;
    return false;
}

static void refuse(const struct refusal *r, size_t n, const struct scope *scope)
{
    struct arena *mem = arena_new(0);
    int           wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct expr *x;
        struct err         e;
        err_init(&e, mem, LANG_ZH);
        if (expr_compile(str_of(r[i].formula), scope, mem, &x, &e)) {
            print_error("%s is not refused\n", r[i].formula);
            wrong++;
            continue;
        }
        assert_int_equal(e.kind, ERR_INVALID);
        assert_int_equal(e.nproblems, 1);
        assert_true(str_eq(e.message, e.problems[0].message));
        assert_true(has_han(e.message));
        if (atoi(str_z(mem, e.problems[0].field)) != r[i].at || !str_eqz(e.problems[0].code, r[i].code)) {
            print_error("%s: %.*s at %.*s (%.*s)\n", r[i].formula, STR_ARG(e.message), STR_ARG(e.problems[0].field), STR_ARG(e.problems[0].code));
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    arena_free(mem);
}
#define REFUSE(list, scope) refuse(list, sizeof(list) / sizeof((list)[0]), scope)

static void test_refusals(void **state)
{
    static const struct refusal list[] = {
        { "", 0, "syntax" }, { "=", 0, "syntax" }, { "1 +", 3, "syntax" }, { "(1", 2, "syntax" }, { "1)", 1, "syntax" }, { "\"a", 0, "syntax" },
        { "1 2", 2, "syntax" }, { "a..b", 2, "syntax" }, { "1 § 2", 2, "syntax" }, { "“a”", 0, "syntax" }, { "'a'", 0, "syntax" }, { "#HELLO", 0, "syntax" },
        { "IF(1,2", 6, "syntax" }, { "1 + and", 4, "syntax" }, { "SUM(1;2)", 5, "syntax" }, { "x in", 4, "syntax" }, { "\xff", 0, "syntax" },
        { "nothing", 0, "name" }, { "1 + nothing", 4, "name" }, { "amount.x", 0, "name" }, { "partner.nothing", 0, "name" }, { "SUMM(1)", 0, "name" },
        { "NOSUCHFUNCTION(1)", 0, "name" }, { "12345678901234567890123456789012345", 0, "limit" }, { "a.b.c.d.e.f.g.h.i", 0, "limit" },
        { "IF()", 0, "type" }, { "ABS(1, 2)", 0, "type" }, { "partner = \"Acme\"", 8, "type" }, { "partner + 1", 0, "type" }, { "partner > 3", 8, "type" },
        { "partner & \"\"", 0, "type" }, { "LEFT(partner, 2)", 5, "type" }, { "tags + 1", 0, "type" }, { "tags = \"a\"", 5, "type" },
        { "\"a\" in name", 7, "type" }, { "lines", 0, "type" }, { "lines.amount", 0, "type" }, { "lines.amount + 1", 0, "type" }, { "SUM(lines)", 4, "type" },
        { "MAX(lines.amount, 0)", 4, "type" }, { "SUM(lines.amount * partner.agreements.amount)", 19, "type" }, { "SUM(lines.parts.amount)", 4, "type" },
        { "SUM(lines.amount, SUM(lines.qty) > 1)", 18, "type" }, { "amount = \"abc\"", 9, "type" }, { "amount = \"5\"", 9, "type" },
        { "paid = \"yes\"", 7, "type" }, { "paid = 1", 7, "type" }, { "order_date = \"yesterday\"", 13, "type" }, { "order_date in (\"x\")", 15, "type" },
        { "order_date + order_date", 11, "type" }, { "1 < qty < 3", 8, "type" }, { "partner = owner and order_date", 20, "type" },
        { "SUM(lines.product)", 4, "type" }, { "AVERAGE(partner)", 8, "type" },
    };
    static const struct refusal grouped[] = {
        { "amount", 0, "type" }, { "SUM(amount) + qty", 14, "type" }, { "SUM(amount, qty)", 4, "type" }, { "SUM(lines.amount)", 4, "type" },
        { "COUNT(lines)", 6, "type" }, { "SUM(partner)", 4, "type" },
    };
    (void)state;
    REFUSE(list, &plain_scope);
    REFUSE(grouped, &group_scope);
}

static void test_messages_name_the_nearest_function(void **state)
{
    struct arena      *mem = arena_new(0);
    const struct expr *x;
    struct err         e;
    (void)state;
    err_init(&e, mem, LANG_EN);
    assert_false(expr_compile(S("ROUDN(1)"), NULL, mem, &x, &e));
    assert_true(str_eq(e.message, S("There is no function “ROUDN”. Did you mean ROUND?")));
    err_init(&e, mem, LANG_ZH);
    assert_false(expr_compile(S("AVERGE(1)"), NULL, mem, &x, &e));
    assert_true(str_eq(e.message, S("没有函数“AVERGE”，是否想用 AVERAGE？")));
    arena_free(mem);
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

static str grouped(struct arena *mem, const char *formula)
{
    static const int64_t amounts[] = { 1000, 2550, -300, 2550 };
    const struct expr   *x = compiled(mem, formula, &group_scope);
    struct agg_state   **states = NEWV(mem, struct agg_state *, (size_t)x->naggs + 1);
    struct value        *aggs = NEWV(mem, struct value, (size_t)x->naggs + 1);
    struct value        *slots = NEWV(mem, struct value, (size_t)x->npaths + 1);
    struct env           env = { .slots = slots, .mem = mem };
    for (int i = 0; i < x->naggs; i++)
        states[i] = agg_new(&x->aggs[i], mem);
    for (int r = 0; r < 5; r++) {
        for (int i = 0; i < x->npaths; i++) {
            const struct field *f = PATH_LAST(&x->paths[i])->field;
            slots[i] = r == 4 ? V_NONE : strcmp(f->name, "amount") == 0 ? v_dec(dec_of_units(amounts[r], 2)) :
                       f->type == V_INT ? v_int(r) : f->type == V_TEXT ? v_text(r % 2 ? S("x") : S("y")) : v_ref(r / 2 + 1);
        }
        for (int i = 0; i < x->naggs; i++)
            agg_row(states[i], &x->aggs[i], &env);
    }
    for (int i = 0; i < x->naggs; i++)
        aggs[i] = agg_value(states[i], mem);
    for (int i = 0; i < x->npaths; i++)
        if (PATH_LAST(&x->paths[i])->grouped)
            slots[i] = v_text(S("key"));
    env.aggs = aggs;
    struct value v = expr_eval(x, &env);
    return expr_value_text(mem, &v, EXPR_ISO, NULL);
}

static void test_groups(void **state)
{
    static const struct sample samples[] = {
        { "SUM(amount)", "58" }, { "COUNT()", "5" }, { "COUNT(amount)", "4" }, { "COUNT(partner)", "4" }, { "COUNTDISTINCT(partner)", "2" },
        { "COUNTDISTINCT(amount)", "3" }, { "AVERAGE(amount)", "14.5" }, { "SUM(amount) / SUM(qty)", "9.666666666666666666666666666666667" },
        { "SUM(amount, qty > 0)", "48" }, { "SUM(amount) - SUM(amount, name = \"x\")", "7" }, { "MAX(amount)", "25.5" }, { "MIN(amount)", "-3" },
        { "MEDIAN(amount)", "17.75" }, { "ROUND(STDEV(amount), 6)", "13.7659" }, { "ROUND(VARP(amount), 4)", "142.125" }, { "PRODUCT(qty, qty > 0)", "6" },
        { "MAX(SUM(amount), 100)", "100" }, { "SUM(MAX(amount, 0))", "61" }, { "SUM(amount * 2, amount > 0)", "122" },
        { "IF(SUM(qty) = 0, 0, SUM(amount) / SUM(qty))", "9.666666666666666666666666666666667" }, { "status & \":\" & COUNT()", "key:5" },
        { "SUM(amount, FALSE)", "0" }, { "AVERAGE(amount, FALSE)", "#DIV/0!" }, { "SUM(1 / qty)", "#DIV/0!" }, { "SUM(1 / qty, qty > 1)", "0.8333333333333333333333333333333333" },
        { "COUNT(amount, amount > 5)", "3" },
    };
    struct arena *mem = arena_new(0);
    int           wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        str got = grouped(mem, samples[i].formula);
        if (!str_eqz(got, samples[i].gives)) {
            print_error("%s gives %.*s, expected %s\n", samples[i].formula, STR_ARG(got), samples[i].gives);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    const struct expr *x = compiled(mem, "SUM(amount * rate, status = \"ok\") + 1", &group_scope);
    assert_int_equal(x->naggs, 1);
    assert_string_equal(expr_agg_name(&x->aggs[0]), "SUM");
    assert_true(str_eq(expr_print(x->aggs[0].arg, &group_scope, mem), S("amount * rate")));
    assert_true(str_eq(expr_print(x->aggs[0].when, &group_scope, mem), S("status = \"ok\"")));
    assert_int_equal(x->aggs[0].arg->scale, 6);
    arena_free(mem);
}

/* ---- types ----------------------------------------------------------------------------------------------------- */

static void test_types_follow(void **state)
{
    static const struct { const char *formula; enum vtype type; int scale; } list[] = {
        { "amount", V_DEC, 2 }, { "qty", V_INT, 0 }, { "amount * rate", V_DEC, 6 }, { "amount + rate", V_DEC, 4 }, { "qty * qty", V_INT, 0 },
        { "amount / qty", V_DEC, -1 }, { "ROUND(amount / qty, 2)", V_DEC, 2 }, { "ROUND(amount, 0)", V_INT, 0 }, { "SUM(lines.amount)", V_DEC, 2 },
        { "SUM(lines.qty)", V_INT, 0 }, { "COUNT(lines)", V_INT, 0 }, { "MAX(lines.amount)", V_DEC, 2 }, { "IF(paid, amount, qty)", V_DEC, 2 },
        { "IF(paid, amount, name)", V_NULL, -1 }, { "IF(paid, order_date, TODAY())", V_DATE, -1 }, { "order_date + 7", V_DATE, -1 },
        { "order_date - TODAY()", V_INT, 0 }, { "created_at - order_date", V_DEC, -1 }, { "name & qty", V_TEXT, -1 }, { "qty > 1", V_BOOL, -1 },
        { "partner", V_REF, -1 }, { "partner.region", V_REF, -1 }, { "tags", V_LIST, -1 }, { "IFERROR(qty / 2, 0)", V_DEC, -1 },
        { "COALESCE(qty, 1)", V_INT, 0 }, { "5%", V_DEC, 2 }, { "-amount", V_DEC, 2 }, { "NOW()", V_TIME, -1 }, { "ME()", V_REF, -1 },
    };
    struct arena *mem = arena_new(0);
    struct err    e;
    (void)state;
    err_init(&e, mem, LANG_EN);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        const struct expr *x = compiled(mem, list[i].formula, &plain_scope);
        if (x->type != list[i].type || x->scale != list[i].scale)
            fail_msg("%s: type %d scale %d", list[i].formula, x->type, x->scale);
    }
    assert_true(expr_must_be(compiled(mem, "qty > 1", &plain_scope), V_BOOL, &e));
    assert_false(expr_must_be(compiled(mem, "name", &plain_scope), V_BOOL, &e));
    assert_true(str_eqz(e.problems[0].code, "type"));
    assert_true(compiled(mem, "TODAY() > order_date", &plain_scope)->uses_now);
    assert_true(compiled(mem, "owner = ME()", &plain_scope)->uses_me);
    assert_true(expr_is_constant(compiled(mem, "1 + 2", &plain_scope)));
    assert_false(expr_is_constant(compiled(mem, "TODAY()", &plain_scope)));
    int slot = -1;
    assert_true(expr_is_path(compiled(mem, "partner.region.name", &plain_scope), &slot) && slot == 0);
    assert_true(expr_uses(compiled(mem, "COUNT(lines, status = \"a\")", &plain_scope), &fields[16]));
    assert_true(expr_uses(compiled(mem, "COUNT(lines)", &plain_scope), &fields[10]));
    assert_false(expr_uses(compiled(mem, "COUNT(lines)", &plain_scope), &fields[0]));
    arena_free(mem);
}

/* ---- printing -------------------------------------------------------------------------------------------------- */

static bool same_value(const struct value *a, const struct value *b) { return a->type == b->type && v_same(a, b); }

static bool same_tree(const struct node *a, const struct node *b)
{
    if (a->kind != b->kind || a->n != b->n || a->fn != b->fn || a->slot != b->slot || a->list != b->list || a->type != b->type ||
        a->scale != b->scale || (a->kind == NODE_CONST && !same_value(&a->v, &b->v)) || !a->when != !b->when ||
        (a->when && !same_tree(a->when, b->when)))
        return false;
    for (int i = 0; i < a->n; i++)
        if (!same_tree(a->arg[i], b->arg[i]))
            return false;
    return true;
}

static void check_round_trip(struct arena *mem, str text, const struct scope *scope)
{
    const struct expr *x, *y;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    if (!expr_compile(text, scope, mem, &x, &e))
        return;
    str printed = expr_print(x, scope, mem);
    if (!expr_compile(printed, scope, mem, &y, &e))
        fail_msg("%.*s prints as %.*s: %.*s", STR_ARG(text), STR_ARG(printed), STR_ARG(e.message));
    if (!same_tree(x->root, y->root))
        fail_msg("%.*s prints as %.*s, another tree", STR_ARG(text), STR_ARG(printed));
    if (!str_eq(printed, expr_print(y, scope, mem)))
        fail_msg("%.*s prints as %.*s, then otherwise", STR_ARG(text), STR_ARG(printed));
}

static uint64_t seed = 88172645463325252u;

static unsigned chance(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

/* Words in random order: most are no formula, those that are must print and read back. */
static str soup(struct arena *mem)
{
    static const char *const words[] = { "1", "2.50", "\"a\"\"b\"", "amount", "qty", "partner.name", "lines.amount", "tags", "+", "-", "*", "/", "^", "&",
                                         "=", "<>", "<", ">=", "and", "or", "not ", "in", "(", ")", "(", ")", ",", "%", "SUM(", "IF(", "COUNT(lines,",
                                         "NOT(", "status", "TRUE", "#N/A", "-", "not in (1,", "MAX(", "paid", "(", ")", "1e40", "\"\"" };
    struct buf b;
    int        n = 1 + (int)chance(9), open = 0;
    buf_init(&b, mem);
    for (int i = 0; i < n; i++) {
        const char *w = words[chance(sizeof words / sizeof words[0])];
        buf_putz(&b, w);
        buf_putc(&b, ' ');
        for (; *w; w++)
            open += *w == '(' ? 1 : *w == ')' ? -1 : 0;
    }
    for (; open > 0; open--)
        buf_putc(&b, ')');
    return buf_str(&b);
}

/* operand operator operand …, so that most are formulas */
static void sensible(struct buf *b, int depth)
{
    static const char *const leaves[] = { "1", "2.50", "qty", "amount", "\"a\"\"\"", "TRUE", "#N/A", "paid", "5%", "1e40", "0.001" };
    static const char *const ops[] = { "+", "-", "*", "/", "^", "&", "=", "<>", "<", " and ", " or " };
    switch (depth <= 0 ? 9 : chance(10)) {
    case 0: buf_putz(b, "-"); sensible(b, depth - 1); return;
    case 1: buf_putz(b, "+("); sensible(b, depth - 1); buf_putz(b, ")"); return;
    case 2: buf_putz(b, "("); sensible(b, depth - 1); buf_putz(b, ")%"); return;
    case 3: buf_putz(b, "(not "); sensible(b, depth - 1); buf_putz(b, ")"); return;
    case 4: buf_putz(b, "IF("); sensible(b, depth - 1); buf_putz(b, ",,"); sensible(b, depth - 1); buf_putz(b, ")"); return;
    case 5: buf_putz(b, "("); sensible(b, depth - 1); buf_putz(b, " in ("); sensible(b, depth - 1); buf_putz(b, ",1))"); return;
    case 6: case 7: case 8: {
        bool wrap = chance(2);
        buf_putz(b, wrap ? "(" : "");
        sensible(b, depth - 1);
        buf_putz(b, ops[chance(sizeof ops / sizeof ops[0])]);
        sensible(b, depth - 1);
        buf_putz(b, wrap ? ")" : "");
        return;
    }
    default: buf_putz(b, leaves[chance(sizeof leaves / sizeof leaves[0])]);
    }
}

static void test_printing_reads_back(void **state)
{
    static const struct { const char *text, *printed; } list[] = {
        { "=sum( 1,2 )", "SUM(1, 2)" }, { "1+2*3", "1 + 2 * 3" }, { "(1+2)*3", "(1 + 2) * 3" }, { "1-(2-3)", "1 - (2 - 3)" }, { "(1-2)-3", "1 - 2 - 3" },
        { "-2^2", "-2 ^ 2" }, { "-(2^2)", "-(2 ^ 2)" }, { "not(a) ", NULL }, { "not paid", "NOT(paid)" }, { "a==b", NULL }, { "qty==1", "qty = 1" },
        { "qty!=1", "qty <> 1" }, { "IF(paid,,1)", "IF(paid, , 1)" }, { "COUNT(lines,lines.status=\"ok\")", "COUNT(lines, status = \"ok\")" },
        { "SUM(lines.amount*rate,lines.lines>1)", "SUM(lines.amount * rate, lines.lines > 1)" }, { "qty not in (1,2)", "NOT(qty in (1, 2))" },
        { "（1＋2）％", "(1 + 2)%" }, { "\"a\"\"b\"", "\"a\"\"b\"" }, { "tRuE", "TRUE" }, { "1.50", "1.50" }, { "1e3", "1000" },
        { "(qty=1 or paid) and paid", "(qty = 1 or paid) and paid" }, { "\"a\" in (tags)", "\"a\" in tags" },
    };
    struct arena *mem = arena_new(0);
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (!list[i].printed)
            continue;
        str printed = expr_print(compiled(mem, list[i].text, &plain_scope), &plain_scope, mem);
        if (!str_eqz(printed, list[i].printed))
            fail_msg("%s prints as %.*s", list[i].text, STR_ARG(printed));
        check_round_trip(mem, str_of(list[i].text), &plain_scope);
    }
    for (int i = 0; i < 60000; i++) {
        arena_mark mark = arena_here(mem);
        struct buf b;
        buf_init(&b, mem);
        sensible(&b, 4);
        check_round_trip(mem, buf_str(&b), &plain_scope);
        check_round_trip(mem, soup(mem), i % 2 ? &plain_scope : &group_scope);
        arena_back(mem, mark);
    }
    arena_free(mem);
}

static void test_suite_reads_back(void **state)
{
    struct arena *mem = arena_new(0);
    str           text, row, part;
    (void)state;
    if (!suite_read(mem, "suites/formula/cases.tsv", &text))
        skip();
    str_cut(&text, '\n', &row);
    while (str_cut(&text, '\n', &row)) {
        for (int i = 0; i < 3; i++)
            if (!str_cut(&row, '\t', &part))
                part = S("0");
        check_round_trip(mem, part, &plain_scope);
    }
    arena_free(mem);
}

static void test_printing_follows_renames(void **state)
{
    struct arena      *mem = arena_new(0);
    const struct expr *x = compiled(mem, "SUM(lines.amount, status = \"ok\") * qty", &plain_scope);
    (void)state;
    fields[10].name = "positions";
    fields[1].name = "count_of";
    fields[16].name = "state";
    assert_true(str_eq(expr_print(x, &plain_scope, mem), S("SUM(positions.amount, state = \"ok\") * count_of")));
    fields[10].name = "lines";
    fields[1].name = "qty";
    fields[16].name = "status";
    arena_free(mem);
}

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

/* Of this thread alone: others on the machine do not count. */
static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static str repeat(struct arena *mem, const char *before, int n, const char *middle, const char *after)
{
    struct buf b;
    buf_init(&b, mem);
    for (int i = 0; i < n; i++)
        buf_putz(&b, before);
    buf_putz(&b, middle);
    for (int i = 0; i < n; i++)
        buf_putz(&b, after);
    return buf_str(&b);
}

/* At most 250 ms of computing (ten times that under AddressSanitizer) and 32 MiB, whether it is refused or computed. */
static void check_bounded(str formula)
{
    struct arena      *mem = arena_new((size_t)32 << 20);
    const struct expr *x;
    struct err         e;
    double             start = now_ms();
    err_init(&e, mem, LANG_EN);
    if (expr_compile(formula, &plain_scope, mem, &x, &e))
        eval_with(mem, x, NULL);
    double took = now_ms() - start;
#if defined(__SANITIZE_ADDRESS__)
    took /= 10;
#elif defined(__SANITIZE_THREAD__)
    took = 0;       /* it looks at all of the text in each search for a part of it */
#endif
    if (took > 250)
        fail_msg("%.0f ms: %.*s", took, (int)(formula.n < 80 ? formula.n : 80), formula.p);
    assert_true(arena_total(mem) <= (size_t)32 << 20);
    arena_free(mem);
}

static void test_bounds(void **state)
{
    struct arena *mem = arena_new(0);
    (void)state;
    const str list[] = {
        repeat(mem, "(", 5000, "1", ")"), repeat(mem, "-", 60000, "1", ""), repeat(mem, "not ", 5000, "true", ""), repeat(mem, "ABS(", 5000, "1", ")"),
        repeat(mem, "1+", 5000, "1", ""), repeat(mem, "1&", 30000, "1", ""), repeat(mem, "1=1 and ", 8000, "1=1", ""), repeat(mem, "", 1, "1", "%"),
        repeat(mem, "(1+", 90, "1", ")"), repeat(mem, "IF(TRUE,", 99, "1", ",1)"), repeat(mem, "{", 60000, "", ""), repeat(mem, "\"\"&", 16000, "\"\"", ""),
        repeat(mem, "\"a\"\"", 10000, "", ""), repeat(mem, "x.", 30000, "x", ""), repeat(mem, "SUM(", 99, "1", ",TRUE)"), repeat(mem, "MAX(", 99, "lines.amount", ",0)"),
        str_printf(mem, "\"" STR_FMT "\"", STR_ARG(repeat(mem, "a", 100000, "", ""))), repeat(mem, "9", 70000, "", ""), repeat(mem, "9^", 100, "9", ""),
        S("9^9^9^9"), S("9^(9^(9^9))"), S("POWER(1e300, 1e300)"), S("1.0000001^1e15"), S("FACT(1e9)"), S("FACT(170)"), S("COMBIN(1e9, 5e8)"), S("PERMUT(1e6, 1e6)"),
        S("REPT(\"a\", 1e9)"), S("REPT(REPT(REPT(\"a\", 1000), 1000), 1000)"), S("LEN(REPT(REPT(\"ab\", 1000), 500))"),
        S("SUBSTITUTE(SUBSTITUTE(SUBSTITUTE(REPT(\"a\",1000),\"a\",\"aaaaaaaaaa\"),\"a\",\"aaaaaaaaaa\"),\"a\",\"aaaaaaaaaa\")"),
        S("SUBSTITUTE(REPT(\"a\",500000),\"a\",\"\")"), S("SEARCH(\"a*a*a*a*a*b\", REPT(\"a\", 100000))"), S("FIND(\"b\", REPT(\"a\", 900000))"),
        S("UPPER(REPT(\"ß\", 400000))"), S("REPT(\"上\",300000) < REPT(\"上\",300000)"), S("TEXT(1e300, REPT(\"0\", 200))"), S("FIXED(1e300, 127)"),
        S("PINYIN(REPT(\"上\", 100000))"), S("ROUND(1e6000, -6000)"), S("1e6144 * 1e6144"), S("MROUND(1e300, 1e-300)"), S("MOD(1e300, 7)"), S("GCD(1e18, 3)"),
        S("WORKDAY(DATE(2026,1,1), 1000000000)"), S("NETWORKDAYS(DATE(1,1,1), DATE(9999,12,31))"), S("EDATE(DATE(2026,1,1), 1e15)"), S("RATE(1e9, -1, 1e9)"),
        S("NPER(0.1, 1, 1)"), S("LEFT(\"abc\", 1e18)"), S("MID(\"abc\", 1e18, 1e18)"), S("REPLACE(\"abc\", 9e18, 9e18, \"x\")"), S("CHAR(1e18)"), S("DATE(1e18, 1e18, 1e18)"),
        S("COUNTDISTINCT(lines.amount) + MEDIAN(lines.amount)"), S("TEXT(1, \"[h\")"), S("TEXT(1, \"\\\")"), S("TEXT(1e-300, \"0.00E+00\")"), S("EXP(1e9)"), S("LN(1e-300)"),
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        check_bounded(list[i]);
    /* 16 doublings: each is fine, together they are not */
    str doubling = S("\"ab\"");
    for (int i = 0; i < 24; i++)
        doubling = str_printf(mem, "SUBSTITUTE(" STR_FMT ",\"a\",\"aa\")", STR_ARG(doubling));
    check_bounded(doubling);
    struct value v = eval_with(mem, compiled(mem, "REPT(REPT(\"a\", 1000), 2000)", &plain_scope), NULL);
    assert_true(v.type == V_ERROR);
    v = eval_with(mem, compiled(mem, "9^9^9^9", &plain_scope), NULL);
    assert_true(v.type == V_ERROR && v.u.e == VE_NUM);
    arena_free(mem);
}

static void test_deep_and_wide(void **state)
{
    struct arena      *mem = arena_new(0);
    const struct expr *x;
    struct err         e;
    (void)state;
    err_init(&e, mem, LANG_EN);
    assert_true(expr_compile(repeat(mem, "(1+", 95, "1", ")"), NULL, mem, &x, &e));
    assert_true(expr_compile(repeat(mem, "IF(1=1,", 95, "1", ",2)"), NULL, mem, &x, &e));
    assert_true(expr_compile(repeat(mem, "1+", 190, "1", ""), NULL, mem, &x, &e));
    assert_true(expr_compile(repeat(mem, "1=1 or ", 8000, "1=1", ""), NULL, mem, &x, &e));
    assert_false(expr_compile(repeat(mem, "(", 5000, "1", ")"), NULL, mem, &x, &e));
    assert_true(str_eqz(e.problems[0].code, "limit"));
    arena_free(mem);
}

/* ---- speed ----------------------------------------------------------------------------------------------------- */

static void test_speed(void **state)
{
    struct arena      *mem = arena_new(0);
    const struct expr *x = compiled(mem, "ROUND(qty * amount * (1 - rate), 2)", &plain_scope);
    struct value       slots[3];
    struct env         env = { .slots = slots, .mem = mem };
    enum { RUNS = 300000 };
    int64_t            sum = 0;
    (void)state;
    for (int i = 0; i < 3; i++)
        slots[i] = cell_of(x->paths[i].step[0].field, 0);
    double start = now_ms();
    for (int i = 0; i < RUNS; i++) {
        arena_mark   mark = arena_here(mem);
        struct value v = expr_eval(x, &env);
        sum += v.type == V_DEC ? (int64_t)v.u.d.lo : 0;
        arena_back(mem, mark);
    }
    double took = now_ms() - start;
    assert_true(sum > 0);
    print_message("ROUND(qty * amount * (1 - rate), 2): %.0f ns\n", took / RUNS * 1e6);
    arena_free(mem);
}

static void test_functions_are_documented(void **state)
{
    struct arena *mem = arena_new(0);
    size_t        n;
    (void)state;
    const struct expr_fn_doc *doc = expr_functions(mem, &n);
    assert_true(n > 150);
    for (size_t i = 0; i < n; i++) {
        assert_true(doc[i].en && doc[i].zh && doc[i].group && doc[i].arguments && *doc[i].en && *doc[i].zh);
        assert_true(i == 0 || strcmp(doc[i - 1].name, doc[i].name) < 0);
        assert_true(fn_find(str_of(doc[i].name)) != NULL);
    }
    print_message("%zu functions\n", n);
    arena_free(mem);
}

/* ---- the reference pages --------------------------------------------------------------------------------------- */

static str table_of(struct arena *mem, bool zh)
{
    size_t                    n;
    const struct expr_fn_doc *doc = expr_functions(mem, &n);
    struct buf                b;
    buf_init(&b, mem);
    buf_putz(&b, zh ? "| 函数 | 类别 | |\n|---|---|---|\n" : "| function | group | |\n|---|---|---|\n");
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "| `%s(%s)` | %s | %s |\n", doc[i].name, doc[i].arguments, doc[i].group, zh ? doc[i].zh : doc[i].en);
    return buf_str(&b);
}

/* docs/formulas*.md end with the table of functions as it is in the source; QUDAO_WRITE_DOCS=1 brings them up to date. */
static void check_reference(struct arena *mem, const char *file, const char *heading, bool zh)
{
    const char *path = str_z(mem, str_printf(mem, "%s/docs/%s", suite_root(), file));
    str         text, table = table_of(mem, zh);
    if (!suite_read_file(mem, path, &text))
        fail_msg("%s is not there", path);
    ptrdiff_t at = str_find(text, str_of(heading));
    assert_true(at > 0);
    size_t from = (size_t)at + strlen(heading);
    if (getenv("QUDAO_WRITE_DOCS")) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fprintf(f, STR_FMT STR_FMT, STR_ARG(str_sub(text, 0, from)), STR_ARG(table));
        fclose(f);
        return;
    }
    if (!str_eq(str_sub(text, from, text.n), table))
        fail_msg("docs/%s does not list the functions as they are; run this test with QUDAO_WRITE_DOCS=1", file);
}

static void test_reference_pages_are_current(void **state)
{
    struct arena *mem = arena_new(0);
    (void)state;
    check_reference(mem, "formulas.md", "## Functions\n\n", false);
    check_reference(mem, "formulas.zh-CN.md", "## 函数\n\n", true);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operators), cmocka_unit_test(test_records), cmocka_unit_test(test_lists), cmocka_unit_test(test_text_and_amounts),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_messages_name_the_nearest_function), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_types_follow), cmocka_unit_test(test_printing_reads_back), cmocka_unit_test(test_suite_reads_back),
        cmocka_unit_test(test_printing_follows_renames), cmocka_unit_test(test_bounds), cmocka_unit_test(test_deep_and_wide),
        cmocka_unit_test(test_speed), cmocka_unit_test(test_functions_are_documented), cmocka_unit_test(test_reference_pages_are_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
