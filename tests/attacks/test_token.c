/* Tests which tokens are the same, and which are contained in another (service/win32/token.c). Wine makes no
 * such tokens, so the test replaces Windows' functions. Two tokens differ in one thing, and the code must
 * notice it. */
#include "tests/support/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* windows.h must come first */
#include <sddl.h>

enum { GROUPS = 3, PRIVILEGES = 3 };

/* The contents of a token. A pointer to it stands for its handle. */
typedef struct made_token {
    const char *user;
    LONG logon;
    DWORD session, integrity;
    BOOL restricted, app_container;
    const char *package;
    DWORD groups[GROUPS]; /* attributes of the SIDs below; 0: not in the token */
    DWORD restricting;    /* how many of them restrict the token */
    LONG privileges[PRIVILEGES];
} made_token;

static const char *const group_sids[GROUPS] = {"S-1-5-32-544", "S-1-5-32-545", "S-1-5-11"};

/* Converts a SID. The result lives until the program ends. */
static PSID sid_of_text(const char *text) {
    PSID sid = NULL;
    CHECK(ConvertStringSidToSidA(text, &sid));
    return sid;
}

/* Copies what fits, and returns in *ret_size how much there is. */
static BOOL give(const void *bytes, DWORD length, void *out, DWORD size, DWORD *ret_size) {
    *ret_size = length;
    if (size < length) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(out, bytes, length);
    return TRUE;
}

typedef struct groups_bytes {
    DWORD count;
    SID_AND_ATTRIBUTES list[GROUPS];
} groups_bytes;

static groups_bytes groups_of(const made_token *t, bool restricting) {
    groups_bytes all = {0};
    for (DWORD i = 0; i < GROUPS; i++) {
        if (restricting ? i >= t->restricting : !t->groups[i]) continue;
        all.list[all.count++] = (SID_AND_ATTRIBUTES){sid_of_text(group_sids[i]), t->groups[i]};
    }
    return all;
}

typedef struct privileges_bytes {
    DWORD count;
    LUID_AND_ATTRIBUTES list[PRIVILEGES];
} privileges_bytes;

static BOOL WINAPI token_information(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size,
                                     DWORD *ret_size) {
    const made_token *t = (const made_token *)token;
    SID_AND_ATTRIBUTES one = {0};
    TOKEN_STATISTICS statistics = {.AuthenticationId = {.LowPart = (DWORD)t->logon}};
    privileges_bytes privileges = {0};
    groups_bytes groups;
    char integrity[32];

    switch (class) {
    case TokenUser: one.Sid = sid_of_text(t->user); return give(&one, sizeof one, out, size, ret_size);
    case TokenStatistics: return give(&statistics, sizeof statistics, out, size, ret_size);
    case TokenSessionId: return give(&t->session, sizeof t->session, out, size, ret_size);
    case TokenIntegrityLevel:
        snprintf(integrity, sizeof integrity, "S-1-16-%lu", t->integrity);
        one.Sid = sid_of_text(integrity);
        return give(&one, sizeof one, out, size, ret_size);
    case TokenIsAppContainer: return give(&t->app_container, sizeof(DWORD), out, size, ret_size);
    case TokenAppContainerSid:
        one.Sid = sid_of_text(t->package);
        return give(&one.Sid, sizeof one.Sid, out, size, ret_size);
    case TokenGroups:
    case TokenRestrictedSids:
        groups = groups_of(t, class == TokenRestrictedSids);
        return give(&groups, sizeof groups, out, size, ret_size);
    case TokenPrivileges:
        for (int i = 0; i < PRIVILEGES; i++)
            if (t->privileges[i])
                privileges.list[privileges.count++].Luid = (LUID){.LowPart = (DWORD)t->privileges[i]};
        return give(&privileges, sizeof privileges, out, size, ret_size);
    default: SetLastError(ERROR_INVALID_PARAMETER); return FALSE;
    }
}

