#include "client/lib/local.h"

#include "service/win32/attest.h"
#include "service/win32/create.h"
#include "client/lib/kept_jobs.h"
#include "service/win32/launch.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

struct local {
    HANDLE helper, job;
    DWORD helper_pid;
};

/* ---- the helper ---- */

/* Makes a job that terminates the helper with this process. Children that inherit from the helper leave it.
 */
static DWORD helper_job(HANDLE *ret) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                                                JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK}};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    if (!job) return win_error();
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        DWORD err = win_error();
        CloseHandle(job);
        return err;
    }
    *ret = job;
    return ERROR_SUCCESS;
}

/* Creates the helper from this very program, suspended before its first instruction and never resumed: it
 * needs no file that could be missing or replaced. */
static DWORD helper_start(local *l, const char **ret_what) {
    wchar_t *image = calloc(LIMIT_PATH_UNITS, sizeof *image), line[] = L"spawn_broker_helper";
    wchar_t directory[MAX_PATH], environment[2] = L"";
    PROCESS_INFORMATION made;
    DWORD err = ERROR_NOT_ENOUGH_MEMORY;
    *ret_what = "there is not enough memory";
    if (!image) return err;
    *ret_what = "the calling program's path cannot be read";
    DWORD units = GetModuleFileNameW(NULL, image, LIMIT_PATH_UNITS);
    if (!units || units >= LIMIT_PATH_UNITS || !GetSystemDirectoryW(directory, MAX_PATH)) {
        err = win_error();
        goto done;
    }

    *ret_what = "the helper's job cannot be made";
    if ((err = helper_job(&l->job))) goto done;
    const create_spec spec = {.image = image,
                              .command_line = line,
                              .environment = environment,
                              .directory = directory,
                              .jobs = &l->job,
                              .job_count = 1,
                              .flags = DETACHED_PROCESS};
    if ((err = create_suspended(&spec, &made, ret_what))) goto done;
    CloseHandle(made.hThread);
    l->helper = made.hProcess;

    /* QUIRK wine 8: its server crashes when the system's handle table is read while a process has no handles.
     * CURE: the helper always has a handle, which no child inherits.
     * TEST: tests/handles/test_kinds.c, both modes at once */
    HANDLE always; /* to itself: a handle of the job would keep the job open */
    if (!DuplicateHandle(GetCurrentProcess(), l->helper, l->helper, &always, SYNCHRONIZE, FALSE, 0))
        err = win_error();
    l->helper_pid = made.dwProcessId;

done:
    free(image);
    return err;
}

DWORD local_open(local **ret, sb_error *ret_error) {
    const char *what = "";
    local *l = calloc(1, sizeof *l);
    if (!l) return error_memory(ret_error);
    DWORD err = helper_start(l, &what);
    if (!err) {
        *ret = l;
        return ERROR_SUCCESS;
    }
    local_close(l);
    return error_set(ret_error, err, SB_STAGE_CONNECT,
                     L"The helper process cannot be started: %hs (error %lu).", what, err);
}

void local_close(local *l) {
    if (!l) return;
    win_close(&l->job); /* ends the helper */
    win_close(&l->helper);
    free(l);
}

/* ---- handles: duplicated into the helper; only the duplicates there are inheritable ---- */

typedef struct lent {
    child_handle *items; /* arena */
    size_t count;
    child_handles view;
    HANDLE nul; /* this process's handle of NUL, or NULL */
} lent;

static void lent_return(const local *l, lent *all) {
    for (size_t i = 0; i < all->count; i++) {
        HANDLE copy;
        if (DuplicateHandle(l->helper, all->items[i].value, GetCurrentProcess(), &copy, 0, FALSE,
                            DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE))
            CloseHandle(copy);
    }
    all->count = 0;
    win_close(&all->nul);
}

static fault_kind refuse(const char *name, HANDLE handle, int index, DWORD err, const char *what,
                         fault *ret_fault) {
    win_fault(ret_fault, FAULT_BAD_HANDLE, STAGE_ADOPT, err, "handle \"%s\" (0x%lx) %s", name,
              (unsigned long)(ULONG_PTR)handle, what);
    ret_fault->handle_index = index;
    return ret_fault->kind;
}

static fault_kind lend(const local *l, HANDLE handle, DWORD access, const char *name, int index, lent *all,
                       fault *ret_fault) {
    nt_object object;
    HANDLE there;
    DWORD err = nt_query_object(handle, &object);

    if (err) return refuse(name, handle, index, err, "cannot be given", ret_fault);
    DWORD device = 0;
    if (!strcmp(object.type, "File") && (err = nt_query_devices(&handle, 1, NULL, &device)))
        return refuse(name, handle, index, err, "cannot be queried", ret_fault);

    if (device == NT_DEVICE_CONSOLE)
        return refuse(name, handle, index, ERROR_INVALID_HANDLE,
                      "is a console, which cannot be given to another process: give a pipe and copy "
                      "(as spawnctl run does), or use CREATE_NEW_CONSOLE",
                      ret_fault);

    if (access & ~object.access)
        return refuse(name, handle, index, ERROR_ACCESS_DENIED, "lacks some of the requested access",
                      ret_fault);

    if (!DuplicateHandle(GetCurrentProcess(), handle, l->helper, &there, access, TRUE,
                         access ? 0 : DUPLICATE_SAME_ACCESS))
        return refuse(name, handle, index, win_error(), "cannot be duplicated", ret_fault);
    all->items[all->count++] = (child_handle){there, handle, device};
    return FAULT_NONE;
}

