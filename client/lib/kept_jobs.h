/* Keeps open the jobs of children that must end with this process. Each stays open while a process is in it;
 * when this process ends, Windows closes the job, which terminates them. */
#ifndef SB_CLIENT_LIB_KEPT_JOBS_H
#define SB_CLIENT_LIB_KEPT_JOBS_H

#include <windows.h>

/* Takes ownership of a job, which needs JOB_OBJECT_QUERY. Any thread. */
void kept_jobs_add(HANDLE job);

#endif
