#include "client.h"
#include "win.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* ---- the process's own connection ---- */

/* Counted, so that a connection that was lost is replaced while others still end their calls on it. */
typedef struct shared_client {
    sb_client *client;
    volatile LONG users; /* one of them is shared itself */
} shared_client;

static SRWLOCK shared_lock = SRWLOCK_INIT;
static shared_client *shared;

static void release_shared(shared_client *s) {
    if (!s || InterlockedDecrement(&s->users)) return;
    sb_disconnect(s->client);
    free(s);
}

static DWORD connect_shared(shared_client **ret) {
    shared_client *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD err = sb_connect(NULL, &s->client, NULL);
    if (err) {
        free(s);
        return err;
    }
    s->users = 1;
    *ret = s;
    return ERROR_SUCCESS;
}

static DWORD acquire_shared(shared_client **ret) {
    shared_client *lost = NULL;
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&shared_lock);
    if (shared && call_broken(shared->client->link)) {
        lost = shared;
        shared = NULL;
    }
    if (!shared) err = connect_shared(&shared);
    if (!err) {
        InterlockedIncrement(&shared->users);
        *ret = shared;
    }
    ReleaseSRWLockExclusive(&shared_lock);
    release_shared(lost);
    return err;
}

/* ---- CreateProcess's parameters as ours ---- */

static DWORD check_startup(const STARTUPINFOW *startup) {
    if (!startup) return ERROR_INVALID_PARAMETER;
    if (startup->dwFlags & ~(DWORD)STARTF_USESTDHANDLES || startup->lpReserved || startup->lpTitle ||
        startup->cbReserved2 || startup->lpReserved2)
        return ERROR_NOT_SUPPORTED;
    return ERROR_SUCCESS;
}

/* A block of the ANSI code page as UTF-16. */
static wchar_t *widen_environment(arena *a, const char *block) {
    int length = 1;
    for (const char *p = block; *p; p += strlen(p) + 1) length += (int)strlen(p) + 1;
    int units = MultiByteToWideChar(CP_ACP, 0, block, length, NULL, 0);
    wchar_t *wide = arena_array(a, (size_t)units + 1, sizeof *wide);
    if (wide) MultiByteToWideChar(CP_ACP, 0, block, length, wide, units);
    return wide;
}

/* handles named "0", "1" ... */
static sb_handle *name_handles(arena *a, const HANDLE *handles, DWORD count) {
    enum { NAME_UNITS = 11 };
    sb_handle *list = arena_array(a, (size_t)count + 1, sizeof *list);
    wchar_t *names = arena_array(a, (size_t)count + 1, NAME_UNITS * sizeof *names);
    if (!list || !names) return NULL;
    for (DWORD i = 0; i < count; i++, names += NAME_UNITS) {
        swprintf(names, NAME_UNITS, L"%lu", i);
        list[i] = (sb_handle){.name = names, .handle = handles[i]};
    }
    return list;
}

static DWORD spawn_shared(const sb_spawn_options *options, sb_process *ret_process) {
    shared_client *s = NULL;
    sb_error failure;
    DWORD err = acquire_shared(&s);
    if (!err) err = spawn_on(s->client, options, ret_process, &failure);
    release_shared(s);
    return err;
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
    (void)inherit_handles;
    DWORD err = check_startup(startup_info);
    if (!err && (process_attributes || thread_attributes)) err = ERROR_NOT_SUPPORTED;
    if (!err && (!process_information || (handle_count && !handles))) err = ERROR_INVALID_PARAMETER;
    if (err) goto done;
    if (environment && !(creation_flags & CREATE_UNICODE_ENVIRONMENT))
        options.environment = widen_environment(&a, environment);
    options.handles = name_handles(&a, handles, handle_count);
    if (!options.handles || (environment && !options.environment)) {
        err = ERROR_NOT_ENOUGH_MEMORY;
        goto done;
    }
    if (startup_info->dwFlags & STARTF_USESTDHANDLES) {
        options.std_input = startup_info->hStdInput;
        options.std_output = startup_info->hStdOutput;
        options.std_error = startup_info->hStdError;
    }
    options.desktop = startup_info->lpDesktop;
    err = spawn_shared(&options, &process);
    if (err) goto done;
    *process_information = (PROCESS_INFORMATION){.hProcess = process.process,
                                                 .hThread = process.thread,
                                                 .dwProcessId = process.process_id,
                                                 .dwThreadId = process.thread_id};
done:
    arena_free(&a);
    if (err) SetLastError(err);
    return !err;
}
