#include "proto/message_envelope.h"
#include "proto/name_list.h"
#include "proto/utf.h"

#include <stdio.h>
#include <string.h>

enum {
    GREP_CHARS =
        3, /* the index holds words of three: https://sqlite.org/fts5.html, "The Trigram Tokenizer" */
    ID_CHARS = 8,
    ID_MOST = 36,
    TEXT_MOST = 4 * LIMIT_PATH_UNITS
};

/* ---- requests ---- */

/* The members of msg_filter stand beside the other fields of a query and of a summary. */
#define FILTER_TEXT(type, name) {#name, FIELD_TEXT, .flags = FIELD_OPTIONAL, FIELD_AT(type, filter.name)},
#define FILTER_NUMBER(type, name, low, high) \
    {#name,                                  \
     FIELD_I64,                              \
     .flags = FIELD_OPTIONAL | FIELD_HAS,    \
     FIELD_AT(type, filter.name),            \
     FIELD_WITH(type, filter.has_##name),    \
     .least = low,                           \
     .most = high},

static const field query_list[] = {
    FIELD(msg_query, limit, FIELD_U32, .flags = FIELD_OPTIONAL, .least = 1, .most = LIMIT_QUERY_ROWS),
    FIELD(msg_query, before, FIELD_I64, .flags = FIELD_OPTIONAL, .least = 1, .most = JSON_INTEGER_MAX),
    FIELD(msg_query, after, FIELD_I64, .flags = FIELD_OPTIONAL, .least = 0, .most = JSON_INTEGER_MAX),
    FIELD(msg_query, oldest_first, FIELD_BOOL, .flags = FIELD_OPTIONAL),
#define X(name) FILTER_TEXT(msg_query, name)
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) FILTER_NUMBER(msg_query, name, least, most)
        FILTER_NUMBER_LIST(X)
#undef X
};
const fields message_query_fields = FIELDS_OF(query_list, msg_query);

static const field summary_list[] = {
    FIELD(msg_summary, by, FIELD_TEXT),
    FIELD(msg_summary, before, FIELD_I64, .flags = FIELD_OPTIONAL, .least = 1, .most = JSON_INTEGER_MAX),
#define X(name) FILTER_TEXT(msg_summary, name)
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) FILTER_NUMBER(msg_summary, name, least, most)
        FILTER_NUMBER_LIST(X)
#undef X
};
const fields message_summary_fields = FIELDS_OF(summary_list, msg_summary);

static const field prune_list[] = {
    FIELD(msg_prune, max_age_us, FIELD_I64, .flags = FIELD_OPTIONAL, .least = 1, .most = JSON_INTEGER_MAX),
    FIELD(msg_prune, max_bytes, FIELD_I64, .flags = FIELD_OPTIONAL, .least = 1, .most = JSON_INTEGER_MAX),
};
const fields message_prune_fields = FIELDS_OF(prune_list, msg_prune);

/* ---- what is wrong with a request beyond its shape ---- */

static const char *const by_names[MSG_BY_COUNT] = {
#define X(name) #name,
    SUMMARY_LIST(X)
#undef X
};

static const char *const outcome_names[] = {
#define X(name) #name,
    OUTCOME_LIST(X)
#undef X
};

enum { OUTCOME_COUNT = sizeof outcome_names / sizeof *outcome_names };

const char *msg_by_name(msg_by by) {
    return (unsigned)by < MSG_BY_COUNT ? by_names[by] : NULL;
}

msg_by msg_by_from_name(const char *name) {
    return (msg_by)name_list_find(by_names, MSG_BY_COUNT, name);
}

/* Checks for 8 to 36 hexadecimal digits and hyphens. */
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

/* Fails with "is not one of ..." and the names. */
static fault_kind fail_names(fault *ret_fault, const char *name, const char *const *names, size_t count) {
    char what[160] = "is not one of ";
    name_list_append(what, sizeof what, names, count);
    return fail(ret_fault, FAULT_BAD_VALUE, name, what);
}

