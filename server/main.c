/* main: puts the tables of all rooms together and starts what was asked for on the command line. */
#include "api/commands.h"
#include "base/log.h"
#include "base/settings.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#ifndef QUDAO_VERSION
#define QUDAO_VERSION "0"
#endif

static void print_line(const char *line) { puts(line); }

static int usage(FILE *to)
{
    fputs("qudao: a channel-partner CRM in one program\n\nqudao COMMAND [options]\n\n", to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-9s %s\n", c->name, c->doc);
    fputs("\nqudao COMMAND --help tells the options of a command; qudao --version the version.\n", to);
    return to == stdout ? 0 : 2;
}

static const char *wanted;      /* settings that the command uses, NULL: all */

/* "  --data TEXT   folder …" */
static void print_wanted(const char *line)
{
    char   name[64] = " ";
    size_t n = strcspn(line + 4, " ");
    if (n + 3 > sizeof name)
        return;
    memcpy(name + 1, line + 4, n);
    memcpy(name + 1 + n, " ", 2);
    if (!wanted || strstr(wanted, name))
        puts(line);
}

static int help(const struct command *c)
{
    printf("qudao %s %s\n\n%s\n\n", c->name, c->arguments, c->doc);
    if (c->options) {
        settings_help(c->options, print_line);
        putchar('\n');
    }
    wanted = c->settings;
    if (!wanted || *wanted) {
        puts("Settings, also as environment variables, QUDAO_DATA for --data:");
        settings_help(settings_table, print_wanted);
    }
    return 0;
}

static int run(const struct command *c, int argc, char **argv)
{
    struct arena   *mem = arena_new(0);
    struct settings *set;
    struct err       e;
    int              n;
    char           **rest;
    err_init(&e, mem, LANG_EN);
    if (!settings_read(mem, argc, argv, c->options, &set, &n, &rest, &e)) {
        fprintf(stderr, "qudao %s: " STR_FMT "\n", c->name, STR_ARG(e.message));
        arena_free(mem);
        return 2;
    }
    str level = setting_text(set, "log-level");
    log_set_level(str_eqz(level, "debug") ? LOG_DEBUG : str_eqz(level, "warn") ? LOG_WARN : str_eqz(level, "error") ? LOG_ERROR : LOG_INFO);
    if (n > c->files) {
        fprintf(stderr, "qudao %s: “%s” is one argument too many; qudao %s --help shows how it is used\n", c->name, rest[c->files], c->name);
        arena_free(mem);
        return 2;
    }
    if (c->settings && strstr(c->settings, " data ") && !setting_text(set, "data").n && !setting_text(set, "database").n) {
        fprintf(stderr, "qudao %s: --data is needed: the folder of the workspace\n", c->name);
        arena_free(mem);
        return 2;
    }
    int code = command_run(c, set, n, rest);
    arena_free(mem);
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);       /* a limit on the size of files is a full disk, not our end */
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
        return usage(stdout);
    if (!strcmp(argv[1], "--version")) {
        puts("qudao " QUDAO_VERSION);
        return 0;
    }
    for (const struct command *c = commands; c->name; c++) {
        if (strcmp(c->name, argv[1]))
            continue;
        for (int i = 2; i < argc; i++)
            if (!strcmp(argv[i], "--help"))
                return help(c);
        return run(c, argc - 1, argv + 1);
    }
    fprintf(stderr, "qudao: there is no command “%s”\n", argv[1]);
    return usage(stderr);
}
