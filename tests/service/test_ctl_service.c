/* Installs, uses, stops and removes the service with spawnctl service, through the service manager, and tries
 * what spawnctl refuses. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "tests/support/installed.h"
#include "tests/support/tool.h"

#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static bool exists(const wchar_t *directory, const wchar_t *name) {
    wchar_t path[2 * MAX_PATH];
    swprintf(path, 2 * MAX_PATH, L"%ls\\%ls", directory, name);
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* Checks that no service and no event source is registered. */
static void not_registered(const installed *i) {
    HKEY key;
    CHECK_INT(tool_run(i->ctl, L"service status --json"), 3);
    CHECK_TEXT(tool_out, "{\"registered\":false}\n");
    LSTATUS err = RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                                L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\SpawnBroker", 0,
                                KEY_READ, &key);
    CHECK_INT(err, ERROR_FILE_NOT_FOUND);
    if (!err) RegCloseKey(key);
}

static void refuse(const installed *i, const char *about, const wchar_t *opened, const char *part) {
    check_about(about);
    if (!CHECK(open_to_all(opened, true))) return;
    CHECK_INT(tool_run(i->ctl, L"service install"), 125);
    CHECK_HAS(tool_err, "not installed from here");
    CHECK_HAS(tool_err, "Everyone");
    CHECK_HAS(tool_err, part);
    CHECK(open_to_all(opened, false));
    not_registered(i);
}

static void refusals(const installed *i) {
    wchar_t aside[MAX_PATH];
    not_registered(i);
    refuse(i, "a directory that others can write", i->directory, "Spawn Broker test");
    refuse(i, "a program that others can write", i->broker, "spawnbroker.exe");

    check_about("no program");
    swprintf(aside, MAX_PATH, L"%ls.aside", i->broker);
    CHECK(MoveFileW(i->broker, aside));
    CHECK_INT(tool_run(i->ctl, L"service install"), 125);
    CHECK_HAS(tool_err, "spawnbroker.exe");
    CHECK(MoveFileW(aside, i->broker));
    not_registered(i);

    check_about("a data directory that others can write");
    CHECK(CreateDirectoryW(i->data, NULL) && open_to_all(i->data, true));
    CHECK_INT(tool_run(i->ctl, L"service install"), 125);
    CHECK_HAS(tool_err, "Everyone may change");
    not_registered(i);
    RemoveDirectoryW(i->data);

    check_about("nothing there");
    CHECK_INT(tool_run(i->ctl, L"service start"), 125);
    CHECK_HAS(tool_err, "spawnctl service install");
    CHECK_INT(tool_run(i->ctl, L"service stop"), 125);
    CHECK_INT(tool_run(i->ctl, L"service uninstall"), 0);
    CHECK_HAS(tool_out, "was not installed");
    CHECK_INT(tool_run(i->ctl, L"service"), 2);
    CHECK_INT(tool_run(i->ctl, L"service install --dta x"), 2);
}

static void check_events(const installed *i) {
    wchar_t file[MAX_PATH] = L"";
    DWORD size = sizeof file, types = 0, types_size = sizeof types;
    static const wchar_t key[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\SpawnBroker";

    CHECK_INT(RegGetValueW(HKEY_LOCAL_MACHINE, key, L"EventMessageFile", RRF_RT_REG_SZ, NULL, file, &size),
              0);
    CHECK(!_wcsicmp(file, i->broker));
    CHECK_INT(
        RegGetValueW(HKEY_LOCAL_MACHINE, key, L"TypesSupported", RRF_RT_REG_DWORD, NULL, &types, &types_size),
        0);
    CHECK_INT(types, 7);

    /* The file that is registered must have the messages, here that of EVENT_STARTED (events.mc). */
    wchar_t text[256] = L"";
    HMODULE module = LoadLibraryExW(file, NULL, LOAD_LIBRARY_AS_DATAFILE);
    CHECK(module != NULL);
    CHECK(FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, module, 0x40000001, 0,
                         text, 256, NULL) > 0);
    CHECK(wcsstr(text, L"Spawn Broker has started") != NULL);
    if (module) FreeLibrary(module);
}

static void check_registration(const installed *i) {
    check_about("how it is registered");
    CHECK_INT(tool_run(i->ctl, L"service status --json"), 3);
    CHECK_HAS(tool_out, "\"registered\":true,\"state\":\"stopped\",\"process_id\":0");
    CHECK_HAS(tool_out, "\"automatic\":true");
    CHECK_HAS(tool_out, "\"account\":\"LocalSystem\"");
    CHECK_HAS(tool_out, "spawnbroker.exe\\\"\""); /* in quotation marks, and nothing after it */
    CHECK_HAS(tool_out, "\\\\SpawnBroker\"");

    const bool lost = on_wine() && strstr(tool_out, "\"privileges\":null");
    if (!check_part("privileges", lost ? "Wine's service manager has no required privileges" : NULL))
        CHECK_HAS(tool_out, "\"privileges\":null");
    else
        CHECK_HAS(tool_out,
                  "\"delayed\":true,\"account\":\"LocalSystem\",\"own_sid\":true,\"privileges\":["
                  "\"SeAssignPrimaryTokenPrivilege\",\"SeChangeNotifyPrivilege\",\"SeImpersonatePrivilege\","
                  "\"SeIncreaseQuotaPrivilege\"],\"restarts\":true,\"restarts_on_error\":true");

    CHECK_INT(tool_run(i->ctl, L"service status"), 3);
    CHECK_HAS(tool_out, "state        stopped");

    check_about("its events");
    check_events(i);
}

/* Checks the registered command line as the service manager reads it: the program alone, whatever the
 * settings are. */
