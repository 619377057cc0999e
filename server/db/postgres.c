/* postgres: one connection: how it is opened, how statements run on it, and what its errors mean.
 *
 * Statements are prepared once per connection and kept by their text.  Their parameters get the types of the first
 * arguments; a parameter that was null then has the type that the server guessed, and when a later argument does not fit, the
 * statement is prepared anew.  BEGIN travels together with the first statement of a transaction.
 *
 * Waiting is our own loop around poll, because a deadline may pass or be set meanwhile; the server is then asked to
 * cancel. */
#include "db/postgres.h"
#include "base/check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25, OID_OID = 26, OID_FLOAT4 = 700, OID_FLOAT8 = 701,
       OID_NAME = 19, OID_BPCHAR = 1042, OID_VARCHAR = 1043, OID_NUMERIC = 1700 };
enum { ARGS_MOST = 4000, CANCEL_PATIENCE_MS = 2000, POLL_MS = 100 };

struct pg_stmt {
    struct prepared prepared;       /* first */
    struct pg_stmt *next;           /* in conn->running */
    char            name[16];
    int             ntypes;
    Oid            *types;          /* as declared, or as the server guessed where the argument was null */
    bool           *guessed;
};

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static enum trouble classify(const char *state, enum tx_mode mode)
{
    static const struct { const char *state; enum trouble what; } rows[] = {
        { "40001", TROUBLE_SERIAL }, { "40P01", TROUBLE_SERIAL }, { "55P03", TROUBLE_LOCKED }, { "53300", TROUBLE_LOCKED },
        { "23505", TROUBLE_UNIQUE }, { "53100", TROUBLE_FULL },   { "57014", TROUBLE_DEADLINE },
        { "22003", TROUBLE_NUMBER }, { "22021", TROUBLE_TEXT },   { "22P05", TROUBLE_TEXT },  { "58030", TROUBLE_DISK },
        { "08P01", TROUBLE_BUG },
        { "08",    TROUBLE_LOST },   { "57P",   TROUBLE_LOST },   { "54",    TROUBLE_TOO_BIG }, { "53",  TROUBLE_TOO_BIG },
        { "XX001", TROUBLE_DAMAGED }, { "XX002", TROUBLE_DAMAGED },
    };
    if (strcmp(state, "25006") == 0)            /* read-only: our reader wrote, or the server is a standby */
        return mode == TX_WRITE ? TROUBLE_READ_ONLY : TROUBLE_BUG;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(state, rows[i].state, strlen(rows[i].state)) == 0)
            return rows[i].what;
    return TROUBLE_BUG;
}

static const char *field(const PGresult *r, int code)
{
    const char *s = PQresultErrorField(r, code);
    return s ? s : "";
}

