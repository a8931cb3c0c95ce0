#include "client/lib/ask.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- list ---- */

typedef struct owned_children {
    sb_children shown; /* the first member: its address is that of the whole */
    arena arena;
} owned_children;

static bool convert_children(owned_children *ret, const msg_children *from) {
    bool good = true;
    sb_child **list = (sb_child **)ask_array(&ret->arena, from->count, sizeof **list);
    if (!list) return false;
    for (size_t i = 0; i < from->count; i++) {
        const msg_child *c = &from->children[i];
        snprintf(list[i]->launch_id, sizeof list[i]->launch_id, "%s", c->launch_id);
        list[i]->process_id = c->process_id;
        list[i]->caller_pid = c->caller_pid;
        list[i]->user = ask_text(&ret->arena, c->user, &good);
        list[i]->application = ask_text(&ret->arena, c->application, &good);
        list[i]->started_at = c->started_at;
        list[i]->handles = c->handles;
        list[i]->lifetime = (sb_lifetime)c->lifetime;
    }
    ret->shown = (sb_children){.size = sizeof ret->shown,
                               .children = (const sb_child *const *)list,
                               .count = from->count,
                               .more = from->more};
    return good;
}

static DWORD list_children(sb_client *client, sb_children **ret_children, sb_error *ret_error) {
    msg_reply reply;
    msg_children result;
    if (!ret_children)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_list: ret_children is NULL.");
    DWORD err = ask_check(client, L"sb_list", ret_error);
    if (err || (err = ask(client, MSG_LIST, NULL, true, &reply, &result, ret_error))) return err;

    owned_children *children = calloc(1, sizeof *children);
    bool good = children && convert_children(children, &result);
    msg_reply_free(&reply);
    if (!good) {
        sb_children_free(children ? &children->shown : NULL);
        return error_memory(ret_error);
    }
    *ret_children = &children->shown;
    return ERROR_SUCCESS;
}

DWORD sb_list(sb_client *client, sb_children **ret_children, sb_error *error) {
    sb_error failure;
    DWORD err = list_children(client, ret_children, &failure);
    return error_publish(error, err, &failure);
}

void sb_children_free(sb_children *children) {
    owned_children *owned = (owned_children *)children;
    if (owned) arena_free(&owned->arena);
    free(owned);
}

/* ---- kill ---- */

DWORD sb_kill(sb_client *client, const char *launch_id, DWORD exit_code, sb_error *error) {
    sb_error failure;
    msg_reply reply;
    msg_killed result;
    const msg_kill kill = {.launch_id = launch_id, .exit_code = exit_code};

    DWORD err = ask_check(client, L"sb_kill", &failure);
    if (!err && !launch_id)
        err = error_set(&failure, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"sb_kill: launch_id is NULL.");
    if (!err && !(err = ask(client, MSG_KILL, &kill, false, &reply, &result, &failure)))
        msg_reply_free(&reply);
    return error_publish(error, err, &failure);
}
