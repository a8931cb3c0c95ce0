/* The rules of jobs. */
#include "tests/rules/rule.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static HANDLE job_with(DWORD flags, DWORD most) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = flags, .ActiveProcessLimit = most}};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    return job;
}

static HANDLE start_self(const wchar_t *role, HANDLE *ret_thread) {
    wchar_t program[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, MAX_PATH + 64, L"\"%ls\" %ls", program, role);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &made)))
        return NULL;
    *ret_thread = made.hThread;
    return made.hProcess;
}

static void end(HANDLE process, HANDLE thread) {
    TerminateProcess(process, 0);
    WaitForSingleObject(process, TEST_DEADLINE_MS);
    CloseHandle(thread);
    CloseHandle(process);
}

/* ---- limits ---- */

/* Returns 1 if a query, through another handle, does not say what was set. */
static DWORD limits_lost(void *context) {
    const DWORD flags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_PROCESS_MEMORY |
                        JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION set = {.ProcessMemoryLimit = 1u << 26, .JobMemoryLimit = 1u << 27},
                                         got = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL), other = NULL;
    (void)context;
    set.BasicLimitInformation.LimitFlags = flags;
    set.BasicLimitInformation.ActiveProcessLimit = 4;
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &set, sizeof set));
    CHECK(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &other, 0, FALSE,
                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK(QueryInformationJobObject(other, JobObjectExtendedLimitInformation, &got, sizeof got, NULL));
    CloseHandle(other);
    return got.BasicLimitInformation.LimitFlags != flags ||
           got.BasicLimitInformation.ActiveProcessLimit != 4 || got.ProcessMemoryLimit != 1u << 26 ||
           got.JobMemoryLimit != 1u << 27;
}

static DWORD set_rate(void *context) {
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION set = {.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE |
                                                                  JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP},
                                           got = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    DWORD err = ERROR_SUCCESS;
    set.CpuRate = *(DWORD *)context;
    if (!SetInformationJobObject(job, JobObjectCpuRateControlInformation, &set, sizeof set) ||
        !QueryInformationJobObject(job, JobObjectCpuRateControlInformation, &got, sizeof got, NULL))
        err = GetLastError();
    if (!err) CHECK_INT(got.CpuRate, set.CpuRate);
    CloseHandle(job);
    return err != ERROR_SUCCESS;
}

/* ---- processes ---- */

static DWORD assign_second(void *context) {
    HANDLE job = job_with(JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1), threads[2], processes[2];
    (void)context;
    for (int i = 0; i < 2; i++) processes[i] = start_self(L"wait", &threads[i]);
    CHECK(AssignProcessToJobObject(job, processes[0]));
    DWORD err = AssignProcessToJobObject(job, processes[1]) ? ERROR_SUCCESS : GetLastError();
    DWORD waited = WaitForSingleObject(processes[1], err ? TEST_DEADLINE_MS : 0);
    CHECK_INT(waited, err ? WAIT_OBJECT_0 : WAIT_TIMEOUT); /* it is terminated */
    for (int i = 0; i < 2; i++) end(processes[i], threads[i]);
    CloseHandle(job);
    return err;
}

/* Returns the error that a process of a job gets when it creates a process with these flags. */
static DWORD create_within(DWORD limit, DWORD most, const wchar_t *role) {
    HANDLE job = job_with(limit, most), thread;
    HANDLE process = start_self(role, &thread);
    DWORD code = 99;
    CHECK(AssignProcessToJobObject(job, process));
    ResumeThread(thread);
    CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process, &code);
    end(process, thread);
    CloseHandle(job);
    return code;
}

static DWORD create_second(void *context) {
    return create_within(JOB_OBJECT_LIMIT_ACTIVE_PROCESS, *(DWORD *)context, L"create");
}

