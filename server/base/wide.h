/* wide: unsigned integers of 128 and 256 bits, the ground that dec stands on.  Pure; no libc.
 * Division of 128 bits is spelled out here because the browser build has no runtime for it; use
 * wide_divmod, never / and % on u128. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H
#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128;
struct wide { u128 hi, lo; };                       /* hi * 2^128 + lo */

enum { WIDE_POW10S = 39 };                          /* 10^0 .. 10^38 */
extern const u128     wide_pow10[WIDE_POW10S];
extern const uint64_t wide_pow10_64[20];            /* 10^0 .. 10^19 */

int  wide_bits(u128);                               /* position of the highest bit, from 1; 0 for 0 */
int  wide_digits(u128);                             /* decimal digits; 1 for 0 */
u128 wide_divmod(u128 n, u128 d, u128 *rem);        /* d != 0 */
struct wide wide_mul(u128, u128);
struct wide wide_scale(u128 x, int k);              /* x * 10^k, of at most 76 digits; x of at most 38 */
u128 wide_div(struct wide n, u128 d, u128 *rem);    /* n.hi < d, so that the quotient fits */
/* n / 10^k for the smallest k that leaves at most 126 bits; then at least 37 digits are left when k > 0.
 * *lost: digits other than 0 were cut off. */
u128 wide_shrink(struct wide n, int *k, bool *lost);
uint64_t wide_div64(uint64_t hi, uint64_t lo, uint64_t d, uint64_t *rem);   /* hi < d */
#endif
