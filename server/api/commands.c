/* commands: see commands.h. */
#include "api/commands.h"
#include "api/backup.h"
#include "api/demo_load.h"
#include "api/events.h"
#include "api/import_jobs.h"
#include "api/workspace.h"
#include "auth/auth.h"
#include "auth/token.h"
#include "base/log.h"
#include "base/text.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "exchange/table.h"
#include "exchange/xlsx_write.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what several commands need ------------------------------------------------------------------------------------ */

static int refused(const char *command, const struct err *e)
{
    fprintf(stderr, "qudao %s: " STR_FMT "\n", command, STR_ARG(e->message));
    for (size_t i = 0; i < e->nproblems; i++)
        fprintf(stderr, "  " STR_FMT ": " STR_FMT "\n", STR_ARG(e->problems[i].field), STR_ARG(e->problems[i].message));
    if (e->detail.n)
        fprintf(stderr, "  (" STR_FMT ")\n", STR_ARG(e->detail));
    return 1;
}

static int misused(const char *command, const char *what)
{
    fprintf(stderr, "qudao %s: %s\n", command, what);
    return 2;
}

static const char *text_z(struct arena *mem, const struct settings *s, const char *name)
{
    str t = setting_text(s, name);
    return t.n ? str_z(mem, t) : "";
}

/* What a command works with; job_end gives it all back, however far it came. */
struct job {
    const struct settings *s;
    int                    n;
    char                 **rest;
    struct arena          *mem;
    struct err             e;
    struct store          *store;
    struct catalogs       *catalogs;
};

static bool open_store(struct job *j)
{
    struct workspace_options o = { .data = text_z(j->mem, j->s, "data"), .database = text_z(j->mem, j->s, "database"),
                                   .schema = text_z(j->mem, j->s, "workspace"), .readers = (int)setting_int(j->s, "readers") };
    return workspace_open(&o, &j->store, &j->e);
}

/* A command that looks for a workspace leaves no empty one behind. */
static bool has_database(struct job *j)
{
    return setting_text(j->s, "database").n || !access(str_z(j->mem, str_printf(j->mem, "%s/qudao.db", text_z(j->mem, j->s, "data"))), F_OK);
}

static bool open_existing(struct job *j)
{
    bool there = has_database(j);
    if (there && (!open_store(j) || !workspace_exists(j->store, &there, &j->e)))
        return false;
    return there || err_set(&j->e, ERR_NOT_FOUND, "There is no workspace here yet; make one with qudao init");
}

int command_run(const struct command *c, const struct settings *s, int n, char **rest)
{
    struct job j = { .s = s, .n = n, .rest = rest, .mem = arena_new(0), .catalogs = catalogs_new() };
    err_init(&j.e, j.mem, LANG_EN);
    umask(077);     /* databases, backups and exports hold what is nobody else's business */
    int code = c->run(&j);
    catalogs_free(j.catalogs);
    store_close(j.store);
    arena_free(j.mem);
    return code;
}

/* ---- serve ----------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
    (void)sig;
    stop_asked = 1;
}

static bool make_demo(struct store *st, struct err *e)
{
    struct workspace_new o = { S("channel"), STR_NONE, STR_NONE, S("浙江澄泉净水科技股份有限公司"), S("zh-CN") };
    bool                 there;
    if (!workspace_exists(st, &there, e) || there)
        return e->kind == ERR_NONE;
    int64_t from = instant_now();
    if (!workspace_init(st, &o, e) || !demo_load(st, e))
        return false;
    log_event(LOG_INFO, "demo_made", "ms=%lld", (long long)(instant_now() - from) / 1000);
    return true;
}

static void listen_until_asked(struct job *j, struct app *app)
{
    const struct settings *s = j->s;
    sigset_t               stops, before;
    struct sigaction       sa = { .sa_handler = on_signal };
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    log_event(LOG_INFO, "listening", "address=" STR_FMT " port=%d database=%s", STR_ARG(setting_text(s, "listen")), http_port(app->server),
              store_dialect(app->store)->name);
    if (setting_bool(s, "demo"))
        printf("\n  Qudao  http://127.0.0.1:%d\n  sign in: %s  password: %s\n\n", http_port(app->server), demo_email, demo_password);
    fflush(stdout);
    pthread_sigmask(SIG_BLOCK, &stops, &before);       /* a signal between the question and the wait would be slept through */
    while (!stop_asked)
        sigsuspend(&before);
    log_event(LOG_INFO, "stopping", "signal=1");
}