static DWORD nest_with_ui(void *context) {
    const int which = *(int *)context; /* whose UI limits: bit 0 the first job's, bit 1 the second's */
    JOBOBJECT_BASIC_UI_RESTRICTIONS ui = {JOB_OBJECT_UILIMIT_HANDLES};
    HANDLE jobs[] = {job_with(0, 0), job_with(0, 0)}, thread, process = start_self(L"wait", &thread);
    for (int i = 0; i < 2; i++)
        if (which & 1 << i)
            CHECK(SetInformationJobObject(jobs[i], JobObjectBasicUIRestrictions, &ui, sizeof ui));
    CHECK(AssignProcessToJobObject(jobs[0], process));
    DWORD err = AssignProcessToJobObject(jobs[1], process) ? ERROR_SUCCESS : GetLastError();
    end(process, thread);
    for (int i = 0; i < 2; i++) CloseHandle(jobs[i]);
    return err;
}

/* Wine keeps these rules itself. */
static void kept_by_wine(void) {
    HANDLE job = job_with(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0), other, thread,
           process = start_self(L"wait", &thread);
    check_about("the last close kills, and only the last");
    CHECK(AssignProcessToJobObject(job, process));
    CHECK(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &other, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CloseHandle(job);
    CHECK_INT(WaitForSingleObject(process, 100), WAIT_TIMEOUT);
    CloseHandle(other);
    CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    end(process, thread);
    check_about("a process leaves its job only where it may");
    CHECK_INT(create_within(0, 0, L"leave"), ERROR_ACCESS_DENIED);
    CHECK_INT(create_within(JOB_OBJECT_LIMIT_BREAKAWAY_OK, 0, L"leave"), ERROR_SUCCESS);
}

static int create_child(DWORD flags) {
    wchar_t program[MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    wchar_t line[] = L"child done";
    GetModuleFileNameW(NULL, program, MAX_PATH);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, flags, NULL, NULL, &start, &made))
        return (int)GetLastError();
    WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return 0;
}

int wmain(int argc, wchar_t **argv) {
    DWORD rates[] = {1, 10000, 0, 10001}, one = 1, two = 2;
    int first = 1, second = 2, neither = 0;
    if (argc > 1 && !wcscmp(argv[1], L"create")) return create_child(0);
    if (argc > 1 && !wcscmp(argv[1], L"leave")) return create_child(CREATE_BREAKAWAY_FROM_JOB);
    if (argc > 1) return 0;
    rule_try(RULES_JOBS, "limits are read back", limits_lost, NULL, 0, 1);
    rule_try(RULES_JOBS, "the least rate of processor time", set_rate, &rates[0], 0, 1);
    rule_try(RULES_JOBS, "the highest rate", set_rate, &rates[1], 0, 1);
    rule_try(RULES_JOBS, "no rate is 0", set_rate, &rates[2], 1, 1);
    rule_try(RULES_JOBS, "and none is higher", set_rate, &rates[3], 1, 1);
    rule_try(RULES_JOBS, "a process more than the limit is not assigned", assign_second, NULL,
             ERROR_NOT_ENOUGH_QUOTA, ERROR_SUCCESS);
    if (rules_enforce(RULES_ALL)) {
        SetEnvironmentVariableW(RULES_VARIABLE, L"0");
        check_about("without the rule, a process of a full job creates another");
        CHECK_INT(create_second(&one), ERROR_SUCCESS);
        SetEnvironmentVariableW(RULES_VARIABLE, NULL);
    }
    check_about("a process of a full job creates none");
    CHECK_INT(create_second(&one), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_INT(create_second(&two), ERROR_SUCCESS);
    rule_try(RULES_JOBS, "a job with UI limits is not nested in one without", nest_with_ui, &second,
             ERROR_ACCESS_DENIED, ERROR_SUCCESS);
    rule_try(RULES_JOBS, "nor the other way round", nest_with_ui, &first, ERROR_ACCESS_DENIED, ERROR_SUCCESS);
    rule_try(RULES_JOBS, "without UI limits, it is", nest_with_ui, &neither, ERROR_SUCCESS, ERROR_SUCCESS);
    kept_by_wine();
    return check_report();
}
