/* Lists of names, as the X-macros of the messages make them. */
#ifndef SB_PROTO_NAME_LIST_H
#define SB_PROTO_NAME_LIST_H

#include <stddef.h>

/* Returns the position of a name, or count if the list does not have it. */
size_t name_list_find(const char *const *names, size_t count, const char *name);

/* Appends "a, b and c" to text, cut to size bytes with the NUL. */
void name_list_append(char *text, size_t size, const char *const *names, size_t count);

#endif
