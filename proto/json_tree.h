/* A parsed JSON text. This is the only module that knows the parser, cJSON. */
#ifndef SB_PROTO_JSON_TREE_H
#define SB_PROTO_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cJSON json_tree_node;

typedef enum json_tree_kind {
    TREE_NULL,
    TREE_BOOL,
    TREE_NUMBER,
    TREE_TEXT,
    TREE_ARRAY,
    TREE_OBJECT
} json_tree_kind;

/* Up to here a double holds every whole number; beyond, it may not be the number in the text. */
#define JSON_INTEGER_MAX INT64_C(9007199254740991)

/* Parses a text that has passed json_scan. Returns NULL if memory runs out. Free the tree with
 * json_tree_free. */
json_tree_node *json_tree_parse(const char *text, size_t length);
void json_tree_free(json_tree_node *root);

json_tree_kind json_tree_kind_of(const json_tree_node *node);
/* Returns NULL if node is no object or has no member of exactly that name. */
const json_tree_node *json_tree_member(const json_tree_node *node, const char *name);
/* Walk the elements of an array or the members of an object. NULL follows the last. */
const json_tree_node *json_tree_first(const json_tree_node *node);
const json_tree_node *json_tree_next(const json_tree_node *node);
size_t json_tree_count(const json_tree_node *node);

/* Returns a member's name; NULL for a node that is no member. */
const char *json_tree_key(const json_tree_node *member);
/* Returns NULL if the node is not text. */
const char *json_tree_text(const json_tree_node *node);
bool json_tree_is_true(const json_tree_node *node);
double json_tree_number(const json_tree_node *node);
/* Returns whether the node is a whole number. If it is within +-JSON_INTEGER_MAX, sets *ret_exact and *ret.
 */
bool json_tree_integer(const json_tree_node *node, int64_t *ret, bool *ret_exact);

#endif
