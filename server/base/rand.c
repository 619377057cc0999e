/* rand: see rand.h. */
#include "base/rand.h"
#include "base/check.h"
#include "base/hash.h"

#include <sodium.h>

void rand_bytes(void *p, size_t n)
{
    CHECK(sodium_init() >= 0);      /* does nothing from the second time on, and may be called by any thread */
    randombytes_buf(p, n);
}

str rand_token(struct arena *mem, size_t bytes)
{
    unsigned char raw[64];
    CHECK(bytes >= 16 && bytes <= sizeof raw);
    rand_bytes(raw, bytes);
    str text = hash_base64url(mem, raw, bytes);
    sodium_memzero(raw, sizeof raw);
    return text;
}
