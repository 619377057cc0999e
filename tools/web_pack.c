/* web_pack: packs the built web client into the program, for the build.
 *     web_pack DIST OUT.c OUT.bin
 * OUT.bin holds every file below DIST as it is, and coded by gzip and brotli (each checked by decoding it again); OUT.c is the table of
 * api/assets.h, which pulls OUT.bin in.  Both stay untouched when nothing changed, so the build may call this every time.
 * Without DIST/index.html the table is empty. */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <dirent.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { FILES_MAX = 2000, PATH_SIZE = 1024, DIGEST = 16, FORMAT = 1 };

struct bytes { unsigned char *p; size_t n; };
struct file { char path[PATH_SIZE], digest[DIGEST * 2 + 1]; struct bytes body, gzip, brotli; };

static struct file files[FILES_MAX];
static size_t      nfiles;

_Noreturn static void fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("web_pack: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void *need(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        fail("no memory");
    return p;
}

static struct bytes read_file(const char *path, size_t n)
{
    FILE        *in = fopen(path, "rb");
    struct bytes b = { need(n), n };
    if (!in || fread(b.p, 1, n, in) != n || getc(in) != EOF)
        fail("cannot read %s", path);
    fclose(in);
    return b;
}

static void add_file(const char *root, const char *path, size_t size)
{
    if (nfiles == FILES_MAX)
        fail("more than %d files", FILES_MAX);
    struct file  *f = &files[nfiles++];
    unsigned char digest[DIGEST];
    snprintf(f->path, sizeof f->path, "%s", path + strlen(root));
    for (const char *c = f->path; *c; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\' || *c == '?')
            fail("the name of %s would need escaping", path);
    f->body = read_file(path, size);
    crypto_generichash(digest, sizeof digest, f->body.p, f->body.n, NULL, 0);
    sodium_bin2hex(f->digest, sizeof f->digest, digest, sizeof digest);
}

static void walk(const char *root, const char *folder)
{
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        char        path[PATH_SIZE];
        struct stat st;
        size_t      n = strlen(e->d_name);
        if (e->d_name[0] == '.' || (n > 4 && strcmp(e->d_name + n - 4, ".map") == 0))
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path || stat(path, &st) != 0)
            fail("cannot look at %s/%s", folder, e->d_name);
        if (S_ISDIR(st.st_mode))
            walk(root, path);
        else if (S_ISREG(st.st_mode))
            add_file(root, path, (size_t)st.st_size);
    }
    closedir(d);
}

static int by_path(const void *a, const void *b) { return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path); }

/* ---- coding ---- */

static struct bytes code_gzip(struct bytes in)
{
    enum { GZIP_FORMAT = 16, BEST = 9 };
    z_stream z = { 0 };
    if (deflateInit2(&z, BEST, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT, BEST, Z_DEFAULT_STRATEGY) != Z_OK)
        fail("gzip");
    struct bytes out = { .n = deflateBound(&z, in.n) };
    out.p = need(out.n);
    z.next_in = in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = out.p;
    z.avail_out = (uInt)out.n;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        fail("gzip");
    out.n = z.total_out;
    deflateEnd(&z);
    unsigned char *back = need(in.n + 1);
    z_stream       u = { .next_in = out.p, .avail_in = (uInt)out.n, .next_out = back, .avail_out = (uInt)in.n + 1 };
    if (inflateInit2(&u, MAX_WBITS + GZIP_FORMAT) != Z_OK || inflate(&u, Z_FINISH) != Z_STREAM_END || u.total_out != in.n || memcmp(back, in.p, in.n) != 0)
        fail("gzip does not come back");
    inflateEnd(&u);
    free(back);
    return out;
}

static struct bytes code_brotli(struct bytes in)
{
    struct bytes out = { .n = BrotliEncoderMaxCompressedSize(in.n) };
    out.p = need(out.n);
    if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, in.n, in.p, &out.n, out.p))
        fail("brotli");
    size_t         n = in.n + 1;
    unsigned char *back = need(n);
    if (BrotliDecoderDecompress(out.n, out.p, &n, back) != BROTLI_DECODER_RESULT_SUCCESS || n != in.n || memcmp(back, in.p, n) != 0)
        fail("brotli does not come back");
    free(back);
    return out;
}

/* Only what saves a tenth is worth a place. */
static void keep_if_smaller(struct bytes *coded, size_t n)
{
    if (n < 128 || coded->n > n - n / 10)
        coded->n = 0;
}

