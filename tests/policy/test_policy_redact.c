/* Which parts of a command line a record shows. */
#include "service/policy/args.h"
#include "tests/support/check.h"
#include "service/policy/policy.h"

#include <stdlib.h>

static policy *made(const char *patterns) {
    char text[512];
    policy *p = NULL;
    policy_error error = {0};
    int length =
        snprintf(text, sizeof text, "{\"version\":1,\"default\":\"allow\",\"redact\":[%s]}", patterns);
    const policy_options options = {0};
    if (!policy_parse(text, (size_t)length, &options, &p, &error)) printf("%s\n", error.message);
    CHECK(p != NULL);
    return p;
}

static void lines(void) {
    static const char *const list[][2] = {
        {"tool --password=secret -v", "tool --password=[redacted] -v"},
        {"tool --PASSWORD=secret", "tool --PASSWORD=[redacted]"},
        {"tool \"--password=se cret\" -v", "tool --password=[redacted] -v"},
        {"tool --password=\"se cret\" -v", "tool --password=[redacted] -v"},
        {"tool --pass\"word=se \"\"cret\" -v", "tool --password=[redacted] -v"},
        {"tool --password=a\\\" b", "tool --password=[redacted] b"},
        {"tool --password=", "tool --password=[redacted]"},
        {"tool -p secret -v", "tool -p [redacted] -v"},
        {"tool -p \"se cret\"", "tool -p [redacted]"},
        {"tool -p", "tool -p"},
        {"tool x-token-y z", "tool [redacted] z"},
        {"tool pr\xC3\xA9=\xC3\xA9\xC3\xA9", "tool pr\xC3\xA9=[redacted]"},
        {"--password=secret a", "--password=secret a"}, /* the program's name */
        {"tool   a  b ", "tool   a  b "},
        {"\"tool\"--password=secret -v", "\"tool\"--password=[redacted] -v"},
        {"\"tool\"x\\\" --password=secret \"", "\"tool\"x\\\" --password=[redacted] \""},
        {"to\"ol --password=secret\"", "to\"ol --password=[redacted]"},
        {"", ""},
    };
    policy *p = made("\"--password=*\", \"-p *\", \"*token*\", \"pr?=*\"");

    for (size_t i = 0; p && i < sizeof list / sizeof *list; i++) {
        arena a = {0};
        check_case("%s", list[i][0]);
        CHECK_TEXT(policy_redact(p, NULL, &a, list[i][0]), list[i][1]);
        arena_free(&a);
    }
    policy_free(&p);
}

/* The examples for arguments in Microsoft's documentation of the C runtime. */
static void arguments(void) {
    static const char *const list[][4] = {
        {"x \"abc\" d e", "abc", "d", "e"},         {"x a\\\\b d\"e f\"g h", "a\\\\b", "de fg", "h"},
        {"x a\\\\\\\"b c d", "a\\\"b", "c", "d"},   {"x a\\\\\\\\\"b c\" d e", "a\\\\b c", "d", "e"},
        {"x a\"b\"\" c d", "ab\" c d", NULL, NULL}, {"\"x y\" \"\" \t b", "", "b", NULL},
        {"\"x\"--a b", "--a", "b", NULL},           {"x\" a\" b", "a b", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        arena a = {0};
        argument *got;
        size_t count;
        check_case("%s", list[i][0]);
        if (!CHECK(args_split(&a, list[i][0], &got, &count))) return;
        for (size_t k = 1; k < 4; k++) CHECK_TEXT(k < count ? got[k].text : NULL, list[i][k]);
        arena_free(&a);
    }
}

/* Where a line stops meaning the same to all programs. */
static void glued(void) {
    static const char *const list[][2] = {
        {"\"x\"--evil", "--evil"},
        {"\"x\"\"y\"", "\"y\""},
        {"x\" --evil\"", "\" --evil\""},
        {"\"x\" --a", NULL},
        {"\"x\"\t--a", NULL},
        {"\"x\"", NULL},
        {"x --a\"b\"", NULL},
        {"\"x --a", NULL},
        {"x", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        check_case("%s", list[i][0]);
        CHECK_TEXT(args_glued(list[i][0]), list[i][1]);
    }
}

int main(void) {
    lines();
    glued();
    arguments();
    return check_report();
}
