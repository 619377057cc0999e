/* settings: one table of what can be set from outside: command line --name, environment QUDAO_NAME.  --help and the
 * reference page are printed from it.  A command has options of its own in a table of the same kind; those come from
 * the command line only. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H
#include "base/err.h"

enum setting_type { SET_TEXT, SET_INT, SET_BOOL, SET_BYTES, SET_SECONDS };
struct setting {
    const char       *name;         /* "listen": --listen, QUDAO_LISTEN; "log-level": QUDAO_LOG_LEVEL */
    enum setting_type type;
    const char       *otherwise;    /* the default, as text; NULL: none, reads as STR_NONE, 0 or false */
    int64_t           min, max;     /* of INT, BYTES, SECONDS */
    const char       *doc;
};
extern const struct setting settings_table[];       /* ends with name NULL */

struct settings;
/* Reads the environment, then argv[1..]: --name value and --name=value; a switch is --name, --name=false or --no-name.  Sizes take k, M, G
 * (1024s), times s, m, h, d.  own: the command's own options, ends with name NULL, or NULL.  Arguments that are no
 * options are left in order in *rest, and so is everything after --.  An unknown option is ERR_INVALID and names the nearest one. */
bool settings_read(struct arena *, int argc, char **argv, const struct setting *own, struct settings **out,
                   int *nrest, char ***rest, struct err *);
str     setting_text(const struct settings *, const char *name);
int64_t setting_int(const struct settings *, const char *name);
bool    setting_bool(const struct settings *, const char *name);
bool    setting_given(const struct settings *, const char *name);   /* by environment or command line */
void    settings_help(const struct setting *table, void (*line)(const char *));
#endif
