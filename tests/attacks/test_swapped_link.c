/* A program that is decided on by its path, and swapped between the decision and the creation by a link in
 * its path that is turned. The broker must see that the process is of another file, and end it before it
 * runs. Windows: a symbolic link. Wine 8 makes none, but has two names for every directory, of which one is
 * not the true one: then the directory itself is swapped. */
#include "tests/support/checks.h"
#include "tests/support/child.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { UNITS = 2 * MAX_PATH, EVIL = 66 };

typedef char *(__cdecl *unix_name_of)(const wchar_t *path);

/* The path of a directory by another name than its true one; "" when there is none. */
static void other_name(const wchar_t *directory, wchar_t *ret) {
    wchar_t link[UNITS], target[UNITS];
    ret[0] = 0;
    swprintf(link, UNITS, L"%ls\\via", directory);
    swprintf(target, UNITS, L"%ls\\one", directory);
    /* Wine 8 says that it has made one, and has not. */
    if (CreateSymbolicLinkW(link, target, SYMBOLIC_LINK_FLAG_DIRECTORY) &&
        GetFileAttributesW(link) != INVALID_FILE_ATTRIBUTES) {
        wcscpy(ret, link);
        return;
    }
    unix_name_of name = (unix_name_of)(void (*)(void))GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
                                                                     "wine_get_unix_file_name");
    char *text = name ? name(target) : NULL;
    if (!text) return;
    swprintf(ret, UNITS, L"Z:%hs", text);
    HeapFree(GetProcessHeap(), 0, text);
    for (wchar_t *c = ret; *c; c++)
        if (*c == L'/') *c = L'\\';
}

static bool make_programs(const wchar_t *directory) {
    wchar_t from[MAX_PATH], to[UNITS];
    beside_program(from, L"test_helper.exe");
    swprintf(to, UNITS, L"%ls\\one", directory);
    bool made = CreateDirectoryW(to, NULL);
    wcscat(to, L"\\tool.exe");
    made = made && CopyFileW(from, to, TRUE);

    GetModuleFileNameW(NULL, from, MAX_PATH);
    swprintf(to, UNITS, L"%ls\\two", directory);
    made = made && CreateDirectoryW(to, NULL);
    wcscat(to, L"\\tool.exe");
    return made && CopyFileW(from, to, TRUE);
}

/* Launches the tool by that name: once as it is, once swapped. */
static void launch(sb_client *client, const wchar_t *directory, const wchar_t *name) {
    wchar_t application[UNITS], line[UNITS + 64];
    char message[600];
    child_result result;
    sb_spawn_options options = {.size = sizeof options, .application = application, .command_line = line};
    swprintf(application, UNITS, L"%ls\\tool.exe", name);

    check_about("not swapped");
    swprintf(line, UNITS + 64, L"tool exit:3");
    child_run(client, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 3);

    check_about("swapped after it was decided on");
    options.std_output = NULL;
    swprintf(line, UNITS + 64, L"tool exit:3 swap:%ls", directory);
    child_run(client, &options, &result);
    CHECK_INT(result.err, ERROR_FILE_INVALID);
    CHECK_INT(result.error.stage, SB_STAGE_CREATE);
    snprintf(message, sizeof message, "%ls", result.error.message);
    CHECK_HAS(message, "policy evaluated");
    CHECK(result.exit_code != EVIL);
}

int wmain(int argc, wchar_t **argv) {
    static const char policy[] =
        "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"name\":\"tools\",\"action\":\"allow\","
        "\"program\":{\"path\":[\"**\\\\tool.exe\"]}}]}";
    wchar_t data[MAX_PATH], path[UNITS], directory[MAX_PATH], name[UNITS];
    test_broker broker;
    (void)argv;
    if (argc > 1) return EVIL; /* swapped in */
    if (!CHECK(directory_make(data, L"swap")) || !CHECK(directory_make(directory, L"swapped")) ||
        !CHECK(make_programs(directory)))
        return check_report();

    swprintf(path, UNITS, L"%ls\\policy.json", data);
    CHECK(file_write(path, policy, sizeof policy - 1));
    other_name(directory, name);
    if (check_part("link", name[0] ? NULL : "this user cannot make symbolic links") &&
        broker_start_program(&broker, L"spawnbroker_swapping.exe", data)) {
        sb_client *client = broker_connect(broker.pipe);
        if (client) launch(client, directory, name);
        sb_disconnect(client);
        CHECK_INT(broker_stop(&broker), 0);
    }
    directory_remove(directory);
    return check_report();
}
