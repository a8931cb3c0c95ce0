/* A program that is denied, written in every way that Windows takes for the same path; and one that a rule
 * knows by its content. */
#include "service/win32/facts.h"
#include "service/win32/image.h"
#include "tests/policy/policy_test.h"
#include "service/win32/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PATH_UNITS = 2 * MAX_PATH };

typedef struct place {
    sb_client *client;
    wchar_t directory[MAX_PATH]; /* with "long name here\evil program.exe" in it */
    wchar_t evil[PATH_UNITS];
} place;

/* Whether a file has that name: Wine does not know all of these ways. */
static bool is_there(const wchar_t *path) {
    HANDLE file = CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    return file != INVALID_HANDLE_VALUE;
}

static DWORD launch(const place *p, const wchar_t *path) {
    wchar_t line[POLICY_LINE];
    child_result result;
    sb_spawn_options options = helper_options(L"exit:0", line, POLICY_LINE);
    options.application = path;
    child_run(p->client, &options, &result);
    return result.err;
}

static void refused(const place *p, const char *about, const wchar_t *path) {
    check_about(about);
    bool there = is_there(path);
    DWORD err = launch(p, path);
    if (there) CHECK_INT(err, DISABLED_BY_POLICY);
    else CHECK(err != ERROR_SUCCESS);
    if (!there) printf("  (there is no such file by that name here: error %lu)\n", err);
}

static void texts(const place *p) {
    wchar_t path[PATH_UNITS];
    refused(p, "as it is", p->evil);

    wcscpy(path, p->evil);
    _wcsupr(path + 3);
    refused(p, "upper case", path);
    _wcslwr(path + 3);
    refused(p, "lower case", path);
    wcscpy(path, p->evil);
    for (wchar_t *c = path; *c; c++)
        if (*c == L'\\') *c = L'/';
    refused(p, "slashes", path);

    swprintf(path, PATH_UNITS, L"\\\\?\\%ls", p->evil);
    refused(p, "\\\\?\\", path);
    swprintf(path, PATH_UNITS, L"%ls\\.\\x\\..\\long name here\\evil program.exe", p->directory);
    refused(p, "dots between", path);

    swprintf(path, PATH_UNITS, L"%ls.", p->evil);
    refused(p, "a dot at the end", path);
    swprintf(path, PATH_UNITS, L"%ls ", p->evil);
    refused(p, "a space at the end", path);
    swprintf(path, PATH_UNITS, L"%ls\\long name here.\\evil program.exe. .", p->directory);
    refused(p, "dots and spaces", path);

    bool has_short = GetShortPathNameW(p->evil, path, PATH_UNITS) && wcscmp(path, p->evil) != 0;
    if (check_part("short_name", has_short ? NULL : "this volume has no short names")) {
        printf("  short: %ls\n", path);
        refused(p, "a short name", path);
    }
}

/* Streams are denied by their name, before a file is opened. */
static void streams(const place *p) {
    static const wchar_t *const tails[] = {L"::$DATA", L":other.exe", L":other.exe:$DATA"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        wchar_t path[PATH_UNITS];
        swprintf(path, PATH_UNITS, L"%ls%ls", p->evil, tails[i]);
        check_about("a stream");
        CHECK(launch(p, path) != ERROR_SUCCESS);
    }
}

static void links(const place *p) {
    wchar_t path[PATH_UNITS], target[PATH_UNITS];
    swprintf(path, PATH_UNITS, L"%ls\\innocent.exe", p->directory);
    if (CreateHardLinkW(path, p->evil, NULL)) {
        /* A second name of the file, equal to the first: a rule by path does not see it, a rule by content
         * does.
         */
        check_about("a hard link is a name of its own");
        CHECK_INT(launch(p, path), ERROR_SUCCESS);
        DeleteFileW(path);
    }

    swprintf(target, PATH_UNITS, L"%ls\\long name here", p->directory);
    swprintf(path, PATH_UNITS, L"%ls\\link", p->directory);
    bool made = CreateSymbolicLinkW(path, target, SYMBOLIC_LINK_FLAG_DIRECTORY) &&
                GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
    if (check_part("symbolic_link", made ? NULL : "no symbolic link can be made here")) {
        wcscat(path, L"\\evil program.exe");
        refused(p, "a link to its directory", path);
        swprintf(path, PATH_UNITS, L"%ls\\link", p->directory);
        RemoveDirectoryW(path);
    }
}

