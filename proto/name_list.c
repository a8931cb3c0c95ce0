#include "proto/name_list.h"

#include <stdio.h>
#include <string.h>

size_t name_list_find(const char *const *names, size_t count, const char *name) {
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0) i++;
    return i;
}

void name_list_append(char *text, size_t size, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", before, names[i]);
    }
}
