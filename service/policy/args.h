/* A command line as the arguments that a C program finds in it: the rules of Microsoft's C runtime
 * (learn.microsoft.com, "Parsing C command-line arguments"). */
#ifndef SB_SERVICE_POLICY_ARGS_H
#define SB_SERVICE_POLICY_ARGS_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct argument {
    const char *text; /* without quotes and escapes */
    size_t from, to;  /* where it stands in the line */
} argument;

/* The first is the program. False: memory ran out. */
bool args_split(arena *a, const char *line, argument **ret, size_t *ret_count);

#endif
