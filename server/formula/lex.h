/* lex: formula text to tokens.  Full-width punctuation (，（）＝ …) counts as its ASCII twin, because Chinese keyboards write it. */
#ifndef FORMULA_LEX_H
#define FORMULA_LEX_H
#include "base/err.h"
#include "base/value.h"

enum token_kind {
    TOK_END, TOK_NUMBER, TOK_TEXT, TOK_ERROR, TOK_NAME,
    TOK_OPEN, TOK_CLOSE, TOK_COMMA, TOK_DOT,
    TOK_PLUS, TOK_MINUS, TOK_STAR, TOK_SLASH, TOK_CARET, TOK_AMP, TOK_PERCENT,
    TOK_EQ, TOK_NE, TOK_LT, TOK_LE, TOK_GT, TOK_GE,
};
struct token {
    enum token_kind kind;
    size_t          at, end;    /* bytes of the text */
    str             name;       /* TOK_NAME, in NFC */
    struct value    v;          /* TOK_NUMBER, TOK_TEXT, TOK_ERROR */
};
struct lexer {
    str           text;
    size_t        at;
    struct arena *mem;
    struct err   *e;
    struct token  tok;          /* the current one */
};
void lex_init(struct lexer *, str text, struct arena *, struct err *);
bool lex_next(struct lexer *);      /* false: err is set */
#endif
