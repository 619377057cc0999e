/* download: answers that are files.  They are made in an unlinked file first: an error can still be said, the transaction does
 * not wait for a slow client, and the length is known. */
#include "api/api.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An attribute value of RFC 8187: what is not a letter, digit or one of the few is written as %XX. */
static str extended(struct arena *mem, str s)
{
    struct buf b;
    buf_init(&b, mem);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("-._~", c)))
            buf_putc(&b, (char)c);
        else
            buf_printf(&b, "%%%02X", c);
    }
    return buf_str(&b);
}

str disposition(struct arena *mem, bool shown, str name)
{
    struct buf b;
    buf_init(&b, mem);
    buf_printf(&b, "%s; filename=\"", shown ? "inline" : "attachment");
    for (size_t i = 0; i < name.n;) {
        int32_t cp = text_next(name, &i);
        buf_putc(&b, cp >= 0x20 && cp < 0x7f && !strchr("\"\\%;/", (int)cp) ? (char)cp : '_');
    }
    buf_printf(&b, "\"; filename*=UTF-8''" STR_FMT, STR_ARG(extended(mem, name)));
    return buf_str(&b);
}

static int unlinked(struct call *k)
{
    int fd = open(k->app->spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char *path = str_z(k->c.mem, str_printf(k->c.mem, "%s/download-XXXXXX", k->app->spool));
    if ((fd = mkostemp(path, O_CLOEXEC)) >= 0)
        unlink(path);
    return fd;
}

static bool full(struct call *k)
{
    int why = errno;
    if (!k->c.err.kind)
        err_set(&k->c.err, ERR_FULL, "The file cannot be written");
    return err_detail(&k->c.err, "%s", strerror(why));
}

/* The file is closed also when the work fills the desk's memory and jumps to the router. */
static bool made(struct call *k, FILE *f, bool (*make)(struct call *, FILE *, void *), void *arg)
{
    jmp_buf full, *const outer = arena_guard(k->c.mem, &full);
    if (setjmp(full)) {
        fclose(f);
        arena_guard(k->c.mem, outer);
        longjmp(*outer, 1);
    }
    bool ok = make(k, f, arg);
    arena_guard(k->c.mem, outer);
    return ok;
}

bool call_download(struct call *k, str type, str name, bool (*make)(struct call *, FILE *, void *), void *arg)
{
    int   fd = unlinked(k), sent = -1;
    FILE *f = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (!f) {
        if (fd >= 0)
            close(fd);
        return full(k);
    }
    bool ok = made(k, f, make, arg);
    if (ok && (fflush(f) || ferror(f) || (sent = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0))
        ok = full(k);
    fclose(f);
    if (!ok)
        return false;
    if (!reply_file(k->rq, k->rp, sent))
        return full(k);
    k->rp->type = type;
    call_header(k, "Content-Disposition", disposition(k->c.mem, false, name));
    return true;
}
