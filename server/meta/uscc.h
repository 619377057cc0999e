/* uscc: the 统一社会信用代码 (unified social credit code) of GB 32100-2015.
 *
 * 18 characters of 0-9 and A-Z without I O S V Z: who registered it (1) and as what (1), region of registration by
 * GB/T 2260 (6 digits), organisation code (9), check character (1).  The check is 31 minus the sum of value times 3^i mod 31, mod 31.
 * Blanks, hyphens and small letters are what people type and are understood; the code is stored in its normal form. */
#ifndef META_USCC_H
#define META_USCC_H
#include "base/err.h"

enum { USCC_LENGTH = 18 };

/* Writes the normal form (capitals, nothing between) and says whether it is a valid code.  If not, *why (may be NULL) is "length",
 * "format" or "checksum", and out holds nothing of use. */
bool uscc_normal(str, char out[USCC_LENGTH], const char **why);
bool uscc_valid(str, const char **why);
/* The normal form, or why it is none in the user's language. */
bool uscc_form(str code, struct arena *, str *out, struct err *);
/* The check character of the first 17 of a code in normal form; 0 when one of them cannot stand in a code. */
char uscc_check_character(const char first[USCC_LENGTH - 1]);
/* The check character of an organisation code (GB 11714): 8 characters of 0-9A-Z; 0 when they are not. */
char uscc_organisation_check(const char first[8]);
#endif
