/* Escapes, parameters, codings, proxies: whatever comes out is valid, and what we write we read again. */
#include "base/check.h"
#include "base/text.h"
#include "http/address.h"
#include "http/url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena      *mem = arena_new((size_t)64 << 20);
    str                in = { (const char *)data, n }, out, back;
    struct http_header accept[] = { { S("accept-encoding"), in } };
    struct request     r = { .mem = mem, .query = in, .headers = accept, .nheaders = 1 };
    struct networks    proxies;
    struct address     peer;
    struct err         e;
    err_init(&e, mem, LANG_EN);
    for (int plus = 0; plus < 2; plus++)
        if (url_decode(mem, in, plus, &out)) {
            CHECK(text_valid(out) && out.n <= in.n);
            CHECK(url_decode(mem, url_encode(mem, out), plus, &back) && str_eq(out, back));
        }
    if (url_path(mem, in, &out))
        CHECK(text_valid(out) && out.p[0] == '/');
    if (request_param(&r, "a", &out))
        CHECK(text_valid(out));
    CHECK(request_coding(&r) <= CODING_BROTLI);
    CHECK(networks_parse(mem, "127.0.0.0/8, 10.0.0.0/8", &proxies, &e) && address_parse(S("127.0.0.1"), &peer));
    peer = address_behind(&proxies, peer, in);
    char text[ADDRESS_TEXT];
    address_write(&peer, text);
    CHECK(strlen(text) < ADDRESS_TEXT);
    networks_parse(mem, str_z(mem, in), &proxies, &e);
    arena_free(mem);
    return 0;
}
