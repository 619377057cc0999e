/* settings: see settings.h.  Values are checked when they are read, so who asks later cannot fail; asking for a name
 * that is in no table is a bug and is CHECKed. */
#include "base/settings.h"
#include "base/buf.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB(n) (INT64_C(n) << 20)

const struct setting settings_table[] = {
    { "data", SET_TEXT, NULL, 0, 0, "folder of the workspace: database, files, backups" },
    { "listen", SET_TEXT, "127.0.0.1:8090", 0, 0, "address and port to listen on; [::1]:8090 and :8090 (all addresses) work too" },
    { "database", SET_TEXT, NULL, 0, 0, "postgresql://user@host/name; without it the data is a SQLite file in the data folder" },
    { "workspace", SET_TEXT, "qudao", 0, 0, "name of the workspace: the schema in a PostgreSQL database" },
    { "workers", SET_INT, "16", 1, 512, "threads that answer requests; more than cores, because writers wait for the disk together" },
    { "readers", SET_INT, "0", 0, 256, "database connections that read at once; 0 takes what fits the machine" },
    { "connections", SET_INT, "4096", 1, 65000, "most open connections" },
    { "per-address", SET_INT, "1024", 1, 65000, "most open connections of one address" },
    { "max-body", SET_BYTES, "8M", 1024, MIB(4096), "largest request body" },
    { "max-upload", SET_BYTES, "256M", 1024, MIB(4096), "largest file that is sent to be imported or kept" },
    { "max-memory", SET_BYTES, "256M", MIB(1), MIB(4096), "most memory that the work of one request may take" },
    { "session-days", SET_INT, "30", 1, 365, "days after which an unused sign-in ends" },
    { "base-url", SET_TEXT, NULL, 0, 0, "https://crm.example.com: the address that people use; links in mails begin with it" },
    { "trusted-proxies", SET_TEXT, "", 0, 0, "addresses or networks whose X-Forwarded-For and -Proto count, separated by commas" },
    { "log-level", SET_TEXT, "info", 0, 0, "debug, info, warn or error" },
    { "demo", SET_BOOL, "false", 0, 0, "fill an empty workspace with demonstration data" },
    { 0 },
};

struct entry { const struct setting *row; str text; int64_t number; bool given; };
struct settings { struct entry *v; size_t n; };

static const char *environment_name(struct arena *mem, const char *name)
{
    char *p = (char *)str_printf(mem, "QUDAO_%s", name).p;
    for (char *c = p; *c; c++)
        *c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return p;
}

struct unit { char letter; int64_t factor; };
static const struct unit byte_units[] = { { 'k', 1 << 10 }, { 'K', 1 << 10 }, { 'm', 1 << 20 }, { 'M', 1 << 20 }, { 'g', 1 << 30 }, { 'G', 1 << 30 }, { 0 } };
static const struct unit second_units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 0 } };
static const struct unit no_units[] = { { 0 } };

static bool read_number(enum setting_type type, str text, int64_t *out)
{
    const struct unit *u = type == SET_BYTES ? byte_units : type == SET_SECONDS ? second_units : no_units;
    while (u->letter && !(text.n && text.p[text.n - 1] == u->letter))
        u++;
    return str_to_i64(u->letter ? str_sub(text, 0, text.n - 1) : text, out) &&
           !__builtin_mul_overflow(*out, u->letter ? u->factor : 1, out);
}

static bool read_switch(str text, int64_t *out)
{
    static const char *const yes[] = { "true", "1", "yes", "on" }, *const no[] = { "false", "0", "no", "off" };
    for (int i = 0; i < 4; i++)
        if (str_eqz(text, yes[i]) || str_eqz(text, no[i])) {
            *out = str_eqz(text, yes[i]);
            return true;
        }
    return false;
}

static bool assign(struct entry *x, str text, struct err *e)
{
    const struct setting *r = x->row;
    x->text = text;
    if (r->type == SET_BOOL)
        return read_switch(text, &x->number) || err_set(e, ERR_INVALID, "--%s is a switch: true or false, not “" STR_FMT "”", r->name, STR_ARG(text));
    if (r->type == SET_TEXT)
        return true;
    if (!read_number(r->type, text, &x->number))
        return err_set(e, ERR_INVALID, "--%s needs a number, not “" STR_FMT "”", r->name, STR_ARG(text));
    if (x->number < r->min || x->number > r->max)
        return err_set(e, ERR_INVALID, "--%s must be between %lld and %lld", r->name, (long long)r->min, (long long)r->max);
    return true;
}

static struct entry *find(const struct settings *s, str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eqz(name, s->v[i].row->name))
            return &s->v[i];
    return NULL;
}

static size_t table_length(const struct setting *t)
{
    size_t n = 0;
    while (t && t[n].name)
        n++;
    return n;
}

