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
    DWORD err = query(token, TokenAppContainerSid, &u, sizeof u);
    if (err) return err;
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
    DWORD container = 0, err;

    if ((err = query(token, TokenUser, &u, sizeof u))) return err;
    if (!CopySid(sizeof identity.user, identity.user, u.user.User.Sid)) return win_error();
    if ((err = query(token, TokenStatistics, &statistics, sizeof statistics))) return err;
    if ((err = query(token, TokenSessionId, &identity.session, sizeof identity.session))) return err;
    if ((err = query(token, TokenIntegrityLevel, &u, sizeof u))) return err;

    DWORD parts = *GetSidSubAuthorityCount(u.label.Label.Sid);
    identity.integrity = parts ? *GetSidSubAuthority(u.label.Label.Sid, parts - 1) : 0;
    if ((err = query(token, TokenIsAppContainer, &container, sizeof container))) return err;
    identity.app_container = container != 0;
    if ((err = read_package(token, &identity))) return err;

    identity.logon = statistics.AuthenticationId;
    identity.restricted = IsTokenRestricted(token);
    identity.sandboxed =
        identity.restricted || identity.app_container || identity.integrity < SECURITY_MANDATORY_MEDIUM_RID;
    *ret = identity;
    return ERROR_SUCCESS;
}

DWORD token_read(HANDLE token, TOKEN_INFORMATION_CLASS class, void **ret) {
    DWORD size = 0, err;
    if (GetTokenInformation(token, class, NULL, 0, &size)) return ERROR_GEN_FAILURE;
    if ((err = win_error()) != ERROR_INSUFFICIENT_BUFFER) return err;
    void *read = malloc(size);
    if (!read) return ERROR_NOT_ENOUGH_MEMORY;
    if (GetTokenInformation(token, class, read, size, &size)) {
        *ret = read;
        return ERROR_SUCCESS;
    }
    err = win_error();
    free(read);
    return err;
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

char *token_text_of_sid(arena *a, PSID sid) {
    wchar_t *text;
    if (!ConvertSidToStringSidW(sid, &text)) return NULL;
    char *utf8 = text_utf8(a, text);
    LocalFree(text);
    return utf8;
}

char *token_sid_text(arena *a, HANDLE token) {
    token_identity identity;
    return token_identify(token, &identity) ? NULL : token_text_of_sid(a, identity.user);
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
