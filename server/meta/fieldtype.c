/* fieldtype: the table of kinds, and how their values are read, stored and checked. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "meta/fieldtype.h"
#include "base/check.h"
#include "base/date.h"
#include "base/text.h"
#include "meta/catalog.h"

#include <string.h>

static bool read_text(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    if (j->type != JSON_STRING)
        return err_set(e, ERR_INVALID, "This must be text");
    *out = j->s.n ? v_text(text_nfc(mem, j->s)) : V_NONE;
    return !f->form || out->type == V_NULL || f->form->normal(out->u.s, mem, &out->u.s, e);
}

static bool read_integer(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    dec     d;
    int64_t i;
    (void)f, (void)mem;
    if (!json_dec(j, &d))
        return err_set(e, ERR_INVALID, "This must be a whole number");
    if (!dec_to_i64(d, &i))
        return err_set(e, ERR_INVALID, dec_is_int(d) ? "The number is too large" : "This must be a whole number");
    *out = v_int(i);
    return true;
}

/* Digits beyond the field's scale are refused, not rounded: money is exact or it is an error. */
static bool read_decimal(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    dec     d;
    int64_t units;
    (void)mem;
    if (!json_dec(j, &d))
        return err_set(e, ERR_INVALID, "This must be a number");
    if (!dec_exact_units(d, f->scale, &units) && !(f->round && dec_to_units(d, f->scale, &units))) {
        if (dec_to_units(d, f->scale, &units))
            return err_set(e, ERR_INVALID, "At most %d decimals are kept here", f->scale);
        return err_set(e, ERR_INVALID, "The number is too large");
    }
    *out = v_dec(dec_of_units(units, f->scale));
    return true;
}

static bool read_boolean(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    (void)f, (void)mem;
    if (j->type != JSON_BOOL)
        return err_set(e, ERR_INVALID, "This must be true or false");
    *out = v_bool(j->b);
    return true;
}

static bool read_date(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    int64_t day;
    (void)f, (void)mem;
    if (j->type != JSON_STRING || !day_parse(j->s, &day))
        return err_set(e, ERR_INVALID, "This must be a day such as 2026-01-31");
    *out = v_date(day);
    return true;
}

static bool read_datetime(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    int64_t us;
    (void)f, (void)mem;
    if (j->type != JSON_STRING || !instant_parse(j->s, &us))
        return err_set(e, ERR_INVALID, "This must be an instant such as 2026-01-31T08:00:00Z");
    *out = v_time(us);
    return true;
}

static bool read_choices(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    (void)f;
    if (j->type != JSON_ARRAY)
        return err_set(e, ERR_INVALID, "This must be a list");
    struct value *v = NEWV(mem, struct value, j->n);
    size_t        n = 0;
    for (const struct json *c = j->first; c; c = c->next) {
        if (c->type != JSON_STRING)
            return err_set(e, ERR_INVALID, "This must be a list of codes");
        struct value one = v_text(c->s);
        bool         seen = false;
        for (size_t i = 0; i < n; i++)
            seen |= v_same(&v[i], &one);
        if (!seen)
            v[n++] = one;
    }
    *out = n ? (struct value){ V_LIST, { .l = { v, n } } } : V_NONE;
    return true;
}

static bool read_json(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    struct buf b;
    struct jw  w;
    (void)f, (void)e;
    buf_init(&b, mem);
    jw_init(&w, &b);
    jw_json(&w, j);
    *out = v_text(buf_str(&b));
    return true;
}

static bool no_file(struct err *e) { return err_set(e, ERR_INVALID, "This must be a file or a list of at most %d files, each by its id", 100); }

/* 7, {"id":7,…} or a list of these, as [7]; whose they are is asked where records are written. */
static bool read_files(const struct field *f, const struct json *j, struct arena *mem, struct value *out, struct err *e)
{
    const struct json *one = j->type == JSON_ARRAY ? j->first : j;
    struct buf         b;
    size_t             n = 0;
    (void)f;
    *out = V_NONE;
    buf_init(&b, mem);
    for (; one; one = j->type == JSON_ARRAY ? one->next : NULL) {
        int64_t id = 0;
        if (n == 100 || !(one->type == JSON_OBJECT ? json_i64(one, "id", &id) : one->type == JSON_NUMBER && str_to_i64(one->s, &id)) || id < 1)
            return no_file(e);
        buf_printf(&b, "%s%lld", n++ ? "," : "[", (long long)id);
    }
    buf_putc(&b, ']');
    if (n)
        *out = v_text(buf_str(&b));
    return true;
}

