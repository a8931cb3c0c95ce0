/* spawn: launches a program. docs/protocol.md, "spawn". */
#ifndef SB_PROTO_MESSAGE_LAUNCH_H
#define SB_PROTO_MESSAGE_LAUNCH_H

#include "proto/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIFETIME_LIST(X) \
    X(CALLER, "caller")  \
    X(BROKER, "broker")  \
    X(DETACHED, "detached")

/* Numbered as sb_lifetime. */
typedef enum msg_lifetime {
#define X(id, name) MSG_LIFETIME_##id,
    LIFETIME_LIST(X)
#undef X
} msg_lifetime;

/* Returns NULL for a number that is no lifetime. */
const char *msg_lifetime_name(msg_lifetime lifetime);

typedef struct msg_handle {
    const char *name;
    uint32_t value;  /* in the caller: the low 32 bits, which Windows sign-extends */
    uint32_t access; /* 0: the same access */
    int fd;          /* 0: none, else 3..LIMIT_FD */
    bool fd_text;    /* the descriptor begins in text mode */
} msg_handle;

/* The limits of a launch's job: X(name, bits of its number, greatest number). Memory is in bytes; cpu_percent
 * is of the whole machine. */
#define LAUNCH_LIMIT_LIST(X)                      \
    X(process_memory_bytes, 64, JSON_INTEGER_MAX) \
    X(job_memory_bytes, 64, JSON_INTEGER_MAX)     \
    X(cpu_percent, 32, 100)                       \
    X(max_processes, 32, UINT32_MAX)

typedef struct msg_limits { /* 0: no limit */
#define X(name, bits, most) uint##bits##_t name;
    LAUNCH_LIMIT_LIST(X)
#undef X
} msg_limits;

typedef struct msg_attributes { /* 0: as every child of the broker has it */
    uint64_t affinity;          /* a bit for each processor that the child may run on */
    uint64_t mitigations[2];    /* PROCESS_CREATION_MITIGATION_POLICY_..., and ..._POLICY2_... */
    bool no_child_processes;
} msg_attributes;

typedef struct msg_reduce {         /* what the child's token lacks of its caller's token */
    bool drop_privileges;           /* all privileges but SeChangeNotify */
    const char *const *deny_groups; /* SIDs that only ever deny the child access */
    size_t deny_group_count;
    bool low_integrity;
    bool restricted; /* only what Everyone, Users, RESTRICTED and the logon session may do as well */
} msg_reduce;

#define STD_LIST(X)   \
    X(INPUT, input)   \
    X(OUTPUT, output) \
    X(ERROR, error)

enum {
#define X(id, name) MSG_STD_##id,
    STD_LIST(X)
#undef X
        MSG_STD_COUNT
};

typedef struct msg_spawn {
    const char *application;        /* resolved by the caller; a launch requires an absolute path */
    const char *command_line;       /* NULL: the application, quoted */
    bool expand;                    /* replace {handle:NAME} in the command line by values in the child */
    const char *directory;          /* absolute */
    const char *const *environment; /* NAME=VALUE */
    size_t environment_count;
    const msg_handle *handles;
    size_t handle_count;
    uint32_t std[MSG_STD_COUNT]; /* values in the caller; 0: NUL in the child */
    uint32_t creation_flags;
    msg_lifetime lifetime;
    msg_limits limits;
    const char *desktop; /* NULL: winsta0\default */
    uint32_t timeout_ms; /* 0: none */
    msg_attributes attributes;
    msg_reduce reduce;
    bool job; /* the caller wants a handle of the child's job */
    bool has_show_window;
    uint32_t show_window; /* as STARTUPINFO.wShowWindow, 16 bits */
    const char *key;      /* LIMIT_KEY_CHARS hexadecimal digits: with it, a launch happens once; or NULL */
    const char *label;    /* what the caller calls the child; NULL: nothing */
    bool no_handles;      /* the caller wants no handle of process, thread and job */
} msg_spawn;

/* Checks everything about a spawn that does not need Windows, in this order: application, command line,
 * directory, environment, handles (names, values, descriptors, duplicates), standard handles, flags,
 * lifetime, limits, desktop, groups, key, label. Writes *ret_fault only if it finds a fault. The command line
 * is checked before {handle:NAME} is expanded, so the code that expands it checks its length again.
 * msg_decode_request calls this; the library calls it when it launches without a broker. */
fault_kind msg_spawn_check(const msg_spawn *spawn, fault *ret_fault);

/* The steps that are timed, in microseconds, each from the end of the step before. */
#define TIME_LIST(X) \
    X(identify) X(decide) X(adopt) X(create) X(attest) X(record) X(hand_back) X(resume) X(total)

typedef struct msg_times {
#define X(name) uint32_t name;
    TIME_LIST(X)
#undef X
} msg_times;

/* Asks what became of the launch of a key. If it did not begin yet, it never will. */
typedef struct msg_outcome {
    const char *key;
    bool no_handles; /* as in msg_spawn */
} msg_outcome;

fault_kind msg_outcome_check(const msg_outcome *outcome, fault *ret_fault);

typedef struct msg_spawn_result {
    const char *launch_id;
    uint32_t process_id;
    uint32_t thread_id;
    uint32_t process; /* handle values in the caller; 0: it has none */
    uint32_t thread;
    uint32_t job; /* 0: none */
    int attested; /* 1, 0, or -1 if the policy turned attestation off */
    msg_times times_us;
} msg_spawn_result;

#endif
