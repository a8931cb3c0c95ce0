/* Checks that SQLite answers from an index whatever docs/audit.md says it does. */
#include "service/audit/filter.h"
#include "tests/audit/fixture.h"
#include "service/audit/schema.h"

#include <stdlib.h>

/* Returns the plan as one line; sql is a query without EXPLAIN. */
static const char *plan(const char *path, const char *sql) {
    static char text[2048];
    audit_error error = {0};
    db *d = NULL;
    db_statement *s = NULL;
    char explain[8192];
    db_row row;
    bool found = true;

    text[0] = 0;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    if (!fixture_ok(db_open(path, DB_FOR_READING, &d, &error) && db_prepare(d, explain, &s, &error), &error,
                    sql))
        goto done;

    db_args args = db_with(s);
    while (db_next(&args, "explaining", &row, &found, &error) && found) {
        size_t used = strlen(text);
        row.column = 3;
        snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", db_get_text(&row));
    }
    db_end(&args);

done:
    db_finalize(&s);
    db_close(&d);
    return text;
}

#define OUTCOME_AND_EXIT                                                       \
    "; SEARCH o USING INDEX sqlite_autoindex_outcome_1 (launch=?) LEFT-JOIN; " \
    "SEARCH e USING INDEX sqlite_autoindex_exit_1 (launch=?) LEFT-JOIN"

static void answered_from_indexes(void) {
    const char *path = fixture_path("plan.db");
    audit_store *store = fixture_open(path);
    CHECK_TEXT(plan(path, "SELECT * FROM launches ORDER BY seq DESC LIMIT 50"), "SCAN l" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, "SELECT * FROM launches WHERE seq = 1"),
               "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, "SELECT * FROM launches WHERE launch_id = 'x'"),
               "SEARCH l USING INDEX sqlite_autoindex_launch_1 (launch_id=?)" OUTCOME_AND_EXIT);
    CHECK_TEXT(plan(path, "SELECT * FROM launch_handles WHERE launch_id = 'x' ORDER BY position"),
               "SEARCH l USING COVERING INDEX sqlite_autoindex_launch_1 (launch_id=?); "
               "SEARCH h USING PRIMARY KEY (launch=?)");
    CHECK_TEXT(plan(path, schema_statements[SCHEMA_NEXT_UNDECIDED]), "SCAN pending");
    audit_close(&store);
}

/* Returns the plan for a filter. driver is the number of the condition that drives; -1: the one that
 * filter_choose takes. */
static const char *filter_plan_of(const char *path, const audit_filter *filter, int driver) {
    const char *got = "";
    audit_error error = {0};
    filter_plan p;
    arena a = {0};
    db *d = NULL;
    if (fixture_ok(db_open(path, DB_FOR_READING, &d, &error) && filter_terms(filter, &a, &p, &error) &&
                       filter_choose(d, &p, &a, 0, INT64_MAX, &error),
                   &error, "a plan")) {
        if (driver >= 0) p.driver = driver;
        char *sql = filter_sql(&p, "l.seq", "");
        if (CHECK(sql)) got = plan(path, sql);
        free(sql);
    }
    db_close(&d);
    arena_free(&a);
    return got;
}

#define IS(name, value) .has_##name = true, .name = value
#define LAUNCH "; SEARCH l USING INTEGER PRIMARY KEY (rowid=?)"
#define BY(index, column) \
    "SEARCH d USING COVERING INDEX " index " (" column "=? AND rowid>? AND rowid<?)" LAUNCH
#define MADE(index, column) "SEARCH d USING INDEX " index " (" column "=? AND rowid>? AND rowid<?)" LAUNCH
#define OF(index, column) \
    "SEARCH d USING COVERING INDEX " index " (" column "=? AND launch>? AND launch<?)" LAUNCH

static const audit_viewer system_user = {.sid = "S-1-5-18", .pid = 1, .integrity = 0x2000};