static void code_files(void)
{
    for (size_t i = 0; i < nfiles; i++) {
        struct file *f = &files[i];
        f->gzip = code_gzip(f->body);
        f->brotli = code_brotli(f->body);
        keep_if_smaller(&f->gzip, f->body.n);
        keep_if_smaller(&f->brotli, f->body.n);
    }
}

/* ---- writing ---- */

static const char *type_of(const char *path)
{
    static const struct { const char *extension, *type; } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".mjs", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".webp", "image/webp" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".wasm", "application/wasm" },
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(dot, types[i].extension) == 0)
            return types[i].type;
    fail("no content type for %s; add it in tools/web_pack.c", path);
}

static size_t offset;

static void put_bytes(FILE *c, FILE *bin, struct bytes b)
{
    if (b.n == 0) {
        fputs("{ 0, 0 }", c);
        return;
    }
    fprintf(c, "{ web_bytes + %zu, %zu }", offset, b.n);
    if (fwrite(b.p, 1, b.n, bin) != b.n)
        fail("cannot write");
    offset += b.n;
}

static void write_out(const char *c_path, const char *bin_path, const char *fingerprint)
{
    FILE *c = fopen(c_path, "wb"), *bin = fopen(bin_path, "wb");
    char *full = realpath(bin_path, NULL);
    if (!c || !bin || !full)
        fail("cannot write %s", c_path);
    fprintf(c, "/* %s: written by the build from web/dist; see tools/web_pack.c. */\n#include \"api/assets.h\"\n\n", fingerprint);
    if (nfiles) {
        fprintf(c, "extern const char web_bytes[];\n__asm__(\".section .rodata\\n.balign 16\\n.global web_bytes\\nweb_bytes:\\n.incbin \\\"%s\\\"\\n.previous\\n\");\n\n", full);
        fputs("static const struct asset list[] = {\n", c);
        for (size_t i = 0; i < nfiles; i++) {
            struct file *f = &files[i];
            fprintf(c, "    { S_INIT(\"%s\"), S_INIT(\"%s\"), S_INIT(\"%s\"),\n      ", f->path, type_of(f->path), f->digest);
            put_bytes(c, bin, f->body);
            fputs(", ", c);
            put_bytes(c, bin, f->gzip);
            fputs(", ", c);
            put_bytes(c, bin, f->brotli);
            fputs(" },\n", c);
        }
        fputs("};\n\nconst struct assets assets_web = { list, sizeof list / sizeof list[0] };\n", c);
    } else {
        fputs("const struct assets assets_web = { 0 };\n", c);
    }
    if (fclose(c) != 0 || fclose(bin) != 0)
        fail("cannot write %s", c_path);
    free(full);
}

static bool unchanged(const char *c_path, const char *bin_path, const char *fingerprint)
{
    char        line[128] = "";
    struct stat st;
    FILE       *c = fopen(c_path, "rb");
    if (!c)
        return false;
    char *got = fgets(line, sizeof line, c);
    fclose(c);
    return got && strncmp(line + 3, fingerprint, strlen(fingerprint)) == 0 && stat(bin_path, &st) == 0;
}

int main(int argc, char **argv)
{
    crypto_generichash_state all;
    unsigned char            digest[DIGEST];
    char                     fingerprint[DIGEST * 2 + 1];
    bool                     index = false;
    if (argc != 4) {
        fputs("usage: web_pack DIST OUT.c OUT.bin\n", stderr);
        return 2;
    }
    if (sodium_init() < 0)
        fail("libsodium");
    walk(argv[1], argv[1]);
    qsort(files, nfiles, sizeof files[0], by_path);
    for (size_t i = 0; i < nfiles; i++)
        index = index || strcmp(files[i].path, "/index.html") == 0;
    if (!index)
        nfiles = 0;
    crypto_generichash_init(&all, NULL, 0, sizeof digest);
    crypto_generichash_update(&all, (unsigned char[]){ FORMAT }, 1);
    for (size_t i = 0; i < nfiles; i++) {
        crypto_generichash_update(&all, (unsigned char *)files[i].path, strlen(files[i].path) + 1);
        crypto_generichash_update(&all, (unsigned char *)files[i].digest, sizeof files[i].digest);
    }
    crypto_generichash_final(&all, digest, sizeof digest);
    sodium_bin2hex(fingerprint, sizeof fingerprint, digest, sizeof digest);
    if (unchanged(argv[2], argv[3], fingerprint))
        return 0;
    code_files();
    write_out(argv[2], argv[3], fingerprint);
    return 0;
}
