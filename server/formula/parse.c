/* parse: tokens to a tree, by precedence climbing.  From loose to tight:
 *     or   and   not   = <> < <= > >= in   &   + -   * /   ^   unary + -   %
 * so -2^2 is 4, as in spreadsheets, and 2^-1 is a half.  All operators group to the left; and, or and & are kept as
 * one node with many arguments, so that long chains are wide and not deep.
 *
 * Nesting is bounded (EXPR_MAX_DEPTH) and so is the height of the tree (NODE_MAX_HEIGHT): what walks trees may recurse. */
#include "base/check.h"
#include "base/text.h"
#include "formula/fn.h"
#include "formula/lex.h"

#include <stdio.h>
#include <string.h>

enum level { LEVEL_OR = 1, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_CONCAT, LEVEL_ADD, LEVEL_MUL, LEVEL_POW, LEVEL_UNARY };

struct parser {
    struct lexer l;
    int          depth;
};

static struct node *parse_level(struct parser *, enum level);

str node_offset_text(struct arena *mem, size_t at) { return str_printf(mem, "%zu", at); }

/* ---- building ------------------------------------------------------------------------------------------------- */

static struct node *node_new(struct parser *p, enum node_kind kind, size_t at)
{
    struct node *n = NEW(p->l.mem, struct node);
    n->kind = kind;
    n->at = (uint32_t)at;
    n->scale = -1;
    n->height = 1;
    n->slot = n->list = -1;
    return n;
}

static bool node_add(struct parser *p, struct node *n, struct node *arg)
{
    if ((n->n & (n->n - 1)) == 0) {         /* room is a power of two, at least 2 */
        struct node **more = NEWV(p->l.mem, struct node *, n->n < 2 ? 2 : (size_t)n->n * 2);
        if (n->n)
            memcpy(more, n->arg, (size_t)n->n * sizeof *more);
        n->arg = more;
    }
    n->arg[n->n++] = arg;
    if (arg->height >= n->height)
        n->height = arg->height + 1;
    return n->height <= NODE_MAX_HEIGHT || NODE_BAD(p->l.e, n->at, "limit", "The formula is nested too deeply");
}

static struct node *unary(struct parser *p, enum node_kind kind, size_t at, struct node *arg)
{
    struct node *n = node_new(p, kind, at);
    return arg && node_add(p, n, arg) ? n : NULL;
}

static struct node *binary(struct parser *p, enum node_kind kind, size_t at, struct node *a, struct node *b)
{
    bool many = kind == NODE_AND || kind == NODE_OR || kind == NODE_CONCAT;
    if (!a || !b)
        return NULL;
    if (many && a->kind == kind)
        return node_add(p, a, b) ? a : NULL;
    struct node *n = node_new(p, kind, at);
    return node_add(p, n, a) && node_add(p, n, b) ? n : NULL;
}

/* ---- tokens --------------------------------------------------------------------------------------------------- */

static bool is_word(const struct parser *p, const char *word)
{
    return p->l.tok.kind == TOK_NAME && str_eq_nocase(p->l.tok.name, str_of(word));
}

static struct node *unexpected(struct parser *p)
{
    if (p->l.tok.kind == TOK_END) {
        NODE_BAD(p->l.e, p->l.tok.at, "syntax", "Something is missing at the end of the formula");
        return NULL;
    }
    str shown = str_sub(p->l.text, p->l.tok.at, p->l.tok.end);
    if (shown.n > 60)
        shown = str_sub(shown, 0, text_offset(shown, 20));
    NODE_BAD(p->l.e, p->l.tok.at, "syntax", "“" STR_FMT "” is not expected here", STR_ARG(shown));
    return NULL;
}

static bool expect_close(struct parser *p)
{
    if (p->l.tok.kind == TOK_CLOSE)
        return lex_next(&p->l);
    if (p->l.tok.kind == TOK_END)
        return NODE_BAD(p->l.e, p->l.tok.at, "syntax", "A closing parenthesis is missing");
    unexpected(p);
    return false;
}

/* ---- operands ------------------------------------------------------------------------------------------------- */

static struct node *parse_constant(struct parser *p)
{
    struct node *n = node_new(p, NODE_CONST, p->l.tok.at);
    n->v = p->l.tok.v;
    return lex_next(&p->l) ? n : NULL;
}

static struct node *parse_boolean(struct parser *p, bool value)
{
    struct node *n = node_new(p, NODE_CONST, p->l.tok.at);
    n->v = v_bool(value);
    return lex_next(&p->l) ? n : NULL;
}