static void add_rows(struct settings *s, const struct setting *t)
{
    struct err never;
    for (; t && t->name; t++) {
        struct entry *x = &s->v[s->n++];
        x->row = t;
        CHECK(!t->otherwise || assign(x, str_of(t->otherwise), &never));
    }
}

static bool read_environment(struct arena *mem, struct settings *s, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = getenv(environment_name(mem, s->v[i].row->name));
        if (!text || !*text)
            continue;
        s->v[i].given = true;
        if (!assign(&s->v[i], str_of(text), e))
            return false;
    }
    return true;
}

enum { LONGEST = 40 };

/* How many letters must be changed, left out or added (Levenshtein). */
static int distance(str a, str b)
{
    int row[LONGEST + 1];
    if (a.n > LONGEST || b.n > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a.n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            int replace = diagonal + (a.p[i - 1] != b.p[j - 1]), other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < other ? replace : other;
        }
    }
    return row[b.n];
}

static bool unknown(const struct settings *s, str name, struct err *e)
{
    const char *nearest = NULL;
    int         best = LONGEST;
    for (size_t i = 0; i < s->n; i++) {
        str  known = str_of(s->v[i].row->name);
        int  d = distance(name, known);
        bool alike = (d <= 3 && d < (int)name.n) || (name.n >= 3 && str_starts(known, name));
        if (alike && d < best) {
            best = d;
            nearest = s->v[i].row->name;
        }
    }
    if (nearest)
        return err_set(e, ERR_INVALID, "There is no option --" STR_FMT ". Did you mean --%s?", STR_ARG(name), nearest);
    return err_set(e, ERR_INVALID, "There is no option --" STR_FMT ". --help lists them", STR_ARG(name));
}

/* argv[*i] begins with --; moves *i over a value that is an argument of its own. */
static bool read_option(struct settings *s, int argc, char **argv, int *i, struct err *e)
{
    str       arg = str_of(argv[*i] + 2);
    ptrdiff_t equals = str_chr(arg, '=');
    str       name = equals < 0 ? arg : str_sub(arg, 0, (size_t)equals);
    bool      negated = equals < 0 && str_starts(name, S("no-")) && !find(s, name);
    struct entry *x = find(s, negated ? str_sub(name, 3, name.n) : name);
    if (!x || (negated && x->row->type != SET_BOOL))
        return unknown(s, name, e);
    x->given = true;
    if (equals >= 0)
        return assign(x, str_sub(arg, (size_t)equals + 1, arg.n), e);
    if (x->row->type == SET_BOOL)
        return assign(x, negated ? S("false") : S("true"), e);
    if (*i + 1 >= argc)
        return err_set(e, ERR_INVALID, "--%s needs a value after it", x->row->name);
    return assign(x, str_of(argv[++*i]), e);
}

bool settings_read(struct arena *mem, int argc, char **argv, const struct setting *own, struct settings **out,
                   int *nrest, char ***rest, struct err *e)
{
    struct settings *s = NEW(mem, struct settings);
    size_t           house = table_length(settings_table);
    bool             options = true;
    s->v = NEWV(mem, struct entry, house + table_length(own));
    add_rows(s, settings_table);
    add_rows(s, own);
    *out = s;
    *rest = NEWV(mem, char *, (size_t)argc + 1);
    *nrest = 0;
    if (!read_environment(mem, s, house, e))
        return false;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (!options || argv[i][0] != '-' || argv[i][1] != '-')
            (*rest)[(*nrest)++] = argv[i];
        else if (!read_option(s, argc, argv, &i, e))
            return false;
    }
    return true;
}

static const struct entry *get(const struct settings *s, const char *name)
{
    const struct entry *x = find(s, str_of(name));
    CHECK(x != NULL);
    return x;
}

str     setting_text(const struct settings *s, const char *name) { return get(s, name)->text; }
int64_t setting_int(const struct settings *s, const char *name) { return get(s, name)->number; }
bool    setting_bool(const struct settings *s, const char *name) { return get(s, name)->number != 0; }
bool    setting_given(const struct settings *s, const char *name) { return get(s, name)->given; }

void settings_help(const struct setting *table, void (*line)(const char *))
{
    static const char *const value[] = { [SET_TEXT] = " TEXT", [SET_INT] = " N", [SET_BOOL] = "", [SET_BYTES] = " SIZE", [SET_SECONDS] = " TIME" };
    char                     text[512], option[64];
    for (const struct setting *r = table; r->name; r++) {
        bool shown = r->otherwise && *r->otherwise && r->type != SET_BOOL;
        snprintf(option, sizeof option, "--%s%s", r->name, value[r->type]);
        snprintf(text, sizeof text, "  %-24s  %s%s%s%s", option, r->doc, shown ? " (" : "", shown ? r->otherwise : "", shown ? ")" : "");
        line(text);
    }
}
