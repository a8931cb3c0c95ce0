/* policy.schema.json has exactly the fields that the parser knows. (tests/docs reads the policies of
 * docs/policy.md.) */
#include "tests/support/check.h"
#include "service/policy/shape.h"
#include "proto/json_tree.h"

#include <stdlib.h>

static char *read_file(const char *path) {
    static char text[1 << 18];
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file) fclose(file);
    return length ? text : NULL;
}

/* The schema that a "$ref", or the items of an array, refer to. */
static const json_tree_node *resolved(const json_tree_node *root, const json_tree_node *node) {
    const json_tree_node *items = json_tree_member(node, "items"), *ref;
    if (items) node = items;
    if (!(ref = json_tree_member(node, "$ref"))) return node;
    const char *name = strrchr(json_tree_text(ref), '/');
    return json_tree_member(json_tree_member(root, "$defs"), name ? name + 1 : "");
}

static bool has_field(const fields *shape, const char *name) {
    for (size_t i = 0; i < shape->count; i++)
        if (!strcmp(shape->list[i].name, name)) return true;
    return false;
}

static bool is_required(const json_tree_node *node, const char *name) {
    const json_tree_node *list = json_tree_member(node, "required");
    for (const json_tree_node *one = list ? json_tree_first(list) : NULL; one; one = json_tree_next(one))
        if (!strcmp(json_tree_text(one), name)) return true;
    return false;
}

static void compare(const json_tree_node *root, const json_tree_node *node, const fields *shape,
                    const char *where) {
    const json_tree_node *properties = json_tree_member(node, "properties"),
                         *more = json_tree_member(node, "additionalProperties");

    check_case("%s in the schema", where);
    if (!CHECK(properties != NULL)) return;
    CHECK(more && json_tree_kind_of(more) == TREE_BOOL && !json_tree_is_true(more));

    for (const json_tree_node *p = json_tree_first(properties); p; p = json_tree_next(p)) {
        check_case("%s.%s of the schema is a field", where, json_tree_key(p));
        CHECK(has_field(shape, json_tree_key(p)));
        CHECK(json_tree_member(p, "description") || json_tree_member(p, "$ref"));
    }

    for (size_t i = 0; i < shape->count; i++) {
        const field *f = &shape->list[i];
        char inner[200];
        snprintf(inner, sizeof inner, "%s.%s", where, f->name);
        check_case("%s is in the schema", inner);
        const json_tree_node *p = json_tree_member(properties, f->name);
        if (!CHECK(p != NULL)) continue;
        CHECK_INT(is_required(node, f->name), !(f->flags & FIELD_OPTIONAL));
        if (f->parts) compare(root, resolved(root, p), f->parts, inner);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    char *text = read_file(argv[1]);
    json_tree_node *root = text ? json_tree_parse(text, strlen(text)) : NULL;
    check_case("the schema");
    if (CHECK(root != NULL)) compare(root, root, &shape_policy, "policy");
    json_tree_free(root);
    return check_report();
}
