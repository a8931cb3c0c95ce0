#include "service/win32/owner.h"

#include "service/win32/token.h"

owner_kind owner_of(PSID owner) {
    HANDLE token;
    token_identity own;
    if (!owner) return OWNER_OTHER;
    if (IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid))
        return OWNER_MACHINE;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return OWNER_OTHER;
    owner_kind kind = !token_identify(token, &own) && EqualSid(owner, own.user) ? OWNER_SELF : OWNER_OTHER;
    CloseHandle(token);
    return kind;
}
