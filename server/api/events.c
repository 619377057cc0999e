/* events: see events.h.  Invariants
 *   1. A stream is sent to only under the lock, and only while it is in the list; `closed` takes it out under the lock.
 *   2. What a stream is told was asked as its person, after the change, through the read path: hidden records are silent,
 *      and so are changes that touched only hidden fields.
 *   3. A person who may no longer sign in is cut off with the next change, or within 5 s. */
#include "api/events.h"
#include "api/entry.h"
#include "base/check.h"
#include "base/log.h"
#include "record/feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 500, CHECK_EVERY_MS = 4000, NAP_MS = 200, MORE_MS = 20 };

struct listener {
    struct listener *next;
    struct events   *events;
    struct stream   *stream;
    int64_t          user, seen;            /* seen: sequence number told last */
    char             token[256];
    bool             by_cookie, dead;
};

struct events {
    struct app      *app;
    pthread_t        thread;
    pthread_mutex_t  lock;
    struct listener *all;
    bool             stopping, fresh;       /* fresh: somebody came since the last look, perhaps with changes to catch up on */
    bool             more;                  /* the feed goes on above what was told: the thread's own */
    int64_t          seq, catalog;
};

static void opened(void *state, struct stream *s)
{
    struct listener *l = state;
    pthread_mutex_lock(&l->events->lock);
    l->stream = s;
    l->next = l->events->all;
    l->events->all = l;
    l->events->fresh = true;
    stream_send(s, S("retry: 2000\n\n"));
    pthread_mutex_unlock(&l->events->lock);
}

static void closed(void *state)
{
    struct listener *l = state;
    pthread_mutex_lock(&l->events->lock);
    for (struct listener **p = &l->events->all; *p; p = &(*p)->next)
        if (*p == l) {
            *p = l->next;
            break;
        }
    pthread_mutex_unlock(&l->events->lock);
    free(l);
}

bool events_get(struct call *k)
{
    struct listener *l = calloc(1, sizeof *l);
    str              last = request_header(k->rq, "last-event-id");
    CHECK(l != NULL);
    l->events = k->app->events;
    l->user = k->actor.user;
    l->by_cookie = k->by_cookie;
    if (k->token.n >= sizeof l->token) {
        free(l);
        return err_set(&k->c.err, ERR_SIGN_IN, "Please sign in");
    }
    memcpy(l->token, k->token.p, k->token.n);
    if (!feed_settled(k->c.db, k->c.mem, &l->seen, &k->c.err)) {
        free(l);
        return false;
    }
    int64_t from;
    if (str_to_i64(last, &from) && from >= 0 && from < l->seen && l->seen - from <= BATCH)
        l->seen = from;
    k->rp->type = S("text/event-stream");
    k->rp->state = l;
    k->rp->opened = opened;
    k->rp->closed = closed;
    return true;
}

/* The changes after seq that the person may see, as text for the stream.  c->mem is given back after each: many people and a large
 * import must not add up. */
static bool tell(struct ctx *c, const struct feed_entry *ch, size_t n, int64_t after, struct buf *out)
{
    for (size_t i = 0; i < n; i++, arena_reset(c->mem)) {
        const struct module *m = catalog_module_id(c->cat, ch[i].module);
        struct found         f;
        struct find          q = { .m = m, .ids = &ch[i].record, .nids = 1, .limit = 1 };
        struct access        a;
        bool                 told;
        if (ch[i].seq <= after || !m)
            continue;
        a = access_of(c, m);
        if (!access_any(&a, ACT_READ))
            continue;
        if (!rec_told(c, m, ch[i].record, ch[i].seq, ch[i].op, &told))
            return false;
        if (!told)
            continue;
        q.deleted = str_eqz(ch[i].op, "delete");
        if (!rec_find(c, &q, &f))
            return false;
        if (!f.nrows) {     /* deleted and restored since, or restored and deleted */
            q.deleted = !q.deleted;
            if (!rec_find(c, &q, &f))
                return false;
        }
        if (!f.nrows)
            continue;
        struct buf b;
        struct jw  w;
        buf_init(&b, c->mem);
        jw_init(&w, &b);
        jw_obj(&w);
        jw_key(&w, "seq");
        jw_int(&w, ch[i].seq);
        jw_key(&w, "module");
        jw_str(&w, m->name);
        jw_key(&w, "id");
        jw_int(&w, ch[i].record);
        jw_key(&w, "op");
        jw_str(&w, str_eqz(ch[i].op, "compute") ? S("update") : ch[i].op);
        jw_key(&w, "version");
        jw_int(&w, ch[i].version);
        jw_end_obj(&w);
        buf_printf(out, "id: %lld\nevent: change\ndata: " STR_FMT "\n\n", (long long)ch[i].seq, STR_ARG(buf_str(&b)));
    }
    return true;
}

