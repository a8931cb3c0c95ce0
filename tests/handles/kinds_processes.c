/* Processes, threads and tokens. */
#include "tests/handles/kinds.h"

/* ---- process ---- */

enum { VICTIM_CODE = 77 };

static bool make_process(kind_object *o) {
    return (o->given = kinds_victim()) != NULL;
}

static bool use_process(HANDLE given) {
    DWORD code = 0;
    return GetProcessId(given) && TerminateProcess(given, VICTIM_CODE) &&
           WaitForSingleObject(given, TEST_DEADLINE_MS) == WAIT_OBJECT_0 &&
           GetExitCodeProcess(given, &code) && code == VICTIM_CODE;
}

static bool beyond_process(HANDLE given) {
    return !GetProcessId(given) || TerminateProcess(given, VICTIM_CODE);
}

static bool seen_process(const kind_object *o) {
    DWORD code = 0;
    return GetExitCodeProcess(o->given, &code) && code == VICTIM_CODE;
}

/* ---- thread ---- */

enum { THREAD_CODE = 78 };

static DWORD WINAPI thread_main(void *context) {
    (void)context;
    return THREAD_CODE;
}

static bool make_thread(kind_object *o) {
    return (o->given = CreateThread(NULL, 0, thread_main, NULL, CREATE_SUSPENDED, NULL)) != NULL;
}

static bool use_thread(HANDLE given) {
    DWORD code = 0;
    return GetThreadId(given) && ResumeThread(given) == 1 &&
           WaitForSingleObject(given, TEST_DEADLINE_MS) == WAIT_OBJECT_0 && GetExitCodeThread(given, &code) &&
           code == THREAD_CODE;
}

static bool beyond_thread(HANDLE given) {
    return !GetThreadId(given) || ResumeThread(given) != (DWORD)-1;
}

static bool seen_thread(const kind_object *o) {
    return WaitForSingleObject(o->given, 0) == WAIT_OBJECT_0;
}

/* ---- token ---- */

static bool make_token(kind_object *o) {
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &o->given);
}

static bool token_user(HANDLE token, unsigned char *bytes, DWORD size) {
    DWORD used;
    return GetTokenInformation(token, TokenUser, bytes, size, &used);
}

/* The token is the caller's, whose user is also the child's. */
static bool use_token(HANDLE given) {
    union {
        TOKEN_USER user;
        unsigned char bytes[256];
    } its, own;
    HANDLE mine = NULL, copy = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mine)) return false;
    bool same = token_user(given, its.bytes, sizeof its) && token_user(mine, own.bytes, sizeof own) &&
                EqualSid(its.user.User.Sid, own.user.User.Sid) &&
                DuplicateTokenEx(given, TOKEN_QUERY, NULL, SecurityImpersonation, TokenImpersonation, &copy);
    if (copy) CloseHandle(copy);
    CloseHandle(mine);
    return same;
}

static bool beyond_token(HANDLE given) {
    unsigned char bytes[256];
    return token_user(given, bytes, sizeof bytes);
}

static bool seen_by_child(const kind_object *o) {
    (void)o;
    return true;
}

const kind kinds_of_processes[] = {
    {"process", "Process", PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, make_process, use_process,
     beyond_process, seen_process},
    {"thread", "Thread", THREAD_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, make_thread, use_thread,
     beyond_thread, seen_thread},
    {"token", "Token", TOKEN_DUPLICATE, make_token, use_token, beyond_token, seen_by_child},
    {0}};
