#include "tests/support/harness.h"

#include "service/win32/nt.h"
#include "service/win32/token.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>
#include <wchar.h>
#include <winioctl.h>

uint64_t deadline_in(DWORD ms) {
    return GetTickCount64() + ms;
}

bool deadline_passed(uint64_t deadline) {
    return GetTickCount64() >= deadline;
}

bool poll_until(bool (*done)(void *context), void *context, DWORD ms) {
    uint64_t deadline = deadline_in(ms);
    while (!done(context)) {
        if (deadline_passed(deadline)) return false;
        Sleep(5);
    }
    return true;
}

bool section_chosen(int argc, wchar_t *const *argv, const wchar_t *name) {
    for (int i = 0; i < argc; i++)
        if (!wcscmp(argv[i], name)) return true;
    return argc == 0;
}

void beside_program(wchar_t *text, const wchar_t *file) {
    DWORD length = GetModuleFileNameW(NULL, text, MAX_PATH);
    while (length && text[length - 1] != L'\\') length--;
    swprintf(text + length, MAX_PATH - length, L"%ls", file);
}

static bool make(wchar_t *text, const wchar_t *label, SECURITY_ATTRIBUTES *security) {
    static volatile LONG made;
    wchar_t temporary[MAX_PATH];
    if (!GetTempPathW(MAX_PATH, temporary)) return false;
    swprintf(text, MAX_PATH, L"%lssb-%ls-%lu-%ld", temporary, label, GetCurrentProcessId(),
             InterlockedIncrement(&made));
    directory_remove(text); /* an earlier process with this id left it */
    return CreateDirectoryW(text, security);
}

bool directory_make(wchar_t *text, const wchar_t *label) {
    return make(text, label, NULL);
}

bool directory_make_data(wchar_t *text, const wchar_t *label) {
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    if (!token_elevated()) return directory_make(text, label);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)",
                                                              SDDL_REVISION_1, &security.lpSecurityDescriptor,
                                                              NULL))
        return false;
    bool made = make(text, label, &security);
    LocalFree(security.lpSecurityDescriptor);
    return made;
}

void directory_remove(const wchar_t *path) {
    wchar_t text[MAX_PATH];
    WIN32_FIND_DATAW found;
    swprintf(text, MAX_PATH, L"%ls\\*", path);
    HANDLE search = FindFirstFileW(text, &found);
    if (search == INVALID_HANDLE_VALUE) return;
    do {
        if (!wcscmp(found.cFileName, L".") || !wcscmp(found.cFileName, L"..")) continue;
        swprintf(text, MAX_PATH, L"%ls\\%ls", path, found.cFileName);
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) directory_remove(text);
        else DeleteFileW(text);
    } while (FindNextFileW(search, &found));
    FindClose(search);
    RemoveDirectoryW(path);
}

bool file_write(const wchar_t *path, const void *bytes, size_t length) {
    DWORD written = 0;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    BOOL ok = WriteFile(file, bytes, (DWORD)length, &written, NULL);
    CloseHandle(file);
    return ok && written == length;
}

bool file_extend(const wchar_t *path, int64_t bytes) {
    const int64_t least = INT64_C(1) << 34;
    DWORD got;
    bool good = false;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &got, NULL); /* Wine's files are */
    for (; !good && bytes >= least; bytes /= 2) {
        LARGE_INTEGER end = {.QuadPart = bytes};
        good = SetFilePointerEx(file, end, NULL, FILE_BEGIN) && SetEndOfFile(file);
    }
    CloseHandle(file);
    return good;
}

/* Uses xorshift64*. */
unsigned random_below(uint64_t *state, unsigned limit) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (unsigned)((*state * 0x2545F4914F6CDD1Du) >> 33) % limit;
}

bool option_number(int argc, wchar_t **argv, int *at, const wchar_t *name, unsigned *ret) {
    if (*at + 1 >= argc || wcscmp(argv[*at], name) != 0) return false;
    *ret = (unsigned)wcstoul(argv[*at + 1], NULL, 10);
    *at += 2;
    return true;
}

