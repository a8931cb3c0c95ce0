/* spawnctl run: relays standard handles that are consoles through pipes. */
#include "client/ctl/run.h"
#include "service/win32/console.h"
#include "service/win32/win.h"

#include <wchar.h>

enum { PIECE_BYTES = 4096, PIPE_BYTES = 65536, LINGER_MS = 200, DRAIN_MS = 2000, NAME_UNITS = 80 };

static bool write_all(HANDLE to, const char *piece, DWORD length) {
    DWORD written;
    for (DWORD done = 0; done < length; done += written)
        if (!WriteFile(to, piece + done, length - done, &written, NULL) || !written) return false;
    return true;
}

/* Copies what is typed to the child's input. The end of the program ends this thread. */
static DWORD WINAPI input_main(void *context) {
    relay *r = context;
    char piece[PIECE_BYTES];
    DWORD got;
    while (ReadFile(r->console, piece, sizeof piece, &got, NULL) && got)
        if (!write_all(r->ours, piece, got)) break;
    win_close(&r->ours); /* end of file for the child */
    return 0;
}

/* QUIRK windows: PeekNamedPipe waits while a read of another thread is pending on the same synchronous pipe.
 * CURE: our end is overlapped, and nothing peeks: a read that stays pending after the child's end is
 * cancelled. TEST: install/cmake/check_imports.cmake, tests/client/ctl_console.c (a grandchild that keeps the
 * output) */
static bool read_piece(relay *r, char *piece, DWORD *ret_got) {
    OVERLAPPED o = {.hEvent = r->read};
    HANDLE events[] = {r->read, r->child_ended};
    if (ReadFile(r->ours, piece, PIECE_BYTES, NULL, &o))
        return GetOverlappedResult(r->ours, &o, ret_got, TRUE);
    if (GetLastError() != ERROR_IO_PENDING) return false;
    if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0 &&
        WaitForSingleObject(r->read, LINGER_MS) != WAIT_OBJECT_0)
        CancelIoEx(r->ours, &o);
    return GetOverlappedResult(r->ours, &o, ret_got, TRUE); /* also what came before the read was cancelled */
}

/* Copies the child's output to the console, byte for byte. After the child's end only what it wrote is left:
 * a descendant that goes on writing is not waited for. */
static DWORD WINAPI output_main(void *context) {
    relay *r = context;
    char piece[PIECE_BYTES];
    uint64_t deadline = 0;
    DWORD got;
    while (read_piece(r, piece, &got) && write_all(r->console, piece, got)) {
        if (WaitForSingleObject(r->child_ended, 0) != WAIT_OBJECT_0) continue;
        if (!deadline) deadline = GetTickCount64() + DRAIN_MS;
        else if (GetTickCount64() >= deadline) break;
    }
    return 0;
}

/* Creates a pipe whose reading end is overlapped, as CreatePipe's is not. Nobody else can connect: the
 * default access list lets only this user write, and the pipe has one instance. */
static DWORD create_output_pipe(HANDLE *ret_read, HANDLE *ret_write) {
    static LONG count;
    wchar_t name[NAME_UNITS];
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    swprintf(name, NAME_UNITS, L"\\\\.\\pipe\\spawnctl-%lu-%ld-%llx", GetCurrentProcessId(),
             InterlockedIncrement(&count), (unsigned long long)now.QuadPart);

    HANDLE read_end =
        CreateNamedPipeW(name, PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                         PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1,
                         PIPE_BYTES, PIPE_BYTES, 0, NULL);
    if (read_end == INVALID_HANDLE_VALUE) return win_error();
    HANDLE write_end = CreateFileW(name, GENERIC_WRITE | FILE_READ_ATTRIBUTES, 0, NULL, OPEN_EXISTING,
                                   SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    if (write_end == INVALID_HANDLE_VALUE) {
        DWORD err = win_error();
        CloseHandle(read_end);
        return err;
    }
    *ret_read = read_end;
    *ret_write = write_end;
    return ERROR_SUCCESS;
}

DWORD relay_prepare(DWORD std, bool detached, relay *ret, HANDLE *ret_handle, HANDLE *ret_owned) {
    HANDLE handle = GetStdHandle(std), read_end = NULL, write_end = NULL;
    DWORD err = ERROR_SUCCESS;
    *ret = (relay){.is_input = std == STD_INPUT_HANDLE};
    if (handle == INVALID_HANDLE_VALUE) handle = NULL;
    *ret_handle = handle;
    *ret_owned = NULL;
    if (!handle || !console_is(std)) return ERROR_SUCCESS;
    if (detached) {
        *ret_handle = NULL;
        return ERROR_SUCCESS;
    }

    if (!ret->is_input) err = create_output_pipe(&read_end, &write_end);
    else if (!CreatePipe(&read_end, &write_end, NULL, 0)) err = win_error();
    if (err) return err;
    ret->console = handle;
    ret->ours = ret->is_input ? write_end : read_end;
    *ret_handle = *ret_owned = ret->is_input ? read_end : write_end;
    return ERROR_SUCCESS;
}

DWORD relay_start(relay *r) {
    if (!r->console) return ERROR_SUCCESS;
    if (!(r->read = CreateEventW(NULL, TRUE, FALSE, NULL)) ||
        !(r->child_ended = CreateEventW(NULL, TRUE, FALSE, NULL)))
        return win_error();
    r->thread = CreateThread(NULL, 0, r->is_input ? input_main : output_main, r, 0, NULL);
    return r->thread ? ERROR_SUCCESS : win_error();
}

void relay_finish(relay *relays, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (relays[i].thread && !relays[i].is_input) SetEvent(relays[i].child_ended);
    for (size_t i = 0; i < count; i++)
        if (relays[i].thread && !relays[i].is_input) WaitForSingleObject(relays[i].thread, INFINITE);
}
