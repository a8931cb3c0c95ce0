#include "tests/launch/launch.h"

#include "service/win32/nt.h"
#include "tests/support/raw.h"

#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

static void utf8(char *text, size_t size, const wchar_t *wide) {
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL);
}

static void check_line(const char *got, const wchar_t *wanted) {
    char text[2048];
    utf8(text, sizeof text, wanted);
    strcat(text, "\n");
    CHECK_TEXT(got, text);
}

static void directory(const launch_place *place) {
    wchar_t line[LINE], path[MAX_PATH], other[MAX_PATH];
    child_result result;
    check_about("working directory: the caller's, and another");
    GetCurrentDirectoryW(MAX_PATH, path);
    sb_spawn_options options = helper_options(L"cwd", line, LINE);
    child_run(place->client, &options, &result);
    check_line(result.output, path);

    CHECK(directory_make(other, L"d\u00efr \u65e5\u672c"));
    options = helper_options(L"cwd", line, LINE);
    options.directory = other;
    child_run(place->client, &options, &result);
    check_line(result.output, other);
    directory_remove(other);
}

/* The newest record must have these names of variables, and no value. */
static void recorded_variables(const launch_place *place, const char *names) {
    raw_audit audit;
    if (place->local) return; /* no records */
    if (CHECK(raw_audit_read(place->broker.pipe, 0, 1, &audit)) && CHECK_INT(audit.count, 1))
        CHECK_TEXT(audit.rows[0].environment_names, names);
    raw_audit_free(&audit);
}

static void environment(const launch_place *place) {
    static const wchar_t given[] = L"GIVEN=v\u00e4lue \U0001f600 = x\0SystemRoot=C:\\windows\0";
    wchar_t line[LINE];
    child_result result;
    check_about("environment: the caller's, and another");
    SetEnvironmentVariableW(L"CALLERS", L"the caller's \u00fc");
    sb_spawn_options options = helper_options(L"env:CALLERS env:GIVEN", line, LINE);
    child_run(place->client, &options, &result);
    CHECK_TEXT(result.output, "the caller's \xc3\xbc\n(not set)\n");

    options = helper_options(L"env:CALLERS env:GIVEN env:SPAWN_BROKER_PIPE", line, LINE);
    options.environment = given;
    child_run(place->client, &options, &result);
    CHECK_TEXT(result.output, "(not set)\nv\xc3\xa4lue \xf0\x9f\x98\x80 = x\n(not set)\n");
    recorded_variables(place, "GIVEN\nSystemRoot\n");
    SetEnvironmentVariableW(L"CALLERS", NULL);
}

/* Callers that do not sort still give a block that Windows takes: the rule layer refuses one that is not
 * sorted or that names a variable twice. */
static void environment_unsorted(const launch_place *place) {
    static const wchar_t given[] =
        L"two=2\0SystemRoot=C:\\windows\0One=first\0ONE=second\0TWO_A=3\0=C:=C:\\\0";
    wchar_t line[LINE];
    child_result result;
    check_about("environment: in any order, and with a name twice");
    sb_spawn_options options = helper_options(L"env:TWO env:one env:TWO_A env:SystemRoot", line, LINE);
    options.environment = given;
    child_run(place->client, &options, &result);
    CHECK_TEXT(result.output, "2\nfirst\n3\nC:\\windows\n");
}

/* The program is found as CreateProcess finds it, and arguments arrive unchanged. */
static void command_line(const launch_place *place) {
    static const wchar_t text[] = L"test_helper \"echo:a  b\" echo:\\\"q\\\" echo:\u65e5\u672c";
    child_result result;
    sb_spawn_options options = {.size = sizeof options, .command_line = text};
    check_about("command line");
    child_run(place->client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_TEXT(result.output, "a  b\n\"q\"\n\xe6\x97\xa5\xe6\x9c\xac\n");
}

static void returned(const launch_place *place) {
    const DWORD never = PROCESS_DUP_HANDLE | PROCESS_VM_WRITE | PROCESS_VM_OPERATION | PROCESS_CREATE_THREAD |
                        PROCESS_CREATE_PROCESS | PROCESS_SET_INFORMATION | WRITE_DAC | WRITE_OWNER;
    wchar_t line[LINE];
    sb_process process;
    nt_object object;
    DWORD flags = 1, code = 0;
    sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);

    check_about("the handles that are returned");
    if (!CHECK_INT(sb_spawn(place->client, &options, &process, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(GetProcessId(process.process), process.process_id);
    CHECK_INT(GetThreadId(process.thread), process.thread_id);
    CHECK_INT(nt_query_object(process.process, &object), ERROR_SUCCESS);
    CHECK_INT(object.access & never, 0);
    CHECK_INT(object.access & (SYNCHRONIZE | PROCESS_TERMINATE), SYNCHRONIZE | PROCESS_TERMINATE);
    CHECK_INT(nt_query_object(process.thread, &object), ERROR_SUCCESS);
    CHECK_INT(object.access & (THREAD_SET_CONTEXT | THREAD_SET_THREAD_TOKEN | THREAD_IMPERSONATE | WRITE_DAC),
              0);
    CHECK(GetHandleInformation(process.process, &flags) && !(flags & HANDLE_FLAG_INHERIT));
    CHECK(TerminateProcess(process.process, 77));
    CHECK_INT(WaitForSingleObject(process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.process, &code));
    CHECK_INT(code, 77);
    sb_process_close(&process);
    CHECK(!process.process && !process.thread);
}

void launch_options(const launch_place *place) {
    directory(place);
    environment(place);
    environment_unsorted(place);
    command_line(place);
    returned(place);
}
