#include "service/broker/event_log.h"

#include "service/win32/names.h"
#include "service/win32/text.h"
#include "proto/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

static HANDLE event_source;
static bool event_console;

void event_log_open(bool console) {
    event_source = RegisterEventSourceW(NULL, NAME_SERVICE);
    event_console = console;
}

void event_log_close(void) {
    if (event_source) DeregisterEventSource(event_source);
    event_source = NULL;
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
        fprintf(stderr, "spawnbroker: %s %lu: %s\n", words[event >> 30], (unsigned long)(event & 0xFFFF),
                text);
        fflush(stderr);
    }
    const wchar_t *wide = text_wide(&a, text);
    if (event_source && wide) ReportEventW(event_source, type_of(event), 0, event, NULL, 1, 0, &wide, NULL);
    arena_free(&a);
}
