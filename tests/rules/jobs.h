/* Jobs, and which processes are in them. */
#ifndef SB_TESTS_RULES_JOBS_H
#define SB_TESTS_RULES_JOBS_H

#include "tests/rules/shared.h"

/* The jobs that a child will be in. Each is held until jobs_forget. */
enum { JOBS_OF_CHILD = 16 };
typedef struct jobs_plan {
    shared_object *jobs[JOBS_OF_CHILD];
    size_t count;
} jobs_plan;

/* Finds the jobs of a child that is made with these attributes (NULL: none) and flags. Returns what
 * CreateProcess says to that on Windows; on an error, the plan is empty. */
DWORD jobs_plan_for(const void *list, DWORD flags, jobs_plan *ret);
/* Notes that the child is in them. It must not have run. */
void jobs_join(HANDLE process, const jobs_plan *plan);
void jobs_forget(jobs_plan *plan);

#endif
