#include "service/win32/token.h"

#include "service/win32/text.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

static DWORD query(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size) {
    return GetTokenInformation(token, class, out, size, &size) ? ERROR_SUCCESS : win_error();
}

/* Reads the SID of the AppContainer; other tokens have none. */
static DWORD read_package(HANDLE token, token_identity *ret) {
    union {
        TOKEN_APPCONTAINER_INFORMATION package;
        BYTE bytes[sizeof(TOKEN_APPCONTAINER_INFORMATION) + SECURITY_MAX_SID_SIZE];
    } u;
    if (!ret->app_container) return ERROR_SUCCESS;
    DWORD error = query(token, TokenAppContainerSid, &u, sizeof u);
    if (error) return error;
    return CopySid(sizeof ret->package, ret->package, u.package.TokenAppContainer) ? ERROR_SUCCESS
                                                                                   : win_error();
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
    if ((error = query(token, TokenIsAppContainer, &container, sizeof container))) return error;
    identity.app_container = container != 0;
    if ((error = read_package(token, &identity))) return error;

    identity.logon = statistics.AuthenticationId;
    identity.restricted = IsTokenRestricted(token);
    identity.sandboxed =
        identity.restricted || identity.app_container || identity.integrity < SECURITY_MANDATORY_MEDIUM_RID;
    *ret = identity;
    return ERROR_SUCCESS;
}

static bool same_identity(const token_identity *a, const token_identity *b) {
    return EqualSid((PSID)(ULONG_PTR)a->user, (PSID)(ULONG_PTR)b->user) &&
           a->logon.LowPart == b->logon.LowPart && a->logon.HighPart == b->logon.HighPart &&
           a->session == b->session && a->restricted == b->restricted &&
           a->app_container == b->app_container && !memcmp(a->package, b->package, sizeof a->package) &&
           a->integrity == b->integrity;
}

DWORD token_read(HANDLE token, TOKEN_INFORMATION_CLASS class, void **ret) {
    DWORD size = 0, error;
    if (GetTokenInformation(token, class, NULL, 0, &size)) return ERROR_GEN_FAILURE;
    if ((error = win_error()) != ERROR_INSUFFICIENT_BUFFER) return error;
    void *read = malloc(size);
    if (!read) return ERROR_NOT_ENOUGH_MEMORY;
    if (GetTokenInformation(token, class, read, size, &size)) {
        *ret = read;
        return ERROR_SUCCESS;
    }
    error = win_error();
    free(read);
    return error;
}

/* The attributes by which a group grants access, or only denies it. */
enum { COUNTS = SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY };

static bool has_group(const TOKEN_GROUPS *list, const SID_AND_ATTRIBUTES *one) {
    for (DWORD i = 0; i < list->GroupCount; i++)
        if (EqualSid(list->Groups[i].Sid, one->Sid))
            return (list->Groups[i].Attributes & COUNTS) == (one->Attributes & COUNTS);
    return false;
}

static DWORD same_groups(HANDLE a, HANDLE b, TOKEN_INFORMATION_CLASS class, bool *same) {
    void *x = NULL, *y = NULL;
    DWORD error = token_read(a, class, &x);
    if (!error) error = token_read(b, class, &y);
    if (!error) {
        const TOKEN_GROUPS *left = x, *right = y;
        *same = left->GroupCount == right->GroupCount;
        for (DWORD i = 0; *same && i < left->GroupCount; i++) *same = has_group(right, &left->Groups[i]);
    }
    free(x);
    free(y);
    return error;
}

static bool has_privilege(const TOKEN_PRIVILEGES *list, LUID one) {
    for (DWORD i = 0; i < list->PrivilegeCount; i++)
        if (list->Privileges[i].Luid.LowPart == one.LowPart &&
            list->Privileges[i].Luid.HighPart == one.HighPart)
            return true;
    return false;
}

