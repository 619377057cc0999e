/* lex: see lex.h.  The text is valid UTF-8 when it arrives here. */
#include "formula/lex.h"
#include "base/text.h"
#include "formula/node.h"

#include <string.h>

/* ---- characters ------------------------------------------------------------------------------------------------ */

/* The ASCII meaning of other punctuation; 0: none. */
static char ascii_twin(int32_t cp)
{
    switch (cp) {
    case 0x3000: case 0x00A0: case 0x202F: case 0xFEFF: return ' ';
    case 0x00D7: return '*';
    case 0x00F7: return '/';
    case 0x2212: return '-';
    default: break;
    }
    if (cp >= 0x2000 && cp <= 0x200A)
        return ' ';
    if (cp >= 0xFF01 && cp <= 0xFF5E) {
        char c = (char)(cp - 0xFF01 + '!');
        return strchr("%&()*+,-/<=>^", c) ? c : 0;
    }
    return 0;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Letters of any script, roughly: what is not punctuation, a space or a symbol.  The scope decides what names exist. */
static bool is_letter(int32_t cp)
{
    static const struct { int32_t from, to; } not_letters[] = {
        { 0x80, 0xA9 }, { 0xAB, 0xB4 }, { 0xB6, 0xB9 }, { 0xBB, 0xBF }, { 0xD7, 0xD7 }, { 0xF7, 0xF7 },
        { 0x2000, 0x206F }, { 0x20A0, 0x20CF }, { 0x2190, 0x2BFF }, { 0x2E00, 0x2E7F },
        { 0x3000, 0x3004 }, { 0x3008, 0x3020 }, { 0x3030, 0x3030 }, { 0xD800, 0xF8FF },
        { 0xFE10, 0xFE1F }, { 0xFE30, 0xFE6F }, { 0xFEFF, 0xFEFF }, { 0xFF00, 0xFF0F }, { 0xFF1A, 0xFF20 },
        { 0xFF3B, 0xFF3E }, { 0xFF40, 0xFF40 }, { 0xFF5B, 0xFF65 }, { 0xFFE0, 0xFFFF }, { 0x1F000, 0x1FAFF },
    };
    if (cp < 0x80)
        return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || cp == '_';
    for (size_t i = 0; i < sizeof not_letters / sizeof not_letters[0]; i++)
        if (cp >= not_letters[i].from && cp <= not_letters[i].to)
            return false;
    return true;
}

/* The character at `at`, punctuation as its ASCII twin; *next behind it.  0 at the end. */
static int32_t peek(const struct lexer *l, size_t at, size_t *next)
{
    *next = at;
    if (at >= l->text.n)
        return 0;
    int32_t cp = text_next(l->text, next);
    char    c = cp < 0x80 ? 0 : ascii_twin(cp);
    return c ? c : cp;
}

/* ---- tokens ---------------------------------------------------------------------------------------------------- */

static bool lex_number(struct lexer *l)
{
    size_t at = l->at, n = l->text.n;
    const char *p = l->text.p;
    while (at < n && is_digit(p[at]))
        at++;
    if (at < n && p[at] == '.') {
        at++;
        while (at < n && is_digit(p[at]))
            at++;
    }
    if (at < n && (p[at] == 'e' || p[at] == 'E')) {
        size_t exp = at + 1;
        if (exp < n && (p[exp] == '+' || p[exp] == '-'))
            exp++;
        if (exp < n && is_digit(p[exp])) {
            while (exp < n && is_digit(p[exp]))
                exp++;
            at = exp;
        }
    }
    str s = str_sub(l->text, l->at, at);
    if (s.p[s.n - 1] == '.')            /* 5. is 5 */
        s.n--;
    dec d;
    if (!dec_parse(s, &d))
        return NODE_BAD(l->e, l->at, "limit", "This number has more than 34 digits");
    int64_t i;
    bool    whole = d.exp >= 0 && dec_to_i64(d, &i);
    l->tok = (struct token){ TOK_NUMBER, l->at, at, .v = whole ? v_int(i) : v_dec(d) };
    l->at = at;
    return true;
}

/* The closing quote, or the end of the text. */
static size_t closing_quote(str text, size_t at)
{
    for (; at < text.n; at++)
        if (text.p[at] == '"') {
            if (at + 1 >= text.n || text.p[at + 1] != '"')
                return at;
            at++;
        }
    return text.n;
}

static bool lex_text(struct lexer *l)
{
    size_t from = l->at + 1, to = closing_quote(l->text, from), k = 0;
    if (to == l->text.n)
        return NODE_BAD(l->e, l->at, "syntax", "The text that begins here has no closing quote");
    char *out = arena_alloc(l->mem, to - from + 1);
    for (size_t at = from; at < to; at++) {
        out[k++] = l->text.p[at];
        at += l->text.p[at] == '"';
    }
    l->tok = (struct token){ TOK_TEXT, l->at, to + 1, .v = v_text((str){ out, k }) };
    l->at = to + 1;
    return true;
}

static bool lex_name(struct lexer *l)
{
    size_t at = l->at, next;
    for (;;) {
        size_t before = at;
        if (before >= l->text.n)
            break;
        next = before;
        int32_t cp = text_next(l->text, &next);
        if (!is_letter(cp) && !(cp >= '0' && cp <= '9'))
            break;
        at = next;
    }
    str s = str_sub(l->text, l->at, at);
    l->tok = (struct token){ TOK_NAME, l->at, at, .name = text_nfc(l->mem, s) };
    l->at = at;
    return true;
}

static bool lex_error(struct lexer *l)
{
    static const enum verror all[] = { VE_VALUE, VE_DIV0, VE_NA, VE_NUM, VE_NAME, VE_REF };
    str rest = str_sub(l->text, l->at, l->text.n);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        str code = str_of(verror_text(all[i]));
        if (rest.n >= code.n && str_eq_nocase(str_sub(rest, 0, code.n), code)) {
            l->tok = (struct token){ TOK_ERROR, l->at, l->at + code.n, .v = v_error(all[i]) };
            l->at += code.n;
            return true;
        }
    }
    return NODE_BAD(l->e, l->at, "syntax", "“%s” is not expected here", "#");
}

