#include "service/broker/own_security.h"

#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <sddl.h>

/* Returns the broker as a SID of SDDL. An owner may change the access list. So a broker that acts as an
 * administrator names the group: then programs of the same user that are not elevated cannot change the list.
 */
static DWORD broker_sid(arena *a, const char **ret) {
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return win_error();
    const char *sid = token_elevated() ? "BA" : token_sid_text(a, token);
    CloseHandle(token);
    if (!sid) return ERROR_NOT_ENOUGH_MEMORY;
    *ret = sid;
    return ERROR_SUCCESS;
}

/* The owner is always named. Without one, Windows takes the token's default, and clients decide by the owner
 * whether they trust the pipe. */
DWORD own_security_make(const char *format, SECURITY_ATTRIBUTES *ret) {
    arena a = {0};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    const char *sid = NULL;
    wchar_t *sddl = NULL;

    DWORD err = broker_sid(&a, &sid);
    if (!err && !(sddl = text_wide(&a, arena_printf(&a, format, sid, sid)))) err = ERROR_NOT_ENOUGH_MEMORY;
    if (!err &&
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, &descriptor, NULL))
        err = win_error();
    if (!err) *ret = (SECURITY_ATTRIBUTES){.nLength = sizeof *ret, .lpSecurityDescriptor = descriptor};
    arena_free(&a);
    return err;
}
