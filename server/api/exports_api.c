/* exports_api: records as a table to keep.  What the caller may see, in the caller's words, in one transaction. */
#include "api/api.h"
#include "base/text.h"
#include "exchange/export.h"
#include "exchange/xlsx_write.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { SEAT_TRIES = 25, SEAT_PAUSE_US = 20000, SEAT_AGAIN_S = 5, DEADLINE_MS = 15 * 60 * 1000, COPY = 1 << 16 };

struct wish { const struct module *m; struct export_question ask; const char *encoding; FILE *f; struct arena *mem; };

static bool put_coded(void *arg, str s)
{
    struct wish *w = arg;
    str          out;
    if (w->encoding) {
        arena_reset(w->mem);
        text_to_encoding(w->mem, w->encoding, s, &out);
        s = out;
    }
    return fwrite(s.p, 1, s.n, w->f) == s.n;
}

static bool make_csv(struct call *k, FILE *f, void *arg)
{
    struct wish *w = arg;
    w->f = f;
    w->mem = arena_new(0);
    bool ok = export_csv(&k->c, w->m, &w->ask, put_coded, w);
    arena_free(w->mem);
    return ok;
}

/* The library writes to a name, so the workbook is made beside and copied. */
static bool make_xlsx(struct call *k, FILE *f, void *arg)
{
    struct wish *w = arg;
    const char  *path = str_printf(k->c.mem, "%s/export-" STR_FMT, k->app->spool, STR_ARG(k->rq->trace)).p;
    bool         ok = export_xlsx(&k->c, w->m, &w->ask, path, k->app->spool);
    FILE        *from = ok ? fopen(path, "rb") : NULL;
    char        *piece = arena_alloc(k->c.mem, COPY);
    size_t       n;
    unlink(path);
    while (from && (n = fread(piece, 1, COPY, from)) > 0 && fwrite(piece, 1, n, f) == n)
        ;
    if (ok && (!from || ferror(from) || ferror(f)))
        ok = err_set(&k->c.err, ERR_FULL, "The file cannot be written");
    if (from)
        fclose(from);
    return ok;
}

/* A mark in front tells spreadsheets which encoding it is. */
static bool make_marked(struct call *k, FILE *f, void *arg)
{
    struct wish *w = arg;
    const char  *mark = w->encoding ? "\xff\xfe" : "\xef\xbb\xbf";
    return fwrite(mark, 1, strlen(mark), f) == strlen(mark) && make_csv(k, f, arg);
}

static bool export_it(struct call *k, void *arg)
{
    (void)arg;
    static const struct { const char *name, *encoding, *charset; bool mark; } encodings[] = {
        { "", NULL, "utf-8", false }, { "utf-8", NULL, "utf-8", false }, { "utf-8-bom", NULL, "utf-8", true }, { "utf-16le", "utf-16le", "utf-16", true },
        { "gbk", "gb18030", "gb18030", false }, { "gb18030", "gb18030", "gb18030", false },
    };
    struct wish w = { .m = call_module(k, k->params[0]), .ask = { .where = call_param(k, "where"), .sort = call_param(k, "sort"), .q = call_param(k, "q"),
                                                                  .fields = call_param(k, "fields") } };
    str    header = call_param(k, "header"), format = call_param(k, "format"), encoding = text_lower(k->c.mem, call_param(k, "encoding"));
    size_t at = 0, n = sizeof encodings / sizeof encodings[0];
    if (!w.m)
        return false;
    while (at < n && !str_eqz(encoding, encodings[at].name))
        at++;
    if (at == n)
        err_problem(&k->c.err, S("encoding"), "choice", "This must be one of %s", "utf-8, utf-8-bom, utf-16le, gb18030");
    if (format.n && !str_eqz(format, "csv") && !str_eqz(format, "xlsx"))
        err_problem(&k->c.err, S("format"), "choice", "This must be one of %s", "csv, xlsx");
    if (header.n && !str_eqz(header, "labels") && !str_eqz(header, "names"))
        err_problem(&k->c.err, S("header"), "choice", "This must be one of %s", "labels, names");
    if (k->c.err.kind)
        return false;
    w.ask.names = str_eqz(header, "names") ? EXPORT_NAMES : EXPORT_LABELS;
    w.encoding = encodings[at].encoding;
    db_deadline(k->c.db, DEADLINE_MS);
    str plural = label_in(&w.m->plural, k->c.err.lang), label = plural.n ? plural : label_in(&w.m->label, k->c.err.lang);
    bool sheet = str_eqz(format, "xlsx");
    str  name = str_printf(k->c.mem, STR_FMT " " STR_FMT "%s", STR_ARG(label.n ? label : w.m->name),
                           STR_ARG(day_text(k->c.mem, zone_day(k->c.cat->zone, k->c.now))), sheet ? ".xlsx" : ".csv");
    if (sheet)
        return call_download(k, S("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), name, make_xlsx, &w);
    return call_download(k, str_printf(k->c.mem, "text/csv; charset=%s", encodings[at].charset), name, encodings[at].mark ? make_marked : make_csv, &w);
}

/* An export holds a reader of the database and a worker for minutes: the other half is for everybody else. */
static bool take_seat(struct call *k)
{
    int readers = store_readers(k->app->store), seats = readers > 3 ? readers / 2 : 1;
    for (int i = 0; i < SEAT_TRIES; i++) {
        if (atomic_fetch_add(&k->app->exporting, 1) < seats)
            return true;
        atomic_fetch_sub(&k->app->exporting, 1);
        usleep(SEAT_PAUSE_US);
    }
    k->wait_s = SEAT_AGAIN_S;
    return err_set(&k->c.err, ERR_TOO_MANY, "Other exports are being made; please try again in a moment");
}

/* The seat is free again also when memory ends. */
bool exports_get(struct call *k)
{
    jmp_buf full, *outer;
    if (!take_seat(k))
        return false;
    outer = arena_guard(k->c.mem, &full);
    if (setjmp(full)) {
        arena_guard(k->c.mem, outer);
        atomic_fetch_sub(&k->app->exporting, 1);
        longjmp(*outer, 1);
    }
    bool ok = call_desk(k, TX_READ, export_it, NULL);
    arena_guard(k->c.mem, outer);
    atomic_fetch_sub(&k->app->exporting, 1);
    return ok;
}
