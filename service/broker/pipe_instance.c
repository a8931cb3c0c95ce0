#include "service/broker/pipe_instance.h"

#include "service/broker/own_security.h"
#include "service/win32/win.h"

#include <stdint.h>
#include <wchar.h>
#include <winternl.h>

enum { PIPE_BUFFER_BYTES = 64 * 1024, RETRY_MS = 50, TURN_MS = 5000, TURN_UNITS = 512 };

/* FILE_PIPE_LOCAL_INFORMATION, its class, and the state of an instance whose client has closed its end. */
typedef struct pipe_local {
    ULONG type, configuration, most_instances, instances;
    ULONG inbound_quota, read_available, outbound_quota, write_available;
    ULONG state, end;
} pipe_local;
enum { FILE_PIPE_LOCAL_CLASS = 24, PIPE_CONNECTED = 3 };

static bool query(HANDLE pipe, pipe_local *ret) {
    IO_STATUS_BLOCK io;
    return NtQueryInformationFile(pipe, &io, ret, sizeof *ret,
                                  (FILE_INFORMATION_CLASS)FILE_PIPE_LOCAL_CLASS) >= 0;
}

static DWORD create(const wchar_t *pipe, pipe_security *security, DWORD first, HANDLE *ret) {
    HANDLE made =
        CreateNamedPipeW(pipe, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
                         PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                         PIPE_UNLIMITED_INSTANCES, PIPE_BUFFER_BYTES, PIPE_BUFFER_BYTES, 0,
                         pipe_security_attributes(security));
    if (made == INVALID_HANDLE_VALUE) return win_error();
    *ret = made;
    return ERROR_SUCCESS;
}

DWORD pipe_instance_make(const wchar_t *pipe, pipe_security *security, HANDLE *ret) {
    return create(pipe, security, 0, ret);
}

/* Returns whether a pipe could not be made because there is one, perhaps another's, of that name. */
static bool is_taken(DWORD err) {
    return err == ERROR_ACCESS_DENIED || err == ERROR_PIPE_BUSY;
}

/* Returns whether a process serves the pipe. Windows finds no pipe to open if only clients hold it. */
static bool is_served(const wchar_t *pipe) {
    HANDLE client = CreateFileW(pipe, FILE_READ_ATTRIBUTES, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (client == INVALID_HANDLE_VALUE) return GetLastError() != ERROR_FILE_NOT_FOUND;
    CloseHandle(client);
    return true;
}

/* Makes a further instance of a pipe that only clients hold. Its security is that of the first instance, so
 * it says whose pipe it is. A client that connects before the security is set again has passed the old list,
 * which is as strict about who may serve. */
static DWORD take_over(const wchar_t *pipe, pipe_security *security, HANDLE *ret) {
    HANDLE made = NULL;
    DWORD err = pipe_instance_make(pipe, security, &made);
    if (err) return is_taken(err) ? ERROR_INVALID_OWNER : err;
    if (!pipe_security_is_own(security, made)) err = ERROR_INVALID_OWNER;
    if (!err) err = pipe_security_apply(security, pipe);
    if (!err) DisconnectNamedPipe(made); /* its client was this process */
    if (err) pipe_instance_close(&made);
    else *ret = made;
    return err;
}

/* QUIRK wine 8: FILE_FLAG_FIRST_PIPE_INSTANCE is not enforced.
 * CURE: a listening pipe is left alone, and the instance that was made must be the only one.
 * TEST: tests/launch/test_rules.c, brokers */
static DWORD try_in_turn(const wchar_t *pipe, pipe_security *security, HANDLE *ret) {
    HANDLE made = NULL;
    DWORD instances = 0;
    if (WaitNamedPipeW(pipe, 1)) return ERROR_ALREADY_EXISTS;

    DWORD err = create(pipe, security, FILE_FLAG_FIRST_PIPE_INSTANCE, &made);
    if (is_taken(err)) return is_served(pipe) ? ERROR_ALREADY_EXISTS : take_over(pipe, security, ret);
    if (err) return err;

    if (GetNamedPipeHandleStateW(made, NULL, &instances, NULL, NULL, NULL, 0) && instances > 1) {
        pipe_instance_close(&made);
        return ERROR_ALREADY_EXISTS;
    }
    *ret = made;
    return ERROR_SUCCESS;
}

static bool exists(const wchar_t *pipe) {
    return WaitNamedPipeW(pipe, 1) || GetLastError() != ERROR_FILE_NOT_FOUND;
}

/* Brokers that start at once take turns: else two of them could find a pipe that only clients hold, and both
 * would make an instance of it. The turn is a pipe with one instance that nobody may open, so that it ends
 * with its handle. ERROR_ALREADY_EXISTS: another process keeps it. ERROR_ACCESS_DENIED: this process may make
 * no pipe of such a name. */
static DWORD begin_turn(const wchar_t *pipe, HANDLE *ret) {
    const uint64_t deadline = GetTickCount64() + TURN_MS;
    wchar_t name[TURN_UNITS];
    SECURITY_ATTRIBUTES nobody;
    int absent =
        0; /* how often nobody kept the turn, but it could not be made: once, it may just have ended */

    if (swprintf(name, TURN_UNITS, L"%ls.start", pipe) < 0) return ERROR_FILENAME_EXCED_RANGE;
    DWORD err = own_security_make("O:%sD:P", &nobody);
    if (err) return err;
    for (;;) {
        HANDLE made = CreateNamedPipeW(name, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                       PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, 0, 0, &nobody);
        err = made == INVALID_HANDLE_VALUE ? win_error() : ERROR_SUCCESS;
        if (!err) *ret = made;
        if (!is_taken(err) || GetTickCount64() >= deadline) break;
        absent = exists(name) ? 0 : absent + 1;
        if (absent > 2) break;
        Sleep(RETRY_MS);
    }
    LocalFree(nobody.lpSecurityDescriptor);
    return is_taken(err) && !absent ? ERROR_ALREADY_EXISTS : err;
}

static DWORD try_first(const wchar_t *pipe, pipe_security *security, HANDLE *ret) {
    HANDLE turn = NULL;
    DWORD err = begin_turn(pipe, &turn);
    if (err) return err;
    err = try_in_turn(pipe, security, ret);
    win_close(&turn);
    return err;
}

/* Clients close their ends when they see that the broker has gone, so a foreign pipe may go too. */
DWORD pipe_instance_make_first(const wchar_t *pipe, pipe_security *security, DWORD patience_ms, HANDLE *ret) {
    const uint64_t deadline = GetTickCount64() + patience_ms;
    DWORD err = try_first(pipe, security, ret);
    while ((err == ERROR_INVALID_OWNER || err == ERROR_PIPE_BUSY) && GetTickCount64() < deadline) {
        Sleep(RETRY_MS);
        err = try_first(pipe, security, ret);
    }
    return err;
}

/* QUIRK wine 8: the quota that is left for writing is always 0.
 * CURE: then a connected client counts as one that has not read, and partings_add waits its time.
 * TEST: tests/broker/test_pipe_instance.c, late_reader */
bool pipe_instance_is_unread(HANDLE pipe) {
    pipe_local local;
    return query(pipe, &local) && local.state == PIPE_CONNECTED &&
           local.write_available < local.outbound_quota;
}

void pipe_instance_close(HANDLE *pipe) {
    if (*pipe) DisconnectNamedPipe(*pipe);
    win_close(pipe);
}
