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
    /* NULL: none; else what the caller calls the child, 1 to 64 characters, none of them a control character.
     * The audit has it; it proves nothing. */
    const wchar_t *label;
    /* NULL, or room for SB_KEY_CHARS + 1 chars, which sb_spawn fills in whatever its result is: the key for
     * sb_spawn_outcome, or "" if the launch had none. */
    char *key;
    BOOL no_handles; /* TRUE: the handles in sb_process are NULL */
} sb_spawn_options;

enum { SB_KEY_CHARS = 32 };

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
 * ERROR_INVALID_OWNER (an untrusted server did), ERROR_BROKEN_PIPE (lost during the launch, and no broker
 * came back that knows what became of it: the child may have started; see sb_spawn_outcome). docs/c-api.md,
 * "A lost connection". */
SB_API DWORD sb_spawn(sb_client *client, const sb_spawn_options *options, sb_process *ret_process,
                      sb_error *error);

/* Asks what became of a launch that ended with ERROR_BROKEN_PIPE. key: from sb_spawn_options.key, in the same
 * process. ERROR_SUCCESS: it started, and *ret_process is as from sb_spawn. Waits 30 seconds at most.
 * Errors: ERROR_NOT_FOUND at SB_STAGE_RECEIVE (it has not started, and never will), ERROR_IO_PENDING (it is
 * under way still: ask again); the error with which the launch failed; those of sb_list. Any thread.
 * docs/c-api.md, "A lost connection". */
SB_API DWORD sb_spawn_outcome(sb_client *client, const char *key, sb_process *ret_process, sb_error *error);

/* Closes both handles and sets them to NULL. NULL is fine. */
SB_API void sb_process_close(sb_process *process);

/* The version of this library, such as L"1.0.0". Its text lives as long as the library is loaded. Any thread.
 */
SB_API const wchar_t *sb_version(void);

/* ---- what the broker knows ----
 *
 * These functions ask the broker, and wait 30 seconds at most (ERROR_TIMEOUT). Any thread. What they return
 * in a pointer is the caller's, to be freed by the function after it; it is read-only, and all text and
 * arrays in it live as long. Times are microseconds since 1970-01-01 UTC. A number is SB_UNKNOWN, and text is
 * NULL, where there is none, or where the broker is too old to send it. The library sets size in these
 * structs to as many bytes as it knows: later members are there only if size covers them. A request that only
 * reads is sent again if its connection was lost. Errors of all: ERROR_NOT_SUPPORTED (the client is in local
 * mode), ERROR_ACCESS_DISABLED_BY_POLICY (the policy gives the caller no right to it),
 * ERROR_SERVICE_NOT_ACTIVE, ERROR_INVALID_OWNER, ERROR_BROKEN_PIPE as for sb_spawn, ERROR_INVALID_PARAMETER.
 * docs/c-api.md, "What the broker knows". */

#define SB_UNKNOWN INT64_MIN

typedef struct sb_child {
    size_t size;
    char launch_id[37];
    DWORD process_id;
    DWORD caller_pid;
    const wchar_t *user; /* DOMAIN\user */
    const wchar_t *application;
    int64_t started_at;
    int64_t handles; /* how many it was given */
    sb_lifetime lifetime;
    const wchar_t *label; /* NULL: none */
} sb_child;

typedef struct sb_children {
    size_t size;
    const sb_child *const *children;
    size_t count;
    BOOL more; /* there are others, which did not fit into the reply */
} sb_children;

/* Lists the live children that the caller may see: its own, or all. docs/protocol.md, "list". */
SB_API DWORD sb_list(sb_client *client, sb_children **ret_children, sb_error *error);
/* NULL is fine. */
SB_API void sb_children_free(sb_children *children);

/* How a child ended. Set size to sizeof of the struct. */
typedef struct sb_exit {
    size_t size;
    int64_t exit_code; /* SB_UNKNOWN: no broker saw the exit */
    int64_t exited_at; /* SB_UNKNOWN: not known */
} sb_exit;

/* Waits until the child of a launch has exited, for a caller that has no handle of it. timeout_ms: INFINITE:
 * as long as it takes. Waiting goes on through a restart of the broker. Each call takes one of the 64 places
 * for requests on the connection while it waits. Errors: WAIT_TIMEOUT (it still runs), ERROR_NOT_FOUND (no
 * such launch that the caller may see). */
SB_API DWORD sb_wait(sb_client *client, const char *launch_id, DWORD timeout_ms, sb_exit *ret_exit,
                     sb_error *error);

/* Terminates the child of a launch, with all its descendants. launch_id: as in sb_process. exit_code: what
 * they exit with; 0: 1. Not sent again if the connection was lost after it was sent (ERROR_BROKEN_PIPE).
 * Errors: ERROR_NOT_FOUND (no live child of that launch that the caller may terminate). */
SB_API DWORD sb_kill(sb_client *client, const char *launch_id, DWORD exit_code, sb_error *error);

