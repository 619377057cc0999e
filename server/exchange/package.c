/* package: see package.h. */
#include "exchange/package.h"
#include "base/check.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

enum { PIECE = 64 * 1024, TOKEN_MAX = 1 << 20, NAME_MAX_BYTES = 512 };

struct package { zip_t *zip; uint64_t size; };

struct part_reader {
    struct package          *package;
    zip_file_t              *file;
    XML_Parser               xml;
    const struct part_words *words;
    void                    *arg;
    uint64_t                 limit, read, size;     /* size: as the archive says, for progress only */
    int                      depth;
    bool                     doctype, deep, stopped;
};

static bool broken(struct err *e) { return err_set(e, ERR_INVALID, "This workbook cannot be read; it is damaged"); }
static bool too_large(struct err *e) { return err_set(e, ERR_LIMIT, "This workbook is too large when it is unpacked"); }

/* ---- the archive ------------------------------------------------------------------------------------------------------- */

static bool open_source(zip_source_t *source, uint64_t size, struct package **out, struct err *e)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    zip_error_fini(&why);
    if (!zip) {
        if (source)
            zip_source_free(source);
        return broken(e);
    }
    if (zip_get_num_entries(zip, 0) > PACKAGE_ENTRIES) {
        zip_discard(zip);
        return too_large(e);
    }
    *out = calloc(1, sizeof **out);
    CHECK(*out != NULL);
    **out = (struct package){ zip, size };
    return true;
}

bool package_open(const char *path, struct package **out, struct err *e)
{
    struct stat st;
    *out = NULL;
    return stat(path, &st) == 0 ? open_source(zip_source_file_create(path, 0, -1, NULL), (uint64_t)st.st_size, out, e) : broken(e);
}

bool package_open_bytes(str bytes, struct package **out, struct err *e)
{
    *out = NULL;
    return open_source(zip_source_buffer_create(bytes.p, bytes.n, 0, NULL), bytes.n, out, e);
}

void package_close(struct package *p)
{
    if (p)
        zip_discard(p->zip);
    free(p);
}

/* ---- a part -------------------------------------------------------------------------------------------------------------- */

static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *part_attribute(const char **a, const char *name)
{
    for (; *a; a += 2)
        if (!strcmp(local(a[0]), name))
            return a[1];
    return NULL;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    struct part_reader *r = arg;
    if (++r->depth > PACKAGE_DEPTH) {
        r->deep = true;
        XML_StopParser(r->xml, XML_FALSE);
    } else if (!r->stopped)
        r->words->start(r->arg, local(name), attributes);
}

static void on_end(void *arg, const char *name)
{
    struct part_reader *r = arg;
    r->depth--;
    if (!r->stopped && r->words->end)
        r->words->end(r->arg, local(name));
}

static void on_text(void *arg, const char *s, int n)
{
    struct part_reader *r = arg;
    if (!r->stopped && r->words->text)
        r->words->text(r->arg, (str){ s, (size_t)n });
}

static void on_doctype(void *arg, const char *name, const char *system, const char *public, int internal)
{
    struct part_reader *r = arg;
    (void)name, (void)system, (void)public, (void)internal;
    r->doctype = true;
    XML_StopParser(r->xml, XML_FALSE);
}

void part_stop(struct part_reader *r)
{
    r->stopped = true;
    XML_StopParser(r->xml, XML_FALSE);
}

struct part_reader *part_open(struct package *p, str name, uint64_t limit, const struct part_words *words, void *arg, bool *absent, struct err *e)
{
    char       z[NAME_MAX_BYTES];
    zip_stat_t st;
    *absent = name.n >= sizeof z;
    if (*absent)
        return NULL;
    memcpy(z, name.p, name.n);
    z[name.n] = 0;
    zip_int64_t at = zip_name_locate(p->zip, z, ZIP_FL_NOCASE);
    if (at < 0) {
        *absent = true;
        return NULL;
    }
    zip_file_t *file = zip_fopen_index(p->zip, (zip_uint64_t)at, 0);
    if (!file) {
        broken(e);
        return NULL;
    }
    struct part_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL);
    *r = (struct part_reader){ .package = p, .file = file, .xml = XML_ParserCreate(NULL), .words = words, .arg = arg, .limit = limit };
    CHECK(r->xml != NULL);
    if (zip_stat_index(p->zip, (zip_uint64_t)at, 0, &st) == 0 && (st.valid & ZIP_STAT_SIZE))
        r->size = st.size;
    XML_SetUserData(r->xml, r);
    XML_SetElementHandler(r->xml, on_start, on_end);
    XML_SetCharacterDataHandler(r->xml, on_text);
    XML_SetStartDoctypeDeclHandler(r->xml, on_doctype);
    return r;
}

static bool refused(struct part_reader *r, struct err *e)
{
    if (r->doctype)
        return err_set(e, ERR_INVALID, "This workbook declares a document type, which no spreadsheet program does; it is refused");
    if (r->deep)
        return broken(e);
    return r->stopped ? false : broken(e);      /* whoever stopped it says why */
}

bool part_some(struct part_reader *r, bool *end, struct err *e)
{
    void *buf = XML_GetBuffer(r->xml, PIECE);
    *end = false;
    if (!buf)
        return refused(r, e);
    zip_int64_t n = zip_fread(r->file, buf, PIECE);
    if (n < 0)
        return broken(e);
    r->read += (uint64_t)n;
    if (r->read > r->limit || (r->read > PACKAGE_FREE && r->read / PACKAGE_RATIO > r->package->size))
        return too_large(e);
    if (XML_ParseBuffer(r->xml, (int)n, n == 0) != XML_STATUS_OK || r->stopped || r->doctype || r->deep)
        return refused(r, e);
    int64_t seen = XML_GetCurrentByteIndex(r->xml);     /* a token without end would be read again with each piece */
    if (n && seen >= 0 && r->read - (uint64_t)seen > TOKEN_MAX + PIECE)
        return broken(e);
    *end = n == 0;
    return true;
}

uint64_t part_read(const struct part_reader *r) { return r->read; }

int part_permille(const struct part_reader *r) { return r->size ? (int)(r->read < r->size ? r->read * 1000 / r->size : 1000) : 0; }

void part_close(struct part_reader *r)
{
    if (!r)
        return;
    XML_ParserFree(r->xml);
    zip_fclose(r->file);
    free(r);
}
