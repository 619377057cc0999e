/* coerce: how a value of one type is read as another, and how two values compare.  The rules are those of spreadsheets where
 * these are sane; they are stated at the head of expr.h and in docs.  Called by eval.c, stat.c and the functions. */
#include "base/check.h"
#include "base/text.h"
#include "formula/fn.h"

#include <math.h>
#include <string.h>

bool ev_spend(struct ev *ev, size_t work)
{
    if (work >= (size_t)ev->steps) {
        ev->steps = 0;
        return false;
    }
    ev->steps -= (int)work;
    return true;
}

char *ev_text(struct ev *ev, size_t n)
{
    if (n > EV_TEXT_MAX || !ev_spend(ev, n / 16 + 1))
        return NULL;
    return arena_alloc(ev->env->mem, n + 1);
}

struct value number_of_dec(dec d)
{
    d = dec_trim(d);
    if (d.exp == 0 && d.hi == 0 && d.lo <= INT64_MAX)
        return v_int(d.neg ? -(int64_t)d.lo : (int64_t)d.lo);
    int64_t i;
    return dec_to_i64(d, &i) ? v_int(i) : v_dec(d);
}

struct value number_of_double(double x)
{
    dec d;
    return isfinite(x) && dec_of_double(x, &d) ? number_of_dec(d) : v_error(VE_NUM);
}

struct value day_value(int64_t day) { return day < DAY_MIN || day > DAY_MAX ? v_error(VE_NUM) : v_date(day); }

/* ---- text as a number ------------------------------------------------------------------------------------------ */

/* Copies digits, taking out commas that stand before groups of three; false when they stand elsewhere. */
static bool take_digits(str s, char *out, size_t *n)
{
    size_t point = 0, k = 0;
    while (point < s.n && s.p[point] != '.' && s.p[point] != 'e' && s.p[point] != 'E')
        point++;
    bool grouped = memchr(s.p, ',', s.n) != NULL;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != ',') {
            out[k++] = s.p[i];
            continue;
        }
        if (i == 0 || i >= point || (point - i) % 4 != 0 || s.p[i - 1] < '0' || s.p[i - 1] > '9')
            return false;
    }
    if (grouped) {              /* then every group of three has its comma */
        size_t first = 0;
        while (first < point && (s.p[first] == '+' || s.p[first] == '-'))
            first++;
        size_t comma = (size_t)((const char *)memchr(s.p, ',', s.n) - s.p);
        if (comma - first < 1 || comma - first > 3)
            return false;
        for (size_t i = comma; i < point; i += 4)
            if (s.p[i] != ',')
                return false;
    }
    *n = k;
    return true;
}

bool text_number(str s, dec *out)
{
    char   digits[DEC_TEXT_MAX * 2];
    size_t n = 0;
    bool   percent = false;
    s = str_trim(s);
    if (s.n && s.p[s.n - 1] == '%') {
        percent = true;
        s = str_trim(str_sub(s, 0, s.n - 1));
    }
    if (s.n == 0 || s.n > sizeof digits || !take_digits(s, digits, &n) || !dec_parse((str){ digits, n }, out))
        return false;
    if (percent)
        *out = dec_mul(*out, dec_of_units(1, 2));
    return true;
}

/* ---- one type as another --------------------------------------------------------------------------------------- */

static int64_t local_us(struct ev *ev, int64_t us) { return ev->env->zone ? zone_local_us(ev->env->zone, us) : us; }

static int64_t local_day(struct ev *ev, int64_t us, int64_t *rest)
{
    int64_t local = local_us(ev, us), day = local / US_PER_DAY;
    *rest = local % US_PER_DAY;
    if (*rest < 0) {
        day--;
        *rest += US_PER_DAY;
    }
    return day;
}

dec serial_of_time(struct ev *ev, int64_t us)
{
    int64_t rest, day = local_day(ev, us, &rest);
    dec part = DEC_ZERO;
    if (rest)
        CHECK(dec_div(dec_of_i64(rest), dec_of_i64(US_PER_DAY), &part));
    return dec_add(dec_of_i64(day - SERIAL_EPOCH), part);
}

struct value to_number(struct ev *ev, const struct value *v)
{
    dec d;
    switch (v->type) {
    case V_NULL:  return v_int(0);
    case V_BOOL:  return v_int(v->u.b);
    case V_INT: case V_DEC: case V_ERROR: return *v;
    case V_TEXT:
        if (text_number(v->u.s, &d) || text_serial(v->u.s, &d))
            return number_of_dec(d);
        return v_error(VE_VALUE);
    case V_DATE:  return v_int(v->u.i - SERIAL_EPOCH);
    case V_TIME:  return number_of_dec(serial_of_time(ev, v->u.i));
    case V_REF: case V_LIST: break;
    }
    return v_error(VE_VALUE);
}

