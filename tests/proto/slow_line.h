/* The rules of command lines once more, the slow and obvious way: a character at a time, a state at a time.
 */
#ifndef SB_TESTS_PROTO_SLOW_LINE_H
#define SB_TESTS_PROTO_SLOW_LINE_H

#include "proto/arena.h"

#include <stdbool.h>

typedef struct slow_words {
    const char **at;
    size_t count;
} slow_words;

/* Source: "Parsing C command-line arguments", the page of the Microsoft C runtime. Memory is taken for
 * granted. */
void slow_split(arena *a, const char *line, slow_words *ret);

/* The patterns that slow_redacted implements, as a policy has them. */
#define SLOW_REDACT_JSON "\"--password=*\", \"--api-key *\", \"*AccountKey=*\""

/* Returns word i as a record shows it. Only ASCII letters are compared without case. */
const char *slow_redacted(arena *a, const slow_words *words, size_t i);
bool slow_is_ascii(const char *text);

/* Replaces {handle:NAME}. Returns NULL if a name is not in names. */
const char *slow_marks(arena *a, const char *line, const char *const *names, const char *const *values,
                       size_t count);

#endif
