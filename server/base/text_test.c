/* Unicode text: tables of small cases, and the real files of the suites. */
#include "base/suite.h"
#include "base/text.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static struct arena *mem;

static void is(str got, const char *want)
{
    if (!str_eqz(got, want))
        fail_msg("got %.*s, wanted %s", STR_ARG(got), want);
}

static void test_valid(void **state)
{
    static const char *const good[] = { "", "a", "渠道", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "12345678渠", "1234567渠12345678", "\x7f\xc2\x80" };
    static const char *const bad[] = { "\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xb8", "12345678\x80", "1234567\xe6", "\xf0\x9f\x98", "\xc3(" };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(text_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(text_valid(str_of(bad[i])));
    for (size_t at = 0; at < 20; at++) {
        char t[20];
        memset(t, 'x', sizeof t);
        t[at] = 0;
        assert_false(text_valid((str){ t, sizeof t }));
        t[at] = '\x80';
        assert_false(text_valid((str){ t, sizeof t }));
        t[at] = '\x1f';
        assert_true(text_valid((str){ t, sizeof t }));
    }
}

/* Every code point there is goes out and comes back, and its neighbours that are none do not. */
static void test_every_code_point(void **state)
{
    (void)state;
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        char   p[4];
        size_t at = 0;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        str s = { p, text_encode(c, p) };
        assert_true(text_valid(s) == (c != 0));
        assert_int_equal(text_next(s, &at), c);
        assert_int_equal(at, s.n);
    }
}

static void test_positions(void **state)
{
    str s = S("a渠\xf0\x9f\x98\x80é");
    (void)state;
    assert_int_equal(text_length(s), 4);
    assert_int_equal(text_offset(s, 0), 0);
    assert_int_equal(text_offset(s, 1), 1);
    assert_int_equal(text_offset(s, 2), 4);
    assert_int_equal(text_offset(s, 3), 8);
    assert_int_equal(text_offset(s, 4), 10);
    assert_int_equal(text_offset(s, 99), 10);
    assert_int_equal(text_length(STR_NONE), 0);
    assert_int_equal(text_offset(STR_NONE, 3), 0);
}

static void test_nfc(void **state)
{
    str plain = S("上海（Shanghai）分公司、Müller"), kana = S("がぎ");
    (void)state;
    assert_ptr_equal(text_nfc(mem, plain).p, plain.p);
    assert_ptr_equal(text_nfc(mem, kana).p, kana.p);
    is(text_nfc(mem, S("e\xcc\x81")), "é");
    is(text_nfc(mem, S("\xe3\x81\x8b\xe3\x82\x99")), "が");
    is(text_nfc(mem, S("\xe2\x84\xab")), "Å");            /* angstrom sign */
    is(text_nfc(mem, S("\xef\xa4\x80")), "豈");           /* compatibility ideograph */
    is(text_nfc(mem, S("\xe1\x84\x80\xe1\x85\xa1")), "가");
    is(text_nfc(mem, S("\xe3\x80\x82\xe3\x80\xae\xe3\x80\xaa")), "\xe3\x80\x82\xe3\x80\xaa\xe3\x80\xae");   /* tone marks in order */
    is(text_nfc(mem, STR_NONE), "");
}

#define TEN_AND_SIX(s) s s s s s s s s s s s s s s s s

static void test_case(void **state)
{
    (void)state;
    is(text_upper(mem, S("AbCdEfGhI")), "ABCDEFGHI");
    is(text_upper(mem, S("buenos días")), "BUENOS DÍAS");
    is(text_upper(mem, S("straße 渠道 доброе")), "STRASSE 渠道 ДОБРОЕ");
    is(text_lower(mem, S("ΚΑΛΗΜΕΡΑ Ärzte {[")), "καλημερα ärzte {[");
    is(text_lower(mem, S("MARK @[`{ BAKER")), "mark @[`{ baker");
    is(text_title(mem, S("MARK o'brien 76budGet 2-way ΚΑΛΗΜΕΡΑ")), "Mark O'Brien 76Budget 2-Way Καλημερα");
    is(text_title(mem, S("")), "");
    /* grows: each of these becomes three letters */
    is(text_upper(mem, S("\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90\xce\x90")),
       TEN_AND_SIX("\xce\x99\xcc\x88\xcc\x81"));
}

