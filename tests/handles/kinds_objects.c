/* Jobs, completion ports and registry keys. */
#include "tests/handles/kinds.h"

#include <wchar.h>

/* ---- job ---- */

static bool make_job(kind_object *o) {
    return (o->given = CreateJobObjectW(NULL, NULL)) != NULL;
}

static bool limit_job(HANDLE given) {
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits = {.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
                                                .ActiveProcessLimit = 5};
    return SetInformationJobObject(given, JobObjectBasicLimitInformation, &limits, sizeof limits);
}

/* The child already is in its own job; this one is nested in that. */
static bool use_job(HANDLE given) {
    return AssignProcessToJobObject(given, GetCurrentProcess()) && limit_job(given);
}

/* Whether the child was in the job. (Wine does not report limits that were set.) */
static bool seen_job(const kind_object *o) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts = {0};
    return QueryInformationJobObject(o->given, JobObjectBasicAccountingInformation, &counts, sizeof counts,
                                     NULL) &&
           counts.TotalProcesses == 1;
}

/* ---- completion port ---- */

static bool make_port(kind_object *o) {
    return (o->given = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1)) != NULL &&
           PostQueuedCompletionStatus(o->given, 12, 34, NULL);
}

static bool take(HANDLE port, DWORD bytes, ULONG_PTR key) {
    DWORD got_bytes = 0;
    ULONG_PTR got_key = 0;
    OVERLAPPED *overlapped;
    return GetQueuedCompletionStatus(port, &got_bytes, &got_key, &overlapped, TEST_DEADLINE_MS) &&
           got_bytes == bytes && got_key == key;
}

static bool use_port(HANDLE given) {
    return take(given, 12, 34) && PostQueuedCompletionStatus(given, 56, 78, NULL);
}

static bool beyond_port(HANDLE given) {
    return PostQueuedCompletionStatus(given, 56, 78, NULL);
}

static bool seen_port(const kind_object *o) {
    return take(o->given, 56, 78);
}

/* ---- registry key ---- */

static bool make_key(kind_object *o) {
    static volatile LONG made;
    HKEY key;
    swprintf(o->key, sizeof o->key / sizeof *o->key, L"Software\\sb-kinds-%lu-%ld", GetCurrentProcessId(),
             InterlockedIncrement(&made));
    if (RegCreateKeyExW(HKEY_CURRENT_USER, o->key, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &key,
                        NULL))
        return false;
    o->given = (HANDLE)key;
    const DWORD number = 12;
    return !RegSetValueExW(key, L"to", 0, REG_DWORD, (const BYTE *)&number, sizeof number);
}

static bool key_holds(HANDLE key, const wchar_t *name, DWORD wanted) {
    DWORD number = 0, size = sizeof number;
    return !RegQueryValueExW((HKEY)key, name, NULL, NULL, (BYTE *)&number, &size) && number == wanted;
}

static bool key_set(HANDLE key) {
    const DWORD number = 34;
    LSTATUS err = RegSetValueExW((HKEY)key, L"from", 0, REG_DWORD, (const BYTE *)&number, sizeof number);
    SetLastError((DWORD)err);
    return !err;
}

static bool use_key(HANDLE given) {
    return key_holds(given, L"to", 12) && key_set(given);
}

static bool beyond_key(HANDLE given) {
    return !key_holds(given, L"to", 12) || key_set(given);
}

static bool seen_key(const kind_object *o) {
    return key_holds(o->given, L"from", 34);
}

enum { JOB_QUERY = 4, PORT_QUERY = 1 }; /* JOB_OBJECT_QUERY, IO_COMPLETION_QUERY_STATE */

const kind kinds_of_objects[] = {
    {"job", "Job", JOB_QUERY, make_job, use_job, limit_job, seen_job},
    {"completion-port", "IoCompletion", PORT_QUERY, make_port, use_port, beyond_port, seen_port},
    {"registry-key", "Key", KEY_READ, make_key, use_key, beyond_key, seen_key},
    {0}};
