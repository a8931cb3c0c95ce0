#include "service/broker/children.h"

#include "service/broker/accounts.h"
#include "service/win32/job.h"
#include "service/broker/quota.h"
#include "service/win32/stack.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

struct child {
    struct child *next, **link;
    children *all;
    HANDLE process;
    enclosure *own; /* its job, lifetime and launch id */
    PTP_WAIT wait;
    caller *from;
    char *application, *label;
    DWORD pid;
    uint32_t handles;
    int64_t started_at;
    bool started; /* children_start; before it, only children_around looks at the child */
    bool ended;
};

struct children {
    recorder *records;
    exit_waits *waits;
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    child *first;
    size_t live;    /* children that have not exited */
    size_t leaving; /* removed from the list, but not freed yet */
    bool closing;   /* children_destroy frees what is left */
};

enum { END_WAIT_MS = 3000, EXIT_CODE_ENDED = 1 };

static void child_free(child *c) {
    if (c->wait) CloseThreadpoolWait(c->wait);
    win_close(&c->process);
    enclosure_release(&c->own);
    caller_release(&c->from);
    free(c->application);
    free(c->label);
    free(c);
}

/* Adds the child to the list, with the lock held: the newest first. So the job of a launch comes before those
 * around it. */
static void link_child(child *c) {
    c->next = c->all->first;
    c->link = &c->all->first;
    if (c->next) c->next->link = &c->next;
    c->all->first = c;
}

/* Removes the child from the list, with the lock held. */
static void unlink_child(child *c) {
    *c->link = c->next;
    if (c->next) c->next->link = c->link;
}

/* Describes the exit of a child that has exited. */
static audit_exit exit_of(const child *c, const char *launch_id) {
    FILETIME created, exited, kernel, user;
    DWORD code = 0;
    job_use use;
    GetExitCodeProcess(c->process, &code);
    job_use_read(c->own->job, c->process, &use);
    bool known = GetProcessTimes(c->process, &created, &exited, &kernel, &user);
    return (audit_exit){.launch_id = launch_id,
                        .exited_at = known ? win_filetime_us(exited) : win_now_us(),
                        .exit_code = code,
                        .user_us = use.user_us,
                        .kernel_us = use.kernel_us,
                        .peak_memory_bytes = use.peak_memory_bytes,
                        .read_bytes = use.read_bytes,
                        .written_bytes = use.written_bytes,
                        .processes = use.processes};
}

static void CALLBACK on_exit_of_child(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *wait,
                                      TP_WAIT_RESULT result) {
    child *c = context;
    children *all = c->all;
    char launch_id[sizeof c->own->launch_id];
    (void)instance, (void)wait, (void)result;
    stack_give_back();
    strcpy(launch_id, c->own->launch_id);
    const audit_exit record = exit_of(c, launch_id);
    recorder_exit(all->records, &record);
    quota_give(&c->from->quota->live);

    /* While descendants run, the job must stay open: lifetime and limits hold for them too. children_sweep
     * closes it. */
    bool empty = !c->own->binds || job_is_empty(c->own->job);

    AcquireSRWLockExclusive(&all->lock);
    c->ended = true;
    all->live--;
    empty = empty && !all->closing;
    if (empty) {
        unlink_child(c);
        all->leaving++;
    }
    WakeAllConditionVariable(&all->changed);
    ReleaseSRWLockExclusive(&all->lock);
    exit_waits_tell(all->waits, &record); /* after `ended` was set: who begins to wait later sees that */
    if (!empty) return;

    child_free(c);
    AcquireSRWLockExclusive(&all->lock);
    all->leaving--;
    WakeAllConditionVariable(&all->changed);
    ReleaseSRWLockExclusive(&all->lock);
}

/* Terminates the processes of the child's job, with the lock held; the child alone if its job is not known.
 */
static DWORD end_job(child *c, UINT exit_code) {
    c->own->ended = true;
    BOOL ended =
        c->own->job ? TerminateJobObject(c->own->job, exit_code) : TerminateProcess(c->process, exit_code);
    return ended ? ERROR_SUCCESS : win_error();
}

static void on_end_of_caller(void *context, caller *from) {
    children *all = context;
    AcquireSRWLockExclusive(&all->lock);
    for (child *c = all->first; c; c = c->next)
        if (c->from == from && c->own->lifetime == MSG_LIFETIME_CALLER) end_job(c, EXIT_CODE_ENDED);
    ReleaseSRWLockExclusive(&all->lock);
}

bool children_create(recorder *records, exit_waits *waits, children **ret) {
    children *all = calloc(1, sizeof *all);
    if (!all) return false;
    all->records = records;
    all->waits = waits;
    InitializeSRWLock(&all->lock);
    InitializeConditionVariable(&all->changed);
    *ret = all;
    return true;
}

