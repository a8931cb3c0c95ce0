/* Rule 22: what CreateRestrictedToken and SetTokenInformation take from a token is not in it when it is read
 * back, nor in its copies, nor in that of a child. It covers integrity, which only SeTcbPrivilege raises
 * (ERROR_PRIVILEGE_NOT_HELD), restricting SIDs, of which a further list leaves those that are in both,
 * DISABLE_MAX_PRIVILEGE, and a user that only denies. Sources: the pages of CreateRestrictedToken and
 * SetTokenInformation, "Mandatory Integrity Control" and "Restricted Tokens"; ReactOS' se/tokenlif.c. Wine 8
 * accepts these calls and does nothing. It does take groups and privileges. A token is known by its TokenId,
 * which is another one for each copy. */
#include "tests/rules/reduced.h"

#include "tests/rules/levels.h"
#include "tests/rules/lists.h"

#include <stddef.h>
#include <string.h>
#include <wchar.h>

/* ---- rows ---- */

/* A handle need not have TOKEN_QUERY. */
static uint64_t id_of(HANDLE token) {
    TOKEN_STATISTICS read;
    HANDLE asked = NULL;
    DWORD size;
    BOOL ok = real.GetTokenInformation(token, TokenStatistics, &read, sizeof read, &size);
    if (!ok && real.DuplicateHandle(GetCurrentProcess(), token, GetCurrentProcess(), &asked, TOKEN_QUERY,
                                    FALSE, 0)) {
        ok = real.GetTokenInformation(asked, TokenStatistics, &read, sizeof read, &size);
        real.CloseHandle(asked);
    }
    return ok ? (uint64_t)(DWORD)read.TokenId.HighPart << 32 | read.TokenId.LowPart : 0;
}

bool reduced_find(HANDLE token, shared_token *ret) {
    if (!rules_on(RULES_REDUCED_TOKENS) || !shared->any_token) return false;
    const uint64_t id = id_of(token);
    for (DWORD i = 0; id && i < SHARED_TOKENS; i++) {
        if (shared->token_ids[i] != id) continue;
        *ret = shared->tokens[i];
        return true;
    }
    return false;
}

static bool find(HANDLE token, shared_token *ret) {
    DWORD err = GetLastError();
    if (!shared->any_token) return false; /* no need to wait for the lock */
    shared_lock();
    bool found = reduced_find(token, ret);
    shared_unlock();
    SetLastError(err);
    return found;
}

/* The latest have rows: nobody says when a token is gone. */
static void put(HANDLE token, const shared_token *what) {
    DWORD err = GetLastError(), place = 0;
    const uint64_t id = id_of(token);
    shared_lock();
    while (place < SHARED_TOKENS && shared->token_ids[place] != id) place++;
    if (place == SHARED_TOKENS) place = shared->next_token++ % SHARED_TOKENS;
    shared->token_ids[place] = id;
    shared->tokens[place] = *what;
    shared->any_token = true;
    shared_unlock();
    SetLastError(err);
}

static void copy(HANDLE from, HANDLE to) {
    shared_token what;
    if (find(from, &what)) put(to, &what);
}

static HANDLE token_of(HANDLE process) {
    HANDLE token = NULL;
    return OpenProcessToken(process, TOKEN_QUERY, &token) ? token : NULL;
}

static HANDLE effective_token(void) {
    HANDLE token = NULL;
    return real.OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)
               ? token
               : token_of(GetCurrentProcess());
}

bool reduced_plan(HANDLE token, const void *list, shared_token *ret) {
    rules_attribute parent;
    HANDLE own = NULL;
    if (!rules_on(RULES_REDUCED_TOKENS)) return false;
    if (!token)
        own = token_of(lists_get(list, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent) ? *(HANDLE *)parent.copy
                                                                                      : GetCurrentProcess());
    const bool found = (token || own) && find(token ? token : own, ret);
    if (own) real.CloseHandle(own);
    return found;
}

void reduced_give(HANDLE process, const shared_token *what) {
    HANDLE token = token_of(process);
    if (!token) return;
    put(token, what);
    real.CloseHandle(token);
}

