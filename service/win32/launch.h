/* The steps of a launch from the handles to the running child. The broker takes them for a caller, the client
 * library (local mode) for its own process. */
#ifndef SB_SERVICE_WIN32_LAUNCH_H
#define SB_SERVICE_WIN32_LAUNCH_H

#include "service/win32/child_view.h"
#include "proto/fault.h"
#include "proto/message.h"
#include "service/win32/image.h"

#include <stdbool.h>
#include <windows.h>

/* The jobs of earlier launches that the child goes into as well, outermost first. */
typedef struct launch_within {
    const HANDLE *jobs;
    size_t count;
    const char *launch_id; /* of the innermost; NULL: count is 0 */
} launch_within;

/* With whose rights the child is created, and which process it inherits handles from. */
typedef struct launch_as {
    HANDLE token;       /* primary token of the child, before it is reduced; NULL: that of this process */
    bool token_is_own;  /* as in create_spec */
    HANDLE impersonate; /* token that opens program and directory; NULL: this process opens them */
    image_file image;   /* the program's file, opened for the decision; file NULL: launch_create opens it */
    const io_bound *bound; /* how long calls about the caller's files may take; NULL: any time */
    bool check_by_path;    /* the path may have come to mean another file: see image_check */
    const char *directory; /* the one that the child starts in; NULL: as the request says */
    HANDLE parent;         /* the process that the child inherits from; NULL: this process */
    DWORD parent_pid;
    const char *launch_id;             /* names the child's job; NULL: it has no name */
    SECURITY_ATTRIBUTES *job_security; /* of the job; NULL: the default */
    launch_within within;              /* the jobs that the caller is in because the broker launched it */
} launch_as;

/* A child. Until launch_resume it is suspended, and closing job terminates it. */
typedef struct launched {
    HANDLE process, thread, job;
    DWORD pid, tid;
    /* Values in the process that received them from launch_hand_back and launch_share_job. */
    HANDLE given_process, given_thread, given_job;
} launched;

/* The name of a launch's job. Another broker opens the job by it, while some process has a handle of it. */
enum { LAUNCH_JOB_NAME_UNITS = 64 };
void launch_job_name(const char *launch_id, wchar_t ret[LAUNCH_JOB_NAME_UNITS]);

/* Creates the job within as->within, and the suspended child in it. Faults: stage create. */
fault_kind launch_create(arena *a, const launch_as *as, const msg_spawn *spawn, const child_handles *handles,
                         launched *ret, fault *ret_fault);
/* Gives a process handles of the child that can wait, query and terminate. Faults: stage hand_back. */
fault_kind launch_hand_back(HANDLE to, launched *child, fault *ret_fault);
/* Sets the job to the requested lifetime and resumes the child, unless it was requested suspended. Faults:
 * stage resume. */
fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault);
/* Gives a process a handle of the child's job that can query and terminate; while it is open, the job exists.
 * Call it after launch_resume: a suspended child must end with this process. On failure given_job is NULL. */
void launch_share_job(HANDLE to, launched *child);
/* Terminates the child, takes back the handles that a process was given, and closes everything. Does nothing
 * if *child is zero. */
void launch_undo(HANDLE to, launched *child);

/* Closes this process's handles of a child, which goes on if it runs. */
void launch_close(launched *child);

/* ---- parts of launch_create, for tests ---- */

/* The desktop of a child. asked NULL: the request names none; session: that of the caller. */
const char *launch_desktop_name(const char *asked, DWORD session);
/* The flags about a console that are added to the flags of the request. */
DWORD launch_console_flags(DWORD asked, const msg_reduce *reduce);

#endif
