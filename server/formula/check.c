/* check: resolves names against the scope, finds which aggregates run over lists or groups, and gives every node a type.
 * What spreadsheets settle while computing (text that might be a number) is left to evaluation; what can never mean
 * anything (a relation compared with text, a list added to a number) is refused here, with a hint. */
#include "base/check.h"
#include "base/text.h"
#include "formula/fn.h"

#include <string.h>

/* Growing arrays of the expr; capacity doubles at powers of two. */
#define GROW(mem, array, n, type)                                               \
    do {                                                                        \
        if (((n) & ((n) - 1)) == 0) {                                           \
            type *more_ = NEWV((mem), type, (n) < 2 ? 2 : (size_t)(n) * 2);     \
            if (n)                                                              \
                memcpy(more_, (array), (size_t)(n) * sizeof(type));             \
            (array) = more_;                                                    \
        }                                                                       \
    } while (0)

struct checker {
    const struct scope *scope;
    struct arena       *mem;
    struct err         *e;
    struct expr        *x;
    int                 list;       /* the list whose rows we are in, or -1 */
    bool                per_row;    /* inside an aggregate of a group */
    struct node       **agg_node; int nagg_nodes;   /* by x->aggs */
};

static bool check_node(struct checker *, struct node *);

/* ---- paths ---------------------------------------------------------------------------------------------------- */

static bool path_same(const struct path *a, const struct path *b)
{
    if (a->nsteps != b->nsteps)
        return false;
    for (int i = 0; i < a->nsteps; i++)
        if (a->step[i].field != b->step[i].field || a->of[i] != b->of[i])
            return false;
    return true;
}

static int slot_of(struct checker *c, struct path **paths, int *n, const struct path *p)
{
    for (int i = 0; i < *n; i++)
        if (path_same(&(*paths)[i], p))
            return i;
    GROW(c->mem, *paths, *n, struct path);
    (*paths)[*n] = *p;
    return (*n)++;
}

/* How far the name goes from a module: the number of steps that were found. */
static int walk(struct checker *c, const void *module, const struct node *name, int from, struct path *out)
{
    memset(out, 0, sizeof *out);
    for (int i = from; i < name->nparts; i++) {
        struct expr_name *step = &out->step[out->nsteps];
        if (!module || !c->scope->name(c->scope, module, name->part[i], step))
            break;
        out->of[out->nsteps++] = module;
        module = step->target;
    }
    return out->nsteps;
}

static int first_list(const struct path *p)
{
    for (int i = 0; i < p->nsteps; i++)
        if (p->step[i].list)
            return i;
    return -1;
}

static bool unknown_name(struct checker *c, const struct node *n, const struct path *found)
{
    str missing = n->part[found->nsteps < n->nparts ? found->nsteps : n->nparts - 1];
    if (found->nsteps && !PATH_LAST(found)->target)
        return NODE_BAD(c->e, n->at, "name", "“" STR_FMT "” is not a relation, so it has no field “" STR_FMT "”",
                        STR_ARG(n->part[found->nsteps - 1]), STR_ARG(missing));
    const char *near = n->nparts == 1 ? fn_nearest(missing) : NULL;
    if (near && str_eq_nocase(missing, str_of(near)))
        return NODE_BAD(c->e, n->at, "name", "There is no field “" STR_FMT "”. The function is written %s(…)", STR_ARG(missing), near);
    return NODE_BAD(c->e, n->at, "name", "There is no field “" STR_FMT "”", STR_ARG(missing));
}

static void become_value(struct node *n, enum node_kind kind, int slot, const struct expr_name *last)
{
    n->kind = kind;
    n->slot = slot;
    n->type = last->type;
    n->scale = last->type == V_DEC ? last->scale : last->type == V_INT ? 0 : -1;
    n->target = last->type == V_REF ? last->target : NULL;
}

/* The part of a path behind a list, as a path of the list's rows. */
static struct path tail(const struct path *p, int from)
{
    struct path t = { .nsteps = p->nsteps - from };
    for (int i = from; i < p->nsteps; i++) {
        t.step[i - from] = p->step[i];
        t.of[i - from] = p->of[i];
    }
    return t;
}

