#include "tests/support/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Has the rights of FILE_GENERIC_READ and FILE_GENERIC_WRITE except FILE_APPEND_DATA, the right to create
 * pipe instances, which no client has. */
enum { PIPE_ACCESS = FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~FILE_APPEND_DATA) };

bool raw_open(raw_client *ret, const wchar_t *pipe) {
    wchar_t path[128];
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    raw_client c = {.next_id = 1};

    swprintf(path, sizeof path / sizeof *path, L"\\\\.\\pipe\\%ls", pipe);
    do {
        c.pipe = CreateFileW(path, PIPE_ACCESS, 0, NULL, OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, NULL);
        if (c.pipe == INVALID_HANDLE_VALUE) c.pipe = NULL;
    } while (!c.pipe && GetLastError() == ERROR_PIPE_BUSY && !deadline_passed(deadline) &&
             (WaitNamedPipeW(path, 1000), true));

    if (!c.pipe) {
        printf("opening %ls: error %lu\n", path, GetLastError());
        return false;
    }

    if (!(c.event = CreateEventW(NULL, TRUE, FALSE, NULL))) {
        CloseHandle(c.pipe);
        return false;
    }
    *ret = c;
    return true;
}

void raw_close(raw_client *client) {
    if (client->pipe) CloseHandle(client->pipe);
    if (client->event) CloseHandle(client->event);
    frame_free(&client->reader);
    *client = (raw_client){0};
}

/* Waits for an operation that uses overlapped, and cancels it if it is not done within ms. */
static DWORD finish(raw_client *client, OVERLAPPED *overlapped, BOOL started, DWORD ms, DWORD *ret_length) {
    if (!started && GetLastError() != ERROR_IO_PENDING) return GetLastError();
    if (WaitForSingleObject(client->event, ms) != WAIT_OBJECT_0) CancelIoEx(client->pipe, overlapped);
    return GetOverlappedResult(client->pipe, overlapped, ret_length, TRUE) ? ERROR_SUCCESS : GetLastError();
}

bool raw_send(raw_client *client, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length) {
        OVERLAPPED overlapped = {.hEvent = client->event};
        DWORD put = 0;
        ResetEvent(client->event);
        BOOL started = WriteFile(client->pipe, at, (DWORD)length, NULL, &overlapped);
        if (finish(client, &overlapped, started, TEST_DEADLINE_MS, &put) || !put) return false;
        at += put;
        length -= put;
    }
    return true;
}

bool raw_send_payload(raw_client *client, const char *text, size_t length) {
    unsigned char header[FRAME_HEADER_BYTES];
    frame_header(header, (uint32_t)length);
    return raw_send(client, header, sizeof header) && raw_send(client, text, length);
}

bool raw_send_frame(raw_client *client, char *frame, size_t length) {
    bool sent = frame && raw_send(client, frame, length);
    free(frame);
    return sent;
}

raw_state raw_receive_text(raw_client *client, DWORD ms, const char **ret_text, size_t *ret_length) {
    uint64_t deadline = deadline_in(ms);
    fault f;
    for (;;) {
        frame_state state = frame_next(&client->reader, ret_text, ret_length, &f);
        if (state == FRAME_READY) return RAW_REPLY;
        if (state == FRAME_BAD) return RAW_CLOSED;
        if (deadline_passed(deadline)) return RAW_TIMEOUT;

        OVERLAPPED overlapped = {.hEvent = client->event};
        DWORD got = 0;
        size_t length;
        void *space = frame_space(&client->reader, &length);
        if (!space) return RAW_CLOSED;

        ResetEvent(client->event);
        BOOL started = ReadFile(client->pipe, space, (DWORD)length, NULL, &overlapped);
        DWORD err = finish(client, &overlapped, started, (DWORD)(deadline - GetTickCount64()), &got);
        if (err == ERROR_OPERATION_ABORTED) return RAW_TIMEOUT;
        if (err || !got) return RAW_CLOSED;
        frame_received(&client->reader, got);
    }
}

raw_state raw_receive(raw_client *client, DWORD ms, msg_reply *ret) {
    const char *text;
    size_t length;
    raw_state state = raw_receive_text(client, ms, &text, &length);
    if (state == RAW_REPLY) msg_decode_reply(text, length, ret);
    return state;
}

bool raw_call(raw_client *client, char *frame, size_t length, msg_reply *ret) {
    if (!raw_send_frame(client, frame, length)) {
        printf("sending a request: error %lu\n", GetLastError());
        return false;
    }
    raw_state state = raw_receive(client, TEST_DEADLINE_MS, ret);
    if (state != RAW_REPLY)
        printf("a request got no reply: %s\n", state == RAW_CLOSED ? "closed" : "too late");
    return state == RAW_REPLY;
}

bool raw_greet(raw_client *client, DWORD ms, fault *ret_why) {
    char nonce[128] = "";
    *ret_why = (fault){0};
    for (int i = 0; i < 2; i++) {
        const msg_hello hello = {
            .protocol = LIMIT_PROTOCOL_VERSION, .client = "test 1", .nonce = i ? nonce : NULL};
        msg_hello_result result;
        msg_reply reply;
        size_t length;
        char *frame = msg_encode_hello(client->next_id++, &hello, &length);
        if (!raw_send_frame(client, frame, length) || raw_receive(client, ms, &reply) != RAW_REPLY)
            return false;
        bool good = msg_reply_hello(&reply, &result);
        if (good) snprintf(nonce, sizeof nonce, "%s", result.nonce);
        if (good) client->caller_pid = result.caller_pid;
        else *ret_why = reply.fault;
        msg_reply_free(&reply);
        if (!good) return false;
    }
    return true;
}

bool raw_hello(raw_client *client) {
    fault why;
    bool good = raw_greet(client, TEST_DEADLINE_MS, &why);
    if (!good) printf("hello: %s\n", why.kind ? why.message : "no reply");
    return good;
}
