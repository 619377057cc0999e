/* uscc: see uscc.h. */
#include "meta/uscc.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int value_of(char c)
{
    const char *p = c ? strchr(alphabet, c) : NULL;
    return p ? (int)(p - alphabet) : -1;
}

char uscc_check_character(const char first[USCC_LENGTH - 1])
{
    int sum = 0, weight = 1;
    for (int i = 0; i < USCC_LENGTH - 1; i++, weight = weight * 3 % 31) {
        int v = value_of(first[i]);
        if (v < 0)
            return 0;
        sum += v * weight;
    }
    return alphabet[(31 - sum % 31) % 31];
}

char uscc_organisation_check(const char first[8])
{
    static const int weights[8] = { 3, 7, 9, 10, 5, 8, 4, 2 };
    int              sum = 0;
    for (int i = 0; i < 8; i++) {
        char c = first[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
            return 0;
        sum += (c <= '9' ? c - '0' : c - 'A' + 10) * weights[i];
    }
    int check = (11 - sum % 11) % 11;
    return check == 10 ? 'X' : (char)('0' + check);
}

/* Registration authorities of the standard and its first amendment; 3..8 are the region. */
static bool well_formed(const char *code)
{
    if (!strchr("123456789ANY", code[0]))
        return false;
    for (int i = 2; i < 8; i++)
        if (code[i] < '0' || code[i] > '9')
            return false;
    for (int i = 0; i < USCC_LENGTH; i++)
        if (value_of(code[i]) < 0)
            return false;
    return true;
}

bool uscc_normal(str s, char out[USCC_LENGTH], const char **why)
{
    const char *dummy = NULL;
    size_t      n = 0;
    why = why ? why : &dummy;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ' ' || c == '-')
            continue;
        if (n < USCC_LENGTH)
            out[n] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        n++;
    }
    if (n != USCC_LENGTH)
        return *why = "length", false;
    if (!well_formed(out))
        return *why = "format", false;
    if (uscc_check_character(out) != out[USCC_LENGTH - 1])
        return *why = "checksum", false;
    return true;
}

bool uscc_valid(str s, const char **why)
{
    char normal[USCC_LENGTH];
    return uscc_normal(s, normal, why);
}

bool uscc_form(str code, struct arena *mem, str *out, struct err *e)
{
    char        normal[USCC_LENGTH];
    const char *why;
    if (uscc_normal(code, normal, &why)) {
        *out = str_dup(mem, (str){ normal, USCC_LENGTH });
        return true;
    }
    if (*why == 'l')
        return err_set(e, ERR_INVALID, "A unified social credit code has 18 characters");
    if (*why == 'f')
        return err_set(e, ERR_INVALID, "A unified social credit code has digits and capital letters, without I, O, S, V and Z");
    return err_set(e, ERR_INVALID, "The check character of the unified social credit code does not fit; a character may be mistyped");
}
