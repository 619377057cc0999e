/* blob: see blob.h. */
#include "exchange/blob.h"
#include "base/file.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX = 64 };

static const struct kind { const char *type, *begins; size_t n, at; bool shown; } kinds[] = {
    { "image/png", "\x89PNG\r\n\x1a\n", 8, 0, true },  { "image/jpeg", "\xff\xd8\xff", 3, 0, true },
    { "image/gif", "GIF87a", 6, 0, true },             { "image/gif", "GIF89a", 6, 0, true },
    { "image/webp", "WEBP", 4, 8, true },              { "application/pdf", "%PDF-", 5, 0, true },
};

/* Only to be kept: what a browser may not run, even when it is not told to keep it. */
static const struct { const char *ending, *type; } endings[] = {
    { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { ".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { ".xls", "application/vnd.ms-excel" }, { ".doc", "application/msword" }, { ".ppt", "application/vnd.ms-powerpoint" },
    { ".csv", "text/csv" }, { ".txt", "text/plain" }, { ".zip", "application/zip" }, { ".mp4", "video/mp4" }, { ".mp3", "audio/mpeg" },
};

str blob_type(str bytes, str name, bool *shown)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *k = &kinds[i];
        if (bytes.n >= k->at + k->n && !memcmp(bytes.p + k->at, k->begins, k->n)) {
            *shown = k->shown;
            return str_of(k->type);
        }
    }
    *shown = false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        str ending = str_of(endings[i].ending);
        if (name.n > ending.n && str_eq_nocase(str_sub(name, name.n - ending.n, name.n), ending))
            return str_of(endings[i].type);
    }
    return S("application/octet-stream");
}

bool blob_may_show(str type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].shown && str_eqz(type, kinds[i].type))
            return true;
    return false;
}

static bool is_hash(str h)
{
    for (size_t i = 0; i < h.n; i++)
        if (!((h.p[i] >= '0' && h.p[i] <= '9') || (h.p[i] >= 'a' && h.p[i] <= 'f')))
            return false;
    return h.n == HEX;
}

static const char *folder(struct arena *mem, str dir, str hash) { return str_printf(mem, STR_FMT "/files/%.2s", STR_ARG(dir), hash.p).p; }
static const char *place(struct arena *mem, str dir, str hash) { return str_printf(mem, STR_FMT "/files/%.2s/%.62s", STR_ARG(dir), hash.p, hash.p + 2).p; }

int blob_open(struct arena *mem, str dir, str hash)
{
    return dir.n && is_hash(hash) ? open(place(mem, dir, hash), O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
}

static bool full(struct err *e, const char *path)
{
    int why = errno;
    err_set(e, ERR_FULL, "The file cannot be stored");
    return err_detail(e, "%s: %s", path, strerror(why));
}

/* What a folder names is on disk only after the folder is. */
static bool settle(const char *path)
{
    int  fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool make_folder(const char *path, const char *above)
{
    if (mkdir(path, 0700) == 0)
        return settle(above);
    return errno == EEXIST;
}

bool blob_put(struct arena *mem, str dir, str bytes, str *hash, struct err *e)
{
    struct hash256 h = hash256(bytes);
    const char    *files = str_printf(mem, STR_FMT "/files", STR_ARG(dir)).p;
    struct stat    st;
    *hash = hash_hex(mem, &h, sizeof h);
    if (!dir.n)
        return err_set(e, ERR_INVALID, "This server keeps no files: it was started without a data folder");
    const char *in = folder(mem, dir, *hash), *path = place(mem, dir, *hash);
    if (stat(path, &st) == 0 && (size_t)st.st_size == bytes.n)
        return true;
    char *beside = str_z(mem, str_printf(mem, "%s/new-XXXXXX", files));
    if (!make_folder(files, str_z(mem, dir)) || !make_folder(in, files))
        return full(e, in);
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return full(e, beside);
    bool ok = file_write(fd, bytes) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok && rename(beside, path) == 0 && settle(in);
    if (ok)
        return true;
    full(e, path);
    unlink(beside);
    return false;
}
