#include "service/broker/event_log.h"

#include "service/win32/console.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "proto/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

static HANDLE volatile event_source;
static bool event_open, event_console;

/* Returns the event source; NULL: the Event Log does not answer, as early in a boot
 * (RPC_S_SERVER_UNAVAILABLE). The next event tries again. */
static HANDLE source(void) {
    HANDLE made = NULL;
    if (!event_open || event_source) return event_source;
    if (!(made = RegisterEventSourceW(NULL, NAME_SERVICE))) return NULL;
    HANDLE other = InterlockedCompareExchangePointer(&event_source, made, NULL);
    if (!other) return made;
    DeregisterEventSource(made); /* another thread was first */
    return other;
}

void event_log_open(bool console) {
    event_open = true;
    event_console = console;
    source();
}

void event_log_close(void) {
    if (event_source) DeregisterEventSource(event_source);
    event_source = NULL;
    event_open = false;
}

/* Returns the Event Log's type. Bits 30 and 31 of an event's number are its severity (events.mc). */
static WORD type_of(DWORD event) {
    static const WORD types[] = {EVENTLOG_SUCCESS, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
                                 EVENTLOG_ERROR_TYPE};
    return types[event >> 30];
}

void event_log_report(DWORD event, const char *format, ...) {
    static const char *const words[] = {"event", "event", "warning", "error"};
    char text[TEXT_BYTES];
    arena a = {0};
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    text[utf8_cut(text, strlen(text), sizeof text - 4)] = 0; /* cut between characters */
    if (event_console) {
        const char *line = arena_printf(&a, "spawnbroker: %s %lu: %s\n", words[event >> 30],
                                        (unsigned long)(event & 0xFFFF), text);
        console_print(STD_ERROR_HANDLE, line ? line : "spawnbroker: no memory for an event\n");
    }
    const wchar_t *wide = text_wide(&a, text);
    HANDLE to = source();
    if (to && wide) ReportEventW(to, type_of(event), 0, event, NULL, 1, 0, &wide, NULL);
    arena_free(&a);
}