static BOOL WINAPI is_restricted(HANDLE token) {
    return ((const made_token *)token)->restricted;
}

#define GetTokenInformation token_information
#define IsTokenRestricted is_restricted
#include "service/win32/token.c"
#undef GetTokenInformation
#undef IsTokenRestricted

enum { GRANTS = SE_GROUP_ENABLED, DENIES = SE_GROUP_USE_FOR_DENY_ONLY };

static const made_token whole = {.user = "S-1-5-21-1-2-3-1001",
                                 .logon = 77,
                                 .session = 1,
                                 .integrity = SECURITY_MANDATORY_HIGH_RID,
                                 .groups = {GRANTS, GRANTS, GRANTS},
                                 .privileges = {20, 23, 29}};

/* same: whether the two tokens are the same. within: whether other is contained in `whole`. */
static void compare(const char *about, const made_token *other, bool same, bool within) {
    bool got_same = !same, got_within = !within, got_back = !same;
    check_about(about);
    CHECK_INT(token_same((HANDLE)&whole, (HANDLE)other, &got_same), ERROR_SUCCESS);
    CHECK_INT(got_same, same);
    CHECK_INT(token_same((HANDLE)other, (HANDLE)&whole, &got_back), ERROR_SUCCESS);
    CHECK_INT(got_back, same);
    CHECK_INT(token_within((HANDLE)other, (HANDLE)&whole, &got_within), ERROR_SUCCESS);
    CHECK_INT(got_within, within);
}

static void with_more(const char *about, made_token less) {
    bool within = true;
    check_about(about);
    CHECK_INT(token_within((HANDLE)&whole, (HANDLE)&less, &within), ERROR_SUCCESS);
    CHECK(!within); /* `whole` is not contained in a token that has less */
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    made_token t = whole;
    (void)argc, (void)argv;
    compare("a copy", &t, true, true);

    t.groups[0] = DENIES;
    compare("a group that only denies", &t, false, true);
    with_more("a group that grants, of one that only denies", t);
    t.groups[0] = 0;
    compare("a group less", &t, false, true);
    with_more("a group more", t);
    t = whole;
    t.groups[2] = GRANTS | SE_GROUP_MANDATORY;
    compare("a group that is mandatory, too: it grants as before", &t, true, true);

    t = whole;
    t.privileges[1] = 0;
    compare("a privilege less", &t, false, true);
    with_more("a privilege more", t);
    t.privileges[1] = 24;
    compare("another privilege", &t, false, false);

    t = whole;
    t.integrity = SECURITY_MANDATORY_MEDIUM_RID;
    compare("less integrity", &t, false, true);
    t.integrity = SECURITY_MANDATORY_SYSTEM_RID;
    compare("more integrity", &t, false, false);

    t = whole;
    t.user = "S-1-5-21-1-2-3-1002";
    compare("another user", &t, false, false);
    t = whole;
    t.logon = 78;
    compare("another logon session", &t, false, false);
    t = whole;
    t.session = 2;
    compare("another session", &t, false, false);

    t = whole;
    t.restricted = TRUE;
    t.restricting = 1;
    compare("restricted", &t, false, true);
    with_more("not restricted, of one that is", t);
    made_token u = t;
    u.restricting = 2;
    bool same = true;
    check_about("restricted by other SIDs");
    CHECK_INT(token_same((HANDLE)&t, (HANDLE)&u, &same), ERROR_SUCCESS);
    CHECK(!same);

    t = whole;
    t.app_container = TRUE;
    t.package = "S-1-15-2-1-2-3";
    compare("in an AppContainer", &t, false, false);
    u = t;
    u.package = "S-1-15-2-1-2-4";
    same = true;
    check_about("in another AppContainer");
    CHECK_INT(token_same((HANDLE)&t, (HANDLE)&u, &same), ERROR_SUCCESS);
    CHECK(!same);
    return check_report();
}