/* ---- session 0 ----
 * Rule 6: lpDesktop "" is the desktop of the token's logon session, and NULL is the creator's. A child whose
 * token cannot open its desktop ends with 0xC0000142 before its first instruction: so an account of a service
 * with a name in WinSta0. Sources: KB165194; the page "Process Connection to a Window Station". Wine lets
 * every process open every desktop. A child that has the layer ends itself, also if it would not load user32.
 */

static bool names_interactive(const wchar_t *desktop) {
    static const wchar_t station[] = L"winsta0\\";
    return !_wcsnicmp(desktop, station, wcslen(station));
}

static bool is_service(void) {
    return rules_own->token == RULES_TOKEN_SERVICE && rules_on(RULES_DESKTOPS);
}

void reduced_desktop(const wchar_t *desktop, shared_token *child) {
    shared_token own;
    if (!child->in_session_0 || !rules_on(RULES_DESKTOPS)) return;
    HANDLE token = desktop ? NULL : token_of(GetCurrentProcess());
    child->no_desktop = desktop ? names_interactive(desktop) : !(find(token, &own) && own.in_session_0);
    if (token) real.CloseHandle(token);
}

void reduced_start(void) {
    shared_token what = {0};
    const bool service = is_service();
    HANDLE token = service || shared->any_token ? token_of(GetCurrentProcess()) : NULL;
    if (!token) return;
    find(token, &what);
    if (what.no_desktop) TerminateProcess(GetCurrentProcess(), (UINT)STATUS_DLL_INIT_FAILED);
    what.in_session_0 = true;
    if (service) put(token, &what);
    real.CloseHandle(token);
}

/* Wine copies the name of the creator's desktop. Such a process has never been there. */
void WINAPI rules_GetStartupInfoW(LPSTARTUPINFOW ret) {
    static wchar_t own[] = L"";
    real.GetStartupInfoW(ret);
    if (ret->lpDesktop && names_interactive(ret->lpDesktop) && is_service()) ret->lpDesktop = own;
}

/* It is in the window station of its logon session. */
BOOL WINAPI rules_GetUserObjectInformationW(HANDLE object, int what, PVOID ret, DWORD room,
                                            LPDWORD ret_size) {
    static const wchar_t interactive[] = L"WinSta0", own[] = L"Service-0x0-3e4$";
    if (!real.GetUserObjectInformationW(object, what, ret, room, ret_size)) return FALSE;
    if (what != UOI_NAME || !is_service() || _wcsicmp(ret, interactive)) return TRUE;
    if (ret_size) *ret_size = sizeof own;
    if (room < sizeof own) return rules_fail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(ret, own, sizeof own);
    return TRUE;
}

BOOL WINAPI rules_ProcessIdToSessionId(DWORD pid, DWORD *ret) {
    if (!real.ProcessIdToSessionId(pid, ret)) return FALSE;
    if (pid == GetCurrentProcessId() && is_service()) *ret = 0;
    return TRUE;
}

/* ---- taking ---- */

static bool has_sid(const shared_token *what, PSID sid) {
    for (DWORD i = 0; i < what->count; i++)
        if (EqualSid((PSID)(ULONG_PTR)what->sids[i], sid)) return true;
    return false;
}

static bool is_listed(const SID_AND_ATTRIBUTES *list, DWORD count, PSID sid) {
    for (DWORD i = 0; i < count; i++)
        if (EqualSid(list[i].Sid, sid)) return true;
    return false;
}

static bool restrict_to(shared_token *what, const SID_AND_ATTRIBUTES *only, DWORD count) {
    const shared_token before = *what;
    what->restricted = true;
    what->count = 0;
    for (DWORD i = 0; i < count; i++) {
        if ((before.restricted && !has_sid(&before, only[i].Sid)) || has_sid(what, only[i].Sid)) continue;
        if (what->count == SHARED_SIDS) return false;
        if (!CopySid(SECURITY_MAX_SID_SIZE, what->sids[what->count], only[i].Sid)) return false;
        what->count++;
    }
    return true;
}

