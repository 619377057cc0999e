/* Forms: parts are views of the body, in order, without overlap, and contain no delimiter. */
#include "base/check.h"
#include "base/text.h"
#include "http/http.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *mem = arena_new((size_t)64 << 20);
    str           in = { (const char *)data, n }, type = S("multipart/form-data; boundary=B");
    struct part  *parts;
    size_t        count;
    struct err    e;
    err_init(&e, mem, LANG_EN);
    ptrdiff_t line = str_chr(in, '\n');
    if (n && data[0] == 'm' && line > 0) {      /* the first line is the content type */
        type = str_sub(in, 0, (size_t)line);
        in = str_sub(in, (size_t)line + 1, in.n);
    }
    if (multipart_parse(mem, type, in, &parts, &count, &e)) {
        const char *at = in.p;
        CHECK(count <= 1000);
        for (size_t i = 0; i < count; i++) {
            CHECK(parts[i].data.p >= at && parts[i].data.p + parts[i].data.n <= in.p + in.n);
            CHECK(parts[i].name.p && text_valid(parts[i].name) && text_valid(parts[i].filename) && text_valid(parts[i].type));
            at = parts[i].data.p + parts[i].data.n;
        }
    } else {
        CHECK(e.kind == ERR_MALFORMED || e.kind == ERR_LIMIT);
    }
    arena_free(mem);
    return 0;
}
