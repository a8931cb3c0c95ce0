/* Prints what a child can see of its own token. */
#include "tests/support/helper.h"
#include "service/win32/token.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>

/* Reads a part of this process's token. Free the result with free(). */
static void *read_own(TOKEN_INFORMATION_CLASS class) {
    HANDLE token;
    void *read = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return NULL;
    if (token_read(token, class, &read)) read = NULL;
    CloseHandle(token);
    return read;
}

int token_privileges(const wchar_t *a, const wchar_t *b) {
    TOKEN_PRIVILEGES *all = read_own(TokenPrivileges);
    (void)a, (void)b;
    for (DWORD i = 0; all && i < all->PrivilegeCount; i++) {
        wchar_t name[64];
        DWORD length = 64;
        if (LookupPrivilegeNameW(NULL, &all->Privileges[i].Luid, name, &length)) helper_print(name);
    }
    free(all);
    return CONTINUE;
}

int token_group(const wchar_t *a, const wchar_t *b) {
    TOKEN_GROUPS *all = read_own(TokenGroups);
    PSID sid = NULL;
    const wchar_t *is = L"none";
    (void)b;
    if (!ConvertStringSidToSidW(a, &sid)) return 130;
    for (DWORD i = 0; all && i < all->GroupCount; i++)
        if (EqualSid(all->Groups[i].Sid, sid))
            is = all->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY ? L"denies"
                 : all->Groups[i].Attributes & SE_GROUP_ENABLED         ? L"grants"
                                                                        : L"off";
    helper_print(is);
    LocalFree(sid);
    free(all);
    return CONTINUE;
}

static int identify(token_identity *ret) {
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return 131;
    DWORD err = token_identify(token, ret);
    CloseHandle(token);
    return err ? 132 : CONTINUE;
}

int token_integrity(const wchar_t *a, const wchar_t *b) {
    token_identity own;
    int code = identify(&own);
    (void)a, (void)b;
    if (code == CONTINUE) printf("%lx\n", own.integrity);
    return code;
}

int token_restricted(const wchar_t *a, const wchar_t *b) {
    token_identity own;
    int code = identify(&own);
    (void)a, (void)b;
    if (code == CONTINUE) printf("%s\n", own.restricted ? "restricted" : "whole");
    return code;
}
