/* SPDX-License-Identifier: MIT
 * quickmatch: three rolling rows, addressed by their number modulo 3. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned qm_less(unsigned one, unsigned other) { return one < other ? one : other; }

int qm_distance(const char *left, const char *right) {
    size_t rows = strlen(left), stride = strlen(right) + 1;
    unsigned *band = calloc(3 * stride, sizeof *band);
    if (!band)
        return -1;
    for (size_t col = 0; col < stride; col++)
        band[col] = (unsigned)col;
    for (size_t row = 1; row <= rows; row++) {
        unsigned *now = band + stride * (row % 3u), *up = band + stride * ((row + 2u) % 3u);
        const unsigned *upper = band + stride * ((row + 1u) % 3u);
        now[0] = (unsigned)row;
        for (size_t col = 1; col < stride; col++) {
            unsigned least = up[col - 1] + (left[row - 1] != right[col - 1]);
            least = qm_less(least, qm_less(up[col], now[col - 1]) + 1u);
            if (row > 1 && col > 1 && left[row - 1] == right[col - 2] && left[row - 2] == right[col - 1])
                least = qm_less(least, upper[col - 2] + 1u);
            now[col] = least;
        }
    }
    int found = (int)band[stride * (rows % 3u) + stride - 1];
    free(band);
    return found;
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    printf("%d\n", qm_distance(argv[1], argv[2]));
    return 0;
}
