/* What a policy promises, each by itself: a change in one of these lines of the policy's code must fail here,
 * and say what it breaks. */
#include "service/policy/policy.h"
#include "tests/support/check.h"

#include <stdarg.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_IN_UPPER_CASE "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

/* The handles of the launch; the other facts are the same for all. */
typedef struct given {
    policy_handle handles[2];
    size_t count;
} given;

static bool handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    const given *g = context;
    (void)why;
    *ret = g->handles;
    *ret_count = g->count;
    return true;
}

static bool sha256(void *context, char ret[65], policy_why *why) {
    (void)context, (void)why;
    memcpy(ret, HASH, 65);
    return true;
}

static const char *in_directory; /* NULL: it is not known */

static bool directory(void *context, const char **ret, policy_why *why) {
    (void)context, (void)why;
    *ret = in_directory;
    return in_directory != NULL;
}

static const policy_oracle oracle = {.handles = handles, .sha256 = sha256, .directory = directory};

static policy *parsed(const char *text) {
    const policy_options options = {0};
    policy_error error = {0};
    policy *p = NULL;
    if (!CHECK(policy_parse(text, strlen(text), &options, &p, &error)))
        fprintf(stderr, "    %s\n", error.message);
    return p;
}

/* A policy with one rule, of which the format gives what follows its name. */
static policy *one_rule(const char *otherwise, const char *format, ...) {
    char members[256], text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(members, sizeof members, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "{\"version\":1,\"default\":\"%s\",\"rules\":[{\"name\":\"one\",%s}]}",
             otherwise, members);
    return parsed(text);
}

static policy_decision decided_line(const policy *p, given *g, arena *a, const char *line) {
    const policy_facts facts = {.sid = "S-1-5-21-1",
                                .image = "C:\\host.exe",
                                .integrity = 0x2000,
                                .application = "C:\\tool.exe",
                                .command_line = line,
                                .handle_count = g->count,
                                .ask = &oracle,
                                .context = g};
    policy_decision d = {0};
    CHECK(p && policy_decide(p, &facts, a, NULL, &d));
    return d;
}

static policy_decision decided(const policy *p, given *g, arena *a) {
    return decided_line(p, g, a, NULL);
}

/* Checks whether a rule with these words about handles allows one handle of that kind and access. */
static void admits(const char *words, const char *kind, uint32_t access, bool wanted) {
    given g = {.handles = {{kind, access}}, .count = 1};
    arena a = {0};
    check_case("{%s}, and a handle %s with 0x%x", words, kind, (unsigned)access);
    policy *p = one_rule("deny", "\"action\":\"allow\",\"handles\":{%s}", words);
    CHECK_INT(decided(p, &g, &a).allow, wanted);
    policy_free(&p);
    arena_free(&a);
}

/* A kind is a whole name; only File has kinds below it. */
static void kinds(void) {
    admits("\"kinds\":[\"Key\"]", "Key", 1, true);
    admits("\"kinds\":[\"Key\"]", "KeyedEvent", 1, false);
    admits("\"kinds\":[\"KeyedEvent\"]", "Key", 1, false);
    admits("\"kinds\":[\"File\"]", "File.disk", 1, true);
    admits("\"kinds\":[\"File.disk\"]", "File.pipe", 1, false);
    admits("\"kinds\":[\"File\"]", "FilterConnectionPort", 1, false);
}

