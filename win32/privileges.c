#include "privileges.h"

#include "token.h"

#include <stdlib.h>
#include <windows.h>

enum { COUNT = 2 };

/* As TOKEN_PRIVILEGES, with room for two. */
typedef struct pair {
    DWORD count;
    LUID_AND_ATTRIBUTES list[COUNT];
} pair;

static SRWLOCK lock = SRWLOCK_INIT;
static unsigned users;

static bool name_them(pair *ret, DWORD attributes) {
    static const wchar_t *const names[COUNT] = {SE_ASSIGNPRIMARYTOKEN_NAME, SE_INCREASE_QUOTA_NAME};
    ret->count = COUNT;
    for (int i = 0; i < COUNT; i++) {
        ret->list[i].Attributes = attributes;
        if (!LookupPrivilegeValueW(NULL, names[i], &ret->list[i].Luid)) return false;
    }
    return true;
}

static bool is_held(const TOKEN_PRIVILEGES *all, LUID one) {
    for (DWORD i = 0; i < all->PrivilegeCount; i++)
        if (all->Privileges[i].Luid.LowPart == one.LowPart &&
            all->Privileges[i].Luid.HighPart == one.HighPart)
            return true;
    return false;
}

/* Both, or none is adjusted: AdjustTokenPrivileges would enable one of the two. */
static bool all_held(HANDLE token, const pair *wanted) {
    void *all;
    if (token_read(token, TokenPrivileges, &all)) return false;
    bool held = is_held(all, wanted->list[0].Luid) && is_held(all, wanted->list[1].Luid);
    free(all);
    return held;
}

static bool adjust(DWORD attributes) {
    pair wanted;
    HANDLE token;
    if (!name_them(&wanted, attributes) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return false;
    bool done = all_held(token, &wanted) &&
                AdjustTokenPrivileges(token, FALSE, (TOKEN_PRIVILEGES *)(void *)&wanted, 0, NULL, NULL) &&
                GetLastError() == ERROR_SUCCESS; /* else not all were */
    CloseHandle(token);
    return done;
}

bool privileges_held(void) {
    pair wanted;
    HANDLE token;
    if (!name_them(&wanted, 0) || !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
    bool held = all_held(token, &wanted);
    CloseHandle(token);
    return held;
}

bool privileges_enable(void) {
    AcquireSRWLockExclusive(&lock);
    bool enabled = users || adjust(SE_PRIVILEGE_ENABLED);
    if (enabled) users++;
    ReleaseSRWLockExclusive(&lock);
    return enabled;
}

void privileges_disable(void) {
    AcquireSRWLockExclusive(&lock);
    if (!--users)
        adjust(0); /* cannot fail after it could enable them; if it did, they would be held as before */
    ReleaseSRWLockExclusive(&lock);
}