/* Checks each documented filter alone: it uses its index, in the order of seq, and sorts nothing. */
static void filters(void) {
    static const struct {
        audit_filter filter;
        const char *plan;
    } each[] = {
        {{0}, "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" LAUNCH},
        {{.where = {IS(since, 1), IS(until, 2)}},
         "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" LAUNCH},
        {{.viewer = &system_user}, BY("launch_by_caller_sid", "caller_sid")},
        {{.where = {.user = "S-1-5-18"}}, BY("launch_by_caller_sid", "caller_sid")},
        {{.where = {.user = "ann"}}, MADE("launch_by_caller_account", "caller_account")},
        {{.where = {.user = "BOX\\ann"}}, MADE("launch_by_caller_account", "caller_account")},
        {{.where = {IS(caller_pid, 1)}}, BY("launch_by_caller_pid", "caller_pid")},
        {{.where = {.caller_image = "a.exe"}}, MADE("launch_by_caller_name", "caller_name")},
        {{.where = {.caller_image = "C:\\a.exe"}}, MADE("launch_by_caller_name", "caller_name")},
        {{.where = {.image = "a.exe"}}, MADE("launch_by_application_name", "application_name")},
        {{.where = {.image = "C:/a.exe"}}, MADE("launch_by_application_name", "application_name")},
        {{.where = {.rule = "a"}}, BY("launch_by_rule", "rule")},
        {{.where = {.label = "a"}}, BY("launch_by_label", "label")},
        {{.where = {IS(child_pid, 1)}}, OF("outcome_by_child_pid", "child_pid")},
        {{.where = {.outcome = "failed"}}, OF("outcome_by_outcome", "outcome")},
        {{.where = {.outcome = "pending"}},
         "SEARCH d USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" LAUNCH},
        {{.where = {IS(exit_code, 1)}}, OF("exit_by_code", "exit_code")},
        {{.where = {.handle_name = "log"}}, OF("handle_by_name", "name")},
        {{.where = {.handle_type = "File"}}, OF("handle_by_type", "type")},
        {{.where = {.grep = "abc"}}, "SCAN d VIRTUAL TABLE INDEX"},
        {{.where = {.launch_id = "00000000"}},
         "SEARCH d USING COVERING INDEX sqlite_autoindex_launch_1 (launch_id>? AND launch_id<?)" LAUNCH},
    };
    const char *path = fixture_path("plan_filters.db");
    audit_store *store = fixture_open(path);

    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        audit_filter filter = each[i].filter;
        for (int oldest_first = 0; oldest_first < 2; oldest_first++) {
            check_case("filter %zu, oldest first %d", i, oldest_first);
            filter.oldest_first = oldest_first;
            const char *got = filter_plan_of(path, &filter, -1);
            bool begins = !strncmp(got, each[i].plan, strlen(each[i].plan));
            if (!CHECK(begins)) fprintf(stderr, "    got    %s\n    wanted %s\n", got, each[i].plan);
            /* Launches of one moment may need sorting; nothing else does. */
            if (!filter.where.launch_id) CHECK(!strstr(got, "TEMP B-TREE"));
        }
    }

    audit_close(&store);
}

/* Checks all filters together: whichever drives uses its index, and the others are looked up by launch. */
static void together(void) {
    static const audit_filter all = {.viewer = &system_user,
                                     .where = {.user = "BOX\\ann",
                                               .caller_image = "C:\\h.exe",
                                               .image = "C:\\a.exe",
                                               .outcome = "failed",
                                               .rule = "a",
                                               .label = "a",
                                               .handle_name = "log",
                                               .handle_type = "File",
                                               .grep = "abcdef",
                                               .launch_id = "00000000",
                                               IS(since, 1),
                                               IS(until, 2),
                                               IS(caller_pid, 1),
                                               IS(child_pid, 2),
                                               IS(exit_code, 3),
                                               IS(caller_started_at, 4),
                                               IS(child_created_at, 5)}};
    enum { DRIVERS = 13 };
    const char *path = fixture_path("plan_together.db");
    audit_store *store = fixture_open(path);

    for (int driver = 0; driver < DRIVERS; driver++) {
        check_case("all filters, number %d drives", driver);
        const char *got = filter_plan_of(path, &all, driver);
        bool good = !strncmp(got, "SEARCH d USING COVERING INDEX", 29) ||
                    !strncmp(got, "SEARCH d USING INDEX", 20) ||
                    !strncmp(got, "SCAN d VIRTUAL TABLE INDEX", 26);
        if (!CHECK(good && strstr(got, LAUNCH) && !strstr(got, "SCAN o") && !strstr(got, "SCAN l")))
            fprintf(stderr, "    got    %s\n", got);
    }

    audit_close(&store);
}

int main(int argc, char **argv) {
    fixture_begin(argc, argv);
    answered_from_indexes();
    filters();
    together();
    return check_report();
}
