/* The program spawnbroker_managed runs the broker as a service. It takes the place of the service control
 * manager, which sends neither a pre-shutdown nor a change of session on request. As with the console
 * command, it takes --pipe and --data, says when it is ready, and stops when its input ends. Each letter of
 * its input is a control (managed.h). It prints each status that the service reports, one a line. */
#include <windows.h>

static SERVICE_STATUS_HANDLE managed_register(LPHANDLER_FUNCTION_EX handler);
static BOOL managed_status(const SERVICE_STATUS *status);
static BOOL managed_dispatch(const SERVICE_TABLE_ENTRYW *table);

#define RegisterServiceCtrlHandlerExW(name, handler, context) managed_register(handler)
#define SetServiceStatus(handle, status) managed_status(status)
#define StartServiceCtrlDispatcherW(table) managed_dispatch(table)
#include "service/broker/scm.c"

#include "tests/support/harness.h"
#include "tests/service/managed.h"

#include <process.h>
#include <stdio.h>

static LPHANDLER_FUNCTION_EX managed_handler;
static LPSERVICE_MAIN_FUNCTIONW managed_main;
static HANDLE managed_stopped;
static const wchar_t *managed_pipe;

static SERVICE_STATUS_HANDLE managed_register(LPHANDLER_FUNCTION_EX handler) {
    managed_handler = handler;
    return (SERVICE_STATUS_HANDLE)(ULONG_PTR)1;
}

static BOOL managed_status(const SERVICE_STATUS *status) {
    printf("status %lu step %lu hint %lu accepts %lu exit %lu\n", status->dwCurrentState,
           status->dwCheckPoint, status->dwWaitHint, status->dwControlsAccepted, status->dwWin32ExitCode);
    if (status->dwCurrentState == SERVICE_RUNNING)
        printf("spawnbroker: ready on \\\\.\\pipe\\%ls\n", managed_pipe);
    fflush(stdout);
    if (status->dwCurrentState == SERVICE_STOPPED) SetEvent(managed_stopped);
    return TRUE;
}

static void control(char letter) {
    WTSSESSION_NOTIFICATION session = {sizeof session, 1};
    DWORD result = ERROR_INVALID_PARAMETER;

    switch (letter) {
    case MANAGED_STOP: result = managed_handler(SERVICE_CONTROL_STOP, 0, NULL, NULL); break;
    case MANAGED_PRESHUTDOWN: result = managed_handler(SERVICE_CONTROL_PRESHUTDOWN, 0, NULL, NULL); break;
    case MANAGED_LOGON:
        result = managed_handler(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOGON, &session, NULL);
        break;
    case MANAGED_LOGOFF:
        result = managed_handler(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOGOFF, &session, NULL);
        break;
    case MANAGED_LOCK:
        result = managed_handler(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOCK, &session, NULL);
        break;
    default: break;
    }

    printf("control %c: %lu\n", letter, result);
    fflush(stdout);
}

static unsigned __stdcall serve(void *context) {
    wchar_t name[] = L"SpawnBroker", *arguments[] = {name, NULL};
    (void)context;
    managed_main(1, arguments);
    return 0;
}

static unsigned __stdcall read_controls(void *context) {
    char letter;
    DWORD got;
    (void)context;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &letter, 1, &got, NULL) && got) control(letter);
    control(MANAGED_STOP);
    return 0;
}

/* Sends controls only after the service has reported that it accepts them. */
static BOOL managed_dispatch(const SERVICE_TABLE_ENTRYW *table) {
    managed_main = table->lpServiceProc;
    managed_stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE main_thread = (HANDLE)_beginthreadex(NULL, 0, serve, NULL, 0, NULL);
    while (scm_state != SERVICE_RUNNING && WaitForSingleObject(managed_stopped, 5) == WAIT_TIMEOUT) continue;
    HANDLE controls = (HANDLE)_beginthreadex(NULL, 0, read_controls, NULL, 0, NULL);
    WaitForSingleObject(managed_stopped, INFINITE);
    WaitForSingleObject(main_thread, INFINITE);
    (void)controls; /* waits for input, and ends with the process */
    return TRUE;
}

int wmain(int argc, wchar_t **argv) {
    broker_options options = {0};
    for (int i = 1; i + 1 < argc; i++) {
        if (!wcscmp(argv[i], L"--pipe")) options.pipe = managed_pipe = argv[i + 1];
        if (!wcscmp(argv[i], L"--data")) options.data = argv[i + 1];
    }
    /* The service's own pipe is the default, with which it serves the plain name, too. */
    if (options.pipe && !wcscmp(options.pipe, NAME_PIPE_PROTECTED)) options.pipe = NULL;
    return managed_pipe && options.data ? (int)scm_run(&options) : 2;
}
