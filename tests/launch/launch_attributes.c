/* Priority, processors, mitigations and the other attributes of CreateProcess: the child has them, or the
 * error names the one that is not supported. */
#include "tests/launch/launch.h"

#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

#define EXTENSION_POINTS_OFF                                                      \
    (UINT64_C(1) << 32) /* PROCESS_CREATION_MITIGATION_POLICY_EXTENSION_POINT_... \
                         */
enum { MITIGATION = 0x20007, CHILD_POLICY = 0x2000E };

static void run(const launch_place *place, sb_spawn_options *options, child_result *ret) {
    child_run(place->client, options, ret);
    if (ret->err) printf("  %ls\n", ret->error.message);
}

static void gives(const launch_place *place, sb_spawn_options *options, const char *output) {
    child_result result;
    run(place, options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_TEXT(result.output, output);
}

static void refused(const launch_place *place, sb_spawn_options *options, DWORD code, const char *words) {
    child_result result;
    char message[600];
    run(place, options, &result);
    CHECK_INT(result.err, code);
    snprintf(message, sizeof message, "%ls", result.error.message);
    CHECK_HAS(message, words);
}

static void priorities(const launch_place *place) {
    static const DWORD classes[] = {IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS,
                                    ABOVE_NORMAL_PRIORITY_CLASS, HIGH_PRIORITY_CLASS};
    wchar_t line[LINE];
    char text[16];

    check_about("priority: as asked for");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        sb_spawn_options options = helper_options(L"priority", line, LINE);
        options.creation_flags = classes[i];
        snprintf(text, sizeof text, "%lx\n", classes[i]);
        gives(place, &options, text);
    }

    check_about("priority: refused");
    sb_spawn_options options = helper_options(L"priority", line, LINE);
    options.creation_flags = REALTIME_PRIORITY_CLASS;
    refused(place, &options, ERROR_NOT_SUPPORTED, "REALTIME_PRIORITY_CLASS");
    options.creation_flags = IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS;
    options.std_output = NULL;
    refused(place, &options, ERROR_INVALID_PARAMETER, "one priority");

    check_about("priority: not asked for, as CreateProcess gives it");
    options = helper_options(L"priority", line, LINE);
    gives(place, &options, "20\n");
    CHECK(SetPriorityClass(GetCurrentProcess(), IDLE_PRIORITY_CLASS));
    options = helper_options(L"priority", line, LINE);
    gives(place, &options, "40\n");
    CHECK(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
}

static void processors(const launch_place *place) {
    wchar_t line[LINE];
    char text[32];
    DWORD_PTR own, all;

    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &own, &all));
    uint64_t last = all & ~(all >> 1); /* the highest processor of a mask without gaps */

    check_about("affinity: as asked for, by descendants too");
    sb_spawn_options options = helper_options(L"affinity grandchild affinity", line, LINE);
    options.affinity = last;
    snprintf(text, sizeof text, "%llx\n%llx\n", (unsigned long long)last, (unsigned long long)last);
    gives(place, &options, text);

    check_about("affinity: processors that do not exist");
    options = helper_options(L"affinity", line, LINE);
    options.affinity = (uint64_t)all << 1 | 1;
    if (options.affinity & ~(uint64_t)all) refused(place, &options, ERROR_INVALID_PARAMETER, "do not exist");

    check_about("affinity: not asked for, the caller's");
    options = helper_options(L"affinity", line, LINE);
    snprintf(text, sizeof text, "%llx\n", (unsigned long long)own);
    gives(place, &options, text);

    if (GetActiveProcessorGroupCount() == 1 && CHECK(SetProcessAffinityMask(GetCurrentProcess(), last))) {
        options = helper_options(L"affinity", line, LINE);
        snprintf(text, sizeof text, "%llx\n", (unsigned long long)last);
        gives(place, &options, text);
    }
    CHECK(SetProcessAffinityMask(GetCurrentProcess(), own));
}

