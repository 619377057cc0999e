/* dec: exact decimals, for money and everything else that is counted.
 *
 * A dec is (-1)^neg * c * 10^exp with 0 <= c < 10^34 (34 digits, as decimal128).
 * Sums and products that fit are exact; what does not fit is rounded once, half away
 * from zero, to 34 digits, and dec_* with a struct dec_how say precision and rounding.
 * Zero is never negative in results of the plain functions.
 * Exponents stay within +-DEC_EXP_MAX: a larger result becomes the largest number there is, a smaller one zero;
 * what is beyond +-6144 is no number to users (dec_parse refuses it, dec_in_range says so).
 * Source of the arithmetic: General Decimal Arithmetic 1.70, subset without NaN,
 * infinities and exponent limits; checked by the decimal suite. */
#ifndef BASE_DEC_H
#define BASE_DEC_H
#include "base/arena.h"

typedef struct { uint64_t lo, hi; int32_t exp; bool neg; } dec;

enum dec_round {
    DEC_HALF_UP,        /* half away from zero: the house rule */
    DEC_HALF_EVEN, DEC_HALF_DOWN, DEC_UP, DEC_DOWN, DEC_CEILING, DEC_FLOOR, DEC_05UP,
};
struct dec_how { int precision; enum dec_round round; };   /* precision 1..34 digits */

enum { DEC_DIGITS = 34, DEC_TEXT_MAX = 48, DEC_EXP_MAX = 1000000 };

#define DEC_ZERO ((dec){ 0, 0, 0, false })

dec  dec_of_i64(int64_t);
dec  dec_of_units(int64_t units, int scale);    /* units / 10^scale: how columns hold decimals */
/* units of the value rounded half away to scale; false when it does not fit 64 bits */
bool dec_to_units(dec, int scale, int64_t *units);
bool dec_exact_units(dec, int scale, int64_t *units);  /* the same, false as well when digits would be lost */
bool dec_to_i64(dec, int64_t *out);             /* false unless integral and in range */
double dec_to_double(dec);                      /* for functions that are irrational anyway */
bool dec_of_double(double, dec *out);           /* 15 significant digits; false for NaN and infinities */

/* Text: digits, one point, optional e/E exponent, optional sign; nothing else.  False when it is
 * not a number, has more than 34 significant digits (leading zeros do not count, nor do
 * zeros behind the 34th), or an exponent beyond
 * +-6144 (of the last digit: 1.5e10 has the exponent 9). */
bool dec_parse(str, dec *out);
str  dec_text(struct arena *, dec);             /* plain notation without exponent while it has at most 40 digits; trailing zeros kept */
int  dec_text_into(char out[DEC_TEXT_MAX], dec);/* the same, returns the length; longer ones get an exponent */
str  dec_text_scientific(struct arena *, dec);  /* to-scientific-string of the standard, for the suite */
str  dec_text_fixed(struct arena *, dec, int scale); /* exactly scale decimals, rounded half away */

int  dec_cmp(dec, dec);                         /* by value: 1 = 1.0 */
bool dec_is_zero(dec);
bool dec_is_int(dec);
bool dec_in_range(dec);                         /* below 10^6145 in size: what formulas call a number */
int  dec_digits(dec);                           /* significant digits of the coefficient, 1 for zero */
dec  dec_neg(dec);
dec  dec_abs(dec);
dec  dec_trim(dec);                             /* one form per value: no trailing zeros, but integers of up to 34 digits have exp 0 */

dec  dec_add(dec, dec);
dec  dec_sub(dec, dec);
dec  dec_mul(dec, dec);
bool dec_div(dec, dec, dec *out);               /* false: divided by zero */
bool dec_divint(dec, dec, dec *out);            /* truncated quotient; of one beyond 34 digits the first 34 */
bool dec_rem(dec, dec, dec *out);               /* a - b * truncated(a/b), sign of a; always exact */
dec  dec_round(dec, int scale, enum dec_round); /* to at most scale decimals (adds no zeros); scale may be negative */
bool dec_pow_i(dec, int64_t n, dec *out);       /* exact while it fits, else 34 digits (the last may be off for n in the hundreds);
                                                   0^0 is 1; false on 0^-n or overflow */
bool dec_sqrt(dec, dec *out);                   /* 34 digits, exact where it can be; false for negatives */

/* The same with explicit precision and rounding, keeping the sign of zero as the standard does: used by
 * the suite and wherever a policy names its own rounding. */
dec  dec_add_how(dec, dec, struct dec_how);
dec  dec_sub_how(dec, dec, struct dec_how);
dec  dec_mul_how(dec, dec, struct dec_how);
bool dec_div_how(dec, dec, struct dec_how, dec *out);
dec  dec_plus_how(dec, struct dec_how);
bool dec_divint_how(dec, dec, struct dec_how, dec *out);
bool dec_rem_how(dec, dec, struct dec_how, dec *out);
dec  dec_quantize(dec, int32_t exp, enum dec_round);  /* to this exponent, zeros added; unchanged when they would not fit */

/* Splits total (in units) by non-negative weights so that the parts sum to it exactly: each gets
 * floor(total * weight / sum), and the units left over go to the largest remainders, ties to the lower index;
 * callers order by a stable key.  Exact for weights that span up to 37 digits; of wider ones the smallest lose
 * their tails.  False when all weights are zero or one is negative. */
bool dec_allocate(int64_t total_units, const dec *weights, size_t n, int64_t *parts);
#endif
