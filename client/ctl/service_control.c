/* Starts and stops the service, and waits until it has done so. */
#include "client/ctl/service.h"
#include "service/win32/names.h"
#include "service/win32/win.h"

/* A stop waits for launches under way (service/broker/server.c) and for the disk. */
enum { START_WAIT_MS = 60000, STOP_WAIT_MS = 60000, POLL_MS = 50 };

DWORD service_open(DWORD access, SC_HANDLE *ret) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (!manager) return win_error();
    SC_HANDLE service = OpenServiceW(manager, NAME_SERVICE, access);
    DWORD err = service ? ERROR_SUCCESS : win_error();
    CloseServiceHandle(manager);
    if (!err) *ret = service;
    return err;
}

static DWORD state_of(SC_HANDLE service, SERVICE_STATUS_PROCESS *ret) {
    DWORD length;
    return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)ret, sizeof *ret, &length)
               ? ERROR_SUCCESS
               : win_error();
}

DWORD service_start(arena *a, service_facts *ret_facts) {
    SERVICE_STATUS_PROCESS status = {0};
    SC_HANDLE service = NULL;
    const uint64_t deadline = GetTickCount64() + START_WAIT_MS;
    DWORD err = service_open(SERVICE_START | SERVICE_QUERY_STATUS, &service);
    if (err) return err;
    if (!StartServiceW(service, 0, NULL)) err = win_error();
    if (err == ERROR_SERVICE_ALREADY_RUNNING) err = ERROR_SUCCESS;
    while (!err && !(err = state_of(service, &status)) && status.dwCurrentState != SERVICE_RUNNING) {
        if (status.dwCurrentState == SERVICE_STOPPED) err = ERROR_SERVICE_NOT_ACTIVE;
        else if (GetTickCount64() >= deadline) err = ERROR_TIMEOUT;
        else Sleep(POLL_MS);
    }
    CloseServiceHandle(service);
    DWORD unread = service_read(a, ret_facts);
    return err ? err : unread;
}

/* Waits for the process of the service, which has its files open until it exits. */
static void wait_for_process(DWORD process_id) {
    HANDLE process = process_id ? OpenProcess(SYNCHRONIZE, FALSE, process_id) : NULL;
    if (process) WaitForSingleObject(process, START_WAIT_MS);
    win_close(&process);
}

DWORD service_stop(bool *ret_ran) {
    SERVICE_STATUS_PROCESS status = {0};
    SERVICE_STATUS last;
    SC_HANDLE service = NULL;
    DWORD process_id = 0;
    const uint64_t deadline = GetTickCount64() + STOP_WAIT_MS;
    DWORD err = service_open(SERVICE_STOP | SERVICE_QUERY_STATUS, &service);

    if (err) return err;
    while (!(err = state_of(service, &status)) && status.dwCurrentState != SERVICE_STOPPED) {
        process_id = status.dwProcessId;
        /* A service that starts or stops accepts no control: try again, unless it has stopped. */
        bool asked = status.dwCurrentState == SERVICE_RUNNING;
        if (asked && !ControlService(service, SERVICE_CONTROL_STOP, &last)) err = win_error();
        if (err == ERROR_SERVICE_NOT_ACTIVE || err == ERROR_SERVICE_CANNOT_ACCEPT_CTRL) err = ERROR_SUCCESS;
        if (!err && GetTickCount64() >= deadline) err = ERROR_TIMEOUT;
        if (err) break;
        Sleep(POLL_MS);
    }

    CloseServiceHandle(service);
    if (err) return err;
    wait_for_process(process_id);
    *ret_ran = process_id != 0;

    return ERROR_SUCCESS;
}