static bool row_value(struct checker *c, struct node *n, const struct path *p)
{
    struct expr_list *list = &c->x->lists[c->list];
    if (first_list(p) >= 0)
        return NODE_BAD(c->e, n->at, "type", "An aggregate runs over one list at a time");
    become_value(n, NODE_ROW, slot_of(c, &list->paths, &list->npaths, p), PATH_LAST(p));
    n->list = c->list;
    return true;
}

/* Whether p goes through the current list; then *rest is what follows. */
static bool through_list(struct checker *c, const struct path *p, struct path *rest)
{
    if (c->list < 0)
        return false;
    const struct path *l = &c->x->lists[c->list].path;
    if (p->nsteps < l->nsteps)
        return false;
    for (int i = 0; i < l->nsteps; i++)
        if (p->step[i].field != l->step[i].field || p->of[i] != l->of[i])
            return false;
    *rest = tail(p, l->nsteps);
    return true;
}

static bool root_value(struct checker *c, struct node *n, const struct path *p)
{
    int many = first_list(p);
    if (many >= 0 && !(many == p->nsteps - 1 && PATH_LAST(p)->type == V_LIST))
        return NODE_BAD(c->e, n->at, "type", "“" STR_FMT "” is a list. Use it inside COUNT, SUM or another aggregate; a second argument is a condition on its rows",
                        STR_ARG(n->part[many]));
    if (c->scope->groups && !c->per_row && !PATH_LAST(p)->grouped)
        return NODE_BAD(c->e, n->at, "type", "“" STR_FMT "” differs from row to row. Put it inside SUM, COUNT or another aggregate, or group by it",
                        STR_ARG(n->part[n->nparts - 1]));
    become_value(n, NODE_PATH, slot_of(c, &c->x->paths, &c->x->npaths, p), PATH_LAST(p));
    return true;
}

static bool check_name(struct checker *c, struct node *n)
{
    struct path p, row;
    bool        whole = c->scope && c->scope->root && walk(c, c->scope->root, n, 0, &p) == n->nparts;
    if (!c->scope || !c->scope->root)
        memset(&p, 0, sizeof p);
    if (whole && through_list(c, &p, &row)) {
        if (row.nsteps == 0)
            return NODE_BAD(c->e, n->at, "type", "Name a field of the list, such as “" STR_FMT ".amount”", STR_ARG(n->part[n->nparts - 1]));
        return row_value(c, n, &row);
    }
    if (c->list >= 0 && walk(c, PATH_LAST(&c->x->lists[c->list].path)->target, n, 0, &row) == n->nparts)
        return row_value(c, n, &row);
    return whole ? root_value(c, n, &p) : unknown_name(c, n, &p);
}

/* ---- aggregates ----------------------------------------------------------------------------------------------- */

/* Whether it reads as a condition, before its names are known. */
static bool is_condition(struct checker *c, const struct node *n)
{
    struct path p;
    switch (n->kind) {
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE:
    case NODE_IN: case NODE_IN_LIST: case NODE_NOT: case NODE_AND: case NODE_OR:
        return true;
    case NODE_CONST: return n->v.type == V_BOOL;
    case NODE_CALL:  return n->fn->result == 'b';
    case NODE_NAME:
        if (!c->scope || !c->scope->root)
            return false;
        if (walk(c, c->scope->root, n, 0, &p) == n->nparts && PATH_LAST(&p)->type == V_BOOL)
            return true;
        return c->list >= 0 && walk(c, PATH_LAST(&c->x->lists[c->list].path)->target, n, 0, &p) == n->nparts &&
               PATH_LAST(&p)->type == V_BOOL;
    default: return false;
    }
}

/* F(x) or F(x, condition), as aggregates of lists and groups are written; not MAX(a, 0). */
static bool may_aggregate(struct checker *c, const struct node *n)
{
    return n->kind == NODE_CALL && n->fn->agg && (n->n == 1 || (n->n == 2 && is_condition(c, n->arg[1])));
}

