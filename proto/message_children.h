/* list, wait and kill: live children. docs/protocol.md, "list", "wait" and "kill". */
#ifndef SB_PROTO_MESSAGE_CHILDREN_H
#define SB_PROTO_MESSAGE_CHILDREN_H

#include "proto/message_launch.h"

typedef struct msg_child {
    const char *launch_id;
    uint32_t process_id;
    uint32_t caller_pid;
    const char *user;
    const char *application;
    int64_t started_at; /* microseconds since 1970 */
    uint32_t handles;
    msg_lifetime lifetime;
    const char *label; /* NULL: none */
} msg_child;

/* If the children do not fit in a frame, the encoder sends as many of the first as do and sets more. */
typedef struct msg_children {
    const msg_child *children;
    size_t count;
    bool more;
} msg_children;

/* Waits for the exit of a launch's child. */
typedef struct msg_wait {
    const char *launch_id;
    bool has_timeout_ms;
    uint32_t timeout_ms; /* how long; without it, as long as the connection lives */
} msg_wait;

typedef struct msg_waited {
    const char *launch_id;
    bool exited;                       /* false: the time has passed */
    bool has_exit_code, has_exited_at; /* exited, and that is known */
    int64_t exit_code, exited_at;
} msg_waited;

typedef struct msg_kill {
    const char *launch_id; /* of a live child; Windows may have given its process id to another process */
    uint32_t exit_code;    /* of the terminated processes; 0, as when it is absent: 1 */
} msg_kill;

typedef struct msg_killed {
    uint32_t process_id; /* of the child, which is terminated with all its descendants */
} msg_killed;

#endif
