/* sql_eval: on SQLite a formula that has no plain SQL is evaluated by the formula room itself, once per row, through two SQL functions:
 * q_eval(spec, a, b, …) gives the value, q_test(spec, a, b, …) 1 where it is true and 0 where not.  spec is text of our own,
 * always a bound parameter: the fiscal year, the types of a, b, …, and the formula over the names c0, c1, ….  It is compiled once per
 * statement.  What the clock or the asker decide is computed beforehand and passed like a column. */
#include "base/check.h"
#include "base/text.h"
#include "formula/print.h"
#include "formula/sql.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CELLS = 100 };

/* ---- evaluating it --------------------------------------------------------------------------------------------- */

struct compiled {
    struct arena      *mem;
    str                spec;
    const struct expr *x;               /* NULL: the spec is not ours */
    struct env         env;
    struct sql_column  cell[MAX_CELLS];
    char               name[MAX_CELLS]; /* their addresses stand for fields */
    int                ncells;
};

static bool cell_name(const struct scope *s, const void *of, str name, struct expr_name *out)
{
    const struct compiled *k = of;
    int64_t i;
    (void)s;
    if (name.n < 2 || name.p[0] != 'c' || !str_to_i64(str_sub(name, 1, name.n), &i) || i < 0 || i >= k->ncells)
        return false;
    *out = (struct expr_name){ .field = &k->name[i], .type = k->cell[i].type, .scale = k->cell[i].scale };
    return true;
}

static void read_types(struct compiled *k, str types)
{
    static const struct { char letter; enum vtype type; } table[] = {
        { 'b', V_BOOL }, { 'i', V_INT }, { 'd', V_DEC }, { 't', V_TEXT }, { 'D', V_DATE }, { 'T', V_TIME }, { 'r', V_REF }, { 'l', V_LIST },
    };
    str part;
    while (str_cut(&types, ' ', &part)) {
        int64_t scale = 0;
        if (!part.n || k->ncells == MAX_CELLS)
            continue;
        struct sql_column *col = &k->cell[k->ncells];
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
            if (table[i].letter == part.p[0])
                col->type = table[i].type;
        if (str_to_i64(str_sub(part, 1, part.n), &scale))
            col->scale = (int)scale;
        k->ncells++;
    }
}

static struct compiled *compile(str spec)
{
    struct arena    *mem = arena_new((size_t)64 << 20);
    struct compiled *k = NEW(mem, struct compiled);
    struct scope     scope = { .root = k, .name = cell_name };
    struct err       e;
    str              rest = k->spec = str_dup(mem, spec), fiscal, types, month;
    int64_t          start = 0;
    k->mem = mem;
    err_init(&e, mem, LANG_EN);
    if (!str_cut(&rest, '|', &fiscal) || !str_cut(&rest, '|', &types) || !str_cut(&fiscal, ' ', &month) ||
        !str_to_i64(month, &start) || start < 0 || start > 12)
        return k;
    k->env.fiscal = (struct fiscal){ (int)start, str_eqz(fiscal, "1") };
    read_types(k, types);
    if (!expr_compile(rest, &scope, mem, &k->x, &e))
        k->x = NULL;
    return k;
}

static void forget(void *memo) { arena_free(((struct compiled *)memo)->mem); }

static struct value answer(void **memo, const struct value *args, size_t n, struct arena *mem, bool test)
{
    struct compiled *k = *memo;
    struct value     slots[MAX_CELLS];
    if (n == 0 || args[0].type != V_TEXT)
        return V_NONE;
    if (!k)
        *memo = k = compile(args[0].u.s);
    if (!k->x || (int)n - 1 < k->ncells)
        return V_NONE;
    struct env env = k->env;
    for (int i = 0; i < k->x->npaths; i++) {
        ptrdiff_t cell = (const char *)PATH_LAST(&k->x->paths[i])->field - k->name;
        slots[i] = sql_column_value(&k->cell[cell], &args[cell + 1], mem);
    }
    env.slots = slots;
    env.mem = mem;
    return test ? v_bool(expr_test(k->x, &env)) : expr_eval(k->x, &env);
}

static struct value q_eval(void **memo, const struct value *args, size_t n, struct arena *mem) { return answer(memo, args, n, mem, false); }
static struct value q_test(void **memo, const struct value *args, size_t n, struct arena *mem) { return answer(memo, args, n, mem, true); }

static const struct db_function eval_function = { "q_eval", q_eval, forget }, test_function = { "q_test", q_test, forget };

/* Before main, because connections know only functions that were there when they were opened. */
__attribute__((constructor)) static void announce(void)
{
    db_function_add(&eval_function);
    db_function_add(&test_function);
}

void sqlite_announce(void) {}

/* ---- writing the spec ------------------------------------------------------------------------------------------ */

struct spec {
    struct sqlc      *c;
    struct buf        types, cells;     /* "d2 t i", ", t0.f3, t0.f4" */
    const struct node *node[MAX_CELLS]; /* what each cell stands for */
    int               n;
    bool              ok;
};

static bool same_leaf(const struct node *a, const struct node *b)
{
    return a == b || (a->kind == b->kind && (a->kind == NODE_PATH || a->kind == NODE_ROW) && a->slot == b->slot && a->list == b->list);
}