static void test_fold(void **state)
{
    str same = S("上海abc123");
    (void)state;
    assert_ptr_equal(text_fold(mem, same).p, same.p);
    is(text_fold(mem, S("ABC上海")), "abc上海");
    is(text_fold(mem, S("ＡＢＣ１２３（上海）")), "abc123(上海)");
    is(text_fold(mem, S("Müller Straße ÅNGSTRÖM Łódź Ørsted Æon")), "muller strasse angstrom lodz orsted aeon");
    is(text_fold(mem, S("ﬁ ① ㈱ ｱｲｳ")), "fi 1 (株) アイウ");
    is(text_fold(mem, S("ガ")), "ガ");                    /* the voicing mark is no accent */
    is(text_fold(mem, S("Ελλάς")), "ελλασ");
    is(text_fold(mem, S("a\xe2\x80\x8b" "b\xe3\x80\x80" "c")), "ab c");    /* zero-width space, ideographic space */
    is(text_fold(mem, STR_NONE), "");
}

static void test_pinyin(void **state)
{
    (void)state;
    is(text_pinyin_initials(mem, S("上海分公司")), "shfgs");
    is(text_pinyin_initials(mem, S("A股")), "ag");
    is(text_pinyin_initials(mem, S("北京（China）科技 有限公司-2部")), "bjchinakjyxgs2b");
    is(text_pinyin_initials(mem, S("二〇二六")), "elel");
    is(text_pinyin_initials(mem, S("Müller株式会社")), "mullerzshs");
    is(text_pinyin(mem, S("上海")), "shanghai");
    is(text_pinyin(mem, S("绿源女装")), "lvyuannvzhuang");
    is(text_pinyin(mem, S("欧诺ABC")), "ounuoabc");
    is(text_pinyin(mem, S("\xf0\xa0\x80\x80野")), "heye");     /* above U+FFFF */
    is(text_pinyin(mem, S("\xf0\xa0\xae\xb7野")), "\xf0\xa0\xae\xb7ye");    /* no reading known: kept */
    is(text_pinyin(mem, STR_NONE), "");
    is(text_pinyin_initials(mem, S("!!! —— 。")), "");
}

/* ü follows l or n, and is typed as v. */
static str with_v(str plain, str sound)
{
    static const char *const umlauts[] = { "ü", "ǖ", "ǘ", "ǚ", "ǜ" };
    for (size_t i = 0; i < sizeof umlauts / sizeof umlauts[0]; i++)
        if (str_find(sound, str_of(umlauts[i])) == 1)
            ((char *)plain.p)[1] = 'v';
    return plain;
}

