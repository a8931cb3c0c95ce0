/* Prunes: the oldest records go in small steps, and the rest still verifies. */
#include "tests/audit/tamper.h"

#include <stdlib.h>

#define HOUR_US INT64_C(3600000000)
#define START (FIXTURE_NOW * INT64_C(1000000))

/* Adds a launch each hour, with an outcome, an exit and a checkpoint. */
static void add_hours(audit_store *store, int first, int count) {
    audit_error error = {0};
    for (int i = first; i < first + count; i++) {
        fixture_ok(audit_begin(store, &error), &error, "begin");
        fixture_add_whole(store, i);
        fixture_ok(audit_add_checkpoint(store, START + i * HOUR_US, &error) && audit_commit(store, &error),
                   &error, "an hour");
    }
}

static int64_t prune_all(audit_store *store, audit_retention keep, int64_t now, int *ret_steps) {
    audit_error error = {0};
    int64_t removed = 1, sum = 0;
    *ret_steps = 0;
    while (removed && *ret_steps < 10000) {
        if (!fixture_ok(audit_prune_step(store, &keep, now, &removed, &error), &error, "a step")) return -1;
        sum += removed;
        *ret_steps += removed > 0;
        CHECK(removed <= 256);
    }
    return sum;
}

static audit_store *open_at(const char *path, int64_t now) {
    audit_store *store = NULL;
    audit_error error = {0};
    if (!fixture_ok(fixture_try(path, now, &store, NULL, &error), &error, path)) exit(1);
    return store;
}

static const char *number(const char *path, const char *sql) {
    return fixture_sql(path, sql);
}

static void by_age(void) {
    char path[1024];
    audit_verdict v;
    int steps;
    snprintf(path, sizeof path, "%s", fixture_path("age.db"));
    audit_store *store = open_at(path, START);
    add_hours(store, 1, 300);
    CHECK_INT(prune_all(store, (audit_retention){0}, START + 300 * HOUR_US, &steps), 0);
    CHECK_INT(
        prune_all(store, (audit_retention){.max_age_us = 1000 * HOUR_US}, START + 300 * HOUR_US, &steps), 0);
    audit_head head = audit_head_of(store);

    /* A hundred hours stay; the checkpoint of the hour before them goes, too. */
    int64_t removed =
        prune_all(store, (audit_retention){.max_age_us = 100 * HOUR_US}, START + 300 * HOUR_US, &steps);
    CHECK(steps > 2);
    printf("%lld records pruned in %d steps\n", (long long)removed, steps);
    CHECK_TEXT(number(path, "SELECT count(*) FROM launches"), "101");
    CHECK_TEXT(number(path, "SELECT count(*) FROM handle"), "101");
    CHECK_TEXT(number(path, "SELECT count(*) FROM launch_text WHERE command_line LIKE '%where%'"), "101");
    CHECK_TEXT(number(path, "PRAGMA integrity_check"), "ok");
    CHECK_TEXT(tamper_found(path, NULL, &head, &v), "");
    CHECK(v.head_checked);
    CHECK_INT(v.pruned_through, removed);
    CHECK_INT(v.first_seq, removed + 1);
    CHECK_INT(removed, 2 + 4 * 199);
    CHECK_INT(prune_all(store, (audit_retention){.max_age_us = 100 * HOUR_US}, START + 300 * HOUR_US, &steps),
              0);

    add_hours(store, 301, 50);
    audit_close(&store);
    store = open_at(path, 1); /* continues from the end, whatever the beginning and the clock */
    CHECK(prune_all(store, (audit_retention){.max_age_us = 100 * HOUR_US}, START + 350 * HOUR_US, &steps) >
          0);
    audit_close(&store);
    CHECK_TEXT(number(path, "SELECT count(*) FROM launches"), "101");
    CHECK_TEXT(tamper_found(path, NULL, NULL, &v), "");

    char other[1024];
    snprintf(other, sizeof other, "%s", fixture_path("other.db"));
    tamper_copy(path, other);
    tamper(other, "UPDATE chain SET id = zeroblob(16)");
    CHECK(strstr(tamper_found(other, NULL, NULL, NULL), "is not the broker's") != NULL);

    /* Pruned records can no longer be verified, but removing more than was pruned is noticed. */
    head.seq = 5;
    CHECK_TEXT(tamper_found(path, NULL, &head, &v), "");
    CHECK(!v.head_checked);
    char sql[256];
    snprintf(sql, sizeof sql, "DELETE FROM exit WHERE seq = (SELECT min(seq) FROM exit)");
    tamper(path, sql);
    CHECK(strstr(tamper_found(path, NULL, NULL, NULL), "is missing") != NULL);
}

