/* Log lines, read back from the other end of stderr. */
#include "base/arena.h"
#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena *mem;
static char          text[1 << 16];

/* Everything that `work` writes to stderr (at most what a pipe holds). */
static const char *lines_of(void (*work)(void))
{
    int pair[2], old = dup(STDERR_FILENO);
    assert_int_equal(pipe(pair), 0);
    dup2(pair[1], STDERR_FILENO);
    work();
    dup2(old, STDERR_FILENO);
    close(pair[1]);
    close(old);
    size_t  n = 0;
    ssize_t k;
    while ((k = read(pair[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)k;
    close(pair[0]);
    text[n] = 0;
    return text;
}

static int count(const char *where, const char *what)
{
    int n = 0;
    for (const char *p = where; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void plain(void)
{
    log_event(LOG_DEBUG, "hidden", "x=1");
    log_event(LOG_INFO, "listening", "address=%s workers=%d", "127.0.0.1:8090", 16);
    log_event(LOG_INFO, "bare", "%s", "");
    log_event(LOG_INFO, "odd", "x=%s", "a\nb\tc\x7f" "d");
}

static void test_lines(void **state)
{
    (void)state;
    const char *out = lines_of(plain);
    int         year, n = 0;
    assert_int_equal(sscanf(out, "time=%d-%*d-%*dT%*d:%*d:%*d.%*3dZ level=info event=listening address=127.0.0.1:8090 workers=16\n%n", &year, &n), 1);
    assert_true(n > 0 && year >= 2024);
    assert_null(strstr(out, "hidden"));
    assert_int_equal(count(out, "\n"), 3);
    assert_non_null(strstr(out, "x=a b c d\n"));
}

static void many(void)
{
    for (int i = 0; i < 50; i++) {
        log_event(LOG_ERROR, "disk_full", "n=%d", i);
        log_event(LOG_INFO, "request", "n=%d", i);
    }
    log_event(LOG_WARN, "other", "n=0");
    usleep(1050 * 1000);
    log_event(LOG_ERROR, "disk_full", "n=last");
    log_event(LOG_ERROR, "disk_full", "n=no");
}

static void test_rate_limit(void **state)
{
    (void)state;
    const char *out = lines_of(many);
    assert_int_equal(count(out, "event=disk_full"), 2);
    assert_int_equal(count(out, "event=request"), 50);
    assert_int_equal(count(out, "event=other"), 1);
    assert_non_null(strstr(out, "event=disk_full n=last suppressed=49\n"));
}

static void *shout(void *arg)
{
    for (int i = 0; i < 40; i++) {
        log_event(LOG_INFO, "threaded", "who=%d text=%0100d end", (int)(intptr_t)arg, i);
        log_event(LOG_ERROR, "threaded_error", "n=%d", i);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, shout, (void *)(intptr_t)i);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}

static void test_threads(void **state)
{
    (void)state;
    const char *out = lines_of(threads);
    assert_int_equal(count(out, " end\n"), 160);
    assert_int_equal(count(out, "event=threaded_error"), 1);
    assert_int_equal(count(out, "time="), 161);
    assert_int_equal(count(out, "\ntime="), 160);
}

static void long_line(void)
{
    static char x[20000];
    for (size_t i = 0; i + 3 < sizeof x; i += 3)
        memcpy(x + i, "渠", 3);
    log_event(LOG_INFO, "long", "x=%s", x);
    log_event(LOG_INFO, "long", "yx=%s", x);
    log_event(LOG_INFO, "long", "zzx=%s", x);
}

static void test_long_line(void **state)
{
    (void)state;
    const char *out = lines_of(long_line);
    assert_int_equal(count(out, "\n"), 3);
    assert_true(strlen(out) < 3 * 4200 && strlen(out) > 3 * 4000);
    assert_int_equal(count(out, "渠\n"), 3);
}

static void levels(void)
{
    log_set_level(LOG_DEBUG);
    log_event(LOG_DEBUG, "fine", "x=1");
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "quiet", "x=1");
    log_set_level(LOG_INFO);
}

static void test_levels(void **state)
{
    enum log_level l;
    (void)state;
    const char *out = lines_of(levels);
    assert_non_null(strstr(out, "level=debug event=fine"));
    assert_null(strstr(out, "quiet"));
    assert_true(log_level_find(S("warn"), &l) && l == LOG_WARN);
    assert_false(log_level_find(S("loud"), &l));
}

static void test_quote(void **state)
{
    (void)state;
    assert_string_equal(log_q(mem, S("a b")), "\"a b\"");
    assert_string_equal(log_q(mem, S("x\"y\\z\n\r\x1b[31m\x7f")), "\"x\\\"y\\\\z\\n\\x0d\\x1b[31m\\x7f\"");
    assert_string_equal(log_q(mem, S("渠\xc2\x9b" "道")), "\"渠\\x9b道\"");
    assert_string_equal(log_q(mem, STR_NONE), "\"\"");
    str much = str_printf(mem, "%02000d", 0);
    assert_int_equal(strlen(log_q(mem, much)), 1024 + 5);
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
        cmocka_unit_test(test_lines), cmocka_unit_test(test_rate_limit), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_long_line), cmocka_unit_test(test_levels), cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
