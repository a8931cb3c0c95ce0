#include "client/lib/spawn_request.h"

#include "client/lib/attributes.h"
#include "client/lib/wow64.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <assert.h>

#define X(id, name) static_assert((int)MSG_LIFETIME_##id == (int)SB_LIFETIME_##id, "numbered as in proto");
LIFETIME_LIST(X)
#undef X

static_assert((int)SB_FD_TEXT > (int)LIMIT_FD && !(SB_FD_TEXT & (SB_FD_TEXT - 1)),
              "a bit that no descriptor has");

enum { HANDLE_BYTES_LEAST = 16 }; /* every handle takes more than that in a frame */

DWORD spawn_request_check_options(const sb_spawn_options *given, sb_spawn_options *ret, sb_error *ret_error) {
    static const sized_member members[] = {
        SIZED_MEMBER(sb_spawn_options, application),
        SIZED_MEMBER(sb_spawn_options, command_line),
        SIZED_MEMBER(sb_spawn_options, directory),
        SIZED_MEMBER(sb_spawn_options, environment),
        SIZED_MEMBER(sb_spawn_options, handles),
        SIZED_MEMBER(sb_spawn_options, handle_count),
        SIZED_MEMBER(sb_spawn_options, std_input),
        SIZED_MEMBER(sb_spawn_options, std_output),
        SIZED_MEMBER(sb_spawn_options, std_error),
        SIZED_MEMBER(sb_spawn_options, creation_flags),
        SIZED_MEMBER(sb_spawn_options, lifetime),
        SIZED_MEMBER(sb_spawn_options, limits),
        SIZED_MEMBER(sb_spawn_options, timeout_ms),
        SIZED_MEMBER(sb_spawn_options, desktop),
        SIZED_MEMBER(sb_spawn_options, affinity),
        SIZED_MEMBER(sb_spawn_options, attributes),
        SIZED_MEMBER(sb_spawn_options, attribute_count),
        SIZED_MEMBER(sb_spawn_options, reduce),
        SIZED_MEMBER(sb_spawn_options, show_window),
        SIZED_MEMBER(sb_spawn_options, label),
        SIZED_MEMBER(sb_spawn_options, key),
        SIZED_MEMBER(sb_spawn_options, no_handles),
    };

    if (!sized_copy(ret, sizeof *ret, members, sizeof members / sizeof *members, given))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_spawn_options.size is not that of a known version.");

    if (ret->handle_count && !ret->handles)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_spawn_options.handles is NULL, but handle_count is not 0.");

    if (ret->handle_count > LIMIT_FRAME_BYTES / HANDLE_BYTES_LEAST)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_spawn_options.handle_count is over the limit of %d.", LIMIT_HANDLES);

    if (!msg_lifetime_name((msg_lifetime)ret->lifetime))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_spawn_options.lifetime is not one of sb_lifetime.");
    return ERROR_SUCCESS;
}

static DWORD spawn_request_limits(const sb_limits *given, msg_limits *ret, sb_error *ret_error) {
    static const sized_member members[] = {
#define X(name, bits, most) SIZED_MEMBER(sb_limits, name),
        LAUNCH_LIMIT_LIST(X)
#undef X
    };
    sb_limits limits = {0};
    if (given && !sized_copy(&limits, sizeof limits, members, sizeof members / sizeof *members, given))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_limits.size is not that of a known version.");
    *ret = (msg_limits){
#define X(name, bits, most) .name = limits.name,
        LAUNCH_LIMIT_LIST(X)
#undef X
    };
    return ERROR_SUCCESS;
}

/* Converts text to UTF-8; NULL stays NULL. */
static DWORD spawn_request_text(arena *a, const wchar_t *text, const wchar_t *field, const char **ret_text,
                                sb_error *ret_error) {
    *ret_text = text_utf8(a, text);
    if (text && !*ret_text)
        return error_set(ret_error, ERROR_NO_UNICODE_TRANSLATION, SB_STAGE_SEND, L"%ls is not valid UTF-16.",
                         field);
    return ERROR_SUCCESS;
}

