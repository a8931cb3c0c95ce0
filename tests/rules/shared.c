#include "tests/rules/shared.h"

#include <stdio.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>

shared_state *shared;

/* A file for each layout, as programs of two builds may run in one prefix. */
static HANDLE open_file(void) {
    wchar_t windows[MAX_PATH], path[MAX_PATH + 64];
    if (!GetSystemWindowsDirectoryW(windows, MAX_PATH)) return INVALID_HANDLE_VALUE;
    swprintf(path, MAX_PATH + 64, L"%ls\\Temp\\spawn-broker-rules-%zx", windows, sizeof *shared);
    return real.CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS, 0,
                            NULL);
}

bool shared_open(void) {
    HANDLE file = open_file();
    if (file == INVALID_HANDLE_VALUE) return false;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof *shared, NULL);
    if (section) shared = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *shared);
    if (section) real.CloseHandle(section);
    real.CloseHandle(file);
    return shared != NULL;
}

DWORD shared_pid(HANDLE process) {
    return process == GetCurrentProcess() ? GetCurrentProcessId() : GetProcessId(process);
}

uint64_t shared_created(HANDLE process) {
    FILETIME created, ended, kernel, user;
    if (process == GetCurrentProcess() && rules_own && rules_own->created) return rules_own->created;
    if (!GetProcessTimes(process, &created, &ended, &kernel, &user)) return 0;
    return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

static bool is_listed(DWORD pid) {
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    bool found = false;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (all == INVALID_HANDLE_VALUE) return true;
    for (BOOL more = Process32FirstW(all, &entry); more && !found; more = Process32NextW(all, &entry))
        found = entry.th32ProcessID == pid;
    real.CloseHandle(all);
    return found;
}

/* A broker lets few open it: then the list of processes says whether it runs. */
bool shared_has_ended(DWORD pid) {
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    if (!process) return GetLastError() != ERROR_ACCESS_DENIED || !is_listed(pid);
    bool ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    real.CloseHandle(process);
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
        if (tries % 8192 == 0 && holder != own && shared_has_ended((DWORD)holder))
            InterlockedCompareExchange(&shared->lock, 0, holder);
    }
}

void shared_unlock(void) {
    InterlockedExchange(&shared->lock, 0);
}

/* ---- handles ---- */

static void free_instance(shared_instance *i) {
    shared_pipe *pipe = &shared->pipes[i->pipe];
    *i = (shared_instance){0};
    if (!--pipe->instances) pipe->name[0] = 0;
}

/* npfs: an instance whose other end is open is still one, and its pipe keeps its name. */
static void end_object(shared_object *o) {
    shared_instance *i = o->instance ? &shared->instances[o->instance - 1] : NULL;
    if (i) {
        if (o->kind == KIND_SERVER) i->server = 0;
        else i->client = 0;
        if (i->server || i->client) i->state = i->state == PIPE_GONE ? PIPE_GONE : PIPE_CLOSING;
        else free_instance(i);
    }
    *o = (shared_object){0};
}

static void drop_row(shared_handle *row) {
    shared_object *o = &shared->objects[row->object];
    *row = (shared_handle){0};
    if (!--o->handles) end_object(o);
}

static shared_handle *find_row(DWORD pid, HANDLE handle) {
    for (DWORD i = 0; i < shared->handles; i++) {
        shared_handle *row = &shared->handle_rows[i];
        if (row->pid == pid && row->value == (uintptr_t)handle) return row;
    }
    return NULL;
}

shared_object *shared_find_of(DWORD pid, HANDLE handle) {
    shared_handle *row = find_row(pid, handle);
    return row ? &shared->objects[row->object] : NULL;
}

shared_object *shared_find(HANDLE handle) {
    return shared_find_of(GetCurrentProcessId(), handle);
}

void shared_drop(DWORD pid, HANDLE handle) {
    shared_handle *row = find_row(pid, handle);
    if (row) drop_row(row);
    while (shared->handles && !shared->handle_rows[shared->handles - 1].pid) shared->handles--;
}

void shared_add_handle(DWORD pid, uint64_t created, HANDLE handle, shared_object *object) {
    DWORD i = 0;
    shared_drop(pid, handle); /* closed by a call that the layer does not see */
    while (i < shared->handles && shared->handle_rows[i].pid) i++;
    if (i == SHARED_HANDLES) return;
    if (i == shared->handles) shared->handles++;
    object->handles++;
    shared->handle_rows[i] =
        (shared_handle){pid, (DWORD)(object - shared->objects), created, (uintptr_t)handle};
}

