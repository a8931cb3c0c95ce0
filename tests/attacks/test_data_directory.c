/* Tests which data directories the broker accepts (service/broker/data_directory.c). The test replaces the
 * functions that return the owner and the attributes, because under Wine all files belong to one user. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <aclapi.h>
#include <sddl.h>
#include <wchar.h>

static const char *made_owner; /* NULL: the real one */
static DWORD more_attributes;

static DWORD WINAPI security_of(HANDLE handle, SE_OBJECT_TYPE type, SECURITY_INFORMATION what,
                                PSID *ret_owner, PSID *group, PACL *list, PACL *audit,
                                PSECURITY_DESCRIPTOR *ret) {
    PSID sid = NULL;
    if (!made_owner) return GetSecurityInfo(handle, type, what, ret_owner, group, list, audit, ret);
    CHECK(ConvertStringSidToSidA(made_owner, &sid));
    *ret_owner = sid;
    *ret = sid; /* the caller frees it as the descriptor */
    return ERROR_SUCCESS;
}

static BOOL WINAPI information_of(HANDLE file, BY_HANDLE_FILE_INFORMATION *ret) {
    BOOL ok = GetFileInformationByHandle(file, ret);
    ret->dwFileAttributes |= more_attributes;
    return ok;
}

#define GetSecurityInfo security_of
#define GetFileInformationByHandle information_of
#include "service/broker/data_directory.c"
#undef GetSecurityInfo
#undef GetFileInformationByHandle

int wmain(int argc, wchar_t **argv) {
    static const struct {
        const char *about, *owner;
        DWORD wanted;
    } cases[] = {{"the system's", "S-1-5-18", ERROR_SUCCESS},
                 {"the administrators'", "S-1-5-32-544", ERROR_SUCCESS},
                 {"another user's", "S-1-5-21-1-2-3-1002", ERROR_INVALID_OWNER},
                 {"the users'", "S-1-5-32-545", ERROR_INVALID_OWNER},
                 {"Everyone's", "S-1-1-0", ERROR_INVALID_OWNER}};
    wchar_t parent[MAX_PATH], path[2 * MAX_PATH];
    (void)argc, (void)argv;
    if (!CHECK(directory_make(parent, L"owners"))) return check_report();
    swprintf(path, 2 * MAX_PATH, L"%ls\\data", parent);

    check_about("one that is made");
    CHECK_INT(data_directory_make(path), ERROR_SUCCESS);
    check_about("one that is there, and this user's");
    CHECK_INT(data_directory_make(path), ERROR_SUCCESS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_about(cases[i].about);
        made_owner = cases[i].owner;
        CHECK_INT(data_directory_make(path), cases[i].wanted);
    }
    made_owner = NULL;

    check_about("a link");
    more_attributes = FILE_ATTRIBUTE_REPARSE_POINT;
    CHECK_INT(data_directory_make(path), ERROR_DIRECTORY);
    more_attributes = 0;

    check_about("a file");
    wcscat(path, L"\\file");
    CHECK(file_write(path, "x", 1));
    CHECK_INT(data_directory_make(path), ERROR_DIRECTORY);
    directory_remove(parent);
    return check_report();
}
