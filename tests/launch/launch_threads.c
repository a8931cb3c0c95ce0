/* Many threads use one client, each launch with its own handles: each child has these handles and no others.
 */
#include "tests/launch/launch.h"

#include <stdio.h>
#include <wchar.h>

enum { THREADS = 16, LAUNCHES = 5 };

typedef struct worker {
    const launch_place *place;
    int number;
    int good;
} worker;

static int lines_with(const char *text, const char *start) {
    int count = 0;
    for (const char *at = text; at && *at; at = strchr(at, '\n'), at += at != NULL)
        count += !strncmp(at, start, strlen(start));
    return count;
}

/* Gives a section and, by the number of the thread, up to 3 events; the child lists the handles that it
 * inherited. It also has its standard output and NUL. */
static bool launch_one(const worker *w, int round) {
    enum { EVENTS = 3 };
    wchar_t actions[128];
    char text[128];
    child_result result;
    int events = w->number % (EVENTS + 1);
    sb_handle handles[1 + EVENTS] = {{.name = L"section"}, {.name = L"e1"}, {.name = L"e2"}, {.name = L"e3"}};

    handles[0].handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    for (int i = 1; i <= events; i++) handles[i].handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    swprintf(actions, 128, L"handles fill:section:%d-%d%ls", w->number, round, events ? L" signal:e1" : L"");
    helper_run(w->place->client, actions, handles, 1 + (size_t)events, &result);
    snprintf(text, sizeof text, "%d-%d", w->number, round);
    const char *view = MapViewOfFile(handles[0].handle, FILE_MAP_READ, 0, 0, 0);
    bool good = !result.err && !result.exit_code && view && !strcmp(view, text);
    good = good && lines_with(result.output, "Section ") == 1 &&
           lines_with(result.output, "Event ") == events && lines_with(result.output, "File ") == 2;
    if (events) good = good && WaitForSingleObject(handles[1].handle, 0) == WAIT_OBJECT_0;
    if (!good)
        printf(
            "thread %d, launch %d: error %lu, exit code %lu, section \"%s\", %d events wanted, output:\n%s\n",
            w->number, round, result.err, result.exit_code, view ? view : "", events, result.output);

    if (view) UnmapViewOfFile(view);
    for (int i = 0; i <= events; i++) CloseHandle(handles[i].handle);
    return good;
}

static DWORD WINAPI work(void *context) {
    worker *w = context;
    for (int i = 0; i < LAUNCHES; i++) w->good += launch_one(w, i);
    return 0;
}

void launch_threads(const launch_place *place) {
    worker workers[THREADS];
    HANDLE threads[THREADS];
    check_about("16 threads on one client, each child has exactly its handles");
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){place, i, 0};
        threads[i] = CreateThread(NULL, 0, work, &workers[i], 0, NULL);
    }
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(workers[i].good, LAUNCHES);
        CloseHandle(threads[i]);
    }
}
