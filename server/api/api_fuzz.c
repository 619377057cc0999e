/* Any request of an administrator to a small workspace: it is answered with a status that a client can do something with, never 5xx,
 * by JSON that is valid, a refusal in words; and what is refused changes nothing that can be seen.
 * The input: "METHOD path?query", a new line, the body.  After a write the workspace is put back, so that each input stands alone. */
#include "api/api.h"
#include "api/workspace.h"
#include "auth/auth.h"
#include "auth/token.h"
#include "base/check.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct app    app;
static struct arena *desk;
static char          folder[64], live[80], whole[80], token[128];

static void need(bool ok, const struct err *e)
{
    if (!ok) {
        fprintf(stderr, STR_FMT " (" STR_FMT ")\n", STR_ARG(e->message), STR_ARG(e->detail));
        abort();
    }
}

static void open_app(void)
{
    struct store_options o = { .sqlite_path = live, .readers = 2 };
    struct err           e;
    err_init(&e, desk, LANG_EN);
    need(store_open(&o, &app.store, &e), &e);
    app.catalogs = catalogs_new();
    app.auth = auth_new(app.store, NULL);
    app.spool = folder;
    app.data = str_of(folder);
}

static void close_app(void)
{
    auth_free(app.auth);
    catalogs_free(app.catalogs);
    store_close(app.store);
}

static int send_request(const char *method, str path, str query, str body, struct reply *rp)
{
    struct http_header headers[] = { { S("authorization"), str_of(token) }, { S("content-type"), S("application/json") } };
    struct request rq = { .mem = desk, .method = str_of(method), .path = path, .query = query, .body = body, .body_file = -1, .body_size = body.n,
                          .headers = headers, .nheaders = 2, .trace = S("t"), .now = instant_now() };
    *rp = (struct reply){ 0 };
    api_handle(&app, &rq, rp);
    return rp->status;
}

static const struct { const char *path, *body; } seed[] = {
    { "/api/v1/modules", "{\"name\":\"client\",\"title\":\"name\",\"fields\":[{\"name\":\"code\",\"type\":\"text\",\"unique\":true},{\"name\":\"name\",\"type\":\"text\"},"
      "{\"name\":\"friends\",\"type\":\"relations\",\"module\":\"client\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"datetime\"},"
      "{\"name\":\"rate\",\"type\":\"percent\"},{\"name\":\"worth\",\"type\":\"money\"},{\"name\":\"place\",\"type\":\"text\"},{\"name\":\"mail\",\"type\":\"email\"},"
      "{\"name\":\"phone\",\"type\":\"phone\"},{\"name\":\"site\",\"type\":\"url\"},{\"name\":\"extra\",\"type\":\"json\"},{\"name\":\"ok\",\"type\":\"boolean\"},"
      "{\"name\":\"kind\",\"type\":\"choice\",\"options\":[{\"code\":\"a\",\"labels\":{\"en\":\"A\"}},{\"code\":\"b\",\"labels\":{\"en\":\"B\"}}]}]}" },
    { "/api/v1/modules", "{\"name\":\"bill\",\"title\":\"number\",\"fields\":[{\"name\":\"number\",\"type\":\"auto_number\",\"pattern\":\"B-{0000}\"},"
      "{\"name\":\"client\",\"type\":\"relation\",\"module\":\"client\",\"related\":\"bills\"},{\"name\":\"note\",\"type\":\"long_text\"}]}" },
    { "/api/v1/modules", "{\"name\":\"line\",\"title\":\"thing\",\"fields\":[{\"name\":\"thing\",\"type\":\"text\"},{\"name\":\"qty\",\"type\":\"integer\"},"
      "{\"name\":\"price\",\"type\":\"decimal\",\"scale\":2},{\"name\":\"amount\",\"type\":\"formula\",\"formula\":\"qty * price\",\"result\":\"decimal\",\"scale\":2},"
      "{\"name\":\"bill\",\"type\":\"relation\",\"module\":\"bill\",\"related\":\"rows\",\"required\":true,\"on_delete\":\"cascade\"}]}" },
    { "/api/v1/modules/bill/fields", "{\"name\":\"lines\",\"type\":\"lines\",\"module\":\"line\",\"via\":\"bill\"}" },
    { "/api/v1/modules/bill/fields", "{\"name\":\"total\",\"type\":\"rollup\",\"formula\":\"SUM(rows.amount)\",\"result\":\"decimal\",\"scale\":2}" },
    { "/api/v1/records/client", "{\"code\":\"A\",\"name\":\"上海贸易\",\"day\":\"2026-02-28\",\"worth\":\"10.50\",\"kind\":\"a\"}" },
    { "/api/v1/records/client", "{\"code\":\"B\",\"name\":\"Acme\",\"friends\":[1]}" },
    { "/api/v1/records/bill", "{\"client\":1,\"note\":\"first\",\"lines\":[{\"thing\":\"cup\",\"qty\":2,\"price\":\"10.50\"}]}" },
    { "/api/v1/records/bill", "{\"client\":2}" },
};

