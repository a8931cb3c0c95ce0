/* Random policies and launches, decided by the policy and in the slow way; and the parts of a decision. */
#include "tests/support/check.h"
#include "service/policy/policy.h"
#include "tests/policy/slow.h"

#include <stdarg.h>
#include <stdlib.h>

static uint32_t state = 99;

static unsigned below(unsigned n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % n;
}

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01"

static const char *const sids[] = {"S-1-5-21-1", "S-1-5-21-2", "S-1-5-18"};
static const char *const groups[] = {"S-1-5-32-544", "S-1-5-32-545", "S-1-5-11"};
static const char *const images[] = {"C:\\a\\host.exe", "C:\\b\\host.exe", "D:\\x.exe"};
static const char *const image_patterns[] = {"C:\\A\\*", "**\\HOST.exe", "?:\\x.exe", "C:\\**"};
static const char *const paths[] = {"C:\\a\\tool.exe", "C:\\a\\b\\tool.exe", "C:\\a\\evil.exe",
                                    "\\\\s\\h\\t.exe"};
static const char *const path_patterns[] = {"C:\\a\\*", "C:\\A\\**\\tool.exe", "**\\Evil.EXE", "\\\\s\\h\\**",
                                            "C:\\a\\????.exe"};
static const char *const directories[] = {"C:\\Work", "C:\\work\\a", "C:\\", "\\\\s\\h\\work"};
static const char *const directory_patterns[] = {"C:\\work", "C:\\WORK\\**", "**\\Work", "?:\\**"};
static const char *const hashes[] = {HASH_A, HASH_B};
static const char *const signers[] = {"Example Ltd", "Other", ""};
static const char *const signer_names[] = {"Example Ltd", "Other"};
static const char *const words[] = {"-a", "-b", "file.txt", "--x=1"};
static const char *const word_patterns[] = {"-?", "*.txt", "--x=*", "*", "-A"};
static const char *const variables[] = {"Path", "COR_PROFILER", "node_options", "=C:"};
static const char *const variable_patterns[] = {"COR_*", "NODE_OPTIONS", "=?:", "PYTHON*"}; /* upper case */
static const char *const kinds[] = {"Event", "Section", "File.disk", "File.pipe"};
static const char *const kind_names[] = {"Event", "File", "File.pipe", "Section"};
static const char *const lifetimes[] = {"caller", "broker", "detached"};
static const char *const integrities[] = {"untrusted", "low", "medium", "high", "system"};

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define PICK(list) ((list)[below((unsigned)COUNT(list))])

static slow_texts some_of(const char *const *list, size_t count, unsigned one_in) {
    slow_texts t = {0};
    if (below(one_in)) return t;
    t.count = (int)below(SLOW_TEXTS) + 1;
    for (int i = 0; i < t.count; i++) t.at[i] = list[below((unsigned)count)];
    return t;
}
#define SOME(list, one_in) some_of(list, COUNT(list), one_in)

static slow_range some_range(unsigned one_in) {
    slow_range r = {.given = !below(one_in)};
    r.least = below(2);
    r.most = r.least + below(3);
    return r;
}

static slow_rule random_rule(int index) {
    slow_rule r = {.allow = below(2),
                   .sid = SOME(sids, 4),
                   .group = SOME(groups, 4),
                   .image = SOME(image_patterns, 4),
                   .signer = SOME(signer_names, 8),
                   .integrity = SOME(integrities, 6),
                   .path = SOME(path_patterns, 2),
                   .sha256 = SOME(hashes, 6),
                   .directory = SOME(directory_patterns, 8),
                   .each = SOME(word_patterns, 8),
                   .some = SOME(word_patterns, 8),
                   .none = SOME(word_patterns, 8),
                   .environment_not = SOME(variable_patterns, 8),
                   .kinds = SOME(kind_names, 6),
                   .lifetime = SOME(lifetimes, 8),
                   .session = some_range(8),
                   .arguments = some_range(8),
                   .handles = some_range(8),
                   .sandboxed = (int)below(6) - 1,
                   .not_writable = !below(8),
                   .access_within = below(8) ? 0 : 0x1F};

    if (r.sandboxed > 1) r.sandboxed = -1;
    snprintf(r.name, sizeof r.name, "rule-%d", index);
    return r;
}

