/* Quotas, bursts of denials, and what records must not show. */
#include "tests/policy/policy_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static void used_up(const child_result *result, const char *name) {
    char message[1024] = "";
    CHECK_INT(result->err, NOT_ENOUGH_QUOTA);
    WideCharToMultiByte(CP_UTF8, 0, result->error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, name);
}

static void live_children(void) {
    test_broker broker;
    child_result result;
    wchar_t line[POLICY_LINE];
    sb_process first, second;
    sb_error error;

    check_about("quota: live children");
    if (!policy_start(&broker,
                      "{\"version\": 1, \"default\": \"allow\", \"quotas\": {\"live_children\": 2}}"))
        return;

    sb_client *client = broker_connect(broker.pipe);
    sb_spawn_options options = helper_options(L"sleep:600000", line, POLICY_LINE);
    CHECK_INT(sb_spawn(client, &options, &first, &error), ERROR_SUCCESS);
    CHECK_INT(sb_spawn(client, &options, &second, &error), ERROR_SUCCESS);
    helper_run(client, L"exit:0", NULL, 0, &result);
    used_up(&result, "\"live_children\" of this user is used up: 2");
    CHECK(TerminateProcess(first.process, 1));
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    do helper_run(client, L"exit:0", NULL, 0, &result);
    while (result.err == NOT_ENOUGH_QUOTA && !deadline_passed(deadline));
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK(TerminateProcess(second.process, 1));
    sb_process_close(&first);
    sb_process_close(&second);
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

static void per_minute(void) {
    test_broker broker;
    child_result result;
    check_about("quota: launches a minute");
    if (!policy_start(&broker,
                      "{\"version\": 1, \"default\": \"allow\", \"quotas\": {\"launches_per_minute\": 3}}"))
        return;
    sb_client *client = broker_connect(broker.pipe);
    for (int i = 0; i < 3; i++) {
        helper_run(client, L"exit:0", NULL, 0, &result);
        CHECK_INT(result.err, ERROR_SUCCESS);
    }
    helper_run(client, L"exit:0", NULL, 0, &result);
    used_up(&result, "\"launches_per_minute\" of this user is used up: 3 a minute");
    sb_disconnect(client);
    CHECK_INT(broker_stop(&broker), 0);
}

static void connections(void) {
    test_broker broker;
    raw_client clients[3] = {0};
    msg_reply reply;
    msg_hello hello = {.protocol = LIMIT_PROTOCOL_VERSION, .client = "test 1"};
    size_t length;

    check_about("quota: connections");
    if (!policy_start(&broker, "{\"version\": 1, \"default\": \"allow\", \"quotas\": {\"connections\": 2}}"))
        return;
    for (int i = 0; i < 3; i++) CHECK(raw_open(&clients[i], broker.pipe));
    CHECK(raw_hello(&clients[0]) && raw_hello(&clients[1]));

    char *frame = msg_encode_hello(1, &hello, &length);
    if (CHECK(raw_call(&clients[2], frame, length, &reply))) {
        CHECK_INT(reply.fault.kind, FAULT_QUOTA);
        CHECK_TEXT(reply.fault.field, "quota.connections");
        msg_reply_free(&reply);
    }

    frame = msg_encode_status(2, &length); /* without a successful hello the client is not identified */
    if (CHECK(raw_call(&clients[2], frame, length, &reply))) {
        CHECK_INT(reply.fault.kind, FAULT_HELLO_FIRST);
        msg_reply_free(&reply);
    }

    raw_close(&clients[0]);
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    bool good = false;
    while (!good && !deadline_passed(deadline)) good = raw_hello(&clients[2]);
    CHECK(good);
    raw_close(&clients[1]);
    raw_close(&clients[2]);
    CHECK_INT(broker_stop(&broker), 0);
}

/* Sends count spawn requests at once, and counts the replies by kind. */
static void burst(const wchar_t *pipe, int count, int counts[FAULT_COUNT], char field[80]) {
    raw_client client;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);

    if (!CHECK(raw_open(&client, pipe)) || !CHECK(raw_hello(&client))) return;
    for (int sent = 0; sent < count;) {
        int some = count - sent < 50 ? count - sent : 50;
        for (int i = 0; i < some; i++) {
            size_t length;
            char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
            CHECK(raw_send_frame(&client, frame, length));
        }
        for (int i = 0; i < some; i++) {
            msg_reply reply;
            if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
            counts[reply.fault.kind]++;
            if (reply.fault.kind == FAULT_QUOTA) snprintf(field, 80, "%s", reply.fault.field);
            msg_reply_free(&reply);
        }
        sent += some;
    }
    raw_close(&client);
}