static char letter_of(enum vtype t)
{
    static const char letters[] = { [V_NULL] = 0, [V_BOOL] = 'b', [V_INT] = 'i', [V_DEC] = 'd', [V_TEXT] = 't', [V_DATE] = 'D',
                                    [V_TIME] = 'T', [V_REF] = 'r', [V_LIST] = 'l', [V_ERROR] = 0 };
    return letters[t];
}

static int add_cell(struct spec *s, const struct node *n, const struct sql_column *col)
{
    char letter = letter_of(col->type);
    if (s->n == MAX_CELLS || !letter || (col->type == V_TIME && s->c->env.zone)) {
        s->ok = false;
        return 0;
    }
    buf_putc(&s->types, letter);
    if (col->type == V_DEC)
        buf_i64(&s->types, col->scale);
    buf_putc(&s->types, ' ');
    buf_putz(&s->cells, ", ");
    buf_put(&s->cells, col->sql);
    s->node[s->n] = n;
    return s->n++;
}

/* A value that is known now: ME(), TODAY(). */
static void add_known(struct spec *s, const struct node *n, struct buf *out)
{
    struct value      v = sql_compute(s->c, n);
    enum vtype        t = v.type == V_NULL ? n->type : v.type;
    struct sql_column col = { .type = t, .scale = t == V_DEC ? -1 : 0 };
    if (v.type == V_ERROR || v.type == V_LIST) {
        s->ok = false;
        return;
    }
    if (v.type == V_NULL)
        col.sql = S("NULL");
    else
        col.sql = sql_bind(s->c, v.type == V_DEC ? v_text(dec_text(s->c->mem, v.u.d)) : v);
    buf_printf(out, "c%d", add_cell(s, n, &col));
}

/* Called by the printer at every node: writes the name of a cell where one takes its place. */
static bool leaf(void *arg, const struct node *n, struct buf *out)
{
    struct spec     *s = arg;
    struct sql_value v = { 0 };
    bool             read = n->kind == NODE_PATH || n->kind == NODE_ROW;
    if (n->kind == NODE_CALL && (n->fn->flags & (FN_NOW | FN_ME)) && sql_constant(n)) {
        add_known(s, n, out);
        return true;
    }
    if (n->kind == NODE_CALL && (n->fn->flags & FN_CALENDAR) && s->c->env.calendar)
        s->ok = false;
    if (n->kind == NODE_GROUP)
        s->ok = false;
    if (!read && n->kind != NODE_LIST)
        return false;
    for (int i = 0; i < s->n; i++)
        if (same_leaf(s->node[i], n)) {
            buf_printf(out, "c%d", i);
            return true;
        }
    if (read ? !sql_path(s->c, n, &v.col) : !sql_list(s->c, n, &v) || v.may_fail)
        s->ok = false;
    else
        buf_printf(out, "c%d", add_cell(s, n, &v.col));
    return true;
}

/* Days shifted by parts of days become instants, which need the zone. */
static bool makes_instants(const struct node *n)
{
    if ((n->kind == NODE_ADD || n->kind == NODE_SUB) && n->type == V_NULL)
        return true;
    for (int i = 0; i < n->n; i++)
        if (makes_instants(n->arg[i]))
            return true;
    return false;
}

static bool write(struct sqlc *c, const struct node *n, const char *fn, bool negate, str *out)
{
    struct spec s = { .c = c, .ok = true };
    struct buf  text;
    if (c->env.zone && makes_instants(n))
        return false;
    buf_init(&s.types, c->mem);
    buf_init(&s.cells, c->mem);
    buf_init(&text, c->mem);
    print_leaves(c->x, n, leaf, &s, &text);
    if (!s.ok || text.n > EXPR_MAX_BYTES)
        return false;
    str spec = str_printf(c->mem, "%d %d|" STR_FMT "|%s" STR_FMT "%s", c->env.fiscal.start_month, c->env.fiscal.named_by_start,
                          STR_ARG(buf_str(&s.types)), negate ? "NOT(" : "", STR_ARG(buf_str(&text)), negate ? ")" : "");
    if (n->height > 60) {               /* near the limits of nesting: see that it reads back */
        struct compiled *k = compile(spec);
        bool             reads = k->x != NULL;
        forget(k);
        if (!reads)
            return false;
    }
    str mark = sql_bind(c, v_text(spec));
    *out = str_printf(c->mem, "%s(" STR_FMT STR_FMT ")", fn, STR_ARG(mark), STR_ARG(buf_str(&s.cells)));
    return true;
}

bool sqlite_condition(struct sqlc *c, const struct node *n, bool want, struct buf *out)
{
    str sql;
    if (!write(c, n, "q_test", !want, &sql))
        return false;
    buf_printf(out, "(" STR_FMT " = 1)", STR_ARG(sql));
    return true;
}

bool sqlite_value(struct sqlc *c, const struct node *n, struct sql_value *out)
{
    *out = (struct sql_value){ .may_be_empty = true, .may_fail = !sql_never_fails(n) };
    out->col.type = n->type == V_INT ? V_DEC : n->type;         /* a whole number may have left 64 bits */
    out->col.scale = out->col.type == V_DEC ? -1 : 0;
    if (n->type == V_NULL || n->type == V_LIST || (n->type == V_TIME && c->env.zone))
        return false;
    return write(c, n, "q_eval", false, &out->col.sql);
}
