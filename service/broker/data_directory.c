#include "service/broker/data_directory.h"

#include "service/broker/own_security.h"
#include "service/win32/guard.h"
#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <sddl.h>

/* Returns the account that is trusted besides the administrators. A broker that acts as an administrator
 * trusts no user: programs of its user that are not elevated would have the user's rights, too. */
static DWORD trusted_user(PSID *ret) {
    arena a = {0};
    HANDLE token;
    PSID user = NULL;
    if (token_elevated()) {
        *ret = NULL;
        return ERROR_SUCCESS;
    }
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return win_error();
    const char *sid = token_sid_text(&a, token);
    CloseHandle(token);
    DWORD err = sid ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!err && !ConvertStringSidToSidA(sid, &user)) err = win_error();
    arena_free(&a);
    if (!err) *ret = user;
    return err;
}

/* Says what is wrong, and the command that mends it. SIDs are the same in all languages. */
static DWORD refuse(arena *a, const wchar_t *path, const guard_wrong *wrong, const char **ret_wrong) {
    const char *where = text_utf8_lossy(a, path), *text;
    if (wrong->owner)
        text = arena_printf(a,
                            "%s, and could change the audit and the policy. To give it to the "
                            "administrators: icacls \"%s\" /setowner *S-1-5-32-544",
                            wrong->text, where ? where : "");
    else if (!wrong->sid) /* there is no list from which an entry could be taken */
        text = arena_printf(a,
                            "%s. To give it an access list: icacls \"%s\" /inheritance:r /grant:r "
                            "*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F",
                            wrong->text, where ? where : "");
    else
        text = arena_printf(a,
                            "%s (rights 0x%08lx), and so the audit and the policy. To take that away: icacls "
                            "\"%s\" /inheritance:d /remove:g *%s",
                            wrong->text, wrong->rights, where ? where : "", wrong->sid);
    if (!where || !text) return ERROR_NOT_ENOUGH_MEMORY;
    *ret_wrong = text;
    return wrong->owner ? ERROR_INVALID_OWNER : ERROR_INVALID_ACL;
}

/* Checks an existing directory. Any user may make a directory or a link in ProgramData, and whoever owns the
 * data directory, or may write to it, can replace the audit. */
static DWORD check_directory(arena *a, const wchar_t *path, const char **ret_wrong) {
    BY_HANDLE_FILE_INFORMATION file;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL, user = NULL;
    PACL list = NULL;
    guard_wrong wrong = {0};
    HANDLE directory = CreateFileW(
        path, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (directory == INVALID_HANDLE_VALUE) return win_error();

    DWORD err = GetFileInformationByHandle(directory, &file) ? ERROR_SUCCESS : win_error();
    if (!err && (!(file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
                 (file.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)))
        err = ERROR_DIRECTORY;

    if (!err) err = trusted_user(&user);
    if (!err)
        err =
            GetSecurityInfo(directory, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                            &owner, NULL, &list, NULL, &descriptor);
    if (!err) err = guard_list(a, path, owner, list, user, &wrong);
    if (!err && wrong.text) err = refuse(a, path, &wrong, ret_wrong);

    LocalFree(user);
    LocalFree(descriptor);
    CloseHandle(directory);
    return err;
}

DWORD data_directory_make(arena *a, const wchar_t *path, const char **ret_wrong) {
    SECURITY_ATTRIBUTES attributes;
    DWORD err = own_security_make("O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", &attributes);
    if (err) return err;
    if (!CreateDirectoryW(path, &attributes)) err = win_error();
    LocalFree(attributes.lpSecurityDescriptor);
    return err == ERROR_ALREADY_EXISTS ? check_directory(a, path, ret_wrong) : err;
}

DWORD data_directory_secret(SECURITY_ATTRIBUTES *ret) {
    return own_security_make("O:%sD:P(A;;FA;;;%s)", ret);
}
