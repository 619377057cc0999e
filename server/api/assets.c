/* assets: see assets.h. */
#include "api/assets.h"

#include <string.h>

/* What a page of ours may load and who may frame it.  'wasm-unsafe-eval' is for the formula engine; inline styles are set by the grid and
 * the charts; blob: are previews of files before they are sent. */
static const struct { const char *name; str value; } headers[] = {
    { "Content-Security-Policy",
      S_INIT("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
             "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'") },
    { "Referrer-Policy", S_INIT("same-origin") },
    { "X-Frame-Options", S_INIT("DENY") },
    { "Permissions-Policy", S_INIT("camera=(), geolocation=(), microphone=(), payment=(), usb=()") },
    { "Cross-Origin-Opener-Policy", S_INIT("same-origin") },
};

static const char no_client[] =
    "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Qudao 渠道</title>\n"
    "<p>这个 Qudao 程序构建时没有包含网页客户端，只提供 <code>/api/v1</code> 接口。安装 Node.js 后运行 <code>make</code> 即可得到完整的程序。</p>\n"
    "<p lang=\"en\">This Qudao was built without its web client and serves the API below <code>/api/v1</code> alone. "
    "Install Node.js and run <code>make</code> to get the whole program.</p>\n</html>\n";

static const struct asset *find(const struct assets *a, str path)
{
    size_t low = 0, high = a->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int    c = str_cmp(a->list[middle].path, path);
        if (c == 0)
            return &a->list[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool has_extension(str path)
{
    while (path.n && path.p[path.n - 1] != '/') {
        if (path.p[path.n - 1] == '.')
            return true;
        path.n--;
    }
    return false;
}

/* Does If-None-Match name this tag?  Weak comparison (RFC 9110 13.1.2). */
static bool matches(str list, str quoted)
{
    str item;
    while (str_cut(&list, ',', &item)) {
        item = str_trim(item);
        if (str_starts(item, S("W/")))
            item = str_sub(item, 2, item.n);
        if (str_eq(item, quoted) || str_eq(item, S("*")))
            return true;
    }
    return false;
}

static void secure(struct request *r, struct reply *rp)
{
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        reply_header(r, rp, headers[i].name, headers[i].value);
}

/* One tag for each coding of a file, because strong tags name bytes. */
static void answer(const struct asset *a, struct request *r, struct reply *rp)
{
    enum coding coding = request_coding(r);
    const char *suffix = "";
    *rp = (struct reply){ .status = 200, .type = a->type, .body = a->body, .body_static = true, .no_compress = true };
    if (coding == CODING_BROTLI && a->brotli.n) {
        rp->body = a->brotli;
        suffix = "-br";
        reply_header(r, rp, "Content-Encoding", S("br"));
    } else if (coding != CODING_NONE && a->gzip.n) {
        rp->body = a->gzip;
        suffix = "-gz";
        reply_header(r, rp, "Content-Encoding", S("gzip"));
    }
    str tag = str_printf(r->mem, "\"" STR_FMT "%s\"", STR_ARG(a->etag), suffix);
    if (matches(request_header(r, "if-none-match"), tag)) {
        *rp = (struct reply){ .status = 304 };
    } else {
        secure(r, rp);
    }
    reply_header(r, rp, "ETag", tag);
    reply_header(r, rp, "Vary", S("Accept-Encoding"));
    /* Names below assets/ carry a digest of their content; what has no digest is asked for again each time. */
    reply_header(r, rp, "Cache-Control", str_starts(a->path, S("/assets/")) ? S("public, max-age=31536000, immutable") : S("no-cache"));
}

bool assets_answer(const struct assets *set, struct request *r, struct reply *rp)
{
    if ((!str_eqz(r->method, "GET") && !str_eqz(r->method, "HEAD")) || str_starts(r->path, S("/api/")) || str_eqz(r->path, "/api"))
        return false;
    const struct asset *a = find(set, r->path);
    if (!a && !has_extension(r->path))
        a = find(set, S("/index.html"));
    if (a) {
        answer(a, r, rp);
        return true;
    }
    if (set->n || !str_eqz(r->path, "/"))
        return false;
    *rp = (struct reply){ .status = 200, .type = S("text/html; charset=utf-8"), .body = S(no_client), .body_static = true };
    secure(r, rp);
    reply_header(r, rp, "Cache-Control", S("no-cache"));
    return true;
}