/* Finds the list that the names in n go through; what stands in an aggregate of its own does not count. */
static const struct node *find_list(struct checker *c, const struct node *n, struct path *out)
{
    if (n->kind == NODE_NAME) {
        if (!c->scope || !c->scope->root || walk(c, c->scope->root, n, 0, out) == 0)
            return NULL;
        int many = first_list(out);
        if (many < 0)
            return NULL;
        out->nsteps = many + 1;
        return n;
    }
    if (may_aggregate(c, n))
        return NULL;
    for (int i = 0; i < n->n; i++) {
        const struct node *hit = find_list(c, n->arg[i], out);
        if (hit)
            return hit;
    }
    return NULL;
}

static bool holds_aggregate(struct checker *c, const struct node *n)
{
    if (may_aggregate(c, n) || (n->kind == NODE_CALL && n->fn->agg && n->n == 0))
        return true;
    for (int i = 0; i < n->n; i++)
        if (holds_aggregate(c, n->arg[i]))
            return true;
    return false;
}

static int list_of(struct checker *c, const struct path *p)
{
    struct expr *x = c->x;
    for (int i = 0; i < x->nlists; i++)
        if (path_same(&x->lists[i].path, p))
            return i;
    GROW(c->mem, x->lists, x->nlists, struct expr_list);
    memset(&x->lists[x->nlists], 0, sizeof x->lists[0]);
    x->lists[x->nlists].path = *p;
    return x->nlists++;
}

static bool value_fits(const struct expr_fn *fn, enum vtype t)
{
    bool counts = fn->agg == AGG_COUNT || fn->agg == AGG_COUNTA || fn->agg == AGG_COUNTDISTINCT;
    return counts || (t != V_REF && t != V_LIST);
}

static bool wrong_for_aggregate(struct checker *c, const struct node *arg, const struct expr_fn *fn)
{
    return NODE_BAD(c->e, arg->at, "type", "%s needs numbers or dates here, not relations or lists", fn->name);
}

static void type_aggregate(struct node *n, const struct node *arg)
{
    bool number = arg && (arg->type == V_INT || arg->type == V_DEC);
    n->scale = -1;
    switch (n->fn->agg) {
    case AGG_COUNT: case AGG_COUNTA: case AGG_COUNTDISTINCT:
        n->type = V_INT;
        n->scale = 0;
        return;
    case AGG_MIN: case AGG_MAX:
        n->type = !arg || arg->type == V_NULL ? V_NULL : number || arg->type == V_DATE || arg->type == V_TIME ? arg->type : V_DEC;
        n->scale = number ? arg->scale : -1;
        return;
    case AGG_SUM: case AGG_PRODUCT: case AGG_SUMSQ:
        n->type = arg && (arg->type == V_INT || arg->type == V_BOOL) ? V_INT : V_DEC;
        if (n->type == V_INT)
            n->scale = 0;
        else if (n->fn->agg == AGG_SUM && number)
            n->scale = arg->scale;
        return;
    default:
        n->type = V_DEC;
        return;
    }
}

static bool check_condition(struct checker *c, const struct node *n)
{
    if (n->type == V_REF || n->type == V_LIST || n->type == V_DATE || n->type == V_TIME)
        return NODE_BAD(c->e, n->at, "type", "Here a condition is needed, true or false");
    return true;
}

/* The arguments of an aggregate, already known to be one: arg[0] per row, the second becomes `when`. */
static bool check_aggregate(struct checker *c, struct node *n, bool skip_arg)
{
    if (n->n > 1)
        n->when = n->arg[1];
    n->n = skip_arg || n->n == 0 ? 0 : 1;
    struct node *arg = n->n ? n->arg[0] : NULL;
    if ((arg && !check_node(c, arg)) || (n->when && !check_node(c, n->when)))
        return false;
    if (arg && !value_fits(n->fn, arg->type))
        return wrong_for_aggregate(c, arg, n->fn);
    if (n->when && !check_condition(c, n->when))
        return false;
    type_aggregate(n, arg);
    return true;
}

