/* The sockets of a layered provider without XP1_IFS_HANDLES are valid only in their own process
 * (WSAPROTOCOL_INFOW's page; DuplicateHandle's page, "sockets"). */
#include <winsock2.h>

#include "client/lib/client.h"

#include <stdlib.h>
#include <string.h>

typedef int(WSAAPI *enumerate_fn)(int *, WSAPROTOCOL_INFOW *, DWORD *);
typedef int(WSAAPI *option_fn)(SOCKET, int, int, char *, int *);

/* Whether a provider exists whose sockets are not handles. Nearly always none does, and then no handle needs
 * a check: the check of a pipe may wait for another thread that reads from it. */
static bool has_odd_provider(HMODULE winsock) {
    /* 0: unknown; 1: none; 2: some. Threads that find out at the same time find the same. */
    static volatile LONG known;
    DWORD size = 0;
    bool odd = false;
    if (known) return known == 2;
    WSAPROTOCOL_INFOW *list;
    enumerate_fn enumerate = (enumerate_fn)(void (*)(void))GetProcAddress(winsock, "WSAEnumProtocolsW");
    if (!enumerate) return false;
    /* Fails where the process has not started Winsock: then it has no sockets. */
    enumerate(NULL, NULL, &size);
    if (!size || !(list = malloc(size))) return false;
    int count = enumerate(NULL, list, &size);
    if (count < 0) count = 0;
    for (int i = 0; i < count; i++) odd = odd || !(list[i].dwServiceFlags1 & XP1_IFS_HANDLES);
    free(list);
    if (count) InterlockedExchange(&known, odd ? 2 : 1);
    return odd;
}

/* ---- whether Winsock is loaded ---- */

/* No header declares these; see the pages of LdrRegisterDllNotification and its callback. */
typedef void(CALLBACK *notification_fn)(ULONG reason, const void *data, void *context);
typedef LONG(NTAPI *register_fn)(ULONG flags, notification_fn notify, void *context, void **ret_cookie);
typedef LONG(NTAPI *unregister_fn)(void *cookie);

static FARPROC loader(const char *name) {
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll ? GetProcAddress(ntdll, name) : NULL;
}

/* Notes that a DLL was loaded or unloaded. Runs under the loader's lock, where no other DLL may be called. */
static void CALLBACK on_dll(ULONG reason, const void *data, void *context) {
    socket_watch *w = context;
    (void)reason, (void)data;
    InterlockedIncrement(&w->changes);
}

void socket_watch_begin(socket_watch *w) {
    register_fn begin = (register_fn)(void (*)(void))loader("LdrRegisterDllNotification");
    *w = (socket_watch){.changes = 1};
    InitializeSRWLock(&w->lock);
    if (!begin || begin(0, on_dll, w, &w->cookie) < 0) w->cookie = NULL;
}

void socket_watch_end(socket_watch *w) {
    unregister_fn end = (unregister_fn)(void (*)(void))loader("LdrUnregisterDllNotification");
    if (end && w->cookie) end(w->cookie);
}

HMODULE socket_winsock(socket_watch *w) {
    AcquireSRWLockExclusive(&w->lock);
    LONG changes = InterlockedCompareExchange(&w->changes, 0, 0);
    if (!w->cookie || w->known != changes) {
        w->winsock = GetModuleHandleW(L"ws2_32.dll");
        w->known = changes;
    }
    HMODULE winsock = w->winsock;
    ReleaseSRWLockExclusive(&w->lock);
    return winsock && has_odd_provider(winsock) ? winsock : NULL;
}

bool socket_is_handle(HMODULE winsock, HANDLE handle, wchar_t ret_provider[256]) {
    WSAPROTOCOL_INFOW info;
    int length = sizeof info;
    if (!winsock) return true;
    option_fn option = (option_fn)(void (*)(void))GetProcAddress(winsock, "getsockopt");
    if (!option || option((SOCKET)handle, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &length)) return true;
    if (info.dwServiceFlags1 & XP1_IFS_HANDLES) return true;
    memcpy(ret_provider, info.szProtocol, sizeof info.szProtocol);
    ret_provider[255] = 0;
    return false;
}