/* The arguments behind "(", which is the current token; an empty one is NODE_MISSING. */
static bool parse_arguments(struct parser *p, struct node *call)
{
    if (!lex_next(&p->l))
        return false;
    if (p->l.tok.kind == TOK_CLOSE)
        return lex_next(&p->l);
    for (;;) {
        bool         none = p->l.tok.kind == TOK_COMMA || p->l.tok.kind == TOK_CLOSE;
        struct node *arg = none ? node_new(p, NODE_MISSING, p->l.tok.at) : parse_level(p, LEVEL_OR);
        if (!arg || !node_add(p, call, arg))
            return false;
        if (call->n > NODE_MAX_ARGS)
            return NODE_BAD(p->l.e, arg->at, "limit", "A function takes at most %d arguments", NODE_MAX_ARGS);
        if (p->l.tok.kind != TOK_COMMA)
            return expect_close(p);
        if (!lex_next(&p->l))
            return false;
    }
}

static str joined(struct parser *p, const struct node *name)
{
    str s = name->part[0];
    for (int i = 1; i < name->nparts; i++)
        s = str_printf(p->l.mem, STR_FMT "." STR_FMT, STR_ARG(s), STR_ARG(name->part[i]));
    return s;
}

static struct node *parse_call(struct parser *p, struct node *name)
{
    str called = joined(p, name);
    name->kind = NODE_CALL;
    name->fn = fn_find(called);
    if (!name->fn) {
        const char *near = fn_nearest(called);
        if (near)
            NODE_BAD(p->l.e, name->at, "name", "There is no function “" STR_FMT "”. Did you mean %s?", STR_ARG(called), near);
        else
            NODE_BAD(p->l.e, name->at, "name", "There is no function “" STR_FMT "”", STR_ARG(called));
        return NULL;
    }
    if (!parse_arguments(p, name))
        return NULL;
    if (strcmp(name->fn->name, "NOT") == 0 && name->n == 1 && name->arg[0]->kind != NODE_MISSING) {
        name->kind = NODE_NOT;              /* the function is the operator */
        name->fn = NULL;
    }
    return name;
}

/* partner.region.name, SUM(…), CEILING.MATH(…) */
static struct node *parse_name(struct parser *p)
{
    struct node *n = node_new(p, NODE_NAME, p->l.tok.at);
    n->part = NEWV(p->l.mem, str, PATH_MAX_STEPS);
    for (;;) {
        if (n->nparts == PATH_MAX_STEPS) {
            NODE_BAD(p->l.e, n->at, "limit", "A path has at most %d steps", PATH_MAX_STEPS);
            return NULL;
        }
        n->part[n->nparts++] = p->l.tok.name;
        if (!lex_next(&p->l))
            return NULL;
        if (p->l.tok.kind != TOK_DOT)
            break;
        if (!lex_next(&p->l))
            return NULL;
        if (p->l.tok.kind != TOK_NAME)
            return unexpected(p);
    }
    return p->l.tok.kind == TOK_OPEN ? parse_call(p, n) : n;
}

static bool open_follows(const struct parser *p)
{
    struct lexer ahead = p->l;
    struct err   none;
    err_init(&none, p->l.mem, LANG_EN);
    ahead.e = &none;
    return lex_next(&ahead) && ahead.tok.kind == TOK_OPEN;
}

static struct node *parse_operand(struct parser *p)
{
    switch (p->l.tok.kind) {
    case TOK_NUMBER: case TOK_TEXT: case TOK_ERROR:
        return parse_constant(p);
    case TOK_OPEN: {
        if (!lex_next(&p->l))
            return NULL;
        struct node *n = parse_level(p, LEVEL_OR);
        return n && expect_close(p) ? n : NULL;
    }
    case TOK_NAME:
        if ((is_word(p, "true") || is_word(p, "false")) && !open_follows(p))
            return parse_boolean(p, is_word(p, "true"));
        if ((is_word(p, "and") || is_word(p, "or") || is_word(p, "in")) && !open_follows(p))
            return unexpected(p);
        return parse_name(p);
    default:
        return unexpected(p);
    }
}

static struct node *parse_postfix(struct parser *p)
{
    struct node *n = parse_operand(p);
    while (n && p->l.tok.kind == TOK_PERCENT) {
        n = unary(p, NODE_PERCENT, p->l.tok.at, n);
        if (n && !lex_next(&p->l))
            return NULL;
    }
    return n;
}

/* ---- operators ------------------------------------------------------------------------------------------------ */