static void in_flight(void) {
    test_broker broker;
    int counts[FAULT_COUNT] = {0};
    char field[80] = "";
    check_about("quota: launches in flight");
    if (!policy_start(&broker,
                      "{\"version\": 1, \"default\": \"allow\", \"quotas\": {\"launches_in_flight\": 1}}"))
        return;
    burst(broker.pipe, 20, counts, field);
    CHECK(counts[FAULT_NONE] >= 1);
    CHECK(counts[FAULT_QUOTA] >= 1);
    CHECK_INT(counts[FAULT_NONE] + counts[FAULT_QUOTA], 20);
    CHECK_TEXT(field, "quota.launches_in_flight");
    CHECK_INT(broker_stop(&broker), 0);
}

void try_quotas(void) {
    live_children();
    per_minute();
    connections();
    in_flight();
}

/* The sum of the counts in events of kind "denials", for a rule. */
static int counted(const wchar_t *data, const char *rule) {
    char wanted[128];
    size_t size = 0;
    int sum = 0;
    char *bytes = file_read(data, L"audit.db", &size);
    snprintf(wanted, sizeof wanted, "\"rule\":\"%s\",\"count\":", rule);
    for (size_t at = 0; bytes && at + strlen(wanted) < size; at++)
        if (!memcmp(bytes + at, wanted, strlen(wanted))) sum += atoi(bytes + at + strlen(wanted));
    free(bytes);
    return sum;
}

void try_denials(void) {
    enum { REFUSALS = 300, RECORDED = 5 };
    static const char text[] =
        "{\"version\": 1, \"default\": \"deny\", \"audit\": {\"denials_per_minute\": 5}, \"rules\": [\n"
        "{\"name\": \"nobody\", \"action\": \"deny\", \"reason\": \"nobody\"}]}";
    test_broker broker;
    int counts[FAULT_COUNT] = {0}, records = 0;
    char field[80], said[4096];
    raw_audit audit;
    msg_status status;

    check_about("a burst of refusals");
    if (!policy_start(&broker, text)) return;
    burst(broker.pipe, REFUSALS, counts, field);
    CHECK_INT(counts[FAULT_DENIED], REFUSALS);
    if (CHECK(raw_audit_read(broker.pipe, 0, 1000, &audit))) records = (int)audit.count;
    raw_audit_free(&audit);
    CHECK(records >= RECORDED &&
          records < RECORDED + 20); /* some more for each further minute that the burst took */
    if (CHECK(raw_status(broker.pipe, &status))) CHECK_INT(status.launches_denied, REFUSALS);
    CHECK_INT(broker_stop_said(&broker, said, sizeof said), 0);
    CHECK_INT(records + counted(broker.data, "nobody"), REFUSALS);
    CHECK_HAS(said, "warning 10: "); /* the Event Log has it too */
    CHECK_HAS(said, " by nobody");
    directory_remove(broker.data);
}

/* A user whom the policy denies everything sends requests that are faulty, and as large as requests can be.
 */