static bool check_list_aggregate(struct checker *c, struct node *n, const struct path *list, const struct node *where)
{
    if (c->list >= 0)
        return NODE_BAD(c->e, n->at, "type", "An aggregate runs over one list at a time");
    if (c->scope->groups && !c->per_row)
        return NODE_BAD(c->e, where->at, "type", "“" STR_FMT "” differs from row to row. Put it inside SUM, COUNT or another aggregate, or group by it",
                        STR_ARG(where->part[list->nsteps - 1]));
    bool rows = where == n->arg[0] && where->nparts == list->nsteps;     /* COUNT(lines): of the rows themselves */
    if (rows && n->fn->agg != AGG_COUNT && n->fn->agg != AGG_COUNTA)
        return NODE_BAD(c->e, where->at, "type", "Name a field of the list, such as “" STR_FMT ".amount”",
                        STR_ARG(where->part[where->nparts - 1]));
    c->list = n->list = list_of(c, list);
    n->kind = NODE_LIST;
    bool ok = check_aggregate(c, n, rows);
    c->list = -1;
    return ok;
}

static bool check_group_aggregate(struct checker *c, struct node *n)
{
    struct expr *x = c->x;
    n->kind = NODE_GROUP;
    c->per_row = true;
    bool ok = check_aggregate(c, n, false);
    c->per_row = false;
    if (!ok)
        return false;
    GROW(c->mem, x->aggs, x->naggs, struct expr_agg);
    GROW(c->mem, c->agg_node, c->nagg_nodes, struct node *);
    x->aggs[x->naggs] = (struct expr_agg){ .fn = n->fn };
    c->agg_node[c->nagg_nodes++] = n;
    n->slot = x->naggs++;
    return true;
}

/* ---- calls ---------------------------------------------------------------------------------------------------- */

static bool check_argument(struct checker *c, const struct expr_fn *fn, const struct node *arg, char letter)
{
    bool ref = arg->type == V_REF, list = arg->type == V_LIST;
    if (letter == 'v' || letter == 'e')
        return true;
    if (ref)
        return NODE_BAD(c->e, arg->at, "type", "%s does not take a relation. Name a field of it, such as .name", fn->name);
    if (list)
        return NODE_BAD(c->e, arg->at, "type", "%s does not take a list", fn->name);
    if (arg->type == V_BOOL && letter == 'd')
        return NODE_BAD(c->e, arg->at, "type", "%s needs a date here", fn->name);
    return true;
}

static void type_of_result(struct node *n)
{
    static const struct { char letter; enum vtype type; } types[] = {
        { 'n', V_DEC }, { 'i', V_INT }, { 't', V_TEXT }, { 'b', V_BOOL }, { 'd', V_DATE },
        { 'T', V_TIME }, { 'r', V_REF }, { 'l', V_LIST }, { 'v', V_NULL },
    };
    n->scale = n->fn->result == 'i' ? 0 : -1;
    n->type = V_NULL;
    if (n->fn->result == '1' && n->n) {
        n->type = n->arg[0]->type;
        n->scale = n->arg[0]->scale;
        n->target = n->arg[0]->target;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].letter == n->fn->result)
            n->type = types[i].type;
    if (n->fn->agg) {
        struct node widest = { .type = V_INT, .scale = 0 };
        for (int i = 0; i < n->n; i++) {
            const struct node *a = n->arg[i];
            if (a->kind == NODE_MISSING)
                continue;
            if (i == 0 || a->type == widest.type)
                widest.type = a->type;
            else
                widest.type = (a->type == V_INT || a->type == V_DEC) && (widest.type == V_INT || widest.type == V_DEC) ? V_DEC : V_NULL;
            if (a->scale < 0 || widest.scale < 0)
                widest.scale = -1;
            else if (a->scale > widest.scale)
                widest.scale = a->scale;
        }
        type_aggregate(n, &widest);
    }
    if (n->fn->type)
        n->fn->type(n);
}

static bool check_scalar_call(struct checker *c, struct node *n)
{
    const struct expr_fn *fn = n->fn;
    int least = fn_min_args(fn), most = fn_max_args(fn);
    if (n->n < least)
        return NODE_BAD(c->e, n->at, "type", "%s needs more: %s(%s)", fn->name, fn->name, fn->arguments);
    if (n->n > most)
        return NODE_BAD(c->e, n->at, "type", "%s takes fewer: %s(%s)", fn->name, fn->name, fn->arguments);
    for (int i = 0; i < n->n; i++)
        if (!check_node(c, n->arg[i]) || !check_argument(c, fn, n->arg[i], fn_param(fn, i)))
            return false;
    c->x->uses_now = c->x->uses_now || (fn->flags & FN_NOW);
    c->x->uses_me = c->x->uses_me || (fn->flags & FN_ME);
    c->x->uses_calendar = c->x->uses_calendar || (fn->flags & FN_CALENDAR);
    type_of_result(n);
    return true;
}

