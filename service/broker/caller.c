#include "service/broker/caller.h"

#include "proto/proto_limits.h"
#include "service/broker/enclosure.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"
#include "service/win32/token_compare.h"
#include "service/win32/true_path.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

static fault_kind refuse(fault *ret_fault, DWORD err, const char *what) {
    return win_fault(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, err, "%s", what);
}

/* Opens the thread's token while it impersonates. Opens it as the broker, because the caller may not be
 * allowed to. */
static fault_kind pipe_token(HANDLE *ret, fault *ret_fault) {
    SECURITY_IMPERSONATION_LEVEL level;
    HANDLE token = NULL;
    DWORD size;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE, TRUE,
                         &token)) {
        DWORD err = win_error();
        if (err == ERROR_CANT_OPEN_ANONYMOUS)
            return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, err,
                             "the client connected anonymously; open the pipe with SECURITY_SQOS_PRESENT | "
                             "SECURITY_IMPERSONATION");
        return refuse(ret_fault, err, "cannot open the client's token");
    }

    if (!GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size) ||
        level < SecurityImpersonation) {
        CloseHandle(token);
        return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_BAD_IMPERSONATION_LEVEL,
                         "the client connected at identification level; open the pipe with "
                         "SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION");
    }
    *ret = token;
    return FAULT_NONE;
}

/* Gets the client's token and, with the client's rights, opens its process. The thread acts as the client
 * only in this function. */
static fault_kind open_as_client(HANDLE pipe, DWORD pid, HANDLE *ret_token, HANDLE *ret_process,
                                 fault *ret_fault) {
    const DWORD rights = PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE;
    HANDLE process = NULL;
    DWORD err = ERROR_SUCCESS;

    if (!ImpersonateNamedPipeClient(pipe))
        return refuse(ret_fault, win_error(), "cannot impersonate the client");
    fault_kind kind = pipe_token(ret_token, ret_fault);
    if (!kind && !(process = OpenProcess(rights, FALSE, pid))) err = win_error();
    token_revert();
    if (kind) return kind;

    if (err) {
        win_close(ret_token);
        return win_fault(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, err,
                         "the client may not open its own process %lu for duplicating handles (a protected "
                         "process cannot use a broker)",
                         (unsigned long)pid);
    }
    *ret_process = process;
    return FAULT_NONE;
}

/* Checks that the process has the rights with which its client opened the pipe. *ret_whole: the process's
 * token, if the pipe's is only its effective-only copy, else NULL.
 *
 * Without SECURITY_SQOS_PRESENT, as many languages open a pipe, Windows passes on only what is enabled in the
 * token. The client's children get all that its process has, as from CreateProcess.
 * https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew#security_sqos_present */
static fault_kind check_identity(HANDLE pipe_side, HANDLE process, HANDLE *ret_whole, fault *ret_fault) {
    token_rights seen = {0}, own = {0};
    HANDLE token = NULL;
    fault_kind kind = FAULT_NONE;
    DWORD err;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return refuse(ret_fault, win_error(), "cannot open the token of the client's process");
    err = token_rights_read(pipe_side, &seen);
    if (!err) err = token_rights_read(token, &own);
    if (err) kind = refuse(ret_fault, err, "cannot read the client's token");
    win_close(&token);

    if (!kind && !token_rights_same(&seen, &own)) {
        if (!token_rights_effective(&seen, &own))
            kind =
                fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_BAD_TOKEN_TYPE,
                          "the client's thread acts as somebody else than its process: open the pipe without "
                          "impersonating, with SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION");
        else if (!OpenProcessToken(process, TOKEN_QUERY | TOKEN_DUPLICATE, ret_whole))
            kind = refuse(ret_fault, win_error(),
                          "cannot copy the token of the client's process; open the pipe with "
                          "SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION");
    }
    token_rights_free(&seen);
    token_rights_free(&own);
    return kind;
}

/* Reads the path of the client's program. Without it a rule could not tell whose launch it is. */
static DWORD image_of(arena *a, HANDLE process, const char **ret) {
    arena scratch = {0};
    wchar_t *wide = arena_array(&scratch, LIMIT_PATH_UNITS, sizeof *wide);
    DWORD err = wide ? true_path_of_process(process, wide, LIMIT_PATH_UNITS) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    if (!err && !(*ret = text_utf8_lossy(a, wide))) err = ERROR_NOT_ENOUGH_MEMORY;
    arena_free(&scratch);
    return err;
}

