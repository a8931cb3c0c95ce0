/* Tests spawnctl without a broker: wrong command lines, and help. */
#include "tests/client/ctl_runner.h"
#include "tests/support/checks.h"

#include <string.h>

/* Returns whether the lines of a help text fit a terminal. An example may be longer, because it stays on one
 * line. */
static bool fits(const char *text) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") > 80 && strncmp(text, "  spawnctl ", 11)) return false;
    return true;
}

static void help(void) {
    static const wchar_t *const commands[] = {L"run", L"audit", L"audit list", L"doctor"};
    check_about("help");
    CHECK_INT(run("", L"help"), 0);
    CHECK(fits(out));
    CHECK_HAS(out, "  audit report ");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        CHECK_INT(run("", L"%ls --help", commands[i]), 0);
        CHECK_HAS(out, "Examples:\n  spawnctl ");
        CHECK_HAS(out, "Exit codes: ");
        CHECK(fits(out));
    }
    CHECK_INT(run("", L"help policy explain"), 0);
    CHECK_HAS(out, "spawnctl policy explain [options] [--] PROGRAM");
}

static void usage(void) {
    static const wchar_t *const wrong[] = {L"",
                                           L"bogus",
                                           L"run",
                                           L"run --",
                                           L"run --bogus -- x",
                                           L"run --handle a -- x",
                                           L"run --env A -- x",
                                           L"run --timeout 0 -- x",
                                           L"run --timeout 1h -- x",
                                           L"run --timeout 1 --detach -- x",
                                           L"run --affinity 0 -- x",
                                           L"run --affinity 0x -- x",
                                           L"run --affinity 3g -- x",
                                           L"run --priority realtime -- x",
                                           L"run --mitigation 1,x -- x",
                                           L"run --mitigation , -- x",
                                           L"run --desktop= -- x",
                                           L"run --limit memory -- x",
                                           L"run --limit memory=0 -- x",
                                           L"run --limit memory=1T -- x",
                                           L"run --limit memory=1MM -- x",
                                           L"run --limit cpu=101 -- x",
                                           L"run --limit cpu=5M -- x",
                                           L"run --limit processes=-1 -- x",
                                           L"run --limit bogus=1 -- x",
                                           L"run --handle a@2=C:\\windows\\win.ini -- x",
                                           L"run --handle a@2048=C:\\windows\\win.ini -- x",
                                           L"run --handle a@=C:\\windows\\win.ini -- x",
                                           L"run --handle a@3x=C:\\windows\\win.ini -- x",
                                           L"run --deny-group Administrators -- x",
                                           L"run --pipe",
                                           L"ps more",
                                           L"ps --restricted",
                                           L"completion",
                                           L"completion csh",
                                           L"audit",
                                           L"audit more",
                                           L"audit list --by user",
                                           L"audit list --json=1",
                                           L"audit show 7 8",
                                           L"run --cwd= -- x",
                                           L"audit list -n 0",
                                           L"audit list -n 4294967296",
                                           L"audit list -n -1",
                                           L"audit list --since nonsense",
                                           L"audit list --until 2026-02-30",
                                           L"audit list --grep ab",
                                           L"audit list --outcome good",
                                           L"audit list --exit-code 0xg",
                                           L"audit list --caller-pid -1",
                                           L"audit list --user=",
                                           L"audit list --fields seq,nothing",
                                           L"audit list --fields seq,seq",
                                           L"audit list -o xml",
                                           L"audit list -f -r",
                                           L"audit list -f --exit-code 1",
                                           L"audit list -f -o json",
                                           L"audit list --after-cursor x",
                                           L"audit export -f",
                                           L"audit show",
                                           L"audit show xyz",
                                           L"audit show 0123456",
                                           L"audit tree",
                                           L"audit summary",
                                           L"audit summary --by colour",
                                           L"audit summary --by user -o csv"};

    check_about("wrong usage");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) CHECK_INT(run("", L"%ls", wrong[i]), 2);
}

/* Tries the other commands that need no broker. */
static void without_broker(void) {
    help();
    CHECK_INT(run("", L"version --json"), 0);
    CHECK_HAS(out, "\"protocol\":1");
    check_about("no broker");
    CHECK_INT(run("", L"--pipe sb-nobody run -- cmd"), 125);
    CHECK_HAS(err, "No broker serves");
    CHECK_INT(run("", L"status --pipe sb-nobody --json"), 125);
    CHECK_HAS(err, "\"stage\":\"connect\"");
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv) {
    (void)argc, (void)argv;
    usage();
    without_broker();
    return check_report();
}
