/* wide: see wide.h.  Long division after Knuth, volume 2, 4.3.1 D, with digits of 64 bits (of 32 where the
 * machine cannot divide 128 by 64). */
#include "base/wide.h"
#include "base/check.h"

#define P(n) UINT64_C(1##n)
#define Q(n) ((u128)P(0000000000000000000) * P(n))
const u128 wide_pow10[WIDE_POW10S] = {
    1, P(0), P(00), P(000), P(0000), P(00000), P(000000), P(0000000), P(00000000), P(000000000),
    P(0000000000), P(00000000000), P(000000000000), P(0000000000000), P(00000000000000),
    P(000000000000000), P(0000000000000000), P(00000000000000000), P(000000000000000000),
    P(0000000000000000000),
    Q(0), Q(00), Q(000), Q(0000), Q(00000), Q(000000), Q(0000000), Q(00000000), Q(000000000),
    Q(0000000000), Q(00000000000), Q(000000000000), Q(0000000000000), Q(00000000000000),
    Q(000000000000000), Q(0000000000000000), Q(00000000000000000), Q(000000000000000000),
    Q(0000000000000000000),
};
const uint64_t wide_pow10_64[20] = {
    1, P(0), P(00), P(000), P(0000), P(00000), P(000000), P(0000000), P(00000000), P(000000000),
    P(0000000000), P(00000000000), P(000000000000), P(0000000000000), P(00000000000000),
    P(000000000000000), P(0000000000000000), P(00000000000000000), P(000000000000000000),
    P(0000000000000000000),
};
#undef P
#undef Q

static inline uint64_t high(u128 x) { return (uint64_t)(x >> 64); }
static inline uint64_t low(u128 x)  { return (uint64_t)x; }
static inline u128 join(uint64_t hi, uint64_t lo) { return (u128)hi << 64 | lo; }

int wide_bits(u128 x)
{
    if (high(x))
        return 128 - __builtin_clzll(high(x));
    return low(x) ? 64 - __builtin_clzll(low(x)) : 0;
}

int wide_digits(u128 x)
{
    int guess = wide_bits(x) * 1233 >> 12;          /* log10(2), rounded down: one too few at most */
    return guess + (guess == 0 || (guess < WIDE_POW10S && x >= wide_pow10[guess]));
}

#ifdef __x86_64__
uint64_t wide_div64(uint64_t hi, uint64_t lo, uint64_t d, uint64_t *rem)
{
    uint64_t q, r;
    __asm__("divq %4" : "=a"(q), "=d"(r) : "0"(lo), "1"(hi), "rm"(d) : "cc");
    *rem = r;
    return q;
}
#else
uint64_t wide_div64(uint64_t hi, uint64_t lo, uint64_t d, uint64_t *rem)
{
    const uint64_t base = UINT64_C(1) << 32;
    int s = __builtin_clzll(d);
    d <<= s;
    uint64_t d1 = d >> 32, d0 = (uint32_t)d;
    uint64_t n32 = s ? hi << s | lo >> (64 - s) : hi, n10 = lo << s;
    uint64_t q[2];
    for (int i = 1; i >= 0; i--) {
        uint64_t n = i ? n10 >> 32 : (uint32_t)n10;
        uint64_t guess = n32 / d1, r = n32 - guess * d1;
        while (guess >= base || guess * d0 > (r << 32 | n)) {
            guess--;
            r += d1;
            if (r >= base)
                break;
        }
        q[i] = guess;
        n32 = (n32 << 32 | n) - guess * d;
    }
    *rem = n32 >> s;
    return q[1] << 32 | q[0];
}
#endif

u128 wide_divmod(u128 n, u128 d, u128 *rem)
{
    CHECK(d != 0);
    if (!high(n) && !high(d)) {
        *rem = low(n) % low(d);
        return low(n) / low(d);
    }
    if (!high(d)) {
        uint64_t r, q1 = high(n) / low(d);
        uint64_t q0 = wide_div64(high(n) % low(d), low(n), low(d), &r);
        *rem = r;
        return join(q1, q0);
    }
    return wide_div((struct wide){ 0, n }, d, rem);
}

struct wide wide_mul(u128 a, u128 b)
{
    u128 ll = (u128)low(a) * low(b), lh = (u128)low(a) * high(b);
    u128 hl = (u128)high(a) * low(b), hh = (u128)high(a) * high(b);
    u128 mid = (u128)high(ll) + low(lh) + low(hl);
    return (struct wide){ hh + high(lh) + high(hl) + high(mid), join(low(mid), low(ll)) };
}