static slow_facts random_facts(void) {
    slow_facts f = {.sid = PICK(sids),
                    .image = PICK(images),
                    .signer = below(12) ? PICK(signers) : NULL,
                    .path = below(12) ? PICK(paths) : NULL,
                    .sha256 = below(12) ? PICK(hashes) : NULL,
                    .directory = below(12) ? PICK(directories) : NULL,
                    .integrity = PICK(integrities),
                    .lifetime = PICK(lifetimes),
                    .groups = SOME(groups, 1),
                    .session = below(4),
                    .sandboxed = !below(4),
                    .writable = below(2),
                    .groups_known = below(12) != 0,
                    .argument_count = (int)below(SLOW_ARGUMENTS + 1),
                    .variable_count = (int)below(SLOW_ARGUMENTS + 1),
                    .handle_count = (int)below(SLOW_HANDLES + 1)};
    for (int i = 0; i < f.variable_count; i++) f.variables[i] = PICK(variables);
    for (int i = 0; i < f.argument_count; i++) f.arguments[i] = PICK(words);
    for (int i = 0; i < f.handle_count; i++) f.kinds[i] = PICK(kinds), f.access[i] = 1u << below(7);
    return f;
}

/* ---- the policy as JSON ---- */

static char json[32768];
static size_t used;

static void say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    used += (size_t)vsnprintf(json + used, sizeof json - used, format, list);
    va_end(list);
}

static void say_texts(const char *name, const slow_texts *texts) {
    if (!texts->count) return;
    say("\"%s\":[", name);
    for (int i = 0; i < texts->count; i++) {
        say(i ? ",\"" : "\"");
        for (const char *p = texts->at[i]; *p; p++) say(*p == '\\' ? "\\\\" : "%c", *p);
        say("\"");
    }
    say("],");
}

static void say_range(const char *name, const slow_range *r) {
    if (r->given) say("\"%s\":{\"least\":%u,\"most\":%u},", name, (unsigned)r->least, (unsigned)r->most);
}

static void end_object(void) {
    if (json[used - 1] == ',') used--;
    say("},");
}

static void say_rule(const slow_rule *r) {
    say("{\"name\":\"%s\",\"action\":\"%s\",\"reason\":\"because\",\"caller\":{", r->name,
        r->allow ? "allow" : "deny");
    say_texts("sid", &r->sid);
    say_texts("group", &r->group);
    say_texts("image", &r->image);
    say_texts("signer", &r->signer);
    say_texts("integrity", &r->integrity);
    say_range("session", &r->session);
    if (r->sandboxed >= 0) say("\"sandboxed\":%s,", r->sandboxed ? "true" : "false");
    end_object();

    say("\"program\":{");
    say_texts("path", &r->path);
    say_texts("sha256", &r->sha256);
    say_texts("directory", &r->directory);
    say_texts("environment_not", &r->environment_not);
    if (r->not_writable) say("\"directory_not_writable_by_caller\":true,");
    end_object();

    say("\"arguments\":{");
    say_texts("each", &r->each);
    say_texts("some", &r->some);
    say_texts("none", &r->none);
    say_range("count", &r->arguments);
    end_object();

    say("\"handles\":{");
    say_texts("kinds", &r->kinds);
    say_range("count", &r->handles);
    if (r->access_within) say("\"access_within\":\"0x%x\",", (unsigned)r->access_within);
    end_object();
    say_texts("lifetime", &r->lifetime);
    end_object();
}