static void copy_file(const char *from, const char *to)
{
    static char text[1 << 16];
    FILE       *in = fopen(from, "rb"), *out = fopen(to, "wb");
    CHECK(in && out);
    for (size_t n; (n = fread(text, 1, sizeof text, in)) > 0;)
        CHECK(fwrite(text, 1, n, out) == n);
    fclose(in);
    CHECK(fclose(out) == 0);
}

static void put_back(void)
{
    char beside[100];
    close_app();
    for (int i = 0; i < 2; i++) {
        snprintf(beside, sizeof beside, "%s%s", live, i ? "-shm" : "-wal");
        unlink(beside);
    }
    copy_file(whole, live);
    open_app();
}

static bool make_token(struct ctx *c, void *arg)
{
    str     secret;
    int64_t user, id;
    (void)arg;
    if (!user_by_email(c, S("a@example.com"), &user) || !token_new(c->db, c->mem, user, S("fuzz"), c->now, 0, &secret, &id, &c->err))
        return false;
    snprintf(token, sizeof token, "Bearer " STR_FMT, STR_ARG(secret));
    return true;
}

static void clean_up(void)
{
    char line[100];
    close_app();
    snprintf(line, sizeof line, "rm -rf %s", folder);
    if (system(line))
        perror(line);
}

static void set_up(void)
{
    struct workspace_new o = { S("core"), S("a@example.com"), S("correct-horse-7"), S("Fuzz"), S("en") };
    struct err           e;
    struct reply         rp;
    log_set_level(LOG_ERROR);
    strcpy(folder, access("/dev/shm", W_OK) ? "/tmp/qudao-fuzz-XXXXXX" : "/dev/shm/qudao-fuzz-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(live, sizeof live, "%s/live.db", folder);
    snprintf(whole, sizeof whole, "%s/whole.db", folder);
    desk = arena_new((size_t)64 << 20);
    err_init(&e, desk, LANG_EN);
    open_app();
    need(workspace_migrate(app.store, &e) && workspace_init(app.store, &o, &e), &e);
    need(desk_run(app.store, app.catalogs, TX_WRITE, "fuzz", desk, make_token, NULL, &e), &e);
    for (size_t i = 0; i < sizeof seed / sizeof seed[0]; i++)
        if (send_request("POST", str_of(seed[i].path), STR_NONE, str_of(seed[i].body), &rp) != 201) {
            fprintf(stderr, "%s: " STR_FMT "\n", seed[i].path, STR_ARG(rp.body));
            abort();
        }
    need(store_backup(app.store, whole, &e), &e);
    put_back();
    atexit(clean_up);
}

/* What the front would let through: printable, one slash after the other, no dots that climb. */
static bool front_accepts(str path)
{
    return path.n && path.p[0] == '/' && text_valid(path) && str_find(path, S("//")) < 0 && str_find(path, S("/.")) < 0;
}

static void look(const struct reply *rp, int status)
{
    struct json *j;
    struct err   e;
    CHECK(status >= 200 && status < 500);
    err_init(&e, desk, LANG_EN);
    if (rp->body.n && str_find(rp->type, S("json")) >= 0)
        CHECK(json_parse(desk, rp->body, &j, &e));
    if (status >= 400) {
        CHECK(str_eqz(rp->type, "application/problem+json") && json_str(j, "title").n > 5);
        CHECK(str_find(rp->body, S("SELECT ")) < 0 || str_find(rp->body, S("sqlite")) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const methods[] = { "GET", "POST", "PATCH", "DELETE", "PUT" };
    str          in = { (const char *)data, n }, line, method, path, query = STR_NONE;
    struct reply rp;
    if (!desk)
        set_up();
    arena_reset(desk);
    if (!str_cut(&in, '\n', &line) || !str_cut(&line, ' ', &method) || !line.p)
        return -1;
    if (str_cut(&line, '?', &path) && line.p)
        query = line;
    path = str_cat(desk, S("/api/v1"), path);
    if (!front_accepts(path) || str_find(path, S("session")) >= 0 || str_find(path, S("events")) >= 0 || str_find(path, S("password")) >= 0)
        return -1;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (str_eqz(method, methods[i])) {
            int64_t before = db_last_commit(app.store);
            int     status = send_request(methods[i], path, query, in.p ? in : STR_NONE, &rp);
            look(&rp, status);
            if (rp.closed)
                rp.closed(rp.state);
            CHECK(status < 400 || db_last_commit(app.store) == before);
            if (i && db_last_commit(app.store) != before)
                put_back();
            return 0;
        }
    return -1;
}
