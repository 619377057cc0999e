/* hash: digests that outsiders may see or try to guess (BLAKE2b-256, libsodium), their spelling, and a keyed hash for
 * tables that are filled from outside.  str_hash (str.h) is for tables whose keys are ours. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/arena.h"

struct hash256 { uint8_t b[32]; };

struct hash256 hash256(str);
bool     hash256_eq(const struct hash256 *, const struct hash256 *);   /* in constant time */
uint64_t hash_keyed(str);       /* SipHash-2-4 with a key drawn when the process starts: nobody outside can aim at one slot */

str  hash_hex(struct arena *, const void *bytes, size_t n);             /* lower case */
str  hash_base64url(struct arena *, const void *bytes, size_t n);       /* RFC 4648 section 5, without = */
bool hash_from_hex(str, void *out, size_t n);                           /* exactly n bytes, lower or upper case */
bool hash_from_base64url(str, void *out, size_t n);                     /* exactly n bytes, canonical spelling only */
#endif
