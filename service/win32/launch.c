#include "service/win32/launch.h"

#include "service/win32/create.h"
#include "service/win32/job.h"
#include "service/win32/names.h"
#include "service/win32/reduce.h"
#include "service/win32/start_directory.h"
#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <stdio.h>

enum { EXIT_CODE_UNDONE = 1 };

static fault_kind fail(fault *ret_fault, stage s, DWORD err, const char *what) {
    return win_fault(ret_fault, err == ERROR_NOT_ENOUGH_MEMORY ? FAULT_INTERNAL : FAULT_LAUNCH_FAILED, s, err,
                     "%s", what);
}

static fault_kind describe_failure(const launch_as *as, const msg_spawn *spawn, DWORD err, const char *what,
                                   WORD machine, fault *ret_fault) {
    if (err == ERROR_DIRECTORY) return start_directory_fault(spawn->directory, err, ret_fault);
    if (err == ERROR_TIMEOUT)
        return win_fault(ret_fault, FAULT_TIMED_OUT, STAGE_CREATE, err, "%s of \"%s\"", what,
                         spawn->application);

    if (err == ERROR_INVALID_PARAMETER &&
        (spawn->attributes.mitigations[0] || spawn->attributes.mitigations[1])) {
        win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                  "the process cannot be created; perhaps this Windows does not know its mitigation_policy");
        snprintf(ret_fault->field, sizeof ret_fault->field, "params.attributes.mitigation_policy");
        return ret_fault->kind;
    }

    if (err == ERROR_BAD_EXE_FORMAT || err == ERROR_EXE_MACHINE_TYPE_MISMATCH)
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                         "\"%s\" cannot run here: it is a program for %s", spawn->application,
                         image_machine_name(machine));

    if (err == ERROR_NOT_ENOUGH_QUOTA && as->within.count)
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                         "the caller runs in the job of launch %s, and that job or one around it has as many "
                         "processes as its limits.max_processes admits",
                         as->within.launch_id);

    if (as->within.count)
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                         "%s of \"%s\" within the job of launch %s, in which the caller runs", what,
                         spawn->application, as->within.launch_id);

    return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, "%s of \"%s\"", what,
                     spawn->application);
}

/* QUIRK wine 8: with a directory that does not exist the child starts elsewhere.
 * CURE: check the directory first, with the caller's rights. Windows' CreateProcess fails: ERROR_DIRECTORY.
 * TEST: tests/protocol/bad_programs.c, directory */
static DWORD directory_error(const wchar_t *path) {
    HANDLE directory = NULL;
    DWORD err = start_directory_open(path, &directory);
    win_close(&directory);
    return err;
}

/* Opens the image with the caller's rights, so that it stays as it is until the process is created from it,
 * and checks the directory as the caller sees it. Does not open the image if as->image has it. */
static fault_kind look_as_caller(const launch_as *as, const msg_spawn *spawn, const wchar_t *path,
                                 const wchar_t *directory, image_file *ret_image, fault *ret_fault) {
    image_file image = {0};
    io_limit limit;
    fault_kind kind = FAULT_NONE;
    DWORD err = as->impersonate ? token_impersonate(as->impersonate) : ERROR_SUCCESS;
    if (err) return fail(ret_fault, STAGE_CREATE, err, "cannot act as the caller");

    if (!as->image.file) kind = image_open(path, spawn->application, as->bound, &image, ret_fault);
    io_limit_begin(&limit, as->bound);
    if (!kind) err = directory_error(directory);
    err = io_limit_end(&limit, err);
    if (as->impersonate) token_revert();

    if (err == ERROR_TIMEOUT) kind = start_directory_fault(spawn->directory, err, ret_fault);
    else if (err) kind = describe_failure(as, spawn, err, "cannot look at the directory", 0, ret_fault);
    if (kind) image_close(&image);
    else *ret_image = image;
    return kind;
}

void launch_job_name(const char *launch_id, wchar_t ret[LAUNCH_JOB_NAME_UNITS]) {
    swprintf(ret, LAUNCH_JOB_NAME_UNITS, NAME_SERVICE L".%.40hs", launch_id);
}

/* Makes a job that terminates: if this process ends before it resumes the child, no suspended child is left.
 */
static fault_kind make_job(const launch_as *as, const msg_spawn *spawn, HANDLE *ret, fault *ret_fault) {
    wchar_t name[LAUNCH_JOB_NAME_UNITS];
    if (as->launch_id) launch_job_name(as->launch_id, name);
    SetLastError(ERROR_SUCCESS);
    HANDLE job = CreateJobObjectW(as->job_security, as->launch_id ? name : NULL);
    if (job && GetLastError() == ERROR_ALREADY_EXISTS) { /* somebody else's: an id is never used twice */
        win_close(&job);
        SetLastError(ERROR_ALREADY_EXISTS);
    }
    if (!job) return fail(ret_fault, STAGE_CREATE, win_error(), "cannot create the child's job");
    DWORD err = job_limit(job, &spawn->limits, true);
    if (!err) {
        *ret = job;
        return FAULT_NONE;
    }
    CloseHandle(job);
    return fail(ret_fault, STAGE_CREATE, err, "cannot set params.limits of the child's job");
}