static DWORD find_around(children *all, HANDLE process, enclosure **ret) {
    DWORD err = ERROR_SUCCESS;
    BOOL in = FALSE;
    if (!IsProcessInJob(process, NULL, &in)) return win_error();
    if (!in) return ERROR_SUCCESS;

    AcquireSRWLockShared(&all->lock);
    for (child *c = all->first; !err && c; c = c->next) {
        if (!c->own->job) continue;
        if (!IsProcessInJob(process, c->own->job, &in)) {
            err = win_error();
        } else if (in) {
            *ret = enclosure_hold(c->own);
            break;
        }
    }
    ReleaseSRWLockShared(&all->lock);
    return err;
}

/* Only the broker puts processes into its jobs, before they run; descendants are born in them. So the answer
 * stays the same as long as the process lives. */
DWORD children_around(children *all, caller *from, enclosure **ret) {
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&from->lock);
    if (!from->looked_within) err = find_around(all, from->process, &from->within);
    from->looked_within = !err;
    if (!err) *ret = from->within;
    ReleaseSRWLockExclusive(&from->lock);
    return err;
}

DWORD children_prepare(children *all, const child_info *info, child **ret) {
    DWORD err = ERROR_NOT_ENOUGH_MEMORY;
    child *c = calloc(1, sizeof *c);
    if (!c) return err;
    *c = (child){.all = all,
                 .pid = info->pid,
                 .handles = info->handles,
                 .started_at = info->started_at,
                 .from = caller_hold(info->from)};

    if (!(c->application = _strdup(info->application))) goto fail;
    if (info->label && !(c->label = _strdup(info->label))) goto fail;
    if (!(c->wait = CreateThreadpoolWait(on_exit_of_child, c, NULL))) {
        err = win_error();
        goto fail;
    }
    if (info->lifetime == MSG_LIFETIME_CALLER && (err = caller_watch(info->from, on_end_of_caller, all)))
        goto fail;

    c->own = enclosure_create(info->job, info->from->within, info->launch_id, info->lifetime, &info->limits);
    if (!c->own) {
        err = ERROR_NOT_ENOUGH_MEMORY;
        goto fail;
    }

    c->process = info->process;
    AcquireSRWLockExclusive(&all->lock);
    link_child(c);
    ReleaseSRWLockExclusive(&all->lock);
    *ret = c;
    return ERROR_SUCCESS;
fail:
    child_free(c);
    return err;
}

void children_shared(child *c, bool has_job) {
    AcquireSRWLockExclusive(&c->all->lock);
    c->own->shared = has_job;
    ReleaseSRWLockExclusive(&c->all->lock);
}

void children_start(child **ready) {
    child *c = *ready;
    children *all = c->all;
    *ready = NULL;
    AcquireSRWLockExclusive(&all->lock);
    c->started = true;
    all->live++;
    /* Holds the lock, because the child may exit at once and its callback frees it. */
    SetThreadpoolWait(c->wait, c->process, NULL);
    /* If the caller has exited, on_end_of_caller may have run before this child was listed. If a job around
     * this child's was terminated, that may have been before the child was in it. */
    if ((c->from->ended && c->own->lifetime == MSG_LIFETIME_CALLER) || enclosure_ended(c->own))
        end_job(c, EXIT_CODE_ENDED);
    ReleaseSRWLockExclusive(&all->lock);
}

void children_discard(child **ready) {
    child *c = *ready;
    *ready = NULL;
    if (!c) return;
    AcquireSRWLockExclusive(&c->all->lock);
    unlink_child(c);
    ReleaseSRWLockExclusive(&c->all->lock);
    c->process = c->own->job = NULL; /* they stay the caller's */
    child_free(c);
}

static bool may_see(const caller *viewer, bool everybody, const child *c) {
    if (!c->started) return false;
    return everybody || caller_stands_for(viewer, c->from);
}

bool children_list(children *all, const caller *viewer, bool everybody, arena *a, msg_child **ret,
                   size_t *ret_count) {
    size_t count = 0;
    bool ok = true;

    AcquireSRWLockShared(&all->lock);
    msg_child *list = arena_array(a, all->live + 1, sizeof *list);
    for (child *c = all->first; ok && list && c; c = c->next) {
        if (c->ended || !may_see(viewer, everybody, c)) continue;
        list[count] = (msg_child){.process_id = c->pid,
                                  .caller_pid = c->from->pid,
                                  .started_at = c->started_at,
                                  .handles = c->handles,
                                  .lifetime = c->own->lifetime,
                                  .launch_id = arena_printf(a, "%s", c->own->launch_id),
                                  .user = arena_printf(a, "%s", account_name(c->from->account)),
                                  .application = arena_printf(a, "%s", c->application),
                                  .label = c->label ? arena_printf(a, "%s", c->label) : NULL};
        ok = list[count].launch_id && list[count].user && list[count].application &&
             !c->label == !list[count].label;
        count++;
    }
    ReleaseSRWLockShared(&all->lock);

    if (!ok || !list) return false;
    *ret = list;
    *ret_count = count;
    return true;
}

