/* The job that a child is in: its limits and its end. */
#ifndef SB_SERVICE_WIN32_JOB_H
#define SB_SERVICE_WIN32_JOB_H

#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* Sets the limits, and whether closing the last handle of the job ends its processes. */
DWORD job_limit(HANDLE job, const msg_limits *limits, bool kill_on_close);

/* Whether no process is in it. */
bool job_is_empty(HANDLE job);

#endif
