#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* The number of characters (code points) in `size` bytes; -1 where they are not valid UTF-8 (RFC 3629). */
long utf8_length(const unsigned char *text, size_t size);

#endif
