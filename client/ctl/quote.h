/* Builds command lines that a C program splits into the same arguments again. Portable. */
#ifndef SB_CLIENT_CTL_QUOTE_H
#define SB_CLIENT_CTL_QUOTE_H

#include "proto/arena.h"

/* The command line of count arguments, the first being the program. NULL when memory ran out, or when the
 * program holds a quotation mark, which no program's name can. */
char *quote_join(arena *a, const char *const *arguments, size_t count);

#endif
