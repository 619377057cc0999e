/* format: vsnprintf without its price.  SQL, JSON and messages are put together by the thousand; the conversions that they are
 * made of are done here, and a format with any other goes to vsnprintf whole. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H
#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf: writes at most cap bytes with the final 0, returns how long the whole text is.  The arguments
 * are not used up: the same list may be given again. */
size_t format(char *out, size_t cap, const char *fmt, va_list);
#endif