/* Whoever makes the query of a file hang does not choose the kind of the file by that. */
static void unknown_kinds(void) {
    static const struct {
        const char *action, *kinds;
        bool allowed, undecided;
    } cases[] = {
        {"allow", "\"File.pipe\"", false, true}, {"allow", "\"File.disk\",\"Event\"", false, true},
        {"deny", "\"File.disk\"", false, true},  {"deny", "\"Event\"", true, false},
        {"allow", "\"File\"", true, false},      {"allow", "\"File.pipe\",\"File\"", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        given g = {.handles = {{POLICY_KIND_UNKNOWN, 1}}, .count = 1};
        arena a = {0};
        check_case("%s %s", cases[i].action, cases[i].kinds);
        policy *p = one_rule("allow", "\"action\":\"%s\",%s\"handles\":{\"kinds\":[%s]}", cases[i].action,
                             *cases[i].action == 'd' ? "\"reason\":\"no\"," : "", cases[i].kinds);
        policy_decision d = decided(p, &g, &a);
        CHECK_INT(d.allow, cases[i].allowed);
        CHECK_INT(d.undecided, cases[i].undecided);
        policy_free(&p);
        arena_free(&a);
    }
}

/* Checks whether a rule with these conditions allows the launch. */
static void matches(const char *words, bool wanted) {
    given g = {.count = 0};
    arena a = {0};
    check_case("%s", words);
    policy *p = one_rule("deny", "\"action\":\"allow\",%s", words);
    CHECK_INT(decided(p, &g, &a).allow, wanted);
    policy_free(&p);
    arena_free(&a);
}

static size_t name_length(const char *variable) {
    return (size_t)(strchr(variable + 1, '=') - variable);
}

/* A name of the environment is a whole one, of either case; what is behind its first = is not a name. NULL:
 * no variable. */
static void variables(void) {
    static const struct {
        const char *patterns, *variable;
        bool wanted;
    } cases[] = {
        {"\"NODE_OPTIONS\"", "NODE_OPTIONS=--require x.js", false},
        {"\"NODE_OPTIONS\"", "node_Options=", false},
        {"\"node_options\"", "NODE_OPTIONS=1", false},
        {"\"NODE_OPTIONS\"", "NODE_OPTIONS2=1", true},
        {"\"NODE_OPTIONS\"", "MY_NODE_OPTIONS=1", true},
        {"\"NODE_OPTIONS\"", "X=NODE_OPTIONS=1", true},
        {"\"COR_*\",\"COMPLUS_*\"", "COMPLUS_Version=v4", false},
        {"\"COR_*\"", "COR=COR_PROFILER", true},
        {"\"=C:\"", "=c:=C:\\x", false},
        {"\"*\"", "A=1", false},
        {"\"*\"", NULL, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *environment[] = {"Path=C:\\", cases[i].variable};
        const size_t skip = !strcmp(cases[i].patterns, "\"*\"");
        policy_facts facts = {.sid = "S-1-5-21-1",
                              .image = "C:\\host.exe",
                              .integrity = 0x2000,
                              .application = "C:\\tool.exe",
                              .environment = environment + skip,
                              .environment_count = (cases[i].variable ? 2 : 1) - skip,
                              .ask = &oracle};
        arena a = {0};
        policy_decision d = {0};
        msg_explained e = {0};
        policy *p = one_rule("deny", "\"action\":\"allow\",\"program\":{\"environment_not\":[%s]}",
                             cases[i].patterns);

        check_case("%s, and %s", cases[i].patterns, cases[i].variable ? cases[i].variable : "none");
        CHECK(p && policy_decide(p, &facts, &a, NULL, &d));
        CHECK_INT(d.allow, cases[i].wanted);
        CHECK(!d.undecided);
        if (p && !cases[i].wanted && CHECK(policy_explain(p, &facts, &a, &e))) {
            CHECK_TEXT(e.steps[0].condition, "program.environment_not");
            CHECK_TEXT(e.steps[0].got, arena_copy(&a, cases[i].variable, name_length(cases[i].variable)));
        }

        facts.environment = NULL; /* as for policy.explain */
        CHECK(p && policy_decide(p, &facts, &a, NULL, &d));
        CHECK(!d.allow && d.undecided);
        policy_free(&p);
        arena_free(&a);
    }
}

/* A SID is a whole one: it is not all that begin with it, nor the beginning of one. */
static void callers(void) {
    matches("\"caller\":{\"sid\":[\"S-1-5-21-1\"]}", true);
    matches("\"caller\":{\"sid\":[\"S-1-5-21\"]}", false);
    matches("\"caller\":{\"sid\":[\"S-1-5-21-10\"]}", false);
    matches("\"caller\":{\"sid\":[\"S-1-5-21-2\",\"S-1-5-21-1\"]}", true);
}

/* The directory that the child starts in is compared as other paths are. */
static void directories(void) {
    static const struct {
        const char *patterns, *directory;
        bool wanted;
    } cases[] = {
        {"\"C:\\\\Work\"", "\\\\?\\C:\\work", true},
        {"\"C:\\\\Work\"", "\\\\?\\C:\\work\\a", false},
        {"\"C:/Work/**\"", "\\\\?\\C:\\WORK\\a\\b", true},
        {"\"C:/Work/**\"", "\\\\?\\C:\\Work", false},
        {"\"C:/Work\",\"C:/Work/**\"", "\\\\?\\C:\\Work", true},
        {"\"C:/Work/**\"", "\\\\?\\C:\\Workshop\\a", false},
        {"\"C:/**\"", "\\\\?\\C:\\", true},
        {"\"//server/share/*\"", "\\\\?\\UNC\\server\\share\\a", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char condition[128];
        snprintf(condition, sizeof condition, "\"program\":{\"directory\":[%s]}", cases[i].patterns);
        in_directory = cases[i].directory;
        matches(condition, cases[i].wanted);
    }

    static const char *const unclear[] = {NULL, "\\\\?\\C:\\Work::$INDEX_ALLOCATION"};
    for (size_t i = 0; i < sizeof unclear / sizeof *unclear; i++) {
        given g = {.count = 0};
        arena a = {0};
        in_directory = unclear[i];
        check_case("a directory that is not known: %s", in_directory ? in_directory : "-");
        policy *p = one_rule("allow", "\"action\":\"deny\",\"reason\":\"no\","
                                      "\"program\":{\"directory\":[\"C:\\\\Work\"]}");
        policy_decision d = decided(p, &g, &a);
        CHECK(!d.allow && d.undecided);
        policy_free(&p);
        arena_free(&a);
    }
}

/* A hash is of a whole file's content, in digits of either case. */
static void hashes(void) {
    matches("\"program\":{\"sha256\":[\"" HASH "\"]}", true);
    matches("\"program\":{\"sha256\":[\"" HASH_IN_UPPER_CASE "\"]}", true);
    matches("\"program\":{\"sha256\":[\"ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"]}",
            false);
    matches("\"program\":{\"sha256\":[\"00112233445566778899aabbccddeeff00112233445566778899aabbccddee00\"]}",
            false);
}

/* The mask names each right by itself: a smaller number is not a smaller right. */
static void masks(void) {
    admits("\"access_within\":\"0x00000005\"", "Event", 5, true);
    admits("\"access_within\":\"0x00000005\"", "Event", 1, true);
    admits("\"access_within\":\"0x00000005\"", "Event", 2, false);
    admits("\"access_within\":\"0x00000005\"", "Event", 3, false);
    admits("\"access_within\":\"0x00120196\"", "File.disk", 0x00120089, false);
}

/* Programs read text that is glued to the program's name in two ways: a rule about arguments denies it. */
static void glued(void) {
    static const struct {
        const char *words, *line;
        bool wanted;
    } cases[] = {{",\"arguments\":{\"none\":[\"--evil*\"]}", "\"C:\\tool.exe\" --good", true},
                 {",\"arguments\":{\"none\":[\"--evil*\"]}", "\"C:\\tool.exe\"--evil", false},
                 {",\"arguments\":{\"count\":{\"most\":0}}", "\"C:\\tool.exe\"--evil", false},
                 {",\"arguments\":{\"command_line\":[\"*\"]}", "C:\\tool.exe\" --evil\"", false},
                 {"", "\"C:\\tool.exe\"--evil", true}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        given g = {.count = 0};
        arena a = {0};
        check_case("%s with %s", cases[i].line, cases[i].words);
        policy *p = one_rule("allow", "\"action\":\"allow\"%s", cases[i].words);
        policy_decision d = decided_line(p, &g, &a, cases[i].line);
        CHECK_INT(d.allow, cases[i].wanted);
        CHECK_INT(d.undecided, !cases[i].wanted);
        policy_free(&p);
        arena_free(&a);
    }
}

/* A launch is attested unless the rule that allows it says otherwise. */
static void attestation(void) {
    static const struct {
        const char *words;
        bool attested;
    } cases[] = {{"", true}, {",\"attest\":true", true}, {",\"attest\":false", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        given g = {.count = 0};
        arena a = {0};
        check_case("a rule that allows, %s", cases[i].words);
        policy *p = one_rule("deny", "\"action\":\"allow\"%s", cases[i].words);
        policy_decision d = decided(p, &g, &a);
        CHECK(d.allow);
        CHECK_INT(d.attest, cases[i].attested);
        policy_free(&p);
        arena_free(&a);
    }
}

/* What a rule imposes holds for a caller that asks for nothing, or for more; a caller may ask for less. */
static void limits(void) {
    static const uint64_t cases[][3] = {/* asked, imposed, wanted */
                                        {0, 0, 0}, {0, 4, 4}, {9, 0, 9}, {9, 4, 4}, {3, 4, 3}, {4, 4, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint64_t *c = cases[i];
        const msg_limits asked = {c[0], c[0], (uint32_t)c[0], (uint32_t)c[0]},
                         imposed = {c[1], c[1], (uint32_t)c[1], (uint32_t)c[1]};
        msg_limits got = policy_limits_within(&asked, &imposed);
        check_case("%d asked for, %d imposed", (int)c[0], (int)c[1]);
        CHECK_INT(got.process_memory_bytes, c[2]);
        CHECK_INT(got.job_memory_bytes, c[2]);
        CHECK_INT(got.cpu_percent, c[2]);
        CHECK_INT(got.max_processes, c[2]);
    }
}

/* Every occurrence is hidden, by the policy's patterns and by those of the rule that decided. */
static void redaction(void) {
    given g = {.count = 0};
    arena a = {0};
    policy *p = parsed(
        "{\"version\":1,\"default\":\"deny\",\"redact\":[\"--password=*\"],\"rules\":[{\"name\":\"one\","
        "\"action\":\"allow\",\"redact\":[\"--token=*\",\"-k *\"]}]}");
    policy_decision d = decided(p, &g, &a);
    CHECK(d.allow);

    check_case("the same option twice");
    CHECK_TEXT(policy_redact(p, NULL, &a, "t --password=one -v --password=two --password=three"),
               "t --password=[redacted] -v --password=[redacted] --password=[redacted]");
    check_case("the rule's own patterns");
    CHECK_TEXT(policy_redact(p, d.by, &a, "t --token=one --password=two -k three"),
               "t --token=[redacted] --password=[redacted] -k [redacted]");
    check_case("without the rule");
    CHECK_TEXT(policy_redact(p, NULL, &a, "t --token=one --password=two"),
               "t --token=one --password=[redacted]");
    check_case("the option before the program's name is the program's");
    CHECK_TEXT(policy_redact(p, d.by, &a, "-k one -k two"), "-k one -k [redacted]");
    policy_free(&p);
    arena_free(&a);
}

/* Without a file: users launch, and see their own; the rest is the administrators'. */
static void security(void) {
    const policy_options options = {0};
    policy *p = policy_builtin(&options);
    check_case("security by default");
    if (CHECK(p != NULL))
        CHECK_TEXT(policy_settings_of(p)->security, "O:BAG:BAD:(A;;0x3;;;AU)(A;;GA;;;SY)(A;;GA;;;BA)");
    policy_free(&p);
}

/* Sandboxed callers reach the pipe only where a rule lets one of them launch. */
static void sandboxed(void) {
    static const struct {
        const char *rule;
        bool admits;
    } cases[] = {{"\"action\":\"allow\"", false},
                 {"\"action\":\"allow\",\"caller\":{\"sandboxed\":true}", true},
                 {"\"action\":\"allow\",\"caller\":{\"sandboxed\":false}", false},
                 {"\"action\":\"deny\",\"reason\":\"no\",\"caller\":{\"sandboxed\":true}", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case("%s", cases[i].rule);
        policy *p = one_rule("deny", "%s", cases[i].rule);
        if (p) CHECK_INT(policy_settings_of(p)->admits_sandboxed, cases[i].admits);
        policy_free(&p);
    }
}

int main(void) {
    kinds();
    unknown_kinds();
    callers();
    variables();
    directories();
    hashes();
    masks();
    glued();
    attestation();
    limits();
    redaction();
    security();
    sandboxed();
    return check_report();
}
