#include "distance.h"

int edit_distance(const char *a, const char *b) {
    (void)a;
    (void)b;
    return -1;
}
