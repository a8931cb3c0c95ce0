/* The rules of tokens: whose token a pipe's server gets, and which drives the system has. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* ---- the client's token ---- */

typedef struct seen {
    DWORD error, privileges, disabled; /* of opening the thread's token */
    SECURITY_IMPERSONATION_LEVEL level;
} seen;

static void look(seen *ret) {
    HANDLE token = NULL;
    BYTE bytes[2048];
    DWORD size;
    const TOKEN_PRIVILEGES *all = (void *)bytes;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) ret->error = GetLastError();
    if (!token) return;
    GetTokenInformation(token, TokenImpersonationLevel, &ret->level, sizeof ret->level, &size);
    if (GetTokenInformation(token, TokenPrivileges, bytes, sizeof bytes, &size))
        ret->privileges = all->PrivilegeCount;
    for (DWORD i = 0; i < ret->privileges; i++)
        ret->disabled += !(all->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED);
    CloseHandle(token);
}

/* What a server sees of a client that opened its pipe with these flags, and has written. */
static seen see(DWORD flags) {
    static int made;
    wchar_t name[64];
    seen ret = {0};
    DWORD done;
    char byte;
    swprintf(name, 64, L"\\\\.\\pipe\\sb-tokens-%lu-%d", GetCurrentProcessId(), ++made);
    HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, NULL);
    HANDLE client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    CHECK(WriteFile(client, "x", 1, &done, NULL));
    CHECK(ReadFile(server, &byte, 1, &done, NULL));
    if (CHECK(ImpersonateNamedPipeClient(server))) {
        look(&ret);
        CHECK(RevertToSelf());
    }
    CloseHandle(client);
    CloseHandle(server);
    return ret;
}

static DWORD disabled_seen(void *context) {
    return see(*(DWORD *)context).disabled != 0;
}

static DWORD level_seen(void *context) {
    seen s = see(*(DWORD *)context);
    return s.error ? s.error : (DWORD)s.level;
}

static void client_tokens(void) {
    DWORD none = 0, anonymous = SECURITY_SQOS_PRESENT,
          identification = SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
          whole = SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION,
          effective = SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION | SECURITY_EFFECTIVE_ONLY;
    rule_try(RULES_CLIENT_TOKEN, "opened without SECURITY_SQOS_PRESENT: no privilege that is not enabled",
             disabled_seen, &none, 0, 1);
    rule_try(RULES_CLIENT_TOKEN, "opened for impersonation: the whole token", disabled_seen, &whole, 1, 1);
    rule_try(RULES_CLIENT_TOKEN, "and so with SECURITY_EFFECTIVE_ONLY", disabled_seen, &effective, 0, 1);
    rule_try(RULES_CLIENT_TOKEN, "opened with SECURITY_SQOS_PRESENT alone: anonymous", level_seen, &anonymous,
             ERROR_CANT_OPEN_ANONYMOUS, SecurityImpersonation);
    rule_try(RULES_CLIENT_TOKEN, "opened for identification", level_seen, &identification,
             SecurityIdentification, SecurityImpersonation);
    rule_try(RULES_CLIENT_TOKEN, "opened without it: for impersonation", level_seen, &none,
             SecurityImpersonation, SecurityImpersonation);
}

/* ---- a client's thread that impersonates ---- */

typedef struct acting_client {
    DWORD flags;
    bool opens, writes; /* when its thread acts as another */
} acting_client;

/* Returns whether the server gets the token that the client's thread acted with, which has one privilege: 1,
 * or 0. */
static DWORD acting_seen(void *context) {
    const acting_client *a = context;
    static int made;
    wchar_t name[64];
    HANDLE own = NULL, fewer = NULL, acting = NULL;
    seen s = {0};
    char byte;
    DWORD done;
    swprintf(name, 64, L"\\\\.\\pipe\\sb-acting-%lu-%d", GetCurrentProcessId(), ++made);
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
    CHECK(CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &fewer));
    CHECK(
        DuplicateTokenEx(fewer, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation, &acting));

    HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, NULL);
    if (a->opens) CHECK(SetThreadToken(NULL, acting));
    HANDLE client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, a->flags, NULL);
    CHECK(RevertToSelf());
    if (a->writes) CHECK(SetThreadToken(NULL, acting));
    CHECK(WriteFile(client, "x", 1, &done, NULL));
    CHECK(RevertToSelf());
    CHECK(ReadFile(server, &byte, 1, &done, NULL));
    if (CHECK(ImpersonateNamedPipeClient(server))) {
        look(&s);
        CHECK(RevertToSelf());
    }
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(acting);
    CloseHandle(fewer);
    CloseHandle(own);
    return s.privileges == 1;
}

