/* backup: see backup.h. */
#include "api/backup.h"
#include "base/check.h"
#include "base/file.h"
#include "base/hash.h"
#include "exchange/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, COPY = 1 << 20, HEX = 64 };

/* One block in front of each file of an archive: numbers are octal text. */
struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], kind, link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a block");

static bool failed(struct err *e, const char *what)
{
    int why = errno;
    err_set(e, why == ENOSPC || why == EDQUOT ? ERR_FULL : ERR_INTERNAL, "The backup cannot be written or read");
    return err_detail(e, "%s: %s", what, strerror(why));
}

static bool damaged(struct err *e) { return err_set(e, ERR_INVALID, "This is no backup, or it is damaged"); }

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static unsigned sum_of(const struct ustar *h)
{
    struct ustar copy = *h;
    unsigned     sum = 0;
    memset(copy.sum, ' ', sizeof copy.sum);
    for (size_t i = 0; i < sizeof copy; i++)
        sum += ((const unsigned char *)&copy)[i];
    return sum;
}

/* Past 8 GiB sizes are binary with the first bit set, as GNU and star write them. */
static void put_size(char out[12], uint64_t n)
{
    if (n < UINT64_C(1) << 33) {
        char text[13];
        snprintf(text, sizeof text, "%011llo", (unsigned long long)n);
        memcpy(out, text, 12);
        return;
    }
    memset(out, 0, 12);
    out[0] = (char)0x80;
    for (int i = 11; i > 3; i--, n >>= 8)
        out[i] = (char)(n & 0xff);
}

static bool put_file(FILE *out, const char *name, int fd)
{
    static char  zeros[BLOCK];
    struct ustar h = { .kind = '0', .magic = "ustar", .version = { '0', '0' }, .mode = "0000600", .uid = "0000000", .gid = "0000000", .mtime = "00000000000" };
    struct stat  st;
    char         sum[9];
    char        *piece;
    uint64_t     left;
    bool         ok = fstat(fd, &st) == 0;
    snprintf(h.name, sizeof h.name, "%s", name);
    left = ok ? (uint64_t)st.st_size : 0;
    put_size(h.size, left);
    snprintf(sum, sizeof sum, "%06o", sum_of(&h));
    memcpy(h.sum, sum, 7);
    h.sum[7] = ' ';
    ok = ok && fwrite(&h, sizeof h, 1, out) == 1;
    struct arena *mem = arena_new(0);
    piece = arena_alloc(mem, COPY);
    size_t tail = (size_t)(-(int64_t)left & (BLOCK - 1));
    while (ok && left) {
        ssize_t n = read(fd, piece, left < COPY ? (size_t)left : COPY);
        ok = n > 0 && fwrite(piece, 1, (size_t)n, out) == (size_t)n;
        left -= ok ? (uint64_t)n : 0;
    }
    arena_free(mem);
    return ok && fwrite(zeros, 1, tail, out) == tail;
}

