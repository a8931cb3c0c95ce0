/* Tests what the broker turns off in itself: what service/broker/harden.c requests from the system, and what
 * the running broker has, where the system keeps it. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>

/* ---- what is asked for: the calls are answered here ---- */

static DWORD asked[MaxProcessMitigationPolicy];
static DWORD directories;
static int heaps;

static BOOL WINAPI set_policy(PROCESS_MITIGATION_POLICY policy, void *flags, SIZE_T size) {
    if (CHECK_INT(size, sizeof(DWORD)) && CHECK(policy < MaxProcessMitigationPolicy))
        asked[policy] = *(DWORD *)flags;
    return TRUE;
}

static BOOL WINAPI set_directories(DWORD flags) {
    directories = flags;
    return TRUE;
}

static BOOL WINAPI set_heap(HANDLE heap, HEAP_INFORMATION_CLASS class, void *value, SIZE_T size) {
    heaps += !heap && class == HeapEnableTerminationOnCorruption && !value && !size;
    return TRUE;
}

#define SetProcessMitigationPolicy set_policy
#define SetDefaultDllDirectories set_directories
#define HeapSetInformation set_heap
#include "service/broker/harden.c"
#undef SetProcessMitigationPolicy
#undef SetDefaultDllDirectories
#undef HeapSetInformation

/* ---- the flags of each policy as winnt.h has them, in one DWORD ---- */

static const struct {
    PROCESS_MITIGATION_POLICY policy;
    DWORD flags;
    const char *what;
} wanted[] = {{ProcessExtensionPointDisablePolicy, 1, "extension points are off"},
              {ProcessImageLoadPolicy, 2 | 4, "no low images, System32 first"},
              {ProcessFontDisablePolicy, 1, "fonts of the system only"}};

enum { WANTED = sizeof wanted / sizeof *wanted };

static void asks(void) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    DWORD flags = 1, all = 0;
    check_about("what it asks for");
    harden_process();
    for (int i = 0; i < WANTED; i++)
        if (!CHECK_INT(asked[wanted[i].policy], wanted[i].flags)) printf("  %s\n", wanted[i].what);
    for (int i = 0; i < MaxProcessMitigationPolicy; i++) all += asked[i] != 0;
    CHECK_INT(all, WANTED);
    CHECK_INT(directories, LOAD_LIBRARY_SEARCH_SYSTEM32);
    CHECK_INT(heaps, 1);
    CHECK(GetHandleInformation(event, &flags) && !(flags & HANDLE_FLAG_INHERIT));
    CHECK_INT(inheritable_count(GetCurrentProcess(), GetCurrentProcessId()), 0);
    CloseHandle(event);
}

static void holds(void) {
    test_broker broker;
    check_about("what the running broker has");
    if (!CHECK(broker_start(&broker, NULL))) return;
    for (int i = 0; i < WANTED; i++) {
        DWORD flags = 0;
        BOOL known = GetProcessMitigationPolicy(broker.process, wanted[i].policy, &flags, sizeof flags);
        const char *missing = on_wine() && (!known || !flags) ? "Wine keeps no mitigation policy" : NULL;
        if (check_part("mitigations", missing) &&
            (!CHECK(known) || !CHECK_INT(flags & wanted[i].flags, wanted[i].flags)))
            printf("  %s\n", wanted[i].what);
    }
    CHECK_INT(inheritable_count(broker.process, broker.process_id), 0);
    CHECK_INT(broker_stop(&broker), 0);
}

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    holds();
    asks();
    return check_report();
}