static void acting_clients(void) {
    const DWORD fixed = SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION,
                tracked = fixed | SECURITY_CONTEXT_TRACKING;
    acting_client opens = {fixed, true, false}, writes = {fixed, false, true},
                  tracked_opens = {tracked, true, false}, tracked_writes = {tracked, false, true},
                  by_default = {0, false, true};
    rule_try(RULES_CLIENT_TOKEN, "a thread that impersonates opens the pipe: the token that it acts with",
             acting_seen, &opens, 1, 0);
    rule_try(RULES_CLIENT_TOKEN, "writes to it: the token of the open", acting_seen, &writes, 0, 0);
    rule_try(RULES_CLIENT_TOKEN, "with dynamic tracking, opens it: the token of the write", acting_seen,
             &tracked_opens, 0, 0);
    rule_try(RULES_CLIENT_TOKEN, "with dynamic tracking, writes to it", acting_seen, &tracked_writes, 1, 0);
    rule_try(RULES_CLIENT_TOKEN, "without SECURITY_SQOS_PRESENT, writes to it", acting_seen, &by_default, 1,
             0);
}

/* ---- drives ---- */

static wchar_t file[MAX_PATH];

/* Bits: what finds a file on the drive. */
static DWORD find_file(const wchar_t *path) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    HANDLE found_file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD found = GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
    found |= GetFileAttributesExW(path, GetFileExInfoStandard, &data) ? 2u : 0u;
    if (found_file == INVALID_HANDLE_VALUE) return found;
    CloseHandle(found_file);
    return found | 4;
}

static DWORD find_impersonating(const wchar_t *path) {
    if (!ImpersonateSelf(SecurityImpersonation)) return 99;
    DWORD found = find_file(path);
    RevertToSelf();
    return found;
}

static DWORD by_token(void *context) {
    const wchar_t *role = context;
    wchar_t program[MAX_PATH], line[2 * MAX_PATH + 64];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 99;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 2 * MAX_PATH + 64, L"\"%ls\" %ls \"%ls\"", program, role, file);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))
        return GetLastError();
    if (WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS)) TerminateProcess(made.hProcess, 98);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return code;
}

static void drives(void) {
    wchar_t directory[MAX_PATH], letter[2] = L"";
    /* Only the layer has the system's map beside the user's. */
    if (!rules_enforce(RULES_ALL)) return;
    if (!CHECK(directory_make(directory, L"drive"))) return;
    swprintf(file, MAX_PATH, L"%ls\\file", directory);
    CHECK(file_write(file, "x", 1));
    letter[0] = directory[0]; /* as if the drive were a user's only */
    SetEnvironmentVariableW(RULES_DRIVES_VARIABLE, letter);
    check_about(
        "a drive of a user's: found by the user, not by the system, but by who impersonates the user");
    CHECK_INT(by_token(L"find"), 7);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, L"system");
    CHECK_INT(by_token(L"find"), 0);
    CHECK_INT(by_token(L"impersonate"), 7);
    SetEnvironmentVariableW(RULES_VARIABLE, L"0");
    CHECK_INT(by_token(L"find"), 7); /* on Wine alone */
    SetEnvironmentVariableW(RULES_VARIABLE, NULL);
    SetEnvironmentVariableW(RULES_TOKEN_VARIABLE, NULL);
    SetEnvironmentVariableW(RULES_DRIVES_VARIABLE, NULL);
    directory_remove(directory);
}

int wmain(int argc, wchar_t **argv) {
    if (argc > 2) return (int)(!wcscmp(argv[1], L"find") ? find_file(argv[2]) : find_impersonating(argv[2]));
    client_tokens();
    acting_clients();
    drives();
    return check_report();
}
