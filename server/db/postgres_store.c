/* postgres_store: a schema of a PostgreSQL database: connections, transactions, cursors.
 *
 * Writers are SERIALIZABLE, so what a transaction has read is still true when it commits, or it is told to run again
 * (ERR_BUSY).  Readers see one moment (REPEATABLE READ READ ONLY) and never fail for others' sake.  A reader's COMMIT is
 * sent without waiting; its answer is taken when the connection is used next.
 *
 * When the connection breaks while COMMIT runs, nobody here can know whether it was kept: that is TROUBLE_UNKNOWN, and
 * the only failure after which the work may be there.
 *
 * Schema names come from settings and are quoted by libpq. */
#include "db/postgres.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 16, PIECE_ROWS = 500 };

/* ---- transactions ------------------------------------------------------------------------------------------------ */

static void end(struct pg_conn *c)
{
    struct pg_store *s = (struct pg_store *)c->db.store;
    pg_clear(c);
    c->begun = false;
    if (c->h && !c->settling && (c->deadline_hit || PQtransactionStatus(c->h) != PQTRANS_IDLE))
        pg_drop_connection(c);          /* a late cancel, or a state we do not understand: better a new one */
    if (c->h && c->stale && !pg_forget_stale(c))
        pg_drop_connection(c);
    c->stale = c->deadline_hit = false;
    c->db.mode = TX_NONE;
    slots_give(&s->slots, c->slot);
}

static bool pg_begin(struct store *store, enum tx_mode mode, const char *who, struct db **out, struct failure *f)
{
    struct pg_store *s = (struct pg_store *)store;
    struct slot     *slot = slots_take(&s->slots, store->busy_timeout_ms);
    if (!slot)
        return failure_set(f, TROUBLE_LOCKED, "waited %d ms for one of %d connections", store->busy_timeout_ms, s->slots.n);
    struct pg_conn *c = slot->connection;
    if (!c) {
        slot->connection = c = calloc(1, sizeof *c);
        CHECK(c != NULL);
        c->slot = slot;
        pg_statements_init(c);
    }
    if (!c->h && !(c->h = pg_connect(s, f))) {
        slots_give(&s->slots, slot);
        return false;
    }
    db_opened(&c->db, store, mode, who);
    *out = &c->db;
    return true;
}

static bool commit_write(struct pg_conn *c, struct failure *f)
{
    if (!c->begun)                      /* nothing was asked of the server */
        return true;
    PGresult   *r = PQsendQuery(c->h, "COMMIT") ? pg_answer(c) : NULL;
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    bool        ok = r && PQresultStatus(r) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(r), "COMMIT") == 0;
    if (!ok && r && (state || PQresultStatus(r) == PGRES_COMMAND_OK))
        state ? pg_failed(c, r, f) : failure_set(f, TROUBLE_BUG, "COMMIT was answered with %s", PQcmdStatus(r));
    else if (!ok)
        failure_set(f, TROUBLE_UNKNOWN, "%s", c->h ? PQerrorMessage(c->h) : "the server does not answer");
    PQclear(r);
    return ok;
}

static bool pg_commit(struct db *db, bool fail_it, struct failure *f)
{
    struct pg_conn  *c = (struct pg_conn *)db;
    struct pg_store *s = (struct pg_store *)db->store;
    bool             ok = true, told = db->mode == TX_WRITE && c->begun;
    atomic_store(&db->deadline_ms, 0);
    if (fail_it) {
        pg_drop_connection(c);
        ok = failure_set(f, TROUBLE_DISK, "fault injected by a test");
    } else if (db->mode == TX_WRITE) {
        ok = commit_write(c, f);
    } else if (c->begun) {
        c->settling = PQsendQuery(c->h, "COMMIT") && PQflush(c->h) >= 0;
    }
    end(c);
    if (ok && told) {
        store_committed(&s->store);
        pg_listen_tell(s);
    }
    return ok;
}

static void pg_rollback(struct db *db)
{
    struct pg_conn *c = (struct pg_conn *)db;
    struct failure  ignored = { TROUBLE_NONE, "" };
    atomic_store(&db->deadline_ms, 0);
    pg_clear(c);
    if (c->begun && c->h)
        pg_simple(c, "ROLLBACK", NULL, &ignored);
    end(c);
}

