/* Sections, and objects to wait for. */
#include "tests/handles/kinds.h"

#include <string.h>

/* ---- section ---- */

static bool make_section(kind_object *o) {
    o->given = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL);
    char *view = o->given ? MapViewOfFile(o->given, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!view) return false;
    strcpy(view, "to the child");
    return UnmapViewOfFile(view);
}

static bool use_section(HANDLE given) {
    char *view = MapViewOfFile(given, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (!view) return false;
    bool same = !strcmp(view, "to the child");
    strcpy(view, "from the child");
    UnmapViewOfFile(view);
    return same;
}

/* Reading must still work: else the error would show little. */
static bool beyond_section(HANDLE given) {
    const char *view = MapViewOfFile(given, FILE_MAP_READ, 0, 0, 0);
    bool same = view && !strcmp(view, "to the child");
    if (view) UnmapViewOfFile(view);
    return !same || use_section(given);
}

static bool seen_section(const kind_object *o) {
    const char *view = MapViewOfFile(o->given, FILE_MAP_READ, 0, 0, 0);
    bool same = view && !strcmp(view, "from the child");
    if (view) UnmapViewOfFile(view);
    return same;
}

/* ---- event ---- */

static bool make_event(kind_object *o) {
    return (o->given = CreateEventW(NULL, TRUE, FALSE, NULL)) != NULL;
}

static bool use_event(HANDLE given) {
    return SetEvent(given);
}

static bool seen_signal(const kind_object *o) {
    return WaitForSingleObject(o->given, TEST_DEADLINE_MS) == WAIT_OBJECT_0;
}

/* ---- mutex ---- */

static bool make_mutex(kind_object *o) {
    return (o->given = CreateMutexW(NULL, FALSE, NULL)) != NULL;
}

/* Acquires the mutex, releases it, acquires it again, and ends while it owns it. */
static bool use_mutex(HANDLE given) {
    return WaitForSingleObject(given, TEST_DEADLINE_MS) == WAIT_OBJECT_0 && ReleaseMutex(given) &&
           WaitForSingleObject(given, TEST_DEADLINE_MS) == WAIT_OBJECT_0;
}

static bool beyond_wait(HANDLE given) {
    return WaitForSingleObject(given, 0) != WAIT_FAILED;
}

static bool seen_abandoned(const kind_object *o) {
    return WaitForSingleObject(o->given, TEST_DEADLINE_MS) == WAIT_ABANDONED && ReleaseMutex(o->given);
}

/* ---- semaphore ---- */

static bool make_semaphore(kind_object *o) {
    return (o->given = CreateSemaphoreW(NULL, 0, 3, NULL)) != NULL;
}

static bool use_semaphore(HANDLE given) {
    LONG before = -1;
    return ReleaseSemaphore(given, 3, &before) && !before;
}

static bool seen_three(const kind_object *o) {
    for (int i = 0; i < 3; i++)
        if (WaitForSingleObject(o->given, 0) != WAIT_OBJECT_0) return false;
    return WaitForSingleObject(o->given, 0) == WAIT_TIMEOUT;
}

/* ---- timer ---- */

static bool make_timer(kind_object *o) {
    return (o->given = CreateWaitableTimerW(NULL, TRUE, NULL)) != NULL;
}

static bool use_timer(HANDLE given) {
    LARGE_INTEGER due = {.QuadPart = -10000}; /* 1 ms from now */
    return SetWaitableTimer(given, &due, 0, NULL, NULL, FALSE) &&
           WaitForSingleObject(given, TEST_DEADLINE_MS) == WAIT_OBJECT_0;
}

enum { QUERY_STATE = 1 }; /* MUTANT_QUERY_STATE, TIMER_QUERY_STATE ... */

const kind kinds_of_sync[] = {
    {"section", "Section", SECTION_MAP_READ | SECTION_QUERY, make_section, use_section, beyond_section,
     seen_section},
    {"event", "Event", SYNCHRONIZE, make_event, use_event, use_event, seen_signal},
    /* On Windows, releasing a mutex needs no access right; acquiring it does. */
    {"mutex", "Mutant", QUERY_STATE, make_mutex, use_mutex, beyond_wait, seen_abandoned},
    {"semaphore", "Semaphore", SYNCHRONIZE, make_semaphore, use_semaphore, use_semaphore, seen_three},
    {"waitable-timer", "Timer", SYNCHRONIZE, make_timer, use_timer, use_timer, seen_signal},
    {0}};
