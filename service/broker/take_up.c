#include "service/broker/take_up.h"

#include "service/broker/own_security.h"
#include "service/win32/job.h"
#include "service/win32/names.h"
#include "service/win32/stack.h"
#include "service/win32/text.h"
#include "service/win32/true_path.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>
/* after windows.h */
#include <tlhelp32.h>

enum { PAUSE_AFTER = 256 }; /* exits: then the audit's writer comes first */

struct take_up {
    broker *b;
    int64_t last_at;
    HANDLE thread;
    volatile LONG ending;
};

/* Records the exit of a child that no broker saw. */
static void record_gone(take_up *t, const msg_launch *launch) {
    const audit_exit gone = {.launch_id = launch->launch_id,
                             .exited_at = win_now_us(),
                             .exit_code = -1,
                             .exited_after =
                                 launch->started_at > t->last_at ? launch->started_at : t->last_at,
                             AUDIT_USE_UNKNOWN};
    recorder_exit(t->b->records, &gone);
}

/* Returns whether the process runs the program that was recorded: a second look, besides its id and the time
 * at which it was created. A path that cannot be read counts as the same. */
static bool is_program(arena *a, HANDLE process, const char *application) {
    wchar_t *path = arena_array(a, LIMIT_PATH_UNITS, sizeof *path);
    if (!path || true_path_of_process(process, path, LIMIT_PATH_UNITS)) return true;
    const char *name = text_utf8_lossy(a, path), *own = name ? strrchr(name, '\\') : NULL,
               *recorded = strrchr(application, '\\');
    return !own || !recorded || !_stricmp(own, recorded);
}

static SECURITY_ATTRIBUTES own; /* of the jobs; set once, at the start */

DWORD take_up_job_security(SECURITY_ATTRIBUTES *ret) {
    DWORD err = own_security_make("O:%sD:P(A;;GA;;;SY)(A;;GA;;;%s)", &own);
    *ret = own;
    return err;
}

/* Returns whether the job was created by a broker of this account: anybody may create one of any name. */
static bool is_own(HANDLE job) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID theirs = NULL, ours = NULL;
    BOOL defaulted;
    bool is = GetSecurityDescriptorOwner(own.lpSecurityDescriptor, &ours, &defaulted) &&
              !GetSecurityInfo(job, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &theirs, NULL, NULL, NULL,
                               &descriptor) &&
              theirs && EqualSid(theirs, ours);
    LocalFree(descriptor);
    return is;
}

/* Opens the job of a launch by its name, which it has as long as another process has a handle of it. */
static HANDLE open_job(const char *launch_id, DWORD rights) {
    wchar_t name[LAUNCH_JOB_NAME_UNITS];
    launch_job_name(launch_id, name);
    HANDLE job = OpenJobObjectW(rights | READ_CONTROL, FALSE, name);
    if (job && !is_own(job)) win_close(&job);
    return job;
}

/* Opens the job if the process is in it. */
static HANDLE open_job_of(const char *launch_id, HANDLE process) {
    BOOL in = FALSE;
    HANDLE job = open_job(launch_id, JOB_OBJECT_ALL_ACCESS);
    if (job && (!IsProcessInJob(process, job, &in) || !in)) win_close(&job);
    return job;
}

enum { PROCESSES_MOST = 64 };

/* Finds the oldest thread of a process; 0: it cannot be found. Threads are listed in the order in which they
 * were created. */
static DWORD first_thread(DWORD pid) {
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    DWORD found = 0;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (all == INVALID_HANDLE_VALUE) return 0;
    for (BOOL more = Thread32First(all, &entry); more && !found; more = Thread32Next(all, &entry))
        if (entry.th32OwnerProcessID == pid) found = entry.th32ThreadID;
    CloseHandle(all);
    return found;
}

/* Describes the process, if it is older than the one that *ret describes. */
static void describe(arena *a, DWORD pid, const msg_launch *launch, audit_outcome *ret) {
    FILETIME created, exited, kernel, user;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process && GetProcessTimes(process, &created, &exited, &kernel, &user)) {
        int64_t at = win_filetime_us(created);
        if ((!ret->child_pid || at < ret->child_created_at) && at >= launch->requested_at &&
            launch->application && is_program(a, process, launch->application)) {
            ret->child_pid = pid;
            ret->child_created_at = at;
        }
    }
    win_close(&process);
}

/* A caller is given a handle of the job only after the child was resumed. Before, the job goes with the
 * broker, and its processes with it. */
bool take_up_has_started(const msg_launch *launch, audit_outcome *ret) {
    struct {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        ULONG_PTR more[PROCESSES_MOST];
    } in = {0};
    arena a = {0};
    HANDLE job = open_job(launch->launch_id, JOB_OBJECT_QUERY);
    if (!job) return false;

    if (QueryInformationJobObject(job, JobObjectBasicProcessIdList, &in, sizeof in, NULL) ||
        win_error() == ERROR_MORE_DATA)
        for (DWORD i = 0; i < in.list.NumberOfProcessIdsInList; i++)
            describe(&a, (DWORD)in.list.ProcessIdList[i], launch, ret);
    if (ret->child_pid) ret->child_tid = first_thread((DWORD)ret->child_pid);
    ret->started_at = ret->child_pid ? ret->child_created_at : launch->requested_at;
    CloseHandle(job);
    arena_free(&a);
    return true;
}

