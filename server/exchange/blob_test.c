/* blob_test: bytes of attached files in their folder. */
#include "exchange/blob.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *mem;
static char          dir[64];
static struct err    e;

static int setup(void **state)
{
    (void)state;
    mem = arena_new(0);
    err_init(&e, mem, LANG_EN);
    strcpy(dir, "/tmp/qudao-blob-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static void remove_all(const char *path)
{
    DIR           *d = opendir(path);
    struct dirent *x;
    while (d && (x = readdir(d)) != NULL)
        if (strcmp(x->d_name, ".") && strcmp(x->d_name, "..")) {
            const char *in = str_printf(mem, "%s/%s", path, x->d_name).p;
            if (unlink(in))
                remove_all(in);
        }
    if (d)
        closedir(d);
    rmdir(path);
}

static int teardown(void **state)
{
    (void)state;
    remove_all(dir);
    arena_free(mem);
    return 0;
}

static str content(str hash)
{
    int  fd = blob_open(mem, str_of(dir), hash);
    char p[64];
    if (fd < 0)
        return STR_NONE;
    ssize_t n = read(fd, p, sizeof p);
    close(fd);
    return str_dup(mem, (str){ p, n > 0 ? (size_t)n : 0 });
}

static int count(const char *path)
{
    DIR           *d = opendir(path);
    struct dirent *x;
    int            n = 0;
    while (d && (x = readdir(d)) != NULL)
        n += x->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void test_bytes_are_kept_once_by_their_hash(void **state)
{
    (void)state;
    str a, b, c;
    assert_true(blob_put(mem, str_of(dir), S("some bytes"), &a, &e));
    assert_true(blob_put(mem, str_of(dir), S("some bytes"), &b, &e));
    assert_true(blob_put(mem, str_of(dir), S(""), &c, &e));
    assert_true(str_eq(a, b) && !str_eq(a, c));
    assert_int_equal(a.n, 64);
    assert_true(str_eqz(content(a), "some bytes"));
    assert_int_equal(content(c).n, 0);
    assert_int_equal(count(str_printf(mem, "%s/files", dir).p), 2);        /* two folders, nothing half written */
}

static void test_a_file_that_was_spoilt_is_written_again(void **state)
{
    (void)state;
    str a;
    assert_true(blob_put(mem, str_of(dir), S("some bytes"), &a, &e));
    const char *path = str_printf(mem, "%s/files/%.2s/%.62s", dir, a.p, a.p + 2).p;
    assert_int_equal(truncate(path, 3), 0);
    assert_true(blob_put(mem, str_of(dir), S("some bytes"), &a, &e));
    assert_true(str_eqz(content(a), "some bytes"));
}

static void test_only_hashes_are_opened(void **state)
{
    (void)state;
    static const char *const names[] = { "", "..", "../../../../../../etc/passwd", "ABCDEF", "/etc/passwd" };
    char upper[65];
    str  a;
    assert_true(blob_put(mem, str_of(dir), S("x"), &a, &e));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(blob_open(mem, str_of(dir), str_of(names[i])), -1);
    memset(upper, '.', 64);
    assert_int_equal(blob_open(mem, str_of(dir), (str){ upper, 64 }), -1);
    assert_int_equal(blob_open(mem, STR_NONE, a), -1);
    /* a link in the place of a file leads nowhere */
    const char *path = str_printf(mem, "%s/files/%.2s/%.62s", dir, a.p, a.p + 2).p;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(blob_open(mem, str_of(dir), a), -1);
}

static void test_what_cannot_be_stored_says_so(void **state)
{
    (void)state;
    str a;
    assert_false(blob_put(mem, STR_NONE, S("x"), &a, &e));
    assert_int_equal(e.kind, ERR_INVALID);
    err_clear(&e);
    assert_false(blob_put(mem, str_printf(mem, "%s/absent", dir), S("x"), &a, &e));
    assert_int_equal(e.kind, ERR_FULL);
}

static void test_kinds_come_from_bytes(void **state)
{
    (void)state;
    static const struct { str bytes; const char *name, *type; bool shown; } cases[] = {
        { S_INIT("\x89PNG\r\n\x1a\n...."), "a.txt", "image/png", true }, { S_INIT("\xff\xd8\xff\xe0"), "a", "image/jpeg", true },
        { S_INIT("RIFF....WEBPVP8 "), "a", "image/webp", true }, { S_INIT("%PDF-1.7"), "a.html", "application/pdf", true },
        { S_INIT("<svg onload=alert(1)>"), "a.svg", "application/octet-stream", false }, { S_INIT("<html>"), "a.png", "application/octet-stream", false },
        { S_INIT("x"), "a.CSV", "text/csv", false }, { S_INIT("x"), ".csv", "application/octet-stream", false }, { S_INIT(""), "", "application/octet-stream", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool shown;
        str  type = blob_type(cases[i].bytes, str_of(cases[i].name), &shown);
        assert_true(str_eqz(type, cases[i].type));
        assert_int_equal(shown, cases[i].shown);
        assert_int_equal(blob_may_show(type), shown);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_bytes_are_kept_once_by_their_hash), TEST(test_a_file_that_was_spoilt_is_written_again), TEST(test_only_hashes_are_opened),
        TEST(test_what_cannot_be_stored_says_so), TEST(test_kinds_come_from_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
