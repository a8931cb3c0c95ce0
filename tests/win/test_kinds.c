/* Every kind of handle, in both modes: given as it is and used by a real child; given with fewer rights; and
 * refused where more are asked for than there are. Then many at once. docs/handles.md says what it means. */
#include <winsock2.h>

#include "kinds.h"
#include "nt.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const kind *const groups[] = {kinds_of_files, kinds_of_sync, kinds_of_processes, kinds_of_objects,
                                     kinds_of_sockets};
enum { GROUPS = sizeof groups / sizeof *groups, MOST_KINDS = 32 };

typedef struct row {
    const char *kind, *mode;
    const char *exact, *reduced, *refused;
} row;

static row rows[2 * MOST_KINDS];
static size_t row_count;

const kind *kinds_find(const char *name) {
    for (int g = 0; g < GROUPS; g++)
        for (const kind *k = groups[g]; k->name; k++)
            if (!strcmp(k->name, name)) return k;
    return NULL;
}

sb_spawn_options kinds_options(const wchar_t *arguments, wchar_t *line, size_t size) {
    wchar_t program[MAX_PATH];
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, size, L"\"%ls\" %ls", program, arguments);
    return (sb_spawn_options){.size = sizeof(sb_spawn_options), .command_line = line};
}

HANDLE kinds_victim(void) {
    wchar_t line[MAX_PATH + 16];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    kinds_options(L"victim", line, sizeof line / sizeof *line);
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL,
                        &start, &made))
        return NULL;
    CloseHandle(made.hThread);
    return made.hProcess;
}

static void drop(const kind *k, kind_object *o) {
    HANDLE *handles[] = {&o->given, &o->other};
    if (!strcmp(k->type, "Process")) TerminateProcess(o->given, 1);
    if (!strcmp(k->type, "Thread")) ResumeThread(o->given);
    if (*o->key) RegDeleteKeyW(HKEY_CURRENT_USER, o->key);
    for (int i = 0; i < 2; i++) {
        if (!*handles[i] || *handles[i] == INVALID_HANDLE_VALUE) continue;
        if (o->is_socket) closesocket((SOCKET)*handles[i]);
        else if (!strcmp(k->type, "Key")) RegCloseKey((HKEY)*handles[i]);
        else CloseHandle(*handles[i]);
    }
    if (*o->path) directory_remove(o->path);
}

/* The child of kind k with its handle, in second place. */
static void run(sb_client *client, const kind *k, const wchar_t *what, HANDLE given, DWORD access,
                child_result *ret) {
    wchar_t line[MAX_PATH + 128], arguments[96];
    const sb_handle handle = {.name = L"it", .handle = given, .access = access};
    swprintf(arguments, 96, L"child %hs %ls", k->name, what);
    sb_spawn_options options = kinds_options(arguments, line, sizeof line / sizeof *line);
    options.handles = &handle;
    options.handle_count = 1;
    child_run(client, &options, ret);
    if (ret->err) printf("launch: error %lu, %ls\n", ret->err, ret->error.message);
}

static const char *exact(sb_client *client, const kind *k) {
    kind_object o = {0};
    nt_object object = {0};
    DWORD flags = 0;
    child_result result;
    char wanted[128];
    bool good = CHECK(k->make(&o)) && CHECK_INT(nt_query_object(o.given, &object), 0);
    if (good) {
        CHECK(GetHandleInformation(o.given, &flags) && !(flags & HANDLE_FLAG_INHERIT));
        run(client, k, L"use", o.given, 0, &result);
        snprintf(wanted, sizeof wanted, "exact\n%s %lx\nused: error 0\n", k->type,
                 (unsigned long)object.access);
        good = CHECK_TEXT(result.output, wanted) && CHECK_INT(result.exit_code, 0) && CHECK(k->seen(&o)) &&
               CHECK(GetHandleInformation(o.given, &flags) && !(flags & HANDLE_FLAG_INHERIT));
    }
    drop(k, &o);
    return good ? "yes" : "FAILED";
}