struct audience { int64_t user; char token[256]; int64_t seen; bool by_cookie, ok; str text; };

static bool known(const struct audience *a, const struct listener *l) { return a->user == l->user && a->seen == l->seen && !strcmp(a->token, l->token); }

/* Who listens now; one entry for all streams of a person that are equally far. */
static struct audience *audience_of(struct events *e, struct arena *mem, size_t *n)
{
    size_t cap = 0;
    pthread_mutex_lock(&e->lock);
    for (struct listener *l = e->all; l; l = l->next)
        cap++;
    struct audience *a = NEWV(mem, struct audience, cap + 1);
    *n = 0;
    for (struct listener *l = e->all; l; l = l->next) {
        bool have = l->dead;
        for (size_t i = 0; i < *n && !have; i++)
            have = known(&a[i], l);
        if (have)
            continue;
        a[*n].user = l->user;
        a[*n].seen = l->seen;
        a[*n].by_cookie = l->by_cookie;
        memcpy(a[*n].token, l->token, sizeof l->token);
        ++*n;
    }
    pthread_mutex_unlock(&e->lock);
    return a;
}

/* Who cannot be told: their streams end, so that the others are not kept waiting; they may come again where they were. */
static void cut_off(struct events *e, const struct audience *a)
{
    pthread_mutex_lock(&e->lock);
    for (struct listener *l = e->all; l; l = l->next)
        if (!l->dead && known(a, l)) {
            l->dead = true;
            stream_close(l->stream);
        }
    e->fresh = true;
    pthread_mutex_unlock(&e->lock);
}

static void deliver(struct events *e, const struct audience *a, size_t n, int64_t upto, bool catalog)
{
    pthread_mutex_lock(&e->lock);
    for (struct listener *l = e->all; l; l = l->next)
        for (size_t i = 0; i < n; i++) {
            if (!known(&a[i], l))
                continue;
            bool alive = a[i].ok && !l->dead;
            if (alive && a[i].text.n)
                alive = stream_send(l->stream, a[i].text);
            if (alive && catalog) {
                char t[96];
                int  len = snprintf(t, sizeof t, "event: catalog\ndata: {\"version\":%lld}\n\n", (long long)e->catalog);
                alive = stream_send(l->stream, (str){ t, (size_t)len });
            }
            if (!alive && !l->dead) {
                l->dead = true;
                stream_close(l->stream);
            }
            if (upto > l->seen)
                l->seen = upto;
            break;
        }
    pthread_mutex_unlock(&e->lock);
}

/* In a transaction that ends before the changes are read: see feed.h. */
static bool settled(struct store *st, struct arena *mem, int64_t *upto, struct err *e)
{
    struct db *db;
    if (!db_begin(st, TX_READ, "events", &db, e))
        return false;
    bool ok = feed_settled(db, mem, upto, e);
    db_rollback(db);
    return ok;
}

/* What has committed above what was told: its turn comes without a further commit. */
static bool anything_above(struct db *db, struct arena *mem, int64_t seq, bool *out, struct err *e)
{
    struct rows  r;
    struct value a[] = { v_int(seq) };
    if (!db_run(db, S("SELECT seq FROM q_change WHERE seq > $1 LIMIT 1"), a, 1, mem, &r, e))
        return false;
    *out = r.nrows > 0;
    return true;
}

/* One look at the feed; false when the database could not be asked.  A question that fails may have spoilt the transaction, so the
 * others are told in the next look. */