fault_kind msg_filter_check(const msg_filter *filter, fault *ret_fault) {
#define X(name)                                                                                     \
    if (filter->name && !*filter->name) return fail(ret_fault, FAULT_BAD_VALUE, #name, "is empty"); \
    if (filter->name && strlen(filter->name) > TEXT_MOST)                                           \
        return fail(ret_fault, FAULT_TOO_LONG, #name, "is longer than any such text");
    FILTER_TEXT_LIST(X)
#undef X

    const char *outcome = filter->outcome, *grep = filter->grep, *id = filter->launch_id;
    if (outcome && name_list_find(outcome_names, OUTCOME_COUNT, outcome) == OUTCOME_COUNT)
        return fail_names(ret_fault, FIELD_NAME(msg_filter, outcome), outcome_names, OUTCOME_COUNT);
    if (grep && utf8_count(grep, strlen(grep)) < GREP_CHARS)
        return fail(ret_fault, FAULT_BAD_VALUE, FIELD_NAME(msg_filter, grep), "has fewer than 3 characters");
    if (id && !is_id(id))
        return fail(ret_fault, FAULT_BAD_VALUE, FIELD_NAME(msg_filter, launch_id),
                    "is not 8 to 36 characters of a launch's id");
    return FAULT_NONE;
}

fault_kind msg_query_check(const msg_query *query, fault *ret_fault) {
    return msg_filter_check(&query->filter, ret_fault);
}

fault_kind msg_summary_check(const msg_summary *summary, fault *ret_fault) {
    if (msg_by_from_name(summary->by) == MSG_BY_COUNT)
        return fail_names(ret_fault, FIELD_NAME(msg_summary, by), by_names, MSG_BY_COUNT);
    return msg_filter_check(&summary->filter, ret_fault);
}

fault_kind msg_prune_check(const msg_prune *prune, fault *ret_fault) {
    const char *age = FIELD_NAME(msg_prune, max_age_us), *bytes = FIELD_NAME(msg_prune, max_bytes);
    if (prune->max_age_us || prune->max_bytes) return FAULT_NONE;
    fault_set(ret_fault, FAULT_MISSING_FIELD, STAGE_DECODE, WIN32_INVALID_DATA,
              "params has neither %s nor %s, so nothing would be pruned", age, bytes);
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.%s", age);
    return ret_fault->kind;
}

/* ---- the result of audit.query ---- */

enum { MAYBE = FIELD_NULLABLE | FIELD_HAS };

/* A column as a field of the struct that it is in. */
#define TEXT_FIELD(type, name) \
    { #name, FIELD_TEXT, FIELD_AT(type, name) }
#define TEXT_OR_NULL_FIELD(type, name) \
    { #name, FIELD_TEXT, .flags = FIELD_NULLABLE, FIELD_AT(type, name) }
#define HASH_OR_NULL_FIELD(type, name) TEXT_OR_NULL_FIELD(type, name)
#define RESULT_FIELD(type, name) TEXT_FIELD(type, name)
#define NUMBER_FIELD(type, name) \
    { #name, FIELD_I64, FIELD_AT(type, name) }
#define MAYBE_FIELD(type, name) \
    { #name, FIELD_I64, .flags = MAYBE, FIELD_AT(type, name), FIELD_WITH(type, has_##name) }
#define NUMBER_OR_MINUS_FIELD(type, name) MAYBE_FIELD(type, name)

#define NUMBER_OR_0_FIELD(type, name) \
    { #name, FIELD_I64, .flags = FIELD_NULLABLE, FIELD_AT(type, name) }
#define HANDLE_FIELD(name, kind, check) kind##_FIELD(msg_launch_handle, name),
static const field handle_list[] = {AUDIT_HANDLE_COLUMNS(HANDLE_FIELD)};
static const fields handle_fields = FIELDS_OF(handle_list, msg_launch_handle);

#undef NUMBER_OR_0_FIELD
#define NUMBER_OR_0_FIELD(type, name) MAYBE_FIELD(type, name)
#define SHOWN(name, kind, place, check) [place] = kind##_FIELD(msg_launch, name),
#define SHOWN_LATER(name, kind, place, check) [place] = MAYBE_FIELD(msg_launch, name),
#define HIDDEN(name, kind, check)
#define REQUEST_FIELDS AUDIT_REQUEST_COLUMNS(SHOWN, HIDDEN)
#define OUTCOME_FIELDS AUDIT_OUTCOME_COLUMNS(SHOWN, HIDDEN)
#define EXIT_FIELDS AUDIT_EXIT_COLUMNS(SHOWN_LATER, HIDDEN)
static const field launch_list[] = {
    [AUDIT_SEQ_PLACE] = NUMBER_FIELD(msg_launch, seq),
    [AUDIT_SHOWN_COLUMNS] = {"handles", FIELD_OBJECTS, FIELD_AT(msg_launch, handles),
                             FIELD_WITH(msg_launch, handle_count), .parts = &handle_fields},
    REQUEST_FIELDS OUTCOME_FIELDS EXIT_FIELDS};
const fields message_launch_fields = FIELDS_OF(launch_list, msg_launch);

/* Drops the last half of the rows. A single row loses the names of its environment's variables: its request
 * fitted in a frame, but a row says more than a request. */
static bool shorten_page(void *result, arena *a) {
    msg_page *page = result;
    if (!page->count) return false;
    if (page->count > 1) {
        page->count /= 2;
        page->more = true;
        page->next = page->rows[page->count - 1].seq;
        return true;
    }

    msg_launch *row = page->rows[0].environment_names ? arena_alloc(a, sizeof *row) : NULL;
    if (!row) return false;
    *row = page->rows[0];
    row->environment_names = NULL;
    page->rows = row;
    return true;
}

static const field page_list[] = {
    {"launches", FIELD_OBJECTS, FIELD_AT(msg_page, rows), FIELD_WITH(msg_page, count),
     .parts = &message_launch_fields},
    FIELD(msg_page, more, FIELD_BOOL),
    FIELD(msg_page, next, FIELD_I64, .flags = FIELD_OPTIONAL),
    FIELD(msg_page, settled, FIELD_I64),
};
const fields message_page_fields = FIELDS_THAT_SHORTEN(page_list, msg_page, shorten_page);

/* ---- the results of audit.summary and audit.prune ---- */

static const field latency_list[] = {
    FIELD(msg_latency, up_to_us, FIELD_I64),
    FIELD(msg_latency, launches, FIELD_I64),
};
static const fields latency_fields = FIELDS_OF(latency_list, msg_latency);

static const field group_list[] = {
    FIELD(msg_group, key, FIELD_TEXT, .flags = FIELD_NULLABLE),
#define X(name) FIELD(msg_group, name, FIELD_I64),
    OUTCOME_LIST(X)
#undef X
        FIELD(msg_group, latency, FIELD_OBJECTS, FIELD_WITH(msg_group, latency_count),
              .parts = &latency_fields),
};
static const fields group_fields = FIELDS_OF(group_list, msg_group);

static const field groups_list[] = {
    {"groups", FIELD_OBJECTS, FIELD_AT(msg_groups, list), FIELD_WITH(msg_groups, count),
     .parts = &group_fields},
    FIELD(msg_groups, more, FIELD_BOOL),
    FIELD(msg_groups, next, FIELD_I64, .flags = FIELD_OPTIONAL),
};
const fields message_groups_fields = FIELDS_OF(groups_list, msg_groups);

static const field pruned_list[] = {
    FIELD(msg_pruned, removed, FIELD_I64),
    FIELD(msg_pruned, more, FIELD_BOOL),
};
const fields message_pruned_fields = FIELDS_OF(pruned_list, msg_pruned);
