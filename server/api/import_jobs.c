/* import_jobs: see import_jobs.h.  Invariants
 *   1. `all`, its jobs' totals and permille are touched under the lock only; a job is freed by the thread that ran it.
 *   2. A job's spool file is deleted when the job has ended, however it did. */
#include "api/import_jobs.h"
#include "api/workspace.h"
#include "base/check.h"
#include "base/log.h"
#include "exchange/import_undo.h"
#include "exchange/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 2, DRY_ROWS = 200000, BUSY_TRIES = 20, END_PAUSE_US = 100000, DRY_TRIES = 5, SILENT_S = 600, STALE_S = 86400, SWEEP_EVERY_S = 86400 };

struct job {
    struct job          *next;
    int64_t              id;
    int64_t              undo_by;       /* 0: it is to be run */
    bool                 taken;
    struct import_totals totals;
    int                  permille;
};

struct import_jobs {
    struct app      *app;
    char             server[128];
    pthread_mutex_t  lock;
    pthread_cond_t   work, ended;
    struct job      *all;           /* oldest first */
    bool             stopping;
    time_t           sweep_at;      /* when the rows of old imports are forgotten next */
    pthread_t        threads[THREADS];
};

/* ---- who works ---------------------------------------------------------------------------------------------------------- */

/* When a process began, in ticks since the machine did; 0: there is no such process. */
static long long began(long pid)
{
    char      path[64], line[1024];
    long long ticks = 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    const char *p = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    for (int i = 0; p && i < 20; i++)
        p = strchr(p + 1, ' ');
    if (p)
        ticks = strtoll(p, NULL, 10);
    fclose(f);
    return ticks;
}

static const char *host(char *out, size_t cap)
{
    if (gethostname(out, cap))
        *out = 0;
    out[cap - 1] = 0;
    return out;
}

/* "host pid ticks" */
bool import_server_alive(str server, int64_t beat, int64_t now)
{
    char    mine[80];
    str     rest = server, name, pid, ticks;
    int64_t p, t;
    if (!str_cut(&rest, ' ', &name) || !str_cut(&rest, ' ', &pid) || !str_cut(&rest, ' ', &ticks) || !str_to_i64(pid, &p) || !str_to_i64(ticks, &t))
        return false;
    if (!str_eqz(name, host(mine, sizeof mine)))
        return now - beat < SILENT_S * US_PER_S;
    return began((long)p) == t;
}

str import_jobs_server(const struct import_jobs *j) { return str_of(j->server); }

str import_spool_path(struct arena *mem, const struct app *app, str spool) { return str_printf(mem, "%s/" STR_FMT, app->spool, STR_ARG(spool)); }

static void drop_spool(const struct app *app, str spool)
{
    struct arena *mem = arena_new(0);
    if (spool.n && str_chr(spool, '/') < 0)
        unlink(str_z(mem, import_spool_path(mem, app, spool)));
    arena_free(mem);
}

/* ---- one import ---------------------------------------------------------------------------------------------------------- */

/* While a job runs.  The refused rows of a dry run wait in a file, because its transaction is not kept. */
struct run {
    struct import_jobs *jobs;
    struct job         *job;
    struct arena       *mem;
    struct import_entry e;
    struct desk         desk;
    struct table       *table;
    struct import      *im;
    FILE               *rejects;
    str                 header;
    int64_t             rows;           /* asked for in this pass, with the header */
    bool                stopped, cut;
};

static bool must_stop(struct run *r)
{
    pthread_mutex_lock(&r->jobs->lock);
    r->stopped = r->jobs->stopping;
    r->job->permille = r->table ? table_permille(r->table) : r->job->permille;
    pthread_mutex_unlock(&r->jobs->lock);
    return r->stopped;
}

static bool ended_before(struct err *e) { return err_set(e, ERR_INTERNAL, "The server ended before the import did; what is counted here was done"); }

static bool next_row(void *arg, struct csv_row *row, bool *end, struct err *e)
{
    struct run *r = arg;
    /* A dry run is one transaction, and on SQLite nobody else writes meanwhile. */
    if (r->e.dry_run && r->rows++ > DRY_ROWS) {
        r->cut = *end = true;
        return true;
    }
    /* A file may say little for long. */
    return must_stop(r) ? ended_before(e) : table_next(r->table, row, end, e);
}