bool pg_failed(struct pg_conn *c, const PGresult *r, struct failure *f)
{
    const char *state = field(r, PG_DIAG_SQLSTATE), *words = field(r, PG_DIAG_MESSAGE_PRIMARY);
    if (!state[0])                              /* no word of the server: the connection is gone */
        return failure_set(f, TROUBLE_LOST, "%s", c->h ? PQerrorMessage(c->h) : "no connection");
    enum trouble what = classify(state, c->db.mode);
    if (what == TROUBLE_UNIQUE)
        return failure_set(f, what, "%s: %s (%s)", field(r, PG_DIAG_CONSTRAINT_NAME), words, field(r, PG_DIAG_MESSAGE_DETAIL));
    if (strcmp(state, "0A000") == 0 && strstr(words, "cached plan")) {
        c->stale = true;                        /* a table has changed its columns; the next run prepares anew */
        return failure_set(f, TROUBLE_SERIAL, "%s", words);
    }
    return failure_set(f, what, "postgresql %s: %s %s", state, words, field(r, PG_DIAG_MESSAGE_DETAIL));
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

static void cancel(struct pg_conn *c)
{
    char      words[256];
    PGcancel *k = PQgetCancel(c->h);
    if (k) {
        PQcancel(k, words, sizeof words);
        PQfreeCancel(k);
    }
}

/* False: the connection is gone, or does not answer even to cancelling. */
static bool wait_readable(struct pg_conn *c, int64_t *give_up_at)
{
    for (;;) {
        int64_t deadline = atomic_load(&c->db.deadline_ms), now = deadline || *give_up_at ? now_ms() : 0;
        if (*give_up_at && now >= *give_up_at)
            return false;
        if (deadline && !*give_up_at && now >= deadline) {
            c->deadline_hit = true;
            cancel(c);
            *give_up_at = now_ms() + CANCEL_PATIENCE_MS;
        }
        int unsent = PQflush(c->h);
        if (unsent < 0)
            return false;
        int64_t       until = *give_up_at ? *give_up_at : deadline;
        struct pollfd p = { PQsocket(c->h), (short)(POLLIN | (unsent ? POLLOUT : 0)), 0 };
        int           ms = until && until - now < POLL_MS ? (int)(until - now) : POLL_MS;
        if (poll(&p, 1, ms < 0 ? 0 : ms) > 0)
            return PQconsumeInput(c->h) == 1;
    }
}

PGresult *pg_wait(struct pg_conn *c)
{
    int64_t give_up_at = 0;
    if (PQflush(c->h) < 0)
        return NULL;
    while (PQisBusy(c->h))
        if (!wait_readable(c, &give_up_at)) {
            if (PQstatus(c->h) == CONNECTION_OK) {      /* it hangs: nothing more is expected of it */
                pg_drop_connection(c);
                return NULL;
            }
            break;
        }
    return PQgetResult(c->h);
}

static bool good(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* Sent queries end with a null result; what comes before it is the answer, of errors the first.  NULL: lost. */
PGresult *pg_answer(struct pg_conn *c)
{
    PGresult *kept = NULL, *r;
    while (c->h && (r = pg_wait(c))) {
        bool replace = !kept || good(kept);
        PQclear(replace ? kept : r);
        if (replace)
            kept = r;
        if (PQstatus(c->h) == CONNECTION_BAD)
            break;
    }
    return kept;
}

static bool lost(const struct pg_conn *c, struct failure *f)
{
    return failure_set(f, c->deadline_hit ? TROUBLE_DEADLINE : TROUBLE_LOST, "%s", c->h ? PQerrorMessage(c->h) : "the server does not answer");
}

/* The answer, or NULL when it was not good. */
PGresult *pg_ask(struct pg_conn *c, const char *sql, struct failure *f)
{
    PGresult *r = c->h && PQsendQuery(c->h, sql) ? pg_answer(c) : NULL;
    if (r && good(r))
        return r;
    r ? pg_failed(c, r, f) : lost(c, f);
    PQclear(r);
    return NULL;
}

bool pg_simple(struct pg_conn *c, const char *sql, const char *tag, struct failure *f)
{
    PGresult *r = pg_ask(c, sql, f);
    bool      ok = r && (!tag || strcmp(PQcmdStatus(r), tag) == 0 ||
                    failure_set(f, TROUBLE_BUG, "%s was answered with %s", sql, PQcmdStatus(r)));
    PQclear(r);
    return ok;
}

void pg_drop_connection(struct pg_conn *c)
{
    PGconn *h = c->h;
    c->h = NULL;                    /* so that statements are not taken back one by one */
    pg_clear(c);
    statements_clear(&c->statements);
    PQfinish(h);
    c->begun = c->settling = false;
}

void pg_settle(struct pg_conn *c)
{
    if (!c->settling)
        return;
    c->settling = false;
    PGresult *r = pg_answer(c);
    bool      ok = r && good(r);
    PQclear(r);
    if (!ok && c->h)
        pg_drop_connection(c);
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static Oid type_of_arg(const struct value *v)
{
    switch (v->type) {
    case V_BOOL: case V_INT: case V_DATE: case V_TIME: case V_REF: return OID_INT8;
    case V_DEC:  return OID_NUMERIC;
    case V_TEXT: return OID_TEXT;
    case V_NULL: case V_LIST: case V_ERROR: break;
    }
    return 0;
}

/* Numbers travel as digits, text as counted bytes. */
static bool type_takes(Oid type, const struct value *v)
{
    switch (type_of_arg(v)) {
    case OID_INT8:    return type == OID_INT8 || type == OID_NUMERIC;
    case OID_NUMERIC: return type == OID_NUMERIC;
    case OID_TEXT:    return type == OID_TEXT || type == OID_VARCHAR || type == OID_BPCHAR || type == OID_NAME;
    default:          return true;
    }
}

static void args_room(struct pg_args *a, size_t n)
{
    if (n <= a->cap)
        return;
    a->cap = n + 16;
    a->value = realloc(a->value, a->cap * sizeof *a->value);
    a->length = realloc(a->length, a->cap * sizeof *a->length);
    a->format = realloc(a->format, a->cap * sizeof *a->format);
    a->type = realloc(a->type, a->cap * sizeof *a->type);
    a->digits = realloc(a->digits, a->cap * sizeof *a->digits);
    CHECK(a->value && a->length && a->format && a->type && a->digits);
}

void pg_args_free(struct pg_conn *c)
{
    struct pg_args *a = &c->args;
    free(a->value);
    free(a->length);
    free(a->format);
    free(a->type);
    free(a->digits);
}

static void arg_set(struct pg_args *a, size_t i, const struct value *v)
{
    enum { TEXT_FORMAT, BINARY_FORMAT };
    a->value[i] = a->digits[i];
    a->format[i] = TEXT_FORMAT;
    a->length[i] = 0;
    switch (v->type) {
    case V_NULL: case V_LIST: case V_ERROR: a->value[i] = NULL; break;
    case V_BOOL: snprintf(a->digits[i], sizeof a->digits[i], "%d", v->u.b); break;
    case V_INT: case V_DATE: case V_TIME: case V_REF:
        snprintf(a->digits[i], sizeof a->digits[i], "%lld", (long long)v->u.i);
        break;
    case V_DEC: a->digits[i][dec_text_into(a->digits[i], v->u.d)] = '\0'; break;
    case V_TEXT:
        a->value[i] = v->u.s.p ? v->u.s.p : "";
        a->length[i] = (int)v->u.s.n;
        a->format[i] = BINARY_FORMAT;
        break;
    }
}

static bool args_set(struct pg_conn *c, const struct value *args, size_t n)
{
    args_room(&c->args, n);
    for (size_t i = 0; i < n; i++) {
        if (args[i].type == V_TEXT && args[i].u.s.n > INT32_MAX / 2)
            return failure_set(&c->db.failed, TROUBLE_TOO_BIG, "a text of %zu bytes", args[i].u.s.n);
        arg_set(&c->args, i, &args[i]);
    }
    return true;
}

/* ---- prepared statements ----------------------------------------------------------------------------------------- */

static void stmt_drop(void *connection, struct prepared *p)
{
    struct pg_conn *c = connection;
    struct pg_stmt *s = (struct pg_stmt *)p;
    char            sql[40];
    struct failure  ignored = { TROUBLE_NONE, "" };
    if (s->name[0] && c->h && !c->stale && PQstatus(c->h) == CONNECTION_OK && PQtransactionStatus(c->h) != PQTRANS_INERROR) {
        snprintf(sql, sizeof sql, "DEALLOCATE %s", s->name);
        pg_simple(c, sql, NULL, &ignored);
    }
    free(s->types);
    free(s->guessed);
    free(s);
}

void pg_statements_init(struct pg_conn *c) { statements_init(&c->statements, STATEMENTS_KEPT, stmt_drop, c); }

/* What the server took a null for. */
static bool ask_guesses(struct pg_conn *c, struct pg_stmt *s)
{
    if (!PQsendDescribePrepared(c->h, s->name))
        return lost(c, &c->db.failed);
    PGresult *r = pg_answer(c);
    bool      ok = r ? good(r) || pg_failed(c, r, &c->db.failed) : lost(c, &c->db.failed);
    for (int i = 0; ok && i < s->ntypes && i < PQnparams(r); i++)
        if (s->guessed[i])
            s->types[i] = PQparamtype(r, i);
    PQclear(r);
    return ok;
}

static bool prepare(struct pg_conn *c, struct pg_stmt *s, const char *sql)
{
    bool any = false;
    snprintf(s->name, sizeof s->name, "s%u", c->names++);
    if (!PQsendPrepare(c->h, s->name, sql, s->ntypes, s->types))
        return lost(c, &c->db.failed);
    PGresult *r = pg_answer(c);
    bool      ok = r ? good(r) || pg_failed(c, r, &c->db.failed) : lost(c, &c->db.failed);
    PQclear(r);
    if (!ok)
        s->name[0] = '\0';
    for (int i = 0; i < s->ntypes; i++)
        any |= s->guessed[i];
    return ok && (!any || ask_guesses(c, s));
}

/* before: the statement as it was prepared for other arguments, or NULL. */
static struct pg_stmt *stmt_new(struct pg_conn *c, str sql, const struct value *args, size_t nargs, const struct pg_stmt *before)
{
    struct pg_stmt *s = calloc(1, sizeof *s);
    CHECK(s != NULL);
    s->ntypes = (int)nargs;
    s->types = calloc(nargs + 1, sizeof *s->types);
    s->guessed = calloc(nargs + 1, sizeof *s->guessed);
    CHECK(s->types && s->guessed);
    for (size_t i = 0; i < nargs; i++) {
        bool same = before && i < (size_t)before->ntypes && type_takes(before->types[i], &args[i]);
        s->guessed[i] = same ? before->guessed[i] : args[i].type == V_NULL;
        s->types[i] = s->guessed[i] ? 0 : same ? before->types[i] : type_of_arg(&args[i]);
    }
    char *text = malloc(sql.n + 1);
    CHECK(text != NULL);
    memcpy(text, sql.p, sql.n);
    text[sql.n] = '\0';
    bool ok = prepare(c, s, text);
    free(text);
    if (!ok) {
        if (c->db.failed.what == TROUBLE_BUG && strlen(c->db.failed.detail) < DETAIL_MAX / 2)
            snprintf(c->db.failed.detail + strlen(c->db.failed.detail), DETAIL_MAX / 2, " in: %.*s", (int)(sql.n < 190 ? sql.n : 190), sql.p);
        stmt_drop(c, &s->prepared);
        return NULL;
    }
    statements_add(&c->statements, &s->prepared, sql);
    return s;
}

static bool stmt_takes(const struct pg_stmt *s, const struct value *args, size_t nargs)
{
    if (s->ntypes != (int)nargs)
        return false;
    for (size_t i = 0; i < nargs; i++)
        if (!type_takes(s->types[i], &args[i]))
            return false;
    return true;
}

static struct pg_stmt *stmt_take(struct pg_conn *c, str sql, const struct value *args, size_t nargs)
{
    struct pg_stmt *s = (struct pg_stmt *)statements_find(&c->statements, sql);
    if (s && !stmt_takes(s, args, nargs)) {
        struct pg_stmt *old = s;
        statements_forget(&c->statements, &old->prepared);
        s = stmt_new(c, sql, args, nargs, old);
        statements_done(&c->statements, &old->prepared);
    } else if (!s) {
        s = stmt_new(c, sql, args, nargs, NULL);
    }
    if (s) {
        s->next = c->running;
        c->running = s;
    }
    return s;
}

static void stmt_give(struct pg_conn *c, struct pg_stmt *s)
{
    CHECK(c->running == s);         /* one at a time: cursors live in the server */
    c->running = s->next;
    statements_done(&c->statements, &s->prepared);
}

void pg_clear(struct pg_conn *c)
{
    PQclear(c->result);
    c->result = NULL;
    while (c->running)
        stmt_give(c, c->running);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static const char *begin_sql(const struct pg_conn *c)
{
    return c->db.mode == TX_WRITE ? "BEGIN ISOLATION LEVEL SERIALIZABLE" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
}

static bool is_lost(const struct pg_conn *c)
{
    return !c->h || PQstatus(c->h) == CONNECTION_BAD || c->db.failed.what == TROUBLE_LOST;
}

/* Nothing of a transaction exists yet when its BEGIN has not come through, so a new connection is as good. */
static bool reconnect(struct pg_conn *c)
{
    c->db.failed.what = TROUBLE_NONE;
    pg_drop_connection(c);
    c->h = pg_connect((struct pg_store *)c->db.store, &c->db.failed);
    return c->h != NULL;
}

/* Ends the transaction that met a statement of old columns; what was prepared is prepared anew when needed. */
bool pg_forget_stale(struct pg_conn *c)
{
    struct failure why = { TROUBLE_NONE, "" };
    pg_clear(c);
    statements_clear(&c->statements);
    bool ok = c->h && (!c->begun || pg_simple(c, "ROLLBACK", NULL, &why)) && pg_simple(c, "DEALLOCATE ALL", NULL, &why);
    c->begun = c->stale = false;
    if (ok)
        c->db.failed.what = TROUBLE_NONE;
    return ok;
}

static bool ready(struct pg_conn *c)
{
    pg_settle(c);
    return c->h || reconnect(c);
}

bool pg_begin_now(struct pg_conn *c)
{
    for (int attempt = 0; !c->begun; attempt++) {
        c->begun = ready(c) && pg_simple(c, begin_sql(c), "BEGIN", &c->db.failed);
        if (!c->begun && (attempt > 0 || !is_lost(c) || c->deadline_hit || !reconnect(c)))
            return false;
    }
    return true;
}

static bool send_prepared(struct pg_conn *c, const struct pg_stmt *s)
{
    struct pg_args *a = &c->args;
    return PQsendQueryPrepared(c->h, s->name, s->ntypes, a->value, a->length, a->format, 0) == 1;
}

/* BEGIN and the first statement in one round trip. */
static PGresult *begin_with(struct pg_conn *c, const struct pg_stmt *s)
{
    PGresult *r = NULL, *end;
    if (!PQenterPipelineMode(c->h) || !PQsendQueryParams(c->h, begin_sql(c), 0, NULL, NULL, NULL, NULL, 0) ||
        !send_prepared(c, s) || !PQpipelineSync(c->h))
        return NULL;
    PGresult *begun = pg_answer(c);
    c->begun = begun && good(begun);
    if (c->h && PQstatus(c->h) == CONNECTION_OK)
        r = pg_answer(c);
    PQclear(c->begun ? begun : r);
    r = c->begun ? r : begun;
    while (c->h && PQstatus(c->h) == CONNECTION_OK && (end = pg_wait(c))) {
        bool sync = PQresultStatus(end) == PGRES_PIPELINE_SYNC;
        PQclear(end);
        if (sync)
            break;
    }
    if (c->h)
        PQexitPipelineMode(c->h);
    return r;
}

static bool fetch_once(struct pg_conn *c, str sql, const struct value *args, size_t nargs)
{
    struct failure *f = &c->db.failed;
    if (!c->begun && !ready(c))
        return false;
    struct pg_stmt *s = stmt_take(c, sql, args, nargs);
    if (!s)
        return false;
    PGresult *r = NULL;
    if (!c->begun)
        r = begin_with(c, s);
    else if (send_prepared(c, s))
        r = pg_answer(c);
    c->result = r;
    if (!r)
        return lost(c, f);
    if (PQresultStatus(r) == PGRES_EMPTY_QUERY)
        return failure_set(f, TROUBLE_BUG, "an empty statement");
    if (good(r) && c->deadline_hit)             /* the cancel came too late; it might hit what comes next */
        return failure_set(f, TROUBLE_DEADLINE, "answered after its deadline");
    return good(r) || pg_failed(c, r, f);
}

/* The rows are in c->result until pg_clear. */
bool pg_fetch(struct pg_conn *c, str sql, const struct value *args, size_t nargs)
{
    if (!args_set(c, args, nargs))
        return false;
    bool had_begun = c->begun;
    if (fetch_once(c, sql, args, nargs))
        return true;
    if (had_begun || c->deadline_hit || (is_lost(c) ? !reconnect(c) : !c->stale || !pg_forget_stale(c)))
        return false;
    return fetch_once(c, sql, args, nargs);
}

bool pg_declare(struct pg_conn *c, str head, str sql, const struct value *args, size_t nargs)
{
    if (!args_set(c, args, nargs))
        return false;
    struct pg_args *a = &c->args;
    char           *text = malloc(head.n + sql.n + 1);
    CHECK(text != NULL);
    memcpy(text, head.p, head.n);
    memcpy(text + head.n, sql.p, sql.n);
    text[head.n + sql.n] = '\0';
    for (size_t i = 0; i < nargs; i++)
        a->type[i] = type_of_arg(&args[i]);
    bool sent = PQsendQueryParams(c->h, text, (int)nargs, a->type, a->value, a->length, a->format, 0) == 1;
    free(text);
    PGresult *r = sent ? pg_answer(c) : NULL;
    bool      ok = r ? good(r) || pg_failed(c, r, &c->db.failed) : lost(c, &c->db.failed);
    PQclear(r);
    return ok;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static bool number_cell(str digits, struct value *out, struct failure *f)
{
    int64_t i;
    dec     d;
    if (str_to_i64(digits, &i)) {
        *out = v_int(i);
        return true;
    }
    *out = V_NONE;
    if (!dec_parse(digits, &d))
        return failure_set(f, TROUBLE_NUMBER, "not a number of ours: %.*s", STR_ARG(digits));
    *out = v_dec(d);
    return true;
}

bool pg_cell(const PGresult *r, int row, int col, struct value *out, struct failure *f)
{
    str s = { PQgetvalue(r, row, col), (size_t)PQgetlength(r, row, col) };
    *out = V_NONE;
    if (PQgetisnull(r, row, col))
        return true;
    switch (PQftype(r, col)) {
    case OID_BOOL: *out = v_int(s.p[0] == 't'); return true;
    case OID_INT8: case OID_INT4: case OID_INT2: case OID_OID: case OID_NUMERIC: case OID_FLOAT4: case OID_FLOAT8:
        return number_cell(s, out, f);
    default: *out = v_text(s); return true;
    }
}

static bool copy_rows(struct pg_conn *c, struct row_sink *sink)
{
    const PGresult *r = c->result;
    int             nrows = PQntuples(r), ncols = PQnfields(r);
    sink->out->ncols = (size_t)ncols;
    for (int i = 0; i < nrows; i++) {
        struct value *cells = sink_row(sink, (size_t)nrows);
        for (int k = 0; k < ncols; k++) {
            if (!pg_cell(r, i, k, &cells[k], &c->db.failed))
                return false;
            if (cells[k].type == V_TEXT)
                cells[k].u.s = str_dup(sink->mem, cells[k].u.s);
        }
    }
    return true;
}

bool pg_run(struct db *db, str sql, const struct value *args, size_t nargs, struct row_sink *sink, int64_t *changed)
{
    struct pg_conn *c = (struct pg_conn *)db;
    bool            ok = pg_fetch(c, sql, args, nargs) && (!sink || copy_rows(c, sink));
    if (ok && changed && strcmp(PQcmdStatus(c->result), "SELECT") != 0 && !str_starts(str_of(PQcmdStatus(c->result)), S("SELECT ")))
        str_to_i64(str_of(PQcmdTuples(c->result)), changed);
    pg_clear(c);
    return ok;
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void say_nothing(void *arg, const PGresult *r) { (void)arg; (void)r; }

static bool set_up(const struct pg_store *s, PGconn *h, struct failure *f)
{
    char *name = PQescapeIdentifier(h, s->schema, strlen(s->schema)), sql[800];
    CHECK(name != NULL);
    snprintf(sql, sizeof sql,
             "SET search_path TO %s; SET standard_conforming_strings=on; SET client_min_messages=warning; SET timezone='UTC';"
             "SET lock_timeout=%d; SET jit=off; SET cursor_tuple_fraction=1.0; SET statement_timeout=0;"
             "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
             name, s->store.busy_timeout_ms);
    PQfreemem(name);
    PGresult *r = PQexec(h, sql);
    bool      ok = good(r) || failure_set(f, TROUBLE_LOST, "%s", PQerrorMessage(h));
    PQclear(r);
    if (ok && PQserverVersion(h) < 140000)
        ok = failure_set(f, TROUBLE_BUG, "PostgreSQL 14 or newer is needed, this is %d", PQserverVersion(h));
    const char *encoding = PQparameterStatus(h, "server_encoding");
    if (ok && (!encoding || strcmp(encoding, "UTF8") != 0))
        ok = failure_set(f, TROUBLE_BUG, "the database must have the encoding UTF8, not %s", encoding ? encoding : "?");
    return ok;
}

PGconn *pg_connect(const struct pg_store *s, struct failure *f)
{
    const char *keys[] = { "dbname", "client_encoding", "fallback_application_name", "connect_timeout", "tcp_user_timeout", NULL };
    const char *values[] = { s->url, "UTF8", "qudao", "10", "15000", NULL };
    PGconn     *h = PQconnectdbParams(keys, values, 1);
    if (!h || PQstatus(h) != CONNECTION_OK)
        failure_set(f, TROUBLE_LOST, "%s", h ? PQerrorMessage(h) : "no memory");
    else if (PQsetNoticeReceiver(h, say_nothing, NULL), set_up(s, h, f))
        return PQsetnonblocking(h, 1), h;
    PQfinish(h);
    return NULL;
}
