/* lookup: see lookup.h. */
#include "exchange/lookup.h"
#include "record/compose.h"

#include <string.h>

enum { AT_ONCE = 200 };

void lookup_init(struct lookup *l, const struct module *m, const struct field *by, struct arena *mem)
{
    *l = (struct lookup){ .m = m, .by = by, .cap = 64 };
    dict_init(&l->values, mem);
    l->hits = NEWV(mem, struct lookup_hit, l->cap);
}

uint32_t lookup_want(struct lookup *l, const struct value *v)
{
    uint32_t i = dict_put(&l->values, v);
    if (i >= l->cap) {
        struct lookup_hit *more = NEWV(l->values.mem, struct lookup_hit, (size_t)l->cap * 2);
        memcpy(more, l->hits, l->cap * sizeof *more);
        l->hits = more;
        l->cap *= 2;
    }
    return i;
}

void lookup_know(struct lookup *l, uint32_t number, int64_t id, int64_t version) { l->hits[number] = (struct lookup_hit){ id, version }; }

bool lookup_load(struct lookup *l, struct ctx *c)
{
    struct access a = access_of(c, l->m);
    memset(l->hits, 0, l->cap * sizeof *l->hits);
    if (!access_any(&a, ACT_READ))
        return true;
    for (uint32_t from = 0; from < l->values.n; from += AT_ONCE) {
        struct compose *co = NEW(c->mem, struct compose);
        struct buf      in;
        struct rows     r;
        compose_init(co, c, l->m, true);
        str seen = compose_seen(co, 0);
        buf_init(&in, c->mem);
        for (uint32_t i = 0; i < AT_ONCE; i++) {        /* always as many, so that the statement is the same */
            uint32_t at = from + i < l->values.n ? from + i : from;
            buf_printf(&in, "%s$%d", i ? ", " : "", compose_bind(co, field_to_cell(l->by, &l->values.v[at], c->mem)));
        }
        str tables = compose_from(co);
        str sql = str_printf(c->mem, "SELECT t0.id, t0.version, t0." STR_FMT STR_FMT " WHERE t0." STR_FMT " IN (" STR_FMT ") AND t0.deleted_at IS NULL%s" STR_FMT,
                             STR_ARG(l->by->column), STR_ARG(tables), STR_ARG(l->by->column), STR_ARG(buf_str(&in)), seen.n ? " AND " : "", STR_ARG(seen));
        if (co->overflow)
            return err_set(&c->err, ERR_LIMIT, "This question reads too many fields of related records at once");
        if (!db_run(c->db, sql, co->args, (size_t)co->nargs, c->mem, &r, &c->err))
            return false;
        for (size_t i = 0; i < r.nrows; i++) {
            struct value v = field_of_cell(l->by, CELL(&r, i, 2), c->mem);
            uint32_t     at = dict_find(&l->values, &v);
            if (at != DICT_NONE)
                lookup_know(l, at, l->hits[at].id ? -1 : CELL(&r, i, 0)->u.i, CELL(&r, i, 1)->u.i);
        }
    }
    return true;
}