static bool begin_chunk(void *arg, struct ctx **out, struct err *e)
{
    struct run *r = arg;
    return must_stop(r) ? ended_before(e) : desk_open(&r->desk, TX_WRITE, out, e);
}

static bool commit_chunk(void *arg, struct err *e) { return desk_commit(&((struct run *)arg)->desk, e); }
static void undo_chunk(void *arg) { desk_rollback(&((struct run *)arg)->desk); }

static bool keep_text(FILE *f, str s) { return fwrite(&s.n, sizeof s.n, 1, f) == 1 && fwrite(s.p ? s.p : "", 1, s.n, f) == s.n; }

static bool keep_dry(struct run *r, struct ctx *c, const struct import_chunk *chunk)
{
    if (must_stop(r))
        return ended_before(&c->err);
    if (!r->header.p)
        r->header = str_dup(r->mem, chunk->header);
    for (size_t i = 0; i < chunk->n; i++) {
        const struct import_row *row = &chunk->rows[i];
        if (row->rejected && (fwrite(&row->line, sizeof row->line, 1, r->rejects) != 1 || !keep_text(r->rejects, row->column) ||
                              !keep_text(r->rejects, row->reason) || !keep_text(r->rejects, row->cells)))
            return err_set(&c->err, ERR_FULL, "The rejected rows cannot be written");
    }
    return true;
}

static bool told(void *arg, struct ctx *c, const struct import_chunk *chunk)
{
    struct run *r = arg;
    return r->e.dry_run ? keep_dry(r, c, chunk) : import_log_chunk(c, r->e.id, chunk);
}

static void show(void *arg, const struct import_totals *t)
{
    struct run *r = arg;
    pthread_mutex_lock(&r->jobs->lock);
    r->job->totals = *t;
    pthread_mutex_unlock(&r->jobs->lock);
    must_stop(r);
}

static void put_away(struct run *r)
{
    import_free(r->im);
    r->im = NULL;
    table_close(r->table);
    r->table = NULL;
}

static bool one_pass(struct run *r, const struct import_options *o, struct import_totals *t, struct err *e)
{
    struct table_options     to = { .encoding = r->e.encoding, .sheet = r->e.sheet };
    const struct import_door door = { begin_chunk, commit_chunk, undo_chunk, r };
    str                      path = import_spool_path(r->mem, r->jobs->app, r->e.spool);
    if (!table_open(str_z(r->mem, path), &to, &r->table, e))
        return false;
    r->rows = 0;
    r->im = import_new(o, next_row, r);
    bool ok = import_run(r->im, &door, e);
    *t = *import_totals(r->im);
    put_away(r);
    return ok;
}

static bool run_import(struct run *r, struct import_totals *t, struct err *e)
{
    struct import_options o = { .key = r->e.key, .map = r->e.map, .dry_run = r->e.dry_run, .lang = r->e.lang,
                                .above = r->mem, .within = told, .progress = show, .arg = r };
    struct ctx           *c;
    if (!desk_open(&r->desk, TX_READ, &c, e))
        return false;
    const struct module *m = catalog_module_id(c->cat, r->e.module);
    o.module = m ? str_dup(r->mem, m->name) : STR_NONE;
    desk_rollback(&r->desk);
    if (!m)
        return err_set(e, ERR_NOT_FOUND, "The module of this import is gone");
    for (int i = 0;; i++) {
        err_clear(e);
        if (r->e.dry_run && r->rejects && ftruncate(fileno(r->rejects), 0) == 0)
            rewind(r->rejects);
        if (one_pass(r, &o, t, e))
            return true;
        if (!r->e.dry_run || e->kind != ERR_BUSY || i == DRY_TRIES)
            return false;
    }
}

/* ---- its end ------------------------------------------------------------------------------------------------------------- */

static bool take_text(FILE *f, struct arena *mem, str *out)
{
    size_t n;
    if (fread(&n, sizeof n, 1, f) != 1)
        return false;
    char *p = arena_alloc(mem, n + 1);
    *out = (str){ p, n };
    return fread(p, 1, n, f) == n;
}

