#include "tests/rules/shared.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
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

/* The rows of tokens of an earlier Wine are another's now. */
static void forget_tokens(void) {
    enum { TIME_OF_DAY_CLASS = 3 };
    LONG64 times[6] = {0}; /* SYSTEM_TIMEOFDAY_INFORMATION, which begins with the time of the boot */
    LONG(NTAPI * query)(ULONG, void *, ULONG, ULONG *);
    rules_ntdll("NtQuerySystemInformation", &query);
    query(TIME_OF_DAY_CLASS, times, sizeof times, NULL);
    shared_lock();
    if (shared->boot != times[0]) {
        memset(shared->token_ids, 0, sizeof shared->token_ids);
        shared->any_token = false;
        shared->boot = times[0];
    }
    shared_unlock();
}

bool shared_open(void) {
    HANDLE file = open_file();
    if (file == INVALID_HANDLE_VALUE) return false;
    HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof *shared, NULL);
    if (section) shared = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *shared);
    if (section) real.CloseHandle(section);
    real.CloseHandle(file);
    if (shared) forget_tokens();
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

/* ---- the processes that run ----
 * By the system's list, as a broker lets nobody open it. One that has ended is not listed, even while a
 * handle of it is open. */

typedef struct process_item { /* SYSTEM_PROCESS_INFORMATION */
    ULONG next, threads;
    LARGE_INTEGER spare[3];
    uint64_t created, user, kernel;
    USHORT name[8];
    LONG priority;
    ULONG_PTR pid;
} process_item;
static_assert(offsetof(process_item, created) == 32 && offsetof(process_item, pid) == 80, "Windows' layout");

static BYTE *list_processes(void) {
    enum { PROCESS_INFORMATION_CLASS = 5 };
    LONG(NTAPI * query)(ULONG, void *, ULONG, ULONG *);
    rules_ntdll("NtQuerySystemInformation", &query);
    for (ULONG room = 65536;; room *= 2) {
        BYTE *list = rules_allocate(room);
        if (query(PROCESS_INFORMATION_CLASS, list, room, NULL) >= 0) return list;
        rules_free(list);
    }
}

/* Returns the time of creation of a process of the list, or 0 where it is not there. */
static uint64_t created_by(const BYTE *list, DWORD pid) {
    for (const process_item *item = (const void *)list;; item = (const void *)list) {
        if (item->pid == pid) return item->created;
        if (!item->next) return 0;
        list += item->next;
    }
}

bool shared_runs(DWORD pid) {
    BYTE *list = list_processes();
    bool runs = created_by(list, pid) != 0;
    rules_free(list);
    return runs;
}

/* ---- the lock ---- */

static LONG64 holder_of(DWORD pid, uint64_t created) {
    return (LONG64)(created << 32 | pid);
}

/* A holder that was killed never gives the lock back: it is taken over. */
static bool holder_has_ended(LONG64 holder) {
    BYTE *list = list_processes();
    uint64_t created = created_by(list, (DWORD)holder);
    rules_free(list);
    return !created || holder_of((DWORD)holder, created) != holder;
}

void shared_lock(void) {
    enum { SPINS = 200, CHECK_EVERY = 100 };
    const LONG64 own = holder_of(GetCurrentProcessId(), shared_created(GetCurrentProcess()));
    for (unsigned tries = 1;; tries++) {
        LONG64 holder = InterlockedCompareExchange64(&shared->lock, own, 0);
        if (!holder) return;
        if (tries < SPINS) YieldProcessor();
        else Sleep(tries % 8 == 0);
        if (tries >= SPINS && tries % CHECK_EVERY == 0 && holder != own && holder_has_ended(holder))
            InterlockedCompareExchange64(&shared->lock, 0, holder);
    }
}

void shared_unlock(void) {
    InterlockedExchange64(&shared->lock, 0);
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
    if (o->job) shared->jobs[o->job - 1] = (shared_job){0};
    if (o->token && o->opener == GetCurrentProcessId()) real.CloseHandle((HANDLE)o->token);
    *o = (shared_object){0};
}

static void drop_reference(shared_object *o) {
    if (!--o->handles) end_object(o);
}

