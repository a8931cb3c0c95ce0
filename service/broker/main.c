/* spawnbroker.exe: the service or, with "console", the broker in the foreground. */
#include "service/broker/broker.h"
#include "service/broker/event_log.h"
#include "service/broker/scm.h"
#include "service/win32/console.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <process.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const char usage[] =
    "usage: spawnbroker console [--pipe NAME] [--data DIR] [--until-eof]\n"
    "       spawnbroker [--pipe NAME] [--data DIR]     as the service control manager starts it\n"
    "       spawnbroker --version | --help\n"
    "\n"
    "Launches programs for other programs, with exactly the handles that the caller names, and records every\n"
    "launch.\n"
    "\n"
    "  --pipe NAME   serve \\\\.\\pipe\\NAME instead of \\\\.\\pipe\\SpawnBroker\n"
    "  --data DIR    keep audit.db in DIR instead of %ProgramData%\\SpawnBroker\n"
    "  --until-eof   stop when standard input ends, as well as on Ctrl+C and Ctrl+Break\n"
    "\n"
    "Exit codes: 0 stopped cleanly, 1 could not start, 2 wrong usage.\n"
    "\n"
    "Example: spawnbroker console --pipe Test --data C:\\Temp\\broker\n"
    "         set SPAWN_BROKER_PIPE=Test\n"
    "         spawnctl run -- whoami\n";

static HANDLE console_stop;

static BOOL WINAPI on_console(DWORD event) {
    (void)event;
    SetEvent(console_stop);
    /* On close, log-off and shutdown, Windows ends the process when this returns. */
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) Sleep(INFINITE);
    return TRUE;
}

static unsigned __stdcall wait_for_eof(void *context) {
    char ignored[256];
    DWORD got;
    (void)context;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), ignored, sizeof ignored, &got, NULL) && got) continue;
    SetEvent(console_stop);
    return 0;
}

/* Prints text, whatever the locale. */
static void say(DWORD std, const char *what, const wchar_t *text) {
    arena a = {0};
    const char *utf8 = text_utf8_lossy(&a, text);
    const char *line = arena_printf(&a, "spawnbroker: %s %s\n", what, utf8 ? utf8 : "?");
    console_print(std, line ? line : "spawnbroker: no memory\n");
    arena_free(&a);
}

static void on_ready(const wchar_t *pipe) {
    say(STD_OUTPUT_HANDLE, "ready on", pipe);
}

static int run_console(const broker_options *options, bool until_eof) {
    wchar_t message[512] = L"";
    HANDLE watcher = NULL;
    if (!(console_stop = CreateEventW(NULL, TRUE, FALSE, NULL)) || !SetConsoleCtrlHandler(on_console, TRUE)) {
        fprintf(stderr, "spawnbroker: cannot watch for Ctrl+C (error %lu)\n", win_error());
        return 1;
    }
    if (until_eof && !(watcher = (HANDLE)_beginthreadex(NULL, 0, wait_for_eof, NULL, 0, NULL))) {
        fprintf(stderr, "spawnbroker: cannot watch standard input\n");
        return 1;
    }
    event_log_open(true);
    DWORD err = broker_run(options, console_stop, on_ready, message);
    event_log_close();
    win_close(&watcher);
    if (err) say(STD_ERROR_HANDLE, "cannot start:", message);
    return err ? 1 : 0;
}

/* Returns the value of an option, or NULL after an error message. */
static const wchar_t *value_of(wchar_t **argv, int argc, int *index) {
    if (*index + 1 < argc) return argv[++*index];
    say(STD_ERROR_HANDLE, "a value is missing after", argv[*index]);
    return NULL;
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv) {
    broker_options options = {0};
    bool console = false, until_eof = false;

    for (int i = 1; i < argc; i++) {
        if (!wcscmp(argv[i], L"--help") || !wcscmp(argv[i], L"-h") || !wcscmp(argv[i], L"/?"))
            return fputs(usage, stdout) < 0;
        if (!wcscmp(argv[i], L"--version")) return puts("spawnbroker " BROKER_VERSION) < 0;
        if (i == 1 && !wcscmp(argv[i], L"console")) {
            console = true;
        } else if (console && !wcscmp(argv[i], L"--until-eof")) {
            until_eof = true;
        } else if (!wcscmp(argv[i], L"--pipe")) {
            if (!(options.pipe = value_of(argv, argc, &i))) return 2;
        } else if (!wcscmp(argv[i], L"--data")) {
            if (!(options.data = value_of(argv, argc, &i))) return 2;
        } else {
            say(STD_ERROR_HANDLE, "unknown argument", argv[i]);
            fputs(usage, stderr);
            return 2;
        }
    }

    if (console) return run_console(&options, until_eof);
    DWORD err = scm_run(&options);
    if (err == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
        fprintf(
            stderr,
            "spawnbroker: run \"spawnbroker console\"; without \"console\", only the service control manager can start it\n%s",
            usage);
        return 2;
    }
    return err ? 1 : 0;
}