struct wide wide_scale(u128 x, int k)
{
    int room = 38 - wide_digits(x);
    return k <= room ? (struct wide){ 0, x * wide_pow10[k] } : wide_mul(x * wide_pow10[room], wide_pow10[k - room]);
}

/* (n2 n1 n0) / d where d has its highest bit set and (n2 n1) < d: one digit of the quotient. */
static uint64_t div_3by2(u128 n21, uint64_t n0, u128 d, u128 *rem)
{
    uint64_t d1 = high(d), d0 = low(d), q, r;
    bool more = true;
    if (high(n21) >= d1) {
        q = UINT64_MAX;
        more = !__builtin_add_overflow(low(n21), d1, &r);
    } else {
        q = wide_div64(high(n21), low(n21), d1, &r);
    }
    while (more && (u128)q * d0 > join(r, n0)) {
        q--;
        more = !__builtin_add_overflow(r, d1, &r);
    }
    *rem = join(low(n21), n0) - q * d;              /* true modulo 2^128, and the remainder is below that */
    return q;
}

u128 wide_div(struct wide n, u128 d, u128 *rem)
{
    CHECK(n.hi < d);
    if (!high(d)) {
        uint64_t r, q1 = wide_div64(low(n.hi), high(n.lo), low(d), &r);
        uint64_t q0 = wide_div64(r, low(n.lo), low(d), &r);
        *rem = r;
        return join(q1, q0);
    }
    int s = 128 - wide_bits(d);
    d <<= s;
    if (s) {
        n.hi = n.hi << s | n.lo >> (128 - s);
        n.lo <<= s;
    }
    u128 r;
    uint64_t q1 = div_3by2(n.hi, high(n.lo), d, &r);
    uint64_t q0 = div_3by2(r, low(n.lo), d, &r);
    *rem = r >> s;
    return join(q1, q0);
}

static void divide_short(struct wide *n, uint64_t d, bool *lost)
{
    uint64_t r = 0;
    uint64_t q3 = wide_div64(r, high(n->hi), d, &r);
    uint64_t q2 = wide_div64(r, low(n->hi), d, &r);
    uint64_t q1 = wide_div64(r, high(n->lo), d, &r);
    uint64_t q0 = wide_div64(r, low(n->lo), d, &r);
    *n = (struct wide){ join(q3, q2), join(q1, q0) };
    *lost |= r != 0;
}

u128 wide_shrink(struct wide n, int *k, bool *lost)
{
    int bits = n.hi ? 128 + wide_bits(n.hi) : wide_bits(n.lo);
    *k = 0;
    *lost = false;
    if (bits <= 126)
        return n.lo;
    /* Each digit cut takes 3.32 bits: at most bits - 126 + 3.32 go, so 122 bits (37 digits) or more stay. */
    *k = ((bits - 126) * 1233 >> 12) + 1;
    for (int left = *k; left > 0; left -= 19)
        divide_short(&n, wide_pow10_64[left < 19 ? left : 19], lost);
    CHECK(n.hi == 0);
    return n.lo;
}

#ifdef __wasm__
/* What clang calls for 128-bit arithmetic on this target, where no runtime library is linked. */
u128 __multi3(u128, u128);
u128 __ashlti3(u128, int);
u128 __lshrti3(u128, int);

static u128 mul_64(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = (uint32_t)a, b1 = b >> 32, b0 = (uint32_t)b;
    uint64_t ll = a0 * b0, lh = a0 * b1, hl = a1 * b0;
    uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    return join(a1 * b1 + (lh >> 32) + (hl >> 32) + (mid >> 32), mid << 32 | (uint32_t)ll);
}

u128 __multi3(u128 a, u128 b)
{
    u128 x = mul_64(low(a), low(b));
    return join(high(x) + low(a) * high(b) + high(a) * low(b), low(x));
}

u128 __ashlti3(u128 x, int n)
{
    return n == 0 ? x : n < 64 ? join(high(x) << n | low(x) >> (64 - n), low(x) << n) : join(low(x) << (n - 64), 0);
}

u128 __lshrti3(u128 x, int n)
{
    return n == 0 ? x : n < 64 ? join(high(x) >> n, high(x) << (64 - n) | low(x) >> n) : join(0, high(x) >> (n - 64));
}
#endif
