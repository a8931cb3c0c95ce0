/* Spawn Broker: launch a child with exactly the handles that you name.
 *
 * Functions return a Win32 error code, ERROR_SUCCESS when they worked; on failure no output is written but
 * the sb_error. One client may be used by many threads at once. Text is UTF-16. A struct whose first member
 * is size must have it set to sizeof of that struct: later versions only add members at the end, and a newer
 * program's extra members must be zero for an older library (else ERROR_INVALID_PARAMETER).
 * docs/c-api.md explains; docs/protocol.md is what goes over the pipe. */
#ifndef SPAWN_BROKER_H
#define SPAWN_BROKER_H

#include <stddef.h>
#include <stdint.h>
#include <windows.h>

/* The functions are declared alike for the DLL and the static library, so that the linker decides which of
 * the two a program uses. */
#if defined(SPAWN_BROKER_BUILD)
#define SB_API __declspec(dllexport)
#else
#define SB_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A connection to the broker. Opaque; made by sb_connect, ended by sb_disconnect. */
typedef struct sb_client sb_client;

typedef enum sb_mode {
    SB_MODE_BROKER, /* the broker, or fail */
    SB_MODE_LOCAL,  /* no service: a helper process of the caller's own. As exact; no audit, no policy */
    SB_MODE_AUTO    /* local only where no broker is installed; never because a broker refused */
} sb_mode;

typedef struct sb_connect_options {
    size_t size;
    /* With or without \\.\pipe\. NULL: the variable SPAWN_BROKER_PIPE; else
     * "ProtectedPrefix\\Administrators\\SpawnBroker", or "SpawnBroker" if there is no pipe of that name. */
    const wchar_t *pipe_name;
    sb_mode mode;
    DWORD timeout_ms; /* for connecting and the first exchange; 0: 5,000 */
    /* FALSE: after a lost connection, the next call connects again. TRUE: every call fails from then on. */
    BOOL no_reconnect;
} sb_connect_options;

enum { SB_FD_TEXT = 0x10000 };

/* A handle that the child is to have. It stays the caller's, as it is: it need not be inheritable. */
typedef struct sb_handle {
    const wchar_t *name; /* unique in the launch, [A-Za-z0-9_.-]{1,64}: what sb_inherited_handle looks up */
    HANDLE handle;
    DWORD access; /* 0: the access it has; else that access, which must be a subset */
    /* 0: none; else the C runtime descriptor (3 to 2047) that it is in the child, in binary mode; SB_FD_TEXT
     * | 3: in text mode, as _open(..., _O_TEXT) has it */
    int fd;
} sb_handle;

typedef enum sb_lifetime {
    SB_LIFETIME_CALLER,  /* child and descendants end when the caller's process ends, not with the broker */
    SB_LIFETIME_BROKER,  /* ... when the broker ends */
    SB_LIFETIME_DETACHED /* nothing ends it */
} sb_lifetime;

/* Limits for the child's job; 0 is none. */
typedef struct sb_limits {
    size_t size;
    uint64_t process_memory_bytes; /* committed memory of each process */
    uint64_t job_memory_bytes;     /* committed memory of all together */
    uint32_t cpu_percent;          /* 1 to 100, of the whole machine */
    uint32_t max_processes;
} sb_limits;

/* An attribute of process creation, with what UpdateProcThreadAttribute takes for it. Supported are
 * PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY and ..._CHILD_PROCESS_POLICY (restricted); others are refused by
 * name. */
typedef struct sb_attribute {
    DWORD_PTR attribute;
    const void *value;
    size_t size;
} sb_attribute;

/* What the child's token lacks of the caller's. It can only have less: what Windows does not take away, by
 * whatever it answers, refuses the launch (ERROR_NOT_SUPPORTED and others, and the message names the field).
 */
