/* What the programs with the layer know together: a file of Windows' temporary directory that each maps. A
 * file, as the name of a section lives no longer than a handle of it, and a handle of the layer's would be
 * one that a test counts. */
#ifndef SB_TESTS_RULES_SHARED_H
#define SB_TESTS_RULES_SHARED_H

#include "tests/rules/layer.h"

enum {
    SHARED_PROCESSES = 1024,
    SHARED_BUCKETS = 8192,
    SHARED_HANDLES = 16384,
    SHARED_OBJECTS = 8192,
    SHARED_INSTANCES = 4096,
    SHARED_PIPES = 256,
    SHARED_JOBS = 1024,
    SHARED_MEMBERS = 4096,
    SHARED_TOKENS = 1024,
    SHARED_SIDS = 16,
    SHARED_NAME = 128,
    SHARED_DESCRIPTOR = 1024
};

/* A process with the layer, in a row by its id, which a later process takes over. It is read only by a second
 * module of the same process. Process ids come again; with the time of creation they do not. */
typedef struct shared_process_row {
    DWORD pid;
    uint64_t created;
    rules_process *own; /* in that process */
} shared_process_row;

/* A handle of a pipe's end. Rows of processes that have ended are dropped by shared_sweep. */
typedef struct shared_handle {
    DWORD pid, object; /* pid 0: free; an index */
    uint64_t created, value;
    DWORD next; /* in the bucket: an index plus 1, or 0 */
} shared_handle;

typedef enum shared_kind { KIND_FREE, KIND_FILE, KIND_SERVER, KIND_CLIENT, KIND_JOB } shared_kind;

/* A file object, which lives as long as a handle of it; or a job, which lives also as long as a member. */
typedef struct shared_object {
    shared_kind kind;
    bool synchronous;
    DWORD opener, flags; /* the process that made it; of KIND_CLIENT: CreateFile's flags */
    DWORD handles, busy; /* busy: the process whose call it serves, or 0 */
    DWORD job;           /* of KIND_JOB: an index plus 1 */
    DWORD instance;      /* of KIND_SERVER, and of KIND_CLIENT until it is disconnected: an index plus 1 */
    uint64_t token;      /* of KIND_CLIENT: the opener's handle of the token that its thread had, or 0 */
} shared_object;

typedef enum shared_pipe_state {
    PIPE_FREE,
    PIPE_LISTENING,
    PIPE_CONNECTED,
    PIPE_CLOSING,
    PIPE_GONE
} shared_pipe_state;

/* One instance of a pipe. It is there until both ends are closed. */
typedef struct shared_instance {
    shared_pipe_state state; /* PIPE_GONE: disconnected by the server */
    DWORD pipe;
    DWORD server, client; /* objects, plus 1; 0: none any more, or none yet */
    uint64_t turn;        /* clients are given to the one that listens longest */
} shared_instance;

/* A pipe by its name, for as long as it has an instance. */
typedef struct shared_pipe {
    wchar_t name[SHARED_NAME]; /* in upper case; empty: free */
    DWORD instances, most, direction;
    bool rejects_remote;                /* PIPE_REJECT_REMOTE_CLIENTS of the first instance */
    BYTE descriptor[SHARED_DESCRIPTOR]; /* of the first instance, self-relative */
} shared_pipe;

/* What was set on a job. */
typedef struct shared_job {
    bool used;
    DWORD ui;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION cpu;
} shared_job;

/* A process that is in a job. */
typedef struct shared_member {
    DWORD pid, object; /* pid 0: free; an index */
    uint64_t created;
} shared_member;

/* What was taken from a token that Wine leaves in it. */
typedef struct shared_token {
    bool has_integrity, restricted, user_denied;
    bool in_session_0; /* and so without WinSta0 */
    bool no_desktop;   /* of a child: it was given one that its token cannot open */
    DWORD integrity, count;
    BYTE sids[SHARED_SIDS][SECURITY_MAX_SID_SIZE]; /* the restricting ones */
} shared_token;

typedef struct shared_state {
    volatile LONG64 lock; /* the holder: its id, and above it the low half of its creation time */
    DWORD handles;        /* no row in use is beyond */
    volatile DWORD buckets[SHARED_BUCKETS]; /* by process and value: an index plus 1, or 0 */
    uint64_t turn;
    shared_process_row processes[SHARED_PROCESSES];
    shared_handle handle_rows[SHARED_HANDLES];
    shared_object objects[SHARED_OBJECTS];
    shared_instance instances[SHARED_INSTANCES];
    shared_pipe pipes[SHARED_PIPES];
    shared_job jobs[SHARED_JOBS];
    shared_member members[SHARED_MEMBERS];
    LONG64 boot; /* when Wine began: its numbers of tokens begin again */
    DWORD next_token;
    volatile bool any_token;
    uint64_t token_ids[SHARED_TOKENS]; /* 0: free */
    shared_token tokens[SHARED_TOKENS];
} shared_state;

/* Between shared_lock and shared_unlock only. */
extern shared_state *shared;

bool shared_open(void);
void shared_lock(void);
void shared_unlock(void);

/* ---- handles: between shared_lock and shared_unlock ---- */

/* Returns whether a handle may have a row; false is certain. Needs no lock. */
bool shared_may_have(DWORD pid, HANDLE handle);
/* The object of a handle of this process, or NULL. */
shared_object *shared_find(HANDLE handle);
/* The object of a handle of another. */
shared_object *shared_find_of(DWORD pid, HANDLE handle);
/* Makes an object that a handle of this process has. */
shared_object *shared_add(HANDLE handle, shared_kind kind, bool synchronous);
/* Notes that a process (created: its time of creation) has a handle of the object too. */
void shared_add_handle(DWORD pid, uint64_t created, HANDLE handle, shared_object *object);
/* Forgets a handle of a process, and what is there only for it. */
void shared_drop(DWORD pid, HANDLE handle);
/* Keeps an object while no handle of it has a row, and lets it go. */
void shared_hold(shared_object *object);
void shared_release(shared_object *object);
/* Forgets the handles and the memberships of the processes that have ended. It asks for all processes: call
 * it where a row of an ended one would change the answer. */
void shared_sweep(void);
/* An instance of the pipe that a server's end was just made for, and the end that a client has of the
 * instance that listens longest. */
void shared_serve(shared_object *server, shared_pipe *pipe);
void shared_connect(shared_object *client, shared_pipe *pipe);
/* The server lets its client go. */
void shared_disconnect(shared_object *server);
shared_pipe *shared_pipe_find(const wchar_t *name);
shared_pipe *shared_pipe_add(const wchar_t *name);

/* A process's id, and when it was created; 0 if that is not known. */
DWORD shared_pid(HANDLE process);
uint64_t shared_created(HANDLE process);
/* Returns whether a process of that id runs. */
bool shared_runs(DWORD pid);

/* This process's, which the first module with the layer sets; NULL until then. */
rules_process *shared_process(void);
void shared_set_process(rules_process *own);

#endif
