/* How often one may guess: the rule itself, against a map instead of a database, minute by minute. */
#include "auth/attempt.h"
#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct arena *mem;

/* A world of accounts and addresses, numbered. */
enum { MANY = 2000 };
static struct attempt_row pairs[MANY][3], addresses[MANY], accounts[3];
static int64_t            now;

static void world(void)
{
    memset(pairs, 0, sizeof pairs);
    memset(addresses, 0, sizeof addresses);
    memset(accounts, 0, sizeof accounts);
    now = 1000 * US_PER_DAY;
}

/* One try; the seconds it is told to wait, 0: the password was looked at. */
static int try(int address, int account, bool right)
{
    struct attempt a = { .was = { pairs[address][account], addresses[address], accounts[account] }, .instant = now };
    int            wait = attempt_calc(&a);
    if (wait)
        return wait;
    pairs[address][account] = a.now[ATTEMPT_PAIR];
    if (!a.familiar) {
        addresses[address] = a.now[ATTEMPT_ADDRESS];
        accounts[account] = a.now[ATTEMPT_ACCOUNT];
    }
    if (right) {
        pairs[address][account] = (struct attempt_row){ .at = now, .signed_in_at = now };
        if (!a.familiar) {
            addresses[address].failed--;
            addresses[address].until = a.was[ATTEMPT_ADDRESS].until;
            accounts[account].failed--;
        }
    }
    return 0;
}

static void later(int seconds) { now += seconds * US_PER_S; }

static void test_one_address(void **state)
{
    static const int waits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900 };
    (void)state;
    world();
    for (int i = 0; i < 5; i++)
        assert_int_equal(try(1, 0, false), 0);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        assert_int_equal(try(1, 0, false), 0);
        assert_int_equal(try(1, 0, false), waits[i]);
        assert_int_equal(try(1, 0, true), waits[i]);        /* the right one must wait too, or waiting would mean nothing */
        later(waits[i]);
    }
    /* 15 minutes later all is forgotten */
    later(901);
    for (int i = 0; i < 5; i++)
        assert_int_equal(try(1, 0, false), 0);
}

static int looked_at_in_a_day(int from, int to)
{
    int n = 0;
    for (int s = 0; s < 86400; s += 5, later(5))
        for (int a = from; a < to; a++)
            n += try(a, 0, false) == 0;
    return n;
}

static void test_guesses_a_day(void **state)
{
    (void)state;
    world();
    int one = looked_at_in_a_day(1, 2);
    world();
    int hundred = looked_at_in_a_day(1, 101);
    print_message("guesses looked at in a day: from one address %d, from a hundred %d\n", one, hundred);
    assert_in_range(one, 50, 150);
    assert_in_range(hundred, 5000, 15000);
}

static void test_strangers_cannot_lock_the_owner_out(void **state)
{
    (void)state;
    world();
    assert_int_equal(try(0, 0, true), 0);               /* at the desk, yesterday */
    later(86400);
    for (int minute = 0; minute < 60; minute++, later(60)) {
        for (int a = 1; a < 1000; a++)
            for (int i = 0; i < 6; i++)
                try(a, 0, false);
        assert_int_equal(try(0, 0, true), 0);               /* at the desk */
        assert_int_equal(try(1000 + minute, 0, true), 0);   /* on the road, from somewhere new */
    }
}

/* Somebody who shares the owner's address can make the owner wait for seconds, not longer. */
static void test_the_owner_waits_five_seconds_at_most(void **state)
{
    (void)state;
    world();
    assert_int_equal(try(0, 0, true), 0);
    for (int i = 0; i < 100; i++) {
        try(0, 0, false);
        later(1);
        assert_in_range(try(0, 0, false), 0, 5);
    }
    later(5);
    assert_int_equal(try(0, 0, true), 0);
}

static void test_one_address_many_accounts(void **state)
{
    int looked_at = 0;
    (void)state;
    world();
    assert_int_equal(try(7, 2, true), 0);                   /* a colleague in the same office */
    for (int s = 0; s < 600; s++, later(1)) {
        pairs[7][0] = (struct attempt_row){ 0 };            /* each time another account */
        looked_at += try(7, 0, false) == 0;
        if (s % 60 == 0)
            assert_int_equal(try(7, 2, true), 0);           /* does not feel it */
    }
    assert_in_range(looked_at, 20, 40);
}

/* An own account does not wash away what was failed with others. */
static void test_own_success_does_not_help(void **state)
{
    int looked_at = 0;
    (void)state;
    world();
    for (int s = 0; s < 600; s++, later(1)) {
        pairs[7][0] = (struct attempt_row){ 0 };
        looked_at += try(7, 0, false) == 0;
        try(7, 2, true);
    }
    assert_in_range(looked_at, 20, 40);
}

static void test_networks(void **state)
{
    static const char *const t[][2] = {
        { "127.0.0.1", "127.0.0.1" }, { "2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64" }, { "2001:DB8:0:1:bbbb:0:0:2", "2001:db8:0:1::/64" },
        { "::1", "::/64" }, { "::ffff:10.0.0.7", "10.0.0.7" }, { "", "" }, { "unix", "unix" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        assert_string_equal(attempt_network(mem, str_of(t[i][0])).p, t[i][1]);
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
        cmocka_unit_test(test_one_address), cmocka_unit_test(test_guesses_a_day), cmocka_unit_test(test_strangers_cannot_lock_the_owner_out),
        cmocka_unit_test(test_the_owner_waits_five_seconds_at_most), cmocka_unit_test(test_one_address_many_accounts),
        cmocka_unit_test(test_own_success_does_not_help), cmocka_unit_test(test_networks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