static bool denies_user(HANDLE base, const SID_AND_ATTRIBUTES *denied, DWORD count) {
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } u;
    DWORD size;
    return count && real.GetTokenInformation(base, TokenUser, &u, sizeof u, &size) &&
           is_listed(denied, count, u.user.User.Sid);
}

/* All but SeChangeNotifyPrivilege, in place of the list that was given. */
static bool take_most(HANDLE base, TOKEN_PRIVILEGES *ret, DWORD size) {
    LUID keep;
    DWORD kept = 0;
    if (!LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &keep) ||
        !real.GetTokenInformation(base, TokenPrivileges, ret, size, &size))
        return false;
    for (DWORD i = 0; i < ret->PrivilegeCount; i++)
        if (memcmp(&ret->Privileges[i].Luid, &keep, sizeof keep))
            ret->Privileges[kept++] = ret->Privileges[i];
    ret->PrivilegeCount = kept;
    return true;
}

BOOL WINAPI rules_CreateRestrictedToken(HANDLE base, DWORD flags, DWORD denied_count,
                                        PSID_AND_ATTRIBUTES denied, DWORD deleted_count,
                                        PLUID_AND_ATTRIBUTES deleted, DWORD only_count,
                                        PSID_AND_ATTRIBUTES only, PHANDLE ret) {
    shared_token what = {0};
    union {
        TOKEN_PRIVILEGES all;
        BYTE bytes[2048];
    } most;
    if (!rules_on(RULES_REDUCED_TOKENS))
        return real.CreateRestrictedToken(base, flags, denied_count, denied, deleted_count, deleted,
                                          only_count, only, ret);
    if (flags & DISABLE_MAX_PRIVILEGE && take_most(base, &most.all, sizeof most)) {
        deleted_count = most.all.PrivilegeCount;
        deleted = most.all.Privileges;
    }

    find(base, &what);
    if (denies_user(base, denied, denied_count)) what.user_denied = true;
    if (only_count && !restrict_to(&what, only, only_count)) return rules_fail(ERROR_NOT_ENOUGH_QUOTA);
    if (!real.CreateRestrictedToken(base, flags, denied_count, denied, deleted_count, deleted, only_count,
                                    only, ret))
        return FALSE;
    if (what.has_integrity || what.restricted || what.user_denied || what.in_session_0) put(*ret, &what);
    return TRUE;
}

/* ---- integrity ---- */

static DWORD integrity_of(HANDLE token) {
    union {
        TOKEN_MANDATORY_LABEL label;
        BYTE bytes[sizeof(TOKEN_MANDATORY_LABEL) + SECURITY_MAX_SID_SIZE];
    } u;
    DWORD size;
    return rules_GetTokenInformation(token, TokenIntegrityLevel, &u, sizeof u, &size)
               ? *GetSidSubAuthority(u.label.Label.Sid, 0)
               : 0;
}

/* Whether the thread may act as part of the system. */
static bool is_trusted(void) {
    PRIVILEGE_SET wanted = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    BOOL has = FALSE;
    HANDLE token = effective_token();
    if (LookupPrivilegeValueW(NULL, SE_TCB_NAME, &wanted.Privilege[0].Luid))
        PrivilegeCheck(token, &wanted, &has);
    if (token) real.CloseHandle(token);
    return has;
}

/* Wine does not look at the handle's access. */
static bool may_adjust(HANDLE token) {
    struct {
        ULONG attributes;
        ACCESS_MASK access;
        ULONG rest[12];
    } basic;
    LONG(NTAPI * query)(HANDLE, ULONG, void *, ULONG, ULONG *);
    rules_ntdll("NtQueryObject", &query);
    return query(token, 0, &basic, sizeof basic, NULL) < 0 || basic.access & TOKEN_ADJUST_DEFAULT;
}

