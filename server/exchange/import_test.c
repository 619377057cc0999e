/* import_test: files into records and out again, on both databases. */
#include "exchange/export.h"
#include "exchange/import.h"
#include "record/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char modules[] =
    "[{\"name\":\"user\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]},"
    "{\"name\":\"region\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\",\"required\":true},{\"name\":\"code\",\"type\":\"text\",\"unique\":true},"
    " {\"name\":\"parent\",\"type\":\"relation\",\"module\":\"region\"}]},"
    "{\"name\":\"tag\",\"title\":\"name\",\"fields\":[{\"name\":\"name\",\"type\":\"text\",\"unique\":true}]},"
    "{\"name\":\"partner\",\"title\":\"name\",\"fields\":[{\"name\":\"code\",\"type\":\"text\",\"unique\":true,\"labels\":{\"en\":\"Code\",\"zh-CN\":\"编号\"}},"
    " {\"name\":\"name\",\"type\":\"text\",\"required\":true,\"max_length\":20,\"labels\":{\"en\":\"Name\",\"zh-CN\":\"名称\"}},"
    " {\"name\":\"note\",\"type\":\"long_text\",\"labels\":{\"en\":\"Note\",\"zh-CN\":\"备注\"}},"
    " {\"name\":\"region\",\"type\":\"relation\",\"module\":\"region\",\"labels\":{\"en\":\"Region\",\"zh-CN\":\"区域\"}},"
    " {\"name\":\"tags\",\"type\":\"relations\",\"module\":\"tag\",\"labels\":{\"en\":\"Tags\",\"zh-CN\":\"标签\"}},"
    " {\"name\":\"place\",\"type\":\"address\",\"labels\":{\"en\":\"Place\",\"zh-CN\":\"地址\"}},"
    " {\"name\":\"level\",\"type\":\"choice\",\"options\":[{\"code\":\"a\",\"labels\":{\"en\":\"Gold\",\"zh-CN\":\"金牌\"}},{\"code\":\"b\",\"labels\":{\"en\":\"Silver\",\"zh-CN\":\"银牌\"}}],"
    "  \"labels\":{\"en\":\"Level\",\"zh-CN\":\"级别\"}},"
    " {\"name\":\"turnover\",\"type\":\"money\",\"labels\":{\"en\":\"Turnover\",\"zh-CN\":\"营业额\"}},"
    " {\"name\":\"since\",\"type\":\"date\",\"labels\":{\"en\":\"Since\",\"zh-CN\":\"起始日\"}},"
    " {\"name\":\"active\",\"type\":\"boolean\",\"labels\":{\"en\":\"Active\",\"zh-CN\":\"有效\"}},"
    " {\"name\":\"twice\",\"type\":\"formula\",\"formula\":\"turnover * 2\",\"result\":\"money\"}]}]";

struct bytes { str all; size_t at; };

static ptrdiff_t feed(void *arg, char *buf, size_t cap)
{
    struct bytes *b = arg;
    size_t n = b->all.n - b->at < cap ? b->all.n - b->at : cap;
    if (n)
        memcpy(buf, b->all.p + b->at, n);
    b->at += n;
    return (ptrdiff_t)n;
}

static bool keep(void *arg, str s)
{
    buf_put(arg, s);
    return true;
}

static bool begin(void *arg, struct ctx **c, struct err *e)
{
    struct fixture *f = arg;
    f->c = (struct ctx){ .mem = f->mem, .cat = f->cat, .actor = &f->actor, .now = instant_now(), .way = "import" };
    err_init(&f->c.err, f->mem, f->actor.lang);
    *c = &f->c;
    return db_begin(f->store, TX_WRITE, "test", &f->c.db, e);
}

static bool commit(void *arg, struct err *e) { return db_commit(((struct fixture *)arg)->c.db, e); }
static void rollback(void *arg) { db_rollback(((struct fixture *)arg)->c.db); }

static void assert_begins(const char *got, const char *want)
{
    if (strncmp(got, want, strlen(want)))
        fail_msg("%s\ndoes not begin with %s", got, want);
}

