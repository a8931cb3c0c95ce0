/* A plugin: a process that has the handles which its host gave it by name, and no other handle of the host.
 *
 *   channel  a duplex pipe: a request is one letter, and so is the answer
 *   frame    a section of FRAME_BYTES, shared with the host, with a text
 *   log      a file that the plugin can append to
 *
 * The letter says what the plugin does: 'u' converts the text to upper case, 'c' crashes, 'h' hangs. */
#include "client/examples/plugin_host/plugin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void say(HANDLE log, const char *text) {
    DWORD written;
    WriteFile(log, text, (DWORD)strlen(text), &written, NULL);
}

/* Logs all names, so that the log shows that the plugin has no other handle. */
static void say_names(HANDLE log) {
    char line[100];
    const wchar_t *name;
    for (size_t i = 0; (name = sb_inherited_name(i)) != NULL; i++) {
        snprintf(line, sizeof line, "given: %ls\n", name);
        say(log, line);
    }
}

static LONG WINAPI end_at_once(EXCEPTION_POINTERS *exception) {
    (void)exception;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void crash(void) {
    SetUnhandledExceptionFilter(end_at_once); /* no dialog, no debugger */
    RaiseException(EXCEPTION_ACCESS_VIOLATION, 0, 0, NULL);
}

int main(void) {
    char request, answer = ANSWER_DONE;
    DWORD count;
    HANDLE channel = sb_inherited_handle(L"channel");
    HANDLE frame = sb_inherited_handle(L"frame");
    HANDLE log = sb_inherited_handle(L"log");
    if (!channel || !frame || !log) {
        fprintf(stderr, "this is a plugin: plugin_host launches it\n");
        return 2;
    }
    say_names(log);

    char *text = MapViewOfFile(frame, FILE_MAP_WRITE, 0, 0, FRAME_BYTES);
    if (!text) return 3;

    /* Serves requests until the host closes its end of the channel. */
    while (ReadFile(channel, &request, 1, &count, NULL) && count) {
        if (request == REQUEST_CRASH) crash();
        if (request == REQUEST_HANG) Sleep(INFINITE);
        for (size_t i = 0; i < FRAME_BYTES && text[i]; i++) text[i] = (char)toupper((unsigned char)text[i]);
        say(log, "capitals made\n");
        if (!WriteFile(channel, &answer, 1, &count, NULL)) break;
    }
    UnmapViewOfFile(text);
    return 0;
}
