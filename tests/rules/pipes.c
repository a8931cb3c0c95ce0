/* Rule 1: a pipe by its name is there as long as a server's or a client's end of it is open, also of an
 * instance whose other end is closed. Meanwhile FILE_FLAG_FIRST_PIPE_INSTANCE is refused with 5, an open
 * finds no server (2), and who waits for one waits in vain (121). DisconnectNamedPipe takes the client off
 * first. Sources: the page of DisconnectNamedPipe; ReactOS' npfs, statesup.c, cleanup.c and create.c, for the
 * order of the errors, too; go-winio#73. Wine 8 ignores the flag, the access list and the first instance's
 * direction.
 *
 * Names with the prefix ProtectedPrefix\Administrators\ are made by administrators alone (tiraniddo.dev,
 * "Named Pipe Secure Prefixes").
 *
 * Rules 9 and 4: the first instance's descriptor says who may open the pipe, and who may make an instance.
 * Sources: the page "Named Pipe Security and Access Rights"; npfs' create.c: a client's open is checked
 * without FILE_CREATE_PIPE_INSTANCE, which GENERIC_WRITE would contain, and a server's with it. */
#include "tests/rules/access.h"
#include "tests/rules/deaf.h"
#include "tests/rules/drives.h"
#include "tests/rules/levels.h"
#include "tests/rules/files.h"
#include "tests/rules/machine.h"
#include "tests/rules/tokens.h"

#include <sddl.h>
#include <wchar.h>

enum { CREATE_INSTANCE = 0x4, DIRECTIONS = PIPE_ACCESS_DUPLEX };

/* The name of a pipe of this machine, or NULL. */
static const wchar_t *pipe_name(const wchar_t *path) {
    static const wchar_t *const prefixes[] = {L"\\\\.\\pipe\\", L"\\\\?\\pipe\\"};
    for (size_t i = 0; path && i < 2; i++)
        if (!_wcsnicmp(path, prefixes[i], wcslen(prefixes[i]))) return path + wcslen(prefixes[i]);
    return NULL;
}

/* A pipe of this machine by the name that other machines have for it: the name with a dot, in ret; else path.
 */
static const wchar_t *pipe_here(const wchar_t *path, wchar_t ret[SHARED_NAME]) {
    static const wchar_t prefix[] = L"\\\\localhost\\pipe\\";
    const size_t length = wcslen(prefix);
    if (!path || !rules_on(RULES_PIPE_NAMES) || _wcsnicmp(path, prefix, length) != 0) return path;
    int made = swprintf(ret, SHARED_NAME, L"\\\\.\\pipe\\%ls", path + length);
    return made > 0 ? ret : path;
}

static shared_pipe *find(const wchar_t *name) {
    return name ? shared_pipe_find(name) : NULL;
}

/* The same, without the ends of processes that have ended. */
static shared_pipe *find_now(const wchar_t *name) {
    if (find(name)) shared_sweep();
    return find(name);
}

/* Returns whether the pipe has a server's end, or, if a process is named, one that it made. */
static bool has_server(const shared_pipe *pipe, DWORD maker) {
    for (DWORD i = 0; i < SHARED_INSTANCES; i++) {
        const shared_instance *at = &shared->instances[i];
        if (at->state == PIPE_FREE || &shared->pipes[at->pipe] != pipe || !at->server) continue;
        if (!maker || shared->objects[at->server - 1].opener == maker) return true;
    }
    return false;
}

static DWORD check_instance(shared_pipe *pipe, DWORD open_mode) {
    static const DWORD kept = WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;
    DWORD wanted = CREATE_INSTANCE | SYNCHRONIZE | (open_mode & kept);
    if (open_mode & PIPE_ACCESS_INBOUND) wanted |= GENERIC_READ;
    if (open_mode & PIPE_ACCESS_OUTBOUND) wanted |= GENERIC_WRITE;
    if (rules_on(RULES_PIPE_ACCESS) && !access_allowed(pipe->descriptor, wanted)) return ERROR_ACCESS_DENIED;
    if (!rules_on(RULES_PIPE_NAMES)) return ERROR_SUCCESS;
    if (pipe->instances >= pipe->most) return ERROR_PIPE_BUSY;
    if (open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE) return ERROR_ACCESS_DENIED;
    return (open_mode & DIRECTIONS) == pipe->direction ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
}

/* Returns whether the caller may make a pipe of this name that does not exist yet. */
static bool may_make(const wchar_t *name) {
    static const wchar_t prefix[] = L"ProtectedPrefix\\Administrators\\";
    BYTE row[sizeof((shared_pipe *)0)->descriptor];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!name || !rules_on(RULES_PIPE_ACCESS) || _wcsnicmp(name, prefix, wcslen(prefix)) != 0) return true;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;;GA;;;BA)(A;;GA;;;SY)", SDDL_REVISION_1,
                                                              &descriptor, NULL))
        return false;
    access_keep(descriptor, row);
    LocalFree(descriptor);
    return access_allowed(row, FILE_ADD_FILE);
}

