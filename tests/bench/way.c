#include "tests/bench/way.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { MOST_HANDLES = 257 }; /* those of a launch, and the standard one */

/* ---- by oneself ---- */

typedef struct lent {
    HANDLE items[MOST_HANDLES]; /* inheritable duplicates; the last is the standard handle */
    size_t count;
} lent;

static bool lend(HANDLE handle, lent *all) {
    HANDLE self = GetCurrentProcess();
    if (!DuplicateHandle(self, handle, self, &all->items[all->count], 0, TRUE, DUPLICATE_SAME_ACCESS))
        return false;
    all->count++;
    return true;
}

static bool lend_all(const way_launch *launch, lent *all) {
    bool good = launch->handle_count < MOST_HANDLES;
    for (size_t i = 0; good && i < launch->handle_count; i++) good = lend(launch->handles[i].handle, all);
    return good && lend(launch->nul, all);
}

static void lent_close(lent *all) {
    while (all->count) CloseHandle(all->items[--all->count]);
}

/* list: NULL for none. */
static bool create(const way_launch *launch, HANDLE std, LPPROC_THREAD_ATTRIBUTE_LIST list,
                   HANDLE *ret_process) {
    STARTUPINFOEXW start = {.StartupInfo = {.cb = list ? sizeof start : sizeof start.StartupInfo,
                                            .dwFlags = STARTF_USESTDHANDLES,
                                            .hStdInput = std,
                                            .hStdOutput = std,
                                            .hStdError = std},
                            .lpAttributeList = list};
    PROCESS_INFORMATION made;
    DWORD flags = CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | (list ? EXTENDED_STARTUPINFO_PRESENT : 0);
    if (!CreateProcessW(launch->application, launch->line, NULL, NULL, TRUE, flags,
                        (void *)(ULONG_PTR)launch->environment, NULL, &start.StartupInfo, &made))
        return false;
    CloseHandle(made.hThread);
    *ret_process = made.hProcess;
    return true;
}

static DWORD run_direct(const way_launch *launch, HANDLE *ret_process) {
    lent all = {0};
    SIZE_T size = 0;
    bool made = false, good = lend_all(launch, &all);
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = good ? malloc(size) : NULL;
    good = list && (made = InitializeProcThreadAttributeList(list, 1, 0, &size)) &&
           UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, all.items,
                                     all.count * sizeof(HANDLE), NULL, NULL) &&
           create(launch, all.items[all.count - 1], list, ret_process);
    DWORD err = good ? ERROR_SUCCESS : GetLastError();
    if (made) DeleteProcThreadAttributeList(list);
    free(list);
    lent_close(&all);
    return err;
}

static DWORD run_locked(const way_launch *launch, HANDLE *ret_process) {
    static SRWLOCK lock = SRWLOCK_INIT;
    lent all = {0};
    AcquireSRWLockExclusive(&lock);
    bool good = lend_all(launch, &all) && create(launch, all.items[all.count - 1], NULL, ret_process);
    DWORD err = good ? ERROR_SUCCESS : GetLastError();
    lent_close(&all);
    ReleaseSRWLockExclusive(&lock);
    return err;
}

/* ---- through the library ---- */

static DWORD run_client(const way *w, const way_launch *launch, HANDLE *ret_process) {
    const sb_spawn_options options = {.size = sizeof options,
                                      .application = launch->application,
                                      .command_line = launch->line,
                                      .environment = launch->environment,
                                      .handles = launch->handles,
                                      .handle_count = launch->handle_count,
                                      .std_input = launch->nul,
                                      .std_output = launch->nul,
                                      .std_error = launch->nul};
    sb_process made;
    sb_error why;
    DWORD err = sb_spawn(w->client, &options, &made, &why);

    if (err) {
        fprintf(stderr, "%s: %ls\n", w->name, why.message);
        return err;
    }

    CloseHandle(made.thread);
    *ret_process = made.process;
    return ERROR_SUCCESS;
}

DWORD way_run(const way *w, const way_launch *launch, HANDLE *ret_process) {
    if (w->kind == WAY_CLIENT) return run_client(w, launch, ret_process);
    DWORD err = w->kind == WAY_DIRECT ? run_direct(launch, ret_process) : run_locked(launch, ret_process);
    if (err) fprintf(stderr, "%s: error %lu\n", w->name, err);
    return err;
}

bool way_open_local(way *ret) {
    const sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_LOCAL};
    sb_error why;
    way w = {.name = "helper", .kind = WAY_CLIENT};
    if (sb_connect(&options, &w.client, &why)) {
        fprintf(stderr, "helper: %ls\n", why.message);
        return false;
    }
    *ret = w;
    return true;
}

bool way_open_broker(way *ret, const char *name, const wchar_t *program, const wchar_t *data,
                     const char *policy) {
    wchar_t made[MAX_PATH], path[MAX_PATH + 16];
    way w = {.name = name, .kind = WAY_CLIENT};
    if (!data && !directory_make_data(made, L"bench")) return false;
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data ? data : made);
    if (policy && !file_write(path, policy, strlen(policy))) return false;
    if (!broker_start_program(&w.broker, program, data ? data : made)) return false;
    *ret = w;
    ret->client = broker_connect(w.broker.pipe);
    return ret->client != NULL;
}

bool way_close(way *w) {
    bool good = true;
    sb_disconnect(w->client);
    if (w->broker.process) good = broker_stop(&w->broker) == 0;
    *w = (way){0};
    return good;
}
