/* {handle:NAME} in a command line stands for the value of that very handle. */
#include "proto/handle_placeholders.h"
#include "proto/message.h"
#include "tests/support/check.h"

int main(void) {
    static msg_handle handles[] = {{.name = "log"}, {.name = "logs"}, {.name = "a.b"}};
    static const uint32_t values[] = {412, 416, 4294967292u};
    static const struct {
        const char *line, *wanted; /* NULL: an error */
    } cases[] = {
        {"tool", "tool"},
        {"tool {handle:log} {handle:logs}", "tool 412 416"},
        {"tool --x={handle:a.b}.", "tool --x=4294967292."},
        {"{handle:log}{handle:log}", "412412"},
        {"tool {handle:lo}", NULL},
        {"tool {handle:logss}", NULL},
        {"tool {handle:LOG}", NULL},
        {"tool {handle:}", NULL},
        {"tool {handle:log", "tool {handle:log"},
        {"tool {handle}", "tool {handle}"},
    };
    const msg_spawn spawn = {.handles = handles, .handle_count = 3};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena a = {0};
        fault why = {.kind = FAULT_NONE};
        const char *got = NULL;
        check_case("%s", cases[i].line);
        fault_kind kind = handle_placeholders_replace(&a, cases[i].line, &spawn, values, &got, &why);
        CHECK_INT(kind, cases[i].wanted ? FAULT_NONE : FAULT_BAD_VALUE);
        CHECK_TEXT(got, cases[i].wanted);
        if (!cases[i].wanted) CHECK_TEXT(why.field, "params.command_line");
        arena_free(&a);
    }

    return check_report();
}