/* Services of one account are told apart by a SID that each has of its own. */
static bool is_of_service(PSID sid) {
    static const SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    return !memcmp(GetSidIdentifierAuthority(sid), &nt, sizeof nt) && *GetSidSubAuthorityCount(sid) &&
           *GetSidSubAuthority(sid, 0) == SECURITY_SERVICE_ID_BASE_RID;
}

/* Lists the services that the client is. */
static DWORD services_of(arena *a, HANDLE token, const char **ret) {
    const char *list = NULL;
    void *read;
    DWORD err = token_read(token, TokenGroups, &read);
    if (err) return err;
    const TOKEN_GROUPS *groups = read;
    for (DWORD i = 0; !err && i < groups->GroupCount; i++) {
        const SID_AND_ATTRIBUTES *group = &groups->Groups[i];
        const char *sid;
        if (!(group->Attributes & SE_GROUP_ENABLED) || !is_of_service(group->Sid)) continue;
        sid = token_text_of_sid(a, group->Sid);
        list = !sid ? NULL : list ? arena_printf(a, "%s %s", list, sid) : sid;
        if (!list) err = ERROR_NOT_ENOUGH_MEMORY;
    }
    free(read);
    if (!err) *ret = list;
    return err;
}

static fault_kind describe(caller *c, fault *ret_fault) {
    c->sid = token_sid_text(&c->arena, c->token);
    if (!c->sid) return refuse(ret_fault, ERROR_NOT_ENOUGH_MEMORY, "cannot read the client's user");
    DWORD err = services_of(&c->arena, c->token, &c->services);
    if (err) return refuse(ret_fault, err, "cannot read the client's groups");
    err = image_of(&c->arena, c->process, &c->image);
    return err ? refuse(ret_fault, err, "cannot find the path of the client's program") : FAULT_NONE;
}

/* Returns whether a process may not start processes: the broker must not do it for it. A Windows that does
 * not know this policy has no such process. */
static DWORD no_children(HANDLE process, bool *ret) {
    PROCESS_MITIGATION_CHILD_PROCESS_POLICY policy = {0};
    DWORD err = ERROR_SUCCESS;
    if (!GetProcessMitigationPolicy(process, ProcessChildProcessPolicy, &policy, sizeof policy))
        err = win_error();
    if (err && err != ERROR_INVALID_PARAMETER && err != ERROR_NOT_SUPPORTED) return err;
    *ret = !err && policy.NoChildProcessCreation;
    return ERROR_SUCCESS;
}

caller_moment caller_now(void) {
    return (caller_moment){.clock = win_now_us(), .ticks = win_ticks_us()};
}

/* Checks that the process was not created after the client connected: its id would then be a reused one. */
static fault_kind check_age(caller *c, caller_moment connected, fault *ret_fault) {
    FILETIME created, exited, kernel, user;
    if (!GetProcessTimes(c->process, &created, &exited, &kernel, &user))
        return refuse(ret_fault, win_error(), "cannot read when the client's process was created");
    c->started_at = win_filetime_us(created);

    switch (caller_age_of(c->started_at, connected, caller_now())) {
    case CALLER_TOO_YOUNG:
        return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_INVALID_PARAMETER,
                         "process %lu began after the client connected: it is not the one that did",
                         (unsigned long)c->pid);
    case CALLER_AGE_UNKNOWN:
        return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_INVALID_TIME,
                         "the system's clock was set back after the client connected; connect again");
    case CALLER_OLD_ENOUGH: break;
    }
    return FAULT_NONE;
}

/* Takes over the client's token, and reads from it what the policy and the launch need. */
static fault_kind take_token(caller *c, HANDLE token, bool may_assign, fault *ret_fault) {
    token_identity identity;
    DWORD err = token_identify(token, &identity);
    if (err) return refuse(ret_fault, err, "cannot read the client's token");

    if (!DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &c->token) ||
        !DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE | TOKEN_DUPLICATE, NULL,
                          SecurityImpersonation, TokenImpersonation, &c->impersonation))
        return refuse(ret_fault, win_error(), "cannot take over the client's token");
    if ((err = token_is_administrator(c->impersonation, &c->administrator)))
        return refuse(ret_fault, err, "cannot read the client's groups");
    if ((err = no_children(c->process, &c->sandboxed)))
        return refuse(ret_fault, err, "cannot read whether the client may start processes");

    c->session = identity.session;
    c->sandboxed = identity.sandboxed || c->sandboxed;
    c->integrity = identity.integrity;
    c->launch_as_self = !may_assign && token_is_own(token);
    return FAULT_NONE;
}

