#include "session.h"

#include "nt.h"
#include "pem.h"
#include "win.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

static char *no_memory(const session *s, size_t *ret_length) {
    fault f;
    fault_set(&f, FAULT_INTERNAL, STAGE_REPLY, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
    return msg_encode_fault(&s->request->id, &f, NULL, ret_length);
}

char *session_list(const session *s, size_t *ret_length) {
    msg_child *list;
    size_t count;
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    if (!all && !session_may(s, POLICY_RIGHT_READ_OWN)) return session_forbid(s, "read", ret_length);
    if (!children_list(s->broker->live, s->from, all, &s->request->arena, &list, &count))
        return no_memory(s, ret_length);
    return msg_encode_list_result(&s->request->id, list, count, ret_length);
}

char *session_kill(const session *s, size_t *ret_length) {
    const msg_kill *kill = &s->request->u.kill;
    DWORD pid = 0;
    fault f;
    bool all = session_may(s, POLICY_RIGHT_ADMINISTER);
    if (!all && !session_may(s, POLICY_RIGHT_LAUNCH)) return session_forbid(s, "launch", ret_length);
    DWORD error =
        children_kill(s->broker->live, s->from, all, kill->launch_id, kill->exit_code ? kill->exit_code : 1, &pid);
    if (!error) return msg_encode_kill_result(&s->request->id, pid, ret_length);
    if (error == ERROR_NOT_FOUND)
        fault_set(&f, FAULT_NOT_FOUND, STAGE_DECIDE, error,
                  "no live child of launch \"%.64s\" that you may end", kill->launch_id);
    else
        win_fault(&f, FAULT_INTERNAL, STAGE_DECIDE, error, "cannot end the child of launch %.64s",
                  kill->launch_id);
    return msg_encode_fault(&s->request->id, &f, NULL, ret_length);
}

/* QUIRK wine 8: GetProcessHandleCount says 0.
 * CURE: then the handle table is counted.
 * TEST: tests/win/test_rules.c, brokers */
static int64_t count_handles(void) {
    DWORD handles = 0;
    nt_handle *table = NULL;
    size_t count = 0;
    if (GetProcessHandleCount(GetCurrentProcess(), &handles) && handles) return handles;
    if (nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count)) return 0;
    free(table);
    return (int64_t)count;
}

static int64_t count_threads(void) {
    int64_t count = 0;
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (all == INVALID_HANDLE_VALUE) return 0;
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry))
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return count;
}

static const char *const health_names[] = {
    [RECORDER_WORKING] = "working", [RECORDER_FULL] = "full", [RECORDER_FAILING] = "failing"};

char *session_status(const session *s, size_t *ret_length) {
    broker *b = s->broker;
    recorder_status audit;
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    char head[AUDIT_HEAD_SIZE] = "", pem[PEM_SIZE] = "";
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    recorder_query_status(b->records, &audit);
    if (all) audit_head_text(&audit.head, head);
    if (all && crypto_export_public(b->keys.sign, key)) pem_write(key, pem);
    GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory);
    const msg_status status = {.version = BROKER_VERSION,
                               .pipe = b->pipe,
                               .database = all ? b->database : "",
                               .audit_state = health_names[audit.health],
                               .audit_trouble = all ? audit.trouble : "",
                               .audit_head = head,
                               .audit_public_key = pem,
                               .process_id = GetCurrentProcessId(),
                               .uptime_seconds = (win_ticks_us() - b->started_ticks) / 1000000,
                               .connections = b->connections,
                               .in_flight = b->in_flight,
                               .children = (int64_t)children_count(b->live),
                               .launches_started = b->started,
                               .launches_denied = b->denied,
                               .launches_failed = b->failed,
                               .audit_records = audit.records,
                               .audit_commits = audit.commits,
                               .audit_commit_us_max = audit.commit_us_max,
                               .audit_waiting = (int64_t)audit.waiting,
                               .audit_lost = audit.lost,
                               .audit_trouble_since = audit.trouble_since,
                               .audit_checkpoint_at = audit.checkpoint_at,
                               .handles = count_handles(),
                               .threads = count_threads(),
                               .working_set_bytes = (int64_t)memory.WorkingSetSize};
    return msg_encode_status_result(&s->request->id, &status, ret_length);
}

typedef struct rows {
    arena *memory;
    msg_launch *list;
    size_t count, limit, bytes;
    bool more, failed;
} rows;

/* Copies text into the arena; NULL stays NULL. */
static const char *keep(rows *r, const char *text) {
    size_t length = text ? strlen(text) : 0;
    char *copy = text ? arena_copy(r->memory, text, length) : NULL;
    if (text && !copy) r->failed = true;
    r->bytes += length;
    return copy;
}

static bool keep_row(const msg_launch *row, void *context) {
    rows *r = context;
    if (r->count == r->limit || r->bytes > LIMIT_FRAME_BYTES) { /* more would not fit into the reply */
        r->more = true;
        return false;
    }
    msg_launch *to = &r->list[r->count++];
    *to = *row;
    to->launch_id = keep(r, row->launch_id);
    to->caller_image = keep(r, row->caller_image);
    to->caller_sid = keep(r, row->caller_sid);
    to->caller_user = keep(r, row->caller_user);
    to->application = keep(r, row->application);
    to->command_line = keep(r, row->command_line);
    to->directory = keep(r, row->directory);
    to->rule = keep(r, row->rule);
    to->outcome = keep(r, row->outcome);
    to->stage = keep(r, row->stage);
    to->error_message = keep(r, row->error_message);
    msg_launch_handle *handles = arena_array(r->memory, row->handle_count + 1, sizeof *handles);
    for (size_t i = 0; handles && i < row->handle_count; i++) {
        handles[i] = row->handles[i];
        handles[i].name = keep(r, row->handles[i].name);
        handles[i].type = keep(r, row->handles[i].type);
    }
    to->handles = handles;
    if (!handles) r->failed = true;
    return !r->failed;
}

char *session_query(const session *s, size_t *ret_length) {
    const msg_query *query = &s->request->u.query;
    rows r = {.memory = &s->request->arena, .limit = query->limit ? query->limit : 50};
    audit_filter filter = {.caller_sid = session_may(s, POLICY_RIGHT_READ_ALL) ? NULL : s->from->sid,
                           .before = query->before,
                           .limit = (uint32_t)r.limit + 1};
    audit_store *reader = NULL;
    audit_error error;
    fault f;
    if (filter.caller_sid && !session_may(s, POLICY_RIGHT_READ_OWN)) return session_forbid(s, "read", ret_length);
    r.list = arena_array(r.memory, r.limit, sizeof *r.list);
    if (!r.list) return no_memory(s, ret_length);
    bool ok = audit_open_reader(s->broker->database, &reader, &error) &&
              audit_query(reader, &filter, keep_row, &r, &error);
    audit_close(&reader);
    if (r.failed) return no_memory(s, ret_length);
    if (ok) return msg_encode_query_result(&s->request->id, r.list, r.count, r.more, ret_length);
    fault_set(&f, FAULT_AUDIT_UNAVAILABLE, STAGE_RECORD, ERROR_READ_FAULT, "the audit cannot be read: %s",
              error.message);
    return msg_encode_fault(&s->request->id, &f, NULL, ret_length);
}
