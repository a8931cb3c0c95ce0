/* The rules of tokens from which something was taken, and of levels. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const WELL_KNOWN_SID_TYPE everyone = WinWorldSid, users = WinBuiltinUsersSid,
                                 code = WinRestrictedCodeSid;
enum { LOW = SECURITY_MANDATORY_LOW_RID, MEDIUM = SECURITY_MANDATORY_MEDIUM_RID };

static HANDLE own_token(void) {
    HANDLE token = NULL;
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token));
    return token;
}

static PSID known(WELL_KNOWN_SID_TYPE type, BYTE *room) {
    DWORD size = SECURITY_MAX_SID_SIZE;
    CHECK(CreateWellKnownSid(type, NULL, room, &size));
    return room;
}

static DWORD set_integrity(HANDLE token, WELL_KNOWN_SID_TYPE type) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    TOKEN_MANDATORY_LABEL label = {.Label = {.Sid = known(type, sid), .Attributes = SE_GROUP_INTEGRITY}};
    return SetTokenInformation(token, TokenIntegrityLevel, &label, sizeof label + GetLengthSid(sid))
               ? ERROR_SUCCESS
               : GetLastError();
}

static DWORD integrity(HANDLE token) {
    BYTE bytes[256];
    DWORD size;
    if (!CHECK(GetTokenInformation(token, TokenIntegrityLevel, bytes, sizeof bytes, &size))) return 0;
    return *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)(void *)bytes)->Label.Sid, 0);
}

static DWORD elevation(HANDLE token) {
    TOKEN_ELEVATION is = {2};
    DWORD size;
    CHECK(GetTokenInformation(token, TokenElevation, &is, sizeof is, &size));
    return is.TokenIsElevated;
}

/* A token of base that is restricted to these two. */
static HANDLE restricted_to(HANDLE base, WELL_KNOWN_SID_TYPE first, WELL_KNOWN_SID_TYPE second) {
    BYTE sids[2][SECURITY_MAX_SID_SIZE];
    SID_AND_ATTRIBUTES only[] = {{.Sid = known(first, sids[0])}, {.Sid = known(second, sids[1])}};
    HANDLE made = NULL;
    CHECK(CreateRestrictedToken(base, 0, 0, NULL, 0, NULL, 2, only, &made));
    return made;
}

/* How many restricting SIDs are read, or 99 if they do not begin with that one. */
static DWORD restricting(HANDLE token, WELL_KNOWN_SID_TYPE first) {
    BYTE bytes[1024], sid[SECURITY_MAX_SID_SIZE];
    DWORD size;
    const TOKEN_GROUPS *all = (void *)bytes;
    if (!GetTokenInformation(token, TokenRestrictedSids, bytes, sizeof bytes, &size)) return 0;
    return all->GroupCount && !EqualSid(all->Groups[0].Sid, known(first, sid)) ? 99 : all->GroupCount;
}

static DWORD close_with(HANDLE a, HANDLE b, DWORD result) {
    if (a) CloseHandle(a);
    if (b) CloseHandle(b);
    return result;
}

/* ---- integrity ---- */

static DWORD lowered(void *context) {
    HANDLE own = own_token(), copy = restricted_to(own, everyone, users);
    const DWORD before = integrity(copy);
    (void)context;
    CHECK_INT(set_integrity(copy, WinLowLabelSid), ERROR_SUCCESS);
    CHECK_INT(elevation(copy), elevation(own));
    CHECK_INT(integrity(own), before); /* it is another token */
    return close_with(own, copy, integrity(copy) == LOW);
}

static DWORD raised(void *context) {
    HANDLE own = own_token(), copy = restricted_to(own, everyone, users);
    (void)context;
    CHECK_INT(set_integrity(copy, WinLowLabelSid), ERROR_SUCCESS);
    const DWORD err = set_integrity(copy, WinMediumLabelSid);
    if (err) CHECK_INT(integrity(copy), LOW);
    return close_with(own, copy, err);
}

static DWORD lowered_without_access(void *context) {
    HANDLE own = own_token(), copy = restricted_to(own, everyone, users), query = NULL;
    (void)context;
    CHECK(DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), &query, TOKEN_QUERY, FALSE, 0));
    CloseHandle(own);
    return close_with(copy, query, set_integrity(query, WinLowLabelSid));
}

/* ---- CreateRestrictedToken ---- */

static DWORD restricted(void *context) {
    HANDLE own = own_token(), token = restricted_to(own, everyone, users);
    (void)context;
    CHECK(!IsTokenRestricted(own));
    const DWORD is = IsTokenRestricted(token) ? 10 : 0;
    return close_with(own, token, is + restricting(token, everyone));
}

/* Two lists leave what is in both. */
static DWORD restricted_twice(void *context) {
    HANDLE own = own_token(), once = restricted_to(own, everyone, users),
           twice = restricted_to(once, users, code);
    (void)context;
    CloseHandle(own);
    return close_with(once, twice, restricting(twice, users));
}

