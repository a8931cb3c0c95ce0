/* The middle of a launch: a suspended child made of a decided, adopted request, and its way to running or to
 * nothing. */
#ifndef SB_SERVICE_LAUNCH_H
#define SB_SERVICE_LAUNCH_H

#include "adopt.h"
#include "caller.h"
#include "fault.h"
#include "message.h"

#include <windows.h>

/* A child that exists. Until launch_resume it is frozen, and closing job kills it. */
typedef struct launched {
    HANDLE process, thread, job;
    DWORD pid, tid;
    HANDLE caller_process, caller_thread; /* values in the caller's process, once handed back */
} launched;

/* Creates the job and in it the suspended child. Faults: stage create. */
fault_kind launch_create(arena *a, const caller *from, const msg_spawn *spawn, const adoption *handles,
                         launched *ret, fault *ret_fault);
/* Proves the child's handles. Faults: stage attest. */
fault_kind launch_attest(const launched *child, const adoption *handles, arena *a, fault *ret_fault);
/* Gives the caller its handles to the child. Faults: stage hand_back. */
fault_kind launch_hand_back(const caller *from, launched *child, fault *ret_fault);
/* Sets the job to the lifetime asked for and lets the child run, unless it was asked for suspended.
 * Faults: stage resume. */
fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault);
/* Kills the child, takes back what was handed back and closes everything. On a zeroed one does nothing. */
void launch_undo(const caller *from, launched *child);

#endif
