/* multipart: forms with files, RFC 7578 as browsers write it.
 *
 * Strict where two readers could differ: lines end in CR LF, the first delimiter opens the body, the last one closes it with --, each part has
 * exactly one Content-Disposition of type form-data with a name, nothing is nested or folded.  Names and file names are UTF-8;
 * %22, %0D and %0A stand for ", CR and LF (the form in which WHATWG makes browsers send those three).  A file name is
 * text for people: whoever stores the file names it himself.  One pass, no recursion, no copy of data. */
#include "http/http.h"
#include "base/text.h"

#include <string.h>

enum { PARTS_MAX = 1000, PART_LINES = 16, PART_HEAD = 8192, BOUNDARY_MAX = 70 };

static bool malformed(struct err *e) { return err_set(e, ERR_MALFORMED, "The form cannot be read"); }

static bool boundary_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("'()+_,-./:=? ", c));
}

static str unquote(str s) { return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_sub(s, 1, s.n - 1) : s; }

static bool find_boundary(str type, str *out)
{
    str rest = type, item;
    if (!str_cut(&rest, ';', &item) || !str_eq_nocase(str_trim(item), S("multipart/form-data")))
        return false;
    *out = STR_NONE;
    while (str_cut(&rest, ';', &item)) {
        item = str_trim(item);
        if (!str_eq_nocase(str_sub(item, 0, 9), S("boundary=")))
            continue;
        if (out->p)
            return false;
        *out = unquote(str_sub(item, 9, item.n));
    }
    if (!out->p || out->n == 0 || out->n > BOUNDARY_MAX || out->p[out->n - 1] == ' ')
        return false;
    for (size_t i = 0; i < out->n; i++)
        if (!boundary_char(out->p[i]))
            return false;
    return true;
}

/* The value of name="…" in a Content-Disposition; false when it stands twice or is not quoted. */
static bool disposition_param(struct arena *mem, str rest, const char *name, str *out)
{
    *out = STR_NONE;
    while (rest.n) {
        if (rest.p[0] != ';')
            return false;
        rest = str_sub(rest, 1, rest.n);
        while (rest.n && rest.p[0] == ' ')
            rest = str_sub(rest, 1, rest.n);
        ptrdiff_t eq = str_chr(rest, '=');
        if (eq < 0 || (size_t)eq + 1 >= rest.n || rest.p[eq + 1] != '"')
            return false;
        str key = str_sub(rest, 0, (size_t)eq);
        rest = str_sub(rest, (size_t)eq + 2, rest.n);
        ptrdiff_t end = str_chr(rest, '"');
        if (end < 0)
            return false;
        if (str_eq_nocase(key, str_of(name))) {
            if (out->p)
                return false;
            *out = str_sub(rest, 0, (size_t)end);
        }
        rest = str_sub(rest, (size_t)end + 1, rest.n);
    }
    if (!out->p)
        return true;
    char *p = arena_alloc(mem, out->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++, n++) {
        str three = str_sub(*out, i, i + 3);
        p[n] = out->p[i];
        if (str_eq_nocase(three, S("%22")) || str_eq_nocase(three, S("%0d")) || str_eq_nocase(three, S("%0a"))) {
            p[n] = three.p[1] == '2' ? '"' : (three.p[2] | 32) == 'd' ? '\r' : '\n';
            i += 2;
        }
    }
    *out = (str){ p, n };
    return text_valid(*out);
}

static bool read_part_field(struct arena *mem, str line, struct part *part)
{
    ptrdiff_t colon = str_chr(line, ':');
    if (colon <= 0 || line.p[0] == ' ' || line.p[0] == '\t' || line.p[colon - 1] == ' ' || line.p[colon - 1] == '\t')
        return false;
    str name = str_sub(line, 0, (size_t)colon), value = str_trim(str_sub(line, (size_t)colon + 1, line.n));
    for (size_t i = 0; i < line.n; i++)
        if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f)
            return false;
    if (str_eq_nocase(name, S("content-disposition"))) {
        str type = str_sub(value, 0, 9), params = str_sub(value, 9, value.n);
        return !part->name.p && str_eq_nocase(type, S("form-data")) && disposition_param(mem, params, "name", &part->name) && part->name.p &&
               disposition_param(mem, params, "filename", &part->filename);
    }
    if (str_eq_nocase(name, S("content-type"))) {
        bool once = !part->type.p;
        part->type = value;
        return once && text_valid(value);
    }
    return !str_eq_nocase(name, S("content-transfer-encoding")) || str_eq_nocase(value, S("binary")) || str_eq_nocase(value, S("8bit"));
}

static bool read_part_head(struct arena *mem, str *rest, struct part *part)
{
    size_t bytes = 0;
    *part = (struct part){ 0 };
    for (int lines = 0; lines <= PART_LINES; lines++) {
        ptrdiff_t end = str_find(str_sub(*rest, 0, PART_HEAD), S("\r\n"));
        if (end < 0 || (bytes += (size_t)end + 2) > PART_HEAD)
            return false;
        str line = str_sub(*rest, 0, (size_t)end);
        *rest = str_sub(*rest, (size_t)end + 2, rest->n);
        if (line.n == 0)
            return part->name.p != NULL;
        if (!read_part_field(mem, line, part))
            return false;
    }
    return false;
}

static void add_part(struct arena *mem, struct part **parts, size_t n, const struct part *p)
{
    if ((n & (n - 1)) == 0) {       /* at 0, 1, 2, 4, 8 …: room for as many again */
        struct part *more = NEWV(mem, struct part, n ? n * 2 : 1);
        if (n)
            memcpy(more, *parts, n * sizeof *more);
        *parts = more;
    }
    (*parts)[n] = *p;
}

bool multipart_parse(struct arena *mem, str content_type, str body, struct part **out, size_t *n, struct err *e)
{
    str boundary;
    *out = NULL;
    *n = 0;
    if (!find_boundary(content_type, &boundary))
        return err_set(e, ERR_MALFORMED, "The content type is not multipart/form-data with a boundary");
    str delimiter = str_cat(mem, S("\r\n--"), boundary), opener = str_sub(delimiter, 2, delimiter.n);
    if (!str_starts(body, opener))
        return malformed(e);
    str rest = str_sub(body, opener.n, body.n);
    while (str_starts(rest, S("\r\n"))) {
        struct part part;
        rest = str_sub(rest, 2, rest.n);
        if (*n == PARTS_MAX)
            return err_set(e, ERR_LIMIT, "The form has more than %d parts", PARTS_MAX);
        if (!read_part_head(mem, &rest, &part))
            return malformed(e);
        ptrdiff_t end = str_find(rest, delimiter);
        if (end < 0)
            return malformed(e);
        part.data = str_sub(rest, 0, (size_t)end);
        rest = str_sub(rest, (size_t)end + delimiter.n, rest.n);
        add_part(mem, out, (*n)++, &part);
    }
    return str_eq(rest, S("--")) || str_eq(rest, S("--\r\n")) ? true : malformed(e);
}
