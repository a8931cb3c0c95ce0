#include "scm.h"

#include "event_log.h"
#include "names.h"
#include "win.h"

enum { START_HINT_MS = 10000, STOP_HINT_MS = 40000 };

/* The service main has no argument of ours to be given. */
static const run_options *scm_options;
static SERVICE_STATUS_HANDLE scm_status;
static HANDLE scm_stop;

static void report(DWORD state, DWORD exit_code, DWORD hint_ms) {
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwWin32ExitCode = exit_code,
                             .dwWaitHint = hint_ms};
    if (state == SERVICE_RUNNING)
        status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN;
    SetServiceStatus(scm_status, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
    (void)type, (void)data, (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
        report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
        SetEvent(scm_stop);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
    default: return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void on_ready(const wchar_t *pipe) {
    (void)pipe;
    report(SERVICE_RUNNING, NO_ERROR, 0);
}

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
    wchar_t message[512] = L"";
    DWORD error;
    (void)argc, (void)argv;
    scm_status = RegisterServiceCtrlHandlerExW(NAME_SERVICE, on_control, NULL);
    if (!scm_status) return;
    report(SERVICE_START_PENDING, NO_ERROR, START_HINT_MS);
    if (!(scm_stop = CreateEventW(NULL, TRUE, FALSE, NULL))) {
        report(SERVICE_STOPPED, win_error(), 0);
        return;
    }
    event_log_open(false);
    error = run_broker(scm_options, scm_stop, on_ready, message);
    event_log_close();
    report(SERVICE_STOPPED, error, 0);
}

DWORD scm_run(const run_options *options) {
    wchar_t name[] = NAME_SERVICE;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    scm_options = options;
    return StartServiceCtrlDispatcherW(table) ? ERROR_SUCCESS : win_error();
}
