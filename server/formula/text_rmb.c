/* text_rmb: amounts in capital numerals.  Rules: the 支付结算办法 (Annex 1): 零 stands once for zeros between digits, not at the end
 * of a group; 整 follows 元 or 角, never 分; a zero 角 before 分 is written 零. */
#include "formula/text_format.h"

static const char *const digit[] = { "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖" };

/* Four digits: 1050 -> 壹仟零伍拾.  *zero: a 零 is due before the next digit that is not zero. */
static void group(struct buf *b, int n, bool *zero)
{
    static const struct { int worth; const char *unit; } places[] = { { 1000, "仟" }, { 100, "佰" }, { 10, "拾" }, { 1, "" } };
    for (int i = 0; i < 4; i++) {
        int d = n / places[i].worth % 10;
        if (d == 0) {
            *zero = *zero || b->n > 0;
            continue;
        }
        if (*zero)
            buf_putz(b, digit[0]);
        *zero = false;
        buf_putz(b, digit[d]);
        buf_putz(b, places[i].unit);
    }
}

static void yuan(struct buf *b, int64_t n)
{
    static const struct { int64_t worth; const char *unit; } groups[] = {
        { INT64_C(1000000000000), "万" }, { 100000000, "亿" }, { 10000, "万" }, { 1, "" },
    };
    bool zero = false;
    for (int i = 0; i < 4; i++) {
        int g = (int)(n / groups[i].worth % 10000);
        if (g == 0) {
            zero = zero || b->n > 0;
            if (i == 1 && n >= INT64_C(1000000000000))     /* 万亿 with nothing below */
                buf_putz(b, "亿");
            continue;
        }
        group(b, g, &zero);
        buf_putz(b, groups[i].unit);
        zero = zero && g % 10 == 0;
    }
}

struct value text_rmb(struct ev *ev, dec amount)
{
    int64_t fen;
    if (!dec_to_units(dec_abs(amount), 2, &fen) || fen >= INT64_C(1000000000000000000))
        return v_error(VE_NUM);
    char *out = ev_text(ev, 400);
    if (!out)
        return v_error(VE_VALUE);
    struct buf number, b;
    buf_init(&number, ev->env->mem);
    buf_init(&b, ev->env->mem);
    if (amount.neg && fen)
        buf_putz(&b, "负");
    yuan(&number, fen / 100);
    buf_put(&b, buf_str(&number));
    if (number.n)
        buf_putz(&b, "元");
    int jiao = (int)(fen / 10 % 10), cents = (int)(fen % 10);
    if (fen == 0)
        buf_putz(&b, "零元");
    if (jiao) {
        buf_putz(&b, digit[jiao]);
        buf_putz(&b, "角");
    } else if (cents && number.n)
        buf_putz(&b, digit[0]);
    if (cents) {
        buf_putz(&b, digit[cents]);
        buf_putz(&b, "分");
    } else
        buf_putz(&b, "整");
    return v_text(buf_str(&b));
}