static fault_kind fill(caller *c, HANDLE pipe, caller_moment connected, bool may_assign, fault *ret_fault) {
    HANDLE token = NULL, whole = NULL;
    ULONG pid;
    if (!GetNamedPipeClientProcessId(pipe, &pid))
        return refuse(ret_fault, win_error(), "cannot get the client's process id");
    c->pid = pid;

    fault_kind kind = open_as_client(pipe, pid, &token, &c->process, ret_fault);
    if (!kind) kind = check_identity(token, c->process, &whole, ret_fault);
    if (!kind) kind = take_token(c, whole ? whole : token, may_assign, ret_fault);
    if (!kind) kind = check_age(c, connected, ret_fault);
    if (!kind) kind = describe(c, ret_fault);
    win_close(&token);
    win_close(&whole);
    return kind;
}

fault_kind caller_identify(HANDLE pipe, caller_moment connected, bool may_assign, caller **ret,
                           fault *ret_fault) {
    caller *c = calloc(1, sizeof *c);
    if (!c) return refuse(ret_fault, ERROR_NOT_ENOUGH_MEMORY, "no memory for a client");
    c->references = 1;
    fault_kind kind = fill(c, pipe, connected, may_assign, ret_fault);
    if (kind) caller_release(&c);
    else *ret = c;
    return kind;
}

static bool copy_text(arena *a, const char *text, const char **ret) {
    *ret = text ? arena_printf(a, "%s", text) : NULL;
    return !text || *ret;
}

caller *caller_of_record(const caller_recorded *what) {
    caller *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    *c = (caller){.references = 1,
                  .pid = what->pid,
                  .session = what->session,
                  .started_at = what->started_at,
                  .integrity = what->integrity,
                  .administrator = what->administrator,
                  .ended = !what->process};
    InitializeSRWLock(&c->lock);
    if (!copy_text(&c->arena, what->sid, &c->sid) || !copy_text(&c->arena, what->image, &c->image) ||
        !copy_text(&c->arena, what->services, &c->services)) {
        caller_release(&c);
        return NULL;
    }
    c->process = what->process;
    return c;
}

caller *caller_hold(caller *c) {
    InterlockedIncrement(&c->references);
    return c;
}

void caller_release(caller **c) {
    caller *old = *c;
    *c = NULL;
    if (!old || InterlockedDecrement(&old->references)) return;
    if (old->watch) {
        SetThreadpoolWait(old->watch, NULL, NULL);
        WaitForThreadpoolWaitCallbacks(old->watch, TRUE);
        CloseThreadpoolWait(old->watch);
    }
    enclosure_release(&old->within);
    win_close(&old->process);
    win_close(&old->token);
    win_close(&old->impersonation);
    arena_free(&old->arena);
    free(old);
}

/* Returns whether each of the SIDs in `part` is in `whole`. */
static bool has_services(const char *whole, const char *part) {
    while (part && *part) {
        size_t length = strcspn(part, " ");
        const char *at = whole;
        while (at && *at && (strcspn(at, " ") != length || memcmp(at, part, length) != 0)) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
        if (!at || !*at) return false;
        part += length;
        part += *part == ' ';
    }
    return true;
}

bool caller_stands_for(const caller *one, const caller *other) {
    if (strcmp(one->sid, other->sid) != 0) return false;
    if (one->pid == other->pid && one->started_at == other->started_at) return true;
    return !one->sandboxed && one->integrity >= other->integrity &&
           (one->administrator || !other->administrator) && has_services(one->services, other->services);
}

bool caller_gone(const caller *c) {
    return WaitForSingleObject(c->process, 0) !=
           WAIT_TIMEOUT; /* a process that cannot be waited for is not known to run */
}

static void CALLBACK on_end_of_process(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *wait,
                                       TP_WAIT_RESULT result) {
    caller *c = context;
    (void)instance, (void)wait, (void)result;
    InterlockedExchange(&c->ended, 1);
    c->on_end(c->on_end_context, c);
}

DWORD caller_watch(caller *c, void (*on_end)(void *context, caller *c), void *context) {
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&c->lock);
    if (!c->watch && c->process) {
        c->on_end = on_end;
        c->on_end_context = context;
        if ((c->watch = CreateThreadpoolWait(on_end_of_process, c, NULL)))
            SetThreadpoolWait(c->watch, c->process, NULL);
        else err = win_error();
    }
    ReleaseSRWLockExclusive(&c->lock);
    return err;
}
