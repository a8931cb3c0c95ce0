/* A connection, shared by the threads that call (call.c) and the thread that reads (call_reader.c). */
#ifndef SB_CLIENT_LIB_CALL_LINK_H
#define SB_CLIENT_LIB_CALL_LINK_H

#include "client/lib/call.h"

typedef enum slot_state {
    SLOT_FREE,
    SLOT_WAITING,   /* a thread waits for the reply */
    SLOT_ABANDONED, /* the call timed out: its reply is undone when it comes */
    SLOT_ANSWERED
} slot_state;

typedef struct call_slot {
    slot_state state;
    int64_t id;
    void (*undo)(msg_reply *);
    CONDITION_VARIABLE answered;
    msg_reply reply;
} call_slot;

struct call_link {
    HANDLE pipe;  /* the reader closes it at its end; used by one thread that writes, and by the reader */
    HANDLE ended; /* manual-reset event: stop reading and writing */
    HANDLE wrote; /* event of the write in progress */
    HANDLE reader;
    SRWLOCK lock;             /* protects what follows; never held while a thread waits for the broker */
    CONDITION_VARIABLE room;  /* a slot became free */
    CONDITION_VARIABLE quiet; /* no write is in progress */
    bool writing;
    bool broken;
    sb_error why; /* when broken */
    call_slot slots[LIMIT_IN_FLIGHT];
};

/* Marks the link as broken, with the lock held: from now on every call fails. The first reason is kept. */
void call_break(call_link *link, const sb_error *why);

/* Reads replies, as the thread of the link; context is the link. */
DWORD WINAPI call_reader_main(void *context);

#endif
