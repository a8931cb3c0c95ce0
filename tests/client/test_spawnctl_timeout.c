/* Tests spawnctl run --timeout: the exit codes if the launch takes too long, if the program does, and if
 * neither does. */
#include "tests/support/checks.h"
#include "tests/support/harness.h"
#include "tests/support/tool.h"

enum { TIMED_OUT = 124 };

int wmain(int argc, wchar_t **argv) {
    wchar_t ctl[MAX_PATH], helper[MAX_PATH];
    test_broker broker;
    (void)argc, (void)argv;
    beside_program(ctl, L"spawnctl.exe");
    beside_program(helper, L"test_helper.exe");
    if (!broker_start(&broker, NULL)) return 2;

    check_about("a launch that takes longer than a millisecond");
    CHECK_INT(tool_run(ctl, L"run --pipe %ls --timeout 1ms -- \"%ls\" exit:5", broker.pipe, helper),
              TIMED_OUT);
    check_about("a program that runs on");
    CHECK_INT(tool_run(ctl, L"run --pipe %ls --timeout 3 -- \"%ls\" sleep:600000", broker.pipe, helper),
              TIMED_OUT);
    check_about("a program that ends in time");
    CHECK_INT(tool_run(ctl, L"run --pipe %ls --timeout 1m -- \"%ls\" exit:5", broker.pipe, helper), 5);
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