static enum token_kind simple(int32_t c)
{
    switch (c) {
    case '(': return TOK_OPEN;
    case ')': return TOK_CLOSE;
    case ',': return TOK_COMMA;
    case '.': return TOK_DOT;
    case '+': return TOK_PLUS;
    case '-': return TOK_MINUS;
    case '*': return TOK_STAR;
    case '/': return TOK_SLASH;
    case '^': return TOK_CARET;
    case '&': return TOK_AMP;
    case '%': return TOK_PERCENT;
    case '=': return TOK_EQ;
    case '<': return TOK_LT;
    case '>': return TOK_GT;
    case 0x2260: return TOK_NE;
    case 0x2264: return TOK_LE;
    case 0x2265: return TOK_GE;
    default:  return TOK_END;
    }
}

static bool lex_operator(struct lexer *l, int32_t c, size_t next)
{
    size_t          after;
    int32_t         second = peek(l, next, &after);
    enum token_kind k = simple(c);
    bool            two = true;
    if (c == '=' && second == '=')
        k = TOK_EQ;
    else if ((c == '<' && second == '>') || (c == '!' && second == '='))
        k = TOK_NE;
    else if (c == '<' && second == '=')
        k = TOK_LE;
    else if (c == '>' && second == '=')
        k = TOK_GE;
    else
        two = false;
    size_t end = two ? after : next;
    if (k == TOK_END) {
        if ((c >= 0x2018 && c <= 0x201F) || c == '\'' || c == 0xFF02)
            return NODE_BAD(l->e, l->at, "syntax", "Texts stand in straight double quotes: \"text\"");
        str shown = str_sub(l->text, l->at, next);
        return NODE_BAD(l->e, l->at, "syntax", "“" STR_FMT "” is not expected here", STR_ARG(shown));
    }
    l->tok = (struct token){ k, l->at, end };
    l->at = end;
    return true;
}

void lex_init(struct lexer *l, str text, struct arena *mem, struct err *e)
{
    *l = (struct lexer){ .text = text, .mem = mem, .e = e };
}

bool lex_next(struct lexer *l)
{
    size_t  next;
    int32_t c;
    while ((c = peek(l, l->at, &next)) == ' ' || c == '\t' || c == '\r' || c == '\n')
        l->at = next;
    if (l->at >= l->text.n) {
        l->tok = (struct token){ TOK_END, l->text.n, l->text.n };
        return true;
    }
    char raw = l->text.p[l->at];
    if (is_digit(raw) || (raw == '.' && l->at + 1 < l->text.n && is_digit(l->text.p[l->at + 1])))
        return lex_number(l);
    if (raw == '"')
        return lex_text(l);
    if (raw == '#')
        return lex_error(l);
    return is_letter(c) ? lex_name(l) : lex_operator(l, c, next);
}
