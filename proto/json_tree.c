#include "proto/json_tree.h"

#include "cJSON.h"

tree_node *tree_parse(const char *text, size_t length) {
    return cJSON_ParseWithLength(text, length);
}

void tree_free(tree_node *root) {
    cJSON_Delete(root);
}

tree_kind tree_kind_of(const tree_node *node) {
    if (cJSON_IsObject(node)) return TREE_OBJECT;
    if (cJSON_IsArray(node)) return TREE_ARRAY;
    if (cJSON_IsString(node)) return TREE_TEXT;
    if (cJSON_IsNumber(node)) return TREE_NUMBER;
    if (cJSON_IsBool(node)) return TREE_BOOL;
    return TREE_NULL;
}

const tree_node *tree_member(const tree_node *object, const char *name) {
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const tree_node *tree_first(const tree_node *node) {
    return node->child;
}

const tree_node *tree_next(const tree_node *node) {
    return node->next;
}

size_t tree_count(const tree_node *node) {
    size_t count = 0;
    for (const tree_node *child = node->child; child; child = child->next) count++;
    return count;
}

const char *tree_key(const tree_node *member) {
    return member->string;
}

const char *tree_text(const tree_node *node) {
    return cJSON_IsString(node) ? node->valuestring : NULL;
}

bool tree_is_true(const tree_node *node) {
    return cJSON_IsTrue(node);
}

double tree_number(const tree_node *node) {
    return cJSON_IsNumber(node) ? node->valuedouble : 0;
}

bool tree_integer(const tree_node *node, int64_t *ret, bool *ret_exact) {
    if (!cJSON_IsNumber(node)) return false;
    double number = node->valuedouble;
    bool exact = number >= -(double)TREE_INTEGER_MAX && number <= (double)TREE_INTEGER_MAX;
    if (exact && (double)(int64_t)number != number) return false;
    if (exact) *ret = (int64_t)number;
    *ret_exact = exact;
    return true;
}
