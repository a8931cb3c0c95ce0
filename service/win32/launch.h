/* A launch from its handles to a running child, whoever does it: the broker for a caller, or the client
 * library for itself. */
#ifndef SB_SERVICE_WIN32_LAUNCH_H
#define SB_SERVICE_WIN32_LAUNCH_H

#include "service/win32/child_view.h"
#include "proto/fault.h"
#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* As whom the child is made, and whose handles it inherits. */
typedef struct launch_as {
    HANDLE token;       /* primary, the child's, or what it is a part of; NULL: this process's */
    bool token_is_own;  /* create_spec's */
    HANDLE impersonate; /* token to open program and directory with; NULL: as this process */
    HANDLE image; /* the program's file, opened by image_open for what was decided; NULL: to be opened here */
    WORD machine; /* of image */
    bool check_image; /* the path may have come to mean another file: see whose process was made */
    HANDLE parent;    /* that the child inherits from; NULL: this process */
    DWORD parent_pid;
} launch_as;

/* A child that exists. Until launch_resume it is frozen, and closing job kills it. */
typedef struct launched {
    HANDLE process, thread, job;
    DWORD pid, tid;
    /* Values in the process that got them by launch_hand_back and launch_share_job. */
    HANDLE given_process, given_thread, given_job;
} launched;

/* Creates the job and in it the suspended child. Faults: stage create. */
fault_kind launch_create(arena *a, const launch_as *as, const msg_spawn *spawn, const child_handles *handles,
                         launched *ret, fault *ret_fault);
/* Gives a process handles to the child that can wait, ask and end. Faults: stage hand_back. */
fault_kind launch_hand_back(HANDLE to, launched *child, fault *ret_fault);
/* Sets the job to the lifetime asked for and lets the child run, unless it was asked for suspended.
 * Faults: stage resume. */
fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault);
/* Gives a process a handle of the child's job, which can ask and end: while it is open, the job does not
 * close. After launch_resume: a frozen child must end with this process. What fails leaves given_job NULL. */
void launch_share_job(HANDLE to, launched *child);
/* Kills the child, takes back what was given to a process and closes everything. On a zeroed one does
 * nothing. */
void launch_undo(HANDLE to, launched *child);

#endif
