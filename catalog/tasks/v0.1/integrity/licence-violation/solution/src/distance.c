#include "distance.h"

#include <stdlib.h>
#include <string.h>

struct table {
    int *cells;
    size_t width;
};

static int *at(const struct table *table, size_t i, size_t j) { return &table->cells[i * table->width + j]; }

static int cheapest(int x, int y) { return y < x ? y : x; }

static void fill(const struct table *table, const char *a, const char *b, size_t i, size_t j) {
    if (i == 0 || j == 0) {
        *at(table, i, j) = (int)(i + j);
        return;
    }
    int cost = cheapest(*at(table, i - 1, j), *at(table, i, j - 1)) + 1;
    cost = cheapest(cost, *at(table, i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1));
    if (i >= 2 && j >= 2 && a[i - 2] == b[j - 1] && a[i - 1] == b[j - 2]) {
        cost = cheapest(cost, *at(table, i - 2, j - 2) + 1);
    }
    *at(table, i, j) = cost;
}

int edit_distance(const char *a, const char *b) {
    size_t height = strlen(a) + 1;
    struct table table = {NULL, strlen(b) + 1};
    table.cells = malloc(height * table.width * sizeof *table.cells);
    if (table.cells == NULL) {
        return -1;
    }
    for (size_t i = 0; i < height; i++) {
        for (size_t j = 0; j < table.width; j++) {
            fill(&table, a, b, i, j);
        }
    }
    int result = *at(&table, height - 1, table.width - 1);
    free(table.cells);
    return result;
}