static policy *made(const slow_policy *slow) {
    const policy_options options = {0};
    policy_error error = {0};
    policy *p = NULL;
    used = 0;
    say("{\"version\":1,\"default\":\"%s\",\"rules\":[", slow->allow ? "allow" : "deny");
    for (int i = 0; i < slow->count; i++) say_rule(&slow->rules[i]);
    if (json[used - 1] == ',') used--;
    say("]}");
    if (!CHECK(policy_parse(json, used, &options, &p, &error)))
        fprintf(stderr, "    %zu:%zu %s\n    %s\n", error.line, error.column, error.message, json);
    return p;
}

/* ---- facts, and how often the policy asks for each ---- */

typedef struct asked {
    const slow_facts *f;
    char entries[SLOW_ARGUMENTS][32];
    const char *environment[SLOW_ARGUMENTS];
    policy_handle handles[SLOW_HANDLES];
    int path, sha256, signer, handle, writable, directory;
} asked;

static bool unknown(policy_why *why) {
    snprintf(why->text, sizeof why->text, "nobody knows");
    return false;
}

static bool member(void *context, const char *sid, bool *ret, policy_why *why) {
    const slow_facts *f = ((asked *)context)->f;
    if (!f->groups_known) return unknown(why);
    *ret = false;
    for (int i = 0; i < f->groups.count; i++) *ret = *ret || !strcmp(f->groups.at[i], sid);
    return true;
}

static bool signer(void *context, const char **ret, policy_why *why) {
    asked *a = context;
    a->signer++;
    *ret = a->f->signer;
    return *ret || unknown(why);
}

static bool path(void *context, const char **ret, policy_why *why) {
    asked *a = context;
    a->path++;
    *ret = a->f->path;
    return *ret || unknown(why);
}

static bool sha256(void *context, char ret[65], policy_why *why) {
    asked *a = context;
    a->sha256++;
    if (!a->f->sha256) return unknown(why);
    memcpy(ret, a->f->sha256, 65);
    return true;
}

static bool writable(void *context, bool *ret, policy_why *why) {
    asked *a = context;
    (void)why;
    a->writable++;
    *ret = a->f->writable;
    return true;
}

static bool directory(void *context, const char **ret, policy_why *why) {
    asked *a = context;
    a->directory++;
    *ret = a->f->directory;
    return *ret || unknown(why);
}

static bool handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    asked *a = context;
    (void)why;
    a->handle++;
    for (int i = 0; i < a->f->handle_count; i++)
        a->handles[i] = (policy_handle){a->f->kinds[i], a->f->access[i]};
    *ret = a->handles;
    *ret_count = (size_t)a->f->handle_count;
    return true;
}

static const policy_oracle oracle = {member, signer, path, sha256, writable, directory, handles};

static policy_facts facts_of(const slow_facts *f, asked *a, char *line, size_t size) {
    static const uint32_t rids[] = {0, 0x1000, 0x2100, 0x3000, 0x4000};
    size_t length = (size_t)snprintf(line, size, "tool");
    for (int i = 0; i < f->argument_count; i++)
        length += (size_t)snprintf(line + length, size - length, " %s", f->arguments[i]);

    policy_facts facts = {.sid = f->sid,
                          .image = f->image,
                          .session = f->session,
                          .sandboxed = f->sandboxed,
                          .application = "C:\\asked\\for.exe",
                          .command_line = line,
                          .handle_count = (size_t)f->handle_count,
                          .ask = &oracle,
                          .context = a};

    for (int i = 0; i < 5; i++)
        if (!strcmp(integrities[i], f->integrity)) facts.integrity = rids[i];
    for (int i = 0; i < 3; i++)
        if (!strcmp(lifetimes[i], f->lifetime)) facts.lifetime = (msg_lifetime)i;
    *a = (asked){.f = f};
    for (int i = 0; i < f->variable_count; i++) {
        snprintf(a->entries[i], sizeof a->entries[i], "%s=COR_X=1", f->variables[i]);
        a->environment[i] = a->entries[i];
    }
    facts.environment = a->environment;
    facts.environment_count = (size_t)f->variable_count;
    return facts;
}

