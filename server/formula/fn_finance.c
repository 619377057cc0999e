/* fn_finance: payments, interest, depreciation; see fn.h for how a row is written.
 *
 * Formulas are those of OpenFormula (ISO 26300-4, 6.12).  What is rational is decimal arithmetic of 34 digits; roots and
 * logarithms (DB, NOMINAL, NPER, RATE, RRI, parts of a period) go through long double and come back with 15.
 * Money received is positive, money paid negative:  pv (1+r)^n + pmt (1+r type) ((1+r)^n - 1)/r + fv = 0. */
#include "base/check.h"
#include "formula/fn.h"

#include <math.h>

#define EVAL(name) static struct value name(struct ev *ev, const struct value *a, int n)
#define UNUSED     ((void)ev, (void)a, (void)n)

static dec num(const struct value *v) { return v_number(v); }
static dec arg(const struct value *a, int n, int i) { return i < n ? num(&a[i]) : DEC_ZERO; }
static int sign(dec d) { return dec_is_zero(d) ? 0 : d.neg ? -1 : 1; }
static dec whole(int64_t i) { return dec_of_i64(i); }
static dec one(void) { return dec_of_i64(1); }

static struct value quotient(dec a, dec b, enum verror e)
{
    dec q;
    return dec_div(a, b, &q) ? number_of_dec(q) : v_error(e);
}

static bool power(dec base, dec exponent, dec *out)
{
    struct value v = number_power(base, exponent);
    if (v.type == V_ERROR)
        return false;
    *out = num(&v);
    return true;
}

/* ---- annuities ------------------------------------------------------------------------------------------------- */

/* What one payment a period comes to at the end, and what one of money at the start does: (1+r type) ((1+r)^n - 1)/r and (1+r)^n. */
struct annuity { dec growth, payments; };

static bool annuity_of(dec rate, dec periods, bool due, struct annuity *out)
{
    const dec least = { .lo = 1, .exp = -18 };      /* below, (1+r)^n - 1 would lose its digits */
    if (dec_cmp(dec_abs(rate), least) < 0) {
        *out = (struct annuity){ one(), periods };
        return true;
    }
    dec q;
    if (!power(dec_add(one(), rate), periods, &out->growth) || !dec_div(dec_sub(out->growth, one()), rate, &q))
        return false;
    out->payments = due ? dec_mul(q, dec_add(one(), rate)) : q;
    return true;
}

static bool future_value(dec rate, dec periods, dec payment, dec present, bool due, dec *out)
{
    struct annuity x;
    if (!annuity_of(rate, periods, due, &x))
        return false;
    *out = dec_neg(dec_add(dec_mul(present, x.growth), dec_mul(payment, x.payments)));
    return true;
}

static bool payment_of(dec rate, dec periods, dec present, dec future, bool due, dec *out)
{
    struct annuity x;
    return annuity_of(rate, periods, due, &x)
        && dec_div(dec_neg(dec_add(dec_mul(present, x.growth), future)), x.payments, out);
}

EVAL(fn_fv)
{
    (void)ev;
    dec d;
    return future_value(num(&a[0]), num(&a[1]), num(&a[2]), arg(a, n, 3), sign(arg(a, n, 4)), &d) ? number_of_dec(d) : v_error(VE_NUM);
}

EVAL(fn_pv)
{
    (void)ev;
    struct annuity x;
    if (!annuity_of(num(&a[0]), num(&a[1]), sign(arg(a, n, 4)), &x))
        return v_error(VE_NUM);
    return quotient(dec_neg(dec_add(arg(a, n, 3), dec_mul(num(&a[2]), x.payments))), x.growth, VE_NUM);
}

EVAL(fn_pmt)
{
    (void)ev;
    dec d;
    return payment_of(num(&a[0]), num(&a[1]), num(&a[2]), arg(a, n, 3), sign(arg(a, n, 4)), &d) ? number_of_dec(d) : v_error(VE_NUM);
}

/* Payment and interest of one period: a = rate, period, periods, pv, [fv], [type] */
static bool parts_of(const struct value *a, int n, dec *payment, dec *interest)
{
    dec  rate = num(&a[0]), period = num(&a[1]), periods = num(&a[2]), present = num(&a[3]), owed;
    bool due = sign(arg(a, n, 5));
    if (dec_cmp(period, one()) < 0 || dec_cmp(period, periods) > 0)
        return false;
    if (!payment_of(rate, periods, present, arg(a, n, 4), due, payment))
        return false;
    bool first = dec_cmp(period, one()) == 0;
    if (first && due) {
        *interest = DEC_ZERO;                       /* paid at once */
        return true;
    }
    if (!future_value(rate, dec_sub(period, whole(due ? 2 : 1)), *payment, present, due, &owed))
        return false;
    *interest = dec_mul(due ? dec_sub(owed, *payment) : owed, rate);
    return true;
}