static fault_kind lend_std(const local *l, const msg_spawn *spawn, lent *all, fault *ret_fault) {
    static const char *const names[MSG_STD_COUNT] = {"stdin", "stdout", "stderr"};
    for (int i = 0; i < MSG_STD_COUNT; i++) {
        int same = 0;
        while (same < i && spawn->std[same] != spawn->std[i]) same++;
        if (same < i) {
            all->view.std[i] = all->view.std[same];
            continue;
        }

        HANDLE handle = win_handle(spawn->std[i]);
        if (!handle) {
            HANDLE nul = CreateFileW(L"\\\\.\\NUL", GENERIC_READ | GENERIC_WRITE,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
            if (nul == INVALID_HANDLE_VALUE)
                return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_ADOPT, win_error(), "cannot open NUL");
            handle = all->nul = nul;
        }

        all->view.std[i] = all->count;
        fault_kind kind = lend(l, handle, 0, names[i], FAULT_NO_HANDLE, all, ret_fault);
        if (kind) return kind;
    }
    return FAULT_NONE;
}

static fault_kind lend_all(const local *l, arena *a, const msg_spawn *spawn, lent *all, fault *ret_fault) {
    fault_kind kind = FAULT_NONE;
    all->items = arena_array(a, spawn->handle_count + MSG_STD_COUNT, sizeof *all->items);
    if (!all->items)
        return fault_set(ret_fault, FAULT_INTERNAL, STAGE_ADOPT, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    for (size_t i = 0; !kind && i < spawn->handle_count; i++) {
        const msg_handle *h = &spawn->handles[i];
        kind = lend(l, win_handle(h->value), h->access, h->name, (int)i, all, ret_fault);
    }
    all->view.use_std = child_uses_std(spawn);
    if (!kind && all->view.use_std) kind = lend_std(l, spawn, all, ret_fault);
    all->view.items = all->items;
    all->view.count = all->count;
    return kind;
}

/* ---- the launch ---- */

static fault_kind check(const msg_spawn *spawn, fault *ret_fault) {
    fault_kind kind = msg_spawn_check(spawn, ret_fault);
    if (!kind && spawn->lifetime == MSG_LIFETIME_BROKER)
        kind =
            fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, ERROR_NOT_SUPPORTED,
                      "lifetime: there is no broker whose end could end the child; use caller or detached");
    return kind;
}

static fault_kind run(const msg_spawn *spawn, uint64_t deadline, launched *child, sb_process *ret,
                      fault *ret_fault) {
    fault_kind kind = FAULT_NONE;
    if (!call_remaining(deadline))
        kind = fault_set(ret_fault, FAULT_TIMED_OUT, STAGE_RESUME, ERROR_TIMEOUT, "the launch took too long");
    if (!kind) kind = launch_hand_back(GetCurrentProcess(), child, ret_fault);
    if (!kind) kind = launch_resume(spawn, child, ret_fault);
    if (kind) return kind;
    if (spawn->lifetime == MSG_LIFETIME_CALLER) kept_jobs_add(child->job);
    else CloseHandle(child->job);
    child->job = NULL;
    *ret = (sb_process){.process = child->given_process,
                        .thread = child->given_thread,
                        .process_id = child->pid,
                        .thread_id = child->tid};
    win_close(&child->process);
    win_close(&child->thread);
    return FAULT_NONE;
}

DWORD local_spawn(local *l, const msg_spawn *spawn, uint64_t deadline, sb_process *ret_process,
                  sb_error *ret_error) {
    arena a = {0};
    fault why;
    lent handles = {0};
    launched child = {0};
    sb_process process = {0};
    const launch_as as = {.parent = l->helper, .parent_pid = l->helper_pid};

    fault_kind kind = check(spawn, &why);
    if (!kind) kind = lend_all(l, &a, spawn, &handles, &why);
    if (!kind) kind = launch_create(&a, &as, spawn, &handles.view, &child, &why);
    if (!kind) kind = attest_child(child.process, child.pid, handles.items, handles.count, &why);
    if (!kind) kind = run(spawn, deadline, &child, &process, &why);
    if (kind) launch_undo(GetCurrentProcess(), &child);
    lent_return(l, &handles);
    arena_free(&a);

    if (kind) return error_fault(ret_error, &why);
    *ret_process = process;
    return ERROR_SUCCESS;
}
