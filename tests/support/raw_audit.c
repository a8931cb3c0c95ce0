/* Asks a broker, on a new connection for each request. */
#include "tests/support/raw.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static void utf8(char *text, size_t size, const wchar_t *wide) {
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL)) text[0] = 0;
}

msg_spawn raw_spawn(const char *actions, raw_spawn_text *text) {
    wchar_t path[MAX_PATH];
    beside_program(path, L"test_helper.exe");
    utf8(text->application, sizeof text->application, path);
    snprintf(text->command_line, sizeof text->command_line, "test_helper %s", actions);
    beside_program(path, L"");
    utf8(text->directory, sizeof text->directory, path);
    return (msg_spawn){
        .application = text->application, .command_line = text->command_line, .directory = text->directory};
}

bool raw_audit_read(const wchar_t *pipe, int64_t before, uint32_t limit, raw_audit *ret) {
    msg_query query = {.limit = limit, .before = before};
    raw_client client;
    raw_audit a = {0};
    size_t length;
    bool good = false;

    *ret = a;
    if (!raw_open(&client, pipe)) return false;
    if (raw_hello(&client)) {
        char *frame = msg_encode_query(client.next_id++, &query, &length);
        if (raw_call(&client, frame, length, &a.reply)) {
            good = a.reply.fault.kind == FAULT_NONE && msg_reply_query(&a.reply, &a.page);
            if (!good) printf("audit.query: %s\n", a.reply.fault.message);
            a.rows = a.page.rows;
            a.count = a.page.count;
            a.more = a.page.more;
            *ret = a;
        }
    }
    raw_close(&client);
    return good;
}

void raw_audit_free(raw_audit *audit) {
    msg_reply_free(&audit->reply);
    *audit = (raw_audit){0};
}

bool raw_audit_wait(const wchar_t *pipe, bool (*matches)(const msg_launch *row, void *context),
                    void *context) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    do {
        raw_audit audit;
        bool found = false;
        if (raw_audit_read(pipe, 0, 200, &audit))
            for (size_t i = 0; i < audit.count && !found; i++) found = matches(&audit.rows[i], context);
        raw_audit_free(&audit);
        if (found) return true;
        Sleep(20);
    } while (!deadline_passed(deadline));
    return false;
}

bool raw_status(const wchar_t *pipe, msg_status *ret) {
    raw_client client;
    msg_reply reply;
    size_t length;
    bool good = false;
    if (!raw_open(&client, pipe)) return false;
    if (raw_hello(&client)) {
        char *frame = msg_encode_status(client.next_id++, &length);
        if (raw_call(&client, frame, length, &reply)) {
            good = msg_reply_status(&reply, ret);
            ret->version = ret->pipe = ret->database = NULL; /* they live as long as the reply */
            if (!good) printf("status: %s\n", reply.fault.message);
            msg_reply_free(&reply);
        }
    }
    raw_close(&client);
    return good;
}
