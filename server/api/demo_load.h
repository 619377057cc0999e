/* demo_load: puts the records of the demo generator through the write path, as the program itself. */
#ifndef API_DEMO_LOAD_H
#define API_DEMO_LOAD_H
#include "db/db.h"

/* Into a workspace that has just been made. The first administrator is the demo's own first user. */
bool demo_load(struct store *, struct err *);
/* E-mail and password to sign in with, for the greeting. */
extern const char demo_email[], demo_password[];
#endif
