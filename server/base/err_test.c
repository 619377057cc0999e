/* Messages: every format that the sources give to err_set and err_problem has a Chinese twin with the same arguments, and
 * every twin is used.
 *
 * The test reads the C text itself.  A format must stand in the call: string literals, STR_FMT and the PRI macros, or two of these
 * behind a condition.  A macro that passes messages on is announced beside its definition (in a header: for all files), in
 * a comment of this form:
 *     err_test: argument 3 of TROUBLE is a format */
#include "base/buf.h"
#include "base/err.h"
#include "base/suite.h"

#include <ctype.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct { const char *en, *zh; } twins[] = {
#include "base/zh/all.def"
};
enum { TWINS = sizeof twins / sizeof twins[0], FILES = 2000, CARRIERS = 32, ARGUMENTS = 16 };

static struct arena *mem;
static bool          used[TWINS];
static int           problems, formats;
static char         *files[FILES];
static size_t        nfiles;
static struct { char name[40]; int argument; } carriers[CARRIERS] = { { "err_set", 2 }, { "err_problem", 3 } };
static size_t ncarriers = 2;

static void complain(const char *file, const char *text, const char *at, const char *what, str about)
{
    int line = 1;
    for (const char *p = text; p < at; p++)
        line += *p == '\n';
    print_error("%s:%d: %s: %.*s\n", file, line, what, STR_ARG(about));
    problems++;
}

/* ---- the arguments of a printf format --------------------------------------------------------------------------- */

/* One letter an argument: i int, l long, L long long, z size_t, s text, f floating, c character, p pointer; "?" when it cannot
 * be read.  Arguments may be named by position. */
static const char *arguments(const char *f)
{
    static char out[ARGUMENTS + 1];
    char        seen[ARGUMENTS + 1] = { 0 };
    int         next = 0;
    for (; *f; f++) {
        if (*f != '%' || *++f == '%')
            continue;
        char *end;
        long  position = strtol(f, &end, 10);
        int   to = next;
        if (end > f && *end == '$') {
            to = (int)position - 1;
            f = end + 1;
        }
        f += strspn(f, "-+ #0'");
        f += strspn(f, "0123456789");
        if (f[0] == '.' && f[1] == '*') {
            seen[to++] = '*';
            f += 2;
        } else if (*f == '.') {
            f += 1 + strspn(f + 1, "0123456789");
        }
        char size = 0;
        for (; *f && strchr("hlz", *f); f++)
            size = *f == 'l' && size == 'l' ? 'L' : *f;
        if (to >= ARGUMENTS - 1 || !*f || !strchr("diuxXosfgec", *f))
            return "?";
        seen[to] = (char)(strchr("diuxXo", *f) ? (size ? size : 'i') : *f);
        next = to + 1;
    }
    strcpy(out, seen);
    return out;
}

static bool same_arguments(const char *a, const char *b)
{
    char first[ARGUMENTS + 1];
    strcpy(first, arguments(a));
    return strcmp(first, "?") != 0 && strcmp(first, arguments(b)) == 0;
}

/* ---- C text ----------------------------------------------------------------------------------------------------- */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Behind white space, comments and line continuations. */
static const char *skip_blank(const char *p)
{
    for (;;) {
        if (isspace((unsigned char)*p) || *p == '\\')
            p++;
        else if (p[0] == '/' && p[1] == '*')
            p = strstr(p, "*/") ? strstr(p, "*/") + 2 : p + strlen(p);
        else if (p[0] == '/' && p[1] == '/')
            p += strcspn(p, "\n");
        else
            return p;
    }
}

/* Behind a string or character literal. */
static const char *skip_quoted(const char *p)
{
    char quote = *p++;
    while (*p && *p != quote)
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p ? p + 1 : p;
}

