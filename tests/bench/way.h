/* The ways of launching that the benchmark compares: directly, and through the client library. */
#ifndef SB_TESTS_BENCH_WAY_H
#define SB_TESTS_BENCH_WAY_H

#include "tests/support/harness.h"

typedef enum way_kind {
    WAY_DIRECT, /* CreateProcess with a handle list of inheritable duplicates */
    WAY_LOCK,   /* under a lock: duplicate inheritably, CreateProcess without a list, close */
    WAY_CLIENT  /* sb_spawn */
} way_kind;

typedef struct way {
    const char *name;
    way_kind kind;
    sb_client *client;
    test_broker broker; /* process NULL: no broker of its own */
} way;

/* A launch, the same for every way. */
typedef struct way_launch {
    wchar_t *application, *line;
    HANDLE nul; /* for its standard handles */
    const sb_handle *handles;
    size_t handle_count;
    const wchar_t *environment; /* NULL: the caller's */
} way_launch;

/* Opens the client library without a broker. Returns false after printing why. */
bool way_open_local(way *ret);
/* Starts a broker and connects a client to it. program NULL: spawnbroker.exe. data NULL: a new directory.
 * policy: the text of its policy.json, or NULL. Returns false after printing why. */
bool way_open_broker(way *ret, const char *name, const wchar_t *program, const wchar_t *data,
                     const char *policy);
/* A way that was never opened is fine. Returns false if the broker did not exit well. */
bool way_close(way *w);

/* Launches once. The caller closes the process. Any number of threads may call it. Returns a Win32 code,
 * after printing why. */
DWORD way_run(const way *w, const way_launch *launch, HANDLE *ret_process);

#endif
