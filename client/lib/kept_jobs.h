/* The jobs of children that end with this process: each stays open while a process is in it, so that it
 * closes, and ends them, when this process ends, whoever else has ended by then. */
#ifndef SB_CLIENT_LIB_KEPT_JOBS_H
#define SB_CLIENT_LIB_KEPT_JOBS_H

#include <windows.h>

/* Takes a job, with JOB_OBJECT_QUERY. Any thread. */
void kept_jobs_add(HANDLE job);

#endif
