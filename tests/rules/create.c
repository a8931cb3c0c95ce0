/* What CreateProcess does on Windows. Each rule's sources are with it. */
#include "tests/rules/drives.h"
#include "tests/rules/files.h"
#include "tests/rules/jobs.h"
#include "tests/rules/lists.h"
#include "tests/rules/machine.h"
#include "tests/rules/reduced.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

typedef struct call {
    HANDLE token; /* NULL: CreateProcessW */
    const wchar_t *image;
    wchar_t *line;
    SECURITY_ATTRIBUTES *process_security, *thread_security;
    BOOL inherit;
    DWORD flags;
    void *environment;
    const wchar_t *directory;
    STARTUPINFOW *start;
} call;

static BOOL pass_on(const call *c, DWORD flags, STARTUPINFOW *start, PROCESS_INFORMATION *ret) {
    if (c->token)
        return real.CreateProcessAsUserW(c->token, c->image, c->line, c->process_security, c->thread_security,
                                         c->inherit, flags, c->environment, c->directory, start, ret);
    return real.CreateProcessW(c->image, c->line, c->process_security, c->thread_security, c->inherit, flags,
                               c->environment, c->directory, start, ret);
}

static const void *list_of(const call *c) {
    return c->flags & EXTENDED_STARTUPINFO_PRESENT
               ? ((const STARTUPINFOEXW *)(void *)c->start)->lpAttributeList
               : NULL;
}

/* ---- rule 16: the environment is sorted by name, whatever the case, by code unit ----
 * Source: the page "Changing Environment Variables". CreateProcess takes any block, but the child's variables
 * may hide one another then: so the call is refused here, and says why. */

static size_t name_length(const wchar_t *entry) {
    const wchar_t *end = *entry ? wcschr(entry + 1, L'=') : NULL; /* "=C:" begins with one */
    return end ? (size_t)(end - entry) : wcslen(entry);
}

static int compare(const wchar_t *a, const wchar_t *b) {
    return CompareStringOrdinal(a, (int)name_length(a), b, (int)name_length(b), TRUE) - CSTR_EQUAL;
}

