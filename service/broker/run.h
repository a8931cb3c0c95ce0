/* The broker from start to stop, whoever started it. */
#ifndef SB_SERVICE_BROKER_RUN_H
#define SB_SERVICE_BROKER_RUN_H

#include <windows.h>

typedef struct run_options {
    const wchar_t *pipe; /* with or without \\.\pipe\; NULL: SpawnBroker */
    const wchar_t *data; /* NULL: %ProgramData%\SpawnBroker */
    HANDLE logoff;       /* an event that resets itself, set when a session has ended; NULL: nobody says so */
    void (*abandoned)(void); /* called before the process ends with a launch that hangs; NULL is fine */
} run_options;

/* Opens the audit and the pipe, calls ready with the pipe's full name, serves until stop is set, then ends
 * launches under way, disconnects everybody and closes the database. On failure message (at least 512
 * characters) says what and why. */
DWORD run_broker(const run_options *options, HANDLE stop, void (*ready)(const wchar_t *pipe),
                 wchar_t *message);

#endif
