/* Tests which data directories the broker accepts (service/broker/data_directory.c). The test replaces the
 * functions that return the security, the attributes and the broker's user, because under Wine all files
 * belong to one user. */
#include "service/win32/token.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <wchar.h>

#define ANN "S-1-5-21-1-2-3-1001"

static const char *made_security; /* SDDL; NULL: the real one */
static DWORD more_attributes;
static bool elevated;

static DWORD WINAPI security_of(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what,
                                PSID *ret_owner, PSID *group, PACL *list, PACL *audit,
                                PSECURITY_DESCRIPTOR *ret) {
    BOOL given, usual;
    if (!made_security) return GetSecurityInfo(handle, type, what, ret_owner, group, list, audit, ret);
    if (!CHECK(
            ConvertStringSecurityDescriptorToSecurityDescriptorA(made_security, SDDL_REVISION_1, ret, NULL)))
        return GetLastError();
    CHECK(GetSecurityDescriptorOwner(*ret, ret_owner, &usual));
    CHECK(GetSecurityDescriptorDacl(*ret, &given, list, &usual));
    if (!given) *list = NULL;
    return ERROR_SUCCESS;
}

static BOOL WINAPI information_of(HANDLE file, BY_HANDLE_FILE_INFORMATION *ret) {
    BOOL ok = GetFileInformationByHandle(file, ret);
    ret->dwFileAttributes |= more_attributes;
    return ok;
}

static char *user_of(arena *a, HANDLE token) {
    return made_security ? arena_printf(a, "%s", ANN) : token_sid_text(a, token);
}

static bool is_elevated(void) {
    return made_security ? elevated : token_elevated();
}

#define GetSecurityInfo security_of
#define GetFileInformationByHandle information_of
#define token_sid_text user_of
#define token_elevated is_elevated
#include "service/broker/data_directory.c"
#undef GetSecurityInfo
#undef GetFileInformationByHandle
#undef token_sid_text
#undef token_elevated

#define MACHINE "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

static const struct {
    const char *about, *security;
    DWORD wanted, wanted_elevated;
    const char *words; /* of the refusal */
} cases[] = {
    {"the system's", "O:SYD:P" MACHINE, ERROR_SUCCESS, ERROR_SUCCESS, NULL},
    {"the administrators'", "O:BAD:P" MACHINE, ERROR_SUCCESS, ERROR_SUCCESS, NULL},
    {"the broker's user's", "O:" ANN "D:P" MACHINE, ERROR_SUCCESS, ERROR_INVALID_OWNER,
     "/setowner *S-1-5-32-544"},
    {"another user's", "O:S-1-5-21-1-2-3-1002D:P" MACHINE, ERROR_INVALID_OWNER, ERROR_INVALID_OWNER,
     "S-1-5-21-1-2-3-1002 owns "},
    {"the users'", "O:BUD:P" MACHINE, ERROR_INVALID_OWNER, ERROR_INVALID_OWNER, " owns "},
    {"Everyone's", "O:WDD:P" MACHINE, ERROR_INVALID_OWNER, ERROR_INVALID_OWNER, " owns "},
    {"the broker's user may write", "O:BAD:P" MACHINE "(A;;FA;;;" ANN ")", ERROR_SUCCESS, ERROR_INVALID_ACL,
     "rights 0x001f01ff"},
    {"another user may write", "O:BAD:P" MACHINE "(A;;FA;;;S-1-5-21-1-2-3-1002)", ERROR_INVALID_ACL,
     ERROR_INVALID_ACL, "/remove:g *S-1-5-21-1-2-3-1002"},
    {"all users may modify, as below C:\\", "O:BAD:P" MACHINE "(A;OICIID;0x1301bf;;;AU)", ERROR_INVALID_ACL,
     ERROR_INVALID_ACL, "/remove:g *S-1-5-11"},
    {"users may add files", "O:BAD:P" MACHINE "(A;;0x2;;;BU)", ERROR_INVALID_ACL, ERROR_INVALID_ACL,
     "/remove:g *S-1-5-32-545"},
    {"users may change the list", "O:BAD:P" MACHINE "(A;;WD;;;BU)", ERROR_INVALID_ACL, ERROR_INVALID_ACL,
     "rights 0x00040000"},
    {"users may delete in it", "O:BAD:P" MACHINE "(A;;0x40;;;BU)", ERROR_INVALID_ACL, ERROR_INVALID_ACL,
     NULL},
    {"users may read", "O:BAD:P" MACHINE "(A;OICI;FRFX;;;BU)", ERROR_SUCCESS, ERROR_SUCCESS, NULL},
    {"what is made in it is for its maker", "O:BAD:P" MACHINE "(A;OICIIO;FA;;;CO)", ERROR_SUCCESS,
     ERROR_SUCCESS, NULL},
    {"no list: all may do everything", "O:BA", ERROR_INVALID_ACL, ERROR_INVALID_ACL, "everybody may change"},
};

int wmain(int argc, wchar_t **argv) {
    wchar_t parent[MAX_PATH], path[2 * MAX_PATH];
    arena a = {0};
    const char *wrong = NULL;
    (void)argc, (void)argv;
    if (!CHECK(directory_make(parent, L"owners"))) return check_report();
    swprintf(path, 2 * MAX_PATH, L"%ls\\data", parent);

    check_about("one that is made");
    CHECK_INT(data_directory_make(&a, path, &wrong), ERROR_SUCCESS);
    check_about("one that was made");
    CHECK_INT(data_directory_make(&a, path, &wrong), ERROR_SUCCESS);
    CHECK(!wrong);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        elevated = i & 1;
        const DWORD wanted = elevated ? cases[i / 2].wanted_elevated : cases[i / 2].wanted;
        check_about(cases[i / 2].about);
        made_security = cases[i / 2].security;
        wrong = NULL;
        CHECK_INT(data_directory_make(&a, path, &wrong), wanted);
        CHECK_INT(wrong != NULL, wanted != ERROR_SUCCESS);
        if (wrong && cases[i / 2].words) CHECK_HAS(wrong, cases[i / 2].words);
        if (wrong) CHECK_HAS(wrong, "icacls \"");
    }
    made_security = NULL;
    wrong = NULL;

    check_about("a link");
    more_attributes = FILE_ATTRIBUTE_REPARSE_POINT;
    CHECK_INT(data_directory_make(&a, path, &wrong), ERROR_DIRECTORY);
    more_attributes = 0;

    check_about("a file");
    wcscat(path, L"\\file");
    CHECK(file_write(path, "x", 1));
    CHECK_INT(data_directory_make(&a, path, &wrong), ERROR_DIRECTORY);
    CHECK(!wrong);
    arena_free(&a);
    directory_remove(parent);
    return check_report();
}
