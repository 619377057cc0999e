/* rand: unguessable bytes from the system (libsodium).  For secrets and names that nobody may foresee; whoever needs
 * repeatable numbers (tests, demo data) brings a generator with a seed. */
#ifndef BASE_RAND_H
#define BASE_RAND_H
#include "base/arena.h"

void rand_bytes(void *, size_t);
str  rand_token(struct arena *, size_t bytes);      /* that many random bytes as base64url: 32 give 43 characters */
#endif
