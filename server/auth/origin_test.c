/* Requests with a cookie, from our pages and from strangers'. */
#include "auth/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NO NULL
static const struct {
    bool        ours;
    const char *method, *origin, *site, *host, *type, *base;
    bool        https;
} table[] = {
    /* reading is free */
    { true, "GET", "https://evil.com", "cross-site", "crm.example.com", NO, "", true },
    { true, "HEAD", "null", NO, "crm.example.com", NO, "", true },
    { true, "OPTIONS", "https://evil.com", "cross-site", "crm.example.com", NO, "", true },
    /* our own pages */
    { true, "POST", "https://crm.example.com", "same-origin", "crm.example.com", "application/json", "", true },
    { true, "PATCH", "http://127.0.0.1:8090", "same-origin", "127.0.0.1:8090", "application/json", "", false },
    { true, "POST", "http://localhost:8090", NO, "localhost:8090", "application/json", "", false },
    { true, "DELETE", "https://CRM.example.com", NO, "crm.EXAMPLE.com:443", NO, "", true },
    { true, "POST", "http://crm.intern", NO, "crm.intern:80", "application/json", "", false },
    { true, "POST", "https://crm.example.com", NO, "crm.example.com", "application/json", "", false },    /* TLS ends at a proxy nobody told us of */
    { true, "POST", "http://[::1]:8090", "same-origin", "[::1]:8090", "multipart/form-data; boundary=x", "", false },
    { true, "POST", NO, "same-origin", "crm.example.com", "text/plain", "", true },
    { true, "POST", NO, "none", "crm.example.com", "application/json", "", true },
    /* a proxy that sends its own Host: the setting knows */
    { true, "POST", "https://crm.example.com", "same-origin", "127.0.0.1:8090", "application/json", "https://crm.example.com", false },
    { true, "POST", "https://crm.example.com", "same-origin", "127.0.0.1:8090", "application/json", "https://crm.example.com:443/crm/", true },
    { false, "POST", "https://crm.example.com", "same-origin", "127.0.0.1:8090", "application/json", "", true },
    { false, "POST", "http://crm.example.com", NO, "127.0.0.1:8090", "application/json", "https://crm.example.com", true },
    /* strangers */
    { false, "POST", "https://evil.com", "cross-site", "crm.example.com", "application/json", "", true },
    { false, "POST", "https://evil.com", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "https://evil.com", "same-origin", "crm.example.com", "application/json", "", true },
    { false, "POST", "https://evil.crm.example.com", "same-site", "crm.example.com", "application/json", "", true },
    { false, "POST", "https://crm.example.com.evil.com", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "https://evilcrm.example.com", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "https://crm.example.com:8443", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "http://crm.example.com", NO, "crm.example.com", "application/json", "", true },     /* somebody on the way, without TLS */
    { false, "POST", "http://127.0.0.1:9999", NO, "127.0.0.1:8090", "application/json", "", false },
    { false, "POST", "https://crm.example.com@evil.com", NO, "evil.com", "application/json", "", true },
    { false, "POST", "null", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "null", "cross-site", "crm.example.com", "application/json", "", true },
    { false, "POST", "", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "crm.example.com", NO, "crm.example.com", "application/json", "", true },
    { false, "POST", "https://", NO, "", "application/json", "", true },
    { false, "POST", "https://", NO, NO, "application/json", "https://", true },
    { false, "POST", NO, "cross-site", "crm.example.com", "application/json", "", true },
    { false, "POST", NO, "", "crm.example.com", "application/json", "", true },
    { false, "POST", NO, "Same-Origin", "crm.example.com", "application/json", "", true },
    { false, "DELETE", "https://evil.com", "cross-site", "crm.example.com", NO, "https://crm.example.com", true },
    { false, "get", "https://evil.com", "cross-site", "crm.example.com", NO, "", true },
    /* neither header: a program, but not in the form of a form */
    { true, "POST", NO, NO, "127.0.0.1:8090", "application/json", "", false },
    { true, "DELETE", NO, NO, "127.0.0.1:8090", NO, "", false },
    { false, "POST", NO, NO, "127.0.0.1:8090", "text/plain", "", false },
    { false, "POST", NO, NO, "127.0.0.1:8090", "Text/Plain; charset=utf-8", "", false },
    { false, "POST", NO, NO, "127.0.0.1:8090", "application/x-www-form-urlencoded", "", false },
    { false, "POST", NO, NO, "127.0.0.1:8090", " multipart/form-data; boundary=x", "", false },
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct origin_facts f = { str_of(table[i].method), str_of(table[i].origin), str_of(table[i].site), str_of(table[i].host),
                                        str_of(table[i].type), str_of(table[i].base), table[i].https };
        if (auth_same_origin(&f) != table[i].ours)
            fail_msg("row %zu: %s from %s (%s) to %s", i, table[i].method, table[i].origin, table[i].site, table[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_table) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
