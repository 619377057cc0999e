/* app_files: the shipped application (app/ of the sources) inside the program: modules, views, roles, dashboards as JSON text.
 * What the keys mean is in app/README.md.  Paths are relative to app/ and sorted: "channel/modules/10_region.json". */
#ifndef CHANNEL_APP_FILES_H
#define CHANNEL_APP_FILES_H
#include "base/str.h"

struct app_file { const char *path; str text; };
const struct app_file *app_files(size_t *n);
#endif