HANDLE WINAPI rules_CreateNamedPipeW(LPCWSTR path, DWORD open_mode, DWORD mode, DWORD most, DWORD out,
                                     DWORD in, DWORD timeout, LPSECURITY_ATTRIBUTES security) {
    const wchar_t *name = pipe_name(path);
    HANDLE made = INVALID_HANDLE_VALUE;
    shared_lock();
    shared_pipe *pipe = find(name);
    if (pipe && !has_server(pipe, GetCurrentProcessId())) pipe = find_now(name);
    DWORD err = pipe ? check_instance(pipe, open_mode) : ERROR_SUCCESS;
    if (err) {
        pipe = find_now(name);
        err = pipe ? check_instance(pipe, open_mode) : ERROR_SUCCESS;
    }
    if (!err && !pipe && !may_make(name)) err = ERROR_ACCESS_DENIED;
    if (!err) {
        made = real.CreateNamedPipeW(path, open_mode, mode, most, out, in, timeout, security);
        err = made == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    }
    if (!err && name && !pipe && (pipe = shared_pipe_add(name))) {
        pipe->most = most == PIPE_UNLIMITED_INSTANCES ? MAXDWORD : most;
        pipe->direction = open_mode & DIRECTIONS;
        pipe->rejects_remote = (mode & PIPE_REJECT_REMOTE_CLIENTS) != 0;
        access_keep(security ? security->lpSecurityDescriptor : NULL, pipe->descriptor);
    }
    shared_object *o =
        err || !pipe ? NULL : shared_add(made, KIND_SERVER, !(open_mode & FILE_FLAG_OVERLAPPED));
    if (o) shared_serve(o, pipe);
    shared_unlock();
    SetLastError(err);
    return made;
}

/* remote: the client uses the name that other machines have for the pipe. */
static bool refuses_client(shared_pipe *pipe, DWORD access, bool remote) {
    if (!pipe) return false;
    if (remote && pipe->rejects_remote) return true;
    return rules_on(RULES_PIPE_ACCESS) && !access_allowed_client(pipe->descriptor, access);
}

/* Returns whether a pipe is there without a server's end. */
static bool serves_nobody(const wchar_t *name) {
    const shared_pipe *pipe = rules_on(RULES_PIPE_NAMES) ? find_now(name) : NULL;
    return pipe && !has_server(pipe, 0);
}

HANDLE WINAPI rules_CreateFileW(LPCWSTR asked, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security,
                                DWORD how, DWORD flags, HANDLE template) {
    wchar_t here[SHARED_NAME];
    const wchar_t *path = pipe_here(asked, here);
    const wchar_t *name = pipe_name(path);
    wchar_t redirected[MACHINE_PATH];
    DWORD err = ERROR_SUCCESS;
    if (!name && drives_hidden(path)) {
        SetLastError(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    if (levels_refuse()) {
        SetLastError(ERROR_BAD_IMPERSONATION_LEVEL);
        return INVALID_HANDLE_VALUE;
    }
    if (!name && machine_wait(path, access)) {
        SetLastError(ERROR_OPERATION_ABORTED);
        return INVALID_HANDLE_VALUE;
    }
    if (!name) deaf_wait(path);
    if (!name)
        return real.CreateFileW(machine_redirected(path, redirected), access, share, security, how, flags,
                                template);
    HANDLE file = INVALID_HANDLE_VALUE;
    shared_lock();
    shared_pipe *pipe = find(name);
    const bool remote = path != asked;
    bool refused = refuses_client(pipe, access, remote);
    if (refused) refused = refuses_client(pipe = find_now(name), access, remote);
    if (refused) err = ERROR_ACCESS_DENIED;
    else if ((file = real.CreateFileW(path, access, share, security, how, flags, template)) ==
             INVALID_HANDLE_VALUE)
        err = GetLastError();
    /* What Wine opens has a server. Where it says that all are busy, there may be none. */
    if (err == ERROR_PIPE_BUSY && serves_nobody(name)) err = ERROR_FILE_NOT_FOUND;
    shared_object *o = err ? NULL : shared_add(file, KIND_CLIENT, !(flags & FILE_FLAG_OVERLAPPED));
    if (o) o->flags = flags;
    if (o) tokens_keep(o);
    if (o && pipe) shared_connect(o, pipe);
    shared_unlock();
    SetLastError(err);
    return file;
}

/* After it was disconnected, an instance listens again: behind the others. */
BOOL WINAPI rules_ConnectNamedPipe(HANDLE handle, LPOVERLAPPED at) {
    shared_lock();
    shared_object *o = shared_find(handle);
    shared_instance *i = o && o->instance ? &shared->instances[o->instance - 1] : NULL;
    if (i && i->state == PIPE_GONE) {
        i->state = PIPE_LISTENING;
        i->turn = ++shared->turn;
    }
    shared_unlock();
    return real.ConnectNamedPipe(handle, at);
}

BOOL WINAPI rules_DisconnectNamedPipe(HANDLE handle) {
    if (!real.DisconnectNamedPipe(handle)) return FALSE;
    shared_lock();
    shared_object *o = shared_find(handle);
    if (o) shared_disconnect(o);
    shared_unlock();
    return TRUE;
}

enum { DEFAULT_WAIT_MS = 50 };

BOOL WINAPI rules_WaitNamedPipeW(LPCWSTR path, DWORD timeout) {
    shared_lock();
    const shared_pipe *pipe = find(pipe_name(path));
    bool dead = pipe && !has_server(pipe, 0) && serves_nobody(pipe_name(path));
    shared_unlock();
    if (!dead) return real.WaitNamedPipeW(path, timeout);
    Sleep(timeout == NMPWAIT_USE_DEFAULT_WAIT ? DEFAULT_WAIT_MS : timeout);
    return rules_fail(ERROR_SEM_TIMEOUT);
}

/* A pipe has one descriptor for all its instances, whoever's handle it is set by. Source: npfs' secursup.c,
 * which keeps it with the name. */
BOOL WINAPI rules_SetKernelObjectSecurity(HANDLE handle, SECURITY_INFORMATION what,
                                          PSECURITY_DESCRIPTOR given) {
    if (!real.SetKernelObjectSecurity(handle, what, given)) return FALSE;
    shared_lock();
    const shared_object *o = shared_find(handle);
    if (o && o->instance)
        access_change(shared->pipes[shared->instances[o->instance - 1].pipe].descriptor, what, given);
    shared_unlock();
    return TRUE;
}