static bool put_dry(struct run *r, struct ctx *c, const struct import_totals *t)
{
    struct import_row row = { .rejected = true };
    rewind(r->rejects);
    while (fread(&row.line, sizeof row.line, 1, r->rejects) == 1) {
        arena_mark m = arena_here(c->mem);
        if (!take_text(r->rejects, c->mem, &row.column) || !take_text(r->rejects, c->mem, &row.reason) || !take_text(r->rejects, c->mem, &row.cells))
            return err_internal(&c->err, "rejected rows of a dry run");
        if (!import_log_reject(c, r->e.id, &row))
            return false;
        arena_back(c->mem, m);
    }
    return import_log_totals(c, r->e.id, t, r->header.p ? r->header : S(""));
}

/* The last word about a job: its own desk, of the program. */
static bool say_end(struct run *r, const char *state, const struct import_totals *t, const struct err *why)
{
    struct err e = { .kind = ERR_NONE };
    r->desk.user = 0;
    for (int i = 0; i < BUSY_TRIES; i++) {
        struct ctx *c;
        if (i && e.kind != ERR_BUSY)
            usleep(END_PAUSE_US);       /* the disk was full, or the database away */
        err_init(&e, r->mem, r->e.lang);
        if (!desk_open(&r->desk, TX_WRITE, &c, &e))
            continue;
        if ((!r->e.dry_run || r->job->undo_by || !t || put_dry(r, c, t)) && import_log_end(c, r->e.id, state, why)) {
            if (desk_commit(&r->desk, &e))
                return true;
        } else {
            err_take(&e, &c->err);
            desk_rollback(&r->desk);
        }
    }
    log_event(LOG_ERROR, "import_not_noted", "id=%lld state=%s detail=%s", (long long)r->e.id, state, log_q(r->mem, e.message));
    return false;
}

static bool run_undo(struct run *r, struct import_totals *t, struct err *e)
{
    int64_t all = r->e.totals.created + r->e.totals.updated, done = 0;
    (void)t;
    for (bool more = true; more;) {
        bool ok = false;
        for (int i = 0; i < BUSY_TRIES && !ok; i++) {
            struct ctx *c;
            err_clear(e);
            if (must_stop(r))
                return ended_before(e);
            if (!desk_open(&r->desk, TX_WRITE, &c, e)) {
                if (e->kind != ERR_BUSY)
                    return false;
                continue;
            }
            if (import_undo_some(c, &r->e, &more))
                ok = desk_commit(&r->desk, e);
            else {
                err_take(e, &c->err);
                desk_rollback(&r->desk);
            }
            if (!ok && e->kind != ERR_BUSY)
                return false;
        }
        if (!ok)
            return false;
        done += 200;
        pthread_mutex_lock(&r->jobs->lock);
        r->job->permille = all ? (int)(done < all ? done * 1000 / all : 1000) : 1000;
        pthread_mutex_unlock(&r->jobs->lock);
    }
    return true;
}

/* ---- one job ------------------------------------------------------------------------------------------------------------- */

/* Read for itself: where nothing can be written it is still known which file the job leaves. */
static bool load(struct run *r, struct import_totals *t, struct err *e)
{
    (void)t;
    struct ctx         *c;
    struct import_entry read;
    if (!desk_open(&r->desk, TX_READ, &c, e))
        return false;
    if (!import_log_get(c, r->job->id, 0, &read)) {
        err_take(e, &c->err);
        desk_rollback(&r->desk);
        return false;
    }
    r->e = read;
    r->e.spool = str_dup(r->mem, read.spool);
    r->e.name = str_dup(r->mem, read.name);
    r->e.key = str_dup(r->mem, read.key);
    r->e.map = str_dup(r->mem, read.map);
    r->e.encoding = str_dup(r->mem, read.encoding);
    r->e.sheet = str_dup(r->mem, read.sheet);
    desk_rollback(&r->desk);
    return true;
}

static bool begin(struct run *r, struct import_totals *t, struct err *e)
{
    (void)t;
    struct ctx *c;
    if (!desk_open(&r->desk, TX_WRITE, &c, e))
        return false;
    if (import_log_begin(c, r->job->id, r->job->undo_by ? "undoing" : "running", import_jobs_server(r->jobs)))
        return desk_commit(&r->desk, e);
    err_take(e, &c->err);
    desk_rollback(&r->desk);
    return false;
}