DWORD children_kill(children *all, const caller *viewer, bool everybody, const char *launch_id,
                    uint32_t exit_code, DWORD *ret_pid) {
    DWORD err = ERROR_NOT_FOUND;
    AcquireSRWLockExclusive(&all->lock);
    for (child *c = all->first; c; c = c->next) {
        if (!may_see(viewer, everybody, c) || strcmp(c->own->launch_id, launch_id) != 0) continue;
        err = end_job(c, exit_code);
        *ret_pid = c->pid;
        break;
    }
    ReleaseSRWLockExclusive(&all->lock);
    return err;
}

/* Returns the child of a launch, or NULL, with the lock held. */
static child *find(children *all, const char *launch_id) {
    child *c = all->first;
    while (c && strcmp(c->own->launch_id, launch_id) != 0) c = c->next;
    return c;
}

bool children_lives(children *all, const char *launch_id) {
    AcquireSRWLockShared(&all->lock);
    child *c = find(all, launch_id);
    bool lives = c && !c->ended;
    ReleaseSRWLockShared(&all->lock);
    return lives;
}

bool children_sees(children *all, const caller *viewer, bool everybody, const char *launch_id) {
    AcquireSRWLockShared(&all->lock);
    child *c = find(all, launch_id);
    bool sees = c && !c->ended && may_see(viewer, everybody, c);
    ReleaseSRWLockShared(&all->lock);
    return sees;
}

static DWORD duplicate(HANDLE from, HANDLE *ret) {
    HANDLE self = GetCurrentProcess();
    return DuplicateHandle(self, from, self, ret, 0, FALSE, DUPLICATE_SAME_ACCESS) ? ERROR_SUCCESS
                                                                                   : win_error();
}

HANDLE children_open_recorded(DWORD pid, int64_t created_at, DWORD rights) {
    FILETIME created, exited, kernel, user;
    HANDLE process = created_at ? OpenProcess(rights, FALSE, pid) : NULL;
    if (process && (!GetProcessTimes(process, &created, &exited, &kernel, &user) ||
                    win_filetime_us(created) != created_at))
        win_close(&process); /* another process has the id */
    return process;
}

DWORD children_open(children *all, const char *launch_id, int64_t created_at, launched *ret) {
    const DWORD process_rights = SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_TERMINATE,
                rights = SYNCHRONIZE | THREAD_QUERY_INFORMATION | THREAD_SUSPEND_RESUME;
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockShared(&all->lock);
    child *c = find(all, launch_id);
    bool live = c && c->started;
    if (live && !(err = duplicate(c->process, &ret->process)) && c->own->job)
        err = duplicate(c->own->job, &ret->job);
    ReleaseSRWLockShared(&all->lock);
    if (!err && !live && !(ret->process = children_open_recorded(ret->pid, created_at, process_rights)))
        err = ERROR_NOT_FOUND;

    if (!err && !(ret->thread = OpenThread(rights, FALSE, ret->tid))) err = win_error();
    if (!err && GetProcessIdOfThread(ret->thread) != ret->pid) err = ERROR_NOT_FOUND;
    if (err) launch_close(ret);
    return err;
}

size_t children_count(children *all) {
    AcquireSRWLockShared(&all->lock);
    size_t live = all->live;
    ReleaseSRWLockShared(&all->lock);
    return live;
}

void children_sweep(children *all) {
    child *done = NULL;
    AcquireSRWLockExclusive(&all->lock);
    for (child *c = all->first, *next; c; c = next) {
        next = c->next;
        if (!c->ended || (c->own->job && !job_is_empty(c->own->job))) continue;
        unlink_child(c);
        c->next = done;
        done = c;
    }
    ReleaseSRWLockExclusive(&all->lock);
    for (child *c = done, *next; c; c = next) {
        next = c->next;
        child_free(c);
    }
}

void children_destroy(children **all) {
    children *old = *all;
    *all = NULL;
    if (!old) return;
    ULONGLONG deadline = GetTickCount64() + END_WAIT_MS;

    AcquireSRWLockExclusive(&old->lock);
    size_t kept = 0;
    for (child *c = old->first; c; c = c->next) {
        bool goes_on = enclosure_goes_on(c->own);
        if (!goes_on) end_job(c, EXIT_CODE_ENDED);
        kept += !c->ended && goes_on;
    }
    while ((old->live > kept || old->leaving) && GetTickCount64() < deadline)
        SleepConditionVariableSRW(&old->changed, &old->lock, 100, 0);
    old->closing = true;
    child *rest = old->first;
    old->first = NULL; /* on_end_of_caller may still come, until the last child lets go of its caller */
    ReleaseSRWLockExclusive(&old->lock);

    for (child *c = rest, *next; c; c = next) {
        next = c->next;
        SetThreadpoolWait(c->wait, NULL, NULL);
        WaitForThreadpoolWaitCallbacks(c->wait, TRUE);
        child_free(c);
    }
    free(old);
}