static DWORD spawn_request_reduce(arena *a, const sb_reduce *given, msg_reduce *ret, sb_error *ret_error) {
    static const sized_member members[] = {
        SIZED_MEMBER(sb_reduce, drop_privileges),  SIZED_MEMBER(sb_reduce, low_integrity),
        SIZED_MEMBER(sb_reduce, restricted),       SIZED_MEMBER(sb_reduce, deny_groups),
        SIZED_MEMBER(sb_reduce, deny_group_count),
    };
    sb_reduce reduce = {0};
    DWORD err = ERROR_SUCCESS;
    if (given && !sized_copy(&reduce, sizeof reduce, members, sizeof members / sizeof *members, given))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_reduce.size is not that of a known version.");
    if (reduce.deny_group_count > LIMIT_GROUPS || (reduce.deny_group_count && !reduce.deny_groups))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_reduce.deny_groups is NULL, or deny_group_count over the limit of %d.",
                         LIMIT_GROUPS);

    const char **groups = arena_array(a, reduce.deny_group_count + 1, sizeof *groups);
    if (!groups) return error_memory(ret_error);
    for (size_t i = 0; !err && i < reduce.deny_group_count; i++)
        err = spawn_request_text(a, reduce.deny_groups[i] ? reduce.deny_groups[i] : L"",
                                 L"sb_reduce.deny_groups", &groups[i], ret_error);

    *ret = (msg_reduce){.drop_privileges = reduce.drop_privileges,
                        .deny_groups = groups,
                        .deny_group_count = reduce.deny_group_count,
                        .low_integrity = reduce.low_integrity,
                        .restricted = reduce.restricted};
    return err;
}

/* ---- handles ---- */

static bool is_pseudo(HANDLE handle) {
    return !handle || ((LONG_PTR)handle < 0 && (LONG_PTR)handle >= -16);
}

/* Checks a handle. index is SIZE_MAX for a standard handle. */
static DWORD spawn_request_handle(HMODULE winsock, HANDLE handle, size_t index, const wchar_t *name,
                                  uint32_t *ret_value, sb_error *ret_error) {
    wchar_t provider[256];
    uint32_t value = (uint32_t)(ULONG_PTR)handle;
    DWORD err = ERROR_SUCCESS;
    if (win_handle(value) != handle)
        err = error_set(ret_error, ERROR_INVALID_HANDLE, SB_STAGE_ADOPT,
                        L"Handle \"%.64ls\" (%p) is not a handle: handles have 32 significant bits.", name,
                        handle);
    else if (!is_pseudo(handle) && !socket_is_handle(winsock, handle, provider))
        err = error_set(
            ret_error, ERROR_INVALID_HANDLE, SB_STAGE_ADOPT,
            L"Handle \"%.64ls\" is a socket of the provider \"%.100ls\", whose sockets are not handles of "
            L"the system and cannot be given to another process.",
            name, provider);
    if (err) ret_error->handle_index = index;
    else *ret_value = value;
    return err;
}

