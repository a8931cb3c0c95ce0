/* Measures how many records a second become durable, by the number of records in a transaction: chained,
 * signed and indexed as the broker writes them. A launch has three records: a request with three handles, an
 * outcome and an exit.
 *
 * usage: audit_writes DIRECTORY SECONDS [JSON-FILE]
 * Spends SECONDS on each group size. Makes the database in DIRECTORY and removes it. */
#include "service/audit/audit.h"
#include "tests/bench/clock.h"
#include "service/audit/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMITS_MOST = 1 << 20, HANDLES = 3 };

typedef struct run {
    int group; /* launches in a transaction */
    int64_t launches, commits, took_us;
    int64_t *commit_us;
} run;

static bool add_launch(audit_store *store, int64_t number, audit_error *ret_error) {
    static const audit_handle handles[HANDLES] = {{0, "stdin", "File", 0x120089, 60, 60, 0},
                                                  {1, "stdout", "File", 0x120196, 64, 64, 0},
                                                  {2, "frames", "Section", 4, 68, 68, 0}};
    char id[48], line[128];
    int64_t now = INT64_C(1790000000000000) + number * 100;

    snprintf(id, sizeof id, "019a9c51-1f4e-7a9e-8%03x-%012" PRIx64, (unsigned)(number & 0xfff),
             (uint64_t)number);
    snprintf(line, sizeof line,
             "\"C:\\tools\\convert.exe\" --job %" PRId64 " --quality 90 D:\\in\\%" PRId64 ".png", number,
             number * 7919 % 1000003);
    uint8_t environment[CRYPTO_HASH_BYTES] = {1};
    const audit_request request = {.launch_id = id,
                                   .requested_at = now,
                                   .caller_pid = 4000 + (uint32_t)(number % 50) * 4,
                                   .caller_started_at = now - 1000000,
                                   .caller_session = 1,
                                   .caller_image = "C:\\hosts\\pluginhost.exe",
                                   .caller_sid = "S-1-5-21-1004336348-1177238915-682003330-1001",
                                   .caller_user = "OFFICE\\ann",
                                   .application = "C:\\tools\\convert.exe",
                                   .command_line = line,
                                   .directory = "C:\\hosts",
                                   .environment_names =
                                       "ALLUSERSPROFILE\nAPPDATA\nComSpec\nPATH\nTEMP\nTMP\nUSERNAME\n",
                                   .environment_hash = environment,
                                   .lifetime = "caller",
                                   .rule = "default",
                                   .handles = handles,
                                   .handle_count = HANDLES};
    const audit_outcome outcome = {.launch_id = id,
                                   .at = now + 9000,
                                   .outcome = AUDIT_STARTED,
                                   .child_pid = 8000 + (uint32_t)(number % 5000) * 4,
                                   .child_tid = 8004,
                                   .child_created_at = now + 5000,
                                   .attested = 1,
                                   .started_at = now + 8000,
                                   .create_us = 7000,
                                   .total_us = 9000};
    const audit_exit ended = {.launch_id = id, .exited_at = now + 500000, .exit_code = 0};

    return audit_add_request(store, &request, ret_error) && audit_add_outcome(store, &outcome, ret_error) &&
           audit_add_exit(store, &ended, ret_error);
}

static bool measure(audit_store *store, run *r, int64_t *number, int64_t most_us, audit_error *ret_error) {
    int64_t start = clock_us();
    while (r->took_us < most_us && r->commits < COMMITS_MOST) {
        int64_t begun = clock_us();
        bool ok = audit_begin(store, ret_error);
        for (int i = 0; ok && i < r->group; i++) ok = add_launch(store, ++*number, ret_error);
        if (ok && audit_checkpoint_due(store, INT64_C(1790000000000000)))
            ok = audit_add_checkpoint(store, INT64_C(1790000000000000), ret_error);
        if (!ok || !audit_commit(store, ret_error)) return false;
        r->commit_us[r->commits++] = clock_us() - begun;
        r->launches += r->group;
        r->took_us = clock_us() - start;
    }
    return true;
}

static void print(FILE *json, const run *r) {
    double events = 3e6 * (double)r->launches / (double)r->took_us;
    int64_t p50 = r->commit_us[r->commits / 2], p99 = r->commit_us[r->commits * 99 / 100];
    printf("%8d %12.0f %12.0f %12.2f %12.2f\n", 3 * r->group, events, events / 3, (double)p50 / 1e3,
           (double)p99 / 1e3);
    fflush(stdout);
    if (json)
        fprintf(json,
                "{\"group\":%d,\"events_per_second\":%.0f,\"commit_p50_us\":%" PRId64
                ",\"commit_p99_us\":%" PRId64 "}\n",
                3 * r->group, events, p50, p99);
}

int main(int argc, char **argv) {
    static const int groups[] = {1, 4, 16, 64, 256};
    char path[1024], beside[1100];
    audit_error error = {0};
    audit_store *store = NULL;
    crypto_key *key = NULL;
    int64_t number = 0, most_us = argc > 2 ? (int64_t)(strtod(argv[2], NULL) * 1e6) : 0;
    run r = {.commit_us = calloc(COMMITS_MOST, sizeof *r.commit_us)};
    bool ok = r.commit_us && crypto_key_make(&key);

    if (most_us <= 0) {
        fprintf(stderr, "usage: %s DIRECTORY SECONDS [JSON-FILE]\n", argv[0]);
        return 2;
    }

    FILE *json = argc > 3 ? fopen(argv[3], "w") : NULL;
    snprintf(path, sizeof path, "%s/audit-writes.db", argv[1]);
    const audit_opening how = {.path = path, .now = INT64_C(1790000000000000), .key = key};
    ok = ok && audit_open(&how, &store, NULL, &error);
    printf("%8s %12s %12s %12s %12s\n", "events a", "events a", "launches a", "commit", "commit");
    printf("%8s %12s %12s %12s %12s\n", "group", "second", "second", "p50 ms", "p99 ms");

    for (size_t i = 0; ok && i < sizeof groups / sizeof *groups; i++) {
        r = (run){.group = groups[i], .commit_us = r.commit_us};
        if (!(ok = measure(store, &r, &number, most_us, &error))) break;
        clock_sort(r.commit_us, (size_t)r.commits);
        print(json, &r);
    }

    audit_close(&store);
    if (ok)
        printf("%.0f bytes a launch, of %" PRId64 "\n", (double)files_size(path) / (double)number, number);
    else fprintf(stderr, "%s\n", error.message);

    static const char *const endings[] = {"", "-wal", "-shm", ".lock", ".lock-journal"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(beside, sizeof beside, "%s%s", path, endings[i]);
        files_remove(beside);
    }

    crypto_key_free(&key);
    free(r.commit_us);
    if (json) fclose(json);
    return ok ? 0 : 1;
}
