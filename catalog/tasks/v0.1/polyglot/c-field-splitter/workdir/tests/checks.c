#include "../src/fields.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    struct fields got;
    assert(fields_split("one,two", &got) == 0);
    assert(got.count == 2 && strcmp(got.at[1], "two") == 0);
    fields_free(&got);
    puts("fine");
    return 0;
}
