/* dec_math: powers, roots, and the border to binary floating point (dec.h).
 *
 * Powers are kept to 37 digits or more between steps, so that 34 are good at the end.  Conversions work on a
 * 128-bit mantissa with a binary exponent and round once. */
#include "base/check.h"
#include "base/dec_inner.h"

#include <string.h>

/* ---- powers --------------------------------------------------------------------------------------- */

struct power { u128 c; int64_t exp; };      /* c below 2^126 */

static struct power product(struct power a, struct power b)
{
    int k;
    bool lost;
    u128 c = wide_shrink(wide_mul(a.c, b.c), &k, &lost);
    return (struct power){ c, a.exp + b.exp + k };
}

static bool too_far(struct power p) { return p.exp > DEC_EXP_MAX || p.exp < -DEC_EXP_MAX; }

bool dec_pow_i(dec a, int64_t n, dec *out)
{
    bool neg = a.neg && (n & 1);
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
    struct power base = { dec_coef(a), a.exp }, r = { 1, 0 };
    if (base.c == 0) {
        *out = n == 0 ? dec_of_i64(1) : DEC_ZERO;
        return n >= 0;
    }
    dec_strip(&base.c, &base.exp, INT64_MAX);
    for (;;) {
        if (left & 1)
            r = product(r, base);
        left >>= 1;
        if (left == 0 || too_far(r) || too_far(base))
            break;
        base = product(base, base);
    }
    if (left || too_far(r)) {               /* the base alone decides in which direction it went */
        bool grows = (r.exp + base.exp > 0) == (n > 0);
        *out = DEC_ZERO;
        return !grows;
    }
    dec d = dec_finish(neg, r.c, false, r.exp, DEC_PLAIN);
    if (n < 0)
        CHECK(dec_div_how(dec_of_i64(1), d, DEC_PLAIN, &d));
    if (!dec_in_range(d))
        return false;
    *out = dec_trim(d);
    return true;
}

/* ---- square root ---------------------------------------------------------------------------------- */

/* The root of n below 2^254, rounded down; *exact when nothing is left. */
static u128 root(struct wide n, bool *exact)
{
    int bits = n.hi ? 128 + wide_bits(n.hi) : wide_bits(n.lo);
    u128 r = (u128)1 << ((bits + 1) / 2), rem;     /* above the root; Newton comes down from there */
    for (;;) {
        u128 q = wide_div(n, r, &rem);
        if (q >= r) {
            *exact = q == r && rem == 0;
            return r;
        }
        r = r - ((r - q + 1) >> 1);                 /* (r + q) / 2, rounded down */
    }
}

bool dec_sqrt(dec d, dec *out)
{
    u128 c = dec_coef(d);
    bool exact;
    if (c == 0) {
        *out = dec_raw(false, 0, d.exp >> 1);
        return true;
    }
    if (d.neg)
        return false;
    int64_t exp = d.exp, ideal = d.exp >> 1;
    int more = 2 * (DEC_DIGITS + 1) - wide_digits(c);    /* a root of 35 digits */
    more += (int)((exp - more) & 1);
    u128 r = root(wide_scale(c, more), &exact);
    exp = (exp - more) / 2;
    if (exact)
        dec_strip(&r, &exp, ideal);
    *out = dec_finish(false, r, !exact, exp, DEC_PLAIN);
    return true;
}

/* ---- doubles -------------------------------------------------------------------------------------- */

struct binary { u128 m; int e; bool lost; };   /* m * 2^e with the highest bit of m set, and a bit more when lost */

static void times_pow10(struct binary *b, int k)
{
    struct wide p = wide_mul(b->m, wide_pow10_64[k]);
    int over = wide_bits(p.hi);
    if (over) {
        b->lost |= (p.lo & (((u128)1 << over) - 1)) != 0;
        b->m = p.hi << (128 - over) | p.lo >> over;
    } else {
        b->m = p.lo;
    }
    b->e += over;
}

static void over_pow10(struct binary *b, int k)
{
    uint64_t d = wide_pow10_64[k], r = 0;
    uint64_t q2 = wide_div64(0, (uint64_t)(b->m >> 64), d, &r);
    uint64_t q1 = wide_div64(r, (uint64_t)b->m, d, &r);
    uint64_t q0 = wide_div64(r, 0, d, &r);         /* m * 2^64 / 10^k, of at least 128 bits */
    struct wide q = { q2, (u128)q1 << 64 | q0 };
    int over = wide_bits(q.hi);
    b->lost |= r != 0;
    if (over) {
        b->lost |= (q.lo & (((u128)1 << over) - 1)) != 0;
        q.lo = q.hi << (128 - over) | q.lo >> over;
    }
    b->m = q.lo;
    b->e += over - 64;
    int up = 128 - wide_bits(b->m);
    b->m <<= up;
    b->e -= up;
}

static double pack(bool neg, uint64_t bits)
{
    double x;
    bits |= (uint64_t)neg << 63;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double dec_to_double(dec d)
{
    const uint64_t infinity = UINT64_C(0x7ff) << 52;
    struct binary b = { dec_coef(d), 0, false };
    if (b.m == 0)
        return pack(d.neg, 0);
    if (d.exp > 310 || d.exp < -360)
        return pack(d.neg, d.exp > 0 ? infinity : 0);
    int up = 128 - wide_bits(b.m);
    b.m <<= up;
    b.e = -up;
    for (int left = d.exp; left > 0; left -= 19)
        times_pow10(&b, left < 19 ? left : 19);
    for (int left = -d.exp; left > 0; left -= 19)
        over_pow10(&b, left < 19 ? left : 19);

    int top = b.e + 127;                            /* 2^top <= value */
    if (top > 1023)
        return pack(d.neg, infinity);
    int drop = top >= -1022 ? 128 - 53 : 128 - 53 + (-1022 - top);
    if (drop > 128)
        return pack(d.neg, 0);
    u128 half = (u128)1 << (drop - 1), q = drop == 128 ? 0 : b.m >> drop;
    u128 rem = b.m - (drop == 128 ? 0 : q << drop);
    uint64_t m = (uint64_t)q;
    if (rem > half || (rem == half && (b.lost || (m & 1))))
        m++;                                        /* a carry runs into the exponent, as it should */
    return pack(d.neg, top >= -1022 ? m + ((uint64_t)(top + 1022) << 52) : m);
}

bool dec_of_double(double x, dec *out)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int e = (int)(bits >> 52 & 0x7ff);
    uint64_t m = bits & ((UINT64_C(1) << 52) - 1);
    if (e == 0x7ff)
        return false;
    if (e)
        m |= UINT64_C(1) << 52;
    else
        e = 1;
    e -= 1075;
    *out = DEC_ZERO;
    if (m == 0)
        return true;
    for (; !(m & 1); m >>= 1)
        e++;
    /* m * 2^e, or m * 5^-e * 10^e: exact up to 34 digits, which every tie of 15 digits is. */
    struct power r = { m, e < 0 ? e : 0 }, base = { e < 0 ? 5 : 2, 0 };
    for (int left = e < 0 ? -e : e; left; left >>= 1, base = left ? product(base, base) : base)
        if (left & 1)
            r = product(r, base);
    *out = dec_trim(dec_finish(bits >> 63, r.c, false, r.exp, (struct dec_how){ 15, DEC_HALF_EVEN }));
    return true;
}
