#include "../src/utf8.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The text lies right before a page that must not be read. */
static long length(const char *bytes, size_t size) {
    long page = sysconf(_SC_PAGESIZE);
    unsigned char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + page, page, PROT_NONE);
    unsigned char *text = pages + page - size;
    memcpy(text, bytes, size);
    return utf8_length(text, size);
}

#define LENGTH(text) length(text, sizeof(text) - 1)

static int counts(void) {
    return LENGTH("") == 0 && LENGTH("abc") == 3 && LENGTH("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x88") == 3;
}
static int zero_bytes(void) { return LENGTH("a\0b") == 3; }
static int overlong(void) {
    return LENGTH("\xc0\x80") == -1 && LENGTH("\xe0\x80\xaf") == -1 && LENGTH("\xf0\x80\x80\xaf") == -1;
}
static int surrogates(void) {
    return LENGTH("\xed\xa0\x80") == -1 && LENGTH("\xed\xbf\xbf") == -1 && LENGTH("\xed\x9f\xbf") == 1 &&
           LENGTH("\xee\x80\x80") == 1;
}
static int too_large(void) { return LENGTH("\xf4\x90\x80\x80") == -1 && LENGTH("\xf4\x8f\xbf\xbf") == 1; }
static int cut_off(void) { return LENGTH("a\xe2\x82") == -1 && LENGTH("\xc3") == -1 && LENGTH("\xf0\x9f\x8e") == -1; }
static int bad_bytes(void) { return LENGTH("\x80") == -1 && LENGTH("\xff") == -1 && LENGTH("\xc3(") == -1; }
static int the_end(void) { return 1; }

static const struct {
    const char *name;
    int (*check)(void);
} CHECKS[] = {
    {"counts_characters", counts},
    {"zero_bytes_are_characters", zero_bytes},
    {"overlong_forms_are_refused", overlong},
    {"surrogates_are_refused", surrogates},
    {"too_large_numbers_are_refused", too_large},
    {"nothing_behind_the_end_is_read", cut_off},
    {"stray_bytes_are_refused", bad_bytes},
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
