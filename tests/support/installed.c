#include "tests/support/installed.h"

#include "tests/support/harness.h"
#include "tests/support/tool.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <wchar.h>

/* Returns why the service cannot be tested on this machine, or NULL if it can. */
static const char *occupied(const wchar_t *data) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE | SC_MANAGER_CONNECT);
    if (!manager) return "this process is not an administrator's";
    SC_HANDLE service = OpenServiceW(manager, L"SpawnBroker", SERVICE_QUERY_STATUS);
    bool there = service || GetFileAttributesW(data) != INVALID_FILE_ATTRIBUTES;
    if (service) CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return there ? "this machine has a SpawnBroker of its own, or its data" : NULL;
}

const char *installed_missing(installed *ret) {
    installed i = {0};
    wchar_t folder[MAX_PATH / 2];
    if (!GetEnvironmentVariableW(L"ProgramData", folder, MAX_PATH / 2)) return "there is no ProgramData";
    swprintf(i.data, MAX_PATH, L"%ls\\SpawnBroker", folder);
    if (!GetEnvironmentVariableW(L"ProgramFiles", folder, MAX_PATH / 2)) return "there is no ProgramFiles";
    swprintf(i.directory, MAX_PATH, L"%ls\\Spawn Broker test %lu", folder, GetCurrentProcessId());
    swprintf(i.ctl, MAX_PATH, L"%ls\\spawnctl.exe", i.directory);
    swprintf(i.broker, MAX_PATH, L"%ls\\spawnbroker.exe", i.directory);
    *ret = i;
    /* The Wine prefix belongs to the tests: whatever is there was left by a test that was terminated. */
    return on_wine() ? NULL : occupied(i.data);
}

bool installed_make(const installed *i) {
    wchar_t from[MAX_PATH];
    directory_remove(i->directory);
    bool made = CreateDirectoryW(i->directory, NULL);
    beside_program(from, L"spawnctl.exe");
    made = made && CopyFileW(from, i->ctl, TRUE);
    beside_program(from, L"spawnbroker.exe");
    made = made && CopyFileW(from, i->broker, TRUE);
    if (!made) printf("the programs could not be copied to %ls: error %lu\n", i->directory, GetLastError());
    return made && !tool_run(i->ctl, L"service uninstall --purge");
}

void installed_remove(const installed *i) {
    DWORD code = tool_run(i->ctl, L"service uninstall --purge");
    if (code) printf("uninstall: %lu: %s%s\n", code, tool_out, tool_err);
    directory_remove(i->data);
    directory_remove(i->directory);
}

bool open_to_all(const wchar_t *path, bool open) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL list = NULL;
    BOOL present, defaulted;
    const wchar_t *text =
        open ? L"D:P(A;OICI;FA;;;WD)" : L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FRFX;;;WD)";
    bool done =
        ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL) &&
        GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted) &&
        !SetNamedSecurityInfoW((wchar_t *)(ULONG_PTR)path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL,
                               NULL, list, NULL);
    LocalFree(descriptor);
    return done;
}
