/* turn: see turn.h. */
#include "record/turn.h"

enum { NEXT_TRIES = 3 };

static bool asked(const struct db *db) { return db_mode(db) == TX_WRITE && db_dialect(db)->for_update[0]; }

enum turn turn_of_try(int tries) { return tries == 0 ? TURN_BESIDE : tries <= NEXT_TRIES ? TURN_NEXT : TURN_ALONE; }

bool turn_take(struct db *db, enum turn turn, struct err *e)
{
    static const char *const locks[] = { "LOCK TABLE q_turn IN ROW SHARE MODE", "LOCK TABLE q_turn IN SHARE UPDATE EXCLUSIVE MODE",
                                         "LOCK TABLE q_turn IN EXCLUSIVE MODE" };
    return !asked(db) || db_exec(db, str_of(locks[turn]), NULL, 0, NULL, e);
}

str turn_versions(struct db *db, enum turn turn)
{
    return asked(db) && turn == TURN_BESIDE ? S("SELECT name, value FROM q_version WHERE NOT EXISTS (SELECT 1 FROM q_turn FOR SHARE)")
                                            : S("SELECT name, value FROM q_version");
}
