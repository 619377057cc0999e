/* dec_split: one total among many, to the last unit (dec_allocate in dec.h).
 *
 * Needs no memory besides the result: the remainders are computed again when they are compared, and parts
 * holds first a heap of indices, then marks, then the parts. */
#include "base/check.h"
#include "base/dec_inner.h"

/* Shares of |total| are size * weight / sum.  A negative total is split by floors as well, as the formula says. */
struct split {
    const dec *weights;
    int32_t    exp;         /* what all weights are expressed in */
    u128       sum;
    uint64_t   size;
    bool       neg;
};

static u128 weight_at(const struct split *s, size_t i)
{
    dec w = s->weights[i];
    if (dec_is_zero(w))
        return 0;
    return w.exp >= s->exp ? dec_coef(w) * wide_pow10[w.exp - s->exp]
                           : dec_cut(dec_coef(w), (int64_t)s->exp - w.exp, false, false, DEC_HALF_UP);
}

/* floor(total * weight / sum), and what remains in units of 1/sum */
static int64_t share(const struct split *s, size_t i, u128 *rem)
{
    uint64_t q = (uint64_t)wide_div(wide_mul(weight_at(s, i), s->size), s->sum, rem);
    if (!s->neg)
        return (int64_t)q;
    if (*rem != 0) {
        q++;
        *rem = s->sum - *rem;
    }
    return (int64_t)-q;
}

static bool before(const struct split *s, int64_t i, int64_t j)
{
    u128 a, b;
    share(s, (size_t)i, &a);
    share(s, (size_t)j, &b);
    return a != b ? a > b : i < j;
}

static void sift(const struct split *s, int64_t *heap, size_t n, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(s, heap[child + 1], heap[child]))
            child++;
        if (!before(s, heap[child], heap[at]))
            return;
        int64_t t = heap[at];
        heap[at] = heap[child];
        heap[child] = t;
    }
}

/* The exponent at which all weights and their sum are whole numbers below 10^37. */
static bool align(struct split *s, size_t n)
{
    int64_t lowest = INT64_MAX, top = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        dec w = s->weights[i];
        if (dec_is_zero(w))
            continue;
        if (w.neg)
            return false;
        int64_t high = (int64_t)w.exp + dec_digits(w);
        lowest = w.exp < lowest ? w.exp : lowest;
        top = high > top ? high : top;
    }
    if (top == INT64_MIN)
        return false;
    int64_t room = 37 - wide_digits(n);
    s->exp = (int32_t)(top - lowest > room ? top - room : lowest);
    for (size_t i = 0; i < n; i++)
        s->sum += weight_at(s, i);
    return true;
}

bool dec_allocate(int64_t total, const dec *weights, size_t n, int64_t *parts)
{
    const int64_t mark = INT64_C(1) << 62;
    struct split s = { .weights = weights, .neg = total < 0, .size = total < 0 ? -(uint64_t)total : (uint64_t)total };
    u128 rem;
    if (!align(&s, n))
        return false;

    uint64_t given = 0;                             /* modulo 2^64; what is left is below n */
    for (size_t i = 0; i < n; i++)
        given += (uint64_t)share(&s, i, &rem);
    uint64_t left = (uint64_t)total - given;
    CHECK(left < n);

    for (size_t i = 0; i < n; i++)
        parts[i] = (int64_t)i;
    for (size_t i = left ? n / 2 : 0; i-- > 0;)
        sift(&s, parts, n, i);
    for (size_t k = 0, size = n; k < left; k++) {   /* the largest goes behind the shrinking heap */
        int64_t t = parts[0];
        parts[0] = parts[--size];
        parts[size] = t;
        sift(&s, parts, size, 0);
    }
    for (size_t k = 0; k < left; k++)
        parts[parts[n - 1 - k] & ~mark] |= mark;
    for (size_t i = 0; i < n; i++)
        parts[i] = share(&s, i, &rem) + ((parts[i] & mark) != 0);
    return true;
}
