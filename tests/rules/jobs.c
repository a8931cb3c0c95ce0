/* Rule 21: a job keeps the limits that were set, and a query reads them back; its rate of processor time is
 * from 1 to 10,000; it takes no more processes than its limit (ERROR_NOT_ENOUGH_QUOTA, and one that is
 * assigned is terminated); a process that is in a job joins no other if one of them has UI limits. Sources:
 * the pages JOBOBJECT_BASIC_LIMIT_INFORMATION, JOBOBJECT_CPU_RATE_CONTROL_INFORMATION,
 * AssignProcessToJobObject and "Nested Jobs". Wine 8 keeps none of it, and has no rates. It does keep
 * breakaway, and the kill on the last close. */
#include "tests/rules/jobs.h"

#include "tests/rules/lists.h"

#include <string.h>

#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000D
#endif

enum { MOST_CPU_RATE = 10000, MOST_CPU_WEIGHT = 9 };

/* ---- between shared_lock and shared_unlock ---- */

static shared_object *find_job(HANDLE handle) {
    shared_object *o = shared_find(handle);
    return o && o->kind == KIND_JOB ? o : NULL;
}

static shared_job *row_of(const shared_object *o) {
    return &shared->jobs[o->job - 1];
}

static shared_job *add_job(void) {
    for (int swept = 0; swept < 2; swept++) {
        for (DWORD i = 0; i < SHARED_JOBS; i++)
            if (!shared->jobs[i].used) return &shared->jobs[i];
        shared_sweep(); /* a job is there until its processes have ended */
    }
    return NULL;
}

static DWORD members_of(const shared_object *job) {
    DWORD count = 0;
    shared_sweep();
    for (DWORD i = 0; i < SHARED_MEMBERS; i++)
        count += shared->members[i].pid && &shared->objects[shared->members[i].object] == job;
    return count;
}

static bool is_full(const shared_object *job) {
    const JOBOBJECT_BASIC_LIMIT_INFORMATION *limits = &row_of(job)->limits.BasicLimitInformation;
    return limits->LimitFlags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS &&
           members_of(job) >= limits->ActiveProcessLimit;
}

static void add_to_plan(jobs_plan *plan, shared_object *job) {
    for (size_t i = 0; i < plan->count; i++)
        if (plan->jobs[i] == job) return;
    if (plan->count == JOBS_OF_CHILD) return;
    shared_hold(job);
    plan->jobs[plan->count++] = job;
}

static void add_jobs_of(jobs_plan *plan, DWORD pid, uint64_t created) {
    for (DWORD i = 0; i < SHARED_MEMBERS; i++) {
        const shared_member *row = &shared->members[i];
        if (row->pid == pid && row->created == created) add_to_plan(plan, &shared->objects[row->object]);
    }
}

/* Adds a job to those that a process is in. */
static DWORD nest(jobs_plan *plan, shared_object *job) {
    bool ui = row_of(job)->ui != 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->jobs[i] == job) return ERROR_SUCCESS;
        ui |= row_of(plan->jobs[i])->ui != 0;
    }
    if (plan->count && ui) return ERROR_ACCESS_DENIED;
    add_to_plan(plan, job);
    return ERROR_SUCCESS;
}

static void release(jobs_plan *plan) {
    while (plan->count) shared_release(plan->jobs[--plan->count]);
}

static void join_one(DWORD pid, uint64_t created, shared_object *job) {
    if (!pid) return; /* a process that does not say its id */
    for (int swept = 0; swept < 2; swept++) {
        for (DWORD i = 0; i < SHARED_MEMBERS; i++) {
            shared_member *row = &shared->members[i];
            if (row->pid) continue;
            *row = (shared_member){pid, (DWORD)(job - shared->objects), created};
            shared_hold(job);
            return;
        }
        shared_sweep();
    }
}

/* ---- processes that are created ---- */

/* A child is in the jobs of its parent, but for those that it breaks away from: Wine sees to it that it may.
 * Those of the list are added to them. */
DWORD jobs_plan_for(const void *list, DWORD flags, jobs_plan *ret) {
    rules_attribute parent, listed;
    DWORD err = ERROR_SUCCESS;
    *ret = (jobs_plan){0};
    if (!rules_on(RULES_JOBS)) return err;
    const HANDLE process = lists_get(list, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent)
                               ? *(HANDLE *)parent.copy
                               : GetCurrentProcess();
    const DWORD pid = shared_pid(process);
    const uint64_t created = shared_created(process);
    const bool has_list = lists_get(list, PROC_THREAD_ATTRIBUTE_JOB_LIST, &listed);

    shared_lock();
    if (!(flags & CREATE_BREAKAWAY_FROM_JOB)) add_jobs_of(ret, pid, created);
    for (size_t i = ret->count; i--;) {
        if (!(row_of(ret->jobs[i])->limits.BasicLimitInformation.LimitFlags &
              JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK))
            continue;
        shared_release(ret->jobs[i]);
        ret->jobs[i] = ret->jobs[--ret->count];
    }
    for (size_t i = 0; has_list && !err && i < listed.size / sizeof(HANDLE); i++) {
        shared_object *job = find_job(((HANDLE *)listed.copy)[i]);
        if (job) err = nest(ret, job);
    }
    for (size_t i = 0; !err && i < ret->count; i++)
        if (is_full(ret->jobs[i])) err = ERROR_NOT_ENOUGH_QUOTA;
    if (err) release(ret);
    shared_unlock();
    return err;
}

