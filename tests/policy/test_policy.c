/* policy.json with a real broker: rules, reloading, rights, tricks with paths, quotas, secrets and bursts.
 * Names of sections as arguments run only those. */
#include "tests/policy/policy_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Replaces each @ by the directory of the programs, escaped for JSON. */
static char *filled(const char *text) {
    wchar_t wide[MAX_PATH];
    char here[3 * MAX_PATH], *out = malloc(strlen(text) * 4 + 16384), *at = out;
    beside_program(wide, L"");
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, here, sizeof here, NULL, NULL);
    for (; out && *text; text++) {
        if (*text != '@') {
            *at++ = *text;
            continue;
        }
        for (const char *h = here; *h; h++) {
            if (*h == '\\') *at++ = '\\';
            *at++ = *h;
        }
    }
    if (out) *at = 0;
    return out;
}

typedef struct new_policy {
    wchar_t path[MAX_PATH + 16];
    char *text;
} new_policy;

static bool is_written(void *context) {
    const new_policy *p = context;
    return file_write(p->path, p->text, strlen(p->text));
}

/* A broker that is reading the file keeps others from writing it, for a moment. */
bool policy_write(const wchar_t *data, const char *text) {
    new_policy p = {.text = filled(text)};
    swprintf(p.path, MAX_PATH + 16, L"%ls\\policy.json", data);
    bool good = p.text && poll_until(is_written, &p, TEST_DEADLINE_MS);
    free(p.text);
    return CHECK(good);
}

bool policy_start(test_broker *ret, const char *text) {
    wchar_t data[MAX_PATH];
    return CHECK(directory_make_data(data, L"policy")) && policy_write(data, text) &&
           CHECK(broker_start(ret, data));
}

void policy_stop_keep(test_broker *broker) {
    CHECK_INT(broker_stop_keep(broker), 0);
}

static bool explain(const wchar_t *pipe, const msg_explain *what, char *text) {
    raw_client client;
    msg_reply reply;
    msg_explained e;
    size_t length;
    bool good = false;
    if (!raw_open(&client, pipe)) return false;
    if (raw_hello(&client)) {
        char *frame = msg_encode_explain(client.next_id++, what, &length);
        if (raw_call(&client, frame, length, &reply)) {
            if ((good = msg_reply_explain(&reply, &e))) snprintf(text, 128, "%s", e.rule);
            else printf("policy.explain: %s\n", reply.fault.message);
            msg_reply_free(&reply);
        }
    }
    raw_close(&client);
    return good;
}

bool policy_rule_of(const wchar_t *pipe, const char *application, char *text) {
    const msg_explain what = {.application = application};
    return explain(pipe, &what, text);
}

bool policy_wait_rule(const wchar_t *pipe, const char *rule) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    raw_spawn_text text;
    char got[128] = "";
    msg_spawn spawn = raw_spawn("exit:0", &text);
    do {
        if (!policy_rule_of(pipe, spawn.application, got)) return false;
        if (!strcmp(got, rule)) return true;
        Sleep(20);
    } while (!deadline_passed(deadline));
    printf("the rule is still %s, not %s\n", got, rule);
    return false;
}

DWORD policy_spawnctl(const wchar_t *pipe, const wchar_t *arguments, char *text, size_t size) {
    wchar_t program[MAX_PATH], line[POLICY_LINE];
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    HANDLE reading, writing;
    DWORD code = STILL_ACTIVE;

    text[0] = 0;
    beside_program(program, L"spawnctl.exe");
    swprintf(line, POLICY_LINE, L"spawnctl --pipe %ls %ls", pipe, arguments);
    if (!CHECK(CreatePipe(&reading, &writing, &inheritable, 0))) return code;
    SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);
    start.hStdOutput = start.hStdError = writing;
    BOOL ok = CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &made);
    CloseHandle(writing);

    if (CHECK(ok)) {
        read_to_end(reading, text, size, TEST_DEADLINE_MS);
        CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        GetExitCodeProcess(made.hProcess, &code);
        CloseHandle(made.hProcess);
        CloseHandle(made.hThread);
    }
    CloseHandle(reading);
    return code;
}

size_t policy_count_in_audit(const wchar_t *data, const void *bytes, size_t length) {
    static const wchar_t *const files[] = {L"audit.db", L"audit.db-wal"};
    size_t count = 0;
    for (int i = 0; i < 2; i++) {
        size_t size = 0;
        char *text = file_read(data, files[i], &size);
        for (size_t at = 0; text && at + length <= size; at++) count += !memcmp(text + at, bytes, length);
        free(text);
    }
    return count;
}

static const struct {
    const wchar_t *name;
    void (*run)(void);
} sections[] = {
    {L"rules", try_rules},
    {L"reloads", try_reloads},
    {L"rights", try_rights},
    {L"tricks", try_tricks},
    {L"hashes", try_hashes},
    {L"quotas", try_quotas},
    {L"denials", try_denials},
    {L"faulty", try_faulty},
    {L"secrets", try_secrets},
    {L"unknown_kinds", try_unknown_kinds},
    {L"environment", try_environment},
    {L"directory", try_directory},
};

int wmain(int argc, wchar_t **argv) {
    int ran = 0;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        if (!section_chosen(argc - 1, argv + 1, sections[i].name)) continue;
        sections[i].run();
        ran++;
    }
    check_about("sections that the arguments name");
    CHECK(ran > 0);
    return check_report();
}
