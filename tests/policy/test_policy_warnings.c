/* What a policy says but hardly means: each doubtful rule is warned of at its place, and no other is. */
#include "service/policy/warnings.h"
#include "tests/support/check.h"

/* Checks the warnings of a policy: how many, and the first one's place and words. */
static void warned_text(const char *text, size_t wanted, const char *field, const char *words) {
    const policy_options options = {0};
    policy_error error = {0}, *list;
    policy *p = NULL;
    size_t count, length = strlen(text);
    arena a = {0};

    check_case("%s", text);
    if (!CHECK(policy_parse(text, length, &options, &p, &error))) {
        fprintf(stderr, "    %s\n", error.message);
        return;
    }
    if (CHECK(policy_warnings(p, text, length, &a, &list, &count)) && CHECK_INT(count, wanted) && count) {
        CHECK_TEXT(list[0].field, field);
        CHECK(strstr(list[0].message, words) != NULL);
        CHECK(list[0].line >= 2 && list[0].column >= 1);
    }
    policy_free(&p);
    arena_free(&a);
}

/* The same, of a policy with these rules. */
static void warned(const char *rules, size_t wanted, const char *field, const char *words) {
    char text[2048];
    snprintf(text, sizeof text, "{\"version\":1,\"default\":\"deny\",\n\"rules\":[\n%s]}", rules);
    warned_text(text, wanted, field, words);
}

#define ALLOW(name, words) "{\"name\":\"" name "\",\"action\":\"allow\"" words "}"
#define DENY(name, words) "{\"name\":\"" name "\",\"action\":\"deny\",\"reason\":\"no\"" words "}"
#define USERS ",\"caller\":{\"sid\":[\"S-1-5-21-1\",\"S-1-5-21-2\"]}"
#define USER ",\"caller\":{\"sid\":[\"S-1-5-21-2\"]}"
#define OTHER ",\"caller\":{\"sid\":[\"S-1-5-21-3\"]}"
#define SANDBOXED ",\"caller\":{\"sandboxed\":true}"
#define LOW "\"integrity\":[\"low\",\"untrusted\"]"
#define PATH ",\"program\":{\"path\":[\"C:\\\\a\\\\*\"]}"

static void kinds(void) {
    warned(ALLOW("a", ",\"handles\":{\"kinds\":[\"Event\",\"File.pipe\",\"Key\"]}"), 0, "", "");
    warned(ALLOW("a", ",\"handles\":{\"kinds\":[\"Event\",\"event\"]}"), 1, "rules[0].handles.kinds[1]",
           "\"Event\"");
    warned(ALLOW("a", ",\"handles\":{\"kinds\":[\"Mutex\"]}"), 1, "rules[0].handles.kinds[0]", "\"Mutant\"");
    warned(ALLOW("a", ",\"handles\":{\"kinds\":[\"Keys\"]}"), 1, "rules[0].handles.kinds[0]",
           "not a type of object");
    warned(ALLOW("a", ",\"handles\":{\"kinds\":[\"Evnet\",\"Pipe\"]}"), 2, "rules[0].handles.kinds[0]",
           "not a type of object");
}

static void never_match(void) {
    warned(ALLOW("a", ",\"caller\":{" LOW "}"), 1, "rules[0].caller.integrity", "never matches");
    warned(ALLOW("a", ",\"caller\":{\"sandboxed\":true," LOW "}"), 0, "", "");
    warned(DENY("a", ",\"caller\":{" LOW "}"), 0, "", "");
    warned(DENY("a", ",\"caller\":{\"sandboxed\":false," LOW "}"), 1, "rules[0].caller.sandboxed",
           "never matches");
    warned(ALLOW("a", ",\"caller\":{\"integrity\":[\"low\",\"medium\"]}"), 0, "", "");
    warned(ALLOW("a", ",\"arguments\":{\"count\":{\"most\":0},\"some\":[\"x\"]}"), 1,
           "rules[0].arguments.some", "never matches");
    warned(ALLOW("a", ",\"arguments\":{\"none\":[\"x\",\"y\"],\"some\":[\"y\"]}"), 1,
           "rules[0].arguments.some", "never matches");
    warned(ALLOW("a", ",\"arguments\":{\"none\":[\"x\"],\"some\":[\"x\",\"y\"]}"), 0, "", "");
}