static bool check_call(struct checker *c, struct node *n)
{
    struct path        list;
    const struct node *where;
    if (may_aggregate(c, n) && (where = find_list(c, n->arg[0], &list)) != NULL)
        return check_list_aggregate(c, n, &list, where);
    bool groups = c->scope && c->scope->groups && !c->per_row;
    if (groups && n->fn->agg == AGG_COUNT && n->n == 0)
        return check_group_aggregate(c, n);
    if (groups && may_aggregate(c, n) && !holds_aggregate(c, n->arg[0]))
        return check_group_aggregate(c, n);
    return check_scalar_call(c, n);
}

/* ---- operators ------------------------------------------------------------------------------------------------ */

static bool is_number_type(enum vtype t) { return t == V_INT || t == V_DEC; }
static bool is_day_type(enum vtype t)    { return t == V_DATE || t == V_TIME; }

static int scale_max(int a, int b) { return a < 0 || b < 0 ? -1 : a > b ? a : b; }

static bool refuse_operands(struct checker *c, const struct node *n)
{
    for (int i = 0; i < n->n; i++) {
        const struct node *a = n->arg[i];
        if (a->type == V_REF)
            return NODE_BAD(c->e, a->at, "type", "A relation cannot be used in this way. Name a field of it, such as .name");
        if (a->type == V_LIST)
            return NODE_BAD(c->e, a->at, "type", "A list cannot be used in this way");
    }
    return true;
}

/* What + and - give; see arithmetic in eval.c, which it mirrors. */
static bool type_sum(struct checker *c, struct node *n)
{
    enum vtype a = n->arg[0]->type, b = n->arg[1]->type;
    if (a == V_BOOL)
        a = V_INT;
    if (b == V_BOOL)
        b = V_INT;
    if (is_number_type(a) && is_number_type(b)) {
        n->scale = scale_max(n->arg[0]->type == V_BOOL ? 0 : n->arg[0]->scale, n->arg[1]->type == V_BOOL ? 0 : n->arg[1]->scale);
        n->type = a == V_INT && b == V_INT ? V_INT : V_DEC;
        return true;
    }
    if (n->kind == NODE_ADD && is_day_type(a) && is_day_type(b))
        return NODE_BAD(c->e, n->at, "type", "Two dates cannot be added. Add a number of days to a date");
    n->type = V_NULL;
    if (is_day_type(a) && is_day_type(b))
        n->type = a == V_DATE && b == V_DATE ? V_INT : V_DEC;
    else if (is_day_type(a) && (b == V_INT || (b == V_DEC && a == V_TIME)))
        n->type = a;
    else if (n->kind == NODE_ADD && is_day_type(b) && (a == V_INT || (a == V_DEC && b == V_TIME)))
        n->type = b;
    else if (n->kind == NODE_SUB && is_day_type(b) && is_number_type(a))
        n->type = V_DEC;
    else if (!is_day_type(a) && !is_day_type(b) && a != V_NULL && b != V_NULL)
        n->type = V_DEC;            /* text as numbers */
    n->scale = n->type == V_INT ? 0 : -1;
    return true;
}

static void type_product(struct node *n)
{
    const struct node *a = n->arg[0], *b = n->arg[1];
    n->type = V_DEC;
    if (n->kind != NODE_MUL)
        return;
    if (a->type == V_INT && b->type == V_INT)
        n->type = V_INT;
    if (is_number_type(a->type) && is_number_type(b->type) && a->scale >= 0 && b->scale >= 0)
        n->scale = a->scale + b->scale;
}