static bool start_http(struct job *j, struct app *app)
{
    struct http_limits limits = http_limits_default;
    limits.workers = (int)setting_int(j->s, "workers");
    limits.connections = (int)setting_int(j->s, "connections");
    limits.per_address = (int)setting_int(j->s, "per-address");
    limits.desk_bytes = (size_t)setting_int(j->s, "max-memory");
    limits.reads_wait = str_eqz(str_of(store_dialect(app->store)->name), "postgresql");
    limits.body_bytes = app->max_body;
    limits.body_dir = app->spool;
    limits.trusted_proxies = text_z(j->mem, j->s, "trusted-proxies");
    return http_start(text_z(j->mem, j->s, "listen"), &limits, api_handle, api_body_limit, app, &app->server, &j->e);
}

/* What is under way lies in the data folder, where there is room for it; without one in the system's. */
static const char *make_spool(struct arena *mem, str data)
{
    const char *tmp = getenv("TMPDIR"), *dir = data.n ? str_z(mem, str_cat(mem, data, S("/spool"))) : tmp && *tmp ? tmp : "/tmp";
    if (data.n) {
        mkdir(str_z(mem, data), 0700);
        mkdir(dir, 0700);
    }
    return dir;
}

/* A connection is an open file, and the usual limit of a shell is 1,024 of them; what the system allows at most is enough. */
static void allow_files(int64_t connections)
{
    struct rlimit r;
    rlim_t        wanted = (rlim_t)connections + 512;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= wanted)
        return;
    r.rlim_cur = r.rlim_max < wanted ? r.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur < wanted)
        log_event(LOG_WARN, "few_files", "allowed=%lld connections=%lld", (long long)r.rlim_cur, (long long)connections);
}

static int serve(struct job *j)
{
    struct app app = { .started = instant_now(), .catalogs = j->catalogs, .base_url = setting_text(j->s, "base-url") };
    if (!setting_text(j->s, "data").n && !setting_text(j->s, "database").n)
        return misused("serve", "--data is needed: the folder of the workspace");
    if (setting_bool(j->s, "demo") ? !open_store(j) || !make_demo(j->store, &j->e) : !open_existing(j))
        return refused("serve", &j->e);
    struct auth_options auth = { .session_days = (int)setting_int(j->s, "session-days") };
    allow_files(setting_int(j->s, "connections"));
    app.store = j->store;
    app.auth = auth_new(app.store, &auth);
    app.data = setting_text(j->s, "data");
    app.spool = make_spool(j->mem, app.data);
    app.max_body = (size_t)setting_int(j->s, "max-body");
    app.max_upload = (size_t)setting_int(j->s, "max-upload");
    app.events = events_start(&app);
    app.imports = import_jobs_start(&app);
    bool ok = start_http(j, &app);
    if (ok) {
        listen_until_asked(j, &app);
        http_stop(app.server, 5000);    /* first: it ends the streams, which the feed knows */
    }
    import_jobs_stop(app.imports);
    events_stop(app.events);
    auth_free(app.auth);
    return ok ? 0 : refused("serve", &j->e);
}

/* ---- init, token ------------------------------------------------------------------------------------------------------ */

static const struct setting init_options[] = {
    { "email", SET_TEXT, NULL, 0, 0, "e-mail of the first administrator" },
    { "password-file", SET_TEXT, NULL, 0, 0, "file whose first line is the password; - reads standard input" },
    { "app", SET_TEXT, "channel", 0, 0, "the application: channel, or core for an empty workspace" },
    { "locale", SET_TEXT, "zh-CN", 0, 0, "language of the workspace: zh-CN or en" },
    { "name", SET_TEXT, "Qudao", 0, 0, "name of the company" },
    { NULL, SET_TEXT, NULL, 0, 0, NULL },
};

