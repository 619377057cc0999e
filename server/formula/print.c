/* print: a checked tree as canonical text: functions in capitals, operators with spaces, parentheses only where needed.
 * Parsing it again gives the same tree.  Names are those of now: trees hold fields, the scope knows what they are called. */
#include "base/check.h"
#include "formula/fn.h"
#include "formula/print.h"

#include <string.h>

enum { TIGHTEST = 11 };     /* operands: constants, names, calls */

/* How tightly a node binds; the levels of parse.c. */
static int level(const struct node *n)
{
    switch (n->kind) {
    case NODE_OR:     return 1;
    case NODE_AND:    return 2;
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE:
    case NODE_IN: case NODE_IN_LIST: return 4;
    case NODE_CONCAT: return 5;
    case NODE_ADD: case NODE_SUB: return 6;
    case NODE_MUL: case NODE_DIV: return 7;
    case NODE_POW:    return 8;
    case NODE_NEG: case NODE_PLUS: return 9;
    case NODE_PERCENT: return 10;
    default:          return TIGHTEST;
    }
}

static const char *sign(enum node_kind k)
{
    switch (k) {
    case NODE_OR:  return " or ";
    case NODE_AND: return " and ";
    case NODE_EQ:  return " = ";
    case NODE_NE:  return " <> ";
    case NODE_LT:  return " < ";
    case NODE_LE:  return " <= ";
    case NODE_GT:  return " > ";
    case NODE_GE:  return " >= ";
    case NODE_CONCAT: return " & ";
    case NODE_ADD: return " + ";
    case NODE_SUB: return " - ";
    case NODE_MUL: return " * ";
    case NODE_DIV: return " / ";
    default:       return " ^ ";
    }
}

struct printer {
    struct buf          *b;
    const struct scope  *scope;
    const struct expr   *x;
    bool                 condition;     /* in the condition of an aggregate: its rows' names need no prefix */
    bool               (*leaf)(void *arg, const struct node *, struct buf *);
    void                *arg;
};

static void print_node(struct printer *, const struct node *, int least);

static void print_constant(struct buf *b, const struct value *v)
{
    char digits[DEC_TEXT_MAX + 1];
    switch (v->type) {
    case V_BOOL:  buf_putz(b, v->u.b ? "TRUE" : "FALSE"); return;
    case V_INT:   buf_i64(b, v->u.i); return;
    case V_ERROR: buf_putz(b, verror_text(v->u.e)); return;
    case V_DEC:
        buf_put(b, (str){ digits, (size_t)dec_text_into(digits, v->u.d) });
        return;
    default: break;
    }
    CHECK(v->type == V_TEXT);
    buf_putc(b, '"');
    for (size_t i = 0; i < v->u.s.n; i++) {
        if (v->u.s.p[i] == '"')
            buf_putc(b, '"');
        buf_putc(b, v->u.s.p[i]);
    }
    buf_putc(b, '"');
}

static void print_path(struct printer *p, const struct path *path, bool dot)
{
    for (int i = 0; i < path->nsteps; i++) {
        if (i || dot)
            buf_putc(p->b, '.');
        buf_put(p->b, p->scope->print(p->scope, path->of[i], path->step[i].field));
    }
}

/* Whether the row's name could be taken for one of the root that goes through the list. */
static bool needs_prefix(struct printer *p, const struct expr_list *l, const struct path *row)
{
    struct expr_name other;
    str first = p->scope->print(p->scope, row->of[0], row->step[0].field);
    return !p->condition || (p->scope->name(p->scope, p->scope->root, first, &other) && other.field == l->path.step[0].field);
}

static void print_row(struct printer *p, const struct node *n)
{
    const struct expr_list *l = &p->x->lists[n->list];
    const struct path      *row = &l->paths[n->slot];
    bool prefix = needs_prefix(p, l, row);
    if (prefix)
        print_path(p, &l->path, false);
    print_path(p, row, prefix);
}

static void print_arguments(struct printer *p, const struct node *n, int from)
{
    buf_putc(p->b, '(');
    for (int i = from; i < n->n; i++) {
        if (i > from)
            buf_putz(p->b, ", ");
        print_node(p, n->arg[i], 0);
    }
    buf_putc(p->b, ')');
}

/* SUM(lines.amount, condition), COUNT(lines), SUM(amount, condition) of a group */
static void print_aggregate(struct printer *p, const struct node *n)
{
    buf_putz(p->b, n->fn->name);
    buf_putc(p->b, '(');
    if (n->n)
        print_node(p, n->arg[0], 0);
    else if (n->kind == NODE_LIST)
        print_path(p, &p->x->lists[n->list].path, false);
    if (n->when) {
        bool outer = p->condition;
        buf_putz(p->b, ", ");
        p->condition = n->kind == NODE_LIST;
        print_node(p, n->when, 0);
        p->condition = outer;
    }
    buf_putc(p->b, ')');
}