shared_object *shared_add(HANDLE handle, shared_kind kind, bool synchronous) {
    shared_drop(GetCurrentProcessId(), handle);
    for (DWORD i = 0; i < SHARED_OBJECTS; i++) {
        shared_object *o = &shared->objects[i];
        if (o->kind != KIND_FREE) continue;
        *o = (shared_object){.kind = kind, .synchronous = synchronous};
        shared_add_handle(GetCurrentProcessId(), shared_created(GetCurrentProcess()), handle, o);
        return o->handles ? o : NULL;
    }
    return NULL;
}

/* Those of a process that had the id before. */
static void shared_drop_others(DWORD pid, uint64_t created) {
    for (DWORD i = 0; i < shared->handles; i++) {
        shared_handle *row = &shared->handle_rows[i];
        if (row->pid == pid && row->created != created) drop_row(row);
    }
}

void shared_sweep(void) {
    DWORD known[SHARED_PROCESSES], count = 0;
    bool ended[SHARED_PROCESSES];
    for (DWORD i = 0; i < shared->handles; i++) {
        shared_handle *row = &shared->handle_rows[i];
        DWORD k = 0;
        if (!row->pid || row->pid == GetCurrentProcessId()) continue;
        while (k < count && known[k] != row->pid) k++;
        if (k == count && count < SHARED_PROCESSES) {
            known[count] = row->pid;
            ended[count++] = shared_has_ended(row->pid);
        }
        if (k < count && ended[k]) drop_row(row);
    }
}

/* ---- pipes ---- */

void shared_serve(shared_object *server, shared_pipe *pipe) {
    for (DWORD i = 0; i < SHARED_INSTANCES; i++) {
        if (shared->instances[i].state != PIPE_FREE) continue;
        shared->instances[i] = (shared_instance){.state = PIPE_LISTENING,
                                                 .pipe = (DWORD)(pipe - shared->pipes),
                                                 .server = (DWORD)(server - shared->objects) + 1,
                                                 .turn = ++shared->turn};
        server->instance = i + 1;
        pipe->instances++;
        return;
    }
}

void shared_connect(shared_object *client, shared_pipe *pipe) {
    shared_instance *first = NULL;
    for (DWORD i = 0; i < SHARED_INSTANCES; i++) {
        shared_instance *at = &shared->instances[i];
        if (at->state != PIPE_LISTENING || &shared->pipes[at->pipe] != pipe) continue;
        if (!first || at->turn < first->turn) first = at;
    }
    if (!first) return;
    first->state = PIPE_CONNECTED;
    first->client = (DWORD)(client - shared->objects) + 1;
    client->instance = (DWORD)(first - shared->instances) + 1;
}

void shared_disconnect(shared_object *server) {
    shared_instance *i = server->instance ? &shared->instances[server->instance - 1] : NULL;
    if (!i) return;
    if (i->client) shared->objects[i->client - 1].instance = 0;
    i->client = 0;
    i->state = PIPE_GONE;
}

shared_pipe *shared_pipe_find(const wchar_t *name) {
    for (DWORD i = 0; i < SHARED_PIPES; i++)
        if (shared->pipes[i].name[0] && !_wcsicmp(shared->pipes[i].name, name)) return &shared->pipes[i];
    return NULL;
}

shared_pipe *shared_pipe_add(const wchar_t *name) {
    for (DWORD i = 0; i < SHARED_PIPES && wcslen(name) < SHARED_NAME; i++) {
        shared_pipe *pipe = &shared->pipes[i];
        if (pipe->name[0]) continue;
        memset(pipe, 0, sizeof *pipe);
        wcscpy(pipe->name, name);
        return pipe;
    }
    return NULL;
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
    rules_process *own = row && row->created == shared_created(GetCurrentProcess()) ? row->own : NULL;
    shared_unlock();
    return own;
}

static shared_process_row *free_row(void) {
    shared_process_row *row = row_of(0);
    if (row) return row;
    for (size_t i = 0; i < SHARED_PROCESSES; i++)
        if (shared_has_ended(shared->processes[i].pid)) shared->processes[i].pid = 0;
    return row_of(0);
}

void shared_set_process(rules_process *own) {
    shared_lock();
    shared_drop_others(GetCurrentProcessId(), shared_created(GetCurrentProcess()));
    shared_process_row *row = row_of(GetCurrentProcessId()); /* of one that had the id before */
    if (row || (row = free_row()))
        *row = (shared_process_row){GetCurrentProcessId(), shared_created(GetCurrentProcess()), own};
    shared_unlock();
}
