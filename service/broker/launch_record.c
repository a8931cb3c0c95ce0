#include "service/broker/launch_record.h"

#include "proto/utf.h"
#include "service/broker/accounts.h"
#include "service/win32/win.h"

#include <string.h>

static arena *memory_of(const launch_progress *p) {
    return &p->s->request->arena;
}

static const msg_spawn *request_of(const launch_progress *p) {
    return &p->s->request->u.spawn;
}

/* Of a brief record: bytes of each text, and handles. */
enum { BRIEF_BYTES = 512, BRIEF_HANDLES = 8 };

/* Returns how many of the handles are recorded. */
static size_t handles_of(const launch_progress *p) {
    size_t count = request_of(p)->handle_count;
    return p->brief && count > BRIEF_HANDLES ? BRIEF_HANDLES : count;
}

static void describe_adopted(audit_handle *record, const adopted *have) {
    record->type = have->object.type;
    record->granted_access = have->object.access;
    record->child_value = (uint32_t)(ULONG_PTR)have->handle;
}

/* Lists the handles as they were adopted or, if the launch did not get that far, as they were requested.
 * A standard handle that is not the caller's (NUL, or the child's own console) is left out. */
static audit_handle *list_handles(const launch_progress *p, size_t *ret_count) {
    static const char *const std_names[MSG_STD_COUNT] = {"stdin", "stdout", "stderr"};
    const msg_spawn *spawn = request_of(p);
    const adoption *have = &p->handles;
    const bool adopted_all = have->count != 0;
    const size_t named = handles_of(p);
    size_t count = 0;
    audit_handle *list = arena_array(memory_of(p), named + MSG_STD_COUNT + 1, sizeof *list);
    if (!list) return NULL;

    for (; count < named; count++) {
        const msg_handle *h = &spawn->handles[count];
        list[count] = (audit_handle){.position = (int)count,
                                     .name = h->name ? h->name : "",
                                     .granted_access = h->access,
                                     .caller_value = h->value,
                                     .fd = h->fd > 0 ? h->fd : 0};
        if (adopted_all) describe_adopted(&list[count], &have->items[count]);
    }

    for (size_t i = 0; i < MSG_STD_COUNT; i++) {
        if (!spawn->std[i]) continue;
        list[count] =
            (audit_handle){.position = (int)count, .name = std_names[i], .caller_value = spawn->std[i]};
        if (adopted_all) describe_adopted(&list[count], &have->items[have->std[i]]);
        count++;
    }

    *ret_count = count;
    return list;
}

/* Lists the names of the environment's variables, one a line. Values can hold secrets and are not recorded.
 */
static const char *list_variables(const launch_progress *p) {
    const msg_spawn *spawn = request_of(p);
    size_t size = 1, used = 0;
    for (size_t i = 0; i < spawn->environment_count; i++) size += strlen(spawn->environment[i]) + 1;
    char *names = arena_alloc(memory_of(p), size);

    for (size_t i = 0; names && i < spawn->environment_count; i++) {
        const char *entry = spawn->environment[i], *equals = *entry ? strchr(entry + 1, '=') : NULL;
        if (!equals) continue;
        memcpy(names + used, entry, (size_t)(equals - entry));
        used += (size_t)(equals - entry);
        names[used++] = '\n';
    }
    return names;
}

/* Computes a keyed hash of the environment. Equal environments have equal hashes, and without the key nobody
 * can find values by trying. */
static const uint8_t *hash_environment(const launch_progress *p) {
    const msg_spawn *spawn = request_of(p);
    size_t size = 0, used = 0;
    for (size_t i = 0; i < spawn->environment_count; i++) size += strlen(spawn->environment[i]) + 1;
    char *block = arena_alloc(memory_of(p), size);
    uint8_t *hash = arena_alloc(memory_of(p), CRYPTO_HASH_BYTES);

    for (size_t i = 0; block && i < spawn->environment_count; i++) {
        size_t length = strlen(spawn->environment[i]) + 1;
        memcpy(block + used, spawn->environment[i], length);
        used += length;
    }

    bool good = block && hash && crypto_hmac_sha256(p->s->broker->keys.environment, block, used, hash);
    return good ? hash : NULL;
}

