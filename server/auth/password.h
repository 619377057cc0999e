/* password: what a good one is, and how it is kept: Argon2id with 19 MiB and 2 passes (libsodium), about 20 ms.  Pure;
 * nothing here waits or limits: see auth_hash and auth_sign_in for that.  Passwords are compared in Unicode's form NFC, so it does not
 * matter which keyboard typed an accent. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H
#include "base/err.h"

enum { PASSWORD_MIN = 10, PASSWORD_MAX_BYTES = 1024, PASSWORD_HASH_SIZE = 128 };

/* The rules for a new password.  False: a problem of `field` (as the form calls it), or several. */
bool password_check(str password, str email, str field, struct err *);
/* hash: NUL-terminated text.  mem is for the NFC form and is wiped. */
void password_hash(struct arena *mem, str password, char hash[PASSWORD_HASH_SIZE]);
/* hash NULL: nobody to compare with; takes the same time and says false. */
bool password_matches(struct arena *mem, const char *hash, str password);
bool password_outdated(const char *hash);       /* made with other parameters than today's: hash again when it has matched */
#endif
