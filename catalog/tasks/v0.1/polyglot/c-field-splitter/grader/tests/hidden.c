#include "../src/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The code under test is built with these in the place of malloc, free and their kin: they count, and fail on demand. */
static long alive, calls, fail_at;

void *counted_malloc(size_t size) {
    if (++calls == fail_at) {
        return NULL;
    }
    alive++;
    char *block = malloc(size + 2 * sizeof(size_t));
    memcpy(block, &size, sizeof size);
    memset(block + sizeof size + size, 0x5a, sizeof(size_t));
    return block + sizeof size;
}

void counted_free(void *given) {
    if (given == NULL) {
        return;
    }
    char *block = (char *)given - sizeof(size_t);
    size_t size;
    memcpy(&size, block, sizeof size);
    for (size_t i = 0; i < sizeof(size_t); i++) {
        if (block[sizeof size + size + i] != 0x5a) {
            abort(); /* written past its end */
        }
    }
    alive--;
    free(block);
}

void *counted_calloc(size_t count, size_t size) {
    void *block = size && count > (size_t)-1 / size ? NULL : counted_malloc(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

void *counted_realloc(void *given, size_t size) {
    void *block = counted_malloc(size);
    if (given && block) {
        size_t before;
        memcpy(&before, (char *)given - sizeof before, sizeof before);
        memcpy(block, given, before < size ? before : size);
        counted_free(given);
    }
    return block;
}

char *counted_strndup(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *copy = counted_malloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *counted_strdup(const char *text) { return counted_strndup(text, strlen(text)); }

static int is(const char *line, size_t count, const char *const *wanted) {
    struct fields got = {0};
    if (fields_split(line, &got) != 0 || got.count != count) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(got.at[i], wanted[i]) != 0) {
            return 0;
        }
    }
    fields_free(&got);
    return alive == 0;
}

#define IS(line, ...) \
    is(line, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static int plain(void) { return IS("one,two,three", "one", "two", "three") && IS("one", "one"); }
static int empty(void) { return IS("", "") && IS(",", "", "") && IS("a,,b,", "a", "", "b", ""); }
static int quoted(void) {
    return IS("\"a,b\",c", "a,b", "c") && IS("\"say \"\"no\"\"\"", "say \"no\"") && IS("\"\",x", "", "x");
}
static int quotes_inside_are_plain(void) { return IS("5\" pipe,x", "5\" pipe", "x") && IS("\"a\"b,c", "ab", "c"); }
static int unclosed(void) {
    struct fields got = {0};
    return fields_split("a,\"b", &got) == -1 && alive == 0;
}
static int no_memory(void) {
    for (long at = 1; at < 20; at++) {
        struct fields got = {0};
        calls = 0;
        fail_at = at;
        int result = fields_split("a,\"b\",c", &got);
        fail_at = 0;
        if (result == 0) {
            fields_free(&got);
            return at > 1 && alive == 0;
        }
        if (alive != 0) {
            return 0;
        }
    }
    return 0;
}
static int freed_twice(void) {
    struct fields got = {0};
    fields_split("a,b", &got);
    fields_free(&got);
    fields_free(&got);
    return got.count == 0 && alive == 0;
}
static int the_end(void) { return 1; }

static const struct {
    const char *name;
    int (*check)(void);
} CHECKS[] = {
    {"plain_fields", plain},
    {"empty_fields", empty},
    {"quoted_fields", quoted},
    {"quotes_inside_are_plain", quotes_inside_are_plain},
    {"an_open_quote_is_refused", unclosed},
    {"memory_that_runs_out_leaks_nothing", no_memory},
    {"freed_twice", freed_twice},
    {"zz_end_CAB_NONCE", the_end},
};

int main(void) {
    int failures = 0;
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
        printf("check %s %s\n", CHECKS[i].name, good ? "ok" : "FAILED");
        failures += !good;
    }
    return failures > 0;
}
