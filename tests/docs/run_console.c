/* Runs transcripts: "> command", then its output up to the next command or the end. Empty lines do not count.
 * If no output is shown, or only "...", the command must succeed. */
#include "tests/docs/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { MOST_SHOWN = 100, TEXT = 65536, LINE = 2048 };

/* Numbers that begin a line of output, as shown and as printed here. A later command may use them. */
static struct shown { char shown[48], got[48]; } numbers[MOST_SHOWN];
static size_t number_count;

static void note(void *context, const char *shown, size_t shown_length, const char *got, size_t got_length) {
    struct shown *n = NULL;
    (void)context;
    if (shown_length >= sizeof n->shown || got_length >= sizeof n->got) return;
    for (size_t i = 0; i < number_count; i++)
        if (strlen(numbers[i].shown) == shown_length && !memcmp(numbers[i].shown, shown, shown_length))
            return;
    if (number_count == MOST_SHOWN) return;
    n = &numbers[number_count++];
    snprintf(n->shown, sizeof n->shown, "%.*s", (int)shown_length, shown);
    snprintf(n->got, sizeof n->got, "%.*s", (int)got_length, got);
}

/* Copies command, and replaces each word that is a noted number by the number printed here. */
static void translate(const char *command, char *ret, size_t size) {
    size_t used = 0;
    while (*command && used + 1 < size) {
        size_t length = strcspn(command, " ");
        const char *word = command;
        size_t word_length = length;
        for (size_t i = 0; i < number_count; i++)
            if (length && strlen(numbers[i].shown) == length && !memcmp(numbers[i].shown, command, length))
                word = numbers[i].got, word_length = strlen(numbers[i].got);
        used += (size_t)snprintf(ret + used, size - used, "%.*s%s", (int)word_length, word,
                                 command[length] ? " " : "");
        command += length + (command[length] != 0);
    }
}

/* Runs "spawnbroker console": starts another broker, compares its line, and stops it. */
static void console_broker(const char *arguments, const char *shown) {
    char text[256];
    test_broker b;
    CHECK_HAS(arguments, "console --pipe ");
    CHECK_HAS(arguments, " --data ");
    if (!CHECK(broker_start(&b, NULL))) return; /* runs console --pipe ... --data ... */
    snprintf(text, sizeof text, "spawnbroker: ready on \\\\.\\pipe\\%ls\n", b.pipe);
    CHECK(page_lines_match(shown, text, NULL, NULL));
    CHECK_INT(broker_stop(&b), 0);
}

/* Runs a command that does not exit by itself: it must still run after a while. Then terminates it. */
static void goes_on(const wchar_t *program, const wchar_t *arguments) {
    wchar_t line[LINE];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    swprintf(line, LINE, L"\"%ls\" %ls", program, arguments);
    if (!CHECK(CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))) return;
    CHECK_INT(WaitForSingleObject(process.hProcess, 500), WAIT_TIMEOUT);
    TerminateProcess(process.hProcess, 0);
    WaitForSingleObject(process.hProcess, TEST_DEADLINE_MS);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
}

static void drop_empty_lines(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\n' || (to > text && to[-1] != '\n')) *to++ = *from;
    *to = 0;
}

static void say(const char *text) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        printf("said: %.*s\n", (int)strcspn(text, "\n"), text);
}

/* Runs the program of that name beside this one, and compares its output. */
static void run_program(const scene *s, const char *name, const char *arguments, const char *shown) {
    static char text[TEXT];
    char translated[LINE], whole[LINE + 80];
    wchar_t program[MAX_PATH], file[64];

    swprintf(file, 64, L"%hs.exe", name);
    beside_program(program, file);
    translate(arguments, translated, sizeof translated);
    snprintf(whole, sizeof whole, "> %s %s\n", name, translated);
    if (s->says) say(whole);
    if (strstr(translated, " -f")) {
        goes_on(program, wide_of(translated));
        return;
    }

    DWORD code = scene_run(program, wide_of(translated), text, sizeof text);
    drop_empty_lines(text);
    if (s->says) say(text);
    bool shows = *shown && strcmp(shown, "...\n") != 0; /* else it must succeed */
    bool good = shows ? page_lines_match(shown, text, note, NULL) : code == 0;
    if (CHECK(good)) return;
    printf("---- %s---- exit code %lu; it is documented to say\n%s---- and says\n%s----\n", whole, code,
           shown, text);
}

/* Sets a variable (NAME=VALUE), except for the pipe, which stays that of the running broker. */
static void set(const char *assignment) {
    wchar_t name[64];
    const char *equals = strchr(assignment, '=');
    if (!CHECK(equals != NULL) || !strncmp(assignment, "SPAWN_BROKER_PIPE=", 18)) return;
    swprintf(name, 64, L"%.*hs", (int)(equals - assignment), assignment);
    SetEnvironmentVariableW(name, wide_of(equals + 1));
}

static void command(const scene *s, char *line, const char *shown) {
    static const char *const programs[] = {"spawnctl", "plugin_host"};
    char *arguments = strchr(line, ' ');
    if (!CHECK(arguments != NULL)) return;
    *arguments++ = 0;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(line, programs[i])) continue;
        run_program(s, line, arguments, shown);
        return;
    }
    if (!strcmp(line, "spawnbroker")) console_broker(arguments, shown);
    else if (!strcmp(line, "set")) set(arguments);
    else if (!CHECK(!"a command that the test knows")) printf("    > %s %s\n", line, arguments);
}

void run_console(scene *s, const page_block *b) {
    static char shown[TEXT];
    number_count = 0;
    for (const char *at = b->text; *at;) {
        char line[LINE];
        size_t length = strcspn(at, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, at);
        at += length + 1;
        if (!line[0]) continue;
        if (!CHECK(!strncmp(line, "> ", 2))) return; /* output without a command */

        size_t used = 0;
        while (*at && strncmp(at, "> ", 2)) {
            length = strcspn(at, "\n") + 1;
            memcpy(shown + used, at, length);
            used += length > 1 ? length : 0;
            at += length;
        }
        shown[used] = 0;

        command(s, line + 2, shown);
    }
}
