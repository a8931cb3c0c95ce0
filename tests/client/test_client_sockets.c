/* If the provider of a socket does not use handles of the system, the library rejects the socket and names
 * the provider. It sends nothing. The test replaces Winsock by one that has such a provider, layered over the
 * system's. */
#include <winsock2.h>

#include "tests/client/fake.h"

#include "tests/support/check.h"

#include <stdlib.h>
#include <wchar.h>

static HANDLE layered, of_system;  /* sockets of the layered provider and of the system's */
static HANDLE plain, first;        /* handles that are not sockets */
static volatile LONG asked;        /* how many handles Winsock was asked about */
static volatile LONG there, looks; /* whether Winsock is loaded, and how often the library looked */

static void describe(WSAPROTOCOL_INFOW *ret, bool is_layered) {
    *ret = (WSAPROTOCOL_INFOW){.dwServiceFlags1 = is_layered ? XP1_GUARANTEED_DELIVERY : XP1_IFS_HANDLES};
    wcscpy(ret->szProtocol, is_layered ? L"Layered over [TCP/IP]" : L"MSAFD Tcpip [TCP/IP]");
}

static int WSAAPI list_protocols(int *protocols, WSAPROTOCOL_INFOW *list, DWORD *size) {
    const DWORD wanted = 2 * (DWORD)sizeof *list;
    (void)protocols;
    if (!list || *size < wanted) {
        *size = wanted;
        return SOCKET_ERROR;
    }
    describe(&list[0], false);
    describe(&list[1], true);
    return 2;
}

static int WSAAPI get_option(SOCKET socket, int level, int name, char *out, int *size) {
    InterlockedIncrement(&asked);
    if (level != SOL_SOCKET || name != SO_PROTOCOL_INFOW || *size < (int)sizeof(WSAPROTOCOL_INFOW))
        return SOCKET_ERROR;
    if ((HANDLE)socket != layered && (HANDLE)socket != of_system) return SOCKET_ERROR;
    describe((WSAPROTOCOL_INFOW *)(void *)out, (HANDLE)socket == layered);
    return 0;
}

#define WINSOCK ((HMODULE)(ULONG_PTR)1)

static HMODULE find_module(const wchar_t *name) {
    if (_wcsicmp(name, L"ws2_32.dll")) return GetModuleHandleW(name);
    InterlockedIncrement(&looks);
    return there ? WINSOCK : NULL;
}

static FARPROC find_function(HMODULE module, const char *name) {
    if (module != WINSOCK) return GetProcAddress(module, name);
    return strcmp(name, "getsockopt") ? (FARPROC)(void (*)(void))list_protocols
                                      : (FARPROC)(void (*)(void))get_option;
}

/* Replaces the library's own file, which is then not linked. */
#define GetModuleHandleW find_module
#define GetProcAddress find_function
#include "client/lib/socket.c"
#undef GetModuleHandleW
#undef GetProcAddress

static bool accept_all(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    fault no;
    (void)f;
    fault_set(&no, FAULT_DENIED, STAGE_DECIDE, ERROR_ACCESS_DISABLED_BY_POLICY, "it came here");
    char *frame = msg_encode_fault(&request->id, &no, NULL, &length);
    return fake_reply(pipe, frame, length);
}

/* Gives the handle as the second of two, and as standard output. came is the result if the library accepts
 * it. */
static void given(sb_client *client, HANDLE handle, bool refused, DWORD came) {
    char message[512];
    for (int as_std = 0; as_std < 2; as_std++) {
        sb_process process = {0};
        sb_error error = {0};
        const sb_handle handles[] = {{.name = L"first", .handle = first}, {.name = L"it", .handle = handle}};
        const sb_spawn_options options = {.size = sizeof options,
                                          .application = L"C:\\windows\\system32\\no-such-program.exe",
                                          .handles = handles,
                                          .handle_count = as_std ? 1 : 2,
                                          .std_output = as_std ? handle : NULL};

        CHECK_INT(sb_spawn(client, &options, &process, &error), refused ? ERROR_INVALID_HANDLE : came);
        WideCharToMultiByte(CP_UTF8, 0, error.message, -1, message, sizeof message, NULL, NULL);
        CHECK(!refused == !strstr(message, "Layered over [TCP/IP]"));

        if (!refused) continue;
        CHECK(strstr(message, as_std ? "std_output" : "\"it\"") != NULL);
        CHECK_INT(error.stage, SB_STAGE_ADOPT);
        CHECK(error.handle_index == (as_std ? SIZE_MAX : 1));
    }
}

/* The library does not look again and again for Winsock, but it notices if Winsock is loaded after a client
 * has connected. */
static void loaded_later(sb_client *client) {
    check_case("Winsock is not loaded");
    given(client, plain, false, ERROR_ACCESS_DISABLED_BY_POLICY);
    LONG before = looks;
    CHECK(before > 0);
    given(client, plain, false, ERROR_ACCESS_DISABLED_BY_POLICY);
    CHECK_INT(looks, before);
    check_case("Winsock was loaded after the client connected");
    there = 1;
    HMODULE other = LoadLibraryW(L"cabinet.dll"); /* the loader reports it */
    CHECK(other != NULL);
    given(client, layered, true, 0);
    FreeLibrary(other);
}

int main(void) {
    static fake f = {.serve = accept_all};
    const sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL, *local = NULL;

    layered = CreateEventW(NULL, TRUE, FALSE, NULL);
    of_system = CreateEventW(NULL, TRUE, FALSE, NULL);
    plain = CreateEventW(NULL, TRUE, FALSE, NULL);
    first = CreateEventW(NULL, TRUE, FALSE, NULL);
    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), 0) ||
        !CHECK_INT(sb_connect(&options, &local, NULL), 0))
        return check_report();

    loaded_later(client);
    LONG served = f.served;

    check_case("of a layered provider, to a broker: nothing is sent");
    given(client, layered, true, 0);
    CHECK_INT(f.served, served);

    check_case("of the system's provider, and none at all");
    given(client, of_system, false, ERROR_ACCESS_DISABLED_BY_POLICY);
    given(client, plain, false, ERROR_ACCESS_DISABLED_BY_POLICY);

    check_case("without a broker");
    given(local, layered, true, 0);
    given(local, of_system, false, ERROR_FILE_NOT_FOUND);
    CHECK(asked > 0);
    sb_disconnect(local);
    sb_disconnect(client);

    return check_report();
}
