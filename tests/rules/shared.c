#include "tests/rules/shared.h"

#include <stdio.h>
#include <wchar.h>

shared_state *shared;

/* A file for each layout, as programs of two builds may run in one prefix. */
static HANDLE open_file(void) {
    wchar_t windows[MAX_PATH], path[MAX_PATH + 64];
    if (!GetSystemWindowsDirectoryW(windows, MAX_PATH)) return INVALID_HANDLE_VALUE;
    swprintf(path, MAX_PATH + 64, L"%ls\\Temp\\spawn-broker-rules-%zx", windows, sizeof *shared);
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS, 0, NULL);
}

bool shared_open(void) {
    HANDLE file = open_file();
    if (file == INVALID_HANDLE_VALUE) return false;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof *shared, NULL);
    if (section) shared = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *shared);
    if (section) CloseHandle(section);
    CloseHandle(file);
    return shared != NULL;
}

static uint64_t created_at(HANDLE process) {
    FILETIME created, ended, kernel, user;
    if (!GetProcessTimes(process, &created, &ended, &kernel, &user)) return 0;
    return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

static bool has_ended(DWORD pid) {
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    bool ended = !process || WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    if (process) CloseHandle(process);
    return ended;
}

/* A holder that was killed never gives the lock back: it is taken over. */
void shared_lock(void) {
    const LONG own = (LONG)GetCurrentProcessId();
    for (unsigned tries = 1;; tries++) {
        LONG holder = InterlockedCompareExchange(&shared->lock, own, 0);
        if (!holder) return;
        if (tries % 64 == 0) Sleep(tries % 1024 == 0);
        else YieldProcessor();
        if (tries % 8192 == 0 && holder != own && has_ended((DWORD)holder))
            InterlockedCompareExchange(&shared->lock, 0, holder);
    }
}

void shared_unlock(void) {
    InterlockedExchange(&shared->lock, 0);
}

/* ---- processes ---- */

static shared_process_row *row_of(DWORD pid) {
    for (size_t i = 0; i < SHARED_PROCESSES; i++)
        if (shared->processes[i].pid == pid) return &shared->processes[i];
    return NULL;
}

rules_process *shared_process(void) {
    shared_lock();
    shared_process_row *row = row_of(GetCurrentProcessId());
    rules_process *own = row && row->created == created_at(GetCurrentProcess()) ? row->own : NULL;
    shared_unlock();
    return own;
}

static shared_process_row *free_row(void) {
    shared_process_row *row = row_of(0);
    if (row) return row;
    for (size_t i = 0; i < SHARED_PROCESSES; i++)
        if (has_ended(shared->processes[i].pid)) shared->processes[i].pid = 0;
    return row_of(0);
}

void shared_set_process(rules_process *own) {
    shared_lock();
    shared_process_row *row = row_of(GetCurrentProcessId()); /* of one that had the id before */
    if (row || (row = free_row()))
        *row = (shared_process_row){GetCurrentProcessId(), created_at(GetCurrentProcess()), own};
    shared_unlock();
}
