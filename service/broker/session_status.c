/* The method status. */
#include "service/broker/session.h"

#include "service/win32/nt.h"
#include "service/audit/pem.h"
#include "service/win32/win.h"

#include <psapi.h>
#include <stdlib.h>
#include <tlhelp32.h>

/* QUIRK wine 8: GetProcessHandleCount says 0.
 * CURE: then the handle table is counted.
 * TEST: tests/launch/test_rules.c, brokers */
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
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0); /* shorter than the list of threads */
    if (all == INVALID_HANDLE_VALUE) return 0;
    for (BOOL more = Process32FirstW(all, &entry); more && !count; more = Process32NextW(all, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId()) count = entry.cntThreads;
    CloseHandle(all);
    return count;
}

static const char *const health_names[] = {
    [RECORDER_WORKING] = "working", [RECORDER_FULL] = "full", [RECORDER_FAILING] = "failing"};

char *session_status(const session *s, size_t *ret_length) {
    broker *b = s->broker;
    recorder_status audit;
    policy_source source;
    bool all = session_may(s, POLICY_RIGHT_READ_ALL);
    char head[AUDIT_HEAD_SIZE] = "", pem[PEM_SIZE] = "";
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};

    recorder_query_status(b->records, &audit);
    policies_source(b->policies, &source);
    if (all) audit_head_text(&audit.head, head);
    if (all && crypto_export_public(b->keys.sign, key)) pem_write(key, pem);
    GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory);

    server_load load = s->load(s->context);
    msg_status status = {.version = BROKER_VERSION,
                         .pipe = b->pipe,
                         .database = all ? b->database : "",
                         .audit_state = health_names[audit.health],
                         .audit_trouble = all ? audit.trouble : "",
                         .audit_head = head,
                         .audit_public_key = pem,
                         .has_policy = true,
                         .policy_sha256 = source.sha256,
                         .policy_trouble = all ? source.trouble : "",
                         .policy_since = source.since,
                         .process_id = GetCurrentProcessId(),
                         .uptime_seconds = (win_ticks_us() - b->started_ticks) / 1000000,
                         .connections = b->connections,
                         .in_flight = b->in_flight,
                         .children = (int64_t)children_count(b->live),
                         .launches_started = metrics_total(b->metrics, METRIC_OUTCOME_started),
                         .launches_denied = metrics_total(b->metrics, METRIC_OUTCOME_denied),
                         .launches_failed = metrics_total(b->metrics, METRIC_OUTCOME_failed),
                         .queued = (int64_t)load.waiting,
                         .launching = (int64_t)load.running,
                         .launches_at_once = (int64_t)load.most,
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

    status.has_activity = metrics_report(b->metrics, &s->request->arena, &status.activity);
    if (!status.has_activity) return session_no_memory(s, ret_length);
    return msg_encode_status_result(&s->request->id, &status, ret_length);
}
