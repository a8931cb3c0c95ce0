/* A parsed JSON text, for reading. The one module that knows the parser (cJSON). */
#ifndef SB_PROTO_TREE_H
#define SB_PROTO_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cJSON tree_node;

typedef enum tree_kind { TREE_NULL, TREE_BOOL, TREE_NUMBER, TREE_TEXT, TREE_ARRAY, TREE_OBJECT } tree_kind;

/* What a double holds without a gap: numbers past it are not what was written. */
#define TREE_INTEGER_MAX INT64_C(9007199254740991)

/* text must have passed json_scan. NULL: memory ran out. tree_free it. */
tree_node *tree_parse(const char *text, size_t length);
void tree_free(tree_node *root);

tree_kind tree_kind_of(const tree_node *node);
/* NULL when object has none of that name (exactly) or is not an object. */
const tree_node *tree_member(const tree_node *object, const char *name);
/* The elements of an array, the members of an object; NULL after the last. */
const tree_node *tree_first(const tree_node *node);
const tree_node *tree_next(const tree_node *node);
size_t tree_count(const tree_node *node);

/* A member's name; NULL for what is not one. */
const char *tree_key(const tree_node *member);
/* NULL when it is not text. */
const char *tree_text(const tree_node *node);
bool tree_is_true(const tree_node *node);
double tree_number(const tree_node *node);
/* Whether it is a whole number; *ret_exact tells whether it is within +-TREE_INTEGER_MAX, then *ret is it. */
bool tree_integer(const tree_node *node, int64_t *ret, bool *ret_exact);

#endif
