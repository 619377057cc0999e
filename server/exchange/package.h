/* package: the parts of an Office Open XML file (ECMA-376 part 2): a zip archive of XML, as hostile as it likes.
 *
 * libzip reads the archive, expat the XML, a piece at a time.  Refused: more than PACKAGE_ENTRIES entries, parts that grow past their
 * limit or to more than PACKAGE_RATIO times the archive, any document type declaration (so there are no entities), elements
 * nested deeper than PACKAGE_DEPTH, names or attributes of more than a megabyte.  Only parts that are asked for by name are opened;
 * nothing is written anywhere. */
#ifndef EXCHANGE_PACKAGE_H
#define EXCHANGE_PACKAGE_H
#include "base/err.h"

enum { PACKAGE_ENTRIES = 10000, PACKAGE_RATIO = 250, PACKAGE_FREE = 64 << 20, PACKAGE_DEPTH = 64 };

struct package;
bool package_open(const char *path, struct package **out, struct err *);
bool package_open_bytes(str, struct package **out, struct err *);      /* the bytes stay the caller's */
void package_close(struct package *);                                   /* NULL is fine */

/* What a part says.  Names of elements and attributes are without their prefixes; attributes end with NULL.  start may end the
 * reading by part_stop. */
struct part_reader;
struct part_words {
    void (*start)(void *arg, const char *name, const char **attributes);
    void (*end)(void *arg, const char *name);
    void (*text)(void *arg, str);
};
const char *part_attribute(const char **attributes, const char *name);  /* NULL: absent */
/* NULL when there is no such part: *absent says so, else err is set. */
struct part_reader *part_open(struct package *, str name, uint64_t limit, const struct part_words *, void *arg, bool *absent, struct err *);
bool part_some(struct part_reader *, bool *end, struct err *);          /* the next piece; words are called meanwhile */
void part_stop(struct part_reader *);                                    /* from within a word: this is wrong; part_some fails */
uint64_t part_read(const struct part_reader *);                        /* bytes unpacked up to now */
int  part_permille(const struct part_reader *);
void part_close(struct part_reader *);
#endif
