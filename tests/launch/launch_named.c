#include "tests/launch/launch.h"

#include "service/win32/nt.h"
#include "tests/support/raw.h"

#include <stdio.h>

static bool is_inheritable(HANDLE handle) {
    DWORD flags = 0;
    return GetHandleInformation(handle, &flags) && flags & HANDLE_FLAG_INHERIT;
}

static HANDLE make_section(const char *text) {
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view) return NULL;
    strcpy(view, text);
    UnmapViewOfFile(view);
    return section;
}

static void section_holds(HANDLE section, const char *text) {
    const char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CHECK_TEXT(view, text);
    if (view) UnmapViewOfFile(view);
}

static void used(const launch_place *place) {
    child_result result;
    char text[64];
    HANDLE section = make_section("from the parent"), event = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE reading, writing;

    check_about("named handles are found and used");
    CHECK(CreatePipe(&reading, &writing, NULL, 0));
    sb_handle handles[] = {{.name = L"section", .handle = section},
                           {.name = L"an.Event_2", .handle = event},
                           {.name = L"pipe-3", .handle = writing}};
    for (int i = 0; i < 3; i++) CHECK(!is_inheritable(handles[i].handle));
    helper_run(place->client, L"\"fill:section:from the child\" signal:an.Event_2 write:pipe-3:hello",
               handles, 3, &result);
    for (int i = 0; i < 3; i++) CHECK(!is_inheritable(handles[i].handle));
    CloseHandle(writing);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(result.exit_code, 0);
    CHECK_TEXT(result.output, "read from the parent\nwritten\nsignalled\n");
    section_holds(section, "from the child");
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK(read_to_end(reading, text, sizeof text, TEST_DEADLINE_MS));
    CHECK_TEXT(text, "hello");
    CloseHandle(reading);
    CloseHandle(section);
    CloseHandle(event);
}

/* The access of the handles that the child lists. */
static void reduced(const launch_place *place) {
    child_result result;
    HANDLE section = make_section("kept"), event = CreateEventW(NULL, TRUE, TRUE, NULL);
    sb_handle handles[] = {
        {.name = L"section", .handle = section, .access = SECTION_MAP_READ | SECTION_QUERY},
        {.name = L"event", .handle = event, .access = SYNCHRONIZE}};

    check_about("access is reduced");
    helper_run(place->client, L"names wait:event signal:event fill:section:changed find:other", handles, 2,
               &result);
    CHECK_TEXT(result.output, "section Section 5\n"
                              "event Event 100000\n"
                              "end 259\n"
                              "waited\n"
                              "signal refused: error 5\n"
                              "read kept\n"
                              "write refused: error 5\n"
                              "other: error 1168\n");
    section_holds(section, "kept");
    CloseHandle(section);
    CloseHandle(event);
}

static void grandchildren(const launch_place *place) {
    child_result result;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    sb_handle handle = {.name = L"event", .handle = event};
    check_about("a grandchild has neither handle nor name");
    helper_run(place->client, L"find:event env:SPAWN_BROKER_HANDLES grandchild find:event handles", &handle,
               1, &result);
    /* The grandchild inherits the standard handles, as always. */
    CHECK_HAS(result.output, "event: found\n(not set)\nevent: error 1168\n");
    CHECK(!strstr(result.output, "Event "));
    helper_run(place->client, L"grandchild find:event", &handle, 1, &result);
    CHECK_TEXT(result.output, "event: error 1168\n");
    CloseHandle(event);
}

/* The child does not see a variable of that name that the caller has itself. */
static void forged(const launch_place *place) {
    child_result result;
    wchar_t line[1024];
    wchar_t own[] = L"SPAWN_BROKER_HANDLES=1;parent=1;event=0x4\0sPaWn_BrOkEr_HaNdLeS=1;parent=1;other=0x8\0"
                    L"SystemRoot=C:\\windows\0";
    check_about("a variable that the caller made is left out");
    sb_spawn_options options = helper_options(L"env:SPAWN_BROKER_HANDLES find:event find:other", line, 1024);
    options.environment = own;
    child_run(place->client, &options, &result);
    CHECK_TEXT(result.output, "(not set)\nevent: error 1168\nother: error 1168\n");
}

typedef struct expected {
    const char *launch_id;
    long long child_value;
    bool checked;
} expected;

static bool check_row(const msg_launch *row, void *context) {
    expected *e = context;
    if (strcmp(row->launch_id, e->launch_id) || !row->has_exit_code) return false;
    CHECK_TEXT(row->outcome, "started");
    CHECK_INT(row->exit_code, 7);
    CHECK_INT(row->caller_pid, GetCurrentProcessId());
    CHECK_HAS(row->application, "test_helper.exe");
    CHECK(row->started_at >= row->requested_at && row->exited_at >= row->started_at);
    for (size_t i = 0; i < row->handle_count; i++) {
        const msg_launch_handle *h = &row->handles[i];
        if (!h->name || strcmp(h->name, "event")) continue;
        CHECK_TEXT(h->type, "Event");
        CHECK_INT(h->granted_access, SYNCHRONIZE);
        CHECK_INT(h->child_value, e->child_value);
        e->checked = true;
    }
    return true;
}

static void on_record(const launch_place *place) {
    child_result result;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    sb_handle handle = {.name = L"event", .handle = event, .access = SYNCHRONIZE};
    check_about("values in the command line, and the record");
    helper_run(place->client, L"echo:{handle:event} exit:7", &handle, 1, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_INT(strlen(result.launch_id), place->local ? 0 : 36);
    CHECK_INT(result.exit_code, 7);
    expected e = {.launch_id = result.launch_id, .child_value = strtoll(result.output, NULL, 0)};
    CHECK(e.child_value > 0);
    if (!place->local) {
        CHECK(raw_audit_wait(place->broker.pipe, check_row, &e));
        CHECK(e.checked);
    }
    CloseHandle(event);
}

void launch_named(const launch_place *place) {
    used(place);
    reduced(place);
    grandchildren(place);
    forged(place);
    on_record(place);
}
