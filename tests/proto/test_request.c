/* Encodes and decodes requests and compares them. The corpus has the bad requests. */
#include "tests/proto/wire.h"

static void hello(void) {
    const msg_hello sent = {.protocol = 7, .client = "caf\xC3\xA9 \"1.0\"\n\t\\ \x01\x7F", .nonce = "0a"};
    size_t length = 0;
    msg_request got;
    check_case("hello");
    wire_request_frame(msg_encode_hello(INT64_C(9007199254740991), &sent, &length), &length, &got);
    CHECK_INT(got.id.number, INT64_C(9007199254740991));
    CHECK_INT(got.method, MSG_HELLO);
    CHECK_INT(got.u.hello.protocol, 7); /* the broker judges the version, not the decoder */
    CHECK_TEXT(got.u.hello.client, sent.client);
    CHECK_TEXT(got.u.hello.nonce, sent.nonce);
    msg_request_free(&got);
}

static void without_parameters(void) {
    static const char *const texts[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":{}}",
        "{\"params\":{},\"method\":\"status\",\"id\":1,\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"audit.query\"}",
    };
    size_t length = 0;
    msg_request got;

    check_case("list");
    wire_request_frame(msg_encode_list(0, &length), &length, &got);
    CHECK_INT(got.method, MSG_LIST);
    CHECK_INT(got.id.number, 0);
    msg_request_free(&got);

    check_case("status");
    wire_request_frame(msg_encode_status(-5, &length), &length, &got);
    CHECK_INT(got.method, MSG_STATUS);
    CHECK_INT(got.id.number, -5);
    msg_request_free(&got);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_case("%s", texts[i]);
        wire_request(texts[i], &got);
        CHECK_TEXT(fault_name(got.fault.kind), "none");
        msg_request_free(&got);
    }
}

static void check_filter(const msg_filter *got, const msg_filter *sent) {
#define X(name) CHECK_TEXT(got->name, sent->name);
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most)                      \
    CHECK_INT(got->has_##name, sent->has_##name); \
    CHECK_INT(got->name, sent->name);
    FILTER_NUMBER_LIST(X)
#undef X
}

static const msg_filter whole = {.user = "BOX\\ann",
                                 .caller_image = "host.exe",
                                 .image = "C:\\tools\\build.exe",
                                 .outcome = "pending",
                                 .rule = "default",
                                 .label = "renderer 3",
                                 .handle_name = "log",
                                 .handle_type = "File",
                                 .grep = "abc",
                                 .launch_id = "019a9c51",
                                 .since = -1,
                                 .has_since = true,
                                 .until = 5,
                                 .has_until = true,
                                 .caller_pid = 0,
                                 .has_caller_pid = true,
                                 .child_pid = 7,
                                 .has_child_pid = true,
                                 .exit_code = 0,
                                 .has_exit_code = true,
                                 .caller_started_at = 8,
                                 .has_caller_started_at = true,
                                 .child_created_at = 9,
                                 .has_child_created_at = true};

static void query(void) {
    const msg_query sent[] = {{.limit = 1000, .before = INT64_C(9007199254740991)},
                              {.limit = 1, .after = 3, .oldest_first = true},
                              {0},
                              {.filter = whole}};

    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        size_t length = 0;
        msg_request got;
        check_case("audit.query %zu", i);
        wire_request_frame(msg_encode_query(3, &sent[i], &length), &length, &got);
        CHECK_INT(got.fault.kind, FAULT_NONE);
        CHECK_INT(got.method, MSG_AUDIT_QUERY);
        CHECK_INT(got.u.query.limit, sent[i].limit);
        CHECK_INT(got.u.query.before, sent[i].before);
        CHECK_INT(got.u.query.after, sent[i].after);
        CHECK_INT(got.u.query.oldest_first, sent[i].oldest_first);
        check_filter(&got.u.query.filter, &sent[i].filter);
        msg_request_free(&got);
    }
}

