/* Nested jobs: a caller that is in a job, and a child that creates one. */
#include "tests/jobs/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024 };

bool job_helper_start(const wchar_t *actions, job_helper *ret) {
    wchar_t line[LINE];
    HANDLE writing;
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    helper_options(actions, line, LINE);
    if (!CHECK(CreatePipe(&ret->output, &writing, NULL, 0))) return false;
    SetHandleInformation(writing, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    start.hStdOutput = writing;
    BOOL ok = CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL,
                             &start, &made);
    CloseHandle(writing);
    if (!CHECK(ok)) return false;
    ret->process = made.hProcess;
    ret->thread = made.hThread;
    return true;
}

DWORD job_helper_number(const job_helper *helper) {
    char text[32] = "";
    size_t length = 0;
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    while (length + 1 < sizeof text && !strchr(text, '\n') && !deadline_passed(deadline)) {
        DWORD there = 0, got = 0;
        if (!PeekNamedPipe(helper->output, NULL, 0, NULL, &there, NULL)) break;
        if (!there) Sleep(5);
        else if (ReadFile(helper->output, text + length, 1, &got, NULL)) length += got;
        text[length] = 0;
    }
    return strtoul(text, NULL, 10);
}

void job_helper_close(job_helper *helper) {
    TerminateProcess(helper->process, 1);
    CloseHandle(helper->process);
    CloseHandle(helper->thread);
    CloseHandle(helper->output);
}

HANDLE job_open(DWORD process_id) {
    HANDLE process = process_id ? OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION,
                                              FALSE, process_id)
                                : NULL;
    CHECK(process != NULL);
    return process;
}

/* Runs a caller that is in a job, which it may not leave, before its first instruction. where: the broker's
 * pipe, or "local". */
static void caller_in_job(const wchar_t *where, const wchar_t *lifetime, bool kill_on_close, bool outlives) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = kill_on_close ? JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE : 0}};
    wchar_t actions[128];
    job_helper helper;
    BOOL inside = FALSE;
    bool local = !wcscmp(where, L"local");
    HANDLE job = CreateJobObjectW(NULL, NULL);

    swprintf(actions, 128, L"host:%ls:%ls", where, lifetime);
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    if (!job_helper_start(actions, &helper)) return;
    CHECK(AssignProcessToJobObject(job, helper.process));
    ResumeThread(helper.thread);

    HANDLE child = job_open(job_helper_number(&helper));
    if (child) {
        CHECK(IsProcessInJob(child, job, &inside));
        const char *missing = local && on_wine() ? "Wine's jobs do not nest" : NULL;
        if (check_part("nested", missing)) CHECK_INT(inside != FALSE, local);
        if (!kill_on_close) CHECK(TerminateJobObject(job, 7));
        CloseHandle(job);
        job = NULL;
        CHECK_INT(WaitForSingleObject(helper.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        if (outlives) CHECK_INT(WaitForSingleObject(child, 500), WAIT_TIMEOUT);
        else CHECK_INT(WaitForSingleObject(child, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        TerminateProcess(child, 1);
        CloseHandle(child);
    }
    if (job) CloseHandle(job);
    job_helper_close(&helper);
}

/* A child puts its own child into another job: both still belong to the launch. */
static void child_with_job(const test_broker *broker, sb_client *client) {
    wchar_t line[LINE], arguments[128];
    sb_process process;
    job_helper as_helper = {0};
    HANDLE writing;
    char text[64];

    if (!CHECK(CreatePipe(&as_helper.output, &writing, NULL, 0))) return;
    sb_spawn_options options = helper_options(L"nest", line, LINE);
    options.std_output = writing;
    DWORD err = sb_spawn(client, &options, &process, NULL);
    CloseHandle(writing);

    if (CHECK_INT(err, ERROR_SUCCESS)) {
        HANDLE grandchild = job_open(job_helper_number(&as_helper));
        swprintf(arguments, 128, L"kill %hs", process.launch_id);
        CHECK_INT(job_spawnctl(broker->pipe, arguments), 0);
        CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        if (grandchild) CHECK_INT(WaitForSingleObject(grandchild, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        if (grandchild) CloseHandle(grandchild);
        CHECK(read_to_end(as_helper.output, text, sizeof text, TEST_DEADLINE_MS));
        sb_process_close(&process);
    }
    CloseHandle(as_helper.output);
}

void job_nested(const test_broker *broker, sb_client *client) {
    check_about("a caller in a job that kills: its child ends with it");
    caller_in_job(broker->pipe, L"caller", true, false);
    check_about("a caller in a job that does not kill");
    caller_in_job(broker->pipe, L"caller", false, false);
    check_about("a caller in a job: a detached child is not in it");
    caller_in_job(broker->pipe, L"detached", true, true);
    caller_in_job(broker->pipe, L"detached", false, true);
    check_about("without a broker, the caller's job has the child too");
    caller_in_job(L"local", L"caller", true, false);
    caller_in_job(L"local", L"caller", false, false);
    check_about("a child that makes a job for its own child: killed through both");
    child_with_job(broker, client);
}
