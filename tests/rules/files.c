/* Rule 5: a synchronous file object serves one call at a time, whoever makes it. What is called meanwhile
 * waits, and so does closing its last handle. Sources: the page of PeekNamedPipe; libuv#1273;
 * systeminformer#746 for a query by another process. The ends of CreatePipe are synchronous, and files opened
 * without FILE_FLAG_OVERLAPPED. Wine lets none of them wait. Only pipes are followed here: a read of another
 * file does not last. */
#include "tests/rules/files.h"

#include "tests/rules/tokens.h"

enum { SAY_AFTER_MS = 5000 };

typedef enum entry { ENTER, WRITE, PASS, CLOSE } entry;

/* Waits until the object of a handle serves nobody, then takes it (ENTER, WRITE), or forgets the handle
 * (CLOSE). Returns the object if it was taken, else NULL. */
static shared_object *wait_for(HANDLE handle, entry how, const char *name) {
    if (!shared_may_have(GetCurrentProcessId(), handle)) return NULL;
    const ULONGLONG start = GetTickCount64();
    for (unsigned tries = 1;; tries++) {
        shared_lock();
        shared_object *o = shared_find(handle);
        bool counts = o && o->synchronous && rules_on(RULES_SYNCHRONOUS_FILES);
        bool waits = counts && o->busy && !(how == CLOSE && o->handles > 1);
        if (waits && tries % 256 == 0 && !shared_runs(o->busy)) o->busy = 0;
        if (!waits && how == WRITE && o && tokens_follow(o)) tokens_keep(o);
        if (!waits && how == CLOSE) shared_drop(GetCurrentProcessId(), handle);
        const bool takes = counts && (how == ENTER || how == WRITE);
        if (!waits && takes) o->busy = GetCurrentProcessId();
        shared_unlock();
        if (!waits) return takes ? o : NULL;
        if (tries % 256 == 0 && GetTickCount64() - start > SAY_AFTER_MS)
            rules_say("%s waits for a call that is pending on the same file object", name);
        Sleep(1);
    }
}

/* While it is taken, its last handle cannot be closed: the object is there still. */
static BOOL leave(shared_object *o, BOOL result) {
    DWORD err = GetLastError();
    if (!o) return result;
    shared_lock();
    o->busy = 0;
    shared_unlock();
    SetLastError(err);
    return result;
}

BOOL WINAPI rules_ReadFile(HANDLE file, LPVOID bytes, DWORD size, LPDWORD got, LPOVERLAPPED at) {
    shared_object *o = wait_for(file, ENTER, "ReadFile");
    return leave(o, real.ReadFile(file, bytes, size, got, at));
}

BOOL WINAPI rules_WriteFile(HANDLE file, LPCVOID bytes, DWORD size, LPDWORD put, LPOVERLAPPED at) {
    shared_object *o = wait_for(file, WRITE, "WriteFile");
    return leave(o, real.WriteFile(file, bytes, size, put, at));
}

BOOL WINAPI rules_FlushFileBuffers(HANDLE file) {
    shared_object *o = wait_for(file, ENTER, "FlushFileBuffers");
    return leave(o, real.FlushFileBuffers(file));
}

BOOL WINAPI rules_PeekNamedPipe(HANDLE pipe, LPVOID bytes, DWORD size, LPDWORD got, LPDWORD there,
                                LPDWORD left) {
    wait_for(pipe, PASS, "PeekNamedPipe");
    return real.PeekNamedPipe(pipe, bytes, size, got, there, left);
}

DWORD WINAPI rules_GetFileType(HANDLE file) {
    wait_for(file, PASS, "GetFileType");
    return real.GetFileType(file);
}

BOOL WINAPI rules_GetNamedPipeInfo(HANDLE pipe, LPDWORD flags, LPDWORD out, LPDWORD in, LPDWORD most) {
    wait_for(pipe, PASS, "GetNamedPipeInfo");
    return real.GetNamedPipeInfo(pipe, flags, out, in, most);
}

