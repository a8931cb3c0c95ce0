#include "client/lib/client.h"
#include "service/win32/names.h"
#include "service/win32/owner.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>

/* Identifies the process's token; the thread's token may be that of a client. */
static DWORD identify(HANDLE process, token_identity *ret) {
    HANDLE token;
    if (!OpenProcessToken(process, TOKEN_QUERY, &token)) return win_error();
    DWORD err = token_identify(token, ret);
    CloseHandle(token);
    return err;
}

static DWORD refuse_owner(PSID owner, const wchar_t *name, sb_error *ret_error) {
    wchar_t user[128], domain[128], *text = NULL;
    DWORD user_units = 128, domain_units = 128;
    SID_NAME_USE use;
    if (!LookupAccountSidW(NULL, owner, user, &user_units, domain, &domain_units, &use))
        user[0] = domain[0] = 0;
    ConvertSidToStringSidW(owner, &text);
    error_set(
        ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
        L"%ls is served by %ls%ls%ls (%ls), which is neither the system, nor an administrator, nor you. "
        L"Nothing was sent.",
        name, domain, domain[0] ? L"\\" : L"", user[0] ? user : L"an unknown account",
        text ? text : L"no SID");
    LocalFree(text);
    return ERROR_INVALID_OWNER;
}

/* Checks a server of the same user. One that has less rights than this process is rejected: it would get from
 * this process what it cannot get by itself. */
static DWORD verify_peer(DWORD server, const token_identity *own, const wchar_t *name, sb_error *ret_error) {
    token_identity peer;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, server);
    DWORD err = process ? identify(process, &peer) : win_error();
    if (process) CloseHandle(process);
    if (err)
        return error_set(ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
                         L"%ls is served by process %lu, which cannot be identified (error %lu). "
                         L"Nothing was sent.",
                         name, server, err);
    if (EqualSid(peer.user, (PSID)(ULONG_PTR)own->user) && peer.integrity >= own->integrity &&
        (!peer.sandboxed || own->sandboxed))
        return ERROR_SUCCESS;
    return error_set(
        ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
        L"%ls is served by process %lu, which has fewer rights than this process. Nothing was sent.", name,
        server);
}

/* Checks that the owner of the pipe is an administrator or this user. */
static DWORD verify_owner(PSID owner, DWORD server, const wchar_t *name, sb_error *ret_error) {
    token_identity own;
    owner_kind kind = owner_of(owner);
    if (kind == OWNER_MACHINE) return ERROR_SUCCESS;
    DWORD err = identify(GetCurrentProcess(), &own);
    if (err)
        return error_set(ret_error, err, SB_STAGE_VERIFY,
                         L"This process's own token cannot be read (error %lu).", err);
    if (kind == OWNER_OTHER) return refuse_owner(owner, name, ret_error);
    /* The pipe of an elevated broker belongs to the administrators. */
    if (token_elevated())
        return error_set(
            ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
            L"%ls is served by a program of yours that is not elevated, but this one is. Nothing was "
            L"sent.",
            name);
    return verify_peer(server, &own, name, ret_error);
}

static DWORD verify_pipe(HANDLE pipe, DWORD server, const wchar_t *name, sb_error *ret_error) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    DWORD err = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                                &descriptor);
    if (err)
        error_set(ret_error, err, SB_STAGE_VERIFY,
                  L"Cannot identify the server of %ls (error %lu). Nothing was sent.", name, err);
    else if (!owner)
        err = error_set(ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
                        L"%ls has no owner. Nothing was sent.", name);
    else err = verify_owner(owner, server, name, ret_error);
    LocalFree(descriptor);
    return err;
}

/* The process id of the running service; 0: it is not running, or this process may not ask. */
static DWORD service_pid(void) {
    SERVICE_STATUS_PROCESS status;
    DWORD length, pid = 0;
    SC_HANDLE service = NULL, manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (manager && (service = OpenServiceW(manager, NAME_SERVICE, SERVICE_QUERY_STATUS)) &&
        QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &length) &&
        status.dwCurrentState != SERVICE_STOPPED)
        pid = status.dwProcessId;
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
    return pid;
}

DWORD server_trust_check(HANDLE pipe, const wchar_t *name, bool is_default, sb_error *ret_error) {
    ULONG server;
    if (!GetNamedPipeServerProcessId(pipe, &server)) {
        DWORD err = win_error();
        return error_set(ret_error, err, SB_STAGE_VERIFY,
                         L"Cannot identify the server of %ls (error %lu). Nothing was sent.", name, err);
    }
    DWORD err = verify_pipe(pipe, server, name, ret_error);
    DWORD expected = !err && is_default ? service_pid() : 0;
    if (err || !expected || server == expected) return err;
    return error_set(
        ret_error, ERROR_INVALID_OWNER, SB_STAGE_VERIFY,
        L"%ls is served by process %lu, but the service " NAME_SERVICE L" is process %lu. Nothing was sent.",
        name, server, expected);
}

bool server_trust_service_installed(void) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager) return true;
    SC_HANDLE service = OpenServiceW(manager, NAME_SERVICE, SERVICE_QUERY_STATUS);
    bool installed = service || GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST;
    if (service) CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return installed;
}
