/* Clients come, launch, crash, stall and go for as long as requested, while the policy is reloaded and old
 * records are pruned. After each round, when all its clients are gone, the broker has what it had after the
 * first round, nothing runs that should not, the audit has all that the clients saw, and its chain is whole.
 * soak [--seconds N] [--round N] [--seed N] */
#include "tests/support/audit_look.h"
#include "tests/support/checks.h"
#include "tests/support/raw.h"
#include "tests/load/soak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    SLOTS = 6,
    HANDLES_MORE = 16, /* threads of the system's pool come and go; each has a few handles */
    THREADS_MORE = 16,
    MEMORY_MORE = 48 * 1024 * 1024,
    WINE_STILLBORN =
        200 /* one child in so many may end before its first instruction: docs/windows-quirks.md */
};

typedef struct level {
    int64_t handles, threads, memory;
} level;

typedef struct soak {
    unsigned seconds, round_seconds, seed;
    uint64_t random, started, said;
    soak_place place;
    soak_share *share;
    test_broker broker;
    HANDLE slots[SLOTS];
    int64_t clients[SOAK_ROLES], reloads, pruned, verified;
    int rounds;
    level first, now, most;
    msg_status status;
    soak_seen seen;
} soak;

/* ---- what an administrator does meanwhile ---- */

static bool write_policy(const soak *s, int64_t number) {
    static const char form[] =
        "{\"version\": 1, \"default\": \"allow\", \"redact\": [\"--secret%lld=*\"],\n"
        " \"audit\": {\"retention\": {\"days\": 1}, \"denials_per_minute\": %lld},\n"
        " \"rules\": [{\"name\": \"no-66\", \"action\": \"deny\", \"reason\": \"not that one\",\n"
        "            \"arguments\": {\"some\": [\"exit:66\"]}}]}\n";
    wchar_t path[MAX_PATH + 16], new_path[MAX_PATH + 16];
    char text[512];
    int length = snprintf(text, sizeof text, form, (long long)number, (long long)(number % 100 + 10));

    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", s->broker.data);
    swprintf(new_path, MAX_PATH + 16, L"%ls\\policy.new", s->broker.data);

    /* A process that reads the file just now prevents its replacement, as for any editor. */
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    bool done = false;
    while (!(done = file_write(new_path, text, (size_t)length) &&
                    MoveFileExW(new_path, path, MOVEFILE_REPLACE_EXISTING)) &&
           !deadline_passed(deadline))
        Sleep(20);

    return done;
}

static void administer(soak *s, uint64_t round_began) {
    const msg_prune prune = {.max_age_us = (int64_t)(GetTickCount64() - round_began + 1000) * 1000};
    raw_client client;
    msg_reply reply;
    msg_pruned pruned;
    msg_reloaded now = {0};
    size_t length;

    if (!CHECK(write_policy(s, ++s->reloads) && raw_open(&client, s->broker.pipe))) return;
    if (CHECK(raw_hello(&client))) {
        char *frame = msg_encode_reload(client.next_id++, &(msg_reload){0}, &length);
        if (CHECK(raw_call(&client, frame, length, &reply))) {
            if (!CHECK(msg_reply_reload(&reply, &now))) printf("    %s\n", reply.fault.message);
            CHECK_INT(now.rules, 1);
            msg_reply_free(&reply);
        }
        frame = msg_encode_prune(client.next_id++, &prune, &length);
        if (CHECK(raw_call(&client, frame, length, &reply))) {
            if (CHECK(msg_reply_prune(&reply, &pruned))) s->pruned += pruned.removed;
            else printf("    %s\n", reply.fault.message);
            msg_reply_free(&reply);
        }
    }
    raw_close(&client);
}

/* ---- a round ---- */

static void fill(soak *s, int slot) {
    static const soak_role roles[] = {SOAK_GOOD,    SOAK_GOOD,    SOAK_GOOD,   SOAK_GOOD,
                                      SOAK_CRASHER, SOAK_STALLER, SOAK_DROPPER};
    HANDLE *at = &s->slots[slot];
    if (*at && WaitForSingleObject(*at, 0) == WAIT_TIMEOUT) return;
    if (*at) CloseHandle(*at);
    *at = NULL;
    soak_role role = roles[random_below(&s->random, sizeof roles / sizeof *roles)];
    if (CHECK(soak_start(&s->place, role, random_below(&s->random, 1u << 30), at))) s->clients[role]++;
}