static bool read_password(struct arena *mem, const char *file, str *out)
{
    char  line[2048];
    FILE *f = strcmp(file, "-") ? fopen(file, "r") : stdin;
    bool  ok = f && fgets(line, sizeof line, f);
    if (f && f != stdin)
        fclose(f);
    if (!ok)
        return false;
    line[strcspn(line, "\r\n")] = 0;
    *out = str_dup(mem, str_of(line));
    return out->n > 0;
}

static int init(struct job *j)
{
    const struct settings *s = j->s;
    struct workspace_new   o = { setting_text(s, "app"), setting_text(s, "email"), STR_NONE, setting_text(s, "name"), setting_text(s, "locale") };
    const char            *file = text_z(j->mem, s, "password-file");
    if (!o.email.n || !*file)
        return misused("init", "--email and --password-file are needed");
    if (!str_eqz(o.locale, "zh-CN") && !str_eqz(o.locale, "en"))
        return misused("init", "--locale is zh-CN or en");
    if (!read_password(j->mem, file, &o.password)) {
        fprintf(stderr, "qudao init: %s: %s\n", file, errno ? strerror(errno) : "empty");
        return 1;
    }
    return open_store(j) && workspace_init(j->store, &o, &j->e) ? 0 : refused("init", &j->e);
}

static const struct setting token_options[] = {
    { "email", SET_TEXT, NULL, 0, 0, "whose token" },
    { "name", SET_TEXT, "cli", 0, 0, "what it is for" },
    { "days", SET_INT, "30", 1, 3650, "how long it is valid" },
    { NULL, SET_TEXT, NULL, 0, 0, NULL },
};

struct token_wish { str email, name, secret; int64_t days; };

static bool make_token(struct ctx *c, void *arg)
{
    struct token_wish *w = arg;
    int64_t            user, id;
    if (!user_by_email(c, w->email, &user))
        return false;
    if (!user)
        return err_set(&c->err, ERR_NOT_FOUND, "There is no user with the e-mail " STR_FMT, STR_ARG(w->email));
    return token_new(c->db, c->mem, user, w->name, c->now, c->now + w->days * US_PER_DAY, &w->secret, &id, &c->err);
}

static int token(struct job *j)
{
    const struct settings *s = j->s;
    struct token_wish      w = { .email = setting_text(s, "email"), .name = setting_text(s, "name"), .days = setting_int(s, "days") };
    if (!w.email.n)
        return misused("token", "--email is needed");
    if (!open_existing(j) || !desk_run(j->store, j->catalogs, TX_WRITE, "cli", j->mem, make_token, &w, &j->e))
        return refused("token", &j->e);
    printf(STR_FMT "\n", STR_ARG(w.secret));
    return 0;
}

/* ---- eval -------------------------------------------------------------------------------------------------------------- */

static const struct setting eval_options[] = {
    { "batch", SET_BOOL, "false", 0, 0, "one formula a line from standard input, one value a line" },
    { NULL, SET_TEXT, NULL, 0, 0, NULL },
};

/* One value as text; *failed: it did not compile or is an error value. */
static str evaluate(struct arena *mem, str text, bool *failed)
{
    const struct expr *x;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    *failed = true;
    if (!text_valid(text))
        return S("#ERROR: the formula is no valid text");
    if (!expr_compile(text, NULL, mem, &x, &e))
        return str_printf(mem, "#ERROR: " STR_FMT, STR_ARG(e.message));
    struct env   env = { .now = instant_now(), .zone = zone_find(S("Asia/Shanghai")), .mem = mem, .fiscal = { 1, false } };
    struct value v = expr_eval(x, &env);
    *failed = v.type == V_ERROR;
    return expr_value_text(mem, &v, EXPR_SERIAL, env.zone);
}

