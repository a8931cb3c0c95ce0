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
    HANDLE process, job;
    PTP_WAIT wait;
    caller *from;
    char launch_id[37];
    char *application;
    DWORD pid;
    msg_lifetime lifetime;
    uint32_t handles;
    int64_t started_at;
    bool ended;
    bool shared; /* children_shared */
};

struct children {
    recorder *records;
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
    win_close(&c->job);
    caller_release(&c->from);
    free(c->application);
    free(c);
}

/* Removes the child from the list, with the lock held. */
static void unlink_child(child *c) {
    *c->link = c->next;
    if (c->next) c->next->link = c->link;
}

static void CALLBACK on_exit_of_child(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *wait,
                                      TP_WAIT_RESULT result) {
    child *c = context;
    children *all = c->all;
    FILETIME created, exited, kernel, user;
    DWORD code = 0;
    (void)instance, (void)wait, (void)result;
    stack_give_back();
    GetExitCodeProcess(c->process, &code);
    audit_exit record = {.launch_id = c->launch_id, .exited_at = win_now_us(), .exit_code = code};
    if (GetProcessTimes(c->process, &created, &exited, &kernel, &user))
        record.exited_at = win_filetime_us(exited);
    recorder_exit(all->records, &record);
    quota_give(&c->from->quota->live);

    /* While descendants run, the job must stay open: the lifetime holds for them too. children_sweep closes
     * it. */
    bool detached = c->lifetime == MSG_LIFETIME_DETACHED;
    bool empty = detached || job_is_empty(c->job);

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
    if (!empty) return;

    child_free(c);
    AcquireSRWLockExclusive(&all->lock);
    all->leaving--;
    WakeAllConditionVariable(&all->changed);
    ReleaseSRWLockExclusive(&all->lock);
}

static void on_end_of_caller(void *context, caller *from) {
    children *all = context;
    AcquireSRWLockExclusive(&all->lock);
    for (child *c = all->first; c; c = c->next)
        if (c->from == from && c->lifetime == MSG_LIFETIME_CALLER)
            TerminateJobObject(c->job, EXIT_CODE_ENDED);
    ReleaseSRWLockExclusive(&all->lock);
}

bool children_create(recorder *records, children **ret) {
    children *all = calloc(1, sizeof *all);
    if (!all) return false;
    all->records = records;
    InitializeSRWLock(&all->lock);
    InitializeConditionVariable(&all->changed);
    *ret = all;
    return true;
}

DWORD children_prepare(children *all, const child_info *info, child **ret) {
    DWORD err = ERROR_NOT_ENOUGH_MEMORY;
    child *c = calloc(1, sizeof *c);
    if (!c) return err;
    *c = (child){.all = all,
                 .pid = info->pid,
                 .lifetime = info->lifetime,
                 .handles = info->handles,
                 .started_at = info->started_at,
                 .from = caller_hold(info->from)};
    strncpy(c->launch_id, info->launch_id, sizeof c->launch_id - 1);

    if (!(c->application = malloc(strlen(info->application) + 1))) goto fail;
    strcpy(c->application, info->application);
    if (!(c->wait = CreateThreadpoolWait(on_exit_of_child, c, NULL))) {
        err = win_error();
        goto fail;
    }
    if (info->lifetime == MSG_LIFETIME_CALLER && (err = caller_watch(info->from, on_end_of_caller, all)))
        goto fail;

    c->process = info->process;
    c->job = info->job;
    *ret = c;
    return ERROR_SUCCESS;
fail:
    child_free(c);
    return err;
}

void children_shared(child *c, bool has_job) {
    c->shared = has_job;
}

/* Returns whether the child goes on when the broker exits. */
static bool goes_on(const child *c) {
    return c->lifetime == MSG_LIFETIME_DETACHED || (c->lifetime == MSG_LIFETIME_CALLER && c->shared);
}

void children_start(child **ready) {
    child *c = *ready;
    children *all = c->all;
    *ready = NULL;
    AcquireSRWLockExclusive(&all->lock);
    c->next = all->first;
    c->link = &all->first;
    if (c->next) c->next->link = &c->next;
    all->first = c;
    all->live++;
    /* Holds the lock, because the child may exit at once and its callback frees it. */
    SetThreadpoolWait(c->wait, c->process, NULL);
    /* If the caller has exited, on_end_of_caller may have run before this child was listed. */
    if (c->from->ended && c->lifetime == MSG_LIFETIME_CALLER) TerminateJobObject(c->job, EXIT_CODE_ENDED);
    ReleaseSRWLockExclusive(&all->lock);
}

void children_discard(child **ready) {
    child *c = *ready;
    *ready = NULL;
    if (!c) return;
    c->process = c->job = NULL; /* they stay the caller's */
    child_free(c);
}

static bool may_see(const caller *viewer, bool everybody, const child *c) {
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
                                  .lifetime = c->lifetime,
                                  .launch_id = arena_printf(a, "%s", c->launch_id),
                                  .user = arena_printf(a, "%s", account_name(c->from->account)),
                                  .application = arena_printf(a, "%s", c->application)};
        ok = list[count].launch_id && list[count].user && list[count].application;
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
    AcquireSRWLockShared(&all->lock);
    for (child *c = all->first; c; c = c->next) {
        if (!may_see(viewer, everybody, c) || strcmp(c->launch_id, launch_id) != 0) continue;
        err = TerminateJobObject(c->job, exit_code) ? ERROR_SUCCESS : win_error();
        *ret_pid = c->pid;
        break;
    }
    ReleaseSRWLockShared(&all->lock);
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
        if (!c->ended || !job_is_empty(c->job)) continue;
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
        if (!goes_on(c)) TerminateJobObject(c->job, EXIT_CODE_ENDED);
        kept += !c->ended && goes_on(c);
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