static DWORD check_environment(const wchar_t *block) {
    const wchar_t *before = block;
    for (const wchar_t *at = block; *at; before = at, at += wcslen(at) + 1) {
        if (at == block || compare(before, at) < 0) continue;
        rules_say("the environment is not sorted: %.*ls is before %.*ls", (int)name_length(before), before,
                  (int)name_length(at), at);
        return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

/* Windows' own environment is sorted. Wine's is as Unix had it. */
LPWCH WINAPI rules_GetEnvironmentStringsW(void) {
    wchar_t *block = real.GetEnvironmentStringsW();
    size_t count = 0, units = 1, used = 0;
    if (!block || !rules_on(RULES_ENVIRONMENT)) return block;
    for (const wchar_t *at = block; *at; at += wcslen(at) + 1) {
        count++;
        units += wcslen(at) + 1;
    }

    wchar_t *copy = rules_allocate(units * sizeof *copy);
    const wchar_t **sorted = rules_allocate((count + 1) * sizeof *sorted);
    memcpy(copy, block, units * sizeof *copy);
    const wchar_t *at = copy;
    for (size_t i = 0; i < count; i++, at += wcslen(at) + 1) {
        size_t place = i;
        for (; place && compare(sorted[place - 1], at) > 0; place--) sorted[place] = sorted[place - 1];
        sorted[place] = at;
    }

    for (size_t i = 0; i < count; i++) {
        wcscpy(block + used, sorted[i]);
        used += wcslen(sorted[i]) + 1;
    }
    rules_free(sorted);
    rules_free(copy);
    return block;
}

/* ---- rule 17: errors ----
 * Sources: the pages of CreateProcess and CreateProcessAsUser, "System Error Codes". Wine starts the child in
 * another directory, and programs of Unix. */

static DWORD check_directory(const wchar_t *directory) {
    if (!directory) return ERROR_SUCCESS;
    DWORD attributes = rules_GetFileAttributesW(directory);
    bool good = attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
    return good && wcslen(directory) <= 258 ? ERROR_SUCCESS : ERROR_DIRECTORY;
}

static bool has_extension(const wchar_t *path, const wchar_t *extension) {
    size_t length = wcslen(path), end = wcslen(extension);
    return length >= end && !_wcsicmp(path + length - end, extension);
}

/* A program that is named outright, and whose file can be read, is a PE program of a processor that Windows
 * runs. */
static DWORD check_image(const wchar_t *path) {
    BYTE bytes[4096] = {0};
    DWORD got = 0, err = ERROR_BAD_EXE_FORMAT;
    if (!path || has_extension(path, L".bat") || has_extension(path, L".cmd")) return ERROR_SUCCESS;
    HANDLE file = real.CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                   NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return ERROR_SUCCESS; /* the call itself says why */

    const IMAGE_DOS_HEADER *dos = (void *)bytes;
    if (real.ReadFile(file, bytes, sizeof bytes, &got, NULL) && got >= sizeof *dos &&
        dos->e_magic == IMAGE_DOS_SIGNATURE && dos->e_lfanew > 0 &&
        (size_t)dos->e_lfanew + sizeof(IMAGE_NT_HEADERS) <= sizeof bytes) {
        const IMAGE_NT_HEADERS *nt = (void *)(bytes + dos->e_lfanew);
        WORD machine = nt->FileHeader.Machine;
        bool program =
            nt->Signature == IMAGE_NT_SIGNATURE && !(nt->FileHeader.Characteristics & IMAGE_FILE_DLL);
        bool runs = machine == IMAGE_FILE_MACHINE_AMD64 || machine == IMAGE_FILE_MACHINE_I386;
        err = !program ? ERROR_BAD_EXE_FORMAT : runs ? ERROR_SUCCESS : ERROR_EXE_MACHINE_TYPE_MISMATCH;
    }
    real.CloseHandle(file);
    return err;
}

/* Windows creates no process as a token that is not the process's own, or a restricted or other token of the
 * same logon, for those who do not hold the privileges; whether they are enabled does not matter. */
static bool holds(const wchar_t *name) {
    HANDLE token = NULL;
    LUID wanted;
    BYTE bytes[2048];
    DWORD size;
    const TOKEN_PRIVILEGES *all = (void *)bytes;
    bool held = false;
    if (!LookupPrivilegeValueW(NULL, name, &wanted) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    if (real.GetTokenInformation(token, TokenPrivileges, bytes, sizeof bytes, &size))
        for (DWORD i = 0; i < all->PrivilegeCount; i++)
            held |= !memcmp(&all->Privileges[i].Luid, &wanted, sizeof wanted);
    real.CloseHandle(token);
    return held;
}

static bool same_logon(HANDLE token) {
    HANDLE own = NULL;
    TOKEN_STATISTICS mine = {0}, its = {0};
    DWORD size;
    bool same = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) &&
                real.GetTokenInformation(own, TokenStatistics, &mine, sizeof mine, &size) &&
                real.GetTokenInformation(token, TokenStatistics, &its, sizeof its, &size) &&
                !memcmp(&mine.AuthenticationId, &its.AuthenticationId, sizeof its.AuthenticationId);
    if (own) real.CloseHandle(own);
    return same;
}

static DWORD check_privileges(HANDLE token) {
    if (!token || (holds(SE_INCREASE_QUOTA_NAME) && (same_logon(token) || holds(SE_ASSIGNPRIMARYTOKEN_NAME))))
        return ERROR_SUCCESS;
    return ERROR_PRIVILEGE_NOT_HELD;
}

static DWORD check_errors(const call *c) {
    DWORD err = check_privileges(c->token);
    if (!err && c->line && wcslen(c->line) >= 32767) err = ERROR_FILENAME_EXCED_RANGE;
    if (!err) err = check_image(c->image);
    return err ? err : check_directory(c->directory);
}

/* ---- rule 8: the standard handles ----
 * Source: rprichard/win32-console-docs, "CreateProcess (modern)", which Windows' own behaviour was measured
 * for; microsoft/terminal#11276. Wine copies the values, whatever they mean in the child. */

/* What of the child's is put right when it is there. */
typedef struct std_plan {
    bool any, from_console;
    struct {
        bool put, duplicate;
        HANDLE handle;
    } items[3];
} std_plan;

static bool listed(const rules_attribute *list, HANDLE handle) {
    const HANDLE *handles = list->copy;
    for (size_t i = 0; i < list->size / sizeof *handles; i++)
        if (handles[i] == handle) return true;
    return false;
}

static void plan_one(const call *c, size_t i, HANDLE *given, std_plan *plan) {
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    const bool use = c->start->dwFlags & STARTF_USESTDHANDLES;
    rules_attribute list;
    const bool has_list = lists_get(list_of(c), PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &list);
    HANDLE own = GetStdHandle(ids[i]);

    if (c->inherit && use && *given) {
        /* As it is: in the child it is another handle, or none, if it was not inherited. */
        DWORD flags;
        bool inherited = *given == INVALID_HANDLE_VALUE ||
                         (GetHandleInformation(*given, &flags) && flags & HANDLE_FLAG_INHERIT &&
                          (!has_list || listed(&list, *given)));
        plan->items[i].put = !inherited;
        plan->items[i].handle = *given;
        if (!inherited) *given = NULL;
    } else if (c->flags & (CREATE_NEW_CONSOLE | CREATE_NO_WINDOW)) {
        *given = NULL; /* the new console's: Wine sees to it */
        plan->from_console = true;
    } else if (c->flags & DETACHED_PROCESS || use) {
        *given = NULL;
    } else if (c->inherit && !has_list) {
        *given = own;
    } else {
        *given = NULL;
        plan->items[i].put = plan->items[i].duplicate = own && own != INVALID_HANDLE_VALUE;
        plan->items[i].handle = own;
    }
    plan->any |= plan->items[i].put;
}

enum { PEB_PARAMETERS = 0x20, PARAMETERS_STD = 0x20, PARAMETERS_FLAGS = 0xA4 }; /* of 64-bit processes */

static void put_std(const call *c, const std_plan *plan, HANDLE process) {
    struct {
        void *status;
        BYTE *peb;
        ULONG_PTR rest[4];
    } basic;
    BYTE *parameters;
    SIZE_T done;
    LONG(NTAPI * query)(HANDLE, ULONG, void *, ULONG, ULONG *);
    rules_ntdll("NtQueryInformationProcess", &query);
    if (query(process, 0, &basic, sizeof basic, NULL) < 0 ||
        !ReadProcessMemory(process, basic.peb + PEB_PARAMETERS, &parameters, sizeof parameters, &done))
        return;

    for (size_t i = 0; i < 3; i++) {
        HANDLE handle = plan->items[i].handle;
        if (!plan->items[i].put) continue;
        if (plan->items[i].duplicate) {
            DWORD flags = 0;
            GetHandleInformation(handle, &flags);
            if (!rules_DuplicateHandle(GetCurrentProcess(), handle, process, &handle, 0,
                                       (flags & HANDLE_FLAG_INHERIT) != 0, DUPLICATE_SAME_ACCESS))
                handle = NULL;
        }
        WriteProcessMemory(process, parameters + PARAMETERS_STD + i * sizeof handle, &handle, sizeof handle,
                           &done);
    }
    WriteProcessMemory(process, parameters + PARAMETERS_FLAGS, &c->start->dwFlags, sizeof c->start->dwFlags,
                       &done);
}

static BOOL create_with_std(const call *c, PROCESS_INFORMATION *ret) {
    union {
        STARTUPINFOW plain;
        STARTUPINFOEXW extended;
    } start;
    std_plan plan = {0};
    if (c->flags & EXTENDED_STARTUPINFO_PRESENT) start.extended = *(STARTUPINFOEXW *)(void *)c->start;
    else start.plain = *c->start;
    if (!(start.plain.dwFlags & STARTF_USESTDHANDLES))
        start.plain.hStdInput = start.plain.hStdOutput = start.plain.hStdError = NULL;
    plan_one(c, 0, &start.plain.hStdInput, &plan);
    plan_one(c, 1, &start.plain.hStdOutput, &plan);
    plan_one(c, 2, &start.plain.hStdError, &plan);
    if (!plan.from_console) start.plain.dwFlags |= STARTF_USESTDHANDLES;

    DWORD suspended = plan.any ? CREATE_SUSPENDED : 0;
    if (!pass_on(c, c->flags | suspended, &start.plain, ret)) return FALSE;
    if (plan.any) put_std(c, &plan, ret->hProcess);
    if (suspended && !(c->flags & CREATE_SUSPENDED)) ResumeThread(ret->hThread);
    return TRUE;
}

/* ---- all of them ---- */

/* The child has the handles that it inherits, is in its jobs, and lacks what its token lacks, before it runs.
 */
static BOOL create_and_give(const call *c, const jobs_plan *jobs, PROCESS_INFORMATION *ret) {
    rules_attribute list;
    const bool listed_only = lists_get(list_of(c), PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &list);
    HANDLE given[64];
    size_t count = c->inherit ? files_inherited(listed_only ? list.copy : NULL,
                                                listed_only ? list.size / sizeof(HANDLE) : 0, given, 64)
                              : 0;
    shared_token less;
    const bool reduced = reduced_plan(c->token, list_of(c), &less);
    if (reduced) reduced_desktop(c->start->lpDesktop, &less);
    const bool suspend = count || jobs->count || reduced;
    call suspended = *c;
    if (suspend) suspended.flags |= CREATE_SUSPENDED;
    if (!(rules_on(RULES_STANDARD_HANDLES) ? create_with_std(&suspended, ret)
                                           : pass_on(&suspended, suspended.flags, c->start, ret)))
        return FALSE;
    files_give(ret->hProcess, given, count);
    jobs_join(ret->hProcess, jobs);
    if (reduced) reduced_give(ret->hProcess, &less);
    if (suspend && !(c->flags & CREATE_SUSPENDED)) ResumeThread(ret->hThread);
    return TRUE;
}

static BOOL create(const call *c, PROCESS_INFORMATION *ret) {
    DWORD err = ERROR_SUCCESS;
    jobs_plan jobs;
    if (rules_on(RULES_HANDLE_LIST)) err = lists_check(list_of(c), c->inherit);
    if (!err && rules_on(RULES_STANDARD_HANDLES) &&
        (c->flags & (CREATE_NEW_CONSOLE | DETACHED_PROCESS)) == (CREATE_NEW_CONSOLE | DETACHED_PROCESS))
        err = ERROR_INVALID_PARAMETER;
    if (!err && rules_on(RULES_ENVIRONMENT) && c->environment && c->flags & CREATE_UNICODE_ENVIRONMENT)
        err = check_environment(c->environment);
    if (!err && drives_hidden(c->image)) err = ERROR_PATH_NOT_FOUND;
    if (!err && rules_on(RULES_CREATE_ERRORS)) err = check_errors(c);
    if (!err) err = jobs_plan_for(list_of(c), c->flags, &jobs);
    if (err) return rules_fail(err);
    BOOL ok = create_and_give(c, &jobs, ret);
    err = GetLastError();
    jobs_forget(&jobs);
    SetLastError(err);
    return ok;
}

BOOL WINAPI rules_CreateProcessW(LPCWSTR image, LPWSTR line, LPSECURITY_ATTRIBUTES process_security,
                                 LPSECURITY_ATTRIBUTES thread_security, BOOL inherit, DWORD flags,
                                 LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW start,
                                 LPPROCESS_INFORMATION ret) {
    wchar_t redirected[MACHINE_PATH];
    return create(&(call){NULL, machine_redirected(image, redirected), line, process_security,
                          thread_security, inherit, flags, environment, directory, start},
                  ret);
}

BOOL WINAPI rules_CreateProcessAsUserW(HANDLE token, LPCWSTR image, LPWSTR line,
                                       LPSECURITY_ATTRIBUTES process_security,
                                       LPSECURITY_ATTRIBUTES thread_security, BOOL inherit, DWORD flags,
                                       LPVOID environment, LPCWSTR directory, LPSTARTUPINFOW start,
                                       LPPROCESS_INFORMATION ret) {
    return create(&(call){token, image, line, process_security, thread_security, inherit, flags, environment,
                          directory, start},
                  ret);
}
