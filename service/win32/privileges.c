#include "service/win32/privileges.h"

#include "service/win32/token.h"

#include <stdlib.h>
#include <windows.h>

enum { COUNT = 2 };

/* A TOKEN_PRIVILEGES with room for two. */
typedef struct pair {
    DWORD count;
    LUID_AND_ATTRIBUTES list[COUNT];
} pair;

static SRWLOCK lock = SRWLOCK_INIT;
static unsigned users;
static bool known, held; /* whether the token has been read, and whether it holds both */
static pair both;        /* kept: looking a name up asks another process */

static bool is_in(const TOKEN_PRIVILEGES *all, LUID one) {
    for (DWORD i = 0; i < all->PrivilegeCount; i++)
        if (all->Privileges[i].Luid.LowPart == one.LowPart &&
            all->Privileges[i].Luid.HighPart == one.HighPart)
            return true;
    return false;
}

/* Whether the token holds both. Checked before adjusting: AdjustTokenPrivileges would enable just one. */
static bool look(HANDLE token) {
    static const wchar_t *const names[COUNT] = {SE_ASSIGNPRIMARYTOKEN_NAME, SE_INCREASE_QUOTA_NAME};
    void *all;
    bool found = true;
    both.count = COUNT;
    for (int i = 0; i < COUNT; i++)
        found = found && LookupPrivilegeValueW(NULL, names[i], &both.list[i].Luid);
    if (!found || token_read(token, TokenPrivileges, &all)) return false;
    found = is_in(all, both.list[0].Luid) && is_in(all, both.list[1].Luid);
    free(all);
    return found;
}

/* Sets the attributes of both. The lock is held, and the thread does not impersonate. */
static bool adjust(DWORD attributes) {
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token)) return false;
    for (int i = 0; i < COUNT; i++) both.list[i].Attributes = attributes;
    bool done = AdjustTokenPrivileges(token, FALSE, (TOKEN_PRIVILEGES *)(void *)&both, 0, NULL, NULL) &&
                GetLastError() == ERROR_SUCCESS; /* else not all were adjusted */
    CloseHandle(token);
    return done;
}

/* As privileges_held, with the lock held. */
static bool are_held(void) {
    HANDLE token;
    if (known || !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return held;
    held = look(token);
    known = true;
    CloseHandle(token);
    return held;
}

bool privileges_held(void) {
    AcquireSRWLockExclusive(&lock);
    bool are = are_held();
    ReleaseSRWLockExclusive(&lock);
    return are;
}

bool privileges_enable(void) {
    AcquireSRWLockExclusive(&lock);
    bool enabled = are_held() && (users || adjust(SE_PRIVILEGE_ENABLED));
    if (enabled) users++;
    ReleaseSRWLockExclusive(&lock);
    return enabled;
}

void privileges_disable(void) {
    AcquireSRWLockExclusive(&lock);
    if (!--users) adjust(0); /* succeeds as enabling did; if it failed, the privileges would stay enabled */
    ReleaseSRWLockExclusive(&lock);
}
