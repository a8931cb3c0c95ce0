/* Rule 10: a thread that impersonates below SecurityImpersonation opens nothing
 * (ERROR_BAD_IMPERSONATION_LEVEL), not even its own token, unless OpenThreadToken opens that as the process.
 * No primary token is made of one of such a level. Sources: the pages "Impersonation Levels" and
 * DuplicateTokenEx; ReactOS' se/accesschk.c, SeAccessCheck. Wine 8 allows all of it. It does refuse an
 * impersonation token of a higher level. */
#include "tests/rules/levels.h"

bool levels_refuse(void) {
    HANDLE token = NULL;
    SECURITY_IMPERSONATION_LEVEL level = SecurityImpersonation;
    DWORD size, err = GetLastError();
    if (!rules_on(RULES_LEVELS)) return false;
    if (real.OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        real.GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size);
        real.CloseHandle(token);
    } else if (GetLastError() == ERROR_CANT_OPEN_ANONYMOUS) {
        level = SecurityAnonymous;
    }
    SetLastError(err);
    return level < SecurityImpersonation;
}

bool levels_refuse_copy(HANDLE token, TOKEN_TYPE type) {
    SECURITY_IMPERSONATION_LEVEL level;
    TOKEN_TYPE own = TokenPrimary;
    DWORD size;
    return type == TokenPrimary && rules_on(RULES_LEVELS) &&
           real.GetTokenInformation(token, TokenType, &own, sizeof own, &size) && own == TokenImpersonation &&
           real.GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size) &&
           level < SecurityImpersonation;
}

HANDLE WINAPI rules_OpenProcess(DWORD access, BOOL inherit, DWORD pid) {
    if (!levels_refuse()) return real.OpenProcess(access, inherit, pid);
    SetLastError(ERROR_BAD_IMPERSONATION_LEVEL);
    return NULL;
}

BOOL WINAPI rules_OpenThreadToken(HANDLE thread, DWORD access, BOOL as_process, PHANDLE ret) {
    return !as_process && levels_refuse() ? rules_fail(ERROR_BAD_IMPERSONATION_LEVEL)
                                          : real.OpenThreadToken(thread, access, as_process, ret);
}
