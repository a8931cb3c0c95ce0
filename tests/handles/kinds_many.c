/* Many children at once: each pipe ends in time, and their handles do not mix. */
#include "tests/handles/kinds.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { CHILDREN = 16, THREADS = 16, LAUNCHES = 200, MOST_EVENTS = 5 };

/* ---- 16 children, each with an output and an event of its own ---- */

typedef struct ending {
    HANDLE reading, event;
    sb_process process;
    bool ended;
} ending;

int many_child_wait(void) {
    HANDLE event = sb_inherited_handle(L"end");
    printf("ready");
    fflush(stdout);
    return WaitForSingleObject(event, 2 * TEST_DEADLINE_MS) == WAIT_OBJECT_0 ? 0 : 1;
}

static bool ending_start(sb_client *client, ending *e) {
    wchar_t line[MAX_PATH + 64];
    HANDLE writing;
    if (!CreatePipe(&e->reading, &writing, NULL, 0)) return false;
    e->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    sb_spawn_options options = kinds_options(L"wait", line, sizeof line / sizeof *line);
    const sb_handle end = {.name = L"end", .handle = e->event};
    options.handles = &end;
    options.handle_count = 1;
    options.std_output = writing;
    DWORD err = sb_spawn(client, &options, &e->process, NULL);
    CloseHandle(writing);
    return !err;
}

static bool still_open(const ending *e) {
    return PeekNamedPipe(e->reading, NULL, 0, NULL, NULL, NULL) &&
           WaitForSingleObject(e->process.process, 0) == WAIT_TIMEOUT;
}

/* Terminates a child. Returns how long after its end its output ended, in ms. */
static DWORD ending_end(ending *e) {
    char text[16];
    SetEvent(e->event);
    CHECK_INT(WaitForSingleObject(e->process.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    uint64_t since = GetTickCount64();
    CHECK(read_to_end(e->reading, text, sizeof text, TEST_DEADLINE_MS));
    CHECK_TEXT(text, "ready");
    e->ended = true;
    return (DWORD)(GetTickCount64() - since);
}

void many_ends(sb_client *client) {
    ending all[CHILDREN] = {0};
    DWORD longest = 0;
    check_about("16 children at once: the end of each one's output comes when it ends");
    for (int i = 0; i < CHILDREN; i++) CHECK(ending_start(client, &all[i]));
    for (int i = 0; i < CHILDREN; i++) {
        DWORD took = ending_end(&all[(i * 5 + 3) % CHILDREN]);
        if (took > longest) longest = took;
        for (int k = 0; k < CHILDREN; k++) CHECK(all[k].ended || still_open(&all[k]));
    }
    for (int i = 0; i < CHILDREN; i++) {
        sb_process_close(&all[i].process);
        CloseHandle(all[i].reading);
        CloseHandle(all[i].event);
    }
    printf("%d ends of file, the others running; the longest came %lu ms after its child's end\n", CHILDREN,
           longest);
}

/* ---- 200 launches of 16 threads ---- */

typedef struct work {
    sb_client *client;
    volatile LONG next, good;
} work;

static int events_of(int number) {
    return number % (MOST_EVENTS + 1);
}

/* Runs in the child: it has exactly the section with its number and that many events, which it sets. */
int many_child_set(int number) {
    char text[32];
    wchar_t name[8];
    if (!kinds_born_exact(1 + (size_t)events_of(number))) return 3;
    snprintf(text, sizeof text, "set %d", number);
    char *view = MapViewOfFile(sb_inherited_handle(L"section"), FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (!view || strcmp(view, text)) return 4;
    strcat(view, " seen");
    for (int i = 0; i < events_of(number); i++) {
        swprintf(name, 8, L"e%d", i);
        if (!SetEvent(sb_inherited_handle(name))) return 5;
    }
    return 0;
}

static bool launch_set(sb_client *client, int number) {
    static const wchar_t *const names[1 + MOST_EVENTS] = {L"section", L"e0", L"e1", L"e2", L"e3", L"e4"};
    sb_handle handles[1 + MOST_EVENTS] = {{0}};
    wchar_t line[MAX_PATH + 64], arguments[32];
    char wanted[32];
    child_result result;
    int count = 1 + events_of(number);

    for (int i = 0; i < count; i++) {
        handles[i].name = names[i];
        handles[i].handle = i ? CreateEventW(NULL, TRUE, FALSE, NULL)
                              : CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    }

    char *view = MapViewOfFile(handles[0].handle, FILE_MAP_WRITE, 0, 0, 0);
    if (!view) return false;
    snprintf(view, 32, "set %d", number);
    swprintf(arguments, 32, L"set %d", number);
    sb_spawn_options options = kinds_options(arguments, line, sizeof line / sizeof *line);
    options.handles = handles;
    options.handle_count = (size_t)count;
    child_run(client, &options, &result);
    snprintf(wanted, sizeof wanted, "set %d seen", number);
    bool good = !result.err && result.ended && !result.exit_code && !strcmp(view, wanted);
    for (int i = 1; i < count; i++) good = good && WaitForSingleObject(handles[i].handle, 0) == WAIT_OBJECT_0;
    if (!good)
        printf("set %d: error %lu (%ls), exit code %lu, section \"%s\", output:\n%s\n", number, result.err,
               result.error.message, result.exit_code, view, result.output);

    UnmapViewOfFile(view);
    for (int i = 0; i < count; i++) CloseHandle(handles[i].handle);
    return good;
}

static DWORD WINAPI work_main(void *context) {
    work *w = context;
    LONG number;
    while ((number = InterlockedIncrement(&w->next) - 1) < LAUNCHES)
        if (launch_set(w->client, (int)number)) InterlockedIncrement(&w->good);
    return 0;
}

void many_launches(sb_client *client, const char *mode) {
    HANDLE threads[THREADS];
    work w = {.client = client};
    check_about("200 launches of 16 threads, each with a handle set of its own");
    uint64_t since = GetTickCount64();
    for (int i = 0; i < THREADS; i++) threads[i] = CreateThread(NULL, 0, work_main, &w, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) CloseHandle(threads[i]);
    CHECK_INT(w.good, LAUNCHES);
    printf("%s: %ld of %d launches of %d threads had exactly their own handles, in %lu ms\n", mode, w.good,
           LAUNCHES, THREADS, (unsigned long)(GetTickCount64() - since));
}
