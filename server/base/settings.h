/* settings: one table of what can be set from outside: command line --name, environment QUDAO_NAME.  --help and the
 * reference page are printed from it. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H
#include "base/err.h"

enum setting_type { SET_TEXT, SET_INT, SET_BOOL, SET_BYTES, SET_SECONDS };
struct setting {
    const char       *name;         /* "listen": --listen, QUDAO_LISTEN */
    enum setting_type type;
    const char       *otherwise;    /* the default, as text */
    int64_t           min, max;     /* of INT, BYTES, SECONDS */
    const char       *doc;
};
extern const struct setting settings_table[];       /* ends with name NULL */

struct settings;
/* Reads the environment, then argv; arguments that are no settings are left in order in *rest. */
bool settings_read(struct arena *, int argc, char **argv, struct settings **out, int *nrest, char ***rest, struct err *);
str     setting_text(const struct settings *, const char *name);
int64_t setting_int(const struct settings *, const char *name);
bool    setting_bool(const struct settings *, const char *name);
void    settings_help(void (*line)(const char *));
#endif