int64_t ticks_us(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    return now.QuadPart / frequency.QuadPart * 1000000 +
           now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

int processes_of(const wchar_t *file) {
    int count = 0;
    PROCESSENTRY32W e = {.dwSize = sizeof e};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (all == INVALID_HANDLE_VALUE) return -1;
    for (BOOL more = Process32FirstW(all, &e); more; more = Process32NextW(all, &e))
        count += !_wcsicmp(e.szExeFile, file);
    CloseHandle(all);
    return count;
}

size_t handle_count(HANDLE process, DWORD process_id) {
    nt_handle *table;
    size_t count;
    if (nt_handle_table(process, process_id, &table, &count)) return 0;
    free(table);
    return count;
}

size_t inheritable_count(HANDLE process, DWORD process_id) {
    nt_handle *table;
    size_t count, inheritable = 0;
    if (nt_handle_table(process, process_id, &table, &count)) return SIZE_MAX;
    for (size_t i = 0; i < count; i++) inheritable += table[i].inheritable;
    free(table);
    return inheritable;
}

bool on_wine(void) {
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

const char *lax_tokens(void) {
    BYTE everyone[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof everyone;
    SID_AND_ATTRIBUTES only = {.Sid = everyone};
    HANDLE own = NULL, made = NULL;
    if (!on_wine()) return NULL;
    bool restricted = OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own) &&
                      CreateWellKnownSid(WinWorldSid, NULL, everyone, &size) &&
                      CreateRestrictedToken(own, 0, 0, NULL, 0, NULL, 1, &only, &made) &&
                      IsTokenRestricted(made);
    if (made) CloseHandle(made);
    if (own) CloseHandle(own);
    return restricted ? NULL : "Wine does not take this from a token";
}

static bool level_is_kept(HANDLE server) {
    HANDLE token = NULL;
    SECURITY_IMPERSONATION_LEVEL level = SecurityImpersonation;
    DWORD size;
    if (!ImpersonateNamedPipeClient(server)) return false;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size);
        CloseHandle(token);
    }
    return RevertToSelf() && level == SecurityIdentification;
}

const char *lax_pipes(void) {
    wchar_t name[64];
    char byte;
    DWORD done;
    if (!on_wine()) return NULL;
    swprintf(name, 64, L"\\\\.\\pipe\\sb-lax-%lu", GetCurrentProcessId());
    HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, NULL),
           client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    bool kept = WriteFile(client, "x", 1, &done, NULL) && ReadFile(server, &byte, 1, &done, NULL) &&
                level_is_kept(server);
    CloseHandle(client);
    CloseHandle(server);
    return kept ? NULL : "Wine gives the server of a pipe its own token, not the client's";
}

const char *lax_rates(void) {
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE |
                                                                   JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP};
    if (!on_wine()) return NULL;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    rate.CpuRate = 5000;
    bool kept = SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate);
    if (job) CloseHandle(job);
    return kept ? NULL : "Wine has no CPU rates";
}

bool read_to_end(HANDLE pipe, char *text, size_t size, DWORD ms) {
    uint64_t deadline = deadline_in(ms);
    size_t length = 0;
    bool ended = false;

    while (length + 1 < size) {
        DWORD there = 0, got = 0;
        if (!PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL)) {
            ended = true;
            break;
        }
        if (!there) {
            if (deadline_passed(deadline)) break;
            Sleep(2);
            continue;
        }
        if (there > size - 1 - length) there = (DWORD)(size - 1 - length);
        if (!ReadFile(pipe, text + length, there, &got, NULL)) break;
        length += got;
    }
    text[length] = 0;
    return ended;
}

char *file_read(const wchar_t *directory, const wchar_t *name, size_t *ret_size) {
    wchar_t path[2 * MAX_PATH];
    LARGE_INTEGER size = {0};
    DWORD got = 0;
    swprintf(path, 2 * MAX_PATH, L"%ls\\%ls", directory, name);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return NULL;
    char *bytes = GetFileSizeEx(file, &size) ? malloc((size_t)size.QuadPart + 1) : NULL;
    if (bytes && !ReadFile(file, bytes, (DWORD)size.QuadPart, &got, NULL)) got = 0;
    CloseHandle(file);
    if (bytes) bytes[got] = 0;
    *ret_size = got;
    return bytes;
}
