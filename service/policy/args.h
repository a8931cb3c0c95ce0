/* Splits a command line into the arguments that a C program receives, by the rules of Microsoft's C runtime
 * (learn.microsoft.com, "Parsing C command-line arguments"). */
#ifndef SB_SERVICE_POLICY_ARGS_H
#define SB_SERVICE_POLICY_ARGS_H

#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct argument {
    const char *text; /* without quotes and escapes */
    size_t from, to;  /* the offsets where it starts and ends in the line */
} argument;

/* The first argument is the program. False: memory ran out. */
bool args_split(arena *a, const char *line, argument **ret, size_t *ret_count);

/* Returns where a line stops meaning the same to all programs: at text glued to the program's quoted name
 * ("x"--evil), or at a quote inside the name (x" --evil"). The C runtime takes it for a part of the name, and
 * CommandLineToArgvW for arguments. NULL: there is no such place. */
const char *args_glued(const char *line);

#endif