void shared_hold(shared_object *object) {
    object->handles++;
}

void shared_release(shared_object *object) {
    drop_reference(object);
}

static volatile DWORD *bucket_of(DWORD pid, HANDLE handle) {
    uint64_t mixed = ((uint64_t)pid << 32 ^ (uintptr_t)handle) * 0x9E3779B97F4A7C15u;
    return &shared->buckets[mixed >> 32 & (SHARED_BUCKETS - 1)];
}

bool shared_may_have(DWORD pid, HANDLE handle) {
    return *bucket_of(pid, handle) != 0;
}

static shared_handle *find_row(DWORD pid, HANDLE handle) {
    for (DWORD i = *bucket_of(pid, handle); i; i = shared->handle_rows[i - 1].next) {
        shared_handle *row = &shared->handle_rows[i - 1];
        if (row->pid == pid && row->value == (uintptr_t)handle) return row;
    }
    return NULL;
}

static void drop_row(shared_handle *row) {
    volatile DWORD *link = bucket_of(row->pid, (HANDLE)row->value);
    shared_object *o = &shared->objects[row->object];
    while (&shared->handle_rows[*link - 1] != row) link = &shared->handle_rows[*link - 1].next;
    *link = row->next;
    *row = (shared_handle){0};
    while (shared->handles && !shared->handle_rows[shared->handles - 1].pid) shared->handles--;
    drop_reference(o);
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
}

void shared_add_handle(DWORD pid, uint64_t created, HANDLE handle, shared_object *object) {
    DWORD i = 0;
    shared_drop(pid, handle); /* closed by a call that the layer does not see */
    while (i < shared->handles && shared->handle_rows[i].pid) i++;
    if (i == SHARED_HANDLES) return;
    if (i == shared->handles) shared->handles++;
    object->handles++;
    volatile DWORD *bucket = bucket_of(pid, handle);
    shared->handle_rows[i] =
        (shared_handle){pid, (DWORD)(object - shared->objects), created, (uintptr_t)handle, *bucket};
    *bucket = i + 1;
}

shared_object *shared_add(HANDLE handle, shared_kind kind, bool synchronous) {
    const DWORD pid = GetCurrentProcessId();
    shared_drop(pid, handle);
    for (DWORD i = 0; i < SHARED_OBJECTS; i++) {
        shared_object *o = &shared->objects[i];
        if (o->kind != KIND_FREE) continue;
        *o = (shared_object){.kind = kind, .synchronous = synchronous, .opener = pid};
        shared_add_handle(pid, shared_created(GetCurrentProcess()), handle, o);
        if (o->handles) return o;
        *o = (shared_object){0};
        break;
    }
    return NULL;
}

/* A process that lets nobody ask its time of creation has rows with 0: its id alone counts. */
void shared_sweep(void) {
    BYTE *list = list_processes();
    DWORD pid = 0;
    uint64_t created = 0;
    for (DWORD i = 0; i < SHARED_MEMBERS; i++) {
        shared_member *row = &shared->members[i];
        if (!row->pid || created_by(list, row->pid) == row->created) continue;
        row->pid = 0;
        drop_reference(&shared->objects[row->object]);
    }
    for (DWORD i = 0; i < shared->handles; i++) {
        shared_handle *row = &shared->handle_rows[i];
        if (!row->pid) continue;
        if (row->pid != pid) created = created_by(list, pid = row->pid);
        if (!created || (row->created && row->created != created)) drop_row(row);
    }
    rules_free(list);
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
    return &shared->processes[pid / 4 % SHARED_PROCESSES];
}

rules_process *shared_process(void) {
    const DWORD pid = GetCurrentProcessId();
    shared_lock();
    const shared_process_row *row = row_of(pid);
    rules_process *own =
        row->pid == pid && row->created == shared_created(GetCurrentProcess()) ? row->own : NULL;
    shared_unlock();
    return own;
}

void shared_set_process(rules_process *own) {
    const DWORD pid = GetCurrentProcessId();
    shared_lock();
    *row_of(pid) = (shared_process_row){pid, own->created, own};
    shared_unlock();
}
