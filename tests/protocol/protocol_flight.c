/* Many requests on one connection run side by side, are answered by id, and at most so many at once. */
#include "tests/protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_given(uint32_t value) {
    HANDLE handle = (HANDLE)(LONG_PTR)(LONG)value;
    if (handle) CloseHandle(handle);
}

static void close_result(msg_reply *reply) {
    msg_spawn_result result;
    if (!msg_reply_spawn(reply, &result)) return;
    close_given(result.process);
    close_given(result.thread);
}

/* Returns frames of count spawn requests, with ids from first on, in one piece. Free it with free(). */
static char *many_spawns(int64_t first, int count, size_t *ret_length) {
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    char *all = NULL;
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        size_t length;
        char *frame = msg_encode_spawn(first + i, &spawn, &length);
        char *more = frame ? realloc(all, used + length) : NULL;
        if (!more) abort();
        all = more;
        memcpy(all + used, frame, length);
        used += length;
        free(frame);
    }
    *ret_length = used;
    return all;
}

/* Sends more requests at once than may be in flight. Those beyond are refused, and each gets one reply. */
static void too_many(const wchar_t *pipe) {
    enum { COUNT = 160, FIRST = 100 };
    raw_client client;
    size_t length;
    int answers[COUNT] = {0}, refused = 0, launched = 0, other = 0;

    check_about("more requests in flight than the limit");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    char *all = many_spawns(FIRST, COUNT, &length);
    CHECK(raw_send(&client, all, length));
    free(all);

    for (int i = 0; i < COUNT; i++) {
        msg_reply reply;
        if (!CHECK_INT(raw_receive(&client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
        if (reply.id >= FIRST && reply.id < FIRST + COUNT) answers[reply.id - FIRST]++;
        if (reply.fault.kind == FAULT_TOO_MANY_IN_FLIGHT) refused++;
        else if (reply.fault.kind == FAULT_NONE) launched++;
        else other++;
        close_result(&reply);
        msg_reply_free(&reply);
    }

    for (int i = 0; i < COUNT; i++) CHECK_INT(answers[i], 1);
    printf("%d requests at once: %d launched, %d refused\n", (int)COUNT, launched, refused);
    CHECK_INT(other, 0);
    CHECK(refused > 0);
    CHECK(launched >= LIMIT_IN_FLIGHT);

    check_about("... and afterwards the connection serves");
    char *frame = msg_encode_status(5, &length);
    CHECK(raw_send_frame(&client, frame, length));
    protocol_expect(&client, "none");
    raw_close(&client);
}

/* Sends COUNT launches and then a list, in one piece. Returns at which place, from 0, the reply to the list
 * comes. */
enum { COUNT = 8, LIST = 99 };
static int place_of_list(raw_client *client) {
    size_t length, list_length;
    int at = -1;
    bool answered[COUNT + 1] = {false};
    char *all = many_spawns(1, COUNT, &length), *list = msg_encode_list(LIST, &list_length);

    CHECK(raw_send(client, all, length));
    CHECK(raw_send_frame(client, list, list_length));
    free(all);

    for (int i = 0; i <= COUNT; i++) {
        msg_reply reply;
        if (!CHECK_INT(raw_receive(client, TEST_DEADLINE_MS, &reply), RAW_REPLY)) break;
        CHECK_INT(reply.fault.kind, FAULT_NONE);
        if (reply.id == LIST) at = i;
        else if (reply.id >= 1 && reply.id <= COUNT) answered[reply.id] = true;
        if (reply.id != LIST) close_result(&reply);
        msg_reply_free(&reply);
    }
    for (int i = 1; i <= COUNT; i++) CHECK(answered[i]);
    return at;
}

/* Earlier long requests do not delay a short one. On a busy machine its reply may come last all the same, so
 * there are a few tries. If replies came in order, it would come last each time. */
static void out_of_order(const wchar_t *pipe) {
    enum { TRIES = 20 };
    raw_client client;
    int at = COUNT;
    check_about("a short request overtakes launches");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    for (int i = 0; i < TRIES && at == COUNT; i++) at = place_of_list(&client);
    printf("the reply to the last of %d requests came as number %d\n", COUNT + 1, at + 1);
    CHECK(at >= 0 && at < COUNT);
    raw_close(&client);
}

/* A launch that does not wait for its outcome returns before the outcome is on disk. A query after it still
 * finds the outcome. */
static void caught_up(const wchar_t *pipe) {
    raw_client client;
    raw_spawn_text text;
    msg_spawn spawn = raw_spawn("exit:0", &text);
    const msg_query newest = {.limit = 1};

    check_about("a question sees what happened before it");
    if (!CHECK(raw_open(&client, pipe) && raw_hello(&client))) return;
    for (int i = 0; i < 5; i++) {
        msg_reply reply;
        msg_page page;
        size_t length;
        char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
        if (!CHECK(raw_call(&client, frame, length, &reply))) break;
        close_result(&reply);
        msg_reply_free(&reply);
        frame = msg_encode_query(client.next_id++, &newest, &length);
        if (!CHECK(raw_call(&client, frame, length, &reply))) break;
        if (CHECK(msg_reply_query(&reply, &page)) && CHECK_INT(page.count, 1))
            CHECK_TEXT(page.rows[0].outcome, "started");
        msg_reply_free(&reply);
    }
    raw_close(&client);
}

void protocol_flight(const wchar_t *pipe) {
    caught_up(pipe);
    out_of_order(pipe);
    too_many(pipe);
}