static int eval(struct job *j)
{
    bool failed = false;
    arena_limit(j->mem, (size_t)64 << 20);
    if (!setting_bool(j->s, "batch")) {
        if (j->n != 1)
            return misused("eval", "one formula is needed");
        str out = evaluate(j->mem, str_of(j->rest[0]), &failed);
        fprintf(failed ? stderr : stdout, STR_FMT "\n", STR_ARG(out));
        return failed;
    }
    char   *line = NULL;
    size_t  cap = 0;
    ssize_t len;
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        str out = evaluate(j->mem, (str){ line, (size_t)len }, &failed);
        fwrite(out.p, 1, out.n, stdout);
        putchar('\n');
        arena_reset(j->mem);
    }
    free(line);
    return ferror(stdout) ? 1 : 0;
}

/* ---- import, export ------------------------------------------------------------------------------------------------------- */

static const struct setting import_options[] = {
    { "module", SET_TEXT, NULL, 0, 0, "the module that takes the rows" },
    { "key", SET_TEXT, NULL, 0, 0, "unique field by which existing records are found and changed" },
    { "map", SET_TEXT, NULL, 0, 0, "Column=field,A+B=field,Column=relation.field; @FILE reads it from a file" },
    { "rejected", SET_TEXT, NULL, 0, 0, "file for the refused rows with their reasons; without it the first are printed" },
    { "dry-run", SET_BOOL, "false", 0, 0, "do everything, keep nothing" },
    { "encoding", SET_TEXT, NULL, 0, 0, "utf-8, utf-16le, utf-16be, gbk or gb18030; found out without it" },
    { "sheet", SET_TEXT, NULL, 0, 0, "name of the sheet of a workbook; the first without it" },
    { NULL, SET_TEXT, NULL, 0, 0, NULL },
};

struct cli_import { struct desk desk; FILE *rejected; int printed; bool terminal; };

static bool chunk_begin(void *arg, struct ctx **out, struct err *e) { return desk_open(&((struct cli_import *)arg)->desk, TX_WRITE, out, e); }
static bool chunk_commit(void *arg, struct err *e) { return desk_commit(&((struct cli_import *)arg)->desk, e); }
static void chunk_rollback(void *arg) { desk_rollback(&((struct cli_import *)arg)->desk); }

static bool say_rejected(void *arg, str csv)
{
    struct cli_import *d = arg;
    if (d->rejected)
        return fwrite(csv.p, 1, csv.n, d->rejected) == csv.n;
    if (d->printed++ < 12)      /* the header and the first of them */
        fprintf(stderr, STR_FMT, STR_ARG(csv));
    return true;
}

static void say_progress(void *arg, const struct import_totals *t)
{
    const struct cli_import *d = arg;
    fprintf(stderr, "%s%lld rows, %lld created, %lld updated, %lld unchanged, %lld rejected%s", d->terminal ? "\r" : "", (long long)t->rows,
            (long long)t->created, (long long)t->updated, (long long)t->unchanged, (long long)t->rejected, d->terminal ? "" : "\n");
}

/* --map @FILE: lines that begin with # are remarks. */
static bool read_map(struct arena *mem, str map, str *out)
{
    struct buf b;
    char       line[4096];
    *out = map;
    if (!str_starts(map, S("@")))
        return true;
    FILE *f = fopen(str_z(mem, str_sub(map, 1, map.n)), "r");
    if (!f)
        return false;
    buf_init(&b, mem);
    while (fgets(line, sizeof line, f))
        if (line[0] != '#')
            buf_put(&b, str_trim(str_of(line)));
    fclose(f);
    while (b.n && b.p[b.n - 1] == ',')
        b.n--;
    *out = buf_str(&b);
    return true;
}

static bool import_rows(struct job *j, struct cli_import *d, const struct import_options *o, struct table *t, struct import_totals *totals)
{
    struct import_door door = { chunk_begin, chunk_commit, chunk_rollback, d };
    struct import     *im = import_new(o, table_next, t);
    bool               ok = import_run(im, &door, &j->e);
    *totals = *import_totals(im);
    import_free(im);
    return ok;
}