/* p behind "(" : the n-th argument, up to its comma or bracket. */
static bool argument_find(const char *p, int n, str *out)
{
    int         depth = 0;
    const char *from = p = skip_blank(p);
    for (; *p; p = skip_blank(p)) {
        if (depth == 0 && (*p == ',' || *p == ')')) {
            if (n-- == 0) {
                *out = (str){ from, (size_t)(p - from) };
                return true;
            }
            if (*p == ')')
                return false;
            from = p = skip_blank(p + 1);
            continue;
        }
        depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
        p = *p == '"' || *p == '\'' ? skip_quoted(p) : p + 1;
    }
    return false;
}

static void put_literal(struct buf *b, const char *p, const char *end)
{
    static const char letters[] = "nt\"\\'r", means[] = "\n\t\"\\'\r";
    for (p++; p < end - 1; p++) {
        if (*p != '\\') {
            buf_putc(b, *p);
        } else if (*++p == 'x') {
            buf_putc(b, (char)strtol(p + 1, (char **)&p, 16));
            p--;
        } else {
            const char *hit = strchr(letters, *p);
            buf_putc(b, hit ? means[hit - letters] : '?');
        }
    }
}

/* Literals and known macros side by side; *p stops at ":" or the end.  False: something else stands there. */
static bool format_read(const char **p, const char *end, str *out)
{
    static const struct { const char *name, *means; } macros[] = { { "STR_FMT", STR_FMT }, { "PRId64", "ld" }, { "PRIu64", "lu" }, { "PRIx64", "lx" } };
    struct buf b;
    buf_init(&b, mem);
    for (*p = skip_blank(*p); *p < end && **p != ':'; *p = skip_blank(*p)) {
        if (**p == '"') {
            const char *behind = skip_quoted(*p);
            put_literal(&b, *p, behind);
            *p = behind;
            continue;
        }
        size_t i = 0, n = 0;
        while (is_word((*p)[n]))
            n++;
        while (i < 4 && !str_eqz((str){ *p, n }, macros[i].name))
            i++;
        if (i == 4)
            return false;
        buf_putz(&b, macros[i].means);
        *p += n;
    }
    buf_putc(&b, 0);
    *out = (str){ b.p, b.n - 1 };
    return b.n > 1;
}

static void check_format(const char *file, const char *text, const char *at, str format)
{
    const char *zh = err_zh(format.p);
    formats++;
    for (int i = 0; i < TWINS; i++)
        used[i] |= strcmp(twins[i].en, format.p) == 0;
    if (!zh)
        complain(file, text, at, "no Chinese twin", format);
    else if (!same_arguments(format.p, zh))
        complain(file, text, at, "the twin has other arguments", str_of(zh));
}

/* The condition of "c ? a : b" ends at the first ? outside quotes and brackets. */
static const char *behind_condition(str argument)
{
    const char *p = argument.p, *end = argument.p + argument.n;
    for (int depth = 0; p < end; p = *p == '"' || *p == '\'' ? skip_quoted(p) : p + 1) {
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        if (*p == '?' && depth == 0)
            return p + 1;
    }
    return argument.p;
}

static void check_argument(const char *file, const char *text, str argument)
{
    const char *p = behind_condition(argument), *end = argument.p + argument.n;
    str         format;
    for (;;) {
        if (!format_read(&p, end, &format)) {
            complain(file, text, argument.p, "the format is not written in the call", argument);
            return;
        }
        check_format(file, text, argument.p, format);
        if (p >= end)
            return;
        p++;
    }
}

/* The name that a #define around `at` defines, or nothing. */
static str defined_around(const char *text, const char *at)
{
    const char *line = at;
    while (line > text && !(line[-1] == '\n' && (line - text < 2 || line[-2] != '\\')))
        line--;
    if (strncmp(line, "#define ", 8) != 0)
        return STR_NONE;
    size_t n = 0;
    while (is_word(line[8 + n]))
        n++;
    return (str){ line + 8, n };
}

static bool is_carrier(str name, int *argument)
{
    for (size_t i = 0; i < ncarriers; i++)
        if (str_eqz(name, carriers[i].name)) {
            *argument = carriers[i].argument;
            return true;
        }
    return false;
}

