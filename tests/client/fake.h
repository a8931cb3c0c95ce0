/* A broker in this process that behaves as it is told. */
#ifndef SB_TESTS_CLIENT_FAKE_H
#define SB_TESTS_CLIENT_FAKE_H

#include "proto/message.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>

typedef struct fake fake;

/* Serves one request; called by the thread of the connection. False: close the connection. */
typedef bool fake_serve(fake *f, HANDLE pipe, const msg_request *request);

struct fake {
    wchar_t name[64];     /* of the pipe */
    fake_serve *hello;    /* NULL: answered as it should be */
    fake_serve *serve;    /* all other requests */
    volatile LONG bytes;  /* received */
    volatile LONG served; /* requests, with the one at hand */
};

/* A pipe that is this user's, not the administrators'. Valid until the next call. */
const char *fake_user_sddl(void);
/* Starts serving. sddl: of the pipe; NULL: with the owner of a broker of this process's rights. instances:
 * how many connections at once. The threads stay until the program ends. Ends the program if the pipe cannot
 * be made. */
void fake_start(fake *f, const char *sddl, int instances);

bool fake_write(HANDLE pipe, const void *bytes, size_t length);
/* Sends a frame that msg_encode_... made, and frees it. */
bool fake_reply(HANDLE pipe, char *frame, size_t length);
/* A good answer to a spawn. */
bool fake_launched(HANDLE pipe, const msg_request *request, uint32_t pid, HANDLE process, HANDLE thread,
                   HANDLE job);

DWORD fake_connect(const fake *f, DWORD timeout_ms, sb_client **ret_client, sb_error *ret_error);
/* sb_spawn of a program that the fake does not look at. */
DWORD fake_spawn(sb_client *client, DWORD flags, DWORD timeout_ms, sb_process *ret_process,
                 sb_error *ret_error);

/* Of this process, when it has come to rest. */
size_t fake_handle_count(void);

#endif
