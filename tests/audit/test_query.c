/* Reads launches page by page: the order, a caller's own, from a seq on, every column, NULLs, and beside a
 * writer. */
#include "tests/audit/fixture.h"

#include <stdlib.h>

typedef struct seen {
    char text[1024]; /* the last digits of each launch_id */
    void (*check)(const msg_launch *row);
} seen;

static void note(seen *s, const msg_launch *row) {
    size_t used = strlen(s->text);
    snprintf(s->text + used, sizeof s->text - used, "%s%d", used ? " " : "", atoi(row->launch_id + 24));
    if (s->check) s->check(row);
}

/* Reads pages until there are filter.limit launches, as spawnctl does. */
static const char *query(audit_store *store, audit_filter filter, seen *s) {
    audit_error error = {0};
    msg_page page = {.more = true};
    arena a = {0};
    s->text[0] = 0;
    while (filter.limit && page.more) {
        if (!fixture_ok(audit_page(store, &filter, SIZE_MAX, &a, &page, &error), &error, "audit_page")) break;
        for (size_t i = 0; i < page.count; i++) note(s, &page.rows[i]);
        filter.limit -= (uint32_t)page.count;
        filter.before = page.next;
    }
    arena_free(&a);
    return s->text;
}

static void add(audit_store *store, int number, const char *sid, const audit_handle *handles, size_t count) {
    audit_error error = {0};
    audit_request request = fixture_request(fixture_id(number));
    request.caller_sid = sid;
    request.handles = handles;
    request.handle_count = count;
    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_commit(store, &error),
               &error, "a launch");
}

static void which_and_in_what_order(void) {
    const char *path = fixture_path("order.db");
    audit_store *writer = fixture_open(path), *reader = NULL;
    audit_error error = {0};
    seen s = {0};
    fixture_ok(audit_open_reader(path, &reader, &error), &error, "a reader");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 10}, &s), "");
    for (int i = 1; i <= 9; i++) add(writer, i, i % 3 ? "S-1-5-18" : "S-1-5-19", NULL, 0); /* seq is i + 2 */
    CHECK_TEXT(query(reader, (audit_filter){.limit = 100}, &s), "9 8 7 6 5 4 3 2 1");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 3}, &s), "9 8 7");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 3, .before = 9}, &s), "6 5 4");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 9, .viewer = &(audit_viewer){.sid = "S-1-5-19"}}, &s),
               "9 6 3");
    CHECK_TEXT(query(reader,
                     (audit_filter){.limit = 1, .viewer = &(audit_viewer){.sid = "S-1-5-18"}, .before = 10},
                     &s),
               "7");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 9, .viewer = &(audit_viewer){.sid = "S-1-5-1"}}, &s),
               "");
    CHECK_TEXT(query(reader, (audit_filter){.limit = 0}, &s), "");
    CHECK_TEXT(query(writer, (audit_filter){.limit = 2}, &s), "9 8");

    audit_request request = fixture_request(fixture_id(10));
    CHECK(audit_begin(writer, &error) && audit_add_request(writer, &request, &error));
    CHECK_TEXT(query(reader, (audit_filter){.limit = 2}, &s), "9 8"); /* readers see committed rows only */
    CHECK(audit_commit(writer, &error));
    CHECK_TEXT(query(reader, (audit_filter){.limit = 2}, &s), "10 9");
    audit_close(&reader);
    audit_close(&writer);
}

static char *long_text; /* has every kind of character, and is longer than a command line may be */

static void check_pending(const msg_launch *row) {
    CHECK_INT(row->seq, 3);
    CHECK_INT(row->requested_at, FIXTURE_NOW);
    CHECK_INT(row->caller_pid, 4321);
    CHECK_INT(row->caller_session, 1);
    CHECK_TEXT(row->caller_image, "C:\\tools\\host.exe");
    CHECK_TEXT(row->caller_user, "BOX\\ann");
    CHECK_TEXT(row->caller_sid, NULL);
    CHECK_TEXT(row->application, "C:\\Windows\\System32\\where.exe");
    CHECK(row->command_line && strcmp(row->command_line, long_text) == 0);
    CHECK_TEXT(row->directory, "C:\\tools");
    CHECK_TEXT(row->rule, "default");
    CHECK_TEXT(row->outcome, "pending");
    CHECK_TEXT(row->stage, NULL);
    CHECK_TEXT(row->error_message, NULL);
    CHECK(!row->has_error_code && !row->has_child_pid && !row->has_attested && !row->has_started_at);
    CHECK(!row->has_exited_at && !row->has_exit_code && !row->has_create_us && !row->has_total_us);

    CHECK_INT(row->handle_count, 259);
    if (row->handle_count != 259) return;
    const msg_launch_handle *first = &row->handles[0], *last = &row->handles[258];

    CHECK_INT(first->position, 0);
    CHECK_TEXT(first->name, "stdin");
    CHECK_TEXT(first->type, NULL);
    CHECK_INT(first->fd, 0);
    CHECK_INT(last->position, 258);
    CHECK_TEXT(last->name, "name");
    CHECK_TEXT(last->type, "Section");
    CHECK_INT(last->granted_access, 0xffffffff);
    CHECK_INT(last->caller_value, 0xfffffffe);
    CHECK_INT(last->child_value, 0x80000000);
    CHECK_INT(last->fd, 2047);
}

