#include "client/ctl/ctl.h"
#include "client/lib/connections.h"
#include "service/win32/console.h"
#include "service/win32/text.h"

#include <stdlib.h>
#include <string.h>

enum { CALL_TIMEOUT_MS = 30000 };

void ctl_error(const ctl *c, const sb_error *error) {
    const char *message = text_utf8_lossy(c->arena, error->message);
    const char *stage_text = stage_name((stage)error->stage);
    if (!c->json) {
        const char *code = arena_printf(c->arena, "error %lu", error->code);
        bool said = code && message && strstr(message, code);
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s (%s%s%s)\n", c->command,
                   out_shown(c->arena, message, 0), said || !code ? "" : code, said ? "" : ", ", stage_text);
        return;
    }
    const char *index = error->handle_index == SIZE_MAX
                            ? "null"
                            : arena_printf(c->arena, "%lu", (unsigned long)error->handle_index);
    out_printf(STD_ERROR_HANDLE,
               "{\"error\":{\"code\":%lu,\"stage\":%s,\"handle_index\":%s,\"message\":%s}}\n", error->code,
               out_json(c->arena, stage_text), index ? index : "null", out_json(c->arena, message));
}

int ctl_connect(const ctl *c, sb_client **ret_client) {
    sb_error error;
    sb_connect_options options = {.size = sizeof options, .pipe_name = text_wide(c->arena, c->pipe)};
    if (!sb_connect(&options, ret_client, &error)) return CTL_EXIT_OK;
    ctl_error(c, &error);
    return CTL_EXIT_FAILED;
}

DWORD ctl_ask(sb_client *client, char *(*encode)(int64_t, const void *, size_t *), const void *context,
              msg_reply *ret_reply, sb_error *ret_error) {
    call_request request = {.id = call_id(), .deadline = call_deadline(CALL_TIMEOUT_MS)};
    request.frame = encode(request.id, context, &request.length);
    DWORD err = request.frame ? connections_exchange(client->connections, &request, ret_reply, ret_error)
                              : error_memory(ret_error);
    free(request.frame);
    return err;
}

int ctl_exchange(const ctl *c, sb_client *client, char *(*encode)(int64_t, const void *, size_t *),
                 const void *context, msg_reply *ret_reply) {
    sb_error error;
    if (!ctl_ask(client, encode, context, ret_reply, &error)) return CTL_EXIT_OK;
    ctl_error(c, &error);
    return CTL_EXIT_FAILED;
}

int ctl_call(const ctl *c, char *(*encode)(int64_t, const void *, size_t *), const void *context,
             msg_reply *ret_reply) {
    sb_client *client;
    int result = ctl_connect(c, &client);
    if (result) return result;
    result = ctl_exchange(c, client, encode, context, ret_reply);
    sb_disconnect(client);
    return result;
}

int ctl_print_json(msg_reply *reply) {
    char *json = msg_reply_result_json(reply, console_is(STD_OUTPUT_HANDLE));
    if (!json) return CTL_EXIT_FAILED;
    out_write(STD_OUTPUT_HANDLE, json, strlen(json));
    out_write(STD_OUTPUT_HANDLE, "\n", 1);
    free(json);
    return CTL_EXIT_OK;
}

int ctl_bad_reply(const ctl *c, const msg_reply *reply) {
    sb_error error;
    error_fault(&error, &reply->fault);
    ctl_error(c, &error);
    return CTL_EXIT_FAILED;
}
