/* Questions about Windows that no document settles. Each says what it found here, and checks what the product
 * relies on whatever the answer is. The Windows workflow shows the answers. */
#include "service/win32/true_path.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static wchar_t helper[MAX_PATH];

static void close_child(PROCESS_INFORMATION *made) {
    TerminateProcess(made->hProcess, 0);
    WaitForSingleObject(made->hProcess, TEST_DEADLINE_MS);
    CloseHandle(made->hThread);
    CloseHandle(made->hProcess);
}

/* Creates a suspended child with one attribute. */
static DWORD create_with(const wchar_t *program, DWORD_PTR key, void *value, size_t size, BOOL inherit,
                         PROCESS_INFORMATION *ret) {
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES}};
    wchar_t line[] = L"program.exe exit:0";
    BYTE memory[512];
    SIZE_T room = sizeof memory;
    start.lpAttributeList = (void *)memory;
    if (!InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &room)) return GetLastError();
    DWORD err = ERROR_SUCCESS;
    if (!UpdateProcThreadAttribute(start.lpAttributeList, 0, key, value, size, NULL, NULL) ||
        !CreateProcessW(program, line, NULL, NULL, inherit, CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT,
                        NULL, NULL, &start.StartupInfo, ret))
        err = GetLastError();
    DeleteProcThreadAttributeList(start.lpAttributeList);
    return err;
}

/* The product lists each handle once (service/broker/adopt.c), so both answers do. */
static void handle_twice(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL), twice[] = {event, event};
    PROCESS_INFORMATION made;
    check_about("is a handle that is listed twice refused?");
    DWORD err = create_with(helper, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, twice, sizeof twice, TRUE, &made);
    printf("  found: error %lu\n", err);
    CHECK(err == ERROR_SUCCESS || err == ERROR_INVALID_PARAMETER);
    if (!err) close_child(&made);
    CloseHandle(event);
}

/* Attestation counts the handles that can be inherited. */
static void added_handles(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    PROCESS_INFORMATION made;
    check_about("which handles does the system add to a new process?");
    DWORD err = create_with(helper, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &event, sizeof event, TRUE, &made);
    if (CHECK_INT(err, ERROR_SUCCESS)) {
        size_t all = handle_count(made.hProcess, made.dwProcessId),
               can = inheritable_count(made.hProcess, made.dwProcessId);
        printf("  found: %u handles, of which %u are inheritable; 1 was given\n", (unsigned)all,
               (unsigned)can);
        CHECK_INT(can, 1);
        close_child(&made);
    }
    CloseHandle(event);
}

/* In a child: turns a mitigation on, and asks a child of its own. */
static int with_mitigation(void) {
    PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY policy = {.DisableExtensionPoints = 1};
    wchar_t program[MAX_PATH], line[] = L"test_questions.exe asked";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 9;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    if (!SetProcessMitigationPolicy(ProcessExtensionPointDisablePolicy, &policy, sizeof policy)) return 8;
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)) return 7;
    WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
    GetExitCodeProcess(made.hProcess, &code);
    close_child(&made);
    return (int)code;
}

static int has_mitigation(void) {
    PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY policy = {0};
    if (!GetProcessMitigationPolicy(GetCurrentProcess(), ProcessExtensionPointDisablePolicy, &policy,
                                    sizeof policy))
        return 2;
    return policy.DisableExtensionPoints != 0;
}

/* service/broker/harden.c sets none that would disturb a child. */
static void inherited_mitigations(void) {
    wchar_t program[MAX_PATH], line[] = L"test_questions.exe mitigated";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 9;
    check_about("does a child inherit a mitigation that its creator set at run time?");
    GetModuleFileNameW(NULL, program, MAX_PATH);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made))) return;
    WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
    GetExitCodeProcess(made.hProcess, &code);
    close_child(&made);
    printf("  found: %s\n", code == 1 ? "yes" : code == 0 ? "no" : "this system does not say");
    CHECK(code <= 2 || code == 8);
}