void jobs_join(HANDLE process, const jobs_plan *plan) {
    const DWORD pid = shared_pid(process);
    const uint64_t created = shared_created(process);
    shared_lock();
    for (size_t i = 0; i < plan->count; i++) join_one(pid, created, plan->jobs[i]);
    shared_unlock();
}

void jobs_forget(jobs_plan *plan) {
    if (!plan->count) return;
    shared_lock();
    release(plan);
    shared_unlock();
}

/* ---- jobs ---- */

/* A job that was there already, by its name, is not followed. */
HANDLE WINAPI rules_CreateJobObjectW(LPSECURITY_ATTRIBUTES security, LPCWSTR name) {
    HANDLE made = real.CreateJobObjectW(security, name);
    DWORD err = GetLastError();
    if (!made || (name && err == ERROR_ALREADY_EXISTS)) return made;
    shared_lock();
    shared_job *row = add_job();
    shared_object *o = row ? shared_add(made, KIND_JOB, false) : NULL;
    if (o) {
        *row = (shared_job){.used = true};
        o->job = (DWORD)(row - shared->jobs) + 1;
    }
    shared_unlock();
    SetLastError(err);
    return made;
}

static bool is_rate(const JOBOBJECT_CPU_RATE_CONTROL_INFORMATION *rate) {
    if (!(rate->ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_ENABLE)) return !rate->ControlFlags;
    const DWORD most =
        rate->ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_WEIGHT_BASED ? MOST_CPU_WEIGHT : MOST_CPU_RATE;
    return rate->CpuRate >= 1 && rate->CpuRate <= most;
}

static bool is_followed(HANDLE job) {
    if (!rules_on(RULES_JOBS) || !shared_may_have(GetCurrentProcessId(), job)) return false;
    shared_lock();
    bool found = find_job(job) != NULL;
    shared_unlock();
    return found;
}

BOOL WINAPI rules_SetInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, LPVOID value, DWORD size) {
    if (!is_followed(job)) return real.SetInformationJobObject(job, class, value, size);
    if (class == JobObjectCpuRateControlInformation) {
        if (size != sizeof(JOBOBJECT_CPU_RATE_CONTROL_INFORMATION)) return rules_fail(ERROR_BAD_LENGTH);
        if (!is_rate(value)) return rules_fail(ERROR_INVALID_PARAMETER);
    } else if (!real.SetInformationJobObject(job, class, value, size)) {
        return FALSE;
    }

    shared_lock();
    shared_object *o = find_job(job);
    shared_job *row = o ? row_of(o) : NULL;
    if (row && class == JobObjectCpuRateControlInformation) memcpy(&row->cpu, value, size);
    if (row && class == JobObjectExtendedLimitInformation) memcpy(&row->limits, value, sizeof row->limits);
    if (row && class == JobObjectBasicLimitInformation)
        memcpy(&row->limits.BasicLimitInformation, value, sizeof row->limits.BasicLimitInformation);
    if (row && class == JobObjectBasicUIRestrictions) memcpy(&row->ui, value, sizeof row->ui);
    shared_unlock();
    return TRUE;
}

BOOL WINAPI rules_QueryInformationJobObject(HANDLE job, JOBOBJECTINFOCLASS class, LPVOID value, DWORD size,
                                            LPDWORD ret_size) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION *all = value;
    shared_job row = {0};
    if (!is_followed(job)) return real.QueryInformationJobObject(job, class, value, size, ret_size);
    shared_lock();
    const shared_object *o = find_job(job);
    if (o) row = *row_of(o);
    shared_unlock();

    if (class == JobObjectCpuRateControlInformation) {
        if (size != sizeof row.cpu) return rules_fail(ERROR_BAD_LENGTH);
        if (ret_size) *ret_size = size;
        memcpy(value, &row.cpu, size);
        return TRUE;
    }
    if (!real.QueryInformationJobObject(job, class, value, size, ret_size)) return FALSE;
    if (class == JobObjectExtendedLimitInformation) {
        all->BasicLimitInformation = row.limits.BasicLimitInformation;
        all->ProcessMemoryLimit = row.limits.ProcessMemoryLimit;
        all->JobMemoryLimit = row.limits.JobMemoryLimit;
    }
    if (class == JobObjectBasicLimitInformation)
        memcpy(value, &row.limits.BasicLimitInformation, sizeof row.limits.BasicLimitInformation);
    if (class == JobObjectBasicUIRestrictions) memcpy(value, &row.ui, sizeof row.ui);
    return TRUE;
}

BOOL WINAPI rules_AssignProcessToJobObject(HANDLE job, HANDLE process) {
    jobs_plan plan = {0};
    DWORD err = ERROR_SUCCESS;
    if (!is_followed(job)) return real.AssignProcessToJobObject(job, process);
    const DWORD pid = shared_pid(process);
    const uint64_t created = shared_created(process);

    shared_lock();
    shared_object *o = find_job(job);
    add_jobs_of(&plan, pid, created);
    const size_t before = plan.count;
    if (o) err = nest(&plan, o);
    const bool joins = plan.count > before;
    if (!err && joins && is_full(o)) err = ERROR_NOT_ENOUGH_QUOTA;
    shared_unlock();

    if (err == ERROR_NOT_ENOUGH_QUOTA) TerminateProcess(process, err);
    if (!err && !real.AssignProcessToJobObject(job, process)) err = GetLastError();
    shared_lock();
    if (!err && joins) join_one(pid, created, o);
    release(&plan);
    shared_unlock();
    return err ? rules_fail(err) : TRUE;
}
