#include "service/policy/compiled.h"
#include "proto/json_scan.h"
#include "service/policy/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 100000 };

static bool fail_at(const char *text, size_t offset, const char *message, policy_error *ret_error) {
    locate_line(text, offset, &ret_error->line, &ret_error->column);
    snprintf(ret_error->message, sizeof ret_error->message, "%s", message);
    return false;
}

/* Parses the text and reads its members into p->raw. */
static bool read_text(policy *p, const char *text, size_t length, policy_error *ret_error) {
    fault f = {.kind = FAULT_NONE};
    size_t offset = 0;
    field_reader reader = {.arena = &p->memory, .stage = STAGE_DECODE, .strict = true, .ret_fault = &f};
    const field_path root = {.name = "", .index = FIELD_NO_INDEX};

    if (json_scan_file(text, length, MOST_VALUES, &offset, &f) != FAULT_NONE)
        return fail_at(text, offset, f.message, ret_error);
    if (!(p->tree = json_tree_parse(text, length))) return fail_at(text, 0, "out of memory", ret_error);
    if (json_tree_kind_of(p->tree) != TREE_OBJECT)
        return fail_at(text, 0, "a policy is an object: {\"version\": 1, ...}", ret_error);

    fields_read(&reader, &shape_policy, p->tree, &root, &p->raw);
    if (f.kind == FAULT_NONE) return true;
    memcpy(ret_error->field, f.field, sizeof f.field);
    return fail_at(text, locate(text, length, p->tree, f.field), f.message, ret_error);
}

bool policy_parse(const char *text, size_t length, const policy_options *options, policy **ret,
                  policy_error *ret_error) {
    policy_error error = {.line = 1, .column = 1};
    policy *p = calloc(1, sizeof *p);
    size_t skip = locate_start(text, length);
    bool good = false;

    text += skip;
    length -= skip;
    if (!p) fail_at(text, 0, "out of memory", &error);
    else if (length > POLICY_LIMIT_BYTES) fail_at(text, 0, "a policy is at most 1 MiB long", &error);
    else if (read_text(p, text, length, &error)) {
        good = compile_policy(p, options, &error);
        if (!good) locate_line(text, locate(text, length, p->tree, error.field), &error.line, &error.column);
    }

    if (good) {
        *ret = p;
    } else {
        policy_free(&p);
        *ret_error = error;
    }
    return good;
}

policy *policy_builtin(const policy_options *options) {
    static const char text[] = "{\"version\": 1, \"default\": \"allow\"}";
    policy *p = NULL;
    policy_error ignored;
    policy_parse(text, sizeof text - 1, options, &p, &ignored);
    return p;
}

void policy_free(policy **p) {
    policy *old = *p;
    *p = NULL;
    if (!old) return;
    json_tree_free(old->tree);
    arena_free(&old->memory);
    free(old);
}

const policy_settings *policy_settings_of(const policy *p) {
    return &p->settings;
}