BOOL WINAPI rules_SetNamedPipeHandleState(HANDLE pipe, LPDWORD mode, LPDWORD count, LPDWORD timeout) {
    wait_for(pipe, PASS, "SetNamedPipeHandleState");
    return real.SetNamedPipeHandleState(pipe, mode, count, timeout);
}

LONG WINAPI rules_NtQueryVolumeInformationFile(HANDLE file, void *io, void *bytes, ULONG size, ULONG what) {
    wait_for(file, PASS, "NtQueryVolumeInformationFile");
    return real.NtQueryVolumeInformationFile(file, io, bytes, size, what);
}

BOOL WINAPI rules_CloseHandle(HANDLE handle) {
    wait_for(handle, CLOSE, "CloseHandle");
    return real.CloseHandle(handle);
}

BOOL WINAPI rules_CreatePipe(PHANDLE reading, PHANDLE writing, LPSECURITY_ATTRIBUTES security, DWORD size) {
    if (!real.CreatePipe(reading, writing, security, size)) return FALSE;
    shared_lock();
    shared_add(*reading, KIND_FILE, true);
    shared_add(*writing, KIND_FILE, true);
    shared_unlock();
    return TRUE;
}

/* ---- handles that come and go otherwise ---- */

/* The source's row goes before the source does: its value may be another's right after. While the handle is
 * made, the object may have no row, and is held. */
BOOL WINAPI rules_DuplicateHandle(HANDLE from, HANDLE handle, HANDLE to, LPHANDLE ret, DWORD access,
                                  BOOL inherit, DWORD options) {
    const DWORD from_pid = shared_pid(from);
    const bool may_have = shared_may_have(from_pid, handle);
    shared_object *o = NULL;
    HANDLE made = NULL;
    if (may_have) {
        shared_lock();
        if ((o = shared_find_of(from_pid, handle))) shared_hold(o);
        if (options & DUPLICATE_CLOSE_SOURCE) shared_drop(from_pid, handle);
        shared_unlock();
    }
    BOOL ok = real.DuplicateHandle(from, handle, to, to ? &made : ret, access, inherit, options);
    DWORD err = GetLastError();
    if (ok && to && ret) *ret = made;

    const DWORD to_pid = ok && to ? shared_pid(to) : 0;
    if (o || (to_pid && shared_may_have(to_pid, made))) {
        shared_lock();
        if (o && to_pid) shared_add_handle(to_pid, shared_created(to), made, o);
        else if (to_pid) shared_drop(to_pid, made); /* a value that was another's, and closed unseen */
        if (o) shared_release(o);
        shared_unlock();
    }
    SetLastError(err);
    return ok;
}

static bool inherited(HANDLE handle, const HANDLE *listed, size_t count) {
    DWORD flags;
    if (!GetHandleInformation(handle, &flags) || !(flags & HANDLE_FLAG_INHERIT)) return false;
    if (!listed) return true;
    for (size_t i = 0; i < count; i++)
        if (listed[i] == handle) return true;
    return false;
}

size_t files_inherited(const HANDLE *listed, size_t count, HANDLE *ret, size_t room) {
    size_t found = 0, all = 0;
    shared_lock();
    HANDLE *own = rules_allocate((shared->handles + 1) * sizeof *own);
    for (DWORD i = 0; i < shared->handles; i++)
        if (shared->handle_rows[i].pid == GetCurrentProcessId())
            own[all++] = (HANDLE)shared->handle_rows[i].value;
    shared_unlock();
    for (size_t i = 0; i < all && found < room; i++)
        if (inherited(own[i], listed, count)) ret[found++] = own[i];
    rules_free(own);
    return found;
}

void files_give(HANDLE process, const HANDLE *handles, size_t count) {
    const DWORD pid = GetProcessId(process);
    const uint64_t created = shared_created(process);
    shared_lock();
    for (size_t i = 0; i < count; i++) {
        shared_object *o = shared_find(handles[i]);
        if (o) shared_add_handle(pid, created, handles[i], o);
    }
    shared_unlock();
}
