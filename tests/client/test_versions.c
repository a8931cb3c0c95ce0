/* Checks the version that Windows shows for each file, by which installers recognize an older one, and the
 * manifest of each program. */
#include "tests/support/check.h"

#include <windows.h>

#define WIDE_TEXT(text) L##text
#define WIDE(text) WIDE_TEXT(text)

/* Checks the settings that a program's manifest asks Windows for. */
static void check_manifest(const wchar_t *path) {
    static const char *const wanted[] = {"level=\"asInvoker\"", ">true</longPathAware>",
                                         ">UTF-8</activeCodePage>",
                                         "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}" /* Windows 10 */};
    char text[4096] = "";
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    if (!CHECK(module)) return;
    HRSRC found = FindResourceW(module, MAKEINTRESOURCEW(1), MAKEINTRESOURCEW(24)); /* RT_MANIFEST */
    HGLOBAL loaded = found ? LoadResource(module, found) : NULL;
    DWORD size = found ? SizeofResource(module, found) : 0;

    if (CHECK(loaded && size < sizeof text)) {
        memcpy(text, LockResource(loaded), size);
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) CHECK(strstr(text, wanted[i]));
    }
    FreeLibrary(module);
}

static void check_file(const wchar_t *name) {
    static BYTE info[8192];
    wchar_t path[MAX_PATH], *text = NULL;
    const wchar_t wanted[] = WIDE(SB_VERSION);
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
    if (!wcsstr(name, L".dll")) check_manifest(path);
}

int main(void) {
    check_file(L"spawnbroker.exe");
    check_file(L"spawnctl.exe");
    check_file(L"spawn_broker.dll");
    return check_report();
}
