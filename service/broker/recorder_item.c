#include "service/broker/recorder_item.h"

#include "proto/json_writer.h"

#include <stdlib.h>
#include <string.h>

static recorder_item *make(item_kind kind) {
    recorder_item *item = calloc(1, sizeof *item);
    if (item) item->kind = kind;
    return item;
}

void item_free(recorder_item *item) {
    if (!item) return;
    arena_free(&item->memory);
    free(item);
}

/* Copies a text in place; NULL stays NULL. */
static bool keep(recorder_item *item, const char **text) {
    if (!*text) return true;
    *text = arena_copy(&item->memory, *text, strlen(*text));
    return *text != NULL;
}

static bool keep_hash(recorder_item *item, const uint8_t **hash) {
    if (!*hash) return true;
    uint8_t *copy = arena_alloc(&item->memory, CRYPTO_HASH_BYTES);
    if (copy) memcpy(copy, *hash, CRYPTO_HASH_BYTES);
    *hash = copy;
    return copy != NULL;
}

/* Copies what a column of record r points to: a condition that continues the one before it. */
#define KEEP_TEXT(name) &&keep(item, &r->name)
#define KEEP_TEXT_OR_NULL(name) &&keep(item, &r->name)
#define KEEP_HASH_OR_NULL(name) &&keep_hash(item, &r->name)
#define KEEP_NUMBER(name)
#define KEEP_NUMBER_OR_0(name)
#define KEEP_NUMBER_OR_MINUS(name)
#define KEEP_RESULT(name)
#define KEEP(name, kind, check) KEEP_##kind(name)
#define KEEP_SHOWN(name, kind, place, check) KEEP_##kind(name)

static recorder_item *give(recorder_item *item, bool complete) {
    if (complete) return item;
    item_free(item);
    return NULL;
}

recorder_item *item_of_request(const audit_request *request) {
    recorder_item *item = make(ITEM_REQUEST);
    if (item) item->u.request = request;
    return item;
}

recorder_item *item_of_outcome(const audit_outcome *outcome) {
    recorder_item *item = make(ITEM_OUTCOME);
    if (!item) return NULL;
    audit_outcome *r = &item->u.outcome;
    *r = *outcome;
    return give(item, keep(item, &r->launch_id) AUDIT_OUTCOME_COLUMNS(KEEP_SHOWN, KEEP));
}

recorder_item *item_of_exit(const audit_exit *exit) {
    recorder_item *item = make(ITEM_EXIT);
    if (!item) return NULL;
    audit_exit *r = &item->u.exit;
    *r = *exit;
    return give(item, keep(item, &r->launch_id) AUDIT_EXIT_COLUMNS(KEEP_SHOWN, KEEP));
}

recorder_item *item_of_event(int64_t at, const char *kind, const char *detail) {
    recorder_item *item = make(ITEM_EVENT);
    if (!item) return NULL;
    item->u.event.at = at;
    item->u.event.kind = kind;
    item->u.event.detail = detail;
    return give(item, keep(item, &item->u.event.kind) && keep(item, &item->u.event.detail));
}

static bool copy_handles(recorder_item *item, audit_request *request) {
    audit_handle *handles = arena_array(&item->memory, request->handle_count + 1, sizeof *handles);
    bool complete = handles != NULL;
    for (size_t i = 0; complete && i < request->handle_count; i++) {
        audit_handle *r = &handles[i];
        *r = request->handles[i];
        complete = true AUDIT_HANDLE_COLUMNS(KEEP);
    }
    request->handles = handles;
    return complete;
}

recorder_item *item_copy(const recorder_item *request) {
    recorder_item *item = make(ITEM_REQUEST);
    audit_request *r = item ? arena_alloc(&item->memory, sizeof *r) : NULL;
    if (!r) return give(item, false);
    *r = *request->u.request;
    item->u.request = r;
    return give(item, copy_handles(item, r) AUDIT_REQUEST_COLUMNS(KEEP_SHOWN, KEEP));
}

bool item_to_event(recorder_item *item) {
    json_writer w = {.limit = 4096};
    const audit_exit *e = &item->u.exit;
    const audit_outcome *o = &item->u.outcome;
    bool is_exit = item->kind == ITEM_EXIT;
    int64_t at = is_exit ? e->exited_at : o->at;

    json_writer_open(&w, NULL, '{');
    json_writer_text(&w, "launch_id", is_exit ? e->launch_id : o->launch_id);
    if (is_exit) {
        json_writer_integer(&w, "exit_code", e->exit_code);
    } else {
        json_writer_text(&w, "outcome", audit_result_name(o->outcome));
        json_writer_integer(&w, "child_pid", o->child_pid);
        json_writer_integer(&w, "started_at", o->started_at);
    }

    json_writer_close(&w, '}');
    char *text = json_writer_take(&w, NULL);
    const char *detail = text ? arena_copy(&item->memory, text, strlen(text)) : NULL;
    free(text);
    if (!detail) return false;
    item->kind = ITEM_EVENT;
    item->u.event.at = at;
    item->u.event.kind = is_exit ? "exit" : "outcome";
    item->u.event.detail = detail;

    return true;
}

static bool add_request(recorder_item *item, audit_store *store) {
    const audit_request *r = item->u.request;
    const audit_key key = {r->launch_key, r->caller_sid, r->caller_pid, r->caller_started_at};
    int64_t first = 0;
    if (r->launch_key && !audit_find_key(store, &key, &first, &item->error)) return false;
    item->repeated = first != 0;
    return item->repeated || audit_add_request(store, r, &item->error);
}

bool item_add(recorder_item *item, audit_store *store) {
    switch (item->kind) {
    case ITEM_REQUEST: return add_request(item, store);
    case ITEM_OUTCOME: return audit_add_outcome(store, &item->u.outcome, &item->error);
    case ITEM_EXIT: return audit_add_exit(store, &item->u.exit, &item->error);
    case ITEM_EVENT:
        return audit_add_event(store, item->u.event.at, item->u.event.kind, item->u.event.detail,
                               &item->error);
    }
    return false;
}
