/* file: bytes to a descriptor. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/str.h"

bool file_write(int fd, str);       /* all of it, however often the system takes less; false: errno says why */
#endif
