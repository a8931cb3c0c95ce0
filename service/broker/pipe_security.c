#include "service/broker/pipe_security.h"

#include "service/broker/own_security.h"
#include "service/win32/win.h"

#include <stdlib.h>

struct pipe_security {
    SECURITY_ATTRIBUTES attributes;
};

/* 0x12019b: read and write data and attributes, without FILE_CREATE_PIPE_INSTANCE (0x4). */
#define PIPE_LIST "O:%sD:P(D;;GA;;;NU)(D;;GA;;;AN)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;AU)"

DWORD pipe_security_make(bool sandboxed, pipe_security **ret) {
    pipe_security *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error =
        own_security_make(sandboxed ? PIPE_LIST "(A;;0x12019b;;;AC)(A;;0x12019b;;;RC)S:(ML;;NW;;;LW)"
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
