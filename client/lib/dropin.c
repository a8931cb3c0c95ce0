#include "client/lib/client.h"
#include "client/lib/last_error.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- the connection of the process ---- */

static SRWLOCK shared_lock = SRWLOCK_INIT;
static sb_client *shared; /* made by the first call that finds a broker; it reconnects by itself */

static DWORD find_shared(sb_client **ret, sb_error *ret_error) {
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&shared_lock);
    if (!shared) err = sb_connect(NULL, &shared, ret_error);
    *ret = shared;
    ReleaseSRWLockExclusive(&shared_lock);
    return err;
}

/* ---- the parameters of CreateProcess ---- */

static DWORD refuse(const wchar_t *what, sb_error *ret_error) {
    return error_set(ret_error, ERROR_NOT_SUPPORTED, SB_STAGE_NONE, L"%ls is not supported.", what);
}

static DWORD check_startup(const STARTUPINFOW *startup, sb_error *ret_error) {
    static const struct {
        DWORD flag;
        const wchar_t *name;
    } flags[] = {{0x0002, L"STARTF_USESIZE"},          {0x0004, L"STARTF_USEPOSITION"},
                 {0x0008, L"STARTF_USECOUNTCHARS"},    {0x0010, L"STARTF_USEFILLATTRIBUTE"},
                 {0x0020, L"STARTF_RUNFULLSCREEN"},    {0x0040, L"STARTF_FORCEONFEEDBACK"},
                 {0x0080, L"STARTF_FORCEOFFFEEDBACK"}, {0x0200, L"STARTF_USEHOTKEY"},
                 {0x0800, L"STARTF_TITLEISLINKNAME"},  {0x1000, L"STARTF_TITLEISAPPID"},
                 {0x2000, L"STARTF_PREVENTPINNING"},   {0x8000, L"STARTF_UNTRUSTEDSOURCE"}};
    const DWORD others = startup->dwFlags & ~(DWORD)(STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (others & flags[i].flag) return refuse(flags[i].name, ret_error);
    if (others) return refuse(L"An unknown flag of startup_info.dwFlags", ret_error);
    if (startup->lpReserved) return refuse(L"startup_info.lpReserved", ret_error);
    if (startup->lpTitle) return refuse(L"startup_info.lpTitle", ret_error);
    if (startup->cbReserved2 || startup->lpReserved2)
        return refuse(L"startup_info.lpReserved2 (use sb_spawn, and sb_handle.fd)", ret_error);

    return ERROR_SUCCESS;
}

/* Rejects what a launch cannot take. Only CreateProcess itself can read an attribute list. */
static DWORD check_parameters(const SECURITY_ATTRIBUTES *process, const SECURITY_ATTRIBUTES *thread,
                              DWORD flags, const STARTUPINFOW *startup, sb_error *ret_error) {
    if (!startup)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"startup_info is NULL.");
    DWORD err = check_startup(startup, ret_error);
    if (err) return err;
    if (process) return refuse(L"Another process_attributes than NULL", ret_error);
    if (thread) return refuse(L"Another thread_attributes than NULL", ret_error);
    if (flags & EXTENDED_STARTUPINFO_PRESENT)
        return refuse(L"EXTENDED_STARTUPINFO_PRESENT (use sb_spawn, and sb_spawn_options.attributes)",
                      ret_error);
    return ERROR_SUCCESS;
}

/* Converts length bytes from the ANSI code page to UTF-16, and adds a NUL. NULL: out of memory. */
static wchar_t *widen(arena *a, const char *text, int length) {
    int units = MultiByteToWideChar(CP_ACP, 0, text, length, NULL, 0);
    wchar_t *wide = arena_array(a, (size_t)units + 1, sizeof *wide);
    if (wide) MultiByteToWideChar(CP_ACP, 0, text, length, wide, units);
    return wide;
}

static wchar_t *widen_environment(arena *a, const char *block) {
    int length = 1;
    for (const char *p = block; *p; p += strlen(p) + 1) length += (int)strlen(p) + 1;
    return widen(a, block, length);
}

/* Names the handles "0", "1" ... */
static sb_handle *name_handles(arena *a, const HANDLE *handles, DWORD count) {
    enum { NAME_UNITS = 11 };
    sb_handle *list = arena_array(a, count ? count : 1, sizeof *list);
    wchar_t *names = arena_array(a, count ? count : 1, NAME_UNITS * sizeof *names);
    if (!list || !names) return NULL;
    for (DWORD i = 0; i < count; i++, names += NAME_UNITS) {
        swprintf(names, NAME_UNITS, L"%lu", i);
        list[i] = (sb_handle){.name = names, .handle = handles[i]};
    }
    return list;
}

static DWORD spawn_shared(const sb_spawn_options *options, sb_process *ret_process, sb_error *ret_error) {
    sb_client *client;
    DWORD err = find_shared(&client, ret_error);
    return err ? err : spawn_on(client, options, ret_process, ret_error);
}

