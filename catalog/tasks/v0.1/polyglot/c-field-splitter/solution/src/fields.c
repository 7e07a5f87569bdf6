#include "fields.h"

#include <stdlib.h>
#include <string.h>

/* Copies the field at `*line` without its quotes and moves `*line` to its end; NULL as fields_split returns -1. */
static char *take_field(const char **line) {
    const char *from = *line;
    char *field = malloc(strlen(from) + 1), *to = field;
    if (field == NULL) {
        return NULL;
    }
    if (*from == '"') {
        for (from++; *from != '"' || from[1] == '"'; from++) {
            if (*from == '\0') {
                free(field);
                return NULL;
            }
            from += *from == '"';
            *to++ = *from;
        }
        from++;
    }
    while (*from && *from != ',') {
        *to++ = *from++;
    }
    *to = '\0';
    *line = from;
    return field;
}

int fields_split(const char *line, struct fields *result) {
    size_t most = 1;
    for (const char *c = line; *c; c++) {
        most += *c == ',';
    }
    result->count = 0;
    result->at = malloc(most * sizeof(char *));
    if (result->at == NULL) {
        return -1;
    }
    for (;;) {
        char *field = take_field(&line);
        if (field == NULL) {
            fields_free(result);
            return -1;
        }
        result->at[result->count++] = field;
        if (*line == '\0') {
            return 0;
        }
        line++;
    }
}

void fields_free(struct fields *fields) {
    for (size_t i = 0; i < fields->count; i++) {
        free(fields->at[i]);
    }
    free(fields->at);
    fields->at = NULL;
    fields->count = 0;
}
