/* attempt: see attempt.h. */
#include "auth/attempt.h"
#include "base/date.h"
#include "base/hash.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    PAIR_FREE = 5, STRANGER_FREE = 1, ADDRESS_FREE = 20, ACCOUNT_FREE = 20,
    PAIR_LONGEST_S = 900, FAMILIAR_LONGEST_S = 5, ADDRESS_LONGEST_S = 60, FORGET_S = 900, FAMILIAR_DAYS = 90,
};

static int64_t wait_us(int64_t over, int longest_s)
{
    int64_t s = over <= 0 ? 0 : over > 20 ? longest_s : INT64_C(1) << (over - 1);
    return (s < longest_s ? s : longest_s) * US_PER_S;
}

int attempt_calc(struct attempt *a)
{
    struct attempt_row *pair = &a->now[ATTEMPT_PAIR], *address = &a->now[ATTEMPT_ADDRESS], *account = &a->now[ATTEMPT_ACCOUNT];
    for (int i = 0; i < ATTEMPT_ROWS; i++) {
        a->now[i] = a->was[i];
        if (a->instant - a->was[i].at > FORGET_S * US_PER_S)
            a->now[i].failed = a->now[i].until = 0;
    }
    a->familiar = pair->signed_in_at && a->instant - pair->signed_in_at < FAMILIAR_DAYS * US_PER_DAY;
    int64_t until = a->familiar || pair->until > address->until ? pair->until : address->until;
    if (until > a->instant)
        return (int)((until - a->instant + US_PER_S - 1) / US_PER_S);
    int free = !a->familiar && account->failed >= ACCOUNT_FREE ? STRANGER_FREE : PAIR_FREE;
    pair->failed++;
    pair->until = a->instant + wait_us(pair->failed - free, a->familiar ? FAMILIAR_LONGEST_S : PAIR_LONGEST_S);
    pair->at = a->instant;
    if (!a->familiar) {
        account->failed++;
        account->at = a->instant;
        address->failed++;
        address->at = a->instant;
        address->until = a->instant + wait_us(address->failed - ADDRESS_FREE, ADDRESS_LONGEST_S);
    }
    return 0;
}

str attempt_network(struct arena *mem, str address)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    unsigned char              bytes[16];
    char                       text[INET6_ADDRSTRLEN];
    if (address.n >= sizeof text || inet_pton(AF_INET6, str_z(mem, address), bytes) != 1)
        return str_dup(mem, address);
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        inet_ntop(AF_INET, bytes + 12, text, sizeof text);
        return str_dup(mem, str_of(text));
    }
    memset(bytes + 8, 0, 8);
    inet_ntop(AF_INET6, bytes, text, sizeof text);
    return str_printf(mem, "%s/64", text);
}

static str digest(struct arena *mem, str s)
{
    struct hash256 h = hash256(s);
    return hash_hex(mem, h.b, 16);
}

static bool load(struct db *db, struct arena *mem, str email, str address, int64_t now, struct attempt *a, struct err *e)
{
    str account = digest(mem, text_valid(email) ? text_fold(mem, email) : email), network = attempt_network(mem, address);
    *a = (struct attempt){ .instant = now };
    a->was[ATTEMPT_PAIR].key = str_printf(mem, "p:" STR_FMT "@" STR_FMT, STR_ARG(account), STR_ARG(network));
    a->was[ATTEMPT_ADDRESS].key = str_printf(mem, "a:" STR_FMT, STR_ARG(network));
    a->was[ATTEMPT_ACCOUNT].key = str_printf(mem, "e:" STR_FMT, STR_ARG(account));
    struct value args[ATTEMPT_ROWS];
    struct rows  r;
    for (int i = 0; i < ATTEMPT_ROWS; i++)
        args[i] = v_text(a->was[i].key);
    if (!db_run(db, S("SELECT key, failed, at, until, signed_in_at FROM q_attempt WHERE key IN ($1, $2, $3)"), args, ATTEMPT_ROWS, mem, &r, e))
        return false;
    for (size_t k = 0; k < r.nrows; k++)
        for (int i = 0; i < ATTEMPT_ROWS; i++)
            if (str_eq(a->was[i].key, CELL(&r, k, 0)->u.s))
                a->was[i] = (struct attempt_row){ a->was[i].key, CELL(&r, k, 1)->u.i, CELL(&r, k, 2)->u.i, CELL(&r, k, 3)->u.i, CELL(&r, k, 4)->u.i };
    return true;
}

bool attempt_wait(struct db *db, struct arena *mem, str email, str address, int64_t now, int *wait_s, struct err *e)
{
    struct attempt a;
    if (!load(db, mem, email, address, now, &a, e))
        return false;
    *wait_s = attempt_calc(&a);
    return true;
}

bool attempt_begin(struct db *db, struct arena *mem, str email, str address, int64_t now, struct attempt *a, int *wait_s, struct err *e)
{
    if (!load(db, mem, email, address, now, a, e))
        return false;
    *wait_s = attempt_calc(a);
    for (int i = 0; i < ATTEMPT_ROWS && !*wait_s; i++) {
        const struct attempt_row *row = &a->now[i];
        const struct value        args[] = { v_text(row->key), v_int(row->failed), v_int(row->at), v_int(row->until) };
        if (a->familiar && i != ATTEMPT_PAIR)
            continue;
        if (!db_exec(db, S("INSERT INTO q_attempt(key, failed, at, until, signed_in_at) VALUES($1, $2, $3, $4, 0)"
                           " ON CONFLICT(key) DO UPDATE SET failed = excluded.failed, at = excluded.at, until = excluded.until"),
                     args, 4, NULL, e))
            return false;
    }
    return true;
}

/* The pair starts afresh.  From the others only this one try is taken back: else somebody with an account of his own could
 * wipe out what he failed at with others. */
bool attempt_succeeded(struct db *db, const struct attempt *a, struct err *e)
{
    const struct value pair[] = { v_text(a->now[ATTEMPT_PAIR].key), v_int(a->instant) };
    if (!db_exec(db, S("UPDATE q_attempt SET failed = 0, until = 0, signed_in_at = $2 WHERE key = $1"), pair, 2, NULL, e))
        return false;
    for (int i = ATTEMPT_ADDRESS; i < ATTEMPT_ROWS && !a->familiar; i++) {
        const struct value args[] = { v_text(a->now[i].key), v_int(a->now[i].until), v_int(a->was[i].until) };
        if (!db_exec(db, S("UPDATE q_attempt SET failed = CASE WHEN failed > 0 THEN failed - 1 ELSE 0 END,"
                           " until = CASE WHEN until = $2 THEN $3 ELSE until END WHERE key = $1"), args, 3, NULL, e))
            return false;
    }
    return true;
}

bool attempt_sweep(struct db *db, int64_t now, struct err *e)
{
    const struct value args[] = { v_int(now - US_PER_DAY), v_int(now - FAMILIAR_DAYS * US_PER_DAY) };
    return db_exec(db, S("DELETE FROM q_attempt WHERE at < $1 AND signed_in_at < $2"), args, 2, NULL, e);
}
