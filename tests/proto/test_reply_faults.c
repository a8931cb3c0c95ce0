/* Tests errors, messages that are no replies, and the replies of newer brokers. */
#include "tests/proto/wire.h"

static const msg_id seven = {.number = 7};

static void faults(void) {
    static const msg_id null = {.is_null = true};
    fault f;
    msg_reply reply;
    msg_spawn_result r = {.process_id = 99};
    size_t length = 0;
    check_case("a fault with everything");
    fault_set(&f, FAULT_BAD_HANDLE, STAGE_ADOPT, WIN32_INVALID_HANDLE, "handle \"x\" \xE2\x82\xAC");
    f.handle_index = 0;
    memcpy(f.field, "params.handles[0].value", 24);
    wire_reply_frame(msg_encode_fault(&seven, &f, "01234567-89ab-cdef-0123-456789abcdef", &length), &length,
                     &reply);
    CHECK_INT(reply.id, 7);
    CHECK_INT(reply.fault.kind, f.kind);
    CHECK_INT(reply.fault.stage, f.stage);
    CHECK_INT(reply.fault.win32, f.win32);
    CHECK_INT(reply.fault.handle_index, 0);
    CHECK_TEXT(reply.fault.field, f.field);
    CHECK_TEXT(reply.fault.message, f.message);
    CHECK_TEXT(reply.launch_id, "01234567-89ab-cdef-0123-456789abcdef");
    CHECK(!msg_reply_spawn(&reply, &r));
    CHECK_INT(r.process_id, 99);
    CHECK_INT(reply.fault.kind, FAULT_BAD_HANDLE);
    msg_reply_free(&reply);

    check_case("text that is not UTF-8");
    fault_set(&f, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_HANDLE, "%s", "a\xFF\xFE\xC3z\xE2\x82");
    CHECK_TEXT(f.message, "a???z??");

    check_case("each kind and stage");
    for (int i = 1; i < FAULT_COUNT; i++) {
        fault_set(&f, (fault_kind)i, (stage)(i % STAGE_COUNT), (uint32_t)i, "%d", i);
        wire_reply_frame(msg_encode_fault(&null, &f, NULL, &length), &length, &reply);
        CHECK_INT(reply.id, -1);
        CHECK_INT(reply.fault.kind, i);
        CHECK_INT(reply.fault.stage, i % STAGE_COUNT);
        CHECK_INT(reply.fault.handle_index, FAULT_NO_HANDLE);
        CHECK_TEXT(reply.launch_id, "");
        msg_reply_free(&reply);
    }
    check_case("an id that is text");
    msg_id text = {.is_text = true, .text = "a\"b"};
    char *frame = msg_encode_fault(&text, &f, NULL, &length);
    CHECK(frame && strstr(frame + FRAME_HEADER_BYTES, "\"id\":\"a\\\"b\","));
    free(frame);
}

/* An error is never read as a success, whatever it lacks. */
static void poor_errors(void) {
    static const char *const errors[] = {
        "{}",
        "{\"code\":-32000,\"message\":\"m\"}",
        "{\"data\":{\"name\":\"none\",\"win32\":0,\"stage\":\"x\"}}",
        "{\"code\":\"x\",\"message\":5,\"data\":[]}",
        "{\"data\":{\"name\":\"from the future\",\"more\":{}}}",
        "{\"data\":{\"name\":7,\"win32\":-1,\"stage\":null,\"handle_index\":-2}}",
        "{\"data\":{\"launch_id\":\"0123456789012345678901234567890123456789\"}}",
    };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char text[400];
        msg_reply reply;
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":%s}", errors[i]);
        check_case("%.100s", errors[i]);
        wire_reply(text, &reply);
        CHECK_INT(reply.id, 7);
        CHECK_TEXT(fault_name(reply.fault.kind), "internal");
        CHECK(reply.fault.win32 != 0);
        CHECK(reply.fault.message[0] != '\0');
        CHECK_INT(reply.fault.handle_index, FAULT_NO_HANDLE);
        CHECK_TEXT(reply.launch_id, "");
        msg_reply_free(&reply);
    }
}