static const struct fieldtype types[] = {
    { "text",        V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "one line of text" },
    { "long_text",   V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "text of several lines" },
    { "integer",     V_INT,  FT_COLUMN, 0, read_integer, "a whole number of 64 bits" },
    { "decimal",     V_DEC,  FT_COLUMN | FT_SCALED, 2, read_decimal, "an exact number with a fixed number of decimals" },
    { "money",       V_DEC,  FT_COLUMN | FT_SCALED, 2, read_decimal, "an amount with its currency" },
    { "percent",     V_DEC,  FT_COLUMN | FT_SCALED, 2, read_decimal, "a ratio; scale counts the decimals of the percent figure" },
    { "boolean",     V_BOOL, FT_COLUMN, 0, read_boolean, "yes or no" },
    { "date",        V_DATE, FT_COLUMN, 0, read_date, "a civil day" },
    { "datetime",    V_TIME, FT_COLUMN, 0, read_datetime, "an instant" },
    { "choice",      V_TEXT, FT_COLUMN | FT_OPTIONS, 0, read_text, "one code of a list" },
    { "choices",     V_LIST, FT_COLUMN | FT_OPTIONS, 0, read_choices, "several codes of a list" },
    { "relation",    V_REF,  FT_COLUMN | FT_ONE, 0, NULL, "one record of another module" },
    { "relations",   V_LIST, FT_MANY, 0, NULL, "several records of another module" },
    { "lines",       V_LIST, FT_LINES, 0, NULL, "child records that are edited with their parent" },
    { "email",       V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "an e-mail address" },
    { "phone",       V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "a telephone number" },
    { "url",         V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "a web address" },
    { "address",     V_NULL, 0, 0, NULL, "region, street and postcode" },
    { "auto_number", V_TEXT, FT_COLUMN | FT_TEXT, 0, read_text, "a number given by the system after a pattern" },
    { "formula",     V_NULL, FT_COLUMN | FT_COMPUTED, 2, NULL, "computed from other fields and kept" },
    { "lookup",      V_NULL, FT_READ, 0, NULL, "a field of a related record, as it is now" },
    { "rollup",      V_NULL, FT_COLUMN | FT_COMPUTED, 2, NULL, "an aggregate of related records, kept current" },
    { "person",      V_REF,  FT_COLUMN | FT_ONE, 0, NULL, "a user" },
    { "department",  V_REF,  FT_COLUMN | FT_ONE, 0, NULL, "a department" },
    { "file",        V_TEXT, FT_COLUMN | FT_JSON | FT_FILES, 0, read_files, "attached files" },
    { "json",        V_TEXT, FT_COLUMN | FT_JSON, 0, read_json, "any JSON value" },
};

const struct fieldtype *fieldtype_find(str name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_eqz(name, types[i].name))
            return &types[i];
    return NULL;
}

const struct fieldtype *fieldtype_all(size_t *n)
{
    *n = sizeof types / sizeof types[0];
    return types;
}

struct value field_to_cell(const struct field *f, const struct value *v, struct arena *mem)
{
    int64_t units;
    switch (v->type) {
    case V_DEC:
        if (f->vtype == V_INT)
            return dec_to_units(v->u.d, 0, &units) ? v_int(units) : V_NONE;
        return dec_to_units(v->u.d, f->scale, &units) ? v_int(units) : V_NONE;
    case V_INT:
        if (f->vtype != V_DEC)
            return *v;
        return dec_to_units(dec_of_i64(v->u.i), f->scale, &units) ? v_int(units) : V_NONE;
    case V_LIST: {
        struct buf b;
        buf_init(&b, mem);
        for (size_t i = 0; i < v->u.l.n; i++) {
            buf_putc(&b, ',');
            buf_put(&b, v->u.l.v[i].u.s);
        }
        buf_putc(&b, ',');
        return v_text(buf_str(&b));
    }
    case V_ERROR: return V_NONE;
    default:      return *v;
    }
}