static void print_operator(struct printer *p, const struct node *n, int own)
{
    switch (n->kind) {
    case NODE_NOT:              /* `not (a + b) > c` would read as NOT(a + b) > c, so always as the function */
        buf_putz(p->b, "NOT");
        print_arguments(p, n, 0);
        return;
    case NODE_NEG: case NODE_PLUS:
        buf_putc(p->b, n->kind == NODE_NEG ? '-' : '+');
        print_node(p, n->arg[0], own);
        return;
    case NODE_PERCENT:
        print_node(p, n->arg[0], own);
        buf_putc(p->b, '%');
        return;
    case NODE_IN:
        print_node(p, n->arg[0], own);
        buf_putz(p->b, " in ");
        print_arguments(p, n, 1);
        return;
    case NODE_IN_LIST:
        print_node(p, n->arg[0], own);
        buf_putz(p->b, " in ");
        print_node(p, n->arg[1], own + 1);
        return;
    default: break;
    }
    for (int i = 0; i < n->n; i++) {
        if (i)
            buf_putz(p->b, sign(n->kind));
        print_node(p, n->arg[i], i ? own + 1 : own);
    }
}

static void print_node(struct printer *p, const struct node *n, int least)
{
    int  own = level(n);
    bool wrap = own < least;
    if (p->leaf && p->leaf(p->arg, n, p->b))
        return;
    if (wrap)
        buf_putc(p->b, '(');
    switch (n->kind) {
    case NODE_MISSING: break;
    case NODE_CONST:   print_constant(p->b, &n->v); break;
    case NODE_PATH:    print_path(p, &p->x->paths[n->slot], false); break;
    case NODE_ROW:     print_row(p, n); break;
    case NODE_LIST: case NODE_GROUP: print_aggregate(p, n); break;
    case NODE_CALL:
        buf_putz(p->b, n->fn->name);
        print_arguments(p, n, 0);
        break;
    default:           print_operator(p, n, own); break;
    }
    if (wrap)
        buf_putc(p->b, ')');
}

str expr_print(const struct expr *x, const struct scope *scope, struct arena *mem)
{
    struct buf     b;
    struct printer p = { .b = &b, .scope = scope, .x = x };
    buf_init(&b, mem);
    print_node(&p, x->root, 0);
    return buf_str(&b);
}

void print_leaves(const struct expr *x, const struct node *n, bool (*leaf)(void *arg, const struct node *, struct buf *), void *arg, struct buf *out)
{
    struct printer p = { .b = out, .x = x, .leaf = leaf, .arg = arg };
    print_node(&p, n, 0);
}

/* ---- questions about a tree ------------------------------------------------------------------------------------ */

static bool path_uses(const struct path *p, const void *field)
{
    for (int i = 0; i < p->nsteps; i++)
        if (p->step[i].field == field)
            return true;
    return false;
}

bool expr_uses(const struct expr *x, const void *field)
{
    for (int i = 0; i < x->npaths; i++)
        if (path_uses(&x->paths[i], field))
            return true;
    for (int i = 0; i < x->nlists; i++) {
        if (path_uses(&x->lists[i].path, field))
            return true;
        for (int k = 0; k < x->lists[i].npaths; k++)
            if (path_uses(&x->lists[i].paths[k], field))
                return true;
    }
    return false;
}

bool expr_is_path(const struct expr *x, int *slot)
{
    if (x->root->kind != NODE_PATH)
        return false;
    *slot = x->root->slot;
    return true;
}

bool expr_is_constant(const struct expr *x)
{
    return x->npaths == 0 && x->nlists == 0 && x->naggs == 0 && !x->uses_now && !x->uses_me && !x->uses_calendar;
}

bool expr_is_count(const struct expr *x)
{
    const struct expr_fn *fn = x->root->fn;
    return x->nlists == 1 && fn && (fn->agg == AGG_COUNT || fn->agg == AGG_COUNTA || fn->agg == AGG_COUNTDISTINCT);
}

const char *expr_agg_name(const struct expr_agg *agg) { return agg->fn->name; }

bool expr_must_be(const struct expr *x, enum vtype want, struct err *e)
{
    bool number = (want == V_DEC || want == V_INT) && (x->type == V_DEC || x->type == V_INT || x->type == V_BOOL);
    if (x->type == want || x->type == V_NULL || number || (want == V_TIME && x->type == V_DATE))
        return true;
    switch (want) {
    case V_BOOL: return NODE_BAD(e, 0, "type", "The formula must be a condition, true or false");
    case V_DEC:
    case V_INT:  return NODE_BAD(e, 0, "type", "The formula must give a number");
    case V_TEXT: return NODE_BAD(e, 0, "type", "The formula must give text");
    case V_DATE: return NODE_BAD(e, 0, "type", "The formula must give a date");
    case V_TIME: return NODE_BAD(e, 0, "type", "The formula must give a date and time");
    case V_REF:  return NODE_BAD(e, 0, "type", "The formula must give a related record");
    case V_LIST: return NODE_BAD(e, 0, "type", "The formula must give a list");
    case V_NULL: case V_ERROR: break;
    }
    return true;
}
