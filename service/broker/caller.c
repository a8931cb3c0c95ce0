#include "service/broker/caller.h"

#include "proto/proto_limits.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/true_path.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

static fault_kind refuse(fault *ret_fault, DWORD error, const char *what) {
    return win_fault(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, error, "%s", what);
}

/* The thread's token while it impersonates. Opened as the broker: the caller might not be allowed to. */
static fault_kind pipe_token(HANDLE *ret, fault *ret_fault) {
    SECURITY_IMPERSONATION_LEVEL level;
    HANDLE token = NULL;
    DWORD size;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE, TRUE,
                         &token)) {
        DWORD error = win_error();
        if (error == ERROR_CANT_OPEN_ANONYMOUS)
            return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, error,
                             "the client connected anonymously; connect with SECURITY_IMPERSONATION");
        return refuse(ret_fault, error, "cannot open the client's token");
    }
    if (!GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size) ||
        level < SecurityImpersonation) {
        CloseHandle(token);
        return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_BAD_IMPERSONATION_LEVEL,
                         "the client connected at identification level; connect with SECURITY_IMPERSONATION");
    }
    *ret = token;
    return FAULT_NONE;
}

/* Acts as the client only in here: gets its token, and with its rights its process. */
static fault_kind open_as_client(HANDLE pipe, DWORD pid, HANDLE *ret_token, HANDLE *ret_process,
                                 fault *ret_fault) {
    const DWORD rights = PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE;
    HANDLE process = NULL;
    DWORD error = ERROR_SUCCESS;
    if (!ImpersonateNamedPipeClient(pipe))
        return refuse(ret_fault, win_error(), "cannot impersonate the client");
    fault_kind kind = pipe_token(ret_token, ret_fault);
    if (!kind && !(process = OpenProcess(rights, FALSE, pid))) error = win_error();
    token_revert();
    if (kind) return kind;
    if (error) {
        win_close(ret_token);
        return win_fault(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, error,
                         "the client may not open its own process %lu for duplicating handles (a protected "
                         "process cannot use a broker)",
                         (unsigned long)pid);
    }
    *ret_process = process;
    return FAULT_NONE;
}

/* The process that was opened must have the rights with which the pipe was opened. */
static fault_kind same_identity(HANDLE pipe_side, HANDLE process, fault *ret_fault) {
    HANDLE token = NULL;
    bool same = false;
    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return refuse(ret_fault, win_error(), "cannot open the token of the client's process");
    DWORD error = token_same(pipe_side, token, &same);
    CloseHandle(token);
    if (error) return refuse(ret_fault, error, "cannot read the client's token");
    if (!same)
        return fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_BAD_TOKEN_TYPE,
                         "the client's thread acts as somebody else than its process: connect without "
                         "impersonating");
    return FAULT_NONE;
}

/* Without the path of the caller's program a rule could not tell whose launch it is. */
static DWORD image_of(arena *a, HANDLE process, const char **ret) {
    arena scratch = {0};
    wchar_t *wide = arena_array(&scratch, LIMIT_PATH_UNITS, sizeof *wide);
    DWORD error =
        wide ? true_path_of_process(process, wide, LIMIT_PATH_UNITS) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    if (!error && !(*ret = text_utf8_lossy(a, wide))) error = ERROR_NOT_ENOUGH_MEMORY;
    arena_free(&scratch);
    return error;
}

static fault_kind describe(caller *c, fault *ret_fault) {
    c->sid = token_sid_text(&c->arena, c->token);
    c->user = token_user_name(&c->arena, c->token);
    if (!c->sid || !c->user)
        return refuse(ret_fault, ERROR_NOT_ENOUGH_MEMORY, "cannot read the names of the client's user");
    DWORD error = image_of(&c->arena, c->process, &c->image);
    return error ? refuse(ret_fault, error, "cannot find the path of the client's program") : FAULT_NONE;
}

/* A process that may start none itself must not have the broker do it. A Windows that does not know this
 * policy has no such process. */
