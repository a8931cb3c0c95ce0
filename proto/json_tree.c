#include "proto/json_tree.h"

#include "cJSON.h"

json_tree_node *json_tree_parse(const char *text, size_t length) {
    return cJSON_ParseWithLength(text, length);
}

void json_tree_free(json_tree_node *root) {
    cJSON_Delete(root);
}

json_tree_kind json_tree_kind_of(const json_tree_node *node) {
    if (cJSON_IsObject(node)) return TREE_OBJECT;
    if (cJSON_IsArray(node)) return TREE_ARRAY;
    if (cJSON_IsString(node)) return TREE_TEXT;
    if (cJSON_IsNumber(node)) return TREE_NUMBER;
    if (cJSON_IsBool(node)) return TREE_BOOL;
    return TREE_NULL;
}

const json_tree_node *json_tree_member(const json_tree_node *object, const char *name) {
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
}

const json_tree_node *json_tree_first(const json_tree_node *node) {
    return node->child;
}

const json_tree_node *json_tree_next(const json_tree_node *node) {
    return node->next;
}

size_t json_tree_count(const json_tree_node *node) {
    size_t count = 0;
    for (const json_tree_node *child = node->child; child; child = child->next) count++;
    return count;
}

const char *json_tree_key(const json_tree_node *member) {
    return member->string;
}

const char *json_tree_text(const json_tree_node *node) {
    return cJSON_IsString(node) ? node->valuestring : NULL;
}

bool json_tree_is_true(const json_tree_node *node) {
    return cJSON_IsTrue(node);
}

double json_tree_number(const json_tree_node *node) {
    return cJSON_IsNumber(node) ? node->valuedouble : 0;
}

bool json_tree_integer(const json_tree_node *node, int64_t *ret, bool *ret_exact) {
    if (!cJSON_IsNumber(node)) return false;
    double number = node->valuedouble;
    bool exact = number >= -(double)JSON_INTEGER_MAX && number <= (double)JSON_INTEGER_MAX;
    if (exact && (double)(int64_t)number != number) return false;
    if (exact) *ret = (int64_t)number;
    *ret_exact = exact;
    return true;
}