static int import(struct job *j)
{
    const struct settings *s = j->s;
    struct cli_import      d = { .desk = { .catalogs = j->catalogs, .way = "import" }, .terminal = isatty(STDERR_FILENO) };
    struct table_options   of = { .encoding = setting_text(s, "encoding"), .sheet = setting_text(s, "sheet") };
    struct import_totals   t;
    struct table          *table;
    struct import_options  o = { .module = setting_text(s, "module"), .key = setting_text(s, "key"), .dry_run = setting_bool(s, "dry-run"),
                                 .reject = say_rejected, .progress = say_progress, .arg = &d };
    if (j->n != 1 || !o.module.n)
        return misused("import", "--module and one file are needed");
    if (!read_map(j->mem, setting_text(s, "map"), &o.map)) {
        fprintf(stderr, "qudao import: the map cannot be read: %s\n", strerror(errno));
        return 1;
    }
    if (!table_open(j->rest[0], &of, &table, &j->e))
        return refused("import", &j->e);
    if (!open_existing(j)) {
        table_close(table);
        return refused("import", &j->e);
    }
    const char *rejected = text_z(j->mem, s, "rejected");
    if (*rejected && !(d.rejected = fopen(rejected, "wb"))) {
        fprintf(stderr, "qudao import: %s: %s\n", rejected, strerror(errno));
        table_close(table);
        return 1;
    }
    d.desk.store = j->store;
    d.desk.mem = arena_new((size_t)1 << 30);
    bool ok = import_rows(j, &d, &o, table, &t);
    if (d.terminal)
        fputc('\n', stderr);
    printf("{\"rows\":%lld,\"created\":%lld,\"updated\":%lld,\"unchanged\":%lld,\"rejected\":%lld}\n", (long long)t.rows, (long long)t.created,
           (long long)t.updated, (long long)t.unchanged, (long long)t.rejected);
    arena_free(d.desk.mem);
    table_close(table);
    if (d.rejected && fclose(d.rejected) && ok)
        ok = err_set(&j->e, ERR_FULL, "The rejected rows cannot be written");
    return ok ? t.rejected > 0 : refused("import", &j->e);
}

static const struct setting export_options[] = {
    { "module", SET_TEXT, NULL, 0, 0, "the module" },
    { "where", SET_TEXT, NULL, 0, 0, "a formula: which records" },
    { "fields", SET_TEXT, NULL, 0, 0, "names and paths, with commas; all without" },
    { "sort", SET_TEXT, NULL, 0, 0, "names with commas, - in front for falling" },
    { "labels", SET_BOOL, "false", 0, 0, "labels instead of names in the first row" },
    { NULL, SET_TEXT, NULL, 0, 0, NULL },
};

struct export_wish { const struct settings *s; FILE *f; const char *path, *dir; };      /* f NULL: a workbook */

static bool write_file(void *arg, str text) { return fwrite(text.p, 1, text.n, arg) == text.n; }

static bool run_export(struct ctx *c, void *arg)
{
    struct export_wish  *w = arg;
    str                  name = setting_text(w->s, "module");
    const struct module *m = catalog_module(c->cat, name);
    if (!m)
        return err_set(&c->err, ERR_NOT_FOUND, "There is no module “" STR_FMT "”", STR_ARG(name));
    if (w->f && w->f != stdout && (fseek(w->f, 0, SEEK_SET) || ftruncate(fileno(w->f), 0)))       /* what a try before wrote that met others */
        return err_set(&c->err, ERR_FULL, "The file cannot be written");
    struct export_question ask = { .where = setting_text(w->s, "where"), .fields = setting_text(w->s, "fields"), .sort = setting_text(w->s, "sort"),
                                   .names = setting_bool(w->s, "labels") ? EXPORT_LABELS : EXPORT_NAMES };
    return w->f ? export_csv(c, m, &ask, write_file, w->f) : export_xlsx(c, m, &ask, w->path, w->dir);
}

