#include "store.h"

#include <string.h>

static const char doing[] = "reading the audit database";

/* Text of the row lives until its statement moves on. */
static msg_launch read_launch(db_row *r) {
    msg_launch l = {0};
    l.seq = db_get(r);
    l.launch_id = db_get_text(r);
    l.requested_at = db_get(r);
    l.caller_pid = db_get(r);
    l.caller_image = db_get_text(r);
    l.caller_sid = db_get_text(r);
    l.caller_user = db_get_text(r);
    l.caller_session = db_get(r);
    l.application = db_get_text(r);
    l.command_line = db_get_text(r);
    l.directory = db_get_text(r);
    l.rule = db_get_text(r);
    l.outcome = db_get_text(r);
    l.stage = db_get_text(r);
    l.error_code = db_get_if(r, &l.has_error_code);
    l.error_message = db_get_text(r);
    l.child_pid = db_get_if(r, &l.has_child_pid);
    l.attested = db_get_if(r, &l.has_attested);
    l.started_at = db_get_if(r, &l.has_started_at);
    l.exited_at = db_get_if(r, &l.has_exited_at);
    l.exit_code = db_get_if(r, &l.has_exit_code);
    l.create_us = db_get_if(r, &l.has_create_us);
    l.total_us = db_get_if(r, &l.has_total_us);
    return l;
}

static const char *copy(arena *a, const char *text, bool *complete) {
    const char *copied = text ? arena_copy(a, text, strlen(text)) : NULL;
    if (text && !copied) *complete = false;
    return copied;
}

/* Appends to an array of which *room are allocated; it grows by doubling. */
static bool append(arena *a, msg_launch_handle **array, size_t *count, size_t *room, msg_launch_handle h) {
    if (*count == *room) {
        size_t more = *room ? *room * 2 : 8;
        msg_launch_handle *bigger = arena_array(a, more, sizeof *bigger);
        if (!bigger) return false;
        if (*count) memcpy(bigger, *array, *count * sizeof *bigger);
        *array = bigger;
        *room = more;
    }
    (*array)[(*count)++] = h;
    return true;
}

static bool read_handles(audit_store *store, arena *a, msg_launch *launch, audit_error *ret_error) {
    db_args args = db_with(store->statements[SCHEMA_HANDLES]);
    msg_launch_handle *handles = NULL;
    size_t count = 0, room = 0;
    bool ok, found = false, complete = true;
    db_row row;
    db_put_text(&args, launch->launch_id);
    while ((ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        msg_launch_handle h = {0};
        h.position = db_get(&row);
        h.name = copy(a, db_get_text(&row), &complete);
        h.type = copy(a, db_get_text(&row), &complete);
        h.granted_access = db_get(&row);
        h.caller_value = db_get(&row);
        h.child_value = db_get(&row);
        h.fd = db_get(&row);
        if (!complete || !append(a, &handles, &count, &room, h)) {
            ok = db_refuse(store->main, DB_NO_MEMORY, doing, "out of memory", ret_error);
            break;
        }
    }
    db_end(&args);
    launch->handles = handles;
    launch->handle_count = count;
    return ok;
}

bool audit_query(audit_store *store, const audit_filter *filter,
                 bool (*each)(const msg_launch *row, void *context), void *context, audit_error *ret_error) {
    db_args args = db_with(store->statements[filter->caller_sid ? SCHEMA_NEWEST_OF : SCHEMA_NEWEST]);
    arena handles = {0};
    bool ok, found = false;
    db_row row;
    if (filter->caller_sid) db_put_text(&args, filter->caller_sid);
    db_put(&args, filter->before ? filter->before : INT64_MAX);
    db_put(&args, filter->limit);
    while ((ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        msg_launch launch = read_launch(&row);
        ok = read_handles(store, &handles, &launch, ret_error);
        bool more = ok && each(&launch, context);
        arena_free(&handles);
        if (!more) break;
    }
    arena_free(&handles);
    db_end(&args);
    return ok;
}
