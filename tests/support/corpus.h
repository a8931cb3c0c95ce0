/* The corpus holds payloads of requests, and the fault that each request must get. tests/corpus/expected.tsv
 * has a line for each file, with tabs between the fields: the file's name, the fault's name, and the path of
 * the faulty field or "-". */
#ifndef SB_TESTS_SUPPORT_CORPUS_H
#define SB_TESTS_SUPPORT_CORPUS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct corpus_file {
    const char *name, *wanted, *field; /* field: "" for none */
    const char *bytes;
    size_t size;
} corpus_file;

/* Calls each with every file of the corpus in directory, in the order of the table. Returns the number of
 * files. Returns -1, after printing which file, if the table or a file cannot be read. */
int corpus_each(const char *directory, void (*each)(const corpus_file *file, void *context), void *context);

#endif