/* Lists the child's jobs for its creation: each is within the one before. */
static const HANDLE *list_jobs(arena *a, const launch_within *within, HANDLE own) {
    HANDLE *list = arena_array(a, within->count + 1, sizeof *list);
    for (size_t i = 0; list && i < within->count; i++) list[i] = within->jobs[i];
    if (list) list[within->count] = own;
    return list;
}

/* Session 0 is that of services. There, an account can open no desktop but that of its own logon session,
 * which Windows makes for an empty name (lpDesktop "", KB165194); on another desktop the child would end with
 * 0xC0000142. */
const char *launch_desktop_name(const char *asked, DWORD session) {
    return asked ? asked : session ? "winsta0\\default" : "";
}

static DWORD session_of(HANDLE token) {
    DWORD session = 1, size = sizeof session;
    if (token) GetTokenInformation(token, TokenSessionId, &session, sizeof session, &size);
    else ProcessIdToSessionId(GetCurrentProcessId(), &session);
    return session;
}

/* A child of a service has no console to share: without one of these flags, each console program would open a
 * window. A program with a restricted or low-integrity token may not be able to open the console that
 * CREATE_NO_WINDOW makes, and would end with 0xC0000142: without flags of the request, it has none. */
DWORD launch_console_flags(DWORD asked, const msg_reduce *reduce) {
    const DWORD any = CREATE_NEW_CONSOLE | DETACHED_PROCESS | CREATE_NO_WINDOW;
    if (asked & any) return 0;
    return reduce->restricted || reduce->low_integrity ? DETACHED_PROCESS : CREATE_NO_WINDOW;
}

/* Fills spec from the request and its handles. */
static fault_kind spec_fill(arena *a, const launch_as *as, const msg_spawn *spawn,
                            const child_handles *handles, create_spec *spec, fault *ret_fault) {
    HANDLE *list = arena_array(a, handles->count + 1, sizeof *list);
    wchar_t *environment, *desktop;
    fault_kind kind;

    desktop = text_wide(a, launch_desktop_name(spawn->desktop, spawn->desktop ? 0 : session_of(as->token)));
    if (!list || !desktop) return fail(ret_fault, STAGE_CREATE, ERROR_NOT_ENOUGH_MEMORY, "no memory");
    for (size_t i = 0; i < handles->count; i++) list[i] = handles->items[i].value;
    for (int i = 0; handles->use_std && i < MSG_STD_COUNT; i++) spec->std[i] = list[handles->std[i]];
    if ((kind = child_environment(a, spawn, handles, as->parent_pid, &environment, ret_fault))) return kind;
    if ((kind = child_command_line(a, spawn, handles, &spec->command_line, ret_fault))) return kind;
    if (!child_descriptors(a, spawn, handles, &spec->descriptors, &spec->descriptors_size))
        return fail(ret_fault, STAGE_CREATE, ERROR_NOT_ENOUGH_MEMORY, "no memory");
    spec->environment = environment;
    spec->desktop = desktop;
    spec->handles = list;
    spec->handle_count = handles->count;
    spec->token = as->token;
    spec->token_is_own = as->token_is_own;
    spec->impersonate = as->impersonate;
    spec->parent = as->parent;
    spec->mitigations = spawn->attributes.mitigations;
    spec->no_child_processes = spawn->attributes.no_child_processes;
    spec->use_show_window = spawn->has_show_window;
    spec->show_window = (WORD)spawn->show_window;
    spec->flags = spawn->creation_flags & ~(DWORD)CREATE_SUSPENDED;
    spec->flags |= launch_console_flags(spec->flags, &spawn->reduce);

    return FAULT_NONE;
}

/* Sets affinity on the suspended child, within its processors. Descendants inherit it. */
static fault_kind set_affinity(const msg_spawn *spawn, HANDLE process, fault *ret_fault) {
    uint64_t wanted = spawn->attributes.affinity;
    DWORD_PTR now, all;
    if (!wanted) return FAULT_NONE;
    if (!GetProcessAffinityMask(process, &now, &all))
        return fail(ret_fault, STAGE_CREATE, win_error(), "cannot read the child's affinity");
    if (wanted & ~(uint64_t)all)
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_CREATE, ERROR_INVALID_PARAMETER,
                  "affinity 0x%llx names processors that do not exist; the mask of those that do is 0x%llx",
                  (unsigned long long)wanted, (unsigned long long)all);
    else if (!SetProcessAffinityMask(process, (DWORD_PTR)wanted))
        fail(ret_fault, STAGE_CREATE, win_error(), "cannot set the child's affinity");
    else return FAULT_NONE;
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.attributes.affinity");
    return ret_fault->kind;
}

