/* log: one event, one line, key=value, to stderr.  Never a password, token or a record's values.
 *     time=2026-01-31T08:00:00.123Z level=info event=listening address=127.0.0.1:8090 workers=16 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level);             /* what is below is not written; INFO at the start */
bool log_level_find(str name, enum log_level *);/* "debug", "info", "warn", "error" */
/* log_event(LOG_INFO, "listening", "address=%s workers=%d", ...): values with spaces are quoted by the caller through log_q.
 * The same event name at WARN or above is written at most once a second; what was left out is counted in suppressed=.
 * Any thread may call it; a line is written whole, without line breaks, and cut at 4 KiB. */
void log_event(enum log_level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct arena;
const char *log_q(struct arena *, str);         /* quoted and escaped, on one line */
#endif
