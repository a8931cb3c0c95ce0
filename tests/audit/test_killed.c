/* Kills a writer: everything that it committed is there, whole, and nothing else. The test forks, so Windows
 * does not run it. */
#define _POSIX_C_SOURCE 200809L
#include "tests/audit/fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GAPLESS                                                                                           \
    "SELECT count(*) = max(seq) AND min(seq) = 1 FROM (SELECT seq FROM launch UNION ALL SELECT seq FROM " \
    "outcome UNION ALL SELECT seq FROM exit UNION ALL SELECT seq FROM event UNION ALL SELECT seq FROM checkpoint)"

/* Commits groups until it is killed, perhaps in the middle of one. Sends a byte after each commit. */
static void write_until_killed(const char *path, int first, int tell) {
    audit_error error = {0};
    audit_store *store = fixture_open(path);
    for (int number = first; number < first + 100000; number += 3) {
        if (!audit_begin(store, &error)) _exit(3);
        for (int i = 0; i < 3; i++) fixture_add_whole(store, number + i);
        if (!audit_commit(store, &error) || write(tell, "c", 1) != 1) _exit(3);
    }
    _exit(4);
}

/* Runs one round and returns how many groups the child said it had committed. */
static int kill_after(const char *path, int first, int groups, long wait_ns) {
    int tell[2], told = 0, status = 0;
    char byte;
    if (!CHECK_INT(pipe(tell), 0)) return 0;
    fflush(stderr);
    pid_t child = fork();
    if (child == 0) {
        close(tell[0]);
        write_until_killed(path, first, tell[1]);
    }

    close(tell[1]);
    while (told < groups && read(tell[0], &byte, 1) == 1) told++;
    nanosleep(&(struct timespec){.tv_nsec = wait_ns}, NULL);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    while (read(tell[0], &byte, 1) == 1) told++;
    close(tell[0]);
    CHECK(WIFSIGNALED(status));
    CHECK_INT(WTERMSIG(status), SIGKILL);

    return told;
}

static void killed_at_any_moment(void) {
    const char *path = fixture_path("killed.db");
    int before = 0;

    for (int round = 0; round < 20; round++) {
        int told = kill_after(path, 1 + round * 100000, 1 + round % 7, (long)(rand() % 3000) * 1000);
        audit_store *store = NULL;
        audit_error error = {0};
        int interrupted = -1;
        if (!fixture_ok(fixture_try(path, FIXTURE_NOW, &store, &interrupted, &error), &error, "after a kill"))
            return;
        CHECK_INT(interrupted, 0); /* every group is whole */
        int launches = atoi(fixture_sql(path, "SELECT count(*) FROM launch"));
        int groups = launches / 3 - before;
        CHECK_INT(launches % 3, 0);
        if (!CHECK(groups == told || groups == told + 1)) /* it was killed between the commit and the byte */
            fprintf(stderr, "    round %d: %d groups, told %d\n", round, groups, told);
        before = launches / 3;
        CHECK_TEXT(fixture_sql(path, GAPLESS), "1");
        CHECK_TEXT(fixture_sql(path, "PRAGMA integrity_check"), "ok");
        CHECK_TEXT(fixture_sql(path, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
        audit_close(&store);
    }

    printf("killed 20 times, %d groups\n", before);
}

/* Commits one launch without its outcome, and leaves a second one uncommitted. */
static void killed_inside_a_transaction(void) {
    const char *path = fixture_path("inside.db");
    int tell[2], status;
    char byte;
    audit_error error = {0};

    if (!CHECK_INT(pipe(tell), 0)) return;
    fflush(stderr);
    pid_t child = fork();

    if (child == 0) {
        audit_store *store = fixture_open(path);
        audit_request second = fixture_request(fixture_id(2));
        fixture_add_launch(store, 1);
        if (!audit_begin(store, &error) || !audit_add_request(store, &second, &error)) _exit(3);
        if (write(tell[1], "m", 1) != 1) _exit(3);
        for (;;) pause();
    }

    close(tell[1]);
    CHECK_INT(read(tell[0], &byte, 1), 1);
    close(tell[0]);
    audit_store *store = NULL;
    CHECK(!fixture_try(path, FIXTURE_NOW, &store, NULL,
                       &error)); /* the lock holds as long as the writer lives */
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    int interrupted = -1;
    fixture_ok(fixture_try(path, FIXTURE_NOW, &store, &interrupted, &error), &error, "after the kill");
    CHECK_INT(interrupted, 1);
    CHECK_TEXT(fixture_sql(path, "SELECT group_concat(substr(launch_id, -1) || outcome) FROM launches"),
               "1interrupted");
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    fixture_key(); /* made before forking, so that all processes share it */
    killed_at_any_moment();
    killed_inside_a_transaction();
    return check_report();
}