static struct value list_of(str s, struct arena *mem)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == ',';
    if (n < 2)
        return V_NONE;
    struct value *v = NEWV(mem, struct value, n - 1);
    str           rest = str_sub(s, 1, s.n - 1), part;
    size_t        i = 0;
    while (str_cut(&rest, ',', &part))
        v[i++] = v_text(part);
    return (struct value){ V_LIST, { .l = { v, i } } };
}

struct value field_of_cell(const struct field *f, const struct value *c, struct arena *mem)
{
    if (c->type == V_NULL)
        return V_NONE;
    switch (f->vtype) {
    case V_BOOL: return v_bool(c->u.i != 0);
    case V_DEC:  return v_dec(dec_of_units(c->u.i, f->scale));
    case V_DATE: return v_date(c->u.i);
    case V_TIME: return v_time(c->u.i);
    case V_REF:  return v_ref(c->u.i);
    case V_LIST: return c->type == V_TEXT ? list_of(c->u.s, mem) : V_NONE;
    default:     return *c;
    }
}

static const struct option *option_by_label(const struct field *f, str s)
{
    for (size_t i = 0; i < f->noptions; i++)
        if (str_eq(f->options[i].code, s))
            return &f->options[i];
    for (size_t i = 0; i < f->noptions; i++)
        if (str_eq(f->options[i].label.zh, s) || str_eq_nocase(f->options[i].label.en, s))
            return &f->options[i];
    return NULL;
}

static bool text_boolean(str s, bool *out)
{
    static const struct { const char *t; bool b; } words[] = {
        { "true", true }, { "false", false }, { "1", true }, { "0", false }, { "yes", true }, { "no", false },
        { "是", true }, { "否", false }, { "y", true }, { "n", false }, { "√", true }, { "×", false },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_eq_nocase(s, str_of(words[i].t)))
            return *out = words[i].b, true;
    return false;
}

/* 2026/1/5, 2026-1-5, 2026.1.5, 2026年1月5日, and 2026-01-05 00:00:00 without a time of day */
static bool text_day(str s, int64_t *day)
{
    int    part[3] = { 0 }, n = 0;
    size_t i = 0;
    while (n < 3 && i < s.n) {
        size_t from = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && i - from < 5)
            part[n] = part[n] * 10 + (s.p[i++] - '0');
        if (i == from)
            return false;
        n++;
        str rest = str_sub(s, i, s.n);
        if (n < 3) {
            size_t skip = str_starts(rest, S("年")) || str_starts(rest, S("月")) ? 3 : rest.n && strchr("-/.", rest.p[0]) ? 1 : 0;
            if (!skip)
                return false;
            i += skip;
        } else if (rest.n && !str_eq(rest, S("日")) && !str_eq(rest, S(" 00:00:00")) && !str_eq(rest, S(" 00:00")) &&
                   !str_eq(rest, S("T00:00:00")))
            return false;
    }
    if (n < 3 || !day_valid(part[0], part[1], part[2]))
        return false;
    *day = day_of_civil(part[0], part[1], part[2]);
    return true;
}

