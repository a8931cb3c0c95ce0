/* A parsed JSON text, for reading. The one module that knows the parser (cJSON). */
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

/* What a double holds without a gap: numbers past it are not what was written. */
#define TREE_INTEGER_MAX INT64_C(9007199254740991)

/* text must have passed json_scan. NULL: memory ran out. json_tree_free it. */
json_tree_node *json_tree_parse(const char *text, size_t length);
void json_tree_free(json_tree_node *root);

json_tree_kind json_tree_kind_of(const json_tree_node *node);
/* NULL when object has none of that name (exactly) or is not an object. */
const json_tree_node *json_tree_member(const json_tree_node *object, const char *name);
/* The elements of an array, the members of an object; NULL after the last. */
const json_tree_node *json_tree_first(const json_tree_node *node);
const json_tree_node *json_tree_next(const json_tree_node *node);
size_t json_tree_count(const json_tree_node *node);

/* A member's name; NULL for what is not one. */
const char *json_tree_key(const json_tree_node *member);
/* NULL when it is not text. */
const char *json_tree_text(const json_tree_node *node);
bool tree_is_true(const json_tree_node *node);
double json_tree_number(const json_tree_node *node);
/* Whether it is a whole number; *ret_exact tells whether it is within +-TREE_INTEGER_MAX, then *ret is it. */
bool tree_integer(const json_tree_node *node, int64_t *ret, bool *ret_exact);

#endif
