/* Rule 3: whose token a server gets. A client that opened the pipe without SECURITY_SQOS_PRESENT is
 * impersonated with what its token had in effect: the privileges that are not enabled are not there.
 * SECURITY_SQOS_PRESENT alone is anonymous. Sources: the page "Impersonation Levels"; ReactOS' npfs
 * secursup.c, NpInitializeSecurity and NpGetClientSecurityContext. Wine gives the server its own token. Here
 * it is the one of the thread that opened the pipe or, with dynamic tracking, of the one that wrote last: if
 * that thread did not impersonate, its process's, as it is at the call. */
#include "tests/rules/tokens.h"

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

void tokens_keep(shared_object *client) {
    HANDLE token = NULL;
    DWORD err = GetLastError();
    if (client->opener != GetCurrentProcessId()) return;
    if (client->token) real.CloseHandle((HANDLE)client->token);
    client->token = 0;
    if (real.OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_DUPLICATE, TRUE, &token))
        client->token = (uintptr_t)token;
    SetLastError(err);
}

bool tokens_follow(const shared_object *client) {
    return client->kind == KIND_CLIENT &&
           (!(client->flags & SECURITY_SQOS_PRESENT) || client->flags & SECURITY_CONTEXT_TRACKING);
}

/* The client of a server's end: its process, how it opened the pipe, and its handle of a thread's token. */
static bool client_of(HANDLE server, DWORD *ret_pid, DWORD *ret_flags, HANDLE *ret_token) {
    shared_lock();
    const shared_object *o = shared_find(server);
    const shared_instance *i =
        o && o->kind == KIND_SERVER && o->instance ? &shared->instances[o->instance - 1] : NULL;
    const shared_object *client = i && i->client ? &shared->objects[i->client - 1] : NULL;
    if (client) *ret_pid = client->opener;
    if (client) *ret_flags = client->flags;
    if (client) *ret_token = (HANDLE)client->token;
    shared_unlock();
    return client != NULL;
}

/* A handle, in this process, of the token that a process or one of its threads has. */
static HANDLE token_from(DWORD pid, HANDLE thread_token) {
    HANDLE token = NULL,
           process = real.OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_DUP_HANDLE, FALSE, pid);
    BOOL ok = process && (thread_token ? real.DuplicateHandle(process, thread_token, GetCurrentProcess(),
                                                              &token, TOKEN_QUERY | TOKEN_DUPLICATE, FALSE, 0)
                                       : OpenProcessToken(process, TOKEN_QUERY | TOKEN_DUPLICATE, &token));
    DWORD err = GetLastError();
    if (process) real.CloseHandle(process);
    SetLastError(err);
    return ok ? token : NULL;
}

BOOL WINAPI rules_ImpersonateNamedPipeClient(HANDLE pipe) {
    DWORD pid, flags, err = ERROR_SUCCESS;
    HANDLE thread_token, token = NULL, own = NULL;
    if (!rules_on(RULES_CLIENT_TOKEN) || !client_of(pipe, &pid, &flags, &thread_token))
        return real.ImpersonateNamedPipeClient(pipe);
    const bool said = flags & SECURITY_SQOS_PRESENT;
    const SECURITY_IMPERSONATION_LEVEL level =
        said ? (SECURITY_IMPERSONATION_LEVEL)(flags >> SQOS_LEVEL_BITS & SQOS_LEVELS) : SecurityImpersonation;
    /* As the server, whoever the thread is. */
    if (!RevertToSelf() || !(own = token_from(pid, thread_token)) ||
        !rules_DuplicateTokenEx(own, TOKEN_ALL_ACCESS, NULL, level, TokenImpersonation, &token))
        err = GetLastError();
    if (!err && (!said || flags & SECURITY_EFFECTIVE_ONLY)) remove_disabled(token);
    if (!err && !SetThreadToken(NULL, token)) err = GetLastError();
    if (token) real.CloseHandle(token);
    if (own) real.CloseHandle(own);
    return err ? rules_fail(err) : TRUE;
}
