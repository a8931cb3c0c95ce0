/* The ways of launching that are compared: by oneself, and through the client library. */
#ifndef SB_TESTS_BENCH_WAY_H
#define SB_TESTS_BENCH_WAY_H

#include "tests/support/harness.h"

typedef enum way_kind {
    WAY_DIRECT, /* CreateProcess with a handle list of inheritable duplicates */
    WAY_LOCK,   /* a lock around: duplicate inheritably, CreateProcess without a list, close */
    WAY_CLIENT  /* sb_spawn */
} way_kind;

typedef struct way {
    const char *name;
    way_kind kind;
    sb_client *client;
    test_broker broker; /* process NULL: none of its own */
} way;

/* What every way launches alike. */
typedef struct way_launch {
    wchar_t *application, *line;
    HANDLE nul; /* its standard handles */
    const sb_handle *handles;
    size_t handle_count;
    const wchar_t *environment; /* NULL: the caller's */
} way_launch;

/* The client library's way without a broker. False after printing why, as below. */
bool way_open_local(way *ret);
/* A broker of its own, and a client of it. program: NULL for spawnbroker.exe. data: NULL for a new directory.
 * policy: NULL, or the text of its policy.json. */
bool way_open_broker(way *ret, const char *name, const wchar_t *program, const wchar_t *data,
                     const char *policy);
/* One that was never opened is fine. False: its broker did not end well. */
bool way_close(way *w);

/* The process is the caller's to close. Any number of threads. Returns a Win32 code, after printing why. */
DWORD way_run(const way *w, const way_launch *launch, HANDLE *ret_process);

#endif
