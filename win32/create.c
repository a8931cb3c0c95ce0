#include "create.h"

#include "win.h"

#include <stdbool.h>
#include <stdlib.h>

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000D /* ProcThreadAttributeValue(13, FALSE, TRUE, FALSE) */
#endif

DWORD create_impersonate(HANDLE token) {
    return SetThreadToken(NULL, token) ? ERROR_SUCCESS : win_error();
}

void create_revert(void) {
    if (!RevertToSelf()) TerminateProcess(GetCurrentProcess(), win_error());
}

static bool in_list(const create_spec *spec, HANDLE handle) {
    for (size_t i = 0; i < spec->handle_count; i++)
        if (spec->handles[i] == handle) return true;
    return false;
}

/* QUIRK wine 8: duplicate, pseudo and non-inheritable handles in a list are let through, and an empty list
 * inherits everything; on Windows each is ERROR_INVALID_PARAMETER or worse (UpdateProcThreadAttribute's
 * page). CURE: checked here, before the call; with no handles, bInheritHandles = FALSE and no list.
 * TEST: tests/win/test_rules.c */
static DWORD check_list(const create_spec *spec, const char **ret_what) {
    for (size_t i = 0; i < spec->handle_count; i++) {
        DWORD flags;
        LONG_PTR value = (LONG_PTR)spec->handles[i];
        *ret_what = "the handle list has a NULL or pseudo handle";
        if (!value || (value < 0 && value >= -6)) return ERROR_INVALID_PARAMETER;
        *ret_what = "the handle list has a handle twice";
        for (size_t j = 0; j < i; j++)
            if (spec->handles[j] == spec->handles[i]) return ERROR_INVALID_PARAMETER;
        *ret_what = "the handle list has a handle that is not inheritable";
        if (!spec->parent &&
            (!GetHandleInformation(spec->handles[i], &flags) || !(flags & HANDLE_FLAG_INHERIT)))
            return ERROR_INVALID_PARAMETER;
    }
    *ret_what = "a standard handle is not in the handle list";
    for (size_t i = 0; i < 3; i++)
        if (spec->std[i] && !in_list(spec, spec->std[i])) return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

typedef struct attributes {
    LPPROC_THREAD_ATTRIBUTE_LIST list; /* malloc'd; initialised when not NULL */
} attributes;

static DWORD attribute_add(attributes *a, DWORD_PTR attribute, const void *value, size_t size) {
    return UpdateProcThreadAttribute(a->list, 0, attribute, (void *)(ULONG_PTR)value, size, NULL, NULL)
               ? ERROR_SUCCESS
               : win_error();
}

/* What the attributes point to (spec's members) outlives the list. */
static DWORD attributes_make(const create_spec *spec, attributes *a) {
    SIZE_T size = 0;
    DWORD error = ERROR_SUCCESS,
          count = (spec->handle_count ? 1 : 0) + (spec->job ? 1 : 0) + (spec->parent ? 1 : 0);
    if (!count) return ERROR_SUCCESS;
    InitializeProcThreadAttributeList(NULL, count, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (!list) return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(list, count, 0, &size)) {
        error = win_error();
        free(list);
        return error;
    }
    a->list = list;
    if (spec->handle_count)
        error = attribute_add(a, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, spec->handles,
                              spec->handle_count * sizeof *spec->handles);
    if (!error && spec->job)
        error = attribute_add(a, PROC_THREAD_ATTRIBUTE_JOB_LIST, &spec->job, sizeof spec->job);
    if (!error && spec->parent)
        error = attribute_add(a, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &spec->parent, sizeof spec->parent);
    return error;
}

static void attributes_free(attributes *a) {
    if (!a->list) return;
    DeleteProcThreadAttributeList(a->list);
    free(a->list);
}

static DWORD call(const create_spec *spec, HANDLE token, DWORD flags, STARTUPINFOW *start,
                  PROCESS_INFORMATION *ret) {
    BOOL ok, inherit = spec->handle_count != 0;
    void *environment = (void *)(ULONG_PTR)spec->environment; /* not written to */
    if (token)
        ok = CreateProcessAsUserW(token, spec->image, spec->command_line, NULL, NULL, inherit, flags,
                                  environment, spec->directory, start, ret);
    else
        ok = CreateProcessW(spec->image, spec->command_line, NULL, NULL, inherit, flags, environment,
                            spec->directory, start, ret);
    return ok ? ERROR_SUCCESS : win_error();
}

DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what) {
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start}};
    PROCESS_INFORMATION made = {0};
    attributes a = {0};
    DWORD flags = spec->flags | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    DWORD error = check_list(spec, ret_what);
    if (error) goto done;
    *ret_what = "the process attributes cannot be set";
    if ((error = attributes_make(spec, &a))) goto done;
    start.lpAttributeList = a.list;
    start.StartupInfo.lpDesktop = (wchar_t *)(ULONG_PTR)spec->desktop; /* not written to */
    start.StartupInfo.lpReserved2 = spec->descriptors;
    start.StartupInfo.cbReserved2 = spec->descriptors_size;
    /* Always said: without it the child gets this process's own standard handles, listed or not
     * (terminal#11276). NULL leaves the place to the child's new console. */
    start.StartupInfo.dwFlags |= STARTF_USESTDHANDLES;
    start.StartupInfo.hStdInput = spec->std[0];
    start.StartupInfo.hStdOutput = spec->std[1];
    start.StartupInfo.hStdError = spec->std[2];
    *ret_what = "cannot act as the caller";
    if (spec->impersonate && (error = create_impersonate(spec->impersonate))) goto done;
    *ret_what = "cannot create the process";
    /* QUIRK wine 8: one process in a thousand dies before it is set up, and creating it fails with this error.
     * CURE: tried again, twice.
     * TEST: tests/win/test_thousand.c */
    for (int tries = 0; tries < 3 && (!tries || error == ERROR_INTERNAL_ERROR); tries++)
        error = call(spec, spec->token, flags, &start.StartupInfo, &made);
    /* Without the privilege for any other token, one's own is the same as none. */
    if (error == ERROR_PRIVILEGE_NOT_HELD && spec->token && spec->token_is_own)
        error = call(spec, NULL, flags, &start.StartupInfo, &made);
    if (spec->impersonate) create_revert();
    if (!error) *ret = made;
done:
    attributes_free(&a);
    return error;
}
