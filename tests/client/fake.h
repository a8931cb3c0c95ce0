/* A fake broker in this process, which behaves as a test tells it. */
#ifndef SB_TESTS_CLIENT_FAKE_H
#define SB_TESTS_CLIENT_FAKE_H

#include "proto/message.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

typedef struct fake fake;

/* Serves one request on the connection's thread. Returns false to close the connection. */
typedef bool fake_serve(fake *f, HANDLE pipe, const msg_request *request);

struct fake {
    wchar_t name[64];     /* of the pipe; "": fake_start makes one */
    BOOL no_reconnect;    /* of the clients that fake_connect makes */
    fake_serve *hello;    /* NULL: answers as a broker does */
    fake_serve *serve;    /* serves all other requests */
    volatile LONG bytes;  /* received */
    volatile LONG served; /* requests, including the current one */
};

/* Returns the security of a pipe that this user owns, not the administrators. The text is valid until the
 * next call. */
const char *fake_user_sddl(void);
/* Starts to serve a pipe with this security (NULL: that of a broker with this process's rights) and so many
 * instances. The threads stay until the program ends. Exits if the pipe cannot be created. */
void fake_start(fake *f, const char *sddl, int instances);

bool fake_write(HANDLE pipe, const void *bytes, size_t length);
/* Sends a frame that msg_encode_... made, and frees it. */
bool fake_reply(HANDLE pipe, char *frame, size_t length);
/* Sends a successful reply to a spawn. */
bool fake_launched(HANDLE pipe, const msg_request *request, uint32_t pid, HANDLE process, HANDLE thread,
                   HANDLE job);

DWORD fake_connect(const fake *f, DWORD timeout_ms, sb_client **ret_client, sb_error *ret_error);
/* Calls sb_spawn for a program at which the fake does not look. */
DWORD fake_spawn(sb_client *client, DWORD flags, DWORD timeout_ms, sb_process *ret_process,
                 sb_error *ret_error);

/* Returns how many handles this process has, after a short rest. */
size_t fake_handle_count(void);

#endif
