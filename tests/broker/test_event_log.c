/* The Event Log is there later than the broker: what happens then is still reported. */
#include <windows.h>

static HANDLE stand_in_register(const wchar_t *server, const wchar_t *name);
static BOOL stand_in_deregister(HANDLE source);
static BOOL stand_in_report(HANDLE source, WORD type, WORD category, DWORD event, void *user, WORD count,
                            DWORD size, const wchar_t **strings, void *data);

#define RegisterEventSourceW stand_in_register
#define DeregisterEventSource stand_in_deregister
#define ReportEventW stand_in_report
#include "service/broker/event_log.c"
#undef RegisterEventSourceW
#undef DeregisterEventSource
#undef ReportEventW

#include "tests/support/check.h"

static struct {
    bool answers;
    int open, reported; /* sources that are open, and events of them */
    WORD type;
    wchar_t text[TEXT_BYTES];
} manager;

static HANDLE stand_in_register(const wchar_t *server, const wchar_t *name) {
    CHECK(!server);
    CHECK(!wcscmp(name, NAME_SERVICE));
    SetLastError(RPC_S_SERVER_UNAVAILABLE);
    if (!manager.answers) return NULL;
    manager.open++;
    return (HANDLE)&manager;
}

static BOOL stand_in_deregister(HANDLE source) {
    CHECK(source == (HANDLE)&manager);
    manager.open--;
    return TRUE;
}

static BOOL stand_in_report(HANDLE source, WORD type, WORD category, DWORD event, void *user, WORD count,
                            DWORD size, const wchar_t **strings, void *data) {
    (void)category, (void)event, (void)user, (void)size, (void)data;
    CHECK(source == (HANDLE)&manager);
    CHECK_INT(count, 1);
    manager.type = type;
    manager.reported++;
    wcscpy(manager.text, strings[0]);
    return TRUE;
}

static void late(void) {
    check_case("no Event Log at the start");
    event_log_open(false);
    event_log_report(EVENT_STARTED, "one");
    CHECK_INT(manager.reported, 0);
    check_case("it answers");
    manager.answers = true;
    event_log_report(EVENT_START_REFUSED, "two");
    CHECK_INT(manager.reported, 1);
    CHECK_INT(manager.type, EVENTLOG_ERROR_TYPE);
    CHECK(!wcscmp(manager.text, L"two"));
    event_log_report(EVENT_STARTED, "three");
    CHECK_INT(manager.reported, 2);
    CHECK_INT(manager.open, 1); /* for both */
    event_log_close();
    CHECK_INT(manager.open, 0);
    check_case("closed");
    event_log_report(EVENT_STARTED, "four");
    CHECK_INT(manager.reported, 2);
    CHECK_INT(manager.open, 0);
}

/* A string has at most 31839 characters. */
static void long_text(void) {
    static char text[40000];
    check_case("a long text");
    memset(text, 'x', sizeof text - 1);
    event_log_open(false);
    event_log_report(EVENT_STARTED, "%s", text);
    CHECK_INT(manager.reported, 3);
    CHECK(wcslen(manager.text) <= 31839);
    event_log_close();
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    late();
    long_text();
    return check_report();
}
