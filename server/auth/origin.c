/* origin: see origin.h.
 *
 * Browsers say where a request comes from in Sec-Fetch-Site (when we are reached over TLS or on localhost) and in Origin (whenever
 * a page sends anything but GET or HEAD).  What says neither is no browser, or one from before 2020; it is let in unless it has the form
 * that such a browser could send for a stranger's page without asking: a body of one of the three types of HTML forms. */
#include "auth/origin.h"

static bool only_reads(str method) { return str_eqz(method, "GET") || str_eqz(method, "HEAD") || str_eqz(method, "OPTIONS"); }

struct place { str scheme, authority; };    /* authority without the scheme's usual port */

static str without_port(str scheme, str authority)
{
    str usual = str_eq_nocase(scheme, S("https")) ? S(":443") : str_eq_nocase(scheme, S("http")) ? S(":80") : STR_NONE;
    return usual.n && str_ends(authority, usual) ? str_sub(authority, 0, authority.n - usual.n) : authority;
}

/* scheme://authority, and for a URL what follows up to the path. */
static bool place_read(str url, struct place *out)
{
    ptrdiff_t colon = str_find(url, S("://"));
    if (colon <= 0)
        return false;
    str       rest = str_sub(url, (size_t)colon + 3, url.n);
    ptrdiff_t slash = str_chr(rest, '/');
    out->scheme = str_sub(url, 0, (size_t)colon);
    out->authority = without_port(out->scheme, slash < 0 ? rest : str_sub(rest, 0, (size_t)slash));
    return out->authority.n > 0;
}

static bool same_place(struct place a, struct place b)
{
    return str_eq_nocase(a.scheme, b.scheme) && str_eq_nocase(a.authority, b.authority);
}

/* Ours is the address people are told to use, and the one that this request was sent to. */
static bool is_ours(const struct origin_facts *f)
{
    struct place from, base;
    if (!place_read(f->origin, &from) || str_chr(f->origin, '@') >= 0)
        return false;
    if (place_read(f->base_url, &base) && same_place(from, base))
        return true;
    if (f->https && !str_eq_nocase(from.scheme, S("https")))
        return false;
    return f->host.n && str_eq_nocase(from.authority, without_port(from.scheme, f->host));
}

static bool is_form_type(str type)
{
    ptrdiff_t end = str_chr(type, ';');
    str       name = str_trim(end < 0 ? type : str_sub(type, 0, (size_t)end));
    return str_eq_nocase(name, S("text/plain")) || str_eq_nocase(name, S("multipart/form-data")) ||
           str_eq_nocase(name, S("application/x-www-form-urlencoded"));
}

bool auth_same_origin(const struct origin_facts *f)
{
    if (only_reads(f->method))
        return true;
    if (f->sec_fetch_site.p && !str_eqz(f->sec_fetch_site, "same-origin") && !str_eqz(f->sec_fetch_site, "none"))
        return false;
    if (f->origin.p)
        return is_ours(f);
    return f->sec_fetch_site.p || !is_form_type(f->type);
}
