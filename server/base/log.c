/* log: see log.h.  A line is put together on the stack and handed to the system in one write, so lines of threads never
 * mix; the table of the rate limit is the only thing shared. */
#include "base/log.h"
#include "base/buf.h"
#include "base/check.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 4096, EVENTS = 128, QUOTED = 1024 };

static const char *const names[] = { "debug", "info", "warn", "error" };
static _Atomic int       least = LOG_INFO;

void log_set_level(enum log_level level) { least = (int)level; }

bool log_level_find(str name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eqz(name, names[i])) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

/* Event names are literals of this program, so there are few; should the table ever be full, the rest share its last row. */
static struct { const char *event; int64_t written_ms, suppressed; } events[EVENTS];
static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;

/* False: this one is left out.  *suppressed: how many were since the last that was written. */
static bool may_write(const char *event, int64_t now_ms, int64_t *suppressed)
{
    pthread_mutex_lock(&events_lock);
    size_t i = 0;
    while (i < EVENTS - 1 && events[i].event && strcmp(events[i].event, event) != 0)
        i++;
    bool first = !events[i].event, yes = first || now_ms - events[i].written_ms >= 1000;
    if (first)
        events[i].event = event;
    if (yes) {
        *suppressed = events[i].suppressed;
        events[i].suppressed = 0;
        events[i].written_ms = now_ms;
    } else {
        events[i].suppressed++;
    }
    pthread_mutex_unlock(&events_lock);
    return yes;
}

static int64_t monotonic_ms(void)
{
    struct timespec t;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t put_head(char *line, size_t room, enum log_level level, const char *event)
{
    struct timespec t;
    struct tm       tm;
    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0 && gmtime_r(&t.tv_sec, &tm));
    size_t n = strftime(line, room, "time=%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t)snprintf(line + n, room - n, ".%03dZ level=%s event=%.64s", (int)(t.tv_nsec / 1000000), names[level], event);
}

/* Cut to at most max bytes, never in the middle of a character. */
static size_t cut(const char *p, size_t n, size_t max)
{
    if (n <= max)
        return n;
    while (max && ((unsigned char)p[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static void write_line(char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = ' ';
    line[n++] = '\n';
    for (size_t done = 0; done < n;) {
        ssize_t k = write(STDERR_FILENO, line + done, n - done);
        if (k <= 0)
            return;         /* nowhere to complain */
        done += (size_t)k;
    }
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    int64_t suppressed = 0;
    char    line[LINE + 64];
    if ((int)level < least || (level >= LOG_WARN && !may_write(event, monotonic_ms(), &suppressed)))
        return;
    size_t n = put_head(line, LINE, level, event);
    if (fmt[0]) {
        line[n++] = ' ';
        va_list ap;
        va_start(ap, fmt);
        int k = vsnprintf(line + n, LINE - n, fmt, ap);
        va_end(ap);
        CHECK(k >= 0);
        n += cut(line + n, (size_t)k, LINE - 1 - n - 4);
    }
    if (suppressed)
        n += (size_t)snprintf(line + n, sizeof line - n, " suppressed=%lld", (long long)suppressed);
    write_line(line, n);
}

const char *log_q(struct arena *mem, str s)
{
    struct buf b;
    buf_init(&b, mem);
    size_t n = cut(s.p, s.n, QUOTED);
    buf_putc(&b, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool          c1 = c == 0xc2 && i + 1 < n && (unsigned char)s.p[i + 1] < 0xa0;     /* control characters U+0080..9F */
        if (c == '"' || c == '\\')
            buf_printf(&b, "\\%c", c);
        else if (c == '\n')
            buf_putz(&b, "\\n");
        else if (c < 0x20 || c == 0x7f)
            buf_printf(&b, "\\x%02x", c);
        else if (c1)
            buf_printf(&b, "\\x%02x", (unsigned char)s.p[++i]);
        else
            buf_putc(&b, (char)c);
    }
    buf_putz(&b, n < s.n ? "\"..." : "\"");
    buf_putc(&b, 0);
    return b.p;
}