static bool operator_of(const struct parser *p, enum node_kind *kind, enum level *level)
{
    static const struct { enum token_kind tok; enum node_kind kind; enum level level; } table[] = {
        { TOK_EQ, NODE_EQ, LEVEL_COMPARE }, { TOK_NE, NODE_NE, LEVEL_COMPARE },
        { TOK_LT, NODE_LT, LEVEL_COMPARE }, { TOK_LE, NODE_LE, LEVEL_COMPARE },
        { TOK_GT, NODE_GT, LEVEL_COMPARE }, { TOK_GE, NODE_GE, LEVEL_COMPARE },
        { TOK_AMP, NODE_CONCAT, LEVEL_CONCAT },
        { TOK_PLUS, NODE_ADD, LEVEL_ADD }, { TOK_MINUS, NODE_SUB, LEVEL_ADD },
        { TOK_STAR, NODE_MUL, LEVEL_MUL }, { TOK_SLASH, NODE_DIV, LEVEL_MUL },
        { TOK_CARET, NODE_POW, LEVEL_POW },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].tok == p->l.tok.kind) {
            *kind = table[i].kind;
            *level = table[i].level;
            return true;
        }
    bool or = is_word(p, "or"), and = is_word(p, "and"), in = is_word(p, "in") || is_word(p, "not");
    *kind = or ? NODE_OR : and ? NODE_AND : NODE_IN;
    *level = or ? LEVEL_OR : and ? LEVEL_AND : LEVEL_COMPARE;
    return or || and || in;
}

/* x in ("a", "b"), x in field, x not in (…); the current token is `in` or `not` */
static struct node *parse_in(struct parser *p, struct node *x)
{
    bool   not = is_word(p, "not");
    size_t at = p->l.tok.at;
    if (not && (!lex_next(&p->l) || !is_word(p, "in")))
        return p->l.e->kind ? NULL : unexpected(p);
    if (!lex_next(&p->l))
        return NULL;
    struct node *n = node_new(p, NODE_IN, at);
    if (!node_add(p, n, x))
        return NULL;
    if (p->l.tok.kind != TOK_OPEN) {
        struct node *field = parse_level(p, LEVEL_CONCAT);
        n->kind = NODE_IN_LIST;
        if (!field || !node_add(p, n, field))
            return NULL;
        return not ? unary(p, NODE_NOT, at, n) : n;
    }
    do {
        if (!lex_next(&p->l))
            return NULL;
        struct node *item = parse_level(p, LEVEL_OR);
        if (!item || !node_add(p, n, item))
            return NULL;
    } while (p->l.tok.kind == TOK_COMMA);
    if (!expect_close(p))
        return NULL;
    return not ? unary(p, NODE_NOT, at, n) : n;
}

static struct node *parse_prefix(struct parser *p, enum level least)
{
    size_t at = p->l.tok.at;
    bool   minus = p->l.tok.kind == TOK_MINUS, plus = p->l.tok.kind == TOK_PLUS;
    if (minus || plus) {
        if (!lex_next(&p->l))
            return NULL;
        return unary(p, minus ? NODE_NEG : NODE_PLUS, at, parse_level(p, LEVEL_UNARY));
    }
    if (is_word(p, "not") && !open_follows(p)) {
        if (least > LEVEL_NOT)
            return unexpected(p);
        if (!lex_next(&p->l))
            return NULL;
        return unary(p, NODE_NOT, at, parse_level(p, LEVEL_NOT));
    }
    return parse_postfix(p);
}

static struct node *parse_level(struct parser *p, enum level least)
{
    if (p->depth++ >= 2 * EXPR_MAX_DEPTH) {         /* 1+(1+(… takes two a step */
        NODE_BAD(p->l.e, p->l.tok.at, "limit", "The formula is nested too deeply");
        return NULL;
    }
    struct node   *left = parse_prefix(p, least);
    enum node_kind kind;
    enum level     level;
    while (left && operator_of(p, &kind, &level) && level >= least) {
        size_t at = p->l.tok.at;
        if (kind == NODE_IN) {
            left = parse_in(p, left);
            continue;
        }
        if (!lex_next(&p->l))
            return NULL;
        left = binary(p, kind, at, left, parse_level(p, level + 1));
    }
    p->depth--;
    return left;
}

struct node *parse_formula(str text, struct arena *mem, struct err *e)
{
    struct parser p = { 0 };
    if (text.n > EXPR_MAX_BYTES) {
        NODE_BAD(e, EXPR_MAX_BYTES, "limit", "The formula is longer than %d bytes", EXPR_MAX_BYTES);
        return NULL;
    }
    if (!text_valid(text)) {
        NODE_BAD(e, 0, "syntax", "The formula is not valid UTF-8 text");
        return NULL;
    }
    lex_init(&p.l, text, mem, e);
    if (!lex_next(&p.l) || (p.l.tok.kind == TOK_EQ && !lex_next(&p.l)))
        return NULL;
    if (p.l.tok.kind == TOK_END) {
        NODE_BAD(e, 0, "syntax", "The formula is empty");
        return NULL;
    }
    struct node *n = parse_level(&p, LEVEL_OR);
    if (n && p.l.tok.kind != TOK_END)
        return unexpected(&p);
    CHECK(!n || n->height <= NODE_MAX_HEIGHT);
    return n;
}
