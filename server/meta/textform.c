/* textform: see textform.h. */
#include "meta/textform.h"
#include "meta/uscc.h"

#include <string.h>

static bool email(str s, struct arena *mem, str *out, struct err *e)
{
    ptrdiff_t at = str_chr(s, '@');
    bool      ok = at > 0 && (size_t)at + 1 < s.n && s.n <= 254 && str_chr(str_sub(s, (size_t)at + 1, s.n), '@') < 0;
    for (size_t i = 0; i < s.n; i++)
        ok &= (unsigned char)s.p[i] > ' ' && s.p[i] != ',' && s.p[i] != ';' && s.p[i] != '<' && s.p[i] != '>';
    (void)mem;
    *out = s;
    return ok || err_set(e, ERR_INVALID, "This is no e-mail address");
}

static bool phone(str s, struct arena *mem, str *out, struct err *e)
{
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (!strchr("+-() .#x/", c) || !c)
            return err_set(e, ERR_INVALID, "This is no telephone number");
    }
    (void)mem;
    *out = s;
    return (digits >= 3 && digits <= 20) || err_set(e, ERR_INVALID, "This is no telephone number");
}

static bool url(str s, struct arena *mem, str *out, struct err *e)
{
    bool ok = (str_starts(s, S("https://")) && s.n > 8) || (str_starts(s, S("http://")) && s.n > 7);
    for (size_t i = 0; i < s.n; i++)
        ok &= (unsigned char)s.p[i] > ' ' && s.p[i] != '"' && s.p[i] != '<' && s.p[i] != '>';
    (void)mem;
    *out = s;
    return ok || err_set(e, ERR_INVALID, "This is no web address; it begins with https:// or http://");
}

static const struct textform forms[] = {
    { "email", email, "an e-mail address" },
    { "phone", phone, "a telephone number" },
    { "url",   url, "a web address that begins with https:// or http://" },
    { "uscc",  uscc_form, "a unified social credit code (统一社会信用代码, GB 32100) with its check character; kept in capitals, without blanks and hyphens" },
};

const struct textform *textform_find(str name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (str_eqz(name, forms[i].name))
            return &forms[i];
    return NULL;
}
