/* The one function of the tree that creates processes. */
#ifndef SB_SERVICE_WIN32_CREATE_H
#define SB_SERVICE_WIN32_CREATE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef struct create_spec {
    HANDLE token;       /* primary token that the child has; NULL: this process's */
    bool token_is_own;  /* as this process's own, which serves where the privilege for others is missing */
    HANDLE impersonate; /* impersonation token under which image and directory are opened; NULL: none */
    HANDLE parent;      /* process whose handles, token and job the child has; NULL: this one */
    const wchar_t *image;
    wchar_t *command_line;
    const wchar_t *environment;
    const wchar_t *directory;
    const wchar_t *desktop;
    const HANDLE *handles; /* all that the child is to have: distinct, real, inheritable */
    size_t handle_count;
    HANDLE std[3]; /* each in handles; NULL: that of the child's own new console, if it has one */
    HANDLE job;    /* the child is in it before its first instruction */
    const uint64_t *mitigations; /* two words, PROCESS_CREATION_MITIGATION_POLICY_... and ..._POLICY2_... */
    bool no_child_processes;
    BYTE *descriptors; /* lpReserved2 */
    WORD descriptors_size;
    DWORD flags;
} create_spec;

/* Creates the process suspended. Checks first what Windows documents as its rules and Wine lets through.
 * *ret_what, a static string, says what failed. Ends this process if it cannot stop impersonating. */
DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what);

/* Runs as token until create_revert, which ends this process rather than go on with somebody else's
 * rights. */
DWORD create_impersonate(HANDLE token);
void create_revert(void);

#endif