static const char format[] = "{\"version\": 1, \"default\": \"allow\", \"rules\": [{\"name\": \"evil\", "
                             "\"action\": \"deny\", \"reason\": \"evil\",\n"
                             "\"program\": {\"path\": [\"**/Long Name HERE/Evil Program.exe\"]}},\n"
                             "{\"name\": \"safe\", \"action\": \"allow\", \"program\": {\"path\": [\"@**\"], "
                             "\"directory_not_writable_by_caller\": true}}]}";

void try_tricks(void) {
    test_broker broker;
    place p;
    wchar_t helper[MAX_PATH], data[MAX_PATH];
    char text[4096];

    check_about("tricks");
    if (!policy_start(&broker, format)) return;
    p.client = broker_connect(broker.pipe);
    beside_program(helper, L"test_helper.exe");
    CHECK(directory_make(data, L"tricks"));
    GetLongPathNameW(data, p.directory, MAX_PATH);
    swprintf(p.evil, PATH_UNITS, L"%ls\\long name here", p.directory);
    CHECK(CreateDirectoryW(p.evil, NULL));
    wcscat(p.evil, L"\\evil program.exe");
    CHECK(CopyFileW(helper, p.evil, TRUE));
    texts(&p);
    streams(&p);
    links(&p);

    check_about("what the caller can write beside");
    CHECK_INT(policy_spawnctl(broker.pipe, L"policy explain --json -- spawnctl.exe", text, sizeof text), 0);
    CHECK_HAS(text, "program.directory_not_writable_by_caller");
    sb_disconnect(p.client);
    directory_remove(p.directory);
    CHECK_INT(broker_stop(&broker), 0);
}

/* When the requested path has a link or a short name in it, the broker checks which file the child was made
 * from. */
static void images(void) {
    wchar_t path[MAX_PATH];
    check_about("a process of a file, and of another");
    for (int i = 0; i < 2; i++) {
        beside_program(path, i ? L"test_helper.exe" : L"test_policy.exe");
        image_file image = {0};
        fault why;
        if (!CHECK_INT(image_open(path, "x", NULL, &image, &why), FAULT_NONE)) continue;
        CHECK_INT(image_check(&image, GetCurrentProcess(), true), i ? ERROR_FILE_INVALID : ERROR_SUCCESS);
        image_close(&image);
    }
}

void try_hashes(void) {
    static const char rule[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": [{\"name\": \"known\", \"action\": \"allow\",\n"
        "\"program\": {\"sha256\": [\"%s\"]}}]}";
    test_broker broker;
    place p;
    wchar_t helper[MAX_PATH], copy[MAX_PATH];
    char text[512], hash[65] = "";
    arena a = {0};
    policy_why why = {""};
    images();

    check_about("a program known by its content");
    beside_program(helper, L"test_helper.exe");
    facts f = {.memory = &a, .application = text_utf8(&a, helper)};
    CHECK(facts_oracle.sha256(&f, hash, &why));
    facts_close(&f);
    arena_free(&a);
    snprintf(text, sizeof text, rule, hash);
    if (!policy_start(&broker, text)) return;
    p.client = broker_connect(broker.pipe);
    swprintf(copy, MAX_PATH, L"%ls\\other name.exe", broker.data);
    CHECK(CopyFileW(helper, copy, TRUE));
    CHECK_INT(launch(&p, helper), ERROR_SUCCESS);
    CHECK_INT(launch(&p, copy), ERROR_SUCCESS);
    if (GetShortPathNameW(copy, helper, MAX_PATH)) CHECK_INT(launch(&p, helper), ERROR_SUCCESS);
    HANDLE file = CreateFileW(copy, FILE_APPEND_DATA, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    DWORD put;
    CHECK(file != INVALID_HANDLE_VALUE && WriteFile(file, "x", 1, &put, NULL));
    CHECK(launch(&p, copy) != ERROR_SUCCESS); /* it is open for writing */
    CloseHandle(file);
    CHECK_INT(launch(&p, copy), DISABLED_BY_POLICY);
    sb_disconnect(p.client);
    CHECK_INT(broker_stop(&broker), 0);
}