static void summary(void) {
    const msg_summary sent = {.by = "hour", .before = 9, .filter = whole};
    size_t length = 0;
    msg_request got;
    check_case("audit.summary");
    wire_request_frame(msg_encode_summary(3, &sent, &length), &length, &got);
    CHECK_INT(got.fault.kind, FAULT_NONE);
    CHECK_TEXT(got.u.summary.by, "hour");
    CHECK_INT(got.u.summary.before, 9);
    check_filter(&got.u.summary.filter, &sent.filter);
    msg_request_free(&got);
    for (int by = 0; by < MSG_BY_COUNT; by++) CHECK_INT(msg_by_from_name(msg_by_name((msg_by)by)), by);
    CHECK_INT(msg_by_from_name("handle"), MSG_BY_COUNT);
}

static void ids(void) {
    static const struct {
        const char *id;
        bool good;
    } cases[] = {
        {"1", true},
        {"-1", true},
        {"0", true},
        {"1.0", true},
        {"1e3", true},
        {"9007199254740991", true},
        {"-9007199254740991", true},
        {"9007199254740992", false},
        {"9007199254740993", false},
        {"1e999", false},
        {"-1e999", false},
        {"1.5", false},
        {"null", false},
        {"true", false},
        {"[]", false},
        {"{}", false},
        {"\"\"", true},
        {"\"abc\"", true},
        {"\"1234567890123456789012345678901234567890123456789012345678901234\"", true},
        {"\"12345678901234567890123456789012345678901234567890123456789012345\"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        msg_request got;
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"list\"}", cases[i].id);
        check_case("id %s", cases[i].id);
        wire_request(text, &got);
        CHECK_TEXT(fault_name(got.fault.kind), cases[i].good ? "none" : "invalid_request");
        CHECK_TEXT(got.fault.field, cases[i].good ? "" : "id");
        CHECK_INT(got.id.is_null, !cases[i].good);
        CHECK_INT(got.method, MSG_LIST);
        msg_request_free(&got);
    }
}

static void long_names(void) {
    char text[4000] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"list\",\"params\":{\"\\u0007";
    msg_request got;
    for (int i = 0; i < 500; i++) strcat(text, "\xE2\x82\xAC");
    strcat(text, "\":1}}");
    check_case("a long name");
    wire_request(text, &got);
    CHECK_TEXT(fault_name(got.fault.kind), "unknown_field");
    CHECK_INT(strlen(got.fault.field), 77); /* "params.?" and whole characters */
    CHECK(!strncmp(got.fault.field, "params.?\xE2\x82\xAC", 11));
    msg_request_free(&got);
}

static void too_large_to_send(void) {
    size_t length = 99;
    char *text = malloc(LIMIT_FRAME_BYTES + 1);
    if (!text) abort();
    memset(text, 'x', LIMIT_FRAME_BYTES);
    text[LIMIT_FRAME_BYTES] = '\0';

    check_case("too large");
    CHECK(msg_encode_hello(1, &(msg_hello){1, text, NULL}, &length) == NULL);
    char *frame = msg_encode_hello(1, &(msg_hello){1, "", NULL}, &length);
    size_t rest = LIMIT_FRAME_BYTES + FRAME_HEADER_BYTES - length;
    free(frame);
    text[rest] = '\0';
    frame = msg_encode_hello(1, &(msg_hello){1, text, NULL}, &length);
    CHECK(frame != NULL);
    CHECK_INT(length, LIMIT_FRAME_BYTES + FRAME_HEADER_BYTES);
    free(frame);
    text[rest] = 'x', text[rest + 1] = '\0';
    CHECK(msg_encode_hello(1, &(msg_hello){1, text, NULL}, &length) == NULL);
    CHECK(msg_encode_hello(1, &(msg_hello){1, "bad \xFF", NULL}, &length) == NULL);
    free(text);
}

int main(void) {
    hello();
    without_parameters();
    query();
    summary();
    ids();
    long_names();
    too_large_to_send();
    return check_report();
}
