/* spawnctl ps and kill. */
#include "client/ctl/ctl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ps ---- */

static char *encode_list(int64_t id, const void *context, size_t *ret_length) {
    (void)context;
    return msg_encode_list(id, ret_length);
}

static void print_children(ctl *c, const msg_child *children, size_t count) {
    enum { COLUMNS = 7 };
    static const char *const head[COLUMNS] = {"PID",      "STARTED", "CALLER", "USER",
                                              "LIFETIME", "HANDLES", "PROGRAM"};
    arena *a = c->arena;
    const char **cells = arena_array(a, (count + 1) * COLUMNS, sizeof *cells);

    if (!cells) return;
    memcpy(cells, head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        const msg_child *child = &children[i];
        const char **row = cells + (i + 1) * COLUMNS;
        row[0] = arena_printf(a, "%" PRIu32, child->process_id);
        row[1] = out_time(a, child->started_at);
        row[2] = arena_printf(a, "%" PRIu32, child->caller_pid);
        row[3] = out_shown(a, child->user, 0);
        row[4] = msg_lifetime_name(child->lifetime);
        row[5] = arena_printf(a, "%" PRIu32, child->handles);
        row[6] = out_shown(a, child->application, 0);
    }
    out_table(cells, count + 1, COLUMNS);
}

int ctl_ps(ctl *c) {
    msg_reply reply;
    msg_children live = {0};
    int result = ctl_call(c, encode_list, NULL, &reply);
    if (result) return result;
    if (c->json) result = ctl_print_json(&reply);
    else if (msg_reply_list(&reply, &live)) print_children(c, live.children, live.count);
    else result = ctl_bad_reply(c, &reply);
    msg_reply_free(&reply);
    return result;
}

/* ---- kill ---- */

static char *encode_kill(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_kill(id, context, ret_length);
}

/* Finds the launch of a live child by its process id, which is its own while it lives. */
static int find_launch(ctl *c, uint32_t pid, const char **ret_launch_id) {
    msg_reply reply;
    msg_children live = {0};
    int result = ctl_call(c, encode_list, NULL, &reply);
    if (result) return result;
    if (!msg_reply_list(&reply, &live)) result = ctl_bad_reply(c, &reply);
    for (size_t i = 0; i < live.count; i++)
        if (live.children[i].process_id == pid)
            *ret_launch_id = arena_printf(c->arena, "%s", live.children[i].launch_id);
    msg_reply_free(&reply);
    return result;
}

int ctl_kill(ctl *c) {
    msg_reply reply;
    msg_kill kill = {.launch_id = c->operands[0]};
    msg_killed killed;
    uint32_t pid;
    int result;
    bool by_pid = ctl_number(kill.launch_id, UINT32_MAX, &pid);
    if (by_pid && (result = find_launch(c, pid, &kill.launch_id))) return result;
    if ((result = ctl_call(c, encode_kill, &kill, &reply))) return result;
    if (c->json) result = ctl_print_json(&reply);
    else if (msg_reply_kill(&reply, &killed))
        out_printf(STD_OUTPUT_HANDLE, "terminated process %" PRIu32 "\n", killed.process_id);
    else result = ctl_bad_reply(c, &reply);
    msg_reply_free(&reply);
    return result;
}