/* "rows created updated unchanged rejected", then the rejected rows; or the problem. */
static const char *import(struct fixture *f, const char *module, const char *key, const char *map, const char *text, bool dry, size_t chunk)
{
    struct bytes       b = { str_of(text), 0 };
    struct buf         out;
    struct err         e;
    struct csv_reader *r = csv_reader_new(feed, &b, NULL, 0);
    buf_init(&out, f->mem);
    err_init(&e, f->mem, f->actor.lang);
    struct import_options o = { .module = str_of(module), .key = str_of(key), .map = str_of(map), .dry_run = dry, .lang = f->actor.lang, .chunk = chunk,
                                .reject = keep, .arg = &out };
    struct import_door    door = { begin, commit, rollback, f };
    struct import        *im = import_new(&o, import_next_csv, r);
    bool                  ok = import_run(im, &door, &e);
    struct import_totals  t = *import_totals(im);
    import_free(im);
    csv_reader_free(r);
    if (!ok)
        return str_z(f->mem, str_printf(f->mem, "%d " STR_FMT ": " STR_FMT, err_status(e.kind), STR_ARG(e.nproblems ? e.problems[0].field : S("")),
                                        STR_ARG(e.nproblems ? e.problems[0].message : e.message)));
    return str_z(f->mem, str_printf(f->mem, "%lld %lld %lld %lld %lld\n" STR_FMT, (long long)t.rows, (long long)t.created, (long long)t.updated,
                                    (long long)t.unchanged, (long long)t.rejected, STR_ARG(buf_str(&out))));
}

static const char *export(struct fixture *f, const char *module, const char *where, const char *fields, enum export_header names)
{
    struct buf out;
    fixture_begin(f, TX_READ);
    buf_init(&out, arena_new(0));
    struct export_question ask = { .where = str_of(where), .fields = str_of(fields), .names = names };
    if (!export_csv(&f->c, fixture_module(f, module), &ask, keep, &out))
        fixture_fail(f, "export");
    db_rollback(f->c.db);
    const char *text = str_z(f->mem, buf_str(&out));
    arena_free(out.mem);
    return text;
}

static void regions(struct fixture *f)
{
    /* a row may point at one that came before it in the same file */
    assert_string_equal(import(f, "region", "code", "", "code,name,parent\nCN,China,\nSH,上海,CN\nBJ,北京,CN\n", false, 0), "3 3 0 0 0\n");
    assert_string_equal(export(f, "region", "", "code,name,parent", EXPORT_NAMES), "code,name,parent\nCN,China,\nSH,上海,CN\nBJ,北京,CN\n");
    assert_string_equal(import(f, "region", "code", "", "code,name,parent\nCN,China,\nSH,上海市,CN\nBJ,北京,CN\n", false, 2), "3 0 1 2 0\n");
    assert_string_equal(import(f, "tag", "", "", "name\nvip\nnew\n", false, 0), "2 2 0 0 0\n");
}

static const char partners[] =
    "编号,名称,备注,区域,标签,地址.region.code,地址.detail,级别,营业额,起始日,有效\n"
    "P1,甲,\"=1+1\",SH,vip;new,BJ,\"长安街 1 号\",金牌,\"1,234.50\",2026/1/5,是\n"
    "P2,乙,\"two\nlines\",,,,,银牌,-5,,否\n"
    "P3,,x,SH,,,,,,,\n"
    "P4,丁,x,XX,,,,,,,\n"
    "P5,戊,x,SH,,,,铜牌,,,\n"
    "P6,己,x,SH,,,,,abc,,\n"
    "P1,甲2,y,SH,,,,,,,\n";

static void rejected(struct fixture *f)
{
    const char *want = "7 3 0 0 4\n"
        "line,column,reason,编号,名称,备注,区域,标签,地址.region.code,地址.detail,级别,营业额,起始日,有效\n"
        "5,名称,This is needed,P3,,x,SH,,,,,,,\n"
        "6,区域,There is no “region” with “XX”,P4,丁,x,XX,,,,,,,\n"
        "7,级别,“铜牌” is none of the choices,P5,戊,x,SH,,,,铜牌,,,\n"
        "8,营业额,This must be a number,P6,己,x,SH,,,,,abc,,\n";
    (void)want;
    const char *got = import(f, "partner", "", "", partners, true, 0);
    /* without key the second P1 is one too many */
        assert_begins(got, "7 2 0 0 5\n");
    assert_non_null(strstr(got, "9,编号,Another record has this value already,P1"));
    assert_string_equal(export(f, "partner", "", "code", EXPORT_NAMES), "code\n");      /* a dry run leaves nothing */
    for (size_t chunk = 1; chunk < 4; chunk++) {
        got = import(f, "partner", "code", "", partners, true, chunk);
        assert_begins(got, "7 2 1 0 4\n");
        assert_string_equal(got + 10, want + 10);
    }
    assert_begins(import(f, "partner", "code", "", partners, false, 3), "7 2 1 0 4\n");
    assert_string_equal(export(f, "partner", "", "code,name,note,region,tags,level,turnover,since,active,twice", EXPORT_NAMES),
                        "code,name,note,region,tags,level,turnover,since,active,twice\n"
                        "P1,甲2,y,SH,,,,,,0.00\n"
                        "P2,乙,\"two\nlines\",,,b,-5.00,,false,-10.00\n");
}

