/* The one function of the tree that creates processes. */
#ifndef SB_SERVICE_WIN32_CREATE_H
#define SB_SERVICE_WIN32_CREATE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef struct create_spec {
    HANDLE token;       /* the primary token of the child; NULL: that of this process */
    bool token_is_own;  /* token gives the rights of this process's own, which may be used instead */
    HANDLE impersonate; /* impersonation token with which Windows opens image and directory; NULL: none */
    HANDLE parent;      /* the process that the child inherits handles, token and job from; NULL: this one */
    const wchar_t *image;
    wchar_t *command_line;
    const wchar_t *environment;
    const wchar_t *directory;
    const wchar_t *desktop;
    const HANDLE *handles; /* all handles that the child inherits: distinct, real, inheritable */
    size_t handle_count;
    HANDLE std[3];      /* each is in handles; NULL: that of the child's own new console, if it has one */
    const HANDLE *jobs; /* the child is in them before its first instruction; each is within the one before */
    size_t job_count;
    const uint64_t *mitigations; /* two words, PROCESS_CREATION_MITIGATION_POLICY_... and ..._POLICY2_... */
    bool no_child_processes;
    bool use_show_window; /* show_window is for the first window of the child (STARTF_USESHOWWINDOW) */
    WORD show_window;
    BYTE *descriptors; /* lpReserved2 */
    WORD descriptors_size;
    DWORD flags;
} create_spec;

/* Creates the process suspended. Before, checks the rules that Windows documents and Wine does not enforce.
 * *ret_what, a static string, says what failed. */
DWORD create_suspended(const create_spec *spec, PROCESS_INFORMATION *ret, const char **ret_what);

#endif
