/* What was made once is found again, by many threads and many keys, and nothing is made beyond the limit. */
#include "meta/memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <cmocka.h>

enum { KEYS = 5000 };
static char         keys[KEYS];
static _Atomic int  made;

static void *number(struct arena *mem, void *arg)
{
    int *p = NEW(mem, int);
    *p = *(int *)arg;
    made++;
    return p;
}

static void *ask_all(void *arg)
{
    struct memo *m = arg;
    for (int i = 0; i < KEYS; i++) {
        int        *wrong = NULL;
        const int  *had = memo_find(m, &keys[i], wrong), *kept = memo_keep(m, &keys[i], NULL, number, &i);
        if (*kept != i || (had && had != kept) || memo_find(m, &keys[i], NULL) != kept)
            return keys;
    }
    return NULL;
}

static void test_each_is_made_once(void **state)
{
    (void)state;
    struct memo *m = memo_new();
    pthread_t    t[4];
    made = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, ask_all, m);
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(t[i], &bad);
        assert_null(bad);
    }
    assert_int_equal(made, KEYS);
    int seven = 7;
    assert_null(memo_find(m, keys, keys));          /* another word, another thing */
    assert_int_equal(*(const int *)memo_keep(m, keys, keys, number, &seven), 7);
    assert_int_equal(*(const int *)memo_find(m, keys, NULL), 0);
    memo_free(m);
}

static void *large(struct arena *mem, void *arg)
{
    (void)arg;
    return arena_alloc(mem, 1 << 20);
}

static void test_a_full_one_makes_no_more(void **state)
{
    (void)state;
    struct memo *m = memo_new();
    int          n = 0;
    while (n < 100 && memo_keep(m, &keys[n], NULL, large, NULL))
        n++;
    assert_in_range(n, 10, 20);
    assert_non_null(memo_find(m, &keys[0], NULL));
    assert_non_null(memo_keep(m, &keys[0], NULL, large, NULL));
    memo_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_is_made_once), cmocka_unit_test(test_a_full_one_makes_no_more) };
    return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}
