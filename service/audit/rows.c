#include "service/audit/rows.h"

#include <string.h>

static const char doing[] = "reading the audit database";

static const char launch_sql[] =
    "SELECT seq, launch_id, requested_at, caller_pid, caller_image, caller_sid, caller_user, caller_session, "
    "application, command_line, directory, rule, outcome, stage, error_code, error_message, child_pid, "
    "attested, "
    "started_at, exited_at, exit_code, create_us, total_us, caller_started_at, child_created_at, lifetime, "
    "creation_flags, environment_names, lower(hex(environment_hash)) FROM launches WHERE seq = ?";
static const char handles_sql[] =
    "SELECT position, name, type, granted_access, caller_value, child_value, fd "
    "FROM handle WHERE launch = ? ORDER BY position";

bool rows_begin(rows_reader *r, db *d, audit_error *ret_error) {
    *r = (rows_reader){.d = d};
    return db_prepare(d, launch_sql, &r->launch, ret_error) &&
           db_prepare(d, handles_sql, &r->handles, ret_error);
}

void rows_end(rows_reader *r) {
    db_finalize(&r->launch);
    db_finalize(&r->handles);
}

/* The next column's text in the arena. */
static const char *text(db_row *row, arena *a, bool *complete) {
    const char *here = db_get_text(row), *copy = here ? arena_copy(a, here, strlen(here)) : NULL;
    if (here && !copy) *complete = false;
    return copy;
}

/* False: no memory. In the order of launch_sql. */
static bool read_launch(db_row *r, arena *a, msg_launch *l) {
    bool complete = true;
    l->seq = db_get(r);
    l->launch_id = text(r, a, &complete);
    l->requested_at = db_get(r);
    l->caller_pid = db_get(r);
    l->caller_image = text(r, a, &complete);
    l->caller_sid = text(r, a, &complete);
    l->caller_user = text(r, a, &complete);
    l->caller_session = db_get(r);
    l->application = text(r, a, &complete);
    l->command_line = text(r, a, &complete);
    l->directory = text(r, a, &complete);
    l->rule = text(r, a, &complete);
    l->outcome = text(r, a, &complete);
    l->stage = text(r, a, &complete);
    l->error_code = db_get_if(r, &l->has_error_code);
    l->error_message = text(r, a, &complete);
    l->child_pid = db_get_if(r, &l->has_child_pid);
    l->attested = db_get_if(r, &l->has_attested);
    l->started_at = db_get_if(r, &l->has_started_at);
    l->exited_at = db_get_if(r, &l->has_exited_at);
    l->exit_code = db_get_if(r, &l->has_exit_code);
    l->create_us = db_get_if(r, &l->has_create_us);
    l->total_us = db_get_if(r, &l->has_total_us);
    l->caller_started_at = db_get_if(r, &l->has_caller_started_at);
    l->child_created_at = db_get_if(r, &l->has_child_created_at);
    l->lifetime = text(r, a, &complete);
    l->creation_flags = db_get(r);
    l->environment_names = text(r, a, &complete);
    l->environment_hash = text(r, a, &complete);
    if (l->environment_hash && !*l->environment_hash) l->environment_hash = NULL; /* hex of NULL */
    return complete;
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

static bool no_memory(rows_reader *r, audit_error *ret_error) {
    return db_refuse(r->d, DB_NO_MEMORY, doing, "out of memory", ret_error);
}

static bool read_handles(rows_reader *r, arena *a, msg_launch *launch, audit_error *ret_error) {
    db_args args = db_with(r->handles);
    msg_launch_handle *handles = NULL;
    size_t count = 0, room = 0;
    bool ok, found = false, complete = true;
    db_row row;
    db_put(&args, launch->seq);
    while ((ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        msg_launch_handle h = {0};
        h.position = db_get(&row);
        h.name = text(&row, a, &complete);
        h.type = text(&row, a, &complete);
        h.granted_access = db_get(&row);
        h.caller_value = db_get(&row);
        h.child_value = db_get(&row);
        h.fd = db_get(&row);
        if (!complete || !append(a, &handles, &count, &room, h)) {
            ok = no_memory(r, ret_error);
            break;
        }
    }
    db_end(&args);
    launch->handles = handles;
    launch->handle_count = count;
    return ok;
}

bool rows_read(rows_reader *r, int64_t seq, arena *a, msg_launch *ret, audit_error *ret_error) {
    db_args args = db_with(r->launch);
    msg_launch launch = {0};
    bool found = false;
    db_row row;
    db_put(&args, seq);
    bool ok = db_next(&args, doing, &row, &found, ret_error);
    if (ok && !found) ok = db_refuse(r->d, DB_NOT_FOUND, doing, "a launch is gone", ret_error);
    if (ok && !read_launch(&row, a, &launch)) ok = no_memory(r, ret_error);
    db_end(&args);
    if (!ok || !read_handles(r, a, &launch, ret_error)) return false;
    *ret = launch;
    return true;
}
