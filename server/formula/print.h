/* print: canonical text of a tree; expr_print is its door, this one is for the SQL back end. */
#ifndef FORMULA_PRINT_H
#define FORMULA_PRINT_H
#include "formula/node.h"

/* The same text, but leaf is asked first at every node and may write something in its place. */
void print_leaves(const struct expr *, const struct node *, bool (*leaf)(void *arg, const struct node *, struct buf *), void *arg, struct buf *out);
#endif