/* The first letter of each reading in the dictionary of Unihan against ours. */
static void test_pinyin_suite(void **state)
{
    str text, line, code, ch, sound;
    int same = 0, whole = 0, all = 0;
    (void)state;
    if (!suite_read(mem, "suites/chinese/unihan_mandarin.tsv", &text))
        skip();
    assert_true(str_cut(&text, '\n', &line));
    while (str_cut(&text, '\n', &line) && line.n) {
        assert_true(str_cut(&line, '\t', &code) && str_cut(&line, '\t', &ch) && str_cut(&line, '\t', &sound));
        str plain = text_fold(mem, sound), got = text_pinyin(mem, ch);
        all++;
        same += str_eq(text_pinyin_initials(mem, ch), str_sub(plain, 0, 1));
        whole += str_eq(got, with_v(plain, sound));
    }
    print_message("pinyin: %d characters, initials agree %.2f %%, syllables %.2f %%\n", all, 100.0 * same / all, 100.0 * whole / all);
    assert_true(all > 26000 && same * 1000L >= all * 995L && whole * 1000L >= all * 990L);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_pinyin_is_fast(void **state)
{
    str    name = S("上海市浦东新区张江高科技园区信息服务有限");
    double t = seconds();
    (void)state;
    text_pinyin_initials(mem, name);
    double first = seconds() - t, best = 1;
    for (int round = 0; round < 5; round++) {
        t = seconds();
        for (int i = 0; i < 2000; i++) {
            arena_mark here = arena_here(mem);
            assert_int_equal(text_pinyin_initials(mem, name).n, 20);
            arena_back(mem, here);
        }
        t = (seconds() - t) / 2000;
        best = t < best ? t : best;
    }
    print_message("pinyin: first call %.0f ms, then %.2f us for 20 characters\n", first * 1e3, best * 1e6);
    assert_true(best < 30e-6);      /* an order more than it takes: this machine may be busy or the build instrumented */
}

static void test_collate(void **state)
{
    static const char *const order[] = { "", "1", "2", "10", "安", "北", "蔡", "李", "上海", "王", "张", "a", "A", "b", "Z" };
    (void)state;
    /* digits are ordered as characters, so 10 stands before 2 */
    assert_true(text_collate(S("10"), S("2")) < 0);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
            if (!strcmp(order[i], "10") || !strcmp(order[k], "10"))
                continue;
            int c = text_collate(str_of(order[i]), str_of(order[k]));
            if ((c < 0) != (i < k) || (c > 0) != (i > k))
                fail_msg("%s against %s gives %d", order[i], order[k], c);
        }
    /* equal to people, different in bytes: a total order all the same */
    assert_true(text_collate(S("e\xcc\x81"), S("é")) != 0);
    assert_int_equal(text_collate(S("e\xcc\x81"), S("é")), -text_collate(S("é"), S("e\xcc\x81")));
    assert_true(text_collate(STR_NONE, S("")) == 0);
}

static void *collate_much(void *arg)
{
    (void)arg;
    intptr_t wrong = 0;
    struct arena *own = arena_new(0);
    for (int i = 0; i < 2000; i++) {
        wrong += text_collate(S("北京"), S("上海")) >= 0 || text_collate(S("Zürich"), S("zurich")) <= 0;
        wrong += !str_eqz(text_pinyin_initials(own, S("\xf0\xa0\x80\x80北京Ärzte")), "hbjarzte") || !str_eqz(text_upper(own, S("é")), "É");
    }
    arena_free(own);
    return (void *)wrong;
}

static void test_threads(void **state)
{
    pthread_t t[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, collate_much, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        assert_null(wrong);
    }
}

/* In pieces of the given size. */
static bool decode(const char *name, str in, size_t piece, str *out)
{
    struct text_decoder *d = text_decoder_new(name);
    str                  all = S("");
    bool                 ok = true;
    assert_non_null(d);
    for (size_t at = 0; ok && at < in.n; at += piece) {
        str part;
        ok = text_decode(d, str_sub(in, at, at + piece), at + piece >= in.n, mem, &part);
        if (ok)
            all = piece >= in.n ? part : str_cat(mem, all, part);
    }
    text_decoder_free(d);
    *out = all;
    return ok;
}

static void test_real_files(void **state)
{
    static const struct { const char *file, *found; } files[] = {
        { "suites/chinese/areas.csv", "utf-8" }, { "suites/chinese/areas.utf8bom.csv", "utf-8" }, { "suites/chinese/areas.utf-16le.csv", "utf-16le" },
        { "suites/chinese/areas.gbk.csv", "gb18030" }, { "suites/chinese/areas.gb18030.csv", "gb18030" },
    };
    str plain, text, out;
    (void)state;
    if (!suite_read(mem, files[0].file, &plain))
        skip();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_true(suite_read(mem, files[i].file, &text));
        assert_string_equal(text_detect(text, true), files[i].found);
        for (size_t n = 64; n < 80; n++)        /* also when the head ends in the middle of a character */
            assert_string_equal(text_detect(str_sub(text, 0, n), false), files[i].found);
        assert_true(decode(files[i].found, text, text.n, &out));
        assert_true(str_eq(out, plain));
        assert_true(decode(files[i].found, text, 4096 + 1, &out));
        assert_true(str_eq(out, plain));
    }
    assert_true(suite_read(mem, "suites/chinese/areas.gbk.csv", &text));
    assert_true(decode("gbk", text, 777, &out) && str_eq(out, plain));
}

