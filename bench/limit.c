/* limit: what this machine can do at most, without Qudao: bare loops to hold its figures against.
 *
 *   limit http PORT SIZE [THREADS]              answers any request on 127.0.0.1 with SIZE bytes; for wrk; until a signal
 *   limit write FILE THREADS SECONDS SQL [GROUP]  SQLite: the statements of the file SQL, one a line, in a savepoint each time;
 *                                               writers that wait share a commit, at most GROUP (64) of them
 *   limit query FILE SQL THREADS SECONDS        SQLite: runs SQL again and again and reads all it gives
 *
 * It uses nothing of the house on purpose, checks every call, and does only what is measured. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MOST = 256, STATEMENTS_MOST = 64, EVENTS = 256, HEAD_MOST = 8192 };

#define NEED(x) ((x) ? (void)0 : need_failed(#x, __LINE__))

_Noreturn static void need_failed(const char *what, int line)
{
    fprintf(stderr, "limit: line %d: %s: %s\n", line, what, strerror(errno));
    exit(1);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- threads that measure how long each piece of work takes ------------------------------------------------------ */

struct worker {
    pthread_t thread;
    int       id;
    int64_t   done, rows;
    float    *ms;               /* of each piece */
    size_t    cap;
};

static double until;            /* when all stop */

