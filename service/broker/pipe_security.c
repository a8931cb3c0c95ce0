#include "service/broker/pipe_security.h"

#include "proto/arena.h"
#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>

struct pipe_security {
    SECURITY_ATTRIBUTES attributes;
};

/* Whose what this process makes is: the administrators' where it acts as one, so that programs of the same
 * user which do not cannot take it over (an owner may change the access list); else its user's. */
static DWORD owner_of_mine(arena *a, char **ret) {
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return win_error();
    char *owner = token_elevated() ? arena_printf(a, "BA") : token_sid_text(a, token);
    CloseHandle(token);
    if (!owner) return ERROR_NOT_ENOUGH_MEMORY;
    *ret = owner;
    return ERROR_SUCCESS;
}

/* format has two %s: the owner. It is said outright: clients trust the pipe by it. */
static DWORD make(const char *format, SECURITY_ATTRIBUTES *ret) {
    arena a = {0};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char *sid = NULL;
    DWORD error = owner_of_mine(&a, &sid);
    if (error) {
        arena_free(&a);
        return error;
    }
    error = ERROR_NOT_ENOUGH_MEMORY;
    char *sddl = arena_printf(&a, format, sid, sid);
    wchar_t *wide = text_wide(&a, sddl);
    if (wide) {
        BOOL ok =
            ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &descriptor, NULL);
        error = ok ? ERROR_SUCCESS : win_error();
    }
    if (!error) *ret = (SECURITY_ATTRIBUTES){.nLength = sizeof *ret, .lpSecurityDescriptor = descriptor};
    arena_free(&a);
    return error;
}

/* 0x12019b: read and write data and attributes, without FILE_CREATE_PIPE_INSTANCE (0x4). */
#define PIPE_LIST "O:%sD:P(D;;GA;;;NU)(D;;GA;;;AN)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;AU)"

DWORD pipe_security_make(bool sandboxed, pipe_security **ret) {
    pipe_security *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = make(sandboxed ? PIPE_LIST "(A;;0x12019b;;;AC)(A;;0x12019b;;;RC)S:(ML;;NW;;;LW)"
                                 : PIPE_LIST "S:(ML;;NW;;;ME)",
                       &s->attributes);
    if (error) free(s);
    else *ret = s;
    return error;
}

DWORD pipe_security_apply(const pipe_security *security, HANDLE pipe) {
    return SetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION,
                                   security->attributes.lpSecurityDescriptor)
               ? ERROR_SUCCESS
               : win_error();
}

SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security) {
    return &security->attributes;
}

void pipe_security_free(pipe_security **security) {
    if (*security) LocalFree((*security)->attributes.lpSecurityDescriptor);
    free(*security);
    *security = NULL;
}

static bool is_trusted_owner(PSID owner) {
    HANDLE token;
    token_identity own;
    if (IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid))
        return true;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
    bool trusted = !token_identify(token, &own) && EqualSid(owner, own.user);
    CloseHandle(token);
    return trusted;
}

/* Anybody may make a directory beside others' in ProgramData, or a link there: one that was not made by
 * somebody who is trusted would let them replace the audit. */
static DWORD check_directory(const wchar_t *path) {
    BY_HANDLE_FILE_INFORMATION file;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    HANDLE directory = CreateFileW(
        path, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (directory == INVALID_HANDLE_VALUE) return win_error();
    DWORD error = GetFileInformationByHandle(directory, &file) ? ERROR_SUCCESS : win_error();
    if (!error && (!(file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
                   (file.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)))
        error = ERROR_DIRECTORY;
    if (!error)
        error = GetSecurityInfo(directory, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                                NULL, &descriptor);
    if (!error && (!owner || !is_trusted_owner(owner))) error = ERROR_INVALID_OWNER;
    LocalFree(descriptor);
    CloseHandle(directory);
    return error;
}

DWORD pipe_security_own(SECURITY_ATTRIBUTES *ret) {
    return make("O:%sD:P(A;;FA;;;%s)", ret);
}

DWORD pipe_security_make_directory(const wchar_t *path) {
    SECURITY_ATTRIBUTES attributes;
    DWORD error = make("O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", &attributes);
    if (error) return error;
    if (!CreateDirectoryW(path, &attributes)) error = win_error();
    LocalFree(attributes.lpSecurityDescriptor);
    return error == ERROR_ALREADY_EXISTS ? check_directory(path) : error;
}
