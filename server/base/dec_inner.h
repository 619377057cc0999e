/* dec_inner: what the dec_*.c files share.  Included by nobody else. */
#ifndef BASE_DEC_INNER_H
#define BASE_DEC_INNER_H
#include "base/dec.h"
#include "base/wide.h"

#define DEC_LIMIT   (wide_pow10[DEC_DIGITS])        /* 10^34: coefficients are below */
#define DEC_PLAIN   ((struct dec_how){ DEC_DIGITS, DEC_HALF_UP })

static inline u128 dec_coef(dec d) { return (u128)d.hi << 64 | d.lo; }
static inline dec dec_raw(bool neg, u128 c, int32_t exp)
{
    return (dec){ .lo = (uint64_t)c, .hi = (uint64_t)(c >> 64), .exp = exp, .neg = neg };
}
static inline dec dec_unsigned_zero(dec d)
{
    d.neg = d.neg && (d.lo | d.hi);
    return d;
}

/* c * 10^exp rounded to how.  sticky: the true value is a bit further from zero than c (by less than one
 * unit of c), and then c has more than how.precision digits. */
dec dec_finish(bool neg, u128 c, bool sticky, int64_t exp, struct dec_how how);
/* c / 10^k, rounded. */
u128 dec_cut(u128 c, int64_t k, bool sticky, bool neg, enum dec_round);
/* Takes trailing zeros off *c while *exp is below ideal. */
void dec_strip(u128 *c, int64_t *exp, int64_t ideal);
#endif
