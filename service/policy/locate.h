/* Finds the place in a JSON text that a field's path names. */
#ifndef SB_SERVICE_POLICY_LOCATE_H
#define SB_SERVICE_POLICY_LOCATE_H

#include "proto/json_tree.h"

/* How many bytes a text has before its policy: some editors begin a file with a byte order mark. */
size_t locate_start(const char *text, size_t length);

/* The offset of the name of the member at path ("rules[2].caller.sid[0]", as fields_fail prints it), or of
 * the element. Where the text does not have all of the path, the offset of the deepest part that it has. text
 * has passed json_scan; root is the parsed text. */
size_t locate(const char *text, size_t length, const json_tree_node *root, const char *path);

/* The line and column of an offset, from 1; the column counts characters. */
void locate_line(const char *text, size_t offset, size_t *ret_line, size_t *ret_column);

#endif
