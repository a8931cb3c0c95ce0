/* Speaks the protocol by hand: sends any bytes that a test wants, and receives the replies as they come. */
#ifndef SB_TESTS_SUPPORT_RAW_H
#define SB_TESTS_SUPPORT_RAW_H

#include "proto/frame.h"
#include "tests/support/harness.h"
#include "proto/message.h"

typedef struct raw_client {
    HANDLE pipe, event;
    frame_reader reader;
    int64_t next_id;
    uint32_t caller_pid; /* as hello was told */
} raw_client;

typedef enum raw_state { RAW_REPLY, RAW_CLOSED, RAW_TIMEOUT } raw_state;

/* raw_open connects and sends nothing. raw_hello sends hello, twice, and checks the replies. Both return
 * false after printing why. */
bool raw_open(raw_client *ret, const wchar_t *pipe);
bool raw_hello(raw_client *client);
/* Sends hello twice, each time waiting at most ms, and prints nothing. True: good; false: *ret_why has the
 * broker's fault, or FAULT_NONE if it did not answer. */
bool raw_greet(raw_client *client, DWORD ms, fault *ret_why);
/* Members may be NULL. */
void raw_close(raw_client *client);

/* raw_send sends the bytes as they are. raw_send_payload puts a payload into a frame. */
bool raw_send(raw_client *client, const void *bytes, size_t length);
bool raw_send_payload(raw_client *client, const char *text, size_t length);
/* Sends a frame that msg_encode_... made, and frees it. */
bool raw_send_frame(raw_client *client, char *frame, size_t length);

/* Receives the next reply within ms. Fills *ret only if it returns RAW_REPLY; free it with msg_reply_free. */
raw_state raw_receive(raw_client *client, DWORD ms, msg_reply *ret);
/* Receives the reply as text, which lives until the next reply is received. */
raw_state raw_receive_text(raw_client *client, DWORD ms, const char **ret_text, size_t *ret_length);
/* Sends a frame that msg_encode_... made, and receives one reply. Returns false after printing why. */
bool raw_call(raw_client *client, char *frame, size_t length, msg_reply *ret);

/* Returns a spawn of the helper with actions, for a test to change. command_line, application and directory
 * are set and point into *text. */
typedef struct raw_spawn_text {
    char application[4 * MAX_PATH], command_line[4 * MAX_PATH + 256], directory[4 * MAX_PATH];
} raw_spawn_text;
msg_spawn raw_spawn(const char *actions, raw_spawn_text *text);

/* The newest launches on record: at most limit, of those before seq (0: all). The rows live until
 * raw_audit_free, which must follow in either case. */
typedef struct raw_audit {
    msg_reply reply;
    msg_page page;
    const msg_launch *rows; /* they belong to page */
    size_t count;
    bool more;
} raw_audit;
bool raw_audit_read(const wchar_t *pipe, int64_t before, uint32_t limit, raw_audit *ret);
void raw_audit_free(raw_audit *audit);

/* Waits until matches returns true for a record. Returns false at the deadline. */
bool raw_audit_wait(const wchar_t *pipe, bool (*matches)(const msg_launch *row, void *context),
                    void *context);

/* Asks for the status. Returns false after printing why. */
bool raw_status(const wchar_t *pipe, msg_status *ret);

#endif
