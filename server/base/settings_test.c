/* Settings from the environment and the command line. */
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena    *mem;
static struct err       e;
static struct settings *s;
static int              nrest;
static char           **rest;

static const struct setting own[] = {
    { "email", SET_TEXT, NULL, 0, 0, "who" },
    { "days", SET_INT, "30", 1, 3650, "how long" },
    { "dry-run", SET_BOOL, "false", 0, 0, "changes nothing" },
    { "wait", SET_SECONDS, "90s", 0, 86400, "how long to wait" },
    { 0 },
};

/* words: separated by |, so that arguments may hold spaces. */
static bool read_words(const char *words)
{
    static char copy[1000];
    char       *argv[40] = { (char *)"qudao" };
    int         argc = 1;
    strcpy(copy, words);
    for (char *p = strtok(copy, "|"); p; p = strtok(NULL, "|"))
        argv[argc++] = p;
    err_init(&e, mem, LANG_EN);
    return settings_read(mem, argc, argv, own, &s, &nrest, &rest, &e);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(read_words(""));
    assert_string_equal(setting_text(s, "listen").p, "127.0.0.1:8090");
    assert_int_equal(setting_int(s, "max-body"), 8 << 20);
    assert_int_equal(setting_int(s, "session-days"), 30);
    assert_null(setting_text(s, "database").p);
    assert_false(setting_bool(s, "demo"));
    assert_false(setting_given(s, "listen"));
    assert_int_equal(setting_int(s, "wait"), 90);
    assert_int_equal(nrest, 0);
}

static void test_forms(void **state)
{
    (void)state;
    assert_true(read_words("import|--data|/tmp/a b|--listen=[::1]:0|file.csv|--demo|--max-body|64k|--email=x=y|-|--|--data|--days"));
    assert_string_equal(setting_text(s, "data").p, "/tmp/a b");
    assert_string_equal(setting_text(s, "listen").p, "[::1]:0");
    assert_string_equal(setting_text(s, "email").p, "x=y");
    assert_int_equal(setting_int(s, "max-body"), 65536);
    assert_true(setting_bool(s, "demo"));
    assert_true(setting_given(s, "demo"));
    assert_int_equal(nrest, 5);
    assert_string_equal(rest[0], "import");
    assert_string_equal(rest[1], "file.csv");
    assert_string_equal(rest[2], "-");
    assert_string_equal(rest[4], "--days");
    assert_null(rest[5]);
    assert_true(read_words("--demo|--no-demo|--dry-run=yes|--wait=2h|--max-body=1G|--trusted-proxies="));
    assert_false(setting_bool(s, "demo"));
    assert_true(setting_bool(s, "dry-run"));
    assert_int_equal(setting_int(s, "wait"), 7200);
    assert_int_equal(setting_int(s, "max-body"), 1 << 30);
    assert_int_equal(setting_text(s, "trusted-proxies").n, 0);
}

static void test_environment(void **state)
{
    (void)state;
    setenv("QUDAO_SESSION_DAYS", "7", 1);
    setenv("QUDAO_DEMO", "1", 1);
    setenv("QUDAO_EMAIL", "not from here", 1);
    setenv("QUDAO_DATA", "", 1);
    assert_true(read_words("--session-days=9"));
    assert_int_equal(setting_int(s, "session-days"), 9);
    assert_true(setting_bool(s, "demo"));
    assert_null(setting_text(s, "email").p);
    assert_false(setting_given(s, "data"));
    setenv("QUDAO_SESSION_DAYS", "many", 1);
    assert_false(read_words(""));
    assert_string_equal(e.message.p, "--session-days needs a number, not “many”");
    unsetenv("QUDAO_SESSION_DAYS");
    unsetenv("QUDAO_DEMO");
    unsetenv("QUDAO_EMAIL");
    unsetenv("QUDAO_DATA");
}

static void test_refused(void **state)
{
    static const struct { const char *words, *message; } t[] = {
        { "--lisen=x", "There is no option --lisen. Did you mean --listen?" },
        { "--work|4", "There is no option --work. Did you mean --workers?" },
        { "--emial|x", "There is no option --emial. Did you mean --email?" },
        { "--dryrun", "There is no option --dryrun. Did you mean --dry-run?" },
        { "--xyzzy-quux", "There is no option --xyzzy-quux. --help lists them" },
        { "--no-listen", "There is no option --no-listen. Did you mean --listen?" },
        { "--data", "--data needs a value after it" },
        { "--workers=0", "--workers must be between 1 and 512" },
        { "--workers=4k", "--workers needs a number, not “4k”" },
        { "--max-body=12q", "--max-body needs a number, not “12q”" },
        { "--max-body=k", "--max-body needs a number, not “k”" },
        { "--max-body=9999999999999G", "--max-body needs a number, not “9999999999999G”" },
        { "--demo=perhaps", "--demo is a switch: true or false, not “perhaps”" },
        { "--=x", "There is no option --. --help lists them" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_false(read_words(t[i].words));
        assert_string_equal(e.message.p, t[i].message);
        assert_int_equal(e.kind, ERR_INVALID);
    }
}

static char help[10000];

static void take(const char *line) { strcat(strcat(help, line), "\n"); }

static void test_help(void **state)
{
    (void)state;
    settings_help(settings_table, take);
    for (const struct setting *r = settings_table; r->name; r++)
        assert_non_null(strstr(help, str_printf(mem, "  --%s ", r->name).p));
    assert_non_null(strstr(help, "--listen TEXT"));
    assert_non_null(strstr(help, "(127.0.0.1:8090)"));
    assert_null(strstr(help, "(false)"));
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
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_forms), cmocka_unit_test(test_environment),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
