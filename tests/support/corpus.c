#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

static char *read_file(const char *path, size_t *ret_size) {
    long size;
    char *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0 && !fseek(file, 0, SEEK_SET) &&
        (bytes = malloc(size ? (size_t)size : 1)) != NULL) {
        *ret_size = fread(bytes, 1, (size_t)size, file);
        if (*ret_size != (size_t)size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(file);
    return bytes;
}

int corpus_each(const char *directory, void (*each)(const corpus_file *file, void *context), void *context) {
    char path[LINE_BYTES * 2], line[LINE_BYTES];
    int count = 0;
    snprintf(path, sizeof path, "%s/expected.tsv", directory);
    FILE *table = fopen(path, "r");
    if (!table) {
        fprintf(stderr, "%s cannot be opened\n", path);
        return -1;
    }

    while (count >= 0 && fgets(line, sizeof line, table)) {
        corpus_file file = {.name = strtok(line, "\t\r\n"), .wanted = strtok(NULL, "\t\r\n")};
        const char *field = strtok(NULL, "\t\r\n");
        snprintf(path, sizeof path, "%s/%s", directory, file.name ? file.name : "");
        char *bytes = file.name && file.wanted && field ? read_file(path, &file.size) : NULL;
        if (!bytes) {
            fprintf(stderr, "%s cannot be read, or its line in the table\n", path);
            count = -1;
            break;
        }
        file.bytes = bytes;
        file.field = strcmp(field, "-") ? field : "";
        each(&file, context);
        free(bytes);
        count++;
    }
    fclose(table);
    return count;
}
