/* Limits: the job of the child has the requested limits, and the system enforces them. */
#include "tests/jobs/jobs.h"

#include "service/win32/nt.h"
#include "tests/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024 };

static bool has_process(HANDLE job, DWORD process_id) {
    union {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        BYTE bytes[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + 64 * sizeof(ULONG_PTR)];
    } ids;
    if (!QueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids, sizeof ids, NULL)) return false;
    for (DWORD i = 0; i < ids.list.NumberOfProcessIdsInList; i++)
        if (ids.list.ProcessIdList[i] == process_id) return true;
    return false;
}

HANDLE job_held_by(HANDLE holder, DWORD holder_id, DWORD process_id) {
    nt_handle *table;
    size_t count;
    HANDLE found = NULL;
    if (!CHECK_INT(nt_handle_table(holder, holder_id, &table, &count), ERROR_SUCCESS)) return NULL;
    for (size_t i = 0; i < count && !found; i++) {
        HANDLE copy;
        nt_object object;
        if (!DuplicateHandle(holder, table[i].value, GetCurrentProcess(), &copy, 0, FALSE,
                             DUPLICATE_SAME_ACCESS))
            continue;
        if (!nt_query_object(copy, &object) && !strcmp(object.type, "Job") && has_process(copy, process_id))
            found = copy;
        else CloseHandle(copy);
    }
    free(table);
    CHECK(found != NULL);
    return found;
}

/* Compares with the request. Wine does not keep some limits: there got is 0. */
static void kept(const char *what, uint64_t got, uint64_t wanted) {
    bool lost = on_wine() && got != wanted && !got;
    if (check_part("limits_kept", lost ? "Wine does not keep all limits of a job" : NULL) &&
        !CHECK_INT(got, wanted))
        printf("  %s\n", what);
}

static void read_back(HANDLE job, const sb_limits *limits) {
    const DWORD flags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_PROCESS_MEMORY |
                        JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION all = {0};
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {0};
    CHECK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &all, sizeof all, NULL));
    kept("the kinds of limits", all.BasicLimitInformation.LimitFlags, flags);
    kept("process_memory_bytes", all.ProcessMemoryLimit, limits->process_memory_bytes);
    kept("job_memory_bytes", all.JobMemoryLimit, limits->job_memory_bytes);
    kept("max_processes", all.BasicLimitInformation.ActiveProcessLimit, limits->max_processes);
    if (!limits->cpu_percent) return;
    CHECK(QueryInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate, NULL));
    kept("that there is a CPU rate", rate.ControlFlags,
         JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP);
    kept("cpu_percent", rate.CpuRate, limits->cpu_percent * 100);
}

static void set(const test_broker *broker, sb_client *client) {
    sb_limits limits = {.size = sizeof limits,
                        .process_memory_bytes = 1u << 28,
                        .job_memory_bytes = 1u << 29,
                        .cpu_percent = 50,
                        .max_processes = 4};
    wchar_t line[LINE];
    sb_process process;
    sb_error error;
    sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);

    options.limits = &limits;
    DWORD err = sb_spawn(client, &options, &process, &error);
    if (!check_part("cpu_rate", on_wine() && err ? "Wine has no CPU rates" : NULL)) {
        CHECK_INT(err, ERROR_INVALID_PARAMETER);
        limits.cpu_percent = 0;
        err = sb_spawn(client, &options, &process, &error);
    }

    if (!CHECK_INT(err, ERROR_SUCCESS)) {
        printf("%ls\n", error.message);
        return;
    }

    HANDLE holder = broker ? broker->process : GetCurrentProcess();
    HANDLE job = job_held_by(holder, broker ? broker->process_id : GetCurrentProcessId(), process.process_id);
    if (job) {
        read_back(job, &limits);
        CloseHandle(job);
    }
    CHECK(TerminateProcess(process.process, 1));
    sb_process_close(&process);
}

static void enforced(sb_client *client, const sb_limits *limits, const wchar_t *action, const char *within) {
    wchar_t line[LINE];
    child_result result;
    sb_spawn_options options = helper_options(action, line, LINE);
    child_run(client, &options, &result);
    CHECK_TEXT(result.output, within);
    options = helper_options(action, line, LINE);
    options.limits = limits;
    child_run(client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    /* tests/rules counts the processes of a job. */
    const bool lax = on_wine() && !(limits->max_processes && rules_enforce(RULES_ALL));
    if (check_part("limits_enforced", lax ? "Wine does not enforce the limits of a job" : NULL))
        CHECK_HAS(result.output, "refused");
}

static void everything(const test_broker *broker, sb_client *client) {
    const sb_limits one = {.size = sizeof one, .max_processes = 1},
                    small = {.size = sizeof small, .process_memory_bytes = 64u << 20},
                    together = {.size = sizeof together, .job_memory_bytes = 64u << 20},
                    bad = {.size = sizeof bad, .cpu_percent = 101};
    wchar_t line[LINE];
    sb_process process;

    check_about("limits: set on the job");
    set(broker, client);

    check_about("limits: one process");
    enforced(client, &one, L"plain", "launched\n");

    check_about("limits: memory of a process");
    enforced(client, &small, L"allocate:256", "allocated\n");

    check_about("limits: memory of all");
    enforced(client, &together, L"allocate:256", "allocated\n");

    check_about("limits: out of range");
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.limits = &bad;
    CHECK_INT(sb_spawn(client, &options, &process, NULL), ERROR_INVALID_PARAMETER);
}

void job_limits(const test_broker *broker, sb_client *client) {
    const sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_LOCAL};
    sb_client *local;
    everything(broker, client);
    if (!CHECK_INT(sb_connect(&options, &local, NULL), ERROR_SUCCESS)) return;
    printf("- without a broker\n");
    everything(NULL, local);
    sb_disconnect(local);
}