static void progress(soak *s) {
    if (GetTickCount64() - s->said < 60000) return;
    s->said = GetTickCount64();
    printf("%llu s: %d rounds, %lld clients, %ld launches seen to succeed, %ld denied; %lld handles, %lld "
           "threads, %lld KiB\n",
           (unsigned long long)(s->said - s->started) / 1000, s->rounds,
           (long long)(s->clients[0] + s->clients[1] + s->clients[2] + s->clients[3]), s->share->launches,
           s->share->denied, (long long)s->now.handles, (long long)s->now.threads,
           (long long)s->now.memory / 1024);
    fflush(stdout);
}

static void busy(soak *s) {
    uint64_t began = GetTickCount64(), next = began + 500, end = began + s->round_seconds * 1000;
    InterlockedExchange(&s->share->stop, 0);
    while (!deadline_passed(end) && check_failures() < 20) {
        for (int i = 0; i < SLOTS; i++) fill(s, i);
        if (deadline_passed(next)) {
            administer(s, began);
            next = GetTickCount64() + 500 + random_below(&s->random, 1000);
        }
        progress(s);
        WaitForMultipleObjects(SLOTS, s->slots, FALSE, 200);
    }

    InterlockedExchange(&s->share->stop, 1);
    for (int i = 0; i < SLOTS; i++) {
        if (!CHECK_INT(WaitForSingleObject(s->slots[i], 2 * TEST_DEADLINE_MS), WAIT_OBJECT_0))
            TerminateProcess(s->slots[i], 1);
        CloseHandle(s->slots[i]);
        s->slots[i] = NULL;
    }
}

/* ---- and what is left of it ---- */

static bool is_quiet(void *context) {
    soak *s = context;
    if (!raw_status(s->broker.pipe, &s->status)) return false;
    s->now = (level){(int64_t)handle_count(s->broker.process, s->broker.process_id), s->status.threads,
                     s->status.working_set_bytes};
    return s->status.connections <= 1 && s->status.children == 0 && s->status.in_flight <= 1 &&
           processes_of(L"test_helper.exe") == 0;
}

/* Looks once a second, because a thread of the system's pool exits after some idle seconds. */
static bool is_level(void *context) {
    soak *s = context;
    if (!is_quiet(s)) return false;
    if (s->now.handles <= s->most.handles && s->now.threads <= s->most.threads &&
        s->now.memory <= s->most.memory)
        return true;
    Sleep(1000);
    return false;
}

static void check_quiet(soak *s) {
    char database[AUDIT_PATH_BYTES];
    if (!CHECK(poll_until(is_quiet, s, 2 * TEST_DEADLINE_MS)))
        printf("    %lld connections, %lld children, %lld under way, %d processes of theirs are left\n",
               (long long)s->status.connections, (long long)s->status.children,
               (long long)s->status.in_flight, processes_of(L"test_helper.exe"));
    if (!s->rounds++) {
        s->first = s->now;
        s->most = (level){s->now.handles + HANDLES_MORE, s->now.threads + THREADS_MORE,
                          s->now.memory + MEMORY_MORE};
    }
    if (!CHECK(poll_until(is_level, s, 2 * TEST_DEADLINE_MS)))
        printf("    %lld handles, %lld threads, %lld KiB; at most %lld, %lld and %lld are wanted\n",
               (long long)s->now.handles, (long long)s->now.threads, (long long)s->now.memory / 1024,
               (long long)s->most.handles, (long long)s->most.threads, (long long)s->most.memory / 1024);
    soak_check_records(s->broker.data, &s->place, &s->seen);
    audit_path(s->broker.data, L"audit.db", database);
    if (CHECK_INT(audit_findings(database, s->broker.data), 0)) s->verified++;
}

