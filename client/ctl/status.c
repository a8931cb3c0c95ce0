/* spawnctl status: the broker's figures, once or repeatedly. */
#include "client/ctl/ctl.h"
#include "client/ctl/status_text.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_MS = 2000 };

typedef struct options {
    bool prometheus, watch;
    DWORD every_ms;
    uint32_t count; /* 0: no limit */
} options;

static char *encode_status(int64_t id, const void *context, size_t *ret_length) {
    (void)context;
    return msg_encode_status(id, ret_length);
}

static int parse(ctl *c, options *ret) {
    const char *count = option_value(c, OPT_times), *every = option_value(c, OPT_watch);
    ret->prometheus = option_given(c, OPT_prometheus);
    ret->watch = option_given(c, OPT_watch);
    ret->every_ms = WATCH_MS;
    if (every && !ctl_duration(every, &ret->every_ms))
        return ctl_usage(c, "--watch needs a time such as 2, 0.5 or 500ms, not \"%s\"",
                         out_shown(c->arena, every, 40));
    if (count && !ctl_number(count, UINT32_MAX, &ret->count))
        return ctl_usage(c, "-n needs a number from 1 to 4294967295");
    if (count && !ret->watch) return ctl_usage(c, "-n requires --watch");
    if (ret->prometheus && (c->json || ret->watch))
        return ctl_usage(c, "--prometheus cannot be used with --json or --watch");
    return CTL_EXIT_OK;
}

static int print_json_line(msg_reply *reply) {
    char *json = msg_reply_result_json(reply, false);
    bool good =
        json && out_write(STD_OUTPUT_HANDLE, json, strlen(json)) && out_write(STD_OUTPUT_HANDLE, "\n", 1);
    free(json);
    return good ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

static int print(ctl *c, const options *o, msg_reply *reply) {
    msg_status status;
    arena a = {0};
    if (c->json) return o->watch ? print_json_line(reply) : ctl_print_json(reply);
    if (!msg_reply_status(reply, &status)) return ctl_bad_reply(c, reply);
    if (o->prometheus) status_prometheus(&a, &status, &out_sink);
    else status_table(&a, &status, &out_sink);
    arena_free(&a);
    return out_flush() ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* Whether the output can be overwritten: it is a terminal that understands the sequences for that. */
static bool can_redraw(void) {
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;
    return GetConsoleMode(out, &mode) && SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

/* Ctrl+C terminates the program. */
static int watch(ctl *c, const options *o, sb_client *client) {
    bool redraw = o->watch && !c->json && can_redraw();
    int result = CTL_EXIT_OK;
    for (uint32_t i = 0; !result && (!o->count || i < o->count); i++) {
        msg_reply reply;
        if (i) Sleep(o->every_ms);
        if ((result = ctl_exchange(c, client, encode_status, NULL, &reply))) break;
        if (redraw) report_print(&out_sink, "\x1b[H\x1b[J");
        else if (i && !c->json) report_print(&out_sink, "\n");
        result = print(c, o, &reply);
        msg_reply_free(&reply);
    }
    return result;
}

int ctl_status(ctl *c) {
    options o = {.count = 0};
    sb_client *client;
    int result = parse(c, &o);
    if (result) return result;
    if (!o.watch) o.count = 1;
    if ((result = ctl_connect(c, &client))) return result;
    result = watch(c, &o, client);
    sb_disconnect(client);
    return result;
}