static void find_carriers(const char *text)
{
    static const char marker[] = "err_test: argument ";
    for (const char *p = text; (p = strstr(p, marker)); p++) {
        int n;
        assert_true(ncarriers < CARRIERS);
        if (sscanf(p + sizeof marker - 1, "%d of %39s is a format", &n, carriers[ncarriers].name) == 2)
            carriers[ncarriers++].argument = n - 1;
    }
}

static void scan(const char *file, const char *text)
{
    const char *p = skip_blank(text);
    size_t      before = ncarriers;
    find_carriers(text);
    while (*p) {
        const char *from = p;
        if (*p == '"' || *p == '\'') {
            p = skip_blank(skip_quoted(p));
            continue;
        }
        while (is_word(*p))
            p++;
        int  n, ignored;
        str  word = { from, (size_t)(p - from) }, argument;
        bool carrier = word.n && is_carrier(word, &n);
        p = skip_blank(p > from ? p : p + 1);
        if (!carrier || *p != '(')
            continue;
        str around = defined_around(text, from);
        if (str_eq(around, word) || is_carrier(around, &ignored))
            continue;           /* the announced macro itself */
        if (!argument_find(p + 1, n, &argument))
            complain(file, text, from, "the call cannot be read", word);
        else
            check_argument(file, text, argument);
    }
    ncarriers = before;
}

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    str s = str_of(path);
    (void)st, (void)ftw;
    bool ours = (str_ends(s, S(".c")) && !str_ends(s, S("_test.c")) && !str_ends(s, S("_fuzz.c"))) || str_ends(s, S(".h"));
    if (kind == FTW_F && ours && !str_ends(s, S("/base/err.h")) && !str_ends(s, S("/base/err.c")) && nfiles < FILES)
        files[nfiles++] = str_z(mem, s);
    return 0;
}

static void test_every_format_has_a_twin(void **state)
{
    str text = STR_NONE;
    (void)state;
    if (nftw(str_printf(mem, "%s/server", suite_root()).p, add_file, 16, FTW_PHYS) != 0) {
        print_message("skipped: no source text below %s (set QUDAO_ROOT)\n", suite_root());
        skip();
    }
    for (size_t i = 0; i < nfiles; i++) {
        assert_true(suite_read_file(mem, files[i], &text));
        if (str_ends(str_of(files[i]), S(".h")))
            find_carriers(text.p);
    }
    for (size_t i = 0; i < nfiles; i++) {
        assert_true(suite_read_file(mem, files[i], &text));
        scan(files[i], text.p);
    }
    print_message("%zu files, %d formats, %d twins\n", nfiles, formats, (int)TWINS);
    assert_true(formats > 20);
    /* what err.c says by itself */
    for (int i = 0; i < TWINS; i++)
        used[i] |= !strcmp(twins[i].en, "Some fields are not right") || !strcmp(twins[i].en, "Something went wrong on our side");
    for (int i = 0; i < TWINS; i++)
        if (!used[i]) {
            print_error("a twin that no source uses: %s\n", twins[i].en);
            problems++;
        }
    assert_int_equal(problems, 0);
}

static bool has_han(const char *z)
{
    for (; *z; z++)
        if ((unsigned char)*z >= 0xe4 && (unsigned char)*z <= 0xe9)
            return true;
    return false;
}

static void test_twins(void **state)
{
    int wrong = 0;
    (void)state;
    for (int i = 0; i < TWINS; i++) {
        /* one that is nothing but arguments and punctuation needs no Chinese word */
        bool words = false;
        for (const char *p = twins[i].en; *p; p++)
            words |= isalpha((unsigned char)*p) && isalpha((unsigned char)p[1]);
        if (words && !has_han(twins[i].zh))
            wrong += (print_error("not Chinese: %s\n", twins[i].zh), 1);
        if (!same_arguments(twins[i].en, twins[i].zh))
            wrong += (print_error("other arguments: %s | %s\n", twins[i].en, twins[i].zh), 1);
        for (int k = 0; k < i; k++)
            if (!strcmp(twins[k].en, twins[i].en) && strcmp(twins[k].zh, twins[i].zh))
                wrong += (print_error("two twins: %s\n", twins[i].en), 1);
    }
    assert_int_equal(wrong, 0);
}

