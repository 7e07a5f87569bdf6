#ifndef FIELDS_H
#define FIELDS_H

#include <stddef.h>

/* The fields of one line; `at` has `count` strings of their own. */
struct fields {
    char **at;
    size_t count;
};

/* Splits `line` (without its newline) at commas. A field that begins with a double quote ends at the next single one;
 * what follows that quote up to the next comma belongs to the field as it stands. An empty line is one empty field; a
 * comma at the end begins one more. Returns 0; -1 when memory runs out or a quote is not closed, and then `result` holds
 * nothing that would have to be freed. */
int fields_split(const char *line, struct fields *result);

/* Frees what fields_split gave; afterwards `fields` is empty, and freeing it again is no error. */
void fields_free(struct fields *fields);

#endif