/* Work that takes more memory than a job may jumps back here; what has been committed stays, and is counted. */
static bool guarded(struct run *r, bool (*work)(struct run *, struct import_totals *, struct err *), struct import_totals *t, struct err *e)
{
    const arena_mark here = arena_here(r->mem);
    jmp_buf          full;
    bool             ok;
    arena_guard(r->mem, &full);
    if (setjmp(full) == 0) {
        ok = work(r, t, e);
    } else {
        if (r->desk.c.db)
            desk_rollback(&r->desk);
        if (r->im)
            *t = *import_totals(r->im);
        put_away(r);
        r->header = STR_NONE;
        arena_reset(r->desk.mem);
        arena_back(r->mem, here);
        err_init(e, r->mem, r->e.lang);
        ok = err_set(e, ERR_LIMIT, "This takes more memory than an import may use; please split the file");
    }
    arena_guard(r->mem, NULL);
    return ok;
}

static bool in_the_end(struct run *r, bool (*work)(struct run *, struct import_totals *, struct err *), struct import_totals *t, struct err *e)
{
    for (int i = 0; i < BUSY_TRIES; i++) {
        if (i && e->kind != ERR_BUSY)
            usleep(END_PAUSE_US);
        err_clear(e);
        if (guarded(r, work, t, e))
            return true;
    }
    return false;
}

static void run_job(struct import_jobs *jobs, struct job *job)
{
    struct run           r = { .jobs = jobs, .job = job, .mem = arena_new(0), .rejects = NULL };
    struct import_totals t = { 0 };
    struct err           e;
    bool                 ok = false;
    r.desk = (struct desk){ .store = jobs->app->store, .catalogs = jobs->app->catalogs, .mem = arena_new((size_t)1 << 30), .way = "import" };
    arena_under(r.desk.mem, r.mem);
    err_init(&e, r.mem, LANG_EN);
    r.e.id = job->id;
    if (!in_the_end(&r, load, &t, &e) || !in_the_end(&r, begin, &t, &e)) {
        log_event(LOG_ERROR, "import_not_begun", "id=%lld detail=%s", (long long)job->id, log_q(r.mem, e.message));
        say_end(&r, job->undo_by ? "interrupted" : "failed", NULL, &e);
    } else {
        err_init(&e, r.mem, r.e.lang);
        r.desk.lang = r.e.lang;
        r.desk.user = job->undo_by ? job->undo_by : r.e.user;
        if (job->undo_by)
            ok = guarded(&r, run_undo, &t, &e);
        else if (r.e.dry_run && !(r.rejects = tmpfile()))
            ok = err_set(&e, ERR_FULL, "The rejected rows cannot be written");
        else
            ok = guarded(&r, run_import, &t, &e);
        const char *state = ok ? (job->undo_by ? "undone" : "done") : r.stopped || job->undo_by ? "interrupted" : "failed";
        if (ok && r.cut)
            err_set(&e, ERR_LIMIT, "A dry run tries the first %d rows; the rest was not looked at", DRY_ROWS);
        say_end(&r, state, r.rejects ? &t : NULL, ok && !r.cut ? NULL : &e);
        log_event(LOG_INFO, "import", "id=%lld state=%s rows=%lld rejected=%lld", (long long)job->id, state, (long long)t.rows, (long long)t.rejected);
    }
    if (!job->undo_by)
        drop_spool(jobs->app, r.e.spool);
    if (r.rejects)
        fclose(r.rejects);
    arena_free(r.desk.mem);
    arena_free(r.mem);
}

/* ---- what was left behind ---------------------------------------------------------------------------------------------------- */

static void forget_spool(str spool, void *app) { drop_spool(app, spool); }

static bool sweep(struct ctx *c, void *app) { return import_log_sweep(c, import_server_alive, forget_spool, app); }