static void check_ended(const msg_launch *row) {
    CHECK_TEXT(row->outcome, "started");
    CHECK(!row->has_error_code && row->has_child_pid && row->has_attested && row->has_started_at);
    CHECK(row->has_exited_at && row->has_exit_code && row->has_create_us && row->has_total_us);
    CHECK_INT(row->child_pid, 777);
    CHECK_INT(row->attested, 1);
    CHECK_INT(row->started_at, FIXTURE_NOW + 8);
    CHECK_INT(row->exited_at, FIXTURE_NOW + 50);
    CHECK_INT(row->exit_code, 0xffffffff);
    CHECK_INT(row->create_us, 1500);
    CHECK_INT(row->total_us, 2500);
}

static void check_refused(const msg_launch *row) {
    CHECK_TEXT(row->outcome, "failed");
    CHECK_TEXT(row->stage, "decide");
    CHECK(row->has_error_code && row->error_code == 5);
    CHECK_TEXT(row->error_message, "no");
    CHECK(!row->has_child_pid && !row->has_exit_code && row->has_total_us);
}

static void every_column(void) {
    static const char piece[] = "a\"'%_;\n\t\x01\xC3\xA9\xE2\x80\xAE\xF0\x9F\x9A\x80\xEF\xBF\xBF";
    const char *path = fixture_path("columns.db");
    audit_store *store = fixture_open(path);
    audit_error error = {0};
    seen s = {.check = check_pending};
    audit_handle handles[259];
    for (int i = 0; i < 259; i++) {
        handles[i] = (audit_handle){i,          i ? "name" : "stdin", i ? "Section" : NULL, 0xffffffff,
                                    0xfffffffe, 0x80000000,           i ? 2047 : 0};
    }
    long_text = calloc(1, 6000 * sizeof piece);
    if (!CHECK(long_text != NULL)) return;
    for (size_t i = 0; i < 6000; i++) memcpy(long_text + i * (sizeof piece - 1), piece, sizeof piece - 1);
    audit_request request = fixture_request(fixture_id(1));
    request.caller_sid = NULL;
    request.command_line = long_text;
    request.handles = handles;
    request.handle_count = 259;
    fixture_ok(audit_begin(store, &error) && audit_add_request(store, &request, &error) &&
                   audit_commit(store, &error),
               &error, "a launch");
    CHECK_TEXT(query(store, (audit_filter){.limit = 1}, &s), "1");

    audit_outcome started = fixture_started(fixture_id(1));
    audit_exit gone = {.launch_id = fixture_id(1), .exited_at = FIXTURE_NOW + 50, .exit_code = 0xffffffff};
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &started, &error) &&
                   audit_add_exit(store, &gone, &error) && audit_commit(store, &error),
               &error, "its end");
    s.check = check_ended;
    CHECK_TEXT(query(store, (audit_filter){.limit = 1}, &s), "1");

    fixture_add_launch(store, 2);
    audit_outcome failed = fixture_refused(fixture_id(2), AUDIT_FAILED);
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &failed, &error) &&
                   audit_commit(store, &error),
               &error, "a failure");
    s.check = check_refused;
    CHECK_TEXT(query(store, (audit_filter){.limit = 1}, &s), "2");
    audit_close(&store);
    free(long_text);
}

static int64_t settled(audit_store *store) {
    audit_filter all = {.limit = 1};
    audit_error error = {0};
    msg_page page = {.settled = -1};
    arena a = {0};
    fixture_ok(audit_page(store, &all, SIZE_MAX, &a, &page, &error), &error, "audit_page");
    arena_free(&a);
    return page.settled;
}

static void decide(audit_store *store, int number) {
    audit_error error = {0};
    audit_outcome outcome = fixture_started(fixture_id(number));
    fixture_ok(audit_begin(store, &error) && audit_add_outcome(store, &outcome, &error) &&
                   audit_commit(store, &error),
               &error, "an outcome");
}

/* A page says up to where every launch has its outcome, so that a reader who follows waits for the others. */
static void up_to_the_first_open_launch(void) {
    audit_store *store = fixture_open(fixture_path("settled.db")); /* adds seq 1 and 2 */
    CHECK_INT(settled(store), 0);
    for (int i = 1; i <= 3; i++) fixture_add_launch(store, i); /* these are 3 to 5 */
    CHECK_INT(settled(store), 2);
    decide(store, 2);
    CHECK_INT(settled(store), 2);
    decide(store, 1);
    CHECK_INT(settled(store), 4);
    decide(store, 3);
    CHECK_INT(settled(store), 5);
    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    which_and_in_what_order();
    every_column();
    up_to_the_first_open_launch();
    return check_report();
}
