/* postgres_listen: one connection of a store that hears of the commits of other servers, and tells them of ours.
 *
 * A NOTIFY inside each transaction would make all commits of the database wait for one another, so a thread of the store sends
 * one NOTIFY for whatever was committed in the last few milliseconds.  Whoever waits has a timeout and reads the
 * data itself, so a message that is lost with the connection costs time, not truth; after each reconnect the waiting are woken. */
#include "db/postgres.h"
#include "base/check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { GATHER_MS = 10, RETRY_MS = 500 };

struct pg_listen {
    struct pg_store *store;
    PGconn          *h;             /* the thread's own */
    char             listen_sql[160], notify_sql[160];
    int              wake;          /* eventfd: commits of ours, or stop */
    _Atomic int      stop;
    pthread_t        thread;
};

static bool command(PGconn *h, const char *sql)
{
    PGresult *r = PQexec(h, sql);
    bool      ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return ok;
}

static bool connect_and_listen(struct pg_listen *l, struct failure *f)
{
    l->h = pg_connect(l->store, f);
    if (!l->h || command(l->h, l->listen_sql))
        return l->h != NULL;
    failure_set(f, TROUBLE_LOST, "%s", PQerrorMessage(l->h));
    PQfinish(l->h);
    l->h = NULL;
    return false;
}

static void hear(struct pg_listen *l)
{
    PGnotify *n;
    bool      others = false;
    while ((n = PQnotifies(l->h))) {
        others |= n->be_pid != PQbackendPID(l->h);
        PQfreemem(n);
    }
    if (others)
        store_committed(&l->store->store);
}

static void *listen_loop(void *arg)
{
    struct pg_listen *l = arg;
    uint64_t          n;
    while (!atomic_load(&l->stop)) {
        struct failure ignored = { TROUBLE_NONE, "" };
        struct pollfd  p[] = { { l->wake, POLLIN, 0 }, { l->h ? PQsocket(l->h) : -1, POLLIN, 0 } };
        if (poll(p, 2, l->h ? -1 : RETRY_MS) > 0 && p[0].revents && read(l->wake, &n, sizeof n) == sizeof n && l->h)
            command(l->h, l->notify_sql);
        if (l->h && PQconsumeInput(l->h))
            hear(l);
        if (l->h && PQstatus(l->h) == CONNECTION_BAD) {
            PQfinish(l->h);
            l->h = NULL;
        } else if (!l->h && !atomic_load(&l->stop) && connect_and_listen(l, &ignored)) {
            store_committed(&l->store->store);
        }
        if (p[0].revents)
            usleep(GATHER_MS * 1000);
    }
    return NULL;
}

bool pg_listen_start(struct pg_store *s, struct failure *f)
{
    struct pg_listen *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    l->store = s;
    snprintf(l->listen_sql, sizeof l->listen_sql, "LISTEN \"qudao_%.50s\"", s->schema);
    snprintf(l->notify_sql, sizeof l->notify_sql, "NOTIFY \"qudao_%.50s\"", s->schema);
    if (!connect_and_listen(l, f)) {
        free(l);
        return false;
    }
    l->wake = eventfd(0, EFD_CLOEXEC);
    CHECK(l->wake >= 0 && pthread_create(&l->thread, NULL, listen_loop, l) == 0);
    s->listen = l;
    return true;
}

static void wake(struct pg_listen *l)
{
    uint64_t one = 1;
    CHECK(write(l->wake, &one, sizeof one) == sizeof one);
}

void pg_listen_tell(struct pg_store *s)
{
    if (s->listen)
        wake(s->listen);
}

void pg_listen_stop(struct pg_store *s)
{
    struct pg_listen *l = s->listen;
    if (!l)
        return;
    atomic_store(&l->stop, 1);
    wake(l);
    pthread_join(l->thread, NULL);
    PQfinish(l->h);
    close(l->wake);
    free(l);
    s->listen = NULL;
}
