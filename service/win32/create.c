#include "service/win32/create.h"

#include "service/win32/privileges.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <stdbool.h>
#include <stdlib.h>

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000D /* ProcThreadAttributeValue(13, FALSE, TRUE, FALSE) */
#endif
#ifndef PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY
#define PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY 0x0002000E
#endif

static bool in_list(const create_spec *spec, HANDLE handle) {
    for (size_t i = 0; i < spec->handle_count; i++)
        if (spec->handles[i] == handle) return true;
    return false;
}

/* QUIRK wine 8: a list may hold duplicate, pseudo and non-inheritable handles, and with an empty list the
 * child inherits everything; on Windows each is ERROR_INVALID_PARAMETER or worse (UpdateProcThreadAttribute's
 * page). CURE: check here, before the call; with no handles, bInheritHandles = FALSE and no list.
 * TEST: tests/launch/test_rules.c */
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

/* The arguments of UpdateProcThreadAttribute; size 0: the attribute is not set. */
typedef struct attribute {
    DWORD_PTR key;
    const void *value;
    size_t size;
    const char *what; /* the message when it fails */
} attribute;

static DWORD attribute_add(attributes *a, const attribute *one) {
    return UpdateProcThreadAttribute(a->list, 0, one->key, (void *)(ULONG_PTR)one->value, one->size, NULL,
                                     NULL)
               ? ERROR_SUCCESS
               : win_error();
}

static DWORD attributes_open(DWORD count, attributes *a) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, count, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = malloc(size);
    if (!list) return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(list, count, 0, &size)) {
        DWORD err = win_error();
        free(list);
        return err;
    }
    a->list = list;
    return ERROR_SUCCESS;
}

/* The attributes point into spec, which outlives the list. */
static DWORD attributes_make(const create_spec *spec, attributes *a, const char **ret_what) {
    static const DWORD no_children = 1; /* PROCESS_CREATION_CHILD_PROCESS_RESTRICTED */
    static const char whole[] = "the process attributes cannot be set";
    const uint64_t *words = spec->mitigations;
    const size_t word_count = !words || (!words[0] && !words[1]) ? 0 : words[1] ? 2 : 1;
    const attribute all[] = {
        {PROC_THREAD_ATTRIBUTE_HANDLE_LIST, spec->handles, spec->handle_count * sizeof *spec->handles, whole},
        {PROC_THREAD_ATTRIBUTE_JOB_LIST, spec->jobs, spec->job_count * sizeof *spec->jobs, whole},
        {PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &spec->parent, spec->parent ? sizeof spec->parent : 0, whole},
        {PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, words, word_count * sizeof *words,
         "cannot set the mitigation policy"},
        {PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY, &no_children,
         spec->no_child_processes ? sizeof no_children : 0, "cannot forbid child processes"},
    };
    DWORD err = ERROR_SUCCESS, count = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) count += all[i].size != 0;
    if (!count) return ERROR_SUCCESS;
    *ret_what = whole;
    err = attributes_open(count, a);
    for (size_t i = 0; !err && i < sizeof all / sizeof *all; i++) {
        *ret_what = all[i].what;
        if (all[i].size) err = attribute_add(a, &all[i]);
    }

    return err;
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
    bool privileged = false;
    DWORD flags = spec->flags | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    DWORD err = check_list(spec, ret_what);
    if (err) goto done;
    if ((err = attributes_make(spec, &a, ret_what))) goto done;

    start.lpAttributeList = a.list;
    start.StartupInfo.lpDesktop = (wchar_t *)(ULONG_PTR)spec->desktop; /* not written to */
    start.StartupInfo.lpReserved2 = spec->descriptors;
    start.StartupInfo.cbReserved2 = spec->descriptors_size;
    /* Always set: without the flag the child gets this process's own standard handles, listed or not
     * (terminal#11276). NULL makes Windows use the child's new console. */
    start.StartupInfo.dwFlags |= STARTF_USESTDHANDLES;
    if (spec->use_show_window) start.StartupInfo.dwFlags |= STARTF_USESHOWWINDOW;
    start.StartupInfo.wShowWindow = spec->show_window;
    start.StartupInfo.hStdInput = spec->std[0];
    start.StartupInfo.hStdOutput = spec->std[1];
    start.StartupInfo.hStdError = spec->std[2];

    *ret_what = "cannot act as the caller";
    privileged = spec->token && privileges_enable(); /* without them, Windows decides whether it needs them */
    if (spec->impersonate && (err = token_impersonate(spec->impersonate))) goto done;

    *ret_what = "cannot create the process";
    /* QUIRK wine 8: one process in a thousand dies while it is set up, and its creation fails with this
     * error.
     * CURE: try again, twice.
     * TEST: tests/launch/test_thousand.c */
    for (int tries = 0; tries < 3 && (!tries || err == ERROR_INTERNAL_ERROR); tries++)
        err = call(spec, spec->token, flags, &start.StartupInfo, &made);
    /* Without the privileges, a token that gives this process's own rights is the same as none. */
    if (err == ERROR_PRIVILEGE_NOT_HELD && spec->token && spec->token_is_own)
        err = call(spec, NULL, flags, &start.StartupInfo, &made);
    if (spec->impersonate) token_revert();
    if (!err) *ret = made;

done:
    if (privileged) privileges_disable();
    attributes_free(&a);
    return err;
}