/* Creates a child directly from this process, to compare with. */
static void direct(const wchar_t *action, char *text, size_t size) {
    wchar_t line[LINE];
    HANDLE reading, writing;
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    helper_options(action, line, LINE);
    text[0] = 0;
    if (!CHECK(CreatePipe(&reading, &writing, NULL, 0))) return;
    SetHandleInformation(writing, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    start.hStdOutput = writing;
    BOOL ok = CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &made);
    CloseHandle(writing);
    if (CHECK(ok)) {
        CHECK(read_to_end(reading, text, size, TEST_DEADLINE_MS));
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    CloseHandle(reading);
}

static void mitigations(const launch_place *place) {
    const uint64_t words[2] = {EXTENSION_POINTS_OFF, 0};
    sb_attribute attribute = {MITIGATION, words, sizeof *words};
    wchar_t line[LINE];
    char text[256];
    child_result result;

    check_about("mitigation policy: none asked for, those of a child of one's own");
    direct(L"mitigations", text, sizeof text);
    sb_spawn_options options = helper_options(L"mitigations", line, LINE);
    gives(place, &options, text);

    check_about("mitigation policy: of one word and of two");
    for (int i = 1; i <= 2; i++) {
        options = helper_options(L"mitigations", line, LINE);
        attribute.size = (size_t)i * sizeof *words;
        options.attributes = &attribute;
        options.attribute_count = 1;
        run(place, &options, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
        snprintf(text, sizeof text, "%d=1 ", (int)ProcessExtensionPointDisablePolicy);
        if (check_part("mitigations", on_wine() ? "Wine keeps no mitigation policy" : NULL))
            CHECK_HAS(result.output, text);
    }

    check_about("mitigation policy: of another size");
    options = helper_options(L"exit:0", line, LINE);
    attribute.size = 5;
    options.attributes = &attribute;
    options.attribute_count = 1;
    refused(place, &options, ERROR_BAD_LENGTH, "PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY");
}

static void no_children(const launch_place *place) {
    const DWORD restricted = 1, override = 2; /* PROCESS_CREATION_CHILD_PROCESS_... */
    sb_attribute attribute = {CHILD_POLICY, &restricted, sizeof restricted};
    wchar_t line[LINE];
    child_result result;

    check_about("child process policy");
    sb_spawn_options options = helper_options(L"plain", line, LINE);
    gives(place, &options, "launched\n");
    options = helper_options(L"plain", line, LINE);
    options.attributes = &attribute;
    options.attribute_count = 1;
    run(place, &options, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    const char *missing = on_wine() ? "Wine does not enforce a child process policy" : NULL;
    if (check_part("child_policy", missing)) CHECK_HAS(result.output, "refused");

    if (!place->local) {
        wchar_t actions[96];
        check_about("child process policy: nor through the broker");
        swprintf(actions, 96, L"launch:%ls:caller", place->broker.pipe);
        options = helper_options(actions, line, LINE);
        options.attributes = &attribute;
        options.attribute_count = 1;
        run(place, &options, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
        if (check_part("child_policy", missing)) CHECK_INT(result.exit_code, 121);
    }

    attribute.value = &override;
    options.std_output = NULL;
    refused(place, &options, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_CHILD_PROCESS_POLICY");
}

static void by_name(const launch_place *place) {
    static const struct {
        DWORD_PTR key;
        DWORD code;
        const char *words;
    } cases[] = {{0x20016, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE: an HPCON is memory"},
                 {0x20000, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_PARENT_PROCESS"},
                 {0x20002, ERROR_NOT_SUPPORTED, "name the handles"},
                 {0x30003, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY"},
                 {0x20009, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_SECURITY_CAPABILITIES"},
                 {0x2000B, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_PROTECTION_LEVEL"},
                 {0x2000D, ERROR_NOT_SUPPORTED, "PROC_THREAD_ATTRIBUTE_JOB_LIST"},
                 {0x2FFFF, ERROR_NOT_SUPPORTED, "0x2ffff is not known"},
                 {7, ERROR_NOT_SUPPORTED, "0x7 is not known"}};
    const uint64_t word = 0;
    wchar_t line[LINE];

    check_about("attributes that are refused by name");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sb_attribute attribute = {cases[i].key, &word, sizeof word};
        sb_spawn_options options = helper_options(L"exit:0", line, LINE);
        options.attributes = &attribute;
        options.attribute_count = 1;
        refused(place, &options, cases[i].code, cases[i].words);
    }

    const sb_attribute twice[] = {{MITIGATION, &word, sizeof word}, {MITIGATION, &word, sizeof word}},
                       empty = {MITIGATION, NULL, sizeof word};
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.attributes = twice;
    options.attribute_count = 2;
    refused(place, &options, ERROR_INVALID_PARAMETER, "twice");
    options.attributes = &empty;
    options.attribute_count = 1;
    options.std_output = NULL;
    refused(place, &options, ERROR_INVALID_PARAMETER, "NULL");
    options.attributes = NULL;
    options.std_output = NULL;
    refused(place, &options, ERROR_INVALID_PARAMETER, "attribute_count");
}

/* A program that was compiled before attributes existed: nothing behind its struct is read. */
static void older_program(const launch_place *place) {
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"echo:older", line, LINE);
    check_about("the options of an older version");
    options.size = offsetof(sb_spawn_options, desktop);
    options.desktop = L"nowhere\\at\\all";
    options.affinity = UINT64_MAX;
    options.attribute_count = SIZE_MAX;
    gives(place, &options, "older\n");
}

void launch_attributes(const launch_place *place) {
    priorities(place);
    processors(place);
    mitigations(place);
    no_children(place);
    by_name(place);
    older_program(place);
}