struct value to_serial(struct ev *ev, const struct value *v)
{
    dec d;
    if (v->type == V_TEXT && text_serial(v->u.s, &d))
        return number_of_dec(d);
    return to_number(ev, v);
}

static struct value local_time_text(struct ev *ev, int64_t us)
{
    char   *p = ev_text(ev, 20);
    str     s = instant_text(ev->env->mem, local_us(ev, us));
    if (!p || s.n < 19)
        return v_error(VE_VALUE);
    memcpy(p, s.p, 19);
    p[10] = ' ';
    return v_text((str){ p, 19 });
}

struct value to_text(struct ev *ev, const struct value *v)
{
    switch (v->type) {
    case V_NULL:  return v_text(S(""));
    case V_BOOL:  return v_text(v->u.b ? S("TRUE") : S("FALSE"));
    case V_INT: case V_DEC: return ev_spend(ev, 1) ? v_text(dec_text(ev->env->mem, dec_trim(v_number(v)))) : v_error(VE_NUM);
    case V_TEXT: case V_ERROR: return *v;
    case V_DATE:  return ev_spend(ev, 1) ? v_text(day_text(ev->env->mem, v->u.i)) : v_error(VE_NUM);
    case V_TIME:  return local_time_text(ev, v->u.i);
    case V_REF: case V_LIST: break;
    }
    return v_error(VE_VALUE);
}

struct value to_bool(struct ev *ev, const struct value *v)
{
    (void)ev;
    switch (v->type) {
    case V_NULL:  return v_bool(false);
    case V_BOOL: case V_ERROR: return *v;
    case V_INT:   return v_bool(v->u.i != 0);
    case V_DEC:   return v_bool(!dec_is_zero(v->u.d));
    case V_TEXT:
        if (str_eq_nocase(v->u.s, S("TRUE")))
            return v_bool(true);
        if (str_eq_nocase(v->u.s, S("FALSE")))
            return v_bool(false);
        return v_error(VE_VALUE);
    case V_DATE:  return v_bool(v->u.i != SERIAL_EPOCH);
    case V_TIME:  return v_bool(true);
    case V_REF: case V_LIST: break;
    }
    return v_error(VE_VALUE);
}

struct value to_item(struct ev *ev, const struct node *from, const struct value *v)
{
    if (v->type == V_NULL || v->type == V_DATE || v->type == V_TIME || v_is_number(v))
        return *v;
    if (v->type == V_TEXT && (from->kind == NODE_PATH || from->kind == NODE_ROW))
        return V_NONE;
    return to_number(ev, v);
}

static struct value day_of_serial(dec d)
{
    int64_t n;
    dec     whole = dec_round(d, 0, DEC_FLOOR);
    if (!dec_to_i64(whole, &n) || n < 0 || n > DAY_MAX - SERIAL_EPOCH)
        return v_error(VE_NUM);
    return v_date(n + SERIAL_EPOCH);
}

struct value to_day(struct ev *ev, const struct value *v)
{
    dec     d;
    int64_t rest;
    switch (v->type) {
    case V_NULL:  return v_date(SERIAL_EPOCH);
    case V_BOOL:  return v_date(SERIAL_EPOCH + v->u.b);
    case V_INT: case V_DEC: return day_of_serial(v_number(v));
    case V_DATE: case V_ERROR: return *v;
    case V_TIME:  return day_value(local_day(ev, v->u.i, &rest));
    case V_TEXT:
        if (text_serial(v->u.s, &d) || text_number(v->u.s, &d))
            return day_of_serial(d);
        return v_error(VE_VALUE);
    case V_REF: case V_LIST: break;
    }
    return v_error(VE_VALUE);
}

struct value instant_at(struct ev *ev, dec serial)
{
    dec     day = dec_round(serial, 0, DEC_FLOOR);
    int64_t n, us;
    if (!dec_to_i64(day, &n) || n < DAY_MIN - SERIAL_EPOCH || n > DAY_MAX - SERIAL_EPOCH)
        return v_error(VE_NUM);
    dec part = dec_mul(dec_sub(serial, day), dec_of_i64(US_PER_DAY));
    CHECK(dec_to_i64(dec_round(part, 0, DEC_HALF_UP), &us));
    n += SERIAL_EPOCH;
    return v_time(ev->env->zone ? zone_instant(ev->env->zone, n, us) : n * US_PER_DAY + us);
}

