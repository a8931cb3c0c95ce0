#include "service/broker/pipe_security.h"

#include "service/broker/own_security.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <stdlib.h>

struct pipe_security {
    SECURITY_ATTRIBUTES attributes;
};

/* 0x12019b: read and write data and attributes, without FILE_CREATE_PIPE_INSTANCE (0x4). */
#define PIPE_LIST "O:%sD:P(D;;GA;;;AN)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%s)(A;;0x12019b;;;AU)"

DWORD pipe_security_make(bool sandboxed, pipe_security **ret) {
    pipe_security *s = calloc(1, sizeof *s);
    if (!s) return ERROR_NOT_ENOUGH_MEMORY;
    DWORD err =
        own_security_make(sandboxed ? PIPE_LIST "(A;;0x12019b;;;AC)(A;;0x12019b;;;RC)S:(ML;;NWNR;;;LW)"
                                    : PIPE_LIST "S:(ML;;NWNR;;;ME)",
                          &s->attributes);
    if (err) free(s);
    else *ret = s;
    return err;
}

/* Opens the client's end, because an instance cannot have WRITE_OWNER, which a label needs: in
 * CreateNamedPipe that is the same bit as FILE_FLAG_FIRST_PIPE_INSTANCE. */
DWORD pipe_security_apply(const pipe_security *security, const wchar_t *pipe) {
    HANDLE client = CreateFileW(pipe, READ_CONTROL | WRITE_DAC | WRITE_OWNER, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (client == INVALID_HANDLE_VALUE) return win_error();
    DWORD err = SetKernelObjectSecurity(client, DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION,
                                        security->attributes.lpSecurityDescriptor)
                    ? ERROR_SUCCESS
                    : win_error();
    CloseHandle(client);
    return err;
}

/* Returns whether an entry gives nobody but those three a right to serve the pipe or to change its list. */
static bool is_harmless(const ACE_HEADER *header, PSID owner) {
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)header;
    const GENERIC_MAPPING rights = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                                    FILE_ALL_ACCESS};
    if (header->AceType == ACCESS_DENIED_ACE_TYPE) return true;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) return false;

    DWORD mask = entry->Mask;
    PSID who = (PSID)(ULONG_PTR)&entry->SidStart;
    MapGenericMask(&mask, (GENERIC_MAPPING *)(ULONG_PTR)&rights);
    return !(mask & (FILE_CREATE_PIPE_INSTANCE | WRITE_DAC | WRITE_OWNER | DELETE)) || EqualSid(who, owner) ||
           IsWellKnownSid(who, WinLocalSystemSid) || IsWellKnownSid(who, WinBuiltinAdministratorsSid);
}

bool pipe_security_is_own(const pipe_security *security, HANDLE pipe) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL, own = NULL;
    PACL list = NULL;
    BOOL defaulted;
    if (!GetSecurityDescriptorOwner(security->attributes.lpSecurityDescriptor, &own, &defaulted) ||
        GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                        &owner, NULL, &list, NULL, &descriptor))
        return false;

    bool good = owner && list && EqualSid(owner, own);
    for (DWORD i = 0; good && i < list->AceCount; i++) {
        void *entry;
        good = GetAce(list, i, &entry) && is_harmless(entry, own);
    }
    LocalFree(descriptor);
    return good;
}

SECURITY_ATTRIBUTES *pipe_security_attributes(pipe_security *security) {
    return &security->attributes;
}

void pipe_security_free(pipe_security **security) {
    if (*security) LocalFree((*security)->attributes.lpSecurityDescriptor);
    free(*security);
    *security = NULL;
}
