/* A connection as its two sides see it: the callers (call.c) and the reader (call_reader.c). */
#ifndef SB_CLIENT_LIB_CALL_LINK_H
#define SB_CLIENT_LIB_CALL_LINK_H

#include "client/lib/call.h"

typedef enum slot_state {
    SLOT_FREE,
    SLOT_WAITING,   /* a thread waits for the reply */
    SLOT_ABANDONED, /* its time has passed: the reply is undone when it comes */
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
    HANDLE pipe;
    HANDLE ended; /* manual-reset: no more reading or writing */
    HANDLE wrote; /* completion of the one write under way */
    HANDLE reader;
    volatile LONG64 last_id;
    SRWLOCK lock;            /* of all that follows; held for moments only, never while a call is under way */
    CONDITION_VARIABLE room; /* a slot became free */
    CONDITION_VARIABLE quiet; /* no write is under way */
    bool writing;
    bool broken;
    sb_error why; /* when broken */
    call_slot slots[LIMIT_IN_FLIGHT];
};

/* With the lock held: fails every call from now on; the first reason stays. */
void call_break(call_link *link, const sb_error *why);

/* The thread that reads replies; context is the link. */
DWORD WINAPI call_reader_main(void *context);

#endif