EVAL(fn_ipmt)
{
    (void)ev;
    dec payment, interest;
    return parts_of(a, n, &payment, &interest) ? number_of_dec(interest) : v_error(VE_NUM);
}

EVAL(fn_ppmt)
{
    (void)ev;
    dec payment, interest;
    return parts_of(a, n, &payment, &interest) ? number_of_dec(dec_sub(payment, interest)) : v_error(VE_NUM);
}

/* CUMIPMT and CUMPRINC: rate, periods, pv, first, last, type */
static struct value cumulated(struct ev *ev, const struct value *a, bool of_interest)
{
    int64_t first = a[3].u.i, last = a[4].u.i;
    dec     sum = DEC_ZERO, payment, interest;
    if (sign(num(&a[0])) <= 0 || sign(num(&a[1])) <= 0 || sign(num(&a[2])) <= 0 || first < 1 || first > last)
        return v_error(VE_NUM);
    for (int64_t p = first; p <= last; p++) {
        struct value part[6] = { a[0], v_int(p), a[1], a[2], v_int(0), a[5] };
        if (!ev_spend(ev, 16) || !parts_of(part, 6, &payment, &interest))
            return v_error(VE_NUM);
        sum = dec_add(sum, of_interest ? interest : dec_sub(payment, interest));
    }
    return number_of_dec(sum);
}
EVAL(fn_cumipmt)  { (void)n; return cumulated(ev, a, true); }
EVAL(fn_cumprinc) { (void)n; return cumulated(ev, a, false); }

EVAL(fn_nper)
{
    (void)ev;
    dec  rate = num(&a[0]), payment = num(&a[1]), present = num(&a[2]), future = arg(a, n, 3);
    bool due = sign(arg(a, n, 4));
    if (dec_is_zero(rate))
        return quotient(dec_neg(dec_add(present, future)), payment, VE_NUM);
    if (due)
        payment = dec_mul(payment, dec_add(one(), rate));
    dec ratio;
    if (!dec_div(dec_sub(payment, dec_mul(rate, future)), dec_add(dec_mul(rate, present), payment), &ratio))
        return v_error(VE_NUM);
    if (sign(ratio) <= 0 || dec_cmp(rate, whole(-1)) <= 0)
        return v_error(VE_NUM);
    return number_of_double((double)(logl((long double)dec_to_double(ratio)) / log1pl((long double)dec_to_double(rate))));
}

EVAL(fn_npv)
{
    dec base = dec_add(one(), num(&a[0])), factor = one(), sum = DEC_ZERO, term;
    if (!ev_spend(ev, (size_t)n))
        return v_error(VE_NUM);
    for (int i = 1; i < n; i++) {
        if (a[i].type == V_NULL)
            continue;
        struct value flow = to_number(ev, &a[i]);
        factor = dec_mul(factor, base);
        if (!dec_div(num(&flow), factor, &term))
            return v_error(VE_DIV0);
        sum = dec_add(sum, term);
    }
    return number_of_dec(sum);
}

/* ---- rates ----------------------------------------------------------------------------------------------------- */

struct loan { long double periods, payment, present, future; bool due; };

/* The balance at the rate, and its derivative; exact for rates near zero. */
static long double balance(const struct loan *x, long double r, long double *slope)
{
    long double growth = expl(x->periods * log1pl(r)), dgrowth = x->periods * growth / (1 + r);
    long double sum, dsum;                          /* ((1+r)^n - 1)/r */
    if (fabsl(r) < 1e-9L) {
        sum = x->periods + x->periods * (x->periods - 1) / 2 * r;
        dsum = x->periods * (x->periods - 1) / 2;
    } else {
        sum = expm1l(x->periods * log1pl(r)) / r;
        dsum = (dgrowth - sum) / r;
    }
    if (x->due) {
        dsum = dsum * (1 + r) + sum;
        sum *= 1 + r;
    }
    *slope = x->present * dgrowth + x->payment * dsum;
    return x->present * growth + x->payment * sum + x->future;
}

/* How far the balance may be from zero at a root: what rounding of its parts explains. */
static long double noise(const struct loan *x, long double r)
{
    long double growth = expl(x->periods * log1pl(r)), periods = fabsl(r) < 1e-9L ? x->periods : fabsl((growth - 1) / r);
    return 1e-12L * (fabsl(x->present) * growth + fabsl(x->payment) * periods + fabsl(x->future));
}

