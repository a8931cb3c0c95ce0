/* Tests the check of a reduced token (service/win32/reduce.c). If the system makes a token but does not
 * remove what was requested, the launch fails. The test replaces CreateRestrictedToken by a function that
 * makes a token and leaves something in it. */
#include "service/win32/token.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <windows.h>

static bool keeps_groups, keeps_privileges, keeps_access, keeps_integrity;

static BOOL WINAPI restricted_token(HANDLE base, DWORD flags, DWORD denied_count, SID_AND_ATTRIBUTES *denied,
                                    DWORD privilege_count, LUID_AND_ATTRIBUTES *privileges, DWORD only_count,
                                    SID_AND_ATTRIBUTES *only, HANDLE *ret) {
    if (keeps_groups) denied_count = 0;
    if (keeps_privileges) privilege_count = 0;
    if (keeps_access) only_count = 0;
    return CreateRestrictedToken(base, flags, denied_count, denied, privilege_count, privileges, only_count,
                                 only, ret);
}

static BOOL WINAPI set_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void *value, DWORD size) {
    if (keeps_integrity && class == TokenIntegrityLevel) return TRUE;
    return SetTokenInformation(token, class, value, size);
}

#define CreateRestrictedToken restricted_token
#define SetTokenInformation set_information
#include "service/win32/reduce.c"
#undef SetTokenInformation
#undef CreateRestrictedToken

static void reduced(const char *about, HANDLE own, const msg_reduce *what, const char *field) {
    arena a = {0};
    fault why = {.kind = FAULT_NONE};
    HANDLE token = NULL;
    check_about(about);
    fault_kind kind = reduce_token(&a, own, what, &token, &why);
    CHECK_INT(kind, field ? FAULT_LAUNCH_FAILED : FAULT_NONE);
    if (field) {
        CHECK_TEXT(why.field, field);
        CHECK_INT(why.win32, ERROR_NOT_SUPPORTED);
        CHECK(token == NULL);
    }
    win_close(&token);
    arena_free(&a);
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    static const char *const users[] = {"S-1-5-32-545"};
    const msg_reduce groups = {.deny_groups = users, .deny_group_count = 1},
                     privileges = {.drop_privileges = true}, access = {.restricted = true},
                     integrity = {.low_integrity = true};
    HANDLE own = NULL;
    (void)argc, (void)argv;
    if (!CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own))) return check_report();

    reduced("groups that the system denies", own, &groups, NULL);
    reduced("privileges that the system takes away", own, &privileges, NULL);
    if (check_part("all", lax_tokens())) {
        reduced("access that the system restricts", own, &access, NULL);
        reduced("integrity that the system lowers", own, &integrity, NULL);
    }
    keeps_groups = keeps_privileges = keeps_access = keeps_integrity = true;
    reduced("groups that the system leaves", own, &groups, "params.reduce.deny_groups");
    reduced("privileges that the system leaves", own, &privileges, "params.reduce.drop_privileges");
    reduced("access that the system leaves", own, &access, "params.reduce.restricted");
    reduced("integrity that the system leaves", own, &integrity, "params.reduce.low_integrity");
    CloseHandle(own);
    return check_report();
}