static int export(struct job *j)
{
    struct export_wish w = { .s = j->s };
    if (j->n != 1 || !setting_text(j->s, "module").n)
        return misused("export", "--module and one file are needed");
    if (!open_existing(j))
        return refused("export", &j->e);
    str path = str_of(j->rest[0]);
    w.path = j->rest[0];
    w.dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    const char *part = str_z(j->mem, str_cat(j->mem, path, S(".part")));       /* a file that was there stays until there is a whole new one */
    bool        table = !str_ends(text_lower(j->mem, path), S(".xlsx")), to_file = table && strcmp(j->rest[0], "-");
    if (table && !(w.f = to_file ? fopen(part, "wb") : stdout)) {
        fprintf(stderr, "qudao export: %s: %s\n", j->rest[0], strerror(errno));
        return 1;
    }
    bool ok = desk_run(j->store, j->catalogs, TX_READ, "cli", j->mem, run_export, &w, &j->e);
    if (w.f && (fflush(w.f) || ferror(w.f)))
        ok = err_set(&j->e, ERR_FULL, "The file cannot be written");
    if (to_file && fclose(w.f) && ok)
        ok = err_set(&j->e, ERR_FULL, "The file cannot be written");
    if (to_file && ok && rename(part, j->rest[0]))
        ok = err_set(&j->e, ERR_FULL, "The file cannot be written");
    if (to_file && !ok)
        unlink(part);
    return ok ? 0 : refused("export", &j->e);
}

/* ---- backup, restore, check ---------------------------------------------------------------------------------------------- */

static int backup(struct job *j)
{
    if (j->n != 1)
        return misused("backup", "one file name is needed");
    return open_existing(j) && backup_write(j->store, setting_text(j->s, "data"), j->rest[0], &j->e) ? 0 : refused("backup", &j->e);
}

static int restore(struct job *j)
{
    if (j->n != 1)
        return misused("restore", "one file name is needed");
    if (setting_text(j->s, "database").n)
        return misused("restore", "on PostgreSQL use pg_restore");
    const char *target = str_printf(j->mem, "%s/qudao.db", text_z(j->mem, j->s, "data")).p;
    if (access(j->rest[0], R_OK)) {
        fprintf(stderr, "qudao restore: %s: %s\n", j->rest[0], strerror(errno));
        return 1;
    }
    if (!access(target, F_OK)) {
        fprintf(stderr, "qudao restore: %s exists; restore into an empty folder\n", target);
        return 1;
    }
    return backup_read(j->rest[0], text_z(j->mem, j->s, "data"), &j->e) && open_existing(j) ? 0 : refused("restore", &j->e);
}

static void say(void *arg, str line)
{
    (void)arg;
    fprintf(stderr, STR_FMT "\n", STR_ARG(line));
}

static int check(struct job *j)
{
    str data = setting_text(j->s, "data");
    if (!open_existing(j) || !store_check(j->store, say, NULL, &j->e) || (data.n && !backup_check_files(j->store, data, say, NULL, &j->e)))
        return refused("check", &j->e);
    puts("ok");
    return 0;
}

#define WORKSPACE " data database workspace "
const struct command commands[] = {
    { "serve", "--data DIR [--listen 127.0.0.1:8090] [--database postgresql://…] [--demo]", "Serve a workspace", NULL, NULL, 0, serve },
    { "init", "--data DIR --email E --password-file F [--app channel] [--locale zh-CN|en]", "Make a workspace; a second run changes nothing",
      init_options, WORKSPACE, 0, init },
    { "token", "--data DIR --email E [--name N] [--days 30]", "Print one bearer token", token_options, WORKSPACE, 0, token },
    { "eval", "'FORMULA'\nqudao eval --batch < formulas > values", "Print the value of a formula", eval_options, "", 1, eval },
    { "import", "--data DIR --module M [--key FIELD] [--map 'Column=field,…'] [--dry-run] FILE.csv|FILE.xlsx", "Read records from a table",
      import_options, WORKSPACE, 1, import },
    { "export", "--data DIR --module M [--where F] [--fields a,b] FILE.csv|FILE.xlsx", "Write records as a table", export_options, WORKSPACE, 1, export },
    { "backup", "--data DIR FILE", "Copy a workspace while it is being served", NULL, WORKSPACE, 1, backup },
    { "restore", "--data DIR FILE", "Make a workspace from a backup", NULL, WORKSPACE, 1, restore },
    { "check", "--data DIR", "Check that a workspace is whole", NULL, WORKSPACE, 0, check },
    { NULL, NULL, NULL, NULL, NULL, 0, NULL },
};
