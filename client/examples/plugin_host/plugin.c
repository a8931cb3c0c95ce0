/* A plugin: a process that has the handles which its host gave it by name, and nothing else of the host's.
 *
 *   channel  a pipe, both ways: a request is one letter, the answer is one letter
 *   frame    a section of FRAME_BYTES, shared with the host: text to work on
 *   log      a file that it can append to
 *
 * The host decides what the plugin does by the letter: 'u' turns the text to capitals, 'c' crashes, 'h'
 * hangs. */
#include "client/examples/plugin_host/plugin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void say(HANDLE log, const char *text) {
    DWORD written;
    WriteFile(log, text, (DWORD)strlen(text), &written, NULL);
}

/* The names that there are, so that a look into the log shows that there are no more. */
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
    SetUnhandledExceptionFilter(end_at_once); /* no dialog and no debugger */
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
    /* One request after the other, until the host closes its end. */
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