static void type_unary(struct node *n)
{
    const struct node *a = n->arg[0];
    n->type = is_number_type(a->type) ? a->type : V_DEC;
    n->scale = is_number_type(a->type) ? a->scale : -1;
    if (n->kind == NODE_PLUS && !is_number_type(a->type)) {     /* +x is x */
        n->type = a->type;
        n->target = a->target;
    }
    if (n->kind == NODE_PERCENT) {
        n->type = V_DEC;
        n->scale = n->scale >= 0 ? n->scale + 2 : -1;
    }
}

static bool reads_fields(const struct node *n)
{
    if (n->kind == NODE_PATH || n->kind == NODE_ROW || n->kind == NODE_LIST || n->kind == NODE_GROUP)
        return true;
    for (int i = 0; i < n->n; i++)
        if (reads_fields(n->arg[i]))
            return true;
    return false;
}

static bool check_against_number(struct checker *c, const struct node *field, const struct node *number)
{
    if (field->type == V_BOOL && reads_fields(field))
        return NODE_BAD(c->e, number->at, "type", "A yes/no value is compared with a number. Write TRUE or FALSE");
    return true;
}

static bool check_against_text(struct checker *c, const struct node *field, const struct node *text)
{
    dec     d;
    int64_t us;
    if (text->v.u.s.n == 0 || !reads_fields(field) || (field->type == V_TIME && instant_parse(text->v.u.s, &us)))
        return true;
    if (is_number_type(field->type))
        return NODE_BAD(c->e, text->at, "type", "A number is compared with text. Write the number without quotes");
    if (field->type == V_BOOL)
        return NODE_BAD(c->e, text->at, "type", "A yes/no value is compared with text. Write TRUE or FALSE without quotes");
    if (is_day_type(field->type) && !text_serial(text->v.u.s, &d))
        return NODE_BAD(c->e, text->at, "type", "This is not a date. Write it as \"2026-01-31\"");
    return true;
}

/* Stored text is in NFC, so constants that are compared with it are made so. */
static void normalise(struct checker *c, struct node *n)
{
    if (n->kind == NODE_CONST && n->v.type == V_TEXT)
        n->v.u.s = text_nfc(c->mem, n->v.u.s);
}

static bool check_pair(struct checker *c, const struct node *at, struct node *a, struct node *b, bool order)
{
    enum vtype s = a->type, t = b->type;
    normalise(c, a);
    normalise(c, b);
    bool empty = (a->kind == NODE_CONST && s == V_TEXT && a->v.u.s.n == 0) || (b->kind == NODE_CONST && t == V_TEXT && b->v.u.s.n == 0);
    if (s == V_LIST || t == V_LIST) {
        if (order || (s != V_NULL && t != V_NULL && s != t && !empty))
            return NODE_BAD(c->e, at->at, "type", "A list cannot be compared in this way. Write \"code\" in field");
        return true;
    }
    if (s == V_REF || t == V_REF) {
        enum vtype other = s == V_REF ? t : s;
        if (order)
            return NODE_BAD(c->e, at->at, "type", "Relations have no order. Compare a field of them, such as .name");
        if (other == V_TEXT && !empty)
            return NODE_BAD(c->e, at->at, "type", "A relation is compared with text. Compare a field of it, such as .name, or its id");
        if (other != V_REF && other != V_INT && other != V_NULL && !empty)
            return NODE_BAD(c->e, at->at, "type", "A relation can be compared with a relation or an id only");
        if (s == V_REF && t == V_REF && a->target && b->target && a->target != b->target)
            return NODE_BAD(c->e, at->at, "type", "Relations to different modules are never equal");
        return true;
    }
    if (b->kind == NODE_CONST && is_number_type(t))
        return check_against_number(c, a, b);
    if (a->kind == NODE_CONST && is_number_type(s))
        return check_against_number(c, b, a);
    if (b->kind == NODE_CONST && t == V_TEXT)
        return check_against_text(c, a, b);
    return a->kind == NODE_CONST && s == V_TEXT ? check_against_text(c, b, a) : true;
}

static bool is_comparison(const struct node *n) { return n->kind >= NODE_EQ && n->kind <= NODE_GE; }