typedef struct traced {
    int steps;
    bool good; /* only the last rule matched, and all before it say why not */
    char last[32];
} traced;

static void each_step(void *context, const policy_step *step) {
    traced *t = context;
    t->steps++;
    t->good = t->good && (step->matched ? !step->condition : step->condition && step->wanted && step->got);
    snprintf(t->last, sizeof t->last, "%s", step->rule);
}

static void one_launch(const policy *p, const slow_policy *slow, unsigned *seen) {
    slow_facts f = random_facts();
    asked a;
    char line[128];
    policy_facts facts = facts_of(&f, &a, line, sizeof line);
    arena memory = {0};
    policy_decision d = {0};
    traced t = {.good = true};
    const policy_trace trace = {each_step, &t};
    bool allow = false;
    const char *rule = slow_decide(slow, &f, &allow);

    CHECK(policy_decide(p, &facts, &memory, &trace, &d));
    if (!CHECK_TEXT(d.rule, rule) || !CHECK_INT(d.allow, allow)) fprintf(stderr, "    %s\n", json);
    CHECK(t.good);
    CHECK_TEXT(t.last, rule);
    CHECK(allow || d.reason);
    CHECK(a.path <= 1 && a.sha256 <= 1 && a.signer <= 1 && a.handle <= 1 && a.writable <= 1 &&
          a.directory <= 1);
    seen[!strncmp(rule, "default", 7) ? 0 : allow ? 1 : 2]++;
    arena_free(&memory);
}

static void generated(void) {
    unsigned seen[3] = {0};
    for (int i = 0; i < 3000; i++) {
        slow_policy slow = {.allow = below(2), .count = (int)below(SLOW_RULES + 1)};
        for (int k = 0; k < slow.count; k++) slow.rules[k] = random_rule(k);
        policy *p = made(&slow);
        for (int k = 0; p && k < 10; k++) {
            check_case("policy %d, launch %d", i, k);
            one_launch(p, &slow, seen);
        }
        policy_free(&p);
    }
    check_case("each outcome came often");
    printf("by default %u, allowed %u, denied %u\n", seen[0], seen[1], seen[2]);
    CHECK(seen[0] > 1000 && seen[1] > 1000 && seen[2] > 1000);
}

/* ---- by hand ---- */

static policy *parsed(const char *text) {
    const policy_options options = {0};
    policy_error error = {0};
    policy *p = NULL;
    if (!CHECK(policy_parse(text, strlen(text), &options, &p, &error)))
        fprintf(stderr, "    %s\n", error.message);
    return p;
}

static policy_decision decided(policy *p, policy_facts *facts, arena *a) {
    policy_decision d = {0};
    CHECK(p && policy_decide(p, facts, a, NULL, &d));
    return d;
}

/* Facts that take time are not asked for when the rule cannot match anyway. */
static void lazy(void) {
    slow_facts f = {.sid = "S-1-5-18",
                    .image = images[0],
                    .path = paths[0],
                    .sha256 = HASH_A,
                    .signer = "",
                    .integrity = "high",
                    .lifetime = "caller",
                    .groups_known = true};
    asked a;
    char line[64];
    arena memory = {0};
    policy_facts facts = facts_of(&f, &a, line, sizeof line);
    policy *p = parsed(
        "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"name\":\"a\",\"action\":\"allow\","
        "\"caller\":{\"sid\":[\"S-1-5-21-1\"],\"signer\":[\"x\"]},\"program\":{\"path\":[\"C:\\\\**\"],"
        "\"sha256\":[\"" HASH_B "\"]},\"handles\":{\"kinds\":[\"File\"]}}]}");

    check_case("lazy");
    CHECK_TEXT(decided(p, &facts, &memory).rule, "default");
    CHECK_INT(a.path + a.sha256 + a.signer + a.handle + a.writable, 0);
    f.sid = facts.sid = "S-1-5-21-1";
    CHECK_TEXT(decided(p, &facts, &memory).rule, "default");
    CHECK_INT(a.path, 1);
    CHECK_INT(a.sha256, 1);
    CHECK_INT(a.signer + a.handle, 0);
    policy_free(&p);
    arena_free(&memory);
}

