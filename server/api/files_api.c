/* files_api: sending files and getting them back. */
#include "api/form.h"
#include "exchange/blob.h"
#include "record/file.h"

static bool note_file(struct call *k, void *arg)
{
    struct file *f = arg;
    if (!file_new(&k->c, f, &f->id))
        return false;
    file_json(f, &k->w);
    call_status(k, 201);
    call_header(k, "Location", str_printf(k->c.mem, "/api/v1/files/%lld", (long long)f->id));
    return true;
}

/* Bytes first, so that a row never points at nothing. */
bool files_create(struct call *k)
{
    struct form form;
    struct file f = { .actor = k->actor.user };
    bool        shown;
    if (!form_read(k, false, &form))
        return false;
    f.name = form_file_name(k, form.file->filename);
    f.type = blob_type(form.file->data, f.name, &shown);
    f.size = (int64_t)form.file->data.n;
    return blob_put(k->c.mem, k->app->data, form.file->data, &f.hash, &k->c.err) && call_write(k, note_file, &f);
}

bool files_get(struct call *k)
{
    struct file f;
    int64_t     id;
    bool        keep;
    if (!str_to_i64(k->params[0], &id) || id < 1)
        return err_set(&k->c.err, ERR_NOT_FOUND, "There is no such file");
    if (!call_flag(k, "download", &keep) || !file_get(&k->c, id, &f))
        return false;
    int fd = blob_open(k->c.mem, k->app->data, f.hash);
    if (fd < 0 || !reply_file(k->rq, k->rp, fd))
        return err_internal(&k->c.err, "file %lld is not in the data folder", (long long)id);
    k->rp->type = f.type;
    call_header(k, "Content-Disposition", disposition(k->c.mem, !keep && blob_may_show(f.type), f.name));
    return true;
}