static bool same_file(const wchar_t *one, const wchar_t *other) {
    BY_HANDLE_FILE_INFORMATION of[2] = {{0}};
    const wchar_t *const paths[] = {one, other};
    for (int i = 0; i < 2; i++) {
        HANDLE file =
            CreateFileW(paths[i], FILE_READ_ATTRIBUTES,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
        BOOL ok = GetFileInformationByHandle(file, &of[i]);
        CloseHandle(file);
        if (!ok) return false;
    }
    return of[0].nFileIndexLow == of[1].nFileIndexLow && of[0].nFileIndexHigh == of[1].nFileIndexHigh &&
           of[0].dwVolumeSerialNumber == of[1].dwVolumeSerialNumber;
}

/* A rule compares true paths, so the path of a process must open its file. */
static void substituted(void) {
    wchar_t directory[MAX_PATH], tool[MAX_PATH + 16], path[2 * MAX_PATH], drive[] = L"Q:",
                                                                          line[] = L"tool.exe sleep:60000";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    check_about("what is the path of a program that was started on a drive of subst?");
    while (drive[0] < L'Z' && GetLogicalDrives() >> (drive[0] - L'A') & 1) drive[0]++;
    if (!CHECK(directory_make(directory, L"subst"))) return;
    swprintf(tool, MAX_PATH + 16, L"%ls\\tool.exe", directory);
    CHECK(CopyFileW(helper, tool, FALSE));
    CHECK(DefineDosDeviceW(0, drive, directory));
    swprintf(tool, MAX_PATH + 16, L"%ls\\tool.exe", drive);
    BOOL ok = CreateProcessW(tool, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &start, &made);
    if (check_part("subst", ok || !on_wine() ? NULL : "Wine starts no program on such a drive") &&
        CHECK(ok)) {
        if (CHECK_INT(true_path_of_process(made.hProcess, path, 2 * MAX_PATH), ERROR_SUCCESS)) {
            printf("  found: %ls for %ls\n", path, tool);
            CHECK(same_file(path, tool));
        }
        close_child(&made);
    }
    DefineDosDeviceW(DDD_REMOVE_DEFINITION, drive, directory);
    directory_remove(directory);
}

/* The product creates each child in its job by this attribute, and says which error it got. */
static void execution_alias(void) {
    wchar_t pattern[MAX_PATH], path[2 * MAX_PATH];
    WIN32_FIND_DATAW found;
    PROCESS_INFORMATION made;
    check_about("can an execution alias be created in a job?");
    DWORD length = GetEnvironmentVariableW(L"LOCALAPPDATA", pattern, MAX_PATH - 64);
    if (!length || length >= MAX_PATH - 64) pattern[0] = 0;
    wcscat(pattern, L"\\Microsoft\\WindowsApps\\");
    swprintf(path, 2 * MAX_PATH, L"%ls*.exe", pattern);
    HANDLE search = FindFirstFileW(path, &found);
    if (!check_part("alias", search != INVALID_HANDLE_VALUE ? NULL : "this user has no execution alias"))
        return;
    FindClose(search);
    swprintf(path, 2 * MAX_PATH, L"%ls%ls", pattern, found.cFileName);
    HANDLE job = CreateJobObjectW(NULL, NULL);
    DWORD err = create_with(path, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, sizeof job, FALSE, &made);
    printf("  found: error %lu for %ls\n", err, path);
    CHECK(err == ERROR_SUCCESS || err == ERROR_ACCESS_DENIED || err == ERROR_CANT_ACCESS_FILE);
    if (!err) close_child(&made);
    CloseHandle(job);
}

int wmain(int argc, wchar_t **argv) {
    if (argc > 1 && !wcscmp(argv[1], L"mitigated")) return with_mitigation();
    if (argc > 1 && !wcscmp(argv[1], L"asked")) return has_mitigation();
    beside_program(helper, L"test_helper.exe");
    handle_twice();
    added_handles();
    inherited_mitigations();
    substituted();
    execution_alias();
    return check_report();
}
