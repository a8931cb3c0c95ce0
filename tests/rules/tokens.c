/* Rule 3: whose token a server gets. A client that opened the pipe without SECURITY_SQOS_PRESENT is
 * impersonated with what its token had in effect: the privileges that are not enabled are not there.
 * SECURITY_SQOS_PRESENT alone is anonymous. Sources: the page "Impersonation Levels"; ReactOS' npfs
 * secursup.c, NpInitializeSecurity. Wine gives the server its own token. Here it is the one of the process
 * that opened the pipe, as it is at the call. */
#include "tests/rules/shared.h"

#include <string.h>

enum { SQOS_LEVEL_BITS = 16, SQOS_LEVELS = 3 };

static void remove_disabled(HANDLE token) {
    BYTE bytes[2048];
    DWORD size;
    TOKEN_PRIVILEGES *all = (void *)bytes;
    if (!real.GetTokenInformation(token, TokenPrivileges, all, sizeof bytes, &size)) return;
    for (DWORD i = 0; i < all->PrivilegeCount; i++)
        if (!(all->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED))
            all->Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
    AdjustTokenPrivileges(token, FALSE, all, 0, NULL, NULL);
}

/* The client of a server's end: its process, and how it opened the pipe. */
static bool client_of(HANDLE server, DWORD *ret_pid, DWORD *ret_flags) {
    shared_lock();
    const shared_object *o = shared_find(server);
    const shared_instance *i =
        o && o->kind == KIND_SERVER && o->instance ? &shared->instances[o->instance - 1] : NULL;
    const shared_object *client = i && i->client ? &shared->objects[i->client - 1] : NULL;
    if (client) *ret_pid = client->opener;
    if (client) *ret_flags = client->flags;
    shared_unlock();
    return client != NULL;
}

BOOL WINAPI rules_ImpersonateNamedPipeClient(HANDLE pipe) {
    DWORD pid, flags, err = ERROR_SUCCESS;
    HANDLE process = NULL, token = NULL, own = NULL;
    if (!rules_on(RULES_CLIENT_TOKEN) || !client_of(pipe, &pid, &flags))
        return real.ImpersonateNamedPipeClient(pipe);
    const bool said = flags & SECURITY_SQOS_PRESENT;
    const SECURITY_IMPERSONATION_LEVEL level =
        said ? (SECURITY_IMPERSONATION_LEVEL)(flags >> SQOS_LEVEL_BITS & SQOS_LEVELS) : SecurityImpersonation;
    /* As the server, whoever the thread is. */
    if (!RevertToSelf() || !(process = real.OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid)) ||
        !OpenProcessToken(process, TOKEN_QUERY | TOKEN_DUPLICATE, &own) ||
        !rules_DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, level, TokenImpersonation, &token))
        err = GetLastError();
    if (!err && (!said || flags & SECURITY_EFFECTIVE_ONLY)) remove_disabled(token);
    if (!err && !SetThreadToken(NULL, token)) err = GetLastError();
    if (token) real.CloseHandle(token);
    if (own) real.CloseHandle(own);
    if (process) real.CloseHandle(process);
    return err ? rules_fail(err) : TRUE;
}
