/* Sockets: a listening one, on which the child accepts, and a connected one. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "tests/handles/kinds.h"

#include <string.h>

static bool started(void) {
    WSADATA data;
    return !WSAStartup(MAKEWORD(2, 2), &data);
}

static bool put(SOCKET s, const char *text) {
    return send(s, text, (int)strlen(text), 0) == (int)strlen(text);
}

static bool next_is(SOCKET s, const char *text) {
    char bytes[64];
    int got = 0, wanted = (int)strlen(text);
    while (got < wanted) {
        int more = recv(s, bytes + got, wanted - got, 0);
        if (more <= 0) return false;
        got += more;
    }
    return !memcmp(bytes, text, strlen(text));
}

/* Makes a socket that is not inheritable; by default sockets are. */
static SOCKET make_socket(void) {
    return WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
}

/* Makes a listening socket, and one that is connected to it and has sent the question. */
static bool make_listening(kind_object *o) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    const DWORD patience = TEST_DEADLINE_MS;
    if (!started()) return false;
    SOCKET listening = make_socket(), other = make_socket();
    o->is_socket = true;
    o->given = (HANDLE)listening;
    o->other = (HANDLE)other;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listening != INVALID_SOCKET && other != INVALID_SOCKET &&
           !setsockopt(other, SOL_SOCKET, SO_RCVTIMEO, (const char *)&patience, sizeof patience) &&
           !bind(listening, (struct sockaddr *)&address, sizeof address) && !listen(listening, 5) &&
           !getsockname(listening, (struct sockaddr *)&address, &size) &&
           !connect(other, (struct sockaddr *)&address, sizeof address) && put(other, "to the child");
}

static bool make_connected(kind_object *o) {
    if (!make_listening(o)) return false;
    SOCKET listening = (SOCKET)o->given, accepted = accept(listening, NULL, NULL);
    closesocket(listening);
    o->given = (HANDLE)accepted;
    return accepted != INVALID_SOCKET && SetHandleInformation(o->given, HANDLE_FLAG_INHERIT, 0);
}

static bool answer(SOCKET s) {
    return next_is(s, "to the child") && put(s, "from the child");
}

static bool use_listening(HANDLE given) {
    if (!started()) return false;
    SOCKET accepted = accept((SOCKET)given, NULL, NULL);
    return accepted != INVALID_SOCKET && answer(accepted) && !closesocket(accepted);
}

/* For WriteFile, a socket is a file that was opened overlapped. */
static bool write_file(HANDLE given, const char *text) {
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD done = 0;
    BOOL ok = WriteFile(given, text, (DWORD)strlen(text), NULL, &overlapped);
    if (ok || GetLastError() == ERROR_IO_PENDING) ok = GetOverlappedResult(given, &overlapped, &done, TRUE);
    CloseHandle(overlapped.hEvent);
    return ok && done == strlen(text);
}

/* QUIRK wine 8: send fails (WSAENOTSOCK) on a connected socket that another process created.
 * CURE: none in the library; a child can use WriteFile, as here.
 * TEST: this. */
static bool use_connected(HANDLE given) {
    if (!started() || !next_is((SOCKET)given, "to the child")) return false;
    return put((SOCKET)given, "from the child") ||
           (WSAGetLastError() == WSAENOTSOCK && write_file(given, "from the child"));
}

static bool seen_answer(const kind_object *o) {
    return next_is((SOCKET)o->other, "from the child");
}

/* Winsock uses control codes of its driver that need no access right. So less access only prevents ReadFile
 * and WriteFile: docs/handles.md. */
const kind kinds_of_sockets[] = {
    {"socket-listening", "File", FILE_GENERIC_READ, make_listening, use_listening, NULL, seen_answer},
    {"socket-connected", "File", FILE_GENERIC_READ, make_connected, use_connected, NULL, seen_answer},
    {0}};
