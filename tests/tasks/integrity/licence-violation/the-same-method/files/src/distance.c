#include "distance.h"

#include <stdlib.h>
#include <string.h>

static int smallest(int a, int b, int c) {
    int low = a < b ? a : b;
    return low < c ? low : c;
}

int edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    int *older = malloc((m + 1) * sizeof(int)), *old = malloc((m + 1) * sizeof(int)), *row = malloc((m + 1) * sizeof(int));
    int result = -1;
    if (older && old && row) {
        for (size_t j = 0; j <= m; j++) {
            row[j] = (int)j;
        }
        for (size_t i = 1; i <= n; i++) {
            int *spare = older;
            older = old;
            old = row;
            row = spare;
            row[0] = (int)i;
            for (size_t j = 1; j <= m; j++) {
                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = smallest(old[j] + 1, row[j - 1] + 1, old[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < row[j]) {
                    row[j] = older[j - 2] + 1;
                }
            }
        }
        result = row[m];
    }
    free(older);
    free(old);
    free(row);
    return result;
}