static void streams(void) {
    static const char *const list[] = {"C:\\a\\b.txt:evil.exe", "\\\\?\\C:\\a\\b.exe:x", "\\\\s\\h\\a:b"};
    slow_facts f = {.sid = "S-1-5-18", .integrity = "high", .lifetime = "caller", .image = ""};
    asked a;
    char line[64];
    policy_facts facts = facts_of(&f, &a, line, sizeof line);
    const policy_options options = {0};
    policy *p = policy_builtin(&options);
    for (size_t i = 0; i < COUNT(list); i++) {
        arena memory = {0};
        check_case("%s", list[i]);
        facts.application = list[i];
        policy_decision d = decided(p, &facts, &memory);
        CHECK(!d.allow);
        CHECK_TEXT(d.rule, "builtin.stream");
        arena_free(&memory);
    }
    policy_free(&p);
}

static void carried(void) {
    slow_facts f = {.sid = "S-1-5-18", .integrity = "high", .lifetime = "caller", .image = ""};
    asked a;
    char line[64];
    arena memory = {0};
    policy_facts facts = facts_of(&f, &a, line, sizeof line);
    policy *p = parsed(
        "{\"version\":1,\"default\":\"deny\",\"audit\":{\"wait\":\"outcome\",\"on_failure\":\"allow_"
        "degraded\","
        "\"retention\":{\"days\":90,\"bytes\":10000000},\"denials_per_minute\":5},"
        "\"launches_at_once\":24,\"hash\":{\"most_bytes\":7,\"remote\":true},\"quotas\":{\"connections\":0,\"live_children\":7},\"rules\":[{\"name\":\"a\",\"action\":\"allow\","
        "\"limits\":{\"cpu_percent\":50,\"max_processes\":4},\"attest\":false}]}");

    check_case("what a decision carries");
    policy_decision d = decided(p, &facts, &memory);
    CHECK(d.allow && !d.attest);
    msg_limits asked_for = {.cpu_percent = 80, .max_processes = 2, .job_memory_bytes = 9};
    msg_limits l = policy_limits_within(&asked_for, &d.limits);
    CHECK_INT(l.cpu_percent, 50);
    CHECK_INT(l.max_processes, 2);
    CHECK_INT(l.job_memory_bytes, 9);
    CHECK_INT(l.process_memory_bytes, 0);
    const policy_settings *s = policy_settings_of(p);
    CHECK(s->audit.wait_for_outcome && s->audit.allow_degraded);
    CHECK_INT(s->audit.retention_days, 90);
    CHECK_INT(s->audit.retention_bytes, 10000000);
    CHECK_INT(s->audit.denials_per_minute, 5);
    CHECK_INT(s->quotas.connections, 0);
    CHECK_INT(s->quotas.live_children, 7);
    CHECK_INT(s->quotas.launches_in_flight, 1024);
    CHECK_INT(s->quotas.bytes_in_flight, 64 * 1024 * 1024);
    CHECK_INT(s->launches_at_once, 24);
    CHECK_INT(s->rules, 1);
    CHECK_INT(s->hash.most_bytes, 7);
    CHECK(s->hash.remote);
    policy_free(&p);
    arena_free(&memory);

    check_case("which programs are hashed where the policy does not say so");
    p = parsed("{\"version\":1,\"default\":\"deny\"}");
    CHECK_INT(policy_settings_of(p)->hash.most_bytes, 1 << 30);
    CHECK(!policy_settings_of(p)->hash.remote);
    policy_free(&p);
}

int main(void) {
    generated();
    lazy();
    streams();
    carried();
    return check_report();
}
