/* Measures how long the last 50 launches take by each filter, in a database of very many.
 *
 * usage: audit_filters DIRECTORY LAUNCHES [JSON-FILE]
 * Makes the database in DIRECTORY unless it is there. That takes some minutes, and 700 bytes for each
 * launch. */
#include "service/audit/schema.h"
#include "tests/bench/clock.h"
#include "tests/bench/many_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20, ROWS = 50 };

typedef struct question {
    const char *name;
    audit_filter filter;
} question;

#define IS(name, value) .has_##name = true, .name = value
#define HOUR (INT64_C(3600) * 1000000)

static const audit_viewer user3 = {
    .sid = "S-1-5-21-1004336348-1177238915-1003", .pid = 1, .integrity = 0x2000};

static const question questions[] = {
    {"(none)", {0}},
    {"--user SID", {.where = {.user = "S-1-5-21-1004336348-1177238915-1003"}}},
    {"--user NAME", {.where = {.user = "user3"}}},
    {"--user DOMAIN\\NAME", {.where = {.user = "OFFICE\\user3"}}},
    {"--user, rare", {.where = {.user = "rare"}}},
    {"--user, absent", {.where = {.user = "nobody"}}},
    {"of one user (the caller's right)", {.viewer = &user3}},
    {"--caller-pid", {.where = {IS(caller_pid, 4096)}}},
    {"--caller-pid, rare", {.where = {IS(caller_pid, 400000)}}},
    {"--caller-image NAME", {.where = {.caller_image = "host7.exe"}}},
    {"--caller-image PATH", {.where = {.caller_image = "C:\\hosts\\host7.exe"}}},
    {"--image NAME", {.where = {.image = "program7.exe"}}},
    {"--image, rare", {.where = {.image = "rare.exe"}}},
    {"--child-pid", {.where = {IS(child_pid, 4096)}}},
    {"--outcome started", {.where = {.outcome = "started"}}},
    {"--outcome denied", {.where = {.outcome = "denied"}}},
    {"--outcome interrupted, rare", {.where = {.outcome = "interrupted"}}},
    {"--outcome pending", {.where = {.outcome = "pending"}}},
    {"--rule", {.where = {.rule = "rule-3"}}},
    {"--rule, rare", {.where = {.rule = "rare"}}},
    {"--exit-code 0", {.where = {IS(exit_code, 0)}}},
    {"--exit-code 0xC0000005, rare", {.where = {IS(exit_code, 0xC0000005)}}},
    {"--exit-code, absent", {.where = {IS(exit_code, 99)}}},
    {"--handle-name", {.where = {.handle_name = "log"}}},
    {"--handle-name, rare", {.where = {.handle_name = "rare"}}},
    {"--handle-type", {.where = {.handle_type = "Section"}}},
    {"--handle-type File (several each)", {.where = {.handle_type = "File"}}},
    {"--handle-name and -type", {.where = {.handle_name = "log", .handle_type = "File"}}},
    {"--grep, in all", {.where = {.grep = ".exe --job"}}},
    {"--grep, in half", {.where = {.grep = "release"}}},
    {"--grep, rare", {.where = {.grep = "rare-host"}}},
    {"--grep, once", {.where = {.grep = "--job 77777 "}}},
    {"--grep, absent", {.where = {.grep = "zebra"}}},
    {"--since, the last hour", {.where = {IS(since, MANY_END - HOUR - 12 * HOUR)}}},
    {"--until, long ago", {.where = {IS(until, MANY_END - 1000 * HOUR)}}},
    {"--since and --until, long ago",
     {.where = {IS(since, MANY_END - 1001 * HOUR), IS(until, MANY_END - 1000 * HOUR)}}},
    {"--since and --until, before all", {.where = {IS(since, 1), IS(until, 2)}}},
    {"launch id", {.where = {.launch_id = "01a0c4d0"}}},
    {"--user and --outcome", {.where = {.user = "user3", .outcome = "denied"}}},
    {"--user and --rule, no launch has both", {.where = {.user = "user3", .rule = "rare"}}},
    {"--grep and --user", {.where = {.grep = "debug", .user = "user30"}}},
    {"--grep and --since", {.where = {.grep = "release", IS(since, MANY_END - 100 * HOUR)}}},
    {"--user, from the middle on", {.before = -1, .where = {.user = "user3"}}},
    {"--outcome failed, oldest first", {.oldest_first = true, .where = {.outcome = "failed"}}},
    {"--grep, oldest first", {.oldest_first = true, .where = {.grep = "release"}}},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

typedef struct result {
    int64_t us[ROUNDS];
    size_t rows;
    bool more;
} result;

/* Reads one page with a new reader, as the broker does. */
static bool ask(const char *path, const audit_filter *filter, result *r, int round) {
    audit_store *store = NULL;
    audit_error error = {0};
    arena a = {0};
    msg_page page = {0};
    int64_t start = clock_us();
    bool ok =
        audit_open_reader(path, &store, &error) && audit_page(store, filter, SIZE_MAX, &a, &page, &error);
    audit_close(&store);
    r->us[round] = clock_us() - start;
    r->rows = page.count;
    r->more = page.more && page.count < filter->limit;
    arena_free(&a);
    if (!ok) fprintf(stderr, "%s\n", error.message);
    return ok;
}

static void print(FILE *json, const question *q, result *r, int64_t launches) {
    int64_t first = r->us[0];
    clock_sort(r->us, ROUNDS);
    printf("%-40s %5zu%s %10.2f %10.2f %10.2f\n", q->name, r->rows, r->more ? "+" : " ", first / 1e3,
           r->us[ROUNDS / 2] / 1e3, r->us[ROUNDS - 1] / 1e3);
    fflush(stdout);
    if (!json) return;
    fprintf(json, "{\"launches\":%lld,\"filter\":\"", (long long)launches);
    for (const char *p = q->name; *p; p++) fprintf(json, *p == '\\' ? "\\\\" : "%c", *p);
    fprintf(json, "\",\"rows\":%zu,\"complete\":%s,\"first_us\":%lld,\"p50_us\":%lld,\"max_us\":%lld}\n",
            r->rows, r->more ? "false" : "true", (long long)first, (long long)r->us[ROUNDS / 2],
            (long long)r->us[ROUNDS - 1]);
}

int main(int argc, char **argv) {
    char path[1024];
    audit_error error = {0};
    int64_t launches = argc > 2 ? strtoll(argv[2], NULL, 10) : 0, slowest = 0;

    if (launches < 1000) {
        fprintf(stderr, "usage: %s DIRECTORY LAUNCHES [JSON-FILE]\n", argv[0]);
        return 2;
    }

    snprintf(path, sizeof path, "%s/audit-%lld.version-%d.db", argv[1], (long long)launches, SCHEMA_VERSION);
    FILE *there = fopen(path, "rb"), *json = argc > 3 ? fopen(argv[3], "w") : NULL;
    if (there) fclose(there);
    int64_t start = clock_us();

    if (!there && (printf("making %s\n", path), !many_rows(path, launches, &error))) {
        fprintf(stderr, "%s\n", error.message);
        remove(path);
        return 1;
    }

    if (!there) printf("made in %.1f s\n", (clock_us() - start) / 1e6);
    printf("%-40s %6s %10s %10s %10s\n", "the last 50 launches by", "rows", "first ms", "p50 ms", "max ms");
    for (size_t i = 0; i < QUESTIONS; i++) {
        result r = {0};
        audit_filter filter = questions[i].filter;
        if (filter.before < 0) filter.before = launches; /* after a third of all launches */
        filter.limit = ROWS;
        for (int round = 0; round < ROUNDS; round++)
            if (!ask(path, &filter, &r, round)) return 1;
        print(json, &questions[i], &r, launches);
        if (r.us[ROUNDS / 2] > slowest) slowest = r.us[ROUNDS / 2];
    }

    printf("slowest p50: %.2f ms\n", slowest / 1e3);
    if (json) fclose(json);
    return 0;
}
