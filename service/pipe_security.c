#include "pipe_security.h"

#include "arena.h"
#include "text.h"
#include "token.h"
#include "win.h"

#include <sddl.h>
#include <stdlib.h>

struct pipe_security {
    SECURITY_ATTRIBUTES attributes;
};

/* format has two %s: this process's user. The owner is said outright: clients trust the pipe by it. */
static DWORD make(const char *format, SECURITY_ATTRIBUTES *ret) {
    arena a = {0};
    HANDLE token = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return win_error();
    char *sid = token_sid_text(&a, token);
    char *sddl = sid ? arena_printf(&a, format, sid, sid) : NULL;
    wchar_t *wide = text_wide(&a, sddl);
    if (wide) {
        BOOL ok =
            ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &descriptor, NULL);
        error = ok ? ERROR_SUCCESS : win_error();
    }
    if (!error) *ret = (SECURITY_ATTRIBUTES){.nLength = sizeof *ret, .lpSecurityDescriptor = descriptor};
    CloseHandle(token);
    arena_free(&a);
    return error;
}

DWORD pipe_security_make(pipe_security **ret) {
    pipe_security *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    /* 0x12019b: read and write data and attributes, without FILE_CREATE_PIPE_INSTANCE (0x4). */
    DWORD error =
        make("O:%sD:P(D;;GA;;;NU)(D;;GA;;;AN)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;AU)",
             &s->attributes);
    if (error) free(s);
    else *ret = s;
    return error;
}

SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security) {
    return &security->attributes;
}

void pipe_security_free(pipe_security **security) {
    if (*security) LocalFree((*security)->attributes.lpSecurityDescriptor);
    free(*security);
    *security = NULL;
}

DWORD pipe_security_make_directory(const wchar_t *path) {
    SECURITY_ATTRIBUTES attributes;
    DWORD error = make("O:%sD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", &attributes);
    if (error) return error;
    if (!CreateDirectoryW(path, &attributes)) error = win_error();
    LocalFree(attributes.lpSecurityDescriptor);
    return error == ERROR_ALREADY_EXISTS ? ERROR_SUCCESS : error;
}
