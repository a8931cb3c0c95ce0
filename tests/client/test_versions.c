/* What Windows shows of each program, and by which installers tell an old one from a new one. */
#include "tests/support/check.h"

#include <windows.h>

static void check_file(const wchar_t *name) {
    static BYTE info[8192];
    wchar_t path[MAX_PATH], *text = NULL;
    const wchar_t wanted[] = L"" SB_VERSION;
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT size = 0;
    unsigned major, minor, patch;
    check_case("%ls", name);
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    while (length && path[length - 1] != L'\\') length--;
    wcscpy(path + length, name);
    if (!CHECK(GetFileVersionInfoW(path, 0, sizeof info, info))) return;
    sscanf(SB_VERSION, "%u.%u.%u", &major, &minor, &patch);
    if (CHECK(VerQueryValueW(info, L"\\", (void **)&fixed, &size))) {
        CHECK_INT(fixed->dwFileVersionMS, MAKELONG(minor, major));
        CHECK_INT(fixed->dwFileVersionLS, MAKELONG(0, patch));
        CHECK_INT(fixed->dwFileType, wcsstr(name, L".dll") ? VFT_DLL : VFT_APP);
    }
    CHECK(VerQueryValueW(info, L"\\StringFileInfo\\040904b0\\ProductVersion", (void **)&text, &size));
    CHECK_WIDE(text, wanted);
    CHECK(VerQueryValueW(info, L"\\StringFileInfo\\040904b0\\OriginalFilename", (void **)&text, &size));
    CHECK_WIDE(text, name);
    CHECK(VerQueryValueW(info, L"\\StringFileInfo\\040904b0\\FileDescription", (void **)&text, &size));
    CHECK(text && wcsstr(text, L"Spawn Broker"));
}

int main(void) {
    check_file(L"spawnbroker.exe");
    check_file(L"spawnctl.exe");
    check_file(L"spawn_broker.dll");
    return check_report();
}