static void pg_cut(struct db *db) { pg_drop_connection((struct pg_conn *)db); }

static bool word(struct db *db, const char *sql)
{
    struct pg_conn *c = (struct pg_conn *)db;
    return pg_begin_now(c) && pg_simple(c, sql, NULL, &db->failed);
}

static bool pg_save(struct db *db) { return word(db, "SAVEPOINT part"); }
static bool pg_release(struct db *db) { return word(db, "RELEASE part"); }
static bool pg_script(struct db *db, const char *sql) { return word(db, sql); }

static bool pg_undo(struct db *db)
{
    struct pg_conn *c = (struct pg_conn *)db;
    if (!c->h || !c->begun || c->deadline_hit)
        return failure_set(&db->failed, TROUBLE_LOST, "the transaction had ended");
    return word(db, "ROLLBACK TO part; RELEASE part");
}

/* ---- cursors ----------------------------------------------------------------------------------------------------- */

struct pg_cursor {
    struct cursor cursor;
    unsigned      name;
    PGresult     *piece;
    int           row, nrows, ncols;
    bool          last;             /* the piece is the last one */
    struct value *cells;
};

static bool pg_open(struct db *db, str sql, const struct value *args, size_t nargs, struct cursor **out)
{
    struct pg_conn *c = (struct pg_conn *)db;
    unsigned        name = c->names++;
    char            head[60];
    int             n = snprintf(head, sizeof head, "DECLARE c%u NO SCROLL CURSOR FOR ", name);
    if (!pg_begin_now(c) || !pg_declare(c, (str){ head, (size_t)n }, sql, args, nargs))
        return false;
    struct pg_cursor *k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    k->name = name;
    *out = &k->cursor;
    return true;
}

static bool next_piece(struct pg_cursor *k)
{
    struct pg_conn *c = (struct pg_conn *)k->cursor.db;
    char            sql[60];
    snprintf(sql, sizeof sql, "FETCH %d FROM c%u", PIECE_ROWS, k->name);
    PQclear(k->piece);
    k->piece = pg_ask(c, sql, &c->db.failed);
    if (!k->piece)
        return false;
    k->row = 0;
    k->nrows = PQntuples(k->piece);
    k->last = k->nrows < PIECE_ROWS;
    if (!k->cells) {
        k->ncols = PQnfields(k->piece);
        k->cells = calloc((size_t)k->ncols + 1, sizeof *k->cells);
        CHECK(k->cells != NULL);
    }
    return k->nrows > 0;
}

static bool pg_step(struct cursor *cursor, const struct value **cells)
{
    struct pg_cursor *k = (struct pg_cursor *)cursor;
    if (k->row == k->nrows && (k->last || !next_piece(k)))
        return false;
    for (int i = 0; i < k->ncols; i++)
        if (!pg_cell(k->piece, k->row, i, &k->cells[i], &cursor->db->failed))
            return false;
    k->row++;
    *cells = k->cells;
    return true;
}

static void pg_close_cursor(struct cursor *cursor)
{
    struct pg_cursor *k = (struct pg_cursor *)cursor;
    struct pg_conn   *c = (struct pg_conn *)cursor->db;
    char              sql[40];
    snprintf(sql, sizeof sql, "CLOSE c%u", k->name);
    cursor_forget(cursor);
    if (!k->last && c->h && c->db.failed.what == TROUBLE_NONE)
        pg_simple(c, sql, NULL, &c->db.failed);
    PQclear(k->piece);
    free(k->cells);
    free(k);
}

/* ---- the store --------------------------------------------------------------------------------------------------- */

static void pg_close(struct store *store)
{
    struct pg_store *s = (struct pg_store *)store;
    pg_listen_stop(s);
    for (int i = 0; i < s->slots.n; i++) {
        struct pg_conn *c = s->slots.slot[i].connection;
        if (!c)
            continue;
        pg_drop_connection(c);
        pg_args_free(c);
        free(c);
    }
    slots_free(&s->slots);
    store_done(&s->store);
    free(s->url);
    free(s->schema);
    free(s);
}

/* What is read of every table, what the server says of its indexes, and whether the order of people is still the one
 * that the indexes were made with. */