BOOL WINAPI rules_SetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, LPVOID value, DWORD size) {
    shared_token what = {0};
    if (class != TokenIntegrityLevel || !rules_on(RULES_REDUCED_TOKENS))
        return real.SetTokenInformation(token, class, value, size);
    if (!may_adjust(token)) return rules_fail(ERROR_ACCESS_DENIED);
    if (!real.SetTokenInformation(token, class, value, size)) return FALSE;
    const DWORD wanted = *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)value)->Label.Sid, 0);
    if (wanted > integrity_of(token) && !is_trusted()) return rules_fail(ERROR_PRIVILEGE_NOT_HELD);
    find(token, &what);
    what.has_integrity = true;
    what.integrity = wanted;
    put(token, &what);
    return TRUE;
}

/* ---- reading ---- */

/* Wine does not know the class. */
static BOOL read_restricting(const shared_token *what, TOKEN_GROUPS *ret, DWORD room, DWORD *ret_size) {
    const DWORD head = (DWORD)offsetof(TOKEN_GROUPS, Groups) + what->count * sizeof *ret->Groups;
    DWORD size = head;
    for (DWORD i = 0; i < what->count; i++) size += GetLengthSid((PSID)(ULONG_PTR)what->sids[i]);
    if (ret_size) *ret_size = size;
    if (!ret || room < size) return rules_fail(ERROR_INSUFFICIENT_BUFFER);

    BYTE *at = (BYTE *)ret + head;
    ret->GroupCount = what->count;
    for (DWORD i = 0; i < what->count; i++) {
        const DWORD length = GetLengthSid((PSID)(ULONG_PTR)what->sids[i]);
        memcpy(at, what->sids[i], length);
        ret->Groups[i].Sid = at;
        ret->Groups[i].Attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
        at += length;
    }
    return TRUE;
}

BOOL WINAPI rules_GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, LPVOID info, DWORD room,
                                      PDWORD ret_size) {
    shared_token what = {0};
    TOKEN_STATISTICS any;
    DWORD size;
    const bool changes = class == TokenIntegrityLevel || class == TokenUser || class == TokenRestrictedSids ||
                         class == TokenSessionId;
    const bool found = changes && find(token, &what);
    if (class == TokenRestrictedSids && rules_on(RULES_REDUCED_TOKENS))
        return real.GetTokenInformation(token, TokenStatistics, &any, sizeof any, &size) &&
               read_restricting(&what, info, room, ret_size);
    if (!real.GetTokenInformation(token, class, info, room, ret_size)) return FALSE;
    if (found && class == TokenIntegrityLevel && what.has_integrity)
        *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)info)->Label.Sid, 0) = what.integrity;
    if (found && class == TokenSessionId && what.in_session_0) *(DWORD *)info = 0;
    if (found && class == TokenUser && what.user_denied)
        ((TOKEN_USER *)info)->User.Attributes = SE_GROUP_USE_FOR_DENY_ONLY;
    return TRUE;
}

BOOL WINAPI rules_IsTokenRestricted(HANDLE token) {
    shared_token what;
    return find(token, &what) ? what.restricted : real.IsTokenRestricted(token);
}

/* A restricted token is a member where both of its lists say so. */
BOOL WINAPI rules_CheckTokenMembership(HANDLE token, PSID sid, PBOOL ret) {
    shared_token what;
    if (!real.CheckTokenMembership(token, sid, ret)) return FALSE;
    HANDLE asked = token ? token : effective_token();
    if (*ret && find(asked, &what) && what.restricted) *ret = has_sid(&what, sid);
    if (!token && asked) real.CloseHandle(asked);
    return TRUE;
}

/* ---- copies ---- */

BOOL WINAPI rules_DuplicateToken(HANDLE token, SECURITY_IMPERSONATION_LEVEL level, PHANDLE ret) {
    if (!real.DuplicateToken(token, level, ret)) return FALSE;
    copy(token, *ret);
    return TRUE;
}

BOOL WINAPI rules_DuplicateTokenEx(HANDLE token, DWORD access, LPSECURITY_ATTRIBUTES security,
                                   SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, PHANDLE ret) {
    if (levels_refuse_copy(token, type)) return rules_fail(ERROR_BAD_IMPERSONATION_LEVEL);
    if (!real.DuplicateTokenEx(token, access, security, level, type, ret)) return FALSE;
    copy(token, *ret);
    return TRUE;
}
