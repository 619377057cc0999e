/* hash: see hash.h. */
#include "base/hash.h"
#include "base/check.h"
#include "base/rand.h"

#include <pthread.h>
#include <sodium.h>

struct hash256 hash256(str s)
{
    struct hash256 h;
    CHECK(crypto_generichash(h.b, sizeof h.b, (const unsigned char *)s.p, s.n, NULL, 0) == 0);
    return h;
}

bool hash256_eq(const struct hash256 *a, const struct hash256 *b) { return sodium_memcmp(a->b, b->b, sizeof a->b) == 0; }

static unsigned char  table_key[crypto_shorthash_KEYBYTES];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void draw_table_key(void) { rand_bytes(table_key, sizeof table_key); }

uint64_t hash_keyed(str s)
{
    uint64_t h;
    _Static_assert(sizeof h == crypto_shorthash_BYTES, "SipHash gives eight bytes");
    pthread_once(&table_once, draw_table_key);
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)s.p, s.n, table_key);
    return h;
}

str hash_hex(struct arena *mem, const void *bytes, size_t n)
{
    char *p = arena_alloc_n(mem, 2, n + 1);
    sodium_bin2hex(p, 2 * n + 1, bytes, n);
    return (str){ p, 2 * n };
}

str hash_base64url(struct arena *mem, const void *bytes, size_t n)
{
    size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char  *p = arena_alloc(mem, room);
    sodium_bin2base64(p, room, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (str){ p, room - 1 };
}

bool hash_from_hex(str s, void *out, size_t n)
{
    size_t got;
    return s.n == 2 * n && sodium_hex2bin(out, n, s.p, s.n, NULL, &got, NULL) == 0 && got == n;
}

bool hash_from_base64url(str s, void *out, size_t n)
{
    size_t got;
    return s.n && sodium_base642bin(out, n, s.p, s.n, NULL, &got, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 && got == n;
}
