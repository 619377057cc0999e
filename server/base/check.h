/* check: what cannot be is checked, in release too.  A failed CHECK is a bug of
 * ours: it logs the place and ends the process, so that nothing wrong is written. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

_Noreturn void check_failed(const char *what, const char *file, int line);

#define CHECK(x) ((x) ? (void)0 : check_failed(#x, __FILE__, __LINE__))
#endif