BOOL sb_create_process_with_explicit_handles(const wchar_t *application, wchar_t *command_line,
                                             SECURITY_ATTRIBUTES *process_attributes,
                                             SECURITY_ATTRIBUTES *thread_attributes, BOOL inherit_handles,
                                             DWORD creation_flags, void *environment,
                                             const wchar_t *directory, STARTUPINFOW *startup_info,
                                             PROCESS_INFORMATION *process_information, DWORD handle_count,
                                             const HANDLE *handles) {
    arena a = {0};
    sb_process process;
    sb_spawn_options options = {
        .size = sizeof options,
        .application = application,
        .command_line = command_line,
        .directory = directory,
        .environment = environment,
        .handle_count = handle_count,
        .creation_flags = creation_flags & ~(DWORD)CREATE_UNICODE_ENVIRONMENT,
        .lifetime = SB_LIFETIME_DETACHED,
    };
    sb_error failure;
    (void)inherit_handles;
    DWORD err =
        check_parameters(process_attributes, thread_attributes, creation_flags, startup_info, &failure);
    if (!err && handle_count > LIMIT_HANDLES)
        err = error_set(&failure, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                        L"handle_count is over the limit of %d.", LIMIT_HANDLES);
    if (!err && (!process_information || (handle_count && !handles)))
        err = error_set(&failure, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"%ls is NULL.",
                        process_information ? L"handles" : L"process_information");
    if (err) goto done;
    if (environment && !(creation_flags & CREATE_UNICODE_ENVIRONMENT))
        options.environment = widen_environment(&a, environment);
    options.handles = name_handles(&a, handles, handle_count);
    if (!options.handles || (environment && !options.environment)) {
        err = error_memory(&failure);
        goto done;
    }
    if (startup_info->dwFlags & STARTF_USESTDHANDLES) {
        options.std_input = startup_info->hStdInput;
        options.std_output = startup_info->hStdOutput;
        options.std_error = startup_info->hStdError;
    }
    if (startup_info->dwFlags & STARTF_USESHOWWINDOW) options.show_window = &startup_info->wShowWindow;
    options.desktop = startup_info->lpDesktop;
    err = spawn_shared(&options, &process, &failure);
    if (err) goto done;
    *process_information = (PROCESS_INFORMATION){.hProcess = process.process,
                                                 .hThread = process.thread,
                                                 .dwProcessId = process.process_id,
                                                 .dwThreadId = process.thread_id};
done:
    arena_free(&a);
    if (err) last_error_keep(&failure);
    if (err) SetLastError(err);
    return !err;
}

/* ---- the same for text in the ANSI code page ---- */

/* Converts a text; NULL stays NULL. Out of memory: returns NULL and clears *ret_good. */
static wchar_t *widen_text(arena *a, const char *text, bool *ret_good) {
    wchar_t *wide = text ? widen(a, text, (int)strlen(text)) : NULL;
    if (text && !wide) *ret_good = false;
    return wide;
}

BOOL sb_create_process_with_explicit_handles_a(const char *application, char *command_line,
                                               SECURITY_ATTRIBUTES *process_attributes,
                                               SECURITY_ATTRIBUTES *thread_attributes, BOOL inherit_handles,
                                               DWORD creation_flags, void *environment, const char *directory,
                                               STARTUPINFOA *startup_info,
                                               PROCESS_INFORMATION *process_information, DWORD handle_count,
                                               const HANDLE *handles) {
    arena a = {0};
    bool good = true;
    STARTUPINFOW startup;
    wchar_t *wide_application = widen_text(&a, application, &good),
            *line = widen_text(&a, command_line, &good), *wide_directory = widen_text(&a, directory, &good);

    if (startup_info) {
        startup = (STARTUPINFOW){.cb = sizeof startup,
                                 .lpReserved = widen_text(&a, startup_info->lpReserved, &good),
                                 .lpDesktop = widen_text(&a, startup_info->lpDesktop, &good),
                                 .lpTitle = widen_text(&a, startup_info->lpTitle, &good),
                                 .dwFlags = startup_info->dwFlags,
                                 .wShowWindow = startup_info->wShowWindow,
                                 .cbReserved2 = startup_info->cbReserved2,
                                 .lpReserved2 = startup_info->lpReserved2,
                                 .hStdInput = startup_info->hStdInput,
                                 .hStdOutput = startup_info->hStdOutput,
                                 .hStdError = startup_info->hStdError};
    }

    BOOL made = FALSE;
    DWORD err = ERROR_SUCCESS;
    if (good) {
        made = sb_create_process_with_explicit_handles(
            wide_application, line, process_attributes, thread_attributes, inherit_handles, creation_flags,
            environment, wide_directory, startup_info ? &startup : NULL, process_information, handle_count,
            handles);
        err = made ? ERROR_SUCCESS : GetLastError();
    } else {
        sb_error failure;
        err = error_memory(&failure);
        last_error_keep(&failure);
    }
    arena_free(&a);
    if (err) SetLastError(err);
    return made;
}
