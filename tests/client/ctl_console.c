/* Tests spawnctl run with console handles. No other process can be given a console's handles, so spawnctl
 * relays. */
#include "tests/client/ctl_console.h"

#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static HANDLE open_console(const wchar_t *name) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE console = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                 &inheritable, OPEN_EXISTING, 0, NULL);
    return console == INVALID_HANDLE_VALUE ? NULL : console;
}

static void type_text(HANDLE input, const wchar_t *text) {
    for (; *text; text++) {
        INPUT_RECORD keys[2] = {{.EventType = KEY_EVENT}};
        DWORD written;
        keys[0].Event.KeyEvent = (KEY_EVENT_RECORD){.bKeyDown = TRUE,
                                                    .wRepeatCount = 1,
                                                    .uChar.UnicodeChar = *text,
                                                    .wVirtualKeyCode = *text == L'\r' ? VK_RETURN : 0};
        keys[1] = keys[0];
        keys[1].Event.KeyEvent.bKeyDown = FALSE;
        CHECK(WriteConsoleInputW(input, keys, 2, &written) && written == 2);
    }
}

/* Reads the first lines of the screen, each without blanks at its end. */
static void read_screen(HANDLE output, char *text, size_t size) {
    enum { LINES = 12, COLUMNS = 80 };
    size_t used = 0;
    for (SHORT y = 0; y < LINES; y++) {
        wchar_t line[COLUMNS];
        DWORD got = 0;
        ReadConsoleOutputCharacterW(output, line, COLUMNS, (COORD){0, y}, &got);
        while (got && line[got - 1] == L' ') got--;
        used += (size_t)WideCharToMultiByte(CP_UTF8, 0, line, (int)got, text + used, (int)(size - used - 2),
                                            NULL, NULL);
        text[used++] = '\n';
        text[used] = 0;
    }
}

typedef struct screen_wait {
    HANDLE output;
    const char *wanted;
    char text[2048];
} screen_wait;

static bool shows(void *context) {
    screen_wait *w = context;
    read_screen(w->output, w->text, sizeof w->text);
    return strstr(w->text, w->wanted) != NULL;
}

static void screen_has(HANDLE output, const char *wanted) {
    screen_wait w = {.output = output, .wanted = wanted};
    if (!CHECK(poll_until(shows, &w, TEST_DEADLINE_MS)))
        printf("wanted \"%s\", the screen has:\n%s", wanted, w.text);
}

/* Starts spawnctl with these standard handles, as a shell does. */
static HANDLE start(wchar_t *line, HANDLE input, HANDLE output, HANDLE error) {
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    startup.hStdInput = input;
    startup.hStdOutput = output;
    startup.hStdError = error;
    if (!CHECK(CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made))) return NULL;
    CloseHandle(made.hThread);
    return made.hProcess;
}

static void ended(HANDLE process, DWORD wanted) {
    DWORD code = STILL_ACTIVE;
    if (!process) return;
    CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(process, &code);
    CHECK_INT(code, wanted);
    if (code == STILL_ACTIVE) TerminateProcess(process, 1);
    CloseHandle(process);
}

/* Each case has its own console. Wine's console keeps a pending read of a process that has exited, and gives
 * it the next line. */
typedef struct scene {
    const wchar_t *pipe, *program; /* the broker's pipe, and the program that spawnctl runs */
    HANDLE input, output;          /* of the console */
} scene;

static void command(const scene *s, const wchar_t *options, wchar_t *line, size_t size) {
    wchar_t ctl[MAX_PATH];
    beside_program(ctl, L"spawnctl.exe");
    swprintf(line, size, L"\"%ls\" run --pipe %ls %ls -- \"%ls\" line", ctl, s->pipe, options, s->program);
}

static void all_relayed(const scene *s) {
    wchar_t line[2048];
    check_about("all three are a console: relayed both ways");
    command(s, L"", line, 2048);
    HANDLE process = start(line, s->input, s->output, s->output);
    screen_has(s->output, "ask: pipe pipe pipe");
    type_text(s->input, L"typed\r");
    screen_has(s->output, "out: typed");
    screen_has(s->output, "err: typed");
    ended(process, 7);
}