/* Cuts a text to the length of the longest command line in UTF-8. A malformed request can hold longer texts
 * than any launch. In a brief record the text says that it was cut. */
static const char *cut_text(const launch_progress *p, const char *text) {
    const size_t most = p->brief ? BRIEF_BYTES : 3 * (size_t)LIMIT_COMMAND_LINE_UNITS;
    size_t length = text ? strlen(text) : 0;
    if (length <= most) return text;
    return arena_printf(memory_of(p), "%.*s%s", (int)utf8_cut(text, length, most), text,
                        p->brief ? " [cut]" : "");
}

/* Redacts the command line as the policy says. False: out of memory. The line must not be recorded then,
 * because a pattern may not have been applied. */
static bool redact_command_line(const launch_progress *p, const char **ret) {
    const char *line = request_of(p)->command_line;
    const char *shown = line ? policy_redact(p->s->policy.policy, p->decided_by, memory_of(p), line) : NULL;
    if (line && !shown) return false;
    *ret = cut_text(p, shown);
    return true;
}

bool launch_record_request(const launch_progress *p, audit_request *ret) {
    const caller *from = p->s->from;
    const msg_spawn *spawn = request_of(p);
    size_t handle_count = 0;
    const char *command_line = NULL;
    if (!redact_command_line(p, &command_line)) return false;

    const audit_handle *handles = list_handles(p, &handle_count);
    const char *variables = list_variables(p);
    const uint8_t *environment_hash = hash_environment(p);
    if (!handles || !variables || !environment_hash) return false;

    *ret = (audit_request){.launch_id = p->id,
                           .requested_at = p->requested_at,
                           .caller_pid = from->pid,
                           .caller_started_at = from->started_at,
                           .caller_session = from->session,
                           .caller_image = from->image,
                           .caller_sid = from->sid,
                           .caller_user = account_name(from->account),
                           .application = cut_text(p, spawn->application),
                           .command_line = command_line,
                           .directory = cut_text(p, spawn->directory),
                           .environment_names = cut_text(p, variables),
                           .environment_hash = environment_hash,
                           .lifetime = msg_lifetime_name(spawn->lifetime),
                           .creation_flags = spawn->creation_flags,
                           .rule = p->rule,
                           .caller_integrity = from->integrity,
                           .caller_elevated = from->administrator,
                           .caller_services = from->services,
                           .launch_key = spawn->key,
                           .label = cut_text(p, spawn->label),
                           .handles = handles,
                           .handle_count = handle_count};
    return ret->environment_names != NULL;
}

audit_result launch_result(const launch_progress *p) {
    switch (p->fault.kind) {
    case FAULT_NONE: return AUDIT_STARTED;
    case FAULT_DENIED:
    case FAULT_QUOTA: return AUDIT_DENIED;
    default: return AUDIT_FAILED;
    }
}

audit_outcome launch_record_outcome(const launch_progress *p) {
    const fault *f = &p->fault;
    const bool started = f->kind == FAULT_NONE;
    return (audit_outcome){.launch_id = p->id,
                           .at = win_now_us(),
                           .outcome = launch_result(p),
                           .stage = started ? NULL : stage_name(f->stage),
                           .error_code = f->win32,
                           .error_message = started ? NULL : f->message,
                           .child_pid = p->pid,
                           .child_tid = p->tid,
                           .child_created_at = p->created_at,
                           .attested = p->attested,
                           .started_at = started ? p->started_at : 0,
                           .create_us = p->pid ? (int64_t)p->times.create : -1,
                           .total_us = win_ticks_us() - p->s->received_ticks};
}
