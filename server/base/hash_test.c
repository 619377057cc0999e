/* Digests, their spelling, and random tokens. */
#include "base/hash.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena *mem;

/* BLAKE2b with 32 bytes of output, from the reference implementation. */
static void test_hash256(void **state)
{
    struct hash256 a = hash256(S("")), b = hash256(S("abc"));
    (void)state;
    assert_string_equal(hash_hex(mem, a.b, 32).p, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    assert_string_equal(hash_hex(mem, b.b, 32).p, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert_true(hash256_eq(&a, &a));
    assert_false(hash256_eq(&a, &b));
}

static void test_spelling(void **state)
{
    uint8_t bytes[5] = { 0xfb, 0xff, 0xfe, 0x00, 0x41 }, back[5];
    (void)state;
    assert_string_equal(hash_hex(mem, bytes, 5).p, "fbfffe0041");
    assert_string_equal(hash_base64url(mem, bytes, 5).p, "-__-AEE");
    assert_true(hash_from_hex(S("FBfffe0041"), back, 5) && memcmp(bytes, back, 5) == 0);
    memset(back, 0, 5);
    assert_true(hash_from_base64url(S("-__-AEE"), back, 5) && memcmp(bytes, back, 5) == 0);
    assert_false(hash_from_hex(S("fbfffe004"), back, 5));
    assert_false(hash_from_hex(S("fbfffe00411"), back, 5));
    assert_false(hash_from_hex(S("fbfffe00g1"), back, 5));
    assert_false(hash_from_hex(S("fbfffe004100"), back, 5));
    assert_false(hash_from_base64url(S("-__-AEE="), back, 5));
    assert_false(hash_from_base64url(S("+//+AEE"), back, 5));
    assert_false(hash_from_base64url(S("-__-AEF"), back, 5));       /* bits left over are not zero */
    assert_false(hash_from_base64url(S("-__-"), back, 5));
    assert_false(hash_from_base64url(STR_NONE, back, 5));
}

static void test_rand(void **state)
{
    str     a = rand_token(mem, 32), b = rand_token(mem, 32);
    uint8_t raw[32];
    (void)state;
    assert_int_equal(a.n, 43);
    assert_false(str_eq(a, b));
    assert_true(hash_from_base64url(a, raw, 32));
    for (size_t i = 0; i < a.n; i++)
        assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", a.p[i]));
    /* each bit of many bytes is set about half of the time */
    int     ones[8] = { 0 };
    uint8_t many[4096];
    rand_bytes(many, sizeof many);
    for (size_t i = 0; i < sizeof many; i++)
        for (int k = 0; k < 8; k++)
            ones[k] += many[i] >> k & 1;
    for (int k = 0; k < 8; k++)
        assert_in_range(ones[k], 1748, 2348);       /* 2048 give or take 9 standard deviations */
}

static void test_keyed(void **state)
{
    (void)state;
    assert_true(hash_keyed(S("abc")) == hash_keyed(S("abc")));
    assert_true(hash_keyed(S("abc")) != hash_keyed(S("abd")));
    assert_true(hash_keyed(STR_NONE) == hash_keyed(S("")));
}

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash256), cmocka_unit_test(test_spelling), cmocka_unit_test(test_rand), cmocka_unit_test(test_keyed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
