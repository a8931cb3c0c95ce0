/* Encodes and decodes replies and compares them. */
#include "tests/proto/wire.h"

static const msg_id seven = {.number = 7};

static void check_good(const msg_reply *reply) {
    CHECK_TEXT(fault_name(reply->fault.kind), "none");
    CHECK_INT(reply->id, 7);
}

static void hello(void) {
    const msg_hello_result sent = {1, "spawnbroker 1.0.0", 4, "0123abcd", "DOMAIN\\\xC3\xA9", "S-1-5-18",
                                   2, 0xFFFFFFFCu};
    msg_hello_result r;
    msg_reply reply;
    size_t length = 0;

    check_case("hello");
    wire_reply_frame(msg_encode_hello_result(&seven, &sent, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_hello(&reply, &r));
    CHECK_INT(r.protocol, 1);
    CHECK_TEXT(r.broker, sent.broker);
    CHECK_INT(r.process_id, 4);
    CHECK_TEXT(r.nonce, sent.nonce);
    CHECK_TEXT(r.user, sent.user);
    CHECK_TEXT(r.sid, sent.sid);
    CHECK_INT(r.session, 2);
    CHECK_INT(r.caller_pid, 0xFFFFFFFCu);
    char *json = msg_reply_result_json(&reply, false);
    CHECK(json && strstr(json, "\"limits\":{\"frame_bytes\":1048576,"));
    CHECK(json && strstr(json, "\"in_flight\":64,"));
    free(json);
    msg_reply_free(&reply);
}

static void spawn(int attested) {
    const msg_spawn_result sent = {.launch_id = "01234567-89ab-cdef-0123-456789abcdef",
                                   .process_id = 1,
                                   .thread_id = 2,
                                   .process = 0x10,
                                   .thread = 0xFFFFFFFCu,
                                   .job = attested ? 0x14 : 0,
                                   .attested = attested,
                                   .times_us = {1, 2, 3, 4, 5, 6, 7, 8, 0xFFFFFFFFu}};
    msg_spawn_result r;
    msg_reply reply;
    size_t length = 0;

    check_case("spawn, attested %d", attested);
    wire_reply_frame(msg_encode_spawn_result(&seven, &sent, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_spawn(&reply, &r));
    CHECK_TEXT(r.launch_id, sent.launch_id);
    CHECK_INT(r.process_id, 1);
    CHECK_INT(r.thread_id, 2);
    CHECK_INT(r.process, 0x10);
    CHECK_INT(r.thread, 0xFFFFFFFCu);
    CHECK_INT(r.job, sent.job);
    CHECK_INT(r.attested, attested);
#define X(name) CHECK_INT(r.times_us.name, sent.times_us.name);
    TIME_LIST(X)
#undef X
    msg_reply_free(&reply);
}

static void list(void) {
    const msg_child sent[] = {{"id-1", 10, 20, "user", "C:\\a.exe", INT64_C(1790000000123457), 3,
                               MSG_LIFETIME_CALLER, "renderer 3"},
                              {"id-2", 11, 21, "user", "C:\\b.exe", 1, 0, MSG_LIFETIME_DETACHED, NULL}};
    const msg_children two = {.children = sent, .count = 2}, none = {0};
    msg_children got = {.count = 99};
    msg_reply reply;
    size_t length = 0;

    check_case("list");
    wire_reply_frame(msg_encode_list_result(&seven, &two, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_list(&reply, &got) && !got.more);
    const msg_child *rows = got.children;

    if (CHECK_INT(got.count, 2))
        for (size_t i = 0; i < got.count; i++) {
            CHECK_TEXT(rows[i].launch_id, sent[i].launch_id);
            CHECK_INT(rows[i].process_id, sent[i].process_id);
            CHECK_INT(rows[i].caller_pid, sent[i].caller_pid);
            CHECK_TEXT(rows[i].user, sent[i].user);
            CHECK_TEXT(rows[i].application, sent[i].application);
            CHECK_INT(rows[i].started_at, sent[i].started_at);
            CHECK_INT(rows[i].handles, sent[i].handles);
            CHECK_INT(rows[i].lifetime, sent[i].lifetime);
            CHECK_TEXT(rows[i].label, sent[i].label);
        }

    msg_reply_free(&reply);
    wire_reply_frame(msg_encode_list_result(&seven, &none, &length), &length, &reply);
    CHECK(msg_reply_list(&reply, &got));
    CHECK_INT(got.count, 0);
    char *json = msg_reply_result_json(&reply, true);
    CHECK_TEXT(json, "{\n  \"children\": []\n}");
    free(json);
    msg_reply_free(&reply);
}

static void waited(void) {
    const msg_waited sent[] = {{.launch_id = "id-1",
                                .exited = true,
                                .has_exit_code = true,
                                .exit_code = 0xC0000005,
                                .has_exited_at = true,
                                .exited_at = INT64_C(1790000000123457)},
                               {.launch_id = "id-2", .exited = true},
                               {.launch_id = "id-3"}};
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        size_t length = 0;
        msg_reply reply;
        msg_waited got;
        check_case("wait %zu", i);
        wire_reply_frame(msg_encode_wait_result(&seven, &sent[i], &length), &length, &reply);
        check_good(&reply);
        CHECK(msg_reply_wait(&reply, &got));
        CHECK_TEXT(got.launch_id, sent[i].launch_id);
        CHECK_INT(got.exited, sent[i].exited);
        CHECK_INT(got.has_exit_code, sent[i].has_exit_code);
        CHECK_INT(got.exit_code, sent[i].exit_code);
        CHECK_INT(got.has_exited_at, sent[i].has_exited_at);
        CHECK_INT(got.exited_at, sent[i].exited_at);
        msg_reply_free(&reply);
    }
}

static void status(void) {
    msg_status sent = {.version = "1.0.0",
                       .pipe = "\\\\.\\pipe\\SpawnBroker",
                       .database = "C:\\x\\audit.db",
                       .audit_state = "working",
                       .audit_trouble = "",
                       .audit_head = "",
                       .audit_public_key = "pem",
                       .has_policy = true,
                       .policy_sha256 = "ab",
                       .policy_trouble = "gone",
                       .policy_since = 5},
               r;
    int64_t n = 1;
    msg_reply reply;
    size_t length = 0;

    check_case("status");
#define X(name) sent.name = n++ * INT64_C(1000000007);
    STATUS_LIST(X)
    STATUS_QUEUE_LIST(X)
#undef X

    const msg_bucket buckets[] = {{64, 5}, {4096, 1}};
    const msg_series series[] = {{.name = "create",
                                  .sum_us = 77,
                                  .all = {6, 1, 2, 3, 4},
                                  .minute = {.count = 0},
                                  .buckets = buckets,
                                  .bucket_count = 2},
                                 {.name = "total", .buckets = NULL}};
    sent.has_activity = true;
    sent.activity =
        (msg_activity){.second = {1, 2, 3, 4}, .minute = {60, 7, 8, 9}, .series = series, .series_count = 2};

    wire_reply_frame(msg_encode_status_result(&seven, &sent, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_status(&reply, &r));
    CHECK_TEXT(r.version, sent.version);
    CHECK_TEXT(r.pipe, sent.pipe);
    CHECK_TEXT(r.database, sent.database);
#define X(name) CHECK_INT(r.name, sent.name);
    STATUS_LIST(X)
    STATUS_QUEUE_LIST(X)
#undef X

    CHECK(r.has_policy);
    CHECK_TEXT(r.policy_sha256, "ab");
    CHECK_TEXT(r.policy_trouble, "gone");
    CHECK_INT(r.policy_since, 5);
    CHECK(r.has_activity);
    CHECK_INT(r.activity.second.failed, 4);
    CHECK_INT(r.activity.minute.seconds, 60);
    CHECK_INT(r.activity.minute.denied, 8);

    if (CHECK_INT(r.activity.series_count, 2)) {
        CHECK_TEXT(r.activity.series[0].name, "create");
        CHECK_INT(r.activity.series[0].sum_us, 77);
        CHECK_INT(r.activity.series[0].all.p99_us, 3);
        CHECK_INT(r.activity.series[0].buckets[1].below_us, 4096);
        CHECK_INT(r.activity.series[1].bucket_count, 0);
    }
    msg_reply_free(&reply);

    check_case("status of a broker that tells of no activity and no policy");
    sent.has_activity = sent.has_policy = false;
    wire_reply_frame(msg_encode_status_result(&seven, &sent, &length), &length, &reply);
    CHECK(msg_reply_status(&reply, &r));
    CHECK(!r.has_activity && !r.has_policy);
    CHECK_INT(r.threads, sent.threads);
    msg_reply_free(&reply);
}

static void query(void) {
    const msg_launch_handle handles[] = {{0, "stdin", "File", 1, 4, 8, 0},
                                         {1, "log", NULL, 0xFFFFFFFF, 12, 16, 3}};
    const msg_launch sent[] = {
        {.seq = 2,
         .requested_at = INT64_C(9007199254740990),
         .caller_pid = 3,
         .caller_session = 4,
         .launch_id = "L",
         .caller_image = "C:\\c.exe",
         .caller_sid = "S",
         .caller_user = "U",
         .application = "A",
         .command_line = "C",
         .directory = "D",
         .rule = "R",
         .outcome = "started",
         .has_child_pid = true,
         .child_pid = 5,
         .has_attested = true,
         .attested = 0,
         .has_started_at = true,
         .started_at = 6,
         .has_exited_at = true,
         .exited_at = 7,
         .has_exit_code = true,
         .exit_code = 0,
         .has_create_us = true,
         .create_us = 8,
         .has_total_us = true,
         .total_us = 9,
         .has_caller_started_at = true,
         .caller_started_at = 10,
         .has_child_created_at = true,
         .child_created_at = 11,
         .lifetime = "broker",
         .creation_flags = 0x8000000,
         .environment_names = "A\nB",
         .environment_hash = "00ff",
         .handles = handles,
         .handle_count = 2},
        {.seq = 1,
         .launch_id = "M",
         .outcome = "denied",
         .stage = "decide",
         .has_error_code = true,
         .error_code = 1260,
         .error_message = "no"},
    };

    const msg_page page = {.rows = sent, .count = 2, .more = true, .next = 1, .settled = 4};
    msg_page got = {0};
    msg_reply reply;
    size_t length = 0;

    check_case("audit.query");
    wire_reply_frame(msg_encode_query_result(&seven, &page, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_query(&reply, &got));
    CHECK(got.more);
    CHECK_INT(got.next, 1);
    CHECK_INT(got.settled, 4);
    if (!CHECK_INT(got.count, 2)) return;

    const msg_launch *rows = got.rows;
#define TEXT(name) CHECK_TEXT(rows[i].name, sent[i].name);
#define NUMBER(name) CHECK_INT(rows[i].name, sent[i].name);
#define MAYBE(name)                                    \
    CHECK_INT(rows[i].has_##name, sent[i].has_##name); \
    NUMBER(name)
    for (size_t i = 0; i < 2; i++) {
        /* clang-format off: version 14 changes this list at each run. */
        NUMBER(seq)
        NUMBER(requested_at)
        NUMBER(caller_pid)
        NUMBER(caller_session)
        TEXT(launch_id)
        TEXT(caller_image)
        TEXT(caller_sid)
        TEXT(caller_user)
        TEXT(application)
        TEXT(command_line)
        TEXT(directory)
        TEXT(rule)
        TEXT(outcome)
        TEXT(stage)
        TEXT(error_message)
        MAYBE(error_code)
        MAYBE(child_pid)
        MAYBE(attested)
        MAYBE(started_at)
        MAYBE(exited_at)
        MAYBE(exit_code)
        MAYBE(create_us)
        MAYBE(total_us)
        MAYBE(caller_started_at)
        MAYBE(child_created_at)
        TEXT(lifetime)
        NUMBER(creation_flags)
        TEXT(environment_names)
        TEXT(environment_hash)
        NUMBER(handle_count)
        /* clang-format on */
    }

    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(rows[0].handles[i].position, handles[i].position);
        CHECK_TEXT(rows[0].handles[i].name, handles[i].name);
        CHECK_TEXT(rows[0].handles[i].type, handles[i].type);
        CHECK_INT(rows[0].handles[i].granted_access, handles[i].granted_access);
        CHECK_INT(rows[0].handles[i].caller_value, handles[i].caller_value);
        CHECK_INT(rows[0].handles[i].child_value, handles[i].child_value);
        CHECK_INT(rows[0].handles[i].fd, handles[i].fd);
    }
    msg_reply_free(&reply);
}

static void summary(void) {
    static const msg_latency latency[] = {{1000, 3}, {2000, 1}};
    static const msg_group sent[] = {{.key = "BOX\\ann",
                                      .started = 4,
                                      .denied = 3,
                                      .failed = 2,
                                      .interrupted = 1,
                                      .pending = 5,
                                      .latency = latency,
                                      .latency_count = 2},
                                     {.key = NULL}};
    const msg_groups groups = {.list = sent, .count = 2, .more = true, .next = 17};
    msg_groups got = {0};
    msg_reply reply;
    size_t length = 0;

    check_case("audit.summary");
    wire_reply_frame(msg_encode_summary_result(&seven, &groups, &length), &length, &reply);
    check_good(&reply);
    CHECK(msg_reply_summary(&reply, &got));
    CHECK(got.more);
    CHECK_INT(got.next, 17);
    if (!CHECK_INT(got.count, 2)) return;
#define X(name) CHECK_INT(got.list[0].name, sent[0].name);
    OUTCOME_LIST(X)
#undef X
    CHECK_TEXT(got.list[0].key, "BOX\\ann");
    CHECK_TEXT(got.list[1].key, NULL);
    if (CHECK_INT(got.list[0].latency_count, 2)) CHECK_INT(got.list[0].latency[1].up_to_us, 2000);
    msg_reply_free(&reply);
}

/* Encodes more rows than fit in a frame: the reply has the first rows, and says that there are more. */
static void cut_to_fit(void) {
    enum { ROWS = 1000 };
    static msg_launch launches[ROWS];
    static msg_child sent[ROWS];
    char *line = malloc(LIMIT_COMMAND_LINE_UNITS);
    const msg_page page = {.rows = launches, .count = ROWS};
    msg_page got = {0};
    const msg_children many = {.children = sent, .count = ROWS};
    msg_children kept = {0};
    msg_reply reply;
    size_t length = 0;

    check_case("cut to fit");
    if (!line) abort();
    memset(line, 1, LIMIT_COMMAND_LINE_UNITS - 1); /* each takes six bytes of JSON */
    line[LIMIT_COMMAND_LINE_UNITS - 1] = '\0';

    for (int i = 0; i < ROWS; i++) {
        launches[i] =
            (msg_launch){.seq = ROWS - i, .launch_id = "L", .outcome = "started", .command_line = line};
        sent[i] = (msg_child){.launch_id = "L", .user = "u", .application = line, .process_id = (uint32_t)i};
    }

    wire_reply_frame(msg_encode_query_result(&seven, &page, &length), &length, &reply);
    CHECK(msg_reply_query(&reply, &got));
    CHECK(got.more && got.count >= 1 && got.count < ROWS && got.rows[0].seq == ROWS);
    if (got.count) CHECK_INT(got.next, got.rows[got.count - 1].seq);
    msg_reply_free(&reply);
    wire_reply_frame(msg_encode_list_result(&seven, &many, &length), &length, &reply);
    CHECK(msg_reply_list(&reply, &kept));
    CHECK(kept.more && kept.count >= 1 && kept.count < ROWS && kept.children[0].process_id == 0);
    char *json = msg_reply_result_json(&reply, false);
    CHECK(json && strstr(json, "],\"more\":true}"));
    free(json);
    msg_reply_free(&reply);
    free(line);
}

int main(void) {
    hello();
    spawn(1);
    spawn(0);
    spawn(-1);
    list();
    waited();
    status();
    query();
    summary();
    cut_to_fit();
    return check_report();
}