/* The reader of C text itself: what it must find fault with. */
static void test_reader(void **state)
{
    static const struct { const char *text; int faults; } t[] = {
        { "return err_set(e, ERR_INVALID, \"Some fields are not right\");", 0 },
        { "err_set(f(a, b[1,2]), ERR_INVALID, \"Some \" /* x, \" */ \"fields are\" \" not right\");", 0 },
        { "err_set(e, k, c == '?' ? \"Some fields are not right\" : \"Something went wrong on our side\")", 0 },
        { "/* err_set(e, k, fmt) */ // err_set(e, k, fmt)\n char *s = \"err_set(e, k, fmt)\"; my_err_set(e, k, fmt);", 0 },
        { "err_problem(e, S(\"a,b\"), \"code\", \"--%s needs a value \" \"after it\", x)", 0 },
        { "err_set(e, ERR_INVALID, \"There is no option --\" STR_FMT \". --help lists them\", STR_ARG(x))", 0 },
        { "err_set(e, ERR_INVALID, \"Nobody has translated this\")", 1 },
        { "err_set(e, ERR_INVALID, c ? \"Some fields are not right\" : \"Nobody has translated this\")", 1 },
        { "err_set(e, ERR_INVALID, text)", 1 },
        { "err_set(e, ERR_INVALID, TEXT \"abc\")", 1 },
        { "err_set(e, ERR_INVALID)", 1 },
        { "#define SAY(e, m) err_set(e, ERR_INVALID, m)\nSAY(e, \"x\")", 1 },
        { "/* err_test: argument 2 of SAY is a format */\n#define SAY(e, m) \\\n err_set(e, ERR_INVALID, m)\nSAY(e, \"x\"); SAY(e, \"Some fields are not right\")", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        problems = 0;
        print_message("case %zu, faults wanted: %d\n", i, t[i].faults);
        scan("case", t[i].text);
        assert_int_equal(problems, t[i].faults);
    }
    problems = formats = 0;
    assert_true(same_arguments("%s has %d of %zu", "%3$zu %1$s %2$d"));
    assert_true(same_arguments("%.*s %lld 100%%", "100%% %.*s：%lld"));
    assert_false(same_arguments("%s has %d", "%d %s"));
    assert_false(same_arguments("%s", "%.*s"));
    assert_false(same_arguments("%d", "%lld"));
    assert_false(same_arguments("%d", ""));
}

static void test_err(void **state)
{
    struct err e;
    (void)state;
    err_init(&e, mem, LANG_ZH);
    assert_false(err_problem(&e, S("name"), "needed", "--%s needs a value after it", "x"));
    for (int i = 0; i < 40; i++)
        err_problem(&e, S("other"), "code", "Nobody has translated this %d", i);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_string_equal(e.message.p, "有些字段填写有误");
    assert_string_equal(e.problems[0].message.p, "--x 后面需要一个值");
    assert_int_equal(e.nproblems, 41);
    assert_string_equal(e.problems[40].message.p, "Nobody has translated this 39");
    err_clear(&e);
    assert_int_equal(e.nproblems, 0);
    assert_false(err_internal(&e, "row %d", 7));
    assert_false(err_detail(&e, "later"));
    assert_string_equal(e.detail.p, "row 7");
    assert_string_equal(e.message.p, "系统内部出错，请稍后再试");
    assert_int_equal(err_status(ERR_CONFLICT), 409);
    assert_int_equal(err_status(ERR_NONE), 200);
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
        cmocka_unit_test(test_err), cmocka_unit_test(test_reader), cmocka_unit_test(test_twins), cmocka_unit_test(test_every_format_has_a_twin),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
