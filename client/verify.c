#include "client.h"
#include "win.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>

#define SERVICE_NAME L"SpawnBroker"

/* Whether sid is the user of this process: the process's, not the thread's, whose token may be a client's. */
static bool is_own_user(PSID sid) {
    union {
        TOKEN_USER user;
        BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } token_user;
    HANDLE token;
    DWORD length;
    bool is = false;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
    if (GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &length))
        is = EqualSid(sid, token_user.user.User.Sid);
    CloseHandle(token);
    return is;
}

static bool is_trusted(PSID owner) {
    return IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
           is_own_user(owner);
}

static DWORD refuse_owner(PSID owner, const wchar_t *name, sb_error *ret_error) {
    wchar_t user[128], domain[128], *text = NULL;
    DWORD user_units = 128, domain_units = 128;
    SID_NAME_USE use;
    if (!LookupAccountSidW(NULL, owner, user, &user_units, domain, &domain_units, &use))
        user[0] = domain[0] = 0;
    ConvertSidToStringSidW(owner, &text);
    error_set(ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
              L"%ls is served by %ls%ls%ls (%ls), who is neither the system, nor an administrator, nor you. "
              L"Nothing was sent.",
              name, domain, domain[0] ? L"\\" : L"", user[0] ? user : L"an unknown account",
              text ? text : L"no SID");
    LocalFree(text);
    return ERROR_INVALID_OWNER;
}

static DWORD verify_owner(HANDLE pipe, const wchar_t *name, sb_error *ret_error) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    DWORD err = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                                &descriptor);
    if (err)
        error_set(ret_error, err, SB_STAGE_VERIFY, L"Who serves %ls could not be found out (error %lu).",
                  name, err);
    else if (!owner)
        err = error_set(ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
                        L"%ls has no owner. Nothing was sent.", name);
    else if (!is_trusted(owner)) err = refuse_owner(owner, name, ret_error);
    LocalFree(descriptor);
    return err;
}

/* The process id of the running service; 0 when there is none, or when this process may not ask. */
static DWORD service_pid(void) {
    SERVICE_STATUS_PROCESS status;
    DWORD length, pid = 0;
    SC_HANDLE service = NULL, manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (manager && (service = OpenServiceW(manager, SERVICE_NAME, SERVICE_QUERY_STATUS)) &&
        QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &length) &&
        status.dwCurrentState != SERVICE_STOPPED)
        pid = status.dwProcessId;
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
    return pid;
}

DWORD verify_server(HANDLE pipe, const wchar_t *name, bool is_default, sb_error *ret_error) {
    ULONG server;
    DWORD expected;
    DWORD err = verify_owner(pipe, name, ret_error);
    if (err || !is_default || !(expected = service_pid())) return err;
    if (!GetNamedPipeServerProcessId(pipe, &server)) {
        err = win_error();
        return error_set(ret_error, err, SB_STAGE_VERIFY,
                         L"Who serves %ls could not be found out (error %lu).", name, err);
    }
    if (server == expected) return ERROR_SUCCESS;
    return error_set(
        ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
        L"%ls is served by process %lu, but the service " SERVICE_NAME L" is process %lu. Nothing was sent.",
        name, server, expected);
}

bool verify_service_installed(void) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager) return true;
    SC_HANDLE service = OpenServiceW(manager, SERVICE_NAME, SERVICE_QUERY_STATUS);
    bool installed = service || GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST;
    if (service) CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return installed;
}
