/* Prints what a child can see of its attributes and limits. */
#include "tests/support/helper.h"

#include <stdio.h>
#include <wchar.h>

int attribute_priority(const wchar_t *a, const wchar_t *b) {
    (void)a, (void)b;
    printf("%lx\n", GetPriorityClass(GetCurrentProcess()));
    return CONTINUE;
}

int attribute_affinity(const wchar_t *a, const wchar_t *b) {
    DWORD_PTR own = 0, all = 0;
    (void)a, (void)b;
    GetProcessAffinityMask(GetCurrentProcess(), &own, &all);
    printf("%llx\n", (unsigned long long)own);
    return CONTINUE;
}

int attribute_desktop(const wchar_t *a, const wchar_t *b) {
    STARTUPINFOW start;
    (void)a, (void)b;
    GetStartupInfoW(&start);
    helper_print(start.lpDesktop ? start.lpDesktop : L"(none)");
    return CONTINUE;
}

/* Each policy is a struct with one DWORD of flags. */
int attribute_mitigations(const wchar_t *a, const wchar_t *b) {
    static const PROCESS_MITIGATION_POLICY policies[] = {
        ProcessExtensionPointDisablePolicy, ProcessImageLoadPolicy, ProcessFontDisablePolicy,
        ProcessDynamicCodePolicy,           ProcessSignaturePolicy, ProcessStrictHandleCheckPolicy};
    (void)a, (void)b;
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        DWORD flags = 0;
        if (!GetProcessMitigationPolicy(GetCurrentProcess(), policies[i], &flags, sizeof flags)) flags = 0;
        printf("%d=%lx ", (int)policies[i], flags);
    }
    printf("\n");
    return CONTINUE;
}

int attribute_launch(const wchar_t *a, const wchar_t *b) {
    wchar_t program[MAX_PATH], line[] = L"test_helper exit:0";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    (void)a, (void)b;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    if (!CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)) {
        printf("refused: error %lu\n", GetLastError());
        return CONTINUE;
    }
    WaitForSingleObject(made.hProcess, INFINITE);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    printf("launched\n");
    return CONTINUE;
}

int attribute_allocate(const wchar_t *a, const wchar_t *b) {
    size_t megabytes = wcstoul(a, NULL, 10);
    (void)b;
    void *memory = VirtualAlloc(NULL, megabytes << 20, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    printf(memory ? "allocated\n" : "refused\n");
    return CONTINUE;
}

int attribute_nest(const wchar_t *a, const wchar_t *b) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}};
    wchar_t program[MAX_PATH], line[] = L"test_helper sleep:600000";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    (void)a, (void)b;

    GetModuleFileNameW(NULL, program, MAX_PATH);
    if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return 130;
    if (!CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &made))
        return 131;

    if (!AssignProcessToJobObject(job, made.hProcess)) {
        TerminateProcess(made.hProcess, 1);
        printf("no job: error %lu\n", GetLastError());
        return 132;
    }

    ResumeThread(made.hThread);
    printf("%lu\n", made.dwProcessId);
    fflush(stdout);
    WaitForSingleObject(made.hProcess, INFINITE);

    return 133;
}
