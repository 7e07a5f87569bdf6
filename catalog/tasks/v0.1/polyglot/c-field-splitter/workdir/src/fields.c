#include "fields.h"

#include <stdlib.h>
#include <string.h>

int fields_split(const char *line, struct fields *result) {
    size_t commas = 0;
    for (const char *c = line; *c; c++) {
        commas += *c == ',';
    }
    result->at = malloc(commas * sizeof(char *));
    result->count = 0;
    while (*line) {
        size_t length = strcspn(line, ",");
        char *field = malloc(length);
        if (field == NULL) {
            return -1;
        }
        memcpy(field, line, length);
        field[length] = '\0';
        result->at[result->count++] = field;
        line += length + (line[length] == ',');
    }
    return 0;
}

void fields_free(struct fields *fields) {
    for (size_t i = 0; i < fields->count; i++) {
        free(fields->at[i]);
    }
    free(fields->at);
}
