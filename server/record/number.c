/* number: automatic numbers, drawn from counters of q_counter: one for each field and period. */
#include "record/record.h"

static str two(struct arena *mem, int n, int width) { return str_printf(mem, "%0*d", width, n); }

/* SQLite has one writer at a time; on PostgreSQL see NUMBERS_POSTGRES in meta/schema.c. */
static bool draw_number(struct ctx *c, const struct field *f, str counter, struct rows *out)
{
    struct value a[] = { v_text(counter), v_int(!f->gap_none) };
    if (db_dialect(c->db)->for_update[0])
        return db_run(c->db, S("SELECT q_number($1, $2)"), a, 2, c->mem, out, &c->err);
    return db_run(c->db, S("INSERT INTO q_counter(name, value) VALUES($1, 1) ON CONFLICT(name) DO UPDATE SET value = q_counter.value + 1 RETURNING value"),
                  a, 1, c->mem, out, &c->err);
}

/* V-{yyyy}-{0000}: the date parts make the period of the counter. */
bool number_next(struct ctx *c, const struct field *f, struct value *out)
{
    struct civil d = civil_of_day(zone_day(c->cat->zone, c->now));
    struct buf   head, period;
    str          p = f->number_pattern.n ? f->number_pattern : S("{0000}");
    struct rows  r;
    buf_init(&head, c->mem);
    buf_init(&period, c->mem);
    buf_printf(&period, "n%lld", (long long)f->id);
    size_t digits_at = SIZE_MAX;
    int    width = 0;
    for (size_t i = 0; i < p.n; i++) {
        ptrdiff_t close = p.p[i] == '{' ? str_chr(str_sub(p, i, p.n), '}') : -1;
        if (close < 0) {
            buf_putc(&head, p.p[i]);
            continue;
        }
        str in = str_sub(p, i + 1, i + (size_t)close), part = STR_NONE;
        if (str_eqz(in, "yyyy"))
            part = two(c->mem, d.year, 4);
        else if (str_eqz(in, "yy"))
            part = two(c->mem, d.year % 100, 2);
        else if (str_eqz(in, "mm"))
            part = two(c->mem, d.month, 2);
        else if (str_eqz(in, "dd"))
            part = two(c->mem, d.day, 2);
        else {
            digits_at = head.n;
            width = (int)in.n;
        }
        if (part.n) {
            buf_putc(&period, '.');
            buf_put(&period, part);
        }
        buf_put(&head, part);
        i += (size_t)close;
    }
    if (!draw_number(c, f, buf_str(&period), &r))
        return false;
    str n = str_printf(c->mem, "%0*lld", width > 20 ? 20 : width, (long long)CELL(&r, 0, 0)->u.i);
    str all = buf_str(&head);
    if (digits_at > all.n)
        digits_at = all.n;
    *out = v_text(str_cat(c->mem, str_cat(c->mem, str_sub(all, 0, digits_at), n), str_sub(all, digits_at, all.n)));
    return true;
}
