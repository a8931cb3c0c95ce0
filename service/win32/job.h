/* The job of a child: its limits, and whether it ends the child. */
#ifndef SB_SERVICE_WIN32_JOB_H
#define SB_SERVICE_WIN32_JOB_H

#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* Whether a job with these limits does anything to its processes. One that does not lets them leave it. */
bool job_binds(const msg_limits *limits, bool kill_on_close);

/* Sets the limits, and whether closing the last handle of the job terminates its processes. */
DWORD job_limit(HANDLE job, const msg_limits *limits, bool kill_on_close);

/* Whether the job has no running process. */
bool job_is_empty(HANDLE job);

#endif
