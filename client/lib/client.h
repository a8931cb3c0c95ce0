/* What the files of the library share; not for callers. */
#ifndef SB_CLIENT_LIB_CLIENT_H
#define SB_CLIENT_LIB_CLIENT_H

#include "client/lib/call.h"
#include "proto/fault.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

#define CLIENT_VERSION SB_VERSION /* from CMake */

/* Remembers whether Winsock is loaded in this process. It is looked up again only after a DLL was loaded or
 * unloaded, since that takes time: under Wine, a DLL that is not loaded is searched for on the disk. */
typedef struct socket_watch {
    volatile LONG changes; /* how often a DLL was loaded or unloaded */
    SRWLOCK lock;          /* protects what follows */
    LONG known;            /* the value of changes when winsock was looked up */
    HMODULE winsock;
    void *cookie; /* NULL: the loader does not notify; Winsock is looked up each time */
} socket_watch;

struct sb_client {
    sb_mode mode;
    HMODULE module; /* a reference to this code's own DLL: it stays loaded while the client is open, because
                     * the reader and the loader run its code */
    socket_watch sockets;
    struct connections *connections; /* owned; NULL without a broker */
    struct local *local;             /* owned; NULL with one */
};

/* ---- error.c: ret_error is never NULL inside the library ---- */

/* Fills *ret_error and returns code. A message that is too long is cut between characters. */
DWORD error_set(sb_error *ret_error, DWORD code, sb_stage step, const wchar_t *format, ...);
/* Fills *ret_error from a fault of the broker, or of reading its reply. */
DWORD error_fault(sb_error *ret_error, const fault *f);
DWORD error_memory(sb_error *ret_error);
/* Copies to the caller's struct, which may be NULL, at the end of a public function. Returns code. */
DWORD error_publish(sb_error *out, DWORD code, const sb_error *error);

/* ---- sized.c ---- */

typedef struct sized_member {
    size_t offset, end;
} sized_member;

#define SIZED_MEMBER(type, member) \
    { offsetof(type, member), offsetof(type, member) + sizeof(((type *)0)->member) }

/* Copies a caller's sized struct to ours of size bytes; members that the caller's lacks become zero. False:
 * the caller's size ends inside a member, or it has members that ours lacks and that are not zero. */
bool sized_copy(void *ret, size_t size, const sized_member *members, size_t count, const void *from);

/* ---- connect.c ---- */

enum { PIPE_NAME_UNITS = 257 };

/* FILE_GENERIC_READ and WRITE without FILE_APPEND_DATA, which for a pipe is the right to create instances. */
#define PIPE_ACCESS (FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_APPEND_DATA))

/* The whole names of the pipes that may be a broker's, to be tried in this order: the next one counts only if
 * there is no pipe of the first name (ERROR_FILE_NOT_FOUND). */
typedef struct pipe_names {
    wchar_t at[2][PIPE_NAME_UNITS];
    size_t count;
} pipe_names;

/* Makes the names. given NULL: the name in SPAWN_BROKER_PIPE; else the service's two pipes, first the one
 * that only administrators can create. */
DWORD connect_pipe_names(const wchar_t *given, pipe_names *ret, sb_error *ret_error);

/* Returns whether a whole name is that of a pipe of the service as it is installed by default. */
bool connect_is_services_pipe(const wchar_t *name);

/* Connects to the first of the names that has a pipe, checks its server and says hello. *ret_name is the
 * index of that name. */
DWORD connect_link(const pipe_names *names, uint64_t deadline, call_link **ret_link, size_t *ret_name,
                   sb_error *ret_error);

/* ---- server_trust.c ---- */

/* Checks that the process which serves pipe may be trusted with handles: docs/c-api.md, "Who serves the
 * pipe". name is the whole name; is_default: it is the service's. */
DWORD server_trust_check(HANDLE pipe, const wchar_t *name, bool is_default, sb_error *ret_error);

/* Whether the service is registered on this machine. True also when that cannot be found out. */
bool server_trust_service_installed(void);

/* ---- context.c: what a child takes over from its caller ---- */

/* The strings of an environment block as UTF-8. block NULL: that of this process. */
DWORD context_environment(arena *a, const wchar_t *block, const char *const **ret, size_t *ret_count,
                          sb_error *ret_error);
/* Makes directory absolute. NULL: the current directory. */
DWORD context_directory(arena *a, const wchar_t *directory, const wchar_t **ret, sb_error *ret_error);
/* "winsta0\default" or another; NULL when it is not known. */
const char *context_desktop(arena *a);
/* Checks that this process may open the desktop: a child ends before it runs if it may not. */
DWORD context_check_desktop(const wchar_t *desktop, sb_error *ret_error);
/* The processors that this process is confined to. 0: it may run on all of them, or the machine has more than
 * a mask has bits. */
uint64_t context_affinity(void);
/* The priority that a child takes over from this process when the request has none, as with CreateProcess:
 * IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, or 0 for normal. */
DWORD context_priority(void);

/* ---- socket.c ---- */

/* Returns Winsock if handles must be checked with socket_is_handle. NULL: they need not be, which is nearly
 * always so. Any thread. */
HMODULE socket_winsock(socket_watch *w);
/* Begin and end the watch of a client, which holds the module. A watch that is zero looks Winsock up each
 * time. */
void socket_watch_begin(socket_watch *w);
void socket_watch_end(socket_watch *w);
/* Whether a handle can be duplicated. False: it is a socket of a provider whose sockets are not handles of
 * the system; ret_provider is the provider's name. winsock is from socket_winsock. */
bool socket_is_handle(HMODULE winsock, HANDLE handle, wchar_t ret_provider[256]);

/* ---- spawn.c ---- */

/* sb_spawn; ret_error is not NULL. */
DWORD spawn_on(sb_client *client, const sb_spawn_options *options, sb_process *ret_process,
               sb_error *ret_error);

#endif
