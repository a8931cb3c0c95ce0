/* The corpus: payloads of requests and the fault that each must get. tests/corpus/expected.tsv has a line for
 * each file: its name, the fault's name, the path of the field at fault or "-"; with tabs between. */
#ifndef SB_TESTS_SUPPORT_CORPUS_H
#define SB_TESTS_SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct corpus_file {
    const char *name, *wanted, *field; /* field: "" for none */
    const char *bytes;
    size_t size;
} corpus_file;

/* Calls each file of the corpus in directory, in the order of the table; returns how many, -1 when the table
 * or a file cannot be read (and prints which). */
int corpus_each(const char *directory, void (*each)(const corpus_file *file, void *context), void *context);

#endif
