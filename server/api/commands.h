/* commands: the command line, one row each.  Exit 0 done, 1 refused with a reason, 2 wrong usage. */
#ifndef API_COMMANDS_H
#define API_COMMANDS_H
#include "base/settings.h"

struct job;
struct command {
    const char           *name, *arguments, *doc;
    const struct setting *options;      /* of its own, or NULL */
    const char           *settings;     /* of the house, that mean something to it: " data database "; NULL: all */
    int                   files;        /* most arguments that are no options */
    int                 (*run)(struct job *);
};
extern const struct command commands[];     /* ends with name NULL */
/* rest: the n arguments that are no options.  Returns the exit code. */
int command_run(const struct command *, const struct settings *, int n, char **rest);
#endif