/* Returns whether it is a member of Users, which the second list does not name. */
static DWORD member(void *context) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    HANDLE own = own_token(), token = restricted_to(own, everyone, code), acting = NULL;
    BOOL is = FALSE;
    (void)context;
    CHECK(DuplicateToken(token, SecurityIdentification, &acting));
    CHECK(CheckTokenMembership(acting, known(everyone, sid), &is));
    CHECK(is);
    CHECK(CheckTokenMembership(acting, known(users, sid), &is));
    CloseHandle(own);
    return close_with(token, acting, is != FALSE);
}

static DWORD privileges(HANDLE token) {
    BYTE bytes[2048];
    DWORD size;
    if (!CHECK(GetTokenInformation(token, TokenPrivileges, bytes, sizeof bytes, &size))) return 0;
    return ((TOKEN_PRIVILEGES *)(void *)bytes)->PrivilegeCount;
}

static DWORD most_privileges(void *context) {
    HANDLE own = own_token(), token = NULL;
    (void)context;
    CHECK(CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 0, NULL, 0, NULL, 0, NULL, &token));
    return close_with(own, token, privileges(token) > 1);
}

static DWORD denied_user(void *context) {
    BYTE bytes[256];
    DWORD size;
    TOKEN_USER *user = (void *)bytes;
    HANDLE own = own_token(), token = NULL;
    (void)context;
    CHECK(GetTokenInformation(own, TokenUser, bytes, sizeof bytes, &size));
    SID_AND_ATTRIBUTES denied = {.Sid = user->User.Sid};
    CHECK(CreateRestrictedToken(own, 0, 1, &denied, 0, NULL, 0, NULL, &token));
    CHECK(GetTokenInformation(token, TokenUser, bytes, sizeof bytes, &size));
    return close_with(own, token, user->User.Attributes == SE_GROUP_USE_FOR_DENY_ONLY);
}

/* ---- copies ---- */

static HANDLE low_and_restricted(HANDLE own) {
    HANDLE token = restricted_to(own, everyone, users);
    CHECK_INT(set_integrity(token, WinLowLabelSid), ERROR_SUCCESS);
    return token;
}

/* Bits: it is of low integrity; it is restricted. */
static DWORD lacks(HANDLE token) {
    return (integrity(token) == LOW ? 1u : 0) | (IsTokenRestricted(token) ? 2u : 0);
}

static DWORD copied(void *context) {
    HANDLE own = own_token(), token = low_and_restricted(own), copy = NULL, handle = NULL, thread = NULL;
    (void)context;
    CHECK(DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                           TokenImpersonation, &copy));
    CHECK(DuplicateHandle(GetCurrentProcess(), token, GetCurrentProcess(), &handle, 0, FALSE,
                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK_INT(lacks(own), 0);
    const DWORD first = lacks(copy);
    CHECK_INT(lacks(handle), first);
    CHECK(SetThreadToken(NULL, copy));
    CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread));
    CHECK(RevertToSelf());
    CHECK_INT(lacks(thread), first);
    CloseHandle(thread);
    CloseHandle(own);
    return close_with(copy, handle, first);
}

/* Starts this program, as the token or, if it is NULL, as this process. Returns its exit code. */
static DWORD start_self(HANDLE token, const wchar_t *role) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD exit_code = 99;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 64, L"\"%ls\" %ls", program, role);
    BOOL ok =
        token ? CreateProcessAsUserW(token, program, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL,
                                     &start, &made)
              : CreateProcessW(program, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &start, &made);
    if (!CHECK(ok)) return 98;
    if (WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS)) TerminateProcess(made.hProcess, 97);
    GetExitCodeProcess(made.hProcess, &exit_code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return exit_code;
}

/* Returns 1 if the process of that role finds itself of low integrity. */
static DWORD child(void *context) {
    HANDLE own = own_token(), token = NULL;
    CHECK(DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &token));
    CHECK_INT(set_integrity(token, WinLowLabelSid), ERROR_SUCCESS);
    return close_with(own, token, start_self(token, context));
}

static void reduced(void) {
    wchar_t look[] = L"look", start[] = L"start";
    const int rule = RULES_REDUCED_TOKENS;
    rule_try(rule, "integrity that was lowered is read back", lowered, NULL, 1, 0);
    rule_try(rule, "it is not raised without SeTcbPrivilege", raised, NULL, ERROR_PRIVILEGE_NOT_HELD, 0);
    rule_try(rule, "nor lowered without TOKEN_ADJUST_DEFAULT", lowered_without_access, NULL,
             ERROR_ACCESS_DENIED, 0);
    rule_try(rule, "restricting SIDs are read back", restricted, NULL, 12, 0);
    rule_try(rule, "a further list leaves those that are in both", restricted_twice, NULL, 1, 0);
    rule_try(rule, "a restricted token is no member by one of its lists", member, NULL, 0, 1);
    rule_try(rule, "DISABLE_MAX_PRIVILEGE leaves one privilege", most_privileges, NULL, 0, 1);
    rule_try(rule, "a user that only denies", denied_user, NULL, 1, 0);
    rule_try(rule, "copies of a token, and handles of it, lack the same", copied, NULL, 3, 0);
    rule_try(rule, "a child lacks it", child, look, 1, 0);
    rule_try(rule, "and so does its own child", child, start, 1, 0);
}

