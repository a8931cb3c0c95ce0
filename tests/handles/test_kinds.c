/* Every kind of handle, in both modes: given with its access and used by a real child; given with less
 * access; and rejected when more access is requested than it has. Then many at once. See docs/handles.md.
 * The argument "refusals" runs only the rejected ones. */
#include <winsock2.h>

#include "tests/handles/kinds.h"
#include "service/win32/nt.h"
#include "tests/support/raw.h"

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

/* The mode and the broker of the launches. */
typedef struct place {
    sb_client *client;
    const char *mode;
    const wchar_t *pipe; /* NULL: without a broker and without records */
    bool refusals_only;
} place;

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

/* Launches the child for kind k; its handle is the second. */
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

/* What the record must say about the handle "it". */
typedef struct granted {
    const char *launch_id; /* "": the newest failed launch with that handle */
    const char *outcome;
    const char *type; /* NULL: the handle was not adopted */
    DWORD access;
} granted;

static bool is_recorded(const msg_launch *launch, void *context) {
    const granted *g = context;
    if (*g->launch_id ? strcmp(launch->launch_id, g->launch_id) != 0
                      : launch->caller_pid != GetCurrentProcessId())
        return false;
    for (size_t i = 0; i < launch->handle_count; i++) {
        const msg_launch_handle *h = &launch->handles[i];
        if (!h->name || strcmp(h->name, "it")) continue;
        CHECK_TEXT(launch->outcome, g->outcome);
        if (g->type) CHECK_TEXT(h->type, g->type);
        return CHECK_INT(h->granted_access, g->access);
    }
    return CHECK(!"no handle \"it\" on record");
}

static bool recorded(const place *p, granted g) {
    return !p->pipe || CHECK(raw_audit_wait(p->pipe, is_recorded, &g));
}

static const char *exact(const place *p, const kind *k) {
    kind_object o = {0};
    nt_object object = {0};
    DWORD flags = 0;
    child_result result;
    char wanted[128];
    bool good = CHECK(k->make(&o)) && CHECK_INT(nt_query_object(o.given, &object), 0);
    if (good) {
        CHECK(GetHandleInformation(o.given, &flags) && !(flags & HANDLE_FLAG_INHERIT));
        run(p->client, k, L"use", o.given, 0, &result);
        snprintf(wanted, sizeof wanted, "exact\n%s %lx\nused: error 0\n", k->type,
                 (unsigned long)object.access);
        good = CHECK_TEXT(result.output, wanted) && CHECK_INT(result.exit_code, 0) && CHECK(k->seen(&o)) &&
               CHECK(GetHandleInformation(o.given, &flags) && !(flags & HANDLE_FLAG_INHERIT)) &&
               recorded(p, (granted){result.launch_id, "started", k->type, object.access});
    }
    drop(k, &o);
    return good ? "yes" : "FAILED";
}

static const char *reduced(const place *p, const kind *k) {
    kind_object o = {0};
    child_result result;
    char wanted[128];
    bool good = CHECK(k->make(&o));
    if (good) {
        run(p->client, k, L"beyond", o.given, k->reduced, &result);
        snprintf(wanted, sizeof wanted, "exact\n%s %lx\n%s", k->type, (unsigned long)k->reduced,
                 k->beyond ? "not done: error 5\n" : "");
        good = CHECK_TEXT(result.output, wanted) && CHECK_INT(result.exit_code, 0) &&
               recorded(p, (granted){result.launch_id, "started", k->type, k->reduced});
    }
    drop(k, &o);
    return !good ? "FAILED" : k->beyond ? "yes" : "rights only";
}

/* Requests all access of the object for a handle that has only the reduced access. */
static const char *refused(const place *p, const kind *k) {
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
        child_run(p->client, &options, &result);
        snprintf(message, sizeof message, "%ls", result.error.message);
        good = CHECK_INT(result.err, ERROR_ACCESS_DENIED) && CHECK_INT(result.error.stage, SB_STAGE_ADOPT) &&
               CHECK_INT(result.error.handle_index, 1) && CHECK_HAS(message, "\"it\"") &&
               recorded(p, (granted){"", "failed", NULL, object.access});
    }

    if (less) CloseHandle(less);
    CloseHandle(good_one);
    drop(k, &o);
    return good ? "yes" : "FAILED";
}

static void all_kinds(const place *p) {
    char about[64];
    for (int g = 0; g < GROUPS; g++)
        for (const kind *k = groups[g]; k->name; k++) {
            snprintf(about, sizeof about, "%s, %s", k->name, p->mode);
            check_about(about);
            row *r = &rows[row_count++];
            r->kind = k->name;
            r->mode = p->mode;
            r->exact = p->refusals_only ? "-" : exact(p, k);
            r->reduced = p->refusals_only ? "-" : reduced(p, k);
            r->refused = refused(p, k);
        }
    if (p->refusals_only) return;

    check_about("many");
    many_ends(p->client);
    many_launches(p->client, p->mode);
}

static void print_rows(void) {
    printf("%-18s | %-6s | %-6s | %-11s | %s\n", "kind", "mode", "exact", "reduced", "refused");
    for (size_t i = 0; i < row_count; i++)
        printf("%-18s | %-6s | %-6s | %-11s | %s\n", rows[i].kind, rows[i].mode, rows[i].exact,
               rows[i].reduced, rows[i].refused);
}

/* Makes an inheritable handle that is in no list, which this process could leak. */
static void plant(void) {
    static SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE reading, writing;
    CHECK(CreateEventW(&inheritable, TRUE, FALSE, NULL) != NULL);
    CHECK(CreatePipe(&reading, &writing, &inheritable, 0));
}

int wmain(int argc, wchar_t **argv) {
    const sb_connect_options options = {.size = sizeof options, .mode = SB_MODE_LOCAL};
    place through = {.mode = "broker"}, local = {.mode = "local"};
    test_broker broker;
    bool refusals_only = argc == 2 && !wcscmp(argv[1], L"refusals");
    through.refusals_only = local.refusals_only = refusals_only;
    if (argc > 1 && !wcscmp(argv[1], L"child")) return kinds_child(argc, argv);
    if (argc > 1 && !wcscmp(argv[1], L"wait")) return many_child_wait();
    if (argc > 2 && !wcscmp(argv[1], L"set")) return many_child_set((int)wcstol(argv[2], NULL, 10));
    if (argc > 1 && !refusals_only) return 1;
    plant();
    if (!CHECK(broker_start(&broker, NULL))) return 2;
    through.pipe = broker.pipe;
    if (CHECK((through.client = broker_connect(broker.pipe)) != NULL)) all_kinds(&through);
    sb_disconnect(through.client);
    CHECK_INT(broker_stop(&broker), 0);
    if (CHECK_INT(sb_connect(&options, &local.client, NULL), 0)) all_kinds(&local);
    sb_disconnect(local.client);
    print_rows();
    return check_report();
}