/* What a server that was killed left half sent or half made. */
static void clear_spool(const struct app *app, int64_t now)
{
    DIR           *dir = app->data.n ? opendir(app->spool) : NULL;
    struct dirent *d;
    struct stat    st;
    while (dir && (d = readdir(dir)) != NULL) {
        bool ours = !strncmp(d->d_name, "import-", 7) || !strncmp(d->d_name, "export-", 7) || !strncmp(d->d_name, "download-", 9);
        if (ours && fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && now / US_PER_S - st.st_mtime > STALE_S)
            unlinkat(dirfd(dir), d->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* At the start, and once a day. */
static void sweep_all(struct app *app)
{
    struct arena *mem = arena_new(0);
    struct err    e;
    err_init(&e, mem, LANG_EN);
    if (!desk_run(app->store, app->catalogs, TX_WRITE, "system", mem, sweep, app, &e))
        log_event(LOG_WARN, "imports_not_swept", "detail=%s", log_q(mem, e.message));
    arena_free(mem);
    clear_spool(app, instant_now());
}

/* ---- the threads ------------------------------------------------------------------------------------------------------------- */

/* Under the lock. */
static void sweep_daily(struct import_jobs *j)
{
    if (time(NULL) < j->sweep_at)
        return;
    j->sweep_at = time(NULL) + SWEEP_EVERY_S;
    pthread_mutex_unlock(&j->lock);
    sweep_all(j->app);
    pthread_mutex_lock(&j->lock);
}

static struct job *take(struct import_jobs *j)
{
    for (;;) {
        if (j->stopping)
            return NULL;
        for (struct job *x = j->all; x; x = x->next)
            if (!x->taken) {
                x->taken = true;
                return x;
            }
        pthread_cond_timedwait(&j->work, &j->lock, &(struct timespec){ .tv_sec = j->sweep_at });
        sweep_daily(j);
    }
}

static void *serve_jobs(void *arg)
{
    struct import_jobs *j = arg;
    struct job         *x;
    pthread_mutex_lock(&j->lock);
    while ((x = take(j)) != NULL) {
        pthread_mutex_unlock(&j->lock);
        run_job(j, x);
        pthread_mutex_lock(&j->lock);
        for (struct job **p = &j->all; *p; p = &(*p)->next)
            if (*p == x) {
                *p = x->next;
                break;
            }
        free(x);
        pthread_cond_broadcast(&j->ended);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* ---- from outside ---------------------------------------------------------------------------------------------------------- */

void import_jobs_add(struct import_jobs *j, int64_t id, int64_t undo_by)
{
    struct job *x = calloc(1, sizeof *x), **p;
    CHECK(x != NULL);
    x->id = id;
    x->undo_by = undo_by;
    pthread_mutex_lock(&j->lock);
    for (p = &j->all; *p; p = &(*p)->next)
        ;
    *p = x;
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->lock);
}

static struct job *find(const struct import_jobs *j, int64_t id)
{
    struct job *x = j->all;
    while (x && x->id != id)
        x = x->next;
    return x;
}

bool import_jobs_wait(struct import_jobs *j, int64_t id, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&j->lock);
    int r = 0;
    while (find(j, id) && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&j->ended, &j->lock, &until);
    bool over = !find(j, id);
    pthread_mutex_unlock(&j->lock);
    return over;
}

bool import_jobs_live(struct import_jobs *j, int64_t id, struct import_totals *t, int *permille)
{
    pthread_mutex_lock(&j->lock);
    const struct job *x = find(j, id);
    if (x) {
        *t = x->totals;
        *permille = x->permille;
    }
    pthread_mutex_unlock(&j->lock);
    return x != NULL;
}

struct import_jobs *import_jobs_start(struct app *app)
{
    struct import_jobs *j = calloc(1, sizeof *j);
    char                name[80];
    CHECK(j != NULL);
    j->app = app;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->work, NULL);
    pthread_cond_init(&j->ended, NULL);
    snprintf(j->server, sizeof j->server, "%s %ld %lld", host(name, sizeof name), (long)getpid(), began((long)getpid()));
    sweep_all(app);
    j->sweep_at = time(NULL) + SWEEP_EVERY_S;
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&j->threads[i], NULL, serve_jobs, j) == 0);
    return j;
}

void import_jobs_stop(struct import_jobs *j)
{
    pthread_mutex_lock(&j->lock);
    j->stopping = true;
    pthread_cond_broadcast(&j->work);
    pthread_mutex_unlock(&j->lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(j->threads[i], NULL);
    while (j->all) {        /* what had not begun: noted by the next start */
        struct job *x = j->all;
        j->all = x->next;
        free(x);
    }
    pthread_cond_destroy(&j->work);
    pthread_cond_destroy(&j->ended);
    pthread_mutex_destroy(&j->lock);
    free(j);
}