static void took(struct worker *w, double from)
{
    if ((size_t)w->done == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1 << 16;
        NEED((w->ms = realloc(w->ms, w->cap * sizeof *w->ms)) != NULL);
    }
    w->ms[w->done++] = (float)((seconds_now() - from) * 1e3);
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Runs n threads for so many seconds, then prints one line. */
static void measure(const char *what, int n, double seconds, void *(*fn)(void *))
{
    static struct worker workers[THREADS_MOST];
    double               from = seconds_now();
    int64_t              done = 0, rows = 0, at = 0;
    NEED(n > 0 && n <= THREADS_MOST && seconds > 0);
    until = from + seconds;
    for (int i = 0; i < n; i++) {
        workers[i] = (struct worker){ .id = i };
        NEED(pthread_create(&workers[i].thread, NULL, fn, &workers[i]) == 0);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(workers[i].thread, NULL);
        done += workers[i].done;
        rows += workers[i].rows;
    }
    double took_s = seconds_now() - from;
    NEED(done > 0);
    float *all = malloc((size_t)done * sizeof *all);
    NEED(all != NULL);
    for (int i = 0; i < n; at += workers[i++].done)
        memcpy(all + at, workers[i].ms, (size_t)workers[i].done * sizeof *all);
    qsort(all, (size_t)done, sizeof *all, by_size);
    printf("%s threads=%d seconds=%.1f per_second=%.0f p50_ms=%.3f p95_ms=%.3f p99_ms=%.3f max_ms=%.3f", what, n, took_s,
           (double)done / took_s, (double)all[done / 2], (double)all[done * 95 / 100], (double)all[done * 99 / 100], (double)all[done - 1]);
    if (rows)
        printf(" rows_each=%.1f", (double)rows / (double)done);
    puts("");
    free(all);
}

/* ---- http -------------------------------------------------------------------------------------------------------- */

static char  *answer;
static size_t answer_size;
static int    port;

struct client { int fd; size_t have, owed; char head[HEAD_MOST]; };     /* owed: bytes of answers not yet written */

static void hang_up(struct client *c)
{
    close(c->fd);
    free(c);
}

/* How many heads are complete; what follows the last stays. */
static int heads(struct client *c)
{
    int   n = 0;
    char *p = c->head, *end;
    while ((end = memmem(p, c->have - (size_t)(p - c->head), "\r\n\r\n", 4))) {
        p = end + 4;
        n++;
    }
    c->have -= (size_t)(p - c->head);
    memmove(c->head, p, c->have);
    return n;
}

static bool write_owed(struct client *c)
{
    while (c->owed) {
        size_t  into = (answer_size - c->owed % answer_size) % answer_size;
        ssize_t n = send(c->fd, answer + into, answer_size - into, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        c->owed -= (size_t)n;
    }
    return true;
}

static bool serve(struct client *c, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return false;
    if (events & EPOLLIN) {
        ssize_t n = recv(c->fd, c->head + c->have, sizeof c->head - c->have, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return false;
        c->have += n > 0 ? (size_t)n : 0;
        c->owed += (size_t)heads(c) * answer_size;
        if (c->have == sizeof c->head)
            return false;
    }
    return write_owed(c);
}

static void *http_loop(void *arg)
{
    int                one = 1, ep = epoll_create1(EPOLL_CLOEXEC), ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL }, got[EVENTS];
    NEED(ep >= 0 && ls >= 0);
    setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    NEED(setsockopt(ls, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0);
    NEED(bind(ls, (struct sockaddr *)&at, sizeof at) == 0 && listen(ls, 4096) == 0);
    NEED(epoll_ctl(ep, EPOLL_CTL_ADD, ls, &ev) == 0);
    for (;;) {
        int n = epoll_wait(ep, got, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = got[i].data.ptr;
            if (c) {
                if (!serve(c, got[i].events))
                    hang_up(c);
                continue;
            }
            int fd = accept4(ls, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0)
                continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            NEED((c = calloc(1, sizeof *c)) != NULL);
            c->fd = fd;
            struct epoll_event in = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
            NEED(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &in) == 0);
        }
    }
    return arg;
}

static int http(int argc, char **argv)
{
    NEED(argc >= 2);
    port = atoi(argv[0]);
    size_t size = strtoul(argv[1], NULL, 10);
    int    n = argc > 2 ? atoi(argv[2]) : 1;
    char   head[200];
    int    len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", size);
    answer_size = (size_t)len + size;
    NEED((answer = malloc(answer_size)) != NULL);
    memcpy(answer, head, (size_t)len);
    memset(answer + len, 'x', size);
    for (int i = 1; i < n; i++) {
        pthread_t t;
        NEED(pthread_create(&t, NULL, http_loop, NULL) == 0);
    }
    http_loop(NULL);
    return 0;
}

/* ---- write ------------------------------------------------------------------------------------------------------- */

struct ticket { struct ticket *next; bool go; pthread_cond_t cond; };
struct group { bool done; int members, users; pthread_cond_t cond; };

static sqlite3         *db;
static sqlite3_stmt    *s_begin, *s_commit, *s_save, *s_release, *s_work[STATEMENTS_MOST];
static int              nwork;
static pthread_mutex_t  mutex = PTHREAD_MUTEX_INITIALIZER;
static bool             busy;
static struct ticket   *first, **last = &first;
static struct group    *group;
static int              group_most = 64;
static _Atomic int64_t  commits;

static void step(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    if (rc != SQLITE_DONE) {
        fprintf(stderr, "limit: %s: %s\n", sqlite3_sql(st), sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_reset(st);
}

static void lock_writer(void)
{
    pthread_mutex_lock(&mutex);
    if (busy) {
        struct ticket t = { NULL, false, PTHREAD_COND_INITIALIZER };
        *last = &t;
        last = &t.next;
        while (!t.go)
            pthread_cond_wait(&t.cond, &mutex);
    }
    busy = true;
    pthread_mutex_unlock(&mutex);
}

static void hand_on(void)
{
    struct ticket *t = first;
    busy = t != NULL;
    if (!t)
        return;
    if (!(first = t->next))
        last = &first;
    t->go = true;
    pthread_cond_signal(&t->cond);
}

static void commit_shared(void)
{
    struct group *g = group;
    pthread_mutex_lock(&mutex);
    g->users++;
    if (++g->members < group_most && first) {
        hand_on();
        while (!g->done)
            pthread_cond_wait(&g->cond, &mutex);
    } else {
        pthread_mutex_unlock(&mutex);
        step(s_commit);
        commits++;
        pthread_mutex_lock(&mutex);
        group = NULL;
        g->done = true;
        pthread_cond_broadcast(&g->cond);
        hand_on();
    }
    bool mine = --g->users == 0;
    pthread_mutex_unlock(&mutex);
    if (mine)
        free(g);
}

/* ?1 is the thread, ?2 a number that no other row has. */
static void insert(int id, int64_t n)
{
    for (int i = 0; i < nwork; i++) {
        sqlite3_bind_int64(s_work[i], 1, id);
        if (sqlite3_bind_parameter_count(s_work[i]) > 1)
            sqlite3_bind_int64(s_work[i], 2, n * THREADS_MOST + id);
        step(s_work[i]);
    }
}

static void *write_loop(void *arg)
{
    struct worker *w = arg;
    for (double from; (from = seconds_now()) < until;) {
        lock_writer();
        if (!group) {
            step(s_begin);
            NEED((group = calloc(1, sizeof *group)) != NULL);
            pthread_cond_init(&group->cond, NULL);
        }
        step(s_save);
        insert(w->id, w->done);
        step(s_release);
        commit_shared();
        took(w, from);
    }
    return NULL;
}

static sqlite3_stmt *prepare(sqlite3 *h, const char *sql)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v3(h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) {
        fprintf(stderr, "limit: %s: %s\n", sql, sqlite3_errmsg(h));
        exit(1);
    }
    return st;
}

static int write_rows(int argc, char **argv)
{
    char line[4096];
    NEED(argc >= 4);
    FILE *f = fopen(argv[3], "r");
    NEED(f != NULL);
    group_most = argc > 4 ? atoi(argv[4]) : group_most;
    NEED(sqlite3_open_v2(argv[0], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK);
    NEED(sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384", NULL, NULL, NULL) == SQLITE_OK);
    s_begin = prepare(db, "BEGIN IMMEDIATE");
    s_commit = prepare(db, "COMMIT");
    s_save = prepare(db, "SAVEPOINT work");
    s_release = prepare(db, "RELEASE work");
    while (nwork < STATEMENTS_MOST && fgets(line, sizeof line, f))
        s_work[nwork++] = prepare(db, line);
    fclose(f);
    measure("write", atoi(argv[1]), atof(argv[2]), write_loop);
    printf("commits=%lld\n", (long long)commits);
    return 0;
}

/* ---- query ------------------------------------------------------------------------------------------------------- */

static const char *file, *sql;
static _Atomic int64_t sink;            /* so that reading is not optimised away */

static void *query_loop(void *arg)
{
    struct worker *w = arg;
    sqlite3       *h;
    int64_t        bytes = 0;
    NEED(sqlite3_open_v2(file, &h, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK);
    NEED(sqlite3_exec(h, "PRAGMA cache_size=-2048; PRAGMA mmap_size=0", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_stmt *st = prepare(h, sql);
    int           columns = sqlite3_column_count(st), rc;
    for (double from; (from = seconds_now()) < until; took(w, from)) {
        while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
            for (int i = 0; i < columns; i++)
                bytes += sqlite3_column_type(st, i) == SQLITE_INTEGER ? sqlite3_column_int64(st, i) & 1
                                                                      : (sqlite3_column_text(st, i), sqlite3_column_bytes(st, i));
            w->rows++;
        }
        NEED(rc == SQLITE_DONE);
        sqlite3_reset(st);
    }
    sink += bytes;
    sqlite3_finalize(st);
    sqlite3_close(h);
    return NULL;
}

static int query(int argc, char **argv)
{
    NEED(argc >= 4);
    file = argv[0];
    sql = argv[1];
    measure("query", atoi(argv[2]), atof(argv[3]), query_loop);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct { const char *name; int (*run)(int, char **); } verbs[] = { { "http", http }, { "write", write_rows }, { "query", query } };
    signal(SIGPIPE, SIG_IGN);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    fprintf(stderr, "limit http PORT SIZE [THREADS] | write FILE THREADS SECONDS [GROUP] | query FILE SQL THREADS SECONDS\n");
    return 2;
}
