#include "tests/protocol/bad.h"

#include <sddl.h>
#include <stdio.h>
#include <wchar.h>

static void connect_fails(const wchar_t *pipe, DWORD code, sb_stage wanted_stage) {
    sb_connect_options options = {.size = sizeof options, .pipe_name = pipe};
    sb_client *client = NULL;
    sb_error error = {0};
    char message[1024] = "", name[128] = "";
    CHECK_INT(sb_connect(&options, &client, &error), code);
    CHECK(client == NULL);
    CHECK_INT(error.code, code);
    CHECK_INT(error.stage, wanted_stage);
    WideCharToMultiByte(CP_UTF8, 0, error.message, -1, message, sizeof message, NULL, NULL);
    WideCharToMultiByte(CP_UTF8, 0, pipe, -1, name, sizeof name, NULL, NULL);
    CHECK_HAS(message, name);
}

/* Creates a pipe that Everyone owns, which no broker does. Returns NULL if this machine does not allow it. */
static HANDLE strange_pipe(const wchar_t *name) {
    wchar_t path[128];
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"O:WDG:WDD:(A;;GA;;;WD)", SDDL_REVISION_1,
                                                              &attributes.lpSecurityDescriptor, NULL))
        return NULL;
    swprintf(path, 128, L"\\\\.\\pipe\\%ls", name);
    HANDLE pipe = CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 2, 4096,
                                   4096, 0, &attributes);
    LocalFree(attributes.lpSecurityDescriptor);
    return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static void of_somebody_else(void) {
    wchar_t name[64];
    DWORD there = 0;
    check_about("a pipe that another program serves: nothing is sent");
    swprintf(name, 64, L"sb-strange-%lu", GetCurrentProcessId());
    HANDLE pipe = strange_pipe(name);
    if (!check_part("owner", pipe ? NULL : "this user cannot make a pipe of another owner")) return;
    connect_fails(name, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
    if (PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL)) CHECK_INT(there, 0);
    CloseHandle(pipe);
}

void bad_servers(const bad_place *place) {
    wchar_t name[64];
    (void)place;
    check_about("no broker is running");
    swprintf(name, 64, L"sb-nobody-%lu", GetCurrentProcessId());
    connect_fails(name, ERROR_FILE_NOT_FOUND, SB_STAGE_CONNECT);
    of_somebody_else();
}

/* A data directory of the right owner in which all users may write. They could replace the audit's files and
 * the policy. */
static void everybody_may_write(void) {
    static const wchar_t open_to_all[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)";
    wchar_t data[MAX_PATH];
    char text[1024];
    PSECURITY_DESCRIPTOR descriptor = NULL;

    check_about("a data directory that everybody may change");
    CHECK(directory_make_data(data, L"open-to-all"));
    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorW(open_to_all, SDDL_REVISION_1, &descriptor,
                                                               NULL));
    CHECK(SetFileSecurityW(data, DACL_SECURITY_INFORMATION, descriptor));
    LocalFree(descriptor);
    CHECK_INT(broker_fail(data, text, sizeof text), 1);
    CHECK_HAS(text, "may change");
    CHECK_HAS(text, "/remove:g *S-1-1-0");
    directory_remove(data);
}

/* If the database's file is not a database, the broker keeps it under another name and begins a new one. */
void bad_databases(void) {
    static const char content[] = "This is not a database, and somebody may want to keep it.\n";
    wchar_t data[MAX_PATH], path[2 * MAX_PATH];
    char back[128] = "";
    DWORD got = 0;
    test_broker broker;
    WIN32_FIND_DATAW found;

    everybody_may_write();
    check_about("a database that is not one");
    CHECK(directory_make_data(data, L"not-a-database"));
    swprintf(path, 2 * MAX_PATH, L"%ls\\audit.db", data);
    CHECK(file_write(path, content, sizeof content - 1));
    if (!CHECK(broker_start(&broker, data))) return;
    CHECK_INT(broker_stop_keep(&broker), 0);
    swprintf(path, 2 * MAX_PATH, L"%ls\\audit.damaged-*.db", data);

    HANDLE search = FindFirstFileW(path, &found);
    if (CHECK(search != INVALID_HANDLE_VALUE)) {
        swprintf(path, 2 * MAX_PATH, L"%ls\\%ls", data, found.cFileName);
        FindClose(search);
        HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
        CHECK(file != INVALID_HANDLE_VALUE && ReadFile(file, back, sizeof back - 1, &got, NULL));
        CHECK_TEXT(back, content);
        CloseHandle(file);
    }
    directory_remove(data);
}
