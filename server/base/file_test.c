/* file_test: all bytes arrive through a pipe that takes few at once while signals interrupt; a closed pipe is said. */
#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ALL = 1 << 20 };

static int         ends[2];
static char        sent[ALL], got[ALL];
static size_t      taken;
static pthread_t   writer;
static atomic_int  interrupted;

static void on_signal(int n)
{
    (void)n;
    atomic_fetch_add(&interrupted, 1);
}

static void *take(void *arg)
{
    (void)arg;
    for (;;) {
        pthread_kill(writer, SIGUSR1);
        ssize_t n = read(ends[0], got + taken, ALL - taken < 5000 ? ALL - taken : 5000);
        if (n <= 0)
            return NULL;
        taken += (size_t)n;
        if (taken == ALL)
            return NULL;
    }
}

static void test_all_arrives(void **state)
{
    struct sigaction a = { .sa_handler = on_signal };       /* without SA_RESTART */
    pthread_t        reader;
    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &a, NULL), 0);
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < ALL; i++)
        sent[i] = (char)(i * 31 >> 3);
    writer = pthread_self();
    assert_int_equal(pthread_create(&reader, NULL, take, NULL), 0);
    assert_true(file_write(ends[1], (str){ sent, ALL }));
    pthread_join(reader, NULL);
    assert_int_equal(taken, ALL);
    assert_memory_equal(sent, got, ALL);
    assert_true(atomic_load(&interrupted) > 0);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_failure_is_said(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_true(file_write(ends[1], S("")));
    assert_false(file_write(ends[1], S("x")));
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_arrives), cmocka_unit_test(test_a_failure_is_said) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