typedef struct sb_reduce {
    size_t size;
    BOOL drop_privileges; /* all privileges but SeChangeNotifyPrivilege */
    BOOL low_integrity;   /* low mandatory integrity: it cannot write what does not say that such may */
    BOOL restricted; /* may what Everyone, Users, RESTRICTED and its logon session may, and of that what the
                        caller may */
    const wchar_t *const *deny_groups; /* SIDs such as L"S-1-5-32-544": they deny it things, and grant none */
    size_t deny_group_count;           /* at most 256 */
} sb_reduce;

/* What NULL means is what it means for CreateProcess: the program is searched as the caller would, the
 * directory and the environment are the caller's. */
typedef struct sb_spawn_options {
    size_t size;
    const wchar_t *application; /* NULL: the first word of command_line */
    /* NULL: the application, quoted. {handle:NAME} becomes the handle's value in the child */
    const wchar_t *command_line;
    const wchar_t *directory;
    const wchar_t *environment; /* NAME=VALUE strings, each with a NUL, and one more NUL */
    const sb_handle *handles;
    size_t handle_count; /* at most 256 */
    HANDLE std_input;    /* NULL: NUL in the child, each by itself */
    HANDLE std_output;
    HANDLE std_error;
    DWORD creation_flags; /* of CreateProcess: suspended, console, group, priority; others are refused */
    sb_lifetime lifetime;
    const sb_limits *limits; /* NULL: none */
    DWORD timeout_ms;        /* 0: none. When it passes, the launch is undone and ERROR_TIMEOUT returned */
    const wchar_t *desktop;  /* NULL: the caller's; else NAME or STATION\NAME, which the caller may open */
    uint64_t affinity;       /* a bit for each processor, as for SetProcessAffinityMask; 0: the caller's */
    const sb_attribute *attributes;
    size_t attribute_count;
    const sb_reduce *reduce; /* NULL: the caller's token as it is */
    /* SW_... for the first window of the child, as wShowWindow; NULL: the child decides. */
    const WORD *show_window;
} sb_spawn_options;

/* A launched child. The handles are the caller's to close (sb_process_close). Their rights are: wait, query
 * and terminate; for the thread wait, query, suspend and resume. */
typedef struct sb_process {
    HANDLE process;
    HANDLE thread;
    DWORD process_id;
    DWORD thread_id;
    char launch_id[37]; /* what the audit knows it by; "" in local mode */
} sb_process;

/* How far a call came. */
typedef enum sb_stage {
    SB_STAGE_NONE,
    SB_STAGE_CONNECT, /* no broker on the pipe, or it did not answer */
    SB_STAGE_VERIFY,  /* the pipe is served by somebody who is not to be trusted; nothing was sent */
    SB_STAGE_RESOLVE, /* the program was not found */
    SB_STAGE_SEND,
    SB_STAGE_RECEIVE,
    SB_STAGE_DECODE,   /* a field is wrong: the message names it */
    SB_STAGE_IDENTIFY, /* the broker could not establish who the caller is */
    SB_STAGE_DECIDE,   /* the policy refused */
    SB_STAGE_ADOPT,    /* a handle cannot be given: handle_index says which */
    SB_STAGE_CREATE,
    SB_STAGE_ATTEST, /* the child's handles were not exactly the list: it was killed */
    SB_STAGE_RECORD, /* the audit could not be written: the child was killed */
    SB_STAGE_HAND_BACK,
    SB_STAGE_RESUME,
    SB_STAGE_REPLY
} sb_stage;

typedef struct sb_error {
    DWORD code; /* the same as the function's result */
    sb_stage stage;
    size_t handle_index; /* into sb_spawn_options.handles; SIZE_MAX where none is at fault */
    wchar_t message[256];
} sb_error;

/* Connects, and checks who serves the pipe before anything is sent.
 * options: NULL for the defaults. ret_client: the caller's, for sb_disconnect. error: may be NULL.
 * Errors: ERROR_FILE_NOT_FOUND (no broker there), ERROR_SEM_TIMEOUT (busy), ERROR_TIMEOUT (no answer),
 * ERROR_INVALID_OWNER (served by somebody else), ERROR_REVISION_MISMATCH (no common protocol version),
 * ERROR_ACCESS_DENIED. */
SB_API DWORD sb_connect(const sb_connect_options *options, sb_client **ret_client, sb_error *error);