static void not_replies(void) {
    static const struct {
        const char *text;
        fault_kind wanted;
    } cases[] = {
        {"", FAULT_INVALID_JSON},
        {"[]", FAULT_INVALID_REQUEST},
        {"5", FAULT_INVALID_REQUEST},
        {"{}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":7}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"result\":{}}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":{}}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"1.0\",\"id\":7,\"result\":{}}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"error\":{}}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":null}", FAULT_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":8,\"result\":{}}", FAULT_DUPLICATE_KEY},
        {"\xFF", FAULT_INVALID_UTF8},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        msg_reply reply;
        check_case("%s", cases[i].text);
        wire_reply(cases[i].text, &reply);
        CHECK_TEXT(fault_name(reply.fault.kind), fault_name(cases[i].wanted));
        CHECK_INT(reply.fault.stage, STAGE_REPLY);
        CHECK_INT(reply.id, -1);
        msg_reply_free(&reply);
    }
}

static void newer_and_older(void) {
    msg_reply reply;
    msg_status r = {.threads = 99};
    msg_children list;
    check_case("fields of a newer broker");
    wire_reply("{\"jsonrpc\":\"2.0\",\"more\":1,\"id\":7,\"result\":{\"children\":[{\"launch_id\":\"L\","
               "\"process_id\":1,"
               "\"caller_pid\":2,\"user\":\"u\",\"application\":\"a\",\"started_at\":3,\"handles\":4,"
               "\"lifetime\":\"broker\","
               "\"new\":{\"x\":[1.5]}}],\"next\":[]}}",
               &reply);
    CHECK(msg_reply_list(&reply, &list));
    CHECK_INT(list.children[0].lifetime, MSG_LIFETIME_BROKER);
    char *json = msg_reply_result_json(&reply, false);
    CHECK(json && strstr(json, "\"new\":{\"x\":[1.5]}}],\"next\":[]}"));
    free(json);
    msg_reply_free(&reply);

    check_case("a result of another shape");
    wire_reply("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"children\":[{\"launch_id\":1}]}}", &reply);
    CHECK_INT(reply.fault.kind, FAULT_NONE);
    CHECK(!msg_reply_list(&reply, &list));
    CHECK_TEXT(fault_name(reply.fault.kind), "wrong_type");
    CHECK_TEXT(reply.fault.field, "result.children[0].launch_id");
    CHECK_INT(reply.fault.stage, STAGE_REPLY);
    msg_reply_free(&reply);
    wire_reply("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[]}", &reply);
    CHECK(!msg_reply_status(&reply, &r));
    CHECK_INT(r.threads, 99);
    CHECK_TEXT(reply.fault.field, "result");
    msg_reply_free(&reply);
}

static void printed(void) {
    msg_reply reply;
    check_case("printed");
    wire_reply("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":[1,-2,9007199254740991,1e3,0.5,true,null,"
               "\"\\u0001\\n\xC3\xA9\"],"
               "\"b\":{},\"c\":[[]]}}",
               &reply);
    char *line = msg_reply_result_json(&reply, false), *lines = msg_reply_result_json(&reply, true);
    CHECK_TEXT(
        line,
        "{\"a\":[1,-2,9007199254740991,1000,0.5,true,null,\"\\u0001\\n\xC3\xA9\"],\"b\":{},\"c\":[[]]}");
    CHECK_TEXT(
        lines,
        "{\n  \"a\": [\n    1,\n    -2,\n    9007199254740991,\n    1000,\n    0.5,\n    true,\n    null,\n"
        "    \"\\u0001\\n\xC3\xA9\"\n  ],\n  \"b\": {},\n  \"c\": [\n    []\n  ]\n}");
    free(line);
    free(lines);
    msg_reply_free(&reply);
}

/* JSON has no text for infinity. */
static void printed_beyond_double(void) {
    msg_reply reply;
    check_case("printed, beyond a double");
    wire_reply("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[87E880,-1e999]}", &reply);
    char *line = msg_reply_result_json(&reply, false);
    CHECK_TEXT(line, "[null,null]");
    free(line);
    msg_reply_free(&reply);
}

int main(void) {
    faults();
    poor_errors();
    not_replies();
    newer_and_older();
    printed();
    printed_beyond_double();
    return check_report();
}