static void by_size(void) {
    char path[1024];
    int steps;
    audit_verdict v;

    snprintf(path, sizeof path, "%s", fixture_path("size.db"));
    audit_store *store = open_at(path, START);
    add_hours(store, 1, 1500);
    int64_t before =
        atoll(number(path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"));
    CHECK(prune_all(store, (audit_retention){.max_bytes = before / 2}, START, &steps) > 1000);
    int64_t after =
        atoll(number(path, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
                           "pragma_freelist_count, pragma_page_size"));
    printf("%lld bytes, then %lld, in %d steps\n", (long long)before, (long long)after, steps);
    CHECK(after <= before / 2 && after > before / 4);

    /* However small the limit is, the newest stay and pruning ends. */
    CHECK(prune_all(store, (audit_retention){.max_bytes = 1}, START, &steps) > 0);
    CHECK(steps < 100);
    CHECK(atoi(number(path, "SELECT count(*) FROM launches")) > 200);
    audit_close(&store);
    CHECK_TEXT(tamper_found(path, NULL, NULL, &v), "");
}

static void open_launches_stay(void) {
    char path[1024];
    int steps;
    audit_error error = {0};

    snprintf(path, sizeof path, "%s", fixture_path("open.db"));
    audit_store *store = open_at(path, START);
    add_hours(store, 1, 10);
    fixture_add_launch(store, 11); /* it has no outcome */
    add_hours(store, 12, 50);
    prune_all(store, (audit_retention){.max_age_us = HOUR_US}, START + 100 * HOUR_US, &steps);
    CHECK_TEXT(number(path, "SELECT count(*) FROM launches WHERE outcome = 'pending'"), "1");
    CHECK_TEXT(number(path, "SELECT count(*) FROM launches"), "51");
    audit_outcome outcome = fixture_started(fixture_id(11));
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &outcome, &error) &&
                   audit_commit(store, &error),
               &error, "its outcome");
    prune_all(store, (audit_retention){.max_age_us = HOUR_US}, START + 100 * HOUR_US, &steps);
    CHECK_TEXT(number(path, "SELECT count(*) FROM launches"), "0");
    CHECK_TEXT(tamper_found(path, NULL, NULL, NULL), "");

    /* The writer learns that an exit's launch is gone. */
    audit_exit gone = {.launch_id = fixture_id(11), .exited_at = START};
    CHECK(audit_begin(store, &error) && !audit_add_exit(store, &gone, &error) && audit_is_missing(&error));
    audit_close(&store);
}

/* Records that no checkpoint has signed yet stay, however many there are. */
static void unsigned_records_stay(void) {
    const char *path = fixture_path("unsigned.db");
    audit_error error = {0};
    int64_t removed = -1;
    audit_store *store = open_at(path, START); /* 1 is an event, 2 a checkpoint */
    CHECK(audit_begin(store, &error));
    for (int i = 0; i < 1300; i++)
        fixture_ok(audit_add_event(store, START, "note", NULL, &error), &error, "an event");
    fixture_ok(audit_commit(store, &error), &error, "the events");
    fixture_ok(audit_prune_step(store, &(audit_retention){.max_bytes = 1}, START, &removed, &error), &error,
               "a step");
    CHECK_INT(removed, 0);
    fixture_ok(audit_begin(store, &error) && audit_add_checkpoint(store, START, &error) &&
                   audit_commit(store, &error),
               &error, "a checkpoint");
    fixture_ok(audit_prune_step(store, &(audit_retention){.max_bytes = 1}, START, &removed, &error), &error,
               "a step after it");
    CHECK_INT(removed, 256);
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    by_age();
    by_size();
    open_launches_stay();
    unsigned_records_stay();
    return check_report();
}
