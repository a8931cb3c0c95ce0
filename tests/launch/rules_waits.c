/* Calls that a caller's file or handle keeps waiting: what ends them, and what becomes of those that nothing
 * ends. */
#include "tests/launch/rules.h"

#include "service/win32/apart.h"
#include "service/win32/facts.h"
#include "service/win32/io_limit.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"
#include "service/win32/win.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>

/* ---- limits ---- */

typedef struct waiter {
    volatile LONG unwanted, asked, lost;
    uint64_t lost_at;
} waiter;

static bool is_unwanted(void *context) {
    waiter *w = context;
    InterlockedIncrement(&w->asked);
    return w->unwanted != 0;
}

static void on_lost(void *context) {
    waiter *w = context;
    w->lost_at = GetTickCount64();
    InterlockedIncrement(&w->lost);
}

static DWORD WINAPI end_wish(void *context) {
    Sleep(100);
    InterlockedExchange(&((waiter *)context)->unwanted, 1);
    return 0;
}

/* A read that waits ends soon after nobody wants it any more, although it has no deadline. */
static void unwanted(void) {
    waiter w = {0};
    const io_bound bound = {.unwanted = is_unwanted, .lost = on_lost, .context = &w};
    HANDLE reading, writing;
    io_limit limit;
    char byte;
    DWORD got;
    check_about("a read that nobody waits for any more");
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    HANDLE thread = CreateThread(NULL, 0, end_wish, &w, 0, NULL);

    uint64_t begun = GetTickCount64();
    io_limit_begin(&limit, &bound);
    DWORD err = ReadFile(reading, &byte, 1, &got, NULL) ? ERROR_SUCCESS : win_error();
    CHECK_INT(err, ERROR_OPERATION_ABORTED);
    CHECK_INT(io_limit_end(&limit, err), ERROR_TIMEOUT);
    CHECK(GetTickCount64() - begun < 1500);
    CHECK(w.asked > 0);
    CHECK_INT(w.lost, 0);

    WaitForSingleObject(thread, TEST_DEADLINE_MS);
    CloseHandle(thread);
    CloseHandle(reading);
    CloseHandle(writing);
}

/* A call that cannot be cancelled. Whoever waits is told once, and the call fails although it has worked. */
static void lost(void) {
    waiter w = {0};
    const uint64_t begun = GetTickCount64();
    const io_bound bound = {.deadline = begun + 100, .lost = on_lost, .context = &w};
    io_limit limit;
    check_about("a call that nothing ends");
    io_limit_begin(&limit, &bound);
    while (!w.lost && GetTickCount64() - begun < TEST_DEADLINE_MS) Sleep(10);
    CHECK_INT(w.lost, 1);
    CHECK(w.lost_at - begun >= 2000);
    Sleep(200);
    CHECK_INT(io_limit_end(&limit, ERROR_SUCCESS), ERROR_TIMEOUT);
    CHECK_INT(w.lost, 1);

    check_about("one that ends late, but by itself");
    io_limit_begin(&limit, &bound);
    Sleep(200);
    CHECK_INT(io_limit_end(&limit, ERROR_SUCCESS), ERROR_SUCCESS);
    CHECK_INT(w.lost, 1);
}

/* Nothing waits here, so that no call is cancelled: the loop itself must see that it is too late. */
static void long_hash(void) {
    static const struct {
        const char *about;
        bool with_deadline;
    } cases[] = {{"a hash that nobody waits for any more", false}, {"a hash that takes too long", true}};
    wchar_t directory[MAX_PATH], path[2 * MAX_PATH], helper[MAX_PATH];
    beside_program(helper, L"test_helper.exe");
    if (!CHECK(directory_make(directory, L"hash"))) return;
    swprintf(path, 2 * MAX_PATH, L"%ls\\large.exe", directory);
    if (!CHECK(CopyFileW(helper, path, TRUE)) || !CHECK(file_extend(path, INT64_C(1) << 40))) return;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        waiter w = {0};
        arena a = {0};
        policy_why why = {""};
        char hash[65];
        const io_bound bound = {.deadline = cases[i].with_deadline ? GetTickCount64() + 300 : 0,
                                .unwanted = is_unwanted,
                                .context = &w};
        facts f = {.memory = &a, .application = text_utf8(&a, path), .bound = &bound};
        check_about(cases[i].about);
        HANDLE thread = cases[i].with_deadline ? NULL : CreateThread(NULL, 0, end_wish, &w, 0, NULL);
        uint64_t begun = GetTickCount64();
        CHECK(!facts_oracle.sha256(&f, hash, &why));
        CHECK(GetTickCount64() - begun < 3000);
        CHECK_INT(f.failed.kind, FAULT_TIMED_OUT);
        if (thread) WaitForSingleObject(thread, TEST_DEADLINE_MS);
        win_close(&thread);
        facts_close(&f);
        arena_free(&a);
    }
    directory_remove(directory);
}