static void check_line(const installed *i) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, L"SpawnBroker", SERVICE_QUERY_CONFIG) : NULL;
    static union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } u;
    DWORD size;
    int count = 0;
    if (CHECK(service && QueryServiceConfigW(service, &u.config, sizeof u, &size))) {
        wchar_t **words = CommandLineToArgvW(u.config.lpBinaryPathName, &count);
        CHECK_INT(count, 1);
        CHECK(words && count && !_wcsicmp(words[0], i->broker));
        LocalFree(words);
    }
    if (service) CloseServiceHandle(service);
    if (manager) CloseServiceHandle(manager);
}

/* The service runs with --pipe and --data, and keeps them when it is installed again without them. */
static void settings(const installed *i) {
    wchar_t data[MAX_PATH];

    check_about("--pipe and --data");
    swprintf(data, MAX_PATH, L"%ls\\its data", i->directory);
    CHECK_INT(tool_run(i->ctl, L"service install --pipe sb-settings --data \"%ls\" --start", data), 0);
    check_line(i);
    CHECK_INT(tool_run(i->ctl, L"status --pipe sb-settings --json"), 0);
    CHECK_HAS(tool_out, "sb-settings");
    CHECK_HAS(tool_out, "its data");
    CHECK_INT(tool_run(i->ctl, L"service install"), 0);
    CHECK_INT(tool_run(i->ctl, L"service status"), 0);
    CHECK_HAS(tool_out, "pipe         sb-settings\n");
    CHECK_HAS(tool_out, "its data\n");
    CHECK_INT(tool_run(i->ctl, L"service stop"), 0);
    CHECK_INT(tool_run(i->ctl, L"service start"), 0);
    CHECK_INT(tool_run(i->ctl, L"status --pipe sb-settings"), 0);
    CHECK_INT(tool_run(i->ctl, L"status"), 125); /* no broker serves the default pipe */
    CHECK_INT(tool_run(i->ctl, L"service status --json"), 0);
    CHECK_HAS(tool_out, "\"pipe\":\"sb-settings\",\"data\":");
    CHECK_INT(tool_run(i->ctl, L"service uninstall --purge"), 0);
    CHECK(!exists(data, L""));
    CHECK_INT(tool_run(i->ctl, L"service install"), 0); /* the purge removed its settings */
    CHECK_INT(tool_run(i->ctl, L"service status"), 3);
    CHECK_HAS(tool_out, "pipe         SpawnBroker\n");
    CHECK_INT(tool_run(i->ctl, L"service uninstall --purge"), 0);
}

static void use(const installed *i) {
    wchar_t helper[MAX_PATH];

    check_about("start");
    CHECK_INT(tool_run(i->ctl, L"service start"), 0);
    CHECK_TEXT(tool_out, "running\n");
    CHECK_INT(tool_run(i->ctl, L"service start"), 0);
    CHECK_INT(tool_run(i->ctl, L"service status"), 0);
    CHECK_HAS(tool_out, "state        running, process ");
    CHECK_INT(tool_run(i->ctl, L"service install"), 0);
    CHECK_HAS(tool_out, "updated");

    check_about("launch");
    beside_program(helper, L"test_helper.exe");
    CHECK_INT(tool_run(i->ctl, L"run -- \"%ls\" echo:through.the.service exit:6", helper), 6);
    CHECK_TEXT(tool_out, "through.the.service\n");
    CHECK_INT(tool_run(i->ctl, L"audit list --wide"), 0);
    CHECK_HAS(tool_out, "through.the.service");

    check_about("who is no administrator installs and removes nothing");
    CHECK_INT(tool_run(i->ctl, L"run --deny-group S-1-5-32-544 -- \"%ls\" service install", i->ctl), 125);
    CHECK_HAS(tool_err, "This needs an administrator");
    CHECK_INT(tool_run(i->ctl, L"run --deny-group S-1-5-32-544 -- \"%ls\" service uninstall", i->ctl), 125);
    CHECK_HAS(tool_err, "This needs an administrator");
    CHECK_INT(tool_run(i->ctl, L"service status"), 0);

    check_about("stop");
    CHECK_INT(tool_run(i->ctl, L"service stop --json"), 0);
    CHECK_TEXT(tool_out, "{\"result\":\"stopped\"}\n");
    CHECK_INT(tool_run(i->ctl, L"service stop"), 0);
    CHECK_HAS(tool_out, "already");
    CHECK_INT(tool_run(i->ctl, L"service status"), 3);
}

int wmain(int argc, wchar_t **argv) {
    installed i;
    (void)argc, (void)argv;
    if (!check_part("service", installed_missing(&i)) || !CHECK(installed_make(&i))) return check_report();
    refusals(&i);

    check_about("install");
    CHECK_INT(tool_run(i.ctl, L"service install"), 0);
    CHECK_TEXT(tool_out, "installed\n");
    check_registration(&i);
    use(&i);
    check_line(&i);

    check_about("uninstall leaves the audit");
    CHECK_INT(tool_run(i.ctl, L"service uninstall"), 0);
    CHECK_HAS(tool_out, "the audit stays");
    not_registered(&i);
    CHECK(exists(i.data, L"audit.db"));
    CHECK(exists(i.data, L"audit.key"));

    check_about("install and start, where an audit is; uninstall and purge");
    CHECK_INT(tool_run(i.ctl, L"service install --start"), 0);
    CHECK_TEXT(tool_out, "installed and running\n");
    CHECK_INT(tool_run(i.ctl, L"audit list --wide"), 0);
    CHECK_HAS(tool_out, "through.the.service");
    CHECK_INT(tool_run(i.ctl, L"service uninstall --purge"), 0);
    CHECK_HAS(tool_out, "and the directory");
    CHECK(!exists(i.data, L""));
    not_registered(&i);
    settings(&i);
    installed_remove(&i);

    return check_report();
}
