#include "client/lib/call_link.h"
#include "client/lib/client.h"
#include "proto/frame.h"
#include "service/win32/win.h"

void call_break(call_link *link, const sb_error *why) {
    if (link->broken) return;
    link->broken = true;
    link->why = *why;
    for (size_t i = 0; i < LIMIT_IN_FLIGHT; i++) {
        call_slot *slot = &link->slots[i];
        if (slot->state == SLOT_ABANDONED) slot->state = SLOT_FREE;
        WakeAllConditionVariable(&slot->answered);
    }
    WakeAllConditionVariable(&link->room);
    WakeAllConditionVariable(&link->quiet);
    SetEvent(link->ended);
}

/* Gives a reply to the thread that waits for it, or undoes it. */
static void deliver(call_link *link, msg_reply *reply) {
    void (*undo)(msg_reply *) = NULL;
    bool taken = false;
    AcquireSRWLockExclusive(&link->lock);

    for (size_t i = 0; i < LIMIT_IN_FLIGHT; i++) {
        call_slot *slot = &link->slots[i];
        if (slot->id != reply->id) continue;
        if (slot->state == SLOT_WAITING) {
            slot->reply = *reply;
            slot->state = SLOT_ANSWERED;
            taken = true;
            WakeConditionVariable(&slot->answered);
        } else if (slot->state == SLOT_ABANDONED) {
            undo = slot->undo;
            slot->state = SLOT_FREE;
            WakeConditionVariable(&link->room);
        } else {
            continue;
        }
        break;
    }

    ReleaseSRWLockExclusive(&link->lock);
    if (taken) return;
    if (undo && reply->fault.kind == FAULT_NONE) undo(reply);
    msg_reply_free(reply);
}

/* Delivers every complete frame that has been received. False: the stream is broken. */
static bool dispatch(call_link *link, frame_reader *frames, sb_error *ret_why) {
    const char *payload;
    size_t length;
    fault bad;
    frame_state state;

    while ((state = frame_next(frames, &payload, &length, &bad)) == FRAME_READY) {
        msg_reply reply;
        msg_decode_reply(payload, length, &reply);
        if (reply.id < 0) { /* the broker could not read a request, or the server is not a broker */
            bad = reply.fault;
            if (bad.kind == FAULT_NONE)
                fault_set(&bad, FAULT_INVALID_REQUEST, STAGE_REPLY, WIN32_INVALID_DATA, "A reply has no id.");
            msg_reply_free(&reply);
            state = FRAME_BAD;
            break;
        }
        deliver(link, &reply);
    }

    if (state != FRAME_BAD) return true;
    error_fault(ret_why, &bad);
    if (ret_why->stage == SB_STAGE_NONE) ret_why->stage = SB_STAGE_RECEIVE;
    return false;
}

/* Receives the next bytes into the frame reader. */
static DWORD receive(call_link *link, HANDLE done, frame_reader *frames) {
    OVERLAPPED io = {.hEvent = done};
    HANDLE events[] = {done, link->ended};
    DWORD got;
    size_t length;
    void *space = frame_space(frames, &length);
    if (!space) return ERROR_NOT_ENOUGH_MEMORY;
    if (!ReadFile(link->pipe, space, (DWORD)length, NULL, &io)) {
        DWORD err = win_error();
        if (err != ERROR_IO_PENDING) return err;
    }
    if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0) CancelIoEx(link->pipe, &io);
    if (!GetOverlappedResult(link->pipe, &io, &got, TRUE)) return win_error();
    if (!got) return ERROR_BROKEN_PIPE;
    frame_received(frames, got);
    return ERROR_SUCCESS;
}

/* Closes the pipe, with the lock held, as soon as no thread writes to it: call_break has ended the wait of a
 * write in progress. A broker that starts again cannot create its pipe while a client holds an end of the old
 * one (DisconnectNamedPipe's page), and the program may call sb_disconnect much later. */
static void close_pipe(call_link *link) {
    while (link->writing) SleepConditionVariableSRW(&link->quiet, &link->lock, INFINITE, 0);
    win_close(&link->pipe);
}

static void read_replies(call_link *link) {
    frame_reader frames = {0};
    sb_error why;
    DWORD err = ERROR_SUCCESS;
    HANDLE done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!done) err = win_error();
    while (!err && !(err = receive(link, done, &frames)))
        if (!dispatch(link, &frames, &why)) break;
    if (err == ERROR_NOT_ENOUGH_MEMORY) error_memory(&why);
    else if (err)
        error_set(&why, ERROR_BROKEN_PIPE, SB_STAGE_RECEIVE,
                  L"The connection to the broker was lost (error %lu).", err);
    AcquireSRWLockExclusive(&link->lock);
    call_break(link, &why);
    close_pipe(link);
    ReleaseSRWLockExclusive(&link->lock);
    frame_free(&frames);
    win_close(&done);
}

DWORD WINAPI call_reader_main(void *context) {
    read_replies(context);
    return 0;
}
