#include "client/lib/call_link.h"
#include "client/lib/client.h"
#include "service/win32/win.h"

#include <stdlib.h>

enum { DRAIN_MS = 5000 }; /* how long call_close waits for late replies */

uint64_t call_deadline(DWORD timeout_ms) {
    return timeout_ms ? GetTickCount64() + timeout_ms : CALL_NO_DEADLINE;
}

DWORD call_remaining(uint64_t deadline) {
    if (deadline == CALL_NO_DEADLINE) return INFINITE;
    uint64_t now = GetTickCount64();
    if (now >= deadline) return 0;
    return deadline - now < INFINITE ? (DWORD)(deadline - now) : INFINITE - 1;
}

int64_t call_id(void) {
    static volatile LONG64 last;
    return InterlockedIncrement64(&last);
}

bool call_broken(call_link *link) {
    AcquireSRWLockShared(&link->lock);
    bool broken = link->broken;
    ReleaseSRWLockShared(&link->lock);
    return broken;
}

/* Writes a whole frame. The broker could not read on after a part of one: a failure must end the link. A
 * write that fails at once has written nothing. */
static DWORD write_frame(call_link *link, call_request *request, sb_error *ret_error) {
    OVERLAPPED io = {.hEvent = link->wrote};
    HANDLE events[] = {link->wrote, link->ended};
    DWORD written, waited = WAIT_OBJECT_0;
    bool done =
        WriteFile(link->pipe, request->frame, (DWORD)request->length, NULL, &io); /* nearly always at once */

    if (!done) {
        DWORD err = win_error();
        if (err != ERROR_IO_PENDING) {
            request->fate = CALL_UNSENT;
            return error_set(ret_error, ERROR_BROKEN_PIPE, SB_STAGE_SEND,
                             L"The connection to the broker was lost (error %lu).", err);
        }
        waited = WaitForMultipleObjects(2, events, FALSE, call_remaining(request->deadline));
    }

    if (waited != WAIT_OBJECT_0) CancelIoEx(link->pipe, &io);
    if (GetOverlappedResult(link->pipe, &io, &written, TRUE) && written == request->length)
        return ERROR_SUCCESS;
    request->fate = waited == WAIT_TIMEOUT ? CALL_LATE : CALL_LOST;
    if (waited == WAIT_TIMEOUT)
        return error_set(ret_error, ERROR_TIMEOUT, SB_STAGE_SEND,
                         L"The broker did not read the request in time.");

    return error_set(ret_error, ERROR_BROKEN_PIPE, SB_STAGE_SEND, L"The connection to the broker was lost.");
}

static call_slot *free_slot(call_link *link) {
    for (size_t i = 0; i < LIMIT_IN_FLIGHT; i++)
        if (link->slots[i].state == SLOT_FREE) return &link->slots[i];
    return NULL;
}

/* Waits, with the lock held, for a free slot and then for the turn to write. No wake-up is lost: each waiter
 * checks its condition again before it sleeps. */
static DWORD take_turn(call_link *link, call_request *request, call_slot **ret_slot, sb_error *ret_error) {
    call_slot *slot = NULL;
    bool in_time = true;
    while (!link->broken && !(slot = free_slot(link)) && in_time)
        in_time = SleepConditionVariableSRW(&link->room, &link->lock, call_remaining(request->deadline), 0);

    if (!link->broken && slot) {
        slot->state = SLOT_WAITING;
        slot->id = request->id;
        slot->undo = request->undo;
        while (!link->broken && link->writing && in_time)
            in_time =
                SleepConditionVariableSRW(&link->quiet, &link->lock, call_remaining(request->deadline), 0);
        if (!link->broken && !link->writing) {
            link->writing = true;
            *ret_slot = slot;
            return ERROR_SUCCESS;
        }
        slot->state = SLOT_FREE;
        WakeConditionVariable(&link->room);
    }

    request->fate = link->broken ? CALL_UNSENT : CALL_LATE;
    if (link->broken) {
        *ret_error = link->why;
        return link->why.code;
    }

    return error_set(
        ret_error, ERROR_TIMEOUT, SB_STAGE_SEND,
        L"Too many requests are waiting on this connection: no turn came in time. Use another connection, or a longer "
        L"timeout.");
}