static bool look(struct events *e, struct arena *mem, struct arena *work)
{
    struct call      k = { .app = e->app };
    struct request   rq = { .mem = mem };
    struct reply     rp = { 0 };
    struct audience *people;
    size_t           npeople;
    int64_t          upto, since = e->seq;
    bool             ok = false, catalog = false;
    k.rq = &rq;
    k.rp = &rp;
    k.c = (struct ctx){ .mem = mem, .now = instant_now(), .way = "system", .actor = &k.actor };
    err_init(&k.c.err, mem, LANG_EN);
    if (!settled(e->app->store, mem, &upto, &k.c.err) || !db_begin(e->app->store, TX_READ, "events", &k.c.db, &k.c.err))
        return false;
    people = audience_of(e, mem, &npeople);
    for (size_t i = 0; i < npeople; i++)
        if (people[i].seen < since)
            since = people[i].seen;
    struct feed_entry *ch;
    size_t             n;
    struct rows        versions;
    if (!feed_read(k.c.db, mem, since, upto, BATCH, &ch, &n, &k.c.err) ||
        !db_run(k.c.db, S("SELECT name, value FROM q_version"), NULL, 0, mem, &versions, &k.c.err))
        goto out;
    for (size_t i = 0; i < versions.nrows; i++) {
        bool    cat = str_eqz(CELL(&versions, i, 0)->u.s, "catalog");
        *(cat ? &k.catalog_version : &k.auth_version) = CELL(&versions, i, 1)->u.i;
    }
    catalog = e->catalog && e->catalog != k.catalog_version;
    e->catalog = k.catalog_version;
    upto = n ? ch[n - 1].seq : since;
    if (!anything_above(k.c.db, mem, upto, &e->more, &k.c.err))
        goto out;
    if (!catalog_pin(e->app->catalogs, k.c.db, k.catalog_version, &k.c.cat, &k.c.err))
        goto out;
    ok = true;
    for (size_t i = 0; i < npeople && ok; i++) {
        int64_t    user = 0;
        struct buf b;
        buf_init(&b, mem);
        k.token = str_of(people[i].token);
        k.by_cookie = people[i].by_cookie;
        people[i].ok = call_resolve(&k, &user) && user == people[i].user && actor_load(&k.c, user, &k.actor);
        k.c.mem = work;
        if (people[i].ok)
            ok = tell(&k.c, ch, n, people[i].seen, &b);
        k.c.mem = mem;
        if (!ok) {
            log_event(LOG_WARN, "events_cut_off", "user=%lld detail=%s", (long long)people[i].user,
                      log_q(mem, k.c.err.detail.n ? k.c.err.detail : k.c.err.message));
            cut_off(e, &people[i]);
        }
        err_clear(&k.c.err);
        people[i].text = buf_str(&b);
    }
    catalog_unpin(e->app->catalogs, k.c.cat);
    if (ok) {
        e->seq = upto;
        deliver(e, people, npeople, upto, catalog);
    }
out:
    db_rollback(k.c.db);
    return ok;
}

/* Until there is a reason to look: a commit, somebody new, or the time to ask again who may still listen.  False: to the end. */
static bool wait_for_reason(struct events *e, int64_t commit)
{
    for (int waited = 0;; waited += NAP_MS) {
        pthread_mutex_lock(&e->lock);
        bool stop = e->stopping, fresh = e->fresh;
        e->fresh = false;
        pthread_mutex_unlock(&e->lock);
        if (stop)
            return false;
        if (e->more)
            db_wait_commit(e->app->store, commit, MORE_MS);
        if (fresh || e->more || waited >= CHECK_EVERY_MS || db_last_commit(e->app->store) != commit ||
            db_wait_commit(e->app->store, commit, NAP_MS))
            return true;
    }
}

static void *follow(void *arg)
{
    struct events *e = arg;
    struct arena  *mem = arena_new(0), *work = arena_new(0);
    int64_t        commit = -1;
    while (wait_for_reason(e, commit)) {
        commit = db_last_commit(e->app->store);
        if (!look(e, mem, work))
            log_event(LOG_WARN, "events_waiting", "reason=database");
        arena_reset(mem);
    }
    arena_free(work);
    arena_free(mem);
    return NULL;
}

struct events *events_start(struct app *app)
{
    struct events *e = calloc(1, sizeof *e);
    CHECK(e != NULL);
    e->app = app;
    pthread_mutex_init(&e->lock, NULL);
    struct arena *mem = arena_new(1 << 20);
    struct err    err;
    err_init(&err, mem, LANG_EN);
    settled(app->store, mem, &e->seq, &err);
    arena_free(mem);
    CHECK(pthread_create(&e->thread, NULL, follow, e) == 0);
    return e;
}

void events_stop(struct events *e)
{
    pthread_mutex_lock(&e->lock);
    CHECK(e->all == NULL);      /* the last `closed` has returned */
    e->stopping = true;
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    pthread_mutex_destroy(&e->lock);
    free(e);
}
