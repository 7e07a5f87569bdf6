#include "../src/distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int equal(void) { return edit_distance("", "") == 0 && edit_distance("abc", "abc") == 0; }
static int empty(void) { return edit_distance("", "four") == 4 && edit_distance("four", "") == 4; }
static int plain(void) {
    return edit_distance("kitten", "sitting") == 3 && edit_distance("flaw", "lawn") == 2 && edit_distance("a", "b") == 1;
}
static int swaps(void) {
    return edit_distance("ab", "ba") == 1 && edit_distance("abcd", "badc") == 2 && edit_distance("ca", "abc") == 3;
}
static int both_ways(void) {
    static const char *const words[] = {"", "house", "hosue", "mouse", "moose", "sue"};
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 6; j++) {
            int there = edit_distance(words[i], words[j]);
            if (there < 0 || there != edit_distance(words[j], words[i]) || (there == 0) != (i == j)) {
                return 0;
            }
        }
    }
    return 1;
}
static int high_bytes(void) { return edit_distance("\xc3\xa4", "\xc3\xb6") == 1 && edit_distance("\xff", "") == 1; }
static int long_texts(void) {
    enum { SIZE = 2000 };
    char *one = malloc(SIZE + 1), *other = malloc(SIZE + 1);
    for (int i = 0; i < SIZE; i++) {
        one[i] = (char)('a' + i % 7);
    }
    one[SIZE] = '\0';
    memcpy(other, one, SIZE + 1);
    other[10] = other[1500] = 'z';
    int found = edit_distance(one, other);
    free(one);
    free(other);
    return found == 2;
}
static int the_end(void) { return 1; }

static const struct {
    const char *name;
    int (*check)(void);
} CHECKS[] = {
    {"equal_texts_cost_nothing", equal},
    {"an_empty_text_costs_the_other_one", empty},
    {"plain_edits", plain},
    {"a_swap_of_neighbours_is_one_step", swaps},
    {"it_is_the_same_both_ways", both_ways},
    {"bytes_above_127", high_bytes},
    {"long_texts", long_texts},
    {"zz_end_CAB_NONCE", the_end},
};

int main(void) {
    int failed = 0;
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        fflush(stdout);
        pid_t child = fork(); /* a check that crashes fails alone */
        if (child == 0) {
            alarm(10);
            _exit(CHECKS[i].check() ? 42 : 1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        int good = WIFEXITED(status) && WEXITSTATUS(status) == 42;
        failed += !good;
        printf("check %s %s\n", CHECKS[i].name, good ? "ok" : "FAILED");
    }
    return failed != 0;
}