/* Compares the privileges that are held, enabled or not: a process can enable those that it holds. */
static DWORD same_privileges(HANDLE a, HANDLE b, bool *same) {
    void *x = NULL, *y = NULL;
    DWORD error = token_read(a, TokenPrivileges, &x);
    if (!error) error = token_read(b, TokenPrivileges, &y);
    if (!error) {
        const TOKEN_PRIVILEGES *left = x, *right = y;
        *same = left->PrivilegeCount == right->PrivilegeCount;
        for (DWORD i = 0; *same && i < left->PrivilegeCount; i++)
            *same = has_privilege(right, left->Privileges[i].Luid);
    }
    free(x);
    free(y);
    return error;
}

DWORD token_same(HANDLE a, HANDLE b, bool *ret) {
    token_identity x, y;
    bool same = false;
    DWORD error = token_identify(a, &x);
    if (!error) error = token_identify(b, &y);
    if (!error) same = same_identity(&x, &y);
    if (!error && same) error = same_groups(a, b, TokenGroups, &same);
    if (!error && same && x.restricted) error = same_groups(a, b, TokenRestrictedSids, &same);
    if (!error && same) error = same_privileges(a, b, &same);
    if (!error) *ret = same;
    return error;
}

/* Whether every group that grants access in part does so in whole. */
static DWORD groups_within(HANDLE part, HANDLE whole, bool *within) {
    void *x = NULL, *y = NULL;
    DWORD error = token_read(part, TokenGroups, &x);
    if (!error) error = token_read(whole, TokenGroups, &y);
    if (!error) {
        const TOKEN_GROUPS *left = x, *right = y;
        *within = true;
        for (DWORD i = 0; *within && i < left->GroupCount; i++)
            *within = (left->Groups[i].Attributes & COUNTS) != SE_GROUP_ENABLED ||
                      has_group(right, &left->Groups[i]);
    }
    free(x);
    free(y);
    return error;
}

static DWORD privileges_within(HANDLE part, HANDLE whole, bool *within) {
    void *x = NULL, *y = NULL;
    DWORD error = token_read(part, TokenPrivileges, &x);
    if (!error) error = token_read(whole, TokenPrivileges, &y);
    if (!error) {
        const TOKEN_PRIVILEGES *left = x;
        *within = true;
        for (DWORD i = 0; *within && i < left->PrivilegeCount; i++)
            *within = has_privilege(y, left->Privileges[i].Luid);
    }
    free(x);
    free(y);
    return error;
}

DWORD token_within(HANDLE part, HANDLE whole, bool *ret) {
    token_identity x, y;
    bool within = false;
    DWORD error = token_identify(part, &x);
    if (!error) error = token_identify(whole, &y);
    if (!error)
        within = EqualSid(x.user, y.user) && x.logon.LowPart == y.logon.LowPart &&
                 x.logon.HighPart == y.logon.HighPart && x.session == y.session &&
                 x.integrity <= y.integrity && (x.restricted || !y.restricted) &&
                 x.app_container == y.app_container && !memcmp(x.package, y.package, sizeof x.package);
    if (!error && within) error = groups_within(part, whole, &within);
    if (!error && within) error = privileges_within(part, whole, &within);
    if (!error) *ret = within;
    return error;
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

DWORD token_impersonate(HANDLE token) {
    return SetThreadToken(NULL, token) ? ERROR_SUCCESS : win_error();
}

void token_revert(void) {
    if (!RevertToSelf()) TerminateProcess(GetCurrentProcess(), win_error());
}

bool token_is_own(HANDLE token) {
    HANDLE own;
    bool same = false;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own)) return false;
    if (token_same(token, own, &same)) same = false;
    CloseHandle(own);
    return same;
}

bool token_elevated(void) {
    HANDLE own, acting = NULL;
    bool is = false;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &own)) return false;
    if (DuplicateToken(own, SecurityIdentification, &acting) && token_is_administrator(acting, &is))
        is = false;
    win_close(&acting);
    CloseHandle(own);
    return is;
}