static DWORD no_children(HANDLE process, bool *ret) {
    PROCESS_MITIGATION_CHILD_PROCESS_POLICY policy = {0};
    DWORD error = ERROR_SUCCESS;
    if (!GetProcessMitigationPolicy(process, ProcessChildProcessPolicy, &policy, sizeof policy))
        error = win_error();
    if (error && error != ERROR_INVALID_PARAMETER && error != ERROR_NOT_SUPPORTED) return error;
    *ret = !error && policy.NoChildProcessCreation;
    return ERROR_SUCCESS;
}

static fault_kind fill(caller *c, HANDLE pipe, int64_t connected_at, bool may_assign, fault *ret_fault) {
    HANDLE token = NULL;
    FILETIME created, exited, kernel, user;
    token_identity identity;
    DWORD error;
    ULONG pid;
    fault_kind kind;
    if (!GetNamedPipeClientProcessId(pipe, &pid))
        return refuse(ret_fault, win_error(), "the client has gone");
    c->pid = pid;
    if ((kind = open_as_client(pipe, pid, &token, &c->process, ret_fault))) return kind;
    if ((kind = same_identity(token, c->process, ret_fault))) goto done;
    if ((error = token_identify(token, &identity))) {
        kind = refuse(ret_fault, error, "cannot read the client's token");
        goto done;
    }
    if (!GetProcessTimes(c->process, &created, &exited, &kernel, &user) ||
        !DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &c->token) ||
        !DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE | TOKEN_DUPLICATE, NULL,
                          SecurityImpersonation, TokenImpersonation, &c->impersonation)) {
        kind = refuse(ret_fault, win_error(), "cannot take over the client's token");
        goto done;
    }
    if ((error = token_is_administrator(c->impersonation, &c->administrator))) {
        kind = refuse(ret_fault, error, "cannot read the client's groups");
        goto done;
    }
    if ((error = no_children(c->process, &c->sandboxed))) {
        kind = refuse(ret_fault, error, "cannot read whether the client may start processes");
        goto done;
    }
    if (win_filetime_us(created) > connected_at) {
        kind = fault_set(ret_fault, FAULT_IDENTITY, STAGE_IDENTIFY, ERROR_INVALID_PARAMETER,
                         "process %lu began after the client connected: it is not the one that did",
                         (unsigned long)pid);
        goto done;
    }
    c->session = identity.session;
    c->sandboxed = identity.sandboxed || c->sandboxed;
    c->integrity = identity.integrity;
    c->started_at = win_filetime_us(created);
    c->launch_as_self = !may_assign && token_is_own(token);
    kind = describe(c, ret_fault);
done:
    win_close(&token);
    return kind;
}

fault_kind caller_identify(HANDLE pipe, int64_t connected_at, bool may_assign, caller **ret,
                           fault *ret_fault) {
    caller *c = calloc(1, sizeof *c);
    if (!c) return refuse(ret_fault, ERROR_NOT_ENOUGH_MEMORY, "no memory for a client");
    c->references = 1;
    fault_kind kind = fill(c, pipe, connected_at, may_assign, ret_fault);
    if (kind) caller_release(&c);
    else *ret = c;
    return kind;
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
    win_close(&old->process);
    win_close(&old->token);
    win_close(&old->impersonation);
    arena_free(&old->arena);
    free(old);
}

bool caller_gone(const caller *c) {
    return WaitForSingleObject(c->process, 0) !=
           WAIT_TIMEOUT; /* who cannot be waited for is not known to live */
}

static void CALLBACK on_end_of_process(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *wait,
                                       TP_WAIT_RESULT result) {
    caller *c = context;
    (void)instance, (void)wait, (void)result;
    InterlockedExchange(&c->ended, 1);
    c->on_end(c->on_end_context, c);
}

DWORD caller_watch(caller *c, void (*on_end)(void *context, caller *c), void *context) {
    DWORD error = ERROR_SUCCESS;
    AcquireSRWLockExclusive(&c->lock);
    if (!c->watch) {
        c->on_end = on_end;
        c->on_end_context = context;
        if ((c->watch = CreateThreadpoolWait(on_end_of_process, c, NULL)))
            SetThreadpoolWait(c->watch, c->process, NULL);
        else error = win_error();
    }
    ReleaseSRWLockExclusive(&c->lock);
    return error;
}