/* Newton's method; a step below -1 goes half the way there instead.  False: it does not settle, or not at a root. */
static bool settle(const struct loan *x, long double *rate)
{
    long double r = *rate, slope;
    for (int i = 0; i < 100; i++) {
        long double y = balance(x, r, &slope);
        if (!isfinite(y) || !isfinite(slope) || slope == 0)
            return false;
        long double next = r - y / slope;
        if (next <= -1)
            next = (r - 1) / 2;
        if (fabsl(next - r) <= 1e-14L * fmaxl(1e-2L, fabsl(next))) {
            *rate = next;
            /* at -1 all is lost whatever was paid: no rate, though the balance is 0 */
            return next > -0.999999L && fabsl(balance(x, next, &slope)) <= noise(x, next);
        }
        r = next;
    }
    return false;
}

EVAL(fn_rate)
{
    static const long double starts[] = { 0.1L, 0.01L, -0.01L, 0.5L, -0.1L, 2.0L, -0.5L, 10.0L, 0.001L, -0.9L };
    struct loan x = { (long double)number_double(&a[0]), (long double)number_double(&a[1]), (long double)number_double(&a[2]),
                      n > 3 ? (long double)number_double(&a[3]) : 0, sign(arg(a, n, 4)) };
    if (x.periods <= 0)
        return v_error(VE_NUM);
    for (int i = -1; i < (int)(sizeof starts / sizeof *starts); i++) {
        if (i < 0 && n <= 5)
            continue;
        long double rate = i < 0 ? (long double)number_double(&a[5]) : starts[i];
        if (!ev_spend(ev, 100))
            break;
        if (rate > -1 && settle(&x, &rate))
            return number_of_double((double)rate);
    }
    return v_error(VE_NUM);
}

EVAL(fn_effect)
{
    UNUSED;
    dec nominal = num(&a[0]), periods = whole(a[1].u.i), rate, grown;
    if (sign(nominal) <= 0 || a[1].u.i < 1)
        return v_error(VE_NUM);
    CHECK(dec_div(nominal, periods, &rate));
    return power(dec_add(one(), rate), periods, &grown) ? number_of_dec(dec_sub(grown, one())) : v_error(VE_NUM);
}

EVAL(fn_nominal)
{
    UNUSED;
    if (sign(num(&a[0])) <= 0 || a[1].u.i < 1)
        return v_error(VE_NUM);
    long double periods = (long double)a[1].u.i;
    return number_of_double((double)(periods * expm1l(log1pl((long double)number_double(&a[0])) / periods)));
}

/* The rate at which present grows to future. */
EVAL(fn_rri)
{
    UNUSED;
    dec ratio;
    if (sign(num(&a[0])) <= 0 || !dec_div(num(&a[2]), num(&a[1]), &ratio) || sign(ratio) < 0)
        return v_error(VE_NUM);
    if (dec_is_zero(ratio))
        return v_int(-1);
    return number_of_double((double)expm1l(logl((long double)dec_to_double(ratio)) / (long double)number_double(&a[0])));
}

/* ---- depreciation ---------------------------------------------------------------------------------------------- */

EVAL(fn_sln)
{
    UNUSED;
    return quotient(dec_sub(num(&a[0]), num(&a[1])), num(&a[2]), VE_DIV0);
}

EVAL(fn_syd)
{
    UNUSED;
    dec life = num(&a[2]), period = num(&a[3]), left = dec_add(dec_sub(life, period), one());
    if (sign(life) <= 0 || dec_cmp(period, one()) < 0 || dec_cmp(period, life) > 0)
        return v_error(VE_NUM);
    dec part = dec_mul(dec_mul(dec_sub(num(&a[0]), num(&a[1])), left), whole(2));
    return quotient(part, dec_mul(life, dec_add(life, one())), VE_NUM);
}

/* Double declining balance: a share of what is left, never below the salvage. */
EVAL(fn_ddb)
{
    UNUSED;
    dec cost = num(&a[0]), salvage = num(&a[1]), life = num(&a[2]), period = num(&a[3]), factor = n > 4 ? num(&a[4]) : whole(2);
    dec rate, before, after;
    if (sign(cost) < 0 || sign(salvage) < 0 || sign(factor) <= 0 || dec_cmp(period, one()) < 0 || dec_cmp(period, life) > 0)
        return v_error(VE_NUM);
    CHECK(dec_div(factor, life, &rate));            /* life >= period >= 1 */
    if (dec_cmp(rate, one()) >= 0) {                /* all in the first period */
        before = dec_cmp(period, one()) == 0 ? cost : DEC_ZERO;
        after = DEC_ZERO;
    } else {
        dec keep = dec_sub(one(), rate), kept;
        if (!power(keep, dec_sub(period, one()), &kept))
            return v_error(VE_NUM);
        before = dec_mul(cost, kept);
        after = dec_mul(before, keep);
    }
    dec amount = dec_sub(before, dec_cmp(after, salvage) > 0 ? after : salvage);
    return number_of_dec(sign(amount) < 0 ? DEC_ZERO : amount);
}