static void summary(const soak *s) {
    const soak_share *h = s->share;
    double per_round = s->rounds > 1 ? 1.0 / (s->rounds - 1) : 0;

    printf("{\"seed\":%u,\"seconds\":%llu,\"rounds\":%d,\"failures\":%d,\n"
           " \"clients\":{\"good\":%lld,\"crashed\":%lld,\"stalled\":%lld,\"dropped\":%lld},\n"
           " \"launches\":{\"seen\":%ld,\"local\":%ld,\"on_record\":%lld,\"denied\":%ld,\"killed\":%ld,"
           "\"left\":%ld,\"with_socket\":%ld,"
           "\"with_limits\":%ld,\"unanswered\":%ld,\"stillborn\":%ld},\n"
           " \"audit\":{\"verified\":%lld,\"pruned\":%lld,\"reloads\":%lld},\n",
           s->seed, (unsigned long long)(GetTickCount64() - s->started) / 1000, s->rounds, check_failures(),
           (long long)s->clients[SOAK_GOOD], (long long)s->clients[SOAK_CRASHER],
           (long long)s->clients[SOAK_STALLER], (long long)s->clients[SOAK_DROPPER], h->launches, h->local,
           (long long)s->seen.launches, h->denied, h->killed, h->left, h->sockets, h->limited, h->dropped,
           h->stillborn, (long long)s->verified, (long long)s->pruned, (long long)s->reloads);
    printf(" \"broker\":{\"handles\":[%lld,%lld],\"threads\":[%lld,%lld],\"kib\":[%lld,%lld],\"handles_per_"
           "round\":%.2f,\"kib_per_round\":%.1f}}\n",
           (long long)s->first.handles, (long long)s->now.handles, (long long)s->first.threads,
           (long long)s->now.threads, (long long)s->first.memory / 1024, (long long)s->now.memory / 1024,
           (double)(s->now.handles - s->first.handles) * per_round,
           (double)(s->now.memory - s->first.memory) / 1024 * per_round);
}

static bool set_up(soak *s) {
    wchar_t data[MAX_PATH];
    s->random = s->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    swprintf(s->place.share, 64, L"sb-soak-%lu", GetCurrentProcessId());
    if (!directory_make_data(data, L"soak-data") || !directory_make(s->place.directory, L"soak") ||
        !(s->share = soak_open(s->place.share)))
        return false;
    swprintf(s->place.log, MAX_PATH, L"%ls\\" SOAK_LOG, s->place.directory);
    wcscpy(s->broker.data, data);
    if (!write_policy(s, 0) || !broker_start(&s->broker, data)) return false;
    wcscpy(s->place.pipe, s->broker.pipe);
    return true;
}

int wmain(int argc, wchar_t **argv) {
    static soak s = {.seconds = 600, .round_seconds = 30, .seed = 1};
    int at = 1;
    if (argc == 7 && !wcscmp(argv[1], L"--client")) return soak_client(argv + 2);
    while (option_number(argc, argv, &at, L"--seconds", &s.seconds) ||
           option_number(argc, argv, &at, L"--round", &s.round_seconds) ||
           option_number(argc, argv, &at, L"--seed", &s.seed))
        continue;

    if (at != argc || !s.round_seconds) {
        printf("usage: soak [--seconds N] [--round N] [--seed N]\n");
        return 2;
    }

    if (!set_up(&s)) return 2;
    s.started = s.said = GetTickCount64();
    printf("seed %u, %u seconds in rounds of %u\n", s.seed, s.seconds, s.round_seconds);

    check_about("soak");
    while (s.rounds < 2 ||
           (GetTickCount64() - s.started < s.seconds * UINT64_C(1000) && check_failures() < 20)) {
        busy(&s);
        check_quiet(&s);
    }

    CHECK(s.seen.launches > 0 && (s.share->denied > 0 || s.seconds < 60));
    int64_t odd = on_wine() ? 2 + s.seen.launches / WINE_STILLBORN : 0;
    if (!CHECK(s.share->stillborn <= odd && s.seen.codes_wrong <= odd))
        printf("    %ld stillborn, %lld other codes, of %lld\n", s.share->stillborn,
               (long long)s.seen.codes_wrong, (long long)s.seen.launches);

    CHECK_INT(broker_stop(&s.broker), 0);
    directory_remove(s.place.directory);
    summary(&s);
    return check_report();
}