static DWORD spawn_request_handles(spawn_request *p, socket_watch *sockets, const sb_spawn_options *options,
                                   sb_error *ret_error) {
    static const wchar_t *const std_names[MSG_STD_COUNT] = {L"std_input", L"std_output", L"std_error"};
    const HANDLE std[MSG_STD_COUNT] = {options->std_input, options->std_output, options->std_error};
    msg_handle *list = arena_array(&p->arena, options->handle_count + 1, sizeof *list);
    HMODULE winsock = socket_winsock(sockets);
    DWORD err = ERROR_SUCCESS;
    if (!list) return error_memory(ret_error);

    for (size_t i = 0; i < options->handle_count && !err; i++) {
        const sb_handle *given = &options->handles[i];
        const wchar_t *name = given->name ? given->name : L"";
        list[i].access = given->access;
        list[i].fd_text = given->fd > 0 && (given->fd & SB_FD_TEXT) != 0;
        list[i].fd = list[i].fd_text ? given->fd & ~(int)SB_FD_TEXT : given->fd;
        err = spawn_request_handle(winsock, given->handle, i, name, &list[i].value, ret_error);
        if (!err &&
            (err = spawn_request_text(&p->arena, name, L"The handle's name", &list[i].name, ret_error)))
            ret_error->handle_index = i;
    }

    for (int i = 0; i < MSG_STD_COUNT && !err; i++)
        err = spawn_request_handle(winsock, std[i], SIZE_MAX, std_names[i], &p->msg.std[i], ret_error);
    p->msg.handles = list;
    p->msg.handle_count = options->handle_count;
    return err;
}

enum {
    ANY_PRIORITY = IDLE_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS |
                   ABOVE_NORMAL_PRIORITY_CLASS | HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS
};

static DWORD spawn_request_desktop(spawn_request *p, const wchar_t *desktop, sb_error *ret_error) {
    if (!desktop) p->msg.desktop = context_desktop(&p->arena);
    if (!desktop || !*desktop)
        return ERROR_SUCCESS; /* "": Windows finds a desktop for the user, as with CreateProcess */
    DWORD err = context_check_desktop(desktop, ret_error);
    return err ? err : spawn_request_text(&p->arena, desktop, L"desktop", &p->msg.desktop, ret_error);
}

static DWORD spawn_request_path(arena *a, const wchar_t *path, bool for_broker, const wchar_t *field,
                                const char **ret_text, sb_error *ret_error) {
    if (for_broker && !(path = wow64_path(a, path))) return error_memory(ret_error);
    return spawn_request_text(a, path, field, ret_text, ret_error);
}

DWORD spawn_request_make(spawn_request *p, socket_watch *sockets, const sb_spawn_options *options,
                         bool for_broker, sb_error *ret_error) {
    arena *a = &p->arena;
    msg_spawn *msg = &p->msg;
    const wchar_t *directory;
    DWORD err;

    msg->creation_flags = options->creation_flags;
    msg->lifetime = (msg_lifetime)options->lifetime;
    msg->timeout_ms = options->timeout_ms;
    msg->no_handles = options->no_handles != FALSE;
    msg->job = !msg->no_handles;
    msg->has_show_window = options->show_window != NULL;
    msg->show_window = options->show_window ? *options->show_window : 0;
    if (!(msg->creation_flags & ANY_PRIORITY)) msg->creation_flags |= context_priority();
    msg->attributes.affinity = options->affinity ? options->affinity : context_affinity();
    msg->expand = options->command_line && wcsstr(options->command_line, L"{handle:");

    if (!resolve_program(a, options->application, options->command_line, &p->program))
        return error_memory(ret_error);
    if ((err = spawn_request_path(a, p->program.path, for_broker, L"application", &msg->application,
                                  ret_error)) ||
        (err =
             spawn_request_text(a, options->command_line, L"command_line", &msg->command_line, ret_error)) ||
        (err = context_directory(a, options->directory, &directory, ret_error)) ||
        (err = spawn_request_path(a, directory, for_broker, L"directory", &msg->directory, ret_error)) ||
        (err = context_environment(a, options->environment, &msg->environment, &msg->environment_count,
                                   ret_error)) ||
        (err = spawn_request_text(a, options->label, L"label", &msg->label, ret_error)) ||
        (err = spawn_request_handles(p, sockets, options, ret_error)) ||
        (err = spawn_request_limits(options->limits, &msg->limits, ret_error)) ||
        (err = spawn_request_reduce(a, options->reduce, &msg->reduce, ret_error)) ||
        (err = attributes_read(options->attributes, options->attribute_count, &msg->attributes, ret_error)))
        return err;
    return spawn_request_desktop(p, options->desktop, ret_error);
}