/* Wine keeps these rules itself. */
static void kept_by_wine(void) {
    BYTE sid[SECURITY_MAX_SID_SIZE], none[SECURITY_MAX_SID_SIZE], bytes[8192];
    SID_AND_ATTRIBUTES denied[] = {{.Sid = known(users, sid)}, {.Sid = known(WinNullSid, none)}};
    TOKEN_PRIVILEGES one = {.PrivilegeCount = 1};
    LUID_AND_ATTRIBUTES deleted = {0};
    HANDLE own = own_token(), token = NULL;
    DWORD size, denies = 0, attributes = 0;

    check_about("a group that only denies, one that the token does not have, a privilege less");
    CHECK(LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &deleted.Luid));
    CHECK(CreateRestrictedToken(own, 0, 2, denied, 1, &deleted, 0, NULL, &token));
    CHECK_INT(privileges(token), privileges(own) - 1);
    CHECK(GetTokenInformation(token, TokenGroups, bytes, sizeof bytes, &size));
    const TOKEN_GROUPS *groups = (void *)bytes;
    for (DWORD i = 0; i < groups->GroupCount; i++) {
        if (EqualSid(groups->Groups[i].Sid, sid)) attributes = groups->Groups[i].Attributes;
        denies += (groups->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0;
    }
    CHECK(attributes & SE_GROUP_USE_FOR_DENY_ONLY);
    CHECK_INT(denies, 1);

    check_about("a privilege that is not held is not enabled: TRUE, and 1300");
    one.Privileges[0] = (LUID_AND_ATTRIBUTES){.Luid = deleted.Luid, .Attributes = SE_PRIVILEGE_ENABLED};
    CHECK(AdjustTokenPrivileges(token, FALSE, &one, 0, NULL, NULL));
    CHECK_INT(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    close_with(own, token, 0);
}

/* ---- levels ---- */

/* Acts at identification level, and returns the error of opening that. */
static DWORD open_at_identification(void *context) {
    HANDLE own = own_token(), acting = NULL, opened = NULL;
    wchar_t program[MAX_PATH];
    const wchar_t *what = context;
    DWORD err = ERROR_SUCCESS;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    CHECK(DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityIdentification, TokenImpersonation, &acting));
    CHECK(SetThreadToken(NULL, acting));
    if (!wcscmp(what, L"token")) {
        if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &opened)) err = GetLastError();
    } else {
        opened = !wcscmp(what, L"file")
                     ? CreateFileW(program, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL)
                     : OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
        if (!opened || opened == INVALID_HANDLE_VALUE) err = GetLastError();
    }
    if (!err) CloseHandle(opened);
    CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &opened)); /* as the process */
    CHECK(RevertToSelf());
    CloseHandle(opened);
    return close_with(own, acting, err);
}

static DWORD make_primary(void *context) {
    HANDLE own = own_token(), low = NULL, primary = NULL;
    DWORD err = ERROR_SUCCESS;
    (void)context;
    CHECK(DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityIdentification, TokenImpersonation, &low));
    if (!DuplicateTokenEx(low, TOKEN_QUERY, NULL, SecurityImpersonation, TokenPrimary, &primary))
        err = GetLastError();
    if (primary) CloseHandle(primary);
    return close_with(own, low, err);
}

static void levels(void) {
    wchar_t file[] = L"file", process[] = L"process", token[] = L"token";
    HANDLE own = own_token(), low = NULL, high = NULL;
    const DWORD wanted = ERROR_BAD_IMPERSONATION_LEVEL;
    rule_try(RULES_LEVELS, "a thread at identification level opens no file", open_at_identification, file,
             wanted, 0);
    rule_try(RULES_LEVELS, "no process", open_at_identification, process, wanted, 0);
    rule_try(RULES_LEVELS, "and not its own token", open_at_identification, token, wanted, 0);

    rule_try(RULES_LEVELS, "a token of identification level gives no primary one", make_primary, NULL, wanted,
             0);
    check_about("nor one of a higher level, with Wine alone");
    CHECK(DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, SecurityIdentification, TokenImpersonation, &low));
    CHECK(!DuplicateTokenEx(low, TOKEN_QUERY, NULL, SecurityImpersonation, TokenImpersonation, &high));
    CHECK_INT(GetLastError(), wanted);
    close_with(own, low, 0);
}

int wmain(int argc, wchar_t **argv) {
    if (argc > 1 && !wcscmp(argv[1], L"start")) return (int)start_self(NULL, L"look");
    if (argc > 1) {
        HANDLE own = own_token();
        return (int)close_with(own, NULL, integrity(own) == LOW);
    }
    reduced();
    kept_by_wine();
    levels();
    return check_report();
}