static void test_detect(void **state)
{
    (void)state;
    assert_string_equal(text_detect(S(""), true), "utf-8");
    assert_string_equal(text_detect(S("plain"), true), "utf-8");
    assert_string_equal(text_detect(S("\xfe\xff\x6e\x20"), true), "utf-16be");
    assert_string_equal(text_detect(S("\xff\xfe\x20\x6e"), true), "utf-16le");
    assert_string_equal(text_detect(S("\0a\0,\0b\0\n\x6e\x20"), true), "utf-16be");
    assert_string_equal(text_detect(S("\x84\x31\x95\x33\x81\x30\x81\x30"), true), "gb18030");
    assert_string_equal(text_detect(S("\xe6\xb8"), false), "utf-8");
    assert_string_equal(text_detect(S("\xe6\xb8"), true), "gb18030");
    assert_string_equal(text_detect(S("\xc7\xfe\xb5\xc0\x80" "100"), true), "gbk");
}

static void test_decode_small(void **state)
{
    static const struct { const char *name; str in; const char *out; } t[] = {
        { "utf-8", S_INIT("\xef\xbb\xbf渠道\xf0\x9f\x98\x80é"), "渠道\xf0\x9f\x98\x80é" },
        { "utf-8", S_INIT("a\xef\xbb\xbf"), "a\xef\xbb\xbf" },
        { "utf-16le", S_INIT("\xff\xfe\x3d\xd8\x00\xde\x20\x6e"), "\xf0\x9f\x98\x80渠" },
        { "utf-16be", S_INIT("\xd8\x3d\xde\x00\x6e\x20"), "\xf0\x9f\x98\x80渠" },
        { "gbk", S_INIT("\xc7\xfe\xb5\xc0\x80"), "渠道€" },
        { "gb18030", S_INIT("\xc7\xfe\x94\x39\xfc\x36\xb5\xc0"), "渠\xf0\x9f\x98\x80道" },
        { "utf-8", S_INIT("\xe6\xb8\xa0\xff"), NULL },
        { "utf-8", S_INIT("\xe6\xb8"), NULL },
        { "utf-8", S_INIT("\xed\xa0\x80"), NULL },
        { "utf-16le", S_INIT("\x3d\xd8\x20\x6e"), NULL },
        { "utf-16le", S_INIT("\x20\x6e\x20"), NULL },
        { "utf-16le", S_INIT("\x3d\xd8"), NULL },
        { "gbk", S_INIT("\xc7"), NULL },
        { "gbk", S_INIT("\xc7\x20\x20"), NULL },
        { "gb18030", S_INIT("\x94\x39\xfc"), NULL },
    };
    str out;
    (void)state;
    assert_null(text_decoder_new("klingon"));
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        for (size_t piece = 1; piece <= t[i].in.n; piece++) {
            bool ok = decode(t[i].name, t[i].in, piece, &out);
            if (ok != (t[i].out != NULL) || (ok && !str_eqz(out, t[i].out)))
                fail_msg("case %zu in pieces of %zu: %d %.*s", i, piece, ok, STR_ARG(out));
        }
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
        cmocka_unit_test(test_valid), cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_positions), cmocka_unit_test(test_nfc),
        cmocka_unit_test(test_case), cmocka_unit_test(test_fold), cmocka_unit_test(test_pinyin_is_fast), cmocka_unit_test(test_pinyin),
        cmocka_unit_test(test_pinyin_suite), cmocka_unit_test(test_collate), cmocka_unit_test(test_threads), cmocka_unit_test(test_real_files),
        cmocka_unit_test(test_detect), cmocka_unit_test(test_decode_small),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
