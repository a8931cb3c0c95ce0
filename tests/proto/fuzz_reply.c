/* Any bytes as a reply, read as each kind of result: no crash; what a client takes from it is the same when
 * it is sent and read again; and the text that spawnctl prints of it is JSON that says the same. */
#include "proto/frame.h"
#include "tests/support/fuzz.h"
#include "proto/json_scan.h"
#include "proto/message.h"

#include <string.h>

static const msg_id seven = {.number = 7};

#define READ(name, type)                                                \
    static char *name##_again(msg_reply *reply, size_t *ret_length) {   \
        type result;                                                    \
        if (!msg_reply_##name(reply, &result)) return NULL;             \
        return msg_encode_##name##_result(&seven, &result, ret_length); \
    }
READ(hello, msg_hello_result)
READ(spawn, msg_spawn_result)
READ(status, msg_status)
READ(explain, msg_explained)
READ(query, msg_page)
READ(prune, msg_pruned)
READ(summary, msg_groups)

static char *list_again(msg_reply *reply, size_t *ret_length) {
    const msg_child *children;
    size_t count;
    return msg_reply_list(reply, &children, &count)
               ? msg_encode_list_result(&seven, children, count, ret_length)
               : NULL;
}

static char *kill_again(msg_reply *reply, size_t *ret_length) {
    uint32_t process_id;
    return msg_reply_kill(reply, &process_id) ? msg_encode_kill_result(&seven, process_id, ret_length) : NULL;
}

static char *reload_again(msg_reply *reply, size_t *ret_length) {
    uint32_t rules;
    return msg_reply_reload(reply, &rules) ? msg_encode_reload_result(&seven, rules, ret_length) : NULL;
}

typedef char *(*again)(msg_reply *reply, size_t *ret_length);
static const again all[] = {hello_again, spawn_again,   status_again, explain_again, query_again,
                            prune_again, summary_again, list_again,   kill_again,    reload_again};

/* Read, sent, read and sent: the same bytes. */
static void check_same(again one, msg_reply *reply) {
    size_t length = 0, length_again = 0;
    msg_reply second;
    char *frame = one(reply, &length);
    if (!frame) return; /* of another kind, or larger than we send */
    msg_decode_reply(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &second);
    FUZZ_CHECK(second.fault.kind == FAULT_NONE && second.id == seven.number);
    char *frame_again = one(&second, &length_again);
    FUZZ_CHECK(frame_again && length == length_again && !memcmp(frame, frame_again, length));
    free(frame);
    free(frame_again);
    msg_reply_free(&second);
}

/* The printed text is strict JSON, and printed again it is the same. */
static void check_printed(const msg_reply *reply, bool indented) {
    static const char before[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":";
    fault f;
    msg_reply second;
    char *json = msg_reply_result_json(reply, indented);
    FUZZ_CHECK(json);
    size_t length = strlen(json);
    FUZZ_CHECK(json_scan(json, length, SIZE_MAX, &f) == FAULT_NONE);
    char *text = malloc(sizeof before + length + 1);
    FUZZ_CHECK(text);
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, json, length);
    text[sizeof before - 1 + length] = '}';
    msg_decode_reply(text, sizeof before + length, &second);
    if (second.fault.kind == FAULT_NONE) { /* else it was one level less deep, or shorter, before */
        char *json_again = msg_reply_result_json(&second, indented);
        FUZZ_CHECK(json_again && !strcmp(json, json_again));
        free(json_again);
    }
    free(text);
    free(json);
    msg_reply_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    msg_reply reply;
    if (size > LIMIT_FRAME_BYTES) return 0;
    msg_decode_reply((const char *)data, size, &reply);
    if (reply.fault.kind == FAULT_NONE) {
        check_printed(&reply, size % 2);
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            const fault before = reply.fault;
            check_same(all[i], &reply);
            reply.fault = before; /* so that each is tried */
        }
    } else {
        FUZZ_CHECK(reply.fault.message[0]);
    }
    msg_reply_free(&reply);
    return 0;
}
