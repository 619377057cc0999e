/* What format writes is what vsnprintf writes. */
#include "base/format.h"

#include <limits.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static size_t ours(char *out, size_t cap, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = format(out, cap, fmt, ap);
    va_end(ap);
    return n;
}

#define SAME(...) \
    for (size_t cap = 0; cap < 90; cap++) { \
        char a[100], b[100]; \
        memset(a, 'x', sizeof a); \
        memset(b, 'x', sizeof b); \
        int n = snprintf(b, cap, __VA_ARGS__); \
        assert_int_equal(ours(a, cap, __VA_ARGS__), n); \
        assert_memory_equal(a, b, sizeof a); \
    }

static void test_as_vsnprintf(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%s", "");
    SAME("%s and %s", "one", "渠道");
    SAME("%.*s|%.*s|%.*s", 3, "abcdef", 0, "abc", 9, "ends");
    SAME("%d %d %d", 0, INT_MIN, INT_MAX);
    SAME("%lld %lld %lld", 0LL, LLONG_MIN, LLONG_MAX);
    SAME("%zu %zu", (size_t)0, SIZE_MAX);
    SAME("%c%c%%", 'a', 'z');
}

static void test_others_go_to_vsnprintf(void **state)
{
    (void)state;
    SAME("%s %04d %d", "a", 7, 8);
    SAME("%d %.2f", 1, 2.5);
    SAME("%.*s%02x%lu", 2, "abc", 255, 3UL);
    SAME("%-5s|%5s|%.2s", "a", "b", "cde");
    SAME("%*d %ld %u", 6, 42, -3L, 4U);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_vsnprintf), cmocka_unit_test(test_others_go_to_vsnprintf) };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