/* Ends the connection. Children go on as their lifetime says. No other thread may be using the client; if a
 * launch on it timed out, waits up to five seconds for its late reply, to undo it. NULL is fine. */
SB_API void sb_disconnect(sb_client *client);

/* Launches. Returns when the child runs (or is ready, with CREATE_SUSPENDED). No lock is held meanwhile:
 * the launches of other threads on the same client run side by side.
 * Errors: what CreateProcess would give (ERROR_FILE_NOT_FOUND, ERROR_BAD_EXE_FORMAT, ERROR_DIRECTORY ...);
 * ERROR_INVALID_HANDLE (a handle cannot be given; handle_index), ERROR_INVALID_PARAMETER (message names the
 * field), ERROR_ACCESS_DISABLED_BY_POLICY, ERROR_TIMEOUT. If the connection was lost, the call connects again
 * within timeout_ms (0: within 10 seconds): ERROR_SERVICE_NOT_ACTIVE (no broker came back; nothing was done),
 * ERROR_INVALID_OWNER (an untrusted server did), ERROR_BROKEN_PIPE (lost during the launch: the child may
 * have started). docs/c-api.md, "A lost connection". */
SB_API DWORD sb_spawn(sb_client *client, const sb_spawn_options *options, sb_process *ret_process,
                      sb_error *error);

/* Closes both handles and sets them to NULL. NULL is fine. */
SB_API void sb_process_close(sb_process *process);

/* In the child: the handle that was given under name, owned by the process as any handle is; NULL and
 * ERROR_NOT_FOUND when there is none. The first look-up makes all given handles non-inheritable and takes the
 * variable SPAWN_BROKER_HANDLES out of the environment, so that a grandchild inherits neither. Any thread. */
SB_API HANDLE sb_inherited_handle(const wchar_t *name);

/* In the child: the name of the index-th given handle, from 0; NULL and ERROR_NO_MORE_ITEMS past the last.
 * Its text lives as long as the process. Does what the first look-up does. */
SB_API const wchar_t *sb_inherited_name(size_t index);

/* CreateProcessW and a list of handles: its parameters, results and GetLastError, through the default
 * broker on one connection that the process keeps. The handles need not be inheritable, and only they (and
 * the standard handles of STARTF_USESTDHANDLES) are given; inherit_handles is ignored. {handle:0},
 * {handle:1} ... in the command line become their values in the child. The child outlives the caller
 * (SB_LIFETIME_DETACHED). Security attributes must be NULL; of the start-up information the standard
 * handles and lpDesktop count: what else is set is ERROR_NOT_SUPPORTED. */
SB_API BOOL sb_create_process_with_explicit_handles(
    const wchar_t *application, wchar_t *command_line, SECURITY_ATTRIBUTES *process_attributes,
    SECURITY_ATTRIBUTES *thread_attributes, BOOL inherit_handles, DWORD creation_flags, void *environment,
    const wchar_t *directory, STARTUPINFOW *startup_info, PROCESS_INFORMATION *process_information,
    DWORD handle_count, const HANDLE *handles);

/* The same with the parameters of CreateProcessA: text is in the ANSI code page. command_line is not written
 * to. An environment is ANSI unless creation_flags has CREATE_UNICODE_ENVIRONMENT. */
SB_API BOOL sb_create_process_with_explicit_handles_a(
    const char *application, char *command_line, SECURITY_ATTRIBUTES *process_attributes,
    SECURITY_ATTRIBUTES *thread_attributes, BOOL inherit_handles, DWORD creation_flags, void *environment,
    const char *directory, STARTUPINFOA *startup_info, PROCESS_INFORMATION *process_information,
    DWORD handle_count, const HANDLE *handles);

/* Why sb_create_process_with_explicit_handles failed the last time that it did on this thread: the sentence
 * that names what is at fault. handle_index is into its handles. ERROR_NOT_FOUND: it has not. */
SB_API DWORD sb_create_process_error(sb_error *ret_error);

#ifdef __cplusplus
}
#endif

#endif
