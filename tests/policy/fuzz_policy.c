/* Parses any bytes as a policy. Nothing may crash, an error has a place in the text, and a good policy
 * decides and redacts. */
#include "tests/support/fuzz.h"
#include "service/policy/policy.h"

#include <string.h>

static bool member(void *context, const char *sid, bool *ret, policy_why *why) {
    (void)context, (void)why;
    *ret = sid[4] == '5';
    return true;
}

static bool text(void *context, const char **ret, policy_why *why) {
    (void)context, (void)why;
    *ret = "C:\\Windows\\system32\\cmd.exe";
    return true;
}

static bool sha256(void *context, char ret[65], policy_why *why) {
    (void)context, (void)ret;
    memcpy(why->text, "none", 5);
    return false;
}

static bool writable(void *context, bool *ret, policy_why *why) {
    (void)context, (void)why;
    *ret = false;
    return true;
}

static bool handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    static const policy_handle list[] = {{"File.pipe", 0x12019F}, {"Event", 2}};
    (void)context, (void)why;
    *ret = list;
    *ret_count = 2;
    return true;
}

static void step(void *context, const policy_step *s) {
    (void)context;
    FUZZ_CHECK(s->rule && (s->matched || (s->condition && s->wanted && s->got)));
}

static void use(const policy *p) {
    static const policy_oracle oracle = {member, text, text, sha256, writable, text, handles};
    static const char line[] = "cmd.exe /c \"a b\" --password=x -p y";
    const policy_trace trace = {step, NULL};
    policy_facts facts = {.sid = "S-1-5-18",
                          .image = "C:\\a.exe",
                          .integrity = 0x3000,
                          .application = "C:\\x.exe",
                          .command_line = line,
                          .handle_count = 2,
                          .ask = &oracle};
    policy_decision d;
    arena a = {0};
    FUZZ_CHECK(policy_decide(p, &facts, &a, &trace, &d));
    FUZZ_CHECK(d.rule && (d.allow || d.reason));
    FUZZ_CHECK(policy_redact(p, d.by, &a, line) != NULL);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const policy_options options = {0};
    policy *p = NULL;
    policy_error error = {0};
    if (policy_parse((const char *)data, size, &options, &p, &error)) {
        use(p);
    } else {
        FUZZ_CHECK(!p && error.line >= 1 && error.column >= 1 && error.message[0]);
        FUZZ_CHECK(error.line <= size + 1 && error.column <= size + 1);
    }
    policy_free(&p);
    return 0;
}
