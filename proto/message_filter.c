/* The requests of the audit: which launches, and by what they are summed up. */
#include "proto/message.h"
#include "proto/message_envelope.h"
#include "proto/utf.h"

#include <stdio.h>
#include <string.h>

enum {
    GREP_CHARS = 3, /* what the index of texts holds: https://sqlite.org/fts5.html, "The Trigram Tokenizer" */
    ID_CHARS = 8,
    ID_MOST = 36,
    TEXT_MOST = 4 * LIMIT_PATH_UNITS
};

#define TEXT_FIELD(type, name) {#name, FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(type, filter.name)},
#define NUMBER_FIELD(type, name, low, high) \
    {#name,                                 \
     FIELD_I64,                             \
     .flags = FIELD_OPTIONAL | FIELD_HAS,   \
     FIELD_AT(type, filter.name),           \
     FIELD_WITH(type, filter.has_##name),   \
     .least = low,                          \
     .most = high},

static const field query_list[] = {
    {"limit", FIELD_U32, .flags = FIELD_OPTIONAL, FIELD_AT(msg_query, limit), .least = 1,
     .most = LIMIT_QUERY_ROWS},
    {"before", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_query, before), .least = 1,
     .most = TREE_INTEGER_MAX},
    {"after", FIELD_I64, .flags = FIELD_OPTIONAL, FIELD_AT(msg_query, after), .least = 0,
     .most = TREE_INTEGER_MAX},
    {"oldest_first", FIELD_BOOL, .flags = FIELD_OPTIONAL, FIELD_AT(msg_query, oldest_first)},
#define X(name) TEXT_FIELD(msg_query, name)
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) NUMBER_FIELD(msg_query, name, least, most)
        FILTER_NUMBER_LIST(X)
#undef X
};
const fields message_query_fields = FIELDS_OF(query_list, msg_query);

static const field summary_list[] = {{"by", FIELD_TEXT, FIELD_AT(msg_summary, by)},
                                     {"before", FIELD_I64, .flags = FIELD_OPTIONAL,
                                      FIELD_AT(msg_summary, before), .least = 1, .most = TREE_INTEGER_MAX},
#define X(name) TEXT_FIELD(msg_summary, name)
                                     FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) NUMBER_FIELD(msg_summary, name, least, most)
                                         FILTER_NUMBER_LIST(X)
#undef X
};
const fields message_summary_fields = FIELDS_OF(summary_list, msg_summary);

static const char *const by_names[MSG_BY_COUNT] = {
#define X(name) #name,
    SUMMARY_LIST(X)
#undef X
};

const char *msg_by_name(msg_by by) {
    return (unsigned)by < MSG_BY_COUNT ? by_names[by] : NULL;
}

msg_by msg_by_from_name(const char *name) {
    int by = 0;
    while (by < MSG_BY_COUNT && strcmp(by_names[by], name)) by++;
    return (msg_by)by;
}

static bool is_outcome(const char *name) {
#define X(outcome) \
    if (!strcmp(name, #outcome)) return true;
    OUTCOME_LIST(X)
#undef X
    return false;
}

/* Hexadecimal digits and hyphens. */
static bool is_id(const char *text) {
    size_t length = strlen(text);
    return length >= ID_CHARS && length <= ID_MOST && strspn(text, "0123456789abcdefABCDEF-") == length;
}

static fault_kind fail(fault *ret_fault, fault_kind kind, const char *name, const char *what) {
    fault_set(ret_fault, kind, STAGE_DECODE,
              kind == FAULT_TOO_LONG ? WIN32_BAD_LENGTH : WIN32_INVALID_PARAMETER, "params.%s %s", name,
              what);
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.%s", name);
    return kind;
}

fault_kind msg_filter_check(const msg_filter *filter, fault *ret_fault) {
#define X(name)                                                                                     \
    if (filter->name && !*filter->name) return fail(ret_fault, FAULT_BAD_VALUE, #name, "is empty"); \
    if (filter->name && strlen(filter->name) > TEXT_MOST)                                           \
        return fail(ret_fault, FAULT_TOO_LONG, #name, "is longer than any such text");
    FILTER_TEXT_LIST(X)
#undef X
    if (filter->outcome && !is_outcome(filter->outcome))
        return fail(ret_fault, FAULT_BAD_VALUE, "outcome",
                    "is not one of started, denied, failed, interrupted and pending");
    if (filter->grep && utf8_count(filter->grep, strlen(filter->grep)) < GREP_CHARS)
        return fail(ret_fault, FAULT_BAD_VALUE, "grep", "has fewer than 3 characters");
    if (filter->launch_id && !is_id(filter->launch_id))
        return fail(ret_fault, FAULT_BAD_VALUE, "launch_id", "is not 8 to 36 characters of a launch's id");
    return FAULT_NONE;
}

fault_kind msg_summary_check(const msg_summary *summary, fault *ret_fault) {
    if (msg_by_from_name(summary->by) == MSG_BY_COUNT)
        return fail(ret_fault, FAULT_BAD_VALUE, "by",
                    "is not one of user, image, caller, rule, outcome and hour");
    return msg_filter_check(&summary->filter, ret_fault);
}
