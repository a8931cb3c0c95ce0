/* What the library's own files share. Nothing here is for callers. */
#ifndef SB_CLIENT_LIB_CLIENT_H
#define SB_CLIENT_LIB_CLIENT_H

#include "client/lib/call.h"
#include "proto/fault.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

#define CLIENT_VERSION SB_VERSION /* from CMake */
#define CLIENT_DEFAULT_PIPE L"SpawnBroker"

/* Whether Winsock is in this process: asked again only after a DLL came or went, since the answer is not
 * cheap (under Wine a DLL that is not loaded is searched for on the disk). */
typedef struct socket_watch {
    volatile LONG changes; /* of the DLLs */
    SRWLOCK lock;          /* of what follows */
    LONG known;            /* changes as of the answer */
    HMODULE winsock;
    void *cookie; /* NULL: the loader does not tell, and is asked each time */
} socket_watch;

struct sb_client {
    sb_mode mode;
    HMODULE module; /* this code's, held: a DLL that is freed while a client is open stays until that is
                     * closed, for the threads and the loader that run it */
    socket_watch sockets;
    call_link *link;     /* owned; NULL without a broker */
    struct local *local; /* owned; NULL with one */
};

/* ---- error.c: ret_error is never NULL inside the library ---- */

/* Fills *ret_error, its message cut to fit without splitting a character; returns code. */
DWORD error_set(sb_error *ret_error, DWORD code, sb_stage step, const wchar_t *format, ...);
/* The same of what the broker, or the reading of its reply, says. */
DWORD error_fault(sb_error *ret_error, const fault *f);
DWORD error_memory(sb_error *ret_error);
/* To the caller's struct, which may be NULL, at the end of a public function; returns code. */
DWORD error_publish(sb_error *out, DWORD code, const sb_error *error);

/* ---- sized.c ---- */

typedef struct sized_member {
    size_t offset, end;
} sized_member;

#define SIZED_MEMBER(type, member) \
    { offsetof(type, member), offsetof(type, member) + sizeof(((type *)0)->member) }

/* Copies a caller's sized struct into ours of size bytes: members that the caller's does not have are zero.
 * False when its size ends inside a member, or when what it has behind ours is not all zero. */
bool sized_copy(void *ret, size_t size, const sized_member *members, size_t count, const void *from);

/* ---- connect.c ---- */

enum { PIPE_NAME_UNITS = 257 };

/* What FILE_GENERIC_READ and WRITE ask for, but for the right to make instances (FILE_APPEND_DATA). */
#define PIPE_ACCESS (FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_APPEND_DATA))

/* The whole name of a broker's pipe: the one that is given, else (NULL) of the variable, else the service's.
 */
DWORD connect_pipe_name(const wchar_t *given, wchar_t ret[PIPE_NAME_UNITS], sb_error *ret_error);

/* ---- verify.c ---- */

/* Whether the process that serves pipe may be trusted with handles: docs/c-api.md, "Who serves the pipe".
 * name is the whole name, is_default says that it is the service's. */
DWORD verify_server(HANDLE pipe, const wchar_t *name, bool is_default, sb_error *ret_error);

/* Whether the service is registered on this machine; also where that cannot be told. */
bool verify_service_installed(void);

/* ---- context.c: what a child has of its caller ---- */

/* The strings of a block (NULL: of this process) as UTF-8. */
DWORD context_environment(arena *a, const wchar_t *block, const char *const **ret, size_t *ret_count,
                          sb_error *ret_error);
/* directory made absolute; NULL: the current one. */
DWORD context_directory(arena *a, const wchar_t *directory, const wchar_t **ret, sb_error *ret_error);
/* "winsta0\default" or another; NULL when it is not known. */
const char *context_desktop(arena *a);
/* Whether this process may open that desktop: a child on one that it may not open ends before it runs. */
DWORD context_check_desktop(const wchar_t *desktop, sb_error *ret_error);
/* The processors that this process is confined to; 0 when it may run on all of them, or there are more
 * than a mask has bits for. */
uint64_t context_affinity(void);
/* The priority that a child has of this process where it is given none, as CreateProcess has it:
 * IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS or 0. */
DWORD context_priority(void);

/* ---- socket.c ---- */

/* Winsock, if handles must be asked whether they are such sockets; NULL: none need be, as nearly always. Any
 * thread. */
HMODULE socket_winsock(socket_watch *w);
/* Around the life of a client, which holds the module; without, zeroed, each launch asks. */
void socket_watch_begin(socket_watch *w);
void socket_watch_end(socket_watch *w);
/* False for a socket of a provider whose sockets are not handles of the system: a duplicate of one is of no
 * use. ret_provider gets that provider's name. winsock: of socket_winsock. */
bool socket_is_handle(HMODULE winsock, HANDLE handle, wchar_t ret_provider[256]);

/* ---- spawn.c ---- */

/* sb_spawn; ret_error is not NULL. */
DWORD spawn_on(sb_client *client, const sb_spawn_options *options, sb_process *ret_process,
               sb_error *ret_error);

#endif