void try_faulty(void) {
    enum { REQUESTS = 200, ENTRIES = 7000, LENGTH = 100, BOUND = 4 * 1024 * 1024 };
    static const char text[] =
        "{\"version\": 1, \"default\": \"deny\", \"audit\": {\"denials_per_minute\": 60}}";
    static char entry[LENGTH + 1];
    static const char *environment[ENTRIES];
    test_broker broker;
    raw_client client;
    raw_spawn_text where;
    raw_audit audit;
    size_t size = 0;
    int records = 0;

    check_about("a burst of faulty requests");
    if (!policy_start(&broker, text) || !CHECK(raw_open(&client, broker.pipe)) || !CHECK(raw_hello(&client)))
        return;
    memset(entry, 'E', LENGTH - 1);
    entry[LENGTH - 1] = '=';
    for (int i = 0; i < ENTRIES; i++) environment[i] = entry;
    msg_spawn spawn = raw_spawn("exit:0", &where);
    spawn.environment = environment;
    spawn.environment_count = ENTRIES;
    spawn.creation_flags = 0x80000000; /* which is not allowed */
    for (int i = 0; i < REQUESTS; i++) {
        size_t length;
        msg_reply reply;
        char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
        if (!CHECK(frame) || !raw_call(&client, frame, length, &reply)) break;
        CHECK_INT(reply.fault.kind, FAULT_BAD_VALUE);
        msg_reply_free(&reply);
    }
    raw_close(&client);

    if (CHECK(raw_audit_read(broker.pipe, 0, 1000, &audit))) records = (int)audit.count;
    for (int i = 0; i < records; i++)
        if (strlen(audit.rows[i].environment_names) < 1000)
            CHECK_HAS(audit.rows[i].environment_names, " [cut]");
    raw_audit_free(&audit);
    CHECK(records >= 60 && records < REQUESTS);
    policy_stop_keep(&broker);
    CHECK_INT(records + counted(broker.data, "failed.bad_value"), REQUESTS);
    free(file_read(broker.data, L"audit.db", &size));
    if (!CHECK(size < BOUND)) printf("the audit has %zu bytes\n", size);
    directory_remove(broker.data);
}

void try_secrets(void) {
    static const char secret[] = "hunter2-TOP-secret";
    static const char text[] =
        "{\"version\": 1, \"default\": \"allow\", \"redact\": [\"echo:hunter*\", \"--key *\"], \"rules\": [\n"
        "{\"name\": \"refused\", \"action\": \"deny\", \"reason\": \"no\", \"arguments\": {\"some\": "
        "[\"--key\"]}},\n"
        "{\"name\": \"own\", \"action\": \"allow\", \"arguments\": {\"some\": [\"echo:sesame*\"]}, "
        "\"redact\": [\"echo:sesame*\"]}]}";
    test_broker broker;
    child_result result;

    check_about("secrets");
    if (!policy_start(&broker, text)) return;
    sb_client *client = broker_connect(broker.pipe);
    helper_run(client, L"\"echo:hunter2-TOP-secret\"", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_HAS(result.output, secret); /* the child gets it */

    /* Only the rule hides this. */
    helper_run(client, L"echo:sesame-hunter2-TOP-secret", NULL, 0, &result);
    CHECK_INT(result.err, ERROR_SUCCESS);
    CHECK_HAS(result.output, secret);

    helper_run(client, L"--key hunter2-TOP-secret", NULL, 0, &result);
    CHECK_INT(result.err, DISABLED_BY_POLICY);
    wchar_t line[POLICY_LINE];
    sb_spawn_options options = helper_options(L"--key hunter2-TOP-secret", line, POLICY_LINE);
    options.creation_flags = 0x80000000; /* a faulty request is recorded too */
    child_run(client, &options, &result);
    CHECK(result.err != ERROR_SUCCESS && result.err != DISABLED_BY_POLICY);
    sb_disconnect(client);
    policy_stop_keep(&broker);
    CHECK_INT(policy_count_in_audit(broker.data, secret, sizeof secret - 1), 0);
    CHECK_INT(
        policy_count_in_audit(broker.data, L"hunter2-TOP-secret", (sizeof secret - 1) * sizeof(wchar_t)), 0);
    CHECK(policy_count_in_audit(broker.data, "echo:hunter[redacted]", 21) >= 1);
    CHECK(policy_count_in_audit(broker.data, "--key [redacted]", 16) >= 1);
    CHECK(policy_count_in_audit(broker.data, "echo:sesame[redacted]", 21) >= 1);
    directory_remove(broker.data);
}