/* Waits, with the lock held, for the reply of the slot. */
static DWORD take_reply(call_link *link, call_request *request, call_slot *slot, msg_reply *ret_reply,
                        sb_error *ret_error) {
    bool in_time = true;
    while (slot->state == SLOT_WAITING && !link->broken && in_time)
        in_time =
            SleepConditionVariableSRW(&slot->answered, &link->lock, call_remaining(request->deadline), 0);

    if (slot->state == SLOT_ANSWERED) {
        request->fate = CALL_ANSWERED;
        *ret_reply = slot->reply;
        slot->state = SLOT_FREE;
        WakeConditionVariable(&link->room);
        return ERROR_SUCCESS;
    }

    request->fate = link->broken ? CALL_LOST : CALL_LATE;
    if (link->broken) {
        slot->state = SLOT_FREE;
        *ret_error = link->why;
        return link->why.code;
    }

    slot->state = SLOT_ABANDONED;
    return error_set(ret_error, ERROR_TIMEOUT, SB_STAGE_RECEIVE, L"The broker did not answer in time.");
}

DWORD call_exchange(call_link *link, call_request *request, msg_reply *ret_reply, sb_error *ret_error) {
    call_slot *slot = NULL;
    msg_reply reply;
    request->fault = FAULT_NONE;
    AcquireSRWLockExclusive(&link->lock);
    DWORD err = take_turn(link, request, &slot, ret_error);
    if (err) goto done;

    ReleaseSRWLockExclusive(&link->lock);
    err = write_frame(link, request, ret_error);
    AcquireSRWLockExclusive(&link->lock);
    link->writing = false;
    WakeAllConditionVariable(&link->quiet); /* the reader may wait, too */
    if (err) {
        sb_error why;
        error_set(&why, ERROR_BROKEN_PIPE, SB_STAGE_SEND,
                  L"The connection to the broker was lost in a request.");
        call_break(link, &why);
        slot->state = SLOT_FREE;
        goto done;
    }
    err = take_reply(link, request, slot, &reply, ret_error);

done:
    ReleaseSRWLockExclusive(&link->lock);
    if (err) return err;
    if (reply.fault.kind != FAULT_NONE) {
        request->fault = reply.fault.kind;
        err = error_fault(ret_error, &reply.fault);
        msg_reply_free(&reply);
        return err;
    }
    *ret_reply = reply;
    return ERROR_SUCCESS;
}

/* ---- life ---- */

static void free_link(call_link *link) {
    win_close(&link->reader);
    win_close(&link->wrote);
    win_close(&link->ended);
    free(link);
}

DWORD call_open(HANDLE pipe, call_link **ret_link, sb_error *ret_error) {
    call_link *link = calloc(1, sizeof *link);
    if (!link) return error_memory(ret_error);
    link->pipe = pipe;
    if (!(link->ended = CreateEventW(NULL, TRUE, FALSE, NULL)) ||
        !(link->wrote = CreateEventW(NULL, TRUE, FALSE, NULL)) ||
        !(link->reader = CreateThread(NULL, 0, call_reader_main, link, 0, NULL))) {
        DWORD err = win_error();
        free_link(link);
        return error_set(ret_error, err, SB_STAGE_CONNECT,
                         L"Cannot create the thread that reads replies (error %lu).", err);
    }
    *ret_link = link;
    return ERROR_SUCCESS;
}

static bool has_abandoned(const call_link *link) {
    for (size_t i = 0; i < LIMIT_IN_FLIGHT; i++)
        if (link->slots[i].state == SLOT_ABANDONED) return true;
    return false;
}

bool call_drained(call_link *link) {
    AcquireSRWLockShared(&link->lock);
    bool drained = link->broken || !has_abandoned(link);
    ReleaseSRWLockShared(&link->lock);
    return drained;
}

uint64_t call_drain_deadline(void) {
    return call_deadline(DRAIN_MS);
}

void call_close(call_link *link, uint64_t deadline) {
    if (!link) return;
    bool in_time = true;
    AcquireSRWLockExclusive(&link->lock);
    while (!link->broken && has_abandoned(link) && in_time)
        in_time = SleepConditionVariableSRW(&link->room, &link->lock, call_remaining(deadline), 0);
    ReleaseSRWLockExclusive(&link->lock);
    SetEvent(link->ended);
    WaitForSingleObject(link->reader, INFINITE); /* it closes the pipe */
    free_link(link);
}
