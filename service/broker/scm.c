#include "service/broker/scm.h"

#include "service/broker/event_log.h"
#include "service/win32/names.h"
#include "service/win32/service_settings.h"
#include "service/win32/win.h"

#include <stdbool.h>

/* While the broker stops, it reports progress every STEP_MS, for as long as a stop may take: the waits of
 * server_stop and of the audit. */
enum { START_HINT_MS = 30000, STEP_MS = 2000, STOP_HINT_MS = 10000, STOP_MOST_MS = 60000 };

/* Static, because service_main gets no argument of ours. */
static const broker_options *scm_options;
static SERVICE_STATUS_HANDLE scm_status;
static HANDLE scm_stop, scm_logoff;
static TP_TIMER *scm_steps;
static SRWLOCK scm_lock = SRWLOCK_INIT; /* guards the state that was last reported */
static DWORD scm_state, scm_step;

/* Reports a state. While the service stops, it reports nothing but that; once it has stopped, nothing more.
 */
static void report(DWORD state, DWORD exit_code, DWORD hint_ms) {
    AcquireSRWLockExclusive(&scm_lock);
    bool stopping = scm_state == SERVICE_STOP_PENDING;
    if (scm_state != SERVICE_STOPPED &&
        (!stopping || state == SERVICE_STOP_PENDING || state == SERVICE_STOPPED)) {
        scm_step = state == SERVICE_STOP_PENDING ? scm_step + 1 : 0;
        scm_state = state;
        SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                 .dwCurrentState = state,
                                 .dwWin32ExitCode = exit_code,
                                 .dwCheckPoint = scm_step,
                                 .dwWaitHint = hint_ms};
        if (state == SERVICE_RUNNING)
            status.dwControlsAccepted =
                SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SESSIONCHANGE;
        SetServiceStatus(scm_status, &status);
    }
    ReleaseSRWLockExclusive(&scm_lock);
}

static void CALLBACK on_step(TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *timer) {
    (void)instance, (void)context;
    if (scm_step * STEP_MS >= STOP_MOST_MS)
        SetThreadpoolTimer(timer, NULL, 0, 0); /* the stop hangs: the manager must notice */
    else report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
    FILETIME first = {(DWORD)(-10000 * STEP_MS), 0xFFFFFFFF};
    (void)data, (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
        report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
        SetThreadpoolTimer(scm_steps, &first, STEP_MS, 0);
        SetEvent(scm_stop);
        return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
        if (type == WTS_SESSION_LOGOFF) SetEvent(scm_logoff);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
    default: return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* Reports a clean stop although a launch hangs. The Event Log has that, and a failure would make the manager
 * start the service again. */
static void on_abandoned(void) {
    report(SERVICE_STOPPED, NO_ERROR, 0);
}

static void on_ready(const wchar_t *pipe) {
    (void)pipe;
    report(SERVICE_RUNNING, NO_ERROR, 0);
}

static void WINAPI service_main(DWORD argc, wchar_t **argv) {
    wchar_t message[512] = L"";
    DWORD err;
    (void)argc, (void)argv;

    scm_status = RegisterServiceCtrlHandlerExW(NAME_SERVICE, on_control, NULL);
    if (!scm_status) return;
    report(SERVICE_START_PENDING, NO_ERROR, START_HINT_MS);

    if (!(scm_stop = CreateEventW(NULL, TRUE, FALSE, NULL)) ||
        !(scm_logoff = CreateEventW(NULL, FALSE, FALSE, NULL)) ||
        !(scm_steps = CreateThreadpoolTimer(on_step, NULL, NULL))) {
        report(SERVICE_STOPPED, win_error(), 0);
        return;
    }

    broker_options options = *scm_options;
    arena settings_memory = {0};
    service_settings settings = {0};
    options.logoff = scm_logoff;
    options.abandoned = on_abandoned;
    event_log_open(false);
    err = service_settings_read(&settings_memory, &settings);
    if (err)
        event_log_report(EVENT_START_REFUSED,
                         "cannot read the settings of the service in the registry (error %lu)", err);
    if (!options.pipe) options.pipe = settings.pipe; /* the command line wins */
    if (!options.data) options.data = settings.data;
    if (!options.pipe) {
        options.pipe = NAME_PIPE_PROTECTED;
        options.second = NAME_SERVICE;
    }
    if (!err) err = broker_run(&options, scm_stop, on_ready, message);
    event_log_close();
    arena_free(&settings_memory);
    SetThreadpoolTimer(scm_steps, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(scm_steps, TRUE);
    report(SERVICE_STOPPED, err, 0);
}

DWORD scm_run(const broker_options *options) {
    wchar_t name[] = NAME_SERVICE;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    scm_options = options;
    return StartServiceCtrlDispatcherW(table) ? ERROR_SUCCESS : win_error();
}