static void glued(void) {
    warned(ALLOW("a", ",\"arguments\":{\"command_line\":[\"\\\"x\\\"--evil\"]}"), 1,
           "rules[0].arguments.command_line[0]", "glued");
    warned(ALLOW("a", ",\"arguments\":{\"command_line\":[\"\\\"x\\\"*\",\"\\\"x\\\" --good\"]}"), 0, "", "");
}

#define VARIABLES(names) ",\"program\":{\"environment_not\":[" names "]}"

static void variables(void) {
    warned(ALLOW("a", VARIABLES("\"COR_*\",\"=C:\"")), 0, "", "");
    warned(ALLOW("a", VARIABLES("\"COR_*\",\"NODE_OPTIONS=1\"")), 1, "rules[0].program.environment_not[1]",
           "excludes nothing");
    warned(ALLOW("a", VARIABLES("\"\"")), 1, "rules[0].program.environment_not[0]", "excludes nothing");
    warned(ALLOW("a", VARIABLES("\"A\"")) "," ALLOW("b", VARIABLES("\"A\",\"B\"")), 1, "rules[1]", "\"a\"");
    warned(ALLOW("a", VARIABLES("\"A\",\"B\"")) "," ALLOW("b", VARIABLES("\"A\"")), 0, "", "");
}

static void behind_others(void) {
    warned(ALLOW("a", "") "," ALLOW("b", USER), 1, "rules[1]", "\"a\"");
    warned(ALLOW("a", USERS) "," DENY("b", ",\"caller\":{\"sid\":[\"S-1-5-21-2\"],\"sandboxed\":false}"), 1,
           "rules[1]", "\"a\"");
    warned(ALLOW("a", USER) "," ALLOW("b", USERS), 0, "", "");
    warned(ALLOW("a", USER) "," ALLOW("b", OTHER), 0, "", "");
    warned(ALLOW("a", PATH) "," ALLOW("b", USER PATH), 1, "rules[1]", "\"a\"");
    warned(ALLOW("a", USER PATH) "," ALLOW("b", PATH), 0, "", "");
    warned(DENY("a", "") "," ALLOW("b", SANDBOXED), 1, "rules[1]", "\"a\"");
}

/* A rule that allows leaves sandboxed callers to the rules behind it. */
static void sandboxed(void) {
    warned(ALLOW("a", "") "," ALLOW("b", SANDBOXED), 0, "", "");
    warned(ALLOW("a", "") "," DENY("b", ""), 0, "", "");
    warned(ALLOW("a", SANDBOXED) "," ALLOW("b", ""), 0, "", "");
}

static void ranges(void) {
    warned(ALLOW("a", ",\"handles\":{\"count\":{\"most\":5}}") "," ALLOW(
               "b", ",\"handles\":{\"count\":{\"most\":3}}"),
           1, "rules[1]", "\"a\"");
    warned(ALLOW("a", ",\"handles\":{\"count\":{\"most\":3}}") "," ALLOW(
               "b", ",\"handles\":{\"count\":{\"most\":5}}"),
           0, "", "");
    warned(ALLOW("a", ",\"handles\":{\"access_within\":\"0x0\"}") "," ALLOW("b", ""), 0, "", "");
    warned(ALLOW("a", ",\"handles\":{\"access_within\":\"0x3\"}") "," ALLOW(
               "b", ",\"handles\":{\"access_within\":\"0x1\"}"),
           1, "rules[1]", "\"a\"");
    warned(ALLOW("a", ",\"lifetime\":[\"caller\"]") "," ALLOW("b", ""), 0, "", "");
    warned(ALLOW("a", ",\"arguments\":{\"none\":[\"x\"]}") "," ALLOW("b", ""), 0, "", "");
    warned(ALLOW("a", ",\"arguments\":{\"none\":[\"x\"]}") "," ALLOW(
               "b", ",\"arguments\":{\"none\":[\"x\",\"y\"]}"),
           1, "rules[1]", "\"a\"");
}

/* A policy with these settings. */
static void settings(void) {
    static const struct {
        const char *most;
        size_t count;
        const char *words;
    } cases[] = {{"1048575", 1, "less than 1 MiB"},
                 {"1048576", 0, ""},
                 {"17179869184", 0, ""},
                 {"17179869185", 1, "more than 16 GiB"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"version\":1,\"default\":\"deny\",\n\"hash\":{\"most_bytes\":%s}}",
                 cases[i].most);
        warned_text(text, cases[i].count, "hash.most_bytes", cases[i].words);
    }
}

int main(void) {
    settings();
    kinds();
    never_match();
    glued();
    variables();
    behind_others();
    sandboxed();
    ranges();
    return check_report();
}
