#include "distance.h"

#include <stdlib.h>
#include <string.h>

static unsigned smaller(unsigned x, unsigned y) { return x < y ? x : y; }

int edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), w = strlen(b) + 1;
    unsigned *buf = calloc(3 * w, sizeof *buf);
    if (!buf)
        return -1;
    for (size_t j = 0; j < w; j++)
        buf[j] = (unsigned)j;
    /* classic dynamic programming */
    for (size_t i = 1; i <= n; i++) {
        unsigned *cur = buf + w * (i % 3u), *prev = buf + w * ((i + 2u) % 3u);
        const unsigned *prev2 = buf + w * ((i + 1u) % 3u);
        cur[0] = (unsigned)i;
        for (size_t j = 1; j < w; j++) {
            unsigned best = prev[j - 1] + (a[i - 1] != b[j - 1]);
            best = smaller(best, smaller(prev[j], cur[j - 1]) + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, prev2[j - 2] + 1u);
            cur[j] = best;
        }
    }
    int res = (int)buf[w * (n % 3u) + w - 1];
    free(buf);
    return res;
}