/* What the broker is doing. docs/protocol.md, "status", describes each member by its name. */
typedef struct sb_broker_status {
    size_t size;
    const wchar_t *version;
    const wchar_t *pipe;
    const wchar_t *database;
    const wchar_t *audit_state;      /* L"working", L"full" or L"failing" */
    const wchar_t *audit_trouble;    /* why it does not work, or L"" */
    const wchar_t *audit_head;       /* L"" for a caller that may not read all records */
    const wchar_t *audit_public_key; /* the same */
    const wchar_t *policy_sha256;    /* L"": the built-in policy */
    const wchar_t *policy_trouble;   /* why policy.json is not in force, or L"" */
    int64_t policy_since;
    int64_t process_id;
    int64_t uptime_seconds;
    int64_t connections;
    int64_t in_flight; /* requests */
    int64_t children;  /* alive */
    int64_t launches_started;
    int64_t launches_denied;
    int64_t launches_failed;
    int64_t audit_records;
    int64_t audit_commits;
    int64_t audit_commit_us_max;
    int64_t audit_waiting; /* records not yet written */
    int64_t audit_lost;
    int64_t audit_trouble_since;
    int64_t audit_checkpoint_at;
    int64_t handles; /* of the broker's process, as the next two */
    int64_t threads;
    int64_t working_set_bytes;
    int64_t queued;    /* launches that wait for a thread */
    int64_t launching; /* launches under way */
    int64_t launches_at_once;
    int64_t minute_seconds; /* what the next three count: 60 seconds, or fewer if the broker is younger */
    int64_t minute_started;
    int64_t minute_denied;
    int64_t minute_failed;
} sb_broker_status;

/* Needs no right. docs/protocol.md, "status". */
SB_API DWORD sb_status(sb_client *client, sb_broker_status **ret_status, sb_error *error);
/* NULL is fine. */
SB_API void sb_broker_status_free(sb_broker_status *status);

/* Which launches sb_query returns. A launch must match all members that are not NULL or 0; text is compared
 * as docs/protocol.md, "audit.query", says. */
typedef struct sb_query_options {
    size_t size;
    uint32_t limit;    /* launches, at most 1,000; 0: 50 */
    BOOL oldest_first; /* else the newest first */
    int64_t before;    /* only launches with a smaller seq: sb_launches.next, with the newest first */
    int64_t after;     /* only launches with a larger seq: sb_launches.next, with the oldest first */
    int64_t since;     /* requested at this time or later */
    int64_t until;     /* requested before this time */
    const wchar_t *user;
    const wchar_t *caller_image;
    const wchar_t *image;
    const wchar_t *outcome; /* L"started", L"denied", L"failed", L"interrupted" or L"pending" */
    const wchar_t *rule;
    const wchar_t *label;
    const wchar_t *handle_name;
    const wchar_t *handle_type;
    const wchar_t *grep;
    const wchar_t *launch_id;
    DWORD caller_pid;
    DWORD child_pid;
    const DWORD *exit_code;
    int64_t caller_started_at;
    int64_t child_created_at;
} sb_query_options;

typedef struct sb_launch_handle {
    size_t size;
    const wchar_t *name; /* as the caller named it, or L"stdin", L"stdout" or L"stderr" */
    const wchar_t *type; /* the object's, such as L"File" */
    int64_t granted_access;
    int64_t caller_value;
    int64_t child_value;
    int64_t fd; /* 0: none */
} sb_launch_handle;

/* A launch on record: a row of the view launches. docs/audit.md, "Columns", describes each member by its
 * name. */
typedef struct sb_launch {
    size_t size;
    int64_t seq;
    const wchar_t *launch_id;
    int64_t requested_at;
    int64_t caller_pid;
    int64_t caller_started_at;
    int64_t caller_session;
    const wchar_t *caller_image;
    const wchar_t *caller_sid;
    const wchar_t *caller_user;
    const wchar_t *application;
    const wchar_t *command_line;
    const wchar_t *directory;
    const wchar_t *environment_names;
    const wchar_t *environment_hash;
    const wchar_t *lifetime;
    int64_t creation_flags;
    const wchar_t *rule;
    int64_t caller_integrity;
    int64_t caller_elevated;
    const wchar_t *caller_services;
    const wchar_t *launch_key;
    const wchar_t *label;
    const wchar_t *outcome;
    const wchar_t *stage;
    int64_t error_code;
    const wchar_t *error_message;
    int64_t child_pid;
    int64_t child_created_at;
    int64_t attested;
    int64_t started_at;
    int64_t create_us;
    int64_t total_us;
    int64_t exited_at;
    int64_t exit_code;
    int64_t exited_after;
    int64_t user_us;
    int64_t kernel_us;
    int64_t peak_memory_bytes;
    int64_t read_bytes;
    int64_t written_bytes;
    int64_t processes;
    const sb_launch_handle *const *handle_list;
    size_t handle_count;
} sb_launch;

typedef struct sb_launches {
    size_t size;
    const sb_launch *const *launches;
    size_t count;
    BOOL more;       /* other launches may follow */
    int64_t next;    /* if more: the next query's before, or its after with the oldest first */
    int64_t settled; /* the outcome of every launch up to this seq is known */
} sb_launches;

/* Reads a page of the audit: of the caller's launches, or of all. options: NULL for the newest 50 launches.
 * Errors: ERROR_INVALID_PARAMETER (message names the member), ERROR_NO_UNICODE_TRANSLATION.
 * docs/protocol.md, "audit.query". */
SB_API DWORD sb_query(sb_client *client, const sb_query_options *options, sb_launches **ret_launches,
                      sb_error *error);
/* NULL is fine. */
SB_API void sb_launches_free(sb_launches *launches);

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
