/* Windows' rules that Wine does not keep, enforced in the programs that the tests run.
 *
 * A program that is linked with sb_rules leads its imports through the layer before its main starts. A
 * function of the layer does what Windows documents, and calls Wine's for the rest. What is shipped never has
 * the layer (install/cmake/install.cmake), and neither has a build for Windows itself: there the tests of the
 * layer run against Windows, and so check the layer's claims. docs/testing.md lists the rules. */
#ifndef SB_TESTS_RULES_RULES_H
#define SB_TESTS_RULES_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, number): a rule has a bit, so that it can be tried alone. The numbers are those of docs/testing.md.
 */
#define RULES(X)            \
    X(PIPE_NAMES, 1)        \
    X(CLIENT_TOKEN, 3)      \
    X(SYNCHRONOUS_FILES, 5) \
    X(DESKTOPS, 6)          \
    X(HANDLE_LIST, 7)       \
    X(STANDARD_HANDLES, 8)  \
    X(PIPE_ACCESS, 9)       \
    X(LEVELS, 10)           \
    X(USER_DRIVES, 11)      \
    X(SLOW_OPENS, 13)       \
    X(WOW64_PATHS, 14)      \
    X(TRUE_PATHS, 15)       \
    X(ENVIRONMENT, 16)      \
    X(CREATE_ERRORS, 17)    \
    X(JOBS, 21)             \
    X(REDUCED_TOKENS, 22)   \
    X(SERVICES, 23)         \
    X(EVENT_LOG, 24)        \
    X(CLOCKS, 26)

enum {
#define X(name, number) RULES_##name = 1 << (number),
    RULES(X)
#undef X
        RULES_ALL = -1
};

/* The variable that changes which rules a program enforces, with its children: a number of bits. All, when it
 * is not there. */
#define RULES_VARIABLE L"SPAWN_BROKER_RULES"

/* Tokens that a process has by name for the check of a pipe's access list, as Wine has one user only. What is
 * not said is as in its own token. network: NETWORK in INTERACTIVE's place, as after a logon by SSH or WinRM.
 * low: low integrity. container: an AppContainer. restricted: with the restricting SID RESTRICTED. system:
 * the system, which has none of the users' drives. other: another user of the machine. service: a service's
 * account, in session 0, which cannot open the desktops of the window station WinSta0. */
#define RULES_TOKEN_VARIABLE L"SPAWN_BROKER_RULES_TOKEN"
/* The letters of the users' drives, in upper case. */
#define RULES_DRIVES_VARIABLE L"SPAWN_BROKER_RULES_DRIVES"
/* A file whose opens wait until they are cancelled: its path, without "\\?\". */
#define RULES_SLOW_VARIABLE L"SPAWN_BROKER_RULES_SLOW"
/* A directory whose files keep their openers waiting until there is a file `go` in it. That cannot be
 * cancelled. */
#define RULES_DEAF_VARIABLE L"SPAWN_BROKER_RULES_DEAF"
/* If it is there, the process is a 32-bit one, as far as the paths of Windows' directories go. */
#define RULES_WOW64_VARIABLE L"SPAWN_BROKER_RULES_WOW64"
/* The letters of volumes that the mount manager does not know, in upper case. */
#define RULES_VOLUMES_VARIABLE L"SPAWN_BROKER_RULES_VOLUMES"
/* If it is there, the machine boots, and the Event Log is not there yet. */
#define RULES_BOOT_VARIABLE L"SPAWN_BROKER_RULES_BOOT"
/* By how many seconds the clock of the process is ahead. */
#define RULES_CLOCK_VARIABLE L"SPAWN_BROKER_RULES_CLOCK"
/* How many milliseconds the name of a SID takes. */
#define RULES_ACCOUNTS_VARIABLE L"SPAWN_BROKER_RULES_ACCOUNTS"
#define RULES_TOKENS(X) \
    X(OWN, own)         \
    X(NETWORK, network) \
    X(LOW, low)         \
    X(CONTAINER, container) X(RESTRICTED, restricted) X(OTHER, other) X(SYSTEM, system) X(SERVICE, service)

typedef enum rules_token {
#define X(name, text) RULES_TOKEN_##name,
    RULES_TOKENS(X)
#undef X
} rules_token;

#ifdef SB_STRICT_RULES
/* Makes this process enforce the rules of these bits, and no others. Returns whether the program has the
 * layer. */
bool rules_enforce(int rules);
#else
static inline bool rules_enforce(int rules) {
    (void)rules;
    return false;
}
#endif

#endif