enum {
    PRIORITY_FLAGS = IDLE_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS |
                     ABOVE_NORMAL_PRIORITY_CLASS | HIGH_PRIORITY_CLASS
};

/* QUIRK wine 8: CreateProcess ignores the priority among the creation flags.
 * CURE: set it on the suspended child, too.
 * TEST: tests/launch/launch_attributes.c, priorities */
static fault_kind set_priority(const msg_spawn *spawn, HANDLE process, fault *ret_fault) {
    DWORD wanted = spawn->creation_flags & PRIORITY_FLAGS;
    if (!wanted || GetPriorityClass(process) == wanted || SetPriorityClass(process, wanted))
        return FAULT_NONE;
    return fail(ret_fault, STAGE_CREATE, win_error(), "cannot set the child's priority");
}

/* Checks that the child was created from the file that has been held open since it was opened: for the
 * policy's decision, or else just before. */
static fault_kind check_made(const launch_as *as, const msg_spawn *spawn, const image_file *image,
                             HANDLE process, fault *ret_fault) {
    io_limit limit;
    if (!image->file) return FAULT_NONE; /* an alias of a packaged program: no rule has seen a file */
    DWORD err = as->impersonate ? token_impersonate(as->impersonate) : ERROR_SUCCESS;
    if (err) return fail(ret_fault, STAGE_CREATE, err, "cannot act as the caller");

    io_limit_begin(&limit, as->bound);
    err = io_limit_end(&limit, image_check(image, process, as->check_by_path));
    if (as->impersonate) token_revert();
    if (!err) return FAULT_NONE;
    if (err != ERROR_FILE_INVALID)
        return win_fault(ret_fault, err == ERROR_TIMEOUT ? FAULT_TIMED_OUT : FAULT_LAUNCH_FAILED,
                         STAGE_CREATE, err, "cannot check which file the child of \"%s\" was created from",
                         spawn->application);
    return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                     "\"%s\" is no longer the file that the policy evaluated; the child was terminated",
                     spawn->application);
}

static void end_made(PROCESS_INFORMATION *made) {
    TerminateProcess(made->hProcess, EXIT_CODE_UNDONE);
    CloseHandle(made->hThread);
    CloseHandle(made->hProcess);
}

/* Windows opens the program and the directory again, so that this may wait like every open. */
static DWORD create_within(const launch_as *as, const create_spec *spec, PROCESS_INFORMATION *ret,
                           const char **ret_what) {
    io_limit limit;
    PROCESS_INFORMATION made;
    io_limit_begin(&limit, as->bound);
    DWORD created = create_suspended(spec, &made, ret_what);
    DWORD err = io_limit_end(&limit, created);
    if (!created && err) end_made(&made);
    else if (!err) *ret = made;
    return err;
}

/* Closes the program's file. To close a file on a server, or on a file system in a process, may wait. */
static DWORD close_within(const launch_as *as, image_file *image) {
    io_limit limit;
    io_limit_begin(&limit, as->bound);
    image_close(image);
    return io_limit_end(&limit, ERROR_SUCCESS);
}

/* Makes the child's token, where the request reduces it. For a caller with this process's own rights it is
 * made from this process's own token: to use it, Windows requires no privilege. */
static fault_kind reduce(arena *a, const launch_as *as, const msg_spawn *spawn, HANDLE *ret,
                         fault *ret_fault) {
    HANDLE own = NULL;
    if (!reduce_wanted(&spawn->reduce)) return FAULT_NONE;
    if ((!as->token || as->token_is_own) &&
        !OpenProcessToken(GetCurrentProcess(),
                          TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT, &own))
        return fail(ret_fault, STAGE_CREATE, win_error(), "cannot open this process's token");
    fault_kind kind = reduce_token(a, own ? own : as->token, &spawn->reduce, ret, ret_fault);
    win_close(&own);
    return kind;
}

/* Checks that the child has the token that was made for it. */
static fault_kind check_token(HANDLE token, HANDLE process, fault *ret_fault) {
    DWORD err = token ? reduce_check(token, process) : ERROR_SUCCESS;
    if (!err) return FAULT_NONE;
    return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err,
                     "the child does not have the reduced token; it was terminated");
}

