/* node: the tree that the rooms' expr hides.  Written by parse.c, resolved and typed by check.c, then read-only.
 *
 * Invariants (of a checked tree)
 *   1. No NODE_NAME is left; slots, list and agg indices are within the expr's arrays.
 *   2. height of a node is one more than its highest argument's and at most NODE_MAX_HEIGHT, so recursion is bounded.
 *   3. NODE_AND, NODE_OR and NODE_CONCAT have two or more arguments, and their first is not of the same kind. */
#ifndef FORMULA_NODE_H
#define FORMULA_NODE_H
#include "formula/expr.h"

enum { NODE_MAX_HEIGHT = 200, NODE_MAX_ARGS = 255 };

enum node_kind {
    NODE_CONST,     /* v */
    NODE_MISSING,   /* an argument left out: IF(a,,b) */
    NODE_NAME,      /* parts: before checking */
    NODE_PATH,      /* slot of expr.paths */
    NODE_ROW,       /* slot of expr.lists[list].paths: of the row that an aggregate is at */
    NODE_CALL,      /* fn */
    NODE_LIST,      /* aggregate fn over expr.lists[list]: arg[0] per row (or absent: COUNT), when */
    NODE_GROUP,     /* expr.aggs[slot] */
    NODE_NOT, NODE_NEG, NODE_PLUS, NODE_PERCENT,            /* one argument */
    NODE_OR, NODE_AND, NODE_CONCAT,                         /* two or more */
    NODE_EQ, NODE_NE, NODE_LT, NODE_LE, NODE_GT, NODE_GE,   /* two */
    NODE_ADD, NODE_SUB, NODE_MUL, NODE_DIV, NODE_POW,       /* two */
    NODE_IN,        /* arg[0] in the others; NODE_IN_LIST: arg[0] in the list that arg[1] is */
    NODE_IN_LIST,
};

struct node {
    enum node_kind       kind;
    enum vtype           type;      /* static; V_NULL: unknown */
    int                  scale;     /* of V_DEC, or -1 */
    uint32_t             at;        /* byte offset in the text, for messages */
    int                  height;
    int                  n;
    struct node        **arg;
    struct node         *when;      /* NODE_LIST */
    const struct expr_fn *fn;       /* NODE_CALL, NODE_LIST */
    int                  slot, list;
    const void          *target;    /* of V_REF */
    struct value         v;         /* NODE_CONST */
    str                 *part;      /* NODE_NAME, and the called name of a NODE_CALL that was not found */
    int                  nparts;
};

/* parse.c: text to unchecked tree.  Messages are put into err as expr_compile promises. */
struct node *parse_formula(str text, struct arena *, struct err *);

/* The whole error path of the compiler: one problem with the byte offset, and the same words as the message.
 * err_test: argument 4 of NODE_BAD is a format */
str node_offset_text(struct arena *, size_t at);
#define NODE_BAD(e, offset, code, ...)                                          \
    (err_clear(e), err_set((e), ERR_INVALID, __VA_ARGS__),                      \
     err_problem((e), node_offset_text((e)->mem, (offset)), (code), __VA_ARGS__))
#endif