/* ---- comparison ------------------------------------------------------------------------------------------------ */

enum rank { RANK_NUMBER, RANK_TEXT, RANK_BOOL, RANK_REF, RANK_LIST };

static enum rank rank_of(enum vtype t)
{
    switch (t) {
    case V_TEXT: return RANK_TEXT;
    case V_BOOL: return RANK_BOOL;
    case V_REF:  return RANK_REF;
    case V_LIST: return RANK_LIST;
    default:     return RANK_NUMBER;
    }
}

static int order_i64(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int order_numbers(struct ev *ev, const struct value *a, const struct value *b)
{
    if (a->type == b->type && a->type != V_DEC)
        return order_i64(a->u.i, b->u.i);
    if (a->type == V_DATE && b->type == V_TIME)
        return order_i64(a->u.i * US_PER_DAY, local_us(ev, b->u.i));
    if (a->type == V_TIME && b->type == V_DATE)
        return order_i64(local_us(ev, a->u.i), b->u.i * US_PER_DAY);
    struct value x = to_number(ev, a), y = to_number(ev, b);
    if (x.type == V_INT && y.type == V_INT)
        return order_i64(x.u.i, y.u.i);
    return dec_cmp(v_number(&x), v_number(&y));
}

static struct value zero_like(const struct value *v)
{
    switch (v->type) {
    case V_TEXT: return v_text(S(""));
    case V_BOOL: return v_bool(false);
    case V_REF:  return v_ref(0);
    case V_LIST: return (struct value){ .type = V_LIST };
    default:     return v_int(0);
    }
}

/* Text against a date is read as a date where it is one; against an instant also as an instant, or as local date and time. */
static bool date_of_text(struct ev *ev, const struct value *date, const struct value *text, struct value *out)
{
    dec     d;
    int64_t us;
    if ((date->type != V_DATE && date->type != V_TIME) || text->type != V_TEXT)
        return false;
    if (date->type == V_TIME && instant_parse(text->u.s, &us)) {
        *out = v_time(us);
        return true;
    }
    if (!text_serial(text->u.s, &d))
        return false;
    *out = date->type == V_TIME && !dec_is_int(d) ? instant_at(ev, d) : number_of_dec(d);
    return out->type != V_ERROR;
}

static int order_same_rank(struct ev *ev, enum rank rank, const struct value *a, const struct value *b)
{
    switch (rank) {
    case RANK_TEXT:   return str_eq(a->u.s, b->u.s) ? 0 : text_collate(a->u.s, b->u.s);
    case RANK_BOOL:   return (int)a->u.b - (int)b->u.b;
    case RANK_REF:    return order_i64(a->u.i, b->u.i);
    case RANK_LIST:   return v_same(a, b) ? 0 : 2;
    case RANK_NUMBER: break;
    }
    return order_numbers(ev, a, b);
}

int value_order(struct ev *ev, const struct value *a, const struct value *b)
{
    struct value other;
    if (a->type == V_NULL && b->type == V_NULL)
        return 0;
    if (a->type == V_NULL) {
        other = zero_like(b);
        a = &other;
    } else if (b->type == V_NULL) {
        other = zero_like(a);
        b = &other;
    } else if (date_of_text(ev, a, b, &other))
        b = &other;
    else if (date_of_text(ev, b, a, &other))
        a = &other;
    enum rank ra = rank_of(a->type), rb = rank_of(b->type);
    if (ra != rb) {             /* a relation against a number is its id */
        if (ra == RANK_REF && b->type == V_INT)
            return order_i64(a->u.i, b->u.i);
        if (rb == RANK_REF && a->type == V_INT)
            return order_i64(a->u.i, b->u.i);
        return ra == RANK_LIST || rb == RANK_LIST ? 2 : ra < rb ? -1 : 1;
    }
    if (ra == RANK_TEXT && !ev_spend(ev, (a->u.s.n + b->u.s.n) / 8))
        return 2;
    int c = order_same_rank(ev, ra, a, b);
    return c < 0 ? -1 : c;
}

bool value_equal(struct ev *ev, const struct value *a, const struct value *b)
{
    if (a->type == V_TEXT && b->type == V_TEXT)         /* without the collation's help */
        return str_eq(a->u.s, b->u.s);
    return value_order(ev, a, b) == 0;
}
