/* The methods of the audit: audit.query, audit.summary and audit.prune. Each request has a database reader of
 * its own and sees only what the caller may read. */
#include "service/broker/session.h"

/* REPLY_BYTES: the rows of a reply; the rest of the frame is for what surrounds them. */
enum { DEFAULT_ROWS = 50, REPLY_BYTES = LIMIT_FRAME_BYTES - 4096 };

/* Limits a filter to the launches that the caller may see: all, or those of callers for which it stands. */
static audit_filter permitted(const session *s, const msg_filter *where, audit_viewer *viewer) {
    const caller *from = s->from;
    *viewer = (audit_viewer){.sid = from->sid,
                             .pid = from->pid,
                             .started_at = from->started_at,
                             .sandboxed = from->sandboxed,
                             .elevated = from->administrator,
                             .integrity = from->integrity,
                             .services = from->services};
    return (audit_filter){.viewer = session_may(s, POLICY_RIGHT_READ_ALL) ? NULL : viewer, .where = *where};
}

fault_kind session_unreadable(const audit_error *error, fault *ret_fault) {
    return fault_set(ret_fault, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_READ_FAULT,
                     "the audit cannot be read: %s", error->message);
}

static char *unavailable(const session *s, const audit_error *error, size_t *ret_length) {
    fault f;
    session_unreadable(error, &f);
    return session_fault(s, &f, ret_length);
}

bool session_reader(const session *s, audit_store **ret, audit_error *ret_error) {
    recorder_catch_up(s->broker->records);
    return audit_open_reader(s->broker->database, ret, ret_error);
}

bool session_find(const session *s, const char *launch_id, msg_launch *ret, bool *ret_found,
                  fault *ret_fault) {
    const msg_filter where = {.launch_id = launch_id};
    audit_store *reader = NULL;
    audit_viewer viewer;
    audit_filter filter = permitted(s, &where, &viewer);
    audit_error error;
    msg_page page = {0};
    filter.limit = 1;
    bool ok = session_reader(s, &reader, &error) &&
              audit_page(reader, &filter, REPLY_BYTES, &s->request->arena, &page, &error);
    audit_close(&reader);
    if (!ok) {
        session_unreadable(&error, ret_fault);
        return false;
    }
    *ret_found = page.count == 1;
    if (*ret_found) *ret = page.rows[0];
    return true;
}

char *session_query(const session *s, size_t *ret_length) {
    const msg_query *query = &s->request->u.query;
    audit_store *reader = NULL;
    audit_viewer viewer;
    audit_filter filter = permitted(s, &query->filter, &viewer);
    audit_error error;
    msg_page page;
    filter.before = query->before;
    filter.after = query->after;
    filter.oldest_first = query->oldest_first;
    filter.limit = query->limit ? query->limit : DEFAULT_ROWS;
    bool ok = session_reader(s, &reader, &error) &&
              audit_page(reader, &filter, REPLY_BYTES, &s->request->arena, &page, &error);
    audit_close(&reader);
    return ok ? msg_encode_query_result(&s->request->id, &page, ret_length)
              : unavailable(s, &error, ret_length);
}

char *session_summary(const session *s, size_t *ret_length) {
    const msg_summary *summary = &s->request->u.summary;
    audit_store *reader = NULL;
    audit_viewer viewer;
    audit_filter filter = permitted(s, &summary->filter, &viewer);
    audit_error error;
    msg_groups groups;
    filter.before = summary->before;
    bool ok =
        session_reader(s, &reader, &error) && audit_summary(reader, &filter, msg_by_from_name(summary->by),
                                                            REPLY_BYTES, &s->request->arena, &groups, &error);
    audit_close(&reader);
    return ok ? msg_encode_summary_result(&s->request->id, &groups, ret_length)
              : unavailable(s, &error, ret_length);
}

char *session_prune(const session *s, size_t *ret_length) {
    const msg_prune *prune = &s->request->u.prune;
    const audit_retention keep = {.max_age_us = prune->max_age_us, .max_bytes = prune->max_bytes};
    msg_pruned result = {0};
    audit_error error;
    fault f;
    if (recorder_prune(s->broker->records, &keep, &result.removed, &result.more, &error))
        return msg_encode_prune_result(&s->request->id, &result, ret_length);
    fault_set(&f, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_WRITE_FAULT, "the audit cannot be pruned: %s",
              error.message);
    return session_fault(s, &f, ret_length);
}
