#include "utf8.h"

long utf8_length(const unsigned char *text, size_t size) {
    long count = 0;
    for (size_t i = 0; i < size; count++) {
        unsigned char first = text[i];
        int more = first < 0x80 ? 0 : (first & 0xe0) == 0xc0 ? 1 : (first & 0xf0) == 0xe0 ? 2 : (first & 0xf8) == 0xf0 ? 3 : -1;
        if (more < 0 || i + more >= size) {
            return -1;
        }
        unsigned long point = more == 0 ? first : first & (0x3f >> more);
        for (int k = 1; k <= more; k++) {
            if ((text[i + k] & 0xc0) != 0x80) {
                return -1;
            }
            point = point << 6 | (text[i + k] & 0x3f);
        }
        unsigned long least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if ((more > 0 && point < least) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
            return -1;
        }
        i += more + 1;
    }
    return count;
}