/* Declining balance at a rate of three decimals; the first year may have fewer months, the rest follow in a year after the last. */
EVAL(fn_db)
{
    UNUSED;
    dec     cost = num(&a[0]), salvage = num(&a[1]), life = num(&a[2]), rate, kept, twelve = whole(12);
    int64_t period = a[3].u.i, months = n > 4 ? a[4].u.i : 12;
    if (sign(cost) < 0 || sign(salvage) < 0 || sign(life) <= 0 || period < 1 || months < 1 || months > 12)
        return v_error(VE_NUM);
    if (dec_is_zero(cost))
        return v_int(0);
    if (dec_cmp(salvage, cost) > 0 || dec_cmp(whole(months < 12 ? period - 1 : period), life) > 0)
        return v_error(VE_NUM);
    double root = pow(dec_to_double(salvage) / dec_to_double(cost), 1 / dec_to_double(life));
    CHECK(dec_of_double(1 - root, &rate));
    rate = dec_round(rate, 3, DEC_HALF_UP);

    dec first, part;
    CHECK(dec_div(dec_mul(dec_mul(cost, rate), whole(months)), twelve, &first));
    if (period == 1)
        return number_of_dec(first);
    if (!power(dec_sub(one(), rate), whole(period - 2), &kept))      /* all of it went at a rate of 1 */
        kept = period == 2 ? one() : DEC_ZERO;
    part = dec_mul(dec_mul(dec_sub(cost, first), kept), rate);
    if (dec_cmp(whole(period), life) > 0)
        CHECK(dec_div(dec_mul(part, whole(12 - months)), twelve, &part));
    return number_of_dec(part);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static const struct expr_fn rows[] = {
    { "PV", "nnnn?n?", 'n', fn_pv, "rate, periods, payment, [future], [due]", "What a series of payments is worth today.",
      "一系列等额付款的现值。" },
    { "FV", "nnnn?n?", 'n', fn_fv, "rate, periods, payment, [present], [due]", "What a series of payments will be worth.",
      "一系列等额付款的终值。" },
    { "PMT", "nnnn?n?", 'n', fn_pmt, "rate, periods, present, [future], [due]", "The even payment of a loan.", "贷款的每期等额付款。" },
    { "IPMT", "nnnnn?n?", 'n', fn_ipmt, "rate, period, periods, present, [future], [due]", "The interest in one payment.",
      "某期付款中的利息。" },
    { "PPMT", "nnnnn?n?", 'n', fn_ppmt, "rate, period, periods, present, [future], [due]", "The repayment in one payment.",
      "某期付款中的本金。" },
    { "CUMIPMT", "nnniin", 'n', fn_cumipmt, "rate, periods, present, first, last, due", "The interest of several periods.",
      "若干期的利息合计。" },
    { "CUMPRINC", "nnniin", 'n', fn_cumprinc, "rate, periods, present, first, last, due", "The repayment of several periods.",
      "若干期的本金合计。" },
    { "NPER", "nnnn?n?", 'n', fn_nper, "rate, payment, present, [future], [due]", "How many periods it takes.", "所需的期数。" },
    { "RATE", "nnnn?n?n?", 'n', fn_rate, "periods, payment, present, [future], [due], [guess]", "The interest rate of a period.",
      "每期利率。" },
    { "NPV", "na+", 'n', fn_npv, "rate, amount1, …", "What amounts at the end of each period are worth today.", "各期期末现金流的净现值。" },
    { "EFFECT", "ni", 'n', fn_effect, "rate, periods", "The effective yearly rate of a nominal one.", "由名义年利率求实际年利率。" },
    { "NOMINAL", "ni", 'n', fn_nominal, "rate, periods", "The nominal yearly rate of an effective one.", "由实际年利率求名义年利率。" },
    { "RRI", "nnn", 'n', fn_rri, "periods, present, future", "The steady growth rate between two values.", "两个数值之间的复合增长率。" },
    { "SLN", "nnn", 'n', fn_sln, "cost, salvage, life", "Straight-line depreciation of one period.", "直线法计算一期的折旧。" },
    { "SYD", "nnnn", 'n', fn_syd, "cost, salvage, life, period", "Sum-of-years'-digits depreciation of a period.",
      "年数总和法计算某期的折旧。" },
    { "DB", "nnnii?", 'n', fn_db, "cost, salvage, life, period, [months]", "Declining-balance depreciation of a period.",
      "固定余额递减法计算某期的折旧。" },
    { "DDB", "nnnnn?", 'n', fn_ddb, "cost, salvage, life, period, [factor]", "Double-declining-balance depreciation of a period.",
      "双倍余额递减法计算某期的折旧。" },
};

const struct fn_family fn_finance = { "finance", rows, sizeof rows / sizeof *rows };
