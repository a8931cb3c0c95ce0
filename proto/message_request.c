/* Requests in both directions. The file of each topic has the fields of its methods. */
#include "proto/message_envelope.h"
#include "proto/name_list.h"

#include <string.h>

/* What a request must have and may have, by method. */
enum { REQUIRED = true, OPTIONAL = false };

static fault_kind message_no_check(const void *params, fault *ret_fault) {
    (void)params;
    (void)ret_fault;
    return FAULT_NONE;
}

#define X(id, stem, name, params, presence, result, check, ...)           \
    static fault_kind check_##stem(const void *value, fault *ret_fault) { \
        return check(value, ret_fault);                                   \
    }
METHOD_LIST(X, X)
#undef X

static const struct {
    const fields *params;
    bool required;
    fault_kind (*check)(const void *params, fault *ret_fault);
} methods[MSG_METHOD_COUNT] = {
#define X(id, stem, name, params, presence, ...) \
    [MSG_##id] = {&message_##params##_fields, presence, check_##stem},
    METHOD_LIST(X, X)
#undef X
};

/* A method's name stands one place before its number, since MSG_NONE has no name. */
static const char *const method_names[] = {
#define X(id, stem, name, ...) name,
    METHOD_LIST(X, X)
#undef X
};

enum { NAME_COUNT = sizeof method_names / sizeof *method_names };

static const field none_list[] = {{0}}; /* none of it counts: C has no array without elements */
const fields message_none_fields = {.list = none_list, .count = 0, .size = sizeof(msg_none)};

/* Sets a fault of the envelope, unless there is one already. */
static void invalid(msg_request *request, fault_kind kind, const char *name, const char *what) {
    if (request->fault.kind != FAULT_NONE) return;
    uint32_t win32 = kind == FAULT_UNKNOWN_METHOD ? WIN32_NOT_SUPPORTED : WIN32_INVALID_DATA;
    fault_set(&request->fault, kind, STAGE_DECODE, win32, "%s", what);
    memcpy(request->fault.field, name, strlen(name));
}

static void read_method(const json_tree_node *root, msg_request *request) {
    const json_tree_node *method = json_tree_member(root, MEMBER_METHOD);
    const char *name = method ? json_tree_text(method) : NULL;
    size_t found = name ? name_list_find(method_names, NAME_COUNT, name) : NAME_COUNT;
    if (found < NAME_COUNT) request->method = (msg_method)(found + 1);
    if (!name || found < NAME_COUNT) return;
    char what[sizeof request->fault.message] = "the method is not one of ";
    name_list_append(what, sizeof what, method_names, NAME_COUNT);
    invalid(request, FAULT_UNKNOWN_METHOD, MEMBER_METHOD, what);
}

/* Reads the members beside params. The method stays MSG_NONE if it is not a known one. */
static void read_envelope(const field_reader *reader, const json_tree_node *root, msg_request *request) {
    static const char *const known[] = {MEMBER_VERSION, MEMBER_ID, MEMBER_METHOD, MEMBER_PARAMS};
    enum { KNOWN = sizeof known / sizeof *known };
    const json_tree_node *id = json_tree_member(root, MEMBER_ID);
    const json_tree_node *method = json_tree_member(root, MEMBER_METHOD);

    if (!id)
        invalid(request, FAULT_INVALID_REQUEST, MEMBER_ID,
                "there is no id: each request has one and gets an answer");
    else if (!message_read_id(id, &request->id) || request->id.is_null)
        invalid(request, FAULT_INVALID_REQUEST, MEMBER_ID,
                "the id is neither a whole number below 2^53 nor text of at most 64 bytes");
    if (!message_is_version(root))
        invalid(request, FAULT_INVALID_REQUEST, MEMBER_VERSION,
                MEMBER_VERSION " is not \"" JSON_RPC_VERSION "\"");
    if (!method || !json_tree_text(method))
        invalid(request, FAULT_INVALID_REQUEST, MEMBER_METHOD, "there is no method, or it is not text");

    for (const json_tree_node *member = json_tree_first(root); member; member = json_tree_next(member)) {
        field_path path = {.name = json_tree_key(member), .index = FIELD_NO_INDEX};
        if (name_list_find(known, KNOWN, path.name) == KNOWN)
            fields_fail(reader, FAULT_UNKNOWN_FIELD, &path, "is not a field of this version");
    }
    read_method(root, request);
}

void msg_decode_request(const char *text, size_t length, msg_request *ret) {
    *ret = (msg_request){.id.is_null = true, .fault.handle_index = FAULT_NO_HANDLE};
    field_reader reader = {
        .arena = &ret->arena, .stage = STAGE_DECODE, .strict = true, .ret_fault = &ret->fault};
    field_path path = {.name = MEMBER_PARAMS, .index = FIELD_NO_INDEX};

    json_tree_node *root = message_parse(text, length, STAGE_DECODE, &ret->fault);
    ret->tree = root;
    if (!root) return;
    read_envelope(&reader, root, ret);
    if (ret->method == MSG_NONE) return;

    const json_tree_node *params = json_tree_member(root, MEMBER_PARAMS);
    if (params) fields_read(&reader, methods[ret->method].params, params, &path, &ret->u);
    else if (methods[ret->method].required) fields_fail(&reader, FAULT_MISSING_FIELD, &path, "is missing");
    if (ret->fault.kind == FAULT_NONE) methods[ret->method].check(&ret->u, &ret->fault);
}

void msg_request_free(msg_request *request) {
    json_tree_free(request->tree);
    request->tree = NULL;
    arena_free(&request->arena);
}

char *msg_encode_request(int64_t number, msg_method method, const void *params, size_t *ret_length) {
    const msg_id id = {.number = number};
    const fields *shape = methods[method].params;
    json_writer w = message_begin(&id);
    json_writer_text(&w, MEMBER_METHOD, method_names[method - 1]);
    if (params && shape->count) message_write_member(&w, MEMBER_PARAMS, shape, params);
    return message_finish(&w, ret_length);
}
