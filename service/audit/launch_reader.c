#include "service/audit/launch_reader.h"

#include "service/audit/schema.h"

#include <string.h>

static const char doing[] = "reading the audit database";

/* The views' columns as SQL; a hash as hexadecimal digits. */
#define ASK_TEXT(name) ", " #name
#define ASK_TEXT_OR_NULL(name) ", " #name
#define ASK_NUMBER(name) ", " #name
#define ASK_NUMBER_OR_0(name) ", " #name
#define ASK_NUMBER_OR_MINUS(name) ", " #name
#define ASK_HASH_OR_NULL(name) ", nullif(lower(hex(" #name ")), '')"
#define ASK_RESULT(name) ", " #name
#define ASK(name, kind, check) ASK_##kind(name)
#define ASK_SHOWN(name, kind, place, check) ASK_##kind(name)
#define HIDDEN(name, kind, check)
#define LACKS(name, kind, place, check) ", NULL"
#define OUTCOME_COLUMNS AUDIT_OUTCOME_COLUMNS(ASK_SHOWN, HIDDEN)
/* added: what gives the columns that version 3 added */
#define LAUNCH_SQL(added)                                                                                  \
    "SELECT seq" AUDIT_REQUEST_FIRST(ASK_SHOWN, HIDDEN) AUDIT_REQUEST_ADDED(added, HIDDEN) OUTCOME_COLUMNS \
    AUDIT_EXIT_FIRST(ASK_SHOWN, HIDDEN) AUDIT_EXIT_ADDED(added, HIDDEN) " FROM launches WHERE seq = ?"
#define HANDLE_COLUMNS AUDIT_HANDLE_COLUMNS(ASK)

static const char launch_sql[] = LAUNCH_SQL(ASK_SHOWN), launch_sql_2[] = LAUNCH_SQL(LACKS);
static const char handles_sql[] =
    "SELECT launch" HANDLE_COLUMNS " FROM handle WHERE launch = ? ORDER BY position";

bool launch_reader_begin(launch_reader *r, audit_store *store, audit_error *ret_error) {
    const char *sql = store->version == SCHEMA_FIRST_VERSION ? launch_sql_2 : launch_sql;
    *r = (launch_reader){.d = store->main};
    return db_prepare(r->d, sql, &r->launch, ret_error) &&
           db_prepare(r->d, handles_sql, &r->handles, ret_error);
}

void launch_reader_end(launch_reader *r) {
    db_finalize(&r->launch);
    db_finalize(&r->handles);
}

/* Copies the next column's text into the arena. Clears *complete when out of memory. */
static const char *text(db_row *row, arena *a, bool *complete) {
    const char *here = db_get_text(row), *copy = here ? arena_copy(a, here, strlen(here)) : NULL;
    if (here && !copy) *complete = false;
    return copy;
}

/* Reads the next column of row r into the same member of the message m. */
#define READ_TEXT(name) m->name = text(r, a, &complete);
#define READ_TEXT_OR_NULL(name) m->name = text(r, a, &complete);
#define READ_HASH_OR_NULL(name) m->name = text(r, a, &complete);
#define READ_RESULT(name) m->name = text(r, a, &complete);
#define READ_NUMBER(name) m->name = db_get(r);
#define READ_NUMBER_OR_0(name) m->name = db_get_if(r, &m->has_##name);
#define READ_NUMBER_OR_MINUS(name) m->name = db_get_if(r, &m->has_##name);
#define READ_SHOWN(name, kind, place, check) READ_##kind(name)
#define READ_SHOWN_LATER(name, kind, place, check) READ_NUMBER_OR_0(name)

/* Returns false when out of memory. */
static bool read_launch(db_row *r, arena *a, msg_launch *m) {
    bool complete = true;
    m->seq = db_get(r);
    AUDIT_REQUEST_COLUMNS(READ_SHOWN, HIDDEN)
    AUDIT_OUTCOME_COLUMNS(READ_SHOWN, HIDDEN)
    AUDIT_EXIT_COLUMNS(READ_SHOWN_LATER, HIDDEN)
    return complete;
}

#undef READ_NUMBER_OR_0
#define READ_NUMBER_OR_0(name) m->name = db_get(r);
#define READ(name, kind, check) READ_##kind(name)

/* Returns false when out of memory. */
static bool read_handle(db_row *r, arena *a, msg_launch_handle *m) {
    bool complete = true;
    (void)db_get(r); /* launch */
    AUDIT_HANDLE_COLUMNS(READ)
    return complete;
}

/* Appends to an array of which *room elements are allocated. The array grows by doubling. */
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

static bool no_memory(launch_reader *r, audit_error *ret_error) {
    return db_refuse(r->d, DB_NO_MEMORY, doing, "out of memory", ret_error);
}

static bool read_handles(launch_reader *r, arena *a, msg_launch *launch, audit_error *ret_error) {
    db_args args = db_with(r->handles);
    msg_launch_handle *handles = NULL;
    size_t count = 0, room = 0;
    bool ok, found = false;
    db_row row;
    db_put(&args, launch->seq);
    while ((ok = db_next(&args, doing, &row, &found, ret_error)) && found) {
        msg_launch_handle h = {0};
        if (!read_handle(&row, a, &h) || !append(a, &handles, &count, &room, h)) {
            ok = no_memory(r, ret_error);
            break;
        }
    }
    db_end(&args);
    launch->handles = handles;
    launch->handle_count = count;
    return ok;
}

bool launch_reader_read(launch_reader *r, int64_t seq, arena *a, msg_launch *ret, audit_error *ret_error) {
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
