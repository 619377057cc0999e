/* text_format: numbers and dates as people read them: TEXT(), FIXED() and 人民币大写. */
#ifndef FORMULA_TEXT_FORMAT_H
#define FORMULA_TEXT_FORMAT_H
#include "formula/fn.h"

/* The format codes of spreadsheets: 0 # ? , . % E+00, sections by ;, "text" \c _c *c [h], yyyy yy m mm mmm mmmm d dd ddd dddd
 * aaa aaaa (周, 星期) h hh m mm s ss AM/PM 上午/下午, @.  #VALUE! for what is too long. */
struct value text_format(struct ev *, const struct value *, str format);
/* Rounded to `digits` decimals (negative: tens, hundreds), with or without commas. */
struct value text_fixed(struct ev *, dec, int digits, bool commas);
/* 1234.5 -> 壹仟贰佰叁拾肆元伍角整, by the rules of 《正确填写票据和结算凭证的基本规定》; below 10^16, else #NUM!. */
struct value text_rmb(struct ev *, dec);
#endif
