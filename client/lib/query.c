#include "client/lib/ask.h"
#include "service/win32/text.h"

#include <stdlib.h>

/* ---- the question ---- */

static DWORD read_options(const sb_query_options *given, sb_query_options *ret, sb_error *ret_error) {
    static const sized_member members[] = {
#define X(name) SIZED_MEMBER(sb_query_options, name),
        X(limit) X(oldest_first) X(before) X(after) FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) SIZED_MEMBER(sb_query_options, name),
            FILTER_NUMBER_LIST(X)
#undef X
    };
    if (given && !sized_copy(ret, sizeof *ret, members, sizeof members / sizeof *members, given))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_query_options.size is not that of a known version.");
    return ERROR_SUCCESS;
}

/* Translates the options; text in the filter lives in the arena. What the broker checks is not checked here.
 */
static DWORD make_query(arena *a, const sb_query_options *options, msg_query *ret, sb_error *ret_error) {
    msg_filter *filter = &ret->filter;
    *ret = (msg_query){.limit = options->limit,
                       .before = options->before,
                       .after = options->after,
                       .oldest_first = options->oldest_first != FALSE};
#define X(name)                                                                  \
    if (options->name && !(filter->name = text_utf8(a, options->name)))          \
        return error_set(ret_error, ERROR_NO_UNICODE_TRANSLATION, SB_STAGE_SEND, \
                         L"sb_query_options.%hs is not valid UTF-16.", #name);
    FILTER_TEXT_LIST(X)
#undef X
#define NUMBER(name)                         \
    filter->has_##name = options->name != 0; \
    filter->name = (int64_t)options->name;
    NUMBER(since)
    NUMBER(until)
    NUMBER(caller_pid)
    NUMBER(child_pid)
    NUMBER(caller_started_at)
    NUMBER(child_created_at)
#undef NUMBER
    filter->has_exit_code = options->exit_code != NULL;
    filter->exit_code = options->exit_code ? *options->exit_code : 0;
    return ERROR_SUCCESS;
}

/* ---- the answer ---- */

typedef struct owned_launches {
    sb_launches shown; /* the first member: its address is that of the whole */
    arena arena;
} owned_launches;

#define LAUNCH_TEXTS(X)  \
    X(launch_id)         \
    X(caller_image)      \
    X(caller_sid)        \
    X(caller_user)       \
    X(application)       \
    X(command_line)      \
    X(directory)         \
    X(environment_names) \
    X(environment_hash)  \
    X(lifetime)          \
    X(rule)              \
    X(caller_services)   \
    X(launch_key)        \
    X(label)             \
    X(outcome)           \
    X(stage)             \
    X(error_message)
#define LAUNCH_NUMBERS(X) \
    X(seq)                \
    X(requested_at)       \
    X(caller_pid)         \
    X(caller_session)     \
    X(creation_flags)
/* Those that may be NULL. */
#define LAUNCH_MAYBES(X) \
    X(caller_started_at) \
    X(caller_integrity)  \
    X(caller_elevated)   \
    X(error_code)        \
    X(child_pid)         \
    X(child_created_at)  \
    X(attested)          \
    X(started_at)        \
    X(create_us)         \
    X(total_us)          \
    X(exited_at)         \
    X(exit_code)         \
    X(exited_after)      \
    X(user_us)           \
    X(kernel_us)         \
    X(peak_memory_bytes) \
    X(read_bytes)        \
    X(written_bytes)     \
    X(processes)

static bool convert_handles(arena *a, const msg_launch *from, sb_launch *ret) {
    bool good = true;
    sb_launch_handle **list = (sb_launch_handle **)ask_array(a, from->handle_count, sizeof **list);
    if (!list) return false;
    for (size_t i = 0; i < from->handle_count; i++) {
        const msg_launch_handle *h = &from->handles[i];
        list[i]->name = ask_text(a, h->name, &good);
        list[i]->type = ask_text(a, h->type, &good);
        list[i]->granted_access = h->granted_access;
        list[i]->caller_value = h->caller_value;
        list[i]->child_value = h->child_value;
        list[i]->fd = h->fd;
    }
    ret->handle_list = (const sb_launch_handle *const *)list;
    ret->handle_count = from->handle_count;
    return good;
}

static bool convert_launch(arena *a, const msg_launch *from, sb_launch *ret) {
    bool good = true;
#define X(name) ret->name = ask_text(a, from->name, &good);
    LAUNCH_TEXTS(X)
#undef X
#define X(name) ret->name = from->name;
    LAUNCH_NUMBERS(X)
#undef X
#define X(name) ret->name = from->has_##name ? from->name : SB_UNKNOWN;
    LAUNCH_MAYBES(X)
#undef X
    return convert_handles(a, from, ret) && good;
}

static bool convert_page(owned_launches *ret, const msg_page *from) {
    bool good = true;
    sb_launch **list = (sb_launch **)ask_array(&ret->arena, from->count, sizeof **list);
    if (!list) return false;
    for (size_t i = 0; i < from->count && good; i++)
        good = convert_launch(&ret->arena, &from->rows[i], list[i]);
    ret->shown = (sb_launches){.size = sizeof ret->shown,
                               .launches = (const sb_launch *const *)list,
                               .count = from->count,
                               .more = from->more,
                               .next = from->next,
                               .settled = from->settled};
    return good;
}

static DWORD query(sb_client *client, const sb_query_options *given, sb_launches **ret_launches,
                   sb_error *ret_error) {
    arena a = {0};
    sb_query_options options = {0};
    msg_query question;
    msg_reply reply;
    msg_page page;

    if (!ret_launches)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_query: ret_launches is NULL.");
    DWORD err = ask_check(client, L"sb_query", ret_error);
    if (err || (err = read_options(given, &options, ret_error))) return err;
    err = make_query(&a, &options, &question, ret_error);
    if (!err) err = ask(client, MSG_AUDIT_QUERY, &question, true, &reply, &page, ret_error);
    arena_free(&a);
    if (err) return err;

    owned_launches *launches = calloc(1, sizeof *launches);
    bool good = launches && convert_page(launches, &page);
    msg_reply_free(&reply);
    if (!good) {
        sb_launches_free(launches ? &launches->shown : NULL);
        return error_memory(ret_error);
    }
    *ret_launches = &launches->shown;
    return ERROR_SUCCESS;
}

DWORD sb_query(sb_client *client, const sb_query_options *options, sb_launches **ret_launches,
               sb_error *error) {
    sb_error failure;
    DWORD err = query(client, options, ret_launches, &failure);
    return error_publish(error, err, &failure);
}

void sb_launches_free(sb_launches *launches) {
    owned_launches *owned = (owned_launches *)launches;
    if (owned) arena_free(&owned->arena);
    free(owned);
}
