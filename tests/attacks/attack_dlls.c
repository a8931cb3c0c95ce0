/* Plants DLLs under the names of Windows' own in directories that are not Windows'. */
#include "tests/attacks/attacks.h"

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PATH_UNITS = 2 * MAX_PATH };

/* The DLLs that such programs load, at once or later, and DLLs that are known to be planted. */
static const wchar_t *const names[] = {
    L"bcrypt.dll",   L"bcryptprimitives.dll", L"cryptbase.dll", L"cryptsp.dll",  L"crypt32.dll",
    L"wintrust.dll", L"userenv.dll",          L"version.dll",   L"wtsapi32.dll", L"sspicli.dll",
    L"ntmarta.dll",  L"profapi.dll",          L"dbghelp.dll",   L"dbgcore.dll",  L"rsaenh.dll",
    L"apphelp.dll",  L"uxtheme.dll",          L"dwmapi.dll",    L"propsys.dll",  L"winmm.dll",
    L"iphlpapi.dll", L"netapi32.dll",         L"mswsock.dll",   L"wevtapi.dll",  L"powrprof.dll",
    L"umpdc.dll",    L"msasn1.dll",           L"gpapi.dll",     L"samcli.dll",   L"logoncli.dll"};

/* Copies a DLL that lacks the functions of the real ones under each name. A program that loads a copy fails,
 * or has the copy among its modules. */
static void plant(const wchar_t *directory) {
    wchar_t from[MAX_PATH], to[PATH_UNITS];
    beside_program(from, L"spawn_broker.dll");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        swprintf(to, PATH_UNITS, L"%ls\\%ls", directory, names[i]);
        if (!CHECK(CopyFileW(from, to, FALSE))) printf("%ls: error %lu\n", to, GetLastError());
    }
}

/* Checks that none of the broker's modules, except its own program, comes from the directory.
 * QUIRK wine 8: Wine looks for the imports of a DLL beside the program even with
 * LOAD_LIBRARY_SEARCH_SYSTEM32, and then takes its own DLL of that name. CURE: none; Windows applies the flag
 * to imports too (LoadLibraryEx's page). */
static void none_from(HANDLE process, const wchar_t *directory) {
    HMODULE modules[256];
    DWORD size = 0;
    size_t length = wcslen(directory), from_there = 0, count;
    if (!CHECK(EnumProcessModules(process, modules, sizeof modules, &size))) return;
    count = size / sizeof *modules < 256 ? size / sizeof *modules : 256;
    for (size_t i = 0; i < count; i++) {
        wchar_t path[MAX_PATH] = L"";
        GetModuleFileNameExW(process, modules[i], path, MAX_PATH);
        if (_wcsnicmp(path, directory, length) != 0 || wcsstr(path, L".exe")) continue;
        printf("  the broker has loaded %ls\n", path);
        from_there++;
    }
    CHECK(count > 3);
    const char *missing =
        on_wine() && from_there ? "Wine looks beside the program for what a DLL needs" : NULL;
    if (check_part("none_loaded", missing)) CHECK_INT(from_there, 0);
}

/* Makes the broker use what it has: a launch, a record, and a policy that needs a hash and a signer. */
static void use(const test_broker *broker, const wchar_t *directory) {
    static const char policy[] =
        "{\"version\": 1, \"default\": \"allow\", \"rules\": [{\"name\": \"x\", \"action\": \"deny\", "
        "\"reason\": "
        "\"x\", \"caller\": {\"signer\": [\"Nobody\"]}, \"program\": {\"sha256\": [\"%s\"]}}]}";
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    wchar_t line[1024], path[PATH_UNITS];
    char text[512];
    child_result result;
    msg_reply reply;
    raw_client raw;
    size_t size;

    snprintf(text, sizeof text, policy, zeros);
    swprintf(path, PATH_UNITS, L"%ls\\policy.json", broker->data);
    CHECK(file_write(path, text, strlen(text)));

    if (CHECK(raw_open(&raw, broker->pipe) && raw_hello(&raw))) {
        char *frame = msg_encode_reload(raw.next_id++, &(msg_reload){0}, &size);
        if (CHECK(raw_call(&raw, frame, size, &reply))) {
            CHECK_INT(reply.fault.kind, FAULT_NONE);
            msg_reply_free(&reply);
        }
        raw_close(&raw);
    }

    sb_client *client = broker_connect(broker->pipe);
    if (!CHECK(client != NULL)) return;
    sb_spawn_options options = helper_options(L"exit:5", line, 1024);
    options.directory = directory;
    child_run(client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 5);
    sb_disconnect(client);
}

void attack_dlls_beside_the_broker(void) {
    test_broker broker;
    wchar_t directory[MAX_PATH], program[MAX_PATH], own[MAX_PATH];
    if (!CHECK(directory_make(directory, L"planted beside"))) return;
    plant(directory);
    beside_program(own, L"spawnbroker.exe");
    swprintf(program, MAX_PATH, L"%ls\\spawnbroker.exe", directory);
    CHECK(CopyFileW(own, program, FALSE));
    if (CHECK(broker_start_program(&broker, program, NULL))) {
        use(&broker, NULL);
        none_from(broker.process, directory);
        CHECK_INT(broker_stop(&broker), 0);
    }
    directory_remove(directory);
}

/* Plants the DLLs in the current directory of the process that starts the broker, which is also the directory
 * of the child. */
void attack_dlls_in_the_callers_directory(void) {
    test_broker broker;
    wchar_t directory[MAX_PATH], before[MAX_PATH];
    if (!CHECK(directory_make(directory, L"planted there"))) return;
    plant(directory);
    GetCurrentDirectoryW(MAX_PATH, before);
    CHECK(SetCurrentDirectoryW(directory));
    bool started = broker_start(&broker, NULL);
    CHECK(SetCurrentDirectoryW(before));
    if (CHECK(started)) {
        use(&broker, directory);
        none_from(broker.process, directory);
        CHECK_INT(broker_stop(&broker), 0);
    }
    directory_remove(directory);
}
