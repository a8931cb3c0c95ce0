/* Upper case, folders and security descriptors for the parser of policies. */
#include "service/win32/facts.h"

#include "service/policy/codepoints.h"
#include "service/win32/text.h"

#include <sddl.h>
#include <string.h>

typedef WCHAR(NTAPI *upcase_one)(WCHAR);

static uint16_t upper[0x10000];
static INIT_ONCE upper_once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK fill_upper(INIT_ONCE *once, void *parameter, void **context) {
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found = ntdll ? GetProcAddress(ntdll, "RtlUpcaseUnicodeChar") : NULL;
    upcase_one one = NULL;
    (void)once, (void)parameter, (void)context;
    if (found) memcpy(&one, &found, sizeof one);
    for (uint32_t c = 0; c < 0x10000; c++)
        upper[c] = one ? (uint16_t)one((WCHAR)c) : codepoints_upcase((uint16_t)c);
    return TRUE;
}

static uint16_t upcase(uint16_t unit) {
    return upper[unit];
}

/* Reads registry values that only administrators can write. */
static const char *folder(void *context, const char *name) {
    static const wchar_t current[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion";
    static const struct {
        const char *name;
        const wchar_t *key, *value;
    } list[] = {
        {"ProgramFiles", current, L"ProgramFilesDir"},
        {"ProgramFiles(x86)", current, L"ProgramFilesDir (x86)"},
        {"ProgramData", L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList", L"ProgramData"},
    };
    wchar_t path[MAX_PATH];

    if (!strcmp(name, "SystemRoot")) {
        UINT length = GetSystemWindowsDirectoryW(path, MAX_PATH);
        return length && length < MAX_PATH ? text_utf8(context, path) : NULL;
    }

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        DWORD size = sizeof path;
        if (strcmp(list[i].name, name)) continue;
        /* RegGetValue expands a REG_EXPAND_SZ and returns it as REG_SZ. */
        LSTATUS err =
            RegGetValueW(HKEY_LOCAL_MACHINE, list[i].key, list[i].value, RRF_RT_REG_SZ, NULL, path, &size);
        return err ? NULL : text_utf8(context, path);
    }
    return NULL;
}

const char *facts_folder(arena *a, const char *name) {
    return folder(a, name);
}

static bool is_security(void *context, const char *sddl) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *wide = text_wide(context, sddl);
    if (!wide ||
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &descriptor, NULL))
        return false;
    LocalFree(descriptor);
    return true;
}

policy_options facts_options(arena *a) {
    InitOnceExecuteOnce(&upper_once, fill_upper, NULL, NULL);
    return (policy_options){.upcase = upcase, .folder = folder, .security = is_security, .context = a};
}
