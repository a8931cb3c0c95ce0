#include "tests/protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool protocol_expect(raw_client *client, const char *fault_wanted) {
    msg_reply reply;
    if (!CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) return false;
    CHECK_TEXT(fault_name(reply.fault.kind), fault_wanted);
    if (reply.fault.kind) CHECK(reply.fault.win32 != 0 && reply.fault.message[0]);
    msg_reply_free(&reply);
    return true;
}

void protocol_expect_closed(raw_client *client) {
    msg_reply reply;
    raw_state state = raw_receive(client, TEST_DEADLINE_MS, &reply);
    if (state == RAW_REPLY) msg_reply_free(&reply);
    CHECK_INT(state, RAW_CLOSED);
}

static void say(raw_client *client, const char *text) {
    CHECK(raw_send_payload(client, text, strlen(text)));
}

void protocol_hello(const wchar_t *pipe) {
    raw_client client;
    check_about("hello comes first");
    if (!CHECK(raw_open(&client, pipe))) return;
    say(&client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}");
    protocol_expect(&client, "hello_first");
    raw_close(&client);

    check_about("an unknown version");
    if (!CHECK(raw_open(&client, pipe))) return;
    say(&client,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"protocol\":999,\"client\":\"x\"}}");
    protocol_expect(&client, "unknown_version");
    raw_close(&client);

    check_about("an unknown method");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    say(&client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"fork\"}");
    protocol_expect(&client, "unknown_method");
    check_about("... and the connection goes on");
    say(&client, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"status\"}");
    protocol_expect(&client, "none");
    raw_close(&client);
}

static void frame_fails(const wchar_t *pipe, const char *about, uint32_t length, const char *fault_wanted) {
    unsigned char header[FRAME_HEADER_BYTES];
    raw_client client;
    check_about(about);
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    frame_header(header, length);
    CHECK(raw_send(&client, header, sizeof header));
    if (protocol_expect(&client, fault_wanted)) protocol_expect_closed(&client);
    raw_close(&client);
}

/* While a frame is incomplete, the broker serves others as usual. */
static void half_frame(const wchar_t *pipe) {
    static const char half[] = "{\"jsonrpc\":\"2.0\"";
    unsigned char header[FRAME_HEADER_BYTES];
    raw_client client;
    msg_reply reply;
    raw_state state;
    uint64_t slowest = 0;
    int served = 0;

    check_about("a frame that is sent by half");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    frame_header(header, 100);
    CHECK(raw_send(&client, header, sizeof header) && raw_send(&client, half, sizeof half - 1));
    uint64_t start = GetTickCount64();

    do {
        msg_status status;
        uint64_t asked = GetTickCount64();
        served += raw_status(pipe, &status);
        if (GetTickCount64() - asked > slowest) slowest = GetTickCount64() - asked;
        state = raw_receive(&client, 300, &reply);
    } while (state == RAW_TIMEOUT && GetTickCount64() - start < TEST_DEADLINE_MS);

    uint64_t took = GetTickCount64() - start;
    if (CHECK_INT(state, RAW_REPLY)) {
        CHECK_TEXT(fault_name(reply.fault.kind), "frame_timeout");
        CHECK_INT(reply.id, -1);
        msg_reply_free(&reply);
        protocol_expect_closed(&client);
    }

    printf("answered after %llu ms; meanwhile %d other clients, the slowest in %llu ms\n",
           (unsigned long long)took, served, (unsigned long long)slowest);
    CHECK(took >= LIMIT_FRAME_SECONDS * 1000 - 100 && took < LIMIT_FRAME_SECONDS * 1000 + 5000);
    CHECK(served >= 5);
    CHECK(slowest < 2500);
    raw_close(&client);
}

void protocol_frames(const wchar_t *pipe) {
    frame_fails(pipe, "a frame that is too large", LIMIT_FRAME_BYTES + 1, "frame_too_large");
    frame_fails(pipe, "a frame of 4 GiB", UINT32_MAX, "frame_too_large");
    frame_fails(pipe, "an empty frame", 0, "frame_empty");
    half_frame(pipe);
}

void protocol_ids(const wchar_t *pipe) {
    static const char *const ids[] = {
        "0", "7", "-3", "9007199254740991", "\"text\"", "\"\"", "\"\xe6\x97\xa5\""};
    raw_client client;
    check_about("ids come back as they are");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[256], wanted[128], got[256];
        const char *reply;
        size_t length;
        snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"list\"}", ids[i]);
        snprintf(wanted, sizeof wanted, "\"id\":%s,", ids[i]);
        say(&client, text);
        if (!CHECK_INT(raw_receive_text(&client, TEST_DEADLINE_MS, &reply, &length), RAW_REPLY)) break;
        snprintf(got, sizeof got, "%.*s", (int)(length < 200 ? length : 200), reply);
        CHECK_HAS(got, wanted);
    }
    raw_close(&client);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    (void)argc, (void)argv;
    if (!broker_start(&broker, NULL)) return 2;
    protocol_hello(broker.pipe);
    protocol_ids(broker.pipe);
    protocol_corpus(broker.pipe);
    protocol_flight(broker.pipe);
    protocol_frames(broker.pipe);
    check_about("the broker stops");
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