static msg_lifetime lifetime_of(const char *name) {
    for (int i = 0; name && i <= MSG_LIFETIME_DETACHED; i++)
        if (!strcmp(msg_lifetime_name((msg_lifetime)i), name)) return (msg_lifetime)i;
    return MSG_LIFETIME_DETACHED;
}

/* Takes over a running child. False: there is no memory for it. */
static bool adopt(take_up *t, const msg_launch *launch, HANDLE process) {
    const DWORD rights = PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE;
    const caller_recorded recorded = {
        .process = children_open_recorded((uint32_t)launch->caller_pid, launch->caller_started_at, rights),
        .pid = (DWORD)launch->caller_pid,
        .session = (DWORD)launch->caller_session,
        .started_at = launch->caller_started_at,
        .integrity =
            launch->has_caller_integrity ? (DWORD)launch->caller_integrity : SECURITY_MANDATORY_SYSTEM_RID,
        .administrator = !launch->has_caller_elevated || launch->caller_elevated,
        .sid = launch->caller_sid,
        .image = launch->caller_image,
        .services = launch->caller_services};
    child *place = NULL;
    caller *from = caller_of_record(&recorded);
    if (!from) {
        if (recorded.process) CloseHandle(recorded.process);
        return false;
    }

    child_info info = {.launch_id = launch->launch_id,
                       .application = launch->application,
                       .label = launch->label,
                       .process = process,
                       .pid = (DWORD)launch->child_pid,
                       .lifetime = lifetime_of(launch->lifetime),
                       .handles = (uint32_t)launch->handle_count,
                       .started_at = launch->started_at,
                       .from = from};
    bool ok = (from->account = accounts_find(t->b->accounts, from->sid)) != NULL &&
              (from->quota = quotas_user(t->b->quotas, from->sid)) != NULL;
    info.job = ok ? open_job_of(launch->launch_id, process) : NULL;
    if (ok) InterlockedIncrement(&from->quota->live);
    if (ok && children_prepare(t->b->live, &info, &place)) {
        quota_give(&from->quota->live);
        win_close(&info.job);
        ok = false;
    }

    if (ok) {
        children_shared(place,
                        true); /* it has outlived a broker: somebody else holds the job, or nobody need to */
        children_start(&place);
    }
    caller_release(&from);
    return ok;
}

/* Returns whether there is something for the audit's writer. */
static bool take(take_up *t, arena *a, const msg_launch *launch) {
    const DWORD rights =
        SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION;
    if (children_lives(t->b->live, launch->launch_id)) return false; /* this broker's own */
    HANDLE process =
        launch->application && launch->caller_sid
            ? children_open_recorded((uint32_t)launch->child_pid, launch->child_created_at, rights)
            : NULL;
    if (process && !is_program(a, process, launch->application)) win_close(&process);
    if (!process) {
        record_gone(t, launch);
        return true;
    }
    if (!adopt(t, launch, process)) CloseHandle(process);
    return false;
}

/* A child of this broker that has exited just now may still be in the list, and its exit on its way: launches
 * up to `last` are an earlier broker's. */
static void take_all(take_up *t, audit_store *reader, int64_t last) {
    audit_error error;
    int64_t seq = 0, given = 0;
    while (!t->ending && audit_next_running(reader, seq, &seq, &error) && seq && seq <= last) {
        arena a = {0};
        msg_launch launch;
        uint32_t tid;
        if (audit_launch(reader, seq, &a, &launch, &tid, &error) && take(t, &a, &launch) &&
            ++given % PAUSE_AFTER == 0)
            recorder_catch_up(t->b->records);
        arena_free(&a);
    }
}

static unsigned __stdcall run(void *context) {
    take_up *t = context;
    audit_store *reader = NULL;
    audit_error error;
    stack_give_back();
    if (audit_open_reader(t->b->database, &reader, &error)) take_all(t, reader, t->b->first_seq);
    audit_close(&reader);
    return 0;
}

bool take_up_begin(broker *b, int64_t last_at, take_up **ret) {
    take_up *t = calloc(1, sizeof *t);
    if (!t) return false;
    t->b = b;
    t->last_at = last_at;
    if (!(t->thread = (HANDLE)_beginthreadex(NULL, 0, run, t, 0, NULL))) {
        free(t);
        return false;
    }
    *ret = t;
    return true;
}

void take_up_end(take_up **t) {
    take_up *old = *t;
    *t = NULL;
    if (!old) return;
    InterlockedExchange(&old->ending, 1);
    WaitForSingleObject(old->thread, INFINITE);
    CloseHandle(old->thread);
    free(old);
}
