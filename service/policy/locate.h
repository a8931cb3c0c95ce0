/* Where in a JSON text the value of a field's path stands. */
#ifndef SB_SERVICE_POLICY_LOCATE_H
#define SB_SERVICE_POLICY_LOCATE_H

#include "proto/json_tree.h"

/* The offset of the value at path ("rules[2].caller.sid[0]", as fields_fail prints it), for a member of its
 * name; of what is deepest of it where the rest is not there. text has passed json_scan and root is it,
 * parsed. */
size_t locate(const char *text, size_t length, const json_tree_node *root, const char *path);

/* Line and column, from 1, of an offset; the column in characters. */
void locate_line(const char *text, size_t offset, size_t *ret_line, size_t *ret_column);

#endif
