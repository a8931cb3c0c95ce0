#include "client/lib/ask.h"
#include "client/lib/connections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        list[i]->label = ask_text(&ret->arena, c->label, &good);
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

/* ---- wait ---- */

enum { SLACK_MS = 5000 }; /* how much longer than asked the reply may take */

/* Asks once. *ret_lost: the connection was lost. */
static DWORD wait_once(sb_client *client, const msg_wait *asked, msg_waited *ret, bool *ret_lost,
                       sb_error *ret_error) {
    msg_reply reply;
    call_request request = {.id = call_id(), .deadline = CALL_NO_DEADLINE};
    if (asked->has_timeout_ms) request.deadline = GetTickCount64() + asked->timeout_ms + (uint64_t)SLACK_MS;
    request.frame = msg_encode_wait(request.id, asked, &request.length);
    if (!request.frame) return error_memory(ret_error);

    DWORD err = connections_exchange(client->connections, &request, &reply, ret_error);
    free(request.frame);
    *ret_lost = err && request.fate == CALL_LOST && connections_renews(client->connections);
    if (err && request.fate == CALL_LATE)
        return error_set(ret_error, WAIT_TIMEOUT, SB_STAGE_RECEIVE,
                         L"The broker did not say in time that the child has exited.");
    if (err) return err;
    if (!msg_reply_wait(&reply, ret)) err = error_fault(ret_error, &reply.fault);
    msg_reply_free(&reply);
    return err;
}

static DWORD wait_for_exit(sb_client *client, const char *launch_id, DWORD timeout_ms, sb_exit *ret_exit,
                           sb_error *ret_error) {
    static const sized_member members[] = {SIZED_MEMBER(sb_exit, exit_code),
                                           SIZED_MEMBER(sb_exit, exited_at)};
    const uint64_t deadline =
        timeout_ms == INFINITE ? CALL_NO_DEADLINE : GetTickCount64() + (uint64_t)timeout_ms;
    msg_waited waited;
    sb_exit shape;
    bool lost = true;
    DWORD err = ask_check(client, L"sb_wait", ret_error);
    if (err) return err;
    if (!launch_id || !ret_exit)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE, L"sb_wait: %ls is NULL.",
                         !launch_id ? L"launch_id" : L"ret_exit");
    if (!sized_copy(&shape, sizeof shape, members, sizeof members / sizeof *members, ret_exit))
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_exit.size is not that of a known version.");

    while (lost) {
        DWORD left = call_remaining(deadline);
        const msg_wait asked = {
            .launch_id = launch_id, .has_timeout_ms = left != INFINITE, .timeout_ms = left};
        lost = false;
        err = wait_once(client, &asked, &waited, &lost, ret_error);
    }

    if (err) return err;
    if (!waited.exited) return error_set(ret_error, WAIT_TIMEOUT, SB_STAGE_RECEIVE, L"The child still runs.");
    const sb_exit result = {.size = shape.size,
                            .exit_code = waited.has_exit_code ? waited.exit_code : SB_UNKNOWN,
                            .exited_at = waited.has_exited_at ? waited.exited_at : SB_UNKNOWN};
    memcpy(ret_exit, &result, shape.size < sizeof result ? shape.size : sizeof result);
    return ERROR_SUCCESS;
}

DWORD sb_wait(sb_client *client, const char *launch_id, DWORD timeout_ms, sb_exit *ret_exit,
              sb_error *error) {
    sb_error failure;
    DWORD err = wait_for_exit(client, launch_id, timeout_ms, ret_exit, &failure);
    return error_publish(error, err, &failure);
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