static void mapped(struct fixture *f)
{
    assert_string_equal(import(f, "partner", "code", "A+B=code,N=name,R=region.code,\"imported\"=note,\"P\"+A=place.postcode,A=place.region.code",
                               "A,B,N,R\nSH,1,Ein,BJ\nBJ,,Zwei,\n", false, 0), "2 2 0 0 0\n");
    assert_string_equal(export(f, "partner", "note = \"imported\"", "code,name,note,region,place", EXPORT_NAMES),
                        "code,name,note,region,place.region.code,place.detail,place.postcode\nSH-1,Ein,imported,BJ,SH,,P-SH\n,Zwei,imported,,BJ,,P-BJ\n");
    static const struct { const char *key, *map, *answer; } bad[] = {
        { "", "X=name", "422 map: The file has no column “X”" },
        { "", "A=nix", "422 map: There is no field “nix”" },
        { "", "A=region.name", "422 map: “name” is no unique field of “region”" },
        { "", "A=twice", "422 map: The system itself fills “twice”" },
        { "", "A", "422 map: “A” is not of the form Column=field" },
        { "", "A=name,A=name", "422 A: Two columns go into “name”" },
        { "code", "A=name", "422 key: No column goes into the key “code”" },
        { "", "", "422 A: There is no field “A”" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(import(f, "partner", bad[i].key, bad[i].map, "A\n1\n", false, 0), bad[i].answer);
    assert_string_equal(import(f, "partner", "", "A=name", "", false, 0), "422 : The file is empty");
}

/* What is exported, imported into an empty place, is exported the same; and again into the same place changes nothing. */
static void round_trip(struct fixture *f, enum lang lang)
{
    static const char columns[] = "code,name,note,region,tags,place,level,turnover,since,active";
    static const char text[] = "code,name,note,region,tags,place.region.code,place.detail,level,turnover,since,active\n"
        "R1,'=x,=SUM(1),SH,new;vip,BJ,-,a,-0.10,2026-02-28,true\nR2, x,\"' =y\",,,,＝z,b,,,\nR3,r,'plain,,,,\"+86\n\",,9007199254740993.01,,false\n";
    f->actor.lang = lang;
    assert_begins(import(f, "partner", "code", "", text, false, 0), "3 3 0 0 0\n");
    for (int names = 0; names < 2; names++) {
        const char *first = export(f, "partner", "LEFT(code, 1) = \"R\"", columns, names);
        assert_string_equal(import(f, "partner", "code", "", first, false, 0), "3 0 0 3 0\n");
        fixture_begin(f, TX_WRITE);
        struct found found;
        struct find  q = { .m = fixture_module(f, "partner"), .limit = 100 };
        assert_true(rec_where(&f->c, q.m, S("LEFT(code, 1) = \"R\""), &q.where) && rec_find(&f->c, &q, &found));
        for (size_t i = 0; i < found.nrows; i++)
            assert_true(rec_delete(&f->c, q.m, found.ids[i], 0));
        fixture_commit(f);
        assert_string_equal(import(f, "partner", "code", "", first, false, 0), "3 3 0 0 0\n");
        assert_string_equal(export(f, "partner", "LEFT(code, 1) = \"R\"", columns, names), first);
    }
    fixture_begin(f, TX_WRITE);
    struct found found;
    struct find  q = { .m = fixture_module(f, "partner"), .limit = 100 };
    assert_true(rec_where(&f->c, q.m, S("LEFT(code, 1) = \"R\""), &q.where) && rec_find(&f->c, &q, &found));
    for (size_t i = 0; i < found.nrows; i++)
        assert_true(rec_delete(&f->c, q.m, found.ids[i], 0));
    fixture_commit(f);
    f->actor.lang = LANG_EN;
}

/* The n-th call to the database fails: the chunk is there as a whole or not at all. */
static void failing(struct fixture *f)
{
    int whole = 0, none = 0;
    for (int64_t n = 1;; n++) {
        char text[300], where[100];
        snprintf(text, sizeof text, "code,name,parent\nN%lld-1,One,CN\nN%lld-2,,CN\nN%lld-3,Three,N%lld-1\n", (long long)n, (long long)n, (long long)n, (long long)n);
        snprintf(where, sizeof where, "LEFT(code, LEN(\"N%lld-\")) = \"N%lld-\"", (long long)n, (long long)n);
        int64_t calls = store_calls(f->store);
        store_fail_at(f->store, n);
        const char *got = import(f, "region", "code", "", text, false, 0);
        store_fail_at(f->store, 0);
        calls = store_calls(f->store) - calls;
        const char *there = export(f, "region", where, "name", EXPORT_NAMES);
        if (!strncmp(got, "3 2 0 0 1\n", 10)) {
            assert_string_equal(there, "name\nOne\nThree\n");
            whole++;
            if (n > calls)
                break;
        } else {
            assert_string_equal(there, "name\n");
            none++;
        }
    }
    print_message("calls that failed: %d, of which nothing was kept after %d\n", whole + none - 1, none);
    assert_true(none > 5);
}

/* 20,000 rows in, and once more with nothing new; the times are printed. */
static void many(struct fixture *f)
{
    enum { ROWS = 20000 };
    struct buf      text;
    struct timespec from, to;
    buf_init(&text, f->mem);
    buf_putz(&text, "code,name,region,turnover,since\n");
    for (int i = 0; i < ROWS; i++)
        buf_printf(&text, "M%d,Partner %d,%s,%d.%02d,2026-01-%02d\n", i, i, i % 2 ? "SH" : "BJ", i, i % 100, 1 + i % 28);
    for (int again = 0; again < 2; again++) {
        clock_gettime(CLOCK_MONOTONIC, &from);
        const char *got = import(f, "partner", "code", "", str_z(f->mem, buf_str(&text)), false, 0);
        clock_gettime(CLOCK_MONOTONIC, &to);
        assert_string_equal(got, again ? "20000 0 0 20000 0\n" : "20000 20000 0 0 0\n");
        double s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        print_message("%s: %.0f rows/s\n", again ? "nothing new" : "created", ROWS / s);
    }
}

/* An import whose chunk needs more memory than it may take jumps to the guard of its maker, who leaves nothing behind. */
static void short_of_memory(struct fixture *f)
{
    enum { ROWS = 1000 };
    static struct import *im;
    static int            jumps, inside;
    static size_t         memory;
    struct buf            text;
    struct import_door    door = { begin, commit, rollback, f };
    struct arena         *above = arena_new(0);
    jmp_buf               full;
    buf_init(&text, f->mem);
    buf_putz(&text, "name,note,tags\n");
    for (int i = 0; i < ROWS; i++)
        buf_printf(&text, "Short %d,a note,\n", i);
    jumps = inside = 0;
    for (memory = 16 << 10;; memory += memory / 4) {
        struct bytes          b = { buf_str(&text), 0 };
        struct err            e;
        struct csv_reader    *r = csv_reader_new(feed, &b, NULL, 0);
        struct import_options o = { .module = S("partner"), .lang = LANG_EN, .memory = memory, .above = above };
        err_init(&e, above, LANG_EN);
        f->c.db = NULL;
        im = import_new(&o, import_next_csv, r);
        arena_guard(above, &full);
        bool jumped = setjmp(full) != 0;
        if (!jumped)
            assert_true(import_run(im, &door, &e));
        else if (f->c.db) {
            db_rollback(f->c.db);
            inside++;
        }
        arena_guard(above, NULL);
        jumps += jumped;
        if (!jumped)
            assert_int_equal(import_totals(im)->created, ROWS);
        import_free(im);
        csv_reader_free(r);
        if (!jumped)
            break;
    }
    assert_true(jumps > inside && inside > 0);
    assert_string_equal(export(f, "partner", "name == \"Short 7\"", "name", EXPORT_NAMES), "name\nShort 7\n");
    arena_free(above);
}

static void on(enum test_engine e)
{
    struct fixture f;
    if (!fixture_open(&f, e, modules))
        skip();
    regions(&f);
    rejected(&f);
    mapped(&f);
    round_trip(&f, LANG_EN);
    round_trip(&f, LANG_ZH);
    failing(&f);
    many(&f);
    short_of_memory(&f);
    fixture_close(&f);
}

static void test_sqlite(void **state) { (void)state; on(TEST_SQLITE); }
static void test_postgres(void **state) { (void)state; on(TEST_POSTGRES); }

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sqlite), cmocka_unit_test(test_postgres) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
