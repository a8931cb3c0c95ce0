/* Tries a rule: what Windows says, and what Wine says without it. */
#ifndef SB_TESTS_RULES_RULE_H
#define SB_TESTS_RULES_RULE_H

#include "tests/rules/rules.h"
#include "tests/support/checks.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* Does something, and returns the error of the call that the rule is about, or 0. */
typedef DWORD rule_attempt(void *context);

/* Returns whether this is a Wine after 8, which may keep a rule itself. */
static inline bool rule_newer_wine(void) {
    typedef const char *(__cdecl * version_function)(void);
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version");
    version_function version;
    memcpy(&version, &found, sizeof version);
    return found && atoi(version()) > 8;
}

/* Checks that an attempt ends with `windows` where the rule is kept: on Windows, and with the layer. Where
 * the program has the layer, also checks that it ends with `wine` without this one rule: else the rule would
 * do nothing. */
static inline void rule_try(int rule, const char *what, rule_attempt *attempt, void *context, DWORD windows,
                            DWORD wine) {
    check_about(what);
    if (rules_enforce(RULES_ALL & ~rule)) {
        DWORD alone = attempt(context);
        if (alone != windows || !rule_newer_wine()) CHECK_INT(alone, wine);
    }
    rules_enforce(RULES_ALL);
    CHECK_INT(attempt(context), windows);
}

#endif
