/* api: JSON in, one call down, JSON out.  No rule of the business lives here.
 *
 * A handler touches only its desk: the arena and the transaction of its call.  It contains no begin, commit, retry or
 * free, and may be run twice: the router does all that from the route's row. */
#ifndef API_API_H
#define API_API_H
#include "base/json.h"
#include "http/http.h"
#include "record/record.h"

#include <stdio.h>

struct events;
struct import_jobs;
struct auth;
struct app {
    struct auth     *auth;
    struct store    *store;
    struct catalogs *catalogs;
    struct events   *events;
    struct import_jobs *imports;
    str              data;          /* folder of files; empty: none was given */
    const char      *spool;         /* folder of what is under way */
    size_t           max_body, max_upload;
    str              base_url;
    int64_t          started;
    struct http_server *server;
    _Atomic int      exporting;     /* exports under way */
};

enum { PARAMS_MAX = 4 };
struct call {
    struct ctx           c;
    struct app          *app;
    struct request      *rq;
    struct reply        *rp;
    struct actor         actor;
    const struct json   *body;          /* of a JSON request, NULL without body */
    str                  params[PARAMS_MAX];
    struct buf           out;
    struct jw            w;             /* writes the answer */
    int64_t              auth_version, catalog_version;
    str                  token;         /* of the request, however it came */
    bool                 by_cookie;
    int64_t              session;       /* 0: came with a token */
    str                  set_cookie;    /* what the answer sets, or none */
    bool               (*after)(struct call *, void *); void *after_arg;  /* writes the answer after the commit, in a transaction that reads */
    void               (*committed)(struct call *);     /* before that, without a transaction: hands work to others, may wait a little */
    int64_t              number;        /* what the handler tells those */
    str                  hash;          /* of a request with Idempotency-Key, made before any transaction: a body may be long */
    str                  current;       /* of a stale write: the record as it is now */
    int                  wait_s;        /* for Retry-After */
    int                  tries;         /* of this work before, spoilt by others */
    int64_t              touch;         /* the session was last seen long ago: it slides on after the work */
};

/* no sign-in; administrators only; body is no JSON; begins its own transactions (mode TX_NONE), because part of it takes long */
enum route_flags { ROUTE_OPEN = 1, ROUTE_ADMIN = 2, ROUTE_RAW = 4, ROUTE_OWN = 8 };
struct route {
    const char  *method, *path;         /* "/records/{m}/{id}" below /api/v1 */
    enum tx_mode tx;
    int          flags;
    bool       (*run)(struct call *);
    const char  *doc;
};
extern const struct route routes[];     /* ends with method NULL */

/* The handler of the front: /api/v1/…; the rest goes to the client's files. */
void api_handle(void *app, struct request *, struct reply *);
size_t api_body_limit(void *app, const struct request *, int *status);

/* Helpers of handlers. */
const struct module *call_module(struct call *, str name);          /* NULL: error set; unknown and hidden look the same */
bool call_id(struct call *, str text, int64_t *id);
str  call_param(struct call *, const char *name);                   /* query parameter, "" when absent */
bool call_flag(struct call *, const char *name, bool *out);         /* true or false; false when absent */
bool call_int(struct call *, const char *name, int64_t otherwise, int64_t min, int64_t max, int64_t *out);
void call_status(struct call *, int status);
void call_header(struct call *, const char *name, str value);
bool call_body(struct call *);                                      /* that there is a JSON object */
/* That the body has no other members than these (ending with NULL); names each that it has. */
bool call_members(struct call *, const char *const *names);
/* The answer is what make writes: to a file first, so that it is whole or refused, of any length.  name: for the sender. */
bool call_download(struct call *, str type, str name, bool (*make)(struct call *, FILE *, void *arg), void *arg);
str  disposition(struct arena *, bool shown, str name);             /* Content-Disposition, RFC 6266 */
/* For ROUTE_OWN: a piece of work in a transaction of its own, with the catalog pinned; run again when busy. */
bool call_desk(struct call *, enum tx_mode, bool (*work)(struct call *, void *arg), void *arg);
/* The same for a write that Idempotency-Key may repeat. */
bool call_write(struct call *, bool (*work)(struct call *, void *arg), void *arg);
/* The person behind a user id, from the user module; false: none or not active. */
bool actor_load(struct ctx *, int64_t user, struct actor *out);
void problem_json(struct buf *, const struct err *, str trace, str current);

/* One file of handlers each. */
#define HANDLERS(H)                                                                                                     \
    H(session_create) H(session_delete) H(me_get) H(me_patch) H(me_password)                                            \
    H(records_find) H(records_create) H(records_get) H(records_update) H(records_delete) H(records_restore)             \
    H(records_history) H(records_batch) H(search_all) H(changes_get) H(formula_eval) H(query_post)                      \
    H(modules_list) H(modules_get) H(modules_create) H(modules_update) H(modules_delete)                                \
    H(fields_get) H(fields_create) H(fields_update) H(fields_delete)                                                                  \
    H(views_list) H(views_create) H(views_update) H(views_delete) H(dashboards_list) H(dashboards_get)                  \
    H(calendars_list) H(calendars_get) H(calendars_put) H(calendars_delete)                                                                      \
    H(roles_list) H(roles_get) H(roles_create) H(roles_update) H(users_list) H(users_get) H(users_create) H(users_update)                         \
    H(exports_get) H(imports_list) H(imports_create) H(imports_get) H(imports_rejected) H(imports_undo) H(files_create) H(files_get)                  \
    H(health_get) H(metrics_get) H(openapi_get) H(events_get)
#define H(name) bool name(struct call *);
HANDLERS(H)
#undef H
#endif