static bool pg_check(struct store *store, void (*say)(void *, str), void *arg, struct failure *f)
{
    static const char sql[] =
        "SELECT 'index ' || c.relname || ' is not valid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND NOT i.indisvalid "
        "UNION ALL SELECT 'collation ' || l.collname || ' was made by another version of ICU: reindex, then ALTER COLLATION ... REFRESH VERSION'"
        " FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE n.nspname = current_schema()"
        " AND l.collversion <> pg_collation_actual_version(l.oid)";
    static const char tables[] = "SELECT format('SELECT count(*) FROM (SELECT t.*::text FROM %I.%I t OFFSET 0) q', schemaname, tablename)"
                                 " FROM pg_tables WHERE schemaname = current_schema()";
    struct db *db;
    if (!pg_begin(store, TX_READ, "check", &db, f))
        return false;
    struct pg_conn *c = (struct pg_conn *)db;
    PGresult       *bad = pg_begin_now(c) ? pg_ask(c, sql, &db->failed) : NULL;
    PGresult       *list = bad ? pg_ask(c, tables, &db->failed) : NULL;
    for (int i = 0; list && i < PQntuples(bad); i++)
        say(arg, str_of(PQgetvalue(bad, i, 0)));
    for (int i = 0; list && i < PQntuples(list); i++)
        PQclear(pg_ask(c, PQgetvalue(list, i, 0), &db->failed));
    *f = db->failed;
    if (list && PQntuples(bad) > 0)
        failure_set(f, TROUBLE_DAMAGED, "see what was said");
    PQclear(bad);
    PQclear(list);
    pg_rollback(db);
    return f->what == TROUBLE_NONE;
}

/* The schema and the order of people in it.  Servers that start at once would trip over each other without the lock. */
static bool make_schema(struct pg_store *s, struct failure *f)
{
    struct db *db;
    char       sql[800];
    if (!pg_begin(&s->store, TX_WRITE, "schema", &db, f))
        return false;
    struct pg_conn *c = (struct pg_conn *)db;
    char           *name = PQescapeIdentifier(c->h, s->schema, strlen(s->schema));
    CHECK(name != NULL);
    snprintf(sql, sizeof sql,
             "BEGIN; SELECT pg_advisory_xact_lock(hashtext('qudao schema')); CREATE SCHEMA IF NOT EXISTS %s;"
             "CREATE COLLATION IF NOT EXISTS %s.q_people (provider = icu, locale = 'zh-u-co-pinyin', deterministic = true); COMMIT",
             name, name);
    PQfreemem(name);
    bool ok = pg_simple(c, sql, NULL, &db->failed);
    *f = db->failed;
    pg_rollback(db);
    return ok;
}

static const struct engine pg_engine = {
    .dialect = {
        .name = "postgresql",
        .primary_key = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        .text_order = "q_people",
        .byte_order = "\"C\"",
        .for_update = " FOR UPDATE",
        .has_numeric = true,
    },
    .close = pg_close, .begin = pg_begin, .commit = pg_commit, .rollback = pg_rollback, .cut = pg_cut,
    .save = pg_save, .release = pg_release, .undo = pg_undo, .run = pg_run,
    .open = pg_open, .step = pg_step, .close_cursor = pg_close_cursor,
    .script = pg_script, .check = pg_check,
};

bool postgres_open(const struct store_options *o, struct store **out, struct err *e)
{
    struct pg_store *s = calloc(1, sizeof *s);
    struct failure   why = { TROUBLE_NONE, "" };
    CHECK(s != NULL);
    store_init(&s->store, &pg_engine, o);
    s->url = strdup(o->postgres_url);
    s->schema = strdup(o->schema && o->schema[0] ? o->schema : "public");
    CHECK(s->url && s->schema);
    slots_init(&s->slots, o->readers > 0 ? o->readers : CONNECTIONS);
    s->store.readers = s->slots.n;
    if (strlen(s->schema) > 50 || strpbrk(s->schema, "\"\\"))
        failure_set(&why, TROUBLE_BUG, "schema names have at most 50 bytes and no quotes: %s", s->schema);
    else if (o->read_only || (make_schema(s, &why) && pg_listen_start(s, &why))) {
        *out = &s->store;
        return true;
    }
    pg_close(&s->store);
    return failure_say(&why, e);
}
