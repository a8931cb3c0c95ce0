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

/* What the processes of a job have used so far. A negative number is not known. */
typedef struct job_use {
    int64_t user_us, kernel_us; /* processor time */
    int64_t peak_memory_bytes;  /* the most that was committed at one time */
    int64_t read_bytes, written_bytes;
    int64_t processes; /* that have ever been in it */
} job_use;

/* Reads what the job (NULL: it is not known) has used. What the system does not know of the job is that of
 * the process alone. */
void job_use_read(HANDLE job, HANDLE process, job_use *ret);

#endif