fault_kind launch_create(arena *a, const launch_as *as, const msg_spawn *spawn, const child_handles *handles,
                         launched *ret, fault *ret_fault) {
    create_spec spec = {0};
    PROCESS_INFORMATION made;
    image_file image = {0};
    const image_file *held;
    HANDLE job = NULL, token = NULL;
    const char *what = "";
    DWORD err;
    fault_kind kind;
    wchar_t *path = text_wide(a, spawn->application),
            *directory = text_wide(a, as->directory ? as->directory : spawn->directory);

    if (!path || !directory) return fail(ret_fault, STAGE_CREATE, ERROR_NOT_ENOUGH_MEMORY, "no memory");
    if ((kind = look_as_caller(as, spawn, path, directory, &image, ret_fault))) return kind;
    if ((kind = spec_fill(a, as, spawn, handles, &spec, ret_fault))) goto done;
    if ((kind = reduce(a, as, spawn, &token, ret_fault))) goto done;
    if (token) {
        spec.token = token;
        spec.token_is_own = false;
    }

    if ((kind = make_job(as, spawn, &job, ret_fault))) goto done;
    spec.image = path;
    spec.directory = directory;
    spec.job_count = as->within.count + 1;
    if (!(spec.jobs = list_jobs(a, &as->within, job))) {
        kind = fail(ret_fault, STAGE_CREATE, ERROR_NOT_ENOUGH_MEMORY, "no memory");
        goto done;
    }

    held = as->image.file ? &as->image : &image;
    if ((err = create_within(as, &spec, &made, &what))) {
        kind = describe_failure(as, spawn, err, what, held->machine, ret_fault);
        goto done;
    }

    if ((kind = check_made(as, spawn, held, made.hProcess, ret_fault)) ||
        (kind = check_token(token, made.hProcess, ret_fault)) ||
        (kind = set_affinity(spawn, made.hProcess, ret_fault)) ||
        (kind = set_priority(spawn, made.hProcess, ret_fault))) {
        end_made(&made);
        goto done;
    }

    if ((err = close_within(as, &image))) {
        kind = describe_failure(as, spawn, err, "cannot close the program", 0, ret_fault);
        end_made(&made);
        goto done;
    }

    *ret = (launched){.process = made.hProcess,
                      .thread = made.hThread,
                      .job = job,
                      .pid = made.dwProcessId,
                      .tid = made.dwThreadId};
    job = NULL; /* moved */

done:
    win_close(&token);
    win_close(&job);
    close_within(as, &image);
    return kind;
}

fault_kind launch_hand_back(HANDLE to, launched *child, fault *ret_fault) {
    /* Enough to wait, query and terminate. PROCESS_DUP_HANDLE and access to memory are left out: a caller
     * that may have them can open the process by its id. */
    const DWORD process_rights =
        SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE;
    const DWORD thread_rights =
        SYNCHRONIZE | THREAD_QUERY_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION | THREAD_SUSPEND_RESUME;
    HANDLE self = GetCurrentProcess(), process = NULL, thread = NULL;
    if (!DuplicateHandle(self, child->process, to, &process, process_rights, FALSE, 0))
        return fail(ret_fault, STAGE_HAND_BACK, win_error(), "cannot give the caller its child's process");
    child->given_process = process;
    if (!DuplicateHandle(self, child->thread, to, &thread, thread_rights, FALSE, 0))
        return fail(ret_fault, STAGE_HAND_BACK, win_error(), "cannot give the caller its child's thread");
    child->given_thread = thread;
    return FAULT_NONE;
}

void launch_share_job(HANDLE to, launched *child) {
    HANDLE given = NULL;
    if (DuplicateHandle(GetCurrentProcess(), child->job, to, &given, JOB_OBJECT_QUERY | JOB_OBJECT_TERMINATE,
                        FALSE, 0))
        child->given_job = given;
}

fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault) {
    DWORD err;
    if (spawn->lifetime == MSG_LIFETIME_DETACHED && (err = job_limit(child->job, &spawn->limits, false)))
        return fail(ret_fault, STAGE_RESUME, err, "cannot detach the child");
    if (!(spawn->creation_flags & CREATE_SUSPENDED) && ResumeThread(child->thread) == (DWORD)-1)
        return fail(ret_fault, STAGE_RESUME, win_error(), "cannot resume the child");
    return FAULT_NONE;
}

static void take_back(HANDLE to, HANDLE *theirs) {
    HANDLE ours = NULL;
    if (*theirs && DuplicateHandle(to, *theirs, GetCurrentProcess(), &ours, 0, FALSE,
                                   DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS))
        CloseHandle(ours);
    *theirs = NULL;
}

void launch_close(launched *child) {
    win_close(&child->thread);
    win_close(&child->process);
    win_close(&child->job);
}

void launch_undo(HANDLE to, launched *child) {
    if (child->job) TerminateJobObject(child->job, EXIT_CODE_UNDONE);
    if (child->process) TerminateProcess(child->process, EXIT_CODE_UNDONE);
    take_back(to, &child->given_process);
    take_back(to, &child->given_thread);
    take_back(to, &child->given_job);
    launch_close(child);
}