static bool put_path(FILE *out, const char *name, const char *path, struct err *e)
{
    int  fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && put_file(out, name, fd);
    if (!ok)
        failed(e, path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool put_blobs(FILE *out, str data, const struct rows *r, struct err *e)
{
    for (size_t i = 0; i < r->nrows; i++) {
        str        hash = CELL(r, i, 0)->u.s;
        arena_mark m = arena_here(e->mem);
        char       name[HEX + 16];
        int        fd = blob_open(e->mem, data, hash);
        snprintf(name, sizeof name, "files/%.2s/%.62s", hash.p, hash.p + 2);
        bool ok = fd >= 0 && put_file(out, name, fd);
        if (!ok)
            failed(e, name);
        if (fd >= 0)
            close(fd);
        if (!ok)
            return false;
        arena_back(e->mem, m);
    }
    return true;
}

/* The files that the copy knows: what was sent after it is not wanted. */
static bool blobs_of(struct store *st, struct arena *mem, struct rows *out, struct err *e)
{
    struct db *db;
    if (!db_begin(st, TX_READ, "backup", &db, e))
        return false;
    bool ok = db_run(db, S("SELECT DISTINCT hash FROM q_file ORDER BY hash"), NULL, 0, mem, out, e);
    db_rollback(db);
    return ok;
}

static bool blobs_of_copy(const char *path, struct arena *mem, struct rows *out, struct err *e)
{
    struct store_options o = { .sqlite_path = path, .read_only = true };
    struct store        *st;
    if (!store_open(&o, &st, e))
        return false;
    bool ok = blobs_of(st, mem, out, e);
    store_close(st);
    return ok;
}

static bool pack(const char *copy, str data, const struct rows *blobs, const char *file, struct err *e)
{
    static char zeros[2 * BLOCK];
    FILE       *out = fopen(file, "wb");
    if (!out)
        return failed(e, file);
    bool ok = put_path(out, "qudao.db", copy, e) && put_blobs(out, data, blobs, e);
    if (ok && (fwrite(zeros, sizeof zeros, 1, out) != 1 || fflush(out) || fsync(fileno(out))))
        ok = failed(e, file);
    if (fclose(out) && ok)
        ok = failed(e, file);
    return ok;
}

bool backup_write(struct store *st, str data, const char *file, struct err *e)
{
    struct arena *mem = arena_new(0);
    const char   *copy = str_printf(mem, "%s.database", file).p, *beside = str_printf(mem, "%s.part", file).p;
    struct rows   blobs;
    bool          ok = store_backup(st, copy, e) && blobs_of_copy(copy, mem, &blobs, e);
    if (ok && blobs.nrows) {
        ok = pack(copy, data, &blobs, beside, e);
        unlink(copy);
        copy = beside;
    }
    if (ok && rename(copy, file))
        ok = failed(e, file);
    if (!ok)
        unlink(copy);
    arena_free(mem);
    return ok;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static bool get_size(const char in[12], uint64_t *out)
{
    *out = 0;
    if ((unsigned char)in[0] == 0x80) {
        for (int i = 4; i < 12; i++)
            *out = *out << 8 | (unsigned char)in[i];
        return true;
    }
    for (int i = 0; i < 11; i++) {
        if (in[i] < '0' || in[i] > '7')
            return false;
        *out = *out << 3 | (uint64_t)(in[i] - '0');
    }
    return true;
}

/* The next file in the archive; *end at its end. */
static bool next_file(str *rest, str *name, str *bytes, bool *end, struct err *e)
{
    const struct ustar *h = (const void *)rest->p;
    uint64_t            size;
    *end = false;
    if (rest->n < BLOCK)
        return damaged(e);
    if (!h->name[0]) {
        *end = true;
        return true;
    }
    if (memcmp(h->magic, "ustar", 6) || (h->kind != '0' && h->kind != 0) || !get_size(h->size, &size) || size > rest->n - BLOCK ||
        strtoul(h->sum, NULL, 8) != sum_of(h))
        return damaged(e);
    *name = (str){ h->name, strnlen(h->name, sizeof h->name) };
    *bytes = str_sub(*rest, BLOCK, BLOCK + (size_t)size);
    uint64_t whole = (size + BLOCK - 1) / BLOCK * BLOCK + BLOCK;
    *rest = str_sub(*rest, whole < rest->n ? (size_t)whole : rest->n, rest->n);
    return true;
}

static bool get_blob(str data, str name, str bytes, struct err *e)
{
    arena_mark m = arena_here(e->mem);
    str        hash;
    char       want[HEX + 16];
    if (!blob_put(e->mem, data, bytes, &hash, e))
        return false;
    snprintf(want, sizeof want, "files/%.2s/%.62s", hash.p, hash.p + 2);
    arena_back(e->mem, m);
    return str_eqz(name, want) || damaged(e);
}

static bool copy_bytes(const char *path, str bytes, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && file_write(fd, bytes) && fsync(fd) == 0;
    if (!ok)
        failed(e, path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* The database comes last: without it there is no workspace. */
static bool unpack(str archive, const char *dir, const char *database, struct err *e)
{
    str  rest = archive, name, bytes, db = STR_NONE;
    bool end;
    for (;;) {
        if (!next_file(&rest, &name, &bytes, &end, e))
            return false;
        if (end)
            break;
        if (!db.p && str_eqz(name, "qudao.db"))
            db = bytes;
        else if (!get_blob(str_of(dir), name, bytes, e))
            return false;
    }
    return db.p ? copy_bytes(database, db, e) : damaged(e);
}

static bool copy_database(const char *from, const char *target, struct err *e)
{
    struct store_options o = { .sqlite_path = from, .read_only = true };
    struct store        *st;
    if (!store_open(&o, &st, e))
        return false;
    bool ok = store_backup(st, target, e);
    store_close(st);
    return ok;
}

static bool read_archive(int fd, size_t n, const char *dir, const char *target, struct err *e)
{
    struct arena *mem = arena_new(0);
    const char   *beside = str_printf(mem, "%s.restored", target).p;
    void         *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    bool          ok = p != MAP_FAILED || failed(e, "mmap");
    if (ok) {
        unlink(beside);
        ok = unpack((str){ p, n }, dir, beside, e) && copy_database(beside, target, e);
        unlink(beside);
        munmap(p, n);
    }
    arena_free(mem);
    return ok;
}

bool backup_read(const char *file, const char *dir, struct err *e)
{
    struct arena *mem = arena_new(0);
    const char   *target = str_printf(mem, "%s/qudao.db", dir).p;
    struct ustar  h = { 0 };
    struct stat   st;
    int           fd = open(file, O_RDONLY | O_CLOEXEC);
    bool          ok = fd >= 0 && fstat(fd, &st) == 0 && pread(fd, &h, sizeof h, 0) >= 0;
    if (!ok)
        failed(e, file);
    else if (mkdir(dir, 0700) && errno != EEXIST)
        ok = failed(e, dir);
    else if (!memcmp(h.magic, "ustar", 6))
        ok = read_archive(fd, (size_t)st.st_size, dir, target, e);
    else
        ok = copy_database(file, target, e);
    if (fd >= 0)
        close(fd);
    arena_free(mem);
    return ok;
}

/* ---- checking -------------------------------------------------------------------------------------------------------------- */

static bool is_whole(struct arena *mem, str data, str hash)
{
    struct stat    st;
    struct hash256 want, got;
    int            fd = blob_open(mem, data, hash);
    bool           ok = fd >= 0 && fstat(fd, &st) == 0 && hash_from_hex(hash, &want, sizeof want);
    void          *p = ok && st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (ok && p != MAP_FAILED) {
        got = hash256((str){ p ? p : "", (size_t)st.st_size });
        ok = hash256_eq(&want, &got);
    }
    if (p && p != MAP_FAILED)
        munmap(p, (size_t)st.st_size);
    if (fd >= 0)
        close(fd);
    return ok && p != MAP_FAILED;
}

bool backup_check_files(struct store *st, str data, void (*say)(void *, str), void *arg, struct err *e)
{
    struct arena *mem = arena_new(0);
    struct rows   r;
    size_t        bad = 0;
    bool          ok = blobs_of(st, mem, &r, e);
    for (size_t i = 0; ok && i < r.nrows; i++) {
        str hash = CELL(&r, i, 0)->u.s;
        if (is_whole(mem, data, hash))
            continue;
        bad++;
        say(arg, str_printf(mem, "files/%.2s/%.62s is missing or not as it was sent", hash.p, hash.p + 2));
    }
    if (ok && bad)
        ok = err_set(e, ERR_INTERNAL, "%zu attached files are missing or damaged", bad);
    arena_free(mem);
    return ok;
}