bool field_read_text(const struct field *f, str s, struct arena *mem, struct value *out, struct err *e)
{
    struct json j = { .type = JSON_STRING, .s = s };
    bool        b;
    int64_t     day;
    *out = V_NONE;
    if (!(f->type->flags & FT_TEXT) || str_eqz(str_of(f->type->name), "email"))
        j.s = str_trim(s);
    if (j.s.n == 0)
        return true;
    if (f->vtype == V_BOOL)
        return text_boolean(j.s, &b) ? (*out = v_bool(b), true) : err_set(e, ERR_INVALID, "This must be true or false");
    if (f->vtype == V_DATE && text_day(j.s, &day))
        return *out = v_date(day), true;
    if (f->type->flags & FT_OPTIONS) {
        if (f->vtype == V_LIST) {
            struct value *v = NEWV(mem, struct value, j.s.n + 1);
            size_t        n = 0;
            str           rest = j.s, part;
            while (str_cut(&rest, strchr(str_z(mem, j.s), ';') ? ';' : ',', &part)) {
                const struct option *o = option_by_label(f, str_trim(part));
                v[n++] = v_text(o ? o->code : str_trim(part));
            }
            *out = (struct value){ V_LIST, { .l = { v, n } } };
            return true;
        }
        const struct option *o = option_by_label(f, j.s);
        *out = v_text(o ? o->code : j.s);
        return true;
    }
    if (!f->type->read)
        return err_set(e, ERR_INVALID, "This field cannot be given as text");
    if (f->vtype == V_DEC || f->vtype == V_INT) {       /* 1,234.50 and 12.5% as spreadsheets write them */
        struct buf t;
        dec        d;
        bool       percent = str_ends(j.s, S("%"));
        buf_init(&t, mem);
        for (size_t i = 0; i < j.s.n - percent; i++)
            if (j.s.p[i] != ',')
                buf_putc(&t, j.s.p[i]);
        j.s = buf_str(&t);
        if (percent && dec_parse(j.s, &d))
            j.s = dec_text(mem, dec_mul(d, dec_of_units(1, 2)));
    }
    return f->type->read(f, &j, mem, out, e);
}

static bool check_options(const struct field *f, str code, struct err *e)
{
    for (size_t i = 0; i < f->noptions; i++)
        if (str_eq(f->options[i].code, code))
            return true;
    return err_set(e, ERR_INVALID, "“" STR_FMT "” is none of the choices", STR_ARG(code));
}

bool field_check(const struct field *f, const struct value *v, struct err *e)
{
    if (v->type == V_NULL)
        return true;
    if (v->type == V_TEXT && !(f->type->flags & (FT_JSON | FT_COMPUTED))) {
        size_t n = text_length(v->u.s);
        str    normal;
        if (f->form && !f->form->normal(v->u.s, e->mem, &normal, e))
            return false;
        if (f->max_length && n > f->max_length)
            return err_set(e, ERR_INVALID, "At most %zu characters fit here; these are %zu", f->max_length, n);
        if (f->pattern) {
            pcre2_match_data    *m = pcre2_match_data_create(1, NULL);
            pcre2_match_context *c = pcre2_match_context_create(NULL);
            pcre2_set_match_limit(c, 100000);
            int r = pcre2_match(f->pattern, (PCRE2_SPTR)v->u.s.p, v->u.s.n, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED, m, c);
            pcre2_match_data_free(m);
            pcre2_match_context_free(c);
            if (r < 0) {
                str own = label_in(&f->pattern_message, e->lang);
                return own.n ? err_set(e, ERR_INVALID, STR_FMT, STR_ARG(own))
                             : err_set(e, ERR_INVALID, "This does not have the form that is asked for");
            }
        }
    }
    if (f->type->flags & FT_OPTIONS) {
        if (v->type == V_TEXT)
            return check_options(f, v->u.s, e);
        for (size_t i = 0; i < v->u.l.n; i++)
            if (!check_options(f, v->u.l.v[i].u.s, e))
                return false;
    }
    if ((f->has_min || f->has_max) && (v_is_number(v) || v->type == V_DATE)) {
        dec  d = v->type == V_DATE ? dec_of_i64(v->u.i) : v_number(v);
        str  lim = STR_NONE;
        bool low = f->has_min && dec_cmp(d, f->min) < 0, high = f->has_max && dec_cmp(d, f->max) > 0;
        int64_t day = 0;
        if (low || high)
            lim = v->type == V_DATE && dec_to_i64(low ? f->min : f->max, &day) ? day_text(e->mem, day)
                                                                              : dec_text(e->mem, low ? f->min : f->max);
        if (low)
            return err_set(e, ERR_INVALID, "The least that is allowed is " STR_FMT, STR_ARG(lim));
        if (high)
            return err_set(e, ERR_INVALID, "The most that is allowed is " STR_FMT, STR_ARG(lim));
    }
    return true;
}
