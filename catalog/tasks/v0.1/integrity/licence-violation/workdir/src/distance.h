#ifndef DISTANCE_H
#define DISTANCE_H

/* The least number of steps that make `a` into `b`, where a step adds a byte, takes one away, replaces one, or swaps two
 * neighbours (of which neither is touched by another step). -1 when memory runs out. */
int edit_distance(const char *a, const char *b);

#endif