/* Runs spawnctl with a pipe as its output, and reads the pipe to its end. */
static void redirected(const scene *s, const wchar_t *options, DWORD code, char *text, size_t size) {
    wchar_t line[2048];
    HANDLE reading, writing;
    command(s, options, line, 2048);
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    SetHandleInformation(writing, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    HANDLE process = start(line, s->input, writing, s->output);
    CloseHandle(writing);
    type_text(s->input, L"again\r");
    CHECK(read_to_end(reading, text, size, TEST_DEADLINE_MS));
    ended(process, code);
    CloseHandle(reading);
}

static void output_redirected(const scene *s) {
    char text[256];
    check_about("only the output is redirected: it is given as it is, and the others are relayed");
    redirected(s, L"", 7, text, sizeof text);
    CHECK_TEXT(text, "ask: pipe pipe pipe\r\nout: again\r\n");
    screen_has(s->output, "err: again");
}

/* A grandchild keeps the child's output open, as a daemon does. spawnctl does not wait for it. */
static void kept(const scene *s) {
    wchar_t line[2048], ctl[MAX_PATH];
    check_about("a grandchild keeps the output");
    beside_program(ctl, L"spawnctl.exe");
    swprintf(line, 2048, L"\"%ls\" run --pipe %ls -- \"%ls\" leaver", ctl, s->pipe, s->program);
    HANDLE process = start(line, s->input, s->output, s->output);
    screen_has(s->output, "leaving");
    ended(process, 9);
}

/* Text arrives even if the console's code page does not have its characters. */
static void unicode(const scene *s) {
    wchar_t line[2048], ctl[MAX_PATH];
    check_about("Unicode on a console with another code page");
    SetConsoleOutputCP(437);
    beside_program(ctl, L"spawnctl.exe");
    swprintf(line, 2048, L"\"%ls\" run --pipe %ls -- no-such-\x0416", ctl, s->pipe);
    ended(start(line, s->input, s->output, s->output), 127);
    screen_has(s->output, "no-such-\xD0\x96");

    check_about("and what the broker prints");
    beside_program(ctl, L"spawnbroker.exe");
    swprintf(line, 2048, L"\"%ls\" unknown-\x0416", ctl);
    ended(start(line, s->input, s->output, s->output), 2);
    screen_has(s->output, "unknown argument unknown-\xD0\x96");
}

static void detached(const scene *s) {
    char text[256];
    check_about("detached: a console is NUL");
    redirected(s, L"--detach", 0, text, sizeof text);
    CHECK_TEXT(text, "ask: null pipe null\r\nout: \r\n");
}

static void (*const scenes[])(const scene *s) = {all_relayed, output_redirected, detached, kept, unicode};
enum { SCENES = sizeof scenes / sizeof *scenes };

int ctl_console_child(const wchar_t *pipe, const wchar_t *number, const wchar_t *program) {
    const scene s = {pipe, program, open_console(L"CONIN$"), open_console(L"CONOUT$")};
    if (!CHECK(s.input && s.output)) return check_report();
    SetConsoleMode(s.input, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT);
    scenes[wcstoul(number, NULL, 10) % SCENES](&s);
    return check_report();
}

void ctl_console(const wchar_t *pipe, const wchar_t *program) {
    for (int i = 0; i < SCENES; i++) {
        wchar_t line[1024];
        STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
        PROCESS_INFORMATION made;
        DWORD code = STILL_ACTIVE;

        check_about("a console");
        startup.hStdOutput = startup.hStdError = GetStdHandle(STD_OUTPUT_HANDLE);
        swprintf(line, 1024, L"\"%ls\" console %ls %d", program, pipe, i);
        if (!CHECK(
                CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &startup, &made)))
            return;

        CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(made.hProcess, &code);
        CHECK_INT(code, 0);
        if (code == STILL_ACTIVE) TerminateProcess(made.hProcess, 1);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
}
