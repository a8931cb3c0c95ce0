#include "token.h"

#include "text.h"
#include "win.h"

#include <sddl.h>
#include <string.h>

static DWORD query(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size) {
    return GetTokenInformation(token, class, out, size, &size) ? ERROR_SUCCESS : win_error();
}

DWORD token_identify(HANDLE token, token_identity *ret) {
    union {
        TOKEN_USER user;
        TOKEN_MANDATORY_LABEL label;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } u;
    TOKEN_STATISTICS statistics;
    token_identity identity = {0};
    DWORD container = 0, error;
    if ((error = query(token, TokenUser, &u, sizeof u))) return error;
    if (!CopySid(sizeof identity.user, identity.user, u.user.User.Sid)) return win_error();
    if ((error = query(token, TokenStatistics, &statistics, sizeof statistics))) return error;
    if ((error = query(token, TokenSessionId, &identity.session, sizeof identity.session))) return error;
    if ((error = query(token, TokenIntegrityLevel, &u, sizeof u))) return error;
    DWORD parts = *GetSidSubAuthorityCount(u.label.Label.Sid);
    identity.integrity = parts ? *GetSidSubAuthority(u.label.Label.Sid, parts - 1) : 0;
    /* Windows 8 and later have AppContainers; a system without them has nobody in one. */
    if (!query(token, TokenIsAppContainer, &container, sizeof container))
        identity.app_container = container != 0;
    identity.logon = statistics.AuthenticationId;
    identity.restricted = IsTokenRestricted(token);
    identity.sandboxed =
        identity.restricted || identity.app_container || identity.integrity < SECURITY_MANDATORY_MEDIUM_RID;
    *ret = identity;
    return ERROR_SUCCESS;
}

bool token_same(const token_identity *a, const token_identity *b) {
    return EqualSid((PSID)(ULONG_PTR)a->user, (PSID)(ULONG_PTR)b->user) &&
           a->logon.LowPart == b->logon.LowPart && a->logon.HighPart == b->logon.HighPart &&
           a->session == b->session && a->restricted == b->restricted &&
           a->app_container == b->app_container && a->integrity == b->integrity;
}

DWORD token_is_administrator(HANDLE token, bool *ret) {
    BYTE administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof administrators;
    BOOL member = FALSE;
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size) ||
        !CheckTokenMembership(token, administrators, &member))
        return win_error();
    *ret = member && !IsTokenRestricted(token);
    return ERROR_SUCCESS;
}

char *token_sid_text(arena *a, HANDLE token) {
    token_identity identity;
    wchar_t *text;
    if (token_identify(token, &identity) || !ConvertSidToStringSidW(identity.user, &text)) return NULL;
    char *utf8 = text_utf8(a, text);
    LocalFree(text);
    return utf8;
}

char *token_user_name(arena *a, HANDLE token) {
    token_identity identity;
    wchar_t name[256], domain[256];
    DWORD name_size = 256, domain_size = 256;
    SID_NAME_USE use;
    if (token_identify(token, &identity)) return NULL;
    if (!LookupAccountSidW(NULL, identity.user, name, &name_size, domain, &domain_size, &use))
        return token_sid_text(a, token);
    char *user = text_utf8_lossy(a, name), *where = text_utf8_lossy(a, domain);
    if (!user || !where) return NULL;
    return *where ? arena_printf(a, "%s\\%s", where, user) : user;
}

static bool enable(HANDLE token, const wchar_t *privilege) {
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    return LookupPrivilegeValueW(NULL, privilege, &wanted.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS;
}

bool token_may_assign(void) {
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token)) return false;
    bool may = enable(token, SE_ASSIGNPRIMARYTOKEN_NAME) && enable(token, SE_INCREASE_QUOTA_NAME);
    CloseHandle(token);
    return may;
}

bool token_is_own(const token_identity *identity) {
    HANDLE token;
    token_identity own;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
    bool same = !token_identify(token, &own) && token_same(&own, identity);
    CloseHandle(token);
    return same;
}
