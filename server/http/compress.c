/* compress: bodies in memory, coded while the client waits, so speed counts before size.
 *
 * Measured on JSON lists of records (2 kB / 20 kB / 200 kB): brotli 3 with a window of 64 KiB takes 17 / 88 / 670 µs and leaves
 * 22 / 13 / 12 %; gzip 3 takes 11 / 68 / 870 µs and leaves 26 / 16 / 14 %; one level up costs a half to twice as much for a tenth less.
 *
 * Contexts are kept and reused, a few for all workers: zlib's as it is, brotli's as the block of memory it works in, because
 * mapping fresh memory for each answer costs more than coding a small one. */
#include "http/front.h"
#include "base/check.h"

#include <brotli/encode.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { KEPT = 4, BLOCK = 1536 * 1024, GZIP_LEVEL = 3, BROTLI_LEVEL = 3, BROTLI_WINDOW = 16, ALIGN = 16 };

struct packer { struct packer *next; z_stream z; bool z_ready; char *block; size_t used; };
struct packers { pthread_mutex_t lock; struct packer *idle; int n; };

struct packers *packers_new(void)
{
    struct packers *p = calloc(1, sizeof *p);
    CHECK(p != NULL);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void packer_free(struct packer *k)
{
    if (k->z_ready)
        deflateEnd(&k->z);
    free(k->block);
    free(k);
}

void packers_free(struct packers *p)
{
    if (!p)
        return;
    while (p->idle) {
        struct packer *k = p->idle;
        p->idle = k->next;
        packer_free(k);
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static struct packer *packer_take(struct packers *p)
{
    pthread_mutex_lock(&p->lock);
    struct packer *k = p->idle;
    if (k) {
        p->idle = k->next;
        p->n--;
    }
    pthread_mutex_unlock(&p->lock);
    if (!k)
        k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    return k;
}

static void packer_give(struct packers *p, struct packer *k)
{
    pthread_mutex_lock(&p->lock);
    bool keep = p->n < KEPT;
    if (keep) {
        k->next = p->idle;
        p->idle = k;
        p->n++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep)
        packer_free(k);
}

/* ---- the coders ---- */

static bool gzip(struct packer *k, str in, char *out, size_t *n)
{
    if (!k->z_ready) {
        enum { GZIP_FORMAT = 16, MEM_LEVEL = 8 };
        if (deflateInit2(&k->z, GZIP_LEVEL, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
            return false;
        k->z_ready = true;
    }
    if (deflateReset(&k->z) != Z_OK)
        return false;
    k->z.next_in = (Bytef *)(uintptr_t)in.p;
    k->z.avail_in = (uInt)in.n;
    k->z.next_out = (Bytef *)out;
    k->z.avail_out = (uInt)*n;
    if (deflate(&k->z, Z_FINISH) != Z_STREAM_END)
        return false;
    *n = k->z.total_out;
    return true;
}

/* Memory for brotli: cut from the block, never given back but as a whole; past its end from the heap. */
static void *block_alloc(void *state, size_t n)
{
    struct packer *k = state;
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (k->block && n <= BLOCK - k->used) {
        k->used += n;
        return k->block + k->used - n;
    }
    return malloc(n);
}

static void block_free(void *state, void *p)
{
    struct packer *k = state;
    uintptr_t at = (uintptr_t)p, from = (uintptr_t)k->block;
    if (at < from || at >= from + BLOCK)
        free(p);
}

static bool brotli(struct packer *k, str in, char *out, size_t *n)
{
    if (!k->block)
        k->block = malloc(BLOCK);
    k->used = 0;
    BrotliEncoderState *b = k->block ? BrotliEncoderCreateInstance(block_alloc, block_free, k) : NULL;
    if (!b)
        return false;
    BrotliEncoderSetParameter(b, BROTLI_PARAM_QUALITY, BROTLI_LEVEL);
    BrotliEncoderSetParameter(b, BROTLI_PARAM_LGWIN, BROTLI_WINDOW);
    BrotliEncoderSetParameter(b, BROTLI_PARAM_SIZE_HINT, (uint32_t)in.n);
    const uint8_t *from = (const uint8_t *)in.p;
    uint8_t *to = (uint8_t *)out;
    size_t left = in.n, room = *n;
    bool ok = BrotliEncoderCompressStream(b, BROTLI_OPERATION_FINISH, &left, &from, &room, &to, NULL) && BrotliEncoderIsFinished(b);
    BrotliEncoderDestroyInstance(b);
    *n -= room;
    return ok;
}

bool compress_body(struct packers *p, enum coding coding, struct arena *mem, str in, str *out)
{
    CHECK(in.n <= UINT32_MAX && coding != CODING_NONE);
    arena_mark mark = arena_here(mem);
    size_t n = in.n - in.n / 8;         /* it must get smaller by an eighth to be worth the client's work */
    char *to = arena_alloc(mem, n);
    struct packer *k = packer_take(p);
    bool ok = coding == CODING_GZIP ? gzip(k, in, to, &n) : brotli(k, in, to, &n);
    packer_give(p, k);
    if (ok)
        *out = (str){ to, n };
    else
        arena_back(mem, mark);
    return ok;
}

/* ---- when and which ---- */

bool compress_worth(str type)
{
    static const str whole[] = { S_INIT("application/json"), S_INIT("application/javascript"), S_INIT("application/xml"),
                                 S_INIT("application/manifest+json"), S_INIT("application/problem+json"), S_INIT("image/svg+xml"),
                                 S_INIT("application/wasm") };
    ptrdiff_t end = str_chr(type, ';');
    str name = str_trim(end < 0 ? type : str_sub(type, 0, (size_t)end));
    if (str_starts(name, S("text/")))
        return !str_eq(name, S("text/event-stream"));
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (str_eq(name, whole[i]))
            return true;
    return false;
}

/* The weight of one item of Accept-Encoding in thousandths; -1 when it is not understood. */
static int weight(str params)
{
    params = str_trim(params);
    if (params.n == 0)
        return 1000;
    if (params.n < 3 || (params.p[0] | 32) != 'q' || params.p[1] != '=' || (params.p[2] != '0' && params.p[2] != '1'))
        return -1;
    int v = (params.p[2] - '0') * 1000, unit = 100;
    if (params.n > 3 && params.p[3] != '.')
        return -1;
    for (size_t i = 4; i < params.n; i++, unit /= 10) {
        if (params.p[i] < '0' || params.p[i] > '9' || unit == 0)
            return -1;
        v += (params.p[i] - '0') * unit;
    }
    return v > 1000 ? -1 : v;
}

enum coding request_coding(const struct request *r)
{
    str accept = request_header(r, "accept-encoding");
    int gzip_q = -1, brotli_q = -1, any_q = -1;
    str item;
    while (str_cut(&accept, ',', &item)) {
        ptrdiff_t end = str_chr(item, ';');
        str name = str_trim(end < 0 ? item : str_sub(item, 0, (size_t)end));
        int q = end < 0 ? 1000 : weight(str_sub(item, (size_t)end + 1, item.n));
        if (str_eq_nocase(name, S("gzip")) || str_eq_nocase(name, S("x-gzip")))
            gzip_q = q;
        else if (str_eq_nocase(name, S("br")))
            brotli_q = q;
        else if (str_eq(name, S("*")))
            any_q = q;
    }
    gzip_q = gzip_q < 0 ? any_q : gzip_q;
    brotli_q = brotli_q < 0 ? any_q : brotli_q;
    if (brotli_q <= 0 && gzip_q <= 0)
        return CODING_NONE;
    return brotli_q >= gzip_q ? CODING_BROTLI : CODING_GZIP;
}