static bool check_comparison(struct checker *c, struct node *n)
{
    bool order = n->kind != NODE_EQ && n->kind != NODE_NE;
    n->type = V_BOOL;
    if (order && is_comparison(n->arg[0]) && n->arg[1]->type != V_BOOL)
        return NODE_BAD(c->e, n->at, "type", "Comparisons are not chained. Write a < b and b < c");
    return check_pair(c, n, n->arg[0], n->arg[1], order);
}

static bool check_in(struct checker *c, struct node *n)
{
    n->type = V_BOOL;
    if (n->kind == NODE_IN && n->n == 2 && n->arg[1]->type == V_LIST)
        n->kind = NODE_IN_LIST;
    if (n->kind == NODE_IN_LIST) {
        normalise(c, n->arg[0]);
        if (n->arg[1]->type != V_LIST && n->arg[1]->type != V_NULL)
            return NODE_BAD(c->e, n->arg[1]->at, "type", "After “in” stands a list: (\"a\", \"b\") or a field with several values");
        return n->arg[0]->type != V_LIST || NODE_BAD(c->e, n->arg[0]->at, "type", "A list cannot be used in this way");
    }
    for (int i = 1; i < n->n; i++)
        if (!check_pair(c, n->arg[i], n->arg[0], n->arg[i], false))
            return false;
    return true;
}

static bool check_operator(struct checker *c, struct node *n)
{
    n->scale = -1;
    switch (n->kind) {
    case NODE_EQ: case NODE_NE: case NODE_LT: case NODE_LE: case NODE_GT: case NODE_GE:
        return check_comparison(c, n);
    case NODE_IN: case NODE_IN_LIST:
        return check_in(c, n);
    case NODE_ADD: case NODE_SUB:
        return refuse_operands(c, n) && type_sum(c, n);
    case NODE_MUL: case NODE_DIV: case NODE_POW:
        type_product(n);
        return refuse_operands(c, n);
    case NODE_NEG: case NODE_PLUS: case NODE_PERCENT:
        type_unary(n);
        return refuse_operands(c, n);
    case NODE_CONCAT:
        n->type = V_TEXT;
        return refuse_operands(c, n);
    default:                    /* and, or, not */
        n->type = V_BOOL;
        for (int i = 0; i < n->n; i++)
            if (!check_condition(c, n->arg[i]))
                return false;
        return true;
    }
}

static bool check_node(struct checker *c, struct node *n)
{
    switch (n->kind) {
    case NODE_CONST:
        n->type = n->v.type == V_ERROR ? V_NULL : n->v.type;
        n->scale = n->type == V_INT ? 0 : n->type != V_DEC ? -1 : n->v.u.d.exp < 0 ? -n->v.u.d.exp : 0;
        return true;
    case NODE_MISSING:
        n->type = V_NULL;
        return true;
    case NODE_NAME: return check_name(c, n);
    case NODE_CALL: return check_call(c, n);
    default: break;
    }
    for (int i = 0; i < n->n; i++)
        if (!check_node(c, n->arg[i]))
            return false;
    return check_operator(c, n);
}

/* ---- the whole ------------------------------------------------------------------------------------------------ */

/* The aggregates' arguments become exprs of their own, with the slots of the whole. */
static const struct expr *part(struct checker *c, const struct node *n)
{
    if (!n)
        return NULL;
    struct expr *x = NEW(c->mem, struct expr);
    *x = *c->x;
    x->root = n;
    x->type = n->type;
    x->scale = n->scale;
    x->target = n->target;
    x->aggs = NULL;
    x->naggs = 0;
    return x;
}

bool expr_compile(str text, const struct scope *scope, struct arena *mem, const struct expr **out, struct err *e)
{
    struct expr   *x = NEW(mem, struct expr);
    struct checker c = { .scope = scope, .mem = mem, .e = e, .x = x, .list = -1 };
    struct node   *n = parse_formula(text, mem, e);
    if (!n || !check_node(&c, n))
        return false;
    x->root = n;
    x->type = n->type;
    x->scale = n->scale;
    x->target = n->target;
    for (int i = 0; i < x->naggs; i++) {
        x->aggs[i].arg = c.agg_node[i]->n ? part(&c, c.agg_node[i]->arg[0]) : NULL;
        x->aggs[i].when = part(&c, c.agg_node[i]->when);
    }
    *out = x;
    return true;
}
