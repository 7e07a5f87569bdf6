#include "../src/distance.h"

#include <assert.h>
#include <stdio.h>

int main(void) {
    assert(edit_distance("same", "same") == 0);
    assert(edit_distance("kitten", "sitting") == 3);
    assert(edit_distance("form", "from") == 1);
    puts("fine");
    return 0;
}
