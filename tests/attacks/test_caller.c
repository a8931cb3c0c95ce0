/* Whom the broker takes for its client (service/broker/caller.c). The token with which the client opened the
 * pipe is made here: on Wine a server that impersonates acts as itself. */
#include "service/win32/token.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
/* needs windows.h before it */
#include <sddl.h>

static HANDLE acting; /* what impersonating the client makes of the thread */

static BOOL WINAPI impersonate(HANDLE pipe) {
    (void)pipe;
    return SetThreadToken(NULL, acting);
}

#define ImpersonateNamedPipeClient impersonate
#include "service/broker/caller.c"

static HANDLE server, client; /* both ends are this process's */
static caller_moment connected;

static bool open_pipe(void) {
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\sb-test-caller-%lu", GetCurrentProcessId());
    server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, 0, 1, 512, 512, 0, NULL);
    client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    connected = caller_now();
    return CHECK(server != INVALID_HANDLE_VALUE) && CHECK(client != INVALID_HANDLE_VALUE);
}

/* Identifies a client that has this token, which is given at this level. NULL: it is refused. */
static caller *identified(const char *about, HANDLE token, SECURITY_IMPERSONATION_LEVEL level, fault *ret) {
    caller *c = NULL;
    HANDLE left = NULL;
    check_about(about);
    CHECK(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, level, TokenImpersonation, &acting));
    fault_kind kind = caller_identify(server, connected, true, &c, ret);
    CHECK_INT(kind != FAULT_NONE, c == NULL);
    CHECK(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &left)); /* the broker is itself again */
    win_close(&left);
    win_close(&acting);
    return c;
}

/* The client is this process, with all of its rights. */
static void accepted(const char *about, HANDLE own, HANDLE token) {
    fault f = {0};
    bool same = false;
    caller *c = identified(about, token, SecurityImpersonation, &f);
    if (!CHECK(c != NULL)) {
        printf("    %s\n", f.message);
        return;
    }
    CHECK_INT(c->pid, GetCurrentProcessId());
    CHECK_INT(token_same(c->token, own, &same), ERROR_SUCCESS);
    CHECK(same);
    caller_release(&c);
}

static void refused(const char *about, HANDLE token, SECURITY_IMPERSONATION_LEVEL level,
                    const char *message) {
    fault f = {0};
    caller *c = identified(about, token, level, &f);
    CHECK(c == NULL);
    CHECK_INT(f.kind, FAULT_IDENTITY);
    CHECK_INT(f.stage, STAGE_IDENTIFY);
    CHECK_HAS(f.message, message);
    caller_release(&c);
}

/* The privileges of a token that are enabled, or those that are not; for free(). */
static TOKEN_PRIVILEGES *privileges(HANDLE token, bool enabled) {
    void *all = NULL;
    if (!CHECK_INT(token_read(token, TokenPrivileges, &all), ERROR_SUCCESS)) return NULL;
    TOKEN_PRIVILEGES *list = all;
    DWORD kept = 0;
    for (DWORD i = 0; i < list->PrivilegeCount; i++)
        if (!(list->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != enabled)
            list->Privileges[kept++] = list->Privileges[i];
    list->PrivilegeCount = kept;
    return list;
}

/* A token without these privileges. */
static HANDLE without(HANDLE token, const TOKEN_PRIVILEGES *list, DWORD count) {
    HANDLE made = NULL;
    CHECK(CreateRestrictedToken(token, 0, 0, NULL, count, (LUID_AND_ATTRIBUTES *)list->Privileges, 0, NULL,
                                &made));
    return made;
}

static HANDLE denying(HANDLE token, const char *group) {
    SID_AND_ATTRIBUTES deny = {0};
    HANDLE made = NULL;
    if (CHECK(ConvertStringSidToSidA(group, &deny.Sid)))
        CHECK(CreateRestrictedToken(token, 0, 1, &deny, 0, NULL, 0, NULL, &made));
    LocalFree(deny.Sid);
    return made;
}

int wmain(int argc, wchar_t **argv) {
    static const char other[] = "acts as somebody else than its process";
    HANDLE own = NULL, denies = NULL, fewer = NULL, effective = NULL;
    (void)argc, (void)argv;
    if (!CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own)) || !open_pipe())
        return check_report();
    TOKEN_PRIVILEGES *enabled = privileges(own, true), *disabled = privileges(own, false);

    accepted("the process's own token", own, own);
    refused("a token at identification level", own, SecurityIdentification, "at identification level");
    denies = denying(own, "S-1-1-0");
    refused("a group that only denies", denies, SecurityImpersonation, other);
    if (enabled && CHECK(enabled->PrivilegeCount > 0)) {
        fewer = without(own, enabled, 1);
        refused("an enabled privilege less", fewer, SecurityImpersonation, other);
    }
    if (check_part("effective", disabled && disabled->PrivilegeCount ? NULL : "every privilege is enabled")) {
        effective = without(own, disabled, disabled->PrivilegeCount);
        accepted("without what is not enabled, as a pipe without SECURITY_SQOS_PRESENT has it", own,
                 effective);
    }

    free(enabled);
    free(disabled);
    win_close(&denies);
    win_close(&fewer);
    win_close(&effective);
    CloseHandle(own);
    CloseHandle(client);
    CloseHandle(server);
    return check_report();
}
