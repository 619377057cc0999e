/* form: see form.h. */
#include "api/form.h"
#include "base/text.h"

enum { NAME_MAX_BYTES = 255 };

bool form_read(struct call *k, bool options, struct form *out)
{
    struct part *parts;
    str          body;
    struct json *j;
    *out = (struct form){ 0 };
    if (!str_starts(request_header(k->rq, "content-type"), S("multipart/form-data")))
        return err_set(&k->c.err, ERR_MALFORMED, "A form with a file is needed: Content-Type multipart/form-data");
    if (!request_body(k->rq, &body))
        return err_internal(&k->c.err, "body cannot be mapped");
    if (!multipart_parse(k->c.mem, request_header(k->rq, "content-type"), body, &parts, &out->n, &k->c.err))
        return false;
    out->parts = parts;
    for (size_t i = 0; i < out->n; i++) {
        const struct part *p = &parts[i];
        if (options && (str_eqz(p->name, "options") || str_eqz(p->name, "json") || (!p->filename.p && str_starts(p->type, S("application/json"))))) {
            if (!json_parse(k->c.mem, p->data, &j, &k->c.err))
                return false;
            out->options = j;
        } else if (p->filename.p || str_eqz(p->name, "file")) {
            if (out->file)
                return err_problem(&k->c.err, S("file"), "limit", "Only one file fits here");
            out->file = p;
        }
    }
    return out->file || err_problem(&k->c.err, S("file"), "required", "This is needed");
}

bool form_text(struct call *k, const struct form *f, const char *name, str *out)
{
    const struct json *j = json_get(f->options, name);
    struct buf         b;
    *out = S("");
    if (j && j->type != JSON_NULL) {
        if (j->type == JSON_STRING)
            *out = j->s;
        else {
            struct jw w;
            buf_init(&b, k->c.mem);
            jw_init(&w, &b);
            jw_json(&w, j);
            *out = buf_str(&b);
        }
        return true;
    }
    for (size_t i = 0; i < f->n; i++)
        if (!f->parts[i].filename.p && str_eqz(f->parts[i].name, name)) {
            *out = str_trim(f->parts[i].data);
            return text_valid(*out) || err_problem(&k->c.err, str_of(name), "text", "This is no valid text");
        }
    *out = call_param(k, name);
    return true;
}

bool form_flag(struct call *k, const struct form *f, const char *name, bool *out)
{
    str s;
    if (!form_text(k, f, name, &s))
        return false;
    *out = str_eqz(s, "true") || str_eqz(s, "1");
    return *out || !s.n || str_eqz(s, "false") || str_eqz(s, "0") || err_problem(&k->c.err, str_of(name), "boolean", "This must be true or false");
}

str form_file_name(struct call *k, str name)
{
    struct buf b;
    size_t     at = 0;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/' || name.p[i] == '\\')
            at = i + 1;
    name = str_sub(name, at, name.n);
    buf_init(&b, k->c.mem);
    if (!text_valid(name))
        return S("file");
    for (size_t i = 0; i < name.n && b.n < NAME_MAX_BYTES - 4;) {
        size_t  from = i;
        int32_t cp = text_next(name, &i);
        if (cp >= 0x20 && cp != 0x7f)
            buf_put(&b, str_sub(name, from, i));
    }
    return b.n ? buf_str(&b) : S("file");
}