static const char *reduced(sb_client *client, const kind *k) {
    kind_object o = {0};
    child_result result;
    char wanted[128];
    bool good = CHECK(k->make(&o));
    if (good) {
        run(client, k, L"beyond", o.given, k->reduced, &result);
        snprintf(wanted, sizeof wanted, "exact\n%s %lx\n%s", k->type, (unsigned long)k->reduced,
                 k->beyond ? "not done: error 5\n" : "");
        good = CHECK_TEXT(result.output, wanted) && CHECK_INT(result.exit_code, 0);
    }
    drop(k, &o);
    return !good ? "FAILED" : k->beyond ? "yes" : "rights only";
}

/* All that the object allows is asked of a handle that has the reduced rights only. */
static const char *refused(sb_client *client, const kind *k) {
    kind_object o = {0};
    nt_object object = {0};
    HANDLE less = NULL, good_one = CreateEventW(NULL, TRUE, FALSE, NULL);
    wchar_t line[MAX_PATH + 64];
    char message[600];
    child_result result;
    bool good = CHECK(k->make(&o)) && CHECK_INT(nt_query_object(o.given, &object), 0) &&
                CHECK(DuplicateHandle(GetCurrentProcess(), o.given, GetCurrentProcess(), &less, k->reduced,
                                      FALSE, 0)) &&
                CHECK((object.access & ~k->reduced) != 0);
    if (good) {
        const sb_handle handles[] = {{.name = L"good", .handle = good_one},
                                     {.name = L"it", .handle = less, .access = object.access}};
        sb_spawn_options options = kinds_options(L"victim", line, sizeof line / sizeof *line);
        options.handles = handles;
        options.handle_count = 2;
        child_run(client, &options, &result);
        snprintf(message, sizeof message, "%ls", result.error.message);
        good = CHECK_INT(result.err, ERROR_ACCESS_DENIED) && CHECK_INT(result.error.stage, SB_STAGE_ADOPT) &&
               CHECK_INT(result.error.handle_index, 1) && CHECK_HAS(message, "\"it\"");
    }
    if (less) CloseHandle(less);
    CloseHandle(good_one);
    drop(k, &o);
    return good ? "yes" : "FAILED";
}

static void all_kinds(sb_client *client, const char *mode) {
    char about[64];
    for (int g = 0; g < GROUPS; g++)
        for (const kind *k = groups[g]; k->name; k++) {
            snprintf(about, sizeof about, "%s, %s", k->name, mode);
            check_about(about);
            row *r = &rows[row_count++];
            r->kind = k->name;
            r->mode = mode;
            r->exact = exact(client, k);
            r->reduced = reduced(client, k);
            r->refused = refused(client, k);
        }
    check_about("many");
    many_ends(client);
    many_launches(client, mode);
}

static void print_rows(void) {
    printf("%-18s | %-6s | %-6s | %-11s | %s\n", "kind", "mode", "exact", "reduced", "refused");
    for (size_t i = 0; i < row_count; i++)
        printf("%-18s | %-6s | %-6s | %-11s | %s\n", rows[i].kind, rows[i].mode, rows[i].exact,
               rows[i].reduced, rows[i].refused);
}

/* What this process could leak: inheritable, and in no list. */
static void plant(void) {
    static SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE reading, writing;
    CHECK(CreateEventW(&inheritable, TRUE, FALSE, NULL) != NULL);
    CHECK(CreatePipe(&reading, &writing, &inheritable, 0));
}

int wmain(int argc, wchar_t **argv) {
    const sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_client *client = NULL;
    test_broker broker;
    if (argc > 1 && !wcscmp(argv[1], L"child")) return kinds_child(argc, argv);
    if (argc > 1 && !wcscmp(argv[1], L"wait")) return many_child_wait();
    if (argc > 2 && !wcscmp(argv[1], L"set")) return many_child_set((int)wcstol(argv[2], NULL, 10));
    if (argc > 1) return 1;
    plant();
    if (!CHECK(broker_start(&broker, NULL))) return 2;
    if (CHECK((client = broker_connect(broker.pipe)) != NULL)) all_kinds(client, "broker");
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
    if (CHECK_INT(sb_connect(&local, &client, NULL), 0)) {
        all_kinds(client, "local");
        sb_disconnect(client);
    }
    print_rows();
    return check_report();
}
