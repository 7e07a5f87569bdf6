#include "distance.h"

#include <stdlib.h>
#include <string.h>

#include "rows.h"

int edit_distance(const char *a, const char *b) { return rows_distance(a, b); }
