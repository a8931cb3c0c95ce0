/* Tests which servers the client library accepts as its broker (client/lib/server_trust.c). The test replaces
 * the functions that return the pipe's owner, the server process and its token, because Wine has one user,
 * one integrity level and one service manager. */
#include "client/lib/client.h"
#include "service/win32/token.h"
#include "tests/support/checks.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { SERVER = 4711, SERVICE = 4711, OTHER = 4712 };

/* What the library sees. */
static struct world {
    const char *owner; /* of the pipe */
    const char *own_user, *peer_user;
    DWORD own_integrity, peer_integrity;
    bool own_sandboxed, peer_sandboxed, elevated;
    bool unknown;  /* the library can find out nothing about the server */
    DWORD service; /* its process; 0: there is no service */
} w;

#define OWN_PROCESS ((HANDLE)(ULONG_PTR)1)
#define PEER_PROCESS ((HANDLE)(ULONG_PTR)2)

static BOOL WINAPI server_id(HANDLE pipe, ULONG *ret) {
    (void)pipe;
    *ret = SERVER;
    return TRUE;
}

static DWORD WINAPI security_of(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what, PSID *owner,
                                PSID *group, PACL *list, PACL *audit, PSECURITY_DESCRIPTOR *ret) {
    (void)handle, (void)type, (void)what, (void)group, (void)list, (void)audit;
    PSID sid = NULL;
    if (w.owner) CHECK(ConvertStringSidToSidA(w.owner, &sid));
    *owner = sid;
    *ret = sid; /* the caller frees it as the descriptor */
    return ERROR_SUCCESS;
}

static HANDLE WINAPI open_process(DWORD rights, BOOL inherit, DWORD id) {
    (void)rights, (void)inherit;
    if (id == SERVER && !w.unknown) return PEER_PROCESS;
    SetLastError(ERROR_ACCESS_DENIED);
    return NULL;
}

static HANDLE WINAPI current_process(void) {
    return OWN_PROCESS;
}

static BOOL WINAPI open_token(HANDLE process, DWORD rights, HANDLE *ret) {
    (void)rights;
    *ret = process; /* a process stands for its token */
    return TRUE;
}

static BOOL WINAPI close_it(HANDLE handle) {
    (void)handle;
    return TRUE;
}

static DWORD identity_of(HANDLE token, token_identity *ret) {
    bool own = token == OWN_PROCESS;
    PSID sid = NULL;
    token_identity t = {.integrity = own ? w.own_integrity : w.peer_integrity,
                        .sandboxed = own ? w.own_sandboxed : w.peer_sandboxed};
    CHECK(ConvertStringSidToSidA(own ? w.own_user : w.peer_user, &sid));
    CHECK(CopySid(sizeof t.user, t.user, sid));
    LocalFree(sid);
    *ret = t;
    return ERROR_SUCCESS;
}

static bool is_elevated(void) {
    return w.elevated;
}

static SC_HANDLE WINAPI open_manager(const wchar_t *machine, const wchar_t *database, DWORD rights) {
    (void)machine, (void)database, (void)rights;
    return (SC_HANDLE)(ULONG_PTR)1;
}

static SC_HANDLE WINAPI open_service(SC_HANDLE manager, const wchar_t *name, DWORD rights) {
    (void)manager, (void)rights;
    return w.service && !wcscmp(name, L"SpawnBroker") ? (SC_HANDLE)(ULONG_PTR)2 : NULL;
}

static BOOL WINAPI service_status(SC_HANDLE service, SC_STATUS_TYPE type, BYTE *bytes, DWORD size,
                                  DWORD *ret) {
    SERVICE_STATUS_PROCESS status = {.dwCurrentState = SERVICE_RUNNING, .dwProcessId = w.service};
    (void)service, (void)type;
    *ret = sizeof status;
    if (size < sizeof status) return FALSE;
    memcpy(bytes, &status, sizeof status);
    return TRUE;
}

static BOOL WINAPI close_service(SC_HANDLE handle) {
    (void)handle;
    return TRUE;
}

#define GetNamedPipeServerProcessId server_id
#define GetSecurityInfo security_of
#define OpenProcess open_process
#define GetCurrentProcess current_process
#define OpenProcessToken open_token
#define CloseHandle close_it
#define token_identify identity_of
#define token_elevated is_elevated
#define OpenSCManagerW open_manager
#define OpenServiceW open_service
#define QueryServiceStatusEx service_status
#define CloseServiceHandle close_service
#include "client/lib/server_trust.c"
#include "service/win32/owner.c"

static const char me[] = "S-1-5-21-1-2-3-1001", somebody[] = "S-1-5-21-1-2-3-1002";

/* Sets up a server of the same user, with the same rights, that is not the service. */
static void begin(const char *about) {
    w = (struct world){.owner = me,
                       .own_user = me,
                       .peer_user = me,
                       .own_integrity = SECURITY_MANDATORY_MEDIUM_RID,
                       .peer_integrity = SECURITY_MANDATORY_MEDIUM_RID};
    check_about(about);
}

static void trusted(bool is_default, bool wanted) {
    sb_error error = {0};
    DWORD err = server_trust_check(NULL, L"\\\\.\\pipe\\x", is_default, &error);
    CHECK_INT(err, wanted ? ERROR_SUCCESS : ERROR_INVALID_OWNER);
    if (!wanted) CHECK_INT(error.stage, SB_STAGE_VERIFY);
}

static void by_owner(void) {
    begin("a program of one's own");
    trusted(false, true);
    w.owner = somebody;

    check_about("another user's pipe");
    trusted(false, false);
    w.owner = "S-1-1-0";

    check_about("Everyone's pipe");
    trusted(false, false);
    w.owner = NULL;

    check_about("a pipe without an owner");
    trusted(false, false);
    w.owner = "S-1-5-18";

    check_about("the system's pipe");
    trusted(false, true);
    w.owner = "S-1-5-32-544";

    check_about("the administrators' pipe, for an elevated client");
    w.elevated = true;
    trusted(false, true);
    w.owner = "S-1-5-32-545";

    check_about("the users' pipe");
    trusted(false, false);
}

static void by_rights(void) {
    begin("an elevated client, and a server of the same user that is not");
    w.elevated = true;
    trusted(false, false);
    begin("a server with less integrity");
    w.peer_integrity = SECURITY_MANDATORY_LOW_RID;
    trusted(false, false);
    begin("a server with more integrity");
    w.peer_integrity = SECURITY_MANDATORY_HIGH_RID;
    trusted(false, true);
    begin("a server in a sandbox");
    w.peer_sandboxed = true;
    trusted(false, false);
    w.own_sandboxed = true;

    check_about("both in a sandbox");
    trusted(false, true);
    begin("a server of another user, on a pipe of one's own");
    w.peer_user = somebody;
    trusted(false, false);
    begin("a server of which nothing can be found out");
    w.unknown = true;
    trusted(false, false);
}

/* Only for the default name must the process be the service's. */
static void by_service(void) {
    begin("the service's process serves the default name");
    w.owner = "S-1-5-18";
    w.service = SERVICE;
    trusted(true, true);
    w.service = OTHER;
    check_about("another process serves the default name");
    trusted(true, false);
    check_about("another process serves another name");
    trusted(false, true);
    w.service = 0;
    check_about("there is no service");
    trusted(true, true);
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    by_owner();
    by_rights();
    by_service();
    return check_report();
}