/* ---- handles ---- */

typedef struct reader {
    HANDLE reading, writing;
} reader;

static DWORD WINAPI read_one(void *context) {
    char byte;
    DWORD got;
    ReadFile(((reader *)context)->reading, &byte, 1, &got, NULL);
    return 0;
}

static bool is_none(void *context) {
    return *(volatile LONG *)context == 0;
}

/* The close of a synchronous file waits for the thread that reads from it. It is left to another thread, and
 * so is the close of those behind it. What hangs is counted until it comes back. */
static void closes(void) {
    enum { MANY = 3 };
    reader r[MANY];
    HANDLE threads[MANY], handles[MANY + 1];
    volatile LONG hung = 0;
    check_about("closing handles of files that are being read");
    for (int i = 0; i < MANY; i++) {
        if (!CHECK(CreatePipe(&r[i].reading, &r[i].writing, NULL, 0))) return;
        handles[i] = r[i].reading;
        threads[i] = CreateThread(NULL, 0, read_one, &r[i], 0, NULL);
    }
    handles[MANY] = CreateEventW(NULL, TRUE, FALSE, NULL);
    Sleep(100); /* all of them read */

    uint64_t begun = GetTickCount64();
    nt_close_files(handles, MANY + 1, &hung, 2);
    uint64_t took = GetTickCount64() - begun;
    printf("  %d handles took %llu ms, %ld hang\n", MANY + 1, (unsigned long long)took, hung);
    CHECK(took < 3000);
    if (check_part("closes_wait", hung ? NULL : "to close a file that is being read does not wait here"))
        CHECK_INT(hung, 2);

    for (int i = 0; i < MANY; i++) {
        DWORD put;
        WriteFile(r[i].writing, "x", 1, &put, NULL);
        CHECK_INT(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
        CloseHandle(r[i].writing);
    }
    CHECK(poll_until(is_none, (void *)(uintptr_t)&hung, TEST_DEADLINE_MS));
    DWORD flags;
    for (int i = 0; i <= MANY; i++) CHECK(!GetHandleInformation(handles[i], &flags)); /* all are closed */
}

/* One user's questions that hang keep nobody else's waiting. */
static void questions(void) {
    enum { MANY = 10 };
    reader r[MANY], quick;
    HANDLE threads[MANY];
    volatile LONG hung = 0, others = 0;
    DWORD device = 0;
    check_about("questions that hang, and one that does not");
    for (int i = 0; i < MANY; i++) {
        if (!CHECK(CreatePipe(&r[i].reading, &r[i].writing, NULL, 0))) return;
        threads[i] = CreateThread(NULL, 0, read_one, &r[i], 0, NULL);
    }
    Sleep(100);
    for (int i = 0; i < MANY; i++)
        CHECK_INT(nt_query_devices(&r[i].reading, 1, &hung, &device), ERROR_SUCCESS);
    if (check_part("questions_wait", hung ? NULL : "no question waits here")) {
        CHECK_INT(hung, MANY);
        CHECK_INT(device, NT_DEVICE_NO_ANSWER);
    }

    CHECK(CreatePipe(&quick.reading, &quick.writing, NULL, 0));
    uint64_t begun = GetTickCount64();
    CHECK_INT(nt_query_devices(&quick.reading, 1, &others, &device), ERROR_SUCCESS);
    CHECK(GetTickCount64() - begun < 200);
    CHECK_INT(device, NT_DEVICE_NAMED_PIPE);
    CHECK_INT(others, 0);

    for (int i = 0; i < MANY; i++) {
        DWORD put;
        WriteFile(r[i].writing, "x", 1, &put, NULL);
        CHECK_INT(WaitForSingleObject(threads[i], TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
        CloseHandle(r[i].reading);
        CloseHandle(r[i].writing);
    }
    CHECK(poll_until(is_none, (void *)(uintptr_t)&hung, TEST_DEADLINE_MS));
    CloseHandle(quick.reading);
    CloseHandle(quick.writing);
}

void rules_waits(void) {
    unwanted();
    lost();
    long_hash();
    closes();
    questions();
}
