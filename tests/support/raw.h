/* The protocol by hand: whatever bytes a test wants on the pipe, and the replies as they come. */
#ifndef SB_TESTS_SUPPORT_RAW_H
#define SB_TESTS_SUPPORT_RAW_H

#include "proto/frame.h"
#include "tests/support/harness.h"
#include "proto/message.h"

typedef struct raw_client {
    HANDLE pipe, event;
    frame_reader reader;
    int64_t next_id;
} raw_client;

typedef enum raw_state { RAW_REPLY, RAW_CLOSED, RAW_TIMEOUT } raw_state;

/* Connects; raw_open says nothing, raw_hello says hello and checks the reply. False after printing why. */
bool raw_open(raw_client *ret, const wchar_t *pipe);
bool raw_hello(raw_client *client);
/* NULL members are fine. */
void raw_close(raw_client *client);

/* Bytes as they are, and a payload in a frame. */
bool raw_send(raw_client *client, const void *bytes, size_t length);
bool raw_send_payload(raw_client *client, const char *text, size_t length);
/* A frame of msg_encode_..., which it frees. */
bool raw_send_frame(raw_client *client, char *frame, size_t length);

/* The next reply within ms; only with RAW_REPLY is *ret filled, for msg_reply_free. */
raw_state raw_receive(raw_client *client, DWORD ms, msg_reply *ret);
/* The same as text, which lives until the next reply is received. */
raw_state raw_receive_text(raw_client *client, DWORD ms, const char **ret_text, size_t *ret_length);
/* Sends a frame of msg_encode_... and receives one reply; false after printing why. */
bool raw_call(raw_client *client, char *frame, size_t length, msg_reply *ret);

/* A spawn of the helper with actions, for a test to change: command_line, application and directory are set,
 * pointing into *text. */
typedef struct raw_spawn_text {
    char application[4 * MAX_PATH], command_line[4 * MAX_PATH + 256], directory[4 * MAX_PATH];
} raw_spawn_text;
msg_spawn raw_spawn(const char *actions, raw_spawn_text *text);

/* The newest launches on record, at most limit of those before seq (0: all). The rows live until
 * raw_audit_free, which is due in either case. */
typedef struct raw_audit {
    msg_reply reply;
    msg_page page;
    const msg_launch *rows; /* the page's */
    size_t count;
    bool more;
} raw_audit;
bool raw_audit_read(const wchar_t *pipe, int64_t before, uint32_t limit, raw_audit *ret);
void raw_audit_free(raw_audit *audit);

/* Waits until a record satisfies matches, and gives it to it; false at the deadline. */
bool raw_audit_wait(const wchar_t *pipe, bool (*matches)(const msg_launch *row, void *context),
                    void *context);

/* What status says; false after printing why. */
bool raw_status(const wchar_t *pipe, msg_status *ret);

#endif
