/* Tests group commit and readers in other programs, and measures what a commit costs here. */
#ifdef _WIN32
#include <windows.h>
#else
#define _POSIX_C_SOURCE 200809L
#include <time.h>
#endif

#include "tests/audit/fixture.h"

#include <stdlib.h>

#define COUNTS                                                                                \
    "SELECT (SELECT count(*) FROM launch) || ' ' || (SELECT count(*) FROM outcome) || ' ' ||" \
    " (SELECT count(*) FROM exit)"
#define GAPLESS                                                                                           \
    "SELECT count(*) = max(seq) AND min(seq) = 1 FROM (SELECT seq FROM launch UNION ALL SELECT seq FROM " \
    "outcome UNION ALL SELECT seq FROM exit UNION ALL SELECT seq FROM event UNION ALL SELECT seq FROM checkpoint)"

static double seconds(void) {
#ifdef _WIN32
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
#endif
}

static void a_group_of_a_thousand(void) {
    const char *path = fixture_path("group.db");
    audit_store *store = fixture_open(path);
    audit_error error = {0};
    fixture_ok(audit_begin(store, &error), &error, "begin");
    for (int i = 1; i <= 1000; i++) fixture_add_whole(store, i);
    CHECK_TEXT(fixture_sql(path, COUNTS), "0 0 0");
    fixture_ok(audit_commit(store, &error), &error, "commit");
    CHECK_TEXT(fixture_sql(path, COUNTS), "1000 1000 1000");
    CHECK_TEXT(fixture_sql(path, GAPLESS), "1");
    audit_close(&store);
    CHECK_TEXT(fixture_sql(path, "PRAGMA integrity_check"), "ok");
}

/* Prints the results without checking them. */
static void measure(void) {
    static const int groups[] = {1, 64, 256};
    audit_error error = {0};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        audit_store *store = fixture_open(fixture_path("measure.db"));
        int commits = 0, number = 0;
        double start = seconds(), now;

        do {
            if (!fixture_ok(audit_begin(store, &error), &error, "begin")) break;
            for (int i = 0; i < groups[g]; i++) {
                audit_handle handle = {.position = 0, .name = "log", .type = "File"};
                audit_request request = fixture_request(fixture_id(++number));
                request.handles = &handle;
                request.handle_count = 1;
                fixture_ok(audit_add_request(store, &request, &error), &error, "a launch");
            }
            if (!fixture_ok(audit_commit(store, &error), &error, "commit")) break;
            commits++;
            now = seconds();
        } while (now - start < 0.5);

        printf("%3d launches a commit: %6.0f commits/s, %6.0f launches/s\n", groups[g],
               commits / (seconds() - start), number / (seconds() - start));
        audit_close(&store);
    }
}

#ifndef _WIN32
/* Any SQLite of the system reads the views while the store is open. */
static void other_programs_read(void) {
    const char *path = fixture_path("cli.db");
    audit_store *store = fixture_open(path);
    char command[1200], got[256] = "";

    fixture_add_launch(store, 1);
    fixture_add_launch(store, 2);
    bool there = !system("sqlite3 --version >/dev/null 2>&1");
    if (!check_part("sqlite3", there ? NULL : "there is no sqlite3 program")) {
        audit_close(&store);
        return;
    }

    snprintf(command, sizeof command,
             "sqlite3 -readonly '%s' 'SELECT seq, outcome, rule, (SELECT count(*) FROM launch_handles) FROM "
             "launches ORDER BY seq DESC LIMIT 50' 2>&1",
             path);

    FILE *answer = popen(command, "r");
    if (CHECK(answer != NULL)) {
        size_t length = fread(got, 1, sizeof got - 1, answer);
        got[length] = 0;
        CHECK_INT(pclose(answer), 0);
    }

    CHECK_TEXT(got, "4|pending|default|0\n3|pending|default|0\n");
    fixture_add_launch(store, 3);
    audit_close(&store);
}
#endif

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    a_group_of_a_thousand();
#ifndef _WIN32
    other_programs_read();
#else
    check_part("sqlite3", "running the sqlite3 program takes Unix");
#endif
    measure();
    return check_report();
}
