#include "distance.h"

#define main quickmatch_main
#include "../third_party/quickmatch/quickmatch.c"
#undef main

int edit_distance(const char *a, const char *b) { return qm_distance(a, b); }
