#include "../src/utf8.h"

#include <assert.h>
#include <stdio.h>

int main(void) {
    assert(utf8_length((const unsigned char *)"abc", 3) == 3);
    assert(utf8_length((const unsigned char *)"\xc3\xa9", 2) == 1);
    puts("fine");
    return 0;
}
